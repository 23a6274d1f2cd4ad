"""Show the rows behind a number: parts in the number's own unit that add up to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from geolls.base.arrays import Floats, Ints
from geolls.base.errors import UnknownNameError, UsageError
from geolls.base.interval import Interval
from geolls.base.text import suggest
from geolls.base.vocabulary import BLANK_BELOW, KINDS
from geolls.measures.claimants import pairs_apart, touched
from geolls.measures.distances import clusters, distance, spanning_tree
from geolls.measures.membership import Membership, is_reason
from geolls.measures.oversight import seen_from
from geolls.measures.placeview import described
from geolls.measures.spread import SpreadOptions, band_names

__all__ = [
    "Explanation",
    "explain_place",
    "explain_trust",
    "place_measures",
    "trust_measures",
]


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
    ends : Interval, optional
        The least and the most that the number can be, where it is known only between two: the
        rows then hold a school on shared land by its share in each unit.
    """

    measure: str
    value: float
    rows: pd.DataFrame
    how: str
    ends: Interval | None = None


class _Parts(NamedTuple):
    """Rows with their parts, what they are, and whether the number itself is blank."""

    rows: pd.DataFrame
    how: str
    blank: bool = False

    def explain(self, measure: str) -> Explanation:
        """Order the rows, the largest part first, and add them up."""
        keys = [c for c in self.rows.columns if c != "part"][:2]
        up = [False, *(True for _ in keys)]
        rows = self.rows.sort_values(["part", *keys], ascending=up, kind="stable")
        value = float("nan") if self.blank else float(rows["part"].sum())
        return Explanation(measure, value, rows.reset_index(drop=True), self.how)


def _check(measure: str, known: list[str], what: str, fix: str) -> None:
    if measure not in known:
        raise UsageError(
            f"cannot explain {measure!r} of a {what}",
            where="explain",
            fix=suggest(measure, known) or f"use {fix}",
        )


# ---- one trust: distances ----------------------------------------------------------------------


@dataclass(frozen=True)
class _Trust:
    """The schools of a trust by URN, those with coordinates in pairs."""

    schools: pd.DataFrame
    rules: SpreadOptions

    def each(self, column: str, part: Any) -> _Parts:
        wanted = [c for c in ("urn", "name", "phase", "pupils") if c in self.schools]
        return _Parts(self.schools[wanted].assign(part=part), f"Each school adds {column}.")

    @cached_property
    def located(self) -> pd.DataFrame:
        return self.schools.dropna(subset=["easting", "northing"])

    @cached_property
    def ends(self) -> tuple[Ints, Ints]:
        return np.triu_indices(len(self.located), 1)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        xy, urn = self.located[["easting", "northing"]].to_numpy(float), self.located["urn"]
        i, j = self.ends
        km = distance(xy[i], xy[j]) / 1000
        return pd.DataFrame({"urn": urn.iloc[i].array, "other_urn": urn.iloc[j].array, "km": km})

    @cached_property
    def nearest(self) -> pd.DataFrame:
        back = self.pairs.rename(columns={"urn": "other_urn", "other_urn": "urn"})
        both = pd.concat([self.pairs, back]).sort_values(["urn", "km", "other_urn"], kind="stable")
        return both.drop_duplicates("urn")[["urn", "other_urn", "km"]].reset_index(drop=True)

    @cached_property
    def hops(self) -> pd.DataFrame:
        tree = spanning_tree(*self.ends, self.pairs["km"].to_numpy(), len(self.located))
        return self.pairs.iloc[tree].reset_index(drop=True)

    @cached_property
    def clusters(self) -> pd.DataFrame:
        near = (self.pairs["km"] <= self.rules.cluster_km).to_numpy()
        i, j = self.ends
        rows = self.located[["urn"]].reset_index(drop=True)
        rows["cluster"] = clusters(i[near], j[near], len(self.located)) + 1
        return rows

    def of(self, rows: pd.DataFrame, part: Callable[[Any], Any], how: str) -> _Parts:
        """Give rows their parts, of the last column: the km of two schools, or a cluster."""
        few = len(self.located) < (1 if "cluster" in rows else 2)
        return _Parts(rows.assign(part=part(rows[rows.columns[-1]])), how, few)


