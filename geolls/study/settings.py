"""The study file: register, links, date, phases, layers, thresholds and places in one TOML."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any

from geolls.base.errors import InputFileError, UnknownNameError, UsageError
from geolls.base.text import suggest

__all__ = ["Settings", "a_date", "read_settings"]


@dataclass(frozen=True)
class Settings:
    """What a study file holds.

    Attributes
    ----------
    title : str
        Named on every output.
    as_of : datetime.date or None
        The one day all layers are resolved to; None takes the register's vintage.
    register, links, groups : pathlib.Path or None
        GIAS edubasealldata, alllinksdata and allgroupsdata; no register means the demonstration.
    phases : tuple of str
        Phases that count; empty takes the register's default.
    layers : tuple of str
        Layers to use; empty takes every layer alive on the day.
    places : tuple of str
        Localities the study is about.
    boundaries : tuple of pathlib.Path
        Folders of more layers.
    blocks : pathlib.Path or None
        Folder of blocks in finer detail, of `geolls fetch boundaries --blocks`.
    spread : dict
        Thresholds and bands of the spread measures, by the names of `SpreadOptions`.
    typology : dict
        Thresholds of the patterns of places, by the names of `TypologyRules`.
    strict_dates : bool
        Refuse layers whose evidence is of another date.
    """

    title: str = "Default"
    as_of: date | None = None
    register: Path | None = None
    links: Path | None = None
    groups: Path | None = None
    phases: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    boundaries: tuple[Path, ...] = ()
    blocks: Path | None = None
    spread: dict[str, Any] = field(default_factory=dict)
    typology: dict[str, Any] = field(default_factory=dict)
    strict_dates: bool = False

    def replace(self, **changes: Any) -> Settings:
        """Return the settings with those given (not None, not empty) in place of the old."""
        kept = {f.name: getattr(self, f.name) for f in fields(self)}
        kept.update({k: v for k, v in changes.items() if v not in (None, (), {}, "")})
        return Settings(**kept)


def read_settings(path: Path) -> Settings:
    """Read a study file.

    Parameters
    ----------
    path : pathlib.Path
        A TOML file; paths in it are relative to its folder.

    Returns
    -------
    Settings
        The study's settings.

    Raises
    ------
    InputFileError
        When the file is missing or is not TOML.
    UsageError
        When a key is unknown or a value has the wrong type.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputFileError("no such file", where=str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputFileError(f"cannot read the study file ({error})", where=str(path)) from error
    except tomllib.TOMLDecodeError as error:
        raise InputFileError(f"not valid TOML ({error})", where=str(path)) from error
    known = {f.name: f for f in fields(Settings)}
    values: dict[str, Any] = {}
    for key, value in data.items():
        if key not in known:
            raise UsageError(f"unknown key {key!r}", where=str(path), fix=suggest(key, known))
        if key in {"register", "links", "groups", "blocks"}:
            value = _relative(path, key, value)
        elif key in {"phases", "layers", "places", "boundaries"}:
            if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
                raise UsageError(f"{key} must be a list of texts", where=str(path))
            value = tuple(_relative(path, key, v) if key == "boundaries" else v for v in value)
        elif key == "as_of":
            value = a_date(value, where=str(path))
        elif key == "title" and not isinstance(value, str):
            raise UsageError("title must be a text", where=str(path))
        elif key == "strict_dates" and not isinstance(value, bool):
            raise UsageError("strict_dates must be true or false", where=str(path))
        elif key in {"spread", "typology"} and not isinstance(value, dict):
            raise UsageError(f"{key} must be a table of thresholds", where=str(path))
        values[key] = value
    return Settings(**values)


def _relative(file: Path, key: str, value: object) -> Path:
    if not isinstance(value, str):
        raise UsageError(f"{key} must be a path in quotes", where=str(file))
    try:
        return (file.parent / value).resolve()
    except (OSError, ValueError) as error:  # a NUL, a circle of links
        raise UsageError(f"{key} is not a path ({error})", where=str(file)) from error


BEGINNING = date(2009, 4, 1)  # of the table of areas, boundaries/area/areas.csv


def held(day: date, *, where: str | None = "--as-of") -> date:
    """Return a day for which there are boundaries."""
    if day < BEGINNING:
        raise UnknownNameError(
            f"no boundaries are held for {day}", where=where, fix=f"they begin on {BEGINNING}"
        )
    return day


def a_date(value: object, *, where: str | None = None) -> date:
    """Read a date from a TOML date or ISO text."""
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise UnknownNameError(
            f"{str(value)!r} is not a date", where=where, fix="write it as 2022-09-01"
        ) from None
