// What is above each block of land, each school and each postcode, as it was packed. No page is needed.
((geolls) => {
  "use strict";
  const {inflate, push, undelta, unpack} = geolls;

  // Middles of postcodes are packed in steps of so many metres.
  const STEP = 10;
  let loaded = null;

  class Bodies {
    /** `part` where they hold only the postcodes of one place. */
    constructor({dfe, elsewhere, ended, layers, part, schools, sectors}) {
      Object.assign(this, {dfe: new Map(Object.entries(dfe)), elsewhere, ended, layers, part, schools, sectors});
      this.urns = undelta(schools.urn);
      this.block = undelta(schools.block);
    }

    layer(key) {
      return this.layers.find((layer) => layer.key === key);
    }

    /** What a layer has on some land, the largest share first: {code, name, low, high, said}: the least and the most of
        it, which differ where several list the same land. `counts` are what of the land lies in each block. */
    on(layer, counts) {
      const all = [...counts.values()].reduce((sum, n) => sum + n, 0);
      const found = new Map();
      for (const [block, n] of counts)
        for (const [u, share, said] of layer.claims[layer.of[block]]) {
          const one = found.get(u) || {code: layer.code[u], name: layer.name[u], low: 0, high: 0, said};
          one.low += share < 1 ? 0 : n / all;
          one.high += n / all;
          found.set(u, one);
        }
      return [...found.values()].sort((a, b) => b.low + b.high - a.low - a.high);
    }

    /** Outward codes and sectors: {name, counts, middle}, the postcodes of each by block. */
    areas() {
      if (this.list) return this.list;
      const {codes, of, x, y} = this.sectors;
      const [east, north] = [undelta(x), undelta(y)];
      const parts = new Map();
      let at = 0;
      for (const line of codes ? codes.split("\n") : []) {
        const [outward, digits] = line.split(" ");
        for (const digit of digits) {
          const row = of[at];
          const counts = new Map();
          for (let i = 0; i < row.length; i += 2) counts.set(row[i], Math.abs(row[i + 1]));
          // Those at a sorting office do not say what land the outward code covers.
          const office = row[1] < 0;
          const sector = {name: `${outward} ${digit}`, counts, office, middle: [east[at] * STEP, north[at] * STEP]};
          push(parts, outward, sector);
          at++;
        }
      }
      this.list = [...parts].flatMap(([outward, sectors]) => [together(outward, sectors), ...sectors]);
      return this.list;
    }

    area(code) {
      return this.areas().find(({name}) => name.toLowerCase() === code);
    }
  }

  /** An outward code: its sectors as one. */
  function together(name, sectors) {
    const counts = new Map();
    const middle = [0, 0];
    let all = 0;
    const living = sectors.filter(({office}) => !office);
    for (const sector of living.length ? living : sectors) {
      let n = 0;
      for (const [block, m] of sector.counts) {
        counts.set(block, (counts.get(block) || 0) + m);
        n += m;
      }
      all += n;
      for (const axis of [0, 1]) middle[axis] += n * sector.middle[axis];
    }
    return {name, counts, middle: middle.map((sum) => sum / all)};
  }

  /** The bodies of this page: those that stand in it, else those of its atlas; null where there are none. */
  function bodiesHere() {
    loaded ||= (async () => {
      const key = document.querySelector(".geolls-app")?.dataset.parts.split(" ")[2];
      const here = key && document.querySelector(`script.geolls-data[data-part="${key}"]`);
      if (here) return unpack(here);
      const {root} = document.body.dataset;
      if (root === undefined) return null;
      await new Promise((done) => {
        const script = document.createElement("script");
        script.src = `${root}assets/bodies.js`;
        script.onload = script.onerror = done;
        document.head.append(script);
      });
      const text = self.geollsData?.bodies;
      return text ? inflate(text) : null;
    })().then((document) => document && new Bodies(document));
    return loaded;
  }

  Object.assign(geolls, {Bodies, bodiesHere});
})(globalThis.geolls);
