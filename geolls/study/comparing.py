"""Lay places side by side: the same figures for each, beside England and those most alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from geolls.base.errors import UsageError
from geolls.base.interval import Interval, ends_of
from geolls.base.labels import BY_CONVENTION
from geolls.base.text import small
from geolls.base.vocabulary import HOME_KINDS, KIND_MEANINGS, KINDS
from geolls.measures.membership import Membership
from geolls.measures.placeview import place_ends, place_view
from geolls.study.core import Core, remembered
from geolls.study.facts import Facts, facts_of
from geolls.study.gazetteer import Place
from geolls.study.units import MET

__all__ = [
    "LIKE",
    "Figure",
    "compare",
    "england_figures",
    "figures_of",
    "layer_facts",
    "most_like",
    "place_figures",
]

Beside = Literal["total", "whole", "middle"]
# What makes two places alike: who runs the schools, how many bodies, how many schools on how much
# land, how poor. Counts and effective numbers as logarithms: 40 is to 20 as 400 to 200.
LIKE: dict[str, Literal["plain", "log"]] = {
    "share_no_trust": "plain",
    "share_trust_home_here": "plain",
    "share_trust_based_elsewhere": "plain",
    "effective_providers": "log",
    "effective_maps": "log",
    "schools": "log",
    "schools_per_100km2": "log",
    "fsm_share": "plain",
}
_OF_LAND = ("area_km2", "schools_per_100km2")
# Every unit of a layer as one place.
_ENGLAND = "england"
# A layer with so large a share of the schools covers England; the rest have no usable location.
_WHOLE = 0.99


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a place.

    Parameters
    ----------
    column : str
        Its column in `place_figures`.
    unit : str
        What it is counted in.
    meaning : str
        What it says, in words.
    beside : {"total", "whole", "middle"}
        What stands beside it: the total of England, England taken as one place, or the middle
        unit of the layer, where England as one place would mean nothing.
    """

    column: str
    unit: str
    meaning: str
    beside: Beside


_FIGURES = (
    Figure(
        "schools",
        "schools",
        "schools that count; a shared school by its share, between none and all of it",
        "total",
    ),
    Figure("pupils", "pupils", "pupils on roll", "total"),
    Figure("fsm_share", "share of pupils", "pupils eligible for free meals", "whole"),
    Figure("area_km2", "km2", "land", "total"),
    Figure("schools_per_100km2", "schools per 100 km2", "how dense the schools are", "whole"),
    *(Figure(f"share_{k}", "share of schools", KIND_MEANINGS[k], "whole") for k in KINDS),
    Figure("trusts", "trusts", "trusts of two or more schools that count, with one here", "middle"),
    Figure("trusts_per_10000_pupils", "trusts", "trusts here for every 10,000 pupils", "middle"),
    Figure(
        "effective_providers",
        "effective number",
        "1 where one body runs all schools, n where n run equally many",
        "middle",
    ),
    Figure("top_trust_share", "share of schools", "the trust with most schools here", "middle"),
    Figure(
        "top_trust_share_primary", "share of schools", "the largest trust among primaries", "middle"
    ),
    Figure(
        "top_trust_share_secondary",
        "share of schools",
        "the largest trust among secondaries",
        "middle",
    ),
    Figure(
        "effective_maps",
        "effective number",
        "combinations of bodies that the schools live on, rare ones counting for less",
        "middle",
    ),
)


def layer_facts(study: Core, layer: str) -> Facts:
    """Return the facts of a study about the units of one layer, gathered once.

    Parameters
    ----------
    study : Core
        The study.
    layer : str
        Key of an area layer of the study.

    Returns
    -------
    Facts
        What the pages of an atlas read, so that every output says the same.

    Raises
    ------
    UsageError
        When the layer is not one of the study's, or has sites alone.
    """
    if study.layer(layer).kind == "sites" or not {layer, study.seat(layer)} & {*study.area_layers}:
        raise UsageError(
            f"{layer} is not one of the study's area layers",
            where="layers",
            fix=f"there are {', '.join(study.area_layers)}",
        )
    return facts_of(study, [layer])


@remembered
def place_figures(study: Core, layer: str = "local_authority") -> pd.DataFrame:
    """Gather the figures of every unit of a layer, those of all measures in one row.

    Parameters
    ----------
    study : Core
        The study.
    layer : str, optional
        Key of an area layer.

    Returns
    -------
    pandas.DataFrame
        One row per unit, sorted by code; computed once for a study, not to be changed: unit_code,
        unit_name (str), schools, pupils, fsm_share (of pupils, 0..1, to whole percents; blank
        where fewer than ten pupils are eligible), area_km2, schools_per_100km2, share_<kind> for
        every one of `vocabulary.KINDS`, trusts (of two or more schools, with a school here),
        trusts_per_10000_pupils, effective_providers, top_trust_name, top_trust_share, both again
        with the endings _primary and _secondary, share_band_<band> (schools in trusts of that
        size), units_<L> met for hubs and combined authorities, effective_maps. Shares of fewer
        than five schools are blank.

    Raises
    ------
    UsageError
        When the layer is not one of the study's area layers.

    Notes
    -----
    Formulas stand where they are computed: `placeview.place_view`, `placeview.place_ends`
    and `geolls.study.units.units_of`. Units without a school have 0 schools and blanks.
    """
    table = layer_facts(study, layer).units[layer].rename(columns={"name": "unit_name"})
    endings = ("", "_primary", "_secondary")
    tops = [f"top_trust_{c}{e}" for e in endings for c in ("name", "share")]
    met = [f"units_{k}" for k in MET if f"units_{k}" in table]
    columns = [
        *("unit_name", "schools", "pupils", "fsm_share", "area_km2", "schools_per_100km2"),
        *(f"share_{k}" for k in KINDS),
        *("trusts", "trusts_per_10000_pupils", "effective_providers"),
        *(*tops, *_bands(table), *met, "effective_maps"),
    ]
    return table[columns].reset_index()


