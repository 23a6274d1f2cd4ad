"""An atlas that was disturbed is, once resumed, the atlas that was not."""

from __future__ import annotations

from pathlib import Path

import atlases
import pytest
from double import Double
from services import CASES, Case

# The others run in `make faults`: each writes an atlas or two, one is killed again and again.
SLOW = ("written twice", "killed", "two atlases", "the register changes", "a page removed")


@pytest.mark.parametrize(
    "case",
    # By title: a module that two tests import enters its cases twice.
    {c.title: c for c in CASES if c.group == "atlas" and not c.title.startswith(SLOW)}.values(),
    ids=lambda c: c.title,
)
def test_an_atlas_survives(case: Case, tmp_path: Path) -> None:
    assert atlases.undisturbed()
    assert case.run(tmp_path, Double())
