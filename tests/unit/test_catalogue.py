"""A user's layer is read from very little, and every fault in it is found at once."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geolls.base.errors import CatalogueError, UnknownNameError
from geolls.layers.areas import expand, load_areas
from geolls.layers.catalogue import (
    check,
    date_note,
    evidence_span,
    find_unit,
    load_catalogue,
    settle,
    units_on,
)
from geolls.layers.model import read_layer

AREAS = load_areas()
MINIMAL = 'title = "Research localities"\nsource = "The study\'s own list"\n'


@pytest.fixture
def folder(tmp_path: Path):
    """Return a function that writes a layer folder and returns its path."""

    def write(members: str | None = None, toml: str = MINIMAL, key: str = "localities") -> Path:
        path = tmp_path / key
        path.mkdir(exist_ok=True)
        (path / "layer.toml").write_text(toml, "utf-8")
        if members is not None:
            (path / "members.csv").write_text(members, "utf-8")
        return path

    return write


def load(path: Path):
    catalogue = load_catalogue((path,), AREAS)
    return catalogue.layers[path.name]


def faults(path: Path) -> list[str]:
    """Every fault of a user's folder, as told, without those of the shelf itself."""
    return [str(p) for p in check([path], AREAS) if p.file.startswith(f"{path.name}/")]


# ---- from very little


def test_two_keys_and_a_list_of_authority_names_make_a_layer(folder):
    layer = load(folder("unit,area\nNorth,leeds\nNorth,Bradford\nSouth,City of Bristol\n"))
    assert (layer.kind, layer.family, layer.tiling) == ("areas", "user", "partial")
    on = date(2022, 9, 1)
    assert [unit.name for unit in units_on(layer, on, AREAS)] == ["North", "South"]
    held = {(c.unit_code, c.block) for c in expand(layer, on, AREAS)}
    assert held == {("north", "E08000035"), ("north", "E08000032"), ("south", "E06000023")}


def test_a_bare_list_of_codes_is_one_unit_named_by_the_title(folder):
    layer = load(folder("code\nE08000035\nE08000032\n"))
    (unit,) = units_on(layer, date(2022, 9, 1), AREAS)
    assert (unit.code, unit.name) == ("research-localities", "Research localities")
    assert len(expand(layer, date(2022, 9, 1), AREAS)) == 2


def test_a_list_of_names_that_ended_is_read_on_the_day_that_fits_it_best(folder):
    layer = load(folder("unit,district\nA,Allerdale\nA,Copeland\nA,Carlisle\nB,Eden\n"))
    assert {claim.codes_as_of for claim in layer.claims} == {date(2023, 3, 31)}
    blocks = {c.block for c in expand(layer, date(2026, 1, 1), AREAS)}
    assert blocks == {"E07000026", "E07000029", "E07000028", "E07000030"}


def test_headings_are_read_however_they_are_written(folder):
    path = folder(None)
    text = "Unit Name,GSS code,Valid from\nA,E08000035,2021-09-01\n"
    (path / "members.csv").write_bytes(("\ufeff" + text).encode())
    (claim,) = load(path).claims
    assert (claim.area_code, claim.valid_from) == ("E08000035", date(2021, 9, 1))
    assert claim.codes_as_of == date(2021, 9, 1), "the claim's first day is the default"


def test_a_spreadsheets_own_encoding_is_read(folder):
    path = folder(None)
    (path / "members.csv").write_bytes("unit,area\nCaf\xe9,Leeds\n".encode("cp1252"))
    assert next(iter(load(path).units.values())).name == "Café"


@pytest.mark.parametrize("mark", [";", "\t"])
def test_other_marks_between_cells_are_told_from_the_heading(folder, mark):
    text = f"unit{mark}area\nA{mark}Bournemouth, Christchurch and Poole\n"
    (claim,) = load(folder(text)).claims
    assert claim.area_code == "E06000058"


def test_a_year_may_be_written_as_a_number(folder):
    layer = load(folder("code\ne08000035\n", MINIMAL + "source_date = 2022\n"))
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
        (path / "layer.toml").write_text(MINIMAL)
        (path / "members.csv").write_bytes(b"unit,area,from,share,source_date\n" + members)
        (path / "units.csv").write_bytes(b"unit_name,aliases\n" + units)
        layer, _ = read_layer(path, own=True)
        assert layer is not None and layer.key == "fuzz"


def test_a_list_of_urns_is_a_layer_of_schools(folder):
    layer = load(folder("unit,urn\nChallenge,136776\nChallenge,137515\n"))
    assert layer.kind == "schools"
    assert [claim.urn for claim in layer.claims] == ["136776", "137515"]


