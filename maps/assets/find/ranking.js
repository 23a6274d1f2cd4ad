// Which names a search finds, and in what order. No page is needed.
((geolls) => {
  "use strict";
  const {fold, postcodeArea, postcodeOf} = geolls;

  const GROUPS = ["Places", "Trusts", "Schools", "Postcodes"];
  const PER_GROUP = 4;
  const NEAREST = 3;
  // A word that is found inside another has so many letters at least.
  const INSIDE = 4;
  // Words that are written in two ways, or left out.
  const SAME = new Map([
    ["saint", "st"],
    ["and", ""],
  ]);
  const COUNTY = /^(.{3,})s$/;
  // What was made of entries when they were first searched.
  const VOCABULARY = new WeakMap();

  const wordsOf = (text) =>
    fold(text)
      .split(" ")
      .map((word) => SAME.get(word) ?? word)
      .filter(Boolean);
  /** A text as its words are looked for: each after a space. */
  const spaced = (text) => wordsOf(text).reduce((all, word) => `${all} ${word}`, "");

  /** What a typed text may mean: words, a code, how a postcode begins, an outward code or sector. */
  function asked(text) {
    const words = wordsOf(text);
    const key = fold(text);
    const code = text.trim().toLowerCase().replace(/\s+/g, "");
    return {words, whole: spaced(text), code, begin: postcodeOf(key), area: postcodeArea(key)};
  }

  /** 0 for a code or the whole name, 1 for its beginning, 2 for later words of it, 3 for its words in another
      order, 4 for some words of the name and the rest of where it is, 5 for a part of a word; -1 for no match. */
  function score(entry, {words, whole, code}) {
    if (entry.codes?.includes(code)) return 0;
    entry.said ??= spaced(entry.name);
    const {said} = entry;
    if (said === whole) return 0;
    if (said.startsWith(whole)) return 1;
    if (said.includes(whole)) return 2;
    const rest = words.filter((word) => !said.includes(` ${word}`));
    if (!rest.length) return 3;
    if (entry.where && rest.length < words.length) {
      entry.near ??= spaced(entry.where);
      // Counties are written short with an s: lancs, notts, herts.
      const there = (word) => entry.near.includes(` ${word}`) || entry.near.includes(` ${word.replace(COUNTY, "$1")}`);
      if (rest.every(there)) return 4;
    }
    const part = whole.slice(1);
    return part.length >= INSIDE && said.includes(part) ? 5 : -1;
  }

  /** The group in which an entry answers, and how well; null where it does not. */
  function answer(entry, typed) {
    if (entry.area) return entry.area === typed.area ? ["Postcodes", 0] : null;
    const points = typed.words.length ? score(entry, typed) : -1;
    if (points >= 0) return [entry.group, points];
    return typed.begin && entry.postcode?.startsWith(typed.begin) ? ["Postcodes", 1] : null;
  }

  const order = ([a, one], [b, other]) =>
    a - b || one.name.length - other.name.length || one.name.localeCompare(other.name);

  /** The best few entries of each group that has any: [its name, the entries, how many more]. Entries have group and
      name, and may have codes, where (the place it is in, in words), postcode, and area: an outward code or sector,
      which is found when it is written whole. */
  function findNames(entries, text) {
    const typed = asked(text);
    const groups = new Map(GROUPS.map((name) => [name, []]));
    for (const entry of entries) {
      const found = answer(entry, typed);
      if (found) groups.get(found[0]).push([found[1], entry]);
    }
    return [...groups]
      .filter(([, hits]) => hits.length)
      .map(([name, hits]) => {
        const best = hits.sort(order).slice(0, PER_GROUP);
        return [name, best.map(([, entry]) => entry), hits.length - best.length];
      });
  }

  /** How many letters must be put in, left out or changed to make one text the other (Levenshtein). */
  function edits(a, b) {
    let row = Array.from({length: b.length + 1}, (_, i) => i);
    for (let i = 1; i <= a.length; i++) {
      const next = [i];
      for (let j = 1; j <= b.length; j++)
        next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      row = next;
    }
    return row[b.length];
  }

  /** All words of names and places. */
  function vocabulary(entries) {
    if (!VOCABULARY.has(entries)) {
      const texts = new Set(entries.flatMap((entry) => (entry.area ? [] : [entry.name, entry.where || ""])));
      VOCABULARY.set(entries, [...new Set([...texts].flatMap(wordsOf))]);
    }
    return VOCABULARY.get(entries);
  }

  /** The known word that a mistyped one is nearest to; "" where none is near. */
  function nearestWord(known, word) {
    if (known.some((one) => one.startsWith(word))) return word;
    const most = word.length < INSIDE ? 0 : Math.ceil(word.length / 5);
    let [least, best] = [most + 1, ""];
    for (const one of known) {
      if (Math.abs(one.length - word.length) > most) continue;
      const n = edits(word, one) + (one[0] === word[0] ? 0 : 0.5);
      if (n < least) [least, best] = [n, one];
    }
    return best;
  }

  /** Outward codes or sectors of the same letters, the nearest first. */
  function closestAreas(entries, area) {
    const letters = /^[a-z]+\d/.exec(area)[0].slice(0, -1);
    const alike = (one) => one.startsWith(letters) && /^\d/.test(one.slice(letters.length));
    return entries
      .filter((entry) => entry.area && alike(entry.area) && entry.area.includes(" ") === area.includes(" "))
      .map((entry) => [edits(area, entry.area), entry])
      .sort((a, b) => a[0] - b[0])
      .slice(0, NEAREST)
      .map(([, entry]) => entry);
  }

  /** The three entries nearest to a text that none has: its mistyped words read as known ones, and where that finds
      nothing, one word left out; of a postcode, those of the same letters; of a code none. */
  function closestNames(entries, text) {
    const area = postcodeArea(text);
    if (area) return closestAreas(entries, area);
    if (looksLikeCode(text)) return [];
    const known = vocabulary(entries);
    const words = wordsOf(text).map((word) => nearestWord(known, word));
    const kept = words.filter(Boolean);
    if (!kept.length || 2 * kept.length < words.length) return [];
    const tries = [kept, ...(kept.length > 1 ? kept.map((_, i) => kept.toSpliced(-1 - i, 1)) : [])];
    for (const one of tries) {
      const found = findNames(entries, one.join(" ")).flatMap(([, hits]) => hits);
      if (found.length) return found.slice(0, NEAREST);
    }
    return [];
  }

  const looksLikePostcode = (text) => Boolean(postcodeArea(text));
  const looksLikeCode = (text) => /^[a-z]{0,3}\d{3,}$/i.test(text.trim()) || /^[a-z]+-[a-z-]+$/.test(text.trim());

  const noPostcode = (area, part) =>
    `No postcode here begins ${area.toUpperCase()}${part ? "; this map knows the postcodes of its own place" : ""}.`;

  /** What to say where nothing is found; `elsewhere` are the letters of postcodes by where they are, and `part` says
      that only those of one place are known. */
  function nothingFound(entries, text, {elsewhere = {}, part = false} = {}) {
    const area = postcodeArea(text);
    const code = text.trim();
    const letters = area && /^[a-z]+/.exec(area)[0].toUpperCase();
    const [there] = Object.entries(elsewhere).find(([, held]) => held.split(" ").includes(letters)) || [];
    if (there) return `${area.toUpperCase()} ${there}.`;
    if (area && entries.some((entry) => entry.area)) return noPostcode(area, part);
    if (area) return "No school here has that postcode.";
    return looksLikeCode(code) ? `No place, trust or school here has the code ${code}.` : "Nothing by that name.";
  }

  /** A name in pieces, plain and matched in turn. */
  function matchIn(name, text) {
    const spelt = (word) => (word === "st" ? "(?:saint|st)" : [...word].join("['\u2019]?"));
    const words = wordsOf(text).map(spelt);
    return words.length ? name.split(new RegExp(`(?<![\\p{L}\\d])(${words.join("|")})`, "giu")) : [name];
  }

  Object.assign(geolls, {findNames, edits, closestNames, looksLikePostcode, noPostcode, nothingFound, matchIn});
})(globalThis.geolls);
