// Rows as lines: counted into a buffer of pixels for each class, whose logarithm is the ink.
"use strict";

const canvas = document.getElementById("picture");
const DENSE = 20000;  // rows; of more, links are counted in a grid of 64 x 64 for each two axes
const CELLS = 64;
const MARGIN = { left: 30, right: 30, top: 30, bottom: 34 };

const view = {
  kind: "static",
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

// Of dynamic coordinates: pixels a unit, and where zero lies.
function dynamicScale() {
  let low = 0, high = 0;
  const units = view.axes.map((axis) => Float32Array.from(data.values[axis.column], (x) => axis.weight * unit(axis, x)));
  for (let row = 0; row < data.rows; ++row) {
    let at = 0;
    for (const u of units) { at += u[row]; low = Math.min(low, at); high = Math.max(high, at); }
  }
  const width = canvas.width - MARGIN.left - MARGIN.right;
  return { zero: MARGIN.left - low / (high - low || 1) * width, size: width / (high - low || 1) };
}

// The counts of a pixel's classes lie side by side, and are kept from picture to picture.
let counts = new Int32Array(0);

class Ink {
  constructor() {
    this.width = canvas.width;
    this.height = canvas.height;
    this.classes = data.classes.length;
    const size = this.width * this.height * this.classes;
    if (counts.length === size) counts.fill(0);
    else counts = new Int32Array(size);
  }
  straight(c, x0, y0, x1, y1, times) {
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0))));
    const dx = (x1 - x0) / steps, dy = (y1 - y0) / steps;
    let x = x0, y = y0;
    for (let s = 0; s < steps; ++s, x += dx, y += dy) this.put(c, x, y, times);
  }
  // A cubic whose middle points stand over its ends.
  arc(c, x0, x1, y, up, times) {
    const steps = Math.max(8, Math.ceil(Math.abs(x1 - x0) + Math.abs(up) / 2)), wide = x1 - x0;
    for (let s = 0; s <= steps; ++s) {
      const t = s / steps;
      this.put(c, x0 + wide * t * t * (3 - 2 * t), y + up * 3 * t * (1 - t), times);
    }
  }
  put(c, x, y, times) {
    const i = x | 0, j = y | 0;
    if (i >= 0 && i < this.width && j >= 0 && j < this.height) counts[(j * this.width + i) * this.classes + c] += times;
  }
  // Of n lines: a quarter of the ink for one, all of it for the most of the class.
  strengths() {
    const most = new Int32Array(this.classes).fill(1);
    for (let at = 0; at < counts.length; at += this.classes)
      for (let c = 0; c < this.classes; ++c) if (counts[at + c] > most[c]) most[c] = counts[at + c];
    return Array.from(most, (m) => {
      const table = new Float32Array(Math.min(m, 4096) + 1), whole = Math.log1p(m);
      for (let n = 1; n < table.length; ++n) table[n] = 0.25 + 0.75 * Math.log1p(n) / whole;
      return table;
    });
  }
  show(context) {
    const image = context.createImageData(this.width, this.height), out = new Uint32Array(image.data.buffer);
    out.fill(0xffffffff);
    const strength = this.strengths(), classes = this.classes;
    for (let p = 0, at = 0; p < out.length; ++p, at += classes) {
      let r = 255, g = 255, b = 255, inked = false;
      for (let c = 0; c < classes; ++c) {
        const n = counts[at + c];
        if (n === 0) continue;
        inked = true;
        const table = strength[c], a = table[n < table.length ? n : table.length - 1], colour = COLOURS[c % COLOURS.length];
        r += (colour[0] - r) * a; g += (colour[1] - g) * a; b += (colour[2] - b) * a;
      }
      if (inked) out[p] = 0xff000000 | b << 16 | g << 8 | r;
    }
    context.putImageData(image, 0, 0);
  }
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
  if (view.kind === "dynamic") return inkDynamic(ink, where);
  const step = view.kind === "paired" ? 2 : 1;
  for (let i = 0; i + step < n + (view.kind === "paired" ? 1 : 0); i += step) {
    const one = where.axis(i), other = where.axis(Math.min(i + step, n - 1));
    if (view.kind === "static")
      eachLink(i, i + 1, (c, u, v, times) =>
        ink.arc(c, one.from + u * one.length, other.from + v * other.length, where.middle,
          (c === 0 ? -1 : 1) * (0.25 + Math.abs(u - v)) * height / 2, times));
    else if (view.kind === "parallel")
      eachLink(i, i + 1, (c, u, v, times) => ink.straight(c, one.from, y(u), other.from, y(v), times));
  }
  if (view.kind === "paired") inkPairs(ink, where, y);
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

