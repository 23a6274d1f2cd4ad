"""Tables of any size, in and out batch by batch, in bounded memory, whatever their form."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as pacsv
from pyarrow import parquet

from geolls.base.archives import encoding_of, open_bounded
from geolls.base.errors import InputFileError, OutputError, UsageError, first_line
from geolls.base.files import missing
from geolls.base.sheets import HEAD, Head, beginning, check_start, find_head, records, swallows
from geolls.base.workbooks import csv_of_sheet, is_workbook, parted

__all__ = ["CSV_BYTES_PER_BATCH", "WRITERS", "Stream", "after", "check_target", "open_stream"]

ROWS_PER_BATCH = 65_536
CSV_BYTES_PER_BATCH = 1 << 24
_SHEET_ROWS: Final = 1_048_576
Fits = Callable[[Sequence[str]], bool]


class Stream(NamedTuple):
    """An open table.

    Attributes
    ----------
    schema : pyarrow.Schema
        Its columns; those of text files stay text, as they are written.
    batches : iterator of pyarrow.RecordBatch
        Its rows.
    total : int or None
        How many batches, where that is known.
    cut : str
        How they are cut.
    row : callable
        The row of the file in which a record stands; the records are counted from 0.
    told : list of str
        What was chosen, or is not used as given; whole once the batches are read.
    """

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    total: int | None
    cut: str
    row: Callable[[int], int]
    told: list[str]


def open_stream(source: Path, fits: Fits) -> Stream:
    """Open a table as batches of bounded size.

    Parameters
    ----------
    source : pathlib.Path
        Parquet, or what every table may be: text in any encoding and with any separator, packed
        or not, or a workbook (`file.xlsx#Sheet`), which alone is read whole.
    fits : callable
        Whether some cells are the header that is wanted.

    Returns
    -------
    Stream
        Schema and rows.

    Raises
    ------
    InputFileError
        The file is missing, or is no table.
    """
    file = parted(source)[0]
    if not file.is_file():
        raise missing(file)
    with _reading(source):
        packed = file.suffix.lower() == ".parquet"
        table = _open_parquet(source) if packed else _open_text(source, fits)
    names = table.schema.names
    for name in names:
        if names.count(name) > 1:
            fix = "call one of them otherwise"
            raise InputFileError(f"two columns are called {name!r}", where=str(source), fix=fix)
    return table._replace(batches=_read(table.batches, source))


def after(before: int, row_of: Callable[[int], int]) -> Callable[[int], int]:
    """Return the same numbering for records counted from behind the first so many."""
    return lambda record: row_of(before + record)


def _read(batches: Iterator[pa.RecordBatch], source: Path) -> Iterator[pa.RecordBatch]:
    with _reading(source):
        yield from batches


@contextmanager
def _reading(source: Path) -> Iterator[None]:
    """Say in one line why a table cannot be read."""
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        said = re.sub(r"(got \d+): .*", r"\1", first_line(error))  # not the row itself
        raise InputFileError(
            f"cannot be read as a table ({said})",
            where=str(source),
            fix="save it as CSV UTF-8, or give a .parquet file",
        ) from error


def _open_parquet(source: Path) -> Stream:
    # Read through a small buffer, not a whole column of a row group at once.
    file = parquet.ParquetFile(source, buffer_size=1 << 20, pre_buffer=False)
    groups = range(file.num_row_groups)
    # Row groups are cut to one size, so that memory does not hang on who wrote the file.
    total = sum(-(-file.metadata.row_group(i).num_rows // ROWS_PER_BATCH) for i in groups)
    batches = (batch for i in groups for batch in file.iter_batches(ROWS_PER_BATCH, row_groups=[i]))
    return Stream(file.schema_arrow, batches, total, f"parquet {ROWS_PER_BATCH}", (1).__add__, [])


def _open_text(source: Path, fits: Fits) -> Stream:
    file, sheet = parted(source)
    told: list[str] = []
    opened: Callable[[], BinaryIO] = partial(open_bounded, source)
    if is_workbook(file):
        data, told = csv_of_sheet(file, sheet, fits)
        opened = partial(io.BytesIO, data)
    encoding = _encoding(opened)
    with opened() as stream:
        start = codecs.decode(beginning(stream), encoding, "replace").removeprefix("\ufeff")
    check_start(start, source)
    head = find_head(start, fits)
    names = [name or f" {at}" for at, name in enumerate(head.cells)]  # blank headings
    with _text(opened, encoding) as peek:
        below = itertools.islice(csv.reader(peek, delimiter=head.mark), 0, head.row + 20)
        widest = max((len(record) for record in below), default=0)
    names += [f" {at}" for at in range(len(names), widest)]
    bare = [name for name in names if name.startswith(" ")]
    schema = pa.schema([(name, pa.string()) for name in names if name not in bare])

    def row(record: int) -> int:  # read again: it is asked for where reading ends
        with _text(opened, encoding) as text:
            below = itertools.islice(text, head.row, None)
            return head.row + next(itertools.islice(records(below, head.mark), record, None))[0]

    def rows() -> Iterator[pa.RecordBatch]:
        given = 0
        try:
            for batch in _regular(opened, encoding, head, names):
                _hold(batch, head.mark, source, after(given, row))
                given += batch.num_rows
                yield batch
        except pa.ArrowInvalid as error:
            if "Expected" not in str(error):
                raise
            # Some row has more or fewer cells than others: read on by hand, from that batch.
            yield from _by_hand(opened, encoding, head, names, source, given, told)

    def batches() -> Iterator[pa.RecordBatch]:
        lost = 0
        for batch in rows():
            lost += sum(len(batch) - batch.column(name).null_count for name in bare)
            yield batch.select(schema.names)
        if lost:
            told.append(f"{lost:,} cells stand under no heading and are not kept")

    return Stream(schema, batches(), None, f"csv {CSV_BYTES_PER_BATCH}", row, told)


def _regular(
    opened: Callable[[], BinaryIO], encoding: str, head: Head, names: list[str]
) -> Iterator[pa.RecordBatch]:
    """Read rows that are as long as the header."""
    with io.BufferedReader(_Recoded(opened(), encoding), 1 << 18) as lines:
        lines.read(head.size)
        if not lines.peek(1):
            return
        # All columns stay text, as they are written: codes keep their zeros, names like NA are
        # names.
        reader = pacsv.open_csv(
            pa.PythonFile(lines, mode="r"),
            read_options=pacsv.ReadOptions(
                block_size=CSV_BYTES_PER_BATCH, column_names=names, use_threads=False
            ),
            parse_options=pacsv.ParseOptions(delimiter=head.mark, newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
        yield from (batch for batch in reader if batch.num_rows)


def _hold(batch: pa.RecordBatch, mark: str, source: Path, row_of: Callable[[int], int]) -> None:
    """Refuse a value that holds whole rows: a quote was opened and not closed."""
    for column in batch:
        odd = pc.fill_null(pc.match_substring(column, "\n"), False)
        if not pc.any(odd).as_py():
            continue
        for row in pc.indices_nonzero(odd).to_pylist():
            if swallows(column[row].as_py(), mark, batch.num_columns):
                raise _unclosed(source, row_of(row))


def _unclosed(source: Path, row: int) -> InputFileError:
    fix = "close it, or download the file again"
    return InputFileError("a quoted value never ends", where=f"{source} row {row}", fix=fix)


def _by_hand(
    opened: Callable[[], BinaryIO],
    encoding: str,
    head: Head,
    names: list[str],
    source: Path,
    given: int,
    told: list[str],
) -> Iterator[pa.RecordBatch]:
    """Read rows of any length: cells that are not there are blank, none may be too many."""
    schema = pa.schema([(name, pa.string()) for name in names])
    short, rows, raw = 0, list[list[str | None]](), list[str]()

    def lines(text: io.TextIOBase) -> Iterator[str]:
        for line in text:
            raw.append(line)
            yield line

    def batch() -> pa.RecordBatch:
        arrays = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
        rows.clear()
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    with _text(opened, encoding) as text:
        for _ in range(head.row):
            text.readline()
        try:
            for at, (line, cells) in enumerate(records(lines(text), head.mark)):
                row, quotes = head.row + line, sum(line.count('"') for line in raw)
                raw.clear()
                if at < given:
                    continue
                if quotes % 2 or any(swallows(c, head.mark, len(names)) for c in cells):
                    raise _unclosed(source, row)
                if any(c.strip() for c in cells[len(names) :]):
                    raise InputFileError(
                        f"{len(cells)} cells under {len(head.cells)} headings",
                        where=f"{source} row {row}",
                        fix=f"put a value that holds {head.mark!r} in double quotes",
                    )
                short += len(cells) < len(head.cells)
                full = [*cells, *[""] * (len(names) - len(cells))][: len(names)]
                rows.append([cell or None for cell in full])
                if len(rows) == ROWS_PER_BATCH // 4:
                    yield batch()
        except csv.Error as error:
            raise _unclosed(source, head.row + error.args[0]) from None
    if rows:
        yield batch()
    if short:
        told.append(f"{short:,} rows end before the header does: the rest is read as blank")


@contextmanager
def _text(opened: Callable[[], BinaryIO], encoding: str) -> Iterator[io.TextIOBase]:
    with opened() as stream, io.TextIOWrapper(stream, encoding, "replace", newline=None) as text:
        yield text


class _Recoded(io.RawIOBase):
    """A stream of text in any encoding, as UTF-8 without a byte order mark."""

    def __init__(self, source: BinaryIO, encoding: str) -> None:
        self._source, self._left = source, b""
        self._decode = codecs.getincrementaldecoder(encoding)("replace").decode

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._left:
            part = self._source.read(1 << 18)
            self._left = self._decode(part, not part).encode()
            if not part:
                break
        n = min(len(buffer), len(self._left))
        buffer[:n], self._left = self._left[:n], self._left[n:]
        return n

    def close(self) -> None:
        self._source.close()
        super().close()


def _encoding(opened: Callable[[], BinaryIO]) -> str:
    """Tell how a file is encoded: by its beginning, and where that is UTF-8 by all of it."""
    with opened() as stream:
        start = stream.read(HEAD)
        # Of a longer file whole lines: a cut may fall inside a character, and no line end does.
        lines = max(start.rfind(b"\n"), start.rfind(b"\r")) + 1 if len(start) == HEAD else HEAD
        found = encoding_of(start[:lines] or start)
        if found not in ("utf-8", "utf-8-sig"):
            return found
        decode = codecs.getincrementaldecoder("utf-8")().decode
        with contextlib.suppress(UnicodeDecodeError):
            decode(start)
            while part := stream.read(1 << 20):
                decode(part)
            decode(b"", True)
            return found
    return "cp1252"


# ---- out ---------------------------------------------------------------------------------------


class _Rows:
    """Writes rows as a JSON array of objects, one a line."""

    def __init__(self, path: Path, _: pa.Schema) -> None:
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._before = "[\n "

    def __enter__(self) -> _Rows:
        return self

    def write_table(self, table: pa.Table) -> None:
        for row in table.to_pylist():
            self._file.write(self._before + json.dumps(row, ensure_ascii=False, default=str))
            self._before = ",\n "

    def __exit__(self, *_: object) -> None:
        self._file.write("\n]\n" if self._before.startswith(",") else "[]\n")
        self._file.close()


class _Sheet:
    """Writes rows to the one sheet of a workbook, text as text."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        from xlsxwriter import Workbook

        plain = ("strings_to_formulas", "strings_to_urls", "strings_to_numbers")
        options = {**dict.fromkeys(plain, False), "constant_memory": True}
        self._file = path.open("wb")
        self._book = Workbook(self._file, options)
        self._book.set_properties({"author": "geolls", "created": datetime(2022, 9, 1)})
        self._sheet, self._row = self._book.add_worksheet("Table"), 0
        self._sheet.freeze_panes(1, 0)
        self._write(schema.names)

    def _write(self, cells: Sequence[Any]) -> None:
        if self._row >= _SHEET_ROWS:
            fix = "use .csv or .parquet"
            raise OutputError("the table has more rows than a sheet of Excel holds", fix=fix)
        for at, cell in enumerate(cells):
            if isinstance(cell, int | float | bool) and cell == cell:
                self._sheet.write(self._row, at, cell)
            elif cell is not None:
                self._sheet.write_string(self._row, at, str(cell)[:32_767])
        self._row += 1

    def __enter__(self) -> _Sheet:
        return self

    def write_table(self, table: pa.Table) -> None:
        for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
            self._write(row)

    def __exit__(self, *_: object) -> None:
        self._book.close()
        self._file.close()


_TABS = pacsv.WriteOptions(delimiter="\t")
#: What writes a table part by part, by the ending of its file.
WRITERS: Final[Mapping[str, Callable[[Path, pa.Schema], Any]]] = {
    ".csv": pacsv.CSVWriter,
    ".tsv": partial(pacsv.CSVWriter, write_options=_TABS),
    ".parquet": partial(parquet.ParquetWriter, compression="zstd"),
    ".json": _Rows,
    ".xlsx": _Sheet,
}


def check_target(source: Path, target: Path) -> None:
    """Refuse a file that no table is written to, before any work is done.

    Raises
    ------
    UsageError
        It has another ending, or is the table that is read.
    """
    if target.suffix.lower() not in WRITERS:
        raise UsageError(
            f"no table of points ends in {target.suffix!r}" if target.suffix else "has no ending",
            where=str(target),
            fix=f"use {', '.join(WRITERS)}",
        )
    if target.exists() and source.exists() and target.samefile(source):
        raise UsageError("the table would be written over itself", fix="give another file")
