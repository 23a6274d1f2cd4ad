// The search of a map: areas, trusts and schools by name or code.
((geolls) => {
  "use strict";
  const {closestNames, el, findNames, fold, looksLikePostcode, matchIn, nothingFound, phaseSchool, plural} = geolls;
  const {titleAndCode} = geolls;

  const TYPING = /^(INPUT|TEXTAREA|SELECT)$/;

  class Search {
    constructor(app, box) {
      this.app = app;
      this.input = box.querySelector("input");
      this.hits = box.querySelector(".gl-hits");
      // The marked hit.
      this.at = -1;
      this.found = [];
      this.chosen = "";
      this.listen(box);
    }

    listen(box) {
      const {input} = this;
      input.addEventListener("input", () => this.run());
      input.addEventListener("focus", () => {
        this.entries();
        if (input.value) this.run();
      });
      input.addEventListener("keydown", (event) => this.key(event));
      box.addEventListener("focusout", (event) => {
        if (!box.contains(event.relatedTarget)) this.hide();
      });
      document.addEventListener("keydown", (event) => {
        if (event.key !== "/" || event.ctrlKey || event.metaKey) return;
        if (TYPING.test(document.activeElement.tagName)) return;
        event.preventDefault();
        input.focus();
        input.select();
      });
    }

    /** All that can be found; made when the search is first used, postcodes once they are unpacked. */
    entries() {
      if (!this.all) {
        const ofSchools = this.app.schools ? [...this.trusts(), ...this.schools()] : [];
        this.all = [...this.areas(), ...ofSchools];
        geolls.bodiesHere().then((bodies) => {
          if (!bodies) return;
          this.bodies = bodies;
          this.all = [...this.all, ...this.held(bodies), ...this.postcodes(bodies)];
          if (this.input.value) this.run();
        });
      }
      return this.all;
    }

    /** What this map does not draw, units and areas that have ended: which of its areas holds them, and no more. */
    held(bodies) {
      const {app} = this;
      const drawn = new Set(app.layers.flatMap((layer) => layer.code));
      const areas = bodies.layer(app.areas.key);
      const holders = areas
        ? areas.of.map((claim) => app.areas.code.indexOf(areas.code[areas.claims[claim][0][0]]))
        : [];
      const entry = (name, code, block, said) => {
        const unit = holders[block] ?? -1;
        if (!code || drawn.has(code) || unit < 0) return [];
        const pick = {kind: "unit", layer: app.areas, u: unit};
        return [{group: "Places", name, codes: [code.toLowerCase()], sub: () => said(app.areas.name[unit]), pick}];
      };
      const held = bodies.layers.flatMap((layer) =>
        layer.code.flatMap((code, u) => {
          const block = layer.of.findIndex((claim) => layer.claims[claim].some(([v]) => v === u));
          return entry(layer.name[u], code, block, (holder) => `${layer.title}, in ${holder}`);
        }),
      );
      return [...held, ...bodies.ended.flatMap(([name, code, said, block]) => entry(name, code, block, () => said))];
    }

    /** Outward codes and sectors. */
    postcodes(bodies) {
      const {app} = this;
      const council = bodies.layer("local_authority") || bodies.layers[0];
      return bodies.areas().map(({name, counts, middle}) => ({
        group: "Postcodes",
        name,
        area: fold(name),
        sub: () => `Postcodes, most in ${bodies.on(council, counts)[0].name}`,
        pick: {kind: "postcode", code: fold(name), at: app.spot(...middle)},
      }));
    }

    areas() {
      return this.app.layers.flatMap((layer) =>
        layer.name.map((name, u) => ({
          group: "Places",
          name,
          codes: [layer.code[u].toLowerCase()],
          sub: () => titleAndCode(layer, u),
          pick: {kind: "unit", layer, u},
        })),
      );
    }

    trusts() {
      const {trusts, of} = this.app.schools;
      const sub = (t) => {
        const home = trusts.home?.[t] ? `, home ${trusts.home[t]}` : "";
        return `Trust, ${plural(trusts.schools[t] || of[t].length, "school", "schools")}${home}`;
      };
      return trusts.name.map((name, t) => ({
        group: "Trusts",
        name,
        codes: [trusts.uid[t]],
        where: trusts.home?.[t],
        sub: () => sub(t),
        pick: {kind: "trust", t},
      }));
    }

    schools() {
      const {app} = this;
      const {schools} = app;
      const unit = schools.unit(app.authorities);
      const phase = (s) => phaseSchool(schools.phases[schools.phase[s]]);
      return schools.name
        .map((name, s) => ({
          group: "Schools",
          name,
          codes: [String(schools.urn[s])],
          where: app.layers.map((layer) => app.unitName(layer, schools.unit(layer)[s])).join(" "),
          sub: () => `${phase(s)}, ${app.unitName(app.authorities, unit[s])}`,
          pick: {kind: "school", s},
        }))
        .filter(({name}) => name);
    }

    run() {
      const text = this.input.value;
      if (!text.trim()) {
        this.hide();
        return;
      }
      const groups = findNames(this.entries(), this.bodies?.dfe.get(text.trim()) || text);
      // Postcodes of one place are not the nearest to one that it lacks.
      const none = groups.length || (this.bodies?.part && looksLikePostcode(text));
      const near = none ? [] : closestNames(this.entries(), text);
      const said = nothingFound(this.entries(), text, this.bodies) + (near.length ? " Nearest:" : "");
      const lists = groups.length ? groups : [[said, near, 0]];
      this.found = lists.flatMap(([, hits]) => hits);
      this.at = -1;
      this.hits.replaceChildren(...this.nodes(lists, groups.length ? text : ""));
      this.hits.hidden = false;
      this.input.setAttribute("aria-expanded", "true");
      this.app.tell(groups.length ? `${this.found.length} results` : said);
      if (this.found.length) this.mark(0);
    }

    nodes(lists, text) {
      let n = 0;
      const head = (words) => el("p", {class: "gl-hits-head"}, words);
      return lists.flatMap(([name, hits, more]) => [
        head(name),
        ...hits.map((entry) => this.hit(entry, n++, text)),
        more ? head(`and ${plural(more, "more", "more")}: add a word, or the place`) : "",
      ]);
    }

    hit(entry, i, text) {
      const name = matchIn(entry.name, text).map((part, j) => (j % 2 ? el("b", {}, part) : part));
      const state = {role: "option", id: `${this.app.id}-hit-${i}`, "aria-selected": "false", tabindex: "-1"};
      const choose = () => this.choose(i);
      return el("div", {class: "gl-hit", ...state, on: choose}, el("span", {}, ...name), el("small", {}, entry.sub()));
    }

    mark(i) {
      const options = [...this.hits.querySelectorAll(".gl-hit")];
      this.at = (i + options.length) % options.length;
      options.forEach((option, j) => option.setAttribute("aria-selected", String(j === this.at)));
      this.input.setAttribute("aria-activedescendant", options[this.at].id);
      options[this.at].scrollIntoView({block: "nearest"});
    }

    key(event) {
      const {hits, found} = this;
      if (event.key === "ArrowDown" && found.length) {
        if (hits.hidden) this.run();
        else this.mark(this.at + 1);
      } else if (event.key === "ArrowUp" && found.length) this.mark(this.at - 1);
      else if (event.key === "Enter" && this.at >= 0 && !hits.hidden) this.choose(this.at);
      else if (event.key === "Escape" && hits.hidden) {
        this.input.value = "";
        this.app.map.getContainer().focus();
      } else if (event.key === "Escape") this.hide();
      else return;
      event.preventDefault();
    }

    hide() {
      this.hits.hidden = true;
      this.input.setAttribute("aria-expanded", "false");
      this.input.removeAttribute("aria-activedescendant");
    }

    /** Forget the name that was chosen, unless something else was typed since. */
    clear() {
      if (this.chosen && this.input.value === this.chosen) this.input.value = "";
      this.chosen = "";
    }

    choose(i) {
      const {pick, name} = this.found[i];
      this.chosen = name;
      this.input.value = name;
      this.hide();
      this.app.details.open(pick);
      this.app.details.goTo(pick);
    }
  }

  geolls.tools.push((app) => {
    const box = app.$(".gl-search");
    if (box) app.search = new Search(app, box);
  });
})(globalThis.geolls);
