"""A small picture of a map that needs no script: land by its class, schools as dots."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import Any

import numpy as np
import shapely

from geolls.maps.drawn import Drawn
from geolls.maps.print.land import Faces
from geolls.maps.print.svg import inks
from geolls.maps.styles import PATTERNS, SYMBOLS

__all__ = ["Land", "still"]

WIDE, HIGH = 306, 344
ENGLAND = (80_000.0, 6_400.0, 661_400.0, 660_000.0)


class Land:
    """Blocks in the pixels of the picture, neighbours simplified together.

    Parameters
    ----------
    blocks : GeoDataFrame
        Polygons of one coverage, EPSG:27700.
    frame : tuple of float
        What is pictured: west, south, east, north.
    """

    def __init__(self, blocks: Any, frame: tuple[float, float, float, float] = ENGLAND) -> None:
        self.blocks, (west, south, east, north) = blocks, frame
        self.metres = max((east - west) / WIDE, (north - south) / HIGH)  # of a pixel
        self.west = (west + east - WIDE * self.metres) / 2
        self.north = (south + north + HIGH * self.metres) / 2
        shapes = blocks.geometry.to_numpy()
        left, bottom, right, top = shapely.bounds(shapes).T
        boxes = shapely.box(*self.at(left, bottom), *self.at(right, top))
        seen = np.flatnonzero(shapely.intersects(boxes, _SHEET))
        pixels = shapely.transform(shapes[seen], lambda xy: np.column_stack(self.at(*xy.T)))
        self.shapes = np.full(len(shapes), shapely.Polygon(), dtype=object)
        self.shapes[seen] = shapely.coverage_simplify(pixels, 1.5)
        #: Path data of several blocks as one shape; pages ask for the same ones again.
        self.path = cache(self._path)

    def at(self, east: Any, north: Any) -> tuple[Any, Any]:
        """Return the pixels of a point, or of many."""
        return (east - self.west) / self.metres, (self.north - north) / self.metres

    def _path(self, blocks: tuple[int, ...]) -> str:
        shape = shapely.coverage_union_all(self.shapes[list(blocks)])
        parts = shapely.get_parts(shapely.clip_by_rect(shape, *_SHEET.bounds))
        rings = shapely.get_rings(parts[shapely.area(parts) >= min(1.0, shapely.area(parts).max())])
        lines = (shapely.get_coordinates(ring)[:-1].round().astype(int) for ring in rings)
        return "".join(
            f"M{line[0][0]} {line[0][1]}"
            + "".join(f"l{x} {y}" for x, y in np.diff(line, axis=0).tolist() if x or y)
            + "z"
            for line in lines
        ).replace(" -", "-")

    def middle(self, blocks: list[int]) -> tuple[float, float]:
        """Return the middle of several blocks."""
        point = shapely.centroid(shapely.union_all(self.shapes[blocks]))
        return float(shapely.get_x(point)), float(shapely.get_y(point))


def still(drawn: Drawn, land: Land) -> str:
    """Return the picture as SVG: no name of anybody is in it.

    Parameters
    ----------
    drawn : Drawn
        The map.
    land : Land
        The blocks of England: of a place, what its map frames is pictured.
    """
    if drawn.data.place is not None:
        land = Land(land.blocks, drawn.focus)
    ink, faces, every = inks(), Faces(drawn).list, tuple(range(len(land.shapes)))
    blocks, dots = defaultdict[str, list[int]](list), defaultdict[str, dict[str, None]](dict)
    for face in faces:
        blocks[_ink(face.fill)] += face.blocks
    schools, kinds = drawn.marked, drawn.data.kinds
    for kind, east, north in zip(*(schools[c] for c in _AT), strict=True):
        x, y = land.at(east, north)
        dots[ink[kinds[kind].mark.ink]][f"M{2 * round(x / 2)} {2 * round(y / 2)}h0"] = None
    # What most land has is drawn of it all, and the rest on it: most pages ask for the same.
    blocks[max(blocks, key=lambda fill: len(blocks[fill]))] = list(every)
    edge = f'stroke="{ink["edge"]}" stroke-width=".5"'
    dot = 'fill="none" stroke-width="4" stroke-linecap="round"'
    parts = [
        f'<rect width="{WIDE}" height="{HIGH}" fill="{ink["page"]}"/>',
        *(
            f'<path {edge} fill="{c}" d="{land.path(tuple(of))}"/>'
            for c, of in sorted(blocks.items(), key=lambda fill: -len(fill[1]))
        ),
        *(f'<path {dot} stroke="{c}" d="{"".join(d)}"/>' for c, d in dots.items()),
    ]
    for face in (face for face in faces if face.radius):
        x, y = land.middle(face.blocks)
        parts.append(
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{face.radius / 2:.1f}" '
            f'fill="{ink["accent"]}" fill-opacity=".6"/>'
        )
    return (
        f'<svg viewBox="0 0 {WIDE} {HIGH}" width="{WIDE}" height="{HIGH}" role="img" '
        f'aria-label="A small picture of the map">{"".join(parts)}</svg>'
    )


_AT = ("kind", "easting", "northing")
_SHEET = shapely.box(-4, -4, WIDE + 4, HIGH + 4)


def _ink(fill: str) -> str:
    """Return the one colour that stands for a fill."""
    name = PATTERNS[fill].ground if fill in PATTERNS else fill
    plain = {"none": "land", "home": "r1", "far": "paper", "other": "paper"}.get(name, name)
    return inks()["paper" if plain in SYMBOLS else plain]
