// What the pointer is on: its outline, and a tip with its name and numbers.
((geolls) => {
  "use strict";
  const {el, official, svg} = geolls;

  // Pixels from a school.
  const REACH = 9;
  const FINGER = 16;
  const CONTROLS = ".leaflet-control,.leaflet-marker-icon,.leaflet-popup,.leaflet-interactive";

  class Pointer {
    constructor(app) {
      this.app = app;
      // The number of the face under the pointer.
      this.hover = null;
      // The number of the face that the keyboard chose.
      this.focus = -1;
      // When the map was last dragged.
      this.dragged = 0;
      this.tip = el("div", {class: "gl-tip", hidden: true});
      app.box.append(this.tip);
      this.listen();
    }

    listen() {
      const {app} = this;
      app.box.addEventListener("mousemove", (event) => {
        if (event.buttons) {
          this.hideTip();
          return;
        }
        const spot = this.spotOf(event);
        this.setHover(this.faceAt(event));
        clearTimeout(this.wait);
        this.wait = setTimeout(() => this.tipFor(event, spot), this.tip.hidden ? 80 : 0);
      });
      app.box.addEventListener("mouseleave", () => {
        clearTimeout(this.wait);
        this.hideTip();
        this.setHover(null);
      });
      app.box.addEventListener("click", (event) => this.click(event));
      app.map.on("dragend", () => {
        this.dragged = Date.now();
      });
    }

    spotOf(event) {
      const {map} = this.app;
      const inWindow = map.mouseEventToContainerPoint(event);
      return {inWindow, inLayer: map.containerPointToLayerPoint(inWindow)};
    }

    click(event) {
      const {app} = this;
      // The end of a drag is a click too.
      if (event.target.closest(CONTROLS) || Date.now() - this.dragged < 60) return;
      const s = app.stage.marks.nearest(this.spotOf(event).inLayer, L.Browser.mobile ? FINGER : REACH);
      const i = this.faceAt(event);
      this.hideTip();
      if (s >= 0) app.details.open({kind: "school", s});
      else if (i !== null) app.details.openFace(app.faces.current().list[i]);
    }

    /** The number of the face that an event is on, or null. */
    faceAt(event) {
      const i = event.target?.getAttribute?.("data-i");
      return i === null || i === undefined ? null : Number(i);
    }

    setHover(i) {
      if (this.hover === i) return;
      this.hover = i;
      this.draw();
      this.point(i === null ? null : this.app.faces.current().list[i]);
    }

    /** Tell the page which unit is pointed at. */
    point(face) {
      const unit = face && face.base === null ? {layer: face.layer.key, code: face.layer.code[face.u]} : null;
      this.app.node.dispatchEvent(new CustomEvent("geolls:point", {bubbles: true, detail: unit}));
    }

    tipFor(event, {inWindow, inLayer}) {
      const {app} = this;
      const s = app.stage.marks.nearest(inLayer, REACH);
      if (s >= 0) {
        const lines = [...app.details.info.schoolLines(s), `URN ${app.schools.urn[s]}`];
        this.showTip(inWindow, app.schools.title(s), lines);
        return;
      }
      const i = this.faceAt(event);
      if (i === null) {
        this.hideTip();
        return;
      }
      const {faces} = app;
      const face = faces.current().list[i];
      const code = face.base === null ? face.layer.code[face.u] : app.areas.code[face.base];
      const about = [official(code || ""), faces.countWords(face)];
      const kinds = faces.count(face) ? faces.kindWords(face) : "";
      this.showTip(inWindow, faces.name(face), [...about, kinds, ...faces.facts(face).slice(0, 1)]);
    }

    showTip(point, title, lines) {
      const {tip} = this;
      tip.replaceChildren(el("b", {}, title), ...lines.filter(Boolean).map((line) => el("span", {}, line)));
      tip.hidden = false;
      const size = this.app.map.getSize();
      const {offsetWidth: width, offsetHeight: height} = tip;
      const room = point.x + 16 + width <= size.x;
      tip.style.left = `${room ? point.x + 16 : Math.max(4, point.x - width - 12)}px`;
      tip.style.top = `${Math.max(4, Math.min(size.y - height - 4, point.y + 14))}px`;
    }

    hideTip() {
      this.tip.hidden = true;
    }

    /** Outline what the keyboard chose, what was picked and what the pointer is on. */
    draw() {
      const {app} = this;
      const {ring, hot} = app.stage.groups;
      const {list} = app.faces.current();
      hot.replaceChildren();
      for (const path of ring.querySelectorAll("path")) path.remove();
      if (this.focus >= 0) this.outline(list[this.focus].node.getAttribute("d"), ring, "gl-ring");
      if (app.picked?.at) this.ringAt(app.picked.at);
      else if (app.picked?.kind === "unit") this.outlineUnit(app.picked.layer, app.picked.u, ring, "gl-pick");
      if (this.hover !== null && list[this.hover])
        this.outline(list[this.hover].node.getAttribute("d"), hot, "gl-hover");
    }

    /** A ring round a point. */
    ringAt(world) {
      const [x, y] = this.app.view().at(...world);
      this.outline(`M${x - 11} ${y}a11 11 0 1 0 22 0a11 11 0 1 0-22 0Z`, this.app.stage.groups.ring, "gl-pick");
    }

    outline(d, group, look) {
      group.append(svg("path", {d, class: `${look}-case`}), svg("path", {d, class: look}));
    }

    outlineUnit(layer, u, group, look) {
      const {app} = this;
      this.outline(app.view().rings(app.land, app.unitRings(layer, u)), group, look);
    }
  }

  Object.assign(geolls, {Pointer});
})(globalThis.geolls);
