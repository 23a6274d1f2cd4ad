"""A table in a text file: what it is written in, what parts its cells, where its header stands."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from geolls.base.archives import encoding_of, open_bounded
from geolls.base.errors import InputFileError
from geolls.base.workbooks import csv_of_sheet, is_workbook, parted

__all__ = [
    "HEAD",
    "Head",
    "Opened",
    "as_utf8",
    "beginning",
    "check_start",
    "find_head",
    "open_table",
    "records",
    "split",
    "swallows",
]

#: Characters in which a header must lie, titles above it and all.
HEAD: Final = 200_000
_WIDEST: Final = 16 << 20
_MARKS: Final = ",;\t|"
_MOST_TITLES: Final = 40  # rows above a header
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_SEP = re.compile(r"\"?sep=(.)\"?", re.IGNORECASE)


class Head(NamedTuple):
    """The header of a table.

    Attributes
    ----------
    cells : list of str
        The headings, trimmed.
    mark : str
        What stands between two cells.
    row : int
        The number of its row in the file, from 1: more where titles stand above it.
    size : int
        How many bytes of UTF-8 lie before the first record.
    line : str
        Its text.
    """

    cells: list[str]
    mark: str
    row: int
    size: int
    line: str


class Opened(NamedTuple):
    """A table as text.

    Attributes
    ----------
    head : Head
        Its header.
    body : bytes
        All that follows it, in UTF-8.
    encoding : str
        What the file was written in, by evidence.
    told : list of str
        What its reader chose, or did not read.
    """

    head: Head
    body: bytes
    encoding: str
    told: list[str]


def open_table(
    path: Path,
    fits: Callable[[Sequence[str]], bool],
    *,
    limit: int,
    member: str | None = None,
    prefer: str = "",
    whole: bool = True,
) -> Opened:
    """Open a table, whatever it is written in: csv in any encoding, packed or not, or a workbook.

    Parameters
    ----------
    path : pathlib.Path
        The file; `lists.xlsx#Sheet 2` names a sheet of a workbook.
    fits : callable
        Whether some cells are the header that is wanted.
    limit : int
        The most bytes.
    member : str, optional
        Which file of a zip.
    prefer : str, optional
        The sheet that comes before others.
    whole : bool, default True
        False for the beginning alone, which shows what it is.

    Returns
    -------
    Opened
        Header and rows.

    Raises
    ------
    InputFileError
        The file is missing, empty, damaged, too large, or a web page.
    """
    place, sheet = parted(path)
    told: list[str] = []
    if is_workbook(place):
        some = {} if whole else {"rows": 60}
        data, told = csv_of_sheet(place, sheet, fits, prefer=prefer, limit=limit, **some)
        encoding = "a workbook"
    else:
        with open_bounded(place, member=member, limit=limit) as stream:
            data, encoding = as_utf8(stream.read() if whole else beginning(stream))
    check_start(data[:200].decode("utf-8", "replace"), path)
    ends = [at for at in (data.find(end, HEAD) for end in (b"\n", b"\r")) if at > 0]
    start = data[: min(ends, default=HEAD) + 2]  # a header may be as wide as it likes
    head = find_head(start.decode("utf-8", "replace"), fits)
    return Opened(head, data[head.size :], encoding, told)


def beginning(stream: BinaryIO) -> bytes:
    """Read so much of a table that its header is whole, as wide as it may be."""
    return stream.read(HEAD) + stream.readline(_WIDEST) + stream.read(3)  # of UTF-16's line end


_NO_TABLES: Final = {
    "<": "a web page",
    "%PDF": "no table",
    "{": "no table",
    "[{": "no table",
    '["': "no table",
    "PK\x03\x04": "a workbook or an archive inside an archive",
    "\x1f": "an archive inside an archive",
    "SQLite": "no table",
    "\u2030PNG": "a picture",
    "GIF8": "a picture",
}


def check_start(start: str, path: Path) -> None:
    """Refuse what is no table, by how it begins.

    Raises
    ------
    InputFileError
        It is empty, a web page, another kind of file, or an archive.
    """
    bare = start.lstrip()
    kind = next((kind for sign, kind in _NO_TABLES.items() if bare.startswith(sign)), "")
    if "\0" in bare.partition("\n")[0]:
        kind = kind or "no table"
    if kind or not bare:
        fix = "open it in a spreadsheet and save it as CSV UTF-8, or download it again"
        fix = "unpack it and give the file itself" if "archive" in kind else fix
        raise InputFileError(f"is {kind or 'empty'}", where=str(path), fix=fix if bare else None)


def records(lines: Iterable[str], mark: str) -> Iterator[tuple[int, list[str]]]:
    r"""Yield the records of a text, each with the line on which it begins; blank lines are none.

    Raises
    ------
    csv.Error
        A quote never ends; it says on which line its record begins.

    Examples
    --------
    >>> list(records(["a,b\n", "\n", "\"1\n", "2\",3\n", "4,5\n"], ","))
    [(1, ['a', 'b']), (3, ['1\n2', '3']), (5, ['4', '5'])]
    """
    reader, before = csv.reader(lines, delimiter=mark), 0
    try:
        for cells in reader:
            if cells:
                yield before + 1, cells
            before = reader.line_num
    except csv.Error:
        raise csv.Error(before + 1) from None


def swallows(cell: str, mark: str, columns: int) -> bool:
    r"""Whether a value over several lines holds whole rows: its quote is open.

    It has as many marks as a row. Where that is few, as a remark may have, each of its lines but
    the ends has.

    Examples
    --------
    >>> swallows("Oak\n2,430000,x\n3,430000,", ",", 3), swallows("Oak, Ash\nand Elm, old", ",", 3)
    (True, False)
    """
    lines, whole = cell.splitlines(), columns - 1
    if len(lines) < 2 or not 2 <= whole <= cell.count(mark):
        return False
    return whole > 7 or all(line.count(mark) >= whole for line in lines[1:-1] or lines[1:])


def as_utf8(data: bytes) -> tuple[bytes, str]:
    """Write text from elsewhere in UTF-8, without a byte order mark; say what it was in.

    Examples
    --------
    >>> as_utf8("Médoc".encode("utf-16"))[0].decode(), as_utf8("Médoc".encode("cp1252"))[1]
    ('Médoc', 'cp1252')
    """
    found = encoding_of(data)
    if found == "utf-8":
        return data, found
    if found == "utf-8-sig":
        return data.removeprefix(codecs.BOM_UTF8), "utf-8 with a byte order mark"
    return data.decode(found, "replace").removeprefix("\ufeff").encode(), found


def split(line: str, mark: str) -> list[str]:
    """Split one line into trimmed cells."""
    return [c.strip() for c in next(csv.reader([line.rstrip("\r\n")], delimiter=mark), [])]


def find_head(text: str, fits: Callable[[Sequence[str]], bool]) -> Head:
    """Find the header of a table by what its headings should be.

    Parameters
    ----------
    text : str
        The beginning of the file.
    fits : callable
        Whether some cells are the header that is wanted.

    Returns
    -------
    Head
        Of the first row that fits, in whatever parts its cells; where none does, the first row
        that is not blank, so that its reader can say what it lacks.

    Notes
    -----
    `sep=;`, by which spreadsheets tell themselves the mark, is no row of the table but is counted
    as one, as it is in an editor.
    """
    at, marks, first = 0, _MARKS, None
    for row, found in enumerate(_LINE.finditer(text), 1):
        line, at = found[0], at + len(found[0].encode())
        if told := _SEP.fullmatch(line.strip()):
            marks = told[1]
            continue
        if not line.strip(f'{_MARKS}" \t\r\n'):
            continue
        if row > _MOST_TITLES:
            break
        for mark in sorted(marks, key=line.count, reverse=True):
            try:
                head = Head(split(line, mark), mark, row, at, line.strip())
            except csv.Error:
                continue
            if fits(head.cells):
                return head
            first = first or head
    return first or Head([], ",", 1, len(text.encode()), "")
