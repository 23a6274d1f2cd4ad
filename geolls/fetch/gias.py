"""The register of schools into the data folder: fetched, verified, and put in place whole.

What is fetched, from where and how large it may be is data: `boundaries/sources.toml`.
"""

from __future__ import annotations

import codecs
import csv
import errno
import io
import os
import re
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from geolls.base.archives import encoding_of, open_bounded
from geolls.base.errors import InputFileError, UsageError
from geolls.base.files import process_alive, refusal, sha256, writing
from geolls.base.text import day_in, nearest
from geolls.fetch.kept import Register, data_folder, register_in, write_manifest
from geolls.fetch.sources import File, Gias, Sources, is_address, load_sources, or_by_hand
from geolls.fetch.web import NotThereError, Progress, RefusedError, Web

__all__ = ["fetch_gias"]

Facts = dict[str, Any]
"""What is known of one file: its key, name, url, bytes, rows and the like."""


def fetch_gias(
    data: str | os.PathLike[str] | None = None,
    day: date | None = None,
    source: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    *,
    web: Web | None = None,
    sources: Sources | None = None,
) -> Register:
    """Fetch the day's register; where it is not out yet, the newest of the ten days before.

    Parameters
    ----------
    data : path-like, optional
        The data folder; see `data_folder`. The files go to `gias/YYYY-MM-DD` in it.
    day : datetime.date, optional
        The day wanted; default today.
    source : str or path-like, optional
        Address of a mirror, or a folder of files downloaded by hand (csv, csv.gz, or the zip
        the register's download page gives).
    progress : callable, optional
        Called with a file name, bytes so far and all bytes where known.
    web : Web, optional
        How to fetch.
    sources : Sources, optional
        In place of `load_sources()`.

    Returns
    -------
    Register
        The files, in place; those that were there already are not fetched again.

    Raises
    ------
    InputFileError
        No network, nothing there, or what came is not the register: a web page, another schema,
        too few rows, cut short. What was in the data folder stays.
    OutputError
        The data folder cannot be written.
    UsageError
        The source is neither an address nor a folder.

    Notes
    -----
    Files are streamed into a folder of their own, verified there, and appear in place together
    by one rename. A fetch that was broken off is carried on from where it stopped.

    Source: Department for Education, Get Information about Schools.
    """
    service = (sources or load_sources()).gias
    folder = data_folder(data)
    today = date.today()
    if source is None or is_address(source):
        web = (web or Web()).trusting(service.allow_hosts, progress)
        with or_by_hand("the register's csv files", service, folder):
            return _from_web(service, folder, day or today, str(source or service.base), web)
    with or_by_hand("the register's csv files", service, folder, NotThereError):
        return _from_folder(service, folder, day if day != today else None, Path(source))


def _from_web(service: Gias, folder: Path, day: date, base: str, web: Web) -> Register:
    """Walk back from `day` to the newest day the service has."""
    web.check(base)
    base = f"{base.rstrip('/')}/"
    first, *others = service.file
    notes: list[str] = []
    failed: InputFileError = NotThereError("no day was asked for", where=base)
    for back in range(service.days_back + 1):
        at = day - timedelta(days=back)
        final = folder / "gias" / at.isoformat()
        if final.is_dir():
            return register_in(final)
        part = _part_folder(final)
        try:
            got = [_fetched(first, at, base, part, web)]
        except (NotThereError, RefusedError) as error:
            with suppress(OSError):
                part.rmdir()  # only an empty one
            notes.append(f"{at}: {error.message}")
            # A server in trouble is asked for two days; one that lacks a day for all of them.
            if isinstance(error, RefusedError) and isinstance(failed, RefusedError):
                raise
            failed = error
            continue
        for item in others:
            try:
                got.append(_fetched(item, at, base, part, web))
            except NotThereError as error:
                notes.append(f"{item.names[0].format(day='')}: {error.message}")
        return _settled(part, final, got, notes, service)
    raise NotThereError(
        f"no register of {day} or the {service.days_back} days before ({failed.message})",
        where=failed.where,
    ) from failed


