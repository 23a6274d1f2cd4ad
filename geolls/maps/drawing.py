"""Draw a recipe: tables in, an offline interactive `folium.Map` out."""

from __future__ import annotations

import contextlib
import html
import json
import math
import weakref
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property, lru_cache
from itertools import compress, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import folium
import folium.template
import jinja2
import numpy as np
import pandas as pd
from branca.element import Element, MacroElement
from markupsafe import Markup

from geolls.base.errors import MapError
from geolls.base.shelves import shelf
from geolls.base.text import suggest
from geolls.base.vocabulary import FAMILY_TITLES, KIND_TITLES, KINDS, REASON_NUMBERS, REASON_PHRASES
from geolls.maps import pack as encoding
from geolls.maps.offline import (
    Page,
    asset,
    leaflet_css,
    leaflet_js,
    marker_pictures,
)
from geolls.maps.recipes import Recipe, load_recipe

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = [
    "Callout",
    "LayerSpec",
    "Map",
    "MapData",
    "Measure",
    "Parts",
    "Place",
    "abroad",
    "cut",
    "draw",
    "fragment",
    "load_recipe",
    "say",
    "shared_assets",
]

Format = Literal["share", "count", "number", "km", "words"]

LINES = {
    "local_authority": "authority",
    "district": "district",
    "combined_authority": "combined",
    "greater_london_authority": "combined",
    "region": "region",
    "dfe_region": "region",
    "teaching_school_hub": "teaching",
    "maths_hub": "maths",
}
"""Line style of the layers that have one of their own; others take their family's."""

MOST_CALLOUTS = 4
NAMES = frozenset({"Ofsted"})

