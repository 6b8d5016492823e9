// What a person does: lays the axes, draws areas, keeps rules.
"use strict";

const by = (id) => document.getElementById(id);
const state = { rules: [], otherwise: -1, area: new Map(), chosen: -1, ticked: new Set() };
const picture = document.createElement("canvas");  // without areas, so that dragging need not draw it again

function element(tag, words, set) {
  const made = document.createElement(tag);
  if (words !== undefined) made.textContent = words;
  return Object.assign(made, set);
}

function share(part, of) { return of ? (part / of).toFixed(4) : "\u2013"; }

function draw() {
  const began = performance.now();
  const box = canvas.getBoundingClientRect();
  picture.width = canvas.width = Math.max(200, box.width | 0);
  picture.height = canvas.height = Math.max(150, box.height | 0);
  const context = picture.getContext("2d", { willReadFrequently: true }), where = layout(), ink = new Ink();
  inkLinks(ink, where);
  ink.show(context);
  drawAxes(context, where);
  drawAreas();
  by("time").textContent = `${(performance.now() - began).toFixed(0)} ms`;
}

function drawAreas() {
  const context = canvas.getContext("2d"), where = layout();
  context.drawImage(picture, 0, 0);
  if (!state.area.size) return;
  drawCases(context, where, held(state.area));
  drawBox(context, where, state.area, COLOURS[Number(by("answer").value) % COLOURS.length]);
}

function showArea() {
  const rows = held(state.area), answer = Number(by("answer").value);
  const right = rows.filter((row) => data.target[row] === answer).length;
  by("area").textContent = condition(state.area);
  by("figures").textContent = `${right} of ${rows.length} are ${data.classes[answer]}: precision ${share(right, rows.length)}, coverage ${share(rows.length, data.rows)}`;
  by("cases").textContent = rows.slice(0, 200).map((row) => `${row}: ${data.values.map((v) => number(v[row])).join(" ")}  ${data.classes[data.target[row]]}`).join("\n") +
    (rows.length > 200 ? `\n... ${rows.length - 200} more` : "");
}

function showRules() {
  const { right, total } = evaluate(state.rules, state.otherwise), list = by("rules");
  list.replaceChildren(...state.rules.map((rule, k) => {
    const item = element("li", undefined, { className: k === state.chosen ? "chosen" : "" });
    item.style.borderColor = `rgb(${COLOURS[rule.answer % COLOURS.length]})`;
    const tick = element("input", undefined, { type: "checkbox", checked: state.ticked.has(k) });
    tick.onchange = () => tick.checked ? state.ticked.add(k) : state.ticked.delete(k);
    const words = element("span", ` ${data.classes[rule.answer]} if ${condition(rule.box)} `);
    words.onclick = () => { state.chosen = k; state.area = new Map(rule.box); by("answer").value = rule.answer; refresh(); };
    const button = (sign, title, act) => Object.assign(element("button", sign, { title }), { onclick: () => { act(); state.ticked.clear(); refresh(); } });
    item.append(tick, words, button("\u2191", "earlier", () => move(state.rules, k, -1)), button("\u2193", "later", () => move(state.rules, k, 1)),
      button("\u00d7", "remove", () => { state.rules.splice(k, 1); state.chosen = -1; }),
      element("div", `${right[k]} of ${total[k]} right, precision ${share(right[k], total[k])}, coverage ${share(total[k], data.rows)}`, { className: "figures" }));
    return item;
  }));
  const n = state.rules.length, refuses = state.otherwise < 0;
  const answered = data.rows - (refuses ? total[n] : 0), hits = right.reduce((a, b) => a + b, 0) - (refuses ? right[n] : 0);
  by("all").textContent = `${answered} of ${data.rows} answered (coverage ${share(answered, data.rows)}), ${hits} of them right (precision ${share(hits, answered)})`;
}

function move(list, k, by) {
  const other = k + by;
  if (other < 0 || other >= list.length) return;
  [list[k], list[other]] = [list[other], list[k]];
}

function refresh() { showArea(); showRules(); drawAreas(); }

function showAxes() {
  const head = element("tr");
  head.append(...["", "", "name", "rev.", "scale", "weight"].map((word) => element("th", word)));
  by("axes").replaceChildren(head, ...view.axes.map((axis, i) => {
    const row = element("tr");
    const change = (act) => () => { act(); showAxes(); draw(); };
    const cell = (...inside) => { const made = element("td"); made.append(...inside); return made; };
    const field = (name, min) => {
      const made = element("input", undefined, { type: "number", step: "any", value: axis[name], name });
      made.onchange = change(() => { const x = Number(made.value); if (Number.isFinite(x) && x !== 0 && x >= min) axis[name] = x; });
      return made;
    };
    const tick = element("input", undefined, { type: "checkbox", checked: axis.reversed });
    tick.onchange = change(() => { axis.reversed = tick.checked; });
    const name = cell(data.columns[axis.column]);
    name.className = "name";
    name.title = data.columns[axis.column];
    row.append(cell(Object.assign(element("button", "\u2191", { title: "earlier" }), { onclick: change(() => move(view.axes, i, -1)) })),
      cell(Object.assign(element("button", "\u2193", { title: "later" }), { onclick: change(() => move(view.axes, i, 1)) })),
      name, cell(tick), cell(field("scale", 0)), cell(field("weight", -Infinity)));
    return row;
  }));
}

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

