"""Turn a study and a recipe into what a map shows: layers, measures, schools, trusts, words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from geolls.base.errors import MapError, UsageError
from geolls.base.interval import Interval
from geolls.base.schema import a_date
from geolls.base.text import day, suggest
from geolls.base.vocabulary import HOME_STATUS, WEIGHTS
from geolls.maps.bodies import bodies_of
from geolls.maps.data import LayerSpec, MapData
from geolls.maps.partings import PARTED, cut_of, layer_of
from geolls.maps.recipes import Recipe, load_recipe
from geolls.maps.shading import measure_of, sites_layer, sites_of
from geolls.maps.topology import Topology
from geolls.measures.membership import is_reason
from geolls.study.core import Core
from geolls.study.facts import Facts, facts_of
from geolls.study.gazetteer import Place
from geolls.study.partings import Partings
from geolls.study.rings import RINGS, finer, with_rings
from geolls.study.scenario import moving_place
from geolls.study.towns import CREDIT

__all__ = ["about", "country", "numbers", "scene_of"]

Urls = Callable[[str, str], "str | None"]


def scene_of(
    study: Core,
    recipe: str | Recipe,
    *,
    place: Place | None = None,
    trust: str | None = None,
    options: Mapping[str, str | float] | None = None,
) -> tuple[Recipe, MapData]:
    """Compute what one map of a study needs, and nothing else.

    Parameters
    ----------
    study : Core
        The study.
    recipe : str or Recipe
        Name or path of a recipe, or the recipe.
    place : Place, optional
        The place of a recipe with scope "place".
    trust : str, optional
        Trust UID of a recipe with scope "trust".
    options : mapping, optional
        In place of the recipe's own: layer, left, right, by, from, to, distance_km, minutes,
        trusts.

    Returns
    -------
    (Recipe, MapData)
        What `geolls.maps.page.draw` takes.
    """
    found = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    study = study.taking(map(str, {**found.options, **(options or {})}.values()))
    found = found.given(**_checked(study, found, options or {}))
    if found.areas == RINGS:
        before, study = study, with_rings(study, sites_layer(study, found))
        place = place and finer(place, before, study)
    if place is None and "moved" in found.measures:
        place = moving_place(study, str(found.options["left"]), str(found.options["right"]))
    keys = [study.layer(found.areas).key, *({"local_authority"} & study.area_layers.keys())]
    facts = facts_of(study, keys if place is None else [place.layer, *keys])
    data = about(facts, found, country(facts, found), place=place, trust=trust)
    urns = () if data.schools is None else {*data.schools["urn"]}
    land = () if place is None else place.blocks
    return found, replace(data, bodies=partial(bodies_of, study, urns, land))


_NUMBERS: Mapping[str, Callable[[Any], float]] = {
    "distance_km": float,
    "minutes": float,
    "trusts": int,
}


def _checked(
    study: Core, recipe: Recipe, given: Mapping[str, str | float]
) -> dict[str, str | float]:
    """Return options in place of a recipe's own; refuse what it does not have, or cannot use."""
    checked: dict[str, str | float] = {}
    for name, value in given.items():
        if name not in recipe.options:
            known = ", ".join(recipe.options)
            raise UsageError(
                f"{recipe.key} has no option {name!r}",
                where="--set",
                fix=suggest(name, recipe.options) or f"it has {known or 'none'}",
            )
        checked[name] = value
        if name in {"layer", "left", "right"}:
            study.layer(str(value))
        elif name in {"from", "to"}:
            a_date(value, where=f"--set {name}")
        elif name == "by" and value not in WEIGHTS:
            raise UsageError(
                f"{value!r} is nothing to count in",
                where="--set by",
                fix=suggest(str(value), WEIGHTS) or f"use {', '.join(WEIGHTS)}",
            )
        elif name in _NUMBERS:
            try:
                checked[name] = _NUMBERS[name](value)
            except ValueError:
                raise UsageError(f"{value!r} is not a number", where=f"--set {name}") from None
    return checked


def country(facts: Facts, recipe: Recipe, *, url: Urls | None = None) -> MapData:
    """Assemble what every map of a recipe shows, whatever it is about: layers and measures.

    Parameters
    ----------
    facts : Facts
        Computed once for a whole atlas.
    recipe : Recipe
        Which layers and measures are wanted.
    url : callable, optional
        (kind, key) to the address of its page, kind being a layer or "trust".

    Returns
    -------
    MapData
        Tables only; no files are read but the blocks of the study.
    """
    study = facts.study
    if recipe.areas not in study.area_layers:
        raise MapError(
            f"the map is made of {study.layer(recipe.areas).title.lower()}, which the study lacks",
            where=recipe.key,
            fix=f'add "{recipe.areas}" to its layers',
        )
    wanted = [k for k in recipe.layers if k in study.area_layers] or list(facts.grounds)
    more = (recipe.areas, *(m.partition(":")[2] for m in recipe.measures))
    wanted = list(dict.fromkeys((*wanted, *(k for k in more if k in study.area_layers))))
    keys = [m for m in (*recipe.measures, *recipe.table) if not m.startswith("coverage:")]
    keys = [m for m in keys if m == recipe.shade or not _lacks(study, m)]
    pieces = (layer_of(study, cut) for cut in _cuts(study, recipe, keys).values())
    return MapData(
        blocks=study.display_blocks,
        layers=(*(_layer(study, key, url) for key in wanted), *_two_days(study, recipe), *pieces),
        measures=tuple(measure_of(facts, recipe, key) for key in dict.fromkeys(keys)),
        sites=sites_of(facts, recipe),
        words=_words(study, recipe),
        attribution=f"{study.attribution} {CREDIT}" if recipe.cities else study.attribution,
        demonstration=study.register.demonstration,
        land=study.memo(("land of maps",), lambda: _land(facts)),
    )


