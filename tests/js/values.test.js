"use strict";
const {test} = require("node:test");
const assert = require("node:assert/strict");
const {compareKeys, csvCell, csvField, sortKey} = require("./load.js")("both/text", "page/values");

const sorted = (texts, falling) =>
  texts
    .map((text) => [text, sortKey(text)])
    .sort(([, a], [, b]) => compareKeys(a, b, falling))
    .map(([text]) => text);

test("numbers are sorted as numbers, names without their accents, what is missing last", () => {
  assert.deepEqual(sorted(["1,200", "30", "\u2013", "-4.5", ""], false).slice(0, 3), ["-4.5", "30", "1,200"]);
  assert.deepEqual(sorted(["1,200", "\u2013", "30"], true), ["1,200", "30", "\u2013"]);
  assert.deepEqual(sorted(["Zebra", "\u00c9cole", "St John\u2019s", "apple"], false), [
    ...["apple", "\u00c9cole", "St John\u2019s", "Zebra"],
  ]);
});

test("a field of csv is quoted where it must be, and never runs as a formula", () => {
  assert.equal(csvField("plain"), "plain");
  assert.equal(csvField('says "hi", twice'), '"says ""hi"", twice"');
  assert.equal(csvField("two\nlines"), '"two\nlines"');
  for (const text of ["=1+1", "+cmd", "-x", "@sum", "\tx"]) assert.equal(csvField(text), `'${text}`);
  assert.equal(csvField("-4.5"), "-4.5");
});

test("a cell becomes a bare number or nothing", () => {
  assert.equal(csvCell("1,234", true), "1234");
  assert.equal(csvCell("1,234", false), '"1,234"');
  assert.equal(csvCell("\u2013", true), "");
  assert.equal(csvCell("12%", true), "12%");
});
