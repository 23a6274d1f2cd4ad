"""What people hand over, by kind: each is read as they mean it, or a line says what was not."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import re
import warnings
import zipfile
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from gias_files import ACADEMY, DAY, LINK, links, put, read, reconciles, schools, text_of
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from geolls.api import Study
from geolls.base.errors import GeollsError, InputFileError, UnknownNameError, UsageError
from geolls.cli.checking import check_files
from geolls.cli.main import main
from geolls.land.blocks import load_blocks
from geolls.land.polygons import read_polygons, refine
from geolls.layers.areas import load_areas
from geolls.layers.catalogue import load_catalogue
from geolls.layers.checks import check_folders
from geolls.layers.lists import read_list
from geolls.layers.model import Layer, Problem, in_short
from geolls.register.register import Register, read_register, read_successions
from geolls.study.points import assign_points, check_points
from geolls.study.settings import Settings

MINE = 'title = "Mine"\nsource = "me"\nlicence = "x"\n'


def folder(tmp_path: Path, members: str | bytes, name: str = "mine", **more: str | bytes) -> Path:
    """Write a layer folder; more files by their stem."""
    place = tmp_path / name
    place.mkdir()
    files = {"layer.toml": MINE, "members.csv": members} | {
        f"{stem}.{'toml' if stem == 'layer' else 'csv'}": text for stem, text in more.items()
    }
    for file, text in files.items():
        (place / file).write_bytes(text if isinstance(text, bytes) else text.encode())
    return place


def problems(place: Path) -> list[Problem]:
    return check_folders([place], load_areas())


def layer(place: Path) -> Layer:
    return load_catalogue([place]).layers[place.name]


def land(place: Path) -> list[tuple[str, str]]:
    return [(c.unit_code, c.area_code) for c in layer(place).claims]


# ---- one file, many readers ---------------------------------------------------------------------

LIST = "unit,area\nRiverside,Leeds\nHillside,Bristol\n"
LANDS = [("riverside", "E08000035"), ("hillside", "E06000023")]
WRITTEN = {
    "plain": LIST.encode(),
    "bom": b"\xef\xbb\xbf" + LIST.encode(),
    "utf-16": LIST.replace(",", "\t").encode("utf-16"),
    "utf-16-be": b"\xfe\xff" + LIST.encode("utf-16-be"),
    "utf-16 without a mark": LIST.encode("utf-16-le"),
    "utf-32": LIST.encode("utf-32"),
    "semicolons": LIST.replace(",", ";").encode(),
    "pipes": LIST.replace(",", "|").encode(),
    "sep": b"sep=;\r\n" + LIST.replace(",", ";").encode(),
    "title rows": b"Our partnerships,,\n,,\nas of May,,\n" + LIST.encode(),
    "trailing blank cells": b"unit,area\nRiverside,Leeds,,\nHillside,Bristol,,\n",
    "trailing blank headings": b"unit,area,,\nRiverside,Leeds,,\nHillside,Bristol,,\n",
    "leading blank column": b",unit,area\n,Riverside,Leeds\n,Hillside,Bristol\n",
    "blank rows": b"\r\n,\r\nunit,area\r\n,\r\nRiverside,Leeds\r\n\r\nHillside,Bristol\r\n",
    "old line ends": LIST.replace("\n", "\r").encode(),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_members_are_read_however_their_file_is_written(tmp_path: Path, how: str) -> None:
    assert land(folder(tmp_path, WRITTEN[how])) == LANDS


@pytest.mark.parametrize("how", WRITTEN)
def test_a_register_is_read_however_its_file_is_written(tmp_path: Path, how: str) -> None:
    text = text_of(schools({}, {"EstablishmentName": "Médoc School"}))
    width = text.partition("\r\n")[0].count(",")
    data = {
        "plain": text.encode(),
        "bom": b"\xef\xbb\xbf" + text.encode(),
        "utf-16": text.replace(",", "\t").encode("utf-16"),
        "utf-16-be": b"\xfe\xff" + text.encode("utf-16-be"),
        "utf-16 without a mark": text.encode("utf-16-le"),
        "utf-32": text.encode("utf-32"),
        "semicolons": text.replace(",", ";").encode("cp1252"),
        "pipes": text.replace(",", "|").encode(),
        "sep": b"sep=;\r\n" + text.replace(",", ";").encode(),
        "title rows": ("All schools" + "," * width + "\n" + "," * width + "\n" + text).encode(),
        "trailing blank cells": text.replace("\r\n", ",,\r\n")
        .replace(",,\r\n", "\r\n", 1)
        .encode(),
        "trailing blank headings": text.replace("\r\n", ",,\r\n").encode(),
        "leading blank column": ("," + text.replace("\r\n", "\r\n,")[:-1]).encode(),
        "blank rows": ("\r\n" + text).encode(),
        "old line ends": text.replace("\r\n", "\r").encode(),
    }[how]
    path = tmp_path / "register.CSV"
    path.write_bytes(data)
    register = read_register(path, as_of=DAY)
    assert register.schools["name"].tolist() == ["Oak Primary School", "Médoc School"]
    assert reconciles(register)


def test_rows_that_lost_or_gained_blank_cells_at_their_end_are_kept(tmp_path: Path) -> None:
    rows = [list(r.values()) for r in schools({}, {"FSM": "", "Northing": "", "Easting": ""}, {})]
    header = list(schools({})[0])
    while not rows[1][-1]:
        rows[1].pop()
    rows[0] += ["", ""]
    rows[2] += ["a note"]
    path = tmp_path / "register.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    register = read_register(path, as_of=DAY)
    assert register.schools["urn"].tolist() == ["100000", "100001"]
    assert register.rejects[["row", "urn"]].to_numpy().tolist() == [[4, "100002"]]
    assert register.source["told"] == [
        "register.csv: 1 rows end before the header does: the rest is read as blank"
    ]
    assert reconciles(register)


@pytest.mark.parametrize("text", ["<!DOCTYPE html><html>Unavailable</html>", "%PDF-1.7", ""])
def test_what_is_no_table_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "edubasealldata.csv"
    path.write_text(text)
    with pytest.raises(InputFileError, match=r"is a web page|is no table|is empty"):
        read_register(path, as_of=DAY)


ROWS = [["All of them"], [], ["HEAD"], [], ["SOUND"], [], [], ["LONG"], ["WRONG"], []]


def written_down(path: Path, head: list[str], **rows: list[str]) -> tuple[Path, int]:
    """Write titles, blank rows and a value over two lines; return in which row the wrong one is."""
    table = [{"HEAD": head, **rows}.get(row[0], row) if row else row for row in ROWS]
    row = ROWS.index(["WRONG"]) + 1
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for y, cells in enumerate(table, 1):
            for x, cell in enumerate(cells, 1):
                book.active.cell(y, x, cell or None)
        book.save(path)
        return path, row
    text = io.StringIO()
    for cells in table:
        csv.writer(text, lineterminator="\r\n").writerow(cells) if cells else text.write("\r\n")
    path.write_text(text.getvalue(), newline="")
    return path, row + 1  # the value over two lines stands above it


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_row_is_numbered_as_an_editor_or_excel_numbers_it(tmp_path: Path, ending: str) -> None:
    sound, wrong = schools({}, {"URN": "no"})
    long = sound | {"URN": "100002", "EstablishmentName": "Oak\nSchool"}
    each = {"SOUND": list(sound.values()), "WRONG": list(wrong.values())}
    path = tmp_path / f"register.{ending}"
    path, row = written_down(path, list(sound), LONG=list(long.values()), **each)
    assert read_register(path, as_of=DAY).rejects["row"].tolist() == [row]

    links_of = {"SOUND": list(LINK.values()), "WRONG": list((LINK | {"URN": "x"}).values())}
    long = LINK | {"Group Name": "VALE\nTRUST"}
    name = tmp_path / f"links.{ending}"
    name, row = written_down(name, list(LINK), LONG=list(long.values()), **links_of)
    rejects = read_register(path, name, as_of=DAY).rejects
    assert rejects.loc[rejects["file"] == "links", "row"].tolist() == [row]

    rows = {"SOUND": ["107810", ""], "LONG": ["107811", "of\nold"], "WRONG": ["x1", ""]}
    path, row = written_down(tmp_path / f"list.{ending}", ["URN", "note"], **rows)
    assert [p.row for p in read_list(path, "mine").told] == [row]

    place = folder(tmp_path, "", f"layer_{ending}")
    (place / "members.csv").unlink()
    rows = {"SOUND": ["A", "Leeds"], "LONG": ["B\nC", "Bradford"], "WRONG": ["B", "Nowhereton"]}
    _, row = written_down(place / f"members.{ending}", ["unit", "area"], **rows)
    assert [p.row for p in problems(place)] == [row]

    rows = {"SOUND": ["1", "1", ""], "LONG": ["1", "1", "a\nb"], "WRONG": ["here", "1", ""]}
    path, row = written_down(tmp_path / f"p.{ending}", ["easting", "northing", "note"], **rows)
    with pytest.raises(InputFileError, match=f"p.{ending}, row {row}: easting is 'here'"):
        check_points(path)


@pytest.mark.parametrize("name", ["members.csv", "layer.toml"])
def test_what_is_saved_as_unicode_text_is_read(tmp_path: Path, name: str) -> None:
    place = folder(tmp_path, LIST)
    (place / name).write_bytes((place / name).read_text().encode("utf-16"))
    assert land(place) == LANDS


def book(path: Path, *sheets: tuple[str, list[list[Any]]], hidden: str = "") -> Path:
    """Write a workbook, of typed cells."""
    import openpyxl

    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, rows in sheets:
        sheet = made.create_sheet(title)
        sheet.sheet_state = "hidden" if title == hidden else "visible"
        for row in rows:
            sheet.append(row)
    made.save(path)
    return path


def cells(text: str) -> list[list[Any]]:
    """Return a csv as the cells that a spreadsheet makes of it."""
    rows = csv.reader(io.StringIO(text))
    return [[int(c) if c.isdigit() else c or None for c in row] for row in rows]


@pytest.mark.parametrize("name", ["members.xlsx", "Members.XLSM", "members.csv"])
def test_members_in_a_workbook_are_read(tmp_path: Path, name: str) -> None:
    place = folder(tmp_path, "")
    (place / "members.csv").unlink()
    notes = ("Notes", [["Our partnerships"], [None], ["made in May"]])
    head = [["Partnerships of 2022"], [], [None, "Unit", "LA code", "valid_from"]]
    rows = [[None, "Riverside", 383.0, datetime(2022, 1, 1)], [], [None, "Hillside", 801]]
    book(place / "members.xlsx", notes, ("List", [*head, *rows])).rename(place / name)
    assert land(place) == LANDS
    assert [str(c.valid_from) for c in layer(place).claims] == ["2022-01-01", "None"]
    assert [c.row for c in layer(place).claims] == [4, 6]
    (line,) = problems(place)
    assert (line.severity, line.message) == ("warning", "the sheet List is read")


def test_of_several_sheets_that_fit_one_is_read_and_the_others_are_told(tmp_path: Path) -> None:
    old, new = [["unit", "area"], ["Old", "York"]], [["unit", "area"], ["New", "Leeds"]]
    place = folder(tmp_path, "")
    (place / "members.csv").unlink()
    path = place / "members.xlsx"
    book(path, ("Archive", old), ("2022", new), ("2023", old), hidden="Archive")
    assert land(place) == [("new", "E08000035")]
    (line,) = problems(place)
    assert line.message == (
        "the sheet 2022 is read; 2023, Archive would fit as well; members.xlsx#2023 reads that"
    )
    book(path, ("2022", old), ("members", new))
    assert land(place) == [("new", "E08000035")]


def test_a_cell_merged_over_rows_stands_in_each(tmp_path: Path) -> None:
    import openpyxl

    place = folder(tmp_path, "")
    (place / "members.csv").unlink()
    made = openpyxl.Workbook()
    for row in (["unit", "area"], ["A", "Leeds"], [None, "York"], ["B", "Hull"], [None, "Bristol"]):
        made.active.append(row)
    made.active.merge_cells("A2:A3")
    made.save(place / "members.xlsx")
    found = problems(place)
    assert [p.message for p in found] == ["row 5 names no unit"]  # that cell is not merged


def test_formulas_that_were_never_worked_out_are_told(tmp_path: Path) -> None:
    place = folder(tmp_path, "")
    (place / "members.csv").unlink()
    rows = [["unit", "area", "share"], ["A", "Leeds", "=1/2"], ["B", "York", None]]
    book(place / "members.xlsx", ("Sheet", rows))
    assert [p.message for p in problems(place)] == [
        "1 formulas have no value yet: open the workbook, save it, try again"
    ]


@pytest.mark.parametrize("name", ["edubasealldata20220901.xlsx", "register.csv"])
def test_a_register_saved_as_a_workbook_is_the_same_register(tmp_path: Path, name: str) -> None:
    rows = schools(ACADEMY, {"OpenDate": "", "Trusts (code)": ""})
    typed = cells(text_of(rows))
    typed[1][list(rows[0]).index("OpenDate")] = datetime(1990, 9, 1)
    typed += [[None] * 3] * 5  # rows that were once filled
    path = book(tmp_path / "b.xlsx", ("Notes", [["see the next"]]), ("GIAS", typed))
    path = path.rename(tmp_path / name)
    linked = book(tmp_path / "links.xlsx", ("x", cells(text_of(links({})))))
    register = read_register(path, linked, as_of=DAY)
    plain = read(tmp_path, *rows, links=links({}))
    pd.testing.assert_frame_equal(register.schools, plain.schools)
    assert reconciles(register)
    assert register.source["told"] == [f"{name}: the sheet GIAS is read"]
    if name.endswith("xlsx"):
        named = read_register(tmp_path / f"{name}#gias", linked, as_of=DAY)
        pd.testing.assert_frame_equal(named.schools, plain.schools)
        with pytest.raises(InputFileError, match=r"no sheet 'GAIS'.*did you mean GIAS"):
            read_register(tmp_path / f"{name}#GAIS", linked, as_of=DAY)


def test_points_in_a_workbook_are_assigned(tmp_path: Path, demonstration: Any) -> None:
    rows = [["Pupils"], ["id", "easting", "northing"], ["a", 430000, 433500.0], ["b", None, None]]
    path = book(tmp_path / "p.xlsx", ("Notes", [["x"]]), ("Points", rows))
    for source in (path, tmp_path / "p.xlsx#points"):
        report = assign_points(source, tmp_path / "out.csv", demonstration)
        assert (report.rows, report.placed) == (2, 1)


@pytest.mark.parametrize("sign", ["xl/workbook.bin", "content.xml", "Index/Document.iwa", "old"])
def test_other_spreadsheets_are_named_with_the_fix(tmp_path: Path, sign: str) -> None:
    path = tmp_path / "edubasealldata.csv"
    path.write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600))
    if sign != "old":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(sign, "<x/>")
    with pytest.raises(InputFileError, match=r"(workbook|spreadsheet).*save the sheet as CSV"):
        read_register(path, as_of=DAY)
    place = folder(tmp_path, "")
    path.rename(place / "members.csv")
    assert any("save the sheet as CSV" in str(p) for p in problems(place))
    (place / "members.csv").rename(place / "list.ods")
    assert "save list.ods as members.xlsx" in str(problems(place)[0])
    (place / "list.ods").rename(place / "list.xlsx")
    assert "name list.xlsx members.xlsx" in str(problems(place)[0])


@pytest.mark.parametrize("how", ["empty", "bomb", "far", "cut"])
def test_a_workbook_that_is_none_is_refused_in_a_line(tmp_path: Path, how: str) -> None:
    path = book(tmp_path / "b.xlsx", ("Sheet", [["unit", "area"]]))
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    if how == "bomb":
        held[sheet] = b" " * (300 << 20)
    if how == "far":
        held[sheet] = held[sheet].replace(b'r="1"', b'r="99999999999"').replace(b'"A1"', b'"A9"')
    if how == "empty":
        held = {"xl/workbook.xml": b"<x/>"}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in held.items():
            archive.writestr(name, text)
    if how == "cut":
        path.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputFileError):
        read_register(path, as_of=DAY)


# ---- words for no value -------------------------------------------------------------------------

NOTHING = [
    "",
    "NA",
    "nan",
    "None",
    "-",
    "#N/A",
    "NULL",
    "null",
    "n/a",
    "Not recorded",
    "NaN",
    " NA ",
]
GROUPS = {"Federations (code)": "", "Federations (name)": "", "Trusts (code)": ""}
UNKNOWN = {"TypeOfEstablishment (name)": "", "URN": "149999"}


@pytest.mark.parametrize("word", NOTHING)
def test_no_word_for_nothing_is_a_value_in_any_column(tmp_path: Path, word: str) -> None:
    nothing = {
        "Federations (code)": word,
        "Federations (name)": word,
        "Trusts (code)": word,
        "Trusts (name)": word,
        "SchoolSponsors (name)": word,
        "Diocese (name)": word,
        "CloseDate": word,
        "TypeOfEstablishment (name)": word,
        "FSM": word,
        "Easting": word,
    }
    register = read(tmp_path, UNKNOWN | nothing, {"Diocese (name)": "Diocese of Leeds"})
    told = register.schools.set_index("urn").loc["149999"]
    for column in ("federation_uid", "trust_uid", "sponsor_name", "diocese", "trust_name"):
        assert pd.isna(told[column]), column
    assert told["status_unknown"]
    assert register.rejects.empty
    assert register.groups.empty


def test_a_school_of_no_diocese_is_in_none(tmp_path: Path) -> None:
    from geolls.study.assignment import school_units

    named = [{"Diocese (name)": n} for n in ("Not applicable", "Diocese of Leeds", "")]
    table = read(tmp_path, *named).schools
    diocese = load_catalogue().layers["diocese"]
    units, otherwise = school_units(diocese, table, DAY)
    assert units["unit_name"].tolist() == ["Diocese of Leeds"]
    assert otherwise == {}  # so that the others are "not_applicable"
    asked = read(tmp_path, *[{"Diocese (name)": "Not applicable"}] * 2).schools
    assert school_units(diocese, asked, DAY)[1] == {}
    blank = read(tmp_path, *[{"Diocese (name)": ""}] * 2).schools
    assert set(school_units(diocese, blank, DAY)[1].values()) == {"no_evidence"}


def test_sponsors_that_the_register_names_are_units(tmp_path: Path) -> None:
    from geolls.study.assignment import school_units

    table = read(tmp_path, ACADEMY | {"SchoolSponsors (name)": "Vale Sponsor"}, {}).schools
    units, _ = school_units(load_catalogue().layers["sponsor"], table, DAY)
    assert units["unit_name"].tolist() == ["Vale Sponsor"]


# ---- codes, days and numbers that programs write ------------------------------------------------


@pytest.mark.parametrize("form", ["{}.0", "{}.00", " {} ", "'{}"])
def test_codes_lose_what_programs_add(tmp_path: Path, form: str) -> None:
    def made(code: str) -> str:
        return form.format(code)

    trust = ACADEMY | {"Trusts (code)": made("5001"), "URN": made("100000")}
    linked = links({"URN": made("100000"), "Group UID": made("5001")})
    for rows in (None, linked):
        register = read(tmp_path, trust, links=rows)
        assert register.schools[["urn", "trust_uid"]].to_numpy().tolist() == [["100000", "5001"]]
        assert register.counts.get("trusts_told_differently", 0) == 0
    urns = folder(tmp_path, f"unit,urn\nA,{made('107809')}\n")
    assert [c.urn for c in layer(urns).claims] == ["107809"]


def test_a_register_without_a_urn_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, schools({"URN": "A1"}, {"URN": "A2"}))
    with pytest.raises(InputFileError, match="no row has a URN: 2 rows"):
        read_register(path, as_of=DAY)


def opened(register: Register) -> list[str]:
    return [str(d.date()) for d in register.schools["open_date"]]


def test_month_first_days_are_told_by_the_days_above_twelve(tmp_path: Path) -> None:
    register = read(tmp_path, {"OpenDate": "09/01/2018"}, {"OpenDate": "08/15/2018"})
    assert opened(register) == ["2018-09-01", "2018-08-15"]
    assert "month first" in register.source["told"][0]


def test_that_all_days_are_month_first_is_told_once(tmp_path: Path) -> None:
    days = {"OpenDate": "08/15/2018", "CensusDate": "1/19/2023", "LastChangedDate": "8/25/2022"}
    register = read(tmp_path, days, days | {"OpenDate": "08/16/2018"})
    (told,) = register.source["told"]
    assert "month first, as 6 of them can only be read" in told


def test_where_only_some_columns_are_month_first_these_are_named(tmp_path: Path) -> None:
    days = {"OpenDate": "15/08/2018", "CensusDate": "1/19/2023"}
    register = read(tmp_path, days, days)
    assert opened(register) == ["2018-08-15"] * 2
    (told,) = register.source["told"]
    assert told.endswith("as 2 of them can only be read (census_date)")


def test_every_entry_of_a_list_is_shown_or_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    text = 'URN,name\n100000,a\n100001,b\n100000,again\n,blank\nTotal,3\n,,\n""\n100002\n'
    path.write_text(text + "100003,x,more\n")
    found = read_list(path, "mine")
    assert [c.urn for c in found.claims] == ["100000", "100001", "100002", "100003"]
    assert [(p.row, p.value, p.message) for p in found.told] == [
        (4, "100000", "is listed more than once, and counts once"),
        (5, "a blank cell", "is no URN"),
        (6, "Total", "is no URN"),
    ]


def test_a_list_with_a_quote_that_never_ends_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text('URN,name\n100000,a\n"100001,b\n100002,c\n')
    with pytest.raises(InputFileError, match=r"mine\.csv row \d: not readable as csv"):
        read_list(path, "mine")
    (problem,) = (p for p in check_files([path]) if p.severity == "error")
    assert "not readable as csv" in problem.message


def test_links_of_groups_that_are_not_known_and_days_that_are_none_are_told(tmp_path: Path) -> None:
    linked = links(
        {"Group Type": "Multi academy trusts"},
        {"Group Type": "Children's Centres Group"},
        {"Closed Date": "soon"},
    )
    register = read(tmp_path, ACADEMY, links=linked)
    n = register.counts
    assert (n["links_read"], n["links_kept"], n["links_rejected"], n["links_filtered"]) \
        == (3, 1, 1, 1)  # fmt: skip
    told = register.rejects.set_index("reason")["action"]
    assert told["type of group is not known"] == "link left out"
    assert told["closed date is not a date"] == "date read as blank"


def test_successions_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    path = tmp_path / "links_edubasealldata.csv"
    path.write_text(
        "URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\n100000,100001,Oak,Successor,01-09-2020\n"
        "100001,x,Oak,Predecessor,01-09-2020\n100002,100003,Oak,Successor,soon\n1,2\n,,,,\n"
    )
    told: list[Problem] = []
    assert len(read_successions(path, told)) == 2
    assert [(p.row, p.message.partition(" ")[0]) for p in told] == [
        (None, "1"), (5, "more"), (4, "date"), (3, "URN"),
    ]  # fmt: skip
    assert [str(p) for p in check_files([path]) if p.severity != "note"] == [str(p) for p in told]


def test_day_first_days_stay_so_where_a_spreadsheet_made_some_of_them_over(tmp_path: Path) -> None:
    register = read(tmp_path, {"OpenDate": "01/09/2018"}, {"OpenDate": "28-03-2018"})
    assert opened(register) == ["2018-09-01", "2018-03-28"]
    assert register.source["told"] == []


@pytest.mark.parametrize("text", ["44805", "44805.0", "2022-09-01 00:00:00", "1 September 2022",
                                  "01-Sep-2022", "01/09/2022 00:00", "20220901"])  # fmt: skip
def test_a_day_is_read_in_every_form_that_means_one(tmp_path: Path, text: str) -> None:
    assert opened(read(tmp_path, {"OpenDate": text})) == ["2022-09-01"]


def test_day_numbers_of_a_spreadsheet_are_told(tmp_path: Path) -> None:
    register = read(tmp_path, {"OpenDate": "40000"}, {"OpenDate": "44806"}, as_of="2022-09-01")
    assert len(register.schools) == 1  # the other opens on the next day
    assert "2 dates are day numbers" in register.source["told"][0]


def test_a_fault_in_more_than_one_cell_in_a_hundred_is_told(tmp_path: Path) -> None:
    wrong = [{"OpenDate": "some day"}, {"OpenDate": ""}]
    assert read(tmp_path, *wrong).source["told"] == [
        "edubasealldata20220901.csv: 1 of 1 cells: open date is not a date; date read as blank"
    ]
    seldom = read(tmp_path, *wrong, *[{}] * 100)
    assert seldom.source["told"] == []
    assert len(seldom.rejects) == 1


@pytest.mark.parametrize(("text", "n"), [("1,234", 1234), ("1 234", 1234), ("1234.0", 1234)])
def test_thousands_may_be_marked(tmp_path: Path, text: str, n: int) -> None:
    assert read(tmp_path, {"NumberOfPupils": text}).schools["pupils"].tolist() == [n]


def test_a_school_year_in_a_file_name_is_no_month(tmp_path: Path) -> None:
    path = put(tmp_path, schools({"CensusDate": "20-01-2011"}), "schools_2010-11.csv")
    assert str(read_register(path).as_of) == "2011-01-20"


# ---- links of every sort ------------------------------------------------------------------------


def test_group_links_of_academies_are_links(tmp_path: Path) -> None:
    keep = ("URN", "Group Name", "Group Type", "Group Status", "Joined date", "EstablishmentName")
    rows = [{"URN": r["URN"], "Linked UID": r["Group UID"], **{k: r[k] for k in keep[1:]}}
            for r in links({}, {"URN": "100001"})]  # fmt: skip
    head, rest = text_of(rows).split("\r\n", 1)
    path = tmp_path / "grouplinks_edubaseallacademiesandfree_2022-07-06.csv"
    path.write_text(f"{head},HasSharedHT\r\n{rest}")  # as it is published: no record has the last
    register = read_register(put(tmp_path, schools({}, {})), path, as_of=DAY)
    assert register.schools["trust_uid"].tolist() == ["5001", "5001"]
    assert str(register.source["vintage_links"]) == "2022-07-06"


def test_an_extract_of_trusts_is_links(tmp_path: Path) -> None:
    row = links({})[0]
    row["Academy URN"], row["Trust Academy Establishment Name"] = row.pop("URN"), "Oak"
    del row["EstablishmentName"]
    register = read(tmp_path, {}, links=[row])
    assert register.schools["trust_uid"].tolist() == ["5001"]


def test_a_school_without_links_is_in_its_trust_since_it_opened_as_an_academy(
    tmp_path: Path,
) -> None:
    trust = {"Trusts (code)": "5001", "Trusts (name)": "Vale"}
    register = read(tmp_path, ACADEMY | {"OpenDate": "01-09-2015"}, trust, ACADEMY | trust)
    told = register.schools.set_index("urn")["trust_joined"]
    assert [str(d)[:10] for d in told] == ["2015-09-01", "NaT", "1990-09-01"]
    assert register.source["joined_by"] == "opening"
    linked = read(tmp_path, ACADEMY | {"OpenDate": "01-09-2015"}, ACADEMY, links=links({}))
    assert linked.source["joined_by"] == "links"
    assert linked.schools["trust_joined"].notna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("name", "trusts"),
    [
        ("alllinksdata20220831.csv", ["6000", "5001"]),  # as old as the register: links decide
        ("alllinksdata.csv", ["6000", "5001"]),  # it may be as young
        ("alllinksdata20170901.csv", ["5001", "5001"]),
    ],
)
def test_of_links_and_register_the_nearer_to_the_day_decides(
    tmp_path: Path, name: str, trusts: list[str]
) -> None:
    other = {"Group UID": "6000", "Group Name": "Other", "Joined date": "01-09-2014"}
    rows = links(other, {"URN": "100001", "Group UID": "7000", "Closed Date": "01-09-2016"})
    rows[1] |= {"Group Status": "Closed"}
    register = read_register(
        put(tmp_path, schools(ACADEMY, ACADEMY), "edubasealldata20220831.csv"),
        put(tmp_path, rows, name),
        as_of=DAY,
    )
    assert register.schools["trust_uid"].fillna("").tolist()[:1] == trusts[:1]
    line = f"{name}: group links of 2017-09-01, for a study of 2022-09-01; the register decides"
    assert [t.startswith(line) for t in register.source["told"]] == [True] * ("2017" in name)
    if "2017" in name:  # nor do old links say that a school is in no trust
        assert register.schools["trust_uid"].tolist() == trusts
    (differ,) = register.rejects.query("reason == 'register and links name different trusts'").index
    nearer, other_uid = ("links (6000)", "the register (5001)")
    if "2017" in name:
        nearer, other_uid = other_uid, nearer
    assert register.rejects["action"][differ] == f"used are {nearer}, not {other_uid}"


def memberships(*changes: dict[str, str]) -> list[dict[str, str]]:
    """Rows of academiesmatmembership, the headings folded as programs do."""
    row = {
        "urn": "100000",
        "group_id": "TR01234",
        "group_name": "VALE ACADEMY TRUST",
        "group_type": "Multi-academy trust",
        "group_status": "Open",
        "date_joined_group": "2015-09-01",
        "date_left_group": "",
        "group_open_date": "2012-01-01",
        "group_closed_date": "",
        "establishment_open_date": "2015-09-01",
        "establishment_close_date": "",
        "type_of_establishment_name": "Academy converter",
        "phase_of_education_name": "Primary",
    }
    return [row | change for change in changes]


def test_memberships_with_their_history_are_links(tmp_path: Path) -> None:
    old = {"group_id": "TR9", "group_name": "Old", "date_joined_group": "2013-04-01"}
    rows = memberships(
        {"date_joined_group": "2017-01-01"},
        {},  # one membership in two rows: the earliest joining counts
        old | {"date_left_group": "2015-08-31"},
        old | {"urn": "100001", "date_left_group": "2022-10-01"},
        {"urn": "100001", "date_joined_group": "2022-10-01"},
        old | {"urn": "100002", "date_left_group": "2013-05-01"},
        {"urn": "100002"},
        {"urn": "100003", "group_id": "TR01234.old"},
    )
    path = put(tmp_path, rows, "academiesmatmembership20220901.csv")
    register = read_register(put(tmp_path, schools(*[ACADEMY] * 3, {})), path, as_of=DAY)
    told = register.schools.set_index("urn")
    assert told["trust_uid"].fillna("").tolist() == ["5001", "TR9", "5001", ""]  # UIDs by name
    assert str(told.loc["100000", "trust_joined"])[:10] == "2015-09-01"
    assert str(register.source["vintage_links"]) == "2022-09-01"
    left_out = register.rejects[register.rejects["file"] == "links"]
    assert sorted(left_out[["row", "reason"]].to_numpy().tolist()) == [
        [3, "membership in more than one row"],
        [5, "register and links name different trusts"],
        [7, "membership of 62 days or fewer"],
        [9, "group record is an old one, replaced since"],
    ]
    then = read_register(put(tmp_path, schools(ACADEMY)), path, as_of="2014-09-01")
    assert then.schools["trust_name"].tolist() == ["Old"]  # history, which no other file has
    assert [p.severity for p in check_files([path])] == ["warning"] * 3


def test_links_that_do_not_say_when_a_school_joined_are_told(tmp_path: Path) -> None:
    name = "academiesmatmembership20220901.csv"
    path = put(tmp_path, memberships({"date_joined_group": ""}, {"urn": "100001"}), name)
    (told,) = check_files([path])
    assert (told.row, told.message) == (2, "link does not say when the school joined")
    register = read_register(put(tmp_path, schools(ACADEMY)), path, as_of=DAY)
    assert any("does not say when" in line for line in register.source["told"])
    rows = [{k: v for k, v in row.items() if k != "date_joined_group"} for row in memberships({})]
    (told,) = check_files([put(tmp_path, rows, name)])
    assert "it lacks the column Joined date" in told.message


@pytest.mark.real_data
def test_of_every_real_file_each_row_is_accounted_for(
    real_data: Path, real_study: Any, recent_study: Any
) -> None:
    from geolls.register.csv import read_csv
    from geolls.register.groups import told_by_links
    from geolls.register.opener import kind_of

    counted = {"edubasealldata_2025-07-18.csv.gz": recent_study.register}
    counted["edubasealldata_reconstructed_2023-01.csv.gz"] = real_study.register
    everywhere = np.ones(10**7, dtype=bool)
    kinds = {}
    for path in sorted((real_data / "gias").glob("*.csv.gz")):
        kind = kinds[path.name] = kind_of(path)
        text = gzip.decompress(path.read_bytes())
        rows = text.count(b"\n") - text.endswith(b"\n")  # no cell of them has a line break
        if kind in ("register", "links", "successions") and path.name not in counted:
            sheet = read_csv(path, kind)
            assert (len(sheet), len(sheet.misfits)) == (rows, 0), path.name
        if kind == "links":
            types = pa.Table.from_batches(sheet.batches).column("group_type").to_pylist()
            other = sum("Children" in t for t in types)  # which are no groups of schools
            table, faults, n = told_by_links(sheet, everywhere)
            assert len(table) + sum(map(len, faults.lines())) + other == rows, path.name
            assert n["links_read"] == rows and n["links_filtered"] == other
            assert rows == n["links_kept"] + n["links_rejected"] + n["links_filtered"], path.name
        if register := counted.get(path.name):
            assert register.counts["read"] == rows
            assert reconciles(register)
    assert sorted(Counter(kinds.values()).items()) == [
        ("groups", 2), ("links", 9), ("register", 3), ("successions", 2),
    ]  # fmt: skip


@pytest.mark.real_data
def test_a_register_keeps_its_schools_on_an_earlier_day_with_links_of_that_day(
    real_data: Path,
) -> None:
    gias = real_data / "gias"
    links = gias / "grouplinks_edubaseallacademiesandfree_2023-11-16.csv.gz"
    register = read_register(gias / "edubasealldata_2025-07-18.csv.gz", links, as_of="2023-11-16")
    assert (register.counts["read"], register.counts["kept"]) == (51866, 20183)
    assert reconciles(register)
    assert register.source["told"] == []
    # Schools that were in another trust then than the register says, which it cannot know.
    assert register.counts["trusts_told_differently"] == 396


# ---- names and codes of areas -------------------------------------------------------------------


@pytest.mark.parametrize("dash", ["\u2010", "\u2011", "\u2013", "\u2014", "\u2212", "\u2015", " "])
def test_every_dash_is_a_hyphen(tmp_path: Path, dash: str) -> None:
    place = folder(tmp_path, f"unit,area\nA,Stoke{dash}on{dash}Trent\n")
    assert land(place) == [("a", "E06000021")]


@pytest.mark.parametrize("quote", ["'", "\u2019", "\u2018", "\u00b4", "`", "\u02bc", ""])
def test_every_quote_is_an_apostrophe(tmp_path: Path, quote: str) -> None:
    place = folder(tmp_path, f"unit,area\nA,King{quote}s Lynn and West Norfolk\n")
    assert land(place) == [("a", "E07000146")]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("London Borough of Camden", "E09000007"),
        ("LB Islington", "E09000019"),
        ("Leeds MBC", "E08000035"),
        ("Cheshire East UA", "E06000049"),
        ("City of London Corporation", "E09000001"),
        ("City of London", "E09000001"),
        ("London Borough of Hammersmith & Fulham", "E09000013"),
        ("Royal Borough of Windsor and Maidenhead", "E06000040"),
        ("City of Bradford Metropolitan District Council", "E08000032"),
        ("Bath & NE Somerset", "E06000022"),
        ("Shropshire Council (unitary)", "E06000051"),
        ("LBC Lambeth", "E09000022"),
    ],
)
def test_an_authority_is_known_by_what_it_calls_itself(
    tmp_path: Path, name: str, code: str
) -> None:
    assert land(folder(tmp_path, f"unit,area\nA,{name}\n")) == [("a", code)]


@pytest.mark.parametrize("heading", ["code", "la_code", "authority", "DfE code", "LA"])
@pytest.mark.parametrize("form", ["{}", "{}.0"])
def test_codes_of_the_department_are_codes(tmp_path: Path, heading: str, form: str) -> None:
    rows = f"unit,{heading}\nA,{form.format(383)}\nB,{form.format(816)}\n"
    assert land(folder(tmp_path, rows)) == [("a", "E08000035"), ("b", "E06000014")]


@pytest.mark.parametrize("heads", ["LAD22CD,LAD22NM,Locality", "lad2023cd,lad2023nm,unit",
                                   "CTYUA21CD,notes,Cluster"])  # fmt: skip
def test_headings_of_the_statistics_office_are_known(tmp_path: Path, heads: str) -> None:
    assert land(folder(tmp_path, f"{heads}\nE08000035,Leeds,Riverside\n")) == [
        ("riverside", "E08000035")
    ]


@pytest.mark.parametrize(("name", "heir"), [("Craven", "North Yorkshire"), ("Eden", "Westmorland")])
def test_an_area_that_has_ended_is_named_with_its_heir(
    tmp_path: Path, name: str, heir: str
) -> None:
    rows = f"unit,area\nA,Cumberland\nA,Leeds\nB,Bristol\nB,{name}\nA,North Yorkshire\n"
    (fault,) = problems(folder(tmp_path, rows))
    assert f"{name} ended 2023-03-31; now in {heir}" in fault.message
    assert "codes_as_of = 2023-03-31" in str(fault.fix)


@pytest.mark.parametrize(
    ("code", "country"),
    [("W06000015", "Wales"), ("S12000033", "Scotland"), ("N09000003", "Northern Ireland")],
)
def test_codes_of_other_countries_are_named_so(tmp_path: Path, code: str, country: str) -> None:
    with pytest.raises(UnknownNameError, match=f"a code of {country}"):
        load_areas().resolve(code, DAY)
    (fault,) = problems(folder(tmp_path, f"unit,code\nA,E08000035\nA,{code}\n"))
    assert f"a code of {country}" in fault.message


@pytest.mark.parametrize(
    ("name", "country"),
    [
        ("Cardiff", "in Wales"),
        ("city of edinburgh", "in Scotland"),
        ("Glasgow", "in Scotland"),
        ("Belfast", "in Northern Ireland"),
        ("Bangor", "in Northern Ireland and in Wales"),
        ("Jersey", "in the Channel Islands"),
    ],
)
def test_places_of_other_countries_are_named_so(
    tmp_path: Path, demonstration: Study, name: str, country: str
) -> None:
    told = f"that is {country}; geolls is about England"
    (fault,) = problems(folder(tmp_path, f"unit,area\nA,Leeds\nA,{name}\n"))
    assert fault.fix == told
    for ask in (demonstration.place, demonstration.where):
        for text in (name, f"town:{name}"):
            with pytest.raises(UnknownNameError, match=told):
                ask(text)


def test_codes_of_areas_that_only_schools_know_are_told(tmp_path: Path) -> None:
    (fault,) = problems(folder(tmp_path, "unit,area\nA,Leeds\nA,E14001321\n"))
    assert fault.fix == "in a list, put it under the heading constituency"


# ---- units that would vanish or melt ------------------------------------------------------------


def test_a_row_without_a_unit_is_an_error(tmp_path: Path) -> None:
    found = problems(folder(tmp_path, "unit,area\nRiverside,Leeds\n,Bradford\nB,York\nNA,Hull\n"))
    assert [p.message for p in found] == ["row 3 names no unit", "row 5 names no unit"]
    alone = folder(tmp_path, "area\nLeeds\n", "alone")
    assert land(alone) == [("mine", "E08000035")]  # a list without units is one unit: its title


@pytest.mark.parametrize("code", ["not_covered", "not_located", "no_evidence", "shared"])
def test_a_unit_is_never_coded_as_a_reason(tmp_path: Path, code: str) -> None:
    (fault,) = problems(folder(tmp_path, f"unit_code,unit,area\n{code},X,Leeds\n"))
    assert f"{code!r} is kept for" in fault.message


@pytest.mark.parametrize("name", ["name", "pupils", "phase", "urn", "block"])
def test_a_layer_is_never_called_as_a_column(tmp_path: Path, name: str) -> None:
    (fault,) = problems(folder(tmp_path, LIST, name))
    assert "is the name of a column" in fault.message
    with pytest.raises(GeollsError, match="is the name of a column"):
        load_catalogue([tmp_path / name])


def test_every_column_beside_those_of_layers_is_kept_from_layers(demonstration: Study) -> None:
    from geolls.base.vocabulary import TAKEN

    assert set(demonstration.schools_in("Leeds")) - set(demonstration.layers) <= TAKEN


@pytest.mark.parametrize("urn", ["abc", "12", "10780.9"])
def test_a_lead_school_that_is_no_urn_is_told(tmp_path: Path, urn: str) -> None:
    place = folder(tmp_path, "", units=f"unit_name,lead_urn\nHub A,107809.0\nHub B,{urn}\n")
    (place / "members.csv").unlink()
    (fault,) = problems(place)
    assert (fault.row, fault.message) == (3, f"{urn!r} is not a URN")


def listed(place: Path, table: pd.DataFrame) -> dict[str, set[str]]:
    from geolls.study.assignment import school_units

    units, _ = school_units(layer(place), table, DAY)
    return {str(k): set(v) for k, v in units.groupby("unit_code")["urn"]}


def test_the_first_half_of_a_postcode_means_all_schools_of_it(tmp_path: Path) -> None:
    codes = ["LS20 9AB", "LS20 8XX", "LS2 9AB", "LS19 7AA"]
    table = read(tmp_path, *({"Postcode": p} for p in codes)).schools
    rows = "unit,postcode\nA,LS20\nB,ls19\nC,LS2\nD,LS20 9\nE,LS209AB\n"
    assert listed(folder(tmp_path, rows), table) == {
        "a": {"100000", "100001"}, "b": {"100003"}, "c": {"100002"},
        "d": {"100000"}, "e": {"100000"},
    }  # fmt: skip
    (fault,) = problems(folder(tmp_path, "unit,postcode\nA,Leeds\n", "wrong"))
    assert "no postcode" in fault.message


# ---- polygons -----------------------------------------------------------------------------------


def zones(
    tmp_path: Path,
    named: dict[str | None, Any],
    more: str = "",
    file: str = "z.gpkg",
    **columns: Any,
) -> Path:
    """Write a layer of polygons, in metres of the National Grid."""
    place = tmp_path / "zones"
    place.mkdir(exist_ok=True)
    (place / "layer.toml").write_text(f'{MINE}geometry = "{file}"\n{more}')
    frame = gpd.GeoDataFrame(
        {"name": list(named), **columns}, geometry=list(named.values()), crs=27700
    )
    if file.lower().endswith(".parquet"):
        frame.to_parquet(place / file)
    else:
        frame.to_file(place / file)
    return place


def told(place: Path) -> tuple[gpd.GeoDataFrame, list[str]]:
    entries: list[Problem] = []
    return read_polygons(layer(place), entries), in_short(entries)


BIG, TOWN, FIELD = box(405e3, 425e3, 425e3, 445e3), box(429500, 432800, 431500, 434800), 420e3


def held(blocks: gpd.GeoDataFrame, table: gpd.GeoDataFrame) -> dict[str, float]:
    cut = refine(blocks, table)
    area: dict[str, float] = {}
    for claim in cut.claims:
        part = cut.blocks.loc[claim.block, "area_m2"]
        area[claim.unit_code] = area.get(claim.unit_code, 0.0) + part
    return area


def test_a_unit_smaller_than_a_share_of_its_district_is_kept(tmp_path: Path) -> None:
    small = {
        "Village": box(FIELD, 447e3, FIELD + 1e3, 448e3),
        "Street": box(43e4, 44e4, 430100, 440100),
    }
    table, _ = told(zones(tmp_path, {"Big": BIG, "Town": TOWN, **small}))
    near = load_blocks().cx[380e3:460e3, 400e3:480e3]
    area = held(near, table)
    assert area["Town"] == pytest.approx(4e6, rel=1e-3)
    assert area["Village"] == pytest.approx(1e6, rel=1e-3)
    assert area["Street"] == pytest.approx(1e4, rel=1e-2)


def test_units_without_land_in_england_are_told(tmp_path: Path) -> None:
    lost = {"Cardiff": box(31e4, 17e4, 32e4, 18e4), "Mid-sea": box(69e4, 3e5, 699e3, 31e4)}
    table, _ = told(zones(tmp_path, {"West": BIG, **lost}))
    assert set(held(load_blocks().cx[380e3:460e3, 400e3:480e3], table)) == {"West"}


@pytest.mark.parametrize("shape", [None, Polygon()])
def test_polygons_without_a_shape_are_told(tmp_path: Path, shape: Any) -> None:
    with warnings.catch_warnings(action="error"):
        table, lines = told(zones(tmp_path, {"West": BIG, "Lost": shape, None: shape}))
    assert table["unit_name"].tolist() == ["West"]
    assert lines == ["zones/z.gpkg: no shape (2: Lost, one without a name)"]


@pytest.mark.parametrize("blank", [None, "", " ", "NA", "NULL"])
def test_a_polygon_without_a_code_is_an_error(tmp_path: Path, blank: str | None) -> None:
    place = zones(tmp_path, {"West": BIG, "Town": TOWN}, 'code_column = "code"', code=["a", blank])
    with pytest.raises(GeollsError, match="polygon 2 has no code"):
        told(place)
    assert "polygon 2 has no code" in str(check_files([place])[-1])


def test_codes_of_polygons_lose_what_programs_add(tmp_path: Path) -> None:
    more = 'code_column = "code"'
    for codes in ([1.0, 2.0], ["1.0", " 2 "], [1, 2]):
        table, _ = told(zones(tmp_path, {"West": BIG, "Town": TOWN}, more, code=codes))
        assert table["unit_code"].tolist() == ["1", "2"]


def test_a_polygon_is_never_coded_as_a_reason(tmp_path: Path) -> None:
    with pytest.raises(GeollsError, match="'not_covered' is kept"):
        told(zones(tmp_path, {"not_covered": BIG}))


@pytest.mark.parametrize("file", ["z.PARQUET", "z.GPKG", "z.GeoJSON", "Z.SHP"])
def test_polygon_files_are_read_with_endings_in_any_case(tmp_path: Path, file: str) -> None:
    place = zones(tmp_path, {"West": BIG}, file=file.lower())
    for path in place.glob("z.*"):
        path.rename(path.with_name(file if path.suffix == f".{file.lower()[2:]}" else
                                   f"{file[0]}{path.suffix.upper() if file == 'Z.SHP' else path.suffix}"))  # fmt: skip  # noqa: E501
    (place / "layer.toml").write_text(f'{MINE}geometry = "{file}"\n')
    assert told(place)[0]["unit_name"].tolist() == ["West"]


def test_names_are_found_under_the_headings_of_the_statistics_office(tmp_path: Path) -> None:
    shape = gpd.GeoDataFrame(
        {"FID": [1], "CAUTH24CD": ["E47000002"], "CAUTH24NM": ["South Yorkshire"]},
        geometry=[BIG],
        crs=27700,
    )
    place = zones(tmp_path, {"West": BIG})
    shape.to_file(place / "z.gpkg", layer="z")
    assert told(place)[0]["unit_name"].tolist() == ["South Yorkshire"]


def test_of_two_layers_in_a_file_one_is_told(tmp_path: Path) -> None:
    place = zones(tmp_path, {"West": BIG})
    gpd.GeoDataFrame({"name": ["Other"]}, geometry=[TOWN], crs=27700).to_file(
        place / "z.gpkg", layer="a_first"
    )
    with warnings.catch_warnings(action="error"):
        table, (line,) = told(place)
    assert table["unit_name"].tolist() == ["West"]
    assert "layer is not read, but z (1: a_first)" in line
    assert 'geometry_layer = "a_first"' in line


def test_a_zip_of_the_portal_is_read(tmp_path: Path) -> None:
    place = zones(tmp_path, {"West": BIG}, file="z.shp")
    with zipfile.ZipFile(place / "z.zip", "w") as archive:
        for path in place.glob("z.*"):
            if path.suffix != ".zip":
                archive.write(path, f"boundaries/{path.name}")
    (place / "layer.toml").write_text(f'{MINE}geometry = "z.zip"\n')
    assert told(place)[0]["unit_name"].tolist() == ["West"]


@pytest.mark.parametrize("said", [None, "UTF-8", "ISO-8859-1", "1252"])
@pytest.mark.parametrize("written", ["utf-8", "cp1252"])
@pytest.mark.parametrize("packed", [False, True])
def test_names_beside_a_shapefile_are_read_whatever_says_how_they_are_written(
    tmp_path: Path, said: str | None, written: str, packed: bool
) -> None:
    place = zones(tmp_path, {"West": BIG}, file="z.shp")
    frame = gpd.GeoDataFrame({"name": ["M\u00e9doc \u2013 Zo\u00eb"]}, geometry=[BIG], crs=27700)
    frame.to_file(place / "z.shp", encoding=written)
    (place / "z.cpg").unlink()
    if said:
        (place / "z.cpg").write_text(said)
    if packed:
        with zipfile.ZipFile(place / "z.zip", "w") as archive:
            for path in place.glob("z.[cdps]*"):
                archive.write(path, path.name)
        (place / "layer.toml").write_text(f'{MINE}geometry = "z.zip"\n')
    assert told(place)[0]["unit_name"].tolist() == ["M\u00e9doc \u2013 Zo\u00eb"]


def test_a_study_that_names_its_layers_takes_polygons_that_are_asked_for(
    tmp_path: Path, demonstration: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    place = zones(tmp_path, {"West": BIG})
    settings = Settings(layers=("district", "region"), boundaries=(place,))
    study = Study(settings, register=demonstration.register)
    every = Study(Settings(boundaries=(place,)), register=demonstration.register)
    with pytest.raises(UsageError, match=r"zones does not take part .* study\.taking"):
        study.coverage("zones", "schools")
    asked = study.taking(["zones"])
    assert list(asked.layers) == ["district", "region", "zones"]
    assert asked.coverage("zones", "schools").equals(every.coverage("zones", "schools"))
    assert asked.place("zones:West").name == "West"
    (tmp_path / "mine.toml").write_text('layers = ["district"]\nboundaries = ["zones"]\n')
    for words in (["layers"], ["where", "zones:West"], ["where", "-1.8,53.8"]):
        with pytest.raises(SystemExit) as left:
            main([*words, "--study", str(tmp_path / "mine.toml"), "--format", "csv"])
        assert left.value.code == 0
    said = capsys.readouterr().out
    assert "\nzones," in said and "Bradford" in said and ",zones,West," in said


def test_what_polygons_are_taken_for_is_told(tmp_path: Path) -> None:
    place = zones(tmp_path, {"West": BIG}, file="z.geojson")
    text = (place / "z.geojson").read_text()
    said = re.sub(r'"crs": \{.*?\} \},', "", text)  # as GeoJSON has it, degrees
    assert said != text
    (place / "z.geojson").write_text(said)
    with pytest.raises(GeollsError, match="are metres on the National Grid") as raised:
        told(place)
    assert "EPSG:27700" in str(raised.value.fix)
    west, south, east, north = BIG.bounds
    knot = Polygon([(west, south), (east, north), (east, south), (west, north)])
    (_, (line,)) = told(zones(tmp_path, {"Knot": knot}, file="k.gpkg"))
    assert "crosses itself, and was mended (1: Knot)" in line
    turned = gpd.GeoDataFrame({"name": ["A"]}, geometry=[box(53, -2, 54, -1)], crs=4326)
    turned.to_file(place / "k.gpkg")
    with pytest.raises(GeollsError, match="latitudes stand where longitudes should"):
        told(place)


@pytest.mark.parametrize(
    ("file", "said"),
    [("z.geojson", 'add geometry = "z.geojson" to layer.toml'), ("z.kml", "save z.kml as GeoJSON")],
)
def test_a_file_without_what_makes_a_layer_of_it_is_named(
    tmp_path: Path, file: str, said: str
) -> None:
    place = tmp_path / "mine"
    place.mkdir()
    (place / "layer.toml").write_text(MINE)
    (place / file).write_text("{}")
    assert said in str(problems(place)[0])
    with pytest.raises(GeollsError, match="is a file, and no folder; in a folder of its own"):
        load_catalogue([place / file])


@pytest.mark.parametrize("how", ["no system", "no such layer"])
def test_check_says_of_polygons_what_a_table_would(tmp_path: Path, how: str) -> None:
    more = "" if how == "no system" else 'geometry_layer = "Zones2"'
    place = zones(tmp_path, {"West": BIG}, more, "z.gpkg" if more else "z.shp")
    (place / "z.prj").unlink(missing_ok=True)
    with pytest.raises(GeollsError) as fault:
        told(place)
    assert fault.value.message in [p.message for p in check_files([place])]


# ---- entries that no school answers -------------------------------------------------------------


def test_entries_listed_are_entries_counted_and_entries_told(tmp_path: Path) -> None:
    from geolls.study.assignment import untold

    register = read(tmp_path, {}, {"PhaseOfEducation (name)": "Nursery"}, {"Postcode": "LS20 9AB"})
    rows = "unit,urn,postcode\nA,100000,\nA,999999,\nA,100001,\nB,,LS20\nB,,ZZ1 1ZZ\n"
    found = list(untold(layer(folder(tmp_path, rows)), register.schools, register, DAY))
    assert [(p.row, p.column, p.value, p.message) for p in found] == [
        (3, "urn", "999999", "no school that counts: not in the register"),
        (4, "urn", "100001", "no school that counts: phase not chosen: nursery"),
        (6, "postcode", "ZZ1 1ZZ", "no school that counts has it"),
    ]
    (late,) = untold(
        layer(folder(tmp_path, "unit,urn,valid_from\nA,100000,2030-01-01\n", "late")),
        register.schools,
        register,
        DAY,
    )
    assert (late.value, late.message) == ("100000", "does not hold on 2022-09-01")
    near = "unit,postcode\nA,LS20 9ZZ\n"
    (near,) = untold(layer(folder(tmp_path, near, "near")), register.schools, register, DAY)
    assert near.fix == "LS20 9 has schools"


def test_a_list_of_schools_loses_no_figure_to_how_it_is_written(tmp_path: Path) -> None:
    wide = "".join(chr(0xFF10 + int(figure)) for figure in "100003")
    said = ["100000.0", '"100,001"', '"=""100002"""', wide, "' 100004", "1.00005E+05"]
    said += ["100 006", "100\u00a0007", "100-008", "100.009", "URN 100010", "urn: 100011"]
    said += ["100012; 100013", '"100014,100015"', "100016 / 100017"]  # several in a cell
    (tmp_path / "mine.csv").write_text("URN,note\n" + "".join(f"{u},x\n" for u in said), "utf-8")
    (tmp_path / "bare.txt").write_text("100000, 100001, 100001\n100002\tx\n")
    found = read_list(tmp_path / "mine.csv", "mine")
    assert [c.urn for c in found.claims] == [f"{n}" for n in range(100000, 100018)]
    assert not found.told
    bare = read_list(tmp_path / "bare.txt", "bare")  # without a heading, several in a line
    assert [c.urn for c in bare.claims] == ["100000", "100001"]
    assert len(in_short(bare.told)) == 2


