"""The best grouping sought: every unit that could be is listed, and HiGHS chooses among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from geolls.base.arrays import Ints
from geolls.measures.exact import Program
from geolls.measures.realign import Ground

__all__ = ["Every"]

#: The areas of a unit, and the unit of today that it carries on.
_Key = tuple[tuple[int, ...], int]
#: Of units: what each brings beyond its price, carrying on which.
_Gain = tuple[np.ndarray, np.ndarray]

_MOST = 15_000_000  # units to list: 24 bytes each
_WIDE = 12  # areas of the mean size in the largest unit: of more, so many units are never all
_FEW = 20  # areas: of so few, always
_AT_ONCE = 4096
_ROWS = 16  # of these, in one product
_NEAR = 300_000  # units that prices are found among
_CHOICE = 60_000  # units to choose among at the end
_EACH = 6  # of one first area, that prices are held against in one round
_ROUNDS = 20
_NODES = 500


class _Units(NamedTuple):
    """Units whose first area is the same: the areas they may have, which they do, links kept."""

    areas: Ints
    held: np.ndarray[tuple[int, int], np.dtype[np.uint8]]
    kept: np.ndarray[tuple[int], np.dtype[np.float32]]


class Every:
    """All units that could be: areas that hang together, within the band.

    Parameters
    ----------
    ground : Ground
        The areas.

    Notes
    -----
    A grouping is a choice of units that has each area once. Prices of areas, of carrying on a unit
    of today, and of a unit are found by HiGHS so that no unit brings more than it costs: by a
    linear program of few units, to which those are added that bring more. Whatever the prices are,
    no grouping has more than all areas cost, and the most that so many units bring beyond that.
    Only a unit whose loss at these prices is less than what a grouping found lacks can better it;
    of those the best are chosen whole.
    """

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.listed: list[_Units] = []
        self.number = 0
        n = len(ground.schools)
        if n > _FEW and ground.high > _WIDE * ground.schools.mean():
            self.number = _MOST + 1
            return
        beside = np.zeros((n, n), dtype=bool)
        a, b = ground.borders.T
        beside[a, b] = beside[b, a] = True
        for first in range(n):
            later = np.flatnonzero(ground.together[first] & (np.arange(n) > first))
            areas = np.r_[first, later]
            parts = []
            for held, kept in self._from(areas, beside[np.ix_(areas, areas)]):
                parts.append((held, kept))
                self.number += len(kept)
                if not self:
                    return
            held, kept = (np.concatenate(each) for each in zip(*parts, strict=True))
            self.listed.append(_Units(areas, held, kept))

    def __bool__(self) -> bool:
        """Tell whether all were listed, and not too many."""
        return self.number <= _MOST

    def _from(self, areas: Ints, beside: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Grow units from the first of these areas, each once: what was passed over stays out."""
        ground, order = self.ground, np.arange(len(areas))
        links = ground.links[np.ix_(areas, areas)].astype(np.float32)
        size = ground.schools[areas]
        first = order[None] == 0
        todo = [(first, first, beside[:1], size[:1], np.zeros(1, dtype=np.float32))]
        while todo:
            held, out, near, schools, kept = todo.pop()
            within = schools >= ground.low
            yield np.packbits(held[within], axis=1), kept[within]
            next_ = near & ~out & (schools[:, None] + size <= ground.high)
            unit, area = np.nonzero(next_)
            for at in range(0, len(unit), _AT_ONCE):
                i, j = unit[at : at + _AT_ONCE], area[at : at + _AT_ONCE]
                had, grown = held[i], order == j[:, None]
                todo.append(
                    (
                        had | grown,
                        out[i] | grown | (next_[i] & (order < j[:, None])),
                        near[i] | beside[j],
                        schools[i] + size[j],
                        kept[i] + np.einsum("ij,ij->i", had, links[j]),
                    )
                )

    def best(self, cost: float, begin: Ints) -> tuple[Ints, float]:
        """Return the best grouping found, and what none can exceed: equal, it is the best of all.

        Parameters
        ----------
        cost : float
            What moving one school costs, in links.
        begin : numpy.ndarray of int
            The unit of each area, in a grouping that holds the rule.
        """
        return _Choice(self, cost, begin).made()


