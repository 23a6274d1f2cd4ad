// What the file of names of an atlas holds, as entries of a search. No page is needed.
((geolls) => {
  "use strict";
  const {fold, undelta} = geolls;

  const SHOWN = 3;

  /** The entries of outward codes and sectors: where their postcodes lie, and under which hubs. */
  function sectorEntries({codes, hubs, of}, [homeNames, homePaths], root) {
    const entry = (area, counts) => {
      const most = [...counts].sort(([, a], [, b]) => b - a);
      const all = most.reduce((sum, [, n]) => sum + n, 0);
      const told = most.slice(0, SHOWN).map(([at, n]) => {
        const [home, under] = hubs[at];
        const place = under ? `${homeNames[home]} (${under})` : homeNames[home];
        if (most.length === 1) return place;
        return `${Math.min(99, Math.max(1, Math.round((100 * n) / all)))} % in ${place}`;
      });
      const more = most.length > SHOWN ? `, and ${most.length - SHOWN} more` : "";
      const href = root + homePaths[hubs[most[0][0]][0]];
      return {
        group: "Postcodes",
        name: area,
        text: told.join(", ") + more,
        href,
        area: fold(area),
      };
    };
    let at = 0;
    return (codes ? codes.split("\n") : []).flatMap((line) => {
      const [outward, digits] = line.split(" ");
      const whole = new Map();
      const sectors = [...digits].map((digit) => {
        const counts = new Map();
        const row = of[at++];
        for (let i = 0; i < row.length; i += 2) {
          counts.set(row[i], row[i + 1]);
          whole.set(row[i], (whole.get(row[i]) || 0) + row[i + 1]);
        }
        return entry(`${outward} ${digit}`, counts);
      });
      return [entry(outward, whole), ...sectors];
    });
  }

  /** The entries of a search out of the file of names; `root` is the way to the folder of the atlas. */
  function atlasNames({homes, places, schools, sectors, trusts, wheres}, root) {
    const entry =
      (group) =>
      ([name, text, path, codes, where]) => ({
        ...{group, name, text, codes, where},
        // without a page none leads to it
        href: path ? root + path : null,
      });
    const urns = undelta(schools.urn);
    const codes = schools.postcode.split("\n");
    const [homeNames, homePaths] = homes;
    const school = (name, i) => {
      const home = schools.home[i];
      const homeName = home < 0 ? "" : homeNames[home];
      return {
        group: "Schools",
        name,
        text: [homeName, codes[i], `URN ${urns[i]}`].filter(Boolean).join(", "),
        href: home < 0 ? null : `${root}${homePaths[home]}#s${urns[i]}`,
        postcode: codes[i].toLowerCase(),
        codes: [String(urns[i])],
        where: `${homeName} ${wheres[schools.where[i]]}`,
      };
    };
    return [
      ...places.map(entry("Places")),
      ...trusts.map(entry("Trusts")),
      ...schools.name.split("\n").map(school),
      ...sectorEntries(sectors, homes, root),
    ];
  }

  Object.assign(geolls, {atlasNames});
})(globalThis.geolls);
