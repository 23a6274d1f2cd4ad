// Schools in a circle, or in an area drawn by hand: counted, listed, saved as csv and as a zip that geolls opens.
((geolls) => {
  "use strict";
  const {Middles, circleRing, contains, csvField, csvFile, el, ends, extent, fittedRing, gridOf} = geolls;
  const {kindKey, layerFiles, metresIn, metresTo, ringOf, saveAs, schoolWords, svg} = geolls;
  const {keyOf, kindLabel, reasonLabel, tally, toolButton, withinOf, zipOf} = geolls;

  // How what is counted here may differ from what geolls counts with the zip.
  const CODE =
    "With the zip geolls goes by the district that the register names: a school whose point lies in another district " +
    "counts with the nearest land of its own.";

  // Pixels: a line drawn with less than this between its points has more points than it needs.
  const STEP = 4;
  // A press that moved less than this is a click; a click so near to the first corner closes the line.
  const CLICK = 10;
  // Milliseconds from the end of a tap to the click that browsers make of it.
  const TAP = 350;
  const HOW = {
    line: "Press and draw round the schools, or click corners; a double click or Enter ends it, Escape gives up.",
    middle: "Click where the middle of the circle is, or press there and drag; Escape gives up.",
  };

  // The key of each reason for having no unit, by its number.
  const REASONS = Object.fromEntries(Object.entries(geolls.vocabulary.numbers).map(([key, n]) => [n, key]));

  const km = (metres) => Number((metres / 1000).toFixed(3));
  const button = (text, on) => el("button", {type: "button", class: "gl-button", on}, text);

  class Lasso {
    constructor(app, opener) {
      this.app = app;
      this.opener = opener;
      this.middles = new Middles(app);
      // {ring, name, where in words, holds: a test, inside: positions of schools, middle and metres of a circle}.
      this.drawn = null;
      this.build();
      this.line = svg("g", {class: "gl-drawn"});
      app.stage.above._rootGroup.append(this.line);
      app.stage.ground.on("update", () => this.draw());
    }

    build() {
      const {id} = this.app;
      this.far = el("input", {id: `${id}-far`, value: "5", size: 6, inputmode: "decimal"});
      this.round = el("input", {id: `${id}-round`, size: 22, autocomplete: "off", spellcheck: "false"});
      const label = (input, text) => el("label", {for: input.id}, text, " ", input);
      this.form = el(
        "form",
        {class: "gl-circle"},
        label(this.far, "Kilometres"),
        label(this.round, "round"),
        el("button", {class: "gl-button"}, "Find its schools"),
        el("small", {}, "A town, postcode, school, URN or easting,northing; left empty, the middle of the map"),
      );
      this.form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.ask();
      });
      this.help = el("p", {class: "gl-note", role: "status"});
      this.result = el("div", {class: "gl-inside", tabindex: "-1"});
      const by = el(
        "div",
        {class: "gl-by"},
        button("Draw an area on the map", () => this.begin("line")),
        button("Choose the middle on the map", () => this.begin("middle")),
      );
      const head = el("div", {class: "gl-lasso-head"}, el("h2", {}, "Schools in a circle or an area"));
      head.append(el("button", {type: "button", class: "gl-close", on: () => this.close()}, "Close"));
      const said = {class: "gl-lasso", "aria-label": "Schools in a circle or an area", hidden: true};
      this.node = el("section", said, head, this.form, by, this.help, this.result);
      this.app.bar.after(this.node);
      this.node.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || this.pad) return;
        event.preventDefault();
        this.close();
      });
    }

    open() {
      this.node.hidden = false;
      this.opener.setAttribute("aria-expanded", "true");
      this.round.focus();
    }

    close() {
      this.end();
      this.clear();
      this.node.hidden = true;
      this.opener.setAttribute("aria-expanded", "false");
      this.opener.focus();
    }

    clear() {
      this.drawn = null;
      this.help.textContent = "";
      this.result.replaceChildren();
      this.draw();
    }

    /** Say something where everybody sees and hears it; nodes may follow. */
    say(text, ...nodes) {
      this.help.replaceChildren(text, ...nodes);
    }

    // ---- a circle by words

    async ask() {
      const metres = metresIn(this.far.value);
      if (Number.isNaN(metres)) {
        this.say(`"${this.far.value}" is no distance: write kilometres, as 5 or 2.5, or 800 m, or 3 miles.`);
        this.far.focus();
        return;
      }
      await this.middles.prepare(this.round.value);
      const found = this.middles.find(this.round.value);
      if (found.length === 1) this.circle(found[0], metres);
      else if (found.length) this.choose(found, metres);
      else {
        this.say(`No town, school or postcode of this map is called "${this.round.value.trim()}".`);
        this.round.focus();
      }
    }

    /** Several places of one name. */
    choose(found, metres) {
      const {name} = found[0];
      const shown = found.slice(0, 8).map((one) => {
        const where = this.middles.where(one.at) || one.at.join(",");
        return button(`${one.name}, ${where}`, () => this.circle(one, metres));
      });
      this.say(`${found.length} places are called ${name}. Which? `, ...shown);
    }

    circle(middle, metres) {
      const ring = fittedRing(middle.at, metres, this.near(circleRing(middle.at, metres)));
      const inside = withinOf(middle.at, metres, this.middles.points);
      const where = `within ${km(metres)} km of ${middle.name}`;
      const name = `${middle.name} (${km(metres)} km)`;
      this.take({ring, name, where, holds: (s) => inside[s], middle: middle.at, metres});
      this.show();
    }

    /** The points of schools in the box of a ring, and a little beyond it. */
    near(ring) {
      const box = extent([ring]);
      return this.middles.points.filter(
        ([x, y]) => x > box.x0 - 9 && x < box.x1 + 9 && y > box.y0 - 9 && y < box.y1 + 9,
      );
    }

    /** Bring the whole area into the window. */
    show() {
      const {map} = this.app;
      const box = extent([this.world(this.drawn.ring)]);
      geolls.frame(map, box, {padding: 24, animate: !geolls.still.matches});
    }

    // ---- by hand

    begin(how) {
      this.end();
      const {map} = this.app;
      this.clear();
      this.how = how;
      this.corners = [];
      this.pad = el("div", {class: "gl-pad"});
      for (const kind of ["mousedown", "touchstart", "click", "contextmenu"])
        this.pad.addEventListener(kind, (event) => event.stopPropagation());
      this.pad.addEventListener("pointerdown", (event) => this.press(event));
      this.pad.addEventListener("pointermove", (event) => this.move(event));
      this.pad.addEventListener("pointerup", (event) => this.release(event));
      this.pad.addEventListener("dblclick", (event) => {
        event.stopPropagation();
        this.finish();
      });
      this.keys = (event) => {
        if (event.key !== "Escape" && event.key !== "Enter") return;
        event.preventDefault();
        if (event.key === "Enter") this.finish();
        else this.giveUp();
      };
      document.addEventListener("keydown", this.keys, true);
      map.getContainer().append(this.pad);
      this.app.box.scrollIntoView({block: "nearest", behavior: "auto"});
      this.say(
        HOW[how],
        " ",
        button("Give up", () => this.giveUp()),
      );
      this.app.tell(HOW[how]);
    }

    giveUp() {
      this.end();
      this.clear();
      this.say("Nothing was drawn.");
    }

    end() {
      if (!this.pad) return;
      const {pad} = this;
      // Until then, for the click that comes after a tap.
      setTimeout(() => pad.remove(), TAP);
      this.pad = null;
      document.removeEventListener("keydown", this.keys, true);
    }

    /** Where an event is: pixels of the window, and metres of the grid. */
    spotOf(event) {
      const {map} = this.app;
      const {lat, lng} = map.mouseEventToLatLng(event);
      return {pixel: map.mouseEventToContainerPoint(event), at: gridOf(lat, lng)};
    }

    press(event) {
      event.stopPropagation();
      this.pad.setPointerCapture(event.pointerId);
      const spot = this.spotOf(event);
      this.pressed = {...spot, far: 0, before: this.corners.length};
      const last = this.corners.at(-1);
      if (this.how === "line" && !(last && last.pixel.distanceTo(spot.pixel) < STEP)) this.corners.push(spot);
    }

    move(event) {
      if (!this.pressed) return;
      const spot = this.spotOf(event);
      const {pressed} = this;
      pressed.far = Math.max(pressed.far, pressed.pixel.distanceTo(spot.pixel));
      if (this.how === "middle") {
        pressed.metres = Math.hypot(spot.at[0] - pressed.at[0], spot.at[1] - pressed.at[1]);
        this.sketch(circleRing(pressed.at, pressed.metres));
      } else if (this.corners.at(-1).pixel.distanceTo(spot.pixel) >= STEP && pressed.far >= CLICK) {
        this.corners.push(spot);
        this.sketch(ringOf(this.corners.map(({at}) => at)));
      }
    }

    release() {
      const {corners, pressed} = this;
      if (!pressed) return;
      this.pressed = null;
      if (this.how === "middle") this.fromMiddle(pressed);
      else if (pressed.far >= CLICK && !pressed.before) this.finish();
      else {
        const closes = pressed.before > 2 && corners[0].pixel.distanceTo(pressed.pixel) < CLICK;
        this.sketch(ringOf(corners.map(({at}) => at)));
        if (closes) this.finish();
      }
    }

    fromMiddle({at, far, metres}) {
      const typed = metresIn(this.far.value);
      const dragged = far >= CLICK;
      const round = dragged ? Math.max(0.1, Math.round(metres / 100) / 10) * 1000 : typed;
      if (Number.isNaN(round)) {
        this.end();
        this.ask();
        return;
      }
      this.end();
      const middle = at.map(Math.round);
      if (dragged) this.far.value = km(round);
      this.round.value = middle.join(",");
      this.circle({name: middle.join(","), at: middle}, round);
      this.result.focus({preventScroll: true});
    }

    finish() {
      const ring = ringOf(this.corners.map(({at}) => at));
      if (this.how !== "line" || ring.length < 6) {
        this.say("An area needs three corners or more. ", HOW[this.how]);
        return;
      }
      this.end();
      const {points} = this.middles;
      this.take({
        ring,
        name: "Drawn area",
        where: "in the drawn area",
        holds: (s) => contains(ring, ...points[s]),
      });
      this.result.focus({preventScroll: true});
    }

    // ---- what is drawn

    world(ring) {
      const flat = [];
      for (let i = 0; i < ring.length; i += 2) flat.push(...this.app.spot(ring[i], ring[i + 1]));
      return flat;
    }

    draw() {
      this.line.replaceChildren();
      if (this.drawn) this.sketch(this.drawn.ring);
    }

    sketch(ring) {
      const {map} = this.app;
      if (!map.getSize().x) return;
      const d = this.app.view().path(this.world(ring), true);
      this.line.replaceChildren(svg("path", {class: "gl-drawn-case", d}), svg("path", {class: "gl-drawn-line", d}));
    }

    // ---- what is inside

    take(drawn) {
      this.drawn = drawn;
      this.draw();
      this.count();
    }

    /** Count what is inside: anew where the filter of the map has changed. */
    count() {
      const {drawn} = this;
      if (!drawn) return;
      drawn.inside = this.app.counted(drawn.holds);
      this.say("");
      this.name = el("input", {id: `${this.app.id}-named`, value: drawn.name, size: 30, maxlength: 80});
      const n = drawn.inside.length;
      this.result.replaceChildren(
        el("p", {class: "gl-big"}, el("b", {}, n), ` ${n === 1 ? "school" : "schools"} ${drawn.where}`),
        el("p", {class: "gl-note"}, this.limits()),
        el(
          "div",
          {class: "gl-by"},
          el("label", {for: this.name.id}, "Name ", this.name),
          button("Save its schools (csv)", () => this.saveCsv()),
          button("Save the area (zip)", () => this.saveZip()),
          button("Clear", () => this.clear()),
        ),
        el("div", {class: "gl-lists"}, ...this.lists().filter(Boolean)),
        this.commands(),
      );
      this.name.addEventListener("input", () => this.result.lastChild.replaceWith(this.commands()));
      this.app.tell(`${schoolWords(n)} ${drawn.where}`);
    }

    /** What a reader must know of the count. */
    limits() {
      const {app, middles} = this;
      const {own} = app;
      const whole = own.trust ? "the schools of this trust" : "the schools of England";
      const about = own.place ? `the schools of ${own.place.name}` : whole;
      const beyond = this.isBeyond() ? " The area reaches beyond: others are not on this map." : "";
      const {ring} = this.drawn;
      const unsure = this.app.counted((s) => this.isNear(ring, s)).length;
      const near = `${schoolWords(unsure)} within ${Math.ceil(middles.within)} m of the line may fall otherwise: `;
      const rounded = unsure ? ` ${near}this map keeps places in steps of ${own.schools.step} m.` : "";
      const which = app.filter
        ? "those that fit the filter; the zip is the area alone"
        : "of every kind and phase of this map";
      return `A school counts where its point lies. ${CODE} Counted are ${about}, ${which}.${beyond}${rounded}`;
    }

    isNear(ring, s) {
      const [x, y] = this.middles.points[s];
      const {within} = this.middles;
      const {middle, metres} = this.drawn;
      if (middle) return Math.abs(Math.hypot(x - middle[0], y - middle[1]) - metres) < within;
      return metresTo(ring, x, y) < within;
    }

    /** Whether it has land that the map is not about. */
    isBeyond() {
      const {app} = this;
      const {land} = app;
      const others = [];
      app.inside.forEach((here, b) => here || others.push(b));
      const flats = land.flats(land.ringsRound("beyond", others));
      const world = this.world(this.drawn.ring);
      for (let i = 0; i < world.length; i += 2)
        if (flats.filter((flat) => contains(flat, world[i], world[i + 1])).length % 2) return true;
      return false;
    }

    lists() {
      const {app, drawn} = this;
      const {schools} = app;
      const {info} = app.details;
      const byCount = (counts) => [...counts].sort((a, b) => b[1] - a[1]);
      const kinds = tally(drawn.inside.map((s) => schools.kind[s]));
      const layers = app.layers.map((layer) => {
        const unit = schools.unit(layer);
        const rows = byCount(tally(drawn.inside.map((s) => unit[s])));
        const node = (u) => (u < 0 ? reasonLabel(u) : info.pickUnits(layer, u));
        const lists = drawn.inside.map((s) => app.claimants(layer, unit[s]));
        const count = geolls.howMany(lists.filter((one) => one.some((u) => u >= 0)));
        if (!count) return null;
        return info.rows(
          rows.map(([u, n]) => [node(u), n]),
          `${ends(count)} ${count === 1 ? layer.title : layer.many}`,
        );
      });
      const named = [...drawn.inside].sort((a, b) => schools.title(a).localeCompare(schools.title(b), "en-GB"));
      return [
        info.rows(
          named.map((s) => [info.pick({kind: "school", s}, schools.title(s)), null]),
          schoolWords(named.length),
        ),
        info.trustsOf(drawn.inside),
        info.rows(
          byCount(kinds).map(([kind, n]) => [kindLabel(kind), n]),
          app.$(".gl-group[data-family=kinds] legend")?.textContent.trim() || "Schools",
        ),
        ...layers,
      ];
    }

    /** How to get the same with geolls. */
    commands() {
      const name = this.title();
      const key = keyOf(name);
      const {middle, metres} = this.drawn;
      const place = middle
        ? ["Its schools as a place: ", el("code", {}, `--place "${middle},${Number(metres.toFixed(3))}m"`), ". "]
        : [];
      const zip = `--boundaries ${key}.zip`;
      return el(
        "p",
        {class: "gl-note"},
        ...place,
        "With the zip: ",
        el("code", {}, `geolls overlap ${key} local_authority ${zip} --by schools`),
        ". Pupils eligible for free meals are then told to the nearest 10, and of five schools or more.",
      );
    }

    title() {
      return this.name.value.replace(/\p{Cc}/gu, " ").trim() || this.drawn.name;
    }

    // ---- files

    saveCsv() {
      const {app, drawn} = this;
      const {schools} = app;
      const {trusts} = schools;
      const layers = app.layers;
      const columns = ["urn", "name", "phase", "pupils", "kind", "trust_uid", "trust_name", "easting", "northing"];
      const head = [...columns, ...layers.flatMap(({key}) => [`${key}_code`, `${key}_name`])];
      const named = (layer, s) => {
        const of = app.claimants(layer, schools.unit(layer)[s]);
        const code = (u) => (u < 0 ? REASONS[u] : layer.code[u]);
        const name = (u) => (u < 0 ? reasonLabel(u) : layer.name[u]);
        return [of.map(code).join(";"), of.map(name).join(";")];
      };
      const rows = drawn.inside.map((s) => {
        const t = schools.trust[s];
        const trust = t < 0 ? ["", ""] : [trusts.uid[t], trusts.name[t]];
        const pupils = schools.pupils[s] < 0 ? "" : schools.pupils[s];
        const about = [schools.urn[s], schools.name[s], schools.phases[schools.phase[s]], pupils];
        const kind = kindKey(schools.kind[s]);
        return [...about, kind, ...trust, ...this.middles.points[s], ...layers.flatMap((layer) => named(layer, s))];
      });
      const fields = [head, ...rows].map((row) => row.map((cell) => csvField(String(cell))));
      saveAs(csvFile(fields), `${keyOf(this.title())}.csv`);
    }

    saveZip() {
      const {inside, middle, metres, ring} = this.drawn;
      const name = this.title();
      const day = new Date().toISOString().slice(0, 10);
      const how = middle ? `A circle of ${km(metres)} km round ${middle}. ` : "";
      const lay = `${schoolWords(inside.length)} lay inside on the map that it was drawn on, by their points.`;
      const note = `${how}${lay} ${CODE}`;
      saveAs(new Blob([zipOf(layerFiles(name, ring, day, note))], {type: "application/zip"}), `${keyOf(name)}.zip`);
    }
  }

  geolls.tools.push((app) => {
    if (!app.schools?.n) return;
    let lasso = null;
    const opener = toolButton(app, "Schools in a circle or area", () => {
      lasso ??= new Lasso(app, opener);
      app.lasso = lasso;
      if (lasso.node.hidden) lasso.open();
      else lasso.close();
    });
    opener.setAttribute("aria-expanded", "false");
  });
})(globalThis.geolls);
