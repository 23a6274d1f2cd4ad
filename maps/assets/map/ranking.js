// Which names a map's search finds, and in what order. No page is needed.
((geolls) => {
  "use strict";
  const {postcodeArea} = geolls;

  const PER_GROUP = 4;
  const POSTCODES = 3;

  /** 0 for the whole name or code, 1 for its beginning, 2 for a later word of it, -1 for no match. */
  function score(entry, words, area) {
    if (entry.group === POSTCODES) return entry.key === area ? 0 : -1;
    if (entry.key === words || entry.code === words) return 0;
    if (entry.key.startsWith(words)) return 1;
    return entry.key.includes(` ${words}`) ? 2 : -1;
  }

  /** The best few entries of each group, group after group. `words` are folded; entries have key,
      code and group (0 areas, 1 trusts, 2 schools, 3 outward codes and sectors, which are found when
      they are written whole). */
  function bestMatches(entries, words) {
    const groups = [[], [], [], []];
    const area = postcodeArea(words);
    for (const entry of entries) {
      const points = score(entry, words, area);
      if (points >= 0) groups[entry.group].push([points, entry]);
    }
    const order = ([a, one], [b, other]) =>
      a - b || one.key.length - other.key.length || (one.key < other.key ? -1 : 1);
    return groups.flatMap((group) =>
      group
        .sort(order)
        .slice(0, PER_GROUP)
        .map(([, entry]) => entry),
    );
  }

  function pairsOf(text) {
    const pairs = new Set();
    for (let i = 0; i < text.length - 1; i++) pairs.add(text.slice(i, i + 2));
    return pairs;
  }

  /** The three entries most like the words, by the pairs of letters they share (Dice's coefficient). */
  function nearestNames(entries, words) {
    const area = postcodeArea(words);
    const mine = pairsOf(area || words);
    const likeness = (entry) => {
      const other = pairsOf(entry.key);
      let same = 0;
      for (const pair of mine) if (other.has(pair)) same++;
      return (2 * same) / (mine.size + other.size || 1);
    };
    return entries
      .filter((entry) => (entry.group === POSTCODES) === Boolean(area))
      .map((entry) => [likeness(entry), entry])
      .sort((a, b) => b[0] - a[0])
      .slice(0, 3)
      .filter(([like]) => like > 0.2)
      .map(([, entry]) => entry);
  }

  /** A name in three parts, [before, match, after]; the match is "" where it is spelt otherwise. */
  function matchIn(name, words) {
    const first = words.split(" ")[0];
    const small = name.toLowerCase();
    const at = small.search(new RegExp(`\\b${first}`));
    if (at < 0) return [name, "", ""];
    const end = at + (small.startsWith(words, at) ? words.length : first.length);
    return [name.slice(0, at), name.slice(at, end), name.slice(end)];
  }

  Object.assign(geolls, {bestMatches, nearestNames, matchIn});
})(globalThis.geolls);
