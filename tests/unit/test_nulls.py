"""Random maps and communities: seeded, contiguous, of the right sizes."""

import numpy as np
import pandas as pd
import pytest

from geolls.base.errors import UsageError
from geolls.measures.communities import communities, home_fit, trust_links
from geolls.measures.membership import Membership
from geolls.measures.mismatch import measures, v_measure
from geolls.measures.nulls import board, deviation, null_share_worse, regroup

SIDE = 8


def grid():
    """A board of squares, each touching its four neighbours."""
    at = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    pairs = [*zip(at[:, :-1].ravel(), at[:, 1:].ravel(), strict=True),
             *zip(at[:-1].ravel(), at[1:].ravel(), strict=True)]  # fmt: skip
    return np.array(pairs)


ITEMS = pd.Index([f"b{n:02d}" for n in range(SIDE * SIDE)])
WEIGHT = pd.Series(1.0, index=ITEMS)
ROW, COLUMN = np.divmod(np.arange(SIDE * SIDE), SIDE)


def layer(codes):
    codes = [str(c) for c in codes]
    return Membership.whole(ITEMS, codes)


QUARTERS = layer([f"{r // 4}{c // 4}" for r, c in zip(ROW, COLUMN, strict=True)])
HALVES = layer(COLUMN // 4)
CHECKS = layer((ROW + COLUMN) % 2)


def pieces(label, pairs):
    group = np.arange(len(label))
    for a, b in pairs:
        if label[a] == label[b]:
            group[group == group[b]] = group[a]
    return len(np.unique(group[label >= 0]))


@pytest.mark.parametrize("seed", range(10))
def test_a_random_map_is_contiguous_whole_and_of_nearly_the_same_sizes(seed):
    base = board(QUARTERS, WEIGHT, grid())
    label = regroup(base, seed)
    assert sorted(set(label)) == [0, 1, 2, 3] and pieces(label, grid()) == 4
    assert deviation(base, label) < 0.35
    assert np.array_equal(label, regroup(base, seed))
    assert not np.array_equal(label, regroup(base, seed + 100))


def test_deviation_is_the_share_of_weight_out_of_place():
    base = board(HALVES, WEIGHT, grid())
    assert deviation(base, base.unit) == 0
    assert deviation(base, np.where(np.arange(64) < 16, 0, 1)) == 16 / 64


def test_land_outside_stays_outside_and_parts_are_joined_over_it():
    outside = (COLUMN == 3) | (COLUMN == 4)
    codes = np.where(outside, "not_covered", np.where(COLUMN < 3, "W", "E"))
    base = board(layer(codes), WEIGHT, grid())
    for seed in range(5):
        label = regroup(base, seed)
        assert np.array_equal(label < 0, outside)
        assert set(label[~outside]) == {0, 1}


def test_blocks_that_nothing_touches_are_still_taken():
    base = board(HALVES, WEIGHT, np.zeros((0, 2), dtype=int))
    assert (regroup(base, 1) >= 0).all()


def test_a_good_fit_beats_chance_and_a_bad_one_does_not():
    good = null_share_worse(HALVES, QUARTERS, WEIGHT, grid(), draws=40)
    assert good.share_worse == 1
    assert good.v_measure == pytest.approx(measures([[16, 16, 0, 0], [0, 0, 16, 16]])["v_measure"])
    bad = null_share_worse(CHECKS, QUARTERS, WEIGHT, grid(), draws=40)
    assert bad.share_worse == 0


def test_the_null_hangs_on_the_seed_alone_and_tells_its_progress():
    seen = []
    one = null_share_worse(HALVES, QUARTERS, WEIGHT, grid(), draws=7,
                           progress=lambda done, of: seen.append((done, of)))  # fmt: skip
    two = null_share_worse(HALVES, QUARTERS, WEIGHT, grid(), draws=7, jobs=2)
    pd.testing.assert_frame_equal(one.draws, two.draws)
    assert seen == [(n, 7) for n in range(1, 8)]
    other = null_share_worse(HALVES, QUARTERS, WEIGHT, grid(), draws=7, seed=1)
    assert not other.draws.equals(one.draws)


def test_a_null_without_draws_or_with_unknown_blocks_is_refused():
    with pytest.raises(UsageError):
        null_share_worse(HALVES, QUARTERS, WEIGHT, grid(), draws=0)
    with pytest.raises(UsageError):
        board(HALVES, WEIGHT, [[0, 999]])


def test_v_measure_alone_is_that_of_all_measures():
    rng = np.random.default_rng(0)
    for _ in range(20):
        full = rng.integers(0, 9, (4, 5)).astype(float)
        full[:, 0] = 0
        assert v_measure(full) == pytest.approx(measures(full)["v_measure"], abs=1e-12)


# ---- communities -------------------------------------------------------------------------------


def in_areas(*trusts):
    """Schools, each trust given as the areas of its schools."""
    rows = [(f"s{t}{n}", f"T{t}", a) for t, areas in enumerate(trusts) for n, a in enumerate(areas)]
    table = pd.DataFrame(rows, columns=["urn", "trust_uid", "area"])
    return table, Membership.whole(pd.Index(table["urn"]), table["area"])


def test_links_by_hand():
    table, place = in_areas("AAB", "BC", "D")
    found = trust_links(table, place)
    assert found.to_numpy().tolist() == [["A", "A", 0.5], ["A", "B", 1.0], ["B", "C", 1.0]]


def test_every_school_of_a_larger_trust_brings_half():
    table, place = in_areas("AABCD", "AB", "CCD", "D")
    assert trust_links(table, place)["weight"].sum() == pytest.approx((5 + 2 + 3) / 2)


def test_two_groups_of_areas_are_two_communities_and_a_lone_area_its_own():
    table, place = in_areas(*["ABC"] * 6, *["DEF"] * 4, "G", "CD")
    found = communities(trust_links(table, place), place, table)
    named = found.groupby("unit_code")["area_code"].agg(sorted)
    assert named.tolist() == [list("ABC"), list("DEF"), ["G"]]
    assert found["unit_code"].unique().tolist() == ["C1", "C2", "C3"]
    assert found["unit_name"].str.startswith("Around ").all()
    again = communities(trust_links(table, place), place, table)
    pd.testing.assert_frame_equal(found, again)


def test_items_without_an_area_keep_their_reason():
    table, place = in_areas("AB", "AB")
    lost = Membership.whole(place.items.append(pd.Index(["x"])), [*"ABAB", "not_located"])
    found = communities(trust_links(table, lost), lost, table).set_index("area_code")
    assert found.loc["not_located", ["unit_code", "schools"]].tolist() == ["not_located", 1]
    assert found.loc["A", ["unit_code", "schools"]].tolist() == ["C1", 2]
    with pytest.raises(UsageError, match="which is no area"):
        bad = pd.DataFrame({"left": ["A"], "right": ["Z"], "weight": [1.0]})
        communities(bad, place, table)


def test_the_map_that_trusts_follow_fits_beyond_chance_and_another_does_not():
    rng = np.random.default_rng(2)
    quarter = QUARTERS.unit
    rows = [
        (f"{t}-{n}", f"T{t}", ITEMS[rng.choice(np.flatnonzero(quarter == quarter[start]))])
        for t, start in enumerate(rng.integers(0, 64, 40)) for n in range(4)
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["urn", "trust_uid", "block"])
    block = table.set_index("urn")["block"]
    layers = {"quarters": QUARTERS, "checks": CHECKS}
    found = home_fit(table, block, layers, WEIGHT, grid(), draws=25)
    found = found.set_index("layer")
    assert found.loc["quarters", "home_share"] == 1
    assert found.loc["quarters", "net_fit"] > 0.1 > 0 > found.loc["checks", "net_fit"]
    assert found.loc["quarters", "null_share_worse"] == 1
    assert (found["trusts"] == 40).all()
    with pytest.raises(UsageError):
        home_fit(table, block, {}, WEIGHT, grid(), draws=0)
