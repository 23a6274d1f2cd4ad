"use strict";
const {test} = require("node:test");
const assert = require("node:assert/strict");
const {Land, View, numbers, areaOf, linesAlong, worldRing} = require("./load.js")(
  "both/text",
  "map/shapes",
  "map/land",
  "map/view",
);

// Two squares side by side, block 0 in the west and block 1 in the east, with one arc between them.
// The land of a block lies on the left of its arcs.
const STEP = 0.1;
// Where a map would draw an easting and a northing.
const spot = (east, north) => [2 * east, -north];
const ARCS = [
  {
    left: 0,
    right: -1,
    points: [
      [10, 1],
      [0, 1],
      [0, 0],
      [10, 0],
    ],
  },
  {
    left: 0,
    right: 1,
    points: [
      [10, 0],
      [10, 1],
    ],
  },
  {
    left: 1,
    right: -1,
    points: [
      [10, 0],
      [20, 0],
      [20, 1],
      [10, 1],
    ],
  },
].map((arc) => ({...arc, points: arc.points.map(([x, y]) => [x, 10 * y])}));

function differences(numbers) {
  return numbers.map((n, i) => n - (i ? numbers[i - 1] : 0));
}

/** As the payload writes whole numbers: see `letters` in geolls/maps/payload.py. */
function letters(values) {
  const letter = (v) => String.fromCharCode(35 + v + (35 + v >= 92 ? 1 : 0));
  const runs = values
    .map((v) => (v < 0 ? -2 * v - 1 : 2 * v))
    .map((v) => {
      const [a, b, c, d] = [729000, 8100, 90, 1].map((power) => letter(Math.floor(v / power) % 90));
      return v < 89 * 90 ? [c, d] : [letter(89), a + b + c + d];
    });
  return [0, 1].map((i) => runs.map((run) => run[i]).join("")).join(" ");
}

test("whole numbers come back from letters", () => {
  const values = [0, -1, 1, 44, -45, 4004, -4005, 4005, -4006, 90000, -90000, 360000, -5600000];
  assert.deepEqual(numbers(letters(values)), values);
});

function packed() {
  const points = ARCS.flatMap((arc) => arc.points);
  const xs = differences(points.map(([x]) => x));
  const ys = differences(points.map(([, y]) => y));
  return {
    n: letters(ARCS.map((arc) => arc.points.length)),
    xy: letters(xs.flatMap((x, i) => [x, ys[i]])),
    step: STEP,
    blocks: 2,
    left: letters(differences(ARCS.map((arc) => arc.left))),
    right: letters(differences(ARCS.map((arc) => arc.right))),
  };
}

const close = (a, b) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

test("a coast is drawn but for the sides that are too long to be one", () => {
  const ring = [0, 0, 3, 0, 3, 4, 90, 4, 90, 0];
  assert.deepEqual(linesAlong(ring, 5), [
    [0, 0, 3, 0, 3, 4],
    [90, 4, 90, 0],
  ]);
  assert.deepEqual(linesAlong([0, 0, 3, 0, 3, 4], 5), [[0, 0, 3, 0, 3, 4, 0, 0]]);
});

test("differences of positions unpack to positions", () => {
  const land = new Land(packed(), spot);
  const points = ARCS.flatMap((arc) => arc.points);
  points.forEach(([x, y], i) => {
    close(land.x[i], 2 * x * STEP);
    close(land.y[i], -y * STEP);
  });
  assert.deepEqual([...land.start], [0, 4, 6, 10]);
  assert.deepEqual(land.left, [0, 0, 1]);
  assert.deepEqual(land.right, [-1, 1, -1]);
  assert.deepEqual(worldRing([5, 7, 1, -2], 0.5, spot), [5, -3.5, 6, -2.5]);
});

test("each block has one ring that closes, and the arc between them serves both, once backwards", () => {
  const land = new Land(packed(), spot);
  const [west, east] = land.rings("blocks", [0, 1], 2);
  assert.equal(west.length, 1);
  assert.equal(east.length, 1);
  assert.deepEqual([...west[0]].sort(), [0, 1]);
  assert.ok(east[0].includes(~1));
  for (const ring of [...west, ...east]) {
    const flat = land.points(ring);
    assert.deepEqual(flat.slice(0, 2), flat.slice(-2));
    close(areaOf(flat), 2);
  }
});

test("two blocks of one group have one ring, without the arc between them", () => {
  const land = new Land(packed(), spot);
  const both = land.ringsRound("both", [0, 1]);
  assert.equal(both.length, 1);
  assert.deepEqual([...both[0]].sort(), [0, 2]);
  assert.equal(land.ringsRound("both", []), both, "what has a name is made once");
});

test("the coast is one chain, the border inland another", () => {
  const land = new Land(packed(), spot);
  const coast = land.chains("coast", (l, r) => l < 0 || r < 0);
  assert.deepEqual(
    coast.map((chain) => chain.length),
    [2],
  );
  assert.deepEqual(
    land.chains("inland", (l, r) => l >= 0 && r >= 0),
    [[1]],
  );
});

test("a view writes paths in pixels, joins once and only what its box shows", () => {
  const view = new View(10, 5, 5, null);
  assert.equal(view.path([1, 1, 2, 1, 2, 1, 2, 2], true), "M5 5L15 5L15 15Z");
  assert.equal(view.line([1, 1, 2, 1]), "M5 5L15 5");
  const narrow = new View(1, 0, 0, {min: {x: 0, y: 0}, max: {x: 10, y: 10}});
  assert.equal(narrow.line([-5, 5, 5, 5, 15, 5, 25, 5, 35, 5]), "M-5.0 5.0L5.0 5.0L15.0 5.0");
});
