"""Say which block one point lies in, without the geometry libraries: rtree and the rings."""

from __future__ import annotations

import hashlib
import math
import struct
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geolls.base.errors import GeollsError, InputFileError
from geolls.base.shelves import shelf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["TOLERANCE_M", "PointIndex", "build_point_index", "to_bng"]

FILE_NAME = "point-index.bin"
TOLERANCE_M = 500.0  # as geolls.land.blocks.locate

_MAGIC = f"geolls point index 1 {sys.byteorder}".encode().ljust(32)
_HEAD = struct.Struct("=32s32s3I")  # magic, sha256 of blocks.parquet, rings, points, codes' bytes
_OUTSIDE, _INSIDE, _ON_LINE = 0, 1, 2
# Looking through all boxes takes 0.05 ms; loading rtree takes as long as a thousand times that.
_FEW = 500


class PointIndex:
    """The rings of the blocks behind their boxes; behind an R-tree of them for many points.

    Parameters
    ----------
    packed : bytes
        What `build_point_index` writes.

    Notes
    -----
    Only rings whose box holds the point are tested, by counting crossings of their lines. The
    lines are those of `blocks.parquet`, on the same 1 m grid, so the answer is that of
    `geolls.land.blocks.locate`.
    """

    def __init__(self, packed: bytes) -> None:
        _, _, rings, points, codes = _HEAD.unpack_from(packed)
        end = _HEAD.size + 4 * (7 * rings + 2 * points)
        if len(packed) != end + codes:
            raise ValueError("point index is cut short")
        numbers = memoryview(packed)[_HEAD.size : end].cast("i")
        # Seven columns of `rings` numbers, then the coordinates.
        columns = [numbers[i * rings : (i + 1) * rings].tolist() for i in range(7)]
        self._owner, self._start, self._length, *boxes = columns
        self._xy = numbers[7 * rings :]
        self._codes = packed[end:].decode().split("\n")
        self._boxes = list(zip(*boxes, strict=True))
        self._asked = 0
        self._tree: Any = None

    @classmethod
    def open(cls, folder: str | Path | None = None) -> PointIndex:
        """Return the index kept in a folder, built anew when the blocks have changed.

        Parameters
        ----------
        folder : path, optional
            The data folder. Where it is None, or cannot be written, the index is built in memory.

        Returns
        -------
        PointIndex
            Ready to answer.
        """
        digest = _blocks_digest()
        if folder is None:
            return cls(_packed(digest))
        path = Path(folder) / FILE_NAME
        try:
            packed = path.read_bytes()
            if packed.startswith(_MAGIC + digest):
                return cls(packed)
        except (OSError, ValueError, struct.error):
            pass  # none yet, or a damaged one: build it
        try:
            return cls(build_point_index(folder).read_bytes())
        except (GeollsError, OSError):
            return cls(_packed(digest))

    def block_at(
        self, easting: float, northing: float, tolerance_m: float = TOLERANCE_M
    ) -> str | None:
        """Return the block at a point in EPSG:27700 metres, or None where there is none."""
        return self.locate(easting, northing, tolerance_m)[0]

    def locate(
        self, easting: float, northing: float, tolerance_m: float = TOLERANCE_M
    ) -> tuple[str | None, float]:
        """Return the block at a point and how far outside it the point lies.

        Parameters
        ----------
        easting, northing : float
            Metres, EPSG:27700.
        tolerance_m : float, default 500
            How far outside all blocks a point may lie and still go to the nearest one.

        Returns
        -------
        tuple of (str or None, float)
            Block and distance: 0 inside or on its line, else metres to the nearest block; None and
            NaN beyond the tolerance.
        """
        if not (math.isfinite(easting) and math.isfinite(northing)):
            return None, math.nan
        odd: dict[int, bool] = {}
        on_line: set[int] = set()
        for owner, xs, ys in self._rings(easting, northing, 0.0):
            side = _side(xs, ys, easting, northing)
            if side == _ON_LINE:
                on_line.add(owner)
            odd[owner] = odd.get(owner, False) != (side == _INSIDE)
        held = on_line.union(block for block, inside in odd.items() if inside)
        if held:
            return self._codes[min(held)], 0.0
        near = [
            (_distance(xs, ys, easting, northing), owner)
            for owner, xs, ys in self._rings(easting, northing, tolerance_m)
        ]
        distance, owner = min(near, default=(math.inf, -1))
        return (self._codes[owner], distance) if distance <= tolerance_m else (None, math.nan)

    def _rings(
        self, x: float, y: float, margin: float
    ) -> Iterator[tuple[int, list[int], list[int]]]:
        box = (x - margin, y - margin, x + margin, y + margin)
        for ring in self._touching(box):
            first = 2 * self._start[ring]
            xy = self._xy[first : first + 2 * self._length[ring]]
            yield self._owner[ring], xy[::2].tolist(), xy[1::2].tolist()

    def _touching(self, box: tuple[float, float, float, float]) -> Iterable[int]:
        """Return the rings whose box touches a box."""
        self._asked += 1
        if self._asked <= _FEW:
            west, south, east, north = box
            return [
                i
                for i, (w, s, e, n) in enumerate(self._boxes)
                if w <= east and e >= west and s <= north and n >= south
            ]
        if self._tree is None:
            from rtree.index import Index

            # Bulk loading 611 boxes takes 3 ms: less than checking a stored tree.
            self._tree = Index((i, box, None) for i, box in enumerate(self._boxes))
        found: Iterable[int] = self._tree.intersection(box)
        return found


