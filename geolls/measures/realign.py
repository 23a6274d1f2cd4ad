"""Group areas into units anew: keep links, move few schools, hang together, stay in a band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from geolls.base.arrays import Flags, Floats, Ints
from geolls.base.errors import UsageError
from geolls.measures.nulls import neighbours

__all__ = ["Facts", "Ground", "Links", "facts", "hold", "kept_at_most", "search"]

# How hot each run begins, in mean links of an area; the best run counts.
_HEATS = (0.25, 0.4, 0.65, 1.0)
_WARM = (0.1, 0.25)  # of the runs from a grouping already found
_WILD = (1.0, 2.0, 4.0, 8.0)  # of those that look for any grouping, where none was found
_COLD = 0.03
_STEPS = 300_000  # of one run
_BRIEF = 5  # of so many steps one, where units are chosen anew after it
_PHASES = 40  # between them units are named anew


@dataclass(frozen=True)
class Links:
    """What belongs together: pairs of schools, each with a weight.

    Parameters
    ----------
    first, second : numpy.ndarray of int
        Positions of the two schools of a pair.
    weight : numpy.ndarray of float
        What the pair weighs.

    Examples
    --------
    >>> Links.of_groups(np.array([0, 0, 0, -1, 1])).weight.tolist()
    [1.0, 1.0, 1.0]
    """

    first: Ints
    second: Ints
    weight: Floats

    @classmethod
    def of_groups(cls, group: Ints) -> Links:
        """Pair the schools of each group (0 or more): n schools weigh n, 2 / (n - 1) a pair."""
        order = np.argsort(group, kind="stable")
        order = order[group[order] >= 0]
        size = np.bincount(group[order], minlength=1)[group[order]]
        after = (
            np.searchsorted(group[order], group[order], side="right") - np.arange(len(order)) - 1
        )
        at = np.repeat(np.arange(len(order)), after)
        run = np.arange(len(at)) - np.repeat(np.cumsum(after) - after, after)
        return cls(order[at], order[at + 1 + run], 2 / (size[at] - 1))

    @property
    def total(self) -> float:
        """What all pairs weigh."""
        return float(self.weight.sum())

    def between(self, area: Ints, n: int) -> Floats:
        """Return what each area is linked to each other by, on the diagonal within itself."""
        a, b = area[self.first], area[self.second]
        half = coo_array((self.weight, (np.minimum(a, b), np.maximum(a, b))), shape=(n, n))
        dense = np.asarray(half.toarray())
        return np.where(np.eye(n, dtype=bool), dense, dense + dense.T)

    def kept(self, unit: Ints) -> float:
        """Return what the pairs weigh whose schools are in one unit, by unit of each school."""
        same = (unit[self.first] == unit[self.second]) & (unit[self.first] >= 0)
        return float(self.weight[same].sum())


@dataclass(frozen=True)
class Ground:
    """The areas to group, and the rule.

    Parameters
    ----------
    names : sequence of str
        Of the areas.
    schools : numpy.ndarray of int, shape (n,)
        In each area.
    today : numpy.ndarray of float, shape (n, units of today)
        Of those, the schools in each unit of today.
    links : numpy.ndarray of float, shape (n, n)
        What areas are linked by; nothing on the diagonal.
    borders : numpy.ndarray of int, shape (m, 2)
        Pairs of areas that hang together.
    units, low, high : int
        How many units, and the band of schools in each.
    """

    names: Sequence[str]
    schools: Ints
    today: Floats
    links: Floats
    borders: Ints
    units: int
    low: int
    high: int

    @cached_property
    def near(self) -> tuple[tuple[int, ...], ...]:
        """The areas beside each area."""
        return neighbours(len(self.schools), self.borders.tolist())

    @cached_property
    def together(self) -> Flags:
        """Which pairs of areas can be in one unit: some way between them has few enough schools."""
        n, (a, b) = len(self.schools), self.borders.T
        ends = np.r_[a, b], np.r_[b, a]
        enter = np.maximum(self.schools[ends[1]], 1e-9)
        way = dijkstra(csr_array((enter, ends), shape=(n, n))) + self.schools[:, None]
        fits = np.maximum(way, way.T) <= self.high + 1e-3
        return np.asarray(fits & ~np.eye(n, dtype=bool))

    def pieces(self, unit: Ints) -> Ints:
        """Return the number of the piece each area is in: what hangs together within its unit."""
        n, (a, b) = len(unit), self.borders.T
        inner = unit[a] == unit[b]
        graph = coo_array((np.ones(inner.sum()), (a[inner], b[inner])), shape=(n, n))
        return np.asarray(connected_components(graph, directed=False)[1], dtype=np.intp)

    def summed(self, unit: Ints, table: Floats) -> Floats:
        """Return the sums of the rows of a table by the unit of each."""
        ends = unit, np.arange(len(unit))
        return np.asarray(csr_array((np.ones(len(unit)), ends), (self.units, len(unit))) @ table)

    def named(self, unit: Ints) -> Ints:
        """Return which unit of today each unit carries on, -1 for a new one: most schools stay."""
        stay = self.summed(unit, self.today)
        rows, cols = linear_sum_assignment(stay, maximize=True)
        owner = np.full(self.units, -1, dtype=np.intp)
        owner[rows] = np.where(stay[rows, cols] > 0, cols, -1)
        return owner

    def staying(self, owner: Ints) -> Floats:
        """Return the schools of each area that stay in their unit of today, by unit it joins."""
        blank = np.zeros((len(self.schools), 1))
        return np.asarray(np.hstack([self.today, blank])[:, owner])


class Facts(NamedTuple):
    """What is so of a grouping, found by a second way than the search."""

    moved: float
    sizes: Ints
    pieces: int
    kept: float


def facts(ground: Ground, unit: Ints) -> Facts:
    """Look at a grouping afresh: schools moved, sizes, pieces, links kept between areas.

    Parameters
    ----------
    ground : Ground
        The areas.
    unit : numpy.ndarray of int
        The unit of each area, 0..units - 1.

    Notes
    -----
    Of each unit the links are added up anew, and the pieces are those of a graph library: nothing
    is taken from the sums that the search kept.
    """
    owner = ground.named(unit)
    stay = ground.staying(owner)[np.arange(len(unit)), unit].sum()
    each = [np.flatnonzero(unit == u) for u in range(ground.units)]
    kept = sum(float(ground.links[np.ix_(at, at)].sum()) / 2 for at in each)
    sizes = np.array([ground.schools[at].sum() for at in each], dtype=np.intp)
    return Facts(float(ground.schools.sum() - stay), sizes, len(set(ground.pieces(unit))), kept)


def hold(ground: Ground) -> None:
    """Refuse a rule that nothing can meet, and say the nearest that something can.

    Raises
    ------
    UsageError
        Too many or too few units, a band that the schools do not fill, an area larger than it,
        or land that is cut off and too small.
    """
    n, total, k = len(ground.schools), int(ground.schools.sum()), ground.units
    low, high = ground.low, ground.high
    if not 1 <= k <= n:
        raise UsageError(
            f"{k} is no number of units",
            where="--units",
            fix=f"{n} areas make 1 to {n} units, not {k}",
        )
    if not 0 <= low <= high:
        raise UsageError(
            f"{low}:{high} is no band", where="--size", fix="the lower end comes first"
        )
    if k * low > total:
        fix = f"{low} needs {total // low} units or fewer; {k} units, {total // k} or fewer"
        text = f"{k} units of {low} schools or more need {k * low:,}; there are {total:,}"
        raise UsageError(text, where="--size", fix=fix)
    most = int(ground.schools.argmax())
    if ground.schools[most] > high:
        size = int(ground.schools[most])
        fix = f"give {low}:{size} or more, or a finer --basis"
        text = f"{ground.names[most]} alone has {size} schools, more than {high}"
        raise UsageError(text, where="--size", fix=fix)
    if k * high < total:
        need = -(-total // high)
        fix = f"{high} needs {need} units or more; {k} units, {-(-total // k)} or more"
        text = f"{k} units of {high} schools or fewer hold {k * high:,}; there are {total:,}"
        raise UsageError(text, where="--size", fix=fix)
    part = ground.pieces(np.zeros(n, dtype=np.intp))
    sizes = np.bincount(part, ground.schools).astype(int)
    for at in np.flatnonzero(sizes < low):
        here = [ground.names[i] for i in np.flatnonzero(part == at).tolist()]
        text = f"{', '.join(here[:4])} touch nothing else, and have {sizes[at]} schools"
        fix = f"give a lower end of {sizes[at]} or less, or a --bridge from it"
        raise UsageError(text, where="--size", fix=fix)
    fewest, most_ = int((-(-sizes // high)).sum()), int((sizes // max(low, 1)).sum())
    if not fewest <= k <= (most_ if low else n):
        text = f"land in {len(sizes)} separate parts makes {fewest} to {most_} such units, not {k}"
        raise UsageError(text, where="--units", fix="give a --bridge, or a wider --size")


def kept_at_most(ground: Ground, cost: float = 0.0) -> float:
    """Bound the objective of any grouping, without a solver.

    Parameters
    ----------
    ground : Ground
        The areas.
    cost : float, optional
        What moving one school costs, in links.

    Notes
    -----
    Each area's best links to areas that it can be in one unit with, filled up to the upper end of
    the band in the order of links per school, the last in part; each link counts half at either
    end. At least those move who are not in the largest units of today, as many as there are to be.
    """
    whole = 0.0
    for area, gain in enumerate(np.where(ground.together, ground.links, 0.0)):
        at = np.flatnonzero(gain)
        at = at[np.argsort(-gain[at] / np.maximum(ground.schools[at], 1e-9), kind="stable")]
        room = ground.high - ground.schools[area] - np.cumsum(ground.schools[at])
        part = np.clip(1 + room / np.maximum(ground.schools[at], 1e-9), 0, 1)
        whole += float((gain[at] * part).sum()) / 2
    now = np.sort(ground.today.sum(axis=0))[::-1]
    return whole - cost * float(ground.schools.sum() - now[: ground.units].sum())


def search(
    ground: Ground,
    cost: float,
    found: Sequence[Ints] = (),
    *,
    seed: int = 2022,
    steps: int = _STEPS,
    brief: bool = False,
) -> Ints:
    """Find a grouping by annealing: areas on a border are flipped to the unit beyond it.

    Parameters
    ----------
    ground : Ground
        The areas; see `hold`.
    cost : float
        What moving one school costs, in links.
    found : sequence of numpy.ndarray of int, optional
        Groupings found for other costs, to begin from as well.
    seed : int, optional
        The same seed gives the same grouping.
    steps : int, optional
        Of each run: four from today's units, two from each grouping found.
    brief : bool, optional
        A fifth of these do, where units are chosen anew after it.

    Returns
    -------
    numpy.ndarray of int
        The unit of each area; every unit hangs together.

    Raises
    ------
    UsageError
        No grouping within the band was found; the nearest is named.

    Notes
    -----
    Objective: sum of links within units - cost x schools not in the unit that carries on theirs of
    today. Sizes outside the band are punished, ever harder; a flip that would take a unit apart is
    none. Which unit carries on which of today is settled anew as units drift.
    """
    today = _start(ground)
    begun = [*((h, today) for h in _HEATS), *((h, unit) for unit in found for h in _WARM)]
    runs = [
        _anneal(ground, unit, cost, heat, [seed, at], steps // _BRIEF if brief else steps)
        for at, (heat, unit) in enumerate(begun)
    ]
    if all(off for off, _, _ in runs):
        for heat in _WILD:
            any_ = _anneal(ground, today, 0.0, heat, [seed, 99], steps)[2]
            runs.append(_anneal(ground, any_, cost, _WARM[0], [seed, 99], steps))
    off, _, unit = min(runs, key=lambda run: (run[0], -run[1]))
    if off:
        sizes = np.bincount(unit, ground.schools, minlength=ground.units)
        text = f"no grouping into {ground.units} units of {ground.low} to {ground.high} was found"
        fix = f"the nearest found has {sizes.min():.0f} to {sizes.max():.0f} schools in a unit"
        raise UsageError(text, where="--size", fix=fix)
    return unit


def _anneal(
    ground: Ground, start: Ints, cost: float, heat: float, seed: list[int], steps: int
) -> tuple[int, float, Ints]:
    """Return by how much the sizes of the best grouping are off, its objective, and it."""
    n, near, low, high = len(start), ground.near, ground.low, ground.high
    rng, exp = np.random.default_rng(seed), math.exp
    weight = ground.schools.tolist()
    links = [[(int(c), float(row[c])) for c in np.flatnonzero(row)] for row in ground.links]
    ends = [(a, b) for a, beside in enumerate(near) for b in beside]
    # What is at stake in a flip: the mean links of an area, and a part of what it costs to move.
    each = max(float(ground.links.sum()) / 2 / n, 1e-3) + 0.1 * cost * float(ground.schools.mean())
    hot, cold = heat * each, _COLD * each
    cooling = (cold / hot) ** (1 / steps)
    mean = float(ground.links.sum()) / 2 / max(float(ground.schools.sum()), 1.0)
    fine, harder = 5 * mean + cost, 30 ** (1 / steps)

    def off_by(size: int) -> int:
        return low - size if size < low else max(size - high, 0)

    unit = start.tolist()
    best = (sum(map(off_by, np.bincount(start, ground.schools).astype(int).tolist())), -math.inf)
    kept = unit[:]
    for _ in range(_PHASES):
        gain, now = _gains(ground, np.array(unit), cost)
        size = np.bincount(unit, ground.schools, minlength=ground.units).astype(int).tolist()
        areas = np.bincount(unit, minlength=ground.units).tolist()
        off = sum(map(off_by, size))
        if (-off, now) > (-best[0], best[1]):
            best, kept = (off, now), unit[:]
        dice = rng.random((steps // _PHASES, 2)).tolist()
        for edge, chance in dice:
            hot *= cooling
            fine *= harder
            a, b = ends[int(edge * len(ends))]
            u, v = unit[a], unit[b]
            if u == v or areas[u] == 1:
                continue
            w, here, there = weight[a], size[u], size[v]
            more = gain[a][v] - gain[a][u]
            worse = off_by(here - w) + off_by(there + w) - off_by(here) - off_by(there)
            change = more - fine * worse
            if change < 0 and chance >= exp(change / hot):
                continue
            if not _holds(near, unit, a, u):
                continue
            unit[a] = v
            size[u], size[v] = here - w, there + w
            areas[u] -= 1
            areas[v] += 1
            off += worse
            now += more
            for c, link in links[a]:
                row = gain[c]
                row[u] -= link
                row[v] += link
            if off < best[0] or (off == best[0] and now > best[1] + 1e-9):
                best, kept = (off, now), unit[:]
    return best[0], best[1], np.array(kept, dtype=np.intp)


def _gains(ground: Ground, unit: Ints, cost: float) -> tuple[list[list[float]], float]:
    """Return what each area would keep in each unit, and the objective, as units are named now."""
    linked = ground.summed(unit, ground.links).T
    moved = ground.schools[:, None] - ground.staying(ground.named(unit))
    mine = np.arange(len(unit)), unit
    now = float(linked[mine].sum()) / 2 - cost * float(moved[mine].sum())
    return (linked - cost * moved).tolist(), now


def _holds(near: Sequence[Sequence[int]], unit: list[int], area: int, u: int) -> bool:
    """Tell whether a unit still hangs together without one of its areas."""
    beside = [x for x in near[area] if unit[x] == u]
    if len(beside) < 2:
        return bool(beside)
    seen, stack, left = {beside[0], area}, [beside[0]], set(beside[1:])
    while stack and left:
        for x in near[stack.pop()]:
            if unit[x] == u and x not in seen:
                seen.add(x)
                stack.append(x)
                left.discard(x)
    return not left


def _start(ground: Ground) -> Ints:
    """Return today's units in pieces that hang together, joined and cut until there are enough."""
    unit = ground.pieces(ground.today.argmax(axis=1))
    wanted = _main(ground, unit)
    a, b = ground.borders.T
    while True:
        size = np.bincount(unit, ground.schools)
        touching = {(min(p), max(p)) for p in zip(unit[a], unit[b], strict=True) if p[0] != p[1]}
        # Pieces of a unit of today first, then the smallest together.
        loose = [(p, q) for p, q in touching if p not in wanted or q not in wanted]
        if not touching or (not loose and len(size) <= ground.units):
            break
        p, q = min(loose or touching, key=lambda t: (size[t[0]] + size[t[1]], *t))
        wanted = {min(p, q)} | (wanted - {p, q}) if {p, q} & wanted else wanted - {p, q}
        unit = np.where(unit == max(p, q), min(p, q), unit)
        unit, wanted = _numbered(unit, wanted)
    while (count := int(unit.max()) + 1) < ground.units:
        many = np.bincount(unit) > 1
        largest = int(np.where(many, np.bincount(unit, ground.schools), -1).argmax())
        unit[_cut(ground, np.flatnonzero(unit == largest))] = count
    return np.asarray(unit, dtype=np.intp)


