"""Screen and paper draw the same lines."""

from __future__ import annotations

import re

import numpy as np
import pytest

from geolls.atlas.grids import shape
from geolls.base.vocabulary import KINDS, LINE_STYLES
from geolls.maps.offline import asset
from geolls.maps.print.land import marks
from geolls.maps.styles import GROUPS, LINES, MARKS

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


def test_a_layer_may_ask_for_every_line_there_is() -> None:
    assert tuple(LINES) == LINE_STYLES


def _brightness(colour: str) -> float:
    """Return the relative luminance of a colour, as WCAG 2.2 defines it."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    light = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), light, strict=True))


def _themes() -> dict[str, dict[str, str]]:
    """Return the colours of the light and of the dark look by name."""
    light, dark = re.findall(r"\{\s*color-scheme.*?\n\}|\[data-theme=light\]\)\{.*?\n\}",
                                asset("tokens.css"), re.DOTALL)  # fmt: skip
    found = {"light": light, "dark": dark}
    return {k: dict(re.findall(r"--(\w+):(#[0-9a-f]{6})", text)) for k, text in found.items()}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_mark_stands_out_from_what_it_lies_on(theme: str) -> None:
    colours = _themes()[theme]
    for ink in {mark.ink for mark in (*MARKS.values(), *GROUPS)}:
        for ground in ("page", "land", "other"):
            one, two = sorted((_brightness(colours[ink]), _brightness(colours[ground])))
            assert (two + 0.05) / (one + 0.05) >= 3, (ink, ground)


def test_every_kind_of_school_has_a_mark_of_its_own_on_screen_paper_and_page() -> None:
    place = np.array([[0.0, 0.0]])
    paper = {
        k: re.sub(r"^.*? d=|data-kind=\S+", "", marks(MARKS[k], place, 1.0, key=k)) for k in KINDS
    }
    assert len(set(paper.values())) == len(KINDS)
    assert len({shape(kind).replace(kind, "") for kind in KINDS}) == len(KINDS)
    for sheet, look in (("map.css", "gl"), ("page.css", "m")):
        ruled = re.findall(rf"\.{look}-(\w+)\s*\{{", asset(sheet))
        assert set(KINDS) <= set(ruled), sheet
    drawn = re.findall(r"(?m)^\{shape: (\w+)", asset("map/marks.js"))
    assert len(drawn) == len(KINDS) and drawn[KINDS.index("no_single_home")] == "triangle"


# How a colour looks to eyes without one of three cones: Machado, Oliveira and Fernandes 2009.
EYES = {
    "all three": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                 [-0.01182, 0.04294, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                [0.004733, 0.691367, 0.3039]],
}  # fmt: skip


def _seen(colour: str, eye: str) -> np.ndarray:
    """Return a colour as an eye sees it, in CIE Lab."""
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    light = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    light = np.clip(np.asarray(EYES[eye]) @ light, 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.asarray(to_xyz) @ light / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_groups_of_the_users_differ_in_shape_and_in_colour_to_every_eye(
    theme: str, eye: str
) -> None:
    assert len({mark.shape for mark in GROUPS}) == len(GROUPS)
    colours = _themes()[theme]
    seen = [_seen(colours[mark.ink], eye) for mark in GROUPS]
    apart = [np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[:i]]
    assert min(apart) > 20  # 2 can just be told apart side by side
