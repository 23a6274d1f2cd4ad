// A zip made in a page, by its bytes; that Python and geolls read it is proved in tests/maps/test_tools_browser.py.
"use strict";
const {test} = require("node:test");
const assert = require("node:assert/strict");
const {crc32} = require("node:zlib");
const {zipOf} = require("./load.js")("tools/zip");

test("a zip has each file's bytes as they are, with their length and check sum", () => {
  const text = "Aé\n";
  const bytes = Buffer.from(text);
  const zip = Buffer.from(zipOf([["a/b.txt", text]]));
  assert.equal(zip.readUInt32LE(0), 0x04034b50);
  assert.equal(zip.readUInt32LE(14), crc32(bytes));
  assert.equal(zip.readUInt32LE(22), bytes.length);
  assert.equal(zip.subarray(30, 37).toString(), "a/b.txt");
  assert.deepEqual(zip.subarray(37, 37 + bytes.length), bytes);
  assert.equal(zip.readUInt16LE(zip.length - 12), 1);
});

test("the same files are the same bytes", () => {
  const files = [
    ["x", "1"],
    ["y", ""],
  ];
  assert.deepEqual(zipOf(files), zipOf(files));
});
