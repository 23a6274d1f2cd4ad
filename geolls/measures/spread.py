"""Measure how far every trust reaches: over lines on the map, and over kilometres."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geolls.base.arrays import Floats, Ints
from geolls.base.errors import UsageError
from geolls.base.vocabulary import REACHES
from geolls.measures.claimants import pairs_apart, touched
from geolls.measures.distances import (
    by_body,
    clusters,
    distance,
    hull_areas,
    located,
    nearest_sibling,
    pairs_within,
    spanning_tree,
)
from geolls.measures.home import homes
from geolls.measures.membership import Membership, pairs_of, sums
from geolls.measures.sensitivity import Moved, moved_rules
from geolls.measures.travel import Travel

__all__ = [
    "DISTANCES",
    "TIMES",
    "Bodies",
    "SpreadOptions",
    "band_names",
    "bodies",
    "by_phase",
    "distances",
    "reach",
    "reach_sensitivity",
    "size_band",
    "spread",
    "spread_by_phase",
    "times",
]


DISTANCES = (
    "pair_km_mean",
    "pair_km_median",
    "pair_km_max",
    "standard_distance_km",
    "nearest_sibling_km_median",
    "longest_hop_km",
    "hull_km2",
    "clusters",
    "largest_cluster_share",
)
TIMES = (
    "pair_minutes_mean",
    "pair_minutes_median",
    "pair_minutes_max",
    "nearest_sibling_minutes_median",
    "longest_hop_minutes",
    "pairs_timed_share",
)


@dataclass(frozen=True)
class SpreadOptions:
    """The bands and thresholds that turn distances and lines into words.

    Parameters
    ----------
    size_bands : tuple of int
        First size of each band; 1, 2-5, 6-11, 12-25, 26+ as in the trust literature after the
        2022 white paper (Hill 2015 has 1, 2-5, 6-20, more than 20).
    cluster_km : float
        Schools this near to each other are one cluster, by single linkage.
    local_km, sub_regional_km, regional_km, national_km : float
        Ceilings of the farthest pair of schools for the reaches from local to multi_regional.
        No source defines the words; these are ours: about a half-hour's drive, an hour's, the
        width of a region, and twice that. `reach_sensitivity` shows what hangs on each.
    national_regions : int
        A national trust works in at least so many regions.
    home_threshold : float
        The least share of a trust's located schools that makes a place its home, 0 to 1. A
        quarter: with less in its largest place a trust of four or more is everywhere and nowhere.
    authority_layer, region_layer : str
        The layers whose lines count for reach.

    Raises
    ------
    UsageError
        When a band or threshold is not positive or they do not rise.
    """

    size_bands: tuple[int, ...] = (1, 2, 6, 12, 26)
    cluster_km: float = 15.0
    local_km: float = 15.0
    sub_regional_km: float = 50.0
    regional_km: float = 100.0
    national_km: float = 200.0
    national_regions: int = 4
    home_threshold: float = 0.25
    authority_layer: str = "local_authority"
    region_layer: str = "region"

    def __post_init__(self) -> None:
        """Refuse what does not rise."""
        _rising("size_bands", self.size_bands)
        ceilings = (self.local_km, self.sub_regional_km, self.regional_km, self.national_km)
        _rising("local_km, sub_regional_km, regional_km, national_km", ceilings)
        _rising("cluster_km", (self.cluster_km,))
        _rising("national_regions", (1, self.national_regions))
        if self.size_bands[0] != 1:
            raise UsageError("size_bands must begin with 1", where="spread")
        if not 0 <= self.home_threshold <= 1:
            raise UsageError(
                f"home_threshold is a share from 0 to 1, not {self.home_threshold}", where="spread"
            )


def _rising(name: str, values: tuple[float, ...]) -> None:
    low = (0.0, *values[:-1])
    if not values or any(not a < b < np.inf for a, b in zip(low, values, strict=True)):
        raise UsageError(f"{name} must be positive and rise, not {values}", where="spread")


@dataclass(frozen=True)
class Bodies:
    """The schools sorted by the body (trust, federation, sponsor) that they belong to.

    Parameters
    ----------
    schools : pandas.DataFrame
        Only the schools in a body, sorted by body and URN.
    frame : pandas.DataFrame
        One row per body: trust_uid, trust_name, trust_type.
    body : numpy.ndarray of int
        Position in `frame` of each row of `schools`.
    size : numpy.ndarray of int
        Number of schools of each body.
    """

    schools: pd.DataFrame
    frame: pd.DataFrame
    body: Ints
    size: Ints

    @property
    def pupils(self) -> Floats:
        """Pupils of each school, missing as NaN."""
        return np.asarray(self.schools["pupils"], dtype=float)


def bodies(schools: pd.DataFrame, body: str = "trust") -> Bodies:
    """Sort the schools by the body that they belong to.

    Parameters
    ----------
    schools : pandas.DataFrame
        One row per school: urn, <body>_uid, <body>_name, for trusts trust_type, and what is to be
        measured.
    body : {"trust", "federation", "sponsor"}, optional
        Which kind of body.

    Returns
    -------
    Bodies
        The schools in a body, and one row per body, sorted by uid. trust_type is
        `multi_academy_trust`, `single_academy_trust`, `federation` or `sponsor`.

    Raises
    ------
    UsageError
        When a column is missing.
    """
    uid = f"{body}_uid"
    for column in ("urn", uid):
        if column not in schools:
            raise UsageError(f"column {column} is missing", where="schools")
    part = schools[schools[uid].notna()].sort_values([uid, "urn"], kind="stable")
    index, uids = pd.factorize(part[uid])
    at = np.asarray(index, dtype=np.intp)
    size = np.bincount(at, minlength=len(uids))
    first = part.iloc[np.searchsorted(at, np.arange(len(uids)))]
    kind = first["trust_type"].to_numpy(dtype=object) if body == "trust" else body
    frame = pd.DataFrame(
        {"trust_uid": np.asarray(uids), "trust_name": first[f"{body}_name"].to_numpy(),
         "trust_type": kind}
    )  # fmt: skip
    return Bodies(part.reset_index(drop=True), frame, at, size)


def spread(
    schools: pd.DataFrame,
    layers: Mapping[str, Membership],
    options: SpreadOptions | None = None,
    *,
    body: str = "trust",
    everywhere: pd.DataFrame | None = None,
    travel: Travel | None = None,
) -> pd.DataFrame:
    """Measure the spread of every trust, over lines and over kilometres.

    Parameters
    ----------
    schools : pandas.DataFrame
        One row per school: urn, trust_uid, trust_name, trust_type (str, missing where the school
        is in none), easting, northing (float, metres in EPSG:27700), pupils (float).
    layers : mapping of str to Membership
        Key of every area layer to who has the schools; others than those measured may be in it.
    options : SpreadOptions, optional
        Bands and thresholds.
    body : {"trust", "federation", "sponsor"}, optional
        Measure these bodies instead; the columns keep their names, trust_type says which.
    everywhere : pandas.DataFrame, optional
        The schools of every phase, those measured among them: <body>_uid, pupils. What a trust
        runs besides decides no distance and no line, but whether it runs one school. None where
        the schools are all there are.
    travel : Travel, optional
        Minutes between schools, for the columns of `TIMES`; reach stays by kilometres.

    Returns
    -------
    pandas.DataFrame
        One row per trust, sorted by uid: trust_uid, trust_name, trust_type
        (`multi_academy_trust_one_school` where it runs one school in every phase), schools, pupils
        (missing counts as none), schools_all, pupils_all (of every phase), size_band, located
        (schools with coordinates); for every layer L areas_L, areas_L_low, areas_L_high, home_L,
        home_name_L, home_share_L, home_status_L (see `geolls.measures.home.homes`), hhi_L,
        effective_areas_L, entropy_L (bits), cross_pairs_L, cross_pairs_L_low, cross_pairs_L_high,
        no_unit_share_L; pair_km_mean, pair_km_median, pair_km_max, standard_distance_km,
        nearest_sibling_km_median, longest_hop_km, hull_km2, clusters, largest_cluster_share;
        with `travel` pair_minutes_mean, pair_minutes_median, pair_minutes_max,
        nearest_sibling_minutes_median, longest_hop_minutes, pairs_timed_share;
        reach; sample.

    Raises
    ------
    UsageError
        When a column is missing, or a school is missing from a layer.

    Notes
    -----
    With q_g the share of area g among the schools that have a unit in L: hhi sum q^2, effective
    areas 1/sum q^2, entropy sum q log2(1/q). A school that two units share counts half in each;
    cross_pairs = 1 - sum q_g (n q_g - 1)/(n - 1), the chance that two of its schools are in
    different areas, takes each set of claimants as one area. The columns _low and _high hold the
    least and the most over all ways of giving each shared school whole to one of its claimants;
    see `claimants`. areas is the most, and cross_pairs no more than it can be. Schools without a
    unit are no area; no_unit_share is their share of all. For a home "in no unit" is a place like
    any area.

    Distances are straight lines between the schools that have coordinates; standard distance
    sqrt(sum |x - mean|^2 / n); the longest hop is the longest edge of the minimum spanning tree;
    clusters are groups by single linkage at `cluster_km`. A value that does not exist is blank,
    and `sample` says why: `one school` or `coordinates missing` (fewer than two located).
    Minutes are of the pairs that have a time, the mean of both ways; pairs_timed_share says how
    many have, and a longest hop is blank where those do not join all schools.
    A hull says where the outermost schools are, not that the trust is present inside.

    Source: Herfindahl index and its inverse, Hill 1973, doi:10.2307/1934352; standard distance,
    Bachi 1963, doi:10.1007/BF01969079.
    """
    rules = options or SpreadOptions()
    own = [f"{body}_{c}" for c in ("uid", "name", "type")]
    measured = ["urn", *own, "easting", "northing", "pupils"]
    found = bodies(schools[[c for c in measured if c in schools]], body)
    points = found.schools[["easting", "northing"]].to_numpy(dtype=float)
    every = schools if everywhere is None else everywhere
    whole = every.groupby(own[0])["pupils"].agg(["size", "sum"]).reindex(found.frame["trust_uid"])
    columns: dict[str, Any] = {
        "schools": found.size,
        "pupils": sums(found.body, np.nan_to_num(found.pupils), len(found.size)),
        "schools_all": whole["size"].to_numpy(dtype=int),
        "pupils_all": whole["sum"].to_numpy(dtype=float),
        "size_band": size_band(found.size, rules.size_bands),
        "located": np.bincount(found.body[located(points)], minlength=len(found.size)),
    }
    items = pd.Index(found.schools["urn"].unique())
    at_least = rules.home_threshold
    of_layers = [_areas(found, key, members, items, at_least) for key, members in layers.items()]
    far = distances(points, found.body, len(found.size), rules.cluster_km)
    if travel is not None:
        far |= times(found.schools["urn"], found.body, len(found.size), travel)
    parts = [found.frame, pd.DataFrame(columns), *of_layers, pd.DataFrame(far)]
    frame = pd.concat(parts, axis=1)
    one = (frame["trust_type"] == "multi_academy_trust") & (frame["schools_all"] == 1)
    frame.loc[one, "trust_type"] = "multi_academy_trust_one_school"
    frame["reach"] = reach(frame, rules)
    frame["sample"] = np.select(
        [frame["schools"] == 1, frame["located"] < 2],
        ["one school", "coordinates missing"],
        default="ok",
    )
    return frame


def spread_by_phase(
    schools: pd.DataFrame,
    layers: Mapping[str, Membership],
    options: SpreadOptions | None = None,
    *,
    everywhere: pd.DataFrame | None = None,
    travel: Travel | None = None,
) -> pd.DataFrame:
    """Measure the spread of every trust, over all its schools and over those of each phase.

    Parameters
    ----------
    schools, layers, options, everywhere, travel
        As `spread`, the schools with the column phase (str).

    Returns
    -------
    pandas.DataFrame
        One row per phase and trust: phase (`all` first, then in alphabetical order), and the
        columns of `spread`.
    """
    groups = by_phase(schools).groupby("phase", observed=True)
    every = schools if everywhere is None else everywhere
    rules: dict[str, Any] = {"everywhere": every, "travel": travel}
    parts = {str(p): spread(part, layers, options, **rules) for p, part in groups}
    return pd.concat(parts, names=["phase", ""]).reset_index("phase").reset_index(drop=True)


def by_phase(schools: pd.DataFrame) -> pd.DataFrame:
    """Return all rows under the phase `all`, and every row under its own; phases are ordered."""
    both = pd.concat([schools.assign(phase="all"), schools], ignore_index=True)
    order = ["all", *sorted(schools["phase"].dropna().unique())]
    return both.assign(phase=pd.Categorical(both["phase"], order, ordered=True))


def size_band(size: npt.ArrayLike, first: tuple[int, ...]) -> npt.NDArray[np.str_]:
    """Return the band of each size, as "2-5" or "26+".

    Examples
    --------
    >>> size_band([1, 4, 30], (1, 2, 6, 12, 26)).tolist()
    ['1', '2-5', '26+']
    """
    return np.array(band_names(first))[np.searchsorted(first, size, side="right") - 1]


def band_names(first: tuple[int, ...]) -> list[str]:
    """Return the names of the bands that begin at these sizes."""
    names = [str(a) if b == a + 1 else f"{a}-{b - 1}" for a, b in pairwise(first)]
    return [*names, f"{first[-1]}+"]


def reach(frame: pd.DataFrame, options: SpreadOptions | None = None) -> pd.Series[Any]:
    """Say how far each trust reaches, by the lines it crosses and by distance together.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table of `spread`, with pair_km_max and areas_<L> of the two layers of the options.
    options : SpreadOptions, optional
        Thresholds.

    Returns
    -------
    pandas.Series of str
        One of `REACHES` for each row; blank for a trust of one school or without coordinates, and
        for all where a layer is not in the table.

    Notes
    -----
    The first that holds, with d the distance between the farthest two schools:

    - `local`: d <= local_km, or one authority and d <= sub_regional_km;
    - `sub_regional`: d <= sub_regional_km, or one authority;
    - `regional`: d <= regional_km, or one region;
    - `multi_regional`: d <= national_km, or fewer than national_regions regions;
    - `national`: the rest.

    Neither a line crossed nor a distance makes a trust far-flung alone: two schools 15 km apart
    on either side of a regional border are local.
    """
    rules = options or SpreadOptions()
    authority, region = f"areas_{rules.authority_layer}", f"areas_{rules.region_layer}"
    if authority not in frame or region not in frame:
        return pd.Series([None] * len(frame), index=frame.index, dtype=object)
    far = frame["pair_km_max"]
    one = frame[authority] == 1
    words = np.select(
        [
            far.isna(),
            (far <= rules.local_km) | (one & (far <= rules.sub_regional_km)),
            (far <= rules.sub_regional_km) | one,
            (far <= rules.regional_km) | (frame[region] == 1),
            (far <= rules.national_km) | (frame[region] < rules.national_regions),
        ],
        ["", *list(REACHES)[:4]],
        default="national",
    )
    found = pd.Series(words, index=frame.index).astype(object)
    return found.mask(found == "", None)


def reach_sensitivity(frame: pd.DataFrame, options: SpreadOptions | None = None) -> pd.DataFrame:
    """Show how many trusts change reach when each threshold moves by a tenth, regions by one.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table of `spread`.
    options : SpreadOptions, optional
        Thresholds.

    Returns
    -------
    pandas.DataFrame
        One row per threshold and direction: threshold, value (as moved), moved (share, or
        regions), trusts (with a reach), changed, changed_share, wider (trusts whose reach becomes
        wider), narrower.
    """
    rules = options or SpreadOptions()
    old = reach(frame, rules).map(_RANK)
    trusts = int(old.notna().sum())
    rows = []
    for step, moved in moved_rules(rules, _THRESHOLDS, by_one=("national_regions",)):
        new = reach(frame, moved).map(_RANK)
        wider, narrower = int((new > old).sum()), int((new < old).sum())
        changed = wider + narrower
        share = changed / trusts if trusts else float("nan")
        rows.append((*step, trusts, changed, share, wider, narrower))
    names = ["trusts", "changed", "changed_share", "wider", "narrower"]
    return pd.DataFrame(rows, columns=[*Moved._fields, *names])


# From the narrowest reach to the widest, and what decides it.
_RANK = {word: at for at, word in enumerate(REACHES)}
_THRESHOLDS = ("local_km", "sub_regional_km", "regional_km", "national_km", "national_regions")


def _areas(
    found: Bodies, key: str, membership: Membership, urns: pd.Index, home_threshold: float
) -> pd.DataFrame:
    """Return the columns of one layer, one row per body."""
    x, number = membership.over(urns), len(found.size)
    if (x.claims == 0).any():
        raise UsageError("a school is missing from the layer", where=key, fix="give it a reason")
    rows = np.asarray(x.items.get_indexer(pd.Index(found.schools["urn"])), dtype=np.intp)
    claim, school = x.on(rows)
    unit, share, body = x.unit[claim], x.share[claim], found.body
    home = homes(body, school, unit, share, x, number=number, threshold=home_threshold)
    real = ~x.outside[unit] & (share != 0)
    owner, _, at = pairs_of(body[school[real]], unit[real])
    held = sums(at, share[real], len(owner))
    inside = sums(owner, held, number)
    q = held / inside[owner]
    hhi, entropy = (sums(owner, each, number) for each in (q * q, -q * np.log2(q)))
    none = inside == 0
    met, apart = (f(body, rows, number, x) for f in (touched, pairs_apart))
    return pd.DataFrame(
        {
            f"areas_{key}": met.high.astype(int),
            f"areas_{key}_low": met.low.astype(int),
            f"areas_{key}_high": met.high.astype(int),
            f"home_{key}": home["code"],
            f"home_name_{key}": home["name"],
            f"home_share_{key}": home["share"],
            f"home_status_{key}": home["status"],
            f"hhi_{key}": np.where(none, np.nan, hhi),
            f"effective_areas_{key}": 1 / np.where(none, np.nan, hhi),
            f"entropy_{key}": np.where(none, np.nan, entropy),
            f"cross_pairs_{key}": np.clip(_cross_pairs(body, rows, number, x.sets), *apart),
            f"cross_pairs_{key}_low": apart.low,
            f"cross_pairs_{key}_high": apart.high,
            f"no_unit_share_{key}": np.clip(1 - inside / found.size, 0, None),
        }
    )


def _cross_pairs(body: Ints, rows: Ints, number: int, sets: Membership) -> Floats:
    """Return the chance that two schools of a body are in different areas."""
    claim, school = sets.on(rows)
    real = ~sets.outside[sets.unit[claim]]
    owner, _, at = pairs_of(body[school[real]], sets.unit[claim[real]])
    count = np.bincount(at, minlength=len(owner)).astype(float)
    n = sums(owner, count, number)
    return 1 - sums(owner, count * (count - 1), number) / np.where(n > 1, n * (n - 1), np.nan)


def distances(
    points: Floats, body: Ints, number: int, cluster_km: float = 15.0
) -> dict[str, Floats]:
    """Measure the distances between the points of every body, all bodies together.

    Parameters
    ----------
    points : numpy.ndarray of float, shape (n, 2)
        Eastings and northings in metres; points with a missing coordinate are left out.
    body : numpy.ndarray of int
        The body of each point, 0..number - 1.
    number : int
        How many bodies.
    cluster_km : float, optional
        Points this near to each other (inclusive) are one cluster, by single linkage.

    Returns
    -------
    dict of str to numpy.ndarray
        One value per body under each of `DISTANCES`, in km, km2, a count or a share. With one
        point all but `clusters` and `largest_cluster_share` are NaN, with none all are.
    """
    rows = by_body(points, body)
    owner, spots = body[rows], points[rows]
    i, j = pairs_within(owner)
    km = distance(spots[i], spots[j]) / 1000
    pair, siblings, hops, tree = _of_pairs(i, j, km, owner)
    short = tree[km[tree] <= cluster_km]
    _, first, sizes = np.unique(
        clusters(i[short], j[short], len(owner)), return_index=True, return_counts=True
    )
    groups = pd.Series(sizes).groupby(owner[first]).agg(["size", "max"])
    size = np.bincount(owner, minlength=number)
    # About the body's own middle, so that products of small differences keep their digits.
    middle = np.stack([sums(owner, spots[:, k], number) for k in (0, 1)], axis=1)
    about = (spots - (middle / np.maximum(size, 1)[:, None])[owner]) / 1000
    square = sums(owner, (about**2).sum(axis=1), number) / np.maximum(size, 1)
    many = size > 1
    table = pd.DataFrame(
        {
            "pair_km_mean": pair["mean"],
            "pair_km_median": pair["median"],
            "pair_km_max": pair["max"],
            "standard_distance_km": pd.Series(np.where(many, np.sqrt(square), np.nan)),
            "nearest_sibling_km_median": siblings,
            "longest_hop_km": hops,
            "hull_km2": pd.Series(np.where(many, hull_areas(about, owner, number), np.nan)),
            "clusters": groups["size"],
            "largest_cluster_share": groups["max"] / size[groups.index],
        },
        index=np.arange(number),
        dtype=float,
    )
    return {name: table[name].to_numpy() for name in DISTANCES}


def _of_pairs(
    i: Ints, j: Ints, far: Floats, owner: Ints
) -> tuple[pd.DataFrame, pd.Series[float], pd.Series[float], Ints]:
    """Return of each body its pairs' mean, median, max; nearest siblings; longest hop; the tree."""
    pair = pd.Series(far).groupby(owner[i]).agg(["mean", "median", "max"])
    siblings = pd.Series(nearest_sibling(i, j, far, len(owner))).groupby(owner).median()
    tree = spanning_tree(i, j, far, len(owner))
    return pair, siblings, pd.Series(far[tree]).groupby(owner[i[tree]]).max(), tree


