"""Tables out: csv, JSON, Parquet or aligned text, always the same columns.

Works on plain rows, so that commands which need no pandas never import it.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geolls.base.errors import OutputError, UsageError
from geolls.base.files import safe_cell, write_bytes
from geolls.base.interval import Interval, span

if TYPE_CHECKING:
    import pandas as pd

    from geolls.export.dictionary import Column

__all__ = [
    "FORMATS",
    "Table",
    "described_parquet",
    "format_of",
    "render",
    "screen_width",
    "text_table",
    "to_csv",
    "with_days",
    "write_table",
]

_ENDINGS = {".csv": "csv", ".json": "json", ".parquet": "parquet"}


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


def _plain(value: Any) -> Any:
    """Return a value as Python would write it: None for missing, dates for midnights."""
    if value is None or value != value or type(value).__name__ in {"NaTType", "NAType"}:
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if hasattr(value, "to_pydatetime"):
        return value.date()
    return value


def to_csv(table: Table) -> str:
    """Return a table as csv: LF, shortest exact numbers, safe to open in a spreadsheet.

    A text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
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


def to_parquet(table: Table) -> bytes:
    """Return a table as Parquet."""
    import pyarrow as pa

    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.columns)
    arrays = []
    for values in columns:
        try:
            arrays.append(pa.array(values))
        except (pa.ArrowInvalid, pa.ArrowTypeError):  # whole and broken numbers in one column
            arrays.append(pa.array(values, pa.float64()))
    return _parquet_bytes(pa.table(arrays, names=table.columns))


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


def text_table(table: Table, *, title: str | None = None, width: int | None = None) -> str:
    """Return a table as aligned text: words left, numbers right, long words shortened to fit.

    Keys (the first column, codes and identifiers) are never shortened: the next command needs them.
    What is known only between two reads so: `schools`, `schools_low` and `schools_high` are one
    column, "107 to 670".

    Parameters
    ----------
    table : Table
        Any table.
    title : str, optional
        Lines above the head.
    width : int, optional
        Characters to fit in; no limit when not given.
    """
    table = _with_ends(table)
    columns = _columns(table)
    numeric = [bool(c) and all(isinstance(v, _NUMBERS) for v in c) for c in columns]
    keys = [name == "urn" or name.endswith(("_code", "_uid")) for name in table.columns]
    cells = [[_cell(v) for v in column] for column in columns]
    widths = [max(map(len, [head, *c])) for head, c in zip(table.columns, cells, strict=True)]
    while width and sum(widths) + 2 * (len(widths) - 1) > width:
        words = [i for i in range(1, len(widths)) if not numeric[i] and not keys[i]]
        longest = max(words, key=lambda i: widths[i], default=None)
        if longest is None or widths[longest] <= 12:
            break
        widths[longest] -= 1
    drawn = []
    for head, column, w, right in zip(table.columns, cells, widths, numeric, strict=True):
        fitted = (c if len(c) <= w else c[: w - 1] + "…" for c in (head, "-" * w, *column))
        drawn.append([c.rjust(w) if right else c.ljust(w) for c in fitted])
    lines = [title] if title else []
    lines += ["  ".join(parts).rstrip() for parts in zip(*drawn, strict=True)]
    return "\n".join(lines) + "\n"


def screen_width() -> int | None:
    """Return the characters across the screen; None where output is piped or filed.

    What no screen shows keeps every word, whatever COLUMNS says.
    """
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


_NUMBERS = (int, float, Interval, type(None))


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


# Adding a format is one row, and an ending in `_ENDINGS`.
_RENDERERS: Mapping[str, Callable[[Table, str | None], str | bytes]] = {
    "table": lambda table, title: text_table(table, title=title, width=screen_width()),
    "csv": lambda table, _: to_csv(table),
    "json": lambda table, _: to_json(table),
    "parquet": lambda table, _: to_parquet(table),
}
FORMATS = tuple(_RENDERERS)


def render(table: Table, fmt: str, *, title: str | None = None) -> bytes:
    """Return a table in one of `FORMATS`, as bytes for standard output or a file."""
    if fmt not in _RENDERERS:
        raise UsageError(
            f"unknown format {fmt!r}", where="--format", fix=f"use {', '.join(FORMATS)}"
        )
    found = _RENDERERS[fmt](table, title)
    return found if isinstance(found, bytes) else found.encode()


def format_of(path: Path) -> str:
    """Return the format a file name asks for by its ending."""
    if path.suffix.lower() not in _ENDINGS:
        raise OutputError(
            f"no table format ends in {path.suffix or 'nothing'!r}",
            where=str(path),
            fix=f"use {', '.join(_ENDINGS)}",
        )
    return _ENDINGS[path.suffix.lower()]


def write_table(
    data: pd.DataFrame | Sequence[dict[str, Any]] | Table, path: Path, fmt: str | None = None
) -> None:
    """Write a table to a file, whole or not at all, in the format its name asks for."""
    table = data if isinstance(data, Table) else Table.of(data)
    write_bytes(path, render(table, fmt or format_of(path)))
