"""Where a trust is at home: four squares by hand, and against every way of placing its schools."""

from collections import Counter
from itertools import combinations_with_replacement, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geolls.base.errors import UsageError
from geolls.base.vocabulary import HOME_STATUS, REASONS
from geolls.measures.home import home_of
from geolls.measures.membership import Membership
from geolls.measures.spread import SpreadOptions, spread

UNITS = ["NE", "NW", "SE", "SW"]  # four squares


def spread_of(trusts, threshold=0.25):
    """Return the spread of trusts, each a list of what its schools are in: "NE", "NE+NW", ..."""
    rows = [(f"{uid}{i}", uid, where) for uid, schools in trusts.items()
            for i, where in enumerate(schools)]  # fmt: skip
    claims = [(urn, unit, 1 / len(where.split("+")))
              for urn, _, where in rows for unit in where.split("+")]  # fmt: skip
    table = pd.DataFrame(claims, columns=["item", "unit_code", "share"])
    squares = Membership.of(table.assign(unit_name="Square " + table["unit_code"]))
    schools = pd.DataFrame({"urn": [r[0] for r in rows], "trust_uid": [r[1] for r in rows]})
    schools = schools.assign(trust_name="T", trust_type="multi_academy_trust", pupils=1.0)
    schools = schools.assign(easting=np.nan, northing=np.nan)
    return spread(schools, {"squares": squares}, SpreadOptions(home_threshold=threshold))


def home(schools, threshold=0.25):
    """Return home, its name, its share and the status of one trust."""
    row = spread_of({"T": schools.split()}, threshold).iloc[0]
    columns = ("home", "home_name", "home_share", "home_status")
    return [None if pd.isna(v := row[f"{c}_squares"]) else v for c in columns]


@pytest.mark.parametrize(
    ("schools", "answer"),
    [
        ("NE", ["NE", "Square NE", 1.0, "home"]),
        ("NE NE SW", ["NE", "Square NE", 2 / 3, "home"]),
        # A tie is no home, whoever has more pupils and whichever code comes first.
        ("NE NE SW SW", [None, None, 0.5, "no_single_home"]),
        ("NE SW", [None, None, 0.5, "no_single_home"]),
        # Half is enough where nothing else is as large.
        ("NE NE SW SE", ["NE", "Square NE", 0.5, "home"]),
        # In no unit is a place like the units.
        ("NE not_covered not_covered", ["not_covered", "Outside every unit", 2 / 3, "outside"]),
        ("NE not_covered", [None, None, 0.5, "no_single_home"]),
        ("NE not_applicable not_covered", ["not_covered", "Outside every unit", 2 / 3, "outside"]),
        ("not_covered", ["not_covered", "Outside every unit", 1.0, "outside"]),
        # A school that is not located does not count.
        ("NE not_located", ["NE", "Square NE", 1.0, "home"]),
        ("not_located", [None, None, None, "not_known"]),
        # On shared land it is in one of the units, nobody knows which.
        ("NE NE NE+NW", ["NE", "Square NE", 2.5 / 3, "home"]),
        ("NE NE+NW", [None, None, 0.75, "not_known"]),  # 2 to 0, or a tie
        ("NE+NW", [None, None, 0.5, "not_known"]),
        ("SE SE NE+NW", ["SE", "Square SE", 2 / 3, "home"]),
        ("SE SE SW SW NE+NW", [None, None, 0.4, "no_single_home"]),
        ("SE SE SW SW SE+NW", [None, None, 0.5, "not_known"]),
        # One that our list does not name may be in any unit or in none.
        ("NE NE no_evidence", ["NE", "Square NE", 2 / 3, "home"]),
        ("NE no_evidence", [None, None, 0.5, "not_known"]),
        ("NE NW SE SW no_evidence", [None, None, 0.2, "not_known"]),
        ("NE NE SW SW SE SE SE+NW no_evidence", [None, None, 0.3125, "not_known"]),
        ("no_evidence", [None, None, None, "not_known"]),
    ],
)
def test_the_home_of_a_trust_in_four_squares(schools, answer):
    found = home(schools)
    assert found[:2] == answer[:2] and found[3] == answer[3]
    assert found[2] == (pytest.approx(answer[2]) if answer[2] is not None else None)
    assert found[3] in HOME_STATUS


