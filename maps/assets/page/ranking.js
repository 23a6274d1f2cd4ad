// Which names the search of an atlas finds, and in what order. No page is needed.
((geolls) => {
  "use strict";
  const {fold, postcodeArea, postcodeOf} = geolls;

  const PER_GROUP = 4;

  /** Add a match to the group it belongs to: [rank, length, entry], the smallest first. */
  function place(groups, entry, key, begin, area) {
    const add = (group, rank, length) => groups[group].push([rank, length, entry]); // the smallest first
    if (entry.area) {
      if (entry.area === area) add("Postcodes", 0, 0);
      return;
    }
    const compact = key.replace(/ /g, "");
    if (entry.key.startsWith(key)) add(entry.group, 0, entry.key.length);
    else if (entry.key.includes(` ${key}`)) add(entry.group, 1, entry.key.length);
    else if (entry.key.includes(key)) add(entry.group, 2, entry.key.length);
    else if (entry.urn && entry.urn === compact) add("Schools", 0, 0);
    else if (entry.code && begin && entry.code.startsWith(begin)) add("Postcodes", 1, entry.code.length);
  }

  /** The best few entries of each group that has any: pairs of its name and its entries. Entries
      have key (folded name) and group, and may have code (postcode), urn, and area: an outward code
      or sector, found when it is written whole. */
  function findNames(entries, text) {
    const groups = {Places: [], Trusts: [], Schools: [], Postcodes: []};
    const key = fold(text);
    if (!key) return [];
    const begin = postcodeOf(key);
    const area = postcodeArea(key);
    for (const entry of entries) place(groups, entry, key, begin, area);
    const order = (a, b) => a[0] - b[0] || a[1] - b[1] || (a[2].key < b[2].key ? -1 : 1);
    const best = (hits) =>
      hits
        .sort(order)
        .slice(0, PER_GROUP)
        .map(([, , entry]) => entry);
    return Object.entries(groups)
      .map(([name, hits]) => [name, best(hits)])
      .filter(([, hits]) => hits.length);
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

  /** The three places and trusts whose names are the fewest edits away; of a postcode, the outward
      codes or sectors. */
  function closestNames(entries, text) {
    const area = postcodeArea(text);
    const key = area || fold(text);
    if (!key) return [];
    const alike = (entry) => (area ? entry.area : !entry.area && entry.group !== "Schools");
    return entries
      .filter((entry) => alike(entry) && Math.abs(entry.key.length - key.length) < (area ? 1 : 6))
      .map((entry) => [edits(key, entry.key), entry])
      .sort((a, b) => a[0] - b[0])
      .slice(0, 3)
      .map(([, entry]) => entry);
  }

  const looksLikePostcode = (text) => /^[a-z]{1,2}\d[a-z\d]?\s*(\d[a-z]{0,2})?$/i.test(text);

  Object.assign(geolls, {findNames, edits, closestNames, looksLikePostcode});
})(globalThis.geolls);
