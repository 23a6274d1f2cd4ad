"""Pages about a place: which maps cover it, who works there, who falls between."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from geolls.atlas.charts import Axis, Piece, Strip, Ticks, axis_of, labels_of
from geolls.atlas.frame import (
    KEPT,
    LONG,
    Chapter,
    Page,
    Rendered,
)
from geolls.atlas.grids import Bar, Column, Grid, Name, Report, Two, confidence
from geolls.atlas.plates import LARGE
from geolls.base.text import (
    DASH,
    a,
    bold,
    count,
    day,
    in_words,
    joined,
    last_word,
    number,
    owner,
    percent,
    phase_words,
    plural,
    rank_words,
    roughly,
    short_name,
    small,
    web,
    when,
    worst_of,
)
from geolls.base.vocabulary import FAMILY_TITLES, FEW, KIND_TITLES, KINDS, RANKED, REACHES, REASONS
from geolls.study.neighbours import neighbours

if TYPE_CHECKING:
    from geolls.layers.model import Layer
    from geolls.maps.page import Parts

__all__ = ["PlacePages"]


_COMPARED: dict[str, tuple[str, Callable[[float], str], float | None]] = {
    "share_no_trust": ("Schools in no trust", percent, 1.0),
    "share_trust_based_elsewhere": ("Schools in trusts based elsewhere", percent, None),
    "trusts": ("Trusts of two or more at work", count, None),
    "effective_maps": ("Effective number of maps", number, None),
}


_TWINS = {"ofsted_region": "dfe_region"}


class PlacePages(Chapter):
    """Make the pages about a place: which maps cover it, who works there, who falls between."""

    def make(self, page: Page) -> Rendered:
        """Make the page of a place."""
        layer_key, code = page.key
        book, facts = self.book, self.facts
        unit = facts.unit_rows[layer_key][code]
        name = str(unit["name"])
        n = float(unit["schools"])
        rows = self._trust_rows(page, layer_key, code, n)
        made = self.plates.place(layer_key, code, page)
        schools = self._school_grid(page, layer_key, code, made)
        shell = book.shell(
            page,
            name,
            "places",
            f"Which maps of the school system cover {name}, who runs its schools, and which "
            "schools fall between.",
            crumbs=self._crumbs(page, layer_key, code, name),
            inline=True,
            map=made,
        )
        context = {
            "name": name,
            "short": short_name(name),
            "kind": self.kind_line(layer_key, code, unit),
            "lede": self.lede(layer_key, code, unit),
            "note": book.note(n, "These numbers say who works where. They do not say how well."),
            "glance": self._glance(layer_key, unit),
            "ranked": len(book.ranked(layer_key)),
            "rank_from": RANKED,
            "map_caption": "",
            "strips": self._strips(page, layer_key, code),
            "schools_text": count(n),
            "kinds": book.kinds(unit, n),
            "trust_strip": self._trust_strip(layer_key, code),
            "trusts": self._trust_grid(facts.layer(layer_key), rows) if rows else None,
            "at_home": sum(1 for r in rows if r[0].mark == "trust_home_here"),
            "unit_word": book.word(layer_key),
            "others": book.words(layer_key),
            "ticks": self._ticks(layer_key, code),
            "trusting": self._trusting(layer_key, code),
            "schools": schools,
            "school_kinds": {
                "label": "Who runs them",
                "column": "run_by",
                "all": "All schools",
                "values": [KIND_TITLES[k] for k in KINDS if unit[k] > 0],
            },
            "neighbours": self._neighbours(page, layer_key, code),
            "sources": self._sources(),
        }
        return book.render("page_place.html.jinja", shell, context)

    def _crumbs(self, page: Page, layer: str, code: str, name: str) -> list[tuple[str, str]]:
        out = [("England", f"{page.root}index.html")]
        region = self.book.region_layer
        if region and layer != region:
            parents = [
                r for r in self.facts.pairs[layer, region].get(code, []) if r[0] not in REASONS
            ]
            if len(parents) == 1:
                href = self.book.path_of(region, parents[0][0])
                if href:
                    out.append((parents[0][1], page.root + href))
        return [*out, (name, "")]

    def kind_line(self, layer_key: str, code: str, unit: Any) -> str:
        """Say what the place is, in the line under its name."""
        facts = self.facts
        said = [facts.layer(layer_key).unit_title]
        for key in ("local_authority", "district"):
            if key != layer_key and key in facts.strips:
                # A school or two by the line are kept by the authority next door: no district more.
                found = [
                    r
                    for r in facts.pairs[layer_key, key].get(code, [])
                    if r[0] not in REASONS and (r[3] >= 0.005 or r[4] >= 0.5)
                ]
                title = facts.layer(key)
                if len(found) > 1 or key == "local_authority":
                    said.append(
                        f"{len(found)} "
                        + plural(
                            len(found), small(title.unit_title), small(title.unit_title_plural)
                        )
                    )
        if layer_key == "local_authority" and "combined_authority" in facts.strips:
            rows = facts.pairs[layer_key, "combined_authority"].get(code, [])
            inside = [r for r in rows if r[0] not in REASONS]
            if len(inside) == 1 and inside[0][3] > 0.99:
                said.append(f"in the {inside[0][1]} Combined Authority")
        said.append(f"{count(round(float(unit['pupils'])))} pupils")
        return " · ".join(said)

    def _rank(self, layer: str, code: str, column: str) -> tuple[int, int] | None:
        """Return the rank of a unit, largest first, among those with enough schools."""
        row = self.facts.unit_rows[layer][code]
        values = self.book.ordered(layer, column)
        value = float(row[column])
        if row["schools"] < RANKED or value != value or len(values) < 10:
            return None
        return len(values) - bisect_right(values, value) + 1, len(values)

    def lede(self, layer_key: str, code: str, unit: Any) -> list[Markup]:
        """Say who runs the schools, who works here, and which hubs divide or share the place."""
        facts = self.facts
        name, n = short_name(str(unit["name"])), float(unit["schools"])
        if n == 0:
            return [Markup("No {} stand in {}.").format(self.book.population, unit["name"])]
        said: list[Markup] = []
        outside = float(unit["no_trust"])
        multi = float(unit["trust_home_here"] + unit["trust_based_elsewhere"])
        lead = outside >= multi
        part, column = (outside, "share_no_trust") if lead else (multi, "")
        verb = "are in no trust" if lead else "are in a trust of two or more schools"
        england = (
            facts.england["share_no_trust"]
            if lead
            else (
                facts.england["share_trust_home_here"]
                + facts.england["share_trust_based_elsewhere"]
            )
        )
        share = part / n
        start = roughly(share)
        rank = self._rank(layer_key, code, column) if column else None
        compared = ""
        if rank and rank[1] >= 20 and (rank[0] <= 6 or rank[1] - rank[0] <= 5):
            others = small(facts.layer(layer_key).unit_title_plural)
            compared = f": of {rank[1]} {others}, {rank_words(*rank, 'share')}"
        if n < FEW:
            sentence = Markup("{} of {} schools in {} {}.").format(
                bold(count(part)), count(n), name, verb
            )
        else:
            sentence = Markup("{} of {} schools, {}, {} ({}; England {}){}.").format(
                start[:1].upper() + start[1:],
                owner(name),
                bold(f"{count(part)} of {count(n)}"),
                verb,
                percent(share),
                percent(england),
                compared,
            )
        said.append(sentence)
        said.append(self._lede_trusts(layer_key, code))
        said += self._lede_hubs(layer_key, code, n)
        text = Markup(" ").join(s for s in said if s)
        return [text]

    def _lede_trusts(self, layer_key: str, code: str) -> Markup:
        rows = self.facts.at_work.get(layer_key, {}).get(code, [])
        if not rows:
            return Markup("No trust of two or more schools works here.")
        away = sum(1 for r in rows if not r[2])
        unit = small(self.facts.layer(layer_key).unit_title)
        trusts = plural(
            len(rows), "trust of two or more schools works", "trusts of two or more schools work"
        )
        start = bold(f"{in_words(len(rows), capital=True)} {trusts.rsplit(' ', 1)[0]}")
        verb = trusts.rsplit(" ", 1)[1]
        if not away:
            return (
                Markup("{} {} here, {} at home here.").format(
                    start, verb, "all of them" if len(rows) > 1 else "it is"
                )
                if len(rows) > 1
                else Markup("{} {} here and is at home here.").format(start, verb)
            )
        if away == len(rows):
            other = "has most of its schools" if away == 1 else "have more of their schools"
            return Markup("{} {} here; {} in another {}.").format(
                start, verb, bold(("it " if away == 1 else "all ") + other), unit
            )
        return Markup("{} {} here, of which {}.").format(
            start, verb, bold(f"{in_words(away)} {'is' if away == 1 else 'are'} based elsewhere")
        )

    def _lede_hubs(self, layer_key: str, code: str, n: float) -> list[Markup]:
        """Say which hubs divide the place, which run on beyond it, and which share it."""
        out = []
        for key in self.book.hub_layers:
            if key == layer_key:
                out += self._lede_shared(key, code)
                continue
            layer = self.facts.layer(key)
            rows = [r for r in self.facts.pairs[layer_key, key].get(code, []) if r[3] >= 0.005]
            units = [r for r in rows if r[0] not in REASONS]
            gap = sum(r[2] for r in rows if r[0] == "no_evidence")
            shared = self.facts.shared.get((layer_key, key), {}).get(code, {})
            both = [r for r in units if shared.get(r[0], 0) > 0.5 * r[2]]
            title = plural(len(units), layer.unit_title, layer.unit_title_plural)
            if gap >= 0.5 * n:
                out.append(
                    Markup(
                        "We found {} here: a gap in our list, not proof that there is none."
                    ).format(bold(f"no {layer.unit_title}"))
                )
                continue
            if not units:
                continue
            if len(units) == 1:
                r = units[0]
                whole = "all of it" if r[3] > 0.995 else "most of it"
                if r[4] >= 0.985:
                    tail = "and nowhere else"
                else:
                    tail = f"and runs on beyond it: {percent(r[4])} of its schools are here"
                out.append(
                    Markup("One {}, {}, covers {} {}.").format(
                        layer.unit_title, bold(r[1]), whole, tail
                    )
                )
                continue
            if len(both) == len(units):
                out.append(
                    Markup("{} share it along a line nobody has published.").format(
                        bold(f"{in_words(len(units), capital=True)} {title}")
                    )
                )
                continue
            beyond = [r for r in units if r[4] < 0.985]
            tail = ""
            if beyond:
                if len(beyond) == len(units):
                    tail = (
                        ", and all of them run on beyond it"
                        if len(units) > 2
                        else (", and both run on beyond it")
                    )
                else:
                    tail = (
                        f", and {in_words(len(beyond))} of them "
                        f"{'runs' if len(beyond) == 1 else 'run'} on beyond it"
                    )
            if both:
                verb = plural(len(both), "shares", "share")
                tail += f"; {in_words(len(both))} {verb} land along an unpublished line"
            out.append(
                Markup("{} divide it{}.").format(
                    bold(f"{in_words(len(units), capital=True)} {title}"), tail
                )
            )
        return out

    def _lede_shared(self, key: str, code: str) -> list[Markup]:
        """Say with whom a hub shares land."""
        shared = self.facts.shared.get((key, key), {}).get(code, {})
        names = sorted(self.facts.unit_rows[key][c]["name"] for c in shared if c != code)
        if not names:
            return []
        both = sum(shared.values())
        return [
            Markup(
                "{} of these are on land it shares with {}, along a line nobody has published."
            ).format(bold(count(both)), joined(names))
        ]

    def _glance(self, layer: str, unit: Any) -> list[tuple[str, str, str]]:
        england, n = self.facts.england, float(unit["schools"])
        rows = []
        at_home, away = "at home here", "based elsewhere"
        if layer != "local_authority":  # a trust of the next authority is at home in the region
            title = small(self.facts.layer(layer).unit_title)
            word = title if layer == "combined_authority" else last_word(title)
            at_home, away = f"at home in this {word}", f"based outside this {word}"
        for kind, title in (
            ("no_trust", "Schools in no trust"),
            ("trust_home_here", f"In trusts {at_home}"),
            ("trust_based_elsewhere", f"In trusts {away}"),
        ):
            value = (
                f"{count(unit[kind])} of {count(n)}"
                if n < FEW
                else percent(unit[f"share_{kind}"], n)
            )
            beside = (
                percent(england[f"share_{kind}"])
                if layer == "local_authority" or kind == "no_trust"
                else f"{percent(self.book.middle(layer, f'share_{kind}'))}*"
            )
            rows.append((title, value, beside))
        for column, title in (
            ("trusts", "Trusts of two or more at work"),
            ("effective_maps", "Effective number of maps"),
        ):
            say = count if column == "trusts" else number
            beside = f"{say(self.book.middle(layer, column))}*"
            rows.append((title, say(float(unit[column])), beside))
        rows.append(
            (
                "Pupils eligible for free meals",
                percent(unit["fsm_share"], n),
                percent(england["fsm_share"]),
            )
        )
        return rows

    def _strips(self, page: Page, layer_key: str, code: str) -> list[tuple[str, list[Strip]]]:
        """Return the bars of a place, by family; a layer that repeats another is left out."""
        groups: dict[str, list[Strip]] = {}
        pairs = {k: self.facts.pairs[layer_key, k].get(code, []) for k in self.facts.strips}
        for key in self.facts.strips:
            twin = _TWINS.get(key, "")
            if twin in pairs and _same(pairs[key], pairs[twin]):
                continue
            strip = self._strip(page, layer_key, code, key)
            if strip is not None:
                groups.setdefault(self.facts.layer(key).family, []).append(strip)
        return [(title, groups[f]) for f, title in FAMILY_TITLES.items() if f in groups]

    def _strip(self, page: Page, layer_key: str, code: str, key: str) -> Strip | None:
        facts, layer = self.facts, self.facts.layer(key)
        rows = facts.pairs[layer_key, key].get(code, [])
        units = [r for r in rows if r[0] not in REASONS]
        if not units and layer.tiling == "partial" and key != "combined_authority":
            return None
        rows = [r for r in rows if r[0] != "not_located"]
        rows = sorted(rows, key=lambda r: r[0] in REASONS)
        if not rows:
            return None
        total = sum(r[2] for r in rows)
        shared = facts.shared.get((layer_key, key), {}).get(code, {})
        pieces, lines = [], []
        ours = layer_key == key
        for unit_code, unit_name, weight, share_here, share_there in rows:
            reason = unit_code in REASONS
            both = not reason and shared.get(unit_code, 0.0) > 0.5 * weight
            look = (
                ("none" if unit_code != "no_evidence" else "no_evidence not_found")
                if reason
                else ("shared" if both else "")
            )
            name = self.book.reason_words(unit_code, layer) if reason else short_name(unit_name)
            href = "" if reason or ours else self.book.path_of(key, unit_code)
            pieces.append(
                Piece(
                    name,
                    weight,
                    weight / total,
                    None if look else (1.0 if share_there > 0.9995 else float(share_there)),
                    look.split(" ")[0],
                    "",
                    page.root + href if href else "",
                    "" if reason else str(unit_code),
                )
            )
            first = (
                f"{count(weight)} {plural(weight, 'school')}" if len(rows) == 1 else count(weight)
            )
            if len(rows) <= 4 and len(rows) > 1 and total >= FEW:
                first += f", {percent(share_here)}"
            second = ""
            if both:
                second = "shared, by convention in equal parts"
            elif not reason and len(rows) <= 6 and layer.key != "district":
                whole = count(weight / share_there if share_there else 0.0)
                whose = owner(last_word(layer.unit_title))
                second = (
                    f"all of its {whole} are here"
                    if share_there > 0.9995
                    else f"{percent(share_there)} of the {whose} {whole}"
                )
            if len(rows) == 1 and second:
                first += f", {percent(share_here)} of the place;"
            lines.append((first, second) if second else (first,))
        about = self._strip_about(units, ours, shared)
        worst = worst_of(facts.confidence.get(key, {}).get(r[0], "") for r in units)
        if units and all(shared.get(r[0], 0.0) > 0.5 * r[2] for r in units):
            worst = "low"  # whose school is whose is not known
        fill, line = self.book.look(key)
        return Strip(
            key=key,
            title=layer.unit_title,
            fill=fill,
            line=line,
            about=about,
            pieces=tuple(pieces),
            labels=labels_of(pieces, lines),
            confidence=worst if layer.family not in {"councils", "devolution"} else "",
        )

    def _strip_about(
        self,
        units: Sequence[tuple[Any, ...]],
        ours: bool,
        shared: Mapping[str, float],
    ) -> str:
        if ours and len(units) == 1:
            return "1 unit. It is the place."
        if not units:
            return "no unit here"
        # A school or two by the line are kept by the authority next door.
        over = [r for r in units if r[3] < 0.005 and r[4] < 0.5]
        units = [r for r in units if r not in over]
        said = f"{len(units)} {plural(len(units), 'unit')}"
        whole = [r for r in units if shared.get(r[0], 0.0) > 0.5 * r[2]]
        if whole and len(whole) == len(units):
            return f"{said} share it; the line between them is not published."
        if len(units) > 1:  # of those in a unit: at most as many as there are
            total = sum(r[2] for r in units)
            said += f", effective {1 / sum((r[2] / total) ** 2 for r in units):.1f}"
        if whole:
            said += f"; {in_words(len(whole))} {plural(len(whole), 'shares', 'share')} land"
        if over:
            n = sum(r[2] for r in over)
        if over and n >= 1:
            said += f"; {count(n)} {plural(n, 'school lies', 'schools lie')} over the line"
        return said

    def _trust_strip(self, layer_key: str, code: str) -> dict[str, Any] | None:
        """Return one box per trust: width its schools here, fill how much of it lies here."""
        rows = self.facts.at_work.get(layer_key, {}).get(code, [])
        total = sum(r[1] for r in rows)
        if not rows:
            return None
        schools = self.facts.trusts["schools"]
        wide = 60
        shown, rest = rows[:wide], rows[wide:]
        pieces = [
            Piece(
                "",
                here,
                here / total,
                here / float(schools[uid]),
                "trust_home_here" if based else "trust_based_elsewhere",
                count(here) if len(rows) <= 32 and here / total > 0.018 else "",
            )
            for uid, here, based in shown
        ]
        about = f"{len(rows)} {plural(len(rows), 'trust')} of two or more schools"
        n = float(self.facts.unit_rows[layer_key][code]["schools"])
        if n and n / total >= 1.5:
            about += f", drawn {n / total:.0f} times wider" if n / total >= 2 else ", drawn wider"
        if rest:
            about += f"; the {wide} largest are drawn"
        return {"total": count(total), "about": about, "pieces": pieces}

    def _trust_rows(self, page: Page, layer_key: str, code: str, n: float) -> list[list[Any]]:
        table = self.facts.trust_rows
        out = []
        for uid, here, based in self.facts.at_work.get(layer_key, {}).get(code, []):
            row = table[uid]
            share = here / float(row["schools"])
            out.append(
                [
                    Name(
                        str(row["trust_name"]),
                        page.root + self.book.path_of("trust", uid),
                        "trust_home_here" if based else "trust_based_elsewhere",
                    ),
                    here,
                    here / n if n else None,
                    float(row["schools"]),
                    Bar(share, "" if based else "elsewhere"),
                    Two(
                        str(row["home_name_local_authority"]),
                        f"{percent(row['home_share_local_authority'])} of its schools",
                        based,
                    ),
                    REACHES.get(str(row["reach"])),
                    float(row["hubs"]),
                    float(row["pair_km_max"]),
                ]
            )
        return out

    def _trust_grid(self, layer: Layer, rows: list[list[Any]]) -> Grid:
        return Grid(
            id="trusts",
            caption=f"Trusts of two or more schools at work in this {small(layer.unit_title)}",
            columns=[
                Column("trust", "Trust", "name"),
                Column("schools_here", "Schools here", "count"),
                Column("share_of_place", "Share of place", "fine_percent", optional=True),
                Column("schools_in_england", "Schools in England", "count"),
                Column("share_of_trust", "Share of the trust that is here", "bar", optional=True),
                Column("home", "Home", "two"),
                Column("spread", "Spread", "pill", optional=True),
                Column("teaching_school_hubs", "Hubs met", "count", optional=True),
                Column("widest_km", "Widest apart", "km", optional=True),
            ],
            rows=rows,
            shown=12,
            sort="-schools_here",
            noun="trusts",
            kept=KEPT if len(rows) > LONG else 0,
        )

    def _ticks(self, layer_key: str, code: str) -> list[Ticks]:
        """Set the place among those with enough schools to be ranked."""
        if len(self.book.ranked(layer_key)) < 5:
            return []
        unit = self.facts.unit_rows[layer_key][code]
        word = f"the middle {self.book.word(layer_key)}"
        out = []
        for column, (title, say, _) in _COMPARED.items():
            axis = self._axis(layer_key, column)
            middle = say(self.book.middle(layer_key, column))
            if unit["schools"] < FEW and column != "trusts":
                said = f"too few schools here; {middle} in {word}"
                out.append(Ticks(title, axis, None, "", said))
                continue
            value = float(unit[column])
            said = f"here, {middle} in {word}"
            if rank := self._rank(layer_key, code, column):
                said += f"; rank {rank[0]} of {rank[1]}"
            here = axis.at(value) if value == value else None
            out.append(Ticks(title, axis, here, say(value), said))
        return out

    @cache  # noqa: B019  (a book lives as long as its process)
    def _axis(self, layer: str, column: str) -> Axis:
        _, say, high = _COMPARED[column]
        return axis_of(self.book.ordered(layer, column), say, high=high)

    def _trusting(self, layer_key: str, code: str) -> list[dict[str, Any]]:
        """Say, layer by layer, how many schools have a unit and how well that is known."""
        facts, out = self.facts, []
        n = float(facts.unit_rows[layer_key][code]["schools"])
        for key in facts.strips:
            layer = facts.layer(key)
            if layer.family in {"councils"} or key == layer_key:
                continue
            rows = facts.pairs[layer_key, key].get(code, [])
            units = [r for r in rows if r[0] not in REASONS]
            if not units and layer.tiling == "partial" and key != "combined_authority":
                continue
            inside = sum(r[2] for r in units)
            gap = sum(r[2] for r in rows if r[0] == "no_evidence")
            shared = facts.shared.get((layer_key, key), {}).get(code, {})
            both = sum(shared.values())
            title = layer.unit_title
            text = f"{count(inside)} of {count(n)} schools have {a(small(title))}."
            if inside == n and n > 1:
                text = f"All {count(n)} schools have {a(small(title))}, placed by district code."
            if layer.tiling == "partial" and not units:
                text = f"No {small(title)} covers this place on {day(self.study.as_of)}."
            if gap:
                text += f" For {count(gap)} we found none: our list has a gap."
            if both:
                text += (
                    f" {count(both)} are on land that several {layer.unit_title_plural} share; "
                    "the line is not published, so each is counted in equal parts."
                )
            if note := self.study.date_note(key):
                text += f" {note}."
            if layer.caption:
                text += f" {layer.caption}"
            worst = worst_of(facts.confidence.get(key, {}).get(r[0], "") for r in units)
            if both > 0.5 * n:
                worst = "low"
            out.append(
                {
                    "title": title,
                    "confidence": Markup(confidence(worst)) if worst else "",
                    "text": text,
                }
            )
        unknown = float(facts.unit_rows[layer_key][code]["status_unknown"])
        text = f"Membership as at {self.book.about['links_month'] or day(self.study.as_of)}."
        if self.book.about["links_month"] and not self.book.about["demonstration"]:
            text += (
                f" Schools are of {self.book.about['schools_month']}: those that joined a trust in "
                "between may show as in no trust."
            )
        if unknown:
            text += f" For {count(unknown)} of the schools here the trust is not known."
        out.append(
            {
                "title": "Trusts",
                "confidence": Markup(
                    confidence("high" if self.book.about["demonstration"] else "medium")
                ),
                "text": text,
            }
        )
        if facts.thin:
            names = joined([facts.layer(k).unit_title_plural for k in facts.thin])
            out.append(
                {
                    "title": names,
                    "confidence": Markup(confidence("low")),
                    "text": "Not drawn. The lists we hold cover fewer than half of the schools, "
                    "and a partial map would read as a gap.",
                }
            )
        return out

    def _school_grid(self, page: Page, layer_key: str, code: str, made: Parts | None) -> Grid:
        """Return the table of schools; those beyond the first few come out of the map's data."""
        facts, table = self.facts, self.book.columns
        members = sorted(facts.members[layer_key].get(code, []), key=lambda m: self._order(m.row))
        area = "district" if layer_key == "local_authority" else "local_authority"
        heads = [
            Column("school", "School", "name"),
            Column("urn", "URN", "text", optional=True),
            Column("phase", "Phase", "text", optional=True),
            Column("pupils", "Pupils", "count"),
            Column(area, facts.layer(area).unit_title, "text", optional=True),
            Column("run_by", "Run by", "text"),
            Column("trust", "Trust", "name", optional=True),
            Column("postcode", "Postcode", "text", optional=True),
        ]
        if len(members) > LARGE:  # each postcode is new: a tenth of such a page
            heads = heads[:-1]
        at = made.urns if made and len(members) > LONG else ()
        drawn = set(at)
        later = {urn: m for m in members[KEPT:] if (urn := table["urn"][m.row]) in drawn}
        rows = [
            self._school_row(page, area, m)[: len(heads)]
            for m in members
            if table["urn"][m.row] not in later
        ]
        return Grid(
            id="schools",
            caption="Schools of this place",
            columns=heads,
            rows=rows,
            shown=12,
            sort="school",
            noun="schools",
            long=True,
            kept=KEPT if len(members) > LONG else 0,
            missing=len(later),
            hints=self._hints(area, at, later, len(heads)) if later else None,
            link=self.book.source_link,
            report=self.book.school_report,
        )

    def _school_row(self, page: Page, area: str, m: Any) -> list[Any]:
        table = self.book.columns
        urn, trust = table["urn"][m.row], table["trust_uid"][m.row]
        trust_name = table["trust_name"][m.row]
        trust_path = self.book.path_of("trust", str(trust)) if trust else ""
        return [
            Name(table["name"][m.row], "", m.kind, "", f"s{urn}"),
            urn,
            phase_words(table["phase"][m.row]),
            table["pupils"][m.row],
            self.book.area_name(area, urn),
            KIND_TITLES[m.kind],
            Name(str(trust_name), page.root + trust_path if trust_path else "")
            if trust_name
            else Name(DASH),
            table["postcode"][m.row],
        ]

    def _hints(
        self, area: str, at: Sequence[str], later: Mapping[str, Any], columns: int
    ) -> dict[str, Any]:
        """Return what the map does not know of its schools, in the map's order."""
        table = self.book.columns
        names = [self.book.area_name(area, urn) if urn in later else "" for urn in at]
        known = {name: i for i, name in enumerate(dict.fromkeys(names))}

        def column(key: str, unless: str = "") -> str:
            """Return a line for each school; empty where the map knows it."""
            rows = [later[urn].row if urn in later else None for urn in at]
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

    def _order(self, row: int) -> tuple[str, str]:
        """Order schools by name, as the page's script does."""
        columns = self.book.columns
        return str(columns["name"][row]).lower(), str(columns["urn"][row])

    def _neighbours(self, page: Page, layer_key: str, code: str) -> list[tuple[str, Markup]]:
        """Return links to the units this place lies in or meets, and to those next to it."""
        out = []
        for key in self.facts.places:
            if key == layer_key:
                continue
            rows = [
                r for r in self.facts.pairs[layer_key, key].get(code, []) if r[0] not in REASONS
            ]
            if rows:
                out.append(
                    (self.facts.layer(key).unit_title_plural, self.book.links(page, key, rows))
                )
        beside = neighbours(self.study, layer_key).get(code, [])
        if beside:
            names = self.facts.units[layer_key]["name"]
            near = [(c, names[c]) for c in beside]
            out.append(("Next to it", self.book.links(page, layer_key, near)))
        return out

    def _sources(self) -> Grid:
        rows: list[list[Any]] = []
        source = self.study.register.source
        lost = int(self.facts.england["not_located"])
        n = len(self.facts.schools)
        vintage = self.book.about["schools_month"] or day(self.study.as_of)
        rows.append(
            ["Schools and pupils", Name(self.study.register.label), vintage,
             f"{count(n - lost)} of {count(n)} have a point; {lost} are placed by code"]
        )  # fmt: skip
        if source.get("vintage_links"):
            rows.append(
                ["Trust membership", Name("Get Information about Schools, group links"),
                 self.book.about["links_month"],
                 f"{count(self.facts.england['status_unknown'])} schools whose trust is not known"]
            )  # fmt: skip
        rows.append(
            ["Land", Name("Office for National Statistics, 2011 small areas by district"),
             "built from pre-2019 districts", "exact for later authorities except small line moves"]
        )  # fmt: skip
        for key in self.facts.strips:
            layer = self.facts.layer(key)
            note = self.study.date_note(key) or layer.caption or "as published"
            said = Name(layer.source, web(layer.source_url), anchor=f"l-{key}")
            rows.append([layer.title, said, when(layer.source_date), note])
        return Grid(
            id="sources",
            caption="Sources and dates of each layer",
            columns=[
                Column("layer", "Layer"),
                Column("source", "Source", "name"),
                Column("vintage", "Vintage"),
                Column("quality", "Quality here"),
            ],
            rows=rows,
            stack=True,
            sortable=False,
            report=Report("Layer", "source"),
        )


def _same(one: Sequence[tuple[Any, ...]], two: Sequence[tuple[Any, ...]]) -> bool:
    """Tell whether two layers give a place the same units by name, with the same schools."""
    return [(r[1], r[2], r[4]) for r in one] == [(r[1], r[2], r[4]) for r in two]
