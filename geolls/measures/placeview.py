"""Look at the schools from a place, a hub, a trust or a school: who works here, from where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from geolls.base.arrays import Flags, Floats, Ints
from geolls.base.vocabulary import BLANK_BELOW, HOMELESS, KINDS
from geolls.measures.claimants import Ends, touched
from geolls.measures.distances import (
    by_body,
    count_within,
    distance,
    located,
    nearest,
    nearest_sibling,
    pairs_within,
)
from geolls.measures.membership import Membership, sums
from geolls.measures.oversight import providers, seen_from
from geolls.measures.spread import SpreadOptions, band_names, by_phase, size_band
from geolls.measures.travel import Travel

__all__ = [
    "PlaceOptions",
    "described",
    "hub_view",
    "place_ends",
    "place_view",
    "school_view",
    "trust_view",
]


_UNIT = ["phase", "unit_code"]


@dataclass(frozen=True)
class PlaceOptions:
    """What counts as near, alone and too few.

    Parameters
    ----------
    neighbours : int
        How many nearest schools of the same phase a school is looked at with.
    urban_km, rural_km : float
        How far a family is taken to go; straight lines.
    density_km : float
        Radius in which neighbourhoods are counted.
    urban_neighbourhoods : int
        With at least so many neighbourhoods (about 1,500 residents each) in it, a school is
        urban. 10 within 3 km is about 530 residents a square kilometre.
    alone_km : float
        A school with no other of its trust this near is the only one.
    few : int
        A share of fewer schools than this is blank.
    urban_minutes, rural_minutes, alone_minutes : float
        In place of urban_km, rural_km and alone_km where travel times are given.
    """

    neighbours: int = 5
    urban_km: float = 3.0
    rural_km: float = 8.0
    density_km: float = 3.0
    urban_neighbourhoods: int = 10
    alone_km: float = 15.0
    few: int = BLANK_BELOW
    urban_minutes: float = 10.0
    rural_minutes: float = 20.0
    alone_minutes: float = 30.0


def described(
    schools: pd.DataFrame, kinds: pd.Series[Any], sizes: pd.Series[int], bands: SpreadOptions
) -> pd.DataFrame:
    """Add to each school its kind and provider, and the size band of its trust; see `place_view`.

    Sizes are those of trusts, by UID; a school in none has no band.
    """
    return schools.assign(
        kind=kinds.reindex(schools["urn"]).to_numpy(),
        provider=providers(schools).to_numpy(),
        band=_band(schools["trust_uid"], sizes, bands),
    )


def _band(trusts: pd.Series[Any], sizes: pd.Series[int], bands: SpreadOptions) -> pd.Series[Any]:
    size = trusts.map(sizes)
    band = pd.Series(size_band(size.fillna(1).astype(int), bands.size_bands), trusts.index)
    return band.where(size.notna())


def place_view(
    schools: pd.DataFrame,
    place: Membership,
    kinds: pd.Series[Any],
    layers: Mapping[str, Membership] | None = None,
    *,
    nearby: pd.DataFrame | None = None,
    trust_home: pd.Series[Any] | None = None,
    options: PlaceOptions | None = None,
    bands: SpreadOptions | None = None,
) -> pd.DataFrame:
    """Say for every area who works there, by phase.

    Parameters
    ----------
    schools : pandas.DataFrame
        One row per school: urn, phase, la_code, trust_uid, trust_name, pupils, status_unknown.
    place : Membership
        Which unit of the place layer has which school; a shared school counts by its shares.
    kinds : pandas.Series of str
        Who runs each school, by urn: of `oversight.oversight` in this layer.
    layers : mapping of str to Membership, optional
        All area layers, for `interfaces`.
    nearby : pandas.DataFrame, optional
        The table of `school_view`, for the columns on only schools and local choice.
    trust_home : pandas.Series of str, optional
        Where each trust is at home in the place layer, by trust_uid: a school that several areas
        list is then of the kind that each of them sees; see `oversight.seen_from`.
    options : PlaceOptions, optional
        What is too few.
    bands : SpreadOptions, optional
        Size bands.

    Returns
    -------
    pandas.DataFrame
        One row per phase (`all` first) and unit, sorted by code: phase, unit_code, unit_name,
        schools, pupils, trusts (of two or more schools, with one here), effective_providers,
        top_trust_uid, top_trust_name, top_trust_share (of its schools; ties by uid), share_<kind>
        for every one of `KINDS`, share_band_<band> (schools in trusts of that size),
        trusts_per_10000_pupils; with `nearby` only_schools, only_school_share,
        single_provider_pupil_share (of the pupils in schools where it is known); <kind>, the
        schools of each of `KINDS`; with `layers` interfaces. Shares of fewer than `few` schools
        are blank.

    Notes
    -----
    effective_providers is 1/sum q^2 over the providers of `providers`: 1 where one body runs all,
    n where n run equally many. interfaces counts the distinct (layer, unit) pairs that the
    schools meet, at most: with how many bodies a place has to deal. Sizes of trusts are those of
    all their schools in the table, in every phase and place.
    """
    rules, sizes = options or PlaceOptions(), bands or SpreadOptions()
    run = schools["trust_uid"].value_counts()
    table = described(schools, kinds, run, sizes)
    if nearby is not None:
        table = table.merge(nearby[["urn", "only_school_of_trust", "single_provider"]], on="urn")
    table = table.merge(place.frame("urn", reasons=False), on="urn")
    if trust_home is not None:
        trust = schools.set_index("urn")["trust_uid"]
        table["kind"] = seen_from(table, kinds, trust_home, trust)
    both = by_phase(table)
    bands_ = band_names(sizes.size_bands)
    counted: dict[str, Any] = {
        "schools": 1.0,
        "pupils": both["pupils"].fillna(0),
        **{kind: both["kind"] == kind for kind in KINDS},
        **{f"band_{band}": both["band"] == band for band in bands_},
    }
    if nearby is not None:
        known = both["single_provider"].notna()
        counted["only_schools"] = both["only_school_of_trust"].fillna(False).astype(bool)
        counted["known"] = both["pupils"].where(known, 0).fillna(0)
        counted["one"] = counted["known"] * both["single_provider"].where(known, False).astype(bool)
    totals = _sums(both, counted)
    frame = totals[["schools", "pupils"]].copy()
    frame.insert(0, "unit_name", both.groupby(_UNIT, observed=True)["unit_name"].first())
    trusts = _bodies(both, "trust_uid")
    several = trusts[trusts["trust_uid"].map(run) > 1]
    at_work = several.groupby(_UNIT, observed=True).size()
    frame["trusts"] = at_work.reindex(frame.index, fill_value=0)
    held = _bodies(both, "provider").set_index(_UNIT)["schools"]
    squares = (held / held.groupby(_UNIT, observed=True).sum()) ** 2
    frame["effective_providers"] = 1 / squares.groupby(_UNIT, observed=True).sum()
    # Within a unit trusts stand by uid: of those with as many schools the first stays first.
    trusts = trusts.sort_values("schools", ascending=False, kind="stable")
    top = trusts.drop_duplicates(_UNIT).set_index(_UNIT).reindex(frame.index)
    named = schools.drop_duplicates("trust_uid").set_index("trust_uid")["trust_name"]
    frame["top_trust_uid"] = top["trust_uid"].astype(object)
    frame["top_trust_name"] = frame["top_trust_uid"].map(named)
    enough = frame["schools"].where(frame["schools"] >= rules.few)
    frame["top_trust_share"] = top["schools"].fillna(0) / enough
    shares = totals[[*KINDS, *(f"band_{band}" for band in bands_)]].div(enough, axis=0)
    frame = frame.join(shares.add_prefix("share_"))
    some = frame["pupils"].mask(frame["pupils"] == 0)
    frame["trusts_per_10000_pupils"] = frame["trusts"] / some * 10_000
    if nearby is not None:
        frame["only_schools"] = totals["only_schools"]
        frame["only_school_share"] = totals["only_schools"] / enough
        part = totals["one"] / totals["known"].mask(totals["known"] == 0)
        frame["single_provider_pupil_share"] = part.where(enough.notna())
    frame = frame.join(totals[list(KINDS)])
    frame = frame.reset_index().astype({"phase": "str"})
    if layers is None:
        return frame
    here = _Groups(both)
    met = here.table({key: here.meet(m) for key, m in layers.items()}).filter(like="_high")
    return frame.join(met.sum(axis=1).astype(int).rename("interfaces"), on=_UNIT)


def place_ends(
    schools: pd.DataFrame,
    place: Membership,
    kinds: pd.Series[Any],
    trust_home: pd.Series[Any] | None,
    layers: Mapping[str, Membership] | None = None,
    *,
    bands: SpreadOptions | None = None,
    nearby: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Say what every area has at least and at most: schools, kinds, trusts, units met.

    Parameters
    ----------
    schools : pandas.DataFrame
        One row per school: urn, phase, trust_uid, pupils.
    place : Membership
        Which unit of the place layer has which school.
    kinds, trust_home : pandas.Series of str
        As for `oversight.seen_from`; without homes every school is of its kind, whoever lists it.
    layers : mapping of str to Membership, optional
        The layers whose units are counted.
    bands : SpreadOptions, optional
        Size bands.
    nearby : pandas.DataFrame, optional
        The table of `school_view`, for the columns on only schools.

    Returns
    -------
    pandas.DataFrame
        One row per phase (`all` too) and unit, index phase and unit_code. With the endings _low
        and _high: schools, pupils; <kind> and share_<kind> for every one of `KINDS`; in_trusts and
        share_in_trusts (schools whose trust runs others too); trusts (those of two or more schools
        in the table, with a school here), trusts_per_10000_pupils (bounds); top_trust_share,
        share_band_<band>; units_<L> for every layer; with `nearby` only_schools and
        only_school_share.

    Notes
    -----
    At least are those that no other unit of the layer lists too, at most all that it lists. A
    school of unknown status may be of any kind; one whose trust is known, of any kind that a trust
    of several schools has. Nobody knows whether one of unknown status is left once all is known.
    A share is least with none of the doubtful schools of the kind and all of the others, and most
    with all of them and none of the others.
    """
    of_trust = schools["trust_uid"]
    run, sizes = of_trust.value_counts(), bands or SpreadOptions()
    table = schools[["urn", "phase", "pupils", "trust_uid"]]
    table = table.assign(
        several=of_trust.where(of_trust.map(run) > 1), band=_band(of_trust, run, sizes)
    )
    if nearby is not None:
        table = table.merge(nearby[["urn", "only_school_of_trust"]], on="urn")
    table = table.merge(place.frame("urn", reasons=False), on="urn")
    trust = of_trust.set_axis(pd.Index(schools["urn"]))
    table["kind"] = table["urn"].map(kinds).astype(object)
    if trust_home is not None:
        table["kind"] = seen_from(table, kinds, trust_home, trust)
    here = _Groups(by_phase(table))
    kind, no_trust = here.rows["kind"], here.rows["trust_uid"].isna()
    unknown = kind == "status_unknown"
    found = {"schools": here.total(1.0), "pupils": here.total(here.rows["pupils"].fillna(0.0))}
    for one in KINDS:
        so = kind == one
        may = so | (unknown & (no_trust | (one not in _ALONE)))
        sure = so & (one != "status_unknown")
        found[one] = here.total(sure, may)
        found[f"share_{one}"] = here.part(sure, may)
    of_several = ~no_trust & ~kind.isin(_ALONE)
    in_trusts = of_several, of_several | (unknown & no_trust)
    found |= {"in_trusts": here.total(*in_trusts), "share_in_trusts": here.part(*in_trusts)}
    found["trusts"] = here.bodies(here.rows["several"])
    found["trusts_per_10000_pupils"] = found["trusts"].for_each(found["pupils"], 10_000)
    found["top_trust_share"] = here.largest(here.rows["trust_uid"])
    for band in band_names(sizes.size_bands):
        found[f"share_band_{band}"] = here.part(*[here.rows["band"] == band] * 2)
    if nearby is not None:
        only = here.rows["only_school_of_trust"].fillna(False).astype(bool)
        found["only_schools"], found["only_school_share"] = here.total(only), here.part(only, only)
    found |= {f"units_{key}": here.meet(m) for key, m in (layers or {}).items()}
    return here.table(found)


