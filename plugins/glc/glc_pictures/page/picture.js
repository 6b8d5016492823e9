// Where axes lie, how rows run over them, and the sides of areas on them.
"use strict";

const DENSE = 20000;  // rows; of more, links are counted in a grid of 64 x 64 for each two axes
const CELLS = 64;
const MARGIN = { left: 30, right: 30, top: 30, bottom: 36 };

let rowsDrawn = data.rows;  // of the picture that stands

const view = {
  kind: "static",
  heights: "difference",
  axes: data.columns.map((_, k) => ({ column: k, reversed: false, scale: 1, weight: 1 })),
};

function range(k) { return data.high[k] > data.low[k] ? data.high[k] - data.low[k] : 1; }

function unit(axis, x) {
  const u = (x - data.low[axis.column]) / range(axis.column);
  return axis.reversed ? 1 - u : u;
}

function valueOf(axis, u) { return data.low[axis.column] + (axis.reversed ? 1 - u : u) * range(axis.column); }

// Where axes lie, in pixels: of in-line ones `from` and `length` along x.
function layout() {
  const width = canvas.width - MARGIN.left - MARGIN.right;
  const places = view.kind === "paired" ? view.axes.filter((_, i) => i % 2 === 0) : view.axes;
  const sum = places.reduce((all, axis) => all + axis.scale, 0);
  const gaps = Math.max(1, view.axes.length - 1);
  let x = MARGIN.left;
  const lengths = places.map((axis) => width * axis.scale / sum);
  const starts = lengths.map((length) => { const here = x; x += length; return here; });
  return {
    middle: (canvas.height - MARGIN.bottom + MARGIN.top) / 2, top: MARGIN.top, bottom: canvas.height - MARGIN.bottom,
    axis(i) {
      if (view.kind === "parallel") return { from: MARGIN.left + width * i / gaps, length: 0 };
      const place = view.kind === "paired" ? Math.floor(i / 2) : i;
      return { from: starts[place], length: lengths[place] };
    },
  };
}

function addsUp() { return view.kind === "dynamic" || view.kind === "glc_l"; }

// How high the end of a link at u stands, in halves of the picture, where its ends are so far apart.
function pull(u, apart) { return view.heights === "even" ? 0.7 : 0.25 + (view.heights === "value" ? u : apart); }

function pulls(u, v) {
  const apart = Math.abs(u - v);
  return [pull(u, apart), pull(v, apart)];
}

// Links between what axis i and axis k say, of single rows or of cells that hold `times` of them.
function eachLink(i, k, visit) {
  const a = view.axes[i], b = view.axes[k], x = data.values[a.column], y = data.values[b.column];
  if (data.rows <= DENSE) {
    for (let row = 0; row < data.rows; ++row) visit(data.target[row], unit(a, x[row]), unit(b, y[row]), 1);
    return;
  }
  const cells = new Int32Array(data.classes.length * CELLS * CELLS);
  for (let row = 0; row < data.rows; ++row) {
    const p = Math.min(CELLS - 1, unit(a, x[row]) * CELLS | 0), q = Math.min(CELLS - 1, unit(b, y[row]) * CELLS | 0);
    ++cells[(data.target[row] * CELLS + p) * CELLS + q];
  }
  for (let at = 0; at < cells.length; ++at)
    if (cells[at]) visit(at / (CELLS * CELLS) | 0, ((at / CELLS | 0) % CELLS + 0.5) / CELLS, (at % CELLS + 0.5) / CELLS, cells[at]);
}

function inkLinks(ink, where) {
  const n = view.axes.length, height = where.bottom - where.top;
  const y = (u) => where.bottom - u * height;
  if (addsUp()) return inkSums(ink, where);
  if (isPoint()) return inkPoints(ink, where, y);
  if (view.kind === "paired") return inkPairs(ink, where, y);
  for (let i = 0; i + 1 < n; ++i) {
    const one = where.axis(i), other = where.axis(i + 1);
    if (view.kind === "static")
      eachLink(i, i + 1, (c, u, v, times) => {
        const [up, down] = pulls(u, v), side = (c === 0 ? -1 : 1) * height / 2;
        ink.arc(c, one.from + u * one.length, other.from + v * other.length, where.middle, side * up, side * down, times);
      });
    else
      eachLink(i, i + 1, (c, u, v, times) => ink.straight(c, one.from, y(u), other.from, y(v), times));
  }
}

// Whether a row is one point, without links.
function isPoint() { return view.axes.length === 1 || view.kind === "paired" && view.axes.length === 2; }

function tracePoint(context, where, row) {
  const { from, length } = where.axis(0), u = view.axes.map((axis) => unit(axis, data.values[axis.column][row]));
  const x = from + u[0] * length, y = view.kind === "static" ? where.middle : where.bottom - u[u.length - 1] * (where.bottom - where.top);
  context.rect(x - 3, y - 3, 6, 6);
}

function inkPoints(ink, where, y) {
  const { from, length } = where.axis(0);
  eachLink(0, view.axes.length - 1, (c, u, v, times) => {
    const x = from + u * length, at = view.kind === "static" ? where.middle : y(v);
    ink.straight(c, x - 2, at, x + 2, at, times);
  });
}

