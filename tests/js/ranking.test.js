"use strict";
const {test} = require("node:test");
const assert = require("node:assert/strict");
const geolls = require("./load.js")("both/text", "find/ranking");
const {closestNames, edits, findNames, looksLikePostcode, matchIn, nothingFound} = geolls;

const entry = (group, name, more) => ({group, name, ...more});
const names = (found) => found.map((one) => one.name);
const areas = (...codes) => codes.map((name) => entry("Postcodes", name, {area: name.toLowerCase()}));
const ATLAS = [
  entry("Places", "Leeds", {codes: ["e08000035", "383"]}),
  entry("Places", "East Leeds"),
  entry("Places", "Lancashire", {codes: ["e10000017", "888"]}),
  entry("Trusts", "Bleeds Trust", {codes: ["2044"]}),
  entry("Schools", "Leeds High", {postcode: "ls1 1aa", codes: ["100200"]}),
  entry("Schools", "Saint Mary\u2019s & St John\u2019s", {codes: ["100201"], where: "Lancashire Preston"}),
  entry("Schools", "St Mary's Infant School", {codes: ["100202"], where: "Leeds Otley"}),
  ...areas("LA1", "LA1 4", "LA14", "LA14 1", "LA15", "E1", "B1 1", "L14"),
];
const found = (text) => findNames(ATLAS, text).map(([group, hits]) => [group, ...names(hits)]);
const all = (text) => findNames(ATLAS, text).flatMap(([, hits]) => names(hits));

test("whole names come first, then beginnings, later words and parts of words, group after group", () => {
  assert.deepEqual(found("leeds"), [
    ["Places", "Leeds", "East Leeds"],
    ["Trusts", "Bleeds Trust"],
    ["Schools", "Leeds High"],
  ]);
  assert.deepEqual(all("eed"), []);
});

test("four of a group are named, and how many more there are", () => {
  const many = ["A", "B", "C", "D", "E", "F"].map((letter) => entry("Schools", `Leeds School ${letter}`));
  const [[, hits, more]] = findNames(many, "leeds");
  assert.deepEqual([names(hits).length, more], [4, 2]);
});

test("half a school's name and its place find it, however they are written", () => {
  const wanted = "Saint Mary\u2019s & St John\u2019s";
  for (const text of [
    "St Mary's Lancashire",
    "st marys preston",
    "marys lancs",
    "preston ST. MARY",
    "saint mary and saint john",
  ])
    assert.deepEqual(all(text), [wanted], text);
  assert.deepEqual(all("st mary"), ["St Mary's Infant School", wanted]);
  assert.deepEqual(all("preston"), [], "a place alone is no school");
});

test("codes find what they are of, whole and no other", () => {
  assert.deepEqual(all("100200"), ["Leeds High"]);
  assert.deepEqual(all("2044"), ["Bleeds Trust"]);
  assert.deepEqual(all("E10000017"), ["Lancashire"]);
  assert.deepEqual(all("888"), ["Lancashire"]);
  assert.deepEqual(all("10020"), []);
  assert.deepEqual(closestNames(ATLAS, "100203"), []);
  assert.match(nothingFound(ATLAS, "100203"), /has the code 100203/);
});

test("signs that search engines take for wildcards find nothing", () => {
  for (const text of ["%", "_", "*", "' OR 1=1", ".*", "\\", "("]) {
    assert.deepEqual(all(text), [], text);
    assert.deepEqual(closestNames(ATLAS, text), [], text);
    assert.equal(matchIn("Leeds", text).join(""), "Leeds", text);
  }
});

test("an outward code or a sector is found whole, with or without its space, and no other", () => {
  assert.deepEqual(all("LA14"), ["LA14"]);
  assert.deepEqual(all("la1"), ["LA1"]);
  assert.deepEqual(all("la1 4"), ["LA1 4"]);
  assert.deepEqual(all("LA14 1AA"), ["LA14 1"]);
  assert.deepEqual(all("la141aa"), ["LA14 1"]);
  assert.deepEqual(all("e1"), ["E1"]);
  assert.deepEqual(all("B1 1"), ["B1 1"]);
  assert.deepEqual(found("LS1 1"), [["Postcodes", "Leeds High"]]);
  for (const text of ["LA16", "LS11", "zz"]) assert.deepEqual(all(text), [], text);
  assert.deepEqual(names(closestNames(ATLAS, "LA16")).sort(), ["LA1", "LA14", "LA15"]);
  assert.match(nothingFound(ATLAS, "la16"), /begins LA16/);
  assert.equal(nothingFound(ATLAS, "ab10 1ab", {elsewhere: {"is in Scotland": "AB DD"}}), "AB10 1 is in Scotland.");
  assert.equal(geolls.postcodeArea("leeds"), "");
});

test("a mistyped name finds the nearest, and nonsense nothing", () => {
  assert.equal(names(closestNames(ATLAS, "Lieds"))[0], "Leeds");
  assert.equal(names(closestNames(ATLAS, "st marys lancashre"))[0], "Saint Mary\u2019s & St John\u2019s");
  assert.equal(names(closestNames(ATLAS, "Leeds High Castle"))[0], "Leeds High");
  assert.deepEqual(closestNames(ATLAS, "xqzvw"), []);
});

test("edits are counted", () => {
  assert.equal(edits("", "abc"), 3);
  assert.equal(edits("kitten", "sitting"), 3);
  assert.equal(edits("same", "same"), 0);
});

test("the letters that match are told apart", () => {
  assert.deepEqual(matchIn("East Leeds", "leeds"), ["East ", "Leeds", ""]);
  assert.deepEqual(
    matchIn("St. Mary\u2019s", "st marys").filter((_, i) => i % 2),
    ["St", "Mary\u2019s"],
  );
  assert.deepEqual(matchIn("\u00c9cole", "cole"), ["\u00c9cole"]);
  assert.deepEqual(matchIn("Leeds", ""), ["Leeds"]);
});

test("a postcode is known by its look", () => {
  for (const text of ["LS1", "ls1 1aa", "W1A 0AX", "m1 1"]) assert.ok(looksLikePostcode(text), text);
  for (const text of ["Leeds", "100200", "St1 John", "LS1 1AAA"]) assert.ok(!looksLikePostcode(text), text);
});
