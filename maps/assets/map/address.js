// The address keeps the view: what is on, shaded and picked, and where, can be sent as a link.
((geolls) => {
  "use strict";
  const {degreesOf, gridOf, hashOf, stateOf} = geolls;

  class Address {
    constructor(app) {
      this.app = app;
      this.first = {on: [...app.on], shade: app.shade, kinds: [...app.kinds], ground: [...app.ground]};
      this.writing = false;
      this.reading = false;
      const follow = () => {
        this.read();
        app.stage.paint();
      };
      self.addEventListener("popstate", follow);
      self.addEventListener("hashchange", () => {
        if (!this.writing) follow();
      });
    }

    /** From now on, write where the map is moved to: in place, so that Back leads to the choice before. */
    keepPlace() {
      const {map, stage} = this.app;
      const follow = () => {
        if (!stage.paper.kept && (this.place() || stateOf(location.hash).at)) this.write("replaceState");
      };
      // A fit that moves the map is first to be told of as one.
      map.on("moveend", () => queueMicrotask(follow));
    }

    /** Easting, northing and zoom of a map that was moved; hexagons stand nowhere. */
    place() {
      const {app} = this;
      if (app.hexes.on || app.shows(app.whole)) return null;
      const {center, zoom} = app.viewNow();
      return [...gridOf(center.lat, center.lng).map(Math.round), Math.round(zoom * 100) / 100];
    }

    write(way = "pushState") {
      const {app} = this;
      const {on, shade, kinds, ground, hexes, towns} = app;
      // Before the tools have come, their words as they were.
      const said = stateOf(location.hash);
      const early = !app.stage.swipe && !shade && said.shade === "swipe";
      const hash = hashOf({
        on: [...on],
        shade: early ? "swipe" : shade,
        kinds: [...kinds],
        pick: this.pickedWords(),
        ground: towns.length ? [...ground] : null,
        base: hexes.now(),
        at: this.place(),
        pair: early ? said.pair : shade === "swipe" ? app.own.swipe : null,
        only: app.chooser ? app.chooser.words() : said.only,
      });
      // The orders of the page's tables stand beside the map's words.
      const all = [hash, ...(location.hash.match(/(?<=[~&])sort-[^&]*/g) || [])].join("&");
      this.writing = true;
      try {
        if (location.hash !== all) history[way](null, "", all);
      } catch {
        // A notebook's frame has no address.
      }
      setTimeout(() => {
        this.writing = false;
      }, 0);
    }

    pickedWords() {
      const {picked, schools} = this.app;
      if (!picked) return null;
      if (picked.kind === "unit") return ["unit", picked.layer.key, picked.layer.code[picked.u]];
      if (picked.kind === "absent") return picked.words;
      if (picked.kind === "trust") return ["trust", schools.trusts.uid[picked.t]];
      return picked.kind === "school" ? ["school", schools.urn[picked.s]] : ["postcode", picked.code];
    }

    /** Take over what the address says; what it does not say is as at first, and unknown words are left out. */
    read(hash = location.hash) {
      const {app, first} = this;
      const said = stateOf(hash);
      app.on = new Set(said.on ? said.on.filter((key) => app.byKey[key]) : first.on);
      app.kinds = new Set(said.kinds ? said.kinds.filter((kind) => app.own.kinds.includes(kind)) : first.kinds);
      app.ground = new Set(said.ground ? first.ground.filter((one) => said.ground.includes(one)) : first.ground);
      const shade = said.shade ?? first.shade;
      if (said.pair?.length === 2 && said.pair.every((key) => app.byKey[key])) app.own.swipe = said.pair;
      app.shade = this.knows(shade) ? shade : "";
      app.hexes.stand((said.base ?? app.hexes.first()) === "hexes");
      app.chooser?.read(said.only);
      app.picked = said.pick ? this.pickedBy(said.pick) : null;
      this.reading = true;
      app.details.draw();
      this.reading = false;
      if (said.at && !app.hexes.on) this.goTo(said.at);
      else if (!app.shows(app.whole)) app.fit();
      if (said.reach) app.details.reach(said.pick);
      app.panel.tick();
    }

    goTo([east, north, zoom]) {
      this.app.map.setView(degreesOf(east, north), zoom, {animate: false});
    }

    knows(shade) {
      const {own, says} = this.app;
      return Boolean(says[shade] && (shade !== "swipe" || own.swipe));
    }

    pickedBy([kind, key, code]) {
      const {byKey, schools} = this.app;
      if (kind === "unit" && byKey[key]?.code.includes(code))
        return {kind, layer: byKey[key], u: byKey[key].code.indexOf(code)};
      if (kind === "trust" && schools?.trusts.uid.includes(key)) return {kind, t: schools.trusts.uid.indexOf(key)};
      if (kind === "school" && schools?.urn.includes(Number(key))) return {kind, s: schools.urn.indexOf(Number(key))};
      if (kind === "postcode" && geolls.looksLikePostcode(key)) return {kind, code: geolls.postcodeArea(key)};
      // A school that is not on this map is looked for, and said to be elsewhere; other words are left out.
      return kind === "school" ? {kind: "absent", words: [kind, key]} : null;
    }
  }

  Object.assign(geolls, {Address});
})(globalThis.geolls);
