"""Official boundaries are held against the succession table: four squares, by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely.geometry import Polygon, box

from geolls.areas import Area, Areas, load_areas
from geolls.blocks import load_blocks
from geolls.errors import GeometryError, UnknownNameError
from geolls.linemoves import compare_with_succession, finer_blocks

ON = date(2022, 9, 1)
KM = 1000.0


def area(code: str, *blocks: str) -> Area:
    return Area(
        code, code.title(), "district", date(2009, 4, 1), None, blocks, None, (), "", "", ""
    )


@pytest.fixture
def blocks() -> gpd.GeoDataFrame:
    """Four squares of 10 km: A B above C D."""
    squares = {"A": (0, 10), "B": (10, 10), "C": (0, 0), "D": (10, 0)}
    shapes = [box(x * KM, y * KM, (x + 10) * KM, (y + 10) * KM) for x, y in squares.values()]
    return gpd.GeoDataFrame(index=pd.Index(squares, name="block"), geometry=shapes, crs=27700)


@pytest.fixture
def areas() -> Areas:
    return Areas([area("west", "A", "C"), area("b", "B"), area("d", "D")])


def official(**shapes: Polygon) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"code": list(shapes), "name": list(shapes)}, geometry=list(shapes.values()), crs=27700
    )


def rows(found: pd.DataFrame) -> dict[str, dict[str, object]]:
    return found.set_index("code").to_dict("index")


def test_equal_boundaries_differ_nowhere(blocks: gpd.GeoDataFrame, areas: Areas) -> None:
    same = official(west=box(0, 0, 1e4, 2e4), b=box(1e4, 1e4, 2e4, 2e4), d=box(1e4, 0, 2e4, 1e4))
    found = compare_with_succession(same, areas, ON, blocks=blocks)
    assert found["code"].tolist() == ["b", "d", "west"]
    assert (found["status"] == "both").all()
    assert found[["gained_m2", "lost_m2", "edge_m2", "moved_m2"]].to_numpy().max() < 1
    assert found["moved_with"].isna().all()
    assert found["official_m2"].tolist() == [1e8, 1e8, 2e8]


def test_a_line_that_moved_is_told_from_one_drawn_otherwise(
    blocks: gpd.GeoDataFrame, areas: Areas
) -> None:
    # b takes 2 km from west; d is drawn 100 m into b; the coast of d lies 1 km further out.
    moved = official(
        west=Polygon([(0, 0), (1e4, 0), (1e4, 1e4), (8e3, 1e4), (8e3, 2e4), (0, 2e4)]),
        b=box(8e3, 10_100, 2e4, 2e4).difference(box(8e3, 0, 1e4, 1e4)),
        d=box(1e4, 0, 21e3, 10_100),
    )
    found = rows(compare_with_succession(moved, areas, ON, blocks=blocks))
    assert found["b"]["gained_m2"] == pytest.approx(2 * KM * 9.9 * KM)
    assert found["b"]["lost_m2"] == pytest.approx(100 * 10 * KM)
    assert found["west"]["lost_m2"] == pytest.approx(2 * KM * 9.9 * KM)
    assert found["d"]["edge_m2"] == pytest.approx(1 * KM * 10.1 * KM)
    assert found["b"]["moved_with"] == "west"
    assert found["west"]["moved_with"] == "b"
    # The opening rounds four corners: (4 - pi) * 200^2.
    assert found["b"]["moved_m2"] == pytest.approx(2 * KM * 9.9 * KM, abs=4e4)
    assert found["d"]["moved_m2"] == 0
    assert found["d"]["moved_with"] is None


def test_areas_known_to_one_side_only_are_rows(blocks: gpd.GeoDataFrame, areas: Areas) -> None:
    other = official(west=box(0, 0, 1e4, 2e4), east=box(1e4, 0, 2e4, 2e4))
    found = rows(compare_with_succession(other, areas, ON, blocks=blocks))
    assert {code: row["status"] for code, row in found.items()} == {
        "west": "both",
        "east": "only_official",
        "b": "only_succession",
        "d": "only_succession",
    }
    assert found["east"]["gained_m2"] == 2e8
    assert found["b"]["lost_m2"] == 1e8
    assert found["b"]["official_m2"] == 0


def test_degrees_and_days_without_areas_are_refused(blocks: gpd.GeoDataFrame, areas: Areas) -> None:
    degrees = official(west=box(-1, 53, 0, 54)).set_crs(4326, allow_override=True)
    with pytest.raises(GeometryError):
        compare_with_succession(degrees, areas, ON, blocks=blocks)
    with pytest.raises(GeometryError):
        compare_with_succession(degrees.set_crs(27700, allow_override=True)[["geometry"]],
                                areas, ON, blocks=blocks)  # fmt: skip
    with pytest.raises(UnknownNameError):
        compare_with_succession(official(west=box(0, 0, 1, 1)), areas, ON, "region", blocks=blocks)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("layer", "tier", "units"),
    [
        ("LTLA", "district", 309),
        ("UTLA", "local_authority", 152),
        ("CAUTH", "combined_authority", 10),
        ("RGN", "region", 9),
    ],
)
def test_the_areas_of_2022_are_those_of_the_statistics_office(
    real_data: Path, layer: str, tier: str, units: int
) -> None:
    place = real_data / "boundaries" / "ONSvisual_geogALL2022UK.topo.json"
    drawn = gpd.read_file(place, layer=layer).set_crs(4326).to_crs(27700)
    drawn = drawn[drawn["AREACD"].str.startswith("E")].rename(
        columns={"AREACD": "code", "AREANM": "name"}
    )
    drawn = drawn.set_geometry(drawn.geometry.make_valid())
    found = compare_with_succession(drawn, load_areas(), date(2022, 12, 31), tier, tolerance_m=500)
    assert len(found) == units
    assert (found["status"] == "both").all()
    # This drawing gives 68 km2 of Scarborough to Ryedale (its Ryedale has 1,582 km2, the
    # published one 1,507, as the blocks have); no other line moved.
    moved = set(found.loc[found["moved_m2"] > 0, "code"])
    assert moved == ({"E07000167", "E07000168"} if tier == "district" else set())
    assert found["gained_m2"].sum() < 0.015 * found["built_m2"].sum()


def as_published(blocks: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    frame = blocks.reset_index().rename(columns={"block": "code"})
    return frame[["code", "name", "geometry"]].sample(frac=1, random_state=1)


def test_blocks_built_again_of_themselves_are_themselves() -> None:
    coarse = load_blocks()
    finer = finer_blocks(as_published(coarse))
    assert finer.index.equals(coarse.index)
    assert finer["neighbourhoods"].equals(coarse["neighbourhoods"])
    assert finer["area_m2"].to_numpy() == pytest.approx(coarse["area_m2"].to_numpy())
    assert finer.columns.tolist() == coarse.columns.tolist()


def test_outlines_that_do_not_meet_are_joined_into_one_coverage() -> None:
    coarse = load_blocks()
    rough = as_published(coarse)
    leeds = rough["code"] == "E08000035"
    # Leeds is drawn 30 m too large: that land is its neighbours' as well.
    rough.loc[leeds, "geometry"] = rough.loc[leeds, "geometry"].buffer(30)
    assert not shapely.coverage_is_valid(rough.geometry.to_numpy())
    finer = finer_blocks(rough)
    assert shapely.coverage_is_valid(finer.geometry.to_numpy())
    assert finer.geometry.is_valid.all()
    assert finer["area_m2"].sum() == pytest.approx(coarse["area_m2"].sum(), rel=1e-6)


def test_districts_of_another_year_are_not_the_blocks() -> None:
    frame = as_published(load_blocks()).iloc[1:]
    with pytest.raises(UnknownNameError, match="1 codes"):
        finer_blocks(frame)
    with pytest.raises(GeometryError):
        finer_blocks(frame.to_crs(4326))
