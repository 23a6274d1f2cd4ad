"""Schools go to bodies made of schools; what a blank means is said, not guessed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from geolls.layers.areas import load_areas
from geolls.layers.catalogue import load_catalogue
from geolls.layers.expand import BlockClaim, expand
from geolls.study.assignment import (
    Placement,
    assign_authority,
    assign_regrouped,
    assign_school_layer,
    land_of,
    school_units,
)

DAY = date(2022, 9, 1)
BLOCKS = {b for a in load_areas().alive("district", DAY) for b in a.blocks}


def schools(**columns: list[object]) -> pd.DataFrame:
    table = {
        "urn": ["1", "2", "3"],
        "postcode": ["NE1 1AA", "ne11aa", None],
        "diocese": ["Diocese of Ely", None, "Diocese of Ely"],
        "trust_uid": [None, "77", None],
        "trust_name": [None, "A Trust", None],
        "trust_type": [None, "multi_academy_trust", None],
        "academy": [False, True, True],
        "status_unknown": [False, False, False],
    }
    return pd.DataFrame({**table, **columns})


def test_dioceses_come_from_the_register_and_the_others_belong_to_none() -> None:
    layer = load_catalogue().get("diocese")
    units, otherwise = school_units(layer, schools(), DAY)
    table = assign_school_layer("diocese", units, schools(), otherwise=otherwise)
    assert table["unit_code"].tolist() == ["Diocese of Ely", "not_applicable", "Diocese of Ely"]


def test_a_column_that_is_blank_throughout_is_no_evidence() -> None:
    layer = load_catalogue().get("diocese")
    blank = schools(diocese=[None, None, None])
    units, otherwise = school_units(layer, blank, DAY)
    table = assign_school_layer("diocese", units, blank, otherwise=otherwise)
    assert set(table["unit_code"]) == {"no_evidence"}


def test_an_academy_without_a_trust_link_is_no_evidence_not_in_no_trust() -> None:
    layer = load_catalogue().get("multi_academy_trust")
    units, otherwise = school_units(layer, schools(), DAY)
    table = assign_school_layer(layer.key, units, schools(), otherwise=otherwise)
    assert table["unit_code"].tolist() == ["not_applicable", "77", "no_evidence"]


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ("unit_name,urn\nNetwork,1\nNetwork,3\nNetwork,999\n", ["1", "3"]),
        ("unit_name,postcode\nNetwork,NE1 1AA\n", ["1", "2"]),
    ],
)
def test_a_users_list_of_urns_or_postcodes_is_a_layer(
    tmp_path: Path, members: str, found: list[str]
) -> None:
    folder = tmp_path / "network"
    folder.mkdir()
    (folder / "layer.toml").write_text('title = "A network"\nsource = "Its own list"\n')
    (folder / "members.csv").write_text(members)
    layer = load_catalogue([folder], load_areas()).get("network")
    units, _ = school_units(layer, schools(), DAY)
    assert units["urn"].tolist() == found


def test_what_a_lone_stated_share_leaves_stands_under_its_reason() -> None:
    claim = BlockClaim("A", "A", "E1", 0.25, True, "part", "high", "", None)
    table = land_of([claim], ["E1", "E2"], complete=False)
    by_item = table.groupby("block")["share"].sum()
    assert by_item.tolist() == [1.0, 1.0]
    left = table[table["unit_code"] == "no_evidence"].set_index("block")["share"]
    assert left.to_dict() == {"E1": 0.75, "E2": 1.0}


def test_the_code_of_an_authority_decides_but_where_it_will_have_only_a_part() -> None:
    """Schools in Exeter, Teignbridge (two), Guildford, Sutton and nowhere, by their DfE codes."""
    day, areas = date(2028, 4, 1), load_areas()
    places = ["E07000041", "E07000045", "E07000209", "E07000045", "E09000029", None]
    table = pd.DataFrame({"urn": list("123456"),
                          "la_code": ["878", "878", "936", "879", "936", "880"]})  # fmt: skip
    placed = pd.DataFrame({"urn": list("123456"), "block": places, "located_by": "code",
                           "distance_m": 0.0})  # fmt: skip
    authority = load_catalogue().get("local_authority")
    land = land_of(expand(authority, day, areas), sorted(BLOCKS), complete=True)
    found = assign_authority(
        "local_authority", land, Placement(placed, placed[:0], day), table, areas, day
    )
    assert [(r.urn, r.unit_name, r.share, r.assigned_by) for r in found.itertuples()] == [
        ("1", "Devon", 1.0, "code"),
        ("2", "Devon", 0.5, "code"),
        ("2", "Torbay (enlarged)", 0.5, "code"),
        ("3", "West Surrey", 1.0, "code"),  # Surrey has ended: the land decides
        ("4", "Plymouth", 1.0, "code"),  # maintained from elsewhere, whatever the line
        ("5", "East Surrey", 0.5, "code"),  # in Sutton: one of the two that succeed Surrey
        ("5", "West Surrey", 0.5, "code"),
        ("6", "Torbay (enlarged)", 1.0, "code"),  # nobody knows where, but there is one successor
    ]


def test_before_its_last_day_an_authority_keeps_its_schools() -> None:
    day, areas = date(2027, 3, 31), load_areas()
    table = pd.DataFrame({"urn": ["1"], "la_code": ["936"]})
    placed = pd.DataFrame({"urn": ["1"], "block": ["E07000209"], "located_by": "code",
                           "distance_m": 0.0})  # fmt: skip
    land = land_of(expand(load_catalogue().get("local_authority"), day, areas), sorted(BLOCKS),
                   complete=True)  # fmt: skip
    found = assign_authority("la", land, Placement(placed, placed[:0], day), table, areas, day)
    assert found["unit_name"].tolist() == ["Surrey"]


@pytest.mark.real_data
def test_a_merger_of_authorities_takes_no_trust_into_more_of_them(real_study: Any) -> None:
    """Schools follow who maintains them before and after; by location some would be elsewhere."""
    before, home = real_study.assigned("local_authority"), real_study.land("local_authority")
    place = real_study.placement
    one = {"E08000035": ("ly", "Leeds and Bradford"), "E08000032": ("ly", "Leeds and Bradford")}
    merged = home.copy()
    for code, (new, name) in one.items():
        merged.loc[home["unit_code"] == code, ["unit_code", "unit_name"]] = new, name
    after = assign_regrouped("merged", before, home, merged, place)
    assert after is not None and set(after["layer"]) == {"merged"}
    told = before["unit_code"].replace({code: new for code, (new, _) in one.items()})
    assert after["unit_code"].tolist() == told.tolist()
    trust = real_study.schools.set_index("urn")["trust_uid"]
    areas = [t.groupby(t["urn"].map(trust))["unit_code"].nunique() for t in (before, after)]
    assert (areas[1] <= areas[0]).all() and (areas[1] < areas[0]).any()
    # What divides an authority, shares it or leaves it out is no regrouping: land decides.
    merged.loc[merged.index[merged["unit_code"] == "E10000025"][0], "unit_code"] = "ly"
    assert assign_regrouped("merged", before, home, merged, place) is None
    left = home.assign(unit_code=home["unit_code"].replace({"E08000032": "not_covered"}))
    assert assign_regrouped("left", before, home, left, place) is None