// The points of the pairs, joined row by row; of many rows the points alone.
function inkPairs(ink, where, y) {
  const n = view.axes.length;
  const second = (i) => Math.min(i + 1, n - 1);
  if (data.rows > DENSE) {
    for (let i = 0; i < n; i += 2) {
      const place = where.axis(i);
      eachLink(i, second(i), (c, u, v, times) => ink.straight(c, place.from + u * place.length, y(v), place.from + u * place.length + 2, y(v), times));
    }
    return;
  }
  for (let row = 0; row < data.rows; ++row) {
    let px = 0, py = 0;
    for (let i = 0; i < n; i += 2) {
      const place = where.axis(i), a = view.axes[i], b = view.axes[second(i)];
      const qx = place.from + unit(a, data.values[a.column][row]) * place.length, qy = y(unit(b, data.values[b.column][row]));
      if (i > 0) ink.straight(data.target[row], px, py, qx, qy, 1);
      px = qx; py = qy;
    }
  }
}

// One row over the others: what lies in an area.
function traceRow(context, where, row) {
  if (isPoint()) return tracePoint(context, where, row);
  const n = view.axes.length, height = where.bottom - where.top;
  const u = view.axes.map((axis) => unit(axis, data.values[axis.column][row]));
  for (let i = 0; i < n; ++i) {
    const { from, length } = where.axis(i);
    if (view.kind === "static") {
      const x = from + u[i] * length;
      if (i === 0) { context.moveTo(x, where.middle); continue; }
      const before = where.axis(i - 1), [up, down] = pulls(u[i - 1], u[i]), side = (data.target[row] === 0 ? -1 : 1) * height / 2;
      context.bezierCurveTo(before.from + u[i - 1] * before.length, where.middle + side * up, x, where.middle + side * down, x, where.middle);
    } else if (view.kind === "parallel") {
      i === 0 ? context.moveTo(from, where.bottom - u[i] * height) : context.lineTo(from, where.bottom - u[i] * height);
    } else if (i % 2 === 0) {
      const x = from + u[i] * length, y = where.bottom - u[Math.min(i + 1, n - 1)] * height;
      i === 0 ? context.moveTo(x, y) : context.lineTo(x, y);
    }
  }
}

// The area's cases, the first few hundred.
function drawCases(context, where, rows) {
  if (addsUp()) return;
  context.strokeStyle = "rgba(20, 20, 20, 0.45)";
  context.beginPath();
  for (const row of rows.slice(0, 300)) traceRow(context, where, row);
  context.stroke();
}

function drawAxes(context, where) {
  context.strokeStyle = "#999"; context.fillStyle = "#222"; context.font = "12px system-ui, sans-serif"; context.textAlign = "center";
  if (addsUp()) return drawSums(context);
  view.axes.forEach((axis, i) => {
    const { from, length } = where.axis(i), name = data.columns[axis.column] + (axis.reversed ? " \u2190" : "");
    const second = view.kind === "paired" && i % 2 === 1;
    if (view.kind === "static") context.strokeRect(from, where.middle - 3, length, 6);
    else if (!second) context.strokeRect(from, where.top, length, where.bottom - where.top);
    context.fillText(name, from + length / 2, second ? 14 : canvas.height - 6, Math.max(60, length));
    drawScale(context, where, axis, from, length, second || view.kind === "parallel");
  });
}

// The values at the two ends of an axis, which lies or stands.
function drawScale(context, where, axis, from, length, stands) {
  const [low, high] = [0, 1].map((u) => Number(valueOf(axis, u).toPrecision(4)).toString());
  context.save();
  context.fillStyle = "#666"; context.font = "10px system-ui, sans-serif";
  context.textAlign = "left";
  if (stands) {
    context.fillText(low, from + 3, where.bottom - 3);
    context.fillText(high, from + 3, where.top + 10);
  } else {
    context.fillText(low, from + 2, canvas.height - 20, length / 2);
    context.textAlign = "right";
    context.fillText(high, from + length - 2, canvas.height - 20, length / 2);
  }
  context.restore();
}

// The sides of a box, as bands on their axes.
function drawBox(context, where, box, color) {
  const height = where.bottom - where.top;
  const of = (i) => {
    const axis = view.axes[i], side = box.get(axis.column);
    if (!side) return null;
    const ends = [lowerOf(side), upperOf(side)].map((x) => Math.min(1.01, Math.max(-0.01, unit(axis, x))));
    return ends[0] < ends[1] ? ends : ends.reverse();
  };
  context.fillStyle = `rgba(${color}, 0.25)`; context.strokeStyle = `rgb(${color})`; context.lineWidth = 2;
  const band = (x, y, w, h) => { context.fillRect(x, y, w, h); context.strokeRect(x, y, w, h); };
  for (let i = 0; i < view.axes.length && !addsUp(); ++i) {
    const { from, length } = where.axis(i);
    if (view.kind === "paired") {
      if (i % 2 === 1) continue;
      const x = of(i), y = i + 1 < view.axes.length ? of(i + 1) : null;
      if (!x && !y) continue;
      const [a, b] = x ?? [0, 1], [p, q] = y ?? [0, 1];
      band(from + a * length, where.bottom - q * height, (b - a) * length, (q - p) * height);
      continue;
    }
    const ends = of(i);
    if (!ends) continue;
    if (view.kind === "static") band(from + ends[0] * length, where.middle - 14, (ends[1] - ends[0]) * length, 28);
    else band(from - 7, where.bottom - ends[1] * height, 14, (ends[1] - ends[0]) * height);
  }
  context.lineWidth = 1;
}
