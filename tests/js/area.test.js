// Areas that a reader draws: circles, free lines, and the files of a layer.
"use strict";
const {test} = require("node:test");
const assert = require("node:assert/strict");
const geolls = require("./load.js")("both/text", "map/shapes", "tools/area");
const {circleRing, contains, fittedRing, keyOf, layerFiles, metresIn, metresTo, ringOf, withinOf} = geolls;

const corners = (flat) => Array.from({length: flat.length / 2}, (_, i) => [flat[2 * i], flat[2 * i + 1]]);

test("a circle of 5 km is 5 km from its middle all round, in whole metres", () => {
  const ring = circleRing([427858, 587075], 5000);
  for (const [x, y] of corners(ring)) {
    assert.ok(Number.isInteger(x) && Number.isInteger(y));
    assert.ok(Math.abs(Math.hypot(x - 427858, y - 587075) - 5000) < 0.71);
  }
  assert.ok(corners(ring).length > 700);
});

test("a school on the edge of a circle is inside, one a centimetre beyond is not", () => {
  const points = [
    [3000, 4000],
    [3000.01, 4000],
    [-5000, 0],
    [0, 5000.01],
  ];
  assert.deepEqual(withinOf([0, 0], 5000, points), [true, false, true, false]);
});

test("the polygon of a circle holds the same points as the circle, those at its edge too", () => {
  // By steps of whole metres round the edge, where a polygon strays from its circle.
  for (let turn = 0; turn < 360; turn += 7) {
    const a = (turn * Math.PI) / 180;
    for (const far of [4999, 5000, 5001]) {
      const point = [Math.round(300000 + far * Math.sin(a)), Math.round(300000 + far * Math.cos(a))];
      const ring = fittedRing([300000, 300000], 5000, [point]);
      assert.equal(contains(ring, ...point), withinOf([300000, 300000], 5000, [point])[0], `${turn} ${far}`);
    }
  }
});

test("a ring has whole metres, no corner twice in a row, and is open", () => {
  const points = [
    [0.4, 0.2],
    [10, 0],
    [10.3, -0.2],
    [10, 10],
    [0, 0],
  ];
  assert.deepEqual(ringOf(points), [0, 0, 10, 0, 10, 10]);
});

test("where a line crosses itself, what it goes round twice is outside", () => {
  // A bow: two triangles that meet in the middle.
  const ring = ringOf([
    [0, 0],
    [10, 10],
    [10, 0],
    [0, 10],
  ]);
  assert.ok(contains(ring, 1, 5));
  assert.ok(contains(ring, 9, 5));
  assert.ok(!contains(ring, 5, 1));
});

test("the distance to a line is to its nearest side, corners too", () => {
  const square = [0, 0, 10, 0, 10, 10, 0, 10];
  assert.equal(metresTo(square, 5, 2), 2);
  assert.equal(metresTo(square, 13, 14), 5);
});

test("distances are read as the command line reads them, and nonsense is none", () => {
  const said = {5: 5000, 2.5: 2500, "2.5 km": 2500, "800m": 800, "3 miles": 4828.032, "1 MILE": 1609.344};
  for (const [text, metres] of Object.entries(said)) assert.equal(metresIn(text), metres, text);
  for (const text of ["", "0", "-3", "five", "5 leagues", "1e9", "NaN", "5,5"]) assert.ok(Number.isNaN(metresIn(text)));
});

test("a layer is a folder of a key, with every word quoted", () => {
  const [[path, toml], [other, json]] = layerFiles('Up "North"\\', [0, 0, 9, 0, 9, 9], "2026-11-27", "n");
  assert.equal(path, "drawn_up_north/layer.toml");
  assert.equal(other, "drawn_up_north/area.geojson");
  assert.match(toml, /^title = "Up \\"North\\"\\\\"$/m);
  assert.match(toml, /^source = "drawn by hand in geolls on 2026-11-27"$/m);
  const {features} = JSON.parse(json);
  assert.deepEqual(features[0].geometry.coordinates, [
    [
      [0, 0],
      [9, 0],
      [9, 9],
      [0, 0],
    ],
  ]);
});

test("a key is short, in plain letters, and no other layer's", () => {
  assert.equal(keyOf("Within 5 km of Ashington"), "drawn_within_5_km_of_ashington");
  assert.equal(keyOf("../../etc"), "drawn_etc");
  assert.equal(keyOf("***"), "drawn");
  assert.ok(keyOf("x".repeat(500)).length < 80);
});
