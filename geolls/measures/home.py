"""Find where each trust is at home: the one place that holds more of its schools than any other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from geolls.base.arrays import Floats, Ints
from geolls.base.vocabulary import OUTSIDE
from geolls.measures.claimants import lists_of
from geolls.measures.membership import Membership, pairs_of, sums

__all__ = ["home_of", "homes"]

# Places by number: the units from 3 on. "In no unit" is a place like them; a school that our list
# does not name may be in any place; one that is not located does not count.
_LOST, _ANYWHERE, _NOWHERE, _FIRST = range(4)
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
    table = frame[["trust_uid", f"home_{layer}", f"home_status_{layer}"]].set_index("trust_uid")
    home = table[f"home_{layer}"].astype(object)
    return home.where(home.notna(), table[f"home_status_{layer}"].astype(object))


def homes(
    body: Ints,
    school: Ints,
    unit: Ints,
    share: Floats,
    x: Membership,
    *,
    number: int,
    threshold: float,
) -> pd.DataFrame:
    """Find the home of every body in one layer.

    Parameters
    ----------
    body : numpy.ndarray of int
        The body of each school, 0..number - 1.
    school, unit : numpy.ndarray of int
        One entry per school and claim on it: its position in `body`, and the position of the
        unit in the codes of `x`, reasons included.
    share : numpy.ndarray of float
        What the unit has of the school.
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
    places = np.array([_REASONS.get(c, at) for at, c in enumerate(x.codes, _FIRST)], dtype=np.intp)
    kept = (share != 0) & (places[unit] != _LOST)
    school, place, at = pairs_of(school[kept], places[unit[kept]])
    part = sums(at, share[kept], len(school))
    open_ = np.bincount(school, place == _ANYWHERE, len(body)) > 0
    alone = np.bincount(school, minlength=len(body)) == 1
    schools = np.unique(school)
    n = np.bincount(body[schools], minlength=number)
    loose = np.bincount(body[schools], open_[schools], number)
    # Of each body and place: its schools by their shares, those surely there, those it lists.
    named = place != _ANYWHERE
    listed = school[named]
    whose, where, at = pairs_of(body[listed], place[named])
    by_share, sure, may = (
        np.bincount(at, each, len(whose)) for each in (part[named], alone[listed], ~open_[listed])
    )
    order = np.lexsort((-by_share, whose))
    bodies, first = np.unique(whose[order], return_index=True)
    top, rest = order[first], np.delete(order, first)
    rival = loose.copy()
    np.maximum.at(rival, whose[rest], loose[whose[rest]] + may[rest])
    least = threshold * n - 1e-9
    home, most, at_home = (
        np.zeros(number, dtype=bool),
        np.full(number, np.nan),
        np.zeros(number, dtype=np.intp),
    )
    home[bodies] = (sure[top] > rival[bodies]) & (sure[top] >= least[bodies])
    most[bodies], at_home[bodies] = by_share[top] / n[bodies], where[top]
    doubtful = ~home & (np.bincount(whose, sure, number) < n)
    some = doubtful[body[school]]
    lists = lists_of(body[school[some]], school[some], place[some])
    known = n > 0
    for one, sets in lists.items():
        known[one] &= not _may_find_one(sets, float(least[one]))
    status = np.select(
        [home & (at_home != _NOWHERE), home, ~known],
        ["home", "outside", "not_known"],
        default="no_single_home",
    )
    at = np.where(home, at_home, _LOST)
    codes, names = (
        pd.Series([np.nan, np.nan, outside, *words], dtype=object).take(at).reset_index(drop=True)
        for outside, words in (("not_covered", x.codes), (OUTSIDE, x.names))
    )
    return pd.DataFrame({"code": codes, "name": names, "share": most, "status": status})


def _may_find_one(schools: Sequence[frozenset[int]], least: float) -> bool:
    """Tell whether some way of placing the doubtful schools of one body gives it a home.

    Each place in turn gets every school that may be there. The rest must leave every other place
    with fewer, which is a matching of schools to the seats that are free.
    """
    loose = sum(_ANYWHERE in places for places in schools)
    listed = [places for places in schools if _ANYWHERE not in places]
    sure = Counter(place for places in listed if len(places) == 1 for place in places)
    shared = [places for places in listed if len(places) > 1]
    every = frozenset().union(*listed) | ({_NOWHERE} if loose else set())
    for place in every:
        most = sure[place] + loose + sum(place in places for places in shared)
        free = {v: most - 1 - sure[v] for v in every if v != place}
        rest = [places for places in shared if place not in places]
        if most >= least and min(free.values(), default=0) >= 0 and _seated(rest, free):
            return True
    return False


def _seated(schools: Sequence[frozenset[int]], free: Mapping[int, int]) -> bool:
    """Tell whether each school finds a seat in one of its places."""
    if not schools:
        return True
    seats = [v for v, number in free.items() for _ in range(min(number, len(schools)))]
    fits = np.array([[v in units for v in seats] for units in schools], dtype=float)
    found = maximum_bipartite_matching(csr_array(fits), perm_type="column")
    return bool((found >= 0).all())
