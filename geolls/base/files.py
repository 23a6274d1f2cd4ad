"""The one room that writes: whole files or none, under safe names."""

from __future__ import annotations

import contextlib
import difflib
import errno
import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from geolls.base.errors import InputFileError, OutputError
from geolls.base.text import suggest

__all__ = [
    "missing",
    "process_alive",
    "refusal",
    "safe_cell",
    "safe_name",
    "sha256",
    "sweep",
    "unreadable",
    "write_bytes",
    "write_text",
    "writing",
]

# ---- writing -------------------------------------------------------------------------------

_PART = re.compile(r"\.geolls-(\d+)-[0-9a-f]{12}-")

_WHY: Final = {
    errno.ENOSPC: ("the disk is full", "free some space or write elsewhere"),
    errno.EDQUOT: ("the disk quota is used up", "free some space or write elsewhere"),
    errno.EFBIG: ("the file is larger than this disk or account allows", "write elsewhere"),
    errno.EROFS: ("the disk is read-only", "write elsewhere"),
    errno.EACCES: ("may not be written", "choose a folder you may write to"),
    errno.EPERM: ("may not be written", "choose a folder you may write to"),
    errno.EISDIR: ("is a folder, not a file", "give a file name"),
    errno.ENOTDIR: ("a part of this path is a file, not a folder", "choose another path"),
    errno.EEXIST: ("a part of this path is a file, not a folder", "choose another path"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter one"),
}

_NOT_READ: Final[dict[type[Exception], str]] = {
    IsADirectoryError: "is a folder, not a file",
    PermissionError: "may not be read",
}


def refusal(error: OSError, path: Path) -> OutputError:
    """Say in one line why the system refused to write.

    Parameters
    ----------
    error : OSError
        What the system raised.
    path : pathlib.Path
        What was to be written.

    Returns
    -------
    OutputError
        To be raised from `error`.
    """
    why, fix = _WHY.get(error.errno or 0, (error.strerror or str(error), None))
    return OutputError(f"cannot write: {why}", where=str(path), fix=fix)


@contextlib.contextmanager
def writing(path: str | os.PathLike[str], *, durable: bool = True) -> Iterator[Path]:
    """Give a temporary path beside `path`; swap it in whole if the block ends well.

    For writers that want a path (parquet, GeoPackage, xlsx). The temporary file keeps the suffix,
    as writers choose their format by it.

    Parameters
    ----------
    path : path-like
        The file to write. Missing folders are made; a link is followed; a device or pipe
        (/dev/stdout) is written to, not replaced.
    durable : bool, default True
        Flush to the disk before the swap, so that a power cut leaves the old or the new file.
        A killed process leaves one of the two in any case.

    Yields
    ------
    pathlib.Path
        A path in the same folder, not yet there, to write to.

    Raises
    ------
    OutputError
        The disk is full or read-only, the folder may not be written, or the path is a folder.
    """
    import shutil
    import tempfile

    target = Path(path)
    if "\0" in str(target):
        raise OutputError("cannot write: the name holds a NUL character", where=str(target))
    part: Path | None = None
    try:
        swap = target.parent != Path("/dev") and (target.is_file() or not target.exists())
        target = target.resolve() if swap and target.is_symlink() else target
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a folder", str(target))
        folder = target.parent if swap else Path(tempfile.gettempdir())
        folder.mkdir(parents=True, exist_ok=True)
        suffix = "".join(target.suffixes[-2:])[-20:]
        part = folder / f".geolls-{os.getpid()}-{os.urandom(6).hex()}-part{suffix}"
        yield part
        if durable:
            with part.open("rb+") as handle:
                os.fsync(handle.fileno())
        if swap:
            os.replace(part, target)  # noqa: PTH105  (Path.replace says less on failure)
        else:
            with part.open("rb") as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink)
    except OSError as error:
        # An error about some other file is its reader's to explain.
        about = {None, str(part), str(target), str(target.parent)}
        if error.filename is not None and str(error.filename) not in about:
            raise
        if isinstance(error, BrokenPipeError):
            raise
        raise refusal(error, target) from error
    finally:
        if part is not None:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


def write_bytes(path: str | os.PathLike[str], data: bytes, *, durable: bool = True) -> Path:
    """Write `data` to `path`, whole or not at all.

    Parameters
    ----------
    path : path-like
        The file to write.
    data : bytes
        Its content.
    durable : bool, default True
        As in `writing`.

    Returns
    -------
    pathlib.Path
        `path`.

    Raises
    ------
    OutputError
        As `writing`.
    """
    with writing(path, durable=durable) as part:
        part.write_bytes(data)
    return Path(path)


def write_text(path: str | os.PathLike[str], text: str, *, durable: bool = True) -> Path:
    """Write `text` as UTF-8 with its line ends as they are, whole or not at all.

    Parameters
    ----------
    path : path-like
        The file to write.
    text : str
        Its content. A lone surrogate, which UTF-8 cannot hold, becomes U+FFFD.
    durable : bool, default True
        As in `writing`.

    Returns
    -------
    pathlib.Path
        `path`.

    Raises
    ------
    OutputError
        As `writing`.
    """
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return write_bytes(path, whole.encode(), durable=durable)


