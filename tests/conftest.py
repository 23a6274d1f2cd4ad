"""Fixtures shared by all tests: the real data, and the four squares one can check by hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = Path(os.environ.get("GEOLLS_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "gias").is_dir():
        pytest.skip(f"real data not found in {folder}; set GEOLLS_TEST_DATA")
    return folder
