"""The frame of every page: its address, its head and foot, its policy, and what pages share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from typing import Any

import jinja2
from markupsafe import Markup, escape

from geolls.atlas import words
from geolls.atlas.alone import carried
from geolls.atlas.charts import Piece, Strip, labels_of, strip_style, width_class
from geolls.atlas.grids import Grid, Name, Report, confidence, mark, shape
from geolls.atlas.plates import Plates
from geolls.atlas.words import REGISTER, REPORT
from geolls.base.files import safe_name
from geolls.base.interval import Interval, bounds, ends_of, span
from geolls.base.shelves import shelf
from geolls.base.text import (
    DASH,
    count,
    day,
    joined,
    month,
    percent,
    short_name,
    slug,
    small,
)
from geolls.base.vocabulary import KIND_PHRASES, KIND_TITLES, KINDS, REASONS
from geolls.layers.model import Layer
from geolls.maps.offline import policy
from geolls.maps.page import Parts
from geolls.maps.payload import dense, encoded
from geolls.study.cuts import cut, units_at
from geolls.study.facts import Facts, texts
from geolls.study.gazetteer import Place
from geolls.study.towns import CREDIT
from geolls.study.units import body_layers

__all__ = ["Chapter", "Frame", "Page", "Rendered", "templates"]

NAV = (
    ("places", "Places", "index.html"),
    ("trusts", "Trusts", "trusts.html"),
    ("maps", "Maps", "maps.html"),
    ("data", "Data", "data.html"),
    ("method", "Method", "method.html"),
)
# How a layer is drawn: the fill of its bars and the style of its line; by key, else by family.
LOOKS = {
    "local_authority": ("council", "council"),
    "district": ("district", "district"),
    "combined_authority": ("devolution", "devolution"),
    "greater_london_authority": ("devolution", "devolution"),
    "teaching_school_hub": ("tsh", "tsh"),
    "maths_hub": ("maths", "maths"),
    "councils": ("district", "district"),
    "devolution": ("devolution", "region"),
}
_OTHER = ("other", "other")
GIAS = f"{REGISTER}Establishments/Establishment/Details/"
LONG = 24  # a table of more rows keeps the first few in the page; the rest travel packed
KEPT = 12


@dataclass(frozen=True, slots=True)
class Page:
    """One page to make: what it is about, and where it goes.

    Parameters
    ----------
    kind : str
        index, trusts, maps, data, method, coverage, national, place, trust.
    path : str
        Where it goes, below the atlas's folder.
    key : tuple of str
        Layer and code of a place, UID of a trust, layer or recipe of a map.
    """

    kind: str
    path: str
    key: tuple[str, ...] = ()

    @property
    def root(self) -> str:
        """The way from the page to the atlas's folder."""
        return "../" * self.path.count("/")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished page and the packed data its map shares with others."""

    html: str
    shared: Mapping[str, bytes] = field(default_factory=dict)


@cache
def templates() -> jinja2.Environment:
    """Return the templates, compiled once; everything that enters them is escaped."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(shelf("maps") / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["confidence"] = lambda word: Markup(confidence(word))
    return found


