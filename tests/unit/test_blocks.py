"""The block coverage: the shipped one, and the rules on four squares one can check by hand.

+---+---+
| c | d |     each 10 km wide, south-west corner at (400000, 300000),
+---+---+     and an island e, 5 km east of b
| a | b |  e
+---+---+
"""

from __future__ import annotations

import hashlib
import tomllib
from datetime import date
from pathlib import Path

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
    locate,
    onto_parts,
    refine,
    require_metres,
)
from geolls.layers.areas import load_areas

KM = 1000
X, Y = 400_000, 300_000
ENGLAND_KM2 = 130_279  # ONS Standard Area Measurements, England, extent to mean high water


def box(x0: float, y0: float, x1: float, y1: float) -> shapely.Polygon:
    return shapely.box(X + x0 * KM, Y + y0 * KM, X + x1 * KM, Y + y1 * KM)


@pytest.fixture
def squares() -> gpd.GeoDataFrame:
    shapes = {
        "a": box(0, 0, 10, 10),
        "b": box(10, 0, 20, 10),
        "c": box(0, 10, 10, 20),
        "d": box(10, 10, 20, 20),
        "e": box(25, 0, 26, 1),
    }
    table = gpd.GeoDataFrame(
        {"block": list(shapes), "name": [s.upper() for s in shapes], "neighbourhoods": 1},
        geometry=list(shapes.values()),
        crs=27700,
    ).set_index("block")
    return table.assign(area_m2=table.area)


@pytest.fixture
def spots() -> pd.DataFrame:
    """One neighbourhood at (1, 1) km and one at (9, 9) km of each square."""
    at = {"a": (0, 0), "b": (10, 0), "c": (0, 10), "d": (10, 10)}
    return pd.DataFrame(
        [(k, X + (x + i) * KM, Y + (y + i) * KM) for k, (x, y) in at.items() for i in (1, 9)],
        columns=["block", "easting", "northing"],
    )


def units(*shapes: shapely.Geometry, **columns: list[object]) -> gpd.GeoDataFrame:
    codes = [f"U{i}" for i in range(1, len(shapes) + 1)]
    return gpd.GeoDataFrame({"unit_code": codes, **columns}, geometry=list(shapes), crs=27700)


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
    assert (away > 0).sum() == 6
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
    assert (abs(display.area / blocks.area - 1) < 0.07).all()
    vertices = shapely.get_num_coordinates
    assert vertices(shapes).sum() < 0.6 * vertices(blocks.geometry.to_numpy()).sum()


def test_the_files_are_those_that_were_reviewed_and_small() -> None:
    folder = shelf("boundaries") / "block"
    stated = tomllib.loads((folder / "layer.toml").read_text("utf-8"))["sha256"]
    files = sorted(folder.glob("*.parquet"))
    assert {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files} == {
        name: digest for name, digest in stated.items() if name.endswith(".parquet")
    }
    assert sum(f.stat().st_size for f in files) < 1_000_000


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


def test_metres_pass_as_table_and_as_crs() -> None:
    require_metres(gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs=27700))
    require_metres("EPSG:27700")


# ---- joining -------------------------------------------------------------------------------


def test_units_are_the_union_of_their_blocks(squares: gpd.GeoDataFrame) -> None:
    membership = pd.DataFrame(
        {
            "block": ["d", "b", "a", "b", "b"],
            "unit_code": ["north", "south", "south", "east", "east"],
            "unit_name": ["N", "S", "S", "E", "E"],
        }
    )
    joined = dissolve(squares, membership)
    assert list(joined.index) == ["east", "north", "south"]
    assert list(joined["unit_name"]) == ["E", "N", "S"]
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
    # The tree of GEOS finds the same pairs that touch along a line.
    left, right = shapely.STRtree(shapes).query(shapes, predicate="touches")
    lines = shapely.length(shapely.intersection(shapes[left], shapes[right])) > 0
    expected = {(i, j) for i, j in zip(left[lines], right[lines], strict=True) if i < j}
    assert {tuple(p) for p in pairs[by_line]} == expected
    reached, edge = {0}, {0}
    while edge:
        edge = {int(j) for p in pairs for i, j in (p, p[::-1]) if int(i) in edge} - reached
        reached |= edge
    assert len(reached) == 326


# ---- placing points ------------------------------------------------------------------------


def test_points_are_placed_inside_near_or_nowhere(squares: gpd.GeoDataFrame) -> None:
    points = [
        (X + 5 * KM, Y + 5 * KM),  # in a
        (X + 10 * KM, Y + 5 * KM),  # on the line between a and b
        (X + 10 * KM, Y + 10 * KM),  # where four meet
        (X - 300, Y + 5 * KM),  # 300 m out at sea
        (X - 501, Y + 5 * KM),  # too far
        (np.nan, Y),
    ]
    found = locate(points, squares)
    assert list(found["block"]) == ["a", "a", "a", "a", None, None]
    assert list(found["located_by"]) == ["polygon"] * 3 + ["nearest", "none", "none"]
    assert found["distance_m"].tolist()[:4] == [0, 0, 0, 300]
    assert found["distance_m"][4:].isna().all()
    assert locate(points, squares, tolerance_m=501)["block"][4] == "a"


