"""Land as arcs: each border held once, simplified so that neighbours never part."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geolls.base.errors import GeometryError

__all__ = ["SEA", "STEP", "Topology", "segments", "zigzag"]

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

STEP = 1
"""Metres between two positions of a line that the payload can tell apart."""

SPOT_METRES = 25.0
"""How near a spot a line is drawn as exactly as it is known."""

SEA = -1
"""The neighbour of a block where England ends."""

_HALF = 1 << 31  # a key is an x and, in its lower half, a y


def zigzag(values: npt.ArrayLike) -> list[int]:
    """Return the first value and then each difference from the one before."""
    return list(np.diff(np.asarray(values, dtype=np.int64), prepend=0).tolist())


def _keys(grid: Ints) -> Ints:
    """Return one number for each position: rising from west to east, then south to north."""
    return np.asarray((grid[..., 0] << 32) + grid[..., 1])


def segments(polygons: Any, to_grid: Callable[[Floats], Floats]) -> tuple[Ints, Ints, Ints]:
    """Return each piece of border of a coverage once.

    Parameters
    ----------
    polygons : ndarray of Polygon or MultiPolygon
        One valid coverage.
    to_grid : callable
        Positions to whole numbers: those that meet there are one.

    Returns
    -------
    ends : ndarray of int, shape (n, 2, 2)
        From and to, sorted.
    left, right : ndarray of int
        The polygon on either side, or `SEA`.
    """
    parts, of_part = shapely.get_parts(
        shapely.orient_polygons(polygons, exterior_cw=False), return_index=True
    )
    rings, of_ring = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    key = _keys(np.rint(to_grid(xy)).astype(np.int64))
    real = (ring[:-1] == ring[1:]) & (key[:-1] != key[1:])
    a, b, owner = key[:-1][real], key[1:][real], of_part[of_ring[ring[:-1][real]]]
    pairs, where = np.unique(np.sort([a, b], axis=0), axis=1, return_inverse=True)
    # Where a creek closes on the grid a block may run along a piece both ways: it has neither side.
    way = pd.Series(np.where(a < b, 1, -1)).groupby([where, owner]).sum()
    left, right = np.full((2, pairs.shape[1]), SEA)
    for side, of in ((left, way > 0), (right, way < 0)):
        piece, block = way.index[of].to_frame().to_numpy().T
        side[piece] = block
    parted = left != right  # a spike has no side at all
    keys = pairs.T[parted]
    x = (keys + _HALF) >> 32
    return np.stack([x, keys - (x << 32)], axis=-1), left[parted], right[parted]


@dataclass(frozen=True, eq=False)
class Topology:
    """A coverage of blocks as arcs, each held once and knowing the block on either side.

    Parameters
    ----------
    blocks : tuple of str
        Block ids; `left` and `right` point into it.
    xy : ndarray of int, shape (vertices, 2)
        Vertices of all arcs end to end: easting and northing in `STEP` metres, EPSG:27700.
    arc : ndarray of int
        Which arc each vertex belongs to, rising.
    left, right : ndarray of int
        Block on the left and right of each arc, or `SEA`.
    bounds : ndarray of float, shape (blocks, 4)
        West, south, east and north of each block, metres in EPSG:27700.
    spots : ndarray of float, shape (n, 2)
        Positions, in `STEP` metres, that no line passes over however much it is simplified.
    """

    blocks: tuple[str, ...]
    xy: Ints
    arc: Ints
    left: Ints
    right: Ints
    bounds: Floats
    spots: Floats

    @staticmethod
    def of(blocks: gpd.GeoDataFrame, spots: Floats | None = None) -> Topology:
        """Find the arcs of a coverage of blocks.

        Parameters
        ----------
        blocks : GeoDataFrame
            Index: block id. Polygons of one valid coverage, EPSG:27700.
        spots : ndarray of float, shape (n, 2), optional
            Positions that stay on their side of every line: schools. EPSG:27700; NaN for none.

        Returns
        -------
        Topology
            Each line between two blocks, or between a block and the sea, once.

        Raises
        ------
        GeometryError
            No blocks, or no geometry in metres.
        """
        if len(blocks) == 0:
            raise GeometryError("there are no blocks to draw")
        if blocks.crs is None or blocks.crs.to_epsg() != 27700:
            raise GeometryError(
                "the blocks to draw are not in EPSG:27700", fix="reproject with to_crs(27700)"
            )
        polygons = blocks.geometry.to_numpy()
        ends, *sides = segments(polygons, lambda xy: xy / STEP)
        # Pieces are joined wherever no third one meets them: from one junction to the next.
        joined = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(ends)))
        coords, arc = shapely.get_coordinates(shapely.get_parts(joined), return_index=True)
        xy = coords.astype(np.int64)
        first = np.flatnonzero(np.diff(arc, prepend=-1))
        start, after = _keys(xy[first]), _keys(xy[first + 1])
        known = pd.MultiIndex.from_arrays(list(_keys(ends).T))
        at = known.get_indexer(pd.MultiIndex.from_arrays(list(np.sort([start, after], axis=0))))
        left, right = (side[at] for side in sides)
        left, right = np.where(start < after, [left, right], [right, left])
        order, turned = _walk(xy[first], xy[np.append(first[1:], len(xy)) - 1])
        runs = np.split(xy, first[1:])
        xy = np.concatenate(
            [runs[i][::-1] if t else runs[i] for i, t in zip(order, turned, strict=True)]
        )
        arc = np.repeat(np.arange(len(order)), [len(runs[i]) for i in order])
        left, right = left[order], right[order]
        left, right = np.where(turned, [right, left], [left, right])
        names, bounds = tuple(map(str, blocks.index)), shapely.bounds(polygons)
        marks = np.empty((0, 2)) if spots is None else spots / STEP
        marks = marks[np.isfinite(marks).all(axis=1)]
        return Topology(names, xy, arc, left, right, bounds, marks)

    @cached_property
    def london(self) -> list[int]:
        """The positions of London's blocks."""
        return [i for i, block in enumerate(self.blocks) if block.startswith("E09")]

    @cached_property
    def at(self) -> dict[str, int]:
        """The position of each block."""
        return {block: i for i, block in enumerate(self.blocks)}

    @cached_property
    def lines(self) -> Any:
        """Each arc as a line, in `STEP` metres."""
        return shapely.linestrings(self.xy, indices=self.arc)

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(shapely.points(self.spots))

    def stays(self, metres: float, among: Ints | None = None, spots: bool = True) -> Bools:
        """Tell which vertices are drawn at a tolerance: of all arcs, or of those at some positions.

        Notes
        -----
        Those of a Douglas-Peucker simplification. Between two of them, the line and the straight
        piece in its place enclose the land that changes sides: where a spot stands in it, or
        beside it, that piece has the vertices of half the tolerance, and so on.
        """
        if metres < SPOT_METRES / 2:
            return np.ones(len(self.arc), bool)
        arcs = np.arange(len(self.left)) if among is None else among
        lines = shapely.simplify(self.lines[arcs], metres / STEP, preserve_topology=True)
        coords, owner = shapely.get_coordinates(lines, return_index=True)
        drawn = _named(np.rint(coords), arcs[owner])
        stays, mine = np.ones(len(self.arc), bool), np.isin(self.arc, arcs)
        stays[mine] = np.isin(_named(self.xy[mine], self.arc[mine]), drawn)
        if not spots:
            return stays
        kept = np.flatnonzero(stays)
        start, many = kept[:-1], np.diff(kept) + 1
        cut = (self.arc[start] == self.arc[kept[1:]]) & (many > 2)
        start, many = start[cut], many[cut]
        piece = np.repeat(np.arange(len(many)), many)
        vertex = np.arange(len(piece)) + np.repeat(start - np.cumsum(many) + many, many)
        between = shapely.linearrings(self.xy[vertex], indices=piece)
        near = SPOT_METRES / STEP
        hit = self._tree.query(shapely.polygons(between), predicate="dwithin", distance=near)[0]
        again = vertex[np.isin(piece, hit)]
        if len(again):
            stays[again] |= self.stays(metres / 2, np.unique(self.arc[again]))[again]
        return stays

    def encode(
        self, metres: float, finer: Mapping[float, Sequence[int]] | None = None
    ) -> dict[str, Any]:
        """Return the arcs ready for `pack`, simplified arc by arc so that edges never part.

        Parameters
        ----------
        metres : float
            Tolerance of the Douglas-Peucker simplification, in metres.
        finer : mapping of float to sequence of int, optional
            Tolerances, each with the positions of the blocks whose arcs have it; lines of no
            other block keep clear of a spot.

        Returns
        -------
        dict
            `step` (metres), `n` (vertices per arc), `xy` (deltas, x and y in turn, running on
            from arc to arc), `left` and `right` (deltas of block positions), `blocks` (how many).
        """
        levels = sorted((finer or {}).items(), reverse=True)
        # As fine as the scale asks: steps of 4 m near, 6 m of a region, 12 m of England.
        grid = max(4, round(0.6 * min(metres, *finer or [metres]) ** 0.5))
        drawn = _simplified(self, metres, grid, not levels)
        for tolerance, near in levels:
            close = np.isin(self.left, near) | np.isin(self.right, near)
            fine = _simplified(self, tolerance, grid, True)
            drawn = [f if c else d for c, f, d in zip(close, fine, drawn, strict=True)]
        kept = [i for i, arc in enumerate(drawn) if arc is not None]
        arcs = [arc for arc in drawn if arc is not None]
        points = np.concatenate(arcs)
        return {
            "step": STEP * grid,
            "n": [len(points) for points in arcs],
            "xy": np.diff(points, axis=0, prepend=np.zeros((1, 2), int)).ravel().tolist(),
            "left": zigzag(self.left[kept]),
            "right": zigzag(self.right[kept]),
            "blocks": len(self.blocks),
        }


