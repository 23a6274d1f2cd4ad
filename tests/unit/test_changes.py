"""What changed, and why: lines, new codes, new operators, trusts and schools kept apart."""

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geolls.base.errors import UsageError
from geolls.measures.changes import (
    Days,
    area_changes,
    claim_changes,
    heirs,
    school_changes,
    school_moves,
)
from geolls.measures.membership import Membership
from geolls.study.changes import in_areas


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


# ---- causes: four squares a, b, c, d, with school 2 in a, 3 in b, 9 (once 1) in c ----------------


def moves(was, now, land_was, land_now, *, before=BEFORE, after=AFTER, to=None, word="renamed"):
    """Return the moves of the schools, by the number each has now: the unit's cause and both."""
    there = {"1": "c", "9": "c", "2": "a", "3": "b", "4": "d", "8": "d"}
    days = Days(membership(**land_was), membership(**land_now), word)
    layers = {"hub": (membership(**was), membership(**now), days)}
    blocks = (pd.Series(there), pd.Series(there | (to or {})))
    found = school_moves(school_changes(before, after, LINKS), layers, blocks)
    return {r.urn_after: (r.unit_cause, r.cause) for r in found.itertuples()}


LAND = {"a": "P", "b": "P", "c": "Q", "d": "Q"}
HERE = {"1": "Q", "2": "P", "3": "P", "4": "Q"}


@pytest.mark.parametrize("word", ["renamed", "operator"])
def test_the_same_land_under_a_new_code_is_no_line(word):
    land = {"a": "P2", "b": "P2", "c": "Q", "d": "Q"}
    now = {"9": "Q", "2": "P2", "3": "P2", "8": "Q"}
    assert moves(HERE, now, LAND, land, word=word) == {
        "2": (word, word),
        "3": (word, f"{word} and trust"),
        "9": ("", "trust"),
    }


def test_land_that_changes_hands_is_a_line_though_the_code_is_new_as_well():
    land = {"a": "P2", "b": "Q", "c": "Q", "d": "Q"}  # P ends: a to a new unit, b to Q
    now = {"9": "Q", "2": "P2", "3": "Q", "8": "Q"}
    assert moves(HERE, now, LAND, land) == {
        "2": ("line", "line"), "3": ("line", "line and trust"), "9": ("", "trust"),
    }  # fmt: skip


def test_what_the_land_does_not_explain_the_school_did_itself():
    # School 2 moved from square a to c; 9 is now maintained by P, on land that is Q's still.
    now = {"9": "P", "2": "Q", "3": "P", "8": "Q"}
    assert moves(HERE, now, LAND, LAND, to={"2": "c"}) == {
        "2": ("school", "school"), "3": ("", "trust"), "9": ("school", "school and trust"),
    }  # fmt: skip


def test_a_school_that_moved_where_its_unit_was_renamed_keeps_its_land():
    land = {"a": "P2", "b": "P2", "c": "Q", "d": "Q"}
    now = {"9": "Q", "2": "P2", "3": "P2", "8": "Q"}
    assert moves(HERE, now, LAND, land, to={"2": "b"})["2"] == ("renamed", "renamed")


def test_a_school_without_a_block_follows_what_became_of_its_authority():
    split = {"a": "P1", "b": "P2", "c": "Q", "d": "Q"}
    now = {"9": "Q", "2": ("P1", "P2"), "3": "P2", "8": "Q"}
    nowhere = {"2": None}
    there = {"1": "c", "9": "c", "2": None, "3": "b", "4": "d", "8": "d"}
    days = Days(membership(**LAND), membership(**split))
    found = school_moves(
        school_changes(BEFORE, AFTER, LINKS),
        {"la": (membership(**HERE), membership(**now), days)},
        (pd.Series(there), pd.Series(there | nowhere)),
    ).set_index("urn_after")
    assert found.loc["2", "cause"] == "line"


