"""Reading the csv: every record is read once, under its row number."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from gias_files import ACADEMY, DAY, SOUND, links, put, schools, text_of

from geolls.base.errors import InputFileError
from geolls.register.register import read_register


@pytest.mark.parametrize("lines", [1, 500_000])
def test_a_quote_that_never_ends_is_an_error_that_quotes_nothing(
    tmp_path: Path, lines: int
) -> None:
    path = tmp_path / "edubasealldata.csv"
    path.write_text(text_of(schools({})) + '100001,"POISON never closed,\n' + "POISON\n" * lines)
    with pytest.raises(InputFileError, match="quoted value never ends") as caught:
        read_register(path, as_of=DAY)
    assert "POISON" not in str(caught.value)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(("opens", "closes"), [(1, None), (1, 2), (2, 4), (3, 4)])
@pytest.mark.parametrize("column", ["URN", "EstablishmentName", "last"])
def test_a_quote_that_swallows_whole_records_is_an_error_wherever_it_closes(
    tmp_path: Path, ending: str, opens: int, closes: int | None, column: str
) -> None:
    lines = text_of(schools({}, {}, {}, {})).splitlines()
    at = -1 if column == "last" else lines[0].split(",").index(column)
    for row, mark in ((opens, '"POISON '), (closes, '"x"')):
        if row is not None:
            cells = lines[row].split(",")
            lines[row] = ",".join([*cells[:at], mark, *(cells[at:][1:])])
    path = tmp_path / "edubasealldata.csv"
    path.write_bytes((ending.join(lines) + ending).encode())
    with pytest.raises(InputFileError, match=r"row \d+: a quoted value never ends") as caught:
        read_register(path, as_of=DAY)
    assert "POISON" not in str(caught.value)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends_and_quoted_newlines_do_not_split_rows(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "edubasealldata.csv"
    text = text_of(schools({"EstablishmentName": "Oak\nSchool"}, {})).replace("\r\n", ending)
    path.write_bytes(text.replace("Oak\n", f"Oak{ending}").encode())
    register = read_register(path, as_of=DAY)
    assert register.schools["name"].tolist() == ["Oak School", "Oak Primary School"]


def test_row_numbers_hold_after_a_row_of_odd_length(tmp_path: Path) -> None:
    path = put(tmp_path, schools({}))
    lines = path.read_text().splitlines()
    bad = lines[1].replace("100000", "bad")
    path.write_text("\n".join([lines[0], "1,2,3", lines[1], "4,5", bad]) + "\n")
    assert sorted(read_register(path, as_of=DAY).rejects["row"]) == [2, 4, 5]


def test_a_register_read_in_parts_is_the_register_read_at_once(tmp_path: Path) -> None:
    start = (
        {"EstablishmentName": "St Ann?s École"},
        {"OpenDate": "never"},
        ACADEMY | {"Trusts (code)": "5002"},
    )
    end = (
        {"URN": "100000"},  # read in an earlier part
        ACADEMY | {"Trusts (code)": "5002"},
        {"URN": "bad"},
        {"EstablishmentStatus (name)": "Closed", "CloseDate": "01-01-2020"},
        ACADEMY | {"URN": "99999", "Trusts (code)": ""},  # not in order
        {"OpenDate": "never", "EstablishmentName": "St Ben?s"},
    )
    header, *lines = text_of(schools(*start, *end)).splitlines(keepends=True)
    lines += ["1,2\r\n", lines[-1]]
    other = {"EstablishmentTypeGroup (name)": "Independent schools", "URN": "#"}
    other |= {"TypeOfEstablishment (name)": ""}
    between = text_of([dict.fromkeys(SOUND, "") | SOUND | other]).splitlines(keepends=True)[1]
    many = 300_000  # more than are read at once
    filler = "".join(between.replace("#", str(1_000_000 + i)) for i in range(many))
    linked = put(tmp_path, links({"URN": "99999"}, {"URN": "100002"}), "alllinksdata.csv")
    path = tmp_path / "edubasealldata.csv"
    path.write_bytes((header + "".join(lines)).encode("cp1252"))
    whole = read_register(path, linked, as_of=DAY)
    n = len(start)
    path.write_bytes((header + "".join(lines[:n]) + filler + "".join(lines[n:])).encode("cp1252"))
    parts = read_register(path, linked, as_of=DAY)
    assert parts.counts == whole.counts | {
        "read": whole.counts["read"] + many,
        "filtered": whole.counts["filtered"] + many,
    }
    pd.testing.assert_frame_equal(parts.schools, whole.schools)
    pd.testing.assert_frame_equal(parts.groups, whole.groups)
    later = (whole.rejects["file"] == "register") & (whole.rejects["row"] > 1 + n)
    moved = whole.rejects.assign(row=whole.rejects["row"] + many * later)
    pd.testing.assert_frame_equal(parts.rejects, moved)
    kept = parts.filtered[~parts.filtered["reason"].str.endswith("Independent schools")]
    pd.testing.assert_frame_equal(kept.reset_index(drop=True), whole.filtered)
    assert set(whole.rejects["reason"]) == {
        "URN already read",
        "URN is not a number of 5 to 7 digits",
        "more or fewer cells than the header",
        "name damaged: lost apostrophe",
        "open date is not a date",
        "register and links name different trusts",
    }
    assert whole.schools["urn"].tolist()[:2] == ["99999", "100000"]
