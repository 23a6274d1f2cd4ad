"""Words on a printed map: names, numbers, cities and findings, set so that none hides another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from math import cos, dist, pi, sin
from typing import Any, Literal, NamedTuple

import numpy as np
import shapely

from geolls.maps.data import Callout, LayerSpec
from geolls.maps.drawn import schools_of
from geolls.maps.print.land import Box, Floats, Land, grown
from geolls.maps.print.svg import Run, circle, inks, line, text, width, wrap
from geolls.maps.styles import CITY, LINES, SPREAD, TOWN
from geolls.study.towns import towns

__all__ = ["Label", "Room", "callouts", "labels", "put", "short"]

Point = tuple[float, float]
AGAIN = 68.0  # within so many points a name is not said twice


class Label(NamedTuple):
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
    spot : {"here", "on", "near", "round", "dot", "margin"}
        On the point alone, on its land, there or as near as there is room, round the point,
        beside a dot, off the land.
    shape : Polygon, optional
        The unit's land: words on it need no line to it, words "on" it stand nowhere else.
    """

    x: float
    y: float
    lines: list[list[Run]]
    rank: float
    size: float
    ink: str = "ink"
    halo: str = "land"
    spot: Literal["here", "on", "near", "round", "dot", "margin"] = "on"
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

    def box(self, at: Point) -> Box:
        """Return what the words cover with their middle at a point."""
        (x, y), w, h = at, self.wide / 2 + 1.5, self.high / 2
        return x - w, y - h, x + w, y + h

    def draw(self, at: Point) -> list[str]:
        """Return the words, their middle at a point."""
        x, y = at[0], at[1] - (self.high / 2 - self.size * 0.95)
        ink, halo = inks()[self.ink], inks()[self.halo]
        return [
            text(x, y + self.size * 1.18 * i, row, self.size, ink, anchor="middle", halo=halo)
            for i, row in enumerate(self.lines)
        ]

    def leader(self, at: Point) -> Any:
        """Return the line from the words to their unit; None where they stand on it."""
        if self.shape is None or shapely.contains_xy(self.shape, *at):
            return None
        inner, box = shapely.buffer(self.shape, -9), shapely.box(*self.box(at))
        inner = shapely.Point(self.x, self.y) if inner.is_empty else inner
        way = shapely.shortest_line(box, inner)
        # Words that reach over the border still need a line to their land.
        return way if way.length else shapely.LineString([at, (self.x, self.y)])


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
    taken, leaders, said : list
        What is written already, the lines that lead to it, and each name with its middle.
    apart : Polygon, optional
        What is drawn again at a larger scale, with its names there.
    """

    box: Box
    land: Any = None
    marks: Floats = field(default_factory=lambda: np.empty((0, 2)))
    taken: list[Box] = field(default_factory=list)
    leaders: list[Any] = field(default_factory=list)
    apart: Any = None
    said: list[tuple[str, Point]] = field(default_factory=list)

    def free(self, b: Box) -> bool:
        """Tell whether a box is on the map and nothing is written in it."""
        x0, y0, x1, y1 = self.box
        inside = x0 <= b[0] and y0 <= b[1] and b[2] <= x1 and b[3] <= y1
        return inside and not any(
            b[0] < t[2] and t[0] < b[2] and b[1] < t[3] and t[1] < b[3] for t in self.taken
        )

    def covers(self, b: Box) -> int:
        """Count the marks a box would cover."""
        return int(((self.marks > b[:2]) & (self.marks < b[2:])).all(axis=1).sum())

    def clear(self, label: Label, at: Point) -> bool:
        """Tell whether a label and its leader cross no other label or leader."""
        box, way = shapely.box(*label.box(at)), label.leader(at)
        crossed = any(map(box.intersects, self.leaders))
        others = (*self.leaders, *(shapely.box(*t) for t in self.taken))
        return not crossed and (way is None or not any(map(way.intersects, others)))

    def spot(self, label: Label) -> Point | None:
        """Return where a label stands best: free, then off the marks, then near."""
        tried = (
            _margin(label, self)
            if label.spot == "margin"
            else [
                (label.x + (a * label.wide + dx), label.y + (b * label.high + dy))
                for a, dx, b, dy in _TRIED[label.spot]
            ]
        )
        if label.spot == "on" and label.shape is not None:
            tried = [at for at in tried if shapely.contains_xy(label.shape, *at)]
        fit = (at for at in tried if self.free(label.box(at)) and self.clear(label, at))
        if label.halo == "other" and self.land is not None:  # a neighbour stays beside the place
            fit = (at for at in fit if not shapely.box(*label.box(at)).intersects(self.land))
        if label.spot in {"on", "near"} and self.shown_apart(label):
            return None
        if label.spot == "dot":  # a town never covers a mark, nor is a name said twice
            names = (at for words, at in self.said if words == label.lines[0][0][0])
            if any(dist(at, (label.x, label.y)) < AGAIN for at in names):
                return None
            if not self.free(grown((label.x, label.y, label.x, label.y), 2)):
                return None
            fit = (at for at in fit if not self.covers(grown(label.box(at), 2)))
        if label.spot == "near":  # a number of a list stands somewhere, if over another's line
            return next(chain(fit, (at for at in tried if self.free(label.box(at)))), None)
        if label.spot not in {"here", "on"}:
            return next(fit, None)
        return min(
            fit, key=lambda at: 3 * self.covers(label.box(at)) + tried.index(at), default=None
        )

    def shown_apart(self, label: Label) -> bool:
        """Tell whether a label belongs to what is drawn again at a larger scale."""
        return self.apart is not None and bool(shapely.contains_xy(self.apart, label.x, label.y))


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
        at = room.spot(label)
        if at is None:
            continue
        room.taken.append(label.box(at))
        room.said.append((" ".join(words for row in label.lines for words, _ in row), at))
        if label.spot == "dot":
            dot = grown((label.x, label.y, label.x, label.y), 2)
            room.taken.append(dot)
            out += (
                [] if room.covers(dot) else [circle(label.x, label.y, 1.2, fill=inks()[label.ink])]
            )
        if (way := label.leader(at)) is not None:
            room.leaders.append(way)
            (x0, y0), (x1, y1) = shapely.get_coordinates(way)
            out.append(line(x0, y0, x1, y1, inks()["land"], 2.2, ' stroke-opacity=".8"'))
            out.append(line(x0, y0, x1, y1, inks()[label.ink], 0.7))
            out.append(circle(x1, y1, 1.7, fill=inks()[label.ink]))
        out += label.draw(at)
    return out


# Beside a dot: to the right and the left, above and below, and between.
_WAYS = ((1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 1), (-1, -1), (-1, 1))
# The middles a label may have, best first: each so many widths and points to the right, so many
# heights and points down.
_TRIED = {
    "here": ((0, 0, 0, 0),),
    "on": (
        *((0, 0, 0, 0), (0, 0, -0.5, 0), (0, 0, 0.5, 0), (0, 0, -1.02, 0), (0, 0, 1.02, 0)),
        *((0.35, 0, 0, 0), (-0.35, 0, 0, 0), (0.35, 0, -1.02, 0), (-0.35, 0, -1.02, 0)),
        *((0.35, 0, 1.02, 0), (-0.35, 0, 1.02, 0)),
    ),
    "near": (
        *((0, 0, 0, 0), (0.35, 0, 0, 0), (-0.35, 0, 0, 0), (0, 0, -0.5, 0), (0, 0, 0.5, 0)),
        *(
            (0, r * cos(turn * pi / 12), 0, r * sin(turn * pi / 12))
            for r in (14, 20, 28, 38, 50, 64, 80, 100, 120, 140)
            for turn in range(24)
        ),
    ),
    "dot": tuple(
        (across / 2, across * r, down / 2, down * (r - 1))
        for r in (4, 8, 13)
        for across, down in _WAYS
    ),
    "round": tuple(
        spot
        for r in (10, 15, 21, 29, 38)
        for spot in (
            *((0, 0, 0, -r), (0, 0, 0, r), (0.5, r - 4, 0, 0), (-0.5, 4 - r, 0, 0)),
            *((0.5, 0, 0, -r), (-0.5, 0, 0, -r), (0.5, 0, 0, r), (-0.5, 0, 0, r)),
        )
    ),
}


def _margin(label: Label, room: Room) -> list[Point]:
    """Return middles off the land, the nearest to the unit's own land first."""
    w, h = label.wide, label.high
    xs = np.arange(room.box[0] + w / 2 + 2, room.box[2] - w / 2 - 2, 9.0)
    ys = np.arange(room.box[1] + h / 2 + 2, room.box[3] - h / 2 - 2, 9.0)
    x, y = (a.ravel() for a in np.meshgrid(xs, ys))
    boxes = shapely.box(x - w / 2 - 6, y - h / 2 - 3, x + w / 2 + 6, y + h / 2 + 3)
    off = ~shapely.intersects(room.land, boxes)
    gap = shapely.distance(boxes[off], label.shape)
    # Of two equally near, the one level with the middle of the unit.
    order = np.argsort(np.round(gap) * 4 + np.abs(y[off] - label.y), kind="stable")
    return list(zip(x[off][order].tolist(), y[off][order].tolist(), strict=True))


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
    recipe = land.drawn.recipe
    names = {"england": _country, "trust": _trust, "place": _place}[recipe.scope]
    layers = filter(None, map(land.drawn.layer, recipe.labels))
    more = () if land.country else _neighbours(land)
    towns = _towns(land) if recipe.cities else ()
    if recipe.hexagons and land.drawn.active is land.drawn.areas:
        more = _in_hexagons(land)
    return [*chain.from_iterable(names(land, spec) for spec in layers), *more, *towns]


