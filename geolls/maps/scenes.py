"""Turn a study and a recipe into what a map shows: layers, measures, schools, trusts, words."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from geolls.base.errors import MapError, UsageError
from geolls.base.text import day, suggest
from geolls.base.vocabulary import FEW, MINIMUM, PATTERNS
from geolls.maps.drawing import Format, LayerSpec, MapData, Measure
from geolls.maps.drawing import Place as MapPlace
from geolls.maps.recipes import OPTIONS, Recipe, load_recipe
from geolls.measures.overlap import is_reason
from geolls.study.units import Facts, facts_of

if TYPE_CHECKING:
    from geolls.study.core import Core, Place

__all__ = ["MEASURES", "breaks_of", "scene", "scene_of", "schools_of"]

Floats = npt.NDArray[np.float64]
Urls = Callable[[str, str], "str | None"]

# Measures of one unit table: key -> (column, title, format, what it does not mean).
UNIT_MEASURES: Mapping[str, tuple[str, str, Format, str]] = {
    "trusts_elsewhere": (
        "share_trust_based_elsewhere",
        "In trusts based elsewhere",
        "share",
        "Based elsewhere is not far: the next authority counts as elsewhere, however near.",
    ),
    "trusts_home": (
        "share_trust_home_here",
        "In trusts based here",
        "share",
        "Based here: the authority has most of the trust's schools, not its office.",
    ),
    "no_trust": (
        "share_no_trust",
        "In no trust",
        "share",
        "Schools maintained by their authority at the date of the trust list.",
    ),
    "in_trusts": (
        "share_in_trusts",
        "In trusts of two or more",
        "share",
        "In a trust with at least two open schools, at the date of the trust list.",
    ),
    "effective_maps": (
        "effective_maps",
        "Effective number of maps",
        "number",
        "How many combinations of bodies the schools live on, rare ones counting for less.",
    ),
    "trusts_at_work": (
        "trusts",
        "Trusts at work",
        "count",
        "Trusts of two or more schools with a school here.",
    ),
    "schools": ("schools", "Schools", "count", "State-funded schools of the study's phases."),
    "fsm_share": (
        "fsm_share",
        "Pupils eligible for free meals",
        "share",
        "Pupils eligible for free school meals, as a share of pupils.",
    ),
}
# Measures that need a second layer, a pair, a distance or a second day.
OTHER_MEASURES = (
    *("hubs_at_work", "units_of:LAYER", "relation", "inhomogeneity", "far_share", "nearest_km"),
    *("change", "pattern"),
)
MEASURES = (*UNIT_MEASURES, *OTHER_MEASURES)
IN_TRUSTS = ("trust_home_here", "trust_based_elsewhere")
RELATIONS = (
    ("identical", "Same land as one unit", "r1"),
    ("nests_in", "Inside one unit", "r2"),
    ("contains", "Made of whole units", "r3"),
    ("crosses", "Cut by a line", "r4"),
    ("disjoint", "Meets none", "none"),
)


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
        In place of the recipe's own: layer, left, right, by, from, to, distance_km.

    Returns
    -------
    (Recipe, MapData)
        What `geolls.maps.drawing.draw` takes.
    """
    found = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    for name, value in (options or {}).items():
        if name not in OPTIONS:
            raise UsageError(
                f"no option of a recipe is called {name!r}",
                fix=suggest(name, OPTIONS) or f"there are {', '.join(OPTIONS)}",
            )
        if name in {"layer", "left", "right"}:
            study.layer(str(value))
    found = found.given(**(options or {}))
    keys = [study.layer(found.areas).key, *_homes(study)]
    if place is not None:
        keys.insert(0, place.layer)
    facts = facts_of(study, keys)
    return found, scene(facts, found, place=place, trust=trust)


def _homes(study: Core) -> list[str]:
    return [k for k in ("local_authority",) if k in study.area_layers]


