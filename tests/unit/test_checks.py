"""Every fault of a folder is told at once, with file, row, column and what to do."""

from __future__ import annotations

import io
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from geolls.base.errors import CatalogueError
from geolls.base.shelves import shelf
from geolls.cli.main import cli
from geolls.export.render import Table, render
from geolls.layers.areas import load_areas
from geolls.layers.catalogue import load_catalogue
from geolls.layers.checks import check_digests, check_folders
from geolls.layers.expand import expand

AREAS = load_areas()


def faults(path: Path) -> list[str]:
    """Every fault of a user's folder, as told."""
    return [str(p) for p in check_folders([path], AREAS)]


def test_every_fault_is_told_with_file_row_column_and_fix(folder):
    path = folder(
        "unit,code,codes_as_of,from,share\n"
        "A,E07000026,2024-01-01,,\n"
        "A,E06000063,2022-01-01,,\n"
        "A,E99999999,2022-01-01,,\n"
        "A,E08000035,,1 Sept,\n"
        "A,E08000032,2022-01-01,,7\n"
        "B,E08000034,2022-01-01,,\n"
        "B,E08000034,2022-01-01,,\n",
        toml='titel = "x"\nsource = "me"\nfrom = "soon"\n',
    )
    told = "\n".join(faults(path))
    for part in (
        "localities/layer.toml row 1: unknown key 'titel'; did you mean title?",
        "localities/layer.toml, title: the key title is missing",
        "localities/layer.toml row 3, from: from is 'soon', not a date like 2022-09-01",
        "localities/members.csv row 2, area_code: E07000026 (Allerdale) ended 2023-03-31; "
        "use E06000063 (Cumberland), or set codes_as_of = 2023-03-31",
        "localities/members.csv row 3, area_code: E06000063 (Cumberland) starts 2023-04-01",
        "localities/members.csv row 4, area_code: no area has the code 'E99999999'",
        "localities/members.csv row 5, valid_from: '1 Sept' is not a date; write it as 2022-09-01",
        "localities/members.csv row 6, share: '7' is no share",
        "localities/members.csv row 8, area_code: the same claim as row 7",
    ):
        assert part in told


@pytest.mark.parametrize(
    ("members", "toml", "said"),
    [
        ("unit,area\nA,Leedz\n", "", "no area was called 'Leedz'"),
        ("unit,area\nA,North East\n", "", "names several areas"),
        ("unit,area\nA,\n", "", "names no area and no school"),
        ("unit,urn\nA,12x\n", "", "'12x' is not a URN"),
        ("unit,code,aera\nA,E08000035,1\n", "", "unknown column 'aera'; did you mean"),
        ("unit,unit_name,code\nA,A,E08000035\n", "", "the column unit_name stands twice"),
        ("unit,code\nA,E08000035,9\n", "", "3 cells under 2 headings"),
        ('unit,code\nA,"E08000035\n', "", "not readable as csv"),
        ("", "", "members.csv: is empty"),
        ("unit,code,extent\nA,E08000035,most\n", "", "'most' is no extent; write whole or part"),
        (
            "unit_code,unit_name,code\na,One,E08000035\na,Two,E08000032\n",
            "",
            "'a' has two names; use 'One'",
        ),
        (
            "unit,code,from,to\nA,E08000035,2022-01-01,2021-01-01\n",
            "",
            "last day comes before the first",
        ),
        (
            "unit,code,from\nA,E08000035,2019-01-01\n",
            "from = 2020-01-01",
            "starts before the layer does",
        ),
        ("unit,code,to\nA,E08000035,2030-01-01\n", "to = 2025-01-01", "ends after the layer does"),
        (
            "unit,code\nA,E08000035\nB,E08000035\n",
            "",
            "E08000035 is claimed by b and, in row 2, by a; mark both as part",
        ),
        ("unit,code\nA,E08000035\n", 'tiling = "exhaustive"', "no unit from"),
        ("unit,code\nA,E08000035\n", "units_expected = 3", "1 units where 3 are expected"),
        ("unit,code\nA,E08000035\n", 'kind = "area"', "did you mean areas?"),
        ("unit,code\nA,E08000035\n", "complete = 1", "complete is 1, not true or false"),
        ("unit,code\nA,E08000035\n", 'key = "x"', "is not the folder's name; write localities"),
        ("unit,code\nA,E08000035\n", "[style]\ncolour = 'red'", "style: unknown key 'colour'"),
        (None, 'geometry = "../x.geojson"', "lies outside the folder"),
        (None, 'geometry = "x.geojson"', "'x.geojson' is not there"),
        (None, "", "holds no areas, polygons or schools; add members.csv"),
        ("unit,code\nA,E08000035\n", "title = ", "not readable as TOML"),
        ("unit,code\nA,E08000035\n", "note = " + "[" * 5000, "not readable as TOML"),
        ("unit,code\nA,E08000035\n", "from = []", "from is [], not a date"),
        ("unit,code\nA,E08000035\n", "from = 2020-01-01T09:00:00", "not a date like 2022-09-01"),
        ("unit,code\nA,E08000035\n", "order = true", "order is True, not a whole number"),
        ("unit,code\nA,E08000035\n", "aliases = [1]", "holds something that is not text"),
        ("unit,code\nA,E08000035\n", "style = 1", "style is 1, not a table"),
        ("unit,code\nA,E08000035\n", 'source_date = "c. 2014"', "does not say when"),
        ("unit,code,source_date\nA,E08000035,lately\n", "", "does not say when"),
    ],
)
def test_a_fault_is_named(folder, members, toml, said):
    path = folder(members, f"{toml}\n")
    assert said in "\n".join(faults(path))


