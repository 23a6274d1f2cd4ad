"""Every sentence of pages and profiles: numbers in, words out, each form beside its condition.

A `Saying` holds the forms that one sentence can take. It is called with facts by name and returns
the words of the first form whose condition holds; one with `join` returns those of all that hold.
In a form, `{schools:count}` writes a fact by one of the formats below, and `{hubs:hub|hubs}` the
first word where there is one of it (or where it is true), the last otherwise, and of three the
second where there are two. A number that is
known between two is an `Interval`: `count` and `percent` write "417 to 450", `between` and
`between percent` "between 417 and 450". Facts are escaped, the words round them are markup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from string import Formatter
from types import SimpleNamespace
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from geolls.base.interval import Interval, between, bounds, span
from geolls.base.labels import BY_CONVENTION
from geolls.base.text import (
    a,
    band_words,
    count,
    day,
    either,
    in_words,
    joined,
    km,
    km_within,
    number,
    owner,
    percent,
    rank_words,
    roughly,
    small,
)
from geolls.base.vocabulary import FEW, REASON_NAMES
from geolls.layers.model import Layer
from geolls.study.typology import NOT_SURE

__all__ = [
    "COVERED",
    "FORMATS",
    "REGISTER",
    "REPORT",
    "SAYINGS",
    "Form",
    "Saying",
    "always",
    "fill",
    "one",
    "paragraph",
]

REGISTER = "https://get-information-schools.service.gov.uk/"
REPORT = {
    "title": "Report this row",
    "what": "Copy this text, say what is wrong in it, and send it to whoever gave you this atlas. "
    "Nothing is sent from here.",
    "text": """Report of a row
Record: {record}
Wrong, and what it should be:

Table: {table}
It says: {cells}
Page: {page}
Study: {study}
Read on: {today}
The record at its source: {source}
Corrections to the record itself: {correct}""",
    "take": "Copy the text",
    "taken": "Copied",
    "open": "Open the record at its source",
    "shut": "Close",
    "button": "Report",
    "how": "point at a row, or tab to the link in it, and press Report for a text that names the "
    "record, this page and the source",
}
"""The words of the report of a row; what stands in braces the page fills in."""


class Form(NamedTuple):
    """One form of a sentence: what it is called, when it is said, and its words."""

    name: str
    when: Callable[[Any], bool]
    words: str


SAYINGS: dict[str, Saying] = {}
"""Every saying by what it is about, so that a test can walk all forms."""


class Saying:
    """The forms that one sentence can take.

    Parameters
    ----------
    about : str
        What it is about; its key in `SAYINGS`.
    *forms : Form
        In the order in which their conditions are asked.
    join : str, optional
        What stands between the forms where all that hold are said; None for the first alone.
    """

    def __init__(self, about: str, *forms: Form, join: str | None = None) -> None:
        self.about, self.forms, self.join = about, forms, join
        SAYINGS[about] = self

    def __call__(self, **facts: Any) -> Markup:
        """Return what is to be said of some facts; empty where no form's condition holds."""
        said = self._said(facts)
        return next(said, Markup()) if self.join is None else Markup(self.join).join(said)

    def each(self, **facts: Any) -> list[Markup]:
        """Return the words of every form whose condition holds."""
        return list(self._said(facts))

    def _said(self, facts: Mapping[str, Any]) -> Iterator[Markup]:
        given = SimpleNamespace(**facts)
        return (fill(form.words, facts) for form in self.forms if form.when(given))


def one(about: str, words: str) -> Saying:
    """Return a saying that has one form, said always."""
    return Saying(about, Form("always", always, words))


def always(facts: Any) -> bool:
    """Hold always: the condition of the last form of a saying."""
    return facts is not None


def paragraph(*sentences: str) -> Markup:
    """Join sentences; those with nothing to say are left out."""
    return Markup(" ").join(s for s in sentences if s)


def fill(words: str, facts: Mapping[str, Any]) -> Markup:
    """Write facts into the words of a form."""
    return Markup(_FORMATTER.vformat(words, (), facts))


def _one_unit(layer: Layer) -> str:
    """Name a unit of a layer; where the layer is one body, by that body."""
    title = layer.unit_title
    return f"the {title}" if title == layer.unit_title_plural else a(small(title))


FORMATS: dict[str, Callable[[Any], object]] = {
    "a": a,
    "a small": lambda title: a(small(title)),
    "band": band_words,
    "between": lambda n: between(n, count),
    "Between": lambda n: (said := between(n, count))[:1].upper() + said[1:],
    "Between percent": lambda n: (said := between(n, percent))[:1].upper() + said[1:],
    "between percent": lambda share: between(share, percent),
    "count": lambda n: span(n, count),
    "day": day,
    "either": either,
    "joined": joined,
    "km": km,
    "km within": km_within,
    "lower first": lambda text: text[:1].lower() + text[1:],
    "number": number,
    "one unit": _one_unit,
    "owner": owner,
    "percent": lambda share: span(share, percent),
    "ranked": lambda rank: rank_words(rank.known[0], rank.known[1], rank.total, "share"),
    "Roughly": lambda share: (words := roughly(share))[:1].upper() + words[1:],
    "small": small,
    "Words": lambda n: (said := _in_words(n))[:1].upper() + said[1:],
    "words": lambda n: _in_words(n),
}


def _in_words(n: float | Interval) -> str:
    return between(n, in_words) if _apart(n) else span(n, in_words, "{} or {}")


def _apart(n: float | Interval) -> bool:
    """Tell whether more than two whole numbers lie between the ends of an interval."""
    return isinstance(n, Interval) and n.high - n.low > 1


