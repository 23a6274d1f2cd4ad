"use strict";
const {test} = require("node:test");
const assert = require("node:assert/strict");
const {atlasNames} = require("./load.js")("both/text", "page/entries");

const FILE = {
  places: [["St John\u2019s", "District, 3 schools", "places/district/a.html", ["e07000001"]]],
  trusts: [["A Trust", "Trust, 2 schools", "trusts/a.html"]],
  schools: {urn: [100000, 7], name: "One\nTwo", postcode: "LS1 1AA\n", home: [0, -1], where: [0, 1]},
  wheres: ["Otley", ""],
  homes: [
    ["Leeds", "Bradford"],
    ["places/local_authority/leeds.html", "b.html"],
  ],
  sectors: {
    codes: "LS1 14\nLS29 7",
    hubs: [
      [0, "Red Hub; Maths Hub"],
      [1, ""],
    ],
    of: [
      [0, 30],
      [0, 70],
      [1, 245, 0, 1],
    ],
  },
};

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
  assert.equal(one.href, "places/local_authority/leeds.html#s100000");
  assert.equal(one.text, "Leeds, LS1 1AA, URN 100000");
  assert.deepEqual([one.postcode, ...one.codes, one.where], ["ls1 1aa", "100000", "Leeds Otley"]);
  assert.equal(two.href, null);
  assert.equal(two.text, "URN 100007");
});

test("an outward code and a sector say where their postcodes lie, and under which hubs", () => {
  const found = atlasNames(FILE, "../").slice(4);
  assert.deepEqual(
    found.map(({name, text}) => [name, text]),
    [
      ["LS1", "Leeds (Red Hub; Maths Hub)"],
      ["LS1 1", "Leeds (Red Hub; Maths Hub)"],
      ["LS1 4", "Leeds (Red Hub; Maths Hub)"],
      ["LS29", "99 % in Bradford, 1 % in Leeds (Red Hub; Maths Hub)"],
      ["LS29 7", "99 % in Bradford, 1 % in Leeds (Red Hub; Maths Hub)"],
    ],
  );
  assert.equal(found[0].href, "../places/local_authority/leeds.html");
  assert.equal(found[3].href, "../b.html");
});
