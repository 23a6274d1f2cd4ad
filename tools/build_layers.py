"""Write members.csv and units.csv of the boundaries shelf from the published lists.

Run it from the repository with the folder that holds the lists:

    python tools/build_layers.py DATA

DATA holds lookups/ (DfE's Teaching School Hub lists, Education Investment and Opportunity Areas,
the district lookups), hubs/ (what each hub says it serves) and gias/ (a register, in which lead
schools are looked up by name). What is written are facts of our own shaping: one row per claim,
with its source, the date of the source and our confidence in it. Every defect of the lists that
is mended here is described in docs/data-notes.md.
"""

from __future__ import annotations

import csv
import gzip
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

from geolls.layers.areas import Area, Areas, load_areas

SHELF = Path(__file__).resolve().parent.parent / "boundaries"
MEMBERS = (
    "unit_code",
    "unit_name",
    "area_code",
    "area_name",
    "codes_as_of",
    "valid_from",
    "valid_to",
    "extent",
    "part",
    "source",
    "source_date",
    "confidence",
    "note",
)
UNITS = (
    "unit_code",
    "unit_name",
    "aliases",
    "lead_urn",
    "lead_name",
    "valid_from",
    "valid_to",
    "source",
    "source_date",
    "confidence",
    "note",
)
FIRST, FIRST_END = date(2021, 9, 1), date(2024, 8, 31)
SECOND = date(2024, 9, 1)
# Last days of districts that lists name after their end.
LAST_DAYS = (date(2023, 3, 31), date(2021, 3, 31), date(2020, 3, 31), date(2019, 3, 31))

Row = dict[str, str]


def main(data: Path) -> None:
    """Write every list-made layer of the shelf."""
    areas = load_areas()
    schools = Schools(
        data / "gias" / "edubasealldata_reconstructed_2023-01.csv.gz",
        data / "gias" / "links_edubasealldata_2025-07.csv.gz",
    )
    teaching_school_hubs(data / "lookups", areas, schools)
    maths_hubs(data / "hubs", areas)
    programmes(data / "lookups" / "eia_peia_opportunity_areas.csv", areas)
    rsc_regions(data / "hubs" / "rsc_regions_2014_2022.csv", areas)
    standard_regions(areas)
    english_hubs(data / "hubs", areas)
    partnerships(data / "hubs", areas)
    sites(data / "hubs", schools)
    dioceses(data / "hubs" / NEWER / "dioceses_by_district.csv", areas)
    councils_listed(data / "hubs" / NEWER, areas)
    strategic_tiers(data / "lookups" / "strategic_authorities_2026-09.csv", areas)


# ---------------------------------------------------------------- Teaching School Hubs

