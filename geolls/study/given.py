"""Make a place of what a user gives: a list of schools or postcodes, or a circle round a point."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from geolls.base.cells import a_urn
from geolls.base.errors import UnknownNameError, UsageError
from geolls.base.files import missing
from geolls.base.populations import Population
from geolls.base.postcodes import POSTCODE, abroad, is_whole, readings, spelt
from geolls.base.text import fold, slug, suggest
from geolls.base.workbooks import parted
from geolls.land.locate import point_of
from geolls.layers.areas import Areas
from geolls.layers.lists import LIST_FILES, a_list, read_list
from geolls.layers.model import Layer
from geolls.study.gazetteer import Place
from geolls.study.postcodes import Postcodes, beginning, country_of
from geolls.study.towns import SOURCE, one_town

__all__ = ["Looked", "Made", "made_of", "unit_called"]

_LONG: Final = 40  # letters of a key, from which it is cut
KM: Final = 5.0  # round a town for which no distance is given
_IN_KM: Final = {"km": 1.0, "m": 0.001, "mile": 1.609344}
_FAR = re.compile(r"(.+?)[,;]?\s*(\d+(?:\.\d+)?)\s*(km|m|mile)s?", re.IGNORECASE)
_PATH = re.compile(r"[/\\]|\.\w+$")  # what can be a file alone
_PREFIX = re.compile(r"(town|urn|school|postcode)\s*:\s*(.+)", re.IGNORECASE)
_URNS = re.compile(r"\d{5,7}(\.0)?(\s*[,;\s]\s*\d{5,7}(\.0)?)*")


class Looked(NamedTuple):
    """What a place is made of: schools that count, of every phase, day, areas, postcodes."""

    schools: pd.DataFrame
    everywhere: pd.DataFrame
    population: Population
    on: date
    areas: Areas
    postcodes: Callable[[], Postcodes]


class Made(NamedTuple):
    """A layer of one unit that was made of what a user gave.

    Attributes
    ----------
    layer : Layer
        Of kind `schools`: a place without land.
    note : str
        How it was read, in words; empty where there is nothing to say.
    """

    layer: Layer
    note: str = ""


class _Centre(NamedTuple):
    """The middle of a circle: its name, the same more exactly, easting, northing, whose word."""

    name: str
    exactly: str
    xy: tuple[float, float]
    source: str
    note: str = ""


def made_of(study: Looked, text: str) -> Made | None:
    """Return the place that a text makes, or None where it can only be the name of one.

    Parameters
    ----------
    study : Looked
        The schools of a study.
    text : str
        A file of URNs or postcodes; `URN:107810,107811`; a postcode or its beginning;
        `town:Ashington`; any of town, postcode, school or point with a distance, as
        `NE63 9,5km`.

    Raises
    ------
    UnknownNameError
        No town, postcode or school is so called, or no school that counts is there.
    InputFileError
        A file cannot be read.
    """
    plain = slug(text)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    key = f"place_{plain}" if len(plain) <= _LONG else f"place_{plain[:_LONG]}-{digest}"
    if parted(Path(text))[0].suffix.lower() in LIST_FILES:
        if not parted(Path(text).expanduser())[0].is_file():
            raise missing(Path(text).expanduser(), "give the path of a list")
        return Made(read_list(Path(text).expanduser(), key))
    if _PATH.search(text) and Path(text).expanduser().is_file():
        return Made(read_list(Path(text).expanduser(), key))
    if said := _FAR.fullmatch(text):
        n, unit = float(said[2]), said[3].lower()
        far = f"{n:g} {unit}{'s' * (unit == 'mile' and n != 1)}"
        return _circle(study, key, said[1], n * _IN_KM[unit], far)
    prefix = _PREFIX.fullmatch(text)
    kind, name = (prefix[1].lower(), prefix[2]) if prefix else ("", text)
    if kind == "town":
        return _circle(study, key, text, KM, f"{KM:g} km")
    if kind in {"urn", "school"} or (not kind and _URNS.fullmatch(name)):
        return _urns(key, re.split(r"[,;\s]+", name))
    if kind == "postcode" or POSTCODE.fullmatch(name.upper()):
        postcode = spelt(name) or name
        entries = {"postcode": [(postcode, 1)]}
        named = {"title": "Postcode area", "titles": "Postcode areas"}
        return Made(a_list(key, postcode, "postcodes of the register", entries, **named))
    return None


def unit_called(key: str, units: Sequence[Place], name: str) -> Place:
    """Return the one unit of a layer of schools that a name or code means."""
    hits = [p for p in units if name.strip() == p.unit_code or fold(name) == fold(p.name)]
    # A unit that is named with its area answers to its own name.
    hits = hits or [p for p in units if fold(name) == fold(p.name.rpartition(", ")[0])]
    if len(hits) == 1:
        return hits[0]
    codes, names = ", ".join(p.unit_code for p in hits), (p.name for p in units)
    raise UnknownNameError(
        f"{len(hits) or 'no'} units of {key} are called {name.strip()!r}",
        where="--place",
        fix=f"give the code: {codes}" if hits else suggest(name, names),
    )


def _urns(key: str, urns: Iterable[str]) -> Made:
    entries = [(a_urn(urn), row) for row, urn in enumerate(urns, 1) if urn]
    name = f"URN {entries[0][0]}" if len(entries) == 1 else f"{len(entries)} schools"
    return Made(a_list(key, name, "URNs as given", {"urn": entries}))


def _circle(study: Looked, key: str, text: str, km: float, far: str) -> Made:
    """Return the schools that count within a distance of a point, as a list."""
    if not 0 < km < np.inf:
        raise UsageError(f"{far} is no distance", where="--place", fix="give it as 5km")
    centre = _centre(study, text)
    xy = study.schools[["easting", "northing"]].to_numpy(dtype=float)
    near = np.hypot(*(xy - centre.xy).T) <= km * 1000
    urns = study.schools["urn"][near]
    if urns.empty:
        raise UnknownNameError(
            f"none of the {study.population.title} that are counted is within {far} of "
            f"{centre.exactly}",
            where="--place",
            fix="give a larger distance"
            + ("" if study.population.name == "all" else ", or count every phase with --phase all"),
        )
    entries = {"urn": [(str(urn), row) for row, urn in enumerate(urns, 1)]}
    layer = a_list(
        key,
        f"{centre.name} ({far})",
        centre.source,
        entries,
        title=f"Schools within {far}",
        titles=f"Sets of schools within {far}",
        caption=f"the schools within {far} of {centre.exactly}, in a straight line.",
    )
    n = len(urns)
    schools = f"{n:,} {study.population.schools(n)}"
    note = f"{text.strip()} is read as the {schools} within {far} of {centre.exactly}"
    return Made(layer, f"{note}, in a straight line{centre.note}")


def _centre(study: Looked, text: str) -> _Centre:
    prefix = _PREFIX.fullmatch(text)
    kind, name = (prefix[1].lower(), prefix[2].strip()) if prefix else ("", text.strip())
    if not kind and (point := point_of(name)):
        return _Centre(point[0], point[0], point[1], "a point as given")
    if kind in {"urn", "school"} or (not kind and _URNS.fullmatch(name)):
        return _school(study, a_urn(name))
    if kind == "postcode" or (not kind and POSTCODE.fullmatch(name.upper())):
        return _postcode(study, name.upper())
    town, district, others = one_town(name, study.on, study.areas)
    exactly = f"the middle of {town.name}, {district}"
    return _Centre(town.name, exactly, town.xy, SOURCE, others)


def _school(study: Looked, urn: str) -> _Centre:
    every = study.everywhere
    mine = every[every["urn"] == urn]
    if mine.empty or mine["easting"].isna().any():
        raise UnknownNameError(
            f"no state-funded school has URN {urn}" if mine.empty else f"{urn} has no location",
            where="--place",
        )
    row = mine.iloc[0]
    name = str(row["name"])
    return _Centre(name, f"{name} (URN {urn})", _xy(mine), "the register's point of the school")


def _postcode(study: Looked, asked: str) -> _Centre:
    """Return where a postcode is, or the middle of those of its sector or outward code."""
    meant = readings(asked)
    postcodes = study.postcodes() if is_whole(meant[0]) else None
    for spot in postcodes.spots(meant) if postcodes else ():
        if spot.xy and not (country := country_of(spot)):
            read = "" if spot.postcode == meant[0] else f"; {asked} is read so"
            source = f"the register's point of a school at {spot.postcode}"
            exactly = source if postcodes and postcodes.schools else spot.postcode
            return _Centre(spot.postcode, exactly, spot.xy, postcodes.of if postcodes else "", read)
        if country:
            raise UnknownNameError(f"{spot.postcode} is in {country}", where="--place")
    for near in (meant[0][:-2], meant[0].partition(" ")[0]) if is_whole(meant[0]) else meant[:1]:
        held = beginning(near)
        if held and held.blocks:
            n = held.postcodes
            by = f"; {asked} is not known, so {near} is meant" if near != meant[0] else ""
            exactly = f"the middle of the {n:,} postcode{'s' * (n > 1)} of {near}"
            return _Centre(meant[0], exactly, held.xy, "Code-Point Open", by)
    raise UnknownNameError(
        f"{meant[0]} {abroad(meant[0]) or 'is no postcode of England'}",
        where="--place",
        fix="give the point as lon,lat or easting,northing, then the distance",
    )


def _xy(schools: pd.DataFrame) -> tuple[float, float]:
    return float(schools["easting"].mean()), float(schools["northing"].mean())
