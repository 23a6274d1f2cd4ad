"""Land on paper: blocks as shapes in points, their fills, the lines between them, the schools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from geolls.maps.data import WHO_RUNS, Kind, LayerSpec, abroad, classify, rivers, say
from geolls.maps.drawn import Drawn
from geolls.maps.print.svg import circle, clean, inks, joined, line_path, number, stroked
from geolls.maps.styles import (
    LINES,
    PATTERNS,
    RIVER,
    SITE,
    SYMBOLS,
    Line,
    Mark,
    Stroke,
    band_width,
)
from geolls.maps.topology import SEA, segments

__all__ = [
    "Box",
    "Face",
    "Faces",
    "Land",
    "View",
    "attrs",
    "fill",
    "footprint",
    "grown",
    "link_or_hull",
    "marks",
    "outline",
    "schools",
    "symbol",
]

Floats = np.ndarray[Any, np.dtype[np.float64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom, in points."""

FINE = 10_000  # a point has so many steps, in which neighbours share their vertices


def grown(box: Box, by: float) -> Box:
    """Return a box larger by so much on every side."""
    return box[0] - by, box[1] - by, box[2] + by, box[3] + by


def fill(name: str) -> str:
    """Return the paint of a fill: a class, a pattern or plain land."""
    if name in PATTERNS:
        return f"url(#gl-{name})"
    return inks()[{"none": "land", "home": "r1", "far": "paper"}.get(name, name)]


def attrs(line: Line, stroke: Stroke) -> str:
    """Return dashes and caps of a line as SVG attributes."""
    dashes = f' stroke-dasharray="{stroke.dash}"' if stroke.dash else ""
    return dashes + (' stroke-linecap="round"' if line.round and stroke is line.near else "")


_WITHOUT = {-1: "cross", -2: "bare"}


class Face(NamedTuple):
    """A piece of land with one fill."""

    blocks: list[int]
    unit: int  # position among the layer's units; beyond them a mix, below 0 a reason
    code: str
    said: str
    fill: str
    inside: bool
    low: bool
    radius: float  # of its circle, where a count is shown; 0 for none


class Faces:
    """The pieces that are filled; shared or unclaimed land is told apart by the areas.

    Parameters
    ----------
    drawn : Drawn
        The map.
    """

    def __init__(self, drawn: Drawn) -> None:
        self.drawn, self.measure = drawn, drawn.measure
        self.cover, base = drawn.cover(drawn.active), drawn.cover(drawn.areas)
        self.classes = classify(self.measure, self.cover.codes) if self.measure else []
        self.plain = "far" if drawn.england else "none"
        groups: dict[tuple[int, int | None], list[int]] = {}
        for b, u in enumerate(self.cover.of):
            apart = not 0 <= u < len(self.cover.codes)
            groups.setdefault((u, base.of[b] if apart else None), []).append(b)
        self.list = []
        for (u, under), blocks in groups.items():
            within = "" if under is None or base is self.cover else base.name(under)
            inside = bool(drawn.inside[blocks].any())
            paint = self._fill(u) if inside else "other"
            self.list.append(
                Face(
                    blocks,
                    u,
                    "+".join(self.cover.codes[c] for c in self.cover.claimants(u) if c >= 0),
                    ": ".join(filter(None, (within, self.cover.name(u), self._value(u)))),
                    self.plain if paint in SYMBOLS else paint,
                    inside,
                    not set(self.cover.low).isdisjoint(blocks),
                    SYMBOLS.get(paint, 0.0),
                )
            )

    def _fill(self, unit: int) -> str:
        recipe, one = self.drawn.recipe, unit < len(self.cover.codes)
        if recipe.shade.startswith("coverage:"):
            return _WITHOUT.get(unit, "r2" if one else "stripe")
        if self.measure is None:
            at_home = recipe.scope == "trust" and unit == self.drawn.home
            return "home" if at_home else self.plain
        if one and unit >= 0:
            return self.class_fill(self.classes[unit])
        told = ("not_found" if one else "shared") in recipe.patterns
        return _WITHOUT.get(unit, "stripe") if told else self.plain

    def class_fill(self, c: int) -> str:
        """Return the fill of a class of the shaded measure."""
        if c < 0 or self.measure is None:
            few = c == -2 and "too_few" in self.drawn.recipe.patterns
            return "dots" if few else "blank"
        return self.measure.paints[c]

    def _value(self, unit: int) -> str:
        """Write a unit's value as every map writes it."""
        m = self.measure
        if m is None or not 0 <= unit < len(self.cover.codes):
            return ""
        value = say(m.said(self.cover.codes[unit]), m.format)
        return f"fewer than {m.few} schools" if self.classes[unit] == -2 else value


