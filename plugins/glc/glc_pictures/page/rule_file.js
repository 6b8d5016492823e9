// Rule files. What assay would refuse the page refuses too: both must answer alike.
"use strict";

function toFile(rules, otherwise) {
  return {
    schema: "assay.rules/1", columns: data.columns, classes: data.classes,
    otherwise: otherwise < 0 ? null : data.classes[otherwise],
    rules: rules.map((rule) => ({
      class: data.classes[rule.answer],
      where: [...rule.box].map(([k, side]) => ({ column: data.columns[k], ...side })),
    })),
  };
}

function fail(words) { throw new Error(words); }

function isObject(value) { return typeof value === "object" && value !== null && !Array.isArray(value); }

// The place of a name, which must be one of the file's own.
function index(name, own, names, what) {
  if (typeof name !== "string" || !own.includes(name)) fail(`the file has no ${what} "${name}"`);
  return names.indexOf(name);
}

// The file's names are the data's, in any order.
function namesOf(list, names, what) {
  if (!Array.isArray(list) || new Set(list).size !== list.length) fail(`the file's list of each ${what} is none, or has one twice`);
  for (const name of list) if (!names.includes(name)) fail(`the data has no ${what} "${name}"`);
  if (list.length !== names.length) fail(`the file is for ${list.length} of ${names.length} names of a ${what}`);
  return list;
}

function sideFrom({ column, ...side }, place) {
  for (const [key, x] of Object.entries(side)) {
    if (!["from", "above", "to", "below"].includes(key)) fail(`${place}: "${key}" is unknown; from, above, to and below bound a column`);
    if (typeof x !== "number" || !Number.isFinite(x)) fail(`${place}: "${key}" is not a number`);
  }
  if ("from" in side && "above" in side || "to" in side && "below" in side) fail(`${place}: a column has two bounds on one side`);
  if (!Object.keys(side).length) fail(`${place}: a column has no bound`);
  const low = lowerOf(side), high = upperOf(side);
  if (low > high || low === high && ("above" in side || "below" in side)) fail(`${place}: no number lies between a column's bounds`);
  return side;
}

function ruleFrom(rule, place, columns, classes) {
  if (!isObject(rule) || !Array.isArray(rule.where)) fail(`${place} has no list "where"`);
  const box = new Map();
  for (const one of rule.where) {
    if (!isObject(one)) fail(`${place}: "where" is not a list of bounds`);
    const k = index(one.column, columns, data.columns, "column");
    if (box.has(k)) fail(`${place} has "${one.column}" twice`);
    box.set(k, sideFrom(one, place));
  }
  return { answer: index(rule.class, classes, data.classes, "class"), box };
}

// Throws an Error that says what is wrong.
function fromFile(text) {
  const read = typeof text === "string" ? JSON.parse(text) : text;
  if (!isObject(read) || read.schema !== "assay.rules/1") fail('this is not a rule file: its schema is not "assay.rules/1"');
  const columns = namesOf(read.columns, data.columns, "column"), classes = namesOf(read.classes, data.classes, "class");
  if (!Array.isArray(read.rules)) fail('"rules" is not a list');
  return {
    rules: read.rules.map((rule, k) => ruleFrom(rule, `rule ${k + 1}`, columns, classes)),
    otherwise: read.otherwise === null ? -1 : index(read.otherwise, classes, data.classes, "class"),
  };
}