@pytest.mark.parametrize(
    "heading", ["Academy URN", "URN (GIAS)", "urn_number", "URN No.", "Unique Reference Number"]
)
def test_a_column_of_urns_may_be_called_as_people_call_it(tmp_path: Path, heading: str) -> None:
    text = f"Name,Previous URN,{heading},Cluster\nA,100001,100000,x\n"
    (tmp_path / "mine.csv").write_text(text)
    found = read_list(tmp_path / "mine.csv", "mine")
    assert [c.urn for c in found.claims] == ["100000"]
    assert [p.value for p in found.told] == ["Previous URN"]
    members = folder(tmp_path, f"Cluster,{heading}\nA,100000\n")
    assert [c.urn for c in layer(members).claims] == ["100000"] and not problems(members)


@pytest.mark.parametrize(
    "text",
    ["LAESTAB\n383/2000\n3832001.0\nn/k\n", "DfE No.\n383-2000\n383 2001\n3839\n",
     "UKPRN,Postcode\n10000000,x\n10000001.0,y\n383,z\n"],
)  # fmt: skip
def test_schools_may_be_listed_by_other_codes_than_urns(tmp_path: Path, text: str) -> None:
    rows = [{"EstablishmentNumber": f"200{n}", "UKPRN": f"1000000{n}"} for n in range(3)]
    study = Study(Settings(), register=read(tmp_path, *rows))
    (tmp_path / "mine.csv").write_text(text)
    place = study.place(tmp_path / "mine.csv")
    assert study.schools_in(place)["urn"].tolist() == ["100000", "100001"]
    assert sum("is no " in line for line in study.told()) == 1
    code, first = text.split("\n")[0].partition(",")[0], text.split("\n")[1].partition(",")[0]
    families = folder(tmp_path, f"family,{code}\nA,{first}\nB,1\n", "families")
    mine = Study(Settings(boundaries=(families,)), register=study.register)
    assert mine.coverage("families", "schools").set_index("unit_code")["weight"]["a"] == 1
    assert "no school that counts has it" in "\n".join(mine.told())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_header_may_be_wider_than_what_is_read_first(
    tmp_path: Path, demonstration: Study, encoding: str
) -> None:
    wide = ",".join(f"column number {n}" for n in range(15_000))
    (tmp_path / "wide.csv").write_text(
        f"{wide},URN,easting,northing\n{',' * 15_000}100000,430000,430000\n", encoding
    )
    found = read_list(tmp_path / "wide.csv", "wide")
    assert [c.urn for c in found.claims] == ["100000"] and not found.told
    report = assign_points(tmp_path / "wide.csv", tmp_path / "out.parquet", demonstration)
    assert report.rows == report.placed == 1


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("list.dat", '["100000"]', "is no table"),
        ("a.csv", "URN,family,URN\n900000,A,900001\n", "is a second column of that kind"),
        ("b.csv", "URN\n12\nabc\n", "is no URN (2: 12, abc)"),
        ("c.csv", "URN,family\n", "it lists none"),
        (
            "d.XLS",
            "\u00d0\u00cf\x11\u00e0\u00a1\u00b1\x1a\u00e1" + "\0" * 600,
            "is an old Excel workbook",
        ),
        ("e.xls", "<html><table></table></html>", "is a web page"),
        ("f.csv", "\u2030PNG\r\n\x1a\n", "is a picture"),
    ],
)
def test_a_list_that_is_no_place_says_why(
    tmp_path: Path, demonstration: Study, name: str, data: str, told: str
) -> None:
    (tmp_path / name).write_bytes(data.encode("cp1252"))
    try:
        demonstration.place(tmp_path / name)
        said = "\n".join(demonstration.told())
    except GeollsError as error:
        said = str(error)
    assert told in said


