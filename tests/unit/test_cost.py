"""What work costs, counted and not timed: calls, imports and bytes grow as they should."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely

from geolls import open_study
from geolls.api import Study
from geolls.register.demonstration import demonstration_register
from geolls.study.points import Columns, PointAssigner

LAYERS = ["district", "local_authority", "region", "teaching_school_hub"]


def study_of(scale: int) -> Study:
    settings = open_study(layers=LAYERS).settings
    return Study(settings, register=demonstration_register(scale=scale))


def calls(work: Callable[[], Any]) -> int:
    """Count the functions that Python calls, its own and those of C."""
    count = 0

    def count_one(_frame: Any, event: str, _arg: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count_one)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.fixture(scope="module")
def once_and_four_times() -> tuple[Study, Study]:
    one, four = study_of(1), study_of(4)
    study = study_of(1)  # what is loaded once and kept is not counted
    for key in LAYERS:
        study.assigned(key)
    study.spread()
    assert len(four.schools) == 4 * len(one.schools)
    _ = one.blocks, four.blocks
    return one, four


def test_placing_four_times_the_schools_calls_no_more_functions(
    once_and_four_times: tuple[Study, Study],
) -> None:
    one, four = (calls(lambda s=s: s.placement) for s in once_and_four_times)
    # A loop over schools would call four times as many; only the odd ones are looped over.
    assert one > 100
    assert four < 2 * one, (one, four)


@pytest.mark.parametrize("layer", LAYERS)
def test_assigning_four_times_the_schools_calls_no_more_functions(
    once_and_four_times: tuple[Study, Study], layer: str
) -> None:
    anew = [Study(s.settings, register=s.register) for s in once_and_four_times]
    for study in anew:
        _ = study.placement, study.land(layer)
    one, four = (calls(lambda s=s: s.assigned(layer)) for s in anew)
    assert one > 30
    if layer == "local_authority":  # names are looked up school by school
        assert four < 4.2 * one, (one, four)
    else:
        assert four < 1.5 * one, (one, four)


def test_measuring_four_times_the_trusts_calls_few_more_functions(
    once_and_four_times: tuple[Study, Study],
) -> None:
    for study in once_and_four_times:
        _ = [study.assigned(key) for key in LAYERS]
    one, four = (calls(lambda s=s: s.spread()) for s in once_and_four_times)
    assert one > 1_000
    assert four < 2 * one, (one, four)


def test_the_polygons_are_asked_as_often_for_four_times_the_schools(
    once_and_four_times: tuple[Study, Study], monkeypatch: pytest.MonkeyPatch
) -> None:
    from geolls.land.locate import locate

    asked: list[int] = []
    query = shapely.STRtree.query

    def counting(self: shapely.STRtree, geometry: Any, *args: Any, **more: Any) -> Any:
        asked.append(np.size(geometry))
        return query(self, geometry, *args, **more)

    monkeypatch.setattr(shapely.STRtree, "query", counting)
    for study in once_and_four_times:
        locate(study.schools[["easting", "northing"]].to_numpy(float), study.blocks)
    assert asked == [len(once_and_four_times[0].blocks)] * 2


def test_a_batch_of_points_costs_as_many_calls_whatever_its_size() -> None:
    assigner = PointAssigner(open_study(layers=LAYERS))
    rng = np.random.default_rng(1)
    columns = Columns("easting", "northing", False)

    def batch(rows: int) -> pa.RecordBatch:
        xy = rng.uniform((300_000, 100_000), (600_000, 500_000), (rows, 2))
        return pa.record_batch({"easting": xy[:, 0], "northing": xy[:, 1]})

    few, many = batch(2_000), batch(50_000)
    assigner(few, columns)
    one, other = (calls(lambda b=b: assigner(b, columns)) for b in (few, many))
    assert other < 1.2 * one, (one, other)


def test_a_further_school_adds_few_bytes_to_a_map(
    once_and_four_times: tuple[Study, Study],
) -> None:
    from geolls.maps.page import draw
    from geolls.maps.scenes import scene_of

    recipe, whole = scene_of(once_and_four_times[0], "national_index")
    assert whole.schools is not None
    half = replace(whole, schools=whole.schools.iloc[::2].reset_index(drop=True))
    sizes = [sum(map(len, draw(recipe, data).parts.values())) for data in (half, whole)]
    added = (sizes[1] - sizes[0]) / (len(whole.schools) / 2)
    assert 1 < added < 15, added


@pytest.mark.parametrize("command", [["layers"], ["where", "Leeds"], ["--version"]])
def test_a_short_command_loads_no_geometry_library(command: list[str], tmp_path: Path) -> None:
    code = (
        "import sys\nfrom geolls.cli.main import main\n"
        f"sys.argv = ['geolls', *{command!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "heavy = {'geopandas', 'folium', 'shapely', 'pandas', 'pyogrio', 'pyarrow'}\n"
        "print('loaded:', *sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "GEOLLS_DATA": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "loaded:", done.stderr
