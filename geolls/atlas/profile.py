"""Write one page about a place: its maps, who runs its schools, what is between, beside whom."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import Any

from markupsafe import Markup, escape

from geolls.api import Place, Study
from geolls.atlas import words
from geolls.atlas.frame import Frame, templates
from geolls.atlas.grids import mark
from geolls.atlas.place import lede, limits, some, what_it_is
from geolls.base.errors import UsageError
from geolls.base.interval import Interval, ends_of, span, total
from geolls.base.labels import label_from
from geolls.base.text import count, joined, number, percent, short_name, small, when
from geolls.base.vocabulary import FEW, KINDS, PATTERNS, RANKED
from geolls.layers.model import Layer
from geolls.maps.offline import asset, policy
from geolls.maps.print.figure import Figure
from geolls.maps.print.page import render_svg
from geolls.maps.recipes import load_recipe
from geolls.maps.scenes import scene_of
from geolls.study.comparing import (
    england_figures,
    figures_of,
    layer_facts,
    most_like,
)
from geolls.study.facts import Cover, Here
from geolls.study.typology import LAYER as PATTERN_LAYER
from geolls.study.typology import rules_of, typology
from geolls.study.units import AtWork, trusts_of_several

__all__ = ["Profile", "Section", "Table", "profile", "profile_html", "profile_markdown"]

TRUSTS = 6  # named on the page
NAMES = 5  # places named in a sentence
ROOM = 5_900  # characters, which leave a map its place on the sheet
PICTURE = ("local_authority", "district", "teaching_school_hub")  # lines on the map
LINE = 72  # characters of names in a row of the table of maps
ALIKE = 3  # columns beside England
# Figures of the comparison: column, what it is called here, and how it is written.
_BESIDE: dict[str, tuple[str, Callable[[float, float], str]]] = {
    "schools": ("schools", lambda value, _: count(value)),
    "share_no_trust": ("no_trust", percent),
    "share_trust_home_here": ("trusts_home", percent),
    "share_trust_based_elsewhere": ("trusts_elsewhere", percent),
    "trusts": ("trusts_at_work", lambda value, _: count(value)),
    "effective_providers": (
        "effective_providers",
        lambda value, n: number(value if n >= FEW else float("nan")),
    ),
    "effective_maps": (
        "effective_maps",
        lambda value, n: number(value if n >= FEW else float("nan")),
    ),
    "fsm_share": ("fsm_share", percent),
    "schools_per_100km2": ("schools_per_100km2", lambda value, _: number(value)),
}
# Layers of programmes say little by their absence.
_SILENT = ("programmes", "partnerships", "user")


@dataclass(frozen=True)
class Table:
    """A table of the page: words left, the columns in `right` numbers.

    Parameters
    ----------
    head : tuple of str
        Column titles.
    rows : tuple of tuple of str
        Cells; `Markup` is taken as it is, all else is escaped.
    right : frozenset of int
        Columns of numbers.
    marks : tuple of str
        The kind of school each row is about, for its mark; empty for none.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """A part of the page: a title, sentences, one or two tables, and bars of shares.

    A bar is a title and pieces: kind, where it begins and its width in hundredths.
    """

    key: str
    title: str
    text: tuple[Markup, ...] = ()
    tables: tuple[Table, ...] = ()
    bars: tuple[dict[str, Any], ...] = ()
    after: tuple[Markup, ...] = ()


@dataclass(frozen=True)
class Profile:
    """What a profile says, before it is HTML or markdown.

    Parameters
    ----------
    name, kind : str
        The place, and what it is.
    banner : str
        A warning that stands first, or empty.
    lede : Markup
        The paragraph that a reader may stop after.
    note : Markup
        n and dates.
    sections : tuple of Section
        In the order of reading.
    caveats, sources : tuple of Markup
        One sentence each.
    study : str
        Title, day and fingerprint of the study.
    attribution : str
        Licences.
    """

    name: str
    kind: str
    banner: str
    lede: Markup
    note: Markup
    sections: tuple[Section, ...]
    caveats: tuple[Markup, ...]
    sources: tuple[Markup, ...]
    study: str
    attribution: str