def _rows(words: str, size: float, measure: float, *, bold: bool = False) -> list[list[Run]]:
    """Break a name between its words, never within one."""
    longest = max(width(word, size, bold) for word in words.split() or [""])
    return wrap([(words, bold)], size, max(measure, longest))


def short(spec: LayerSpec, name: str) -> str:
    """Return a unit's name without the words its layer's title already says."""
    bare = (name.replace(words, " ").split() for words in (spec.plural, spec.title))
    less = (" ".join(words).strip(" ,") for words in bare)
    return next((words for words in less if 2 < len(words) < len(name)), name)


class _Seen(NamedTuple):
    """A unit in the frame: its name, its land, the point farthest from its border, how far."""

    unit: int
    name: str
    shape: Any
    x: float
    y: float
    r: float


def _anchor(shape: Any) -> tuple[Any, float, float, float]:
    """Return the largest part of a shape, its point farthest from its border, and how far."""
    part = max(shapely.get_parts(shape), key=shapely.area)
    radius = shapely.maximum_inscribed_circle(part, tolerance=1.0)
    x, y = shapely.get_coordinates(radius)[0].tolist()
    return part, x, y, radius.length


def _visible(land: Land, spec: LayerSpec, among: Any = True) -> Iterator[_Seen]:
    """Yield the units and mixes with land in the frame, among some blocks."""
    cover = land.drawn.cover(spec)
    of = np.array(cover.of)
    pool = np.isin(np.arange(of.size), land.seen) & (of >= 0) & among
    for unit in np.unique(of[pool]).tolist():
        shape = land.union(np.flatnonzero(pool & (of == unit)))
        if not land.country:
            shape = shapely.intersection(shape, shapely.box(*land.view.box))
        if max(shapely.area(shapely.get_parts(shape)), default=0.0) > 1:
            yield _Seen(unit, cover.name(unit), *_anchor(shape))


