"""Polygons that units bring themselves: read their file, and cut the blocks along them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from geolls.base.archives import read_vector, vector_layers
from geolls.base.cells import a_code, filled
from geolls.base.errors import CatalogueError, GeometryError, first_line
from geolls.base.text import suggest
from geolls.land.blocks import load_neighbourhoods, require_metres
from geolls.layers.expand import BlockClaim
from geolls.layers.model import KEPT_CODES, Layer, Problem

__all__ = ["Refinement", "onto_parts", "read_polygons", "refine", "told_of"]

# Columns people commonly keep a unit's name in, tried in this order when layer.toml names none.
_NAME_COLUMNS = ("unit_name", "name", "NAME", "Name", "title", "label")
_ONS_NAME = re.compile(r"[A-Z]+\d\dNM", re.IGNORECASE)  # CAUTH24NM
GRID_M = 1.0
# The lines of the blocks are generalised: a boundary drawn by someone else strays from them by
# this much in a block without meaning to cross it (tried on the combined authorities of ONS).
SLIVER_M2 = 5_000_000.0
SLIVER_SHARE = 0.05
# Lines are clipped this far beyond a block, so that they cross its boundary rather than end on it.
OVERSHOOT_M = 0.01


def told_of(layer: Layer, why: str, value: str = "", fix: str | None = None) -> Problem:
    """Return an entry of the account about the polygons of a layer."""
    file = layer.geometry or layer.folder / "layer.toml"
    return Problem.at(file, why, fix, column="unit", severity="warning", value=value)


def read_polygons(layer: Layer, told: list[Problem] | None = None) -> gpd.GeoDataFrame:
    """Read the polygons of a layer of kind `polygons`.

    Parameters
    ----------
    layer : Layer
        With `geometry` (GeoJSON, GeoPackage, shapefile, FlatGeobuf or GeoParquet), and optionally
        `geometry_layer`, `name_column`, `code_column`.
    told : list of Problem, optional
        Takes each thing of the file that is not used.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per unit, EPSG:27700: `unit_code`, `unit_name`, `geometry`, `confidence`,
        `source`, `source_date`. Rows of one unit are joined.

    Raises
    ------
    InputFileError
        When the file cannot be read.
    CatalogueError
        When a column it names is not there, or no unit has a name.
    GeometryError
        When there is no CRS, no polygon, or nothing of it lies in England's part of the grid.
    """
    path = layer.geometry
    if path is None:
        raise CatalogueError(
            "a layer of polygons names no file of them",
            where=str(layer.folder / "layer.toml"),
            fix='add geometry = "FILE.geojson"',
        )
    told = [] if told is None else told
    wanted = layer.geometry_layer
    if wanted is None and len(held := vector_layers(path)) > 1:
        wanted, *rest = held
        for other in rest:
            fix = f'geometry_layer = "{other}" in layer.toml reads that'
            told.append(told_of(layer, f"layer is not read, but {wanted}", other, fix))
    table = read_vector(path, wanted)
    where = str(path)
    if not isinstance(table, gpd.GeoDataFrame) or table.geometry.isna().all():
        raise GeometryError("holds no geometry", where=where)
    if table.crs is None:
        raise GeometryError(
            "says no coordinate reference system", where=where, fix="save it with one (EPSG:27700)"
        )
    bounds = table.total_bounds
    if table.crs.is_geographic and np.abs(bounds).max() > 360 and _in_england(bounds):
        raise GeometryError(
            "its numbers are metres on the National Grid, read as degrees",
            where=where,
            fix="save it with its coordinate reference system (EPSG:27700), as a .gpkg",
        )
    shapeless = (table.geometry.isna() | table.geometry.is_empty).to_numpy()
    every, table = table, table[~shapeless]
    kinds = set(table.geom_type) - {"Polygon", "MultiPolygon"}
    if kinds or not len(table):
        raise GeometryError(
            f"holds {', '.join(sorted(kinds)) or 'no shapes'}, not only polygons", where=where
        )
    columns = [str(c) for c in table.columns if c != table.geometry.name]
    code = layer.code_column
    for key, wanted in (("name_column", layer.name_column), ("code_column", code)):
        if wanted is not None and wanted not in columns:
            raise CatalogueError(
                f"there is no column {wanted!r}",
                where=f"{where}, {key}",
                fix=suggest(wanted, columns) or f"the columns are {', '.join(columns)}",
            )
    likely = [c for c in _NAME_COLUMNS if c in columns] + list(filter(_ONS_NAME.fullmatch, columns))
    name = layer.name_column or next(iter(likely), code)
    if name is None:
        raise CatalogueError(
            "no column holds the names of the units",
            where=where,
            fix=f'set name_column = "..." in layer.toml; the columns are {", ".join(columns)}',
        )
    if shapeless.any():
        for bare in every[name][shapeless].map(_text):
            told.append(told_of(layer, "no shape", bare or "one without a name"))
    numbers = np.flatnonzero(~shapeless) + 1
    names = table[name].map(_text)
    codes = table[code].map(_text).map(a_code) if code else names
    for column, texts in ((name, names), (code, codes)):
        if (texts == "").any():
            row = numbers[(texts == "").to_numpy().argmax()]
            fix = (
                "name every polygon"
                if column == name
                else f"fill {column}, or leave out code_column"
            )
            raise CatalogueError(f"polygon {row} has no {column}", where=where, fix=fix)
    for kept in KEPT_CODES:
        if (codes == kept).any():
            raise CatalogueError(
                f"{kept!r} is kept for land and schools without a unit",
                where=where,
                fix="rename it",
            )
    out = gpd.GeoDataFrame(
        {
            "unit_code": codes.astype(object),
            "unit_name": names.astype(object),
        },
        geometry=table.geometry.to_numpy(),
        crs=table.crs,
    )
    try:
        out = out.to_crs(27700)
    except (shapely.errors.ShapelyError, pyproj.exceptions.ProjError) as error:
        raise GeometryError(
            f"cannot be put on the British National Grid ({first_line(error)})",
            where=where,
            fix="check its coordinates and its coordinate reference system",
        ) from error
    if not _in_england(out.total_bounds):
        west, south, east, north = bounds
        turned = 49 < west < 61 and -10 < south < 4
        raise GeometryError(
            f"lies outside England ({west:g},{south:g} to {east:g},{north:g} in {table.crs.name})",
            where=where,
            fix="its latitudes stand where longitudes should: swap them"
            if turned
            else "check its coordinate reference system",
        )
    crossed = ~shapely.is_valid(out.geometry.to_numpy())
    told += [
        told_of(layer, "its outline crosses itself, and was mended", unit)
        for unit in out["unit_name"][crossed]
    ]
    if out["unit_code"].duplicated().any():
        out["geometry"] = out.geometry.make_valid()
        out = out.dissolve("unit_code", as_index=False, sort=True)
    return out.assign(
        confidence=layer.confidence, source=layer.source, source_date=layer.source_date
    )


def _in_england(bounds: NDArray[Any]) -> bool:
    """Whether some of an extent, in metres, lies in England's part of the National Grid."""
    west, south, east, north = bounds
    return bool(west < 700_000 and east > 0 and south < 700_000 and north > 0)


