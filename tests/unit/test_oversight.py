"""Who runs each school, by hand."""

import pandas as pd
import pytest

from geolls.base.vocabulary import KINDS
from geolls.measures.membership import Membership
from geolls.measures.oversight import headlines, oversight, providers


def layer(schools, codes):
    return Membership.whole(pd.Index(schools["urn"]), codes)


#            A A A A A  A B B B B
SCHOOLS = pd.DataFrame(
    {
        "urn": list("0123456789"),
        "la_code": ["301"] * 6 + ["302"] * 4,
        "trust_uid": ["T", "T", "T", "S", None, None, "T", "U", "U", None],
        "status_unknown": [False] * 5 + [True] + [False] * 4,
    }
)
AUTHORITY = layer(SCHOOLS, "AAAAAABBBB")
HOME = pd.Series({"S": "A", "T": "A", "U": "B"})


def test_the_kinds_of_oversight_by_hand():
    found = oversight(SCHOOLS, HOME, AUTHORITY)
    assert found.tolist() == [
        *["trust_home_here"] * 3, "single_school_trust", "no_trust", "status_unknown",
        "trust_based_elsewhere", "trust_home_here", "trust_home_here", "no_trust",
    ]  # fmt: skip
    assert set(found) < set(KINDS) and found.index.tolist() == SCHOOLS["urn"].tolist()


def test_unknown_status_leaves_an_interval():
    found = headlines(oversight(SCHOOLS, HOME, AUTHORITY)).set_index("kind")
    assert found.index.tolist() == list(KINDS)
    columns = ["schools", "share", "share_low", "share_high"]
    assert found.loc["no_trust", columns].tolist() == pytest.approx([2, 0.2, 0.2, 0.3])
    assert found.loc["status_unknown", columns].tolist() == pytest.approx([1, 0.1, 0, 0.1])
    assert found["share"].sum() == pytest.approx(1)


def test_a_school_of_a_trust_without_a_unit_is_blank_and_one_in_no_trust_is_not():
    partial = layer(SCHOOLS, ["not_located"] + ["no_evidence"] * 5 + ["B"] * 4)
    found = oversight(SCHOOLS, HOME, partial)
    assert found.isna().tolist() == [True, True, True] + [False] * 7
    assert found["4"] == "no_trust"


def test_outside_every_unit_is_a_place_to_be_at_home_in():
    partial = layer(SCHOOLS, ["not_covered"] * 5 + ["not_applicable"] + ["B"] * 4)
    outside = oversight(SCHOOLS, HOME.replace("A", "not_covered"), partial)
    assert outside["0"] == "trust_home_here" and outside["6"] == "trust_based_elsewhere"
    assert oversight(SCHOOLS, HOME.replace("A", "B"), partial)["0"] == "trust_based_elsewhere"


def test_whether_a_school_that_two_units_share_is_at_home_is_known_only_where_neither_is_home():
    table = AUTHORITY.frame()
    halves = pd.DataFrame({"item": "6", "unit_code": ["A", "B"], "unit_name": "x", "share": 0.5})
    both = Membership.of(pd.concat([table[table["item"] != "6"], halves]))
    assert oversight(SCHOOLS, HOME, both)["6"] == "status_unknown"
    assert oversight(SCHOOLS, HOME.replace("A", "C"), both)["6"] == "trust_based_elsewhere"
    assert oversight(SCHOOLS, HOME.replace("A", "no_single_home"), both)["6"] == "no_single_home"


def test_a_trust_without_a_home_is_neither_here_nor_elsewhere():
    kinds = {"no_single_home": "no_single_home", "not_known": "status_unknown",
             None: "status_unknown", "not_covered": "trust_based_elsewhere"}  # fmt: skip
    for word, kind in kinds.items():
        found = oversight(SCHOOLS, pd.Series({"S": word, "T": word, "U": "B"}), AUTHORITY)
        assert found[list("0126")].tolist() == [kind] * 4
        assert found["3"] == "single_school_trust" and found["7"] == "trust_home_here"


def test_what_a_trust_runs_elsewhere_decides_whether_it_runs_one_school():
    whole = pd.Series({"S": 2, "T": 1, "U": 2})
    found = oversight(SCHOOLS, HOME, AUTHORITY, whole)
    assert found["3"] == "trust_home_here" and found["0"] == "single_school_trust"


def test_the_provider_of_a_maintained_school_is_its_authority():
    found = providers(SCHOOLS)
    assert (
        found["0"] == "trust:T" and found["4"] == "authority:301" and found["9"] == "authority:302"
    )
    assert pd.isna(found["5"])