def _bands(table: pd.DataFrame) -> list[str]:
    bands = [str(c) for c in table if str(c).startswith("share_band_")]
    return [c for c in bands if not c.endswith(("_low", "_high"))]


def figures_of(study: Core, layer: str = "local_authority") -> list[Figure]:
    """List the figures of `place_figures` in the order of reading, with what they mean.

    Where a layer leaves schools out, England has no home and no elsewhere to compare with: the
    middle unit stands beside them.
    """
    table = place_figures(study, layer)
    held = float(table["schools"].sum()) >= _WHOLE * len(study.schools)
    held |= not study.layer(layer).has_land  # seen from authorities, as England is
    own = {f"share_{kind}" for kind in HOME_KINDS}
    figures = [f if held or f.column not in own else replace(f, beside="middle") for f in _FIGURES]
    bands = [
        Figure(c, "share of schools", f"schools in trusts of size {c[11:]}", "whole")
        for c in _bands(table)
    ]
    met = [
        Figure(f"units_{k}", "units", f"{study.layers[k].title} its schools meet", "middle")
        for k in MET
        if f"units_{k}" in table
    ]
    return [*figures[:-1], *bands, *met, figures[-1]]


@remembered
def england_figures(study: Core, layer: str = "local_authority") -> Mapping[str, float]:
    """Return what stands beside the figures of a place: England, or the middle unit of its layer.

    Parameters
    ----------
    study : Core
        The study.
    layer : str, optional
        Key of an area layer; `home` and `elsewhere` are seen from its units, and the middle unit
        is one of them.

    Returns
    -------
    mapping of str to float
        One value per figure of `figures_of`, by column: the total of England, England taken as
        one place, or the median over the units that surely have 20 schools or more; and the two
        ends of what unknown status or shared land leaves open, with the endings _low and _high
        (of counts also the two in the middle, where an even number of units has them apart).
    """
    schools = study.schools
    every = Membership.whole(pd.Index(schools["urn"]), [_ENGLAND] * len(schools))
    who = schools, every, study.kinds(layer)
    view = place_view(*who, bands=study.spread_options)
    whole = view.iloc[0] if len(view) else pd.Series(dtype=float)
    ends = place_ends(*who, None, bands=study.spread_options)
    facts, land = layer_facts(study, layer), float(study.weights("area").sum()) / 1e6
    given = {
        **whole.to_dict(),
        **(ends.loc["all"].iloc[0].to_dict() if len(view) else {}),
        "fsm_share": facts.england["fsm_share"],
        "area_km2": land,
        "schools_per_100km2": len(schools) / land * 100,
    }

    found: dict[str, float] = {}
    for figure in figures_of(study, layer):
        column, middle = figure.column, figure.beside == "middle"
        low, high = facts.middle(layer, column) if middle else ends_of(given, column)
        value = facts.ranked(layer)[column].median() if middle else given[column]
        enough = not middle or len(facts.ranked(layer)) > 1
        found |= {column: value if enough else float("nan")}
        found |= {f"{column}_low": low, f"{column}_high": high}
    return found


