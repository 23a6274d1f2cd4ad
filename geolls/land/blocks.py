"""The block coverage: load it, weigh it, join it into units, cut it by polygons, place points."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from geolls.base.errors import GeometryError, InputFileError
from geolls.base.shelves import shelf
from geolls.layers.expand import BlockClaim

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "CRS",
    "Refinement",
    "adjacency",
    "block_weights",
    "dissolve",
    "load_blocks",
    "load_display",
    "load_neighbourhoods",
    "locate",
    "onto_parts",
    "refine",
    "require_metres",
]

CRS = "EPSG:27700"
GRID_M = 1.0
TOLERANCE_M = 500.0  # generalised coast: how far outside a block a point may lie and be its own
# The lines of the blocks are generalised: a boundary drawn by someone else strays from them by
# this much in a block without meaning to cross it (tried on the combined authorities of ONS).
SLIVER_M2 = 5_000_000.0
SLIVER_SHARE = 0.05
# Lines are clipped this far beyond a block, so that they cross its boundary rather than end on it.
OVERSHOOT_M = 0.01


def load_blocks() -> GeoDataFrame:
    """Return the analysis geometry of the blocks.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per block, indexed and sorted by `block` (code as at 2013): name, area_m2,
        neighbourhoods (2011 LSOAs), geometry in EPSG:27700. One valid coverage on a 1 m grid.

    Notes
    -----
    Source: ONS, LSOA boundaries of December 2011, generalised; see boundaries/block/layer.toml.
    """
    import geopandas as gpd

    return gpd.read_parquet(_file("blocks.parquet")).set_index("block")


def load_display() -> GeoDataFrame:
    """Return the blocks simplified for drawing; shared lines stay shared, areas are not exact.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per block, indexed and sorted by `block`: name, geometry in EPSG:27700.
    """
    import geopandas as gpd

    return gpd.read_parquet(_file("display.parquet")).set_index("block")


def load_neighbourhoods() -> pd.DataFrame:
    """Return the 2011 neighbourhoods (LSOA) as points.

    Returns
    -------
    pandas.DataFrame
        One row per neighbourhood: lsoa11, block, easting, northing (int32, metres, EPSG:27700).
        The block is the one its name states; six points lie just outside it.
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


