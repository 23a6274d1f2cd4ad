"""Classes of a map against mapclassify, which others use to make them."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from geolls.maps.data import breaks_of, quantiles

VALUES = st.lists(
    st.one_of(st.integers(0, 12).map(float), st.floats(0, 1e4, allow_subnormal=False)),
    min_size=2,
    max_size=60,
)


@given(VALUES, st.integers(2, 6))
def test_bounds_between_classes_are_those_of_mapclassify(values: list[float], k: int) -> None:
    import mapclassify  # slow to import: scikit-learn and SciPy

    known = np.array(values)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # fewer classes where values repeat
        theirs = mapclassify.Quantiles(known, k=k).bins
    ours = np.append(quantiles(known, k), known.max())
    # Where values repeat, the two may tell bounds apart that differ by a rounding error.
    assert all(np.isclose(theirs, bound, rtol=1e-9, atol=1e-9).any() for bound in ours)
    assert all(np.isclose(ours, bound, rtol=1e-9, atol=1e-9).any() for bound in theirs)


@given(VALUES, st.sampled_from(["share", "count", "number", "km"]))
def test_bounds_rise_and_part_what_there_is(values: list[float], kind: str) -> None:
    found = breaks_of(pd.Series(values), kind)
    assert 1 <= len(found) <= 4
    assert list(found) == sorted(set(found))
    if len(set(values)) > 1:
        classes = np.searchsorted(found, values, side="right")
        assert len(set(classes)) > 1
