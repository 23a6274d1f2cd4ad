"""The researcher's tables: each further question to a study, by name, as one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from geolls.base.arrays import Ints
from geolls.base.errors import UnknownNameError, UsageError
from geolls.base.interval import Interval
from geolls.base.text import suggest
from geolls.base.vocabulary import BLANK_BELOW, HOME_STATUS, KINDS, WEIGHTS, By
from geolls.land.blocks import adjacency, load_neighbourhoods
from geolls.layers.evidence import units_on
from geolls.measures import communities as communing
from geolls.measures import equity, nulls, oversight, spread, yardstick
from geolls.measures import placeview as places
from geolls.measures import sites as siting
from geolls.measures.explain import Explanation, explain_place, explain_trust
from geolls.study.core import Core, Place, remembered
from geolls.study.cuts import cut
from geolls.study.units import homes_within

__all__ = [
    "ANALYSES",
    "analysis",
    "explain",
    "null_share_worse",
    "schools_in",
    "site_distances",
    "sites",
]

HOME = "local_authority"
LEADS = "teaching_school_hub_lead"
#: What is far from a lead school, in either unit: as `FarRule` has it.
FAR = {"km": siting.FarRule.km, "minutes": siting.FarRule.minutes}


def spread_by_phase(study: Core) -> pd.DataFrame:
    """Measure the spread of each trust over all its schools and over those of each phase."""
    return spread.spread_by_phase(
        study.schools,
        study.memberships,
        study.spread_options,
        everywhere=study.everywhere,
        travel=study.travel,
    )


def spread_sensitivity(study: Core) -> pd.DataFrame:
    """Count how many trusts change reach when each threshold moves by 10 %."""
    return spread.reach_sensitivity(study.spread(), study.spread_options)


def places_by_phase(study: Core) -> pd.DataFrame:
    """Say who works in each authority, by phase: providers, top trust, size bands, local choice."""
    who = study.schools, study.membership(HOME), study.kinds(HOME)
    home, layers = study.trust_home(HOME), study.memberships
    near, bands = schools_about(study), study.spread_options
    view = places.place_view(*who, layers, nearby=near, trust_home=home, bands=bands)
    view, ends = view.drop(columns=list(KINDS)), place_ends(study, HOME, near=True)
    told = [c for c in map(str, ends) if c.rpartition("_")[0] in view]
    return view.join(ends[told], on=["phase", "unit_code"])


@remembered
def place_ends(study: Core, layer: str, *, near: bool = False) -> pd.DataFrame:
    """Say what each unit has at least and at most, by phase; see `placeview.place_ends`.

    With interfaces_low and interfaces_high, over all layers, and with the columns on only schools
    where what is `near` is asked for; shares of few schools are blank.
    """
    who = study.schools, study.membership(layer), study.kinds(layer), homes_within(study, layer)
    nearby, bands = schools_about(study) if near else None, study.spread_options
    found = places.place_ends(*who, study.memberships, bands=bands, nearby=nearby)
    for end in Interval._fields:
        met = found[[f"units_{key}_{end}" for key in study.memberships]]
        found[f"interfaces_{end}"] = met.sum(axis=1)
    shares = [column for column in map(str, found) if "share" in column]
    found[shares] = found[shares].mask(found["schools_high"] < BLANK_BELOW, axis=0)
    return found


def hubs_by_phase(study: Core) -> pd.DataFrame:
    """Say with how many trusts and authorities each hub has to deal, by hub layer and phase."""
    parts = [
        places.hub_view(
            study.schools,
            study.membership(key),
            study.trust_home(key),
            {k: v for k, v in study.memberships.items() if k != key},
        ).assign(layer=key)
        for key in _hubs(study)
    ]
    return pd.concat(parts, ignore_index=True)


def _hubs(study: Core) -> list[str]:
    return [key for key, layer in study.area_layers.items() if layer.family == "hubs"]


def trusts_and_hubs(study: Core) -> pd.DataFrame:
    """Count how many hubs each trust meets, and how many effectively."""
    return places.trust_view(study.spread(), _hubs(study))


@remembered
def schools_about(study: Core) -> pd.DataFrame:
    """Say what lies about each school: lines, other providers, its own trust."""
    points = load_neighbourhoods()[["easting", "northing"]].to_numpy(float)
    return places.school_view(
        study.schools, study.memberships, neighbourhoods=points, travel=study.travel
    )


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
    for key in _hubs(study):
        yield f"trust_crosses_{key}_line", (uid.map(trusts[f"areas_{key}"]) > 1).astype(object)


def _in_doubt(study: Core) -> dict[str, pd.Series[Any]]:
    """Return, by exposure, the trust of each school of which nobody knows whether it crosses."""
    trusts = study.spread().set_index("trust_uid")
    uid = study.schools.set_index("urn")["trust_uid"]
    out = {}
    for key in _hubs(study):
        open_ = (trusts[f"areas_{key}_low"] <= 1) & (trusts[f"areas_{key}_high"] > 1)
        out[f"trust_crosses_{key}_line"] = uid.where(uid.isin(trusts.index[open_]))
    return out


def _far_from_a_lead(study: Core) -> Exposure:
    if LEADS in study.layers and not study.register.demonstration:
        column, unit = siting.measured_in(site_distances(study, LEADS))
        far = site_distances(study, LEADS).set_index("urn")[column]
        yield _FAR[unit], (far > FAR[unit]).where(far.notna())


_FAR = {unit: f"further_than_{limit:g}_{unit}_from_{LEADS}" for unit, limit in FAR.items()}


#: What pupils may meet: each yields names and a yes or no for each school, blank where not known.
EXPOSURES = (_elsewhere, _crossing, _far_from_a_lead)


def of_the_same_schools(values: Mapping[str, pd.Series[Any]]) -> dict[str, pd.Series[Any]]:
    """Blank each value where any other is not known.

    Counts of two exposures would otherwise differ by the eligible pupils of a few schools.
    """
    known = pd.DataFrame(dict(values)).dropna(axis=1, how="all").notna().all(axis=1)
    return {name: value.where(known.reindex(value.index)) for name, value in values.items()}


def _exposures(study: Core) -> dict[str, pd.Series[Any]]:
    return of_the_same_schools(dict(one for each in EXPOSURES for one in each(study)))


def _resting(study: Core, parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Join tables of exposures; say where one rests on some of a layer's units only."""
    table = pd.concat(parts, ignore_index=True)
    of = {f"trust_crosses_{key}_line": key for key in _hubs(study)}
    of |= dict.fromkeys(_FAR.values(), LEADS)
    return table.assign(
        rests_on=table["exposure"].map(of).map(study.rests_on).astype("str").fillna("")
    )


