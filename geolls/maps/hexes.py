"""Hexagons in place of land: one for each area, all of one size, neighbours kept.

Where each stands is in boundaries/hexes.csv; tools/build_hexes.py says how it was found.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from geolls.base.shelves import shelf
from geolls.maps.drawn import Drawn
from geolls.maps.topology import Topology

__all__ = ["Hexes", "hexes_of", "layouts", "neighbours"]

Cell = tuple[int, int]

HALF, QUARTER = 52, 30
"""Half the width of a hexagon and a quarter of its height: sides within 0.1 % of one another."""

_CORNERS = np.array([(0, 2), (1, 1), (1, -1), (0, -2), (-1, -1), (-1, 1)])


class Hexes(NamedTuple):
    """The hexagons of a map.

    Parameters
    ----------
    topology : Topology
        Hexagons in the place of blocks, in the order of the units of the map's areas.
    of : dict of list of int
        By layer, the unit of each hexagon, as `Cover.of` says the unit of each block.
    """

    topology: Topology
    of: dict[str, list[int]]


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
    """Return the hexagons of a map of England; None where its areas have no layout.

    Notes
    -----
    A hexagon has the unit of a layer that holds most of its area's blocks, of several with as
    many the first in the layer; its lines therefore run between whole areas.
    """
    if not drawn.england:
        return None
    areas = drawn.cover(drawn.areas)
    cells = next((held for held in layouts().values() if set(held) == set(areas.codes)), None)
    if cells is None:
        return None
    blocks: list[list[int]] = [[] for _ in areas.codes]
    for b, u in enumerate(areas.of):
        for one in areas.claimants(u) if u >= 0 else ():
            blocks[one].append(b)
    of = {spec.key: _most(drawn.cover(spec).of, blocks) for spec in drawn.layers}
    of[drawn.areas.key] = list(range(len(areas.codes)))
    whole = tuple(shapely.total_bounds(shapely.box(*drawn.data.topology.bounds.T)).tolist())
    return Hexes(_topology(tuple((code, *cells[code]) for code in areas.codes), whole), of)


def _most(of: Sequence[int], blocks: Sequence[Sequence[int]]) -> list[int]:
    """Return the number that most of each area's blocks have."""
    counts = [Counter(of[b] for b in held) for held in blocks]
    return [min(held, key=lambda u: (-held[u], u < 0, u)) for held in counts]


@lru_cache(maxsize=4)
def _topology(cells: tuple[tuple[str, int, int], ...], whole: tuple[float, ...]) -> Topology:
    """Return hexagons that fill the box of England, north at the top."""
    codes, column, row = (np.array(values) for values in zip(*cells, strict=True))
    west, south, east, north = whole
    middles = np.column_stack([2 * column + row % 2, 3 * row])
    corners = (middles[:, None] + _CORNERS) * (HALF, QUARTER)
    low, high = corners.min((0, 1)), corners.max((0, 1))
    metres = int(min((east - west) / (high - low)[0], (north - south) / (high - low)[1]))
    at = corners * metres - (low + high) * metres // 2
    at += np.rint([(west + east) / 2, (south + north) / 2]).astype(int)
    shapes = shapely.polygons(at)
    return Topology.of(gpd.GeoDataFrame(index=codes, geometry=shapes, crs=27700))