def test_a_list_of_postcodes_is_a_layer_of_schools(folder):
    layer = load(folder("postcode\nne63 9aa\nNE63\n"))
    assert layer.kind == "schools"
    assert [claim.postcode for claim in layer.claims] == ["NE63 9AA", "NE63"]


def test_a_polygon_file_makes_a_layer_that_is_read_later(folder):
    path = folder(None, MINIMAL + 'geometry = "four.geojson"\nname_column = "name"\n')
    (path / "four.geojson").write_text('{"type": "FeatureCollection", "features": []}', "utf-8")
    layer = load(path)
    assert layer.kind == "polygons" and layer.has_land
    assert layer.geometry == path / "four.geojson" and layer.name_column == "name"


def test_a_folder_of_folders_gives_every_layer_in_it(folder):
    one = folder("area\nLeeds\n")
    folder("area\nYork\n", key="other")
    assert {"localities", "other"} <= set(load_catalogue((one.parent,), AREAS).layers)


def test_units_may_have_aliases_dates_and_a_lead(folder):
    path = folder("unit_code,area_code\na,E08000035\n")
    (path / "units.csv").write_text(
        "unit_code,unit_name,aliases,lead_urn,valid_from\n"
        "a,Alpha Hub,X1@2022; Old Name@2020/2021,136776,2020-01-01\n",
        "utf-8",
    )
    layer = load(path)
    unit = find_unit(layer, "old name", date(2022, 1, 1), AREAS)
    assert (unit.code, unit.lead_urn, unit.valid_from) == ("a", "136776", date(2020, 1, 1))


# ---- dates


def test_claims_hold_on_their_first_and_last_day_only_within(folder):
    path = folder("unit,code,from,to\nA,E08000035,2020-01-01,2020-12-31\nA,E08000032,2021-01-01,\n")
    layer = load(path)
    for day, rows in (("2019-12-31", []), ("2020-01-01", [2]), ("2020-12-31", [2])):
        assert [c.row for c in layer.claims_on(date.fromisoformat(day))] == rows
    assert [c.row for c in layer.claims_on(date(2021, 1, 1))] == [3]


def test_a_layer_ends_on_its_last_day(folder):
    layer = load(folder("code\nE08000035\n", MINIMAL + "from = 2020-01-01\nto = 2020-12-31\n"))
    assert layer.claims_on(date(2020, 12, 31)) and not layer.claims_on(date(2021, 1, 1))
    assert "until 31 December 2020, not on 1 January 2021" in (
        date_note(layer, date(2021, 1, 1)) or ""
    )


@pytest.mark.parametrize(
    ("seen", "on", "noted"),
    [
        ("2022", "2023-12-31", False),
        ("2022", "2024-01-02", True),
        ("2022-09-01", "2021-08-30", True),
        ("2022-09-01", "2021-09-01", False),
        ("2014/2026-10-01", "2020-01-01", False),
        ("", "2020-01-01", True),
    ],
)
def test_evidence_more_than_a_year_away_is_noted(folder, seen, on, noted):
    layer = load(folder(f"code,source_date\nE08000035,{seen}\n"))
    assert (date_note(layer, date.fromisoformat(on)) is not None) is noted


@pytest.mark.parametrize("text", ["", "c. 2014", "2014-13", "2022-02-30", "01/09/2022", "22"])
def test_a_source_date_that_means_no_day_is_none(text):
    assert evidence_span(text) is None


# ---- faults, all at once


def test_every_fault_is_told_with_file_row_column_and_fix(folder):
    path = folder(
        "unit,code,codes_as_of,from,share\n"
        "A,E07000026,2024-01-01,,\n"
        "A,E06000063,2022-01-01,,\n"
        "A,E99999999,2022-01-01,,\n"
        "A,E08000035,,01/09/2022,\n"
        "A,E08000032,2022-01-01,,7\n"
        "B,E08000034,2022-01-01,,\n"
        "B,E08000034,2022-01-01,,\n",
        'titel = "x"\nsource = "me"\nfrom = "soon"\n',
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
        "localities/members.csv row 5, valid_from: '01/09/2022' is not a date; "
        "write it as 2022-09-01",
        "localities/members.csv row 6, share: '7' is no share",
        "localities/members.csv row 8, area_code: the same claim as row 7",
    ):
        assert part in told


def test_loading_stops_at_the_first_fault_and_counts_the_rest(folder):
    path = folder("unit,code\nA,E08000035\n", 'titel = "x"\n')
    with pytest.raises(CatalogueError, match=r"unknown key 'titel'.*and 2 more") as caught:
        load(path)
    assert caught.value.exit_code == 10 and "\n" not in str(caught.value)


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
        ("", "", "the file is empty"),
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
        ("unit,code\nA,E08000035\n", "[style]\ncolour = 'red'", "unknown key style.colour"),
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
    path = folder(members, f"{MINIMAL}{toml}\n")
    assert said in "\n".join(faults(path))


