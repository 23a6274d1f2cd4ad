// The keys of a map: arrows lead from area to area, Enter opens one, L and T lead to layers and table.
((geolls) => {
  "use strict";
  const {neighbour} = geolls;

  const WAYS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
  const ZOOM = 0.75;
  // Pixels: nearer to the edge of the window, the map moves.
  const EDGE = 30;

  class Keyboard {
    constructor(app) {
      this.app = app;
      const node = app.map.getContainer();
      node.addEventListener("keydown", (event) => this.press(event));
      node.addEventListener("blur", () => {
        app.pointer.focus = -1;
        app.pointer.draw();
        app.pointer.point(null);
      });
      app.node.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && !event.defaultPrevented) this.escape();
      });
    }

    escape() {
      const {details, node, panel, picked} = this.app;
      if (node.classList.contains("gl-sheet")) panel.sheet(false);
      else if (picked) details.close();
    }

    press(event) {
      const {app} = this;
      const {map, pointer} = app;
      if (event.altKey || event.ctrlKey || event.metaKey || event.target !== map.getContainer()) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      if (WAYS[key]) this.step(WAYS[key]);
      else if (key === "Enter" && pointer.focus >= 0) app.details.openFace(app.faces.current().list[pointer.focus]);
      else if (key === "+" || key === "=") map.zoomIn(ZOOM);
      else if (key === "-") map.zoomOut(ZOOM);
      else if (key === "l") app.panel.enter();
      else if (key === "t") app.panel.toTable();
      else return;
      event.preventDefault();
    }

    step(way) {
      const {app} = this;
      const {faces, map, pointer} = app;
      const {list} = faces.current();
      const view = app.view();
      const at = (face) => view.at(...faces.spot(face));
      const middle = map.containerPointToLayerPoint(map.getSize().divideBy(2));
      const begun = pointer.focus >= 0;
      const from = begun ? at(list[pointer.focus]) : [middle.x, middle.y];
      const open = (face, i) => i !== pointer.focus && face.rings.length && (app.england || face.inside);
      const points = list.map((face, i) => (open(face, i) ? at(face) : null));
      const next = neighbour(points, from, begun ? way : null);
      if (next < 0) {
        app.tell("No area further that way");
        return;
      }
      pointer.focus = next;
      const seen = this.reveal(points[next]);
      pointer.draw();
      pointer.point(list[next]);
      this.say(list[next], seen);
    }

    /** Move the map if a point of its layer lies near the edge; where it was in the window. */
    reveal(point) {
      const {map} = this.app;
      const seen = map.layerPointToContainerPoint(point);
      const size = map.getSize();
      if (seen.x < EDGE || seen.y < EDGE || seen.x > size.x - EDGE || seen.y > size.y - EDGE)
        map.panTo(map.layerPointToLatLng(point), {animate: !geolls.still.matches});
      return seen;
    }

    say(face, seen) {
      const {app} = this;
      const facts = app.faces.facts(face);
      const count = app.faces.countWords(face);
      app.tell([app.faces.name(face), count, ...facts].filter(Boolean).join(", "));
      app.pointer.showTip(seen, app.faces.name(face), [count, ...facts.slice(0, 1)]);
    }
  }

  Object.assign(geolls, {Keyboard});
})(globalThis.geolls);