def _fetched(item: File, day: date, base: str, part: Path, web: Web) -> Facts:
    """Fetch one file under the first of its names that the service knows."""
    absent = NotThereError("it has no name", where=base)
    for name in (name.format(day=f"{day:%Y%m%d}") for name in item.names):
        try:
            facts = web.download(base + name, part / name, limit=item.bytes)
            return _sound(item, part / name, facts)
        except NotThereError as error:
            absent = error
    raise absent


def _sound(item: File, path: Path, facts: Facts) -> Facts:
    """Verify a file that came in, and hash it; nothing stays of one that is not sound."""
    try:
        found = _verified(path, item, sized=facts["sized"])
    except InputFileError:
        path.unlink()
        raise
    return {"key": item.key, **facts, **found, "sha256": sha256(path)}


# ---- a folder per day, in place whole


def _part_folder(final: Path) -> Path:
    """Return this process's own folder for an unfinished day, taking over a dead process's."""
    mine = final.with_name(f".part-{final.name}-{os.getpid()}")
    try:
        for left in sorted(final.parent.glob(f".part-{final.name}-*")):
            if _abandoned(left) and not mine.exists():
                with suppress(OSError):  # another process may take it first
                    left.rename(mine)
        mine.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refusal(error, mine) from error
    return mine


def _abandoned(part: Path) -> bool:
    """Tell whether the process that an unfinished folder is named after has ended."""
    pid = part.name.rpartition("-")[2]
    return pid.isdigit() and not process_alive(int(pid))


def _settled(
    part: Path, final: Path, files: Sequence[Facts], notes: Sequence[str], service: Gias
) -> Register:
    """Write the manifest, rename the whole folder into place, clear what was broken off."""
    kept = {f["name"] for f in files}
    for left in part.iterdir():  # of an earlier, broken-off try
        if left.name not in kept:
            left.unlink()
    write_manifest(part / "manifest.json", service, notes, day=final.name, files=files)
    try:
        part.rename(final)
    except OSError as error:
        # Another process may have finished the same day first.
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or not final.is_dir():
            raise refusal(error, final) from error
        shutil.rmtree(part)
    for left in final.parent.glob(".part-*"):
        if _abandoned(left) or left.name.endswith(f"-{os.getpid()}"):
            shutil.rmtree(left, ignore_errors=True)
    return register_in(final)


# ---- from a folder


class Offer(NamedTuple):
    """A csv that a user downloaded: its bare name, the file it is in, its name in a zip."""

    name: str
    path: Path
    member: str | None

    @property
    def day(self) -> date | None:
        """The day in its name."""
        return day_in(self.name, months=False)


def _from_folder(service: Gias, folder: Path, day: date | None, source: Path) -> Register:
    """Take files downloaded by hand, each copied, verified and kept by its day."""
    if not source.is_dir():
        raise UsageError(
            "neither a web address nor a folder", where=str(source), fix="give a folder"
        )
    offers = list(_offers(source))
    best = _best(service.file[0], offers, day)
    if best is None:
        raise InputFileError(
            "holds no file named edubasealldataYYYYMMDD.csv", where=str(source), fix=service.page
        )
    at = best.day or day or date.today()
    final = folder / "gias" / at.isoformat()
    if final.is_dir():
        return register_in(final)
    part = _part_folder(final)
    notes = [] if best.day else [f"{best.name} bears no date: taken as of {at}"]
    got = []
    for item in service.file:
        if offer := _best(item, offers, at):
            got.append(_copied(item, offer, part))
        else:
            notes.append(f"{item.names[0].format(day='')}: not in the folder")
    return _settled(part, final, got, notes, service)


