"""The raster answers as the polygons do, whatever its cells, and is seldom in doubt."""

from __future__ import annotations

import pickle

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geolls.land import cells as room
from geolls.land.blocks import load_blocks, load_neighbourhoods
from geolls.land.cells import Cells
from geolls.land.locate import locate


@pytest.fixture(scope="module")
def cells() -> Cells:
    return Cells(load_blocks())


@given(
    cell=st.sampled_from([30.0, 100.0, 250.0, 4_000.0]),
    xy=st.lists(
        st.tuples(st.floats(-5_000, 7_000), st.floats(-5_000, 7_000)), min_size=1, max_size=40
    ),
    snapped=st.booleans(),
)
@settings(max_examples=150)
def test_any_cell_gives_the_same_answer(
    cell: float, xy: list[tuple[float, float]], snapped: bool
) -> None:
    shapes = [
        shapely.Polygon([(0, 0), (1_000, 0), (1_000, 1_000), (430, 570), (0, 1_000)]),
        shapely.Polygon([(1_000, 0), (2_000, 0), (2_000, 2_000), (1_000, 1_000)]),
        shapely.Polygon([(0, 1_000), (430, 570), (1_000, 1_000), (2_000, 2_000), (0, 2_000)]),
    ]
    land = gpd.GeoDataFrame(geometry=shapes, index=["A", "B", "C"], crs=27700)
    points = np.array(xy)
    if snapped:  # onto lines, corners and edges of cells
        points = np.rint(points / 250) * 250
    want = locate(points, land)
    at, nearest = Cells(land, cell).find(points)
    assert at.tolist() == land.index.get_indexer(want["block"]).tolist()
    assert nearest.tolist() == (want["located_by"] == "nearest").tolist()


def test_few_points_are_left_to_the_polygons(cells: Cells, monkeypatch: pytest.MonkeyPatch) -> None:
    # Else the comparisons would prove nothing about the raster.
    asked: list[int] = []

    def counting(points: np.ndarray, blocks: gpd.GeoDataFrame) -> pd.DataFrame:
        asked.append(len(points))
        return locate(points, blocks)

    monkeypatch.setattr(room, "locate", counting)
    homes = load_neighbourhoods()[["easting", "northing"]].to_numpy(float)
    cells.find(homes)
    assert 0 < sum(asked) < 0.15 * len(homes)


def test_a_point_without_coordinates_has_no_block(cells: Cells) -> None:
    nan, inf = float("nan"), float("inf")
    xy = np.array([(nan, 1.0), (1.0, nan), (inf, 1.0), (-inf, inf), (1e300, -1e300)])
    at, nearest = cells.find(xy)
    assert (at == -1).all()
    assert not nearest.any()


def test_it_travels_without_its_raster(cells: Cells) -> None:
    sent = pickle.dumps(cells)
    assert len(sent) < 1_500_000
    assert (pickle.loads(sent).table == cells.table).all()
