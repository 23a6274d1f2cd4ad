"""Measure how far schools are from the sites of a layer: lead schools, which have no land.

In kilometres by a straight line; where travel times are given, in minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from geolls.base.errors import UsageError
from geolls.base.vocabulary import BLANK_BELOW
from geolls.measures.distances import distance, nearest
from geolls.measures.membership import Membership
from geolls.measures.sensitivity import moved_rules
from geolls.measures.spread import by_phase
from geolls.measures.travel import Travel

__all__ = [
    "BEYOND",
    "FarRule",
    "beyond",
    "far_areas",
    "far_sensitivity",
    "measured_in",
    "ring_names",
    "site_distances",
]


@dataclass(frozen=True)
class FarRule:
    """When an area counts as far from a site.

    Parameters
    ----------
    km : float
        A school farther than this from the nearest site is far; 20 km can be an hour's drive.
    share : float
        An area with at least this share of its schools far is far.
    few : int
        An area with fewer located schools than this is not judged.
    minutes : float
        In place of km where travel times are given.

    Raises
    ------
    UsageError
        When a threshold is out of range.
    """

    km: float = 20.0
    share: float = 0.5
    few: int = BLANK_BELOW
    minutes: float = 30.0

    def __post_init__(self) -> None:
        """Refuse what is no distance or no share."""
        if not (0 < min(self.km, self.minutes) < np.inf and 0 < self.share <= 1 <= self.few):
            raise UsageError(f"{self} is no rule", where="far", fix="km > 0, share in 0..1, few 1+")


def measured_in(distances: pd.DataFrame) -> tuple[str, str]:
    """Return the column that says how far, and its unit: km, or minutes where they were asked."""
    return ("minutes", "minutes") if "minutes" in distances else ("distance_km", "km")


def site_distances(
    schools: pd.DataFrame, sites: pd.DataFrame, travel: Travel | None = None
) -> pd.DataFrame:
    """Find the nearest site of every school.

    Parameters
    ----------
    schools : pandas.DataFrame
        urn, easting, northing (metres, EPSG:27700).
    sites : pandas.DataFrame
        unit_code, unit_name, easting, northing; with `travel` also urn.
    travel : Travel, optional
        Minutes between schools: the site is then the nearest by road.

    Returns
    -------
    pandas.DataFrame
        One row per school, in their order: urn, site_code, site_name, distance_km, a straight
        line, and with `travel` minutes; blank where the school or every site lacks coordinates,
        or a time. Ties go to the first code.

    Notes
    -----
    Straight lines, from the centre of the postcode. Distance to a lead school does not limit
    service: much training is online.
    """
    ordered = sites.sort_values("unit_code", kind="stable").reset_index(drop=True)
    xy = schools[["easting", "northing"]].to_numpy(dtype=float)
    at, metres = nearest(ordered[["easting", "northing"]].to_numpy(dtype=float), xy, 1)
    if travel is not None:
        at, minutes = travel.nearest(ordered["urn"], schools["urn"], 1)
        spots = ordered[["easting", "northing"]].reindex(at[:, 0]).to_numpy(dtype=float)
        metres = distance(spots, xy)[:, None]
    # No site has the position -1: a school without one has blanks.
    found = ordered.reindex(at[:, 0])
    table = pd.DataFrame(
        {
            "urn": schools["urn"].to_numpy(),
            "site_code": found["unit_code"].to_numpy(),
            "site_name": found["unit_name"].to_numpy(),
            "distance_km": metres[:, 0] / 1000,
        }
    )
    return table if travel is None else table.assign(minutes=minutes[:, 0])


def beyond(
    distances: pd.DataFrame,
    schools: pd.DataFrame,
    place: Membership,
    thresholds: Sequence[float] = (),
    *,
    few: int = BLANK_BELOW,
) -> pd.DataFrame:
    """Say for every area and phase what share of the schools is far from a site.

    Parameters
    ----------
    distances : pandas.DataFrame
        The table of `site_distances`.
    schools : pandas.DataFrame
        urn, phase.
    place : Membership
        Which unit of the place layer has which school.
    thresholds : sequence of float, optional
        In km (10, 20, 40 unless told) or minutes (10, 20, 30, 45); beyond is more than.
    few : int, optional
        A share of fewer schools is blank.

    Returns
    -------
    pandas.DataFrame
        One row per phase (`all` first) and unit, sorted by code: phase, unit_code, unit_name,
        schools, located (with a distance), distance_km_median, share_beyond_<km> (of the located);
        in minutes minutes_median, share_beyond_<minutes>_minutes.
    """
    column, unit = measured_in(distances)
    limits = thresholds or BEYOND[unit]
    table = distances[["urn", column]].merge(schools[["urn", "phase"]], on="urn")
    table = table.merge(place.frame("urn", reasons=False), on="urn")
    table["located"] = table["share"].where(table[column].notna(), 0.0)
    names = [_beyond_called(limit, unit) for limit in limits]
    for name, limit in zip(names, limits, strict=True):
        table[name] = table["located"] * (table[column] > limit)
    groups = by_phase(table).groupby(["phase", "unit_code", "unit_name"], observed=True)
    found = groups.agg(
        schools=("share", "sum"),
        located=("located", "sum"),
        **{f"{column}_median": (column, "median")},
        **{name: (name, "sum") for name in names},
    ).reset_index()
    found[names] = found[names].div(found["located"].where(found["located"] >= few), axis=0)
    return found.astype({"phase": "str"})


#: Where rings about a site end, in either unit.
BEYOND = {"km": (10.0, 20.0, 40.0), "minutes": (10.0, 20.0, 30.0, 45.0)}


def _beyond_called(limit: float, unit: str) -> str:
    return f"share_beyond_{limit:g}" + ("" if unit == "km" else f"_{unit}")


def far_areas(
    distances: pd.DataFrame,
    schools: pd.DataFrame,
    place: Membership,
    rule: FarRule | None = None,
) -> pd.DataFrame:
    """Name the areas that are far from every site, by an explicit rule.

    Parameters
    ----------
    distances, schools, place
        As `beyond`.
    rule : FarRule, optional
        What is far.

    Returns
    -------
    pandas.DataFrame
        One row per area that is far, the farthest share first, then by code: unit_code,
        unit_name, schools, located, distance_km_median (or minutes_median), share_beyond.
    """
    chosen = rule or FarRule()
    _, unit = measured_in(distances)
    limit = chosen.km if unit == "km" else chosen.minutes
    table = beyond(distances, schools, place, (limit,), few=chosen.few)
    column = _beyond_called(limit, unit)
    table = table[(table["phase"] == "all") & (table[column] >= chosen.share)]
    table = table.rename(columns={column: "share_beyond"}).drop(columns="phase")
    order = ["share_beyond", "unit_code"]
    return table.sort_values(order, ascending=[False, True], ignore_index=True)


def far_sensitivity(
    distances: pd.DataFrame,
    schools: pd.DataFrame,
    place: Membership,
    rule: FarRule | None = None,
) -> pd.DataFrame:
    """Show how the list of far areas changes when the thresholds move by a tenth.

    Parameters
    ----------
    distances, schools, place, rule
        As `far_areas`.

    Returns
    -------
    pandas.DataFrame
        One row per threshold and direction: threshold (`km` or `minutes`, `share`), value (as
        moved), areas, joined and left (names of areas, by "; ", against the rule as it stands).
    """
    chosen = rule or FarRule()
    base = far_areas(distances, schools, place, chosen)
    was = dict(zip(base["unit_code"], base["unit_name"], strict=True))
    rows = []
    for step, moved in moved_rules(chosen, (measured_in(distances)[1], "share")):
        far = far_areas(distances, schools, place, moved)
        now = dict(zip(far["unit_code"], far["unit_name"], strict=True))
        joined = "; ".join(now[c] for c in sorted(set(now) - set(was)))
        left = "; ".join(was[c] for c in sorted(set(was) - set(now)))
        rows.append((step.threshold, step.value, len(now), joined, left))
    return pd.DataFrame(rows, columns=["threshold", "value", "areas", "joined", "left"])


def ring_names(unit: str) -> list[str]:
    """Name the rings, in km or minutes.

    Examples
    --------
    >>> ring_names("km")
    ['within 10 km', '10 to 20 km', '20 to 40 km', 'beyond 40 km']
    """
    ends = BEYOND[unit]
    between = (f"{a:g} to {b:g} {unit}" for a, b in pairwise(ends))
    return [f"within {ends[0]:g} {unit}", *between, f"beyond {ends[-1]:g} {unit}"]
