"""Mismatch against known answers, scikit-learn as a second engine, and plain loops."""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from sklearn import metrics as sk

from geolls.base.errors import UsageError
from geolls.measures import chance as counts
from geolls.measures import mismatch

WORKED = np.array([[13, 3, 4], [0, 16, 4], [4, 0, 16], [0, 4, 16]])
ONE_WAY = {
    "v_measure": 0.361231346260336,
    "homogeneity": 0.315341792199601,
    "completeness": 0.422751508449907,
    "mutual_information": 0.630683584399,
    "mapcurves_left": 0.456445012788,
    "mapcurves_right": 0.611464194373,
    "adjusted_rand": 0.269040187461,
    "effective_splits": 2.473620375985,
    "effective_splits_weighted": 0.618405093996,
    "conditional_entropy": 0.861170546912,
    "sqrt_entropy": 1.416415016113,
    "split_pairs": 0.388157894737,
    "best_fit_share": 0.7625,
}
OTHER_WAY = {
    "homogeneity": 0.422751508449907,
    "completeness": 0.315341792199601,
    "effective_splits": 3.385900910330,
    "conditional_entropy": 1.369316415601,
    "split_pairs": 0.560620629371,
    "best_fit_share": 0.5625,
}
ROWS = [0.857253987602, 0.483913326199, 0.483913326199, 0.483913326199]
COLS = [0.393563293101, 0.593196467112, 0.860964047444]


@pytest.mark.parametrize("weights, known", [(WORKED, ONE_WAY), (WORKED.T, OTHER_WAY)])
def test_the_worked_check_holds_both_ways(weights, known):
    found = mismatch.measures(weights)
    assert tuple(found) == mismatch.MEASURES
    for name, value in known.items():
        assert found[name] == pytest.approx(value, abs=1e-12), name
    assert found["mapcurves"] == max(found["mapcurves_left"], found["mapcurves_right"])


@pytest.mark.parametrize("weights, known", [(WORKED, ROWS), (WORKED.T, COLS)])
def test_the_worked_inhomogeneities_hold_both_ways(weights, known):
    assert mismatch.by_unit(weights)["inhomogeneity"] == pytest.approx(known, abs=1e-12)


def random_labels(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 400))
    left = rng.integers(0, rng.integers(1, 40), n)
    right = np.where(rng.random(n) < rng.random(), left, rng.integers(0, rng.integers(1, 40), n))
    table = np.zeros((40, 40))
    np.add.at(table, (left, right), 1)
    return left, right, table


@pytest.mark.parametrize("seed", range(60))
def test_scikit_learn_gives_the_same(seed):
    left, right, table = random_labels(seed)
    found = mismatch.measures(table)
    for name, second in (
        ("homogeneity", sk.homogeneity_score),
        ("completeness", sk.completeness_score),
        ("v_measure", sk.v_measure_score),
        ("adjusted_rand", sk.adjusted_rand_score),
        ("fowlkes_mallows", sk.fowlkes_mallows_score),
        ("adjusted_mutual_information", sk.adjusted_mutual_info_score),
    ):
        assert found[name] == pytest.approx(second(left, right), abs=1e-11), name


@pytest.mark.parametrize(
    "left, right",
    [
        ([0], [0]),
        ([0, 1, 2], [0, 1, 2]),
        ([0, 0, 0], [0, 1, 2]),
        ([0, 1, 2], [0, 0, 0]),
        ([0, 0, 1, 1], [0, 1, 0, 1]),
        ([0, 0, 0], [0, 0, 0]),
    ],
)
def test_scikit_learn_gives_the_same_at_the_edges(left, right):
    table = np.zeros((3, 3))
    np.add.at(table, (left, right), 1)
    found = mismatch.measures(table)
    assert found["adjusted_rand"] == pytest.approx(sk.adjusted_rand_score(left, right), abs=1e-12)
    assert found["fowlkes_mallows"] == pytest.approx(
        sk.fowlkes_mallows_score(left, right), abs=1e-12
    )
    assert found["adjusted_mutual_information"] == pytest.approx(
        sk.adjusted_mutual_info_score(left, right), abs=1e-12
    )