@dataclass(frozen=True)
class View:
    """From metres on the National Grid to points on paper; north is up.

    Parameters
    ----------
    west, north : float
        What lies at the box's top left corner, EPSG:27700.
    scale : float
        Points a metre.
    box : Box
        What may be drawn on.
    """

    west: float
    north: float
    scale: float
    box: Box

    def __call__(self, xy: Any) -> Floats:
        """Return positions in metres as positions in points."""
        moved = np.asarray(xy, float) - (self.west, self.north)
        return np.asarray(moved * (self.scale, -self.scale) + self.box[:2])

    @staticmethod
    def fit(focus: Box, box: Box) -> View:
        """Show a rectangle of land (west, south, east, north) in the middle of a box."""
        (west, south, east, north), w, h = focus, box[2] - box[0], box[3] - box[1]
        scale = min(w / (east - west), h / (north - south))
        spare_x, spare_y = w / scale - (east - west), h / scale - (north - south)
        return View(west - spare_x / 2, north + spare_y / 2, scale, box)


class Land:
    """The blocks of a map on paper, and the lines between them, each once.

    Parameters
    ----------
    faces : Faces
        What is filled, of which map.
    view : View
        Where on paper.
    only : sequence of int, optional
        Positions of the blocks to draw; default those in view.

    Attributes
    ----------
    shapes : ndarray of MultiPolygon
        Every block on paper; only those of `seen` are simplified.
    seen : ndarray of int
        Positions of the blocks that are drawn.
    """

    def __init__(self, faces: Faces, view: View, only: Sequence[int] | None = None) -> None:
        self.faces, self.drawn, self.view, self.only = faces, faces.drawn, view, only
        self.country = self.drawn.england
        self.shapes = shapely.transform(self.drawn.data.blocks.geometry.to_numpy(), view)
        frame = shapely.box(*grown(view.box, 30))  # a line may come in from outside
        boxes = shapely.box(*shapely.bounds(self.shapes).T)
        seen = np.flatnonzero(shapely.intersects(frame, boxes))
        self.seen = seen if only is None else np.intersect1d(seen, only)
        drawn = shapely.coverage_simplify(self.shapes[self.seen], 0.2)
        self.shapes[self.seen] = _trimmed(drawn)

    def union(self, blocks: Iterable[int]) -> Any:
        """Return one shape of several blocks, as far as they are drawn."""
        return shapely.coverage_union_all(self.shapes[np.intersect1d(list(blocks), self.seen)])

    def _clipped(self, shape: Any) -> Any:
        """Cut a shape to a little more than the frame; a country is drawn whole."""
        return shape if self.country else shapely.clip_by_rect(shape, *grown(self.view.box, 4))

    # ---- lines: each stretch of border once, whichever layers run along it

    @cached_property
    def _stretches(self) -> tuple[Floats, Any, Any]:
        """Return each stretch of border with the block on either side (-1: none drawn)."""
        ends, left, right = segments(self.shapes[self.seen], lambda xy: xy * FINE)
        at = np.append(self.seen, SEA)
        return ends / FINE, at[left], at[right]

    def between(self, groups: Any, within: Any = None) -> Bools:
        """Tell which stretches part two groups of blocks; `within` keeps those inside a set."""
        (_, one, two), of = self._stretches, np.asarray(groups)
        parts: Bools = ~self.outer & (of[one] != of[two])
        return parts if within is None else parts & within[one] & within[two]

    @cached_property
    def outer(self) -> Bools:
        """Which stretches have land on one side only."""
        _, one, two = self._stretches
        return np.asarray(np.minimum(one, two) < 0)

    def lines(self, stretches: Bools) -> str:
        """Return path data of some stretches, joined end to end."""
        ends = self._stretches[0][stretches]
        return self._path(shapely.line_merge(shapely.multilinestrings(shapely.linestrings(ends))))

    def _path(self, shape: Any) -> str:
        """Return path data of lines, or of rings of land, as far as they are in the frame."""
        parts = shapely.get_parts(self._clipped(shape))
        closed = shape.geom_type.endswith("Polygon")
        lines = shapely.get_rings(parts) if closed else parts
        return line_path(map(shapely.get_coordinates, lines), closed=closed)

    # ---- schools

    @cached_property
    def schools(self) -> pd.DataFrame:
        """The schools that are marked, with their place on paper."""
        table = self.drawn.marked
        if self.only is not None and "block" in table:
            table = table[table["block"].map(self.drawn.data.topology.at).isin(self.only)]
        px, py = self.view(table[["easting", "northing"]].to_numpy(float)).T
        table = table.assign(px=px, py=py)
        return table if table.empty else table.sort_values(["py", "px", "urn"])

    # ---- ink

    def ground(self) -> list[str]:
        """Draw land, shading, doubt, hairlines, neighbours' edge and coast."""
        c, drawn, bright, pale, home = inks(), self.drawn, "", "", ""
        for face in self.faces.list:
            d = self._path(self.union(face.blocks))
            if d and face.inside:
                bright += (
                    f'<path data-code="{clean(face.code)}" fill="{fill(face.fill)}" '
                    f'd="{d}"><title>{clean(face.said)}</title></path>'
                )
                home += stroked(d, c["accent"], 1.5) if face.fill == "home" else ""
            else:
                pale += d
        out = ["" if drawn.recipe.hexagons else self._abroad()]
        if pale:
            out.append(f'<path class="pale" fill="{c["other"]}" d="{pale}"/>')
        out.append(f'<g class="faces" fill-rule="evenodd">{bright}</g>{home}')
        low = [b for b in self.faces.cover.low if drawn.inside[b]]
        if low and drawn.recipe.shade and "low_confidence" in drawn.recipe.patterns:
            d = self._path(self.union(low))
            out.append(f'<path class="low" fill="{fill("hatch")}" fill-rule="evenodd" d="{d}"/>')
        far = 0.75 / self.view.scale >= RIVER
        if drawn.recipe.cities and self.country and not self.only and far:
            d = line_path([self.view(line) for line in rivers()], closed=False)
            out.append(stroked(d, c["river"], 0.8, ' class="rivers"'))
        if drawn.recipe.shade:
            group = {b: i for i, face in enumerate(self.faces.list) for b in face.blocks}
            hairs = self.between([group[b] for b in range(len(group))], drawn.inside)
            out.append(stroked(self.lines(hairs), c["hair"], 0.55))
        if not self.country:
            edge = self.between(drawn.cover(drawn.authorities).of)
            out.append(stroked(self.lines(edge), c["edge"], 0.65))
        return [*out, stroked(self.lines(self.outer), c["coast"], 0.6 if self.country else 0.75)]

    def symbols(self) -> list[str]:
        """Draw a circle for each count, the small ones above, and the lead schools."""
        drawn = sorted((f for f in self.faces.list if f.radius), key=lambda f: -f.radius)
        shapes = ((face, self.union(face.blocks)) for face in drawn)
        circles = [
            symbol(*_middle(shape), face.radius) for face, shape in shapes if not shape.is_empty
        ]
        sites = self.drawn.data.sites
        if sites is None:
            return circles
        xy = self.view(sites[["easting", "northing"]].to_numpy(float))
        (left, top, right, bottom), (x, y) = self.view.box, xy.T
        shown = xy[(left < x) & (x < right) & (top < y) & (y < bottom)]
        return [*circles, marks(SITE, shown, 1.0, key="lead")]

    def _abroad(self) -> str:
        """Draw land outside England."""
        c, shape = inks(), shapely.simplify(shapely.transform(abroad(), self.view), 0.4)
        if self.country:  # no frame cuts it
            shape = shapely.intersection(shape, shapely.box(*self.view.box))
        ground, coast = ("paper", "rule") if self.country else ("other", "coast")
        d = self._path(shape)
        return f'<path d="{d}" fill="{c[ground]}" stroke="{c[coast]}" stroke-width=".6"/>'

    def outlines(self) -> list[str]:
        """Draw the lines of the layers that are on, so that none hides another."""
        on = [s for s in self.drawn.layers if s.key in self.drawn.on]
        on.sort(key=lambda s: list(LINES).index(s.style))
        return [
            f'<g class="outline" data-layer="{clean(spec.key)}">{ink}</g>'
            for spec, ink in zip(on, self._banded(on), strict=True)
        ]

    def _border(self, spec: LayerSpec) -> Bools:
        """Tell which stretches part units of a layer that are on the map; the coast is no line."""
        cover, drawn = self.drawn.cover(spec), self.drawn
        if self.country:
            return self.between(cover.of)
        if spec.style == "district":
            return self.between(cover.of, drawn.inside)
        units = chain(*(cover.blocks_of(unit) for unit in drawn.units_here(spec)))
        ours = np.isin(np.arange(len(cover.of) + 1), list(units))  # at -1, the last, is no block
        _, one, two = self._stretches
        return np.asarray(self.between(cover.of) & (ours[one] | ours[two]))

    def _banded(self, on: Sequence[LayerSpec]) -> Iterator[str]:
        """Draw lines on the border itself: of several, each lower one shows on both sides."""
        far, page = self.country, inks()["page"]
        borders = {spec.key: self._border(spec) for spec in on}
        stack = [borders[spec.key] for spec in on if spec.style != "district"]
        many = np.sum(stack, axis=0)
        for spec in on:
            line, border = LINES[spec.style], borders[spec.key]
            stroke, ink, out = line.far if far else line.near, inks()[line.ink], ""
            if spec.style == "district":
                yield stroked(self.lines(border), ink, stroke.wide)
                continue
            stack.pop(0)
            before = np.sum(stack, axis=0) if stack else np.zeros(len(border), int)
            places = zip(before[border].tolist(), many[border].tolist(), strict=True)
            for n, of in sorted(set(places)):
                d = self.lines(border & (before == n) & (many == of))
                wide = band_width(n, of, far=far) if of > 1 else stroke.wide
                if n == of - 1:
                    out += stroked(d, page, wide + 1.2, ' stroke-opacity=".8"')
                out += stroked(d, ink, wide, attrs(line, stroke) if of == 1 else "")
            yield out


