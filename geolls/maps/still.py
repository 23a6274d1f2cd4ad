"""A small picture of a map of England that needs no script: land by its class, schools as dots."""

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

METRES, WEST, NORTH = 1_900.0, 80_000.0, 660_000.0  # of a pixel; the corner of the picture
WIDE, HIGH = 306, 344


class Land:
    """The blocks of England in the pixels of the picture, neighbours simplified together.

    Parameters
    ----------
    blocks : GeoDataFrame
        Polygons of one coverage, EPSG:27700.
    """

    def __init__(self, blocks: Any) -> None:
        pixels = [1 / METRES, 0, 0, -1 / METRES, -WEST / METRES, NORTH / METRES]
        shapes = blocks.geometry.affine_transform(pixels).to_numpy()
        self.shapes = np.asarray(shapely.coverage_simplify(shapes, 1.5))
        #: Path data of several blocks as one shape; pages ask for the same ones again.
        self.path = cache(self._path)

    def _path(self, blocks: tuple[int, ...]) -> str:
        shape = shapely.coverage_union_all(self.shapes[list(blocks)])
        parts = shapely.get_parts(shape)
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
        Its blocks.
    """
    ink, faces, every = inks(), Faces(drawn).list, tuple(range(len(land.shapes)))
    blocks, dots = defaultdict[str, list[int]](list), defaultdict[str, list[str]](list)
    for face in faces:
        blocks[_ink(face.fill)] += face.blocks
    schools, kinds = drawn.marked, drawn.data.kinds
    for kind, east, north in zip(*(schools[c] for c in _AT), strict=True):
        x, y = (east - WEST) / METRES, (NORTH - north) / METRES
        dots[ink[kinds[kind].mark.ink]].append(f"M{x:.1f} {y:.1f}h0")
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


def _ink(fill: str) -> str:
    """Return the one colour that stands for a fill."""
    name = PATTERNS[fill].ground if fill in PATTERNS else fill
    plain = {"none": "land", "home": "r1", "far": "paper", "other": "paper"}.get(name, name)
    return inks()["paper" if plain in SYMBOLS else plain]
