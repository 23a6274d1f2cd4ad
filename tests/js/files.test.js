// What holds for every file: it is joined, after what it needs, and what says it needs no page needs none.
"use strict";
const {test} = require("node:test");
const assert = require("node:assert/strict");
const {readFileSync, readdirSync} = require("node:fs");
const {join} = require("node:path");

const ASSETS = join(__dirname, "../../maps/assets");
const ORDER = JSON.parse(readFileSync(join(ASSETS, "order.json"), "utf8"));
const text = (path) => readFileSync(join(ASSETS, path), "utf8");
const paths = (...folders) => folders.flatMap((folder) => ORDER[folder].map((name) => `${folder}/${name}.js`));
const all = (pattern, string) => [...string.matchAll(pattern)].map((match) => match[1]);
const words = (list) => list.flatMap((names) => names.split(",").map((name) => name.split(":")[0].trim()));

const taken = (source) => words(all(/const \{([^}]*)\} = geolls;/g, source));
const defined = (source) => [
  ...words(all(/Object\.assign\(geolls, \{([^}]*)\}\)/g, source)),
  ...all(/^ {2}geolls\.(\w+) = /gm, source),
];
const used = (source) => all(/(?<![\w.])geolls\.([A-Za-z]\w*)\b/g, source);

test("every file of a folder is joined, once", () => {
  for (const [folder, names] of Object.entries(ORDER)) {
    const there = readdirSync(join(ASSETS, folder)).map((file) => file.replace(/\.js$/, ""));
    assert.deepEqual([...names].sort(), there.sort());
  }
});

test("a file takes only what an earlier one defines", () => {
  for (const folders of [
    ["both", "first", "map", "find", "tools"],
    ["both", "find", "page", "names"],
  ]) {
    const known = new Set();
    for (const path of paths(...folders)) {
      const source = text(path);
      for (const name of taken(source)) assert.ok(known.has(name), `${path} takes ${name} too early`);
      for (const name of defined(source)) known.add(name);
    }
    for (const name of ["vocabulary", "toolStyle", "toolTowns", "tools"]) known.add(name);
    // What is named in full is looked up when it is called: any file may define it.
    for (const path of paths(...folders))
      for (const name of used(text(path))) assert.ok(known.has(name), `${path} uses geolls.${name}`);
  }
});

test("no name is defined twice: map and page share one global object", () => {
  const names = paths(...Object.keys(ORDER)).flatMap((path) => defined(text(path)));
  assert.deepEqual(
    names.filter((name, i) => names.indexOf(name) !== i),
    [],
  );
});

test("what says that it needs no page loads without one", () => {
  const pure = paths(...Object.keys(ORDER)).filter((path) => /^\/\/.*No page is needed\./m.test(text(path)));
  assert.ok(pure.length > 10);
  require("./load.js")(...pure.map((path) => path.replace(/\.js$/, "")));
});

test("no line is longer than 120 characters", () => {
  for (const path of [...paths(...Object.keys(ORDER)), "load.js"])
    text(path)
      .split("\n")
      .forEach((line, i) => assert.ok(line.length <= 120, `${path}:${i + 1}`));
});

test("no text runs over the end of a line: lines are joined, and their indents dropped", () => {
  for (const path of paths(...Object.keys(ORDER)))
    text(path)
      .split("\n")
      .forEach((line, i) => assert.equal(line.split("`").length % 2, 1, `${path}:${i + 1}`));
});
