"""Minutes in place of straight lines: tables as people write them, and every measure by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import geolls
import geolls.maps.scenes
from geolls.base.errors import InputFileError
from geolls.export.tables import tables
from geolls.measures.membership import Membership
from geolls.measures.placeview import school_view
from geolls.measures.sites import far_areas, far_sensitivity, site_distances
from geolls.measures.spread import TIMES, spread
from geolls.measures.travel import Timed
from geolls.measures.yardstick import home_points, made_up_trusts
from geolls.study.travel import read_times, travel_of

# Four schools at the corners of a square of 10 km, an estuary between west and east.
SCHOOLS = pd.DataFrame(
    {
        "urn": ["100001", "100002", "100003", "100004"],
        "postcode": ["AA1 1AA", "AA1 1AB", "AA1 1AC", "AA1 1AC"],
        "lsoa_code": None,
        "phase": "primary",
        "la_code": "301",
        "trust_uid": ["T", "T", "T", None],
        "trust_name": ["Tee"] * 3 + [None],
        "trust_type": ["multi_academy_trust"] * 3 + [None],
        "status_unknown": False,
        "pupils": 100.0,
        "easting": [400_000.0, 400_000.0, 410_000.0, 410_000.0],
        "northing": [400_000.0, 412_000.0, 400_000.0, 412_000.0],
    }
)
PLACE = Membership.whole(pd.Index(SCHOOLS["urn"]), "WWEE")
CSV = "from_id,to_id,travel_time\n100001,100002,15\n100001,100003,70\n100002,100003,80\n"
CSV += "100003,100004,12\n"


@pytest.fixture
def times(tmp_path):
    def write(text=CSV, name="times.csv"):
        (tmp_path / name).write_text(text)
        return travel_of(tmp_path / name, SCHOOLS)

    return write


def test_each_pair_one_way_is_taken_for_both_and_said(times):
    travel = times()
    assert travel.between(["100002", "100001"], ["100001", "100004"]).tolist()[0] == 15
    assert np.isnan(travel.between(["100001"], ["100004"])[0])
    assert travel.label == "minutes of times.csv, 4 pairs of URNs, each one way and taken for both"


def test_directions_that_differ_are_kept_and_a_pair_without_one_has_their_mean(times):
    travel = times(CSV + "100002,100001,25\n")
    assert travel.between(["100001", "100002"], ["100002", "100001"]).tolist() == [15, 25]
    assert travel.both_ways(["100001"], ["100002"])[0] == 20
    assert np.isnan(travel.between(["100003"], ["100001"])[0])
    assert travel.both_ways(["100003"], ["100001"])[0] == 70
    assert travel.label.endswith("5 pairs of URNs, 2 of which differ by direction")


def test_the_nearest_by_road_is_not_the_nearest_by_line(times):
    sites = SCHOOLS.iloc[[1, 2]].assign(unit_code=["B", "C"], unit_name=["Bee", "Cee"])
    by_line, by_road = (site_distances(SCHOOLS, sites, t) for t in (None, times()))
    assert by_line["site_code"].tolist() == ["C", "B", "C", "B"]
    assert by_road["site_code"].tolist() == ["B", "B", "C", "C"]
    assert by_road["minutes"].tolist() == [15, 0, 0, 12]
    assert by_road["distance_km"].tolist() == [12, 0, 0, 12]


def test_areas_are_far_by_minutes(times):
    sites = SCHOOLS.iloc[[2]].assign(unit_code="C", unit_name="Cee")
    found = site_distances(SCHOOLS, sites, times())
    assert found["minutes"].tolist() == [70, 80, 0, 12]
    rule = geolls.measures.sites.FarRule(few=1)
    assert far_areas(found, SCHOOLS, PLACE, rule)["minutes_median"].tolist() == [75]
    assert "minutes" in far_sensitivity(found, SCHOOLS, PLACE, rule)["threshold"].tolist()


def test_a_trust_in_minutes_by_hand_and_what_has_no_time_is_counted(times):
    found = spread(SCHOOLS, {"place": PLACE}, travel=times()).iloc[0]
    assert found[list(TIMES)].tolist() == [55, 70, 80, 15, 70, 1]
    two_of_three = times("origin,dest,cost\n100001,100002,15\n100001,100003,70\n")
    found = spread(SCHOOLS, {"place": PLACE}, travel=two_of_three).iloc[0]
    assert found["pairs_timed_share"] == pytest.approx(2 / 3)
    assert found["longest_hop_minutes"] == 70
    one = times("origin,dest,cost\n100001,100002,15\n")
    assert np.isnan(spread(SCHOOLS, {"place": PLACE}, travel=one)["longest_hop_minutes"][0])


def test_neighbours_choice_and_lines_go_by_road(times):
    travel, here = times(), np.array([[405_000.0, 406_000.0]])
    seen = school_view(SCHOOLS, {"place": PLACE}, neighbourhoods=here, travel=travel)
    assert seen["sibling_minutes"].tolist()[:3] == [15, 15, 70]
    assert seen["only_school_of_trust"].tolist()[:3] == [False, False, True]
    assert seen["near_schools"].tolist() == [1, 1, 1, 1]  # rural: within 20 minutes
    assert seen["boundary_neighbours_place"].tolist() == [0.5, 0.5, 2 / 3, 0]


def test_a_school_without_any_time_is_not_known_rather_than_alone(times):
    seen = school_view(
        SCHOOLS, {"place": PLACE}, neighbourhoods=[[0.0, 0.0]], travel=times(CSV[:53])
    )
    assert seen["near_schools"].isna().tolist() == [False, False, True, True]
    assert seen["boundary_neighbours_place"].isna().tolist() == [False, False, True, True]
    assert seen["only_school_of_trust"].tolist()[:3] == [False, False, None]


def test_the_yardstick_takes_the_nearest_by_road(times):
    west = SCHOOLS.assign(trust_uid=["T", None, "T", None])
    homes = pd.Series({"T": "W"})
    points = home_points(west, homes, PLACE)
    assert points["home_urn"].tolist() == ["100001"]
    made = {t: made_up_trusts(west, points, travel=t)["urn"].tolist() for t in (None, times())}
    assert made[None] == ["100001", "100003"]
    assert list(made.values())[1] == ["100001", "100002"]


@pytest.mark.parametrize(
    "text",
    [
        "Origin;Destination;Minutes\nAA11AA;aa1 1ab;15\nAA1 1AA;AA1 1AC;70\n",
        "from_id\tto_id\ttravel_time_p50\n100001.0\t100002\t15\n'100001\t100003\t70\n",
        "Times by car\nfrom,to,time\n100001,100002,15\n100001,100003,70\n",
    ],
)
def test_tables_as_people_write_them(times, text):
    assert times(text).between(["100001"] * 2, ["100002", "100003"]).tolist() == [15, 70]


def test_parquet_is_read_and_schools_of_one_postcode_are_at_one_door(tmp_path):
    rows = {"origin": ["AA1 1AA"], "dest": ["AA1 1AC"], "cost": [30.0]}
    pd.DataFrame(rows).to_parquet(tmp_path / "t.parquet")
    travel = travel_of(tmp_path / "t.parquet", SCHOOLS)
    ends = ["100003", "100004", "100004"]
    assert travel.between(["100001", "100001", "100003"], ends).tolist() == [30, 30, 0]


def test_schools_join_neighbourhoods_by_point(tmp_path):
    known = geolls.land.blocks.load_neighbourhoods().iloc[[5, 500]]
    here, there = known["lsoa11"]
    schools = SCHOOLS.iloc[:2].assign(
        easting=known["easting"].to_numpy(float), northing=known["northing"].to_numpy(float)
    )
    (tmp_path / "t.csv").write_text(f"origin,dest,cost\n{here},{there},42\n")
    travel = travel_of(tmp_path / "t.csv", schools)
    assert travel.between(["100001"], ["100002"])[0] == 42
    assert np.isnan(travel.between(["100001"], ["100001"])[0])  # within it: not in the table


def test_pairs_of_what_is_no_school_are_counted(times):
    told = times(CSV + "999999,100001,3\n").told
    assert told[0] == (
        "times.csv: 1 of 5 pairs name what is no school's of the register, as 999999 to 100001"
    )


def test_seconds_are_read_by_the_name_of_their_column_and_else_asked_about(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("from_id,to_id,travel_time (s)\n100001,100002,900\n")
    _, found, told = read_times(path)
    assert found["minutes"].tolist() == [15] and told == [
        "t.csv: travel_time (s) is read as seconds"
    ]
    path.write_text("from_id,to_id,travel_time\n100001,100002,900\n100001,100003,4200\n")
    _, found, told = read_times(path)
    assert found["minutes"].tolist() == [900, 4200]
    assert "if they are seconds, call the column travel_time_seconds" in told[0]
    path.write_text("from_id,to_id,travel_time\n100001,100002,90\n100001,100003,4200\n")
    assert read_times(path)[2] == []


def test_what_is_left_out_is_counted(tmp_path):
    text = CSV + "100001,100004,\n100001,100004,NA\n100001,100004,-3\n100001,100002,14\n"
    (tmp_path / "t.csv").write_text(text)
    _, pairs, told = read_times(tmp_path / "t.csv")
    assert pairs["minutes"].min() == 12 and 14 in pairs["minutes"].tolist()
    assert told == [
        "t.csv: 3 of 8 rows have no time: not known",
        "t.csv: 1 of 5 rows repeat a pair: the least counts",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("a,b\n1,2\n", "has no origin and no destination and no minutes"),
        ("from_id,to_id\n100001,100002\n", "has no minutes"),
        ("from_id,to_id,travel_time\n100001,100002,soon\n", "has no time in any row"),
        ("from_id,to_id,travel_time\nLeeds,York,30\n", "is no URN, postcode or neighbourhood"),
        ("from_id,to_id,travel_time\n999999,999998,30\n", "none of its URNs is a school's"),
    ],
)
def test_a_file_that_is_no_table_of_times_is_refused_with_the_fix(times, text, said):
    with pytest.raises(InputFileError, match=said):
        times(text)


def test_a_file_that_is_not_there_is_told_with_the_word_for_the_estimate(tmp_path):
    with pytest.raises(InputFileError, match="estimate"):
        travel_of(tmp_path / "estimat", SCHOOLS)


PAIRS = st.dictionaries(
    st.tuples(st.integers(0, 5), st.integers(0, 5)), st.integers(0, 9), min_size=1
)


@given(PAIRS, st.lists(st.integers(-1, 5), min_size=8, max_size=8), st.integers(0, 9))
def test_lookup_and_search_agree_with_a_plain_dictionary(pairs, places, limit):
    names = list("abcdefgh")
    schools = pd.DataFrame({"urn": names, "origin": places, "destination": places[::-1]})
    rows = [(*ends, float(minutes)) for ends, minutes in pairs.items()]
    table = pd.DataFrame(rows, columns=["origin", "destination", "minutes"])
    travel = Timed(schools, table, "made")
    true = {
        (i, j): pairs.get((places[i], places[::-1][j]), np.nan) for i in range(8) for j in range(8)
    }
    for i in range(8):
        np.testing.assert_array_equal(
            travel.between([names[i]] * 8, names), [true[i, j] for j in range(8)]
        )
    q, p, minutes = travel.within(names, names, limit)
    assert dict(zip(zip(q, p, strict=True), minutes, strict=True)) == {
        k: v for k, v in true.items() if v <= limit
    }
    at, near = travel.nearest(names, names, 3, skip=np.arange(8))
    for i in range(8):
        known = sorted((v, j) for (a, j), v in true.items() if a == i != j and v == v)[:3]
        assert [(m, j) for m, j in zip(near[i], at[i], strict=True) if j >= 0] == known


def test_every_output_names_the_times(demonstration, tmp_path):
    urns = demonstration.schools["urn"].iloc[:2]
    (tmp_path / "mine.csv").write_text(f"origin,dest,cost\n{urns[0]},{urns[1]},9\n")
    study = geolls.open_study(as_of="2022-09-01", travel=tmp_path / "mine.csv")
    assert "Travel: minutes of mine.csv, 1 pair of URNs" in study.attribution
    assert study.fingerprint != demonstration.fingerprint
    assert "mine.csv" in study.describe().set_index("item")["value"]["travel"]
    assert any("has times of 2 of" in line for line in study.told())
    spreads = [next(tables(s, keys=["spread"]))[1] for s in (study, demonstration)]
    assert [set(TIMES) & set(table) for table in spreads] == [set(TIMES), set()]


@pytest.mark.real_data
def test_maps_and_rings_about_lead_schools_go_by_the_times_given(recent_study, tmp_path):
    leads = recent_study.sites("teaching_school_hub_lead")["urn"].dropna()
    near, far = recent_study.schools["urn"].iloc[:2]
    rows = "".join(f"{near},{u},9\n{far},{u},41\n" for u in leads)
    (tmp_path / "t.csv").write_text(f"from_id,to_id,travel_time\n{rows}")
    study = geolls.api.Study(
        recent_study.settings.replace(travel=tmp_path / "t.csv"), register=recent_study.register
    )
    rings = study.table("lead_rings").set_index("urn")["ring"].dropna()
    assert rings[[near, far]].tolist() == ["within 10 minutes", "30 to 45 minutes"]
    recipe, data = geolls.maps.scenes.scene_of(study, "far_from_hub")
    share, middle = data.measures
    assert (share.title, middle.format) == ("Further than 30 minutes", "minutes")
    assert middle.breaks == (10, 20, 30, 45)
    assert "minutes of t.csv" in data.attribution and "{" not in recipe.question
    recipe, data = geolls.maps.scenes.scene_of(study, "lead_rings")
    assert (recipe.areas, data.measures[0].breaks) == ("rings", (10, 20, 30, 45))
    # Of two schools it is known: from one to the other the rings lie in order.
    claims = next(spec for spec in data.layers if spec.key == "rings").units["unit_name"]
    assert set(claims) == {
        "Within 10 minutes", "10 to 20 minutes", "20 to 30 minutes", "30 to 45 minutes"
    }  # fmt: skip
