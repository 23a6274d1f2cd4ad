"""Words on a printed map: names, numbers, cities and findings, set so that none hides another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from geolls.maps.data import Callout, LayerSpec
from geolls.maps.print.land import STROKES, Box, Floats, Land
from geolls.maps.print.svg import Run, inks, line, number, text, width, wrap
from geolls.maps.styles import CITIES
from geolls.maps.topology import eastnorth

__all__ = ["Label", "Room", "callouts", "labels", "put", "short"]


@dataclass(frozen=True, slots=True)
class Label:
    """Words that want a place near a point.

    Parameters
    ----------
    x, y : float
        The point, on paper.
    lines : list of lines
        What is said.
    rank : float
        Higher is placed first.
    size : float
        Type size.
    ink, halo : str
        Colours of the letters and of what surrounds them.
    spot : {"on", "round", "dot", "margin"}
        On the point, round it, beside a dot, or off the land with a line to `shape`.
    shape : Polygon, optional
        The unit's land, for "margin".
    """

    x: float
    y: float
    lines: list[list[Run]]
    rank: float
    size: float
    ink: str = "ink"
    halo: str = "land"
    spot: Literal["on", "round", "dot", "margin"] = "on"
    shape: Any = None

    @property
    def wide(self) -> float:
        """Width of the widest line."""
        space = width(" ", self.size)
        return max(
            sum(width(t, self.size, b) for t, b in row) + space * (len(row) - 1)
            for row in self.lines
        )

    @property
    def high(self) -> float:
        """Height of all lines."""
        return self.size * 1.18 * len(self.lines)

    def draw(self, x: float, y: float) -> list[str]:
        """Return the words, their middle at a point."""
        c, lead = inks(), self.size * 1.18
        top = y - self.high / 2 + self.size * 0.95
        return [
            text(x, top + lead * i, row, self.size, c[self.ink], anchor="middle", halo=c[self.halo])
            for i, row in enumerate(self.lines)
        ]


@dataclass
class Room:
    """The map's box, what of it is taken, and the marks better not covered.

    Parameters
    ----------
    box : Box
        What may be written on.
    land : shapely geometry, optional
        What names in the margin keep clear of.
    marks : ndarray, shape (n, 2)
        Schools.
    taken, leaders : list
        What is written already, and the lines that lead to it.
    apart : Box, optional
        What is drawn again at a larger scale, with its names there.
    """

    box: Box
    land: Any = None
    marks: Floats = field(default_factory=lambda: np.empty((0, 2)))
    taken: list[Box] = field(default_factory=list)
    leaders: list[Any] = field(default_factory=list)
    apart: Box | None = None

    def free(self, b: Box) -> bool:
        """Tell whether a box is on the map and nothing is written in it."""
        x0, y0, x1, y1 = self.box
        if b[0] < x0 or b[1] < y0 or b[2] > x1 or b[3] > y1:
            return False
        return not any(
            b[0] < t[2] and t[0] < b[2] and b[1] < t[3] and t[1] < b[3] for t in self.taken
        )

    def twice(self, label: Label) -> bool:
        """Tell whether a label's point is shown again elsewhere."""
        b = self.apart
        return b is not None and b[0] < label.x < b[2] and b[1] < label.y < b[3]

    def covers(self, b: Box) -> int:
        """Count the marks a box would cover."""
        x, y = self.marks[:, 0], self.marks[:, 1]
        return int(((x > b[0]) & (x < b[2]) & (y > b[1]) & (y < b[3])).sum())


def put(wanted: Sequence[Label], room: Room) -> list[str]:
    """Set labels greedily, the highest rank first; one that fits nowhere is left out.

    Parameters
    ----------
    wanted : sequence of Label
        What to say.
    room : Room
        Where; what is set is taken from it.

    Returns
    -------
    list of str
        SVG elements.
    """
    out: list[str] = []
    for label in sorted(wanted, key=lambda m: (-m.rank, m.lines)):
        found = None if label.spot == "on" and room.twice(label) else _spot(label, room)
        if found is None:
            continue
        x, y = found
        room.taken.append(_box(label, x, y))
        if label.spot == "dot":
            at = f'cx="{number(label.x)}" cy="{number(label.y)}"'
            out.append(f'<circle {at} r="1.5" fill="{inks()["ink"]}"/>')
        way = _leader(label, x, y) if label.spot == "margin" else None
        if way is not None:
            room.leaders.append(way)
            out += _drawn(way, inks()[label.ink])
        out += label.draw(x, y)
    return out


