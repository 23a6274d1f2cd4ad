"""Pages about a place: which maps cover it, who works there, who falls between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from operator import itemgetter
from typing import Any

from markupsafe import Markup

from geolls.atlas import words
from geolls.atlas.charts import Axis, Piece, Strip, axis_of
from geolls.atlas.frame import KEPT, LONG, Chapter, Frame, Page, Rendered
from geolls.atlas.grids import Bar, Column, Grid, Name, Report, Two, confidence
from geolls.atlas.plates import LARGE
from geolls.base.interval import Interval, bounds, ends_of, span
from geolls.base.labels import label, label_from
from geolls.base.populations import Population
from geolls.base.text import (
    DASH,
    count,
    day,
    joined,
    last_word,
    number,
    percent,
    phase_words,
    short_name,
    small,
    web,
    when,
    worst_of,
)
from geolls.base.vocabulary import (
    FAMILY_TITLES,
    FEW,
    KIND_TITLES,
    KINDS,
    REACHES,
    REASONS,
)
from geolls.maps.page import Parts
from geolls.study.facts import Cover, Here, Member
from geolls.study.units import AtWork, neighbours

__all__ = ["PlacePages", "lede", "limits", "some", "what_it_is"]

# Figures set among those of the other places: label, how a value is written, end of the axis.
_COMPARED: dict[str, tuple[str, Callable[[float], str], float | None]] = {
    "share_no_trust": ("no_trust", percent, 1.0),
    "share_trust_based_elsewhere": ("trusts_elsewhere", percent, None),
    "trusts": ("trusts_at_work", count, None),
    "effective_maps": ("effective_maps", number, None),
}
# A layer that is left out where it says the same as another.
_TWINS = {"ofsted_region": "dfe_region"}
# A place in none of its units says something; so does one in no unit of a layer of all land.
_TOLD = "combined_authority"
_BOXES = 60  # trusts drawn as boxes
_BARS = {"trust_home_here": "", "trust_based_elsewhere": "elsewhere", "no_single_home": "nohome"}
_ALL = 0.9995  # a unit with so large a share of its schools here has all of them here


def what_it_is(here: Here) -> Markup:
    """Say what a place is, in the line under its name."""

    def met(key: str) -> Interval | None:
        return None if key == here.key or key not in here.covers else here.covers[key].with_land

    inside = here.covers[_TOLD].land if _TOLD in here.covers else []
    within = here.key == "local_authority" and len(inside) == 1 and here.covers[_TOLD].whole
    return words.WHAT_IT_IS(
        title=here.layer.unit_title,
        authorities=met("local_authority"),
        districts=met("district"),
        within=inside[0].name if within else "",
        pupils=here.known("pupils"),
    )


def lede(here: Here, population: Population, hubs: Sequence[str]) -> Markup:
    """Say who runs the schools, who works here, and which hubs divide or share the place."""
    unit, england, layer = here.unit, here.facts.england, here.layer
    outside = float(unit["no_trust"])
    several = float(unit["in_trusts"])
    lead = outside >= several
    part: float | Interval = outside if lead else several
    run = "no_trust" if lead else "in_trusts"
    if not here.known(run).certain:
        part = here.known(run)
    first = words.WHO_RUNS(
        n=here.n,
        schools=here.schools,
        land=here.shares_land,
        word=population.word,
        place=here.name,
        name=short_name(here.name),
        part=part,
        run="in no trust" if lead else "in a trust of two or more schools",
        share=here.known(f"share_{run}") if isinstance(part, Interval) else part / max(here.n, 1),
        england=ends_of(england, f"share_{run}"),
        rank=here.rank("share_no_trust") if lead else None,
        others=small(layer.unit_title_plural),
        enough=here.facts.enough(here.key),
    )
    if not here.n:
        return first
    at_work = here.at_work
    work = len(here.trusts) if at_work.certain else at_work
    second = words.TRUSTS_HERE(word=population.word, trusts=work, **by_home(here.trusts))
    return words.paragraph(first, second, *(_hubs(here, key) for key in hubs))


def by_home(trusts: Sequence[AtWork]) -> dict[str, Any]:
    """Count the trusts at work in a place by where they are at home; say so in `homes`."""
    kinds = Counter(trust.kind for trust in trusts)
    found = {
        "home": kinds["trust_home_here"],
        "away": kinds["trust_based_elsewhere"],
        "homeless": kinds["no_single_home"],
        "unknown": kinds["status_unknown"],
    }
    return {**found, "homes": joined([str(said) for said in words.HOMES.each(**found)])}


def _hubs(here: Here, key: str) -> Markup:
    """Say which hubs divide the place; of a hub, with which others it shares land."""
    cover, layer = here.covers[key], here.facts.layer(key)
    if key == here.key:
        units = here.facts.unit_rows[key]
        names = sorted(units[code]["name"] for code in cover.shared if code != here.code)
        return words.HUB_SHARES(names=names, both=sum(m.share < 1 for m in here.members))
    land, many = cover.land, len(cover.land)
    name = land[0].name if land else ""
    schools = next((met for met in cover.units if land and met.code == land[0].code), None)
    covered, gap = 1 - cover.bare(), cover.bare("no_evidence")
    said = words.HUBS_HERE(
        units=many,
        met=cover.with_land,
        sure=not here.shares_land,
        gap=gap,
        whole=cover.whole,
        covered=covered,
        inside=len(cover.inside),
        outside=len(cover.beyond),
        together=cover.together,
        divided=cover.divided,
        parted=len(cover.parted),
        beyond=words.HUBS_BEYOND(units=many, beyond=len(cover.beyond)),
        title=layer.unit_title,
        titles=layer.unit_title_plural,
        name=name,
        of_unit=cover.share_of_unit(schools, here.facts.total(key, schools.code))
        if schools
        else 0.0,
        ground=here.ground,
    )
    missing = words.HUBS_MISSING(
        units=many,
        gap=gap,
        bare=cover.bare(),
        least=cover.least,
        ground=here.ground,
        landless=not here.layer.has_land,
    )
    return words.paragraph(said, missing)


def limits(here: Here, book: Frame) -> Markup:
    """Say what a page about a place does not tell."""
    landless = words.LANDLESS(land=here.layer.has_land, unit=book.word(here.seat.key))
    return words.paragraph(words.NEUTRAL, book.to_come(here.key, here.code), landless)


def some(ends: Interval) -> Interval | None:
    """Return nothing for a number that is 0 for sure."""
    return ends if ends.high else None


class PlacePages(Chapter):
    """Make the pages about a place: which maps cover it, who works there, who falls between."""

    def make(self, page: Page) -> Rendered:
        """Make the page of a place."""
        here = Here(self.facts, *page.key)
        made = self.plates.place(here.key, here.code, page)
        return self.book.render(
            "page_place.html.jinja",
            page,
            {**self.said(page, here), "schools": self._school_grid(page, here, made)},
            title=here.name,
            nav="places",
            description=words.PLACE_PAGE(name=here.name),
            crumbs=self._crumbs(page, here),
            inline=self.plates.whole(here.key),
            drawn=made,
        )

    def said(self, page: Page, here: Here) -> dict[str, Any]:
        """Return all that the page says beside its map and its table of schools."""
        book, facts = self.book, self.facts
        among = {
            "ranked": len(facts.ranked(here.key)),
            "others": book.words(here.key),
            "enough": facts.enough(here.key),
        }
        strips = self._strips(page, here)
        return {
            "name": here.name,
            "short": short_name(here.name),
            "kind": what_it_is(here),
            "lede": lede(here, book.study.population, book.hub_layers),
            "note": book.note(here.schools, limits(here, book)),
            "glance": self._glance(here),
            "glance_note": words.MIDDLE_ONE(**among, shared=not here.schools.certain),
            "strips": strips,
            "doubt": any(p.doubt for _, bars in strips for bar in bars for p in bar.pieces),
            "all_schools": words.PART(part=here.schools, n=here.schools, capital=True),
            "kinds": book.kinds(here.unit, here.n),
            "trust_strip": self._trust_strip(here),
            "trusts": self._trust_grid(page, here) if here.trusts else None,
            "trusts_said": words.TRUSTS_TABLE(
                trusts=here.at_work,
                word=book.study.population.word,
                name=here.name,
                homes=by_home(here.trusts)["homes"],
            ),
            "unit_word": book.word(here.seat.key),
            "others": among["others"],
            "ticks": self._ticks(here),
            "ticks_said": words.TICKS(**among),
            "trusting": self._trusting(here),
            "school_kinds": {
                "label": "Who runs them",
                "column": "run_by",
                "all": "All schools",
                "values": [KIND_TITLES[k] for k in KINDS if here.unit[k] > 0],
            },
            "neighbours": self._neighbours(page, here),
            "sources": self._sources(),
        }

    def _crumbs(self, page: Page, here: Here) -> list[tuple[str, str]]:
        out = [self.book.way(page)]
        region = self.book.region_layer
        if region and here.key != region:
            parents = here.covers[region].units
            if len(parents) == 1 and (href := self.book.path_of(region, parents[0].code)):
                out.append((parents[0].name, page.root + href))
        return [*out, (here.name, "")]

    def _glance(self, here: Here) -> list[tuple[str, str, str]]:
        """Return the figures of a place, each beside England or the middle place."""
        facts, unit, england = self.facts, here.unit, self.facts.england
        called = partial(label_from, layer=here.seat.key, unit=here.seat.unit_title)
        names = {
            "no_trust": "no_trust",
            "trust_home_here": "trusts_home",
            "trust_based_elsewhere": "trusts_elsewhere",
        }
        rows = []
        for kind, name in names.items():
            text = called(name)
            share, few = f"share_{kind}", here.n < FEW
            whole = here.seat.key == "local_authority" or kind == "no_trust"
            value = (
                f"{span(here.known(kind), count)} of {span(here.schools, count)}"
                if few
                else span(here.known(share), percent)
            )
            beside = span(
                ends_of(england, share) if whole else facts.middle(here.key, share), percent
            )
            rows.append((text, value, beside if whole else f"{beside}*"))
        for column in ("trusts", "effective_maps"):
            name, say, _ = _COMPARED[column]
            text = called(name)
            middle = f"{span(facts.middle(here.key, column), say)}*"
            rows.append((text, span(here.known(column), say), middle))
        meals = percent(unit["fsm_share"], here.n), percent(england["fsm_share"])
        return [*rows, (label("fsm_share"), *meals)]

    # -- bars --------------------------------------------------------------------------------

    def _strips(self, page: Page, here: Here) -> list[tuple[str, list[Strip]]]:
        """Return the bars of a place, by family; a layer that repeats another is left out."""

        def said(key: str) -> list[tuple[str, float, float]]:
            return [(met.name, met.weight, met.of_unit) for met in here.covers[key].rows]

        groups: dict[str, list[Strip]] = {}
        for key, cover in here.covers.items():
            twin = _TWINS.get(key, "")
            if twin in here.covers and said(key) == said(twin):
                continue
            if (strip := self._strip(page, here, key)) is not None:
                groups.setdefault(cover.layer.family, []).append(strip)
        return [(title, groups[f]) for f, title in FAMILY_TITLES.items() if f in groups]

    def _strip(self, page: Page, here: Here, key: str) -> Strip | None:
        cover, layer = here.covers[key], self.facts.layer(key)
        rows = [met for met in cover.rows if met.code != "not_located"]
        if not rows or self._silent(here, key):
            return None
        total = sum(met.weight for met in rows)
        ours = here.key == key
        pieces, lines = [], []
        for met in sorted(rows, key=lambda met: met.code in REASONS):
            parted, reason = cover.is_parted(met), met.code in REASONS
            whole = met.of_unit > _ALL
            piece = self.book.piece(
                page,
                layer,
                met.code,
                met.name,
                met.weight,
                total,
                fill=1.0 if whole else met.of_unit,
                ends=met.ends,
                link=not ours,
            )
            second = words.OF_ITS_UNIT(
                parted=parted,
                reason=reason,
                pieces=len(rows),
                key=key,
                whole=whole,
                of_unit=met.of_unit,
                n=met.ends,
                schools=self.facts.total(key, met.code),
                word=last_word(layer.unit_title),
            )
            first = words.PIECE(
                key=key,
                pieces=len(rows),
                of_its_unit=bool(second),
                n=met.ends,
                of_place=met.of_place,
                total=total,
                sure=here.schools.certain,
            )
            pieces.append(piece)
            lines.append((first, second) if second else (first,))
        shared = sum(map(cover.is_parted, cover.units))
        counts = {"key": key, "units": cover.met, "parted": shared}
        strays = here.astray(key)
        more = words.MORE_UNITS(**counts, effective=cover.effective, strays=strays)
        known = layer.family not in {"councils", "devolution"}
        return self.book.strip(
            layer,
            pieces,
            lines,
            whole=total if here.schools.certain else None,
            about=words.UNITS_HERE(itself=ours, more=more, listed=len(cover.units), **counts),
            confidence=self._confidence(here, key) if known else "",
            line_confidence="low" if known and cover.listed else "",
        )

    def _silent(self, here: Here, key: str) -> bool:
        """Tell whether the absence of a layer says nothing: it was never meant to cover all."""
        cover = here.covers[key]
        return not cover.units and cover.layer.tiling == "partial" and key != _TOLD

    def _confidence(self, here: Here, key: str) -> str:
        """Return the weakest evidence for the lists of a layer here."""
        known, units = self.facts.confidence.get(key, {}), here.covers[key].units
        return worst_of(known.get(met.code, "") for met in units)

    def _trust_strip(self, here: Here) -> dict[str, Any] | None:
        """Return one box per trust: width its schools here, fill how much of it lies here."""
        if not here.trusts:
            return None
        total = sum(trust.here for trust in here.trusts)
        word, known = self.study.population.word, here.schools_at_work
        schools = self.facts.trusts["schools"]
        few = len(here.trusts) <= 32
        pieces = [
            Piece(
                "",
                trust.here,
                trust.here / total,
                trust.here / float(schools[trust.uid]),
                trust.kind,
                span(trust.ends, count) if few and trust.here / total > 0.018 else "",
            )
            for trust in here.trusts[:_BOXES]
        ]
        about = words.TRUST_BOXES(
            trusts=here.at_work,
            drawn=_BOXES,
            times=here.n / total,
            sure=here.schools.certain,
        )
        return {"title": words.IN_TRUSTS(n=known, word=word), "about": about, "pieces": pieces}

    # -- tables ------------------------------------------------------------------------------

    def _trust_grid(self, page: Page, here: Here) -> Grid:
        rows = [
            {**self.facts.trust_rows[t.uid], **t._asdict(), "based": t.based} for t in here.trusts
        ]

        key = self.facts.home

        def name(row: Mapping[str, Any]) -> Name:
            return self.book.name(page, "trust", row["uid"])._replace(mark=row["kind"])

        def home(row: Mapping[str, Any]) -> Two:
            share = row[f"home_share_{key}"]
            where = words.HOME(
                status=row[f"home_status_{key}"],
                home=row[f"home_name_{key}"],
                kind="",
                unit=self.book.word(key),
            )
            n = int(row["schools"]) if row["schools"] == row["located"] else FEW
            said = words.SHARE_AT_HOME(
                status=row[f"home_status_{key}"], share=share, n=n, part=round(share * n)
            )
            return Two(str(where), str(said), row["kind"] == "trust_home_here")

        def share(row: Mapping[str, Any]) -> Bar | Interval:
            ends = Interval(row["low"], row["high"]).out_of(float(row["schools"]))
            return Bar(ends.low, _BARS.get(row["kind"], "grey")) if sure else ends

        sure = here.schools.certain

        return Grid(
            id="trusts",
            caption=f"Trusts of two or more {self.study.population.word} schools at work in this "
            f"{small(here.layer.unit_title)}",
            columns=[
                Column("trust", "Trust", name, "name"),
                Column("schools_here", "Schools here", lambda r: Interval(r["low"], r["high"]),
                       "count"),
                Column("share_of_place", "Share of place",
                       lambda r: r["here"] / here.n if sure else None,
                       "fine_percent", optional=True),
                Column("schools_in_england", "Schools in England", itemgetter("schools"),
                       "count"),
                Column("share_of_trust", "Share of the trust that is here", share,
                       "bar" if sure else "percent", optional=True),
                Column("home", "Home", home, "two"),
                Column("spread", "Spread", lambda r: REACHES.get(r["reach"]), "pill",
                       optional=True),
                Column("teaching_school_hubs", "Hubs met", itemgetter("hubs"), "count",
                       optional=True),
                Column("widest_km", "Widest apart", itemgetter("pair_km_max"), "km",
                       optional=True),
            ],
            rows=rows,
            shown=12,
            sort="-schools_here",
            noun="trusts",
            kept=KEPT if len(rows) > LONG else 0,
        )  # fmt: skip

    def _school_grid(self, page: Page, here: Here, made: Parts) -> Grid:
        """Return the table of schools; those beyond the first few come out of the map's data."""
        book, table = self.book, self.book.columns
        # By name, as the page's script sorts them.
        members = sorted(
            here.members, key=lambda m: (table["name"][m.row].lower(), table["urn"][m.row])
        )
        area = "district" if here.key == "local_authority" else "local_authority"
        area = area if area in self.study.area_layers else here.key

        def column(key: str) -> Callable[[Member], Any]:
            return lambda m: table[key][m.row]

        def trust(m: Member) -> Name:
            name = table["trust_name"][m.row]
            path = book.path_of("trust", str(table["trust_uid"][m.row] or "")) if name else ""
            return Name(str(name or DASH), page.root + path if path else "")

        columns = [
            Column("school", "School",
                   lambda m: Name(table["name"][m.row], "", m.kind, f"s{table['urn'][m.row]}"),
                   "name"),
            Column("urn", "URN", column("urn"), optional=True),
            Column("phase", "Phase", lambda m: phase_words(table["phase"][m.row]), optional=True),
            Column("pupils", "Pupils", column("pupils"), "count"),
            Column(area, self.facts.layer(area).unit_title,
                   lambda m: book.area_name(area, table["urn"][m.row]), optional=True),
            Column("run_by", "Run by", lambda m: KIND_TITLES[m.kind]),
            Column("trust", "Trust", trust, "name", optional=True),
            Column("postcode", "Postcode", column("postcode"), optional=True),
        ]  # fmt: skip
        if len(members) > LARGE:  # each postcode is new: a tenth of such a page
            columns = columns[:-1]
        long = len(members) > LONG
        at = made.urns if long else ()
        drawn = set(at)
        later = {urn: m for m in members[KEPT:] if (urn := table["urn"][m.row]) in drawn}
        return Grid(
            id="schools",
            caption="Schools of this place",
            columns=columns,
            rows=[m for m in members if table["urn"][m.row] not in later],
            shown=12,
            sort="school",
            noun="schools",
            long=True,
            kept=KEPT if long else 0,
            missing=len(later),
            hints=self._hints(area, at, later, len(columns)) if later else None,
            **book.reported,
        )

    def _hints(
        self, area: str, at: Sequence[str], later: Mapping[str, Member], columns: int
    ) -> dict[str, Any]:
        """Return what the map does not know of its schools, in the map's order."""
        table = self.book.columns
        names = [self.book.area_name(area, urn) if urn in later else "" for urn in at]
        known = {name: i for i, name in enumerate(dict.fromkeys(names))}
        rows = [later[urn].row if urn in later else None for urn in at]

        def column(key: str, unless: str = "") -> str:
            """Return a line for each school; empty where the map knows it."""
            values = [
                None if r is None or (unless and table[unless][r]) else table[key][r] for r in rows
            ]
            return "\n".join(" ".join(str(v or "").split()) for v in values)

        return {
            "kinds": [[k, title] for k, title in KIND_TITLES.items()],
            "later": "".join("1" if urn in later else "0" for urn in at),
            "areas": list(known),
            "area": [known[name] for name in names],
            "trust": column("trust_name", unless="trust"),
            "postcode": column("postcode") if columns == 8 else None,
        }

    def _sources(self) -> Grid:
        facts, about, register = self.facts, self.book.about, self.study.register
        n = len(facts.schools)
        trusts = (
            "Trust membership",
            Name("Get Information about Schools, group links"),
            about["links_month"],
            words.TRUST_UNKNOWN(
                unknown=facts.england["status_unknown"] - facts.england["home_not_known"]
            ),
        )
        rows: list[tuple[str, Name, str, str]] = [
            (
                "Schools and pupils",
                Name(register.label),
                about["schools_month"] or day(self.study.as_of),
                words.HAVE_A_POINT(n=n, **facts.points),
            ),
            *([trusts] if register.source.get("vintage_links") else []),
            (
                "Land",
                Name("Office for National Statistics, 2011 small areas by district"),
                "built from pre-2019 districts",
                words.SMALL_AREAS,
            ),
            *(
                (
                    layer.title,
                    Name(layer.source, web(layer.source_url), anchor=f"l-{key}"),
                    when(layer.source_date),
                    self.study.note(key) or layer.caption or "as published",
                )
                for key, layer in ((key, facts.layer(key)) for key in facts.strips)
            ),
        ]
        return Grid(
            id="sources",
            caption="Sources and dates of each layer",
            columns=[
                Column("layer", "Layer", itemgetter(0)),
                Column("source", "Source", itemgetter(1), "name"),
                Column("vintage", "Vintage", itemgetter(2)),
                Column("quality", "Quality, in all England", itemgetter(3)),
            ],
            rows=rows,
            stack=True,
            sortable=False,
            report=Report("Layer", "source"),
        )

    # -- beside others, and how well it is known ---------------------------------------------

    def _ticks(self, here: Here) -> list[dict[str, Any]]:
        """Set the place among those with enough schools to be ranked."""
        if len(self.facts.ranked(here.key)) < 5:
            return []
        out = []
        for column, (name, say, _) in _COMPARED.items():
            title = label_from(name, here.seat.key, here.seat.unit_title)
            few = here.n < FEW and column != "trusts"
            value = float("nan") if few else float(here.unit[column])
            known = here.known(column)
            said = words.AMONG_OTHERS(
                key=column,
                few=few,
                rank=here.rank(column),
                middle=span(self.facts.middle(here.key, column), say),
                unit=self.book.word(here.key),
            )
            axis = self._axis(here.key, column)
            out.append({
                "title": title,
                "axis": axis,
                "here": axis.at(value) if value == value else None,
                "value": "" if few else span(known, say),
                "said": said,
            })  # fmt: skip
        return out

    @cache  # noqa: B019  (a book lives as long as its process)
    def _axis(self, layer: str, column: str) -> Axis:
        _, say, high = _COMPARED[column]
        middle, values = self.facts.middle(layer, column), self.facts.ranked(layer)[column]
        return axis_of(values.tolist(), say, key=column, high=high, middle=middle)

    def _trusting(self, here: Here) -> list[dict[str, Any]]:
        """Say, layer by layer, how many schools have a unit and how well that is known."""
        facts, about = self.facts, self.book.about
        out = []
        for key, cover in here.covers.items():
            layer = cover.layer
            if layer.family == "councils" or key == here.key or self._silent(here, key):
                continue
            have = words.HAVE_A_UNIT(
                key=key,
                partial=layer.tiling == "partial",
                units=len(cover.land) + len(cover.units),
                gap=cover.without("no_evidence"),
                coded=here.coded,
                inside=self._inside(here, cover),
                n=here.schools,
                layer=layer,
                title=layer.unit_title,
                day=self.study.as_of,
            )
            known = words.HOW_KNOWN(
                key=key,
                gap=some(cover.lacking("no_evidence")),
                both=cover.both,
                titles=layer.unit_title_plural,
                note=self.study.note(key),
                caption=layer.caption,
            )
            said = words.paragraph(have, known)
            listed, line = self._confidence(here, key), "low" if cover.listed else ""
            out.append((layer.unit_title, listed, line, said))
        demonstration = bool(about["demonstration"])
        text = words.TRUSTS_KNOWN(
            when=about["links_month"] or day(self.study.as_of),
            dated=about["links_month"] and not demonstration,
            schools=about["schools_month"],
            unknown=some(bounds(here.known("trust_not_known"))),
            dark=some(bounds(here.known("home_not_known"))),
            units=small(here.seat.unit_title_plural),
        )
        if beyond := self._beyond(here):
            out.append(("Where its schools stand", "", "", beyond))
        out.append(("Trusts", "high" if demonstration else "medium", "", text))
        if facts.thin:
            names = joined([facts.layer(k).unit_title_plural for k in facts.thin])
            out.append((names, "low", "", words.NOT_DRAWN()))
        return [
            {
                "title": title,
                "confidence": Markup(confidence(listed)) if listed else "",
                "line": Markup(confidence(line)) if line else "",
                "text": text,
            }
            for title, listed, line, text in out
        ]

    def _beyond(self, here: Here) -> Markup:
        """Say which schools of an authority stand on land of another, and the other way round."""
        found = self.facts.beyond_border.get(here.code) if here.key == "local_authority" else None
        out, guests = found or ((), ())

        def named(schools: Sequence[tuple[str, int]]) -> list[str]:
            return [f"{name} {count(n)}" for name, n in schools]

        return words.BEYOND(
            name=here.name,
            out=sum(n for _, n in out),
            where=named(out),
            guests=sum(n for _, n in guests),
            whose=named(guests),
        )

    def _inside(self, here: Here, cover: Cover) -> Interval:
        """Return how many of its schools have a unit of a layer."""
        out = cover.lacking(*REASONS)
        return Interval(here.schools.low - out.low, here.schools.high - out.high)

    def _neighbours(self, page: Page, here: Here) -> list[tuple[str, Markup]]:
        """Return links to the units this place lies in or meets, and to those next to it."""
        out = []
        for key in self.facts.places:
            if key != here.key and (units := here.covers[key].units):
                met = [(unit.code, unit.name) for unit in units]
                out.append((self.facts.layer(key).unit_title_plural, key, met))
        if beside := neighbours(self.study, here.key).get(here.code):
            names = self.facts.units[here.key]["name"]
            out.append(("Next to it", here.key, [(code, names[code]) for code in beside]))
        return [(title, self.book.links(page, key, units)) for title, key, units in out]
