"""What must be true of the tables wherever a form of a sentence is said, one claim a form.

A claim reads the numbers and names out of the printed sentence and holds them against `Truth`.
Its text is the condition as docs/checks.md prints it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import combinations
from statistics import median
from typing import Any

import numpy as np
from said import Said
from scipy.spatial import cKDTree
from truth import LEAST, REASONS, Truth

from geolls.base.text import DASH
from geolls.base.vocabulary import REACHES
from geolls.study.typology import typology

Groups = dict[str, str]
Claim = Callable[[Truth, Said, Groups], bool]

CLAIMS: dict[tuple[str, str], tuple[str, Claim]] = {}
WORDS = "no one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
SAME = 1e-6


def claim(about: str, form: str, condition: str) -> Callable[[Claim], Claim]:
    def kept(found: Claim) -> Claim:
        assert (about, form) not in CLAIMS
        CLAIMS[about, form] = condition, found
        return found

    return kept


# ---- reading numbers ---------------------------------------------------------------------------


def num(text: str) -> float:
    """Read one number, in figures or as a word."""
    word = text.strip().lower()
    if word in WORDS:
        return float(WORDS.index(word))
    return float(word.replace(",", "").removesuffix(" km"))


def ends(text: str) -> tuple[float, float]:
    """Read a number, or the two it lies between."""
    parts = re.split(r" (?:to|and|or) ", text.removeprefix("between "))
    return num(parts[0]), num(parts[-1])


def near(text: str, value: float, low: float | None = None, high: float | None = None) -> bool:
    """Tell whether a printed count is the value, rounded as counts are."""
    if text == DASH:
        return value != value
    if low is not None and high is not None and abs(low - high) > SAME:
        return all(abs(a - b) <= 0.05 + SAME for a, b in zip(ends(text), (low, high), strict=True))
    if " to " in text:
        return False
    return abs(num(text) - value) <= 0.05 + SAME


def pct(text: str, share: float) -> bool:
    """Tell whether a printed percentage is the share, rounded to whole percents, halves up."""
    if text == DASH:
        return share != share
    if text == "under 1%":
        return 0 < share < 0.005 + SAME
    if text == "over 99%":
        return 0.995 - SAME < share < 1
    whole = num(text.removesuffix("%"))
    if whole in (0, 100) and abs(share - whole / 100) > SAME:
        return False
    return -0.5 - SAME <= share * 100 - whole < 0.5 - SAME


def between(text: str, low: float, high: float) -> bool:
    """Tell whether a printed percentage, or two, are the least and the most."""
    parts = re.split(" and | to ", text.removeprefix("between "))
    return pct(parts[0], low) and pct(parts[-1], high)


def about_share(words: str, share: float) -> bool:
    """Tell whether the words for a share hold: just over and under within two points."""
    named = {
        "one in ten": 0.1, "a fifth": 0.2, "a quarter": 0.25, "three in ten": 0.3,
        "a third": 1 / 3, "four in ten": 0.4, "half": 0.5, "six in ten": 0.6,
        "two thirds": 2 / 3, "seven in ten": 0.7, "three quarters": 0.75, "eight in ten": 0.8,
        "nine in ten": 0.9,
    }  # fmt: skip
    said = words.lower()
    if said in named:
        return abs(share - named[said]) <= 0.005
    if said.startswith("just over "):
        return 0 < share - named[said[10:]] <= 0.02 + SAME
    if said.startswith("just under "):
        return 0 < named[said[11:]] - share <= 0.02 + SAME
    if tenths := re.fullmatch(r"between (\w+) and (\w+) in ten", said):
        return num(tenths[1]) / 10 < share < num(tenths[2]) / 10
    return {
        "all": share == 1,
        "none": share == 0,
        "nearly all": 0.98 <= share < 1,
        "more than nine in ten": 0.9 < share < 1,
        "under one in ten": 0 < share < 0.1,
    }[said]


def names(text: str) -> list[str]:
    """Read a list of names as prose has it; names that hold "and" or commas stay in pieces."""
    return re.split(r", | and ", text)


def pieces_of(t: Truth, s: Said, layer: str) -> dict[str, tuple[float, int, int]]:
    return t.met(s.layer, s.code, layer)


def layer_titled(t: Truth, title: str) -> str:
    """Return the layer that a title, of one unit or of several, stands for."""
    key = title.lower()
    return next(
        k
        for k, layer in t.study.layers.items()
        if key in {layer.unit_title.lower(), layer.unit_title_plural.lower(), layer.title.lower()}
    )


def any_layer(t: Truth, s: Said, holds: Callable[[str], bool]) -> bool:
    """Tell whether a text holds of the layer that it is said of, or of some layer if of none."""
    return any(holds(layer) for layer in ([s.of] if s.of else t.layers))


def ground(t: Truth, s: Said, layer: str) -> Any:
    return t.ground(s.layer, s.code, layer)


# ---- on every page -----------------------------------------------------------------------------

PAGE = "n, the population, the dates and one limit"


@claim(PAGE, "always", "n is the schools of the place or trust")
def _(t: Truth, s: Said, g: Groups) -> bool:
    if s.layer == "trust":
        return near(g["n"], len(t.of_trust.get(s.code, ())))
    return near(g["n"], t.n(s.layer, s.code), *t.ends(s.layer, s.code))


@claim("the date of each source", "made-up schools", "the register is generated")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return bool(t.study.register.demonstration)


@claim("the date of each source", "schools", "the register file's month")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return g["schools"] == f"{t.study.register.source['vintage_schools']:%B %Y}"


@claim("the date of each source", "trusts", "the links file's month")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return g["trusts"] == f"{t.study.register.source['vintage_links']:%B %Y}"


@claim("the date of each source", "areas after the check", "the day of the study is after it")
def _(t: Truth, s: Said, g: Groups) -> bool:
    day = max(v.checked_until for v in t.study.layers.values() if v.checked_until)
    right: bool = t.study.as_of > day
    return right and g["day"] == f"{t.study.as_of.day} {t.study.as_of:%B %Y}"


@claim("the date of each source", "areas", "the day of the study")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return g["day"] == f"{t.study.as_of.day} {t.study.as_of:%B %Y}"


@claim("the effective number of maps", "always", "the layers named are layers of the study")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return all(n == "trust" or layer_titled(t, n) for n in names(g["names"]))


for _reason, _form in (("not_covered", "not covered"), ("no_evidence", "not found")):

    @claim("why there is no unit", _form, "schools or land of it are in no unit for that reason")
    def _(t: Truth, s: Said, g: Groups, reason: str = _reason) -> bool:
        layer = layer_titled(t, g["title"])
        if s.layer == "trust":
            found = (c for urn in t.of_trust[s.code] for c, _ in t.claims(layer)[urn])
        else:
            found = iter(pieces_of(t, s, layer))
        return reason in set(found)


@claim("why there is no unit", "not located", "the register gives no location")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return True


@claim("why there is no unit", "not applicable", "said of no other reason")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return True


@claim("so many schools", "always", "a whole number of schools, or parts where land is shared")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return 0 <= ends(g["n"])[0] <= ends(g["n"])[1] > 0


# ---- a place -----------------------------------------------------------------------------------


@claim("a place without land", "no land", "it is a list of schools; homes are sought there")
def _(t: Truth, s: Said, g: Groups) -> bool:
    homes = layer_titled(t, g["unit"])
    return not t.has_land(s.layer) and homes == t.study.seat(s.layer)


IS = "what a place is"


@claim(IS, "its layer", "the place is a unit of that layer")
def _(t: Truth, s: Said, g: Groups) -> bool:
    if not t.has_land(s.layer):
        return g["title"] == t.study.layer(s.layer).unit_title
    return layer_titled(t, g["title"]) == s.layer


def with_land(t: Truth, s: Said, layer: str) -> tuple[int, int]:
    """Return how many units of a layer have land of a place for certain, one at least; and may."""
    held = ground(t, s, layer).units
    mine = t.blocks(s.layer)[s.code] if t.has_land(s.layer) else dict(t.members(s.layer)[s.code])
    of = t.listed(layer) if t.has_land(s.layer) else t.claims(layer)
    whose = (of[one] for one, share in mine.items() if share == 1)
    listed = ({c if isinstance(c, str) else c[0] for c in each} & held.keys() for each in whose)
    sure = {frozenset(units) for units in listed if units}
    alone = frozenset().union(*(units for units in sure if len(units) == 1))
    rest = [units for units in sure if not units & alone]
    units = sorted(frozenset().union(*rest))
    low = next(
        len(alone) + n
        for n in range(len(units) + 1)
        if any(all(one & {*some} for one in rest) for some in combinations(units, n))
    )
    return max(low, min(len(held), 1)), len(held)


@claim(IS, "authorities", "so many authorities have more than 0.1% of its land, or most of theirs")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return ends(g["authorities"]) == with_land(t, s, "local_authority")


@claim(IS, "districts", "so many districts have more than 0.1% of its land, or most of theirs")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return ends(g["districts"]) == with_land(t, s, "district") > (0, 1)


@claim(IS, "within", "one combined authority has all its land")
def _(t: Truth, s: Said, g: Groups) -> bool:
    land = ground(t, s, "combined_authority")
    called = {t.name("combined_authority")[unit] for unit in land.units}
    return called == {g["within"]} and sum(land.bare.values()) <= LEAST


@claim(IS, "pupils", "the pupils of its schools, those of shared schools in parts")
def _(t: Truth, s: Said, g: Groups) -> bool:
    heads = [(t.pupils[urn], share) for urn, share in t.members(s.layer)[s.code]]
    return ends(g["pupils"]) == (
        sum(n for n, share in heads if share == 1),
        sum(n for n, _ in heads),
    )


RUNS = "who runs the schools of a place"


def who_runs(t: Truth, s: Said, run: str) -> tuple[float, float, tuple[float, float]]:
    """Return the schools run so, their share, and England's."""
    n = t.n(s.layer, s.code)
    if run == "in no trust":
        part, whole = t.run_by(s.layer, s.code)["no_trust"], t.england["no_trust"]
    else:
        assert run == "in a trust of two or more schools"
        kinds = ("no_trust", "status_unknown", "single_school_trust")
        part = n - sum(t.run_by(s.layer, s.code)[kind] for kind in kinds)
        whole = t.england["several"]
    return part, part / n, whole


@claim(RUNS, "no school", "no school that counts is in it")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return t.n(s.layer, s.code) == 0


@claim(RUNS, "one school", "it has one school, and that is run so")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return t.n(s.layer, s.code) == 1 == who_runs(t, s, g["run"])[0]


@claim(RUNS, "few schools", "the count is of schools run so, of fewer than ten")
def _(t: Truth, s: Said, g: Groups) -> bool:
    n, (_, part, *_) = t.n(s.layer, s.code), run_between(t, s, g["run"])
    return near(g["n"], n) and n < 10 and near(g["part"], part[0], *part)


@claim(RUNS, "some not known", "the least and the most of its schools run so, and the share")
def _(t: Truth, s: Said, g: Groups) -> bool:
    whole, part, low, high = run_between(t, s, g["run"])
    right = near(g["n"], whole[0]) and whole[0] == whole[1] and part[0] < part[1]
    right &= ends(g["part"].lower()) == part and between(g["share"], low, high)
    return right and between(g["england"], *who_runs(t, s, g["run"])[2])


def many_schools(t: Truth, s: Said, g: Groups) -> bool:
    part, share, england = who_runs(t, s, g["run"])
    n = t.n(s.layer, s.code)
    return (
        n >= 10
        and near(g["part"], part)
        and near(g["n"], n)
        and pct(g["share_2"], share)
        and between(g["england"], *england)
        and about_share(g["share"], share)
    )


@claim(RUNS, "many schools", "words, count and percentages are of schools run so, of ten or more")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return many_schools(t, s, g)


@claim(RUNS, "shared land", "the least and the most schools it can have, those run so, the share")
def _(t: Truth, s: Said, g: Groups) -> bool:
    whole, part, low, high = run_between(t, s, g["run"])
    right = ends(g["schools"]) == whole and ends(g["part"]) == part
    return (
        right
        and between(g["share"], low, high)
        and between(g["england"], *who_runs(t, s, g["run"])[2])
    )


Ends = tuple[float, float]


