"""What a map shows, as tables: layers, measures and their classes, schools, a place or a trust."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geolls.base.errors import MapError
from geolls.base.interval import Interval, bounds, span
from geolls.base.shelves import shelf
from geolls.base.text import DASH, plural
from geolls.base.vocabulary import KIND_TITLES, RANKED
from geolls.maps.styles import LINE_OF_FAMILY, MARKS, RAMP, Mark
from geolls.maps.topology import Topology
from geolls.study.gazetteer import Place

__all__ = [
    "FORMATS",
    "Callout",
    "Format",
    "FormatName",
    "Kind",
    "LayerSpec",
    "MapData",
    "Measure",
    "abroad",
    "breaks_of",
    "class_titles",
    "classify",
    "quantiles",
    "rivers",
    "say",
]

TOLD_OF = 10  # the fewest units of which some are told to stand out
FormatName = Literal["share", "count", "number", "km", "minutes", "words"]
Box = tuple[float, float, float, float]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LayerSpec:
    """A boundary system, ready to draw.

    Parameters
    ----------
    key : str
        Key of the layer, such as "teaching_school_hub".
    title : str
        Name in the panel, singular: "Teaching School Hub".
    family : str
        One of `vocabulary.FAMILIES`; decides the group in the panel.
    units : DataFrame
        One row per unit, index `unit_code` (str), column `unit_name` (str). Optional: `count`
        (float, schools in the unit; counted from `MapData.schools` when absent), `url` (str or
        None, the unit's page), `number` (int, drawn on the map where names are too long).
    claims : DataFrame
        One row per block and claimant: `block` (str), `unit_code` (str; a reason such as
        "no_evidence" where there is none), optional `share` (float 0..1), `confidence` ("high",
        "medium" or "low"). A block without a row has `no_evidence`.
    many : str
        Plural for counts: "Teaching School Hubs"; default the plural of the title.
    note : str
        One sentence about evidence and date, shown with a unit.
    line : str
        Line style; default by family.
    label : str
        What the legend calls it; default the title.
    part : str
        One sentence on how few of its units are known, said of every map of it.
    """

    key: str
    title: str
    family: str
    units: pd.DataFrame
    claims: pd.DataFrame
    many: str = ""
    note: str = ""
    line: str = ""
    label: str = ""
    part: str = ""

    @property
    def plural(self) -> str:
        """The layer's units in words."""
        return self.many or plural(self.title)

    @property
    def style(self) -> str:
        """The name of the line style."""
        return self.line or LINE_OF_FAMILY.get(self.family, "programme")


@dataclass(frozen=True, eq=False)
class Measure:
    """One number, or one class, for every unit of a layer.

    Parameters
    ----------
    key, title : str
        Key and name under "Shade by".
    layer : str
        Key of the layer whose units have the values.
    values : Series
        Index `unit_code`; float, NaN where there is none; or words when `format` is "words".
    breaks : tuple of float
        Rising inner bounds, one fewer than classes (at most four). Round numbers.
    format : {"share", "count", "number", "km", "minutes", "words"}
        How values are written: 12%, 1,234, 5.6, 4.9 km, or the word itself.
    classes : tuple of str
        For words: the classes in order, low to high.
    fills : tuple of str
        For words: a fill per class, of r1..r5, cross, bare, stripe, mixed, dots, blank.
    n : Series, optional
        Index `unit_code`; schools behind each value. Below `few` the unit is dotted, not shaded.
    sure : Series, optional
        The schools that each surely has, shared ones left out: those with enough are ranked.
    few : int
        The smallest n that is shaded.
    england : float or Interval, optional
        The value for England, or the middle unit's; shown beside each unit's.
    england_title : str
        What `england` is: "England", "middle authority".
    note : str
        What the number does not mean, one line.
    shows : str
        What it is, one line; `{unit}` and `{units}` are the layer's.
    finding : str
        What heads the map while it is shaded so: `{where}` says how many units it is true of,
        `{since}` is `since` in words.
    since : float, optional
        The finding is true of units with so large a value; one of the breaks.
    told : tuple of str
        For words: the finding is true of units with one of these.
    counted : tuple of str
        In place of a finding of units: what one school, or so many schools, of those units do.
    may : frozenset of str
        Of these units nobody knows whether the finding is true.
    ends : tuple of Series, optional
        The least and the most that each value can be, where land is shared.
    counts : tuple of str
        What a page can count anew of fewer schools: kinds of a share, or `trusts` at work.
    """

    key: str
    title: str
    layer: str
    values: pd.Series[Any]
    breaks: tuple[float, ...] = ()
    format: FormatName = "share"
    classes: tuple[str, ...] = ()
    fills: tuple[str, ...] = ()
    n: pd.Series[Any] | None = None
    sure: pd.Series[Any] | None = None
    few: int = 10
    england: float | Interval | None = None
    england_title: str = "England"
    note: str = ""
    shows: str = ""
    finding: str = ""
    since: float | None = None
    told: tuple[str, ...] = ()
    counted: tuple[str, str] | None = None
    may: frozenset[str] = frozenset()
    ends: tuple[pd.Series[Any], pd.Series[Any]] | None = None
    counts: tuple[str, ...] = ()

    @cached_property
    def by_code(self) -> dict[str, Any]:
        """The value of each unit."""
        return dict(zip(self.values.index, self.values.tolist(), strict=True))

    @cached_property
    def open(self) -> dict[str, Interval]:
        """The ends of the units whose value is known only between two."""
        if self.ends is None:
            return {}
        codes, (low, high) = self.values.index, self.ends
        both = map(Interval, low.reindex(codes), high.reindex(codes))
        return {code: ends for code, ends in zip(codes, both, strict=True) if not ends.certain}

    def said(self, code: str) -> Any:
        """Return a unit's value, or both its ends in words."""
        if code in self.open:
            return span(self.open[code], lambda end: say(end, self.format))
        return self.by_code.get(code)

    def highest(self, most: int) -> list[tuple[str, str]]:
        """Return the units that surely stand highest, and what is said of each; none of a tie.

        A share of few schools is chance: told among units with enough to be ranked.
        """
        enough = self.n if self.sure is None else self.sure
        if self.format == "words" or enough is None:
            return []
        codes = [c for c in self.values.dropna().index if enough.get(c, 0) >= RANKED]
        form, ends = FORMATS[self.format], {c: self.open.get(c, self.by_code[c]) for c in codes}
        low, high = ({c: form.shown(bounds(e)[end]) for c, e in ends.items()} for end in (0, 1))
        codes.sort(key=lambda c: (-low[c], c))
        # So many stand above every other, whatever is not known of any.
        above = (
            [k for k in range(1, most + 1) if low[codes[k - 1]] > max(high[c] for c in codes[k:])]
            if len(codes) >= TOLD_OF
            else []
        )
        words = [say(self.said(c), self.format) for c in codes[: max(above, default=0)]]
        top = f", the highest of {len(codes):,}"
        return [
            (c, w + top * (c == codes[0] and 1 in above))
            for c, w in zip(codes, words, strict=False)
        ]

    @property
    def beside(self) -> float | str | None:
        """What stands beside each unit's value: a number, or both its ends in words."""
        if self.england is None or bounds(self.england).certain:
            return None if self.england is None else bounds(self.england).low
        return span(self.england, lambda end: say(end, self.format))

    @property
    def paints(self) -> list[str]:
        """The fill of each class: its own, else shades of the ramp; of counts, sizes of a circle.

        A large area shaded by a count would say that much is there because it is large.
        """
        classes = len(self.classes) or len(self.breaks) + 1
        ramp = "s" if self.format == "count" else "r"
        return list(self.fills) or [f"{ramp}{step}" for step in RAMP[classes]]

    def holds(self, units: Sequence[str]) -> tuple[Interval, int]:
        """Return of how many of some units the finding is true, and how many have a class."""
        if self.ends is not None:
            of = [replace(self, values=end)._holds(units) for end in self.ends]
            return Interval(*(many for many, _ in of)), of[0][1]
        sure, n = self._holds(units)
        return Interval(sure, sure + len(self.may.intersection(units))), n

    def _holds(self, units: Iterable[str]) -> tuple[int, int]:
        classes = [c for c in classify(self, units) if c >= 0]
        if self.format == "words":
            true = {i for i, word in enumerate(self.classes) if word in self.told}
            return sum(c in true for c in classes), len(classes)
        if self.since is None:
            return 0, len(classes)
        least = self.breaks.index(self.since) + 1
        return sum(c >= least for c in classes), len(classes)


class Format(NamedTuple):
    """How a number is printed: times `scale`, with so many digits, then its unit."""

    scale: float
    digits: int
    unit: str

    @property
    def step(self) -> float:
        """The smallest difference that is printed."""
        return 1 / float(self.scale * 10**self.digits)

    def shown(self, value: Any) -> Any:
        """Round as it is printed, halves up: a value stands in the class its words belong to."""
        fine = self.scale * 10**self.digits
        return np.floor(np.asarray(value, float) * fine + 0.5 + 1e-9) / fine


FORMATS = {
    "share": Format(100.0, 0, "%"),
    "count": Format(1.0, 0, ""),
    "number": Format(1.0, 1, ""),
    "km": Format(1.0, 1, " km"),
    "minutes": Format(1.0, 0, " minutes"),
}


def say(value: float | str | None, kind: str) -> str:
    """Write a value as every map, table and legend writes it; missing is an en dash.

    Examples
    --------
    >>> say(0.125, "share"), say(1234.0, "count"), say(5.62, "number"), say(4.94, "km")
    ('13%', '1,234', '5.6', '4.9 km')
    >>> say(0.004, "share")
    'under 1%'
    """
    if value is None or value != value:
        return DASH
    if isinstance(value, str) or kind == "words":
        return str(value)
    form = Format(1.0, 0, " km") if kind == "km" and value >= 9.95 else FORMATS[kind]
    shown = float(form.shown(value)) * form.scale
    if kind == "share" and shown == 0 and value > 0:
        return "under 1%"
    return f"{shown:,.{form.digits}f}{form.unit}"


def class_titles(measure: Measure) -> list[str]:
    """Name each class: by its word, or by its printed bounds."""
    if measure.format == "words":
        return list(measure.classes)
    kind, form = measure.format, FORMATS[measure.format]
    digits = "g" if kind in {"count", "km"} else f".{form.digits}f"
    low = [f"{edge * form.scale:{digits}}" for edge in measure.breaks]
    top = [f"{(edge - form.step) * form.scale:{digits}}" for edge in measure.breaks]
    spans = [f"{a} to under {b}" for a, b in pairwise(low)]
    if kind != "km":
        spans = [a if a == b else f"{a} to {b}" for a, b in zip(low, top[1:], strict=False)]
    whole = kind == "share" and measure.breaks[-1] >= 1
    last = "100%" if whole else f"{low[-1]}{form.unit} or more"
    return [f"under {low[0]}{form.unit}", *(f"{span}{form.unit}" for span in spans), last]


def classify(measure: Measure, units: Iterable[str]) -> list[int]:
    """Return the class of each unit: -1 no value, -2 too few schools."""
    values = measure.values.reindex(list(units))
    if measure.format == "words":
        at = {word: i for i, word in enumerate(measure.classes)}
        for word in values[~values.isin(measure.classes)].dropna():
            raise MapError(
                f"measure {measure.key}: {word!r} is not among its classes",
                fix=f"classes are {', '.join(measure.classes)}",
            )
        return [at.get(word, -1) for word in values.tolist()]
    if not 1 <= len(measure.breaks) <= 4:
        raise MapError(f"measure {measure.key} needs one to four breaks, not {measure.breaks}")
    shown = FORMATS[measure.format].shown(values)
    edges = np.round(np.asarray(measure.breaks, float), 6)
    found = np.searchsorted(edges, np.round(shown, 6), side="right")
    found[np.isnan(shown)] = -1
    if measure.n is not None:  # of few schools a share is blank: that is why it has no value
        n = measure.n.reindex(values.index).fillna(0).to_numpy()
        found[n < measure.few] = -2
    return [int(c) for c in found]


# -- where classes begin -------------------------------------------------------------------------


def breaks_of(
    values: pd.Series[float], kind: str, classes: int = 5, since: float | None = None
) -> tuple[float, ...]:
    """Return inner class bounds that are round numbers and hold about as many units each.

    Parameters
    ----------
    values : pandas.Series of float
        One value per unit; NaN is left out.
    kind : {"share", "count", "number", "km", "minutes"}
        How the values are printed, which says what is round.
    classes : int, default 5
        The most classes wanted.
    since : float, optional
        A bound that a sentence about the map names: in place of the nearest one.

    Returns
    -------
    tuple of float
        Rising inner bounds, one to `classes` - 1; quantiles moved to round numbers.
        Where all values are one, that value; where there is none, a half or one.

    Examples
    --------
    >>> breaks_of(pd.Series([0.01, 0.04, 0.06, 0.11, 0.13, 0.2, 0.28, 0.3, 0.33, 0.49]), "share")
    (0.05, 0.1, 0.25, 0.3)
    >>> breaks_of(pd.Series([0.01, 0.04, 0.06, 0.11, 0.13]), "share", since=0.1)
    (0.03, 0.05, 0.08, 0.1)
    """
    if since is not None:
        others = sorted(
            set(breaks_of(values, kind, classes)) - {since}, key=lambda b: abs(b - since)
        )
        return tuple(sorted([since, *others[-(classes - 2) :]]))
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    distinct = np.unique(known)
    if len(distinct) < 2:
        alone = float(distinct.sum())
        return (alone if alone > 0 else 0.5 if kind == "share" else 1.0,)
    if kind == "count" and len(distinct) <= classes:
        return tuple(distinct[1:].tolist())
    if (known == distinct[0]).mean() > 1 / classes:  # most are none: they make one class
        known = known[known > distinct[0]]
    k = min(classes, len(distinct))
    inner = quantiles(known, k)
    spread = float(np.quantile(known, 0.9) - np.quantile(known, 0.1)) or float(np.ptp(known))
    # To 1, 2 or 5 times a power of ten, and nothing finer than is printed.
    wanted = max(spread / (2 * k), FORMATS[kind].step)
    power = 10.0 ** math.floor(math.log10(wanted))
    step = next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= 0.75 * wanted)
    step = max(step, FORMATS[kind].step)
    rounded = np.unique(np.round(np.round(inner / step) * step, 6))
    low, high = float(distinct[0]), float(distinct[-1])
    return tuple(float(b) for b in rounded if low < b <= high) or (high,)


