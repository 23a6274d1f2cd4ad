"""Files from elsewhere, read within bounds: no archive unpacks without end, no map is a script."""

from __future__ import annotations

import atexit
import codecs
import gzip
import io
import os
import re
import shutil
import stat
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from tempfile import mkdtemp
from typing import IO, TYPE_CHECKING, Final

from geolls.base.errors import InputFileError, first_line
from geolls.base.files import unreadable
from geolls.base.text import suggest

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = [
    "BOOKS",
    "FLOOR",
    "RATIO",
    "check_vector",
    "encoding_of",
    "open_bounded",
    "read_vector",
    "unpacked",
    "vector_layers",
]

GIB: Final = 1024**3
FLOOR = GIB // 4
"""Every archive may unpack to this much ..."""
RATIO = 200
"""... or to this many times its own size; csv packs 5 to 40 times."""

_STARTS: Final = {
    ".geojson": b"{",
    ".json": b"{",
    ".gpkg": b"SQLite format 3\0",
    ".shp": b"\x00\x00\x27\x0a",
    ".fgb": b"fgb\x03fgb",
    ".parquet": b"PAR1",
}
#: What lies in the zip that a spreadsheet is.
BOOKS: Final = {
    "xl/workbook.xml": "an Excel workbook",
    "xl/workbook.bin": "a binary Excel workbook (.xlsb)",
    "content.xml": "an OpenDocument spreadsheet (.ods)",
    "Index/Document.iwa": "a Numbers spreadsheet",
}
# What systems put beside the files of a user.
_ASIDE = re.compile(r"(^|/)(__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)")


