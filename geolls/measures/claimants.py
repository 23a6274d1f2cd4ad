"""The least and the most that can be, where several units list a school and no line is published.

A school on such land is in one of the units that claim it, and nobody has said in which. What
counts or tests units is therefore told as two numbers: the least and the most over all ways of
giving each shared school whole to one of its claimants.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, product
from math import prod
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from geolls.base.arrays import Flags, Floats, Ints
from geolls.base.interval import Interval
from geolls.measures.chance import entropy
from geolls.measures.membership import Membership

__all__ = [
    "ENUMERATED",
    "Ends",
    "apart",
    "fewest",
    "lists_of",
    "mixtures",
    "pairs_apart",
    "relations",
    "touched",
]

ENUMERATED = 2**12
"""So many ways at most are tried one by one; beyond, a bound that no way can pass is given."""

Sets = Iterable[frozenset[int]]


class Ends(NamedTuple):
    """The least and the most of several numbers, in one order."""

    low: Floats
    high: Floats

    def for_each(self, whole: Ends, times: float = 1.0) -> Ends:
        """Return how many there are for so many of a whole, as far apart as bounds alone tell.

        The most is missing where the whole may be nothing.
        """
        most, least = (np.where(end > 0, end, np.nan) for end in (whole.high, whole.low))
        return Ends(self.low / most * times, self.high / least * times)


def touched(
    body: Ints,
    rows: Ints,
    number: int,
    x: Membership,
    *,
    sure: Flags | None = None,
    counted: Flags | None = None,
    divisible: bool = False,
) -> Ends:
    """Count the units that each body touches: the fewest and the most that can be.

    Parameters
    ----------
    body : numpy.ndarray of int
        The body (a trust, a place) of each entry, 0..number - 1.
    rows : numpy.ndarray of int
        The position in `x.items` of the school or block that each entry says the body has.
    number : int
        How many bodies.
    x : Membership
        Which units claim it.
    sure : numpy.ndarray of bool, optional
        Whether the body is sure to have it; by default it is. One that it may have is left out of
        the fewest and counted in the most.
    counted : numpy.ndarray of bool, optional
        Which of `x.codes` count as units; all but the reasons by default.
    divisible : bool, optional
        Whether an item can be divided among its claimants, as land can and a school cannot.

    Returns
    -------
    Ends
        One number per body.

    Notes
    -----
    The fewest is the smallest set of units that holds a claimant of every school: those that have
    a school for sure, and the `fewest` of the rest. The most is the largest number of units that
    schools can be paired with, each with one of its claimants (a maximum matching); of land, of
    all that claim any. Both can happen.

    Examples
    --------
    >>> hubs = Membership.of(pd.DataFrame({"item": ["a", "a", "b"],
    ...     "unit_code": ["H1", "H2", "H1"], "unit_name": ["One", "Two", "One"],
    ...     "share": [0.5, 0.5, 1.0]}))
    >>> ends = touched(np.array([0, 0]), np.array([0, 1]), 1, hubs)
    >>> ends.low.tolist(), ends.high.tolist()
    ([1.0], [2.0])
    """
    certain = np.ones(len(body), dtype=bool) if sure is None else sure
    units = ~x.outside if counted is None else counted
    claim, entry = x.on(rows)
    may = x.high[claim] > 0
    # A school that may be in no unit at all, or not of the body, need not be met.
    must = certain & (np.bincount(entry[may & ~units[x.unit[claim]]], minlength=len(rows)) == 0)
    real = may & units[x.unit[claim]]
    claim, entry = claim[real], entry[real]
    owner, unit, wide = body[entry], x.unit[claim], len(x.codes)
    pair = owner * wide + unit  # a body and a unit, as one number
    fixed = np.zeros(number * wide, dtype=bool)
    fixed[pair[(x.low[claim] > 0) & certain[entry]]] = True
    high = fixed.reshape(number, wide).sum(axis=1).astype(float)
    low, met = high.copy(), fixed[pair]
    if met.all():  # nothing is in doubt
        return Ends(low, high)
    unmet = must & (np.bincount(entry[met], minlength=len(rows)) == 0)
    for at, part in lists_of(*(a[unmet[entry]] for a in (owner, entry, unit))).items():
        low[at] += fewest(part)
    more = pd.DataFrame({"entry": entry, "body": owner, "pair": pair})[~met]
    if divisible:
        return Ends(low, high + _counted(more.drop_duplicates("pair")["body"], number))
    return Ends(low, high + _paired(more, number))


def lists_of(body: Ints, entry: Ints, unit: Ints) -> dict[int, list[frozenset[int]]]:
    """Return, for each body, the set of units that claim each of its entries.

    Parameters
    ----------
    body, entry, unit : numpy.ndarray of int
        One row per entry and claim on it, those of one entry together.
    """
    starts = [*np.flatnonzero(np.diff(entry, prepend=-1)).tolist(), len(entry)]
    bodies, units = body.tolist(), unit.tolist()
    out: dict[int, list[frozenset[int]]] = {}
    for at, end in pairwise(starts):
        out.setdefault(bodies[at], []).append(frozenset(units[at:end]))
    return out


def _counted(body: pd.Series[int], number: int) -> Floats:
    return np.bincount(body, minlength=number).astype(float)


def _paired(table: pd.DataFrame, number: int) -> Floats:
    """Return to how many units the entries of each body can be paired, each with one of its own."""
    if table.empty:
        return np.zeros(number)
    one, entries = pd.factorize(table["entry"])
    other, _ = pd.factorize(table["pair"])
    graph = csr_array((np.ones(len(one)), (one, other)), shape=(len(entries), other.max() + 1))
    paired = maximum_bipartite_matching(graph, perm_type="column") >= 0
    owner = table.drop_duplicates("entry")["body"]
    return _counted(owner[paired], number)


def fewest(sets: Sets) -> int:
    """Return the size of the smallest set that shares a member with every one of `sets`.

    Notes
    -----
    Exact: by branching over the members of a set not yet met, part by part where sets have no
    member in common. With more than 2^12 ways to branch in a part, the number of sets that can be
    picked with no member in common: no set smaller than that meets them all.

    Examples
    --------
    >>> fewest([frozenset({1, 2}), frozenset({2, 3}), frozenset({4, 5})])
    2
    """
    return sum(map(_fewest_of_part, _parts(set(sets))))


def _fewest_of_part(sets: frozenset[frozenset[int]]) -> int:
    if prod(map(len, sets)) > ENUMERATED:
        return _disjoint(sets)

    def least(left: Sequence[frozenset[int]], limit: int) -> int:
        """Return how many units meet all that is left, or `limit` if they are not fewer."""
        if not left or limit <= 1:
            return min(limit, len(left))
        for unit in sorted(left[0]):
            rest = [one for one in left if unit not in one]
            limit = min(limit, 1 + least(rest, limit - 1))
        return limit

    return least(sorted(sets, key=lambda one: (len(one), sorted(one))), len(sets))


def _disjoint(sets: Sets) -> int:
    taken: set[int] = set()
    found = 0
    for one in sorted(sets, key=lambda one: (len(one), sorted(one))):
        if not taken & one:
            taken |= one
            found += 1
    return found


def _parts(sets: Iterable[frozenset[int]]) -> Iterator[frozenset[frozenset[int]]]:
    """Yield the sets in parts that have no member in common."""
    parts: list[tuple[set[int], set[frozenset[int]]]] = []
    for one in sets:
        units, held = set(one), {one}
        apart_ = []
        for part in parts:
            if part[0] & units:
                units |= part[0]
                held |= part[1]
            else:
                apart_.append(part)
        parts = [*apart_, (units, held)]
    for _, held in parts:
        yield frozenset(held)


def pairs_apart(body: Ints, rows: Ints, number: int, x: Membership) -> Ends:
    """Return for each body the chance that two of its schools are in different units; see `apart`.

    Parameters
    ----------
    body, rows, number, x
        As `touched`. Schools in no unit are left out; one that may be in none leaves both ends
        open: 0 and 1.
    """
    claim, entry = x.on(rows)
    real = (x.high[claim] > 0) & ~x.outside[x.unit[claim]]
    claim, entry = claim[real], entry[real]
    owner, unit, wide = body[entry], x.unit[claim], len(x.codes)
    held = np.bincount(owner * wide + unit, minlength=number * wide).reshape(number, wide)
    n = held.sum(axis=1)
    pairs = np.where(n > 1, n * (n - 1), np.nan)
    low: Floats = 1 - (held * (held - 1)).sum(axis=1) / pairs
    high = low.copy()
    claimants = np.bincount(entry, minlength=len(rows))
    free = x.optional[rows] & (claimants > 0)  # it has a unit, or none
    open_ = np.zeros(number, dtype=bool)
    open_[body[claimants > 1]] = True
    some = open_[owner]
    for at, sets in lists_of(owner[some], entry[some], unit[some]).items():
        low[at], high[at] = apart(sets)
    low[body[free]], high[body[free]] = 0.0, 1.0
    return Ends(low, high)


def apart(sets: Sequence[frozenset[int]]) -> Interval:
    """Return the chance that two schools of one body are in different units: least and most.

    Parameters
    ----------
    sets : sequence of frozenset of int
        The claimants of each school that has a unit.

    Returns
    -------
    Interval
        Missing for fewer than two schools.

    Notes
    -----
    The chance is 1 - sum over units of c (c - 1) / (n (n - 1)), with c the schools of a unit. It
    is least where the sum of c^2 is largest, and that is found with each distinct set of claimants
    given whole to one of them (the sum is convex): all such ways are tried, part by part. With
    more than 2^12 of them in a part, every school is taken to sit with as many as its fullest
    claimant can have, which no way can pass. It is most where the sum is smallest: the schools
    are moved from fuller to emptier units, along chains of claimants, as long as that helps,
    which ends at the smallest sum (Harvey, Ladner, Lovasz and Tamir 2003, on semi-matchings).

    Examples
    --------
    >>> apart([frozenset({1}), frozenset({1, 2})])
    Interval(low=0.0, high=1.0)
    """
    n = len(sets)
    if n < 2:
        return Interval(float("nan"), float("nan"))
    counted = Counter(sets)
    most = least = 0
    for part in _parts(counted):
        schools = {one: counted[one] for one in part}
        most += _fullest(schools)
        least += _evenest(schools)
    pairs = n * (n - 1)
    return Interval(1 - (most - n) / pairs, 1 - (least - n) / pairs)


def _fullest(schools: dict[frozenset[int], int]) -> int:
    """Return the largest sum of squares, or a number that it cannot pass."""
    can: Counter[int] = Counter()
    for one, n in schools.items():
        can.update(dict.fromkeys(one, n))
    if prod(map(len, schools)) > ENUMERATED:
        return sum(n * max(can[unit] for unit in one) for one, n in schools.items())
    best = 0
    for choice in product(*map(sorted, schools)):
        held: Counter[int] = Counter()
        for unit, n in zip(choice, schools.values(), strict=True):
            held[unit] += n
        best = max(best, sum(n * n for n in held.values()))
    return best


def _evenest(schools: dict[frozenset[int], int]) -> int:
    """Return the smallest sum of squares."""
    given = {(one, min(one)): n for one, n in schools.items()}
    held: Counter[int] = Counter(dict.fromkeys((u for one in schools for u in one), 0))
    for (_, unit), n in given.items():
        held[unit] += n
    while chain := _chain(given, held):
        for one, source, target in chain:
            given[one, source] -= 1
            given[one, target] = given.get((one, target), 0) + 1
            held[source] -= 1
            held[target] += 1
    return sum(n * n for n in held.values())


def _chain(
    given: dict[tuple[frozenset[int], int], int], held: Counter[int]
) -> list[tuple[frozenset[int], int, int]]:
    """Return moves of one school each that take one from a unit to another with two fewer."""
    for start in sorted(held, key=lambda unit: (-held[unit], unit)):
        came: dict[int, tuple[frozenset[int], int, int] | None] = {start: None}
        for unit in (line := [start]):
            for (one, at), n in list(given.items()):
                if at == unit and n > 0:
                    for other in sorted(one - came.keys()):
                        came[other] = (one, unit, other)
                        line.append(other)
        target = min(came, key=lambda unit: (held[unit], unit))
        if held[start] >= held[target] + 2:
            moves = []
            while (move := came[target]) is not None:
                moves.append(move)
                target = move[1]
            return moves[::-1]
    return []


def mixtures(x: Membership, y: Membership, values: Floats) -> dict[str, Interval]:
    """Return how mixed units are between those of another layer, where that hangs on shared items.

    Parameters
    ----------
    x, y : Membership
        Two layers of the same items.
    values : numpy.ndarray of float
        Weight of each item.

    Returns
    -------
    dict of str to Interval
        Unit of `x` to the least and the most of its `conditional_entropy` in bits.

    Notes
    -----
    Entropy is concave: it is least where each set of claimants gives all that it shares to one of
    them, and all such ways are tried (with more than 2^12, 0 is given); it is most where each set
    fills its emptiest claimants, in turn, a hundred times. Of a unit that shares
    items itself the most is that of all it can meet, in equal parts: a bound that may not happen.

    Examples
    --------
    >>> import pandas as pd
    >>> hubs = Membership.of(pd.DataFrame({"item": ["a", "a", "b"],
    ...     "unit_code": ["H1", "H2", "H1"], "unit_name": ["One", "Two", "One"],
    ...     "share": [0.5, 0.5, 1.0]}))
    >>> mixtures(Membership.whole(hubs.items, ["X", "X"]), hubs, np.ones(2))
    {'X': Interval(low=0.0, high=1.0)}
    """
    parts: dict[int, dict[tuple[bool, frozenset[int]], float]] = defaultdict(
        lambda: defaultdict(float)
    )
    mine, theirs = _pieces(x), _pieces(y)
    for item in np.flatnonzero(values > 0).tolist():
        for units, ours in mine[item]:
            for whose, part in theirs[item]:
                for unit in units:
                    parts[unit][len(units) == 1, whose] += values[item] * ours * part
    return {
        x.codes[unit]: _mixture(parts[unit])
        for unit in sorted(parts)
        if not x.outside[unit] and any(not sure or len(one) > 1 for sure, one in parts[unit])
    }


def _pieces(x: Membership) -> list[list[tuple[frozenset[int], float]]]:
    """Return the parts of each item, each with its size and those of whom one has it."""
    out: list[list[tuple[frozenset[int], float]]] = [[] for _ in range(len(x.items))]
    open_: dict[int, set[int]] = defaultdict(set)
    rest = np.ones(len(x.items))
    for item, unit, low, high in zip(x.item, x.unit, x.low, x.high, strict=True):
        if low > 0:
            out[item].append((frozenset({int(unit)}), float(low)))
            rest[item] -= low
        elif high > 0:
            open_[int(item)].add(int(unit))
    for item, units in open_.items():
        out[item].append((frozenset(units), float(rest[item])))
    return out


def _mixture(parts: Mapping[tuple[bool, frozenset[int]], float]) -> Interval:
    """Return the least and the most of the entropy of a unit, from its parts and their claimants.

    A part that is not sure may be another unit's.
    """
    units = sorted(frozenset[int]().union(*(one for _, one in parts)))
    own, lists = np.zeros(len(units)), []
    for (sure, one), size in parts.items():
        at = np.searchsorted(units, sorted(one))
        if sure and len(one) == 1:
            own[at] += size
        else:
            lists.append((sure, at, size))
    least, ways = 0.0, [[*at.tolist(), *([] if sure else [-1])] for sure, at, _ in lists]
    if prod(map(len, ways)) <= ENUMERATED:
        sizes = np.array([size for *_, size in lists])
        least = min(entropy(own + _given(choice, sizes, len(units))) for choice in product(*ways))
    if not all(sure for sure, *_ in lists):
        return Interval(least, float(np.log2(len(units))))
    given = np.zeros((len(lists), len(units)))
    for _ in range(100):
        for row, (_, at, size) in enumerate(lists):
            given[row] = 0.0
            given[row, at] = _poured(size, (own + given.sum(axis=0))[at])
    return Interval(least, entropy(own + given.sum(axis=0)))


def _given(choice: Sequence[int], sizes: Floats, units: int) -> Floats:
    """Return what each unit has where parts go whole to those chosen; -1 is another's."""
    to = np.array(choice) + 1
    return np.asarray(np.bincount(to, sizes, minlength=units + 1)[1:], dtype=float)