def scene(
    facts: Facts,
    recipe: Recipe,
    *,
    place: Place | None = None,
    trust: str | None = None,
    url: Urls | None = None,
) -> MapData:
    """Assemble a map's data from tables computed before.

    Parameters
    ----------
    facts : Facts
        Computed once for a whole atlas.
    recipe : Recipe
        Which layers and measures are wanted.
    place, trust
        As `scene_of`.
    url : callable, optional
        (kind, key) to the address of its page, kind being a layer or "trust".

    Returns
    -------
    MapData
        Tables only; no files are read but the blocks of the study.
    """
    study = facts.study
    wanted = [k for k in recipe.layers if k in study.area_layers] or list(facts.strips)
    for extra in (recipe.areas, *(m.partition(":")[2] for m in recipe.measures)):
        if extra in study.area_layers and extra not in wanted:
            wanted.append(extra)
    layers = (*(_layer(facts, key, url) for key in wanted), *_two_days(facts, recipe))
    schools: pd.DataFrame | None = None
    if recipe.schools or recipe.schools_on or trust is not None:
        where = None if place is None else (place.layer, place.unit_code)
        schools = schools_of(facts, place=where, trust=trust)
    keys = [m for m in (*recipe.measures, *recipe.table) if not m.startswith("coverage:")]
    measures = tuple(_measure(facts, key, recipe) for key in dict.fromkeys(keys))
    return MapData(
        # Near by, a simplified border would cut schools off; the whole country needs no more.
        blocks=study.display_blocks if place is None and trust is None else study.blocks,
        layers=layers,
        measures=measures,
        schools=schools,
        trusts=_trusts(facts, schools, url),
        place=None
        if place is None
        else MapPlace(place.layer, place.unit_code, place.name, place.blocks),
        trust=trust,
        words=_words(facts, recipe, place),
        dates=dated_note(study, None if schools is None else _drawn(schools)),
        attribution=study.attribution,
        demonstration=study.register.demonstration,
    )


def _drawn(schools: pd.DataFrame) -> int:
    return int(schools["here"].sum()) if "here" in schools else len(schools)


def _layer(facts: Facts, key: str, url: Urls | None) -> LayerSpec:
    study, layer = facts.study, facts.study.layers[key]
    table = study.block_membership(key)
    known = table.loc[~is_reason(table["unit_code"]), ["unit_code", "unit_name"]]
    units = known.drop_duplicates("unit_code").set_index("unit_code").sort_index()
    counted = study.assigned(key).groupby("unit_code")["share"].sum()
    units["count"] = counted.reindex(units.index).fillna(0.0)
    if url is not None:
        units["url"] = [url(key, str(code)) for code in units.index]
    if layer.family == "hubs":
        units["number"] = _north_to_south(study, table, units.index)
    return LayerSpec(
        key=key,
        title=layer.unit_title,
        family=layer.family,
        units=units,
        claims=table.rename(columns={"item": "block"})[
            ["block", "unit_code", "share", "confidence"]
        ],
        many=layer.unit_title_plural,
        note=study.date_note(key) or layer.caption,
    )


def _two_days(facts: Facts, recipe: Recipe) -> Iterator[LayerSpec]:
    """Return a layer as it stood on the two days of a map of change, for the swipe between them."""
    study, options = facts.study, recipe.options
    if "change" not in recipe.measures or not {"from", "to", "layer"} <= set(options):
        return
    key = study.catalogue.get(str(options["layer"])).key
    for side, option in (("before", "from"), ("after", "to")):
        then = study.at(str(options[option]))
        if key not in then.area_layers:
            continue
        table = then.block_membership(key)
        known = table.loc[~is_reason(table["unit_code"]), ["unit_code", "unit_name"]]
        units = known.drop_duplicates("unit_code").set_index("unit_code").sort_index()
        layer = then.layers[key]
        yield LayerSpec(
            key=f"{key}_{side}",
            title=f"{layer.unit_title}, {day(then.as_of)}",
            family=layer.family,
            units=units.assign(count=np.nan),
            claims=table.rename(columns={"item": "block"})[["block", "unit_code", "share"]],
            many=f"{layer.unit_title_plural}, {day(then.as_of)}",
            line="combined",
        )


