"""Tests that hold what is said against the tables, everywhere, and count what they tried."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # modules beside this one, by name
from said import Walk, walk_over

TOOL = Path(__file__).resolve().parents[2] / "tools" / "write_checks.py"
Hold = Callable[[str, Sequence[str], Iterable[Sequence[object]]], None]


@pytest.fixture(scope="session")
def hold() -> Hold:
    """Take a table of counts: section of docs/checks.md, heads, rows; compare it, or write it."""
    spec = importlib.util.spec_from_file_location("write_checks", TOOL)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Hold = module.hold
    return found


@pytest.fixture(scope="session")
def walks(real_study: Any, recent_study: Any) -> dict[str, Walk]:
    """All that the two real studies say: walked over once, for every check of it."""
    return {"real_study": walk_over(real_study), "recent_study": walk_over(recent_study)}