def _box(label: Label, x: float, y: float) -> Box:
    w, h = label.wide / 2 + 1.5, label.high / 2
    return x - w, y - h, x + w, y + h


def _spot(label: Label, room: Room) -> tuple[float, float] | None:
    """Return where a label stands best: free, then off the marks, then near."""
    best: tuple[float, tuple[float, float]] | None = None
    for i, (x, y) in enumerate(_margin(label, room) if label.spot == "margin" else _near(label)):
        box = _box(label, x, y)
        if not room.free(box):
            continue
        if not _clear(label, x, y, room):
            continue
        if label.spot != "on":
            return x, y
        cost = 3 * room.covers(box) + i
        if best is None or cost < best[0]:
            best = cost, (x, y)
    return None if best is None else best[1]


def _near(label: Label) -> Iterator[tuple[float, float]]:
    """Yield the middles a label may have, best first."""
    x, y, w, h = label.x, label.y, label.wide, label.high
    if label.spot == "dot":
        steps = [(w / 2 + 4, 0.0), (-w / 2 - 4, 0.0)]
    elif label.spot == "round":
        steps = []
        for r in (10, 15, 21, 29, 38):
            side = w / 2 + r - 4
            steps += [(0, -r), (0, r), (side, 0), (-side, 0)]
            steps += [(w / 2, -r), (-w / 2, -r), (w / 2, r), (-w / 2, r)]
    else:
        steps = [(0, 0), (0, -h * 0.5), (0, h * 0.5), (0, -h * 1.02), (0, h * 1.02)]
        steps += [(w * 0.35, 0), (-w * 0.35, 0), (w * 0.35, -h * 1.02), (-w * 0.35, -h * 1.02)]
        steps += [(w * 0.35, h * 1.02), (-w * 0.35, h * 1.02)]
    return iter([(x + dx, y + dy) for dx, dy in steps])


def _margin(label: Label, room: Room) -> Iterator[tuple[float, float]]:
    """Yield middles off the land, the nearest to the unit's own land first."""
    import shapely

    w, h = label.wide, label.high
    xs = np.arange(room.box[0] + w / 2 + 2, room.box[2] - w / 2 - 2, 9.0)
    ys = np.arange(room.box[1] + h / 2 + 2, room.box[3] - h / 2 - 2, 9.0)
    x, y = (a.ravel() for a in np.meshgrid(xs, ys))
    boxes = shapely.box(x - w / 2 - 6, y - h / 2 - 3, x + w / 2 + 6, y + h / 2 + 3)
    off = ~shapely.intersects(room.land, boxes)
    gap = shapely.distance(boxes[off], label.shape)
    # Of two equally near, the one level with the middle of the unit.
    order = np.argsort(np.round(gap) * 4 + np.abs(y[off] - label.y), kind="stable")
    return iter(zip(x[off][order].tolist(), y[off][order].tolist(), strict=True))


def _leader(label: Label, x: float, y: float) -> Any:
    """Return the line from a label to its unit; None where it stands right beside it."""
    import shapely

    inner = shapely.buffer(label.shape, -9)
    box = shapely.box(*_box(label, x, y))
    way = shapely.shortest_line(box, label.shape if inner.is_empty else inner)
    return None if way.length < 19 else way


def _clear(label: Label, x: float, y: float, room: Room) -> bool:
    """Tell whether a label and its leader cross no other label or leader."""
    import shapely

    box = shapely.box(*_box(label, x, y))
    if any(box.intersects(other) for other in room.leaders):
        return False
    way = _leader(label, x, y) if label.spot == "margin" else None
    if way is None:
        return True
    boxes = [shapely.box(*t) for t in room.taken]
    return not any(way.intersects(other) for other in (*room.leaders, *boxes))


def _drawn(way: Any, ink: str) -> list[str]:
    """Draw a leader: a cased line that ends in a dot."""
    import shapely

    (x0, y0), (x1, y1) = shapely.get_coordinates(way)
    dot = f'<circle cx="{number(x1)}" cy="{number(y1)}" r="1.7" fill="{ink}"/>'
    case = line(x0, y0, x1, y1, inks()["land"], 2.2, ' stroke-opacity=".8"')
    return [case, line(x0, y0, x1, y1, ink, 0.7), dot]