def _country(land: Land, spec: LayerSpec) -> Iterator[Label]:
    """Name the units, or number them where the layer has numbers."""
    number, cover = spec.units.get("number"), land.drawn.cover(spec)
    for s in _visible(land, spec):
        if number is None:
            yield Label(s.x, s.y, _rows(s.name, 7.5, 62), 1e6 + s.r, 7.5, shape=s.shape)
            continue
        numbers = [number.iloc[u] for u in cover.claimants(s.unit) if u >= 0]
        if all(n == n for n in numbers):
            words = " / ".join(f"{n:.0f}" for n in numbers)
            row: list[list[Run]] = [[(words, True)]]
            yield Label(s.x, s.y, row, 1e9 - s.r, 7.8, spot="near", shape=s.shape)


def _in_hexagons(land: Land) -> Iterator[Label]:
    """Name the areas whose name their hexagon holds."""
    for s in _visible(land, land.drawn.areas):
        lines = _rows(s.name, 7.5, 27)
        name = Label(s.x, s.y, lines, 1e6, 7.5, spot="here", shape=s.shape)
        if shapely.contains(shapely.buffer(s.shape, 1), shapely.box(*name.box((s.x, s.y)))):
            yield name


def _towns(land: Land) -> Iterator[Label]:
    """Name the towns that are large enough for the scale, beneath all else."""
    metres = 0.75 / land.view.scale  # of a pixel, which is so many points
    much, shown = metres > SPREAD[0], list[Point]()
    apart, least = 0.75 * SPREAD[1] * much, TOWN * metres * (1 + much)
    for town in towns()[lambda table: table["people"] >= least].itertuples():
        x, y = land.view(np.array([town.easting, town.northing])).tolist()
        if any(dist(at, (x, y)) < apart for at in shown):
            continue
        shown.append((x, y))
        size = 8.2 if town.people >= CITY else 7.5
        rank = town.people / 1e12
        yield Label(x, y, [[(town.name, False)]], rank, size, "ink2", spot="dot")


