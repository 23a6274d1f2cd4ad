"""Write the scenarios on the shelf: python tools/build_scenarios.py.

The reorganisations of councils that are still to come are those of boundaries/areas.csv; hubs along
the lines of authorities are worked out from the shelf's own lists and counts of schools.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from geolls.base.files import write_text
from geolls.layers.areas import Area, Areas, load_areas
from geolls.layers.catalogue import load_catalogue
from geolls.layers.evidence import change_dates
from geolls.layers.expand import expand
from geolls.layers.model import CONFIDENCES, ONE_DAY, Layer

SHELF = Path(__file__).resolve().parents[1] / "boundaries"
FOLDER = SHELF / "scenarios"
LICENCE = "Open Government Licence v3.0: Office for National Statistics, Department for Education"
# A day on which all that is decided stands, and one on which none of it does.
THEN, NOW = date(2028, 4, 1), date(2026, 9, 15)
COUNTED = (
    "primary",
    "middle_deemed_primary",
    "secondary",
    "middle_deemed_secondary",
    "all_through",
)


def text(value: str) -> str:
    """Return a text of TOML."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def joined(names: Iterable[str]) -> str:
    """Return names as prose does: a, b and c."""
    *head, last = names
    return f"{', '.join(head)} and {last}" if head else last


def listed(names: Iterable[str]) -> str:
    """Return a list of TOML."""
    return "[" + ", ".join(map(text, names)) + "]"


# ---- councils that are to come ------------------------------------------------------------------


def reorganisations(areas: Areas) -> Iterator[tuple[str, str]]:
    """Yield the key of each reorganisation decided, and its file."""
    coming = [a for a in areas.rows if a.tier == "local_authority" and a.status]
    today = {b: a for a in areas.alive("local_authority", NOW) for b in a.blocks}
    groups: dict[str, list[Area]] = defaultdict(list)
    for area in coming:
        counties = {today[b].name for b in area.blocks if len(today[b].blocks) > 1}
        groups[min(counties)].append(area)
    for county, new in sorted(groups.items()):
        if any("which one not found" in a.name for a in new):
            continue
        first = new[0].valid_from
        key = f"{county.casefold().replace(' ', '_')}_{first.year}"
        yield key, reorganisation(county, sorted(new, key=lambda a: a.name), areas, today)


def reorganisation(county: str, new: Sequence[Area], areas: Areas, today: dict[str, Area]) -> str:
    """Return the scenario of one county and the authorities beside it that end with it."""
    begins = new[0].valid_from
    stay = {a.name for a in new} & {a.name for a in today.values()}
    ends = sorted({today[b].name for a in new for b in a.blocks} - stay)
    made = [a for a in new if a.name not in {x.name for x in today.values()}]
    sources = list(dict.fromkeys(a.source.partition(", as told by")[0] for a in made))
    dates = sorted({part for a in made for part in a.source_date.split("/")})
    status = {"order": "An Order is made"}.get(made[0].status, "Decided, the Order not seen")
    note = f"{status}. {joined(ends)} end{'s' * (len(ends) == 1)}; "
    note += f"{joined(a.name for a in made)} begin{'s' * (len(made) == 1)}."
    note += " No GSS code is published: keys are ours."
    shared = sorted({b for a in made for b in a.shared})
    districts = {b: a.name for a in areas.alive("district", NOW) for b in a.blocks}
    if shared:
        parts = sorted({districts[b] for b in shared})
        note += f" {joined(parts)}: divided along a line not to hand, so schools there stand"
        note += " under each council that gets a part."
    low = min((a.confidence for a in made), key=CONFIDENCES.index)
    lines = [
        "# Written by tools/build_scenarios.py from areas.csv.",
        f"title = {text(f'{county} from {begins.day} April {begins.year}')}",
        'base = "local_authority"',
        f"unit_title = {text(f'Authority in {begins.year}')}",
        f"unit_title_plural = {text(f'Authorities in {begins.year}')}",
        f"source = {text('; '.join(sources))}",
        f"source_date = {text(f'{dates[0]}/{dates[-1]}' if dates[1:] else dates[0])}",
        f"licence = {text(LICENCE)}",
        f"confidence = {text(low)}",
        f"note = {text(note)}",
    ]
    taken: set[str] = {b for a in new if a not in made for b in a.shared}
    for area in made:
        whole = [b for b in area.blocks if b not in taken]
        parts = [b for b in area.blocks if b in taken]
        taken |= set(area.shared)
        verb = "as"
        for blocks, more in ((whole, ()), (parts, ('extent = "part"',))):
            if blocks:
                lines += [
                    "",
                    "[[moves]]",
                    f"move = {listed(dict.fromkeys(districts[b] for b in sorted(blocks)))}",
                    f"{verb} = {text(area.name)}",
                    *more,
                    f"source = {text(area.source)}",
                    f"source_date = {text(area.source_date)}",
                    f"confidence = {text(area.confidence)}",
                ]
                verb = "to"
    return "\n".join(lines) + "\n"


