"""Tables of a page: typed columns, raw values beside what is shown, hostile names included."""

from __future__ import annotations

import re
from operator import itemgetter

import pytest

from geolls.atlas.grids import Bar, Column, Grid, Name, Report, Two
from geolls.maps.payload import unpack

HOSTILE = "</table><script>boom()</script>\"' onmouseover=boom() {{ 7*7 }}"


def grid(**changes: object) -> Grid:
    values = {
        "id": "t",
        "caption": HOSTILE,
        "columns": [
            Column("name", HOSTILE, itemgetter(0), "name"),
            Column("n", "Schools", itemgetter(1), "count"),
            Column("share", "Share", itemgetter(2), "bar", optional=True),
            Column("home", "Home", itemgetter(3), "two"),
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
    assert whole.rest == b""
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


def test_a_report_starts_from_the_column_it_names() -> None:
    html = str(grid(report=Report("Unit code", "home", HOSTILE)).html)
    assert 'data-report="4" data-word="Unit code"' in html
    assert "<script>" not in html
    assert "#t tbody>tr[id]>:nth-child(4)" in grid(report=Report("URN", "home")).style