def equity_gap(study: Core) -> pd.DataFrame:
    """Measure how much more often eligible pupils meet something than the others do."""
    doubt = _in_doubt(study)
    parts = [
        equity.equity_gap(study.schools, value, doubt=doubt.get(name)).assign(exposure=name)
        for name, value in _exposures(study).items()
    ]
    return _resting(study, parts)


def equity_fifths(study: Core) -> pd.DataFrame:
    """Table the same exposures by fifth of free-meal share within phase."""
    parts = [
        equity.fifths(study.schools, value).assign(exposure=name)
        for name, value in _exposures(study).items()
    ]
    return _resting(study, parts)


def trust_yardstick(study: Core) -> pd.DataFrame:
    """Set the spread of each trust beside as many schools of its phases: the nearest, and any."""
    real, travel = study.spread(), study.travel
    homes = real.set_index("trust_uid")[f"home_{HOME}"]
    points = yardstick.home_points(study.schools, homes, study.membership(HOME))
    made = {
        k: yardstick.made_up_trusts(study.schools, points, k, travel=travel)
        for k in ("nearest", "random")
    }
    twins = {
        kind: spread.spread(table, {}, study.spread_options, travel=travel)
        for kind, table in made.items()
    }
    measured = spread.DISTANCES + (spread.TIMES if travel else ())
    return yardstick.against(real, twins, measured)


def trust_communities(study: Core) -> pd.DataFrame:
    """Group districts by the trusts they share: the areas that trusts themselves draw."""
    place = study.membership("district")
    links = communing.trust_links(study.schools, place)
    found = communing.communities(links, place, study.schools)
    return found.rename(columns={"area_code": "district_code", "area_name": "district_name"})


def far_areas(study: Core) -> pd.DataFrame:
    """Name authorities far from every Teaching School Hub lead school, by the rule of the study."""
    return _from_leads(study, siting.far_areas)