def _offers(folder: Path) -> Iterator[Offer]:
    """Yield every csv in a folder, in the open, gzipped or in a zip."""
    for path in sorted(p for p in folder.iterdir() if p.is_file()):
        lower = path.name.lower()
        if lower.endswith((".csv", ".csv.gz")):
            yield Offer(path.name.removesuffix(".gz"), path, None)
        elif lower.endswith(".zip"):
            try:
                with zipfile.ZipFile(path) as archive:
                    members = archive.namelist()
            except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
                raise InputFileError(f"the zip is damaged ({error})", where=str(path)) from error
            for member in members:
                if member.lower().endswith(".csv"):
                    yield Offer(re.split(r"[/\\]", member)[-1], path, member)


def _best(item: File, offers: Sequence[Offer], day: date | None) -> Offer | None:
    """Return the offer for one file: of that day, else undated, else the newest."""
    stem = item.names[0].partition("{")[0]
    mine = [o for o in offers if re.fullmatch(rf"{stem}[-_\w]*\.csv", o.name, re.ASCII)]
    return max(
        mine,
        key=lambda o: (o.day is not None and o.day == day, o.day is None, o.day or date.min),
        default=None,
    )


def _copied(item: File, offer: Offer, part: Path) -> Facts:
    """Copy one offered file into the unfinished folder and verify it."""
    path = part / re.sub(r"[^\w.-]", "_", offer.name, flags=re.ASCII)[-100:]
    try:
        with (
            open_bounded(offer.path, member=offer.member, limit=item.bytes) as stream,
            writing(path) as half,
            half.open("wb") as sink,
        ):
            shutil.copyfileobj(stream, sink, 1 << 20)
        return _sound(item, path, {"url": None, "bytes": path.stat().st_size, "sized": True})
    except InputFileError as error:
        raise type(error)(error.message, where=str(offer.path), fix=error.fix) from error


# ---- is it what it should be


def _folded(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", heading.casefold()).strip("_")


def _verified(path: Path, item: File, *, sized: bool) -> Facts:
    """Read a csv once through; raise unless it can be the file that `item` describes.

    `sized` says that nothing can be missing at the end: then a last line without a line end
    is only untidy.
    """
    where = path.name
    data = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    head = data[:4096]
    if head.lstrip()[:1] in (b"<", b"{", b"["):
        raise NotThereError("a web page came instead of data", where=where)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in head:
        raise InputFileError("not a csv in UTF-8 or Windows-1252", where=where)
    encoding = encoding_of(data)
    rows = csv.reader(io.TextIOWrapper(io.BytesIO(data), encoding, "replace", newline=""))
    try:
        header = next(rows, [])
        widths = [len(row) for row in rows if row]
    except csv.Error as error:
        raise InputFileError(f"not a well-formed csv ({error})", where=where) from error
    folded = set(map(_folded, header))
    missing = [column for column in item.columns if _folded(column) not in folded]
    if missing:
        near = nearest(missing[0], header, 1)
        raise InputFileError(
            f"the columns have changed: no {', '.join(missing[:5])}"
            + (f" (there is {near[0][:80]})" if near else ""),
            where=where,
            fix="a newer geolls may know the new columns",
        )
    columns = len(header)
    if [columns, *widths][-1] != columns or not (sized or data.endswith((b"\n", b"\r"))):
        raise InputFileError(
            f"cut short in row {len(widths) + 1}", where=where, fix="fetch it again"
        )
    ragged = sum(width != columns for width in widths)
    if ragged * 100 > len(widths):
        raise InputFileError(
            f"{ragged:,} of {len(widths):,} rows do not have the {columns} columns of the header",
            where=where,
        )
    if len(widths) < item.rows:
        raise InputFileError(
            f"only {len(widths):,} rows, where all of England has at least {item.rows:,}",
            where=where,
            fix="fetch it again later; the service may be writing it",
        )
    return {
        "name": path.name,
        "rows": len(widths),
        "columns": columns,
        "ragged_rows": ragged,
        "encoding": encoding,
    }
