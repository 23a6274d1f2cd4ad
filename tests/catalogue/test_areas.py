"""Every entry of areas.csv keeps its promise: counts, dates, heirs, and the official lookups."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from geolls.land.blocks import block_weights
from geolls.layers.areas import Area, Areas, load_areas
from geolls.layers.model import TIERS

EXHAUSTIVE = ("district", "local_authority", "region")
FIRST, TODAY, LAST = date(2011, 1, 1), date(2026, 11, 22), date(2029, 12, 31)
ONE_DAY = timedelta(days=1)
LOOKUPS = {2017: "2017-12-31", 2019: "2019-12-31", 2021: "2021-12-31", 2023: "2023-06-30",
           2024: "2024-12-31", 2025: "2025-12-31"}  # fmt: skip


@pytest.fixture(scope="module")
def areas() -> Areas:
    return load_areas()


def change_days(areas: Areas) -> list[date]:
    days = {FIRST, TODAY, LAST}
    for a in areas.rows:
        days |= {a.valid_from, a.valid_from - ONE_DAY}
        days |= {a.valid_to, a.valid_to + ONE_DAY} if a.valid_to else set()
    return sorted(d for d in days if FIRST <= d <= LAST)


@pytest.mark.parametrize(
    ("tier", "day", "count"),
    [
        ("district", "2011-06-01", 326),
        ("district", "2018-06-01", 326),
        ("district", "2019-06-01", 317),
        ("district", "2020-06-01", 314),
        ("district", "2021-06-01", 309),
        ("district", "2023-06-01", 296),
        ("district", "2026-11-01", 296),
        ("district", "2027-03-31", 296),
        ("district", "2027-04-01", 287),  # eleven of Surrey end, two begin
        ("district", "2028-03-31", 287),
        ("district", "2028-04-01", 244),
        ("local_authority", "2018-06-01", 152),
        ("local_authority", "2019-06-01", 151),
        ("local_authority", "2020-06-01", 151),
        ("local_authority", "2021-06-01", 152),
        ("local_authority", "2023-06-01", 153),
        ("local_authority", "2026-11-01", 153),
        ("local_authority", "2027-03-31", 153),
        ("local_authority", "2027-04-01", 154),
        ("local_authority", "2028-03-31", 154),
        ("local_authority", "2028-04-01", 162),
        ("combined_authority", "2011-03-31", 0),
        ("combined_authority", "2011-04-01", 1),
        ("combined_authority", "2018-09-01", 9),
        ("combined_authority", "2018-11-01", 9),
        ("combined_authority", "2018-11-02", 10),
        ("combined_authority", "2019-09-01", 10),
        ("combined_authority", "2022-09-01", 10),
        ("combined_authority", "2023-12-20", 11),
        ("combined_authority", "2024-02-28", 12),
        ("combined_authority", "2024-05-06", 12),
        ("combined_authority", "2024-05-07", 11),
        ("combined_authority", "2025-02-05", 15),
        ("combined_authority", "2026-02-24", 17),
        ("combined_authority", "2026-03-26", 18),
        ("combined_authority", "2026-06-04", 19),
        ("greater_london_authority", "2022-09-01", 1),
        ("region", "2011-06-01", 9),
        ("region", "2026-11-01", 9),
        ("combined_authority", "2028-04-01", 19),
        ("region", "2028-04-01", 9),
    ],
)
def test_as_many_stood_as_the_record_says(areas: Areas, tier: str, day: str, count: int) -> None:
    assert len(areas.alive(tier, date.fromisoformat(day))) == count


def test_exhaustive_tiers_part_all_blocks_on_every_day_of_change(areas: Areas) -> None:
    every = sorted(block_weights().index)
    assert len(every) == 326
    for day in change_days(areas):
        for tier in EXHAUSTIVE:
            alive = areas.alive(tier, day)
            whole = [b for a in alive for b in a.blocks if b not in a.shared]
            shared = {b for a in alive for b in a.shared}
            assert sorted([*whole, *shared]) == every, (tier, day)


def test_combined_authorities_never_overlap_and_are_made_of_whole_authorities(
    areas: Areas,
) -> None:
    for day in change_days(areas):
        held = [b for a in areas.alive("combined_authority", day) for b in a.blocks]
        assert len(held) == len(set(held)), day
        for council in areas.alive("local_authority", day):
            inside = set(council.blocks) & set(held)
            if inside and inside != set(council.blocks):
                # The one authority that was itself split: none so far.
                pytest.fail(f"{council.name} is cut by a combined authority on {day}")


def test_districts_lie_inside_one_authority_and_one_region(areas: Areas) -> None:
    for day in change_days(areas):
        for tier in ("local_authority", "region"):
            homes: dict[str, set[str]] = defaultdict(set)
            for a in areas.alive(tier, day):
                for b in a.blocks:
                    homes[b].add(a.code)
            for district in areas.alive("district", day):
                within = set.intersection(*(homes[b] for b in district.blocks))
                assert len(within) == 1 or district.shared, (district, day)


def test_no_code_lives_twice_at_once_and_lives_follow_on(areas: Areas) -> None:
    lives: dict[tuple[str, str], list[Area]] = defaultdict(list)
    for a in areas.rows:
        lives[a.tier, a.code].append(a)
    for spans in lives.values():
        spans.sort(key=lambda a: a.valid_from)
        for before, after in pairwise(spans):
            assert before.valid_to is not None
            assert before.valid_to + ONE_DAY == after.valid_from, before


def test_heirs_start_the_day_after_and_take_all_the_blocks(areas: Areas) -> None:
    for a in areas.rows:
        assert bool(a.heirs) == (a.valid_to is not None), a
        if a.valid_to is None:
            continue
        day = a.valid_to + ONE_DAY
        alive = {other.code: other for other in areas.alive(a.tier, day)}
        heirs = [alive[code] for code in a.heirs]
        assert {h.valid_from for h in heirs} == {day}, a
        assert set(a.blocks) <= {b for h in heirs for b in h.blocks}, a


def test_every_row_has_evidence_and_well_formed_codes(areas: Areas) -> None:
    for a in areas.rows:
        assert a.tier in TIERS
        assert a.source, a
        assert a.confidence in ("high", "medium", "low"), a
        own = a.code.startswith("lgr-")
        assert re.fullmatch(r"E(0[6-9]|10|12|47|61)\d{6}|CA2026-[A-Z-]+|lgr-[a-z-]+", a.code), a
        assert (a.la_code is not None) == (a.tier == "local_authority" and not own), a
        assert a.la_code is None or re.fullmatch(r"\d{3}", a.la_code)
        assert a.valid_to is None or a.valid_from <= a.valid_to, a


def test_what_is_still_to_come_is_never_sure_and_says_whether_an_order_is_made(
    areas: Areas,
) -> None:
    for a in areas.rows:
        assert bool(a.status) == bool(a.source_date) == (a.valid_from > TODAY), a
        assert a.status or not a.shared, a
        assert set(a.shared) <= set(a.blocks), a
        assert not a.status or a.confidence in ("medium", "low"), a
        assert a.status in ("", "order", "decided, order not seen"), a
        assert (a.status == "order") == ("SI 2026/264" in a.source), a
        assert (a.code.startswith("lgr-")) <= ("no GSS code published" in a.note), a
        assert "line not to hand" in a.note if a.shared else True, a


def test_surrey_ends_by_order_and_two_authorities_take_its_districts(areas: Areas) -> None:
    last, first = date(2027, 3, 31), date(2027, 4, 1)
    (surrey,) = areas.find("Surrey", last, "local_authority")
    assert not areas.find("Surrey", first)
    assert areas.by_la_code("936", last) == surrey
    assert areas.by_la_code("936", first) is None
    for tier in ("district", "local_authority"):
        west, east = (areas.resolve(f"lgr-{side}-surrey", first) for side in ("west", "east"))
        heirs = {a.code for a in areas.alive(tier, first) if a.valid_from == first}
        assert heirs == {west.code, east.code}
        assert sorted(west.blocks + east.blocks) == list(surrey.blocks)
    assert [a.name for a in areas.alive("district", last) if a.heirs == ("lgr-west-surrey",)] == [
        "Guildford", "Runnymede", "Spelthorne", "Surrey Heath", "Waverley", "Woking",
    ]  # fmt: skip


def test_an_ended_area_is_found_by_name_or_code_with_who_has_its_land(areas: Areas) -> None:
    def now(name: str, on: str) -> list[tuple[str, str, list[str]]]:
        day = date.fromisoformat(on)
        return [(a.tier, str(a.valid_to), [h.name for h in areas.holders(a, day)])
                for a in areas.ended(name, day)]  # fmt: skip

    west = [("district", "2027-03-31", ["West Surrey"])]
    assert now("guildford", "2027-04-01") == now("E07000209", "2029-01-01") == west
    assert now("Guildford", "2027-03-31") == []
    assert now("Surrey", "2027-05-01") == [
        ("local_authority", "2027-03-31", ["East Surrey", "West Surrey"])
    ]
    assert now("Allerdale", "2024-09-01") == [("district", "2023-03-31", ["Cumberland"])]
    assert now("Taunton Deane", "2024-09-01") == [("district", "2019-03-31", ["Somerset"])]
    assert now("South Yorkshire", "2024-09-01") == []  # renamed, not ended
    assert now("Test Valley", "2028-04-01") == [
        ("district", "2028-03-31", ["Mid Hampshire", "South West Hampshire"])
    ]


@pytest.mark.real_data
def test_the_areas_to_come_are_those_of_the_published_decisions(
    areas: Areas, real_data: Path
) -> None:
    facts = read(real_data / "lookups" / "local_government_reorganisation.csv")
    units = {f["new_unit"] for f in facts}
    assert len(units) == 24
    day = date(2028, 4, 1)
    for fact in facts:
        (old,) = areas.find(fact["old_area_name"], date(2026, 11, 22), "district")
        assert old.code == fact["old_area_code"]
        holders = areas.holders(old, day)
        if not fact["starts_on"]:
            assert holders == [old] and "stays as it is" in old.note
            continue
        named = fact["new_unit"].replace(" (which", ", which").replace("not found)", "not found")
        (new,) = [h for h in holders if named in h.name]
        assert new.valid_from == date.fromisoformat(fact["starts_on"])
        for block in old.blocks:
            assert (block in new.shared) == (fact["extent"] == "part"), fact
        # No area is surer than the least sure of its rows, and none is sure.
        order = ("low", "medium", "high")
        assert order.index(new.confidence) <= order.index(fact["confidence"]), fact
        assert (new.status == "order") == fact["status"].startswith("order made"), fact


def test_a_dfe_code_is_one_authority_on_any_day(areas: Areas) -> None:
    for day in change_days(areas):
        codes = [a.la_code for a in areas.alive("local_authority", day) if a.la_code]
        assert len(codes) == len(set(codes)), day


def test_blocks_bear_the_codes_of_2013(areas: Areas) -> None:
    alive = {a.code: a.blocks for a in areas.alive("district", date(2018, 6, 1))}
    assert alive == {code: (code,) for code in alive}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.real_data
@pytest.mark.parametrize("year", LOOKUPS)
def test_the_official_lookup_of_a_year_has_the_same_areas_and_blocks(
    areas: Areas, real_data: Path, year: int
) -> None:
    on = date.fromisoformat(LOOKUPS[year])
    rows = read(real_data / "lookups" / f"lad_la_cauth_region_{year}.csv")
    districts = {a.code: a for a in areas.alive("district", on)}
    tiers = {
        "district": ("lad_code", "lad_name"),
        "local_authority": ("new_la_code", "la_name"),
        "combined_authority": ("english_devolved_area_code", "english_devolved_area_name"),
        "region": ("region_code", "region_name"),
    }
    for tier, (code, name) in tiers.items():
        blocks: dict[str, set[str]] = defaultdict(set)
        names = {}
        for r in rows:
            if tier != "combined_authority" or r[code].startswith("E47"):
                blocks[r[code]] |= set(districts[r["lad_code"]].blocks)
                names[r[code]] = r[name]
        ours = {a.code: set(a.blocks) for a in areas.alive(tier, on)}
        assert ours == blocks, tier
        for key, spelling in names.items():
            assert key in {a.code for a in areas.find(spelling, on, tier)}, spelling
    for r in rows:
        found = areas.by_la_code(r["old_la_code"], on)
        assert found is not None
        assert found.code == r["new_la_code"]
    london = {r["lad_code"] for r in rows if r["english_devolved_area_code"] == "E61000001"}
    (gla,) = areas.alive("greater_london_authority", on)
    assert set(gla.blocks) == london


@pytest.mark.real_data
def test_members_of_combined_authorities_agree_day_by_day(areas: Areas, real_data: Path) -> None:
    rows = read(real_data / "lookups" / "combined_authorities.csv")
    days = {date.fromisoformat(r[k]) for r in rows for k in ("valid_from", "valid_to") if r[k]}
    for day in sorted(days | {d + ONE_DAY for d in days} | {TODAY}):
        expected: dict[str, set[str]] = defaultdict(set)
        for r in rows:
            if r["valid_from"] <= str(day) <= (r["valid_to"] or "9999"):
                expected[r["code"] or r["name"]] |= set(areas.resolve(r["member_code"], day).blocks)
        ours = {
            (a.name if a.code.startswith("CA2026") else a.code): set(a.blocks)
            for a in areas.alive("combined_authority", day)
        }
        assert ours == expected, day


@pytest.mark.real_data
def test_each_code_of_the_register_stood_at_its_vintage(areas: Areas, real_data: Path) -> None:
    import pandas as pd

    path = real_data / "gias" / "edubasealldata_reconstructed_2023-01.csv.gz"
    codes = pd.read_csv(
        path, encoding="cp1252", usecols=["DistrictAdministrative (code)"], dtype=str
    )["DistrictAdministrative (code)"].dropna()
    vintage = areas.vintage(codes.unique())
    assert vintage == date(2025, 4, 1)
    assert set(codes) <= {a.code for a in areas.alive("district", vintage)}