def run_between(t: Truth, s: Said, how: str) -> tuple[Ends, Ends, float, float]:
    """Return the schools that a place can have, those run so, and the share: least and most."""
    kinds = {"no_trust", "status_unknown", "single_school_trust"}
    run = {"no_trust"} if how == "in no trust" else {
        t.seen(s.layer, s.code, urn) for urn, _ in t.members(s.layer)[s.code]} - kinds  # fmt: skip
    # Schools of unknown status may be in no trust.
    may = t.run_ends(s.layer, s.code, *run, "status_unknown")[1]
    whole, part = t.ends(s.layer, s.code), (t.run_ends(s.layer, s.code, *run)[0], may)
    if how != "in no trust":
        found = [
            share
            for urn, share in t.members(s.layer)[s.code]
            if t.every.get(t.trust[urn] or "", 0) > 1
        ]
        unknown = sum(
            t.trust[urn] is None and t.unknown[urn] for urn, _ in t.members(s.layer)[s.code]
        )
        part = sum(share == 1 for share in found), len(found) + unknown
    mine = t.members(s.layer)[s.code]
    dark = [share for urn, share in mine if t.trust[urn] is None and t.unknown[urn]]
    # Of unknown status: none in the least, all in the most; a sure school stays in the whole.
    low = part[0] / (part[0] + whole[1] - (part[1] - len(dark)))
    rest = whole[0] - part[0] - sum(share == 1 for share in dark)
    high = part[1] / (part[1] + rest) if part[1] else 0.0
    return whole, part, low, high


def work_ends(t: Truth, s: Said) -> tuple[int, int]:
    """Return the least and the most schools of a place in trusts of two or more."""
    found = [share for urn, share in t.members(s.layer)[s.code] if t.size[t.trust[urn] or ""] > 1]
    dark = [t.trust[urn] is None and t.unknown[urn] for urn, _ in t.members(s.layer)[s.code]]
    return sum(share == 1 for share in found), len(found) + sum(dark)


def rank_ends(t: Truth, s: Said, kind: str) -> tuple[list[tuple[int, int]], int]:
    """Return how many others have a larger, and a smaller, share: least, most; and how many."""
    low, high = t.share_ends(s.layer, s.code, kind)
    others = [t.share_ends(s.layer, c, kind) for c in t.ranked(s.layer) if c != s.code]
    larger = sum(o > high + SAME for o, _ in others), sum(o > low + SAME for _, o in others)
    smaller = sum(o < low - SAME for _, o in others), sum(o < high - SAME for o, _ in others)
    return [larger, smaller], len(others) + (s.code in t.ranked(s.layer))


@claim(RUNS, "at one end of all", "and so many of those that surely have 20 schools have more")
def _(t: Truth, s: Said, g: Groups) -> bool:
    (larger, smaller), others = rank_ends(t, s, "no_trust")
    found = re.fullmatch(r"(no other|only (\w+)) ha(?:s|ve) a (larger|smaller) share", g["rank"])
    assert found
    counted = larger if found[3] == "larger" else smaller
    n = 0 if found[1] == "no other" else num(found[2])
    right = counted == (n, n) and num(g["rank_total"]) == others
    return many_schools(t, s, g) and right and g["enough"] == t.enough(s.layer)


WORK = "the trusts at work in a place"


def at_home(t: Truth, s: Said) -> tuple[int, Counter[str]]:
    return len(t.at_work(s.layer, s.code)), t.homes(s.layer, s.code)


@claim(WORK, "none", "no trust of two or more schools has a school in it")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return at_home(t, s)[0] == 0


for _form, _kind in (
    ("one, at home", "here"), ("one, based elsewhere", "elsewhere"),
    ("one, with no single home", "no_single_home"), ("one, not known", "not_known"),
):  # fmt: skip

    @claim(WORK, _form, f"one trust has schools in it; its home: {_kind.replace('_', ' ')}")
    def _(t: Truth, s: Said, g: Groups, kind: str = _kind) -> bool:
        return at_home(t, s) == (1, Counter({kind: 1}))


for _form, _kind in (("all at home", "here"), ("all based elsewhere", "elsewhere")):

    @claim(WORK, _form, f"so many trusts have schools in it, each with its home {_kind}")
    def _(t: Truth, s: Said, g: Groups, kind: str = _kind) -> bool:
        trusts, kinds = at_home(t, s)
        return trusts == num(g["trusts"]) == kinds[kind] > 1


@claim(WORK, "shared land", "the least and the most trusts that can have a school in it")
def _(t: Truth, s: Said, g: Groups) -> bool:
    mine = t.members(s.layer)[s.code]
    sure = {t.trust[urn] for urn, share in mine if share == 1 and t.size[t.trust[urn] or ""] > 1}
    return ends(g["trusts"]) == (len(sure), at_home(t, s)[0])


@claim(WORK, "some", "the trusts with schools in it are so many")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return at_home(t, s)[0] == num(g["trusts"])


TABLE = "the trusts at work in a place, above their table"


@claim(TABLE, "none", "no trust of two or more schools has a school in it")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return at_home(t, s)[0] == 0


@claim(TABLE, "shared land", "the least and the most trusts that can have a school in it")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return CLAIMS[WORK, "shared land"][1](t, s, {"trusts": g["trusts"].lower()})


@claim(TABLE, "some", "the trusts with schools in it are so many, and so are their homes")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return at_home(t, s)[0] == num(g["trusts"])


HOMES = "trusts at work in a place, by where they are at home"
for _form, _kind, _name in (
    ("here", "here", "home"), ("elsewhere", "elsewhere", "away"),
    ("nowhere", "no_single_home", "homeless"), ("not known", "not_known", "unknown"),
):  # fmt: skip

    @claim(HOMES, _form, f"the home of so many: {_kind.replace('_', ' ')}")
    def _(t: Truth, s: Said, g: Groups, kind: str = _kind, name: str = _name) -> bool:
        return at_home(t, s)[1][kind] == num(g[name]) > 0


HUBS = "the hubs of a place, by land"


def hub(t: Truth, s: Said, g: Groups) -> tuple[str, Any]:
    layer = layer_titled(t, g.get("title") or g["titles"])
    return layer, ground(t, s, layer)


def covered(land: Any) -> float:
    return 1 - sum(land.bare.values())


@claim(
    HUBS, "several, of land it shares", "so many hubs have land of it; some of it others have too"
)
def _(t: Truth, s: Said, g: Groups) -> bool:
    _, land = hub(t, s, g)
    low, high = t.ends(s.layer, s.code)
    return num(g["units"]) == len(land.units) > 1 and low < high


@claim(HUBS, "none found", "no hub has more than 0.1% of its land, and our list lacks some of it")
def _(t: Truth, s: Said, g: Groups) -> bool:
    _, land = hub(t, s, g)
    return not land.units and land.bare.get("no_evidence", 0) > 0


@claim(HUBS, "none", "no hub has more than 0.1% of its land, and our list is whole")
def _(t: Truth, s: Said, g: Groups) -> bool:
    _, land = hub(t, s, g)
    return not land.units and not land.bare.get("no_evidence")


def one_hub(t: Truth, s: Said, g: Groups) -> tuple[str, Any, bool]:
    layer, land = hub(t, s, g)
    called = [t.name(layer)[unit] for unit in land.units]
    return layer, land, called == [g["name"]]


@claim(HUBS, "one, for this place only",
       "one hub has its land, but 0.1%, and no more than 0.1% of its own outside")  # fmt: skip
def _(t: Truth, s: Said, g: Groups) -> bool:
    _, land, right = one_hub(t, s, g)
    return right and covered(land) >= 1 - LEAST and land.inside == set(land.units)


@claim(HUBS, "one",
       "one hub has its land, but 0.1%, and more than 0.1% of its own outside; its schools, at "
       "least and at most")  # fmt: skip
def _(t: Truth, s: Said, g: Groups) -> bool:
    layer, land, right = one_hub(t, s, g)
    (unit,) = land.units
    told = between(g["of_unit"], *hub_share(t, s, layer, unit))
    return right and told and covered(land) >= 1 - LEAST and land.beyond == set(land.units)


def hub_share(t: Truth, s: Said, layer: str, unit: str) -> tuple[float, float]:
    """Return the least and the most of a unit's schools that a place can have."""
    _, low, high = t.met(s.layer, s.code, layer)[unit]
    sure, most = t.ends(layer, unit)
    return low / (low + most - high), high / (high + sure - low)


@claim(HUBS, "one, perhaps beyond", "one hub has its land; it is listed with others for more")
def _(t: Truth, s: Said, g: Groups) -> bool:
    layer, land, right = one_hub(t, s, g)
    (unit,) = land.units
    outside = set(t.blocks(layer)[unit]) - set(t.blocks(s.layer)[s.code])
    return right and not land.beyond and all(len(t.listed(layer)[b]) > 1 for b in outside)


@claim(HUBS, "one, for a part", "one hub has so much of its land")
def _(t: Truth, s: Said, g: Groups) -> bool:
    _, land, right = one_hub(t, s, g)
    return right and covered(land) < 1 - LEAST and pct(g["covered"], covered(land))


def all_listed(land: Any) -> bool:
    return len(land.lists) == 1 and len(land.lists[0]) == len(land.units) > 1


@claim(HUBS, "all share it", "all its land, but 0.1%, is listed for the same hubs")
def _(t: Truth, s: Said, g: Groups) -> bool:
    _, land = hub(t, s, g)
    counted = num(g["units"]) == len(land.units)
    return counted and all_listed(land) and covered(land) >= 1 - LEAST


@claim(HUBS, "all share a part", "so much of its land is listed for the same hubs, the rest none")
def _(t: Truth, s: Said, g: Groups) -> bool:
    _, land = hub(t, s, g)
    return all_listed(land) and pct(g["covered"], covered(land))


@claim(HUBS, "several", "two hubs or more have each more than 0.1% of its land, and share none")
def _(t: Truth, s: Said, g: Groups) -> bool:
    _, land = hub(t, s, g)
    mostly = [u for u, part in land.units.items() if land.shared[u] > part / 2]
    return num(g["units"]) == len(land.units) and t.divided(land) and not mostly


@claim(HUBS, "several, some share", "two have land of their own; so many share most of theirs")
def _(t: Truth, s: Said, g: Groups) -> bool:
    _, land = hub(t, s, g)
    mostly = [u for u, part in land.units.items() if land.shared[u] > part / 2]
    lists = [one & land.units.keys() for one in land.lists]
    sure = {unit for one in lists if len(one) == 1 for unit in one}
    left = [one for one in lists if not one & sure]
    others = set().union(*left)
    low = len(sure) + min(
        n
        for n in range(len(others) + 1)
        if any(all(one & {*some} for one in left) for some in combinations(others, n))
    )
    right = ends(g["met"].lower()) == (low, len(land.units)) and num(g["parted"]) == len(mostly)
    return right and t.divided(land)


@claim(HUBS, "several, perhaps", "several are listed for it, no two for certain")
def _(t: Truth, s: Said, g: Groups) -> bool:
    _, land = hub(t, s, g)
    return num(g["units"]) == len(land.units) > 1 and not t.divided(land)


BEYOND = "hubs of a place that run on beyond it"


def hub_layers(t: Truth) -> list[str]:
    return [k for k, v in t.study.area_layers.items() if v.family == "hubs"]


def some_hubs(t: Truth, s: Said, holds: Callable[[Any], bool]) -> bool:
    layers = [key for key in hub_layers(t) if key != s.layer]
    return any(holds(ground(t, s, key)) for key in layers)


@claim(BEYOND, "none", "no hub for certain has land outside")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return some_hubs(t, s, lambda land: not land.beyond)


@claim(BEYOND, "all of many", "each of three or more has more than 0.1% of its land outside")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return some_hubs(t, s, lambda land: len(land.beyond) == len(land.units) > 2)


@claim(BEYOND, "both", "both have more than 0.1% of their land outside")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return some_hubs(t, s, lambda land: len(land.beyond) == len(land.units) <= 2)


@claim(BEYOND, "some", "so many have more than 0.1% of their land outside")
def _(t: Truth, s: Said, g: Groups) -> bool:
    wanted = num(g["beyond"])
    return some_hubs(t, s, lambda land: len(land.beyond) == wanted < len(land.units))


MISSING = "land of a place for which there is no hub, beside one that has a hub"


@claim(MISSING, "not found", "so much of its land is in no hub of our list, which is not whole")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return some_hubs(
        t, s, lambda land: bool(land.units) and pct(g["gap"], land.bare.get("no_evidence", 0))
    )


@claim(MISSING, "none", "so much of its land is in no hub")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return some_hubs(
        t, s, lambda land: bool(land.units) and pct(g["bare"], sum(land.bare.values()))
    )


@claim("with whom a hub shares land", "with nobody", "no school of it is on shared land")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return all(share == 1 for _, share in t.members(s.layer)[s.code])


@claim("with whom a hub shares land", "with others", "so many schools stand on land listed twice")
def _(t: Truth, s: Said, g: Groups) -> bool:
    urns = [urn for urn, share in t.members(s.layer)[s.code] if share < 1]
    called = {t.name(s.layer)[c] for urn in urns for c, _ in t.claims(s.layer)[urn] if c != s.code}
    return near(g["both"], len(urns)) and all(name in g["names"] for name in called)