def symbol(x: float, y: float, radius: float) -> str:
    """Return the circle of a class of a count."""
    c = inks()
    return circle(x, y, radius, fill=c["r4"], fill_opacity=0.8, stroke=c["page"], stroke_width=0.6)


def _middle(shape: Any) -> tuple[float, float]:
    """Return a point well inside the largest part of a shape."""
    parts = shapely.get_parts(shape)
    point = shapely.point_on_surface(parts[shapely.area(parts).argmax()])
    return float(point.x), float(point.y)


def _trimmed(shapes: Any) -> Any:
    """Drop islands too small to see, keeping the largest part of each block."""
    parts, of = shapely.get_parts(shapes, return_index=True)
    area = pd.Series(shapely.area(parts))
    kept = (area > 0.35) | (area >= area.groupby(of).transform("max"))
    return shapely.multipolygons(parts[kept], indices=of[kept])


# ---------------------------------------------------------------- marks


MANY = 1_200  # more schools than this would hide the land as rings and discs


def schools(land: Land) -> list[str]:
    """Draw each school as the mark of its kind, the most common, or the rest, beneath."""
    table, kinds = land.schools, land.drawn.data.kinds
    order = kinds if kinds is WHO_RUNS else [*kinds][::-1]
    size, many = min(1.15, 0.45 + 0.16 * land.view.scale * 1000), len(table) > MANY
    ink = "".join(
        marks(kinds[key].mark, table.loc[table["kind"] == key, ["px", "py"]].to_numpy(), size,
              key=key, dots=many)
        for key in order
    )  # fmt: skip
    return [f'<g class="schools">{ink}</g>'] if ink else []


