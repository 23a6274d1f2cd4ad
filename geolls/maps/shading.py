"""What a map can shade, one entry each: a recipe's measure and how to compute it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from geolls.base.errors import MapError
from geolls.base.interval import Interval, ends_of
from geolls.base.labels import BY_CONVENTION, label, seen_from, within
from geolls.base.text import small as lower_first
from geolls.base.text import suggest
from geolls.base.vocabulary import FEW, HOME_KINDS, PATTERNS
from geolls.maps.data import FormatName, Measure, breaks_of
from geolls.maps.partings import PARTED, cut_of, measure_of_pieces
from geolls.maps.partings import UNDECIDED as NOT_KNOWN_YET
from geolls.maps.recipes import Recipe
from geolls.measures.chance import entropy
from geolls.measures.claimants import mixtures
from geolls.measures.membership import Membership, is_reason
from geolls.measures.mismatch import UNDECIDED, compare_units
from geolls.measures.overlap import weights_of
from geolls.measures.sites import BEYOND, FarRule, measured_in
from geolls.study.analyses import site_distances, sites
from geolls.study.changes import days_of
from geolls.study.core import Core
from geolls.study.facts import Facts
from geolls.study.rings import RINGS
from geolls.study.scenario import land_that_moves
from geolls.study.typology import NOT_SURE, known_until, knows_joinings, rules_of, typology

__all__ = ["COLUMNS", "SHADINGS", "Asked", "Column", "measure_of", "sites_of", "supported"]


class Asked(NamedTuple):
    """What a recipe asks for: the facts to compute it from, its key, its options."""

    facts: Facts
    recipe: Recipe
    key: str

    @property
    def layer(self) -> str:
        """The layer whose units are shaded."""
        return self.recipe.areas

    @property
    def study(self) -> Core:
        """The study."""
        return self.facts.study

    @property
    def units(self) -> pd.DataFrame:
        """The table of the layer's units."""
        if self.layer not in self.facts.units:
            raise self.unknown()
        return self.facts.units[self.layer]

    def middle(self, layer: str = "") -> str:
        """Say which unit the middle value is of."""
        return f"the middle {lower_first(self.study.layers[layer or self.layer].unit_title)}"

    def beside(self, column: str) -> Interval | None:
        """Return a figure of the middle unit; nothing where too few have enough schools."""
        found = self.facts.middle(self.layer, column)
        return found if found.low == found.low else None

    def partly(self, note: str, *layers: str) -> str:
        """Add to a note which of the layers that are not on the map are known in part."""
        return " ".join(filter(None, (note, self.study.partly(*layers))))

    def unknown(self) -> MapError:
        """Return the error that names what there is."""
        return MapError(
            f"no measure is called {self.key!r}",
            where=self.recipe.key,
            fix=suggest(self.key, SHADINGS) or f"there are {', '.join(SHADINGS)}",
        )


@dataclass(frozen=True)
class Column:
    """A shading that stands in the table of units; called as `base.labels` says.

    Parameters
    ----------
    column, format : str
        Which column, and how it is written.
    shows, note : str
        What it is, and what it does not mean.
    finding, since
        What heads the map, and from which value it is true.
    middle : bool
        Whether a unit is compared with the middle one, not with England.
    counts : tuple of str
        As of `Measure`.
    """

    column: str
    format: FormatName
    shows: str
    note: str
    finding: str
    since: float
    middle: bool = False
    counts: tuple[str, ...] = ()

    def __call__(self, asked: Asked) -> Measure:
        """Read the column."""
        units, england = asked.units, asked.facts.england
        values, whole = units[self.column].astype(float), england.get(self.column)
        unit = asked.study.layers[asked.layer].unit_title
        title = label(seen_from(asked.key, asked.layer), unit)
        middle, ends = self.middle or whole is None, _ends(units, self.column)
        there = asked.beside(self.column) if middle else ends_of(england, self.column)
        shared = not units["schools_low"].equals(units["schools_high"])
        seen = set(self.counts) < set(
            HOME_KINDS
        )  # marks are of their kind as seen from authorities
        convention = f" {BY_CONVENTION[:1].upper()}{BY_CONVENTION[1:]}." * (shared and not ends)
        return Measure(
            key=asked.key,
            title=title,
            layer=asked.layer,
            values=values,
            breaks=breaks_of(values[units["schools"] >= FEW], self.format, since=self.since),
            format=self.format,
            n=units["schools"],
            sure=units["schools_low"],
            few=FEW,
            england=there,
            england_title=asked.middle() if middle else "England",
            note=f"{self.note}{convention}",
            shows=self.shows.replace("{population}", asked.study.population.word),
            finding=self.finding.replace("{label}", within(title)),
            since=self.since,
            ends=ends,
            counts=() if seen and asked.layer != asked.facts.home else self.counts,
        )