def test_a_table_of_a_hundred_thousand_columns_ends_in_a_few_lines(tmp_path: Path) -> None:
    head = ",".join(f"c{n}" for n in range(10**5))
    found = problems(folder(tmp_path, f"unit,urn,{head}\nA,100000\n"))
    assert 20 < len(found) < 30 and any("more columns are not known" in str(p) for p in found)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["100000", "100001", "100002", "999999", "12345"]),
            st.sampled_from(["", "2030-01-01"]),
        ),
        min_size=1,
        max_size=8,
        unique_by=lambda entry: entry[0],
    ),
    st.lists(st.sampled_from(["LS1 1AA", "LS20", "ZZ9", "M1 1AA"]), max_size=4, unique=True),
)
def test_of_any_list_what_is_listed_is_shown_or_told(
    tmp_path_factory: pytest.TempPathFactory,
    register: Register,
    urns: list[tuple[str, str]],
    postcodes: list[str],
) -> None:
    from geolls.study.assignment import school_units, untold

    rows = [f"A,{urn},,{day}" for urn, day in urns] + [f"B,,{p}," for p in postcodes]
    text = "\n".join(["unit,urn,postcode,valid_from", *rows]) + "\n"
    listed = layer(folder(tmp_path_factory.mktemp("lists"), text))
    entries = list(untold(listed, register.schools, register, DAY))
    units, _ = school_units(listed, register.schools, DAY)
    lost = {p.row for p in entries}
    assert len(lost) == len(entries)
    shown = set(units["urn"])
    for row, (urn, day) in enumerate(urns, 2):
        assert (urn in shown and not day) != (row in lost) or (urn in shown and bool(postcodes))
    known = register.schools["postcode"].tolist()
    for row, postcode in enumerate(postcodes, 2 + len(urns)):
        assert any(p.startswith(postcode) for p in known) != (row in lost)


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Register:
    """Three schools, one of which does not count."""
    return read(tmp_path_factory.mktemp("r"), {}, {"PhaseOfEducation (name)": "Nursery"},
                {"Postcode": "LS20 9AB"})  # fmt: skip


