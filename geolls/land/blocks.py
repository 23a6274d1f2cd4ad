"""The block coverage: load it, weigh it, join it into units, say who neighbours whom."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geolls.base.errors import GeometryError, InputFileError
from geolls.base.shelves import shelf

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

__all__ = [
    "adjacency",
    "block_weights",
    "dissolve",
    "load_blocks",
    "load_display",
    "load_neighbourhoods",
    "require_metres",
]


def load_blocks() -> GeoDataFrame:
    """Return the analysis geometry of the blocks.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per block, indexed and sorted by `block` (code as at 2013): name, area_m2,
        neighbourhoods (2011 LSOAs), geometry in EPSG:27700. One valid coverage on a 1 m grid.

    Notes
    -----
    Source: ONS, LSOA boundaries of December 2011, bent to the postcodes of Code-Point Open; see
    boundaries/block/layer.toml.
    """
    import geopandas as gpd

    return gpd.read_parquet(_file("blocks.parquet")).set_index("block")


def load_display() -> GeoDataFrame:
    """Return the blocks with a finer coast, for drawing: banks, estuaries and islands.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per block, indexed and sorted by `block`: name, geometry in EPSG:27700. One valid
        coverage whose lines inland are those of `load_blocks()`; areas are measured in those.
    """
    import geopandas as gpd

    return gpd.read_parquet(_file("display.parquet")).set_index("block")


def load_neighbourhoods() -> pd.DataFrame:
    """Return the 2011 neighbourhoods (LSOA) as points.

    Returns
    -------
    pandas.DataFrame
        One row per neighbourhood: lsoa11, block, easting, northing (int32, metres, EPSG:27700).
        The block is the one its name states; four points lie just outside it.
    """
    table = pd.read_parquet(_file("neighbourhoods.parquet"))
    return table[["lsoa11", "block", "easting", "northing"]]


def block_weights() -> pd.DataFrame:
    """Return what a block weighs, without loading geometry.

    Returns
    -------
    pandas.DataFrame
        One row per block, indexed by `block`: area_m2 (float), neighbourhoods (int).
    """
    columns = ["block", "area_m2", "neighbourhoods"]
    return pd.read_parquet(_file("blocks.parquet"), columns=columns).set_index("block")


def require_metres(frame: GeoDataFrame) -> None:
    """Refuse what cannot be measured in metres, telling the three faults apart.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        A geometry table.

    Raises
    ------
    GeometryError
        No CRS; not projected (degrees); or projected in another unit than metres.
    """
    crs = frame.crs
    if crs is None:
        raise GeometryError(
            "the geometry has no CRS",
            fix="state it: set_crs(4326) for longitude and latitude, set_crs(27700) for metres",
        )
    if not crs.is_projected:
        raise GeometryError(
            f"{crs.name} is not projected: its units are degrees", fix="use to_crs(27700)"
        )
    unit = crs.axis_info[0].unit_name
    if unit not in ("metre", "meter"):
        raise GeometryError(f"{crs.name} counts in {unit}, not metres", fix="use to_crs(27700)")


def dissolve(blocks: GeoDataFrame, membership: pd.DataFrame) -> GeoDataFrame:
    """Join blocks into units.

    Parameters
    ----------
    blocks : geopandas.GeoDataFrame
        A valid coverage indexed by block: `load_blocks()`, `load_display()` or a refinement.
    membership : pandas.DataFrame
        Columns block and unit_code; a block may belong to several units.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per unit, indexed and sorted by unit_code: geometry in the CRS of `blocks`. Units
        overlap where they share a block.

    Raises
    ------
    GeometryError
        When a block of the membership is not among `blocks`.
    """
    import geopandas as gpd

    rows = membership[["unit_code", "block"]].drop_duplicates()
    position = blocks.index.get_indexer(rows["block"])
    if (position < 0).any():
        strange = rows["block"][position < 0].iloc[0]
        raise GeometryError(f"no block {strange!r}", fix="give the refined blocks with its parts")
    shapes = gpd.GeoDataFrame(rows, geometry=blocks.geometry.to_numpy()[position], crs=blocks.crs)
    return shapes[["unit_code", "geometry"]].dissolve("unit_code", method="coverage")


def adjacency(blocks: GeoDataFrame) -> NDArray[np.int64]:
    """Return which blocks are neighbours, as one connected graph.

    Parameters
    ----------
    blocks : geopandas.GeoDataFrame
        A valid coverage.

    Returns
    -------
    numpy.ndarray of shape (n, 2)
        One row per pair of positions (first < second, sorted) that share a line. Blocks that the
        sea cuts off, alone or in groups, are joined to the nearest block across it.
    """
    import shapely

    shapes = blocks.geometry.to_numpy()
    pairs = shapely.STRtree(shapes).query(shapes, predicate="touches").T
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    along = shapely.relate_pattern(*shapes[pairs.T], "****1****")  # along a line, not at a point
    return _joined(shapes, pairs[along])


def _joined(shapes: NDArray[Any], pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Add the shortest crossing from each separate group of blocks until all hang together."""
    import shapely
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(shapes)
    while True:
        links = coo_array((np.ones(len(pairs)), pairs.T), shape=(n, n))
        group = connected_components(links, directed=False)[1]
        smallest = np.bincount(group).argmin()
        alone, others = np.flatnonzero(group == smallest), np.flatnonzero(group != smallest)
        if not len(others):
            return np.unique(np.sort(pairs, axis=1), axis=0).astype(np.int64)
        at, distance = shapely.STRtree(shapes[others]).query_nearest(
            shapes[alone], return_distance=True, all_matches=False
        )
        best = distance.argmin()
        pairs = np.vstack([pairs, [alone[at[0, best]], others[at[1, best]]]])


def _file(name: str) -> Path:
    path = shelf("boundaries") / "block" / name
    if not path.is_file():
        raise InputFileError(f"{name} is missing", where=str(path), fix="reinstall geolls")
    return path
