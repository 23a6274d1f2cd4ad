"""Where official data live: `boundaries/sources.toml`, as typed records."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from geolls.base.errors import InputFileError
from geolls.base.schema import read_shelf
from geolls.base.shelves import shelf

__all__ = [
    "Edition",
    "File",
    "Gias",
    "Kind",
    "Ons",
    "Resolution",
    "Service",
    "Sources",
    "is_address",
    "load_sources",
    "or_by_hand",
]


@dataclass(frozen=True)
class Service:
    """A service that publishes data: its name, address, page for people, terms.

    Parameters
    ----------
    title, base, page, licence : str
        As they are named in manifests and messages; `base` begins every address.
    allow_hosts : tuple of str
        Hosts that a redirect may lead to besides its own.
    """

    title: str
    base: str
    page: str
    licence: str
    allow_hosts: tuple[str, ...]


@dataclass(frozen=True)
class File:
    """A file of the register.

    Parameters
    ----------
    key : str
        register, links, groups, successions or memberships.
    names : tuple of str
        Its names, the likeliest first; {day} is filled in.
    rows, bytes : int
        With fewer rows it cannot be the whole of England; with more bytes it cannot be right.
    columns : tuple of str
        Those it must have.
    """

    key: str
    names: tuple[str, ...]
    rows: int
    bytes: int
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Gias(Service):
    """Get Information about Schools: its files, and how many days back to look for them."""

    days_back: int
    file: tuple[File, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of boundaries: its code column is `stem`, two digits of the year and "CD"."""

    stem: str
    title: str


@dataclass(frozen=True)
class Resolution:
    """A resolution of boundaries: its spelling before 2020, and how far lines may be off."""

    old: str
    tolerance_m: float


@dataclass(frozen=True)
class Edition:
    """Boundaries as published once.

    Parameters
    ----------
    layer : str
        Key of a `Kind`.
    year : int
        Year of the edition.
    on : datetime.date
        The day the boundaries stood.
    name : str
        Name of the feature service; {r} is the resolution, {old} its spelling before 2020.
    seen : tuple of str
        Resolutions that were seen under the name.
    units : int or None
        How many areas England had; None where that is not checked.
    """

    layer: str
    year: int
    on: date
    name: str
    seen: tuple[str, ...]
    units: int | None = None


@dataclass(frozen=True)
class Ons(Service):
    """The Open Geography Portal: kinds of boundaries, resolutions and editions.

    `called` is what people call its other layers, by the short name of their columns; the first is
    the title.
    """

    layer: Mapping[str, Kind]
    resolution: Mapping[str, Resolution]
    edition: tuple[Edition, ...]
    called: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Sources:
    """What `boundaries/sources.toml` holds."""

    gias: Gias
    postcodes: Service
    ons: Ons


@cache
def load_sources() -> Sources:
    """Read `boundaries/sources.toml`.

    Returns
    -------
    Sources
        As the file.

    Raises
    ------
    CatalogueError
        The file is missing, not TOML, or has a fault.
    """
    return read_shelf(Sources, shelf("boundaries") / "sources.toml")


@contextlib.contextmanager
def or_by_hand(
    what: str, service: Service, folder: Path, fault: type[InputFileError] = InputFileError
) -> Iterator[None]:
    """Add to a fetch that fails how to do it by hand.

    Parameters
    ----------
    what : str
        What is to be downloaded, in words.
    service : Service
        Who publishes it.
    folder : pathlib.Path
        The data folder.
    fault : type, default InputFileError
        What counts as failing.

    Raises
    ------
    InputFileError
        The one that was raised inside, with the advice after what it says already.
    """
    try:
        yield
    except fault as error:
        advice = (
            f"download {what} from {service.page}, put it in a folder and run the command with "
            f"--from FOLDER (data folder: {folder})"
        )
        fix = f"{error.fix}; or {advice}" if error.fix else advice
        raise type(error)(error.message, where=error.where, fix=fix) from error


def is_address(source: str | os.PathLike[str]) -> bool:
    """Tell a web address from a folder."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", str(source)) is not None
