"""Tables out, by the ending of a file or by name: every format with the same columns and rows.

Works on plain rows, so that commands which need no pandas never import it.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geolls.base.errors import OutputError, UsageError
from geolls.base.files import safe_cell, write_bytes
from geolls.base.interval import Interval, span
from geolls.base.schema import unknown

if TYPE_CHECKING:
    import pandas as pd

    from geolls.export.dictionary import Column

__all__ = [
    "ENDINGS",
    "FORMATS",
    "About",
    "Table",
    "described_parquet",
    "format_of",
    "no_shapes",
    "render",
    "screen_size",
    "text_table",
    "to_csv",
    "with_days",
    "write_table",
]


def _nothing() -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class About:
    """What is told with a table.

    Attributes
    ----------
    title : str
        Lines over a table of text.
    view : sequence of str or None
        Columns that a screen shows first, as many as fit; none names all. None shows every column,
        however wide.
    every_row : bool
        Whether a screen shows all rows.
    notes : callable
        Population, day, source and the like, by name: what a workbook and Parquet say beside rows.
    shapes : callable, optional
        Returns a table as a file of one of the formats with a geometry; None where it has none.
    """

    title: str = ""
    view: Sequence[str] | None = None
    every_row: bool = False
    notes: Callable[[], Mapping[str, str]] = field(default=_nothing)
    shapes: Callable[[Table, str], bytes] | None = None


@dataclass(frozen=True)
class Table:
    """Column names and rows of plain Python values (None where missing).

    Attributes
    ----------
    columns : list of str
        Names, in order.
    rows : list of tuple
        One tuple per row.
    """

    columns: list[str]
    rows: list[tuple[Any, ...]]

    @classmethod
    def of(cls, data: pd.DataFrame | Sequence[dict[str, Any]]) -> Table:
        """Return the table of a DataFrame (its index is left out) or of dictionaries."""
        if isinstance(data, Sequence):
            columns = list(data[0]) if data else []
            return cls(columns, [tuple(_plain(row[c]) for c in columns) for row in data])
        columns = [str(c) for c in data.columns]
        values = [[_plain(v) for v in data[c].tolist()] for c in data.columns]
        return cls(columns, list(zip(*values, strict=True)))

    def pick(self, names: Sequence[str]) -> Table:
        """Return the table with these columns alone, in this order.

        Raises
        ------
        UsageError
            A column is unknown; names the nearest.
        """
        for name in names:
            if name not in self.columns:
                message, fix = unknown("column", name, self.columns)
                raise UsageError(message, where="--columns", fix=fix)
        values = dict(zip(self.columns, _columns(self), strict=True))
        return Table(list(names), list(zip(*(values[n] for n in names), strict=True)))


def _plain(value: Any) -> Any:
    """Return a value as Python would write it: None for missing, dates for midnights."""
    if value is None or value != value or type(value).__name__ in {"NaTType", "NAType"}:
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if hasattr(value, "to_pydatetime"):
        return value.date()
    return value


def to_csv(table: Table, separator: str = ",") -> str:
    """Return a table as csv: LF, shortest exact numbers, safe to open in a spreadsheet.

    A text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(
        ["" if v is None else safe_cell(v) if isinstance(v, str) else v for v in row]
        for row in table.rows
    )
    return buffer.getvalue()


def to_json(table: Table) -> str:
    """Return a table as a JSON array of objects; missing values are null."""
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return json.dumps(rows, ensure_ascii=False, indent=1, default=str) + "\n"


def to_parquet(table: Table, notes: Mapping[str, str]) -> bytes:
    """Return a table as Parquet: types of the data dictionary, notes in the metadata."""
    import pyarrow as pa

    from geolls.export.dictionary import load_dictionary

    arrays = []
    for name, values in zip(table.columns, _columns(table), strict=True):
        known = load_dictionary().type_of(name)
        wanted = pa.type_for_alias(_TYPES[known][0]) if known else None
        for kind in (wanted, None, pa.float64(), pa.string()):  # what it says, else what it holds
            try:
                arrays.append(pa.array(map(str, values) if kind == "string" else values, kind))
                break
            except (pa.ArrowInvalid, pa.ArrowTypeError):
                continue
    made = pa.table(arrays, names=table.columns)
    return _parquet_bytes(made.replace_schema_metadata(notes))


def described_parquet(frame: pd.DataFrame, columns: Iterable[Column]) -> bytes:
    """Return a table as Parquet, each column of the type and with the words of the dictionary."""
    import pyarrow as pa

    arrays, fields = [], []
    for column in columns:
        alias, as_type = _TYPES[column.type]
        kind = pa.type_for_alias(alias)
        values = [None if v is None or v != v else as_type(v) for v in frame[column.name].tolist()]
        arrays.append(pa.array(values, kind))
        words = {"description": column.description, "unit": column.unit, "source": column.source}
        fields.append(pa.field(column.name, kind, metadata=words))
    table = pa.Table.from_arrays(arrays, schema=pa.schema(fields))
    return _parquet_bytes(table, compression="zstd")


