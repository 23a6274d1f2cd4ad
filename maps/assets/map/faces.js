// Faces: the pieces of land one can point at.
((geolls) => {
  "use strict";
  const {anchor, coverageFill, largest, measureFill, rankWords, schoolWords, reasonLabel, say, whole} = geolls;
  const {TOO_FEW, kindNumber} = geolls;

  class Faces {
    constructor(app) {
      this.app = app;
    }

    /** The layer that is shaded, its faces, and the number of the face of each block.

        A unit is one face. Shared land and land without a unit are told apart by the areas of the
        recipe as well, so that each piece can be named. */
    current() {
      const layer = this.app.active();
      if (!this.made || this.made.layer !== layer) this.made = this.make(layer);
      return this.made;
    }

    make(layer) {
      const {app} = this;
      const index = new Map();
      const list = [];
      const group = new Int32Array(app.land.blocks);
      layer.of.forEach((u, b) => {
        const apart = u < 0 || u >= layer.units;
        const key = apart ? `${u}/${app.areas.of[b]}` : `${u}`;
        if (!index.has(key)) {
          index.set(key, list.length);
          list.push({u, layer, base: apart ? app.areas.of[b] : null, low: false, inside: false});
        }
        const face = list[index.get(key)];
        face.low = face.low || layer.lowSet.has(b);
        face.inside = face.inside || Boolean(app.inside[b]);
        group[b] = index.get(key);
      });
      const rings = app.land.rings(`faces:${layer.key}`, group, list.length);
      list.forEach((face, i) => {
        face.rings = rings[i];
        face.i = i;
      });
      return {layer, list, group};
    }

    isUnit(face) {
      return face.u >= 0 && face.u < face.layer.units;
    }

    name(face) {
      const {app} = this;
      if (face.base === null || face.layer === app.areas) return app.unitName(face.layer, face.u);
      return app.unitName(app.areas, face.base);
    }

    /** World coordinates of the place where a face's name stands best. */
    spot(face) {
      if (!face.spot) {
        const flats = this.app.land.flats(face.rings);
        face.spot = flats.length ? anchor(largest(flats)) : [0, 0];
      }
      return face.spot;
    }

    fill(face) {
      const {app} = this;
      if (!face.inside) return "other";
      if (app.shade.startsWith("coverage:")) return coverageFill(face.u, face.layer.units);
      const measure = app.measures[app.shade];
      if (measure) return measureFill(measure, face.u, face.layer.units, app.own.patterns);
      const home = app.own.trust && app.schools && face.u >= 0;
      return home && app.unitName(face.layer, face.u) === app.homeName() ? "home" : "none";
    }

    /** The schools of a face that count: those of the place. */
    schools(face) {
      const {schools} = this.app;
      if (!schools) return null;
      const unit = schools.unit(face.layer);
      const {group} = this.current();
      const within = (s) => face.base === null || (schools.block[s] >= 0 && group[schools.block[s]] === face.i);
      return schools.filter((s) => schools.here[s] && unit[s] === face.u && within(s));
    }

    /** How many schools a face has; null where the map does not know. */
    count(face) {
      if (face.count === undefined) {
        if (face.base === null && face.layer.count) face.count = face.layer.count[face.u];
        else face.count = this.app.schools ? this.schools(face).length : null;
      }
      return face.count;
    }

    countWords(face) {
      const n = this.count(face);
      if (n === null || !face.inside) return "";
      const {filter} = this.app;
      const fitting = filter ? `, ${whole(this.schools(face).filter((s) => filter.fits[s]).length)} in the filter` : "";
      return schoolWords(n) + fitting;
    }

    kindWords(face) {
      const {schools} = this.app;
      const list = schools && face.inside ? this.schools(face) : null;
      if (!list?.length || this.app.own.marks) return "";
      const count = (key) => whole(list.filter((s) => schools.kind[s] === kindNumber(key)).length);
      const said = [`${count("no_trust")} in no trust`, `${count("trust_based_elsewhere")} in trusts based elsewhere`];
      if (count("no_single_home") !== "0") said.push(`${count("no_single_home")} in trusts with no single home`);
      return said.join(", ");
    }

    /** What the shading says of a face, as a list of short texts. */
    facts(face) {
      const {app} = this;
      const measure = app.measures[app.shade];
      if (this.isUnit(face) && measure && measure.layer === face.layer.key) return this.measureFacts(measure, face.u);
      if (!app.shade.startsWith("coverage:") && this.isUnit(face)) return [];
      if (face.u < 0) return [reasonLabel(face.u)];
      if (!this.isUnit(face)) return [`shared by ${app.unitName(face.layer, face.u)}`];
      return [`${face.layer.title}${face.low ? ", low confidence" : ""}`];
    }

    measureFacts(measure, u) {
      const c = measure.c[u];
      const value = c === TOO_FEW ? `fewer than ${measure.few} schools, not shaded` : say(measure.v[u], measure.format);
      const facts = [`${measure.title}: ${value}`];
      if (c >= 0 && measure.format !== "words") facts.push(`class ${measure.titles[c]}`);
      const rank = rankWords(measure, u, geolls.vocabulary.ranked);
      if (rank) facts.push(rank);
      return facts;
    }
  }

  Object.assign(geolls, {Faces});
})(globalThis.geolls);
