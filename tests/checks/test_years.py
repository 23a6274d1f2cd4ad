"""What Over time says of a place on the last day is counted again, for every place and England."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd
import pytest
from claims import ends, near, pct
from truth import Truth

from geolls.atlas.years import PANELS, SHARED, over_time
from geolls.base.vocabulary import FEW
from geolls.study.history import Day, rows_of

pytestmark = pytest.mark.real_data
STUDIES = ("real_study", "recent_study")
LAYERS = ("local_authority", "combined_authority", "teaching_school_hub", "maths_hub")
HUBS = "teaching_school_hub"


def part(rows: list[tuple[float, bool, bool]]) -> tuple[float, float]:
    """Return the least and the most share of a kind; rows are how sure, is, may be."""
    low = sum(sure == 1 and is_ for sure, is_, _ in rows)
    high = sum(may for *_, may in rows)
    return (
        low / max(low + sum(not is_ for _, is_, _ in rows), 1),
        high / max(high + sum(sure == 1 and not may for sure, _, may in rows), 1),
    )


def says(cell: str, of: tuple[float, float]) -> bool:
    parts = cell.split(" to ")
    return pct(parts[0], of[0]) and pct(parts[-1], of[1])


@cache
def _columns(truth: Truth) -> tuple[dict[str, bool], dict[str, str]]:
    return tuple(truth.schools[column].to_dict() for column in ("academy", "la_code"))


def cells_of(truth: Truth, layer: str, code: str) -> dict[str, Callable[[str], bool]]:
    """Return, for each panel, what holds of a cell that is true."""
    academy, councils = _columns(truth)
    mine, trusts = truth.members(layer)[code], dict[str, float]()
    for urn, share in mine:
        uid = truth.trust[urn]
        if uid and truth.size[uid] > 1:
            trusts[uid] = max(share, trusts.get(uid, 0.0))
    bodies = Counter[str]()
    for urn, share in mine:
        if (uid := truth.trust[urn]) or not truth.unknown[urn]:
            bodies[uid or f"la {councils[urn]}"] += share
    seen = truth.kinds("local_authority")
    away, dark = "trust_based_elsewhere", "status_unknown"
    lines = truth.spread
    held = [truth.trust[urn] is not None for urn, _ in mine]
    may = [is_ or truth.unknown[urn] for (urn, _), is_ in zip(mine, held, strict=True)]
    sure = [share == 1 and is_ for (_, share), is_ in zip(mine, held, strict=True)]
    across = [(float(share == 1), *(lines[f"areas_{HUBS}_{e}"][uid] > 1 for e in ("low", "high")))
              for uid, share in trusts.items()]  # fmt: skip
    apart = [(share, km) for uid, share in trusts.items()
             if (km := lines["pair_km_median"][uid]) == km]  # fmt: skip
    equal = sum(bodies.values()) ** 2 / sum(n * n for n in bodies.values()) if bodies else 0.0

    def far(cell: str) -> bool:
        if not apart:
            return cell == ""
        low, high = (float(end.replace(",", "").removesuffix(" km")) for end in
                     (cell.split(" to ")[0], cell.split(" to ")[-1]))  # fmt: skip
        some = [km for share, km in apart if share == 1]
        inside = [median([km for _, km in apart]), *([median(some)] if some else [])]
        near_by = 0.5 if high >= 10 else 0.05
        return all(low - near_by - 1e-6 <= km <= high + near_by + 1e-6 for km in inside)

    return {
        "academy_share": lambda c: says(c, part([(s, academy[u], academy[u]) for u, s in mine])),
        "in_trusts": lambda c: ends(c) == (sum(sure), sum(may)),
        "trusts": lambda c: ends(c) == (sum(s == 1 for s in trusts.values()), len(trusts)),
        "effective_providers": lambda c: near(c, equal) if bodies else c == "",
        "based_elsewhere_share": lambda c: says(
            c, part([(s, seen[u] == away, seen[u] in (away, dark)) for u, s in mine])
        ),
        f"trusts_across_{HUBS}": lambda c: says(c, part(across)) if across else c == "",
        "pair_km_median": far,
    }


KINDS = {column: kind for column, _, kind in PANELS}
CLAIMS = {
    "academy_share": "its academies over its schools, shared ones here or not",
    "in_trusts": "its schools in a trust of any size, for certain and perhaps",
    "trusts": "the trusts of two or more with a school that is, or may be, its own",
    "effective_providers": "1 over the sum of squared shares of who runs its schools",
    "based_elsewhere_share": "its schools of trusts at home in another authority than theirs",
    f"trusts_across_{HUBS}": "those trusts that meet two hubs, for certain and perhaps",
    "pair_km_median": "the middle trust's, between what is certain and all",
}


def test_what_over_time_says_of_a_day_is_counted_again(
    request: pytest.FixtureRequest, hold: Any
) -> None:
    tried = {name: Counter[str]() for name in STUDIES}
    wrong = []
    for name in STUDIES:
        study = request.getfixturevalue(name)
        truth, day = Truth(study), study.as_of.isoformat()
        places = [(key, p) for key in LAYERS for p in study.places(key)]
        named = [(f"{key}:{p.unit_code}", p) for key, p in places]
        told = rows_of(Day(study.as_of, Path("register.csv"), None, True), study, named)
        of = [("england", "local_authority"), *((key, p.unit_code) for key, p in places)]
        for row, (layer, code) in zip(told, of, strict=True):
            if not row["schools_high"]:
                continue
            said = str(over_time(pd.DataFrame([row]), [day], row["place"]))
            shared = truth.ends(layer, code)[0] < truth.ends(layer, code)[1]
            assert (SHARED[1:] in said) == (shared and layer != "england"), (layer, code)
            cells = re.findall("<td>(.*?)</td>", said)[: len(PANELS)]
            true = cells_of(truth, layer, code)
            for (column, *_), cell in zip(PANELS, cells, strict=True):
                tried[name][column] += 1
                few = truth.n(layer, code) < FEW and KINDS[column] == "share"
                if not (cell == "" if few else true[column](cell)):
                    wrong.append((name, layer, code, column, cell))
    failed = Counter(column for *_, column, _ in wrong)
    rows = [
        (
            f"Over time: {title}",
            CLAIMS[column],
            *(tried[n][column] for n in STUDIES),
            failed[column],
        )
        for column, title, _ in PANELS
    ]
    hold("years", ("figure", "what it is", "tried on 2022", "tried on 2025", "failures"), rows)
    assert not wrong, wrong[:12]