def _lacks(study: Core, measure: str) -> bool:
    """Tell whether a measure is of two maps of which the study lacks one."""
    name, _, right = measure.partition(":")
    return name == PARTED and not {"local_authority", right} <= study.area_layers.keys()


def _cuts(study: Core, recipe: Recipe, keys: Iterable[str]) -> dict[str, Partings]:
    """Return, by the layer that draws them, the pieces that measures of a recipe are about."""
    cuts = (cut_of(study, recipe, key) for key in keys if key.partition(":")[0] == PARTED)
    return {layer_of(study, cut).key: cut for cut in cuts}


def about(
    facts: Facts,
    recipe: Recipe,
    whole: MapData,
    *,
    place: Place | None = None,
    trust: str | None = None,
    url: Urls | None = None,
) -> MapData:
    """Set a place, a trust or the schools of England on a map of the country.

    Parameters
    ----------
    facts, recipe, url
        As `country`.
    whole : MapData
        From `country`.
    place : Place, optional
        For scope "place".
    trust : str, optional
        Trust UID, for scope "trust".

    Returns
    -------
    MapData
        With schools, trusts, the dated note, and the words for the recipe's texts.
    """
    words = dict(whole.words or {}) | ({"place": place.name} if place else {})
    wanted = recipe.schools or recipe.schools_on or trust is not None
    schools = _schools(facts, place, trust) if wanted else None
    if schools is not None:
        for key, cut in _cuts(facts.study, recipe, (m.key for m in whole.measures)).items():
            schools = schools.assign(**{key: schools["urn"].map(cut.of_school)})
    block, title = facts.marks["block"], whole.kinds_title
    if place is not None:
        block = block.iloc[list(_kinds(facts, place))]
        if not facts.study.many_in(place).certain:
            title = "Schools that are or may be its own, by who runs them"
    return replace(
        whole,
        kinds_title=title,
        schools=schools,
        on_blocks=block.value_counts() if trust is None else None,
        trusts=None if schools is None else _trusts(facts, schools, url),
        place=place,
        trust=trust,
        words=words,
        dates=_dated_note(facts.study, schools),
    )


def _land(facts: Facts) -> Topology:
    """Return the blocks as arcs that leave every school on its side."""
    spots = facts.marks[["easting", "northing"]].to_numpy(float)
    return Topology.of(facts.study.display_blocks, spots)


# -- layers --------------------------------------------------------------------------------------


def _layer(study: Core, key: str, url: Urls | None) -> LayerSpec:
    layer, table = study.layers[key], study.land(key)
    units, claims = _units(table), study.membership(key).frame("urn", reasons=False)
    counted = claims.groupby("unit_code")[["share", "share_low", "share_high"]].sum()
    columns = ["count", *(f"count_{end}" for end in Interval._fields)]
    units[columns] = counted.reindex(units.index).fillna(0.0).to_numpy()
    if url is not None:
        units["url"] = [url(key, str(code)) for code in units.index]
    if layer.family == "hubs":
        units["number"] = numbers(study, key).reindex(units.index)
    return LayerSpec(
        key=key,
        title=layer.unit_title,
        family=layer.family,
        units=units,
        claims=table,
        line=layer.style.line,
        label=layer.style.label,
        many=layer.unit_title_plural,
        note=study.note(key) or layer.caption,
        part=study.partly(key),
    )


def _units(table: pd.DataFrame) -> pd.DataFrame:
    """Return the units of a layer's table of blocks: index unit_code, column unit_name."""
    known = table.loc[~is_reason(table["unit_code"]), ["unit_code", "unit_name"]]
    return known.drop_duplicates("unit_code").set_index("unit_code").sort_index()


def _two_days(study: Core, recipe: Recipe) -> Iterator[LayerSpec]:
    """Return a layer as it stood on the two days of a map of change, for the swipe between them."""
    options = recipe.options
    if "change" not in recipe.measures or not {"from", "to", "layer"} <= set(options):
        return
    key = study.catalogue.get(str(options["layer"])).key
    for side, option in (("before", "from"), ("after", "to")):
        then = study.at(str(options[option]))
        if key not in then.area_layers:
            continue
        layer, table = then.layers[key], then.land(key)
        yield LayerSpec(
            key=f"{key}_{side}",
            title=f"{layer.unit_title}, {day(then.as_of)}",
            family=layer.family,
            units=_units(table).assign(count=np.nan),
            claims=table[["block", "unit_code", "share"]],
            many=f"{layer.unit_title_plural}, {day(then.as_of)}",
            line="combined",
        )


