"""Causes of change computed a second time: from DfE's own lookups, and from two days' registers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from geolls import open_study

pytestmark = pytest.mark.real_data
CODES = {"URN": "urn", "LA (code)": "la", "DistrictAdministrative (code)": "district"}


@pytest.fixture(scope="module")
def since_2022(real_study: Any) -> pd.DataFrame:
    """What moved between September 2022 and October 2025 for the schools of one register."""
    return real_study.changes(real_study.at("2025-10-01"))


def causes(table: pd.DataFrame, layer: str) -> Counter[str]:
    return Counter(table.loc[(table["what"] == "move") & (table["layer"] == layer), "cause"])


def authorities(folder: Path) -> dict[tuple[str, str], str]:
    """Say by the lookups of 2021 and 2025 how each authority's districts came to another."""
    old = pd.read_csv(folder / "lad_la_cauth_region_2021.csv", dtype=str)
    new = pd.read_csv(folder / "lad_la_cauth_region_2025.csv", dtype=str)
    path = pd.read_csv(folder / "lad22_to_lad25.csv", dtype=str)
    path = path.sort_values("share", ascending=False).drop_duplicates("lad22_code")
    was = old.set_index("lad_code")["new_la_code"]
    is_now = path.set_index("lad22_code")["lad25_code"].map(
        new.set_index("lad_code")["new_la_code"]
    )
    both = pd.DataFrame({"was": was, "now": is_now}).dropna()
    heirs, forebears = both.groupby("was")["now"].nunique(), both.groupby("now")["was"].nunique()
    return {
        (a, b): "renamed" if heirs[a] == forebears[b] == 1 else "line"
        for a, b in both.itertuples(index=False)
        if a != b
    }


def test_moves_of_authorities_have_the_cause_that_the_official_lookups_give(
    since_2022: pd.DataFrame, real_data: Path
) -> None:
    expected = authorities(real_data / "lookups")
    assert Counter(expected.values()) == {"renamed": 4, "line": 2}  # Cumbria alone was divided
    moves = since_2022[(since_2022["what"] == "move") & (since_2022["layer"] == "local_authority")]
    pairs = list(zip(moves["from_code"], moves["to_code"], strict=True))
    assert set(pairs) == set(expected)
    assert [expected[pair] for pair in pairs] == moves["cause"].tolist()


def test_until_2024_595_of_901_moves_of_authority_and_all_801_of_hub_moved_no_line(
    real_study: Any,
) -> None:
    table = real_study.changes(real_study.at("2024-09-01"))
    assert causes(table, "local_authority") == {"renamed": 595, "line": 306}
    assert causes(table, "teaching_school_hub") == {"operator": 801}
    hubs = table[(table["what"] == "move") & (table["layer"] == "teaching_school_hub")]
    claims = table[(table["what"] == "claim") & (table["layer"] == "teaching_school_hub")]
    assert set(claims["cause"]) == {"operator"}
    # Whatever left a set of hubs, another came: three hubs changed hands, no land did.
    swaps = {
        (tuple(sorted({*a.split(" + ")} - {*b.split(" + ")})),
         tuple(sorted({*b.split(" + ")} - {*a.split(" + ")})))
        for a, b in zip(hubs["from_name"], hubs["to_name"], strict=True)
    }  # fmt: skip
    assert all(len(left) == len(came) == 1 for left, came in swaps)
    assert len(swaps) == 3


def test_two_days_of_the_real_register_tell_recoded_authorities_from_schools_that_changed(
    recent_study: Any, real_data: Path, tmp_path: Path
) -> None:
    names = ("edubasealldata_2024-10-29.csv.gz", "edubasealldata_2025-07-18.csv.gz")
    files = [real_data / "gias" / name for name in names]
    before = open_study(register=files[0], as_of="2024-10-29", data=tmp_path)
    table = before.changes(recent_study)
    raw = [
        pd.read_csv(f, encoding="cp1252", usecols=list(CODES), dtype=str).rename(columns=CODES)
        for f in files
    ]
    kept = set(before.schools["urn"]) & set(recent_study.schools["urn"])
    both = raw[0].merge(raw[1], on="urn", suffixes=("_was", "_now"))
    both = both[both["urn"].isin(kept)]
    recoded = both["la_now"].isin(["370", "373"])  # Barnsley and Sheffield, April 2025
    elsewhere = both["la_was"] != both["la_now"]
    found = table[(table["what"] == "move") & (table["layer"] == "local_authority")]
    of_unit = found["cause"].str.removesuffix(" and trust")
    assert set(of_unit) <= {"renamed", "school"}
    assert set(found.loc[of_unit == "renamed", "code"]) == set(both.loc[recoded, "urn"])
    assert set(found.loc[of_unit == "school", "code"]) == set(both.loc[elsewhere & ~recoded, "urn"])
    trusts = table[(table["what"] == "move") & (table["change"] == "trust")]
    combined = set(found.loc[found["cause"].str.endswith("trust"), "code"])
    assert combined == set(found["code"]) & set(trusts["code"])
    # No line of a hub moved in those nine months: what changed, the school did.
    assert {c.removesuffix(" and trust") for c in causes(table, "teaching_school_hub")} <= {
        "school"
    }
    assert set(table.loc[table["what"] == "school", "cause"]) == {"school"}
