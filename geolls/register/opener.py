"""Open a GIAS file: csv, gzip or zip, in the encoding its bytes show; given back as UTF-8."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Final

from geolls.base.archives import BOOKS
from geolls.base.errors import InputFileError
from geolls.base.sheets import Opened, open_table
from geolls.base.workbooks import parted
from geolls.register.columns import FILES, Kind, is_header, kind_of_header

__all__ = ["LONGEST_LINE", "MOST_BYTES", "check_size", "kind_of", "nearly", "open_text"]

#: A whole register has about 60 MB, and 50,000 rows.
MOST_BYTES: Final = 512 << 20
#: Characters of a header line; GIAS's has 4,200.
LONGEST_LINE: Final = 100_000


def open_text(path: Path, kind: Kind) -> Opened:
    """Read a table of GIAS, packed or not.

    Parameters
    ----------
    path : pathlib.Path
        csv, csv.gz, a zip that holds it, or a workbook, of at most `MOST_BYTES` unpacked.
    kind : str
        Which of the GIAS files is wanted: a zip may hold several.

    Returns
    -------
    Opened
        The header, wherever it stands and whatever parts its cells, and all that follows it.

    Raises
    ------
    InputFileError
        The file is missing, damaged, too large, or no table.
    """
    check_size(path, kind)
    member = _member(path, kind)
    opened = open_table(path, lambda c: is_header(c, kind), member=member, limit=MOST_BYTES)
    head = opened.head
    if not head.cells or "\0" in head.line or len(head.line) > LONGEST_LINE:
        fault = "is not a csv file with a header line" if head.size else "is empty"
        if len(head.line) > LONGEST_LINE and "\0" not in head.line:
            fault = f"has a header of {len(head.line):,} characters; GIAS's has 4,200"
        raise InputFileError(fault, where=str(path))
    return opened


def kind_of(path: Path) -> str | None:
    """Tell which GIAS file a table is, by the columns in its header; None where it is none."""
    opened = open_table(
        path,
        lambda cells: kind_of_header(cells) is not None,
        member=_member(path, "register"),
        limit=MOST_BYTES,
        whole=False,
    )
    return kind_of_header(opened.head.cells)


def nearly(path: Path, kind: Kind) -> bool:
    """Whether a table has some of the columns of a GIAS file, if not all that are needed."""
    member = _member(path, kind)
    opened = open_table(
        path, lambda c: is_header(c, kind), member=member, limit=MOST_BYTES, whole=False
    )
    return is_header(opened.head.cells, kind)


def check_size(path: Path, kind: Kind) -> None:
    """Refuse a file that is far too large to be what it should be, before it is even hashed."""
    try:
        size = parted(path)[0].stat().st_size
    except (OSError, ValueError):  # opening it says what is wrong
        return
    if size > MOST_BYTES:
        raise InputFileError(
            f"has {size:,} bytes; no {FILES[kind].stem} file has more than {MOST_BYTES:,}",
            where=str(path),
            fix="for other tables of points use: geolls assign FILE",
        )


def _member(path: Path, kind: Kind) -> str | None:
    """Choose the csv in a zip: the only one, or the one named as GIAS names this kind."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [i.filename for i in archive.infolist() if not i.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None  # open_bounded says what is wrong, or that it is no zip at all
    if set(names) & set(BOOKS):
        return None  # a workbook is read, or named, as one
    found = [n for n in names if n.casefold().endswith(".csv") and not n.startswith("__MACOSX/")]
    stem = FILES[kind].stem
    named = [n for n in found if re.split(r"[/\\]", n)[-1].casefold().startswith(stem)]
    chosen = named if len(found) > 1 else found
    if len(chosen) != 1:
        raise InputFileError(
            f"the zip holds {len(found) or 'no'} csv files, {len(named) or 'none'} of them {stem}",
            where=str(path),
            fix=f"unpack it and give the file itself ({', '.join(names[:3])})",
        )
    return chosen[0]
