"""Land on paper: blocks of a map as shapes in points, their fills, and the lines between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from geolls.maps.classes import classify, say
from geolls.maps.data import LayerSpec, Measure
from geolls.maps.drawn import Drawn
from geolls.maps.print.svg import clean, inks, line_path, stroked

__all__ = ["FAR", "PATTERNED", "STROKES", "Box", "Face", "Land", "Stroke", "View", "fill", "grown"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom, in points."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line style: colour token, width in points, dashes, points off the border (out is plus)."""

    ink: str
    wide: float
    dash: str = ""
    off: float = 0.0
    round: bool = False

    @property
    def attrs(self) -> str:
        """Dashes and caps as SVG attributes."""
        caps = ' stroke-linecap="round"' if self.round else ""
        return (f' stroke-dasharray="{self.dash}"' if self.dash else "") + caps


# The line styles of every map in points, 0.75 of their pixels on a screen.
STROKES: Mapping[str, Stroke] = {
    "authority": Stroke("council", 1.5),
    "district": Stroke("district", 0.7),
    "combined": Stroke("devolution", 1.6, "8.2 2.6 1.5 2.6", 3.3),
    "region": Stroke("devolution", 1.05, "1.5 2.2", 6.3),
    "teaching": Stroke("teaching", 1.4, "5.2 2.7", -3.0),
    "maths": Stroke("maths", 1.9, "0 3.8", -6.0, round=True),
    "hub": Stroke("hub", 1.35, "3 1.9", -6.0),
    "programme": Stroke("programme", 1.3, "6.8 2.2 2.2 2.2", -8.2),
}
# Where England fills the page the same styles are thinner, and lie on the border itself.
FAR: Mapping[str, Stroke] = {
    "authority": Stroke("council", 0.7),
    "district": Stroke("district", 0.45),
    "combined": Stroke("devolution", 1.0, "6 1.8 1.2 1.8"),
    "region": Stroke("devolution", 0.9, "1.2 1.6"),
    "teaching": Stroke("teaching", 0.9, "3 1.6"),
    "maths": Stroke("maths", 1.1),
    "hub": Stroke("hub", 0.9, "2.4 1.4"),
    "programme": Stroke("programme", 0.9, "4 1.4 1.4 1.4"),
}
ABOVE = ("programme", "region", "combined", "hub", "maths", "teaching", "district", "authority")
RAMP = {1: (3,), 2: (2, 4), 3: (1, 3, 5), 4: (1, 2, 4, 5), 5: (1, 2, 3, 4, 5)}
PATTERNED = frozenset({"cross", "bare", "stripe", "hatch", "dots"})
POLYGON = 3


def grown(box: Box, by: float) -> Box:
    """Return a box larger by so much on every side."""
    return box[0] - by, box[1] - by, box[2] + by, box[3] + by


def fill(name: str) -> str:
    """Return the paint of a fill: a class, a pattern or plain land."""
    if name in PATTERNED:
        return f"url(#gl-{name})"
    return inks()[{"none": "land", "home": "r1", "far": "paper"}.get(name, name)]


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
        shift = np.array([self.west, self.north])
        moved = (np.asarray(xy, float) - shift) * np.array([self.scale, -self.scale])
        return np.asarray(moved + np.array(self.box[:2]))

    @staticmethod
    def fit(focus: Box, box: Box) -> View:
        """Show a rectangle of land (west, south, east, north) in the middle of a box."""
        west, south, east, north = focus
        w, h = box[2] - box[0], box[3] - box[1]
        scale = min(w / (east - west), h / (north - south))
        spare_x, spare_y = w / scale - (east - west), h / scale - (north - south)
        return View(west - spare_x / 2, north + spare_y / 2, scale, box)


@dataclass(frozen=True, slots=True)
class Face:
    """A piece of land with one fill."""

    blocks: list[int]
    unit: int  # position among the layer's units; beyond them a mix, below 0 a reason
    fill: str
    inside: bool
    low: bool
    name: str


