"""Entropy and shared information of tables, in bits, and the measures corrected for chance."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from geolls.base.arrays import Flags, Floats

__all__ = [
    "COUNT_MEASURES",
    "count_measures",
    "entropy",
    "expected_information",
    "information",
    "plogp",
    "ratio",
    "split_pairs",
]


COUNT_MEASURES = (
    "adjusted_rand",
    "adjusted_mutual_information",
    "fowlkes_mallows",
    "split_pairs",
)


def ratio(part: Any, whole: Any) -> Floats:
    """Divide, with 0 where the whole is 0."""
    shape = np.broadcast_shapes(np.shape(part), np.shape(whole))
    found: Floats = np.divide(part, whole, out=np.zeros(shape), where=np.asarray(whole) > 0)
    return found


def plogp(shares: Floats) -> Floats:
    """Return p log2(1/p), with 0 at 0."""
    return -shares * np.log2(shares, out=np.zeros_like(shares), where=shares > 0)


def entropy(parts: Floats) -> float:
    """Return the entropy (bits) of parts of a whole, of any sum."""
    return float(plogp(ratio(parts, parts.sum())).sum())


def information(full: Floats) -> float:
    """Return the mutual information (bits) of the rows and columns of a table, 0 or more."""
    rows, cols, total = full.sum(axis=1), full.sum(axis=0), float(full.sum())
    i, j = np.nonzero(full)
    a = full[i, j]
    # Two ratios of like size, for the product of the sums can overflow.
    return max(float(np.sum(a / total * np.log2((a / rows[i]) * (total / cols[j])))), 0.0)


def count_measures(full: Floats, adjusted: float | None = None) -> dict[str, float]:
    """Return the measures that count pairs of schools.

    Parameters
    ----------
    full : numpy.ndarray of float
        Table without empty rows or columns.
    adjusted : float, optional
        The adjusted mutual information where it is known already: it is dear, and the same both
        ways round.

    Returns
    -------
    dict of str to float
        One entry per name in `COUNT_MEASURES`; all NaN unless all weights are whole numbers.
    """
    if not np.array_equal(full, np.floor(full)):
        return dict.fromkeys(COUNT_MEASURES, float("nan"))
    rows, cols = full.sum(axis=1), full.sum(axis=0)
    # Whole numbers in Python cannot overflow, and keep the differences exact.
    n = int(full.sum())
    both = sum(int(v) ** 2 for v in full[full > 0])
    left = sum(int(v) ** 2 for v in rows)
    right = sum(int(v) ** 2 for v in cols)
    pairs = split_pairs(full)
    twos = rows >= 2
    return {
        "adjusted_rand": _adjusted_rand(n, both, left, right),
        "adjusted_mutual_information": (
            _adjusted_information(full) if adjusted is None else adjusted
        ),
        "fowlkes_mallows": _fowlkes_mallows(n, both, left, right),
        "split_pairs": (
            float(rows[twos] @ pairs[twos] / rows[twos].sum()) if twos.any() else float("nan")
        ),
    }


def split_pairs(full: Floats) -> Floats:
    """Return the chance that two schools of a row sit in different columns.

    NaN for a row of fewer than two schools, or of parts of schools.
    """
    rows = full.sum(axis=1)
    whole = (full == np.floor(full)).all(axis=1)
    together = (full * (full - 1)).sum(axis=1)
    pairs = rows * (rows - 1)
    return np.where(whole & (rows >= 2), 1 - ratio(together, pairs), np.nan)


def _adjusted_rand(n: int, both: int, left: int, right: int) -> float:
    apart_right, apart_left = left - both, right - both
    if apart_left == 0 and apart_right == 0:
        return 1.0
    together = both - n
    apart = n * n - both - apart_left - apart_right
    top = 2 * (together * apart - apart_left * apart_right)
    return top / (
        (together + apart_right) * (apart_right + apart)
        + (together + apart_left) * (apart_left + apart)
    )


def _fowlkes_mallows(n: int, both: int, left: int, right: int) -> float:
    if both == n:
        return 0.0
    return float(np.sqrt((both - n) / (left - n)) * np.sqrt((both - n) / (right - n)))


def _adjusted_information(full: Floats) -> float:
    """Return the adjusted mutual information, normalised by the mean entropy."""
    if full.shape[0] <= 1 and full.shape[1] <= 1:
        return 1.0
    if 1 in full.shape:
        return 0.0
    rows, cols, total = full.sum(axis=1), full.sum(axis=0), float(full.sum())
    # All units of one school each, on both sides: chance alone gives a perfect match.
    if len(rows) == len(cols) == total:
        return 1.0
    expected = expected_information(rows, cols, total)
    normal = (entropy(rows) + entropy(cols)) / 2
    return (information(full) - expected) / (normal - expected)


# Of no pair more than some 200 values are looked at: so many pairs fit in any memory.
_AT_ONCE = 2_500


def expected_information(rows: Floats, cols: Floats, total: float) -> float:
    """Return the mutual information (bits) expected of random tables with the same sums.

    The cell shared by units of sizes a and b is hypergeometric. Equal pairs of sizes are taken
    together, and of each distribution the stretch that holds all but 1e-19.
    """
    a, times_a = np.unique(rows, return_counts=True)
    b, times_b = np.unique(cols, return_counts=True)
    a, b = (m.ravel() for m in np.meshgrid(a, b, indexing="ij"))
    times = np.outer(times_a, times_b).ravel()
    mean = a * b / total
    deviation = np.sqrt(mean * (1 - a / total) * (1 - b / total))
    reach = 15 + np.sqrt(225 + 90 * mean * np.minimum(1 - a / total, 1 - b / total))
    low = np.maximum(np.maximum(np.floor(mean - reach), a + b - total), 0)
    high = np.minimum(np.ceil(_far_end(mean, mean + reach)), np.minimum(a, b))
    wide = deviation >= 7
    stride = np.where(wide, np.floor(0.6 * deviation), 1)
    # Stirling's series needs the ends left out; they hold less than exp(-49).
    low = np.where(wide, np.maximum(low, np.maximum(a + b - total, 0) + 1), low)
    high = np.where(wide, np.minimum(high, np.minimum(a, b) - 1), high)
    points = np.floor((high - low) / stride) + 1
    expected = 0.0
    for chance, group in ((_chance_by_ratios, ~wide), (_chance_by_stirling, wide)):
        order = np.flatnonzero(group)
        order = order[np.argsort(points[order], kind="stable")]
        for start in range(0, len(order), _AT_ONCE):
            at = order[start : start + _AT_ONCE]
            steps = np.arange(int(points[at].max()))
            k = low[at, None] + stride[at, None] * steps
            valid = steps < points[at, None]
            p = chance(a[at, None], b[at, None], k, valid, total)
            # Where k is 0 its term is: any finite log will do.
            bits = np.log2(np.maximum(k, 1)) + np.log2(total / a[at, None] / b[at, None])
            expected += float(times[at] @ (p * k * bits).sum(axis=1)) / total
    return expected


def _far_end(mean: Floats, start: Floats) -> Floats:
    """Return a k that is passed with a chance under exp(-45), from one (Bernstein's) too far out.

    Chernoff's bound exp(-(k log(k/m) - k + m)) is log-convex: Newton's steps stay outside.
    """
    k = start
    for _ in range(3):
        slope = np.log(k / mean)
        k = k - (k * slope - k + mean - 45) / slope
    return np.asarray(np.minimum(k, start))


def _chance_by_ratios(a: Floats, b: Floats, k: Floats, valid: Flags, total: float) -> Floats:
    """Return the chance of each k, from the ratios of one whole number to the next."""
    below, above = k[:, :-1], k[:, 1:]
    step = (a - below) * (b - below) / (above * (total - a - b + above))
    # From one end of the stretch to its middle they rise by no more than about exp(50).
    chance = np.ones(k.shape)
    np.cumprod(np.where(valid[:, 1:], step, 0.0), axis=1, out=chance[:, 1:])
    scaled: Floats = chance / chance.sum(axis=1, keepdims=True)
    return scaled


def _chance_by_stirling(a: Floats, b: Floats, k: Floats, valid: Flags, total: float) -> Floats:
    """Return the chance of each k where only every few k are looked at.

    A sum over every h-th value of a bell of deviation s is out by exp(-2 (pi s / h)^2), here
    under 1e-23. Differences of log k! from the middle m come from Stirling's series, so that
    large logs need not cancel.
    """
    m = np.floor(a * b / total)
    d = np.where(valid, k - m, 0.0)
    rest = total - a - b
    slope = np.log((a - m) / m * ((b - m) / (rest + m)))
    logs = d * slope - _log_factorial(m, d) - _log_factorial(rest + m, d)
    logs -= _log_factorial(a - m, -d) + _log_factorial(b - m, -d)
    chance = np.where(valid, np.exp(logs), 0.0)
    scaled: Floats = chance / chance.sum(axis=1, keepdims=True)
    return scaled


def _log_factorial(m: Floats, d: Floats) -> Floats:
    """Return log (m + d)! - log m! - d log m, for m + d of 1 or more."""
    return (m + d + 0.5) * np.log1p(d / m) - d + _stirling_tail(m + d) - _stirling_tail(m)


# What Stirling's formula lacks of log n!, where its series is too short: n from 1 to 31.
def _lacking(n: int) -> float:
    return math.lgamma(n + 1) - (n + 0.5) * math.log(n) + n - math.log(math.tau) / 2


_TAIL = np.array([0.0, *(_lacking(n) for n in range(1, 32))])


def _stirling_tail(n: Floats) -> Floats:
    square = n * n
    tail = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * square)) / square) / square) / n
    return np.where(n < len(_TAIL), _TAIL[np.minimum(n, len(_TAIL) - 1).astype(int)], tail)
