"""Each input of the shared list of cases gives what its README says is right, by its kind.

The inputs lie beside the shared data; more of each kind are made in `test_handed_over`.
"""

from __future__ import annotations

import runpy
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from geolls.api import Study, open_study
from geolls.base.errors import GeollsError
from geolls.base.postcodes import POSTCODE
from geolls.cli.checking import check_files
from geolls.cli.main import main
from geolls.register.register import read_register
from geolls.study.points import assign_points
from geolls.study.settings import Settings

pytestmark = pytest.mark.real_data
DAY = "2022-09-01"
# By folder: the kind (what people hand over and lose), and what is right of it.
CASES: dict[str, tuple[str, Callable[[Path, Any], None]]] = {}


Right = Callable[[Path, Any], None]


def case(kind: str, *folders: str) -> Callable[[Right], Right]:
    def keep(function: Right) -> Right:
        CASES.update(dict.fromkeys(folders, (kind, function)))
        return function

    return keep


@pytest.fixture(scope="module")
def cases(real_data: Path) -> Path:
    return real_data.parent / "cases"


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOLLS_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


def test_every_case_of_the_list_is_tried(cases: Path) -> None:
    assert set(CASES) == {path.name for path in cases.iterdir() if path.is_dir()}


def weights(place: Path, real: Study, by: str = "schools") -> tuple[dict[str, float], str]:
    """Return what a layer's units weigh on the real register, and what is told of it."""
    study = Study(Settings(boundaries=(place,)), register=real.register)
    table = study.coverage(place.name, by)  # type: ignore[arg-type]
    return dict(zip(table["unit_name"], table["weight"], strict=True)), "\n".join(study.told())


def checked(*paths: Path) -> list[str]:
    return [str(p) for p in check_files(list(paths)) if p.severity == "error"]


def read(place: Path, on: str = DAY) -> Any:
    file = next(p for p in place.glob("*.csv") if p.name != "links.csv")
    links = place / "links.csv"
    return read_register(file, links if links.exists() else None, as_of=on)


@case("H1", "01_small_catchments")
def _(place: Path, real: Study) -> None:
    found, told = weights(place / "y3", real)
    assert found["Town centre"] == 6 and found["Big"] == 267
    assert "Village" in told and "no school that counts" in told


@case("H1", "04_unit_outside_england")
def _(place: Path, real: Study) -> None:
    found, told = weights(place / "y6", real)
    assert "West" in found and "no land in England (2: Cardiff, Mid-sea)" in told


@case("H1", "05_code_column_blank")
def _(place: Path, real: Study) -> None:
    with pytest.raises(GeollsError, match="polygon 1 has no code"):
        weights(place / "n2", real, "area")


@case("H1", "08_null_and_empty_geometry")
def _(place: Path, real: Study) -> None:
    found, told = weights(place / "z11", real, "area")
    assert {"East", "West"} <= found.keys() and "no shape (2: one without a name, Empty)" in told


@case("H1", "09_urns_not_in_register")
def _(place: Path, real: Study) -> None:
    for name in ("urn1", "urn3"):
        told = weights(place / name, real)[1]
        assert "not in the register" in told and "999999" in told
    told = weights(place / "urn1", real)[1]
    assert "nursery (1: 100005)" in told and "Independent schools (1: 100001)" in told


@case("H1", "11_postcode_first_half")
def _(place: Path, real: Study) -> None:
    found, told = weights(place / "pc2", real)
    at = real.schools["postcode"].fillna("").map(lambda p: POSTCODE.fullmatch(p.upper()))
    outward = at.map(lambda said: said[1] if said else "")
    assert found["A"] == (outward == "LS20").sum() == 5
    assert found["B"] == (outward == "LS19").sum() and not told


@case("H5", "12_blank_unit_cell")
def _(place: Path, real: Study) -> None:
    assert any("row 3 names no unit" in line for line in checked(place / "merge"))


@case("H6", "14_unit_code_is_a_reason")
def _(place: Path, real: Study) -> None:
    assert any("'not_covered' is kept for" in line for line in checked(place / "code"))


@case("H2", "15_diocese_not_applicable", "16_R_NA", "17_NULL")
def _(place: Path, real: Study) -> None:
    study = Study(Settings(), register=read(place))
    for key in ("diocese", "federation"):
        held = set(study.coverage(key, "schools")["unit_name"].str.casefold())
        assert not held & {"not applicable", "na", "null"}, key
    assert study.schools["status_unknown"].sum() == 0


@case("H4", "21_trust_code_float")
def _(place: Path, real: Study) -> None:
    register = read(place)
    uids = register.schools["trust_uid"].dropna()
    assert len(uids) and not uids.str.contains(".", regex=False).any()
    assert register.counts["trusts_told_differently"] == 0


@case("H4", "22_urn_float")
def _(place: Path, real: Study) -> None:
    assert "107809" in set(read(place).schools["urn"])


@case("H4", "25_polygon_code_float")
def _(place: Path, real: Study) -> None:
    study = Study(Settings(boundaries=(place / "y9",)), register=real.register)
    assert {"1", "2"} <= set(study.coverage("y9", "area")["unit_code"])


@case("H3", "26_dates_month_first", "27_dates_excel_serial")
def _(place: Path, real: Study) -> None:
    register = read(place, "2019-06-01")
    assert register.counts["kept"] == 74  # as the file says where its days are as published
    assert any("dates are" in line for line in register.source["told"])