# ---- hubs along the lines of authorities --------------------------------------------------------


def along_authorities(hubs: Layer, authorities: Layer, areas: Areas) -> str:
    """Return a table: each authority in several hubs goes to the one with most of its schools."""
    counts = pd.read_csv(SHELF / "block" / "school_counts.csv", index_col="block")
    schools = counts[list(COUNTED)].sum(axis=1)
    days = {d for layer in (hubs, authorities) for d in change_dates(layer, areas)}
    begin = hubs.first
    days = {d for d in days if begin <= d <= areas.newest} | {begin}
    found: dict[tuple[str, ...], list[date]] = {}
    order = sorted(days)
    for day, following in zip(order, [*(d - ONE_DAY for d in order[1:]), None], strict=True):
        of = {c.block: c for c in expand(authorities, day, areas)}
        sums: dict[tuple[str, str], dict[tuple[str, str], float]] = defaultdict(
            lambda: defaultdict(float)
        )
        for claim in expand(hubs, day, areas):
            home = of[claim.block]
            mine = sums[home.unit_code, home.unit_name]
            mine[claim.unit_code, claim.unit_name] += claim.share * schools[claim.block]
        for (code, name), mine in sums.items():
            if len(mine) < 2:
                continue
            total = sum(mine.values())
            (hub, hub_name), most = min(mine.items(), key=lambda kv: (-kv[1], kv[0]))
            tie = sum(abs(n - most) < 1e-9 for n in mine.values()) > 1
            share = f"{most / total:.0%} of its schools" + ("; as many in another" if tie else "")
            row = (code, name, hub, hub_name, share)
            spans = found.setdefault(row, [day, day])
            spans[1] = following or date.max
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    heading = ("area_code", "area_name", "unit_code", "unit_name", "note", "codes_as_of")
    table.writerow((*heading, "valid_from", "valid_to"))
    for row, (first, last) in sorted(found.items(), key=lambda kv: (kv[0][0], kv[1])):
        end = "" if last == date.max else last.isoformat()
        table.writerow((*row, first.isoformat(), first.isoformat(), end))
    return out.getvalue()


ALONG = '''\
# Written by tools/build_scenarios.py.
title = "{title} along the lines of authorities"
base = "{key}"
unit_title = "Hub along authorities"
unit_title_plural = "Hubs along authorities"
source = """Worked out here: each authority that several hubs list goes whole to the one with \\
  most of its schools, by the shelf's lists and counts of schools by district"""
source_date = "2021-09/2025-10"
licence = "{licence}"
confidence = "low"
note = """Nobody proposes this. It shows what one line for both would move; hubs whose \\
  authorities all go to others end."""

[[moves]]
use = "{key}_along_authorities.csv"
'''
MERGED = '''\
# Written by tools/build_scenarios.py.
title = "Authorities merged to combined authorities"
base = "local_authority"
unit_title = "Authority, or those merged"
unit_title_plural = "Authorities, some merged"
source = "Combined authority Orders 2011 to 2026, as in the layer combined_authority"
source_date = "2011/2026-06-04"
licence = "{licence}"
confidence = "medium"
note = """Nobody proposes this. Each combined authority of the day takes the land of its \\
  members, as if it ran education; elsewhere authorities stay."""

[[moves]]
use = "combined_authority"
'''


def files() -> dict[str, str]:
    """Return every file of the folder by its name."""
    areas, catalogue = load_areas(), load_catalogue()
    made = {f"{key}.toml": text for key, text in reorganisations(areas)}
    made["authorities_as_combined_authorities.toml"] = MERGED.format(licence=LICENCE)
    for key in ("teaching_school_hub", "maths_hub"):
        hubs, stem = catalogue.get(key), f"{key}_along_authorities"
        made[f"{stem}.csv"] = along_authorities(hubs, catalogue.get("local_authority"), areas)
        made[f"{stem}.toml"] = ALONG.format(title=hubs.title, key=key, licence=hubs.licence)
    return made


def main() -> None:
    """Write the files."""
    for name, made in files().items():
        write_text(FOLDER / name, made)


if __name__ == "__main__":
    main()
