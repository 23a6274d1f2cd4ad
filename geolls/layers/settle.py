"""The areas that a user's list names, turned into codes and dated."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from geolls.base.text import fold, suggest
from geolls.layers.areas import Area, Areas, beyond, now_in
from geolls.layers.model import Claim, Layer, Problem
from geolls.layers.reader import Row

__all__ = ["settle"]


def settle(layer: Layer, areas: Areas) -> tuple[Layer, list[Problem]]:
    """Turn the area names of a user's layer into codes, and date codes that carry no date.

    Parameters
    ----------
    layer : Layer
        A layer as read.
    areas : Areas
        The succession table.

    Returns
    -------
    (Layer, list of Problem)
        The layer with an `area_code` and `codes_as_of` in every claim that could be settled, and
        one problem per claim that could not.

    Notes
    -----
    Without a stated date the areas are read on the latest day on which most of them were alive,
    so that a list of today's authorities and a list of 2018 both work as they stand.
    """
    problems: list[Problem] = []
    of_area = {c.row: c for c in layer.claims if c.area_code or c.area_name}
    undated = [c for c in of_area.values() if c.codes_as_of is None]
    day = _best_day(undated, areas) if undated else areas.newest
    for number, claim in of_area.items():
        on = claim.codes_as_of or day
        row = Row(layer.folder / "members.csv", number, problems)
        code = claim.area_code or _code_of(claim.area_name, on, areas, row)
        if _DFE.fullmatch(code):
            authority = areas.by_la_code(code, on)
            code = authority.code if authority else code
        of_area[number] = replace(claim, area_code=code, codes_as_of=on)
    return replace(layer, claims=tuple(of_area.get(c.row, c) for c in layer.claims)), problems


def _best_day(claims: Sequence[Claim], areas: Areas) -> date:
    """Return the latest day on which most of the areas that are claimed stood."""
    days = {areas.newest} | {a.valid_to for a in areas.rows if a.valid_to}
    lately = {day: day <= areas.newest for day in days}  # a day to come needs a reason
    lives: dict[str, list[Area]] = defaultdict(list)
    for area in areas.rows:
        lives[area.code].append(area)
        lives[fold(area.name)].append(area)
        if area.la_code:
            lives[area.la_code].append(area)
    rows = [lives[c.area_code or fold(c.area_name)] for c in claims]
    return max(
        days, key=lambda d: (sum(any(a.active(d) for a in row) for row in rows), lately[d], d)
    )


_DFE = re.compile(r"\d{3}")


def _code_of(name: str, on: date, areas: Areas, row: Row) -> str:
    """Return the code of the one area that a name means on a day; none is a fault of the row."""
    if _DFE.fullmatch(name):
        return name
    found = areas.find(name, on)
    # One name often stands for the same land in two tiers (Leeds): then either will do.
    if len({area.blocks for area in found}) == 1:
        return found[0].code
    if found:
        options = " or ".join(f"{a.code} ({a.tier.replace('_', ' ')})" for a in found)
        row.note(f"{name!r} names several areas", "area_name", f"write {options}")
    elif ended := areas.ended(name, on):
        area = ended[0]
        row.note(
            f"{area.name} {now_in(area, areas.holders(area, on))}",
            "area_name",
            f"name what has its land now, or set codes_as_of = {area.valid_to}",
        )
    else:
        row.note(
            f"no area was called {name!r} on {on}",
            "area_name",
            beyond(name) or suggest(name, {a.name for a in areas.rows if a.active(on)}),
        )
    return ""
