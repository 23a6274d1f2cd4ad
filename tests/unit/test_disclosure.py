"""What is withheld of small numbers, and that what is left gives none of them away."""

import random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geolls.base.errors import UsageError
from geolls.measures.disclosure import suppress, without_few, without_small_counts


def test_a_small_count_is_hidden_with_the_next_smallest():
    table = pd.DataFrame({"place": list("xxxyyz"), "fsm": [4.0, 60, 20, 30, 40, 3]})
    found = suppress(table, "fsm", by="place")
    assert found["fsm_suppressed"].tolist() == [True, False, True, False, False, True]
    assert found["fsm"].isna().tolist() == found["fsm_suppressed"].tolist()


def test_two_small_counts_that_sum_to_little_hide_a_third():
    found = suppress(pd.DataFrame({"fsm": [1.0, 2, 50, 30]}), "fsm")
    assert found["fsm_suppressed"].tolist() == [True, True, False, True]


def test_an_unknown_count_stays_unknown_and_is_not_called_hidden():
    found = suppress(pd.DataFrame({"fsm": [np.nan, 50.0, 30]}), "fsm")
    assert found["fsm_suppressed"].tolist() == [False] * 3 and np.isnan(found.loc[0, "fsm"])
    with pytest.raises(UsageError):
        suppress(pd.DataFrame({"fsm": [-1.0]}), "fsm")
    with pytest.raises(UsageError):
        suppress(pd.DataFrame({"fsm": [1.0]}), "pupils")


@given(st.lists(st.integers(0, 60), min_size=1, max_size=8))
def test_no_hidden_count_can_be_had_by_subtraction(counts):
    found = suppress(pd.DataFrame({"fsm": [float(c) for c in counts]}), "fsm")
    hidden = found["fsm_suppressed"].to_numpy()
    assert not (found["fsm"] < 10).any()
    if hidden.any() and len(counts) > 1:
        # The total less what is shown is the sum of two or more, and no small number itself,
        # unless there is nothing else to hide.
        assert hidden.sum() > 1
        assert np.array(counts)[hidden].sum() >= 10 or hidden.all()


def test_shares_of_few_schools_are_blank():
    found = without_few(pd.DataFrame({"schools": [4, 5], "share": [0.5, 0.5]}), ["share"])
    assert found["share"].isna().tolist() == [True, False]


@pytest.mark.parametrize("seed", range(20))
def test_no_small_weight_of_a_table_of_pairs_follows_from_a_line_and_its_total(seed: int) -> None:
    draw = random.Random(seed)
    pairs = pd.DataFrame(
        [
            (f"L{i}", f"R{j}", float(draw.choice([0, 3, 9, 10, 40, 200])))
            for i in range(6)
            for j in range(5)
            if draw.random() < 0.7
        ],
        columns=["left_code", "right_code", "weight"],
    ).assign(share_of_left=0.5)
    shown = without_small_counts(pairs, ["left_code", "right_code"])
    hidden = shown["weight"].isna()
    assert hidden[pairs["weight"] < 10].all()
    assert (shown.loc[~hidden, "weight"] == pairs.loc[~hidden, "weight"]).all()
    assert (shown["share_of_left"].isna() == hidden).all()
    for column in ("left_code", "right_code"):
        for _, line in pairs[hidden].groupby(column):
            whole = pairs[pairs[column] == line[column].iloc[0]]
            enough = len(line) > 1 and line["weight"].sum() >= 10
            assert enough or len(line) == len(whole)


def test_large_weights_are_all_shown() -> None:
    frame = pd.DataFrame({"weight": [10.0, 11.0, 500.0], "share": [0.1, 0.2, 0.7]})
    pd.testing.assert_frame_equal(without_small_counts(frame), frame)
