"""Read a table of travel times that a user brings, and say which schools it is about."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geolls.base.archives import open_bounded
from geolls.base.cells import a_number, a_urn
from geolls.base.errors import InputFileError
from geolls.base.files import missing, sha256
from geolls.base.sheets import open_table
from geolls.land.blocks import load_neighbourhoods
from geolls.measures.distances import nearest
from geolls.measures.travel import Timed, Travel

ENDS: Final = ("origin", "destination")
__all__ = ["COLUMNS", "ESTIMATE", "read_times", "travel_of"]

#: The word that asks for the built-in estimate.
ESTIMATE: Final = "estimate"
#: What a table calls where a way begins, where it ends, and its minutes; the first found counts.
COLUMNS: Final = {
    "origin": ("from_id", "origin", "origin_id", "from", "from_urn", "from_postcode", "o"),
    "destination": ("to_id", "dest", "destination", "dest_id", "destination_id", "to", "to_urn",
                    "to_postcode", "d"),
    "minutes": ("travel_time", "minutes", "travel_time_p50", "cost", "time", "travel_minutes",
                "travel_time_minutes", "seconds", "travel_time_seconds", "travel_time_s",
                "travel_seconds", "time_s", "duration_s", "duration_seconds"),
}  # fmt: skip
_KINDS: Final = {
    "URNs": re.compile(r"[1-9]\d{4,6}"),
    "postcodes": re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}"),
    "neighbourhoods": re.compile(r"[EW]01\d{6}"),
}
_MOST_BYTES: Final = 2 << 30
_MOST_MINUTES: Final = 1e5
_LONG_MINUTES: Final = 600  # longer than any road within England takes


def travel_of(given: str | Path, schools: pd.DataFrame) -> Travel:
    """Return the travel times that a study names.

    Parameters
    ----------
    given : str or pathlib.Path
        A file of times, or `estimate`.
    schools : pandas.DataFrame
        urn, postcode, lsoa_code, easting, northing of every school that may be asked about.

    Returns
    -------
    Travel
        Minutes between them.

    Raises
    ------
    InputFileError
        The file cannot be read, or has no time between any of the schools.
    """
    path = Path(given)
    if path.name == ESTIMATE and not path.exists():
        from geolls.study.estimate import estimate_of

        return estimate_of(schools)
    if not path.exists():
        raise missing(path, "or give --travel estimate")
    ids, times, told = read_times(path)
    schools = schools.drop_duplicates("urn").reset_index(drop=True)
    table, kinds = schools[["urn"]].copy(), []
    for side in ENDS:
        there = ids[np.unique(times[side])]
        kind = _kind_of(there)
        if kind is None:
            raise InputFileError(
                f"what it calls {side} is no URN, postcode or neighbourhood, as {there[0]!r}",
                where=str(path),
                fix="name schools by URN or postcode, or neighbourhoods by code (E01...)",
            )
        named = NAMED[kind](schools, ids)
        if not named.notna().any():
            raise InputFileError(
                f"none of its {kind} is a school's of the register, as {there[0]}",
                where=str(path),
                fix="give times between schools of this register",
            )
        table[side] = ids.get_indexer(pd.Index(named))
        kinds.append(kind)
    what, way = " to ".join(dict.fromkeys(kinds)), "from origin to destination"
    pairs = len(times)
    strange = np.zeros(pairs, dtype=bool)
    for side, kind in zip(ENDS, kinds, strict=True):
        if kind != "neighbourhoods":  # most of which have no school
            known = np.isin(np.arange(len(ids)), table[side])
            strange |= ~known[times[side]]
    if n := int(strange.sum()):
        first = (str(ids[times[side][strange].iloc[0]]) for side in ENDS)
        some = " to ".join(name or "a blank cell" for name in first)
        told.append(
            f"{path.name}: {n:,} of {pairs:,} pairs name what is no school's of the register, as "
            f"{some}"
        )
    if len(set(kinds)) == 1:
        times, way = _both_ways(times)
        if kinds[0] != "neighbourhoods":  # a school is at its own door
            own = np.setdiff1d(table["origin"][table["origin"] >= 0], _at_home(times))
            here = {"origin": own, "destination": own, "minutes": 0.0}
            times = pd.concat([times, pd.DataFrame(here)], ignore_index=True)
    found = (table[["origin", "destination"]] >= 0).all(axis=1).sum()
    told.append(f"{path.name}: has times of {found:,} of {len(table):,} schools")
    label = f"minutes of {path.name}, {pairs:,} pair{'s' * (pairs != 1)} of {what}, {way}"
    return Timed(table, times, label, sha256(path), told)


def read_times(path: Path) -> tuple[pd.Index, pd.DataFrame, list[str]]:
    """Read a table of origin, destination and minutes, as r5r, accessibility or a person writes it.

    Parameters
    ----------
    path : pathlib.Path
        csv in any encoding, packed or not, a workbook, or parquet.

    Returns
    -------
    tuple of pandas.Index, pandas.DataFrame and list of str
        Every id once, codes bare, postcodes in capitals without spaces; origin, destination
        (places among them), minutes: each pair once, by the least of its times; and what was left
        out, by count.

    Raises
    ------
    InputFileError
        A column is missing, or no row has a time.
    """
    told: list[str] = []
    if path.suffix == ".parquet":
        with open_bounded(path, limit=_MOST_BYTES) as stream:
            raw = pd.read_parquet(io.BytesIO(stream.read()))
        names: list[str] = [str(c) for c in raw.columns]
    else:
        opened = open_table(path, lambda cells: len(_columns(cells)) == 3, limit=_MOST_BYTES)
        told += [f"{path.name}: {line}" for line in opened.told]
        names = opened.head.cells
    columns = _columns(names)
    if missing := [c for c in COLUMNS if c not in columns]:
        raise InputFileError(
            f"has no {' and no '.join(missing)}: its columns are {', '.join(names[:8])}",
            where=str(path),
            fix="call them from_id, to_id, travel_time (minutes); or origin, dest, cost",
        )
    at = [columns[c] for c in COLUMNS]
    if path.suffix != ".parquet":
        raw = pd.read_csv(
            io.BytesIO(opened.body), header=None, names=range(len(names)), usecols=at, dtype=
            "category", sep=opened.head.mark, index_col=False, on_bad_lines="skip",
            keep_default_na=False,
        )  # fmt: skip
        raw.columns = pd.Index(names)[sorted(at)]
        at = [sorted(at).index(i) for i in at]
    columns_read = [raw.iloc[:, i] for i in at]
    minutes = _of_each(columns_read[2], _number)
    if re.search(r"(^|[^a-z])s(econds)?\W*$", heading := names[columns["minutes"]].casefold()):
        minutes = minutes / 60
        told.append(f"{path.name}: {heading} is read as seconds")
    elif np.mean(minutes > _LONG_MINUTES) > 0.5:
        told.append(
            f"{path.name}: over half of its times are more than {_LONG_MINUTES} minutes; if "
            "they are seconds, call the column travel_time_seconds"
        )
    fits = (minutes >= 0) & (minutes < _MOST_MINUTES)
    if blank := int((~fits).sum()):
        have = "has" if blank == 1 else "have"
        told.append(f"{path.name}: {blank:,} of {len(raw):,} rows {have} no time: not known")
    if not fits.any():
        raise InputFileError("has no time in any row", where=str(path), fix="minutes are numbers")
    written = [_of_each(column[fits], _bare) for column in columns_read[:2]]
    number, ids = pd.factorize(np.concatenate(written))
    here, there = np.split(number, 2)
    times = pd.DataFrame({"origin": here, "destination": there, "minutes": minutes[fits]})
    order = np.lexsort((times["minutes"], there, here))
    times = times.iloc[order]
    again = (times[list(ENDS)].diff() == 0).all(axis=1)
    if repeats := int(again.sum()):
        told.append(
            f"{path.name}: {repeats:,} of {len(times):,} rows repeat a pair: the least counts"
        )
    return pd.Index(ids), times[~again], told


def _of_each(column: pd.Series, read: Callable[[str], Any]) -> npt.NDArray[Any]:
    """Return what is read from each cell; each text is read once."""
    codes, texts = pd.factorize(column)
    return np.array([read(str(text)) for text in texts] + [read("")])[codes]


def _number(text: str) -> float:
    found = a_number(text)
    return np.nan if found is None else found


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", a_urn(text)).upper()


def _at_home(times: pd.DataFrame) -> pd.Series:
    return times["origin"][times["origin"] == times["destination"]]


def _columns(cells: Iterable[object]) -> dict[str, int]:
    """Return where each column stands, by the first of its names that is there."""
    plain = [re.sub(r"[^a-z0-9]+", "_", str(c).casefold()).strip("_") for c in cells]
    found = {}
    for column, names in COLUMNS.items():
        for name in names:
            if name in plain:
                found[column] = plain.index(name)
                break
    return found


def _kind_of(ids: pd.Index) -> str | None:
    """Return what most of the ids are."""
    counts = {kind: ids.str.fullmatch(form).sum() for kind, form in _KINDS.items()}
    best = max(counts, key=lambda kind: counts[kind])
    return best if counts[best] * 2 > len(ids) else None


def _both_ways(times: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Say whether times are alike both ways; a table of each pair one way is taken for both."""
    many = int(times[list(ENDS)].to_numpy().max()) + 1
    here, there = (times[c].to_numpy() for c in ENDS)
    key, back = here * many + there, there * many + here
    order = np.argsort(key)
    at = order[np.minimum(np.searchsorted(key[order], back), len(key) - 1)]
    met = (key[at] == back) & (here != there)
    if not met.any():
        turned = times.rename(columns={"origin": "destination", "destination": "origin"})
        apart = turned[here != there]
        return pd.concat([times, apart], ignore_index=True), "each one way and taken for both"
    minutes = times["minutes"].to_numpy()
    unlike = int((minutes != minutes[at])[met].sum())
    return times, f"{unlike:,} of which differ by direction" if unlike else "alike both ways"