def times(urns: pd.Series[str], body: Ints, number: int, travel: Travel) -> dict[str, Floats]:
    """Measure the minutes between the schools of every body, all bodies together.

    Parameters
    ----------
    urns : pandas.Series of str
        The schools, sorted by body.
    body : numpy.ndarray of int
        The body of each school, 0..number - 1.
    number : int
        How many bodies.
    travel : Travel
        Minutes between schools.

    Returns
    -------
    dict of str to numpy.ndarray
        One value per body under each of `TIMES`: minutes, and the share of its pairs with a time.
    """
    i, j = pairs_within(body)
    urn = urns.to_numpy(dtype=object)
    minutes = travel.both_ways(urn[i], urn[j])
    known = np.isfinite(minutes)
    timed = pd.Series(known).groupby(body[i]).mean()
    i, j, minutes = i[known], j[known], minutes[known]
    pair, siblings, hops, tree = _of_pairs(i, j, minutes, body)
    joined = np.bincount(body[i[tree]], minlength=number) == np.bincount(body, minlength=number) - 1
    columns = [pair["mean"], pair["median"], pair["max"], siblings, hops.where(joined[hops.index])]
    return {
        name: column.reindex(range(number)).to_numpy(dtype=float)
        for name, column in zip(TIMES, [*columns, timed], strict=True)
    }
