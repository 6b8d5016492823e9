// What a person does: lays the axes, draws areas, keeps rules.
"use strict";

const by = (id) => document.getElementById(id);
// chosen: a rule, or null. ticked: rules.
const state = { rules: [], otherwise: -1, area: new Map(), chosen: null, ticked: new Set() };
const picture = document.createElement("canvas");  // without areas, so that dragging need not draw it again

function element(tag, words, set) {
  const made = document.createElement(tag);
  if (words !== undefined) made.textContent = words;
  return Object.assign(made, set);
}

function cell(...inside) { const made = element("td"); made.append(...inside); return made; }

function share(part, of) { return of ? (part / of).toFixed(4) : "\u2013"; }

function draw() {
  const began = performance.now();
  const box = canvas.getBoundingClientRect();
  picture.width = canvas.width = Math.max(200, box.width | 0);
  picture.height = canvas.height = Math.max(150, box.height | 0);
  rowsDrawn = data.rows;
  const context = picture.getContext("2d", { willReadFrequently: true }), where = layout(), ink = new Ink();
  inkLinks(ink, where);
  ink.show(context);
  drawAxes(context, where);
  drawAreas();
  by("rows").textContent = `${file.split}: ${data.rows} rows` + (rowsDrawn < data.rows ? `, ${rowsDrawn} of them drawn` : "");
  by("time").textContent = `${(performance.now() - began).toFixed(0)} ms`;
}

function drawAreas() {
  const context = canvas.getContext("2d"), where = layout();
  context.drawImage(picture, 0, 0);
  if (!state.area.size) return;
  drawCases(context, where, held(state.area));
  drawBox(context, where, state.area, COLORS[Number(by("answer").value) % COLORS.length]);
}

function showArea() {
  const rows = held(state.area), answer = Number(by("answer").value);
  const right = rows.filter((row) => data.target[row] === answer).length;
  by("area").textContent = condition(state.area);
  showSides();
  by("figures").textContent = `${right} of ${rows.length} are ${data.classes[answer]}: precision ${share(right, rows.length)}, coverage ${share(rows.length, data.rows)}`;
  by("cases").textContent = rows.slice(0, 200).map((row) => `${data.ids[row]}: ${data.values.map((v) => number(v[row])).join(" ")}  ${data.classes[data.target[row]]}`).join("\n") +
    (rows.length > 200 ? `\n... ${rows.length - 200} more` : "");
}

function showRules() {
  const { right, total } = evaluate(state.rules, state.otherwise), list = by("rules");
  list.replaceChildren(...state.rules.map((rule, k) => {
    const item = element("li", undefined, { className: rule === state.chosen ? "chosen" : "" });
    item.style.borderColor = `rgb(${COLORS[rule.answer % COLORS.length]})`;
    const tick = element("input", undefined, { type: "checkbox", checked: state.ticked.has(rule) });
    tick.onchange = () => tick.checked ? state.ticked.add(rule) : state.ticked.delete(rule);
    const words = element("span", ` ${data.classes[rule.answer]} if ${condition(rule.box)} `);
    words.onclick = () => { state.chosen = rule; state.area = copy(rule.box); by("answer").value = rule.answer; refresh(); };
    const button = (sign, title, act) => Object.assign(element("button", sign, { title }), { onclick: () => { act(); refresh(); } });
    item.append(tick, words, button("\u2191", "earlier", () => move(state.rules, k, -1)), button("\u2193", "later", () => move(state.rules, k, 1)),
      button("\u00d7", "remove", () => forget(rule)),
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

function copy(box) { return new Map([...box].map(([k, side]) => [k, { ...side }])); }

function forget(rule) {
  state.rules.splice(state.rules.indexOf(rule), 1);
  state.ticked.delete(rule);
  if (state.chosen === rule) state.chosen = null;
}

// The area alone has changed: rules are asked again only where they have.
let waiting = false;
function refreshArea() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; showArea(); drawAreas(); });
}

function refresh() { showArea(); showRules(); drawAreas(); }

function ruleOfArea() { return { answer: Number(by("answer").value), box: copy(state.area) }; }

by("add").onclick = () => { state.chosen = ruleOfArea(); state.rules.push(state.chosen); refresh(); };
by("replace").onclick = () => {
  const at = state.rules.indexOf(state.chosen);
  if (at < 0) { by("word").textContent = "Click on the rule to replace first."; return; }
  state.ticked.delete(state.chosen);
  state.chosen = state.rules[at] = ruleOfArea();
  refresh();
};
by("clear").onclick = () => { state.area = new Map(); state.chosen = null; refresh(); };
by("answer").onchange = refreshArea;
by("otherwise").onchange = () => { state.otherwise = Number(by("otherwise").value); refresh(); };
for (const name of ["kind", "heights"]) by(name).onchange = () => { view[name] = by(name).value; draw(); };
by("merge").onclick = () => {
  const rules = state.rules.filter((rule) => state.ticked.has(rule));
  if (rules.length < 2 || rules.some((rule) => rule.answer !== rules[0].answer)) {
    by("word").textContent = "Tick two rules or more of one class to merge them.";
    return;
  }
  const one = { answer: rules[0].answer, box: rules.map((rule) => rule.box).reduce(envelope) };
  state.rules[state.rules.indexOf(rules[0])] = one;
  rules.slice(1).forEach(forget);
  state.ticked.clear();
  state.chosen = null;
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
  Object.assign(state, { rules, otherwise, area: new Map(), chosen: null });
  state.ticked.clear();
  by("otherwise").value = otherwise;
  refresh();
}

data.classes.forEach((name, c) => {
  by("answer").append(element("option", name, { value: c }));
  by("otherwise").append(element("option", name, { value: c }));
  const key = element("span", "", { className: "key" });
  key.style.background = `rgb(${COLORS[c % COLORS.length]})`;
  by("classes").append(key, name);
});
by("otherwise").prepend(element("option", "no answer", { value: -1 }));
showAxes();
draw();
take(fromFile(file.rules));
addEventListener("resize", draw);
