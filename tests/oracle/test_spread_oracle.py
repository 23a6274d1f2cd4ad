"""The spread of trusts against plain loops, on awkward sets of points too."""

import math
from itertools import combinations
from statistics import median

import numpy as np
import pandas as pd
import pytest
import shapely

from geolls.base.errors import UsageError
from geolls.base.schema import options
from geolls.base.vocabulary import REACHES
from geolls.measures.membership import Membership
from geolls.measures.spread import (
    DISTANCES,
    SpreadOptions,
    distances,
    reach,
    reach_sensitivity,
    size_band,
    spread,
    spread_by_phase,
)


def plain_distances(points, cluster_km):
    """Every distance measure of one trust, in loops, in km."""
    km = {(i, j): math.dist(points[i], points[j]) / 1000
          for i, j in combinations(range(len(points)), 2)}  # fmt: skip
    n = len(points)
    mean = [sum(p[k] for p in points) / n for k in (0, 1)]
    siblings = [min(d for pair, d in km.items() if i in pair) for i in range(n)]
    group = list(range(n))
    tree = []
    for (i, j), d in sorted(km.items(), key=lambda item: item[1]):
        if group[i] != group[j]:
            tree.append(d)
            group = [group[i] if g == group[j] else g for g in group]
    group = list(range(n))
    for (i, j), d in km.items():
        if d <= cluster_km:
            group = [group[i] if g == group[j] else g for g in group]
    sizes = [group.count(g) for g in set(group)]
    return {
        "pair_km_mean": sum(km.values()) / len(km),
        "pair_km_median": median(km.values()),
        "pair_km_max": max(km.values()),
        "standard_distance_km": math.sqrt(sum(math.dist(p, mean) ** 2 for p in points) / n) / 1000,
        "nearest_sibling_km_median": median(siblings),
        "longest_hop_km": max(tree),
        "hull_km2": shapely.convex_hull(shapely.multipoints(points)).area / 1e6,
        "clusters": len(sizes),
        "largest_cluster_share": max(sizes) / n,
    }