def _north_to_south(study: Core, table: pd.DataFrame, units: pd.Index[Any]) -> list[int]:
    """Return numbers for units from north to south, by the middle of their land."""
    middle = study.display_blocks.representative_point()
    north = pd.Series(middle.y.to_numpy(), index=study.display_blocks.index)
    where = table.assign(y=table["item"].map(north)).groupby("unit_code")["y"].mean()
    order = where.reindex(units).rank(ascending=False, method="first")
    return order.astype(int).tolist()


def schools_of(
    facts: Facts, *, place: tuple[str, str] | None = None, trust: str | None = None
) -> pd.DataFrame:
    """Return the schools that a map draws.

    Parameters
    ----------
    facts : Facts
        Computed before.
    place : (str, str), optional
        Layer and code of a unit: its schools, of the kind they are there, and those that the
        trusts at work there have elsewhere.
    trust : str, optional
        Trust UID: its schools alone.

    Returns
    -------
    pandas.DataFrame
        As `geolls.maps.drawing.MapData.schools`; with a place, `here` is false for schools outside.
    """
    marks = facts.marks
    if trust is not None:
        return marks.iloc[np.flatnonzero((marks["trust_uid"] == trust).to_numpy(dtype=bool))]
    if place is None:
        return marks
    layer, code = place
    kinds = {m.row: m.kind for m in facts.members[layer].get(code, ())}
    bodies = set(marks["trust_uid"].to_numpy()[list(kinds)])
    outside = {row for uid in bodies for row in facts.rows_of_trust.get(uid, ())} - kinds.keys()
    rows = [*kinds, *sorted(outside)]
    return marks.take(rows).assign(
        kind=[*kinds.values(), *facts.kinds[rows[len(kinds) :]]],
        here=np.arange(len(rows)) < len(kinds),
    )


def _trusts(facts: Facts, schools: pd.DataFrame | None, url: Urls | None) -> pd.DataFrame | None:
    if schools is None:
        return None
    own = schools["trust_uid"].dropna().unique()
    register = facts.schools.dropna(subset=["trust_uid"])
    sizes = register["trust_uid"].value_counts()
    names = register.drop_duplicates("trust_uid").set_index("trust_uid")["trust_name"]
    out = pd.DataFrame(
        {"trust_name": names.reindex(own), "schools": sizes.reindex(own)},
        index=pd.Index(own, name="trust_uid"),
    )
    table = facts.trusts.reindex(own)
    out["home"] = table.get("home_name_local_authority", pd.Series(index=table.index, dtype=object))
    out["home_easting"], out["home_northing"] = table["home_easting"], table["home_northing"]
    km = table["pair_km_max"]
    out["text"] = [
        ""
        if math.isnan(widest)
        else f"{int(n)} schools in {int(areas)} authorit{'y' if areas == 1 else 'ies'}, "
        f"at most {widest:,.0f} km apart"
        for n, areas, widest in zip(
            out["schools"],
            table.get("areas_local_authority", km).fillna(0),
            km.fillna(np.nan),
            strict=True,
        )
    ]
    if url is not None:
        out["url"] = [url("trust", str(uid)) if uid in facts.trusts.index else None for uid in own]
    return out


# -- measures ------------------------------------------------------------------------------------


