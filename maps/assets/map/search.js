// The search of a map: areas, trusts and schools by name or code.
((geolls) => {
  "use strict";
  const {bestMatches, el, extent, fold, matchIn, nearestNames, phaseSchool, plural, titleAndCode, undelta} = geolls;

  const GROUPS = ["Areas", "Trusts", "Schools", "Postcodes"];
  const SCHOOL_ZOOM = 11;
  // Middles of postcodes are packed in steps of so many metres.
  const STEP = 10;
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

    /** All that can be found; made when the search is first used. */
    entries() {
      if (!this.all) {
        const ofSchools = this.app.schools ? [...this.trusts(), ...this.schools()] : [];
        this.all = [...this.areas(), ...ofSchools, ...this.postcodes()];
      }
      return this.all;
    }

    /** Outward codes and sectors, each with the block and the middle of most of its postcodes. */
    postcodes() {
      const {app} = this;
      if (!app.own.postcodes) return [];
      const {codes, block, ...middle} = app.own.postcodes;
      const layer = app.authorities;
      const [x, y] = [undelta(middle.x), undelta(middle.y)];
      return codes.split("\n").map((name, i) => ({
        group: 3,
        name,
        key: fold(name),
        code: "",
        sub: () => `Postcodes, most in ${app.unitName(layer, layer.onLand[block[i]])}`,
        pick: {kind: "unit", layer, u: layer.onLand[block[i]], at: app.spot(x[i] * STEP, y[i] * STEP)},
      }));
    }

    areas() {
      return this.app.layers.flatMap((layer) =>
        layer.name.map((name, u) => ({
          group: 0,
          name,
          key: fold(name),
          code: layer.code[u].toLowerCase(),
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
        group: 1,
        name,
        key: fold(name),
        code: trusts.uid[t],
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
          group: 2,
          name,
          key: fold(name),
          code: String(schools.urn[s]),
          sub: () => `${phase(s)}, ${app.unitName(app.authorities, unit[s])}`,
          pick: {kind: "school", s},
        }))
        .filter(({name}) => name);
    }

    run() {
      const words = fold(this.input.value);
      if (!words) {
        this.hide();
        return;
      }
      const found = bestMatches(this.entries(), words);
      if (found.length) this.show(found, words, false);
      else this.show(nearestNames(this.entries(), words), words, true);
    }

    show(found, words, near) {
      this.found = found;
      this.at = -1;
      this.hits.replaceChildren(...this.nodes(found, words, near));
      this.hits.hidden = false;
      this.input.setAttribute("aria-expanded", "true");
      const nothing = found.length ? "Nothing by that name. Nearest names are listed." : "Nothing by that name.";
      this.app.tell(near ? nothing : `${found.length} results`);
      if (found.length) this.mark(0);
    }

    nodes(found, words, near) {
      const head = (text) => el("p", {class: "gl-hits-head"}, text);
      if (near && !found.length) return [head("Nothing by that name on this map.")];
      const nodes = near ? [head("Nothing by that name. Nearest:")] : [];
      found.forEach((entry, i) => {
        if (!near && entry.group !== found[i - 1]?.group) nodes.push(head(GROUPS[entry.group]));
        nodes.push(this.hit(entry, i, words));
      });
      return nodes;
    }

    hit(entry, i, words) {
      const [before, match, after] = matchIn(entry.name, words);
      const name = el("span", {}, before, match && el("b", {}, match), after);
      const state = {role: "option", id: `${this.app.id}-hit-${i}`, "aria-selected": "false", tabindex: "-1"};
      const choose = () => this.choose(i);
      return el("div", {class: "gl-hit", ...state, on: choose}, name, el("small", {}, entry.sub()));
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
      this.showOnMap(pick);
    }

    showOnMap(pick) {
      const {details, map, schools} = this.app;
      if (pick.kind === "school") {
        const closest = Math.max(map.getZoom(), SCHOOL_ZOOM);
        details.show(details.info.boundsOf([pick.s]), 0, closest);
      } else if (pick.kind === "trust") {
        const mine = schools.of[pick.t];
        if (mine.length) details.show(details.info.boundsOf(mine), 40);
      } else if (pick.at) details.show(extent([pick.at]), 0, Math.max(map.getZoom(), SCHOOL_ZOOM + 2));
      else details.showUnit(pick);
    }
  }

  Object.assign(geolls, {Search});
})(globalThis.geolls);
