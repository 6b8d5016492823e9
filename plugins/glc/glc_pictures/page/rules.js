// Rules as assay evaluates them: closed bounds, or open ones, compared as doubles.
"use strict";

const COLORS = [[0, 115, 178], [214, 94, 0], [0, 158, 115], [204, 120, 166], [230, 158, 0], [87, 181, 232], [89, 89, 89]];

function decode(text, Type) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return new Type(bytes.buffer);
}

const file = JSON.parse(document.getElementById("data").textContent);
const data = {
  columns: file.columns, classes: file.classes, rows: file.rows,
  values: file.values.map((text) => decode(text, Float32Array)),
  target: decode(file.target, Int32Array), ids: decode(file.ids, Float64Array),
  low: file.low, high: file.high,  // of the training rows and these
};
data.sorted = data.values.map((v) => Float32Array.from(v).sort());

// A side: {from | above, to | below}. A box: sides by column number.
function holdsSide(side, x) {
  return !(side.from !== undefined && !(x >= side.from)) && !(side.above !== undefined && !(x > side.above)) &&
    !(side.to !== undefined && !(x <= side.to)) && !(side.below !== undefined && !(x < side.below));
}

function holds(box, row) {
  for (const [k, side] of box) if (!holdsSide(side, data.values[k][row])) return false;
  return true;
}

function held(box) {
  const rows = [];
  for (let row = 0; row < data.rows; ++row) if (holds(box, row)) rows.push(row);
  return rows;
}

// Right and total of each rule in its turn, and of `otherwise`.
function evaluate(rules, otherwise) {
  const right = new Array(rules.length + 1).fill(0), total = new Array(rules.length + 1).fill(0);
  for (let row = 0; row < data.rows; ++row) {
    let at = rules.findIndex((rule) => holds(rule.box, row));
    if (at < 0) at = rules.length;
    ++total[at];
    const answer = at < rules.length ? rules[at].answer : otherwise;
    right[at] += answer === data.target[row] ? 1 : 0;
  }
  return { right, total };
}

function lowerOf(side) { return side.from ?? side.above ?? -Infinity; }
function upperOf(side) { return side.to ?? side.below ?? Infinity; }

// The smallest box around both.
function envelope(a, b) {
  const both = new Map();
  for (const [k, one] of a) {
    const other = b.get(k);
    if (!other) continue;
    const side = {};
    const low = lowerOf(one) < lowerOf(other) || (lowerOf(one) === lowerOf(other) && one.from !== undefined) ? one : other;
    const high = upperOf(one) > upperOf(other) || (upperOf(one) === upperOf(other) && one.to !== undefined) ? one : other;
    if (lowerOf(low) !== -Infinity) low.from !== undefined ? side.from = low.from : side.above = low.above;
    if (upperOf(high) !== Infinity) high.to !== undefined ? side.to = high.to : side.below = high.below;
    if (Object.keys(side).length) both.set(k, side);
  }
  return both;
}

// The shortest text of a float.
function number(x) {
  for (let digits = 6; digits <= 9 && Math.fround(x) === x; ++digits) {
    const short = Number(x.toPrecision(digits));
    if (Math.fround(short) === x) return String(short);
  }
  return String(x);
}

function condition(box) {
  const parts = [...box].map(([k, side]) => {
    const name = data.columns[k];
    const low = side.from !== undefined ? [number(side.from), "\u2264"] : side.above !== undefined ? [number(side.above), "<"] : null;
    const high = side.to !== undefined ? ["\u2264", number(side.to)] : side.below !== undefined ? ["<", number(side.below)] : null;
    if (low && high) return `${low.join(" ")} ${name} ${high.join(" ")}`;
    if (low) return `${name} ${low[1] === "<" ? ">" : "\u2265"} ${low[0]}`;
    return `${name} ${high.join(" ")}`;
  });
  return parts.length ? parts.join(" and ") : "everything";
}
