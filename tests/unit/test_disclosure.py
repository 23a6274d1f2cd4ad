"""What is withheld of small numbers, by hand, and that nothing printed hangs on what they are."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geolls import open_study
from geolls.api import Study
from geolls.base.vocabulary import MINIMUM
from geolls.cli.main import main
from geolls.measures.coverage import coverage
from geolls.measures.disclosure import (
    SAID,
    STAND_INS,
    counted,
    left_blank,
    meal_share,
    of_a_set,
    told,
    withheld,
    without_few,
)
from geolls.measures.equity import equity_gap, fifths, fsm_fifth
from geolls.measures.membership import Membership
from geolls.measures.overlap import overlap
from geolls.study.comparing import place_figures

HAND = pd.DataFrame(
    {
        "urn": list("abcdefg"),
        "phase": ["primary"] * 6 + ["secondary"],
        "la_code": list("yxxxxxx"),
        "pupils": [90.0, 90, 90, 90, 90, 7, 900],
        "fsm_pupils": [9.0, 1, 10, np.nan, 0, 0, 5],
    }
)


def test_one_to_nine_go_and_ten_nought_and_unknown_stay() -> None:
    found = withheld(HAND)
    # f has 7 pupils: that nought is withheld too.
    assert found["fsm_pupils_suppressed"].tolist() == [True, True, False, False, False, True, True]
    assert found["fsm_pupils"].fillna(-1).tolist() == [-1, -1, 10, -1, 0, -1, -1]
    assert withheld(found) is found
    assert HAND["fsm_pupils"].tolist()[:2] == [9, 1]  # the table given is left as it was


def test_stand_ins_take_turns_by_phase_authority_and_urn() -> None:
    # x before y: b first, then f (0, of its 7 pupils none can be ten), then a; g begins anew.
    values = counted(withheld(HAND))
    assert values.fillna(-1).tolist() == [10, 10, 10, -1, 0, 0, 10]
    assert STAND_INS == (10, 0, 10, 0, 10)
    mixed = counted(withheld(HAND.sample(frac=1, random_state=3)))
    pd.testing.assert_series_equal(mixed.sort_index(), values)
    alone = HAND[HAND["phase"] == "secondary"]
    assert counted(withheld(alone)).tolist() == values[alone.index].tolist()


def test_a_table_with_nothing_withheld_counts_as_it_is() -> None:
    pd.testing.assert_series_equal(counted(HAND), HAND["fsm_pupils"])
    large = HAND.assign(fsm_pupils=40.0, pupils=90.0)
    assert counted(withheld(large)).tolist() == [40.0] * 7


SCHOOL = st.tuples(
    st.sampled_from(["primary", "secondary", "all_through"]),
    st.integers(1, 60),  # pupils
    st.integers(0, 60),  # of them eligible
    st.sampled_from(["A", "B", "C", "no_evidence"]),
    st.sampled_from([("P",), ("Q",), ("P", "Q")]),
)


def a_study(rows: list[Any]) -> tuple[pd.DataFrame, Membership, Membership]:
    """Schools, and two layers that have them; the second shares some."""
    table = pd.DataFrame(rows, columns=["phase", "pupils", "fsm_pupils", "left", "right"])
    table["urn"] = [f"{i:04}" for i in range(len(table))]
    table["fsm_pupils"] = table[["pupils", "fsm_pupils"]].min(axis=1).astype(float)
    items = pd.Index(table["urn"])
    right = table.explode("right").rename(columns={"urn": "item", "right": "unit_code"})
    right["share"] = 1 / right.groupby("item")["item"].transform("size")
    right = right.assign(unit_name=right["unit_code"])
    return (
        table.drop(columns=["left", "right"]),
        Membership.whole(items, table["left"].tolist()),
        Membership.of(right[["item", "unit_code", "unit_name", "share"]], items, item="item"),
    )


def everything(schools: pd.DataFrame, left: Membership, right: Membership) -> list[pd.DataFrame]:
    """Return every table that a study makes of eligible pupils."""
    kept = withheld(schools)
    count, hidden = (
        s.set_axis(kept["urn"]) for s in (counted(kept), kept["fsm_pupils_suppressed"])
    )
    value = pd.Series(np.arange(len(schools)) % 2 == 0, index=schools["urn"])
    tables = [kept, equity_gap(schools, value), fifths(schools, value)]
    tables += [
        told(lambda w: overlap(left, right, w), count, hidden),
        told(lambda w: coverage(right, w), count, hidden),
        told(lambda w: overlap(left, right, w), count, hidden, own=True),
    ]
    return [*tables, fsm_fifth(schools).to_frame()]


@settings(max_examples=8)
@given(st.lists(SCHOOL, min_size=1, max_size=25), st.integers(0, 2**32 - 1))
def test_nothing_printed_hangs_on_what_a_small_number_is(rows: list[Any], seed: int) -> None:
    schools, left, right = a_study(rows)
    small = schools["fsm_pupils"].between(1, 9) & (schools["pupils"] >= MINIMUM)
    drawn = np.random.default_rng(seed).integers(1, MINIMUM, len(schools)).astype(float)
    other = schools.assign(fsm_pupils=schools["fsm_pupils"].mask(small, pd.Series(drawn)))
    tables = everything(schools, left, right)
    for one, two in zip(tables, everything(other, left, right), strict=True):
        pd.testing.assert_frame_equal(one, two)


@settings(max_examples=8)
@given(st.lists(SCHOOL, min_size=1, max_size=25))
def test_no_number_of_one_to_nine_is_printed_and_large_schools_are_exact(rows: list[Any]) -> None:
    schools, left, right = a_study(rows)
    kept, gap, fifth, pairs, *more = everything(schools, left, right)
    for table in (kept, gap, fifth):
        assert not table["fsm_pupils"].between(0.01, 9.99).any()
    for table in (pairs, more[0]):
        assert not table["weight"].between(0.01, 9.99).any()
    shown = kept["fsm_pupils"].notna()
    assert (kept["fsm_pupils"] == schools["fsm_pupils"])[shown].all()
    assert shown[schools["fsm_pupils"] >= MINIMUM].all()
    # Where nothing is withheld a sum is the true one.
    if shown.all():
        true = overlap(left, right, schools.set_index("urn")["fsm_pupils"])
        both = pairs.merge(true, on=["left_code", "right_code"], suffixes=("", "_true"))
        assert len(both) == len(true)
        told_of = both["weight"].notna()
        assert (both["weight"] == both["weight_true"])[told_of].all()
        assert (both.loc[~told_of, "weight_true"] < MINIMUM).all()


@settings(max_examples=40)
@given(st.lists(SCHOOL, min_size=1, max_size=40))
def test_a_sum_is_off_by_no_more_than_nine_a_withheld_school(rows: list[Any]) -> None:
    schools, _, _ = a_study(rows)
    kept = withheld(schools)
    miss = (counted(kept) - schools["fsm_pupils"]).abs()
    assert (miss[kept["fsm_pupils_suppressed"]] <= 9).all()
    assert not miss[~kept["fsm_pupils_suppressed"]].any()


def test_cells_of_withheld_schools_alone_are_blank_even_where_they_stand_for_nought() -> None:
    schools = pd.DataFrame(
        {"urn": list("abcd"), "phase": "primary", "pupils": 100.0, "fsm_pupils": [3.0, 4, 50, 0]}
    )
    kept = withheld(schools)
    where = Membership.whole(pd.Index(schools["urn"]), ["X", "Y", "Y", "Z"])
    count, hidden = (
        s.set_axis(kept["urn"]) for s in (counted(kept), kept["fsm_pupils_suppressed"])
    )
    found = told(lambda w: coverage(where, w), count, hidden).set_index("unit_code")
    assert np.isnan(found.loc["X", "weight"]) and np.isnan(found.loc["X", "share"])
    assert found["weight"].fillna(-1).tolist() == [-1, 50, 0]  # Z has none, and may say so
    pairs = told(lambda w: overlap(where, where, w), count, hidden)
    assert pairs["left_code"].tolist() == ["X", "Y"]
    assert pairs["weight"].fillna(-1).tolist() == [-1, 50]
    mine = told(lambda w: coverage(where, w), count, hidden, own=True)
    assert mine["weight"].isna().all()  # none of five schools


def test_the_truth_and_what_is_told_lie_between_the_ends() -> None:
    schools = pd.DataFrame(
        {"urn": list("abc"), "phase": "primary", "pupils": 100.0, "fsm_pupils": [3.0, 8, 50]}
    )
    kept, where = withheld(schools), Membership.whole(pd.Index(schools["urn"]), ["X", "X", "X"])
    hidden = kept.set_index("urn")["fsm_pupils_suppressed"]
    count = counted(kept).set_axis(hidden.index)
    found = told(lambda w: coverage(where, w), count, hidden).loc[0]
    assert (found["weight_low"], found["weight"], found["weight_high"]) == (50, 60, 70)
    mine = told(lambda w: coverage(where, w), count, hidden, own=True).loc[0]
    assert np.isnan(mine["weight_low"])  # of three schools


def test_a_workbook_marks_what_is_withheld_and_not_what_is_unknown() -> None:
    schools = pd.DataFrame({"fsm_pupils": [np.nan] * 2, "fsm_pupils_suppressed": [True, False]})
    assert left_blank(schools, "fsm_pupils") == [True, False]
    pairs = pd.DataFrame({"by": ["schools", "fsm_pupils"], "weight": 1.0, "note": ""})
    assert left_blank(pairs, "weight") == [False, True]
    assert left_blank(pairs, "note") == [False, False]


def test_sets_of_ones_own_are_to_the_nearest_ten_and_of_five_schools() -> None:
    found = of_a_set(pd.Series([124.0, 126, 125, 0]), pd.Series([5, 6, 4, 9]))
    assert found.fillna(-1).tolist() == [120, 130, -1, 0]


def test_a_study_knows_which_sets_are_the_users_own(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "layer.toml").write_text('title = "Mine"\nsource = "me"\n', encoding="utf-8")
    listed = "area,unit\nLeeds,North\nBradford,North\nIsles of Scilly,Tiny\n"
    (mine / "members.csv").write_text(listed, encoding="utf-8")
    study = open_study(layers=["mine", "district"], boundaries=[tmp_path])
    whole = study.coverage("mine", "fsm_pupils").set_index("unit_name")["weight"]
    assert whole["North"] % MINIMUM == 0 and np.isnan(whole["Tiny"])
    pairs = study.overlap("district", "mine", "fsm_pupils").dropna()
    there = study.coverage("district", "fsm_pupils", place="mine:North")
    assert (pairs["weight"] % MINIMUM == 0).all() and (
        there["weight"].dropna() % MINIMUM == 0
    ).all()
    exact = study.coverage("district", "fsm_pupils").set_index("unit_name").loc["Leeds", "weight"]
    told_of = pairs.set_index("left_name").loc["Leeds", "weight"]
    assert exact % MINIMUM and abs(told_of - exact) <= MINIMUM / 2


def test_shares_of_few_schools_or_few_pupils_are_blank() -> None:
    found = without_few(pd.DataFrame({"schools": [4, 5], "share": [0.5, 0.5]}), ["share"])
    assert found["share"].isna().tolist() == [True, False]
    of = [pd.Series(v, dtype=float) for v in ([9, 10, 123], [90, 90, 1000], [9, 4, 5])]
    assert meal_share(*of).fillna(-1).tolist() == [-1, -1, 0.12]


def study_of(layers: list[str], **columns: Any) -> Study:
    """The demonstration with other numbers of pupils."""
    study = open_study(layers=layers)
    schools = study.register.schools
    register = replace(study.register, schools=schools.assign(**columns))
    return Study(study.settings, register=register)


def test_the_commands_blank_small_numbers_and_say_why(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    from geolls import api as room

    opened = study_of(["region", "teaching_school_hub"], fsm_pupils=3.0)
    monkeypatch.setattr(room, "open_study", lambda *_, **__: opened)
    for words in ("overlap region teaching_school_hub", "coverage region"):
        with pytest.raises(SystemExit) as end:
            main([*words.split(), "--by", "fsm_pupils", "--format", "csv"])
        assert not end.value.code
        out, err = capsysbinary.readouterr()
        assert SAID in err.decode()
        frame = pd.read_csv(io.BytesIO(out))
        assert len(frame) > 5
        assert frame.loc[:, frame.columns.str.contains("weight|share")].isna().all(axis=None)


def test_the_figure_of_england_is_blank_where_few_pupils_are_eligible() -> None:
    study = study_of(["local_authority"], fsm_pupils=0.0)
    assert np.isnan(place_figures(study)["fsm_share"]).all()
    left, right = (p.unit_code for p in study.places("local_authority")[:2])
    beside = study.compare([study.place(left), study.place(right)]).set_index("measure")
    assert np.isnan(beside.loc["fsm_share", "england"])
