"""The tables that a study's analyses make of several exposures at once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from geolls import open_study
from geolls.api import Study
from geolls.maps.drawn import resolve
from geolls.maps.recipes import Recipe
from geolls.maps.scenes import scene_of
from geolls.maps.shading import measure_of
from geolls.study import analyses
from geolls.study.analyses import equity_fifths, equity_gap, null_share_worse
from geolls.study.comparing import layer_facts
from geolls.study.findings import findings
from geolls.study.where import where


def test_counts_of_two_exposures_are_of_the_same_schools() -> None:
    one = pd.Series([True, False, None], index=["a", "b", "c"], dtype=object)
    two = pd.Series([None, True, True], index=["a", "b", "c"], dtype=object)
    nothing = pd.Series([None] * 3, index=["a", "b", "c"], dtype=object)
    found = analyses.of_the_same_schools({"one": one, "two": two, "nothing": nothing})
    assert found["one"].notna().tolist() == [False, True, False]
    assert found["two"].notna().tolist() == [False, True, False]


def test_an_exposure_says_on_how_many_hubs_of_a_partial_list_it_rests(demonstration: Study) -> None:
    for table in (equity_gap(demonstration), equity_fifths(demonstration)):
        told = table.drop_duplicates("exposure").set_index("exposure")["rests_on"]
        assert told["trust_crosses_english_hub_line"] == "3 of 34"
        assert set(told.drop("trust_crosses_english_hub_line")) == {""}
    assert demonstration.rests_on["english_hub"] == "3 of 34"
    assert "teaching_school_hub" not in demonstration.rests_on


IN_PART = "english_hub rests on 3 of 34 units"
IN_WORDS = "3 of 34 English Hubs are on the shelf."


@pytest.mark.parametrize(
    "name", ["hubs_by_phase", "trusts_and_hubs", "places_by_phase", "schools_about"]
)
def test_a_table_about_a_layer_known_in_part_says_so(demonstration: Study, name: str) -> None:
    assert all(IN_PART in row for row in demonstration.table(name)["rests_on"].unique())


def test_mismatch_and_its_yardsticks_say_where_a_layer_is_known_in_part(
    demonstration: Study,
) -> None:
    whole = demonstration.mismatch()
    about = (whole[["left", "right"]] == "english_hub").any(axis=1)
    assert (whole["note"].str.contains(IN_PART) == about).all()
    worse = null_share_worse(demonstration, "region", "english_hub", draws=2)
    assert worse["note"].str.contains(IN_PART).all()


def test_far_from_lead_schools_says_how_many_of_them_are_known(recent_study: Any) -> None:
    assert set(recent_study.table("far_areas")["rests_on"]) == {"84 of 87"}
    told = recent_study.table("equity_gap").set_index("exposure")["rests_on"]
    assert set(told["further_than_20_km_from_teaching_school_hub_lead"]) == {"84 of 87"}


def test_words_about_a_layer_known_in_part_say_so(demonstration: Study) -> None:
    facts = layer_facts(demonstration, "local_authority")
    recipe = Recipe(
        "r", "t", areas="local_authority", on=("english_hub",), shade="units_of:english_hub",
        measures=("units_of:english_hub", "relation"), options={"right": "english_hub"},
    )  # fmt: skip
    for key in recipe.measures:
        assert IN_WORDS in measure_of(facts, recipe, key).note
    note = "English Hubs: 3 of 34 are on the shelf"
    for coverage in ("english_hub", "maths_hub"):
        drawn = resolve(*scene_of(demonstration, "hub_coverage", options={"layer": coverage}))
        (spec,) = (spec for spec in drawn.layers if spec.key == coverage)
        assert (note in spec.note) == (IN_WORDS in spec.part) == (coverage == "english_hub")
        said = drawn.said(drawn.recipe.shade).means_not
        assert said.count(IN_WORDS) == (coverage == "english_hub")
    shelf = {"areas": demonstration.areas, "catalogue": demonstration.catalogue}
    day = date(2022, 9, 1)
    rows = where("Leeds", on=day, data=None, open_study=lambda: demonstration, **shelf)
    assert [note in row["note"] for row in rows if row["layer"] == "english_hub"] == [True]
    study = open_study(as_of="2022-09-01")
    study.rests_on = {"maths_hub": "38 of 40"}
    said = {f.key: f.text for f in findings(study)}
    assert said["trusts_across_maths_hub"].endswith(" 38 of 40 Maths Hubs are on the shelf.")
    assert "on the shelf" not in said["trusts_across_teaching_school_hub"]
