"""Sentences of pages: every form can be walked, is reached in its turn, and escapes its facts."""

from __future__ import annotations

import re
from string import Formatter
from types import SimpleNamespace

import pytest
from markupsafe import Markup

from geolls.atlas import words
from geolls.atlas.words import SAYINGS, Form, Saying
from geolls.base.interval import Interval, bounds
from geolls.study.facts import Rank

HOSTILE = "<script>boom()</script>\"'&"
FORMS = [(about, form) for about, saying in SAYINGS.items() for form in saying.forms]


def names(template: str) -> set[str]:
    """The facts that the words of a form need, those within formats included."""
    found = set()
    for _, name, spec, _ in Formatter().parse(template):
        if name is not None:
            found |= {re.split(r"[.\[]", name)[0], *names(spec or "")}
    return found


def test_every_saying_stands_under_its_own_name() -> None:
    sayings = [value for value in vars(words).values() if isinstance(value, Saying)]
    assert len(SAYINGS) == len(sayings) > 50
    for saying in sayings:
        assert SAYINGS[saying.about] is saying


@pytest.mark.parametrize(("about", "form"), FORMS, ids=[f"{a}: {f.name}" for a, f in FORMS])
def test_each_form_is_plain_english_with_known_formats(about: str, form: Form) -> None:
    assert form.name
    assert len({f.name for f in SAYINGS[about].forms}) == len(SAYINGS[about].forms)
    assert not re.search(r"  |&(?!amp;)|<(?!/?(?:b|small)>)", form.words)
    for _, name, spec, _ in Formatter().parse(form.words):
        if name and spec and "|" not in spec:
            assert spec in words.FORMATS or re.fullmatch(r"\.\df", spec), spec


@pytest.mark.parametrize("about", SAYINGS)
def test_the_last_form_of_a_choice_is_said_always_or_nothing_is(about: str) -> None:
    saying = SAYINGS[about]
    if saying.join is None:
        later = [form.when for form in saying.forms[:-1]]
        assert words.always not in later, "the forms after one that is said always are never said"


def test_the_first_form_whose_condition_holds_is_said() -> None:
    said = words.TRUSTS_HERE(
        word="primary",
        trusts=3,
        home=2,
        away=1,
        homeless=0,
        unknown=0,
        homes="two at home here and one based elsewhere",
    )
    assert said == (
        "<b>Three trusts of two or more primary schools</b> work here: two at home here and one "
        "based elsewhere."
    )


def test_forms_that_all_hold_are_joined() -> None:
    facts = {"units": Interval(3, 3), "parted": 1, "effective": 2.44, "strays": 2.0}
    assert words.MORE_UNITS(**facts) == (
        ", effective 2.4; one of those listed shares land; 2 schools stand over the line"
    )
    assert words.MORE_UNITS(**facts | {"units": Interval(1, 1), "parted": 0, "strays": 0.0}) == ""


def test_units_are_said_with_what_they_are_counted_by_and_one_body_by_its_name() -> None:
    facts = {"itself": False, "units": bounds(2), "listed": 2, "parted": 0, "more": ""}
    assert words.UNITS_HERE(**facts) == "2 units by its schools"
    body = SimpleNamespace(unit_title="Greater London Authority",
                           unit_title_plural="Greater London Authority")  # fmt: skip
    hub = SimpleNamespace(unit_title="Teaching School Hub",
                          unit_title_plural="Teaching School Hubs")  # fmt: skip
    said = [
        words.HAVE_A_UNIT(units=1, gap=0, inside=bounds(1), n=bounds(1), layer=layer)
        for layer in (body, hub)
    ]
    assert said == [
        "Its one school comes under the Greater London Authority.",
        "Its one school comes under a Teaching School Hub.",
    ]


def test_few_schools_have_no_percentage() -> None:
    facts = {
        "word": "primary", "population": "schools",
        "place": "Rutland", "name": "Rutland", "part": 4.0,
        "run": "in no trust", "share": 0.5, "england": 0.4, "rank": None, "others": "districts",
        "enough": "20 schools or more",
        "schools": Interval(8, 8),
    }  # fmt: skip
    assert words.WHO_RUNS(n=8.0, **facts) == (
        "<b>4</b> of 8 primary schools in Rutland are in no trust."
    )
    one = facts | {"part": 1.0}
    assert words.WHO_RUNS(n=1.0, **one) == "The one primary school of Rutland is in no trust."
    assert words.WHO_RUNS(n=8.0, **one).endswith("Rutland is in no trust.")
    assert "(50%; England 40%)" in words.WHO_RUNS(n=10.0, **facts)
    some = facts | {"part": Interval(4, 6), "share": Interval(0.4, 0.6)}
    assert words.WHO_RUNS(n=10.0, **some).startswith("<b>Between 4 and 6</b> of Rutland\u2019s 10 ")
    ranked = words.WHO_RUNS(
        n=100.0, **facts | {"rank": Rank(Interval(0, 0), Interval(150, 150), 151)}
    )
    assert ranked.endswith("of 151 districts with 20 schools or more, no other has a larger share.")


def test_facts_are_escaped_once() -> None:
    said = words.HUB_SHARES(names=[HOSTILE, "b"], both=2.0)
    assert "<script>" not in said
    assert "&lt;script&gt;" in said
    assert "&amp;lt;" not in said
    title = words.REASON(reason="no_evidence", title=HOSTILE)
    assert title.unescape() == f"No {HOSTILE} found"
    assert words.paragraph(Markup("a."), "", Markup("b.")) == "a. b."


def test_every_fact_of_a_form_has_a_name() -> None:
    for _, form in FORMS:
        assert all(name.isidentifier() for name in names(form.words)), form.words


def test_the_report_of_a_row_asks_for_what_the_page_fills_in() -> None:
    assert set(re.findall(r"\{(\w+)\}", words.REPORT["text"])) == {
        *("record", "table", "cells", "page", "study", "today", "source", "correct")
    }
