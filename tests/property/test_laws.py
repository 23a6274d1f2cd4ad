"""The laws that every measure must keep, on random layers and on random maps of real blocks."""

from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from geolls.base.vocabulary import REASONS
from geolls.land import blocks
from geolls.measures import mismatch, nulls
from geolls.measures.coverage import coverage
from geolls.measures.membership import Membership, is_reason
from geolls.measures.overlap import overlap
from geolls.measures.spread import distances, spread

ITEMS = [f"i{n}" for n in range(12)]
UNITS = ["A", "B", "C", "D", "not_covered", "no_evidence"]


def frame(claims):
    """Item to a set of units, shared equally."""
    rows = [(i, u, u.title(), 1 / len(us)) for i, us in claims.items() for u in sorted(us)]
    return pd.DataFrame(rows, columns=["item", "unit_code", "unit_name", "share"])


def layers(shared=True, units=UNITS):
    most = 2 if shared else 1
    one = st.sets(st.sampled_from(units), min_size=1, max_size=most)
    return st.fixed_dictionaries(dict.fromkeys(ITEMS, one)).map(frame)


of = Membership.of


def table(pairs):
    """An overlap as a table of weights, with the codes of its rows and columns."""
    wide = pairs.pivot(index="left_code", columns="right_code", values="weight").fillna(0.0)
    return wide.to_numpy(), list(wide.index), list(wide.columns)


weights = st.lists(
    st.integers(0, 50) | st.floats(0, 1000, allow_nan=False), min_size=12, max_size=12
).map(lambda w: pd.Series(w, index=ITEMS, dtype=float))
whole_weights = st.lists(st.integers(0, 9), min_size=12, max_size=12).map(
    lambda w: pd.Series(w, index=ITEMS, dtype=float)
)


@given(layers(), layers(), weights)
def test_the_weights_of_an_overlap_sum_to_those_of_each_unit(left, right, weight):
    pairs = overlap(of(left), of(right), weight)
    assume(not left.equals(right))
    for side, layer in (("left", left), ("right", right)):
        whole = (layer["share"] * layer["item"].map(weight)).groupby(layer["unit_code"]).sum()
        found = pairs.groupby(f"{side}_code")["weight"].sum().reindex(whole.index, fill_value=0)
        assert found.to_numpy() == pytest.approx(whole.to_numpy(), rel=1e-12, abs=1e-12)
    assert pairs["weight"].sum() == pytest.approx(weight.sum(), rel=1e-12)


@given(layers(), layers(), weights)
def test_shares_lie_between_0_and_1_and_sum_to_1(left, right, weight):
    pairs = overlap(of(left), of(right), weight)
    for side in ("left", "right"):
        share = pairs[f"share_of_{side}"]
        assert share.between(0, 1 + 1e-12).all()
        assert share.groupby(pairs[f"{side}_code"]).sum().to_numpy() == pytest.approx(1)


@given(layers(), layers(), whole_weights)
def test_swapping_the_layers_swaps_h_and_c_and_transposes_the_table(left, right, weight):
    one = table(overlap(of(left), of(right), weight))
    other = table(overlap(of(right), of(left), weight))
    assert one[0] == pytest.approx(other[0].T) and one[1:] == (other[2], other[1])
    there = mismatch.compare(of(left), of(right), weight).set_index("measure")["value"]
    back = mismatch.compare(of(right), of(left), weight).set_index("measure")["value"]
    for name, twin in (
        ("homogeneity", "completeness"),
        ("mapcurves_left", "mapcurves_right"),
        *((m, m) for m in (
            "v_measure", "mapcurves", "mutual_information", "variation_of_information", "nvi",
            "adjusted_rand", "adjusted_mutual_information", "fowlkes_mallows", "intersections",
        )),
    ):  # fmt: skip
        assert there[name] == pytest.approx(back[twin], abs=1e-9, nan_ok=True), name


@given(layers(), whole_weights)
def test_a_layer_against_itself_fits_and_splits_nothing(layer, weight):
    assume(weight.sum() > 0)
    found = mismatch.compare(of(layer), of(layer), weight).set_index("measure")["value"]
    assert found["v_measure"] == pytest.approx(1)
    assert found["splits"] == 0 and found["adjusted_rand"] == 1
    assert found["best_fit_share"] == pytest.approx(1)


