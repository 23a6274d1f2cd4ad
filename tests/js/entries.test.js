"use strict";
const {test} = require("node:test");
const assert = require("node:assert/strict");
const {Bodies, atlasNames, landEntries} = require("./load.js")("both/text", "find/bodies", "names/entries");

const FILE = {
  places: [["St John\u2019s", "District, 3 schools", "places/district/a.html", ["e07000001"]]],
  trusts: [["A Trust", "Trust, 2 schools", "trusts/a.html"]],
  schools: {urn: [100000, 7], name: "One\nTwo", postcode: "LS1 1AA\n", home: [0, -1], where: [0, 1]},
  wheres: ["Otley", ""],
  homes: {
    key: "local_authority",
    code: ["l", "b"],
    name: ["Leeds", "Bradford"],
    path: ["places/local_authority/leeds.html", "b.html"],
  },
};

// Three blocks: Leeds under a hub of its own, Bradford under two hubs that list it both, and land of nobody's.
const layer = (key, family, code, name, claims) => ({key, title: key, family, code, name, claims, of: [0, 1, 2]});
const BODIES = new Bodies({
  dfe: {888: "E10000017"},
  elsewhere: {},
  ended: [["Old Leeds", "E9", "District, ended 2020-03-31; now in Leeds", 0]],
  layers: [
    layer(
      "local_authority",
      "Councils",
      ["l", "b", ""],
      ["Leeds", "Bradford", "not covered"],
      [[[0, 1, "high"]], [[1, 1, "high"]], [[2, 1, ""]]],
    ),
    layer(
      "hub",
      "Hubs",
      ["r", "g", ""],
      ["Red Hub", "Green Hub", "none found"],
      [
        [[0, 1, "of 2022"]],
        [
          [0, 0.5, "of 2022"],
          [1, 0.5, "of 2023"],
        ],
        [[2, 1, ""]],
      ],
    ),
  ],
  schools: {urn: [100000, 7], block: [0, 1]},
  sectors: {
    codes: "LS1 14\nLS29 7",
    of: [
      [0, 30],
      [0, 70],
      [1, 245, 0, 1],
    ],
    x: [100, 10, 0],
    y: [200, 0, 5],
  },
});

test("places and trusts lead to their pages", () => {
  const [place, trust] = atlasNames(FILE, "../");
  assert.deepEqual(place, {
    group: "Places",
    name: "St John\u2019s",
    text: "District, 3 schools",
    codes: ["e07000001"],
    where: undefined,
    href: "../places/district/a.html",
  });
  assert.equal(trust.group, "Trusts");
  assert.equal(trust.href, "../trusts/a.html");
});

test("a school leads to its row on the page of its home, if it has one", () => {
  const [one, two] = atlasNames(FILE, "").slice(2, 4);
  assert.equal(one.href, "places/local_authority/leeds.html#school=100000");
  assert.equal(one.text, "Leeds, LS1 1AA, URN 100000");
  assert.deepEqual([one.postcode, ...one.codes, one.where], ["ls1 1aa", "100000", "Leeds Otley"]);
  assert.equal(two.href, null);
  assert.equal(two.text, "URN 100007");
});

test("an outward code and a sector say where their postcodes lie, and under which hubs", () => {
  const [old, ...found] = landEntries(BODIES, FILE.homes, "../");
  assert.deepEqual([old.name, ...old.codes, old.href], ["Old Leeds", "e9", "../places/local_authority/leeds.html"]);
  const both = "99 % in Bradford (Green Hub + Red Hub), 1 % in Leeds (Red Hub)";
  assert.deepEqual(
    found.map(({name, text}) => [name, text.replace("Red Hub + Green Hub", "Green Hub + Red Hub")]),
    [
      ["LS1", "Leeds (Red Hub)"],
      ["LS1 1", "Leeds (Red Hub)"],
      ["LS1 4", "Leeds (Red Hub)"],
      ["LS29", both],
      ["LS29 7", both],
    ],
  );
  assert.equal(found[1].href, "../places/local_authority/leeds.html#postcode=LS1%201");
  assert.equal(found[3].href, "../b.html#postcode=LS29");
});

test("an authority is known by its DfE code, and a word that objects have is none", () => {
  assert.equal(BODIES.dfe.get("888"), "E10000017");
  assert.equal(BODIES.dfe.get("constructor"), undefined);
});

test("what several list has a least and a most, and shares are of postcodes", () => {
  const on = (key, code) => BODIES.on(BODIES.layer(key), BODIES.area(code).counts);
  const rounded = (units) => units.map(({name, low, high}) => [name, Number(low.toFixed(3)), Number(high.toFixed(3))]);
  assert.deepEqual(rounded(on("local_authority", "ls29")), [
    ["Bradford", 0.996, 0.996],
    ["Leeds", 0.004, 0.004],
  ]);
  assert.deepEqual(rounded(on("hub", "ls29")), [
    ["Red Hub", 0.004, 1],
    ["Green Hub", 0, 0.996],
  ]);
  assert.deepEqual(BODIES.area("ls1").middle, [1070, 2000]);
});