# The kinds of a school whose trust runs no other.
_ALONE = ("no_trust", "single_school_trust")


@dataclass(frozen=True)
class _Groups:
    """The schools of every phase and unit, as `by_phase` gives the claims of a membership.

    What a unit has at least are the schools that it alone lists, at most all that it lists.
    """

    rows: pd.DataFrame

    @cached_property
    def _at(self) -> tuple[Ints, pd.MultiIndex]:
        keys = [self.rows["phase"].astype(str), self.rows["unit_code"]]
        groups = self.rows.groupby(keys)
        index = pd.MultiIndex.from_frame(groups.size().reset_index()[_UNIT])
        return np.asarray(groups.ngroup(), dtype=np.intp), index

    def total(self, sure: Any, may: Any = None) -> Ends:
        """Add up what is so for sure, and what is or may be so."""
        at, index = self._at
        low, high = (self.rows[f"share_{end}"].to_numpy(float) for end in ("low", "high"))
        most = sure if may is None else may
        return Ends(
            sums(at, low * np.asarray(sure, float), len(index)),
            sums(at, high * np.asarray(most, float), len(index)),
        )

    def part(self, sure: Any, may: Any, of: Any = True, of_may: Any = True) -> Ends:
        """Return both as shares of those that are, or may be, of the whole."""
        some, rest = self.total(sure, may), self.total(of & ~may, of_may & ~sure)
        # With no other school at all it is all of them; without one of its own it is none.
        return Ends(1 - _part(rest.high, some.low), _part(some.high, rest.low))

    def bodies(self, body: pd.Series[Any], may: Any = None) -> Ends:
        """Count the different bodies, blanks left out, of the schools that it surely has or may."""
        at, index = self._at
        most = body if may is None else may
        low, high = (
            who.where(self.rows[f"share_{end}"] > 0).groupby(at).nunique()
            for who, end in ((body, "low"), (most, "high"))
        )
        counts = (n.reindex(range(len(index)), fill_value=0) for n in (low, high))
        return Ends(*(np.asarray(n, dtype=float) for n in counts))

    def largest(self, body: pd.Series[Any]) -> Ends:
        """Return the share of the body with most of the schools.

        It is most with all in doubt of one body and none of the others. Where it has m schools it
        is least with all in doubt of no body, and of every body those that keep it to m; the m
        with the least is found by trying each.
        """
        at, index = self._at
        whole = self.total(True)
        ends = {end: self.rows[f"share_{end}"] for end in Ends._fields}
        of = pd.DataFrame(ends).groupby([at, body]).sum()
        unit = of.index.get_level_values(0).to_numpy()
        most = of["high"] / (of["high"] + whole.low[unit] - of["low"])
        high = most.groupby(unit).max().reindex(range(len(index)), fill_value=0.0).to_numpy(float)
        low = high.copy()
        doubted = (whole.high > whole.low)[unit]
        for g, mine in of[doubted].groupby(unit[doubted]):
            n, doubt = whole.low[g], mine["high"] - mine["low"]
            free = whole.high[g] - n - doubt.sum()
            shares = [
                m / (n + free + np.minimum(doubt, (m - mine["low"]).clip(lower=0)).sum())
                for m in np.arange(mine["low"].max(), mine["high"].max() + 1)
                if m or n + free
            ]
            low[g] = min(shares)
        return Ends(low, high)

    def meet(self, units: Membership) -> Ends:
        """Count the units of another layer that they meet."""
        at, index = self._at
        rows = np.asarray(units.items.get_indexer(pd.Index(self.rows["urn"])), dtype=np.intp)
        sure = self.rows["share_low"].to_numpy() > 0
        return touched(at, rows, len(index), units, sure=sure)

    def table(self, found: Mapping[str, Ends]) -> pd.DataFrame:
        """Return two columns a name, _low and _high, in a row per phase and unit."""
        columns = {f"{name}_low": low for name, (low, _) in found.items()}
        columns |= {f"{name}_high": high for name, (_, high) in found.items()}
        return pd.DataFrame(columns, index=self._at[1])


