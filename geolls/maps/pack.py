"""The compact payload of a map: one shared topology, integer columns, deflate and base64."""

from __future__ import annotations

import base64
import hashlib
import json
import weakref
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geolls.base.errors import GeometryError

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = [
    "SEA",
    "STEP",
    "Ready",
    "Topology",
    "lonlat",
    "pack",
    "ready",
    "topology",
    "unpack",
    "zigzag",
]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

STEP = 1e-4
"""Degrees between two positions the payload can tell apart (7 to 11 m in England)."""

SEA = -1
"""The neighbour of a block where England ends."""

# One fixed Helmert shift (about 5 m): the same bytes whether or not a machine holds OSTN15.
_GRID = (
    "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy "
    "+towgs84=446.448,-125.157,542.06,0.15,0.247,0.842,-20.489 +units=m +no_defs"
)
_FAR = 1 << 22  # more than 360 degrees in steps: packs an x and a y into one key


@cache
def _transformer() -> Any:
    from pyproj import Transformer

    return Transformer.from_crs(_GRID, "EPSG:4326", always_xy=True)


def lonlat(easting: Floats, northing: Floats) -> tuple[Floats, Floats]:
    """Turn British National Grid metres into longitude and latitude, good to about 5 m.

    Parameters
    ----------
    easting, northing : ndarray of float
        EPSG:27700, metres; NaN stays NaN.

    Returns
    -------
    tuple of ndarray
        Longitude and latitude, degrees, EPSG:4326.

    Notes
    -----
    Always the same seven-parameter shift, whatever grids the machine has, so that two machines
    write the same bytes. Good enough to draw, never used to measure.
    """
    east, north = np.asarray(easting, float), np.asarray(northing, float)
    lon, lat = _transformer().transform(east, north)
    missing = np.isnan(east) | np.isnan(north)
    return np.where(missing, np.nan, lon), np.where(missing, np.nan, lat)


def zigzag(values: npt.ArrayLike) -> list[int]:
    """Return the first value and then each difference from the one before."""
    numbers = np.asarray(values, dtype=np.int64)
    return [] if numbers.size == 0 else np.diff(numbers, prepend=0).tolist()


@dataclass(frozen=True, slots=True)
class Ready:
    """A value as JSON, deflated once for every document that holds it."""

    text: bytes
    deflated: bytes


def ready(value: Any, *, numbers: bool = False) -> Ready:
    """Write a value as JSON and deflate it, to stand in any number of documents.

    Parameters
    ----------
    value : object
        What JSON can hold.
    numbers : bool, default False
        Whether its lists are of whole numbers alone, in which hardly more than a digit comes
        back: coded digit by digit they take a twentieth of the time and a hundredth more bytes.
    """
    if not numbers:
        text = _json(value)
        return Ready(text, _deflated(text))
    text = _numbers(value).encode()
    return Ready(text, _deflated(text, zlib.Z_HUFFMAN_ONLY))


class _Digits(dict[int, str]):
    """Whole numbers as text: differences are small and come back, so each is written once."""

    def __missing__(self, number: int) -> str:
        return self.setdefault(number, str(number))


_DIGITS = _Digits()


def _numbers(value: Any) -> str:
    """Write JSON as `json` does, in a third of its time where there are long lists of numbers."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{_numbers(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_DIGITS.__getitem__, value)) + "]"
    return json.dumps(value)


def pack(document: Mapping[str, Any]) -> str:
    """Encode a document as base64 text of its deflated JSON; equal documents, equal text.

    Parameters
    ----------
    document : Mapping
        By key, what JSON can hold, or what `ready` made of it.

    Notes
    -----
    A deflated stream is a row of blocks, and a block that ends on a whole byte and looks back on
    no other can stand in any stream: what is ready is only copied.
    """
    if not any(isinstance(value, Ready) for value in document.values()):
        return base64.b64encode(zlib.compress(_json(document), 9)).decode()
    blocks, check, loose = [], 1, b"{"
    for key, value in document.items():
        loose += _json(key) + b":"
        if isinstance(value, Ready):
            blocks += [_blocks(loose), value.deflated]
            check = zlib.adler32(value.text, zlib.adler32(loose, check))
            loose = b","
        else:
            loose += _json(value) + b","
    loose = loose[:-1] + b"}"
    stream = b"".join([_HEAD, *blocks, _blocks(loose), _END])
    check = zlib.adler32(loose, check)
    return base64.b64encode(stream + check.to_bytes(4, "big")).decode()


_HEAD, _END = b"\x78\xda", b"\x03\x00"  # of a zlib stream: its kind, and an empty last block


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _deflated(text: bytes, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> bytes:
    """Return text as deflated blocks that end on a whole byte."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, strategy)
    return deflate.compress(text) + deflate.flush(zlib.Z_SYNC_FLUSH)


def _blocks(text: bytes) -> bytes:
    """Return text as blocks: as it stands where it is too short to gain."""
    if len(text) > 100:
        return _deflated(text)
    size = len(text)
    return b"\x00" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + text


