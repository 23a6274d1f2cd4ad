"""Years of schools and trusts: each day from what tells of it, and blank where nothing does."""

from __future__ import annotations

import gzip
import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from gias_files import ACADEMY, links, put, schools, text_of

import geolls
from geolls.api import Study
from geolls.atlas.book import Book, History
from geolls.atlas.years import PANELS, TRUST_PANELS, maps_over_time, years_html
from geolls.base.errors import InputFileError, UnknownNameError
from geolls.fetch.gias import fetch_gias
from geolls.maps.hexes import layouts
from geolls.study.facts import Facts
from geolls.study.history import COLUMNS, Day, days_of, unread
from geolls.study.units import units_of

# 100000 became 100003; 100001 was an academy from 2012; 100002 is maintained.
SCHOOLS = schools(
    {"EstablishmentStatus (name)": "Closed", "CloseDate": "31-08-2016"},
    ACADEMY | {"OpenDate": "01-09-2012"},
    {},
    ACADEMY | {"OpenDate": "01-09-2016"},
)
OLD = {"URN": "100001", "Group UID": "6000", "Group ID": "TR06000", "Group Name": "OLD TRUST"}


@pytest.fixture
def register(tmp_path: Path) -> Path:
    return put(tmp_path, SCHOOLS, "edubasealldata20200901.csv")


def by_day(found: pd.DataFrame, place: str = "England") -> pd.DataFrame:
    return found[found["place"] == place].set_index("day")


def test_academies_of_every_year_are_told_by_one_whole_register(register: Path) -> None:
    found = by_day(geolls.history(register))
    assert found["schools"].tolist() == [2] * 2 + [3] * 9
    assert found["academies"].tolist() == [0] * 2 + [1] * 4 + [2] * 5
    assert found["academy_share"].iloc[-1] == pytest.approx(2 / 3)
    # Who was in which trust before that day nothing tells.
    assert found["in_trusts"].isna().tolist() == [True] * 10 + [False]
    assert set(found["trusts_from"][:-1]) == {""}


def test_group_links_tell_of_their_own_day_alone(register: Path, tmp_path: Path) -> None:
    joined = links(OLD | {"Joined date": "01-09-2012"}, {"URN": "100003"})
    of_2017 = put(tmp_path, joined, "grouplinks_edubaseallacademiesandfree_2017-11-09.csv")
    found = by_day(geolls.history(register, of_2017, "Leeds", since=2017), "Leeds")
    told = found[found["trusts_from"] != ""]
    assert told.index.tolist() == ["2017-11-09", "2020-09-01"]
    assert told["in_trusts"].tolist() == [2, 2]
    assert told["trusts"].tolist() == [0, 1]  # then in two trusts of one school, now in one of two
    assert told["effective_providers"].tolist() == pytest.approx([3, 9 / 5])
    assert told["trusts_from"].tolist() == [of_2017.name, register.name]


def test_a_trust_that_a_later_register_alone_tells_of_is_not_known(
    register: Path, tmp_path: Path
) -> None:
    of_2017 = put(tmp_path, links(OLD), "grouplinks_2017-11-09.csv")
    then = by_day(geolls.history(register, of_2017, since=2017)).loc["2017-11-09"]
    assert then[["in_trusts", "in_trusts_low", "in_trusts_high"]].tolist() == [1, 1, 2]
    assert then["in_trusts_share"] == 0.5  # of the two of which it is known
    assert then["note"].startswith("of 1 school nothing tells")


def test_of_two_registers_of_one_day_the_one_that_is_not_read_is_told(tmp_path: Path) -> None:
    names = ("a", "b", "b")
    given = [tmp_path / name / "edubasealldata20200901.csv" for name in names]
    old = tmp_path / "grouplinks_2009-01-01.csv"
    days = days_of(given, [old], 2019)
    assert {day.register for day in days} == {given[0]}
    assert list(unread(days, [*given, old])) == [
        f"{given[1]} is not read: of 2020-09-01 {given[0]} tells",
        f"{old} is not read: no day that is told needs it",
    ]


