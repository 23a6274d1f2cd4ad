// What the file of names of an atlas holds, as entries of a search. No page is needed.
((geolls) => {
  "use strict";
  const {fold, undelta} = geolls;

  const SHOWN = 3;

  /** The entries of areas that have ended, and of outward codes and sectors: where they lie, under which hubs. */
  function landEntries(bodies, homes, root) {
    const home = bodies.layer(homes.key);
    if (!home) return [];
    const hubs = bodies.layers.filter((layer) => layer.family === "Hubs");
    const held = new Map();
    /** The home of a block, and it and its hubs in words. */
    const above = (block) => {
      if (!held.has(block)) {
        const on = (layer) => bodies.on(layer, new Map([[block, 1]])).filter(({code}) => code);
        const at = homes.code.indexOf(on(home)[0]?.code);
        const under = hubs.map((layer) =>
          on(layer)
            .map(({name}) => name)
            .join(" + "),
        );
        const said = under.filter(Boolean).join("; ");
        held.set(block, [at, homes.name[at] + (said && ` (${said})`)]);
      }
      return held.get(block);
    };
    const ended = bodies.ended.map(([name, code, text, block]) => {
      const path = homes.path[above(block)[0]];
      return {group: "Places", name, text, codes: [code.toLowerCase()], href: path ? root + path : null};
    });
    const areas = bodies.areas().map(({name, counts}) => {
      const place = () => {
        const parts = new Map();
        let all = 0;
        for (const [block, n] of counts) {
          const [at, said] = above(block);
          if (at < 0) continue;
          parts.set(said, [at, (parts.get(said)?.[1] || 0) + n]);
          all += n;
        }
        const most = [...parts].sort(([, a], [, b]) => b[1] - a[1]);
        const percent = (n) => Math.min(99, Math.max(1, Math.round((100 * n) / all)));
        const told = most
          .slice(0, SHOWN)
          .map(([said, [, n]]) => (most.length > 1 ? `${percent(n)} % in ${said}` : said));
        const more = most.length > SHOWN ? `, and ${most.length - SHOWN} more` : "";
        return {text: told.join(", ") + more, path: homes.path[most[0]?.[1][0]]};
      };
      let made = null;
      return {
        ...{group: "Postcodes", name, area: fold(name)},
        get text() {
          made ||= place();
          return made.text;
        },
        get href() {
          made ||= place();
          return made.path ? `${root}${made.path}#postcode=${encodeURI(name)}` : null;
        },
      };
    });
    return [...ended, ...areas];
  }

  /** The entries of a search out of the file of names; `root` is the way to the folder of the atlas. */
  function atlasNames({homes, places, schools, trusts, wheres}, root) {
    const entry =
      (group) =>
      ([name, text, path, codes, where]) => ({
        ...{group, name, text, codes, where},
        // without a page none leads to it
        href: path ? root + path : null,
      });
    const urns = undelta(schools.urn);
    const codes = schools.postcode.split("\n");
    const school = (name, i) => {
      const home = schools.home[i];
      const homeName = home < 0 ? "" : homes.name[home];
      return {
        group: "Schools",
        name,
        text: [homeName, codes[i], `URN ${urns[i]}`].filter(Boolean).join(", "),
        href: home < 0 ? null : `${root}${homes.path[home]}#school=${urns[i]}`,
        postcode: codes[i].toLowerCase(),
        codes: [String(urns[i])],
        where: `${homeName} ${wheres[schools.where[i]]}`,
      };
    };
    return [...places.map(entry("Places")), ...trusts.map(entry("Trusts")), ...schools.name.split("\n").map(school)];
  }

  Object.assign(geolls, {atlasNames, landEntries});
})(globalThis.geolls);
