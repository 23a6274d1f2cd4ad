"""Coverage and distance to sites, by hand."""

import numpy as np
import pandas as pd
import pytest

from geolls.base.errors import UsageError
from geolls.measures.coverage import SHARED, coverage
from geolls.measures.membership import Membership
from geolls.measures.sites import FarRule, beyond, far_areas, far_sensitivity, site_distances

CLAIMS = pd.DataFrame(
    [
        ("leeds", "N1", 1.0),
        ("bham", "WM9", 0.5),
        ("bham", "WM10", 0.5),
        ("solihull", "WM9", 1.0),
        ("york", "no_evidence", 1.0),
        ("hull", "not_covered", 0.4),
        ("hull", "N1", 0.6),
    ],
    columns=["item", "unit_code", "share"],
).assign(unit_name=lambda t: "Hub " + t["unit_code"])
HUBS = Membership.of(CLAIMS)
WEIGHT = pd.Series({"leeds": 10.0, "bham": 8.0, "solihull": 2.0, "york": 5.0, "hull": 5.0})
NAMES = {"bham": "Birmingham", "hull": "Hull"}


def test_coverage_by_hand():
    found = coverage(HUBS, WEIGHT, NAMES)
    assert found[["unit_code", "unit_name", "weight"]].to_numpy().tolist() == [
        ["N1", "Hub N1", 13.0],
        # What WM10 has it shares: it alone claims nothing.
        ["WM10", "Hub WM10", 0.0],
        ["WM9", "Hub WM9", 2.0],
        ["shared", "Birmingham: WM10, WM9", 8.0],
        ["not_covered", "Not covered", 2.0],
        ["no_evidence", "No unit found in our list", 5.0],
    ]
    assert found["weight"].sum() == WEIGHT.sum()
    assert found["share"].sum() == pytest.approx(1)


def test_a_stated_split_is_not_shared():
    stated = Membership.of(CLAIMS.assign(stated=CLAIMS["item"] == "bham"))
    found = coverage(stated, WEIGHT, NAMES).set_index("unit_code")["weight"]
    assert (found["WM9"], found["WM10"]) == (6, 4) and SHARED not in found


def test_one_row_for_each_set_that_shares_with_the_areas_it_is_in():
    rows = [(a, u, 0.5) for a in "abcd" for u in ("P", "Q")] + [("e", "P", 0.5), ("e", "R", 0.5)]
    hubs = pd.DataFrame(rows, columns=["item", "unit_code", "share"]).assign(unit_name="hub")
    weight = pd.Series(1.0, index=list("abcde"))
    found = coverage(Membership.of(hubs), weight, {a: a.upper() for a in "abcd"})
    shared = found[found["unit_code"] == SHARED]
    assert shared[["unit_name", "weight"]].to_numpy().tolist() == [
        ["A, B, C and 1 more: P, Q", 4.0],
        ["P, R", 1.0],
    ]


def test_nothing_covered_and_nothing_at_all():
    none = HUBS.over(pd.Index(["york"])).over(WEIGHT.index)
    found = coverage(none, WEIGHT)
    assert found[["unit_code", "share"]].to_numpy().tolist() == [["no_evidence", 1.0]]
    assert not len(coverage(HUBS.over(pd.Index(["nowhere"])), WEIGHT))
    assert coverage(none, WEIGHT * 0)["share"].isna().all()


# ---- sites -------------------------------------------------------------------------------------

SCHOOLS = pd.DataFrame(
    {
        "urn": list("123456"),
        "phase": ["primary"] * 4 + ["secondary"] * 2,
        "easting": [0, 10_000, 30_000, 50_000, 21_000, np.nan],
        "northing": 0.0,
    }
)
SITES = pd.DataFrame(
    {"unit_code": ["B", "A"], "unit_name": ["Bee", "Ay"], "easting": [0, 20_000], "northing": 0.0}
)
PLACE = Membership.of(
    pd.DataFrame({"urn": list("123456"), "unit_code": list("XXYYYX"),
                  "unit_name": list("xxyyyx"), "share": 1.0}),
    item="urn",
)  # fmt: skip


def test_the_nearest_site_and_ties_to_the_first_code():
    found = site_distances(SCHOOLS, SITES)
    assert found["site_code"].tolist()[:5] == ["B", "A", "A", "A", "A"]
    assert found["distance_km"].tolist()[:5] == [0, 10, 10, 30, 1]
    assert found.iloc[5].isna().tolist() == [False, True, True, True]


def test_no_site_leaves_blanks():
    assert site_distances(SCHOOLS, SITES.iloc[:0])["distance_km"].isna().all()


def test_shares_beyond_are_of_the_located_and_strictly_beyond():
    found = beyond(site_distances(SCHOOLS, SITES), SCHOOLS, PLACE, (10, 20), few=1)
    all_ = found[found["phase"] == "all"].set_index("unit_code")
    assert all_.loc["X", ["schools", "located", "share_beyond_10"]].tolist() == [3, 2, 0]
    assert all_.loc["Y", "share_beyond_20"] == pytest.approx(1 / 3)
    primary = found[found["phase"] == "primary"].set_index("unit_code")
    assert primary.loc["Y", "share_beyond_20"] == 0.5
    few = beyond(site_distances(SCHOOLS, SITES), SCHOOLS, PLACE)
    assert few["share_beyond_10"].isna().all()


def test_far_areas_follow_the_rule_and_move_with_it():
    km = site_distances(SCHOOLS, SITES)
    assert far_areas(km, SCHOOLS, PLACE, FarRule(20, 0.5, 1))["unit_code"].tolist() == []
    assert far_areas(km, SCHOOLS, PLACE, FarRule(20, 0.3, 1))["unit_code"].tolist() == ["Y"]
    moved = far_sensitivity(km, SCHOOLS, PLACE, FarRule(20, 0.35, 1)).set_index(
        ["threshold", "value"]
    )
    assert moved["areas"].tolist() == [0, 0, 1, 0]
    assert moved["joined"].tolist() == ["", "", "y", ""]


@pytest.mark.parametrize("rule", [{"km": 0}, {"share": 0}, {"share": 1.1}, {"few": 0}])
def test_a_rule_that_makes_no_sense_is_refused(rule):
    with pytest.raises(UsageError):
        FarRule(**rule)
