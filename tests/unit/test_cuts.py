"""Every table can be cut to a place: its schools, the trusts and units that are there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from geolls.base.errors import UnknownNameError, UsageError
from geolls.export.everything import export
from geolls.export.tables import tables
from geolls.study.analyses import ANALYSES
from geolls.study.changes import changes
from geolls.study.cuts import cut_changes
from geolls.study.typology import typology

# Tables about England as a whole, of which no row is about a place.
WHOLE = {"equity_gap", "equity_fifths", "map_fit", "spread_sensitivity", "far_sensitivity"}


@pytest.fixture(scope="module")
def leeds(demonstration: Any) -> pd.DataFrame:
    """The schools of Leeds, by a road of their own."""
    table = demonstration.assigned("local_authority")
    here = table.loc[table["unit_name"] == "Leeds", "urn"]
    return demonstration.schools[demonstration.schools["urn"].isin(here)]


def test_a_list_of_all_its_schools_is_the_place(demonstration: Any, leeds: pd.DataFrame) -> None:
    for listed in (leeds["urn"], leeds["urn"].astype(int), leeds["urn"].astype(float).tolist()):
        same = demonstration.place(listed)
        assert not same.has_land
        for by in ("schools", "pupils"):
            of_list, of_land = (
                demonstration.overlap("district", "maths_hub", by, place=place)
                for place in (same, "local_authority:Leeds")
            )
            pd.testing.assert_frame_equal(of_list, of_land)
    pd.testing.assert_frame_equal(demonstration.spread(same), demonstration.spread("Leeds"))
    values = demonstration.mismatch("district", "maths_hub", place=same)["value"]
    land = demonstration.mismatch("district", "maths_hub", place="Leeds")["value"]
    pd.testing.assert_series_equal(values, land)


def test_schools_here_are_those_of_the_trust_in_the_place(
    demonstration: Any, leeds: pd.DataFrame
) -> None:
    found = demonstration.spread("Leeds").set_index("trust_uid")["schools_here"]
    assert found.to_dict() == leeds["trust_uid"].value_counts().to_dict()
    assert "schools_here" not in demonstration.spread()


def test_tables_keep_the_rows_about_a_place_or_say_that_none_can_be(
    demonstration: Any, leeds: pd.DataFrame
) -> None:
    trusts = set(leeds["trust_uid"].dropna())
    for name in ("schools_about", "trusts_and_hubs", "places_by_phase", "headlines", "equity_gap"):
        if name in WHOLE:
            with pytest.raises(UsageError, match=f"{name} is about England as a whole"):
                demonstration.table(name, place="Leeds")
            continue
        found = demonstration.table(name, place="Leeds")
        if "urn" in found:
            assert set(found["urn"]) == set(leeds["urn"])
        elif "trust_uid" in found:
            assert set(found["trust_uid"]) == trusts
        elif name == "headlines":
            assert found["schools"].sum() == len(leeds)
        else:
            assert set(found["unit_name"]) == {"Leeds"}
    assert ANALYSES.keys() > WHOLE


def test_the_typology_and_hubs_of_a_place_are_those_its_schools_are_in(demonstration: Any) -> None:
    from geolls.study.cuts import cut

    place = demonstration.place("combined_authority:West Yorkshire")
    found = cut(demonstration, typology(demonstration), place)
    assert {"Leeds", "Bradford"} <= set(found["unit_name"]) and len(found) == 5
    hubs = demonstration.table("hubs_by_phase", place="Leeds")
    assert set(hubs.loc[hubs["layer"] == "maths_hub", "unit_name"]) == {"West Yorkshire Maths Hub"}


def test_an_export_of_a_list_holds_its_schools_and_no_land(
    demonstration: Any, leeds: pd.DataFrame, tmp_path: Path
) -> None:
    place = demonstration.place(leeds["urn"])
    keys = ("study", "units", "coverage", "overlap", "schools", "assignment")
    found = {text.key: frame for text, frame in tables(demonstration, keys, place=place)}
    for key in ("schools", "assignment"):
        assert set(found[key]["urn"]) == set(leeds["urn"])
    assert set(found["overlap"]["by"]) == {"schools", "pupils", "fsm_pupils"}
    assert set(found["coverage"]["by"]) == {"schools"}
    units = found["units"].query("layer == 'local_authority'")
    assert units["unit_name"].tolist() == ["Leeds"]
    assert found["study"].set_index("item")["value"]["place"] == place.name
    with pytest.raises(UsageError, match="a star is of all England"):
        export(demonstration, tmp_path, star=True, place=place)


def test_changes_of_a_place_are_those_of_its_land_and_schools_on_either_day(
    demonstration: Any,
) -> None:
    after = demonstration.at("2024-09-01")
    table = changes(demonstration, after)
    with pytest.raises(UnknownNameError):
        demonstration.place("Cumberland")
    found = cut_changes(table, (demonstration, None), (after, after.place("Cumberland")))
    areas = found[found["what"] == "area"]
    assert {"Allerdale", "Carlisle", "Copeland"} <= set(areas["name"]) | set(areas["from_name"])
    assert len(found) < len(table) / 5
    # It is in no combined authority: one that begins where there was none is none of its.
    assert "combined_authority" not in set(areas["layer"])


def test_eligible_pupils_of_a_list_are_told_by_no_mismatch(
    demonstration: Any, leeds: pd.DataFrame
) -> None:
    with pytest.raises(UsageError, match="told by overlap and coverage alone"):
        demonstration.mismatch("district", "maths_hub", "fsm_pupils", place=leeds["urn"])


def test_what_has_no_land_says_so(demonstration: Any, leeds: pd.DataFrame) -> None:
    with pytest.raises(UsageError, match=r"schools is made of schools, not of land; use --by sch"):
        demonstration.coverage("maths_hub", place=leeds["urn"])
    table = demonstration.compare([leeds["urn"][:20], leeds["urn"][20:40]])
    assert "area_km2" not in set(table["measure"])