for _about in ("the middle unit, below the glance", "the middle unit, below the figures"):

    @claim(_about, "some", "so many units of the layer surely have 20 schools")
    def _(t: Truth, s: Said, g: Groups) -> bool:
        right = layer_titled(t, g["others"]) == s.layer and g["enough"] == t.enough(s.layer)
        return right and num(g["ranked"]) == len(t.ranked(s.layer))

    @claim(_about, "by convention", "a unit of its layer shares land, it or one beside it")
    def _(t: Truth, s: Said, g: Groups) -> bool:
        units = [s.code] if s.about.endswith("glance") else t.name(s.layer)
        return any(low < high for low, high in (t.ends(s.layer, code) for code in units))


# ---- bars --------------------------------------------------------------------------------------


def met_pieces(t: Truth, s: Said, layer: str) -> dict[str, tuple[float, int, int]]:
    """Return the pieces of a bar: what a place meets, those not located apart."""
    if s.layer == "trust":
        shares: dict[str, list[float]] = {}
        for urn in t.of_trust[s.code]:
            for code, share in t.claims(layer)[urn]:
                shares.setdefault(code, []).append(share)
        found = {c: (sum(n), sum(one == 1 for one in n), len(n)) for c, n in shares.items()}
    elif s.layer == layer:
        low, high = t.ends(layer, s.code)
        found = {s.code: (t.n(layer, s.code), int(low), int(high))}
    else:
        found = t.met(s.layer, s.code, layer)
    return {code: n for code, n in found.items() if code != "not_located"}


@claim("pieces of a bar without a name", "beside named ones", "fewer than the pieces of a bar")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any_layer(t, s, lambda k: 0 < num(g["n"]) < len(met_pieces(t, s, k)))


@claim("pieces of a bar without a name", "all", "the units of a bar, or fewer than its pieces")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any_layer(t, s, lambda k: 0 < num(g["n"]) <= len(met_pieces(t, s, k)))


@claim("how many schools, under the pieces of a bar without a name", "always",
       "some pieces of a bar together have so many schools")  # fmt: skip
def _(t: Truth, s: Said, g: Groups) -> bool:
    def holds(layer: str) -> bool:
        found = met_pieces(t, s, layer)
        whole = sum(n for n, *_ in found.values())
        mine = sorted((n, low, high) for u, (n, low, high) in found.items() if u not in REASONS)
        rest = [(n, low, high) for u, (n, low, high) in found.items() if u in REASONS]
        tails = [
            (
                sum(low for _, low, _ in mine[:k]),
                sum(high for *_, high in mine[:k]),
                whole - sum(high for *_, high in (*mine[k:], *rest)),
                whole - sum(low for _, low, _ in (*mine[k:], *rest)),
            )
            for k in range(1, len(mine) + 1)
        ]
        # Of equal pieces those with the later names: any so many of them have the same.
        return any(
            ends(g["n"]) in {(low, high), (max(low, least), min(high, most))}
            for low, high, least, most in tails
        )

    return any_layer(t, s, holds)


@claim("schools in no unit, where a bar has no room for them", "always",
       "so many of its schools are in no unit, for a reason")  # fmt: skip
def _(t: Truth, s: Said, g: Groups) -> bool:
    def holds(layer: str) -> bool:
        found = met_pieces(t, s, layer)
        return any(near(g["n"], *n) for u, n in found.items() if u in REASONS)

    return any_layer(t, s, holds)


PIECE = "how many schools, under a piece of a bar"


def piece(t: Truth, s: Said, g: Groups, few: Callable[[int], bool]) -> bool:
    """Tell whether a layer has a piece of that many schools, and that part of the place."""

    def holds(layer: str) -> bool:
        found = met_pieces(t, s, layer)
        whole = sum(n for n, *_ in found.values())
        lost = t.met(s.layer, s.code, layer).get("not_located", (0.0,))[0]
        return few(len(found)) and any(
            near(g["n"], n, low, high)
            and ("of_place" not in g or pct(g["of_place"], n / (whole + lost)))
            for n, low, high in found.values()
        )

    return any_layer(t, s, holds)


@claim(PIECE, "only piece of a unit", "one piece; its schools and its part of the place")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return piece(t, s, g, lambda n: n == 1)


@claim(PIECE, "only piece", "one piece, of so many schools")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return piece(t, s, g, lambda n: n == 1)


@claim(PIECE, "few pieces", "up to four pieces; its schools and its part of the place")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return piece(t, s, g, lambda n: n <= 4)


@claim(PIECE, "many pieces", "a piece of so many schools")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return piece(t, s, g, lambda n: n >= 1)


PART = "how much of its unit, under a piece of a bar"


@claim(PART, "shared", "most of what it has of a unit is on land listed twice")
def _(t: Truth, s: Said, g: Groups) -> bool:
    def holds(layer: str) -> bool:
        shared = t.shared_here(s.layer, s.code, layer)
        return any(shared[u] > n / 2 for u, n in t.units(s.layer, s.code, layer).items())

    return any_layer(t, s, holds)


@claim(PART, "no room", "said nowhere")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return False


@claim(PART, "the only one", "a unit with one school, which is here")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any_layer(
        t, s, lambda k: any(t.n(k, u) == 1 == n for u, (n, *_) in met_pieces(t, s, k).items())
    )


@claim(PART, "both", "a unit with two schools, which are here")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any_layer(
        t, s, lambda k: any(t.n(k, u) == 2 == n for u, (n, *_) in met_pieces(t, s, k).items())
    )


@claim(PART, "not known", "a unit that shares land, with so few and so many schools")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any_layer(
        t, s, lambda k: any(ends(g["schools"]) == t.ends(k, u) for u in met_pieces(t, s, k))
    )


@claim(PART, "all", "a unit with so many schools, each of them here")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any_layer(
        t,
        s,
        lambda k: any(
            near(g["schools"], t.n(k, u)) and abs(n - t.n(k, u)) < SAME
            for u, (n, *_) in met_pieces(t, s, k).items()
            if u not in REASONS
        ),
    )


@claim(PART, "a part", "a unit with so many schools, so many per cent of them here")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any_layer(
        t,
        s,
        lambda k: any(
            near(g["schools"], t.n(k, u)) and pct(g["of_unit"], n / t.n(k, u))
            for u, (n, *_) in met_pieces(t, s, k).items()
            if u not in REASONS
        ),
    )


BAR = "how many units of a layer the schools of a place are in, beside its bar"


@claim(BAR, "itself", "the place is a unit of a layer that has a bar")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return s.layer in t.layers


@claim(BAR, "none", "no school of it is in a unit of a layer")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any_layer(t, s, lambda k: not t.units(s.layer, s.code, k))


@claim(BAR, "all share it", "so many units, each with most of its schools here on shared land")
def _(t: Truth, s: Said, g: Groups) -> bool:
    def holds(layer: str) -> bool:
        units = t.units(s.layer, s.code, layer)
        shared = t.shared_here(s.layer, s.code, layer)
        return num(g["parted"]) == len(units) and all(shared[u] > n / 2 for u, n in units.items())

    return any_layer(t, s, holds)


@claim(BAR, "some", "the least and the most units of a layer that its schools can be in")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any_layer(t, s, lambda k: ends(g["units"]) == units_between(t, s, k))


MORE = "how evenly, and what is shared or strays"


@claim(MORE, "several", "1 over the sum of squared shares of the units its schools are in")
def _(t: Truth, s: Said, g: Groups) -> bool:
    def holds(layer: str) -> bool:
        n = np.array(list(t.units(s.layer, s.code, layer).values()))
        return len(n) > 1 and abs(num(g["effective"]) - n.sum() ** 2 / (n**2).sum()) <= 0.05 + SAME

    return any_layer(t, s, holds)


@claim(MORE, "some share", "so many units have most of their schools here on shared land")
def _(t: Truth, s: Said, g: Groups) -> bool:
    def holds(layer: str) -> bool:
        shared = t.shared_here(s.layer, s.code, layer)
        units = t.units(s.layer, s.code, layer)
        return num(g["parted"]) == sum(shared[u] > n / 2 for u, n in units.items())

    return any_layer(t, s, holds)


@claim(MORE, "strays", "so many schools are in units that have no land of the place")
def _(t: Truth, s: Said, g: Groups) -> bool:
    def holds(layer: str) -> bool:
        if layer == s.layer:
            return False
        without = t.units(s.layer, s.code, layer).keys() - ground(t, s, layer).units.keys()
        of = t.claims(layer)
        away = [
            (share == 1 and {c for c, _ in of[urn]} <= without)
            for urn, share in t.members(s.layer)[s.code]
            if without & {c for c, _ in of[urn]}
        ]
        return ends(g["strays"]) == (sum(away), len(away))

    return any_layer(t, s, holds)


TITLE = "the schools in trusts of two or more, as a title"


@claim(TITLE, "one", "one school of it is in a trust of two or more")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return sum(t.at_work(s.layer, s.code).values()) == 1


@claim(TITLE, "several", "so many schools of it are in trusts of two or more")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return near(g["n"], sum(t.at_work(s.layer, s.code).values()), *work_ends(t, s))


BOXES = "the boxes of trusts"


@claim(BOXES, "how many", "so many trusts of two or more have a school in it")
def _(t: Truth, s: Said, g: Groups) -> bool:
    shares = Counter[str]()
    for urn, share in t.members(s.layer)[s.code]:
        shares[t.trust[urn] or ""] += share == 1
    work = t.at_work(s.layer, s.code)
    return ends(g["trusts"]) == (sum(shares[uid] > 0 for uid in work), len(work))


def wider(t: Truth, s: Said) -> float:
    return t.n(s.layer, s.code) / sum(t.at_work(s.layer, s.code).values())


@claim(BOXES, "much wider", "its schools over those in such trusts, twice or more")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return abs(num(g["times"]) - wider(t, s)) <= 0.5 + SAME and wider(t, s) >= 2


@claim(BOXES, "wider", "its schools over those in such trusts, between 1.5 and 2")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return 1.5 <= wider(t, s) < 2


@claim(BOXES, "by convention", "a school of it is another unit's too")
def _(t: Truth, s: Said, g: Groups) -> bool:
    low, high = t.ends(s.layer, s.code)
    return low < high


@claim(BOXES, "not all", "there are more trusts than boxes")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return num(g["drawn"]) < len(t.at_work(s.layer, s.code))


@claim("the others on an axis", "some", "so many places of its kind surely have 20 schools")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return g["enough"] == t.enough(s.layer) and num(g["ranked"]) == len(t.ranked(s.layer)) >= 5


@claim("the others on an axis", "too few", "fewer than five of its kind surely have 20 schools")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return len(t.ranked(s.layer)) < 5


AXIS = "a place among the others on an axis"


@claim(AXIS, "too few schools", "it has fewer than ten schools")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return t.n(s.layer, s.code) < 10


def figures(t: Truth, layer: str) -> dict[str, dict[str, tuple[float, float]]]:
    """Return the figures that are ranked, of every unit of a layer: least, most."""
    known = t.study.__dict__.setdefault("_axes_of_tests", {})
    if layer not in known:
        codes = [c for c in t.name(layer) if c not in REASONS and t.n(layer, c)]
        known[layer] = {
            f"share_{kind}": {c: t.share_ends(layer, c, kind) for c in codes}
            for kind in ("no_trust", "trust_based_elsewhere")
        } | {
            "trusts": {c: trusts_between(t, layer, c) for c in codes},
            "effective_maps": {c: (effective_maps(t, layer, c),) * 2 for c in codes},
        }
    return known[layer]


def trusts_between(t: Truth, layer: str, code: str) -> tuple[int, int]:
    """Count the trusts of two or more with schools that a unit surely has, and that it may have."""
    mine = [(share, t.trust[urn]) for urn, share in t.members(layer)[code]]
    found = [(share, uid) for share, uid in mine if uid and t.size[uid] > 1]
    return len({uid for share, uid in found if share == 1}), len({uid for _, uid in found})


def effective_maps(t: Truth, layer: str, code: str) -> float:
    """2 to the entropy of the bodies that the schools of a place live on."""
    weights = effective_tuples(t, layer, code)
    p = np.array(list(weights.values()))
    p = p / p.sum()
    return float(2 ** -(p * np.log2(p)).sum()) if len(p) else math.nan


def effective_tuples(t: Truth, layer: str, code: str) -> Counter[Any]:
    known = t.study.__dict__.setdefault("_tuples_of_tests", {})
    if not known:
        bodies = [
            k
            for k, v in t.study.area_layers.items()
            if v.family in {"devolution", "hubs"}
            and k not in {"ofsted_region", "english_hub", "region"}
        ]
        for urn, uid in t.trust.items():
            units = tuple(tuple(sorted(c for c, _ in t.claims(k)[urn])) for k in bodies)
            known[urn] = (*units, uid)
    out: Counter[Any] = Counter()
    for urn, share in t.members(layer)[code]:
        out[known[urn]] += share
    return out