def _walk(start: Ints, end: Ints) -> tuple[list[int], list[bool]]:
    """Return an order of arcs in which each begins, if it can, where the one before it ends.

    With the arcs that are run backwards: what follows on is told in fewer letters.
    """
    ends = [tuple(map(tuple, pair)) for pair in zip(start.tolist(), end.tolist(), strict=True)]
    meet: dict[Any, list[int]] = {}
    for at, pair in enumerate(ends):
        for node in pair:
            meet.setdefault(node, []).append(at)
    order, turned, left = [], [], dict.fromkeys(range(len(ends)))
    here = None
    while left:
        at = next((a for a in meet.get(here, ()) if a in left), next(iter(left)))
        del left[at]
        turned.append(ends[at][0] != here and ends[at][1] == here)
        order.append(at)
        here = ends[at][not turned[-1]]
    return order, turned


@lru_cache(maxsize=16)  # few tolerances, and every page asks again
def _simplified(land: Topology, metres: float, grid: int, spots: bool) -> list[Ints | None]:
    """Return all arcs at one tolerance, on one grid; None for islets too small to see."""
    # All but islets too small to see, keeping the largest ring of each block.
    lines, tolerance = land.lines, metres / STEP
    length, block = shapely.length(lines), np.maximum(land.left, land.right)
    largest = pd.Series(length).groupby(block).transform("max").to_numpy()
    inland = np.minimum(land.left, land.right) != SEA
    big = ~shapely.is_closed(lines) | (length > 8 * tolerance) | (length >= largest)
    stays = land.stays(metres, spots=spots)
    points, owner = np.rint(land.xy[stays] / grid).astype(np.int64), land.arc[stays]
    turns = np.diff(owner, prepend=-1, append=-1) != 0  # first and last vertices stay
    moved = np.any(np.diff(points, axis=0, prepend=points[:1]) != 0, axis=1)
    fresh = turns[:-1] | turns[1:] | moved
    arcs = np.split(points[fresh], np.flatnonzero(np.diff(owner[fresh])) + 1)
    return [points if keep else None for points, keep in zip(arcs, inland | big, strict=True)]


def _named(xy: npt.NDArray[Any], arc: Ints) -> Ints:
    """Return one number for a position on an arc."""
    x, y = xy.astype(np.int64).T
    return np.asarray((arc << 42) + ((x + (1 << 20)) << 21) + y)