def _text(value: Any) -> str:
    """Write a cell of a table as text on one line; what has no value is ""."""
    missing = value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))
    whole = isinstance(value, float) and value.is_integer()
    return "" if missing else filled(" ".join(str(int(value) if whole else value).split()))


class Refinement(NamedTuple):
    """Blocks cut by polygons.

    Parameters
    ----------
    blocks : geopandas.GeoDataFrame
        As `load_blocks()`, plus `parent`: the block a part was cut from (itself where not cut).
    claims : list of BlockClaim
        Which polygon holds which block or part.
    dropped : pandas.DataFrame
        One row per sliver: block, unit_code, area_m2, share (of the block), action ("left out" of
        the unit, "taken in" with its block, "joined to" a part).
    parts : dict
        Each block that was cut, and the parts it is now.
    """

    blocks: gpd.GeoDataFrame
    claims: list[BlockClaim]
    dropped: pd.DataFrame
    parts: dict[str, list[str]]


def onto_parts(claims: list[BlockClaim], parts: Mapping[str, list[str]]) -> list[BlockClaim]:
    """Return claims on blocks as claims on their parts, each with the share of the whole."""
    return [
        replace(claim, block=part)
        for claim in claims
        for part in parts.get(claim.block, [claim.block])
    ]


class _Piece(NamedTuple):
    """A piece of a block, and the positions of the polygons that hold it."""

    by: frozenset[int]
    shape: shapely.Geometry


