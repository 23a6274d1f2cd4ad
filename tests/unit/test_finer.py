"""Official boundaries are held against the succession table: four squares, by hand."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely.geometry import Polygon, box

from geolls.api import open_study
from geolls.base.errors import GeometryError, InputFileError, UnknownNameError, UsageError
from geolls.fetch.kept import Boundaries
from geolls.fetch.ons import fetch_boundaries
from geolls.land.blocks import dissolve, load_blocks
from geolls.land.finer import compare_with_succession, finer_blocks, read_blocks, rebuild_blocks
from geolls.layers.areas import Area, Areas, load_areas

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


def merged(on: date) -> gpd.GeoDataFrame:
    """The districts of a day, as the blocks draw them."""
    alive = load_areas().alive("district", on)
    rows = [(block, a.code) for a in alive for block in a.blocks]
    built = dissolve(load_blocks(), pd.DataFrame(rows, columns=["block", "unit_code"]))
    names = {a.code: a.name for a in alive}
    found = built.rename_axis("code").reset_index()
    return found.assign(name=found["code"].map(names))[["code", "name", "geometry"]]


def test_districts_of_several_blocks_keep_the_lines_between_them() -> None:
    coarse = load_blocks()
    finer = finer_blocks(merged(date(2025, 12, 31)), on=date(2025, 12, 31))
    assert shapely.coverage_is_valid(finer.geometry.to_numpy())
    assert finer["area_m2"].to_numpy() == pytest.approx(coarse["area_m2"].to_numpy(), rel=1e-3)
    off = shapely.area(shapely.symmetric_difference(finer.geometry, coarse.geometry))
    assert (off / coarse["area_m2"]).max() < 0.001


def test_what_an_outline_adds_goes_to_the_nearest_block() -> None:
    on = date(2025, 12, 31)
    wide = merged(on)
    # The coast of Dorset, of five blocks, is drawn 300 m further out.
    dorset = wide["code"] == "E06000059"
    others = wide.geometry[~dorset].union_all()
    before = wide.geometry[dorset].iloc[0]
    wide.loc[dorset, "geometry"] = before.buffer(300).difference(others)
    coarse, finer = load_blocks(), finer_blocks(wide, on=on)
    assert shapely.coverage_is_valid(finer.geometry.to_numpy())
    five = ["E07000049", "E07000050", "E07000051", "E07000052", "E07000053"]
    added = finer.loc[five].geometry.difference(before)
    whole = wide.geometry[dorset].iloc[0].area - before.area
    assert added.area.sum() == pytest.approx(whole, rel=1e-3)
    for code in five:  # nothing added lies far from the block it was added to
        if added[code].area > 1:
            assert added[code].difference(coarse.geometry[code].buffer(450)).area < 1
    assert added["E07000053"].area > 1e6  # Weymouth has a coast
    assert added["E07000050"].area < 1e3  # North Dorset has none


def test_an_outline_that_crosses_itself_is_not_lost() -> None:
    frame = as_published(load_blocks())
    leeds = frame["code"] == "E08000035"
    shape = frame.loc[leeds, "geometry"].iloc[0]
    spike = shapely.GeometryCollection([shape, shapely.LineString([(4e5, 4e5), (4.1e5, 4e5)])])
    frame.loc[leeds, "geometry"] = spike
    assert finer_blocks(frame)["area_m2"]["E08000035"] == pytest.approx(shape.area)


@pytest.mark.parametrize("at", range(5), ids=["none", "empty", "line", "elsewhere", "twice"])
def test_districts_that_leave_a_block_without_land_are_refused(at: int) -> None:
    frame = merged(date(2025, 12, 31))
    dorset = frame["code"] == "E06000059"
    shape = [None, Polygon(), shapely.LineString([(4e5, 3e5), (4.1e5, 3e5)])][at : at + 1]
    if shape:
        frame.loc[dorset, "geometry"] = shape[0]
    elif at == 3:  # Dorset lies where Leeds lies
        frame.loc[dorset, "geometry"] = frame.loc[frame["code"] == "E08000035", "geometry"].iloc[0]
    else:
        frame = pd.concat([frame, frame[dorset]])
    with pytest.raises(GeometryError, match="is there twice" if at == 4 else "has no land"):
        finer_blocks(frame, on=date(2025, 12, 31))


@pytest.fixture
def fetched(tmp_path: Path) -> Boundaries:
    frame = as_published(load_blocks())
    west = frame["code"] == "E06000052"  # Cornwall, drawn otherwise along its coast
    frame.loc[west, "geometry"] = frame.loc[west, "geometry"].simplify(700)
    path = tmp_path / "LAD18_BSC.parquet"
    frame.rename(columns={"code": "LAD18CD", "name": "LAD18NM"}).to_parquet(path)
    return fetch_boundaries(tmp_path, "district", 2018, "BSC", source=path)


def test_blocks_are_written_and_read_and_name_what_they_are_drawn_along(
    fetched: Boundaries, tmp_path: Path
) -> None:
    made = rebuild_blocks(fetched, load_areas(), tmp_path / "blocks")
    assert made.label == "Local authority districts of 2018-12-31 at BSC"
    assert made.manifest["official_outlines"] == made.manifest["blocks"] == 326
    assert made.analysis().columns.tolist() == load_blocks().columns.tolist()
    assert made.display().index.equals(load_blocks().index)
    assert shapely.coverage_is_valid(made.display().geometry.to_numpy())
    again = rebuild_blocks(fetched, load_areas(), tmp_path / "again")
    assert again.manifest == made.manifest


def test_a_study_on_finer_blocks_says_so_and_counts_their_land(
    fetched: Boundaries, tmp_path: Path
) -> None:
    rebuild_blocks(fetched, load_areas(), tmp_path / "blocks")
    (tmp_path / "study.toml").write_text('as_of = 2022-09-01\nblocks = "blocks"\n')
    plain, finer = open_study(as_of="2022-09-01"), open_study(tmp_path / "study.toml")
    assert finer.attribution.endswith("Blocks: Local authority districts of 2018-12-31 at BSC.")
    assert "Blocks" not in plain.attribution
    assert finer.fingerprint != plain.fingerprint
    assert dict(finer.describe().values)["blocks"] == finer.finer.label
    cornwall = finer.block_weights["area_m2"]["E06000052"]
    assert cornwall != plain.block_weights["area_m2"]["E06000052"]
    assert finer.blocks.geometry["E06000052"].area == cornwall
    assert finer.display_blocks.geometry["E06000052"].area == pytest.approx(cornwall, rel=0.01)
    assert finer.block_weights["neighbourhoods"].equals(plain.block_weights["neighbourhoods"])


def test_blocks_that_are_damaged_or_not_there_are_refused(
    fetched: Boundaries, tmp_path: Path
) -> None:
    with pytest.raises(InputFileError, match="holds no blocks"):
        read_blocks(tmp_path)
    made = rebuild_blocks(fetched, load_areas(), tmp_path / "blocks")
    (made.folder / "display.parquet").write_bytes(b"PAR1")
    made.analysis()
    with pytest.raises(InputFileError, match="changed since it was written"):
        made.display()
    (made.folder / "blocks.json").write_text("[]")
    with pytest.raises(InputFileError, match="manifest"):
        read_blocks(made.folder)
    with pytest.raises(UsageError, match="districts, not of region"):
        rebuild_blocks(dataclasses.replace(fetched, layer="region"), load_areas(), tmp_path / "x")


@pytest.mark.real_data
def test_real_districts_of_2020_make_one_coverage_of_their_land(real_data: Path) -> None:
    drawn = gpd.read_file(real_data / "boundaries" / "ONSvisual_geogLA2020E.topo.json")
    drawn = drawn.set_crs(4326).to_crs(27700)
    drawn = drawn.rename(columns={"AREACD": "code", "AREANM": "name"})
    finer = finer_blocks(drawn, on=date(2020, 12, 31))
    assert shapely.coverage_is_valid(finer.geometry.to_numpy())
    land = shapely.area(shapely.union_all(shapely.make_valid(drawn.geometry.to_numpy())))
    assert finer["area_m2"].sum() == pytest.approx(land, rel=1e-6)


def test_districts_of_another_year_are_not_the_blocks() -> None:
    frame = as_published(load_blocks()).iloc[1:]
    with pytest.raises(UnknownNameError, match="1 codes"):
        finer_blocks(frame)
    with pytest.raises(GeometryError):
        finer_blocks(frame.to_crs(4326))