def compare(study: Core, places: Sequence[Place]) -> pd.DataFrame:
    """Lay places side by side, figure by figure, with England.

    Parameters
    ----------
    study : Core
        The study.
    places : sequence of Place
        Two or more places, of one layer or of several.

    Returns
    -------
    pandas.DataFrame
        One row per figure: measure (str), one column of numbers for each place under its name
        (layer:code where two are called the same), england; after each stand two with the endings
        _low and _high where shared land or schools of unknown status leave some of them open;
        note (unit, meaning, what `england` is, and the largest trusts by name).

    Raises
    ------
    UsageError
        When fewer than two places are given, or one twice.

    Notes
    -----
    Home and elsewhere are seen from each place's own layer. Where the places are of several
    layers, the figures that England has only beside one layer are blank for England.
    """
    units = [(p.layer, p.unit_code) for p in places]
    if len(units) < 2 or len(set(units)) < len(units):
        raise UsageError("compare needs two different places")
    ends = [f"{p.name}_{end}" for p in places for end in Interval._fields]
    ends += [f"england_{end}" for end in Interval._fields]
    taken = [*(p.name for p in places), "measure", "england", "note", *ends]
    rows = {
        p.name if taken.count(p.name) == 1 else f"{p.layer}:{p.unit_code}": _row(study, p)
        for p in places
    }
    known = {
        name: layer_facts(study, p.layer).unit_rows[p.layer][p.unit_code]
        for name, p in zip(rows, places, strict=True)
    }
    layers = list(dict.fromkeys(p.layer for p in places))
    england = england_figures(study, layers[0])
    facts, title = layer_facts(study, layers[0]), study.layer(layers[0]).unit_title_plural
    ranked, enough = len(facts.ranked(layers[0])), facts.enough(layers[0])
    middle = f"the middle of {ranked} {small(title)} with {enough}"
    shared = any(unit["schools_low"] < unit["schools_high"] for unit in known.values())
    out = []
    for figure in figures_of(study, layers[0]):
        column = figure.column
        values = {name: float(row.get(column, np.nan)) for name, row in rows.items()}
        own = column in {f"share_{kind}" for kind in HOME_KINDS}
        if column in _OF_LAND and not any(p.has_land for p in places):
            continue
        seats = {study.seat(layer) for layer in layers} if own else layers
        common = len(seats) == 1 or (not own and figure.beside != "middle")
        meaning = figure.meaning.replace("{schools}", f"{study.population.word} schools")
        note = f"{figure.unit}: {meaning}"
        if shared and not all(f"{column}_low" in unit for unit in known.values()):
            note += f"; {BY_CONVENTION}"
        if common and figure.beside == "middle":
            note += f"; england: {middle}"
        if column.startswith("top_trust_share"):
            note += _named(rows, column.replace("share", "name"))
        beside: dict[str, Mapping[str, Any]] = {
            name: {**known[name], column: values[name]} for name in rows
        }
        beside["england"] = england if common else {}
        told = {k: v for name, row in beside.items() for k, v in _known(name, row, column)}
        out.append({"measure": column, **told, "note": note})
    table = pd.DataFrame(out)
    pairs = [[f"{name}_{end}" for end in Interval._fields] for name in (*rows, "england")]
    sure = [e for e in pairs if not (table[e[1]] - table[e[0]]).max() > 1e-9]
    return table.drop(columns=[column for both in sure for column in both])


def _row(study: Core, place: Place) -> pd.Series[Any]:
    table = place_figures(study, place.layer)
    return table[table["unit_code"] == place.unit_code].iloc[0]


def _known(name: str, row: Mapping[str, Any], column: str) -> Iterator[tuple[str, float]]:
    """Yield a figure and its ends; what has none is known."""
    yield name, float(row.get(column, np.nan))
    for end, value in zip(Interval._fields, ends_of(row, column), strict=True):
        yield f"{name}_{end}", value


def _named(rows: dict[str, pd.Series[Any]], column: str) -> str:
    named = [f"{k}: {r[column]}" for k, r in rows.items() if isinstance(r[column], str)]
    return f" ({'; '.join(named)})" if named else ""


def most_like(study: Core, place: Place, n: int = 5) -> pd.DataFrame:
    """Return the units of the same layer that are most like a place, by the same figures.

    Parameters
    ----------
    study : Core
        The study.
    place : Place
        The place.
    n : int, optional
        How many.

    Returns
    -------
    pandas.DataFrame
        One row per unit, the most alike first (ties by code): unit_code, unit_name, distance, and
        the columns of `LIKE`. Empty where the place, or all others, may have fewer than 20.

    Notes
    -----
    distance = sqrt(mean over the columns c of ((x_c - y_c) / IQR_c)^2), where x and y are the two
    places' values (their logarithms for counts and effective numbers), and IQR_c is the distance
    between the quartiles of c over the units that surely have 20 schools or more. 1 means: the
    two differ, in the root mean square, by as much as the middle half of them spans. A column is
    left out where the place has no value or the quartiles coincide, and for a unit without a
    value. The quartiles keep a few very large or unusual units from setting the scale. Alike in
    these figures does not mean alike in all.
    """
    ranked, widths = _in_widths(study, place.layer)
    columns = ["unit_name", *LIKE]
    if place.unit_code not in ranked.index or len(ranked) < 2:
        return pd.DataFrame(columns=["unit_code", "unit_name", "distance", *LIKE])
    distance = np.sqrt(((widths - widths.loc[place.unit_code]) ** 2).mean(axis=1))
    found = ranked[columns].assign(distance=distance).drop(index=place.unit_code)
    found = found.reset_index().sort_values(["distance", "unit_code"]).head(n)
    return found[["unit_code", "unit_name", "distance", *LIKE]].reset_index(drop=True)


@remembered
def _in_widths(study: Core, layer: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the ranked units of a layer, and their figures in widths of the middle half."""
    table = place_figures(study, layer)
    enough = layer_facts(study, layer).ranked(layer).index
    ranked = table.set_index("unit_code").loc[enough]
    change: dict[str, Callable[[Any], Any]] = {"plain": lambda v: v, "log": np.log}
    values = pd.DataFrame({c: change[how](ranked[c].astype(float)) for c, how in LIKE.items()})
    width = values.quantile(0.75) - values.quantile(0.25)
    return ranked, values / width.mask(width <= 0)
