"""The data folder: what was fetched into it, each with a manifest that says what it is."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from geolls.base.errors import InputFileError
from geolls.base.files import write_text
from geolls.fetch.sources import Service

__all__ = [
    "Boundaries",
    "Register",
    "boundaries_in",
    "data_folder",
    "manifest_at",
    "newest_register",
    "register_in",
    "write_manifest",
]


def data_folder(given: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder that holds fetched data; it may not exist yet.

    Parameters
    ----------
    given : path-like, optional
        The folder a user named. Else GEOLLS_DATA, else the platform's place for user data:
        ~/Library/Application Support, %LOCALAPPDATA%, or $XDG_DATA_HOME (~/.local/share).

    Returns
    -------
    pathlib.Path
        The folder.
    """
    named = given or os.environ.get("GEOLLS_DATA")
    if named:
        return Path(named).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "geolls"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "geolls"
    place = Path(os.environ.get("XDG_DATA_HOME", ""))
    return (place if place.is_absolute() else Path.home() / ".local" / "share") / "geolls"


def write_manifest(place: Path, service: Service, notes: Sequence[str], **facts: Any) -> None:
    """Write what was fetched, from whom, on what terms and when.

    Parameters
    ----------
    place : pathlib.Path
        The manifest.
    service : Service
        Who published it.
    notes : sequence of str
        What a user should know.
    **facts
        What else there is to say: files, sha256, counts.
    """
    manifest = {
        "what": service.title,
        "licence": service.licence,
        "fetched": datetime.now(UTC).isoformat(timespec="seconds"),
        "notes": list(notes),
        **facts,
    }
    write_text(place, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


@contextlib.contextmanager
def manifest_at(place: Path, what: str, fix: str) -> Iterator[dict[str, Any]]:
    """Give a manifest; a fault in it, or in how it is read inside, is told in one line.

    Parameters
    ----------
    place : pathlib.Path
        The manifest.
    what : str
        What it is of, in words.
    fix : str
        What to do where it is damaged.

    Raises
    ------
    InputFileError
        It is missing, or does not say what is asked of it.
    """
    try:
        yield json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise InputFileError(
            f"the manifest of {what} is damaged ({error})", where=str(place), fix=fix
        ) from error


# ---- the register


@dataclass(frozen=True)
class Register:
    """One day's files of the register, as they lie in the data folder.

    Parameters
    ----------
    folder : pathlib.Path
        `gias/YYYY-MM-DD` in the data folder.
    day : datetime.date
        The day the files are of.
    files : mapping of str to pathlib.Path
        register (edubasealldata: every school) and, where the service had them, links
        (alllinksdata: group memberships), groups (allgroupsdata) and successions
        (links_edubasealldata: predecessors and successors).
    manifest : dict
        url, sha256, bytes, rows, encoding of each file, and when they were fetched.
    notes : tuple of str
        What a user should know: an earlier day was taken, a file is missing.
    """

    folder: Path
    day: date
    files: Mapping[str, Path]
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
        days = sorted(p.name for p in root.iterdir() if re.fullmatch(_DAY, p.name))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise InputFileError(
            f"the data folder cannot be read ({error.strerror})", where=str(root)
        ) from error
    return register_in(root / days[-1]) if days else None


_DAY = r"20\d{2}-[01]\d-[0-3]\d"


def register_in(folder: Path) -> Register:
    """Read one day's folder.

    Parameters
    ----------
    folder : pathlib.Path
        `gias/YYYY-MM-DD` in the data folder.

    Raises
    ------
    InputFileError
        The manifest is damaged, or a file is not as it was.
    """
    fix = "remove the folder and run: geolls fetch gias"
    with manifest_at(folder / "manifest.json", "a fetched register", fix) as manifest:
        day = date.fromisoformat(manifest["day"])
        files = {f["key"]: folder / Path(f["name"]).name for f in manifest["files"]}
        sizes = {f["key"]: int(f["bytes"]) for f in manifest["files"]}
        notes = tuple(map(str, manifest["notes"]))
        _ = files["register"]
    for key, path in files.items():
        size = -1
        with contextlib.suppress(OSError):  # missing, or a name that no disk takes
            size = path.stat().st_size
        if size != sizes[key]:
            raise InputFileError("changed since it was fetched", where=str(path), fix=fix)
    return Register(folder, day, files, manifest, notes)


# ---- boundaries


@dataclass(frozen=True)
class Boundaries:
    """Boundaries of one layer, as they lie in the data folder.

    Parameters
    ----------
    path : pathlib.Path
        GeoParquet in EPSG:27700, one row per area of England: code, name, geometry.
    layer : str
        district, local_authority, combined_authority or region.
    year : int
        Year of the edition.
    resolution : str
        BFE, BFC, BGC, BSC or BUC.
    on : datetime.date
        The day the boundaries stood.
    rows : int
        How many areas.
    manifest : dict
        url, sha256, service, counts, and when they were fetched.
    notes : tuple of str
        What a user should know.
    """

    path: Path
    layer: str
    year: int
    resolution: str
    on: date
    rows: int
    manifest: Mapping[str, Any]
    notes: tuple[str, ...] = ()


def boundaries_in(path: Path) -> Boundaries:
    """Read the manifest beside a file of boundaries.

    Parameters
    ----------
    path : pathlib.Path
        The GeoParquet file.

    Raises
    ------
    InputFileError
        The manifest is damaged.
    """
    fix = "run geolls fetch boundaries again"
    with manifest_at(path.with_suffix(".json"), "fetched boundaries", fix) as m:
        return Boundaries(
            path=path,
            layer=str(m["layer"]),
            year=int(m["year"]),
            resolution=str(m["resolution"]),
            on=date.fromisoformat(m["on"]),
            rows=int(m["rows"]),
            manifest=m,
            notes=tuple(map(str, m["notes"])),
        )
