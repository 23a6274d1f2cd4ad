"use strict";
const {test} = require("node:test");
const assert = require("node:assert/strict");
const {aside, beside, closed, even, anchor, areaOf, contains, hull, largest} = require("./load.js")(
  "both/text",
  "map/shapes",
  "map/lines",
);

/** A circle of radius r, run so that its inside lies on the left where y points down. */
function circle(r, many = 400) {
  const flat = [];
  for (let i = 0; i < many; i++) {
    const angle = (-2 * Math.PI * i) / many;
    flat.push(r * Math.cos(angle), r * Math.sin(angle));
  }
  return flat;
}

const radii = (flat) => Array.from({length: flat.length / 2}, (_, i) => Math.hypot(flat[2 * i], flat[2 * i + 1]));
const SQUARE = [0, 0, 10, 0, 10, 10, 0, 10];

test("an even line keeps its ends and its steps", () => {
  const line = even([0, 0, 30, 0, 100, 0], 2, true);
  assert.equal(line.length / 2, 51);
  assert.deepEqual([line[0], line[1]], [0, 0]);
  assert.ok(Math.abs(line[100] - 100) < 1e-9);
  for (let i = 2; i < line.length; i += 2) assert.ok(Math.abs(line[i] - line[i - 2] - 2) < 1e-9);
  assert.equal(even([0, 0, 5, 0], 2, true), null, "too short to be smoothed");
});

test("a line beside a circle stands as far from it as asked, outside and inside", () => {
  const ring = even(circle(100), 2.2);
  for (const d of [6, -6]) {
    const lines = beside(ring, d);
    assert.equal(lines.length, 1);
    for (const r of radii(lines[0])) assert.ok(Math.abs(Math.abs(r - 100) - 6) < 0.5, `${r}`);
  }
  const outside = Math.max(...radii(beside(ring, 6)[0]));
  const inside = Math.max(...radii(beside(ring, -6)[0]));
  assert.ok(outside > 100 && inside < 100);
});

test("a small island has no line on its inside", () => {
  assert.equal(beside(even(circle(6), 2.2), -8), null);
});

test("an open line moved aside is parallel to itself", () => {
  const line = aside(even([0, 0, 100, 0], 2, true), 3);
  for (let i = 1; i < line.length; i += 2) assert.ok(Math.abs(line[i] - 3) < 1e-9);
});

test("a narrow creek is closed", () => {
  const bay = [0, 0, 98, 0, 98, 60, 102, 60, 102, 0, 200, 0, 200, -100, 0, -100];
  const reversed = [];
  for (let i = bay.length - 2; i >= 0; i -= 2) reversed.push(bay[i], bay[i + 1]);
  const rings = [bay, reversed].map((ring) => closed(even(ring, 2.2)));
  assert.ok(rings.some((ring) => Math.max(...ring.filter((_, i) => i % 2)) < 40));
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
