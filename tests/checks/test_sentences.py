"""Every sentence of a page or a profile is true of the tables, for every place and trust."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from claims import CLAIMS, SAYS_NOTHING, num
from said import Said, Walk, choices_of, pattern_of, walk_over
from truth import Truth

from geolls.atlas.words import SAYINGS

pytestmark = pytest.mark.real_data

FORMS = {(about, f.name): f.words for about, say in SAYINGS.items() for f in say.forms}
STUDIES = ("real_study", "recent_study")
SHOWN = 12  # failures of a form that are shown


def read_back(said: Said, pattern: re.Pattern[str]) -> dict[str, str]:
    """Return the facts that a sentence holds."""
    found = pattern.fullmatch(said.text)
    assert found, f"{said} is not of the form {pattern.pattern}"
    return found.groupdict()


def one_or_several(said: Said, template: str, groups: dict[str, str]) -> bool:
    """Tell whether words for one stand beside one, and words for more beside more."""
    times = Counter[str]()
    for name, options in choices_of(template):
        single, several = options[0], options[-1]
        times[name] += 1
        again = f"_{times[name]}" if times[name] > 1 else ""
        number, choice = groups.get(name), groups.get(f"choice_{name}{again}")
        if len({*options}) == 1 or number is None or choice is None or "{" in single + several:
            continue
        try:
            many = num(number)
        except ValueError:
            continue
        if choice != (single if many == 1 else options[1] if many == 2 else several):
            return False
    return True


@pytest.fixture(scope="module")
def tried(
    request: pytest.FixtureRequest, walks: dict[str, Walk]
) -> dict[str, tuple[Counter[Any], list[Said]]]:
    """Study to how often each form was said, and what was said of it that is not true."""
    out = {}
    for name in STUDIES:
        study = request.getfixturevalue(name)
        truth, said, wrong = Truth(study), [*walks[name].said], []
        if name == STUDIES[0]:
            said += walk_over(study, "dfe_region").said
        patterns = {key: pattern_of(words) for key, words in FORMS.items()}
        for one in said:
            if (form := (one.about, one.form)) not in CLAIMS:
                continue
            facts = read_back(one, patterns[form])
            true = CLAIMS[form][1](truth, one, facts)
            if not true or not one_or_several(one, FORMS[form], facts):
                wrong.append(one)
        out[name] = Counter((s.about, s.form) for s in said), wrong
    return out


def test_every_form_that_is_said_has_a_claim(tried: Any) -> None:
    said = set().union(*(counts for counts, _ in tried.values()))
    assert not said - CLAIMS.keys() - SAYS_NOTHING.keys()


def test_every_form_has_a_claim_or_a_reason_why_it_makes_none() -> None:
    written = {form for form, words in FORMS.items() if words}
    assert not written - CLAIMS.keys() - SAYS_NOTHING.keys()


def test_no_claim_is_left_of_a_form_that_is_gone() -> None:
    assert not (CLAIMS.keys() | SAYS_NOTHING.keys()) - FORMS.keys()
    assert not CLAIMS.keys() & SAYS_NOTHING.keys()


@pytest.mark.parametrize("name", STUDIES)
def test_every_sentence_is_true(tried: Any, name: str) -> None:
    wrong = tried[name][1]
    told = Counter((s.about, s.form) for s in wrong)
    shown = [s for s in wrong if told[s.about, s.form]][:SHOWN]
    assert not wrong, (told, shown)


def test_no_sentence_counts_one_of_several_or_several_of_one(walks: dict[str, Walk]) -> None:
    many = "authorities|districts|hubs|maps|places|pupils|schools|trusts|units"
    one = rf"(?<![\d,.])(?<!to )(?<!and )(?<!or )\b1 (?:(?!of|to|or|and)\w+ ){{0,2}}(?:{many})\b"
    amiss = re.compile(rf"{one}|The 1 in|\b[2-9] school\b")
    said = {one.text for walk in walks.values() for one in walk.said}
    assert not [text for text in said if amiss.search(text)][:SHOWN]


def test_the_page_of_checks_says_what_was_tried(tried: Any, hold: Any) -> None:
    (first, wrong), (second, also) = (tried[name] for name in STUDIES)
    failed = Counter((s.about, s.form) for s in (*wrong, *also))
    rows = [
        (about, form, CLAIMS[about, form][0], first[about, form], second[about, form],
         failed[about, form])
        for about, form in FORMS
        if (about, form) in CLAIMS
    ]  # fmt: skip
    heads = ("sentence", "form", "condition", "tried on 2022", "tried on 2025", "failures")
    hold("sentences", heads, rows)
