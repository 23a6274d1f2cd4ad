"""The tables that a study's analyses make of several exposures at once."""

from __future__ import annotations

import pandas as pd

from geolls.api import Study
from geolls.study import analyses
from geolls.study.analyses import equity_fifths, equity_gap


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
    assert demonstration.rests_on("english_hub") == "3 of 34"
    assert demonstration.rests_on("teaching_school_hub") == ""