def marks(mark: Mark, xy: Floats, size: float, *, key: str = "", dots: bool = False) -> str:
    """Draw all schools of a kind as one path, a subpath each; as plain dots where they are many.

    Parameters
    ----------
    mark : Mark
        How one is drawn.
    xy : ndarray, shape (n, 2)
        Where, on paper.
    size : float
        Times the mark's own size.
    key : str
        The kind.
    dots : bool
        Whether those with a colour for it are drawn as dots.
    """
    if not len(xy):
        return ""
    r = mark.radius * size * (1.0 if mark.dot or not dots else 0.8)
    if dots and mark.dot:
        cap, wide = ("square", 1.6) if mark.shape == "square" else ("round", 1.9)
        paint = f'fill="none" stroke="{inks()[mark.dot]}" stroke-width="{number(wide * r, 2)}" '
        paint, shape, shift = f'{paint}stroke-linecap="{cap}"', "h0", [0.0, 0.0]
    else:
        paint, (shape, *shift) = _paint(mark, size), outline(mark.shape, r)
    # Every shape ends where it starts, so that the next, near by, is a short step from this one.
    xy = xy[np.lexsort((xy[:, 0], np.floor(xy[:, 1] / 4)))] + shift
    steps = np.diff(np.rint(xy * 10).astype(np.int64), axis=0, prepend=[[0, 0]])
    path = "".join(f"m{joined(x, y)}{shape}" for x, y in steps.tolist())
    return f'<path data-kind="{clean(key)}" data-n="{len(xy)}" {paint} d="{path}"/>'


