"""The succession table as a machine: dates, heirs, names, vintages, and claims made blocks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from geolls.base.errors import CatalogueError, InputFileError, UnknownNameError
from geolls.layers.areas import COLUMNS, Area, Areas, expand, load_areas

TODAY = date(2026, 11, 22)


@dataclass
class Claim:
    unit_code: str
    area_code: str
    share: float | None = None
    extent: str = "whole"
    part: str = ""
    codes_as_of: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    confidence: str = "high"
    source: str = "list"
    source_date: str = "2022"
    row: int = 2


@dataclass
class Unit:
    code: str
    name: str
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass
class Layer:
    claims: tuple[Claim, ...] = ()
    tier: str | None = None
    kind: str = "areas"
    key: str = "hubs"
    valid_from: date | None = None
    valid_to: date | None = None
    folder: Path = Path("hubs")
    units: dict[str, Unit] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for claim in self.claims:
            self.units.setdefault(claim.unit_code, Unit(claim.unit_code, f"Hub {claim.unit_code}"))


def layer(*claims: Claim, **more: object) -> Layer:
    return Layer(claims=claims, **more)  # type: ignore[arg-type]


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
        areas.resolve("E06000065", date(2022, 9, 1), "local_authority")
    assert str(fault.value) == (
        "E06000065 (North Yorkshire) starts 2023-04-01, after 2022-09-01; before that day use "
        "E10000023 (North Yorkshire), or set codes_as_of = 2023-04-01"
    )


def test_several_heirs_are_all_named(areas: Areas) -> None:
    with pytest.raises(UnknownNameError, match=r"E47000010 \(North East\) or E47000011 \(North of"):
        areas.resolve("E47000005", date(2019, 1, 1))


def test_a_mistyped_code_is_met_with_near_ones(areas: Areas) -> None:
    with pytest.raises(UnknownNameError, match=r"'E0600063'; did you mean .*E06000063 \(Cumberl"):
        areas.resolve("E0600063", TODAY)


def test_a_code_of_another_tier_says_which(areas: Areas) -> None:
    with pytest.raises(
        UnknownNameError, match=r"E10000023 .* is a local authority, not a district"
    ):
        areas.resolve("E10000023", date(2020, 1, 1), "district")


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
    ("codes", "hint", "expected"),
    [
        (["E07000026", "E06000001"], None, date(2023, 3, 31)),
        (["E06000063", "E08000016"], None, date(2025, 3, 31)),
        (["E08000038"], None, date(2025, 4, 1)),
        (["E07000026", "", "W06000001"], date(2022, 9, 1), date(2022, 9, 1)),
        (["E06000063", "E06000064", "E07000026"], None, date(2025, 4, 1)),  # two of three
        (["E06000001"], date(2024, 1, 1), date(2024, 1, 1)),
        (["E07000026"], date(2024, 1, 1), date(2023, 3, 31)),
    ],
)
def test_the_vintage_is_the_latest_day_the_most_codes_stood(
    areas: Areas, codes: list[str], hint: date | None, expected: date
) -> None:
    assert areas.vintage(codes, hint) == expected


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


def test_a_tier_layer_is_the_tier(areas: Areas) -> None:
    found = expand(layer(tier="local_authority"), date(2022, 9, 1), areas)
    surrey = [c.block for c in found if c.unit_code == "E10000030"]
    assert len(surrey) == 11
    assert len(found) == 326
    assert all(c.share == 1 and c.stated for c in found)


def test_as_of_selects_claims_and_never_redates_their_codes(areas: Areas) -> None:
    hubs = layer(Claim("A", "E07000026", codes_as_of=date(2020, 1, 1)))
    assert [c.block for c in expand(hubs, TODAY, areas)] == ["E07000026"]
    undated = layer(Claim("A", "E07000026", row=41))
    with pytest.raises(UnknownNameError, match=r"^hubs/members\.csv row 41: E07000026 \(Allerdale"):
        expand(undated, TODAY, areas)


def test_claims_units_and_layers_have_their_days(areas: Areas) -> None:
    held = Claim("A", "E06000001", valid_from=date(2020, 1, 1), valid_to=date(2020, 12, 31))
    assert expand(layer(held), date(2020, 12, 31), areas)
    assert not expand(layer(held), date(2021, 1, 1), areas)
    ended = layer(Claim("A", "E06000001"))
    ended.units["A"].valid_to = date(2019, 1, 1)
    assert not expand(ended, date(2020, 1, 1), areas)
    later = layer(Claim("A", "E06000001"), valid_from=date(2022, 1, 1))
    assert not expand(later, date(2020, 1, 1), areas)
    assert not expand(layer(Claim("A", "E06000001"), kind="sites"), TODAY, areas)


def shares(hubs: Layer, areas: Areas, **more: object) -> dict[tuple[str, str], tuple[float, bool]]:
    found = expand(hubs, TODAY, areas, **more)  # type: ignore[arg-type]
    return {(c.block, c.unit_code): (c.share, c.stated) for c in found}


def test_an_equal_split_is_marked_as_unknown(areas: Areas) -> None:
    both = [Claim(u, "E08000025", extent="part") for u in "BA"]
    assert shares(layer(*both), areas) == {
        ("E08000025", "A"): (0.5, False),
        ("E08000025", "B"): (0.5, False),
    }


def test_stated_shares_are_kept_and_the_rest_is_split(areas: Areas) -> None:
    hubs = layer(
        Claim("A", "E08000025", share=0.6, extent="part"),
        Claim("B", "E08000025", extent="part"),
        Claim("C", "E08000025", extent="part"),
    )
    assert shares(hubs, areas) == {
        ("E08000025", "A"): (0.6, True),
        ("E08000025", "B"): (pytest.approx(0.2), False),
        ("E08000025", "C"): (pytest.approx(0.2), False),
    }


def test_a_lone_part_has_the_block_but_not_as_a_fact(areas: Areas) -> None:
    alone = layer(Claim("A", "E08000025", extent="part"))
    assert shares(alone, areas) == {("E08000025", "A"): (1.0, False)}
    stated = layer(Claim("A", "E08000025", share=0.4, extent="part"))
    assert shares(stated, areas) == {("E08000025", "A"): (0.4, True)}


def test_a_unit_that_claims_a_block_twice_holds_it_once(areas: Areas) -> None:
    hubs = layer(Claim("A", "E10000030"), Claim("A", "E07000210", extent="part"))
    assert shares(hubs, areas)["E07000210", "A"] == (1.0, True)
    parts = [Claim("A", "E08000025", share=s, extent="part") for s in (0.25, 0.5)]
    assert shares(layer(*parts), areas) == {("E08000025", "A"): (0.75, True)}


@pytest.mark.parametrize("second", [0.5, None])
def test_shares_that_leave_nothing_are_refused(areas: Areas, second: float | None) -> None:
    hubs = layer(
        Claim("A", "E08000025", share=1.0 if second is None else 0.6, extent="part"),
        Claim("B", "E08000025", share=second, extent="part"),
    )
    with pytest.raises(CatalogueError, match=r"stated shares of E08000025 come to 1.* \(A, B\)"):
        expand(hubs, TODAY, areas)


def test_a_whole_claim_on_a_cut_block_holds_every_part(areas: Areas) -> None:
    parts = {"E07000210": ["E07000210/east", "E07000210/1"]}
    found = shares(layer(Claim("A", "E10000030")), areas, parts=parts)
    assert found["E07000210/east", "A"] == found["E07000210/1", "A"] == (1.0, True)
    assert ("E07000210", "A") not in found


def test_a_claim_on_a_named_part_holds_that_part_whole(areas: Areas) -> None:
    parts = {"E06000052": ["E06000052/east.1", "E06000052/east.2", "E06000052/west"]}
    hubs = layer(
        Claim("E", "E06000052", extent="part", part="east"),
        Claim("W", "E06000052", extent="part", part="west"),
        Claim("X", "E06000052/west"),
    )
    assert shares(hubs, areas, parts=parts) == {
        ("E06000052/east.1", "E"): (1.0, True),
        ("E06000052/east.2", "E"): (1.0, True),
        ("E06000052/west", "W"): (0.5, False),
        ("E06000052/west", "X"): (0.5, False),
    }


def test_further_names_are_read_from_the_note() -> None:
    area = Area(
        "X", "Big", "region", TODAY, None, ("b",), None, (), "", "high",
        "also called Large / Grand. Since 1900",
    )  # fmt: skip
    assert area.names == ("Big", "Large", "Grand")
    assert [a.code for a in Areas([area]).find("grand", TODAY)] == ["X"]