def test_a_file_of_joinings_and_leavings_tells_of_every_day_before(
    register: Path, tmp_path: Path
) -> None:
    row = {"urn": "100001", "group_id": "TR01234", "group_name": "VALE ACADEMY TRUST"}
    row |= {"group_type": "Multi-academy trust", "group_status": "Open", "group_closed_date": ""}
    row |= {"date_joined_group": "2018-09-01", "date_left_group": ""}
    old = {"group_id": "TR06000", "group_name": "OLD TRUST"}
    old |= {"date_joined_group": "2012-09-01", "date_left_group": "2018-08-31"}
    rows = [row, row | old, row | {"urn": "100003", "date_joined_group": "2016-09-01"}]
    file = put(tmp_path, rows, "academiesmatmembership20200901.csv")
    found = by_day(geolls.history(register, file, since=2015))
    assert (found["trusts_from"] != "").all()
    assert found["in_trusts"].tolist() == [1, 2, 2, 2, 2, 2]
    assert found["trusts"].tolist() == [0, 0, 0, 1, 1, 1]  # together from September 2018
    assert found["in_trusts_low"].tolist() == found["in_trusts_high"].tolist()


def test_rows_of_a_file_of_joinings_that_are_left_out_are_counted(
    register: Path, tmp_path: Path
) -> None:
    row = {"URN": "100001", "Group ID": "TR01234", "Group Name": "Tr\xe9sor"}  # in cp1252
    row |= {"Group Type": "Multi-academy trust", "Date Joined Group": "2018-09-01"}
    brief = {"URN": "100003", "Date Joined Group": "2016-09-01", "Date Left Group": "2016-10-01"}
    rows = [row | {"Date Left Group": ""}, row | brief, row | brief | {"Group ID": "TR1.old"}]
    file = put(tmp_path, rows, "academiesmatmembership_2020-08-31.csv")
    found = by_day(geolls.history(register, file, since=2019))
    assert found["in_trusts_low"].tolist() == [1, 2]
    assert found["note"].str.contains("2 rows of academiesmat.* left out").tolist() == [True, False]
    del row["Date Joined Group"]
    bare = put(tmp_path, [row | {"Phase Of Education (name)": ""}], "grouplinks_2020-05-05.csv")
    with pytest.raises(InputFileError, match="it lacks the column Joined date"):
        geolls.history(register, bare, since=2020)


def test_a_place_that_was_not_yet_has_the_land_that_it_came_to_have(tmp_path: Path) -> None:
    at = {"LA (code)": "942", "LA (name)": "Cumberland", "Easting": "340000", "Northing": "556000"}
    at |= {
        "DistrictAdministrative (code)": "E06000063",
        "DistrictAdministrative (name)": "Cumberland",
    }
    register = put(tmp_path, schools(at, {}), "edubasealldata20230901.csv")
    found = by_day(geolls.history(register, places="Cumberland", since=2022), "Cumberland")
    assert found["schools"].tolist() == [1] * 2
    notes = found["note"].str.contains("its land of today")
    assert notes.tolist() == [True, False]


def test_a_register_of_survivors_says_so(tmp_path: Path) -> None:
    register = put(tmp_path, schools({}, {}, {}), "edubasealldata20200901.csv")
    notes = by_day(geolls.history(register, since=2019))["note"]
    assert notes.str.contains("survivors only").tolist() == [True, False]


def test_the_first_register_made_since_tells_of_a_day() -> None:
    a, b = Path("edubasealldata20180101.csv"), Path("edubasealldata20200101.csv")
    links_of = Path("grouplinks_2019-05-05.csv")
    days = {d.day: d for d in days_of([b, a], [links_of])}
    assert days[date(2017, 9, 1)] == Day(date(2017, 9, 1), a, None, False)
    assert days[date(2018, 1, 1)] == Day(date(2018, 1, 1), a, None, True)
    assert days[date(2019, 5, 5)] == Day(date(2019, 5, 5), b, links_of, True)
    assert max(days) == date(2020, 1, 1)


