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
from geolls.measures.membership import Membership, is_reason
from geolls.measures.oversight import oversight, providers
from geolls.measures.spread import SpreadOptions, size_band

__all__ = [
    "Explanation",
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
    layers: Mapping[str, Membership],
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
    measure: str, kind: str, mine: pd.DataFrame, membership: Membership
) -> Explanation:
    here = membership.over(pd.Index(mine["urn"]))
    claims = (here.sets if kind == "cross_pairs" else here).frame("urn")
    claims = claims.merge(mine[["urn", "pupils"]], on="urn")
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
    place: Membership,
    trust_home: pd.Series,
    unit: str,
    *,
    layers: Mapping[str, Membership] | None = None,
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
    place: Membership,
    trust_home: pd.Series,
    unit: str,
    sizes: SpreadOptions,
) -> pd.DataFrame:
    claims = place.frame("urn")
    claims = claims.loc[claims["unit_code"] == unit, ["urn", "share"]]
    number = schools["trust_uid"].map(schools["trust_uid"].value_counts()).fillna(0)
    band = size_band(np.maximum(number.to_numpy(dtype=int), 1), sizes.size_bands)
    table = schools.assign(
        kind=oversight(schools, trust_home, place).to_numpy(),
        provider=providers(schools).to_numpy(),
        band=pd.Series(band, index=schools.index).where(schools["trust_uid"].notna()),
    ).merge(claims, on="urn")
    if not len(table):
        raise UnknownNameError(f"no schools in {unit!r}", where="explain")
    columns = ["urn", "name", "phase", "trust_uid", "trust_name", "kind", "band", "provider",
               "pupils", "share"]  # fmt: skip
    return table[[c for c in columns if c in table]]


def _given(table: Any, name: str) -> Any:
    if table is None:
        raise UsageError(f"the measure needs the table {name}", where="explain")
    return table


def _interfaces(mine: pd.DataFrame, layers: Mapping[str, Membership]) -> Explanation:
    parts = []
    for key, membership in layers.items():
        met = membership.over(pd.Index(mine["urn"])).frame("urn", reasons=False)
        units = met.groupby(["unit_code", "unit_name"], as_index=False).agg(schools=("urn", "size"))
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
