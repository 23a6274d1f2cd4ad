"""Draw maps by chance from the same blocks: a yardstick for how well two layers fit."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geolls.base.arrays import Flags, Floats, Ints
from geolls.base.errors import UsageError
from geolls.measures.membership import Membership, sums
from geolls.measures.mismatch import v_measure
from geolls.measures.overlap import cross, weights_of

__all__ = ["Board", "Null", "board", "deviation", "neighbours", "null_share_worse", "regroup"]

Progress = Callable[[int, int], None]
# Of so many maps, each draw keeps the one whose sizes are nearest.
_TRIES = 4


@dataclass(frozen=True)
class Board:
    """What a map can be redrawn on: the blocks inside a layer, and who touches whom.

    Parameters
    ----------
    neighbours : tuple of tuple of int
        The neighbours of each block inside; none for a block outside.
    weight : numpy.ndarray of float
        Weight of each block.
    unit : numpy.ndarray of int
        The unit of each block as the map stands; -1 outside.
    sizes : numpy.ndarray of float
        Weight of each unit.
    """

    neighbours: tuple[tuple[int, ...], ...]
    weight: Floats
    unit: Ints
    sizes: Floats


@dataclass(frozen=True)
class Null:
    """How a map fits another beside maps drawn by chance.

    Parameters
    ----------
    v_measure : float
        The fit of the map as it stands.
    share_worse : float
        Share of the random maps that fit worse, 0..1.
    draws : pandas.DataFrame
        One row per random map: draw, v_measure, deviation (share of the weight by which its sizes
        are off).
    """

    v_measure: float
    share_worse: float
    draws: pd.DataFrame


def board(membership: Membership, weight: pd.Series[float], adjacency: npt.ArrayLike) -> Board:
    """Lay a layer out on its blocks, ready to be redrawn.

    Parameters
    ----------
    membership : Membership
        Who has the blocks. Each distinct set of claimants is one unit.
    weight : pandas.Series of float
        Weight of each block, indexed by block.
    adjacency : array_like of int, shape (n, 2)
        Pairs of neighbours, as positions in the index of `weight`.

    Returns
    -------
    Board
        The blocks that have a unit; those without keep being outside. Where the blocks inside
        do not hang together, the parts are joined by the fewest steps over land outside.

    Raises
    ------
    UsageError
        When a pair names no block.
    """
    pairs = np.asarray(adjacency, dtype=np.intp).reshape(-1, 2)
    n = len(weight)
    if pairs.size and (pairs.min() < 0 or pairs.max() >= n):
        raise UsageError("a pair of neighbours names a block that has no weight", where="adjacency")
    x = membership.sets.weighed_over(weight.index, "layer to redraw")
    unit = np.full(n, -1, dtype=np.intp)
    unit[x.item] = np.where(x.outside[x.unit], -1, x.unit)
    inside = unit >= 0
    _, unit[inside] = np.unique(unit[inside], return_inverse=True)
    values = np.nan_to_num(weights_of(weight))
    sizes = sums(unit[inside], values[inside], 0)
    kept = pairs[inside[pairs].all(axis=1)]
    joined = [(int(a), int(b)) for a, b in kept]
    joined += _joints(n, pairs, inside, joined)
    return Board(neighbours(n, joined), values, unit, sizes)


def regroup(base: Board, seed: int | Iterable[int]) -> Ints:
    """Draw a map by chance: as many units, each contiguous, of nearly the same sizes.

    Parameters
    ----------
    base : Board
        What to draw on.
    seed : int or iterable of int
        The same seed draws the same map.

    Returns
    -------
    numpy.ndarray of int
        The unit of each block, numbered as in `base.sizes`; -1 outside.

    Notes
    -----
    Units start from random blocks and take turns: the one that is smallest for its size takes a
    random free neighbour, until all blocks are taken. A unit that others have walled in stays
    small; `deviation` says by how much sizes are off. Not every contiguous map is equally likely.
    """
    rng = np.random.default_rng(seed if isinstance(seed, int) else list(seed))
    inside = np.flatnonzero(base.unit >= 0)
    label = np.full(len(base.unit), -1, dtype=np.intp)
    starts = rng.choice(inside, size=len(base.sizes), replace=False)
    floor = max(float(base.sizes.sum()), 1.0) * 1e-9
    targets = np.maximum(base.sizes, floor).tolist()
    weight = base.weight.tolist()
    # Random numbers are drawn at once: one call each would cost more than the growing.
    dice = rng.random(len(inside)).tolist()
    owner = label.tolist()
    frontier: list[list[int]] = []
    heap: list[tuple[float, int]] = []
    size = [0.0] * len(targets)
    for unit, block in enumerate(starts.tolist()):
        owner[block] = unit
        size[unit] = weight[block]
        frontier.append(list(base.neighbours[block]))
        heap.append((size[unit] / targets[unit], unit))
    heapq.heapify(heap)
    left = len(inside) - len(targets)
    while left and heap:
        _, unit = heapq.heappop(heap)
        edge = [b for b in frontier[unit] if owner[b] < 0]
        if not edge:
            continue
        left -= 1
        block = edge[int(dice[left] * len(edge))]
        owner[block] = unit
        size[unit] += weight[block]
        frontier[unit] = edge + list(base.neighbours[block])
        heapq.heappush(heap, (size[unit] / targets[unit], unit))
    return np.array(owner, dtype=np.intp)


def deviation(base: Board, label: Ints) -> float:
    """Return the share of the weight by which the sizes of a drawn map are off."""
    inside = label >= 0
    sizes = np.sort(sums(label[inside], base.weight[inside], len(base.sizes)))
    total = float(base.sizes.sum())
    return float(np.abs(sizes - np.sort(base.sizes)).sum() / 2 / total) if total > 0 else 0.0


def null_share_worse(
    left: Membership,
    right: Membership,
    weight: pd.Series[float],
    adjacency: npt.ArrayLike,
    *,
    draws: int = 199,
    seed: int = 2022,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Null:
    """Compare the fit of two layers with that of maps drawn by chance in place of the right one.

    Parameters
    ----------
    left, right : Membership
        Who has the blocks.
    weight : pandas.Series of float
        Weight of each block, indexed by block.
    adjacency : array_like of int, shape (n, 2)
        Pairs of neighbours, as positions in the index of `weight`.
    draws : int, optional
        How many random maps.
    seed : int, optional
        Draw number d comes from (seed, d), so the result hangs neither on `jobs` nor on order.
    jobs : int, optional
        Processes to use.
    progress : callable, optional
        Called with (done, draws).

    Returns
    -------
    Null
        The V-measure as it stands, the share of random maps that fit strictly worse, and every
        draw.

    Raises
    ------
    UsageError
        When `draws` or `jobs` is not positive, or the memberships do not fit the weights.

    Notes
    -----
    X is fixed and Y redrawn on the blocks that have a unit of Y: as many units, contiguous, sizes
    matched as nearly as seeded growth allows (see `regroup`; the best of four). Both the map and
    its nulls give each block whole to one unit or one set of units. A yardstick, not a policy:
    chance knows no rivers.

    Source: the constrained permutation idea is that of Openshaw and Rao 1995,
    doi:10.1068/a270425 (zone design).
    """
    if draws < 1 or jobs < 1:
        raise UsageError("draws and jobs are 1 or more", where="null_share_worse")
    x = left.weighed_over(weight.index, "left")
    y = right.sets.weighed_over(weight.index, "right")
    base = board(y, weight, adjacency)
    real = v_measure(cross(x, y, base.weight))
    found: list[tuple[int, float, float]] = []
    for at, drawn in enumerate(_draw_all(x, base, y, draws, seed, jobs)):
        found.append((at, *drawn))
        if progress:
            progress(at + 1, draws)
    frame = pd.DataFrame(found, columns=["draw", "v_measure", "deviation"])
    return Null(real, float((frame["v_measure"] < real).mean()), frame)


def _draw_all(
    x: Membership, base: Board, y: Membership, draws: int, seed: int, jobs: int
) -> Iterator[tuple[float, float]]:
    draw, seeds = partial(_draw, x, base, y), [(seed, at) for at in range(draws)]
    if jobs == 1:
        yield from map(draw, seeds)
    else:
        with ProcessPoolExecutor(jobs) as pool:
            yield from pool.map(draw, seeds, chunksize=max(draws // (jobs * 4), 1))


def _draw(x: Membership, base: Board, y: Membership, seed: tuple[int, int]) -> tuple[float, float]:
    tries = [regroup(base, (*seed, n)) for n in range(_TRIES)]
    label = min(tries, key=lambda drawn: deviation(base, drawn))
    # Blocks outside keep the reason they have; the codes of the others only need to differ.
    unit = np.where(label[y.item] >= 0, label[y.item], y.unit + len(base.sizes))
    codes = tuple(str(i) for i in range(len(base.sizes) + len(y.codes)))
    drawn = replace(y, unit=unit, codes=codes, names=codes)
    return v_measure(cross(x, drawn, base.weight)), deviation(base, label)


def neighbours(n: int, pairs: Iterable[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    """Return the neighbours of each of n areas, from the pairs that touch."""
    found: list[set[int]] = [set() for _ in range(n)]
    for a, b in pairs:
        if a != b:
            found[a].add(b)
            found[b].add(a)
    return tuple(tuple(sorted(f)) for f in found)


def _joints(
    n: int, pairs: Ints, inside: Flags, joined: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Return the pairs that join the separate parts inside by the fewest steps outside."""
    part = _parts(n, neighbours(n, joined))
    blocks = np.flatnonzero(inside)
    near = neighbours(n, [(int(a), int(b)) for a, b in pairs])
    source, steps = [-1] * n, [0] * n
    queue = deque(blocks.tolist())
    for block in queue:
        source[block] = block
    while queue:
        block = queue.popleft()
        for other in near[block]:
            if source[other] < 0:
                source[other], steps[other] = source[block], steps[block] + 1
                queue.append(other)
    bridges = sorted(
        (steps[a] + steps[b], source[a], source[b])
        for a, b in pairs.tolist()
        if source[a] >= 0 and source[b] >= 0 and part[source[a]] != part[source[b]]
    )
    # What no path reaches (an island without a neighbour) is joined to the first part.
    first, *others = blocks.tolist()
    found = []
    for a, b in [*((a, b) for _, a, b in bridges), *((first, block) for block in others)]:
        if part[a] != part[b]:
            part[part == part[b]] = part[a]
            found.append((a, b))
    return found


def _parts(n: int, near: tuple[tuple[int, ...], ...]) -> Ints:
    """Return the number of the connected part that each block is in."""
    starts = np.repeat(np.arange(n), [len(beside) for beside in near])
    ends = np.fromiter(chain.from_iterable(near), dtype=np.intp)
    graph = coo_array((np.ones(len(starts)), (starts, ends)), shape=(n, n))
    return np.asarray(connected_components(graph)[1], dtype=np.intp)
