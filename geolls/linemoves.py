"""Official boundaries held against the succession table: which lines lie elsewhere, by how much."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from geolls.blocks import dissolve, load_blocks, require_metres
from geolls.errors import GeometryError, InputFileError, UnknownNameError
from geolls.sources import load_sources

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from geopandas import GeoDataFrame

    from geolls.areas import Areas
    from geolls.portal import Boundaries

__all__ = ["compare_with_succession", "finer_blocks", "line_moves"]

BLOCK_TOLERANCE_M = 200.0
"""How far the lines of the blocks may lie from the true ones; boundaries/block/layer.toml."""


def compare_with_succession(
    fetched: GeoDataFrame,
    areas: Areas,
    on: date,
    tier: str = "district",
    *,
    blocks: GeoDataFrame | None = None,
    tolerance_m: float = BLOCK_TOLERANCE_M,
) -> pd.DataFrame:
    """Compare official boundaries with the same areas built of blocks.

    Parameters
    ----------
    fetched : geopandas.GeoDataFrame
        code, name, geometry in metres: `gpd.read_parquet(fetch_boundaries(...).path)`.
    areas : Areas
        The succession table.
    on : datetime.date
        The day the official boundaries stood: `Boundaries.on`.
    tier : str, default "district"
        Tier of the areas.
    blocks : geopandas.GeoDataFrame, optional
        In place of `load_blocks()`: with `finer_blocks`, moves of a few metres can be told.
    tolerance_m : float, default 200
        How far a generalised line may lie from the true one, in metres: the larger of the
        blocks' 200 and the tolerance of the official boundaries.

    Returns
    -------
    pandas.DataFrame
        One row per code in either, sorted by moved_m2, largest first: code, name, status
        ("both", "only_official", "only_succession"), official_m2, built_m2, gained_m2 (official
        land that the blocks give to another area), lost_m2 (the reverse), edge_m2 (difference
        along the coast or the border of England), moved_m2, moved_with (code of the area with
        which most was exchanged, or None).

    Raises
    ------
    GeometryError
        `fetched` is not in metres, or lacks its columns.
    UnknownNameError
        No area of that tier stood on that day.

    Notes
    -----
    Two generalisations of one line differ by slivers. `moved_m2` is the exchanged land in pieces
    wider than twice the tolerance (what remains after an opening by it): a move of a line, not
    the drawing of it. gained_m2 and lost_m2 count all land, slivers too; nothing is left out.

    Source: Office for National Statistics, Open Geography Portal; boundaries/areas.csv.
    """
    import numpy as np
    import pandas as pd
    import shapely

    require_metres(fetched)
    if not {"code", "name"} <= set(fetched.columns):
        raise GeometryError("official boundaries have the columns code, name and geometry")
    alive = areas.alive(tier, on)
    if not alive:
        raise UnknownNameError(f"no {tier.replace('_', ' ')} stood on {on}")
    membership = pd.DataFrame(
        [(block, area.code) for area in alive for block in area.blocks],
        columns=["block", "unit_code"],
    )
    built = dissolve(load_blocks() if blocks is None else blocks, membership)
    official = fetched.dissolve("code")["geometry"]
    codes = sorted({*official.index, *built.index})
    ours = built.geometry.reindex(codes).to_numpy()
    theirs = official.reindex(codes).to_numpy()

    table = pd.DataFrame({"code": codes})
    names = {a.code: a.name for a in alive} | dict(
        zip(fetched["code"], fetched["name"], strict=True)
    )
    table["name"] = table["code"].map(names)
    there, here = ~shapely.is_missing(theirs), ~shapely.is_missing(ours)
    table["status"] = np.select(
        [there & here, there], ["both", "only_official"], default="only_succession"
    )
    table["official_m2"] = np.where(there, shapely.area(theirs), 0.0)
    table["built_m2"] = np.where(here, shapely.area(ours), 0.0)
    from_, to, land, moved = _exchanged(ours, theirs, tolerance_m)
    n = len(codes)
    table["gained_m2"] = np.bincount(to, land, n)
    table["lost_m2"] = np.bincount(from_, land, n)
    same = np.nan_to_num(shapely.area(shapely.intersection(ours, theirs)))
    edge = table["official_m2"] - same - table["gained_m2"]
    edge += table["built_m2"] - same - table["lost_m2"]
    table["edge_m2"] = edge.clip(lower=0.0)
    table["moved_m2"] = np.bincount(to, moved, n) + np.bincount(from_, moved, n)
    table["moved_with"] = pd.Series(_partners(codes, from_, to, moved), dtype=object)
    return table.sort_values(["moved_m2", "code"], ascending=[False, True], ignore_index=True)


def line_moves(found: Boundaries, areas: Areas) -> pd.DataFrame:
    """Compare fetched boundaries with the succession table on their own day.

    Parameters
    ----------
    found : Boundaries
        What `fetch_boundaries` returned.
    areas : Areas
        The succession table.

    Returns
    -------
    pandas.DataFrame
        As `compare_with_succession`, at the tolerance of the coarser of the two drawings.

    Raises
    ------
    InputFileError
        The file cannot be read.
    """
    import geopandas as gpd

    try:
        frame = gpd.read_parquet(found.path)
    except (OSError, ValueError) as error:
        raise InputFileError("cannot be read as GeoParquet", where=str(found.path)) from error
    drawn = float(load_sources()["ons"]["resolution"][found.resolution]["tolerance_m"])
    return compare_with_succession(
        frame, areas, found.on, found.layer, tolerance_m=max(BLOCK_TOLERANCE_M, drawn)
    )


def _exchanged(
    ours: np.ndarray, theirs: np.ndarray, tolerance_m: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return from, to, m2 and m2 in wide pieces of all land that changes hands."""
    import numpy as np
    import shapely

    tree = shapely.STRtree(ours)
    to, from_ = tree.query(theirs, predicate="intersects")
    other = from_ != to
    from_, to = from_[other], to[other]
    pieces = shapely.intersection(ours[from_], theirs[to])
    land = shapely.area(pieces)
    kept = land > 0
    from_, to, pieces, land = from_[kept], to[kept], pieces[kept], land[kept]
    opened = shapely.buffer(shapely.buffer(pieces, -tolerance_m), tolerance_m)
    moved = np.minimum(shapely.area(opened), land)
    return from_, to, land, moved


