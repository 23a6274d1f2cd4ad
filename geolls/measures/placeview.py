"""Look at the schools from a place, a hub, a trust or a school: who works here, from where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geolls.base.vocabulary import BLANK_BELOW, KINDS
from geolls.measures.distances import (
    by_body,
    count_within,
    distance,
    located,
    nearest,
    nearest_sibling,
    pairs_within,
)
from geolls.measures.overlap import Coded, code, is_reason
from geolls.measures.spread import SpreadOptions, each_phase, size_band

__all__ = [
    "PlaceOptions",
    "headlines",
    "hub_view",
    "interfaces",
    "oversight",
    "place_view",
    "providers",
    "school_view",
    "trust_view",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]


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
    """

    neighbours: int = 5
    urban_km: float = 3.0
    rural_km: float = 8.0
    density_km: float = 3.0
    urban_neighbourhoods: int = 10
    alone_km: float = 15.0
    few: int = BLANK_BELOW


def oversight(
    schools: pd.DataFrame,
    trust_home: pd.Series,
    unit_of_school: pd.DataFrame,
    *,
    trust_sizes: pd.Series[int] | None = None,
) -> pd.Series[Any]:
    """Say who runs each school, seen from its place.

    Parameters
    ----------
    schools : pandas.DataFrame
        urn, trust_uid (missing: in no trust), status_unknown (bool; optional).
    trust_home : pandas.Series of str
        Home unit of each trust in the place layer (home_<L> of the spread table), by trust_uid.
    unit_of_school : pandas.DataFrame
        Membership of the place layer: item (urn), unit_code, unit_name, share.
    trust_sizes : pandas.Series of int, optional
        Schools of each trust, by trust_uid; by default those in the table.

    Returns
    -------
    pandas.Series of str
        One of `KINDS` per school, indexed by urn: `no_trust`; `single_school_trust` (the only
        school of its trust); `trust_home_here` (most schools of its trust are in this unit, or in
        one of the units that share the school); `trust_based_elsewhere`; `status_unknown`. Blank
        for a school of a larger trust that has no unit in the layer.

    Notes
    -----
    Home is where most of a trust's schools are, not its office. Elsewhere is not far.
    """
    urn = schools["urn"].to_numpy()
    uid = schools["trust_uid"]
    sizes = uid.value_counts() if trust_sizes is None else trust_sizes
    none = uid.isna().to_numpy()
    unknown = _flag(schools, "status_unknown")
    single = uid.map(sizes).fillna(0).to_numpy(dtype=float) <= 1
    claims = unit_of_school[~is_reason(unit_of_school["unit_code"])]
    row = pd.Index(urn).get_indexer(pd.Index(claims["item"]))
    code_, row = claims["unit_code"].to_numpy(dtype=object)[row >= 0], row[row >= 0]
    home = uid.map(trust_home).to_numpy(dtype=object)
    placed, at_home = np.zeros(len(urn), dtype=bool), np.zeros(len(urn), dtype=bool)
    placed[row] = True
    at_home[row[code_ == home[row]]] = True
    words = np.select(
        [
            unknown & none,
            none,
            single,
            at_home,
            placed,
        ],
        ["status_unknown", "no_trust", "single_school_trust", "trust_home_here",
         "trust_based_elsewhere"],
        default="",
    )  # fmt: skip
    found = pd.Series(words, index=pd.Index(urn, name="urn"), name="kind").astype(object)
    return found.mask(found == "", None)


def headlines(kinds: pd.Series[Any]) -> pd.DataFrame:
    """Count who runs the schools, with the interval that unknown status leaves open.

    Parameters
    ----------
    kinds : pandas.Series of str
        As `oversight` returns it; blanks are left out.

    Returns
    -------
    pandas.DataFrame
        One row per kind of `KINDS`: kind, schools, share, share_low, share_high. The interval
        runs from none of the schools of unknown status being of that kind to all of them.
    """
    known = kinds.dropna()
    schools = known.value_counts().reindex(KINDS, fill_value=0)
    unknown = np.where(schools.index == "status_unknown", 0, schools["status_unknown"])
    total = len(known) or float("nan")
    share = schools / total
    low = np.where(schools.index == "status_unknown", 0.0, share)
    frame = pd.DataFrame({"schools": schools, "share": share, "share_low": low})
    frame["share_high"] = (schools + unknown) / total
    return frame.rename_axis("kind").reset_index()


