"""What heads a map while it is shaded is true: its units are counted again from their table."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geolls.base.vocabulary import FEW, KINDS
from geolls.maps.drawn import Drawn, resolve
from geolls.maps.print.figure import Told
from geolls.maps.recipes import Recipe
from geolls.maps.scenes import scene_of
from geolls.maps.shading import COLUMNS
from geolls.study.units import units_of

pytestmark = pytest.mark.real_data
STUDIES = ("real_study", "recent_study")
HUB = "teaching_school_hub"
LAYERS = ("local_authority", "combined_authority", HUB, "maths_hub")
COUNTED = re.compile(
    r"In (?:the one|(?P<all>all|none of the) (?P<every>[\d,]+)|"
    r"(?P<low>[\d,]+)(?: to (?P<high>[\d,]+))? of (?P<n>[\d,]+)) [^,]+, (?P<what>.*)"
)


def read(finding: str) -> tuple[int, int, int, str]:
    """Return of how many units a finding says it is true, at least and at most, of how many."""
    found = COUNTED.fullmatch(finding)
    assert found, finding
    if found["every"]:
        n = int(found["every"].replace(",", ""))
        many = n if found["all"] == "all" else 0
        return many, many, n, found["what"]
    low, n = (int(found[key].replace(",", "")) for key in ("low", "n"))
    return low, int((found["high"] or found["low"]).replace(",", "")), n, found["what"]


def said_of_least(what: str) -> float:
    """Return the number that a finding says is met or passed."""
    numbers = re.findall(r"\d[\d,.]*%?", what.replace("10,000", ""))
    assert len(numbers) == 1, what
    least = float(numbers[0].rstrip("%").replace(",", ""))
    return least / 100 if "%" in numbers[0] else least


def printed(values: pd.Series[float], column: str) -> pd.Series[float]:
    """Return numbers as a reader sees them beside the map: a class holds what is printed so."""
    digits = 2 if "share" in column else 1 if column.startswith(("effective", "trusts_per")) else 0
    return (np.floor(values * 10**digits + 0.5 + 1e-9) / 10**digits).round(digits)


def _shaded(drawn: Drawn, key: str) -> Drawn:
    return replace(drawn, recipe=replace(drawn.recipe, shade=key))


def test_what_heads_a_map_is_counted_again(request: pytest.FixtureRequest, hold: Any) -> None:
    tried, wrong = Counter[tuple[str, str]](), list[tuple[object, ...]]()
    columns = {key: column.column for key, column in COLUMNS.items()}
    for name, layer in product(STUDIES, LAYERS):
        study = request.getfixturevalue(name)
        keys = columns | ({} if layer == HUB else {"hubs_at_work": f"units_{HUB}"})
        recipe = Recipe("r", "t", areas=layer, measures=tuple(keys), shade="no_trust")
        drawn, units = resolve(*scene_of(study, recipe)), units_of(study, layer)
        for key, column in keys.items():
            low, high, n, what = read(drawn.said(key).finding)
            least = said_of_least(what)
            few = 1 if key == "hubs_at_work" else FEW
            known = units[(units["schools"] >= few) & units[column].notna()]
            ends = [
                int((printed(known.get(f"{column}_{end}", known[column]), column) >= least).sum())
                for end in ("low", "high")
            ]
            assert Told.of(_shaded(drawn, key), "").caption.startswith(
                f"{drawn.said(key).finding}. "
            )
            tried[name, key] += 1
            if (low, high, n) != (*ends, len(known)):
                wrong.append((key, layer, drawn.said(key).finding, ends, len(known)))
    failed = Counter(key for key, *_ in wrong)
    rows = [(f"A map by {key.replace('_', ' ')}: its finding", "so many units have so much or more",
             *(tried[name, key] for name in STUDIES), failed[key])
            for key in (*columns, "hubs_at_work")]  # fmt: skip
    hold("captions", ("figure", "what it is", "tried on 2022", "tried on 2025", "failures"), rows)
    assert not wrong, pd.DataFrame(wrong).to_string()


@pytest.mark.parametrize("name", ["real_study", "recent_study"])
def test_what_a_map_says_of_schools_and_trusts_is_counted_again(
    name: str, request: pytest.FixtureRequest
) -> None:
    """The dated note, the counts beside the marks, and the line that a mark shows of its trust."""
    study = request.getfixturevalue(name)
    recipe, data = scene_of(study, Recipe("r", "t", schools=KINDS, schools_on=True))
    drawn, counts = resolve(recipe, data), study.kinds("local_authority").value_counts()
    assert data.dates.startswith(f"n = {len(study.schools):,} {study.population.title}. ")
    assert {kind: drawn.tally[kind] for kind in KINDS} == {k: counts.get(k, 0) for k in KINDS}
    table = study.spread().set_index("trust_uid").reindex(data.trusts.index)
    apart = table[table["pair_km_max"].notna()]
    assert (data.trusts.loc[~table.index.isin(apart.index), "text"] == "").all()
    for uid, text in data.trusts.loc[apart.index, "text"].items():
        row = apart.loc[uid]
        areas = f"{row['areas_local_authority']:.0f} authorities"
        areas = areas if row["areas_local_authority"] != 1 else "1 authority"
        whole = int(row["schools_all"])
        more = f"; {whole} schools in all" if whole > row["schools"] else ""
        said = f"{row['schools']} mainstream schools in {areas}, "
        assert text == f"{said}at most {row['pair_km_max']:,.0f} km apart{more}", uid
