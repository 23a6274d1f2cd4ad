"""Measure the minutes of travel between schools: of a table of times, or estimated by landmarks.

What has no time is unknown, never far: measures count it, and say so.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from geolls.base.arrays import Floats, Ints
from geolls.measures.distances import distance, nearest, pairs_near, ranked

__all__ = ["Landmarks", "Timed", "Travel", "fit_landmarks", "seen_by"]


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

    Attributes
    ----------
    least : float
        Ways of fewer minutes cannot be told apart: who is next door is then asked of the line.
    """

    least = 0.0

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


class Landmarks(Travel):
    """Times estimated from those to landmarks: bounds by the triangle, and the straight line.

    Parameters
    ----------
    schools : pandas.DataFrame
        urn, easting, northing (metres).
    times : numpy.ndarray of float, shape (schools, landmarks)
        Minutes from each school to each landmark, NaN where not known.
    fit : numpy.ndarray of float
        What `fit_landmarks` found.
    label, sha256, told
        As `Travel`.

    Notes
    -----
    For schools a and b and landmarks l: max |t_al - t_bl| <= t_ab <= min (t_al + t_bl). The lower
    bound is broken where times are rounded, so it is a feature of the fit and no law. Only
    landmarks within `NEAR` of either count: farther ones add the noise of long ways alone. An
    estimate beyond `MOST` is not given. A search for the nearest looks among the 40 nearest in a
    straight line; one within so many minutes takes no way for faster than a straight
    line at 72 km an hour.
    """

    least = 15.0
    NEAR, MOST, AMONG, FASTEST, PART = 55.0, 150.0, 40, 1200.0, 100_000

    def __init__(
        self,
        schools: pd.DataFrame,
        times: Floats,
        fit: Floats,
        label: str,
        sha256: str = "",
        told: Any = (),
    ) -> None:
        super().__init__(schools["urn"], label, sha256, told)
        self._spots = schools[["easting", "northing"]].to_numpy(dtype=float)
        self._times, self._fit = times, fit

    def minutes(self, a: Ints, b: Ints) -> Floats:
        """Return the minutes from schools to schools, by position; NaN where not known."""
        out = np.full(len(a), np.nan)
        for first in range(0, len(a), self.PART):
            part = slice(first, first + self.PART)
            i, j = a[part], b[part]
            km = distance(self._spots[i], self._spots[j]) / 1000
            out[part] = seen_by(self._times[i], self._times[j], km, self.NEAR) @ self._fit
        return np.where(out <= self.MOST, out, np.nan)

    def candidates(self, queries: Ints, points: Ints, within: float | None) -> tuple[Ints, Ints]:
        """Return the pairs that may be near each other, as places among queries and points."""
        here, there = (np.where(at >= 0, at, 0) for at in (queries, points))
        spots, ends = self._spots[here], self._spots[there]
        spots[queries < 0], ends[points < 0] = np.nan, np.nan
        if within is not None:
            return pairs_near(ends, spots, within * self.FASTEST)
        at, _ = nearest(ends, spots, min(self.AMONG, len(points)))
        q, turn = np.nonzero(at >= 0)
        return q, at[q, turn]


def seen_by(a: Floats, b: Floats, km: Floats, near: float) -> Floats:
    """Return of each pair: one, its least and most minutes by landmarks, its line and that's root.

    Parameters
    ----------
    a, b : numpy.ndarray of float, shape (pairs, landmarks)
        Minutes to the landmarks; NaN where a landmark does not count.
    km : numpy.ndarray of float
        The straight line.
    near : float
        Landmarks farther than so many minutes from both do not count.
    """
    with np.errstate(invalid="ignore"):
        close = np.fmin(a, b) <= near
    known = close & ~np.isnan(a) & ~np.isnan(b)
    low = np.where(known, np.abs(a - b), 0).max(axis=1, initial=0)
    high = np.where(known, a + b, np.inf).min(axis=1, initial=np.inf)
    high = np.where(np.isfinite(high), high, np.nan)
    # A short way is slower for its length: the root tells it from a long one.
    return np.column_stack([np.ones(len(km)), low, high, km, np.sqrt(km)])


def fit_landmarks(times: Floats, spots: Floats, *, most: float = Landmarks.MOST) -> Floats:
    """Fit minutes to what other landmarks show of them, from landmark to landmark.

    Parameters
    ----------
    times : numpy.ndarray of float, shape (landmarks, landmarks)
        Minutes from each to each; NaN where not known.
    spots : numpy.ndarray of float, shape (landmarks, 2)
        Where they are, in metres.
    most : float, optional
        Longer ways do not count.

    Returns
    -------
    numpy.ndarray of float
        What each column of `seen_by` adds: by least squares, each error as a part of its minutes,
        so that short ways count too.
    """
    i, j = np.triu_indices(len(times), 1)
    true = (times[i, j] + times[j, i]) / 2
    used = true <= most
    i, j, true = i[used], j[used], true[used]
    a, b = times[i], times[j]
    pair = np.arange(len(i))
    a[pair, i], a[pair, j] = np.nan, np.nan
    seen = seen_by(a, b, distance(spots[i], spots[j]) / 1000, Landmarks.NEAR)
    whole = np.isfinite(seen).all(axis=1)
    seen, true = seen[whole], true[whole]
    return np.asarray(np.linalg.lstsq(seen / true[:, None], np.ones(len(true)), rcond=None)[0])
