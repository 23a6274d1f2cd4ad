"use strict";
const {test} = require("node:test");
const assert = require("node:assert/strict");
const geolls = require("./load.js")("both/text", "map/shading");
const {classFill, coverageFill, measureFill, patternOf} = geolls;
const {NO_EVIDENCE, NOT_COVERED, NOT_LOCATED, NO_VALUE, TOO_FEW} = geolls;

const ALL = ["not_found", "shared", "too_few"];

test("classes take their steps of the ramp evenly", () => {
  const fills = (titles) => titles.map((_, c) => classFill({titles}, c));
  assert.deepEqual(fills(["a"]), ["r3"]);
  assert.deepEqual(fills(["a", "b"]), ["r2", "r4"]);
  assert.deepEqual(fills(["a", "b", "c"]), ["r1", "r3", "r5"]);
  assert.deepEqual(fills(["a", "b", "c", "d"]), ["r1", "r2", "r4", "r5"]);
  assert.deepEqual(fills(["a", "b", "c", "d", "e"]), ["r1", "r2", "r3", "r4", "r5"]);
  assert.equal(classFill({titles: ["a", "b"], fills: ["k1", "k2"]}, 1), "k2");
});

test("the numbers of reasons are those of the payload", () => {
  assert.ok([NO_EVIDENCE, NOT_COVERED, NOT_LOCATED].every((number) => number < 0));
  assert.equal(new Set([NO_EVIDENCE, NOT_COVERED, NOT_LOCATED]).size, 3);
});

test("coverage tells one unit, several, none found and not covered apart", () => {
  const fills = [NO_EVIDENCE, NOT_COVERED, NOT_LOCATED, 0, 2, 3].map((u) => coverageFill(u, 3));
  assert.deepEqual(fills, ["cross", "bare", "none", "r2", "r2", "stripe"]);
});

test("a measure shades its units and, where the recipe asks, shows why others are not", () => {
  const measure = {titles: ["low", "high"], c: [0, 1, NO_VALUE, TOO_FEW]};
  const fills = (patterns) =>
    [0, 1, 2, 3, 4, NO_EVIDENCE, NOT_COVERED].map((u) => measureFill(measure, u, 4, patterns));
  assert.deepEqual(fills(ALL), ["r2", "r4", "blank", "dots", "stripe", "cross", "bare"]);
  assert.deepEqual(fills([]), ["r2", "r4", "blank", "blank", "none", "none", "none"]);
});

test("only patterns have an address", () => {
  assert.equal(patternOf("m1", "cross"), "url(#m1-cross)");
  assert.equal(patternOf("m1", "r2"), "");
});
