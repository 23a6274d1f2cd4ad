"""Every table the pages of an atlas read, computed once for the whole country."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from geolls.base.vocabulary import (
    BLANK_BELOW,
    KINDS,
    MINIMUM,
    RANKED,
    REASONS,
    STRAY,
    WHOLE_PERCENT,
)
from geolls.measures.distances import nearest
from geolls.measures.membership import Membership
from geolls.measures.mismatch import effective_maps, tuples
from geolls.measures.overlap import cross, is_reason, weights_of
from geolls.measures.spread import SpreadOptions, distances

if TYPE_CHECKING:
    from geolls.layers.model import Layer
    from geolls.study.core import Core

__all__ = [
    "AtWork",
    "Cover",
    "Facts",
    "Here",
    "Member",
    "Met",
    "facts_of",
    "gather",
    "texts",
]

Floats = npt.NDArray[np.float64]
Claims = tuple[tuple[str, str, float], ...]

# Layers that say the same as another, or so little that a bar would read as a fact.
_TWIN = {"region": "dfe_region"}
EVIDENCE = 0.5
_ALL = 1 - 1e-6  # of a unit's land, sums being floats
_WORDS = ("urn", "name", "phase", "kind", "trust_uid")


@dataclass(frozen=True, slots=True)
class Member:
    """A school inside a unit: its row in `Facts.schools`, its share there, its kind there."""

    row: int
    share: float
    kind: str


class Met(NamedTuple):
    """A unit of some layer that a place meets, or the reason why a part of it meets none.

    `weight` is what of the place lies there; `of_place` and `of_unit` the same as shares.
    """

    code: str
    name: str
    weight: float
    of_place: float
    of_unit: float


class AtWork(NamedTuple):
    """A trust with schools in a place: how many, and whether it is based there."""

    uid: str
    here: float
    based: bool


@dataclass(frozen=True, eq=False)
class Facts:
    """What the pages know.

    Attributes
    ----------
    study : Core
        Where it comes from.
    places : tuple of str
        Layers whose units have a page.
    strips : tuple of str
        Area layers drawn as bars: alive that day and known for half the schools or more.
    thin : tuple of str
        Area layers whose list names fewer than half of the schools: not drawn.
    schools : pandas.DataFrame
        One row per school: the register's columns, `trust` (UID where the trust has two or more
        schools here), `kind` (from its own authority).
    units : dict of str to pandas.DataFrame
        For each layer, one row per unit, index unit_code: `name`, `schools`, the five kinds as
        counts, `share_<kind>`, `pupils`, `fsm_share`, `trusts`, `effective_maps`.
    pairs : dict
        (layer, layer) to unit_code to what it meets, largest first.
    shared : dict
        (layer, layer) to unit_code to unit_code to the weight that several units of the second
        layer share along a line that is not known; pairs without any are left out.
    trusts : pandas.DataFrame
        One row per trust with two or more schools, index trust_uid: `geolls.measures.spread` and
        `home_point`, distances to it, and the yardstick's.
    at_work : dict
        Layer to unit_code to the trusts with a school there, largest first.
    england : dict
        The same figures for England.
    """

    study: Core
    places: tuple[str, ...]
    strips: tuple[str, ...]
    thin: tuple[str, ...]
    schools: pd.DataFrame
    units: Mapping[str, pd.DataFrame]
    pairs: Mapping[tuple[str, str], Mapping[str, list[Met]]]
    shared: Mapping[tuple[str, str], Mapping[str, Mapping[str, float]]]
    trusts: pd.DataFrame
    at_work: Mapping[str, Mapping[str, list[AtWork]]]
    members: Mapping[str, Mapping[str, list[Member]]]
    england: Mapping[str, float]
    from_home: Mapping[str, list[tuple[float, int]]]
    yardstick: Mapping[str, list[float]]

    def layer(self, key: str) -> Layer:
        """Return a layer of the study."""
        return self.study.layers[key]

    @cached_property
    def unit_rows(self) -> Mapping[str, Mapping[str, dict[str, Any]]]:
        """Layer to unit_code to its row of `units`."""
        return {key: _rows(table) for key, table in self.units.items()}

    @cached_property
    def trust_rows(self) -> Mapping[str, dict[str, Any]]:
        """Trust to its row of `trusts`."""
        return _rows(self.trusts)

    @cached_property
    def kinds(self) -> npt.NDArray[np.object_]:
        """The kind of each school, by row; converted once, not once a page."""
        return self.schools["kind"].to_numpy(dtype=object)

    @cached_property
    def urns(self) -> list[str]:
        """The URN of each school, by row."""
        return [str(urn) for urn in self.schools.index]

    @cached_property
    def marks(self) -> pd.DataFrame:
        """What a map draws of each school, by row: the columns of `geolls.maps.data.MapData`.

        Text as Python's own: a page picks some rows, and of an arrow column that is slow.
        """
        columns = ["urn", "name", "phase", "pupils", "easting", "northing", "kind", "trust_uid"]
        frame = self.schools[columns].assign(**{c: texts(self.schools[c]) for c in _WORDS})
        placed = self.study.placement.schools.set_index("urn")["block"]
        frame["block"] = texts(placed.reindex(frame.index))
        if "local_authority" in self.strips:
            home = self.study.assigned("local_authority").drop_duplicates("urn")
            codes = home.set_index("urn")["unit_code"]
            frame["local_authority"] = texts(codes.reindex(frame.index))
        return frame.reset_index(drop=True)

    @cached_property
    def confidence(self) -> Mapping[str, Mapping[str, str]]:
        """Layer to unit_code to the weakest evidence for any of its land."""
        order = {"low": 0, "medium": 1, "high": 2}
        out: dict[str, dict[str, str]] = {}
        for key in self.strips:
            worst: dict[str, str] = {}
            for claim in self.study.claims(key):
                known = worst.get(claim.unit_code, "high")
                if order.get(claim.confidence, 2) <= order[known]:
                    worst[claim.unit_code] = claim.confidence or known
            out[key] = worst
        return out

    @cached_property
    def rows_of_trust(self) -> Mapping[str, list[int]]:
        """Trust to the rows of its schools."""
        known = self.schools["trust"].dropna()
        position = pd.Series(np.arange(len(self.schools)), index=self.schools.index)
        return {
            str(uid): position[urns].tolist() for uid, urns in known.groupby(known).groups.items()
        }

    @cached_property
    def unit_of(self) -> Mapping[str, Mapping[str, Claims]]:
        """Layer to URN to (unit_code, unit_name, share), reasons included."""
        at = {str(urn): row for row, urn in enumerate(self.schools.index)}
        return {key: _Claimed(self.study.assigned(key), at) for key in self.strips}

    # -- units among those of their layer ----------------------------------------------------

    @cache  # noqa: B019  (facts live as long as their study)
    def ranked(self, layer: str) -> pd.DataFrame:
        """Return the units of a layer with enough schools to be ranked."""
        table = self.units[layer]
        return table[table["schools"] >= RANKED]

    @cache  # noqa: B019
    def middle(self, layer: str, column: str) -> float:
        """Return the median of a figure over the units with enough schools to be ranked."""
        return float(self.ranked(layer)[column].median())

    @cache  # noqa: B019
    def ordered(self, layer: str, column: str) -> tuple[float, ...]:
        """Return a figure of the units with enough schools to be ranked, rising."""
        return tuple(sorted(self.ranked(layer)[column].dropna().tolist()))

    # -- places and what they meet -----------------------------------------------------------

    @cache  # noqa: B019
    def cover(self, place: str, code: str, key: str) -> Cover:
        """Return how a layer covers a unit of a layer that has pages."""
        shared = self.shared.get((place, key), {}).get(code, {})
        return Cover(self.layer(key), self.pairs[place, key].get(code, []), shared)

    @cache  # noqa: B019
    def covers(self, key: str) -> Mapping[str, Cover]:
        """Return how a layer covers each unit of the first layer of places."""
        home = self.places[0]
        return {code: self.cover(home, code, key) for code in self.pairs[home, key]}

    @cache  # noqa: B019
    def met_by(self, key: str) -> Mapping[str, int]:
        """Count the units of the first layer of places that each unit of a layer meets."""
        return Counter(met.code for cover in self.covers(key).values() for met in cover.main)

    def based_in_another_authority(self, key: str) -> Mapping[str, float]:
        """Share of each unit's schools whose trust is based in another authority than theirs."""
        out = {}
        for unit, members in self.members[key].items():
            whole = sum(m.share for m in members)
            away = sum(m.share for m in members if self.kinds[m.row] == "trust_based_elsewhere")
            out[unit] = away / whole if whole else float("nan")
        return out

    def units_of_trust(self, uid: str, key: str) -> dict[tuple[str, str], float]:
        """Count the schools of a trust by unit (code and name) of a layer, reasons included."""
        out: dict[tuple[str, str], float] = {}
        of = self.unit_of.get(key, {})
        for row in self.rows_of_trust[uid]:
            for unit, name, share in of.get(self.urns[row], ()):
                out[unit, name] = out.get((unit, name), 0.0) + share
        return out