@case("H11", "29_academic_year_in_name")
def _(place: Path, real: Study) -> None:
    (file,) = place.glob("*.csv")
    assert str(read_register(file).as_of) == "2023-01-19"  # the day inside, not November 2010


@case("H3", "30_pupils_thousands")
def _(place: Path, real: Study) -> None:
    assert read(place).schools["pupils"].sum() == 88_297


@case("H7", "32_members_utf16", "35_layer_toml_utf16", "36_trailing_blank_cells")
@case("H8", "41_ons_headings", "46_dashes", "47_london_borough_of", "49_dfe_codes")
def _(place: Path, real: Study) -> None:
    folders = [path for path in place.iterdir() if path.is_dir()]
    assert folders and not checked(*folders)


@case("H7", "33_study_with_bom")
def _(place: Path, real: Study) -> None:
    assert open_study(place / "study.toml").settings.title == "x"


@case("H7", "37_register_semicolons")
def _(place: Path, real: Study) -> None:
    assert read(place).counts["kept"] == 184


@case("H7", "42_assign_line_breaks_over_16_MB")
def _(place: Path, real: Study) -> None:
    runpy.run_path(str(place / "make.py"))
    assert assign_points("big.csv", "out.parquet", real).rows == 260_000
    assert not [*Path().glob("*.parts")]


@case("H7", "43_upper_case_PARQUET")
def _(place: Path, real: Study) -> None:
    assert {"East", "West"} <= weights(place / "f3", real, "area")[0].keys()


@case("H7", "44_upper_case_CSV_GZ", "45_assign_empty_headings")
def _(place: Path, real: Study) -> None:
    for file in place.glob("[pP]*"):
        report = assign_points(file, "out.csv", real)
        assert report.rows == report.placed == len(pd.read_csv("out.csv"))


@case("H8", "50_ended_area_by_name")
def _(place: Path, real: Study) -> None:
    assert any("Craven ended 2023-03-31; now in North Yor" in x for x in checked(place / "vint"))


@case("H8", "51_welsh_code")
def _(place: Path, real: Study) -> None:
    assert any("a code of Wales; geolls is about England" in x for x in checked(place / "gss"))
    with pytest.raises(GeollsError, match="a code of Wales"):
        real.where("W06000015")


@case("H8", "52_ni_code")
def _(place: Path, real: Study) -> None:
    with pytest.raises(GeollsError, match="a code of Northern Ireland"):
        real.where("N09000003")


@case("H6", "54_layer_called_name")
def _(place: Path, real: Study) -> None:
    with pytest.raises(GeollsError, match="is the name of a column"):
        weights(place / "name", real)


@case("H9", "56_check_skips_polygons")
def _(place: Path, real: Study) -> None:
    for name in ("z5", "y1", "y5"):
        (line, *_) = checked(place / name)
        with pytest.raises(GeollsError) as raised:
            weights(place / name, real, "area")
        assert raised.value.message in line


@case("H11", "57_two_layers_in_gpkg")
def _(place: Path, real: Study) -> None:
    told = weights(place / "y4", real, "area")[1]
    assert 'layer is not read, but zones (1: a_first); geometry_layer = "a_first"' in told


@case("H11", "59_sites_advice_in_a_circle")
def _(place: Path, real: Study) -> None:
    assert any("'abc' is not a URN; a URN is six digits" in x for x in checked(place / "lead"))


@case("H10", "60_api_one_text_for_a_list")
def _(place: Path, real: Study) -> None:
    for given in (str(place / "z0"), place / "z0"):
        assert "z0" in open_study(as_of=DAY, boundaries=given).layers
    assert open_study(as_of=DAY, phase="secondary").population.name == "secondary"
    assert [*open_study(as_of=DAY, layers="maths_hub").layers] == ["maths_hub"]


@case("H10", "61_api_other_types")
def _(place: Path, real: Study) -> None:
    with pytest.raises(GeollsError, match="DataFrame"):
        open_study(register=pd.DataFrame())  # type: ignore[arg-type]
    with pytest.raises(GeollsError, match="no such file") as raised:
        len(open_study(register="~/nowhere.csv", as_of=DAY).schools)
    assert "~" not in str(raised.value.where)
    for code in (383, "383"):
        assert len(real.spread(code)) == len(real.spread("Leeds"))


@case("H11", "62_portal_zip")
def _(place: Path, real: Study) -> None:
    words = ["fetch", "boundaries", "--year", "2024", "--resolution", "BUC"]
    with pytest.raises(SystemExit) as left:
        main([*words, "--from", str(place / "o2"), "--data", "data"])
    assert left.value.code == 0  # what the folder does not hold is told, and no fault
    (file,) = Path("data/boundaries").glob("*.parquet")
    table = pd.read_parquet(file)
    assert file.stem == "combined_authority-2024-BUC" and len(table) == 11
    ours = {a.code for a in real.areas.alive("combined_authority", date(2024, 5, 31))}
    assert set(table["code"]) == ours and table["name"].str.contains("Manchester").sum() == 1
    moves = pd.read_csv(file.with_suffix(".moves.csv"))
    assert len(moves) == 11 and not moves["moved_m2"].any()


@pytest.mark.parametrize("name", [f"{kind}-{name}" for name, (kind, _) in sorted(CASES.items())])
def test_a_case_gives_what_is_right(name: str, cases: Path, real_study: Study) -> None:
    folder = name.partition("-")[2]
    CASES[folder][1](cases / folder, real_study)
