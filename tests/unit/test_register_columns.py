"""The columns: only those of the allow-list are read, and each becomes what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from gias_files import ACADEMY, DAY, links, put, read, schools, text_of

from geolls.base.errors import InputFileError
from geolls.register.columns import COLUMNS
from geolls.register.register import Register, read_register, read_successions

PERSONAL = [
    *("HeadTitle (name)", "HeadFirstName", "HeadLastName", "HeadPreferredJobTitle"),
    *("TelephoneNum", "SchoolWebsite", "MainEmail", "Street", "Locality", "PropsName", "UPRN"),
]


def everything_in(register: Register) -> str:
    frames = (register.schools, register.groups, register.rejects, register.filtered)
    return "".join(f.to_csv() for f in (*frames, register.summary())) + repr(register)


@pytest.mark.parametrize("how", ["sound", "filtered", "rejected", "ragged"])
def test_no_person_or_contact_is_ever_in_a_register(tmp_path: Path, how: str) -> None:
    poison = {column: f"POISON{i}" for i, column in enumerate(PERSONAL)}
    change = {
        "filtered": {"PhaseOfEducation (name)": "Nursery"},
        "rejected": {"URN": "POISON?", "OpenDate": "never"},
    }.get(how, {})
    rows = [row | poison for row in schools({}, change)]
    text = text_of(rows)
    if how == "ragged":
        text += "100009,383,POISON,POISON\r\n"
    path = tmp_path / "edubasealldata.csv"
    path.write_text(text, encoding="cp1252")
    register = read_register(path, as_of=DAY, cache_dir=tmp_path / "cache")
    assert register.counts["read"] == (3 if how == "ragged" else 2)
    assert "POISON" not in everything_in(register)
    for stored in (tmp_path / "cache").iterdir():
        assert b"POISON" not in stored.read_bytes()


def test_the_allow_list_names_no_personal_column() -> None:
    wanted = {header for columns in COLUMNS.values() for header in columns.values()}
    assert wanted.isdisjoint(PERSONAL)
    assert not [h for h in wanted if "head" in h.lower() or "tel" in h.lower()]


def test_each_gias_file_is_recognised_where_another_is_wanted(tmp_path: Path) -> None:
    register, linked = put(tmp_path, schools({})), put(tmp_path, links({}), "l.csv")
    follow = tmp_path / "s.csv"
    follow.write_text("URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\n1,2,a,b,\n")
    groups = tmp_path / "g.csv"
    groups.write_text("Group UID,Group ID,Group Name,Group Postcode\n1,2,a,b\n")
    for path, name in ((linked, "alllinksdata"), (follow, "links_edub"), (groups, "allgroups")):
        with pytest.raises(InputFileError, match=f"is a GIAS {name}.*not edubasealldata"):
            read_register(path, as_of=DAY)
    with pytest.raises(InputFileError, match="is a GIAS edubasealldata file, not alllinksdata"):
        read_register(register, register, as_of=DAY)
    with pytest.raises(InputFileError, match="not links_edubasealldata"):
        read_successions(register)


def test_a_missing_column_is_named_with_the_nearest(tmp_path: Path) -> None:
    row = schools({})[0]
    row["Establishmnt Name"] = row.pop("EstablishmentName")
    with pytest.raises(InputFileError, match=r"column EstablishmentName.*Establishmnt Name"):
        read_register(put(tmp_path, [row]), as_of=DAY)


def test_headings_as_programs_clean_them_are_known(tmp_path: Path) -> None:
    rows = schools(ACADEMY, {})
    clean = {c: re.sub(r"\W+", "_", re.sub(r"([a-z])([A-Z])", r"\1_\2", c)).lower().strip("_")
             for c in rows[0]}  # fmt: skip
    register = read(tmp_path, *rows)
    cleaned = put(tmp_path, [{clean[k]: v for k, v in r.items()} for r in rows], "clean.csv")
    again = read_register(cleaned, as_of=DAY)
    assert "establishment_type_group_name" in clean.values()
    pd.testing.assert_frame_equal(register.schools, again.schools)


def test_optional_columns_may_be_absent(tmp_path: Path) -> None:
    row = {k: v for k, v in schools({})[0].items() if not k.startswith(("Trust", "Fed", "Post"))}
    for column in ("Easting", "Northing", "FSM", "PercentageFSM", "CensusDate"):
        del row[column]
    register = read_register(put(tmp_path, [row]), as_of=DAY)
    absent = ["easting", "northing", "fsm_pupils", "postcode", "trust_uid", "diocese", "town"]
    assert register.schools[absent].isna().all(axis=None)


def test_postcodes_are_written_alike(tmp_path: Path) -> None:
    given = ["ls1 1aa", "LS11AA", " ls1  1aa ", "LS1 1AA", "", "?"]
    register = read(tmp_path, *({"Postcode": p} for p in given))
    told = register.schools["postcode"].tolist()
    assert [None if pd.isna(v) else v for v in told] == ["LS1 1AA"] * 4 + [None, None]