def providers(schools: pd.DataFrame) -> pd.Series[Any]:
    """Name the provider of each school: its trust, or the authority that maintains it.

    Parameters
    ----------
    schools : pandas.DataFrame
        urn, trust_uid, la_code (str); status_unknown (bool; optional).

    Returns
    -------
    pandas.Series of str
        "trust:<uid>" or "authority:<la_code>", indexed by urn; blank where the status is unknown
        or the authority is.
    """
    trust = "trust:" + schools["trust_uid"].astype(object)
    authority = ("authority:" + schools["la_code"].astype(object)).mask(
        _flag(schools, "status_unknown")
    )
    found = trust.where(schools["trust_uid"].notna(), authority)
    return found.set_axis(pd.Index(schools["urn"], name="urn")).rename("provider")


def place_view(
    schools: pd.DataFrame,
    place: pd.DataFrame,
    trust_home: pd.Series,
    layers: Mapping[str, pd.DataFrame] | None = None,
    *,
    nearby: pd.DataFrame | None = None,
    options: PlaceOptions | None = None,
    bands: SpreadOptions | None = None,
) -> pd.DataFrame:
    """Say for every area who works there, by phase.

    Parameters
    ----------
    schools : pandas.DataFrame
        One row per school: urn, phase, la_code, trust_uid, trust_name, pupils, status_unknown.
    place : pandas.DataFrame
        Membership of the place layer: item (urn), unit_code, unit_name, share. A shared school
        counts by its shares.
    trust_home : pandas.Series of str
        Home unit of each trust in this layer, by trust_uid.
    layers : mapping of str to pandas.DataFrame, optional
        All area layers, for `interfaces`.
    nearby : pandas.DataFrame, optional
        The table of `school_view`, for the columns on only schools and local choice.
    options : PlaceOptions, optional
        What is too few.
    bands : SpreadOptions, optional
        Size bands.

    Returns
    -------
    pandas.DataFrame
        One row per phase (`all` first) and unit, sorted by code: phase, unit_code, unit_name,
        schools, pupils, trusts (with a school here), effective_providers, top_trust_uid,
        top_trust_name, top_trust_share (of its schools; ties by uid), share_<kind> for every one
        of `KINDS`, share_band_<band> (schools in trusts of that size), trusts_per_10000_pupils;
        with `layers` interfaces; with `nearby` only_schools, only_school_share,
        single_provider_pupil_share (of the pupils in schools where it is known). Shares of fewer
        than `few` schools are blank.

    Notes
    -----
    effective_providers is 1/sum q^2 over the providers of `providers`: 1 where one body runs all,
    n where n run equally many. interfaces counts the distinct (layer, unit) pairs that the
    schools meet: with how many bodies a place has to deal. Sizes of trusts are those of all
    their schools in the table, in every phase and place.
    """
    rules, sizes = options or PlaceOptions(), bands or SpreadOptions()
    table = schools.assign(
        kind=oversight(schools, trust_home, place).to_numpy(),
        provider=providers(schools).to_numpy(),
        band=_bands(schools, sizes),
    )
    if nearby is not None:
        columns = ["only_school_of_trust", "single_provider"]
        table = table.merge(nearby.set_index("urn")[columns], left_on="urn", right_index=True)
    here = place.loc[~is_reason(place["unit_code"]), ["item", "unit_code", "unit_name", "share"]]
    joined = table.merge(here, left_on="urn", right_on="item", how="inner")
    parts = []
    for phase, part in each_phase(joined):
        found = _places(part, sizes, rules, nearby is not None)
        found.insert(0, "phase", phase)
        parts.append(found.reset_index())
    frame = pd.concat(parts, ignore_index=True)
    if layers is not None:
        both = pd.concat([joined.assign(phase="all"), joined])[["item", "phase", "unit_code"]]
        met = interfaces(both, layers, ["phase", "unit_code"]).rename("interfaces")
        frame = frame.merge(met.reset_index(), on=["phase", "unit_code"], how="left")
    first = ["phase", "unit_code", "unit_name"]
    return frame[[*first, *(c for c in frame.columns if c not in first)]]


