"""Open a GIAS file: csv, gzip or zip, in the encoding its bytes show; given back as UTF-8."""

from __future__ import annotations

import codecs
import re
import zipfile
from pathlib import Path
from typing import Final

from geolls.base.archives import encoding_of, open_bounded
from geolls.base.errors import InputFileError
from geolls.register.columns import FILES, Kind

__all__ = ["LONGEST_LINE", "MOST_BYTES", "check_size", "open_text"]

#: A whole register has about 60 MB, and 50,000 rows.
MOST_BYTES: Final = 512 << 20
#: Characters of a header line; GIAS's has 4,200.
LONGEST_LINE: Final = 100_000


def open_text(path: Path, kind: Kind) -> tuple[str, bytes, str]:
    """Read a csv file, packed or not.

    Parameters
    ----------
    path : pathlib.Path
        csv, csv.gz or a zip that holds it, of at most `MOST_BYTES` unpacked.
    kind : str
        Which of the GIAS files is wanted: a zip may hold several.

    Returns
    -------
    tuple of str, bytes and str
        The header line; all that follows it, in UTF-8; the encoding of the file, by evidence: a
        byte order mark, else UTF-8 if the bytes are valid UTF-8, else cp1252.

    Raises
    ------
    InputFileError
        The file is missing, damaged, too large, or no csv file.
    """
    check_size(path, kind)
    with open_bounded(path, member=_member(path, kind), limit=MOST_BYTES) as stream:
        data, encoding = _as_utf8(stream.read())
    end = re.search(rb"[\r\n]|$", data[:LONGEST_LINE])
    line = data[: end.start() if end else 0]
    header = line.decode("utf-8", "replace").strip()
    if not header or "\0" in header or len(line) == LONGEST_LINE:
        fault = "is not a csv file with a header line" if data else "is empty"
        raise InputFileError(fault, where=str(path))
    return header, data[len(line) :], encoding


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


def _as_utf8(data: bytes) -> tuple[bytes, str]:
    """Write text in UTF-8; say what it was in."""
    found = encoding_of(data)
    bare = data.removeprefix(codecs.BOM_UTF8)
    if found == "utf-8-sig":
        return bare, "utf-8 with a byte order mark"
    return bare if found == "utf-8" else bare.decode(found, "replace").encode(), found
