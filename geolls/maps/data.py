"""What a map shows, as tables: layers, measures, schools, a place or a trust."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import shapely

from geolls.base.shelves import shelf
from geolls.maps.styles import line_style
from geolls.maps.topology import Topology

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["Callout", "FormatName", "LayerSpec", "MapData", "Measure", "Place", "abroad"]

FormatName = Literal["share", "count", "number", "km", "words"]
Box = tuple[float, float, float, float]


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
        return self.line or line_style(self.key, self.family)


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
    format: FormatName = "share"
    classes: tuple[str, ...] = ()
    fills: tuple[str, ...] = ()
    n: pd.Series[Any] | None = None
    few: int = 10
    england: float | None = None
    england_title: str = "England"
    note: str = ""

    @cached_property
    def by_code(self) -> dict[str, Any]:
        """The value of each unit."""
        return dict(zip(self.values.index, self.values.tolist(), strict=True))


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
        Index `block` (str), polygons of one valid coverage, EPSG:27700.
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
    land : Topology, optional
        The blocks as arcs. Maps of the same blocks can share it; made from `blocks` when absent.
    """

    blocks: gpd.GeoDataFrame
    layers: tuple[LayerSpec, ...]
    measures: tuple[Measure, ...] = ()
    schools: pd.DataFrame | None = None
    trusts: pd.DataFrame | None = None
    place: Place | None = None
    trust: str | None = None
    callouts: tuple[Callout, ...] = ()
    words: Mapping[str, str] | None = None
    dates: str = ""
    attribution: str = ""
    demonstration: bool = False
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
