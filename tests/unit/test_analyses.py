"""The tables on eligible pupils tell no small count, alone, by subtraction or by their shares."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geolls import analyses
from geolls.equity import MINIMUM

SIDES = ("met", "unmet")


def a_register(rows: list[tuple[str, int, int, bool | None]]) -> tuple[pd.DataFrame, pd.Series]:
    """Schools of (phase, pupils, eligible pupils), and whether each meets a thing."""
    table = pd.DataFrame(rows, columns=["phase", "pupils", "fsm_pupils", "met"])
    table["urn"] = [f"{i:04}" for i in range(len(table))]
    value = table.set_index("urn")["met"].astype(object)
    return table.drop(columns="met"), value


def truth(schools: pd.DataFrame, value: pd.Series, phase: str) -> tuple[float, float, float]:
    """All eligible pupils of a phase, those who meet the thing, and those who do not."""
    known = schools[schools["urn"].map(value).notna() & (schools["phase"] == phase)]
    met = known["urn"].map(value).astype(float)
    return (
        float(known["fsm_pupils"].sum()),
        float((known["fsm_pupils"] * met).sum()),
        float((known["fsm_pupils"] * (1 - met)).sum()),
    )


def an_attack(gap: pd.DataFrame, schools: pd.DataFrame, value: pd.Series) -> dict[str, float]:
    """What a reader who knows every school's pupils and value works out, by phase and side."""
    told: dict[str, float] = {}
    for row in gap.to_dict("records"):
        here = schools if row["phase"] == "all" else schools[schools["phase"] == row["phase"]]
        met = here["urn"].map(value).astype(float)
        n, m = row["pupils"], float((here["pupils"] * met).sum())
        first, second, count = row["fsm_share"], row["other_share"], row["fsm_pupils"]
        if np.isnan(count) and abs(first - second) > 1e-9:  # both shares give the count
            count = (m - second * n) / (first - second)
        told[f"{row['phase']}/met"], told[f"{row['phase']}/unmet"] = (
            count * first,
            count * (1 - first),
        )
        told[f"{row['phase']}/count"] = count
    for side in (*SIDES, "count"):  # all less the rest
        phases = [p for p in gap["phase"] if p != "all"]
        for phase in phases:
            rest = [told[f"{p}/{side}"] for p in phases if p != phase]
            if np.isnan(told[f"{phase}/{side}"]):
                told[f"{phase}/{side}"] = told[f"all/{side}"] - sum(rest)
    return told


SCHOOL = st.tuples(
    st.sampled_from(["primary", "secondary", "all_through", "special"]),
    st.integers(60, 200),
    st.integers(0, 30),
    st.booleans(),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(SCHOOL, min_size=1, max_size=40))
def test_no_small_count_can_be_had_from_the_gap(rows: list[tuple[str, int, int, bool]]) -> None:
    schools, value = a_register(rows)
    gap = analyses._safe_gap(schools, value)
    told = an_attack(gap, schools, value)
    for phase in schools["phase"].unique():
        here = schools[schools["phase"] == phase]["urn"].map(value)
        _, met, unmet = truth(schools, value, phase)
        for side, real, anyone in (
            ("met", met, here.any()),
            ("unmet", unmet, (~here.astype(bool)).any()),
        ):
            got = told[f"{phase}/{side}"]
            if real < MINIMUM and anyone and not np.isnan(got):
                assert got != pytest.approx(real, abs=0.01), (phase, side)


@settings(max_examples=100, deadline=None)
@given(st.lists(SCHOOL, min_size=5, max_size=60))
def test_no_small_count_can_be_had_from_the_fifths(rows: list[tuple[str, int, int, bool]]) -> None:
    schools, value = a_register(rows)
    gap = analyses._safe_gap(schools, value).set_index("phase")
    fifths = analyses._safe_fifths(schools, value)
    sides = analyses._who_meets(schools, value, ["phase", "fsm_fifth"])
    for phase, mine in fifths.groupby("phase"):
        met = mine["fsm_pupils"] * mine["fsm_share"]
        real, everyone = (s.loc[phase].to_numpy() for s in sides[0])
        small = (real < MINIMUM) & (everyone > 0)
        assert met[small].isna().all()
        whole = gap.loc[phase, "fsm_pupils"] * gap.loc[phase, "fsm_share"]
        if met.isna().sum() == 1 and not np.isnan(whole):  # the phase less the other fifths
            last = met.isna().to_numpy()
            assert not small[last].any()
    hidden = fifths[(fifths["phase"] != "all") & fifths["fsm_share"].isna()]["fsm_fifth"]
    pooled = fifths[fifths["phase"] == "all"].set_index("fsm_fifth")["fsm_share"]
    assert pooled.reindex(hidden.unique()).isna().all()


def test_shares_go_with_a_hidden_count_and_with_a_small_part_of_a_large_one() -> None:
    big = [("primary", 300, 60, i % 2 == 0) for i in range(10)]
    small = [("special", 100, 1, i % 2 == 0) for i in range(6)]
    part = [("secondary", 300, 60, False) for _ in range(9)] + [("secondary", 50, 4, True)]
    gap = analyses._safe_gap(*a_register(big + small + part)).set_index("phase")
    assert np.isnan(gap.loc["special", "fsm_pupils"])
    assert gap.loc[["special", "secondary"], analyses.GAP_SHARES].isna().all(axis=None)
    assert gap.loc["secondary", "fsm_pupils"] == 544 or np.isnan(gap.loc["secondary", "fsm_pupils"])
    assert gap.loc["all", analyses.GAP_SHARES].notna().all()


def test_what_no_school_meets_hides_nothing() -> None:
    rows = [(phase, 300, 60, False) for phase in ("primary", "secondary") for _ in range(9)]
    gap = analyses._safe_gap(*a_register(rows))
    assert (gap["fsm_share"] == 0).all()
    assert gap["fsm_pupils"].tolist() == [1080, 540, 540]


def test_shares_of_few_schools_are_blank_and_not_had_by_subtraction() -> None:
    rows = [("primary", 300, 60, i % 2 == 0) for i in range(10)]
    rows += [("secondary", 300, 60, i % 2 == 0) for i in range(10)]
    rows += [("special", 300, 60, i % 2 == 0) for i in range(4)]
    gap = analyses._safe_gap(*a_register(rows)).set_index("phase")["fsm_share"]
    assert gap.isna().sum() == 2 and np.isnan(gap["special"])


def test_counts_of_two_exposures_are_of_the_same_schools() -> None:
    one = pd.Series([True, False, None], index=["a", "b", "c"], dtype=object)
    two = pd.Series([None, True, True], index=["a", "b", "c"], dtype=object)
    nothing = pd.Series([None] * 3, index=["a", "b", "c"], dtype=object)
    found = analyses._of_the_same_schools({"one": one, "two": two, "nothing": nothing})
    assert found["one"].notna().tolist() == [False, True, False]
    assert found["two"].notna().tolist() == [False, True, False]