def profile(study: Study, place: Place) -> Profile:
    """Say about a place what a first audit would: its maps, its bodies, its gaps, its like.

    Parameters
    ----------
    study : Study
        The study.
    place : Place
        A unit of any of the study's area layers.

    Returns
    -------
    Profile
        The page, ready to be written in one form or the other.

    Raises
    ------
    UsageError
        When the place is of a layer that the study does not hold.

    Notes
    -----
    Numbers come from `units`, `comparing` and `typology`; sentences are
    those of the atlas where it has them. No percentage of fewer than ten schools, no share of
    fewer than ten pupils eligible for free meals.
    """
    facts = layer_facts(study, place.layer)
    if place.unit_code not in facts.units[place.layer].index:
        raise UsageError(f"{place.name} is no unit of {place.layer} on {study.as_of}")
    subject = _Subject(
        place,
        study.memo(("frame", place.layer), lambda: Frame(facts)),
        Here(facts, place.layer, place.unit_code),
    )
    here, book, about = subject.here, subject.book, subject.book.about
    sections = (_runs, _maps, _between, _beside) if here.n else ()
    return Profile(
        name=here.name,
        kind=what_it_is(here),
        banner=about["demonstration"],
        lede=lede(here, book.study.population, book.hub_layers),
        note=book.note(here.schools, limits(here, book)),
        sections=tuple(filter(None, (section(subject) for section in sections))),
        caveats=tuple(_caveats(subject)),
        sources=tuple(_sources(subject)),
        study=words.STUDY(**{key: about[key] for key in ("title", "day", "fingerprint")}),
        attribution=study.attribution,
    )


@dataclass(frozen=True)
class _Subject:
    """What the sections share: the place, what is known of it, and its name on this page."""

    place: Place
    book: Frame
    here: Here

    def brief(self, name: object, layer: Layer | None = None) -> str:
        """Return the name of a unit without what the title of its layer says anyway."""
        title = (layer or self.here.layer).unit_title
        short = short_name(str(name)).replace(f" {title} ", " ")
        return short.removesuffix(", City of").removesuffix(", County of")

    def star(self, column: str) -> str:
        """Mark what is the middle unit's and not England's."""
        middle = column in self.middle and len(self.here.facts.ranked(self.here.key)) > 1
        return "*" if middle else ""

    @cached_property
    def middle(self) -> set[str]:
        """The figures beside which the middle unit of the layer stands."""
        figures = figures_of(self.book.study, self.here.key)
        return {figure.column for figure in figures if figure.beside == "middle"}

    @cached_property
    def others(self) -> Mapping[str, Cover]:
        """The layers with something to say about the place, itself apart."""
        out = {}
        for key, cover in self.here.covers.items():
            layer, some = cover.layer, bool(cover.units)
            said = some or not (layer.tiling == "partial" and layer.family in _SILENT)
            # The Greater London Authority says nothing outside London.
            if key != self.here.key and said and (some or layer.units_expected != 1):
                out[key] = cover
        # Where every authority is one district, the districts say nothing more.
        pair = [out[key] for key in ("local_authority", "district") if key in out]
        names = [sorted(met.name for met in cover.rows) for cover in pair]
        if len(names) == 2 and names[0] == names[1]:
            del out["district"]
        return out


# ---- who runs the schools ----------------------------------------------------------------------