def test_one_of_two_that_share_land_hands_over_to_another_operator():
    was, now = {"a": ("P", "Q"), "b": "Q", "c": "R"}, {"a": ("S", "Q"), "b": "Q", "c": "R"}
    days = Days(membership(**was), membership(**now), "operator")
    assert days.of_blocks == {"a": "operator", "b": "", "c": ""}
    assert days.cause("PQ", "QS") == "operator"
    assert days.cause("PQ", "Q") == days.cause("P", "R") == "line"
    assert days.cause("PQ", "QP") == ""
    # A line that moves inside a shared square is a line: the shares are others.
    parted = pd.DataFrame(
        {"item": ["a", "a"], "unit_code": ["P", "Q"], "unit_name": "", "share": [0.3, 0.7]}
    )
    moved = Days(membership(a=("P", "Q")), Membership.of(parted))
    assert moved.of_blocks == {"a": "line"}


def test_an_area_that_stands_for_several_is_not_the_one_before_renamed():
    was, rows = {"a": "P", "b": "Q"}, []
    for name in ("New", "New (one of four, which one not found)"):
        land = pd.DataFrame({"item": ["a", "b"], "unit_code": ["New", "Q"], "share": 1.0})
        days = Days(membership(**was), Membership.of(land.assign(unit_name=[name, "Q"])))
        rows.append(days.of_blocks)
    assert rows == [{"a": "renamed", "b": ""}, {"a": "line", "b": ""}]


def test_land_without_a_unit_is_no_operator():
    was, now = {"a": "not_covered", "b": "P"}, {"a": "N", "b": "P"}
    assert Days(membership(**was), membership(**now)).of_blocks == {"a": "line", "b": ""}


@given(st.lists(st.sampled_from("PQR"), min_size=4, max_size=4), st.data())
def test_a_new_code_for_all_units_is_never_a_line_and_causes_run_both_ways(codes, data):
    was = dict(zip("abcd", codes, strict=True))
    renamed = {block: f"{code}2" for block, code in was.items()}
    assert set(Days(membership(**was), membership(**renamed)).of_blocks.values()) == {"renamed"}
    now = dict(zip("abcd", data.draw(st.permutations(codes)), strict=True))
    there = Days(membership(**was), membership(**now)).of_blocks
    back = Days(membership(**now), membership(**was)).of_blocks
    assert there == back
    assert {b for b, cause in there.items() if cause} == {b for b in was if was[b] != now[b]}


def test_a_set_of_claimants_is_one_unit_of_a_school():
    pairs = school_changes(BEFORE, AFTER)
    shared = membership(**{"2": ("P", "Q"), "3": "P"})
    blocks = (pd.Series({"2": "x", "3": "x"}),) * 2
    land = Days(membership(x=("P", "Q")), membership(x="P"))
    still = school_moves(pairs, {"h": (shared, shared, land)}, blocks)
    assert "2" not in set(still["urn_before"])
    alone = membership(**{"2": "P", "3": "P"})
    moved = school_moves(pairs, {"h": (shared, alone, land)}, blocks).set_index("urn_before")
    assert moved.loc["2", ["unit_before", "unit_after", "cause"]].tolist() == ["P + Q", "P", "line"]


def test_nothing_changed_gives_no_rows_with_every_column():
    pairs = school_changes(BEFORE, BEFORE)
    here = membership(**dict.fromkeys("1234", "P"))
    land = Days(membership(x="P"), membership(x="P"))
    none = school_moves(pairs, {"h": (here, here, land)}, (pd.Series(dtype=object),) * 2)
    assert not len(none) and "cause" in none.columns
    assert not len(school_moves(pairs, {}, (pd.Series(dtype=object),) * 2))


def test_between_a_day_and_itself_no_area_changes() -> None:
    nothing = pd.DataFrame(
        {name: pd.Series(dtype=float) for name in ("what", "layer", "change", "code", "name")}
    )
    assert in_areas(nothing) == ""
