"""Four squares by hand: who shares what, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from geolls.base.errors import UsageError
from geolls.measures import mismatch
from geolls.measures.membership import Membership
from geolls.measures.overlap import inside, overlap


def membership(**units):
    """Claims as item=unit, or item=(unit, unit) for an equal split."""
    rows = []
    for item, claim in units.items():
        claims = claim if isinstance(claim, tuple) else (claim,)
        rows += [(item, c, f"Unit {c}", 1 / len(claims)) for c in claims]
    return Membership.of(pd.DataFrame(rows, columns=["item", "unit_code", "unit_name", "share"]))


# North-west, north-east, south-west, south-east.
WEIGHT = pd.Series({"nw": 4.0, "ne": 3.0, "sw": 2.0, "se": 1.0})
WEST_EAST = membership(nw="W", ne="E", sw="W", se="E")
NORTH_SOUTH = membership(nw="N", ne="N", sw="S", se="not_covered")
SHARED = membership(nw=("A", "B"), ne="A", sw="B", se="no_evidence")


def again(layer):
    """The same claims in another object."""
    return Membership.of(layer.frame(), layer.items)


def rows(pairs):
    return [(r.left_code, r.right_code, r.weight) for r in pairs.itertuples()]


def test_four_squares_by_hand():
    pairs = overlap(WEST_EAST, NORTH_SOUTH, WEIGHT)
    assert rows(pairs) == [
        ("E", "N", 3.0), ("E", "not_covered", 1.0), ("W", "N", 4.0), ("W", "S", 2.0),
    ]  # fmt: skip
    assert pairs["share_of_left"].tolist() == pytest.approx([0.75, 0.25, 4 / 6, 2 / 6])
    assert pairs["share_of_right"].tolist() == pytest.approx([3 / 7, 1, 4 / 7, 1])
    assert pairs["left_name"].tolist() == ["Unit E", "Unit E", "Unit W", "Unit W"]


def test_a_shared_square_is_split_between_its_claimants():
    pairs = overlap(SHARED, WEST_EAST, WEIGHT)
    assert rows(pairs) == [
        ("A", "E", 3.0), ("A", "W", 2.0), ("B", "W", 4.0), ("no_evidence", "E", 1.0),
    ]  # fmt: skip


def test_two_layers_that_share_a_square_share_it_four_ways():
    other = membership(nw=("P", "Q"), ne="P", sw="Q", se="Q")
    pairs = overlap(SHARED, other, WEIGHT).set_index(["left_code", "right_code"])["weight"]
    assert pairs["A", "P"] == 3 + 1 and pairs["A", "Q"] == 1
    assert pairs.sum() == WEIGHT.sum()


def test_a_layer_against_itself_has_each_set_of_claimants_as_one_unit():
    pairs = overlap(SHARED, again(SHARED), WEIGHT)
    assert rows(pairs) == [
        ("A", "A", 3.0), ("A+B", "A+B", 4.0), ("B", "B", 2.0), ("no_evidence", "no_evidence", 1.0),
    ]  # fmt: skip


def test_inside_leaves_out_every_reason():
    kept = inside(overlap(WEST_EAST, NORTH_SOUTH, WEIGHT))
    assert rows(kept) == [("E", "N", 3.0), ("W", "N", 4.0), ("W", "S", 2.0)]
    assert kept.set_index(["left_code", "right_code"]).loc[("E", "N"), "share_of_left"] == 1


def test_a_missing_weight_is_left_out_and_a_zero_adds_no_row():
    weight = WEIGHT.copy()
    weight["ne"], weight["sw"] = np.nan, 0
    assert rows(overlap(WEST_EAST, NORTH_SOUTH, weight)) == [
        ("E", "not_covered", 1.0), ("W", "N", 4.0),
    ]  # fmt: skip


def test_no_schools_give_no_rows():
    empty = membership()
    assert not len(overlap(empty, again(empty), WEIGHT))


@pytest.mark.parametrize(
    "left, right, weight, message",
    [
        (WEST_EAST, NORTH_SOUTH, WEIGHT.drop("se"), "has no weight"),
        (WEST_EAST, NORTH_SOUTH.over(WEIGHT.index[:3]), WEIGHT, "do not hold the same items"),
        (WEST_EAST, NORTH_SOUTH, -WEIGHT, "has weight -4"),
        (WEST_EAST, NORTH_SOUTH, WEIGHT * np.inf, "has weight inf"),
        (WEST_EAST, NORTH_SOUTH, pd.concat([WEIGHT, WEIGHT]), "has two weights"),
    ],
)
def test_what_cannot_be_weighed_is_refused_in_one_line(left, right, weight, message):
    with pytest.raises(UsageError, match=message) as raised:
        overlap(left, right, weight)
    assert "\n" not in str(raised.value)


# ---- comparisons of layers ---------------------------------------------------------------------


def values(frame):
    return frame.set_index("measure")["value"]


def test_compare_has_every_measure_with_and_without_no_evidence():
    found = mismatch.compare(SHARED, WEST_EAST, WEIGHT)
    names = [*mismatch.MEASURES, *(m + "_without_no_evidence" for m in mismatch.MEASURES)]
    assert found["measure"].tolist()[: len(names)] == names
    value = values(found)
    assert value["v_measure"] == mismatch.measures([[3, 2], [0, 4], [1, 0]])["v_measure"]
    assert value["v_measure_without_no_evidence"] == pytest.approx(
        mismatch.measures([[3, 2], [0, 4]])["v_measure"]
    )
    assert value["no_evidence_share"] == 0.1


def test_count_measures_take_each_set_of_claimants_as_one_unit():
    value = values(mismatch.compare(SHARED, WEST_EAST, WEIGHT))
    sets = mismatch.measures([[3, 0], [0, 4], [0, 2], [1, 0]])
    for name in mismatch.COUNT_MEASURES:
        assert value[name] == pytest.approx(sets[name]), name
    split = mismatch.measures([[3, 2], [0, 4], [1, 0]])
    assert value["homogeneity"] == pytest.approx(split["homogeneity"])


def test_count_measures_are_blank_where_weights_are_parts():
    value = values(mismatch.compare(SHARED, WEST_EAST, WEIGHT / 3))
    assert value[list(mismatch.COUNT_MEASURES)].isna().all()
    assert value["v_measure"] == pytest.approx(
        values(mismatch.compare(SHARED, WEST_EAST, WEIGHT))["v_measure"]
    )


def test_a_layer_fits_itself_even_where_it_shares_land():
    value = values(mismatch.compare(SHARED, again(SHARED), WEIGHT))
    assert value["v_measure"] == pytest.approx(1)
    assert value["splits"] == 0 and value["adjusted_rand"] == 1


def test_inside_only_drops_reasons_and_says_how_much():
    value = values(mismatch.compare(WEST_EAST, NORTH_SOUTH, WEIGHT, inside_only=True))
    assert value["outside_share"] == 0.1
    assert value["intersections"] == 3 and value["splits"] == 1


def test_the_sliver_rule_counts_what_it_drops():
    value = values(mismatch.compare(WEST_EAST, NORTH_SOUTH, WEIGHT, min_weight=2.5))
    assert (value["slivers"], value["sliver_share"]) == (2, pytest.approx(0.3))
    assert value["splits"] == 0


def test_mapcurves_names_its_direction():
    found = mismatch.compare(WEST_EAST, NORTH_SOUTH, WEIGHT).set_index("measure")
    left, right = found.loc[["mapcurves_left", "mapcurves_right"], "value"]
    assert found.loc["mapcurves", "note"] == ("left" if left > right else "right")


def test_pairwise_is_compare_for_every_ordered_pair():
    layers = {"a": SHARED, "b": WEST_EAST, "c": NORTH_SOUTH}
    found = mismatch.pairwise(layers, WEIGHT)
    assert found[["left", "right"]].drop_duplicates().to_numpy().tolist() == [
        ["a", "b"], ["a", "c"], ["b", "a"], ["b", "c"], ["c", "a"], ["c", "b"],
    ]  # fmt: skip
    for (left, right), rows_ in found.groupby(["left", "right"]):
        one = mismatch.compare(layers[left], layers[right], WEIGHT)
        assert rows_["measure"].tolist() == one["measure"].tolist()
        assert rows_["value"].to_numpy() == pytest.approx(one["value"].to_numpy(), nan_ok=True)
        assert rows_["note"].tolist() == one["note"].tolist()


@pytest.mark.parametrize(
    "weights, words",
    [
        ([[4, 0], [0, 2]], ["identical", "identical"]),
        ([[4, 0], [2, 1]], ["nests_in", "crosses"]),
        ([[4, 2]], ["contains"]),
        ([[4, 2], [0, 0]], ["contains", "disjoint"]),
        ([[4, 2, 0], [0, 1, 3]], ["crosses", "crosses"]),
    ],
)
def test_relation_classes_by_hand(weights, words):
    assert mismatch.relation(weights).tolist() == words


def test_relation_takes_a_sliver_for_nothing_within_its_tolerance():
    weights = [[99, 1], [1, 99]]
    assert mismatch.relation(weights).tolist() == ["crosses", "crosses"]
    assert mismatch.relation(weights, 0.02).tolist() == ["identical", "identical"]
    with pytest.raises(UsageError):
        mismatch.relation(weights, 0.5)


def test_relation_knows_land_outside_from_a_unit():
    weights = [[3, 1], [0, 5]]
    words = mismatch.relation(weights, outside=[False, True])
    # The first holds the whole of the other unit and some land outside; the second meets none.
    assert words.tolist() == ["contains", "disjoint"]


def test_compare_units_says_how_each_unit_lies():
    found = mismatch.compare_units(WEST_EAST, NORTH_SOUTH, WEIGHT).set_index("unit_code")
    assert found.loc["W", "best_fit_code"] == "N"
    assert found["relation"].to_dict() == {"E": "crosses", "W": "crosses"}
    assert found.loc["E", "split_pairs"] == pytest.approx(1 - 6 / 12)
    back = mismatch.compare_units(NORTH_SOUTH, WEST_EAST, WEIGHT).set_index("unit_code")
    assert back["relation"].dropna().to_dict() == {"N": "crosses", "S": "nests_in"}


def test_split_pairs_of_a_unit_takes_sets_of_claimants_on_the_other_side():
    found = mismatch.compare_units(WEST_EAST, SHARED, WEIGHT).set_index("unit_code")
    assert found.loc["W", "split_pairs"] == pytest.approx(1 - (4 * 3 + 2) / 30)


def test_effective_maps_by_hand():
    both = mismatch.tuples({"we": WEST_EAST, "ns": NORTH_SOUTH})
    england = Membership.whole(WEIGHT.index, ["England"] * 4)
    found = mismatch.effective_maps(both, england)
    assert found[["maps", "effective_maps"]].to_numpy().tolist() == [[4, 4.0]]
    one = mismatch.tuples({"we": WEST_EAST})
    assert mismatch.effective_maps(one, england)["effective_maps"].tolist() == [2.0]
    by_place = mismatch.effective_maps(mismatch.tuples({"ns": NORTH_SOUTH}), WEST_EAST)
    assert by_place[["unit_code", "maps", "effective_maps"]].to_numpy().tolist() == [
        ["E", 2, 2.0], ["W", 2, 2.0],
    ]  # fmt: skip
    # A has half of a square in the west and a whole one in the east.
    shares = np.array([1 / 3, 2 / 3])
    shared = mismatch.effective_maps(one, SHARED).set_index("unit_code")["effective_maps"]
    assert shared["A"] == pytest.approx(2 ** -(shares * np.log2(shares)).sum())
    assert "no_evidence" not in shared
    assert mismatch.tuples({"we": WEST_EAST, "part": SHARED.over(WEIGHT.index[:2])}).size == 2


def test_an_overlap_does_not_depend_on_the_order_of_items():
    assert rows(overlap(WEST_EAST, NORTH_SOUTH, WEIGHT[::-1])) == rows(
        overlap(WEST_EAST, NORTH_SOUTH, WEIGHT)
    )
