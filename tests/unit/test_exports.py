"""What leaves the house: every column described, nothing personal, nothing small, same bytes."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
import re
import xml.etree.ElementTree as ET
import zipfile
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from geolls.api import Study, open_study
from geolls.base.errors import UsageError
from geolls.base.vocabulary import WEIGHTS
from geolls.export.dictionary import TYPES, load_dictionary
from geolls.export.everything import FORMATS, export
from geolls.export.tables import tables

PERSONAL = re.compile(
    r"head|principal|chair|contact|e-?mail|tele?phone|phone|forename|surname|first.?name|"
    r"last.?name|title_of|preferred|date_of_birth|mobile",
    re.IGNORECASE,
)
LAYERS = ("local_authority", "region", "teaching_school_hub", "multi_academy_trust")
EVIL = '=HYPERLINK("http://x.example","click")'


def small() -> Study:
    """Return a small study, one of whose schools has a name made to harm a spreadsheet."""
    study = open_study(layers=LAYERS, phase=["secondary"])
    register = study.register
    schools = register.schools.copy()
    schools.loc[schools.index[0], "name"] = EVIL
    schools.loc[schools.index[1], "name"] = "[read me](http://x.example)"
    schools["head_name"] = "Ms Nobody At-All"
    few = register.filtered.head(50)
    made = dataclasses.replace(register, schools=schools, filtered=few)
    return Study(study.settings, register=made)


@pytest.fixture(scope="module")
def study() -> Study:
    return small()


@pytest.fixture(scope="module")
def folder(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("export")
    paths = export(study, out)
    assert sorted(paths) == sorted(out.iterdir())
    return out


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_every_column_of_every_table_is_described_and_no_description_is_idle(study: Study) -> None:
    for text, frame in tables(study):
        columns = list(text.expand(study.area_layers))
        assert [c.name for c in columns] == list(frame.columns), text.key
        for column in columns:
            assert column.type in TYPES
            assert len(column.description) > 5, (text.key, column.name)
            assert column.source
            if column.type in {"integer", "number"} and column.name not in {"row", "value"}:
                assert column.unit or column.name == "value", (text.key, column.name)


def test_what_the_measures_return_is_exported_whole() -> None:
    """Only the register has columns that stay behind; a measure that grows must be described."""
    study = open_study(layers=LAYERS)
    given = {
        "spread": study.spread(),
        "assignment": study.assigned(),
        "mismatch": study.mismatch(by="schools"),
        "coverage": study.coverage("region").assign(layer="", by=""),
        "overlap": study.overlap("region", "local_authority").assign(left="", right="", by=""),
        "disagreements": study.placement.disagreements,
        "rejects": study.register.rejects,
        "filtered": study.register.filtered,
        "schools": study.schools,
    }
    for key, frame in given.items():
        described = {c.name for c in load_dictionary().tables[key].expand(study.area_layers)}
        assert set(frame.columns) <= described, key


def test_no_column_is_personal_and_a_personal_column_of_a_register_stays_behind(
    study: Study, folder: Path
) -> None:
    assert "head_name" in study.schools  # someone added it; nothing lets it out
    for text, frame in tables(study):
        assert not [c for c in frame.columns if PERSONAL.search(c)], text.key
    for path in folder.iterdir():
        data = path.read_bytes()
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                data = b"".join(book.read(name) for name in book.namelist())
        assert b"Nobody At-All" not in data, path.name


def test_counts_under_ten_cannot_be_read_or_worked_out_in_any_file(
    study: Study, folder: Path
) -> None:
    true = study.register.schools.set_index("urn")["fsm_pupils"]
    shown = pd.DataFrame(rows(folder / "schools.csv")).set_index("urn")
    values = pd.to_numeric(shown["fsm_pupils"])
    small = true.between(1, 9)
    assert small.any() and not values.between(1, 9).any()
    assert set(shown.loc[small, "fsm_pupils_suppressed"]) == {"True"}
    assert (values == true)[~small & true.notna()].all()  # and all others are exact
    overlaps = pd.DataFrame(rows(folder / "overlap.csv"))
    assert set(overlaps["by"]) == set(WEIGHTS)
    assert not pd.to_numeric(overlaps.query("by == 'fsm_pupils'")["weight"]).between(0.1, 9).any()


def test_commands_print_no_small_number_of_pupils(capfd: pytest.CaptureFixture[str]) -> None:
    from geolls.cli.main import main

    for command in ("overlap district teaching_school_hub", "coverage district"):
        with pytest.raises(SystemExit) as stop:
            main(
                [
                    *command.split(),
                    *["--by", "fsm_pupils", "--format", "csv", "--phase", "all_through"],
                ]
            )
        assert stop.value.code == 0
        shown = capfd.readouterr()
        table = list(csv.DictReader(io.StringIO(shown.out)))
        assert "left blank" in shown.err
        assert any(not row["weight"] for row in table)
        assert not any(row["weight"] and 0 < float(row["weight"]) < 10 for row in table)


def test_csv_is_safe_in_a_spreadsheet_and_parquet_keeps_the_name(folder: Path) -> None:
    names = [row["name"] for row in rows(folder / "schools.csv")]
    assert names[0] == "'" + EVIL
    for path in folder.glob("*.csv"):
        for row in rows(path):
            assert not any(v[:1] in {"=", "+", "@"} for v in row.values()), path.name
    assert pd.read_parquet(folder / "schools.parquet")["name"][0] == EVIL


def test_the_workbook_follows_the_guidance_on_spreadsheets(study: Study, folder: Path) -> None:
    import openpyxl

    book = openpyxl.load_workbook(folder / "geolls.xlsx")
    assert book.sheetnames[:3] == ["Cover", "Contents", "Notes"]
    cover = " ".join(str(row[0].value) for row in book["Cover"].iter_rows())
    assert study.register.label in cover
    assert study.fingerprint in cover
    assert "Open Government Licence" in cover
    for sheet in book:
        assert sheet["A1"].value
        assert not sheet.merged_cells.ranges
        assert sheet.sheet_state == "visible"
        assert not any(d.hidden for d in sheet.row_dimensions.values())
        if sheet.title == "Cover":
            continue
        assert len(sheet.tables) == 1, sheet.title
        area = next(iter(sheet.tables.values())).ref
        cells = [cell.value for row in sheet[area] for cell in row]
        assert all(v not in (None, "") for v in cells), sheet.title
    schools = [[c.value for c in row] for row in book["schools"].iter_rows(min_row=5, max_row=7)]
    assert schools[1][1] == EVIL  # text, not a formula
    assert book["schools"]["B6"].data_type == "s"
    assert schools[2][1] == "[read me](http://x.example)"
    with zipfile.ZipFile(folder / "geolls.xlsx") as archive:
        assert not any(
            b"<f>" in archive.read(name) for name in archive.namelist() if "sheets/" in name
        )


def test_tables_too_long_or_empty_for_a_sheet_are_named_on_the_cover(folder: Path) -> None:
    import openpyxl

    book = openpyxl.load_workbook(folder / "geolls.xlsx", read_only=True)
    cover = " ".join(str(row[0]) for row in book["Cover"].iter_rows(values_only=True))
    ours = {t.key for t in load_dictionary().tables.values() if not t.profile}
    left = ours - set(book.sheetnames)
    assert left
    assert all(f"({key})" in cover for key in left)


def test_shapes_are_units_in_metres_with_their_counts_and_a_style(
    study: Study, folder: Path
) -> None:
    import geopandas
    import pyogrio

    land = set(study.area_layers)
    names = {name for name, _ in pyogrio.list_layers(folder / "geolls.gpkg")}
    assert names == land | {"schools", "layer_styles"}
    for key in land:
        from_gpkg = geopandas.read_file(folder / "geolls.gpkg", layer=key)
        from_parquet = geopandas.read_parquet(folder / f"units_{key}.parquet")
        for found in (from_gpkg, from_parquet):
            assert found.crs.to_epsg() == 27700
            assert found.geometry.is_valid.all()
            assert len(found) == len(study.geometry(key))
        assert from_gpkg["schools"].sum() == pytest.approx(from_parquet["schools"].sum())
    whole = study.weights("area").sum() / 1e6
    region = geopandas.read_file(folder / "geolls.gpkg", layer="region")
    assert region["area_km2"].sum() == pytest.approx(whole)
    assert region["schools"].sum() == pytest.approx(len(study.schools))
    assert (region.area / 1e6).sum() == pytest.approx(whole, rel=1e-6)
    points = geopandas.read_file(folder / "geolls.gpkg", layer="schools")
    assert len(points) == study.schools["easting"].notna().sum()
    styles = pyogrio.read_dataframe(folder / "geolls.gpkg", layer="layer_styles")
    assert set(styles["f_table_name"]) == land | {"schools"}
    for qml in styles["styleQML"]:
        assert ET.fromstring(qml).find(".//layer") is not None


def test_units_of_shared_land_count_parts_that_add_up(study: Study, folder: Path) -> None:
    units = pd.DataFrame(rows(folder / "units.csv"))
    hubs = units[units["layer"] == "teaching_school_hub"].astype(
        {"schools": float, "shared_share": float}
    )
    table = study.assigned("teaching_school_hub")
    inside = table[table["unit_code"].isin(hubs["unit_code"])]["share"].sum()
    assert hubs["schools"].sum() == pytest.approx(inside)
    assert (hubs["shared_share"] > 0).any()  # Birmingham's and Cornwall's hubs
    assert hubs["shared_share"].between(0, 1).all()
    low, counted, high = (hubs[f"schools{end}"].astype(float) for end in ("_low", "", "_high"))
    assert ((low <= counted) & (counted <= high)).all()
    assert ((low < high) == (hubs["shared_share"] > 0)).all()


def test_the_data_package_describes_what_is_there(study: Study, folder: Path) -> None:
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert package["title"] == study.settings.title
    assert package["geolls"]["fingerprint"] == study.fingerprint
    assert package["geolls"]["demonstration"] is True
    assert "not real" in package["description"]
    assert package["licenses"][0]["name"] == "OGL-UK-3.0"
    listed = {r["path"]: r for r in package["resources"]}
    assert set(listed) == {p.name for p in folder.iterdir()} - {"datapackage.json"}
    for name, resource in listed.items():
        data = (folder / name).read_bytes()
        assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        assert resource["bytes"] == len(data)
        if name.endswith((".csv", ".parquet")):
            for field in resource["schema"]["fields"]:
                assert field["type"] in TYPES
                assert field["description"]
                assert field["source"]
        if name.endswith(".csv"):
            head = (folder / name).read_text(encoding="utf-8").split("\n", 1)[0].split(",")
            assert head == [f["name"] for f in resource["schema"]["fields"]]


def test_values_are_of_the_type_the_data_package_says(study: Study, folder: Path) -> None:
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    read = {
        "string": str,
        "integer": int,
        "number": float,
        "date": date.fromisoformat,
        "boolean": {"True": True, "False": False}.__getitem__,
    }
    for resource in package["resources"]:
        if resource["format"] != "csv":
            continue
        kinds = {f["name"]: read[f["type"]] for f in resource["schema"]["fields"]}
        for row in rows(folder / resource["path"])[:2000]:
            for name, value in row.items():
                if value:
                    kinds[name](value)


def test_csv_and_parquet_hold_the_same_table(folder: Path) -> None:
    for path in folder.glob("*.csv"):
        flat, typed = rows(path), pd.read_parquet(path.with_suffix(".parquet"))
        assert len(flat) == len(typed), path.name
        if flat:
            assert list(flat[0]) == list(typed.columns)


def test_the_same_study_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    export(small(), tmp_path)
    for path in sorted(folder.iterdir()):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_no_file_tells_where_it_was_made(folder: Path) -> None:
    for path in folder.iterdir():
        assert str(folder).encode() not in path.read_bytes(), path.name


def test_one_format_writes_that_format_alone(study: Study, tmp_path: Path) -> None:
    steps: list[tuple[int, int | None]] = []
    paths = export(
        study,
        tmp_path,
        formats=["gpkg"],
        progress=lambda _, done, total: steps.append((done, total)),
    )
    assert [p.name for p in paths] == ["datapackage.json", "geolls.gpkg"]
    assert steps[-1][0] == steps[-1][1]


def test_an_unknown_format_is_refused_with_the_nearest(study: Study, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="xlsx"):
        export(study, tmp_path, formats=["xls"])
    assert set(FORMATS) == {"csv", "parquet", "gpkg", "xlsx"}


@pytest.mark.real_data
def test_the_real_register_leaves_no_small_count_and_no_path(
    real_data: Path, tmp_path: Path
) -> None:
    gias = real_data / "gias"
    study = open_study(
        register=gias / "edubasealldata_reconstructed_2023-01.csv.gz",
        links=gias / "alllinksdata_2022-03.csv.gz",
        as_of="2022-09-01",
        layers=["local_authority", "region"],
    )
    export(study, tmp_path, formats=["csv"])
    shown = pd.DataFrame(rows(tmp_path / "schools.csv"))
    counts = pd.to_numeric(shown["fsm_pupils"])
    assert not counts.between(1, 9).any() and (counts == 0).any()
    assert (shown["fsm_pupils_suppressed"] == "True").sum() == counts.isna().sum() > 1000
    for path in tmp_path.iterdir():
        assert str(real_data).encode() not in path.read_bytes(), path.name
