"use strict";
const {test} = require("node:test");
const assert = require("node:assert/strict");
const {commas, fold, plural, push, tally, undelta, whole} = require("./load.js")("both/text");

test("two spellings of a name fold into one", () => {
  assert.equal(fold("St. John\u2019s, Dunst\u00e9r"), "st johns dunster");
  assert.equal(fold("ST JOHN'S  Dunster"), "st johns dunster");
  assert.equal(fold("\uff34\uff25\uff33\uff34 \ufb01ve"), "test five");
  assert.equal(fold("  -- "), "");
});

test("folding is stable: what is folded folds to itself", () => {
  for (const name of ["King\u2019s Lynn & West Norfolk", "Bryn-y-M\u00f4r", "A1(M) Academy", "\u0130zmir"])
    assert.equal(fold(fold(name)), fold(name));
});

test("numbers have commas and words their plurals", () => {
  assert.deepEqual([0, 7, 999, 1000, 21931, 1234567].map(whole), ["0", "7", "999", "1,000", "21,931", "1,234,567"]);
  assert.equal(whole(999.5), "1,000");
  assert.equal(commas("12345"), "12,345");
  assert.equal(plural(1, "school", "schools"), "1 school");
  assert.equal(plural(0, "school", "schools"), "0 schools");
  assert.equal(plural(1200, "authority", "authorities"), "1,200 authorities");
});

test("differences add up to what was packed", () => {
  assert.deepEqual(undelta([100, 3, -5, 0]), [100, 103, 98, 98]);
  assert.deepEqual(undelta([]), []);
});

test("a tally keeps the order of first sight", () => {
  assert.deepEqual(
    [...tally([3, -1, 3, 0, 3])],
    [
      [3, 3],
      [-1, 1],
      [0, 1],
    ],
  );
  const lists = new Map();
  for (const word of ["a", "bb", "c"]) push(lists, word.length, word);
  assert.deepEqual([...lists.values()], [["a", "c"], ["bb"]]);
});
