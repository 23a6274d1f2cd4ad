"""Choose sites that add most: schools reached, or distance saved; and what a loss costs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geolls.base.arrays import Floats, Ints
from geolls.measures.exact import Program, solver

__all__ = ["Chosen", "add_sites", "losses"]

_NODES = 200  # counted, not timed, so that the answer is the same everywhere
_CELLS = 2_000_000  # pairs beyond which no solver is asked


class Chosen(NamedTuple):
    """Sites chosen one after the other.

    Attributes
    ----------
    at : list of int
        Positions of the candidates, the one that adds most first.
    adds : list of float
        What each adds to those before it.
    ties : list of int
        How many others would have added as much.
    most : float
        What no choice of so many can exceed.
    """

    at: list[int]
    adds: list[float]
    ties: list[int]
    most: float


def add_sites(
    site: Ints, school: Ints, gain: Floats, number: int, *, whole: bool = False
) -> Chosen:
    """Choose the sites that together gain most, each school counting its best site.

    Parameters
    ----------
    site, school : numpy.ndarray of int
        Pairs of a candidate and a school that gains by it.
    gain : numpy.ndarray of float
        What the school gains there.
    number : int
        How many sites.
    whole : bool, optional
        A school gains the same at every site (it is reached, or not): then a solver can look.

    Returns
    -------
    Chosen
        Fewer sites where no further one adds anything. Ties go to the first candidate.

    Notes
    -----
    sum over schools of the largest gain at a chosen site. One site is found by looking at all.
    Several: one after the other, each the best given those before; what so many can gain at most
    is what was gained and the `number` best single gains then (Nemhauser, Wolsey and Fisher 1978,
    doi:10.1007/BF01588971), the least over all steps. Where HiGHS is installed and `whole`, it
    betters the choice and the bound (maximal covering: Church and ReVelle 1974).
    """
    if not len(site):
        return Chosen([], [], [], 0.0)
    sites, schools = int(site.max()) + 1, int(school.max()) + 1
    have, chosen, most = np.zeros(schools), list[int](), np.inf
    while True:
        more = np.bincount(site, np.maximum(gain - have[school], 0.0), minlength=sites)
        most = min(most, float(have.sum() + np.sort(more)[::-1][:number].sum()))
        if len(chosen) == number or more.max() <= 1e-9:
            break
        chosen.append(int((more > more.max() - 1e-9).argmax()))
        mine = site == chosen[-1]
        np.maximum.at(have, school[mine], gain[mine])
    if number > 1 and whole and most > have.sum() + 1e-6 and len(site) <= _CELLS and solver():
        chosen, most = _covered(site, school, gain, number, chosen, most)
    return _told(site, school, gain, chosen, max(most, 0.0))


def _told(site: Ints, school: Ints, gain: Floats, chosen: list[int], most: float) -> Chosen:
    """Put the sites in the order of what they add, and count ties."""
    have, at, adds, ties = np.zeros(int(school.max()) + 1), list[int](), list[float](), list[int]()
    left = sorted(chosen)
    while left:
        more = np.bincount(site, np.maximum(gain - have[school], 0.0))
        at.append(max(left, key=lambda c: (round(float(more[c]), 9), -c)))
        left.remove(at[-1])
        adds.append(float(more[at[-1]]))
        ties.append(int((np.abs(more - adds[-1]) < 1e-9).sum()) - 1)
        mine = site == at[-1]
        np.maximum.at(have, school[mine], gain[mine])
    return Chosen(at, adds, ties, most)


def _covered(
    site: Ints, school: Ints, gain: Floats, number: int, begun: list[int], most: float
) -> tuple[list[int], float]:
    """Return sites that cover most, by HiGHS, of candidates that reach different schools."""
    order = np.lexsort((school, site))
    site, school, gain = site[order], school[order], gain[order]
    ends = np.flatnonzero(np.r_[np.diff(site), 1]) + 1
    sets: dict[bytes, int] = {}
    for piece, who in zip(np.split(np.arange(len(site)), ends[:-1]), site[ends - 1], strict=True):
        sets.setdefault(school[piece].tobytes(), int(who))
    kept = np.array(sorted({*sets.values(), *begun}))
    place = np.full(int(site.max()) + 1, -1)
    place[kept] = np.arange(len(kept))
    rows = place[site] >= 0
    worth = np.zeros(int(school.max()) + 1)
    np.maximum.at(worth, school, gain)
    program = Program(np.concatenate([np.zeros(len(kept)), worth]), len(kept), _NODES)
    program.add([(0.0, float(number), np.arange(len(kept)), np.ones(len(kept)))])
    by_school = np.argsort(school[rows], kind="stable")
    who, near = school[rows][by_school], place[site[rows][by_school]]
    cuts = np.flatnonzero(np.diff(who)) + 1
    program.add(
        (-program.none, 0.0, [len(kept) + w[0], *n], [1.0, *-np.ones(len(n))])
        for w, n in zip(np.split(who, cuts), np.split(near, cuts), strict=True)
    )
    begin = np.zeros(len(kept) + len(worth))
    begin[place[begun]] = 1
    begin[len(kept) + np.unique(school[np.isin(site, begun)])] = 1
    found, value, limit = program.run(begin)
    # A school with a gain at no candidate is in no row: it is not reached, and counts for nothing.
    idle = float(worth.sum() - worth[np.unique(who)].sum())
    better = kept[np.flatnonzero(found[: len(kept)] > 0.5)].tolist() if len(found) else begun
    return (better if value - idle > 0 else begun), min(most, limit - idle)


def losses(first: Ints, near: Floats, next_: Floats, limit: float) -> tuple[Ints, Ints]:
    """Return the schools that are beyond a limit once their nearest site is lost, and whose it is.

    Parameters
    ----------
    first : numpy.ndarray of int
        The nearest site of each school, -1 for none.
    near, next_ : numpy.ndarray of float
        How far it is, and the nearest but it; NaN where there is none.
    limit : float
        How far is within reach, inclusive.
    """
    lost = np.flatnonzero((first >= 0) & (near <= limit) & ~(next_ <= limit))
    return lost, first[lost]
