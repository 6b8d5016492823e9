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

class Ink {
  constructor() {
    this.width = canvas.width;
    this.height = canvas.height;
    this.counts = data.classes.map(() => new Float32Array(this.width * this.height));
  }
  straight(c, x0, y0, x1, y1, times) {
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0))));
    const counts = this.counts[c], dx = (x1 - x0) / steps, dy = (y1 - y0) / steps;
    for (let s = 0; s < steps; ++s) this.put(counts, x0 + s * dx, y0 + s * dy, times);
  }
  // A cubic whose middle points stand over its ends.
  arc(c, x0, x1, y, up, times) {
    const steps = Math.max(8, Math.ceil(Math.abs(x1 - x0) + Math.abs(up) / 2));
    const counts = this.counts[c];
    for (let s = 0; s <= steps; ++s) {
      const t = s / steps, a = t * t * (3 - 2 * t);
      this.put(counts, x0 + (x1 - x0) * a, y + up * 3 * t * (1 - t), times);
    }
  }
  put(counts, x, y, times) {
    const i = x | 0, j = y | 0;
    if (i >= 0 && i < this.width && j >= 0 && j < this.height) counts[j * this.width + i] += times;
  }
  show(context) {
    const image = context.createImageData(this.width, this.height), out = image.data;
    const size = this.width * this.height;
    const most = this.counts.map((counts) => { let m = 1; for (let p = 0; p < size; ++p) if (counts[p] > m) m = counts[p]; return Math.log1p(m); });
    for (let p = 0; p < size; ++p) {
      let r = 255, g = 255, b = 255;
      for (let c = 0; c < this.counts.length; ++c) {
        const n = this.counts[c][p];
        if (n === 0) continue;
        const a = 0.25 + 0.75 * Math.log1p(n) / most[c], [cr, cg, cb] = COLOURS[c % COLOURS.length];
        r += (cr - r) * a; g += (cg - g) * a; b += (cb - b) * a;
      }
      out[4 * p] = r; out[4 * p + 1] = g; out[4 * p + 2] = b; out[4 * p + 3] = 255;
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
  const counts = new Int32Array(data.classes.length * CELLS * CELLS);
  for (let row = 0; row < data.rows; ++row) {
    const p = Math.min(CELLS - 1, unit(a, x[row]) * CELLS | 0), q = Math.min(CELLS - 1, unit(b, y[row]) * CELLS | 0);
    ++counts[(data.target[row] * CELLS + p) * CELLS + q];
  }
  for (let at = 0; at < counts.length; ++at)
    if (counts[at]) visit(at / (CELLS * CELLS) | 0, ((at / CELLS | 0) % CELLS + 0.5) / CELLS, (at % CELLS + 0.5) / CELLS, counts[at]);
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
  const step = Math.max(1, Math.ceil(data.rows / DENSE));
  for (let row = 0; row < data.rows; row += step) {
    let x = zero;
    const c = data.target[row], side = c === 0 ? -1 : 1;
    for (const axis of view.axes) {
      const next = x + axis.weight * unit(axis, data.values[axis.column][row]) * size;
      ink.arc(c, x, next, where.middle, side * Math.min(Math.abs(next - x), (where.bottom - where.top) / 2), 1);
      x = next;
    }
    ink.straight(c, x, where.middle, x, where.middle + side * 12, 3);
  }
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