class _Choice:
    """The choice of units at one cost of a move."""

    def __init__(self, every: Every, cost: float, begin: Ints) -> None:
        self.ground, self.listed, self.unit = every.ground, every.listed, begin
        ground, n = every.ground, len(every.ground.schools)
        # The last carries on nothing.
        self.stay = np.hstack([cost * ground.today, np.zeros((n, 1))])
        self.new = self.stay.shape[1] - 1
        self.all_stay = cost * float(ground.schools.sum())
        self.times = np.r_[np.ones(n + self.new), float(ground.units)]
        self.program = Program(-self.times)
        self.worth: dict[_Key, float] = {}
        owner = ground.named(begin) % (self.new + 1)
        of = [tuple(np.flatnonzero(begin == u).tolist()) for u in range(ground.units)]
        self._hold(zip(of, owner.tolist(), strict=True))
        self.found = sum(self.worth.values())
        alike = begin[:, None] == begin
        mine = (ground.links * alike).sum(axis=1) / 2 + self.stay[np.arange(n), owner[begin]]
        self.price = np.r_[mine, np.zeros(self.new + 1)]
        self.step = max(float(mine.mean()) / 7, 1e-3)
        self.slack = 1e-4 * self.step

    def made(self) -> tuple[Ints, float]:
        """Return the best grouping found, and what none can exceed."""
        limit, settled = np.inf, False
        for _ in range(_ROUNDS):
            gains = self._gains(self.listed)
            if settled and not self._hold(self._most(self.listed, gains)):
                break
            settled = self._settle(_those(self.listed, gains, self._nearest(gains)))
            limit = min(limit, self._keep(self._gains(self.listed)))
        self._choose(self.worth)
        self._keep(self._gains(self.listed))
        if sum(len(units.kept) for units in self.listed) <= _CHOICE:
            limit = min(limit, max(self._choose(dict(self._able(limit))), self.found))
        return self.unit, limit - self.all_stay

    def _nearest(self, gains: list[_Gain]) -> float:
        """Return what those units bring more than that prices are found among."""
        every = np.concatenate([gain for gain, _ in gains])
        return float(-np.partition(-every, _NEAR)[_NEAR]) if len(every) > _NEAR else -np.inf

    def _keep(self, gains: list[_Gain]) -> float:
        """Keep units that a better grouping could have; return what none can exceed."""
        over = max(float(gain.max(initial=0.0)) for gain, _ in gains)
        limit = float(self.times @ self.price) + self.ground.units * (over + self.slack)
        self.listed = _those(self.listed, gains, self.found - limit - self.slack)
        return limit

    def _settle(self, near: list[_Units]) -> bool:
        """Find prices among these units; tell whether none fell as far as it may at once."""
        n, none = len(self.ground.schools), self.program.none
        low = np.full_like(self.price, -np.inf)
        while self._hold(self._most(near, self._gains(near))):
            low = self.price - self.step
            low[n : n + self.new] = 0.0
            self.program.between(low, np.full(len(low), none))
            self.price = self.program.run()[0]
        fell = np.delete(self.price <= low + 1e-9, np.arange(n, n + self.new))
        return not fell.any()

    def _most(self, listed: list[_Units], gains: list[_Gain]) -> Iterator[_Key]:
        """Yield the units of each first area that bring most beyond their price."""
        for units, (gain, owner) in zip(listed, gains, strict=True):
            for at in np.argsort(-gain, kind="stable")[:_EACH].tolist():
                if gain[at] > self.slack:
                    yield self._held(units, at), int(owner[at])

    def _held(self, units: _Units, at: int) -> tuple[int, ...]:
        held = np.unpackbits(units.held[at], count=len(units.areas))
        return tuple(units.areas[np.flatnonzero(held)].tolist())

    def _able(self, limit: float) -> Iterator[tuple[_Key, float]]:
        """Yield what is left to choose from, with each unit of today that it can carry on."""
        n = len(self.ground.schools)
        less = np.r_[self.price[n : n + self.new], 0.0] + self.price[-1]
        for units in self.listed:
            for at in range(len(units.kept)):
                areas = self._held(units, at)
                here = list(areas)
                kept = float(self.ground.links[np.ix_(here, here)].sum()) / 2
                stay = self.stay[here].sum(axis=0)
                able = kept + stay - less - self.price[here].sum() > self.found - limit - self.slack
                able &= (stay > 0) | (np.arange(len(stay)) == self.new)
                for owner in np.flatnonzero(able).tolist():
                    yield (areas, owner), kept + float(stay[owner])

    def _rows(self, key: _Key) -> list[int]:
        """Return what a unit is one of: its areas, those that carry on the same, all units."""
        areas, owner = key
        n = len(self.ground.schools)
        return [*areas, *([n + owner] if owner < self.new else []), n + self.new]

    def _hold(self, units: Iterable[_Key]) -> int:
        """Hold prices against units; return how many are new."""
        new = {}
        for key in units:
            if key not in self.worth:
                at = list(key[0])
                kept = float(self.ground.links[np.ix_(at, at)].sum()) / 2
                new[key] = kept + float(self.stay[at, key[1]].sum())
        self.worth |= new
        return self.program.add(
            (worth, self.program.none, at := self._rows(key), np.ones(len(at)))
            for key, worth in new.items()
        )

    def _choose(self, worth: dict[_Key, float]) -> float:
        """Choose whole units, each area once; return what no choice of these can exceed."""
        keys = list(worth)
        program = Program(np.array(list(worth.values())), len(keys), _NODES)
        at = [self._rows(key) for key in keys]
        row = np.concatenate(at)
        order = np.argsort(row, kind="stable")
        unit = np.repeat(np.arange(len(keys)), [len(a) for a in at])[order]
        parts = np.split(unit, np.searchsorted(row[order], np.arange(1, len(self.times))))
        n = len(self.ground.schools)
        program.add(
            (0.0 if n <= at < n + self.new else times, times, part, np.ones(len(part)))
            for at, (times, part) in enumerate(zip(self.times.tolist(), parts, strict=True))
            if len(part)
        )
        found, value, limit = program.run()
        if len(found) and value > self.found + 1e-6:
            self.found, self.unit = value, self.unit.copy()
            for u, chosen in enumerate(np.flatnonzero(found > 0.5).tolist()):
                self.unit[list(keys[chosen][0])] = u
        return limit

    def _gains(self, listed: list[_Units]) -> list[_Gain]:
        """Return what units bring beyond their price, carrying on what they had best."""
        n, price = len(self.ground.schools), self.price
        less = np.r_[price[n : n + self.new], 0.0] + price[-1]
        gains = []
        for units in listed:
            areas, number = units.areas, len(units.kept)
            whose = np.r_[np.flatnonzero(self.stay[areas].any(axis=0)), self.new]
            worth = (self.stay[np.ix_(areas, whose)] - price[areas, None]).astype(np.float32)
            gain, owner = np.empty(number, dtype=np.float32), np.empty(number, dtype=np.int16)
            held = np.zeros((_AT_ONCE, len(areas)), dtype=np.float32)
            for at in range(0, number, _AT_ONCE):
                part = slice(at, at + _AT_ONCE)
                bits = np.unpackbits(units.held[part], axis=1, count=len(areas))
                held[: len(bits)] = bits
                # Few rows at once: products so small are not shared out among threads that wait.
                brings = (held.reshape(-1, _ROWS, len(areas)) @ worth).reshape(_AT_ONCE, -1)
                brings = brings[: len(bits)] + units.kept[part, None]
                brings -= less[whose].astype(np.float32)
                best = brings.argmax(axis=1)
                gain[part], owner[part] = brings[np.arange(len(best)), best], whose[best]
            gains.append((gain, owner))
        return gains


def _those(listed: list[_Units], gains: list[_Gain], over: float) -> list[_Units]:
    """Return the units that bring more."""
    return [
        _Units(units.areas, units.held[gain > over], units.kept[gain > over])
        for units, (gain, _) in zip(listed, gains, strict=True)
    ]
