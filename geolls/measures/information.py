"""Entropy and shared information of tables of weights, in bits, with 0 log 0 as 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["entropy", "information", "plogp", "ratio"]

Floats = npt.NDArray[np.float64]


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
