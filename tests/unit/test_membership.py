"""Who has what: read from a table, narrowed, joined into sets, given back."""

import pickle

import numpy as np
import pandas as pd
import pytest

from geolls.base.errors import UsageError
from geolls.measures.membership import Membership, is_reason

CLAIMS = pd.DataFrame(
    [
        ("nw", "b", "Bee", 0.5, False),
        ("nw", "a", "Ay", 0.5, False),
        ("se", "no_evidence", "None found", 1.0, True),
        ("ne", "a", "Ay", 1.0, True),
        ("sw", "z", "Zed", 0.25, True),
        ("sw", "not_covered", "Not covered", 0.75, True),
    ],
    columns=["item", "unit_code", "unit_name", "share", "stated"],
)
ITEMS = pd.Index(["nw", "ne", "sw", "se", "sea"])
LAYER = Membership.of(CLAIMS, ITEMS)


def test_units_are_sorted_by_code_and_reasons_last_in_their_own_order():
    assert LAYER.codes == ("a", "b", "z", "not_covered", "no_evidence")
    assert LAYER.names == ("Ay", "Bee", "Zed", "Not covered", "None found")
    assert LAYER.outside.tolist() == [False, False, False, True, True]


def test_the_table_comes_back_sorted_by_item_and_unit():
    found = LAYER.frame("square")
    assert found["square"].tolist() == ["nw", "nw", "ne", "sw", "sw", "se"]
    assert found["unit_code"].tolist() == ["a", "b", "a", "z", "not_covered", "no_evidence"]
    assert found["stated"].tolist() == [False, False, True, True, True, True]
    units = LAYER.frame(reasons=False)
    assert units["item"].tolist() == ["nw", "nw", "ne", "sw"]
    assert not is_reason(units["unit_code"]).any()
    assert Membership.of(LAYER.frame(), ITEMS).equals(LAYER)


def test_claims_of_an_item_are_found_again():
    assert LAYER.claims.tolist() == [2, 1, 2, 1, 0]
    claim, at = LAYER.on(np.array([2, 4, 0]))
    assert [LAYER.codes[u] for u in LAYER.unit[claim]] == ["z", "not_covered", "a", "b"]
    assert at.tolist() == [0, 0, 2, 2]


def test_units_are_weighed_by_their_shares():
    weight = np.array([4.0, 3.0, 2.0, np.nan, 9.0])
    assert LAYER.weigh(weight).tolist() == [5.0, 2.0, 0.5, 1.5, 0.0]


def test_a_part_of_the_items_keeps_their_claims_and_only_their_units():
    part = LAYER.over(pd.Index(["ne", "nowhere", "nw"]))
    assert part.codes == ("a", "b")
    assert part.frame()["item"].tolist() == ["ne", "nw", "nw"]
    assert LAYER.over(pd.Index(list(ITEMS))) is LAYER


def test_a_claim_without_a_weight_is_refused_and_an_item_without_a_claim_is_not():
    assert LAYER.weighed_over(ITEMS[:4]).items.equals(ITEMS[:4])
    with pytest.raises(UsageError, match="'se' has no weight"):
        LAYER.weighed_over(ITEMS[:3], "left")
    with pytest.raises(UsageError, match="two weights"):
        LAYER.weighed_over(ITEMS.append(ITEMS))


def test_each_set_of_claimants_is_one_unit_that_has_its_items_whole():
    found = LAYER.sets.frame().set_index("item")
    assert found.loc["nw", ["unit_code", "unit_name"]].tolist() == ["a+b", "Ay + Bee"]
    assert found.loc["sw", "unit_code"] == "not_covered+z"  # by code, whatever it stands for
    assert (found["share"] == 1).all() and len(found) == 4
    plain = LAYER.over(pd.Index(["ne", "se"]))
    assert plain.sets is plain


def test_two_claims_of_one_unit_are_no_set():
    twice = CLAIMS[:2].assign(unit_code="a", unit_name="Ay")
    assert Membership.of(twice).sets.codes == ("a",)


def test_a_code_that_reads_like_a_set_is_refused():
    other = CLAIMS.assign(unit_code=CLAIMS["unit_code"].replace({"z": "a+b"}))
    with pytest.raises(UsageError, match="'a\\+b' reads like a set"):
        _ = Membership.of(other).sets


def test_only_the_same_claims_are_equal():
    assert LAYER.equals(Membership.of(CLAIMS[::-1], ITEMS))
    for column, value in (("unit_code", "y"), ("unit_name", "Other"), ("stated", False)):
        other = CLAIMS.copy()
        other.loc[4, column] = value
        assert not LAYER.equals(Membership.of(other, ITEMS)), column


def test_whole_items_and_a_journey_by_pickle():
    whole = Membership.whole(ITEMS, list("QPQPP"))
    assert whole.codes == whole.names == ("P", "Q") and (whole.share == 1).all()
    assert pickle.loads(pickle.dumps(LAYER)).equals(LAYER)


def test_no_claims_are_a_membership_too():
    none = Membership.of(CLAIMS.iloc[:0], ITEMS)
    assert none.codes == () and none.sets is none and not len(none.frame())


@pytest.mark.parametrize(
    "table, message",
    [
        (CLAIMS.assign(share=0.5), "sum to 0.5"),
        (CLAIMS.assign(share=-1.0), "outside 0..1"),
        (CLAIMS.assign(share=np.nan), "outside 0..1"),
        (CLAIMS.assign(unit_code=None), "no unit_code"),
        (CLAIMS.drop(columns="share"), "column share is missing"),
        (CLAIMS.assign(item="moon"), "'moon' is not one of the items"),
    ],
)
def test_what_is_no_membership_is_refused_in_one_line(table, message):
    with pytest.raises(UsageError, match=message) as raised:
        Membership.of(table, ITEMS, what="hubs")
    assert "hubs" in str(raised.value) and "\n" not in str(raised.value)