@dataclass(frozen=True, eq=False)
class Cover:
    """How a layer covers a place.

    Parameters
    ----------
    layer : Layer
        The layer.
    rows : sequence of Met
        What the place meets of it, largest first.
    shared : mapping of str to float
        Unit to the weight that lies on land it shares with others of its layer.
    """

    layer: Layer
    rows: Sequence[Met]
    shared: Mapping[str, float]

    @cached_property
    def units(self) -> list[Met]:
        """Every unit that the place meets."""
        return [met for met in self.rows if met.code not in REASONS]

    @cached_property
    def main(self) -> list[Met]:
        """The units that the place meets with more than a school or two by the line."""
        return [met for met in self.units if met.of_place >= STRAY or met.of_unit >= 0.5]

    @cached_property
    def parted(self) -> list[Met]:
        """The main units with most of their weight here on land that others list as well."""
        return [met for met in self.main if self.is_parted(met)]

    def is_parted(self, met: Met) -> bool:
        """Tell whether most of what the place has of a unit is on land that others list too."""
        return self.shared.get(met.code, 0.0) > 0.5 * met.weight

    def without(self, *reasons: str) -> float:
        """Return the weight that is in no unit for one of some reasons."""
        return float(sum(met.weight for met in self.rows if met.code in reasons))

    @property
    def both(self) -> float:
        """The weight on land that several units list."""
        return float(sum(self.shared.values()))

    @property
    def effective(self) -> float:
        """How many equal units would divide the place as much: 1 / the sum of squared shares."""
        total = sum(met.weight for met in self.main)
        return 1 / sum((met.weight / total) ** 2 for met in self.main) if total else float("nan")


