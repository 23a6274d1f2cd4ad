"""Which block a point lies in: one rule, asked of many points and of one, with and without shapely.

The oracle is a plain loop over the blocks; the three ways to ask are held to it and to each other.
"""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geolls.base.errors import GeometryError
from geolls.land import locate as room
from geolls.land.blocks import load_blocks, load_neighbourhoods
from geolls.land.cells import Cells
from geolls.land.locate import COAST_TOLERANCE_M, PointIndex, locate, to_bng

from .conftest import KM, X, Y

LEEDS = (429_796.0, 433_927.0)
NAN, INF = math.nan, math.inf


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    PointIndex.open(folder)
    return folder


@pytest.fixture(scope="module")
def blocks() -> gpd.GeoDataFrame:
    return load_blocks()


# ---- the rule --------------------------------------------------------------------------------


def test_points_are_placed_inside_near_or_nowhere(squares: gpd.GeoDataFrame) -> None:
    points = [
        (X + 5 * KM, Y + 5 * KM),  # in a
        (X + 10 * KM, Y + 5 * KM),  # on the line between a and b
        (X + 10 * KM, Y + 10 * KM),  # where four meet
        (X - 300, Y + 5 * KM),  # 300 m out at sea
        (X - COAST_TOLERANCE_M, Y + 10 * KM),  # as far as may be, as near to a as to c
        (X - COAST_TOLERANCE_M - 1, Y + 5 * KM),  # too far
        (NAN, Y),
    ]
    found = locate(points, squares)
    assert list(found["block"]) == ["a", "a", "a", "a", "a", None, None]
    assert list(found["located_by"]) == ["polygon"] * 3 + ["nearest"] * 2 + ["none"] * 2
    assert found["distance_m"].tolist()[:5] == [0, 0, 0, 300, COAST_TOLERANCE_M]
    assert found["distance_m"][5:].isna().all()


def test_no_points_have_no_blocks(squares: gpd.GeoDataFrame) -> None:
    for nothing in (np.empty((0, 2)), [(NAN, NAN)]):
        assert locate(nothing, squares)["block"].notna().sum() == 0


def test_degrees_are_refused(squares: gpd.GeoDataFrame) -> None:
    with pytest.raises(GeometryError, match="not projected"):
        locate([(0, 0)], squares.to_crs(4326))


def sample(blocks: gpd.GeoDataFrame, number: int) -> np.ndarray:
    """Draw points inside, on lines and corners, off the coast, far away, and without a place."""
    rng = np.random.default_rng(2022)
    west, south, east, north = blocks.total_bounds
    homes = load_neighbourhoods()[["easting", "northing"]].to_numpy(float)
    corners = shapely.get_coordinates(blocks.geometry.to_numpy())
    halfway = (corners[:-1] + corners[1:]) / 2  # on lines, but for the few that join two rings
    some = rng.permutation(len(corners) - 1)[:number]
    return np.vstack(
        [
            rng.uniform((west - 5_000, south - 5_000), (east + 5_000, north + 5_000), (number, 2)),
            rng.permutation(homes)[:number],
            corners[some],  # where two or three blocks meet
            halfway[some],
            corners[some] + rng.integers(-2_500, 2_500, (len(some), 2)),
            corners[some] + rng.normal(0, 150, (len(some), 2)),
            np.floor(corners[some] / 250) * 250,  # corners of cells
            [(NAN, 1.0), (1.0, NAN), (INF, 1.0), (-INF, INF), (1e300, -1e300), LEEDS],
        ]
    )


def test_many_points_get_the_answer_of_a_plain_loop(blocks: gpd.GeoDataFrame) -> None:
    points = sample(blocks, 40)
    found = locate(points, blocks)
    for (x, y), row in zip(points, found.itertuples(), strict=True):
        if not (abs(x) < 1e9 and abs(y) < 1e9):  # NaN too
            assert row.block is None
            continue
        away = blocks.distance(shapely.Point(x, y))  # 0 inside and on the line
        if away.min() > COAST_TOLERANCE_M:
            assert (row.block, row.located_by) == (None, "none")
        else:
            assert row.block == away.idxmin()  # the first by code of those as near
            assert row.distance_m == away.min()
            assert row.located_by == ("nearest" if away.min() else "polygon")


def test_one_point_gets_the_answer_of_many(folder: Path, blocks: gpd.GeoDataFrame) -> None:
    points = sample(blocks, 400)
    many = locate(points, blocks)
    index = PointIndex.open(folder)
    one = [index.block_at(x, y) for x, y in points.tolist()]
    assert one == many["block"].tolist()
    assert set(many["located_by"]) == {"polygon", "nearest", "none"}


def test_the_raster_gives_the_answer_of_many(blocks: gpd.GeoDataFrame) -> None:
    points = sample(blocks, 5_000)
    many = locate(points, blocks)
    cells = Cells(blocks)
    at, nearest = cells.find(points)
    assert at.tolist() == blocks.index.get_indexer(many["block"]).tolist()
    assert nearest.tolist() == (many["located_by"] == "nearest").tolist()


# ---- the index for one point -----------------------------------------------------------------


def test_a_block_is_named_inside_it_and_not_far_out_at_sea(folder: Path) -> None:
    index = PointIndex.open(folder)
    assert index.block_at(*LEEDS) == "E08000035"
    assert index.block_at(300_000, 600_000) is None
    assert index.block_at(NAN, 1.0) is None


def test_it_is_built_in_memory_without_a_folder() -> None:
    assert PointIndex.open(None).block_at(*LEEDS) == "E08000035"


def kept(folder: Path) -> Path:
    PointIndex.open(folder)
    (file,) = folder.iterdir()
    return file


@pytest.mark.parametrize("damage", [b"", b"[]", b"{}", b'{"blocks": 1}', b"\xff" * 500])
def test_a_damaged_file_is_built_again(tmp_path: Path, damage: bytes) -> None:
    file = kept(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(damage)
    assert PointIndex.open(tmp_path).block_at(*LEEDS) == "E08000035"
    assert file.read_bytes() == whole
    file.write_bytes(whole[: len(whole) // 2])
    assert PointIndex.open(tmp_path).block_at(*LEEDS) == "E08000035"
    assert file.read_bytes() == whole


def test_it_is_built_again_when_the_blocks_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kept(tmp_path).read_bytes()
    monkeypatch.setattr(room, "sha256", lambda _: "another")
    after = kept(tmp_path).read_bytes()
    assert before != after
    assert b"another" in after[:100]


def test_where_nothing_can_be_written_it_is_built_in_memory(tmp_path: Path) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("in the way")
    assert PointIndex.open(blocked).block_at(*LEEDS) == "E08000035"


def test_a_kept_index_needs_no_geometry_library(folder: Path) -> None:
    code = (
        "import sys; from geolls.land.locate import PointIndex; "
        f"print(PointIndex.open({str(folder)!r}).block_at(*{LEEDS})); "
        "print(*sorted({'geopandas', 'shapely', 'pandas', 'numpy', 'pyarrow', 'pyproj'} "
        "& set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["E08000035", ""]


def test_degrees_become_metres_as_the_ordnance_survey_says() -> None:
    # Caister water tower, the worked example of OS "A guide to coordinate systems in Great
    # Britain" (ETRS89 to OSGB36 by OSTN15); without the grid file PROJ is good to 5 m.
    easting, northing = to_bng(1 + 42 / 60 + 57.8663 / 3600, 52 + 39 / 60 + 28.8282 / 3600)
    assert easting == pytest.approx(651_409.804, abs=5)
    assert northing == pytest.approx(313_177.450, abs=5)
