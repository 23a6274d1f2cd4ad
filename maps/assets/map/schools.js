// The schools of a map, column by column as they were packed. No page is needed.
((geolls) => {
  "use strict";
  const {NOT_LOCATED, undelta} = geolls;

  class Schools {
    /** `spot` tells where an easting and a northing are drawn. */
    constructor(packed, spot) {
      this.urn = undelta(packed.urn);
      this.n = this.urn.length;
      this.name = packed.name.split("\n");
      this.spot = spot;
      this.x = new Float64Array(this.n);
      this.y = new Float64Array(this.n);
      const north = undelta(packed.y);
      undelta(packed.x).forEach((east, s) => {
        [this.x[s], this.y[s]] = spot(east * packed.step, north[s] * packed.step);
      });
      this.kind = Uint8Array.from(packed.kind, Number);
      this.phases = packed.phases;
      this.phase = packed.phase;
      this.pupils = packed.pupils;
      this.trust = packed.trust;
      this.here = packed.here ? Uint8Array.from(packed.here, Number) : new Uint8Array(this.n).fill(1);
      this.block = this.blocks(packed.block);
      this.apart = packed.apart;
      this.trusts = packed.trusts.uid ? packed.trusts : {uid: [], name: [], schools: []};
      // The schools of each trust.
      this.of = this.trusts.uid.map(() => []);
      this.trust.forEach((t, s) => {
        if (t >= 0) this.of[t].push(s);
      });
      this.units = {};
    }

    /** The block of each school; they are packed as blocks and how many schools stand in each. */
    blocks([blocks, counts]) {
      const out = new Int32Array(this.n);
      let at = 0;
      blocks.forEach((b, i) => {
        out.fill(b, at, at + counts[i]);
        at += counts[i];
      });
      return out;
    }

    /** The unit of every school in a layer: its own where that is not its block's. */
    unit(layer) {
      if (!this.units[layer.key]) {
        const out = Int32Array.from(this.block, (b) => (b < 0 ? NOT_LOCATED : layer.onLand[b]));
        const apart = this.apart[layer.key];
        if (apart)
          undelta(apart[0]).forEach((s, i) => {
            out[s] = apart[1][i];
          });
        this.units[layer.key] = out;
      }
      return this.units[layer.key];
    }

    /** Whether the register gives a school to another authority than it stands in. */
    astray(layer, s) {
      if (!layer || this.block[s] < 0) return false;
      const u = this.unit(layer)[s];
      const there = layer.onLand[this.block[s]];
      return u >= 0 && u < layer.units && there >= 0 && there < layer.units && u !== there;
    }

    /** The schools that pass a test. */
    filter(test) {
      const out = [];
      for (let s = 0; s < this.n; s++) if (test(s)) out.push(s);
      return out;
    }

    title(s) {
      return this.name[s] || `URN ${this.urn[s]}`;
    }

    /** World coordinates of a trust's home, or null. */
    homeOf(t) {
      const {x, y} = this.trusts;
      return x && x[t] !== null ? this.spot(x[t], y[t]) : null;
    }
  }

  /** Towns as they were packed: names, thousands of people, where in steps of ten metres; or where they are among
      those that maps share. */
  function townsOf(own, shared, spot) {
    const packed = own?.at ? shared : own;
    if (!packed?.name) return [];
    const north = undelta(packed.y);
    const east = undelta(packed.x);
    const town = (text, i) => ({text, people: 1000 * packed.people[i], world: spot(10 * east[i], 10 * north[i])});
    const every = packed.name.split("\n").map(town);
    return own.at ? undelta(own.at).map((i) => every[i]) : every;
  }

  Object.assign(geolls, {Schools, townsOf});
})(globalThis.geolls);