# DfE's code in the list of 4 July 2023, our key, and our name where DfE's does not tell apart.
HUBS = {
    "EENEL1": ("saffron", ""),
    "EENEL2": ("alpha", ""),
    "EENEL3": ("cambridgeshire-peterborough", ""),
    "EENEL4": ("east-london", ""),
    "EENEL5": ("julian", ""),
    "EENEL6": ("chafford-hundred", "Chafford Hundred South Essex Teaching School Hub"),
    "EENEL7": ("london-district-east", ""),
    "EENEL8": ("unity-suffolk", "Unity Teaching School Hub (Suffolk)"),
    "EENEL9": ("north-east-london", ""),
    "EENEL10": ("inspiration", ""),
    "EMH1": ("leicestershire-rutland", "Leicestershire and Rutland Teaching School Hub"),
    "EMH2": ("redhill", ""),
    "EMH3": ("potentia", "Potentia Teaching School Hub"),
    "EMH4": ("south-yorkshire", ""),
    "EMH5": ("pathfinder", ""),
    "EMH6": ("dret", ""),
    "EMH7": ("vantage", "Vantage Teaching School Hub North Humber"),
    "EMH8": ("lead-lincolnshire", ""),
    "EMH9": ("spencer", ""),
    "EMH10": ("flying-high", ""),
    "EMH11": ("barnsley-doncaster", "Exchange Teaching Hub (Barnsley and Doncaster)"),
    "EMH12": ("leicester-leicestershire", "Leicester and Leicestershire Teaching School Hub"),
    "LWY1": ("inspire-learning", ""),
    "LWY2": ("star-north-west-lancashire", ""),
    "LWY3": ("leeds", ""),
    "LWY4": ("star-pennine-lancashire", ""),
    "LWY5": ("embrace", "Embrace Teaching School Hub (South West Lancashire)"),
    "LWY6": (
        "bright-futures-manchester",
        "Bright Futures Teaching School Hub (Manchester and Stockport)",
    ),
    "LWY7": ("rainbow", ""),
    "LWY8": (
        "bright-futures-salford",
        "Bright Futures Teaching School Hub (Salford and Trafford)",
    ),
    "LWY9": ("east-manchester", ""),
    "LWY10": ("bradford", "Exceed Teaching School Hub"),
    "LWY11": ("generate", ""),
    "LWY12": ("calderdale-kirklees", ""),
    "LWY13": ("star-bolton-bury-rochdale", "Star Teaching School Hub Bolton, Bury and Rochdale"),
    "LWY14": ("selby-wakefield", "Exchange Teaching Hub (Selby and Wakefield)"),
    "NOR1": ("one-cumbria", ""),
    "NOR2": ("red-kite", ""),
    "NOR3": ("three-rivers", ""),
    "NOR4": ("tees-valley", ""),
    "NOR5": ("northern-lights", "Northern Lights Teaching School Hub"),
    "NOR6": ("nelt", ""),
    "NWLSC1": ("north-west-london", "North West London Teaching School Hub"),
    "NWLSC2": ("teach-west-london", ""),
    "NWLSC3": ("central-london", ""),
    "NWLSC4": ("alban", ""),
    "NWLSC5": ("chiltern-hertfordshire", "Chiltern Teaching School Hub (Luton and Hertfordshire)"),
    "NWLSC6": (
        "chiltern-bedfordshire",
        "Chiltern Teaching School Hub (Bedfordshire and Milton Keynes)",
    ),
    "NWLSC7": ("northamptonshire", ""),
    "NWLSC8": ("oxfordshire", ""),
    "NWLSC9": ("berkshire", "Teaching School Hub Berkshire"),
    "NWLSC10": ("astra", "Astra Teaching School Hub, Buckinghamshire"),
    "SESL1": ("step-ahead", ""),
    "SESL2": ("kent-east", "Kent Teaching School Hub (Ashford to Thanet)"),
    "SESL3": ("hisp-portsmouth", "HISP Teaching School Hub (Portsmouth and Isle of Wight)"),
    "SESL4": ("glf-west-sussex", ""),
    "SESL5": ("xavier", ""),
    "SESL6": ("london-south", ""),
    "SESL7": ("hisp-southampton", "HISP Teaching School Hub (Southampton and New Forest)"),
    "SESL8": ("kent-west", "Kent Teaching School Hub (Maidstone to Sevenoaks)"),
    "SESL9": ("thames-south", ""),
    "SESL10": ("wandle", ""),
    "SESL11": ("sfet", ""),
    "SESL12": ("thames-gateway", ""),
    "SESL13": ("crystal-palace", "Crystal Palace South London Teaching School Hub"),
    "SW1": ("south-central", ""),
    "SW2": ("odyssey", ""),
    "SW3": ("swift-kingsbridge", "SWIFT Kingsbridge Teaching School Hub"),
    "SW4": ("swift-colyton", ""),
    "SW5": ("five-counties-somerset", "Five Counties Teaching School Hubs Alliance (Somerset)"),
    "SW6": (
        "five-counties-south-gloucestershire",
        "Five Counties Teaching School Hubs Alliance (South Gloucestershire and Bath)",
    ),
    "SW7": ("swindon-wiltshire", ""),
    "SW8": ("one-cornwall-west", "One Cornwall Teaching School Hub (West)"),
    "SW9": (
        "five-counties-bristol",
        "Five Counties Teaching School Hubs Alliance (Bristol and North Somerset)",
    ),
    "SW10": ("balcarras", "Balcarras Teaching School Hub"),
    "SW11": ("one-cornwall-east", "One Cornwall Teaching School Hub (East)"),
    "WM1": ("prince-henrys", ""),
    "WM2": ("step-shropshire", "Shropshire and Telford Education Partnership (STEP)"),
    "WM3": ("john-taylor", ""),
    "WM4": ("tudor-grange", ""),
    "WM5": ("golden-thread", ""),
    "WM6": ("coventry-warwickshire", ""),
    "WM7": ("haybridge", ""),
    "WM8": ("manor", ""),
    "WM9": ("arthur-terry", "Arthur Terry Teaching School Hub (North Birmingham)"),
    "WM10": ("cheshire", ""),
    "WM11": ("ark-south-birmingham", "Ark Teaching School Hub (South Birmingham)"),
}
# Hubs that another school took over in September 2024: code in the list of December 2024.
SUCCESSORS = {
    "alpha": ("unity-essex", "Unity Teaching School Hub (Essex and Ipswich)"),
    "north-east-london": (
        "north-east-london-chobham",
        "North-East London Chobham Teaching School Hub",
    ),
    "ark-south-birmingham": (
        "star-south-birmingham",
        "Star Teaching School Hub Birmingham South",
    ),
}
# Areas as published that are not areas, and the districts meant.
NOT_DISTRICTS = {
    "East Suffolk North": ("Waveney",),
    "East Suffolk South": ("Suffolk Coastal",),
    "North Yorkshire West": ("Craven", "Hambleton", "Harrogate", "Richmondshire"),
    "North Yorkshire East": ("Ryedale", "Scarborough"),
    "North Yorkshire South": ("Selby",),
    "North Yorkshire": ("Craven", "Hambleton", "Harrogate", "Richmondshire"),
}
# Halves of a district, as the list of July 2023 writes them.
HALVES = {
    "Cornwall W": "Cornwall",
    "Cornwall E": "Cornwall",
    "Birmingham North": "Birmingham",
    "Birmingham South": "Birmingham",
}
# Two hubs share these; the list of July 2023 names the part of each, and no line.
PARTS = {
    "one-cornwall-west": "west",
    "one-cornwall-east": "east",
    "arthur-terry": "north",
    "ark-south-birmingham": "south",
    "star-south-birmingham": "south",
}
SHARED = {"E06000052", "E08000025"}
# Districts that had ended before the first designation, and lie in an area listed beside them.
INSIDE_DORSET = {"Purbeck", "West Dorset", "Weymouth and Portland"}


