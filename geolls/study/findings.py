"""The main findings of a study in words, each with its number and the command that prints it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import pandas as pd

from geolls.base.interval import Interval, between, span
from geolls.base.text import day
from geolls.base.vocabulary import PATTERNS, RANKED
from geolls.measures.membership import is_reason
from geolls.study.core import Core
from geolls.study.typology import (
    NOT_SURE,
    by_opening,
    knows_joinings,
    list_day,
    rules_of,
    typology,
)

__all__ = ["Finding", "findings"]

#: Maps whose lines trusts and authorities are held against.
LINES = ("local_authority", "region", "teaching_school_hub", "maths_hub")
#: Two maps that come nearer than this to nesting, one in the other, are called nested.
NESTED = 0.995


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Parameters
    ----------
    key : str
        Its name, stable over time.
    value : float
        The number it turns on.
    text : str
        The finding in words.
    command : str
        The `geolls` command whose output holds the number, with --phase and --where as the study
        has them; options that name its register and day are left out.
    low, high : float, optional
        The least and the most that it can be, where several units list land along a line that is
        not known (`value` then counts a school in each of them, by convention), or schools have no
        location. Blank where there is no doubt of that kind.
    """

    key: str
    value: float
    text: str
    command: str
    low: float | None = None
    high: float | None = None


def findings(study: Core) -> list[Finding]:
    """State the main findings of a study.

    Parameters
    ----------
    study : Core
        Any study; a finding whose layers it lacks is left out, and so is one that would rest on
        fewer than 20 schools: of those, look at the schools themselves.

    Returns
    -------
    list of Finding
        In the order of the questions: the maps, the authorities, the trusts, the schools.

    Notes
    -----
    Maps are compared where they should cover England once. Schools are those of the study;
    trusts those with two or more of them. Overlap is not failure: it shows which bodies must deal
    with which.
    """
    parts: tuple[Callable[[Core], Iterator[Finding]], ...] = (
        _maps,
        _authorities,
        _trusts,
        _schools,
        _gaps,
    )
    return [_resting(study, finding) for part in parts for finding in part(study)]


def _resting(study: Core, found: Finding) -> Finding:
    """Add on how many of its units a layer is known, and which schools the command is to count."""
    about = [k for k in study.rests_on if k in found.key or k in found.command.split()]
    told = [] if study.population.name == "mainstream" else ["--phase", study.population.name]
    told += [word for each in study.settings.where for word in ("--where", each)]
    command = f"{found.command} {shlex.join(told)}".rstrip()
    return replace(found, text=f"{found.text} {study.partly(*about)}".rstrip(), command=command)


def _few(schools: float) -> bool:
    """Tell whether schools are too few to be found anything of as a whole."""
    return schools < RANKED


def _several(study: Core, key: str) -> str:
    return _inside_a_sentence(study.layers[key].unit_title_plural)


def _inside_a_sentence(title: str) -> str:
    """Return a title in small letters where it is a common noun: "regions", but "Maths Hubs"."""
    common = title.startswith(("District", "Region", "Local ", "Combined "))
    return title[:1].lower() + title[1:] if common else title


def _of(ends: Interval, whole: int) -> str:
    """Say a number of a whole, at the beginning of a sentence: "Between 417 and 450 of 1,091"."""
    said = between(ends, lambda n: f"{n:,.0f}")
    return f"{said[:1].upper()}{said[1:]} of {whole:,}"


def _form(n: float, one: str, several: str) -> str:
    return one if n == 1 else several


def _shares(ends: Interval, whole: int) -> str:
    return f"({span(ends.out_of(whole), lambda share: f'{share:.1%}')})"


def _doubt(ends: Interval, title: str) -> str:
    """Say why a number is known between two only."""
    why = (
        f" It is not known more exactly: several {title} list the same land, with no line between."
    )
    return "" if ends.certain else why


def _open(ends: Interval) -> tuple[float, ...]:
    return () if ends.certain else ends


