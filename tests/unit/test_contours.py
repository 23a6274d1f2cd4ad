"""Bands between lines of equal value: against the value found point by point."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import LinearNDInterpolator

from geolls.land.contours import bands

LAND = shapely.box(0, 0, 100, 100)
ENDS = (10.0, 20.0, 45.0)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(4, 60))
def test_every_spot_is_in_the_band_of_its_value_and_no_land_is_lost(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    inner = rng.integers(1, 100, (n, 2)).astype(float)
    xy = np.r_[inner, [[-50, -50], [150, -50], [-50, 150], [150, 150]]]
    xy = np.unique(xy, axis=0)
    value = rng.random(len(xy)) * 60
    found = bands(xy, value, ENDS, LAND)
    assert abs(sum(band.area for band in found) - LAND.area) < 1e-6 * LAND.area
    spots = rng.random((200, 2)) * 100
    there = LinearNDInterpolator(xy, value)(spots)
    for spot, much in zip(shapely.points(spots), there, strict=True):
        band = int(np.searchsorted(ENDS, much))
        if min(abs(much - end) for end in ENDS) > 1e-6:
            assert found[band].distance(spot) < 1e-9, (spot, much)


def test_one_point_gives_all_land_its_value() -> None:
    near, far = bands(np.array([[50.0, 50.0]]), np.array([7.0]), [10], LAND)
    assert near.area == LAND.area and far.is_empty


def test_of_points_in_one_place_the_least_counts() -> None:
    xy = np.array([[50.0, 50.0], [50.0, 50.0]])
    near, far = bands(xy, np.array([30.0, 7.0]), [10], LAND)
    assert near.area == LAND.area and far.is_empty