@given(layers(), layers(), weights, st.permutations(UNITS[:4]), st.randoms())
def test_relabelling_and_row_order_change_nothing(left, right, weight, names, random):
    renamed = dict(zip(UNITS[:4], names, strict=True))
    other = right.assign(unit_code=right["unit_code"].replace(renamed))
    order = list(range(len(other)))
    random.shuffle(order)
    # A layer that becomes the other one is measured against itself: another question.
    assume(not left.equals(right) and not left.equals(other))
    one = mismatch.compare(of(left), of(right), weight)["value"]
    two = mismatch.compare(of(left), of(other.iloc[order]), weight.iloc[::-1])["value"]
    assert one.to_numpy() == pytest.approx(two.to_numpy(), rel=1e-9, abs=1e-9, nan_ok=True)


@given(layers(), layers(), weights, st.floats(1e-3, 1e3))
def test_scaling_the_weights_changes_no_share(left, right, weight, scale):
    one, two = overlap(of(left), of(right), weight), overlap(of(left), of(right), weight * scale)
    assume(len(one) == len(two))
    for side in ("left", "right"):
        column = f"share_of_{side}"
        assert one[column].to_numpy() == pytest.approx(two[column].to_numpy(), rel=1e-9)
    some = one["weight"].to_numpy() > 0
    assert two["weight"].to_numpy()[some] == pytest.approx(one["weight"].to_numpy()[some] * scale)


@given(
    st.lists(st.lists(st.integers(0, 30), min_size=4, max_size=4), min_size=1, max_size=6),
    st.integers(0, 3), st.integers(0, 3),
)  # fmt: skip
def test_merging_units_of_y_never_raises_i_h_or_conditional_entropy(rows, a, b):
    full = np.array(rows, dtype=float)
    assume(a != b and full.any())
    merged = np.delete(full, b, axis=1)
    merged[:, a if a < b else a - 1] += full[:, b]
    before, after = mismatch.measures(full), mismatch.measures(merged)
    for name in ("mutual_information", "homogeneity", "conditional_entropy"):
        assert after[name] <= before[name] + 1e-12, name


@given(st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=1, max_size=6))
def test_every_measure_keeps_its_range(rows):
    found = mismatch.measures(rows)
    for name in (
        *("homogeneity", "completeness", "v_measure", "mapcurves_left", "mapcurves_right"),
        *("nvi", "fowlkes_mallows", "split_pairs", "best_fit_share", "best_jaccard"),
    ):
        assert np.isnan(found[name]) or -1e-12 <= found[name] <= 1 + 1e-12, name
    for name in ("mutual_information", "variation_of_information", "conditional_entropy",
                 "effective_splits"):  # fmt: skip
        assert np.isnan(found[name]) or found[name] >= -1e-12, name
    for name in ("adjusted_rand", "adjusted_mutual_information"):
        assert found[name] <= 1 + 1e-9, name


@given(layers(), weights)
def test_covered_and_outside_make_the_whole(layer, weight):
    found = coverage(of(layer), weight)
    assert found["weight"].sum() == pytest.approx(weight.sum(), rel=1e-12)
    assume(weight.sum() > 0)
    assert found["share"].sum() == pytest.approx(1)
    outside = found.loc[is_reason(found["unit_code"]), "weight"].sum()
    known = (layer["share"] * layer["item"].map(weight))[is_reason(layer["unit_code"])].sum()
    assert outside == pytest.approx(known, abs=1e-9)


@given(layers(shared=False), st.data())
def test_splitting_a_unit_never_lowers_the_areas_a_trust_touches(layer, data):
    trust = data.draw(st.lists(st.sampled_from(["T", "U", None]), min_size=12, max_size=12))
    schools = schools_in(trust)
    assume(any(trust))
    parts = data.draw(st.sets(st.sampled_from(ITEMS)))
    split = layer.copy()
    mine = (split["unit_code"] == "A") & split["item"].isin(parts)
    split.loc[mine, "unit_code"] = "A2"
    before = spread(schools, {"layer": of(layer)})["areas_layer"]
    after = spread(schools, {"layer": of(split)})["areas_layer"]
    assert (after >= before).all()