def _bands(schools: pd.DataFrame, sizes: SpreadOptions) -> npt.NDArray[Any]:
    number = schools["trust_uid"].map(schools["trust_uid"].value_counts()).fillna(0)
    words = size_band(np.maximum(number.to_numpy(dtype=int), 1), sizes.size_bands).astype(object)
    words[schools["trust_uid"].isna().to_numpy()] = None
    return words


class _ByUnit:
    """Sums over the schools of each unit: units numbered once, not once a sum."""

    def __init__(self, part: pd.DataFrame) -> None:
        self.names = part.drop_duplicates("unit_code").set_index("unit_code")["unit_name"]
        self.names = self.names.sort_index()
        self.number = self.names.index.get_indexer(pd.Index(part["unit_code"]))
        self.share = part["share"].to_numpy(dtype=float)

    def total(self, values: Any = 1.0) -> pd.Series[float]:
        """Return the sum of a value over each unit's schools, each by its share there."""
        weight = self.share * np.asarray(values, dtype=float)
        return self._series(np.bincount(self.number, weight, len(self.names)))

    def bodies(self, of: pd.Series[Any]) -> pd.DataFrame:
        """Return unit (its number), body and schools w, for each body with a school there.

        Sorted by unit and, within one, by body; blank bodies are left out.
        """
        codes, bodies = pd.factorize(of, sort=True)
        known = codes >= 0
        pair = self.number[known] * max(len(bodies), 1) + codes[known]
        pairs, at = np.unique(pair, return_inverse=True)
        return pd.DataFrame(
            {
                "unit": pairs // max(len(bodies), 1),
                "body": bodies.take(pairs % max(len(bodies), 1)),
                "w": np.bincount(at, self.share[known], len(pairs)),
            }
        )

    def count(self, pairs: pd.DataFrame) -> pd.Series[int]:
        """Count the bodies of each unit."""
        return self._series(np.bincount(pairs["unit"], minlength=len(self.names)))

    def _series(self, values: npt.NDArray[Any]) -> pd.Series[Any]:
        return pd.Series(values, index=self.names.index)


def _places(
    part: pd.DataFrame, sizes: SpreadOptions, rules: PlaceOptions, near: bool
) -> pd.DataFrame:
    """Return the place view of one phase, indexed by unit_code."""
    of = _ByUnit(part)
    schools, pupils = of.total(), of.total(part["pupils"].fillna(0))
    enough = schools >= rules.few
    trusts = of.bodies(part["trust_uid"])
    frame = pd.DataFrame({"unit_name": of.names, "schools": schools, "pupils": pupils})
    frame["trusts"] = of.count(trusts)
    run = of.bodies(part["provider"])
    whole = np.bincount(run["unit"], run["w"], len(frame))
    squares = np.bincount(run["unit"], (run["w"] / whole[run["unit"]]) ** 2, len(frame))
    frame["effective_providers"] = 1 / pd.Series(squares, frame.index).mask(whole == 0)
    top = trusts.sort_values(["unit", "w"], ascending=[True, False], kind="stable")
    top = top.drop_duplicates("unit")
    top = top.set_index(frame.index[top["unit"]])
    frame["top_trust_uid"] = top["body"]
    named = part.drop_duplicates("trust_uid").set_index("trust_uid")["trust_name"]
    frame["top_trust_name"] = frame["top_trust_uid"].map(named)
    frame["top_trust_share"] = (top["w"].reindex(frame.index, fill_value=0) / schools).where(enough)
    for column, words, prefix in (
        ("kind", KINDS, "share_"),
        ("band", _band_names(sizes), "share_band_"),
    ):
        values = part[column].to_numpy(dtype=object)
        for word in words:
            frame[prefix + word] = (of.total(values == word) / schools).where(enough)
    frame["trusts_per_10000_pupils"] = frame["trusts"] / pupils.mask(pupils == 0) * 10_000
    if near:
        only = of.total(part["only_school_of_trust"].fillna(False).astype(bool))
        frame["only_schools"] = only
        frame["only_school_share"] = (only / schools).where(enough)
        heads = part["pupils"].fillna(0).where(part["single_provider"].notna(), 0)
        known = of.total(heads)
        one = of.total(heads * part["single_provider"].fillna(False).astype(bool))
        frame["single_provider_pupil_share"] = (one / known.mask(known == 0)).where(enough)
    return frame


