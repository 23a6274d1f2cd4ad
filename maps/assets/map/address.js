// The address keeps the view: what is on, shaded and picked can be sent as a link.
((geolls) => {
  "use strict";
  const {hashOf, stateOf} = geolls;

  class Address {
    constructor(app) {
      this.app = app;
      this.first = {on: [...app.on], shade: app.shade, kinds: [...app.kinds], ground: [...app.ground]};
      this.writing = false;
      const follow = () => {
        this.read();
        app.stage.paint();
      };
      self.addEventListener("popstate", follow);
      self.addEventListener("hashchange", () => {
        if (!this.writing) follow();
      });
    }

    write() {
      const {on, shade, kinds, ground, hexes, towns} = this.app;
      const hash = hashOf({
        on: [...on],
        shade,
        kinds: [...kinds],
        pick: this.pickedWords(),
        ground: towns.length ? [...ground] : null,
        base: hexes.on ? "hexes" : "",
      });
      this.writing = true;
      try {
        if (location.hash !== hash) history.pushState(null, "", hash);
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
      if (picked.kind === "trust") return ["trust", schools.trusts.uid[picked.t]];
      return ["school", schools.urn[picked.s]];
    }

    /** Take over what the address says; what it does not say is as at first, and unknown words are left out. */
    read() {
      const {app, first} = this;
      const said = stateOf(location.hash);
      app.on = new Set(said.on ? said.on.filter((key) => app.byKey[key]) : first.on);
      app.kinds = new Set(said.kinds ? said.kinds.filter((kind) => app.own.kinds.includes(kind)) : first.kinds);
      app.ground = new Set(said.ground ? first.ground.filter((one) => said.ground.includes(one)) : first.ground);
      const shade = said.shade ?? first.shade;
      app.shade = this.knows(shade) ? shade : "";
      app.hexes.stand(said.base === "hexes");
      app.picked = said.pick ? this.pickedBy(said.pick) : null;
      app.details.draw();
      app.panel.tick();
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
      return null;
    }
  }

  Object.assign(geolls, {Address});
})(globalThis.geolls);