class Land:
    """The blocks of a map on paper, and the lines between them, each once.

    Parameters
    ----------
    drawn : Drawn
        A recipe resolved against its data.
    view : View
        Where on paper.
    only : sequence of int, optional
        Positions of the blocks to draw; default those in view.
    """

    def __init__(self, drawn: Drawn, view: View, only: Sequence[int] | None = None) -> None:
        self.drawn, self.view, self.only = drawn, view, only
        self.names = [str(b) for b in drawn.data.blocks.index]
        self.at = {b: i for i, b in enumerate(self.names)}
        self.country = drawn.recipe.scope == "england"

    # ---- shapes

    @cached_property
    def _shapes(self) -> tuple[Any, Any]:
        """Return every block on paper, and the positions of those that are drawn."""
        import shapely

        shapes = shapely.transform(self.drawn.data.blocks.geometry.to_numpy(), self.view)
        bounds = shapely.bounds(shapes)
        left, top, right, bottom = grown(self.view.box, 30)  # a line may come in from outside
        seen = (bounds[:, 2] > left) & (bounds[:, 0] < right)
        seen &= (bounds[:, 3] > top) & (bounds[:, 1] < bottom)
        if self.only is not None:
            seen &= np.isin(np.arange(len(shapes)), self.only)
        at = np.flatnonzero(seen)
        shapes[at] = _trimmed(shapely.coverage_simplify(shapes[at], 0.2))
        return shapes, at

    @property
    def shapes(self) -> Any:
        """Every block on paper; only those of `seen` are simplified."""
        return self._shapes[0]

    @property
    def seen(self) -> Any:
        """Positions of the blocks that are drawn."""
        return self._shapes[1]

    def union(self, blocks: Iterable[int]) -> Any:
        """Return one shape of several blocks, as far as they are drawn."""
        import shapely

        seen = set(self.seen.tolist())
        return shapely.coverage_union_all(self.shapes[[b for b in blocks if b in seen]])

    def clipped(self, shape: Any) -> Any:
        """Cut a shape to a little more than the frame; a country is drawn whole."""
        import shapely

        return shape if self.country else shapely.clip_by_rect(shape, *grown(self.view.box, 4))

    # ---- lines: each stretch of border once, whichever layers run along it

    @cached_property
    def _stretches(self) -> tuple[Floats, Any, Any]:
        """Return each stretch of border with the block on either side (-1: none drawn)."""
        import shapely

        parts, of_part = shapely.get_parts(self.shapes[self.seen], return_index=True)
        rings, of_ring = shapely.get_rings(parts, return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        key = np.rint(xy * 1000).astype(np.int64)
        key = key[:, 0] * (1 << 32) + key[:, 1]
        real = ring[:-1] == ring[1:]
        a, b = key[:-1][real], key[1:][real]
        owner = self.seen[of_part[of_ring[ring[:-1][real]]]]
        ends = np.stack([xy[:-1][real], xy[1:][real]], axis=1)
        order = np.lexsort((np.maximum(a, b), np.minimum(a, b)))
        low, high, owner, ends = (
            np.minimum(a, b)[order],
            np.maximum(a, b)[order],
            owner[order],
            ends[order],
        )
        fresh = np.append(True, (low[1:] != low[:-1]) | (high[1:] != high[:-1]))
        first = np.flatnonzero(fresh)
        many = np.diff(np.append(first, low.size))
        return (
            ends[first],
            owner[first],
            np.where(many > 1, owner[first + np.minimum(many, 2) - 1], -1),
        )

    def between(self, groups: Any, within: Any = None) -> Any:
        """Tell which stretches part two groups of blocks; `within` keeps those inside a set."""
        _, one, two = self._stretches
        of = np.asarray(groups)
        parts = (two >= 0) & (of[one] != of[two])
        return parts if within is None else parts & within[one] & within[two]

    @property
    def outer(self) -> Any:
        """Tell which stretches have land on one side only."""
        return self._stretches[2] < 0

    def lines(self, stretches: Any) -> str:
        """Return path data of some stretches, joined end to end."""
        import shapely

        ends = self._stretches[0][stretches]
        if not len(ends):
            return ""
        merged = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(ends)))
        parts = shapely.get_parts(self.clipped(merged))
        return line_path([shapely.get_coordinates(p) for p in parts], closed=False)

    # ---- what the land is about

    @cached_property
    def claims(self) -> dict[str, dict[str, Any]]:
        """By layer: the unit of each block, the mixes of units, the blocks in doubt."""
        return {s.key: vars(self.drawn.cover(s)) for s in self.drawn.layers}

    def of(self, spec: LayerSpec) -> Any:
        """Return the unit of each block: a position, a mix beyond, or a reason below 0."""
        return np.array(self.claims[spec.key]["of"])

    def layer(self, key: str) -> LayerSpec | None:
        """Return a layer of the map by its key."""
        return next((s for s in self.drawn.layers if s.key == key), None)

    @property
    def authorities(self) -> LayerSpec:
        """The layer whose edges and names the land round about has."""
        return self.layer("local_authority") or self.drawn.areas

    @cached_property
    def inside(self) -> Any:
        """Tell which blocks the map is about; the rest is drawn pale."""
        data = self.drawn.data
        out = np.full(len(self.names), self.country)
        if data.place is not None:
            out[[self.at[b] for b in data.place.blocks if b in self.at]] = True
        if self.drawn.recipe.scope == "trust":
            out |= np.isin(self.of(self.drawn.areas), list(self.counts(self.drawn.areas)))
        return out

    def claimants(self, spec: LayerSpec, unit: int) -> list[int]:
        """Return the units of a position: the unit itself, or those of a mix."""
        mixes: list[list[int]] = self.claims[spec.key]["mixes"]
        return mixes[unit - len(spec.units)] if unit >= len(spec.units) else [unit]

    def unit_name(self, spec: LayerSpec, unit: int) -> str:
        """Return a unit's name, a mix's names, or why there is none."""
        if unit < 0:
            return "No unit found in our lists" if unit == -1 else "Not covered"
        names = spec.units["unit_name"].to_numpy()
        return " and ".join(str(names[u]) for u in self.claimants(spec, unit) if u >= 0)

    def blocks_of(self, spec: LayerSpec, unit: int) -> list[int]:
        """Return the blocks a unit claims, shared ones too."""
        mixed = [
            len(spec.units) + i for i, m in enumerate(self.claims[spec.key]["mixes"]) if unit in m
        ]
        return np.flatnonzero(np.isin(self.of(spec), [unit, *mixed])).tolist()

    def units_met(self, spec: LayerSpec) -> list[int]:
        """Return the units with land in the place, or with schools of the trust."""
        if self.drawn.recipe.scope == "trust":
            return sorted(u for u in self.counts(spec) if u >= 0)
        of = self.of(spec)
        met = {v for u in np.unique(of[self.inside]) for v in self.claimants(spec, int(u))}
        return sorted(u for u in met if u >= 0)

    # ---- schools

    @cached_property
    def members(self) -> pd.DataFrame:
        """The schools of the trust, of the place, or of England; empty when the data has none."""
        data = self.drawn.data
        if data.schools is None:
            return pd.DataFrame({"block": [], "kind": []})
        if self.drawn.recipe.scope == "trust":
            return data.schools[data.schools["trust_uid"].astype(str) == data.trust]
        here = data.schools.get("here")
        return data.schools if here is None else data.schools[here.astype(bool)]

    @cached_property
    def schools(self) -> pd.DataFrame:
        """Those of them that are drawn, with their place on paper."""
        recipe, table = self.drawn.recipe, self.members
        if table.empty or not (recipe.schools_on or recipe.scope == "trust"):
            return pd.DataFrame()
        if recipe.scope != "trust":
            table = table[table["kind"].isin(recipe.schools)]
        table = table[table["easting"].notna() & table["northing"].notna()]
        if self.only is not None and "block" in table:
            table = table[table["block"].map(self.at).isin(self.only)]
        xy = self.view(table[["easting", "northing"]].to_numpy(float))
        return table.assign(px=xy[:, 0], py=xy[:, 1]).sort_values(["py", "px", "urn"])

    def units_of_schools(self, spec: LayerSpec, table: pd.DataFrame) -> pd.Series[Any]:
        """Return the unit of each school: its own where it is known, else its block's."""
        of = self.claims[spec.key]["of"]
        codes = {str(c): i for i, c in enumerate(spec.units.index)}
        blank = pd.Series(np.nan, index=table.index)
        under = (
            table["block"].map({b: of[i] for b, i in self.at.items()})
            if "block" in table
            else blank
        )
        own = table[spec.key].map(codes) if spec.key in table else blank
        return own.astype(float).fillna(under.astype(float)).dropna().astype(int)

    def counts(self, spec: LayerSpec) -> dict[int, int]:
        """Count the schools the map is about in each unit of a layer; a shared one in each."""
        out: dict[int, int] = {}
        if self.members.empty:
            return out
        units = self.units_of_schools(spec, self.members)
        for unit, n in units.value_counts().sort_index().items():
            for u in self.claimants(spec, int(unit)):  # type: ignore[call-overload]
                out[u] = out.get(u, 0) + int(n)
        return out

    # ---- faces

    @cached_property
    def measure(self) -> Measure | None:
        """The measure that is shaded."""
        shade = self.drawn.recipe.shade
        return next((m for m in self.drawn.measures if m.key == shade), None)

    @cached_property
    def active(self) -> LayerSpec:
        """The layer whose units are filled: the shaded one, else the recipe's."""
        covered = self.layer(self.drawn.recipe.shade.partition(":")[2])
        measured = self.layer(self.measure.layer) if self.measure is not None else None
        return measured or covered or self.drawn.areas

    @cached_property
    def classes(self) -> list[int]:
        """The class of each unit of the shaded measure: -1 no value, -2 too few schools."""
        return [] if self.measure is None else classify(self.measure, self.active.units.index)

    @cached_property
    def faces(self) -> list[Face]:
        """The pieces that are filled; shared or unclaimed land is told apart by the areas."""
        spec, base = self.active, self.drawn.areas
        base_of, low = self.claims[base.key]["of"], set(self.claims[spec.key]["low"])
        groups: dict[tuple[int, int | None], list[int]] = {}
        for b, u in enumerate(self.claims[spec.key]["of"]):
            apart = not 0 <= u < len(spec.units)
            groups.setdefault((u, base_of[b] if apart else None), []).append(b)
        out = []
        for (u, under), blocks in groups.items():
            inside, name = bool(self.inside[blocks].any()), self.unit_name(spec, u)
            if under is not None and spec is not base:
                name = f"{self.unit_name(base, under)}: {name}"
            doubt = not low.isdisjoint(blocks)
            out.append(Face(blocks, u, self._fill(u) if inside else "other", inside, doubt, name))
        return out

    def _fill(self, unit: int) -> str:
        recipe, shared = self.drawn.recipe, unit >= len(self.active.units)
        if recipe.shade.startswith("coverage:"):
            return {-1: "cross", -2: "bare"}.get(unit, "stripe" if shared else "r2")
        plain = "far" if self.country else "none"
        if self.measure is None:
            return "home" if recipe.scope == "trust" and unit == self.home else plain
        if unit < 0:
            asked = "not_found" in recipe.patterns
            return {-1: "cross", -2: "bare"}.get(unit, plain) if asked else plain
        if shared:
            return "stripe" if "shared" in recipe.patterns else plain
        return self.class_fill(self.classes[unit])

    @property
    def home(self) -> int | None:
        """The unit of the areas that is the trust's home."""
        data, names = self.drawn.data, list(self.drawn.areas.units["unit_name"].astype(str))
        if data.trusts is None or "home" not in data.trusts or data.trust not in data.trusts.index:
            return None
        home = str(data.trusts.at[data.trust, "home"])
        return names.index(home) if home in names else None

    def class_fill(self, c: int) -> str:
        """Return the fill of a class of the shaded measure."""
        m, plain = self.measure, "far" if self.country else "none"
        if c == -2:
            return "dots" if "too_few" in self.drawn.recipe.patterns else plain
        if c < 0 or m is None:
            return plain
        if m.format == "words" and m.fills:
            return plain if m.fills[c] == "none" else m.fills[c]
        many = len(m.classes) if m.format == "words" else len(m.breaks) + 1
        return f"r{RAMP[many][c]}"

    def value(self, face: Face) -> str:
        """Write a face's value as every map writes it."""
        m, spec = self.measure, self.active
        if m is None or not 0 <= face.unit < len(spec.units):
            return ""
        if self.classes[face.unit] == -2:
            return f"fewer than {m.few} schools"
        return say(m.values.reindex(spec.units.index).iloc[face.unit], m.format)

    def code(self, face: Face) -> str:
        """Return the codes of a face's units."""
        spec = self.active
        units = self.claimants(spec, face.unit)
        return "+".join(str(spec.units.index[u]) for u in units if u >= 0) if face.unit >= 0 else ""

    # ---- ink

    def ground(self) -> list[str]:
        """Draw land, shading, doubt, hairlines, neighbours' edge and coast."""
        c, out = inks(), [self._context()]
        pale, bright, home = [], [], ""
        for face in self.faces:
            d = _ring_path(self.clipped(self.union(face.blocks)))
            if not d:
                continue
            if not face.inside:
                pale.append(d)
                continue
            said = f"{face.name}: {v}" if (v := self.value(face)) else face.name
            bright.append(
                f'<path data-code="{clean(self.code(face))}" fill="{fill(face.fill)}" '
                f'd="{d}"><title>{clean(said)}</title></path>'
            )
            if face.fill == "home":
                home = stroked(d, c["accent"], 1.5)
        if pale:
            out.append(f'<path class="pale" fill="{c["other"]}" d="{"".join(pale)}"/>')
        out.append(f'<g class="faces" fill-rule="evenodd">{"".join(bright)}</g>{home}')
        low = [b for b in self.claims[self.active.key]["low"] if self.inside[b]]
        if low and self.drawn.recipe.shade and "low_confidence" in self.drawn.recipe.patterns:
            d = _ring_path(self.clipped(self.union(low)))
            out.append(f'<path class="low" fill="{fill("hatch")}" fill-rule="evenodd" d="{d}"/>')
        if self.drawn.recipe.shade:
            group = np.zeros(len(self.names), int)
            for i, face in enumerate(self.faces):
                group[face.blocks] = i
            out.append(stroked(self.lines(self.between(group, self.inside)), c["hair"], 0.55))
        if not self.country:
            edge = self.between(self.of(self.authorities))
            out.append(stroked(self.lines(edge), c["edge"], 0.65))
        out.append(stroked(self.lines(self.outer), c["coast"], 0.6 if self.country else 0.75))
        return out

    def _context(self) -> str:
        """Draw land outside England, where the data has it."""
        import shapely

        if self.drawn.data.context is None:
            return ""
        shape = shapely.simplify(shapely.transform(self.drawn.data.context, self.view), 0.4)
        d = _ring_path(shapely.clip_by_rect(shape, *grown(self.view.box, 4)))
        c = inks()
        return f'<path d="{d}" fill="{c["other"]}" stroke="{c["coast"]}" stroke-width=".6"/>'

    def outlines(self) -> list[str]:
        """Draw the lines of the layers that are on, so that none hides another."""
        on = [s for s in self.drawn.layers if s.key in self.drawn.on]
        on.sort(key=lambda s: ABOVE.index(s.style) if s.style in ABOVE else 0)
        pieces = self._stacked(on) if self.country else self._side_by_side(on)
        return [
            f'<g class="outline" data-layer="{clean(spec.key)}">{ink}</g>'
            for spec, ink in zip(on, pieces, strict=True)
        ]

    def _stacked(self, on: Sequence[LayerSpec]) -> list[str]:
        """Lines on the border itself: where several run, each lower one shows on both sides."""
        borders = [self.between(self.of(s)) for s in on]
        out = []
        for i, spec in enumerate(on):
            style, above = FAR[spec.style], np.zeros_like(borders[i], int)
            for over in borders[i + 1 :]:
                above += over
            ink = ""
            for n in range(int(above[borders[i]].max(initial=0)), -1, -1):
                d = self.lines(borders[i] & (above == n))
                wide = style.wide + 1.5 * n
                ink += stroked(d, inks()["page"], wide + 1.0, ' stroke-opacity=".75"')
                ink += stroked(d, inks()[style.ink], wide, "" if n else style.attrs)
            out.append(ink)
        return out

    def _side_by_side(self, on: Sequence[LayerSpec]) -> list[str]:
        """Lines set off from the border: outside, on it, inside, inside again."""
        alone = sum(s.style != "district" for s in on) < 2
        used: set[float] = set()
        out = []
        for spec in on:
            style = STROKES[spec.style]
            if spec.style == "district":
                d = self.lines(self.between(self.of(spec), self.inside))
                out.append(stroked(d, inks()[style.ink], style.wide))
                continue
            off = 0.0 if alone else style.off
            while off and off in used:
                off += 2.7 if off > 0 else -2.7
            used.add(off)
            if off or not alone:
                d = "".join(self._beside(spec, unit, off) for unit in self.units_met(spec))
            else:
                d = self.lines(self._round(spec))  # each border once, or its dashes fill up
            casing = stroked(d, inks()["page"], style.wide + 1.2, ' stroke-opacity=".8"')
            out.append(casing + stroked(d, inks()[style.ink], style.wide, style.attrs))
        return out

    def _round(self, spec: LayerSpec) -> Any:
        """Tell which stretches run round the units of a layer that are met."""
        met = [b for unit in self.units_met(spec) for b in self.blocks_of(spec, unit)]
        ours = np.isin(np.arange(len(self.names) + 1), met)  # the last, at -1, is no block
        _, one, two = self._stretches
        return (self.between(self.of(spec)) | self.outer) & (ours[one] | ours[two])

    def _beside(self, spec: LayerSpec, unit: int, off: float) -> str:
        """Return the outline of a unit, smoothed and moved off its border."""
        import shapely

        shape = _smooth(self.union(self.blocks_of(spec, unit)))
        moved = shapely.buffer(shape, off, quad_segs=4) if off else shape
        shape = shapely.simplify(shape if moved.is_empty else moved, 0.12)
        rings = [shapely.get_coordinates(r) for r in shapely.get_rings(shapely.get_parts(shape))]
        lines = shapely.multilinestrings([shapely.linestrings(r) for r in rings])
        cut = shapely.get_parts(shapely.line_merge(self.clipped(lines)))
        return line_path([shapely.get_coordinates(line) for line in cut], closed=False)