def test_a_polygon_file_must_be_one(folder):
    path = folder(None, 'geometry = "notes.txt"\n')
    (path / "notes.txt").write_text("not a map", "utf-8")
    assert "'notes.txt' is not a polygon file; use one of .geojson" in "\n".join(faults(path))


def test_a_link_out_of_the_folder_is_refused(folder, tmp_path):
    outside = tmp_path / "secret.geojson"
    outside.write_text("{}", "utf-8")
    path = folder(None, 'geometry = "inside.geojson"\n')
    (path / "inside.geojson").symlink_to(outside)
    assert "lies outside the folder" in "\n".join(faults(path))


def test_dates_that_do_not_meet_are_a_warning(folder):
    path = folder("unit,code,from,to\nA,E08000035,2020-01-01,2020-12-31\nA,E08000035,2021-01-03,\n")
    (problem,) = [p for p in check_folders([path], AREAS) if p.file.endswith("members.csv")]
    assert problem.severity == "warning"
    assert "does not meet row 2: 2 days between" in str(problem)


def test_a_unit_without_land_is_a_warning(folder):
    path = folder("unit_code,code\na,E08000035\n")
    (path / "units.csv").write_text("unit_code,unit_name\na,A\nb,B\n", "utf-8")
    assert "B (b) has no land" in "\n".join(faults(path))


def test_a_unit_that_units_csv_lacks_is_told_with_the_nearest(folder):
    path = folder("unit_code,code\nalhpa,E08000035\n")
    (path / "units.csv").write_text("unit_code,unit_name\nalpha,Alpha\n", "utf-8")
    assert "'alhpa' is not in units.csv; did you mean alpha?" in "\n".join(faults(path))


def test_a_missing_licence_is_a_warning_for_a_user(folder, load):
    path = folder("code\nE08000035\n")
    (problem,) = [p for p in check_folders([path], AREAS) if "licence" in p.message]
    assert problem.severity == "warning"
    assert load(path).licence == ""


def test_both_halves_of_a_shared_area_may_be_claimed_as_parts(folder, load):
    path = folder("unit,code,extent,share\nA,E08000035,part,0.7\nB,E08000035,part,\n")
    assert not [line for line in faults(path) if "claimed" in line]
    shares = {c.unit_code: (c.share, c.stated) for c in expand(load(path), date.today(), AREAS)}
    assert shares["a"] == (0.7, True)
    assert shares["b"][0] == pytest.approx(0.3) and not shares["b"][1]


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_a_folder_without_layers_says_what_one_is(tmp_path, name):
    with pytest.raises(CatalogueError, match="two keys will do: title and source"):
        load_catalogue((tmp_path / name,), AREAS)
    (problem,) = check_folders([tmp_path / name], AREAS)
    assert problem.severity == "error"


def test_a_changed_block_file_is_found(tmp_path):
    copy = tmp_path / "block"
    shutil.copytree(shelf("boundaries") / "block", copy)
    assert list(check_digests(copy)) == []
    with (copy / "blocks.parquet").open("ab") as file:
        file.write(b"x")
    (copy / "display.parquet").unlink()
    said = sorted(p.message for p in check_digests(copy))
    assert said == ["display.parquet is missing", "not the file its layer.toml describes"]
    (copy / "layer.toml").unlink()
    assert [p.message for p in check_digests(copy)] == ["no such file"]


def test_an_account_without_an_entry_has_its_headings(tmp_path: Path) -> None:
    study = tmp_path / "study.toml"
    study.write_text('title = "a"\nas_of = 2022-09-01\n')
    for ending, read in (("csv", pd.read_csv), ("parquet", pd.read_parquet)):
        done = CliRunner().invoke(cli, ["check", str(study), "-o", str(tmp_path / f"a.{ending}")])
        assert done.exit_code == 0, done.output
        assert [*read(tmp_path / f"a.{ending}")][:3] == ["severity", "file", "row"]
    made = render(Table(["a", "b"], []), "xlsx")
    assert [*pd.read_excel(io.BytesIO(made))] == ["a", "b"]