def quantiles(values: Floats, classes: int) -> Floats:
    """Return bounds between classes of as many values each; fewer where values repeat."""
    bounds: Floats = np.unique(np.quantile(values, np.linspace(0, 1, classes + 1)[1:]))
    return bounds[:-1]


# ---- what a map shows ------------------------------------------------------------


@dataclass(frozen=True)
class Callout:
    """A finding written beside the land with a line to its unit.

    Parameters
    ----------
    layer, unit_code : str
        What it points to.
    title, text : str
        Bold first line, plain second line.
    """

    layer: str
    unit_code: str
    title: str
    text: str = ""


class Kind(NamedTuple):
    """One kind of school that a map tells from others.

    Parameters
    ----------
    title : str
        What its schools have in common.
    mark : Mark
        How they are drawn.
    whole : int, optional
        How many there are in all, on the map and elsewhere.
    """

    title: str
    mark: Mark
    whole: int | None = None

    def counted(self, here: int) -> str:
        """Say how many are here, and of how many."""
        return f"{here:,}" if self.whole is None else f"{here:,} of {self.whole:,}"


WHO_RUNS = {key: Kind(title, MARKS[key]) for key, title in KIND_TITLES.items()}


@dataclass(frozen=True, eq=False)
class MapData:
    """Everything a map shows, as tables; knows nothing of studies or files.

    Parameters
    ----------
    blocks : GeoDataFrame
        Index `block` (str), polygons of one valid coverage, EPSG:27700.
    layers : tuple of LayerSpec
        In panel order.
    measures : tuple of Measure
        What can be shaded and is listed per unit.
    schools : DataFrame, optional
        One row per school: `urn` (str), `name` (str), `phase` (str), `pupils` (float, NaN
        unknown), `easting`, `northing` (metres; rows without are not drawn), `kind` (of
        `kinds`; by who runs it as seen from the school's own authority), `trust_uid` (str or None).
        Optional: `block` (str or None; found by layer columns otherwise), `here` (bool: inside
        the place; default all), and one column per layer key with the school's `unit_code` where
        it may differ from its block's.
    on_blocks : Series, optional
        Index `block`: how many of the schools the map is about stand on it, drawn or not.
    trusts : DataFrame, optional
        One row per trust named by a school: index `trust_uid`, `trust_name` (str), `schools`
        (int, in England). Optional: `home` (str, name of its home authority), `without`
        (str, what is said of one that has none), `home_easting`,
        `home_northing` (metres), `url` (str), `text` (str, one line of its measures).
    place : Place, optional
        For scope "place": the rest of the land is drawn pale.
    trust : str, optional
        The trust_uid of scope "trust".
    sites : DataFrame, optional
        Lead schools to mark: `unit_name` (str), `easting`, `northing` (metres).
    words : dict
        Fills `{layer}`, `{date}` and the like in the recipe's texts.
    dates : str
        The dated note: n, population and the date of each source.
    attribution : str
        Sources and licences.
    demonstration : bool
        Whether the schools are generated; said on the map.
    kinds : mapping of str to Kind
        What schools are told apart by; by who runs them unless told.
    kinds_title : str
        The same in words.
    bodies : callable
        Packs what is above each school and postcode (see `geolls.maps.bodies`), if a page is made.
    land : Topology, optional
        The blocks as arcs. Maps of the same blocks can share it; made from `blocks` when absent.
    """

    blocks: gpd.GeoDataFrame
    layers: tuple[LayerSpec, ...]
    measures: tuple[Measure, ...] = ()
    schools: pd.DataFrame | None = None
    on_blocks: pd.Series[int] | None = None
    trusts: pd.DataFrame | None = None
    place: Place | None = None
    trust: str | None = None
    sites: pd.DataFrame | None = None
    words: Mapping[str, str] | None = None
    dates: str = ""
    attribution: str = ""
    demonstration: bool = False
    kinds: Mapping[str, Kind] = field(default_factory=lambda: WHO_RUNS)
    kinds_title: str = "Schools, by who runs them"
    bodies: Callable[[], bytes] = bytes
    land: Topology | None = None

    @cached_property
    def topology(self) -> Topology:
        """The blocks as arcs."""
        return self.land or Topology.of(self.blocks)


@cache
def abroad() -> Any:
    """Return the land round England as one MultiPolygon, EPSG:27700: ground, not to measure on."""
    document = json.loads((shelf("maps") / "assets" / "abroad.json").read_text("utf-8"))
    rings = [np.array(ring, float).reshape(-1, 2) for ring in document["rings"]]
    return shapely.multipolygons([shapely.polygons(ring) for ring in rings])


@cache
def rivers() -> tuple[Floats, ...]:
    """Return the main rivers, EPSG:27700: up to three kilometres off, for maps of all England."""
    document = json.loads((shelf("maps") / "assets" / "rivers.json").read_text("utf-8"))
    return tuple(np.array(line, float).reshape(-1, 2) for line in document["lines"])
