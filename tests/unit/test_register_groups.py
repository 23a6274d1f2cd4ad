"""Groups: what links and register say of a school at the day."""
# ruff: noqa: RUF001  (curly apostrophes are what is tested)

from __future__ import annotations

from pathlib import Path

import pandas as pd
from gias_files import ACADEMY, links, read


def test_without_links_the_register_names_the_groups(tmp_path: Path) -> None:
    register = read(
        tmp_path,
        ACADEMY,
        ACADEMY
        | {"TrustSchoolFlag (name)": "Supported by a single-academy trust", "Trusts (code)": "9"},
        {"Federations (code)": "77", "Federations (name)": "The Hill Federation"},
        {
            "TrustSchoolFlag (name)": "Supported by a trust",
            "Trusts (code)": "88",
            "Trusts (name)": "A Foundation",
        },
        {"SchoolSponsors (name)": "A Sponsor"},
    )
    assert register.schools["trust_uid"].fillna("").tolist() == ["5001", "9", "", "", ""]
    assert register.schools["trust_type"].fillna("").tolist() == [
        "multi_academy_trust",
        "single_academy_trust",
        "",
        "",
        "",
    ]
    assert register.schools["federation_name"].fillna("").tolist()[2] == "The Hill Federation"
    assert register.schools["sponsor_name"].fillna("").tolist()[4] == "A Sponsor"
    assert register.groups["group_type"].tolist() == [
        "multi_academy_trust",
        "single_academy_trust",
        "federation",
        "foundation_trust",
        "sponsor",
    ]
    assert register.schools["academy"].tolist() == [True, True, False, False, False]


def test_an_academy_trust_without_its_kind_is_judged_by_its_schools(tmp_path: Path) -> None:
    plain = ACADEMY | {"TrustSchoolFlag (name)": ""}
    register = read(tmp_path, plain, plain, plain | {"Trusts (code)": "9"})
    assert register.schools["trust_type"].tolist() == [
        "multi_academy_trust",
        "multi_academy_trust",
        "single_academy_trust",
    ]


def test_membership_is_that_of_the_day(tmp_path: Path) -> None:
    linked = links(
        {"URN": "100000", "Joined date": "01-09-2022"},
        {"URN": "100001", "Joined date": "02-09-2022"},
        {"URN": "100002", "Closed Date": "31-08-2022", "Group Status": "Closed"},
        {"URN": "100003", "Closed Date": "31-12-2022", "Group Status": "Closed"},
        {"URN": "100004", "Closed Date": "", "Group Status": "Closed"},
        {"URN": "100005", "Joined date": "some day"},
    )
    register = read(tmp_path, *[{}] * 6, links=linked)
    member = register.schools.set_index("urn")["trust_uid"].notna()
    assert member[member].index.tolist() == ["100000", "100003", "100005"]
    assert register.counts["links_not_yet_joined_or_ended"] == 3
    assert register.rejects["reason"].tolist() == ["joined date is not a date"]


def test_links_decide_and_the_register_fills_what_links_do_not_know(tmp_path: Path) -> None:
    linked = links(
        {"URN": "100000", "Group UID": "6000", "Group Name": "Other Trust"},
        {"URN": "100001"},
        {"URN": "100002", "Joined date": "01-01-2023"},
    )
    register = read(tmp_path, *[ACADEMY] * 4, links=linked)
    assert register.schools["trust_uid"].fillna("").tolist() == ["6000", "5001", "", "5001"]
    assert register.groups["told_by"].tolist() == ["links", "links", "register"]
    assert register.counts["trusts_told_differently"] == 1
    assert register.counts["trusts_told_by_register_only"] == 1
    told = register.rejects[["row", "urn", "reason", "file"]].values.tolist()
    assert told == [[2, "100000", "register and links name different trusts", "links"]]


def test_a_school_keeps_all_its_groups_and_the_last_joined_trust(tmp_path: Path) -> None:
    linked = links(
        {"Group UID": "1", "Joined date": "01-09-2019", "Group Name": "NEW TRUST"},
        {"Group UID": "2", "Joined date": "01-09-2012", "Group Name": "OLD TRUST"},
        {"Group UID": "3", "Group Type": "School sponsor", "Group Name": "A Sponsor"},
        {"Group UID": "4", "Group Type": "Federation", "Group Name": "A Federation"},
        {"Group UID": "5", "Group Type": "Trust", "Group Name": "A Foundation"},
        {"Group UID": "6", "Group Type": "Children's Centres Group"},
    )
    register = read(tmp_path, {}, links=linked)
    school = register.schools.iloc[0]
    assert (school["trust_uid"], school["trust_name"]) == ("1", "New Trust")
    assert school["trust_joined"] == pd.Timestamp("2019-09-01")
    assert (school["sponsor_uid"], school["federation_uid"]) == ("3", "4")
    assert set(register.groups["group_uid"]) == {"1", "2", "3", "4", "5"}


def test_links_to_unknown_schools_are_listed_not_lost(tmp_path: Path) -> None:
    register = read(tmp_path, {}, links=links({"URN": "100009"}, {"URN": "x"}, {}))
    told = register.rejects[["row", "urn", "action", "file"]].fillna("").values.tolist()
    assert told == [[r, u, "link left out", "links"] for r, u in ((2, "100009"), (3, ""))]
    assert set(register.rejects["reason"]) == {
        "multi_academy_trust link to a school that is not in the register"
    }
    assert register.counts["rejected"] == 0


def test_a_link_that_names_no_school_is_left_out_even_if_the_register_has_such_a_row(
    tmp_path: Path,
) -> None:
    register = read(tmp_path, {}, {"URN": "none"}, links=links({"URN": "x"}))
    assert register.groups["urn"].tolist() == []
    assert register.rejects["file"].tolist() == ["register", "links"]


def test_groups_hold_open_schools_of_phases_not_chosen(tmp_path: Path) -> None:
    nursery = ACADEMY | {"PhaseOfEducation (name)": "Nursery"}
    register = read(tmp_path, ACADEMY, nursery, ACADEMY | {"CloseDate": "01-01-2020"})
    assert register.schools["urn"].tolist() == ["100000"]
    assert register.groups["urn"].tolist() == ["100000", "100001"]
    assert set(register.groups["group_uid"]) == {"5001"}


def test_a_multi_academy_trust_of_one_school_stays_one(tmp_path: Path) -> None:
    register = read(tmp_path, {}, {}, links=links({}, {"URN": "100001", "Group UID": "9"}))
    assert register.schools["trust_type"].tolist() == ["multi_academy_trust"] * 2
    told = register.groups[["group_uid", "group_id", "companies_house_number"]].values.tolist()
    assert told == [["5001", "TR01234", "7654321"], ["9", "TR01234", "7654321"]]


def test_damaged_group_names_are_repaired_and_listed_once(tmp_path: Path) -> None:
    linked = links(*({"URN": u, "Group Name": "ST MARTIN?S TRUST"} for u in ("100000", "100001")))
    register = read(tmp_path, {}, {}, links=linked)
    assert register.schools["trust_name"].tolist() == ["St Martin’s Trust"] * 2
    assert register.rejects[["row", "reason", "action"]].values.tolist() == [
        [2, "group name damaged: lost apostrophe", "name repaired"]
    ]