def build_point_index(folder: str | Path) -> Path:
    """Write the point index of the blocks into a folder.

    Parameters
    ----------
    folder : path
        The data folder; made when missing.

    Returns
    -------
    pathlib.Path
        The file written, whole or not at all.

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    from geolls.base.files import write_bytes

    path = Path(folder) / FILE_NAME
    write_bytes(path, _packed(_blocks_digest()))
    return path


def to_bng(longitude: float, latitude: float) -> tuple[float, float]:
    """Return easting and northing (EPSG:27700, metres) of degrees (EPSG:4326).

    Examples
    --------
    >>> [round(metres, -2) for metres in to_bng(-1.5491, 53.8008)]
    [429800.0, 433900.0]
    """
    easting, northing = _transformer().transform(longitude, latitude)
    return float(easting), float(northing)


@cache
def _transformer() -> Any:
    from pyproj import Transformer

    return Transformer.from_crs(4326, 27700, always_xy=True)


def _blocks_digest() -> bytes:
    path = shelf("boundaries") / "block" / "blocks.parquet"
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError as fault:
        raise InputFileError(
            "the blocks cannot be read", where=str(path), fix="reinstall geolls"
        ) from fault


def _packed(digest: bytes) -> bytes:
    """Return the rings of the blocks as bytes: header, seven columns, coordinates, codes."""
    import numpy as np
    import shapely

    from geolls.land.blocks import load_blocks

    blocks = load_blocks()
    parts, owner = shapely.get_parts(blocks.geometry.to_numpy(), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    length = shapely.get_num_coordinates(rings)
    start = np.concatenate([[0], np.cumsum(length)[:-1]])
    columns = np.vstack([owner[part], start, length, shapely.bounds(rings).T]).astype("i4")
    points = shapely.get_coordinates(rings).astype("i4")
    codes = "\n".join(map(str, blocks.index)).encode()
    head = _HEAD.pack(_MAGIC, digest, len(rings), len(points), len(codes))
    return b"".join([head, columns.tobytes(), points.tobytes(), codes])


def _side(xs: list[int], ys: list[int], x: float, y: float) -> int:
    """Return whether a point is inside a ring, outside it or on its line."""
    inside = False
    x0, y0 = xs[0], ys[0]
    for x1, y1 in zip(xs[1:], ys[1:], strict=True):
        if (y0 > y) != (y1 > y):
            turn = (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)
            if turn == 0:
                return _ON_LINE
            inside ^= (turn > 0) == (y1 > y0)
        elif y == y1 and (x == x1 or (y == y0 and min(x0, x1) <= x <= max(x0, x1))):
            return _ON_LINE
        x0, y0 = x1, y1
    return _INSIDE if inside else _OUTSIDE


def _distance(xs: list[int], ys: list[int], x: float, y: float) -> float:
    """Return how far a point is from the line of a ring."""
    least = math.inf
    x0, y0 = xs[0], ys[0]
    for x1, y1 in zip(xs[1:], ys[1:], strict=True):
        dx, dy = x1 - x0, y1 - y0
        along = ((x - x0) * dx + (y - y0) * dy) / ((dx * dx + dy * dy) or 1)
        along = min(1.0, max(0.0, along))
        least = min(least, (x0 + along * dx - x) ** 2 + (y0 + along * dy - y) ** 2)
        x0, y0 = x1, y1
    return math.sqrt(least)