CITIES = (
    ("Carlisle", 54.895, -2.934),
    ("Newcastle", 54.974, -1.613),
    ("Leeds", 53.797, -1.548),
    ("Liverpool", 53.409, -2.978),
    ("Sheffield", 53.383, -1.465),
    ("Birmingham", 52.480, -1.903),
    ("Norwich", 52.629, 1.297),
    ("Cambridge", 52.205, 0.121),
    ("London", 51.507, -0.128),
    ("Bristol", 51.455, -2.588),
    ("Southampton", 50.905, -1.404),
    ("Exeter", 50.722, -3.534),
)


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
        Plural for counts: "Teaching School Hubs"; default the title and an s.
    note : str
        One sentence about evidence and date, shown with a unit.
    line : str
        Line style; default by key, else by family.
    """

    key: str
    title: str
    family: str
    units: pd.DataFrame
    claims: pd.DataFrame
    many: str = ""
    note: str = ""
    line: str = ""

    @property
    def plural(self) -> str:
        """The layer's units in words."""
        return self.many or f"{self.title}s"

    @property
    def style(self) -> str:
        """The name of the line style."""
        fallback = {"councils": "district", "devolution": "region", "hubs": "hub"}
        return self.line or LINES.get(self.key) or fallback.get(self.family, "programme")


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
    format : {"share", "count", "number", "km", "words"}
        How values are written: 12%, 1,234, 5.6, 4.9 km, or the word itself.
    classes : tuple of str
        For words: the classes in order, low to high.
    fills : tuple of str
        For words: a fill per class, of r1..r5, none, cross, bare, stripe, hatch, dots.
    n : Series, optional
        Index `unit_code`; schools behind each value. Below `few` the unit is dotted, not shaded.
    few : int
        The smallest n that is shaded.
    england : float, optional
        The value for England, or the middle unit's; shown beside each unit's.
    england_title : str
        What `england` is: "England", "middle authority".
    note : str
        What the number means and does not mean, one line.
    """

    key: str
    title: str
    layer: str
    values: pd.Series[Any]
    breaks: tuple[float, ...] = ()
    format: Format = "share"
    classes: tuple[str, ...] = ()
    fills: tuple[str, ...] = ()
    n: pd.Series[Any] | None = None
    few: int = 10
    england: float | None = None
    england_title: str = "England"
    note: str = ""


@dataclass(frozen=True)
class Place:
    """The unit a map is about; the rest of the land is drawn pale.

    Parameters
    ----------
    layer, unit_code, name : str
        Which unit.
    blocks : tuple of str
        The blocks it is made of.
    """

    layer: str
    unit_code: str
    name: str
    blocks: tuple[str, ...]


@dataclass(frozen=True)
class Callout:
    """A finding written beside the land with a line to its unit.

    Parameters
    ----------
    layer, unit_code : str
        What it points to.
    title, text : str
        Bold first line, plain second line.
    side : {"left", "right"}
        The margin it stands in.
    """

    layer: str
    unit_code: str
    title: str
    text: str = ""
    side: Literal["left", "right"] = "left"


@dataclass(frozen=True, eq=False)
class MapData:
    """Everything a map shows, as tables; knows nothing of studies or files.

    Parameters
    ----------
    blocks : GeoDataFrame
        Index `block` (str), polygons of one valid coverage, EPSG:27700. Hand over the same
        object for every page: its topology is built once.
    layers : tuple of LayerSpec
        In panel order.
    measures : tuple of Measure
        What can be shaded and is listed per unit.
    schools : DataFrame, optional
        One row per school: `urn` (str), `name` (str), `phase` (str), `pupils` (float, NaN
        unknown), `easting`, `northing` (metres; rows without are not drawn), `kind` (of
        `vocabulary.KINDS`, as seen from the school's own authority), `trust_uid` (str or None).
        Optional: `block` (str or None; found by layer columns otherwise), `here` (bool: inside
        the place; default all), and one column per layer key with the school's `unit_code` where
        it may differ from its block's.
    trusts : DataFrame, optional
        One row per trust named by a school: index `trust_uid`, `trust_name` (str), `schools`
        (int, in England). Optional: `home` (str, name of its home authority), `home_easting`,
        `home_northing` (metres), `url` (str), `text` (str, one line of its measures).
    place : Place, optional
        For scope "place".
    trust : str, optional
        The trust_uid of scope "trust".
    focus : tuple of float, optional
        What to frame: west, south, east, north in EPSG:27700; default the place, the trust's
        schools or all blocks.
    callouts : tuple of Callout
        At most four.
    words : dict
        Fills `{layer}`, `{date}` and the like in the recipe's texts.
    dates : str
        The dated note: n, population and the date of each source.
    attribution : str
        Sources and licences.
    demonstration : bool
        Whether the schools are generated; said on the map.
    context : Polygon or MultiPolygon, optional
        Land outside England, EPSG:27700, drawn as other land; on maps of a place or trust it is
        `abroad()` when not given.
    """

    blocks: gpd.GeoDataFrame
    layers: tuple[LayerSpec, ...]
    measures: tuple[Measure, ...] = ()
    schools: pd.DataFrame | None = None
    trusts: pd.DataFrame | None = None
    place: Place | None = None
    trust: str | None = None
    focus: tuple[float, float, float, float] | None = None
    callouts: tuple[Callout, ...] = ()
    words: Mapping[str, str] | None = None
    dates: str = ""
    attribution: str = ""
    demonstration: bool = False
    context: Any = None


# ---------------------------------------------------------------- numbers in words


def mid_sentence(title: str) -> str:
    """Return a layer's title as it stands within a sentence: names keep their capitals.

    Examples
    --------
    >>> mid_sentence("Local authorities"), mid_sentence("Maths Hubs"), mid_sentence("DfE region")
    ('local authorities', 'Maths Hubs', 'DfE region')
    """
    first, *rest = title.split()
    named = any(word[:1].isupper() for word in rest) or not first[1:].islower()
    return title if named or first in NAMES else title[:1].lower() + title[1:]


def _half_up(value: float, digits: int = 0) -> float:
    scale = 10.0**digits
    return float(math.floor(value * scale + 0.5) / scale)


def say(value: float | str | None, kind: Format) -> str:
    """Write a value as every map, table and legend writes it; missing is an en dash.

    Examples
    --------
    >>> say(0.125, "share"), say(1234.0, "count"), say(5.62, "number"), say(4.94, "km")
    ('13%', '1,234', '5.6', '4.9 km')
    >>> say(0.004, "share")
    'under 1%'
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"  # noqa: RUF001
    if kind == "words" or isinstance(value, str):
        return str(value)
    if kind == "share":
        whole = _half_up(value * 100)
        return "under 1%" if whole == 0 and value > 0 else f"{whole:.0f}%"
    if kind == "count":
        return f"{_half_up(value):,.0f}"
    if kind == "km":
        return f"{_half_up(value, 1):.1f} km" if value < 9.95 else f"{_half_up(value):,.0f} km"
    return f"{_half_up(value, 1):,.1f}"


def _shown(values: np.ndarray[Any, Any], kind: Format) -> np.ndarray[Any, Any]:
    """Round as `say` does, so that a value stands in the class its printed form belongs to."""
    scale = {"share": 100.0, "count": 1.0, "number": 10.0, "km": 10.0}[kind]
    shown: np.ndarray[Any, Any] = np.asarray(np.floor(values * scale + 0.5) / scale)
    return shown


def _class_titles(measure: Measure) -> list[str]:
    """Name each class by its printed bounds."""
    kind, edges = measure.format, measure.breaks
    step = {"share": 0.01, "count": 1.0, "number": 0.1, "km": 0.1}[kind]

    def bare(value: float) -> str:
        text = f"{value * 100:.0f}" if kind == "share" else f"{value:g}"
        return f"{value:.1f}" if kind == "number" else text

    unit = {"share": "%", "km": " km"}.get(kind, "")
    titles = [f"under {bare(edges[0])}{unit}"]
    for low, high in pairwise(edges):
        top = bare(high) if kind == "km" else bare(high - step)
        words = f"{bare(low)} to under {top}" if kind == "km" else f"{bare(low)} to {top}"
        titles.append(f"{words if bare(low) != top else bare(low)}{unit}")
    all_of_it = kind == "share" and edges[-1] >= 1
    return [*titles, "100%" if all_of_it else f"{bare(edges[-1])}{unit} or more"]


# ---------------------------------------------------------------- the payload


def _claims(spec: LayerSpec, blocks: Sequence[str]) -> dict[str, Any]:
    """Return a layer's claims as one integer a block, its mixes and its low-confidence blocks."""
    codes = {str(code): i for i, code in enumerate(spec.units.index)} | REASON_NUMBERS
    at = {block: i for i, block in enumerate(blocks)}
    where = spec.claims["block"].map(at)
    unit = spec.claims["unit_code"].map(codes)
    if unit.isna().any():
        bad = spec.claims.loc[unit.isna(), "unit_code"].iloc[0]
        raise MapError(
            f"layer {spec.key}: a claim names {bad!r}, which is not among its units",
            fix=suggest(str(bad), map(str, spec.units.index)),
        )
    known = where.notna().to_numpy()
    by_block: list[list[int]] = [[] for _ in blocks]
    pairs = zip(where[known].astype(int).tolist(), unit[known].astype(int).tolist(), strict=True)
    for b, u in pairs:
        if u not in by_block[b]:
            by_block[b].append(u)
    mixes: dict[tuple[int, ...], int] = {}
    count = len(spec.units)
    of = [
        -1
        if not claimants
        else claimants[0]
        if len(claimants) == 1
        else mixes.setdefault(tuple(sorted(claimants)), count + len(mixes))
        for claimants in by_block
    ]
    low: list[int] = []
    if "confidence" in spec.claims:
        doubtful = (spec.claims["confidence"] == "low").to_numpy() & known & (unit >= 0).to_numpy()
        low = sorted({int(b) for b in where[doubtful]})
    return {"of": of, "mixes": [list(m) for m in mixes], "low": low}


def _texts(values: Any) -> list[str]:
    # A list first: walking an arrow column costs ten times as much.
    return ["" if v is None or v != v else str(v) for v in values.tolist()]


class _Encoded:
    """A layer in the forms that pages ask for, made once for all pages that draw it."""

    def __init__(self, spec: LayerSpec, blocks: tuple[str, ...]) -> None:
        self.blocks = blocks
        self.layer = _encode_layer(spec, blocks)
        names: list[str] = self.layer["code"]
        count, mixes = len(names), self.layer["mixes"]
        self.codes = {code: i for i, code in enumerate(names)} | REASON_NUMBERS
        units = [mixes[u - count] if u >= count else [u] for u in self.layer["of"]]
        self.met = dict(zip(blocks, units, strict=True))
        """The units on each block."""
        self.of = dict(zip(blocks, self.layer["of"], strict=True))
        shown = [c for c in ("unit_name", "url", "count") if c in spec.units]
        self.shown = {c: dict(zip(names, spec.units[c].tolist(), strict=True)) for c in shown}
        """Each column of the units by code."""
        self.claimed: dict[str, set[str]] = {}
        """The codes on each block, reasons among them."""
        on, has = _texts(spec.claims["block"]), _texts(spec.claims["unit_code"])
        for block, code in zip(on, has, strict=True):
            self.claimed.setdefault(block, set()).add(code)


_encoded: weakref.WeakKeyDictionary[LayerSpec, _Encoded] = weakref.WeakKeyDictionary()


def _known(spec: LayerSpec, blocks: tuple[str, ...]) -> _Encoded:
    known = _encoded.get(spec)
    if known is None or known.blocks is not blocks:
        known = _encoded[spec] = _Encoded(spec, blocks)
    return known


def _layer(spec: LayerSpec, blocks: tuple[str, ...]) -> dict[str, Any]:
    """Return a layer as the payload holds it."""
    return _known(spec, blocks).layer


@lru_cache(maxsize=8)
def _layers(specs: tuple[LayerSpec, ...], blocks: tuple[str, ...]) -> encoding.Ready:
    return encoding.ready([_layer(spec, blocks) for spec in specs])


def _encode_layer(spec: LayerSpec, blocks: tuple[str, ...]) -> dict[str, Any]:
    out: dict[str, Any] = {
        "key": spec.key,
        "title": spec.title,
        "many": spec.plural,
        "family": spec.family,
        "line": spec.style,
        "note": spec.note,
        "code": _texts(spec.units.index),
        "name": _texts(spec.units["unit_name"]),
        **_claims(spec, blocks),
    }
    if "url" in spec.units:
        out["url"] = _texts(spec.units["url"])
    if "number" in spec.units:
        out["number"] = [int(v) for v in spec.units["number"]]
    if "count" in spec.units:
        out["count"] = [None if v != v else round(float(v), 1) for v in spec.units["count"]]
    return out


def _classes(measure: Measure, units: pd.Index[Any]) -> tuple[list[Any], list[int]]:
    """Return the value and the class of each unit: -1 no value, -2 too few schools."""
    values = measure.values.reindex(units)
    if measure.format == "words":
        at = {word: i for i, word in enumerate(measure.classes)}
        words = [None if v is None or v != v else str(v) for v in values]
        unknown = [w for w in words if w is not None and w not in at]
        if unknown:
            raise MapError(
                f"measure {measure.key}: {unknown[0]!r} is not among its classes",
                fix=f"classes are {', '.join(measure.classes)}",
            )
        return list(words), [-1 if w is None else at[w] for w in words]
    numbers = values.to_numpy(dtype=float)
    shown = _shown(numbers, measure.format)
    edges = np.round(np.asarray(measure.breaks, float), 6)
    classes = np.searchsorted(edges, np.round(shown, 6), side="right")
    classes = np.where(np.isnan(numbers), -1, classes)
    if measure.n is not None:
        few = (measure.n.reindex(units).fillna(0) < measure.few).to_numpy()
        classes = np.where(few & (classes >= 0), -2, classes)
    plain = [None if math.isnan(v) else round(float(v), 4) for v in numbers]
    return plain, [int(c) for c in classes]


def _measure(measure: Measure, units: pd.Index[Any]) -> dict[str, Any]:
    values, classes = _classes(measure, units)
    words = measure.format == "words"
    if not words and not 1 <= len(measure.breaks) <= 4:
        raise MapError(f"measure {measure.key} needs one to four breaks, not {measure.breaks}")
    out: dict[str, Any] = {
        "key": measure.key,
        "title": measure.title,
        "layer": measure.layer,
        "format": measure.format,
        "v": values,
        "c": classes,
        "titles": list(measure.classes) if words else _class_titles(measure),
        "few": measure.few,
        "england": measure.england,
        "beside": measure.england_title,
        "note": measure.note,
    }
    if words:
        out["fills"] = list(measure.fills or [f"r{i + 1}" for i in range(len(measure.classes))])
    if measure.n is not None:
        n = measure.n.reindex(units).fillna(0)
        out["n"] = [int(v) for v in n]
    return out


@lru_cache(maxsize=8)
def _measures(measures: tuple[Measure, ...], specs: tuple[LayerSpec, ...]) -> encoding.Ready:
    """Return measures as the payload holds them; pages of one kind share theirs."""
    units = {spec.key: spec.units.index for spec in specs}
    return encoding.ready([_measure(m, units[m.layer]) for m in measures])


def _near_order(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return a Z-order of positions: neighbours on the ground become neighbours in the file."""

    def spread(v: Any) -> Any:
        v = v.astype(np.uint64)
        for shift, mask in (
            (16, 0x0000FFFF0000FFFF),
            (8, 0x00FF00FF00FF00FF),
            (4, 0x0F0F0F0F0F0F0F0F),
            (2, 0x3333333333333333),
            (1, 0x5555555555555555),
        ):
            v = (v | (v << np.uint64(shift))) & np.uint64(mask)
        return v

    return np.asarray(spread(x - x.min()) | (spread(y - y.min()) << np.uint64(1)))


_REASON_PHRASES = {n: REASON_PHRASES[key] for key, n in REASON_NUMBERS.items()}
_KIND_AT = {kind: i for i, kind in enumerate(KINDS)}


def _schools(data: MapData, layers: Sequence[LayerSpec], topo: encoding.Topology) -> dict[str, Any]:
    """Return the schools as columns, neighbours together, with their trusts."""
    table = data.schools
    assert table is not None
    east, north = (table[c].to_numpy(float) for c in ("easting", "northing"))
    drawn = np.flatnonzero(~np.isnan(east) & ~np.isnan(north))
    if drawn.size == 0:
        return {}
    lon, lat = encoding.lonlat(east[drawn], north[drawn])
    x = np.rint(lon / encoding.STEP).astype(np.int64)
    y = np.rint(lat / encoding.STEP).astype(np.int64)
    blocks = _texts(table["block"]) if "block" in table else [""] * len(table)
    block = np.array([topo.at.get(b, -1) for b in blocks])[drawn]
    urn = np.array(_texts(table["urn"]))
    order = np.lexsort((urn[drawn], _near_order(x, y), block))
    rows = drawn[order].tolist()
    x, y, block = x[order], y[order], block[order]

    def column(name: str) -> list[Any]:
        values = table[name].tolist()
        return [values[i] for i in rows]

    def texts(name: str) -> list[str]:
        return ["" if v is None or v != v else str(v) for v in column(name)]

    kinds = column("kind")
    unknown = [kind for kind in kinds if kind not in _KIND_AT]
    if unknown:
        raise MapError(
            f"schools: kind {unknown[0]!r} is unknown", fix=f"kinds are {', '.join(KINDS)}"
        )
    phase, own = texts("phase"), texts("trust_uid")
    phases = sorted(set(phase))
    phase_at = {name: i for i, name in enumerate(phases)}
    trusts = data.trusts if data.trusts is not None else pd.DataFrame()
    uids = sorted({uid for uid in own if uid} & set(map(str, trusts.index)))
    trust_at = {uid: i for i, uid in enumerate(uids)}
    changes = np.flatnonzero(np.diff(block, prepend=block[0] - 1))
    out: dict[str, Any] = {
        "step": encoding.STEP,
        "urn": encoding.zigzag(urn[rows].astype(np.int64)),
        "name": "\n".join(" ".join(t.split()) for t in texts("name")),
        "x": encoding.zigzag(x),
        "y": encoding.zigzag(y),
        "block": [block[changes].tolist(), np.diff(changes, append=len(block)).tolist()],
        "kind": "".join(str(_KIND_AT[kind]) for kind in kinds),
        "phases": phases,
        "phase": [phase_at[p] for p in phase],
        "pupils": [-1 if v is None or v != v else int(v) for v in column("pupils")],
        "trust": [trust_at.get(uid, -1) for uid in own],
        "trusts": _trusts(trusts if trusts.index.tolist() == uids else trusts.loc[uids])
        if uids
        else {},
    }
    if "here" in table and not table["here"].all():
        out["here"] = "".join("1" if h else "0" for h in column("here"))
    names = [blocks[i] for i in rows]
    out["apart"] = {
        spec.key: apart
        for spec in layers
        if spec.key in table
        and (apart := _apart(column(spec.key), names, _known(spec, topo.blocks)))
    }
    return out


def _apart(units: Sequence[Any], blocks: Sequence[str], layer: _Encoded) -> list[list[int]]:
    """Return the schools whose unit is not their block's: positions and units."""
    own = [layer.codes.get(unit) for unit in units]
    of = [layer.of.get(block, -1) for block in blocks]
    at = [i for i, (a, b) in enumerate(zip(own, of, strict=True)) if a is not None and a != b]
    return [encoding.zigzag(at), [own[i] for i in at]] if at else []  # type: ignore[misc]


def _trusts(trusts: pd.DataFrame) -> dict[str, Any]:
    out: dict[str, Any] = {
        "uid": _texts(trusts.index),
        "name": _texts(trusts["trust_name"]),
        "schools": [int(v) for v in trusts["schools"]] if "schools" in trusts else [],
    }
    for column in ("home", "url", "text"):
        if column in trusts:
            out[column] = _texts(trusts[column])
    if "home_easting" in trusts:
        lon, lat = encoding.lonlat(
            trusts["home_easting"].to_numpy(float), trusts["home_northing"].to_numpy(float)
        )
        out["x"] = [None if v != v else round(v / encoding.STEP) for v in lon]
        out["y"] = [None if v != v else round(v / encoding.STEP) for v in lat]
    return out


# ---------------------------------------------------------------- what the recipe asks for


@dataclass(frozen=True, eq=False)
class _Drawn:
    """A recipe resolved against the data: what is really there to draw."""

    recipe: Recipe
    data: MapData
    layers: list[LayerSpec]
    on: list[str]
    areas: LayerSpec
    measures: list[Measure]
    shades: list[tuple[str, str]]  # key, title: offered under "Shade by"
    words: dict[str, str]

    @cached_property
    def own(self) -> pd.DataFrame | None:
        """The schools of the trust that the map is about."""
        return _schools_of_trust(self.data)

    @property
    def table(self) -> list[Measure]:
        """The measures of the table twin, in the recipe's order."""
        wanted = self.recipe.table or tuple(m.key for m in self.measures)
        ours = {m.key: m for m in self.measures if m.layer == self.areas.key}
        return [ours[key] for key in wanted if key in ours]


def _schools_of_trust(data: MapData) -> pd.DataFrame | None:
    if data.trust is None or data.schools is None:
        return None
    return data.schools[data.schools["trust_uid"] == data.trust]


def _pick(keys: Sequence[str], known: Mapping[str, Any], what: str, strict: bool) -> list[str]:
    """Keep the keys that exist; when strict, an unknown one is an error that names the nearest."""
    for key in keys if strict else ():
        if key not in known:
            raise MapError(
                f"the recipe asks for {what} {key!r}, which this map's data lacks",
                fix=suggest(key, known) or f"there are {', '.join(known) or 'none'}",
            )
    return [key for key in keys if key in known]


def _resolve(recipe: Recipe, data: MapData) -> _Drawn:
    if recipe.scope == "place" and data.place is None:
        raise MapError(f"the map {recipe.key} needs a place", fix="name one with --place")
    if recipe.scope == "trust" and data.trust is None:
        raise MapError(f"the map {recipe.key} needs a trust", fix="name one with --trust")
    if data.context is None and recipe.scope != "england":
        data = replace(data, context=abroad())
    layers = {spec.key: spec for spec in data.layers}
    if not layers:
        raise MapError("a map needs at least one layer")
    offered = _pick(recipe.layers, layers, "layer", strict=False) or list(layers)
    _pick([recipe.areas], layers, "layer", strict=True)
    if recipe.areas not in offered:
        offered.insert(0, recipe.areas)
    measures = {m.key: m for m in data.measures if m.layer in offered}
    for m in measures.values():
        _pick([m.layer], layers, "layer", strict=True)
    covers = {f"coverage:{key}": f"{layers[key].title} coverage" for key in offered}
    titles = {key: m.title for key, m in measures.items()} | covers
    _pick([recipe.shade] if recipe.shade else [], titles, "measure", strict=True)
    wanted = _pick(recipe.measures, titles, "measure", strict=False) or list(measures)
    words = {"place": data.place.name if data.place else "England", **dict(data.words or {})}
    if data.trust is not None and data.trusts is not None:
        words.setdefault("trust", str(data.trusts["trust_name"].get(data.trust, data.trust)))
    for word in ("layer", "left", "right"):
        spec = layers.get(str(recipe.options.get(word, recipe.areas)))
        words.setdefault(word, spec.title if spec else "")
        words.setdefault(f"{word}s", mid_sentence(spec.plural) if spec else "")
    for word in ("from", "to"):
        with contextlib.suppress(ValueError):
            on = date.fromisoformat(str(recipe.options.get(word, "")))
            words.setdefault(word, f"{on.day} {on:%B %Y}")
    covered = recipe.shade.removeprefix("coverage:")
    if covered != recipe.shade and not data.callouts:
        data = replace(data, callouts=_gaps(layers[covered], layers[recipe.areas]))
    return _Drawn(
        recipe=recipe,
        data=data,
        layers=[layers[key] for key in offered],
        on=_pick(recipe.on, dict.fromkeys(offered), "layer", strict=False),
        areas=layers[recipe.areas],
        measures=list(measures.values()),
        shades=[(key, titles[key]) for key in wanted],
        words=words,
    )


def _gaps(spec: LayerSpec, areas: LayerSpec) -> tuple[Callout, ...]:
    """Return a call-out for each area without a known unit, where they are few enough to name."""
    known = set(spec.claims.loc[spec.claims["unit_code"] != "no_evidence", "block"])
    land = areas.claims[areas.claims["unit_code"].isin(areas.units.index)]
    reached = land["block"].isin(known).groupby(land["unit_code"]).any()
    gaps = reached.index[~reached].tolist()
    if not 0 < len(gaps) <= MOST_CALLOUTS:
        return ()
    counts = areas.units["count"] if "count" in areas.units else pd.Series(dtype=float)
    return tuple(
        Callout(
            areas.key,
            str(code),
            str(areas.units["unit_name"].get(code, code)),
            f"no {spec.title.split()[-1].lower()} found"
            + (f", {say(float(counts[code]), 'count')} schools" if code in counts.index else ""),
        )
        for code in gaps
    )


def _focus(drawn: _Drawn) -> tuple[float, float, float, float]:
    """Return what to frame, in metres."""
    data = drawn.data
    if data.focus is not None:
        return data.focus
    if drawn.own is not None:
        own = drawn.own[drawn.own["easting"].notna()]
        if len(own):
            pad = max(8_000.0, 0.08 * float(np.ptp(own["easting"]) + np.ptp(own["northing"])))
            return (
                float(own["easting"].min()) - pad,
                float(own["northing"].min()) - pad,
                float(own["easting"].max()) + pad,
                float(own["northing"].max()) + pad,
            )
    topo = encoding.topology(data.blocks)
    here = [topo.at[b] for b in data.place.blocks if b in topo.at] if data.place else []
    bounds = topo.bounds[here] if here else topo.bounds
    west, south = np.nanmin(bounds[:, :2], axis=0).tolist()
    east, north = np.nanmax(bounds[:, 2:], axis=0).tolist()
    return west, south, east, north


@cache
def abroad() -> Any:
    """Return the land round England as one MultiPolygon, EPSG:27700: ground, not to measure on."""
    import shapely

    document = json.loads((shelf("maps") / "assets" / "abroad.json").read_text("utf-8"))
    rings = [np.array(ring, float).reshape(-1, 2) for ring in document["rings"]]
    return shapely.multipolygons([shapely.polygons(ring) for ring in rings])


def _degrees(focus: tuple[float, float, float, float]) -> list[list[float]]:
    """Return the corners of a frame in metres as Leaflet's south-west and north-east."""
    west, south, east, north = focus
    lon, lat = encoding.lonlat(
        np.array([west, west, east, east]), np.array([south, north, south, north])
    )
    return [
        [round(float(lat.min()), 4), round(float(lon.min()), 4)],
        [round(float(lat.max()), 4), round(float(lon.max()), 4)],
    ]


def _near(drawn: _Drawn, focus: tuple[float, float, float, float]) -> list[int] | None:
    """Return the positions of the blocks to draw finely; None draws all England alike."""
    if drawn.recipe.scope == "england" and drawn.data.focus is None:
        return None
    west, south, east, north = focus
    pad = 0.4 * max(east - west, north - south)
    bounds = encoding.topology(drawn.data.blocks).bounds
    meets = (
        (bounds[:, 0] < east + pad)
        & (bounds[:, 2] > west - pad)
        & (bounds[:, 1] < north + pad)
        & (bounds[:, 3] > south - pad)
    )
    return np.flatnonzero(meets).tolist()


def _here(spec: LayerSpec, data: MapData, own: pd.DataFrame | None = None) -> int:
    """Count the units of a layer on the map: all, or those of the place or of the trust."""
    if data.place is None and data.trust is None:
        return len(spec.units)
    inside: Iterable[str] = data.place.blocks if data.place else ()
    own = _schools_of_trust(data) if own is None else own
    if data.place is None and own is not None:
        if spec.key in own:
            return len(set(_texts(own[spec.key])) - set(REASON_NUMBERS) - {""})
        inside = set(_texts(own["block"])) if "block" in own else ()
    met = _known(spec, encoding.topology(data.blocks).blocks).met
    return len({unit for block in inside for unit in met.get(block, ()) if unit >= 0})


# Few tolerances, so that each is worked out once for all pages.
TOLERANCES = (15.0, 30.0, 60.0, 120.0, 250.0)
SHARED_METRES = 120.0
FAR_METRES = 900.0


def _land(drawn: _Drawn, focus: tuple[float, float, float, float], shared: bool) -> str:
    """Return the packed geometry and layers: the part that pages of one atlas can share."""
    data = drawn.data
    topo = encoding.topology(data.blocks)
    specs = data.layers if shared else drawn.layers
    key = (SHARED_METRES, *specs)
    if shared and _shared.get(topo, (None, ""))[0] == key:
        return _shared[topo][1]
    near = None if shared else _near(drawn, focus)
    # The frame is about 700 px either way; half a pixel is hardly seen.
    wanted = max(focus[2] - focus[0], focus[3] - focus[1]) / 1_400
    metres = next((t for t in reversed(TOLERANCES) if t <= wanted), TOLERANCES[0])
    if near is not None and data.place is not None and metres >= SHARED_METRES:
        # A region fills its frame, and most of England is near it: only its own land is fine.
        near = sorted(topo.at[b] for b in data.place.blocks if b in topo.at)
    if shared or near is None:
        arcs = topo.encode(SHARED_METRES if shared else TOLERANCES[-1])
    else:
        arcs = topo.encode(metres, near, FAR_METRES)
    # Text alike on every page is deflated once; the shared land is packed as one, once.
    land: dict[str, Any] = {
        "arcs": arcs if shared else encoding.ready(arcs, numbers=True),
        "layers": [_layer(s, topo.blocks) for s in specs]
        if shared
        else _layers(tuple(specs), topo.blocks),
        "london": [i for i, b in enumerate(topo.blocks) if b.startswith("E09")],
    }
    if data.context is not None:
        land["context"] = (_context if shared else _ready_context)(data.context)
    text = encoding.pack(land)
    if shared:
        _shared[topo] = (key, text)
    return text


_shared: weakref.WeakKeyDictionary[encoding.Topology, tuple[Any, str]] = weakref.WeakKeyDictionary()


def _own(drawn: _Drawn, focus: tuple[float, float, float, float]) -> str:
    """Return the packed rest: what is drawn, shaded, marked and said on this map."""
    data, recipe = drawn.data, drawn.recipe
    topo = encoding.topology(data.blocks)
    at = topo.at
    out: dict[str, Any] = {
        "scope": recipe.scope,
        "areas": drawn.areas.key,
        "layers": [spec.key for spec in drawn.layers],
        "on": drawn.on,
        "shade": recipe.shade,
        "patterns": list(recipe.patterns),
        "labels": list(recipe.labels),
        "inset": recipe.inset,
        "bounds": _degrees(focus),
        "measures": _measures(tuple(drawn.measures), tuple(drawn.layers)),
        "kinds": list(recipe.schools),
        "schools_on": recipe.schools_on,
    }
    if recipe.cities:
        out["cities"] = [list(city) for city in CITIES]
    swiped = [key for key in recipe.swipe if any(s.key == key for s in drawn.layers)]
    if len(swiped) == 2:
        out["swipe"] = swiped
    if data.place is not None:
        out["place"] = {
            "layer": data.place.layer,
            "code": data.place.unit_code,
            "name": data.place.name,
            "blocks": sorted(at[b] for b in data.place.blocks if b in at),
        }
    if data.trust is not None:
        out["trust"] = data.trust
    if data.callouts:
        out["callouts"] = [
            [c.layer, c.unit_code, c.title, c.text, c.side] for c in data.callouts[:MOST_CALLOUTS]
        ]
    if data.schools is not None and recipe.schools:
        out["schools"] = _schools(data, drawn.layers, topo)
    return encoding.pack(out)


@cache
def _context(shape: Any) -> list[list[int]]:
    """Return rings of land outside England, coarsely, as deltas in thousandths of a degree."""
    import shapely

    out = []
    for ring in shapely.get_rings(shapely.get_parts(shapely.simplify(shape, 400.0))):
        coords = shapely.get_coordinates(ring)
        lon, lat = encoding.lonlat(coords[:, 0], coords[:, 1])
        xy = np.rint(np.column_stack([lon, lat]) * 1e3).astype(np.int64)
        out.append(np.diff(xy, axis=0, prepend=np.zeros((1, 2), int)).ravel().tolist())
    return out


@cache
def _ready_context(shape: Any) -> encoding.Ready:
    return encoding.ready(_context(shape))


# ---------------------------------------------------------------- the page


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(shelf("maps") / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["say"] = say
    return environment


def _groups(drawn: _Drawn) -> list[dict[str, Any]]:
    """Return the panel's groups of layers, empty groups left out."""
    groups = []
    for family, title in FAMILY_TITLES.items():
        rows = [
            {
                "key": spec.key,
                "title": spec.title,
                "line": spec.style,
                "on": spec.key in drawn.on,
                "count": _here(spec, drawn.data, drawn.own),
            }
            for spec in drawn.layers
            if spec.family == family and spec.key not in drawn.recipe.swipe
        ]
        rows = [row for row in rows if row["count"] or row["on"]]
        if rows:
            groups.append({"key": family, "title": title, "rows": rows})
    return groups


def _marks(drawn: _Drawn) -> list[dict[str, Any]]:
    """Return the panel's rows of schools by who runs them, with counts."""
    table = drawn.data.schools
    if table is None or not drawn.recipe.schools:
        return []
    kinds = table["kind"].tolist()
    counts = Counter(compress(kinds, table["here"].tolist()) if "here" in table else kinds)
    return [
        {"key": kind, "title": KIND_TITLES[kind], "count": counts[kind]}
        for kind in drawn.recipe.schools
        if counts[kind] or (kind != "status_unknown" and drawn.data.trust is None)
    ]


def _table(drawn: _Drawn) -> tuple[list[tuple[str, bool]], list[dict[str, Any]]]:
    """Return the table twin: columns (title, whether numbers), and a row per unit on the map."""
    spec, data = drawn.areas, drawn.data
    blocks = encoding.topology(data.blocks).blocks
    ours = _known(spec, blocks)
    codes: list[str] = ours.layer["code"]
    titles: list[tuple[str, bool]] = []
    columns: list[list[str]] = []
    if data.place is not None:
        here = {code for block in data.place.blocks for code in ours.claimed.get(block, ())}
        codes = [c for c in codes if c in here]
    elif data.trust is not None:
        counts = _trust_counts(drawn)
        codes = sorted((c for c in codes if c in counts), key=lambda c: -counts[c])
        titles.append(("Its schools", True))
        columns.append([say(float(counts[c]), "count") for c in codes])
    if "count" in ours.shown:
        titles.append(("Schools", True))
        columns.append([say(ours.shown["count"][code], "count") for code in codes])
    for key, _ in drawn.shades:
        covering = next((s for s in drawn.layers if key == f"coverage:{s.key}"), None)
        if covering is not None:
            titles.append((covering.title, False))
            words = _cover_words(covering, spec, blocks)
            columns.append([words.get(code, "") for code in codes])
    for m in drawn.table:
        titles.append((m.title, m.format != "words"))
        known = _by_code(m)
        columns.append([say(known.get(code), m.format) for code in codes])
    names, urls = ours.shown["unit_name"], ours.shown.get("url", {})
    rows = [
        {"code": code, "name": names[code], "url": urls.get(code) or None, "cells": cells}
        for code, *cells in zip(codes, *columns, strict=True)
    ]
    return titles, rows


_values: weakref.WeakKeyDictionary[Measure, dict[str, Any]] = weakref.WeakKeyDictionary()


def _by_code(measure: Measure) -> dict[str, Any]:
    """Return the value of each unit; looked up on every page."""
    if measure not in _values:
        _values[measure] = dict(zip(measure.values.index, measure.values.tolist(), strict=True))
    return _values[measure]


def _trust_counts(drawn: _Drawn) -> dict[str, int]:
    """Count the trust's schools in each unit that the map lists."""
    spec, own = drawn.areas, drawn.own
    assert own is not None
    if spec.key in own:
        return {str(c): int(n) for c, n in own[spec.key].value_counts().items()}
    of = spec.claims.drop_duplicates("block").set_index("block")["unit_code"]
    return {str(c): int(n) for c, n in own["block"].map(of).value_counts().items()}


@lru_cache(maxsize=32)
def _cover_words(spec: LayerSpec, areas: LayerSpec, blocks: tuple[str, ...]) -> dict[str, str]:
    """Say for each area which units of a layer cover it, or why none does."""
    layer, base = _layer(spec, blocks), _layer(areas, blocks)
    count, low = len(layer["code"]), set(layer["low"])
    met: dict[int, dict[str, None]] = {}
    for b, (u, a) in enumerate(zip(layer["of"], base["of"], strict=True)):
        if u >= count:
            units = layer["mixes"][u - count]
            text = " and ".join(layer["name"][v] for v in units if v >= 0) + " (shared)"
        elif u >= 0:
            text = layer["name"][u] + (" (low confidence)" if b in low else "")
        else:
            text = _REASON_PHRASES[u]
        met.setdefault(a, {})[text] = None
    return {
        base["code"][a]: "; ".join(words) for a, words in met.items() if 0 <= a < len(base["code"])
    }


def _fragment_html(drawn: _Drawn, element: str, parts: Sequence[str], search: bool) -> str:
    recipe, data = drawn.recipe, drawn.data
    columns, rows = _table(drawn)
    return (
        _templates()
        .get_template("map.html")
        .render(
            id=element,
            parts=" ".join(parts),
            title=recipe.fill(recipe.title, drawn.words),
            scope=recipe.scope,
            search=search,
            groups=_groups(drawn),
            marks=_marks(drawn),
            schools_on=recipe.schools_on,
            shades=drawn.shades,
            swipe=len(set(recipe.swipe) & {s.key for s in drawn.layers}) == 2,
            shade=recipe.shade,
            shade_title=mid_sentence(drawn.areas.plural),
            counted=mid_sentence(drawn.areas.plural if len(rows) != 1 else drawn.areas.title),
            shows=recipe.fill(recipe.shows, drawn.words),
            means_not=recipe.fill(recipe.means_not, drawn.words),
            dates=data.dates,
            demonstration=data.demonstration,
            areas=drawn.areas,
            columns=columns,
            rows=rows,
        )
    )


_DATA = '<script type="text/plain" class="geolls-data" data-part="{key}">{text}</script>'


class _Layers(MacroElement):
    """What geolls adds to a folium map: its ground, areas, marks and controls."""

    _template = folium.template.Template(
        "{% macro script(this, kwargs) %}"
        "geolls.attach({{ this._parent.get_name() }});"
        "{% endmacro %}"
    )

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "GeollsLayers"


class Map(folium.Map):
    """A folium map that opens from an e-mail: nothing is fetched, everything is inside.

    Parameters
    ----------
    tiles : str, optional
        A basemap, as for `folium.Map`. Then, and only then, the page asks the network for tiles.
    attr : str, optional
        The basemap's attribution.
    **kwargs
        As for `folium.Map`.

    Notes
    -----
    Markers, GeoJson and other folium elements can be added as to any folium map. `save` hashes
    the page's scripts anew, so a map changed in a notebook still passes its own policy.
    """

    # Copies, because folium shares one list among all maps.
    default_js: list[tuple[str, str]] = []  # noqa: RUF012
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    _template = folium.template.Template(
        """
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = geolls.map({{ this.get_name()|tojson }},
            {{ this.js_options()|tojavascript }});
        {%- for one in this.objects_to_stay_in_front %}
        {{ this.get_name() }}.on("overlayadd", () => {{ one.get_name() }}.bringToFront());
        {%- endfor %}
        {% endmacro %}
        """
    )

    def __init__(self, tiles: str | None = None, attr: str | None = None, **kwargs: Any) -> None:
        self.drawn: _Drawn | None = None
        self.parts: dict[str, str] = {}
        super().__init__(tiles=None, **kwargs)
        figure = self.page = Page()
        figure.add_child(self)
        figure.header.add_child(
            _Raw('<meta name="viewport" content="width=device-width,initial-scale=1">'),
            name="viewport",
        )
        for name in ("leaflet", "tokens", "map"):
            figure.header.add_child(_raw("style", _styles()[name]), name=f"{name}_css")
        figure.header.add_child(_raw("script", leaflet_js()), name="leaflet_js")
        figure.header.add_child(_raw("script", asset("map.js")), name="geolls_js")
        if tiles:
            layer = folium.TileLayer(tiles=tiles, attr=attr)
            self.add_child(layer, name=layer.tile_name)
            figure.images = (_hosts(layer.tiles),)

    def render(self, **kwargs: Any) -> str:
        """Put the map and its children into the page."""
        # Not by a macro: branca compiles what a macro returns as a template once more, and a
        # name such as "{{ 7 * 7 }}" would then run.
        self.page.html.add_child(_Raw(self.page_html()), name=self.get_name())
        if any(not isinstance(child, _Layers) for child in self._children.values()):
            pictures = _raw("script", _pictures())
            self.page.header.add_child(pictures, name="marker_pictures")
        return str(super().render(**kwargs))  # type: ignore[no-untyped-call]

    def js_options(self) -> dict[str, Any]:
        """Return Leaflet's options: folium's, with a centre only where no recipe frames the map."""
        options = {k: v for k, v in self.options.items() if k != "zoom"}
        bare = {"center": self.location, "zoom": self.options.get("zoom")}
        return options if self.drawn is not None else options | bare

    def page_html(self) -> str:
        """Return the body of the page: heading, map, panel, table, sources."""
        if self.drawn is None:
            return f'<div id="{self.get_name()}" class="folium-map geolls-bare"></div>'
        drawn, name = self.drawn, self.get_name()
        inner = _fragment_html(drawn, name, list(self.parts), search=True)
        data = "".join(_DATA.format(key=k, text=v) for k, v in self.parts.items())
        recipe = drawn.recipe
        return (
            _templates()
            .get_template("page.html")
            .render(
                title=recipe.fill(recipe.title, drawn.words),
                question=recipe.fill(recipe.question, drawn.words),
                map=Markup(inner + data),
                attribution=drawn.data.attribution,
            )
        )

    def save(self, outfile: Any, close_file: bool = True, **kwargs: Any) -> None:
        """Write the whole page to a path in one step, or to an open binary file."""
        self.get_root().save(outfile, close_file=close_file, **kwargs)


def _hosts(url: str) -> str:
    """Return the policy's source for a tile address such as https://{s}.tiles.org/{z}/..."""
    scheme, _, rest = url.partition("://")
    host = rest.partition("/")[0]
    return f"{scheme}://{host.replace('{s}', '*')}"


class _Raw(Element):
    """Text that is already what the page should hold; never a template."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Raw"
        self.text = text

    def render(self, **kwargs: Any) -> str:  # noqa: ARG002
        """Return the text."""
        return self.text


def _raw(tag: str, text: str) -> _Raw:
    return _Raw(f"<{tag}>{text}</{tag}>")


@cache
def _styles() -> dict[str, str]:
    return {"leaflet": leaflet_css(), "tokens": asset("tokens.css"), "map": asset("map.css")}


@cache
def _pictures() -> str:
    """Return the script that gives Leaflet's default marker its pictures as data."""
    pictures = ",".join(f'{k}:"{v}"' for k, v in marker_pictures().items())
    return f"L.Icon.Default.imagePath='';L.Icon.Default.mergeOptions({{{pictures}}});"


# ---------------------------------------------------------------- the two verbs


def draw(
    recipe: Recipe | str | Path,
    data: MapData,
    *,
    tiles: str | None = None,
    shared: bool = False,
) -> Map:
    """Draw a recipe as an interactive map.

    Parameters
    ----------
    recipe : Recipe, str or Path
        A recipe, its name on the shelf, or a path to one.
    data : MapData
        What to draw.
    tiles : str, optional
        A basemap to fetch from the network; none by default.
    shared : bool
        Draw on the one land that all pages of an atlas can share as a file (see
        `shared_assets`), instead of a land cut to this map.

    Returns
    -------
    Map
        A `folium.Map`: shows in a notebook, takes more elements, saves as one offline file.

    Raises
    ------
    CatalogueError
        No recipe of that name.
    MapError
        The recipe asks for what the data lacks.
    """
    made = Map(tiles=tiles)
    drawn, made.parts = _compose(recipe, data, shared)
    made.drawn = drawn
    made.page.title = drawn.recipe.fill(drawn.recipe.title, drawn.words)
    made.add_child(_Layers())
    return made


def _compose(
    recipe: Recipe | str | Path, data: MapData, shared: bool
) -> tuple[_Drawn, dict[str, str]]:
    """Resolve a recipe against its data, and pack what the page's script will draw."""
    drawn = _resolve((recipe if isinstance(recipe, Recipe) else load_recipe(recipe)).given(), data)
    focus = _focus(drawn)
    packed = [_land(drawn, focus, shared), _own(drawn, focus)]
    return drawn, {encoding.key_of(text): text for text in packed}


@dataclass(frozen=True, slots=True)
class Parts:
    """A map cut for a page of one's own; the pieces of one map, in reading order.

    Parameters
    ----------
    html : str
        The map with its panel, legend, captions and table twin.
    data : str
        Script elements that hold the packed data; never executed.
    packed : dict of str
        The same data by key: what pages can share as files instead (see `shared_assets`).
    css : str
        Styles of Leaflet, the tokens and the map.
    js : str
        Leaflet and the map's own script; mounts every `.geolls-app` of the page by itself.
    """

    html: str
    data: str
    packed: dict[str, str]
    css: str
    js: str


def fragment(made: Map, *, element: str = "map", search: bool = False) -> Parts:
    """Cut a drawn map into parts for a page of one's own.

    Parameters
    ----------
    made : Map
        From `draw`.
    element : str
        Id of the map on that page.
    search : bool
        Whether the map brings its own search box.

    Returns
    -------
    Parts
        Markup, data, style and script.

    Raises
    ------
    MapError
        The map was not drawn from a recipe.
    """
    if made.drawn is None:
        raise MapError("this map was not drawn from a recipe", fix="use geolls.maps.drawing.draw")
    return _parts(made.drawn, made.parts, element, search)


def cut(
    recipe: Recipe | str | Path, data: MapData, *, shared: bool = False, element: str = "map"
) -> Parts:
    """Draw a recipe for a page of one's own: as `fragment(draw(...))`, without the folium map.

    Parameters
    ----------
    recipe, data, shared
        As `draw`, and what is raised as well.
    element
        As `fragment`, and what is returned as well.
    """
    return _parts(*_compose(recipe, data, shared), element, search=False)


def _parts(drawn: _Drawn, packed: dict[str, str], element: str, search: bool) -> Parts:
    return Parts(
        html=_fragment_html(drawn, element, list(packed), search),
        data="".join(_DATA.format(key=k, text=v) for k, v in packed.items()),
        packed=dict(packed),
        css="\n".join(_styles().values()),
        js=f"{leaflet_js()}\n{asset('map.js')}\ngeolls.mountAll();",
    )


def shared_assets(packed: Mapping[str, str]) -> dict[str, str]:
    """Return the files that pages share, by name: style, script and packed data.

    Parameters
    ----------
    packed : Mapping of str to str
        From `Parts.packed`.

    Returns
    -------
    dict of str to str
        File name to text: classic scripts, which work from file:// as from a server. Load the
        data files before `map.js`.
    """
    files = {
        "map.css": "\n".join(_styles().values()),
        "map.js": f"{leaflet_js()}\n{asset('map.js')}\ngeolls.mountAll();",
    }
    for key, text in packed.items():
        files[f"data-{key}.js"] = f'(self.geollsData=self.geollsData||{{}})["{key}"]="{text}";'
    return files


def escape(text: str) -> str:
    """Return text made safe for HTML, for callers that build their own page round a map."""
    return html.escape(text, quote=True)