def test_placing_agrees_with_a_plain_loop(blocks: gpd.GeoDataFrame) -> None:
    rng = np.random.default_rng(7)
    west, south, east, north = blocks.total_bounds
    points = rng.uniform((west, south), (east, north), (400, 2))
    found = locate(points, blocks, tolerance_m=0)
    for point, block in zip(points, found["block"], strict=True):
        inside = blocks.index[blocks.contains(shapely.Point(point))]
        assert list(inside) == ([] if block is None else [block])


def test_degrees_are_refused(squares: gpd.GeoDataFrame) -> None:
    with pytest.raises(GeometryError, match="not projected"):
        locate([(0, 0)], squares.to_crs(4326))


# ---- cutting -------------------------------------------------------------------------------


def test_polygons_made_of_whole_blocks_cut_nothing(
    squares: gpd.GeoDataFrame, spots: pd.DataFrame
) -> None:
    cut = refine(squares, units(box(0, 0, 20, 10), box(0, 10, 10, 20)), points=spots)
    assert list(cut.blocks.index) == list("abcde")
    assert [(c.unit_code, c.block, c.share) for c in cut.claims] == [
        ("U1", "a", 1.0), ("U1", "b", 1.0), ("U2", "c", 1.0),
    ]  # fmt: skip
    assert cut.dropped.empty
    assert cut.parts == {}
    assert (cut.blocks["parent"] == cut.blocks.index).all()


def test_only_crossed_blocks_are_cut_and_nothing_is_lost(
    squares: gpd.GeoDataFrame, spots: pd.DataFrame
) -> None:
    cut = refine(squares, units(box(0, 0, 13, 10)), points=spots)
    assert list(cut.blocks.index) == ["a", "b/1", "b/2", "c", "d", "e"]
    assert cut.parts == {"b": ["b/1", "b/2"]}
    assert cut.blocks["area_m2"].to_dict() == {
        "a": 1e8, "b/1": 0.7e8, "b/2": 0.3e8, "c": 1e8, "d": 1e8, "e": 1e6,
    }  # fmt: skip
    assert cut.blocks["parent"].to_dict()["b/1"] == "b"
    assert cut.blocks["name"]["b/2"] == "B"
    assert cut.blocks["neighbourhoods"].to_dict()["b/1"] == 1  # (19, 9) km
    assert cut.blocks["neighbourhoods"].to_dict()["b/2"] == 1  # (11, 1) km
    assert [(c.unit_code, c.block) for c in cut.claims] == [("U1", "a"), ("U1", "b/2")]
    assert shapely.coverage_is_valid(cut.blocks.geometry.to_numpy())  # d gained the vertex


def test_slivers_go_with_their_block_and_are_reported(
    squares: gpd.GeoDataFrame, spots: pd.DataFrame
) -> None:
    # 50 m short of a's east side, and 50 m into c: both under 5 km2 and 5 %.
    cut = refine(squares, units(box(0, 0, 9.95, 10.05)), points=spots)
    assert list(cut.blocks.index) == list("abcde")
    assert [(c.unit_code, c.block, c.share) for c in cut.claims] == [("U1", "a", 1.0)]
    assert cut.dropped.to_dict("records") == [
        {"block": "c", "unit_code": "U1", "area_m2": pytest.approx(497_500),
         "share": pytest.approx(0.004975), "action": "left out"},
        {"block": "a", "unit_code": "U1", "area_m2": pytest.approx(500_000),
         "share": pytest.approx(0.005), "action": "taken in"},
    ]  # fmt: skip
    strict = refine(squares, units(box(0, 0, 9.95, 10.05)), sliver_m2=0, points=spots)
    assert list(strict.blocks.index) == ["a/1", "a/2", "b", "c/1", "c/2", "d", "e"]


def test_a_sliver_between_two_lines_joins_a_part(
    squares: gpd.GeoDataFrame, spots: pd.DataFrame
) -> None:
    two = units(box(0, 0, 5, 10), box(5.05, 0, 10, 10))  # a strip of 50 m is left between them
    cut = refine(squares, two, points=spots)
    assert cut.parts == {"a": ["a/1", "a/2"]}
    assert cut.dropped["action"].tolist() == ["joined to a/2"]
    assert cut.dropped["area_m2"].tolist() == [pytest.approx(500_000)]
    assert cut.blocks["area_m2"]["a/1"] + cut.blocks["area_m2"]["a/2"] == pytest.approx(1e8)