# ---------------------------------------------------------------- what is named


def labels(land: Land) -> list[Label]:
    """Return what a recipe names on its map, and the neighbours of a place.

    Parameters
    ----------
    land : Land
        The map on paper.

    Returns
    -------
    list of Label
        More than may fit.
    """
    drawn, out = land.drawn, []
    for key in drawn.recipe.labels:
        spec = land.layer(key)
        if spec is None:
            continue
        if land.country:
            out += _country(land, spec)
        elif drawn.recipe.scope == "trust":
            out += _trust(land, spec)
        else:
            out += _place(land, spec)
    if not land.country:
        out += _neighbours(land)
    elif drawn.recipe.cities:
        out += _cities(land)
    return out


def _rows(words: str, size: float, measure: float, *, bold: bool = False) -> list[list[Run]]:
    """Break a name between its words, never within one."""
    longest = max(width(word, size, bold) for word in words.split() or [""])
    return wrap([(words, bold)], size, max(measure, longest))


def short(spec: LayerSpec, name: str) -> str:
    """Return a unit's name without the words its layer's title already says."""
    for words in (spec.plural, spec.title):
        less = " ".join(name.replace(words, " ").split()).strip(" ,")
        if 2 < len(less) < len(name):
            return less
    return name


def _anchors(shapes: Sequence[Any]) -> list[tuple[float, float, float]]:
    """Return the point of each shape farthest from its border, and how far that is."""
    import shapely

    if not shapes:
        return []
    lines = shapely.maximum_inscribed_circle(np.array(shapes), tolerance=1.0)
    at = shapely.get_coordinates(shapely.get_point(lines, 0))
    return [
        (float(x), float(y), float(r)) for (x, y), r in zip(at, shapely.length(lines), strict=True)
    ]


def _visible(land: Land, spec: LayerSpec, among: Any) -> list[tuple[int, Any]]:
    """Return (position, largest part in the frame) of the units and mixes among some blocks."""
    import shapely

    of, frame = land.of(spec), shapely.box(*land.view.box)
    pool = np.isin(np.arange(of.size), land.seen) & (of >= 0) & among
    out = []
    for unit in np.unique(of[pool]).tolist():
        shape = land.union(np.flatnonzero(pool & (of == unit)))
        parts = shapely.get_parts(shape if land.country else shapely.intersection(shape, frame))
        area = shapely.area(parts)
        if area.max(initial=0) > 1:
            out.append((unit, parts[int(area.argmax())]))
    return out


def _country(land: Land, spec: LayerSpec) -> list[Label]:
    seen = _visible(land, spec, among=True)
    numbers = spec.units["number"].to_numpy() if "number" in spec.units else None
    out = []
    for (unit, _), (x, y, r) in zip(seen, _anchors([s for _, s in seen]), strict=True):
        if numbers is None:
            out.append(Label(x, y, _rows(land.unit_name(spec, unit), 7.5, 62), 1e6 + r, 7.5))
        else:
            words = " / ".join(f"{numbers[u]:.0f}" for u in land.claimants(spec, unit) if u >= 0)
            out.append(Label(x, y, [[(words, True)]], 1e9 + r, 8.6))
    return out


def _cities(land: Land) -> list[Label]:
    out = []
    for name, lat, lon in CITIES:
        x, y = land.view(eastnorth(lon, lat))
        out.append(Label(float(x), float(y), [[(name, False)]], 1e7, 7.8, spot="dot"))
    return out


def _place(land: Land, spec: LayerSpec) -> list[Label]:
    """Name the areas on the land, the units of other layers beside it with their schools."""
    if spec is land.drawn.areas:
        seen = _visible(land, spec, land.inside)
        at = _anchors([s for _, s in seen])
        return [
            Label(x, y, _rows(land.unit_name(spec, u), 8.8, 78, bold=True), 1e6 + r, 8.8)
            for (u, _), (x, y, r) in zip(seen, at, strict=True)
        ]
    if spec.key not in land.drawn.on:
        return []
    counts, ink = land.counts(spec), STROKES[spec.style].ink
    seen = [(u, s) for u, s in _visible(land, spec, land.inside) if u < len(spec.units)]
    out = []
    for (u, shape), (x, y, r) in zip(seen, _anchors([s for _, s in seen]), strict=True):
        lines = _rows(short(spec, land.unit_name(spec, u)), 8.6, 100, bold=True)
        if n := counts.get(u, 0):
            lines.append([(f"{n:,} {'school' if n == 1 else 'schools'} here", False)])
        out.append(Label(x, y, lines, 2e6 + r, 8.6, ink, "other", "margin", shape))
    return out


