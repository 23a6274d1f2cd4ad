"""Draw a recipe for the screen: a `folium.Map` that opens offline, or parts for a page."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import folium
import folium.template
import jinja2
from branca.element import Element, MacroElement
from markupsafe import Markup

from geolls.base.errors import MapError
from geolls.base.interval import Interval, span, total
from geolls.base.labels import label
from geolls.base.shelves import shelf
from geolls.base.text import count, small
from geolls.base.vocabulary import FAMILY_TITLES
from geolls.maps.data import WHO_RUNS, Kind, MapData, say
from geolls.maps.drawn import Drawn, cover_words, many_here, resolve, schools_of, texts
from geolls.maps.hexes import hexes_of, hexes_said
from geolls.maps.offline import (
    Page,
    asset,
    drawing_script,
    leaflet_css,
    leaflet_js,
    map_script,
    marker_script,
    script,
)
from geolls.maps.payload import dense, encoded, key_of, land_of, own_of, school_order
from geolls.maps.print.land import outline
from geolls.maps.recipes import Recipe
from geolls.maps.still import Land, still
from geolls.maps.traits import FILE as TRAITS
from geolls.maps.traits import traits_of
from geolls.study.partings import away_of, said_of

__all__ = ["Map", "Parts", "cut", "data_file", "draw", "in_file", "shared_assets"]


# ---------------------------------------------------------------- panel, legend and table


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(shelf("maps") / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _groups(drawn: Drawn) -> list[dict[str, Any]]:
    """Return the panel's groups of layers, empty groups left out."""
    groups: dict[str, list[dict[str, Any]]] = {family: [] for family in FAMILY_TITLES}
    for spec in drawn.layers:
        on, many = spec.key in drawn.on, many_here([drawn], spec)
        shown = spec.family in groups and spec.key not in drawn.recipe.swipe
        if shown and (on or many.high):
            row = {"key": spec.key, "title": spec.label or spec.title, "line": spec.style}
            groups[spec.family].append({**row, "on": on, "count": span(many, "{:.0f}".format)})
    return [
        {"key": family, "title": FAMILY_TITLES[family], "rows": rows}
        for family, rows in groups.items()
        if rows
    ]


# Kinds that the panel offers even where no school is of them.
_ALWAYS = ("no_trust", "single_school_trust", "trust_home_here", "trust_based_elsewhere")


def _marks(drawn: Drawn) -> list[dict[str, Any]]:
    """Return the panel's rows of kinds of schools, with counts."""
    recipe, of, counts = drawn.recipe, drawn.data.kinds, drawn.tally
    if drawn.data.schools is None:
        return []
    always = () if drawn.data.trust is not None else _ALWAYS
    return [
        {"key": key, "kind": of[key], "count": of[key].counted(counts[key])}
        for key in recipe.schools
        if counts[key] or of[key].whole is not None or key in always
    ]


def _sample(kind: Kind) -> Markup:
    """Return the shape and paint of a mark in the panel."""
    mark, r = kind.mark, kind.mark.radius / 0.6
    shape, x, y = outline(mark.shape, r)
    ink, rim = f"var(--{mark.ink})", f"var(--{mark.rim or 'land'})"
    hollow = mark.shape in {"ring", "cross"}
    paint = f'fill="{"var(--page)" if mark.shape == "ring" else "none" if hollow else ink}"'
    stroke = f'stroke="{ink if hollow else rim}" stroke-width="1"'
    return Markup(f' d="M{x:g} {y:g}{shape}" {paint} {stroke}')  # numbers and words of ours


class Head(NamedTuple):
    """A column of the table twin: its title, whether it holds numbers, what it is shaded by."""

    title: str
    number: bool
    shade: str


