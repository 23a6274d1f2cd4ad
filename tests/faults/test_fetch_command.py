"""`geolls fetch` as a user runs it, against the double; then every command uses what it fetched."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import double as d
import geopandas as gpd
import pytest
from double import Double, Service

from geolls.areas import load_areas
from geolls.blocks import dissolve, load_blocks


def geolls(data: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "geolls", *args],
        capture_output=True,
        text=True,
        env={**os.environ, "GEOLLS_DATA": str(data), "COLUMNS": "200"},
    )


def published(tier: str, on: date, stem: str) -> Service:
    """The areas of a day as the portal would send them, drawn as the blocks are."""
    import json

    import pandas as pd

    rows = [(b, a.code) for a in load_areas().alive(tier, on) for b in a.blocks]
    names = {a.code: a.name for a in load_areas().alive(tier, on)}
    built = dissolve(load_blocks(), pd.DataFrame(rows, columns=["block", "unit_code"]))
    frame = gpd.GeoDataFrame(
        {f"{stem}CD": built.index, f"{stem}NM": [names[c] for c in built.index]},
        geometry=built.geometry.to_numpy(),
        crs=built.crs,
    )
    return Service(json.loads(frame.to_json())["features"], stem=stem, page=50)


def test_the_register_is_fetched_and_used_and_named(double: Double, tmp_path: Path) -> None:
    double.files |= {
        "edubasealldata20220901.csv": d.register_csv(20_001),
        "alllinksdata20220901.csv": d.links_csv(10_001),
        "allgroupsdata.csv": d.groups_csv(3_001),
        "links_edubasealldata.csv": d.successions_csv(10_001),
    }
    done = geolls(tmp_path, "fetch", "gias", "--from", double.gias, "--day", "2022-09-02", "-q")
    assert done.returncode == 0, done.stderr
    assert "2022-09-01" in done.stderr
    assert (tmp_path / "gias" / "2022-09-01" / "manifest.json").is_file()
    used = geolls(tmp_path, "coverage", "region", "--by", "schools")
    assert used.returncode == 0, used.stderr
    assert "edubasealldata20220901.csv" in used.stderr
    assert "Demonstration" not in used.stdout + used.stderr


def test_no_network_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    done = geolls(tmp_path, "fetch", "gias", "--from", "http://127.0.0.1:9/", "-q")
    assert done.returncode == 11
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert "get-information-schools.service.gov.uk/Downloads" in done.stderr
    assert "--from FOLDER" in done.stderr


@pytest.mark.parametrize("tier", ["region"])
def test_line_moves_of_fetched_boundaries_are_reported(
    tier: str, double: Double, tmp_path: Path
) -> None:
    from geolls.linemoves import line_moves
    from geolls.portal import fetch_boundaries

    service = published(tier, date(2025, 12, 31), "RGN25")
    double.services["Regions_December_2025_Boundaries_EN_BGC"] = service
    found = fetch_boundaries(tmp_path, tier, 2025, "BGC", source=double.ons)
    moved = line_moves(found, load_areas())
    assert len(moved) == 9
    assert (moved["status"] == "both").all()
    assert moved["moved_m2"].max() == 0
    assert moved[["gained_m2", "lost_m2", "edge_m2"]].to_numpy().max() < 1
