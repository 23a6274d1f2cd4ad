"use strict";
const {test} = require("node:test");
const assert = require("node:assert/strict");
const geolls = require("./load.js")("both/text", "map/ranking", "page/ranking");
const {bestMatches, closestNames, edits, findNames, fold, looksLikePostcode, matchIn, nearestNames} = geolls;

const entry = (group, name, code = "") => ({group, name, key: fold(name), code});
const names = (found) => found.map((one) => one.name);
const MAP = [
  entry(0, "Leeds", "e08000035"),
  entry(0, "East Leeds"),
  entry(0, "Leedsbury"),
  entry(1, "Leeds Trust", "3000"),
  ...["A", "B", "C", "D", "E"].map((letter) => entry(2, `Leeds School ${letter}`)),
];

test("a map's search puts whole names first, then beginnings, then later words, four to a group", () => {
  assert.deepEqual(names(bestMatches(MAP, "leeds")), [
    ...["Leeds", "Leedsbury", "East Leeds", "Leeds Trust"],
    ...["Leeds School A", "Leeds School B", "Leeds School C", "Leeds School D"],
  ]);
  assert.deepEqual(names(bestMatches(MAP, "e08000035")), ["Leeds"]);
  assert.deepEqual(names(bestMatches(MAP, "eeds")), []);
});

test("a map finds an outward code or a sector when it is whole", () => {
  const codes = ["LA1", "LA14", "LA14 1"].map((code) => entry(3, code));
  const found = (text) => names(bestMatches([...MAP, ...codes], fold(text)));
  assert.deepEqual(found("la14"), ["LA14"]);
  assert.deepEqual(found("LA14 1AA"), ["LA14 1"]);
  assert.deepEqual(found("la"), []);
  assert.ok(names(nearestNames(codes, "la15")).includes("LA14"));
  assert.deepEqual(nearestNames(codes, "lancaster"), []);
});

test("a mistyped name finds the nearest, and nonsense nothing", () => {
  assert.equal(names(nearestNames(MAP, "leads"))[0], "Leeds");
  assert.deepEqual(nearestNames(MAP, "xqzvw"), []);
});

test("the letters that match are told apart", () => {
  assert.deepEqual(matchIn("East Leeds", "leeds"), ["East ", "Leeds", ""]);
  assert.deepEqual(matchIn("Leeds City", "leeds ci"), ["", "Leeds Ci", "ty"]);
  assert.deepEqual(matchIn("St. Mary\u2019s", "st marys"), ["", "St", ". Mary\u2019s"]);
  assert.deepEqual(matchIn("\u00c9cole", "ecole"), ["\u00c9cole", "", ""]);
});

const page = (group, name, more) => ({group, name, key: fold(name), ...more});
const ATLAS = [
  page("Places", "Leeds"),
  page("Places", "East Leeds"),
  page("Trusts", "Bleeds Trust"),
  page("Schools", "Leeds High", {code: "ls1 1aa", urn: "100200"}),
  ...["LA1", "LA1 4", "LA14", "LA14 1", "LA15"].map((area) => page("Postcodes", area, {area: fold(area)})),
];

test("the search of an atlas finds names, URNs and postcodes, group after group", () => {
  const found = (text) => findNames(ATLAS, text).map(([group, hits]) => [group, ...names(hits)]);
  assert.deepEqual(found("leeds"), [
    ["Places", "Leeds", "East Leeds"],
    ["Trusts", "Bleeds Trust"],
    ["Schools", "Leeds High"],
  ]);
  assert.deepEqual(found("100200"), [["Schools", "Leeds High"]]);
  assert.deepEqual(found("LS1 1"), [["Postcodes", "Leeds High"]]);
  assert.deepEqual(found("ls"), []);
  assert.deepEqual(found("100"), []);
  assert.deepEqual(found("LS11"), []);
  assert.deepEqual(found("%"), []);
  assert.deepEqual(closestNames(ATLAS, "%"), []);
});

test("an outward code or a sector is found whole, with or without its space, and no other", () => {
  const found = (text) => findNames(ATLAS, text).flatMap(([, hits]) => names(hits));
  assert.deepEqual(found("LA14"), ["LA14"]);
  assert.deepEqual(found("la1"), ["LA1"]);
  assert.deepEqual(found("la1 4"), ["LA1 4"]);
  assert.deepEqual(found("LA14 1AA"), ["LA14 1"]);
  assert.deepEqual(found("la141aa"), ["LA14 1"]);
  assert.deepEqual(found("LA"), []);
  assert.deepEqual(found("LA16"), []);
  assert.deepEqual(names(closestNames(ATLAS, "LA16")), ["LA14", "LA15"]);
  assert.equal(geolls.postcodeArea("leeds"), "");
});

test("edits are counted, and the closest places and trusts named", () => {
  assert.equal(edits("", "abc"), 3);
  assert.equal(edits("kitten", "sitting"), 3);
  assert.equal(edits("same", "same"), 0);
  assert.deepEqual(names(closestNames(ATLAS, "Lieds"))[0], "Leeds");
  assert.ok(!names(closestNames(ATLAS, "Leeds Hihg")).includes("Leeds High"), "schools are too many to guess");
});

test("a postcode is known by its look", () => {
  for (const text of ["LS1", "ls1 1aa", "W1A 0AX", "m1 1"]) assert.ok(looksLikePostcode(text), text);
  for (const text of ["Leeds", "100200", "St1 John", "LS1 1AAA"]) assert.ok(!looksLikePostcode(text), text);
});
