"""The register of schools into the data folder: fetched, verified, and put in place whole.

What is fetched, from where and how large it may be is data: `boundaries/sources.toml`.
"""

from __future__ import annotations

import codecs
import csv
import errno
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from geolls.base.archives import open_bounded
from geolls.base.errors import InputFileError, UsageError
from geolls.base.files import process_alive, refusal, sha256, write_text, writing
from geolls.base.text import nearest
from geolls.fetch.ons import (
    Boundaries,
    NoneOfThatYearError,
    fetch_boundaries,
    fetched_boundaries,
)
from geolls.fetch.sources import Sources, by_hand, data_folder, guarded, is_address, load_sources
from geolls.fetch.web import NotThereError, Progress, RefusedError, Web

__all__ = [
    "Boundaries",
    "NoneOfThatYearError",
    "Register",
    "data_folder",
    "fetch_boundaries",
    "fetch_gias",
    "fetched_boundaries",
    "newest_register",
]

_DAY = re.compile(r"(20\d{2})-?([01]\d)-?([0-3]\d)")


@dataclass(frozen=True)
class Register:
    """One day's files of the register, as they lie in the data folder.

    Parameters
    ----------
    folder : pathlib.Path
        `gias/YYYY-MM-DD` in the data folder.
    day : datetime.date
        The day the files are of.
    register : pathlib.Path
        Every school: edubasealldata.
    links, groups, successions : pathlib.Path or None
        Group memberships (alllinksdata), groups (allgroupsdata), predecessors and successors
        (links_edubasealldata); None where the service had none.
    manifest : dict
        url, sha256, bytes, rows, encoding of each file, and when they were fetched.
    notes : tuple of str
        What a user should know: an earlier day was taken, a file is missing.
    """

    folder: Path
    day: date
    register: Path
    links: Path | None
    groups: Path | None
    successions: Path | None
    manifest: Mapping[str, Any]
    notes: tuple[str, ...] = ()


def newest_register(data: str | os.PathLike[str] | None = None) -> Register | None:
    """Return the newest register in the data folder, or None where none was fetched.

    Parameters
    ----------
    data : path-like, optional
        The data folder; see `data_folder`.

    Returns
    -------
    Register or None
        The newest day's files.

    Raises
    ------
    InputFileError
        The newest day's folder is damaged: a file is missing or not of the size it had.
    """
    root = data_folder(data) / "gias"
    try:
        names = sorted((p.name for p in root.iterdir()), reverse=True)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise InputFileError(
            f"the data folder cannot be read ({error.strerror})", where=str(root)
        ) from error
    days = [name for name in names if _DAY.fullmatch(name) and len(name) == 10]
    return _register(root / days[0]) if days else None


def _register(folder: Path) -> Register:
    """Read one day's folder."""
    place = folder / "manifest.json"
    fix = "remove the folder and run: geolls fetch gias"
    try:
        manifest = json.loads(place.read_text(encoding="utf-8"))
        day = date.fromisoformat(manifest["day"])
        paths = {f["key"]: folder / Path(f["name"]).name for f in manifest["files"]}
        sizes = {f["key"]: int(f["bytes"]) for f in manifest["files"]}
        notes = tuple(str(n) for n in manifest["notes"])
        register = paths["register"]
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise InputFileError(
            f"the manifest of a fetched register is damaged ({error})", where=str(place), fix=fix
        ) from error
    for key, path in paths.items():
        try:
            changed = not path.is_file() or path.stat().st_size != sizes[key]
        except OSError:  # a name that no disk takes
            changed = True
        if changed:
            raise InputFileError("changed since it was fetched", where=str(path), fix=fix)
    links, groups, successions = (paths.get(k) for k in ("links", "groups", "successions"))
    return Register(folder, day, register, links, groups, successions, manifest, notes)


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
    sources : mapping, optional
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
    spec = (sources or load_sources())["gias"]
    folder = data_folder(data)
    day = day or date.today()
    try:
        if source is not None and not is_address(source):
            return _gias_from_folder(spec, folder, day, Path(source), given=day != date.today())
        web = guarded(web, spec, progress)
        return _gias_from_web(spec, folder, day, str(source or spec["base"]), web)
    except NotThereError as error:
        raise by_hand(error, "the register's csv files", spec["page"], folder) from error
    except InputFileError as error:
        if source is not None and not is_address(source):
            raise
        raise by_hand(error, "the register's csv files", spec["page"], folder) from error


