"""The succession table as a machine: dates, heirs, names, vintages."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from geolls.base.errors import InputFileError, UnknownNameError
from geolls.layers.areas import COLUMNS, Area, Areas, load_areas

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def areas() -> Areas:
    return load_areas()


def test_a_code_stands_on_its_first_and_its_last_day(areas: Areas) -> None:
    assert areas.resolve("E07000026", date(2023, 3, 31)).name == "Allerdale"
    assert areas.resolve("E06000063", date(2023, 4, 1)).name == "Cumberland"
    assert areas.resolve("E47000011", date(2024, 5, 6)).name == "North of Tyne"


def test_a_dead_code_is_refused_and_its_heir_named(areas: Areas) -> None:
    with pytest.raises(UnknownNameError) as fault:
        areas.resolve("E07000026", date(2023, 4, 1))
    assert str(fault.value) == (
        "E07000026 (Allerdale) ended 2023-03-31; use E06000063 (Cumberland), "
        "or set codes_as_of = 2023-03-31"
    )


def test_a_code_before_its_first_day_is_refused_and_its_forebears_named(areas: Areas) -> None:
    with pytest.raises(UnknownNameError) as fault:
        areas.resolve("E06000064", date(2022, 9, 1))
    assert str(fault.value) == (
        "E06000064 (Westmorland and Furness) starts 2023-04-01, after 2022-09-01; before that day "
        "use E07000027 (Barrow-in-Furness), E07000030 (Eden) and E07000031 (South Lakeland), "
        "or set codes_as_of = 2023-04-01"
    )


def test_several_heirs_are_all_named(areas: Areas) -> None:
    with pytest.raises(UnknownNameError, match=r"E47000010 \(North East\) or E47000011 \(North of"):
        areas.resolve("E47000005", date(2019, 1, 1))


def test_a_mistyped_code_is_met_with_near_ones(areas: Areas) -> None:
    with pytest.raises(UnknownNameError, match=r"'E0600063'; did you mean .*E06000063 \(Cumberl"):
        areas.resolve("E0600063", TODAY)


def test_an_unknown_tier_lists_the_tiers(areas: Areas) -> None:
    with pytest.raises(UnknownNameError, match="no tier 'county'; the tiers are district, "):
        areas.alive("county", TODAY)


def test_a_named_part_belongs_to_the_block_of_its_district(areas: Areas) -> None:
    part = areas.resolve("E08000038/north", TODAY)
    assert (part.code, part.blocks) == ("E08000038/north", ("E08000016/north",))
    with pytest.raises(UnknownNameError, match=r"E10000030 \(Surrey\) has 11 blocks"):
        areas.resolve("E10000030/east", TODAY)


@pytest.mark.parametrize(
    ("name", "on", "expected"),
    [
        ("Sheffield City Region", date(2019, 9, 1), ["E47000002"]),
        ("South Yorkshire", date(2019, 9, 1), ["E47000002"]),
        ("sheffield city region combined authority", TODAY, ["E47000002"]),
        ("Shepway", TODAY, ["E07000112"]),
        ("hull", TODAY, ["E06000010", "E06000010"]),
        ("Durham", TODAY, ["E06000047", "E06000047"]),
        ("north east", date(2022, 9, 1), ["E47000010", "E12000001"]),
        ("north east", TODAY, ["E47000014", "E12000001"]),
        ("London", TODAY, ["E12000007"]),
        ("City of London", TODAY, ["E09000001", "E09000001"]),
        ("Allerdale", TODAY, []),
        ("Atlantis", TODAY, []),
    ],
)
def test_names_are_found_as_people_use_them(
    areas: Areas, name: str, on: date, expected: list[str]
) -> None:
    assert [a.code for a in areas.find(name, on)] == expected


def test_find_can_be_held_to_one_tier(areas: Areas) -> None:
    assert [a.tier for a in areas.find("Bristol", TODAY, "district")] == ["district"]


def test_dfe_codes_follow_their_dates(areas: Areas) -> None:
    def name(code: str, on: date) -> str | None:
        found = areas.by_la_code(code, on)
        return found.name if found else None

    assert name("909", date(2023, 3, 31)) == "Cumbria"
    assert name("909", date(2023, 4, 1)) is None
    assert name("942", date(2023, 4, 1)) == "Cumberland"
    assert areas.by_la_code("825", TODAY).code == "E06000060"  # type: ignore[union-attr]
    assert areas.by_la_code("825", date(2019, 9, 1)).code == "E10000002"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["E07000026", "E06000001"], date(2023, 3, 31)),
        (["E06000063", "E08000016"], date(2025, 3, 31)),
        (["E08000038"], date(2025, 4, 1)),
        (["E07000026", "", "W06000001"], date(2023, 3, 31)),
        (["E06000063", "E06000064", "E07000026"], date(2025, 4, 1)),  # two of three
        (["E06000001"], date(2025, 4, 1)),
    ],
)
def test_the_vintage_is_the_latest_day_the_most_codes_stood(
    areas: Areas, codes: list[str], expected: date
) -> None:
    assert areas.vintage(codes) == expected


def test_a_file_without_english_codes_has_no_vintage(areas: Areas) -> None:
    with pytest.raises(UnknownNameError, match="no district code"):
        areas.vintage(["W06000001", "", "nonsense"])


def test_a_bad_row_is_named_with_its_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "areas.csv"
    row = "X,X,district,2020-02-30,,X,,,,high,"
    path.write_text(",".join(COLUMNS) + "\n" + row + "\n", encoding="utf-8")
    with pytest.raises(InputFileError, match=r"areas\.csv row 2: .*(day|isoformat)"):
        Areas.read(path)
    path.write_text("code,name\n", encoding="utf-8")
    with pytest.raises(InputFileError, match=r"no column tier, .*; the columns are code, name"):
        Areas.read(path)
    with pytest.raises(InputFileError, match="cannot be read"):
        Areas.read(tmp_path / "none.csv")


def test_further_names_are_read_from_the_note() -> None:
    area = Area(
        "X", "Big", "region", TODAY, None, ("b",), None, (), "", "high",
        "also called Large / Grand. Since 1900",
    )  # fmt: skip
    assert area.names == ("Big", "Large", "Grand")
    assert [a.code for a in Areas([area]).find("grand", TODAY)] == ["X"]
