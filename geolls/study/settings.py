"""The study file: register, links, date, phases, layers, thresholds and places in one TOML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from geolls.base.errors import UnknownNameError, UsageError
from geolls.base.populations import population_of
from geolls.base.schema import a_date, check, load

__all__ = ["Settings", "held", "read_settings"]


@dataclass(frozen=True)
class Settings:
    """What a study file holds.

    Attributes
    ----------
    title : str
        Named on every output.
    as_of : datetime.date or None
        The one day all layers are resolved to; None takes the register's vintage.
    register, links : pathlib.Path or None
        GIAS edubasealldata and alllinksdata; no register means the demonstration.
    phases : tuple of str
        Phases that count, of a population by name or one by one; empty takes mainstream schools.
    where : tuple of str
        Conditions that the schools that count must meet, as "type=academy"; see `filters.chosen`.
    layers : tuple of str
        Layers to use; empty takes every layer alive on the day that takes part by default, and
        "+constituency" takes one more.
    places : tuple of str
        Localities the study is about.
    boundaries : tuple of pathlib.Path
        Folders of more layers, or files of scenarios.
    blocks : pathlib.Path or None
        Folder of blocks in finer detail, of `geolls fetch boundaries --blocks`.
    travel : pathlib.Path or None
        Travel times that replace straight lines; see `geolls.study.travel`.
    spread : dict
        Thresholds and bands of the spread measures, by the names of `SpreadOptions`.
    typology : dict
        Thresholds of the patterns of places, by the names of `TypologyRules`.
    divide_share : float
        A unit of a layer divides a place where it has more than this part of the place's land, and
        reaches beyond it where more than this part of its own land lies outside.
    strict_dates : bool
        Refuse layers whose evidence is of another date.
    """

    title: str = "Default"
    as_of: date | None = None
    register: Path | None = None
    links: Path | None = None
    phases: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    boundaries: tuple[Path, ...] = ()
    blocks: Path | None = None
    travel: Path | None = None
    spread: Mapping[str, Any] = field(default_factory=dict)
    typology: Mapping[str, Any] = field(default_factory=dict)
    divide_share: float = 0.001
    strict_dates: bool = False

    def __post_init__(self) -> None:
        """Refuse a share that no unit, or every unit, would pass."""
        if not 0 <= self.divide_share < 0.5:
            raise UsageError(
                f"divide_share = {self.divide_share:g} is out of range",
                where="divide_share",
                fix="it is 0 or more and less than 0.5",
            )

    def replace(self, **changes: Any) -> Settings:
        """Return the settings with those given (not None, not empty) in place of the old."""
        return replace(self, **{k: v for k, v in changes.items() if v not in (None, (), {}, "")})


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
    toml = load(path)
    if "as_of" in toml.holds:  # a wrong date has an exit code of its own
        day = a_date(toml.holds["as_of"], where=str(path))
        toml = toml._replace(holds={**toml.holds, "as_of": day})
    if toml.holds.get("phases"):
        phases = population_of(toml.holds["phases"], where=str(path)).phases
        toml = toml._replace(holds={**toml.holds, "phases": phases})
    if isinstance(toml.holds.get("where"), list):  # a list of schools lies beside the file
        from geolls.study.filters import beside

        where = [beside(str(each), path.parent) for each in toml.holds["where"]]
        toml = toml._replace(holds={**toml.holds, "where": where})
    values, faults = check(Settings, toml)
    for fault in faults:
        raise UsageError(fault.message, where=str(path), fix=fault.fix)
    return Settings(**values)


BEGINNING = date(2009, 4, 1)  # of the table of areas, boundaries/area/areas.csv


def held(day: date, *, where: str | None = "--as-of") -> date:
    """Return a day for which there are boundaries."""
    if day < BEGINNING:
        raise UnknownNameError(
            f"no boundaries are held for {day}", where=where, fix=f"they begin on {BEGINNING}"
        )
    return day