# The types of the dictionary: as Arrow and as Python call them.
_TYPES: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "string": ("string", str),
    "integer": ("int64", int),
    "number": ("float64", float),
    "boolean": ("bool", bool),
    "date": ("date32", lambda v: v.date() if hasattr(v, "to_pydatetime") else v),
}


def _parquet_bytes(table: Any, **settings: Any) -> bytes:
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(table, sink, **settings)
    return sink.getvalue()


def with_days(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with days as dates, blanks as None."""
    out = frame.copy()
    for column in out.columns:
        if out[column].dtype.kind == "M":
            out[column] = out[column].dt.date.astype(object).where(out[column].notna(), None)
    return out


def text_table(
    table: Table,
    *,
    title: str | None = None,
    width: int | None = None,
    height: int | None = None,
    view: Sequence[str] | None = None,
) -> str:
    """Return a table as aligned text: words left, numbers right, long words shortened to fit.

    Keys (codes, identifiers, names of layers) are never shortened: the next command needs them.
    What is known only between two reads so: `schools`, `schools_low` and `schools_high` are one
    column, "107 to 670".

    Parameters
    ----------
    table : Table
        Any table.
    title : str, optional
        Lines above the head.
    width, height : int, optional
        Characters and lines to fit in; no limit when not given.
    view : sequence of str, optional
        Columns to show first, as many as fit, as `About` has it; the last line tells of the rest.
    """
    whole = _with_ends(table)
    named = [c for c in view or () if c in whole.columns]
    shown = whole.pick(named) if named else whole
    said = title.splitlines() if title else []
    rows = len(shown.rows)
    if height and rows > max(height, _WHOLE):
        rows = max(height - len(said) - 4, 5)
    kinds = [
        _kind(name, values) for name, values in zip(shown.columns, _columns(shown), strict=True)
    ]
    columns = [c[:rows] for c in _columns(shown)]
    cells = [[_cell(v) for v in column] for column in columns]
    widths = [max(map(_across, [head, *c])) for head, c in zip(shown.columns, cells, strict=True)]
    if width and view is not None:
        least = [min(w, _NARROW) if k == "words" else w for w, k in zip(widths, kinds, strict=True)]
        while len(least) > 1 and sum(least) + 2 * (len(least) - 1) > width:
            least.pop()
        widths = widths[: len(least)]
    while width and sum(widths) + 2 * (len(widths) - 1) > width:
        words = [i for i in range(len(widths)) if kinds[i] == "words" or len(widths) == 1]
        longest = max(words, key=lambda i: widths[i], default=None)
        if longest is None or widths[longest] <= _NARROW:
            break
        widths[longest] -= 1
    drawn = []
    for head, column, w, kind in zip(shown.columns, cells, widths, kinds, strict=False):
        fitted = [_fitted(c, w) for c in (head, "-" * w, *column)]
        blank = [" " * (w - _across(c)) for c in fitted]
        pairs = (
            zip(blank, fitted, strict=True)
            if kind == "numbers"
            else zip(fitted, blank, strict=True)
        )
        drawn.append(map("".join, pairs))
    said += ["  ".join(parts).rstrip() for parts in zip(*drawn, strict=True)]
    return "\n".join([*said, *_left_out(whole, rows, len(widths))]) + "\n"


def _kind(name: str, values: Sequence[Any]) -> str:
    """Tell columns of numbers, of keys and days, and of words: only words may be shortened."""
    held = [v for v in values if v is not None]
    if held and all(isinstance(v, _NUMBERS) for v in held):
        return "numbers"
    key = name in _KEYS or name.endswith(("_code", "_uid"))
    return "keys" if key or any(isinstance(v, date) for v in held) else "words"


_KEYS = ("urn", "key", "layer", "left", "right", "measure")


def _left_out(whole: Table, rows: int, columns: int) -> list[str]:
    """Say in one line how much of a table is not on the screen, and how to see it."""
    parts = [
        f"{shown:,} of {there:,} {what} ({option})"
        for shown, there, what, option in (
            (rows, len(whole.rows), "rows", "--all"),
            (columns, len(whole.columns), "columns", "--columns all"),
        )
        if shown < there
    ]
    return [f"{', '.join(parts)}; -o FILE has all"] if parts else []


_WHOLE = 40  # rows that are worth a turn of the wheel
_NARROW = 20  # a name is not shortened further


def _across(text: str) -> int:
    """Return how many characters of a screen a text takes: some are two wide, some none."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _fitted(text: str, width: int) -> str:
    """Return a text shortened to a width: never within a number, an ellipsis at its end."""
    if _across(text) <= width:
        return text
    kept = text[: width - 1]
    while _across(kept) > width - 1:
        kept = kept[:-1]
    if text[len(kept)].isdigit():
        kept = re.sub(r"\d+$", "", kept)
    return f"{kept.rstrip()}…"


def screen_size() -> tuple[int | None, int | None]:
    """Return characters and lines of the screen; None where output is piped or filed.

    What no screen shows keeps every word, whatever COLUMNS says.
    """
    if not sys.stdout.isatty():
        return None, None
    size = shutil.get_terminal_size()
    return size.columns, size.lines


_NUMBERS = (int, float, Interval)


def _columns(table: Table) -> list[tuple[Any, ...]]:
    return list(zip(*table.rows, strict=True)) or [()] * len(table.columns)


def _with_ends(table: Table) -> Table:
    """Return the table with the ends of each number in its place, and no columns of their own."""
    columns = dict(zip(table.columns, _columns(table), strict=True))
    for name in table.columns:
        if f"{name}_low" in columns and f"{name}_high" in columns:
            low, high = (columns.pop(f"{name}_{end}") for end in Interval._fields)
            columns[name] = tuple(map(_told, columns[name], low, high))
    return Table(list(columns), list(zip(*columns.values(), strict=True)))


def _told(value: Any, low: Any, high: Any) -> Any:
    """Return a value, or both its ends where they read differently."""
    if low is None or high is None or low == high or _cell(low) == _cell(high):
        return value
    return Interval(low, high)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, str):
        return value if value.isprintable() else "".join(map(_printable, value))
    if isinstance(value, Interval):
        return span(value, _cell)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, date):
        return value.isoformat()
    return "".join(map(_printable, str(value)))


