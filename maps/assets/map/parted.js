// The list of places where two maps part: each is a link to its land on the map.
((geolls) => {
  "use strict";
  class Parted {
    constructor(app) {
      this.app = app;
      for (const link of Parted.links(app)) this.listen(link);
    }

    /** The links to places of this map, which may stand beside it. */
    static links(app) {
      return [...document.querySelectorAll(".gl-parted a")].filter((link) => app.byKey[link.dataset.layer]);
    }

    listen(link) {
      const {app} = this;
      const {layer: key, code, shade} = link.dataset;
      const layer = app.byKey[key];
      const u = layer.code.indexOf(code);
      link.addEventListener("click", (event) => {
        event.preventDefault();
        app.shade = shade;
        app.changed(link.textContent);
        app.details.open({kind: "unit", layer, u});
        app.details.showUnit({layer, u});
      });
    }

    /** What stands on the pieces while they are tinted: as in the list, numbers, or schools. */
    static wishes(app, rank) {
      const layer = app.byKey[app.measures[app.shade]?.layer];
      const links = Parted.links(app).filter((link) => link.dataset.shade === app.shade);
      const labels = new Map(links.map(({dataset: {code, label}}) => [layer.code.indexOf(code), label]));
      const spots = labels.size ? app.unitSpots(layer, true).filter(({u, inside}) => inside && labels.has(u)) : [];
      const look = "gl-lab-no";
      return spots.map((spot) => ({...spot, text: labels.get(spot.u), look, rank: rank - spot.size, near: true}));
    }
  }

  Object.assign(geolls, {Parted});
})(globalThis.geolls);