class Frame:
    """What all pages share: addresses, words, templates, and the shell round each.

    Parameters
    ----------
    facts : Facts
        Every table, computed once.
    single : bool
        Whether each page stands alone, with styles, scripts and data inside it.
    place : Place, optional
        A unit that has a page: only what meets it has one then.
    """

    def __init__(self, facts: Facts, single: bool = False, place: Place | None = None) -> None:
        self.facts, self.single, self.place = facts, single, place
        self.study = facts.study
        # The section of a page about the years, by page and name, where a history is given.
        self.over_time: Callable[[Page, str], Markup] = lambda *_: Markup()
        self.plates = Plates(facts, self.path_of, not single, place)

    @cached_property
    def pages(self) -> list[Page]:
        """Every page, in the order of the book."""
        units = [(layer, code) for layer, codes in self.units.items() for code in codes]
        hubs = [(f"maps/{key}_coverage.html", key) for key in self.hub_layers]
        return [
            Page("index", "index.html"),
            *(Page(kind, f"{kind}.html") for kind in ("trusts", "maps", "data", "method")),
            # The tables beside them are of England.
            *(Page("national", path, ("hub_coverage", key)) for path, key in hubs if self.place),
            *(Page("coverage", path, (key,)) for path, key in hubs if not self.place),
            *(Page("national", f"maps/{name}.html", (name,)) for name in self.plates.national),
            *(Page("place", self.path_of(*unit), unit) for unit in units),
            *(Page("trust", self.path_of("trust", uid), (uid,)) for uid in self.trust_rows),
        ]

    def way(self, page: Page) -> tuple[str, str]:
        """Return the first step of the way to a page: what the atlas is of, and its index."""
        return self.place.name if self.place else "England", f"{page.root}index.html"

    @cached_property
    def units(self) -> Mapping[str, Mapping[str, dict[str, Any]]]:
        """Every unit that has a page, and its row, by layer."""
        rows, place = self.facts.unit_rows, self.place
        if place is None:
            return {key: rows[key] for key in self.facts.places}
        met = {key: units_at(self.study, key, place) for key in self.facts.places}
        return {key: {c: row for c, row in rows[key].items() if c in met[key]} for key in met}

    @cached_property
    def counted(self) -> frozenset[str]:
        """The schools that count and are found here: all, or those of the place."""
        here = (
            self.study.schools["urn"] if self.place is None else self.study.schools_of(self.place)
        )
        return frozenset(here)

    @cached_property
    def trust_rows(self) -> Mapping[str, dict[str, Any]]:
        """Every trust that has a page, and its row: two or more schools, counted or not."""
        rows = self.facts.trust_rows
        if self.place is None:
            return {**rows, **self.facts.uncounted}
        return {
            uid: rows[uid] for uid in cut(self.study, self.facts.trusts, self.place)["trust_uid"]
        }

    @cached_property
    def hub_layers(self) -> list[str]:
        """Hub layers worth a coverage map."""
        return [k for k in self.facts.strips if self.facts.layer(k).family == "hubs"]

    @cache  # noqa: B019  (a book lives as long as its process)
    def path_of(self, layer: str, code: str) -> str:
        """Return the address of a unit's page below the atlas's folder; empty where it has none."""
        if layer == "trust" and (trust := self.trust_rows.get(code)):
            name = slug(f"{code}-{trust['trust_name']}")
            return f"trusts/{safe_name(name)}.html"
        known = code in self.units.get(layer, ())
        return f"places/{safe_name(layer)}/{safe_name(code)}.html" if known else ""

    @cached_property
    def about(self) -> dict[str, Any]:
        """What every page says of the study."""
        study, source = self.study, self.study.register.source
        hubs = [self.facts.layer(k) for k in self.hub_layers]
        sources = [study.register.label, *(f"{h.title}: {h.source}" for h in hubs)]
        return {
            "title": study.settings.title,
            "place": self.place.name if self.place else "",
            "population": self.study.population.title,
            "word": self.study.population.word,
            "day": day(study.as_of),
            "fingerprint": study.fingerprint,
            "attribution": f"{study.attribution} {CREDIT}",
            "sources": " ".join(f"{said}." for said in sources),
            "demonstration": "Demonstration schools: generated, not real"
            if study.register.demonstration
            else "",
            "schools_month": month(source.get("vintage_schools")),
            "links_month": month(source.get("vintage_links")),
            "spread": study.spread_options,
            "effective": words.EFFECTIVE(names=[*map(self.word, body_layers(study)), "trust"]),
        }

    @cached_property
    def dates(self) -> Markup:
        """The date of each source, in words."""
        about = self.about
        return words.DATES(
            demonstration=bool(about["demonstration"]),
            schools=about["schools_month"],
            trusts=about["links_month"],
            day=self.study.as_of,
            unchecked=self.study.unchecked,
        )

    def render(
        self,
        template: str,
        page: Page,
        context: Mapping[str, Any],
        *,
        title: str,
        nav: str,
        description: str,
        crumbs: Sequence[tuple[str, str]] = (),
        inline: bool = False,
        search: bool = True,
        drawn: Parts | None = None,
    ) -> Rendered:
        """Fill a template, then write the widths it uses and the policy that fits it.

        Parameters
        ----------
        template : str
            Its name.
        page : Page
            The page.
        context : mapping
            What the template says of this page alone.
        title, nav, description : str
            Its title, the part of the book it belongs to, and what search engines say of it.
        crumbs : sequence of (str, str)
            The way to it: words, and an address but for the last.
        inline : bool
            Whether it stands alone, with styles, scripts and data inside it.
        search : bool
            Whether its head has a search box.
        drawn : Parts, optional
            Its map.
        """
        inline = inline or self.single
        inside = carried(drawn, place=page.kind == "place", tools=self.single) if inline else {}
        shared = drawn.packed if drawn and not inline else {}
        known = {
            "page": {
                "title": title,
                "nav": nav,
                "description": description,
                "crumbs": crumbs,
                "inline": inline,
                "search": search,
                "map": drawn,
            },
            "root": page.root,
            "path": page.path,
            "scripts": [*(f"data-{key}.js" for key in shared), "map.js"] if shared else [],
            "carried": inside,
            "study": self.about,
            "nav": NAV,
            "reporting": REPORT,
            "register": REGISTER,
            "packed": dense if inline else encoded,
            "shapes": {k: Markup(shape(k)) for k in KINDS},
            "over_time": self.over_time(page, title),
        }
        text = str(templates().get_template(template).render({**known, **context}))
        grids = [value for value in context.values() if isinstance(value, Grid)]
        widths = _WIDTHS.findall(text + "".join(grid.beyond for grid in grids))
        style = strip_style(widths) + "".join(grid.style for grid in grids)
        style += self._runner(title)
        text = text.replace("<style></style>", f"<style>{style}</style>", 1)
        rule = policy(text, own_files=True)
        # What is packed is long, and nothing is sought in it.
        text = text.replace("<!--packed-->", str(inside.get("packed", "")), 1)
        for kind, digest in inside.get("allowed", {}).items():
            rule = rule.replace(f"{kind} ", f"{kind} {digest} ", 1)
        meta = f'<meta http-equiv="Content-Security-Policy" content="{rule}">'
        return Rendered(text.replace("<!--policy-->", meta, 1), shared)

    def _runner(self, title: str) -> str:
        """Return the rule that prints title, dates and page numbers at the foot of each sheet."""
        warning = f"{self.about['demonstration']}. " if self.about["demonstration"] else ""
        said = f"geolls: {title}. {warning}{self.dates} OGL v3.0"
        return (
            f'@page{{@bottom-left{{content:"{_css_text(said)}";{_MARGIN}}}'
            f'@bottom-right{{content:counter(page) " of " counter(pages);{_MARGIN}}}}}'
        )

    @cached_property
    def region_layer(self) -> str:
        """The layer of regions that have pages; empty where none has."""
        return next((k for k in ("dfe_region", "region") if k in self.facts.places), "")

    def note(self, n: float | Interval, limit: str = "") -> Markup:
        """Say n, the population, the date of each source, and one limit."""
        population = self.study.population.schools(bounds(n).high)
        return words.NOTE(n=n, population=population, dates=self.dates, limit=limit)

    def to_come(self, layer: str, code: str) -> Markup:
        """Say when a unit begins, and by what, where it is an area that is still to come."""
        area, names = self.study.to_come(layer, code), self.study.block_names
        if area is None:
            return Markup()
        return words.TO_COME(
            name=area.name,
            status=area.status,
            begins=area.valid_from,
            source=area.source,
            confidence=area.confidence,
            shared=[names[block] for block in area.shared],
        )

    def kinds(self, unit: Any, n: float) -> list[dict[str, Any]]:
        """Return the kinds of school of a unit, in their fixed order, as far as they are known."""
        shares = {kind: float(unit[kind]) / n if n else 0.0 for kind in KINDS}
        return [
            {
                "key": kind,
                "title": KIND_TITLES[kind],
                "words": KIND_PHRASES[kind].format(unit=self.word(self.facts.first)),
                "count": float(unit[kind]),
                "number": span(ends_of(unit, kind), count),
                "percent": span(ends_of(unit, f"share_{kind}"), partial(percent, n=n)),
                "width": width_class("w", share),
                "mark": Markup(mark(kind)),
            }
            for kind, share in shares.items()
            if kind not in ("no_single_home", "status_unknown") or unit[kind]
        ]

    @property
    def reported(self) -> dict[str, Any]:
        """Where schools stand at their source, and how a row is reported; not generated schools."""
        real = {"link": GIAS, "report": Report("URN", "school", "", REGISTER)}
        return {} if self.about["demonstration"] else real

    @cached_property
    def columns(self) -> dict[str, list[Any]]:
        """The schools' columns as lists: by row they are read a thousand times faster."""
        frame, marks = self.facts.schools, self.facts.marks
        known = {c: marks[c].tolist() for c in ("urn", "name", "phase", "trust_uid")}
        known |= {c: texts(frame[c]).tolist() for c in ("postcode", "trust_name", "trust")}
        pupils = frame["pupils"].astype(object)
        return known | {"pupils": pupils.where(pupils.notna(), None).tolist()}

    def area_name(self, layer: str, urn: str) -> str:
        """Return the names of a school's units in a layer."""
        units = self.facts.unit_of.get(layer, {}).get(urn, ())
        return " / ".join(name for _, name, _ in units) or DASH

    def name(self, page: Page, layer: str, code: str) -> Name:
        """Return the name of a unit or trust, a link where it has a page."""
        facts, path = self.facts, self.path_of(layer, code)
        trust = (facts.trust_rows.get(code) or facts.uncounted[code]) if layer == "trust" else None
        title = str(trust["trust_name"] if trust else facts.names(layer)[code])
        return Name(title, page.root + path if path else "")

    def links(self, page: Page, layer: str, rows: Iterable[tuple[Any, ...]]) -> Markup:
        """Return links to units, given as rows that begin with code and name, by name."""
        link = Markup('<a href="{}">{}</a>').format
        return joined(
            [
                link(page.root + path, r[1])
                if (path := self.path_of(layer, r[0]))
                else escape(r[1])
                for r in sorted(rows, key=lambda r: str(r[1]))
            ]
        )

    def strip(
        self,
        layer: Layer,
        pieces: Sequence[Piece],
        lines: Sequence[tuple[str, ...]],
        *,
        whole: float | None,
        **more: Any,
    ) -> Strip:
        """Return the bar of a layer; `whole` as `labels_of`, `more` are fields of `Strip`."""
        fill, line = LOOKS.get(layer.key) or LOOKS.get(layer.family, _OTHER)
        return Strip(
            key=layer.key,
            title=layer.unit_title,
            fill=fill,
            line=line,
            pieces=tuple(pieces),
            labels=labels_of(pieces, lines, whole=whole, key=layer.key),
            **more,
        )

    def piece(
        self,
        page: Page,
        layer: Layer,
        code: str,
        name: str,
        n: float,
        of: float,
        *,
        fill: float = 1.0,
        ends: Interval | None = None,
        link: bool = True,
    ) -> Piece:
        """Return the piece of a bar for a unit of a layer, or for what is in none of its units.

        `n` of `of` schools; `fill` how much of the unit lies here; `ends` the fewest and the most
        schools where a line is not known; `link` whether it leads to the unit's page.
        """
        reason = code in REASONS
        href = self.path_of(layer.key, code) if link and not reason else ""
        look = "no_evidence" if code == "no_evidence" else "none" if reason else ""
        said = words.REASON(reason=code, title=layer.unit_title).unescape()
        shared = not reason and ends is not None and ends.low == 0 < ends.high > n
        return Piece(
            said if reason else short_name(name),
            n,
            n / of,
            None if reason or shared else fill,
            look or "shared" * shared,
            href=page.root + href if href else "",
            code="" if reason else code,
            ends=ends,
        )

    def word(self, key: str) -> str:
        """Return a layer's unit in words, as it stands inside a sentence."""
        return small(self.facts.layer(key).unit_title)

    def words(self, key: str) -> str:
        """Return a layer's units in words, as they stand inside a sentence."""
        return small(self.facts.layer(key).unit_title_plural)


class Chapter:
    """Pages of one kind, made from what all pages share.

    Parameters
    ----------
    book : Frame
        The atlas they are part of.
    """

    def __init__(self, book: Frame) -> None:
        self.book = book
        self.facts = book.facts
        self.study = book.study
        self.plates = book.plates


_MARGIN = "font:7.5pt Arial,sans-serif;color:#45525e"
_WIDTHS = re.compile(r"(?<=[\" ])[bhw]\d{1,4}(?=[\" ])")


def _css_text(text: str) -> str:
    """Write text as the inside of a CSS string: hostile names stay text."""
    return "".join(
        c if c.isalnum() or c in " .,:;-_()\u2019\u201c\u201d" else f"\\{ord(c):06x}" for c in text
    )