def middle_of(t: Truth, layer: str, figure: str) -> tuple[float, float]:
    """Return the median over the places that surely have 20 schools, at least and at most."""
    known = figures(t, layer)[figure]
    low, high = (sorted(known[c][end] for c in t.ranked(layer)) for end in (0, 1))
    if figure == "trusts":  # a count: the two in the middle, where they are two
        return low[(len(low) - 1) // 2], high[len(high) // 2]
    return median(low), median(high)


def written(text: str, low: float, high: float) -> bool:
    """Tell whether a figure is written: in per cent, or else as a number, or both its ends."""
    parts = re.split(" to ", text)
    step = 0.05 if "." in text else 0.5
    return all(
        pct(part, end) if "%" in part else abs(num(part) - end) <= step + SAME
        for part, end in ((parts[0], low), (parts[-1], high))
    )


@claim(AXIS, "ranked", "so many of the places that surely have 20 schools have a larger figure")
def _(t: Truth, s: Said, g: Groups) -> bool:
    found = figures(t, s.layer)[s.of]
    low, high = found[s.code]
    others = [found[c] for c in t.ranked(s.layer) if c != s.code]
    larger = sum(o > high + 1e-9 for o, _ in others), sum(o > low + 1e-9 for _, o in others)
    right = ends(g["rank_larger"]) == larger and num(g["rank_total"]) == len(others) + 1
    return right and written(g["middle"], *middle_of(t, s.layer, s.of))


def distances_like(t: Truth, s: Said) -> list[float]:
    """Return a distance of every trust with schools in the same size band as one."""
    bands = t.spread["size_band"]
    like = bands.index[(bands == bands[s.code]) & (t.spread["schools_all"] >= 2)]
    if s.of != "home_km_median":
        return [float(km) for km in t.spread.loc[like, s.of].dropna()]
    of = [Said("trust", uid, "", "", "") for uid in like]
    return [median(far) for one in of if has_home(t, one) and (far := from_home(t, one))]


@claim("the middle one, under an axis", "always", "the median of those that the axis shows")
def _(t: Truth, s: Said, g: Groups) -> bool:
    if s.layer == "trust":
        return km_text(g["middle"], median(distances_like(t, s)))
    return written(g["middle"], *middle_of(t, s.layer, s.of))


@claim("the ends of an axis, for who does not see it", "always", "all that it shows lie between")
def _(t: Truth, s: Said, g: Groups) -> bool:
    low, high = (
        num(text.removesuffix("%").removesuffix(" km")) / (100 if "%" in text else 1)
        for text in (g["low"], g["high"])
    )
    if s.layer == "trust":
        return low == 0 and max(distances_like(t, s)) <= high + SAME
    found = figures(t, s.layer)[s.of]
    return low == 0 and max(found[c][0] for c in t.ranked(s.layer)) <= high + SAME


@claim("a distance of a trust, for who does not see its axis", "always", "its own, in the table")
def _(t: Truth, s: Said, g: Groups) -> bool:
    of = bare(s)
    value = median(from_home(t, of)) if s.of == "home_km_median" else t.spread.at[s.code, s.of]
    return g["here"] == DASH if value != value else km_text(g["here"], float(value))


@claim(AXIS, "not ranked", "it has fewer than 20 schools, or shares land")
def _(t: Truth, s: Said, g: Groups) -> bool:
    low, high = t.ends(s.layer, s.code)
    return high < 20 or low < high


# ---- how far to trust a layer ------------------------------------------------------------------

HAVE = "how many schools have a unit"


def layer_within(t: Truth, title: str) -> str:
    return layer_titled(t, re.sub("^(?:an?|the) ", "", title))


def having(t: Truth, s: Said, layer: str) -> tuple[int, int]:
    """Return the least and the most schools of a place that have a unit of a layer."""
    low, high = t.ends(s.layer, s.code)
    out = [n for unit, n in t.met(s.layer, s.code, layer).items() if unit in REASONS]
    return int(low) - sum(n for _, n, _ in out), int(high) - sum(n for *_, n in out)


@claim(HAVE, "no unit", "none of its land and none of its schools is in a unit")
def _(t: Truth, s: Said, g: Groups) -> bool:
    layer = layer_titled(t, g["title"])
    return not ground(t, s, layer).units and having(t, s, layer)[1] == 0


@claim(HAVE, "the only one", "its one school has a unit")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return having(t, s, layer_within(t, g["layer"])) == (1, 1) == t.ends(s.layer, s.code)


@claim(HAVE, "both", "its two schools have a unit")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return having(t, s, layer_within(t, g["layer"])) == (2, 2) == t.ends(s.layer, s.code)


@claim(HAVE, "all, by code", "each of its schools has a unit, and its code placed it")
def _(t: Truth, s: Said, g: Groups) -> bool:
    placed = t.study.placement.schools
    known = t.study.__dict__.setdefault("_placed_of_tests", {})
    if not known:
        known.update(zip(placed["urn"], placed["located_by"], strict=True))
    coded = all(known[urn] == "code" for urn, _ in t.members(s.layer)[s.code])
    n = t.ends(s.layer, s.code)
    return coded and ends(g["n"]) == n == having(t, s, layer_within(t, g["layer"]))


@claim(HAVE, "all", "each of its schools has a unit")
def _(t: Truth, s: Said, g: Groups) -> bool:
    n = t.ends(s.layer, s.code)
    return ends(g["n"]) == n == having(t, s, layer_within(t, g["layer"]))


@claim(HAVE, "some", "so many of its schools have a unit, not all")
def _(t: Truth, s: Said, g: Groups) -> bool:
    n, found = t.ends(s.layer, s.code), having(t, s, layer_within(t, g["layer"]))
    return found != n == ends(g["n"]) and ends(g["inside"]) == found


KNOWN = "how well a layer is known here"


@claim(KNOWN, "gap", "for so many of its schools our list, which is not whole, has no unit")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any_layer(
        t,
        s,
        lambda k: (
            near(g["gap"], pieces_of(t, s, k).get("no_evidence", (0.0,))[0])
            and not t.study.layers[k].complete
        ),
    )


@claim(KNOWN, "shared land", "so many schools that it has, or may have, stand on land listed twice")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return num(g["both"]) == on_shared(t, s, layer_titled(t, g["titles"]))


def on_shared(t: Truth, s: Said, layer: str) -> int:
    of = t.claims(layer)
    return sum(
        any(part < 1 for code, part in of[urn] if code not in REASONS)
        for urn, _ in t.members(s.layer)[s.code]
    )


@claim(KNOWN, "dates", "the note of a layer's dates")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any_layer(t, s, lambda k: t.study.note(k) == g["note"])


@claim(KNOWN, "caption", "the caption of a layer")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any_layer(t, s, lambda k: t.study.layers[k].caption == g["caption"])


TRUSTS = "how well trusts are known here"
CAVEAT = "what to bear in mind, before the layers"


@claim(TRUSTS, "date", "the links file's month, or the day of the study")
def _(t: Truth, s: Said, g: Groups) -> bool:
    listed = t.study.register.source.get("vintage_links")
    day = t.study.as_of
    return g["when"] == (f"{listed:%B %Y}" if listed else f"{day.day} {day:%B %Y}")


@claim(TRUSTS, "dates differ", "schools and trusts come from two files")
def _(t: Truth, s: Said, g: Groups) -> bool:
    source = t.study.register.source
    return (
        bool(source.get("vintage_links")) and g["schools"] == f"{source['vintage_schools']:%B %Y}"
    )


@claim(CAVEAT, "unknown", "so many schools of it whose trust the register does not know")
@claim(TRUSTS, "unknown", "so many schools of it whose trust the register does not know")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return ends(g["unknown"]) == t.run_ends(s.layer, s.code, "status_unknown")


@claim(CAVEAT, "home not known", "so many schools of it whose trust has its home here, or not")
@claim(TRUSTS, "home not known", "so many schools of it whose trust has its home here, or not")
def _(t: Truth, s: Said, g: Groups) -> bool:
    # At most, those too that stand on shared land: they may be in the unit that is the home.
    low, high = t.run_ends(s.layer, s.code, "home_not_known")
    least, most = t.run_ends(s.layer, s.code, "trust_home_here", "trust_based_elsewhere")
    told = ends(g["dark"])
    return told[0] == low and high <= told[1] <= high + most - least


LINE = "schools of an authority that stand on land of another"


def across(t: Truth, s: Said) -> tuple[int, int]:
    """Return its schools on land of others, and theirs on its land."""
    block = t.study.__dict__.setdefault("_block_of_tests", {})
    if not block:
        placed = t.study.placement.schools
        block.update(zip(placed["urn"], placed["block"], strict=True))
    mine = t.blocks("local_authority")[s.code]
    own = {urn for urn, _ in t.members("local_authority")[s.code]}
    out = sum(isinstance(block[urn], str) and block[urn] not in mine for urn in own)
    return out, sum(b in mine for urn, b in block.items() if urn not in own)


@claim(LINE, "out", "so many of its schools stand in blocks of other authorities")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return num(g["out"]) == across(t, s)[0]


@claim(LINE, "in", "so many schools of other authorities stand in its blocks")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return num(g["guests"]) == across(t, s)[1]


@claim("layers that are not drawn", "always", "their lists cover fewer than half of the schools")
def _(t: Truth, s: Said, g: Groups) -> bool:
    n = len(t.trust)
    thin = [k for k in t.layers if t.n(k, "no_evidence") > n / 2]
    return bool(thin)


POINT = "schools with a location"


@cache
def pointed(t: Truth) -> tuple[int, int, int]:
    placed = t.study.placement.schools
    point = placed["urn"].map(t.point)
    block = placed["block"].notna()
    return int(point.sum()), int((~point & block).sum()), int((~point & ~block).sum())


@claim(POINT, "all", "every school has coordinates")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return pointed(t)[0] == num(g["n"]) == len(t.trust)


@claim(POINT, "some", "so many schools have coordinates, not all")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return pointed(t)[0] == num(g["located"]) < num(g["n"]) == len(t.trust)


@claim(POINT, "by code", "so many have a district code and no coordinates")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return pointed(t)[1] == num(g["coded"])


@claim(POINT, "nowhere", "so many have neither")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return pointed(t)[2] == num(g["lost"])


@claim("schools whose trust is not known, in all", "always", "so many are of the kind not known")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return num(g["unknown"]) == Counter(t.kinds("local_authority").values())["status_unknown"]


# ---- a trust -----------------------------------------------------------------------------------

TRUST = "what a trust is"


@claim(TRUST, "sort and size", "its schools, their phases and pupils")
def _(t: Truth, s: Said, g: Groups) -> bool:
    urns = t.of_trust[s.code]
    phases = sum(num(part.split(" ", 1)[0]) for part in g["phases"].split(", "))
    heads = sum(t.pupils[urn] for urn in urns)
    return num(g["n"]) == phases == len(urns) and abs(num(g["pupils"]) - heads) <= 0.5


@claim(TRUST, "spread", "its reach in the table of trusts")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return g["reach"] == str(t.spread.loc[s.code, "reach"]).replace("_", "-")


@claim(TRUST, "of other phases too", "its schools of every phase, more than count")
def _(t: Truth, s: Said, g: Groups) -> bool:
    heads = float(t.spread.loc[s.code, "pupils_all"])
    right = num(g["all"]) == t.every[s.code] > len(t.of_trust[s.code])
    return right and abs(num(g["pupils_all"]) - heads) <= 0.5 + SAME


@claim(TRUST, "none counts", "its schools of every phase, none of them of the population")
def _(t: Truth, s: Said, g: Groups) -> bool:
    word = g["word"] == t.study.population.word
    return num(g["all"]) == t.every[s.code] and not t.of_trust.get(s.code) and word


@claim(TRUST, "pupils of none that counts", "the pupils of its schools of every phase")
def _(t: Truth, s: Said, g: Groups) -> bool:
    own = t.study.everywhere["trust_uid"] == s.code
    heads = t.study.everywhere.loc[own, "pupils"].sum()
    return not t.of_trust.get(s.code) and abs(num(g["pupils_all"]) - heads) <= 0.5 + SAME


RUN = "how many schools a trust runs, and which of them count"


@claim(RUN, "none counts", "its schools of every phase, none of them of the population")
def _(t: Truth, s: Said, g: Groups) -> bool:
    title = g["title"] == t.study.population.title
    return parts(g) == num(g["all"]) == t.every[s.code] > 1 and title and s.code not in t.of_trust


@claim(RUN, "one counts", "its schools of every phase, of which one counts")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return parts(g) == num(g["all"]) == t.every[s.code] > 1 == len(t.of_trust[s.code])


@claim(RUN, "some count", "its schools of every phase, and those that count")
def _(t: Truth, s: Said, g: Groups) -> bool:
    n = len(t.of_trust[s.code])
    return parts(g) == num(g["all"]) == t.every[s.code] > n == num(g["n"])


@claim(RUN, "all count", "its schools that count are all its schools")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return num(g["n"]) == len(t.of_trust[s.code]) == t.every[s.code]


def called_so(t: Truth, g: Groups) -> bool:
    """Tell whether the schools are called what the population is, of one and of several."""
    word = t.study.population.word
    one, several = f"{word.replace(' and ', ' or ')} school", f"{word} schools"
    return g["choice_n"] == (one if num(g["n"]) == 1 else several)


def parts(g: Groups) -> float:
    """Return the sum of "10 mainstream, 2 special"."""
    return sum(map(num, re.findall(r"(?<![-\d])\d[\d,]*(?= )", g["parts"])))


MAPS_ACROSS = "which maps a trust works across"


@claim(MAPS_ACROSS, "one school", "it has one school that counts")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return len(t.of_trust[s.code]) == 1


@claim(MAPS_ACROSS, "several", "it has so many schools that count")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return num(g["n"]) == len(t.of_trust[s.code]) > 1 and g["word"] == t.study.population.word


@claim(MAPS_ACROSS, "darkest", "no school of it is on land that several units list")
def _(t: Truth, s: Said, g: Groups) -> bool:
    layers = (k for k in t.layers if t.study.layers[k].family not in {"programmes"})
    drawn = [k for k in layers if k not in {"district", "greater_london_authority"}]
    listed = [k for k in drawn if any(len(t.claims(k)[urn]) > 1 for urn in t.of_trust[s.code])]
    return not set(listed) & {"local_authority", "teaching_school_hub", "maths_hub"}


@claim("what the yardstick asks", "always", "so many of its schools that count have a point")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return num(g["n"]) == sum(t.xy[u][0] == t.xy[u][0] for u in t.of_trust[s.code])


OTHERS = "the schools of a trust that do not count, above the table of its schools"


@claim(OTHERS, "none", "all its schools count")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return t.every[s.code] == len(t.of_trust[s.code])


@claim(OTHERS, "none counts", "it runs no school that counts")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return s.code not in t.of_trust


@claim(OTHERS, "some", "so many of its schools are of phases that do not count")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return num(g["others"]) == t.every[s.code] - len(t.of_trust[s.code])


WHERE = "where the schools of a trust are"


def areas(t: Truth, s: Said) -> tuple[int, int, int]:
    """Return its schools that count, their authorities and their regions."""
    region = "dfe_region" if "dfe_region" in t.layers else "region"
    found = (t.trust_units(s.code, layer) for layer in ("local_authority", region))
    return (len(t.of_trust[s.code]), *map(len, found))  # type: ignore[return-value]


@claim(WHERE, "one school", "one of its schools counts")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return areas(t, s)[:2] == (1, 1)


@claim(WHERE, "one authority", "its schools that count are in one authority")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return areas(t, s)[1] == 1


@claim(WHERE, "one authority, several regions", "the same, in so many regions")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return areas(t, s)[1:] == (1, num(g["regions"]))


@claim(WHERE, "one region", "its schools that count are in so many authorities")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return areas(t, s)[1] == num(g["areas"]) > 1


@claim(WHERE, "several regions", "the same, in so many regions")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return areas(t, s)[1:] == (num(g["areas"]), num(g["regions"]))


HOME = "where a trust is at home"


def tops(t: Truth, s: Said) -> tuple[list[str], list[float]]:
    found = t.trust_units(s.code, "local_authority").most_common()
    known = t.name("local_authority")
    return [known[code] for code, _ in found], [n for _, n in found]


def least(t: Truth) -> float:
    return float(t.study.spread_options.home_threshold)


@claim(HOME, "all at home", "all its schools that count are in that authority")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return tops(t, s)[0] == [g["home"]]


def at_its_home(t: Truth, s: Said, g: Groups) -> tuple[bool, float]:
    """Tell whether that authority alone has most of its schools, and return their share."""
    called, n = tops(t, s)
    right = called[0] == g["home"] and n[0] == num(g["largest"]) and n[0] > max([0, *n[1:]])
    return right, n[0] / sum(t.point[urn] for urn in t.of_trust[s.code])


@claim(HOME, "most at home", "that authority has so many of them, more than half")
def _(t: Truth, s: Said, g: Groups) -> bool:
    right, _ = at_its_home(t, s, g)
    return right and num(g["largest"]) > len(t.of_trust[s.code]) / 2


@claim(HOME, "more than anywhere else", "so many, more than any other, a quarter or more")
def _(t: Truth, s: Said, g: Groups) -> bool:
    right, share = at_its_home(t, s, g)
    return right and share >= least(t)


@claim(HOME, "outside", "more of them are in no unit than in any one")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return t.home("local_authority")[s.code] == "outside"


@claim(HOME, "two as large", "those two have as many each, and no other has as many")
def _(t: Truth, s: Said, g: Groups) -> bool:
    called, n = tops(t, s)
    told = all(name in g["tied"] for name in called[:2])
    return told and num(g["largest"]) == n[0] == n[1] and n.count(n[0]) == 2


@claim(HOME, "several as large", "so many have as many each, and none has more")
def _(t: Truth, s: Said, g: Groups) -> bool:
    _, n = tops(t, s)
    return num(g["largest"]) == n[0] and num(g["ties"]) == n.count(n[0]) > 2


@claim(HOME, "too few in any", "the largest number in one authority is under a quarter")
def _(t: Truth, s: Said, g: Groups) -> bool:
    called, n = tops(t, s)
    located = sum(t.point[urn] for urn in t.of_trust[s.code])
    right = num(g["largest"]) == n[0] and called[0] in g["tied"]
    return right and n[0] / located < least(t)


@claim(HOME, "not known", "schools on shared land, or not found, could change the answer")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return t.home("local_authority")[s.code] == "not_known"


CELL = "the home of a trust, in a cell"


def homes_here(t: Truth, s: Said, layer: str) -> set[str]:
    """Return the homes of the trusts at work in a place, or the words for none."""
    return {t.home(layer)[uid] for uid in t.at_work(s.layer, s.code)}


def either(t: Truth, s: Said, word: str) -> bool:
    return any(word in homes_here(t, s, layer) for layer in homes_of(s))


def homes_of(s: Said) -> tuple[str, str]:
    """Return the layers in which a page tells the homes of trusts."""
    return "local_authority", s.code if s.layer == "england" else s.layer


@claim(CELL, "here", "a trust at work in it has its home in it")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return t.homes(s.layer, s.code)["here"] > 0


@claim(CELL, "elsewhere", "a trust at work in it has its home there")
def _(t: Truth, s: Said, g: Groups) -> bool:
    called = {
        t.name(layer).get(home, "") for layer in homes_of(s) for home in homes_here(t, s, layer)
    }
    words = set(re.split(r"\W+", g["home"]))
    return any(words <= set(re.split(r"\W+", name)) for name in called)


@claim(CELL, "no unit", "the home of a trust at work in it is outside every unit")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return either(t, s, "not_covered")


@claim(CELL, "none", "a trust at work in it has no single home")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return either(t, s, "no_single_home")


@claim(CELL, "not known", "the home of a trust at work in it is not known")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return either(t, s, "not_known")


SHARE = "the share of a trust's schools at its home, in a cell"


@cache
def at_homes(t: Truth, layer: str, code: str) -> set[tuple[str, float, int]]:
    """Return of each trust at work in a place how its home stands, its largest share, its size."""
    table = t.spread.loc[list(t.at_work(layer, code))]
    columns = (table[f"home_{c}_local_authority"] for c in ("status", "share"))
    return set(zip(*columns, table["schools"], strict=True))


def shares_here(t: Truth, s: Said) -> list[tuple[str, float]]:
    return [(status, share) for status, share, _ in at_homes(t, s.layer, s.code)]


@claim(SHARE, "at home", "a trust at work in it has that share of its schools at home")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any(status in {"home", "outside"} and pct(g["share"], share)
               for status, share in shares_here(t, s))  # fmt: skip


@claim(SHARE, "none", "a trust at work in it has that share in its largest authority, and no home")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any(status == "no_single_home" and pct(g["share"], share)
               for status, share in shares_here(t, s))  # fmt: skip


def few_at_home(t: Truth, s: Said, g: Groups, statuses: set[str]) -> bool:
    return any(
        status in statuses and n == num(g["n"]) and round(share * n) == num(g["part"])
        for status, share, n in at_homes(t, s.layer, s.code)
    )


@claim(
    SHARE, "all of few", "a trust at work in it, of fewer than ten schools, has all in one place"
)
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any(share == 1 for _, share in shares_here(t, s))


@claim(SHARE, "few", "a trust at work in it has so many of its schools at home")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return few_at_home(t, s, g, {"home", "outside"}) and num(g["n"]) < 10


@claim(SHARE, "none of few", "a trust at work in it has so many in its largest authority, no home")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return few_at_home(t, s, g, {"no_single_home"}) and num(g["n"]) < 10


@claim(SHARE, "not known", "said nowhere")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return False


MARKS = "a trust's schools of one kind, beside their mark"


def marked(t: Truth, s: Said, kind: str) -> int:
    kinds = t.kinds("local_authority")
    return sum(kinds[urn] == kind for urn in t.of_trust[s.code])


@claim(MARKS, "at home", "so many of its schools are in its home")
def _(t: Truth, s: Said, g: Groups) -> bool:
    home = t.name("local_authority")[t.home("local_authority")[s.code]]
    return home == g["home"] and num(g["n"]) == marked(t, s, "trust_home_here")


@claim(MARKS, "at home outside", "so many of its schools are in no unit, its home")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return num(g["n"]) == marked(t, s, "trust_home_here")


@claim(MARKS, "elsewhere", "so many of its schools are in other authorities than its home")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return num(g["n"]) == marked(t, s, "trust_based_elsewhere")


@claim(MARKS, "in a unit", "so many of its schools are in units, its home in none")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return num(g["n"]) == marked(t, s, "trust_based_elsewhere")


@claim(MARKS, "no home", "it has no single home; all its schools")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return num(g["n"]) == marked(t, s, "no_single_home") == len(t.of_trust[s.code])


@claim(MARKS, "other", "so many of its schools are of the kind not known")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return num(g["n"]) == marked(t, s, "status_unknown")


def has_home(t: Truth, s: Said) -> bool:
    homeless = {"no_single_home", "not_known", "outside", None}  # None runs no school that counts
    return t.home("local_authority").get(s.code) not in homeless


for _about, _yes, _no in (
    ("the table of a trust's distances", "with a home", "without"),
    ("how the schools of a trust are sorted", "from home", "by name"),
):

    @claim(_about, _yes, "it has a home")
    def _(t: Truth, s: Said, g: Groups) -> bool:
        return has_home(t, s)

    @claim(_about, _no, "it has no home")
    def _(t: Truth, s: Said, g: Groups) -> bool:
        return not has_home(t, s)


@claim("the hubs of a trust", "some", "the least and the most hubs that its schools can be in")
def _(t: Truth, s: Said, g: Groups) -> bool:
    low, high = fewest_and_most(t, s, "teaching_school_hub")
    return ends(g["hubs"]) == (low, high)


def fewest_and_most(t: Truth, s: Said, layer: str) -> tuple[int, int]:
    """Count units by trying every way to give each shared set of schools to its claimants."""
    ways = ways_to_give(t, layer, t.of_trust[s.code])
    return min(map(len, ways)), max(map(len, ways))


def units_between(t: Truth, s: Said, layer: str) -> tuple[int, int]:
    """Count the same of a place: the least of its own schools, the most of all that it lists."""
    mine = t.members(s.layer)[s.code]
    sure, every = [u for u, share in mine if share == 1], [u for u, _ in mine]
    low, high = (ways_to_give(t, layer, urns) for urns in (sure, every))
    return min(map(len, low)), max(map(len, high))


def ways_to_give(t: Truth, layer: str, urns: list[str]) -> set[frozenset[str]]:
    of = t.claims(layer)
    sure, sets = set(), Counter[frozenset[str]]()
    for urn in urns:
        units = frozenset(code for code, _ in of[urn]) - REASONS
        if len(units) == 1:
            sure |= units
        elif units:
            sets[units] += 1
    ways = {frozenset(sure)}
    for units, n in sets.items():
        # Of n schools that the same units list, any 1 to n of the units may have some.
        parts = [p for p in subsets(units) if 0 < len(p) <= n]
        ways = {one | part for one in ways for part in parts}
    return ways


def subsets(units: frozenset[str]) -> list[frozenset[str]]:
    out = [frozenset[str]()]
    for unit in units:
        out += [part | {unit} for part in out]
    return out


FAR = "how far a trust's schools are"


def bare(s: Said) -> Said:
    """Return whom a sentence is about, without the sentence."""
    return Said(s.layer, s.code, "", "", "")


def km_of(t: Truth, urns: list[str]) -> Any:
    return np.array([t.xy[urn] for urn in urns if t.point[urn]]) / 1000


def km_text(text: str, value: float) -> bool:
    step = 0.05 if value < 9.95 else 0.5
    return abs(num(text) - value) <= step + SAME


def km_most(text: str, value: float) -> bool:
    """Tell whether a printed distance is one within which all lie, and the least such."""
    step = 0.1 if value < 9.9 else 1.0
    return value - SAME <= num(text) <= value + step + SAME


@cache
def from_home(t: Truth, s: Said) -> list[float]:
    """Return how far its schools are from the middle of those at home, the nearest first."""
    home = t.home("local_authority")[s.code]
    urns = t.of_trust[s.code]
    there = [u for u in urns if home in {c for c, _ in t.claims("local_authority")[u]}]
    middle = km_of(t, there).mean(axis=0)
    return sorted(np.hypot(*(km_of(t, urns) - middle).T).tolist())


@claim(FAR, "from home", "the middle distance from the middle of its schools at home")
def _(t: Truth, s: Said, g: Groups) -> bool:
    far = from_home(t, bare(s))
    yard = sorted(yardstick(t, bare(s)))
    right = km_text(g["half"], median(far)) and sum(km >= median(far) for km in far) * 2 >= len(far)
    return right and num(g["yard"]) == len(yard) and km_most(g["yard_all"], yard[-1])


@cache
def yardstick(t: Truth, s: Said) -> list[float]:
    """Return how far the nearest schools are, as many of each phase as the trust has."""
    known = t.study.__dict__.setdefault("_points_of_tests", {})
    if not known:
        frame = t.schools[["phase", "easting", "northing"]].dropna()
        for phase, part in frame.groupby("phase"):
            known[phase] = cKDTree(part[["easting", "northing"]].to_numpy() / 1000)
    home = t.home("local_authority")[s.code]
    urns = t.of_trust[s.code]
    there = [u for u in urns if home in {c for c, _ in t.claims("local_authority")[u]}]
    middle = km_of(t, there).mean(axis=0)
    out: list[float] = []
    for phase, n in Counter(t.phase[u] for u in urns if t.point[u]).items():
        out += np.atleast_1d(known[phase].query(middle, k=n)[0]).tolist()
    return out


@claim(FAR, "from each other", "the largest distance between two of its schools")
def _(t: Truth, s: Said, g: Groups) -> bool:
    points = km_of(t, t.of_trust[s.code])
    apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    return km_text(g["widest"], float(apart.max()))


@claim("what the yardstick is", "always", "so many trusts are as near home as their yardstick")
def _(t: Truth, s: Said, g: Groups) -> bool:
    known = t.study.__dict__.setdefault("_yards_of_tests", {})
    if not known:
        own, yard = [], []
        for uid in t.home("local_authority"):
            of = Said("trust", uid, "", "", "")
            if not has_home(t, of) or t.every[uid] < 2:
                continue
            far = from_home(t, of)
            if far and far[0] == far[0]:
                own.append(median(far))
                yard.append(median(yardstick(t, of)))
        known["found"] = sum(a <= b + 1e-6 for a, b in zip(own, yard, strict=True)), len(own)
    return (num(g["equal"]), num(g["trusts"])) == known["found"]


def band(text: str) -> tuple[float, float]:
    parts = re.split(" to | or more", text)
    return num(parts[0]), num(parts[1]) if parts[1:] and parts[1] else math.inf


LIKE = "trusts of like size"


def like(t: Truth, s: Said, g: Groups) -> list[str]:
    said = f"{g['band']} {g['word']}"  # read apart at any space
    low, high = band(said.removesuffix(f" {t.study.population.word}"))
    return [uid for uid, n in t.size.items() if max(low, 2) <= n <= high]


@claim(LIKE, "alone", "it alone has so many schools")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return like(t, s, g) == [s.code]


@claim(LIKE, "several", "so many trusts have so many schools, it among them")
def _(t: Truth, s: Said, g: Groups) -> bool:
    found = like(t, s, g)
    return len(found) == num(g["same"]) > 1 and s.code in found


ACROSS = "how a layer divides a trust, beside its bar"


@claim(ACROSS, "units", "the least and the most units of a layer that its schools can be in")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any_layer(t, s, lambda k: ends(g["units"]) == fewest_and_most(t, s, k))


@claim(ACROSS, "several", "1 over the sum of squared shares of the units its schools are in")
def _(t: Truth, s: Said, g: Groups) -> bool:
    def holds(layer: str) -> bool:
        n = np.array(list(t.trust_units(s.code, layer).values()))
        return len(n) > 1 and abs(num(g["effective"]) - n.sum() ** 2 / (n**2).sum()) <= 0.05 + SAME

    return any_layer(t, s, holds)


@claim(ACROSS, "pairs", "of all pairs of its schools, those in one unit, at least and at most")
@claim(ACROSS, "pairs of some", "the same, of its schools that have a unit of the layer")
def _(t: Truth, s: Said, g: Groups) -> bool:
    parts = g["together"].split(" to ")
    every = len(t.of_trust[s.code])

    def holds(layer: str) -> bool:
        of = t.claims(layer)
        units = [frozenset(c for c, _ in of[u]) - REASONS for u in t.of_trust[s.code]]
        known = [u for u in units if u]
        n = len(known)
        if n < 2 or (n < every if "n" not in g else not num(g["n"]) == n < every):
            return False
        if all(len(u) == 1 for u in known):
            share = sum(k * (k - 1) for k in Counter(known).values()) / (n * (n - 1))
            return len(parts) == 1 and pct(parts[0], share)
        low, high = pairs_together(known)
        return pct(parts[0], low) and pct(parts[-1], high)

    return any_layer(t, s, holds)


def pairs_together(known: list[frozenset[str]]) -> tuple[float, float]:
    """Return the least and the most share of pairs in one unit, by trying every division."""
    n = len(known)
    divisions = [Counter[str]()]
    for units, k in Counter(known).items():
        ways = divide(sorted(units), k)
        divisions = [one + way for one in divisions for way in ways]
    shares = [sum(k * (k - 1) for k in d.values()) / (n * (n - 1)) for d in divisions]
    return min(shares), max(shares)


def divide(units: list[str], n: int) -> list[Counter[str]]:
    if len(units) == 1:
        return [Counter({units[0]: n})]
    return [
        Counter({units[0]: k}) + rest for k in range(n + 1) for rest in divide(units[1:], n - k)
    ]


WITHIN = "how far from home, beside the marks"


def axes(t: Truth, s: Said) -> list[list[float]]:
    return [from_home(t, bare(s)), sorted(yardstick(t, bare(s)))]


@claim(WITHIN, "one", "the one distance")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any(len(far) == 1 and km_text(g["whole"], far[0]) for far in axes(t, s))


@claim(WITHIN, "some", "half, and all, lie within those distances")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any(
        km_most(g["half"], median(far)) and km_most(g["whole"], far[-1])
        and sum(km <= num(g["half"]) + SAME for km in far) * 2 >= len(far)
        for far in axes(t, s)
    )  # fmt: skip


# ---- a profile ---------------------------------------------------------------------------------


def schools_in(text: str) -> float:
    """Read the number in "35 schools"."""
    found = re.search(r"[\d,.]+", text)
    assert found
    return num(found[0].rstrip(","))


@claim("trusts beyond those named", "always", "all trusts but six, and their schools in it")
def _(t: Truth, s: Said, g: Groups) -> bool:
    sizes = sorted(t.at_work(s.layer, s.code).values(), reverse=True)
    named = int(num(g["named"]))
    low, high = part_of(g["schools"])
    whole = work_ends(t, s)
    told = abs(low - sum(sizes[named:])) < SAME if low == high else high <= whole[1] > low
    return told and len(sizes) - named == num(g["more"])


def run_from(t: Truth, s: Said, kind: str) -> tuple[int, int]:
    """Return the least and the most schools of trusts at work in a place with such a home."""
    found = [
        share
        for urn, share in t.members(s.layer)[s.code]
        if (uid := t.trust[urn]) and t.size[uid] > 1 and t.kind(s.layer, s.code, uid) == kind
    ]
    return sum(share == 1 for share in found), len(found)


def elsewhere(t: Truth, s: Said) -> tuple[int, int]:
    """Return the same of all schools that are of such trusts, or may be."""
    low, _ = t.run_ends(s.layer, s.code, "trust_based_elsewhere")
    kinds = "trust_based_elsewhere", "home_not_known", "status_unknown"
    return low, t.run_ends(s.layer, s.code, *kinds)[1]


@claim("where trusts based elsewhere are based", "always",
       "the schools in it of trusts at home elsewhere; by home those known add up")  # fmt: skip
def _(t: Truth, s: Said, g: Groups) -> bool:
    known, whole = (run_from(t, s, "elsewhere"), elsewhere(t, s))
    listed = sum(ends(n)[1] for n in re.findall(rf"\(({_N}(?: to {_N})?)\)", g["homes"]))
    more = re.search(r"\d+ more$", g["homes"])
    told = listed < known[1] if more else listed == known[1]
    told &= ("as far as" in s.text) == (known != whole)
    away = {t.trust[u] for u, _ in t.members(s.layer)[s.code] if t.size[t.trust[u] or ""] > 1}
    away = {uid for uid in away if t.kind(s.layer, s.code, uid) == "elsewhere"}
    one = len(away) == 1 and known == whole
    return part_of(g["schools"]) == whole and told and s.text.startswith("The one") == one


def other_layers(t: Truth, s: Said) -> dict[str, Any]:
    """Return the layers that the table of a profile names and that have land in the place."""
    drawn = [k for k in t.layers if t.n(k, "no_evidence") <= len(t.trust) / 2 and k != "region"]
    out = {k: ground(t, s, k) for k in drawn if k != s.layer}
    out = {k: land for k, land in out.items() if land.units}
    both = [t.met(s.layer, s.code, k) if k != s.layer else None
            for k in ("local_authority", "district")]  # fmt: skip
    if None not in both and "district" in out:
        called = [
            sorted(t.name(k)[c] for c in found if c not in REASONS)
            for k, found in zip(("local_authority", "district"), both, strict=True)
        ]
        if called[0] == called[1]:
            del out["district"]
    return out


def whole_in_one(land: Any) -> bool:
    return len(land.units) == 1 and covered(land) >= 1 - LEAST


MAPS = "which maps cover a place, as a title"


@claim(MAPS, "no map", "no other layer has land in it")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return not other_layers(t, s)


@claim(MAPS, "each has it whole", "each other layer with land in it has it whole in one unit")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return all(whole_in_one(land) for land in other_layers(t, s).values())


@claim(MAPS, "some divide it", "two units of some layer have each more than 0.1% of its land")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any(t.divided(land) for land in other_layers(t, s).values())


@claim(MAPS, "some do not", "none divides it for certain, and not each has it whole")
def _(t: Truth, s: Said, g: Groups) -> bool:
    lands = other_layers(t, s).values()
    return not any(map(t.divided, lands)) and not all(map(whole_in_one, lands))


HERE = "which maps divide a place"


def titles(t: Truth, layers: list[str]) -> set[str]:
    return {t.study.layers[k].title for k in layers}


def named(text: str, wanted: set[str]) -> bool:
    """Tell whether a list of titles in prose names these and no other."""
    left = text
    for title in sorted(wanted, key=len, reverse=True):
        if title not in left:
            return False
        left = left.replace(title, "", 1)
    return not re.sub(r"and|,|\s", "", left)


@claim(HERE, "some divide it", "the layers of which two units have each more than 0.1% of its land")
def _(t: Truth, s: Said, g: Groups) -> bool:
    lands = other_layers(t, s)
    divide = [k for k, land in lands.items() if t.divided(land)]
    right = num(g["maps"]) == len(lands) and num(g["n"]) == len(divide)
    return right and named(g["divide"], titles(t, divide))


@claim(HERE, "some list it twice", "the layers of which several units are listed, no two certain")
def _(t: Truth, s: Said, g: Groups) -> bool:
    lands = other_layers(t, s).items()
    found = [k for k, land in lands if len(land.units) > 1 and not t.divided(land)]
    return named(g["listed"], titles(t, found))


@claim(HERE, "some cover a part", "the layers that leave more than 0.1% of its land without a unit")
def _(t: Truth, s: Said, g: Groups) -> bool:
    lands = other_layers(t, s).items()
    return named(g["part"], titles(t, [k for k, land in lands if covered(land) < 1 - LEAST]))


@claim(HERE, "each has it whole", "each of so many layers has all its land in one unit")
def _(t: Truth, s: Said, g: Groups) -> bool:
    lands = other_layers(t, s).values()
    return num(g["maps"]) == len(lands) > 1 and all(map(whole_in_one, lands))


@claim(HERE, "the only one has it whole", "the one other layer has all its land in one unit")
def _(t: Truth, s: Said, g: Groups) -> bool:
    lands = list(other_layers(t, s).values())
    return len(lands) == 1 and whole_in_one(lands[0])


MET = "which units a place meets, with the schools of the place that are in them"


def met(t: Truth, s: Said, layer: str) -> set[str]:
    """Return the units that schools of a place are in, and those that have its land."""
    return set(t.units(s.layer, s.code, layer)) | set(ground(t, s, layer).units)


def rows(t: Truth, s: Said) -> list[str]:
    return [k for k in t.layers if k != s.layer]


@claim(MET, "none found", "no unit, and our list lacks some of its land")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any(
        not met(t, s, k) and ground(t, s, k).bare.get("no_evidence", 0) > 0 for k in rows(t, s)
    )


@claim(MET, "none", "no unit has land or a school of it")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any(not met(t, s, k) for k in rows(t, s))


@claim(MET, "one, of all schools", "one unit, with all its schools")
def _(t: Truth, s: Said, g: Groups) -> bool:
    n = t.ends(s.layer, s.code)
    return any(len(met(t, s, k)) == 1 and having(t, s, k) == n for k in rows(t, s))


@claim(MET, "one, of some", "one unit, with so many of its schools")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any(
        len(met(t, s, k)) == 1 and ends(g["weight"]) == having(t, s, k)
        and having(t, s, k) != t.ends(s.layer, s.code)
        for k in rows(t, s)
    )  # fmt: skip


def counted(t: Truth, s: Said, text: str, layer: str) -> bool:
    """Tell whether the numbers behind the names are the schools of the layer's units, in order."""
    found = t.met(s.layer, s.code, layer)
    units = sorted((found[u] for u in met(t, s, layer) if u in found), key=lambda n: -n[0])
    units += [(0.0, 0, 0)] * (len(met(t, s, layer)) - len(units))
    said = re.findall(rf" ((?:{_N} to )?{_N})(?=, |$)", text)
    return bool(said) and all(near(a, *b) for a, b in zip(said, units, strict=False))


_N = r"\d[\d,]*(?:\.\d)?"


@claim(MET, "several", "so many of its schools are in each unit")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any(counted(t, s, g["names"], k) for k in rows(t, s))


@claim(MET, "many", "so many of its schools are in each unit; so many units more")
def _(t: Truth, s: Said, g: Groups) -> bool:
    def holds(layer: str) -> bool:
        shown = len(re.findall(rf"[^o] {_N}(?: to {_N})?(?=, |$)", g["names"]))
        return shown + num(g["more"]) == len(met(t, s, layer)) and counted(t, s, g["names"], layer)

    return any(holds(k) for k in rows(t, s))


ON = "how far the land of units runs on beyond a place"


def some_ground(t: Truth, s: Said, holds: Callable[[Any], bool]) -> bool:
    return any(holds(ground(t, s, k)) for k in rows(t, s))


@claim(ON, "none", "no unit has land of it")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return some_ground(t, s, lambda land: not land.units)


@claim(ON, "one, inside", "its one unit has no more than 0.1% of its land outside")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return some_ground(t, s, lambda land: len(land.units) == len(land.inside) == 1)


@claim(ON, "one", "its one unit has land outside; the unit's schools, and those of the place")
def _(t: Truth, s: Said, g: Groups) -> bool:
    def holds(layer: str) -> bool:
        land = ground(t, s, layer)
        if len(land.units) != 1 or not land.beyond:
            return False
        (unit,) = land.units
        found = t.met(s.layer, s.code, layer).get(unit, (0.0, 0, 0))
        return near(g["weight"], *found) and near(
            g["schools"], t.n(layer, unit), *t.ends(layer, unit)
        )

    return any(holds(k) for k in rows(t, s))


@claim(ON, "all share it", "all land that has a unit is listed for the same units")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return some_ground(t, s, all_listed)


@claim(ON, "all inside", "no unit has more than 0.1% of its land outside")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return some_ground(t, s, lambda land: len(land.inside) == len(land.units) > 1)


@claim(ON, "both", "both units have land outside")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return some_ground(t, s, lambda land: len(land.beyond) == len(land.units) == 2)


@claim(ON, "all", "each of three units or more has land outside")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return some_ground(t, s, lambda land: len(land.beyond) == len(land.units) > 2)


@claim(ON, "some", "so many of so many units for certain have land outside")
def _(t: Truth, s: Said, g: Groups) -> bool:
    beyond, units = num(g["beyond"]), num(g["units"])
    return some_ground(t, s, lambda land: (len(land.beyond), len(land.units)) == (beyond, units))


@claim(ON, "perhaps", "no unit for certain has land outside, and not all are for certain inside")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return some_ground(
        t, s, lambda land: bool(land.units) and not land.beyond and land.inside != set(land.units)
    )


OF_ALL = "so many of all schools"


@claim(OF_ALL, "some", "fewer than the schools that the place can have")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return ends(g["n"]) == t.ends(s.layer, s.code) and 0 < ends(g["part"])[1] < ends(g["n"])[1]


@claim(OF_ALL, "the only one", "the place has one school")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return t.ends(s.layer, s.code)[1] == 1


@claim(OF_ALL, "both", "the place has two schools")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return t.ends(s.layer, s.code) == (2, 2)


@claim(OF_ALL, "all", "the schools that the place can have")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return ends(g["n"]) == t.ends(s.layer, s.code)


def part_of(text: str) -> tuple[float, float]:
    """Read "all 56 schools", "its one school" or "3 of 56 schools"."""
    if "one school" in text:
        return 1.0, 1.0
    found = re.search(rf"{_N}(?: to {_N})?", text)
    assert found
    return ends(found[0])


def told(t: Truth, s: Said, g: Groups, layer: str, *reasons: str) -> bool:
    found = [pieces_of(t, s, layer).get(reason, (0.0, 0, 0)) for reason in reasons]
    return part_of(g["schools"]) == (sum(n for _, n, _ in found), sum(n for *_, n in found))


@claim("schools for which we found no unit", "always", "its schools that our list leaves out")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return told(t, s, g, layer_titled(t, g["title"]), "no_evidence")


@claim("schools in no unit", "always", "its schools that a whole list leaves out")
def _(t: Truth, s: Said, g: Groups) -> bool:
    layer = layer_titled(t, g["title"])
    design = ("by design" in g["choice_partial"]) == (t.study.layers[layer].tiling == "partial")
    return design and told(t, s, g, layer, "not_covered")


@claim("schools on land that several units list", "always", "its schools on land listed twice")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return part_of(g["schools"])[1] == on_shared(t, s, layer_titled(t, g["titles"]))


@claim("schools on land that another unit of the place's layer lists", "land",
       "its schools that a unit of its own layer has too")  # fmt: skip
def _(t: Truth, s: Said, g: Groups) -> bool:
    shared = [urn for urn, share in t.members(s.layer)[s.code] if share < 1]
    return schools_in(g["schools"]) == len(shared)


@claim("schools without a location", "always", "its schools without a point or a district")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any_layer(t, s, lambda k: told(t, s, g, k, "not_located"))


ALIKE = "the areas most like a place"


@claim(ALIKE, "some", "so many units surely have 20 schools, it among them; the nearest first")
def _(t: Truth, s: Said, g: Groups) -> bool:
    far = [float(n) for n in re.findall(r"\((\d+\.\d)\)", g["alike"])]
    ranked = t.ranked(s.layer)
    right = g["enough"] == t.enough(s.layer) and s.code in ranked and far == sorted(far)
    return right and num(g["ranked"]) == len(ranked)


@claim(ALIKE, "too small", "it may have fewer than 20 schools")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return t.ends(s.layer, s.code)[0] < 20 and g["enough"] == t.enough(s.layer)


@claim(ALIKE, "too few others", "fewer than two units surely have 20 schools")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return len(t.ranked(s.layer)) < 2


PATTERN = "the pattern of an authority"


def of_typology(t: Truth, s: Said) -> tuple[Any, str]:
    known = t.study.__dict__.setdefault("_typology_of_tests", {})
    if not known:
        table = typology(t.study)
        rows = zip(table["unit_code"], table["pattern"], table["rule"], strict=True)
        known.update({code: (pattern, rule) for code, pattern, rule in rows})
    found: tuple[Any, str] = known[s.code]
    return found


@claim(PATTERN, "none", "said nowhere")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return False


@claim(PATTERN, "not known", "its row of the typology, which has no pattern")
def _(t: Truth, s: Said, g: Groups) -> bool:
    pattern, rule = of_typology(t, s)
    return not isinstance(pattern, str) and g["rule"] == rule


@claim(PATTERN, "mixed", "its row of the typology")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return of_typology(t, s) == ("mixed", g["rule"])


@claim(PATTERN, "one", "its row of the typology")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return of_typology(t, s) == (g["pattern"], g["rule"])


@claim(CAVEAT, "home", "of no trust with a home there has another unit as many of its schools")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return s.code not in ties_at_home(t, s.layer)


def ties_at_home(t: Truth, layer: str) -> set[str]:
    """Return the units that are the home of a trust with as many schools in another."""
    known = t.study.__dict__.setdefault("_ties_of_tests", {})
    if layer not in known:
        found = set()
        for uid, home in t.home(layer).items():
            n = t.trust_units(uid, layer)
            if home in n and any(k >= n[home] for unit, k in n.items() if unit != home):
                found.add(home)
        known[layer] = found
    wrong: set[str] = known[layer]
    return wrong


@claim(CAVEAT, "date of trusts", "the links file's month")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return g["links"] == f"{t.study.register.source['vintage_links']:%B %Y}"


@claim("what to bear in mind of a layer", "caption", "the caption of that layer")
def _(t: Truth, s: Said, g: Groups) -> bool:
    found = [*t.study.area_layers.values(), t.study.layer(s.layer)]
    return any(v.title == g["title"] and v.caption == g["caption"] for v in found)


@claim("what to bear in mind of a layer", "dates", "the note of a layer's dates")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any_layer(t, s, lambda k: t.study.note(k) == g["note"])


LAST = "what to bear in mind, after the layers"


@claim(LAST, "overlap", "several units of some layer, or of its own, have or share its land")
def _(t: Truth, s: Said, g: Groups) -> bool:
    shared = any(share < 1 for _, share in t.members(s.layer)[s.code])
    return shared or some_ground(t, s, lambda land: len(land.units) > 1)


@claim(LAST, "land", "every layer is made of the blocks")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return set(t.listed(t.study.seat(s.layer))) == set(t.area)


@claim(LAST, "thin layers", "those whose list leaves out more than half of the schools")
def _(t: Truth, s: Said, g: Groups) -> bool:
    thin = [k for k in t.layers if t.n(k, "no_evidence") > len(t.trust) / 2]
    return named(g["thin"], titles(t, thin))


@claim("a source of a profile", "always", "the register, or the source of a layer")
def _(t: Truth, s: Said, g: Groups) -> bool:
    label = t.study.register.label
    own = t.study.layer(s.layer).source
    return g["source"] in {label, own} or any_layer(
        t, s, lambda k: g["source"].startswith(t.study.layers[k].source)
    )


@claim("the study of a profile", "always", "the title, day and fingerprint of the study")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return g["fingerprint"] == t.study.fingerprint and g["title"] == t.study.settings.title


# ---- England: the index, lists, coverage, search -----------------------------------------------


def several(t: Truth) -> Any:
    return t.spread[t.spread["schools"] >= 2]


def counted_as(t: Truth, title: str) -> str:
    """Return the layer of a title that stands in small letters within a sentence."""
    return layer_titled(t, title.lower())


def keeping(t: Truth, home: str) -> tuple[int, int]:
    """Return the least and the most trusts that can be in one unit of a layer."""
    low, high = (several(t)[f"areas_{home}_{end}"] for end in ("low", "high"))
    return int((high == 1).sum()), int((low == 1).sum())


def crossing(t: Truth, layer: str) -> tuple[int, int]:
    low, high = (several(t)[f"areas_{layer}_{end}"] for end in ("low", "high"))
    return int((low > 1).sum()), int((high > 1).sum())


def units_in(t: Truth, layer: str) -> list[str]:
    return [code for code in t.blocks(layer) if code not in REASONS]


FOUND = "a trust that a search found"


@claim("a place that a search found", "always", "the least and the most schools it can have")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return layer_titled(t, g["title"]) == s.layer and ends(g["n"]) == t.ends(s.layer, s.code)


@claim("the home of a trust that a search found", "a unit", "its home among the authorities")
def _(t: Truth, s: Said, g: Groups) -> bool:
    home = t.home("local_authority")[s.code]
    return g["home"] == t.name("local_authority")[home]


@claim("the home of a trust that a search found", "none", "it has no single home")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return t.home("local_authority")[s.code] == "no_single_home"


@claim(FOUND, "of other phases too", "its schools of every phase, more than count")
def _(t: Truth, s: Said, g: Groups) -> bool:
    all_, n = num(g["all"]), num(g["n"])
    return all_ == t.every[s.code] > n == len(t.of_trust.get(s.code, []))


@claim(FOUND, "all count", "its schools that count are all its schools")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return num(g["n"]) == t.every[s.code] == len(t.of_trust[s.code])


@claim("where to start, as a title", "regions", "the atlas has pages of regions")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return s.code in {"dfe_region", "region"} and counted_as(t, g["title"]) == s.code


def based_elsewhere(t: Truth, layer: str) -> tuple[int, int, int]:
    """Count the schools with a unit whose trust is based in another: least, most; and all."""
    inside = {urn for urn, units in t.claims(layer).items() if units[0][0] not in REASONS}
    kinds = Counter(kind for urn, kind in t.kinds(layer).items() if urn in inside)
    away = kinds["trust_based_elsewhere"]
    return away, away + kinds["status_unknown"], len(inside)


@claim(
    "schools in trusts based elsewhere", "schools", "of those with a unit, so many are of the kind"
)
def _(t: Truth, s: Said, g: Groups) -> bool:
    away, most, known = based_elsewhere(t, s.code)
    right = num(g["n"]) == known and counted_as(t, g["unit"]) == s.code
    return right and ends(g["away"]) == (away, most)


@claim("schools in trusts based elsewhere", "trusts", "the least and the most in one unit")
def _(t: Truth, s: Said, g: Groups) -> bool:
    n, one = len(several(t)), keeping(t, s.code)
    right = num(g["trusts"]) == n and counted_as(t, g["unit"]) == s.code
    said = tuple(num(text) for text in re.findall(_N, g["one"]))
    return right and (said[0], said[-1]) == one and ends_of(g["share"], one, n)


def ends_of(text: str, found: tuple[float, float], n: float) -> bool:
    """Tell whether a percentage, or two, are the least and the most of so many."""
    parts = re.split(r" (?:to|and) ", text.lower().removeprefix("between "))
    return pct(parts[0], found[0] / n) and pct(parts[-1], found[1] / n)


@claim("places divided between hubs", "hubs", "those with land of two units, at least and at most")
def _(t: Truth, s: Said, g: Groups) -> bool:
    layer = layer_titled(t, g["titles"])
    lands = [t.ground(layer, code, s.code) for code in units_in(t, layer)]
    low = sum(t.divided(land) for land in lands)
    high = sum(len(land.units) > 1 for land in lands)
    said = [num(text) for text in re.findall(_N, g["several"])]
    return num(g["hubs"]) == len(lands) and (said[0], said[-1]) == (low, high)


@claim(
    "places divided between hubs",
    "middle hub",
    "the trusts of the middle hub, or of the two in the middle",
)
def _(t: Truth, s: Said, g: Groups) -> bool:
    said = [num(text) for text in re.findall(_N, g["middle"])]
    return any_layer(t, s, lambda k: (said[0], said[-1]) == middle_of(t, k, "trusts"))


@claim("trusts across regions", "share", "the least and the most in two regions or more")
def _(t: Truth, s: Said, g: Groups) -> bool:
    n = len(several(t))
    return num(g["trusts"]) == n and any_layer(
        t, s, lambda k: k in {"dfe_region", "region"} and ends_of(g["share"], crossing(t, k), n)
    )


@claim("trusts across regions", "directors", "the regions are those of the DfE's directors")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return "dfe_region" in t.layers


def ways(t: Truth, layer: str) -> dict[str, str]:
    """Return how each block is covered by a layer."""
    table = t.study.land(layer)
    sure = dict(zip(table["block"], table["confidence"], strict=True))
    named = {"no_evidence": "none", "not_covered": "not_covered"}

    def way(block: str, units: frozenset[str]) -> str:
        if len(units) > 1:
            return "shared"
        (unit,) = units
        return named.get(unit, "low" if sure[block] == "low" else "one")

    return {block: way(block, units) for block, units in t.listed(layer).items()}


def on_land(t: Truth, layer: str) -> Counter[str]:
    """Count schools by how the block they stand on is covered."""
    of = ways(t, layer)
    blocks = t.study.placement.schools["block"]
    return Counter(of.get(block, "not_located") for block in blocks)


def places_with(t: Truth, home: str, layer: str, way: str) -> int:
    of = ways(t, layer)
    return sum(any(of[b] == way for b in t.blocks(home)[code]) for code in units_in(t, home))


def hubs_of(t: Truth, s: Said) -> list[str]:
    return [k for k, v in t.study.area_layers.items() if v.family == "hubs" and k != s.code]


@claim(
    "schools in trusts based elsewhere, as a figure", "always", "of those with a unit, the share"
)
def _(t: Truth, s: Said, g: Groups) -> bool:
    away, most, known = based_elsewhere(t, s.code)
    return between(g["share"], away / known, most / known)


@claim("places divided between hubs, as a figure", "always", "of a layer of hubs, least and most")
def _(t: Truth, s: Said, g: Groups) -> bool:
    def found(layer: str) -> tuple[int, int]:
        lands = [t.ground(s.code, code, layer) for code in units_in(t, s.code)]
        return sum(map(t.divided, lands)), sum(len(land.units) > 1 for land in lands)

    return ends(g["n"]) == found(hubs_of(t, s)[0])


@claim("trusts across regions, as a figure", "always", "in two regions or more, least and most")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any(ends(g["n"]) == crossing(t, k) for k in {"dfe_region", "region"} & {*t.layers})


@claim("places without a hub, as a figure", "always", "all of their land is named in no list")
def _(t: Truth, s: Said, g: Groups) -> bool:
    def found(layer: str) -> int:
        of = ways(t, layer)
        blocks = (t.blocks(s.code)[code] for code in units_in(t, s.code))
        return sum(all(of[b] == "none" for b in mine) for mine in blocks)

    return num(g["n"]) == next(filter(None, map(found, hubs_of(t, s))))


@claim("places without a hub", "always", "schools on blocks that no list names, of some layer")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any_layer(t, s, lambda k: num(g["n"]) == on_land(t, k)["none"])


@claim("schools that no map can draw", "some", "schools with neither a point nor a district")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return num(g["lost"]) == pointed(t)[2]


def so_many(t: Truth, said: str, title: str, home: str) -> bool:
    return counted_as(t, title) == home and num(said) == len(units_in(t, home))


@claim("all places, as a title", "one", "the layer has one unit")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return so_many(t, "1", g["place"], s.code)


@claim("all places, as a title", "two", "the layer has two units")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return so_many(t, "2", g["places"], s.code)


@claim("all places, as a title", "several", "the layer has so many units")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return so_many(t, g["n"], g["places"], s.code)


@claim("the units of a layer, as a title", "one", "the layer has one unit")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return so_many(t, "1", g["title"], layer_titled(t, g["title"]))


@claim("the units of a layer, as a title", "several", "the layer has so many units")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return so_many(t, g["n"], g["titles"], layer_titled(t, g["titles"]))


@claim("the schools that count, on the index", "always", "all the schools of the population")
def _(t: Truth, s: Said, g: Groups) -> bool:
    right = g["population"].lower() == t.study.population.title.lower()
    return right and num(g["n"]) == len(t.trust)


@claim("all trusts", "none", "no trust has two schools that count")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return several(t).empty


@claim("all trusts", "how many", "those of two schools; the least and the most in one unit")
def _(t: Truth, s: Said, g: Groups) -> bool:
    said = [num(text) for text in re.findall(_N, g["one"])]
    right = num(g["trusts"]) == len(several(t)) and counted_as(t, g["unit"]) == s.code
    return right and (said[0], said[-1]) == keeping(t, s.code)


def of_reach(t: Truth) -> dict[str, int]:
    return {REACHES[k].lower(): n for k, n in several(t)["reach"].value_counts().items()}


@claim("all trusts", "spread", "they add up to all of them whose distances are known")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return sum(num(n) for n in re.findall(_N, g["spreads"])) == sum(of_reach(t).values())


@cache
def not_counted(t: Truth) -> dict[str, int]:
    """Return the trusts of two schools or more of which none counts, and how many they run."""
    runs = t.study.everywhere["trust_uid"].value_counts()
    return {uid: n for uid, n in runs.items() if n > 1 and uid not in t.of_trust}


@claim("all trusts", "none that counts", "two schools or more, of which none counts")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return num(g["none"]) == len(not_counted(t))


@claim(FOUND, "none counts", "its schools of every phase, of which none counts")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return num(g["all"]) == not_counted(t)[s.code]


@claim("trusts of one spread", "always", "so many have that word in the table of trusts")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return num(g["n"]) == of_reach(t).get(g["reach"].lower(), 0)


@claim("all trusts", "one, and others", "one school counts, of two or more")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return num(g["more"]) == int(((t.spread["schools"] == 1) & (t.spread["schools_all"] > 1)).sum())


@claim("what a coverage map is counted in", "over itself", "the layer has so many units")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return layer_titled(t, g["titles"]) == s.code and num(g["hubs"]) == len(units_in(t, s.code))


@claim("what a coverage map is counted in", "over places", "both layers have so many units")
def _(t: Truth, s: Said, g: Groups) -> bool:
    n, title = g["places"].split(" ", 1)
    right = num(g["hubs"]) == len(units_in(t, layer_titled(t, g["titles"])))
    return right and so_many(t, n, title, s.code)


@claim("the limit of coverage", "always", "the caption of a layer")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return any_layer(t, s, lambda k: g["caption"] == t.study.layers[k].caption)


@claim("a kind of evidence", "always", "so many records of some layer say so, on the day")
def _(t: Truth, s: Said, g: Groups) -> bool:
    def holds(layer: str) -> bool:
        of, day = t.study.layers[layer], t.study.as_of
        sources = [c.source for c in of.claims if of.active(day) and c.active(day)] or [of.source]
        return num(g["n"]) == sum(source.partition(": http")[0] == g["kind"] for source in sources)

    return any_layer(t, s, holds)


WHO = "who has a hub"


@claim(WHO, "one", "the schools on blocks that one unit has, on sure evidence")
def _(t: Truth, s: Said, g: Groups) -> bool:
    found = on_land(t, layer_titled(t, g["title"]))
    return not found["low"] and pct(g["sure"], found["one"] / found.total())


@claim(WHO, "one, some in doubt", "the same, and those with one on evidence of low confidence")
def _(t: Truth, s: Said, g: Groups) -> bool:
    found = on_land(t, layer_titled(t, g["title"]))
    n = found.total()
    return pct(g["sure"], found["one"] / n) and pct(g["low"], found["low"] / n) and found["low"] > 0


def so_covered(t: Truth, s: Said, way: str, schools: str, places: str) -> bool:
    n, title = places.split(" ", 1)
    return counted_as(t, title) == s.code and any_layer(
        t,
        s,
        lambda k: num(schools) == on_land(t, k)[way] and num(n) == places_with(t, s.code, k, way),
    )


@claim(WHO, "shared", "schools and places with land that several have")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return so_covered(t, s, "shared", g["shared"], g["shared_places"])


@claim(WHO, "none", "schools and places with land of which no record tells")
def _(t: Truth, s: Said, g: Groups) -> bool:
    return so_covered(t, s, "none", g["none"], g["none_places"])


@claim(WHO, "evidence", "its numbers are those of the records of some layer, on the day")
def _(t: Truth, s: Said, g: Groups) -> bool:
    said = sum(num(n) for n in re.findall(rf"\(({_N}) records?\)", g["evidence"]))
    day = t.study.as_of
    return any_layer(t, s, lambda k: said == (len(t.study.layers[k].claims_on(day)) or 1))


# ---- what makes no claim -----------------------------------------------------------------------

FIGURE = "the words below a figure, which is not read back here"
NAMES = "it names what the page holds"
LATER = "said on days after both registers, of the table of areas"
SAYS_NOTHING: dict[tuple[str, str], str] = {
    ("who runs the schools of a place", "shared schools"): LATER,
    ("schools on land that another unit of the place's layer lists", "schools alone"): LATER,
    ("a place's page", "always"): NAMES,
    ("a trust's page", "always"): NAMES,
    ("a page on coverage", "always"): NAMES,
    ("a map of coverage, as a title", "always"): NAMES,
    ("what a map of coverage shows", "always"): NAMES,
    ("places with some such land, as the head of a column", "always"): NAMES,
    ("where to start, as a title", "no regions"): NAMES,
    ("schools in trusts based elsewhere, as a title", "always"): FIGURE,
    ("places divided between hubs, as a title", "one"): FIGURE,
    ("places divided between hubs, as a title", "several"): FIGURE,
    ("trusts across regions, as a title", "always"): FIGURE,
    ("places without a hub, as a title", "one"): FIGURE,
    ("places without a hub, as a title", "several"): FIGURE,
    ("an area that is still to come", "order"): LATER,
    ("an area that is still to come", "decided"): LATER,
    ("an area that is still to come", "line"): LATER,
}