@pytest.mark.parametrize(
    "rows, cols",
    [([3, 4, 5], [6, 6]), ([40, 60, 20], [70, 50]), ([300, 250, 450], [500, 500])],
)
def test_the_expected_information_is_that_of_all_tables(rows, cols):
    """Against the hypergeometric in exact fractions."""
    n = sum(rows)
    known = 0.0
    for a in rows:
        for b in cols:
            for k in range(max(1, a + b - n), min(a, b) + 1):
                chance = Fraction(math.comb(b, k) * math.comb(n - b, a - k), math.comb(n, a))
                known += float(chance * Fraction(k, n)) * math.log2(k * n / (a * b))
    found = counts.expected_information(
        np.array(rows, dtype=float), np.array(cols, dtype=float), float(n)
    )
    assert found == pytest.approx(known, abs=1e-14)


def test_the_expected_information_of_pupils_is_that_of_every_whole_number():
    """Looking at every few values only, for millions, against a sum over all of them."""
    rows, cols = np.array([90_000.0, 210_000.0]), np.array([120_000.0, 80_000.0, 100_000.0])
    n = rows.sum()
    known = 0.0
    for a in rows:
        for b in cols:
            k = np.arange(max(0, a + b - n), min(a, b) + 1)
            ratio = (a - k[:-1]) * (b - k[:-1]) / (k[1:] * (n - a - b + k[1:]))
            logs = np.concatenate([[0], np.cumsum(np.log(ratio))])
            chance = np.exp(logs - logs.max())
            chance /= chance.sum()
            some = k > 0
            known += (chance[some] * k[some] / n * np.log2(k[some] * n / (a * b))).sum()
    assert counts.expected_information(rows, cols, n) == pytest.approx(known, rel=1e-9)


def plain(table):
    """Every other measure as its formula reads, in loops."""
    rows, cols = table.sum(axis=1), table.sum(axis=0)
    total = table.sum()
    found = dict.fromkeys(
        ("splits", "multi_splits", "intersections", "effective_splits", "conditional_entropy",
         "effective_splits_weighted", "sqrt_entropy", "best_fit_share", "best_jaccard"), 0.0,
    )  # fmt: skip
    joint = mutual = hx = hy = 0.0
    for i, row in enumerate(table):
        if rows[i] == 0:
            continue
        p = rows[i] / total
        hx -= p * math.log2(p)
        s = [v / rows[i] for v in row]
        met = sum(v > 0 for v in row)
        found["splits"] += met >= 2
        found["multi_splits"] += met >= 3
        found["intersections"] += met
        effective = 1 / sum(v * v for v in s) - 1
        found["effective_splits"] += effective
        found["effective_splits_weighted"] += p * effective
        found["conditional_entropy"] += p * sum(v * math.log2(1 / v) for v in s if v)
        found["sqrt_entropy"] += p * sum(math.sqrt(v) for v in s)
        found["best_fit_share"] += p * max(s)
        found["best_jaccard"] += p * max(
            v / (rows[i] + cols[j] - v) for j, v in enumerate(row) if cols[j]
        )
        for j, v in enumerate(row):
            if v:
                joint -= v / total * math.log2(v / total)
                mutual += v / total * math.log2(v * total / (rows[i] * cols[j]))
    for b in cols:
        hy -= b / total * math.log2(b / total) if b else 0
    found["mutual_information"] = mutual
    found["variation_of_information"] = hx + hy - 2 * mutual
    found["nvi"] = 1 - mutual / joint if joint else 0
    return found


def curve(table):
    """The MapCurve as straight lines between its points, in loops."""
    rows, cols = table.sum(axis=1), table.sum(axis=0)
    scores = sorted(
        sum(v * v / (rows[i] * cols[j]) for j, v in enumerate(row) if v)
        for i, row in enumerate(table)
        if rows[i]
    )
    n = len(scores)
    points = [(0.0, 1.0)]
    points += [(z, 1 - k / (n - 1) if n > 1 else 1.0) for k, z in enumerate(scores)]
    points += [(1.0, 0.0)]
    return sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(points))


