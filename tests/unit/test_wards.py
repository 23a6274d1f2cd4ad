"""Parts of districts: by lists of wards or by polygons, cut once, and the rest with who has it."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pytest
import shapely
from click.testing import CliRunner

from geolls import open_study
from geolls.base.errors import InputFileError, UnknownNameError
from geolls.cli.checking import check_files
from geolls.cli.main import cli
from geolls.fetch.postcodes import fetch_postcodes
from geolls.land.blocks import load_blocks
from geolls.land.locate import locate
from geolls.land.wards import coded_wards, ward_land
from geolls.layers.areas import load_areas
from geolls.layers.lists import a_list
from geolls.layers.reader import read_layer

NORTH, SOUTH, EAST = "E05000001", "E05000002", "E05000003"
LEEDS = "E08000035"


def squares() -> gpd.GeoDataFrame:
    """Four squares of 1 km side by side: a, b below, c, d above."""
    boxes = [shapely.box(x, y, x + 1000, y + 1000) for y in (0, 1000) for x in (0, 1000)]
    return gpd.GeoDataFrame({"block": list("abcd")}, geometry=boxes, crs=27700).set_index("block")


def at(*rows: tuple[str, str, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["block", "ward", "easting", "northing"])


def test_the_line_runs_halfway_between_the_postcodes_of_either_side() -> None:
    postcodes = at(("a", NORTH, 500, 900), ("a", SOUTH, 500, 300), ("a", EAST, 500, 100),
                   ("b", EAST, 1500, 500))  # fmt: skip
    land = ward_land({NORTH: "red", SOUTH: "blue", EAST: "blue"}, postcodes, squares())
    shapes = land.set_index("unit_code").geometry
    assert shapes["red"].equals(shapely.box(0, 600, 1000, 1000))
    assert shapes["blue"].equals(
        shapely.union(shapely.box(0, 0, 1000, 600), shapely.box(1000, 0, 2000, 1000))
    )


def test_wards_that_are_nobodys_are_in_no_unit_and_shared_spots_go_to_the_most() -> None:
    postcodes = at(("a", NORTH, 250, 500), ("a", NORTH, 250, 500), ("a", SOUTH, 250, 500),
                   ("a", EAST, 750, 500))  # fmt: skip
    land = ward_land({NORTH: "red", SOUTH: "blue"}, postcodes, squares())
    assert land["unit_code"].tolist() == ["red"]
    assert land.geometry.iloc[0].equals(shapely.box(0, 0, 500, 1000))


@pytest.mark.real_data
def test_of_a_real_district_every_school_lies_in_the_ward_the_register_says(
    recent_study: Any,
) -> None:
    # Test Valley: one of the districts that the decision of 2026 parts.
    schools = recent_study.everywhere
    mine = schools[schools["district"] == "E07000093"].dropna(subset=["ward_code", "easting"])
    spots = mine.rename(columns={"ward_code": "ward"}).assign(block="E07000093")
    spots = spots.drop_duplicates(["easting", "northing"])
    wards = dict(zip(spots["ward"], spots["ward"], strict=True))
    land = ward_land(wards, spots, load_blocks()).set_index("unit_code").sort_index()
    assert len(wards) > 15
    found = locate(spots[["easting", "northing"]].to_numpy(float), land)["block"]
    inside = found.notna().to_numpy()
    assert inside.mean() > 0.95
    assert (found[inside].to_numpy() == spots["ward"].to_numpy()[inside]).all()
    block = load_blocks().geometry["E07000093"]
    assert land.area.sum() == pytest.approx(block.area, rel=1e-4)


def test_a_ward_is_named_where_one_district_has_the_name() -> None:
    schools = pd.DataFrame(
        [
            ("Headingley & Hyde Park", NORTH, LEEDS),
            ("Castle", SOUTH, LEEDS),
            ("Castle", EAST, "E06000052"),
            (None, None, LEEDS),
        ],
        columns=["ward_name", "ward_code", "district"],
    )

    def codes(wards: str, area: str = "") -> tuple[str, ...]:
        claim = replace(a_claim, wards=tuple(wards.split(";")), area_code=area)
        return coded_wards([claim], schools, load_areas(), "halves")[0].wards

    a_claim = a_list("a", "b", "c", {"urn": [("1", 2)]}).claims[0]
    assert codes("headingley and hyde park ward;e05000009") == (NORTH, "E05000009")
    assert (codes("Castle", LEEDS), codes("Castle", "E06000052")) == ((SOUTH,), (EAST,))
    with pytest.raises(UnknownNameError, match="'Castle' is the name of 2 wards") as error:
        codes("Castle")
    assert f"Leeds ({SOUTH}) or Cornwall ({EAST})" in (error.value.fix or "")
    with pytest.raises(UnknownNameError, match="called 'Headingly'") as error:
        codes("Headingly")
    assert "Headingley & Hyde Park (Leeds)" in (error.value.fix or "")
    assert error.value.where == "halves/members.csv row 2"
    with pytest.raises(UnknownNameError, match="called 'Hyde Park' in Leeds") as error:
        codes("Hyde Park", LEEDS)  # a part of a name, of that district
    assert error.value.fix == "did you mean Headingley & Hyde Park (Leeds)?"


@pytest.mark.real_data
def test_wards_are_named_as_the_real_register_names_them(recent_study: Any) -> None:
    every = recent_study.everywhere
    mine = every[every["district"] == LEEDS].dropna(subset=["ward_code"])
    names = dict(zip(mine["ward_code"], mine["ward_name"], strict=True))
    claim = a_list("a", "b", "c", {"urn": [("1", 2)]}).claims[0]
    claim = replace(
        claim, area_code=LEEDS, wards=tuple(f"{n.upper()} ward" for n in names.values())
    )
    (coded,) = coded_wards([claim], every, load_areas(), "wards")
    assert len(names) > 30 and coded.wards == tuple(names)


# ---- a layer of them -------------------------------------------------------------------------


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Postcodes of Leeds every 2 km; those north of 433,500 in one ward."""
    west, south, east, north = load_blocks().geometry[LEEDS].bounds
    lines = [
        f'"LS{1 + i // 100} {i // 10 % 10}A{"ABCDEFGHJK"[i % 10]}",10,{x},{y},"E92000001","","","",'
        f'"{LEEDS}","{NORTH if y > 433_500 else SOUTH}"'
        for i, (x, y) in enumerate(
            (x, y)
            for x in range(int(west) // 1000 * 1000, int(east), 2000)
            for y in range(int(south) // 2000 * 2000 + 500, int(north), 2000)
        )
    ]  # fmt: skip
    with zipfile.ZipFile(tmp_path / "codepo_gb.zip", "w") as archive:
        archive.writestr("Data/CSV/ls.csv", "\n".join(lines))
    monkeypatch.setenv("GEOLLS_DATA", str(tmp_path / "data"))
    fetch_postcodes(source=tmp_path / "codepo_gb.zip")
    return tmp_path


def a_layer(folder: Path, members: str, more: str = "") -> Path:
    layer = folder / "halves"
    layer.mkdir()
    (layer / "layer.toml").write_text(f'title = "Halves"\nsource = "a"\nlicence = "b"\n{more}')
    (layer / "members.csv").write_text(members)
    return layer


@pytest.mark.parametrize(
    "members",
    [
        f"unit,area,wards\nNorth,,{NORTH}\nRest,Leeds,\n",
        f"unit,WD25CD\nNorth,{NORTH}\nRest,{SOUTH}\n",
    ],
)
def test_a_list_of_wards_is_a_part_and_the_rest_is_whose_the_district_is(
    data: Path, members: str
) -> None:
    layer = a_layer(data, members)
    assert check_files([layer]) == []
    study = open_study(as_of="2024-09-01", boundaries=layer)
    land = study.land("halves")
    mine = land[land["block"].str.startswith(LEEDS)]
    assert sorted(mine["unit_name"]) == ["North", "Rest"] and (mine["share"] == 1).all()
    assert study.block_weights["area_m2"].sum() == pytest.approx(load_blocks().area.sum())
    schools = study.schools.merge(study.assigned("halves"), on="urn")
    own = schools[schools["district"] == LEEDS]
    assert len(own) > 100
    # Halfway between the rows of postcodes at 432,500 and 434,500.
    line = {row.unit_name: row.northing > 433_500 for row in own.itertuples()}
    assert line == {"North": True, "Rest": False}
    assert ((own["northing"] > 433_500) == (own["unit_name"] == "North")).all()
    assert study.overlap("halves", "district")["share_of_left"].tolist()[:2] == [1, 1]
    for by in ("area", "schools"):
        sure = study.coverage("halves", by).set_index("unit_name")["line_confidence"]
        assert sure[["North", "Rest"]].tolist() == ["medium", "medium"]
    codes = ["LS1 0AA", "LS2 5AB", "LS3 1AC"]
    found = study.postcodes.find(pa.array(codes), study.blocks)["block"]
    name = dict(zip(mine["block"], mine["unit_name"], strict=True))
    for code, block in zip(codes, found, strict=True):
        told = study.where(code).set_index("layer").loc["halves"]
        assert told["unit_name"] == name[block]
        assert told["line_confidence"] == "medium"


@pytest.mark.parametrize("members", [
    f"unit,area,wards\nNorth,Leeds,{NORTH}; {SOUTH}\nRest,Leeds,\n",
    f"unit,code\nNorth,{NORTH.lower()}\nNorth,{SOUTH}\nRest,{LEEDS}\n",
])  # fmt: skip
def test_wards_are_listed_in_a_cell_or_row_by_row(tmp_path: Path, members: str) -> None:
    layer, problems = read_layer(a_layer(tmp_path, members), own=True)
    assert layer is not None and not problems and layer.cuts_blocks
    wards = {(c.unit_code, ward) for c in layer.claims for ward in c.wards}
    assert wards == {("north", NORTH), ("north", SOUTH)}


def test_a_polygon_beside_a_list_of_areas_is_a_part_of_them(data: Path) -> None:
    _, _, east, north = load_blocks().geometry[LEEDS].bounds
    part = gpd.GeoDataFrame(
        {"name": ["North"]}, geometry=[shapely.box(0, 433_500, east + 9e3, north)], crs=27700
    )
    part = part.clip(load_blocks().geometry[LEEDS])
    layer = a_layer(data, "unit,area\nRest,Leeds\n", 'geometry = "north.geojson"\n')
    part.to_file(layer / "north.geojson")
    assert check_files([layer]) == []
    study = open_study(as_of="2024-09-01", boundaries=layer)
    schools = study.schools.merge(study.assigned("halves"), on="urn")
    own = schools[schools["district"] == LEEDS]
    assert ((own["northing"] > 433_500) == (own["unit_name"] == "North")).all()


def test_what_is_wrong_with_a_list_of_wards_is_told(data: Path, tmp_path: Path) -> None:
    layer = a_layer(data, f"unit,wards\nNorth,{NORTH};E05999999\nSouth,South Ward\n")
    said = " ".join(map(str, check_files([layer])))
    assert "'South Ward' is read as a ward's name" in said and "AdministrativeWard (name)" in said
    with pytest.raises(UnknownNameError, match="no school in a ward called 'South Ward'"):
        open_study(as_of="2024-09-01", boundaries=layer).land("halves")
    (layer / "members.csv").write_text(f"unit,wards\nNorth,{NORTH};E05999999\n")
    ran = CliRunner().invoke(
        cli, ["coverage", "halves", "--boundaries", str(layer), "--as-of", "2024-09-01"]
    )
    assert "has that ward" in ran.output and "E05999999" in ran.output
    (data / "data" / "postcodes.parquet").unlink()
    with pytest.raises(InputFileError, match="geolls fetch postcodes"):
        open_study(as_of="2024-09-01", boundaries=layer).land("halves")


def test_a_decided_split_without_a_list_is_shared_land_and_says_so() -> None:
    found = open_study(as_of="2028-06-01").where("Test Valley").set_index("layer")
    mine = found.loc[["local_authority"]]
    assert len(mine) == 2 and mine["share"].tolist() == [0.5, 0.5]
    assert mine["note"].str.contains("line not to hand").all()
    assert set(mine["line_confidence"]) == {"low"}
