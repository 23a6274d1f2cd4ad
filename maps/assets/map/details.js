// What was picked: its details beside the map, and the view that shows it.
((geolls) => {
  "use strict";
  const {el, extent} = geolls;

  const SCHOOL_ZOOM = 11;

  class Details {
    constructor(app) {
      this.app = app;
      this.node = app.$(".gl-info");
      this.info = new geolls.Info(app);
      // {from, to, again}: the view before something was shown, the view that shows it, and how to show it anew.
      this.kept = null;
    }

    openFace(face) {
      const {app} = this;
      const {base, layer, u} = face;
      if (base !== null && base >= 0) this.open({kind: "unit", layer: app.areas, u: base});
      else if (u >= layer.units) this.open({kind: "unit", layer, u: app.claimants(layer, u).find((v) => v >= 0)});
      else if (u >= 0) this.open({kind: "unit", layer, u});
    }

    open(picked) {
      const {app} = this;
      this.returnTo = document.activeElement;
      if (picked.kind !== "unit" || picked.at) app.hexes.leave();
      app.picked = picked;
      app.address.write();
      this.draw();
      app.redraw();
      // Where the details are a sheet over the page's foot, the map comes up above it.
      if (this.covered() > 0 || (this.isSheet() && app.box.getBoundingClientRect().top < 0))
        app.box.scrollIntoView({block: "start", behavior: "auto"});
      this.node.focus({preventScroll: true});
    }

    close() {
      const {app} = this;
      app.picked = null;
      app.address.write();
      this.draw();
      app.redraw();
      const back = this.returnTo?.isConnected && this.returnTo !== document.body;
      (back ? this.returnTo : app.map.getContainer()).focus({preventScroll: true});
    }

    draw() {
      const {app, node} = this;
      const {picked} = app;
      node.hidden = !picked;
      app.panel.node.hidden = Boolean(picked);
      app.node.classList.toggle("gl-open", Boolean(picked));
      if (!picked) {
        this.restore();
        app.node.classList.remove("gl-at");
        return;
      }
      const {title, nodes, said} = this.info.of(picked);
      const close = el("button", {type: "button", class: "gl-close", on: () => this.close()}, "Close");
      const head = el("div", {class: "gl-info-head"}, el("h2", {}, title), close);
      node.replaceChildren(head, ...nodes.filter(Boolean));
      app.tell(`${title}. ${said}`);
      app.node.dispatchEvent(new CustomEvent("geolls:picked", {bubbles: true}));
    }

    /** Where a link led to: bring it into view, or say that it is not on this map. */
    reach([, code]) {
      const {app, node} = this;
      if (!app.picked) {
        app.tell(`${code} is not on this map`);
        return;
      }
      app.box.scrollIntoView({block: "center", behavior: "instant"});
      this.goTo(app.picked);
      node.focus({preventScroll: true});
    }

    /** Go to what was picked, no nearer than a town or a street. */
    goTo(picked) {
      const {app} = this;
      const closer = (zoom) => Math.max(app.map.getZoom(), zoom);
      if (picked.kind === "school") this.show(this.info.boundsOf([picked.s]), 0, closer(SCHOOL_ZOOM));
      else if (picked.at) this.show(extent([picked.at]), 0, closer(SCHOOL_ZOOM + 1));
      else if (picked.kind === "unit") this.showUnit(picked);
      else if (picked.kind === "trust" && app.schools.of[picked.t].length)
        this.show(this.info.boundsOf(app.schools.of[picked.t]), 40);
    }

    isSheet() {
      return getComputedStyle(this.node).position === "fixed";
    }

    /** How many pixels of the map's foot lie under the sheet. */
    covered() {
      if (!this.app.picked || !this.isSheet()) return 0;
      return Math.max(0, this.app.box.getBoundingClientRect().bottom - this.node.getBoundingClientRect().top);
    }

    /** Show what was picked, and remember the view before it. */
    show(box, padding, closest = 11) {
      const {app} = this;
      const {map} = app;
      const kept = this.stays() ? this.kept : {from: app.shows(app.whole) ? app.whole : app.viewNow()};
      this.kept = kept;
      kept.to = null;
      kept.again = () => this.show(box, padding, closest);
      map.once("moveend", () => {
        kept.to = app.viewNow();
      });
      const below = Math.min(this.covered(), map.getSize().y / 2);
      geolls.frame(map, box, {padding, below, closest, animate: !geolls.still.matches});
    }

    /** Show all the land of a unit. */
    showUnit({layer, u}) {
      const {land} = this.app;
      const flats = land.flats(this.app.unitRings(layer, u));
      if (flats.length) this.show(extent(flats), 40);
    }

    /** Whether the map still shows what `show` chose: nobody has moved it by hand since. */
    stays() {
      const {kept} = this;
      return kept?.to ? this.app.shows(kept.to) : Boolean(kept);
    }

    /** Show it in a window of another size. */
    refit() {
      this.kept.to = null;
      this.app.fit();
      this.kept.again();
    }

    restore() {
      const {app, kept} = this;
      const back = () => {
        if (!app.picked) app.map.setView(kept.from.center, kept.from.zoom, {animate: !geolls.still.matches});
      };
      // Leaflet takes no new view while it still moves; an address that is read says its own.
      if (!app.address.reading && this.stays()) {
        if (kept.to) back();
        else app.map.once("moveend", back);
      }
      this.kept = null;
      app.search?.clear();
    }
  }

  Object.assign(geolls, {Details});
})(globalThis.geolls);