def _printable(character: str) -> str:
    return character if character.isprintable() else "�"


def _on_screen(table: Table, about: About) -> str:
    width, height = screen_size()
    height = None if about.every_row else height
    return text_table(table, title=about.title, width=width, height=height, view=about.view)


def _workbook(table: Table, about: About) -> bytes:
    from geolls.export.workbook import table_workbook

    return table_workbook(table.columns, table.rows, about.notes())


def _shaped(table: Table, about: About, fmt: str) -> bytes:
    if about.shapes is None:
        raise no_shapes(fmt)
    return about.shapes(table, fmt)


def no_shapes(fmt: str) -> OutputError:
    """Say that a table has no geometry to be written."""
    return OutputError(
        f"no point or land belongs to the rows of this table, so it cannot be {fmt}",
        where="-o",
        fix=f"use {', '.join(list(ENDINGS)[:-2])}",
    )


# Adding a format is one row, and an ending in `ENDINGS`.
_RENDERERS: Mapping[str, Callable[[Table, About], str | bytes]] = {
    "table": _on_screen,
    "csv": lambda table, _: to_csv(table),
    "tsv": lambda table, _: to_csv(table, "\t"),
    "json": lambda table, _: to_json(table),
    "parquet": lambda table, about: to_parquet(table, about.notes()),
    "xlsx": _workbook,
    "gpkg": lambda table, about: _shaped(table, about, "gpkg"),
    "geojson": lambda table, about: _shaped(table, about, "geojson"),
}
FORMATS = tuple(_RENDERERS)
ENDINGS = {f".{fmt}": fmt for fmt in FORMATS if fmt != "table"}


def render(table: Table, fmt: str, about: About | None = None) -> bytes:
    """Return a table in one of `FORMATS`, as bytes for standard output or a file."""
    if fmt not in _RENDERERS:
        raise UsageError(
            f"unknown format {fmt!r}", where="--format", fix=f"use {', '.join(FORMATS)}"
        )
    found = _RENDERERS[fmt](table, about or About())
    return found if isinstance(found, bytes) else found.encode()


def format_of(path: Path, asked: str | None = None) -> str:
    """Return the format a file name asks for by its ending, which what is asked must not deny."""
    meant = ENDINGS.get(path.suffix.lower())
    if asked and meant in (None, asked):
        return asked
    if meant is None:
        raise OutputError(
            f"no table format ends in {path.suffix!r}" if path.suffix else "has no ending",
            where=str(path),
            fix=f"use {', '.join(ENDINGS)}",
        )
    if asked:
        raise UsageError(
            f"{path.name} is to be {meant} by its name and {asked} by --format",
            where="-o",
            fix="leave --format out",
        )
    return meant


def write_table(
    data: pd.DataFrame | Sequence[dict[str, Any]] | Table, path: Path, fmt: str | None = None
) -> None:
    """Write a table to a file, whole or not at all, in the format its name asks for."""
    table = data if isinstance(data, Table) else Table.of(data)
    write_bytes(path, render(table, fmt or format_of(path)))
