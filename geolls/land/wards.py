"""Parts of districts that are made of wards: land by the postcodes that lie in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geolls.base.errors import UnknownNameError
from geolls.base.text import fold, suggest
from geolls.layers.areas import Area, Areas
from geolls.layers.model import Claim

__all__ = ["coded_wards", "ward_land"]

GRID_M = 1.0
_CODE = re.compile(r"E05\d{6}")


def coded_wards(
    claims: Iterable[Claim], schools: pd.DataFrame, areas: Areas, folder: str
) -> list[Claim]:
    """Return claims with the codes of the wards that they name, as the register has them.

    Parameters
    ----------
    claims : iterable of Claim
        Whose wards are codes or names; a claim with an area means a ward of it.
    schools : pandas.DataFrame
        Of the register: `ward_code`, `ward_name`, `district`; none where it has no wards.
    areas : Areas
        The succession table.
    folder : str
        Of the layer, for messages.

    Raises
    ------
    UnknownNameError
        No school is in a ward of that name, or wards of several districts have it.
    """
    known: dict[str, dict[str, tuple[str, Area]]] = {}
    of_code = {area.code: area for area in areas.rows}
    if {"ward_code", "ward_name"} <= set(schools):
        wards = schools[["ward_name", "ward_code", "district"]].dropna().drop_duplicates()
        for name, code, district in wards.itertuples(index=False):
            if district in of_code:
                known.setdefault(fold(name), {})[code] = (name, of_code[district])
    every = [(n, d) for held in known.values() for n, d in held.values()]

    def code_of(ward: str, claim: Claim) -> str:
        if _CODE.fullmatch(ward.upper()):
            return ward.upper()
        found = known.get(fold(re.sub(r"\s+ward$", "", ward, flags=re.IGNORECASE)), {})
        if inside := of_code.get(claim.area_code):
            within = set(inside.blocks)
            found = {code: x for code, x in found.items() if within & set(x[1].blocks)}
        if len(found) == 1:
            return next(iter(found))
        where = f"{folder}/members.csv row {claim.row}"
        if found:
            which = " or ".join(f"{d.name} ({code})" for code, (_, d) in sorted(found.items()))
            message = f"{ward!r} is the name of {len(found)} wards"
            fix = f"name the district beside it, under area, or give the code: {which}"
            raise UnknownNameError(message, where=where, fix=fix)
        there = f" in {inside.name}" if inside else ""
        message = f"the register has no school in a ward called {ward!r}{there}"
        mine = set(inside.blocks) if inside else None
        called = {n: f"{n} ({d.name})" for n, d in every if mine is None or mine & set(d.blocks)}
        part = [said for n, said in called.items() if f" {fold(ward)} " in f" {fold(n)} "]
        near = f"did you mean {' or '.join(part[:3])}?" if part and fold(ward) else None
        near = near or suggest(ward, called, called.__getitem__)
        fix = near or "give its code, as E05011453"
        raise UnknownNameError(message, where=where, fix=fix)

    return [replace(c, wards=tuple(code_of(ward, c) for ward in c.wards)) for c in claims]


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
