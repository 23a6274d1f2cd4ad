"""A town is found by its name; those of one name are told apart by the area they lie in."""

from __future__ import annotations

from datetime import date

import pytest

from geolls.base.errors import UnknownNameError
from geolls.layers.areas import load_areas
from geolls.study.towns import one_town, suggest_places, towns_called

ON, AREAS = date(2022, 9, 1), load_areas()


@pytest.mark.parametrize(
    ("typed", "said"),
    [("Cardif", "did you mean Cardiff? that is in Wales"), ("Ashingtn", "Ashington (town in")],
)
def test_a_misspelt_town_is_said_to_be_where_it_is(typed: str, said: str) -> None:
    assert said in str(suggest_places(typed, (), ON, AREAS))


def test_a_town_is_found_whole_else_by_its_beginning_else_by_its_end() -> None:
    assert [t.population for t in towns_called("ashington")] == [27_670, 2_403]
    newcastles = ["Newcastle upon Tyne", "Newcastle under Lyme"]
    assert [t.name for t in towns_called("Newcastle")] == newcastles
    assert [t.name for t in towns_called("Hull")] == ["Kingston upon Hull"]
    assert towns_called("") == towns_called("no such town") == []


def test_the_one_that_is_plainly_the_largest_is_meant_and_the_other_told() -> None:
    town, district, others = one_town("Ashington", ON, AREAS)
    assert (town.block, district) == ("E06000057", "Northumberland")
    assert others == "; there is also Ashington, Horsham"


def test_towns_of_one_name_are_asked_back_by_district_and_told_apart_by_any_area() -> None:
    with pytest.raises(UnknownNameError, match="4 towns are called 'Newport'") as error:
        one_town("Newport", ON, AREAS)
    assert '"town:Newport, Isle of Wight", "town:Newport, Telford and Wrekin"' in str(error.value)
    for inside in ("Isle of Wight", "South East"):
        town, district, _ = one_town(f"Newport, {inside}", ON, AREAS)
        assert (town.population, district) == (24_884, "Isle of Wight"), inside


def test_a_typo_suggests_towns_with_their_district_and_names_that_are_known() -> None:
    with pytest.raises(UnknownNameError, match=r"Ashington \(town in Northumberland\)"):
        one_town("Ashingtn", ON, AREAS)
    assert "Lees (town in Oldham)" in str(suggest_places("Ledes", {"Leeds"}, ON, AREAS))
    assert str(suggest_places("Ledes", {"Leeds"}, ON, AREAS)).endswith("or Leeds?")
