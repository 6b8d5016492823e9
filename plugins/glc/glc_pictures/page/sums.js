// Coordinates in which each value is laid where the last one ended: dynamic in-line ones, and GLC-L.
"use strict";

// A step of u along an axis: of dynamic coordinates on a line, by the weight; of GLC-L of length u, at the angle whose
// cosine is the weight.
function stepsOf() {
  const most = Math.max(1, ...view.axes.map((axis) => Math.abs(axis.weight)));
  return view.axes.map((axis) => {
    if (view.kind === "dynamic") return [axis.weight, 0];
    const x = axis.weight / most;
    return [x, Math.sqrt(Math.max(0, 1 - x * x))];
  });
}

function unitsOf() {
  return view.axes.map((axis) => {
    const u = new Float32Array(data.rows), x = data.values[axis.column];
    for (let row = 0; row < u.length; ++row) u[row] = unit(axis, x[row]);
    return u;
  });
}

// Pixels a unit, and where (0, 0) lies; the same in both directions, as angles are read.
function sumScale(units, steps) {
  const box = { low: 0, high: 0, top: 0 }, x = new Float64Array(data.rows), y = new Float64Array(data.rows);
  units.forEach((u, i) => {  // a column at a time: memory is read in its order
    const [dx, dy] = steps[i];
    for (let row = 0; row < u.length; ++row) {
      x[row] += u[row] * dx;
      y[row] += u[row] * dy;
      if (x[row] < box.low) box.low = x[row];
      if (x[row] > box.high) box.high = x[row];
      if (y[row] > box.top) box.top = y[row];
    }
  });
  const width = canvas.width - MARGIN.left - MARGIN.right, height = canvas.height - MARGIN.top - MARGIN.bottom;
  const size = Math.min(width / (box.high - box.low || 1), view.kind === "glc_l" ? height / (box.top || 1) : Infinity);
  return { size, zero: MARGIN.left - box.low * size, longest: Math.max(...steps.map(([step]) => Math.abs(step))), ...box };
}

let sumsDrawn = null;  // the scale of the last picture, for its axis

function inkSums(ink, where) {
  const units = unitsOf(), steps = stepsOf(), scale = sumsDrawn = sumScale(units, steps);
  const step = Math.max(1, Math.ceil(data.rows * units.length / (3 * DENSE)));  // evenly spaced rows of too many
  const inkRow = view.kind === "dynamic" ? inkArcs : inkSteps;
  rowsDrawn = Math.ceil(data.rows / step);
  for (let row = 0; row < data.rows; row += step) inkRow(ink, where, row, units, steps, scale);
}

// Of dynamic coordinates a link's ends pull alike: by its length, its value, or evenly.
function inkArcs(ink, where, row, units, steps, { size, zero, longest }) {
  const c = data.target[row], side = c === 0 ? -1 : 1, half = side * (where.bottom - where.top) / 2;
  let x = zero;
  for (let i = 0; i < units.length; ++i) {
    const u = units[i][row], length = u * steps[i][0];
    const high = view.heights === "difference" ? 1.3 * Math.abs(length) / longest : pull(u, 0);
    ink.arc(c, x, x + length * size, where.middle, half * high, half * high, 1);
    x += length * size;
  }
  ink.straight(c, x, where.middle, x, where.middle + side * 12, 3);
}

function inkSteps(ink, where, row, units, steps, { size, zero }) {
  const c = data.target[row];
  let x = zero, y = where.bottom;
  for (let i = 0; i < units.length; ++i) {
    const u = units[i][row] * size, x1 = x + u * steps[i][0], y1 = y - u * steps[i][1];
    ink.straight(c, x, y, x1, y1, 1);
    x = x1; y = y1;
  }
  ink.straight(c, x, canvas.height - MARGIN.bottom + 4, x, canvas.height - MARGIN.bottom + 10, 3);  // where it ends, on the line of sums
}

// The line of sums, and what it says at its ends.
function drawSums(context) {
  const where = layout(), { low, high, size, zero } = sumsDrawn, y = view.kind === "dynamic" ? where.middle : where.bottom;
  context.strokeRect(zero + low * size, y, (high - low) * size, 0);
  context.textAlign = "left";
  context.fillText(low.toPrecision(4), zero + low * size, canvas.height - 8);
  context.textAlign = "right";
  context.fillText(high.toPrecision(4), zero + high * size, canvas.height - 8);
}
