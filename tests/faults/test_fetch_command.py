"""`geolls fetch` as a user runs it, against the double; then every command uses what it fetched."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import double as d
import geopandas as gpd
import pytest
from double import Double, Service
from shapely.geometry import box, mapping, shape

from geolls.land.blocks import dissolve, load_blocks
from geolls.layers.areas import load_areas

COUNTIES = "Counties_and_Unitary_Authorities"


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


def test_boundaries_are_fetched_and_line_moves_reported(double: Double, tmp_path: Path) -> None:
    on = date(2025, 12, 31)
    titles = {
        "district": ("LAD25", "Local_Authority_Districts_DEC_2025_Boundaries_UK_BUC"),
        "local_authority": ("CTYUA25", f"{COUNTIES}_December_2025_Boundaries_UK_BUC"),
        "combined_authority": ("CAUTH25", "Combined_Authorities_December_2025_Boundaries_EN_BUC"),
        "region": ("RGN25", "Regions_December_2025_Boundaries_EN_BUC"),
    }
    for tier, (stem, name) in titles.items():
        double.services[name] = published(tier, on, stem)
    # Leeds has handed a square of 6 km to Wakefield.
    features = double.services["Local_Authority_Districts_DEC_2025_Boundaries_UK_BUC"].features
    by_code = {f["properties"]["LAD25CD"]: f for f in features}
    piece = box(434_000, 424_000, 440_000, 430_000)
    leeds, wakefield = (shape(by_code[c]["geometry"]) for c in ("E08000035", "E08000036"))
    by_code["E08000035"]["geometry"] = mapping(leeds.difference(piece))
    by_code["E08000036"]["geometry"] = mapping(wakefield.union(piece.intersection(leeds)))
    done = geolls(tmp_path, "fetch", "boundaries", "--from", double.ons, "--year", "2025",
                  "--resolution", "BUC", "-q")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "2 of 296 areas differ from ours" in done.stderr
    assert "E08000035 Leeds" in done.stderr
    assert "0 of 153 areas differ" in done.stderr
    assert "0 of 9 areas differ" in done.stderr
    with (tmp_path / "boundaries" / "district-2025-BUC.moves.csv").open(encoding="utf-8-sig") as f:
        rows = {row["code"]: row for row in csv.DictReader(f)}
    assert len(rows) == 296
    assert rows["E08000035"]["moved_with"] == "E08000036"
    given = piece.intersection(leeds).area
    assert float(rows["E08000035"]["lost_m2"]) == pytest.approx(given, rel=0.01)


def test_kinds_that_are_not_published_for_a_year_are_named_and_the_rest_fetched(
    double: Double, tmp_path: Path
) -> None:
    name = "Local_Authority_Districts_May_2026_Boundaries_UK_BGC"
    double.services[name] = published("district", date(2026, 5, 31), "LAD26")
    ask = ("fetch", "boundaries", "--from", double.ons, "--year", "2026", "-q")
    done = geolls(tmp_path, *ask)
    assert done.returncode == 0, done.stderr
    assert "0 of 296 areas differ" in done.stderr
    unknown = [line for line in done.stderr.splitlines() if line.startswith("Not fetched")]
    assert unknown == [
        f"Not fetched, {kind}: no {kind} boundaries of 2026 are known"
        for kind in ("local_authority", "combined_authority", "region")
    ]
    none = geolls(tmp_path, *ask[:-2], "2010", "-q")
    assert none.returncode == 11
    assert none.stderr.count("Not fetched") == 4
    assert "years known" in none.stderr.splitlines()[-1]


def test_a_kind_that_should_be_there_and_is_not_is_an_error_after_the_others(
    double: Double, tmp_path: Path
) -> None:
    on = date(2025, 12, 31)
    titles = {
        "district": ("LAD25", "Local_Authority_Districts_DEC_2025_Boundaries_UK_BUC"),
        "region": ("RGN25", "Regions_December_2025_Boundaries_EN_BUC"),
    }
    for tier, (stem, name) in titles.items():
        double.services[name] = published(tier, on, stem)
    done = geolls(tmp_path, "fetch", "boundaries", "--from", double.ons, "--year", "2025",
                  "--resolution", "BUC", "-q")  # fmt: skip
    assert done.returncode == 11
    assert {p.name.partition("-")[0] for p in (tmp_path / "boundaries").glob("*.parquet")} == {
        "district",
        "region",
    }
    assert done.stderr.count("Not fetched") == 2
    assert f"{COUNTIES}_December_2025" in done.stderr.splitlines()[-1]


def test_blocks_are_built_again_and_used_by_name(double: Double, tmp_path: Path) -> None:
    name = "LAD_December_2018_Boundaries_UK_BGC_2022"
    double.services[name] = published("district", date(2018, 12, 31), "LAD18")
    done = geolls(tmp_path, "fetch", "boundaries", "--from", double.ons, "--year", "2018",
                  "--blocks", "-q")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "326 of 326 with official outlines" in done.stderr
    assert "use them with --blocks 2018-BGC" in done.stderr
    used = geolls(tmp_path, "coverage", "region", "--blocks", "2018-BGC")
    assert used.returncode == 0, used.stderr
    assert "Local authority districts of 2018-12-31 at BGC" in used.stderr
    assert "blocks: Local authority districts of 2018-12-31 at BGC" in used.stdout
    wrong = geolls(tmp_path, "coverage", "region", "--blocks", "2018-BFC")
    assert wrong.returncode == 2
    assert "there are 2018-BGC" in wrong.stderr
    refused = geolls(tmp_path, "where", "Leeds", "--blocks", "2018-BGC")
    assert refused.returncode == 2