def schools_in(trust):
    table = pd.DataFrame({"urn": ITEMS, "trust_uid": pd.Series(trust, dtype=object)})
    rng = np.random.default_rng(1)
    table["easting"], table["northing"] = rng.uniform(0, 1e5, (2, len(table)))
    return table.assign(
        trust_name=table["trust_uid"], trust_type="multi_academy_trust", pupils=10.0, phase="x"
    )


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=2, max_size=14),
    st.integers(-500, 500), st.integers(-500, 500), st.randoms(),
)  # fmt: skip
def test_moving_the_grid_and_the_order_of_schools_change_no_distance(spots, east, north, random):
    points = np.array(spots, dtype=float) * 1000
    body = np.zeros(len(points), dtype=int)
    order = list(range(len(points)))
    random.shuffle(order)
    one = distances(points, body, 1)
    two = distances(points[order] + np.array([east, north]) * 1000.0, body, 1)
    for name, value in one.items():
        assert two[name][0] == pytest.approx(value[0], rel=1e-9, abs=1e-6), name


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), min_size=2, max_size=12))
def test_distances_keep_their_order(spots):
    points = np.array(spots, dtype=float) * 1000
    found = {k: v[0] for k, v in distances(points, np.zeros(len(points), dtype=int), 1).items()}
    slack = 1e-9
    assert found["longest_hop_km"] <= found["pair_km_max"] + slack
    assert found["pair_km_median"] <= found["pair_km_max"] + slack
    assert found["pair_km_mean"] <= found["pair_km_max"] + slack
    assert found["nearest_sibling_km_median"] <= found["longest_hop_km"] + slack
    assert found["hull_km2"] <= found["pair_km_max"] ** 2 + slack
    assert 1 <= found["clusters"] <= len(points)
    assert (found["clusters"] == 1) == (found["longest_hop_km"] <= 15)
    assert 1 / len(points) <= found["largest_cluster_share"] <= 1


# ---- random contiguous regroupings of the real blocks ------------------------------------------


@lru_cache
def real_blocks():
    shapes = blocks.load_blocks()
    return blocks.block_weights()["neighbourhoods"].astype(float), blocks.adjacency(shapes)


def drawn(units, seed):
    """A random contiguous map of the real blocks, with `units` units."""
    weight, pairs = real_blocks()
    start = pd.DataFrame(
        {"item": weight.index, "unit_code": [f"U{n % units}" for n in range(len(weight))]}
    ).assign(unit_name="unit", share=1.0)
    base = nulls.board(of(start), weight, pairs)
    label = nulls.regroup(base, seed)
    return start.assign(unit_code=[f"U{n}" for n in label])


slow = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))


@slow
@given(st.integers(2, 60), st.integers(0, 10**6))
def test_a_random_map_of_the_real_blocks_is_contiguous_and_whole(units, seed):
    pairs = real_blocks()[1]
    label = drawn(units, seed)["unit_code"].to_numpy()
    assert len(set(label)) == units
    group = np.arange(len(label))
    for a, b in pairs:
        if label[a] == label[b]:
            group[group == group[b]] = group[a]
    assert len(np.unique(group)) == units


@slow
@given(st.integers(2, 60), st.integers(2, 60), st.integers(0, 10**6))
def test_the_laws_hold_on_random_maps_of_the_real_blocks(few, many, seed):
    weight, _ = real_blocks()
    left, right = drawn(few, seed), drawn(many, seed + 1)
    pairs = overlap(of(left), of(right), weight)
    assert pairs["weight"].sum() == weight.sum()
    there = mismatch.measures(table(pairs)[0])
    back = mismatch.measures(table(pairs)[0].T)
    assert there["homogeneity"] == pytest.approx(back["completeness"])
    assert there["v_measure"] == pytest.approx(back["v_measure"])
    merged = right.assign(unit_code=right["unit_code"].replace({"U1": "U0"}))
    after = mismatch.measures(table(overlap(of(left), of(merged), weight))[0])
    assert after["mutual_information"] <= there["mutual_information"] + 1e-12
    assert after["conditional_entropy"] <= there["conditional_entropy"] + 1e-12
    itself = mismatch.compare(of(left), of(left), weight).set_index("measure")["value"]
    assert itself["v_measure"] == pytest.approx(1) and itself["splits"] == 0


def test_reasons_are_no_units():
    assert is_reason([*REASONS, "U"]).tolist() == [True] * 4 + [False]
