// Every mark by keyboard: S leads to the nearest school, N and P to the next and the one before, Enter opens it.
((geolls) => {
  "use strict";

  geolls.tools.push((app) => {
    const {details, map, schools} = app;
    const node = map.getContainer();
    // The school that the keys stand on.
    let at = -1;

    const drawn = () => (app.hexes.on ? [] : schools.filter((s) => app.stage.marks.visible(s)));

    /** The drawn schools, by how near they are to a point of the map. */
    const nearestTo = ([x, y]) => {
      const far = (s) => (schools.x[s] - x) ** 2 + (schools.y[s] - y) ** 2;
      return drawn().reduce((best, s) => (best < 0 || far(s) < far(best) ? s : best), -1);
    };

    /** The middle of the window, or the area that the keys stand on. */
    const here = () => {
      const face = app.faces.current().list[app.pointer.focus];
      const {x, y} = map.project(map.getCenter(), 0);
      return face ? app.faces.spot(face) : [x, y];
    };

    const step = (key) => {
      const all = drawn();
      if (!all.length) return -1;
      const i = all.indexOf(at);
      if (key === "s" || i < 0) return nearestTo(here());
      return all[(i + (key === "n" ? 1 : all.length - 1)) % all.length];
    };

    const stand = (s) => {
      at = s;
      app.pointer.focus = -1;
      const seen = app.panel.keyboard.reveal(L.point(app.view().at(schools.x[s], schools.y[s])));
      app.pointer.draw();
      app.pointer.ringAt([schools.x[s], schools.y[s]]);
      const lines = details.info.schoolLines(s);
      const said = `${drawn().indexOf(s) + 1} of ${drawn().length}`;
      app.pointer.showTip(seen, schools.title(s), [...lines, `School ${said}`]);
      app.tell([schools.title(s), ...lines, said].join(", "));
    };

    const press = (event) => {
      if (!schools || event.altKey || event.ctrlKey || event.metaKey || event.target !== node) return;
      const key = event.key.toLowerCase();
      if (key === "enter" && at >= 0 && app.pointer.focus < 0) details.open({kind: "school", s: at});
      else if (["s", "n", "p"].includes(key)) {
        const s = step(key);
        if (s < 0) app.tell("No school is drawn");
        else stand(s);
      } else {
        if (key.startsWith("arrow")) at = -1;
        return;
      }
      event.preventDefault();
      event.stopPropagation();
    };
    node.addEventListener("keydown", press, true);
  });
})(globalThis.geolls);
