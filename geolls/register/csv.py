"""Read the wanted columns of a GIAS file as text, each record under its row number."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import reduce
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as pacsv

from geolls.base.cells import NO_VALUE, Days
from geolls.base.errors import InputFileError
from geolls.base.sheets import Head, records, swallows
from geolls.register.columns import COLUMNS, REQUIRED, Kind, dates, name_columns, urns
from geolls.register.opener import LONGEST_LINE, open_text

__all__ = ["Sheet", "read_csv"]

_ROWS_AT_ONCE: Final = 1 << 17  # a register is one part, a giant several
_SOME: Final = 20  # records that show how many cells all have
_LONGEST_RECORD: Final = 2 << 20  # bytes
# Columns of days that one hand wrote, and are judged together.
_DATES: Final = (
    ("open_date", "close_date"),
    ("joined_date", "closed_date", "left_date"),
    ("date",),
    ("census_date",),
    ("changed",),
)
# Where these words are GIAS's answer: the school has none, which is not the same as no answer.
_SAID: Final = {
    "religious_character": {"none", "not applicable", "does not apply"},
    "diocese": {"not applicable"},
}


@dataclass(frozen=True)
class Sheet:
    """One file as text, each record under its row number: the line of the file on which it begins.

    Attributes
    ----------
    batches : list of pyarrow.RecordBatch
        The records, with all columns of `COLUMNS` (blank where the file lacks one) and `row`.
    misfits : pandas.DataFrame
        One row per record with more or fewer cells than the header, indexed by its row number:
        `urn` where it can still be read, `name` (always missing).
    encoding : str
        What the file was written in.
    days : dict
        How the days of each of its columns are written.
    opened : list of str
        What was chosen, or not read, when the file was opened.
    lost : dict
        In how many cells of a column a character was lost: "?" stands in or before a word.
    blank : int
        How many more records have nothing in any column that is read.
    """

    batches: list[pa.RecordBatch]
    misfits: pd.DataFrame
    encoding: str
    days: dict[str, Days]
    opened: list[str]
    lost: dict[str, int]
    blank: int

    def __len__(self) -> int:
        return sum(map(len, self.batches)) + len(self.misfits) + self.blank

    def parts(self) -> Iterator[pd.DataFrame]:
        """Give the records in parts, dropping what was given, so that memory stays bounded."""
        while self.batches:
            some = [self.batches.pop(0)]
            while self.batches and sum(map(len, some)) < _ROWS_AT_ONCE:
                some.append(self.batches.pop(0))
            yield _frame(some)
            pa.default_memory_pool().release_unused()

    def told(self) -> list[str]:
        """Say what was chosen, and that days are as no GIAS file writes them: once for all."""
        alike = {id(days): days for days in self.days.values()}.values()
        first = [days for days in alike if days.month_first]
        said = str(Days(bool(first), sum(d.serials for d in alike), sum(d.signs for d in first)))
        if first and any(days.signs for days in alike if not days.month_first):
            said += f" ({', '.join(c for c, days in self.days.items() if days.month_first)})"
        return [*self.opened, *filter(None, [said])]

    def latest(self, *columns: str) -> date | None:
        """Return the latest day in some columns, or None."""
        frame = _frame([batch.select(["row", *columns]) for batch in self.batches])
        last = pd.concat([dates(frame[c], self.days[c])[0] for c in columns]).max()
        return None if pd.isna(last) else last.date()


def _frame(batches: list[pa.RecordBatch]) -> pd.DataFrame:
    table = pa.Table.from_batches(batches)
    for at, name in enumerate(table.column_names):
        if pa.types.is_string(table.column(at).type):
            table = table.set_column(at, name, _with_blanks(table.column(at), name))
    text = [(c, pa.int64() if c == "row" else pa.large_string()) for c in table.column_names]
    frame: pd.DataFrame = table.cast(pa.schema(text)).combine_chunks().to_pandas()
    return frame.set_index("row")


def _with_blanks(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """Make cells missing that say in words that they have no value."""
    words = pa.array(sorted(NO_VALUE - _SAID.get(name, set())), pa.string())
    distinct = column.unique()
    said = pc.replace_substring_regex(pc.utf8_trim_whitespace(distinct), r"\s+", " ")
    empty = distinct.filter(pc.is_in(pc.utf8_lower(said), value_set=words)).drop_null()
    return pc.if_else(pc.is_in(column, value_set=empty), None, column) if len(empty) else column


def _lost_in(column: pa.ChunkedArray) -> int:
    """Count the cells in which a question mark stands for a lost character."""
    some = column.filter(pc.match_substring(column, "?"))
    return int(pc.sum(pc.match_substring_regex(some, r"\?\pL")).as_py() or 0)


def _days_of(table: pa.Table) -> dict[str, Days]:
    """Judge how the days of each column are written, by all its values."""
    found: dict[str, Days] = {}
    for names in _DATES:
        columns = [table.column(n) for n in names if n in table.column_names]
        counts = [
            (str(each["values"]), int(each["counts"]))
            for column in columns
            for each in column.value_counts().to_pylist()
            if each["values"] is not None
        ]
        found |= dict.fromkeys(names, Days.judge(counts))
    return found


def _fitted(names: list[str], body: bytes, mark: str) -> list[str]:
    """Return the names of the columns that the records have, where these are all alike.

    Blank cells past the header have no name. A last column that no record has is left out, where
    it is not one that is read: `grouplinks_*` ends its header with one.
    """
    text = io.StringIO(body[: 10 * LONGEST_LINE].decode("utf-8", "replace"), newline=None)
    with contextlib.suppress(csv.Error):
        some = list(itertools.islice(filter(None, csv.reader(text, delimiter=mark)), _SOME))
        n = len(some[0]) if len({len(record) for record in some}) == 1 else len(names)
        blank = not any(cell.strip() for record in some for cell in record[len(names) :])
        if n > len(names) and blank:
            return [*names, *map(str, range(len(names), n))]
        if 1 < n < len(names) and len(some) > 1 and all(name.isdigit() for name in names[n:]):
            return names[:n]
    return names


def read_csv(path: Path, kind: Kind) -> Sheet:
    """Read the wanted columns of a GIAS file.

    Parameters
    ----------
    path : pathlib.Path
        csv, csv.gz, a zip that holds it, or a workbook (`file.xlsx#Sheet` names its sheet).
    kind : str
        Which of the GIAS files it is.

    Returns
    -------
    Sheet
        Every record of the file.

    Raises
    ------
    InputFileError
        The file is missing, damaged, of another kind, lacks a column, or has no rows.
    """
    head, body, encoding, told = open_text(path, kind)
    names = name_columns(head.cells, kind, path)
    names = _fitted(names, body, head.mark)
    there = [c for c in COLUMNS[kind] if c in names]
    odd: list[Any] = []

    def skip(record: Any) -> str:
        odd.append(record)
        return "skip"

    try:
        table = pacsv.read_csv(
            pa.BufferReader(body or b"\n"),
            # One thread: only then are records numbered.
            pacsv.ReadOptions(column_names=names, use_threads=False, block_size=_LONGEST_RECORD),
            pacsv.ParseOptions(
                delimiter=head.mark, newlines_in_values=True, invalid_row_handler=skip
            ),
            pacsv.ConvertOptions(
                include_columns=list(COLUMNS[kind]),
                include_missing_columns=True,
                column_types=dict.fromkeys(there, pa.string()),  # half the offsets
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except pa.ArrowInvalid as error:  # its message may quote a row, so it is not passed on
        raise InputFileError(
            "a quoted value never ends, or a record is longer than 2 MB",
            where=str(path),
            fix="download it again",
        ) from error
    read = len(table) + len(odd)
    numbers = np.arange(1, read + 1)
    if max(body.count(b"\n"), body.count(b"\r")) > read:
        lines = _lines(body, head, len(names), path)
        numbers = lines if len(lines) == read else numbers
    numbers += head.row  # the parser is not shown the header, nor what stands above it
    odd_rows = [int(numbers[record.number - 1]) for record in odd]
    rows = np.setdiff1d(numbers, odd_rows, assume_unique=True)
    table = table.append_column("row", pa.array(rows))
    filled = reduce(pc.or_, (pc.is_valid(table.column(c)) for c in there))
    if not pc.all(filled).as_py():  # a copy, which a giant has no room for
        table = table.filter(filled)
    del body, numbers, rows, filled
    misfit = {
        row: record.text
        for row, record in zip(odd_rows, odd, strict=True)
        if record.text.strip(f'{head.mark}" \t\r\n')
    }
    if blank := read - len(table) - len(misfit):
        told = [*told, f"{blank:,} rows have nothing in any column that is read"]
    mended = {row: _mended(record, names, kind, head.mark) for row, record in misfit.items()}
    mended = {row: cells for row, cells in mended.items() if cells}
    if mended:
        texts = {c: [cells.get(c) or None for cells in mended.values()] for c in COLUMNS[kind]}
        more = pa.table({**texts, "row": list(mended)}).cast(table.schema)
        table = pa.concat_tables([table, more]).sort_by("row")
        misfit = {row: record for row, record in misfit.items() if row not in mended}
        if n := sum(len(cells) < len(names) for cells in mended.values()):
            told = [*told, f"{n:,} rows end before the header does: the rest is read as blank"]
    if not len(table) + len(misfit):
        raise InputFileError("has a header but no rows", where=str(path))
    batches = table.to_batches() or [pa.RecordBatch.from_pylist([], schema=table.schema)]
    at = names.index("urn")
    cells = [_cell(record, at, row, path, head.mark) for row, record in misfit.items()]
    urn, _ = urns(pd.Series(cells, index=pd.Index(list(misfit), dtype="int64"), dtype="str"))
    misfits = pd.DataFrame({"urn": urn, "name": pd.Series(index=urn.index, dtype="str")})
    lost = {COLUMNS[kind][c]: n for c in there if (n := _lost_in(table.column(c)))}
    return Sheet(batches, misfits, encoding, _days_of(table), told, lost, blank)


def _mended(record: str, names: list[str], kind: Kind, mark: str) -> dict[str, str]:
    """Read a record of the wrong length that lost, or gained, nothing but blank cells at its end.

    A program that trims rows leaves a filled cell last; where one is lost in the middle the
    record still ends in the blank cells that others end in.
    """
    if record.count('"') % 2:
        return {}
    cells = next(csv.reader([record.rstrip("\r\n")], delimiter=mark), [])
    needed = max(names.index(c) for c in REQUIRED[kind] if c in names)
    trimmed = needed < len(cells) < len(names) and cells[-1].strip()
    longer = len(cells) > len(names) and not any(c.strip() for c in cells[len(names) :])
    return dict(zip(names, cells, strict=False)) if trimmed or longer else {}


def _lines(body: bytes, head: Head, n: int, path: Path) -> np.ndarray:
    """Return the line on which each record begins, the first below the header being 1.

    Raises
    ------
    InputFileError
        A value over several lines has as many marks as a whole record.
    """
    text = io.StringIO(body.decode("utf-8", "replace"), newline="")

    def begun() -> Iterator[int]:
        for line, cells in records(text, head.mark):
            if any(swallows(c, head.mark, n) for c in cells):
                raise csv.Error(line)
            yield line

    try:
        return np.fromiter(begun(), dtype=np.int64)
    except csv.Error as error:
        raise _unclosed(path, head.row + error.args[0]) from None


def _unclosed(path: Path, row: int) -> InputFileError:
    return InputFileError(
        "a quoted value never ends", where=f"{path} row {row}", fix="download it again"
    )


def _cell(record: str, at: int, row: int, path: Path, mark: str) -> str | None:
    """Read one cell of a record of the wrong length, if there is such a cell."""
    if record.count('"') % 2:
        raise _unclosed(path, row)
    cells = next(csv.reader([" ".join(record[:LONGEST_LINE].splitlines())], delimiter=mark), [])
    return cells[at] if at < len(cells) else None
