"""Write boundaries/areas.csv: the one succession table.

Usage: python tools/build_areas.py LOOKUPS_FOLDER [-o boundaries/areas.csv]

Reads three lookups, `lad_la_cauth_region_2017.csv` (ONS/DfE: the 326 districts of 2013-2019 with
their education authority and region), `combined_authorities.csv` (members by date, with
instrument) and `local_government_reorganisation.csv` (the authorities of 2027 and 2028, ordered or
decided). Everything else that changed since stands below, with its instrument. The result is
checked against the other lookups by tests/catalogue/test_areas.py, not here.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

COLUMNS = [
    "code", "name", "tier", "valid_from", "valid_to", "blocks",
    "la_code", "heirs", "source", "confidence", "note", "shared", "status", "source_date",
]  # fmt: skip
START = "2009-04-01"  # the day from which the 326 blocks stand
LOOKUP = "DfE/ONS district lookup, 2017"

# Districts recoded for a small line move; the block keeps the code of 2013.
HERTS_2012 = "St Albans and Welwyn Hatfield (Boundary Change) Order 2012"
HERTS_2013 = "East Hertfordshire and Stevenage (Boundary Change) Order 2013"
TYNE_2013 = "Gateshead and Northumberland (Boundary Change) Order 2013"
RECODED = [  # old code, new code, first day of the new code, instrument
    ("E07000100", "E07000240", "2012-04-01", HERTS_2012),
    ("E07000104", "E07000241", "2012-04-01", HERTS_2012),
    ("E06000048", "E06000057", "2013-04-01", TYNE_2013),
    ("E08000020", "E08000037", "2013-04-01", TYNE_2013),
    ("E07000097", "E07000242", "2013-04-01", HERTS_2013),
    ("E07000101", "E07000243", "2013-04-01", HERTS_2013),
]  # fmt: skip


class Merger(NamedTuple):
    """A new district and the districts it was made of."""

    first_day: str
    code: str
    name: str
    parts: str
    source: str


DORSET, BUCKS = "SI 2018/648", "SI 2019/957"
NORTHANTS, CUMBRIA, SOMERSET = "SI 2020/156", "SI 2022/331", "SI 2022/329"
LINES = "SI 2024/1328"
MERGERS = [
    Merger("2019-04-01", "E06000058", "Bournemouth, Christchurch and Poole",
           "E06000028 E06000029 E07000048", DORSET),
    Merger("2019-04-01", "E06000059", "Dorset",
           "E07000049 E07000050 E07000051 E07000052 E07000053", DORSET),
    Merger("2019-04-01", "E07000244", "East Suffolk", "E07000205 E07000206", "SI 2018/640"),
    Merger("2019-04-01", "E07000245", "West Suffolk", "E07000201 E07000204", "SI 2018/639"),
    Merger("2019-04-01", "E07000246", "Somerset West and Taunton", "E07000190 E07000191",
           "SI 2018/649"),
    Merger("2020-04-01", "E06000060", "Buckinghamshire",
           "E07000004 E07000005 E07000006 E07000007", BUCKS),
    Merger("2021-04-01", "E06000061", "North Northamptonshire",
           "E07000150 E07000152 E07000153 E07000156", NORTHANTS),
    Merger("2021-04-01", "E06000062", "West Northamptonshire",
           "E07000151 E07000154 E07000155", NORTHANTS),
    Merger("2023-04-01", "E06000063", "Cumberland", "E07000026 E07000028 E07000029", CUMBRIA),
    Merger("2023-04-01", "E06000064", "Westmorland and Furness",
           "E07000027 E07000030 E07000031", CUMBRIA),
    Merger("2023-04-01", "E06000065", "North Yorkshire",
           "E07000163 E07000164 E07000165 E07000166 E07000167 E07000168 E07000169", "SI 2022/328"),
    Merger("2023-04-01", "E06000066", "Somerset", "E07000187 E07000188 E07000189 E07000246",
           SOMERSET),
    Merger("2025-04-01", "E08000038", "Barnsley", "E08000016", LINES),
    Merger("2025-04-01", "E08000039", "Sheffield", "E08000019", LINES),
]  # fmt: skip

# Education authorities that came or went with those districts: DfE code and what they replace.
NEW_AUTHORITIES = {  # code: (DfE 3-digit code, authorities it took over from)
    "E06000058": ("839", "E06000028 E06000029 E10000009"),
    "E06000059": ("838", "E10000009"),
    "E06000060": ("825", "E10000002"),
    "E06000061": ("940", "E10000021"),
    "E06000062": ("941", "E10000021"),
    "E06000063": ("942", "E10000006"),
    "E06000064": ("943", "E10000006"),
    "E06000065": ("815", "E10000023"),
    "E06000066": ("933", "E10000027"),
    "E08000038": ("370", "E08000016"),
    "E08000039": ("373", "E08000019"),
}

RENAMED = {  # code: (name until then, first day of the present name, source)
    "E07000112": ("Shepway", "2018-04-01", "Shepway renamed by its council, 1 April 2018"),
}
ALSO = {  # other names in use, for find()
    "E06000010": "Hull",
    "E06000047": "Durham",
    "E12000006": "Eastern",
    "E47000001": "GMCA",
    "E47000002": "Barnsley, Doncaster, Rotherham and Sheffield",
    "E47000004": "Halton, Knowsley, Liverpool, St Helens, Sefton and Wirral",
    "E47000008": "CPCA",
}

# No GSS code is published for the combined authorities of 2026: keys of our own.
OWN_KEYS = {
    "Cheshire and Warrington": "CA2026-CHESHIRE-WARRINGTON",
    "Cumbria": "CA2026-CUMBRIA",
    "Sussex and Brighton": "CA2026-SUSSEX-BRIGHTON",
    "Hampshire and the Solent": "CA2026-HAMPSHIRE-SOLENT",
}
AUTHORITY_HEIRS = {
    "E47000005": "E47000010 E47000011",
    "E47000010": "E47000014",
    "E47000011": "E47000014",
}
# South Yorkshire was the Sheffield City Region until its renaming.
SHEFFIELD = ("E47000002", "Sheffield City Region", "2021-09-17")
SHEFFIELD_SOURCE = "SI 2014/863; renamed by its members, 17 September 2021"


COUNCILS = ("district", "local_authority")  # a unitary council is both
DOUBT = ("high", "medium", "low")


def day_before(day: str) -> str:
    """Return the last day before an ISO date."""
    return str(date.fromisoformat(day) - timedelta(days=1))


def read(path: Path) -> list[dict[str, str]]:
    """Return the rows of a csv file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def row(code: str, name: str, tier: str, blocks: list[str], **more: str) -> dict[str, str]:
    """Return one row of areas.csv, blanks filled."""
    base = dict.fromkeys(COLUMNS, "")
    base |= {"code": code, "name": name, "tier": tier, "blocks": ";".join(sorted(set(blocks)))}
    base |= {"valid_from": START, "source": LOOKUP, "confidence": "high"}
    if also := ALSO.get(code):
        base["note"] = f"also called {also}."
    return base | more


