"""Hexagons in place of land: one for each area, all of one size, neighbours kept.

Where each stands is in boundaries/hexes.csv; tools/build_hexes.py says how it was found.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geolls.base.errors import MapError
from geolls.base.shelves import shelf
from geolls.base.text import small
from geolls.maps.data import LayerSpec
from geolls.maps.drawn import Drawn, resolve
from geolls.maps.topology import Topology

__all__ = ["Hexes", "hexes_of", "hexes_said", "layouts", "neighbours", "on_hexes"]

Cell = tuple[int, int]

HALF, QUARTER = 52, 30
"""Half the width of a hexagon and a quarter of its height: sides within 0.1 % of one another."""

_CORNERS = np.array([(0, 2), (1, 1), (1, -1), (0, -2), (-1, -1), (-1, 1)])


class Hexes(NamedTuple):
    """The hexagons of a map.

    Parameters
    ----------
    shapes : GeoDataFrame
        One for each of the map's areas, or for each block where a layer's coverage is shown.
    topology : Topology
        The same as arcs.
    of : dict of list of int
        By layer, the unit of each hexagon, as `Cover.of` says the unit of each block.
    blocks : bool
        Whether they stand for blocks: then every line of a layer is where it is on the land.
    """

    shapes: gpd.GeoDataFrame
    topology: Topology
    of: dict[str, list[int]]
    blocks: bool


@cache
def layouts() -> Mapping[str, Mapping[str, Cell]]:
    """Return the column and row of each area's hexagon, by layout and code.

    Notes
    -----
    Rows go up northwards; every odd one stands half a hexagon further east.
    """
    found: dict[str, dict[str, Cell]] = {}
    with (shelf("boundaries") / "hexes.csv").open(encoding="utf-8", newline="") as file:
        for layout, code, column, row in list(csv.reader(file))[1:]:
            found.setdefault(layout, {})[code] = (int(column), int(row))
    return found


def neighbours(cell: Cell) -> list[Cell]:
    """Return the six cells beside a cell.

    Examples
    --------
    >>> (0, 1) in neighbours((1, 2)), (2, 1) in neighbours((1, 2))
    (True, False)
    """
    column, row = cell
    west = column - 1 + row % 2
    beside = [(column - 1, row), (column + 1, row)]
    return beside + [(c, r) for r in (row - 1, row + 1) for c in (west, west + 1)]


def hexes_of(drawn: Drawn) -> Hexes | None:
    """Return the hexagons of a map of England; None where what it shows has no layout.

    Raises
    ------
    MapError
        It has none, and they are asked for.

    Notes
    -----
    A hexagon of an area has the unit of a layer that holds most of the area's blocks, of several
    with as many the first in the layer; its lines therefore run between whole areas.
    """
    found = _hexes(drawn) if drawn.england else None
    if found is None and drawn.recipe.hexagons:
        raise MapError(
            "this map has no hexagons",
            where=drawn.recipe.key,
            fix="maps of England by local authority have, and maps of who has a hub",
        )
    return found


def _hexes(drawn: Drawn) -> Hexes | None:
    areas, names = drawn.cover(drawn.areas), list(drawn.data.topology.blocks)
    of = {spec.key: drawn.cover(spec).of for spec in drawn.layers}
    blocks = drawn.recipe.shade.startswith("coverage:")
    if not blocks:
        held: list[list[int]] = [[] for _ in areas.codes]
        for b, u in enumerate(areas.of):
            for one in areas.claimants(u) if u >= 0 else ():
                held[one].append(b)
        of = {key: _most(found, held) for key, found in of.items()}
        of[drawn.areas.key], names = list(range(len(areas.codes))), areas.codes
    cells = next((found for found in layouts().values() if set(found) == set(names)), None)
    if cells is None:
        return None
    whole = tuple(shapely.total_bounds(shapely.box(*drawn.data.topology.bounds.T)).tolist())
    return Hexes(*_grid(tuple((name, *cells[name]) for name in names), whole), of, blocks)


def on_hexes(drawn: Drawn) -> Drawn:
    """Return a map for print: on hexagons where they are asked for; raises as `hexes_of`."""
    hexes, data = hexes_of(drawn) if drawn.recipe.hexagons else None, drawn.data
    if hexes is None:
        return drawn
    layers = tuple(replace(spec, claims=_claims(drawn, spec, hexes)) for spec in drawn.layers)
    made = replace(data, blocks=hexes.shapes, layers=layers, land=hexes.topology, schools=None)
    on_blocks = data.on_blocks if hexes.blocks else None
    recipe = replace(drawn.recipe, inset="", cities=False)
    return resolve(recipe, replace(made, on_blocks=on_blocks, sites=None))


def hexes_said(drawn: Drawn) -> str:
    """Return what a reader must know of the hexagons of a map; empty where it has none."""
    found = hexes_of(drawn)
    if found is None:
        return ""
    of, many = small(drawn.areas.title), small(drawn.areas.plural)
    whole = f"A line of another layer runs between whole {many}: each is with the unit that has "
    said = f"{whole}most of its districts."
    return (
        f"One for each {'district of 2009 to 2019' if found.blocks else of}, all of one size; "
        f"neighbours stand side by side where they can. {'' if found.blocks else said}"
    ).strip()


def _claims(drawn: Drawn, spec: LayerSpec, hexes: Hexes) -> pd.DataFrame:
    """Return which hexagons a layer's units claim."""
    if hexes.blocks:
        return spec.claims
    found = drawn.cover(spec)
    named = {n: code for code, n in found.at.items()}
    rows = [
        (block, named[one])
        for block, u in zip(hexes.shapes.index, hexes.of[spec.key], strict=True)
        for one in found.claimants(u)
    ]
    return pd.DataFrame(rows, columns=["block", "unit_code"])


def _most(of: Sequence[int], blocks: Sequence[Sequence[int]]) -> list[int]:
    """Return the number that most of each area's blocks have."""
    counts = [Counter(of[b] for b in held) for held in blocks]
    return [min(held, key=lambda u: (-held[u], u < 0, u)) for held in counts]


@lru_cache(maxsize=4)
def _grid(
    cells: tuple[tuple[str, int, int], ...], whole: tuple[float, ...]
) -> tuple[gpd.GeoDataFrame, Topology]:
    """Return hexagons that fill the box of England, north at the top."""
    codes, column, row = (np.array(values) for values in zip(*cells, strict=True))
    west, south, east, north = whole
    middles = np.column_stack([2 * column + row % 2, 3 * row])
    corners = (middles[:, None] + _CORNERS) * (HALF, QUARTER)
    low, high = corners.min((0, 1)), corners.max((0, 1))
    metres = int(min((east - west) / (high - low)[0], (north - south) / (high - low)[1]))
    at = corners * metres - (low + high) * metres // 2
    at += np.rint([(west + east) / 2, (south + north) / 2]).astype(int)
    shapes = gpd.GeoDataFrame(index=codes, geometry=shapely.polygons(at), crs=27700)
    return shapes, Topology.of(shapes)
