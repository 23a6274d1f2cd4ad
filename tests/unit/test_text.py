"""Plain English from numbers: counts before shares, ranks from the near end, names escaped."""

from __future__ import annotations

import re
from datetime import date

from geolls.base.text import (
    DASH,
    in_words,
    joined,
    km_within,
    percent,
    rank_words,
    roughly,
    short_name,
    small,
    web,
    when,
)

HOSTILE = "</table><script>boom()</script>\"' onmouseover=boom() {{ 7*7 }}"


def test_a_small_count_has_no_percentage() -> None:
    assert (percent(498 / 564), percent(4 / 9, 9)) == ("88%", DASH)


def test_the_words_for_a_share_are_never_more_than_two_points_off() -> None:
    fractions = {"one in ten": 0.1, "a quarter": 0.25, "a third": 1 / 3, "half": 0.5,
                 "two thirds": 2 / 3, "three quarters": 0.75, "nine in ten": 0.9}  # fmt: skip
    for thousandth in range(1, 1000):
        share = thousandth / 1000
        words = roughly(share)
        for word, at in fractions.items():
            if words == word:
                assert abs(share - at) <= 0.005
            if words == f"just over {word}":
                assert 0 < share - at <= 0.02 + 1e-9
            if words == f"just under {word}":
                assert 0 < at - share <= 0.02 + 1e-9
        if found := re.fullmatch(r"between (\w+) and (\w+) in ten", words):
            low, high = (next(n for n in range(11) if in_words(n) == w) for w in found.groups())
            assert low < share * 10 < high == low + 1
    assert (roughly(0), roughly(1), roughly(0.985)) == ("none", "all", "nearly all")


def test_a_rank_is_said_from_the_near_end_and_ties_are_not_hidden() -> None:
    assert rank_words(2, 148, 151, "share") == "only two have a larger share"
    assert rank_words(149, 1, 151, "share") == "only one has a smaller share"
    assert rank_words(149, 0, 151, "share") == "no other has a smaller share"
    assert rank_words(69, 81, 151, "share") == "rank 70 of 151"


def test_a_distance_within_which_things_lie_is_never_rounded_down() -> None:
    for metres in range(0, 30_000, 37):
        said = float(km_within(metres / 1000).removesuffix(" km"))
        assert metres / 1000 <= said + 1e-9 < metres / 1000 + 1.1


def test_names_lose_only_what_the_heading_says() -> None:
    assert short_name("Embrace Teaching School Hub (South West)") == "Embrace (South West)"
    assert short_name("Abacus NW Maths Hub") == "Abacus NW"
    assert short_name("Leeds") == "Leeds"


def test_dates_of_evidence_are_in_words() -> None:
    assert when("2011/2026-06-04") == "2011 to June 2026"
    assert when("2022-08-05") == "August 2022"
    assert when("") == ""


def test_missing_is_a_dash_and_never_zero() -> None:
    assert percent(float("nan")) != "0%"
    assert percent(0.004) == "under 1%"
    assert percent(0.0) == "0%"
    assert percent(0.998) == "over 99%"
    assert percent(1.0) == "100%"


def test_names_in_a_sentence_are_escaped() -> None:
    assert "<script>" not in joined([HOSTILE, "b"])


def test_common_nouns_are_lowered_and_proper_ones_kept() -> None:
    words = ("Local authority", "DfE region", "Ofsted region", "Maths Hub", "District")
    assert [small(w) for w in words] == [
        "local authority",
        "DfE region",
        "Ofsted region",
        "Maths Hub",
        "district",
    ]
    assert in_words(date(2022, 3, 1).month) == "three"


def test_only_addresses_of_the_web_are_links() -> None:
    assert web("https://example.org/") == "https://example.org/"
    assert web("javascript:boom()") == ""