function inkDynamic(ink, where) {
  const { zero, size } = dynamicScale();
  const longest = size * Math.max(...view.axes.map((axis) => Math.abs(axis.weight)));
  const step = Math.max(1, Math.ceil(data.rows * view.axes.length / (5 * DENSE)));  // evenly spaced rows of too many
  for (let row = 0; row < data.rows; row += step) {
    let x = zero;
    const c = data.target[row], side = c === 0 ? -1 : 1;
    for (const axis of view.axes) {
      const next = x + axis.weight * unit(axis, data.values[axis.column][row]) * size;
      ink.arc(c, x, next, where.middle, side * Math.abs(next - x) / longest * (where.bottom - where.top) / 2 * 1.3, 1);
      x = next;
    }
    ink.straight(c, x, where.middle, x, where.middle + side * 12, 3);
  }
}

// One row over the others: what lies in an area.
function traceRow(context, where, row) {
  const n = view.axes.length, height = where.bottom - where.top;
  const u = view.axes.map((axis) => unit(axis, data.values[axis.column][row]));
  for (let i = 0; i < n; ++i) {
    const { from, length } = where.axis(i);
    if (view.kind === "static") {
      const x = from + u[i] * length;
      if (i === 0) { context.moveTo(x, where.middle); continue; }
      const before = where.axis(i - 1), up = (data.target[row] === 0 ? -1 : 1) * (0.25 + Math.abs(u[i] - u[i - 1])) * height / 2;
      context.bezierCurveTo(before.from + u[i - 1] * before.length, where.middle + up, x, where.middle + up, x, where.middle);
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
  if (view.kind === "dynamic") return;
  context.strokeStyle = "rgba(20, 20, 20, 0.45)";
  context.beginPath();
  for (const row of rows.slice(0, 300)) traceRow(context, where, row);
  context.stroke();
}

function drawAxes(context, where) {
  context.strokeStyle = "#999"; context.fillStyle = "#222"; context.font = "12px system-ui, sans-serif"; context.textAlign = "center";
  if (view.kind === "dynamic") { context.strokeRect(MARGIN.left, where.middle, canvas.width - MARGIN.left - MARGIN.right, 0); return; }
  view.axes.forEach((axis, i) => {
    const { from, length } = where.axis(i), name = data.columns[axis.column] + (axis.reversed ? " \u2190" : "");
    const second = view.kind === "paired" && i % 2 === 1;
    if (view.kind === "static") context.strokeRect(from, where.middle - 3, length, 6);
    else if (!second) context.strokeRect(from, where.top, length, where.bottom - where.top);
    context.fillText(name, from + length / 2, second ? 18 : canvas.height - 12, Math.max(60, length));
  });
}

// The sides of a box, as bands on their axes.
function drawBox(context, where, box, colour) {
  const height = where.bottom - where.top;
  const of = (i) => {
    const axis = view.axes[i], side = box.get(axis.column);
    if (!side) return null;
    const ends = [lowerOf(side), upperOf(side)].map((x) => Math.min(1.01, Math.max(-0.01, unit(axis, x))));
    return ends[0] < ends[1] ? ends : ends.reverse();
  };
  context.fillStyle = `rgba(${colour}, 0.25)`; context.strokeStyle = `rgb(${colour})`; context.lineWidth = 2;
  const band = (x, y, w, h) => { context.fillRect(x, y, w, h); context.strokeRect(x, y, w, h); };
  for (let i = 0; i < view.axes.length && view.kind !== "dynamic"; ++i) {
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
