"""What nobody knows is told as two numbers, on both real registers."""

from __future__ import annotations

import os
import random
import re
from html import unescape
from itertools import combinations
from typing import Any

import pandas as pd
import pytest

from geolls.atlas.book import Book
from geolls.measures.membership import is_reason
from geolls.study.analyses import ANALYSES
from geolls.study.facts import facts_of
from geolls.study.findings import findings
from geolls.study.units import across, several, units_of

pytestmark = pytest.mark.real_data
PLACES = ("local_authority", "teaching_school_hub", "maths_hub")
# `make faults` reads every page; otherwise those named in the docs and a seeded few.
EVERY = os.environ.get("GEOLLS_EVERY_PLACE", "") != ""
NAMED = [("maths_hub", "mh-abacus-nw"), ("local_authority", "E08000025")]


def test_trusts_across_hubs_are_told_from_the_fewest_to_the_most(
    real_study: Any, recent_study: Any
) -> None:
    said = {f.key: f for f in findings(real_study)}
    then = {key: across(several(real_study), key) for key in PLACES[1:]}
    now = {key: across(several(recent_study), key) for key in PLACES[1:]}
    assert then == {"teaching_school_hub": (417, 450), "maths_hub": (285, 324)}
    assert now == {"teaching_school_hub": (492, 519), "maths_hub": (337, 373)}
    for key in PLACES[1:]:
        found = said[f"trusts_across_{key}"]
        assert (found.low, found.high) == then[key]
    text = said["trusts_across_teaching_school_hub"].text
    assert text.startswith("Between 417 and 450 of 1,091 trusts")
    assert "(38.2% to 41.2%)" in text
    # Thirty schools have no location: they may be in a combined authority, or in none.
    none = said["schools_not_covered_combined_authority"]
    assert none.text.startswith("Between 72.5% and 72.7% of mainstream schools are in no combined")
    assert (none.high - none.low) * len(real_study.schools) == pytest.approx(30)


def test_no_page_of_a_place_that_shares_land_counts_half_a_school(real_study: Any) -> None:
    facts = facts_of(real_study, PLACES)
    book = Book(facts)
    doubtful = [
        (key, code)
        for key in PLACES
        for code in facts.units[key].index
        if any(facts.cover(key, code, hub).listed for hub in PLACES[1:])
    ]
    assert len(doubtful) > 20 and set(NAMED) <= set(doubtful)
    for key, code in doubtful if EVERY else NAMED + random.Random(13).sample(doubtful, 2):
        path = book.path_of(key, code)
        html = book.make(path)[path].decode()
        spans = re.findall(r'<span class="count">([^<]*)</span>', html)
        bare = re.sub(r"<(script|style).*?</\1>", "", html, flags=re.DOTALL)
        words = unescape(re.sub(r"<[^>]+>", " ", bare))
        assert spans, path
        for text in spans:
            assert not re.search(r"\d\.\d", text), (path, text)
        assert not re.search(r"\d\.\d+ (?:of|to|schools?|trusts?|pupils) ", words), path
        assert "half a school" not in words


def test_what_pages_say_of_pairs_is_what_the_table_says(real_study: Any) -> None:
    table = real_study.spread()
    for key in PLACES[1:]:
        low, high = table[f"cross_pairs_{key}_low"], table[f"cross_pairs_{key}_high"]
        known = low.notna()
        assert (known == high.notna()).all()
        assert (low[known] <= high[known] + 1e-9).all()
        one = table[f"areas_{key}_high"] == 1
        assert (high[one & known].fillna(0) == 0).all()
        several = (table[f"areas_{key}_low"] > 1) & known
        assert (low[several] > 0).all()


def test_ends_of_units_hold_what_is_counted_and_add_up(real_study: Any, recent_study: Any) -> None:
    for study in (real_study, recent_study):
        for key in PLACES:
            units = units_of(study, key)
            for name in ("schools", "pupils"):
                assert (units[f"{name}_low"] <= units[name] + 1e-6).all()
                assert (units[name] <= units[f"{name}_high"] + 1e-6).all()
            assert (units["schools_low"] % 1 == 0).all()
            assert (units["schools_high"] % 1 == 0).all()
            inside = study.assigned(key)
            inside = inside[~is_reason(inside["unit_code"])]["urn"].nunique()
            assert units["schools_low"].sum() <= inside <= units["schools_high"].sum()


def outside(table: pd.DataFrame) -> list[str]:
    """Return the columns of a table whose number lies below its least or above its most."""
    names = set(map(str, table))
    return [
        name
        for name in sorted(names)
        if {f"{name}_low", f"{name}_high"} <= names
        and (
            (table[name] < table[f"{name}_low"] - 1e-9)
            | (table[name] > table[f"{name}_high"] + 1e-9)
        ).any()
    ]


@pytest.mark.parametrize("name", ["real_study", "recent_study"])
def test_every_number_lies_between_its_ends(name: str, request: pytest.FixtureRequest) -> None:
    """Of every unit of every layer, every trust, and every table of the researcher."""
    study = request.getfixturevalue(name)
    told = {key: units_of(study, key) for key in study.area_layers} | {"spread": study.spread()}
    told |= {of: ANALYSES[of](study) for of in ("places_by_phase", "hubs_by_phase", "equity_gap")}
    told |= {of: study.overlap(*of) for of in combinations(PLACES, 2)}
    told |= {f"in {key}": study.coverage(key) for key in PLACES}
    assert {of: wrong for of, table in told.items() if (wrong := outside(table))} == {}
    met = told["local_authority"].set_index("name").loc["Bolton"]
    assert met["units_maths_hub"] == met["units_maths_hub_high"] == 2  # three are listed for it


def test_what_lies_in_a_place_that_shares_land_is_told_from_the_least_to_the_most(
    demonstration: Any,
) -> None:
    """Whole schools, counted again one by one: those that are there, and those that may be."""
    place = demonstration.place("maths_hub:Abacus NW Maths Hub")
    held = demonstration.membership("maths_hub").frame("urn", of=place.unit_code)
    may, sure = set(held["urn"]), set(held.loc[held["share_low"] == 1, "urn"])
    assert 0 < len(sure) < len(may)
    assert demonstration.many_in(place) == (len(sure), len(may))
    unit = demonstration.assigned("local_authority").groupby("urn")["unit_name"].agg(set)
    found = demonstration.overlap("local_authority", "region", place=place)
    for row in found.itertuples():
        there = [{u for u in urns if row.left_name in unit[u]} for urns in (sure, may)]
        assert (row.weight_low, row.weight_high) == tuple(map(len, there)), row
    told = demonstration.coverage("local_authority", "schools", place=place)
    assert told["weight_low"].sum() == len(sure)
    assert told["weight_high"].sum() == len(may)
    guarded = demonstration.overlap("local_authority", "region", "fsm_pupils", place=place)
    meals = demonstration.schools.set_index("urn")["fsm_pupils"]
    for row in guarded.dropna(subset="weight").itertuples():
        there = [meals.reindex([u for u in s if row.left_name in unit[u]]) for s in (sure, may)]
        low, high = there[0].sum(), there[1].fillna(10).sum()
        assert (row.weight_low, row.weight_high) == (low, high), row
    whole = demonstration.overlap("local_authority", "region", place="Leeds")
    assert (whole["weight_low"] == whole["weight_high"]).all()