def require_metres(subject: Any) -> None:
    """Refuse what cannot be measured in metres, telling the three faults apart.

    Parameters
    ----------
    subject : GeoDataFrame, GeoSeries, pyproj.CRS, str, int or None
        A geometry table or a CRS.

    Raises
    ------
    GeometryError
        No CRS; not projected (degrees); or projected in another unit than metres.
    """
    import pyproj

    crs = subject.crs if hasattr(subject, "crs") else subject
    if crs is None:
        raise GeometryError(
            "the geometry has no CRS",
            fix="state it: set_crs(4326) for longitude and latitude, set_crs(27700) for metres",
        )
    crs = pyproj.CRS.from_user_input(crs)
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
        Columns block, unit_code and optionally unit_name; a block may belong to several units.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per unit, indexed and sorted by unit_code, with unit_name where given and the
        geometry in the CRS of `blocks`. Units overlap where they share a block.

    Raises
    ------
    GeometryError
        When a block of the membership is not among `blocks`.
    """
    import geopandas as gpd
    import shapely

    rows = membership.drop_duplicates(["unit_code", "block"])
    position = blocks.index.get_indexer(rows["block"])
    if (position < 0).any():
        strange = rows["block"][position < 0].iloc[0]
        raise GeometryError(f"no block {strange!r}", fix="give the refined blocks with its parts")
    shapes = blocks.geometry.to_numpy()
    grouped = pd.Series(position).groupby(rows["unit_code"].to_numpy(), sort=True)
    joined = {code: shapely.coverage_union_all(shapes[at.to_numpy()]) for code, at in grouped}
    index = pd.Index(list(joined), name="unit_code", dtype="object")
    units = gpd.GeoDataFrame(index=index, geometry=list(joined.values()), crs=blocks.crs)
    if "unit_name" in rows:
        names = rows.drop_duplicates("unit_code").set_index("unit_code")["unit_name"]
        units.insert(0, "unit_name", names.reindex(index))
    return units


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
    rings, owner = shapely.get_parts(shapely.boundary(shapes), return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    inside = ring[1:] == ring[:-1]
    start, end = xy[:-1][inside], xy[1:][inside]
    turned = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    segment = np.where(turned[:, None], np.hstack([end, start]), np.hstack([start, end]))
    # In a valid coverage a shared line is the same segment in both blocks.
    order = np.lexsort(segment.T)
    same = (segment[order][1:] == segment[order][:-1]).all(axis=1)
    block = owner[ring[:-1][inside]][order]
    pairs = np.sort(np.column_stack([block[:-1][same], block[1:][same]]), axis=1)
    pairs = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    return _joined(shapes, pairs)


def _joined(shapes: NDArray[Any], pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Add the shortest crossing from each separate group of blocks until all hang together."""
    import shapely

    while True:
        group = _components(len(shapes), pairs)
        names, sizes = np.unique(group, return_counts=True)
        if len(names) == 1:
            return np.unique(np.sort(pairs, axis=1), axis=0).astype(np.int64)
        alone = np.flatnonzero(group == names[sizes.argmin()])
        others = np.flatnonzero(group != names[sizes.argmin()])
        tree = shapely.STRtree(shapes[others])
        at, distance = tree.query_nearest(shapes[alone], return_distance=True, all_matches=False)
        best = distance.argmin()
        pairs = np.vstack([pairs, [alone[at[0, best]], others[at[1, best]]]])


