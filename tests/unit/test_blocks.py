"""The block coverage: the shipped one, and the rules on four squares one can check by hand."""

from __future__ import annotations

import hashlib
import tomllib
from collections import defaultdict
from datetime import date
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geolls.base.errors import GeometryError
from geolls.base.shelves import shelf
from geolls.land.blocks import (
    adjacency,
    block_weights,
    dissolve,
    load_blocks,
    load_display,
    load_neighbourhoods,
    require_metres,
)
from geolls.layers.areas import load_areas

from .conftest import box

ENGLAND_KM2 = 130_279  # ONS Standard Area Measurements, England, extent to mean high water


# ---- the shipped coverage ------------------------------------------------------------------


@pytest.fixture(scope="module")
def blocks() -> gpd.GeoDataFrame:
    return load_blocks()


def test_the_blocks_are_one_coverage_without_gap_or_overlap(blocks: gpd.GeoDataFrame) -> None:
    shapes = blocks.geometry.to_numpy()
    assert len(blocks) == 326
    assert blocks.index.is_unique
    assert blocks.index.is_monotonic_increasing
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    joined = shapely.union_all(shapes)
    assert joined.area == pytest.approx(shapely.area(shapes).sum(), rel=1e-12)
    holes = [shapely.Polygon(r) for p in shapely.get_parts(joined) for r in p.interiors]
    assert not [h.area for h in holes if h.area < 100_000], "a hole so small is a gap, not water"


def test_the_blocks_are_as_large_as_england(blocks: gpd.GeoDataFrame) -> None:
    assert blocks.area.sum() / 1e6 == pytest.approx(ENGLAND_KM2, rel=0.003)
    assert np.allclose(blocks["area_m2"], blocks.area, rtol=1e-12)


def test_every_vertex_lies_on_the_metre_grid(blocks: gpd.GeoDataFrame) -> None:
    xy = shapely.get_coordinates(blocks.geometry.to_numpy())
    assert (xy == np.rint(xy)).all()


def test_every_neighbourhood_is_counted_once_and_lies_in_or_near_its_block(
    blocks: gpd.GeoDataFrame,
) -> None:
    spots = load_neighbourhoods()
    assert len(spots) == 32_844
    assert spots["lsoa11"].is_unique
    counted = spots.groupby("block").size()
    assert counted.reindex(blocks.index).eq(blocks["neighbourhoods"]).all()
    own = blocks.geometry.loc[spots["block"]].to_numpy()
    away = shapely.distance(
        own, shapely.points(spots["easting"].to_numpy(float), spots["northing"].to_numpy(float))
    )
    assert (away > 0).sum() == 4
    assert away.max() < 1000


def test_weights_agree_with_the_geometry_table(blocks: gpd.GeoDataFrame) -> None:
    pd.testing.assert_frame_equal(
        block_weights(), pd.DataFrame(blocks[["area_m2", "neighbourhoods"]])
    )


def test_the_display_geometry_keeps_every_block_and_shared_line(blocks: gpd.GeoDataFrame) -> None:
    display = load_display()
    shapes = display.geometry.to_numpy()
    assert list(display.index) == list(blocks.index)
    assert list(display["name"]) == list(blocks["name"])
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    # Only the coast differs: areas are measured to the older one.
    assert (abs(display.area / blocks.area - 1) < 0.07).all()
    assert display.area.sum() == pytest.approx(blocks.area.sum(), rel=0.001)


def test_the_files_are_those_that_were_reviewed_and_small() -> None:
    folder = shelf("boundaries") / "block"
    stated = tomllib.loads((folder / "layer.toml").read_text("utf-8"))["sha256"]
    files = sorted(folder.glob("*.parquet"))
    assert {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files} == {
        name: digest for name, digest in stated.items() if name.endswith(".parquet")
    }
    most = {"blocks": 320_000, "display": 600_000, "neighbourhoods": 360_000}
    assert {f.stem for f in files if f.stat().st_size <= most[f.stem]} == set(most)


def test_every_block_is_a_district_of_2013_by_name(blocks: gpd.GeoDataFrame) -> None:
    districts = {a.code: a.name for a in load_areas().alive("district", date(2018, 6, 1))}
    assert blocks["name"].to_dict() == districts


# ---- metres --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("crs", "fault"),
    [(None, "no CRS"), (4326, "not projected"), (2277, "counts in US survey foot")],
)
def test_what_cannot_be_measured_is_refused_by_its_own_name(crs: int | None, fault: str) -> None:
    table = gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs=crs)
    with pytest.raises(GeometryError, match=fault):
        require_metres(table)


def test_metres_pass() -> None:
    require_metres(gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs=27700))


# ---- joining -------------------------------------------------------------------------------


def test_units_are_the_union_of_their_blocks(squares: gpd.GeoDataFrame) -> None:
    membership = pd.DataFrame(
        {
            "block": ["d", "b", "a", "b", "b"],
            "unit_code": ["north", "south", "south", "east", "east"],
        }
    )
    joined = dissolve(squares, membership)
    assert list(joined.index) == ["east", "north", "south"]
    assert joined.area.to_dict() == {"east": 1e8, "north": 1e8, "south": 2e8}
    assert joined.geometry["south"].equals(box(0, 0, 20, 10))
    assert joined.crs == squares.crs


def test_a_block_nobody_knows_is_refused(squares: gpd.GeoDataFrame) -> None:
    with pytest.raises(GeometryError, match="no block 'z'"):
        dissolve(squares, pd.DataFrame({"block": ["a", "z"], "unit_code": ["u", "u"]}))


def test_neighbours_share_a_line_and_islands_join_the_nearest(squares: gpd.GeoDataFrame) -> None:
    pairs = [(squares.index[i], squares.index[j]) for i, j in adjacency(squares)]
    assert pairs == [("a", "b"), ("a", "c"), ("b", "d"), ("b", "e"), ("c", "d")]


def test_the_english_districts_hang_together(blocks: gpd.GeoDataFrame) -> None:
    pairs = adjacency(blocks)
    shapes = blocks.geometry.to_numpy()
    lines = shapely.intersection(shapes[pairs[:, 0]], shapes[pairs[:, 1]])
    by_line = shapely.length(lines) > 0
    crossings = {tuple(blocks["name"].iloc[p]) for p in pairs[~by_line]}
    assert crossings == {("Isle of Wight", "New Forest"), ("Cornwall", "Isles of Scilly")}
    assert (pairs[:, 0] < pairs[:, 1]).all()
    # In a coverage, neighbours have a segment of their outlines in common.
    holders: dict[frozenset[tuple[float, ...]], set[int]] = defaultdict(set)
    for i, shape in enumerate(shapes):
        for ring in shapely.get_rings(shapely.get_parts(shape)):
            corners = list(map(tuple, shapely.get_coordinates(ring).tolist()))
            for segment in pairwise(corners):
                holders[frozenset(segment)].add(i)
    expected = {tuple(sorted(both)) for both in holders.values() if len(both) == 2}
    assert {tuple(p) for p in pairs[by_line]} == expected
    reached, edge = {0}, {0}
    while edge:
        edge = {int(j) for p in pairs for i, j in (p, p[::-1]) if int(i) in edge} - reached
        reached |= edge
    assert len(reached) == 326
