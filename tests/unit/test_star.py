"""The star: every key leads somewhere, and facts add up to the tables they are made from."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from geolls.api import Study, open_study
from geolls.export.dictionary import load_dictionary
from geolls.export.everything import export
from geolls.export.star import NO_TRUST, RELATIONSHIPS, STAR
from geolls.export.tables import BUILDERS, tables
from geolls.measures.membership import is_reason

LAYERS = ("local_authority", "combined_authority", "teaching_school_hub", "maths_hub",
          "multi_academy_trust")  # fmt: skip


@pytest.fixture(scope="module")
def study() -> Study:
    return open_study(layers=LAYERS, phase=["secondary"])


@pytest.fixture(scope="module")
def star(study: Study) -> dict[str, pd.DataFrame]:
    return {text.key: frame for text, frame in tables(study, profile="star")}


def test_every_foreign_key_resolves_and_every_primary_key_is_one_row(star) -> None:
    for many, column, one in RELATIONSHIPS:
        keys = star[one][column]
        assert keys.is_unique and keys.notna().all() and pd.api.types.is_integer_dtype(keys), one
        assert star[many][column].isin(keys).all(), (many, column)
    for table, natural in (("dim_schools", ["urn"]), ("dim_units", ["layer_key", "unit_code"])):
        assert not star[table].duplicated(natural).any()
    listed = star["relationships"][["from_table", "column", "to_table"]]
    assert [tuple(row) for row in listed.to_numpy()] == list(RELATIONSHIPS)


def joined(star: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Join as Power BI does: by the relationships alone."""
    found = star["fact_memberships"]
    for many, column, one in RELATIONSHIPS:
        if many in ("fact_memberships", "dim_units") and one != "dim_days":
            found = found.merge(star[one], on=column, suffixes=("", f"_{one}"), validate="m:1")
    return found


def test_facts_add_up_to_the_tables(study: Study, star) -> None:
    facts = joined(star)
    sums = facts.groupby(["layer", "unit_code"])[["schools", "pupils"]].sum()
    ((_, units),) = tables(study, ["units"])
    units = units.set_index(["layer", "unit_code"])
    assert {layer for layer, _ in units.index} == set(study.area_layers)
    for column in ("schools", "pupils"):
        mine = sums[column].reindex(units.index).fillna(0.0)
        assert mine.to_list() == pytest.approx(units[column].fillna(0.0).to_list())
    trusts = study.coverage("multi_academy_trust", "schools").set_index("unit_code")["weight"]
    mine = sums.loc["multi_academy_trust", "schools"]
    assert mine.to_dict() == pytest.approx(trusts[trusts > 0].to_dict())
    whole = facts.groupby("layer")[["schools", "pupils"]].sum()
    assert set(whole.index) == set(LAYERS)
    assert whole["schools"].to_list() == pytest.approx([len(study.schools)] * len(LAYERS))
    assert whole["pupils"].to_list() == pytest.approx([study.schools["pupils"].sum()] * len(LAYERS))
    assert (facts["has_unit"] == ~is_reason(facts["unit_code"])).all()


def test_trusts_count_as_the_table_of_trusts_does(study: Study, star) -> None:
    counts = star["dim_schools"].groupby("trust_key").size()
    trusts = star["dim_trusts"].set_index("trust_key")
    assert counts.reindex(trusts.index).fillna(0).to_list() == trusts["schools"].to_list()
    assert trusts.loc[NO_TRUST, "trust_name"] == "In no trust, or not known"
    assert trusts["schools"].sum() == len(study.schools)


def test_the_day_the_population_and_the_notes_stand_in_tables(study: Study, star) -> None:
    (row,) = star["dim_days"].to_dict("records")
    assert (row["day_key"], row["date"]) == (20220901, study.as_of)
    assert row["school_year"] == "2022/23" and row["population"] == study.population.title
    about = star["about"].set_index("item")["value"]
    assert "1 September 2022" in about["day"] and "add up to one" in about["how to count"]
    assert about["licence"] == study.attribution


def test_no_small_number_leaves_by_this_door(star) -> None:
    columns = {c for frame in star.values() for c in frame.columns}
    assert not [c for c in columns if "fsm" in c]


def test_it_is_written_as_csv_parquet_and_workbook_with_its_keys(
    study: Study, tmp_path: Path
) -> None:
    names = {path.name for path in export(study, tmp_path, star=True)}
    assert names == {f"{k}.{e}" for k in STAR for e in ("csv", "parquet")} | {
        "datapackage.json",
        "geolls.xlsx",
    }
    package = json.loads((tmp_path / "datapackage.json").read_text())
    resources = {r["name"]: r for r in package["resources"]}
    (lead, *_) = resources["fact_memberships-parquet"]["schema"]["foreignKeys"]
    assert lead == {
        "fields": ["school_key"],
        "reference": {"resource": "dim_schools-parquet", "fields": ["school_key"]},
    }
    assert resources["dim_schools-csv"]["schema"]["primaryKey"] == ["school_key"]
    for resource in resources.values():
        for key in resource.get("schema", {}).get("foreignKeys", ()):
            assert key["reference"]["resource"] in resources
    book = openpyxl.load_workbook(tmp_path / "geolls.xlsx", read_only=True)
    assert set(STAR) <= set(book.sheetnames)
    facts = pd.read_csv(tmp_path / "fact_memberships.csv")
    assert len(facts) == len(pd.read_parquet(tmp_path / "fact_memberships.parquet"))
    sheet = book["fact_memberships"]
    assert sheet.max_row >= len(facts)


def test_the_ordinary_export_has_none_of_it_and_both_are_described(study: Study) -> None:
    texts = load_dictionary().tables
    assert {k for k, text in texts.items() if text.profile == "star"} == set(STAR)
    assert {k for k, text in texts.items() if not text.profile} == set(BUILDERS)
    said = pd.DataFrame(load_dictionary().rows(study.area_layers, profile="star"))
    assert set(said["table"]) == set(STAR)
    assert said["description"].str.len().min() > 5