def _part(some: Floats, rest: Floats) -> Floats:
    return np.asarray(some / np.where(some > 0, some + rest, 1.0), dtype=float)


def _sums(both: pd.DataFrame, values: Mapping[str, Any]) -> pd.DataFrame:
    """Add values up over the schools of each phase and unit, each by its share there."""
    table = pd.DataFrame(dict(values), index=both.index, dtype=float)
    weighed = table.mul(both["share"], axis=0)
    return weighed.groupby([both[c] for c in _UNIT], observed=True).sum()


def _bodies(both: pd.DataFrame, column: str) -> pd.DataFrame:
    """Count the schools of each body in each phase and unit, in the order of all three."""
    groups = both.groupby([*_UNIT, column], observed=True)
    return groups["share"].sum().rename("schools").reset_index()


def hub_view(
    schools: pd.DataFrame,
    hubs: Membership,
    trust_home: pd.Series,
    layers: Mapping[str, Membership],
) -> pd.DataFrame:
    """Say for every hub with how many bodies it has to deal, by phase.

    Parameters
    ----------
    schools : pandas.DataFrame
        urn, phase, trust_uid, status_unknown, pupils.
    hubs : Membership
        Which hub has which school.
    trust_home : pandas.Series of str
        Home hub of each trust, by trust_uid; see `geolls.measures.home.home_of`.
    layers : mapping of str to Membership
        The layers to count, e.g. local_authority and combined_authority.

    Returns
    -------
    pandas.DataFrame
        One row per phase (`all` first) and hub, sorted by code: phase, unit_code, unit_name,
        schools, pupils, trust_schools, trusts, units_<L> for every layer, trusts_based_elsewhere,
        elsewhere_share (share of its trust schools whose trust has its home hub elsewhere; blank
        without trust schools); each of these numbers again with the endings _low and _high.

    Notes
    -----
    A trust of one school is at home where it is. A trust without a home, or whose home is not
    known, is not based elsewhere. Hubs met are not hubs worked with. At least are the schools that
    no other hub lists too, at most all that it lists; a school of unknown status may be in a trust
    (of those that are named, or not), and a trust whose home is not known may be based elsewhere.
    """
    table = schools.merge(hubs.frame("urn", reasons=False), on="urn")
    inside = table["trust_uid"].notna()
    home = table["trust_uid"].map(trust_home)
    away = inside & ~home.isin(HOMELESS) & home.notna() & (home != table["unit_code"])
    unsure = inside & (home.isna() | (home == "not_known"))
    both = by_phase(table.assign(inside=inside, away=away, unsure=unsure))
    units = both.groupby(_UNIT, observed=True)
    pupils, gone = both["pupils"].fillna(0), both["trust_uid"].where(both["away"])
    counted = {"schools": 1.0, "pupils": pupils, "trust_schools": both["inside"]}
    frame = _sums(both, {**counted, "away": both["away"]})
    frame.insert(0, "unit_name", units["unit_name"].first())
    some = frame["trust_schools"].mask(frame["trust_schools"] == 0)
    frame = frame.assign(
        trusts=units["trust_uid"].nunique(),
        trusts_based_elsewhere=gone.groupby([both[c] for c in _UNIT], observed=True).nunique(),
        elsewhere_share=frame.pop("away") / some,
    )
    here, dark = _Groups(both), both["status_unknown"].astype(bool)
    maybe = both["away"] | both["unsure"] | dark
    ends = {
        "schools": here.total(1.0),
        "pupils": here.total(pupils),
        "trust_schools": here.total(both["inside"], both["inside"] | dark),
        "trusts": here.bodies(both["trust_uid"]),
        "trusts_based_elsewhere": here.bodies(gone, both["trust_uid"].where(maybe)),
        "elsewhere_share": here.part(both["away"], maybe, both["inside"], both["inside"] | dark),
        **{f"units_{k}": here.meet(m) for k, m in layers.items()},
    }
    frame = frame.reset_index().astype({"phase": "str"}).join(here.table(ends), on=_UNIT)
    return frame.assign(**{f"units_{k}": frame[f"units_{k}_high"].astype(int) for k in layers})


