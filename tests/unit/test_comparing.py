"""Places side by side: figures one can count on nine schools, distances redone by hand."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import geolls
from geolls.api import Study
from geolls.base.errors import UsageError
from geolls.base.vocabulary import KINDS
from geolls.study.comparing import (
    LIKE,
    compare,
    england_figures,
    figures_of,
    layer_facts,
    most_like,
    place_figures,
)

LEEDS, BRADFORD, WAKEFIELD = "E08000035", "E08000032", "E08000036"
LA = {LEEDS: ("383", "Leeds"), BRADFORD: ("380", "Bradford"), WAKEFIELD: ("384", "Wakefield")}
POINT = {LEEDS: (430000, 434000), BRADFORD: (416000, 433000), WAKEFIELD: (433000, 420000)}
# urn, district, trust: T1 is at home in Leeds, T3 in Bradford, T2 has one school.
SCHOOLS = [
    (100001, LEEDS, "T1"),
    (100002, LEEDS, "T1"),
    (100003, LEEDS, "T1"),
    (100004, LEEDS, None),
    (100005, LEEDS, "T2"),
    (100006, LEEDS, "T3"),
    (100007, BRADFORD, "T3"),
    (100008, BRADFORD, "T3"),
    (100009, BRADFORD, "T1"),
]
UID = {"T1": "9001", "T2": "9002", "T3": "9003"}


@pytest.fixture(scope="module")
def nine(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("nine")
    register, links = folder / "register.csv", folder / "links.csv"
    rows, groups = [], []
    for urn, district, trust in SCHOOLS:
        easting, northing = POINT[district]
        rows.append(
            {
                "URN": urn,
                "LA (code)": LA[district][0],
                "LA (name)": LA[district][1],
                "EstablishmentName": f"School {urn}",
                "TypeOfEstablishment (name)": "Academy converter" if trust else "Community school",
                "EstablishmentTypeGroup (name)": "Academies"
                if trust
                else "Local authority maintained schools",
                "EstablishmentStatus (name)": "Open",
                "OpenDate": "01-09-2010",
                "CloseDate": "",
                "PhaseOfEducation (name)": "Primary",
                "DistrictAdministrative (code)": district,
                "Easting": easting,
                "Northing": northing,
                "NumberOfPupils": 100,
                "FSM": 20,
            }
        )
        if trust:
            groups.append(
                {
                    "URN": urn,
                    "Group UID": UID[trust],
                    "Group Name": trust,
                    "Group Type": "Multi-academy trust",
                    "Joined date": "01-09-2015",
                }
            )
    for path, table in ((register, rows), (links, groups)):
        with path.open("w", newline="", encoding="cp1252") as file:
            writer = csv.DictWriter(file, list(table[0]))
            writer.writeheader()
            writer.writerows(table)
    return geolls.open_study(register=register, links=links, as_of="2022-09-01", data=folder)


def test_figures_of_six_schools_are_those_one_counts(nine: Study) -> None:
    leeds = place_figures(nine).set_index("unit_code").loc[LEEDS]
    assert leeds["schools"] == 6
    assert leeds["pupils"] == 600
    assert [leeds[f"share_{k}"] * 6 for k in KINDS] == pytest.approx([1, 1, 3, 1, 0, 0])
    assert leeds["trusts"] == 2  # T2 has one school
    # T1 runs three; the authority, T2 and T3 one each: 36 / (9 + 1 + 1 + 1).
    assert leeds["effective_providers"] == pytest.approx(3)
    assert leeds["top_trust_name"] == leeds["top_trust_name_primary"] == "T1"
    assert leeds["top_trust_share"] == pytest.approx(0.5)
    assert math.isnan(leeds["top_trust_share_secondary"])
    assert leeds["fsm_share"] == pytest.approx(0.2)
    assert leeds["trusts_per_10000_pupils"] == pytest.approx(2 / 600 * 10_000)
    assert (leeds["units_teaching_school_hub"], leeds["units_combined_authority"]) == (1, 1)
    assert leeds["schools_per_100km2"] == pytest.approx(6 / leeds["area_km2"] * 100)
    assert leeds["area_km2"] == pytest.approx(552, abs=2)  # ONS: 551.7
    # Sizes of trusts are those of all their schools: T1 and T3 have four and three.
    assert leeds["share_band_2-5"] == pytest.approx(4 / 6)


def test_few_schools_have_no_shares_and_none_have_no_figures(nine: Study) -> None:
    table = place_figures(nine).set_index("unit_code")
    assert table.at[BRADFORD, "schools"] == 3
    assert math.isnan(table.at[BRADFORD, "share_no_trust"])
    assert table.at[WAKEFIELD, "schools"] == 0
    assert math.isnan(table.at[WAKEFIELD, "effective_providers"])
    assert len(table) == 152


def test_england_is_one_place_but_home_is_seen_from_the_layer(nine: Study) -> None:
    england = england_figures(nine)
    assert england["schools"] == 9
    assert england["share_no_trust"] == pytest.approx(1 / 9)
    # Seen from authorities: five schools at home, two elsewhere.
    assert england["share_trust_home_here"] == pytest.approx(5 / 9)
    assert england["share_trust_based_elsewhere"] == pytest.approx(2 / 9)
    by_region = england_figures(nine, "region")
    assert by_region["share_trust_home_here"] == pytest.approx(7 / 9)
    assert by_region["share_trust_based_elsewhere"] == 0


def test_compare_lays_the_same_figures_side_by_side(nine: Study) -> None:
    places = [nine.place("Leeds"), nine.place("Bradford")]
    table = compare(nine, places)
    assert list(table) == ["measure", "Leeds", "Bradford", "england", "note"]
    assert list(table["measure"]) == [f.column for f in figures_of(nine)]
    figures = place_figures(nine).set_index("unit_code")
    for name, code in (("Leeds", LEEDS), ("Bradford", BRADFORD)):
        expected = figures.loc[code, list(table["measure"])].astype(float)
        np.testing.assert_array_equal(table[name], expected)
    notes = table.set_index("measure")["note"]
    assert "Leeds: T1; Bradford: T3" in notes["top_trust_share"]
    assert notes.str.contains(": ").all()


def test_compare_across_layers_leaves_blank_what_england_has_beside_one_layer_only(
    nine: Study,
) -> None:
    places = [nine.place("Leeds"), nine.place("region:Yorkshire and The Humber")]
    table = compare(nine, places).set_index("measure")
    assert math.isnan(table.at["share_trust_home_here", "england"])
    assert math.isnan(table.at["effective_providers", "england"])
    assert table.at["share_no_trust", "england"] == pytest.approx(1 / 9)
    assert table.at["schools", "Yorkshire and The Humber"] == 9


def test_compare_needs_two_different_places(nine: Study) -> None:
    leeds = nine.place("Leeds")
    for places in ([leeds], [leeds, leeds]):
        with pytest.raises(UsageError, match="two different places"):
            compare(nine, places)


def test_what_is_known_of_a_place_only_between_two_stands_beside_its_value(
    demonstration: Study,
) -> None:
    table = compare(demonstration, [demonstration.place("maths_hub:mh-abacus-nw"),
                                    demonstration.place("Leeds")]).set_index("measure")  # fmt: skip
    name = str(table.columns[0])
    units = layer_facts(demonstration, "maths_hub").units["maths_hub"].loc["mh-abacus-nw"]
    for measure in ("schools", "trusts", "share_no_trust"):
        ends = table.loc[measure, [f"{name}_low", f"{name}_high"]].tolist()
        assert ends == [units[f"{measure}_low"], units[f"{measure}_high"]]
    assert ends[0] < table.at["share_no_trust", name] < ends[1]
    land = [table.at["area_km2", f"{name}{end}"] for end in ("_low", "", "_high")]
    assert land[0] < land[1] < land[2]
    assert "between none and all of it" in table.at["schools", "note"]
    # An index has no ends, and says so.
    assert "by convention" in table.at["effective_maps", "note"]
    assert table.at["effective_maps", f"{name}_low"] == table.at["effective_maps", name]


def test_places_called_the_same_keep_apart(nine: Study) -> None:
    places = [nine.place("local_authority:Leeds"), nine.place("district:Leeds")]
    table = compare(nine, places)
    assert list(table)[1:3] == [f"local_authority:{LEEDS}", f"district:{LEEDS}"]


def test_a_layer_the_study_does_not_hold_is_refused(tmp_path: Path) -> None:
    study = geolls.open_study(as_of="2022-09-01", layers=["local_authority", "region"])
    with pytest.raises(UsageError, match="not one of the study's area layers"):
        place_figures(study, "teaching_school_hub")


def test_too_few_schools_are_like_no_place(nine: Study) -> None:
    assert most_like(nine, nine.place("Leeds")).empty


def test_distances_are_those_of_the_formula(demonstration: Study) -> None:
    place = demonstration.place("Leeds")
    found = most_like(demonstration, place, n=200)
    table = place_figures(demonstration).set_index("unit_code")
    ranked = table[table["schools"] >= 20]
    assert len(found) == len(ranked) - 1
    assert LEEDS not in set(found["unit_code"])
    assert found["distance"].is_monotonic_increasing
    for code in found["unit_code"].iloc[[0, 40, -1]]:
        squares = []
        for column, how in LIKE.items():
            values = ranked[column].astype(float)
            values = np.log(values) if how == "log" else values
            width = np.quantile(values.dropna(), 0.75) - np.quantile(values.dropna(), 0.25)
            step = (values[code] - values[place.unit_code]) / width
            if width > 0 and not math.isnan(step):
                squares.append(step**2)
        distance = found.set_index("unit_code").at[code, "distance"]
        assert distance == pytest.approx(math.sqrt(sum(squares) / len(squares)))


def test_likeness_is_mutual(demonstration: Study) -> None:
    first = most_like(demonstration, demonstration.place("Leeds"), n=200)
    other = demonstration.place(f"local_authority:{first['unit_code'].iloc[3]}")
    back = most_like(demonstration, other, n=200).set_index("unit_code")
    assert back.at[LEEDS, "distance"] == pytest.approx(first["distance"].iloc[3])


@pytest.mark.parametrize("layer", ["local_authority", "teaching_school_hub", "region"])
def test_shares_of_every_unit_sum_to_one(demonstration: Study, layer: str) -> None:
    table = place_figures(demonstration, layer)
    enough = table[table["schools"] >= 5]
    kinds = enough[[f"share_{k}" for k in KINDS]].sum(axis=1)
    np.testing.assert_allclose(kinds, 1)
    bands = enough[[c for c in table if str(c).startswith("share_band_")]].sum(axis=1)
    # In a trust or in none, or it is not known; of a trust the home alone may not be known.
    rest = 1 - bands - enough["share_no_trust"]
    assert rest.between(-1e-9, enough["share_status_unknown"] + 1e-9).all()
    assert table["schools"].sum() <= len(demonstration.schools) + 1e-6


def test_where_a_layer_leaves_schools_out_the_middle_unit_stands_beside_home(
    demonstration: Study,
) -> None:
    beside = {f.column: f.beside for f in figures_of(demonstration, "combined_authority")}
    assert beside["share_trust_home_here"] == "middle"
    assert beside["share_no_trust"] == "whole"
    table = place_figures(demonstration, "combined_authority")
    england = england_figures(demonstration, "combined_authority")
    middle = pd.Series(table["share_trust_home_here"]).median()
    assert england["share_trust_home_here"] == pytest.approx(middle)


def test_meal_shares_are_whole_percents_so_that_no_difference_tells_a_small_count(
    demonstration: Study,
) -> None:
    figures = place_figures(demonstration)
    whole = england_figures(demonstration)["fsm_share"]
    shares = figures["fsm_share"].dropna()
    assert len(shares) > 100
    for share in (*shares, whole):
        assert share == round(share, 2)
    # England less all places but one: half a percent of its pupils either way.
    assert 0.005 * figures["pupils"].sum() > 1000
