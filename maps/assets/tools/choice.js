// What a reader chooses schools by: traits, trusts and a list of their own. No page is needed.
((geolls) => {
  "use strict";
  const {fold, undelta, whole} = geolls;

  /** A word as it stands in an address. */
  const slug = (word) => fold(word).replace(/ /g, "-");
  const asPart = (text) => encodeURIComponent(text).replace(/\./g, "%2E");

  /** A choice of nothing: `by` has the slugs chosen of each trait, `list` the URNs of a list, or null. */
  const noChoice = () => ({by: new Map(), trusts: [], list: null});

  /** A choice as text: "phase:primary.secondary;trusts:2053;list:2bsw.1". */
  function choiceText({by, trusts, list}) {
    const parts = [...by].filter(([, slugs]) => slugs.size).map(([key, slugs]) => `${key}:${[...slugs].join(".")}`);
    if (trusts.length) parts.push(`trusts:${trusts.map(asPart).join(".")}`);
    if (list) {
      const urns = [...list].sort((a, b) => a - b);
      parts.push(`list:${urns.map((urn, i) => (urn - (urns[i - 1] || 0)).toString(36)).join(".")}`);
    }
    return parts.join(";");
  }

  const decoded = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      // Mistyped by hand.
      return text;
    }
  };

  /** The choice that a text means. */
  function choiceOf(text) {
    const choice = noChoice();
    for (const part of (text || "").split(";")) {
      const [key, said] = [part.split(":")[0], part.slice(part.indexOf(":") + 1)];
      const words = said.split(".").filter(Boolean);
      if (!part.includes(":")) continue;
      if (key === "trusts") choice.trusts = [...new Set(words.map(decoded))];
      else if (key === "list") choice.list = undelta(words.map((word) => parseInt(word, 36) || 0));
      else if (words.length) choice.by.set(key, new Set(words));
    }
    return choice;
  }

  /** The bands of sizes as a trait, of the pupils of each school; under 0 is not known. */
  function sizeTrait(pupils, begins) {
    const titles = begins.map((low, i) => (begins[i + 1] ? `${whole(low)} to ${whole(begins[i + 1] - 1)}` : ""));
    titles[begins.length - 1] = `${whole(begins[begins.length - 1])} or more`;
    const words = [`under ${begins[0]}`, ...titles].map((title) => `${title} pupils`);
    const of = pupils.map((n) => (n < 0 ? -1 : begins.filter((low) => n >= low).length));
    return {key: "size", title: "Size", words, slugs: ["0", ...begins.map(String)], of};
  }

  /** For each school how many conditions it fails, and which was the last: a condition tells by number who passes. */
  function failing(n, conditions) {
    const fails = new Uint8Array(n);
    const last = new Array(n).fill("");
    for (const [key, passes] of conditions)
      for (let s = 0; s < n; s++)
        if (!passes(s)) {
          fails[s]++;
          last[s] = key;
        }
    return {fails, last};
  }

  // ---- lists

  /** The rows of a table as text, quoted or not; what parts its cells is found in its first line. */
  function cellsIn(text) {
    const first = text.split(/\r?\n/, 1)[0];
    const mark = ["\t", ";", ","].find((one) => first.includes(one)) || ",";
    const rows = [[""]];
    let quoted = false;
    const add = (letter) => {
      const row = rows[rows.length - 1];
      row[row.length - 1] += letter;
    };
    for (let i = 0; i < text.length; i++) {
      const letter = text[i];
      const begins = rows[rows.length - 1].slice(-1)[0].trim() === "";
      if (quoted && letter === '"' && text[i + 1] === '"') add(text[i++]);
      else if (letter === '"' && (quoted || begins)) quoted = !quoted;
      else if (quoted) add(letter);
      else if (letter === mark) rows[rows.length - 1].push("");
      else if (letter === "\n") rows.push([""]);
      else if (letter !== "\r") add(letter);
    }
    return rows.map((row) => row.map((cell) => cell.trim())).filter((row) => row.some(Boolean));
  }

  const URN = /^\d{5,7}(\.0+)?$/;
  const NAMES = new Set(["name", "school", "school name", "establishmentname", "establishment name", "academy name"]);

  /** What a pasted text or a csv file lists: URNs and names, one entry a school. */
  function entriesIn(text, heads) {
    const rows = cellsIn(text.replace(/^\ufeff/, ""));
    if (!rows.length) return [];
    const head = rows[0].map(fold);
    const urn = head.findIndex((cell) => heads.includes(cell));
    const name = head.findIndex((cell) => NAMES.has(cell));
    if (urn >= 0 || name >= 0) return rows.slice(1).map((row) => row[urn] || row[name] || row.find(Boolean));
    return rows.flatMap((row) => {
      const numbers = row.join(" ").split(/\s+/).filter(Boolean);
      if (numbers.every((one) => URN.test(one))) return numbers;
      return [row.find((cell) => URN.test(cell)) || row.filter(Boolean).join(", ")];
    });
  }

  /** Which schools some entries mean, as URNs, and what is told of the others: with both, every entry is accounted
      for. `schools` have urn, name and here (whether the map is about them). */
  function listed(entries, schools) {
    const byUrn = new Map(schools.map((school) => [String(school.urn), school]));
    const byName = new Map();
    for (const school of schools) if (school.here) geolls.push(byName, fold(school.name), school);
    const shown = new Set();
    const told = [];
    for (const text of entries) {
      const number = URN.test(text) && byUrn.get(text.replace(/\..*/, ""));
      const first = text.split(", ")[0];
      const alike = number ? [number] : byName.get(fold(text)) || byName.get(fold(first)) || [];
      const urns = alike.map(({urn}) => urn);
      if (!alike.length) told.push({text, why: "unknown"});
      else if (alike.length > 1) told.push({text, why: "several", urns});
      else if (!alike[0].here) told.push({text, why: "elsewhere"});
      else if (shown.has(urns[0])) told.push({text, why: "again"});
      else shown.add(urns[0]);
    }
    return {shown: [...shown], told};
  }

  const SHOWN = 12;
  const shorten = (text) => (text.length > 60 ? `${text.slice(0, 59)}\u2026` : text);
  const WHY = {
    unknown: "not on this map",
    elsewhere: "in another place",
    several: "the name of several schools, so give the URN",
    again: "listed before",
  };

  /** Lines that account for a list: how many are shown, and each that is not; `near` may know a school by a name
      that is not quite one. */
  function listLines(entries, {shown, told}, near = () => "") {
    const lines = [`${geolls.whole(entries.length)} listed: ${shown.length} shown, ${told.length} not.`];
    for (const [why, words] of Object.entries(WHY)) {
      const of = told.filter((one) => one.why === why);
      const named = of.slice(0, SHOWN).map((one) => {
        const more = one.urns ? one.urns.slice(0, 4).join(", ") : why === "unknown" && near(one.text);
        return shorten(one.text) + (more ? ` (${more})` : "");
      });
      if (of.length > SHOWN) named.push(`and ${of.length - SHOWN} more`);
      if (of.length) lines.push(`${of.length} ${words}: ${named.join("; ")}.`);
    }
    return lines;
  }

  /** How many units some schools are in, each given as the list of who claims it: a number, or the least and the
      most where several claim one. Lists that have a unit in common may be of that one. */
  function howMany(lists) {
    const sure = lists.filter((one) => one.length === 1).flat();
    const [taken, met] = [new Set(sure), new Set(sure)];
    let least = met.size;
    for (const [key, n] of geolls.tally(lists.filter((one) => one.length > 1).map(String))) {
      const units = key.split(",").map(Number);
      for (const u of units.filter((one) => !met.has(one)).slice(0, n)) met.add(u);
      if (units.some((u) => taken.has(u))) continue;
      for (const u of units) taken.add(u);
      least += 1;
    }
    return least === met.size ? least : [least, met.size];
  }

  Object.assign(geolls, {slug, noChoice, choiceText, choiceOf, sizeTrait, failing, entriesIn, listed, listLines});
  Object.assign(geolls, {howMany});
})(globalThis.geolls);
