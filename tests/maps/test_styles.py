"""Screen and paper draw the same lines."""

from __future__ import annotations

import re

import numpy as np
import pytest

from geolls.atlas.grids import shape
from geolls.base.vocabulary import KINDS
from geolls.maps.offline import asset
from geolls.maps.print.land import marks
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


def _brightness(colour: str) -> float:
    """Return the relative luminance of a colour, as WCAG 2.2 defines it."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    light = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), light, strict=True))


def _themes() -> dict[str, dict[str, str]]:
    """Return the colours of the light and of the dark look by name."""
    light, dark, _ = re.findall(r"\{\s*color-scheme.*?\n\}|\[data-theme=light\]\)\{.*?\n\}",
                                asset("tokens.css"), re.DOTALL)  # fmt: skip
    found = {"light": light, "dark": dark}
    return {k: dict(re.findall(r"--(\w+):(#[0-9a-f]{6})", text)) for k, text in found.items()}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_mark_stands_out_from_what_it_lies_on(theme: str) -> None:
    colours = _themes()[theme]
    for ink in ("none", "accent", "elsewhere", "nohome", "ink3"):
        for ground in ("page", "land", "other"):
            one, two = sorted((_brightness(colours[ink]), _brightness(colours[ground])))
            assert (two + 0.05) / (one + 0.05) >= 3, (ink, ground)


def test_every_kind_of_school_has_a_mark_of_its_own_on_screen_paper_and_page() -> None:
    place = np.array([[0.0, 0.0]])
    paper = {k: re.sub(r"^.*? d=|data-kind=\S+", "", marks(k, place, 1.0)) for k in KINDS}
    assert len(set(paper.values())) == len(KINDS)
    assert len({shape(kind).replace(kind, "") for kind in KINDS}) == len(KINDS)
    for sheet, look in (("map.css", "gl"), ("page.css", "m")):
        ruled = re.findall(rf"\.{look}-(\w+)\s*\{{", asset(sheet))
        assert set(KINDS) <= set(ruled), sheet
    drawn = re.findall(r"\{shape: (\w+)", asset("map/marks.js"))
    assert len(drawn) == len(KINDS) and drawn[KINDS.index("no_single_home")] == "triangle"
