"""What a notebook writes: files named in plain text."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import geolls
from geolls import Study, open_study
from geolls.export.everything import export
from geolls.maps.print.page import save_print
from geolls.maps.scenes import scene_of
from geolls.study.points import assign_points


@pytest.fixture(scope="module")
def study() -> Study:
    return open_study(layers=["district", "local_authority"], phase="all_through")


def test_a_file_may_be_named_by_text(study: Study, tmp_path: Path) -> None:
    def at(name: str) -> str:
        return f"{tmp_path}/{name}"

    points = pd.DataFrame({"easting": [429796.0], "northing": [433927.0]})
    points.to_parquet(at("points.parquet"))
    assign_points(at("points.parquet"), at("assigned.parquet"), study)
    study.save_map("locality_overlay", at("map.html"), place="Leeds")
    save_print(*scene_of(study, "locality_overlay", place=study.place("Leeds")), at("map.svg"))
    written = export(study, at("tables"), formats=["csv"])
    assert list(pd.read_parquet(at("assigned.parquet"))["block"])
    assert (tmp_path / "map.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert (tmp_path / "map.svg").read_text("utf-8").startswith("<svg")
    assert {path.parent for path in written} == {tmp_path / "tables"}
    assert all(path.is_file() for path in written)


def test_what_a_notebook_lists_is_what_its_user_wants(study: Study) -> None:
    assert dir(geolls) == ["Study", "__version__", "history", "open_study", "shipped_study"]
    listed = {name for name in dir(study) if not name.startswith("_")}
    asked = {"assigned", "changes", "compare", "coverage", "explain", "map", "mismatch", "overlap"}
    assert asked | {"place", "places", "schools_in", "spread", "table", "trust"} <= listed
    # One name for each fact, and no room that happens to be imported.
    assert not listed & {"assignment", "block_membership", "facts", "place_schools", "school_table"}
    kinds = {type(getattr(geolls.Study, name, None)).__name__ for name in listed}
    assert kinds <= {"NoneType", "cached_property", "function", "property"}
