// The schools that two maps tell apart: those with another pair of units than most of their authority, or of two
// days those whose unit is another.
((geolls) => {
  "use strict";
  const {el, plural, push, whole} = geolls;

  const ROWS = 40;

  /** Whether two layers are one on two days. */
  const areDays = (left, right) => left.key.replace(/_before$/, "") === right.key.replace(/_after$/, "");

  /** Whether each of two units is known: several can list the land, and nobody knows which has a school there. */
  const isSure = ({left: u, right: v}, left, right) => u < left.units && v < right.units;

  class Pairs {
    constructor(app) {
      this.app = app;
      this.node = el("section", {class: "gl-pairs", hidden: true});
      app.bar.after(this.node);
    }

    draw(on) {
      const {app} = this;
      this.node.hidden = !on;
      // As long as nothing changed, what a reader opened stays open.
      const now = on ? `${app.own.swipe.join()}/${app.chooser?.words()}` : "";
      if (now === this.now) return;
      this.now = now;
      if (on) this.node.replaceChildren(...this.nodes());
    }

    /** What is counted: its number, how many schools it is, its block. */
    counted() {
      const {filter, own, schools, inside} = this.app;
      if (schools) {
        const fit = (s) => schools.here[s] && (!filter || filter.fits[s]);
        return schools.filter(fit).map((s) => [s, 1, schools.block[s]]);
      }
      return (own.on_blocks || []).flatMap((n, b) => (inside[b] && n ? [[b, n, b]] : []));
    }

    /** Of each authority and pair the schools: {home, left, right, list, n}. */
    groups(left, right) {
      const {app} = this;
      const {schools} = app;
      const unit = (layer) => (schools ? schools.unit(layer) : layer.onLand);
      const [home, one, other] = [app.authorities, left, right].map(unit);
      const lists = new Map();
      for (const item of this.counted()) push(lists, `${home[item[0]]}/${one[item[0]]}/${other[item[0]]}`, item);
      return [...lists].map(([key, list]) => {
        const [h, u, v] = key.split("/").map(Number);
        return {home: h, left: u, right: v, list, n: list.reduce((sum, [, n]) => sum + n, 0)};
      });
    }

    /** The groups that are told apart, the largest first. */
    apart(left, right) {
      const groups = this.groups(left, right);
      const {app} = this;
      const most = new Map();
      for (const group of groups) if (group.n > (most.get(group.home)?.n || 0)) most.set(group.home, group);
      const moved = ({left: u, right: v}) => app.unitName(left, u) !== app.unitName(right, v);
      const other = (group) => most.get(group.home) !== group;
      const told = areDays(left, right) ? moved : other;
      return groups.filter((group) => told(group) && isSure(group, left, right)).sort((a, b) => b.n - a.n);
    }

    nodes() {
      const {app} = this;
      const [left, right] = app.own.swipe.map((key) => app.byKey[key]);
      const days = areDays(left, right);
      const apart = this.apart(left, right);
      const sum = (groups) => groups.reduce((n, group) => n + group.n, 0);
      const n = sum(apart);
      const open = sum(this.groups(left, right).filter((group) => !isSure(group, left, right)));
      const all = this.counted().reduce((sum, [, many]) => sum + many, 0);
      const of = `${whole(n)} of ${plural(all, "school", "schools")} on this map`;
      const what = days
        ? `${n === 1 ? "is" : "are"} in another unit on the second day`
        : `${n === 1 ? "has" : "have"} another pair than most schools of the same local authority`;
      const unknown = open ? ` Of ${whole(open)} it is not known: several units list their land.` : "";
      const rows = apart.slice(0, ROWS).map((group) => this.row(group, left, right));
      const more = apart.length > ROWS ? el("p", {class: "gl-note"}, `And ${apart.length - ROWS} smaller groups.`) : "";
      return [el("h2", {}, `${left.title} and ${right.title}`), el("p", {}, `${of} ${what}.${unknown}`), ...rows, more];
    }

    row({home, left: u, right: v, list, n}, left, right) {
      const {app} = this;
      const names = [app.unitName(left, u), app.unitName(right, v)];
      const pair = names.join(areDays(left, right) ? ", then " : " + ");
      const title = `${app.unitName(app.authorities, home)}: ${pair}`;
      const head = [title, " ", el("span", {class: "gl-n"}, whole(n))];
      if (!app.schools) return el("p", {class: "gl-pair"}, ...head);
      const node = el("details", {class: "gl-pair"}, el("summary", {}, ...head));
      node.addEventListener("toggle", () => {
        if (!node.open || node.querySelector("ul")) return;
        const items = list.map(([s]) => {
          const on = () => app.details.open({kind: "school", s});
          return el("li", {}, el("button", {type: "button", class: "gl-link-button", on}, app.schools.title(s)));
        });
        node.append(el("ul", {}, ...items));
      });
      return node;
    }
  }

  Object.assign(geolls, {Pairs});
})(globalThis.geolls);