def test_home_holds_at_least_the_threshold():
    eight = "NE NE NW SE SW not_covered"  # two of six
    assert home(eight)[3] == "home" and home(eight, 0.34)[3] == "no_single_home"
    assert home("NE NE NW SE SW", 0.4)[3] == "home"  # exactly
    assert home("NE NE NW SE SW", 0.0)[3] == "home"
    # A doubtful school can lift a place over the threshold.
    assert home("NE NE NE+NW SE SW", 0.6)[3] == "not_known"
    assert home("NE NE NE+NW SE SW", 0.61)[3] == "no_single_home"


def test_a_threshold_is_a_share():
    for wrong in (-0.1, 1.1, float("nan")):
        with pytest.raises(UsageError, match="home_threshold"):
            SpreadOptions(home_threshold=wrong)


def test_home_in_one_word_says_why_there_is_none():
    trusts = {"A": ["NE"], "B": ["NE", "NW"], "C": ["NE+NW"], "D": ["not_covered"]}
    answers = {"A": "NE", "B": "no_single_home", "C": "not_known", "D": "not_covered"}
    assert home_of(spread_of(trusts), "squares").to_dict() == answers


def by_trial(schools, threshold):
    """Find home by placing every doubtful school in every way."""
    outside = {"not_covered", "not_applicable"}
    choices = []
    for where in schools:
        places = {"out" if u in outside else u for u in where.split("+")}
        if places == {"not_located"}:
            continue
        places = places - {"not_located"}
        choices.append([*UNITS, "out"] if "no_evidence" in places else sorted(places))
    if not choices:
        return "not_known"
    answers = set()
    for placed in product(*choices):
        (best, most), *others = [*Counter(placed).most_common(2), ("", 0)]
        alone = most > others[0][1] and most >= threshold * len(choices) - 1e-9
        answers.add(best if alone else "no_single_home")
    return answers.pop() if len(answers) == 1 else "not_known"


def answers(trusts, threshold=0.25):
    """Return where each trust is at home, in one word."""
    return home_of(spread_of(trusts, threshold), "squares").replace("not_covered", "out").to_dict()


def test_home_is_what_every_way_of_placing_the_doubtful_schools_agrees_on():
    where = ["NE", "NW", "SE", "NE+NW", "NW+SE", "NE+not_covered", *REASONS]
    trusts = {f"{n} {i}": list(schools) for n in (1, 2, 3, 4)
              for i, schools in enumerate(combinations_with_replacement(where, n))}  # fmt: skip
    for threshold in (0.25, 0.6):
        by_hand = {uid: by_trial(schools, threshold) for uid, schools in trusts.items()}
        assert answers(trusts, threshold) == by_hand
        # Neither the order of the schools nor the order of the codes decides.
        swap = {"NE": "SW", "SW": "NE"}
        other = {uid: ["+".join(swap.get(u, u) for u in w.split("+")) for w in schools[::-1]]
                 for uid, schools in trusts.items()}  # fmt: skip
        swapped = {uid: swap.get(code, code) for uid, code in by_hand.items()}
        assert answers(other, threshold) == swapped


WHERE = st.one_of(
    st.sampled_from([*UNITS, *REASONS]),
    st.lists(st.sampled_from([*UNITS, "not_covered"]), min_size=2, max_size=3, unique=True).map(
        "+".join
    ),
)


@settings(max_examples=10)
@given(st.lists(st.lists(WHERE, min_size=3, max_size=7), min_size=1, max_size=20),
       st.sampled_from([0.0, 0.25, 0.5]))  # fmt: skip
def test_larger_trusts_with_more_in_doubt_are_no_special_case(trusts, threshold):
    named = {f"{i:02}": schools for i, schools in enumerate(trusts)}
    assert answers(named, threshold) == {uid: by_trial(s, threshold) for uid, s in named.items()}
