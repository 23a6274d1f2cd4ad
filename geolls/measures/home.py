"""Find where each trust is at home: the one place that holds more of its schools than any other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from geolls.base.vocabulary import OUTSIDE
from geolls.measures.membership import Membership

__all__ = ["home_of", "homes"]

# Units are numbered from 0. "In no unit" is a place like them; a school that our list does not
# name may be in any place; one that is not located does not count.
_NOWHERE: Final = -1
_ANYWHERE: Final = -2
_LOST: Final = -3
_REASONS: Final = {
    "not_covered": _NOWHERE,
    "not_applicable": _NOWHERE,
    "no_evidence": _ANYWHERE,
    "not_located": _LOST,
}


def home_of(frame: pd.DataFrame, layer: str) -> pd.Series[Any]:
    """Return where each trust is at home in a layer, in one word.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table of `geolls.measures.spread.spread`.
    layer : str
        Key of a layer in it.

    Returns
    -------
    pandas.Series of str
        By trust_uid: a unit's code, `not_covered` where home is outside every unit,
        `no_single_home` or `not_known`.
    """
    table = frame.set_index("trust_uid")
    home = table[f"home_{layer}"].astype(object)
    return home.where(home.notna(), table[f"home_status_{layer}"].astype(object))


def homes(claims: pd.DataFrame, x: Membership, number: int, threshold: float) -> pd.DataFrame:
    """Find the home of every body in one layer.

    Parameters
    ----------
    claims : pandas.DataFrame
        One row per school of a body and claim on it: body (0..number - 1), school (its number),
        unit (position in the codes of `x`, reasons included), share.
    x : Membership
        The layer.
    number : int
        How many bodies.
    threshold : float
        The least share of a body's located schools that makes a place its home.

    Returns
    -------
    pandas.DataFrame
        One row per body: code (of the unit, `not_covered` outside every unit, blank without a
        home), name, share (of the largest place, a shared school counting by its share in each;
        blank without a located school), status (`home`, `outside`, `no_single_home`, `not_known`).

    Notes
    -----
    Home is the one largest place, "in no unit" being a place too, if it holds threshold * n of the
    n located schools. A school that several units list is in one of them, one under `no_evidence`
    in any unit or in none. A place is home in every case if the schools surely in it are more than
    those that may be in any other; no place is in any case if none can become it; in between home
    is not known.
    """
    table, bodies = _placed(claims, x), range(number)
    schools = table.drop_duplicates("school").groupby("body")["loose"].agg(["size", "sum"])
    schools = schools.reindex(bodies, fill_value=0)
    n, loose, least = schools["size"], schools["sum"], threshold * schools["size"] - 1e-9
    counts = table[table["place"] != _ANYWHERE].groupby(["body", "place"])
    cells = counts[["share", "sure", "may"]].sum().reset_index()
    cells = cells.sort_values(["body", "share"], ascending=[True, False], kind="stable")
    later = cells["body"].duplicated()
    top = cells[~later].set_index("body").reindex(bodies)
    rival = cells[later].groupby("body")["may"].max().reindex(bodies, fill_value=0) + loose
    home = (top["sure"] > rival) & (top["sure"] >= least)
    sure = cells.groupby("body")["sure"].sum().reindex(bodies, fill_value=0)
    doubtful = np.flatnonzero(~home & (sure < n))
    lists = _lists(table[table["body"].isin(doubtful)])
    open_ = [body for body, places in lists.items() if _may_find_one(places, float(least[body]))]
    place = top["place"].where(home)
    status = np.select(
        [home & (place != _NOWHERE), home, (n == 0) | n.index.isin(open_)],
        ["home", "outside", "not_known"],
        default="no_single_home",
    )
    codes = {**dict(enumerate(x.codes)), _NOWHERE: "not_covered"}
    names = {**dict(enumerate(x.names)), _NOWHERE: OUTSIDE}
    return pd.DataFrame(
        {
            "code": place.map(codes).astype(object),
            "name": place.map(names).astype(object),
            "share": top["share"] / n.mask(n == 0),
            "status": status.astype(object),
        },
        index=bodies,
    )


def _placed(claims: pd.DataFrame, x: Membership) -> pd.DataFrame:
    """Return one row per located school and place it may be in.

    sure: it is there; may: the place lists it; loose: it may be in any place.
    """
    number = np.array([_REASONS.get(code, at) for at, code in enumerate(x.codes)], dtype=np.intp)
    table = claims.assign(place=number[claims["unit"]])
    table = table[(table["share"] != 0) & (table["place"] != _LOST)]
    table = table.groupby(["body", "school", "place"])[["share"]].sum().reset_index()
    places = table.groupby("school")["place"]
    loose = places.transform("min") == _ANYWHERE
    return table.assign(sure=~loose & (places.transform("size") == 1), may=~loose, loose=loose)


def _lists(table: pd.DataFrame) -> dict[int, list[set[int]]]:
    """Return, for each body, the places that each of its schools may be in."""
    schools: dict[tuple[int, int], set[int]] = {}
    for body, school, place in zip(*(table[c] for c in ("body", "school", "place")), strict=True):
        schools.setdefault((body, school), set()).add(place)
    out: dict[int, list[set[int]]] = {}
    for (body, _), places in schools.items():
        out.setdefault(body, []).append(places)
    return out


def _may_find_one(schools: Sequence[set[int]], least: float) -> bool:
    """Tell whether some way of placing the doubtful schools of one body gives it a home.

    Each place in turn gets every school that may be there. The rest must leave every other place
    with fewer, which is a matching of schools to the seats that are free.
    """
    loose = sum(_ANYWHERE in places for places in schools)
    listed = [places for places in schools if _ANYWHERE not in places]
    sure = Counter(place for places in listed if len(places) == 1 for place in places)
    shared = [places for places in listed if len(places) > 1]
    every = set().union(*listed) | ({_NOWHERE} if loose else set())
    for place in every:
        most = sure[place] + loose + sum(place in places for places in shared)
        free = {v: most - 1 - sure[v] for v in every if v != place}
        rest = [places for places in shared if place not in places]
        if most >= least and min(free.values(), default=0) >= 0 and _seated(rest, free):
            return True
    return False


def _seated(schools: Sequence[set[int]], free: Mapping[int, int]) -> bool:
    """Tell whether each school finds a seat in one of its places."""
    if not schools:
        return True
    seats = [v for v, number in free.items() for _ in range(min(number, len(schools)))]
    fits = np.array([[v in units for v in seats] for units in schools], dtype=float)
    found = maximum_bipartite_matching(csr_array(fits), perm_type="column")
    return bool((found >= 0).all())
