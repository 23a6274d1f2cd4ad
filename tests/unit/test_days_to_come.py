"""A study of a day to come says what it rests on, and holds together on it."""

from __future__ import annotations

from typing import Any

import pytest

from geolls import open_study
from geolls.atlas.frame import Frame
from geolls.base.errors import UnknownNameError
from geolls.export.tables import tables
from geolls.maps.scenes import scene_of
from geolls.measures.membership import is_reason
from geolls.study.changes import in_areas
from geolls.study.comparing import layer_facts

SAID = "areas were checked until 15 September 2026, more may have changed since"


@pytest.fixture(scope="module")
def surrey() -> Any:
    """Schools that are made up, a month after the two authorities of Surrey begin."""
    return open_study(as_of="2027-05-01")


def test_every_output_says_until_when_its_areas_were_checked(
    surrey: Any, demonstration: Any
) -> None:
    assert surrey.unchecked == SAID
    assert demonstration.unchecked == ""
    for study in (surrey, demonstration):
        late = study is surrey
        _, data = scene_of(study, "hub_coverage")
        book = Frame(layer_facts(study, "local_authority"))
        rows = study.describe().set_index("item")["value"]
        layers = next(f for text, f in tables(study) if text.key == "layers").set_index("layer")
        said = [SAID in data.dates, SAID in str(book.dates), SAID in rows["dates"]]
        said += ["checked until" in str(layers["date_note"]["local_authority"])]
        assert said == [late] * 4


def test_the_year_of_the_attribution_is_never_one_to_come(surrey: Any, demonstration: Any) -> None:
    for study in (surrey, demonstration, open_study(as_of="2028-05-01")):
        assert "database right 2026" in study.attribution
        assert "2027" not in study.attribution


def test_strict_dates_refuse_a_day_after_the_check() -> None:
    with pytest.raises(UnknownNameError, match=r"--strict-dates: Local authorities: checked unt"):
        open_study(as_of="2026-09-16", layers=["local_authority"], strict_dates=True)
    open_study(as_of="2026-09-15", layers=["local_authority"], strict_dates=True)


def test_a_page_says_when_and_by_what_its_place_begins(surrey: Any) -> None:
    book = Frame(layer_facts(surrey, "local_authority"))
    assert book.to_come("local_authority", "lgr-west-surrey") == (
        "West Surrey begins on 1 April 2027 by the Surrey (Structural Changes) Order 2026, "
        "SI 2026/264, 10 Mar 2026."
    )
    assert book.to_come("local_authority", "E08000035") == ""
    later = Frame(layer_facts(open_study(as_of="2028-05-01"), "local_authority"))
    assert later.to_come("local_authority", "lgr-torbay-enlarged") == (
        "Torbay (enlarged) is decided for 1 April 2028, the Order not seen; confidence medium. Of "
        "South Hams and Teignbridge it has only a part, along a line not to hand: schools there "
        "count in equal shares with each claimant."
    )


def test_the_exported_areas_say_which_are_to_come_and_what_they_have_in_part() -> None:
    study = open_study(as_of="2028-05-01")
    (areas,) = (f for _, f in tables(study, ["areas"]))
    areas = areas[areas["tier"] == "local_authority"].set_index("name")
    assert areas.loc["West Surrey", "status"] == "order"
    torbay = areas.loc["Torbay (enlarged)"]
    assert torbay["status"] == "decided, order not seen"
    assert set(torbay["shared"].split(";")) < set(torbay["blocks"].split(";"))
    assert set(areas.loc["Leeds", ["status", "shared"]]) == {""}
    assert (areas["confidence"] != "high")[areas["status"] != ""].all()


def test_by_distinct_area_two_authorities_begin_and_a_county_and_eleven_districts_end(
    surrey: Any,
) -> None:
    table = surrey.at("2026-09-01").changes(surrey)
    areas = table[table["what"] == "area"].groupby(["layer", "change"])["name"].agg(set)
    assert areas["local_authority", "began"] == {"West Surrey", "East Surrey"}
    assert areas["local_authority", "ended"] == {"Surrey"}
    assert areas["district", "began"] == {"West Surrey", "East Surrey"}
    assert len(areas["district", "ended"]) == 11
    assert in_areas(table) == ("local_authority 2 began, 1 ended; district 2 began, 11 ended")
    assert set(table.loc[table["what"] == "move", "cause"]) == {"line"}
    assert set(areas.index) == {(k, c) for k in ("local_authority", "district")
                                for c in ("began", "ended")}  # fmt: skip


@pytest.mark.real_data
@pytest.mark.parametrize("day", ["2027-05-01", "2028-05-01", "2029-12-31"])
def test_the_real_schools_of_2025_have_a_place_in_every_layer_on_days_to_come(
    recent_study: Any, day: str
) -> None:
    study = recent_study.at(day)
    n, today = len(study.schools), recent_study.assigned("local_authority").set_index("urn")
    for key in study.area_layers:
        assert study.assigned(key).groupby("urn")["share"].sum().sub(1).abs().max() < 1e-9
        assert study.assigned(key)["urn"].nunique() == n
    found = study.assigned("local_authority")
    assert not is_reason(found["unit_code"]).any()
    # A school whose authority has ended is where its land is; all others stay.
    was = found["urn"].map(today["unit_code"])
    stays = found[found["unit_code"] == was]
    moved = found[found["unit_code"] != was]
    assert set(moved["unit_code"]) == {
        a.code for a in study.areas.alive("local_authority", study.as_of) if a.code[:3] == "lgr"
    }
    assert (stays["share"] == 1).sum() + found[found["share"] < 1]["urn"].nunique() + len(
        moved[moved["share"] == 1]
    ) == n
    surrey = today.index[today["unit_name"] == "Surrey"]
    mine = found[found["urn"].isin(surrey)]
    assert len(surrey) > 350
    assert set(mine["unit_name"]) == {"West Surrey", "East Surrey"}
    assert set(study.spread()["trust_uid"]) == set(study.schools["trust_uid"].dropna())
