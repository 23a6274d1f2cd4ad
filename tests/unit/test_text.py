"""Plain English from numbers: counts before shares, ranks from the near end, names escaped."""

from __future__ import annotations

from datetime import date

from geolls.base.text import (
    DASH,
    in_words,
    joined,
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


def test_a_share_is_never_called_more_or_less_than_it_is() -> None:
    for hundredth in range(101):
        words = roughly(hundredth / 100)
        tenths = {"one in ten": 10, "a fifth": 20, "half": 50, "nine in ten": 90}
        for word, at in tenths.items():
            if words == f"nearly {word}":
                assert hundredth < at
            if words == f"more than {word}":
                assert hundredth > at


def test_a_rank_is_said_from_the_near_end() -> None:
    assert rank_words(3, 151, "share") == "only two have a larger share"
    assert rank_words(150, 151, "share") == "only one has a smaller share"
    assert rank_words(70, 151, "share") == "rank 70 of 151"


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