def _place(land: Land, spec: LayerSpec) -> Iterator[Label]:
    """Name the areas on the land, the units of other layers beside it with their schools."""
    drawn = land.drawn
    if spec is drawn.active and "how" in spec.units:  # pieces of land where two maps part
        parts = {} if drawn.measure is None else dict(drawn.parted(drawn.measure))
        codes = drawn.cover(spec).codes
        for s in _visible(land, spec, drawn.inside):
            if s.unit < len(codes) and codes[s.unit] in parts:
                row: list[list[Run]] = [[(schools_of(parts[codes[s.unit]]), True)]]
                yield Label(s.x, s.y, row, 1e9 - s.r, 8.6, spot="near", shape=s.shape)
    elif spec is drawn.areas:
        seen = list(_visible(land, spec, drawn.inside))
        # A lone area that has the name of its town is not named twice.
        twice = len(seen) == 1 and drawn.recipe.cities and seen[0].name in {*towns()["name"]}
        for s in () if twice else seen:
            yield Label(s.x, s.y, _rows(s.name, 8.8, 78, bold=True), 1e6 + s.r, 8.8, shape=s.shape)
    elif spec.key in drawn.on:
        counts, ink = drawn.counts(spec), LINES[spec.style].ink
        units = (s for s in _visible(land, spec, drawn.inside) if s.unit < len(spec.units))
        # Without its title a hub may be called as land is: then it keeps it.
        lands = {*drawn.areas.units["unit_name"], *drawn.authorities.units["unit_name"]}
        for s in units:
            bare = short(spec, s.name)
            lines = _rows(s.name if bare in lands else bare, 8.6, 100, bold=True)
            if s.unit in counts:
                lines.append([(f"{schools_of(counts[s.unit])} here", False)])
            yield Label(s.x, s.y, lines, 2e6 + s.r, 8.6, ink, "other", "margin", s.shape)


