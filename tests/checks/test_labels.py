"""One label is one fact: read from every output that has it, and held together for all places.

All outputs are read for all places, but for two that are slow to make: pages as they are written,
map included, and explanations, which are read for some places here, and for every place by
`make faults` and `python tools/write_checks.py`.
"""

from __future__ import annotations

import html
import io
import math
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import pandas as pd
import pytest
from said import Walk

from geolls.atlas.book import Book
from geolls.atlas.frame import Page
from geolls.atlas.place import PlacePages
from geolls.atlas.profile import Profile, profile
from geolls.base.interval import Interval, span
from geolls.base.labels import LABELS, label_from
from geolls.base.text import DASH, count, number, percent
from geolls.base.vocabulary import FEW, KIND_TITLES, KINDS
from geolls.export.tables import BUILDERS
from geolls.maps.data import say
from geolls.study.comparing import compare
from geolls.study.facts import Facts, Here
from geolls.study.units import units_of

pytestmark = pytest.mark.real_data

LAYERS = (
    "local_authority",
    "combined_authority",
    "teaching_school_hub",
    "maths_hub",
    "dfe_region",
)
EVERY = 1 if os.environ.get("GEOLLS_EVERY_PLACE") else 12
EXPLAINED = ("share_trust_home_here", "trusts")
# Heads of columns that are no figures.
WORDS = {"Code", "Trust", "UID", "No.", "Confidence", "Home", "Spread"}
WRITERS: Mapping[str, Callable[[float], str]] = {
    "fsm_share": percent,
    "effective_maps": number,
    "effective_providers": number,
    "trusts_per_10000_pupils": number,
    "schools_per_100km2": number,
}
# What counts shared land in equal parts, and says so: one number.
BY_CONVENTION = {"fsm_share", "effective_maps", "effective_providers"}

_ENDS = ("_low", "_high")  # what the columns of both ends end in


class Reading(NamedTuple):
    """What an output says of a place: a number, its ends, or text as it is written there."""

    output: str
    label: str
    layer: str
    code: str
    said: Any


