"""A workbook that follows the Government Analysis Function's guidance on spreadsheets.

A cover, contents, notes, then one table a sheet from cell A1: no merged, hidden or empty cells,
every table marked up and named, symbols explained. XlsxWriter rather than gptables: gptables reads
cell text as markup ("[x](y)" in a school's name becomes a link), refuses a cell that is only a
dash, and holds a dictionary per cell.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
from xlsxwriter import Workbook

from geolls.api import Study
from geolls.base.errors import OutputError
from geolls.base.files import safe_cell, writing
from geolls.export.dictionary import TableText
from geolls.measures.disclosure import SAID, left_blank

__all__ = ["MOST_ROWS", "table_workbook", "write_workbook"]

#: Longer tables stay out of the workbook; csv and Parquet have them. A star without its facts is
#: none, so that they may fill a sheet of Excel.
MOST_ROWS = 100_000
_SHEET_ROWS = 1_048_576
MISSING, SUPPRESSED = "[x]", "[c]"
ONE_TABLE = "This worksheet contains one table."
NOTES = (
    ("Missing values", f"{MISSING} stands for no value: not known, or it does not exist."),
    (
        "Suppression",
        f"{SUPPRESSED} stands for a number of pupils that is withheld. {SAID}",
    ),
    (
        "Reasons",
        "A school or block without a unit stays in the tables under a reason. not_covered: the "
        "list is known to be whole and does not have it. no_evidence: the list is not known to be "
        "whole. not_located: no usable location. not_applicable: the question does not arise, as "
        "for the trust of a maintained school. Only not_covered may be called uncovered.",
    ),
    (
        "Shared land",
        "Where several units claim one area and no source says how it is divided, each counts an "
        "equal part; the true split is not known.",
    ),
    (
        "Distances",
        "Distances are straight lines. Schools stand at the centre of their postcode unless the "
        "register has a better point.",
    ),
    (
        "What overlap means",
        "Overlap is not failure: it shows which bodies must deal with which. A hub that lists an "
        "area offers a service there; use is not recorded.",
    ),
)


def write_workbook(
    study: Study, tables: Sequence[tuple[TableText, pd.DataFrame]], path: Path
) -> Path:
    """Write the tables of a study as a workbook.

    Parameters
    ----------
    study : Study
        Named on the cover.
    tables : sequence of TableText and pandas.DataFrame
        As `geolls.export.tables.tables` yields them.
    path : pathlib.Path
        An .xlsx file.

    Returns
    -------
    pathlib.Path
        `path`.

    Raises
    ------
    OutputError
        When it cannot be written.

    Notes
    -----
    Its dates of making are the study's, so that the same study gives the same bytes.

    Source: Government Analysis Function, Releasing statistics in spreadsheets (2021, rev. 2023).
    """
    with writing(path) as part:
        book, pen = _book(str(part))
        book.set_properties(
            {
                "title": study.settings.title,
                "author": "geolls",
                "comments": f"{study.register.label}; fingerprint {study.fingerprint}",
                "created": datetime(study.as_of.year, study.as_of.month, study.as_of.day),
            }
        )
        most = {t.key: _SHEET_ROWS - 9 if t.profile else MOST_ROWS for t, _ in tables}
        kept = [(t, f) for t, f in tables if 0 < len(f) <= most[t.key]]
        left = [(t, f) for t, f in tables if not 0 < len(f) <= most[t.key]]
        _cover(book, pen, study, left)
        about = [(t.key, f"{t.title}. {t.rows}") for t, _ in kept]
        contents = [("Notes", "How to read the tables"), *about]
        _list(book, pen, ("Sheet", "What it holds"), contents, links=True)
        _list(book, pen, ("Note", "Text"), NOTES, links=False)
        for text, frame in kept:
            _sheet(book, pen, text, frame)
        book.close()
    return path


def table_workbook(
    names: Sequence[str], rows: Sequence[tuple[Any, ...]], notes: Mapping[str, str]
) -> bytes:
    """Return one table as a workbook: its rows under a head that stays, and a sheet of notes.

    Raises
    ------
    OutputError
        It has more rows than a sheet holds.
    """
    if len(rows) >= _SHEET_ROWS:
        raise OutputError(
            f"the table has {len(rows):,} rows, more than a sheet of Excel holds",
            fix="use .csv or .parquet",
        )
    sink = io.BytesIO()
    book, pen = _book(sink)
    book.set_properties({"author": "geolls", "created": datetime(2022, 9, 1)})  # the same bytes
    sheet = book.add_worksheet("Table")
    sheet.freeze_panes(1, 1)
    _table(sheet, pen, 0, "geolls", names, len(rows))
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    for at, (name, values) in enumerate(zip(names, columns, strict=True)):
        filled = [(row, v) for row, v in enumerate(values, start=1) if v not in (None, "")]
        looks = [_write(sheet, row, at, v, False, pen) for row, v in filled]
        sheet.set_column(at, at, min(max([len(name) + 2, *looks]), 60))
    _list(book, pen, ("Note", "Text"), tuple(notes.items()), links=False)
    book.close()
    return sink.getvalue()


def _book(sink: Any) -> tuple[Any, Any]:
    """Open a workbook in which text is text, and its few formats."""
    plain = ("strings_to_formulas", "strings_to_urls", "strings_to_numbers")
    book = Workbook(sink, dict.fromkeys(plain, False))
    forms = {name: book.add_format({**_BASE, **form}) for name, form in _FORMATS.items()}
    return book, SimpleNamespace(**forms)


# The few formats of the workbook.
_BASE = {"font_name": "Arial", "font_size": 12, "valign": "top"}
_FORMATS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 16},
    "heading": {"bold": True, "font_size": 14},
    "text": {"text_wrap": True},
    "line": {},
    "link": {"font_color": "#1D70B8", "underline": 1},
    "head": {"bold": True, "text_wrap": True, "bottom": 1},
    "day": {"num_format": "yyyy-mm-dd", "align": "left"},
}


def _cover(
    book: Any, pen: Any, study: Study, left: Sequence[tuple[TableText, pd.DataFrame]]
) -> None:
    sheet = book.add_worksheet("Cover")
    sheet.set_column(0, 0, 90)
    lines: list[tuple[str, Any]] = [(study.settings.title, pen.title)]
    if study.register.demonstration:
        lines.append((study.register.label, pen.heading))
    about = [
        f"Tables of a geolls study as of {study.as_of}: where the maps of England's school system "
        "disagree.",
        *([f"{study.unchecked.capitalize()}."] if study.unchecked else []),
        f"Schools: {study.register.label}. Counted: {len(study.schools):,} "
        f"{study.population.schools(len(study.schools))}.",
        f"Fingerprint of the study: {study.fingerprint}. It changes with anything that decides a "
        "number.",
        "The sheet Contents lists the tables, Notes says how to read them, dictionary what every "
        "column means.",
    ]
    lines += [("About these data", pen.heading), *((t, pen.text) for t in about)]
    if left:
        lines.append(("Tables that are not in this workbook", pen.heading))
        for text, frame in left:
            why = "has no rows in this study" if not len(frame) else f"has {len(frame):,} rows"
            more = "" if not len(frame) else f"; see {text.key}.csv or {text.key}.parquet"
            lines.append((f"{text.title} ({text.key}) {why}{more}.", pen.text))
    lines += [("Licence", pen.heading), (study.attribution, pen.text)]
    for row, (words, form) in enumerate(lines):
        sheet.write_string(row, 0, safe_cell(words), form)


def _list(
    book: Any, pen: Any, heads: tuple[str, str], rows: Sequence[tuple[str, str]], *, links: bool
) -> None:
    """Write the sheet of contents, whose names are links, or that of notes."""
    title, width = ("Contents", 20) if links else ("Notes", 24)
    sheet = book.add_worksheet(title)
    sheet.write_string(0, 0, title, pen.title)
    sheet.write_string(1, 0, ONE_TABLE, pen.line)
    _table(sheet, pen, 2, title.lower(), heads, len(rows))
    for at, (name, words) in enumerate(rows, start=3):
        if links:
            sheet.write_url(at, 0, f"internal:'{name}'!A1", pen.link, name)
        else:
            sheet.write_string(at, 0, name, pen.text)
        sheet.write_string(at, 1, words, pen.text)
    sheet.set_column(0, 0, width)
    sheet.set_column(1, 1, 100)


def _sheet(book: Any, pen: Any, text: TableText, frame: pd.DataFrame) -> None:
    sheet = book.add_worksheet(text.key)
    above = [
        ONE_TABLE,
        f"{text.rows}. {text.note}".strip(),
        f"{MISSING}: no value. {SUPPRESSED}: suppressed. See Notes.",
    ]
    sheet.write_string(0, 0, text.title, pen.title)
    for row, words in enumerate(above, start=1):
        sheet.write_string(row, 0, words, pen.line)
    head = len(above) + 1
    columns = [str(c) for c in frame.columns]
    _table(sheet, pen, head, text.key, columns, len(frame))
    for at, name in enumerate(columns):
        longest = len(name)
        for row, (value, secret) in enumerate(
            zip(frame[name].tolist(), left_blank(frame, name), strict=True), start=head + 1
        ):
            longest = max(longest, _write(sheet, row, at, value, secret, pen))
        sheet.set_column(at, at, min(max(longest + 2, 10), 60))


def _write(sheet: Any, row: int, at: int, value: Any, secret: bool, pen: Any) -> int:
    """Write one cell; return how long it looks."""
    if value is None or value != value or value == "":
        value = SUPPRESSED if secret else MISSING
    elif isinstance(value, bool):
        value = "yes" if value else "no"
    elif isinstance(value, int | float):
        sheet.write_number(row, at, value, pen.line)
        return 12
    elif isinstance(value, date):
        sheet.write_datetime(row, at, datetime(value.year, value.month, value.day), pen.day)
        return 10
    words = safe_cell(str(value))
    # A workbook is no csv: text is text there, whatever it begins with.
    words = str(value) if words == f"'{value}" else words
    sheet.write_string(row, at, words, pen.line)
    return len(words)


def _table(sheet: Any, pen: Any, head: int, name: str, columns: Sequence[str], rows: int) -> None:
    """Mark rows up as a named table, so that a screen reader finds it."""
    if not rows:  # no table is without a row
        sheet.write_row(head, 0, columns, pen.head)
        return
    sheet.add_table(
        head,
        0,
        head + rows,
        len(columns) - 1,
        {
            "name": f"{name}_table",
            "style": None,
            "autofilter": False,
            "columns": [{"header": c, "header_format": pen.head} for c in columns],
        },
    )
