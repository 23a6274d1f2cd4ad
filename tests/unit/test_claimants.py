"""What a room says is least and most is what trying every way finds."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geolls.measures.chance import entropy
from geolls.measures.claimants import (
    apart,
    fewest,
    mixtures,
    pairs_apart,
    relations,
    touched,
)
from geolls.measures.membership import Membership
from geolls.measures.mismatch import CONVENTION, compare, compare_units, relation

SETS = st.lists(st.frozensets(st.integers(0, 4), min_size=1, max_size=3), min_size=1, max_size=6)


def every_way(sets: list[frozenset[int]]) -> list[tuple[int, ...]]:
    """Give each school whole to one of its claimants, in every way there is."""
    return list(product(*map(sorted, sets)))


def layer(sets: list[frozenset[int]]) -> Membership:
    """Return the layer in which each school is claimed by its set; -1 is no unit."""
    rows = [
        (at, f"U{unit}" if unit >= 0 else "not_covered", 1 / len(one))
        for at, one in enumerate(sets)
        for unit in one
    ]
    frame = pd.DataFrame(rows, columns=["item", "unit_code", "share"])
    return Membership.of(frame.assign(unit_name=frame["unit_code"]), pd.RangeIndex(len(sets)))


def one_body(sets: list[frozenset[int]]) -> tuple[np.ndarray, np.ndarray, int, Membership]:
    return np.zeros(len(sets), int), np.arange(len(sets)), 1, layer(sets)


@given(SETS)
def test_areas_touched_are_the_fewest_and_the_most_of_all_ways(sets: list[frozenset[int]]) -> None:
    met = [len(set(way)) for way in every_way(sets)]
    found = touched(*one_body(sets))
    assert (found.low[0], found.high[0]) == (min(met), max(met))
    assert fewest(sets) == min(met)


@given(SETS, st.data())
def test_schools_that_a_body_may_not_have_are_in_no_fewest(
    sets: list[frozenset[int]], data: st.DataObject
) -> None:
    sure = np.array([data.draw(st.booleans()) for _ in sets])
    ways = every_way(sets)
    low = min(len({u for u, s in zip(way, sure, strict=True) if s}) for way in ways)
    found = touched(*one_body(sets), sure=sure)
    assert (found.low[0], found.high[0]) == (low, max(len(set(way)) for way in ways))


@given(st.lists(st.frozensets(st.integers(-1, 3), min_size=1, max_size=3), min_size=1, max_size=5))
def test_a_school_that_may_be_in_no_unit_touches_none_at_least(sets: list[frozenset[int]]) -> None:
    met = [len({u for u in way if u >= 0}) for way in every_way(sets)]
    found = touched(*one_body(sets))
    assert (found.low[0], found.high[0]) == (min(met), max(met))


@given(SETS)
def test_pairs_in_different_areas_are_the_fewest_and_the_most_of_all_ways(
    sets: list[frozenset[int]],
) -> None:
    n = len(sets)
    if n < 2:
        assert all(np.isnan(apart(sets)))
        return
    ways = [
        1 - sum(way.count(u) * (way.count(u) - 1) for u in set(way)) / (n * (n - 1))
        for way in every_way(sets)
    ]
    ends = pairs_apart(*one_body(sets))
    assert (ends.low[0], ends.high[0]) == pytest.approx((min(ways), max(ways)))
    assert apart(sets) == pytest.approx((min(ways), max(ways)))


def test_many_sets_get_bounds_that_no_way_passes() -> None:
    ring = [frozenset({i, (i + 1) % 21}) for i in range(21)]
    assert fewest(ring) <= 11  # a ring of 21 lines needs 11 of its corners
    assert fewest(ring) >= 10
    low, high = apart(ring * 2)
    assert 0 <= low <= 1 - 21 * 2 / (42 * 41) <= high


def test_bodies_are_counted_apart_and_land_can_be_divided() -> None:
    sets = [frozenset({0, 1}), frozenset({0, 1}), frozenset({0}), frozenset({0, 1})]
    body = np.array([0, 0, 1, 1])
    found = touched(body, np.arange(4), 2, layer(sets))
    assert (found.low.tolist(), found.high.tolist()) == ([1, 1], [2, 2])
    land = touched(np.array([0]), np.array([0]), 1, layer(sets), divisible=True)
    assert (land.low[0], land.high[0]) == (1, 2)
    assert touched(np.array([0]), np.array([0]), 1, layer(sets)).high[0] == 1


@given(SETS, st.data())
def test_splits_are_the_fewest_and_the_most_of_all_ways(
    sets: list[frozenset[int]], data: st.DataObject
) -> None:
    home = [data.draw(st.sampled_from(["P", "Q"])) for _ in sets]
    places, hubs = Membership.whole(pd.RangeIndex(len(sets)), home), layer(sets)
    weight = pd.Series(1.0, index=pd.RangeIndex(len(sets)))
    found = compare(places, hubs, weight).set_index("measure")["value"]
    met = [
        [len({u for u, p in zip(way, home, strict=True) if p == place}) for place in set(home)]
        for way in every_way(sets)
    ]
    for name, number in (("splits", 2), ("multi_splits", 3)):
        ways = [sum(n >= number for n in way) for way in met]
        assert (found[f"{name}_low"], found[f"{name}_high"]) == (min(ways), max(ways))
    assert found["intersections_low"] == min(map(sum, met))
    assert found["intersections_high"] == max(map(sum, met))


def test_what_counts_by_convention_is_labelled_so() -> None:
    weight = pd.Series(1.0, index=pd.RangeIndex(2))
    notes = {}
    for at, sets in enumerate(([frozenset({0, 1})] * 2, [frozenset({0})] * 2)):
        places = Membership.whole(weight.index, ["P", "P"])
        rows = compare(places, layer(sets), weight).set_index("measure")
        notes[at] = rows.loc["splits", "note"]
    assert notes == {0: CONVENTION, 1: ""}


CLAIMS = st.tuples(
    st.frozensets(st.integers(0, 2), min_size=1, max_size=2),
    st.frozensets(st.integers(-1, 1), min_size=1, max_size=2),
)


@given(st.lists(CLAIMS, min_size=1, max_size=4))
def test_how_a_unit_lies_is_what_trying_every_way_finds(
    claims: list[tuple[frozenset[int], frozenset[int]]],
) -> None:
    ours, theirs = ([one[side] for one in claims] for side in (0, 1))
    x, y = layer(ours), layer(theirs)
    can: list[set[str]] = [set() for _ in x.codes]
    for mine in every_way(ours):
        for units in every_way(theirs):
            weights = np.zeros((len(x.codes), len(y.codes)))
            for a, b in zip(mine, units, strict=True):
                column = y.codes.index(f"U{b}" if b >= 0 else "not_covered")
                weights[x.codes.index(f"U{a}"), column] += 1
            for words, word in zip(can, relation(weights, outside=y.outside), strict=True):
                words.add(str(word))
    found = relations(x, y, np.ones(len(claims)))
    for row, words in enumerate(can):
        assert found.get(row, words) == words
        assert row in found or len(words) == 1


def test_a_place_that_two_hubs_list_may_be_one_s_whole_land_or_hold_both() -> None:
    rows = [("b1", "H1"), ("b1", "H2"), ("b2", "H1"), ("b2", "H2"), ("b3", "H3")]
    frame = pd.DataFrame(rows, columns=["item", "unit_code"])
    hubs = Membership.of(
        frame.assign(unit_name=frame["unit_code"], share=[0.5, 0.5, 0.5, 0.5, 1.0])
    )
    places = Membership.whole(pd.Index(["b1", "b2", "b3"]), ["Two", "Two", "One"])
    weight = pd.Series(1.0, pd.Index(["b1", "b2", "b3"]))
    found = compare_units(places, hubs, weight, divisible=True).set_index("unit_code")
    assert found["relation"].to_dict() == {"Two": "not_known", "One": "identical"}
    assert found.loc["Two", "may_be"] == "contains identical"


@given(SETS, st.lists(st.floats(0.1, 9), min_size=6, max_size=6), st.booleans())
def test_a_unit_is_as_mixed_as_all_ways_tell(
    sets: list[frozenset[int]], sizes: list[float], lends: bool
) -> None:
    """With items of its own; and where another unit lists one of them too."""
    values, y = np.array(sizes[: len(sets)]), layer(sets)
    x = layer([frozenset({9, 8} if lends and not at else {9}) for at in range(len(sets))])
    found = mixtures(x, y, values)
    ways = [
        entropy(np.bincount(way[out:], values[out:]))
        for way in every_way(sets)
        for out in ((0, 1) if lends and len(sets) > 1 else (0,))
    ]
    if not lends and all(len(one) == 1 for one in sets):
        assert found == {}
        return
    low, high = found["U9"]
    assert low == pytest.approx(0 if lends and len(sets) == 1 else min(ways), abs=1e-9)
    assert high >= max(ways) - 1e-6
    assert lends or high <= np.log2(len(frozenset().union(*sets))) + 1e-9


def test_land_that_two_units_list_is_poured_until_both_are_as_full() -> None:
    """Three parts are the first's for sure; of five that both list it gets one at most mixed."""
    sets = [frozenset({0}), frozenset({0, 1})]
    whole = Membership.whole(pd.RangeIndex(2), ["X", "X"])
    ends = mixtures(whole, layer(sets), np.array([3.0, 5.0]))["X"]
    assert ends == pytest.approx((0.0, 1.0))  # four and four
    ends = mixtures(whole, layer(sets), np.array([5.0, 3.0]))["X"]
    assert ends == pytest.approx((0.0, entropy(np.array([5.0, 3.0]))))
