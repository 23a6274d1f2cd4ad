"""The facts about every unit: one row per layer and unit, counted once, read by every output."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from geolls.base.arrays import Floats, Ints
from geolls.base.interval import Interval
from geolls.base.vocabulary import BLANK_BELOW, HOME_KINDS, KINDS, REASONS, By
from geolls.land.blocks import adjacency
from geolls.measures.claimants import Ends, fewest, touched
from geolls.measures.disclosure import counted, meal_share
from geolls.measures.membership import Membership, is_reason
from geolls.measures.mismatch import effective_maps, tuples
from geolls.measures.oversight import seen_from
from geolls.measures.placeview import place_ends, place_view
from geolls.study.core import Core, remembered

__all__ = [
    "MET",
    "AtWork",
    "Ground",
    "across",
    "at_work",
    "body_layers",
    "counted_in",
    "covered",
    "divided",
    "drawn_layers",
    "grounds_of",
    "homes_within",
    "listed_in",
    "members_of",
    "met_on",
    "neighbours",
    "schools_meet",
    "several",
    "trusts_of_several",
    "units_of",
    "view_of",
    "within_one",
]

# The layers whose units a place is counted to meet.
MET = ("teaching_school_hub", "maths_hub", "combined_authority")
# Layers that say the same as another, or so little that a bar would read as a fact.
_TWIN = {"region": "dfe_region"}
EVIDENCE = 0.5


class AtWork(NamedTuple):
    """A trust with schools in a place.

    Attributes
    ----------
    uid : str
        The trust.
    here : float
        Its schools here; a shared one counts by its share.
    kind : str
        Where its home is, seen from here: one of `vocabulary.KINDS` from `trust_home_here` on.
    low, high : float
        The fewest and the most schools that it can have here.
    """

    uid: str
    here: float
    kind: str
    low: float
    high: float

    @property
    def based(self) -> bool:
        """Whether it is at home here."""
        return self.kind == "trust_home_here"

    @property
    def ends(self) -> Interval:
        """The fewest and the most."""
        return Interval(self.low, self.high)


class Ground(NamedTuple):
    """The land of one place in another layer.

    Attributes
    ----------
    lists : dict of tuple of str to float
        Who is listed for a part of the land, one unit or several (or the reason why none is), to
        that part of the place's land. Several units where no source says how they divide it.
    outside : dict of str to Interval
        Unit to the part of its own land that lies outside the place: at least, at most.
    sure : frozenset of tuple of str
        Those of `lists` that are listed for land that no other place shares.
    """

    lists: Mapping[tuple[str, ...], float]
    outside: Mapping[str, Interval]
    sure: frozenset[tuple[str, ...]]


def drawn_layers(study: Core) -> tuple[list[str], list[str]]:
    """Tell the area layers worth drawing from those whose list is too thin."""
    layers = {k: v for k, v in study.area_layers.items() if _TWIN.get(k) not in study.area_layers}
    most = EVIDENCE * max(len(study.schools), 1)
    known = {k: study.membership(k).shares_of("no_evidence").sum() <= most for k in layers}
    strips = [k for k, v in layers.items() if known[k] or v.family == "user"]
    return strips, [k for k in layers if k not in strips]


@remembered
def view_of(study: Core, layer: str) -> pd.DataFrame:
    """Return who works in each unit of a layer, by phase; see `placeview.place_view`."""
    kinds, bands = study.kinds(layer), study.spread_options
    home = homes_within(study, layer)
    return place_view(study.schools, study.membership(layer), kinds, trust_home=home, bands=bands)


def homes_within(study: Core, layer: str) -> pd.Series[str] | None:
    """Return where each trust is at home among the units of a layer; None of one without land.

    A school on the list of a unit without land is of the kind that its own authority sees.
    """
    return study.trust_home(layer) if study.layer(layer).has_land else None


def counted_in(study: Core, layer: str) -> By:
    """Return what the ground of a layer's units is counted in: land, or schools where it has none.

    What covers, divides or runs on beyond a place with land is land; of a list of schools it is
    schools.
    """
    return "area" if study.layer(layer).has_land else "schools"


@remembered
def units_of(study: Core, layer: str) -> pd.DataFrame:
    """Return the facts about every unit of a layer; counted once for a study, not to be changed.

    Parameters
    ----------
    study : Core
        The study.
    layer : str
        Key of an area layer of the study.

    Returns
    -------
    pandas.DataFrame
        One row per unit, sorted by code, index unit_code: name (str); schools, pupils, the
        schools of each of `vocabulary.KINDS`; in_trusts (schools whose trust runs others too, of
        any phase), with _low and _high;
        home_not_known (those of them whose trust's home, or whether it is here, is not known) and
        trust_not_known (the others of status_unknown), both with _low and _high too; trusts (of
        two or more schools that count, with one here), trusts_per_10000_pupils; share_in_trusts,
        effective_providers, share_<kind>, share_band_<band> (schools in
        trusts of that size), top_trust_name, top_trust_share, both again with the endings _primary
        and _secondary, as `placeview.place_view`; with the endings _low and _high what is told by
        `placeview.place_ends`; fsm_share (of pupils, in whole percents);
        area_km2, schools_per_100km2; units_<L> met at most, for the layers of `MET`;
        effective_maps.
        Shares of few schools or few eligible pupils are blank; see `measures.disclosure`.

    Notes
    -----
    A unit without a school has 0 schools and blanks.
    """
    by = counted_in(study, layer)
    land = study.membership(layer, by).frame("block", reasons=False)
    names = land.drop_duplicates("unit_code").set_index("unit_code")["unit_name"].sort_index()
    view = view_of(study, layer)
    phases = {p: view[view["phase"] == p].set_index("unit_code") for p in ("all", *_PHASES)}
    whole = phases["all"].reindex(names.index).drop(columns=["phase", "unit_name", "trusts"])
    counts = ["schools", "pupils", *KINDS]
    whole[counts] = whole[counts].fillna(0.0)
    frame = whole.assign(name=names)
    members = members_of(study, layer)
    enough = frame["schools"].where(frame["share_no_trust"].notna())
    unknown = (study.kinds(layer) == "status_unknown").to_numpy()[members["row"]]
    dark = {"home_not_known": members["trust_known"], "trust_not_known": ~members["trust_known"]}
    for (column, so), end in product(dark.items(), ("", "_low", "_high")):
        sums = members[f"share{end}"].where(so & unknown).groupby(members["unit_code"]).sum()
        frame[f"{column}{end}"] = sums.reindex(frame.index).fillna(0.0)
    frame["in_trusts"] = frame[list(HOME_KINDS)].sum(axis=1) + frame["home_not_known"]
    frame["share_in_trusts"] = frame["in_trusts"] / enough
    frame["trusts"] = pd.Series({u: len(t) for u, t in at_work(study, layer).items()})
    frame["trusts"] = frame["trusts"].fillna(0).astype(int)
    pupils = frame["pupils"]
    frame["trusts_per_10000_pupils"] = frame["trusts"] / pupils.mask(pupils == 0) * 10_000
    for phase in _PHASES:
        for column in ("top_trust_name", "top_trust_share"):
            frame[f"{column}_{phase}"] = phases[phase][column].reindex(frame.index)
    eligible = members["share"] * members["fsm_pupils"].fillna(0)
    eligible = eligible.groupby(members["unit_code"]).sum().reindex(frame.index).fillna(0.0)
    frame["fsm_share"] = meal_share(eligible, pupils, frame["schools"])
    for end in ("", "_low", "_high"):  # blank of what has no land
        area = land[f"share{end}"] * land["block"].map(study.weights("area"))
        frame[f"area_km2{end}"] = area.groupby(land["unit_code"]).sum(min_count=1) / 1e6
    frame["schools_per_100km2"] = frame["schools"] / frame["area_km2"] * 100
    others = {k: study.membership(k) for k in MET if k in study.area_layers and k != layer}
    kinds, home = study.kinds(layer), homes_within(study, layer)
    ends = place_ends(
        study.schools, study.membership(layer), kinds, home, others, bands=study.spread_options
    )
    phase_of = ends.index.get_level_values("phase")
    of_phase = {p: ends[phase_of == p].droplevel("phase").reindex(frame.index) for p in phases}
    few = frame["schools"] < BLANK_BELOW
    known = {c: _blank(str(c), end, few) for c, end in of_phase["all"].items()}
    for phase, end in product(_PHASES, Interval._fields):
        top = of_phase[phase][f"top_trust_share_{end}"]
        name = f"top_trust_share_{phase}"
        known[f"{name}_{end}"] = top.where(frame[name].notna())
    known |= {f"units_{key}": known[f"units_{key}_high"].astype(int) for key in others}
    frame = pd.concat([frame, pd.DataFrame(known)], axis=1)
    density = _ends_of(frame, "schools").for_each(_ends_of(frame, "area_km2"), 100)
    frame["schools_per_100km2_low"], frame["schools_per_100km2_high"] = density
    maps = effective_maps(_tuples(study), study.membership(layer)).set_index("unit_code")
    frame["effective_maps"] = maps["effective_maps"]
    return frame


_PHASES = ("primary", "secondary")


def _blank(column: str, end: pd.Series[Any], few: pd.Series[bool]) -> pd.Series[Any]:
    """Return an end of a count, a rate or a share, which is blank of few schools."""
    return end.mask(few) if "share" in column else end if "_per_" in column else end.fillna(0.0)


def _ends_of(units: pd.DataFrame, column: str) -> Ends:
    low, high = (units[f"{column}_{end}"].to_numpy(float) for end in Interval._fields)
    return Ends(low, high)


def body_layers(study: Core) -> list[str]:
    """Return the layers of the bodies that a school lives on: devolved areas, regions, hubs.

    Ofsted's regions are left out: they repeat those of the DfE.
    """
    return [
        key
        for key in drawn_layers(study)[0]
        if study.layers[key].family in {"devolution", "hubs"} and key != "ofsted_region"
    ]


@remembered
def _tuples(study: Core) -> pd.Series[int]:
    """Return the bodies that each school lives on, devolved area, hubs and trust, as numbers."""
    layers = {key: study.membership(key) for key in body_layers(study)}
    trust = study.schools["trust_uid"].fillna("none")
    return tuples({**layers, "trust": Membership.whole(pd.Index(study.schools["urn"]), trust)})


@remembered
def members_of(study: Core, layer: str) -> pd.DataFrame:
    """Return one row per school and unit: who has it, as `Membership.frame`, and who runs it.

    With row (of the school), kind (as that unit sees it), trust (of two or more), trust_known,
    fsm_pupils.
    """
    claims = study.membership(layer).frame("urn", reasons=False)
    row = pd.Index(study.schools["urn"]).get_indexer(pd.Index(claims["urn"]))
    schools = study.schools.iloc[row]
    larger = schools["trust_uid"].isin(several(study).index)
    uid, home = study.schools.set_index("urn")["trust_uid"], homes_within(study, layer)
    kind = claims["urn"].map(study.kinds(layer))
    if home is not None:
        kind = seen_from(claims, study.kinds(layer), home, uid)
    return claims.assign(
        row=row,
        kind=kind.to_numpy(dtype=object),
        trust=schools["trust_uid"].where(larger).to_numpy(),
        trust_known=schools["trust_uid"].notna().to_numpy(),
        fsm_pupils=counted(study.schools).to_numpy()[row],
    )


@remembered
def schools_meet(study: Core, place: str, layer: str) -> dict[str, Interval]:
    """Count the units of a layer that schools of each place are in: at least, at most."""
    x, y = study.membership(place), study.membership(layer)
    rows = np.asarray(y.items.get_indexer(x.items[x.item]), dtype=np.intp)
    ends = touched(x.unit, rows, len(x.codes), y, sure=x.low > 0)
    return {code: Interval(*both) for code, *both in zip(x.codes, *ends, strict=True)}


def met_on(ground: Ground, least: float = 0.0) -> Interval:
    """Count the units that have land in a place: at least, at most.

    Parameters
    ----------
    ground : Ground
        Whose its land is.
    least : float
        Who is listed for no more than this part of the land is left out.

    Notes
    -----
    Land that several are listed for is of one of them at least, nobody knows of which: the least
    is the smallest set of units with one of every list, the most all that are listed.
    """
    return listed_in([whose for whose, part in ground.lists.items() if part > least])


def listed_in(lists: Iterable[Iterable[str]]) -> Interval:
    """Count the units of some lists, each of which holds for one of its units at least."""
    kept = [whose for one in lists if (whose := frozenset(one)).isdisjoint(REASONS)]
    number = {code: i for i, code in enumerate(sorted(frozenset().union(*kept)))}
    return Interval(fewest([frozenset(number[c] for c in whose) for whose in kept]), len(number))


@remembered
def divided(study: Core, places: str, layer: str) -> Interval:
    """Count the units of a layer that have land of several units of another: at least, at most."""
    least = study.settings.divide_share
    met = [met_on(ground, least) for ground in grounds_of(study, places, layer).values()]
    return Interval(sum(n.low > 1 for n in met), sum(n.high > 1 for n in met))


def across(trusts: pd.DataFrame, layer: str) -> Interval:
    """Count the trusts with schools in two or more units of a layer: at least, at most."""
    low, high = (trusts[f"areas_{layer}_{end}"] for end in Interval._fields)
    return Interval(int((low > 1).sum()), int((high > 1).sum()))


def within_one(trusts: pd.DataFrame, layer: str) -> Interval:
    """Count the trusts with all their schools in one unit of a layer: at least, at most."""
    low, high = (trusts[f"areas_{layer}_{end}"] for end in Interval._fields)
    return Interval(int((high == 1).sum()), int((low == 1).sum()))


@remembered
def covered(study: Core, layer: str, places: str) -> pd.DataFrame:
    """Count schools and places by how a layer covers them.

    Parameters
    ----------
    study : Core
        The study.
    layer : str
        An area layer, as of hubs.
    places : str
        The layer whose units are counted.

    Returns
    -------
    pandas.DataFrame
        One row per way that there is, in this order, index `way`: one, low (one on evidence of low
        confidence), shared, none (none found), not_covered, not_located. Columns schools; parts
        (places with some such land) and whole (places with no other land).

    Notes
    -----
    Both are counted by blocks: a school is covered as the block it stands on, a place as the
    blocks it is made of. A place counts under every way that some of its land is covered in.
    """
    land = study.land(layer)
    found = land["unit_code"].where(is_reason(land["unit_code"]))
    way = found.map({"no_evidence": "none", "not_covered": "not_covered"})
    low = (land["confidence"] == "low").map({True: "low", False: "one"})
    shared = land["block"].duplicated(keep=False)
    way = way.fillna(low).mask(shared, "shared")
    of_block = way.groupby(land["block"]).first().reindex(study.blocks.index).fillna("none")
    schools = study.placement.schools["block"].map(of_block).fillna("not_located").value_counts()
    mine = study.land(places)
    mine = mine[~is_reason(mine["unit_code"])]
    ways = mine["block"].map(of_block).groupby(mine["unit_code"]).agg(frozenset)
    rows = [
        (kind, n, sum(kind in met for met in ways), sum(met == {kind} for met in ways))
        for kind in _WAYS
        if (n := int(schools.get(kind, 0))) or any(kind in met for met in ways)
    ]
    return pd.DataFrame(rows, columns=["way", "schools", "parts", "whole"]).set_index("way")


_WAYS = ("one", "low", "shared", "none", "not_covered", "not_located")


def several(study: Core) -> pd.DataFrame:
    """Return the trusts of two or more schools that count, index trust_uid."""
    table = trusts_of_several(study)
    return table[table["schools"] >= 2]


@remembered
def trusts_of_several(study: Core) -> pd.DataFrame:
    """Return the trusts of two or more schools of any phase, one of which counts at least."""
    table = study.spread().set_index("trust_uid", drop=False)
    return table[table["schools_all"] >= 2]


@remembered
def at_work(study: Core, layer: str) -> dict[str, list[AtWork]]:
    """Return the trusts of two or more with a school in each unit, largest first."""
    here = (
        members_of(study, layer)
        .assign(own=lambda table: table["kind"] == "trust_home_here")
        .groupby(["unit_code", "trust"])
        .agg(
            here=("share", "sum"),
            low=("share_low", "sum"),
            high=("share_high", "sum"),
            own=("own", "any"),
        )
    )
    found = here.reset_index().sort_values(
        ["unit_code", "here", "trust"], ascending=[True, False, True]
    )
    home = found["trust"].map(study.trust_home(layer)).fillna("not_known")
    at_home = home == found["unit_code"] if study.layer(layer).has_land else found["own"]
    found["kind"] = np.select(
        [home == "not_known", home == "no_single_home", at_home],
        ["status_unknown", "no_single_home", "trust_home_here"],
        default="trust_based_elsewhere",
    )
    out: dict[str, list[AtWork]] = defaultdict(list)
    columns = ["unit_code", "trust", "here", "kind", "low", "high"]
    for unit, *trust in found[columns].itertuples(index=False, name=None):
        out[unit].append(AtWork(*trust))
    return dict(out)


@remembered
def grounds_of(study: Core, place: str, layer: str) -> Mapping[str, Ground]:
    """Return which land of every unit of one layer is whose in another, counted in blocks.

    Parameters
    ----------
    study : Core
        The study.
    place, layer : str
        Two layers; where one has no land, schools are counted instead.

    Returns
    -------
    Mapping of str to Ground
        unit_code of `place` to its land in `layer`.

    Notes
    -----
    Land that several places list along a line that nobody has published is taken for a part of
    each, as everywhere; what of a unit lies `outside` is then known only between two, as it is
    where the unit shares its own land.
    """
    by = max(counted_in(study, key) for key in (place, layer))  # schools, if either has no land
    inside = study.membership(place, by)
    here = np.unique(inside.item[~inside.outside[inside.unit]])
    area = study.weights(by).to_numpy(dtype=float)
    x, y = _claimed(study, place, by, here), _claimed(study, layer, by, here)
    whose, listed = _listed(study, layer, by, here)
    part = (x.share * area[here]) @ listed.T
    whole = part.sum(axis=1)
    own = np.maximum(y.whole.share, 1e-9)  # m2; a unit may have no land but shared land
    least, most = (
        (total - (inner * area[here]) @ outer.T) / own[:, None]
        for total, inner, outer in (
            (y.whole.low[:, None], y.low, x.high),
            (y.whole.high[:, None], y.high, x.low),
        )
    )
    meets = (x.high * area[here]) @ y.high.T > 0
    sure = x.low @ listed.T > 0
    return {
        code: Ground(
            {whose[j]: float(part[i, j] / whole[i]) for j in np.flatnonzero(part[i] > 0)},
            {
                y.codes[j]: Interval(
                    max(float(least[j, i]), 0.0), float(np.clip(most[j, i], 0.0, 1.0))
                )
                for j in np.flatnonzero(meets[i])
            },
            frozenset(whose[j] for j in np.flatnonzero(sure[i])),
        )
        for i, code in enumerate(x.codes)
    }


class _Ends(NamedTuple):
    """What each unit has: as the tables say, least and most."""

    share: Floats
    low: Floats
    high: Floats


class _Claimed(NamedTuple):
    """The share that each unit (rows) has of some items, and the weight of all that it has."""

    codes: tuple[str, ...]
    share: Floats
    low: Floats
    high: Floats
    whole: _Ends


def _claimed(study: Core, layer: str, by: By, here: Ints) -> _Claimed:
    claims, weight = study.membership(layer, by), study.weights(by).to_numpy(dtype=float)
    at = np.full(len(claims.items), -1)
    at[here] = np.arange(len(here))
    some = at[claims.item] >= 0
    table = np.zeros((3, len(claims.codes), len(here)))
    shares = (claims.share, claims.low, claims.high)
    for to, share in zip(table, shares, strict=True):
        to[claims.unit[some], at[claims.item[some]]] = share[some]
    kept = ~claims.outside
    whole = _Ends(*(claims.weigh_by(share, weight)[kept] for share in shares))
    codes = tuple(c for c, k in zip(claims.codes, kept, strict=True) if k)
    share, low, high = table[:, kept]
    return _Claimed(codes, share, low, high, whole)


def _listed(study: Core, layer: str, by: By, here: Ints) -> tuple[list[tuple[str, ...]], Floats]:
    """Return who is listed for an item together, and their share of each item that is here."""
    land = study.membership(layer, by).over(study.membership(layer, by).items[here])
    claims = land.frame("block").assign(at=land.item, by=land.item)
    alone = land.stated | (land.claims[land.item] == 1)
    claims.loc[alone, "by"] = -1 - np.arange(int(alone.sum()))
    lists = claims.groupby("by").agg(
        whose=("unit_code", tuple), at=("at", "first"), share=("share", "sum")
    )
    number, whose = pd.factorize(lists["whose"])
    table = np.zeros((len(whose), len(land.items)))
    np.add.at(table, (number, lists["at"].to_numpy()), lists["share"].to_numpy())
    return list(whose), table


@remembered
def neighbours(study: Core, layer: str) -> Mapping[str, list[str]]:
    """Return, for each unit of a layer, the units whose land touches its own.

    Parameters
    ----------
    study : Core
        The study.
    layer : str
        An area layer.

    Returns
    -------
    Mapping of str to list of str
        unit_code to unit_codes, sorted; a unit without neighbours is left out.

    Notes
    -----
    Land that the sea cuts off touches the nearest land across it; see `adjacency`. What has no
    land has no neighbours.
    """
    if not study.layer(layer).has_land:
        return {}
    touching = _touching(study)
    table = study.land(layer)
    table = table[~is_reason(table["unit_code"])]
    units = table.groupby("block")["unit_code"].agg(list).to_dict()
    names = study.blocks.index
    pairs = {
        (one, two)
        for a, b in touching
        for one, two in product(units.get(names[a], ()), units.get(names[b], ()))
        if one != two
    }
    found: dict[str, list[str]] = defaultdict(list)
    for one, two in sorted(pairs | {(two, one) for one, two in pairs}):
        found[one].append(two)
    return dict(found)


@remembered
def _touching(study: Core) -> list[tuple[int, int]]:
    """Return the pairs of blocks that touch, as positions."""
    found: list[tuple[int, int]] = adjacency(study.blocks).tolist()
    return found