def recoded(rows: list[dict[str, str]]) -> None:
    """Put the short lives of the codes of 2009-2013 before their successors."""
    for old, new, first, source in RECODED:
        for area in [r for r in rows if r["code"] == new]:
            before = area | {
                "code": old,
                "valid_to": day_before(first),
                "heirs": new,
                "source": source,
                "note": "recoded for a small line move; drawn on the line of 2013",
            }
            area |= {"valid_from": first, "source": source}
            rows.append(before)


def renamed(rows: list[dict[str, str]]) -> None:
    """Split a row at the day an area took another name."""
    for code, (name, first, source) in RENAMED.items():
        for area in [r for r in rows if r["code"] == code]:
            rows.append(
                area | {"name": name, "valid_to": day_before(first), "heirs": code, "note": ""}
            )
            area |= {"valid_from": first, "source": source}


def districts(lookup: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the district rows."""
    rows = [row(r["lad_code"], r["lad_name"], "district", [r["lad_code"]]) for r in lookup]
    for area in rows:
        if area["code"] == "E07000112":
            area["name"] = "Folkestone and Hythe"
    recoded(rows)
    renamed(rows)
    live = {r["code"]: r for r in rows if not r["valid_to"]}
    for new in MERGERS:
        blocks = []
        for part in new.parts.split():
            old = live.pop(part)
            old |= {"valid_to": day_before(new.first_day), "heirs": new.code}
            blocks += old["blocks"].split(";")
        made = row(new.code, new.name, "district", blocks, valid_from=new.first_day,
                   source=new.source)  # fmt: skip
        if new.source == LINES:
            made["note"] = "recoded for a small line move; drawn on the line of 2013"
        live[new.code] = made
        rows.append(made)
    return rows


def authorities(lookup: list[dict[str, str]], made: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the education authority rows."""
    blocks: dict[str, list[str]] = defaultdict(list)
    facts = {}
    for r in lookup:
        blocks[r["new_la_code"]].append(r["lad_code"])
        facts[r["new_la_code"]] = (r["la_name"], r["old_la_code"])
    rows = [
        row(code, facts[code][0], "local_authority", blocks[code], la_code=facts[code][1])
        for code in blocks
    ]
    recoded(rows)
    live = {r["code"]: r for r in rows if not r["valid_to"]}
    district = {r["code"]: r for r in made}
    for code, (la_code, replaced) in NEW_AUTHORITIES.items():
        same = district[code]
        rows.append(same | {"tier": "local_authority", "la_code": la_code, "valid_to": "",
                            "heirs": ""})  # fmt: skip
        for old in replaced.split():
            live[old]["valid_to"] = day_before(same["valid_from"])
            live[old]["heirs"] = ";".join(filter(None, [live[old]["heirs"], code]))
    return rows


def regions(lookup: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the nine regions."""
    blocks: dict[tuple[str, str], list[str]] = defaultdict(list)
    for r in lookup:
        blocks[r["region_code"], r["region_name"]].append(r["lad_code"])
    return [row(code, name, "region", members) for (code, name), members in blocks.items()]


def combined(members: list[dict[str, str]], made: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the combined authority rows: one per code, name and span of constant blocks."""
    district = {r["code"]: r["blocks"].split(";") for r in made}
    by_code: dict[str, list[dict[str, str]]] = defaultdict(list)
    for m in members:
        by_code[m["code"] or OWN_KEYS[m["name"]]].append(m)
    rows = []
    for code, group in by_code.items():
        first, last = group[0], max(m["valid_to"] or "9999" for m in group)
        # Members whose code alone changed (Barnsley, Sheffield 2025) keep their blocks.
        blocks = [b for m in group for b in district[m["member_code"]]]
        opened = min(m["valid_from"] for m in group)
        source = first["source"].split("; members:")[0].replace("; GSS code not found", "")
        rows.append(
            row(code, first["name"], "combined_authority", blocks, valid_from=opened,
                valid_to="" if last == "9999" else last, source=source,
                heirs=AUTHORITY_HEIRS.get(code, "").replace(" ", ";"),
                confidence=first["confidence"])
        )  # fmt: skip
        if not first["code"]:
            rows[-1]["note"] = "no GSS code published: key of our own"
        if code == SHEFFIELD[0]:
            _, name, first_day = SHEFFIELD
            rows[-1]["source"] = SHEFFIELD_SOURCE
            rows.append(rows[-1] | {"name": name, "valid_to": day_before(first_day),
                                    "heirs": code})  # fmt: skip
            rows[-2]["valid_from"] = first_day
    return rows


def reorganised(facts: list[dict[str, str]], rows: list[dict[str, str]]) -> None:
    """Put the authorities that are ordered or decided behind those they replace.

    An authority all of whose land is taken ends, and its districts with it. One that keeps some
    (Devon) goes on, and shares with the new one each district that is taken in part.
    """
    now = [r for r in rows if r["tier"] in COUNCILS and not r["valid_to"]]
    land = {r["code"]: blocks_of(r) for r in now if r["tier"] == "district"}
    units: dict[str, list[dict[str, str]]] = defaultdict(list)
    for fact in facts:
        if fact["starts_on"]:
            units[fact["new_unit"]].append(fact)
        else:
            for same in [r for r in now if r["code"] == fact["old_area_code"]]:
                same["note"] = f"{fact['status']}. {fact['note']}"
    made = [future(name, of, land) for name, of in units.items()]
    taken = {b for new in made for b in blocks_of(new)}
    kept = {b for r in now if not blocks_of(r) <= taken for b in blocks_of(r) & taken}
    for old in now:
        heirs = [new for new in made if blocks_of(old) & blocks_of(new)]
        if not heirs:
            continue
        first = heirs[0]["valid_from"]
        codes = [new["code"] for new in heirs]
        if shared := blocks_of(old) & kept:
            rows.append(old | heirs[0] | {
                "code": old["code"], "name": old["name"], "blocks": old["blocks"],
                "tier": old["tier"], "la_code": old["la_code"], "confidence": "low",
                "shared": ";".join(sorted(shared)),
                "note": f"{heirs[0]['name']} takes parts of it, along a line not to hand; "
                "what becomes of the rest was not found",
            })  # fmt: skip
            codes.insert(0, old["code"])
        old |= {"valid_to": day_before(first), "heirs": ";".join(codes)}
    rows += [new | {"tier": tier} for new in made for tier in COUNCILS]


def future(name: str, facts: list[dict[str, str]], land: dict[str, set[str]]) -> dict[str, str]:
    """Return the row of an authority that is to be, from the districts it is to be made of."""
    first = facts[0]
    if name.startswith("one of "):  # only the county is known
        name = f"{first['old_la_name']} ({name.replace(' (', ', ').rstrip(')')})"
    order = first["status"].startswith("order made: ")
    told = together(piece for f in facts for piece in f["source_url"].split("; "))
    decision = f"decision of the Secretary of State, {first['decided_on']}, as told by {told}"
    doubts = [f["status"].partition("; ")[2].replace("order not seen", "").strip("; ")
              for f in facts]  # fmt: skip
    parts = {f["old_area_name"] for f in facts if f["extent"] == "part"}
    lines = [f"line not to hand in {together(sorted(parts), ', ')}"] if parts else []
    dates = sorted(day for f in facts for day in f["source_date"].split("/"))
    words = "no GSS code published: key of our own"
    return row(
        "lgr-" + re.sub(r"[^a-z]+", "-", name.partition(" (one")[0].lower()).strip("-"),
        name,
        "",
        [b for f in facts for b in land[f["old_area_code"]]],
        valid_from=first["starts_on"],
        source=first["status"].partition(": ")[2] if order else decision,
        # Until its first day an area may still be changed: none is surer than medium.
        confidence=max(["medium", *(f["confidence"] for f in facts)], key=DOUBT.index),
        note=together([words, *lines, *doubts, *(f["note"].rstrip(".") for f in facts)]),
        shared=";".join(sorted({b for f in facts if f["extent"] == "part"
                                for b in land[f["old_area_code"]]})),
        status="order" if order else "decided, order not seen",
        source_date="/".join(dict.fromkeys([dates[0], dates[-1]])),
    )  # fmt: skip


def together(texts: Iterable[str], mark: str = "; ") -> str:
    """Join texts that are not blank, each once."""
    return mark.join(dict.fromkeys(filter(None, texts)))


def blocks_of(area: dict[str, str]) -> set[str]:
    """Return the blocks of a row."""
    return set(area["blocks"].split(";"))


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lookups", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=Path("boundaries/areas.csv"))
    options = parser.parse_args()
    lookup = read(options.lookups / "lad_la_cauth_region_2017.csv")
    made = districts(lookup)
    london = [r["lad_code"] for r in lookup if r["english_devolved_area_code"] == "E61000001"]
    gla = row("E61000001", "Greater London Authority", "greater_london_authority", london,
              source="Greater London Authority Act 1999; " + LOOKUP,
              note="also called GLA / Mayor of London. Since 2000-07-03")  # fmt: skip
    rows = [
        *made,
        *authorities(lookup, made),
        *combined(read(options.lookups / "combined_authorities.csv"), made),
        gla,
        *regions(lookup),
    ]
    reorganised(read(options.lookups / "local_government_reorganisation.csv"), rows)
    tiers = [
        "district",
        "local_authority",
        "combined_authority",
        "greater_london_authority",
        "region",
    ]
    rows.sort(key=lambda r: (tiers.index(r["tier"]), r["code"], r["valid_from"]))
    with options.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