def test_a_polygon_file_must_be_one(folder):
    path = folder(None, MINIMAL + 'geometry = "notes.txt"\n')
    (path / "notes.txt").write_text("not a map", "utf-8")
    assert "'notes.txt' is not a polygon file; use one of .geojson" in "\n".join(faults(path))


def test_a_link_out_of_the_folder_is_refused(folder, tmp_path):
    outside = tmp_path / "secret.geojson"
    outside.write_text("{}", "utf-8")
    path = folder(None, MINIMAL + 'geometry = "inside.geojson"\n')
    (path / "inside.geojson").symlink_to(outside)
    assert "lies outside the folder" in "\n".join(faults(path))


def test_dates_that_do_not_meet_are_a_warning(folder):
    path = folder("unit,code,from,to\nA,E08000035,2020-01-01,2020-12-31\nA,E08000035,2021-01-03,\n")
    (problem,) = [p for p in check([path], AREAS) if p.file.startswith("localities/members.csv")]
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


def test_a_missing_licence_is_a_warning_for_a_user(folder):
    path = folder("code\nE08000035\n")
    assert [p.severity for p in check([path], AREAS) if "licence" in p.message] == ["warning"]
    assert load(path).licence == ""


def test_both_halves_of_a_shared_area_may_be_claimed_as_parts(folder):
    path = folder("unit,code,extent,share\nA,E08000035,part,0.7\nB,E08000035,part,\n")
    assert not [line for line in faults(path) if "claimed" in line]
    shares = {c.unit_code: (c.share, c.stated) for c in expand(load(path), date.today(), AREAS)}
    assert shares["a"] == (0.7, True)
    assert shares["b"][0] == pytest.approx(0.3) and not shares["b"][1]


def test_a_layer_may_not_take_the_name_of_one_on_the_shelf(folder):
    path = folder("code\nE08000035\n", key="region")
    with pytest.raises(CatalogueError, match="there is a layer 'region' already"):
        load(path)


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_a_folder_without_layers_says_what_one_is(tmp_path, name):
    with pytest.raises(CatalogueError, match="two keys will do: title and source"):
        load_catalogue((tmp_path / name,), AREAS)
    (problem,) = [p for p in check([tmp_path / name], AREAS) if str(tmp_path) in p.file]
    assert problem.severity == "error"


def test_a_changed_block_file_is_found(tmp_path, monkeypatch):
    import shutil

    from geolls.base.shelves import shelf
    from geolls.layers import catalogue

    copy = tmp_path / "boundaries"
    (copy / "block").mkdir(parents=True)
    for file in (shelf("boundaries") / "block").iterdir():
        shutil.copy(file, copy / "block")
    monkeypatch.setattr(catalogue, "shelf", lambda name: copy)
    assert check([], AREAS) == []
    with (copy / "block" / "blocks.parquet").open("ab") as file:
        file.write(b"x")
    (copy / "block" / "display.parquet").unlink()
    said = sorted(p.message for p in check([], AREAS))
    assert said == ["display.parquet is missing", "not the file its layer.toml describes"]


# ---- names


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


def test_an_unknown_unit_names_the_nearest():
    layer = load_catalogue().get("maths_hub")
    with pytest.raises(UnknownNameError, match="did you mean Jurassic Maths Hub"):
        find_unit(layer, "Jurasic Maths Hub", date(2022, 9, 1), AREAS)


def test_hostile_names_stay_names(folder):
    name = '<script>alert("1")</script>'
    layer = load(folder('unit,code\n"<script>alert(""1"")</script>",E08000035\n'))
    (unit,) = units_on(layer, date(2022, 9, 1), AREAS)
    assert unit.name == name and "<" not in unit.code


def test_names_that_only_punctuation_tells_apart_are_not_one_unit(folder):
    _, problems = read_layer(folder("unit,code\nA+,E08000035\nA-,E08000032\n"), own=True)
    assert "the unit 'a' has two names" in {p.message for p in problems}


def test_settle_leaves_settled_claims_alone(folder):
    layer = load(folder("unit,code,codes_as_of\nA,E08000035,2022-01-01\n"))
    assert settle(layer, AREAS) == (layer, [])


def test_the_catalogue_needs_the_standard_library_only():
    code = (
        "import sys, geolls.layers.catalogue; "
        "heavy = {'pandas', 'numpy', 'geopandas', 'shapely', 'folium', 'pyarrow', 'click'}; "
        "sys.exit(bool(heavy & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