def _table(drawn: Drawn) -> tuple[list[Head], list[dict[str, Any]]]:
    """Return the table twin: its columns, and a row per unit on the map."""
    spec, found = drawn.areas, drawn.cover(drawn.areas)
    units = [found.codes[u] for u in drawn.units_here(spec)]
    columns: list[tuple[str, str, Mapping[str, Any], str]] = []
    if drawn.data.trust is not None and drawn.data.place is None:
        counts = {found.codes[u]: n for u, n in drawn.counts(spec).items() if u >= 0}
        units.sort(key=lambda code: -counts[code].high)
        columns.append(("Its schools", "count", _told(counts), ""))
    if "count" in spec.units:
        ends = (spec.units.get(f"count_{end}", spec.units["count"]) for end in Interval._fields)
        counts = dict(zip(found.codes, map(Interval, *ends), strict=True))
        columns.append((label("schools"), "count", _told(counts), "schools"))
    for covering in filter(None, (drawn.covering(key) for key, _ in drawn.shades)):
        words = cover_words(drawn.cover(covering), found)
        columns.append((covering.title, "words", words, f"coverage:{covering.key}"))
    columns += [(m.title, m.format, {u: m.said(u) for u in units}, m.key) for m in drawn.table]
    pages = texts(spec.units["url"]) if "url" in spec.units else [None] * len(found.codes)
    rows = [
        {
            "code": code,
            "name": found.names[found.units[code]],
            "url": pages[found.units[code]] or None,
            "cells": [say(values.get(code), kind) for _, kind, values, _ in columns],
        }
        for code in units
    ]
    return [Head(title, kind != "words", shade) for title, kind, _, shade in columns], rows


def _parted(drawn: Drawn) -> list[dict[str, Any]]:
    """Return, of each pair of maps that is offered, the places where they part, largest first."""
    lists = []
    for measure in (m for m in drawn.measures if m.counted and m.key in dict(drawn.shades)):
        spec = drawn.require(measure.layer)
        schools = drawn.tallied(spec)
        units: dict[Any, Any] = spec.units.loc[list(schools)].to_dict("index")
        rows = [
            {
                "code": code,
                "label": f"{units[code]['number']:.0f}" if drawn.england else schools_of(n),
                "said": said_of(n, units[code]),
                "whose": units[code]["right_name"],
                "href": f"#~shade={measure.key}&pick=unit,{measure.layer},{quote(code)}",
            }
            for code, n in drawn.parted(measure)
        ]
        outside = [n for code, n in schools.items() if units[code]["how"] == "outside"]
        away = away_of(total(outside), spec.units, more=bool(rows)) if outside else ""
        said = drawn.said(measure.key).finding
        lists.append({"measure": measure, "rows": rows, "said": said, "away": away})
    return lists


def _told(counts: Mapping[str, Interval]) -> dict[str, str]:
    return {code: span(ends, count) for code, ends in counts.items()}


def _markup(
    drawn: Drawn, element: str, keys: Sequence[str], search: bool, beside: bool = True
) -> str:
    """Return the map with its panel, legend, captions, table twin and the places that it lists."""
    columns, rows = _table(drawn)
    data, areas = drawn.data, drawn.areas
    return (
        _templates()
        .get_template("map.html")
        .render(
            id=element,
            parts=" ".join(keys),
            title=drawn.text("title"),
            scope=drawn.recipe.scope,
            search=search,
            groups=_groups(drawn),
            units_word=drawn.units_word,
            hexes=hexes_of(drawn),
            hexes_said=hexes_said(drawn),
            marks=_marks(drawn),
            marks_title=data.kinds_title,
            own={} if data.kinds is WHO_RUNS else {k: _sample(of) for k, of in data.kinds.items()},
            schools_on=drawn.recipe.schools_on,
            towns=drawn.recipe.cities,
            shades=drawn.shades,
            swipe=bool(drawn.swipe),
            shade=drawn.recipe.shade,
            shade_title=small(areas.plural),
            unit_title=small(areas.title),
            counted=small(areas.plural if len(rows) != 1 else areas.title),
            said=drawn.said(drawn.recipe.shade),
            dates=data.dates,
            demonstration=data.demonstration,
            areas=areas,
            columns=columns,
            rows=rows,
            sites=0 if data.sites is None else len(data.sites),
            parted=_parted(drawn) if beside else (),
            beside=beside,
        )
    )


# ---------------------------------------------------------------- a map cut into parts