def teaching_school_hubs(lookups: Path, areas: Areas, schools: Schools) -> None:
    """Write teaching_school_hub and its lead schools from DfE's lists of four dates."""
    july = dict(hubs_of_july(lookups / "tsh_hubs_2023-07-04.csv"))
    later = {
        day: {r["TSH Area"]: r for r in _read(lookups / f"tsh_hubs_{day}.csv")}
        for day in ("2023-12-05", "2024-12-19", "2025-10-02")
    }
    codes = {day: codes_by_key(rows, july, areas) for day, rows in later.items()}
    members: list[Row] = []
    units: list[Row] = []
    for code, (short, own_name) in HUBS.items():
        row = july[code]
        heir, heir_name = SUCCESSORS.get(short, (short, own_name))
        latest = later["2025-10-02"][codes["2025-10-02"][short]]
        name = own_name or _tidy(row["name"] if heir != short else latest["name"])
        first = [("2023-07-04", code, row["name"])]
        first.append(_seen(later, codes, short, "2023-12-05"))
        second = [_seen(later, codes, short, day) for day in ("2024-12-19", "2025-10-02")]
        lead = schools.lead(row["URN"])
        source = {"source": "dfe-2023", "source_date": "2023-07-04", "confidence": "high"}
        if heir == short:
            aliases = _aliases([*first, *second], name)
            units.append(_unit(short, name, aliases, **lead, **source))
        else:
            end = {"valid_to": FIRST_END.isoformat()}
            units.append(_unit(short, name, _aliases(first, name), **lead, **source, **end))
            units.append(
                _unit(
                    heir,
                    heir_name,
                    _aliases(second, heir_name),
                    valid_from=SECOND.isoformat(),
                    source="dfe-2025",
                    source_date="2024-12-19/2025-10-02",
                    confidence="high",
                    note="took over in September 2024; lead school not in the lists",
                )
            )
        names = {short: name, heir: heir_name or name}
        members += _tsh_claims(short, names[short], row["areas"], FIRST, areas)
        later_names = latest["areas"].replace("Bournemouth;Christ", "Bournemouth, Christ")
        members += _tsh_claims(heir, names[heir], split_names(later_names, ";"), SECOND, areas)
    folder = SHELF / "teaching_school_hub"
    _write(folder / "members.csv", MEMBERS, members)
    _write(folder / "units.csv", UNITS, sorted(units, key=lambda u: u["unit_code"]))
    _tsh_leads(units)


def hubs_of_july(path: Path) -> Iterator[tuple[str, dict]]:
    """Yield code and facts of each hub of the list of July 2023."""
    for row in _read(path):
        code, _, listed = row["Teaching School Hub area"].partition(" - ")
        for name in ("Kingston upon Hull", "Bristol", "Herefordshire"):
            listed = re.sub(rf"{name}, (City|County) of", name, listed)
        listed = listed.replace("Bournemouth, Christ", "Bournemouth,Christ")
        names = [n.replace("Bournemouth,C", "Bournemouth, C") for n in split_names(listed, ", ")]
        yield (
            code,
            {
                "name": " ".join(row["Teaching School Hub name"].split()),
                "URN": row["URN"],
                "areas": [HALVES.get(n, n) for n in names if n not in INSIDE_DORSET],
            },
        )


def codes_by_key(rows: Mapping[str, Row], july: Mapping[str, dict], areas: Areas) -> dict[str, str]:
    """Match the codes of a later list to our keys: same districts, and same part of a shared one.

    Every hub kept its districts through all four lists, so equal land is the whole rule. Three
    lists fall short of it, by errors that docs/data-notes.md describes: there the hub with the
    most districts in common is meant.
    """
    land = {
        short: (land_of(july[code]["areas"], areas), PARTS.get(short, ""))
        for code, (short, _) in HUBS.items()
    }
    found = {}
    for code, row in rows.items():
        mine = land_of(
            split_names(row["areas"].replace("Bournemouth;Ch", "Bournemouth, Ch"), ";"), areas
        )
        side = next((s for s in ("north", "west", "east", "south") if s in row["name"].lower()), "")
        if mine & SHARED and not side:
            side = "south"  # "Ark Teaching School Hub", the other being named for the north
        scores = {
            short: len(mine & theirs) / len(mine | theirs)
            for short, (theirs, part) in land.items()
            if not theirs & SHARED or part == side
        }
        found[max(scores, key=lambda short: scores[short])] = code
    if len(found) != len(HUBS):
        raise SystemExit(f"{len(HUBS) - len(found)} hubs not matched")
    return found


def land_of(names: Iterable[str], areas: Areas) -> frozenset[str]:
    """Return the blocks of the areas that a list names."""
    meant = [n for name in names for n in NOT_DISTRICTS.get(name, (name,))]
    return frozenset(b for n in meant for b in _district(n, SECOND, areas)[0].blocks)


def _tsh_claims(
    key: str, name: str, listed: Iterable[str], first: date, areas: Areas
) -> Iterator[Row]:
    dates = (
        {"valid_from": FIRST.isoformat(), "valid_to": FIRST_END.isoformat(), "source": "dfe-2023"}
        if first == FIRST
        else {"valid_from": SECOND.isoformat(), "source": "dfe-2025"}
    )
    seen = "2023-07-04/2023-12-05" if first == FIRST else "2024-12-19/2025-10-02"
    for published in listed:
        mended = NOT_DISTRICTS.get(published)
        for district in mended or (published,):
            area, day = _district(district, first, areas)
            yield _claim(
                f"tsh-{key}",
                name,
                area,
                codes_as_of=day,
                **dates,
                extent="part" if area.code in SHARED else "",
                part=PARTS.get(key, "") if area.code in SHARED else "",
                source_date=seen,
                confidence="medium" if mended else "high",
                note=f"published as {published}" if mended else "",
            )


def _district(name: str, first: date, areas: Areas) -> tuple[Area, str]:
    """Return the district of a name, and the day its code is meant if not the claim's first."""
    for day in (first, *LAST_DAYS):
        found = areas.find(name, day, "district")
        if found:
            return found[0], "" if day == first else day.isoformat()
    raise SystemExit(f"no district called {name!r}")