def _runs(subject: _Subject) -> Section:
    here, england = subject.here, england_figures(subject.book.study, subject.here.key)
    kinds = subject.book.kinds(here.unit, here.n)
    rows = [
        (
            kind["title"],
            kind["number"],
            kind["percent"],
            span(ends_of(england, f"share_{kind['key']}"), percent)
            + subject.star(f"share_{kind['key']}"),
        )
        for kind in kinds
    ]
    bars = [_bar("Here", [float(here.unit[k]) / here.n for k in KINDS])]
    if not subject.middle & {f"share_{k}" for k in KINDS}:
        bars.append(_bar("England", [float(england[f"share_{k}"]) for k in KINDS]))
    table = Table(
        ("Schools", "Here", "Share", "England"),
        tuple(rows),
        frozenset({1, 2, 3}),
        tuple(kind["key"] for kind in kinds),
    )
    trusts, text, after = _trusts(subject)
    return Section(
        "runs",
        "Who runs its schools, and from where",
        tuple(text),
        (table, trusts) if trusts.rows else (table,),
        tuple(bars) if here.n >= FEW else (),
        tuple(after),
    )


def _bar(title: str, shares: Sequence[float]) -> dict[str, Any]:
    pieces = [
        (kind, round(at * 100, 2), round(share * 100, 2))
        for kind, share, at in zip(KINDS, shares, accumulate(shares, initial=0.0), strict=False)
        if share > 0
    ]
    return {"title": title, "pieces": pieces}


def _trusts(subject: _Subject) -> tuple[Table, list[Markup], list[Markup]]:
    """Return the trusts with the most schools here, and where those based elsewhere are based."""
    here, table = subject.here, trusts_of_several(subject.here.facts.study)
    told = ["trust_name", "schools", *(f"home_{c}_{here.seat.key}" for c in ("name", "status"))]
    known = table.loc[[trust.uid for trust in here.trusts], told].to_dict("index")
    found = sorted(here.trusts, key=lambda trust: (-trust.here, known[trust.uid]["trust_name"]))

    def home(trust: AtWork) -> str:
        name, status = (known[trust.uid][f"home_{c}_{here.seat.key}"] for c in ("name", "status"))
        home = subject.brief(name) if status == "home" else ""
        unit = subject.book.word(here.seat.key)
        return str(words.HOME(kind=trust.kind, status=status, home=home, unit=unit))

    shown = Table(
        ("Trust", "Schools here", "In England", "Home"),
        tuple(
            (
                str(known[trust.uid]["trust_name"]),
                span(trust.ends, count),
                count(known[trust.uid]["schools"]),
                home(trust),
            )
            for trust in found[:TRUSTS]
        ),
        frozenset({1, 2}),
        tuple(trust.kind for trust in found[:TRUSTS]),
    )
    rest = found[TRUSTS:]
    away = [trust for trust in found if trust.kind == "trust_based_elsewhere"]
    text, after = [], []
    if rest:
        schools = words.SCHOOLS(n=total([trust.ends for trust in rest]))
        after.append(words.MORE_TRUSTS(named=TRUSTS, more=len(rest), schools=schools))
    if away:
        based: dict[str, list[Interval]] = defaultdict(list)
        for trust in away:
            based[home(trust)].append(trust.ends)
        sums = {name: total(ends) for name, ends in based.items()}
        ordered = sorted(sums.items(), key=lambda item: (-sum(item[1]), item[0]))
        names = [f"{name} ({span(n, count)})" for name, n in ordered]
        more = len(names) - NAMES
        homes = names if more <= 1 else [*names[:NAMES], f"{more} more"]
        n = here.known("trust_based_elsewhere")
        sure, schools = n == total([trust.ends for trust in away]), words.SCHOOLS(n=n)
        one = sure and len(away) == 1
        text.append(words.AWAY(schools=schools, known=sure, one=one, homes=homes))
    return shown, text, after


# ---- which maps --------------------------------------------------------------------------------


