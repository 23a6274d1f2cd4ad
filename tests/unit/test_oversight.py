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
    assert set(found) <= set(KINDS) and found.index.tolist() == SCHOOLS["urn"].tolist()


def test_unknown_status_leaves_an_interval():
    found = headlines(oversight(SCHOOLS, HOME, AUTHORITY)).set_index("kind")
    assert found.index.tolist() == list(KINDS)
    columns = ["schools", "share", "share_low", "share_high"]
    assert found.loc["no_trust", columns].tolist() == pytest.approx([2, 0.2, 0.2, 0.3])
    assert found.loc["status_unknown", columns].tolist() == pytest.approx([1, 0.1, 0, 0.1])
    assert found["share"].sum() == pytest.approx(1)


def test_a_school_of_a_trust_without_a_unit_is_blank_and_one_in_no_trust_is_not():
    partial = layer(SCHOOLS, ["not_covered"] * 6 + ["B"] * 4)
    found = oversight(SCHOOLS, HOME, partial)
    assert found.isna().tolist() == [True, True, True] + [False] * 7
    assert found["4"] == "no_trust"


def test_a_shared_school_is_at_home_in_either_unit():
    table = AUTHORITY.frame()
    halves = pd.DataFrame({"item": "6", "unit_code": ["A", "B"], "unit_name": "x", "share": 0.5})
    both = Membership.of(pd.concat([table[table["item"] != "6"], halves]))
    assert oversight(SCHOOLS, HOME, both)["6"] == "trust_home_here"


def test_the_provider_of_a_maintained_school_is_its_authority():
    found = providers(SCHOOLS)
    assert (
        found["0"] == "trust:T" and found["4"] == "authority:301" and found["9"] == "authority:302"
    )
    assert pd.isna(found["5"])
