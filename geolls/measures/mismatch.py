"""Measure how two layers disagree: every measure of a table of shared weights, and of pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from geolls.base.arrays import Flags, Floats
from geolls.base.errors import UsageError
from geolls.base.labels import BY_CONVENTION
from geolls.base.vocabulary import REASONS
from geolls.measures.chance import (
    COUNT_MEASURES,
    count_measures,
    entropy,
    information,
    plogp,
    ratio,
    split_pairs,
)
from geolls.measures.claimants import Ends, relations, touched
from geolls.measures.membership import Membership, sums
from geolls.measures.overlap import cross, weights_of

__all__ = [
    "COUNT_MEASURES",
    "MEASURES",
    "by_unit",
    "compare",
    "compare_units",
    "effective_maps",
    "measures",
    "pairwise",
    "relation",
    "tuples",
    "v_measure",
]

Rows = list[tuple[str, float, str]]

MEASURES = (
    "homogeneity",
    "completeness",
    "v_measure",
    "mapcurves_left",
    "mapcurves_right",
    "mapcurves",
    "mutual_information",
    "variation_of_information",
    "nvi",
    "adjusted_rand",
    "adjusted_mutual_information",
    "fowlkes_mallows",
    "splits",
    "multi_splits",
    "intersections",
    "effective_splits",
    "effective_splits_weighted",
    "conditional_entropy",
    "sqrt_entropy",
    "split_pairs",
    "best_fit_share",
    "best_jaccard",
)
WITHOUT = "_without_no_evidence"


def measures(weights: npt.ArrayLike) -> dict[str, float]:
    """Measure how the rows and the columns of a table of shared weights disagree.

    Parameters
    ----------
    weights : array_like of float, two dimensions
        Weight shared by each unit of X (rows, the reference) and of Y (columns); any unit.

    Returns
    -------
    dict of str to float
        One entry per name in `MEASURES`, in that order. A measure that does not exist for the
        table is NaN: the count measures where a weight is not whole, `split_pairs` where no row
        has two schools, a mean over units where there are none.

    Raises
    ------
    UsageError
        When the table has not two dimensions, or holds a negative, missing or infinite weight.

    Notes
    -----
    Empty rows and columns are dropped first; a reason for having no unit is a row or column like
    any other. With a_ij the weights, A_i and B_j their sums, A the total, s_ij = a_ij / A_i and
    logs to base 2: h = I/H(X), c = I/H(Y), V = 2hc/(h + c), where H = 0 gives 1;
    variation of information H(X) + H(Y) - 2I; nvi = 1 - I/H(X,Y), where H(X,Y) = 0 gives 0;
    effective splits sum_i (1/sum_j s_ij^2 - 1), weighted by A_i/A in the second form;
    conditional entropy sum_i (A_i/A) sum_j s_ij log2(1/s_ij); square-root entropy
    sum_i (A_i/A) sum_j sqrt(s_ij); split pairs 1 - sum_j a_ij (a_ij - 1)/(A_i (A_i - 1)), the mean
    over units with A_i >= 2 by A_i; best fit max_j s_ij and best Jaccard
    max_j a_ij/(A_i + B_j - a_ij), means by A_i/A.

    A low V means that the two maps are drawn differently, not that either is wrong.

    Source: Rosenberg and Hirschberg 2007 (V-measure, D07-1043); Nowosad and Stepinski 2018,
    doi:10.1080/13658816.2018.1511794 (V for maps); Hargrove, Hoffman and Hessburg 2006,
    doi:10.1007/s10109-006-0025-x (MapCurves); Hubert and Arabie 1985, doi:10.1007/BF01908075
    (adjusted Rand); Vinh, Epps and Bailey 2010, jmlr.org/papers/v11/vinh10a (adjusted mutual
    information); Fowlkes and Mallows 1983, doi:10.1080/01621459.1983.10478008.

    Examples
    --------
    >>> found = measures([[13, 3, 4], [0, 16, 4], [4, 0, 16], [0, 4, 16]])
    >>> round(found["v_measure"], 6), found["splits"], round(found["best_fit_share"], 6)
    (0.361231, 4.0, 0.7625)
    """
    full = _filled(_checked(weights))
    found = {**_split_measures(full), **count_measures(full)}
    return {name: found[name] for name in MEASURES}


def by_unit(weights: npt.ArrayLike) -> dict[str, Floats]:
    """Measure every unit of X (row) of a table of shared weights; transpose for the columns.

    Parameters
    ----------
    weights : array_like of float, two dimensions
        Weight shared by each unit of X (rows) and of Y (columns).

    Returns
    -------
    dict of str to numpy.ndarray
        One value per row of `weights`, NaN for an empty row: weight; share (of the total);
        units_met (units of Y); inhomogeneity (H(Y given i)/H(Y)); mapcurves (the score z_i);
        effective_splits; conditional_entropy (bits); sqrt_entropy; split_pairs;
        best_fit_share; best_jaccard.

    Raises
    ------
    UsageError
        As `measures`.

    Notes
    -----
    inhomogeneity is sum_j s_ij log2(1/s_ij) / H(Y), and 0 where H(Y) = 0; it may exceed 1, for a
    unit can be more mixed than the whole. z_i = sum_j a_ij^2/(A_i B_j). The others are the terms
    of `measures`, whose means by weight (sum, for effective splits) they give.

    Source: Nowosad and Stepinski 2018, doi:10.1080/13658816.2018.1511794.

    Examples
    --------
    >>> by_unit([[13, 3, 4], [0, 16, 4], [4, 0, 16], [0, 4, 16]])["best_fit_share"].tolist()
    [0.65, 0.8, 0.8, 0.8]
    """
    full = _checked(weights)
    rows = full.sum(axis=1)
    cols = full.sum(axis=0)
    total = full.sum()
    some = rows > 0
    shares = ratio(full, rows[:, None])
    mixed = plogp(shares).sum(axis=1)
    of_y = plogp(ratio(cols, total)).sum()
    found = {
        "weight": rows,
        "share": ratio(rows, total),
        "units_met": (full > 0).sum(axis=1).astype(float),
        "inhomogeneity": mixed / of_y if of_y > 0 else np.zeros(len(rows)),
        "mapcurves": (shares * ratio(full, cols)).sum(axis=1),
        "effective_splits": ratio(np.ones(len(rows)), (shares**2).sum(axis=1)) - 1,
        "conditional_entropy": mixed,
        "sqrt_entropy": np.sqrt(shares).sum(axis=1),
        "split_pairs": split_pairs(full),
        "best_fit_share": shares.max(axis=1, initial=0),
        "best_jaccard": ratio(full, rows[:, None] + cols - full).max(axis=1, initial=0),
    }
    return {name: np.where(some, value, np.nan) for name, value in found.items()}


def relation(
    weights: npt.ArrayLike,
    tolerance: float = 0.0,
    outside: npt.ArrayLike | None = None,
) -> npt.NDArray[np.str_]:
    """Say how every unit of X (row) lies to the units of Y: the coterminosity class.

    Parameters
    ----------
    weights : array_like of float, two dimensions
        Weight shared by each unit of X (rows) and of Y (columns).
    tolerance : float, optional
        Share (0..1) that may be out of line: a pair that shares no more than this of the smaller
        of its two units does not meet, and one that lacks no more than this is whole.
    outside : array_like of bool, optional
        Which columns are reasons for having no unit. They are part of a row's weight but no unit
        that it could meet.

    Returns
    -------
    numpy.ndarray of str
        One word per row: `identical` (the same unit), `nests_in` (inside one unit of Y),
        `contains` (every unit of Y that it meets lies inside it), `crosses`, `disjoint` (meets
        none). The first that holds, in that order.

    Raises
    ------
    UsageError
        As `measures`; and when the tolerance is not in 0..0.5.

    Examples
    --------
    >>> relation([[4, 0, 0], [0, 2, 1], [0, 0, 1]]).tolist()
    ['identical', 'crosses', 'nests_in']
    """
    full = _checked(weights)
    if not 0 <= tolerance < 0.5:
        raise UsageError(f"tolerance {tolerance} is not in 0..0.5", where="relation")
    rows = full.sum(axis=1)[:, None]
    cols = full.sum(axis=0)[None, :]
    units = full.copy()
    if outside is not None:
        units[:, np.asarray(outside, dtype=bool)] = 0
    met = units > tolerance * np.minimum(rows, cols)
    # Rounding of shared claims must not tear a unit off its own land.
    slack = 1 - tolerance - 1e-12
    in_one = met & (units >= slack * rows)
    holds = met & (units >= slack * cols)
    words = np.select(
        [
            ~met.any(axis=1),
            (in_one & holds).any(axis=1),
            in_one.any(axis=1),
            (holds | ~met).all(axis=1),
        ],
        ["disjoint", "identical", "nests_in", "contains"],
        default="crosses",
    )
    return np.asarray(words, dtype=np.str_)


def compare(
    left: Membership,
    right: Membership,
    weight: pd.Series[float],
    *,
    inside_only: bool = False,
    min_weight: float = 0.0,
    min_share: float = 0.0,
    divisible: bool = False,
) -> pd.DataFrame:
    """Measure how two layers disagree, with and without the land we have no list for.

    Parameters
    ----------
    left, right : Membership
        Who has the items; `left` is the reference.
    weight : pandas.Series of float
        Weight of each item, indexed by item.
    inside_only : bool, optional
        Drop everything without a unit on either side, whatever the reason.
    min_weight, min_share : float, optional
        The sliver rule: pairs of units that share less weight, or less of both their sides, are
        dropped.
    divisible : bool, optional
        Whether an item that several units list can be divided among them, as land can and a
        school cannot.

    Returns
    -------
    pandas.DataFrame
        One row per measure: measure (str), value (float), note (str). First the names of
        `MEASURES`; then the same with `_without_no_evidence` behind the name, everything dropped
        for which either layer lacks a list; then what was dropped as a share of the whole
        weight: `no_evidence_share`, `outside_share` (dropped only with `inside_only`),
        `sliver_share`, and the number of pairs dropped, `slivers`; then `splits`, `multi_splits`
        and `intersections` with `_low` and `_high` behind the name: the fewest and the most.

    Raises
    ------
    UsageError
        As `geolls.measures.overlap.overlap`.

    Notes
    -----
    A shared item is split between its claimants, but the count measures, and a layer against
    itself, treat each distinct set of claimants as one unit. The count measures are NaN unless
    every item has a whole weight. The note of `mapcurves` names the side whose value it is.

    `splits` counts an item in every unit that lists it. The fewest and the most are over all ways
    of giving it to one of them, by `claimants.touched`: exact where the units of `left` share
    nothing; where they do, no way passes them. With a sliver rule they are not told.
    """
    x = left.weighed_over(weight.index, "left")
    y = x if left.equals(right) else right.weighed_over(weight.index, "right")
    rule = _Rule(inside_only, min_weight, min_share)
    rows, _ = _both_ways(x, y, weights_of(weight), rule)
    rows = _with_ends(rows, x, y, weights_of(weight), rule, divisible)
    return pd.DataFrame(rows, columns=["measure", "value", "note"])


def pairwise(
    memberships: Mapping[str, Membership],
    weight: pd.Series[float],
    *,
    inside_only: bool = False,
    min_weight: float = 0.0,
    min_share: float = 0.0,
    divisible: bool = False,
) -> pd.DataFrame:
    """Compare every ordered pair of layers.

    Parameters
    ----------
    memberships : mapping of str to Membership
        Layer key to membership, all over the same items.
    weight : pandas.Series of float
        Weight of each item, indexed by item.
    inside_only, min_weight, min_share, divisible
        As `compare`.

    Returns
    -------
    pandas.DataFrame
        One row per pair of two layers, each way round, and measure: left, right, measure (str),
        value (float), note (str).

    Raises
    ------
    UsageError
        As `compare`.
    """
    values = weights_of(weight)
    layers = {key: m.weighed_over(weight.index, key) for key, m in memberships.items()}
    rule = _Rule(inside_only, min_weight, min_share)
    found: dict[tuple[str, str], Rows] = {}
    for a, b in combinations(layers, 2):
        found[a, b], found[b, a] = _both_ways(layers[a], layers[b], values, rule)
        for one, other in ((a, b), (b, a)):
            said = found[one, other]
            x, y = layers[one], layers[other]
            found[one, other] = _with_ends(said, x, y, values, rule, divisible)
    rows = [(*pair, *row) for pair in permutations(layers, 2) for row in found[pair]]
    return pd.DataFrame(rows, columns=["left", "right", "measure", "value", "note"])


UNDECIDED = "not_known"


def compare_units(
    left: Membership,
    right: Membership,
    weight: pd.Series[float],
    *,
    tolerance: float = 0.0,
    divisible: bool = False,
) -> pd.DataFrame:
    """Measure every unit of the left layer against the right one.

    Parameters
    ----------
    left, right : Membership
        Who has the items.
    weight : pandas.Series of float
        Weight of each item, indexed by item.
    tolerance : float, optional
        As `relation`.
    divisible : bool, optional
        Whether an item can be divided among its claimants, as land can and a school cannot.

    Returns
    -------
    pandas.DataFrame
        One row per unit of `left` that has weight, sorted by code, reasons last: unit_code,
        unit_name, relation (blank for a reason; `not_known` where it hangs on who has items that
        several units list, whatever the tolerance), may_be (the words it can be, as "contains
        identical"), best_fit_code and best_fit_name (the unit of
        `right` with most of it; ties by code), and the columns of `by_unit`.
    """
    values = weights_of(weight)
    x = left.weighed_over(weight.index, "left")
    y = right.weighed_over(weight.index, "right")
    full = cross(x, y, values)
    some = full.sum(axis=1) > 0
    best = full.argmax(axis=1)
    words: npt.NDArray[Any] = relation(full, tolerance, y.outside).astype(object)
    may = words.copy()
    if left is not right:
        for i, can in relations(x, y, values, divisible=divisible).items():
            words[i] = min(can) if len(can) == 1 else UNDECIDED
            may[i] = " ".join(sorted(can))
    words[x.outside] = may[x.outside] = None
    frame = pd.DataFrame(
        {
            "unit_code": x.codes,
            "unit_name": x.names,
            "relation": words,
            "may_be": may,
            "best_fit_code": [y.codes[j] for j in best],
            "best_fit_name": [y.names[j] for j in best],
            **by_unit(full),
            "split_pairs": by_unit(cross(x, y.sets, values))["split_pairs"],
        }
    )
    kept: pd.DataFrame = frame.loc[some].reset_index(drop=True)
    return kept


def effective_maps(numbers: pd.Series[int], place: Membership) -> pd.DataFrame:
    """Return on how many different institutional maps the schools of each place live.

    Parameters
    ----------
    numbers : pandas.Series of int
        The number of each item's tuple of units in every layer; see `tuples`.
    place : Membership
        Who of the place layer has the items.

    Returns
    -------
    pandas.DataFrame
        One row per unit, sorted by code: unit_code, unit_name, maps (different tuples),
        effective_maps (2^H of the tuples, at least 1).

    Notes
    -----
    Two schools are on the same map when every layer gives them the same unit (the same set of
    claimants, or the same reason for none). 3 means: as mixed as a place cut into three equal
    parts that differ in at least one layer; it does not say in how many. Hill number of order 1:
    Hill 1973, doi:10.2307/1934352.
    """
    at = numbers.index.get_indexer(place.items)[place.item]
    kept = (at >= 0) & (place.share > 0) & ~place.outside[place.unit]
    unit, at, size = place.unit[kept], at[kept], place.share[kept]
    width = int(numbers.max()) + 1 if len(numbers) else 1
    pairs, pair = np.unique(unit * width + numbers.to_numpy()[at], return_inverse=True)
    of, part = pairs // width, sums(pair, size, len(pairs))
    part = part / sums(of, part, len(place.codes))[of]
    # 2^H, H = -sum of p log2 p over the tuples of a unit
    bits = sums(of, -part * np.log2(part), len(place.codes))
    codes, names = place.labels
    found = pd.DataFrame({"unit_code": codes, "unit_name": names})
    found["maps"] = np.bincount(of, minlength=len(codes))
    found["effective_maps"] = 2.0**bits
    return found[found["maps"] > 0].reset_index(drop=True)


@dataclass(frozen=True)
class _Rule:
    """What to leave out of a comparison."""

    inside_only: bool
    min_weight: float
    min_share: float

    def slivers(self, full: Floats) -> Flags:
        """Return which pairs are slivers."""
        most = np.maximum(ratio(full, full.sum(axis=1)[:, None]), ratio(full, full.sum(axis=0)))
        return (full > 0) & ((full < self.min_weight) | (most < self.min_share))


CONVENTION = "an item that several units list is counted in each of them"
#: Measures of how two layers share their weight; those that count units have ends.
INDICES = (
    *("homogeneity", "completeness", "v_measure", "mapcurves_left", "mapcurves_right", "mapcurves"),
    *("mutual_information", "variation_of_information", "nvi", "effective_splits"),
    *("effective_splits_weighted", "conditional_entropy", "sqrt_entropy", "best_fit_share"),
    "best_jaccard",
)
_ENDS = {"low": "the fewest that can be", "high": "the most that can be"}
_SPLITS: dict[str, Callable[[Floats], float]] = {
    "splits": lambda met: float((met >= 2).sum()),
    "multi_splits": lambda met: float((met >= 3).sum()),
    "intersections": lambda met: float(met.sum()),
}


def _with_ends(
    rows: Rows, x: Membership, y: Membership, values: Floats, rule: _Rule, divisible: bool
) -> Rows:
    """Add the fewest and the most splits that can be, where lines between units are not known."""
    blank = rule.min_weight > 0 or rule.min_share > 0
    ends: Rows = []
    doubted: set[str] = set()
    dropped = REASONS if rule.inside_only else ("no_evidence",)
    known = whole = _met(x, y, values, dropped, divisible)
    if not rule.inside_only and "no_evidence" in {*x.codes, *y.codes}:
        whole = _met(x, y, values, (), divisible)
    for ending, met in (("", whole), (WITHOUT, known)):
        for name, number in _SPLITS.items():
            least, most = number(met.low), number(met.high)
            doubted |= {name + ending} if least < most else set()
            for (end, note), value in zip(_ENDS.items(), (least, most), strict=True):
                ends.append((f"{name}{ending}_{end}", np.nan if blank else value, note))
    shared = any((side.low < side.high).any() for side in (x, y))
    said = dict.fromkeys(doubted, CONVENTION)
    if shared:
        said |= dict.fromkeys(
            (f"{name}{e}" for name in INDICES for e in ("", WITHOUT)), BY_CONVENTION
        )
    noted = [
        (name, value, "; ".join(filter(None, (note, said.get(name))))) for name, value, note in rows
    ]
    return noted + ends


def _met(
    x: Membership, y: Membership, values: Floats, dropped: Sequence[str], divisible: bool
) -> Ends:
    """Count the units of `y`, reasons but the dropped included, that each unit of `x` meets."""
    if x is y:
        x = y = x.sets
    there, here = (~np.isin(m.codes, dropped) for m in (x, y))
    claims = there[x.unit] & (x.high > 0) & (values[x.item] > 0)
    return touched(
        x.unit[claims],
        x.item[claims],
        len(x.codes),
        y,
        sure=x.low[claims] > 0,
        counted=here,
        divisible=divisible,
    )


class _Table(NamedTuple):
    """Weights of one pair of layers: after the rule, and without what we lack a list for."""

    kept: Floats
    known: Floats

    @property
    def T(self) -> _Table:  # noqa: N802 (as numpy says it)
        """The same pair the other way round."""
        return _Table(self.kept.T, self.known.T)


def _both_ways(x: Membership, y: Membership, weight: Floats, rule: _Rule) -> tuple[Rows, Rows]:
    """Report one pair of layers both ways round."""
    sets, dropped = _table(x.sets, y.sets, weight, rule)
    split = sets
    if x is not y and (x.sets is not x or y.sets is not y):
        split, dropped = _table(x, y, weight, rule)
    there = _report(split, sets, {})
    back = _report(split.T, sets.T, {name: value for name, value, _ in there})
    return there + dropped, back + dropped


def _table(x: Membership, y: Membership, weight: Floats, rule: _Rule) -> tuple[_Table, Rows]:
    """Return the weights of a pair of layers, and how much of them was left out."""
    full = cross(x, y, weight)
    total, none = float(full.sum()), _named(x, y, "no_evidence")
    outside = np.logical_or.outer(x.outside, y.outside)
    part = np.where(outside, 0.0, full) if rule.inside_only else full
    small = rule.slivers(part)
    kept = np.where(small, 0.0, part)
    dropped: Rows = [
        ("no_evidence_share", _part(full[none].sum(), total), ""),
        ("outside_share", _part(full[outside].sum(), total), ""),
        ("sliver_share", _part(part[small].sum(), total), ""),
        ("slivers", float(small.sum()), ""),
    ]
    return _Table(kept, np.where(none, 0.0, kept)), dropped


def _report(split: _Table, sets: _Table, other_way: Mapping[str, float]) -> Rows:
    """List the measures of one pair; what both ways share is taken from the other way."""
    found = {"": _both(split.kept, sets.kept, other_way)}
    same = np.array_equal(split.known, split.kept)
    found[WITHOUT] = found[""] if same else _both(split.known, sets.known, other_way, WITHOUT)
    return [
        (name + ending, value, _direction(name, values))
        for ending, values in found.items()
        for name, value in values.items()
    ]


def _both(
    split: Floats, sets: Floats, other_way: Mapping[str, float], ending: str = ""
) -> dict[str, float]:
    known = other_way.get("adjusted_mutual_information" + ending)
    found = {**_split_measures(_filled(split)), **count_measures(_filled(sets), known)}
    return {name: found[name] for name in MEASURES}


def _named(x: Membership, y: Membership, reason: str) -> Flags:
    rows, cols = ([c == reason for c in m.codes] for m in (x, y))
    return np.logical_or.outer(rows, cols)


def _part(value: float, total: float) -> float:
    return float(value / total) if total > 0 else float("nan")


def _direction(name: str, found: Mapping[str, float]) -> str:
    if name != "mapcurves":
        return ""
    left, right = found["mapcurves_left"], found["mapcurves_right"]
    return "left" if left > right else "right" if right > left else "either"


def _checked(weights: npt.ArrayLike) -> Floats:
    try:
        full = np.asarray(weights, dtype=float)
    except (TypeError, ValueError):
        raise UsageError("the weights are not a table of numbers", where="mismatch") from None
    if full.ndim != 2:
        raise UsageError(
            f"the weights have {full.ndim} dimensions, not 2",
            where="mismatch",
            fix="give rows for the units of one layer and columns for those of the other",
        )
    bad = ~np.isfinite(full) | (full < 0)
    with np.errstate(over="ignore"):
        total = float(np.where(bad, 0.0, full).sum())
    if not np.isfinite(total):
        raise UsageError("the weights are too large to add up", where="mismatch")
    if bad.any():
        i, j = np.argwhere(bad)[0]
        raise UsageError(
            f"weight {full[i, j]:g} in row {i}, column {j}",
            where="mismatch",
            fix="weights are numbers of 0 or more",
        )
    return full


def _filled(full: Floats) -> Floats:
    # A weight this much smaller than the whole only overflows the logs.
    full = np.where(full < full.sum() * 1e-200, 0.0, full)
    return full[np.ix_(full.sum(axis=1) > 0, full.sum(axis=0) > 0)]


def _split_measures(full: Floats) -> dict[str, float]:
    """Return the measures that hold for any weights; `full` has no empty row or column."""
    rows, cols, total = full.sum(axis=1), full.sum(axis=0), float(full.sum())
    of_x, of_y, joint = entropy(rows), entropy(cols), entropy(full.ravel())
    shared = information(full)
    h = min(shared / of_x, 1.0) if of_x > 0 else 1.0
    c = min(shared / of_y, 1.0) if of_y > 0 else 1.0
    each = by_unit(full)
    left = _mapcurves(each["mapcurves"])
    right = _mapcurves((ratio(full, cols) * ratio(full, rows[:, None])).sum(axis=0))
    some = 1.0 if total > 0 else float("nan")
    mean = {name: some * float(each["share"] @ each[name]) for name in _MEANS}
    return {
        "homogeneity": h,
        "completeness": c,
        "v_measure": 2 * h * c / (h + c) if h + c > 0 else 0.0,
        "mapcurves_left": left,
        "mapcurves_right": right,
        "mapcurves": max(left, right),
        "mutual_information": shared,
        "variation_of_information": max(of_x + of_y - 2 * shared, 0.0),
        "nvi": min(max(1 - shared / joint, 0.0), 1.0) if joint > 0 else 0.0,
        "splits": float((each["units_met"] >= 2).sum()),
        "multi_splits": float((each["units_met"] >= 3).sum()),
        "intersections": float(each["units_met"].sum()),
        "effective_splits": float(each["effective_splits"].sum()),
        "effective_splits_weighted": mean.pop("effective_splits"),
        **mean,
    }


# The measures of units whose mean by weight is one of the pair of layers.
_MEANS = (
    "effective_splits",
    "conditional_entropy",
    "sqrt_entropy",
    "best_fit_share",
    "best_jaccard",
)


def v_measure(full: Floats) -> float:
    """Return the V-measure alone, where nothing else of `measures` is wanted."""
    rows, cols = full.sum(axis=1), full.sum(axis=0)
    both = entropy(rows) + entropy(cols)
    return 2 * information(full) / both if both > 0 else 1.0


def _mapcurves(scores: Floats) -> float:
    """Return the area under the MapCurve of the units' scores, as the R package sabre does."""
    n = len(scores)
    if n == 0:
        return float("nan")
    left_over = 1 - np.arange(n) / (n - 1) if n > 1 else np.ones(1)
    x = np.concatenate([[0.0], np.sort(scores), [1.0]])
    y = np.concatenate([[1.0], left_over, [0.0]])
    return float(np.trapezoid(y, x))


def tuples(memberships: Mapping[str, Membership]) -> pd.Series[int]:
    """Give every different tuple of units a number, for the items that all layers hold.

    Parameters
    ----------
    memberships : mapping of str to Membership
        By layer.

    Returns
    -------
    pandas.Series of int
        By item. A set of claimants counts as one unit.
    """
    sets = [m.sets for m in memberships.values()]
    units = [pd.Series(m.unit, index=m.items[m.item]) for m in sets]
    table = pd.concat(units, axis=1, join="inner")
    return table.groupby(list(table.columns), sort=False).ngroup()