def test_where_polygons_overlap_the_split_is_unknown(
    squares: gpd.GeoDataFrame, spots: pd.DataFrame
) -> None:
    cut = refine(squares, units(box(0, 0, 6, 10), box(4, 0, 10, 10)), points=spots)
    held = {(c.block, c.unit_code): (c.share, c.stated) for c in cut.claims}
    assert held == {
        ("a/1", "U1"): (1, True),
        ("a/2", "U2"): (1, True),
        ("a/3", "U1"): (0.5, False),
        ("a/3", "U2"): (0.5, False),
    }


def test_named_parts_bear_their_name(squares: gpd.GeoDataFrame, spots: pd.DataFrame) -> None:
    named = units(box(0, 0, 4, 10), box(4, 0, 10, 10), part=["west", "east"])
    cut = refine(squares, named, points=spots)
    assert cut.parts == {"a": ["a/east", "a/west"]}
    same = units(box(0, 0, 4, 10), box(4, 0, 10, 10), part=["half", "half"])
    with pytest.raises(GeometryError, match="two parts of a have one name"):
        refine(squares, same, points=spots)


def test_cutting_twice_keeps_the_first_claims(
    squares: gpd.GeoDataFrame, spots: pd.DataFrame
) -> None:
    first = refine(squares, units(box(0, 0, 4, 10)), points=spots)
    second = refine(first.blocks, units(box(0, 0, 20, 5)), points=spots)
    assert second.parts["a"] == ["a/1.1", "a/1.2", "a/2.1", "a/2.2"]
    assert second.parts["a/2"] == ["a/2.1", "a/2.2"]
    assert set(second.blocks.loc[second.parts["a"], "parent"]) == {"a"}
    assert [c.block for c in onto_parts(first.claims, second.parts)] == ["a/2.1", "a/2.2"]
    assert second.blocks.loc[second.parts["a"], "neighbourhoods"].sum() == 2
    assert shapely.coverage_is_valid(second.blocks.geometry.to_numpy())


def test_invalid_polygons_are_repaired(squares: gpd.GeoDataFrame, spots: pd.DataFrame) -> None:
    bow = shapely.Polygon([(X, Y), (X + 10 * KM, Y + 10 * KM), (X + 10 * KM, Y), (X, Y + 10 * KM)])
    cut = refine(squares, units(bow), points=spots)
    held = sum(cut.blocks["area_m2"][c.block] for c in cut.claims)
    assert held == pytest.approx(0.5e8)


def test_polygons_in_degrees_are_refused(squares: gpd.GeoDataFrame) -> None:
    with pytest.raises(GeometryError, match="not projected"):
        refine(squares, units(box(0, 0, 1, 1)).to_crs(4326))


def test_circles_over_the_real_blocks_are_kept_to_the_sliver_rule(
    blocks: gpd.GeoDataFrame,
) -> None:
    circles = [
        shapely.Point(400_000, 290_000).buffer(30_000),
        shapely.Point(430_000, 290_000).buffer(25_000),
    ]
    cut = refine(blocks, units(*circles))
    assert cut.blocks.area.sum() == pytest.approx(blocks.area.sum(), rel=1e-12)
    assert cut.blocks["neighbourhoods"].sum() == 32_844
    for code, circle in zip(["U1", "U2"], circles, strict=True):
        held = [c.block for c in cut.claims if c.unit_code == code]
        differ = shapely.union_all(cut.blocks.geometry[held]).symmetric_difference(circle).area
        mine = cut.dropped["unit_code"].str.contains(code)
        joined = cut.dropped["action"].str.startswith("joined")
        # What differs from the circle is what the report says, and the snap to 1 m.
        assert differ <= cut.dropped["area_m2"][mine | joined].sum() + circle.length
    uncut = cut.blocks.index.intersection(blocks.index)
    assert cut.blocks.geometry[uncut].area.to_numpy() == pytest.approx(
        blocks.geometry[uncut].area.to_numpy(), abs=1e-3
    )


@pytest.mark.real_data
def test_official_areas_drawn_by_others_are_the_blocks_the_codes_name(
    blocks: gpd.GeoDataFrame, real_data: Path
) -> None:
    drawn = gpd.read_file(real_data / "boundaries" / "ons_cauth_may2023_BUC.geojson")
    drawn = drawn.rename(columns={"CAUTH24CD": "unit_code"}).to_crs(27700)
    cut = refine(blocks, drawn)
    by_code = {
        (area.code, block)
        for area in load_areas().alive("combined_authority", date(2024, 6, 1))
        for block in area.blocks
    }
    by_shape = {(c.unit_code, cut.blocks["parent"][c.block]) for c in cut.claims}
    # All land the codes name is found; one line, through the Ouse at 500 m, strays too far.
    assert by_code <= by_shape
    assert by_shape - by_code <= {("E47000012", "E06000011")}