def clouds(seed):
    """Trusts of many sizes: scattered, in clumps, on a line, on top of each other."""
    rng = np.random.default_rng(seed)
    trusts = []
    for _ in range(40):
        n = int(rng.integers(2, 40))
        points = rng.uniform(0, 200_000, (n, 2))
        kind = rng.integers(0, 5)
        if kind == 1:
            points[:, 1] = points[:, 0] * 0.5
        elif kind == 2:
            points = points[rng.integers(0, max(n // 3, 1), n)]
        elif kind == 3:
            points = rng.integers(0, 4, (n, 2)) * 10_000.0
        elif kind == 4:
            points = rng.integers(0, 3, (n, 1)) * 90_000 + rng.normal(0, 3000, (n, 2))
        trusts.append(points + rng.uniform(0, 400_000, 2).round())
    return trusts


@pytest.mark.parametrize("seed", range(6))
def test_all_distances_are_those_of_plain_loops(seed):
    trusts = clouds(seed)
    body = np.repeat(np.arange(len(trusts)), [len(t) for t in trusts])
    points = np.concatenate(trusts)
    order = np.random.default_rng(seed).permutation(len(points))
    found = distances(points[order], body[order], len(trusts), 15.0)
    for at, trust in enumerate(trusts):
        for name, value in plain_distances(trust, 15.0).items():
            # Rounding of the hull of points on one line is of the order of a square metre.
            assert found[name][at] == pytest.approx(value, rel=1e-12, abs=1e-9), (at, name)


def test_a_thousand_schools_in_one_trust_are_no_special_case():
    points = np.random.default_rng(1).uniform(0, 300_000, (1500, 2))
    found = distances(points, np.zeros(1500, dtype=int), 1)
    assert found["pair_km_max"][0] == pytest.approx(
        max(math.dist(a, b) for a, b in combinations(points[:200].tolist(), 2)) / 1000, rel=0.2
    )
    hull = shapely.convex_hull(shapely.multipoints(points)).area / 1e6
    assert found["hull_km2"][0] == pytest.approx(hull, rel=1e-12)


def test_one_point_and_none():
    points = np.array([[1.0, 2.0], [np.nan, 3.0], [4.0, np.nan]])
    found = distances(points, np.array([0, 1, 1]), 3)
    assert (found["clusters"][0], found["largest_cluster_share"][0]) == (1, 1)
    for name, values in found.items():
        assert np.isnan(values[1:]).all()
        if name not in ("clusters", "largest_cluster_share"):
            assert np.isnan(values[0]), name


@pytest.mark.parametrize("east", [0, 412_345, 333_331])
def test_a_cluster_takes_in_what_is_exactly_at_its_distance(east):
    points = np.array([[0.0, 0], [15_000, 0], [30_000, 0], [45_001, 0]])
    points += np.array([east, east / 3])
    found = distances(points, np.zeros(4, dtype=int), 1, 15.0)
    assert (found["clusters"][0], found["largest_cluster_share"][0]) == (2, 0.75)


# ---- the table of trusts -----------------------------------------------------------------------


def frame(rows):
    """Schools as (urn, trust, east km, north km, pupils, authority, region)."""
    table = pd.DataFrame(
        rows, columns=["urn", "trust_uid", "easting", "northing", "pupils", "la", "region"]
    )
    table[["easting", "northing"]] *= 1000.0
    table["trust_uid"] = table["trust_uid"].astype(object).where(table["trust_uid"].notna(), None)
    table["trust_name"] = table["trust_uid"]
    table["trust_type"] = np.where(table["trust_uid"].isna(), None, "multi_academy_trust")
    table["phase"] = "primary"
    return table


def layer(table, column):
    codes = table[column]
    return Membership.whole(pd.Index(table["urn"]), codes)


def layers_of(table):
    return {"local_authority": layer(table, "la"), "region": layer(table, "region")}


SCHOOLS = frame(
    [
        ("1", "T", 0, 0, 100, "A", "N"),
        ("2", "T", 3, 4, 300, "B", "N"),
        ("3", "T", 6, 8, 50, "B", "N"),
        ("4", "T", 0, 8, 200, "A", "S"),
        ("5", "U", 0, 0, 10, "A", "N"),
        ("6", "U", np.nan, 0, 20, "not_covered", "N"),
        ("7", "V", 5, 5, 30, "B", "S"),
        ("8", None, 9, 9, 30, "B", "S"),
    ]
)


def test_a_trust_by_hand():
    found = spread(SCHOOLS, layers_of(SCHOOLS)).set_index("trust_uid")
    t = found.loc["T"]
    assert (t["schools"], t["pupils"], t["size_band"], t["located"]) == (4, 650, "2-5", 4)
    assert t["areas_local_authority"] == 2
    # Two schools each: a tie is no home, though B has more pupils.
    assert pd.isna(t["home_local_authority"]) and t["home_share_local_authority"] == 0.5
    assert t["home_status_local_authority"] == "no_single_home"
    assert t["hhi_local_authority"] == 0.5 and t["effective_areas_local_authority"] == 2
    assert t["entropy_local_authority"] == 1
    assert t["cross_pairs_local_authority"] == pytest.approx(4 / 6)
    assert t["cross_pairs_region"] == pytest.approx(3 / 6)
    assert t["pair_km_max"] == 10 and t["longest_hop_km"] == 5
    assert t["hull_km2"] == pytest.approx(24)
    assert (t["reach"], t["sample"]) == ("local", "ok")


def test_a_trust_of_one_school_and_one_that_cannot_be_located_say_so():
    found = spread(SCHOOLS, layers_of(SCHOOLS)).set_index("trust_uid")
    assert found.loc["V", "sample"] == "one school"
    assert found.loc["V", "trust_type"] == "multi_academy_trust_one_school"
    assert found.loc["U", "sample"] == "coordinates missing"
    blank = ["pair_km_mean", "hull_km2", "cross_pairs_local_authority", "longest_hop_km"]
    assert found.loc[["U", "V"], blank].isna().all(axis=None)
    assert found.loc[["U", "V"], "reach"].isna().all()


def test_schools_without_a_unit_are_no_area_and_stand_beside():
    u = spread(SCHOOLS, layers_of(SCHOOLS)).set_index("trust_uid").loc["U"]
    assert (u["areas_local_authority"], u["no_unit_share_local_authority"]) == (1, 0.5)
    assert u["home_share_local_authority"] == 0.5 and u["effective_areas_local_authority"] == 1


def test_a_trust_with_no_unit_at_all_has_no_home():
    table = SCHOOLS.assign(la="no_evidence")
    t = spread(table, layers_of(table)).set_index("trust_uid").loc["T"]
    assert t["areas_local_authority"] == 0 and t["no_unit_share_local_authority"] == 1
    assert pd.isna(t["home_local_authority"]) and pd.isna(t["home_share_local_authority"])
    assert pd.isna(t["hhi_local_authority"]) and pd.isna(t["entropy_local_authority"])


def test_a_shared_school_is_half_in_each_and_its_set_is_one_area_for_pairs():
    hubs = pd.DataFrame(
        [("1", "H", 0.5), ("1", "K", 0.5), ("2", "H", 1), ("3", "H", 1), ("4", "K", 1)],
        columns=["item", "unit_code", "share"],
    ).assign(unit_name="hub")
    t = spread(SCHOOLS[SCHOOLS["trust_uid"] == "T"], {"hub": Membership.of(hubs)}).iloc[0]

    # With the first school in K it is a tie.
    assert t["areas_hub"] == 2 and t["home_status_hub"] == "not_known"
    assert t["home_share_hub"] == 2.5 / 4
    assert t["hhi_hub"] == pytest.approx((2.5**2 + 1.5**2) / 16)
    # Sets: H+K, H, H, K: of 6 pairs one is in the same; but the first school is in H or in K, and
    # then two pairs or three are in the same.
    ends = [t[f"cross_pairs_hub{end}"] for end in ("_low", "_high")]
    assert ends == pytest.approx([3 / 6, 4 / 6])
    assert t["cross_pairs_hub"] == pytest.approx(4 / 6)


def test_pupils_that_are_not_known_count_as_none():
    table = SCHOOLS.assign(pupils=np.nan)
    assert spread(table, layers_of(table)).set_index("trust_uid").loc["T", "pupils"] == 0


def test_row_order_changes_nothing():
    one = spread(SCHOOLS, layers_of(SCHOOLS))
    mixed = SCHOOLS.sample(frac=1, random_state=3)
    shuffled = layers_of(SCHOOLS.sample(frac=1, random_state=4))
    pd.testing.assert_frame_equal(one, spread(mixed, shuffled))


def test_federations_and_sponsors_are_kept_apart():
    table = SCHOOLS.assign(federation_uid=None, federation_name=None)
    table.loc[[5, 7], ["federation_uid", "federation_name"]] = "F"
    found = spread(table, {}, body="federation")
    assert found[["trust_uid", "trust_type", "schools"]].to_numpy().tolist() == [
        ["F", "federation", 2]
    ]


def test_no_trusts_give_no_rows_with_every_column():
    none = spread(SCHOOLS.assign(trust_uid=None), layers_of(SCHOOLS))
    assert not len(none)
    assert none.columns.tolist() == spread(SCHOOLS, layers_of(SCHOOLS)).columns.tolist()


def test_the_columns_are_the_contract():
    found = spread(SCHOOLS, layers_of(SCHOOLS)).columns.tolist()
    first = ["trust_uid", "trust_name", "trust_type", "schools", "pupils"]
    assert found[:5] == first
    per_layer = "areas home home_name home_share home_status hhi effective_areas entropy"
    per_layer += " cross_pairs no_unit_share"
    wanted = [f"{m}_{k}" for k in ("local_authority", "region") for m in per_layer.split()]
    wanted += ["size_band", "reach", "sample", *DISTANCES]
    assert not set(wanted) - set(found)


def test_by_phase_is_the_spread_of_each_phase():
    table = SCHOOLS.assign(phase=["primary", "secondary"] * 4)
    found = spread_by_phase(table, layers_of(SCHOOLS))
    assert found["phase"].unique().tolist() == ["all", "primary", "secondary"]
    part = found[found["phase"] == "primary"].drop(columns="phase").reset_index(drop=True)
    primary = table[table["phase"] == "primary"]
    whole = spread(primary, layers_of(SCHOOLS), everywhere=table)
    pd.testing.assert_frame_equal(part, whole)


def test_a_trust_is_single_only_where_it_runs_one_school_of_any_phase():
    table = pd.DataFrame(
        {
            "urn": ["1", "2", "3", "4"],
            "trust_uid": ["A", "B", "C", "C"],
            "trust_name": ["A", "B", "C", "C"],
            "trust_type": "multi_academy_trust",
            "easting": 0.0,
            "northing": 0.0,
            "pupils": [100.0, 200.0, np.nan, 50.0],
        }
    )
    special = table.iloc[[0, 0]].assign(urn=["8", "9"], pupils=[7.0, np.nan])
    alone = ["multi_academy_trust_one_school"] * 2 + ["multi_academy_trust"]
    assert spread(table, {})["trust_type"].tolist() == alone
    found = spread(table, {}, everywhere=pd.concat([special, table]))
    said = ["schools", "pupils", "schools_all", "pupils_all"]
    assert found[said].to_numpy().tolist() == [[1, 100, 3, 107], [1, 200, 1, 200], [2, 50, 2, 50]]
    assert found["trust_type"].tolist() == ["multi_academy_trust", *alone[1:]]


def test_a_school_missing_from_a_layer_is_refused():
    short = {"local_authority": layer(SCHOOLS.iloc[2:], "la")}
    with pytest.raises(UsageError, match="missing from the layer"):
        spread(SCHOOLS, short)


# ---- reach -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "far, authorities, regions, word",
    [
        (15, 2, 2, "local"),
        (16, 1, 1, "local"),
        (16, 2, 1, "sub_regional"),
        (60, 1, 1, "sub_regional"),
        (60, 2, 1, "regional"),
        (100, 2, 2, "regional"),
        (101, 5, 1, "regional"),
        (101, 2, 2, "multi_regional"),
        (300, 3, 3, "multi_regional"),
        (201, 4, 4, "national"),
        (200, 9, 9, "multi_regional"),
        (np.nan, 1, 1, None),
    ],
)
def test_reach_looks_at_distance_and_at_lines(far, authorities, regions, word):
    table = pd.DataFrame(
        {"pair_km_max": [far], "areas_local_authority": [authorities], "areas_region": [regions]}
    )
    found = reach(table).iloc[0]
    assert found == word if word else pd.isna(found)


def test_two_schools_15_km_apart_across_a_regional_border_are_local():
    table = frame([("1", "T", 0, 0, 1, "A", "N"), ("2", "T", 15, 0, 1, "B", "S")])
    assert spread(table, layers_of(table))["reach"].tolist() == ["local"]


def test_reach_is_blank_without_the_layers_it_needs():
    assert spread(SCHOOLS, {})["reach"].isna().all()


def test_sensitivity_counts_the_trusts_that_change_when_a_threshold_moves():
    table = pd.DataFrame(
        {"pair_km_max": [14.0, 16.0, 48.0, 52.0, 300.0], "areas_local_authority": 3,
         "areas_region": [1, 1, 1, 2, 4]}
    )  # fmt: skip
    found = reach_sensitivity(table).set_index(["threshold", "moved"])
    assert found.loc[("local_km", -0.1), ["changed", "wider", "narrower"]].tolist() == [1, 1, 0]
    assert found.loc[("local_km", 0.1), ["changed", "wider", "narrower"]].tolist() == [1, 0, 1]
    assert found.loc[("sub_regional_km", -0.1), "wider"] == 1
    assert found.loc[("sub_regional_km", 0.1), "narrower"] == 1
    assert found.loc[("national_regions", 1), "narrower"] == 1
    assert (found["trusts"] == 5).all()
    assert set(reach(table)) <= set(REACHES)


def test_bands_are_those_of_the_study():
    assert size_band([1, 2, 5, 6, 25, 26, 99], SpreadOptions().size_bands).tolist() == [
        "1", "2-5", "2-5", "6-11", "12-25", "26+", "26+",
    ]  # fmt: skip
    assert size_band([1, 6, 20, 21], (1, 2, 6, 21)).tolist() == ["1", "6-20", "6-20", "21+"]


@pytest.mark.parametrize(
    "values, message",
    [
        ({"local_km": 60}, "must be positive and rise"),
        ({"local_km": -1}, "must be positive and rise"),
        ({"national_km": float("nan")}, "must be positive and rise"),
        ({"size_bands": [1, 6, 2]}, "must be positive and rise"),
        ({"size_bands": [2, 6]}, "must begin with 1"),
        ({"cluster_km": "far"}, "of the wrong kind"),
        ({"national_regions": True}, "of the wrong kind"),
        ({"locl_km": 3}, "unknown option"),
    ],
)
def test_thresholds_that_make_no_sense_are_refused(values, message):
    with pytest.raises(UsageError, match=message):
        options(SpreadOptions, values, "spread")


def test_thresholds_are_read_from_a_study_file():
    found = options(SpreadOptions, {"local_km": 10, "size_bands": [1, 2, 6, 21]}, "spread")
    assert (found.local_km, found.size_bands) == (10, (1, 2, 6, 21))
