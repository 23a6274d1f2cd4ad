"use strict";
const {test} = require("node:test");
const assert = require("node:assert/strict");
const {aside, even, roomAmong, runsNear, anchor, areaOf, contains, hull, largest} = require("./load.js")(
  "both/text",
  "map/shapes",
  "map/lines",
);

const SQUARE = [0, 0, 10, 0, 10, 10, 0, 10];

test("an even line keeps its ends and its steps", () => {
  const line = even([0, 0, 30, 0, 100, 0], 2, true);
  assert.equal(line.length / 2, 51);
  assert.deepEqual([line[0], line[1]], [0, 0]);
  assert.ok(Math.abs(line[100] - 100) < 1e-9);
  for (let i = 2; i < line.length; i += 2) assert.ok(Math.abs(line[i] - line[i - 2] - 2) < 1e-9);
  assert.equal(even([0, 0, 5, 0], 2, true), null, "too short to be smoothed");
});

test("an open line moved aside is parallel to itself", () => {
  const line = aside(even([0, 0, 100, 0], 2, true), 3);
  for (let i = 1; i < line.length; i += 2) assert.ok(Math.abs(line[i] - 3) < 1e-9);
});

test("a line that is moved passes no school", () => {
  const line = even([0, 0, 100, 0], 1, true);
  const moved = aside(
    line,
    2,
    roomAmong(
      [
        [50, 1.5],
        [80, -1],
        [20, 60],
      ],
      2,
    ),
  );
  for (let i = 0; i < moved.length; i += 2) {
    assert.ok(moved[i + 1] >= 0 && moved[i + 1] <= 2);
    if (Math.abs(moved[i] - 50) < 1) assert.ok(moved[i + 1] < 1.5, "the school stays on its side");
    if (Math.abs(moved[i] - 20) < 2) assert.ok(Math.abs(moved[i + 1] - 2) < 1e-9);
  }
});

test("of a line only what is near the window is worked out", () => {
  const box = {min: {x: 0, y: 0}, max: {x: 10, y: 10}};
  const line = [-50, 5, -20, 5, 5, 5, 30, 5, 60, 5, 60, 90, 5, 90, 5, 8];
  assert.deepEqual(runsNear(line, box), [
    [-20, 5, 5, 5, 30, 5],
    [5, 90, 5, 8],
  ]);
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
