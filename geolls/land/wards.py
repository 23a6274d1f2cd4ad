"""Parts of districts that are made of wards: land by the postcodes that lie in them."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

__all__ = ["ward_land"]

GRID_M = 1.0


def ward_land(
    wards: Mapping[str, str], postcodes: pd.DataFrame, blocks: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return the land of units that are made of wards.

    Parameters
    ----------
    wards : mapping of str to str
        Code of a ward to the code of its unit.
    postcodes : pandas.DataFrame
        All postcodes of the blocks that have such a ward: `block`, `ward`, `easting`, `northing`
        (EPSG:27700 metres).
    blocks : geopandas.GeoDataFrame
        Indexed by block, EPSG:27700.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per unit: `unit_code`, geometry. Land of wards that are no unit's is in none.

    Notes
    -----
    Each spot of a block belongs to the unit of its nearest postcode: the line runs halfway between
    the postcodes of either side (Voronoi). Every postcode lies in its own unit; where nobody lives
    the line may be off by half the distance between neighbouring postcodes. Spots that share
    coordinates take the unit that most of them have.
    """
    known = postcodes.assign(unit=postcodes["ward"].map(wards).fillna(""))
    counts = known.groupby(["block", "easting", "northing", "unit"]).size().reset_index(name="n")
    spots = counts.sort_values("n", ascending=False, kind="stable")
    spots = spots.drop_duplicates(["block", "easting", "northing"]).sort_index()
    found: dict[str, list[shapely.Geometry]] = {}
    for block, mine in spots.groupby("block"):
        whole = blocks.geometry.loc[str(block)]
        if mine["unit"].nunique() == 1:
            cells = {mine["unit"].iloc[0]: whole}
        else:
            points = shapely.points(mine[["easting", "northing"]].to_numpy(float))
            made = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=whole)
            made = shapely.get_parts(made)
            at, cell = shapely.STRtree(made).query(points, predicate="intersects")
            cell = cell[np.unique(at, return_index=True)[1]]
            unit_of = mine["unit"].to_numpy()
            cells = {}
            for unit in mine["unit"].unique():
                near = shapely.union_all(made[cell[unit_of == unit]], grid_size=GRID_M)
                cells[unit] = shapely.intersection(near, whole)
        for unit, shape in cells.items():
            found.setdefault(str(unit), []).append(shape)
    shapes = {unit: shapely.union_all(held) for unit, held in found.items() if unit}
    return gpd.GeoDataFrame(
        {"unit_code": list(shapes)}, geometry=list(shapes.values()), crs=blocks.crs
    )