@dataclass(frozen=True, eq=False)
class Here:
    """What is known of one place: a unit of a layer that has pages."""

    facts: Facts
    key: str
    code: str

    @cached_property
    def layer(self) -> Layer:
        """The layer whose unit it is."""
        return self.facts.layer(self.key)

    @cached_property
    def unit(self) -> Mapping[str, Any]:
        """Its figures."""
        return self.facts.unit_rows[self.key][self.code]

    @cached_property
    def name(self) -> str:
        """Its name."""
        return str(self.unit["name"])

    @cached_property
    def n(self) -> float:
        """Its schools; a shared one counts by its share."""
        return float(self.unit["schools"])

    @cached_property
    def covers(self) -> Mapping[str, Cover]:
        """How each layer that is drawn covers it."""
        facts = self.facts
        return {key: facts.cover(self.key, self.code, key) for key in facts.strips}

    @cached_property
    def trusts(self) -> Sequence[AtWork]:
        """The trusts of two or more schools at work in it, largest here first."""
        return self.facts.at_work.get(self.key, {}).get(self.code, [])

    @cached_property
    def members(self) -> Sequence[Member]:
        """Its schools."""
        return self.facts.members[self.key].get(self.code, [])

    def inside(self, key: str) -> set[str]:
        """Return the units of a layer that have all their land in the place."""
        land = self.facts.study.overlap(self.key, key, "area")
        whole = (land["left_code"] == self.code) & (land["share_of_right"] > _ALL)
        return set(land.loc[whole, "right_code"])

    def rank(self, column: str) -> tuple[int, int] | None:
        """Return its rank by a figure, largest first, among those with enough schools."""
        values, value = self.facts.ordered(self.key, column), float(self.unit[column])
        if self.n < RANKED or value != value or len(values) < 10:
            return None
        return len(values) - bisect_right(values, value) + 1, len(values)