def _maps(subject: _Subject) -> Section | None:
    others = subject.others
    covers = [cover for cover in others.values() if cover.land]
    divide = [cover.layer.title for cover in covers if cover.divided]
    listed = [cover for cover in covers if not cover.divided and len(cover.land) > 1]
    whole = [cover for cover in covers if len(cover.land) == 1 and cover.whole]
    if not others:
        return None
    said: dict[str, Any] = {
        "maps": len(covers),
        "divide": divide,
        "n": len(divide),
        "listed": [cover.layer.title for cover in listed],
        "part": [cover.layer.title for cover in covers if not cover.whole],
        "whole": len(whole),
        "name": subject.brief(subject.here.name),
    }
    head = (
        "Map",
        f"Units with {subject.here.ground} here",
        "Which, with their schools here",
        "Beyond the place",
    )
    rows = tuple(_row(subject, cover) for cover in others.values())
    return Section(
        "maps",
        words.MAPS_TITLE(**said),
        tuple(words.MAPS_HERE.each(**said)),
        (Table(head, rows, frozenset({1})),),
    )


def _row(subject: _Subject, cover: Cover) -> tuple[str, ...]:
    """Say which units of a layer the place meets, and how far they run on beyond it."""
    layer, met = cover.layer, {unit.code: unit.ends for unit in cover.units}
    # Units by schools; those that have land here and no school stand last.
    found = [(unit.code, unit.name) for unit in cover.units]
    found += [(unit.code, unit.name) for unit in cover.land if unit.code not in met]
    names = [
        f"{subject.brief(name, layer)} {span(met.get(code, 0.0), count)}" for code, name in found
    ]
    shown = 2 if len(names) > 3 else 3
    while shown < len(names) and len(", ".join(names[: shown + 1])) <= LINE:
        shown += 1
    which = words.MET(
        key=layer.key,
        met=len(found),
        gap=cover.bare("no_evidence"),
        weight=total(list(met.values())),
        n=subject.here.schools,
        name=subject.brief(found[0][1], layer) if found else "",
        names=", ".join(names[:shown]),
        more=max(len(names) - shown, 0),
    )
    only = [unit for unit in cover.units if unit.code in {land.code for land in cover.land}][:1]
    beyond = words.RUN_ON(
        key=layer.key,
        units=len(cover.land),
        beyond=len(cover.beyond),
        inside=len(cover.inside),
        parted=len(cover.parted),
        together=cover.together,
        weight=total([unit.ends for unit in only]),
        schools=total([subject.here.facts.total(layer.key, unit.code) for unit in only]),
    )
    return layer.unit_title, span(cover.with_land, count), which, beyond


# ---- what is between ---------------------------------------------------------------------------


def _between(subject: _Subject) -> Section:
    here, text = subject.here, []
    twice = [here.facts.urns[m.row] for m in here.members if m.share < 1]
    if twice:
        table = subject.book.study.assigned(here.key)
        both = table[table["urn"].isin(twice) & (table["unit_code"] != here.code)]
        names = sorted({subject.brief(name) for name in both["unit_name"]})
        schools = words.SCHOOLS(n=len(twice))
        said = {"names": names, "others": len(names), "land": here.shares_land}
        text.append(words.LISTED_TOO(n=len(twice), schools=schools, **said))
    lost = Interval(0.0, 0.0)
    for cover in subject.others.values():
        layer = cover.layer
        if (gap := cover.lacking("no_evidence")).high:
            schools = words.PART(part=gap, n=here.schools, capital=False)
            text.append(words.GAP(schools=schools, title=layer.unit_title))
        out = cover.lacking("not_covered")
        if out.high and layer.family not in _SILENT:
            schools = words.PART(part=out, n=here.schools, capital=True)
            partial = layer.tiling == "partial"
            text.append(
                words.IN_NO_UNIT(n=out, schools=schools, title=layer.unit_title, partial=partial)
            )
        if cover.both:
            shared = [met.name for met in cover.rows if met.code in cover.shared]
            names = sorted(subject.brief(name, layer) for name in shared)
            text.append(
                words.LISTED_TWICE(
                    n=cover.both,
                    schools=words.PART(part=cover.both, n=here.schools, capital=True),
                    titles=layer.unit_title_plural,
                    between=joined(names) if len(names) <= 3 else "several",
                )
            )
        lost = max(lost, cover.lacking("not_located"))
    if lost.high:
        schools = words.PART(part=lost, n=here.schools, capital=True)
        text.append(words.LOST(n=lost, schools=schools, name=subject.brief(subject.here.name)))
    return Section(
        "between",
        "Not covered, not found, or listed by two",
        tuple(text or [Markup(words.NOTHING_BETWEEN)]),
    )