@dataclass(frozen=True, slots=True)
class Parts:
    """A map cut for a page of one's own.

    Parameters
    ----------
    title, question : str
        The recipe's, filled in.
    html : str
        The map with its panel, legend, captions and table twin.
    packed : dict of bytes
        The packed data by key: what pages can share as files (see `shared_assets`).
    urns : tuple of str
        The schools in the order of the packed data.
    beside : str
        What stands beside a map of England: the places where two maps part.
    traits : bytes
        What its schools can be chosen by besides, packed; empty where pages share it as a file.
    still : str
        A small picture of it, for a page that has come without what draws it; empty for none.
    """

    title: str
    question: str
    html: str
    packed: dict[str, bytes]
    urns: tuple[str, ...]
    beside: str
    traits: bytes
    still: str


def _pack(drawn: Drawn, shared: bool) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Return the packed data by key, and the URNs of its schools in order."""
    schools = school_order(drawn)
    packed = [land_of(drawn, shared), own_of(drawn, schools, shared), drawn.data.bodies()]
    urns = () if schools is None else tuple(map(str, schools["urn"]))
    return {key_of(part): part for part in packed if part}, urns


def cut(
    recipe: Recipe | str | Path,
    data: MapData,
    *,
    shared: bool = False,
    alone: bool = False,
    land: Land | None = None,
) -> Parts:
    """Draw a recipe for a page of one's own.

    Parameters
    ----------
    recipe, data, shared
        As `draw`, and what is raised as well.
    alone : bool, default False
        Whether the page has no other file beside it.
    land : Land, optional
        The blocks of a small picture, where the page needs one.

    Returns
    -------
    Parts
        Markup and packed data.
    """
    drawn = resolve(recipe, data)
    packed, urns = _pack(drawn, shared)
    html = _markup(drawn, "map", list(packed), search=False, beside=not drawn.england)
    parted, scope = _parted(drawn) if drawn.england else (), drawn.recipe.scope
    beside = _templates().get_template("parted.html").render(id="map", parted=parted, scope=scope)
    return Parts(
        drawn.text("title"), drawn.text("question"), html, packed, urns, beside,
        traits=_traits(drawn) if alone else b"",
        still="" if land is None else still(drawn, land),
    )  # fmt: skip


def _traits(drawn: Drawn) -> bytes:
    """Return what the schools of a map can be chosen by beside what is drawn of them."""
    schools = drawn.data.schools
    return traits_of(schools) if schools is not None and drawn.recipe.schools else b""


def shared_assets(packed: Mapping[str, bytes]) -> dict[str, str]:
    """Return the files that pages share, by name: style, script and packed data.

    Parameters
    ----------
    packed : Mapping of str to bytes
        From `Parts.packed`.

    Returns
    -------
    dict of str to str
        File name to text: classic scripts, which work from file:// as from a server. Load the
        data files before `map.js`, and `tools.js`, which no map needs, after it.
    """
    files = {"map.css": "\n".join(_styles().values()), "map.js": map_script()}
    files["tools.js"] = script("tools")
    return files | dict(data_file(key, part) for key, part in packed.items())


def data_file(key: str, part: bytes) -> tuple[str, str]:
    """Return name and text of the file in which pages share a packed part."""
    return f"data-{key}.js", in_file(key, part)


def in_file(key: str, part: bytes) -> str:
    """Return the text of a file that hands a packed part to the page that loads it."""
    return f'(self.geollsData=self.geollsData||{{}})["{key}"]="{encoded(part)}";'


@cache
def _styles() -> dict[str, str]:
    return {"leaflet": leaflet_css(), "tokens": asset("tokens.css"), "map": asset("map.css")}


# ---------------------------------------------------------------- a map of folium


# Never executed: text that the script reads.
_PACKED = '<script type="text/plain" id="packed">{}</script>'
_DATA = '<script type="text/plain" class="geolls-data" data-part="{}">{}</script>'


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


class _Raw(Element):
    """Text that is already what the page should hold; never a template."""

    def __init__(self, text: str, tag: str = "") -> None:
        super().__init__()
        self._name = "Raw"
        self.text = f"<{tag}>{text}</{tag}>" if tag else text

    def render(self, **kwargs: Any) -> str:  # noqa: ARG002
        """Return the text."""
        return self.text


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
        self.drawn: Drawn | None = None
        self.parts: dict[str, bytes] = {}
        super().__init__(tiles=None, **kwargs)
        self.page = Page()
        self.page.add_child(self)
        self.page.packed = (drawing_script(),)
        head = {
            "viewport": _Raw('<meta name="viewport" content="width=device-width,initial-scale=1">'),
            **{f"{name}_css": _Raw(text, "style") for name, text in _styles().items()},
            "leaflet_js": _Raw(leaflet_js(), "script"),
            "geolls_js": _Raw(script("both", "first"), "script"),
        }
        for name, element in head.items():
            self.page.header.add_child(element, name=name)
        if tiles:
            layer = folium.TileLayer(tiles=tiles, attr=attr)
            self.add_child(layer, name=layer.tile_name)

    @property
    def tiles(self) -> list[folium.TileLayer]:
        """The basemaps, whoever added them: with one a map is in Web Mercator, as they are."""
        return [child for child in self._children.values() if isinstance(child, folium.TileLayer)]

    def render(self, **kwargs: Any) -> str:
        """Put the map and its children into the page."""
        # As the page's policy names it: https://{s}.tiles.org/{z}/... is https://*.tiles.org.
        hosts = (re.sub(r"^(\w+://[^/]*).*", r"\1", layer.tiles) for layer in self.tiles)
        self.page.images = tuple(host.replace("{s}", "*") for host in hosts)
        # Not by a macro: branca compiles what a macro returns as a template once more, and a
        # name such as "{{ 7 * 7 }}" would then run.
        self.page.html.add_child(_Raw(self.page_html()), name=self.get_name())
        if any(not isinstance(child, _Layers) for child in self._children.values()):
            self.page.header.add_child(_Raw(marker_script(), "script"), name="marker_pictures")
        return str(super().render(**kwargs))  # type: ignore[no-untyped-call]

    def js_options(self) -> dict[str, Any]:
        """Return Leaflet's options: folium's, with a centre only where no recipe frames the map."""
        options = self.options | ({"tiled": True} if self.tiles else {})
        if self.drawn is None:
            return options | {"center": self.location, "zoom": self.options.get("zoom")}
        return {k: v for k, v in options.items() if k != "zoom"}

    def page_html(self) -> str:
        """Return the body of the page: heading, map, panel, table, sources."""
        if self.drawn is None:
            return f'<div id="{self.get_name()}" class="folium-map geolls-bare"></div>'
        html = _markup(self.drawn, self.get_name(), list(self.parts), search=True)
        parts = self.parts | {TRAITS: _traits(self.drawn)}
        data = "".join(_DATA.format(k, dense(part)) for k, part in parts.items() if part)
        script = dense(zlib.compress(drawing_script().encode(), 9))
        data += f"{_PACKED.format(script)}<script>{asset('load.js')}</script>"
        page = _templates().get_template("page.html")
        return page.render(
            title=self.drawn.text("title"),
            question=self.drawn.text("question"),
            map=Markup(html + data),
            attribution=self.drawn.data.attribution,
        )

    def save(self, outfile: Any, close_file: bool = True, **kwargs: Any) -> None:
        """Write the whole page to a path in one step, or to an open binary file."""
        self.get_root().save(outfile, close_file=close_file, **kwargs)


def draw(
    recipe: Recipe | str | Path,
    data: MapData,
    *,
    tiles: str | None = None,
    attr: str | None = None,
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
    attr : str, optional
        Whose basemap it is: shown on the map; needed for an address.
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
        The recipe asks for what the data lacks, or a basemap is nobody's.
    """
    if tiles and "://" in tiles and not attr:
        raise MapError(
            "a basemap needs an attribution",
            where="tiles",
            fix='say whose it is: --attr "(c) OpenStreetMap contributors", in Python attr="..."',
        )
    map_ = Map(tiles=tiles, attr=attr)
    map_.drawn = resolve(recipe, data)
    map_.parts, _ = _pack(map_.drawn, shared)
    map_.page.title = map_.drawn.text("title")
    map_.add_child(_Layers())
    return map_
