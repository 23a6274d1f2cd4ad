"use strict";
const {test} = require("node:test");
const assert = require("node:assert/strict");
const geolls = require("./load.js")("both/text", "map/words", "map/marks");

test("every mark keeps a line where it has no fill: outside a place that is all that is seen", () => {
  const looks = geolls.looksOf((name) => name);
  assert.equal(looks.length, geolls.vocabulary.kinds.length);
  for (const look of looks) {
    const {fill, outline, rim} = geolls.hollow(look, "--page");
    const ink = [look.fill, look.outline].filter((colour) => colour && colour !== "--land");
    assert.equal(fill, "--page");
    assert.equal(
      [outline, rim].some((colour) => ink.includes(colour)),
      true,
      JSON.stringify(look),
    );
  }
});