def test_families_of_one_name_in_two_authorities_are_two_and_stay_inside(tmp_path: Path) -> None:
    leeds, bradford = {}, {"LA (code)": "380", "DistrictAdministrative (code)": "E08000032"}
    register = read(tmp_path, leeds, leeds, bradford, bradford)
    rows = "family,urn,authority\nNorth,100000,Leeds\nEast,100001,Leeds\n"
    rows += "North,100002,Bradford\nEast,100003,Leeds\n"
    toml = MINE + 'within = "local_authority"\n'
    place = folder(tmp_path, rows, "families", layer=toml)
    study = Study(Settings(boundaries=(place,)), register=register)
    units = study.assigned("families").set_index("urn")["unit_name"]
    assert units.tolist() == ["North, Leeds", "East, Leeds", "North, Bradford", "East, Bradford"]
    assert study.assigned("families")["unit_code"].tolist()[:2] == [
        *("north-E08000035", "east-E08000035"),
    ]
    assert len(study.schools_of(study.place("families:north, leeds"))) == 1
    (told,) = study.told()
    assert told == (
        "families/members.csv: is in Bradford, not in Leeds, and counts there (1: 100003)"
    )
    with pytest.raises(UnknownNameError, match="2 units of families are called 'North'"):
        study.place("families:North")
    only = folder(tmp_path, "family,urn\nWest,100000\n", "one", layer=toml)
    one = Study(Settings(boundaries=(only,)), register=register)
    assert one.place("one:West").name == "West, Leeds"


