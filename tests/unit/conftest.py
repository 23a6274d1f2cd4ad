"""What several rooms' tests share: a user's layer folder, written and loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from geolls.layers.areas import load_areas
from geolls.layers.catalogue import load_catalogue
from geolls.layers.model import Layer

MINIMAL = 'title = "Research localities"\nsource = "The study\'s own list"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a layer folder, of two keys and more, and returns its path."""

    def write(
        members: str | None = None, more: str = "", *, toml: str = "", key: str = "localities"
    ) -> Path:
        path = tmp_path / key
        path.mkdir(exist_ok=True)
        (path / "layer.toml").write_text(toml or MINIMAL + more, "utf-8")
        if members is not None:
            (path / "members.csv").write_text(members, "utf-8")
        return path

    return write


@pytest.fixture
def load() -> Callable[[Path], Layer]:
    """Return a function that loads the layer of a folder."""
    return lambda path: load_catalogue((path,), load_areas()).layers[path.name]
