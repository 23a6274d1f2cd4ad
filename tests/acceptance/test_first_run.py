"""The first true run, as issue one asks for it: real schools in, honest tables out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

REASONS = {"not_covered", "no_evidence", "not_located", "not_applicable"}


@pytest.mark.real_data
def test_overlap_weights_sum_to_the_schools_that_count(geolls, real, real_data: Path) -> None:
    from geolls.register.register import read_register

    ran = geolls(
        "overlap", "local_authority", "teaching_school_hub", "--by", "schools", *real,
        "--format", "csv",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert list(ran.rows[0]) == [
        "left_code", "left_name", "right_code", "right_name",
        "weight", "share_of_left", "share_of_right", "weight_low", "weight_high",
    ]  # fmt: skip
    gias = real_data / "gias"
    register = read_register(
        gias / "edubasealldata_reconstructed_2023-01.csv.gz",
        gias / "alllinksdata_2022-03.csv.gz",
        as_of=date(2022, 9, 1),
    )
    assert sum(float(r["weight"]) for r in ran.rows) == pytest.approx(len(register.schools))
    assert len({r["left_code"] for r in ran.rows} - REASONS) == 152
    assert len({r["right_code"] for r in ran.rows} - REASONS) == 87


@pytest.mark.real_data
def test_schools_stand_where_their_code_says_and_the_rest_are_listed(real_study: Any) -> None:
    study = real_study
    schools = study.schools.set_index("urn")
    placed = study.placement.schools.set_index("urn")
    coded = schools["district"].notna()
    located = placed["block"].notna()
    assert located[coded].all()

    wrong = study.placement.disagreements
    with_point = coded & schools["easting"].notna()
    assert 1 - len(wrong) / with_point.sum() >= 0.998
    assert (wrong["distance_m"] > 0).all()

    nowhere = ~coded & schools["easting"].isna()
    authority = study.assigned("local_authority").set_index("urn").loc[schools.index[nowhere]]
    assert (authority["assigned_by"] == "code").all()
    for layer in ("district", "region", "teaching_school_hub", "maths_hub"):
        lost = study.assigned(layer).set_index("urn").loc[schools.index[nowhere]]
        assert (lost["unit_code"] == "not_located").all()


@pytest.mark.real_data
def test_all_46_state_schools_without_code_or_point_are_in_an_authority_and_nowhere_else(
    real_data: Path,
) -> None:
    import geolls
    from geolls.base.vocabulary import PHASES

    gias = real_data / "gias"
    study = geolls.open_study(
        register=gias / "edubasealldata_reconstructed_2023-01.csv.gz",
        links=gias / "alllinksdata_2022-03.csv.gz",
        as_of="2023-01-19",
        phase=PHASES,
    )
    schools = study.schools.set_index("urn")
    nowhere = schools.index[schools["district"].isna() & schools["easting"].isna()]
    assert len(nowhere) == 46
    everything = study.assigned()
    everything = everything[everything["urn"].isin(nowhere)]
    land = everything[everything["layer"].isin(study.area_layers)]
    placed = land[~land["unit_code"].isin(REASONS)]
    assert set(placed["layer"]) == {"local_authority"}
    assert set(placed["urn"]) == set(nowhere)


def test_no_land_is_without_a_teaching_school_hub_and_shared_land_is_named(geolls) -> None:
    ran = geolls(
        "coverage", "teaching_school_hub", "--by", "area", "--as-of", "2022-09-01",
        "--format", "csv",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    ends = ["weight_low", "weight_high", "line_confidence"]
    assert list(ran.rows[0]) == ["unit_code", "unit_name", "weight", "share", *ends]
    assert not {r["unit_code"] for r in ran.rows} & REASONS
    shared = " ".join(r["unit_name"] for r in ran.rows if r["unit_code"] == "shared")
    assert "Birmingham" in shared
    assert "Cornwall" in shared
    # The lists are sure, the lines between those that share are not: two facts.
    assert {r["line_confidence"] for r in ran.rows if r["unit_code"] == "shared"} == {"low"}
    assert {r["line_confidence"] for r in ran.rows if r["unit_code"] != "shared"} == {"high"}
    assert sum(float(r["share"]) for r in ran.rows) == pytest.approx(1)


def test_a_gap_in_the_maths_hub_lists_is_no_evidence_not_uncovered(geolls) -> None:
    ran = geolls("coverage", "maths_hub", "--as-of", "2022-09-01", "--format", "csv")
    assert ran.code == 0, ran.err
    codes = {r["unit_code"] for r in ran.rows}
    assert "no_evidence" in codes
    assert "not_covered" not in codes


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["overlap", "local_authority", "teching_school_hub"], 10, "teaching_school_hub"),
        (["spread", "--register", "nowhere.csv"], 11, "nowhere.csv"),
        (["layers", "--as-of", "2022-02-31"], 12, "2022-02-31"),
        (["schools", "--place", "Leedz"], 12, "Leeds"),
        (["coverage", "multi_academy_trust", "--by", "area"], 2, "--by schools"),
        (["lyers"], 2, "layers"),
        (["overlap", "local_authority"], 2, "RIGHT"),
        (["where", "E07000026", "--as-of", "2024-09-01"], 12, "E06000063 (Cumberland)"),
    ],
)
def test_a_mistake_gets_one_clear_line_and_its_own_exit_code(geolls, args, code, words) -> None:
    ran = geolls(*args)
    assert ran.code == code, ran.err
    assert words in ran.err
    assert "Traceback" not in ran.err
    assert len([line for line in ran.err.splitlines() if line.startswith("geolls:")]) == 1
    assert ran.out == ""


@pytest.mark.real_data
def test_a_links_file_given_as_the_register_is_refused_by_its_columns(geolls, real_data) -> None:
    ran = geolls("spread", "--register", real_data / "gias" / "alllinksdata_2022-03.csv.gz")
    assert ran.code == 11
    assert "Traceback" not in ran.err


def test_demonstration_schools_are_called_so_in_words(geolls) -> None:
    words = "Demonstration schools: generated, not real"
    assert words in geolls("spread").out
    assert words in geolls("spread", "--format", "csv").err
