"""The light index gives the answers of the geometry libraries, and survives what happens to it."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geolls.base.errors import OutputError
from geolls.land import locate as pointindex
from geolls.land.blocks import load_blocks, load_neighbourhoods, locate
from geolls.land.locate import FILE_NAME, PointIndex, build_point_index, to_bng

LEEDS = (429_796.0, 433_927.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    build_point_index(folder)
    return folder


@pytest.fixture(scope="module")
def blocks() -> gpd.GeoDataFrame:
    return load_blocks()


def test_thousands_of_points_get_the_answer_of_the_geometry_library(
    folder: Path, blocks: gpd.GeoDataFrame
) -> None:
    rng = np.random.default_rng(2022)
    west, south, east, north = blocks.total_bounds
    corners = rng.permutation(shapely.get_coordinates(blocks.geometry.to_numpy()))[:1500]
    homes = load_neighbourhoods()[["easting", "northing"]].to_numpy(float)
    points = np.vstack(
        [
            rng.uniform((west, south), (east, north), (2500, 2)),
            rng.permutation(homes)[:1000],
            corners,  # on the lines, where two or three blocks meet
            corners + rng.integers(-600, 600, corners.shape),  # near them, and off the coast
        ]
    )
    expected = locate(points, blocks)
    index = PointIndex.open(folder)
    found = [index.locate(x, y) for x, y in points.tolist()]
    assert [block for block, _ in found] == expected["block"].tolist()
    assert [m for _, m in found] == pytest.approx(expected["distance_m"].tolist(), nan_ok=True)
    assert set(expected["located_by"]) == {"polygon", "nearest", "none"}


def test_a_block_is_named_inside_it_and_not_far_out_at_sea(folder: Path) -> None:
    index = PointIndex.open(folder)
    assert index.block_at(*LEEDS) == "E08000035"
    assert index.block_at(300_000, 600_000) is None
    assert index.block_at(math.nan, 1.0) is None
    assert index.block_at(*LEEDS, tolerance_m=0) == "E08000035"


def test_it_is_built_in_memory_without_a_folder() -> None:
    assert PointIndex.open(None).block_at(*LEEDS) == "E08000035"


@pytest.mark.parametrize("damage", [b"", b"geolls", b"x" * 500])
def test_a_damaged_file_is_built_again(tmp_path: Path, damage: bytes) -> None:
    whole = build_point_index(tmp_path).read_bytes()
    file = tmp_path / FILE_NAME
    file.write_bytes(damage)
    assert PointIndex.open(tmp_path).block_at(*LEEDS) == "E08000035"
    assert file.read_bytes() == whole
    file.write_bytes(whole[: len(whole) // 2])
    assert PointIndex.open(tmp_path).block_at(*LEEDS) == "E08000035"
    assert file.read_bytes() == whole


def test_it_is_built_again_when_the_blocks_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = build_point_index(tmp_path).read_bytes()
    monkeypatch.setattr(pointindex, "_blocks_digest", lambda: b"\x07" * 32)
    PointIndex.open(tmp_path)
    after = (tmp_path / FILE_NAME).read_bytes()
    assert before != after
    assert b"\x07" * 32 in after[:100]


def test_where_nothing_can_be_written_it_is_built_in_memory(tmp_path: Path) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("in the way")
    with pytest.raises(OutputError):
        build_point_index(blocked)
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
