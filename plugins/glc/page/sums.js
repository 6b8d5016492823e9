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

function unitsOf() { return view.axes.map((axis) => Float32Array.from(data.values[axis.column], (x) => unit(axis, x))); }

// Pixels a unit, and where (0, 0) lies; the same in both directions, as angles are read.
function sumScale(units, steps) {
  const box = { low: 0, high: 0, top: 0 };
  for (let row = 0; row < data.rows; ++row) {
    let x = 0, y = 0;
    for (let i = 0; i < units.length; ++i) {
      x += units[i][row] * steps[i][0];
      y += units[i][row] * steps[i][1];
      if (x < box.low) box.low = x;
      if (x > box.high) box.high = x;
    }
    if (y > box.top) box.top = y;
  }
  const width = canvas.width - MARGIN.left - MARGIN.right, height = canvas.height - MARGIN.top - MARGIN.bottom;
  const size = Math.min(width / (box.high - box.low || 1), view.kind === "glc_l" ? height / (box.top || 1) : Infinity);
  return { size, zero: MARGIN.left - box.low * size, ...box };
}

let sumsDrawn = null;  // the scale of the last picture, for its axis

function inkSums(ink, where) {
  const units = unitsOf(), steps = stepsOf(), scale = sumsDrawn = sumScale(units, steps);
  const step = Math.max(1, Math.ceil(data.rows * units.length / (5 * DENSE)));  // evenly spaced rows of too many
  rowsDrawn = Math.ceil(data.rows / step);
  for (let row = 0; row < data.rows; row += step) {
    const u = units.map((all) => all[row]);
    view.kind === "dynamic" ? inkArcs(ink, where, row, u, steps, scale) : inkSteps(ink, where, row, u, steps, scale);
  }
}

function inkArcs(ink, where, row, u, steps, { size, zero }) {
  const longest = Math.max(...steps.map(([x]) => Math.abs(x)));
  const c = data.target[row], side = c === 0 ? -1 : 1, half = side * (where.bottom - where.top) / 2;
  let x = zero;
  for (let i = 0; i < u.length; ++i) {
    const next = x + u[i] * steps[i][0] * size;
    const [up, down] = view.heights === "difference" ? [1.3, 1.3].map((h) => h * Math.abs(u[i] * steps[i][0]) / longest) : pulls(u[i], u[i]);
    ink.arc(c, x, next, where.middle, half * up, half * down, 1);
    x = next;
  }
  ink.straight(c, x, where.middle, x, where.middle + side * 12, 3);
}

function inkSteps(ink, where, row, u, steps, { size, zero }) {
  const c = data.target[row];
  let x = zero, y = where.bottom;
  for (let i = 0; i < u.length; ++i) {
    const x1 = x + u[i] * steps[i][0] * size, y1 = y - u[i] * steps[i][1] * size;
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