def _numbered(unit: Ints, wanted: set[int]) -> tuple[Ints, set[int]]:
    names, again = np.unique(unit, return_inverse=True)
    return again.astype(np.intp), {at for at, name in enumerate(names.tolist()) if name in wanted}


def _main(ground: Ground, piece: Ints) -> set[int]:
    """Return the piece of each unit of today that has most of its schools."""
    mine, size = ground.today.argmax(axis=1), np.bincount(piece, ground.schools)
    first: dict[int, int] = {}
    for p, u in sorted(zip(piece.tolist(), mine.tolist(), strict=True)):
        if u not in first or size[p] > size[first[u]]:
            first[u] = p
    return set(first.values())


def _cut(ground: Ground, areas: Ints) -> list[int]:
    """Return the areas on one side of the edge that cuts a tree of a unit most evenly."""
    inside, parent, order = set(areas.tolist()), {int(areas[0]): -1}, [int(areas[0])]
    for area in order:
        for x in ground.near[area]:
            if x in inside and x not in parent:
                parent[x] = area
                order.append(x)
    below = {area: [area] for area in order}
    for area in reversed(order[1:]):
        below[parent[area]] += below[area]
    half = float(ground.schools[areas].sum()) / 2
    return below[
        min(order[1:], key=lambda x: (abs(float(ground.schools[below[x]].sum()) - half), x))
    ]
