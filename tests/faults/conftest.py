"""The double, ready to serve; the modules beside this one can be imported by name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import double as _double


@pytest.fixture
def double() -> Iterator[_double.Double]:
    with _double.running() as running:
        yield running