def refine(
    blocks: gpd.GeoDataFrame,
    polygons: gpd.GeoDataFrame,
    sliver_m2: float = SLIVER_M2,
    sliver_share: float = SLIVER_SHARE,
) -> Refinement:
    """Cut the blocks that a polygon crosses, so that each polygon is a set of blocks and parts.

    Parameters
    ----------
    blocks : geopandas.GeoDataFrame
        A valid coverage indexed by block, EPSG:27700; may be a refinement already.
    polygons : geopandas.GeoDataFrame
        One row per unit, in metres: unit_code, unit_name, geometry, confidence, source,
        source_date.
    sliver_m2, sliver_share : float
        A piece smaller than both, in m2 and as share of its block and of its polygon, is no
        crossing: it goes to the neighbouring part and is reported. A small polygon is thus kept.

    Returns
    -------
    Refinement
        Blocks with parts (one valid coverage), claims and dropped slivers. Parts are numbered
        from 1 by size, largest first: E07000210/1; a part cut again is E07000210/1.1.

    Raises
    ------
    GeometryError
        When either table is not in metres, or the result would not be one coverage.

    Notes
    -----
    Polygons are snapped to the 1 m grid of the blocks. Only blocks that are crossed are cut; of
    their neighbours only the shared line gains vertices. Area is measured on the parts;
    neighbourhoods are counted by their points, within their own block.
    """
    require_metres(blocks)
    require_metres(polygons)
    polygons = polygons.to_crs(blocks.crs).reset_index(drop=True)
    cutters = shapely.set_precision(shapely.make_valid(polygons.geometry.to_numpy()), GRID_M)
    cutters = shapely.set_precision(cutters, 0)  # or what is made of them would snap as well
    shapes = blocks.geometry.to_numpy()
    codes, units = list(map(str, blocks.index)), list(map(str, polygons["unit_code"]))

    def is_sliver(area_m2: Any, share: Any) -> Any:
        return (area_m2 < sliver_m2) & (share < sliver_share)

    meets = _meetings(shapes, cutters)
    own = shapely.area(cutters)
    minor = meets["area_m2"] < sliver_share * own[meets["by"]]
    left_out = is_sliver(meets["area_m2"], meets["share"]) & minor
    taken_in = is_sliver(meets["rest_m2"], 1 - meets["share"]) & ~left_out
    crossed = meets[~left_out & ~taken_in]

    dropped = [
        (codes[m.at], units[m.by], m.area_m2, m.share, "left out")
        for m in meets[left_out & (meets["area_m2"] >= 1)].itertuples()
    ] + [
        (codes[m.at], units[m.by], m.rest_m2, 1 - m.share, "taken in")
        for m in meets[taken_in & (meets["rest_m2"] >= 1)].itertuples()
    ]
    whole = {at: frozenset(by) for at, by in meets[taken_in].groupby("at")["by"]}
    held = {codes[at]: by for at, by in whole.items()}
    parts: dict[str, list[str]] = {}
    refined = blocks if "parent" in blocks else blocks.assign(parent=blocks.index)
    if len(crossed):
        rows, pieces = [], _cut(shapes, cutters, crossed, whole)
        for at, found in pieces.items():
            block, total = codes[at], shapes[at].area

            def small(piece: _Piece, total: float = total) -> bool:
                area = piece.shape.area
                # Of a polygon that has little land, a little is much.
                major = any(area >= sliver_share * own[by] for by in piece.by)
                return bool(is_sliver(area, area / total)) and not major

            kept, gone = _without_slivers(found, small)
            mark = "." if "/" in block else "/"
            names = [block]
            if len(kept) > 1:
                names = parts[block] = [f"{block}{mark}{i}" for i in range(1, len(kept) + 1)]
            held.pop(block, None)
            for name, piece in zip(names, kept, strict=True):
                held[name] = piece.by
                same = {"parent": refined["parent"].iloc[at], "name": refined["name"].iloc[at]}
                rows.append({"block": name, "geometry": piece.shape, **same})
            for piece, into in gone:
                unit = "+".join(units[by] for by in sorted(piece.by)) or "-"
                area = piece.shape.area
                dropped.append((block, unit, area, area / total, f"joined to {names[into]}"))
        refined = _with_parts(refined.drop(index=[codes[at] for at in pieces]), rows)
    report = pd.DataFrame(dropped, columns=["block", "unit_code", "area_m2", "share", "action"])
    return Refinement(refined, _claims(held, polygons), report, parts)


def _meetings(shapes: NDArray[Any], cutters: NDArray[Any]) -> pd.DataFrame:
    """Return one row per block and polygon that share land: at, by, area_m2, rest_m2, share."""
    by, at = shapely.STRtree(shapes).query(cutters, predicate="intersects")
    area = shapely.area(shapely.intersection(shapes[at], cutters[by]))
    total = shapely.area(shapes[at])
    meets = pd.DataFrame(
        {"at": at, "by": by, "area_m2": area, "rest_m2": total - area, "share": area / total}
    )
    return meets[meets["area_m2"] > 0].sort_values(["at", "by"], ignore_index=True)