def _seen(
    later: Mapping[str, Mapping[str, Row]],
    codes: Mapping[str, Mapping[str, str]],
    key: str,
    day: str,
) -> tuple[str, str, str]:
    code = codes[day][key]
    return day, code, later[day][code]["name"].strip()


def _aliases(seen: Iterable[tuple[str, str, str]], name: str) -> str:
    """Return "EE1@2023-12-05/2025-10-02; ...": each code and name, first to last list it is in."""
    days: dict[str, list[str]] = defaultdict(list)
    for day, code, published in seen:
        days[code].append(day)
        if published != name:
            days[published.replace(";", ",")].append(day)
    spans = {text: ds[0] if ds[0] == ds[-1] else f"{ds[0]}/{ds[-1]}" for text, ds in days.items()}
    return "; ".join(f"{text}@{span}" for text, span in spans.items())


def _tidy(name: str) -> str:
    return re.sub(r"School hub$", "School Hub", " ".join(name.split())).removeprefix("The ")


def _unit(key: str, name: str, aliases: str, **rest: str) -> Row:
    return {"unit_code": f"tsh-{key}", "unit_name": name, "aliases": aliases, **rest}


def _tsh_leads(units: Iterable[Row]) -> None:
    """Write the lead schools as sites: those of 2023, carried on where the hub kept its name."""
    rows = [{**unit, "aliases": ""} for unit in units]
    _write(SHELF / "teaching_school_hub_lead" / "units.csv", UNITS, sorted(rows, key=_code))


# ---------------------------------------------------------------- Maths Hubs

EVIDENCE = {
    "hub_own_site": "the hub's own site",
    "hub_own_slides_via_third_party": "the hub's own slides, seen at a third party",
    "hub_or_partner_site": "site of the hub or a partner",
    "ncetm_page_transcribed_by_third_party": "NCETM's hub page as copied by a third party",
    "ncetm_or_maths_hubs_national_site": "NCETM, national site",
    "ncetm_or_maths_hubs_national_site_name_only": "national site; area read from the hub's name",
    "inferred_by_elimination": "inferred: left over when the neighbours' lists are taken out",
    "inferred_from_name": "inferred from the hub's name or its neighbours",
    "partner_site": "a partner's site",
    "partnership_own_site": "the partnership's own site",
    "press": "press",
    "network_page": "the network's page",
    "ncce_list": "list of the National Centre for Computing Education",
    "ncce": "the National Centre for Computing Education",
    "own_site": "the partnership's own site",
    "trust_site": "the school's trust",
    "school_own_site": "the school's own site",
    "body_own_site": "the body that runs the programme",
    "network_site": "the network's page",
    "network_site_or_press": "the network's page, or press",
    "gov_uk": "GOV.UK",
    "council_site": "a council's page",
    "council_bulletin": "a council's notice to its schools",
    "inferred": "inferred from the other rows",
    "two_third_party_copies_of_dfe_list": "DfE's list, as copied by two third parties",
}
# Where two hubs divide an authority by districts, and how.
SPLITS = {
    ("East Midlands West", "Nottinghamshire"): ("Ashfield", "Broxtowe"),
    ("East Midlands East", "Nottinghamshire"): (
        "Bassetlaw",
        "Gedling",
        "Mansfield",
        "Newark and Sherwood",
        "Rushcliffe",
    ),
    ("Cambridge", "Norfolk"): ("King's Lynn and West Norfolk",),
    ("Angles", "Norfolk"): (
        "Breckland",
        "Broadland",
        "Great Yarmouth",
        "North Norfolk",
        "Norwich",
        "South Norfolk",
    ),
    ("Cambridge", "Suffolk"): ("West Suffolk",),
    ("Angles", "Suffolk"): ("Babergh", "East Suffolk", "Ipswich", "Mid Suffolk"),
}
# Earlier and later names, as the sources give them; dated where the source is.
MATHS_ALIASES = {
    "Cornwall and West Devon": "CODE Maths Hub",
    "Matrix": "Matrix Essex and Herts Maths Hub@2014",
    "Mobius": "Moebius Maths Hub",
    "North Mids": "North Mids and Peaks Maths Hub@2016",
    "North-East Hants and Surrey": "Surrey Plus Maths Hub",
    "SHaW": "Salop and Herefordshire Maths Hub@2017-02",
}
MATHS_SHARED = {"Lancashire", "Hampshire", "Devon"}
LISTED = date(2025, 4, 1)


def maths_hubs(hubs: Path, areas: Areas) -> None:
    """Write maths_hub: one claim per hub and authority, or district where two hubs divide it."""
    members: list[Row] = []
    units: dict[str, Row] = {}
    for row in _best(hubs, "maths_hubs.csv"):
        name, doubt = _hub_name(row["unit_name"])
        code = f"mh-{_slug(name)}"
        lead, checked = row["lead"].partition(" (")[0], "not re-verified" not in row["lead"]
        units[code] = {
            "unit_code": code,
            "unit_name": f"{name} Maths Hub",
            "aliases": MATHS_ALIASES.get(name, ""),
            "lead_name": lead if checked else "",
            "note": "; ".join(
                filter(None, [doubt, "" if lead else "lead school not found"])
                if checked
                else filter(None, [doubt, f"lead school in 2014: {lead}"])
            ),
        }
        districts = SPLITS.get((name, row["la_name"]))
        tier = "district" if districts else "local_authority"
        for area_name in districts or (row["la_name"],):
            area = areas.find(area_name, LISTED, tier)[0]
            members.append(
                _claim(
                    code,
                    f"{name} Maths Hub",
                    area,
                    codes_as_of=LISTED.isoformat(),
                    extent="part" if row["la_name"] in MATHS_SHARED else "",
                    source=_evidence(row),
                    source_date=_span(row["source_date"]),
                    confidence=row["confidence"],
                )
            )
    folder = SHELF / "maths_hub"
    _write(folder / "members.csv", MEMBERS, members)
    _write(folder / "units.csv", UNITS, sorted(units.values(), key=_code))


