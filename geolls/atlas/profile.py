"""Write one page about a place: its maps, who runs its schools, what is between, beside whom."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jinja2
import pandas as pd
from markupsafe import Markup, escape

from geolls.atlas.frame import Frame
from geolls.atlas.grids import mark
from geolls.atlas.place import PlacePages
from geolls.base.errors import UsageError
from geolls.base.shelves import shelf
from geolls.base.text import (
    bold,
    count,
    in_words,
    joined,
    number,
    percent,
    plural,
    short_name,
    small,
    when,
)
from geolls.base.vocabulary import FEW, KIND_TITLES, KINDS, PATTERNS, RANKED, REASONS, STRAY
from geolls.maps.offline import asset, policy
from geolls.measures.oversight import oversight
from geolls.study.comparing import (
    england_figures,
    figures_of,
    layer_facts,
    most_like,
    place_figures,
    trust_homes,
)
from geolls.study.typology import LAYER as PATTERN_LAYER
from geolls.study.typology import typology
from geolls.study.units import Facts, Met

if TYPE_CHECKING:
    from geolls.api import Place, Study
    from geolls.layers.model import Layer

__all__ = ["Bar", "Profile", "Section", "Table", "profile", "profile_html", "profile_markdown"]

TRUSTS = 6  # named on the page
NAMES = 5  # places named in a sentence
LONG = 6  # rows of the table of maps, from which the type is smaller
WIDE = 30  # characters of a column's title, from which it is smaller too
LINE = 72  # characters of names in a row of the table of maps
_ALL = 1 - 1e-6
ALIKE = 3  # columns beside England
# Figures of the comparison: column, what it is called here.
_BESIDE = (
    ("schools", "Schools"),
    ("share_no_trust", "In no trust"),
    ("share_trust_home_here", "In trusts based here"),
    ("share_trust_based_elsewhere", "In trusts based elsewhere"),
    ("trusts", "Trusts of two or more at work"),
    ("effective_providers", "Effective number of providers"),
    ("effective_maps", "Effective number of maps"),
    ("fsm_share", "Pupils eligible for free meals"),
    ("schools_per_100km2", "Schools per 100 km²"),
)
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
class Bar:
    """One bar of shares: a title, and (kind, from, width) in hundredths."""

    title: str
    pieces: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True)
class Section:
    """A part of the page: a title, sentences, and one or two tables."""

    key: str
    title: str
    text: tuple[Markup, ...] = ()
    tables: tuple[Table, ...] = ()
    bars: tuple[Bar, ...] = ()
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

    @property
    def long(self) -> bool:
        """Whether the page says so much that it needs the smaller type to stay one page."""
        tables = {s.key: s.tables[-1] for s in self.sections if s.tables}
        rows = len(tables["maps"].rows) if "maps" in tables else 0
        heads = tables["beside"].head if "beside" in tables else ()
        return rows > LONG or max(map(len, heads), default=0) > WIDE


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
    units = facts.units[place.layer]
    if place.unit_code not in units.index:
        raise UsageError(f"{place.name} is no unit of {place.layer} on {study.as_of}")
    here = _Here(facts, place)
    unit, about = units.loc[place.unit_code], here.book.about
    # The atlas says the same of the place, word for word.
    words = PlacePages(here.book)
    lede = words.lede(place.layer, place.unit_code, unit)
    return Profile(
        name=str(unit["name"]),
        kind=words.kind_line(place.layer, place.unit_code, unit),
        banner=about["demonstration"],
        lede=Markup(" ").join(lede),
        note=here.book.note(here.n, "These numbers say who works where. They do not say how well."),
        sections=tuple(
            s for s in (_runs(here), _maps(here), _between(here), _beside(here)) if s is not None
        ),
        caveats=tuple(_caveats(here)),
        sources=tuple(_sources(here)),
        study=f"Study: {about['title']}, as of {about['day']}, fingerprint {about['fingerprint']}",
        attribution=study.attribution,
    )


class _Here:
    """What the sections share: the place, its schools and who runs each, its overlaps."""

    def __init__(self, facts: Facts, place: Place) -> None:
        self.facts, self.place, self.study = facts, place, facts.study
        self.book = Frame(facts)
        self.layer = facts.layer(place.layer)
        study, key = facts.study, place.layer
        share = study.place_schools(place)
        kinds = oversight(study.schools, trust_homes(study, key), study.membership(key))
        frame = study.schools.set_index("urn").loc[share.index, ["trust_uid", "trust_name"]]
        self.schools = frame.assign(share=share, kind=kinds.reindex(share.index))
        self.n = float(share.sum())
        table = place_figures(study, key).set_index("unit_code")
        self.figures = table.loc[[place.unit_code]].iloc[0]
        self.ranked = int((table["schools"] >= RANKED).sum())
        self.england = england_figures(study, key)
        self.middle = {f.column for f in figures_of(study, key) if f.beside == "middle"}

    def star(self, column: str) -> str:
        """Mark what is the middle unit's and not England's."""
        return "*" if column in self.middle and self.ranked else ""

    @property
    def unit(self) -> str:
        """What the place is, inside a sentence."""
        return small(self.layer.unit_title)

    @property
    def short(self) -> str:
        """The name without what the layer says anyway."""
        return self.brief(self.place.name)

    def brief(self, name: object, layer: Layer | None = None) -> str:
        """Return the name of a unit without what the title of its layer says anyway."""
        title = (layer or self.layer).unit_title
        words = short_name(str(name)).replace(f" {title} ", " ")
        return words.removesuffix(", City of").removesuffix(", County of")

    def rows(self, key: str) -> list[Met]:
        """Return (code, name, weight, share here, share of the unit) of a layer, largest first."""
        return self.facts.pairs[self.place.layer, key].get(self.place.unit_code, [])

    def units(self, key: str) -> list[Met]:
        """Return the rows of the units that the place meets, strays and reasons left out."""
        return [r for r in self.rows(key) if r[0] not in REASONS and (r[3] >= STRAY or r[4] >= 0.5)]

    def without(self, key: str) -> float:
        """Return how many schools here a layer leaves out or has no record of."""
        return float(sum(r[2] for r in self.rows(key) if r[0] in {"not_covered", "no_evidence"}))

    def inside(self, key: str) -> set[str]:
        """Return the units of a layer that have all their land in the place."""
        land = self.study.overlap(self.place.layer, key, "area")
        mine = land[(land["left_code"] == self.place.unit_code) & (land["share_of_right"] > _ALL)]
        return set(mine["right_code"])

    def shared(self, key: str) -> dict[str, float]:
        """Return the weight on land that several units of a layer list."""
        found = self.facts.shared.get((self.place.layer, key), {})
        return dict(found.get(self.place.unit_code, {}))

    def others(self) -> list[tuple[str, Layer]]:
        """Return the layers with something to say about the place, itself apart."""
        out = []
        for key in self.facts.strips:
            layer = self.facts.layer(key)
            some = any(r[0] not in REASONS for r in self.rows(key))
            said = some or not (layer.tiling == "partial" and layer.family in _SILENT)
            # The Greater London Authority says nothing outside London.
            if key != self.place.layer and said and (some or layer.units_expected != 1):
                out.append((key, layer))
        keys = [k for k, _ in out]
        if {"local_authority", "district"} <= set(keys):
            # Where every authority is one district, the districts say nothing more.
            same = [sorted(r[1] for r in self.rows(k)) for k in ("local_authority", "district")]
            out = [o for o in out if o[0] != "district" or same[0] != same[1]]
        return out


# ---- who runs the schools ----------------------------------------------------------------------


def _runs(here: _Here) -> Section | None:
    if here.n == 0:
        return None
    counts = here.schools.groupby("kind")["share"].sum().reindex(KINDS).fillna(0.0)
    shown = [k for k in KINDS if counts[k] > 0 or k not in {"status_unknown"}]
    kinds = Table(
        ("Schools", "Here", "Share", "England"),
        tuple(
            (
                KIND_TITLES[k],
                count(counts[k]),
                percent(counts[k] / here.n, here.n),
                percent(here.england[f"share_{k}"]) + here.star(f"share_{k}"),
            )
            for k in shown
        ),
        frozenset({1, 2, 3}),
        tuple(shown),
    )
    bars: tuple[Bar, ...] = ()
    if here.n >= FEW:
        bars = (_bar("Here", [float(counts[k]) / here.n for k in KINDS]),)
        if not here.middle & {f"share_{k}" for k in KINDS}:
            bars += (_bar("England", [float(here.england[f"share_{k}"]) for k in KINDS]),)
    trusts, text, after = _trusts(here)
    return Section(
        "runs",
        "Who runs its schools, and from where",
        tuple(text),
        (kinds, trusts) if trusts.rows else (kinds,),
        bars,
        tuple(after),
    )


def _bar(title: str, shares: Sequence[float]) -> Bar:
    pieces, at = [], 0.0
    for kind, share in zip(KINDS, shares, strict=True):
        if share > 0:
            pieces.append((kind, round(at * 100, 2), round(share * 100, 2)))
        at += share
    return Bar(title, tuple(pieces))


def _trusts(here: _Here) -> tuple[Table, list[Markup], list[Markup]]:
    """Return the trusts with most schools here, and where those based elsewhere are based."""
    all_trusts = here.facts.trusts
    mine = here.schools[here.schools["trust_uid"].isin(all_trusts.index)]
    found = mine.groupby("trust_uid").agg(
        name=("trust_name", "first"),
        here=("share", "sum"),
        based=("kind", lambda k: bool((k == "trust_home_here").any())),
    )
    found = found.sort_values(["here", "name"], ascending=[False, True])
    found["all"] = all_trusts["schools"].reindex(found.index)
    found["home"] = _homes(here, found.index)
    top = found.head(TRUSTS)
    table = Table(
        ("Trust", "Schools here", "In England", "Most of its schools in"),
        tuple(
            (str(name), count(n), count(size), "here" if based else here.brief(home))
            for name, n, based, size, home in top.itertuples(index=False)
        ),
        frozenset({1, 2}),
        tuple("trust_home_here" if b else "trust_based_elsewhere" for b in top["based"]),
    )
    text, after = [], []
    rest = found.iloc[TRUSTS:]
    if len(rest):
        after.append(
            Markup(
                "The table of trusts names the {} with most schools here; {} more run {}."
            ).format(in_words(TRUSTS), in_words(len(rest)), _schools(float(rest["here"].sum())))
        )
    away = found[~found["based"]]
    if len(away):
        sums = away.groupby("home")["here"].sum().reset_index()
        sums = sums.sort_values(["here", "home"], ascending=[False, True])
        names = [f"{here.brief(h)} ({count(n)})" for h, n in sums.itertuples(index=False)]
        more = len(names) - NAMES
        named = names if more <= 1 else [*names[:NAMES], f"{more} more"]
        text.append(
            Markup(
                "Trusts based elsewhere run {} here. By where their trusts are based: {}."
            ).format(bold(_schools(float(away["here"].sum()))), joined(named))
        )
    return table, text, after


def _homes(here: _Here, uids: pd.Index) -> pd.Series[Any]:
    """Return the name of the unit of the place's own layer where each trust is based."""
    names = here.facts.trusts.get(f"home_name_{here.place.layer}")
    found = pd.Series(None, index=uids, dtype=object) if names is None else names.reindex(uids)
    return found.fillna(f"no {here.unit}")