def sweep(folder: str | os.PathLike[str]) -> int:
    """Remove the temporary files that killed writers left in a folder; a living writer's stay.

    Parameters
    ----------
    folder : path-like
        Searched with all folders below it.

    Returns
    -------
    int
        How many were removed.
    """
    removed = 0
    for part in Path(folder).rglob(".geolls-*"):
        match = _PART.match(part.name)
        if match and not process_alive(int(match[1])):
            with contextlib.suppress(OSError):
                part.unlink()
                removed += 1
    return removed


def process_alive(pid: int) -> bool:
    """Whether a process of this machine runs.

    Parameters
    ----------
    pid : int
        Its number.

    Returns
    -------
    bool
        True also where that cannot be asked safely.
    """
    if os.name == "nt":  # signal 0 would end the process there
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def unreadable(error: Exception, path: Path) -> InputFileError:
    """Say in one line why a file cannot be read.

    Parameters
    ----------
    error : Exception
        What opening or reading it raised.
    path : pathlib.Path
        The file.

    Returns
    -------
    InputFileError
        To be raised from `error`.
    """
    if isinstance(error, FileNotFoundError):
        return missing(path)
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return InputFileError(_NOT_READ.get(type(error), f"cannot be read ({reason})"), where=str(path))


def missing(path: Path, otherwise: str = "") -> InputFileError:
    """Say that there is no such file, what its folder has of a like name, or where it was sought.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    otherwise : str, optional
        What may be given in its place.

    Returns
    -------
    InputFileError
        To be raised.
    """
    folder = path.resolve().parent
    there, sought = list[str](), f"looked in {folder}"
    try:
        there = sorted(p.name for p in folder.iterdir())
    except PermissionError:
        sought = f"the folder {folder} may not be read"
    except OSError:
        sought = f"there is no folder {folder}"
    like = [name for name in there if _alike(name, path.name)]
    fix = "; ".join(filter(None, (suggest(path.name, like) or sought, otherwise)))
    return InputFileError("no such file", where=str(path), fix=fix)


def _alike(name: str, asked: str) -> bool:
    """Whether a file may be meant by a name: most of its letters are the same, in order."""
    one, other = (Path(text).stem.casefold() for text in (name, asked))
    return difflib.SequenceMatcher(None, one, other).ratio() > 0.75


def sha256(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file, in hex.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    InputFileError
        The file cannot be read.
    """
    try:
        with Path(path).open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except (OSError, ValueError) as error:
        raise unreadable(error, Path(path)) from error


# ---- names and cells -----------------------------------------------------------------------

_LONGEST: Final = 60
_GSS = re.compile(r"[A-Z][0-9]{8}")
_PLAIN = re.compile(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?")
_HASHED = re.compile(r".*-[0-9a-f]{10}")
_RESERVED = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")  # devices, on Windows
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_FORMULA = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"  # the wide forms are read as well
_SUSPECT = _FORMULA + " "


def safe_name(text: str) -> str:
    """Make a file name (no suffix) of any text: harmless, bounded, different for different texts.

    Parameters
    ----------
    text : str
        A code or a name, as hostile as it likes.

    Returns
    -------
    str
        At most 60 characters: `text` itself where it is a GSS code or plain lower-case text
        already; else its letters and digits in lower case, and ten hexadecimal digits of its
        SHA-256.

    Notes
    -----
    Names that differ only in case are one file on some disks: hence lower case. A name that ends
    as a hash does, or that Windows keeps for a device, is hashed again.

    Examples
    --------
    >>> safe_name("E08000035"), safe_name("teaching_school_hub")
    ('E08000035', 'teaching_school_hub')
    >>> safe_name("../../etc/passwd")
    'etc-passwd-3754d6cb3a'
    """
    as_is = _GSS.fullmatch(text) or (
        _PLAIN.fullmatch(text)
        and len(text) <= _LONGEST
        and not _GSS.fullmatch(text.upper())
        and not _HASHED.fullmatch(text)
        and not _RESERVED.fullmatch(text)
    )
    if as_is:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    ascii_ = unicodedata.normalize("NFKD", text[: 4 * _LONGEST]).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_.lower())[: _LONGEST - 11].strip("-")
    return f"{slug or 'name'}-{digest}"


def safe_cell(text: str) -> str:
    r"""Make a text harmless in a spreadsheet cell: never a formula, never a control character.

    Parameters
    ----------
    text : str
        The text of one cell.

    Returns
    -------
    str
        `text`; with an apostrophe before it where a spreadsheet would take it for a formula and
        it is not a plain number; control characters as U+FFFD.

    Examples
    --------
    >>> safe_cell('=HYPERLINK("http://x")'), safe_cell("-1.5"), safe_cell("Leeds")
    ('\'=HYPERLINK("http://x")', '-1.5', 'Leeds')
    """
    if text.isprintable() and text[:1] not in _SUSPECT:
        return text
    clean = _CONTROL.sub("\ufffd", text)
    # Some spreadsheets skip leading spaces before they look for a formula.
    first = clean.lstrip(" \u00a0")[:1]
    if first and first in _FORMULA and not _NUMBER.fullmatch(clean):
        return "'" + clean
    return clean