def test_what_cannot_tell_a_day_is_refused(tmp_path: Path, register: Path) -> None:
    with pytest.raises(UnknownNameError, match="of which day it is"):
        geolls.history(put(tmp_path, SCHOOLS, "schools.csv"))
    with pytest.raises(InputFileError, match="no such file"):
        geolls.history(tmp_path / "none.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputFileError, match="holds no group links"):
        geolls.history(register, tmp_path / "empty")
    with pytest.raises(UnknownNameError, match="the last day is 2020-09-01"):
        geolls.history(register, since=2021)
    with pytest.raises(UnknownNameError, match="Leedz"):
        geolls.history(register, places="Leedz", since=2020)


ROWS = pd.DataFrame(
    [
        ["2010-09-01", "<i>", 0.1, None, None, None, "r.csv", "", "survivors only: <b>"],
        ["2020-09-01", "<i>", 0.5, 30, 20, 40, "r.csv", "l.csv", "its land of today"],
    ],
    columns=["day", "place", "academy_share", "in_trusts", "in_trusts_low", "in_trusts_high",
             "schools_from", "trusts_from", "note"],
).reindex(columns=COLUMNS)  # fmt: skip


def test_a_history_is_drawn_by_place_with_a_slider_for_the_day_and_a_table() -> None:
    page = years_html(ROWS, "Years")
    assert "default-src 'none'" in page and page.count("<script>") == 1 and "sha256-" in page
    assert "<h2>&lt;i&gt;</h2>" in page and "<i>" not in page and "<b>" not in page
    assert 'type="range" min="0" max="1" value="1" data-days="2010-09-01 2020-09-01"' in page
    assert page.count("<figure>") == len(PANELS)
    assert 'aria-label="Academies, &lt;i&gt;: 10% to 50%"' in page
    # One day tells of trusts: a mark at 30, a bar from 20 to 40, the top of the panel.
    assert '<line class="ends" x1="210.0" x2="210.0" y1="60.0" y2="20.0"/>' in page
    assert page.count('class="known"') == 3 and "l.csv, r.csv" in page
    assert '<th scope="row">2020-09-01</th><td>50%</td><td>20 to 40</td>' in page


def test_pages_of_an_atlas_tell_of_their_years_where_a_history_is_given(
    demonstration: Study,
) -> None:
    facts = Facts(demonstration, ["region"])
    code, uid = str(facts.units["region"].index[0]), next(iter(facts.trust_rows))
    of_trust = pd.DataFrame(
        {"day": ["2020-09-01"], "trust_uid": [uid], "schools": [7], "note": [""]}
    ).reindex(columns=["day", "note", *(column for column, *_ in TRUST_PANELS)])
    told = {("index",): ROWS, ("place", "region", code): ROWS, ("trust", uid): of_trust}
    bare = Book(facts)
    book = Book(facts, history=History(["2010-09-01", "2020-09-01"], told, ["r.csv"]))
    place, trust = bare.path_of("region", code), bare.path_of("trust", uid)
    for path in ("index.html", place, trust, "maps/trust_spread.html"):
        with_, without = (each.make(path)[path].decode() for each in (book, bare))
        begin, end = with_.index('<section class="years"'), with_.index("</section></main>") + 10
        # Nothing else of the page is another, but for the hashes of its policy.
        policy = re.compile(r'content="default-src[^"]*"')
        assert policy.sub("", with_[:begin] + with_[end:]) == policy.sub("", without)
        assert 'type="range"' in with_ and "As a table" not in without
    assert "Survivors only: &lt;b&gt;." in book.make(place)[place].decode()
    assert "<td>7</td>" in book.make(trust)[trust].decode()


def test_a_national_map_is_a_small_map_for_each_day_on_one_scale() -> None:
    cells = layouts()["2025"]
    days = [f"{2001 + i}-09-01" for i in range(30)]
    rows = pd.DataFrame({"day": days, "academy_share": [i / 100 for i in range(30)]})
    areas = {code: rows.assign(academy_share=rows["academy_share"] * 2) for code in cells}
    first = next(iter(areas))
    areas[first] = rows.assign(academy_share=float("nan"))
    found = maps_over_time(areas, "academy_share")
    assert found is not None
    shown = [one["day"] for one in found["maps"]]
    assert len(shown) == 12 and {shown[0], shown[-1]} == {days[0], days[-1]}
    for one in found["maps"]:
        assert one["known"] == len(cells) - 1
        assert sum(d.count("M") for d in one["paths"].values()) == len(cells)
        assert one["paths"]["none"].count("M") == 1
    looks = [next(look for look in one["paths"] if look != "none") for one in found["maps"]]
    assert looks == sorted(looks) and looks[0] < looks[-1], "one scale for all days"
    assert maps_over_time({"E1": rows}, "academy_share") is None


def test_the_last_day_says_of_a_place_what_its_page_says(tmp_path: Path) -> None:
    """One label, one fact: the panels against the table that pages read, a status unknown too."""
    district = "DistrictAdministrative (code)"
    here = ACADEMY | {"LA (code)": "383", district: "E08000035"}
    there = ACADEMY | {"LA (code)": "380", district: "E08000032"}
    own = {key: here[key] for key in ("LA (code)", district)}
    blank = own | {"TypeOfEstablishment (name)": "", "URN": "149000"}
    made = schools(here, there, there, own, own, own, own, blank)
    register = put(tmp_path, made, "edubasealldata20230901.csv")
    (row,) = by_day(geolls.history(register, (), "Leeds", since=2023), "Leeds").to_dict("records")
    study = geolls.open_study(register=register, as_of="2023-09-01")
    unit = units_of(study, "local_authority").loc["E08000035"]
    assert unit["share_trust_based_elsewhere_high"] > unit["share_trust_based_elsewhere_low"] > 0
    for end in ("low", "high"):
        ends = row[f"based_elsewhere_share_{end}"], unit[f"share_trust_based_elsewhere_{end}"]
        assert ends[0] == pytest.approx(ends[1])
    for column in ("schools", "trusts", "effective_providers"):
        assert row[column] == pytest.approx(unit[column]), column


def test_of_land_that_others_list_too_a_history_has_both_ends(tmp_path: Path) -> None:
    """One school on Scilly, which a hub has alone; two in Cornwall, which it shares with one."""
    names = "LA (code)", "DistrictAdministrative (code)"
    scilly, cornwall = (dict(zip(names, at, strict=True)) for at in SHARED_WITH)
    made = schools(ACADEMY | scilly, ACADEMY | cornwall, cornwall)
    register = put(tmp_path, made, "edubasealldata20230901.csv")
    hub = "One Cornwall Teaching School Hub (West)"
    found = by_day(geolls.history(register, (), hub, since=2023), hub).reset_index()
    (row,) = found.to_dict("records")
    told = {
        **{"schools": (2, 1, 3), "academies": (1.5, 1, 2), "academy_share": (0.75, 0.5, 1)},
        **{"in_trusts": (1.5, 1, 2), "in_trusts_share": (0.75, 0.5, 1), "trusts": (1, 1, 1)},
        "based_elsewhere_share": (0, 0, 0),  # a trust with a school in each has no home
    }
    ends = ("", "_low", "_high")
    assert {c: tuple(row[f"{c}{end}"] for end in ends) for c in told} == told
    assert row["effective_providers"] == pytest.approx(2**2 / (1.5**2 + 0.5**2))
    assert "2 schools stand on land that others list too" in row["note"]
    page = years_html(found, "Years")
    assert "<td>1 to 2</td>" in page and "50%" not in page, "no percentage of three schools"


SHARED_WITH = ("420", "E06000053"), ("908", "E06000052")


@pytest.mark.real_data
def test_memberships_are_fetched_beside_the_register(real_data: Path, tmp_path: Path) -> None:
    """None is to hand: a file is made up under headings as code that reads it knows them."""
    hand = tmp_path / "hand"
    hand.mkdir()
    whole = next((real_data / "gias").glob("edubasealldata_recon*"))
    (hand / "edubasealldata20230119.csv").write_bytes(gzip.decompress(whole.read_bytes()))
    row = {"URN": "100000", "Group ID": "TR1", "Date joined group": "2015-09-01"}
    rows = [row | {"Date left group": ""}] * 5_000
    (hand / "academiesmatmembership20230119.csv").write_text(text_of(rows), newline="")
    found = fetch_gias(tmp_path / "data", None, hand)
    assert {f["key"]: f["rows"] for f in found.manifest["files"]} == {
        "register": 24_433,
        "memberships": 5_000,
    }