def _gias_from_web(
    spec: Mapping[str, Any], folder: Path, day: date, base: str, web: Web
) -> Register:
    """Walk back from `day` to the newest day the service has."""
    web.check(base)
    base = base if base.endswith("/") else base + "/"
    first, *others = spec["file"]
    notes: list[str] = []
    refused: InputFileError | None = None
    for back in range(int(spec["days_back"]) + 1):
        at = day - timedelta(days=back)
        final = folder / "gias" / at.isoformat()
        if final.is_dir():
            return _register(final)
        part = _part_folder(final)
        try:
            got = [_fetch_one(first, at, base, part, web)]
        except (NotThereError, RefusedError) as error:
            with suppress(OSError):
                part.rmdir()  # only an empty one
            notes.append(f"{at}: {error.message}")
            # A server in trouble is asked for two days; one that lacks a day for all of them.
            if isinstance(error, RefusedError) and refused is not None:
                raise
            refused = error if isinstance(error, RefusedError) else None
            last: InputFileError = error
            continue
        for item in others:
            try:
                got.append(_fetch_one(item, at, base, part, web))
            except NotThereError as error:
                notes.append(f"{item['names'][0].format(day='')}: {error.message}")
        return _settle(part, final, at, got, notes, spec)
    raise NotThereError(
        f"no register of {day} or the {spec['days_back']} days before ({last.message})",
        where=last.where,
    ) from last


def _fetch_one(
    item: Mapping[str, Any], day: date, base: str, part: Path, web: Web
) -> dict[str, Any]:
    """Fetch and verify one file under the first of its names that the service knows."""
    stamp = f"{day:%Y%m%d}"
    names = [name.format(day=stamp) for name in item["names"]]
    for name in names:
        path = part / name
        try:
            found = web.download(base + name, path, limit=int(item["bytes"]))
            return {"key": item["key"], **found, **_verified(path, item, sized=found["sized"])}
        except NotThereError:
            path.unlink(missing_ok=True)
            if name == names[-1]:
                raise
        except InputFileError:
            path.unlink(missing_ok=True)
            raise
    raise AssertionError("the last name returns or raises")


def _part_folder(final: Path) -> Path:
    """Return this process's own folder for an unfinished day, taking over a dead process's."""
    mine = final.with_name(f".part-{final.name}-{os.getpid()}")
    try:
        for left in sorted(final.parent.glob(f".part-{final.name}-*")):
            pid = left.name.rpartition("-")[2]
            if pid.isdigit() and not process_alive(int(pid)) and not mine.exists():
                with suppress(OSError):  # another process may take it first
                    left.rename(mine)
        mine.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refusal(error, mine) from error
    return mine


def _settle(
    part: Path,
    final: Path,
    day: date,
    files: Sequence[Mapping[str, Any]],
    notes: Sequence[str],
    spec: Mapping[str, Any],
) -> Register:
    """Write the manifest, rename the whole folder into place, clear what was broken off."""
    import shutil

    manifest = {
        "what": spec["title"],
        "licence": spec["licence"],
        "day": day.isoformat(),
        "fetched": datetime.now(UTC).isoformat(timespec="seconds"),
        "notes": list(notes),
        "files": [{**f, "sha256": sha256(part / f["name"])} for f in files],
    }
    kept = {f["name"] for f in files}
    for left in part.iterdir():  # of an earlier, broken-off try
        if left.name not in kept:
            left.unlink()
    write_text(part / "manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    try:
        part.rename(final)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST) and final.is_dir():
            shutil.rmtree(part)  # another process finished the same day first
        else:
            raise refusal(error, final) from error
    for left in final.parent.glob(".part-*"):
        pid = left.name.rpartition("-")[2]
        if pid == str(os.getpid()) or (pid.isdigit() and not process_alive(int(pid))):
            shutil.rmtree(left, ignore_errors=True)
    return _register(final)


# ---- ... from a folder


def _gias_from_folder(
    spec: Mapping[str, Any], folder: Path, day: date, source: Path, *, given: bool
) -> Register:
    """Take files downloaded by hand, each copied, verified and kept by its day."""
    if not source.is_dir():
        raise UsageError(
            "neither a web address nor a folder", where=str(source), fix="give a folder"
        )
    offers = list(_offers(source))
    first, *others = spec["file"]
    best = _best(first, offers, day if given else None)
    if best is None:
        raise InputFileError(
            "holds no file named edubasealldataYYYYMMDD.csv", where=str(source), fix=spec["page"]
        )
    at = _day_in(best[0]) or day
    final = folder / "gias" / at.isoformat()
    if final.is_dir():
        return _register(final)
    part = _part_folder(final)
    notes = [] if _day_in(best[0]) else [f"{best[0]} bears no date: taken as of {at}"]
    got = []
    for item in (first, *others):
        offer = _best(item, offers, at)
        if offer is None:
            notes.append(f"{item['names'][0].format(day='')}: not in the folder")
            continue
        got.append(_copy(item, offer, part))
    return _settle(part, final, at, got, notes, spec)


Offer = tuple[str, Path, str | None]  # bare name, file, member of a zip