class _Formatter(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        single, *two, several = format_spec.split("|") if "|" in format_spec else ("", "")
        if single or several:  # parts of the form itself: markup
            if value in (1, Interval(1, 1)):
                return single
            return two[0] if two and value in (2, Interval(2, 2)) else several
        if format_spec in FORMATS:
            return str(escape(FORMATS[format_spec](value)))
        return str(escape(format(value, format_spec) if format_spec else value))


_FORMATTER = _Formatter()

# A form stands as its name, its condition and its words, not one argument to a line.
# fmt: off

# ---- on every page -----------------------------------------------------------------------------

NEUTRAL = "These numbers say who works where. They do not say how well."
TO_COME = Saying(
    "an area that is still to come",
    Form("order", lambda f: f.status == "order", "{name} begins on {begins:day} by the {source}."),
    Form("decided", lambda f: f.status and f.status != "order",
         "{name} is decided for {begins:day}, the Order not seen; confidence {confidence}."),
    Form("line", lambda f: f.shared,
         "Of {shared:joined} it has only a part, along a line not to hand: schools there count in "
         "equal shares with each claimant."),
    join=" ",
)
NOTE = one("n, the population, the dates and one limit",
           "<b>n = {n:count}</b> {population}. {dates} {limit}")
DATES = Saying(
    "the date of each source",
    Form("made-up schools", lambda f: f.demonstration, "Schools generated for {day:day}"),
    Form("schools", lambda f: f.schools and not f.demonstration, "Schools {schools}"),
    Form("trusts", lambda f: f.trusts and not f.demonstration, "trusts {trusts}"),
    Form("areas", lambda f: not f.unchecked, "areas and hubs as of {day:day}."),
    Form("areas after the check", lambda f: f.unchecked,
         "areas and hubs as of {day:day}; {unchecked}."),
    join=", ",
)
EFFECTIVE = one(
    "the effective number of maps",
    "how many different combinations of {names:joined} the schools of a place live on, with rare "
    "combinations counting for less. 1 means every school shares them all. It says how mixed "
    "oversight is, not how good.",
)
REASON = Saying(
    "why there is no unit",
    Form("not covered", lambda f: f.reason == "not_covered", "In no {title:small}"),
    Form("not found", lambda f: f.reason == "no_evidence", "No {title} found"),
    Form("not located", lambda f: f.reason == "not_located", REASON_NAMES["not_located"]),
    Form("not applicable", always, REASON_NAMES["not_applicable"]),
)
SCHOOLS = one("so many schools", "{n:count} {n:school|schools}")
FOUND_PLACE = one("a place that a search found", "{title}, {n:count} {n:school|schools}")
HOME = Saying(
    "the home of a trust, in a cell",
    Form("here", lambda f: f.kind == "trust_home_here", "here"),
    Form("elsewhere", lambda f: f.status == "home", "{home}"),
    Form("no unit", lambda f: f.status == "outside", "outside every {unit}"),
    Form("none", lambda f: f.status == "no_single_home", "no single home"),
    Form("not known", always, "not known"),
)
FOUND_HOME = Saying(
    "the home of a trust that a search found",
    Form("a unit", lambda f: f.status == "home", ", home {home}"),
    Form("none", lambda f: f.status == "no_single_home", ", no single home"),
    Form("other", always, ""),
)
FOUND_TRUST = Saying(
    "a trust that a search found",
    Form("none counts", lambda f: f.n == 0, "Trust, {all} schools, none of them {word}"),
    Form("of other phases too", lambda f: f.all > f.n,
         "Trust, {all} schools, {n} of them {word}{home}"),
    Form("all count", always, "Trust, {n} {n:{word:either} school|{word} schools}{home}"),
)

# ---- a place -----------------------------------------------------------------------------------

PLACE_PAGE = one(
    "a place's page",
    "Which maps of the school system cover {name}, who runs its schools, and which schools fall "
    "between.",
)
LANDLESS = Saying(
    "a place without land",
    Form("land", lambda f: f.land, ""),
    Form("no land", always,
         "It is a list of schools, not land: what covers or divides it is counted in schools, and "
         "a trust is at home here that has its home in the {unit} of one of its schools here."),
)
WHAT_IT_IS = Saying(
    "what a place is",
    Form("its layer", always, "{title}"),
    Form("authorities", lambda f: f.authorities is not None,
         "{authorities:count} {authorities:local authority|local authorities}"),
    Form("districts", lambda f: f.districts and f.districts.high > 1,
         "{districts:count} districts"),
    Form("within", lambda f: f.within, "in the {within} Combined Authority"),
    Form("pupils", always, "{pupils:count} pupils"),
    join=" · ",
)
WHO_RUNS = Saying(
    "who runs the schools of a place",
    Form("no school", lambda f: f.n == 0, "No {word:either} school stands in {place}."),
    Form("shared land", lambda f: not f.schools.certain and f.land,
         "Schools that are or may be {name:owner} number {schools:between}, for it shares land "
         "along a line not to hand; <b>{part:between}</b> of them are {run} "
         "({share:between percent}; England {england:percent})."),
    Form("shared schools", lambda f: not f.schools.certain,
         "Schools that are or may be {name:owner} number {schools:between}; "
         "<b>{part:between}</b> of them are {run} "
         "({share:between percent}; England {england:percent})."),
    Form("one school", lambda f: f.n == f.part == 1,
         "The one {word:either} school of {name} is {run}."),
    Form("few schools", lambda f: f.n < FEW,
         "<b>{part:count}</b> of {n:count} {n:{word:either} school|{word} schools} in {name} "
         "{part:is|are} {run}."),
    Form("some not known", lambda f: isinstance(f.part, Interval),
         "<b>{part:Between}</b> of {name:owner} {n:count} {word} schools are {run} "
         "({share:between percent}; England {england:percent})."),
    Form("at one end of all", lambda f: f.rank and f.rank.total >= 20
         and min(f.rank.known) <= 5,
         "{share:Roughly} of {name:owner} {word} schools, <b>{part:count} of {n:count}</b>, are "
         "{run} ({share:percent}; England {england:percent}): of {rank.total} {others} with "
         "{enough}, {rank:ranked}."),
    Form("many schools", always,
         "{share:Roughly} of {name:owner} {word} schools, <b>{part:count} of {n:count}</b>, are "
         "{run} ({share:percent}; England {england:percent})."),
)
HOMES = Saying(
    "trusts at work in a place, by where they are at home",
    Form("here", lambda f: f.home, "{home:words} at home here"),
    Form("elsewhere", lambda f: f.away, "{away:words} based elsewhere"),
    Form("nowhere", lambda f: f.homeless, "{homeless:words} with no single home"),
    Form("not known", lambda f: f.unknown, "{unknown:words} whose home is not known"),
    join=", ",
)
SHARE_AT_HOME = Saying(
    "the share of a trust's schools at its home, in a cell",
    Form("not known", lambda f: f.status == "not_known", ""),
    Form("all of few", lambda f: f.part == f.n < FEW, "{n:all|both|all} of its schools"),
    Form("few", lambda f: f.n < FEW and f.status != "no_single_home",
         "{part:count} of its {n:count} schools"),
    Form("none of few", lambda f: f.n < FEW, "{part:count} of {n:count} in the largest"),
    Form("at home", lambda f: f.status in ("home", "outside"), "{share:percent} of its schools"),
    Form("none", always, "{share:percent} in the largest"),
)
TRUSTS_HERE = Saying(
    "the trusts at work in a place",
    Form("shared land", lambda f: isinstance(f.trusts, Interval),
         "<b>{trusts:count} trusts of two or more {word} schools</b> work here; of all that may, "
         "{homes}."),
    Form("none", lambda f: f.trusts == 0, "No trust of two or more {word} schools works here."),
    Form("one, at home", lambda f: f.trusts == f.home == 1,
         "<b>One trust of two or more {word} schools</b> works here and is at home here."),
    Form("one, based elsewhere", lambda f: f.trusts == f.away == 1,
         "<b>One trust of two or more {word} schools</b> works here; <b>it is based "
         "elsewhere</b>."),
    Form("one, with no single home", lambda f: f.trusts == f.homeless == 1,
         "<b>One trust of two or more {word} schools</b> works here; it has no single home."),
    Form("one, not known", lambda f: f.trusts == 1,
         "<b>One trust of two or more {word} schools</b> works here; where it is at home is not "
         "known."),
    Form("all at home", lambda f: f.trusts == f.home,
         "<b>{trusts:Words} trusts of two or more {word} schools</b> work here, "
         "{trusts:all|both|all} of them at home here."),
    Form("all based elsewhere", lambda f: f.trusts == f.away,
         "<b>{trusts:Words} trusts of two or more {word} schools</b> work here, "
         "<b>{trusts:all|both|all} of them based elsewhere</b>."),
    Form("some", always,
         "<b>{trusts:Words} trusts of two or more {word} schools</b> work here: {homes}."),
)
HUBS_HERE = Saying(
    "the hubs of a place, by land",
    Form("none found", lambda f: f.units == 0 and f.gap,
         "We found <b>no {title}</b> here: a gap in our list, not proof that there is none."),
    Form("none", lambda f: f.units == 0, "No {title} has {ground} here."),
    Form("one, for this place only", lambda f: f.units == f.inside == 1 and f.whole,
         "One {title}, <b>{name}</b>, covers all of it and nowhere else."),
    Form("one", lambda f: f.units == f.outside == 1 and f.whole,
         "One {title}, <b>{name}</b>, covers all of it and runs on beyond it: "
         "{of_unit:between percent} of its schools are here."),
    Form("one, perhaps beyond", lambda f: f.units == 1 and f.whole,
         "One {title}, <b>{name}</b>, covers all of it. It is listed for land beyond it too, "
         "together with others."),
    Form("one, for a part", lambda f: f.units == 1,
         "One {title}, <b>{name}</b>, covers {covered:percent} of its {ground}."),
    Form("several, of land it shares", lambda f: not f.sure,
         "<b>{units:Words} {titles}</b> have land that is or may be its own."),
    Form("all share it", lambda f: f.together and f.whole,
         "<b>{units:Words} {titles}</b> share it along a line not to hand."),
    Form("all share a part", lambda f: f.together,
         "<b>{units:Words} {titles}</b> share {covered:percent} of its {ground} along a line not "
         "to hand."),
    Form("several, some share", lambda f: f.divided and f.parted,
         "<b>{met:Words} {titles}</b> divide it{beyond}; {parted:words} {parted:shares|share} "
         "land along a line not to hand."),
    Form("several", lambda f: f.divided, "<b>{units:Words} {titles}</b> divide it{beyond}."),
    Form("several, perhaps", always,
         "<b>{units:Words} {titles}</b> are listed for it, and share land along a line not to "
         "hand."),
)
HUBS_BEYOND = Saying(
    "hubs of a place that run on beyond it",
    Form("none", lambda f: f.beyond == 0, ""),
    Form("all of many", lambda f: f.beyond == f.units > 2,
         ", and all of them run on beyond it"),
    Form("both", lambda f: f.beyond == f.units, ", and both run on beyond it"),
    Form("some", always, ", and {beyond:words} of them {beyond:runs|run} on beyond it"),
)
HUBS_MISSING = Saying(
    "land of a place for which there is no hub, beside one that has a hub",
    Form("not found", lambda f: f.units and f.gap > f.least,
         "For {gap:percent} of its {ground} we found none: a gap in our list."),
    Form("none", lambda f: f.units and f.bare > f.least,
         "{bare:percent} of its {ground} {landless:have|has} none."),
)
HUB_SHARES = Saying(
    "with whom a hub shares land",
    Form("with nobody", lambda f: not f.names, ""),
    Form("with others", always,
         "<b>{both:count} {both:school stands|schools stand}</b> on land it shares with "
         "{names:joined}, along a line not to hand."),
)
MIDDLE_ONE = Saying(
    "the middle unit, below the glance",
    Form("some", lambda f: f.ranked,
         "* the middle one of {ranked} {others} with {enough}."),
    Form("by convention", lambda f: f.shared,
         f"Effective numbers and shares of pupils: {BY_CONVENTION}."),
    join=" ",
)

# ---- bars --------------------------------------------------------------------------------------

MORE = Saying(
    "pieces of a bar without a name",
    Form("beside named ones", lambda f: f.named, "{n} more"),
    Form("all", always, "{n} in all, none wide enough to name"),
)
REST = one("how many schools, under the pieces of a bar without a name", "{n:count}")
NARROW = one("schools in no unit, where a bar has no room for them", "{n:count} {name}")
PIECE = Saying(
    "how many schools, under a piece of a bar",
    Form("only piece of a unit", lambda f: f.pieces == 1 and f.of_its_unit and f.total >= FEW,
         "{n:count} {n:school|schools}, {of_place:percent} of the place;"),
    Form("only piece", lambda f: f.pieces == 1, "{n:count} {n:school|schools}"),
    Form("few pieces", lambda f: f.pieces <= 4 and f.sure and f.total >= FEW
         and bounds(f.n).certain,
         "{n:count}, {of_place:percent}"),
    Form("many pieces", always, "{n:count}"),
)
OF_ITS_UNIT = Saying(
    "how much of its unit, under a piece of a bar",
    Form("shared", lambda f: f.parted, "on land that several list: each school is in one of them"),
    Form("no room", lambda f: f.reason or f.pieces > 6 or f.key == "district", ""),
    Form("the only one", lambda f: f.whole and f.schools in (1, Interval(1, 1)),
         "its one school is here"),
    Form("both", lambda f: f.whole and f.schools in (2, Interval(2, 2)) and bounds(f.n).certain,
         "both of its schools are here"),
    Form("all", lambda f: f.whole and bounds(f.schools).certain and bounds(f.n).certain,
         "all of its {schools:count} are here"),
    Form("not known", lambda f: not (bounds(f.schools).certain and bounds(f.n).certain)
         or bounds(f.schools).high < FEW, "of the {word:owner} {schools:count}"),
    Form("a part", always, "{of_unit:percent} of the {word:owner} {schools:count}"),
)
UNITS_HERE = Saying(
    "how many units of a layer the schools of a place are in, beside its bar",
    Form("itself", lambda f: f.itself, "1 unit. It is the place."),
    Form("none", lambda f: f.units.high == 0, "no unit by its schools"),
    Form("all share it", lambda f: f.listed == f.parted > 1,
         "{parted} units share it; the line between them is not to hand."),
    Form("some", always, "{units:count} {units:unit|units} by its schools{more}"),
)
MORE_UNITS = Saying(
    "how evenly, and what is shared or strays",
    Form("several", lambda f: f.units.certain and f.units.high > 1,
         ", effective {effective:.1f}"),
    Form("some share", lambda f: f.parted,
         "; {parted:words} of those listed {parted:shares|share} land"),
    Form("strays", lambda f: bounds(f.strays).high > 0,
         "; {strays:count} {strays:school stands|schools stand} over the line"),
    join="",
)
IN_TRUSTS = Saying(
    "the schools in trusts of two or more, as a title",
    Form("one", lambda f: f.n in (1, Interval(1, 1)),
         "The one in a trust of two or more {word} schools"),
    Form("several", always, "The {n:count} in trusts of two or more {word} schools"),
)
TRUST_BOXES = Saying(
    "the boxes of trusts",
    Form("how many", always, "{trusts:count} {trusts:trust|trusts}"),
    Form("much wider", lambda f: f.times >= 2, ", drawn about {times:.0f} times wider"),
    Form("wider", lambda f: 1.5 <= f.times < 2, ", drawn wider"),
    Form("by convention", lambda f: not f.sure, f"; {BY_CONVENTION}"),
    Form("not all", lambda f: f.trusts.high > f.drawn, "; the {drawn} largest are drawn"),
    join="",
)
TRUSTS_TABLE = Saying(
    "the trusts at work in a place, above their table",
    Form("none", lambda f: f.trusts.high == 0,
         "No trust of two or more {word} schools has one in {name}."),
    Form("shared land", lambda f: not f.trusts.certain,
         "{trusts:Between} trusts of two or more {word} schools have one or more in {name}; of all "
         "that may, {homes}."),
    Form("some", always,
         "{trusts:count} {trusts:trust|trusts} of two or more {word} schools with one or more in "
         "{name}: {homes}."),
)
TICKS = Saying(
    "the others on an axis",
    Form("some", lambda f: f.ranked >= 5,
         "Each tick is one of {ranked:count} {others} with {enough}."),
    Form("too few", always,
         "Too few {others} with {enough} to compare."),
)
AXIS_MIDDLE = one("the middle one, under an axis", "middle {middle}")
AXIS_ENDS = one("the ends of an axis, for who does not see it", "axis from {low} to {high}")
AMONG_OTHERS = Saying(
    "a place among the others on an axis",
    Form("too few schools", lambda f: f.few,
         "too few schools here; {middle} in the middle {unit}"),
    Form("ranked", lambda f: f.rank,
         "here, {middle} in the middle {unit}; {rank.larger:count} of {rank.total} have more"),
    Form("not ranked", always, "here, {middle} in the middle {unit}"),
)

# ---- how far to trust a layer ------------------------------------------------------------------

HAVE_A_UNIT = Saying(
    "how many schools have a unit",
    Form("no unit", lambda f: not f.units and not f.gap,
         "No {title:small} covers this place on {day:day}."),
    Form("the only one", lambda f: f.inside == f.n == (1, 1),
         "Its one school comes under {layer:one unit}."),
    Form("both", lambda f: f.inside == f.n == (2, 2), "Both schools come under {layer:one unit}."),
    Form("all, by code", lambda f: f.inside == f.n and f.coded >= f.n.high,
         "All {n:count} schools come under {layer:one unit}, placed by district code."),
    Form("all", lambda f: f.inside == f.n, "All {n:count} schools come under {layer:one unit}."),
    Form("some", always,
         "{inside:count} of {n:count} {n:school|schools} {inside:comes|come} under "
         "{layer:one unit}."),
)
HOW_KNOWN = Saying(
    "how well a layer is known here",
    Form("gap", lambda f: f.gap, "For {gap:count} we found none: our list has a gap."),
    Form("shared land", lambda f: f.both,
         "{both:count} {both:is|are} on land that several {titles} list, with no line between: "
         "each is in one of them, and in which is not known."),
    Form("dates", lambda f: f.note, "{note}."),
    Form("caption", lambda f: f.caption, "{caption}"),
    join=" ",
)
TRUSTS_KNOWN = Saying(
    "how well trusts are known here",
    Form("date", always, "Membership as at {when}."),
    Form("dates differ", lambda f: f.dated,
         "Schools are of {schools}: those that joined a trust in between may show as in no "
         "trust."),
    Form("home not known", lambda f: f.dark,
         "For {dark:count} {dark:school|schools} it is not known whether the trust is at home "
         "here: they, or others of the trust, are on land that several {units} list."),
    Form("unknown", lambda f: f.unknown,
         "For {unknown:count} of the schools here the trust, or its home, is not known."),
    join=" ",
)
BEYOND = Saying(
    "schools of an authority that stand on land of another",
    Form("out", lambda f: f.out,
         "{out:count} {out:school|schools} of {name} {out:stands|stand} on land of another "
         "authority ({where:joined}): counted here, where {out:it is|they are} overseen."),
    Form("in", lambda f: f.guests,
         "{guests:count} {guests:school|schools} on its land {guests:is|are} overseen by another "
         "authority ({whose:joined}) and counted there."),
    join=" ",
)
NOT_DRAWN = one(
    "layers that are not drawn",
    "Not drawn. The lists we hold cover fewer than half of the schools, and a partial map would "
    "read as a gap.",
)
HAVE_A_POINT = Saying(
    "schools with a location",
    Form("all", lambda f: f.located == f.n, "all {n:count} have a point"),
    Form("some", lambda f: f.located < f.n, "{located:count} of {n:count} have a point"),
    Form("by code", lambda f: f.coded,
         "{coded:count} without one {coded:is|are} placed by district code"),
    Form("nowhere", lambda f: f.lost,
         "{lost:count} {lost:has|have} neither point nor district and {lost:is|are} on no map"),
    join="; ",
)
TRUST_UNKNOWN = one("schools whose trust is not known, in all",
                    "{unknown:count} {unknown:school|schools} whose trust, or its home, is not "
                    "known")
SMALL_AREAS = "exact for later authorities except small line moves"

# ---- a trust -----------------------------------------------------------------------------------

TRUST_PAGE = one(
    "a trust's page",
    "Where the {word} schools of {name} are, how far apart, and which maps they fall on.",
)
WHAT_A_TRUST_IS = Saying(
    "what a trust is",
    Form("none counts", lambda f: f.n == 0,
         "{sort} · UID {uid} · {all} state-funded schools, none of them {word}"),
    Form("pupils of none that counts", lambda f: f.n == 0 and f.pupils_all == f.pupils_all,
         "{pupils_all:count} {pupils_all:pupil|pupils}"),
    Form("sort and size", lambda f: f.n > 0,
         "{sort} · UID {uid} · {n} {n:{word:either} school|{word} schools}: {phases} · "
         "{pupils:count} {pupils:pupil|pupils}"),
    Form("of other phases too", lambda f: f.all > f.n > 0,
         "{all} schools in all, {pupils_all:count} {pupils_all:pupil|pupils}"),
    Form("spread", lambda f: f.reach, "spread: {reach}"),
    join=" · ",
)
TRUST_RUNS = Saying(
    "how many schools a trust runs, and which of them count",
    Form("none counts", lambda f: f.n == 0,
         "{name} runs <b>{all:count} state-funded schools: {parts:joined}</b>; none is among the "
         "{title} that this atlas counts."),
    Form("one counts", lambda f: f.all > f.n == 1,
         "{name} runs <b>{all:count} schools: {parts:joined}</b>; on this page the "
         "{word:either} one counts,"),
    Form("some count", lambda f: f.all > f.n,
         "{name} runs <b>{all:count} schools: {parts:joined}</b>; on this page the {n:count} "
         "{word} ones count,"),
    Form("all count", always, "{name} runs <b>{n:count} {word} schools</b>,"),
)
TRUST_WHERE = Saying(
    "where the schools of a trust are",
    Form("one school", lambda f: f.n == 1, "in one local authority."),
    Form("one authority, several regions", lambda f: f.areas == 1 and f.regions > 1,
         "<b>{n:all|both|all} in one local authority</b> and {regions:words} DfE regions."),
    Form("one authority", lambda f: f.areas == 1,
         "<b>{n:all|both|all} in one local authority</b>."),
    Form("several regions", lambda f: f.regions > 1,
         "<b>in {areas:words} local authorities</b> and {regions:words} DfE regions."),
    Form("one region", always, "<b>in {areas:words} local authorities</b>."),
)
BESIDES = Saying(
    "the schools of a trust that do not count, above the table of its schools",
    Form("none", lambda f: not f.others, ""),
    Form("none counts", lambda f: f.n == 0, ", none of them counted here"),
    Form("some", always, ", then the {others:words} not counted here"),
)
TRUST_HOME = Saying(
    "where a trust is at home",
    Form("all at home", lambda f: f.status == "home" and f.largest == f.n,
         "Its home is <b>{home}</b>."),
    Form("most at home", lambda f: f.status == "home" and f.largest > f.n / 2,
         "Its home is <b>{home}</b>, which has most of them: {largest:count}."),
    Form("more than anywhere else", lambda f: f.status == "home",
         "Its home is <b>{home}</b>, which has {largest:count} of them, more than anywhere else."),
    Form("outside", lambda f: f.status == "outside",
         "Its home is <b>outside every {unit}</b>: {largest:count} of them, more than in any one."),
    Form("two as large", lambda f: f.status == "no_single_home" and len(f.tied) == 2,
         "It has <b>no single home</b>: {tied:joined} have {largest:count} each, and no other "
         "{unit} has more."),
    Form("several as large", lambda f: f.status == "no_single_home" and len(f.tied) > 2,
         "It has <b>no single home</b>: {ties:words} {units} have {largest:count} each, and none "
         "has more."),
    Form("too few in any", lambda f: f.status == "no_single_home",
         "It has <b>no single home</b>: the largest part of them, in {tied:joined}, is "
         "{largest:count}, less than {least:percent}."),
    Form("not known", always,
         "Where it is at home is <b>not known</b>: some of its schools are on land that several "
         "{units} list, or that our list does not name."),
)
MARKED = Saying(
    "a trust's schools of one kind, beside their mark",
    Form("at home", lambda f: f.kind == "trust_home_here" and f.status == "home",
         "School in {home}, its home: {n:count}"),
    Form("at home outside", lambda f: f.kind == "trust_home_here",
         "School outside every {unit}, where it is at home: {n:count}"),
    Form("elsewhere", lambda f: f.kind == "trust_based_elsewhere" and f.status == "home",
         "School elsewhere, with its link to home: {n:count}"),
    Form("in a unit", lambda f: f.kind == "trust_based_elsewhere", "School in {unit:a}: {n:count}"),
    Form("no home", lambda f: f.kind == "no_single_home",
         "School: {n:count}. Without a home no links are drawn."),
    Form("other", always, "School; whether at home is not known: {n:count}"),
)
DISTANCES_OF = Saying(
    "the table of a trust's distances",
    Form("with a home", lambda f: f.home,
         "{rows:Words} distances, against the yardstick and trusts of like size"),
    Form("without", always, "{rows:Words} distances, against trusts of like size"),
)
SORTED_BY = Saying(
    "how the schools of a trust are sorted",
    Form("from home", lambda f: f.home, "Farthest from home first"),
    Form("by name", always, "By name"),
)
TRUST_HUBS = Saying(
    "the hubs of a trust",
    Form("some", lambda f: f.hubs.high > 0,
         "Its {n:{word:either} school falls|{word} schools fall} under <b>{hubs:words} "
         "{hubs:Teaching School Hub|Teaching School Hubs}</b>."),
)
TRUST_FAR = Saying(
    "how far a trust's schools are",
    Form("from home", lambda f: f.home and f.located >= 3 and f.yard,
         "Half of them are about {half:km} or more from the middle of its {home} schools; the "
         "nearest {yard} schools of the same phases all lie within {yard_all:km within}."),
    Form("from each other", lambda f: f.widest == f.widest,
         "The two farthest apart are {widest:km} from each other."),
)
ON_AXIS = one("a distance of a trust, for who does not see its axis",
              "this trust {here:km}, {middle}, {ends}")
YARDSTICK = one(
    "what the yardstick is",
    "The yardstick takes the nearest schools, whoever runs them: half of the schools of "
    "{equal:count} of {trusts:count} trusts are as near. Read it as a scale, not a target.",
)
OF_LIKE_SIZE = Saying(
    "trusts of like size",
    Form("alone", lambda f: f.same == 1, "No other trust has {band} {word} schools."),
    Form("several", always, "{same:count} trusts have {band} {word} schools, this one among them."),
)
ACROSS_MAPS = Saying(
    "which maps a trust works across",
    Form("one school", lambda f: f.n == 1,
         "One bar per map: the unit that has its one {word:either} school."),
    Form("several", lambda f: f.n > 1,
         "One bar per map, split between the units that have its {n:count} {word} schools."),
    Form("darkest", lambda f: f.n > 1 and not f.doubt,
         "No unit has more of them than the darkest piece."),
    join=" ",
)
YARDSTICK_ASKS = one(
    "what the yardstick asks",
    "Each mark is a school. The yardstick asks: if the trust had taken the nearest {n:count} "
    "schools of the same phases, how far would they be?",
)
TRUST_UNITS = Saying(
    "how a layer divides a trust, beside its bar",
    Form("units", always, "{units:count} {units:unit|units}"),
    Form("several", lambda f: f.units.high > 1 and f.effective == f.effective,
         ", effective {effective:.1f}"),
    Form("pairs", lambda f: f.n == f.all >= FEW and f.units.high > 1
         and f.together.high - f.together.low < 1,
         "; {together:percent} of the pairs of its schools share one"),
    Form("pairs of some", lambda f: f.all > f.n >= FEW and f.units.high > 1
         and f.together.high - f.together.low < 1,
         "; {together:percent} of the pairs of its {n:count} schools in {title:a small} share one"),
    join="",
)
WITHIN = Saying(
    "how far from home, beside the marks",
    Form("one", lambda f: f.n == 1, "{whole:km}"),
    Form("some", lambda f: f.n, "half are within {half:km within}, all within {whole:km within}"),
)

# ---- England -----------------------------------------------------------------------------------

INDEX_PAGE = "Which maps run a place's schools, and where they disagree."
START_FROM = Saying(
    "where to start, as a title",
    Form("regions", lambda f: f.title, "Start from a {title}"),
    Form("no regions", always, "Start from a place"),
)
BASED_ELSEWHERE_FIGURE = one("schools in trusts based elsewhere, as a figure", "{share:percent}")
DIVIDED_FIGURE = one("places divided between hubs, as a figure", "{n:count}")
ACROSS_REGIONS_FIGURE = one("trusts across regions, as a figure", "{n:count}")
NO_HUB_FOUND_FIGURE = one("places without a hub, as a figure", "{n:count}")
BASED_ELSEWHERE_TITLE = one("schools in trusts based elsewhere, as a title",
                            "of schools are {label:lower first}")
DIVIDED_TITLE = Saying(
    "places divided between hubs, as a title",
    Form("one", lambda f: f.n == 1, "{place} has land of more than one {title}"),
    Form("several", always, "{places} have land of more than one {title}"),
)
ACROSS_REGIONS_TITLE = one("trusts across regions, as a title",
                           "{n:trust has|trusts have} schools in more than one {title}")
NO_HUB_FOUND_TITLE = Saying(
    "places without a hub, as a title",
    Form("one", lambda f: f.n == 1, "{place} where we found no {title}"),
    Form("several", always, "{places} where we found no {title}"),
)
BASED_ELSEWHERE = Saying(
    "schools in trusts based elsewhere",
    Form("schools", always,
         "{away:count} of {n:count} {n:school is|schools are} in a trust whose home is outside "
         "{n:its|their} own {unit}."),
    Form("trusts", lambda f: f.trusts > 0,
         "{one:Between} of {trusts:count} {trusts:trust|trusts} of two or more {word} schools "
         "({share:percent}) {one:keeps|keep} to one {unit}."),
    join=" ",
)
DIVIDED = Saying(
    "places divided between hubs",
    Form("hubs", lambda f: f.hubs > 0,
         "{several:Between} of {hubs:count} {titles} {several:has|have} land in more than one "
         "{unit}."),
    Form("middle hub", lambda f: f.middle.low == f.middle.low,
         "In the middle one {middle:between} {middle:trust is|trusts are} at work."),
    join=" ",
)
ACROSS_REGIONS = Saying(
    "trusts across regions",
    Form("share", lambda f: f.trusts > 0,
         "{share:Between percent} of the {trusts:count} {trusts:trust|trusts} of two or more "
         "{word} schools."),
    Form("directors", lambda f: f.trusts > 0 and f.key == "dfe_region",
         "Each of these deals with more than one regional director."),
    join=" ",
)
NO_HUB_FOUND = one(
    "places without a hub",
    "{n:count} {n:school stands|schools stand} on land that none of our lists names: a gap in "
    "our lists, not proof that nobody serves {n:it|them}.",
)
NOT_ON_A_MAP = Saying(
    "schools that no map can draw",
    Form("none", lambda f: f.lost == 0, ""),
    Form("some", always,
         "{lost:count} {lost:school|schools} without a location {lost:is|are} not drawn."),
)
ALL_OF = Saying(
    "all places, as a title",
    Form("one", lambda f: f.n == 1, "The one {place}"),
    Form("two", lambda f: f.n == 2, "Both {places}"),
    Form("several", always, "All {n:count} {places}"),
)
SUCH_LAND = one("places with some such land, as the head of a column", "{places}, all or in part")
NORTH_TO_SOUTH = Saying(
    "the units of a layer, as a title",
    Form("one", lambda f: f.n == 1, "The one {title}"),
    Form("several", always, "The {n:count} {titles}, north to south"),
)
INDEX_NOTE = one("the schools that count, on the index",
                 "{population}, <b>n = {n:count}</b>. {dates}")
TRUSTS_LISTED = Saying(
    "all trusts",
    Form("none", lambda f: f.trusts == 0, "No trust runs two or more {word} schools."),
    Form("how many", lambda f: f.trusts > 0,
         "<b>{trusts:count} {trusts:trust|trusts}</b> {trusts:runs|run} two or more {word} "
         "schools. <b>{one:Between}</b> {one:keeps|keep} to one {unit}."),
    Form("spread", lambda f: f.trusts > 0, "By spread, {spreads:joined}."),
    Form("one, and others", lambda f: f.more > 0,
         "{more:count} more {more:runs|run} one {word:either} school and others that do "
         "not count: listed, and counted in no figure."),
    Form("none that counts", lambda f: f.none > 0,
         "{none:count} more {none:runs|run} two or more schools, none of which counts: listed too, "
         "and counted in no figure."),
    join=" ",
)
SPREAD_COUNT = one("trusts of one spread", "{n:count} {n:is|are} {reach:lower first}")
MAPS_LISTED = (
    "Each map opens without a network, says what it shows and what it does not mean, and "
    "has a table with the same numbers."
)
DATA_LISTED = (
    "Every number of this atlas stands in a table you can open. Codes are text; a blank is "
    "missing, never zero."
)
WHO_HAS = one("a map of coverage, as a title", "Who has {title:a}")
WHO_HAS_SHOWS = one("what a map of coverage shows",
                    "One {title}, several, or none found, area by area")
COVERAGE_PAGE = one("a page on coverage", "Which land has {title:a}, and how that is known.")
COVERAGE_KIND = Saying(
    "what a coverage map is counted in",
    Form("over itself", lambda f: not f.places, "{hubs:count} {titles} · counted in schools"),
    Form("over places", always, "{hubs:count} {titles} over {places} · counted in schools"),
)
COVERAGE_LIMIT = one(
    "the limit of coverage",
    "None found is a gap in our lists, not proof that nobody serves the area. {caption}",
)
EVIDENCE = one("a kind of evidence", "{kind} ({n:count} {n:record|records})")
COVERAGE = Saying(
    "who has a hub",
    Form("one, some in doubt", lambda f: f.low > 0,
         "One {title} is named for the land of <b>{sure:percent} of schools</b>, and for that of "
         "another {low:percent} one on evidence of low confidence."),
    Form("one", lambda f: f.low == 0,
         "One {title} is named for the land of <b>{sure:percent} of schools</b>."),
    Form("shared", lambda f: f.shared > 0,
         "<b>{shared:count} {shared:school stands|schools stand}</b>, in {shared_places}, on land "
         "that several are listed for, along lines not to hand."),
    Form("none", lambda f: f.none > 0,
         "For <b>{none:count} {none:school|schools}</b>, in {none_places}, we found none."),
    Form("evidence", always,
         "<small>What that rests on, as its records say: {evidence:joined}.</small>"),
    join=" ",
)
COVERED = {
    "one": ("One {}", "One is listed for the land"),
    "low": ("One, low confidence", "Listed on evidence of low confidence"),
    "shared": ("Shared by several", "Several are listed; the line is not to hand"),
    "none": ("None found", "In none of the records we hold"),
    "not_covered": ("Not covered", "In none, by a list that is whole"),
    "not_located": ("Not located", "Schools with neither code nor point"),
}
"""Ways in which land is covered: titles and what they mean."""

# ---- a profile ---------------------------------------------------------------------------------

MORE_TRUSTS = one(
    "trusts beyond those named",
    "The table of trusts names the {named:words} with most schools here; {more:words} more "
    "{more:runs|run} {schools}.",
)
AWAY = one(
    "where trusts based elsewhere are based",
    "{one:The one trust|Trusts} based elsewhere {one:runs|run} <b>{schools}</b> here. By where "
    "{one:it is|they are} based{known:|, as far as the trust is known}: {homes:joined}.",
)
MAPS_TITLE = Saying(
    "which maps cover a place, as a title",
    Form("no map", lambda f: not f.maps, "No other map covers {name}"),
    Form("each has it whole", lambda f: f.maps == f.whole,
         "Which maps cover {name}: none divides it"),
    Form("some divide it", lambda f: f.divide, "Which maps cover {name}, and where they part"),
    Form("some do not", always, "Which maps cover {name}"),
)
MAPS_HERE = Saying(
    "which maps divide a place",
    Form("some divide it", lambda f: f.divide,
         "Of {maps:words} {maps:other map|other maps}, <b>{n:words}</b> {n:divides|divide} {name} "
         "between several units: {divide:joined}."),
    Form("some list it twice", lambda f: f.listed,
         "Several units are listed for the same land, and no line between them is to hand: "
         "{listed:joined}."),
    Form("some cover a part", lambda f: f.part,
         "Only a part of {name} is covered by {part:joined}."),
    Form("each has it whole", lambda f: f.maps == f.whole > 1,
         "No other map divides {name}: each of {maps:words} has it whole in one unit."),
    Form("the only one has it whole", lambda f: f.maps == f.whole == 1,
         "The one other map has {name} whole in one unit."),
    join=" ",
)
MET = Saying(
    "which units a place meets, with the schools of the place that are in them",
    Form("none found", lambda f: not f.met and f.gap, "none found: a gap in our list"),
    Form("none", lambda f: not f.met, "none"),
    Form("one, of all schools", lambda f: f.met == 1 and f.weight == f.n, "{name}"),
    Form("one, of some", lambda f: f.met == 1, "{name} {weight:count}"),
    Form("several", lambda f: not f.more, "{names}"),
    Form("many", always, "{names} and {more:count} more"),
)
RUN_ON = Saying(
    "how far the land of units runs on beyond a place",
    Form("none", lambda f: not f.units, ""),
    Form("one, inside", lambda f: f.units == f.inside == 1, "nowhere else"),
    Form("one", lambda f: f.units == f.beyond == 1 and not f.parted,
         "{weight:count} of its {schools:count} schools {weight:is|are} here"),
    Form("all share it", lambda f: f.together, "share it; no line is to hand"),
    Form("all inside", lambda f: f.inside == f.units, "all inside"),
    Form("both", lambda f: f.beyond == f.units == 2, "both run on"),
    Form("all", lambda f: f.beyond == f.units > 2, "all run on"),
    Form("some", lambda f: f.beyond,
         "{beyond:words} of {units:words} {beyond:runs|run} on"),
    Form("perhaps", always, "listed beyond it, with others"),
)
PART = Saying(
    "so many of all schools",
    Form("some", lambda f: bounds(f.part).high < bounds(f.n).high - 0.05,
         "{part:count} of {n:count} {n:school|schools}"),
    Form("the only one", lambda f: bounds(f.n).high == 1, "{capital:I|i}ts one school"),
    Form("both", lambda f: bounds(f.n) == (2, 2), "{capital:B|b}oth schools"),
    Form("all", always, "{capital:A|a}ll {n:count} schools"),
)
GAP = one("schools for which we found no unit",
          "For <b>{schools}</b> we found no {title:small}: a gap in our list, not proof of "
          "none.")
IN_NO_UNIT = one("schools in no unit",
                 "<b>{schools}</b> {n:is|are} in no {title:small}{partial:, by design|}.")
LISTED_TWICE = one(
    "schools on land that several units list",
    "<b>{schools}</b> {n:stands|stand} on land that several {titles} list ({between}): no line "
    "between them is to hand, so each counts in equal parts.",
)
LISTED_TOO = Saying(
    "schools on land that another unit of the place's layer lists",
    Form("schools alone", lambda f: not f.land,
         "<b>{schools}</b> here may be of {names:joined} too, which is not known: each is counted "
         "in equal parts."),
    Form("land", always,
         "<b>{schools}</b> here {n:stands|stand} on land that {names:joined} {others:lists|list} "
         "too: no line between them is to hand, so each is counted in equal parts."),
)
LOST = one("schools without a location",
           "{schools} {n:has|have} no usable location: counted in {name}, and on no other map.")
NOTHING_BETWEEN = "None: on every map above, each school here is in one unit."
MOST_LIKE = Saying(
    "the areas most like a place",
    Form("some", lambda f: f.alike,
         "Of {ranked:count} {others} with {enough}, most like it by eight of these figures: "
         "{alike:joined}. In brackets how far they differ: 1 is the width of the middle half of "
         "them all."),
    Form("too small", lambda f: f.small,
         "Without {enough} there is no telling which are like it."),
    Form("too few others", always, "There are too few {others} to tell which are like it."),
)
MIDDLE_BESIDE = Saying(
    "the middle unit, below the figures",
    Form("some", lambda f: f.ranked,
         "* The middle one of {ranked} {others} with {enough}."),
    Form("by convention", lambda f: f.shared,
         f"Effective numbers and shares of pupils: {BY_CONVENTION}."),
    join=" ",
)
PATTERN = Saying(
    "the pattern of an authority",
    Form("not known", lambda f: f.pattern is None and f.rule.startswith(NOT_SURE),
         "<b>Which pattern</b> it shows is {rule}."),
    Form("none", lambda f: f.pattern is None, ""),
    Form("mixed", lambda f: f.pattern == "mixed",
         "<b>No one pattern</b> by the rule of the study for {phase} schools: {rule}."),
    Form("one", always,
         "<b>Pattern {pattern}</b> ({meaning:lower first}) by the rule of the study for "
         "{phase} schools: {rule}."),
)
CAVEATS = Saying(
    "what to bear in mind, before the layers",
    Form("home", always,
         "A trust is based in the {unit} with more of its {word} schools than anywhere else, not "
         "where its office is. Elsewhere is not far: the next {unit} counts."),
    Form("date of trusts", lambda f: f.links,
         "Trust membership is of {links}: schools that joined a trust after it may show as in "
         "none."),
    Form("home not known", lambda f: f.dark,
         "For {dark:count} {dark:school|schools} it is not known whether the trust is at home "
         "here: they, or others of the trust, are on land that several {units} list."),
    Form("unknown", lambda f: f.unknown,
         "For {unknown:count} {unknown:school|schools} the trust, or its home, is not known: "
         "counted as in no other kind."),
    join=" ",
)
LAYER_CAVEATS = Saying(
    "what to bear in mind of a layer",
    Form("caption", lambda f: f.caption, "{title}: {caption}"),
    Form("dates", lambda f: f.note, "{note}."),
    join=" ",
)
LAST_CAVEATS = Saying(
    "what to bear in mind, after the layers",
    Form("overlap", lambda f: f.parted,
         "Overlap is not failure: it shows which bodies must talk."),
    Form("land", always, f"Built from pre-2019 districts, {SMALL_AREAS}."),
    Form("thin layers", lambda f: f.thin,
         "Left out, for our lists name too few: {thin:joined}."),
    join=" ",
)
SOURCE = one("a source of a profile", "{titles:joined}: {source}.")
STUDY = one("the study of a profile",
            "Study: {title}, as of {day}, fingerprint {fingerprint}")
