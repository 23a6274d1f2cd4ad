"""Pages about England: the index, lists, national maps, data and method."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Any

import pandas as pd
from markupsafe import Markup

from geolls.atlas import words
from geolls.atlas.frame import Chapter, Page, Rendered
from geolls.atlas.grids import Bar, Column, Grid, Name, Report, Two
from geolls.base.files import safe_name
from geolls.base.interval import Interval, bounds, ends_of, span
from geolls.base.labels import LABELS, label, seen_from, within
from geolls.base.text import DASH, count, percent, small, web
from geolls.base.vocabulary import FEW, RANKED, REACHES
from geolls.layers.evidence import rests_on
from geolls.maps.scenes import numbers
from geolls.study.comparing import layer_facts
from geolls.study.gazetteer import Place
from geolls.study.units import across, covered, divided, grounds_of, met_on, units_of, within_one

__all__ = ["CountryPages"]

# What stands before a title in the table of a coverage map.
_SWATCHES = {
    "one": '<rect class="sw-one"/>',
    "low": '<rect class="sw-one"/><rect fill="url(#p-low)"/>',
    "shared": '<rect fill="url(#p-two)"/>',
    "none": '<rect fill="url(#p-cross)"/>',
    "not_covered": "",
    "not_located": "",
}
_SEVERAL = "trusts with two or more schools of any phase"
_TOP = 0.6  # the share that fills a bar of the table of places


class CountryPages(Chapter):
    """Make the pages about England: the index, lists, national maps, data and method."""

    def _crumbs(self, page: Page, *trail: tuple[str, str]) -> list[tuple[str, str]]:
        return [self.book.way(page), *trail]

    # -- the index ---------------------------------------------------------------------------

    def index(self, page: Page) -> Rendered:
        """Make the index: England at a glance, the national map, every place."""
        book, facts, england = self.book, self.facts, self.facts.england_seen
        key, region = facts.listed_first, book.region_layer
        made, place = self.plates.index(page), book.place
        own = self._of(place) if place else england
        title = book.study.population.title
        population = title[:1].upper() + title[1:]
        context = {
            "examples": self._examples(),
            "note": words.INDEX_NOTE(population=population, n=self._schools, dates=book.dates),
            "lost": "" if place else words.NOT_ON_A_MAP(lost=int(facts.england["not_located"])),
            "sorted_by": within(self._called("trusts_elsewhere", self.study.seat(key))),
            "few": FEW,
            "kinds": book.kinds(own, own["schools"]),
            "findings": [] if place else self._findings(),
            "regions_title": words.START_FROM(title=region and self.book.word(region)),
            "regions": self._regions_grid(page),
            "all_title": words.ALL_OF(
                n=len(book.units[key]), place=self._many(1, key), places=self._many(0, key)
            ),
            "places": self._places_grid(page, key),
            "others": [
                (
                    self._counted(len(units), other),
                    book.links(page, other, [(code, unit["name"]) for code, unit in units.items()]),
                )
                for other, units in book.units.items()
                if other != key and units
            ],
        }
        return book.render(
            "page_index.html.jinja",
            page,
            context,
            title=place.name if place else "geolls",
            nav="places",
            description=words.INDEX_PAGE,
            search=False,
            drawn=made,
        )

    @property
    def _schools(self) -> float | Interval:
        """How many schools count in England, or in the place that the atlas is of."""
        place, england = self.book.place, self.facts.england["schools"]
        return ends_of(self._of(place), "schools") if place else england

    def _of(self, place: Place) -> Mapping[str, Any]:
        """Return the row of the place that the atlas is of."""
        return self.facts.unit_rows[place.layer][place.unit_code]

    def _examples(self) -> list[tuple[str, str]]:
        """Return name and page of the largest place and trust; Lancashire where there is one."""
        home = self.facts.listed_first
        units, trusts = (
            table.sort_values("schools", ascending=False, kind="stable")
            for table in (self.facts.units[home], self.facts.trusts)
        )
        units, trusts = (
            table[table.index.isin([*kept])]
            for table, kept in ((units, self.book.units[home]), (trusts, self.book.trust_rows))
        )
        known, own = units[units["name"] == "Lancashire"], self.book.place
        places, largest = (known if len(known) else units)["name"][:1], trusts["trust_name"][:1]
        return [
            *([(own.name, self.book.path_of(own.layer, own.unit_code))] if own else []),
            *(
                (str(name), self.book.path_of(kind, str(code)))
                for kind, found in ((home, places), ("trust", largest))
                for code, name in found.items()
                if own is None or (kind, code) != (own.layer, own.unit_code)
            ),
        ]

    def _called(self, name: str, key: str) -> str:
        """Return what a figure of the units of a layer is called."""
        return label(seen_from(name, key), self.facts.layer(key).unit_title)

    def _many(self, n: float | Interval, key: str) -> str:
        """Return the word for so many units of a layer, as within a sentence."""
        layer = self.facts.layer(key)
        return small(layer.unit_title if bounds(n).high == 1 else layer.unit_title_plural)

    def _counted(self, n: float | Interval, key: str) -> str:
        return f"{span(n, count)} {self._many(n, key)}"

    def _findings(self) -> list[dict[str, str]]:
        """Return up to four findings, one figure each, in fixed order."""
        made = (self._elsewhere(), self._divided(), self._across(), self._without())
        found = [finding for finding in made if finding]
        return [dict(zip(("figure", "title", "text"), f, strict=True)) for f in found]

    def _elsewhere(self) -> tuple[str, ...]:
        facts, england, key = self.facts, self.facts.england_seen, self.facts.first
        one, n = within_one(facts.several, key), len(facts.several)
        return (
            words.BASED_ELSEWHERE_FIGURE(share=ends_of(england, "share_trust_based_elsewhere")),
            words.BASED_ELSEWHERE_TITLE(label=self._called("trusts_elsewhere", key)),
            words.BASED_ELSEWHERE(
                away=ends_of(england, "trust_based_elsewhere"),
                n=england["schools"],
                unit=self.book.word(key),
                one=one,
                trusts=n,
                share=one.out_of(n),
                word=self.study.population.word,
            ),
        )

    def _divided(self) -> tuple[str, ...]:
        """Say how many places have land of several hubs, of the first layer that has hubs."""
        key, home = next(iter(self.book.hub_layers), ""), self.facts.first
        if not key or key == home:
            return ()
        n, layer = divided(self.study, home, key), self.facts.layer(key)
        title = words.DIVIDED_TITLE(
            n=n.high, place=self._many(1, home), places=self._many(0, home), title=layer.unit_title
        )
        text = words.DIVIDED(
            several=divided(self.study, key, home),
            hubs=len(units_of(self.study, key)),
            titles=layer.unit_title_plural,
            unit=self.book.word(home),
            middle=layer_facts(self.study, key).middle(key, "trusts"),
        )
        return words.DIVIDED_FIGURE(n=n), title, text

    def _across(self) -> tuple[str, ...]:
        key, trusts = self.book.region_layer, self.facts.several
        if not key:
            return ()
        n = across(trusts, key)
        title = words.ACROSS_REGIONS_TITLE(n=n, title=self.book.word(key))
        text = words.ACROSS_REGIONS(
            trusts=len(trusts),
            share=n.out_of(len(trusts)),
            key=key,
            word=self.study.population.word,
        )
        return words.ACROSS_REGIONS_FIGURE(n=n), title, text

    def _without(self) -> tuple[str, ...]:
        """Say how many places have no hub that we found, of the first layer with such a gap."""
        home = self.facts.first
        for key in self.book.hub_layers:
            known = covered(self.study, key, home)
            n, schools = (int(known[column].get("none", 0)) for column in ("whole", "schools"))
            if key == home or not n:
                continue
            title = words.NO_HUB_FOUND_TITLE(
                n=n,
                place=self._many(1, home),
                places=self._many(0, home),
                title=self.facts.layer(key).unit_title,
            )
            return words.NO_HUB_FOUND_FIGURE(n=n), title, words.NO_HUB_FOUND(n=schools)
        return ()

    def _regions_grid(self, page: Page) -> Grid | None:
        """Return the table of regions; none where they are all there is, or have no page."""
        key = self.book.region_layer
        if key in ("", self.facts.first) or self.book.place:
            return None
        units = self.facts.unit_rows[key]
        if "local_authority" in self.facts.places:
            name, away = "authority_trusts_elsewhere", self.facts.based_in_another_authority(key)
        else:
            name = seen_from("trusts_elsewhere", key)
            away = {code: ends_of(u, "share_trust_based_elsewhere") for code, u in units.items()}
        rows = [
            (self.book.name(page, key, code), ends_of(unit, "schools"), away[code])
            for code, unit in units.items()
            if code in away  # of a region without a school that counts there is no share
        ]
        layer = self.facts.layer(key)
        return Grid(
            id="regions",
            caption=f"{layer.unit_title_plural}: schools, and the share in trusts based elsewhere",
            columns=[
                Column("region", layer.unit_title, itemgetter(0), "name"),
                Column("schools", label("schools"), itemgetter(1), "count"),
                Column(LABELS[name].column, label(name, layer.unit_title), itemgetter(2),
                       "percent"),
            ],
            rows=sorted(rows, key=lambda row: -max(row[2].low, -1)),
            sortable=False,
        )  # fmt: skip

    def _places_grid(self, page: Page, key: str) -> Grid:
        """Return the table of all places; shares are left out where there are few schools."""
        facts, book, england = self.facts, self.book, self.facts.england_seen
        region, layer = book.region_layer, facts.layer(key)
        inside = region not in ("", key)
        hub = next((k for k in book.hub_layers if k != key), "")
        land = grounds_of(self.study, key, hub) if hub else {}
        ground = "land" if layer.has_land else "schools"

        def share(column: str) -> Any:
            return lambda unit: None if few(unit) else ends_of(unit, column)

        away = "share_trust_based_elsewhere"
        # A bar is one length: where shares are known between two, they are written.
        sure = facts.units[key][f"{away}_low"].equals(facts.units[key][f"{away}_high"])

        def few(unit: Mapping[str, Any]) -> bool:
            return not unit["schools"] >= FEW

        def maps(unit: Mapping[str, Any]) -> float | None:
            return None if few(unit) else unit["effective_maps"]

        def bar(unit: Mapping[str, Any]) -> Bar | None:
            return None if few(unit) else Bar(unit[away], "", _TOP)

        def met(unit: Mapping[str, Any], other: str) -> list[str]:
            return [met.name for met in facts.cover(key, unit["code"], other).units]

        def hubs(unit: Mapping[str, Any]) -> Interval:
            return met_on(land[unit["code"]], self.study.settings.divide_share)

        def called(name: str) -> str:
            return self._called(name, self.study.seat(key))

        def parents(unit: Mapping[str, Any]) -> str:
            return ", ".join(met(unit, region)) or DASH

        rows = [{**unit, "code": code} for code, unit in book.units[key].items()]
        return Grid(
            id="places",
            caption=f"All {layer.unit_title_plural}",
            columns=[
                Column("place", layer.unit_title, lambda unit: book.name(page, key, unit["code"]),
                       "name"),
                *([Column("region", facts.layer(region).unit_title, parents, optional=True)]
                  if inside else []),
                Column("schools", label("schools"), partial(ends_of, column="schools"), "count"),
                Column("based_elsewhere", called("trusts_elsewhere"), bar if sure else share(away),
                       "bar" if sure else "percent"),
                Column("at_home_here", called("trusts_home"), share("share_trust_home_here"),
                       "percent", optional=True),
                Column("no_single_home", label("no_single_home"), share("share_no_single_home"),
                       "percent", optional=True),
                Column("no_trust", label("no_trust"), share("share_no_trust"), "percent",
                       optional=True),
                Column("trusts", label("trusts_at_work"), partial(ends_of, column="trusts"),
                       "count", optional=True),
                *([Column("hubs", f"{facts.layer(hub).unit_title_plural}, by {ground}", hubs,
                          "count", optional=True)] if hub else []),
                Column("effective_maps", label("effective_maps"), maps,
                       "number", optional=True),
            ],
            rows=sorted(rows, key=lambda u: (
                few(u), 0.0 if few(u) else -u[away], str(u["name"])
            )),
            shown=12,
            sort="-based_elsewhere",
            total=[
                Name("England"),
                *([""] if inside else []),
                england["schools"],
                Bar(england[away], "grey", _TOP) if sure else ends_of(england, away),
                ends_of(england, "share_trust_home_here"),
                ends_of(england, "share_no_single_home"),
                ends_of(england, "share_no_trust"),
                england["trusts"],
                *([len(units_of(self.study, hub))] if hub else []),
                None,
            ],
            noun=small(layer.unit_title_plural),
        )  # fmt: skip

    # -- lists -------------------------------------------------------------------------------

    def trusts(self, page: Page) -> Rendered:
        """Make the list of trusts."""
        book, facts, place = self.book, self.facts, self.book.place
        table = facts.several[facts.several.index.isin([*book.trust_rows])]
        population = self.study.population
        counts = table["reach"].value_counts()
        key = facts.first
        home, layer = f"home_name_{key}", facts.layer(key)
        lede = words.TRUSTS_LISTED(
            trusts=len(table),
            one=within_one(table, key),
            word=population.word,
            more=sum(uid in facts.trust_rows for uid in book.trust_rows) - len(table),
            none=sum(uid in facts.uncounted for uid in book.trust_rows),
            unit=self.book.word(key),
            spreads=[
                words.SPREAD_COUNT(n=int(counts.get(k, 0)), reach=v) for k, v in REACHES.items()
            ],
        )
        grid = Grid(
            id="trusts",
            caption=f"All {_SEVERAL}",
            columns=[
                Column("trust", "Trust", lambda r: book.name(page, "trust", r["trust_uid"]),
                       "name"),
                Column("trust_uid", "UID", itemgetter("trust_uid"), optional=True),
                Column("schools", label("trust_schools", population=population.word),
                       itemgetter("schools"), "count"),
                Column("schools_all", label("schools_all"), itemgetter("schools_all"), "count",
                       optional=True),
                Column("pupils", label("pupils"), itemgetter("pupils"), "count", optional=True),
                Column("home", label("home"), lambda r: Two(words.HOME(
                    home=r[home], status=r[f"home_status_{key}"], kind="", unit=book.word(key)
                )) if r["schools"] else None, "two"),
                Column("home_share", label("home_share", layer.unit_title),
                       lambda r: Bar(r[f"home_share_{key}"]), "bar", optional=True),
                *(Column(f"areas_{k}", self.facts.layer(k).unit_title_plural,
                         partial(ends_of, column=f"areas_{k}"), "count", optional=True)
                  for k in (key, *self.book.hub_layers[:1])),
                Column("widest_km", label("widest"), itemgetter("pair_km_max"), "km",
                       optional=True),
                Column("spread", label("reach"), lambda r: REACHES.get(r["reach"]), "pill",
                       optional=True),
            ],
            rows=sorted(
                book.trust_rows.values(), key=lambda r: (-r["schools"], str(r["trust_name"]))
            ),
            shown=40,
            sort="-schools",
            noun="trusts",
            long=True,
        )  # fmt: skip
        return self._list(
            page,
            _SEVERAL[:1].upper() + _SEVERAL[1:] + (f", at work in {place.name}" if place else ""),
            lede,
            title="All of them",
            sub="Largest first.",
            grid=grid,
            filter="Filter trusts",
            spread=True,
        )

    def maps(self, page: Page) -> Rendered:
        """Make the list of national maps."""
        rows, title = [], f"Maps of {self.book.way(page)[0]}"
        for p in self.book.pages:
            if p.kind == "coverage":
                title = self.facts.layer(p.key[0]).unit_title
                said = words.WHO_HAS(title=title), words.WHO_HAS_SHOWS(title=title)
                name, what = (text.unescape() for text in said)
                rows.append((Name(name, page.root + p.path), what))
            elif p.kind == "national":
                made = self.plates.country(*p.key)
                rows.append((Name(made.title, page.root + p.path), made.question))
        grid = self._pairs("maps", title, (("map", "Map"), ("shows", "What it shows")), rows)
        return self._list(page, title, words.MAPS_LISTED, title="All maps", grid=grid)

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
        notes = [self.study.note(key) for key in self.study.area_layers]
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
        nothing = ("switch", "cover", "cover_head", "grid", "grid_title")
        return self.book.render(
            "page_map.html.jinja",
            page,
            {**dict.fromkeys(nothing), "name": title, **context},
            title=title,
            nav="maps",
            description=about,
            crumbs=self._crumbs(page, ("Maps", f"{page.root}maps.html"), (title, "")),
            drawn=made,
        )

    def national(self, page: Page) -> Rendered:
        """Make the page of a national map."""
        made, n = self.plates.country(*page.key), self._schools
        return self._map_page(
            page,
            made.title,
            made.question,
            made,
            kind=f"{span(bounds(n), count)} schools",
            lede=made.question,
            note=self.book.note(n, words.NEUTRAL),
        )

    def coverage(self, page: Page) -> Rendered:
        """Make the page on who has a hub, who shares one, and for whom none was found."""
        (key,) = page.key
        book, facts, home = self.book, self.facts, self.facts.first
        layer, known = facts.layer(key), covered(self.study, key, home)
        title, total = layer.unit_title, float(known["schools"].sum()) or 1.0
        grid = self._hub_grid(page, key)

        def schools(way: str) -> int:
            return int(known["schools"].get(way, 0))

        def places(way: str) -> str:
            """Say in how many places there is such land; of a layer seen from itself, of whose."""
            return self._counted(int(known["parts"].get(way, 0)), home)

        lede = words.COVERAGE(
            title=title,
            sure=schools("one") / total,
            low=schools("low") / total,
            shared=schools("shared"),
            shared_places=places("shared"),
            none=schools("none"),
            none_places=places("none"),
            evidence=[
                words.EVIDENCE(kind=kind, n=n)
                for kind, n in rests_on(layer, self.study.as_of).most_common()
            ],
        )
        return self._map_page(
            page,
            words.WHO_HAS(title=title).unescape(),
            words.COVERAGE_PAGE(title=title),
            self.plates.country("hub_coverage", key),
            kind=words.COVERAGE_KIND(
                hubs=len(grid.rows),
                titles=layer.unit_title_plural,
                places="" if key == home else self._counted(len(facts.units[home]), home),
            ),
            lede=lede,
            note=book.note(facts.england["schools"], words.COVERAGE_LIMIT(caption=layer.caption)),
            switch=[
                (facts.layer(k).title, f"{page.root}maps/{k}_coverage.html", k == key)
                for k in book.hub_layers
            ],
            cover_head=words.SUCH_LAND(places=facts.layer(home).unit_title_plural),
            cover=[
                {
                    "swatch": Markup(
                        f'<svg class="swatch" aria-hidden="true">{_SWATCHES[way]}</svg>'
                    ),
                    "title": words.COVERED[way][0].format(title),
                    "text": words.COVERED[way][1],
                    "places": count(row["parts"]) if way != "not_located" else DASH,
                    "schools": count(row["schools"]),
                    "share": percent(row["schools"] / total),
                }
                for way, row in _rows(known)
            ],
            grid_title=words.NORTH_TO_SOUTH(
                n=len(grid.rows), title=title, titles=layer.unit_title_plural
            ),
            grid=grid,
        )

    def _hub_grid(self, page: Page, key: str) -> Grid:
        facts, book = self.facts, self.book
        layer, number, home = facts.layer(key), numbers(self.study, key), facts.first
        met = grounds_of(self.study, key, home) if key != home else {}
        known = facts.confidence.get(key, {})
        source, shared = web(layer.source_url), Counter[str]()
        for parts in facts.shared.get((home, key), {}).values():
            shared.update(parts)

        def part(row: Mapping[str, Any]) -> float | None:
            return (row["schools"] and shared[row["code"]] / row["schools"]) or None

        def land_in(row: Mapping[str, Any]) -> Interval:
            return met_on(met[row["code"]], self.study.settings.divide_share)

        def name(row: Mapping[str, Any]) -> Name:
            return book.name(page, key, row["code"])._replace(anchor=f"u-{safe_name(row['code'])}")

        units = _rows(units_of(self.study, key))
        rows = [{**unit, "code": code, "number": number[code]} for code, unit in units]
        return Grid(
            id="hubs",
            caption=f"{layer.unit_title_plural}, north to south",
            columns=[
                Column("number", "No.", itemgetter("number"), "count"),
                Column("hub", layer.unit_title, name, "name"),
                *([Column(home, f"{facts.layer(home).unit_title_plural}, by land", land_in, "count",
                          optional=True)] if met else []),
                Column("schools", label("schools"), partial(ends_of, column="schools"), "count"),
                Column("shared", label("on_shared_land"), part, "percent", optional=True),
                Column("trusts", label("trusts_at_work"), partial(ends_of, column="trusts"),
                       "count"),
                Column("confidence", label("confidence"), lambda r: known.get(r["code"], ""),
                       "confidence", optional=True),
            ],
            rows=sorted(rows, key=itemgetter("number")),
            sort="number",
            noun="hubs",
            report=Report("Unit code", "hub", source, source),
        )  # fmt: skip


def _rows(table: pd.DataFrame) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rows of a table with their index."""
    for key, row in table.to_dict("index").items():
        yield str(key), {str(column): value for column, value in row.items()}
