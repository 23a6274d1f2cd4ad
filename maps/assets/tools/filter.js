// Filter schools in place: marks, counts, table and address follow.
((geolls) => {
  "use strict";
  const {Pen, choiceOf, choiceText, closestNames, el, ends, entriesIn, failing, findNames, howMany, kindKey} = geolls;
  const {listLines, listed, noChoice, ownLook, phaseSchool, plural, sizeTrait, slug, stateOf, svg, tally} = geolls;
  const {toolButton, undelta, whole} = geolls;

  const {groups, sizes, urnHeads} = geolls.vocabulary;
  // As many trusts as can be told apart.
  const MOST = groups.length;
  const LARGEST = 5e6;
  // On a map without schools.
  const NONE =
    "This map is of land and draws no school, so there are none to filter or to circle: the map of England and those " +
    "of places do.";

  /** The text of a file that a reader opened; older spreadsheets write other letters than UTF-8. */
  async function textOf(file) {
    if (file.size > LARGEST) throw new Error("it is over 5 MB: a list of schools is shorter");
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (bytes[0] === 0x50 && bytes[1] === 0x4b) throw new Error("it is a workbook: save it as csv");
    const wide = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe ? "utf-16be" : "";
    try {
      return new TextDecoder(wide || "utf-8", {fatal: true}).decode(bytes);
    } catch {
      return new TextDecoder("windows-1252").decode(bytes);
    }
  }

  class Filter {
    constructor(app) {
      this.app = app;
      this.choice = noChoice();
      const {schools} = app;
      this.here = schools.filter((s) => schools.here[s]);
      this.traits = [this.phases(), sizeTrait(schools.pupils, sizes)];
      this.follow = new geolls.Follow(app);
      this.build();
      this.load().finally(() => {
        this.drawTraits();
        // A mark for who waits for all of it.
        app.node.dataset.traits = this.traits.length;
      });
      this.read(stateOf(location.hash).only);
      if (app.filter) app.stage.paint();
    }

    // ---- what schools can be chosen by

    phases() {
      const {phases, phase} = this.app.schools;
      const slugs = phases.map((key) => slug(key || "not known"));
      return {key: "phase", title: "Phase", words: phases.map(phaseSchool), slugs, of: phase};
    }

    /** What a map does not draw of its schools: in the page, or in a file of the atlas. */
    async load() {
      const {app} = this;
      const inside = () => document.querySelector('[data-part="traits"]') || self.geollsData?.traits;
      if (!inside() && document.body.dataset.root !== undefined)
        await new Promise((done) => {
          const script = el("script", {src: `${document.body.dataset.root}assets/traits.js`});
          for (const type of ["load", "error"]) script.addEventListener(type, done);
          document.head.append(script);
        });
      if (!inside()) return;
      const packed = await geolls.partOf("traits");
      const at = new Map(undelta(packed.urn).map((urn, i) => [urn, i]));
      const more = packed.traits.map(({of, ...trait}) => ({
        ...trait,
        slugs: trait.words.map(slug),
        of: app.schools.urn.map((urn) => of[at.get(urn)] ?? -1),
      }));
      this.traits.push(...more);
      this.read(choiceText(this.choice));
      if (app.filter) app.stage.paint();
    }

    // ---- the controls

    build() {
      const {app} = this;
      this.facets = el("div", {});
      this.trusts = this.trustBox();
      const details = el(
        "details",
        {class: "gl-group gl-filter"},
        el("summary", {}, "Filter schools"),
        this.facets,
        this.trusts,
        this.listBox(),
      );
      const kinds = app.$('[data-family="kinds"]');
      if (kinds) kinds.after(details);
      else app.panel.node.append(details);
      this.said = el("span", {});
      const clear = el("button", {type: "button", class: "gl-button", on: () => this.clear()}, "Clear the filter");
      this.keys = el("ul", {});
      this.line = el("div", {class: "gl-filtered", hidden: true}, this.said, " ", clear, this.keys);
      toolButton(app, "Filter schools", () => this.open(details));
      app.$(".gl-frame").before(this.line);
      this.drawTraits();
    }

    /** Show the controls: on a phone, in the sheet of the panel. */
    open(details) {
      const {details: shown, panel} = this.app;
      if (this.app.picked) shown.close();
      if (getComputedStyle(panel.node).position === "fixed" || !panel.node.offsetParent) panel.sheet(true);
      details.open = true;
      const summary = details.querySelector("summary");
      summary.focus();
      summary.scrollIntoView({block: "center", behavior: "instant"});
    }

    facet(title, ...children) {
      this.last = el("span", {class: "gl-n"});
      return el("details", {class: "gl-facet"}, el("summary", {}, title, " ", this.last), ...children);
    }

    /** A box for each word of each trait that a school here has. */
    drawTraits() {
      const {here} = this;
      this.rows = [];
      const nodes = this.traits.map((trait) => {
        const counts = tally(here.map((s) => trait.of[s]));
        const order = trait.words.map((_, w) => w).filter((w) => counts.has(w));
        if (trait.slugs[0] !== "0") order.sort((a, b) => counts.get(b) - counts.get(a));
        if (order.length < 2) return "";
        const rows = order.map((w) => {
          const many = el("span", {class: "gl-n"});
          const box = el("input", {type: "checkbox", "data-trait": trait.key, value: trait.slugs[w]});
          box.addEventListener("change", () => this.choose(trait, w, box.checked));
          this.rows.push({trait, w, box, many});
          return el("label", {class: "gl-row"}, box, el("span", {}, trait.words[w]), many);
        });
        const open = this.choice.by.has(trait.key);
        const node = this.facet(trait.title, ...rows);
        node.open = open;
        trait.summary = this.last;
        return node;
      });
      this.facets.replaceChildren(...nodes.filter(Boolean));
      this.count();
    }

    choose(trait, w, on) {
      const {by} = this.choice;
      const slugs = by.get(trait.key) || new Set();
      if (on) slugs.add(trait.slugs[w]);
      else slugs.delete(trait.slugs[w]);
      if (slugs.size) by.set(trait.key, slugs);
      else by.delete(trait.key);
      this.changed();
    }

    // ---- trusts

    trustBox() {
      const {app} = this;
      const id = `${app.id}-trusts`;
      this.chosen = el("ul", {class: "gl-chosen"});
      this.trustSaid = el("p", {class: "gl-note", role: "status"});
      const input = el("input", {type: "text", list: id, autocomplete: "off", "aria-label": "Add a trust by its name"});
      const names = el("datalist", {id});
      input.addEventListener("focus", () => {
        if (!names.children.length) names.append(...this.entries().map(({name}) => el("option", {value: name})));
      });
      const add = () => this.addTrust(input);
      input.addEventListener("change", add);
      input.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        add();
      });
      const button = el("button", {type: "button", class: "gl-button", on: add}, "Add");
      const form = el("div", {class: "gl-add"}, input, names, button);
      const node = this.facet("Trusts, each a colour", this.chosen, form, this.trustSaid);
      this.trustCount = this.last;
      node.hidden = this.entries().length < 2;
      return node;
    }

    /** The trusts with a school here, most first: what is typed of each, and what it is found by. */
    entries() {
      if (this.known) return this.known;
      const {schools} = this.app;
      const counts = tally(this.here.map((s) => schools.trust[s]).filter((t) => t >= 0));
      const names = tally(schools.trusts.name.map(geolls.fold));
      this.known = [...counts]
        .sort((a, b) => b[1] - a[1] || a[0] - b[0])
        .map(([t]) => {
          const name = schools.trusts.name[t];
          const uid = schools.trusts.uid[t];
          const alike = names.get(geolls.fold(name)) > 1;
          return {group: "Trusts", name: alike ? `${name} (UID ${uid})` : name, codes: [uid.toLowerCase()], uid};
        });
      return this.known;
    }

    addTrust(input) {
      const text = input.value.trim();
      if (!text) return;
      const {trusts} = this.choice;
      const same = (entry) => geolls.fold(entry.name) === geolls.fold(text);
      const hits = findNames(this.entries(), text).flatMap(([, best]) => best);
      const [found, ...others] = hits.some(same) ? hits.filter(same) : hits;
      const named = (list) => list.map((entry) => entry.name).join("; ");
      let said = "";
      if (!found) {
        const near = named(closestNames(this.entries(), text));
        said = `No trust of that name here.${near && ` Nearest: ${near}.`}`;
      } else if (others.length) said = `Several trusts: ${named([found, ...others])}.`;
      else if (trusts.includes(found.uid)) said = `${found.name} is chosen already.`;
      else if (trusts.length >= MOST) said = `${MOST} trusts are as many as can be told apart: take one out first.`;
      this.trustSaid.textContent = said;
      if (said) return;
      input.value = "";
      trusts.push(found.uid);
      this.changed();
    }

    /** The mark of a chosen trust. */
    sample(i) {
      const group = svg("g", {});
      const pen = new Pen(group);
      const look = ownLook(["", "", ...groups[i]], (name) => `var(${name})`);
      look.shape(pen, 0, 0, look.r);
      pen.fillStyle = look.fill;
      pen.fill();
      return svg("svg", {width: 18, height: 14, viewBox: "-9 -7 18 14", "aria-hidden": "true"}, group);
    }

    /** The trusts that are chosen, for panel and legend: mark, name, how many schools. */
    drawTrusts() {
      const {schools} = this.app;
      const nodes = this.trustsNow().map(([t, n], i) => {
        const name = schools.trusts.name[t];
        const out = el(
          "button",
          {type: "button", "aria-label": `Take ${name} out`, on: () => this.dropTrust(t)},
          "Out",
        );
        return el("li", {}, this.sample(i), el("span", {}, name), el("span", {class: "gl-n"}, whole(n)), out);
      });
      this.chosen.replaceChildren(...nodes);
      this.trustCount.textContent = nodes.length ? `${nodes.length} chosen` : "";
    }

    trustsNow() {
      const {filter, schools} = this.app;
      return this.choice.trusts
        .map((uid) => schools.trusts.uid.indexOf(uid))
        .map((t) => [t, this.here.filter((s) => schools.trust[s] === t && filter.fits[s]).length]);
    }

    dropTrust(t) {
      const uid = this.app.schools.trusts.uid[t];
      this.choice.trusts = this.choice.trusts.filter((one) => one !== uid);
      this.trustSaid.textContent = "";
      this.changed();
      this.trusts.querySelector("input").focus();
    }

    // ---- a list of the reader's own

    listBox() {
      const {app} = this;
      this.text = el("textarea", {rows: 4, id: `${app.id}-list`, spellcheck: false});
      const label = el("label", {for: `${app.id}-list`}, "URNs or names, one on a line");
      const file = el("input", {
        type: "file",
        accept: ".csv,.txt,.tsv,text/csv,text/plain",
        hidden: true,
        "aria-label": "A csv file",
      });
      file.addEventListener("change", () => this.openFile(file));
      const show = () => this.takeList(this.text.value);
      const buttons = el(
        "div",
        {class: "gl-add"},
        el("button", {type: "button", class: "gl-button", on: show}, "Show these"),
        el("button", {type: "button", class: "gl-button", on: () => file.click()}, "Open a csv file"),
        file,
      );
      const note = el("p", {class: "gl-note"}, "Read in this browser; nothing is sent.");
      this.listSaid = el("div", {class: "gl-note", role: "status"});
      const node = this.facet("In a list", label, this.text, buttons, note, this.listSaid);
      this.listCount = this.last;
      return node;
    }

    async openFile(file) {
      const [one] = file.files;
      file.value = "";
      if (!one) return;
      try {
        this.takeList(await textOf(one), one.name);
      } catch (error) {
        this.listSaid.replaceChildren(el("p", {}, `${one.name} was not read: ${error.message}.`));
      }
    }

    takeList(text, name = "") {
      const {schools} = this.app;
      const entries = entriesIn(text, urnHeads);
      if (!entries.length) {
        this.choice.list = null;
        this.listSaid.replaceChildren(el("p", {}, name ? `${name} lists no school.` : "Nothing is listed."));
        this.changed();
        return;
      }
      const of = schools.urn.map((urn, s) => ({urn, name: schools.name[s], here: schools.here[s]}));
      const found = listed(entries, of);
      this.choice.list = found.shown;
      const lines = listLines(entries, found, (one) => this.nearTo(one));
      this.listSaid.replaceChildren(...lines.map((line, i) => el("p", {}, name && !i ? `${name}: ${line}` : line)));
      this.changed();
    }

    /** What a name that no school here has may have meant. */
    nearTo(text) {
      if (!/[a-z]/i.test(text)) return "";
      const {schools} = this.app;
      this.names ??= this.here.map((s) => ({group: "Schools", name: schools.name[s], urn: schools.urn[s]}));
      const found = findNames(this.names, text).flatMap(([, best]) => best);
      const near = (found.length ? found : closestNames(this.names, text)).slice(0, 2);
      return near.length ? `nearest: ${near.map(({name, urn}) => `${name}, ${urn}`).join("; ")}` : "";
    }

    // ---- state

    clear() {
      this.choice = noChoice();
      this.text.value = "";
      this.listSaid.replaceChildren();
      this.changed();
      this.app.$(".gl-filter summary").focus();
    }

    /** The choice as the address keeps it. */
    words() {
      return choiceText(this.choice);
    }

    /** Take over what an address says; what it names and nobody here has is left out. */
    read(text) {
      this.choice = choiceOf(text);
      const {schools} = this.app;
      this.choice.trusts = this.choice.trusts.filter((uid) => schools.trusts.uid.includes(uid)).slice(0, MOST);
      if (!this.choice.list) this.listSaid.replaceChildren();
      this.apply();
    }

    /** The conditions of the choice: key, and which schools meet it. */
    conditions() {
      const {by, list, trusts} = this.choice;
      const {schools} = this.app;
      const all = [];
      for (const trait of this.traits) {
        const wanted = trait.slugs.map((one) => Boolean(by.get(trait.key)?.has(one)));
        if (wanted.includes(true)) all.push([trait.key, (s) => trait.of[s] >= 0 && wanted[trait.of[s]]]);
      }
      this.group = schools.trust.map((t) => (t < 0 ? -1 : trusts.indexOf(schools.trusts.uid[t])));
      if (trusts.length) all.push(["trusts", (s) => this.group[s] >= 0]);
      const urns = list && new Set(list);
      if (urns) all.push(["list", (s) => urns.has(schools.urn[s])]);
      return all;
    }

    /** What the filter asks, in words. */
    asked() {
      const {by, list, trusts} = this.choice;
      const {schools} = this.app;
      const parts = this.traits
        .filter(({key}) => by.has(key))
        .map(({key, title, words, slugs}) => {
          const named = words.filter((_, w) => by.get(key).has(slugs[w]));
          return named.length ? `${title.toLowerCase()} ${named.join(" or ")}` : "";
        });
      const named = trusts.map((uid) => schools.trusts.name[schools.trusts.uid.indexOf(uid)]);
      if (named.length) parts.push(`in ${named.join(" or ")}`);
      if (list) parts.push(`in a list of ${plural(list.length, "school", "schools")}`);
      return parts.filter(Boolean).join("; ");
    }

    /** Find who fits, and let all that shows schools follow. */
    apply() {
      const {app, here} = this;
      const {schools} = app;
      const all = this.conditions();
      const {fails, last} = failing(schools.n, all);
      this.failing = {fails, last};
      const fits = Uint8Array.from(fails, (n) => Number(n === 0));
      const {trusts} = this.choice;
      const marks = trusts.length ? trusts.map((uid, i) => [uid, "", ...groups[i]]) : null;
      this.app.filter = all.length ? {fits, marks, group: this.group} : null;
      this.app.lasso?.count();
      this.light();
      this.follow.apply();
      const n = here.filter((s) => fits[s]).length;
      const words = this.asked();
      const of = `${whole(n)} of ${plural(here.length, "school", "schools")} on this map`;
      this.line.hidden = !app.filter;
      const told = " Bars follow; sentences, and tables of places and trusts, count all";
      const rest = here.length - n && this.follow.bars.length ? `${told} ${whole(here.length)}.` : "";
      this.said.textContent = app.filter ? `${of}: ${words}.${rest}` : "";
      app.node.dataset.fitting = app.filter ? n : "";
      this.count();
      const urns = app.filter && new Set(here.filter((s) => fits[s]).map((s) => String(schools.urn[s])));
      const table = self.geollsPages?.tables.schools;
      table?.loaded.then(() => table.follow(urns && {urns, words}));
      return of;
    }

    /** A filter shows marks, on a map that shows none. */
    light() {
      const {app} = this;
      if (!app.filter) return;
      app.hexes.leave();
      if (app.kinds.size) return;
      app.kinds = new Set(app.own.kinds);
      this.lit = true;
    }

    changed() {
      const said = this.apply();
      if (!this.app.filter && this.lit) this.app.kinds = new Set();
      this.lit = this.lit && Boolean(this.app.filter);
      this.app.changed(this.app.filter ? `${said} fit the filter` : "No filter");
    }

    /** Counts of boxes, of kinds and of layers. */
    count() {
      const {app, here} = this;
      const {fails, last} = this.failing || failing(app.schools.n, []);
      const {schools} = app;
      for (const trait of this.traits) {
        const counts = tally(
          here.filter((s) => !fails[s] || (fails[s] === 1 && last[s] === trait.key)).map((s) => trait.of[s]),
        );
        const wanted = this.choice.by.get(trait.key);
        for (const row of (this.rows || []).filter((one) => one.trait === trait)) {
          row.box.checked = Boolean(wanted?.has(trait.slugs[row.w]));
          row.many.textContent = whole(counts.get(row.w) || 0);
        }
        if (trait.summary) trait.summary.textContent = wanted?.size ? `${wanted.size} chosen` : "";
      }
      this.drawKeys();
      if (app.filter) this.drawTrusts();
      else this.chosen.replaceChildren();
      if (!app.filter) this.trustCount.textContent = "";
      this.listCount.textContent = this.choice.list ? `${whole(this.choice.list.length)} shown` : "";
      const kinds = tally(here.filter((s) => !fails[s]).map((s) => kindKey(schools.kind[s])));
      const met = (layer) => {
        const unit = schools.unit(layer);
        const drawn = app.own.place && app.unitsMet(layer);
        const lists = here.filter((s) => !fails[s]).map((s) => app.claimants(layer, unit[s]));
        return howMany(lists.filter((one) => one.some((u) => (drawn ? drawn.has(u) : u >= 0))));
      };
      const put = (row, n) => {
        const node = row.closest(".gl-row").querySelector(".gl-n");
        node.dataset.whole = node.dataset.whole ?? node.textContent;
        const none = !app.filter || node.dataset.whole === "0";
        node.textContent = none ? node.dataset.whole : `${ends(n())} of ${node.dataset.whole}`;
      };
      for (const row of app.$$("input[data-kind]")) put(row, () => kinds.get(row.dataset.kind) || 0);
      for (const row of app.$$("input[data-layer]")) put(row, () => met(app.byKey[row.dataset.layer]));
    }

    /** What the marks of chosen trusts mean. */
    drawKeys() {
      const {filter, schools} = this.app;
      const rows = (filter ? this.trustsNow() : []).map(([t, n], i) => {
        const words = el("span", {}, schools.trusts.name[t], " ", el("span", {class: "gl-n"}, whole(n)));
        return el("li", {}, this.sample(i), words);
      });
      this.keys.replaceChildren(...rows);
    }
  }

  geolls.tools.push((app) => {
    if (app.schools?.n && app.own.kinds.length) app.chooser = new Filter(app);
    else if (!app.schools) app.bar.append(el("p", {class: "gl-note"}, NONE));
  });
})(globalThis.geolls);