def _middle(values: pd.Series[float]) -> Floats:
    """Return parts that add up to the median: the middle value, or half of the two."""
    km, part = values.to_numpy(), np.zeros(len(values))
    order = np.argsort(km, kind="stable")
    for at in {(len(km) - 1) // 2, len(km) // 2} if len(km) else ():
        part[order[at]] = km[order[at]] / (1 if len(km) % 2 else 2)
    return part


def _only_largest(values: pd.Series[float]) -> Floats:
    km = values.to_numpy()
    return np.where(np.arange(len(km)) == (km.argmax() if len(km) else -1), km, 0.0)


def _in_largest(cluster: pd.Series[int]) -> pd.Series[float]:
    """Return one part in all schools for each school of the largest cluster."""
    return (cluster == cluster.mode().min()) / max(len(cluster), 1)


_OF_TRUST: Mapping[str, Callable[[_Trust], _Parts]] = {
    "schools": lambda trust: trust.each("schools", 1.0),
    "pupils": lambda trust: trust.each("pupils", trust.schools["pupils"].fillna(0.0)),
    "pair_km_mean": lambda trust: trust.of(
        trust.pairs,
        lambda km: km / max(len(km), 1),
        "Each pair adds its km, divided by the pairs.",
    ),
    "pair_km_median": lambda trust: trust.of(
        trust.pairs, _middle, "The middle pair, or the two about it."
    ),
    "pair_km_max": lambda trust: trust.of(trust.pairs, _only_largest, "The farthest pair."),
    "nearest_sibling_km_median": lambda trust: trust.of(
        trust.nearest, _middle, "The middle school, or the two about it."
    ),
    "longest_hop_km": lambda trust: trust.of(
        trust.hops, _only_largest, "The longest hop of the spanning tree."
    ),
    "clusters": lambda trust: trust.of(
        trust.clusters,
        lambda cluster: 1.0 / cluster.map(cluster.value_counts()),
        f"Schools within {trust.rules.cluster_km:g} km of each other are one cluster; "
        "each adds its part of 1.",
    ),
    "largest_cluster_share": lambda trust: trust.of(
        trust.clusters,
        _in_largest,
        "Each school of the largest cluster adds one part in all located schools.",
    ),
}


# ---- one trust: the areas of a layer -----------------------------------------------------------


@dataclass(frozen=True)
class _Areas:
    """The claims on a trust's schools in one layer."""

    schools: pd.DataFrame
    membership: Membership

    def claims_of(self, membership: Membership, *, reasons: bool = False) -> pd.DataFrame:
        claims = membership.frame("urn", reasons=reasons)
        return claims.merge(self.schools[["urn", "pupils"]], on="urn")

    @cached_property
    def claims(self) -> pd.DataFrame:
        return self.claims_of(self.membership)

    @cached_property
    def inside(self) -> float:
        return float(self.claims["share"].sum())

    @cached_property
    def table(self) -> pd.DataFrame:
        heads = self.claims.assign(heads=self.claims["share"] * self.claims["pupils"].fillna(0))
        areas = heads.groupby(["unit_code", "unit_name"], as_index=False).agg(
            schools=("share", "sum"), pupils=("heads", "sum")
        )
        return areas.assign(share=areas["schools"] / (self.inside or np.nan))

    def of_shares(self, part: Callable[[pd.Series[float]], Any], how: str) -> _Parts:
        """Give each area its part, of its share of the trust's schools."""
        return _Parts(self.table.assign(part=part(self.table["share"])), how, not self.inside)


def _home_share(areas: _Areas) -> _Parts:
    claims = areas.claims_of(areas.membership, reasons=True)
    claims = claims[claims["unit_code"] != "not_located"]
    place = claims["unit_code"].replace("not_applicable", "not_covered")
    sums = claims["share"].groupby(place).sum().drop("no_evidence", errors="ignore").round(9)
    largest = "" if sums.empty else sums.idxmax()
    part = claims["share"] * (place == largest) / claims["urn"].nunique()
    rows = claims[["urn", "unit_code", "unit_name"]].assign(part=part)
    how = "Each school in the largest place, a unit or none, adds one part in all located schools."
    return _Parts(rows, how, sums.empty)


def _cross_pairs(areas: _Areas) -> _Parts:
    claims = areas.claims_of(areas.membership.sets)
    urn, unit = claims["urn"].to_numpy(), claims["unit_code"].to_numpy()
    i, j = np.triu_indices(len(urn), 1)
    rows = pd.DataFrame(
        {"urn": urn[i], "other_urn": urn[j], "unit_code": unit[i], "other_unit_code": unit[j]}
    )
    part = (unit[i] != unit[j]) / max(len(rows), 1)
    how = "Each pair of schools in different areas adds one part in all pairs."
    at = np.arange(len(areas.membership.items))
    most = pairs_apart(np.zeros_like(at), at, 1, areas.membership).high[0]
    if part.sum() > most:
        part *= most / part.sum()
        how += f" On land that several list it can be {most:.3g} at most: each adds less."
    return _Parts(rows.assign(part=part), how, rows.empty)


def _no_unit_share(areas: _Areas) -> _Parts:
    claims = areas.claims_of(areas.membership, reasons=True)
    none = claims["share"].where(is_reason(claims["unit_code"]), 0.0)
    rows = claims[["urn", "unit_code", "unit_name"]].assign(part=none / len(areas.schools))
    return _Parts(rows, "Each school without a unit adds one part in all schools.")


_OF_AREAS: Mapping[str, Callable[[_Areas], _Parts]] = {
    "areas": lambda areas: _Parts(
        areas.table.merge(_met(areas.membership)[["unit_code", "part"]]), _EACH_UNIT
    ),
    "home_share": _home_share,
    "hhi": lambda areas: areas.of_shares(lambda q: q**2, "Each area adds its share, squared."),
    "entropy": lambda areas: areas.of_shares(
        lambda q: -q * np.log2(q), "Each area adds share times log2(1/share)."
    ),
    "cross_pairs": _cross_pairs,
    "no_unit_share": _no_unit_share,
}


def trust_measures(layers: Mapping[str, Any]) -> list[str]:
    """Return the measures that `explain_trust` can explain, for these layers."""
    return [*_OF_TRUST, *(f"{m}_{key}" for key in layers for m in _OF_AREAS)]


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
    of_layer = ", ".join(f"{m}_LAYER" for m in _OF_AREAS)
    _check(measure, trust_measures(layers), "trust", f"{', '.join(_OF_TRUST)}, {of_layer}")
    mine = schools[schools["trust_uid"] == trust_uid].sort_values("urn", kind="stable")
    if not len(mine):
        raise UnknownNameError(f"no trust {trust_uid!r}", where="explain")
    if measure in _OF_TRUST:
        return _OF_TRUST[measure](_Trust(mine, options or SpreadOptions())).explain(measure)
    kind, key = next((m, key) for key in layers for m in _OF_AREAS if measure == f"{m}_{key}")
    areas = _Areas(mine, layers[key].over(pd.Index(mine["urn"])))
    return _OF_AREAS[kind](areas).explain(measure)


_EACH_UNIT = "Each unit adds 1; where more list schools than can have one each, these add less."


def _met(units: Membership) -> pd.DataFrame:
    """Return each unit with its schools, and what it adds to the most that they can be in.

    A unit that has one for sure adds 1. Of the others so many can be met: they add equal parts.
    """
    claims, at = units.frame(reasons=False), np.arange(len(units.items))
    found = claims.groupby(["unit_code", "unit_name"], as_index=False).agg(
        schools=("item", "size"), sure=("share_low", "max")
    )
    sure = found["sure"] > 0
    rest = touched(np.zeros_like(at), at, 1, units).high[0] - sure.sum()
    return found.assign(part=sure.astype(float).where(sure, rest / max((~sure).sum(), 1)))


# ---- one place ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Place:
    """The schools of a place, each with its share there, and the tables that some measures need."""

    schools: pd.DataFrame
    layers: Mapping[str, Membership] | None
    nearby: pd.DataFrame | None

    @cached_property
    def total(self) -> float:
        return float(self.schools["share"].sum())

    @cached_property
    def pupils(self) -> pd.Series[float]:
        return self.schools["share"] * self.schools["pupils"].fillna(0)

    def near(self) -> pd.DataFrame:
        columns = ["urn", "sibling_km", "only_school_of_trust", "single_provider"]
        table: pd.DataFrame = _given(self.nearby, "nearby")
        return self.schools.merge(table[columns], on="urn")

    def where(self, holds: Any) -> _Parts:
        """Give each school of which something is true its part in all schools."""
        rows = self.schools.assign(part=self.schools["share"] * holds / self.total)
        return _Parts(rows, "Each school of which it is true adds one part in all schools.")


def _given(table: Any, name: str) -> Any:
    if table is None:
        raise UsageError(f"the measure needs the table {name}", where="explain")
    return table


def _of_trusts(place: _Place, each: float) -> _Parts:
    several = place.schools[place.schools["several"]]
    groups = several.groupby(["trust_uid", "trust_name"], as_index=False)
    rows = groups.agg(schools=("share", "sum")).assign(part=each)
    return _Parts(
        rows, "Each trust of two or more schools that count, with one here, adds the same."
    )


def _top_trust(place: _Place) -> _Parts:
    run = place.schools.groupby("trust_uid")["share"].sum()
    return place.where(place.schools["trust_uid"].isin(run[run == run.max()].index[:1]))


def _interfaces(place: _Place) -> _Parts:
    urns, layers = pd.Index(place.schools["urn"]), _given(place.layers, "layers")
    units = pd.concat([_met(m.over(urns)).assign(layer=k) for k, m in layers.items()])
    return _Parts(units[["layer", "unit_code", "unit_name", "schools", "part"]], _EACH_UNIT)


def _only_schools(place: _Place, whole: float = 1.0) -> _Parts:
    rows = place.near()
    only = rows["share"] * rows["only_school_of_trust"].fillna(False).astype(bool)
    how = "Each only school of its trust adds its part."
    return _Parts(rows.assign(part=only / whole), how)


def _single_provider(place: _Place) -> _Parts:
    rows = place.near()
    rows = rows[rows["single_provider"].notna()]
    heads = rows["share"] * rows["pupils"].fillna(0)
    whole = float(heads.sum())
    part = heads * rows["single_provider"].astype(bool) / (whole or np.nan)
    how = "Each school with one provider nearby adds its pupils' part."
    return _Parts(rows.assign(part=part), how, not whole)


_OF_PLACE: Mapping[str, Callable[[_Place], _Parts]] = {
    "schools": lambda place: _Parts(
        place.schools.assign(part=place.schools["share"]),
        "Each school adds schools, by its share here.",
    ),
    "pupils": lambda place: _Parts(
        place.schools.assign(part=place.pupils), "Each school adds pupils, by its share here."
    ),
    "trusts": lambda place: _of_trusts(place, 1.0),
    "top_trust_share": _top_trust,
    "trusts_per_10000_pupils": lambda place: _of_trusts(
        place, 10_000 / (float(place.pupils.sum()) or np.nan)
    ),
    "interfaces": _interfaces,
    "only_schools": _only_schools,
    "only_school_share": lambda place: _only_schools(place, place.total),
    "single_provider_pupil_share": _single_provider,
}


def place_measures(options: SpreadOptions | None = None) -> list[str]:
    """Return the measures that `explain_place` can explain."""
    bands = band_names((options or SpreadOptions()).size_bands)
    first, rest = list(_OF_PLACE)[:4], list(_OF_PLACE)[4:]
    shares = [*(f"share_{k}" for k in KINDS), *(f"share_band_{b}" for b in bands)]
    return [*first, *shares, *rest]


# What is read of a school to explain a place.
_READ = ("urn", "name", "phase", "trust_uid", "trust_name", "pupils", "la_code", "status_unknown")


def explain_place(
    measure: str,
    schools: pd.DataFrame,
    place: Membership,
    kinds: pd.Series[Any],
    unit: str,
    *,
    trust_home: pd.Series[Any] | None = None,
    layers: Mapping[str, Membership] | None = None,
    nearby: pd.DataFrame | None = None,
    options: SpreadOptions | None = None,
) -> Explanation:
    """Show the schools, trusts or units behind one number of a place.

    Parameters
    ----------
    measure : str
        One of `place_measures()`.
    schools, place, kinds, layers, nearby
        As `placeview.place_view`; for one phase, give the `place` of its schools only.
    unit : str
        unit_code of the place.
    trust_home : pandas.Series of str, optional
        The home of each trust, by UID: a school that several units list is then of the kind that
        this one sees; see `oversight.seen_from`.
    options : SpreadOptions, optional
        Size bands.

    Returns
    -------
    Explanation
        Of the value in the place table. Rows are schools (urn, name, phase, trust_uid,
        trust_name, kind, share, share_low, share_high), trusts, or (layer, unit). Where the table
        blanks a share of few schools, value and parts are blank too.

    Raises
    ------
    UsageError
        When the measure is none of these, or a table it needs is not given.
    UnknownNameError
        When the place has no schools.
    """
    known = place_measures(options)
    _check(measure, known, "place", ", ".join(known))
    shares = ["share", *(f"share_{end}" for end in Interval._fields)]
    claims = place.frame("urn", of=unit)[["urn", "unit_code", *shares]]
    run = schools["trust_uid"].value_counts()
    mine = schools[[c for c in _READ if c in schools]][schools["urn"].isin(claims["urn"])]
    table = described(mine, kinds, run, options or SpreadOptions()).merge(claims, on="urn")
    table["several"] = table["trust_uid"].map(run).fillna(0) > 1
    if trust_home is not None:
        trust = mine.set_index("urn")["trust_uid"]
        table["kind"] = seen_from(table, kinds, trust_home, trust)
    if not len(table):
        raise UnknownNameError(f"no schools in {unit!r}", where="explain")
    columns = ["urn", "name", "phase", "trust_uid", "trust_name", "kind", "band", "provider",
               "pupils", "several", *shares]  # fmt: skip
    here = _Place(table[[c for c in columns if c in table]], layers, nearby)
    if "share" in measure and here.total < BLANK_BELOW:
        how = f"Shares of fewer than {BLANK_BELOW} schools are blank."
        return _Parts(here.schools.assign(part=np.nan), how, blank=True).explain(measure)
    if measure in _OF_PLACE:
        return _OF_PLACE[measure](here).explain(measure)
    column = "band" if measure.startswith("share_band_") else "kind"
    word = measure.removeprefix("share_").removeprefix("band_")
    return here.where(here.schools[column] == word).explain(measure)
