// Every body above a school or a postcode, in bands, with what each rests on; and a link to it.
((geolls) => {
  "use strict";
  const {RECORD, el, noPostcode, plural} = geolls;

  // Layers that most have nothing of are named together.
  const NONE = "None here: ";
  // Bands of a colour of their own.
  const LOOKS = ["Councils", "Devolution", "Hubs", "Programmes", "Who", "Nearest"];
  const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

  class Above {
    constructor(app, bodies) {
      this.app = app;
      this.bodies = bodies;
    }

    /** What a body is called: a button where the map draws it. */
    name(key, code, name) {
      const {app} = this;
      const layer = app.byKey[key];
      const u = layer ? layer.code.indexOf(code) : -1;
      return u < 0 || !code ? name : app.details.info.pickUnit(layer, u);
    }

    row(title, names, said) {
      const lines = said.filter(Boolean).map((line) => el("small", {}, capital(line)));
      return el("div", {class: "gl-body"}, el("dt", {}, title), el("dd", {}, ...names, ...lines));
    }

    band(title, rows, none = []) {
      if (!rows.length && !none.length) return null;
      const rest = none.length ? el("p", {class: "gl-note"}, NONE + none.join("; ")) : null;
      const look = LOOKS.find((word) => title.startsWith(word));
      return el(
        "section",
        {class: `gl-band gl-${look?.toLowerCase() || "other"}`},
        el("h3", {}, title),
        el("dl", {}, ...rows),
        rest,
      );
    }

    /** The row of a layer on some land: what it lists there, each with its share where there are several. */
    layerRow(layer, counts) {
      const units = this.bodies.on(layer, counts).filter(({code}) => code);
      const several = units.length > 1 || units[0].low < 0.995;
      const alike = new Set(units.map(({said}) => said)).size === 1;
      const small = (said) => el("small", {}, capital(said));
      const lines = units.map(({code, name, said, ...part}) =>
        el(
          "div",
          {},
          this.name(layer.key, code, name),
          several ? this.share(part, counts) : "",
          alike ? "" : small(said),
        ),
      );
      const rest = alike ? small(units[0].said) : "";
      return el("div", {class: "gl-body"}, el("dt", {}, layer.title), el("dd", {}, ...lines, rest));
    }

    /** How much of some land a unit has; where several list the same land, the least and the most. */
    share({low, high}, counts) {
      if (counts.size === 1 && low < high) return el("span", {class: "gl-n"}, " one of several listed");
      const percent = (part) => (part > 0 && part < 1 ? Math.min(99, Math.max(1, Math.round(100 * part))) : 100 * part);
      const ends = low < high ? `${percent(low)} to ${percent(high)} %` : `${percent(low)} %`;
      return el("span", {class: "gl-n"}, ` ${ends}`);
    }

    /** The bands of some land; `own` makes the row of a layer that says more of it. */
    bands(counts, own = () => null) {
      const families = new Map();
      for (const layer of this.bodies.layers) geolls.push(families, layer.family, layer);
      return [...families].map(([family, layers]) => {
        const none = [];
        const rows = layers.flatMap((layer) => {
          const mine = own(layer);
          if (mine) return [mine];
          const found = this.bodies.on(layer, counts);
          if (found.some(({code}) => code)) return [this.layerRow(layer, counts)];
          none.push(`${layer.title} (${found[0]?.name ?? "not covered"})`);
          return [];
        });
        return this.band(family, rows, none);
      });
    }

    school(s) {
      const {app, bodies} = this;
      const {schools} = app;
      const i = bodies.urns.indexOf(schools.urn[s]);
      if (i < 0) return null;
      const counts = new Map([[bodies.block[i], 1]]);
      const own = (layer) => {
        const [off, names] = bodies.schools.apart[layer.key] || [[], []];
        const at = geolls.undelta(off).indexOf(i);
        if (at < 0) return null;
        const there = bodies.on(layer, counts)[0].name;
        return this.row(layer.title, [names[at]], [`by the register; it stands in ${there}`]);
      };
      return [
        this.link(`school=${schools.urn[s]}`),
        ...this.bands(counts, own),
        this.runs(s, i),
        this.near(i),
        this.notes(),
      ];
    }

    runs(s, i) {
      const {app} = this;
      const kind = geolls.kindLabel(app.schools.kind[s]);
      const rows = this.bodies.schools.runs.flatMap(({title, name, of}) => {
        const [body, since] = name[of[i]].split("\n");
        return body ? [this.row(title, [body], [since])] : [];
      });
      return this.band("Who runs it", [this.row("Oversight", [kind], ["as the register and its links say"]), ...rows]);
    }

    near(i) {
      const rows = this.bodies.schools.near.flatMap(({title, site, of, far, at}) => {
        const [name, urn] = site[of[i]];
        return name ? [this.row(title, [`${name}, ${far[at[i]]}`], [`URN ${urn}`])] : [];
      });
      const band = this.band("Nearest lead schools, in a straight line", rows);
      band?.append(el("p", {class: "gl-note"}, "Near is not served: much training is online."));
      return band;
    }

    /** What the lists behind the bands lack, once for each. */
    notes() {
      const {layers, schools} = this.bodies;
      const notes = new Set([...layers, ...schools.near].map(({note}) => note).filter(Boolean));
      if (!notes.size) return null;
      const items = [...notes].map((note) => el("li", {}, note));
      return el("details", {class: "gl-lacks"}, el("summary", {}, "What these lists lack"), el("ul", {}, ...items));
    }

    postcode(picked) {
      const {bodies} = this;
      const area = bodies.area(picked.code);
      if (!area) return [el("p", {}, noPostcode(picked.code, bodies.part))];
      picked.at = this.app.spot(...area.middle);
      const all = [...area.counts.values()].reduce((sum, n) => sum + n, 0);
      const several = area.counts.size > 1 ? ", in several districts: shares are of postcodes" : "";
      const what = `${plural(all, "postcode", "postcodes")} begin${all === 1 ? "s" : ""} ${area.name}${several}.`;
      return [
        el("p", {class: "gl-what"}, what),
        this.link(`postcode=${area.name}`),
        ...this.bands(area.counts),
        this.notes(),
      ];
    }

    /** Of a school that is not on this map: which page has it, or how to find out what it is. */
    absent(urn) {
      const {app, bodies} = this;
      const i = bodies.urns.indexOf(Number(urn));
      if (i < 0) {
        const of = app.own.population ? `${app.own.population} schools` : "schools";
        const only = bodies.part ? "This map has only schools of its own place" : `Counted here are only ${of}`;
        const record = el("a", {href: RECORD + urn, rel: "noreferrer"}, "Its entry in the register");
        const said = /^\d{6}$/.test(urn) ? [record, " says what it is."] : ["A URN has six digits."];
        return [el("p", {}, `${only}, open on the day of the study. `, ...said)];
      }
      const {key, url} = app.authorities;
      const {code, name} = bodies.on(bodies.layer(key), new Map([[bodies.block[i], 1]]))[0];
      const page = el("a", {href: `${url}${code}.html#school=${urn}`}, `Open it on the page of ${name}`);
      return [el("p", {}, ...(code && typeof url === "string" ? [page] : [`It stands in ${name}.`]))];
    }

    /** A button that copies the link to this school or postcode. */
    link(words) {
      const {app} = this;
      const address = `${location.href.split("#")[0]}#${encodeURI(words)}`;
      const field = el("input", {
        class: "gl-address",
        type: "text",
        readonly: true,
        "aria-label": "Link",
        value: address,
      });
      const copy = el("button", {type: "button", class: "gl-button gl-copy"}, "Copy its link");
      copy.addEventListener("click", () => {
        field.hidden = false;
        field.select();
        const said = document.execCommand("copy") ? "Link copied" : "Copy the link from here";
        copy.textContent = said;
        app.tell(said);
      });
      field.hidden = true;
      return el("p", {class: "gl-share"}, copy, field);
    }
  }

  const ABOVE = {
    school: (above, {s}) => above.school(s),
    postcode: (above, picked) => above.postcode(picked),
    absent: (above, {words}) => above.absent(words[1]),
  };

  geolls.tools.push((app) => {
    const fill = async () => {
      const {picked} = app;
      const known = Object.hasOwn(ABOVE, picked?.kind);
      app.node.classList.toggle("gl-at", known);
      if (!known) return;
      const bodies = await geolls.bodiesHere();
      const slot = app.$(".gl-above");
      if (app.picked !== picked || !slot || !bodies) return;
      const above = new Above(app, bodies);
      const nodes = ABOVE[picked.kind](above, picked);
      if (!nodes) return;
      slot.replaceChildren(...nodes.filter(Boolean));
      if (picked.kind !== "postcode" || picked.shown || !picked.at) return;
      picked.shown = true;
      app.details.goTo(picked);
      app.redraw();
    };
    app.node.addEventListener("geolls:picked", fill);
    fill();
  });
})(globalThis.geolls);