def numbers(study: Core, key: str) -> pd.Series[int]:
    """Return numbers for a layer's units from north to south, by the middle of their land.

    Parameters
    ----------
    study : Core
        The study.
    key : str
        An area layer.

    Returns
    -------
    pandas.Series of int
        Index unit_code, from 1; where names are too long for a map, these stand on it.
    """
    north, table = study.display_blocks.representative_point().y, study.land(key)
    table = table[~is_reason(table["unit_code"])]
    where = table["block"].map(north).groupby(table["unit_code"]).mean()
    return where.rank(ascending=False, method="first").astype(int)


# -- schools and trusts --------------------------------------------------------------------------


def _schools(facts: Facts, place: Place | None, trust: str | None) -> pd.DataFrame:
    """Return the schools that a map draws.

    A trust's alone; of a place its own, of the kind they are there, and those that the trusts at
    work there have elsewhere, for which `here` is false; else all.
    """
    marks = facts.marks
    if trust is not None:
        rows: Any = facts.study.memo(
            ("schools of trusts",), lambda: marks.groupby("trust_uid").indices
        )
        return marks.take(rows.get(trust, []))
    if place is None:
        return marks
    kinds = _kinds(facts, place)
    bodies = set(marks["trust_uid"].to_numpy()[list(kinds)])
    outside = {row for uid in bodies for row in facts.rows_of_trust.get(uid, ())} - kinds.keys()
    rows = [*kinds, *sorted(outside)]
    return marks.take(rows).assign(
        kind=[*kinds.values(), *facts.kinds[rows[len(kinds) :]]],
        here=np.arange(len(rows)) < len(kinds),
    )


def _kinds(facts: Facts, place: Place) -> dict[int, str]:
    """Return the schools of a place by row, and of what kind each is there.

    Of land that is no unit of its layer, those on its blocks.
    """
    if place.unit_code:
        return {m.row: m.kind for m in facts.members[place.layer].get(place.unit_code, ())}
    here = np.flatnonzero(facts.marks["block"].isin(place.blocks))
    return dict(zip(here.tolist(), facts.kinds[here], strict=True))


def _trusts(facts: Facts, schools: pd.DataFrame, url: Urls | None) -> pd.DataFrame:
    """Return the trusts that a map's schools are in."""
    known = facts.study.memo(("trusts of maps",), lambda: _all_trusts(facts))
    at = known.index.get_indexer(pd.Index(schools["trust_uid"].dropna().unique()))
    out = known.take(sorted(at[at >= 0]))
    return out if url is None else out.assign(url=[url("trust", uid) or "" for uid in out.index])


def _all_trusts(facts: Facts) -> pd.DataFrame:
    """Return every trust a map may name, with one line of its measures."""
    register, word = facts.schools.dropna(subset=["trust_uid"]), facts.study.population.word
    out = register.groupby("trust_uid").agg(
        trust_name=("trust_name", "first"), schools=("trust_uid", "size")
    )
    table = facts.trusts.reindex(out.index)
    blank = pd.Series(index=out.index, dtype=object)
    status = table.get(f"home_status_{facts.home}", blank)
    out["home"] = table.get(f"home_name_{facts.home}", blank).where(status == "home")
    said = {
        key: words[:1].lower() + words[1:] for key, words in HOME_STATUS.items() if key != "home"
    }
    out["without"] = status.map(said).fillna("")
    out[["home_easting", "home_northing"]] = table[["home_easting", "home_northing"]]
    areas = table.get("areas_local_authority", blank).astype(float).fillna(0)
    every = table["schools_all"].fillna(0).astype(int)
    out["text"] = [
        ""
        if widest != widest
        else f"{n} {word} schools in {met:.0f} authorit{'y' if met == 1 else 'ies'}, "
        f"at most {widest:,.0f} km apart" + (f"; {whole} schools in all" if whole > n else "")
        for n, whole, met, widest in zip(
            out["schools"], every, areas, table["pair_km_max"], strict=True
        )
    ]
    return out


# -- words ---------------------------------------------------------------------------------------


def _dated_note(study: Core, schools: pd.DataFrame | None) -> str:
    """Say n, the population and the date of each source, on one line."""
    source, counted = study.register.source, study.schools if schools is None else schools
    n = int(counted["here"].sum()) if "here" in counted else len(counted)
    dates = "; ".join(filter(None, [f"layers as of {day(study.as_of)}", study.unchecked]))
    return f"n = {n:,} {study.population.schools(n)}. {source['label']}; {dates}."


def _words(study: Core, recipe: Recipe) -> dict[str, str]:
    options = recipe.options
    known = study.catalogue.layers
    keys = {word: str(options.get(word)) for word in ("layer", "left", "right")}
    titles = {word: known[key].unit_title for word, key in keys.items() if key in known}
    return {"date": day(study.as_of), "population": study.population.word, **titles}
