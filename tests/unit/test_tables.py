"""Tables out: every format has the same columns, and nothing that identifies a row is cut."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
import geopandas
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from rich.cells import cell_len

from geolls.api import Study
from geolls.base.errors import GeollsError, OutputError, UsageError
from geolls.cli.main import main
from geolls.cli.options import emit
from geolls.export.dictionary import load_dictionary
from geolls.export.geopackage import shaped
from geolls.export.render import ENDINGS, About, Table, format_of, render, text_table

KEY = "a_layer_key_of_forty_letters_or_thereabouts"
TABLE = Table(
    ["layer", "unit_code", "source", "schools", "share", "from"],
    [
        (KEY, "E08000035/north-west", "words " * 30, 24_433, 0.125, date(2022, 9, 1)),
        ("b", "E1", "=HYPERLINK(1)", None, 1.0, None),
    ],
)


def test_a_narrow_screen_shortens_words_and_never_a_key() -> None:
    lines = text_table(TABLE, width=80).splitlines()
    assert any(line.startswith(f"{KEY}  E08000035/north-west") for line in lines)
    assert any("…" in line for line in lines)
    assert all("24,433" in line for line in lines if line.startswith(KEY))


def test_what_is_piped_keeps_every_word_whatever_columns_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = render(TABLE, "table")
    monkeypatch.setenv("COLUMNS", "40")
    assert render(TABLE, "table") == whole
    assert ("words " * 30).strip() in whole.decode()
    assert "…" not in whole.decode()


def test_every_format_has_the_same_columns_and_rows() -> None:
    whole = ("table", "csv", "tsv", "json", "parquet")
    text, sheet, tabs, tree, parquet = (render(TABLE, fmt) for fmt in whole)
    assert list(csv.reader(io.StringIO(tabs.decode()), delimiter="\t")) == list(
        csv.reader(io.StringIO(sheet.decode()))
    )
    assert text.decode().split("\n")[0].split() == TABLE.columns
    rows = list(csv.reader(io.StringIO(sheet.decode())))
    assert rows[0] == TABLE.columns
    assert rows[2] == ["b", "E1", "'=HYPERLINK(1)", "", "1.0", ""]
    assert [list(row) for row in json.loads(tree)] == [TABLE.columns] * 2
    back = pq.read_table(io.BytesIO(parquet))
    assert back.column_names == TABLE.columns
    assert [tuple(row.values()) for row in back.to_pylist()] == TABLE.rows


def test_on_a_screen_a_number_and_its_ends_are_one_column():
    columns = ["unit_name", "schools", "schools_low", "schools_high", "note", "other_low"]
    rows = [("Two", 388.5, 107, 670, "listed twice", 1), ("One", 5, 5, 5, "", 2),
            ("None", None, None, None, "", 3)]  # fmt: skip
    shown = text_table(Table(columns, rows)).splitlines()
    assert shown[0].split() == ["unit_name", "schools", "note", "other_low"]
    assert shown[2].split() == ["Two", "107", "to", "670", "listed", "twice", "1"]
    assert shown[3].split() == ["One", "5", "2"]
    assert shown[4].split() == ["None", "-", "3"]
    assert "388.5" not in "".join(shown)
    assert b"388.5,107,670" in render(Table(columns, rows), "csv")


NAMES = Table(
    ["name", "code", "schools", "schools_low", "schools_high", "share", "day", "long"],
    [
        (
            "Demonstration Cedar Academy Trust 0001",
            "tsh_a",
            3,
            2,
            4,
            0.5,
            date(2022, 9, 1),
            "x" * 90,
        ),
        (
            "東京都立大学附属高等学校の長い名前",
            "tsh_b",
            1200,
            1200,
            1200,
            None,
            None,
            "y",
        ),
    ]
    * 40,
)


@pytest.mark.parametrize("width", [20, 40, 80, 120, 200])
@pytest.mark.parametrize("view", [(), ("name", "schools", "share", "code"), ("not_there",)])
def test_a_view_fits_its_screen_and_cuts_no_number(width: int, view: tuple[str, ...]) -> None:
    lines = text_table(NAMES, title="Trusts", width=width, height=24, view=view).splitlines()
    assert len(lines) == 23
    assert max(map(cell_len, lines[:-1])) <= width
    assert lines[-1].startswith("19 of 80 rows (--all)")
    shown = lines[1].split()
    if "schools" in shown:
        assert all("2 to 4" in line or "1,200" in line for line in lines[3:-1])
    assert not any(re.search(r"\d…", line) for line in lines)
    whole = text_table(NAMES, title="Trusts", width=width, view=view)
    assert len(whole.splitlines()) >= 83  # no height: every row


def test_columns_are_those_that_are_named_in_their_order_or_the_nearest_is_told() -> None:
    assert NAMES.pick(["share", "name"]).columns == ["share", "name"]
    assert NAMES.pick(["share", "name"]).rows[0] == (0.5, NAMES.rows[0][0])
    with pytest.raises(UsageError, match="unknown column 'shcools'; did you mean schools"):
        NAMES.pick(["shcools"])


def test_a_table_without_a_row_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    options = {"fmt": "csv", "output": None, "quiet": False, "columns": None, "every_row": False}
    with click.Context(click.Command("table")):
        emit(pd.DataFrame(columns=["urn"]), options, none="no school is so far")
        assert capsys.readouterr().err == "No rows: no school is so far\n"
        emit(pd.DataFrame({"urn": ["1"]}), options, none="no school is so far")
    assert capsys.readouterr().err == ""


def test_every_view_names_columns_and_no_table_is_without_one() -> None:
    said = load_dictionary()
    for name, columns in said.views.items():
        assert columns and len(set(columns)) == len(columns), name
        if table := said.tables.get({"assign": "assignment"}.get(name, name)):
            known = {c.name for c in table.expand(["local_authority"], given=["travel"])}
            known |= {"schools_here"} if name == "spread" else set()  # a column of --place
            assert name in {"layers", "schools"} or set(columns) <= known, name


HOSTILE = Table(
    ["urn", "la_code", "name", "pupils", "share", "open_date", "academy"],
    [
        ("107810", "0383", "=HYPERLINK(1)", 12, 0.5, date(2022, 9, 1), True),
        ("107811", "001", "+1", None, 1, None, False),
    ],
)
NOTES = {"Counted": "2 state-funded mainstream schools", "As of": "2022-09-01", "Source": "GIAS"}


def test_a_workbook_keeps_types_and_codes_and_says_what_it_counts() -> None:
    about = About("Schools", notes=lambda: NOTES)
    made = render(HOSTILE, "xlsx", about)
    assert made == render(HOSTILE, "xlsx", about)
    book = openpyxl.load_workbook(io.BytesIO(made))
    sheet, notes = book["Table"], book["Notes"]
    assert sheet.freeze_panes == "B2"
    rows = list(sheet.iter_rows(values_only=True))
    assert list(rows[0]) == HOSTILE.columns
    day = datetime(2022, 9, 1)
    assert rows[1] == ("107810", "0383", "=HYPERLINK(1)", 12, 0.5, day, "yes")
    assert rows[2] == ("107811", "001", "+1", None, 1, None, "no")
    assert {cell.data_type for cell in sheet["C"]} == {"s"}  # text, never a formula
    told = dict(row[:2] for row in notes.iter_rows(min_row=4, values_only=True))
    assert told == NOTES


def test_parquet_has_the_types_of_the_dictionary_and_the_notes() -> None:
    made = pq.read_table(io.BytesIO(render(HOSTILE, "parquet", About(notes=lambda: NOTES))))
    types = [str(made.schema.field(name).type) for name in made.column_names]
    assert types == ["string", "string", "string", "double", "double", "date32[day]", "bool"]
    assert {k.decode(): v.decode() for k, v in made.schema.metadata.items()} == NOTES


def test_endings_in_any_case_set_the_format_and_others_are_named(tmp_path: Path) -> None:
    assert [format_of(Path(f"a{e.upper()}")) for e in ENDINGS] == list(ENDINGS.values())
    assert format_of(Path("a.txt"), "csv") == "csv"
    for name, asked in (("a.ods", None), ("a", None), ("a.xlsx", "csv")):
        with pytest.raises(GeollsError):
            format_of(Path(name), asked)


def test_rows_that_are_schools_or_units_go_out_with_their_shapes(
    demonstration: Any, tmp_path: Path
) -> None:
    schools = demonstration.schools_in("Rutland")
    (tmp_path / "a.gpkg").write_bytes(shaped(demonstration, Table.of(schools), "gpkg"))
    held = geopandas.read_file(tmp_path / "a.gpkg")
    assert held.crs.to_epsg() == 27700 and len(held) == len(schools)
    assert held["urn"].tolist() == schools["urn"].tolist()
    points = demonstration.schools.set_index("urn").loc[schools["urn"]]
    assert (held.geometry.x.to_numpy() == points["easting"].to_numpy()).all()
    units = demonstration.coverage("region")
    (tmp_path / "a.geojson").write_bytes(shaped(demonstration, Table.of(units), "geojson"))
    held = geopandas.read_file(tmp_path / "a.geojson")
    assert held.crs.to_epsg() == 4326 and not held.geometry.isna().any()
    assert held.to_crs(27700).area.to_numpy() == pytest.approx(units["weight"], rel=1e-3)
    none = Table(["measure", "value"], [("homogeneity", 1.0)])
    with pytest.raises(OutputError, match="no point or land"):
        shaped(demonstration, none, "gpkg")


def test_every_column_that_a_command_prints_is_in_the_dictionary(
    demonstration: Study, opened_once: None, capsys: pytest.CaptureFixture[str]
) -> None:
    said, study = load_dictionary(), demonstration
    given = {f"view {name}": list(view) for name, view in said.views.items()}
    frames = {"scenario show": study.scenario("surrey_2027")}
    compared = study.scenario_compare("local_authority", "surrey_2027")
    frames |= {f"scenario {n}": v for n, v in vars(compared).items() if hasattr(v, "columns")}
    given |= {name: list(frame.columns) for name, frame in frames.items()}
    for command in (
        *("layers --long", "where Leeds", "check", "table", "findings", "typology"),
        *("schools --place Leeds", "scenario surrey_2027"),
        "explain share_trust_based_elsewhere --place Leeds",
        "changes --from 2022-04-01 --to 2022-09-01",
    ):
        with contextlib.suppress(SystemExit):
            main([*command.split(), "--format", "csv", "--quiet"])
        given[command] = capsys.readouterr().out.splitlines()[0].split(",")
    layers = set(study.catalogue.layers)
    assert {
        name: bare
        for name, columns in given.items()
        if (bare := [c for c in columns if said.meaning(c) is None and c not in layers])
    } == {}
