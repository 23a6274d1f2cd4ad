"""Official boundaries held against the succession table: which lines lie elsewhere, by how much."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from geolls.base.errors import GeometryError, InputFileError, UnknownNameError, UsageError
from geolls.base.files import sha256, write_text, writing
from geolls.fetch.kept import Boundaries, manifest_at
from geolls.fetch.sources import load_sources
from geolls.land.blocks import dissolve, load_blocks, require_metres
from geolls.layers.areas import Areas, load_areas

__all__ = [
    "Blocks",
    "compare_with_succession",
    "finer_blocks",
    "line_moves",
    "read_blocks",
    "rebuild_blocks",
]

BLOCK_TOLERANCE_M = 200.0
"""How far the lines of the blocks may lie from the true ones; boundaries/block/layer.toml."""
FULL = date(2018, 12, 31)  # the last edition whose districts are the blocks, all 326
STEP_M = 250.0  # how densely the edge of a district is sampled to say which block is nearest
DISPLAY_M = 25.0
COLLECTION = 7  # shapely's number for a GeometryCollection
_AGAIN = "run: geolls fetch boundaries --blocks"


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
    _require_official(fetched)
    alive = areas.alive(tier, on)
    if not alive:
        raise UnknownNameError(f"no {tier.replace('_', ' ')} stood on {on}")
    membership = pd.DataFrame(
        [(block, area.code) for area in alive for block in area.blocks],
        columns=["block", "unit_code"],
    )
    built = dissolve(load_blocks() if blocks is None else blocks, membership).geometry
    official = fetched.dissolve("code").geometry
    codes = built.index.union(official.index).rename("code")
    ours, theirs = built.reindex(codes), official.reindex(codes)
    swaps = _exchanged(ours, theirs, tolerance_m)
    moved = pd.concat([swaps, swaps.rename(columns={"giver": "taker", "taker": "giver"})])
    names = {a.code: a.name for a in alive} | dict(
        zip(fetched["code"], fetched["name"], strict=True)
    )
    table = pd.DataFrame(
        {
            "name": codes.map(names),
            "status": np.select(
                [ours.isna(), theirs.isna()], ["only_official", "only_succession"], "both"
            ),
            "official_m2": theirs.area.fillna(0.0),
            "built_m2": ours.area.fillna(0.0),
            "gained_m2": swaps.groupby("taker")["m2"].sum().reindex(codes, fill_value=0.0),
            "lost_m2": swaps.groupby("giver")["m2"].sum().reindex(codes, fill_value=0.0),
        },
        index=codes,
    )
    same = np.nan_to_num(shapely.area(shapely.intersection(ours, theirs)))
    ours_only = table["built_m2"] - same - table["lost_m2"]
    theirs_only = table["official_m2"] - same - table["gained_m2"]
    table["edge_m2"] = (theirs_only + ours_only).clip(lower=0.0)
    table["moved_m2"] = moved.groupby("taker")["moved_m2"].sum().reindex(codes, fill_value=0.0)
    wide = moved[moved["moved_m2"] > 0].groupby(["taker", "giver"])["moved_m2"].sum().reset_index()
    most = wide.sort_values(["moved_m2", "giver"], ascending=[False, True])
    partner = most.drop_duplicates("taker").set_index("taker")["giver"].to_dict()
    table["moved_with"] = pd.Series([partner.get(code) for code in codes], codes, dtype=object)
    return table.reset_index().sort_values(
        ["moved_m2", "code"], ascending=[False, True], ignore_index=True
    )


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
    frame = _read_boundaries(found)
    drawn = load_sources().ons.resolution[found.resolution].tolerance_m
    return compare_with_succession(
        frame, areas, found.on, found.layer, tolerance_m=max(BLOCK_TOLERANCE_M, drawn)
    )


def _read_boundaries(found: Boundaries) -> GeoDataFrame:
    try:
        return gpd.read_parquet(found.path)
    except (OSError, ValueError) as error:
        raise InputFileError("cannot be read as GeoParquet", where=str(found.path)) from error


def _require_official(frame: GeoDataFrame) -> None:
    require_metres(frame)
    if not {"code", "name"} <= set(frame.columns):
        raise GeometryError("official boundaries have the columns code, name and geometry")


def _exchanged(ours: gpd.GeoSeries, theirs: gpd.GeoSeries, tolerance_m: float) -> pd.DataFrame:
    """Return all land that changes hands: giver, taker, m2, moved_m2 (in wide pieces)."""
    to, from_ = shapely.STRtree(ours.to_numpy()).query(theirs.to_numpy(), predicate="intersects")
    to, from_ = to[from_ != to], from_[from_ != to]
    pieces = shapely.intersection(ours.to_numpy()[from_], theirs.to_numpy()[to])
    opened = shapely.buffer(shapely.buffer(pieces, -tolerance_m), tolerance_m)
    land = shapely.area(pieces)
    swaps = pd.DataFrame(
        {
            "giver": ours.index[from_],
            "taker": ours.index[to],
            "m2": land,
            "moved_m2": np.minimum(shapely.area(opened), land),
        }
    )
    return swaps[swaps["m2"] > 0]


def finer_blocks(
    districts: GeoDataFrame, areas: Areas | None = None, on: date = FULL
) -> GeoDataFrame:
    """Build the blocks again along the official districts of a day, in finer detail.

    Parameters
    ----------
    districts : geopandas.GeoDataFrame
        code, name, geometry in metres of the districts of that day:
        `fetch_boundaries(data, "district", 2018, "BGC")`.
    areas : Areas, optional
        The succession table; `load_areas()` by default.
    on : datetime.date, default 2018-12-31
        The day: `Boundaries.on`. Until March 2019 each district is one block.

    Returns
    -------
    geopandas.GeoDataFrame
        As `load_blocks()`, in its place: indexed by block, name, area_m2, neighbourhoods,
        geometry in EPSG:27700 on a 1 m grid; one valid coverage.

    Raises
    ------
    UnknownNameError
        The codes are not those of the districts of that day.
    GeometryError
        `districts` is not in metres, lacks its columns, or leaves a block without land.

    Notes
    -----
    A district of several blocks keeps between them the lines of `load_blocks()`; what its
    official outline adds goes to the nearest of its blocks. Outlines that do not meet after
    rounding are noded together; land that two districts hold goes to the first by code, gaps
    stay open.

    Source: Office for National Statistics, Open Geography Portal.
    """
    _require_official(districts)
    coarse = load_blocks()
    given = districts.set_index("code").sort_index().to_crs(coarse.crs)
    made_of = {a.code: sorted(a.blocks) for a in (areas or load_areas()).alive("district", on)}
    odd = sorted(set(given.index) ^ set(made_of))
    if odd:
        raise UnknownNameError(
            f"{len(odd)} codes are not on both sides, as {', '.join(odd[:5])}",
            fix=f"give the districts as they stood on {on}",
        )
    if given.index.has_duplicates:
        raise GeometryError(f"{given.index[given.index.duplicated()][0]} is there twice")
    _require_land(given)
    outlines = _gridded(given.geometry.to_numpy())
    shapes = np.empty(len(coarse), dtype=object)
    for outline, code in zip(outlines, given.index, strict=True):
        at = coarse.index.get_indexer(made_of[code])
        shapes[at] = _divided(outline, coarse.geometry.to_numpy()[at])
    shapes = _gridded(shapes)
    if not shapely.coverage_is_valid(shapes):
        shapes = _noded(shapes)
    found = coarse.set_geometry(shapely.normalize(shapes), crs=coarse.crs)
    _require_land(found)
    return found.assign(area_m2=found.area)


def _require_land(frame: GeoDataFrame) -> None:
    bare = frame.index[~(frame.area > 0)]  # the area of no geometry is NaN
    if len(bare):
        raise GeometryError(
            f"{bare[0]} has no land in these boundaries", fix="fetch the districts again"
        )


def _gridded(shapes: np.ndarray) -> np.ndarray:
    """Round to the 1 m grid, and keep of each shape what has an area."""
    whole = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    on_grid = _land(shapely.set_precision(_land(whole), 1.0))
    free: np.ndarray = shapely.set_precision(on_grid, 0)  # or all made of them would snap as well
    return free


def _land(shapes: np.ndarray) -> np.ndarray:
    """Drop the lines and points that operations on polygons leave behind."""
    land = shapes.copy()
    for at in np.flatnonzero(shapely.get_type_id(shapes) == COLLECTION):
        parts = shapely.get_parts(shapes[at])
        land[at] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return land


def _divided(outline: shapely.Geometry, parts: np.ndarray) -> np.ndarray:
    """Divide an outline as its blocks do, and give each what lies beyond them nearest to it."""
    if len(parts) == 1:
        return np.array([outline], dtype=object)
    land = shapely.union_all(parts)
    edge = shapely.segmentize(shapely.boundary(land), STEP_M)
    spots = shapely.points(shapely.get_coordinates(edge))
    spot, holder = shapely.STRtree(parts).query(spots, "intersects")
    # A spot where two blocks meet the edge belongs to neither.
    single = np.bincount(spot)[spot] == 1
    spot, holder = spot[single], holder[single]
    near_one = shapely.voronoi_polygons(
        shapely.multipoints(spots[spot]), extend_to=shapely.envelope(outline)
    )
    cells = shapely.get_parts(near_one)
    cell, one = shapely.STRtree(spots[spot]).query(cells, "intersects")
    rest = shapely.difference(outline, land)
    shapes, left = np.empty(len(parts), dtype=object), outline
    for at, part in enumerate(parts[:-1]):
        beyond = shapely.intersection(rest, cells[cell[holder[one] == at]])
        shapes[at] = shapely.intersection(left, shapely.union_all([part, *beyond]))
        left = shapely.difference(left, shapes[at])
    shapes[-1] = left
    return shapes


def _noded(shapes: np.ndarray) -> np.ndarray:
    """Cut overlapping polygons along all their lines, and give each face to the first of them."""
    lines = shapely.unary_union(shapely.boundary(shapes), grid_size=1.0)
    faces = shapely.get_parts(shapely.polygonize([lines]))
    face, owner = shapely.STRtree(shapes).query(shapely.point_on_surface(faces), "intersects")
    first = pd.Series(owner).groupby(face).min()
    own = [shapely.coverage_union_all(faces[first.index[first == at]]) for at in range(len(shapes))]
    return np.array(own, dtype=object)


@dataclass(frozen=True)
class Blocks:
    """Blocks built again in finer detail, as they lie in a folder.

    Parameters
    ----------
    folder : pathlib.Path
        Holds blocks.parquet, display.parquet and blocks.json.
    label : str
        What they are drawn along, in words.
    sha256 : str
        Of blocks.parquet.
    manifest : dict
        The boundaries they were made of, their day, counts and hashes.
    """

    folder: Path
    label: str
    sha256: str
    manifest: Mapping[str, Any]

    def analysis(self) -> GeoDataFrame:
        """Return the blocks in full: as `load_blocks()`."""
        return self._read("blocks.parquet")

    def display(self) -> GeoDataFrame:
        """Return the blocks for drawing: as `load_display()`."""
        return self._read("display.parquet")

    def _read(self, name: str) -> GeoDataFrame:
        path = self.folder / name
        try:
            if sha256(path) != self.manifest["sha256"][name]:
                raise InputFileError("changed since it was written", where=str(path), fix=_AGAIN)
            return gpd.read_parquet(path).set_index("block")
        except (OSError, ValueError, KeyError) as error:
            raise InputFileError("cannot be read", where=str(path), fix=_AGAIN) from error


def rebuild_blocks(found: Boundaries, areas: Areas, folder: Path) -> Blocks:
    """Write the blocks along fetched districts into a folder.

    Parameters
    ----------
    found : Boundaries
        Districts that `fetch_boundaries` returned.
    areas : Areas
        The succession table.
    folder : pathlib.Path
        Where to; made where missing. The same boundaries give the same bytes.

    Returns
    -------
    Blocks
        What was written.

    Raises
    ------
    UsageError
        The boundaries are not districts.
    OutputError
        The folder cannot be written.

    Notes
    -----
    The display geometry is simplified to DISPLAY_M or to what the official boundaries are drawn
    at, whichever is the coarser.
    """
    if found.layer != "district":
        raise UsageError(f"blocks are built of districts, not of {found.layer}")
    finer = finer_blocks(_read_boundaries(found), areas, found.on)
    service = load_sources().ons
    tolerance = max(DISPLAY_M, service.resolution[found.resolution].tolerance_m)
    shapes = shapely.coverage_simplify(finer.geometry.to_numpy(), tolerance)
    display = gpd.GeoDataFrame(finer[["name"]], geometry=shapely.normalize(shapes), crs=finer.crs)
    hashes = {}
    for name, table in (("blocks.parquet", finer), ("display.parquet", display)):
        with writing(folder / name) as part:
            table.reset_index().to_parquet(part, index=False, compression="zstd")
        hashes[name] = sha256(folder / name)
    manifest = {
        "label": f"{service.layer['district'].title} of {found.on} at {found.resolution}",
        "made_of": {k: found.manifest.get(k) for k in ("url", "file", "sha256", "licence")},
        "on": found.on.isoformat(),
        "resolution": found.resolution,
        "blocks": len(finer),
        "official_outlines": sum(len(a.blocks) == 1 for a in areas.alive("district", found.on)),
        "display_tolerance_m": tolerance,
        "sha256": hashes,
    }
    write_text(folder / "blocks.json", json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    return read_blocks(folder)


def read_blocks(folder: Path) -> Blocks:
    """Read what `rebuild_blocks` wrote.

    Parameters
    ----------
    folder : pathlib.Path
        The folder.

    Returns
    -------
    Blocks
        Its manifest; the geometry is read, and verified, when it is asked for.

    Raises
    ------
    InputFileError
        The folder holds no blocks, or a damaged manifest.
    """
    place = folder / "blocks.json"
    if not place.is_file():
        raise InputFileError("holds no blocks", where=str(folder), fix=_AGAIN)
    with manifest_at(place, "the blocks", _AGAIN) as manifest:
        return Blocks(
            folder, str(manifest["label"]), str(manifest["sha256"]["blocks.parquet"]), manifest
        )
