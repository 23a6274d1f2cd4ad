"""Meet two layers: what every pair of their units shares, and its share of each side."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from geolls.base.errors import UsageError
from geolls.base.vocabulary import REASON_NAMES, REASONS

__all__ = [
    "Coded",
    "Kept",
    "code",
    "cross",
    "distinct",
    "inside",
    "is_reason",
    "overlap",
    "sums",
    "table",
    "weights_of",
    "without_slivers",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]


COLUMNS = [
    "left_code",
    "left_name",
    "right_code",
    "right_name",
    "weight",
    "share_of_left",
    "share_of_right",
]


class Kept(NamedTuple):
    """An overlap after a rule was applied, beside the rows that the rule took out."""

    pairs: pd.DataFrame
    dropped: pd.DataFrame


@dataclass(frozen=True)
class Coded:
    """A membership as whole numbers: one entry per claim, sorted by item.

    Parameters
    ----------
    item : numpy.ndarray of int
        Position of the claim's item in the index of weights.
    unit : numpy.ndarray of int
        Position of the claim's unit in `codes`.
    share : numpy.ndarray of float
        Share of the item that the unit has, 0..1.
    codes, names : list of str
        Units sorted by code, the reasons for having no unit last.
    items : int
        Number of items in the index of weights.
    """

    item: Ints
    unit: Ints
    share: Floats
    codes: list[str]
    names: list[str]
    items: int

    @cached_property
    def claims(self) -> Ints:
        """Number of claims on each item."""
        return np.bincount(self.item, minlength=self.items)

    @cached_property
    def first(self) -> Ints:
        """Position of the first claim on each item."""
        return np.cumsum(self.claims) - self.claims

    @cached_property
    def outside(self) -> npt.NDArray[np.bool_]:
        """Which of `codes` are reasons for having no unit."""
        return is_reason(self.codes)

    @cached_property
    def labels(self) -> tuple[pd.Index[str], pd.Index[str]]:
        """The codes and the names as pandas holds words."""
        return pd.Index(self.codes, dtype="str"), pd.Index(self.names, dtype="str")

    def on(self, rows: Ints) -> tuple[Ints, Ints]:
        """Return every claim on the items at `rows`, and the position in `rows` it is for."""
        times = self.claims[rows]
        at = np.repeat(np.arange(len(rows)), times)
        run = np.arange(len(at)) - np.repeat(np.cumsum(times) - times, times)
        return self.first[rows[at]] + run, at

    def weigh(self, weight: Floats) -> Floats:
        """Return the weight of every unit, in the order of `codes`."""
        return sums(self.unit, self.share * np.nan_to_num(weight[self.item]), len(self.codes))


def sums(index: Ints, values: Floats, size: int) -> Floats:
    """Return the sum of the values at each index from 0, at least `size` of them."""
    return np.asarray(np.bincount(index, values, minlength=size), dtype=float)


def is_reason(codes: Any) -> npt.NDArray[np.bool_]:
    """Return which of `codes` are reasons for having no unit."""
    return np.asarray(pd.Index(codes).isin(list(REASON_NAMES)), dtype=bool)


def code(
    membership: pd.DataFrame, items: pd.Index, *, what: str = "membership", among: bool = False
) -> Coded:
    """Turn a membership into whole numbers over the given items.

    Parameters
    ----------
    membership : pandas.DataFrame
        One row per claim: item, unit_code, unit_name (str), share (float; of an item sum to 1).
    items : pandas.Index
        The items that have a weight.
    what : str, optional
        What to call the membership in an error.
    among : bool, optional
        Leave out the claims on other items instead of refusing them.

    Returns
    -------
    Coded
        One entry per claim, sorted by item, then by unit.

    Raises
    ------
    UsageError
        When a column, a code or an item's weight is missing, or shares do not sum to 1.
    """
    known = _coded.get(id(membership))
    if known is not None and known.fits(membership, items, among):
        return known.coded
    coded = _code(membership, items, what, among)
    if not among:  # a part is seldom asked for twice
        _keep(membership, items, among, coded)
    return coded


@dataclass(frozen=True)
class _Known:
    """A membership that was coded, as it stood then."""

    table: pd.DataFrame
    items: pd.Index
    among: bool
    coded: Coded

    def fits(self, membership: pd.DataFrame, items: pd.Index, among: bool) -> bool:
        """Tell whether the membership is still what it was, over the same items."""
        same = self.items is items or self.items.equals(items)
        return same and self.among == among and self.table.equals(membership)


# From 3.0 pandas copies on write: what is kept costs nothing and does not follow later changes.
_COPIES = int(pd.__version__.partition(".")[0]) < 3
# By id of the membership; a table that is gone takes its numbers with it.
_coded: dict[int, _Known] = {}


def _keep(membership: pd.DataFrame, items: pd.Index, among: bool, coded: Coded) -> None:
    key = id(membership)
    if key not in _coded:
        weakref.finalize(membership, _coded.pop, key, None).atexit = False
    _coded[key] = _Known(membership.copy(deep=_COPIES), items, among, coded)


def _code(membership: pd.DataFrame, items: pd.Index, what: str, among: bool) -> Coded:
    _require(membership, what)
    if not items.is_unique:
        twice = items[items.duplicated()][0]
        raise UsageError(f"item {twice!r} has two weights", fix="give one weight per item")
    item = items.get_indexer(pd.Index(membership["item"]))
    if among and (item < 0).any():
        membership, item = membership[item >= 0], item[item >= 0]
    if (item < 0).any():
        lost = membership["item"].iloc[int(np.argmax(item < 0))]
        raise UsageError(f"item {lost!r} has no weight", where=what)
    raw, uniques = pd.factorize(membership["unit_code"])
    if (raw < 0).any():
        lost = membership["item"].iloc[int(np.argmax(raw < 0))]
        raise UsageError(
            f"item {lost!r} has no unit_code", where=what, fix=f"use one of {', '.join(REASONS)}"
        )
    codes = [str(c) for c in uniques]
    order = sorted(range(len(codes)), key=lambda i: _rank(codes[i]))
    rank = np.empty(len(codes), dtype=np.intp)
    rank[order] = np.arange(len(codes))
    unit = rank[raw]
    share = membership["share"].to_numpy(dtype=float)
    seen = pd.Series(membership["unit_name"].to_numpy(), index=raw)
    first = seen[~seen.index.duplicated()].to_dict()
    by = np.lexsort((unit, item))
    coded = Coded(
        item[by], unit[by], share[by], [codes[i] for i in order],
        [str(first[i]) for i in order], len(items),
    )  # fmt: skip
    _check_shares(coded, items, what)
    return coded


def overlap(left: pd.DataFrame, right: pd.DataFrame, weight: pd.Series[float]) -> pd.DataFrame:
    """Share the weight of every item out among the pairs of units that claim it.

    Parameters
    ----------
    left, right : pandas.DataFrame
        Memberships: item, unit_code, unit_name (str), share (float, 0..1).
    weight : pandas.Series of float
        Weight of each item (m2, schools, pupils ...), indexed by item. An item whose weight is
        missing is left out; a weight of 0 adds nothing.

    Returns
    -------
    pandas.DataFrame
        One row per pair of units that meet, sorted by code, reasons last: left_code, left_name,
        right_code, right_name, weight, share_of_left, share_of_right (0..1).

    Raises
    ------
    UsageError
        When an item is in one membership only, has no weight or has a negative one, or shares
        do not sum to 1.

    Notes
    -----
    weight(i, j) = sum over items of weight(item) share(item, i) share(item, j): where two layers
    both share an item, the shares are taken as independent, which is an assumption and not
    evidence. A layer met with itself treats each distinct set of claimants as one unit, so that
    no unit seems to overlap its neighbour. A reason for having no unit is a row or column of its
    own: land outside counts.

    Examples
    --------
    >>> import pandas as pd
    >>> left = pd.DataFrame({"item": ["a", "b"], "unit_code": ["L", "L"],
    ...                      "unit_name": ["Leeds", "Leeds"], "share": [1.0, 1.0]})
    >>> right = pd.DataFrame({"item": ["a", "b"], "unit_code": ["H1", "H2"],
    ...                       "unit_name": ["Hub 1", "Hub 2"], "share": [1.0, 1.0]})
    >>> pairs = overlap(left, right, pd.Series({"a": 3.0, "b": 1.0}))
    >>> pairs[["right_code", "weight", "share_of_left"]].to_numpy().tolist()
    [['H1', 3.0, 0.75], ['H2', 1.0, 0.25]]
    """
    if left is right or left.equals(right):
        left = right = distinct(left)
    x = code(left, weight.index, what="left")
    y = code(right, weight.index, what="right")
    return _rows(x, y, cross(x, y, weights_of(weight)))


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


def cross(x: Coded, y: Coded, weight: Floats) -> Floats:
    """Return the weight that each unit of `x` (rows) shares with each unit of `y` (columns).

    Both must be coded over the same items, in the order of `weight`.
    """
    if not np.array_equal(x.claims > 0, y.claims > 0):
        raise UsageError(
            "the two layers do not hold the same items",
            fix="give items without a unit a row with the reason as unit_code",
        )
    at_y, at_x = y.on(x.item)
    shared = np.nan_to_num(weight[x.item[at_x]]) * x.share[at_x] * y.share[at_y]
    size = (len(x.codes), len(y.codes))
    flat = sums(x.unit[at_x] * size[1] + y.unit[at_y], shared, size[0] * size[1])
    return flat.reshape(size)


def _rows(x: Coded, y: Coded, weights: Floats) -> pd.DataFrame:
    i, j = np.nonzero(weights)
    value = weights[i, j]
    left, right = ([v.array.take(at) for v in z.labels] for z, at in ((x, i), (y, j)))
    return pd.DataFrame(
        {
            "left_code": left[0],
            "left_name": left[1],
            "right_code": right[0],
            "right_name": right[1],
            "weight": value,
            "share_of_left": value / weights.sum(axis=1)[i],
            "share_of_right": value / weights.sum(axis=0)[j],
        },
        copy=False,
    )


def distinct(membership: pd.DataFrame) -> pd.DataFrame:
    """Make each distinct set of claimants one unit, so that every item has one unit alone.

    Parameters
    ----------
    membership : pandas.DataFrame
        item, unit_code, unit_name (str), share (float).

    Returns
    -------
    pandas.DataFrame
        One row per item: item, unit_code ("WM10+WM9" for a shared item), unit_name, share (1).

    Raises
    ------
    UsageError
        When a unit's own code reads like the set of two others.

    Notes
    -----
    Count measures need whole schools in one unit each; how a claim is shared inside a set is not
    looked at.
    """
    _require(membership, "membership")
    shared = membership["item"].duplicated(keep=False).to_numpy()
    alone = membership[~shared]
    if not shared.any():
        return membership.assign(share=1.0)
    claims = membership[shared].drop_duplicates(["item", "unit_code"])
    claims = claims.sort_values(["item", "unit_code"], kind="stable")
    rows = zip(claims["item"], claims["unit_code"], claims["unit_name"], strict=True)
    sets = {item: list(group) for item, group in groupby(rows, key=itemgetter(0))}
    labels = pd.DataFrame(
        [(k, "+".join(r[1] for r in g), " + ".join(r[2] for r in g)) for k, g in sets.items()],
        columns=["item", "unit_code", "unit_name"],
    )
    unions = {tuple(r[1] for r in g) for g in sets.values() if len(g) > 1}
    read = {"+".join(union) for union in unions}
    clash = read & set(membership["unit_code"].unique())
    if clash or len(read) < len(unions):
        raise UsageError(
            f"unit code {min(clash or read)!r} reads like a set of two units",
            fix="rename the unit",
        )
    both = pd.concat([alone, labels], ignore_index=True)[["item", "unit_code", "unit_name"]]
    return both.sort_values("item", kind="stable", ignore_index=True).assign(share=1.0)


def table(pairs: pd.DataFrame) -> tuple[Floats, list[str], list[str]]:
    """Return an overlap as a table: weights (rows left, columns right), row and column codes.

    Parameters
    ----------
    pairs : pandas.DataFrame
        An overlap: left_code, right_code, weight.

    Returns
    -------
    tuple of (numpy.ndarray, list of str, list of str)
        Weights by left unit and right unit; the codes of rows and of columns, sorted, reasons
        last.
    """
    rows = sorted(pairs["left_code"].unique(), key=_rank)
    cols = sorted(pairs["right_code"].unique(), key=_rank)
    weights = np.zeros((len(rows), len(cols)))
    i = pd.Index(rows).get_indexer(pd.Index(pairs["left_code"]))
    j = pd.Index(cols).get_indexer(pd.Index(pairs["right_code"]))
    np.add.at(weights, (i, j), pairs["weight"].to_numpy(dtype=float))
    return weights, rows, cols


def inside(pairs: pd.DataFrame, reasons: tuple[str, ...] = REASONS) -> Kept:
    """Drop the rows that have a reason instead of a unit on either side.

    Parameters
    ----------
    pairs : pandas.DataFrame
        An overlap.
    reasons : tuple of str, optional
        Which reasons to drop; all of them by default.

    Returns
    -------
    Kept
        pairs: the overlap that is left, its shares those of what is left; dropped: one row per
        row taken out, with the weight it had.
    """
    out = pairs["left_code"].isin(reasons) | pairs["right_code"].isin(reasons)
    return _split(pairs, out.to_numpy())


def without_slivers(pairs: pd.DataFrame, min_weight: float = 0.0, min_share: float = 0.0) -> Kept:
    """Drop the pairs that meet only in a sliver.

    Parameters
    ----------
    pairs : pandas.DataFrame
        An overlap.
    min_weight : float, optional
        A pair with less weight than this (m2, schools ...) is a sliver.
    min_share : float, optional
        So is a pair with less than this share (0..1) of both its sides.

    Returns
    -------
    Kept
        pairs: the overlap that is left, its shares those of what is left; dropped: one row per
        sliver, with the weight and shares it had.
    """
    small = pairs[["share_of_left", "share_of_right"]].max(axis=1) < min_share
    return _split(pairs, ((pairs["weight"] < min_weight) | small).to_numpy())


def _split(pairs: pd.DataFrame, out: npt.NDArray[np.bool_]) -> Kept:
    kept = pairs[~out].reset_index(drop=True)
    if out.any():
        for side in ("left", "right"):
            whole = kept.groupby(f"{side}_code")["weight"].transform("sum")
            kept[f"share_of_{side}"] = kept["weight"] / whole
    return Kept(kept, pairs[out].reset_index(drop=True))


def _rank(unit_code: str) -> tuple[int, str]:
    """Sort units by code and the reasons for having none after them, in their own order."""
    return (1 + REASONS.index(unit_code), "") if unit_code in REASON_NAMES else (0, unit_code)


def _require(membership: pd.DataFrame, what: str) -> None:
    missing = [c for c in ("item", "unit_code", "unit_name", "share") if c not in membership]
    if missing:
        raise UsageError(f"column {missing[0]} is missing", where=what)


def _check_shares(coded: Coded, items: pd.Index, what: str) -> None:
    bad = ~((coded.share >= 0) & (coded.share <= 1 + 1e-9))
    if bad.any():
        at = coded.item[int(np.argmax(bad))]
        raise UsageError(f"item {items[at]!r} has a share outside 0..1", where=what)
    whole = sums(coded.item, coded.share, coded.items)
    off = (coded.claims > 0) & (np.abs(whole - 1) > 1e-9)
    if off.any():
        at = int(np.argmax(off))
        raise UsageError(
            f"the shares of item {items[at]!r} sum to {whole[at]:g}, not 1",
            where=what,
            fix="give what is left over a row with the reason as unit_code",
        )
