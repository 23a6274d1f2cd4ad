"""Equity gaps by hand, and nothing that tells on a school."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geolls.base.errors import UsageError
from geolls.base.vocabulary import MINIMUM
from geolls.measures.equity import (
    SHARES,
    equity_gap,
    fifths,
    fsm_fifth,
)

SCHOOLS = pd.DataFrame(
    {
        "urn": list("abcdefghij"),
        "phase": ["primary"] * 5 + ["secondary"] * 5,
        "pupils": [100, 200, 300, 400, np.nan, 100, 100, 100, 100, 100],
        "fsm_pupils": [50, 20, 30, 100, 10, 10, 20, 30, 40, 50],
    }
)
VALUE = pd.Series(
    [True, False, True, False, True] + [True] * 2 + [False] * 3, index=list("abcdefghij")
)


def test_the_gap_by_hand():
    found = equity_gap(SCHOOLS, VALUE, guarded=False).set_index("phase")
    p = found.loc["primary"]
    assert (p["schools"], p["pupils"], p["fsm_pupils"]) == (4, 1000, 200)
    assert p["fsm_share"] == pytest.approx(80 / 200)
    assert p["other_share"] == pytest.approx((50 + 270) / 800)
    assert p["equity_gap"] == pytest.approx(0.4 - 0.4)
    assert found.loc["secondary", "equity_gap"] == pytest.approx(30 / 150 - 170 / 350)
    assert found.index.tolist() == ["all", "primary", "secondary"]


def test_the_gap_of_a_share_and_of_unknown_values():
    share = pd.Series({"f": 0.5, "g": np.nan, "h": 0.0})
    found = equity_gap(SCHOOLS, share, guarded=False).set_index("phase").loc["secondary"]
    assert found["schools"] == 2
    assert found["equity_gap"] == pytest.approx(0.5 * 10 / 40 - 0.5 * 90 / 160)
    assert np.isnan(equity_gap(SCHOOLS, pd.Series(dtype=float)).loc[0, "equity_gap"])


def test_more_eligible_pupils_than_pupils_are_refused():
    with pytest.raises(UsageError, match="more eligible pupils than pupils"):
        equity_gap(SCHOOLS.assign(fsm_pupils=500.0), VALUE)


def test_fifths_are_within_phase_and_hold_equally_many_schools():
    found = fsm_fifth(SCHOOLS)
    # Shares .5 .1 .1 .25: the tie of b and c goes by URN.
    assert found[list("abcd")].tolist() == [4, 1, 2, 3]
    assert np.isnan(found["e"])
    assert found[list("fghij")].tolist() == [1, 2, 3, 4, 5]
    mixed = fsm_fifth(SCHOOLS.sample(frac=1, random_state=1))
    assert mixed[list("abcd")].tolist() == [4, 1, 2, 3]


def test_the_table_of_fifths_by_hand():
    big = pd.concat([SCHOOLS.assign(urn=SCHOOLS["urn"] + str(n)) for n in range(6)])
    value = pd.Series(np.tile(VALUE.to_numpy(), 6), index=big["urn"])
    found = fifths(big, value, guarded=False).set_index(["phase", "fsm_fifth"])
    top = found.loc[("secondary", 5)]
    assert (top["schools"], top["pupils"], top["fsm_pupils"]) == (6, 600, 300)
    assert top["school_share"] == 0 and found.loc[("secondary", 1), "fsm_share"] == 1
    pooled = found.loc["all"]["schools"].sum()
    assert pooled == found.drop("all", level=0)["schools"].sum() == 54


def test_fifths_of_few_schools_and_few_pupils_are_blank():
    found = fifths(SCHOOLS, VALUE)
    assert found[["school_share", "pupil_share", "fsm_share"]].isna().all(axis=None)


def test_a_small_phase_is_not_given_away_by_the_others():
    small = SCHOOLS.assign(phase=["all_through"] + ["primary"] * 4 + ["secondary"] * 5)
    small.loc[0, ["pupils", "fsm_pupils"]] = [40, 4]
    gap = equity_gap(small, VALUE).set_index("phase")["fsm_pupils"]
    # Two of the three phases are hidden, so that all less the rest tells their sum only.
    hidden = gap.index[gap.isna()].tolist()
    assert hidden == ["all_through", "primary"]


def test_a_small_fifth_is_not_given_away_by_the_pooled_fifths():
    many = pd.concat([SCHOOLS.assign(urn=SCHOOLS["urn"] + str(n)) for n in range(6)])
    few = pd.DataFrame(
        {"urn": [f"t{n}" for n in range(5)], "phase": "all_through", "pupils": 100.0,
         "fsm_pupils": [3.0, 20, 30, 40, 50]}
    )  # fmt: skip
    table = pd.concat([many, few])
    value = pd.Series(1.0, index=table["urn"])
    found = fifths(table, value).set_index(["phase", "fsm_fifth"])["fsm_pupils"]
    assert found["all_through"].isna().tolist() == [True, True, False, False, False]
    assert found["all"].isna().tolist() == [True, True, False, False, False]
    assert found["primary"].notna().all()


SCHOOL = st.tuples(
    st.sampled_from(["primary", "secondary", "all_through"]),
    st.integers(30, 300),
    st.integers(0, 30),
    st.booleans(),
)


def a_register(rows):
    """Schools of (phase, pupils, eligible pupils), and whether each meets a thing."""
    table = pd.DataFrame(rows, columns=["phase", "pupils", "fsm_pupils", "met"])
    table["urn"] = [f"{i:04}" for i in range(len(table))]
    return table.drop(columns="met"), table.set_index("urn")["met"]


def small(count):
    """Say whether a count of pupils is one that may not be shown: 1 to 9."""
    return 0.5 < count < MINIMUM - 0.5


def an_attack(gap, schools, value):
    """What a reader who knows every school's pupils and value works out, by phase and side."""
    told = {}
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
    for side in ("met", "unmet", "count"):  # all less the rest
        phases = [p for p in gap["phase"] if p != "all"]
        for phase in phases:
            rest = [told[f"{p}/{side}"] for p in phases if p != phase]
            if np.isnan(told[f"{phase}/{side}"]):
                told[f"{phase}/{side}"] = told[f"all/{side}"] - sum(rest)
    return told


