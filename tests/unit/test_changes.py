"""What changed, and why: lines, sites and trusts kept apart."""

from dataclasses import replace

import pandas as pd
import pytest

from geolls.base.errors import UsageError
from geolls.measures.changes import (
    area_changes,
    claim_changes,
    heirs,
    school_changes,
    school_moves,
)
from geolls.measures.membership import Membership


def membership(**units):
    rows = []
    for item, claim in units.items():
        claims = claim if isinstance(claim, tuple) else (claim,)
        rows += [(item, c, f"Unit {c}", 1 / len(claims)) for c in claims]
    return Membership.of(pd.DataFrame(rows, columns=["item", "unit_code", "unit_name", "share"]))


WEIGHT = pd.Series({"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0})


def rows(frame, *columns):
    return [tuple(r) for r in frame[list(columns)].to_numpy().tolist()]


def test_an_area_that_splits_and_one_that_merges():
    before = membership(a="CUMBRIA", b="CUMBRIA", c="X", d="Y")
    after = membership(a="WEST", b="EAST", c="Z", d="Z")
    found = area_changes(before, after, WEIGHT)
    assert rows(found, "change", "unit_code", "other_code", "share") == [
        ("began", "EAST", "CUMBRIA", 1.0),
        ("began", "WEST", "CUMBRIA", 1.0),
        ("began", "Z", "X", 3 / 7),
        ("began", "Z", "Y", 4 / 7),
        ("ended", "CUMBRIA", "EAST", 2 / 3),
        ("ended", "CUMBRIA", "WEST", 1 / 3),
        ("ended", "X", "Z", 1.0),
        ("ended", "Y", "Z", 1.0),
    ]


def test_land_gained_from_nobody_and_lost_to_a_neighbour():
    before = membership(a="P", b="P", c="not_covered", d="Q")
    after = membership(a="P", b="Q", c="P", d="Q")
    found = area_changes(before, after, WEIGHT)
    assert rows(found, "change", "unit_code", "other_code", "weight") == [
        ("gained_land", "P", "not_covered", 3.0),
        ("gained_land", "Q", "P", 2.0),
        ("lost_land", "P", "Q", 2.0),
    ]
    assert found["other_name"].tolist() == ["Unit not_covered", "Unit P", "Unit Q"]


def test_sharing_does_not_look_like_moving():
    shared = membership(a=("P", "Q"), b="P", c="Q", d="R")
    assert not len(area_changes(shared, replace(shared), WEIGHT))
    renamed = membership(a=("P2", "Q"), b="P2", c="Q", d="R")
    found = area_changes(shared, renamed, WEIGHT)
    assert rows(found, "change", "unit_code", "other_code", "weight") == [
        ("began", "P2", "P", 2.5),
        ("ended", "P", "P2", 2.5),
    ]


def test_a_new_name_is_a_change_and_no_land():
    before = membership(a="P", b="P", c="P", d="P")
    after = replace(before, names=("New",))
    assert rows(area_changes(before, after, WEIGHT), "change", "unit_name", "other_name") == [
        ("renamed", "Unit P", "New")
    ]


def test_dates_with_other_items_are_refused():
    with pytest.raises(UsageError, match="same items"):
        area_changes(membership(a="P"), membership(b="P"), WEIGHT)


def test_claims_gained_lost_and_shared_otherwise():
    found = claim_changes(membership(a="P", b="P", c="Q"), membership(a=("P", "Q"), b="R", c="Q"))
    assert rows(found, "item", "unit_code", "change", "share_before", "share_after") == [
        ("a", "P", "share", 1.0, 0.5),
        ("a", "Q", "gained", 0.0, 0.5),
        ("b", "P", "lost", 1.0, 0.0),
        ("b", "R", "gained", 0.0, 1.0),
    ]


# ---- links -------------------------------------------------------------------------------------


def links(*pairs):
    return pd.DataFrame(pairs, columns=["urn", "link_urn", "link_type"])


def test_links_are_followed_either_way_through_schools_that_are_gone():
    found = heirs(
        links(("1", "2", "Successor"), ("3", "2", "Predecessor"), ("2", "9", "Expansion")),
        ["1"], ["3"],
    )  # fmt: skip
    assert rows(found, "urn", "heir", "steps", "kind") == [("1", "3", 2, "converted")]


def test_merges_and_splits():
    merged = heirs(
        links(("1", "5", "Successor - merged"), ("2", "5", "Successor - merged")), "12", "5"
    )
    assert merged["kind"].tolist() == ["merged", "merged"]
    split = heirs(links(("1", "5", "Successor - Split School"), ("1", "6", "Successor")), "1", "56")
    assert rows(split, "heir", "kind") == [("5", "split"), ("6", "split")]
    both = heirs(
        links(("1", "5", "Successor"), ("1", "6", "Successor"), ("2", "5", "Successor")), "12", "56"
    )
    assert rows(both, "urn", "heir", "kind") == [
        ("1", "5", "reorganised"), ("1", "6", "split"), ("2", "5", "merged"),
    ]  # fmt: skip


def test_a_school_taken_in_by_one_that_was_there_before_is_merged():
    found = heirs(links(("1", "2", "Successor - merged")), ["1", "2"], ["2"])
    assert rows(found, "urn", "heir", "kind") == [("1", "2", "merged")]


def test_a_ring_of_links_ends():
    ring = links(("1", "2", "Successor"), ("2", "3", "Successor"), ("3", "1", "Successor"))
    assert not len(heirs(ring, ["1"], []))
    assert rows(heirs(ring, ["1"], ["3"]), "urn", "heir", "steps") == [("1", "3", 2)]


def test_a_path_ends_at_the_first_living_school():
    found = heirs(links(("1", "2", "Successor"), ("2", "3", "Successor")), ["1"], ["2", "3"])
    assert rows(found, "urn", "heir") == [("1", "2")]


def schools(*rows_):
    return pd.DataFrame(rows_, columns=["urn", "name", "trust_uid"]).assign(
        trust_name=lambda t: t["trust_uid"]
    )


BEFORE = schools(("1", "One", None), ("2", "Two", "T"), ("3", "Three", "T"), ("4", "Four", None))
AFTER = schools(
    ("2", "Two", "T"), ("3", "Three", "U"), ("9", "One Academy", "U"), ("8", "New", None)
)
LINKS = links(("1", "9", "Successor"))


def test_schools_kept_converted_closed_and_opened():
    found = school_changes(BEFORE, AFTER, LINKS)
    assert rows(found.fillna("-"), "change", "urn_before", "urn_after", "trust_changed") == [
        ("closed", "4", "-", "-"),
        ("converted", "1", "9", True),
        ("kept", "2", "2", False),
        ("kept", "3", "3", True),
        ("opened", "-", "8", "-"),
    ]
    bare = school_changes(BEFORE, AFTER)
    assert bare["change"].value_counts().to_dict() == {"kept": 2, "closed": 2, "opened": 2}


def test_line_site_and_trust_stay_three_causes():
    pairs = school_changes(BEFORE, AFTER, LINKS)
    was = membership(**{"1": "P", "2": "P", "3": "P", "4": "P"})
    now = membership(**{"9": "Q", "2": "Q", "3": "P", "8": "P"})
    same = (pd.Series({"1": "x", "2": "x", "3": "x"}), pd.Series({"9": "x", "2": "y", "3": "x"}))
    found = school_moves(pairs, {"hub": (was, now)}, same)
    columns = ("urn_before", "unit_before", "unit_after", "line_moved", "site_moved",
               "trust_changed", "cause")  # fmt: skip
    assert rows(found, *columns) == [
        ("1", "P", "Q", True, False, True, "line and trust"),
        ("2", "P", "Q", False, True, False, "site"),
        ("3", "P", "P", False, False, True, "trust"),
    ]


def test_a_set_of_claimants_is_one_unit_of_a_school():
    pairs = school_changes(BEFORE, AFTER)
    shared = membership(**{"2": ("P", "Q"), "3": "P"})
    blocks = (pd.Series({"2": "x", "3": "x"}),) * 2
    assert "2" not in set(school_moves(pairs, {"h": (shared, shared)}, blocks)["urn_before"])
    alone = membership(**{"2": "P", "3": "P"})
    moved = school_moves(pairs, {"h": (shared, alone)}, blocks).set_index("urn_before")
    assert moved.loc["2", ["unit_before", "unit_after", "cause"]].tolist() == ["P + Q", "P", "line"]


def test_nothing_changed_gives_no_rows_with_every_column():
    pairs = school_changes(BEFORE, BEFORE)
    here = membership(**dict.fromkeys("1234", "P"))
    none = school_moves(pairs, {"h": (here, here)}, (pd.Series(dtype=object),) * 2)
    assert not len(none) and "cause" in none.columns
    assert not len(school_moves(pairs, {}, (pd.Series(dtype=object),) * 2))