def far_schools(study: Core) -> pd.DataFrame:
    """List the schools over 20 km, or 30 minutes, from every Teaching School Hub lead school."""
    leads = sites(study, LEADS).set_index("unit_code")["urn"]
    found = site_distances(study, LEADS)
    column, unit = siting.measured_in(found)
    found = found[found[column] > FAR[unit]]
    known = study.schools[["urn", "name", "phase", "postcode", "la_name", "trust_name"]]
    table = known.merge(found, on="urn").assign(site_urn=lambda t: t["site_code"].map(leads))
    return table.sort_values([column, "urn"], ascending=[False, True], ignore_index=True)


def lead_rings(study: Core) -> pd.DataFrame:
    """Put each school in a ring about its nearest Teaching School Hub lead school, by distance."""
    found = site_distances(study, LEADS)
    column, unit = siting.measured_in(found)
    ring = pd.cut(found[column], [-1, *siting.BEYOND[unit], np.inf], labels=siting.ring_names(unit))
    known = study.schools[["urn", "name", "phase", "la_name"]]
    return known.merge(found.assign(ring=ring.astype("str")), on="urn")


def far_by_phase(study: Core) -> pd.DataFrame:
    """Table the share of each authority's schools far from a lead school, by distance."""
    return _from_leads(study, siting.beyond)


def far_sensitivity(study: Core) -> pd.DataFrame:
    """Show how the list of far authorities changes when the thresholds move by 10 %."""
    return _from_leads(study, siting.far_sensitivity)