def _offers(folder: Path) -> Iterator[Offer]:
    """Yield every csv in a folder, in the open, gzipped or in a zip."""
    import zipfile

    for path in sorted(folder.iterdir()):
        lower = path.name.lower()
        if lower.endswith((".csv", ".csv.gz")) and path.is_file():
            yield path.name.removesuffix(".gz"), path, None
        elif lower.endswith(".zip") and path.is_file():
            try:
                with zipfile.ZipFile(path) as archive:
                    members = archive.namelist()
            except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
                raise InputFileError(f"the zip is damaged ({error})", where=str(path)) from error
            for member in members:
                if member.lower().endswith(".csv"):
                    yield re.split(r"[/\\]", member)[-1], path, member


def _best(item: Mapping[str, Any], offers: Sequence[Offer], day: date | None) -> Offer | None:
    """Return the offer for one file: of that day, else undated, else the newest."""
    stem = item["names"][0].partition("{")[0]
    mine = [o for o in offers if re.fullmatch(rf"{stem}[-_\w]*\.csv", o[0], re.ASCII)]

    def order(offer: Offer) -> tuple[bool, bool, date]:
        at = _day_in(offer[0])
        return (at == day and at is not None, at is None, at or date.min)

    return max(mine, key=order, default=None)


def _day_in(name: str) -> date | None:
    """Return the day in a file name."""
    found = _DAY.search(name)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _copy(item: Mapping[str, Any], offer: Offer, part: Path) -> dict[str, Any]:
    """Copy one offered file into the unfinished folder and verify it."""
    import shutil

    name, path, member = offer
    name = re.sub(r"[^\w.-]", "_", name, flags=re.ASCII)[-100:]
    target = part / name
    with (
        open_bounded(path, member=member, limit=int(item["bytes"])) as stream,
        writing(target) as half,
        half.open("wb") as sink,
    ):
        shutil.copyfileobj(stream, sink, 1 << 20)
    try:
        checked = _verified(target, item, sized=True)
    except InputFileError as error:
        target.unlink(missing_ok=True)
        error.where = str(path)
        error.args = (str(error),)
        raise
    return {"key": item["key"], "url": None, "bytes": target.stat().st_size, **checked}


# ---- is it what it should be


def _verified(path: Path, item: Mapping[str, Any], *, sized: bool) -> dict[str, Any]:
    """Read a csv once through; raise unless it can be the file that `item` describes.

    `sized` says that nothing can be missing at the end: then a last line without a line end
    is only untidy.
    """
    where = path.name
    with path.open("rb") as handle:
        head = handle.read(4096)
        handle.seek(-1 if path.stat().st_size else 0, os.SEEK_END)
        ended = handle.read(1) in (b"\n", b"\r")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"<", b"{", b"["):
        raise NotThereError("a web page came instead of data", where=where)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in head:
        raise InputFileError("not a csv in UTF-8 or Windows-1252", where=where)
    encoding = _encoding(path)
    try:
        with path.open(encoding="utf-8-sig" if encoding == "utf-8" else "cp1252",
                       errors="replace", newline="") as text:  # fmt: skip
            rows = csv.reader(text)
            header = next(rows, [])
            _known_columns(header, item["columns"], where)
            count = ragged = 0
            last: list[str] = header
            for row in rows:
                if row:
                    count += 1
                    ragged += len(row) != len(header)
                    last = row
    except csv.Error as error:
        raise InputFileError(f"not a well-formed csv ({error})", where=where) from error
    if len(last) != len(header) or not (ended or sized):
        raise InputFileError(f"cut short in row {count + 1}", where=where, fix="fetch it again")
    if ragged * 100 > count:
        raise InputFileError(
            f"{ragged:,} of {count:,} rows do not have the {len(header)} columns of the header",
            where=where,
        )
    if count < int(item["rows"]):
        raise InputFileError(
            f"only {count:,} rows, where all of England has at least {item['rows']:,}",
            where=where,
            fix="fetch it again later; the service may be writing it",
        )
    return {
        "name": path.name,
        "rows": count,
        "columns": len(header),
        "ragged_rows": ragged,
        "encoding": encoding,
    }


def _known_columns(header: Sequence[str], wanted: Sequence[str], where: str) -> None:
    """Raise unless every wanted column is there."""
    missing = [c for c in wanted if c not in header]
    if missing:
        near = nearest(missing[0], header, 1)
        raise InputFileError(
            f"the columns have changed: no {', '.join(missing[:5])}"
            + (f" (there is {near[0][:80]})" if near else ""),
            where=where,
            fix="a newer geolls may know the new columns",
        )


def _encoding(path: Path) -> str:
    """Tell UTF-8 (strictly so) from Windows-1252, as which anything can be read."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as handle:
            while chunk := handle.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"
