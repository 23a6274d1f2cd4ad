"""Screen and paper draw the same lines."""

from __future__ import annotations

import re

import pytest

from geolls.maps.offline import asset
from geolls.maps.styles import LINES

POINTS = 0.75  # of a pixel


@pytest.mark.parametrize("name", LINES)
def test_the_style_sheet_draws_a_line_as_paper_does(name: str) -> None:
    (rule,) = re.findall(rf"(?m)^\.gl-{name}\{{(.*?)\}}", asset("map.css"))
    said = dict(part.split(":") for part in rule.split(";"))
    line = LINES[name]
    assert said["stroke"] == f"var(--{line.ink})"
    assert float(said["stroke-width"]) * POINTS == pytest.approx(line.near.wide, abs=0.11)
    screen, paper = (
        [float(v) for v in dashes.split()]
        for dashes in (said.get("stroke-dasharray", ""), line.near.dash)
    )
    assert [v * POINTS for v in screen] == pytest.approx(paper, abs=0.06)
    assert ("stroke-linecap" in said) == line.round