def _measure(facts: Facts, key: str, recipe: Recipe) -> Measure:
    layer = recipe.areas
    units = facts.units.get(layer)
    name, _, of = key.partition(":")
    if name in UNIT_MEASURES and units is not None:
        column, title, kind, note = UNIT_MEASURES[name]
        whole = {**facts.england}
        if column == "share_in_trusts":
            enough = units["share_no_trust"].notna()
            inside = units[list(IN_TRUSTS)].sum(axis=1) / units["schools"]
            values = inside.where(enough)
            whole[column] = sum(whole[k] for k in IN_TRUSTS) / whole["schools"]
        else:
            values = units[column].astype(float)
        england = whole.get(column)
        middle = england is None or column in {"trusts", "schools"}
        return Measure(
            key=key,
            title=title,
            layer=layer,
            values=values,
            breaks=breaks_of(values[units["schools"] >= FEW], kind),
            format=kind,
            n=units["schools"],
            few=FEW,
            england=float(values.median()) if middle else england,
            england_title=_middle(facts, layer) if middle else "England",
            note=note,
        )
    if name == "hubs_at_work":
        of = str(recipe.options.get("layer", "teaching_school_hub"))
    if name in {"units_of", "hubs_at_work"} and of in facts.study.area_layers:
        return _units_of(facts, key, layer, of)
    if name in {"relation", "inhomogeneity"}:
        return _against(facts, name, recipe)
    if name in {"far_share", "nearest_km"}:
        return _far(facts, name, recipe)
    if name == "pattern":
        return _pattern(facts, layer)
    if name == "change":
        return _changed(facts, recipe)
    raise MapError(
        f"no measure is called {key!r}",
        where=recipe.key,
        fix=suggest(key, MEASURES) or f"there are {', '.join(MEASURES)}",
    )


def _middle(facts: Facts, layer: str) -> str:
    return f"the middle {facts.study.layers[layer].unit_title.lower()}"


def _units_of(facts: Facts, key: str, layer: str, of: str) -> Measure:
    study = facts.study
    table = study.overlap(layer, of)
    table = table[(table["weight"] > 0) & ~is_reason(table["right_code"])]
    counts = table.groupby("left_code")["right_code"].nunique()
    units = facts.units[layer]
    values = counts.reindex(units.index).fillna(0.0).astype(float)
    plural = study.layers[of].unit_title_plural
    return Measure(
        key=key,
        title=f"{plural} here",
        layer=layer,
        values=values,
        breaks=_whole_breaks(values),
        format="count",
        n=units["schools"],
        few=1,
        england=float(values.median()),
        england_title=_middle(facts, layer),
        note=f"{plural} that at least one school here falls to; an offer, not use.",
    )


def _against(facts: Facts, name: str, recipe: Recipe) -> Measure:
    """Relation class, or inhomogeneity, of the areas' units against another layer."""
    from geolls.measures.mismatch import compare_units

    study = facts.study
    left = study.layer(str(recipe.options.get("left", recipe.areas))).key
    right = study.layer(str(recipe.options.get("right", "teaching_school_hub"))).key
    by: Any = str(recipe.options.get("by", "schools"))
    table = compare_units(
        study.membership(left, by), study.membership(right, by), study.weights(by)
    )
    table = table.set_index("unit_code")
    table = table[~is_reason(table.index)]
    other = study.layers[right].unit_title_plural
    if name == "relation":
        return Measure(
            key=name,
            title=f"Against {other}",
            layer=left,
            values=table["relation"].map({k: title for k, title, _ in RELATIONS}),
            format="words",
            classes=tuple(title for _, title, _ in RELATIONS),
            fills=tuple(fill for _, _, fill in RELATIONS),
            note="Overlap is not failure: it shows which bodies must talk.",
        )
    values = table["inhomogeneity"].astype(float)
    if by == "fsm_pupils":
        # A reader who knows the other numbers of a unit would have the small one.
        cells = study.overlap(left, right, by)
        small = (cells["weight"] > 0) & (cells["weight"] < MINIMUM)
        values = values.mask(values.index.isin(cells.loc[small, "left_code"]))
    return Measure(
        key=name,
        title=f"Mixed between {other}",
        layer=left,
        values=values,
        breaks=breaks_of(values, "share"),
        format="share",
        england=float(values.median()),
        england_title=_middle(facts, left),
        note="0%: all in one. 100%: as mixed as the whole country. Nowosad and Stepinski 2018.",
    )


