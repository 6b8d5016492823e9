// Areas: drawn on the picture, or typed where the picture is too coarse.
"use strict";

// The axis under a point of the picture, and where on it.
function axisAt(where, x, y) {
  let best = -1, nearest = Infinity;
  view.axes.forEach((_, i) => {
    if (view.kind === "paired" && i % 2 === 1) return;
    const { from, length } = where.axis(i);
    const away = x < from ? from - x : x > from + length ? x - from - length : 0;
    if (away < nearest) { nearest = away; best = i; }
  });
  return best;
}

const NEAR = 4;  // pixels from an axis's end that mean beyond it

// Bounds become values of the data: the outermost ones between two places on an axis of so many pixels.
function sideBetween(axis, u, v, pixels) {
  const reach = (at) => at * pixels < NEAR ? -1 : (1 - at) * pixels < NEAR ? 2 : at;
  [u, v] = [reach(u), reach(v)];
  const ends = [valueOf(axis, u), valueOf(axis, v)], low = Math.min(...ends), high = Math.max(...ends);
  const inside = data.sorted[axis.column].filter((x) => x >= low && x <= high);
  if (!inside.length) return null;
  const side = {};
  if (low > data.low[axis.column]) side.from = inside[0];
  if (high < data.high[axis.column]) side.to = inside[inside.length - 1];
  return Object.keys(side).length ? side : "free";
}

function bound(axis, u, v, pixels) {
  const side = sideBetween(axis, u, v, pixels);
  if (side === "free") state.area.delete(axis.column);
  else if (side) state.area.set(axis.column, side);
  return side !== null;
}

let drag = null;
function place(event) { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; }

canvas.onpointerdown = (event) => {
  if (addsUp()) { by("word").textContent = "Here values are added up; areas are drawn in the other coordinates."; return; }
  const [x, y] = place(event);
  drag = { x, y, axis: axisAt(layout(), x, y) };
  canvas.setPointerCapture(event.pointerId);
};

canvas.onpointermove = (event) => {
  if (!drag) return;
  const [x, y] = place(event), where = layout(), { from, length } = where.axis(drag.axis);
  const height = where.bottom - where.top, along = (p) => (p - from) / length, up = (p) => (where.bottom - p) / height;
  const axis = view.axes[drag.axis], other = view.axes[drag.axis + 1];
  let found = true;
  if (view.kind === "parallel") found = bound(axis, up(drag.y), up(y), height);
  else found = bound(axis, along(drag.x), along(x), length);
  if (view.kind === "paired" && other) found = bound(other, up(drag.y), up(y), height) && found;
  by("word").textContent = found ? "" : "No row has a value there.";
  refreshArea();
};

canvas.onpointerup = () => { drag = null; };

// A bound as a field; emptied, that side is free.
function boundField(k, closed, open, name) {
  const side = state.area.get(k), x = side[closed] ?? side[open];
  const made = element("input", undefined, { type: "number", step: "any", name, title: side[open] !== undefined ? "not itself" : "itself too" });
  made.value = x === undefined ? "" : number(x);
  made.onchange = () => {
    const next = { ...side };
    delete next[closed];
    delete next[open];
    if (made.value !== "") next[closed] = Number(made.value);
    Object.keys(next).length ? state.area.set(k, next) : state.area.delete(k);
    refreshArea();
  };
  return made;
}

function showSides() {
  by("sides").replaceChildren(...[...state.area.keys()].map((k) => {
    const row = element("tr"), name = cell(data.columns[k]);
    name.className = "name";
    row.append(name, cell(boundField(k, "from", "above", "from")), cell("to"), cell(boundField(k, "to", "below", "to")));
    return row;
  }));
  by("bound").replaceChildren(element("option", "bound a column \u2026"),
    ...data.columns.map((name, k) => element("option", name, { value: k })).filter((_, k) => !state.area.has(k)));
}

by("bound").onchange = () => {
  const k = Number(by("bound").value);
  state.area.set(k, { from: data.low[k], to: data.high[k] });
  refreshArea();
};
