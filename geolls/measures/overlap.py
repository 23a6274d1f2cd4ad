"""Meet two layers: what every pair of their units shares, and its share of each side."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from geolls.base.arrays import Floats
from geolls.base.errors import UsageError
from geolls.measures.membership import Membership, is_reason, sums

__all__ = ["cross", "inside", "overlap", "weights_of"]


def overlap(left: Membership, right: Membership, weight: pd.Series[float]) -> pd.DataFrame:
    """Share the weight of every item out among the pairs of units that claim it.

    Parameters
    ----------
    left, right : Membership
        Who has the items.
    weight : pandas.Series of float
        Weight of each item (m2, schools, pupils ...), indexed by item. An item whose weight is
        missing is left out; a weight of 0 adds nothing.

    Returns
    -------
    pandas.DataFrame
        One row per pair of units that meet, sorted by code, reasons last: left_code, left_name,
        right_code, right_name, weight, share_of_left, share_of_right (0..1), weight_low,
        weight_high.

    Raises
    ------
    UsageError
        When an item is in one membership only, has no weight or has a negative one.

    Notes
    -----
    weight(i, j) = sum over items of weight(item) share(item, i) share(item, j): where two layers
    both share an item, the shares are taken as independent, which is an assumption and not
    evidence. weight_low counts the items that both units have for sure, weight_high all that both
    may have; weight stands between, by convention in equal parts. A layer met with itself treats
    each distinct set of claimants as one unit, so that no unit seems to overlap its neighbour. A
    reason for having no unit is a row or column of its own: land outside counts.

    Examples
    --------
    >>> import pandas as pd
    >>> schools = pd.Index(["a", "b"])
    >>> left = Membership.whole(schools, ["Leeds", "Leeds"])
    >>> right = Membership.whole(schools, ["H1", "H2"])
    >>> pairs = overlap(left, right, pd.Series({"a": 3.0, "b": 1.0}))
    >>> pairs[["right_code", "weight", "share_of_left"]].to_numpy().tolist()
    [['H1', 3.0, 0.75], ['H2', 1.0, 0.25]]
    """
    if left.equals(right):
        left = right = left.sets
    x = left.weighed_over(weight.index, "left")
    y = right.weighed_over(weight.index, "right")
    values = weights_of(weight)
    full = cross(x, y, values)
    least, most = (cross(x, y, values, end) for end in ("low", "high"))
    i, j = np.nonzero(full)
    return pd.DataFrame(
        {
            "left_code": x.labels[0].take(i),
            "left_name": x.labels[1].take(i),
            "right_code": y.labels[0].take(j),
            "right_name": y.labels[1].take(j),
            "weight": full[i, j],
            "share_of_left": full[i, j] / full.sum(axis=1)[i],
            "share_of_right": full[i, j] / full.sum(axis=0)[j],
            "weight_low": least[i, j],
            "weight_high": most[i, j],
        }
    )


def weights_of(weight: pd.Series[float]) -> Floats:
    """Return the weights as an array, refusing negative and infinite ones."""
    values: Floats = np.asarray(weight.to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)
    bad = (values < 0) | np.isinf(values)
    if bad.any():
        at = int(np.argmax(bad))
        raise UsageError(
            f"item {weight.index[at]!r} has weight {values[at]:g}", fix="weights are 0 or more"
        )
    return values


def cross(
    x: Membership,
    y: Membership,
    weight: Floats,
    share: Literal["share", "low", "high"] = "share",
) -> Floats:
    """Return the weight that each unit of `x` (rows) shares with each unit of `y` (columns).

    Both must be over the same items, in the order of `weight`. By `low` only what both have for
    sure counts, by `high` all that both may have.
    """
    if not np.array_equal(x.claims > 0, y.claims > 0):
        raise UsageError(
            "the two layers do not hold the same items",
            fix="give items without a unit a row with the reason as unit_code",
        )
    at_y, at_x = y.on(x.item)
    of_x, of_y = getattr(x, share), getattr(y, share)
    shared = np.nan_to_num(weight[x.item[at_x]]) * of_x[at_x] * of_y[at_y]
    size = (len(x.codes), len(y.codes))
    flat = sums(x.unit[at_x] * size[1] + y.unit[at_y], shared, size[0] * size[1])
    return flat.reshape(size)


def inside(pairs: pd.DataFrame) -> pd.DataFrame:
    """Leave out of an overlap the rows that have a reason instead of a unit on either side.

    Parameters
    ----------
    pairs : pandas.DataFrame
        An overlap.

    Returns
    -------
    pandas.DataFrame
        The overlap that is left; its shares are those of what is left.
    """
    kept = pairs[~(is_reason(pairs["left_code"]) | is_reason(pairs["right_code"]))]
    kept = kept.reset_index(drop=True)
    for side in ("left", "right"):
        whole = kept.groupby(f"{side}_code")["weight"].transform("sum")
        kept[f"share_of_{side}"] = kept["weight"] / whole
    return kept