def _schools(n: float) -> str:
    return f"{count(n)} {plural(n, 'school')}"


# ---- which maps --------------------------------------------------------------------------------


def _maps(here: _Here) -> Section | None:
    if here.n == 0:
        return None
    rows: list[tuple[str, ...]] = []
    divide, part, whole = [], [], []
    for key, layer in here.others():
        units = here.units(key)
        rows.append((layer.unit_title, count(len(units)), *_row(here, key, layer, units)))
        if len(units) > 1:
            divide.append(layer.title)
        elif units and here.without(key) > STRAY * here.n:
            part.append(layer.title)
        elif units:
            whole.append(layer.title)
    if not rows:
        return None
    head = ("Map", "Units", "Which, with their schools here", "Beyond the place")
    text = []
    total = len(divide) + len(part) + len(whole)
    maps = f"{in_words(total)} {plural(total, 'other map', 'other maps')}"
    if divide:
        text.append(
            Markup("Of {}, {} {} {} between several units: {}.").format(
                maps,
                bold(in_words(len(divide))),
                plural(len(divide), "divides", "divide"),
                here.short,
                joined(divide),
            )
        )
    if part:
        text.append(Markup("Only a part of {} is covered by {}.").format(here.short, joined(part)))
    if whole and not divide and not part:
        text.append(
            Markup("No other map divides {}: each of {} has it whole in one unit.").format(
                here.short, in_words(total)
            )
        )
    title = f"Which maps cover {here.short}, and where they part"
    if not divide and not part:
        title = f"Which maps cover {here.short}: none divides it"
    if not total:
        title = f"No other map covers {here.short}"
    return Section("maps", title, tuple(text), (Table(head, tuple(rows), frozenset({1})),))


