"""A user's layer is read from very little, and however it is written."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geolls.layers.areas import load_areas
from geolls.layers.evidence import units_on
from geolls.layers.expand import expand
from geolls.layers.model import Alias
from geolls.layers.reader import read_layer

AREAS = load_areas()


def test_two_keys_and_a_list_of_authority_names_make_a_layer(folder, load):
    layer = load(folder("unit,area\nNorth,leeds\nNorth,Bradford\nSouth,City of Bristol\n"))
    assert (layer.kind, layer.family, layer.tiling) == ("areas", "user", "partial")
    on = date(2022, 9, 1)
    assert [unit.name for unit in units_on(layer, on, AREAS)] == ["North", "South"]
    held = {(c.unit_code, c.block) for c in expand(layer, on, AREAS)}
    assert held == {("north", "E08000035"), ("north", "E08000032"), ("south", "E06000023")}


def test_a_bare_list_of_codes_is_one_unit_named_by_the_title(folder, load):
    layer = load(folder("code\nE08000035\nE08000032\n"))
    (unit,) = units_on(layer, date(2022, 9, 1), AREAS)
    assert (unit.code, unit.name) == ("research-localities", "Research localities")
    assert len(expand(layer, date(2022, 9, 1), AREAS)) == 2


def test_headings_are_read_however_they_are_written(folder, load):
    path = folder(None)
    text = "Unit Name,GSS code,Valid from\nA,E08000035,2021-09-01\n"
    (path / "members.csv").write_bytes(("\ufeff" + text).encode())
    (claim,) = load(path).claims
    assert (claim.area_code, claim.valid_from) == ("E08000035", date(2021, 9, 1))
    assert claim.codes_as_of == date(2021, 9, 1), "the claim's first day is the default"


def test_a_spreadsheets_own_encoding_is_read(folder, load):
    path = folder(None)
    (path / "members.csv").write_bytes("unit,area\nCaf\xe9,Leeds\n".encode("cp1252"))
    assert next(iter(load(path).units.values())).name == "Café"


@pytest.mark.parametrize("mark", [";", "\t"])
def test_other_marks_between_cells_are_told_from_the_heading(folder, mark, load):
    text = f"unit{mark}area\nA{mark}Bournemouth, Christchurch and Poole\n"
    (claim,) = load(folder(text)).claims
    assert claim.area_code == "E06000058"


def test_a_year_may_be_written_as_a_number(folder, load):
    layer = load(folder("code\ne08000035\n", "source_date = 2022\n"))
    assert layer.source_date == layer.claims[0].source_date == "2022"
    assert len(expand(layer, date(2022, 9, 1), AREAS)) == 1, "a code in small letters is a code"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(toml=st.binary(max_size=80), members=st.binary(max_size=200), units=st.binary(max_size=80))
def test_whatever_the_files_hold_reading_them_ends_in_words(toml, members, units):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "fuzz"
        path.mkdir()
        (path / "layer.toml").write_bytes(toml)
        assert read_layer(path, own=True)[1]
        (path / "layer.toml").write_text('title = "t"\nsource = "s"')
        (path / "members.csv").write_bytes(b"unit,area,from,share,source_date\n" + members)
        (path / "units.csv").write_bytes(b"unit_name,aliases\n" + units)
        layer, _ = read_layer(path, own=True)
        assert layer is not None and layer.key == "fuzz"


def test_a_list_of_urns_is_a_layer_of_schools(folder, load):
    layer = load(folder("unit,urn\nChallenge,136776\nChallenge,137515\n"))
    assert layer.kind == "schools"
    assert [claim.urn for claim in layer.claims] == ["136776", "137515"]


def test_a_list_of_postcodes_is_a_layer_of_schools(folder, load):
    layer = load(folder("postcode\nne63 9aa\nNE63\n"))
    assert layer.kind == "schools"
    assert [claim.postcode for claim in layer.claims] == ["NE63 9AA", "NE63"]


def test_a_polygon_file_makes_a_layer_that_is_read_later(folder, load):
    path = folder(None, 'geometry = "four.geojson"\nname_column = "name"\n')
    (path / "four.geojson").write_text('{"type": "FeatureCollection", "features": []}', "utf-8")
    layer = load(path)
    assert layer.kind == "polygons" and layer.has_land
    assert layer.geometry == path / "four.geojson" and layer.name_column == "name"


def test_units_may_have_aliases_dates_and_a_lead(folder, load):
    path = folder("unit_code,area_code\na,E08000035\n")
    (path / "units.csv").write_text(
        "unit_code,unit_name,aliases,lead_urn,valid_from\n"
        "a,Alpha Hub,X1@2022; Old Name@2020/2021,136776,2020-01-01\n",
        "utf-8",
    )
    layer = load(path)
    (unit,) = units_on(layer, date(2022, 1, 1), AREAS)
    assert (unit.code, unit.lead_urn, unit.valid_from) == ("a", "136776", date(2020, 1, 1))
    assert unit.aliases == (Alias("X1", "2022"), Alias("Old Name", "2020/2021"))


def test_hostile_names_stay_names(folder, load):
    name = '<script>alert("1")</script>'
    layer = load(folder('unit,code\n"<script>alert(""1"")</script>",E08000035\n'))
    (unit,) = units_on(layer, date(2022, 9, 1), AREAS)
    assert unit.name == name and "<" not in unit.code


def test_names_that_only_punctuation_tells_apart_are_not_one_unit(folder):
    _, problems = read_layer(folder("unit,code\nA+,E08000035\nA-,E08000032\n"), own=True)
    assert "the unit 'a' has two names" in {p.message for p in problems}


def test_whole_numbers_and_line_breaks_are_as_their_owner_means_them(folder, load):
    layer = load(folder('unit,code,codes_as_of\n1.0,383.0,\n"East\nand West",E08000032,\n'))
    assert {(unit.code, unit.name) for unit in layer.units.values()} == {
        ("1", "1"),
        ("east-and-west", "East and West"),
    }
