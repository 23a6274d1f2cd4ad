"""Filters: what a condition keeps, what it calls itself, and what it leaves as it was."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from gias_files import ACADEMY, DAY, read, reconciles

from geolls.api import Study
from geolls.atlas.profile import profile_html
from geolls.base.errors import GeollsError
from geolls.base.populations import population_of
from geolls.cli.checking import check_files
from geolls.register.register import Register
from geolls.study.filters import chosen
from geolls.study.settings import Settings, read_settings

LATE = {"OpenDate": "01-09-2021", "NumberOfPupils": "90"}
URBAN = {"UrbanRural (name)": "Urban: Nearer to a major town or city", "UrbanRural (code)": "UN1"}
RURAL = {
    "UrbanRural (name)": "Larger rural: Further from a major town",
    "UrbanRural (code)": "RLF1",
}
BLANK = {"UrbanRural (name)": "", "UrbanRural (code)": "999", "ReligiousCharacter (name)": "None"}
CHURCH = {"ReligiousCharacter (name)": "Church of England"}
FREE = ACADEMY | {
    "TypeOfEstablishment (name)": "Free schools",
    "EstablishmentTypeGroup (name)": "Free Schools",
}
NEEDS = {"SEN1 (name)": "ASD - Autism", "SEN2 (name)": "HI - Hearing"}
UNKNOWN = {"NumberOfPupils": "", "Gender (name)": "Girls"}


SIX = [
    BLANK | {"Gender (name)": "Mixed"} | each
    for each in (
        *(URBAN | CHURCH | NEEDS, RURAL | LATE | ACADEMY, BLANK, URBAN | FREE, RURAL | UNKNOWN),
        LATE,
    )
]


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> Register:
    """Schools 100000 to 100005."""
    return read(tmp_path_factory.mktemp("six"), *SIX)


@pytest.mark.parametrize(
    ("condition", "kept", "said"),
    [
        ("type=academy", "1", "type academy"),
        ("type = ACADEMY CONVERTER", "1", "type Academy converter"),
        ("type!=academy", "02345", "type other than academy"),
        ("type=academy|free-schools", "13", "type academy or Free schools"),
        ("TypeOfEstablishment (name)=Free schools", "3", "type Free schools"),
        ("type_group=academies", "1", "type group Academies"),
        ("urban_rural=rural", "14", "urban/rural rural"),
        ("urban rural=RLF1", "14", "urban/rural Larger rural: Further from a major town"),
        ("urban_rural=urban: nearer to a major town or city", "03", None),
        ("urban_rural=none", "25", "urban/rural none"),
        ("religion=church of england", "0", "religious character Church of England"),
        ("religious_character=none", "12345", "religious character none"),
        ("gender=girls", "4", "gender Girls"),
        ("trust=5001", "13", "trust Vale Academy Trust"),
        ("trust=vale", "13", "trust vale"),
        ("local_authority=leeds", "012345", "authority Leeds"),
        ("sen=HI - hearing", "0", None),
        ("size>=200", "023", "size 200 or more"),
        ("size>200", "", None),
        ("size<200", "15", "size under 200"),
        ("size<=1,000", "01235", "size 1,000 or less"),
        ("size!=90", "0234", "size other than 90"),
        ("pupils=80..100", "15", "size 80 to 100"),
        ("size=..90", "15", "size 90 or less"),
        ("size=200..", "023", "size 200 or more"),
        ("size=90|200", "01235", "size 90 or 200"),
        ("opened>=2021-01-01", "15", "opened 2021-01-01 or after"),
        ("open_date=..1/9/1990", "0234", "opened 1990-09-01 or before"),
    ],
)
def test_a_condition_keeps_what_it_says(
    six: Register, condition: str, kept: str, said: str | None
) -> None:
    if not kept:
        with pytest.raises(GeollsError, match="none of the 6 schools that count is of size over"):
            chosen(six, [condition], DAY)
        return
    found = chosen(six, [condition], DAY)
    assert "".join(urn[-1] for urn in found.schools["urn"]) == kept
    assert said is None or found.source["only"] == said
    assert reconciles(found) and found.source["of"] == 6
    assert set(found.everywhere["urn"]) == set(six.everywhere["urn"])
    lost = set(six.schools["urn"]) - set(found.schools["urn"])
    assert set(found.filtered["urn"]) == lost | set(six.filtered["urn"])


def test_every_condition_must_be_met_and_the_phrase_names_them_all(six: Register) -> None:
    found = chosen(six, ["urban_rural=rural", "size<100"], DAY)
    assert found.schools["urn"].tolist() == ["100001"]
    assert found.source["only"] == "urban/rural rural and size under 100"
    assert found.filtered.set_index("urn").loc["100000", "reason"] == "not urban/rural rural"
    assert found.filtered.set_index("urn").loc["100004", "reason"] == "not size under 100"


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("type=acadmy", "did you mean academy?"),
        ("tpye=academy", "did you mean type?"),
        ("colour=red", "the keys are size, trust"),
        ("HeadLastName=Smith", "unknown key"),
        ("type", "write it as"),
        ("type>academy", "type has no order"),
        ("size=many", "'many' is not a number"),
        ("opened>=soon", "'soon' is not a day"),
        ("size=..", "has no end"),
        ("ward=Park", "the register does not say"),
        ("fsm_pupils<10", "cannot be chosen by free meals"),
        ("PercentageFSM>20", "cannot be chosen by free meals"),
        ("FSM=5", "cannot be chosen by free meals"),
        ("in=nowhere.csv", "nowhere.csv"),
    ],
)
def test_what_is_no_condition_is_one_line_with_the_nearest(
    six: Register, condition: str, told: str
) -> None:
    with pytest.raises(GeollsError) as error:
        chosen(six, [condition], DAY)
    assert told in str(error.value) and "\n" not in str(error.value)


def test_a_list_keeps_its_schools_and_tells_the_others(six: Register, tmp_path: Path) -> None:
    mine = tmp_path / "my schools.csv"
    mine.write_text("URN\n100001.0\n100003\n999999\n")
    found = chosen(six, [f"in={mine}"], DAY)
    assert found.schools["urn"].tolist() == ["100001", "100003"]
    assert found.source["only"] == "in my schools.csv"
    assert any("999999" in line for line in found.source["told"])
    assert chosen(six, [f"in!={mine}"], DAY).source["only"] == "not in my schools.csv"


def test_a_list_of_a_study_file_lies_beside_it(tmp_path: Path) -> None:
    study = tmp_path / "study.toml"
    study.write_text('where = ["in=mine.csv|other.csv", "type=academy"]\n')
    both = f"in={tmp_path / 'mine.csv'}|{tmp_path / 'other.csv'}"
    assert read_settings(study).where == (both, "type=academy")


def test_a_filter_counts_as_a_phase_does_for_trusts(six: Register) -> None:
    study = Study(Settings(where=("type=academy",)), register=six)
    row = study.spread().iloc[0]
    assert (row["schools"], row["schools_all"], row["trust_type"]) == (1, 2, "multi_academy_trust")
    whole = Study(Settings(), register=six)
    assert study.fingerprint != whole.fingerprint
    assert study.kinds("district").unique().tolist() != ["single_school_trust"]


def test_the_population_is_named_with_its_filter_and_reads_well_of_one_school() -> None:
    some = population_of()._replace(only=", only type academy")
    assert some.title == "state-funded mainstream schools, only type academy"
    assert some.schools(1) == "state-funded mainstream school, only type academy"
    assert some.word == "selected mainstream" and population_of().word == "mainstream"
    of_lists = population_of("all")._replace(only=", only in my-schools.csv")
    assert of_lists.schools(1) == "state-funded school of any phase, only in my-schools.csv"


def test_check_and_describe_say_how_many_are_kept(six: Register, tmp_path: Path) -> None:
    study = tmp_path / "study.toml"
    read(tmp_path, *SIX)
    study.write_text(
        'register = "edubasealldata20220901.csv"\nas_of = 2022-09-01\nwhere = ["size>=100"]\n'
    )
    (note,) = [p for p in check_files([study]) if p.file == "study.toml"]
    assert (note.severity, note.message) == ("note", "only size 100 or more: 3 of 6 schools")
    said = Study(Settings(where=("size>=100",)), register=six).describe().set_index("item")["value"]
    assert said["where"] == "size 100 or more: 3 of 6"
    assert said["population"].endswith("schools, only size 100 or more")
    study.write_text('register = "edubasealldata20220901.csv"\nwhere = ["size>=x"]\n')
    assert [p.severity for p in check_files([study]) if "x" in p.message] == ["error"]


def test_the_whole_and_a_part_are_not_the_same_table(six: Register) -> None:
    parts = [chosen(six, [w], DAY).schools for w in ("type=academy", "type!=academy")]
    both = pd.concat(parts).sort_values("urn", ignore_index=True)
    pd.testing.assert_frame_equal(both, six.schools)


def test_the_words_of_a_filter_are_inert_on_every_page(six: Register, tmp_path: Path) -> None:
    mine = tmp_path / "<b>x&y.csv"
    mine.write_text("URN\n100001\n100003\n")
    study = Study(Settings(where=(f"in={mine}",)), register=six)
    study.save_map("locality_overlay", tmp_path / "map.html", place="Leeds")
    study.save_map("locality_overlay", tmp_path / "map.svg", place="Leeds")
    shown = [(tmp_path / f"map.{kind}").read_text("utf-8") for kind in ("html", "svg")]
    for page in [profile_html(study, study.place("Leeds")), *shown]:
        assert "<b>x" not in page and ("&lt;b&gt;x&amp;y" in page or r"\u003cb\u003ex" in page)
