// Which names stand on a map, and which come first where there is no room for all.
((geolls) => {
  "use strict";
  const {plural, reasonLabel, shortName, tally} = geolls;

  // Ranks, the highest first; within one the larger area comes first.

  // Numbers of units where names are too long.
  const NUMBER = 1e9;
  // Names of hubs beside the place.
  const MARGIN = 2e6;
  const INSIDE = 1e6;
  // Names of districts over a whole region would hide the schools.
  const MANY = 30;

  /** The wishes of a map: lists of {world, text, look, rank, ...}; `look` is a class of the style sheet. */
  class Names {
    constructor(app) {
      this.app = app;
    }

    wanted(narrow) {
      const {app} = this;
      const t = this.trust();
      if (t >= 0 && app.own.scope === "place") return this.ofTrust(app.authorities, t);
      const round = app.england ? [] : this.around(narrow);
      const parted = geolls.Parted.wishes(app, NUMBER);
      const named = this.ofKeys((layer, key) => this.ofLayer(layer, key, narrow));
      return [...parted, ...named, ...round, ...this.close(), ...this.towns(narrow)];
    }

    ofLayer(layer, key, narrow) {
      const {app} = this;
      if (app.own.scope === "trust") return this.ofTrust(layer, app.home);
      if (app.england) return this.ofEngland(layer, key);
      return key === app.own.areas ? this.ofAreas(layer) : this.inMargin(layer, narrow);
    }

    /** The trust whose schools are named by their authorities: on a map of its own, or picked on
        that of a place; else -1. */
    trust() {
      const {app} = this;
      if (app.own.scope === "trust") return app.home;
      return app.own.scope === "place" && app.schools ? app.trustShown() : -1;
    }

    ofKeys(wishes) {
      const {byKey, own} = this.app;
      return own.labels.flatMap((key) => (byKey[key] ? wishes(byKey[key], key) : []));
    }

    ofTrust(layer, t) {
      const {app} = this;
      const counts = app.trustCounts(layer, t);
      return app
        .unitSpots(layer)
        .filter(({u}) => counts.get(u))
        .map((spot) => {
          const {u} = spot;
          const n = counts.get(u);
          const text = app.unitName(layer, u);
          const extra = `${text === app.homeName(t) ? " home," : ""} ${n}`;
          const look = "gl-lab-in";
          return {...spot, world: this.middle(layer, u, t), text, look, rank: INSIDE + n, extra, round: true};
        });
    }

    /** The middle of a trust's schools in a unit. */
    middle(layer, u, t) {
      const {schools} = this.app;
      const unit = schools.unit(layer);
      const mine = (schools.of[t] || []).filter((s) => unit[s] === u);
      const mean = (values) => mine.reduce((total, s) => total + values[s], 0) / mine.length;
      return [mean(schools.x), mean(schools.y)];
    }

    ofEngland(layer, key) {
      const {app} = this;
      if (layer.family === "disagreement") return [];
      if (!layer.number) return this.inside(layer);
      if (!app.on.has(key) && app.shade !== `coverage:${key}`) return [];
      return this.apart(app.unitSpots(layer)).map((spot) => {
        const units = app.claimants(layer, spot.u).filter((v) => v >= 0);
        const numbers = units.map((v) => layer.number[v]);
        return {...spot, text: numbers.join(" / "), look: "gl-lab-no", rank: NUMBER - spot.size, near: true};
      });
    }

    /** The spots of units that the inset does not show larger, with their numbers. */
    apart(spots) {
      const {app} = this;
      if (!app.stage.inset.taken) return spots;
      const london = new Set(app.london);
      const beyond = (layer, u) => layer.of.some((v, b) => v === u && !london.has(b));
      return spots.filter(({layer, u}) => beyond(layer, u));
    }

    /** The areas of a place; those of a whole region by their authorities, unless one looks closer. */
    ofAreas(layer) {
      const {app} = this;
      const authorities = app.byKey.local_authority;
      const far = app.map.getZoom() < app.fitted + 1;
      const found = this.inside(authorities && far && app.unitsMet(layer).size > MANY ? authorities : layer);
      // A lone area that has the name of its town is not named twice.
      const town = ({text}) => app.ground.has("towns") && app.towns.some((one) => one.text === text);
      return found.length === 1 && town(found[0]) ? [] : found;
    }

    inside(layer) {
      const {app} = this;
      return app
        .unitSpots(layer, true)
        .filter(({inside}) => inside)
        .map((spot) => ({
          ...spot,
          text: app.unitName(layer, spot.u),
          look: "gl-lab-in",
          rank: INSIDE + spot.size,
        }));
    }

    /** The units of another layer, beside the place, with their schools there. */
    inMargin(layer, narrow) {
      const {app} = this;
      if (narrow || !app.on.has(layer.key) || app.map.getZoom() < app.fitted - 0.6) return [];
      const counts = this.schoolsHere(layer);
      // Without its title a hub may be called as its land is: then it keeps it.
      const lands = new Set([app.areas, app.authorities].flatMap(({name}) => name));
      const called = (name) => (lands.has(shortName(layer.title, name)) ? name : shortName(layer.title, name));
      return app
        .unitSpots(layer, true)
        .filter(({inside}) => inside)
        .map((spot) => {
          const {u, size} = spot;
          const units = app.claimants(layer, u);
          const names = units.map((v) => (v < 0 ? reasonLabel(v) : called(layer.name[v])));
          const n = counts.get(u);
          const below = [n ? `${plural(n, "school", "schools")} here` : "", names.length > 1 ? "shared" : ""];
          const sub = below.filter(Boolean).join(", ");
          const look = `gl-lab-${layer.line}`;
          return {...spot, text: names.join(" and "), look, rank: MARGIN + size, sub, margin: true};
        });
    }

    /** How many of the place's schools that fit stand in each unit. */
    schoolsHere(layer) {
      const {schools} = this.app;
      if (!schools) return new Map();
      const unit = schools.unit(layer);
      return tally(this.app.counted().map((s) => unit[s]));
    }

    /** The authorities round about, in pale letters. */
    around(narrow) {
      const {app} = this;
      if (narrow) return [];
      return app
        .unitSpots(app.authorities)
        .filter(({u, inside}) => !inside && u >= 0)
        .map((spot) => ({
          ...spot,
          text: app.unitName(app.authorities, spot.u),
          look: "gl-lab-out",
          rank: spot.size,
        }));
    }

    /** Closer in on a map of England, the names of its areas; on hexagons those that fit theirs. */
    close() {
      const {app} = this;
      const tight = app.hexes.on;
      if (tight && app.hexes.blocks) return [];
      if (!app.england || (!tight && app.map.getZoom() <= app.fitted + 1.1)) return [];
      return app
        .unitSpots(app.areas)
        .map((spot) => ({...spot, text: app.unitName(app.areas, spot.u), look: "gl-lab-in", rank: spot.size, tight}));
    }

    /** Towns that are large enough for the scale, after all other names. */
    towns(narrow) {
      const {app} = this;
      if (!app.ground.has("towns") || app.hexes.on) return [];
      const [least, city, far, apart] = geolls.vocabulary.town;
      const metres = app.metres();
      // Over much land the largest of each neighbourhood, to say where it is, not how many there are.
      const people = least * metres * (narrow || metres > far ? 2 : 1);
      const {k} = app.view();
      const shown = [];
      const near = ([x, y]) => shown.some(({world}) => Math.hypot(world[0] - x, world[1] - y) * k < apart);
      for (const town of app.towns) if (town.people >= people && !(metres > far && near(town.world))) shown.push(town);
      return shown.map(({text, world, people}) => ({
        world,
        text,
        look: people >= city ? "gl-lab-city" : "gl-lab-town",
        rank: people / 1e12,
        dot: true,
      }));
    }
  }

  Object.assign(geolls, {Names});
})(globalThis.geolls);
