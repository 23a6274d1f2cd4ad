"""Layers made of a column of the register: any that is about schools, with one file."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from gias_files import ACADEMY, read

from geolls.api import Study
from geolls.base.columns import GEOGRAPHIES, REGISTER, SCHOOL_COLUMNS, TRAITS, trait_named
from geolls.base.errors import CatalogueError, UnknownNameError
from geolls.cli.main import main
from geolls.export.dictionary import load_dictionary
from geolls.export.tables import tables
from geolls.layers.areas import load_areas
from geolls.layers.catalogue import load_catalogue
from geolls.layers.checks import check_folders
from geolls.register.register import Register
from geolls.study.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"


def seat(code: str, name: str, ward: str = "Park") -> dict[str, str]:
    return {
        "ParliamentaryConstituency (code)": code,
        "ParliamentaryConstituency (name)": name,
        "AdministrativeWard (code)": f"E05{code[-6:]}",
        "AdministrativeWard (name)": ward,
    }


SOUTH, NORTH = seat("E14000001", "Leeds South"), seat("E14000002", "Leeds North")
GONE = seat("999", "")
SAID = ("SEN1 (name)", "SEN2 (name)", "ReligiousCharacter (name)")
FOUR = [
    dict.fromkeys(SAID, "") | row
    for row in (
        SOUTH | ACADEMY | {"Gender (name)": "Girls", "SEN1 (name)": "ASD", "SEN2 (name)": "HI"},
        NORTH | ACADEMY | {"Gender (name)": "Not applicable", "SEN1 (name)": "HI"},
        NORTH | {"Gender (name)": "Mixed", "ReligiousCharacter (name)": "Does not apply"},
        GONE | {"Gender (name)": "", "ReligiousCharacter (name)": "Roman Catholic"},
    )
]


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Register:
    """Schools 100000 to 100003."""
    return read(tmp_path_factory.mktemp("four"), *FOUR)


def units(study: Study, layer: str) -> list[tuple[str, str, float]]:
    """Unit, name and share of each school, by URN."""
    table = study.assigned(layer).sort_values(["urn", "unit_code"])
    columns = (table[c] for c in ("unit_code", "unit_name", "share"))
    return list(zip(*columns, strict=True))


def made(folder: Path, key: str, column: str, more: str = "") -> Path:
    place = folder / key
    place.mkdir()
    text = f'title = "{key}"\nsource = "GIAS"\nkind = "schools"\ncolumn = "{column}"\n{more}'
    (place / "layer.toml").write_text(text)
    return place


def test_units_have_the_registers_code_and_name_and_a_code_without_a_name_is_none(
    four: Register,
) -> None:
    study = Study(Settings(), register=four)
    assert units(study, "constituency") == [
        ("E14000001", "Leeds South", 1.0),
        *[("E14000002", "Leeds North", 1.0)] * 2,
        ("no_evidence", "No unit found in our list", 1.0),  # every school stands in one
    ]
    assert [code for code, *_ in units(study, "ward")][:3] == ["E05000001", *["E05000002"] * 2]
    characters = [code for code, *_ in units(study, "religious character")]
    assert characters == [*["not_applicable"] * 3, "Roman Catholic"]


def test_they_are_laid_over_others_measured_and_asked_for_by_name(four: Register) -> None:
    study = Study(Settings(layers=("+constituency",)), register=four)
    pairs = study.overlap("constituency", "district").set_index("left_name")["weight"]
    assert pairs[["Leeds North", "Leeds South"]].tolist() == [2, 1]
    assert study.spread().iloc[0][["areas_constituency", "areas_district"]].tolist() == [2, 1]
    assert study.coverage("constituency", "schools")["weight"].sum() == 4
    assert len(study.schools_in("constituency:leeds north")) == 2
    assert study.mismatch("constituency", "district").query("measure == 'homogeneity'").size
    described = {c.name for c in load_dictionary().tables["spread"].expand(study.memberships)}
    assert set(study.spread().columns) <= described


def test_a_school_may_provide_for_several_needs(four: Register, tmp_path: Path) -> None:
    study = Study(Settings(boundaries=(made(tmp_path, "needs", "SEN"),)), register=four)
    assert units(study, "needs")[:3] == [("ASD", "ASD", 0.5), ("HI", "HI", 0.5), ("HI", "HI", 1.0)]


@pytest.mark.parametrize("column", ["gender", "Gender", "Gender (name)", "GENDER (NAME)"])
def test_a_column_goes_by_our_word_or_by_its_heading(
    four: Register, tmp_path: Path, column: str
) -> None:
    place = made(tmp_path, "who", column)
    assert not [p for p in check_folders([place], load_areas()) if p.severity == "error"]
    study = Study(Settings(boundaries=(place,)), register=four)
    assert [code for code, *_ in units(study, "who")] == [
        *("Girls", "not_applicable", "Mixed", "not_applicable"),
    ]


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ("HeadLastName", "is about a person, and never read"),
        ("TelephoneNum", "is about a person, and never read"),
        ("PropsName", "is about a person, and never read"),
        ("NumberOfPupils", "is no column of the register that schools can be sorted by"),
        ("constituancy", "did you mean constituency?"),
        ("UrbanRurl (name)", "did you mean UrbanRural (name)?"),
        ("colour", "use trust, federation"),
    ],
)
def test_no_other_column_makes_a_layer(tmp_path: Path, column: str, told: str) -> None:
    place = made(tmp_path, "mine", column)
    (fault,) = [p for p in check_folders([place], load_areas()) if p.severity == "error"]
    assert (fault.row, fault.column) == (4, "column") and told in str(fault)
    with pytest.raises(CatalogueError, match=re.escape(told)):
        load_catalogue([place])


SEATS = {"a": ["0"], "b": ["1", "2"]}


def a_list_of(folder: Path, rows: str) -> Path:
    (folder / "mine").mkdir(exist_ok=True)
    (folder / "mine" / "layer.toml").write_text('title = "Mine"\nsource = "me"\n')
    (folder / "mine" / "members.csv").write_text(rows)
    return folder / "mine"


@pytest.mark.parametrize(
    ("heading", "first", "second"),
    [
        ("constituency", "leeds  SOUTH", "E14000002"),
        ("ParliamentaryConstituency (name)", "Leeds South", "Leeds North"),
        ("PCON24CD", "E14000001", "E14000002"),
        ("pcon24nm", "Leeds South", "Leeds north"),
        ("type of establishment", "Community school", "academy converter"),
    ],
)
def test_a_list_names_schools_by_a_column_of_the_register_by_code_or_name(
    four: Register, tmp_path: Path, heading: str, first: str, second: str
) -> None:
    place = a_list_of(tmp_path, f"unit,{heading}\nA,{first}\nB,{second}\nB,Nowhere\n")
    assert not [p for p in check_folders([place], load_areas()) if p.severity == "error"]
    study = Study(Settings(boundaries=(place,)), register=four)
    by = study.assigned("mine").set_index("urn")["unit_code"]
    found = {code: [u[-1] for u in by.index[by == code]] for code in ("a", "b")}
    assert found == ({"a": ["2", "3"], "b": ["0", "1"]} if "type" in heading else SEATS)
    told = [line for line in study.told() if "Nowhere" in line]
    assert len(told) == 1 and "no school that counts has it in the column" in told[0]


def test_a_list_by_a_column_that_the_register_lacks_or_by_two_is_told(tmp_path: Path) -> None:
    place = a_list_of(tmp_path, "unit,diocese\nA,Diocese of Leeds\n")
    study = Study(Settings(boundaries=(place,)), register=read(tmp_path, {}, ACADEMY))
    study.coverage("mine", "schools")
    assert any("has no value in its column Diocese (name)" in line for line in study.told())
    twice = a_list_of(tmp_path, "unit,town,diocese\nA,Leeds,Diocese of Leeds\n")
    (fault,) = [p for p in check_folders([twice], load_areas()) if p.severity == "error"]
    assert fault.row == 2 and "by several columns" in fault.message
    both = a_list_of(tmp_path, "unit,urn,constituency\nA,100000,Leeds South\n")
    found = [p for p in check_folders([both], load_areas()) if p.column != "licence"]
    assert [(p.severity, p.message) for p in found] == [
        ("warning", "the column 'constituency' is not used")
    ]
    clusters = a_list_of(tmp_path, "Our clusters,urn\nA,100000\nB,100001\n")
    assert "unknown column 'Our clusters'" in "\n".join(
        str(p) for p in check_folders([clusters], load_areas()) if p.severity == "error"
    )


def test_no_trait_is_about_a_person_and_each_is_read_and_described() -> None:
    described = {c.name for c in load_dictionary().tables["schools"].columns}
    assert set(SCHOOL_COLUMNS) <= described
    for key, trait in TRAITS.items():
        assert set(trait) <= set(SCHOOL_COLUMNS), key
        assert trait_named(REGISTER.get(trait.name, key)) == key
    personal = re.compile(r"head|tel|props|propriet|mail|website|contact|street", re.IGNORECASE)
    assert not [h for h in REGISTER.values() if personal.search(h)]


def test_those_of_the_shelf_with_many_units_take_part_only_where_they_are_named(
    four: Register,
) -> None:
    named = {k for k, v in load_catalogue().layers.items() if v.column and not v.default}
    assert named == {*(set(GEOGRAPHIES) - {"lsoa"}), "religious_character", "school_type"}
    study = Study(Settings(), register=four)
    assert named.isdisjoint(study.layers) and named.isdisjoint(study.assigned()["layer"])
    assert not [c for c in study.spread().columns if "constituency" in c]
    one = Study(Settings(layers=("+ward",)), register=four)
    assert set(one.layers) - set(study.layers) == {"ward"}
    assert set(Study(Settings(layers=("ward", "district")), register=four).layers) == {
        *("ward", "district"),
    }


def test_a_layer_of_ones_own_takes_the_place_of_one_that_must_be_named(
    four: Register, tmp_path: Path
) -> None:
    place = made(tmp_path, "ward", "town")
    assert not [p for p in check_folders([place], load_areas()) if p.severity == "error"]
    assert Study(Settings(boundaries=(place,)), register=four).layer("ward").column == "town"
    with pytest.raises(CatalogueError, match="there is a layer 'diocese' already"):
        load_catalogue([made(tmp_path, "diocese", "town")])


def test_a_register_without_the_column_gives_an_empty_layer_and_a_line(tmp_path: Path) -> None:
    study = Study(Settings(), register=read(tmp_path, {}, ACADEMY))
    found = study.coverage("constituency", "schools")
    assert found["unit_code"].tolist() == ["no_evidence"] and found["weight"].tolist() == [2]
    (line,) = study.told()
    assert line.startswith("constituency: no school that counts has a value in the register's")
    assert "ParliamentaryConstituency (name)" in line


def test_a_study_of_another_day_is_told_whose_geography_it_has(tmp_path: Path) -> None:
    study = Study(Settings(), register=read(tmp_path, *FOUR, as_of="2021-09-01"))
    study.coverage("constituency", "schools")
    study.coverage("school_type", "schools")
    assert study.told() == [
        "constituency: constituencies are those of the register of 1 September 2022"
    ]


def test_the_recipe_of_the_page_makes_a_layer(four: Register, tmp_path: Path) -> None:
    """What docs/add-a-layer.md shows is all that it takes, for every column that it lists."""
    page = (DOCS / "add-a-layer.md").read_text("utf-8").split("## From a column")[1]
    block = re.search(r'```toml title="(.+?)/(.+?)/layer.toml"\n(.+?)```', page, re.DOTALL)
    assert block
    listed = page.split("`column` takes")[1].split("Columns about persons")[0]
    words = set(re.findall(r"`([a-z_]+)`", listed))
    assert words == set(TRAITS)
    for word in sorted(words):
        place = tmp_path / block[1] / f"my_{word}"
        place.mkdir(parents=True)
        toml = re.sub(r'column = ".*"', f'column = "{word}"', block[3])
        (place / "layer.toml").write_text(toml, "utf-8")
    study = Study(Settings(boundaries=(tmp_path / block[1],)), register=four)
    for word in words:
        table = study.assigned(f"my_{word}")
        assert table.groupby("urn")["share"].sum().tolist() == pytest.approx([1.0] * 4)
    assert pd.Series(study.assigned("my_gender")["unit_code"]).isin(["Girls", "Mixed"]).sum() == 2


def test_a_layer_that_must_be_named_is_found_wherever_it_is_named(four: Register) -> None:
    study = Study(Settings(), register=four)
    assert study.taking(["Leeds", "spread", "district"]) is study
    taken = study.taking(["careers_hub", "constituency", "Leeds"])
    assert set(taken.layers) - set(study.layers) == {"careers_hub", "constituency"}
    assert "areas_careers_hub" in taken.spread() and taken.taking(["ward"]).layer("ward")
    assert study.place("careers_hub:Black Country") in study.places("careers_hub")
    only = Study(Settings(layers=("district",)), register=four).taking(["ward"])
    assert list(only.layers) == ["district", "ward"]


def test_an_export_describes_the_columns_of_a_layer_that_is_named(four: Register) -> None:
    study = Study(Settings(layers=("+constituency",)), register=four)
    found = {text.key: table for text, table in tables(study, ["spread", "dictionary", "schools"])}
    assert found["spread"]["areas_constituency"].tolist() == [2]
    assert "areas_constituency" in found["dictionary"]["column"].tolist()
    assert found["schools"]["constituency_name"].isna().tolist() == [False, False, False, True]


def test_a_command_takes_in_the_layer_that_it_names(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["spread", "--place", "careers_hub:Black Country", "--format", "csv"])
    assert "areas_careers_hub" in capsys.readouterr().out.partition("\n")[0]


@pytest.mark.parametrize("said", ["Park ward", "park Ward", "ward:Park", "E05000002"])
def test_a_ward_is_found_by_name_and_code_and_where_answers_by_its_schools(
    four: Register, said: str
) -> None:
    study = Study(Settings(), register=four)
    if said != "E05000002":
        with pytest.raises(UnknownNameError, match=r"3 units of ward are called '[Pp]ark'"):
            study.place(said)
        said = "E05000002"
    assert len(study.schools_in(said)) == 2
    where = study.where(said).set_index("layer")
    assert where.loc["district", "unit_name"] == "Leeds"


def test_a_constituency_is_a_place_by_its_name_alone(four: Register) -> None:
    study = Study(Settings(), register=four)
    place = study.place("leeds NORTH")
    assert (place.layer, place.name) == ("constituency", "Leeds North")
    assert place.note == "leeds NORTH is read as constituency:Leeds North"
    assert study.place("Leeds").layer == "local_authority"  # what is land comes first
    where = study.where("Leeds North").set_index("layer")
    assert where.loc["district", ["unit_name", "share"]].tolist() == ["Leeds", 1]


def test_a_register_without_wards_says_what_to_give(demonstration: Study) -> None:
    with pytest.raises(UnknownNameError, match=r"AdministrativeWard.*give a --register"):
        demonstration.where("Crofton Park ward")


def test_what_the_register_knows_by_a_name_is_a_place_by_it(tmp_path: Path) -> None:
    """A diocese, trust or sponsor by its name alone, or by a beginning that no other has."""
    named = [("Diocese of Nowhere (ce)", "Quarry Lane Trust"), ("Diocese of Nowhere (rc)", ""),
             ("Diocese of Elsewhere", "")]  # fmt: skip
    rows = [{"Diocese (name)": diocese, "SchoolSponsors (name)": s} for diocese, s in named]
    study = Study(Settings(), register=read(tmp_path, *rows))
    place = study.place("diocese of elsewhere")
    assert (place.layer, place.name, place.has_land) == ("diocese", "Diocese of Elsewhere", False)
    assert place.note == "diocese of elsewhere is read as diocese:Diocese of Elsewhere"
    assert study.place("Quarry Lane").note == "Quarry Lane is read as sponsor:Quarry Lane Trust"
    with pytest.raises(UnknownNameError, match="is the beginning of 2 names") as error:
        study.place("Diocese of Nowhere")
    assert '"diocese:Diocese of Nowhere (ce)" or "diocese:Diocese of Nowhere (rc)"' in str(error)
