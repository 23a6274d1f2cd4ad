"use strict";
const {test} = require("node:test");
const assert = require("node:assert/strict");
const {bandWidth, anchor, areaOf, contains, hull, largest} = require("./load.js")(
  "both/text",
  "map/shapes",
  "map/outlines",
);

const SQUARE = [0, 0, 10, 0, 10, 10, 0, 10];

test("lines on one border are one band of four pixels at most, each lower one wider", () => {
  for (const many of [2, 3, 4, 6]) {
    const wide = Array.from({length: many}, (_, before) => bandWidth(before, many, false));
    assert.deepEqual(
      wide,
      [...wide].sort((a, b) => a - b),
    );
    assert.ok(new Set(wide).size === many && wide[0] > 1 && wide.at(-1) <= 4);
  }
  assert.equal(bandWidth(0, 1, false), 0, "alone it is drawn as its layer is");
});

test("areas, insides and hulls of what one can check by hand", () => {
  assert.equal(areaOf(SQUARE), 100);
  assert.equal(largest([[0, 0, 1, 0, 1, 1], SQUARE]), SQUARE);
  assert.equal(contains(SQUARE, 5, 5), true);
  assert.equal(contains(SQUARE, 11, 5), false);
  const round = hull([
    [0, 0],
    [10, 0],
    [5, 5],
    [10, 10],
    [0, 10],
    [5, 1],
  ]);
  assert.deepEqual(round.map(String).sort(), ["0,0", "0,10", "10,0", "10,10"]);
  assert.deepEqual(hull([[1, 1]]), [[1, 1]]);
});

test("a name stands inside, where there is most room", () => {
  // An L whose foot is broad: the middle of its box is outside.
  const shape = [0, 0, 2, 0, 2, 20, 20, 20, 20, 30, 0, 30];
  const [x, y] = anchor(shape);
  assert.ok(contains(shape, x, y));
  assert.ok(y > 20);
});