def _best(hubs: Path, file: str) -> list[Row]:
    """Return the rows of a list, each with the better evidence of the older and the newer file.

    Better is of higher confidence, then seen later. The newer file adds no claim here: what it
    has beyond the older one says where a lead school is, not what a hub serves.
    """
    kept = {(row["unit_name"], row["la_name"]): row for row in _read(hubs / file)}
    for row in _read(hubs / NEWER / file):
        key = (row["unit_name"], row["la_name"])
        if row["la_relation"] == "served" and key in kept:
            kept[key] = max(kept[key], row, key=_weight)
    return list(kept.values())


def _weight(row: Row) -> tuple[int, str]:
    span = _span(row["source_date"]).rpartition("/")[2]
    return ("low", "medium", "high").index(row["confidence"]), span


def _hub_name(published: str) -> tuple[str, str]:
    """Return the short name of a hub and what is doubtful about it."""
    name, _, doubt = published.partition(" (")
    name = re.sub(r" Maths Hub$", "", name)
    if not doubt and "Maths Hub" in published:
        name, _, doubt = published.partition(" Maths Hub")
    return name, doubt.strip().removesuffix("Maths Hub").strip().strip(")(").strip()


# ---------------------------------------------------------------- programmes

PROGRAMMES = {
    "education_investment_area": ("eia", date(2022, 2, 2)),
    "priority_education_investment_area": ("peia", date(2022, 3, 28)),
    "opportunity_area": ("oa", date(2017, 1, 18)),
}
FIRST_SIX = {"Blackpool", "Derby", "Norwich", "Oldham", "Scarborough", "West Somerset"}


def programmes(path: Path, areas: Areas) -> None:
    """Write the three area programmes from their lists, each code read while it stood."""
    members: dict[str, list[Row]] = defaultdict(list)
    for row in _read(path):
        prefix, first = PROGRAMMES[row["programme"]]
        name = row["area_name"].replace(" & ", " and ").replace("Fenlands", "Fenland")
        if prefix == "oa" and name in FIRST_SIX:
            first = date(2016, 10, 4)
        tier = "local_authority" if prefix == "eia" else "district"
        for code in row["gss_codes"].split(";"):
            rows = [a for a in areas.rows if a.code == code and a.tier == tier]
            names = [rows[-1].name, *rows[-1].names]
            area, day = _on_day(names, first, tier, areas)
            members[row["programme"]].append(
                _claim(
                    f"{prefix}-{_slug(name)}",
                    name,
                    area,
                    codes_as_of=day,
                    valid_from=first.isoformat(),
                    source=f"{prefix}-list",
                    note=f"listed under {code}" if code != area.code else "",
                )
            )
    for programme, rows in members.items():
        _write(SHELF / programme / "members.csv", MEMBERS, rows)


def _on_day(names: Iterable[str], first: date, tier: str, areas: Areas) -> tuple[Area, str]:
    for day in (first, *LAST_DAYS):
        for name in names:
            found = areas.find(name, day, tier)
            if found:
                return found[0], "" if day == first else day.isoformat()
    raise SystemExit(f"no {tier} called {names}")


# ---------------------------------------------------------------- regions

RSC_START = date(2014, 9, 1)
# Authorities of 2014 that later authorities took over, all within one RSC region.
BEFORE = {
    "Cumberland": ("Cumbria",),
    "Westmorland and Furness": (),
    "North Northamptonshire": ("Northamptonshire",),
    "West Northamptonshire": (),
    "Bournemouth, Christchurch and Poole": ("Bournemouth", "Poole"),
}


def rsc_regions(path: Path, areas: Areas) -> None:
    """Write rsc_region on the authorities of September 2014, when the regions began."""
    members = []
    for row in _read(path):
        if row["la_name"] == "North Yorkshire" and row["unit_name"] != "North of England":
            continue  # hub areas cut across the line; the authority lay in the North
        for name in BEFORE.get(row["la_name"], (row["la_name"],)):
            area = areas.find(name, RSC_START, "local_authority")[0]
            settled = row["la_name"] == "North Yorkshire"
            members.append(
                _claim(
                    f"rsc-{_slug(row['unit_name'])}",
                    row["unit_name"],
                    area,
                    source="dfe-2023",
                    source_date="2023-07-04",
                    confidence="medium" if settled else row["confidence"],
                    note="the list divides it by hub areas; the authority lay in the North"
                    if settled
                    else "",
                )
            )
    _write(SHELF / "rsc_region" / "members.csv", MEMBERS, members)


def standard_regions(areas: Areas) -> None:
    """Write the DfE and Ofsted regions: the nine standard ones, and eight with two joined."""
    for layer, prefix, first, joined in (
        ("dfe_region", "dfe", date(2022, 9, 1), {}),
        (
            "ofsted_region",
            "ofsted",
            date(2013, 1, 1),
            {
                "North East": "North East, Yorkshire and the Humber",
                "Yorkshire and The Humber": "North East, Yorkshire and the Humber",
            },
        ),
    ):
        members = [
            _claim(f"{prefix}-{_slug(name)}", name, area)
            for area in areas.alive("region", first)
            for name in [joined.get(area.name, area.name)]
        ]
        _write(SHELF / layer / "members.csv", MEMBERS, members)


# ---------------------------------------------------------------- English Hubs, partnerships

