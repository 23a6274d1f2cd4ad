"use strict";
const {test} = require("node:test");
const assert = require("node:assert/strict");
const {Schools} = require("./load.js")("both/text", "map/shading", "map/schools");

// Where a map would draw an easting and a northing.
const spot = (east, north) => [east / 100, -north / 100];

const PACKED = {
  urn: [100000, 5, 1],
  name: "One\n\nThree",
  step: 10,
  x: [40000, 100, 0],
  y: [38000, -100, 50],
  kind: "023",
  phases: ["primary", "secondary"],
  phase: [0, 1, 0],
  pupils: [210, -1, 400],
  trust: [-1, 0, 0],
  here: "110",
  block: [
    [-1, 4],
    [1, 2],
  ],
  apart: {hub: [[2], [7]]},
  trusts: {uid: ["3000"], name: ["A Trust"], schools: [2], x: [400000], y: [380000]},
};
const LAYER = {key: "area", onLand: [9, 9, 9, 9, 6]};

test("columns unpack to schools", () => {
  const schools = new Schools(PACKED, spot);
  assert.deepEqual(schools.urn, [100000, 100005, 100006]);
  assert.deepEqual([...schools.block], [-1, 4, 4]);
  assert.deepEqual([...schools.kind], [0, 2, 3]);
  assert.deepEqual(schools.of, [[1, 2]]);
  assert.equal(schools.x[1], 4010);
  assert.equal(schools.y[2], -3795);
  assert.equal(schools.title(0), "One");
  assert.equal(schools.title(1), "URN 100005");
  assert.deepEqual(
    schools.filter((s) => schools.here[s]),
    [0, 1],
  );
});

test("a school's unit is its block's, but where it is stated or the school not located", () => {
  const schools = new Schools(PACKED, spot);
  assert.deepEqual([...schools.unit(LAYER)], [-3, 6, 6]);
  assert.deepEqual([...schools.unit({key: "hub", onLand: LAYER.onLand})], [-3, 6, 7]);
});

test("without trusts, or a place, all schools are here and no trust has a home", () => {
  const schools = new Schools({...PACKED, here: null, trust: [-1, -1, -1], trusts: {}}, spot);
  assert.deepEqual([...schools.here], [1, 1, 1]);
  assert.deepEqual(schools.of, []);
  assert.deepEqual(new Schools(PACKED, spot).homeOf(0), [4000, -3800]);
  assert.equal(schools.homeOf(0), null);
});

test("a school is astray where its authority is not its block's", () => {
  const layer = {key: "hub", onLand: [0, 0, 0, 0, 6], units: 8};
  const schools = new Schools(PACKED, spot);
  assert.deepEqual(
    [0, 1, 2].map((s) => schools.astray(layer, s)),
    [false, false, true],
    "the first has no block, the second is at home",
  );
  assert.equal(schools.astray({...layer, units: 6}, 2), false, "land that is shared tells nothing");
  assert.equal(schools.astray(undefined, 2), false);
});
