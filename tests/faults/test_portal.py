"""Any layer of the portal by name and year: found among irregular names, paged, ready for use."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import double as d
import geopandas as gpd
import pytest
from click.testing import CliRunner
from double import Double, Service

from geolls.base.errors import GeollsError, InputFileError
from geolls.cli.checking import check_files
from geolls.cli.main import cli
from geolls.fetch.portal import Fetched, fetch_layer
from geolls.fetch.web import NotThereError, RefusedError, Web

# Names as the portal gives them, tables and lookups among them.
NAMES = {
    "Westminster_Parliamentary_Constituencies_July_2024_Boundaries_UK_BGC": "PCON24",
    "Westminster_Parliamentary_Constituencies_July_2024_Boundaries_UK_BUC": "PCON24",
    "Westminster_Parliamentary_Constituencies_Dec_2022_UK_BGC": "PCON22",
    "PCON_DEC_2025_UK_BSC": "PCON25",
    "PCON_2024_UK_NC_v2": "PCON24",
    "Wards_December_2022_Boundaries_UK_BGC": "WD22",
    "Wards_May_2022_Boundaries_UK_BGC_V3": "WD22",
    "Wards_December_2019_Boundaries_UK_BGC_2022": "WD19",
    "WD_MAY_2026_UK_BFC": "WD26",
    "WD22_LAD22_EW_LU": "WD22",
    "Integrated_Care_Boards_April_2023_EN_BGC": "ICB23",
    "Integrated_Care_Boards_July_2022_EN_BGC_v2": "ICB22",
    "Police_Force_Areas_Dec_2024_EW_BGC": "PFA24",
    "Police_Force_Areas_December_2023_EW_BUC": "PFA23",
    "Travel_to_Work_Areas_December_2011_UGCB_in_United_Kingdom_2022": "TTWA11",
    "Lakes_December_2020_Boundaries_UK_BGC": "LAKE20",
    "Local_Authority_Districts_DEC_2025_Boundaries_UK_BGC": "LAD25",
}


@pytest.fixture
def portal(double: Double) -> Double:
    for name, stem in NAMES.items():
        double.services[name] = Service(d.squares(7, stem), stem=stem, page=3)
    return double


def fetched(portal: Double, folder: Path, name: str, year: int | None = None, size: str = "BGC",
            **web: object) -> Fetched:  # fmt: skip
    asked = Web(sleep=lambda _: None, timeout=5.0, **web)  # type: ignore[arg-type]
    return fetch_layer(folder, name, year, size, portal.ons, web=asked)


@pytest.mark.parametrize(
    ("name", "year", "size", "taken"),
    [
        ("constituencies", 2024, "BGC",
         "Westminster_Parliamentary_Constituencies_July_2024_Boundaries_UK_BGC"),
        ("Westminster parliamentary constituencies", 2024, "BUC",
         "Westminster_Parliamentary_Constituencies_July_2024_Boundaries_UK_BUC"),
        ("pcon", None, "BSC", "PCON_DEC_2025_UK_BSC"),
        ("wards", 2022, "BGC", "Wards_December_2022_Boundaries_UK_BGC"),
        ("ward", 2019, "BGC", "Wards_December_2019_Boundaries_UK_BGC_2022"),
        ("health boards", None, "BGC", "Integrated_Care_Boards_April_2023_EN_BGC"),
        ("ICB", 2022, "BGC", "Integrated_Care_Boards_July_2022_EN_BGC_v2"),
        ("police", None, "BGC", "Police_Force_Areas_Dec_2024_EW_BGC"),
        ("travel-to-work areas", None, "BUC",
         "Travel_to_Work_Areas_December_2011_UGCB_in_United_Kingdom_2022"),
        ("lakes", None, "BGC", "Lakes_December_2020_Boundaries_UK_BGC"),
        ("wards_may_2022_boundaries_uk_bgc_v3", None, "BGC",
         "Wards_May_2022_Boundaries_UK_BGC_V3"),
    ],
)  # fmt: skip
def test_a_layer_is_found_by_what_people_call_it(
    portal: Double, tmp_path: Path, name: str, year: int | None, size: str, taken: str
) -> None:
    found = fetched(portal, tmp_path, name, year, size)
    assert found.notes == (f"taken from {taken}",)
    assert found.units == 7
    assert found.folder.name.endswith(f"_{re.search('20[0-9][0-9]', taken)[0]}")  # type: ignore[index]


def test_the_next_resolution_is_taken_and_told(portal: Double, tmp_path: Path) -> None:
    found = fetched(portal, tmp_path, "wards", 2026, "BGC")
    assert found.notes == ("taken from WD_MAY_2026_UK_BFC", "BGC is not there; BFC is")


@pytest.mark.parametrize(
    ("name", "year", "said"),
    [
        ("constituencies", 2019, "years there are: 2022, 2024, 2025"),
        ("parish pumps", None, "no layers are called 'parish pumps'"),
        ("constituancies", None, "did you mean Westminster Parliamentary Constituencies?"),
        ("areas", None, "2 layers are called 'areas'"),
        ("", None, "say which: Integrated Care Boards"),
    ],
)
def test_what_is_not_there_is_answered_by_what_there_is(
    portal: Double, tmp_path: Path, name: str, year: int | None, said: str
) -> None:
    with pytest.raises(NotThereError) as fault:
        fetched(portal, tmp_path, name, year)
    assert said in str(fault.value)
    assert not (tmp_path / "layers").exists()


def test_the_folder_is_a_layer_that_every_command_takes(portal: Double, tmp_path: Path) -> None:
    ran = CliRunner().invoke(
        cli, ["fetch", "boundaries", "health", "boards", "--from", portal.ons,
              "--data", str(tmp_path), "-q"]
    )  # fmt: skip
    folder = tmp_path / "layers" / "integrated_care_boards_2023"
    assert ran.exit_code == 0 and f"--boundaries {folder}" in ran.output
    said = tomllib.loads((folder / "layer.toml").read_text("utf-8"))
    assert said["source_date"] == "2023-04" and "Open Government Licence" in said["licence"]
    assert said["source_url"].endswith("/Integrated_Care_Boards_April_2023_EN_BGC/FeatureServer")
    frame = gpd.read_parquet(folder / "polygons.parquet")
    assert frame.crs.to_epsg() == 27700 and frame["code"].is_monotonic_increasing
    assert check_files([folder]) == []
    ran = CliRunner().invoke(
        cli, ["coverage", folder.name, "--boundaries", str(folder), "--by", "area", "--format",
              "csv", "-q"]
    )  # fmt: skip
    assert ran.exit_code == 0, ran.output
    assert sum("Area " in line for line in ran.output.splitlines()) == 7


def test_a_file_that_was_downloaded_becomes_the_same_layer(portal: Double, tmp_path: Path) -> None:
    by_web = fetched(portal, tmp_path / "web", "wards", 2022)
    frame = gpd.read_parquet(by_web.folder / "polygons.parquet")
    path = tmp_path / "WD_DEC_2022_UK_BGC.gpkg"
    frame.rename(columns={"code": "WD22CD", "name": "WD22NM"}).to_crs(4326).to_file(path)
    by_hand = fetch_layer(tmp_path / "hand", "wards", source=str(path))
    assert by_hand.folder.name == by_web.folder.name == "wards_2022"
    again = gpd.read_parquet(by_hand.folder / "polygons.parquet")
    assert again["code"].tolist() == frame["code"].tolist()
    assert again.area.to_numpy() == pytest.approx(frame.area.to_numpy(), rel=1e-3)
    with pytest.raises(InputFileError, match="there is no such file"):
        fetch_layer(tmp_path / "hand", "wards", source=str(tmp_path / "none.gpkg"))


def test_a_name_without_boundaries_before_it_is_told(tmp_path: Path) -> None:
    ran = CliRunner().invoke(cli, ["fetch", "wards", "--data", str(tmp_path)])
    assert "geolls fetch boundaries wards" in str(ran.exception)


@pytest.mark.parametrize(
    ("fault", "times", "kind", "said"),
    [
        (d.status(503), 2, None, ""),
        (d.cut, 1, None, ""),
        (d.status(503), 99, RefusedError, "the server answers 503, after 5 tries"),
        (d.says(b"<html>"), 99, NotThereError, "a web page came instead of data"),
        (d.changed(lambda a: a | {"features": a["features"][:-1]}), 1, None, ""),
        (d.changed(lambda a: a | {"features": []}), 99, InputFileError, "the service counts 7"),
    ],
)
def test_pages_are_asked_for_until_all_are_there(
    portal: Double, tmp_path: Path, fault: d.Fault, times: int, kind: type[GeollsError] | None,
    said: str,
) -> None:  # fmt: skip
    portal.fail("resultOffset", fault, times)
    if kind is None:
        assert fetched(portal, tmp_path, "police").units == 7
        return
    with pytest.raises(kind, match=said):
        fetched(portal, tmp_path, "police")
    assert not (tmp_path / "layers").exists()


def test_areas_in_degrees_are_put_on_the_grid(portal: Double, tmp_path: Path) -> None:
    metres = fetched(portal, tmp_path / "a", "police").folder / "polygons.parquet"

    def in_degrees(answer: dict[str, Any]) -> dict[str, Any]:
        frame = gpd.GeoDataFrame.from_features(answer["features"], crs=27700).to_crs(4326)
        return answer | {"features": list(frame.iterfeatures())}

    portal.fail("resultOffset", d.changed(in_degrees))
    degrees = fetched(portal, tmp_path / "b", "police").folder / "polygons.parquet"
    one, other = gpd.read_parquet(metres), gpd.read_parquet(degrees)
    assert one.geometry.hausdorff_distance(other.geometry).max() < 0.01


def test_areas_of_wales_and_strange_columns_are_told(portal: Double, tmp_path: Path) -> None:
    service = portal.services["Police_Force_Areas_Dec_2024_EW_BGC"]
    service.stem = "OBJECT"
    with pytest.raises(InputFileError, match="no columns of a code and a name"):
        fetched(portal, tmp_path, "police")
