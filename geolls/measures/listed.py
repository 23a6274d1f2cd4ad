"""The best grouping sought: every unit that could be is listed, and HiGHS chooses among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from geolls.base.arrays import Flags, Floats, Ints
from geolls.measures.exact import Program
from geolls.measures.realign import Ground

__all__ = ["Every"]

#: The areas of a unit, and the unit of today that it carries on.
_Key = tuple[tuple[int, ...], int]
_Numbers = np.ndarray[tuple[int], np.dtype[np.float32]]
_Bits = np.ndarray[tuple[int, int], np.dtype[np.uint64]]

_MOST = 30_000_000  # units to list: 25 bytes each
_WIDE = 12  # areas of the mean size in the largest unit: of more, so many units are never all
_FEW = 20  # areas: of so few, always
_ROWS = 16  # units in one product
_NEAR = 300_000  # units that prices are found among
_SAMPLE = 16  # of which one is looked at, to find what so many bring at least
_CHOICE = (2_000, 8_000)  # units to choose among at the end
_EACH = 6  # of one first area, that prices are held against in one round
_ROUNDS = 20
_NODES = 500


class _Units(NamedTuple):
    """Units whose first area is the same: the areas they may have, which they do, links kept."""

    areas: Ints
    held: np.ndarray[tuple[int, int], np.dtype[np.float32]]
    kept: _Numbers

    def brings(self, worth: Floats, less: Floats) -> np.ndarray[tuple[int, int], np.dtype[Any]]:
        """Return what each brings beyond its price, carrying on each unit of today."""
        # Few rows at once: products so small are not shared out among threads that wait.
        brings = self.held.reshape(-1, _ROWS, len(self.areas)) @ worth.astype(np.float32)
        brings = brings.reshape(-1, worth.shape[1])[: len(self.kept)]
        return np.asarray(brings + self.kept[:, None] - less.astype(np.float32))

    def key(self, at: int, owner: int) -> _Key:
        """Return the name of a unit that carries on one of today."""
        return tuple(self.areas[np.flatnonzero(self.held[at])].tolist()), owner


class _Level(NamedTuple):
    """Units of so many areas: each grown from one of the level before by one area."""

    of: Ints  # which, of those that grow
    area: Ints
    kept: _Numbers  # of one below the band none
    grows: Ints  # which of these do


class _Tree(NamedTuple):
    """Units whose first area is the same: the areas they may have, and levels."""

    areas: Ints
    levels: tuple[_Level, ...]

    def gains(self, worth: Floats, less: Floats) -> _Numbers:
        """Return what each unit brings beyond its price, carrying on what it had best.

        Parameters
        ----------
        worth : numpy.ndarray of float
            What an area brings beyond its price in each unit of today, the last a new one.
        less : numpy.ndarray of float
            What carrying on each costs.
        """
        worth, less = worth.astype(np.float32), less.astype(np.float32)
        new = worth[:, -1]
        has = worth > new[:, None]
        # Where an area joins, only units of today that have some of it can be had better.
        mine = np.argsort(~has, axis=1, kind="stable").T[: has.sum(axis=1).max()]
        each, best = -less[None], -less.min()[None]
        gains = []
        for of, area, kept, grows in self.levels:
            most = best[of] + new[area]
            for unit in mine:
                at = unit[area]
                np.maximum(most, each[of, at] + worth[area, at], out=most)
            gains.append(kept + most)
            each, best = each[of[grows]] + worth[area[grows]], most[grows]
        return np.concatenate(gains)

    def those(self, at: Ints) -> _Units:
        """Return units by their positions, from the first level on."""
        held = np.zeros((-(-len(at) // _ROWS) * _ROWS, len(self.areas)), dtype=np.float32)
        kept = np.empty(len(at), dtype=np.float32)
        begin = np.cumsum([0, *(len(level.of) for level in self.levels)])
        ends = np.searchsorted(at, begin)
        row = node = np.empty(0, dtype=np.intp)
        for depth in range(len(self.levels) - 1, -1, -1):
            of, area, keeps, _ = self.levels[depth]
            here = np.arange(ends[depth], ends[depth + 1])
            kept[here] = keeps[at[here] - begin[depth]]
            row, node = np.r_[row, here], np.r_[node, at[here] - begin[depth]]
            held[row, area[node]] = 1.0
            if depth:
                node = self.levels[depth - 1].grows[of[node]]
        return _Units(self.areas, held, kept)


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
        self.listed: list[_Tree] = []
        self.number = 0
        n = len(ground.schools)
        if n > _FEW and ground.high > _WIDE * ground.schools.mean():
            self.number = _MOST + 1
            return
        beside = np.zeros((n, n), dtype=bool)
        a, b = ground.borders.T
        beside[a, b] = beside[b, a] = True
        rest = np.arange(n)
        while len(rest) and self:
            # Those that can be with fewest go first: fewest are left for the others to be with.
            fits = ground.together[np.ix_(rest, rest)]
            first = int(fits.sum(axis=1).argmin())
            areas = np.r_[rest[first], rest[fits[first]]]
            levels = tuple(self._grown(areas, beside[np.ix_(areas, areas)]))
            self.listed.append(_Tree(areas, levels))
            rest = np.delete(rest, first)

    def __bool__(self) -> bool:
        """Tell whether all were listed, and not too many."""
        return self.number <= _MOST

    def _grown(self, areas: Ints, beside: Flags) -> Iterator[_Level]:
        """Grow units from the first of these areas, each once: what was passed over stays out."""
        ground, size = self.ground, self.ground.schools[areas]
        links = ground.links[np.ix_(areas, areas)].astype(np.float32)
        near_of, fits = _bits(beside), _bits(size <= np.arange(ground.high + 1)[:, None])
        one, passed = (_bits(make(len(areas), dtype=bool)) for make in (np.eye, np.tri))
        of = area = np.zeros(1, dtype=np.intp)
        out, near, schools = one[:1], near_of[:1], size[:1]
        kept, pull = np.zeros(1, dtype=np.float32), np.zeros_like(links[:1])
        while len(of):
            within = schools >= ground.low
            next_ = near & ~out & fits[ground.high - schools]
            grows = np.flatnonzero(next_.any(axis=1))
            self.number += int(within.sum())
            yield _Level(
                of.astype(np.int32),
                area.astype(np.int16),
                np.where(within, kept, np.float32(-np.inf)),
                grows.astype(np.int32),
            )
            next_ = next_[grows]
            if self.number + int(np.bitwise_count(next_).sum()) > _MOST:
                self.number = _MOST + 1
                return
            out, near, schools, kept = out[grows], near[grows], schools[grows], kept[grows]
            pull = pull[of[grows]] + links[area[grows]]
            held = np.unpackbits(next_.view(np.uint8), axis=1, bitorder="little")
            of, area = np.nonzero(held)
            out = out[of] | (next_[of] & passed[area])
            near, schools = near[of] | near_of[area], schools[of] + size[area]
            kept = kept[of] + pull[of, area]

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
        self.ground, self.listed = every.ground, every.listed
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
        self.best = dict(self.worth)
        self.found = sum(self.best.values())
        alike = begin[:, None] == begin
        mine = (ground.links * alike).sum(axis=1) / 2 + self.stay[np.arange(n), owner[begin]]
        self.price = np.r_[mine, np.zeros(self.new + 1)]
        self.step = max(float(mine.mean()) / 7, 1e-3)
        self.slack = 1e-4 * self.step

    def made(self) -> tuple[Ints, float]:
        """Return the best grouping found, and what none can exceed."""
        lowest = last = np.inf
        for _ in range(_ROUNDS):
            gains = [tree.gains(*self._prices(tree.areas)[1:]) for tree in self.listed]
            limit, least = self._limit(gains)
            able = [np.flatnonzero(g > at) for g, at in zip(gains, least, strict=True)]
            lowest, last = min(lowest, limit), lowest
            none_more = max(float(gain.max()) for gain in gains) < self.slack
            if sum(map(len, able)) <= _CHOICE[0] or (none_more and limit > last - self.slack):
                break
            self._settle(self._near(gains))
            self.step *= 2
        for most in _CHOICE:
            least = self._limit(gains)[1]
            over = [g - at for g, at in zip(gains, least.astype(np.float32), strict=True)]
            every = np.concatenate(over)
            few = int((every > 0).sum()) <= most
            floor = 0.0 if few else float(-np.partition(-every, most)[most])
            able = [np.flatnonzero(o > floor) for o in over]
            found = self._choose(dict(self._able(able, least + floor)))
            if few:
                lowest = min(lowest, max(found, self.found))
                break
        unit = np.empty(len(self.ground.schools), dtype=np.intp)
        for u, (areas, _) in enumerate(self.best):
            unit[list(areas)] = u
        return unit, lowest - self.all_stay

    def _prices(self, areas: Ints) -> tuple[Ints, Floats, Floats]:
        """Return who has some of these areas today, what they bring there, what each costs."""
        n = len(self.ground.schools)
        whose = np.r_[np.flatnonzero(self.stay[areas].any(axis=0)), self.new]
        less = np.r_[self.price[n : n + self.new], 0.0] + self.price[-1]
        return whose, self.stay[np.ix_(areas, whose)] - self.price[areas, None], less[whose]

    def _limit(self, gains: list[_Numbers]) -> tuple[float, Floats]:
        """Return what none can exceed, and what a unit of a better grouping brings at least.

        So many units have as many first areas, and none brings more than the most of its own.
        """
        most = np.array([float(gain.max()) for gain in gains])
        best = np.sort(most)[-self.ground.units :]
        limit = float(self.times @ self.price) + float(best.sum()) + self.ground.units * self.slack
        return limit, self.found - limit - self.slack + np.maximum(most, best[0])

    def _near(self, gains: list[_Numbers]) -> list[_Units]:
        """Return the units that prices are found among: those that bring most, about so many."""
        some = np.concatenate(gains)[::_SAMPLE]
        most = _NEAR // _SAMPLE
        over = -np.partition(-some, most)[most] if len(some) > most else -np.inf
        return [
            tree.those(np.flatnonzero(gain > over))
            for tree, gain in zip(self.listed, gains, strict=True)
        ]

    def _settle(self, near: list[_Units]) -> None:
        """Find prices among these units; none falls by more than a step at once."""
        n, none = len(self.ground.schools), self.program.none
        new = self._hold(self._most(near)) or 1
        while new:
            low = self.price - self.step
            low[n : n + self.new] = 0.0
            self.program.between(low, np.full(len(low), none))
            self.price = self.program.run()[0]
            new = self._hold(self._most(near))

    def _most(self, near: list[_Units]) -> Iterator[_Key]:
        """Yield the units of each first area that bring most beyond their price."""
        for units in near:
            whose, worth, less = self._prices(units.areas)
            brings = units.brings(worth, less)
            gain = brings.max(axis=1, initial=-np.inf)
            for at in np.argsort(-gain, kind="stable")[:_EACH].tolist():
                if gain[at] > self.slack:
                    yield units.key(at, int(whose[brings[at].argmax()]))

    def _able(self, able: list[Ints], least: Floats) -> Iterator[tuple[_Key, float]]:
        """Yield what is left to choose from, with each unit of today that it can carry on."""
        for tree, at, over in zip(self.listed, able, least.tolist(), strict=True):
            units = tree.those(at)
            whose, worth, less = self._prices(units.areas)
            stays = units.held[: len(at)] @ self.stay[np.ix_(units.areas, whose)] > 0
            stays[:, -1] = True
            for unit, owner in zip(
                *np.nonzero(stays & (units.brings(worth, less) > over)), strict=True
            ):
                key = units.key(unit, int(whose[owner]))
                yield key, self._worth(key)

    def _worth(self, key: _Key) -> float:
        """Return what a unit keeps of links, and what its schools that stay do not cost."""
        at = list(key[0])
        kept = float(self.ground.links[np.ix_(at, at)].sum()) / 2
        return kept + float(self.stay[at, key[1]].sum())

    def _rows(self, key: _Key) -> list[int]:
        """Return what a unit is one of: its areas, those that carry on the same, all units."""
        areas, owner = key
        n = len(self.ground.schools)
        return [*areas, *([n + owner] if owner < self.new else []), n + self.new]

    def _hold(self, units: Iterable[_Key]) -> int:
        """Hold prices against units; return how many are new."""
        new = {key: self._worth(key) for key in units if key not in self.worth}
        self.worth |= new
        return self.program.add(
            (worth, self.program.none, at := self._rows(key), np.ones(len(at)))
            for key, worth in new.items()
        )

    def _choose(self, worth: dict[_Key, float]) -> float:
        """Choose whole units, each area once; return what no choice of these can exceed."""
        worth = self.best | worth
        keys, n = list(worth), len(self.ground.schools)
        program = Program(np.array(list(worth.values())), len(keys), _NODES)
        at = [self._rows(key) for key in keys]
        row = np.concatenate(at)
        order = np.argsort(row, kind="stable")
        unit = np.repeat(np.arange(len(keys)), [len(a) for a in at])[order]
        parts = np.split(unit, np.searchsorted(row[order], np.arange(1, len(self.times))))
        program.add(
            (0.0 if n <= at < n + self.new else times, times, part, np.ones(len(part)))
            for at, (times, part) in enumerate(zip(self.times.tolist(), parts, strict=True))
            if len(part)
        )
        begin = (np.arange(len(keys)) < len(self.best)).astype(float)
        found, value, limit = program.run(begin)
        if len(found) and value > self.found + 1e-6:
            chosen = [keys[u] for u in np.flatnonzero(found > 0.5).tolist()]
            self.found, self.best = value, {key: worth[key] for key in chosen}
        return limit


def _bits(flags: Flags) -> _Bits:
    """Return rows of flags as bits, 64 in a word."""
    words = np.pad(flags, ((0, 0), (0, -flags.shape[1] % 64)))
    return np.packbits(words, axis=1, bitorder="little").view(np.uint64)