// Bounds become values of the data: the outermost ones between two places on an axis. Close to its end is beyond it, as
// the hand means it.
function sideBetween(axis, u, v) {
  const reach = (at) => at < 0.03 ? Math.min(at, -1) : at > 0.97 ? Math.max(at, 2) : at;
  [u, v] = [reach(u), reach(v)];
  const ends = [valueOf(axis, u), valueOf(axis, v)], low = Math.min(...ends), high = Math.max(...ends);
  const inside = data.sorted[axis.column].filter((x) => x >= low && x <= high);
  if (!inside.length) return null;
  const side = {};
  if (inside[0] > data.low[axis.column]) side.from = inside[0];
  if (inside[inside.length - 1] < data.high[axis.column]) side.to = inside[inside.length - 1];
  return Object.keys(side).length ? side : "free";
}

function bound(axis, u, v) {
  const side = sideBetween(axis, u, v);
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
  const along = (p) => (p - from) / length, up = (p) => (where.bottom - p) / (where.bottom - where.top);
  const axis = view.axes[drag.axis], other = view.axes[drag.axis + 1];
  let found = true;
  if (view.kind === "parallel") found = bound(axis, up(drag.y), up(y));
  else found = bound(axis, along(drag.x), along(x));
  if (view.kind === "paired" && other) found = bound(other, up(drag.y), up(y)) && found;
  by("word").textContent = found ? "" : "No row has a value there.";
  refresh();
};

canvas.onpointerup = () => { drag = null; };

function copyOfArea() { return { answer: Number(by("answer").value), box: new Map([...state.area].map(([k, side]) => [k, { ...side }])) }; }

by("add").onclick = () => { state.rules.push(copyOfArea()); state.chosen = state.rules.length - 1; refresh(); };
by("replace").onclick = () => { if (state.chosen >= 0) state.rules[state.chosen] = copyOfArea(); refresh(); };
by("clear").onclick = () => { state.area = new Map(); state.chosen = -1; refresh(); };
by("answer").onchange = refresh;
by("otherwise").onchange = () => { state.otherwise = Number(by("otherwise").value); refresh(); };
for (const name of ["kind", "heights"]) by(name).onchange = () => { view[name] = by(name).value; draw(); };
by("merge").onclick = () => {
  const ticked = [...state.ticked].sort((a, b) => a - b), rules = ticked.map((k) => state.rules[k]);
  if (rules.length < 2 || rules.some((rule) => rule.answer !== rules[0].answer)) {
    by("word").textContent = "Tick two rules or more of one class to merge them.";
    return;
  }
  const one = { answer: rules[0].answer, box: rules.map((rule) => rule.box).reduce(envelope) };
  state.rules = state.rules.filter((_, k) => !state.ticked.has(k));
  state.rules.splice(ticked[0], 0, one);
  state.ticked.clear();
  state.chosen = -1;
  refresh();
};
by("save").onclick = () => {
  const text = JSON.stringify(toFile(state.rules, state.otherwise), null, 1) + "\n";
  const link = element("a", undefined, { href: URL.createObjectURL(new Blob([text], { type: "application/json" })), download: "rules.json" });
  link.click();
  URL.revokeObjectURL(link.href);
};
by("open").onchange = async () => {
  try {
    take(fromFile(await by("open").files[0].text()));
    by("word").textContent = "";
  } catch (error) {
    by("word").textContent = `Not opened: ${error.message}`;
  }
};

function take({ rules, otherwise }) {
  Object.assign(state, { rules, otherwise, area: new Map(), chosen: -1 });
  state.ticked.clear();
  by("otherwise").value = otherwise;
  refresh();
}

data.classes.forEach((name, c) => {
  by("answer").append(element("option", name, { value: c }));
  by("otherwise").append(element("option", name, { value: c }));
  const key = element("span", "", { className: "key" });
  key.style.background = `rgb(${COLOURS[c % COLOURS.length]})`;
  by("classes").append(key, name);
});
by("otherwise").prepend(element("option", "no answer", { value: -1 }));
by("rows").textContent = `${file.split}: ${data.rows} rows`;
showAxes();
draw();
take(fromFile(file.rules));
addEventListener("resize", draw);