HUB_DISTRICTS = {
    "Outwood English Hub": ("Selby", "Harrogate"),
    "Yorkshire Endeavour English Hub": ("Ryedale",),
}


def english_hubs(hubs: Path, areas: Areas) -> None:
    """Write english_hub: the three hubs of which an area is on record."""
    members = []
    for row in _best(hubs, "english_hubs.csv"):
        if not row["la_name"] or row["la_relation"] != "served":
            continue
        districts = HUB_DISTRICTS[row["unit_name"]] if row["parts_listed"] else ()
        for name in districts or (row["la_name"],):
            day = date(2023, 3, 31) if districts else LISTED
            area = areas.find(name, day, "district" if districts else "local_authority")[0]
            members.append(
                _claim(
                    f"eh-{_slug(row['unit_name'].removesuffix(' English Hub'))}",
                    row["unit_name"],
                    area,
                    codes_as_of=day.isoformat(),
                    source=_evidence(row),
                    source_date=_span(row["source_date"]),
                    confidence=row["confidence"],
                )
            )
    _write(SHELF / "english_hub" / "members.csv", MEMBERS, members)


def partnerships(hubs: Path, areas: Areas) -> None:
    """Write area_based_partnership: the eight with an authority on record, the newer row first."""
    file = "area_based_education_partnerships.csv"
    newest = {row["la_name"]: row for row in _read(hubs / file)}
    for row in _read(hubs / NEWER / file):
        # A page without a date gives the name; the evidence stays the dated one.
        stated = row if _span(row["source_date"]) else {"unit_name": row["unit_name"]}
        newest[row["la_name"]] = {**newest[row["la_name"]], **stated}
    members = []
    for row in newest.values():
        name, _, doubt = row["unit_name"].partition(" (")
        area = areas.find(row["la_name"], LISTED, "local_authority")[0]
        members.append(_listed(row, f"abp-{_slug(name)}", name, area, note=doubt.rstrip(")")))
    _write(SHELF / "area_based_partnership" / "members.csv", MEMBERS, members)


# ---------------------------------------------------------------- lead schools


class Schools:
    """Open schools of a register, looked up by name."""

    def __init__(self, register: Path, links: Path) -> None:
        self._open: dict[str, tuple[str, str]] = {}
        self._names: dict[str, str] = {}
        self._heir: dict[str, str] = {}
        for row in _read_gzip(register):
            self._names[row["URN"]] = row["EstablishmentName"]
            if row["EstablishmentStatus (name)"].startswith("Open"):
                self._open[row["URN"]] = (_school(row["EstablishmentName"]), row["LA (name)"])
        for row in _read_gzip(links):
            if row["LinkType"] == "Successor":
                self._heir[row["URN"]] = row["LinkURN"]

    def lead(self, urn: str) -> Row:
        """Return the school that a list gives by URN: itself, or the one it became."""
        heir = urn if urn in self._names else self._heir.get(urn, "")
        note = "" if heir == urn else f"listed under {urn}, which it was before it converted"
        return {"lead_urn": heir, "lead_name": self._names[heir], "note": note}

    def locate(self, name: str, authorities: set[str]) -> str:
        """Return the URN of the one open school of that name, or nothing.

        A name may go on in the register ("Notre Dame High School, Norwich"). Where the source
        speaks of authorities the school must lie in one of them: a namesake elsewhere is worse
        than none.
        """
        for text in dict.fromkeys((name, name.partition(",")[0])):
            wanted = _school(text)
            if not SCHOOL_WORD.search(wanted):
                continue
            found = [
                urn
                for urn, (school, authority) in self._open.items()
                if f"{school} ".startswith(f"{wanted} ")
                and (not authorities or authority in authorities)
            ]
            if len(found) == 1:
                return found[0]
        return ""


SCHOOL_WORD = re.compile(r"\b(school|academy(?! trust)|college|primary)\b")
# What was found in November 2026, laid over the older lists.
NEWER = "2026-11"
# Layer: its files, old and new; prefix of our key; what hub_lead_urns.csv calls it.
SITES = {
    "research_school": (("research_schools.csv",) * 2, "rs", "research_school"),
    "behaviour_hub_lead": (("behaviour_hubs.csv",) * 2, "bh", "behaviour_hub"),
    "computing_hub_lead": (("computing_hubs.csv",) * 2, "ch", "computing_hub"),
    "english_hub_lead": (("english_hubs.csv",) * 2, "ehl", "english_hub"),
    "attendance_hub_lead": (("", "attendance_hubs_2023_24.csv"), "ah", "attendance_hub_2023"),
    "attendance_behaviour_hub_lead": (
        ("", "attendance_and_behaviour_hubs_2025_26.csv"),
        "abh",
        "attendance_behaviour_hub_2025",
    ),
    "stronger_practice_hub": (
        ("", "stronger_practice_hubs.csv"),
        "sph",
        "stronger_practice_hub",
    ),
}
SIX_OF_2023 = "doncasterfreepress"  # names the research schools of September 2023 to July 2026
# One school under two names: the older name, and the newer.
SAME_SITE = {"bh-ince-ce-primary-nursery-school": "bh-ince-cofe-primary-school"}


