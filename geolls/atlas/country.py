"""Pages about England: the index, lists, national maps, data and method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from geolls.atlas.coverage import coverage_rows, shared_share
from geolls.atlas.frame import Chapter, Page, Rendered
from geolls.atlas.grids import Bar, Column, Grid, Name, Report, Two
from geolls.base.files import safe_name
from geolls.base.text import (
    DASH,
    a,
    bold,
    count,
    in_words,
    joined,
    percent,
    plural,
    small,
    web,
)
from geolls.base.vocabulary import FEW, RANKED, REACHES, REASONS
from geolls.maps.scenes import numbers
from geolls.maps.shading import COLUMNS

if TYPE_CHECKING:
    pass

__all__ = ["CountryPages"]


class CountryPages(Chapter):
    """Make the pages about England: the index, lists, national maps, data and method."""

    def _crumbs(self, page: Page, *trail: tuple[str, str]) -> list[tuple[str, str]]:
        return [("England", f"{page.root}index.html"), *trail]

    def index(self, page: Page) -> Rendered:
        """Make the index: England at a glance, the national map, every place."""
        book, facts, england = self.book, self.facts, self.facts.england
        key, region = facts.places[0], book.region_layer
        made, map_title = self.plates.index(page)
        about = "Which maps run a place's schools, and where they disagree."
        population = book.population[:1].upper() + book.population[1:]
        context = {
            "examples": self._examples(),
            "note": Markup("{}, <b>n = {}</b>. {}").format(
                population, count(england["schools"]), book.dates
            ),
            "lost": count(england["not_located"]),
            "few": FEW,
            "kinds": book.kinds(england, england["schools"]),
            "findings": self._findings(),
            "regions_title": f"Start from a {facts.layer(region).unit_title}"
            if region
            else "Start from a place",
            "regions": self._regions_grid(page),
            "map_title": map_title,
            "map_of": COLUMNS["trusts_elsewhere"].title,
            "all_title": f"All {len(facts.units[key])} {book.words(key)}",
            "places": self._places_grid(page, key),
            "others": self._other_places(page),
        }
        shell = book.shell(page, "geolls", "places", about, search=False, map=made)
        return book.render("page_index.html.jinja", shell, context)

    def _examples(self) -> list[tuple[str, str]]:
        out = []
        units = self.facts.units[self.facts.places[0]]
        largest = units["schools"].sort_values(ascending=False, kind="stable").index[:1]
        wanted = units.index[units["name"] == "Lancashire"].tolist() or largest.tolist()
        for code in wanted[:1]:
            out.append(
                (str(units.at[code, "name"]), self.book.path_of(self.facts.places[0], str(code)))
            )
        trusts = self.facts.trusts
        if len(trusts):
            far = trusts.sort_values("schools", ascending=False, kind="stable").index[0]
            out.append((str(trusts.at[far, "trust_name"]), self.book.path_of("trust", str(far))))
        return out

    def _findings(self) -> list[dict[str, str]]:
        """Return up to four findings, one figure each, in fixed order."""
        facts, england = self.facts, self.facts.england
        trusts = facts.trusts
        n = england["schools"]
        out = []
        one = int((trusts["areas_local_authority"] == 1).sum())
        out.append(
            {
                "figure": percent(england["share_trust_based_elsewhere"]),
                "title": "of schools are in a trust based elsewhere",
                "text": f"{count(england['trust_based_elsewhere'])} of {count(n)} schools are in a "
                "trust that has more of its schools in another authority. Yet "
                f"{count(one)} of {count(len(trusts))} trusts of two or more schools "
                f"({percent(one / max(len(trusts), 1))}) keep to one authority.",
            }
        )
        home = facts.places[0]
        for key in self.book.hub_layers[:1]:
            layer = facts.layer(key)
            split = sum(
                1
                for rows in facts.pairs[home, key].values()
                if sum(1 for r in rows if r[0] not in REASONS and r[3] >= 0.005) > 1
            )
            met: dict[str, int] = {}
            for rows in facts.pairs[home, key].values():
                for r in rows:
                    if r[0] not in REASONS and r[3] >= 0.005:
                        met[r[0]] = met.get(r[0], 0) + 1
            several = sum(1 for v in met.values() if v > 1)
            middle = ""
            if key in facts.units:
                met_by = float(facts.units[key]["trusts"].median())
                middle = f" The middle hub meets {count(met_by)} trusts."
            out.append(
                {
                    "figure": count(split),
                    "title": f"authorities are split between {layer.unit_title_plural}",
                    "text": f"And {count(several)} of {count(len(met))} hubs serve more than one "
                    f"authority.{middle}",
                }
            )
        if self.book.region_layer:
            across = int((trusts[f"areas_{self.book.region_layer}"] > 1).sum())
            title = facts.layer(self.book.region_layer).unit_title
            out.append(
                {
                    "figure": count(across),
                    "title": f"trusts work in more than one {title}",
                    "text": f"{percent(across / max(len(trusts), 1))} of the {count(len(trusts))} "
                    "trusts with two or more schools. Each works with more than one regional "
                    "director.",
                }
            )
        for key in self.book.hub_layers:
            gaps = {
                code: sum(r[2] for r in rows if r[0] == "no_evidence" and r[3] >= 0.5)
                for code, rows in facts.pairs[home, key].items()
            }
            found = {c: v for c, v in gaps.items() if v > 0}
            if found:
                out.append(
                    {
                        "figure": count(len(found)),
                        "title": f"authorities where we found no {facts.layer(key).unit_title}",
                        "text": f"{count(sum(found.values()))} schools. A gap in the published "
                        "lists, not proof that nobody serves them.",
                    }
                )
                break
        return out[:4]

    def _regions_grid(self, page: Page) -> Grid:
        key = self.book.region_layer or self.facts.places[-1]
        rows_of = self.facts.unit_rows[key]
        home = self._long_by_home(key)
        rows: list[list[Any]] = [
            [
                Name(str(r["name"]), page.root + self.book.path_of(key, str(code))),
                float(r["schools"]),
                home.get(str(code), float("nan")),
            ]
            for code, r in rows_of.items()
        ]
        rows.sort(key=lambda r: -(r[2] if r[2] == r[2] else -1))
        return Grid(
            id="regions",
            caption="Regions: schools, and the share in trusts based in another authority",
            columns=[
                Column("region", self.facts.layer(key).unit_title, "name"),
                Column("schools", "Schools", "count"),
                Column("based_elsewhere", "Based elsewhere", "percent"),
            ],
            rows=rows,
            sortable=False,
        )

    def _long_by_home(self, key: str) -> dict[str, float]:
        """Share of each unit's schools whose trust is based in another authority than theirs."""
        kinds = self.facts.kinds
        out = {}
        for code, members in self.facts.members[key].items():
            whole = sum(m.share for m in members)
            away = sum(m.share for m in members if kinds[m.row] == "trust_based_elsewhere")
            out[code] = away / whole if whole else float("nan")
        return out

    def _places_grid(self, page: Page, key: str) -> Grid:
        facts, england = self.facts, self.facts.england
        rows_of = facts.unit_rows[key]
        region = self.book.region_layer
        hub = self.book.hub_layers[0] if self.book.hub_layers else ""
        top = 0.6
        rows: list[list[Any]] = []
        for code, r in rows_of.items():
            enough = float(r["schools"]) >= FEW
            parents = (
                [p for p in facts.pairs[key, region].get(code, []) if p[0] not in REASONS]
                if region
                else []
            )
            hubs = (
                [p for p in facts.pairs[key, hub].get(code, []) if p[0] not in REASONS]
                if hub
                else []
            )
            rows.append(
                [
                    Name(str(r["name"]), page.root + self.book.path_of(key, str(code))),
                    ", ".join(p[1] for p in parents[:2]) or DASH,
                    float(r["schools"]),
                    Bar(float(r["share_trust_based_elsewhere"]), "", top) if enough else None,
                    float(r["share_trust_home_here"]) if enough else None,
                    float(r["share_no_trust"]) if enough else None,
                    float(r["trusts"]),
                    float(len(hubs)) if hub else None,
                    float(r["effective_maps"]) if enough else None,
                ]
            )
        rows.sort(key=lambda x: (x[3] is None, -(x[3].share if x[3] else 0.0), x[0].text))
        total = [
            Name("England"),
            "",
            england["schools"],
            Bar(england["share_trust_based_elsewhere"], "grey", top),
            england["share_trust_home_here"],
            england["share_no_trust"],
            england["trusts"],
            float(len(facts.units[hub])) if hub in facts.units else None,
            None,
        ]
        return Grid(
            id="places",
            caption=f"All {facts.layer(key).unit_title_plural}",
            columns=[
                Column("place", facts.layer(key).unit_title, "name"),
                Column(
                    "region",
                    facts.layer(region).unit_title if region else "Region",
                    "text",
                    optional=True,
                ),
                Column("schools", "Schools", "count"),
                Column("based_elsewhere", "In trusts based elsewhere", "bar"),
                Column("at_home_here", "In trusts at home here", "percent", optional=True),
                Column("no_trust", "In no trust", "percent", optional=True),
                Column("trusts", "Trusts at work", "count", optional=True),
                Column(
                    "hubs",
                    facts.layer(hub).unit_title_plural if hub else "Hubs",
                    "count",
                    optional=True,
                ),
                Column("effective_maps", "Effective number of maps", "number", optional=True),
            ],
            rows=rows,
            shown=12,
            sort="-based_elsewhere",
            total=total,
            noun=small(facts.layer(key).unit_title_plural),
            long=True,
        )

    def _other_places(self, page: Page) -> list[tuple[str, Markup]]:
        out = []
        for key in self.facts.places[1:]:
            table = self.facts.units[key]
            rows = [(str(c), str(name)) for c, name in table["name"].items()]
            out.append(
                (
                    f"{len(rows)} {self.facts.layer(key).unit_title_plural}",
                    self.book.links(page, key, rows),
                )
            )
        return out

    def trusts(self, page: Page) -> Rendered:
        """Make the list of trusts."""
        table = self.facts.trusts
        rows: list[list[Any]] = []
        for uid, r in self.facts.trust_rows.items():
            rows.append(
                [
                    Name(str(r["trust_name"]), page.root + self.book.path_of("trust", str(uid))),
                    str(uid),
                    float(r["schools"]),
                    float(r["pupils"]),
                    Two(str(r["home_name_local_authority"]), ""),
                    Bar(float(r["home_share_local_authority"])),
                    float(r["areas_local_authority"]),
                    float(r["hubs"]),
                    float(r["pair_km_max"]),
                    REACHES.get(str(r["reach"])),
                ]
            )
        rows.sort(key=lambda x: (-x[2], x[0].text))
        one = int((table["areas_local_authority"] == 1).sum())
        counts = table["reach"].value_counts()
        parts = [f"{count(int(counts.get(k, 0)))} are {v.lower()}" for k, v in REACHES.items()]
        lede = Markup(
            "{} run two or more schools. {} keep to one authority; by spread, {}."
        ).format(bold(f"{count(len(table))} trusts"), bold(count(one)), joined(parts))
        grid = Grid(
            id="trusts",
            caption="All trusts with two or more schools",
            columns=[
                Column("trust", "Trust", "name"),
                Column("trust_uid", "UID", "text", optional=True),
                Column("schools", "Schools", "count"),
                Column("pupils", "Pupils", "count", optional=True),
                Column("home", "Home", "two"),
                Column("home_share", "Share at home", "bar", optional=True),
                Column("local_authorities", "Authorities", "count", optional=True),
                Column("teaching_school_hubs", "Hubs met", "count", optional=True),
                Column("widest_km", "Widest apart", "km", optional=True),
                Column("spread", "Spread", "pill", optional=True),
            ],
            rows=rows,
            shown=40,
            sort="-schools",
            noun="trusts",
            long=True,
        )
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

    def _list(self, page: Page, name: str, lede: Markup | str, **section: Any) -> Rendered:
        """Make a page that is a paragraph and one table."""
        shell = self.book.shell(page, name, page.kind, name, crumbs=self._crumbs(page, (name, "")))
        defaults = {"id": "all", "sub": "", "filter": "", "spread": False}
        context = {"name": name, "lede": [lede], "sections": [{**defaults, **section}]}
        return self.book.render("page_list.html.jinja", shell, context)

    def maps(self, page: Page) -> Rendered:
        """Make the list of national maps."""
        rows: list[list[Any]] = []
        for p in self.book.pages:
            if p.kind == "coverage":
                title = self.facts.layer(p.key[0]).unit_title
                what = f"One {title}, several, or none found, area by area"
                rows.append([Name(f"Who has {a(title)}", page.root + p.path), what])
            elif p.kind == "national":
                made = self.plates.country(p.key[0])
                rows.append([Name(made.title, page.root + p.path), made.question])
        grid = Grid(
            id="maps",
            caption="Maps of England",
            columns=[Column("map", "Map", "name"), Column("shows", "What it shows")],
            rows=rows,
            sortable=False,
        )
        lede = (
            "Each map opens without a network, says what it shows and what it does not mean, and "
            "has a table with the same numbers."
        )
        return self._list(page, "Maps of England", lede, title="All maps", grid=grid)

    def data(self, page: Page) -> Rendered:
        """Make the list of tables."""
        rows = [
            [Name(name, f"{page.root}tables/{name}"), text]
            for name, text in self.book.tables_about.items()
        ]
        grid = Grid(
            id="tables",
            caption="Tables",
            columns=[Column("table", "Table", "name"), Column("holds", "One row per")],
            rows=rows,
            sortable=False,
        )
        lede = (
            "Every number of this atlas stands in a table you can open. Codes are text; a blank is "
            "missing, never zero."
        )
        sub = "UTF-8, commas, one header line."
        return self._list(page, "Data", lede, title="Tables as csv", sub=sub, grid=grid)

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
        crumbs = self._crumbs(page, (title, ""))
        shell = self.book.shell(page, title, "method", title, crumbs=crumbs)
        return self.book.render("page_method.html.jinja", shell, context)

    def _map_page(self, page: Page, title: str, about: str, **context: Any) -> Rendered:
        crumbs = self._crumbs(page, ("Maps", f"{page.root}maps.html"), (title, ""))
        made = context.pop("made")
        shell = self.book.shell(page, title, "maps", about, crumbs=crumbs, map=made)
        defaults: dict[str, Any] = {"switch": [], "cover": [], "grid": None}
        return self.book.render(
            "page_map.html.jinja", shell, {**defaults, "name": title, **context}
        )

    def coverage(self, page: Page) -> Rendered:
        """Make the page on who has a hub, who shares one, and for whom none was found."""
        (key,) = page.key
        book, facts = self.book, self.facts
        title = facts.layer(key).unit_title
        cover = coverage_rows(facts, key)
        total = sum(r["n"] for r in cover) or 1.0
        grid = self._hub_grid(page, key)
        home = facts.places[0]
        limit = f"\u201cNo hub found\u201d is a gap in our lists. {facts.layer(key).caption}"
        return self._map_page(
            page,
            f"Who has {a(title)}",
            f"Which land has {a(title)}, and how that is known.",
            kind=f"{len(grid.rows)} hubs over {len(facts.units[home])} {book.words(home)} "
            "\u00b7 counted in schools",
            lede=[self._coverage_lede(title, cover, total)],
            note=book.note(facts.england["schools"], limit),
            switch=[
                (facts.layer(k).title, f"{page.root}maps/{k}_coverage.html", k == key)
                for k in book.hub_layers
            ],
            cover=[self._cover_row(r, total) for r in cover],
            grid=grid,
            made=self.plates.coverage(key, page),
        )

    def _coverage_lede(
        self, title: str, cover: Sequence[Mapping[str, Any]], total: float
    ) -> Markup:
        """Give one hub, inferred, shared and not found as shares that add up."""
        rows = {r["key"]: r for r in cover if r["n"]}
        sure = rows["one"]["n"] if "one" in rows else 0.0
        share = bold(f"{percent(sure / total)} of schools")
        first = Markup("Published lists name one {} for {}").format(title, share)
        if low := rows.get("low"):
            first += f", and we infer one for another {percent(low['n'] / total)}"
        said = [first + "."]
        if both := rows.get("shared"):
            said.append(
                Markup(
                    "{} are in {} that two hubs share, along lines nobody has published."
                ).format(bold(f"{count(both['n'])} schools"), _authorities(both["areas"]))
            )
        if none := rows.get("none"):
            said.append(
                Markup("For {}, we found no hub at all.").format(
                    bold(f"{_authorities(none['areas'])}, {count(none['n'])} schools")
                )
            )
        return Markup(" ").join(said)

    def _cover_row(self, row: Mapping[str, Any], total: float) -> dict[str, Any]:
        fill = {
            "one": '<rect class="sw-one"/>',
            "low": '<rect class="sw-one"/><rect fill="url(#p-low)"/>',
            "shared": '<rect fill="url(#p-two)"/>',
            "none": '<rect fill="url(#p-cross)"/>',
            "not_located": "",
        }[str(row["key"])]
        return {
            "swatch": Markup(f'<svg class="swatch" aria-hidden="true">{fill}</svg>'),
            "title": row["title"],
            "text": row["text"],
            "authorities": count(row["areas"]) if row["areas"] else DASH,
            "schools": count(row["n"]),
            "share": percent(row["n"] / total),
        }

    def _hub_grid(self, page: Page, key: str) -> Grid:
        facts = self.facts
        rows_of = facts.unit_rows.get(key, {})
        home = facts.places[0]
        rows: list[list[Any]] = []
        number = numbers(self.study, key)
        met: dict[str, int] = {}
        for pairs in facts.pairs[home, key].values():
            for pair in pairs:
                if pair[3] >= 0.005:
                    met[pair[0]] = met.get(pair[0], 0) + 1
        for code, r in rows_of.items():
            rows.append(
                [
                    float(number[code]),
                    Name(
                        str(r["name"]),
                        page.root + self.book.path_of(key, code),
                        anchor=f"u-{safe_name(code)}",
                    ),
                    float(met.get(code, 0)),
                    float(r["schools"]),
                    shared_share(facts, key, code) or None,
                    float(r["trusts"]),
                    facts.confidence.get(key, {}).get(code, ""),
                ]
            )
        rows.sort(key=lambda r: r[0])
        source = web(facts.layer(key).source_url)
        return Grid(
            id="hubs",
            caption=f"{facts.layer(key).unit_title_plural}, north to south",
            columns=[
                Column("number", "No.", "count"),
                Column("hub", facts.layer(key).unit_title, "name"),
                Column("authorities", "Authorities", "count", optional=True),
                Column("schools", "Schools", "count"),
                Column("shared", "Shared", "percent", optional=True),
                Column("trusts_met", "Trusts met", "count"),
                Column("confidence", "Confidence", "confidence", optional=True),
            ],
            rows=rows,
            sort="number",
            noun="hubs",
            report=Report("Unit code", "hub", source, source),
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
            kind=f"{count(n)} schools",
            lede=[made.question],
            note=self.book.note(n, "These numbers say who works where. They do not say how well."),
            made=made,
        )


def _authorities(n: int) -> str:
    return f"{in_words(n)} {plural(n, 'authority', 'authorities')}"
