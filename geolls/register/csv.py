"""Read the wanted columns of a GIAS file as text, each record under its row number."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as pacsv

from geolls.base.errors import InputFileError
from geolls.register.columns import COLUMNS, Kind, dates, name_columns, urns
from geolls.register.opener import LONGEST_LINE, open_text

__all__ = ["Sheet", "read_csv"]

_ROWS_AT_ONCE: Final = 1 << 18  # a register is one part, a giant several
_LONGEST_RECORD: Final = 2 << 20  # bytes


@dataclass(frozen=True)
class Sheet:
    """One file as text, each record under its row number (the header is row 1).

    Attributes
    ----------
    batches : list of pyarrow.RecordBatch
        The records, with all columns of `COLUMNS` (blank where the file lacks one) and `row`.
    misfits : pandas.DataFrame
        One row per record with more or fewer cells than the header, indexed by its row number:
        `urn` where it can still be read, `name` (always missing).
    encoding : str
        What the file was written in.
    """

    batches: list[pa.RecordBatch]
    misfits: pd.DataFrame
    encoding: str

    def __len__(self) -> int:
        return sum(map(len, self.batches)) + len(self.misfits)

    def parts(self) -> Iterator[pd.DataFrame]:
        """Give the records in parts, dropping what was given, so that memory stays bounded."""
        while self.batches:
            some = [self.batches.pop(0)]
            while self.batches and sum(map(len, some)) < _ROWS_AT_ONCE:
                some.append(self.batches.pop(0))
            yield _frame(some)

    def latest(self, *columns: str) -> date | None:
        """Return the latest day in some columns, or None."""
        frame = _frame([batch.select(["row", *columns]) for batch in self.batches])
        last = pd.concat([dates(frame[c])[0] for c in columns]).max()
        return None if pd.isna(last) else last.date()


def _frame(batches: list[pa.RecordBatch]) -> pd.DataFrame:
    table = pa.Table.from_batches(batches)
    text = [(c, pa.int64() if c == "row" else pa.large_string()) for c in table.column_names]
    frame: pd.DataFrame = table.cast(pa.schema(text)).combine_chunks().to_pandas()
    return frame.set_index("row")


def read_csv(path: Path, kind: Kind) -> Sheet:
    """Read the wanted columns of a GIAS file.

    Parameters
    ----------
    path : pathlib.Path
        csv, csv.gz or a zip that holds it.
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
    header, body, encoding = open_text(path, kind)
    names = name_columns(next(csv.reader([header])), kind, path)
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
            pacsv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
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
    if not read:
        raise InputFileError("has a header but no rows", where=str(path))
    misfit_rows = [record.number + 1 for record in odd]  # the parser is not shown the header
    rows = np.setdiff1d(np.arange(2, read + 2), misfit_rows, assume_unique=True)
    table = table.append_column("row", pa.array(rows))
    batches = table.to_batches() or [pa.RecordBatch.from_pylist([], schema=table.schema)]
    cells = [
        _cell(record.text, names.index("urn"), row, path)
        for record, row in zip(odd, misfit_rows, strict=True)
    ]
    urn, _ = urns(pd.Series(cells, index=pd.Index(misfit_rows, dtype="int64"), dtype="str"))
    misfits = pd.DataFrame({"urn": urn, "name": pd.Series(index=urn.index, dtype="str")})
    return Sheet(batches, misfits, encoding)


def _cell(record: str, at: int, row: int, path: Path) -> str | None:
    """Read one cell of a record of the wrong length, if there is such a cell."""
    if record.count('"') % 2:
        raise InputFileError(
            "a quoted value never ends", where=f"{path} row {row}", fix="download it again"
        )
    cells = next(csv.reader([" ".join(record[:LONGEST_LINE].splitlines())]), [])
    return cells[at] if at < len(cells) else None