def _by_urn(schools: pd.DataFrame, listed: pd.Index) -> pd.Series:
    return schools["urn"].where(schools["urn"].isin(listed))


def _by_postcode(schools: pd.DataFrame, listed: pd.Index) -> pd.Series:
    bare = schools["postcode"].str.replace(" ", "")
    return bare.where(bare.isin(listed))


def _by_neighbourhood(schools: pd.DataFrame, listed: pd.Index) -> pd.Series:
    """Join schools to neighbourhoods by the register's code, else by the nearest point of 2011."""
    own, near = schools["lsoa_code"], neighbourhood_of(schools)
    return own.where(own.isin(listed), near.where(near.isin(listed)))


def neighbourhood_of(schools: pd.DataFrame) -> pd.Series:
    """Return the code of 2011 of the neighbourhood whose point is nearest; blank without a point.

    The register's own codes are of 2021.
    """
    known = load_neighbourhoods()
    spots, here = (t[["easting", "northing"]].to_numpy(dtype=float) for t in (known, schools))
    at, _ = nearest(spots, here, 1)
    codes = known["lsoa11"].to_numpy(dtype=object)[at[:, 0]]
    return pd.Series(codes, index=schools.index).where(at[:, 0] >= 0)


#: How schools are found by what a table calls them.
NAMED: Final[dict[str, Callable[[pd.DataFrame, pd.Index], pd.Series]]] = {
    "URNs": _by_urn,
    "postcodes": _by_postcode,
    "neighbourhoods": _by_neighbourhood,
}
