"""Counted in pupils eligible for free meals, nothing printed tells a number of 1 to 9 of them."""

from __future__ import annotations

import io
from dataclasses import replace
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
from geolls.cli.measures import dropped_words
from geolls.measures.membership import Membership
from geolls.measures.mismatch import DECIMALS, HIDDEN, ROUNDED, compare, pairwise

CELL = st.one_of(st.just(0), st.integers(1, 30), st.integers(500, 60_000))
TABLES = st.integers(1, 4).flatmap(
    lambda wide: st.lists(st.lists(CELL, min_size=wide, max_size=wide), min_size=1, max_size=4)
)


def layers_of(table: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Two layers with one school in each cell of a table, the last column without evidence."""
    rows, cols = np.indices(table.shape)
    item = [f"s{i}" for i in range(table.size)]
    names = [*(f"y{j}" for j in range(table.shape[1] - 1)), "no_evidence"]

    def layer(codes: list[str]) -> Membership:
        return Membership.whole(pd.Index(item), codes)

    left = layer([f"x{i}" for i in rows.ravel()])
    right = layer([names[j] for j in cols.ravel()])
    return left, right, pd.Series(table.ravel().astype(float), index=item)


def study_of(layers: list[str], **columns: Any) -> Study:
    """The demonstration with other numbers of pupils."""
    study = open_study(layers=layers)
    schools = study.schools
    made = {
        k: np.broadcast_to(v, np.shape(v) or len(schools))[: len(schools)]
        for k, v in columns.items()
    }
    register = replace(study.register, schools=schools.assign(**made))
    return Study(study.settings, register=register)


def small(table: np.ndarray) -> np.ndarray:
    return (table > 0) & (table < MINIMUM)


@settings(max_examples=150, deadline=None)
@given(TABLES, st.booleans())
def test_a_measure_reads_the_same_whatever_the_small_numbers_are(
    cells: list[list[int]], inside_only: bool
) -> None:
    table = np.array(cells)
    told = compare(*layers_of(table), inside_only=inside_only, untold=MINIMUM)
    bare = compare(*layers_of(table), inside_only=inside_only)
    if not small(table).any():
        pd.testing.assert_frame_equal(told, bare)
        return
    shown = told["value"].notna()
    assert (told["value"] == told["value"].round(DECIMALS))[shown].all()
    assert told.loc[~shown & bare["value"].notna(), "note"].str.contains(HIDDEN).all()
    exact = bare["value"] == bare["value"].round(DECIMALS)
    assert told.loc[shown & ~exact, "note"].str.contains(ROUNDED).all()
    # Who tries the least and the most that every small number can be reads the same measures.
    for number in (1, MINIMUM - 1):
        other = np.where(small(table), number, table)
        tried = compare(*layers_of(other), inside_only=inside_only)["value"].round(DECIMALS)
        assert (tried == told["value"])[shown].all()
    if small(table).sum() * MINIMUM > 0.005 * table.sum():
        assert not shown.any()


def test_no_value_of_a_lone_small_number_can_be_told_from_another() -> None:
    tables = [np.array([[90_000, 4, 300], [0, 40_000, 20_000]]) for _ in range(9)]
    for number, table in enumerate(tables, start=1):
        table[0, 1] = number
    told = [compare(*layers_of(t), untold=MINIMUM)["value"].fillna(-1).tolist() for t in tables]
    assert all(values == told[0] for values in told)
    bare = [compare(*layers_of(t))["value"].tolist() for t in tables]
    assert len({values[0] for values in bare}) == 9  # unguarded, each gives itself away


def test_every_pair_is_guarded_both_ways_round() -> None:
    left, right, weight = layers_of(np.array([[90_000, 4, 300], [0, 40_000, 20_000]]))
    found = pairwise({"a": left, "b": right}, weight, untold=MINIMUM)
    for pair, layers in ((("a", "b"), (left, right)), (("b", "a"), (right, left))):
        mine = found[(found["left"] == pair[0]) & (found["right"] == pair[1])]
        alone = compare(*layers, weight, untold=MINIMUM)
        pd.testing.assert_frame_equal(
            mine[["measure", "value", "note"]].reset_index(drop=True), alone
        )
        assert mine["note"].str.contains(ROUNDED).any()


def test_only_eligible_pupils_are_guarded() -> None:
    study = study_of(["region", "district"], fsm_pupils=1.0, pupils=1.0)
    guarded = study.mismatch("region", "district", by="fsm_pupils")
    assert guarded["note"].str.contains("small number").any()
    for by in ("pupils", "schools", "area"):
        assert not study.mismatch("region", "district", by=by)["note"].str.contains("small").any()


@pytest.mark.parametrize(
    ("gone", "whole", "by", "said"),
    [
        (4.0, 900.0, "fsm_pupils", "some of 900: how many would tell a number of pupils under 10"),
        (
            896.0,
            900.0,
            "fsm_pupils",
            "some of 900: how many would tell a number of pupils under 10",
        ),
        (40.0, 900.0, "fsm_pupils", "40 of 900"),
        (0.0, 900.0, "fsm_pupils", "0 of 900"),
        (4.0, 900.0, "schools", "4 of 900"),
    ],
)
def test_what_is_dropped_is_not_said_where_few_pupils_are_on_a_side(
    gone: float, whole: float, by: str, said: str
) -> None:
    assert dropped_words(gone, whole, by) == said


def test_the_command_blanks_small_numbers_and_says_why(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    from geolls import api as room

    eligible = np.where(np.arange(100_000) % 400, 0.0, 3.0)
    opened = study_of(["region", "teaching_school_hub"], fsm_pupils=eligible)
    monkeypatch.setattr(room, "open_study", lambda *_, **__: opened)
    words = ["region", "teaching_school_hub", "--by", "fsm_pupils", "--format", "csv"]
    for command in ("mismatch", "overlap"):
        with pytest.raises(SystemExit) as end:
            main([command, *words])
        assert not end.value.code
        out, _ = capsysbinary.readouterr()
        frame = pd.read_csv(io.BytesIO(out))
        assert len(frame) > 5
        if command == "mismatch":
            assert frame["value"].isna().all()
            assert frame["note"].str.contains(HIDDEN).sum() > 40
        else:
            assert frame[["weight", "share_of_left", "share_of_right"]].isna().all(axis=None)