def _row(here: _Here, key: str, layer: Layer, units: list[Met]) -> tuple[str, str]:
    """Say which units of a layer the place meets, and how far they run on beyond it."""
    if not units:
        gap = any(r[0] == "no_evidence" for r in here.rows(key))
        return ("none found: a gap in our list" if gap else "none", "")
    shared, inside = here.shared(key), here.inside(key)
    if len(units) == 1:
        unit, name, weight, _, there = units[0]
        brief = here.brief(name, layer)
        which = brief if weight >= here.n - 0.05 else f"{brief} {count(weight)}"
        if unit in inside:
            return which, "nowhere else"
        verb = plural(weight, "is", "are")
        return which, f"{count(weight)} of its {count(weight / there)} schools {verb} here"
    which = _listed([f"{here.brief(u[1], layer)} {count(u[2])}" for u in units])
    if all(shared.get(u[0], 0.0) > 0.5 * u[2] for u in units):
        return which, "share it; no line is published"
    beyond = sum(u[0] not in inside for u in units)
    if not beyond:
        return which, "all inside"
    ends = f"{in_words(beyond)} of {in_words(len(units))} {plural(beyond, 'runs', 'run')} on"
    return which, "both run on" if beyond == len(units) == 2 else ends


def _listed(names: Sequence[str]) -> str:
    """Name as many as fit on a line, two at least, and count the rest; three all."""
    shown = 2 if len(names) > 3 else 3
    while shown < len(names) and len(", ".join(names[: shown + 1])) <= LINE:
        shown += 1
    more = max(len(names) - shown, 0)
    return ", ".join(names[:shown]) + (f" and {more} more" if more else "")