def trust_view(frame: pd.DataFrame, hub_layers: list[str]) -> pd.DataFrame:
    """Say for every trust how many hubs it meets, and how many effectively.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table of `spread`.
    hub_layers : list of str
        Keys of the hub layers in it.

    Returns
    -------
    pandas.DataFrame
        One row per trust: trust_uid, trust_name, schools; for every layer L hubs_L (met, at most),
        hubs_L_low, hubs_L_high and effective_hubs_L (2^entropy; blank where none of its schools
        has a hub).
    """
    found = frame[["trust_uid", "trust_name", "schools"]].copy()
    for key in hub_layers:
        for end in ("", "_low", "_high"):
            found[f"hubs_{key}{end}"] = frame[f"areas_{key}{end}"]
        found[f"effective_hubs_{key}"] = 2.0 ** frame[f"entropy_{key}"]
    return found


def school_view(
    schools: pd.DataFrame,
    layers: Mapping[str, Membership],
    *,
    neighbourhoods: npt.ArrayLike | None = None,
    offices: pd.DataFrame | None = None,
    options: PlaceOptions | None = None,
    travel: Travel | None = None,
) -> pd.DataFrame:
    """Say for every school what lies about it: lines, other providers, its own trust.

    Parameters
    ----------
    schools : pandas.DataFrame
        One row per school: urn, phase, la_code, trust_uid, status_unknown, easting, northing.
    layers : mapping of str to Membership
        Every layer whose lines count.
    neighbourhoods : array_like of float, shape (n, 2), optional
        Eastings and northings of neighbourhoods, to tell urban from rural; without them local
        choice is blank.
    offices : pandas.DataFrame, optional
        Registered offices of trusts: trust_uid, easting, northing.
    options : PlaceOptions, optional
        What counts as near and alone.
    travel : Travel, optional
        Minutes between schools: near is then by road, where the times tell short ways apart.

    Returns
    -------
    pandas.DataFrame
        One row per school, in the order of `schools`: urn; sibling_km (nearest other school of
        its trust), with `travel` sibling_minutes; only_school_of_trust (none within alone_km;
        blank without a trust or coordinates, or where a time is not known); urban; near_schools
        (of the k nearest of its phase, how many are within the radius); local_choice;
        single_provider; km_to_trust_office (with `offices`; the registered postcode may be an
        accountant's); for every layer L boundary_neighbours_L and trust_bridge_L.

    Notes
    -----
    local_choice is 1/sum q^2 over the providers of the near schools, the school itself apart.
    single_provider: all k nearest are within the radius, and they and the school are in one
    trust. boundary_neighbours: of its k nearest of the same phase, the share in another unit of
    L (no unit in common); blank where the school has no unit. trust_bridge: its trust also has a
    school in one of those other units. Straight lines, or minutes from the school, of the schools
    it has a time to; schools stand at the centre of their postcode.
    """
    rules = options or PlaceOptions()
    xy = schools[["easting", "northing"]].to_numpy(dtype=float)
    trust = np.asarray(pd.factorize(schools["trust_uid"])[0], dtype=np.intp)
    next_door = travel if travel is not None and travel.least <= rules.urban_minutes else None
    near, far = _same_phase(schools, xy, rules.neighbours, next_door)
    frame = pd.DataFrame({"urn": schools["urn"].to_numpy()})
    frame["sibling_km"] = _siblings(trust, xy) / 1000
    alone, known = ~(frame["sibling_km"].to_numpy() <= rules.alone_km), located(xy)
    radii = (rules.urban_km * 1000, rules.rural_km * 1000)
    if travel is not None:
        frame["sibling_minutes"], every = _sibling_minutes(trust, schools["urn"], travel)
        close = frame["sibling_minutes"].to_numpy() <= rules.alone_minutes
        alone, known = ~close, close | every
    if next_door is not None:
        radii = (rules.urban_minutes, rules.rural_minutes)
    frame["only_school_of_trust"] = _known(alone, (trust >= 0) & known)
    seen = located(xy) if next_door is None else np.asarray((near >= 0).any(axis=1))
    frame = frame.assign(
        **_local_choice(schools, near, far, seen, _urban(xy, neighbourhoods, rules), radii)
    )
    if offices is not None:
        at = offices.drop_duplicates("trust_uid").set_index("trust_uid")[["easting", "northing"]]
        office = at.reindex(schools["trust_uid"]).to_numpy(dtype=float)
        frame["km_to_trust_office"] = distance(xy, office) / 1000
    for key, membership in layers.items():
        units = _units_of(pd.Index(schools["urn"]), membership)
        share, bridge = _across(units, near, trust)
        frame[f"boundary_neighbours_{key}"] = share
        frame[f"trust_bridge_{key}"] = bridge
    return frame