def _cut(
    shapes: NDArray[Any],
    cutters: NDArray[Any],
    crossed: pd.DataFrame,
    whole: Mapping[int, frozenset[int]],
) -> dict[int, list[_Piece]]:
    """Return the pieces of crossed blocks, and their neighbours whole, with the new vertices."""
    at, by = crossed["at"].to_numpy(), crossed["by"].to_numpy()
    active = np.unique(shapely.STRtree(shapes).query(shapes[np.unique(at)], "intersects")[1])
    # One piece of line per polygon: two clipped ends on one spot would not node.
    cuts = [
        shapely.intersection(
            shapely.boundary(cutters[polygon]),
            shapely.union_all(shapely.buffer(shapes[at[by == polygon]], OVERSHOOT_M)),
        )
        for polygon in np.unique(by)
    ]
    # Nodes are computed once for both sides of every line, so neighbours still share it exactly.
    lines = shapely.union_all([*shapely.boundary(shapes[active]), *cuts])
    faces = np.asarray(shapely.get_parts(shapely.polygonize(shapely.get_parts(lines))))
    anchors = shapely.point_on_surface(faces)
    home, face = shapely.STRtree(anchors).query(shapes[active], predicate="intersects")
    owned = pd.DataFrame({"face": face, "at": active[home]}).sort_values("face")
    tried = owned.merge(crossed[["at", "by"]], on="at")
    tried = tried[shapely.intersects(cutters[tried["by"]], anchors[tried["face"]])]
    holders = {f: frozenset(found) for f, found in tried.groupby("face")["by"]}
    alike: dict[tuple[int, frozenset[int]], list[int]] = defaultdict(list)
    for f, block in owned.itertuples(index=False):
        alike[block, whole.get(block, frozenset()) | holders.get(f, frozenset())].append(f)
    pieces: dict[int, list[_Piece]] = defaultdict(list)
    for (block, held), members in alike.items():
        shape = shapely.normalize(shapely.coverage_union_all(faces[members]))
        pieces[block].append(_Piece(held, shape))
    return pieces


def _without_slivers(
    found: list[_Piece], is_small: Callable[[_Piece], bool]
) -> tuple[list[_Piece], list[tuple[_Piece, int]]]:
    """Join slivers to the piece they share the longest line with, smallest first.

    Returns the pieces that are left, largest first, and each sliver with the place of the piece
    that it is now part of.
    """

    def size(piece: _Piece) -> tuple[float, list[int]]:
        return piece.shape.area, sorted(piece.by)

    kept = sorted(found, key=size)
    into: dict[frozenset[int], frozenset[int]] = {}
    gone: list[_Piece] = []
    while len(kept) > 1 and (least := next(filter(is_small, kept), None)):
        kept = [piece for piece in kept if piece is not least]
        shared = [shapely.length(shapely.intersection(least.shape, o.shape)) for o in kept]
        best = int(np.argmax(shared)) if max(shared) > 0 else len(kept) - 1
        joined = shapely.coverage_union(least.shape, kept[best].shape)
        kept[best] = kept[best]._replace(shape=shapely.normalize(joined))
        gone.append(least)
        into[least.by] = kept[best].by
        kept.sort(key=size)
    kept.sort(key=lambda piece: (-piece.shape.area, sorted(piece.by)))
    place = {piece.by: i for i, piece in enumerate(kept)}
    for sliver in reversed(gone):  # what it was joined to may have been joined to another in turn
        place[sliver.by] = place[into[sliver.by]]
    return kept, [(sliver, place[sliver.by]) for sliver in gone]


def _with_parts(others: gpd.GeoDataFrame, rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Put the parts beside the other blocks, and count what they hold."""
    parts = gpd.GeoDataFrame(rows, geometry="geometry", crs=others.crs).set_index("block")
    parts["area_m2"] = parts.area
    table = gpd.GeoDataFrame(pd.concat([others, parts])).sort_index()
    if not shapely.coverage_is_valid(table.geometry.to_numpy()):
        raise GeometryError(
            "the polygons cut the blocks into something that is no longer one coverage",
            fix="simplify the polygons, or snap them to a 1 m grid",
        )
    points = load_neighbourhoods()
    counts = pd.to_numeric(table["neighbourhoods"])
    for parent in parts["parent"].unique():
        own = table[table["parent"] == parent]
        here = points[points["block"] == parent]
        spots = shapely.points(here[["easting", "northing"]].to_numpy(float))
        nearest = shapely.STRtree(own.geometry.to_numpy()).nearest(spots)
        counts[own.index] = np.bincount(nearest, minlength=len(own))
    table["neighbourhoods"] = counts.astype("int32")
    table.index.name = "block"
    return table


def _claims(held: Mapping[str, frozenset[int]], polygons: gpd.GeoDataFrame) -> list[BlockClaim]:
    """Return one claim per block or part and polygon; several polygons share equally, unstated."""
    unit = polygons.to_dict("records")
    return [
        BlockClaim(
            str(unit[by]["unit_code"]), str(unit[by]["unit_name"]), block,
            share=1 / len(held[block]), stated=len(held[block]) == 1, extent="whole",
            confidence=unit[by]["confidence"], source=unit[by]["source"],
            source_date=unit[by]["source_date"],
        )
        for block in sorted(held)
        for by in sorted(held[block])
    ]  # fmt: skip
