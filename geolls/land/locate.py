"""Say which block a point lies in: many points with shapely, one point without it.

One rule, whichever way is asked. A point lies in the block that holds it, and is of two blocks
where it is on the line between them; outside all blocks it goes to the nearest, up to
`COAST_TOLERANCE_M`. Where several blocks have an equal right, the first by code has the point.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections import defaultdict
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from geolls.base.errors import OutputError, UnknownNameError
from geolls.base.files import sha256, write_text
from geolls.base.shelves import shelf

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame
    from numpy.typing import ArrayLike

__all__ = [
    "COAST_TOLERANCE_M",
    "POINT",
    "PointIndex",
    "locate",
    "point_of",
    "to_bng",
    "to_lonlat",
]

#: How far outside all blocks a point may lie and still be of the nearest one. The coast of the
#: blocks is generalised, and a postcode's point can stand a little off it; a point farther out is
#: an error, or abroad.
COAST_TOLERANCE_M = 500.0

FILE_NAME = "point-index.json"
#: What two coordinates look like.
POINT = r"(-?\d+(?:\.\d+)?) ?[,; ] ?(-?\d+(?:\.\d+)?)"
_ROUGH_ENGLAND = (-7.0, 2.5, 49.5, 56.0)  # lon, lon, lat, lat


def locate(points: ArrayLike, blocks: GeoDataFrame) -> pd.DataFrame:
    """Say which block each of many points lies in.

    Parameters
    ----------
    points : array of shape (n, 2)
        Easting and northing in metres, EPSG:27700; NaN where unknown.
    blocks : geopandas.GeoDataFrame
        Indexed by block, in order of the codes, in EPSG:27700.

    Returns
    -------
    pandas.DataFrame
        One row per point, in order: block (object; None if none), located_by ("polygon", "nearest"
        or "none"), distance_m (0 inside or on the line, NaN if none).

    Raises
    ------
    GeometryError
        When the blocks are not in metres.
    """
    import numpy as np
    import pandas as pd
    import shapely

    from geolls.land.blocks import require_metres

    require_metres(blocks)
    xy = np.asarray(points, dtype=float).reshape(-1, 2)
    known = np.flatnonzero(np.isfinite(xy).all(axis=1))
    spots, shapes = shapely.points(xy[known]), blocks.geometry.to_numpy()
    # The tree stands on the points: each polygon is prepared once and tests only those near it.
    holder, held = shapely.STRtree(spots).query(shapes, predicate="contains")
    stray = np.setdiff1d(np.arange(len(spots)), held)
    (near, taker), metres = shapely.STRtree(shapes).query_nearest(
        spots[stray], max_distance=COAST_TOLERANCE_M, return_distance=True
    )
    # Written from the last block to the first, so that the first has the point.
    order = np.argsort(-taker, kind="stable")
    block, distance = np.full(len(xy), -1), np.full(len(xy), np.nan)
    block[known[held]], distance[known[held]] = holder, 0.0
    block[known[stray[near[order]]]] = taker[order]
    distance[known[stray[near[order]]]] = metres[order]
    codes = np.array([*blocks.index, None], dtype=object)
    how = np.select([block < 0, distance > 0], ["none", "nearest"], "polygon")
    return pd.DataFrame(
        {
            "block": pd.Series(codes[block], dtype=object),
            "located_by": how,
            "distance_m": distance,
        }
    )


class Ring(NamedTuple):
    """An outer or inner ring of a block, on the 1 m grid; its box is west, south, east, north.

    Coordinates are texts with blanks between them: they become numbers when the ring is asked.
    """

    block: str
    box: tuple[int, int, int, int]
    xs: str
    ys: str


class PointIndex:
    """The rings of the blocks, to place one point without the geometry libraries.

    Parameters
    ----------
    rings : list of Ring
        All rings of the shipped blocks; `open` reads or makes them.
    """

    def __init__(self, rings: list[Ring]) -> None:
        self._rings = rings

    @cached_property
    def _tree(self) -> Any:
        from rtree.index import Index

        return Index((i, ring.box, None) for i, ring in enumerate(self._rings))

    @classmethod
    def open(cls, folder: str | Path | None = None) -> PointIndex:
        """Return the index kept in a folder, made anew when the blocks have changed.

        Parameters
        ----------
        folder : path, optional
            The data folder. Where it is None, or cannot be written, the index is made in memory.

        Returns
        -------
        PointIndex
            Ready to answer.
        """
        of = sha256(shelf("boundaries") / "block" / "blocks.parquet")
        if folder is None:
            return cls(_rings())
        path = Path(folder) / FILE_NAME
        # There is none yet, or a damaged one: it is made again.
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
            kept = json.loads(path.read_text(encoding="utf-8"))
            if kept["blocks"] == of:
                return cls([Ring(*ring) for ring in kept["rings"]])
        rings = _rings()
        with contextlib.suppress(OutputError):
            write_text(path, json.dumps({"blocks": of, "rings": rings}, separators=(",", ":")))
        return cls(rings)

    def block_at(self, easting: float, northing: float) -> str | None:
        """Return the block a point lies in, by the rule of `locate`; None where there is none.

        Parameters
        ----------
        easting, northing : float
            Metres, EPSG:27700.
        """
        if not (math.isfinite(easting) and math.isfinite(northing)):
            return None
        inside: dict[str, bool] = defaultdict(bool)
        distance: dict[str, float] = {}
        far = COAST_TOLERANCE_M
        box = (easting - far, northing - far, easting + far, northing + far)
        for ring in map(self._rings.__getitem__, self._tree.intersection(box)):
            within, metres = _compare(ring, easting, northing)
            # Inside a hole is inside two rings of a block: inside an odd number is in it.
            inside[ring.block] ^= within
            distance[ring.block] = min(distance.get(ring.block, math.inf), metres)
        found = [(0.0 if inside[block] else metres, block) for block, metres in distance.items()]
        metres, block = min(found, default=(math.inf, ""))
        return block if metres <= COAST_TOLERANCE_M else None


def _compare(ring: Ring, x: float, y: float) -> tuple[bool, float]:
    """Return whether a point is inside a ring, and how far it is from the ring's line."""
    inside, least = False, math.inf
    xs, ys = list(map(int, ring.xs.split())), list(map(int, ring.ys.split()))
    for x0, y0, x1, y1 in zip(xs, ys, xs[1:], ys[1:], strict=False):
        dx, dy = x1 - x0, y1 - y0
        turn = dx * (y - y0) - dy * (x - x0)
        if (y0 > y) != (y1 > y):  # a ray to the east may cross this piece of line
            inside ^= (turn > 0) == (dy > 0)
        along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy)
        if turn == 0 and 0 <= along <= 1:
            return inside, 0.0
        along = min(1.0, max(0.0, along))
        least = min(least, math.hypot(x0 + along * dx - x, y0 + along * dy - y))
    return inside, least


