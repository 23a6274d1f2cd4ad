"""Hexagons: every area has one, no two have the same, and neighbours stay neighbours."""

from __future__ import annotations

import tomllib
from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from geolls.base.shelves import shelf
from geolls.land.blocks import adjacency, load_blocks
from geolls.layers.areas import load_areas
from geolls.layers.catalogue import load_catalogue
from geolls.layers.expand import expand
from geolls.maps.hexes import layouts, neighbours

DAYS = {
    "2022": "2022-09-01",
    "2023": "2023-04-01",
    "2025": "2025-07-18",
    "2027": "2027-05-01",
    "2028": "2028-05-01",
}


def blocks_of(layout: str) -> dict[str, set[str]]:
    """The blocks of each unit that a layout is for."""
    if layout == "blocks":
        return {block: {block} for block in load_blocks().index}
    layer = load_catalogue().get("local_authority")
    held: dict[str, set[str]] = {}
    for claim in expand(layer, date.fromisoformat(DAYS[layout]), load_areas()):
        held.setdefault(claim.unit_code, set()).add(claim.block)
    return held


def borders_of(held: dict[str, set[str]]) -> set[tuple[str, str]]:
    """Pairs of units with a border, or a part in which both have land."""
    owners: dict[str, set[str]] = {}
    for unit, blocks in held.items():
        for block in blocks:
            owners.setdefault(block, set()).add(unit)
    names = load_blocks().index
    beside = [(names[a], names[b]) for a, b in adjacency(load_blocks())]
    beside += [(block, block) for block in owners]
    return {(x, y) for a, b in beside for x in owners[a] for y in owners[b] if x < y} | {
        (y, x) for a, b in beside for x in owners[a] for y in owners[b] if x > y
    }


def test_the_six_beside_a_cell_are_all_one_hexagon_away():
    def middle(cell):
        column, row = cell
        return column + 0.5 * (row % 2), row * np.sqrt(0.75)

    for cell in ((4, 4), (4, 5)):
        away = np.array([middle(other) for other in neighbours(cell)]) - middle(cell)
        assert np.linalg.norm(away, axis=1) == pytest.approx(1.0)
        assert len(set(neighbours(cell))) == 6


@pytest.mark.parametrize("layout", [*DAYS, "blocks"])
def test_each_area_of_the_day_has_a_hexagon_of_its_own(layout):
    cells = layouts()[layout]
    assert set(cells) == set(blocks_of(layout))
    assert len(set(cells.values())) == len(cells)


@pytest.mark.parametrize("layout", [*DAYS, "blocks"])
def test_seven_in_ten_borders_are_kept_and_the_shelf_says_how_many(layout):
    cells = layouts()[layout]
    borders = borders_of(blocks_of(layout))
    kept = np.mean([cells[b] in neighbours(cells[a]) for a, b in borders])
    assert kept > 0.7
    note = tomllib.loads((shelf("boundaries") / "hexes.toml").read_text(encoding="utf-8"))["note"]
    assert f"{layout}: {len(cells)} hexagons, {kept:.0%} of borders kept" in note


@pytest.mark.parametrize("layout", [*DAYS, "blocks"])
def test_north_stays_north_and_east_stays_east(layout):
    land = load_blocks().geometry.centroid
    cells = layouts()[layout]
    held = blocks_of(layout)
    true = np.array([[land[list(held[c])].x.mean(), land[list(held[c])].y.mean()] for c in cells])
    drawn = np.array([(column + 0.5 * (row % 2), row) for column, row in cells.values()])
    assert np.corrcoef(true[:, 0], drawn[:, 0])[0, 1] > 0.85
    assert np.corrcoef(true[:, 1], drawn[:, 1])[0, 1] > 0.9


def test_an_authority_that_goes_on_stays_near_its_hexagon():
    days = list(DAYS)
    for before, after in pairwise(days):
        here, there = layouts()[before], layouts()[after]
        land, then = blocks_of(before), blocks_of(after)
        heirs = {frozenset(blocks): code for code, blocks in land.items()}
        same = [(here[heirs[f]], there[c]) for c in then if (f := frozenset(then[c])) in heirs]
        shift = np.median(np.subtract(*np.moveaxis(np.array(same), 1, 0)), axis=0)
        moved = [np.abs(np.subtract(a, b) - shift).max() for a, b in same]
        assert np.mean(np.array(moved) <= 1) > 0.9
