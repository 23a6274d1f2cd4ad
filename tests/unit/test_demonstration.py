"""The demonstration register: nobody can mistake it, and it is as large and far-flung as real."""

from __future__ import annotations

import sys
from datetime import date

import numpy as np
import pandas as pd
import pytest

from geolls.base.errors import UnknownNameError, UsageError
from geolls.base.shelves import shelf
from geolls.base.vocabulary import MAINSTREAM
from geolls.layers.areas import load_areas
from geolls.register.columns import SCHOOL_COLUMNS
from geolls.register.demonstration import LABEL, demonstration_register
from geolls.register.register import Register

DAY = date(2022, 9, 1)
TABLES = ("schools", "groups", "rejects", "filtered")


def trusts_of(register: Register) -> pd.DataFrame:
    by_trust = register.schools.groupby("trust_uid")
    return by_trust.agg(schools=("urn", "size"), trust_type=("trust_type", "first"))


@pytest.fixture(scope="module")
def demo() -> Register:
    return demonstration_register(phases="all")


@pytest.fixture(scope="module")
def counts() -> pd.DataFrame:
    return pd.read_csv(shelf("boundaries") / "block" / "school_counts.csv", index_col="block")


def test_nobody_can_mistake_it_for_real(demo: Register) -> None:
    assert demo.demonstration
    assert demo.label == LABEL == "Demonstration schools: generated, not real"
    assert demo.schools["name"].str.startswith("Demonstration ").all()
    assert demo.schools["name"].is_unique
    assert demo.groups["group_name"].str.startswith("Demonstration ").all()
    assert demo.groups["group_uid"].str.fullmatch(r"D\d{5}").all()
    assert demo.schools["urn"].astype(int).between(900_000, 999_999).all()
    assert demo.schools[["postcode", "town", "diocese", "sponsor_uid"]].isna().all(axis=None)


def test_it_is_a_register_like_any_other(demo: Register) -> None:
    default = demonstration_register()
    assert list(default.schools.columns) == SCHOOL_COLUMNS
    n = default.counts
    assert n["read"] == n["kept"] + n["filtered"] + n["rejected"] == len(demo.schools)
    assert n["kept"] == len(default.schools)
    assert n["filtered"] == len(default.filtered)
    assert set(default.schools["phase"]) == set(MAINSTREAM)
    kept = demo.schools[demo.schools["phase"].isin(MAINSTREAM)].reset_index(drop=True)
    pd.testing.assert_frame_equal(default.schools, kept)
    pd.testing.assert_frame_equal(default.groups, demo.groups)
    assert default.summary()["rows"].iloc[0] == n["read"]
    assert default.as_of == DAY


def test_every_block_has_the_schools_and_academies_it_had(
    demo: Register, counts: pd.DataFrame
) -> None:
    blocks = {
        b.partition("/")[0]: a.code for a in load_areas().alive("district", DAY) for b in a.blocks
    }
    district = counts.index.map(blocks)
    for column in counts.columns:
        phase = column.removesuffix("_academies")
        mine = demo.schools[demo.schools["phase"] == phase]
        if column != phase:
            mine = mine[mine["academy"]]
        expected = counts[column].groupby(district).sum()
        found = mine["district"].value_counts().reindex(expected.index, fill_value=0)
        assert found.tolist() == expected.tolist(), column


def test_shares_of_academies_are_englands(demo: Register) -> None:
    share = demo.schools.groupby("phase")["academy"].mean()
    assert share["primary"] == pytest.approx(0.39, abs=0.01)
    assert share["secondary"] == pytest.approx(0.78, abs=0.01)
    assert share["nursery"] == 0
    assert share["all_through"] == share["post_16"] == 1
    assert demo.schools["trust_uid"].notna().equals(demo.schools["academy"])
    primary = demo.schools[demo.schools["phase"] == "primary"]
    by_authority = primary.groupby("la_code")["academy"].mean()
    assert by_authority.max() > 0.8
    assert by_authority.min() < 0.15


def test_trusts_have_the_published_sizes(demo: Register) -> None:
    table = trusts_of(demo)
    size = table["schools"]
    bands = (size.between(2, 9), size.between(10, 20), size.between(21, 30), size > 30)
    assert [b.sum() for b in bands] == [974, 169, 31, 21]
    assert 1_050 <= (size == 1).sum() <= 1_250
    assert set(table.loc[size > 1, "trust_type"]) == {"multi_academy_trust"}
    lone = table.loc[size == 1, "trust_type"].value_counts(normalize=True)
    assert lone["single_academy_trust"] == pytest.approx(0.87, abs=0.04)


