"""Build boundaries/hexes.csv: a hexagon for each authority, and for each block.

Usage: python tools/build_hexes.py

By these steps, each seeded, so that the same boundaries give the same bytes:

1. each unit is a circle of one size where its residents live (the middle of its neighbourhoods);
   circles that overlap are pushed apart, while neighbours pull at each other (Dorling, 1996);
2. the circles take the cells of a lattice of hexagons with the least sum of squared distances
   (a linear assignment);
3. cells are exchanged by simulated annealing. The cost of an arrangement is the number of borders
   lost (neighbours on the ground that are none on the lattice), plus, for each border, what its
   direction has turned (1 - cosine), plus the squared distance of each unit from its circle;
4. a later set of authorities begins with the cells of the one before it, and each unit that goes
   on is held to its own.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree

from geolls.base.files import write_text
from geolls.base.shelves import shelf
from geolls.land.blocks import adjacency, load_blocks, load_neighbourhoods
from geolls.layers.areas import load_areas
from geolls.layers.catalogue import load_catalogue
from geolls.layers.expand import expand
from geolls.maps.hexes import Cell, neighbours

DAYS = ("2022-09-01", "2023-04-01", "2025-04-01", "2027-04-01", "2028-04-01")
TURNED, AWAY, HELD = 0.5, 0.06, 0.5  # of the cost: see step 3 and 4
ROUNDS, WARM, COLD, SEED = 1_500, 1.0, 0.03, 11
MEMBERS = ["unit_code", "block"]
ABOUT = """\
# The hexagons of maps of England: hexes.csv, written by tools/build_hexes.py.
title = "Hexagons of local authorities and of pre-2019 districts"
source = "Computed from the blocks and areas of this folder"
note = "{kept}"
sha256 = "{sha256}"
"""


class Units(NamedTuple):
    """The units of one layout."""

    codes: list[str]
    land: list[frozenset[str]]
    xy: np.ndarray
    pairs: np.ndarray


def units_of(members: pd.DataFrame) -> Units:
    """Return the units of a table unit_code, block: where they are, who is beside whom."""
    blocks = load_blocks()
    homes = load_neighbourhoods().groupby("block")[["easting", "northing"]].agg(["mean", "size"])
    known = pd.DataFrame(
        {
            "x": homes["easting", "mean"],
            "y": homes["northing", "mean"],
            "n": homes["easting", "size"],
        }
    )
    rows = members.join(known, on="block")
    rows[["x", "y"]] = rows[["x", "y"]].mul(rows["n"], axis=0)
    by = rows.groupby("unit_code")
    sums = by[["x", "y", "n"]].sum()
    codes = sums.index.tolist()
    at = {code: i for i, code in enumerate(codes)}
    of = members.groupby("block")["unit_code"].agg(lambda c: [at[code] for code in c])
    names = blocks.index.tolist()
    pairs = {
        (min(a, b), max(a, b))
        for left, right in adjacency(blocks)
        for a in of.get(names[left], [])
        for b in of.get(names[right], [])
        if a != b
    } | {tuple(sorted(p)) for p in of if len(p) == 2}
    xy = sums[["x", "y"]].to_numpy() / sums[["n"]].to_numpy()
    land = [frozenset(rows.loc[at, "block"]) for at in by.groups.values()]
    return Units(codes, land, xy, np.array(sorted(pairs)))


def circles(units: Units, steps: int = 3_000) -> np.ndarray:
    """Return where circles of diameter 1 stand that do not overlap, neighbours near neighbours."""
    a, b = units.pairs.T
    xy = (units.xy - units.xy.mean(0)) / np.median(
        np.linalg.norm(units.xy[a] - units.xy[b], axis=1)
    )
    for _ in range(steps):
        move = np.zeros_like(xy)
        near = cKDTree(xy).query_pairs(1.0, output_type="ndarray")
        gap = xy[near[:, 0]] - xy[near[:, 1]]
        far = np.maximum(np.linalg.norm(gap, axis=1, keepdims=True), 1e-9)
        push = gap / far * (1.0 - far) * 0.5
        np.add.at(move, near[:, 0], push)
        np.add.at(move, near[:, 1], -push)
        gap = xy[a] - xy[b]
        far = np.linalg.norm(gap, axis=1, keepdims=True)
        pull = gap / far * np.maximum(far - 1.0, 0.0) * 0.06
        np.add.at(move, a, -pull)
        np.add.at(move, b, pull)
        xy = xy + move * 0.7
    return xy


def middle(cells: np.ndarray) -> np.ndarray:
    """Return the middles of cells (column, row) of hexagons with a point upwards, 1 apart."""
    column, row = np.moveaxis(np.asarray(cells, float), -1, 0)
    return np.stack([column + 0.5 * (row % 2), row * np.sqrt(0.75)], axis=-1)


def arrange(units: Units, before: dict[frozenset[str], Cell]) -> dict[str, Cell]:
    """Return the cell of each unit; one whose land had a cell before goes on there if it can."""
    held = {
        c: before[land] for c, land in zip(units.codes, units.land, strict=True) if land in before
    }
    if len(held) == len(units.codes):
        return held
    goal = circles(units)
    if held:
        known = [i for i, code in enumerate(units.codes) if code in held]
        ours = middle(np.array([held[units.codes[i]] for i in known]))
        goal += (ours - goal[known]).mean(0)
        goal[known] = ours
        for i in set(range(len(goal))) - set(known):  # a new one: among its neighbours
            a = units.pairs[(units.pairs == i).any(1)]
            friends = [j for j in a.ravel() if j in known]
            if friends:
                goal[i] = goal[friends].mean(0)
    low, high = np.floor(goal.min(0)) - 2, np.ceil(goal.max(0) / (1, np.sqrt(0.75))) + 2
    rows = np.arange(int(low[1] / 0.8), int(high[1]) + 1)
    lattice = np.array([(c, r) for r in rows for c in range(int(low[0]), int(high[0]) + 1)])
    cost = ((goal[:, None] - middle(lattice)[None]) ** 2).sum(-1)
    cells = [tuple(map(int, lattice[j])) for j in linear_sum_assignment(cost)[1]]
    weight = np.array([HELD if code in held else AWAY for code in units.codes])
    return dict(zip(units.codes, anneal(units, goal, cells, weight), strict=True))


def anneal(units: Units, goal: np.ndarray, cells: list[Cell], weight: np.ndarray) -> list[Cell]:
    """Exchange cells while the cost falls, or rises by little while it is warm."""
    random, n = np.random.default_rng(SEED), len(cells)
    friends: list[list[int]] = [[] for _ in range(n)]
    for a, b in units.pairs.tolist():
        friends[a].append(b)
        friends[b].append(a)
    unit = units.xy[:, None] - units.xy[None]
    far = np.linalg.norm(unit, axis=2, keepdims=True)
    true = np.divide(unit, far, out=np.zeros_like(unit), where=far > 0)
    at = {cell: i for i, cell in enumerate(cells)}
    place = [complex(*middle(np.array(cell))) for cell in cells]
    aim = [complex(*g) for g in goal]
    way = [[complex(*true[i, j]) for j in range(n)] for i in range(n)]
    pull = weight.tolist()

    def cost(i: int, here: complex, other: int, there: complex) -> float:
        gap = here - aim[i]
        total = pull[i] * (gap.real * gap.real + gap.imag * gap.imag)
        mine = way[i]
        for j in friends[i]:
            step = here - (there if j == other else place[j])
            size = abs(step) or 1.0
            turn = mine[j]
            total += TURNED * (1.0 - (step.real * turn.real + step.imag * turn.imag) / size)
            if size > 1.01:
                total += 1.0 + 0.2 * (size - 1.0)
        return total

    for heat in np.geomspace(WARM, COLD, ROUNDS):
        draws = random.random((n, 3))
        for i in range(n):
            one, two, three = draws[i]
            friend = friends[i][int(one * len(friends[i]))] if friends[i] else i
            around = neighbours(cells[friend])
            cell = around[int(two * 6)]
            if cell == cells[i]:
                continue
            other = at.get(cell, -1)
            here, there = place[i], complex(*middle(np.array(cell)))
            before, after = cost(i, here, -1, 0), cost(i, there, other, here)
            if other >= 0:
                before += cost(other, place[other], -1, 0)
                after += cost(other, here, i, there)
            if after < before or np.exp((before - after) / heat) > three:
                old = cells[i]
                cells[i], place[i], at[cell] = cell, there, i
                if other >= 0:
                    cells[other], place[other], at[old] = old, here, other
                else:
                    del at[old]
    return cells


def kept(units: Units, cells: dict[str, Cell]) -> float:
    """Return the share of borders whose two sides are beside each other on the lattice."""
    codes = units.codes
    return float(np.mean([cells[codes[b]] in neighbours(cells[codes[a]]) for a, b in units.pairs]))


def sets() -> list[tuple[str, Units]]:
    """Return the units of each layout, by its key."""
    layer, areas = load_catalogue().get("local_authority"), load_areas()
    found = []
    for day in DAYS:
        claims = expand(layer, date.fromisoformat(day), areas)
        members = pd.DataFrame(((c.unit_code, c.block) for c in claims), columns=MEMBERS)
        found.append((day[:4], units_of(members)))
    blocks = load_blocks().index
    found.append(("blocks", units_of(pd.DataFrame(dict.fromkeys(MEMBERS, blocks)))))
    return found


def main() -> None:
    """Write the table and what is to be said of it."""
    rows, told, before = ["layout,code,column,row"], [], dict[frozenset[str], Cell]()
    for key, units in sets():
        cells = arrange(units, before if key != "blocks" else {})
        before = {land: cells[code] for code, land in zip(units.codes, units.land, strict=True)}
        west = min(c for c, _ in cells.values())
        south = min(r for _, r in cells.values()) // 2 * 2
        rows += [f"{key},{code},{c - west},{r - south}" for code, (c, r) in sorted(cells.items())]
        told.append(f"{key}: {len(cells)} hexagons, {kept(units, cells):.0%} of borders kept")
        print(told[-1], flush=True)
    text = "\n".join(rows) + "\n"
    folder = shelf("boundaries")
    write_text(folder / "hexes.csv", text)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    write_text(folder / "hexes.toml", ABOUT.format(kept="; ".join(told) + ".", sha256=sha256))


if __name__ == "__main__":
    main()