def _ends(units: pd.DataFrame, column: str) -> tuple[pd.Series[Any], pd.Series[Any]] | None:
    """Return the ends of a count, where the table of units has them."""
    low, high = (f"{column}_{end}" for end in Interval._fields)
    return (units[low], units[high]) if low in units else None


def _units_of(asked: Asked) -> Measure:
    """Count the units of another layer that the schools of each unit fall to."""
    study, units, of = asked.study, asked.units, asked.key.partition(":")[2]
    of = of or str(asked.recipe.options.get("layer", "teaching_school_hub"))
    if of not in study.area_layers:
        raise asked.unknown()
    ends = _ends(units, f"units_{of}")
    if ends:  # on shared land at least: nobody knows whose it is
        values = ends[0].astype(float)
    else:
        table = study.overlap(asked.layer, of)
        table = table[(table["weight"] > 0) & ~is_reason(table["right_code"])]
        counts = table.groupby("left_code")["right_code"].nunique()
        values = counts.reindex(units.index).fillna(0.0).astype(float)
    enough = values[asked.facts.ranked(asked.layer).index]
    middle = Interval(*(float(enough.quantile(0.5, way)) for way in ("lower", "higher")))
    top = max(float(values.max()) if len(values) else 0.0, 2.0)
    plural = study.layers[of].unit_title_plural
    return Measure(
        key=asked.key,
        title=f"{plural} here",
        layer=asked.layer,
        values=values,
        breaks=tuple(b for b in (2.0, 3.0, 4.0, 6.0) if b <= top),
        format="count",
        n=units["schools"],
        sure=units["schools_low"],
        few=1,
        england=asked.beside(f"units_{of}") if ends else middle if len(enough) > 1 else None,
        england_title=asked.middle(),
        shows=f"How many {plural} schools of each {{unit}} fall to, at least: the larger the "
        "circle, the more.",
        note=asked.partly(
            "What is listed is an offer, not use: it shows which bodies must talk.", of
        ),
        finding=f"{{where}}, schools fall to {{since}} {plural} or more",
        since=2.0,
        ends=ends,
    )


class _Against(NamedTuple):
    """The units of one layer held against another's: keys, what is counted, a row a unit."""

    left: str
    right: str
    by: Any
    sides: tuple[Membership, Membership]
    weights: pd.Series[float]
    table: pd.DataFrame


def _against(asked: Asked) -> _Against:
    study, options = asked.study, asked.recipe.options
    left = study.layer(str(options.get("left", asked.layer))).key
    right = study.layer(str(options.get("right", "teaching_school_hub"))).key
    by: Any = str(options.get("by", "schools"))
    for key in (left, right):
        if key not in study.area_layers:
            raise MapError(f"the study has no land of {key}", where=asked.recipe.key)
    sides, weights = (study.membership(left, by), study.membership(right, by)), study.weights(by)
    table = compare_units(*sides, weights, divisible=by == "area").set_index("unit_code")
    return _Against(left, right, by, sides, weights, table[~is_reason(table.index)])


OVERLAP = "Overlap is not failure: it shows which bodies must talk."
RELATIONS = (
    ("identical", "Same land as one unit", "r1"),
    ("nests_in", "Inside one unit", "r2"),
    ("contains", "Made of whole units", "r3"),
    ("crosses", "Cut by a line", "r4"),
    ("disjoint", "Meets none", "dots"),
    (UNDECIDED, NOT_KNOWN_YET, "mixed"),
)


