"""The real register of January 2023 with the group links of 2022: known counts and defects."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from geolls.base.shelves import shelf
from geolls.land.blocks import load_blocks
from geolls.layers.areas import load_areas
from geolls.register.register import Register, read_register, read_successions
from geolls.register.rejects import LEFT_OUT
from geolls.study.assignment import place_schools

pytestmark = pytest.mark.real_data
DAY = date(2022, 9, 1)
SCHOOLS = "edubasealldata_reconstructed_2023-01.csv.gz"
LINKS = "alllinksdata_2022-03.csv.gz"
# Of the file's 46, with neither district nor coordinates.
NOWHERE = 46


@pytest.fixture(scope="module")
def everything(real_data: Path) -> Register:
    gias = real_data / "gias"
    return read_register(gias / SCHOOLS, gias / LINKS, as_of=DAY, phases="all")


@pytest.fixture(scope="module")
def mainstream(real_data: Path) -> Register:
    gias = real_data / "gias"
    return read_register(gias / SCHOOLS, gias / LINKS, as_of=DAY)


def trusts_of(register: Register) -> pd.DataFrame:
    by_trust = register.schools.groupby("trust_uid")
    return by_trust.agg(schools=("urn", "size"), trust_type=("trust_type", "first"))


def test_every_row_of_the_file_is_kept_filtered_or_rejected(
    everything: Register, mainstream: Register
) -> None:
    for register, kept in ((everything, 22_021), (mainstream, 20_197)):
        n = register.counts
        assert n["read"] == 24_433 == n["kept"] + n["filtered"] + n["rejected"]
        assert n["kept"] == kept == len(register.schools) == register.schools["urn"].nunique()
        assert n["filtered"] == len(register.filtered)
        assert n["rejected"] == register.rejects["action"].str.startswith(LEFT_OUT).sum() == 0
        seen = pd.concat([register.schools["urn"], register.filtered["urn"]])
        assert seen.is_unique
        assert len(seen) == 24_433


def test_independent_and_closed_schools_are_filtered_for_that_reason(everything: Register) -> None:
    assert everything.filtered["reason"].value_counts().to_dict() == {
        "not state-funded: Independent schools": 2_408,
        "closed before the date": 4,
    }


def test_schools_that_closed_on_31_august_were_open_that_day(real_data: Path) -> None:
    register = read_register(real_data / "gias" / SCHOOLS, as_of="2022-08-31", phases="all")
    closing = register.schools["close_date"].notna()
    assert register.schools.loc[closing, "urn"].tolist() == ["104271", "131574", "134994"]
    assert register.filtered.query("reason == 'closed before the date'")["urn"].tolist() == [
        "131547"
    ]


def test_schools_by_phase(everything: Register) -> None:
    assert everything.schools["phase"].value_counts().to_dict() == {
        "primary": 16_778,
        "secondary": 3_211,
        "special": 1_078,
        "nursery": 383,
        "alternative": 335,
        "all_through": 135,
        "middle_deemed_secondary": 68,
        "post_16": 28,
        "middle_deemed_primary": 5,
    }


def test_status_unknown_is_as_the_data_notes_count_it(
    everything: Register, mainstream: Register
) -> None:
    assert everything.schools["status_unknown"].sum() == 256
    assert mainstream.schools["status_unknown"].sum() == 228  # the other 28 are special or PRUs
    unknown = everything.schools[everything.schools["status_unknown"]]
    assert unknown["trust_uid"].isna().all()
    assert unknown["urn"].astype(int).min() >= 148_400


def test_schools_with_neither_code_nor_coordinates_are_kept(everything: Register) -> None:
    nowhere = everything.schools["district"].isna() & everything.schools["easting"].isna()
    assert nowhere.sum() == everything.counts["without_location"] == NOWHERE
    assert everything.schools.loc[nowhere, "la_code"].notna().all()
    assert everything.schools.loc[nowhere, "name"].isna().sum() == 43  # known by URN only


def test_no_coordinate_is_zero_or_outside_england(everything: Register) -> None:
    located = everything.schools.dropna(subset="easting")
    assert located["easting"].between(80_000, 656_500).all()
    assert located["northing"].between(5_000, 658_000).all()
    assert everything.schools["easting"].isna().equals(everything.schools["northing"].isna())


def test_trusts_of_two_or_more_schools_come_near_the_published_count(everything: Register) -> None:
    # All state-funded phases, as the published 1,188 to 1,197 count them; mainstream alone: 1,091.
    table = trusts_of(everything)
    several = table[table["schools"] >= 2]
    assert len(several) == 1_185
    assert 1_188 * 0.97 <= len(several) <= 1_197 * 1.03
    assert set(several["trust_type"]) == {"multi_academy_trust"}
    assert len(table) == 2_480
    assert (table["schools"].between(2, 9).sum(), (table["schools"] > 30).sum()) == (936, 27)


def test_a_multi_academy_trust_of_one_school_stays_one(everything: Register) -> None:
    table = trusts_of(everything)
    alone = table[table["schools"] == 1]["trust_type"].value_counts().to_dict()
    assert alone == {"single_academy_trust": 1_124, "multi_academy_trust": 171}


def test_links_and_register_tell_the_same_trusts(everything: Register) -> None:
    # The register's trust columns are the links of March 2022: they can not disagree.
    assert everything.counts["trusts_told_differently"] == 0
    assert everything.counts["trusts_told_by_register_only"] == 0
    assert everything.schools["trust_uid"].notna().sum() == 9_917


def test_the_links_file_is_younger_than_its_name(everything: Register) -> None:
    assert everything.source["vintage_links"] == date(2022, 3, 1)
    assert everything.source["last_joined"] == date(2022, 7, 1)


def test_the_trust_links_without_a_school_are_listed(everything: Register) -> None:
    stray = everything.rejects[everything.rejects["reason"].str.contains("academy_trust link")]
    assert len(stray) == 93
    assert stray["urn"].notna().all()
    assert set(stray["action"]) == {"link left out"}


def test_academies_without_a_trust_are_the_three_former_colleges(everything: Register) -> None:
    schools = everything.schools
    lone = schools[schools["academy"] & schools["trust_uid"].isna()]
    assert lone["urn"].tolist() == ["101849", "108420", "123627"]
    assert set(lone["type"]) == {"Mainstream Academy"}


def test_foundation_trusts_and_sponsors_are_no_academy_trusts(everything: Register) -> None:
    kinds = everything.groups["group_type"].value_counts()
    assert set(kinds.index) == {
        "multi_academy_trust",
        "single_academy_trust",
        "sponsor",
        "federation",
        "foundation_trust",
    }
    foundation = set(everything.groups.query("group_type == 'foundation_trust'")["urn"])
    trusted = everything.schools.set_index("urn")["trust_uid"].reindex(sorted(foundation))
    assert len(foundation) > 300
    assert trusted.isna().mean() > 0.95


def test_lost_apostrophes_of_the_links_are_put_back_and_listed(everything: Register) -> None:
    repaired = everything.rejects.query("reason == 'group name damaged: lost apostrophe'")
    assert len(repaired) == 14
    assert "Torquay Boys\u2019 Grammar School Multi-Academy Trust" in set(repaired["name"])
    assert not everything.groups["group_name"].str.contains("?", regex=False).any()


def test_names_with_accents_survive(everything: Register) -> None:
    names = set(everything.schools["name"])
    assert "St Thomas à Becket Catholic Secondary School, A Voluntary Academy" in names
    assert {"North Star 82°", "North Star 240°"} <= names
    trusted = set(everything.schools["trust_name"])
    assert {"Fierté Multi-Academy Trust", "The Areté Trust"} <= trusted
    assert not everything.schools["name"].str.contains("  ", na=False).any()


def test_free_meals_are_counts_up_to_the_roll(everything: Register) -> None:
    schools = everything.schools
    assert schools["fsm_pupils"].notna().all()
    assert (schools["fsm_pupils"] <= schools["pupils"]).all()


def test_every_trust_has_its_group_id(everything: Register) -> None:
    trusts = everything.groups[everything.groups["group_type"].str.endswith("academy_trust")]
    assert trusts["group_id"].notna().all()


def test_successions_are_read_whole(real_data: Path) -> None:
    table = read_successions(real_data / "gias" / "links_edubasealldata_2025-07.csv.gz")
    assert len(table) == 34_044
    assert table["date"].notna().sum() == 25_791
    assert (table["link_type"] == "Successor").sum() == 16_561


def test_the_close_date_is_the_last_day(real_data: Path) -> None:
    # Why a school that closes on 31 August counts on that day: its successor opens on the next.
    table = read_successions(real_data / "gias" / "links_edubasealldata_2025-07.csv.gz").dropna()
    ends = table[table["link_type"] == "Successor"]["date"].dt.strftime("%d-%m").value_counts()
    starts = table[table["link_type"] == "Predecessor"]["date"].dt.strftime("%d-%m").value_counts()
    assert ends.index[:3].tolist() == ["31-08", "31-03", "31-12"]
    assert starts.index[:3].tolist() == ["01-09", "01-04", "01-01"]


def test_the_counts_behind_the_demonstration_are_those_of_this_register(
    everything: Register,
) -> None:
    counts = pd.read_csv(shelf("boundaries") / "block" / "school_counts.csv", index_col="block")
    placed = place_schools(everything.schools, load_blocks(), load_areas()).schools
    schools = everything.schools.merge(placed[["urn", "block"]], on="urn").dropna(subset="block")
    assert len(schools) == 22_021 - NOWHERE
    for column in counts.columns:
        phase = column.removesuffix("_academies")
        mine = schools[schools["phase"] == phase]
        if column != phase:
            mine = mine[mine["academy"]]
        found = mine["block"].value_counts().reindex(counts.index, fill_value=0)
        # Points beside a line may fall to either side when the lines are drawn anew.
        assert (found - counts[column]).abs().sum() <= 10, column
        assert found.sum() == counts[column].sum(), column
