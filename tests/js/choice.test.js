"use strict";
const {test} = require("node:test");
const assert = require("node:assert/strict");
const {choiceOf, choiceText, entriesIn, failing, hashOf, listLines, listed, noChoice, sizeTrait, slug, stateOf} =
  require("./load.js")("both/text", "map/state", "tools/choice");

const {howMany} = globalThis.geolls;

const HEADS = ["urn", "school urn"];
const SCHOOLS = [
  {urn: 100001, name: "Alder School", here: 1},
  {urn: 100002, name: "St Mary\u2019s, Bow", here: 1},
  {urn: 100003, name: "Elm School", here: 1},
  {urn: 100004, name: "Elm School", here: 1},
  {urn: 100005, name: "Far School", here: 0},
  {urn: 100006, name: "<img src=x onerror=boom()>", here: 1},
];
const told = (text) => {
  const entries = entriesIn(text, HEADS);
  return [entries, listed(entries, SCHOOLS)];
};

test("a choice comes back from its address, whatever stands in it", () => {
  const choice = {
    by: new Map([
      ["phase", new Set(["primary", "all-through"])],
      ["religious_character", new Set([slug("Church of England/Methodist")])],
    ]),
    trusts: ["2053", "a.b;c:d&e=f#\u00e9%"],
    list: [100004, 100001],
  };
  const back = choiceOf(stateOf(hashOf({on: [], shade: "", kinds: [], only: choiceText(choice)})).only);
  assert.deepEqual(back, {...choice, list: [100001, 100004]});
  assert.equal(choiceText(noChoice()), "");
  assert.deepEqual(choiceOf(undefined), noChoice());
});

test("a list of no school is another choice than no list", () => {
  assert.deepEqual(choiceOf(choiceText({...noChoice(), list: []})).list, []);
  assert.equal(choiceOf("phase:primary").list, null);
});

test("a mistyped choice is read as far as it can be", () => {
  for (const text of ["", ";;", ":", "trusts", "phase:", "constructor:x;__proto__:y", "trusts:%E0%A4%A", "list:%%"])
    assert.doesNotThrow(() => choiceText(choiceOf(text)), text);
});

test("sizes are bands of pupils that meet and leave none out", () => {
  const trait = sizeTrait([-1, 0, 99, 100, 199, 200, 1199, 1200, 5000], [100, 200, 400, 800, 1200]);
  assert.deepEqual(trait.of, [-1, 0, 0, 1, 1, 2, 4, 5, 5]);
  assert.equal(trait.words.length, trait.slugs.length);
  assert.deepEqual(
    [trait.words[0], trait.words[1], trait.words[4], trait.words[5]],
    ["under 100 pupils", "100 to 199 pupils", "800 to 1,199 pupils", "1,200 or more pupils"],
  );
});

test("a school fits that fails no condition", () => {
  const {fails, last} = failing(4, [
    ["even", (s) => s % 2 === 0],
    ["small", (s) => s < 2],
  ]);
  assert.deepEqual([...fails], [0, 1, 1, 2]);
  assert.deepEqual(last, ["", "even", "small", "small"]);
});

test("a list is URNs or names, pasted, from a sheet or a csv file, with or without a header", () => {
  const urns = ["100001", "100003"];
  for (const text of [
    "100001\n100003",
    "100001, 100003",
    "100001;100003\r\n",
    "100001 100003",
    "URN\n100001\n100003",
    '\ufeffName,URN\n"Alder, or so",100001\nElm,100003\n',
    "School URN;Name\n100001;x\n100003;y",
    "n\t100001\nm\t100003",
    "100001.0\n100003.00\n",
  ])
    assert.deepEqual(
      entriesIn(text, HEADS).map((one) => one.replace(/\.0+$/, "")),
      urns,
      text,
    );
  assert.deepEqual(entriesIn('Name,Town\n"A ""B"" C",x', HEADS), ['A "B" C']);
  assert.deepEqual(entriesIn(" \n\n,,\n", HEADS), []);
});

test("every entry of a list is shown or told: unknown, elsewhere, of several schools, or again", () => {
  const text = "100001\nalder school\nSt Marys, Bow\nElm School\n100005\n999999\nNo Such School\n100003\n100003";
  const [entries, found] = told(text);
  assert.deepEqual(found.shown, [100001, 100002, 100003]);
  assert.deepEqual(
    found.told.map(({why}) => why),
    ["again", "several", "elsewhere", "unknown", "unknown", "again"],
  );
  assert.equal(entries.length, found.shown.length + found.told.length);
  const lines = listLines(entries, found);
  assert.equal(lines[0], "9 listed: 3 shown, 6 not.");
  assert.ok(lines.includes("2 not on this map: 999999; No Such School."));
  assert.ok(lines.includes("1 the name of several schools, so give the URN: Elm School (100003, 100004)."));
});

test("a name that is markup is a name", () => {
  const [, found] = told("<img src=x onerror=boom()>");
  assert.deepEqual(found.shown, [100006]);
  const [entries, none] = told("=cmd|' /C calc'!A0\n<script>boom()</script>");
  assert.equal(none.told.length, entries.length);
});

test("units are counted from the least to the most where several claim a school", () => {
  assert.equal(howMany([[1], [1], [2]]), 2);
  assert.deepEqual(howMany([[1], [2, 3], [2, 3]]), [2, 3]);
  assert.equal(howMany([[1], [2, 3]]), 2); // one school is in one of the two
  assert.deepEqual(howMany([[1], [1, 2], [1, 2]]), [1, 2]);
  const [one, other] = ["12", "23"].map((pair) => [...pair].map(Number));
  assert.deepEqual(howMany([one, one, other, other]), [1, 3]);
  assert.equal(howMany([]), 0);
});