@settings(max_examples=150, deadline=None)
@given(st.lists(SCHOOL, min_size=1, max_size=40))
def test_the_gap_tells_no_count_of_one_to_nine_pupils(rows):
    schools, value = a_register(rows)
    gap = equity_gap(schools, value).set_index("phase")
    bare = equity_gap(schools, value, guarded=False).set_index("phase")
    shown = gap["fsm_share"].notna()
    assert not gap["fsm_pupils"].map(small).any()
    for real in (bare["fsm_share"], 1 - bare["fsm_share"]):
        real = (real * bare["fsm_pupils"]).fillna(0.0)  # who meets the thing, and who does not
        assert not real[shown].map(small).any()
        hidden = real[~shown].drop("all", errors="ignore")
        # All phases less those shown is a small number only where all of it is hidden too.
        assert not (shown["all"] and small(hidden.sum())) or not len(hidden)
    assert (gap.loc[gap["schools"] < 5, SHARES].isna()).all(axis=None)
    assert gap.loc[shown, SHARES].equals(bare.loc[shown, SHARES])  # what is shown is exact
    told = an_attack(gap.reset_index(), schools, value)
    for phase in bare.index.drop("all"):
        counts = {"met": bare["fsm_share"] * bare["fsm_pupils"]}
        counts["unmet"] = bare["fsm_pupils"] - counts["met"]
        for side, real in counts.items():
            if small(real[phase]):
                assert told[f"{phase}/{side}"] != pytest.approx(real[phase], abs=0.01), side


@settings(max_examples=80, deadline=None)
@given(st.lists(SCHOOL, min_size=5, max_size=60))
def test_the_fifths_tell_no_count_of_one_to_nine_pupils(rows):
    schools, value = a_register(rows)
    keys = ["phase", "fsm_fifth"]
    found = fifths(schools, value).set_index(keys)
    bare = fifths(schools, value, guarded=False).set_index(keys)
    assert found.index.equals(bare.index)
    shown = found["fsm_share"].notna()
    assert not found["fsm_pupils"].map(small).any()
    for real in (bare["fsm_share"], 1 - bare["fsm_share"]):
        assert not (real * bare["fsm_pupils"])[shown].map(small).any()
    pooled = shown.loc["all"]
    for fifth in pooled.index[pooled]:
        assert shown.xs(fifth, level="fsm_fifth").all()
    few = found["schools"] < 5
    assert found.loc[few, ["school_share", "pupil_share", "fsm_share"]].isna().all(axis=None)


def test_both_shares_would_give_a_hidden_count_away_and_go_with_it():
    rows = [("primary", 300, 60, i % 2 == 0) for i in range(10)]
    rows += [("secondary", 300, 60, i % 2 == 0) for i in range(10)]
    rows += [("all_through", 100, 1, i % 2 == 0) for i in range(6)]
    schools, value = a_register(rows)
    gap = equity_gap(schools, value).set_index("phase")
    assert np.isnan(gap.loc["all_through", "fsm_pupils"])
    # With it the next smallest phase, or all less the rest would be the small one.
    assert gap[SHARES].isna().all(axis=1).tolist() == [False, True, True, False]
    bare = equity_gap(schools, value, guarded=False).set_index("phase")
    assert bare.loc["all_through", "fsm_pupils"] == 6
    assert bare[SHARES].notna().all(axis=None)


def test_shares_go_with_a_hidden_count_and_with_a_small_part_of_a_large_one():
    big = [("primary", 300, 60, i % 2 == 0) for i in range(10)]
    small = [("special", 100, 1, i % 2 == 0) for i in range(6)]
    part = [("secondary", 300, 60, False) for _ in range(9)] + [("secondary", 50, 4, True)]
    gap = equity_gap(*a_register(big + small + part)).set_index("phase")
    assert np.isnan(gap.loc["special", "fsm_pupils"])
    assert gap.loc[["special", "secondary"], SHARES].isna().all(axis=None)
    assert gap.loc["secondary", "fsm_pupils"] == 544 or np.isnan(gap.loc["secondary", "fsm_pupils"])
    assert gap.loc["all", SHARES].notna().all()


def test_what_no_school_meets_hides_nothing():
    rows = [(phase, 300, 60, False) for phase in ("primary", "secondary") for _ in range(9)]
    gap = equity_gap(*a_register(rows))
    assert (gap["fsm_share"] == 0).all()
    assert gap["fsm_pupils"].tolist() == [1080, 540, 540]


def test_shares_of_few_schools_are_not_had_by_subtraction():
    rows = [("primary", 300, 60, i % 2 == 0) for i in range(10)]
    rows += [("secondary", 300, 60, i % 2 == 0) for i in range(10)]
    rows += [("special", 300, 60, i % 2 == 0) for i in range(4)]
    gap = equity_gap(*a_register(rows)).set_index("phase")["fsm_share"]
    assert gap.isna().sum() == 2 and np.isnan(gap["special"])
