"""Pages about England: the index, lists, national maps, data and method."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from geolls.atlas import words
from geolls.atlas.frame import Chapter, Page, Rendered
from geolls.atlas.grids import Bar, Column, Grid, Name, Report, Two
from geolls.base.files import safe_name
from geolls.base.text import DASH, count, percent, small, web
from geolls.base.vocabulary import FEW, RANKED, REACHES
from geolls.maps.scenes import numbers
from geolls.measures.membership import is_reason
from geolls.study.facts import Facts

__all__ = ["CountryPages"]

# What stands before a title in the table of a coverage map.
_SWATCHES = {
    "one": '<rect class="sw-one"/>',
    "low": '<rect class="sw-one"/><rect fill="url(#p-low)"/>',
    "shared": '<rect fill="url(#p-two)"/>',
    "none": '<rect fill="url(#p-cross)"/>',
    "not_located": "",
}
# How a layer covers a school: the words in the table of a coverage map.
_COVERED = {
    "one": ("One {}", "One hub names the area"),
    "low": ("One hub, low confidence", "Inferred; no list names it"),
    "shared": ("Shared by several hubs", "Each serves part; the line is not published"),
    "none": ("No hub found", "In none of the lists we hold"),
    "not_located": ("Not placed", "Schools with neither code nor point"),
}
_TOP = 0.6  # the share that fills a bar of the table of places


class CountryPages(Chapter):
    """Make the pages about England: the index, lists, national maps, data and method."""

    def _crumbs(self, page: Page, *trail: tuple[str, str]) -> list[tuple[str, str]]:
        return [("England", f"{page.root}index.html"), *trail]

    # -- the index ---------------------------------------------------------------------------

    def index(self, page: Page) -> Rendered:
        """Make the index: England at a glance, the national map, every place."""
        book, facts, england = self.book, self.facts, self.facts.england
        key, region = facts.places[0], book.region_layer
        made = self.plates.index(page)
        title = book.study.population.title
        population = title[:1].upper() + title[1:]
        context = {
            "examples": self._examples(),
            "note": words.INDEX_NOTE(population=population, n=england["schools"], dates=book.dates),
            "lost": count(england["not_located"]),
            "few": FEW,
            "kinds": book.kinds(england, england["schools"]),
            "findings": self._findings(),
            "regions_title": words.START_FROM(title=region and facts.layer(region).unit_title),
            "regions": self._regions_grid(page),
            "all_title": f"All {len(facts.units[key])} {book.words(key)}",
            "places": self._places_grid(page, key),
            "others": [
                (
                    f"{len(facts.units[other])} {facts.layer(other).unit_title_plural}",
                    book.links(page, other, list(facts.units[other]["name"].items())),
                )
                for other in facts.places[1:]
            ],
        }
        return book.render(
            "page_index.html.jinja",
            page,
            context,
            title="geolls",
            nav="places",
            description=words.INDEX_PAGE,
            search=False,
            drawn=made,
        )

    def _examples(self) -> list[tuple[str, str]]:
        """Return name and page of the largest place and trust; Lancashire where there is one."""
        home = self.facts.places[0]
        units, trusts = (
            table.sort_values("schools", ascending=False, kind="stable")
            for table in (self.facts.units[home], self.facts.trusts)
        )
        known = units[units["name"] == "Lancashire"]
        places, largest = (known if len(known) else units)["name"][:1], trusts["trust_name"][:1]
        return [
            (str(name), self.book.path_of(kind, str(code)))
            for kind, found in ((home, places), ("trust", largest))
            for code, name in found.items()
        ]

    def _findings(self) -> list[dict[str, str]]:
        """Return up to four findings, one figure each, in fixed order."""
        facts, england, region = self.facts, self.facts.england, self.book.region_layer
        trusts = facts.several
        one = int((trusts["areas_local_authority"] == 1).sum())
        out: list[tuple[str, str, str]] = [(
            percent(england["share_trust_based_elsewhere"]),
            words.BASED_ELSEWHERE_TITLE,
            words.BASED_ELSEWHERE(
                away=england["trust_based_elsewhere"], n=england["schools"], one=one,
                trusts=len(trusts), share=one / max(len(trusts), 1),
            ),
        )]  # fmt: skip
        for key in self.book.hub_layers[:1]:
            met = facts.met_by(key)
            out.append((
                count(sum(len(cover.land) > 1 for cover in facts.covers(key).values())),
                words.HUBS_SPLIT_TITLE(titles=facts.layer(key).unit_title_plural),
                words.HUBS_SPLIT(
                    several=sum(n > 1 for n in met.values()), hubs=len(met),
                    middle=float(facts.units[key]["trusts"].median())
                    if key in facts.units else None,
                ),
            ))  # fmt: skip
        if region:
            across = int((trusts[f"areas_{region}"] > 1).sum())
            text = words.ACROSS_REGIONS(trusts=len(trusts), share=across / max(len(trusts), 1))
            title = words.ACROSS_REGIONS_TITLE(title=facts.layer(region).unit_title)
            out.append((count(across), title, text))
        for key in self.book.hub_layers:
            # An authority counts where most of its schools have no hub.
            gaps = [
                met.weight
                for cover in facts.covers(key).values()
                for met in cover.rows
                if met.code == "no_evidence" and met.of_place >= 0.5
            ]
            if gaps:
                title = words.NO_HUB_FOUND_TITLE(title=facts.layer(key).unit_title)
                out.append((count(len(gaps)), title, words.NO_HUB_FOUND(n=sum(gaps))))
                break
        return [dict(zip(("figure", "title", "text"), found, strict=True)) for found in out[:4]]

    def _regions_grid(self, page: Page) -> Grid:
        key = self.book.region_layer or self.facts.places[-1]
        away = self.facts.based_in_another_authority(key)
        rows = [
            (self.book.name(page, key, code), float(unit["schools"]), away.get(code, float("nan")))
            for code, unit in self.facts.unit_rows[key].items()
        ]
        return Grid(
            id="regions",
            caption="Regions: schools, and the share in trusts based in another authority",
            columns=[
                Column("region", self.facts.layer(key).unit_title, itemgetter(0), "name"),
                Column("schools", "Schools", itemgetter(1), "count"),
                Column("based_elsewhere", "Based elsewhere", itemgetter(2), "percent"),
            ],
            rows=sorted(rows, key=lambda row: -(row[2] if row[2] == row[2] else -1)),
            sortable=False,
        )

    def _places_grid(self, page: Page, key: str) -> Grid:
        """Return the table of all places; shares are left out where there are few schools."""
        facts, book, england = self.facts, self.book, self.facts.england
        region, hub = book.region_layer, next(iter(book.hub_layers), "")
        layer = facts.layer(key)

        def share(column: str) -> Any:
            return lambda unit: unit[column] if unit["schools"] >= FEW else None

        away = share("share_trust_based_elsewhere")

        def bar(unit: Mapping[str, Any]) -> Bar | None:
            return None if away(unit) is None else Bar(away(unit), "", _TOP)

        def met(unit: Mapping[str, Any], other: str) -> list[str]:
            return [met.name for met in facts.cover(key, unit["code"], other).units]

        def parents(unit: Mapping[str, Any]) -> str:
            return (region and ", ".join(met(unit, region)[:2])) or DASH

        rows = [{**unit, "code": code} for code, unit in facts.unit_rows[key].items()]
        return Grid(
            id="places",
            caption=f"All {layer.unit_title_plural}",
            columns=[
                Column("place", layer.unit_title, lambda unit: book.name(page, key, unit["code"]),
                       "name"),
                Column("region", facts.layer(region).unit_title if region else "Region", parents,
                       optional=True),
                Column("schools", "Schools", itemgetter("schools"), "count"),
                Column("based_elsewhere", "In trusts based elsewhere", bar, "bar"),
                Column("at_home_here", "In trusts at home here", share("share_trust_home_here"),
                       "percent", optional=True),
                Column("no_trust", "In no trust", share("share_no_trust"), "percent",
                       optional=True),
                Column("trusts", "Trusts at work", itemgetter("trusts"), "count", optional=True),
                Column("hubs", facts.layer(hub).unit_title_plural if hub else "Hubs",
                       lambda unit: len(met(unit, hub)) if hub else None, "count", optional=True),
                Column("effective_maps", "Effective number of maps", share("effective_maps"),
                       "number", optional=True),
            ],
            rows=sorted(rows, key=lambda u: (away(u) is None, -(away(u) or 0.0), str(u["name"]))),
            shown=12,
            sort="-based_elsewhere",
            total=[
                Name("England"),
                "",
                england["schools"],
                Bar(england["share_trust_based_elsewhere"], "grey", _TOP),
                england["share_trust_home_here"],
                england["share_no_trust"],
                england["trusts"],
                len(facts.units[hub]) if hub in facts.units else None,
                None,
            ],
            noun=small(layer.unit_title_plural),
            long=True,
        )  # fmt: skip

    # -- lists -------------------------------------------------------------------------------

    def trusts(self, page: Page) -> Rendered:
        """Make the list of trusts."""
        facts, table, word = self.facts, self.facts.several, self.book.study.population.word
        counts = table["reach"].value_counts()
        home = "home_name_local_authority"
        lede = words.TRUSTS_LISTED(
            trusts=len(table),
            one=int((table["areas_local_authority"] == 1).sum()),
            spreads=[f"{count(int(counts.get(k, 0)))} are {v.lower()}" for k, v in REACHES.items()],
            word=word,
            more=len(facts.trusts) - len(table),
        )
        grid = Grid(
            id="trusts",
            caption="All trusts with two or more schools of any phase",
            columns=[
                Column("trust", "Trust", lambda r: self.book.name(page, "trust", r["trust_uid"]),
                       "name"),
                Column("trust_uid", "UID", itemgetter("trust_uid"), optional=True),
                Column("schools", f"{word.capitalize()} schools", itemgetter("schools"), "count"),
                Column("schools_all", "Schools of every phase", itemgetter("schools_all"),
                       "count", optional=True),
                Column("pupils", "Pupils", itemgetter("pupils"), "count", optional=True),
                Column("home", "Home", lambda r: Two(str(r[home])), "two"),
                Column("home_share", "Share at home",
                       lambda r: Bar(r["home_share_local_authority"]), "bar", optional=True),
                Column("local_authorities", "Authorities", itemgetter("areas_local_authority"),
                       "count", optional=True),
                Column("teaching_school_hubs", "Hubs met", itemgetter("hubs"), "count",
                       optional=True),
                Column("widest_km", "Widest apart", itemgetter("pair_km_max"), "km",
                       optional=True),
                Column("spread", "Spread", lambda r: REACHES.get(r["reach"]), "pill",
                       optional=True),
            ],
            rows=sorted(
                facts.trust_rows.values(), key=lambda r: (-r["schools"], str(r["trust_name"]))
            ),
            shown=40,
            sort="-schools",
            noun="trusts",
            long=True,
        )  # fmt: skip
        return self._list(
            page,
            "Trusts with two or more schools",
            lede,
            title="All of them",
            sub="Largest first.",
            grid=grid,
            filter="Filter trusts",
            spread=True,
        )

    def maps(self, page: Page) -> Rendered:
        """Make the list of national maps."""
        rows = []
        for p in self.book.pages:
            if p.kind == "coverage":
                title = self.facts.layer(p.key[0]).unit_title
                said = words.WHO_HAS(title=title), words.WHO_HAS_SHOWS(title=title)
                name, what = (text.unescape() for text in said)
                rows.append((Name(name, page.root + p.path), what))
            elif p.kind == "national":
                made = self.plates.country(p.key[0])
                rows.append((Name(made.title, page.root + p.path), made.question))
        grid = self._pairs(
            "maps", "Maps of England", (("map", "Map"), ("shows", "What it shows")), rows
        )
        return self._list(page, "Maps of England", words.MAPS_LISTED, title="All maps", grid=grid)

    def data(self, page: Page, tables: Mapping[str, str]) -> Rendered:
        """Make the list of tables: the names of their files, and what a row of each is."""
        rows = [(Name(name, f"{page.root}tables/{name}"), row) for name, row in tables.items()]
        grid = self._pairs("tables", "Tables", (("table", "Table"), ("holds", "One row per")), rows)
        section = {"title": "Tables as csv", "sub": "UTF-8, commas, one header line."}
        return self._list(page, "Data", words.DATA_LISTED, grid=grid, **section)

    def _pairs(
        self,
        name: str,
        caption: str,
        heads: tuple[tuple[str, str], tuple[str, str]],
        rows: Sequence[tuple[Name, str]],
    ) -> Grid:
        """Return a table of names and what each is."""
        columns = [Column(*heads[0], itemgetter(0), "name"), Column(*heads[1], itemgetter(1))]
        return Grid(id=name, caption=caption, columns=columns, rows=rows, sortable=False)

    def _list(self, page: Page, name: str, lede: str, **section: Any) -> Rendered:
        """Make a page that is a paragraph and one table."""
        known = {"sub": "", "filter": "", "spread": False, "name": name, "lede": lede}
        return self.book.render(
            "page_list.html.jinja",
            page,
            {**known, **section},
            title=name,
            nav=page.kind,
            description=name,
            crumbs=self._crumbs(page, (name, "")),
        )

    def method(self, page: Page) -> Rendered:
        """Make the page on method, words and known defects."""
        register, england = self.study.register, self.facts.england
        notes = [self.study.date_note(key) for key in self.facts.strips]
        kept = ("read", "kept", "filtered", "rejected")
        context = {
            "label": register.label,
            "counts": [(k, count(register.counts[k])) for k in kept if k in register.counts],
            "ranked": RANKED,
            "few": FEW,
            "unknown": count(england["status_unknown"]) if england["status_unknown"] else "",
            "lost": count(england["not_located"]) if england["not_located"] else "",
            "notes": [n for n in notes if n],
        }
        title = "How this was made"
        return self.book.render(
            "page_method.html.jinja",
            page,
            context,
            title=title,
            nav="method",
            description=title,
            crumbs=self._crumbs(page, (title, "")),
        )

    # -- maps --------------------------------------------------------------------------------

    def _map_page(self, page: Page, title: str, about: str, made: Any, **context: Any) -> Rendered:
        defaults: dict[str, Any] = {"switch": [], "cover": [], "grid": None}
        return self.book.render(
            "page_map.html.jinja",
            page,
            {**defaults, "name": title, **context},
            title=title,
            nav="maps",
            description=about,
            crumbs=self._crumbs(page, ("Maps", f"{page.root}maps.html"), (title, "")),
            drawn=made,
        )

    def national(self, page: Page) -> Rendered:
        """Make the page of a national map."""
        (recipe,) = page.key
        made = self.plates.country(recipe)
        n = self.facts.england["schools"]
        return self._map_page(
            page,
            made.title,
            made.question,
            made,
            kind=f"{count(n)} schools",
            lede=made.question,
            note=self.book.note(n, words.NEUTRAL),
        )

    def coverage(self, page: Page) -> Rendered:
        """Make the page on who has a hub, who shares one, and for whom none was found."""
        (key,) = page.key
        book, facts, home = self.book, self.facts, self.facts.places[0]
        layer = facts.layer(key)
        title = layer.unit_title
        cover = _covered(facts, key)
        total = sum(n for n, _ in cover.values()) or 1.0
        shared, shared_areas = cover.get("shared", (0.0, 0))
        none, none_areas = cover["none"]
        grid = self._hub_grid(page, key)
        lede = words.COVERAGE(
            title=title,
            sure=cover["one"][0] / total,
            low=cover.get("low", (0.0, 0))[0] / total,
            shared=shared,
            shared_areas=shared_areas,
            none=none,
            none_areas=none_areas,
        )
        return self._map_page(
            page,
            words.WHO_HAS(title=title).unescape(),
            words.COVERAGE_PAGE(title=title),
            self.plates.coverage(key, page),
            kind=words.COVERAGE_KIND(
                hubs=len(grid.rows), homes=len(facts.units[home]), places=book.words(home)
            ),
            lede=lede,
            note=book.note(facts.england["schools"], words.COVERAGE_LIMIT(caption=layer.caption)),
            switch=[
                (facts.layer(k).title, f"{page.root}maps/{k}_coverage.html", k == key)
                for k in book.hub_layers
            ],
            cover=[
                {
                    "swatch": Markup(
                        f'<svg class="swatch" aria-hidden="true">{_SWATCHES[kind]}</svg>'
                    ),
                    "title": _COVERED[kind][0].format(title),
                    "text": _COVERED[kind][1],
                    "authorities": count(areas) if areas else DASH,
                    "schools": count(n),
                    "share": percent(n / total),
                }
                for kind, (n, areas) in cover.items()
            ],
            grid=grid,
        )

    def _hub_grid(self, page: Page, key: str) -> Grid:
        facts, book = self.facts, self.book
        layer, number, met = facts.layer(key), numbers(self.study, key), facts.met_by(key)
        known = facts.confidence.get(key, {})
        source, shared = web(layer.source_url), Counter[str]()
        for parts in facts.shared.get((facts.places[0], key), {}).values():
            shared.update(parts)

        def part(row: Mapping[str, Any]) -> float | None:
            return (row["schools"] and shared[row["code"]] / row["schools"]) or None

        def name(row: Mapping[str, Any]) -> Name:
            return book.name(page, key, row["code"])._replace(anchor=f"u-{safe_name(row['code'])}")

        units = facts.unit_rows.get(key, {}).items()
        rows = [{**unit, "code": code, "number": number[code]} for code, unit in units]
        return Grid(
            id="hubs",
            caption=f"{layer.unit_title_plural}, north to south",
            columns=[
                Column("number", "No.", itemgetter("number"), "count"),
                Column("hub", layer.unit_title, name, "name"),
                Column("authorities", "Authorities", lambda r: met.get(r["code"], 0), "count",
                       optional=True),
                Column("schools", "Schools", itemgetter("schools"), "count"),
                Column("shared", "Shared", part, "percent", optional=True),
                Column("trusts_met", "Trusts met", itemgetter("trusts"), "count"),
                Column("confidence", "Confidence", lambda r: known.get(r["code"], ""),
                       "confidence", optional=True),
            ],
            rows=sorted(rows, key=itemgetter("number")),
            sort="number",
            noun="hubs",
            report=Report("Unit code", "hub", source, source),
        )  # fmt: skip


def _covered(facts: Facts, key: str) -> dict[str, tuple[float, int]]:
    """Count schools and authorities by how a layer of hubs covers them.

    A shared school counts in parts; an authority once, where most of its schools are.
    """
    study = facts.study
    table, claims = study.assigned(key), study.land(key)
    block = study.placement.schools.set_index("urn")["block"].reindex(table["urn"])
    here = pd.MultiIndex.from_arrays([block.astype(object), table["unit_code"].astype(object)])
    low = claims[claims["confidence"] == "low"]
    weak = pd.MultiIndex.from_arrays([low["block"].astype(object), low["unit_code"].astype(object)])
    kind = np.select(
        [
            table["unit_code"] == "not_located",
            is_reason(table["unit_code"]),
            table["share"] < 1,
            here.isin(weak),
        ],
        ["not_located", "none", "shared", "low"],
        default="one",
    )
    home = study.assigned(facts.places[0]).set_index("urn")["unit_code"]
    area = home.reindex(table["urn"]).to_numpy()
    frame = pd.DataFrame({"kind": kind, "n": table["share"].to_numpy(), "area": area})
    schools = frame.groupby("kind")["n"].sum()
    most = frame.groupby(["area", "kind"])["n"].sum().sort_values(kind="stable")
    areas = most.reset_index().drop_duplicates("area", keep="last")["kind"].value_counts()
    return {
        kind: (float(schools.get(kind, 0.0)), int(areas.get(kind, 0)))
        for kind in _COVERED
        if kind in schools or kind in ("one", "none")
    }
