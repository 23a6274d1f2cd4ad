"""A sheet of an Excel workbook, as the csv that its owner would have saved."""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time
from pathlib import Path
from typing import Any, Final

from geolls.base.archives import FLOOR, RATIO
from geolls.base.errors import InputFileError, first_line
from geolls.base.text import suggest

__all__ = ["WORKBOOKS", "csv_of_sheet", "is_workbook", "parted"]

#: The endings of workbooks that are read.
WORKBOOKS: Final = (".xlsx", ".xlsm")
_TITLES: Final = 60  # rows in which a header must stand
_MOST_ROWS: Final = 1_048_576  # as many as a sheet can have
_MOST_MARKUP: Final = 64 << 20  # of a sheet in which merged cells are looked for
_MERGED = re.compile(rb'<mergeCell ref="([A-Z]{1,3})(\d+):([A-Z]{1,3})(\d+)"')
# A formula that a program wrote, and no spreadsheet has worked out since.
_UNSOLVED = re.compile(rb"<c\b[^>]*><f\b(?:[^>]*/>|[^>]*>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>")

_Merged = set[tuple[int, int]]


def parted(path: Path) -> tuple[Path, str]:
    """Part `lists.xlsx#Sheet 2` into the file and the sheet; "" where no sheet is named.

    Examples
    --------
    >>> parted(Path("lists.xlsx#Sheet 2"))[1], parted(Path("a#b.csv"))[1]
    ('Sheet 2', '')
    """
    name, mark, sheet = path.name.partition("#")
    named = mark and name.lower().endswith(WORKBOOKS)
    return (path.with_name(name), sheet.strip()) if named else (path, "")


def is_workbook(path: Path) -> bool:
    """Whether a file is an Excel workbook that can be read, told by what is in it."""
    try:
        with path.open("rb") as handle:
            if handle.read(2) != b"PK":
                return False
            return "xl/workbook.xml" in zipfile.ZipFile(handle).namelist()
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return False


def csv_of_sheet(
    path: Path,
    sheet: str,
    fits: Callable[[Sequence[str]], bool],
    *,
    prefer: str = "",
    rows: int = _MOST_ROWS,
    limit: int = 1 << 30,
) -> tuple[bytes, list[str]]:
    """Write a sheet as csv, one line per row: days as 2022-09-01, whole numbers without ".0".

    Parameters
    ----------
    path : pathlib.Path
        The workbook.
    sheet : str
        Which of its sheets; "" for the first in which a row fits, those shown before those hidden.
    fits : callable
        Whether some cells are the header that is wanted.
    prefer : str, optional
        The name of a sheet that comes before others, where there is one.
    rows : int, optional
        Only so many rows.
    limit : int, optional
        The most bytes.

    Returns
    -------
    tuple of bytes and list of str
        The csv in UTF-8; lines about what of the workbook was chosen, or is not read.

    Raises
    ------
    InputFileError
        The workbook is damaged or far too large, or has no such sheet.
    """
    import openpyxl

    size = path.stat().st_size
    try:
        with warnings.catch_warnings(action="ignore"), path.open("rb") as handle:
            archive = zipfile.ZipFile(handle)
            unpacked = sum(info.file_size for info in archive.infolist())
            if unpacked > max(FLOOR, RATIO * size):
                raise _too_large(path)
            book = openpyxl.load_workbook(handle, read_only=True, data_only=True, keep_links=False)
            order = sorted(
                book.worksheets,
                key=lambda s: (s.title.casefold() != prefer, s.sheet_state != "visible"),
            )
            names = [s.title for s in order]
            wanted = [s for s in order if s.title.casefold() == sheet.casefold()]
            if sheet and not wanted:
                raise InputFileError(
                    f"the workbook has no sheet {sheet!r}",
                    where=str(path),
                    fix=suggest(sheet, names) or f"it has {', '.join(names[:12])}",
                )
            found = [s for s in wanted or order if _head_of(s, fits) is not None]
            chosen = (found or wanted or order)[0]
            head = _head_of(chosen, fits)
            merged, told = _markup_of(chosen, archive)
            if not sheet and len(order) > 1:
                told[:0] = _choice(path, chosen, found[1:])
            data, beyond = _written(chosen, head, merged, rows, limit, path)
    except InputFileError:
        raise
    except Exception as error:  # openpyxl and what it stands on raise their own
        raise InputFileError(
            f"the workbook cannot be read ({first_line(error) or type(error).__name__})",
            where=str(path),
            fix="open it, save the sheet as CSV UTF-8, and give that",
        ) from error
    if beyond:
        told.append(f"{beyond:,} cells right of the last heading are not read")
    return data, told


