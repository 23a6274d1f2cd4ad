"""The register reader: the day it is of, and the account of every row."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from gias_files import DAY, put, read, reconciles, schools

from geolls.base.errors import GeollsError, UnknownNameError
from geolls.register.register import read_register, read_successions


def test_the_summary_accounts_for_every_row(tmp_path: Path) -> None:
    register = read(
        tmp_path, {}, {"URN": "x"}, {"PhaseOfEducation (name)": "Nursery"}, {"FSM": "x"}
    )
    assert register.summary().values.tolist() == [
        ["read", "", 4],
        ["kept", "", 2],
        ["filtered", "phase not chosen: nursery", 1],
        ["rejected", "URN is not a number of 5 to 7 digits", 1],
        ["noted", "free-meal pupils is not a count up to the roll", 1],
    ]


def test_a_day_with_no_school_gives_an_empty_register(tmp_path: Path) -> None:
    register = read(tmp_path, {}, as_of="1850-01-01")
    assert register.schools.empty
    assert register.groups.empty
    assert reconciles(register)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("edubasealldata20220901.csv", date(2022, 9, 1)),
        ("gias_2021-03-05.csv", date(2021, 3, 5)),
        ("edubasealldata_reconstructed_2023-01.csv", date(2023, 1, 1)),
        ("edubasealldata.csv", date(2023, 1, 19)),  # the census date inside
        ("edubasealldata20229901.csv", date(2023, 1, 19)),
    ],
)
def test_the_default_day_is_the_files_vintage(tmp_path: Path, name: str, expected: date) -> None:
    register = read_register(put(tmp_path, schools({}), name))
    assert register.as_of == register.source["vintage_schools"] == expected
    assert register.source["path"] == name


def test_a_file_without_any_date_asks_for_one(tmp_path: Path) -> None:
    path = put(tmp_path, schools({"CensusDate": ""}), "register.csv")
    with pytest.raises(UnknownNameError, match="--as-of"):
        read_register(path)


def test_a_bad_day_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="2022-13-01"):
        read(tmp_path, {}, as_of="2022-13-01")


def test_successions_are_links_between_urns_with_a_day(tmp_path: Path) -> None:
    path = tmp_path / "links_edubasealldata.csv"
    path.write_text(
        "URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\n"
        "100006,134643,A,Predecessor - merged,01-01-2022\n"
        "100016,132245,B,Successor,\n"
        "100016,,C,Successor,\n"
    )
    table = read_successions(path)
    assert list(table.columns) == ["urn", "link_urn", "link_type", "date"]
    assert table["link_urn"].tolist() == ["134643", "132245"]
    assert table["date"].tolist() == [pd.Timestamp("2022-01-01"), pd.NaT]


def test_every_error_here_is_one_of_ours(tmp_path: Path) -> None:
    for path in (tmp_path / "a\0b", tmp_path / "x", Path()):
        with pytest.raises(GeollsError):
            read_register(path, as_of=DAY)