def _partners(
    codes: list[str], from_: np.ndarray, to: np.ndarray, moved: np.ndarray
) -> list[str | None]:
    """Return for each area the one with which most land was exchanged in wide pieces."""
    import pandas as pd

    if not len(moved) or not moved.any():
        return [None] * len(codes)
    both = pd.DataFrame({"at": [*from_, *to], "with": [*to, *from_], "m2": [*moved, *moved]})
    total = both[both["m2"] > 0].groupby(["at", "with"])["m2"].sum().reset_index()
    best = total.sort_values(["m2", "with"], ascending=[False, True]).drop_duplicates("at")
    partner = dict(zip(best["at"], best["with"], strict=True))
    return [codes[partner[i]] if i in partner else None for i in range(len(codes))]


def finer_blocks(districts: GeoDataFrame, grid_m: float = 1.0) -> GeoDataFrame:
    """Build the blocks again from the official districts of 2017 or 2018, in finer detail.

    Parameters
    ----------
    districts : geopandas.GeoDataFrame
        code, name, geometry in metres of the 326 districts that the blocks are:
        `fetch_boundaries(data, "district", 2017, "BGC")`.
    grid_m : float, default 1
        Coordinates are rounded to this grid, in metres.

    Returns
    -------
    geopandas.GeoDataFrame
        As `load_blocks()`, in its place: indexed by block, name, area_m2, neighbourhoods,
        geometry in EPSG:27700; one valid coverage.

    Raises
    ------
    UnknownNameError
        The codes are not those of the blocks.
    GeometryError
        `districts` is not in metres, or lacks its columns.

    Notes
    -----
    Outlines that do not meet after rounding are noded together; land that two districts hold
    goes to the first by code, gaps stay open.

    Source: Office for National Statistics, Open Geography Portal.
    """
    import shapely

    require_metres(districts)
    if not {"code", "name"} <= set(districts.columns):
        raise GeometryError("official boundaries have the columns code, name and geometry")
    coarse = load_blocks()
    given = districts.set_index("code").sort_index()
    odd = sorted(set(given.index) ^ set(coarse.index))
    if odd:
        raise UnknownNameError(
            f"{len(odd)} codes are not on both sides, as {', '.join(odd[:5])}",
            fix="give the districts of December 2017 or 2018",
        )
    shapes = shapely.set_precision(shapely.make_valid(given.geometry.to_numpy()), grid_m)
    if not shapely.coverage_is_valid(shapes):
        shapes = _noded(shapes)
    finer = coarse[["name", "area_m2", "neighbourhoods"]].copy()
    finer["area_m2"] = shapely.area(shapes)
    return finer.set_geometry(shapes, crs=coarse.crs)


def _noded(shapes: np.ndarray) -> np.ndarray:
    """Cut overlapping polygons along all their lines, and give each face to the first of them."""
    import numpy as np
    import shapely

    lines = shapely.unary_union(shapely.boundary(shapes), grid_size=1.0)
    faces = shapely.get_parts(shapely.polygonize([lines]))
    inside = shapely.point_on_surface(faces)
    face, owner = shapely.STRtree(shapes).query(inside, predicate="intersects")
    order = np.lexsort((owner, face))
    first = order[np.unique(face[order], return_index=True)[1]]
    out = shapes.copy()
    for at in range(len(shapes)):
        out[at] = shapely.coverage_union_all(faces[face[first[owner[first] == at]]])
    return out
