// The marks of schools, drawn on a canvas or, for paper, with a pen that writes SVG.
((geolls) => {
  "use strict";
  const {kindKey, push} = geolls;

  // Pixels: schools are found again by the cell they were drawn in.
  const CELL = 12;
  // So many are drawn smaller and in turn, so that no kind lies over all others.
  const CROWD = 3000;
  const TURNS = 16;

  const circle = (pen, x, y, r) => {
    pen.moveTo(x + r, y);
    pen.arc(x, y, r, 0, 7);
  };
  const square = (pen, x, y, r) => pen.rect(x - r, y - r, 2 * r, 2 * r);
  const diamond = (pen, x, y, r) => {
    pen.moveTo(x, y - r);
    pen.lineTo(x + r, y);
    pen.lineTo(x, y + r);
    pen.lineTo(x - r, y);
    pen.closePath();
  };
  const triangle = (pen, x, y, r) => {
    pen.moveTo(x, y - r);
    pen.lineTo(x + r, y + 0.75 * r);
    pen.lineTo(x - r, y + 0.75 * r);
    pen.closePath();
  };
  const down = (pen, x, y, r) => {
    pen.moveTo(x, y + r);
    pen.lineTo(x + r, y - 0.75 * r);
    pen.lineTo(x - r, y - 0.75 * r);
    pen.closePath();
  };
  const plus = (pen, x, y, r) => {
    pen.rect(x - r, y - r / 3, 2 * r, (2 * r) / 3);
    pen.rect(x - r / 3, y - r, (2 * r) / 3, 2 * r);
  };
  const cross = (pen, x, y, r) => {
    pen.moveTo(x - r, y - r);
    pen.lineTo(x + r, y + r);
    pen.moveTo(x - r, y + r);
    pen.lineTo(x + r, y - r);
  };

  /** How each kind of school is drawn, in the order of the kinds. A rim is stroked under the fill,
      an outline over it; small rings are not filled. */
  function looksOf(colour) {
    const land = colour("--land");
    return [
      {shape: circle, r: 2.3, fill: land, outline: colour("--none"), ring: true},
      {shape: square, r: 2.5, fill: colour("--none")},
      {shape: circle, r: 3.5, fill: colour("--accent"), rim: land},
      {shape: diamond, r: 4.9, fill: colour("--elsewhere"), rim: land},
      {shape: triangle, r: 4.3, fill: colour("--nohome"), rim: land},
      {shape: cross, r: 2.3, outline: colour("--ink3")},
    ];
  }

  /** How a mark of the user's own groups is drawn. */
  function ownLook([, , shape, ink, r, rim], colour) {
    const draw = {ring: circle, disc: circle, square, diamond, triangle, down, plus, cross}[shape];
    const land = colour("--land");
    const line = colour(`--${ink}`);
    if (shape === "ring") return {shape: draw, r, fill: land, outline: line, ring: true};
    if (shape === "cross") return {shape: draw, r, outline: line};
    return {shape: draw, r, fill: line, ...(rim ? {outline: colour(`--${rim}`)} : {rim: land})};
  }

  /** The same mark without a fill, for a school outside the place: its line is all that is seen. */
  function hollow(look, page) {
    const line = look.outline || look.fill;
    return {...look, fill: page, rim: look.rim && line, outline: look.rim ? look.outline : line};
  }

  class Marks {
    constructor(app, stage) {
      this.app = app;
      this.stage = stage;
      // Schools by cell, those that are drawn.
      this.cells = null;
    }

    /** Whether any school is to be drawn. */
    wanted() {
      const {app} = this;
      const some = app.kinds.size || app.trustShown() >= 0 || app.picked?.kind === "school";
      const wanted = Boolean(app.schools && this.stage.painted && some && !app.hexes.on);
      if (!wanted) {
        this.cells = null;
        app.node.dataset.schools = 0;
      }
      return wanted;
    }

    visible(s) {
      const {schools, kinds} = this.app;
      return Boolean(schools.here[s]) && kinds.has(kindKey(schools.kind[s]));
    }

    draw(pen, bounds, onPaper) {
      const {app} = this;
      const {schools} = app;
      if (!schools || !this.stage.painted) return;
      const style = getComputedStyle(app.node);
      const colour = (name) => (onPaper ? `var(${name})` : style.getPropertyValue(name).trim());
      const groups = app.filter?.marks || app.own.marks;
      const looks = groups?.map((mark) => ownLook(mark, colour)) || looksOf(colour);
      // The user's groups lie over the rest.
      const order = looks.map((_, i) => (groups ? looks.length - 1 - i : i));
      const t = app.trustShown();
      const own = (s) => t >= 0 && schools.trust[s] === t;
      const view = app.view();
      const bins = this.sorted(view, bounds, own);
      const drawn = bins.reduce((n, bin) => n + bin.length / 3, 0);
      const crowded = drawn > CROWD;
      const least = crowded ? 0.34 : 0.42;
      const size = Math.max(least, Math.min(1.35, (crowded ? 0.36 : 0.45) + 0.2 * (app.map.getZoom() - 6)));
      const put = (kind, look, test) => this.put(pen, bins[kind], look, size, test);
      pen.globalAlpha = t >= 0 && !app.own.trust ? 0.22 : 1;
      const turns = crowded && size < 0.7 ? TURNS : 1;
      for (let turn = 0; turn < turns; turn++)
        order.forEach((kind) => put(kind, looks[kind], (s) => s % turns === turn && !own(s)));
      pen.globalAlpha = 1;
      if (t >= 0)
        looks.forEach((look, kind) => {
          put(kind, hollow(look, colour("--page")), (s) => own(s) && !schools.here[s]);
          put(kind, look, (s) => own(s) && schools.here[s]);
        });
      if (!app.own.trust) this.putAstray(pen, bins, size, colour("--council"));
      if (app.picked?.kind === "school") this.ring(pen, view, app.picked.s, colour);
      app.node.dataset.schools = drawn;
    }

    /** The schools to draw, by kind: a flat list of number, x and y for each. */
    sorted(view, bounds, own) {
      const {app} = this;
      const {filter, schools} = app;
      const {min, max} = bounds;
      const of = filter?.marks ? filter.group : schools.kind;
      const bins = (filter?.marks || geolls.vocabulary.kinds).map(() => []);
      this.cells = new Map();
      for (let s = 0; s < schools.n; s++) {
        if ((filter && !filter.fits[s]) || (!own(s) && (app.own.trust || !this.visible(s)))) continue;
        const [x, y] = view.at(schools.x[s], schools.y[s]);
        if (x < min.x || x > max.x || y < min.y || y > max.y) continue;
        bins[of[s]].push(s, x, y);
        push(this.cells, Math.floor(x / CELL) * 65536 + Math.floor(y / CELL), s);
      }
      return bins;
    }

    /** All schools of a bin that pass a test, as one path. */
    put(pen, bin, look, size, test) {
      const large = size > 0.6;
      pen.beginPath();
      for (let i = 0; i < bin.length; i += 3) if (test(bin[i])) look.shape(pen, bin[i + 1], bin[i + 2], look.r * size);
      const stroke = (colour, width) => {
        if (!colour) return;
        pen.lineWidth = width;
        pen.strokeStyle = colour;
        pen.stroke();
      };
      stroke(look.rim, large ? 1.5 : 0.6);
      if (look.fill && (large || !look.ring)) {
        pen.fillStyle = look.fill;
        pen.fill();
      }
      stroke(look.outline, large ? 1 : 0.7);
    }

    /** A bar under each school that the register gives to another authority than it stands in. */
    putAstray(pen, bins, size, ink) {
      const {byKey, schools} = this.app;
      const r = 5 * size;
      let n = 0;
      pen.beginPath();
      for (const bin of bins) {
        for (let i = 0; i < bin.length; i += 3) {
          if (!schools.astray(byKey.local_authority, bin[i])) continue;
          pen.moveTo(bin[i + 1] - r, bin[i + 2] + r);
          pen.lineTo(bin[i + 1] + r, bin[i + 2] + r);
          n++;
        }
      }
      pen.lineWidth = 1.8;
      pen.strokeStyle = ink;
      pen.stroke();
      this.app.node.dataset.astray = n;
    }

    /** A ring round the school that was picked. */
    ring(pen, view, s, colour) {
      const {schools} = this.app;
      pen.beginPath();
      pen.arc(...view.at(schools.x[s], schools.y[s]), 9, 0, 7);
      for (const [name, width] of [
        ["--page", 5],
        ["--ink", 2.5],
      ]) {
        pen.lineWidth = width;
        pen.strokeStyle = colour(name);
        pen.stroke();
      }
    }

    /** Whether a drawn school lies in a box of the layer, or so near that its mark does. */
    meets([x, y, width, height], reach) {
      if (!this.cells) return false;
      const {schools} = this.app;
      const view = this.app.view();
      const cell = (v) => Math.floor(v / CELL);
      for (let gx = cell(x - reach); gx <= cell(x + width + reach); gx++) {
        for (let gy = cell(y - reach); gy <= cell(y + height + reach); gy++) {
          for (const s of this.cells.get(gx * 65536 + gy) || []) {
            const [sx, sy] = view.at(schools.x[s], schools.y[s]);
            if (sx > x - reach && sx < x + width + reach && sy > y - reach && sy < y + height + reach) return true;
          }
        }
      }
      return false;
    }

    /** The drawn school nearest to a point of the layer, within so many pixels; -1 for none. */
    nearest(point, reach) {
      const {schools} = this.app;
      if (!schools || !this.cells) return -1;
      const view = this.app.view();
      const column = Math.floor(point.x / CELL);
      const row = Math.floor(point.y / CELL);
      let best = -1;
      let near = reach * reach;
      for (let gx = column - 1; gx <= column + 1; gx++) {
        for (let gy = row - 1; gy <= row + 1; gy++) {
          for (const s of this.cells.get(gx * 65536 + gy) || []) {
            const [x, y] = view.at(schools.x[s], schools.y[s]);
            const distance = (x - point.x) ** 2 + (y - point.y) ** 2;
            if (distance < near) {
              near = distance;
              best = s;
            }
          }
        }
      }
      return best;
    }
  }

  Object.assign(geolls, {Marks, hollow, looksOf, ownLook});
})(globalThis.geolls);
