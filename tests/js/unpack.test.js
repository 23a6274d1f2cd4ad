// load.js on a page of which there is only what it touches.
"use strict";
const {test} = require("node:test");
const assert = require("node:assert/strict");
const {deflateSync} = require("node:zlib");

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%()*+-;=?@^_`{|}~,./";

/** Bytes in base 85, as `geolls/atlas` writes them: four become five letters, the last n bytes n + 1. */
function dense(bytes) {
  const spare = -bytes.length & 3;
  const padded = Buffer.concat([bytes, Buffer.alloc(spare)]);
  let text = "";
  for (let i = 0; i < padded.length; i += 4) {
    let word = padded.readUInt32BE(i);
    const letters = [];
    for (let j = 0; j < 5; j++) {
      letters.unshift(LETTERS[word % 85]);
      word = Math.floor(word / 85);
    }
    text += letters.join("");
  }
  return text.slice(0, text.length - spare);
}

function page(packed) {
  const put = [];
  const map = {textContent: ""};
  globalThis.self = globalThis;
  globalThis.document = {
    getElementById: () => ({textContent: packed}),
    createElement: () => ({}),
    querySelectorAll: () => [map],
    body: {append: (node) => put.push(node)},
  };
  return {put, map};
}

/** Run load.js anew, and wait until it has come to its end. */
async function load() {
  const path = require.resolve("../../maps/assets/load.js");
  delete require.cache[path];
  require(path);
  await new Promise((done) => setTimeout(done, 200));
}

test("the scripts of a page are unpacked and run, whatever their length", async () => {
  for (const script of ["1", "let a = 1;", "caf\u00e9 ".repeat(1000), "xyz".repeat(777)]) {
    const {put} = page(dense(deflateSync(Buffer.from(script))));
    await load();
    assert.deepEqual(put, [{textContent: script}]);
  }
});

test("a packed part is read as what it was", async () => {
  page(dense(deflateSync(Buffer.from("1"))));
  await load();
  const part = {urn: [100000, 1, 2], name: "One\nTwo\nThree"};
  const node = {textContent: dense(deflateSync(Buffer.from(JSON.stringify(part))))};
  assert.deepEqual(await globalThis.geollsUnpack(node).json(), part);
});

test("where nothing can be unpacked, the map says where to look instead", async () => {
  const {put, map} = page("no such thing");
  await load();
  assert.deepEqual(put, []);
  assert.match(map.textContent, /in the table below/);
});