def _poured(size: float, held: Floats) -> Floats:
    """Share a part among units so that the emptiest of them are as full as can be."""
    levels = np.sort(held)
    full = (size + np.cumsum(levels)) / np.arange(1, len(levels) + 1)
    level = full[np.flatnonzero(full >= levels)[-1]]
    return np.asarray(np.maximum(level - held, 0.0), dtype=float)


Claims = tuple[frozenset[int], frozenset[int]]


def relations(
    x: Membership, y: Membership, values: Floats, *, divisible: bool = False
) -> dict[int, frozenset[str]]:
    """Say how a unit can lie to those of another layer, where that hangs on shared items.

    Parameters
    ----------
    x, y : Membership
        Two layers of the same items.
    values : numpy.ndarray of float
        Weight of each item; what weighs nothing is not looked at.
    divisible : bool, optional
        Whether an item can be divided among its claimants, as land can and a school cannot.

    Returns
    -------
    dict of int to frozenset of str
        Position in `x.codes` to the words of `mismatch.relation` that can be true: of every unit
        with several claimants on one of its items, or on one of a unit that it may meet.

    Notes
    -----
    Without a tolerance the word hangs on who meets whom alone, so every set of units that a unit
    can meet is tried. With more than 2^12 such sets all words are left open.
    """
    groups: Counter[Claims] = Counter()
    ours, theirs = _pieces(x), _pieces(y)
    for item in np.flatnonzero(values > 0).tolist():
        groups.update((a, b) for a, _ in ours[item] for b, _ in theirs[item])
    reasons = frozenset(np.flatnonzero(y.outside).tolist())
    rows = {i for mine, _ in groups for i in mine if not x.outside[i]}
    out = {}
    for i in rows:
        mine = {g: n for g, n in groups.items() if i in g[0]}
        meets = frozenset().union(*(units for _, units in mine))
        near = {g: n for g, n in groups.items() if g in mine or g[1] & (meets - reasons)}
        if any(len(a) > 1 or len(b) > 1 for a, b in near):
            out[i] = frozenset(_words(i, mine, near, reasons, divisible))
    return out