def _ring_path(shape: Any) -> str:
    import shapely

    parts = shapely.get_parts(shape)
    polygons = parts[shapely.get_type_id(parts) == POLYGON]
    return line_path([shapely.get_coordinates(r) for r in shapely.get_rings(polygons)], closed=True)


def _trimmed(shapes: Any) -> Any:
    """Drop islets too small to see, keeping the largest part of each block."""
    import shapely

    parts, of = shapely.get_parts(shapes, return_index=True)
    area = shapely.area(parts)
    largest = np.zeros(len(shapes))
    np.maximum.at(largest, of, area)
    kept = (area > 0.35) | (area >= largest[of])
    return shapely.multipolygons(parts[kept], indices=of[kept])


def _smooth(shape: Any) -> Any:
    """Close inlets narrower than about 5 points, so that a line beside the border is legible."""
    import shapely

    closed = shapely.buffer(shapely.buffer(shape, 2.6, quad_segs=4), -2.6, quad_segs=4)
    if closed.is_empty:
        return shape
    # What is left of an inlet would be a ring of its own in the middle of the land.
    parts = shapely.get_parts(closed)
    filled = []
    for part in parts:
        holes = [h for h in shapely.get_rings(part)[1:] if shapely.polygons(h).area > 60]
        filled.append(shapely.polygons(shapely.get_exterior_ring(part), holes or None))
    return shapely.multipolygons(filled)
