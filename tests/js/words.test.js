"use strict";
const {test} = require("node:test");
const assert = require("node:assert/strict");
const geolls = require("./load.js")("both/text", "map/words");

test("a value is written as its measure says", () => {
  const {say} = geolls;
  assert.equal(say(0.125, "share"), "13%");
  assert.equal(say(0.004, "share"), "under 1%");
  assert.equal(say(0, "share"), "0%");
  assert.equal(say(1234.5, "count"), "1,235");
  assert.equal(say(4.949, "km"), "4.9 km");
  assert.equal(say(9.95, "km"), "10 km");
  assert.equal(say(1250.4, "km"), "1,250 km");
  assert.equal(say(29.5, "minutes"), "30 minutes");
  assert.equal(say(1234.56, "number"), "1,234.6");
  assert.equal(say("whole", "share"), "whole");
  assert.equal(say(null, "share"), "\u2013");
  assert.equal(say(undefined, "words"), "\u2013");
});

test("a title within a sentence keeps the capitals of names", () => {
  const {plain} = geolls;
  assert.equal(plain("Local authority"), "local authority");
  assert.equal(plain("Region"), "region");
  assert.equal(plain("Ofsted region"), "Ofsted region");
  assert.equal(plain("Teaching School Hub"), "Teaching School Hub");
  assert.equal(plain("DfE region"), "DfE region");
});

test("a published code is shown, a key of our own is not", () => {
  const layer = {title: "Local authority", code: ["E08000035", "own_key"]};
  assert.equal(geolls.titleAndCode(layer, 0), "Local authority, E08000035");
  assert.equal(geolls.titleAndCode(layer, 1), "Local authority");
});

test("an address that runs a script is no address", () => {
  const {safeUrl} = geolls;
  for (const url of ["places/leeds.html", "https://example.org/", "HTTP://example.org", "#s1", "../a:b/c"])
    assert.equal(safeUrl(url), url);
  for (const url of ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "file:///etc/x"])
    assert.equal(safeUrl(url), null);
  assert.equal(safeUrl(null), null);
});

test("a unit's name is said without its layer's title", () => {
  const {shortName} = geolls;
  assert.equal(shortName("Maths Hub", "Yorkshire Ridings Maths Hub"), "Yorkshire Ridings");
  assert.equal(shortName("Teaching School Hub", "Red Kite Teaching School Hubs, Leeds"), "Red Kite, Leeds");
  assert.equal(shortName("Maths Hub", "Maths Hub"), "Maths Hub");
  assert.equal(shortName("Hub (new)", "Red Hub new"), "Red");
});

test("a long name stands in two lines of nearly the same length", () => {
  assert.deepEqual(geolls.wrap("Leeds", 18), ["Leeds"]);
  assert.deepEqual(geolls.wrap("Bournemouth, Christchurch and Poole", 18), ["Bournemouth,", "Christchurch and Poole"]);
  assert.deepEqual(geolls.wrap("Llanfairpwllgwyngyll", 18), ["Llanfairpwllgwyngyll"]);
});

test("only areas with enough schools are ranked", () => {
  const measure = {v: [0.5, 0.9, null, 0.7], n: [20, 19, 50, 30]};
  assert.equal(geolls.rankWords(measure, 0, 20), "rank 2 of 2 with 20 schools or more, highest first");
  assert.equal(geolls.rankWords(measure, 3, 20), "rank 1 of 2 with 20 schools or more, highest first");
  assert.equal(geolls.rankWords(measure, 1, 20), "");
  assert.equal(geolls.rankWords(measure, 2, 20), "");
  assert.equal(geolls.rankWords({v: [1]}, 0, 20), "");
  const open = {v: [0.5, "29% to 31%", 0.7], n: [20, 40, 30]};
  assert.equal(geolls.rankWords(open, 0, 20), "");
  assert.equal(
    geolls.rankWords({...open, n: [20, 19, 30]}, 0, 20),
    "rank 2 of 2 with 20 schools or more, highest first",
  );
  assert.equal(
    geolls.rankWords({...measure, shared: true}, 0, 20),
    "rank 2 of 2 with 20 schools or more for certain, highest first",
  );
});

test("the words of reasons, kinds and phases are those of the rest of geolls", () => {
  const {kinds, phases, reasons} = geolls.vocabulary;
  for (const number of [-1, -2, -3, -4]) {
    assert.equal(geolls.reasonLabel(number), reasons[number]);
    assert.equal(geolls.reasonPhrase(number).length > 5, true);
  }
  kinds.forEach(([key, label], kind) => {
    assert.equal(geolls.kindNumber(key), kind);
    assert.equal(geolls.kindKey(kind), key);
    assert.equal(geolls.kindLabel(kind), label);
  });
  assert.equal(geolls.phaseSchool("primary"), phases.primary);
  assert.equal(geolls.phaseSchool(undefined), phases.other);
});