def _trust(land: Land, spec: LayerSpec) -> Iterator[Label]:
    """Name each unit where the trust has schools, with how many, beside the middle of them."""
    drawn, schools = land.drawn, land.schools
    home = drawn.home if spec is drawn.areas else None
    units, of = np.array(drawn.units_of(spec, schools), float), np.array(drawn.cover(spec).of)
    for unit in np.unique(units[~np.isnan(units)]).astype(int).tolist():
        rows = schools[units == unit]
        many = f"home, {len(rows)}" if unit == home else f"{len(rows)}"
        words = [(drawn.cover(spec).name(unit), True), (many, False)]
        x, y = float(rows["px"].mean()), float(rows["py"].mean())
        shape = land.union(np.flatnonzero(of == unit))
        yield Label(x, y, [words], 1e6 + len(rows), 8.4, spot="round", shape=shape)


def _neighbours(land: Land) -> Iterator[Label]:
    spec = land.drawn.authorities
    ours = {s.unit for s in _visible(land, spec, land.drawn.inside)}
    for s in _visible(land, spec):
        if s.unit not in ours:
            yield Label(s.x, s.y, _rows(s.name, 8.0, 66), s.r, 8.0, "ink3", "other", shape=s.shape)


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
    out: list[str] = []
    for call in land.drawn.callouts(land.drawn.recipe.shade):
        spec = land.drawn.layer(call.layer)
        cover = land.drawn.cover(spec) if spec else None
        if cover is None or call.unit_code not in cover.units:
            continue
        shape = land.union(cover.blocks_of(cover.units[call.unit_code]))
        out += () if shape.is_empty else _callout(land, room, call, *_anchor(shape)[1:3])
    return out


def _callout(land: Land, room: Room, call: Callout, x: float, y: float) -> Iterator[str]:
    """Write one finding beside the land, in the nearer margin if that has room near its height."""
    c, coast = inks(), shapely.get_coordinates(land.shapes[land.seen])
    rows = [*wrap([(call.title, True)], 8.6, 112), *wrap(call.text, 8.2, 112)]
    wide, high = max(sum(width(t, 8.6, b) for t, b in row) for row in rows), 10.4 * len(rows)

    def box(at: float, left: bool) -> Box:
        near = coast[np.abs(coast[:, 1] - at) < high, 0]
        edge = near.min(initial=x) - 16 - wide if left else near.max(initial=x) + 16
        return edge, at - high / 2, edge + wide, at + high / 2

    level = coast[np.abs(coast[:, 1] - y) < high, 0]
    gaps = {True: x - level.min(initial=x), False: level.max(initial=x) - x}
    near = gaps[True] < gaps[False]
    # The nearer margin, or the other where that is hardly farther: no line across the country.
    sides = (near, not near) if gaps[not near] < 2 * gaps[near] else (near,)
    steps = [step * side for step in range(0, 160, 8) for side in (1, -1)]
    for left, at in ((left, y + step) for left in sides for step in steps):
        spot = box(at, left)
        tx, anchor = (spot[2], "end") if left else (spot[0], "start")
        start = tx + (4 if left else -4)
        way = shapely.LineString([(start, at), (x, y)])
        meets = (way.intersects, shapely.box(*spot).intersects)
        if not room.free(spot) or any(meet(one) for meet in meets for one in room.leaders):
            continue
        room.taken.append(spot)
        room.leaders.append(way)
        room.said.append((call.title, (x, y)))
        yield line(start, at, x, y, c["ink"], 0.7)
        yield circle(x, y, 1.7, fill=c["ink"])
        for i, row in enumerate(rows):
            size, line_y = 8.6 if row[0][1] else 8.2, spot[1] + 8 + 10.4 * i
            yield text(tx, line_y, row, size, c["ink"], anchor=anchor, halo=c["page"])
        return