def _relation(asked: Asked) -> Measure:
    """Say how each unit lies to those of another layer."""
    left, right, by, *_, table = _against(asked)
    titles = asked.study.layers[right].unit_title_plural
    counted = "land" if by == "area" else by.replace("fsm_pupils", "pupils eligible for free meals")
    open_ = table["relation"] == UNDECIDED
    there = [one for one in RELATIONS if one[0] != UNDECIDED or open_.any()]
    return Measure(
        key=asked.key,
        title=f"Against {titles}",
        layer=left,
        values=table["relation"].map({k: title for k, title, _ in there}),
        format="words",
        classes=tuple(title for _, title, _ in there),
        fills=tuple(fill for _, _, fill in there),
        shows=f"How the lines of {titles} lie to each {{unit}}, by {counted}.",
        note=asked.partly(OVERLAP, left, right),
        finding=f"{{where}}, a line of {titles} runs through",
        told=("Made of whole units", "Cut by a line"),
        may=frozenset(table.index[open_ & table["may_be"].str.contains("contains|crosses")]),
    )


def _parted(asked: Asked) -> Measure:
    """Tint the land whose schools have another unit than the rest of theirs."""
    cut = cut_of(asked.study, asked.recipe, asked.key)
    return measure_of_pieces(asked.study, asked.key, cut)


_MIXED = 0.1  # of the mixture of the whole country


def _inhomogeneity(asked: Asked) -> Measure:
    """Say how mixed each unit is between those of another layer."""
    left, right, _, (x, y), weights, table = _against(asked)
    x, y = (side.weighed_over(weights.index) for side in (x, y))
    weighed = weights_of(weights)
    values, whole = table["inhomogeneity"].astype(float), entropy(y.weigh(weighed))
    ends = (values.copy(), values.copy())
    for code, both in mixtures(x, y, weighed).items() if whole else ():
        for end, bits in zip(ends, both, strict=True):
            end[code] = bits / whole
    enough = values.index.isin(asked.facts.ranked(left).index)
    middle = Interval(*(float(end[enough].median()) for end in ends))
    return Measure(
        key=asked.key,
        title=f"Mixed between {asked.study.layers[right].unit_title_plural}",
        layer=left,
        values=values,
        breaks=breaks_of(values, "share", since=_MIXED),
        format="share",
        england=middle if enough.sum() > 1 else None,
        england_title=asked.middle(left),
        shows="How mixed each {unit} is between them. 0%: all in one. 100%: as mixed as the whole "
        "country. Nowosad and Stepinski 2018.",
        note=asked.partly(OVERLAP, left, right),
        finding="{where}, the mixture is {since} of the country's or more",
        since=_MIXED,
        ends=ends,
    )


def sites_layer(study: Core, recipe: Recipe) -> str:
    """Return the layer of lead schools that measures of a recipe go by."""
    key = str(recipe.options.get("layer", "teaching_school_hub"))
    return key if study.layer(key).kind == "sites" else f"{key}_lead"


def _sites(asked: Asked) -> str:
    return sites_layer(asked.study, asked.recipe)


def _distances(asked: Asked) -> tuple[pd.DataFrame, pd.Series[float], Far]:
    """Return each school with its unit, how far every school is from a lead, and in what."""
    study = asked.study
    found = site_distances(study, _sites(asked))
    column, unit = measured_in(found)
    distance = found.set_index("urn")[column]
    table = study.assigned(asked.layer)
    table = table[~is_reason(table["unit_code"])].assign(far=table["urn"].map(distance))
    return table.dropna(subset="far"), distance, FARS[unit]


class Far(NamedTuple):
    """How a map says how far something is."""

    option: str
    least: float
    format: FormatName
    unit: str
    way: str
    note: str


FARS: Mapping[str, Far] = {
    "km": Far(
        *("distance_km", FarRule.km, "km", "km", "in a straight line"),
        "A straight line is not travel, and much training is online.",
    ),
    "minutes": Far(
        *("minutes", FarRule.minutes, "minutes", "minutes", "by the travel times of this map"),
        "Travel times are named below, and much training is online.",
    ),
}


