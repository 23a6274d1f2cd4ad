"""Measure the minutes of travel between schools: of a table of times, or estimated by landmarks.

What has no time is unknown, never far: measures count it, and say so.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from geolls.base.arrays import Floats, Ints
from geolls.measures.distances import ranked

__all__ = ["Timed", "Travel"]


class Travel:
    """Minutes from any school to any other.

    Parameters
    ----------
    urns : iterable of str
        The schools that may be asked about, each once.
    label : str
        What the times are, as every output names them.
    sha256 : str
        Of what they were read from.
    told : sequence of str
        What of them could not be used, each in a line.
    """

    def __init__(self, urns: Any, label: str, sha256: str = "", told: Any = ()) -> None:
        self.urns = pd.Index(urns, dtype=object)
        self.label, self.sha256, self.told = label, sha256, tuple(told)

    def __repr__(self) -> str:
        """Name the times."""
        return f"<{type(self).__name__} {self.label}>"

    def minutes(self, a: Ints, b: Ints) -> Floats:
        """Return the minutes from schools to schools, by position; NaN where not known."""
        raise NotImplementedError

    def candidates(self, queries: Ints, points: Ints, within: float | None) -> tuple[Ints, Ints]:
        """Return the pairs that may be near each other, as places among queries and points."""
        raise NotImplementedError

    def at(self, urns: Any) -> Ints:
        """Return the position of each school, -1 where nothing is known of it."""
        return np.asarray(self.urns.get_indexer(pd.Index(urns, dtype=object)), dtype=np.intp)

    def between(self, a: Any, b: Any) -> Floats:
        """Return the minutes from each school to the school beside it; NaN where not known.

        Parameters
        ----------
        a, b : array_like of str
            URNs, as many on either side.
        """
        here, there = self.at(a), self.at(b)
        out = np.full(len(here), np.nan)
        known = np.flatnonzero((here >= 0) & (there >= 0))
        out[known] = self.minutes(here[known], there[known])
        return out

    def both_ways(self, a: Any, b: Any) -> Floats:
        """Return the minutes between pairs that have no direction: the mean of what is known."""
        there, back = self.between(a, b), self.between(b, a)
        mean = (there + back) / 2
        return np.where(np.isnan(mean), np.where(np.isnan(there), back, there), mean)

    def within(
        self, points: Any, queries: Any, limit: float | None = None
    ) -> tuple[Ints, Ints, Floats]:
        """Find which schools are how far from which: all pairs whose time is known.

        Parameters
        ----------
        points, queries : array_like of str
            URNs: from each query to each point.
        limit : float, optional
            The most minutes, inclusive.

        Returns
        -------
        tuple of numpy.ndarray
            Places among the queries, places among the points, and minutes of each pair.
        """
        there, here = self.at(points), self.at(queries)
        q, p = self.candidates(here, there, limit)
        minutes = self.minutes(here[q], there[p])
        known = np.isfinite(minutes) if limit is None else minutes <= limit
        return q[known], p[known], minutes[known]

    def nearest(
        self, points: Any, queries: Any, k: int | Ints, skip: Ints | None = None
    ) -> tuple[Ints, Floats]:
        """Find the k nearest points of every query by road; as `distances.nearest`, in minutes.

        Parameters
        ----------
        points, queries : array_like of str
            URNs: from each query to each point.
        k : int or numpy.ndarray of int
            How many, for all queries or for each.
        skip : numpy.ndarray of int, optional
            For each query a point that does not count (itself), or -1.
        """
        q, p, minutes = self.within(points, queries)
        if skip is not None:
            other = p != skip[q]
            q, p, minutes = q[other], p[other], minutes[other]
        return ranked(q, p, minutes, np.broadcast_to(np.asarray(k, np.intp), len(queries)))


class Timed(Travel):
    """The times of a table.

    Parameters
    ----------
    schools : pandas.DataFrame
        urn, origin, destination: the number of the place where each school sets out, and is
        arrived at; -1 where the table has neither. Several schools may have one place.
    times : pandas.DataFrame
        origin, destination (int), minutes: each pair once.
    label, sha256, told
        As `Travel`.
    """

    def __init__(
        self,
        schools: pd.DataFrame,
        times: pd.DataFrame,
        label: str,
        sha256: str = "",
        told: Any = (),
    ) -> None:
        super().__init__(schools["urn"], label, sha256, told)
        self._from, self._to = (schools[c].to_numpy(dtype=np.int64) for c in _ENDS)
        here, there = (times[c].to_numpy(dtype=np.int64) for c in _ENDS)
        self._many = int(max(a.max(initial=0) for a in (self._from, self._to, here, there))) + 1
        key = here * self._many + there
        order = np.argsort(key, kind="stable")
        self._key = key[order]
        self._minutes = times["minutes"].to_numpy(dtype=float)[order]

    def minutes(self, a: Ints, b: Ints) -> Floats:
        """Return the minutes from schools to schools, by position; NaN where not known."""
        here, there = self._from[a], self._to[b]
        key = here * self._many + there
        at = np.minimum(np.searchsorted(self._key, key), max(len(self._key) - 1, 0))
        known = np.flatnonzero((here >= 0) & (there >= 0) & (len(self._key) > 0))
        known = known[self._key[at[known]] == key[known]]
        out = np.full(len(key), np.nan)
        out[known] = self._minutes[at[known]]
        return out

    def candidates(self, queries: Ints, points: Ints, within: float | None) -> tuple[Ints, Ints]:
        """Return the pairs of schools that the table has a time for."""
        here = np.flatnonzero(queries >= 0)
        first = self._from[queries[here]] * self._many
        ends = (np.searchsorted(self._key, first + step) for step in (0, self._many))
        q, row = _runs(*ends)
        if within is not None:
            close = self._minutes[row] <= within
            q, row = q[close], row[close]
        there = np.flatnonzero(points >= 0)
        place = self._to[points[there]]
        by_place = np.argsort(place, kind="stable")
        wanted, place = self._key[row] % self._many, place[by_place]
        pair, p = _runs(*(np.searchsorted(place, wanted, side=s) for s in ("left", "right")))
        return here[q[pair]], there[by_place[p]]


def _runs(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """Return each run's number beside all the places in it, from its first to before its last."""
    size = last - first
    run = np.repeat(np.arange(len(size)), size)
    return run, np.arange(len(run)) - np.repeat(np.cumsum(size) - size - first, size)


_ENDS = ("origin", "destination")