def test_only_units_made_of_schools_are_parted_by_areas(tmp_path: Path) -> None:
    land = folder(tmp_path, LIST, "land", layer=MINE + 'within = "region"\n')
    assert [p.message for p in problems(land)] == [
        "within parts units that are made of schools, and these are made of areas"
    ]


# ---- points -------------------------------------------------------------------------------------

SPOTS = "id,easting,northing\n1,430000,433500\n2,430100,433400\n"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("p.csv", b"id,easting,northing,,\n1,430000,433500,,\n2,430100,433400,,\n"),
        ("p.csv", b"id,easting,northing\n1,430000,433500,,\n2,430100,433400,,\n"),
        ("p.csv", b"Pupils at risk,,\n,,\n" + SPOTS.encode()),
        ("p.csv", b"sep=;\n" + SPOTS.replace(",", ";").encode()),
        ("p.CSV", SPOTS.replace(",", "\t").encode("utf-16")),
        ("p.csv", b"\xef\xbb\xbf" + SPOTS.encode()),
        ("p.CSV.GZ", gzip.compress(SPOTS.encode(), mtime=0)),
        ("p.csv", gzip.compress(SPOTS.encode(), mtime=0)),
        ("p.csv", SPOTS.replace("id", "Zo\xeb").encode("cp1252")),
    ],
)
def test_points_are_read_however_their_file_is_written(
    tmp_path: Path, demonstration: Any, name: str, data: bytes
) -> None:
    source, target = tmp_path / name, tmp_path / "out.parquet"
    source.write_bytes(data)
    assert assign_points(source, target, demonstration).placed == 2
    assert len(pd.read_parquet(target).columns) == 3 + 2 + len(demonstration.area_layers)


