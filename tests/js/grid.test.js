"use strict";
const {test} = require("node:test");
const assert = require("node:assert/strict");
const {METRES, degreesOf, gridOf, spotOf} = require("./load.js")("first/grid");

// Worked out by pyproj on a lattice over England: easting, northing, longitude, latitude.
const KNOWN = JSON.parse(process.env.GEOLLS_GRID);

test("degrees become metres of the grid, and metres degrees, within a centimetre of pyproj", () => {
  assert.ok(KNOWN.length > 500);
  for (const [east, north, lon, lat] of KNOWN) {
    const [x, y] = gridOf(lat, lon);
    assert.ok(Math.hypot(x - east, y - north) < 0.01, `${east},${north} came out as ${x},${y}`);
    const [up, aside] = degreesOf(east, north);
    assert.ok(Math.hypot(up - lat, aside - lon) < 1e-7, `${lat},${lon} came out as ${up},${aside}`);
  }
});

test("metres are drawn as they are, so many to a pixel, north up", () => {
  assert.deepEqual(spotOf(3 * METRES, 5 * METRES), [3, -5]);
  assert.equal(METRES / 2 ** 15, 25 / 8, "lines drawn to 25 m end at eight pixels for it");
});