# ---- what is between ---------------------------------------------------------------------------


def _between(here: _Here) -> Section | None:
    if here.n == 0:
        return None
    text = list(_own(here))
    lost = 0.0
    for key, layer in here.others():
        rows = here.rows(key)
        weight = {r[0]: float(r[2]) for r in rows if r[0] in REASONS}
        title, titles = layer.unit_title, layer.unit_title_plural
        if gap := weight.get("no_evidence", 0.0):
            text.append(
                Markup("For {} we found no {}: a gap in our list, not proof of none.").format(
                    bold(_part(gap, here.n)), small(title)
                )
            )
        out = weight.get("not_covered", 0.0)
        if out and layer.family not in _SILENT:
            by_design = ", by design" if layer.tiling == "partial" else ""
            verb = plural(out, "is", "are")
            text.append(
                Markup("{} {} in no {}{}.").format(
                    bold(_part(out, here.n, capital=True)), verb, small(title), by_design
                )
            )
        if both := sum(here.shared(key).values()):
            names = sorted(here.brief(r[1], layer) for r in rows if r[0] in here.shared(key))
            between = joined(names) if len(names) <= 3 else Markup("several")
            text.append(
                Markup(
                    "{} {} on land that several {} list ({}): no line between them is published, "
                    "so each counts in equal parts."
                ).format(
                    bold(_part(both, here.n, capital=True)),
                    plural(both, "stands", "stand"),
                    titles,
                    between,
                )
            )
        lost = max(lost, weight.get("not_located", 0.0))
    if lost:
        text.append(
            Markup("{} {} no usable location: on no map but that of {}.").format(
                _part(lost, here.n, capital=True), plural(lost, "has", "have"), here.short
            )
        )
    if not text:
        text.append(Markup("None: on every map above, each school here is in one unit."))
    return Section("between", "Not covered, not found, or listed by two", tuple(text))


