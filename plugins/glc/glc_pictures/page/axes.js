// The table of columns: their order, direction, scale and weight.
"use strict";

function showAxes() {
  const head = element("tr");
  head.append(...["", "", "name", "rev.", "scale", "weight"].map((word) => element("th", word)));
  by("axes").replaceChildren(head, ...view.axes.map((axis, i) => {
    const row = element("tr");
    const change = (act) => () => { act(); showAxes(); draw(); };
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