def _components(n: int, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Label each of n nodes with the least node it is connected to."""
    label = np.arange(n)
    while True:
        least = label.copy()
        np.minimum.at(least, pairs[:, 0], label[pairs[:, 1]])
        np.minimum.at(least, pairs[:, 1], label[pairs[:, 0]])
        if (least == label).all():
            return label
        label = least


def locate(
    points: ArrayLike, blocks: GeoDataFrame, tolerance_m: float = TOLERANCE_M
) -> pd.DataFrame:
    """Say which block each point lies in.

    Parameters
    ----------
    points : array of shape (n, 2)
        Easting and northing in metres, EPSG:27700; NaN where unknown.
    blocks : geopandas.GeoDataFrame
        Indexed by block, in EPSG:27700.
    tolerance_m : float, default 500
        How far outside all blocks a point may lie and still go to the nearest one.

    Returns
    -------
    pandas.DataFrame
        One row per point, in order: block (object; None if none), located_by ("polygon", "nearest"
        or "none"), distance_m (0 inside or on the line, NaN if none).

    Raises
    ------
    GeometryError
        When the blocks are not in metres.

    Notes
    -----
    A point on a line between blocks goes to the first of them by code.
    """
    import shapely

    require_metres(blocks)
    xy = np.asarray(points, dtype=float).reshape(-1, 2)
    known = np.flatnonzero(np.isfinite(xy).all(axis=1))
    shapes = blocks.geometry.to_numpy()
    block = np.full(len(xy), -1)
    distance = np.full(len(xy), np.nan)
    # The tree stands on the points: each polygon is prepared once and tests only those near it.
    held, point = shapely.STRtree(shapely.points(xy[known])).query(shapes, predicate="contains")
    block[known[point]], distance[known[point]] = held, 0.0
    stray = known[block[known] < 0]
    if len(stray):
        (point, near), metres = shapely.STRtree(shapes).query_nearest(
            shapely.points(xy[stray]), max_distance=max(tolerance_m, 1e-6), return_distance=True
        )
        last = np.argsort(-near, kind="stable")  # written last, so the first code wins a tie
        block[stray[point[last]]] = near[last]
        distance[stray[point[last]]] = metres[last]
    how = np.select([block < 0, distance > 0], ["none", "nearest"], "polygon")
    names = np.array([*blocks.index, None], dtype=object)
    table = pd.DataFrame({"located_by": how, "distance_m": distance})
    table.insert(0, "block", pd.Series(names[block], dtype=object))
    return table


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
    """

    blocks: GeoDataFrame
    claims: list[BlockClaim]
    dropped: pd.DataFrame

    @property
    def parts(self) -> dict[str, list[str]]:
        """Block to the parts it is now, parts that were cut again included."""
        parts: dict[str, list[str]] = {}
        for leaf, parent in self.blocks["parent"].items():
            whole = str(leaf)
            while whole != parent:
                stem, dot, _ = whole.rpartition(".")
                whole = stem if dot else parent
                parts.setdefault(whole, []).append(str(leaf))
        return parts


def onto_parts(claims: list[BlockClaim], parts: Mapping[str, list[str]]) -> list[BlockClaim]:
    """Return claims on blocks as claims on their parts, each with the share of the whole."""
    from dataclasses import replace

    return [
        replace(claim, block=part)
        for claim in claims
        for part in parts.get(claim.block, [claim.block])
    ]


def refine(
    blocks: GeoDataFrame,
    polygons: GeoDataFrame,
    sliver_m2: float = SLIVER_M2,
    sliver_share: float = SLIVER_SHARE,
    points: pd.DataFrame | None = None,
) -> Refinement:
    """Cut the blocks that a polygon crosses, so that each polygon is a set of blocks and parts.

    Parameters
    ----------
    blocks : geopandas.GeoDataFrame
        A valid coverage indexed by block, EPSG:27700; may be a refinement already.
    polygons : geopandas.GeoDataFrame
        One row per unit: unit_code, geometry in metres; optionally unit_name, part (a name for
        the part it cuts off: "east" makes E07000210/east), confidence, source, source_date.
    sliver_m2, sliver_share : float
        A piece smaller than both, in m2 and as share of its block, is no crossing: it goes to the
        neighbouring part and is reported.
    points : pandas.DataFrame, optional
        block, easting, northing of the neighbourhoods to count; default `load_neighbourhoods()`.

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
    import shapely

    require_metres(blocks)
    require_metres(polygons)
    polygons = polygons.to_crs(blocks.crs).reset_index(drop=True)
    cutters = shapely.set_precision(shapely.make_valid(polygons.geometry.to_numpy()), GRID_M)
    cutters = shapely.set_precision(cutters, 0)  # or what is made of them would snap as well
    shapes = blocks.geometry.to_numpy()
    meets = _meetings(shapes, cutters)
    inner = _slivers(meets["area_m2"], meets["share"], sliver_m2, sliver_share)
    outer = _slivers(meets["rest_m2"], 1 - meets["share"], sliver_m2, sliver_share) & ~inner
    crossed = meets[~inner & ~outer]
    holders: dict[int, set[int]] = {}
    for at, by in meets.loc[outer, ["at", "by"]].itertuples(index=False):
        holders.setdefault(at, set()).add(by)

    codes, unit_codes = list(map(str, blocks.index)), list(map(str, polygons["unit_code"]))
    dropped = [
        (codes[m.at], unit_codes[m.by], m.area_m2, m.share, "left out")
        for m in meets[inner & (meets["area_m2"] >= 1)].itertuples()
    ] + [
        (codes[m.at], unit_codes[m.by], m.rest_m2, 1 - m.share, "taken in")
        for m in meets[outer & (meets["rest_m2"] >= 1)].itertuples()
    ]
    refined = blocks.copy()
    if "parent" not in refined:
        refined["parent"] = refined.index
    held = {codes[at]: by for at, by in holders.items()}
    if len(crossed):
        pieces, neighbours = _cut(shapes, cutters, crossed, holders)
        refined.loc[[codes[at] for at in neighbours], "geometry"] = list(neighbours.values())
        rows = []
        for at, found in pieces.items():
            kept, gone = _without_slivers(found, shapes[at].area, sliver_m2, sliver_share)
            named = _part_names(codes[at], kept, polygons)
            held.pop(codes[at], None)
            held |= {name: set(by) for name, (by, _) in zip(named, kept, strict=True)}
            rows += [
                {"block": name, "geometry": shape, "area_m2": shape.area, **_origin(refined, at)}
                for name, (_, shape) in zip(named, kept, strict=True)
            ]
            dropped += [
                (codes[at], "+".join(unit_codes[b] for b in sorted(by)) or "-", shape.area,
                 shape.area / shapes[at].area, f"joined to {named[into]}")
                for by, shape, into in gone
            ]  # fmt: skip
        refined = _with_parts(refined, rows, [codes[at] for at in pieces], points)
    report = pd.DataFrame(dropped, columns=["block", "unit_code", "area_m2", "share", "action"])
    return Refinement(refined, _claims(held, polygons), report)


def _slivers(area: Any, share: Any, sliver_m2: float, sliver_share: float) -> Any:
    return (area < sliver_m2) & (share < sliver_share)


def _meetings(shapes: NDArray[Any], cutters: NDArray[Any]) -> pd.DataFrame:
    """Return one row per block and polygon that share land: at, by, area_m2, rest_m2, share."""
    import shapely

    by, at = shapely.STRtree(shapes).query(cutters, predicate="intersects")
    area = shapely.area(shapely.intersection(shapes[at], cutters[by]))
    total = shapely.area(shapes[at])
    meets = pd.DataFrame(
        {"at": at, "by": by, "area_m2": area, "rest_m2": total - area, "share": area / total}
    )
    return meets[meets["area_m2"] > 0].sort_values(["at", "by"], ignore_index=True)


Piece = tuple[frozenset[int], Any]  # the polygons that hold it; its shape


def _cut(
    shapes: NDArray[Any],
    cutters: NDArray[Any],
    crossed: pd.DataFrame,
    holders: Mapping[int, set[int]],
) -> tuple[dict[int, list[Piece]], dict[int, Any]]:
    """Cut the crossed blocks; return their pieces, and their neighbours with the new vertices."""
    import shapely

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
    owner = np.full(len(faces), -1)
    owner[face] = active[home]
    key = {f: set(holders.get(owner[f], ())) for f in np.flatnonzero(owner >= 0)}
    shapely.prepare(cutters)
    for block, polygon in zip(at, by, strict=True):
        own = np.flatnonzero(owner == block)
        for f in own[shapely.intersects(cutters[polygon], anchors[own])]:
            key[f].add(int(polygon))
    groups: dict[tuple[int, frozenset[int]], list[int]] = {}
    for f, held in key.items():
        groups.setdefault((int(owner[f]), frozenset(held)), []).append(int(f))
    cut_blocks = set(at.tolist())
    pieces: dict[int, list[Piece]] = {}
    neighbours: dict[int, Any] = {}
    for (block, held_by), members in groups.items():
        shape = shapely.normalize(shapely.coverage_union_all(faces[members]))
        if block in cut_blocks:
            pieces.setdefault(block, []).append((held_by, shape))
        else:
            neighbours[block] = shape
    return pieces, neighbours


def _without_slivers(
    found: list[Piece], total: float, sliver_m2: float, sliver_share: float
) -> tuple[list[Piece], list[tuple[frozenset[int], Any, int]]]:
    """Join sliver pieces to the part they share the longest line with, smallest first."""
    import shapely

    kept = sorted(found, key=lambda piece: (piece[1].area, sorted(piece[0])))
    gone: list[tuple[frozenset[int], Any, frozenset[int]]] = []
    while len(kept) > 1:
        by, shape = kept[0]
        if not _slivers(shape.area, shape.area / total, sliver_m2, sliver_share):
            break
        others = kept[1:]
        shared = [shapely.length(shapely.intersection(shape, other)) for _, other in others]
        best = int(np.argmax(shared)) if max(shared) > 0 else len(others) - 1
        into, other = others[best]
        others[best] = (into, shapely.normalize(shapely.coverage_union(shape, other)))
        gone = [(g, s, into if to == by else to) for g, s, to in gone]
        gone.append((by, shape, into))
        kept = sorted(others, key=lambda piece: (piece[1].area, sorted(piece[0])))
    kept.sort(key=lambda piece: (-piece[1].area, sorted(piece[0])))
    place = {by: i for i, (by, _) in enumerate(kept)}
    return kept, [(by, shape, place[into]) for by, shape, into in gone]


def _part_names(block: str, kept: list[Piece], polygons: GeoDataFrame) -> list[str]:
    """Name the parts of a block: by its polygon's `part`, else by number, largest first."""
    if len(kept) == 1:
        return [block]
    mark = "." if "/" in block else "/"
    names: list[str] = []
    number = 0
    for by, _ in kept:
        given = polygons["part"].iloc[min(by)] if "part" in polygons and len(by) == 1 else None
        if not isinstance(given, str) or not given:
            number += 1
            given = str(number)
        names.append(f"{block}{mark}{given}")
    if len(set(names)) < len(names):
        raise GeometryError(
            f"two parts of {block} have one name ({', '.join(names)})",
            fix="give each polygon that cuts it a `part` of its own",
        )
    return names


def _origin(refined: GeoDataFrame, at: int) -> dict[str, Any]:
    """Return what a part has from its block: parent and name."""
    row = refined.iloc[at]
    return {"parent": row["parent"], "name": row["name"]}


def _with_parts(
    refined: GeoDataFrame,
    rows: list[dict[str, Any]],
    cut: list[str],
    points: pd.DataFrame | None,
) -> GeoDataFrame:
    """Put the parts in the place of the blocks they were cut from and count what they hold."""
    import geopandas as gpd
    import shapely

    parts = gpd.GeoDataFrame(rows, geometry="geometry", crs=refined.crs).set_index("block")
    table = gpd.GeoDataFrame(pd.concat([refined.drop(index=cut), parts])).sort_index()
    if not shapely.coverage_is_valid(table.geometry.to_numpy()):
        raise GeometryError(
            "the polygons cut the blocks into something that is no longer one coverage",
            fix="simplify the polygons, or snap them to a 1 m grid",
        )
    if points is None:
        points = load_neighbourhoods()
    counts = pd.to_numeric(table["neighbourhoods"])
    for parent in parts["parent"].unique():
        own = table[table["parent"] == parent]
        here = points[points["block"] == parent]
        tree = shapely.STRtree(own.geometry.to_numpy())
        spots = shapely.points(here["easting"].to_numpy(float), here["northing"].to_numpy(float))
        nearest = tree.nearest(spots) if len(spots) else np.empty(0, int)
        counts[own.index] = np.bincount(nearest, minlength=len(own))
    table["neighbourhoods"] = counts.astype("int32")
    table.index.name = "block"
    return table


def _claims(held: Mapping[str, set[int]], polygons: GeoDataFrame) -> list[BlockClaim]:
    """Return one claim per block or part and polygon; several polygons share equally, unstated."""
    facts = polygons.drop(columns=polygons.geometry.name)
    for column in ("confidence", "source", "source_date"):
        if column not in facts:
            facts[column] = ""
    if "unit_name" not in facts:
        facts["unit_name"] = facts["unit_code"]
    unit = facts.to_dict("records")
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


def _file(name: str) -> Path:
    path = shelf("boundaries") / "block" / name
    if not path.is_file():
        raise InputFileError(f"{name} is missing", where=str(path), fix="reinstall geolls")
    return path
