"""What several rooms' tests share: a user's layer folder, and four squares to cut and to join.

+---+---+
| c | d |     each 10 km wide, south-west corner at (400000, 300000),
+---+---+     and an island e, 5 km east of b
| a | b |  e
+---+---+
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from geolls.layers.areas import load_areas
from geolls.layers.catalogue import load_catalogue
from geolls.layers.model import Layer

sys.path.insert(0, str(Path(__file__).parent))  # modules beside this one, by name

KM = 1000
X, Y = 400_000, 300_000
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


def box(x0: float, y0: float, x1: float, y1: float) -> shapely.Polygon:
    return shapely.box(X + x0 * KM, Y + y0 * KM, X + x1 * KM, Y + y1 * KM)


@pytest.fixture
def squares() -> gpd.GeoDataFrame:
    shapes = {
        "a": box(0, 0, 10, 10),
        "b": box(10, 0, 20, 10),
        "c": box(0, 10, 10, 20),
        "d": box(10, 10, 20, 20),
        "e": box(25, 0, 26, 1),
    }
    table = gpd.GeoDataFrame(
        {"block": list(shapes), "name": [s.upper() for s in shapes], "neighbourhoods": 1},
        geometry=list(shapes.values()),
        crs=27700,
    ).set_index("block")
    return table.assign(area_m2=table.area)
