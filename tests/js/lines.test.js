"use strict";
const {test} = require("node:test");
const assert = require("node:assert/strict");
const {bandWidth, anchor, areaOf, contains, crosses, holds, hull, largest, meets, nearestOn} = require("./load.js")(
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

test("the line from a name reaches into its land, and crosses no name and no other line", () => {
  const [x, y] = nearestOn([SQUARE], 13, 13, 4);
  assert.ok(contains(SQUARE, x, y), "into the land");
  assert.ok(crosses([0, 0, 20, 20], [8, 8, 4, 4]));
  assert.ok(!crosses([0, 0, 20, 0], [8, 8, 4, 4]));
  assert.ok(meets([0, 0, 10, 10], [0, 10, 10, 0]));
  assert.ok(!meets([0, 0, 10, 10], [0, 1, 10, 11]));
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

test("a ring that is asked of many points answers as one that is asked of each", () => {
  let seed = 7;
  const random = () => {
    seed = (seed * 16807) % 2147483647;
    return seed / 2147483647;
  };
  const star = Array.from({length: 400}, (_, i) => {
    const r = 1 + random() * (i % 40 ? 1 : 5);
    return [r * Math.cos((i * Math.PI) / 200), r * Math.sin((i * Math.PI) / 200)];
  }).flat();
  for (const flat of [star, SQUARE, [0, 5, 10, 5, 5, 5]]) {
    for (let i = 0; i < 2000; i++) {
      const at = [14 * random() - 4, i % 3 ? 14 * random() - 4 : flat[(2 * i + 1) % flat.length]];
      assert.equal(holds(flat, ...at), contains(flat, ...at), `${at}`);
    }
  }
  assert.equal(anchor(star), anchor(star), "where a name stands is found once");
});