def sites_of(facts: Facts, recipe: Recipe) -> pd.DataFrame | None:
    """Return the lead schools that measures of a recipe go by; None where none does."""
    if not {"far_share", "nearest_km"} & set(recipe.measures):
        return None
    table = sites(facts.study, _sites(Asked(facts, recipe, "")))
    return table.dropna(subset=["easting", "northing"])


def _from_sites(
    asked: Asked,
    title: str,
    values: pd.Series[Any],
    kind: FormatName,
    england: float,
    said: str,
    **says: Any,
) -> Measure:
    of = _sites(asked)
    values, units = values.reindex(asked.units.index), asked.units
    return Measure(
        key=asked.key,
        title=title,
        layer=asked.layer,
        values=values,
        breaks=BEYOND[kind]
        if kind == "minutes" or (kind == "km" and asked.layer == RINGS)
        else breaks_of(values, kind, since=says["since"]),
        format=kind,
        n=units["schools"],
        sure=units["schools_low"],
        few=FEW,
        england=float(england),
        note=asked.partly(said, of),
        **says,
    )


def _nearest_km(asked: Asked) -> Measure:
    """Measure how far the middle school of each unit is from the nearest lead school."""
    table, distance, how = _distances(asked)
    return _from_sites(
        asked,
        "Middle distance to the nearest lead school",
        table.groupby("unit_code")["far"].median(),
        how.format,
        distance.median(),
        how.note,
        shows="How far the middle school of each {unit} is from the nearest lead school, "
        f"{how.way}.",
        finding="{where}, half of the schools are {since} or more from the nearest lead school",
        since=_least(asked, how),
    )


def _least(asked: Asked, how: Far) -> float:
    return float(asked.recipe.options.get(how.option, how.least))


def _far_share(asked: Asked) -> Measure:
    """Measure the share of schools that are far from a lead school."""
    table, _, how = _distances(asked)
    least = _least(asked, how)
    far = table["share"].where(table["far"] > least, 0.0).groupby(table["unit_code"]).sum()
    weight = table.groupby("unit_code")["share"].sum()
    return _from_sites(
        asked,
        f"Further than {least:g} {how.unit}",
        far / weight,
        "share",
        far.sum() / weight.sum(),
        how.note,
        shows=f"The share of each {{unit}}'s schools that are further than {least:g} {how.unit} "
        f"from the nearest lead school, {how.way}.",
        finding=f"{{where}}, {{since}} of schools or more are further than {least:g} {how.unit} "
        "from a lead school",
        since=0.5,
    )


def _changed(asked: Asked) -> Measure:
    """Say for each unit whether its land has the same unit of a layer on both days."""
    study, options = asked.study, asked.recipe.options
    key = study.layer(str(options.get("layer", asked.layer))).key
    old, new = (study.at(str(options.get(side, study.as_of))) for side in ("from", "to"))
    if key not in old.layers or key not in new.layers:
        raise MapError(f"{key} is not alive on both days", where=asked.recipe.key)
    lands, of = days_of(old, new, key), lower_first(study.catalogue.get(key).unit_title)
    kept = "Same land, new code" if lands.same_land == "renamed" else f"Same land, new {of}"
    table = study.land(asked.layer)
    mine = table[~is_reason(table["unit_code"])]
    cause = mine["block"].map(lands.of_blocks).fillna("")
    line, same = (
        (cause == word).groupby(mine["unit_code"]).mean() for word in ("line", lands.same_land)
    )
    words = np.select(
        [line == 1, line > 0, same > 0], ["Changed", "Changed in part", kept], "Unchanged"
    )
    return Measure(
        key=asked.key,
        title="Changed between the two days",
        layer=asked.layer,
        values=pd.Series(words, index=line.index),
        format="words",
        classes=("Unchanged", kept, "Changed in part", "Changed"),
        fills=("r1", "r2", "r3", "r5"),
        shows=f"Whether the land of each {{unit}} is in another {of} on the second day than on the "
        "first: by a line that moved, or as the same land under another.",
        note="Where a unit has all the land of another and nothing else, no line moved. A new name "
        "alone does not count.",
        finding=f"{{where}}, a line of the {of} moved",
        told=("Changed in part", "Changed"),
    )