def sites(hubs: Path, schools: Schools) -> None:
    """Write the layers of lead schools; a school that cannot be told for sure has no URN."""
    matched: dict[str, list[Row]] = defaultdict(list)
    for row in _read(hubs / NEWER / "hub_lead_urns.csv"):
        matched[row["layer"]].append(row)
    for layer, ((old, new), prefix, called) in SITES.items():
        listed: dict[str, list[Row]] = defaultdict(list)
        for row in _read(hubs / old) if old else ():
            listed[_site_key(row, prefix)].append(row)
        newer: dict[str, list[Row]] = defaultdict(list)
        for row in _read(hubs / NEWER / new):
            if row["unit_name"] != "(programme)":
                newer[_site_key(row, prefix)].append(row)
        rows = {SAME_SITE.get(key, key): found for key, found in (*listed.items(), *newer.items())}
        made = {key: _site(v, prefix, schools, matched[called]) for key, v in rows.items()}
        taken = {made[key]["lead_urn"] for key in newer} - {""}
        units = [v for key, v in made.items() if key in newer or v["lead_urn"] not in taken]
        _write(SHELF / layer / "units.csv", UNITS, sorted(units, key=_code))
    _maths_leads(matched["maths_hub"])


def _site_key(row: Row, prefix: str) -> str:
    return f"{prefix}-{_slug(_site_name(row)[0])}"


def _site_name(row: Row) -> tuple[str, str]:
    """Return the name of a site and what the list doubts about it."""
    published = row["unit_name"]
    if published.startswith("("):  # the list has no name: "(London hub)"
        region = published.strip("()").removesuffix(" hub")
        return f"Stronger Practice Hub in {region}", "name of the hub not found"
    name, _, doubt = published.partition(" (")
    name = name.removeprefix("Computing Hub: ").removeprefix("Associate: ")
    return name, doubt.rstrip(")")


def _site(rows: list[Row], prefix: str, schools: Schools, matched: list[Row]) -> Row:
    row = rows[0]
    name, doubt = _site_name(row)
    given = re.search(r"URN (\d{6})", row["lead"])
    # The press list puts the trust first for trusts, the school first for schools.
    is_school = prefix == "bh" and SCHOOL_WORD.search(_school(row["unit_name"]))
    lead = name if is_school or row["lead"].startswith("URN") else row["lead"]
    lead = re.sub(r" \((?!Aided).*", "", lead)
    authorities = {r["la_name"] for r in rows if r["la_name"]}
    urn = schools.locate(lead, authorities) if lead else ""
    if given:
        urn = given[1]
    for school in matched:
        texts = {_school(school["lead_as_named"]), _school(school["name_in_gias"])}
        if (not urn and texts & {_school(lead), _school(name)}) or school["urn_2025"] == urn:
            urn, lead = school["urn_2025"], school["name_in_gias"]
    notes = [doubt, "" if urn else "school not located"]
    days = {}
    if row["unit_name"].startswith("Associate: "):
        notes.insert(0, "associate research school before 2023")
        days = {"valid_to": "2022-12-31"}
    elif SIX_OF_2023 in row["source_url"]:
        notes.insert(0, "one of six for September 2023 to July 2026")
        days = {"valid_from": "2023-09-01", "valid_to": "2026-07-31"}
    return {
        "unit_code": f"{prefix}-{_slug(name)}",
        "unit_name": name,
        "lead_urn": urn,
        "lead_name": lead,
        **days,
        "source": _evidence(row),
        "source_date": _span(row["source_date"]),
        "confidence": row["confidence"],
        "note": "; ".join(filter(None, notes)),
    }


def _maths_leads(matched: list[Row]) -> None:
    """Write maths_hub_lead: the lead schools of which a URN could be told."""
    units = []
    for row in matched:
        name, doubt = _hub_name(row["lead_as_named"])
        units.append(
            {
                "unit_code": f"mhl-{_slug(name)}",
                "unit_name": f"{name} Maths Hub",
                "lead_urn": row["urn_2025"],
                "lead_name": row["name_in_gias"],
                "source": "gias-2025",
                "source_date": row["date"],
                "confidence": "low" if doubt else "medium",
                "note": "the lead school of 2014; not known since" if doubt else "",
            }
        )
    _write(SHELF / "maths_hub_lead" / "units.csv", UNITS, sorted(units, key=_code))


# ---------------------------------------------------------------- dioceses, programmes of councils

DIOCESES = {"CE": ("church_of_england_diocese", "coe"), "RC": ("roman_catholic_diocese", "rc")}


def dioceses(path: Path, areas: Areas) -> None:
    """Write the dioceses by district: where their schools are, which is not the legal line.

    A district whose church schools all belong to one diocese is claimed whole; one with schools
    of several is shared among them, along a line that is not to hand.
    """
    members: dict[str, list[Row]] = defaultdict(list)
    # The list has a row for each authority that maintains schools in a district.
    schools: Counter[tuple[str, str, str]] = Counter()
    for row in _read(path):
        schools[row["denomination"], row["lad_name"], row["diocese_name"]] += int(row["schools"])
    counted: Counter[tuple[str, str]] = Counter()
    for (church, district, _), n in schools.items():
        counted[church, district] += n
    for (church, district, diocese), here in schools.items():
        layer, prefix = DIOCESES[church]
        area = areas.find(district, LISTED, "district")[0]
        all_here = counted[church, district]
        shared = here < all_here
        members[layer].append(
            _claim(
                f"{prefix}-{_slug(diocese)}",
                diocese,
                area,
                codes_as_of=LISTED.isoformat(),
                extent="part" if shared else "",
                source="gias-2025",
                source_date="2025-07-18",
                confidence="low" if shared and here == 1 else "medium",
                note=f"{here} of {all_here} church schools here" if shared else "",
            )
        )
    for layer, rows in members.items():
        _write(SHELF / layer / "members.csv", MEMBERS, sorted(rows, key=_code))


