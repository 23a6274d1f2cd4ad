"use strict";
const {test} = require("node:test");
const assert = require("node:assert/strict");
const {hashOf, hashWith, ordersIn, neighbour, stateOf} = require("./load.js")(
  "both/text",
  "map/state",
  "map/neighbour",
  "page/address",
);

const STATE = {on: ["local_authority", "maths_hub"], shade: "coverage:maths_hub", kinds: ["no_trust"]};

test("a state comes back from its address", () => {
  assert.equal(hashOf(STATE), "#~on=local_authority,maths_hub&shade=coverage:maths_hub&kinds=no_trust");
  const rest = {pick: undefined, ground: undefined, base: undefined, at: undefined, only: undefined, pair: undefined};
  assert.deepEqual(stateOf(hashOf(STATE)), {...STATE, ...rest});
  assert.equal(stateOf(hashOf({...STATE, base: "hexes"})).base, "hexes");
  const pick = ["unit", "my layer", "\u00e9=1"];
  assert.deepEqual(stateOf(hashOf({...STATE, pick})), {...STATE, ...rest, pick});
});

test("the view a reader moved to stands in the address, and one that cannot be is not said", () => {
  const hash = hashOf({...STATE, at: [402345, 311000, 12.25]});
  assert.equal(hash, `${hashOf(STATE)}&at=402345,311000,12.25`);
  assert.deepEqual(stateOf(hash).at, [402345, 311000, 12.25]);
  for (const at of ["", "402345", "402345,311000", "a,b,c", "1,2,3,4", "NaN,1,1", "-1,2,3", "1e300,1,1", "0,0,0"])
    assert.equal(stateOf(`#~at=${at}`).at, undefined, at);
});

test("towns are named unless the address says that nothing of the ground is", () => {
  assert.equal(hashOf({...STATE, ground: ["towns"]}), hashOf(STATE));
  assert.deepEqual(stateOf(hashOf({...STATE, ground: []})).ground, []);
});

test("nothing on is another state than nothing said", () => {
  assert.deepEqual(stateOf("#~on=&kinds=").on, []);
  assert.equal(stateOf("#~shade=").on, undefined);
  assert.equal(stateOf("#~shade=").shade, "");
  assert.equal(stateOf("#~shade=").pick, undefined);
});

test("an address that is not ours, or broken, says nothing", () => {
  for (const hash of ["", "#main", "#s100001", "#~on=%E0%A4%A"]) assert.equal(stateOf(hash).on, undefined);
});

test("the order of a table stands in the address beside the map's words", () => {
  const mapped = hashOf(STATE);
  const sorted = hashWith(mapped, "sort-places", "-schools");
  assert.equal(sorted, `${mapped}&sort-places=-schools`);
  assert.equal(hashWith(sorted, "sort-places", "name"), `${mapped}&sort-places=name`);
  assert.deepEqual(ordersIn(sorted), [["places", "schools", true]]);
  assert.deepEqual(ordersIn("#~sort-trusts=name&sort-x"), [
    ["trusts", "name", false],
    ["x", "", false],
  ]);
  assert.deepEqual(ordersIn("#main"), []);
  assert.deepEqual(stateOf(sorted).on, STATE.on);
});

test("an arrow leads to the nearest area that way, and aside counts twice", () => {
  const points = [[10, 0], [3, 5], [-4, 0], [6, 4], null, [0, 9]];
  assert.equal(neighbour(points, [0, 0], [1, 0]), 0);
  assert.equal(neighbour(points, [0, 0], [-1, 0]), 2);
  assert.equal(neighbour(points, [0, 0], [0, 1]), 5);
  assert.equal(neighbour(points, [0, 0], [0, -1]), -1);
  assert.equal(neighbour(points, [0, 0], null), 2, "without a way, the nearest of all");
  assert.equal(neighbour([null], [0, 0], null), -1);
});
