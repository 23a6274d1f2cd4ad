"""A place is found by its name, its code or an old name; what fits several places is asked back."""

from datetime import date

import pandas as pd
import pytest

import geolls
from geolls.base.errors import UnknownNameError
from geolls.layers.areas import load_areas
from geolls.layers.model import Alias, Layer, Unit
from geolls.measures.membership import Membership
from geolls.study.gazetteer import Gazetteer

BLOCKS = pd.Index(["b1", "b2", "b3"])


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    study = geolls.open_study(as_of="2022-09-01")
    keys = ("region", "local_authority", "district", "combined_authority")
    named = {
        "region": ["North", "North", "South"],
        "local_authority": ["Leeds", "York", "North"],
        "district": ["Leeds", "York", "Hull"],
        "combined_authority": ["Leeds", "Leeds", "not_covered"],
    }
    land = {key: Membership.whole(BLOCKS, named[key]) for key in keys}
    return Gazetteer({k: study.layers[k] for k in keys}, land, date(2022, 9, 1), study.areas)


def test_a_council_is_read_before_the_districts_of_its_name(gazetteer: Gazetteer) -> None:
    york = gazetteer.find(" york ")
    assert (york.layer, york.unit_code, york.blocks, york.note) == (
        "local_authority", "York", ("b2",), "",
    )  # fmt: skip


def test_other_land_of_the_same_name_is_noted(gazetteer: Gazetteer) -> None:
    leeds = gazetteer.find("Leeds")
    assert leeds.layer == "local_authority"
    assert leeds.note == "Leeds is read as local_authority:Leeds; also combined_authority:Leeds"
    assert gazetteer.find("Leeds", "combined_authority").blocks == ("b1", "b2")


def test_a_name_that_nothing_has_is_answered_with_the_nearest(gazetteer: Gazetteer) -> None:
    with pytest.raises(UnknownNameError, match="no place called 'Leads' on 2022-09-01") as error:
        gazetteer.find("Leads")
    assert "Leeds" in (error.value.fix or "")
    with pytest.raises(UnknownNameError):
        gazetteer.find("not_covered")


def test_a_name_of_places_that_are_no_council_is_asked_back() -> None:
    study = geolls.open_study(as_of="2022-09-01")
    keys = ("region", "combined_authority")
    land = {
        "region": Membership.whole(BLOCKS, ["North", "North", "South"]),
        "combined_authority": Membership.whole(BLOCKS, ["North", "West", "West"]),
    }
    found = Gazetteer({k: study.layers[k] for k in keys}, land, study.as_of, study.areas)
    with pytest.raises(UnknownNameError, match="name of 2 different places") as error:
        found.find("north")
    assert error.value.fix == 'say which: "combined_authority:North", "region:North"'


def test_a_code_that_was_used_again_is_that_of_the_unit_seen_under_it_nearest_to_the_day() -> None:
    units = {
        "old": Unit("old", "Old Hub", (Alias("EE1", "2021"), Alias("Ours", ""))),
        "new": Unit("new", "New Hub", (Alias("EE1", "2023-07-04/2025-10-02"),)),
    }
    layers = {"hub": Layer("Hub", "made up", units=units)}
    land = {"hub": Membership.whole(BLOCKS, ["old", "new", "new"])}
    for day, meant in (("2020-01-01", "old"), ("2022-10-01", "old"), ("2022-10-03", "new")):
        found = Gazetteer(layers, land, date.fromisoformat(day), load_areas())
        assert found.find("ee1").unit_code == meant, day
        assert found.find("ours").unit_code == "old"
        assert found.find("old").unit_code == "old"


def test_places_are_listed_by_name(gazetteer: Gazetteer) -> None:
    assert [p.name for p in gazetteer.places["local_authority"]] == ["Leeds", "North", "York"]


@pytest.mark.parametrize(
    ("name", "day", "words"),
    [
        (
            "Guildford",
            "2027-04-01",
            "Guildford ended 2027-03-31; now in West Surrey; ask for W",
        ),
        (
            "E10000030",
            "2027-04-01",
            "Surrey ended 2027-03-31; now in East Surrey and West Surr",
        ),
        ("Allerdale", "2023-04-01", "Allerdale ended 2023-03-31; now in Cumberland"),
        (
            "West Surrey",
            "2027-03-31",
            "West Surrey begins 2027-04-01, after 2027-03-31; ask",
        ),
    ],
)
def test_a_place_that_has_ended_or_not_begun_is_told_with_who_has_its_land(
    name: str, day: str, words: str
) -> None:
    with pytest.raises(UnknownNameError) as fault:
        Gazetteer({}, {}, date.fromisoformat(day), load_areas()).find(name)
    assert words in str(fault.value)


def test_a_place_is_found_by_its_short_name(demonstration: geolls.Study) -> None:
    for short, name in {
        "Abacus NW": "Abacus NW Maths Hub",
        "Leeds TSH": "Leeds Teaching School Hub",
        "tsh:leeds": "Leeds Teaching School Hub",
        "lancs": "Lancashire",
    }.items():
        assert demonstration.place(short).name == name
    assert demonstration.place("Abacus NW").note == "Abacus NW is read as Abacus NW Maths Hub"
    with pytest.raises(UnknownNameError, match="is a layer"):
        demonstration.place("TSH")
    with pytest.raises(UnknownNameError, match="no place called 'Sussex'"):
        demonstration.place("Sussex")  # East, West and a Maths Hub