def unpack(text: str) -> dict[str, Any]:
    """Decode what `pack` wrote."""
    document: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(text)))
    return document


def key_of(text: str) -> str:
    """Name a packed part by its content, so that pages can share it as one file."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, eq=False)
class Topology:
    """A coverage as arcs, each held once and knowing the block on either side.

    Parameters
    ----------
    blocks : tuple of str
        Block ids; `left` and `right` point into it.
    xy : ndarray of int, shape (vertices, 2)
        Vertices of all arcs end to end: longitude and latitude in `STEP` degrees.
    arc : ndarray of int
        Which arc each vertex belongs to, rising.
    left, right : ndarray of int
        Block on the left and right of each arc, or `SEA`.
    bounds : ndarray of float, shape (blocks, 4)
        West, south, east and north of each block, metres in EPSG:27700.
    """

    blocks: tuple[str, ...]
    xy: Ints
    arc: Ints
    left: Ints
    right: Ints
    bounds: Floats
    known: dict[tuple[float, int], _Simplified] = field(default_factory=dict, repr=False)

    @cached_property
    def at(self) -> dict[str, int]:
        """The position of each block."""
        return {block: i for i, block in enumerate(self.blocks)}

    def encode(
        self, metres: float, near: Iterable[int] | None = None, far_metres: float = 0.0
    ) -> dict[str, Any]:
        """Return the arcs ready for `pack`, simplified arc by arc so that edges never part.

        Parameters
        ----------
        metres : float
            Tolerance of the Douglas-Peucker simplification, in metres.
        near : iterable of int, optional
            Positions of the blocks to draw at `metres`; arcs of no such block get `far_metres`.
        far_metres : float
            Tolerance for the rest of the land.

        Returns
        -------
        dict
            `step` (degrees), `n` (vertices per arc), `xy` (deltas, x and y in turn, running on
            from arc to arc), `left` and `right` (deltas of block positions), `blocks` (how many).
        """
        grid = max(1, round(metres / 80))
        fine = self._simplified(metres, grid)
        if near is None:
            kept, counts, points = fine.kept, fine.counts, fine.points
        else:
            coarse = self._simplified(far_metres, grid)
            wanted = np.zeros(len(self.blocks) + 1, bool)  # the last is the sea's
            wanted[np.fromiter(near, np.int64)] = True
            close = wanted[self.left] | wanted[self.right]
            kept = np.where(close, fine.kept, coarse.kept)
            counts = np.where(close, fine.counts, coarse.counts)
            starts = np.where(close, fine.starts, coarse.starts + len(fine.points))
            ends = np.cumsum(counts)
            steps = np.arange(ends[-1]) + np.repeat(starts - (ends - counts), counts)
            points = np.concatenate([fine.points, coarse.points])[steps]
        points = points[np.repeat(kept, counts)]
        return {
            "step": STEP * grid,
            "n": counts[kept].tolist(),
            "xy": np.diff(points, axis=0, prepend=np.zeros((1, 2), int)).ravel().tolist(),
            "left": zigzag(self.left[kept]),
            "right": zigzag(self.right[kept]),
            "blocks": len(self.blocks),
        }

    def _simplified(self, metres: float, grid: int) -> _Simplified:
        """Return all arcs at one tolerance, on one grid; kept, since every page asks again."""
        if (metres, grid) not in self.known:
            import shapely

            squeeze = np.array([np.cos(np.radians(52.5)), 1.0])
            tolerance = metres / 111_000 / STEP
            lines = shapely.linestrings(self.xy * squeeze, indices=self.arc)
            kept = self._worth(lines, tolerance)
            lines = shapely.simplify(lines, tolerance, preserve_topology=True)
            coords, owner = shapely.get_coordinates(lines, return_index=True)
            points = np.rint(np.rint(coords / squeeze) / grid).astype(np.int64)
            turns = np.diff(owner, prepend=-1, append=-1) != 0  # first and last vertices stay
            moved = np.any(np.diff(points, axis=0, prepend=points[:1]) != 0, axis=1)
            fresh = turns[:-1] | turns[1:] | moved
            counts = np.bincount(owner[fresh], minlength=len(lines))
            self.known[metres, grid] = _Simplified(
                points[fresh], counts, np.cumsum(counts) - counts, kept
            )
        return self.known[metres, grid]

    def _worth(self, lines: Any, tolerance: float) -> npt.NDArray[np.bool_]:
        """Tell the arcs worth drawing: all but islets too small to see."""
        import shapely

        length = shapely.length(lines)
        inland = (self.left != SEA) & (self.right != SEA)
        land = np.maximum(self.left, self.right)
        largest = np.zeros(len(self.blocks))
        np.maximum.at(largest, land, length)
        big = ~shapely.is_closed(lines) | (length > 8 * tolerance)
        worth: npt.NDArray[np.bool_] = inland | big | (length >= largest[land])
        return worth


@dataclass(frozen=True, eq=False)
class _Simplified:
    """All arcs at one tolerance: vertices, how many each arc has, where it starts."""

    points: Ints
    counts: Ints
    starts: Ints
    kept: npt.NDArray[np.bool_]


_topologies: dict[int, tuple[weakref.ref[Any], Topology]] = {}


def topology(blocks: gpd.GeoDataFrame) -> Topology:
    """Return the arcs of a coverage of blocks; built once for each table in memory.

    Parameters
    ----------
    blocks : GeoDataFrame
        Index: block id. Polygons of one valid coverage, EPSG:27700.

    Returns
    -------
    Topology
        Each line between two blocks, or between a block and the sea, once.

    Raises
    ------
    GeometryError
        No blocks, or no geometry in metres.
    """
    known = _topologies.get(id(blocks))
    if known is not None and known[0]() is blocks:
        return known[1]
    if len(blocks) == 0:
        raise GeometryError("there are no blocks to draw")
    if blocks.crs is None or blocks.crs.to_epsg() != 27700:
        raise GeometryError(
            "the blocks to draw are not in EPSG:27700", fix="reproject with to_crs(27700)"
        )
    built = _build(tuple(map(str, blocks.index)), blocks.geometry.to_numpy())
    _topologies[id(blocks)] = (weakref.ref(blocks), built)
    return built


def _segments(polygons: Any) -> tuple[Ints, Ints, Ints, Ints]:
    """Return unique segments (from, to as vertex keys) with the block on their left and right."""
    import shapely

    parts, block_of_part = shapely.get_parts(
        shapely.orient_polygons(polygons, exterior_cw=False), return_index=True
    )
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    coords, ring = shapely.get_coordinates(rings, return_index=True)
    lon, lat = lonlat(coords[:, 0], coords[:, 1])
    key = (np.rint(lon / STEP).astype(np.int64) + _FAR) * (4 * _FAR) + (
        np.rint(lat / STEP).astype(np.int64) + _FAR
    )
    a, b = key[:-1], key[1:]
    real = (ring[:-1] == ring[1:]) & (a != b)
    a, b, owner = a[real], b[real], block_of_part[part_of_ring[ring[:-1][real]]]
    low, high, forward = np.minimum(a, b), np.maximum(a, b), a < b
    pairs, where = np.unique(np.column_stack([low, high]), axis=0, return_inverse=True)
    where = where.ravel()
    left = np.full(len(pairs), SEA)
    right = np.full(len(pairs), SEA)
    left[where[forward]] = owner[forward]
    right[where[~forward]] = owner[~forward]
    parted = left != right  # a spike has the same block on both sides
    return pairs[parted, 0], pairs[parted, 1], left[parted], right[parted]


def _build(names: tuple[str, ...], polygons: Any) -> Topology:
    """Chain segments into arcs: from one meeting of three blocks to the next."""
    import shapely

    start, stop, left, right = _segments(polygons)
    vertices, ends = np.unique(np.concatenate([start, stop]), return_inverse=True)
    count = start.size
    tail, head = ends[:count], ends[count:]
    degree = np.bincount(ends, minlength=vertices.size)
    # Half-segments: i runs tail to head, i + count runs back with the sides swapped.
    leaving = np.concatenate([tail, head])
    arriving = np.concatenate([head, tail]).tolist()
    sides = np.concatenate(
        [np.column_stack([left, right]), np.column_stack([right, left])]
    ).tolist()
    order = np.argsort(leaving, kind="stable")
    first = np.searchsorted(leaving[order], np.arange(vertices.size + 1)).tolist()
    out = order.tolist()
    through = (degree == 2).tolist()

    def onward(half: int) -> int:
        """Return the half-segment that continues the same border, or -1 at a meeting."""
        at = arriving[half]
        if not through[at]:
            return -1
        back = half - count if half >= count else half + count
        one, two = out[first[at]], out[first[at] + 1]
        ahead = two if one == back else one
        return ahead if sides[ahead] == sides[half] else -1

    used = [False] * count
    path: list[int] = []
    arc: list[int] = []
    arc_sides: list[list[int]] = []
    begins = [h for h in range(2 * count) if not through[int(leaving[h])]]
    for half in [*begins, *range(count)]:  # open arcs first, then closed ones such as islands
        if used[half % count]:
            continue
        here, trail = half, [int(leaving[half])]
        while here != -1 and not used[here % count]:
            used[here % count] = True
            trail.append(arriving[here])
            here = onward(here)
        path += trail
        arc += [len(arc_sides)] * len(trail)
        arc_sides.append(sides[half])
    keys = vertices[np.array(path)]
    xy = np.column_stack([keys // (4 * _FAR) - _FAR, keys % (4 * _FAR) - _FAR])
    both = np.array(arc_sides)
    bounds = shapely.bounds(polygons)
    return Topology(names, xy, np.array(arc), both[:, 0], both[:, 1], bounds)