def _known(values: Any, known: Flags) -> pd.Series[Any]:
    """Return the values where they are known, else blanks."""
    return pd.Series(values).astype(object).where(known, None)


def _same_phase(
    schools: pd.DataFrame, xy: Floats, k: int, travel: Travel | None
) -> tuple[Ints, Floats]:
    """Return the k nearest of the same phase, ties by URN: positions; metres, or minutes."""
    near = np.full((len(schools), k), -1, dtype=np.intp)
    far = np.full((len(schools), k), np.nan)
    urn = schools["urn"].to_numpy(dtype=object)
    by_urn = np.argsort(urn, kind="stable")
    phase = schools["phase"].to_numpy(dtype=object)
    for word in pd.unique(schools["phase"].dropna()):
        rows = by_urn[phase[by_urn] == word]
        itself = np.arange(len(rows))
        if travel is None:
            at, near_by = nearest(xy[rows], xy[rows], k, skip=itself)
        else:
            at, near_by = travel.nearest(urn[rows], urn[rows], k, skip=itself)
        near[rows] = np.where(at >= 0, rows[at], -1)
        far[rows] = near_by
    return near, far


def _siblings(trust: Ints, xy: Floats) -> Floats:
    """Return the metres to the nearest other school of the same trust."""
    metres = np.full(len(trust), np.nan)
    rows = by_body(xy, trust)
    i, j = pairs_within(trust[rows])
    metres[rows] = nearest_sibling(i, j, distance(xy[rows[i]], xy[rows[j]]), len(rows))
    return metres


