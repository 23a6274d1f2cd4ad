"""Layers are found by what people call them, and their areas settled by code."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import pytest

from geolls.base.archives import unpacked
from geolls.base.errors import CatalogueError, InputFileError
from geolls.cli.checking import check_files
from geolls.layers.areas import load_areas
from geolls.layers.catalogue import load_catalogue
from geolls.layers.expand import expand
from geolls.layers.settle import settle

AREAS = load_areas()


def test_a_list_of_names_that_ended_is_read_on_the_day_that_fits_it_best(folder, load):
    layer = load(folder("unit,district\nA,Allerdale\nA,Copeland\nA,Carlisle\nB,Eden\n"))
    assert {claim.codes_as_of for claim in layer.claims} == {date(2023, 3, 31)}
    blocks = {c.block for c in expand(layer, date(2026, 1, 1), AREAS)}
    assert blocks == {"E07000026", "E07000029", "E07000028", "E07000030"}


def test_a_folder_of_folders_gives_every_layer_in_it(folder):
    one = folder("area\nLeeds\n")
    folder("area\nYork\n", key="other")
    assert {"localities", "other"} <= set(load_catalogue((one.parent,), AREAS).layers)


def test_loading_stops_at_the_first_fault_and_counts_the_rest(folder, load):
    path = folder("unit,code\nA,E08000035\n", toml='titel = "x"\n')
    with pytest.raises(CatalogueError, match=r"unknown key 'titel'.*and 2 more") as caught:
        load(path)
    assert caught.value.exit_code == 10 and "\n" not in str(caught.value)


def test_a_layer_may_not_take_the_name_of_one_on_the_shelf(folder, load):
    path = folder("code\nE08000035\n", key="region")
    with pytest.raises(CatalogueError, match="there is a layer 'region' already"):
        load(path)


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ("teaching_school_hub", "teaching_school_hub"),
        ("Teaching School Hubs", "teaching_school_hub"),
        ("TSH", "teaching_school_hub"),
        ("local authority", "local_authority"),
        ("Local Authorities", "local_authority"),
        ("mat", "multi_academy_trust"),
        ("combined-authority", "combined_authority"),
    ],
)
def test_layers_answer_to_what_people_call_them(asked, key):
    assert load_catalogue().get(asked).key == key


def test_an_unknown_layer_names_the_nearest():
    with pytest.raises(CatalogueError, match="did you mean teaching_school_hub") as caught:
        load_catalogue().get("teaching_school_hob")
    assert caught.value.exit_code == 10
    with pytest.raises(CatalogueError, match="`geolls layers` lists them all"):
        load_catalogue().get("zzz")


def test_settle_leaves_settled_claims_alone(folder, load):
    layer = load(folder("unit,code,codes_as_of\nA,E08000035,2022-01-01\n"))
    assert settle(layer, AREAS) == (layer, [])


def test_the_catalogue_needs_the_standard_library_only():
    code = (
        "import sys, geolls.layers.catalogue; "
        "heavy = {'pandas', 'numpy', 'geopandas', 'shapely', 'folium', 'pyarrow', 'click'}; "
        "sys.exit(bool(heavy & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_zip_of_a_layer_is_opened_as_its_folder_is(tmp_path: Path) -> None:
    folder = tmp_path / "localities"
    folder.mkdir()
    (folder / "layer.toml").write_text('title = "Localities"\nsource = "a list"\n', "utf-8")
    (folder / "members.csv").write_text("unit,area\nRiverside,Leeds\n", "utf-8")
    inside, bare = tmp_path / "one.zip", tmp_path / "two.zip"
    for path, above in ((inside, "localities/"), (bare, "")):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("__MACOSX/._layer.toml", "x")
            for name in ("layer.toml", "members.csv"):
                archive.write(folder / name, f"{above}{name}")
    plain = load_catalogue([folder]).layers["localities"]
    packed = load_catalogue([inside]).layers["localities"]
    assert packed.claims == plain.claims and packed.title == plain.title
    assert "two" in load_catalogue([bare]).layers, "without a folder inside, the zip's name"
    assert not check_files([inside])[1:]


def test_a_zip_that_is_no_layer_is_told_in_a_line(tmp_path: Path) -> None:
    shapes, broken, bomb = (tmp_path / f"{name}.zip" for name in ("shapes", "broken", "bomb"))
    with zipfile.ZipFile(shapes, "w") as archive:
        archive.writestr("areas.geojson", "{}")
    broken.write_bytes(b"PK\x03\x04 and no more")
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("layer.toml", bytes(300 << 20))
    with pytest.raises(CatalogueError, match=r'no layer.toml here.*geometry = "shapes.zip"'):
        load_catalogue([shapes])
    with pytest.raises(InputFileError, match="the zip is damaged"):
        load_catalogue([broken])
    with pytest.raises(InputFileError, match="unpacks to more"):
        load_catalogue([bomb])


def test_names_in_a_zip_that_lead_elsewhere_stay_in_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "up.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../escaped.txt", "x")
        archive.writestr("/also.txt", "x")
    folder = unpacked(path)
    assert {p.name for p in folder.rglob("*.txt")} == {"escaped.txt", "also.txt"}
    assert not list(tmp_path.glob("*.txt"))
