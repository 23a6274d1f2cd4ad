"""Tables out: every format has the same columns, and nothing that identifies a row is cut."""

from __future__ import annotations

import csv
import io
import json
from datetime import date

import pyarrow.parquet as pq
import pytest

from geolls.export.render import Table, render, text_table

KEY = "a_layer_key_of_forty_letters_or_thereabouts"
TABLE = Table(
    ["layer", "unit_code", "source", "schools", "share", "from"],
    [
        (KEY, "E08000035/north-west", "words " * 30, 24_433, 0.125, date(2022, 9, 1)),
        ("b", "E1", "=HYPERLINK(1)", None, 1.0, None),
    ],
)


def test_a_narrow_screen_shortens_words_and_never_a_key() -> None:
    lines = text_table(TABLE, width=80).splitlines()
    assert any(line.startswith(f"{KEY}  E08000035/north-west") for line in lines)
    assert any("…" in line for line in lines)
    assert all("24,433" in line for line in lines if line.startswith(KEY))


def test_what_is_piped_keeps_every_word_whatever_columns_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = render(TABLE, "table")
    monkeypatch.setenv("COLUMNS", "40")
    assert render(TABLE, "table") == whole
    assert ("words " * 30).strip() in whole.decode()
    assert "…" not in whole.decode()


def test_every_format_has_the_same_columns_and_rows() -> None:
    whole = ("table", "csv", "tsv", "json", "parquet")
    text, sheet, tabs, tree, parquet = (render(TABLE, fmt) for fmt in whole)
    assert list(csv.reader(io.StringIO(tabs.decode()), delimiter="\t")) == list(
        csv.reader(io.StringIO(sheet.decode()))
    )
    assert text.decode().split("\n")[0].split() == TABLE.columns
    rows = list(csv.reader(io.StringIO(sheet.decode())))
    assert rows[0] == TABLE.columns
    assert rows[2] == ["b", "E1", "'=HYPERLINK(1)", "", "1.0", ""]
    assert [list(row) for row in json.loads(tree)] == [TABLE.columns] * 2
    back = pq.read_table(io.BytesIO(parquet))
    assert back.column_names == TABLE.columns
    assert [tuple(row.values()) for row in back.to_pylist()] == TABLE.rows


def test_on_a_screen_a_number_and_its_ends_are_one_column():
    columns = ["unit_name", "schools", "schools_low", "schools_high", "note", "other_low"]
    rows = [("Two", 388.5, 107, 670, "listed twice", 1), ("One", 5, 5, 5, "", 2),
            ("None", None, None, None, "", 3)]  # fmt: skip
    shown = text_table(Table(columns, rows)).splitlines()
    assert shown[0].split() == ["unit_name", "schools", "note", "other_low"]
    assert shown[2].split() == ["Two", "107", "to", "670", "listed", "twice", "1"]
    assert shown[3].split() == ["One", "5", "2"]
    assert shown[4].split() == ["None", "-", "3"]
    assert "388.5" not in "".join(shown)
    assert b"388.5,107,670" in render(Table(columns, rows), "csv")
