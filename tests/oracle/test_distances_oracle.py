"""Near points against a full search."""

import math

import numpy as np
import pytest

from geolls.measures import distances as near


@pytest.mark.parametrize("seed", range(8))
def test_the_nearest_are_those_of_a_full_search(seed):
    rng = np.random.default_rng(seed)
    points = np.concatenate([rng.normal(0, 900, (80, 2)), rng.uniform(-3e5, 3e5, (60, 2))])
    points = points.round(-3 if seed % 2 else 0)
    points[7] = np.nan
    queries = np.concatenate([points[:50], rng.uniform(-9e5, 9e5, (10, 2))])
    skip = np.r_[np.arange(50), np.full(10, -1)]
    k = rng.integers(0, 9, len(queries))
    at, metres = near.nearest(points, queries, k, skip)
    for q, query in enumerate(queries):
        known = sorted(
            (math.hypot(*(p - query)), i) for i, p in enumerate(points)
            if i != skip[q] and np.isfinite(p).all() and np.isfinite(query).all()
        )[: k[q]]  # fmt: skip
        assert at[q][at[q] >= 0].tolist() == [i for _, i in known]
        assert metres[q][: len(known)] == pytest.approx([d for d, _ in known], rel=1e-12)
        assert np.isnan(metres[q][len(known) :]).all()


def test_neighbours_in_the_far_corner_are_found_too():
    corners = np.array([[0.0, 0.0], [300_000.0, 300_000.0], [0.0, 300_000.0]])
    at, metres = near.nearest(corners, corners, 2, np.arange(3))
    assert at[0].tolist() == [2, 1]
    assert metres[0].tolist() == pytest.approx([300_000, 300_000 * math.sqrt(2)])


def test_more_neighbours_than_points_are_blank():
    at, metres = near.nearest(np.zeros((2, 2)), np.zeros((1, 2)), 4)
    assert at.tolist() == [[0, 1, -1, -1]] and np.isnan(metres[0, 2:]).all()
    at, _ = near.nearest(np.zeros((0, 2)), np.zeros((1, 2)), 1)
    assert at.tolist() == [[-1]]


def test_points_within_a_radius_are_counted_with_its_edge():
    points = np.array([[0, 0], [3000, 4000], [3000, 4001], [np.nan, 0]])
    queries = np.array([[0.0, 0], [np.nan, 0]])
    assert near.count_within(points, queries, 5000).tolist() == [2, 0]
    rng = np.random.default_rng(0)
    cloud = rng.uniform(0, 1e5, (500, 2))
    known = (np.hypot(*(cloud[:, None] - cloud[None]).transpose(2, 0, 1)) <= 7000).sum(axis=1)
    assert near.count_within(cloud, cloud, 7000).tolist() == known.tolist()