def _from_leads(study: Core, measure: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    """Measure authorities by the distance of their schools from the lead schools on the shelf."""
    far = site_distances(study, LEADS)
    found = measure(far, study.schools, study.membership(HOME))
    return found.assign(rests_on=study.rests_on.get(LEADS, ""))


def sites(study: Core, name: str) -> pd.DataFrame:
    """Return the sites of a layer of kind `sites` on the study's day; see `api.Study.sites`."""
    layer = study.layer(name)
    if layer.kind != "sites":
        raise UsageError(f"{layer.key} is made of {layer.kind}, not of sites")
    rows = [(u.code, u.name, u.lead_urn) for u in units_on(layer, study.as_of, study.areas)]
    table = pd.DataFrame(rows, columns=["unit_code", "unit_name", "urn"])
    return table.join(_every_school(study), on="urn")


@remembered
def _every_school(study: Core) -> pd.DataFrame:
    """Return where schools of every phase are: lead schools may be special or nursery schools."""
    return study.everywhere.set_index("urn")[["easting", "northing"]]


@remembered
def site_distances(study: Core, name: str) -> pd.DataFrame:
    """Return each school's distance to the nearest site; see `geolls.measures.sites`.

    Raises
    ------
    UnknownNameError
        When the register has none of the lead schools.
    """
    found = sites(study, name)
    if found["easting"].isna().all():
        raise UnknownNameError(
            f"no lead school of {name} is in the register",
            fix="give --register with the real schools",
        )
    return siting.site_distances(study.schools, found, study.travel)


def _ground(study: Core, by: By) -> tuple[pd.Series[float], Ints]:
    """Return the weight that lies on each block, and the pairs of blocks that touch."""
    blocks, weight = study.blocks.sort_index(), study.weights(by)
    if WEIGHTS[by].item == "urn":
        weight = weight.groupby(_block_of_school(study)).sum()
    return weight.reindex(blocks.index).fillna(0.0), adjacency(blocks)


def _block_of_school(study: Core) -> pd.Series[str]:
    return study.placement.schools.set_index("urn")["block"]


def null_share_worse(
    study: Core,
    left: str,
    right: str,
    by: By = "schools",
    *,
    draws: int = 199,
    seed: int = 2022,
    jobs: int = 1,
    progress: Callable[[str, int, int | None], None] | None = None,
) -> pd.DataFrame:
    """Return the share of random maps that fit worse, in the columns of `Study.mismatch`."""
    x, y = (study.membership(k, "area") for k in (left, right))
    weight, touching = _ground(study, by)
    known = study.resting(left, right)
    found = nulls.null_share_worse(
        x,
        y,
        weight,
        touching,
        draws=draws,
        seed=seed,
        jobs=jobs,
        progress=(lambda i, n: progress("Random maps", i, n)) if progress else None,
    )
    return pd.DataFrame(
        {
            "left": study.layer(left).key,
            "right": study.layer(right).key,
            "by": by,
            "measure": ["null_share_worse", "null_v_measure", "null_deviation"],
            "value": [found.share_worse, *found.draws[["v_measure", "deviation"]].mean()],
            "note": [
                f"{draws} random maps, seed {seed}",
                "mean of the random maps",
                "mean miss of their sizes",
            ],
        }
    ).assign(note=lambda table: table["note"] + (f"; {known}" if known else ""))


def map_fit(study: Core) -> pd.DataFrame:
    """Measure how well each map keeps trusts together, beyond maps of like size drawn by chance."""
    layers = {k: study.membership(k, "area") for k in study.area_layers}
    weight, touching = _ground(study, "schools")
    found = communing.home_fit(
        study.schools, _block_of_school(study), layers, weight, touching, draws=19
    )
    return found.assign(rests_on=found["layer"].map(study.rests_on).astype("str").fillna(""))


def schools_in(study: Core, place: Place, trust_uid: str | None = None) -> pd.DataFrame:
    """Return the schools of a place, with their unit in every layer; see `api.Study.schools_in`."""
    here = study.membership(place.layer).shares_of(place.unit_code).index
    rows = study.schools["urn"].isin(here)
    if trust_uid is not None:
        rows &= study.schools["trust_uid"] == trust_uid
    columns = ["urn", "name", "phase", "pupils", "trust_uid", "trust_name", "trust_type"]
    out = study.schools.loc[rows, columns].reset_index(drop=True)
    if HOME in study.area_layers:
        trusts = study.spread().set_index("trust_uid")
        why = trusts[f"home_status_{HOME}"].map(HOME_STATUS)
        homes = trusts[f"home_name_{HOME}"].astype(object).where(lambda name: name.notna(), why)
        out["trust_home"] = out["trust_uid"].map(homes)
    for key, layer in study.layers.items():
        if layer.kind != "sites":
            table = study.assigned(key)
            mine = table[table["urn"].isin(out["urn"])]
            out[key] = out["urn"].map(mine.groupby("urn")["unit_name"].agg(" + ".join))
    return out


def explain(study: Core, measure: str, place: Place | None, trust_uid: str | None) -> Explanation:
    """Return the rows behind one number of a place or a trust; they add up to it."""
    layers, options = study.memberships, study.spread_options
    if place is not None:
        if not len(study.membership(place.layer).shares_of(place.unit_code)):
            raise UnknownNameError(
                f"{place.name} has none of the {study.population.title} that are counted",
                where="--place",
                fix="" if study.population.name == "all" else "count every phase with --phase all",
            )
        near = measure.startswith(("only_", "single_"))
        found = explain_place(
            measure,
            study.schools,
            study.membership(place.layer),
            study.kinds(place.layer),
            place.unit_code,
            trust_home=homes_within(study, place.layer),
            layers=layers,
            nearby=schools_about(study) if near else None,
            options=options,
        )
        known = place_ends(study, place.layer, near=near).loc[[("all", place.unit_code)]]
    elif trust_uid is not None:
        found = explain_trust(measure, study.schools, layers, trust_uid, options)
        known = study.spread().query("trust_uid == @trust_uid")
    else:
        raise UsageError("explain needs a place or a trust")
    if f"{measure}_low" not in known:
        return found
    ends = Interval(*(float(known[f"{measure}_{end}"].iloc[0]) for end in Interval._fields))
    return replace(found, ends=None if ends.certain else ends)


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
        far_schools,
        lead_rings,
        far_by_phase,
        far_sensitivity,
    )
}


def analysis(study: Core, name: str, place: Place | None = None) -> pd.DataFrame:
    """Return one of the researcher's tables by name, or its rows about a place.

    Raises
    ------
    UsageError
        When there is no such table, or none of its rows can be about a place.

    Notes
    -----
    A table about layers of which only some units are known has a column `rests_on` that says so.
    """
    if name not in ANALYSES:
        raise UsageError(
            f"there is no table {name!r}",
            fix=suggest(name, ANALYSES) or f"there are {', '.join(ANALYSES)}",
        )
    found = ANALYSES[name](study)
    if place is not None and name == "headlines":
        found = oversight.headlines(study.kinds(HOME).reindex(study.schools_of(place)))
    elif place is not None:
        found = cut(study, found, place, name)
    if "rests_on" in found:
        return found
    # Bodies that a place deals with are of every layer; other columns are named as their layers.
    named = " ".join(map(str, found))
    about = [k for k in study.area_layers if k in named or "interfaces" in found]
    rests = study.resting(*about)
    return found.assign(rests_on=rests) if rests else found