def _too_large(path: Path) -> InputFileError:
    return InputFileError("unpacks to more than such a file should", where=str(path))


def _choice(path: Path, chosen: Any, others: Sequence[Any]) -> list[str]:
    hidden = "" if chosen.sheet_state == "visible" else ", which is hidden,"
    more = f"; {', '.join(s.title for s in others)} would fit as well" if others else ""
    fix = f"; {path.name}#{others[0].title} reads that" if others else ""
    return [f"the sheet {chosen.title}{hidden} is read{more}{fix}"]


def _head_of(sheet: Any, fits: Callable[[Sequence[str]], bool]) -> tuple[int, int] | None:
    """Return the row of the header, from 1, and its width; None where no row fits."""
    for number, row in enumerate(sheet.iter_rows(max_row=_TITLES, values_only=True), 1):
        cells = [_text(value) for value in row]
        if any(cells) and fits(cells):
            return number, max(i for i, cell in enumerate(cells, 1) if cell)
    return None


def _markup_of(sheet: Any, archive: zipfile.ZipFile) -> tuple[_Merged, list[str]]:
    """Look where cells are merged downwards, and how many formulas have no value.

    Returns
    -------
    tuple of set and list of str
        Row and column of each merged cell below the one that has the value; what to tell.
    """
    from openpyxl.utils import column_index_from_string

    info = archive.getinfo(sheet._worksheet_path)
    if info.file_size > _MOST_MARKUP:
        return set(), []
    markup = archive.read(info)
    merged: _Merged = set()
    for first, top, last, bottom in _MERGED.findall(markup):
        if first == last and int(bottom) - int(top) < _MOST_ROWS:
            column = column_index_from_string(first.decode()) - 1
            merged |= {(row, column) for row in range(int(top) + 1, int(bottom) + 1)}
    unsolved = len(_UNSOLVED.findall(markup))
    formulas = f"{unsolved:,} formulas have no value yet: open the workbook, save it, try again"
    return merged, [formulas] if unsolved else []


def _written(
    sheet: Any,
    head: tuple[int, int] | None,
    merged: _Merged,
    rows: int,
    limit: int,
    path: Path,
) -> tuple[bytes, int]:
    """Write the rows of a sheet as csv; count the cells that no heading stands over."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    top, width = head or (0, 0)
    beyond = blanks = 0
    above: list[str] = []
    for number, cells in enumerate(_rows(sheet, rows), 1):
        if number > _MOST_ROWS or out.tell() > limit:
            raise _too_large(path)
        if number > top > 0:
            cells = [*cells, *[""] * (width - len(cells))]
            for at, cell in enumerate(cells[:width]):
                if not cell and (number, at) in merged:
                    cells[at] = above[at]
            beyond += sum(map(bool, cells[width:]))
            above = cells = cells[:width]
        if any(cells):
            out.write("\n" * blanks)
            writer.writerow(cells)
            blanks = 0
        else:  # of blank rows those at the end are left out
            blanks += 1
    return out.getvalue().encode(), beyond


def _rows(sheet: Any, rows: int) -> Iterator[list[str]]:
    for row in sheet.iter_rows(max_row=rows, values_only=True):
        yield [_text(value) for value in row]


def _text(value: Any) -> str:
    """Write a cell as text on one line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return (value.date() if value.time() == time() else value).isoformat()
    return " ".join(str(value).split())
