"""A number known between two is written with both ends, and as one number where they agree."""

from __future__ import annotations

from functools import partial

import pytest

from geolls.atlas.words import fill
from geolls.base.interval import Interval, between, bounds, span
from geolls.base.text import count, percent


@pytest.mark.parametrize(
    ("value", "in_a_table", "in_a_sentence"),
    [
        (Interval(417, 450), "417 to 450", "between 417 and 450"),
        (Interval(1091, 12000), "1,091 to 12,000", "between 1,091 and 12,000"),
        (Interval(3, 3), "3", "3"),
        (Interval(3, 3 + 1e-12), "3", "3"),
        (7, "7", "7"),
    ],
)
def test_an_interval_is_written_with_both_ends(
    value: float | Interval, in_a_table: str, in_a_sentence: str
) -> None:
    assert (span(value, count), between(value, count)) == (in_a_table, in_a_sentence)
    said = fill("{n:count}; {n:between}", {"n": value})
    assert said == f"{in_a_table}; {in_a_sentence}"


def test_two_shares_that_read_alike_are_said_once() -> None:
    write = partial(span, write=percent)
    assert (write(Interval(0.411, 0.414)), write(Interval(0.38, 0.41))) == ("41%", "38% to 41%")
    assert fill("{s:percent}, {s:between percent}", {"s": Interval(0.38, 0.41)}) == (
        "38% to 41%, between 38% and 41%"
    )


def test_one_is_singular_only_when_it_is_certain() -> None:
    words = "{n:count} {n:school|schools}"
    assert fill(words, {"n": Interval(1, 1)}) == "1 school"
    assert fill(words, {"n": Interval(0, 1)}) == "0 to 1 schools"


def test_what_is_left_is_least_where_the_rest_is_most() -> None:
    assert Interval(1, 3).less_from(4) == Interval(1, 3)
    assert Interval(1, 3).out_of(4) == Interval(0.25, 0.75)
    assert bounds(2.0).certain
    assert not Interval(1, 3).certain
    assert Interval(1, 3).out_of(0).certain