# ---- beside others -----------------------------------------------------------------------------


def _beside(subject: _Subject) -> Section:
    study, here = subject.book.study, subject.here
    england = england_figures(study, here.key)
    alike = most_like(study, subject.place, 5)
    # Labels of other layers are longer: "in the same combined authority".
    shown = alike.head(ALIKE - (here.seat.key != "local_authority"))
    units = here.facts.unit_rows[here.key]
    beside = [units[code] for code in (here.code, *shown["unit_code"])]
    rows = []
    for column, (name, say) in _BESIDE.items():
        if column == "schools_per_100km2" and not here.layer.has_land:
            continue
        title = label_from(name, here.seat.key, here.seat.unit_title)
        first, *values = [_said(unit, column, say) for unit in beside]
        middle = _said({**england, "schools": RANKED}, column, say) + subject.star(column)
        rows.append((title, first, middle, *values))
    head = ("", "Here", "England", *map(subject.brief, shown["unit_name"]))
    ranked, enough = len(here.facts.ranked(here.key)), here.facts.enough(here.key)
    text = words.MOST_LIKE(
        ranked=ranked,
        enough=enough,
        small=here.code not in here.facts.ranked(here.key).index,
        others=subject.book.words(here.key),
        alike=[f"{subject.brief(r.unit_name)} ({r.distance:.1f})" for r in alike.itertuples()],
    )
    after = words.MIDDLE_BESIDE(
        ranked=ranked * (ranked > 1),
        enough=enough,
        others=subject.book.words(here.key),
        shared=any(not ends_of(unit, "schools").certain for unit in beside),
    )
    return Section(
        "beside",
        "Beside England and the areas most like it" if len(alike) else "Beside England",
        (text,) if len(units) > 1 else (),
        (Table(head, tuple(rows), frozenset(range(1, len(head)))),),
        after=tuple(filter(None, (after, _pattern(subject)))),
    )


def _said(unit: Mapping[str, Any], column: str, say: Callable[[float, float], str]) -> str:
    n = float(unit["schools"])
    return span(ends_of(unit, column), lambda end: say(end, n))


def _pattern(subject: _Subject) -> Markup:
    """Say which pattern the rule of the study puts an authority in, and why."""
    study, phase = subject.book.study, rules_of(subject.book.study).phase
    if subject.here.key != PATTERN_LAYER or not (study.schools["phase"] == phase).any():
        return Markup()
    row = typology(study).set_index("unit_code").loc[subject.here.code]
    pattern = row["pattern"] if isinstance(row["pattern"], str) else None
    return words.PATTERN(
        pattern=pattern,
        meaning=PATTERNS.get(pattern or "", ""),
        rule=row["rule"],
        phase=phase,
    )


# ---- caveats and sources -----------------------------------------------------------------------


def _caveats(subject: _Subject) -> Iterator[Markup]:
    here, others, about = subject.here, subject.others, subject.book.about
    thin = [here.facts.layer(key).title for key in here.facts.thin]
    yield from words.CAVEATS.each(
        unit=subject.book.word(here.seat.key),
        word=subject.book.study.population.word,
        threshold=subject.book.study.spread_options.home_threshold,
        links=not about["demonstration"] and about["links_month"],
        unknown=some(here.known("trust_not_known")),
        dark=some(here.known("home_not_known")),
        units=small(here.seat.unit_title_plural),
    )
    yield from words.LAYER_CAVEATS.each(
        title=here.layer.title,
        caption="" if here.layer.has_land else here.layer.caption,
        note=subject.book.study.note(here.key),
    )
    for key, cover in others.items():
        yield from words.LAYER_CAVEATS.each(
            title=cover.layer.title,
            caption=cover.land and cover.layer.family not in _SILENT and cover.layer.caption,
            note=subject.book.study.note(key),
        )
    split = any(len(cover.land) > 1 for cover in others.values())
    parted = split or any(m.share < 1 for m in here.members)
    yield from words.LAST_CAVEATS.each(parted=parted, thin=thin)