def _trust(land: Land, spec: LayerSpec) -> list[Label]:
    """Name each unit where the trust has schools, with how many, beside the middle of them."""
    if land.schools.empty:
        return []
    home = land.home if spec is land.drawn.areas else None
    out = []
    for u, rows in land.schools.groupby(land.units_of_schools(spec, land.schools)):
        words = [
            (land.unit_name(spec, int(u)), True),
            (f"home, {len(rows)}" if u == home else f"{len(rows)}", False),
        ]
        x, y = float(rows["px"].mean()), float(rows["py"].mean())
        out.append(Label(x, y, [words], 1e6 + len(rows), 8.4, spot="round"))
    return out


def _neighbours(land: Land) -> list[Label]:
    spec = land.authorities
    ours = {u for u, _ in _visible(land, spec, land.inside)}
    seen = [(u, s) for u, s in _visible(land, spec, among=True) if u not in ours]
    return [
        Label(x, y, _rows(land.unit_name(spec, u), 8.0, 66), r, 8.0, "ink3", "other")
        for (u, _), (x, y, r) in zip(seen, _anchors([s for _, s in seen]), strict=True)
    ]


# ---------------------------------------------------------------- findings in the margin


def callouts(land: Land, room: Room) -> list[str]:
    """Write up to four findings beside the land, each with a line to its unit.

    Parameters
    ----------
    land : Land
        The map on paper.
    room : Room
        Where; what is written is taken from it.

    Returns
    -------
    list of str
        SVG elements.
    """
    import shapely

    out: list[str] = []
    for call in land.drawn.data.callouts[:4]:
        spec = land.layer(call.layer)
        codes = list(map(str, spec.units.index)) if spec is not None else []
        if spec is None or call.unit_code not in codes:
            continue
        parts = shapely.get_parts(land.union(land.blocks_of(spec, codes.index(call.unit_code))))
        if len(parts):
            ((x, y, _),) = _anchors([parts[shapely.area(parts).argmax()]])
            out += _callout(land, room, call, x, y)
    return out


def _callout(land: Land, room: Room, call: Callout, x: float, y: float) -> list[str]:
    """Write one finding in the margin nearest to its point's height that is free."""
    import shapely

    left, ink = call.side == "left", inks()["ink"]
    rows = [*wrap([(call.title, True)], 8.6, 112), *wrap(call.text, 8.2, 112)]
    wide = max(sum(width(t, 8.6, b) for t, b in row) for row in rows)
    high = 10.4 * len(rows)
    coast = shapely.get_coordinates(land.shapes[land.seen])

    def box(at: float) -> Box:
        near = coast[np.abs(coast[:, 1] - at) < high, 0]
        if left:
            end = max(room.box[0] + wide, (near.min() if near.size else x) - 16)
            return end - wide, at - high / 2, end, at + high / 2
        start = min(room.box[2] - wide, (near.max() if near.size else x) + 16)
        return start, at - high / 2, start + wide, at + high / 2

    heights = [y + step * side for step in range(0, 160, 8) for side in (1, -1)]
    at = next((h for h in heights if room.free(box(h))), y)
    spot = box(at)
    room.taken.append(spot)
    tx, anchor = (spot[2], "end") if left else (spot[0], "start")
    return [
        line(tx + (4 if left else -4), at, x, y, ink, 0.7),
        f'<circle cx="{number(x)}" cy="{number(y)}" r="1.7" fill="{ink}"/>',
        *(
            text(
                tx, spot[1] + 8 + 10.4 * i, row, 8.6 if row[0][1] else 8.2, ink,
                anchor=anchor, halo=inks()["page"],
            )
            for i, row in enumerate(rows)
        ),
    ]  # fmt: skip
