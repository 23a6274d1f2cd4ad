"""Open a GIAS file: csv, gzip or zip, in the encoding its bytes show; given back as UTF-8."""

from __future__ import annotations

import re
import zipfile
from functools import partial
from pathlib import Path
from typing import Final

from geolls.base.archives import open_bounded
from geolls.base.errors import InputFileError
from geolls.base.sheets import HEAD, Head, as_utf8, find_head
from geolls.register.columns import FILES, Kind, has_required, is_header

__all__ = ["LONGEST_LINE", "MOST_BYTES", "check_size", "kind_of", "open_text"]

#: A whole register has about 60 MB, and 50,000 rows.
MOST_BYTES: Final = 512 << 20
#: Characters of a header line; GIAS's has 4,200.
LONGEST_LINE: Final = 100_000


def open_text(path: Path, kind: Kind) -> tuple[Head, bytes, str]:
    """Read a csv file, packed or not.

    Parameters
    ----------
    path : pathlib.Path
        csv, csv.gz or a zip that holds it, of at most `MOST_BYTES` unpacked.
    kind : str
        Which of the GIAS files is wanted: a zip may hold several.

    Returns
    -------
    tuple of Head, bytes and str
        The header, wherever it stands and whatever parts its cells; all that follows it, in
        UTF-8; the encoding of the file, by evidence: see `encoding_of`.

    Raises
    ------
    InputFileError
        The file is missing, damaged, too large, or no csv file.
    """
    check_size(path, kind)
    with open_bounded(path, member=_member(path, kind), limit=MOST_BYTES) as stream:
        data, encoding = as_utf8(stream.read())
    head = find_head(data[:HEAD].decode("utf-8", "replace"), lambda cells: is_header(cells, kind))
    if not head.cells or "\0" in head.line or len(head.line) > LONGEST_LINE:
        fault = "is not a csv file with a header line" if data else "is empty"
        raise InputFileError(fault, where=str(path))
    return head, data[head.size :], encoding


def kind_of(path: Path) -> Kind | None:
    """Tell which GIAS file a csv is, by the columns in its header; None where it is none."""
    with open_bounded(path, member=_member(path, "register")) as stream:
        text = as_utf8(stream.read(HEAD))[0].decode("utf-8", "replace")
    kinds: tuple[Kind, ...] = ("register", "links", "successions")
    for kind in kinds:
        head = find_head(text, partial(has_required, kind=kind))
        if has_required(head.cells, kind):
            return kind
    return None


def check_size(path: Path, kind: Kind) -> None:
    """Refuse a file that is far too large to be what it should be, before it is even hashed."""
    try:
        size = path.stat().st_size
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
    if any(n.startswith("xl/workbook.") for n in names):
        return None  # a workbook: open_bounded names it
    found = [n for n in names if n.casefold().endswith(".csv") and not n.startswith("__MACOSX/")]
    stem = FILES[kind].stem
    named = [n for n in found if re.split(r"[/\\]", n)[-1].casefold().startswith(stem)]
    chosen = named if len(found) > 1 else found
    if len(chosen) != 1:
        raise InputFileError(
            f"the zip holds {len(found) or 'no'} csv files, {len(named) or 'none'} of them {stem}",
            where=str(path),
            fix="unpack it and give the file itself",
        )
    return chosen[0]