def _maps(study: Core) -> Iterator[Finding]:
    if _few(study.placement.schools["block"].count()):
        return
    whole = [k for k, v in study.area_layers.items() if v.tiling == "exhaustive"]
    pairs = {
        pair: study.mismatch(*pair).set_index("measure")["value"] for pair in combinations(whole, 2)
    }
    if not pairs:
        return
    lowest = min(pairs, key=lambda p: (pairs[p]["v_measure"], p))
    a, b = (_several(study, k) for k in lowest)
    nest = max(pairs[lowest]["homogeneity"], pairs[lowest]["completeness"])
    nested = (
        " One nests in the other: the value is low because the units of one are so much larger, "
        "not because their lines cross."
        if nest >= NESTED
        else ""
    )
    yield Finding(
        "lowest_v_measure",
        pairs[lowest]["v_measure"],
        f"Of the maps that should cover England once, {a} and {b} have the lowest V-measure, "
        f"{pairs[lowest]['v_measure']:.3f} by schools.{nested}",
        f"geolls mismatch {lowest[0]} {lowest[1]} --by schools",
    )

    def crossing(pair: tuple[str, str]) -> float:
        return float(1 - max(pairs[pair]["homogeneity"], pairs[pair]["completeness"]))

    worst = max(pairs, key=lambda p: (crossing(p), p))
    a, b = (_several(study, k) for k in worst)
    yield Finding(
        "farthest_from_nesting",
        crossing(worst),
        f"Their lines cross most where {a} meet {b}: homogeneity is "
        f"{pairs[worst]['homogeneity']:.3f} and completeness {pairs[worst]['completeness']:.3f} "
        "by schools. Where one map nests in another, one of the two is 1.",
        f"geolls mismatch {worst[0]} {worst[1]} --by schools",
    )


def _authorities(study: Core) -> Iterator[Finding]:
    for hub in ("teaching_school_hub", "maths_hub"):
        if not {hub, "local_authority"} <= set(study.area_layers):
            continue
        title = _several(study, hub)
        number, word = len(study.places("local_authority")), study.population.word
        for by, words in (
            ("area", "land"),
            ("schools", f"{word} schools (by who maintains them)"),
        ):
            if by == "schools" and _few(len(study.schools)):
                continue
            rows = study.mismatch("local_authority", hub, by=by, inside_only=True)  # type: ignore[arg-type]
            found = rows.set_index("measure")["value"]
            ends = Interval(found["splits_low"], found["splits_high"])
            yield Finding(
                f"authorities_cut_by_{hub}_{by}",
                found["splits"],
                f"{_of(ends, number)} local {_form(number, 'authority', 'authorities')} "
                f"{_shares(ends, number)} {_form(ends.high, 'has', 'have')} {words} in two or more "
                f"{title}.{_doubt(ends, title)}",
                f"geolls mismatch local_authority {hub} --by {by} --inside-only",
                *_open(ends),
            )


def _trusts(study: Core) -> Iterator[Finding]:
    trusts, word = study.spread(), study.population.word
    several = trusts[trusts["schools"] >= 2]
    if _few(several["schools"].sum()):
        return
    for key in LINES:
        if key not in study.area_layers:
            continue
        title = _inside_a_sentence(study.layers[key].unit_title)
        across, low, high = (
            int((several[f"areas_{key}{end}"] >= 2).sum()) for end in ("", "_low", "_high")
        )
        ends = Interval(low, high)
        yield Finding(
            f"trusts_across_{key}",
            across,
            f"{_of(ends, len(several))} {_form(len(several), 'trust', 'trusts')} with two or more "
            f"{word} schools {_shares(ends, len(several))} {_form(ends.high, 'has', 'have')} them "
            f"in more than one {title}."
            f"{_doubt(ends, _several(study, key))}",
            "geolls spread --format csv",
            *_open(ends),
        )
    small = several[several["schools"] < 12]
    if "region" in study.area_layers and not _few(small["schools"].sum()):
        one = float((small["areas_region"] == 1).mean())
        yield Finding(
            "small_and_medium_trusts_in_one_region",
            one,
            f"Of the {len(small):,} {_form(len(small), 'trust', 'trusts')} with 2 to 11 {word} "
            f"schools, {one:.1%} {_form(len(small), 'has', 'have')} them within one region.",
            "geolls spread --format csv",
        )
    local = float((several["reach"] == "local").mean())
    rule = study.spread_options
    yield Finding(
        "local_trusts",
        local,
        f"{local:.1%} of trusts with two or more {word} schools are local: no two of these "
        f"are more than {rule.local_km:g} km apart, or more than {rule.sub_regional_km:g} km if "
        "all are in one authority.",
        "geolls spread --format csv",
    )


