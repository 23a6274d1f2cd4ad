"""What the parts of a page say: sentences, strips, ticks and tables, hostile names included."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geolls.atlas.charts import Piece, axis_of, labels_of, marks_on_axis, round_up, strip_style
from geolls.atlas.frame import _used
from geolls.atlas.grids import Bar, Column, Grid, Name, Report, Two
from geolls.base.text import (
    REPORT,
    in_words,
    joined,
    of_total,
    percent,
    rank_words,
    roughly,
    short_name,
    small,
    web,
    when,
)
from geolls.maps.offline import leaflet_css
from geolls.maps.pack import unpack

HOSTILE = "</table><script>boom()</script>\"' onmouseover=boom() {{ 7*7 }}"


def test_counts_come_before_shares_and_small_counts_have_no_percentage() -> None:
    assert str(of_total(498, 564, 0.54)) == "<b>498 of 564</b> (88%; England 54%)"
    assert str(of_total(4, 9, 0.54)) == "<b>4 of 9</b>"


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
    assert str(of_total(1, 20)).count("<b>") == 1


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


def pieces(*shares: float) -> list[Piece]:
    return [Piece(f"Northumberland {i}", s * 100, s) for i, s in enumerate(shares)]


def test_pieces_whose_names_do_not_fit_become_so_many_more() -> None:
    found = pieces(0.6, 0.3, 0.04, 0.03, 0.03)
    labels = labels_of(found, [(f"{p.count:g}",) for p in found])
    assert [label.name for label in labels] == ["Northumberland 0", "Northumberland 1", "3 more"]
    assert labels[-1].lines == ("10",)
    assert labels[-1].more


@given(st.lists(st.floats(0.001, 1.0), min_size=1, max_size=40))
def test_labels_account_for_every_piece(parts: list[float]) -> None:
    total = sum(parts)
    found = pieces(*sorted((p / total for p in parts), reverse=True))
    labels = labels_of(found, [("1",)] * len(found))
    rest = [
        int(m[1]) for label in labels if (m := re.match(r"(\d+) (?:more$|in all,)", label.name))
    ]
    assert len(labels) - len(rest) + sum(rest) == len(found)


def test_widths_are_rules_of_a_style_and_never_attributes() -> None:
    assert strip_style(["w355", "h82", "b40", "w355"]) == (
        ".b40{width:40%}.h82{height:8.2%}.w355{flex-grow:355}"
    )


@given(st.lists(st.floats(0, 500, allow_nan=False), min_size=1, max_size=60))
def test_every_value_stands_on_the_axis(values: list[float]) -> None:
    axis = axis_of(values, "{:g}".format)
    assert all(0 <= axis.at(v) <= 100 for v in values)
    assert axis.path.count("M") <= len(values)
    assert axis.top >= max(values) or max(values) == 0


@given(st.floats(0.01, 1e6))
def test_an_axis_ends_on_a_round_number_not_far_above(value: float) -> None:
    assert value <= round_up(value) * (1 + 1e-9)
    assert round_up(value) <= 1.34 * value


def test_each_school_has_a_mark_of_its_own() -> None:
    own = [(1.0, "trust_home_here")] * 5 + [(40.0, "trust_based_elsewhere")] * 3
    found = marks_on_axis(own, [1.0, 2.0, 2.1])
    assert len({(x, y) for x, y, _ in found.own}) == 8
    assert len({(x, y) for x, y in found.yard}) == 3
    assert all(found.left <= x <= found.right for x, _, _ in found.own)


def grid(**changes: object) -> Grid:
    values = {
        "id": "t",
        "caption": HOSTILE,
        "columns": [
            Column("name", HOSTILE, "name"),
            Column("n", "Schools", "count"),
            Column("share", "Share", "bar", optional=True),
            Column("home", "Home", "two"),
        ],
        "rows": [
            [Name(HOSTILE, "x.html", "no_trust"), 1234.0, Bar(0.123456), Two("A", "b")],
            [Name("Second"), None, None, None],
        ],
    }
    return Grid(**{**values, **changes})  # type: ignore[arg-type]


def test_a_table_escapes_every_name() -> None:
    html = str(grid().html)
    assert "<script>" not in html
    assert "onmouseover=boom() {{" not in re.sub(r"&#x27;|&quot;", "", html) or "'" not in html
    assert html.count("<tr") == 3


def test_a_table_keeps_raw_values_beside_what_it_shows() -> None:
    html = str(grid().html)
    assert ">1,234<" in html
    assert 'data-v="0.1235"' in html
    assert "style=" not in html


def test_alignment_is_a_rule_by_position() -> None:
    style = grid().style
    assert "#t tbody>tr>:nth-child(2){text-align:right" in style
    assert "#t tr>:nth-child(3){display:none}" in style


def test_rows_beyond_the_first_are_marked_not_dropped() -> None:
    html = str(grid(shown=1).html)
    assert html.count('class="more"') == 1
    assert 'data-shown="1"' in html
    assert "Second" in html


@pytest.mark.parametrize("missing", [0, 40])
def test_a_table_says_how_many_rows_there_are_in_all(missing: int) -> None:
    html = str(grid(shown=1, missing=missing).html)
    assert ('data-total="42"' in html) == bool(missing)


def test_rows_beyond_the_kept_ones_travel_packed_as_the_same_markup() -> None:
    whole = grid(shown=1)
    folded = grid(shown=1, kept=1)
    assert not whole.rest
    assert "Second" not in str(folded.html)
    assert 'data-total="2"' in str(folded.html)
    assert unpack(folded.rest)["html"] in str(whole.html)
    assert folded.rest == grid(shown=1, kept=1).rest


def test_packed_rows_are_escaped_like_those_in_the_page() -> None:
    rows = [[Name("First"), 1.0, None, None], *grid().rows]
    packed = unpack(grid(rows=rows, kept=1).rest)["html"]
    assert packed.count("<tr") == 2
    assert "<script" not in packed
    assert "</table" not in packed


def test_a_page_without_tiles_markers_or_popups_leaves_out_their_rules() -> None:
    css = _used(leaflet_css())
    assert len(css) < 0.4 * len(leaflet_css())
    assert css.count("{") == css.count("}")
    for kept in (".leaflet-container{", ".leaflet-bar a", ".leaflet-zoom-animated"):
        assert kept in css
    assert "popup" not in css


def test_a_report_starts_from_the_column_it_names() -> None:
    html = str(grid(report=Report("Unit code", "home", HOSTILE)).html)
    assert 'data-report="4" data-word="Unit code"' in html
    assert "<script>" not in html
    assert "#t tbody>tr[id]>:nth-child(4)" in grid(report=Report("URN", "home")).style


def test_only_addresses_of_the_web_are_links() -> None:
    assert web("https://example.org/") == "https://example.org/"
    assert web("javascript:boom()") == ""
    assert set(re.findall(r"\{(\w+)\}", REPORT["text"])) == {
        *("record", "table", "cells", "page", "study", "today", "source", "correct")
    }