def test_quoted_line_breaks_may_lie_across_parts(
    tmp_path: Path, demonstration: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geolls.base.streams.CSV_BYTES_PER_BATCH", 1 << 12)
    rows = [f'{i},"a remark\nof two, or\nthree lines",430000,433500' for i in range(500)]
    source = tmp_path / "p.csv"
    source.write_text("id,note,easting,northing\n" + "\n".join(rows) + "\n")
    assert assign_points(source, tmp_path / "o.csv", demonstration).rows == 500


# ---- from a notebook ----------------------------------------------------------------------------


def test_one_text_or_path_is_a_list_of_one(tmp_path: Path) -> None:
    from geolls import open_study

    place = folder(tmp_path, LIST)
    for paths in (place, str(place), [place]):
        assert "mine" in open_study(boundaries=paths).layers
    assert list(open_study(layers="maths_hub", as_of="2022-09-01").layers) == ["maths_hub"]
    assert open_study(phase="secondary").settings.phases == ("secondary",)


@pytest.mark.parametrize("name", ["register", "links", "layers", "boundaries", "phase", "study"])
def test_what_is_no_path_or_text_gets_a_line(name: str) -> None:
    from geolls import open_study

    with pytest.raises(UsageError, match=rf"{name}: is a DataFrame, not"):
        open_study(**{name: pd.DataFrame({"a": [1]})})
    with pytest.raises(UsageError, match=rf"{name}: is a int, not"):
        open_study(**{name: 5})


def test_home_is_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from geolls import open_study

    monkeypatch.setenv("HOME", str(tmp_path))
    assert open_study(register="~/x.csv").settings.register == tmp_path / "x.csv"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("local_autority", "local_authority"), ("Local autority", "local_authority"),
     ("maths hubb", "maths_hub"), ("distrct", "district")],
)  # fmt: skip
def test_a_misspelt_layer_is_told_the_nearest(typed: str, meant: str) -> None:
    with pytest.raises(GeollsError, match=f"did you mean {meant}"):
        load_catalogue().get(typed)