def _rings() -> list[Ring]:
    import shapely

    from geolls.land.blocks import load_blocks

    parts = load_blocks().geometry.explode()
    out = []
    for code, part in parts.items():
        for ring in (part.exterior, *part.interiors):
            xs, ys = shapely.get_coordinates(ring).astype(int).T.tolist()
            box = min(xs), min(ys), max(xs), max(ys)
            out.append(Ring(str(code), box, *(" ".join(map(str, line)) for line in (xs, ys))))
    return out


def to_bng(longitude: Any, latitude: Any) -> tuple[Any, Any]:
    """Return easting and northing (EPSG:27700, metres) of degrees (EPSG:4326).

    Parameters
    ----------
    longitude, latitude : float or array of float
        Degrees. What has no place on the grid comes back as infinite.

    Examples
    --------
    >>> [round(metres, -2) for metres in to_bng(-1.5491, 53.8008)]
    [429800.0, 433900.0]
    """
    east, north = _transformer().transform(longitude, latitude)
    return east, north


def to_lonlat(easting: Any, northing: Any) -> tuple[Any, Any]:
    """Return longitude and latitude (EPSG:4326, degrees) of metres in EPSG:27700; NaN stays NaN.

    Examples
    --------
    >>> [round(degrees, 3) for degrees in to_lonlat(429_800, 433_900)]
    [-1.549, 53.801]
    """
    lon, lat = _transformer().transform(easting, northing, direction="INVERSE")
    return lon, lat


def point_of(text: str) -> tuple[str, tuple[float, float]] | None:
    """Read coordinates: what they are in words, easting and northing; None where it is none.

    Raises
    ------
    UnknownNameError
        When the point is not in England.
    """
    said = re.fullmatch(POINT, text)
    if not said:
        return None
    x, y = float(said[1]), float(said[2])
    west, east, south, north = _ROUGH_ENGLAND
    if west <= x <= east and south <= y <= north:
        return f"{x:g},{y:g} (lon,lat)", to_bng(x, y)
    if west <= y <= east and south <= x <= north:
        return f"{y:g},{x:g} (lon,lat; you gave lat,lon)", to_bng(y, x)
    if 0 <= x <= 700_000 and 0 <= y <= 700_000 and max(x, y) > 1000:
        return f"{x:.0f},{y:.0f} (easting,northing)", (x, y)
    raise UnknownNameError(
        f"{x:g},{y:g} is not in England",
        fix="give lon,lat in degrees (-1.57,55.18) or easting,northing in metres",
    )


# One fixed shift, which is pyproj's own where no finer grid is installed: the same numbers, and the
# same bytes, on every machine. Within 4.7 m of OSTN15 on all land of England, 1.8 m in the mean.
_GRID = (
    "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy "
    "+towgs84=446.448,-125.157,542.06,0.15,0.247,0.842,-20.489 +units=m +no_defs"
)


@cache
def _transformer() -> Any:
    from pyproj import Transformer

    return Transformer.from_crs(4326, _GRID, always_xy=True)