def test_most_trusts_are_local_and_a_few_are_national(demo: Register) -> None:
    schools = demo.schools.dropna(subset="trust_uid")
    size = schools.groupby("trust_uid")["urn"].transform("size")
    several = schools[size > 1].groupby("trust_uid")
    # The real register of January 2023: 59 % in one authority; spans of 14 km (half of them),
    # 72 km (nine in ten) and 291 km (99 in a hundred).
    assert (several["la_code"].nunique() == 1).mean() == pytest.approx(0.6, abs=0.1)
    box = several[["easting", "northing"]].agg(["min", "max"])
    span = np.hypot(
        box["easting"]["max"] - box["easting"]["min"],
        box["northing"]["max"] - box["northing"]["min"],
    )
    half, most, nearly_all = np.quantile(span / 1000, [0.5, 0.9, 0.99])
    assert 10 < half < 25
    assert 50 < most < 130
    assert 200 < nearly_all < 600


def test_schools_stand_in_their_own_block(demo: Register) -> None:
    from geolls.land.blocks import load_blocks
    from geolls.study.assignment import place_schools

    placement = place_schools(demo.schools, load_blocks(), load_areas(), vintage=DAY)
    assert placement.schools["block"].notna().all()
    assert len(placement.disagreements) <= 0.002 * len(demo.schools)


def test_schools_of_a_block_share_no_neighbourhood_while_they_last(demo: Register) -> None:
    spots = demo.schools[["easting", "northing"]].round(-1)
    assert spots.drop_duplicates().shape[0] > 0.99 * len(spots)


def test_pupils_and_free_meals_are_plausible_and_near_alike_in_a_place(demo: Register) -> None:
    schools = demo.schools
    assert (schools["fsm_pupils"] <= schools["pupils"]).all()
    median = schools.groupby("phase")["pupils"].median()
    assert median["primary"] == pytest.approx(232, rel=0.05)
    assert median["secondary"] == pytest.approx(1042, rel=0.05)
    total = schools.groupby("district")[["fsm_pupils", "pupils"]].sum()
    share = total["fsm_pupils"] / total["pupils"]
    assert share.median() == pytest.approx(0.22, abs=0.04)
    assert share.std() > 0.05


def test_the_same_seed_gives_the_same_register_and_another_another() -> None:
    first, again, other = (demonstration_register(seed) for seed in (1, 1, 2))
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(first, table), getattr(again, table))
    assert first.source == again.source
    assert not first.schools["easting"].equals(other.schools["easting"])


def test_the_demonstration_never_changes_unnoticed(demo: Register) -> None:
    # Pages and numbers in the documentation rest on it: a change must be meant.
    schools = demo.schools
    sums = [int(schools[c].sum()) for c in ("easting", "northing", "pupils", "fsm_pupils")]
    assert len(schools) == 21_975
    assert sums == [9_888_261_299, 6_229_627_376, 8_851_836, 2_167_723]
    trusts = schools["trust_uid"].iloc[[11, 5_000, 20_000]].tolist()
    assert trusts == ["D00002", "D00394", "D01121"]


def test_codes_follow_the_day_but_schools_do_not() -> None:
    then, now = demonstration_register(as_of=date(2018, 6, 1)), demonstration_register(
        as_of=date(2024, 6, 1)
    )  # fmt: skip
    assert then.schools["district"].nunique() == 326
    assert now.schools["district"].nunique() == 296
    assert then.schools["la_code"].nunique() == 152
    assert now.schools["la_code"].nunique() == 153
    for column in ("urn", "easting", "pupils", "trust_uid"):
        assert then.schools[column].equals(now.schools[column])
    assert then.schools["trust_joined"].max() <= pd.Timestamp(2018, 6, 1)


@pytest.mark.parametrize("day", [date(1990, 1, 1), date(2008, 12, 31)])
def test_a_day_before_the_areas_is_refused(day: date) -> None:
    with pytest.raises(UnknownNameError, match="no district"):
        demonstration_register(as_of=day)


def test_scale_multiplies_schools_and_trusts(demo: Register) -> None:
    big = demonstration_register(scale=3, phases="all")
    assert len(big.schools) == 3 * len(demo.schools)
    assert big.schools["urn"].is_unique
    assert big.schools["name"].is_unique
    size = trusts_of(big)["schools"]
    assert (size > 30).sum() == 3 * 21
    by = ["district", "phase"]
    assert big.schools.value_counts(by).eq(3 * demo.schools.value_counts(by)).all()


@pytest.mark.parametrize("scale", [0, -1, 257, 1.5, "2"])
def test_a_scale_out_of_range_is_refused(scale: object) -> None:
    with pytest.raises(UsageError, match="scale"):
        demonstration_register(scale=scale)  # type: ignore[arg-type]


def calls(scale: int) -> int:
    """Count the functions that Python calls, its own and those of C."""
    count = 0

    def count_one(_frame: object, event: str, _arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count_one)
    try:
        demonstration_register(scale=scale)
    finally:
        sys.setprofile(before)
    return count


def test_more_schools_are_made_at_no_more_calls(demo: Register) -> None:
    assert calls(4) < 1.2 * calls(1)