def test_what_a_layer_loses_is_told_beside_tables_and_in_the_export(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from geolls import open_study
    from geolls.cli.main import main
    from geolls.export.tables import BUILDERS

    place = zones(tmp_path, {"West": BIG, "Cardiff": box(31e4, 17e4, 32e4, 18e4)})
    line = "zones/z.gpkg: no land in England (1: Cardiff)"
    with contextlib.suppress(SystemExit):
        main(["coverage", "zones", "--boundaries", str(place), "--as-of", "2022-09-01"])
    assert line in capsys.readouterr().err
    study = open_study(boundaries=place, as_of="2022-09-01")
    assert line in BUILDERS["study"](study)["value"].tolist()
    account = BUILDERS["account"](study)
    told = account[account["value"] == "Cardiff"][["file", "what", "why"]]
    assert told.to_numpy().tolist() == [["zones/z.gpkg", "unit", "no land in England"]]


def test_the_account_has_every_row_of_the_register_that_is_not_used_as_given(
    tmp_path: Path,
) -> None:
    changes = [
        {"URN": "no"},
        {"OpenDate": "some day"},
        {"EstablishmentName": "?cole Zo?", "Postcode": "?"},
    ]
    register = read(tmp_path, *changes, {})
    path = tmp_path / "edubasealldata20220901.csv"
    account = register.account()
    assert [(p.row, p.column, p.value, p.message) for p in account] == [
        (None, None, "", "1 of 3 cells: open date is not a date; date read as blank"),
        (
            None,
            "EstablishmentName",
            "1 of EstablishmentName",
            'cells hold "?", as where a character was lost',
        ),
        (2, "school", "Oak Primary School", "URN is not a number of 5 to 7 digits"),
        (3, "school", "100001", "open date is not a date"),
    ]  # fmt: skip
    assert check_files([path])[-len(account) :] == account
    assert register.schools["name"].tolist()[1] == "?cole Zo?"  # nothing is guessed


@pytest.mark.parametrize(
    "ask",
    [
        *("place", "spread", "schools_in", "where", "assigned", "note", "date_note", "table"),
        *("scenario", "changes", "land"),
    ],
)
@pytest.mark.parametrize("given", [object(), b"Leeds", pd.DataFrame({"Leeds": [1]}), None])
def test_what_is_no_name_gets_a_line_wherever_one_is_asked_for(
    demonstration: Study, ask: str, given: Any
) -> None:
    if given is None and ask in {"spread", "assigned"}:
        return  # of all there is
    with pytest.raises(GeollsError, match=r"is a (object|bytes|DataFrame|NoneType)"):
        getattr(demonstration, ask)(given)


@pytest.mark.parametrize("code", [383, "383", 383.0, np.int64(383), [383], pd.Series(["383"])])
def test_a_code_of_the_department_is_a_place(demonstration: Any, code: Any) -> None:
    assert len(demonstration.spread(code)) == len(demonstration.spread("E08000035")) > 0


def test_land_too_small_to_be_a_part_is_named_wherever_its_layer_is_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from geolls.cli.main import main

    leeds = load_blocks().loc[lambda b: b["name"] == "Leeds", "geometry"].iloc[0]
    place = zones(tmp_path, {"Wide Leeds": leeds.buffer(300)})
    command = ["mismatch", "local_authority", "zones", "--boundaries", str(place.parent)]
    with pytest.raises(SystemExit):
        main([*command, "--format", "csv"])
    (line,) = (x for x in capsys.readouterr().err.splitlines() if "too small" in x)
    assert "zones/z.gpkg: too small for a part of a district, counted with the land beside" in line
    assert line.endswith("(1: Wide Leeds in Kirklees)")