def _moved(asked: Asked) -> Measure:
    """Say for each unit whether its land is in another unit of the right layer than of the left."""
    study = asked.study
    moves = land_that_moves(study, *(str(asked.recipe.options[k]) for k in ("left", "right")))
    table = study.land(asked.layer)
    mine = table[~is_reason(table["unit_code"])]
    cause = mine["block"].map(moves)
    sure, some = (hit.groupby(mine["unit_code"]).mean() for hit in (cause == "yes", cause.notna()))
    words = np.select([sure == 1, some > 0], ["Moves", _IN_PART], "Stays")
    return Measure(
        key=asked.key,
        title="What moves",
        layer=asked.layer,
        values=pd.Series(words, index=sure.index),
        format="words",
        classes=("Stays", _IN_PART, "Moves"),
        fills=("r1", "hatch", "r4"),
        shows="Whether the land of each {unit} is in another unit after.",
        note="Where several units list a district and no line is to hand, nobody knows which part "
        "of it goes where.",
        finding="{where}, all land moves to one other unit",
        told=("Moves",),
    )


_IN_PART = "Moves in part, or along a line not to hand"
NO_PATTERN = "None: too few schools or joining dates"
HANGS = "None, or it is not known which"
NOT_KNOWN = "Not known without --links, or too few schools"


def _pattern(asked: Asked) -> Measure:
    """Say which pattern of oversight each authority shows."""
    if asked.layer != "local_authority":
        raise MapError("patterns are of local authorities", where=asked.recipe.key)
    table, dated = typology(asked.study).set_index("unit_code"), knows_joinings(asked.study)
    until = f"{known_until(asked.study)}. " if dated else ""
    open_ = table["rule"].str.startswith(f"{NOT_SURE}:")
    none = (HANGS if open_.any() else NO_PATTERN) if dated else NOT_KNOWN
    kept = rules_of(asked.study).maintained_share  # of those C can be, where so many may be so
    open_ &= 1 - table["academised_share_low"] >= kept
    titles = {k: f"{k}: {words}" if k in "ABC" else words for k, words in PATTERNS.items()}
    fills = dict(zip(titles, ("r5", "r3", "r1", "mixed"), strict=True))
    told = [k for k in titles if dated or k == "C"]  # all others hang on joining dates
    return Measure(
        key=asked.key,
        title="Pattern of oversight",
        layer=asked.layer,
        values=table["pattern"].map(titles).fillna(none),
        format="words",
        classes=(*(titles[k] for k in told), none),
        fills=(*(fills[k] for k in told), "dots"),
        shows="The pattern of each {unit}'s schools of one phase, sorted by a stated rule; the "
        "rule and its thresholds stand in the study file.",
        note=f"{until}A pattern says who runs schools and since when, not how well; a place can "
        "hold several.",
        finding="{where}, schools are still mostly maintained",
        told=(titles["C"],),
        may=frozenset(table.index[open_]),
    )