def _own(here: _Here) -> Iterable[Markup]:
    """Say which schools of the place other units of its own layer list too."""
    urns = here.schools.index[here.schools["share"] < 1]
    if not len(urns):
        return
    table = here.study.assigned(here.place.layer)
    both = table[table["urn"].isin(urns) & (table["unit_code"] != here.place.unit_code)]
    names = joined(sorted({here.brief(n) for n in both["unit_name"]}))
    yield Markup(
        "{} here {} on land that {} lists too: no line between them is published, so each is "
        "counted in equal parts."
    ).format(bold(_schools(len(urns))), plural(len(urns), "stands", "stand"), names)


def _part(part: float, whole: float, *, capital: bool = False) -> str:
    """Write "17 of 267 schools", or "all 267 schools"."""
    if part < whole - 0.05:
        return f"{count(part)} of {count(whole)} {plural(whole, 'school')}"
    if whole == 1:
        return "Its one school" if capital else "its one school"
    return f"{'All' if capital else 'all'} {_schools(whole)}"


# ---- beside others -----------------------------------------------------------------------------


def _beside(here: _Here) -> Section | None:
    if here.n == 0:
        return None
    study, place = here.study, here.place
    alike = most_like(study, place, 5)
    table = place_figures(study, place.layer).set_index("unit_code")
    shown = alike.head(ALIKE)
    columns = [here.figures, *(table.loc[c] for c in shown["unit_code"])]
    rows = []
    for column, title in _BESIDE:
        values = [_say(column, c[column], float(c["schools"])) for c in columns]
        beside = _say(column, here.england[column], RANKED)
        rows.append((title, values[0], beside + here.star(column), *values[1:]))
    head = ("", "Here", "England", *(here.brief(n) for n in shown["unit_name"]))
    text, after = [], []
    others = small(here.layer.unit_title_plural)
    if len(alike):
        named = [f"{here.brief(r.unit_name)} ({r.distance:.1f})" for r in alike.itertuples()]
        text.append(
            Markup(
                "Of {} {} with {} schools or more, most like it by eight of these figures: {}. In "
                "brackets how far they differ: 1 is the width of the middle half of them all."
            ).format(count(here.ranked), others, RANKED, joined(named))
        )
    else:
        text.append(
            Markup("With fewer than {} schools there is no telling which are like it.").format(
                RANKED
            )
            if here.n < RANKED
            else Markup("There are too few {} to tell which are like it.").format(others)
        )
    if here.ranked:
        after.append(
            Markup("* The middle one of {} {} with {} schools or more.").format(
                here.ranked, others, RANKED
            )
        )
    if said := _pattern(here):
        after.append(said)
    right = frozenset(range(1, len(head)))
    title = "Beside England and the areas most like it" if len(alike) else "Beside England"
    return Section(
        "beside",
        title,
        tuple(text),
        (Table(head, tuple(rows), right),),
        after=tuple(after),
    )


def _say(column: str, value: Any, n: float) -> str:
    value = float("nan") if value is None else float(value)
    if column.endswith("_share") or column.startswith("share_"):
        return percent(value, n)
    if column in {"schools", "trusts"}:
        return count(value)
    if n < FEW and column.startswith("effective"):
        return number(float("nan"))
    return number(value)


def _pattern(here: _Here) -> Markup | None:
    """Say which pattern the rule of the study puts an authority in, and why."""
    phases = set(here.study.schools["phase"])
    if here.place.layer != PATTERN_LAYER or "primary" not in phases:
        return None
    table = typology(here.study).set_index("unit_code")
    row = table.loc[here.place.unit_code]
    if not isinstance(row["pattern"], str):
        return None
    words = PATTERNS[row["pattern"]]
    start = "Pattern " + row["pattern"] if row["pattern"] != "mixed" else "No one pattern"
    tail = f" ({words[:1].lower()}{words[1:]})" if row["pattern"] != "mixed" else ""
    return Markup("{}{} by the rule of the study for primaries: {}.").format(
        bold(start), tail, row["rule"]
    )


# ---- caveats and sources -----------------------------------------------------------------------


