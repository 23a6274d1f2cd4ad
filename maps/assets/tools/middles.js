// The middle of a circle out of words: here, a point, a town, a school, the beginning of a postcode.
((geolls) => {
  "use strict";
  const {fold, gridOf, numbers, postcodeArea, undelta} = geolls;

  const POINT = /^(-?\d+(?:\.\d+)?) ?[,; ] ?(-?\d+(?:\.\d+)?)$/;
  const PREFIX = /^\s*(town|school|urn|postcode)\s*:\s*/i;
  const [NAMES, PLACES] = geolls.toolTowns;

  let towns = null;

  /** Every town of England: its name, the same folded, easting and northing. */
  function allTowns() {
    if (towns) return towns;
    const flat = numbers(PLACES);
    const [x, y] = [0, 1].map((axis) => undelta(flat.filter((_, i) => i % 2 === axis)));
    towns = NAMES.split("\n").map((name, i) => ({name, key: fold(name), at: [x[i], y[i]]}));
    return towns;
  }

  /** Towns of a name, else those whose name begins or ends with it: "hull". */
  function townsCalled(words) {
    const key = fold(words);
    const exact = allTowns().filter((town) => town.key === key);
    if (exact.length || !key) return exact;
    const begin = towns.filter((town) => town.key.startsWith(`${key} `));
    return begin.length ? begin : towns.filter((town) => town.key.endsWith(` ${key}`));
  }

  function pointOf(text) {
    const said = POINT.exec(text);
    if (!said) return [];
    const [x, y] = [Number(said[1]), Number(said[2])];
    if (Math.max(x, y) > 1000) return [{name: `${x},${y}`, at: [x, y]}];
    const [lat, lon] = x > y ? [x, y] : [y, x];
    return [{name: `${lon},${lat}`, at: gridOf(lat, lon).map(Math.round)}];
  }

  class Middles {
    constructor(app) {
      this.app = app;
      const {step, x, y} = app.own.schools;
      const [east, north] = [undelta(x), undelta(y)];
      // Easting and northing of each school; how far they may be from the register's.
      this.points = east.map((v, s) => [v * step, north[s] * step]);
      this.within = step * Math.SQRT1_2;
    }

    /** What a text needs that is not here yet: where postcodes are. */
    async prepare(text) {
      if (postcodeArea(text.replace(PREFIX, ""))) this.bodies ||= await geolls.bodiesHere();
    }

    /** Every middle that a text may mean: {name, at}, one where it is clear. */
    find(text) {
      const words = text.trim();
      if (!words || /^here$/i.test(words)) return [this.here()];
      const bare = words.replace(PREFIX, "");
      for (const found of [pointOf(bare), this.postcode(bare), townsCalled(bare), this.school(bare)]) {
        const near = found.filter((one) => this.onMap(one.at));
        if (found.length) return near.length ? near : found;
      }
      return [];
    }

    /** The school that is picked, else the middle of the window. */
    here() {
      const {map, picked, schools} = this.app;
      if (picked?.kind === "school") return {name: schools.title(picked.s), at: this.points[picked.s]};
      const {lat, lng} = map.getCenter();
      const at = gridOf(lat, lng).map(Math.round);
      return {name: at.join(","), at};
    }

    /** The middle of an outward code or sector; of a whole postcode that of its sector. */
    postcode(words) {
      const area = this.bodies?.area(postcodeArea(words));
      return area ? [{name: area.name, at: area.middle.map(Math.round)}] : [];
    }

    school(words) {
      const {schools} = this.app;
      const key = fold(words);
      const named = schools.filter((s) => String(schools.urn[s]) === key || fold(schools.name[s]) === key);
      return named.map((s) => ({name: schools.title(s), at: this.points[s]}));
    }

    onMap([east, north]) {
      const [west, south, right, top] = this.app.own.bounds;
      return east >= west && east <= right && north >= south && north <= top;
    }

    /** Where a point lies, in words: its authority. */
    where(at) {
      const {app} = this;
      const u = app.authorities.onLand[this.blockAt(at)];
      return u === undefined ? "" : app.unitName(app.authorities, u);
    }

    /** The block that a point lies in; -1 for none. */
    blockAt(at) {
      const {land} = this.app;
      const group = Int32Array.from({length: land.blocks}, (_, b) => b);
      const spot = this.app.spot(...at);
      return land
        .rings("blocks", group, land.blocks)
        .findIndex((rings) => land.flats(rings).filter((flat) => geolls.contains(flat, ...spot)).length % 2);
    }
  }

  Object.assign(geolls, {Middles});
})(globalThis.geolls);
