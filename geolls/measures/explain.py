"""Show the rows behind a number: parts in the number's own unit that add up to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geolls.base.errors import UnknownNameError, UsageError
from geolls.base.text import suggest
from geolls.base.vocabulary import BLANK_BELOW, KINDS
from geolls.measures.coverage import coverage_rows
from geolls.measures.information import entropy, ratio
from geolls.measures.mismatch import by_unit
from geolls.measures.overlap import code, cross, distinct, is_reason, weights_of
from geolls.measures.oversight import oversight, providers
from geolls.measures.spread import SpreadOptions, size_band

__all__ = [
    "MISMATCH_MEASURES",
    "Explanation",
    "explain_coverage",
    "explain_mismatch",
    "explain_overlap",
    "explain_place",
    "explain_trust",
    "place_measures",
    "trust_measures",
]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Explanation:
    """A number and the rows that make it.

    Parameters
    ----------
    measure : str
        Name of the measure.
    value : float
        The number: the sum of `part` over the rows; NaN where the measure is blank.
    rows : pandas.DataFrame
        One row per school, block, pair or unit, with the column part (float, in the unit of the
        value), the largest first.
    how : str
        One sentence: what a row is, and what its part is.
    """

    measure: str
    value: float
    rows: pd.DataFrame
    how: str


def _explained(measure: str, rows: pd.DataFrame, how: str, *, blank: bool = False) -> Explanation:
    keys = [c for c in rows.columns if c not in ("part",)]
    ordered = rows.sort_values(["part", *keys[:2]], ascending=[False, *[True] * len(keys[:2])],
                               kind="stable", ignore_index=True)  # fmt: skip
    value = float("nan") if blank else float(ordered["part"].sum())
    return Explanation(measure, value, ordered, how)


# ---- two layers --------------------------------------------------------------------------------

MISMATCH_MEASURES = (
    "homogeneity",
    "completeness",
    "v_measure",
    "mutual_information",
    "variation_of_information",
    "nvi",
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


def explain_overlap(
    left: pd.DataFrame,
    right: pd.DataFrame,
    weight: pd.Series[float],
    left_code: str,
    right_code: str,
) -> Explanation:
    """Show the schools or blocks that two units share.

    Parameters
    ----------
    left, right : pandas.DataFrame
        Memberships: item, unit_code, unit_name, share.
    weight : pandas.Series of float
        Weight of each item, indexed by item.
    left_code, right_code : str
        The two units.

    Returns
    -------
    Explanation
        Of the weight in the row of `overlap.overlap`; one row per item: item, weight,
        share_left, share_right, part.
    """
    x = _claims(left, left_code).rename(columns={"share": "share_left"})
    y = _claims(right, right_code).rename(columns={"share": "share_right"})
    rows = x.merge(y, on="item")
    rows.insert(1, "weight", rows["item"].map(weight).fillna(0.0))
    rows["part"] = rows["weight"] * rows["share_left"] * rows["share_right"]
    return _explained("weight", rows, "Each item adds its weight times both units' shares of it.")


def explain_mismatch(
    measure: str, left: pd.DataFrame, right: pd.DataFrame, weight: pd.Series[float]
) -> Explanation:
    """Show what each pair of units, or each unit, adds to a measure of mismatch.

    Parameters
    ----------
    measure : str
        One of `MISMATCH_MEASURES`.
    left, right, weight
        As `geolls.measures.mismatch.compare`.

    Returns
    -------
    Explanation
        Rows of pairs (left_code, left_name, right_code, right_name, weight, part) or, for the
        measures of units, of units of the left layer (left_code, left_name, weight, part).

    Raises
    ------
    UsageError
        For a measure that is no sum (MapCurves, the adjusted measures, Fowlkes-Mallows), or none.
    """
    if measure not in MISMATCH_MEASURES:
        raise UsageError(
            f"{measure!r} is not a sum over units", where="explain",
            fix=suggest(measure, MISMATCH_MEASURES) or f"use {', '.join(MISMATCH_MEASURES)}",
        )  # fmt: skip
    if left is right or left.equals(right) or measure == "split_pairs":
        left, right = distinct(left), distinct(right)
    x = code(left, weight.index, what="left")
    y = code(right, weight.index, what="right")
    full = cross(x, y, weights_of(weight))
    part = _parts(measure, full)
    blank = not np.isfinite(part).all() or not full.any()
    codes_x, names_x = np.array(x.codes, dtype=object), np.array(x.names, dtype=object)
    if part.ndim == 1:
        some = full.sum(axis=1) > 0
        rows = pd.DataFrame(
            {"left_code": codes_x, "left_name": names_x, "weight": full.sum(axis=1), "part": part}
        )[some]
        return _explained(measure, rows, "Each unit of the left layer adds its part.", blank=blank)
    i, j = np.nonzero(full)
    rows = pd.DataFrame(
        {
            "left_code": codes_x[i],
            "left_name": names_x[i],
            "right_code": np.array(y.codes, dtype=object)[j],
            "right_name": np.array(y.names, dtype=object)[j],
            "weight": full[i, j],
            "part": part[i, j],
        }
    )
    return _explained(measure, rows, "Each pair of units that meet adds its part.", blank=blank)


def _parts(measure: str, full: Floats) -> Floats:
    """Return what each pair (two dimensions) or each row (one) adds to a measure."""
    if measure in _OF_ROWS:
        return _row_parts(measure, full)
    if measure == "intersections":
        return (full > 0).astype(float)
    total = full.sum()
    rows, cols = full.sum(axis=1), full.sum(axis=0)
    s, t = ratio(full, rows[:, None]), ratio(full, cols[None, :])
    q = full / total if total else full
    if measure == "sqrt_entropy":
        return np.asarray(ratio(rows, total)[:, None] * np.sqrt(s))
    left, right = -_log(s), -_log(t)
    shared = q * _log(ratio(s * total, cols[None, :]))
    varied = q * (left + right)
    if measure in ("conditional_entropy", "mutual_information", "variation_of_information"):
        return {"c": q * left, "m": shared, "v": varied}[measure[0]]
    if measure == "nvi":
        joint = entropy(full.ravel())
        return varied / joint if joint > 0 else varied
    of_x, of_y = entropy(rows), entropy(cols)
    whole = {"homogeneity": of_x, "completeness": of_y, "v_measure": (of_x + of_y) / 2}[measure]
    # Where there is nothing to tell apart the measure is 1 by definition, and so are its parts.
    return shared / whole if whole > 0 else q


_OF_ROWS = (
    "splits",
    "multi_splits",
    "effective_splits",
    "effective_splits_weighted",
    "split_pairs",
    "best_fit_share",
    "best_jaccard",
)


def _row_parts(measure: str, full: Floats) -> Floats:
    rows, cols = full.sum(axis=1), full.sum(axis=0)
    found = by_unit(full)
    if measure.endswith("splits"):
        least = {"splits": 2, "multi_splits": 3}.get(measure)
        if least:
            return np.asarray((full > 0).sum(axis=1) >= least, dtype=float)
        return np.nan_to_num(found["effective_splits"])
    if measure == "split_pairs":
        twos = np.where(rows >= 2, rows, 0.0)
        if not (np.array_equal(full, np.floor(full)) and twos.any()):
            return np.full(len(rows), np.nan)
        return np.nan_to_num(twos * found["split_pairs"]) / float(twos.sum())
    name = "effective_splits" if measure.startswith("effective") else measure
    return np.nan_to_num(ratio(rows, cols.sum()) * found[name])


def _log(value: Floats) -> Floats:
    return np.log2(value, out=np.zeros_like(value), where=value > 0)


# ---- one layer ---------------------------------------------------------------------------------


def explain_coverage(
    membership: pd.DataFrame, weight: pd.Series[float], unit: str, *, share: bool = False
) -> Explanation:
    """Show the schools or blocks behind one row of the coverage table.

    Parameters
    ----------
    membership, weight
        As `geolls.measures.coverage.coverage`.
    unit : str
        A unit_code (what it alone claims), a reason, or `shared` (all that is shared).
    share : bool, optional
        Explain the share of the whole instead of the weight.

    Returns
    -------
    Explanation
        One row per item: item, units (the claimants by ", "), weight, part.
    """
    rows = coverage_rows(membership, weight)
    if unit not in set(rows["unit_code"]):
        raise UnknownNameError(
            f"unit {unit!r} has no row", where="explain", fix=suggest(unit, rows["unit_code"])
        )
    whole = float(rows["weight"].sum())
    mine = rows[rows["unit_code"] == unit].drop(columns="unit_code").reset_index(drop=True)
    mine["part"] = mine["weight"] / whole if share else mine["weight"]
    name = "share" if share else "weight"
    return _explained(name, mine, "Each item adds the weight that is claimed so.")


# ---- one trust ---------------------------------------------------------------------------------

_PER_LAYER = ("areas", "home_share", "hhi", "entropy", "cross_pairs", "no_unit_share")
_PER_TRUST = (
    "schools",
    "pupils",
    "pair_km_mean",
    "pair_km_median",
    "pair_km_max",
    "nearest_sibling_km_median",
    "longest_hop_km",
    "clusters",
    "largest_cluster_share",
)


def trust_measures(layers: Mapping[str, Any]) -> list[str]:
    """Return the measures that `explain_trust` can explain, for these layers."""
    return [*_PER_TRUST, *(f"{m}_{key}" for key in layers for m in _PER_LAYER)]


def explain_trust(
    measure: str,
    schools: pd.DataFrame,
    layers: Mapping[str, pd.DataFrame],
    trust_uid: str,
    options: SpreadOptions | None = None,
) -> Explanation:
    """Show the schools, pairs or areas behind one number of a trust.

    Parameters
    ----------
    measure : str
        One of `trust_measures(layers)`.
    schools, layers, options
        As `geolls.measures.spread.spread`.
    trust_uid : str
        The trust.

    Returns
    -------
    Explanation
        Of the value in the spread table. Rows are schools (urn, ...), pairs of schools (urn,
        other_urn, km) or areas (unit_code, unit_name, schools, share). A median's parts are the
        middle value or halves of the two; the parts of the others are zero, and they stand there.

    Raises
    ------
    UsageError
        When the measure is none of these.
    UnknownNameError
        When there is no such trust.
    """
    known = trust_measures(layers)
    if measure not in known:
        of_a_layer = ", ".join(f"{m}_LAYER" for m in _PER_LAYER)
        raise UsageError(
            f"cannot explain {measure!r} of a trust", where="explain",
            fix=suggest(measure, known) or f"use {', '.join(_PER_TRUST)}, {of_a_layer}",
        )  # fmt: skip
    mine = schools[schools["trust_uid"] == trust_uid].sort_values("urn", kind="stable")
    if not len(mine):
        raise UnknownNameError(f"no trust {trust_uid!r}", where="explain")
    rules = options or SpreadOptions()
    if measure in ("schools", "pupils"):
        rows = mine[[c for c in ("urn", "name", "phase", "pupils") if c in mine]].copy()
        rows["part"] = 1.0 if measure == "schools" else mine["pupils"].fillna(0.0)
        return _explained(measure, rows, f"Each school adds {measure}.")
    if measure in _PER_TRUST:
        return _trust_distance(measure, mine, rules)
    kind = next(m for m in _PER_LAYER if measure.startswith(f"{m}_") and
                measure[len(m) + 1 :] in layers)  # fmt: skip
    return _trust_areas(measure, kind, mine, layers[measure[len(kind) + 1 :]])


def _trust_areas(
    measure: str, kind: str, mine: pd.DataFrame, membership: pd.DataFrame
) -> Explanation:
    here = membership[membership["item"].isin(set(mine["urn"]))]
    if kind == "cross_pairs":
        here = distinct(here)
    claims = here.merge(mine[["urn", "pupils"]], left_on="item", right_on="urn")
    none = is_reason(claims["unit_code"])
    if kind == "no_unit_share":
        rows = claims[["urn", "unit_code", "unit_name"]].assign(
            part=np.where(none, claims["share"], 0.0) / len(mine)
        )
        return _explained(measure, rows, "Each school without a unit adds one part in all schools.")
    claims = claims[~none]
    inside = float(claims["share"].sum())
    claims["heads"] = claims["share"] * claims["pupils"].fillna(0)
    areas = claims.groupby(["unit_code", "unit_name"], as_index=False).agg(
        schools=("share", "sum"), pupils=("heads", "sum")
    )
    areas["share"] = areas["schools"] / inside if inside else np.nan
    if kind == "home_share":
        order = areas.assign(s=areas["schools"].round(9), p=areas["pupils"].round(6))
        order = order.sort_values(["s", "p", "unit_code"], ascending=[False, False, True])
        home = set(order["unit_code"].head(1))
        rows = claims[["urn", "unit_code", "unit_name"]].assign(
            part=claims["share"] * claims["unit_code"].isin(home) / inside if inside else 0.0
        )
        how = "Each school in the home area adds one part in all that have a unit."
        return _explained(measure, rows, how, blank=not inside)
    if kind == "cross_pairs":
        return _cross_rows(measure, claims)
    q = areas["share"]
    part = {"areas": np.ones(len(areas)), "hhi": q**2, "entropy": -q * np.log2(q)}[kind]
    how = {"areas": "Each area adds 1.", "hhi": "Each area adds its share, squared.",
           "entropy": "Each area adds share times log2(1/share)."}[kind]  # fmt: skip
    return _explained(measure, areas.assign(part=part), how, blank=not inside and kind != "areas")


def _cross_rows(measure: str, claims: pd.DataFrame) -> Explanation:
    urn, unit = claims["urn"].to_numpy(), claims["unit_code"].to_numpy()
    i, j = np.triu_indices(len(urn), 1)
    rows = pd.DataFrame(
        {"urn": urn[i], "other_urn": urn[j], "unit_code": unit[i], "other_unit_code": unit[j]}
    )
    rows["part"] = (unit[i] != unit[j]) / max(len(rows), 1)
    how = "Each pair of schools in different areas adds one part in all pairs."
    return _explained(measure, rows, how, blank=not len(rows))


def _trust_distance(measure: str, mine: pd.DataFrame, rules: SpreadOptions) -> Explanation:
    located = mine.dropna(subset=["easting", "northing"])
    urn = located["urn"].to_numpy()
    xy = located[["easting", "northing"]].to_numpy(dtype=float)
    metric = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) / 1000
    i, j = np.triu_indices(len(urn), 1)
    pairs = pd.DataFrame({"urn": urn[i], "other_urn": urn[j], "km": metric[i, j]})
    blank = len(urn) < 2
    if measure in ("clusters", "largest_cluster_share"):
        return _clusters(measure, urn, metric, rules.cluster_km)
    if measure == "pair_km_mean":
        rows = pairs.assign(part=pairs["km"] / max(len(pairs), 1))
        return _explained(
            measure, rows, "Each pair adds its km, divided by the pairs.", blank=blank
        )
    if measure == "pair_km_median":
        rows = pairs.assign(part=_middle(pairs["km"].to_numpy()))
        return _explained(measure, rows, "The middle pair, or the two about it.", blank=blank)
    if measure == "pair_km_max":
        rows = pairs.assign(part=_only_largest(pairs["km"].to_numpy()))
        return _explained(measure, rows, "The farthest pair.", blank=blank)
    if measure == "longest_hop_km":
        hops = pairs.iloc[_tree(metric)].reset_index(drop=True)
        rows = hops.assign(part=_only_largest(hops["km"].to_numpy()))
        return _explained(measure, rows, "The longest hop of the spanning tree.", blank=blank)
    if not blank:
        np.fill_diagonal(metric, np.inf)
    at = metric.argmin(axis=1) if len(urn) else np.zeros(0, dtype=int)
    km = metric[np.arange(len(urn)), at]
    rows = pd.DataFrame({"urn": urn, "other_urn": urn[at], "km": km})
    rows["part"] = 0.0 if blank else _middle(km)
    return _explained(measure, rows, "The middle school, or the two about it.", blank=blank)


def _middle(km: Floats) -> Floats:
    """Return parts that add up to the median: the middle value, or half of the two."""
    part = np.zeros(len(km))
    order = np.argsort(km, kind="stable")
    for at in {(len(km) - 1) // 2, len(km) // 2} if len(km) else ():
        part[order[at]] = km[order[at]] / (1 if len(km) % 2 else 2)
    return part


def _only_largest(km: Floats) -> Floats:
    part = np.zeros(len(km))
    if len(km):
        part[km.argmax()] = km.max()
    return part


def _tree(metric: Floats) -> list[int]:
    """Return the pairs (in upper triangle order) of the minimum spanning tree, by Kruskal."""
    n = len(metric)
    i, j = np.triu_indices(n, 1)
    group = np.arange(n)
    chosen = []
    for at in np.argsort(metric[i, j], kind="stable"):
        a, b = group[i[at]], group[j[at]]
        if a != b:
            group[group == b] = a
            chosen.append(int(at))
    return chosen


def _clusters(measure: str, urn: Any, metric: Floats, km: float) -> Explanation:
    group = np.arange(len(urn))
    for a, b in np.argwhere(metric <= km):
        group[group == group[b]] = group[a]
    _, number = np.unique(group, return_inverse=True)
    rows = pd.DataFrame({"urn": urn, "cluster": number + 1})
    sizes = np.bincount(number, minlength=1)
    if measure == "clusters":
        rows["part"] = 1.0 / sizes[number] if len(urn) else 0.0
        how = f"Schools within {km:g} km of each other are one cluster; each adds its part of 1."
    else:
        rows["part"] = (number == sizes.argmax()) / max(len(urn), 1)
        how = "Each school of the largest cluster adds one part in all located schools."
    return _explained(measure, rows, how, blank=not len(urn))


# ---- one place ---------------------------------------------------------------------------------


def place_measures(options: SpreadOptions | None = None) -> list[str]:
    """Return the measures that `explain_place` can explain."""
    first = (options or SpreadOptions()).size_bands
    bands = [f"share_band_{b}" for b in size_band(np.array(first), first)]
    return [
        "schools", "pupils", "trusts", "top_trust_share", *(f"share_{k}" for k in KINDS), *bands,
        "trusts_per_10000_pupils", "interfaces", "only_schools", "only_school_share",
        "single_provider_pupil_share",
    ]  # fmt: skip


def explain_place(
    measure: str,
    schools: pd.DataFrame,
    place: pd.DataFrame,
    trust_home: pd.Series,
    unit: str,
    *,
    layers: Mapping[str, pd.DataFrame] | None = None,
    nearby: pd.DataFrame | None = None,
    options: SpreadOptions | None = None,
) -> Explanation:
    """Show the schools, trusts or units behind one number of a place.

    Parameters
    ----------
    measure : str
        One of `place_measures()`.
    schools, place, trust_home, layers, nearby
        As `placeview.place_view`; for one phase, give the `place` of its schools only.
    unit : str
        unit_code of the place.
    options : SpreadOptions, optional
        Size bands.

    Returns
    -------
    Explanation
        Of the value in the place table. Rows are schools (urn, name, phase, trust_uid,
        trust_name, kind, share), trusts, or (layer, unit). Where the table blanks a share of few
        schools, value and parts are blank too.

    Raises
    ------
    UsageError
        When the measure is none of these, or a table it needs is not given.
    UnknownNameError
        When the place has no schools.
    """
    known = place_measures(options)
    if measure not in known:
        raise UsageError(f"cannot explain {measure!r} of a place", where="explain",
                         fix=suggest(measure, known) or f"use {', '.join(known)}")  # fmt: skip
    mine = _of_place(schools, place, trust_home, unit, options or SpreadOptions())
    total = float(mine["share"].sum())
    if "share" in measure and total < BLANK_BELOW:
        how = f"Shares of fewer than {BLANK_BELOW} schools are blank."
        return _explained(measure, mine.assign(part=np.nan), how, blank=True)
    if measure == "interfaces":
        return _interfaces(mine, _given(layers, "layers"))
    if measure in ("trusts", "trusts_per_10000_pupils"):
        pupils = float((mine["share"] * mine["pupils"].fillna(0)).sum())
        rows = mine[mine["trust_uid"].notna()].groupby(["trust_uid", "trust_name"], as_index=False)
        each = 1.0 if measure == "trusts" else 10_000 / pupils if pupils else np.nan
        return _explained(measure, rows.agg(schools=("share", "sum")).assign(part=each),
                          "Each trust with a school here adds the same.")  # fmt: skip
    if measure in ("only_schools", "only_school_share", "single_provider_pupil_share"):
        return _nearby(measure, mine, _given(nearby, "nearby"), total)
    if measure in ("schools", "pupils"):
        weight = 1.0 if measure == "schools" else mine["pupils"].fillna(0.0)
        return _explained(measure, mine.assign(part=mine["share"] * weight),
                          f"Each school adds {measure}, by its share here.")  # fmt: skip
    if measure == "top_trust_share":
        run = mine.groupby("trust_uid")["share"].sum()
        top = run[run == run.max()].index.min() if len(run) else None
        holds = mine["trust_uid"] == top if top is not None else pd.Series(False, index=mine.index)
    elif measure.startswith("share_band_"):
        holds = mine["band"] == measure.removeprefix("share_band_")
    else:
        holds = mine["kind"] == measure.removeprefix("share_")
    return _explained(measure, mine.assign(part=mine["share"] * holds / total),
                      "Each school of which it is true adds one part in all schools.")  # fmt: skip


def _of_place(
    schools: pd.DataFrame,
    place: pd.DataFrame,
    trust_home: pd.Series,
    unit: str,
    sizes: SpreadOptions,
) -> pd.DataFrame:
    claims = place.loc[place["unit_code"] == unit, ["item", "share"]]
    number = schools["trust_uid"].map(schools["trust_uid"].value_counts()).fillna(0)
    band = size_band(np.maximum(number.to_numpy(dtype=int), 1), sizes.size_bands)
    table = schools.assign(
        kind=oversight(schools, trust_home, place).to_numpy(),
        provider=providers(schools).to_numpy(),
        band=pd.Series(band, index=schools.index).where(schools["trust_uid"].notna()),
    ).merge(claims, left_on="urn", right_on="item")
    if not len(table):
        raise UnknownNameError(f"no schools in {unit!r}", where="explain")
    columns = ["urn", "name", "phase", "trust_uid", "trust_name", "kind", "band", "provider",
               "pupils", "share"]  # fmt: skip
    return table[[c for c in columns if c in table]]


def _given(table: Any, name: str) -> Any:
    if table is None:
        raise UsageError(f"the measure needs the table {name}", where="explain")
    return table


def _interfaces(mine: pd.DataFrame, layers: Mapping[str, pd.DataFrame]) -> Explanation:
    parts = []
    for key, membership in layers.items():
        met = membership[membership["item"].isin(set(mine["urn"]))]
        met = met[~is_reason(met["unit_code"])]
        units = met.groupby(["unit_code", "unit_name"], as_index=False).agg(
            schools=("item", "size")
        )
        parts.append(units.assign(layer=key, part=1.0))
    rows = pd.concat(parts, ignore_index=True)[
        ["layer", "unit_code", "unit_name", "schools", "part"]
    ]
    return _explained("interfaces", rows, "Each unit that a school here meets adds 1.")


def _nearby(measure: str, mine: pd.DataFrame, nearby: pd.DataFrame, total: float) -> Explanation:
    columns = ["urn", "sibling_km", "only_school_of_trust", "single_provider"]
    rows = mine.merge(nearby[columns], on="urn")
    if measure == "single_provider_pupil_share":
        rows = rows[rows["single_provider"].notna()]
        heads = rows["share"] * rows["pupils"].fillna(0)
        whole = float(heads.sum())
        part = heads * rows["single_provider"].astype(bool) / whole if whole else heads * np.nan
        return _explained(measure, rows.assign(part=part),
                          "Each school with one provider nearby adds its pupils' part.",
                          blank=not whole)  # fmt: skip
    only = rows["share"] * rows["only_school_of_trust"].fillna(False).astype(bool)
    part = only if measure == "only_schools" else only / total
    return _explained(
        measure, rows.assign(part=part), "Each only school of its trust adds its part."
    )


def _claims(membership: pd.DataFrame, unit: str) -> pd.DataFrame:
    mine = membership.loc[membership["unit_code"] == unit, ["item", "share"]]
    if not len(mine):
        codes = membership["unit_code"].unique()
        raise UnknownNameError(f"no unit {unit!r}", where="explain", fix=suggest(unit, codes))
    return mine