def _caveats(here: _Here) -> Iterable[Markup]:
    study, book = here.study, here.book
    real, links = not book.about["demonstration"], book.about["links_month"]
    yield Markup(
        "A trust is based in the {} with most of its schools, not where its office is. Based "
        "elsewhere is not far: the next {} counts as elsewhere."
    ).format(here.unit, here.unit)
    if real and links:
        yield Markup(
            "Trust membership is of {}; several hundred schools have joined trusts since."
        ).format(links)
    unknown = float(here.schools.loc[here.schools["kind"] == "status_unknown", "share"].sum())
    if unknown:
        yield Markup(
            "For {} the trust is not known: counted neither as in a trust nor as not."
        ).format(_schools(unknown))
    parted = bool(here.schools["share"].lt(1).any())
    for key, layer in here.others():
        parted |= len(here.units(key)) > 1
        if here.units(key) and layer.caption and layer.family not in _SILENT:
            yield Markup("{}: {}").format(layer.title, layer.caption)
        if note := study.date_note(key):
            yield Markup("{}.").format(note)
    if parted:
        yield Markup("Overlap is not failure: it shows which bodies must talk.")
    yield Markup(
        "Built from pre-2019 districts, exact for later authorities except small line moves."
    )
    if here.facts.thin:
        names = joined([here.facts.layer(k).title for k in here.facts.thin])
        yield Markup("Left out, for our lists name too few: {}.").format(names)


def _sources(here: _Here) -> Iterable[Markup]:
    yield Markup("Schools: {}.").format(here.study.register.label)
    said: dict[str, list[str]] = {}
    for layer in (here.layer, *(layer for _, layer in here.others())):
        told = re.search(r"\b(19|20)\d\d\b", layer.source) or not layer.source_date
        dated = "" if told else f", {when(layer.source_date)}"
        said.setdefault(f"{layer.source}{dated}", []).append(layer.title)
    for source, titles in said.items():
        yield Markup("{}: {}.").format(joined(titles), source)


# ---- as markdown -------------------------------------------------------------------------------

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
    page = profile(study, place)
    lines = [f"# {_plain(page.name)}", "", _plain(page.kind), ""]
    if page.banner:
        lines += [f"**{_plain(page.banner)}.**", ""]
    lines += [_plain(page.lede), "", _plain(page.note), ""]
    for section in page.sections:
        lines += [f"## {_plain(section.title)}", ""]
        lines += [line for text in section.text for line in (_plain(text), "")]
        for table in section.tables:
            lines += [*_rows(table), ""]
        lines += [line for text in section.after for line in (_plain(text), "")]
    for title, texts in (("What to bear in mind", page.caveats), ("Sources", page.sources)):
        lines += [f"## {title}", "", *(f"- {_plain(t)}" for t in texts), ""]
    lines += [_plain(page.study) + ".", "", _plain(page.attribution)]
    return "\n".join(lines) + "\n"


def _rows(table: Table) -> Iterable[str]:
    yield "| " + " | ".join(_plain(h) for h in table.head) + " |"
    yield (
        "|" + "|".join("---:" if i in table.right else "---" for i in range(len(table.head))) + "|"
    )
    for row in table.rows:
        yield "| " + " | ".join(_plain(c) for c in row) + " |"


def _plain(text: str) -> str:
    """Return text as markdown: bold stays bold, all else that means something is escaped."""
    out = []
    for part in _TAGS.split(str(escape(text))):
        if part in {"<b>", "</b>"}:
            out.append("**")
        else:
            words = " ".join(html.unescape(part).split(" "))
            clean = "".join(c if c.isprintable() else " " for c in words)
            out.append(_SPECIAL.sub(r"\\\1", clean))
    return _START.sub(
        lambda m: "\\" + m[0] if m[0] in "-+" else m[0][:-1] + "\\" + m[0][-1], "".join(out)
    )


# ---- as a page ---------------------------------------------------------------------------------


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
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(shelf("maps") / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = profile(study, place)
    text = templates.get_template("profile.html.jinja").render(
        page=page,
        sections={s.key: s for s in page.sections},
        marks={k: Markup(mark(k)) for k in KINDS},
        tokens=Markup(asset("tokens.css")),
    )
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(text)}">'
    return text.replace("<!--policy-->", meta, 1)