# Lists of councils: file, layer, prefix of our key, what precedes the name, first day of the codes.
COUNCILS = (
    ("careers_hubs_2018.csv", "careers_hub", "cah", "Careers Hub (2018 wave): "),
    ("family_hubs_2022.csv", "family_hub_programme", "fhp", ""),
    ("music_hubs_2024.csv", "music_hub", "muh", ""),
    (
        "send_change_programme.csv",
        "send_change_programme",
        "scp",
        "SEND and AP Change Programme Partnership: ",
    ),
)


def councils_listed(newer: Path, areas: Areas) -> None:
    """Write the programmes and hubs whose lists name councils of 2025."""
    for file, layer, prefix, before in COUNCILS:
        members = []
        for row in _read(newer / file):
            if not row["la_name"]:
                continue
            area = areas.find(row["la_name"], LISTED, "local_authority")[0]
            name, _, doubt = row["unit_name"].removeprefix(before).partition(" (")
            # A programme of councils has one unit a council.
            name = area.name if layer == "family_hub_programme" else name
            members.append(
                _listed(row, f"{prefix}-{_slug(name)}", name, area, note=doubt.rstrip(")"))
            )
        _write(SHELF / layer / "members.csv", MEMBERS, members)


DEVOLUTION_ACT = date(2026, 4, 29)  # from this day strategic authorities have a tier
TABLED = date(2026, 9, 15)


def strategic_tiers(path: Path, areas: Areas) -> None:
    """Write strategic_authority_tier: who is of which tier, and since when."""
    members = []
    for row in _read(path):
        if row["tier"] == "planned":
            continue  # nothing stands yet
        tier = "greater_london_authority" if row["unit_name"] == "Greater London" else HELD_BY
        name = {"Greater London": "Greater London Authority"}.get(row["unit_name"])
        area = areas.find(name or row["unit_name"], TABLED, tier)[0]
        began = max(DEVOLUTION_ACT, date.fromisoformat(row["established"]))
        spans = [(row["tier"], began, None, row["confidence"])]
        raised = re.search(r"Established since (\S+)", row["change"])
        if raised:
            day = date.fromisoformat(raised[1])
            spans = [
                ("Mayoral", began, day - timedelta(days=1), "low"),
                (row["tier"], day, None, row["confidence"]),
            ]
        election = row["first_mayoral_election"]
        for word, first, last, confidence in spans:
            members.append(
                _claim(
                    f"sat-{_slug(word)}",
                    f"{word.capitalize()} strategic authority",
                    area,
                    codes_as_of=TABLED.isoformat(),
                    valid_from=first.isoformat(),
                    valid_to=last.isoformat() if last else "",
                    source=f"table as at 15 September 2026; {row['instrument']}",
                    source_date=row["source_date"],
                    confidence=confidence,
                    note=f"first mayoral election {election}" if election else "",
                )
            )
    _write(SHELF / "strategic_authority_tier" / "members.csv", MEMBERS, sorted(members, key=_code))


HELD_BY = "combined_authority"


def _school(name: str) -> str:
    text = name.casefold().replace("&", " and ").replace("'", "").replace("\u2019", "")
    text = re.sub(r"\b(c of e|cofe|ce)\b", "church of england", text)
    text = re.sub(r"\brc\b", "roman catholic", text)
    text = re.sub(r"\bcp\b", "community primary", text)
    return " ".join(w for w in re.findall(r"[a-z0-9]+", text) if w != "the")


# ---------------------------------------------------------------- small things


def _evidence(row: Row) -> str:
    return f"{EVIDENCE[row['evidence_type']]}: {row['source_url']}"


def _span(text: str) -> str:
    """Return the years or days a source date speaks of, as 2014/2022; blank when none."""
    found = re.findall(r"\d{4}-\d\d-\d\d|\d{4}-(?:0[1-9]|1[0-2])(?!\d)|\d{4}(?:-\d\d(?!\d))?", text)
    spans = []
    for item in found:
        year = re.fullmatch(r"(\d{2})(\d{2})-(\d{2})", item)
        school_year = year and int(year[3]) == int(year[2]) + 1
        range_of_years = year and int(year[3]) > 12
        if school_year or range_of_years:
            spans += [item[:4], f"{year[1]}{year[3]}"]
        else:
            spans.append(item)
    return "/".join([spans[0], spans[-1]] if len(spans) > 1 else spans)


def _listed(row: Row, unit_code: str, unit_name: str, area: Area, **rest: str) -> Row:
    """Return the claim of a row of hubs/, whose councils are those of April 2025."""
    evidence = {
        "source": _evidence(row),
        "source_date": _span(row["source_date"]),
        "confidence": row["confidence"],
    }
    dated = {"codes_as_of": LISTED.isoformat(), **evidence, **rest}
    return _claim(unit_code, unit_name, area, **dated)


def _claim(unit_code: str, unit_name: str, area: Area, **rest: str) -> Row:
    return {
        "unit_code": unit_code,
        "unit_name": unit_name,
        "area_code": area.code,
        "area_name": area.name,
        **rest,
    }


def _code(row: Row) -> str:
    return row["unit_code"]


def split_names(text: str, mark: str) -> list[str]:
    """Return the names of a list in one cell."""
    return [name.strip() for name in text.split(mark) if name.strip()]


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold().replace("'", "")).strip("-")


def _read_gzip(path: Path) -> list[Row]:
    with gzip.open(path, "rt", encoding="cp1252", newline="") as file:
        return list(csv.DictReader(file))


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, columns: tuple[str, ...], rows: Iterable[Row]) -> None:
    """Write the columns that hold anything, so that a short list stays short to read."""
    kept = list(rows)
    used = [c for c in columns if any(row.get(c) for row in kept)]
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, used, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows({c: row.get(c, "") for c in used} for row in kept)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python tools/build_layers.py DATA")
    main(Path(sys.argv[1]))
