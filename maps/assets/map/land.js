// The land: arcs of border that all layers share, stitched into the rings and lines of any of them.
// No page is needed.
((geolls) => {
  "use strict";
  const {undelta, push} = geolls;

  /** Whole numbers out of text: the first letter of each in base 90, a space, and one letter more of each, or four
      where the first is the last of all letters. */
  function numbers(text) {
    const out = [];
    const many = text.indexOf(" ");
    let at = many + 1;
    const digit = (i) => {
      const code = text.charCodeAt(i);
      return code - (code > 92 ? 36 : 35);
    };
    for (let i = 0; i < many; i++) {
      let v = digit(i);
      if (v === 89) v = (digit(at++) * 90 + digit(at++)) * 90 + digit(at++);
      v = v * 90 + digit(at++);
      out.push(v % 2 ? -(v + 1) / 2 : v / 2);
    }
    return out;
  }
  /** World coordinates of a ring that is packed as differences of so many metres; `spot` places a point. */
  function worldRing(differences, step, spot) {
    const flat = [];
    let x = 0;
    let y = 0;
    for (let i = 0; i < differences.length; i += 2) {
      x += differences[i];
      y += differences[i + 1];
      const world = spot(x * step, y * step);
      flat.push(world[0], world[1]);
    }
    return flat;
  }

  /** The lines along a ring, without its sides longer than `most`: there only what is known ends. */
  function linesAlong(flat, most) {
    const lines = [[]];
    for (let i = 0; i <= flat.length; i += 2) {
      const at = [flat[i % flat.length], flat[(i + 1) % flat.length]];
      const far = i && Math.hypot(at[0] - flat[i - 2], at[1] - flat[i - 1]) > most;
      if (far) lines.push([]);
      lines[lines.length - 1].push(...at);
    }
    return lines.filter((line) => line.length > 2);
  }

  // An arc is named by its number, and by the complement of its number (~a) where it is run backwards.
  const numberOf = (signed) => (signed >= 0 ? signed : ~signed);

  class Land {
    constructor({step, blocks, ...packed}, spot) {
      const [n, xy, left, right] = ["n", "xy", "left", "right"].map((key) => numbers(packed[key]));
      this.count = n.length;
      this.blocks = blocks;
      // The block on each side of an arc; negative where it is the sea.
      this.left = undelta(left);
      this.right = undelta(right);
      this.x = new Float64Array(xy.length / 2);
      this.y = new Float64Array(xy.length / 2);
      this.start = new Int32Array(n.length + 1);
      // One number for the position at each end of an arc.
      this.from = new Float64Array(n.length);
      this.to = new Float64Array(n.length);
      this.cache = new Map();
      this.unpack(n, xy, step, spot);
    }

    unpack(n, xy, step, spot) {
      const position = () => x * 16777216 + y;
      let x = 0;
      let y = 0;
      let at = 0;
      for (let a = 0; a < n.length; a++) {
        for (let i = 0; i < n[a]; i++, at++) {
          x += xy[2 * at];
          y += xy[2 * at + 1];
          const world = spot(x * step, y * step);
          this.x[at] = world[0];
          this.y[at] = world[1];
          if (i === 0) this.from[a] = position();
        }
        this.to[a] = position();
        this.start[a + 1] = at;
      }
    }

    begin(s) {
      return s >= 0 ? this.from[s] : this.to[~s];
    }

    end(s) {
      return s >= 0 ? this.to[s] : this.from[~s];
    }

    /** The rings of each group of blocks, as lists of signed arcs; `key` names the result in the cache. */
    rings(key, group, many) {
      if (this.cache.has(key)) return this.cache.get(key);
      const sides = Array.from({length: many}, () => []);
      for (let a = 0; a < this.count; a++) {
        const left = this.left[a] < 0 ? -1 : group[this.left[a]];
        const right = this.right[a] < 0 ? -1 : group[this.right[a]];
        if (left === right) continue;
        if (left >= 0) sides[left].push(a);
        if (right >= 0) sides[right].push(~a);
      }
      const out = sides.map((list) => this.stitch(list));
      this.cache.set(key, out);
      return out;
    }

    /** The rings round one set of blocks. */
    ringsRound(key, blocks) {
      const group = new Int32Array(this.blocks).fill(-1);
      for (const b of blocks) group[b] = 0;
      return this.rings(key, group, 1)[0];
    }

    /** Signed arcs put end to end until each ring closes. */
    stitch(list) {
      const starts = new Map();
      for (const s of list) push(starts, this.begin(s), s);
      const rings = [];
      const used = new Set();
      for (const s of list) {
        if (used.has(s)) continue;
        const ring = [];
        let here = s;
        while (here !== undefined && !used.has(here)) {
          used.add(here);
          ring.push(here);
          here = (starts.get(this.end(here)) || []).find((next) => !used.has(next));
        }
        rings.push(ring);
      }
      return rings;
    }

    /** Lines made of all arcs whose two sides pass a test, joined where only two of them meet. */
    chains(key, test) {
      if (this.cache.has(key)) return this.cache.get(key);
      const ends = new Map();
      const list = [];
      for (let a = 0; a < this.count; a++) {
        if (!test(this.left[a], this.right[a])) continue;
        list.push(a);
        push(ends, this.from[a], a);
        push(ends, this.to[a], ~a);
      }
      const out = [];
      const used = new Set();
      const grow = (s) => {
        const chain = this.grown(s, ends, used);
        if (chain.length) out.push(chain);
      };
      for (const meeting of ends.values()) if (meeting.length !== 2) meeting.forEach(grow);
      // What is left runs in circles.
      list.forEach(grow);
      this.cache.set(key, out);
      return out;
    }

    /** The chain that begins with an arc and goes on to the next place where other than two meet. */
    grown(s, ends, used) {
      const chain = [];
      let here = s;
      while (here !== undefined && !used.has(numberOf(here))) {
        used.add(numberOf(here));
        chain.push(here);
        const meeting = ends.get(this.end(here));
        here = meeting.length === 2 ? meeting.find((next) => !used.has(numberOf(next))) : undefined;
      }
      return chain;
    }

    /** World coordinates of a chain of signed arcs; where two arcs join, once. */
    points(chain) {
      const out = [];
      chain.forEach((s, j) => {
        const first = this.start[numberOf(s)];
        const end = this.start[numberOf(s) + 1];
        const skip = j ? 1 : 0;
        if (s >= 0) for (let i = first + skip; i < end; i++) out.push(this.x[i], this.y[i]);
        else for (let i = end - 1 - skip; i >= first; i--) out.push(this.x[i], this.y[i]);
      });
      return out;
    }

    /** World coordinates of several rings. */
    flats(rings) {
      return rings.map((ring) => this.points(ring));
    }
  }

  Object.assign(geolls, {numbers, worldRing, linesAlong, Land});
})(globalThis.geolls);
