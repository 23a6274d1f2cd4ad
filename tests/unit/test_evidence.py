"""Claims hold on their days; evidence of another date is said in words."""

from __future__ import annotations

from datetime import date

import pytest

from geolls.base.errors import UnknownNameError
from geolls.layers.areas import load_areas
from geolls.layers.evidence import date_note, hold_dates, rests_on, unchecked
from geolls.layers.model import evidence_span

AREAS = load_areas()


def test_claims_hold_on_their_first_and_last_day_only_within(folder, load):
    path = folder("unit,code,from,to\nA,E08000035,2020-01-01,2020-12-31\nA,E08000032,2021-01-01,\n")
    layer = load(path)
    for day, rows in (("2019-12-31", []), ("2020-01-01", [2]), ("2020-12-31", [2])):
        assert [c.row for c in layer.claims_on(date.fromisoformat(day))] == rows
    assert [c.row for c in layer.claims_on(date(2021, 1, 1))] == [3]


def test_a_layer_ends_on_its_last_day(folder, load):
    layer = load(folder("code\nE08000035\n", "from = 2020-01-01\nto = 2020-12-31\n"))
    assert layer.claims_on(date(2020, 12, 31)) and not layer.claims_on(date(2021, 1, 1))
    assert "until 31 December 2020, not on 1 January 2021" in (
        date_note(layer, date(2021, 1, 1), AREAS) or ""
    )


@pytest.mark.parametrize(
    ("seen", "on", "noted"),
    [
        ("2022", "2023-12-31", False),
        ("2022", "2024-01-02", True),
        ("2022-09-01", "2021-08-30", True),
        ("2022-09-01", "2021-09-01", False),
        ("2014/2026-10-01", "2020-01-01", False),
        ("", "2020-01-01", True),
    ],
)
def test_evidence_more_than_a_year_away_is_noted(folder, seen, on, noted, load):
    layer = load(folder(f"code,source_date\nE08000035,{seen}\n"))
    assert (date_note(layer, date.fromisoformat(on), AREAS) is not None) is noted


def test_a_day_after_the_check_is_said_and_refused_by_the_strict(folder, load):
    layer = load(folder("code\nE08000035\n", "checked_until = 2022-06-30\nsource_date = 2022\n"))
    last, after = date(2022, 6, 30), date(2022, 7, 1)
    assert date_note(layer, last, AREAS) is unchecked([layer], last) is None
    hold_dates([layer], last, AREAS)
    assert "checked until 30 June 2022, used here for 1 July 2022" in (
        date_note(layer, after, AREAS) or ""
    )
    assert unchecked([layer], after) == (
        "areas were checked until 30 June 2022, more may have changed since"
    )
    with pytest.raises(UnknownNameError, match=r"--strict-dates: .*checked until 30 June 2022"):
        hold_dates([layer], after, AREAS)


@pytest.mark.parametrize("text", ["", "c. 2014", "2014-13", "2022-02-30", "01/09/2022", "22"])
def test_a_source_date_that_means_no_day_is_none(text):
    assert evidence_span(text) is None


def test_records_say_what_kind_of_evidence_they_rest_on(folder, load):
    rows = [
        "E08000035,press: https://a.uk/x",
        "E08000032,press: https://b.uk",
        "E08000016,https://c",
    ]
    layer = load(folder("\n".join(["code,source", *rows, ""])))
    assert rests_on(layer, date(2022, 9, 1)) == {"press": 2, "a page on the web": 1}


def test_a_layer_whose_rows_name_no_source_rests_on_its_own(folder, load):
    layer = load(folder("code\nE08000035\nE08000032\n"))
    assert rests_on(layer, date(2022, 9, 1)) == {layer.source: 2}
