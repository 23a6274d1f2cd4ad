"""The researcher's tables: each further question to a study, by name, as one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from geolls.base.errors import UsageError
from geolls.base.text import suggest
from geolls.base.vocabulary import KINDS
from geolls.land.blocks import load_neighbourhoods
from geolls.measures import communities as communing
from geolls.measures import equity, oversight, sites, spread, yardstick
from geolls.measures import placeview as places
from geolls.study.random_maps import map_fit
from geolls.study.sites import site_distances

if TYPE_CHECKING:
    from geolls.study.core import Core

__all__ = ["ANALYSES", "analysis"]

HOME = "local_authority"
LEADS = "teaching_school_hub_lead"
FAR_KM = 20.0


def spread_by_phase(study: Core) -> pd.DataFrame:
    """Measure the spread of each trust over all its schools and over those of each phase."""
    return spread.spread_by_phase(study.schools, study.memberships, study.spread_options)


def spread_sensitivity(study: Core) -> pd.DataFrame:
    """Count how many trusts change reach when each threshold moves by 10 %."""
    return spread.reach_sensitivity(study.spread(), study.spread_options)


def places_by_phase(study: Core) -> pd.DataFrame:
    """Say who works in each authority, by phase: providers, top trust, size bands, local choice."""
    view = places.place_view(
        study.schools,
        study.membership(HOME),
        study.kinds(HOME),
        study.memberships,
        nearby=schools_about(study),
        bands=study.spread_options,
    )
    return view.drop(columns=list(KINDS))


def hubs_by_phase(study: Core) -> pd.DataFrame:
    """Say with how many trusts and authorities each hub has to deal, by hub layer and phase."""
    parts = []
    for key, layer in study.area_layers.items():
        if layer.family == "hubs":
            others = {k: v for k, v in study.memberships.items() if k != key}
            homes = study.trust_home(key)
            view = places.hub_view(study.schools, study.membership(key), homes, others)
            parts.append(view.assign(layer=key))
    return pd.concat(parts, ignore_index=True)


def trusts_and_hubs(study: Core) -> pd.DataFrame:
    """Count how many hubs each trust meets, and how many effectively."""
    keys = [k for k, v in study.area_layers.items() if v.family == "hubs"]
    return places.trust_view(study.spread(), keys)


def schools_about(study: Core) -> pd.DataFrame:
    """Say what lies about each school: lines, other providers, its own trust."""

    def build() -> pd.DataFrame:
        points = load_neighbourhoods()[["easting", "northing"]].to_numpy(float)
        return places.school_view(study.schools, study.memberships, neighbourhoods=points)

    return study.memo("schools_about", build)


def headlines(study: Core) -> pd.DataFrame:
    """Count who runs the schools of England, with the interval that unknown status leaves open."""
    return oversight.headlines(study.kinds(HOME))


Exposure = Iterator[tuple[str, "pd.Series[Any]"]]


def _elsewhere(study: Core) -> Exposure:
    kinds = study.kinds(HOME)
    known = kinds.where(kinds != "status_unknown")
    yield "trust_based_elsewhere", (known == "trust_based_elsewhere").where(known.notna())


def _crossing(study: Core) -> Exposure:
    trusts = study.spread().set_index("trust_uid")
    uid = study.schools.set_index("urn")["trust_uid"]
    for key, layer in study.area_layers.items():
        if layer.family == "hubs":
            yield f"trust_crosses_{key}_line", (uid.map(trusts[f"areas_{key}"]) > 1).astype(object)


def _far_from_a_lead(study: Core) -> Exposure:
    if LEADS in study.layers and not study.register.demonstration:
        km = site_distances(study, LEADS).set_index("urn")["distance_km"]
        yield f"further_than_{FAR_KM:g}_km_from_{LEADS}", (km > FAR_KM).where(km.notna())


#: What pupils may meet: each yields names and a yes or no for each school, blank where not known.
EXPOSURES = (_elsewhere, _crossing, _far_from_a_lead)


def of_the_same_schools(values: Mapping[str, pd.Series[Any]]) -> dict[str, pd.Series[Any]]:
    """Blank each value where any other is not known.

    Counts of two exposures would otherwise differ by the eligible pupils of a few schools.
    """
    known = pd.DataFrame(dict(values)).dropna(axis=1, how="all").notna().all(axis=1)
    return {name: value.where(known.reindex(value.index)) for name, value in values.items()}


def _by_exposure(
    study: Core, measure: Callable[[pd.DataFrame, pd.Series[Any]], pd.DataFrame]
) -> pd.DataFrame:
    values = of_the_same_schools(dict(one for each in EXPOSURES for one in each(study)))
    parts = [measure(study.schools, v).assign(exposure=name) for name, v in values.items()]
    return pd.concat(parts, ignore_index=True)


def equity_gap(study: Core) -> pd.DataFrame:
    """Measure how much more often eligible pupils meet something than the others do."""
    return _by_exposure(study, equity.equity_gap)


def equity_fifths(study: Core) -> pd.DataFrame:
    """Table the same exposures by fifth of free-meal share within phase."""
    return _by_exposure(study, equity.fifths)


def trust_yardstick(study: Core) -> pd.DataFrame:
    """Set the spread of each trust beside as many schools of its phases: the nearest, and any."""
    real = study.spread()
    points = yardstick.home_points(study.schools, study.trust_home(HOME), study.membership(HOME))
    twins: dict[str, pd.DataFrame] = {}
    for kind in ("nearest", "random"):
        made = yardstick.made_up_trusts(study.schools, points, kind)
        made = made.assign(urn=[f"{u}-{i}" for i, u in enumerate(made["urn"])])
        twins[kind] = spread.spread(made, {}, study.spread_options)
    return yardstick.against(real, twins)


def trust_communities(study: Core) -> pd.DataFrame:
    """Group districts by the trusts they share: the areas that trusts themselves draw."""
    place = study.membership("district")
    links = communing.trust_links(study.schools, place)
    found = communing.communities(links, place, study.schools)
    return found.rename(columns={"area_code": "district_code", "area_name": "district_name"})


def far_areas(study: Core) -> pd.DataFrame:
    """Name authorities far from every Teaching School Hub lead school, by the rule of the study."""
    return sites.far_areas(site_distances(study, LEADS), study.schools, study.membership(HOME))


def far_by_phase(study: Core) -> pd.DataFrame:
    """Table the share of each authority's schools beyond 10, 20 and 40 km of a lead school."""
    return sites.beyond(site_distances(study, LEADS), study.schools, study.membership(HOME))


def far_sensitivity(study: Core) -> pd.DataFrame:
    """Show how the list of far authorities changes when the thresholds move by 10 %."""
    return sites.far_sensitivity(
        site_distances(study, LEADS), study.schools, study.membership(HOME)
    )


ANALYSES: dict[str, Callable[[Core], pd.DataFrame]] = {
    f.__name__: f
    for f in (
        headlines,
        spread_by_phase,
        spread_sensitivity,
        places_by_phase,
        hubs_by_phase,
        trusts_and_hubs,
        schools_about,
        equity_gap,
        equity_fifths,
        trust_yardstick,
        trust_communities,
        map_fit,
        far_areas,
        far_by_phase,
        far_sensitivity,
    )
}


def analysis(study: Core, name: str) -> pd.DataFrame:
    """Return one of the researcher's tables by name.

    Raises
    ------
    UsageError
        When there is no such table.
    """
    if name not in ANALYSES:
        raise UsageError(
            f"there is no table {name!r}",
            fix=suggest(name, ANALYSES) or f"there are {', '.join(ANALYSES)}",
        )
    return ANALYSES[name](study)