def _band_names(sizes: SpreadOptions) -> list[str]:
    return list(size_band(np.array(sizes.size_bands), sizes.size_bands))


def interfaces(
    groups: pd.DataFrame,
    layers: Mapping[str, pd.DataFrame],
    by: Sequence[str] = ("unit_code",),
) -> pd.Series[int]:
    """Count the distinct (layer, unit) pairs that the schools of each group meet.

    Parameters
    ----------
    groups : pandas.DataFrame
        Which schools are in which group: item (urn) and the columns of `by`.
    layers : mapping of str to pandas.DataFrame
        Key to membership.
    by : sequence of str, optional
        The columns that make a group: a place's unit_code, a trust_uid ...

    Returns
    -------
    pandas.Series of int
        Number of pairs, indexed by group, sorted. Reasons are no unit.
    """
    items = pd.Index(groups["item"].unique())
    rows = items.get_indexer(pd.Index(groups["item"]))
    grouped = groups.groupby(list(by), sort=True)
    number = np.asarray(grouped.ngroup(), dtype=np.intp)
    found = grouped.size() * 0
    for key, membership in layers.items():
        x = code(membership, items, what=key, among=True)
        claim, at = x.on(rows)
        real = ~x.outside[x.unit[claim]]
        width = max(len(x.codes), 1)
        met = np.unique(number[at[real]] * width + x.unit[claim[real]])
        found += np.bincount(met // width, minlength=len(found))
    return found


def hub_view(
    schools: pd.DataFrame,
    hubs: pd.DataFrame,
    trust_home: pd.Series,
    layers: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    """Say for every hub with how many bodies it has to deal, by phase.

    Parameters
    ----------
    schools : pandas.DataFrame
        urn, phase, trust_uid, pupils.
    hubs : pandas.DataFrame
        Membership of the hub layer: item (urn), unit_code, unit_name, share.
    trust_home : pandas.Series of str
        Modal hub of each trust (home_<hub layer> of the spread table), by trust_uid.
    layers : mapping of str to pandas.DataFrame
        The layers to count, e.g. local_authority and combined_authority.

    Returns
    -------
    pandas.DataFrame
        One row per phase (`all` first) and hub, sorted by code: phase, unit_code, unit_name,
        schools, pupils, trust_schools, trusts, units_<L> for every layer, trusts_based_elsewhere,
        elsewhere_share (share of its trust schools whose trust has its modal hub elsewhere; blank
        without trust schools).

    Notes
    -----
    A trust of one school is at home where it is. Hubs met are not hubs worked with.
    """
    here = hubs.loc[~is_reason(hubs["unit_code"]), ["item", "unit_code", "unit_name", "share"]]
    joined = schools.merge(here, left_on="urn", right_on="item", how="inner")
    joined["away"] = joined["trust_uid"].notna() & (
        joined["trust_uid"].map(trust_home) != joined["unit_code"]
    )
    parts = []
    for phase, part in each_phase(joined):
        unit, share = part["unit_code"], part["share"]
        names = part.drop_duplicates("unit_code").set_index("unit_code")["unit_name"].sort_index()
        trust = share * part["trust_uid"].notna()
        frame = pd.DataFrame(
            {
                "unit_name": names,
                "schools": share.groupby(unit).sum(),
                "pupils": (share * part["pupils"].fillna(0)).groupby(unit).sum(),
                "trust_schools": trust.groupby(unit).sum(),
                "trusts": part.groupby("unit_code")["trust_uid"].nunique(),
            }
        ).rename_axis("unit_code")
        away = part[part["away"]]
        frame["trusts_based_elsewhere"] = (
            away.groupby("unit_code")["trust_uid"].nunique().reindex(frame.index, fill_value=0)
        )
        gone = (share * part["away"]).groupby(unit).sum()
        frame["elsewhere_share"] = gone / frame["trust_schools"].mask(frame["trust_schools"] == 0)
        frame.insert(0, "phase", phase)
        parts.append(frame.reset_index())
    frame = pd.concat(parts, ignore_index=True)
    both = pd.concat([joined.assign(phase="all"), joined])[["item", "phase", "unit_code"]]
    for key, membership in layers.items():
        met = interfaces(both, {key: membership}, ["phase", "unit_code"]).rename(f"units_{key}")
        frame = frame.merge(met.reset_index(), on=["phase", "unit_code"], how="left")
    first = ["phase", "unit_code", "unit_name", "schools", "pupils", "trust_schools", "trusts"]
    return frame[[*first, *(c for c in frame.columns if c not in first)]]


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
        One row per trust: trust_uid, trust_name, schools; for every layer L hubs_L (met) and
        effective_hubs_L (2^entropy; blank where none of its schools has a hub).
    """
    found = frame[["trust_uid", "trust_name", "schools"]].copy()
    for key in hub_layers:
        found[f"hubs_{key}"] = frame[f"areas_{key}"]
        found[f"effective_hubs_{key}"] = 2.0 ** frame[f"entropy_{key}"]
    return found


def school_view(
    schools: pd.DataFrame,
    layers: Mapping[str, pd.DataFrame],
    *,
    neighbourhoods: npt.ArrayLike | None = None,
    offices: pd.DataFrame | None = None,
    options: PlaceOptions | None = None,
) -> pd.DataFrame:
    """Say for every school what lies about it: lines, other providers, its own trust.

    Parameters
    ----------
    schools : pandas.DataFrame
        One row per school: urn, phase, la_code, trust_uid, status_unknown, easting, northing.
    layers : mapping of str to pandas.DataFrame
        Key to membership (item is the urn) of every layer whose lines count.
    neighbourhoods : array_like of float, shape (n, 2), optional
        Eastings and northings of neighbourhoods, to tell urban from rural; without them local
        choice is blank.
    offices : pandas.DataFrame, optional
        Registered offices of trusts: trust_uid, easting, northing.
    options : PlaceOptions, optional
        What counts as near and alone.

    Returns
    -------
    pandas.DataFrame
        One row per school, in the order of `schools`: urn; sibling_km (nearest other school of
        its trust); only_school_of_trust (none within alone_km; blank without a trust or
        coordinates); urban; near_schools (of the k nearest of its phase, how many are within the
        radius); local_choice; single_provider; km_to_trust_office (with `offices`; the registered
        postcode may be an accountant's); for every layer L boundary_neighbours_L and
        trust_bridge_L.

    Notes
    -----
    local_choice is 1/sum q^2 over the providers of the near schools, the school itself apart.
    single_provider: all k nearest are within the radius, and they and the school are in one
    trust. boundary_neighbours: of its k nearest of the same phase, the share in another unit of
    L (no unit in common); blank where the school has no unit. trust_bridge: its trust also has a
    school in one of those other units. Straight lines; schools stand at the centre of their
    postcode.
    """
    rules = options or PlaceOptions()
    xy = schools[["easting", "northing"]].to_numpy(dtype=float)
    near, metres = _same_phase(schools, xy, rules.neighbours)
    frame = pd.DataFrame({"urn": schools["urn"].to_numpy()})
    frame["sibling_km"] = _siblings(schools, xy) / 1000
    in_trust = schools["trust_uid"].notna().to_numpy() & located(xy)
    far = ~(frame["sibling_km"] <= rules.alone_km)
    frame["only_school_of_trust"] = far.astype(object).where(in_trust, None)
    _local_choice(frame, schools, near, metres, xy, neighbourhoods, rules)
    if offices is not None:
        at = offices.drop_duplicates("trust_uid").set_index("trust_uid")[["easting", "northing"]]
        office = at.reindex(schools["trust_uid"]).to_numpy(dtype=float)
        frame["km_to_trust_office"] = distance(xy, office) / 1000
    items = pd.Index(schools["urn"])
    trust, _ = pd.factorize(schools["trust_uid"])
    for key, membership in layers.items():
        x = code(membership, items, what=key, among=True)
        share, bridge = _across(x, near, np.asarray(trust, dtype=np.intp))
        frame[f"boundary_neighbours_{key}"] = share
        frame[f"trust_bridge_{key}"] = bridge
    return frame


def _flag(schools: pd.DataFrame, column: str) -> Flags:
    if column not in schools:
        return np.zeros(len(schools), dtype=bool)
    return np.asarray(schools[column].fillna(False), dtype=bool)


def _same_phase(schools: pd.DataFrame, xy: Floats, k: int) -> tuple[Ints, Floats]:
    """Return the k nearest schools of the same phase, ties by URN: positions and metres."""
    near = np.full((len(schools), k), -1, dtype=np.intp)
    metres = np.full((len(schools), k), np.nan)
    by_urn = np.argsort(schools["urn"].to_numpy(), kind="stable")
    phase = schools["phase"].to_numpy(dtype=object)
    for word in pd.unique(schools["phase"].dropna()):
        rows = by_urn[phase[by_urn] == word]
        at, near_m = nearest(xy[rows], xy[rows], k, skip=np.arange(len(rows)))
        near[rows] = np.where(at >= 0, rows[at], -1)
        metres[rows] = near_m
    return near, metres


def _siblings(schools: pd.DataFrame, xy: Floats) -> Floats:
    """Return the metres to the nearest other school of the same trust."""
    metres = np.full(len(schools), np.nan)
    trust = pd.factorize(schools["trust_uid"])[0]
    rows = by_body(xy, trust)
    i, j = pairs_within(trust[rows])
    metres[rows] = nearest_sibling(i, j, distance(xy[rows[i]], xy[rows[j]]), len(rows))
    return metres


def _local_choice(
    frame: pd.DataFrame,
    schools: pd.DataFrame,
    near: Ints,
    metres: Floats,
    xy: Floats,
    neighbourhoods: npt.ArrayLike | None,
    rules: PlaceOptions,
) -> None:
    n = len(schools)
    if neighbourhoods is None:
        for column in ("urban", "near_schools", "local_choice", "single_provider"):
            frame[column] = np.full(n, np.nan)
        return
    points = np.asarray(neighbourhoods, dtype=float)
    dense = count_within(points, xy, rules.density_km * 1000)
    urban = dense >= rules.urban_neighbourhoods
    radius = np.where(urban, rules.urban_km, rules.rural_km) * 1000
    close = (near >= 0) & (metres <= radius[:, None])
    body, _ = pd.factorize(providers(schools).to_numpy())
    who = np.where(close, np.asarray(body)[near], -1)
    # Two near schools of one provider: the sum of squared shares counts ordered pairs.
    known = who >= 0
    together = (who[:, :, None] == who[:, None, :]) & known[:, :, None] & known[:, None, :]
    number = known.sum(axis=1)
    pairs = together.sum(axis=(1, 2))
    placed = located(xy)
    frame["urban"] = pd.Series(urban).astype(object).where(placed, None)
    frame["near_schools"] = np.where(placed, close.sum(axis=1), np.nan)
    frame["local_choice"] = np.divide(
        number.astype(float) ** 2, pairs, out=np.full(n, np.nan), where=pairs > 0
    )
    in_trust = schools["trust_uid"].notna().to_numpy()
    one = close.all(axis=1) & (who == np.asarray(body)[:, None]).all(axis=1) & in_trust
    frame["single_provider"] = pd.Series(one).astype(object).where(placed, None)


def _across(x: Coded, near: Ints, trust: Ints) -> tuple[Floats, npt.NDArray[Any]]:
    """Return the share of neighbours in another unit, and whether the trust is there too."""
    n = len(near)
    most = int(x.claims.max(initial=1))
    # Each school's units side by side; -1 where there is none.
    units = np.full((n, most), -1, dtype=np.intp)
    turn = np.arange(len(x.item)) - x.first[x.item]
    units[x.item, turn] = np.where(x.outside[x.unit], -1, x.unit)
    own = units[:, None, :, None]
    theirs = units[near][:, :, None, :]
    common = ((own == theirs) & (own >= 0)).any(axis=(2, 3))
    placed = np.asarray((units >= 0).any(axis=1), dtype=bool)
    found = near >= 0
    other = found & placed[near] & ~common & placed[:, None]
    number = found.sum(axis=1)
    share = np.divide(other.sum(axis=1), number, out=np.full(n, np.nan), where=number > 0)
    share[~placed] = np.nan
    width = len(x.codes) + 1
    real = (units >= 0) & (trust[:, None] >= 0)
    present = np.unique((trust[:, None] * width + units)[real])
    wanted = trust[:, None, None] * width + units[near]
    there = np.isin(wanted, present) & (units[near] >= 0) & (trust >= 0)[:, None, None]
    bridge = (there.any(axis=2) & other).any(axis=1)
    usable = placed & (number > 0) & (trust >= 0)
    return share, pd.Series(bridge).astype(object).where(usable, None).to_numpy()
