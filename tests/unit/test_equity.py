"""Equity gaps by hand, and nothing that tells on a school."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from geolls.base.errors import UsageError
from geolls.measures.equity import equity_gap, fifths, fsm_fifth

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


def test_fifths_of_few_schools_are_blank():
    found = fifths(SCHOOLS, VALUE)
    assert found[["school_share", "pupil_share", "fsm_share"]].isna().all(axis=None)


def test_a_withheld_school_counts_as_its_stand_in_by_hand():
    # Three primary schools have 4, 6 and 9: they count as 10, 0 and 10.
    small = pd.DataFrame(
        {"urn": list("abcdef"), "phase": "primary", "pupils": 100.0,
         "fsm_pupils": [4.0, 6, 9, 20, 20, 40]}
    )  # fmt: skip
    value = pd.Series([1.0, 1, 0, 0, 1, 0], index=list("abcdef"))
    found = equity_gap(small, value).set_index("phase").loc["primary"]
    assert found["fsm_pupils"] == 100
    assert found["fsm_share"] == pytest.approx((10 + 0 + 20) / 100)
    assert found["other_share"] == pytest.approx((90 + 100 + 80) / 500)
    bare = equity_gap(small, value, guarded=False).set_index("phase").loc["primary"]
    assert bare["fsm_pupils"] == 99


def test_a_phase_or_a_fifth_of_withheld_schools_alone_is_blank_and_nothing_else_goes_with_it():
    small = SCHOOLS.assign(phase=["all_through"] + ["primary"] * 4 + ["secondary"] * 5)
    small.loc[0, ["pupils", "fsm_pupils"]] = [40, 4]
    gap = equity_gap(small, VALUE).set_index("phase")
    assert gap.index[gap["fsm_pupils"].isna()].tolist() == ["all_through"]
    # Of fewer than five schools no share is told.
    assert gap["fsm_share"].notna().tolist() == [True, False, False, True]
    many = pd.concat([SCHOOLS.assign(urn=SCHOOLS["urn"] + str(n)) for n in range(6)])
    few = pd.DataFrame(
        {"urn": [f"t{n}" for n in range(5)], "phase": "all_through", "pupils": 100.0,
         "fsm_pupils": [3.0, 20, 30, 40, 50]}
    )  # fmt: skip
    table = pd.concat([many, few], ignore_index=True)
    value = pd.Series(1.0, index=table["urn"])
    found = fifths(table, value).set_index(["phase", "fsm_fifth"])
    assert found.loc["all_through", "fsm_pupils"].isna().tolist() == [True] + [False] * 4
    assert found.loc["all_through", "fsm_pupils_suppressed"].tolist() == [True] + [False] * 4
    assert found.loc[["all", "primary"], "fsm_pupils"].notna().all()


def test_what_no_school_meets_hides_nothing():
    rows = [(phase, 300.0, 60.0) for phase in ("primary", "secondary") for _ in range(9)]
    schools = pd.DataFrame(rows, columns=["phase", "pupils", "fsm_pupils"])
    schools["urn"] = [f"{i:04}" for i in range(len(schools))]
    gap = equity_gap(schools, pd.Series(False, index=schools["urn"]))
    assert (gap["fsm_share"] == 0).all()
    assert gap["fsm_pupils"].tolist() == [1080, 540, 540]


def test_what_hangs_on_a_line_nobody_drew_is_told_from_the_least_to_the_most() -> None:
    """Every answer to every doubt is tried: schools of one trust cross together or not at all."""
    schools = pd.DataFrame(
        {
            "urn": list("abcdef"),
            "phase": "primary",
            "pupils": [100, 200, 150, 300, 120, 80],
            "fsm_pupils": [50, 20, 60, 30, 90, 10],
        }
    )
    value = pd.Series([True, True, False, True, True, False], index=list("abcdef"))
    doubt = pd.Series(["t", "t", None, "u", "v", None], index=list("abcdef"))
    found = equity_gap(schools, value, guarded=False, doubt=doubt).iloc[0]
    ways = []
    for answers in product([False, True], repeat=3):
        said = dict(zip("tuv", answers, strict=True))
        sure = value.where(doubt.isna(), doubt.map(said)).astype(bool)
        ways.append(equity_gap(schools, sure, guarded=False).iloc[0])
    for column in ("fsm_share", "other_share", "equity_gap"):
        values = [way[column] for way in ways]
        ends = found[f"{column}_low"], found[f"{column}_high"]
        assert ends == pytest.approx((min(values), max(values)))
    sure = equity_gap(schools, value, guarded=False).iloc[0]
    assert sure["equity_gap_low"] == pytest.approx(sure["equity_gap"])
    assert sure["equity_gap_high"] == pytest.approx(sure["equity_gap"])