@pytest.mark.parametrize("seed", range(40))
def test_plain_loops_give_the_same(seed):
    rng = np.random.default_rng(1000 + seed)
    table = rng.random((rng.integers(1, 9), rng.integers(1, 9))) * (rng.random() < 0.9)
    table[rng.random(table.shape) < 0.4] = 0
    if not table.any():
        table[0, 0] = 1.5
    found = mismatch.measures(table)
    for name, value in plain(table).items():
        assert found[name] == pytest.approx(value, abs=1e-12), name
    assert found["mapcurves_left"] == pytest.approx(curve(table), abs=1e-12)
    assert found["mapcurves_right"] == pytest.approx(curve(table.T), abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_split_pairs_counts_pairs_of_schools(seed):
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 5, (4, 3))
    known, schools = 0.0, 0
    per_unit = mismatch.by_unit(table)["split_pairs"]
    for i, row in enumerate(table):
        units = [j for j, v in enumerate(row) for _ in range(v)]
        pairs = [(a, b) for k, a in enumerate(units) for b in units[k + 1 :]]
        if len(units) < 2:
            assert np.isnan(per_unit[i])
            continue
        apart = sum(a != b for a, b in pairs) / len(pairs)
        assert per_unit[i] == pytest.approx(apart, abs=1e-12)
        known, schools = known + apart * len(units), schools + len(units)
    found = mismatch.measures(table)["split_pairs"]
    assert found == pytest.approx(known / schools, abs=1e-12)


def test_by_unit_holds_the_terms_of_the_measures():
    found, units = mismatch.measures(WORKED), mismatch.by_unit(WORKED)
    for name in ("conditional_entropy", "sqrt_entropy", "best_fit_share", "best_jaccard"):
        assert units["share"] @ units[name] == pytest.approx(found[name], abs=1e-12)
    assert units["effective_splits"].sum() == pytest.approx(found["effective_splits"], abs=1e-12)
    assert (units["units_met"] >= 2).sum() == found["splits"]


def test_empty_rows_and_columns_change_nothing():
    wide = np.zeros((6, 5))
    wide[np.ix_([0, 2, 3, 5], [0, 1, 4])] = WORKED
    assert mismatch.measures(wide) == mismatch.measures(WORKED)
    units = mismatch.by_unit(wide)["inhomogeneity"]
    assert units[[0, 2, 3, 5]] == pytest.approx(ROWS, abs=1e-12)
    assert np.isnan(units[[1, 4]]).all()


def test_the_edges_are_defined():
    one = mismatch.measures([[7]])
    assert (one["homogeneity"], one["completeness"], one["v_measure"]) == (1, 1, 1)
    assert one["nvi"] == 0
    # One unit with score 1: points (0,1), (1,1), (1,0).
    assert one["mapcurves"] == 1
    assert one["splits"] == 0
    assert one["adjusted_rand"] == one["adjusted_mutual_information"] == 1
    assert mismatch.by_unit([[3], [4]])["inhomogeneity"].tolist() == [0, 0]
    singles = mismatch.measures(np.eye(3))
    assert singles["fowlkes_mallows"] == 0
    assert math.isnan(singles["split_pairs"])
    half = mismatch.measures([[0.5, 1]])
    assert all(math.isnan(half[name]) for name in mismatch.COUNT_MEASURES)
    for nothing in ([[0, 0]], np.zeros((0, 0)), np.zeros((2, 0))):
        empty = mismatch.measures(nothing)
        assert empty["v_measure"] == 1 and empty["nvi"] == 0 and empty["splits"] == 0
        assert math.isnan(empty["best_fit_share"]) and math.isnan(empty["mapcurves"])


def test_independent_layers_share_no_information():
    found = mismatch.measures(np.outer([1, 2, 3], [4, 1]))
    assert found["mutual_information"] == pytest.approx(0, abs=1e-15)
    assert found["v_measure"] == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize(
    "weights",
    [
        [[-1, 2]],
        [[float("nan")]],
        [[float("inf")]],
        [[1e308, 1e308]],
        [1, 2],
        [[[1]]],
        [["a"]],
        [[1, 2], [3]],
    ],
)
def test_a_table_that_is_none_is_refused_in_one_line(weights):
    for function in (mismatch.measures, mismatch.by_unit, mismatch.relation):
        with pytest.raises(UsageError) as raised:
            function(weights)
        assert "\n" not in str(raised.value) and raised.value.exit_code == 2


def test_large_whole_numbers_do_not_overflow():
    scaled = mismatch.measures(WORKED * 10**9)
    # Of very many pupils the chance of a pair is the square of a share.
    both, left, right = 1010 / 6400, 1600 / 6400, 2418 / 6400
    known = (both - left * right) / ((left + right) / 2 - left * right)
    assert scaled["adjusted_rand"] == pytest.approx(known, rel=1e-8)
    assert scaled["v_measure"] == pytest.approx(ONE_WAY["v_measure"], abs=1e-12)
