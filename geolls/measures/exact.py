"""Bound and better a realignment with HiGHS, a solver: the extra `geolls[realign]`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from geolls.base.arrays import Flags, Floats, Ints
from geolls.measures.realign import Ground

__all__ = ["INSTALL", "Bound", "Program", "polished", "solver"]

INSTALL = "pip install 'geolls[realign]'"
_EPS = 1e-3
_ROUNDS = 30
_CUTS = 3000  # of one kind in one round
_NODES = 10  # of one window: counted, not timed, so that the answer is the same everywhere

#: Least, most, positions of numbers, what each counts.
Row = tuple[float, float, Any, Any]


def solver() -> bool:
    """Tell whether HiGHS is installed."""
    return find_spec("highspy") is not None


class Program:
    """Numbers between 0 and 1 that rows of inequalities hold, to be chosen for the most gain.

    Parameters
    ----------
    gain : numpy.ndarray of float
        What each number brings.
    whole : int, optional
        How many, the first ones, must be 0 or 1.
    nodes : int, optional
        Where the search for whole numbers is given up.
    """

    def __init__(self, gain: Floats, whole: int = 0, nodes: int | None = None) -> None:
        highs = import_module("highspy")
        self.none = highs.kHighsInf
        # Its own base class: it does not greet on standard output.
        self._highs: Any = highs.Highs.__base__()
        options = {"output_flag": False, "threads": 1, "random_seed": 0, "mip_rel_gap": 0.0}
        for name, value in options.items():
            self._highs.setOptionValue(name, value)
        if nodes is not None:
            self._highs.setOptionValue("mip_max_nodes", nodes)
        self._highs.addVars(len(gain), np.zeros(len(gain)), np.ones(len(gain)))
        self._highs.changeObjectiveSense(highs.ObjSense.kMaximize)
        self._start = highs.HighsSolution
        if whole:
            kinds = np.full(whole, int(highs.HighsVarType.kInteger), dtype=np.uint8)
            self._highs.changeColsIntegrality(whole, np.arange(whole, dtype=np.int32), kinds)
        self.gain(gain)

    def gain(self, gain: Floats) -> None:
        """Set what each number brings."""
        at = np.arange(len(gain), dtype=np.int32)
        self._highs.changeColsCost(len(gain), at, np.asarray(gain, dtype=float))

    def between(self, low: Floats, high: Floats) -> None:
        """Set what each number is at least and at most, in place of 0 and 1."""
        self._highs.changeColsBounds(len(low), np.arange(len(low), dtype=np.int32), low, high)

    def add(self, rows: Iterable[Row]) -> int:
        """Hold rows: least, most, positions, weights; return how many."""
        least, most, at, weight = zip(*rows, strict=True) if (rows := list(rows)) else ((),) * 4
        if least:
            starts = np.cumsum([0, *map(len, at)])
            flat = np.concatenate([np.asarray(a, dtype=np.int32) for a in at])
            values = np.concatenate([np.asarray(w, dtype=float) for w in weight])
            ends = np.array(least, dtype=float), np.array(most, dtype=float)
            self._highs.addRows(
                len(least), *ends, len(flat), starts[:-1].astype(np.int32), flat, values
            )
        return len(least)

    def run(self, begin: Floats | None = None) -> tuple[Floats, float, float]:
        """Return the numbers found, what they bring, and what no others can exceed."""
        if begin is not None:
            start = self._start()
            start.col_value = begin.tolist()
            self._highs.setSolution(start)
        self._highs.run()
        info, found = self._highs.getInfo(), np.array(self._highs.getSolution().col_value)
        value = float(info.objective_function_value)
        limit = float(info.mip_dual_bound) if np.isfinite(info.mip_dual_bound) else value
        return found, value, limit


class Bound:
    """What no grouping can exceed: a linear relaxation, tightened by what each answer breaks.

    Parameters
    ----------
    ground : Ground
        The areas.

    Notes
    -----
    One number for each pair of areas that can be in one unit (are they?), for each area and unit
    of today near it (does the area's unit carry it on?), and for each unit of today (does any of
    its areas stay?). Rows hold the band around every area and unit; the squares of sizes s, whose
    sum is at most (low + high) total - units low high, as (s - low)(s - high) <= 0; and that units
    which carry on nothing are filled with schools that move. Broken rows are added until a round
    gains less than a thousandth: a with b and b with c is a with c; areas that do not touch need
    one beside them; areas that carry on the same are together. All are true of every grouping, so
    the optimum is an upper bound whenever it stops.
    """

    def __init__(self, ground: Ground) -> None:
        self.ground, n = ground, len(ground.schools)
        self.a, self.b = np.nonzero(np.triu(ground.together))
        pairs, size = len(self.a), ground.schools.astype(float)
        self.pair = np.full((n, n), -1, dtype=np.intp)
        self.pair[self.a, self.b] = self.pair[self.b, self.a] = np.arange(pairs)
        holds = ground.today > 0
        near = holds | (ground.together.astype(float) @ holds > 0)
        self.area, self.of = np.nonzero(near)
        self.stay = np.full(near.shape, -1, dtype=np.intp)
        self.stay[self.area, self.of] = pairs + np.arange(len(self.area))
        self.used: Ints = pairs + len(self.area) + np.arange(ground.today.shape[1])
        self.program = Program(np.zeros(self.used[-1] + 1))
        self.program.add(self._rule(size, holds))

    def _rule(self, size: Floats, holds: Flags) -> Iterator[Row]:
        ground, none = self.ground, self.program.none
        low, high, total = ground.low, ground.high, float(size.sum())
        for area, mates in enumerate(ground.together):
            at = np.flatnonzero(mates)
            yield low - size[area], max(high - size[area], 0.0), self.pair[area, at], size[at]
            mine = self.stay[area][self.stay[area] >= 0]
            yield -none, 1.0, mine, np.ones(len(mine))
        squares = (low + high) * total - ground.units * low * high - float((size**2).sum())
        yield -none, squares / 2, np.arange(len(self.a)), size[self.a] * size[self.b]
        for unit, used in enumerate(self.used.tolist()):
            areas = np.flatnonzero(self.stay[:, unit] >= 0)
            at, own = self.stay[areas, unit], self.stay[holds[:, unit], unit]
            yield 0.0, none, [*at, used], [*size[areas], -low]
            yield -none, 0.0, [*at, used], [*size[areas], -high]
            yield -none, 0.0, [used, *own], [1.0, *-np.ones(len(own))]
            for each in at:
                yield -none, 0.0, [each, used], [1.0, -1.0]
        stays = self.stay[self.area, self.of]
        room = total - low * ground.units
        yield -none, room, [*stays, *self.used], [*size[self.area], *[-low] * len(self.used)]

    def above(self, cost: float) -> float:
        """Return an upper bound of links kept between areas - cost x schools moved."""
        ground = self.ground
        stays = cost * ground.today[self.area, self.of]
        links = ground.links[self.a, self.b]
        self.program.gain(np.concatenate([links, stays, np.zeros(len(self.used))]))
        last = np.inf
        for _ in range(_ROUNDS):
            found, value, _ = self.program.run()
            if last - value < _EPS * abs(value) or not self.program.add(self._broken(found)):
                break
            last = value
        return value - cost * float(ground.schools.sum())

    def _broken(self, found: Floats) -> Iterator[Row]:
        """Yield rows that the numbers found break, the worst triangles first."""
        none, pair, n = self.program.none, self.pair, len(self.pair)
        z = np.where(pair >= 0, found[pair], 0.0)
        apart = [np.empty((0, 4))]
        for c in range(n):
            at = np.flatnonzero(z[c] > _EPS)
            over = z[c, at][:, None] + z[c, at] - z[np.ix_(at, at)] - 1
            i, j = np.nonzero(np.triu(over, 1) > _EPS)
            apart.append(np.column_stack([over[i, j], np.full(len(i), c), at[i], at[j]]))
        every = np.concatenate(apart)
        for _, c, i, j in every[np.argsort(-every[:, 0], kind="stable")[:_CUTS]].tolist():
            one, other, third = pair[int(c), int(i)], pair[int(c), int(j)], pair[int(i), int(j)]
            yield self._sum(1.0, [one, other], third)
        for b, beside in enumerate(self.ground.near):
            way = np.array(beside, dtype=np.intp)
            for c in np.flatnonzero(z[b] > z[:, way].sum(axis=1) + _EPS).tolist():
                if c not in beside:
                    mates = pair[c, way][pair[c, way] >= 0]
                    yield -none, 0.0, [pair[b, c], *mates], [1.0, *-np.ones(len(mates))]
        for column in self.stay.T:
            areas = np.flatnonzero(column >= 0)
            at = column[areas]
            y, with_ = found[at], z[np.ix_(areas, areas)]
            for i, j in zip(*np.nonzero(y[:, None] + with_ - y > 1 + _EPS), strict=True):
                yield self._sum(1.0, [at[i], pair[areas[i], areas[j]]], at[j])
            for i, j in zip(
                *np.nonzero(np.triu(y[:, None] + y - with_, 1) > 1 + _EPS), strict=True
            ):
                yield self._sum(1.0, [at[i], at[j]], pair[areas[i], areas[j]])

    def _sum(self, most: float, at: list[int], less: int) -> Row:
        """Hold a sum less one number, where there is one: at most."""
        known = [less] if less >= 0 else []
        return -self.program.none, most, [*at, *known], [*np.ones(len(at)), *-np.ones(len(known))]


def polished(ground: Ground, unit: Ints, cost: float, *, size: int = 10) -> Ints:
    """Better a grouping by exact windows: each unit with those about it is grouped anew.

    Parameters
    ----------
    ground : Ground
        The areas.
    unit : numpy.ndarray of int
        The unit of each area, within the band and in one piece.
    cost : float
        What moving one school costs, in links.
    size : int, optional
        Areas in a window at most, in whole units, two at least; of few areas all are in each.

    Returns
    -------
    numpy.ndarray of int
        A grouping that is as good or better.
    """
    unit = unit.copy()
    for first in range(ground.units):
        window = [first]
        for u in window:
            beside = {int(unit[x]) for area in np.flatnonzero(unit == u) for x in ground.near[area]}
            window += sorted(beside - set(window))
            if np.isin(unit, window).sum() >= size:
                break
        better = _window(ground, unit, _some(unit, window, size), cost)
        if better is not None:
            unit = better
    return unit


def _some(unit: Ints, window: list[int], size: int) -> list[int]:
    """Return the first units of a window: two, and more while they have few areas."""
    areas = np.cumsum([np.sum(unit == u) for u in window])
    return window[: max(2, int(np.searchsorted(areas, size, side="right")))]


def _window(ground: Ground, unit: Ints, window: list[int], cost: float) -> Ints | None:
    """Return the grouping with these units grouped as well as can be, or None where it is so."""
    areas, k = np.flatnonzero(np.isin(unit, window)), len(window)
    n, size = len(areas), ground.schools[areas].astype(float)
    links = ground.links[np.ix_(areas, areas)]
    i, j = np.nonzero(np.triu(links))
    owner = ground.named(unit)
    stay = ground.staying(owner)[np.ix_(areas, np.array(window))]
    program = Program(np.concatenate([(cost * stay).ravel(), links[i, j]]), n * k, _NODES)
    none, at = program.none, np.arange(n * k).reshape(n, k)
    program.add((1.0, 1.0, row, np.ones(k)) for row in at)
    program.add((float(ground.low), float(ground.high), column, size) for column in at.T)
    program.add((1.0, none, column, np.ones(n)) for column in at.T)
    program.add(
        (-none, 1.0, [n * k + pair, at[one, u], at[other, u]], [1.0, 1.0, -1.0])
        for pair, ends in enumerate(zip(i, j, strict=True))
        for one, other in (ends, ends[::-1])
        for u in range(k)
    )
    place = {int(area): row for row, area in enumerate(areas)}
    mine = np.array([window.index(u) for u in unit[areas]])
    begin = np.concatenate([np.eye(k)[mine].ravel(), (mine[i] == mine[j]).astype(float)])
    before = float(begin @ np.concatenate([(cost * stay).ravel(), links[i, j]]))
    for _ in range(_ROUNDS):
        found, value, _ = program.run(begin)
        if len(found) == 0 or value <= before + 1e-6:
            return None
        new = unit.copy()
        new[areas] = np.array(window)[found[: n * k].reshape(n, k).argmax(axis=1)]
        piece = ground.pieces(new)
        loose: list[Row] = []
        for u in window:
            parts = np.unique(piece[new == u])
            main = max(parts, key=lambda p: (ground.schools[piece == p].sum(), -p), default=None)
            for part in parts[parts != main]:
                members, whole = np.flatnonzero(piece == part), np.flatnonzero(piece == main)
                way = {x for area in members for x in ground.near[area]} & place.keys()
                way -= set(members.tolist())
                for column in range(k):
                    ends = [at[place[int(members[0])], column], at[place[int(whole[0])], column]]
                    over = [at[place[x], column] for x in sorted(way)]
                    loose.append((-none, 1.0, [*ends, *over], [1.0, 1.0, *-np.ones(len(over))]))
        if not program.add(loose):
            return new
    return None