def outline(shape: str, r: float) -> Any:
    """Return the path of a shape, and where it begins off its middle."""
    q, d = number(r, 2), number(2 * r, 2)
    disc = (f"a{q} {q} 0 1 0 {d} 0a{q} {q} 0 1 0-{d} 0z", -r, 0.0)
    arm, high = number(0.66 * r, 2), number(1.75 * r, 2)
    plus = f"h{arm}v{arm}h{arm}v{arm}h-{arm}v{arm}h-{arm}v-{arm}h-{arm}v-{arm}h{arm}z"
    return {
        "ring": disc,
        "disc": disc,
        "square": (f"h{d}v{d}h-{d}z", -r, -r),
        "diamond": (f"l{q} {q}-{q} {q}-{q}-{q}z", 0.0, -r),
        "triangle": (f"l{q} {high}h-{d}z", 0.0, -r),
        "down": (f"l{q}-{high}h-{d}z", 0.0, r),
        "plus": (plus, -0.33 * r, -r),
        "cross": (f"l{d} {d}m0-{d}l-{d} {d}m0-{d}", -r, -r),
    }[shape]


def _paint(mark: Mark, size: float) -> str:
    ink, land, thin = inks()[mark.ink], inks()["land"], number(0.75 * size, 2)
    if mark.rim:
        return f'fill="{ink}" stroke="{inks()[mark.rim]}" stroke-width="{thin}"'
    cased = f' stroke="{land}" stroke-width="{number(0.9 * size, 2)}" paint-order="stroke"'
    return {
        "ring": f'fill="{land}" stroke="{ink}" stroke-width="{thin}"',
        "cross": f'fill="none" stroke="{ink}" stroke-width=".8"',
        "square": f'fill="{ink}"',
    }.get(mark.shape, f'fill="{ink}"{cased}')


def link_or_hull(name: str, d: str) -> str:
    """Draw a trust's links or its hull."""
    if name == "link":
        return stroked(d, inks()["elsewhere"], 0.75, ' stroke-opacity=".6"')
    return stroked(d, inks()["ink"], 1.05, ' stroke-dasharray="1.5 3"')


def footprint(land: Land) -> list[str]:
    """Draw a trust's hull, and the links of its schools elsewhere to the home point."""
    data, table = land.drawn.data, land.schools
    if land.drawn.recipe.scope != "trust" or table.empty:
        return [_around(land, kind, key) for key, kind in data.kinds.items() if kind.whole]
    hull = shapely.convex_hull(shapely.multipoints(table[["px", "py"]].to_numpy()))
    out = [link_or_hull("hull", line_path([shapely.get_coordinates(hull)], closed=True))]
    trusts = pd.DataFrame() if data.trusts is None else data.trusts
    columns = ["home_easting", "home_northing"]
    home = trusts.reindex(index=[data.trust], columns=columns).to_numpy(float)[0]
    if np.isfinite(home).all():
        x, y = land.view(home).tolist()
        away = table.loc[table["kind"] == "trust_based_elsewhere", ["px", "py"]].to_numpy()
        out.append(link_or_hull("link", line_path([[(x, y), p] for p in away], closed=False)))
        for ink, wide in (("page", 3.6), ("ink", 1.5)):
            out.append(circle(x, y, 7, fill="none", stroke=inks()[ink], stroke_width=wide))
    return out


def _around(land: Land, kind: Kind, key: str) -> str:
    """Draw the outline round the schools of a group, in its ink; none round fewer than three."""
    xy = land.schools.loc[land.schools["kind"] == key, ["px", "py"]].to_numpy(float)
    if len(xy) < 3:
        return ""
    hull = shapely.get_coordinates(shapely.convex_hull(shapely.multipoints(xy)))
    d = line_path([hull], closed=True)
    return stroked(d, inks()[kind.mark.ink], 0.9, ' stroke-dasharray="1.2 2.2"')
