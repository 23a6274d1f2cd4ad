"""A place can be made: of a list of schools, of postcodes, of what lies round a point."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from geolls.base.errors import InputFileError, UnknownNameError, UsageError
from geolls.base.populations import population_of
from geolls.cli.checking import check_files
from geolls.layers.areas import load_areas
from geolls.study.given import Looked, Made, made_of
from geolls.study.postcodes import Postcodes

# A school at the middle of Ashington, others 3, 4 and 6 km to the east, one nowhere.
X, Y = 427_851, 587_186
SCHOOLS = pd.DataFrame(
    {
        "urn": ["100001", "100002", "100003", "100004", "100005"],
        "name": list("ABCDE"),
        "easting": [X, X + 3_000, X + 4_000, X + 6_000, None],
        "northing": [Y, Y, Y, Y, None],
        "postcode": ["NE63 9AA", "NE63 9AB", "NE63 0AA", "NE24 1AA", "NE63 9AC"],
    }
)
AREAS = load_areas()
SEEN = Looked(
    *(SCHOOLS, SCHOOLS, population_of(()), date(2022, 9, 1), AREAS),
    postcodes=lambda: Postcodes.of_schools(SCHOOLS.assign(district="E06000057"), AREAS),
)


def made(text: str) -> Made:
    found = made_of(SEEN, text)
    assert found is not None
    return found


def listed(text: str) -> list[str]:
    return [claim.urn or claim.postcode for claim in made(text).layer.claims]


@pytest.mark.parametrize(
    ("text", "urns"),
    [
        ("town:Ashington", ["100001", "100002", "100003"]),
        ("town:ashington , 3.5 km", ["100001", "100002"]),
        ("Ashington,2 miles", ["100001", "100002"]),
        ("town:Ashington, Northumberland, 500m", ["100001"]),
        (f"{X},{Y},3500m", ["100001", "100002"]),
        ("school:100004,2km", ["100003", "100004"]),
        ("URN:100004,2.5km", ["100003", "100004"]),
        ("ne639ab,1km", ["100002", "100003"]),
        ("NE63 9,2.5km", ["100001", "100002"]),
        ("NE63 9ZZ,2.5km", ["100001", "100002"]),
    ],
)
def test_what_lies_within_a_distance_is_a_list_of_the_schools_there(
    text: str, urns: list[str]
) -> None:
    assert listed(text) == urns


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("URN:100001", ["100001"]),
        ("100001.0, 100002", ["100001", "100002"]),
        ("ne63 9", ["NE63 9"]),
        ("postcode:NE63", ["NE63"]),
    ],
)
def test_urns_and_postcodes_are_lists(text: str, entries: list[str]) -> None:
    assert listed(text) == entries


@pytest.mark.parametrize("text", ["Leeds", "region:North East", "E08000035", "leeds, city"])
def test_a_name_makes_no_place(text: str) -> None:
    assert made_of(SEEN, text) is None


def test_a_circle_says_how_it_was_read_and_whose_point_it_has() -> None:
    found = made("town:Ashington")
    assert found.note == (
        "town:Ashington is read as the 3 state-funded mainstream schools within 5 km of the "
        "middle of Ashington, Northumberland, in a straight line; there is also Ashington, Horsham"
    )
    assert (found.layer.title, found.layer.kind) == ("Ashington (5 km)", "schools")
    assert "GeoNames" in found.layer.source and "CC BY 4.0" in found.layer.source
    assert "NE63 9ZZ is not known, so NE63 9 is meant" in made("NE63 9ZZ,5km").note


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "town:Truro",
            "none of the state-funded mainstream schools that are counted is within 5 km",
        ),
        ("school:999999,3km", "no state-funded school has URN 999999"),
        ("school:100005,3km", "100005 has no location"),
        ("ZE1 0AA,5km", "ZE1 0AA is in Scotland"),
        ("town:Ashington,0km", "0 km is no distance"),
    ],
)
def test_what_makes_no_place_says_why(text: str, fault: str) -> None:
    with pytest.raises((UnknownNameError, UsageError), match=fault):
        made(text)


@pytest.mark.parametrize(
    ("text", "entries", "told"),
    [
        ("URN,Name\n100001,A\n100002.0,B\n,C\nabc,D\n", ["100001", "100002"],
         ["my-schools.csv row 4, urn: a blank cell is no URN",
          "my-schools.csv row 5, urn: abc is no URN"]),
        ("sep=;\nSchools of ours\nname;School URN;x\nA;100001;1\n", ["100001"], []),
        ("100001\n100002\n", ["100001", "100002"], []),
        ("Postcode\nNE63 9AA\nne24\n", ["NE63 9AA", "NE24"], []),
        ("\ufeffEstablishment URN\n100001\n\n", ["100001"], []),
    ],
)  # fmt: skip
def test_a_file_lists_schools_and_what_names_none_is_told_by_its_row(
    tmp_path: Path, text: str, entries: list[str], told: list[str]
) -> None:
    file = tmp_path / "my-schools.csv"
    file.write_text(text, encoding="utf-8")
    assert listed(str(file)) == entries
    assert list(map(str, made(str(file)).layer.told)) == told
    assert list(map(str, check_files([file]))) == told
    assert made(str(file)).layer.title == "my-schools"


def test_a_file_without_schools_or_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("name,age\nA,1\n")
    with pytest.raises(InputFileError, match="lists neither URNs nor postcodes: its columns"):
        made(str(tmp_path / "x.csv"))
    with pytest.raises(InputFileError, match="no such file"):
        made(str(tmp_path / "y.csv"))