_OF_SCHOOLS = "{where}, {since} of schools or more are {label}"
COLUMNS: Mapping[str, Column] = {
    "trusts_elsewhere": Column(
        "share_trust_based_elsewhere",
        "share",
        "The share of each {unit}'s schools in a trust that is at home elsewhere: it has more of "
        "its {population} schools there than in any other {unit}.",
        "Based elsewhere is not far, and not worse: the next {unit} counts as elsewhere, however "
        "near.",
        _OF_SCHOOLS,
        0.3,
        counts=("trust_based_elsewhere",),
    ),
    "trusts_home": Column(
        "share_trust_home_here",
        "share",
        "The share of each {unit}'s schools in a trust that is at home there: it has more of its "
        "{population} schools there than in any other {unit}.",
        "Home is where its schools are, not its office.",
        _OF_SCHOOLS,
        0.3,
        counts=("trust_home_here",),
    ),
    "no_trust": Column(
        "share_no_trust",
        "share",
        "The share of each {unit}'s schools that are in no trust, at the date of the trust list.",
        "Being in no trust, or in one, says nothing of how well a school is run.",
        _OF_SCHOOLS,
        0.5,
        counts=("no_trust",),
    ),
    "in_trusts": Column(
        "share_in_trusts",
        "share",
        "The share of each {unit}'s schools in a trust with at least two schools of any "
        "phase, at the date of the trust list.",
        "Schools that are the only one of their trust are not counted.",
        _OF_SCHOOLS,
        0.5,
        counts=HOME_KINDS,
    ),
    "effective_maps": Column(
        "effective_maps",
        "number",
        "How many combinations of bodies the schools of each {unit} live on, rare ones counting "
        "for less; 1 where all share one.",
        "It says how mixed oversight is, not how good.",
        "{where}, schools live on {since} combinations of bodies or more",
        10.0,
    ),
    "trusts_at_work": Column(
        "trusts",
        "count",
        "Trusts of two or more {population} schools with one or more in each {unit}: the larger "
        "the circle, the more.",
        "Many trusts is no fault: it says how many bodies must talk.",
        "{where}, {since} trusts or more are at work",
        20.0,
        middle=True,
        counts=("trusts",),
    ),
    "trusts_per_10000_pupils": Column(
        "trusts_per_10000_pupils",
        "number",
        "Trusts of two or more {population} schools with one or more in each {unit}, for every "
        "10,000 pupils there.",
        "Many trusts is no fault: it says how many bodies must talk.",
        "{where}, {since} trusts or more are at work for every 10,000 pupils",
        5.0,
        middle=True,
    ),
    "schools": Column(
        "schools",
        "count",
        "Schools that count in each {unit}: the larger the circle, the more.",
        "Schools of other phases stand there too.",
        "{where}, {since} schools or more count",
        100.0,
        middle=True,
    ),
    "fsm_share": Column(
        "fsm_share",
        "share",
        "The share of each {unit}'s pupils who are eligible for free school meals.",
        "Eligible is not the same as poor: who claims, and since when, changes it.",
        "{where}, {since} of pupils or more are eligible for free meals",
        0.25,
    ),
}

SHADINGS: Mapping[str, Callable[[Asked], Measure]] = {
    **COLUMNS,
    "hubs_at_work": _units_of,
    "units_of:LAYER": _units_of,
    "relation": _relation,
    "inhomogeneity": _inhomogeneity,
    f"{PARTED}:LAYER": _parted,
    "far_share": _far_share,
    "nearest_km": _nearest_km,
    "change": _changed,
    "moved": _moved,
    "pattern": _pattern,
}
"""What a recipe may name under `measures`, and how it is computed."""


def _entry(key: str) -> Callable[[Asked], Measure] | None:
    name, colon, _ = key.partition(":")
    return SHADINGS.get(f"{name}:LAYER" if colon else name)


def measure_of(facts: Facts, recipe: Recipe, key: str) -> Measure:
    """Compute what a recipe shades.

    Parameters
    ----------
    facts : Facts
        Computed before.
    recipe : Recipe
        Which layer, and with what options.
    key : str
        A key of `SHADINGS`; "units_of:maths_hub" names the layer after the colon.

    Returns
    -------
    Measure
        A value for each unit, with its classes.

    Raises
    ------
    MapError
        No such measure; names those there are.
    """
    asked, entry = Asked(facts, recipe, key), _entry(key)
    if entry is None:
        raise asked.unknown()
    known = ("shading", key, recipe.areas, tuple(sorted(recipe.options.items())))
    return facts.study.memo(known, lambda: entry(asked))


def supported(recipe: Recipe) -> Recipe:
    """Return a recipe without the measures that no study can give."""
    known, table = (
        tuple(m for m in measures if m.startswith("coverage:") or _entry(m))
        for measures in (recipe.measures, recipe.table)
    )
    shade = recipe.shade if recipe.shade in known else ""
    return replace(recipe, measures=known, table=table, shade=shade)
