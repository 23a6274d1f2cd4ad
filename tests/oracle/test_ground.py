"""The lines of the blocks, judged by postcodes that bent none of them, and by every school."""

from __future__ import annotations

import runpy
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from geolls.base.shelves import shelf
from geolls.land.blocks import dissolve, load_blocks
from geolls.maps.scenes import scene_of

ROOT = Path(__file__).parents[2]
SAMPLE = Path(__file__).with_name("postcodes.parquet")
BLOCKS = shelf("boundaries") / "block"
BUILD = runpy.run_path(str(ROOT / "tools" / "build_blocks.py"))

# State-funded schools of July 2025 that their code and their point put in different districts,
# 25 to 400 m apart: of lines true to 20 m as well.
APART = {
    "100577", "107881", "110746", "130371", "140211", "140478", "141447",
    "142383", "144571", "145907", "147371", "150613", "151014",
}  # fmt: skip


def test_the_notes_say_how_many_postcodes_the_lines_misplace() -> None:
    page = (ROOT / "docs" / "data-notes.md").read_text("utf-8")
    said = page.split(BUILD["BEGIN"])[1].split(BUILD["END"])[0]
    for row in BUILD["rows_of"](BLOCKS, SAMPLE):
        assert f"| {' | '.join(row)} |" in said, "run tools/build_blocks.py"


def test_few_postcodes_that_bent_no_line_are_misplaced() -> None:
    spots = pd.read_parquet(SAMPLE)
    blocks = load_blocks()
    own = blocks.geometry.loc[spots["block"].astype(str)].to_numpy()
    points = shapely.points(spots[["easting", "northing"]].to_numpy(float))
    right = shapely.intersects(own, points)
    assert len(spots) > 3_000
    for newer in (False, True):
        which = spots["newer"] == newer
        assert (~right[which]).mean() < 0.65 * (~spots["straight"][which]).mean()


def test_the_lines_were_measured_on_every_postcode_when_they_were_built() -> None:
    measured = tomllib.loads((BLOCKS / "layer.toml").read_text("utf-8"))["measured"]
    assert measured["postcodes"] > 1_450_000
    assert measured["misplaced_percent"] <= 0.06
    assert measured["held_misplaced_percent"] <= 0.22
    assert abs(measured["area_change_percent"]) <= 0.1
    assert measured["vertices"] == shapely.get_num_coordinates(load_blocks().geometry).sum()


@pytest.mark.real_data
def test_no_school_stands_outside_its_district_but_those_whose_code_and_point_differ(
    recent_study: Any,
) -> None:
    schools = recent_study.everywhere.dropna(subset=["easting"])
    areas = recent_study.areas.alive("district", recent_study.as_of)
    held = [(a.code, block) for a in areas for block in a.blocks]
    land = pd.DataFrame(held, columns=["unit_code", "block"])
    own = schools["district"]
    schools, own = schools[own.isin(land["unit_code"])], own[own.isin(land["unit_code"])]
    assert len(schools) > 20_000
    xy = schools[["easting", "northing"]].to_numpy(float)

    shapes = dissolve(load_blocks(), land).geometry.loc[own].to_numpy()
    metres = shapely.distance(shapely.points(xy), shapes)
    assert set(schools["urn"][metres > 25]) <= APART
    assert metres.max() < 400

    # And nowhere is a mark drawn outside: on the land that pages draw, at every scale they have.
    data = scene_of(recent_study, "national_index")[1]
    topology, shown = data.topology, schools["urn"].isin(data.schools["urn"]).to_numpy()
    unit = land.set_index("block")["unit_code"].reindex(topology.blocks).to_numpy(object)
    urns, own, xy = schools["urn"][shown], own.to_numpy(object)[shown], xy[shown]
    assert len(urns) > 19_000
    for scale in (25, 100, 400):
        drawn = topology.encode(scale)
        assert set(urns[outside(drawn, unit, own, xy) > 25]) <= APART, scale
    # Marks that are drawn elsewhere than they stand are told.
    assert (outside(drawn, unit, own, xy + 500.0) > 25).sum() > 100


def outside(drawn: dict[str, Any], unit: Any, own: Any, xy: Any) -> Any:
    """Return how many metres each point lies outside the land that is drawn of its own unit."""
    line = np.cumsum(np.reshape(drawn["xy"], (-1, 2)), axis=0) * drawn["step"]
    arc = np.repeat(np.arange(len(drawn["n"])), drawn["n"])
    real = arc[1:] == arc[:-1]
    start, end, arc = line[:-1][real], line[1:][real], arc[:-1][real]
    unit = np.append(unit, "")  # the last, at -1, is the sea
    left, right = (unit[np.cumsum(drawn[side])][arc] for side in ("left", "right"))
    away = np.zeros(len(xy))
    for code in np.unique(own):
        border = (left != right) & ((left == code) | (right == code))
        a, b, mine = start[border], end[border], np.flatnonzero(own == code)
        x, y = xy[mine].T[:, :, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            cut = (b[:, 0] - a[:, 0]) * (y - a[:, 1]) / (b[:, 1] - a[:, 1]) + a[:, 0]
        crossed = ((a[:, 1] > y) != (b[:, 1] > y)) & (x < cut)
        lost = mine[crossed.sum(axis=1) % 2 == 0]
        whole = shapely.multilinestrings(np.stack([a, b], axis=1))
        away[lost] = shapely.distance(shapely.points(xy[lost]), whole)
    return away