class _Claimed(Mapping[str, Claims]):
    """The units of each school in a layer: schools of the same units share one entry."""

    def __init__(self, assigned: pd.DataFrame, at: Mapping[str, int]) -> None:
        claims = zip(*(assigned[c] for c in ("unit_code", "unit_name", "share")), strict=True)
        found: list[Claims] = [()] * len(at)
        one: dict[Claims, Claims] = {}
        for urn, claim in zip(assigned["urn"], claims, strict=True):
            row = at[urn]
            units = (*found[row], claim)
            found[row] = one.setdefault(units, units)
        self._at, self._found = at, found

    def __getitem__(self, urn: str) -> Claims:
        return self._found[self._at[urn]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._at)

    def __len__(self) -> int:
        return len(self._at)


def texts(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return text as Python's own, once for all rows that say the same; None where it is blank."""
    codes, said = pd.factorize(column)
    words = np.array([*said, None], dtype=object)
    return pd.Series(words[codes], index=column.index, dtype=object)


def _rows(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return a table as one dictionary per row: looked up by the thousand, a frame is slow."""
    return {
        str(k): {str(c): v for c, v in row.items()} for k, row in table.to_dict("index").items()
    }


def facts_of(study: Core, places: Sequence[str]) -> Facts:
    """Gather once, and keep with the study: every map and profile of it reads the same facts."""
    key = tuple(dict.fromkeys(places))
    return study.memo(("facts", key), lambda: gather(study, key))


def gather(study: Core, places: Sequence[str]) -> Facts:
    """Compute every table the pages read.

    Parameters
    ----------
    study : Core
        The study.
    places : sequence of str
        Layers whose units have a page.

    Returns
    -------
    Facts
        Computed once; pages only look up.
    """
    strips, thin = _layers(study)
    schools = _schools(study)
    table = study.spread().set_index("trust_uid", drop=False)
    trusts = table[table["schools"] >= 2].copy()
    schools["trust"] = schools["trust_uid"].where(schools["trust_uid"].isin(trusts.index))
    home = "local_authority" if "local_authority" in study.layers else next(iter(places))
    counted = dict.fromkeys([*places, home, *(k for k in ("district",) if k in strips)])
    longs = {k: _long(study, k, schools, trusts) for k in counted}
    schools["kind"] = (
        longs[home].drop_duplicates("urn").set_index("urn")["kind"].reindex(schools.index)
    )
    schools["kind"] = schools["kind"].fillna("no_trust")
    maps = _effective(study, strips, schools, list(counted))
    units = {k: _units(study, k, longs[k], maps.get(k)) for k in longs}
    trusts, from_home, yardstick = _from_home(schools, trusts, longs[home], study.spread_options)
    trusts["hubs"] = trusts.get(
        "areas_teaching_school_hub", pd.Series(np.nan, index=trusts.index)
    ).astype(float)
    return Facts(
        study=study,
        places=tuple(places),
        strips=tuple(strips),
        thin=tuple(thin),
        schools=schools,
        units=units,
        pairs=_pairs(study, places, strips),
        shared=_shared(study, places, strips),
        trusts=trusts,
        at_work={k: _at_work(longs[k]) for k in longs},
        members={k: _members(longs[k], schools) for k in places},
        england=_england(schools, trusts),
        from_home=from_home,
        yardstick=yardstick,
    )


def _layers(study: Core) -> tuple[list[str], list[str]]:
    """Tell the area layers worth drawing from those whose list is too thin."""
    strips: list[str] = []
    thin: list[str] = []
    for key, layer in study.area_layers.items():
        if _TWIN.get(key) in study.area_layers:
            continue
        table = study.assigned(key)
        unknown = table.loc[table["unit_code"] == "no_evidence", "share"].sum()
        known = unknown <= EVIDENCE * max(len(study.schools), 1)
        (strips if known or layer.family == "user" else thin).append(key)
    return strips, thin


def _schools(study: Core) -> pd.DataFrame:
    frame = study.schools.set_index("urn", drop=False)
    names = frame["name"].astype(object)
    frame["name"] = names.where(names.notna(), "Name not given, URN " + frame["urn"].astype(object))
    return frame


def _long(study: Core, key: str, schools: pd.DataFrame, trusts: pd.DataFrame) -> pd.DataFrame:
    """Return one row per school and unit, reasons left out: urn, unit, share, trust, kind."""
    table = study.assigned(key)
    table = table.loc[
        ~is_reason(table["unit_code"]), ["urn", "unit_code", "unit_name", "share"]
    ].reset_index(drop=True)
    at = schools.loc[table["urn"]]
    for column in ("trust", "pupils", "fsm_pupils"):
        table[column] = at[column].to_numpy()
    home = trusts[f"home_{key}"] if f"home_{key}" in trusts else pd.Series(dtype=object)
    # As in `places.oversight`: units that share a school are all home to a trust of one of them.
    own = table["trust"].map(home) == table["unit_code"]
    based_here = own.groupby(table["urn"]).transform("any").to_numpy()
    some_trust = at["trust_uid"].notna().to_numpy()
    several = table["trust"].notna().to_numpy()
    unknown = at["status_unknown"].to_numpy(dtype=bool)
    table["kind"] = np.select(
        [several & based_here, several, some_trust, unknown],
        ["trust_home_here", "trust_based_elsewhere", "single_school_trust", "status_unknown"],
        default="no_trust",
    )
    return table


def _effective(
    study: Core, strips: Sequence[str], schools: pd.DataFrame, places: Sequence[str]
) -> dict[str, pd.Series[float]]:
    """Return 2^H of (combined authority, region, hubs, trust) over each unit's schools."""
    wanted = [
        k
        for k in strips
        if study.layers[k].family in {"devolution", "hubs"} and k != "ofsted_region"
    ]
    layers = {k: study.membership(k) for k in wanted}
    layers["trust"] = Membership.whole(schools.index, schools["trust_uid"].fillna("none"))
    out, numbers = {}, tuples(layers)
    for key in places:  # and the smaller areas a map may shade
        found = effective_maps(numbers, study.membership(key))
        out[key] = found.set_index("unit_code")["effective_maps"]
    return out


def _units(
    study: Core,
    key: str,
    long: pd.DataFrame,
    maps: pd.Series[float] | None,
) -> pd.DataFrame:
    names = study.membership(key, "area").frame("block", reasons=False)
    frame = names.drop_duplicates("unit_code").set_index("unit_code")[["unit_name"]].sort_index()
    frame = frame.rename(columns={"unit_name": "name"})
    kinds = long.pivot_table(
        index="unit_code", columns="kind", values="share", aggfunc="sum", fill_value=0.0
    )
    for kind in KINDS:
        frame[kind] = kinds[kind].reindex(frame.index).fillna(0.0) if kind in kinds else 0.0
    frame["schools"] = frame[list(KINDS)].sum(axis=1)
    enough = frame["schools"] >= BLANK_BELOW
    for kind in KINDS:
        frame[f"share_{kind}"] = (frame[kind] / frame["schools"]).where(enough)
    weight = long["share"]
    sums = pd.DataFrame(
        {
            "unit_code": long["unit_code"],
            "pupils": weight * long["pupils"].fillna(0),
            "fsm": weight * long["fsm_pupils"].fillna(0),
        }
    )
    totals = sums.groupby("unit_code").sum().reindex(frame.index).fillna(0.0)
    frame["pupils"] = totals["pupils"]
    meals = (totals["fsm"] >= MINIMUM) & enough
    share = totals["fsm"] / totals["pupils"].where(totals["pupils"] > 0)
    frame["fsm_share"] = share.where(meals).round(WHOLE_PERCENT)
    with_trust = long.dropna(subset=["trust"])
    frame["trusts"] = (
        with_trust.groupby("unit_code")["trust"]
        .nunique()
        .reindex(frame.index)
        .fillna(0)
        .astype(int)
    )
    frame["effective_maps"] = np.nan if maps is None else maps.reindex(frame.index)
    return frame


def _pairs(
    study: Core, places: Sequence[str], strips: Sequence[str]
) -> dict[tuple[str, str], dict[str, list[Met]]]:
    """Return what each unit of each place layer shares with the units of every layer.

    As `Study.overlap`, each layer coded once; rows by weight, largest first. A unit is met with
    its own layer as the whole of itself, whatever it shares.
    """
    weight = study.weights()
    values = weights_of(weight)
    coded = {k: study.membership(k) for k in {*places, *strips}}
    out: dict[tuple[str, str], dict[str, list[Met]]] = {}
    for left in places:
        x = coded[left]
        alone = x.weigh(values)
        for right in strips:
            y = coded[right]
            found = out.setdefault((left, right), {})
            if left == right:
                for unit, name, n in zip(x.codes, x.names, alone.tolist(), strict=True):
                    found[unit] = [Met(unit, name, n, 1.0, 1.0)]
                continue
            full = cross(x, y, values)
            i, j = np.nonzero(full)
            n = full[i, j]
            order = np.lexsort((j, -n, i))
            rows = zip(
                i[order].tolist(),
                j[order].tolist(),
                n[order].tolist(),
                (n / alone[i])[order].tolist(),
                (n / full.sum(axis=0)[j])[order].tolist(),
                strict=True,
            )
            for a, b, value, of_left, of_right in rows:
                row = Met(y.codes[b], y.names[b], value, of_left, of_right)
                found.setdefault(x.codes[a], []).append(row)
    return out


def _shared(
    study: Core, places: Sequence[str], strips: Sequence[str]
) -> dict[tuple[str, str], dict[str, dict[str, float]]]:
    """Return the weight that lies on land several units share, by place and unit."""
    out: dict[tuple[str, str], dict[str, dict[str, float]]] = {}
    for right in strips:
        table = study.assigned(right)
        part = table[(table["share"] < 1) & ~is_reason(table["unit_code"])]
        if part.empty:
            continue
        for left in places:
            mine = study.assigned(left)[["urn", "unit_code", "share"]]
            both = part.merge(mine, on="urn", suffixes=("", "_left"))
            both["weight"] = both["share"] * both["share_left"]
            sums = both.groupby(["unit_code_left", "unit_code"])["weight"].sum()
            found = out.setdefault((left, right), {})
            for place, unit, weight in sums.reset_index().itertuples(index=False):
                found.setdefault(str(place), {})[str(unit)] = float(weight)
    return out


def _at_work(long: pd.DataFrame) -> dict[str, list[AtWork]]:
    with_trust = long.dropna(subset=["trust"])
    found = (
        with_trust.assign(based=with_trust["kind"] == "trust_home_here")
        .groupby(["unit_code", "trust"], sort=True)
        .agg(here=("share", "sum"), based=("based", "first"))
        .reset_index()
        .sort_values(["unit_code", "here", "trust"], ascending=[True, False, True])
    )
    out: dict[str, list[AtWork]] = {}
    for unit, trust, here, based in found.itertuples(index=False):
        out.setdefault(str(unit), []).append(AtWork(str(trust), float(here), bool(based)))
    return out


def _members(long: pd.DataFrame, schools: pd.DataFrame) -> dict[str, list[Member]]:
    rows = schools.index.get_indexer(pd.Index(long["urn"]))
    out: dict[str, list[Member]] = {}
    for unit, row, share, kind in zip(
        long["unit_code"].tolist(),
        rows.tolist(),
        long["share"].tolist(),
        long["kind"].tolist(),
        strict=True,
    ):
        out.setdefault(unit, []).append(Member(row, share, kind))
    return out


def _england(schools: pd.DataFrame, trusts: pd.DataFrame) -> dict[str, float]:
    n = len(schools)
    out: dict[str, float] = {"schools": float(n)}
    counts = schools["kind"].value_counts()
    for kind in KINDS:
        out[kind] = float(counts.get(kind, 0))
        out[f"share_{kind}"] = out[kind] / n if n else float("nan")
    out["pupils"] = float(schools["pupils"].sum())
    meals = float(schools["fsm_pupils"].sum())
    out["fsm_share"] = (
        round(meals / out["pupils"], WHOLE_PERCENT) if out["pupils"] and meals else float("nan")
    )
    out["trusts"] = float(len(trusts))
    out["not_located"] = float(schools["easting"].isna().sum())
    return out


def _from_home(
    schools: pd.DataFrame, trusts: pd.DataFrame, home: pd.DataFrame, options: SpreadOptions
) -> tuple[pd.DataFrame, dict[str, list[tuple[float, int]]], dict[str, list[float]]]:
    """Measure how far each trust's schools lie from its home point, and the yardstick's.

    The home point is the middle of the schools in the home authority. The yardstick takes as many
    schools of each phase, the nearest to that point, whoever runs them.
    """
    position = pd.Series(np.arange(len(schools)), index=schools.index)
    points = schools[["easting", "northing"]].to_numpy(dtype=float)
    mine = home[home["trust"].notna()].drop_duplicates("urn")
    rows = position[mine["urn"]].to_numpy()
    located = np.isfinite(points[rows]).all(axis=1)
    trust, rows = mine["trust"].to_numpy()[located], rows[located]
    based = (mine["kind"].to_numpy() == "trust_home_here")[located]
    at_home = pd.DataFrame(
        {"trust": trust[based], "x": points[rows[based], 0], "y": points[rows[based], 1]}
    )
    centre = at_home.groupby("trust")[["x", "y"]].mean().reindex(trusts.index)
    out = trusts.copy()
    out["home_easting"], out["home_northing"] = centre["x"], centre["y"]
    middle = centre.reindex(trust).to_numpy(dtype=float)
    far = np.hypot(*(points[rows] - middle).T) / 1000
    table = pd.DataFrame({"trust": trust, "km": far, "row": rows})
    out["home_km_median"] = table.groupby("trust")["km"].median().reindex(out.index)
    from_home: dict[str, list[tuple[float, int]]] = {}
    for uid, km, row in table.sort_values(["trust", "km", "row"]).itertuples(index=False):
        from_home.setdefault(uid, []).append((float(km), int(row)))
    yard = _yardstick(schools, centre, table)
    body = pd.Index(out.index).get_indexer(yard["trust"])
    measured = distances(
        points[yard["row"].to_numpy(dtype=np.intp)], body, len(out), options.cluster_km
    )
    for name in ("pair_km_mean", "pair_km_max", "longest_hop_km", "nearest_sibling_km_median"):
        out[f"yard_{name}"] = np.asarray(measured[name], dtype=float)
    out["yard_home_km_median"] = yard.groupby("trust")["km"].median().reindex(out.index)
    yardstick = {str(uid): sorted(part.tolist()) for uid, part in yard.groupby("trust")["km"]}
    return out, from_home, yardstick


def _yardstick(schools: pd.DataFrame, centre: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Return, for each trust, the nearest schools to its home point: as many of each phase."""
    points = schools[["easting", "northing"]].to_numpy(dtype=float)
    phases = schools["phase"].to_numpy(dtype=object)
    wanted = (
        pd.DataFrame({"trust": own["trust"], "phase": phases[own["row"].to_numpy()]})
        .value_counts()
        .rename("n")
        .reset_index()
    )
    parts = []
    for phase, asked in wanted.groupby("phase", sort=True):
        pool = np.flatnonzero((phases == phase) & np.isfinite(points).all(axis=1))
        middle = centre.reindex(asked["trust"]).to_numpy(dtype=float)
        k = asked["n"].to_numpy(dtype=np.intp)
        found, metres = nearest(points[pool], middle, k)
        taken = (found >= 0) & (np.arange(found.shape[1]) < k[:, None])
        who, place = np.nonzero(taken)
        parts.append(
            pd.DataFrame(
                {
                    "trust": asked["trust"].to_numpy()[who],
                    "row": pool[found[who, place]],
                    "km": metres[who, place] / 1000,
                }
            )
        )
    if not parts:
        return pd.DataFrame({"trust": [], "row": [], "km": []})
    return pd.concat(parts, ignore_index=True).sort_values(["trust", "km", "row"])