def _sources(subject: _Subject) -> Iterator[Markup]:
    said = {subject.book.study.register.label: ["Schools"]}
    for layer in (subject.here.layer, *(cover.layer for cover in subject.others.values())):
        told = re.search(r"\b(19|20)\d\d\b", layer.source) or not layer.source_date
        dated = "" if told else f", {when(layer.source_date)}"
        said.setdefault(f"{layer.source}{dated}", []).append(layer.title)
    return (words.SOURCE(titles=titles, source=source) for source, titles in said.items())


# ---- as markdown and as a page -----------------------------------------------------------------

_TAGS = re.compile(r"(</?b>)")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&])")
_START = re.compile(r"^([-+]|\d+[.)])(?=\s)")


def profile_markdown(study: Study, place: Place) -> str:
    """Return the profile of a place as markdown.

    Parameters
    ----------
    study : Study
        The study.
    place : Place
        A unit of any of the study's area layers.

    Returns
    -------
    str
        The sentences and tables of `profile`. What a name holds of markdown is escaped.
    """
    return _markdown(profile(study, place))


def _markdown(page: Profile) -> str:
    template = templates().get_template("profile.md.jinja")
    return str(template.render(page=page, plain=_plain)) + "\n"


def _plain(text: str) -> Markup:
    """Return text as markdown: bold stays bold, all else that means something is escaped."""
    out = []
    for part in _TAGS.split(str(escape(text))):
        if part in {"<b>", "</b>"}:
            out.append("**")
        else:
            words = " ".join(html.unescape(part).split(" "))
            clean = "".join(c if c.isprintable() else " " for c in words)
            out.append(_SPECIAL.sub(r"\\\1", clean))
    return Markup(_START.sub(lambda m: m[0][:-1] + "\\" + m[0][-1], "".join(out)))


def profile_html(study: Study, place: Place) -> str:
    """Return the profile of a place as a page to print: A4, no script, nothing from the network.

    Parameters
    ----------
    study : Study
        The study.
    place : Place
        A unit of any of the study's area layers.

    Returns
    -------
    str
        One HTML page with the sentences and tables of `profile`, its style inside it, guarded by
        a policy that lets it load and run nothing.
    """
    page = profile(study, place)
    text = str(
        templates()
        .get_template("profile.html.jinja")
        .render(
            page=page,
            sections={s.key: s for s in page.sections},
            marks={k: Markup(mark(k)) for k in KINDS},
            tokens=Markup(asset("tokens.css")),
            picture=_picture(study, place) if place.blocks and _has_room(page) else "",
            dashed="Dashed: Teaching School Hubs." * (PICTURE[-1] in study.area_layers),
        )
    )
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(text)}">'
    return text.replace("<!--policy-->", meta, 1)


def _has_room(page: Profile) -> bool:
    """Tell whether a sheet of A4 has room for a map besides the words of a profile."""
    return len(_markdown(page)) < ROOM - 200 * bool(page.banner)


def _picture(study: Study, place: Place) -> Markup:
    """Draw the place: its schools, its districts and the lines of teaching school hubs."""
    there = [key for key in PICTURE if key in study.area_layers]
    areas = next((k for k in ("district", place.layer) if k in study.area_layers), "")
    recipe = replace(
        load_recipe("locality_overlay"),
        areas=areas or next(iter(study.area_layers)),
        layers=tuple(there),
        on=tuple(there),
        labels=("district",),
        measures=(),
    )
    figure = Figure(width="62mm", height="46mm", bare=True)
    svg = render_svg(*scene_of(study, recipe, place=place), figure)
    return Markup(re.sub(r"<metadata>.*?</metadata>", "", svg))  # the page itself says it
