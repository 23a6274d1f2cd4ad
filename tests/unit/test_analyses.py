"""The tables that a study's analyses make of several exposures at once."""

from __future__ import annotations

import pandas as pd

from geolls.study import analyses


def test_counts_of_two_exposures_are_of_the_same_schools() -> None:
    one = pd.Series([True, False, None], index=["a", "b", "c"], dtype=object)
    two = pd.Series([None, True, True], index=["a", "b", "c"], dtype=object)
    nothing = pd.Series([None] * 3, index=["a", "b", "c"], dtype=object)
    found = analyses.of_the_same_schools({"one": one, "two": two, "nothing": nothing})
    assert found["one"].notna().tolist() == [False, True, False]
    assert found["two"].notna().tolist() == [False, True, False]
