"""Whatever a service does, a fetch ends in whole files or in one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest
from double import Double
from services import CASES, Case


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if c.group not in ("atlas", "size")],
    ids=lambda c: f"{c.group}: {c.title}",
)
def test_a_fetch_survives(case: Case, tmp_path: Path, double: Double) -> None:
    assert case.run(tmp_path, double)