def _sibling_minutes(trust: Ints, urns: pd.Series[str], travel: Travel) -> tuple[Floats, Flags]:
    """Return the minutes to the nearest other school of the trust, and if all its times are known.

    A school alone in its trust has all there are.
    """
    order = np.argsort(trust, kind="stable")
    rows, urn = order[trust[order] >= 0], urns.to_numpy(dtype=object)
    i, j = (rows[end] for end in pairs_within(trust[rows]))
    minutes = travel.both_ways(urn[i], urn[j])
    lost = ~np.isfinite(minutes)
    every = np.bincount(np.concatenate([i[lost], j[lost]]), minlength=len(trust)) == 0
    return nearest_sibling(i[~lost], j[~lost], minutes[~lost], len(trust)), every


def _urban(xy: Floats, neighbourhoods: npt.ArrayLike | None, rules: PlaceOptions) -> Flags | None:
    """Return which schools have many neighbourhoods about them; None where none are given."""
    if neighbourhoods is None:
        return None
    dense = count_within(np.asarray(neighbourhoods, dtype=float), xy, rules.density_km * 1000)
    return np.asarray(dense >= rules.urban_neighbourhoods)


def _local_choice(
    schools: pd.DataFrame,
    near: Ints,
    far: Floats,
    placed: Flags,
    urban: Flags | None,
    radii: tuple[float, float],
) -> dict[str, Any]:
    if urban is None:
        blank = ("urban", "near_schools", "local_choice", "single_provider")
        return dict.fromkeys(blank, np.nan)
    close = (near >= 0) & (far <= np.where(urban, *radii)[:, None])
    body = np.asarray(pd.factorize(providers(schools).to_numpy())[0])
    who = np.where(close, body[near], -1)
    # Two near schools of one provider: the sum of squared shares counts ordered pairs.
    known = who >= 0
    together = (who[:, :, None] == who[:, None, :]) & known[:, :, None] & known[:, None, :]
    pairs = together.sum(axis=(1, 2))
    one = close.all(axis=1) & (who == body[:, None]).all(axis=1)
    return {
        "urban": _known(urban, placed),
        "near_schools": np.where(placed, close.sum(axis=1), np.nan),
        "local_choice": known.sum(axis=1) ** 2 / np.where(pairs > 0, pairs, np.nan),
        "single_provider": _known(one & schools["trust_uid"].notna().to_numpy(), placed),
    }


