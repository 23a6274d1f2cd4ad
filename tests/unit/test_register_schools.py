"""Rows become schools: kept, filtered or rejected, and bad values are blanked."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from gias_files import DAY, put, read, reconciles, schools

from geolls.register.register import read_register


def test_rows_that_cannot_be_used_are_left_out_with_a_reason(tmp_path: Path) -> None:
    path = put(
        tmp_path,
        schools(
            {},
            {"URN": ""},
            {"URN": "12"},
            {"URN": "1000O1"},
            {"URN": "100000", "EstablishmentName": "The same again"},
            {"EstablishmentStatus (name)": "Dreaming"},
        ),
    )
    with path.open("a") as handle:
        handle.write("100007,too,short\r\n")
    register = read_register(path, as_of=DAY)
    assert register.rejects[["row", "urn", "reason"]].fillna("").values.tolist() == [
        [8, "100007", "more or fewer cells than the header"],
        [3, "", "URN is not a number of 5 to 7 digits"],
        [4, "", "URN is not a number of 5 to 7 digits"],
        [5, "", "URN is not a number of 5 to 7 digits"],
        [6, "100000", "URN already read"],
        [7, "100005", "status is neither open, closed nor proposed to open"],
    ]
    assert register.schools["name"].tolist() == ["Oak Primary School"]
    assert register.counts["rejected"] == 6
    assert reconciles(register)


def test_bad_values_are_blanked_and_the_school_is_kept(tmp_path: Path) -> None:
    register = read(
        tmp_path,
        {"OpenDate": "31-02-2000"},
        {"CloseDate": "soon"},
        {"Easting": "1", "Northing": "2"},
        {"Easting": "x"},
        {"NumberOfPupils": "-5", "FSM": ""},
        {"NumberOfPupils": "many", "FSM": ""},
        {"FSM": "201"},
        {"DistrictAdministrative (code)": "Leeds"},
        {"NumberOfPupils": "1e999"},
    )
    told = register.rejects.set_index("urn")["reason"].to_dict()
    assert told == {
        "100000": "open date is not a date",
        "100001": "close date is not a date",
        "100002": "coordinates outside England",
        "100003": "coordinate is not a number",
        "100004": "pupils is not a count",
        "100005": "pupils is not a count",
        "100006": "free-meal pupils is not a count up to the roll",
        "100007": "district is not a code of England",
        "100008": "pupils is not a count",
    }
    assert register.counts["kept"] == 9
    blank = register.schools.set_index("urn").isna()
    for urn, column in (
        *(("100000", "open_date"), ("100001", "close_date"), ("100002", "easting")),
        *(("100003", "northing"), ("100004", "pupils"), ("100005", "fsm_pupils")),
        *(("100006", "fsm_pupils"), ("100007", "district"), ("100008", "pupils")),
    ):
        assert blank.loc[urn, column], (urn, column)
    assert reconciles(register)


def test_missing_and_zero_coordinates_are_neither_dropped_nor_zero(tmp_path: Path) -> None:
    register = read(
        tmp_path,
        {"Easting": "", "Northing": ""},
        {"Easting": "0", "Northing": "0"},
        {"Easting": "430000", "Northing": ""},
    )
    assert register.schools[["easting", "northing"]].isna().all(axis=None)
    assert len(register.schools) == 3
    assert register.rejects.empty


def test_free_meals_are_the_count_else_the_rounded_percentage(tmp_path: Path) -> None:
    register = read(
        tmp_path,
        {"FSM": "30", "PercentageFSM": "99"},
        {"FSM": "", "PercentageFSM": "12.50"},
        {"FSM": "", "PercentageFSM": ""},
        {"FSM": "", "PercentageFSM": "12.5", "NumberOfPupils": ""},
        {"FSM": "0", "PercentageFSM": "12.5"},
        {"FSM": "", "PercentageFSM": "120"},
        {"FSM": "", "PercentageFSM": "0.25"},  # 0.5 of a pupil: half to even
    )
    told = register.schools["fsm_pupils"].tolist()
    assert [None if pd.isna(v) else v for v in told] == [30, 25, None, None, 0, None, 0]


def test_schools_come_sorted_by_urn_with_text_codes(tmp_path: Path) -> None:
    register = read(tmp_path, {"URN": "148000"}, {"URN": "20003"}, {"URN": "100000"})
    assert register.schools["urn"].tolist() == ["20003", "100000", "148000"]
    assert register.schools["la_code"].tolist() == ["383"] * 3