def _far(facts: Facts, name: str, recipe: Recipe) -> Measure:
    """Measure how far schools lie from the nearest lead school: a share beyond, or the middle."""
    study = facts.study
    km = float(recipe.options.get("distance_km", 20.0))
    key = str(recipe.options.get("layer", "teaching_school_hub"))
    sites = key if study.layer(key).kind == "sites" else f"{key}_lead"
    distance = study.site_distances(sites).set_index("urn")["distance_km"]
    long = study.assigned(recipe.areas)
    long = long[~is_reason(long["unit_code"])].assign(km=lambda t: t["urn"].map(distance))
    long = long[long["km"].notna()]
    units = facts.units[recipe.areas]
    if name == "nearest_km":
        values = long.groupby("unit_code")["km"].median().reindex(units.index)
        england = float(distance.median())
        title, kind = "Middle distance to the nearest", "km"
    else:
        weight = long.groupby("unit_code")["share"].sum()
        far = long["share"].where(long["km"] > km, 0.0).groupby(long["unit_code"]).sum()
        values = (far / weight).reindex(units.index)
        england = float(far.sum() / weight.sum())
        title, kind = f"Further than {km:g} km", "share"
    return Measure(
        key=name,
        title=title,
        layer=recipe.areas,
        values=values,
        breaks=breaks_of(values, kind),
        format=cast("Format", kind),
        n=units["schools"],
        few=FEW,
        england=england,
        note="Straight-line distance, not travel; much training is online.",
    )


def _changed(facts: Facts, recipe: Recipe) -> Measure:
    """Say for each unit whether its land has the same unit of a layer on both days."""
    study = facts.study
    key = study.layer(str(recipe.options.get("layer", recipe.areas))).key
    before = study.at(str(recipe.options.get("from", study.as_of)))
    after = study.at(str(recipe.options.get("to", study.as_of)))
    if key not in before.layers or key not in after.layers:
        raise MapError(f"{key} is not alive on both days", where=recipe.key)
    old = _claimants(before, key)
    new = _claimants(after, key)
    moved = (old != new.reindex(old.index)).to_numpy()
    blocks = pd.Series(moved, index=old.index)
    table = study.block_membership(recipe.areas)
    mine = table[~is_reason(table["unit_code"])]
    share = mine["item"].map(blocks).astype(float).groupby(mine["unit_code"]).mean()
    words = np.select([share == 0, share == 1], ["Unchanged", "Changed"], "Changed in part")
    return Measure(
        key="change",
        title="Changed between the two days",
        layer=recipe.areas,
        values=pd.Series(words, index=share.index),
        format="words",
        classes=("Unchanged", "Changed in part", "Changed"),
        fills=("r1", "r3", "r5"),
        note="A change of unit, of its code or of both; names alone do not count.",
    )


def _pattern(facts: Facts, layer: str) -> Measure:
    from geolls.study.typology import typology

    table = typology(facts.study).set_index("unit_code")
    return Measure(
        key="pattern",
        title="Pattern of oversight",
        layer=layer,
        values=table["pattern"].map({k: f"{k}: {words}" for k, words in PATTERNS.items()}),
        format="words",
        classes=tuple(f"{k}: {words}" for k, words in PATTERNS.items()),
        fills=("r4", "r2", "none", "hatch"),
        n=table["schools"],
        few=FEW,
        note="Sorted by a stated rule, from measures alone; a place can hold several patterns.",
    )


def _claimants(study: Core, key: str) -> pd.Series[Any]:
    table = study.block_membership(key)
    return table.groupby("item")["unit_code"].agg(lambda codes: "+".join(sorted(codes)))


# -- classes -------------------------------------------------------------------------------------


