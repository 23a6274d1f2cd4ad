"""The picture of the house is the code's own."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOUSE = runpy.run_path(str(ROOT / "tools" / "draw_house.py"))


def test_the_picture_of_the_floors_is_drawn_from_the_code() -> None:
    kept = (ROOT / "docs" / "images" / "house.svg").read_text("utf-8")
    assert kept == HOUSE["picture"](), "run: python tools/draw_house.py"


def test_every_floor_is_named_and_says_what_it_is() -> None:
    assert {f for line in HOUSE["FLOORS"] for f in line} == set(HOUSE["SAYS"])
    on_disk = {p.name for p in (ROOT / "geolls").iterdir() if (p / "__init__.py").is_file()}
    assert on_disk <= set(HOUSE["SAYS"])