def _words(
    i: int,
    mine: dict[Claims, int],
    near: dict[Claims, int],
    reasons: frozenset[int],
    divisible: bool,
) -> Iterator[str]:
    """Yield the words that can be true of a unit, one for each way to meet others."""
    alone = frozenset({i})
    always = {min(b) for a, b in mine if a == alone and len(b) == 1}
    free = sorted({unit for _, b in mine for unit in b} - always)
    if 2 ** len(free) > ENUMERATED:
        yield from ("identical", "nests_in", "contains", "crosses", "disjoint")
        return
    others = [g for g in near if g[0] != alone]
    for picked in product((False, True), repeat=len(free)):
        extra = [unit for unit, taken in zip(free, picked, strict=True) if taken]
        met = always.union(extra)
        if any(a == alone and not b & met for a, b in mine):
            continue  # an item that is its own has to be somewhere
        if not _supplied(extra, mine, divisible):
            continue
        units = met - reasons
        in_one = len(met) == 1
        if not units:
            if met or all(a != alone for a, _ in mine):
                yield "disjoint"
            continue
        # Another's item is in one of these units for sure, or may be, or can be kept out of all.
        forced = any(i not in a and b <= units for a, b in others)
        if not forced:
            yield "identical" if in_one else "contains"
        if any(b & units and _spare(a, b, i, extra, mine, divisible) for a, b in others):
            yield "nests_in" if in_one else "crosses"


def _spare(
    a: frozenset[int],
    b: frozenset[int],
    i: int,
    wanted: Sequence[int],
    mine: dict[Claims, int],
    divisible: bool,
) -> bool:
    """Tell whether another unit can have one of these items, and this one all that is wanted."""
    return i not in a or _supplied(wanted, {**mine, (a, b): mine[a, b] - 1}, divisible)


def _supplied(wanted: Sequence[int], mine: dict[Claims, int], divisible: bool) -> bool:
    """Tell whether every wanted unit can have an item of its own."""
    if divisible or not wanted:
        return True
    places = [b for (_, b), n in mine.items() for _ in range(min(n, len(wanted)))]
    can = np.array([[unit in b for b in places] for unit in wanted], dtype=float)
    if not can.any(axis=1).all():
        return False
    paired = maximum_bipartite_matching(csr_array(can), perm_type="column")
    return bool((paired >= 0).all())
