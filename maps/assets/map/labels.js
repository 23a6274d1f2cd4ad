// Names on the map, placed one after another where each finds room.
((geolls) => {
  "use strict";
  const {anchor, areaOf, breath, crosses, extent, holds, largest, meets, nearestOn, svg, wrap} = geolls;

  // Milliseconds of work at once.
  const SLICE = 20;
  // Pixels from one line of a label to the next.
  const LINE = 15;
  const ASCENT = 11.5;
  // Corners of the window that are taken.
  const CONTROLS = {zoom: [56, 84], north: [44, 56], scale: [140, 34]};
  // How far from the middle of its schools the name of an authority may stand.
  const RADII = [18, 26, 36, 48];
  // How far from its land a number may stand, with a line to it.
  const BESIDE = [18, 26, 36, 48, 62, 80, 100, 125];
  // Pixels between two numbers on a narrow map.
  const APART = 8;
  // Pixels that the line from a name reaches into its land.
  const INTO = 9;
  const LONGEST = 130;
  // Pixels that a mark reaches from its middle, and within which a name need not be said again.
  const REACH = 4;
  const AGAIN = 90;
  // Pixels from a town to its name, and the ways it may stand: across and down.
  const ROUND = [6, 12, 20];
  const WAYS = [
    [1, 0],
    [-1, 0],
    [0, -1],
    [0, 1],
    [1, -1],
    [1, 1],
    [-1, -1],
    [-1, 1],
  ];
  const OFFSETS = [0, -24, 24, -48, 48, -80, 80, -120, 120];

  /** Whether two boxes [x, y, width, height] share ground. */
  const overlap = (a, b) => a[0] < b[0] + b[2] && b[0] < a[0] + a[2] && a[1] < b[1] + b[3] && b[1] < a[1] + a[3];

  class Labels {
    constructor(app, stage) {
      this.app = app;
      this.stage = stage;
      this.names = new geolls.Names(app);
      this.callouts = new geolls.Callouts(app);
      this.ruler = document.createElement("canvas").getContext("2d");
    }

    /** Find where names stand on their land before they are drawn, and let the browser answer in between. */
    async prepare() {
      this.look();
      let since = performance.now();
      for (const wish of this.names.wanted(this.window.width < 500)) {
        if (!wish.world && this.mayStand(wish)) anchor(wish.main);
        if (performance.now() - since < SLICE) continue;
        await breath();
        since = performance.now();
      }
    }

    look() {
      this.view = this.app.view();
      this.window = this.windowNow();
    }

    draw() {
      const {app} = this;
      this.look();
      this.ruler.font = `600 12.5px ${getComputedStyle(app.node).fontFamily}`;
      this.taken = this.takenFirst();
      // Boxes of names, and lines [x0, y0, x1, y1] from names to their land.
      this.set = [];
      this.leaders = [];
      this.said = new Map();
      const findings = this.callouts.nodes(this);
      const wishes = this.names.wanted(this.window.width < 500).sort((a, b) => b.rank - a.rank);
      const towns = [];
      const names = wishes.flatMap((wish) => {
        const nodes = this.place(wish);
        if (!wish.dot) return nodes;
        towns.push(...nodes);
        return [];
      });
      this.stage.groups.top_labels.replaceChildren(...names, ...findings);
      this.stage.groups.towns.replaceChildren(...towns);
    }

    /** The window of the map, in pixels of its layer. */
    windowNow() {
      const {map} = this.app;
      const {x, y} = map.containerPointToLayerPoint([0, 0]);
      const size = map.getSize();
      return {left: x, top: y, right: x + size.x, bottom: y + size.y, width: size.x, height: size.y};
    }

    widthOf(text) {
      return this.ruler.measureText(text).width;
    }

    /** Boxes [x, y, width, height] that no name may cover: controls, the inset, a trust's schools. */
    takenFirst() {
      const {app, stage, window} = this;
      const {left, top, right, bottom} = window;
      const {zoom, north, scale} = CONTROLS;
      const taken = [
        [left, top, ...zoom],
        [right - north[0], top, ...north],
        [left, bottom - scale[1], ...scale],
      ];
      if (stage.inset.taken) {
        const [x, y, width, height] = stage.inset.taken;
        taken.push([left + x, top + y, width, height]);
      }
      const t = this.names.trust();
      if (t < 0) return taken;
      const round = app.own.scope === "place" ? 7 : 5;
      const {of, x: xs, y: ys} = app.schools;
      for (const s of of[t] || []) {
        const [x, y] = this.view.at(xs[s], ys[s]);
        taken.push([x - round, y - round, 2 * round, 2 * round]);
      }
      return taken;
    }

    isFree(box) {
      const [x, y, width, height] = box;
      const {left, top, right, bottom} = this.window;
      if (x <= left || y <= top || x + width >= right || y + height >= bottom) return false;
      return !this.taken.some((other) => overlap(box, other));
    }

    /** Whether a box covers no name, mark or circle: towns lie beneath the data, and hide none of it. */
    isClear(box) {
      return (
        this.isFree(box) &&
        !this.stage.circles.some((circle) => overlap(box, circle)) &&
        !this.leaders.some((line) => crosses(line, box)) &&
        !this.stage.marks.meets(box, REACH)
      );
    }

    /** Whether a name is on the map already, so near that it need not be said again. */
    isSaid(text, x, y) {
      const at = this.said.get(text);
      return at && Math.hypot(at[0] - x, at[1] - y) < AGAIN;
    }

    /** The nodes of a town: a dot where it is, and its name beside it, as near as it finds room. */
    placeTown({text, look}, x, y) {
      const dot = [x - 3, y - 3, 6, 6];
      if (this.isSaid(text, x, y) || !this.isFree(dot)) return [];
      const half = this.widthOf(text) / 2;
      const places = ROUND.flatMap((r) => WAYS.map(([across, down]) => [across * (half + r), down * (r + 4)]));
      for (const [dx, dy] of places) {
        const box = [x + dx - half - 2, y + dy - 7, 2 * half + 4, 14];
        if (!this.isClear(box)) continue;
        this.taken.push(box, dot);
        const at = {x: (x + dx).toFixed(1), y: (y + dy + 4.5).toFixed(1)};
        const name = svg("text", {class: `gl-label ${look}`, "text-anchor": "middle", ...at}, text);
        return [svg("circle", {class: "gl-town", cx: x, cy: y, r: 1.8}), name];
      }
      return [];
    }

    /** Whether a name may find room: one that stands on its land alone does where that is in the window. */
    mayStand({flats, margin, near, world}) {
      if (world || margin || near) return true;
      const {k, ox, oy} = this.view;
      const {left, top, right, bottom} = this.window;
      const {x0, x1, y0, y1} = extent(flats);
      return x1 * k - ox > left && x0 * k - ox < right && y1 * k - oy > top && y0 * k - oy < bottom;
    }

    /** The nodes of a name, at the first of its places that is free; none where there is none. */
    place(wish) {
      if (!this.mayStand(wish)) return [];
      const [x, y] = this.view.at(...(wish.world || anchor(wish.main)));
      if (wish.dot) return this.placeTown(wish, x, y);
      const lines = wrap(wish.text, wish.tight ? 9 : wish.look === "gl-lab-out" ? 13 : 18);
      const longest = Math.max(...[...lines, wish.sub || ""].map((line) => this.widthOf(line)));
      const width = longest + (wish.extra ? this.widthOf(wish.extra) : 0);
      const height = LINE * (lines.length + (wish.sub ? 1 : 0));
      // A number fills its hexagon.
      const room = wish.near && this.app.hexes.on ? 0 : 2;
      for (const [dx, dy] of this.places(wish, x, y, width, height)) {
        const box = [x + dx - width / 2 - room, y + dy - height / 2, width + 2 * room, height];
        if (!this.isFree(box) || this.leaders.some((line) => crosses(line, box))) continue;
        const leader = this.leaderOf(wish, box);
        if (leader === null) continue;
        // Where there is little room numbers keep apart; the others come closer in.
        const apart = wish.near && room && this.window.width < 500 ? APART : 0;
        this.taken.push([box[0] - apart, box[1] - apart, box[2] + 2 * apart, box[3] + 2 * apart]);
        this.set.push(box);
        this.said.set(wish.text, [x + dx, y + dy]);
        const text = this.text(wish, lines, x + dx, y + dy - height / 2 + ASCENT);
        return [...this.leaderNodes(leader, wish), text];
      }
      return [];
    }

    /** The line from a name to its land: [] where it stands on it, null where there may be none. */
    leaderOf({flats, margin, near, round, tight}, [x, y, width, height]) {
      const narrow = this.window.width < 500 && !this.app.hexes.on;
      const corners = [x + 3, x + width - 3].flatMap((px) => [y + 3, y + height - 3].map((py) => [px, py]));
      const fits = !(tight || (narrow && near)) || corners.every(([px, py]) => this.onLand(flats, px, py));
      if (!flats || (fits && !margin && this.onLand(flats, x + width / 2, y + height / 2))) return [];
      // Where there is little room a name beside its land would lead nowhere.
      if (!(margin || near || round) || narrow) return null;
      // Not to an islet.
      const most = areaOf(largest(flats));
      const pixels = flats.filter((flat) => areaOf(flat) > most / 50).map((flat) => this.pixelsOf(flat));
      const [ex, ey] = nearestOn(pixels, x + width / 2, y + height / 2, INTO);
      const line = [Math.min(Math.max(ex, x), x + width), Math.min(Math.max(ey, y), y + height), ex, ey];
      const crossed = this.set.some((box) => crosses(line, box)) || this.leaders.some((other) => meets(line, other));
      // A line that lies under its own name leads nobody, nor does one across half the map.
      const long = Math.hypot(line[0] - ex, line[1] - ey);
      return crossed || long < 4 || long > LONGEST ? null : line;
    }

    pixelsOf(flat) {
      const {k, ox, oy} = this.view;
      return flat.map((v, i) => v * k - (i % 2 ? oy : ox));
    }

    onLand(flats, px, py) {
      const {k, ox, oy} = this.view;
      return flats.filter((flat) => holds(flat, (px + ox) / k, (py + oy) / k)).length % 2 === 1;
    }

    leaderNodes(line, {look}) {
      if (!line.length) return [];
      this.leaders.push(line);
      const [x0, y0, x1, y1] = line.map((v) => v.toFixed(1));
      const d = `M${x0} ${y0}L${x1} ${y1}`;
      return [
        svg("path", {class: "gl-leader-case", d}),
        svg("path", {class: `gl-leader ${look}`, d}),
        svg("circle", {class: `gl-leads ${look}`, cx: x1, cy: y1, r: 2.2}),
      ];
    }

    /** Where a name may stand, as moves from its spot; the best first. */
    places(wish, x, y, width, height) {
      const half = width / 2;
      if (wish.margin) return this.marginPlaces(x, y, width, height);
      if (wish.near) {
        const turns = Array.from({length: 16}, (_, i) => (i * Math.PI) / 8);
        const round = BESIDE.flatMap((r) => turns.map((turn) => [r * Math.cos(turn), r * Math.sin(turn)]));
        return [[0, 0], [half, 0], [-half, 0], [0, -height * 0.7], [0, height * 0.7], ...round];
      }
      if (wish.round)
        return RADII.flatMap((r) => [
          [0, -r],
          [0, r],
          [half + r - 8, 0],
          [-half - r + 8, 0],
          [half, -r],
          [-half, -r],
          [half, r],
          [-half, r],
        ]);
      return [
        [0, 0],
        [0, -height * 0.8],
        [0, height * 0.8],
        [width * 0.35, 0],
        [-width * 0.35, 0],
      ];
    }

    text(wish, lines, x, y) {
      const line = (words, i, look) =>
        svg("tspan", {x: x.toFixed(1), y: (y + LINE * i).toFixed(1), class: look}, words);
      const of = wish.layer ? {"data-layer": wish.layer.key, "data-u": wish.u} : {};
      const text = svg("text", {class: `gl-label ${wish.look}`, "text-anchor": "middle", ...of});
      text.append(...lines.map((words, i) => line(words, i, "")));
      if (wish.sub) text.append(line(wish.sub, lines.length, "gl-lab-n"));
      if (wish.extra) text.append(svg("tspan", {class: "gl-lab-n"}, wish.extra));
      return text;
    }

    /** Beside the place: along rays to the left, right, top and bottom the first room beyond its
        land, the nearest of them first. */
    marginPlaces(x, y, width, height) {
      const found = [];
      const walk = (x0, y0, dx, dy) => {
        const room = this.firstRoom([x0, y0], [dx, dy], width, height);
        if (room) found.push([room[0] - x, room[1] - y, Math.hypot(room[0] - x, room[1] - y)]);
      };
      for (const off of OFFSETS) {
        for (const side of [-1, 1]) {
          walk(x + side * (width / 2), y + off, side * 12, 0);
          walk(x + off, y + side * height, 0, side * 12);
        }
      }
      return found.sort((a, b) => a[2] - b[2]);
    }

    firstRoom([x0, y0], [dx, dy], width, height) {
      const {left, top, right, bottom} = this.window;
      for (let i = 0; i < 80; i++) {
        const x = x0 + i * dx;
        const y = y0 + i * dy;
        const beyond = x - width / 2 < left + 4 || x + width / 2 > right - 4;
        if (beyond || y - height / 2 < top + 4 || y + height / 2 > bottom - 4) return null;
        if (!this.coversPlace(x, y, width / 2 + 16, height / 2 + 7)) return [x, y];
      }
      return null;
    }

    /** Whether a box, or a point of a grid in it, lies on the land of the place. */
    coversPlace(x, y, half, up) {
      const columns = [x - half, x - half / 2, x, x + half / 2, x + half];
      return columns.some((px) => [y - up, y, y + up].some((py) => this.onPlace(px, py)));
    }

    onPlace(px, py) {
      return this.onLand(this.placeRings(), px, py);
    }

    placeRings() {
      const {app} = this;
      if (!this.edges) {
        const blocks = [];
        app.inside.forEach((inside, b) => {
          if (inside) blocks.push(b);
        });
        this.edges = app.land.flats(app.land.ringsRound("inside", blocks));
      }
      return this.edges;
    }
  }

  Object.assign(geolls, {Labels});
})(globalThis.geolls);