class _Bounded(io.RawIOBase):
    """A stream that ends in an InputFileError where it would grow past its bound or is broken."""

    def __init__(
        self, source: IO[bytes] | gzip.GzipFile, owner: IO[bytes], path: Path, limit: int
    ) -> None:
        self._source, self._owner, self._path, self._limit = source, owner, path, limit
        self._left = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data = self._source.read(len(buffer))
        except (zlib.error, EOFError, zipfile.BadZipFile, NotImplementedError, OSError) as error:
            raise InputFileError(
                f"the compressed file is damaged or cut short ({error or type(error).__name__})",
                where=str(self._path),
                fix="download it again",
            ) from error
        self._left -= len(data)
        if self._left < 0:
            raise InputFileError(
                f"unpacks to more than {self._limit:,} bytes, which no such file should",
                where=str(self._path),
                fix="check where it came from; unpack it yourself if you trust it",
            )
        buffer[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        return b"".join(iter(lambda: self.read(1 << 20) or b"", b""))

    def close(self) -> None:
        if not self.closed:
            self._source.close()
            self._owner.close()
        super().close()


def open_bounded(
    path: str | os.PathLike[str], *, member: str | None = None, limit: int = 16 * GIB
) -> io.BufferedReader:
    """Open a plain, gzip or zip file (told by content, not by name) as one bounded byte stream.

    Parameters
    ----------
    path : path-like
        The file.
    member : str, optional
        For a zip: the name of the member, or its ending (".csv"). Without it the zip must hold
        one file, or one table. Members are read in place, never unpacked to a path of their
        choosing.
    limit : int, default 16 GiB
        The most bytes the stream may yield. An archive may yield no more than 200 times its own
        size (but always 256 MiB).

    Returns
    -------
    io.BufferedReader
        To be closed by the caller.

    Raises
    ------
    InputFileError
        The file is missing, not readable, locked, damaged, lacks the member, or, while it is
        read, grows past its bound or proves to be cut short.
    """
    place = Path(path)
    try:
        owner = place.open("rb")
    except (OSError, ValueError) as error:
        raise unreadable(error, place) from error
    try:
        info = os.fstat(owner.fileno())
        magic = b""
        if stat.S_ISREG(info.st_mode):  # a pipe cannot be rewound
            magic = owner.read(4)
            owner.seek(0)
        source: IO[bytes] | gzip.GzipFile = owner
        if magic == b"\xd0\xcf\x11\xe0":
            raise _workbook(place, "an old Excel workbook (.xls), or has a password")
        if magic[:2] == b"\x1f\x8b":
            source = gzip.GzipFile(fileobj=owner, mode="rb")
        elif magic in (b"PK\x03\x04", b"PK\x05\x06"):
            source = _zip_member(owner, place, member)
        if source is not owner:
            limit = min(limit, max(FLOOR, RATIO * info.st_size))
    except BaseException:
        owner.close()
        raise
    return io.BufferedReader(_Bounded(source, owner, place, limit), 1 << 18)


def _workbook(path: Path, kind: str) -> InputFileError:
    return InputFileError(
        f"is {kind}, whatever its name ends in",
        where=str(path),
        fix="open it and save the sheet as CSV UTF-8, or as .xlsx",
    )


def _zip_member(owner: IO[bytes], path: Path, member: str | None) -> IO[bytes]:
    """Open the one member of a zip that `member` names."""
    try:
        archive = zipfile.ZipFile(owner)
        names = [i.filename for i in archive.infolist() if not i.is_dir()]
        names = [n for n in names if not _ASIDE.search(n)]
        for sign, kind in BOOKS.items():
            if sign in names:
                raise _workbook(path, kind)
        ending = (member or "").casefold()
        fits = [n for n in names if n == member]
        fits = fits or [n for n in names if n.casefold().endswith(ending)]
        if not member and len(fits) > 1:  # a table, and words about it
            fits = [n for n in names if n.casefold().endswith((".csv", ".tsv"))] or fits
        if len(fits) != 1:
            what = f"{len(fits)} files" if fits else "no file"
            asked = f" ending in {member}" if member else ""
            raise InputFileError(
                f"the zip holds {what}{asked}; one is needed",
                where=str(path),
                fix=suggest(member or "", names) or "unpack it and give the file itself",
            )
        return archive.open(fits[0])
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        locked = isinstance(error, RuntimeError) and "password" in str(error)
        raise InputFileError(
            "the zip is locked with a password" if locked else f"the zip is damaged ({error})",
            where=str(path),
            fix="unpack it yourself" if locked else "download it again",
        ) from error


def encoding_of(data: bytes) -> str:
    """Tell how text from elsewhere is encoded, by evidence.

    Parameters
    ----------
    data : bytes
        All of it.

    Returns
    -------
    str
        utf-8-sig, utf-16 or utf-32 where a byte order mark says so; utf-16 without one where
        nearly every second byte is zero, as in Latin text; else utf-8 if it is that, else cp1252,
        in which spreadsheets on Windows still save.
    """
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = data[:256]
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = start[first::2]
        if len(start) > 7 and half.count(0) > 0.7 * len(half) and all(start[1 - first :: 2]):
            return encoding
    try:
        data.decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8"


def check_vector(path: str | os.PathLike[str]) -> None:
    """Check that a file of shapes begins as its suffix says, before a driver is let near it.

    GDAL believes content, not names: a recipe (VRT) named areas.gpkg would lead it to other
    files and to the network.

    Parameters
    ----------
    path : path-like
        .geojson, .json, .gpkg, .shp, .fgb or .parquet.

    Raises
    ------
    InputFileError
        The file is missing, of another kind, or not what its suffix says.
    """
    place = Path(path)
    start = _STARTS.get(place.suffix.lower())
    if start is None:
        raise InputFileError(
            "is of a kind that is not read", where=str(place), fix=f"one of {', '.join(_STARTS)}"
        )
    try:
        with place.open("rb") as handle:
            head = handle.read(4096)
    except (OSError, ValueError) as error:
        raise unreadable(error, place) from error
    if start == b"{":  # text may begin with a byte order mark and blanks
        head = head.removeprefix(b"\xef\xbb\xbf")
        head = head.decode(encoding_of(head), "replace").lstrip("\ufeff \t\r\n").encode()
    if not head.startswith(start):
        raise InputFileError(f"is not a {place.suffix[1:]} file", where=str(place))


def read_vector(path: Path, layer: str | None = None) -> DataFrame:
    """Read a file of shapes whose content is what its suffix says.

    Parameters
    ----------
    path : pathlib.Path
        As for `check_vector`, or a zip that holds one such file, as the portals give it.
    layer : str, optional
        Which layer, where the file holds several.

    Returns
    -------
    pandas.DataFrame
        A GeoDataFrame; a plain table where the file holds no geometry.

    Raises
    ------
    InputFileError
        As `check_vector`, or the file is damaged.
    """
    import geopandas as gpd

    source: Path | str | io.BytesIO = path
    options = {"layer": layer} if layer else {}
    if path.suffix.lower() == ".zip":
        name = _shapes_in(path)
        source = f"/vsizip/{path.resolve()}/{name}"
        with zipfile.ZipFile(path) as archive:
            options |= _words_in({n: partial(archive.read, n) for n in archive.namelist()}, name)
    else:
        check_vector(path)
        if path.suffix.lower() == ".shp":
            options |= _words_in({p.name: p.read_bytes for p in path.parent.iterdir()}, path.name)
    try:
        if path.suffix.lower() in (".geojson", ".json"):
            source = _in_utf8(path)
        with warnings.catch_warnings(action="ignore"):  # GDAL's asides
            parquet = path.suffix.lower() == ".parquet"
            table: DataFrame = (
                gpd.read_parquet(path) if parquet else gpd.read_file(source, **options)
            )
            return table
    except Exception as error:  # pyogrio, pyarrow and GDAL each raise their own
        raise InputFileError(
            f"cannot be read as polygons ({first_line(error)})", where=str(path)
        ) from error


def _in_utf8(path: Path) -> Path | io.BytesIO:
    """Return text as the driver reads it: what is UTF-16 or UTF-32 is turned, the rest is not."""
    with path.open("rb") as stream:
        encoding = encoding_of(stream.read(256))
        if not encoding.startswith(("utf-16", "utf-32")):
            return path
        return io.BytesIO(path.read_bytes().decode(encoding).removeprefix("\ufeff").encode())


def _words_in(files: Mapping[str, Callable[[], bytes]], shapes: str) -> dict[str, str]:
    """Tell how the words beside a shapefile are encoded, by evidence: what says so is often wrong.

    Another code page than UTF-8 and those of the West stands where the .cpg says so.
    """
    beside = {n.casefold(): read for n, read in files.items()}
    stem = shapes.casefold().removesuffix(".shp")
    table, said = (beside.get(stem + ending, bytes)() for ending in (".dbf", ".cpg"))
    records = table[int.from_bytes(table[8:10], "little") :]
    if records.isascii() or stem + ".shp" != shapes.casefold():
        return {}
    found = encoding_of(records)
    western = re.fullmatch(rb"(|.*(utf|1252|8859-?1|latin).*)", said.strip().lower())
    return {"encoding": found} if found == "utf-8" or western else {}


def _shapes_in(path: Path) -> str:
    """Return the one file of shapes in a zip, whose content is what its suffix says."""
    ends = {k: v for k, v in _STARTS.items() if k not in (".json", ".parquet")}
    try:
        with zipfile.ZipFile(path) as archive:
            held = [i for i in archive.infolist() if not _ASIDE.search(i.filename)]
            infos = [i for i in held if Path(i.filename).suffix.lower() in ends]
            if len(infos) != 1:
                raise InputFileError(
                    f"the zip holds {len(infos) or 'no'} files of shapes; one is needed",
                    where=str(path),
                    fix="unpack it and give the file itself",
                )
            name = infos[0].filename
            unpacked = sum(i.file_size for i in archive.infolist())
            if unpacked > max(FLOOR, RATIO * path.stat().st_size):
                raise InputFileError("unpacks to more than such a file should", where=str(path))
            with archive.open(name) as member:
                start = member.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise InputFileError(f"the zip is damaged ({error})", where=str(path)) from error
    if not start.startswith(ends[Path(name).suffix.lower()]):
        raise InputFileError(f"{name} is not what its name says", where=str(path))
    return name


def unpacked(path: Path) -> Path:
    """Unpack a zip of small files into a folder of its name, which goes when the process ends.

    Parameters
    ----------
    path : pathlib.Path
        A zip. Names in it that lead out of the folder are kept inside.

    Raises
    ------
    InputFileError
        The file is missing, no zip, damaged, locked, or unpacks to more than it should.
    """
    try:
        info = path.stat()
        return _unpacked(path.resolve(), info.st_size, info.st_mtime_ns)
    except FileNotFoundError as error:
        raise unreadable(error, path) from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise InputFileError(f"the zip is damaged ({error})", where=str(path)) from error


@cache
def _unpacked(path: Path, size: int, _: int) -> Path:
    with zipfile.ZipFile(path) as archive:
        held = [i for i in archive.infolist() if not _ASIDE.search(i.filename)]
        if sum(i.file_size for i in held) > max(FLOOR, RATIO * size):
            raise InputFileError("unpacks to more than such a file should", where=str(path))
        above = mkdtemp(prefix="geolls-")
        atexit.register(shutil.rmtree, above, ignore_errors=True)
        folder = Path(above) / path.stem
        archive.extractall(folder, held)
    return folder


def vector_layers(path: Path) -> list[str]:
    """Return the names of the layers with shapes in a file of several, in its order.

    Parameters
    ----------
    path : pathlib.Path
        As for `check_vector`.

    Returns
    -------
    list of str
        Empty for a kind of file that holds one, and where none can be read.
    """
    if path.suffix.lower() != ".gpkg":
        return []
    import pyogrio

    check_vector(path)
    try:
        return [str(name) for name, shapes in pyogrio.list_layers(path) if shapes]
    except Exception:  # reading it says what is wrong
        return []