def _units_of(urn: pd.Index[str], membership: Membership) -> csr_array:
    """Return which school (rows) has which unit (columns)."""
    x = membership.over(urn)
    real = ~x.outside[x.unit]
    entries = np.ones(int(real.sum())), (x.item[real], x.unit[real])
    return csr_array(entries, shape=(len(urn), len(x.codes)))


def _across(units: csr_array, near: Ints, trust: Ints) -> tuple[Floats, pd.Series[Any]]:
    """Return the share of neighbours in another unit, and whether the trust is there too."""
    n = len(near)
    placed = np.asarray(units.sum(axis=1) > 0)
    school, turn = np.nonzero(near >= 0)
    other = near[school, turn]
    theirs = units[other]
    apart = placed[school] & placed[other] & ~_meet(units[school], theirs)
    number = np.bincount(school, minlength=n)
    share = np.bincount(school, apart, minlength=n) / np.where(number > 0, number, np.nan)
    share[~placed] = np.nan
    inside = np.flatnonzero(trust >= 0)
    shape = (int(trust.max(initial=0)) + 1, n)
    of_trust = csr_array((np.ones(len(inside)), (trust[inside], inside)), shape=shape) @ units
    bridge = np.zeros(n, dtype=bool)
    bridge[school[apart & (trust[school] >= 0) & _meet(of_trust[trust[school]], theirs)]] = True
    return share, _known(bridge, placed & (number > 0) & (trust >= 0))


def _meet(a: csr_array, b: csr_array) -> Flags:
    """Return which rows of two tables have a column in common."""
    return np.asarray(a.multiply(b).sum(axis=1) > 0)