def breaks_of(values: pd.Series[float], kind: str, classes: int = 5) -> tuple[float, ...]:
    """Return inner class bounds that are round numbers and hold about as many units each.

    Parameters
    ----------
    values : pandas.Series of float
        One value per unit; NaN is left out.
    kind : {"share", "count", "number", "km"}
        How the values are printed, which says what is round.
    classes : int, default 5
        The most classes wanted.

    Returns
    -------
    tuple of float
        Rising inner bounds, one to `classes` - 1; quantiles moved to round numbers.
        Where all values are one, that value; where there is none, a half or one.

    Examples
    --------
    >>> breaks_of(pd.Series([0.01, 0.04, 0.06, 0.11, 0.13, 0.2, 0.28, 0.3, 0.33, 0.49]), "share")
    (0.05, 0.1, 0.25, 0.3)
    """
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    distinct = np.unique(known)
    if len(distinct) < 2:
        alone = float(distinct[0]) if len(distinct) else 0.0
        return (alone if alone > 0 else 0.5 if kind == "share" else 1.0,)
    if kind == "count" and len(distinct) <= classes:
        return tuple(float(v) for v in distinct[1:])
    if (known == distinct[0]).mean() > 1 / classes:  # most are none: they make one class
        known = known[known > distinct[0]]
    k = min(classes, len(distinct))
    inner = _quantiles(known, k)
    spread = float(np.quantile(known, 0.9) - np.quantile(known, 0.1)) or float(np.ptp(known))
    step = _nice(spread / (2 * k), smallest={"share": 0.01, "count": 1.0}.get(kind, 0.1))
    rounded = np.unique(np.round(np.round(inner / step) * step, 6))
    low, high = float(distinct[0]), float(distinct[-1])
    return tuple(float(b) for b in rounded if low < b <= high) or (high,)


def _quantiles(values: Floats, classes: int) -> Floats:
    """Return bounds between classes of as many values each; fewer where values repeat."""
    bounds: Floats = np.unique(np.quantile(values, np.linspace(0, 1, classes + 1)[1:]))
    return bounds[:-1]


def _nice(step: float, smallest: float) -> float:
    """Round a step to 1, 2 or 5 times a power of ten."""
    if step <= smallest:
        return smallest
    power = 10.0 ** math.floor(math.log10(step))
    best = next(m for m in (1.0, 2.0, 5.0, 10.0) if m * power >= 0.75 * step)
    return max(best * power, smallest)


def _whole_breaks(values: pd.Series[float]) -> tuple[float, ...]:
    """Return bounds for small counts: 1, 2, 3, then wider."""
    top = float(values.max()) if len(values) else 0.0
    return tuple(b for b in (2.0, 3.0, 4.0, 6.0) if b <= max(top, 2.0))


# -- words ---------------------------------------------------------------------------------------


def dated_note(study: Core, n: int | None = None) -> str:
    """Say n, the population and the date of each source, on one line."""
    source = study.register.source
    count = f"n = {len(study.schools) if n is None else n:,} state-funded schools"
    phases = ", ".join(_phases(source["phases"]))
    return f"{count} ({phases}). {source['label']}; layers as of {day(study.as_of)}."


def _phases(phases: Sequence[str]) -> list[str]:
    """Name the phases in words, middle schools with the phase they are deemed to be."""
    words = [p.replace("_", "-") for p in phases if not p.startswith("middle_deemed")]
    return words or list(phases)


def _words(facts: Facts, recipe: Recipe, place: Place | None) -> dict[str, str]:
    study = facts.study
    words = {"date": day(study.as_of)}
    for option in ("from", "to"):
        if option in recipe.options:
            words[option] = day(date.fromisoformat(str(recipe.options[option])))
    if "distance_km" in recipe.options:
        words["distance_km"] = f"{float(recipe.options['distance_km']):g}"
    for option in ("layer", "left", "right"):
        key = recipe.options.get(option)
        if isinstance(key, str) and key in study.catalogue.layers:
            words[option] = study.catalogue.layers[key].unit_title
    if place is not None:
        words["place"] = place.name
    return words
