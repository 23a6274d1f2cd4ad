"""Follow schools and trusts over the years: each day from what was published of that very day.

Between two days nothing is assumed. Schools and academies of any day are those that a whole
register tells by their open and close days; who was in which trust is told by a register of that
day, by the group links of that day, or by a file of joinings and leavings, of any day before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from geolls.base.arrays import Flags, Floats
from geolls.base.errors import InputFileError, UnknownNameError
from geolls.base.files import missing
from geolls.base.text import day_in
from geolls.measures.oversight import providers
from geolls.register.groups import TRUSTS
from geolls.study.core import Core
from geolls.study.gazetteer import Place
from geolls.study.settings import Settings

__all__ = [
    "COLUMNS",
    "SINCE",
    "Day",
    "days_of",
    "files_in",
    "followed",
    "history",
    "rows_of",
    "unread",
]

HUBS: Final = ("teaching_school_hub", "maths_hub")
SINCE: Final = 2010
_ENDS: Final = ("", "_low", "_high")
COLUMNS: Final = [
    *("day", "place"),
    *(f"{c}{end}" for c in ("schools", "academies", "academy_share") for end in _ENDS),
    *(f"{c}{end}" for c in ("in_trusts", "in_trusts_share", "trusts") for end in _ENDS),
    "effective_providers",
    *(f"{c}{end}" for c in ("based_elsewhere_share", "pair_km_median") for end in _ENDS),
    *(f"trusts_across_{key}{end}" for key in HUBS for end in _ENDS),
    *("schools_from", "trusts_from", "note"),
]
_REGISTER: Final = re.compile(r"edubasealldata|register", re.IGNORECASE)
_SUCCESSIONS: Final = re.compile(r"(?<!group)links_edubase", re.IGNORECASE)
_LINKS: Final = re.compile(r"grouplinks|group_links|alllinks|membership", re.IGNORECASE)
_HISTORY: Final = re.compile(r"membership", re.IGNORECASE)
_NAMED: Final = "name files as GIAS does, with their day: edubasealldata20250718.csv"
# A whole register holds tens of thousands of closed schools; one that does not tells of survivors.
_CLOSED_SHARE: Final = 0.1


class Day(NamedTuple):
    """A day of which something was published.

    Attributes
    ----------
    day : datetime.date
        The day.
    register : pathlib.Path
        The register that tells of its schools.
    links : pathlib.Path or None
        The file that tells who was in which trust; None where the register does.
    trusts : bool
        Whether anything tells who was in which trust.
    """

    day: date
    register: Path
    links: Path | None
    trusts: bool


def files_in(given: Iterable[Path], what: str) -> list[Path]:
    """Return the files of that kind, of files and folders.

    Parameters
    ----------
    given : iterable of pathlib.Path
        Files are taken as they are; of a folder those named as GIAS names them, with their day.
    what : {"registers", "group links"}
        Which.

    Raises
    ------
    InputFileError
        There is no such file or folder, or none of that kind in it.
    """
    pattern = _REGISTER if what == "registers" else _LINKS
    found: list[Path] = []
    for path in given:
        if path.is_dir():
            names = sorted(p for p in path.iterdir() if p.is_file() and pattern.search(p.name))
            dated = (p for p in names if day_in(p.name, months=False))
            mine = [p for p in dated if not _SUCCESSIONS.search(p.name)]
            if not mine:
                stem = "edubasealldata" if what == "registers" else "grouplinks"
                fix = f"name files that say their day, as {stem}20250718.csv"
                raise InputFileError(f"holds no {what}", where=str(path), fix=fix)
            found += mine
        elif path.exists():
            found.append(path)
        else:
            raise missing(path)
    return found


def days_of(registers: Sequence[Path], links: Sequence[Path], since: int = SINCE) -> list[Day]:
    """List the days that the files tell of, the first of September of each year among them.

    Parameters
    ----------
    registers, links : sequence of pathlib.Path
        Files whose names bear their day, as GIAS has them.
    since : int, optional
        The first year.

    Returns
    -------
    list of Day
        In order. Of schools the first register made on the day or later tells, else the last.

    Raises
    ------
    UnknownNameError
        The name of a file bears no day, or none is of that year or later.
    """
    made = sorted((_day_of(path), path) for path in registers)
    told: dict[date, Path] = {}
    joined = [(_day_of(path), path) for path in links if _HISTORY.search(path.name)]
    for path in links:
        if not _HISTORY.search(path.name):
            told[_day_of(path)] = path
    last = max([day for day, _ in made] + list(told) + [day for day, _ in joined])
    years = (date(year, 9, 1) for year in range(since, last.year + 1))
    days = {day for day, _ in made} | set(told) | {day for day in years if day <= last}
    if last.year < since:
        raise UnknownNameError(
            f"nothing tells of {since} or later: the last day is {last}",
            where="--since",
            fix=f"give {last.year} or before",
        )
    found = []
    for day in sorted(d for d in days if d.year >= since):
        register = next((path for since, path in made if since >= day), made[-1][1])
        own = day in {since for since, _ in made}
        history = next((path for until, path in sorted(joined) if until >= day), None)
        source = None if own else told.get(day, history)
        found.append(Day(day, register, source, own or source is not None))
    return found


def unread(days: Sequence[Day], given: Iterable[Path]) -> Iterator[str]:
    """Yield a line for each file that tells of none of the days, and why.

    Parameters
    ----------
    days : sequence of Day
        Of `days_of`.
    given : iterable of pathlib.Path
        The files that it was given.
    """
    read = {path for day in days for path in (day.register, day.links)}
    tells = {day.day: day.links or day.register for day in days}
    for path in dict.fromkeys(given):
        if path not in read:
            other = tells.get(of := _day_of(path))
            yield f"{path} is not read: " + (
                f"of {of} {other} tells" if other else "no day that is told needs it"
            )


def _day_of(path: Path) -> date:
    day = day_in(path.name, months=False)
    if day is None:
        raise UnknownNameError(
            "the name of the file does not say of which day it is",
            where=str(path),
            fix=_NAMED,
        )
    return day


def history(
    days: Sequence[Day], places: Sequence[str] = (), *, settings: Settings, data: Path | None = None
) -> Iterator[dict[str, Any]]:
    """Count schools, academies and trusts on each day, in England and in places.

    Parameters
    ----------
    days : sequence of Day
        Of `days_of`.
    places : sequence of str
        As `Core.place` takes them; where none is so called on a day, its land of the last day.
    settings : Settings
        Which schools count, and more layers.
    data : pathlib.Path, optional
        The data folder, for caches.

    Yields
    ------
    dict
        A row with `COLUMNS` for each day and place, England first: blank where nothing tells.
    """
    for rows, _ in followed(days, places, settings=settings, data=data):
        yield from rows


def followed(
    days: Sequence[Day], places: Sequence[str] = (), *, settings: Settings, data: Path | None = None
) -> Iterator[tuple[list[dict[str, Any]], pd.DataFrame]]:
    """Yield of each day what `history` has, and its trusts; each study is opened once.

    Parameters
    ----------
    days, places, settings, data
        As `history`.

    Yields
    ------
    tuple of list of dict and pandas.DataFrame
        England's row and those of the places, in their order; one row a trust that was at work,
        with `day`, `trust_uid`, and columns of `spread`: none where nothing tells of trusts.
    """
    last: list[Place] = []
    if places:
        newest = _study(days[-1], settings, data)
        last = [newest.place(name) for name in places]
    for day in days:
        study = _study(day, settings, data)
        yield rows_of(day, study, zip(places, last, strict=True)), _trusts_of(day, study)


def rows_of(day: Day, study: Core, places: Iterable[tuple[str, Place]]) -> list[dict[str, Any]]:
    """Count what a day's study has in England and in places: a row each, with `COLUMNS`.

    Parameters
    ----------
    day : Day
        The day.
    study : Core
        The study of that day.
    places : iterable of tuple of str and Place
        Names as `Core.place` takes them, each with the place that it came to be.
    """
    left = study.register.counts.get("links_rejected", 0) if day.links else 0
    note = f"{left:,} rows of {day.links.name} left out" if left and day.links else ""
    rows = [_row(day, study, "England", pd.Series(1.0, study.schools["urn"]), note)]
    for name, place in places:
        rows.append(_row(day, study, place.name, *_there(study, name, place)))
    return rows


def _trusts_of(day: Day, study: Core) -> pd.DataFrame:
    """Return each trust at work on a day: how many schools it had, where, and how far apart."""
    areas = [f"areas_{key}{end}" for key in HUBS for end in _ENDS]
    columns = ["trust_uid", "schools", "areas_local_authority", "pair_km_median", *areas]
    table = study.spread().reindex(columns=columns) if day.trusts else pd.DataFrame(columns=columns)
    source = (day.links or day.register).name
    return table.assign(day=day.day.isoformat(), trusts_from=source, note=_survivors(study))


def _study(day: Day, settings: Settings, data: Path | None) -> Core:
    """Open the study of a day; a trust that a later register alone tells of is not known then."""
    given = settings.replace(as_of=day.day, register=day.register, links=day.links)
    study = Core(given, data=data)
    if day.links is None:
        return study
    whole = study.register
    groups = whole.groups[whole.groups["group_type"].isin(TRUSTS)]
    told = groups.loc[groups["told_by"] == "links", "urn"]
    tables = {}
    for name in ("schools", "others"):
        table = getattr(whole, name).copy()
        later = table["trust_uid"].notna() & ~table["urn"].isin(told)
        table.loc[later, [c for c in table if c.startswith("trust_")]] = None
        table.loc[later, "status_unknown"] = True
        tables[name] = table
    return Core(given, data=data, register=replace(whole, **tables))


def _there(study: Core, name: str, place: Place) -> tuple[pd.Series, str]:
    """Return the share of each school of a place on a day, and what is to be said of it.

    Of its unit, or, where there was none of that name, of the land that it came to have.
    """
    try:
        found = study.place(name)
    except UnknownNameError:
        placed = study.placement.schools
        urns = placed.loc[placed["block"].isin(place.blocks), "urn"]
        return pd.Series(1.0, urns), "its land of today"
    shares = study.membership(found.layer).shares_of(found.unit_code)
    shared = int((shares < 1).sum())
    stand = "school stands" if shared == 1 else "schools stand"
    return shares, f"{shared:,} {stand} on land that others list too" if shared else ""


def _row(day: Day, study: Core, place: str, shares: pd.Series, note: str = "") -> dict[str, Any]:
    mine = study.schools[study.schools["urn"].isin(shares.index)]
    share = shares.reindex(mine["urn"]).to_numpy(float)
    academy = mine["academy"].to_numpy(bool)
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    row |= {
        "day": day.day.isoformat(),
        "place": place,
        **_count("schools", share, np.ones(len(mine), bool)),
        **_count("academies", share, academy),
        **_part("academy_share", share, academy),
        "schools_from": study.register.source["path"],
        "trusts_from": (day.links or day.register).name if day.trusts else "",
    }
    notes = [note, _survivors(study)]
    if day.trusts and len(mine):
        row |= _of_trusts(study, mine, share)
        if open_ := int((mine["trust_uid"].isna() & mine["status_unknown"]).sum()):
            some = "school" if open_ == 1 else "schools"
            notes.append(f"of {open_:,} {some} nothing tells which trust ran it, if any")
    row["note"] = "; ".join(filter(None, notes))
    return row


def _of_trusts(study: Core, mine: pd.DataFrame, share: Floats) -> dict[str, Any]:
    """Return what is counted of the trusts at work among some schools, each by its share."""
    held, unknown = mine["trust_uid"].notna().to_numpy(), mine["status_unknown"].to_numpy(bool)
    known = ~unknown | held
    whole = providers(mine).to_frame().assign(share=share).groupby("provider")["share"].sum()
    kinds = study.kinds("local_authority").reindex(mine["urn"])
    dark, away = (
        (kinds == kind).to_numpy() for kind in ("status_unknown", "trust_based_elsewhere")
    )
    spread = study.spread().set_index("trust_uid").loc[mine["trust_uid"].dropna().unique()]
    several = spread[spread["schools"] > 1]
    sure = several.index.isin(mine.loc[share == 1, "trust_uid"]).astype(float)
    across: dict[str, float] = {}
    for name, key in ((f"trusts_across_{key}", key) for key in HUBS if key in study.area_layers):
        met, least, most = (several[f"areas_{key}{end}"].to_numpy() > 1 for end in _ENDS)
        across |= _part(name, sure, least, most) | {name: _over(met.sum(), len(met))}
    return {
        **_count("in_trusts", share, held, held | unknown),
        **_part("in_trusts_share", share, held, held | unknown),
        "in_trusts_share": _over(share[held].sum(), share[known].sum()),
        "trusts": len(several),
        "trusts_low": int(sure.sum()),
        "trusts_high": len(several),
        "effective_providers": _over(whole.sum() ** 2, (whole**2).sum()),
        **_part("based_elsewhere_share", share, away, away | dark),
        "based_elsewhere_share": _over(share[away].sum(), share[~dark].sum()),
        **_middle("pair_km_median", several["pair_km_median"].to_numpy(float), sure),
        **across,
    }


def _over(part: float, whole: float) -> float:
    return part / whole if whole else np.nan


def _count(name: str, share: Floats, some: Flags, maybe: Flags | None = None) -> dict[str, float]:
    """Count some of what is here by its shares; at least what is surely, at most what may be."""
    most = some if maybe is None else maybe
    ends = share[some].sum(), (share[some] == 1).sum(), most.sum()
    whole = (n if n % 1 else int(n) for n in map(float, ends))
    return dict(zip((f"{name}{end}" for end in _ENDS), whole, strict=True))


def _part(name: str, share: Floats, some: Flags, maybe: Flags | None = None) -> dict[str, float]:
    """Return which part of what is here is of a kind; the ends over whatever is shared and dark."""
    sure, most = share == 1, some if maybe is None else maybe
    low, high = (some & sure).sum(), most.sum()
    return {
        name: _over(share[some].sum(), share.sum()),
        f"{name}_low": _over(low, low + (~some).sum()),
        f"{name}_high": _over(high, high + (~most & sure).sum()),
    }


def _middle(name: str, values: Floats, sure: Floats) -> dict[str, float]:
    """Return the median; its ends over whichever of those not sure are there."""
    known = np.isfinite(values)
    fixed, loose = (np.sort(values[known & ((sure == 1) == is_)]) for is_ in (True, False))
    found = [
        [float(np.median(some)) for n in range(len(loose) + 1)
         if len(some := np.concatenate([fixed, one[:n]]))]
        for one in (loose, loose[::-1])
    ]  # fmt: skip
    middle = float(np.median(values[known])) if known.any() else np.nan
    low, high = min(found[0], default=np.nan), max(found[1], default=np.nan)
    return {name: middle, f"{name}_low": low, f"{name}_high": high}


def _survivors(study: Core) -> str:
    """Say where a register has no closed schools: those that closed before its day are missing."""
    source, counts = study.register.source, study.register.counts
    made = source.get("vintage_schools")
    reasons = study.register.filtered["reason"].astype(str)
    closed = int(reasons.str.contains("closed|not open", case=False).sum())
    if made is None or made <= study.as_of or closed > _CLOSED_SHARE * counts["read"]:
        return ""
    return f"survivors only: {source['path']} has few of the schools that closed before {made}"