def _schools(study: Core) -> Iterator[Finding]:
    schools = study.schools
    if _few(len(schools)):
        return
    kinds = schools["trust_type"].value_counts(normalize=False) / max(len(schools), 1)
    several, single = (
        float(kinds.get(k, 0.0)) for k in ("multi_academy_trust", "single_academy_trust")
    )
    unknown = int((schools["status_unknown"] & schools["trust_uid"].isna()).sum())
    bounds = (
        f" The status of {unknown:,} more is not known, so that in trusts of either kind are "
        f"between {several + single:.1%} and "
        f"{several + single + unknown / len(schools):.1%}."
        if unknown
        else ""
    )
    yield Finding(
        "schools_in_trusts",
        several + single,
        f"{several:.1%} of {len(schools):,} {study.population.title} are in multi-academy trusts, "
        f"{single:.1%} in single-academy trusts.{bounds}",
        "geolls layers --long",
    )
    if "local_authority" not in study.area_layers or _few(
        (schools["phase"] == rules_of(study).phase).sum()
    ):
        return
    table = typology(study)
    found = table["pattern"].value_counts()
    sorted_ = {k: int(found.get(k, 0)) for k in PATTERNS}
    by = "openings as academies" if by_opening(study) else "joinings"
    hang = int((table["pattern"].isna() & table["rule"].str.startswith(NOT_SURE)).sum())
    open_ = f"; of {hang} it is not known" if hang else ""
    others = (
        f"{sorted_['B']} {_form(sorted_['B'], 'has', 'have')} recent trusts based mainly "
        f"elsewhere, {sorted_['A']} early trusts based there; {sorted_['mixed']} "
        f"{_form(sorted_['mixed'], 'is', 'are')} mixed{open_}, by {by} until {day(list_day(study))}"
        if knows_joinings(study)
        else "the pattern of the others is not known without the days on which schools joined "
        "their trusts (--links)"
    )
    yield Finding(
        "authorities_by_pattern",
        sorted_["C"],
        f"By their {rules_of(study).phase} schools, {sorted_['C']} local "
        f"{_form(sorted_['C'], 'authority is', 'authorities are')} still mostly maintained, "
        f"{others}.",
        "geolls typology",
    )


def _gaps(study: Core) -> Iterator[Finding]:
    if _few(len(study.schools)):
        return
    for key, reason, words in (
        ("maths_hub", "no_evidence", "are in areas for which we found no Maths Hub: a gap in the "
         "list, not proof that none serves them"),
        ("combined_authority", "not_covered", "are in no combined authority"),
    ):  # fmt: skip
        if key not in study.area_layers:
            continue
        rows = study.coverage(key, by="schools")
        share, lost = (
            float(rows.loc[rows["unit_code"] == code, "share"].sum())
            for code in (reason, "not_located")
        )
        ends = Interval(share, share + lost)
        said = span(ends, "{:.1%}".format, "Between {} and {}")
        doubt = "" if ends.certain else ". Some have no location: where they are is not known"
        yield Finding(
            f"schools_{reason}_{key}",
            share,
            f"{said} of {study.population.word} schools {words}{doubt}.",
            f"geolls coverage {key} --by schools",
            *(() if ends.certain else ends),
        )
    if "teaching_school_hub" in study.area_layers:
        table: pd.DataFrame = study.assigned("teaching_school_hub")
        inside = table[~is_reason(table["unit_code"])]
        shared = int((inside.groupby("urn").size() > 1).sum())
        yield Finding(
            "schools_listed_by_two_hubs",
            shared,
            f"{shared:,} {study.population.word} {_form(shared, 'school is', 'schools are')} on "
            "land that several Teaching School Hubs list, along a line not to hand.",
            "geolls coverage teaching_school_hub --by schools",
        )