@dataclass
class Reader:
    """Every output of one study, read label by label."""

    study: Any
    walk: Walk
    unknown: set[tuple[str, str]] = field(default_factory=set)

    @cached_property
    def book(self) -> Book:
        return Book(Facts(self.study, [k for k in LAYERS if k in self.study.area_layers]))

    @cached_property
    def layers(self) -> tuple[str, ...]:
        return self.book.facts.places

    def titles(self, layer: str) -> dict[str, str]:
        """What each figure is called on pages about a layer: title to key."""
        title = self.study.layers[layer].unit_title
        return {label_from(key, layer, title): key for key in LABELS if not key.startswith("own_")}

    def key_of(self, output: str, layer: str, title: str) -> str | None:
        """The key of a title; one that is neither a label nor a name is noted."""
        if key := self.titles(layer).get(title):
            return key
        names = {t for v in self.study.layers.values() for t in (v.unit_title, v.unit_title_plural)}
        if title.removesuffix(", by land").removesuffix(" here") not in names | WORDS:
            self.unknown.add((output, title))
        return None

    # -- outputs ---------------------------------------------------------------------------

    def all(self) -> Iterator[Reading]:
        for layer in self.layers:
            yield from self.tables(layer)
            yield from self.pages(layer)
        yield from self.index()
        yield from self.maps()
        yield from self.exported()

    def tables(self, layer: str) -> Iterator[Reading]:
        """Read the csv of the atlas and the comparison of all places of a layer."""
        made = self.book.make(f"tables/places_{layer}.csv")
        (text,) = made.values()
        table = pd.read_csv(io.BytesIO(text), dtype={"unit_code": str}).set_index("unit_code")
        columns = {LABELS[key].column: key for key in LABELS if key in _CANON}
        for column in table.columns.intersection(list(columns)):
            for code, value in table[column].items():
                yield Reading("csv of the atlas", columns[column], layer, str(code), float(value))
        places = [self.study.place(f"{layer}:{code}") for code in table.index]
        beside = compare(self.study, places).set_index("measure")
        for measure in beside.index:
            if measure not in columns and not str(measure).startswith(("share_", "units_")):
                self.unknown.add(("compare", str(measure)))
        named = [c for c in beside if c not in ("england", "note") and not c.endswith(_ENDS)]
        measures = beside.index.intersection(list(columns))
        for place, name in zip(places, named, strict=True):
            ends = [c for end in Interval._fields if (c := f"{name}_{end}") in beside]
            for measure, value, *both in beside.loc[measures, [name, *ends]].itertuples():
                unit = (columns[measure], layer, place.unit_code)
                yield Reading("compare", *unit, float(value))
                if both:
                    yield Reading("compare", *unit, Interval(*both))

    def pages(self, layer: str) -> Iterator[Reading]:
        """Read the pages and profiles of places, and what explains their numbers."""
        for code in self.book.facts.units[layer].index:
            page, found = self.said(layer, code)
            for title, value, _ in page["glance"]:
                if key := self.key_of("page of a place", layer, title):
                    yield Reading("page of a place", key, layer, code, _plain(value))
            sections = {s.key: s for s in found.sections}
            for title, here, *_ in sections["beside"].tables[0].rows:
                if key := self.key_of("profile", layer, title):
                    yield Reading("profile", key, layer, code, here)
            for title, _, share, _ in sections["runs"].tables[0].rows:
                (kind,) = (k for k, v in KIND_TITLES.items() if v == title)
                if kind == "no_trust":
                    yield Reading("profile", "no_trust", layer, code, share)
        for code in self.book.facts.units[layer].index[::EVERY]:
            yield from self.written(layer, code)

    def said(self, layer: str, code: str) -> tuple[dict[str, Any], Profile]:
        """Return what the page of a place says, and its profile: from the walk, if it was there."""
        if (layer, code) in self.walk.pages:
            return self.walk.pages[layer, code], self.walk.profiles[layer, code]
        page = Page("place", self.book.path_of(layer, code), (layer, code))
        said = PlacePages(self.book).said(page, Here(self.book.facts, layer, code))
        return said, profile(self.study, self.study.place(f"{layer}:{code}"))

    def written(self, layer: str, code: str) -> Iterator[Reading]:
        """Read the page of a place as it is written, and what explains its numbers."""
        page = self.book.make(self.book.path_of(layer, code))
        (text,) = (v.decode() for k, v in page.items() if k.endswith(".html"))
        glance = re.search(r'<table class="glance">.*?</table>', text, re.DOTALL)
        assert glance
        for title, value in _pairs(glance[0]):
            if key := self.key_of("page of a place", layer, title):
                yield Reading("page of a place", key, layer, code, value)
        yield from self.table_of("map of a place", text)
        for measure in EXPLAINED if self.book.facts.units[layer].at[code, "schools"] else ():
            (key,) = (k for k, v in LABELS.items() if v.column == measure and k in _CANON)
            place = self.study.place(f"{layer}:{code}")
            value = self.study.explain(measure, place=place).value
            yield Reading("explain", key, layer, code, value)

    def index(self) -> Iterator[Reading]:
        home = self.book.facts.first
        (text,) = (v.decode() for k, v in self.book.make("index.html").items() if k[-5:] == ".html")
        yield from self.grid("index", text, "places", home)
        yield from self.table_of("map of the index", text)
        for page in self.book.pages:
            if page.kind == "coverage":
                made = self.book.make(page.path)
                (text,) = (v.decode() for k, v in made.items() if k[-5:] == ".html")
                yield from self.grid("list of hubs", text, "hubs", page.key[0])

    def maps(self) -> Iterator[Reading]:
        for page in self.book.pages:
            if page.kind == "national":
                made = self.book.make(page.path)
                (text,) = (v.decode() for k, v in made.items() if k[-5:] == ".html")
                yield from self.table_of("national maps", text)

    def exported(self) -> Iterator[Reading]:
        table = BUILDERS["units"](self.study)
        for row in table[table["layer"].isin(self.layers)].itertuples():
            for key in ("schools", "pupils", "area_km2"):
                yield Reading("export: units", key, row.layer, row.unit_code, getattr(row, key))

    # -- tables of pages -------------------------------------------------------------------

    def grid(self, output: str, text: str, name: str, layer: str) -> Iterator[Reading]:
        """Read a table of a page; rows that travel packed stand in its csv alone."""
        table = re.search(rf'<table[^>]* id="{name}".*?</table>', text, re.DOTALL)
        assert table
        heads = [_plain(h) for h in re.findall(r"<th scope=\"col\"[^>]*>(.*?)</th>", table[0])]
        codes = {self.book.path_of(layer, code): code for code in units_of(self.study, layer).index}
        keys = [self.key_of(output, layer, head) for head in heads]
        for row in re.findall(r"<tr[^>]*>(<th scope=\"row\".*?)</tr>", table[0], re.DOTALL):
            href = re.search(r'href="(?:\.\./)*([^"]+)"', row)
            cells = [_plain(c) for c in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
            for key, cell in zip(keys, cells, strict=True):
                if key and href:
                    yield Reading(output, key, layer, codes[href[1]], cell)

    def table_of(self, output: str, text: str) -> Iterator[Reading]:
        """Read the table below a map."""
        table = re.search(r'<details class="gl-table".*?</details>', text, re.DOTALL)
        assert table
        heads = [_plain(h) for h in re.findall(r"<th scope=\"col\"[^>]*>(.*?)</th>", table[0])]
        shown = {v.unit_title: k for k, v in self.study.area_layers.items()}
        layer = shown[heads[0]]
        keys = [self.measured(output, layer, head) for head in heads]
        rows = re.findall(r'<tr>(<th scope="row">.*?)</tr>', table[0], re.DOTALL)
        assert rows
        for row in rows:
            cells = [_plain(c) for c in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
            for key, cell in zip(keys, cells, strict=True):
                if key:
                    yield Reading(output, key, layer, cells[1], cell)

    def measured(self, output: str, layer: str, head: str) -> str | None:
        shadings = (
            "Against",
            "Mixed between",
            "Middle distance",
            "Further than",
            "Changed",
            "Pattern",
        )
        return None if head.startswith(shadings) else self.key_of(output, layer, head)


def _plain(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", markup)).split())


def _pairs(table: str) -> list[tuple[str, str]]:
    rows = re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td>', table, re.DOTALL)
    return [(_plain(title), _plain(value)) for title, value in rows]


# Figures of trusts, of records, or seen from two places at once: not of a unit alone.
_OTHER = {
    *("home", "home_share", "widest", "reach", "trust_schools", "schools_all"),
    *("confidence", "on_shared_land", "authority_trusts_elsewhere"),
}
_CANON = {key for key in LABELS if not key.startswith("own_")} - _OTHER


def fact(study: Any, reading: Reading) -> tuple[float, Interval]:
    """The one number behind a label: from the table of units, with its ends."""
    table, column = units_of(study, reading.layer), LABELS[reading.label].column
    columns = [f"{column}_{end}" for end in Interval._fields]
    low, high = (table.at[reading.code, c if c in table else column] for c in columns)
    return float(table.at[reading.code, column]), Interval(float(low), float(high))


def _same(said: float, value: float) -> bool:
    return math.isclose(said, value, rel_tol=1e-9, abs_tol=1e-9) or (
        said != said and value != value
    )


def agrees(study: Any, reading: Reading) -> bool:
    """Whether what is said is the fact, as any output may write it."""
    value, ends = fact(study, reading)
    said = reading.said
    if isinstance(said, float):
        return _same(said, value)
    if isinstance(said, Interval):
        return all(map(_same, said, ends))
    schools = float(units_of(study, reading.layer).at[reading.code, "schools"])
    share = LABELS[reading.label].column.startswith("share_") or reading.label == "fsm_share"
    writer = percent if share else WRITERS.get(reading.label, count)
    form = "share" if share else "number" if writer is number else "count"
    ways = {span(ends, writer), span(ends, lambda end: say(end, form))}
    if ends.certain or reading.label in BY_CONVENTION:
        ways |= {writer(value), say(value, form), say(round(value, 9), form)}
    if schools < FEW or value != value:  # no share of few schools: a dash, or so many of them
        row = units_of(study, reading.layer).loc[reading.code]
        part = row.get(LABELS[reading.label].column.removeprefix("share_"), math.nan)
        ways |= {DASH, f"{count(part)} of {count(schools)}" if share else DASH}
    return said in ways or said in {f"{way}*" for way in ways}


@pytest.fixture(scope="module")
def readers(request: pytest.FixtureRequest, walks: dict[str, Walk]) -> list[Reader]:
    return [Reader(request.getfixturevalue(name), walk) for name, walk in walks.items()]


def test_a_label_is_one_number_wherever_it_stands(readers: list[Reader], hold: Any) -> None:
    outputs: dict[str, set[str]] = defaultdict(set)
    tried: dict[str, int] = defaultdict(int)
    wrong: dict[str, list[Reading]] = defaultdict(list)
    for reader in readers:
        places: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for reading in reader.all():
            if reading.label not in _CANON:
                continue
            outputs[reading.label].add(reading.output)
            if reading.layer in reader.layers:
                places[reading.label].add((reading.layer, reading.code))
            if not agrees(reader.study, reading):
                wrong[reading.label].append(reading)
        for key, found in places.items():
            tried[key] += len(found)
        assert not reader.unknown, sorted(reader.unknown)
    shown = [(r, fact(readers[0].study, r)) for part in wrong.values() for r in part[:3]]
    assert not wrong, shown
    hold(
        "labels",
        ("label", "outputs compared", "places", "differences"),
        [
            (f"{known.title} ({known.basis})", ", ".join(sorted(outputs[key])), tried[key], 0)
            for key, known in LABELS.items()
            if len(outputs[key]) > 1
        ],
    )


def test_the_index_says_what_the_tables_say(readers: list[Reader]) -> None:
    for reader in readers:
        study, book = reader.study, reader.book
        (text,) = (v.decode() for k, v in book.make("index.html").items() if k[-5:] == ".html")
        found = re.findall(r'<div class="finding">(.*?)</div></div>', text, re.DOTALL)
        said = [_plain(finding.replace("<", " <")) for finding in found]
        kinds = study.kinds("local_authority").value_counts()
        away = int(kinds["trust_based_elsewhere"])
        most = away + int(kinds.get("status_unknown", 0))  # any of them may be in such a trust
        known = f"{away:,} to {most:,}" if most > away else f"{away:,}"
        assert f"{known} of {len(study.schools):,} schools are in a trust whose home" in said[0]
        trusts = study.spread()
        trusts = trusts[trusts["schools"] > 1]
        one = int((trusts["areas_local_authority"] == 1).sum())
        assert f"{one:,} of {len(trusts):,} trusts of two or more mainstream schools" in said[0]
        land = study.overlap("local_authority", "teaching_school_hub", "area")
        land = land[land["right_code"].str.startswith("tsh-")]
        ends = [
            int((land[land[f"weight_{end}"] > 0].groupby("left_code").size() > 1).sum())
            for end in Interval._fields
        ]
        assert said[1].startswith(f"{ends[0]} to {ends[1]} local authorities have land of more")
        across = int((trusts["areas_dfe_region"] > 1).sum())
        assert said[2].startswith(f"{across:,} trusts have schools in more than one DfE region")
        gap = study.coverage("maths_hub", by="schools").set_index("unit_code").loc["no_evidence"]
        assert f"{gap['weight']:,.0f} schools stand on land that none of our lists names" in said[3]


def test_every_kind_of_school_has_a_label() -> None:
    assert set(KIND_TITLES) == set(KINDS)
