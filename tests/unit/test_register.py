"""The register reader: what is read, what counts, what is said about the rest."""
# ruff: noqa: RUF001  (curly apostrophes are what is tested)

from __future__ import annotations

import csv
import gzip
import io
import os
import zipfile
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from geolls.base import archives
from geolls.base.errors import GeollsError, InputFileError, UnknownNameError, UsageError
from geolls.base.vocabulary import MAINSTREAM
from geolls.register import register as room
from geolls.register.register import (
    COLUMNS,
    LEFT_OUT,
    PHASES,
    Register,
    choose_phases,
    display_name,
    read_register,
    read_successions,
    repair,
    trusts,
)

# A school that counts, as GIAS writes one; tests change what they are about.
SOUND = {
    "URN": "100000",
    "LA (code)": "383",
    "LA (name)": "Leeds",
    "EstablishmentNumber": "2000",
    "EstablishmentName": "Oak Primary School",
    "TypeOfEstablishment (name)": "Community school",
    "EstablishmentTypeGroup (name)": "Local authority maintained schools",
    "EstablishmentStatus (name)": "Open",
    "OpenDate": "01-09-1990",
    "CloseDate": "",
    "PhaseOfEducation (name)": "Primary",
    "CensusDate": "19-01-2023",
    "NumberOfPupils": "200",
    "PercentageFSM": "12.50",
    "TrustSchoolFlag (name)": "Not applicable",
    "Trusts (code)": "",
    "Trusts (name)": "",
    "Federations (code)": "",
    "Federations (name)": "",
    "SchoolSponsors (name)": "",
    "Postcode": "LS1 1AA",
    "DistrictAdministrative (code)": "E08000035",
    "DistrictAdministrative (name)": "Leeds",
    "Easting": "430000",
    "Northing": "433000",
    "FSM": "30",
}
ACADEMY = {
    "TypeOfEstablishment (name)": "Academy converter",
    "EstablishmentTypeGroup (name)": "Academies",
    "TrustSchoolFlag (name)": "Supported by a multi-academy trust",
    "Trusts (code)": "5001",
    "Trusts (name)": "VALE ACADEMY TRUST",
}
LINK = {
    "URN": "100000",
    "Group UID": "5001",
    "Group ID": "TR01234",
    "Group Name": "VALE ACADEMY TRUST",
    "Companies House Number": "7654321",
    "Group Type": "Multi-academy trust",
    "Closed Date": "",
    "Group Status": "Open",
    "Joined date": "01-09-2015",
    "EstablishmentName": "Oak Primary School",
}
DAY = date(2022, 9, 1)


def text_of(rows: list[dict[str, str]], header: list[str] | None = None) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, header or list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def schools(*changes: dict[str, str]) -> list[dict[str, str]]:
    """One sound school for each change, with URNs 100000, 100001, ..."""
    return [SOUND | {"URN": str(100000 + i)} | change for i, change in enumerate(changes)]


def links(*changes: dict[str, str]) -> list[dict[str, str]]:
    return [LINK | change for change in changes]


def put(folder: Path, rows: list[dict[str, str]], name: str = "edubasealldata20220901.csv") -> Path:
    path = folder / name
    path.write_bytes(text_of(rows).encode("cp1252"))
    return path


def read(folder: Path, *changes: dict[str, str], **options: object) -> Register:
    given = options.pop("links", None)
    linked = put(folder, given, "alllinksdata.csv") if given else None  # type: ignore[arg-type]
    options = {"as_of": DAY} | options
    return read_register(put(folder, schools(*changes)), linked, **options)  # type: ignore[arg-type]


def reconciles(register: Register) -> bool:
    n = register.counts
    left_out = register.rejects["action"].str.startswith(LEFT_OUT).sum()
    return (
        n["read"] == n["kept"] + n["rejected"] + n["filtered"]
        and n["kept"] == len(register.schools)
        and n["filtered"] == len(register.filtered)
        and n["rejected"] == left_out
    )


# ---- what is read ------------------------------------------------------------------------------

PERSONAL = [
    *("HeadTitle (name)", "HeadFirstName", "HeadLastName", "HeadPreferredJobTitle"),
    *("TelephoneNum", "SchoolWebsite", "MainEmail", "Street", "Locality", "PropsName", "UPRN"),
]


def everything_in(register: Register) -> str:
    frames = (register.schools, register.groups, register.rejects, register.filtered)
    return "".join(f.to_csv() for f in (*frames, register.summary())) + repr(register)


@pytest.mark.parametrize("how", ["sound", "filtered", "rejected", "ragged"])
def test_no_person_or_contact_is_ever_in_a_register(tmp_path: Path, how: str) -> None:
    poison = {column: f"POISON{i}" for i, column in enumerate(PERSONAL)}
    change = {
        "filtered": {"PhaseOfEducation (name)": "Nursery"},
        "rejected": {"URN": "POISON?", "OpenDate": "never"},
    }.get(how, {})
    rows = [row | poison for row in schools({}, change)]
    text = text_of(rows)
    if how == "ragged":
        text += "100009,383,POISON,POISON\r\n"
    path = tmp_path / "edubasealldata.csv"
    path.write_text(text, encoding="cp1252")
    register = read_register(path, as_of=DAY, cache_dir=tmp_path / "cache")
    assert register.counts["read"] == (3 if how == "ragged" else 2)
    assert "POISON" not in everything_in(register)
    for stored in (tmp_path / "cache").iterdir():
        assert b"POISON" not in stored.read_bytes()


def test_the_allow_list_names_no_personal_column() -> None:
    wanted = {header for columns in COLUMNS.values() for header in columns.values()}
    assert wanted.isdisjoint(PERSONAL)
    assert not [h for h in wanted if "head" in h.lower() or "tel" in h.lower()]


@pytest.mark.parametrize("lines", [1, 500_000])
def test_a_quote_that_never_ends_is_an_error_that_quotes_nothing(
    tmp_path: Path, lines: int
) -> None:
    path = tmp_path / "edubasealldata.csv"
    path.write_text(text_of(schools({})) + '100001,"POISON never closed,\n' + "POISON\n" * lines)
    with pytest.raises(InputFileError, match="quoted value never ends") as caught:
        read_register(path, as_of=DAY)
    assert "POISON" not in str(caught.value)


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("cp1252", "cp1252"),
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8 with a byte order mark"),
        ("utf-16", "utf-16"),
    ],
)
def test_the_encoding_is_found_by_the_bytes(tmp_path: Path, encoding: str, told: str) -> None:
    path = tmp_path / "edubasealldata.csv"
    name = "École St Thomas à Becket’s"
    path.write_bytes(text_of(schools({"EstablishmentName": name})).encode(encoding))
    register = read_register(path, as_of=DAY)
    assert register.schools["name"].tolist() == [name]
    assert register.source["encoding"] == told


def test_a_plain_ascii_file_is_utf8(tmp_path: Path) -> None:
    assert read(tmp_path, {}).source["encoding"] == "utf-8"


def test_utf8_cells_in_a_cp1252_file_are_repaired_and_listed(tmp_path: Path) -> None:
    path = tmp_path / "edubasealldata.csv"
    rows = schools({"EstablishmentName": "École A"}, {"EstablishmentName": "ECOLE B"})
    raw = text_of(rows).encode("cp1252").replace(b"ECOLE B", "École B".encode())
    path.write_bytes(raw)
    register = read_register(path, as_of=DAY)
    assert register.schools["name"].tolist() == ["École A", "École B"]
    assert register.rejects[["row", "urn", "reason", "action"]].values.tolist() == [
        [3, "100001", "name damaged: mojibake", "name repaired"]
    ]
    assert reconciles(register)


def test_a_lost_character_is_reported_not_invented(tmp_path: Path) -> None:
    path = tmp_path / "edubasealldata.csv"
    text = text_of(schools({"EstablishmentName": "St Thomas \ufffd Becket"}))
    path.write_text(text, encoding="utf-8")
    register = read_register(path, as_of=DAY)
    assert register.rejects["reason"].tolist() == ["name damaged: lost character"]
    assert register.schools["name"].tolist() == ["St Thomas \ufffd Becket"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends_and_quoted_newlines_do_not_split_rows(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "edubasealldata.csv"
    text = text_of(schools({"EstablishmentName": "Oak\nSchool"}, {})).replace("\r\n", ending)
    path.write_bytes(text.replace("Oak\n", f"Oak{ending}").encode())
    register = read_register(path, as_of=DAY)
    assert register.schools["name"].tolist() == ["Oak School", "Oak Primary School"]


def test_control_and_direction_characters_leave_names(tmp_path: Path) -> None:
    path = tmp_path / "edubasealldata.csv"
    name = "\u202eOak\u200b \x07\x1b[31m  School\xa0"
    path.write_text(text_of(schools({"EstablishmentName": name})), encoding="utf-8")
    assert read_register(path, as_of=DAY).schools["name"].tolist() == ["Oak [31m School"]


# ---- which files -------------------------------------------------------------------------------


def test_csv_gzip_and_zip_give_the_same_schools(tmp_path: Path) -> None:
    data = text_of(schools({}, {})).encode()
    (tmp_path / "a.csv").write_bytes(data)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(data))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("__MACOSX/._edubasealldata.csv", "rubbish")
        archive.writestr("../../edubasealldata20220901.CSV", data)
    plain, *packed = (
        read_register(tmp_path / n, as_of=DAY).schools for n in ("a.csv", "a.csv.gz", "a.zip")
    )
    for other in packed:
        pd.testing.assert_frame_equal(plain, other)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv", "a.csv.gz", "a.zip"]


def test_the_zip_of_the_downloads_page_gives_each_reader_its_own_file(tmp_path: Path) -> None:
    path = tmp_path / "extract.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("edubasealldata20220901.csv", text_of(schools({})))
        archive.writestr("alllinksdata20220901.csv", text_of(links({})))
    register = read_register(path, path, as_of=DAY)
    assert register.schools["trust_name"].tolist() == ["Vale Academy Trust"]


@pytest.mark.parametrize("names", [[], ["a.txt"], ["a.csv", "b.csv"]])
def test_a_zip_that_does_not_hold_the_register_is_refused(tmp_path: Path, names: list[str]) -> None:
    path = tmp_path / "edubasealldata.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, text_of(schools({})))
    with pytest.raises(InputFileError, match="csv files"):
        read_register(path, as_of=DAY)


def test_a_truncated_gzip_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "edubasealldata.csv.gz"
    names = [{"EstablishmentName": f"School {i * 7919 % 10007}"} for i in range(3000)]
    path.write_bytes(gzip.compress(text_of(schools(*names)).encode())[:-2000])
    with pytest.raises(InputFileError, match="damaged or cut short"):
        read_register(path, as_of=DAY)


def test_a_bomb_stops_at_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FLOOR", 100_000)
    monkeypatch.setattr(archives, "RATIO", 2)
    path = tmp_path / "edubasealldata.csv.gz"
    path.write_bytes(gzip.compress(text_of(schools({})).encode() + b"\n" * 30_000_000))
    with pytest.raises(InputFileError, match="unpacks to more"):
        read_register(path, as_of=DAY)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n", "header line"),
        (b"\x00\x01\x02 binary \x00", "header line"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "lacks the columns"),
        (b"x" * 200_000, "header line"),
        (",".join(SOUND).encode() + b"\n", "no rows"),
        (",".join(SOUND).encode(), "no rows"),
        (",".join([*SOUND, "URN"]).encode() + b"\n1\n", "twice"),
    ],
)
def test_what_is_no_register_is_one_clear_line(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "edubasealldata.csv"
    path.write_bytes(content)
    with pytest.raises(InputFileError, match=message) as caught:
        read_register(path, as_of=DAY)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 11


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="no such file"):
        read_register(tmp_path / "nowhere.csv", as_of=DAY)
    with pytest.raises(InputFileError, match="folder"):
        read_register(tmp_path, as_of=DAY)
    with pytest.raises(InputFileError, match="no such file"):
        read_register(put(tmp_path, schools({})), tmp_path / "nolinks.csv", as_of=DAY)


def test_each_gias_file_is_recognised_where_another_is_wanted(tmp_path: Path) -> None:
    register, linked = put(tmp_path, schools({})), put(tmp_path, links({}), "l.csv")
    follow = tmp_path / "s.csv"
    follow.write_text("URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\n1,2,a,b,\n")
    groups = tmp_path / "g.csv"
    groups.write_text("Group UID,Group ID,Group Name,Group Postcode\n1,2,a,b\n")
    for path, name in ((linked, "alllinksdata"), (follow, "links_edub"), (groups, "allgroups")):
        with pytest.raises(InputFileError, match=f"is a GIAS {name}.*not edubasealldata"):
            read_register(path, as_of=DAY)
    with pytest.raises(InputFileError, match="is a GIAS edubasealldata file, not alllinksdata"):
        read_register(register, register, as_of=DAY)
    with pytest.raises(InputFileError, match="not links_edubasealldata"):
        read_successions(register)


def test_a_missing_column_is_named_with_the_nearest(tmp_path: Path) -> None:
    row = schools({})[0]
    row["Establishment Name"] = row.pop("EstablishmentName")
    with pytest.raises(InputFileError, match=r"column EstablishmentName.*Establishment Name"):
        read_register(put(tmp_path, [row]), as_of=DAY)


def test_optional_columns_may_be_absent(tmp_path: Path) -> None:
    row = {k: v for k, v in schools({})[0].items() if not k.startswith(("Trust", "Fed", "Post"))}
    for column in ("Easting", "Northing", "FSM", "PercentageFSM", "CensusDate"):
        del row[column]
    register = read_register(put(tmp_path, [row]), as_of=DAY)
    absent = ["easting", "northing", "fsm_pupils", "postcode", "trust_uid", "diocese", "town"]
    assert register.schools[absent].isna().all(axis=None)


# ---- what counts -------------------------------------------------------------------------------

COUNTS = [
    ({}, None),
    ({"EstablishmentStatus (name)": "Open, but proposed to close"}, None),
    ({"OpenDate": ""}, None),
    ({"OpenDate": "2022-09-01"}, None),
    ({"OpenDate": "01/09/2022"}, None),
    ({"OpenDate": "02-09-2022"}, "not open yet at the date"),
    (
        {"EstablishmentStatus (name)": "Proposed to open", "OpenDate": ""},
        "not open yet at the date",
    ),
    ({"EstablishmentStatus (name)": "Closed"}, "closed, date not given"),
    ({"EstablishmentStatus (name)": "Closed", "CloseDate": "31-08-2022"}, "closed before the date"),
    # GIAS's close date is the last day: the successor opens on the next.
    ({"EstablishmentStatus (name)": "Closed", "CloseDate": "01-09-2022"}, None),
    ({"EstablishmentStatus (name)": "Closed", "CloseDate": "31-12-2022"}, None),
    ({"CloseDate": "31-08-2022"}, "closed before the date"),
    (
        {"EstablishmentTypeGroup (name)": "Independent schools", "TypeOfEstablishment (name)": ""},
        "not state-funded: Independent schools",
    ),
    (
        {
            "EstablishmentTypeGroup (name)": "Special schools",
            "TypeOfEstablishment (name)": "Non-maintained special school",
        },
        "not state-funded: Special schools",
    ),
    (
        {
            "EstablishmentTypeGroup (name)": "Independent schools",
            "TypeOfEstablishment (name)": "City technology college",
        },
        None,
    ),
    (
        {"EstablishmentTypeGroup (name)": "", "TypeOfEstablishment (name)": ""},
        "not state-funded: group not given",
    ),
    ({"DistrictAdministrative (code)": "W06000015"}, "not in England"),
    ({"PhaseOfEducation (name)": "Nursery"}, "phase not chosen: nursery"),
    ({"PhaseOfEducation (name)": "16 plus"}, "phase not chosen: post_16"),
]


def test_each_school_is_kept_or_filtered_for_its_reason(tmp_path: Path) -> None:
    register = read(tmp_path, *(change for change, _ in COUNTS))
    kept = {str(100000 + i) for i, (_, reason) in enumerate(COUNTS) if reason is None}
    gone = {str(100000 + i): reason for i, (_, reason) in enumerate(COUNTS) if reason}
    assert set(register.schools["urn"]) == kept
    assert dict(zip(register.filtered["urn"], register.filtered["reason"], strict=True)) == gone
    assert reconciles(register)


@pytest.mark.parametrize(
    ("phase", "kind", "group", "number", "expected"),
    [
        ("Primary", "Community school", "Local authority maintained schools", "", "primary"),
        ("Middle deemed primary", "Academy converter", "Academies", "", "middle_deemed_primary"),
        ("All-through", "Free schools", "Free Schools", "", "all_through"),
        ("16 plus", "Free schools 16 to 19", "Free Schools", "", "post_16"),
        ("Not applicable", "Academy special converter", "Academies", "", "special"),
        ("Not applicable", "Pupil referral unit", "Academies", "", "alternative"),
        ("Not applicable", "Free schools alternative provision", "Free Schools", "", "alternative"),
        ("Not applicable", "", "Special schools", "", "special"),
        ("Not applicable", "", "Local authority maintained schools", "7005", "special"),
        ("Not applicable", "", "Local authority maintained schools", "5950", "special"),
        ("Not applicable", "", "Local authority maintained schools", "1102", "alternative"),
        ("Not applicable", "", "Local authority maintained schools", "4000", "other"),
        ("", "Community school", "Local authority maintained schools", "7005", "other"),
    ],
)
def test_the_phase_is_named_in_one_word(
    tmp_path: Path, phase: str, kind: str, group: str, number: str, expected: str
) -> None:
    change = {
        "PhaseOfEducation (name)": phase,
        "TypeOfEstablishment (name)": kind,
        "EstablishmentTypeGroup (name)": group,
        "EstablishmentNumber": number,
    }
    assert read(tmp_path, change, phases="all").schools["phase"].tolist() == [expected]


def test_phases_are_chosen_by_forgiving_words() -> None:
    assert choose_phases(None) == choose_phases("mainstream") == choose_phases(()) == MAINSTREAM
    assert choose_phases(["Secondary", "PRIMARY"]) == ("primary", "secondary")
    assert choose_phases("all-through") == ("all_through",)
    assert choose_phases(["middle"]) == ("middle_deemed_primary", "middle_deemed_secondary")
    assert choose_phases("all") == PHASES
    with pytest.raises(UsageError, match="secondary"):
        choose_phases(["secundary"])


def test_status_unknown_is_blank_maintained_new_and_in_no_trust(tmp_path: Path) -> None:
    blank = {"TypeOfEstablishment (name)": ""}
    cases = [
        ({"URN": "148400"} | blank, True),
        ({"URN": "148399"} | blank, False),
        ({"URN": "148401"}, False),
        ({"URN": "148402", "EstablishmentTypeGroup (name)": "Academies"} | blank, False),
        ({"URN": "148403", "PhaseOfEducation (name)": "Nursery"} | blank, False),
    ]
    register = read(tmp_path, *(c for c, _ in cases), phases="all")
    told = dict(zip(register.schools["urn"], register.schools["status_unknown"], strict=True))
    assert told == {c["URN"]: unknown for c, unknown in cases}
    assert register.counts["status_unknown"] == 1
    trusted = read(tmp_path, cases[0][0], links=links({"URN": "148400"}))
    assert trusted.schools["status_unknown"].tolist() == [False]


# ---- faults ------------------------------------------------------------------------------------


def test_rows_that_cannot_be_used_are_left_out_with_a_reason(tmp_path: Path) -> None:
    path = put(
        tmp_path,
        schools(
            {},
            {"URN": ""},
            {"URN": "12"},
            {"URN": "1000O1"},
            {"URN": "100000", "EstablishmentName": "The same again"},
            {"EstablishmentStatus (name)": "Dreaming"},
        ),
    )
    with path.open("a") as handle:
        handle.write("100007,too,short\r\n")
    register = read_register(path, as_of=DAY)
    assert register.rejects[["row", "urn", "reason"]].fillna("").values.tolist() == [
        [8, "100007", "more or fewer cells than the header"],
        [3, "", "URN is not a number of 5 to 7 digits"],
        [4, "", "URN is not a number of 5 to 7 digits"],
        [5, "", "URN is not a number of 5 to 7 digits"],
        [6, "100000", "URN already read"],
        [7, "100005", "status is neither open, closed nor proposed to open"],
    ]
    assert register.schools["name"].tolist() == ["Oak Primary School"]
    assert register.counts["rejected"] == 6
    assert reconciles(register)


def test_row_numbers_hold_after_a_row_of_odd_length(tmp_path: Path) -> None:
    path = put(tmp_path, schools({}))
    lines = path.read_text().splitlines()
    bad = lines[1].replace("100000", "bad")
    path.write_text("\n".join([lines[0], "1,2,3", lines[1], "4,5", bad]) + "\n")
    assert sorted(read_register(path, as_of=DAY).rejects["row"]) == [2, 4, 5]


def test_a_register_read_in_parts_is_the_register_read_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = (
        {"EstablishmentName": "St Ann?s École"},
        {"OpenDate": "never", "Town": "x" * 1_900_000},  # a block of the parser is 2 MB
        {"URN": "100000"},  # read in an earlier part
        ACADEMY | {"Trusts (code)": "5002", "Town": "x" * 1_900_000},
        {"URN": "bad"},
        {"EstablishmentStatus (name)": "Closed", "CloseDate": "01-01-2020"},
        ACADEMY | {"URN": "99999", "Trusts (code)": "", "Town": "x" * 1_900_000},  # not in order
        {"OpenDate": "never", "EstablishmentName": "St Ben?s"},
    )
    path = tmp_path / "edubasealldata.csv"
    text = text_of(schools(*(c | {"Town": c.get("Town", "Leeds")} for c in changes)))
    path.write_bytes((text[:-2] + "\r\n1,2\r\n" + text.splitlines()[-1]).encode("cp1252"))
    linked = put(tmp_path, links({"URN": "99999"}, {"URN": "100003"}), "alllinksdata.csv")
    whole = read_register(path, linked, as_of=DAY)
    parts = []
    given = room._Sheet.parts
    monkeypatch.setattr(
        room._Sheet, "parts", lambda sheet: (parts.append(p) or p for p in given(sheet))
    )
    monkeypatch.setattr(room, "_AT_ONCE", 1)
    again = read_register(path, linked, as_of=DAY)
    assert len(parts) > 2
    assert whole.counts == again.counts
    assert whole.source == again.source
    for name in ("schools", "groups", "rejects", "filtered"):
        pd.testing.assert_frame_equal(getattr(whole, name), getattr(again, name))
    assert set(whole.rejects["reason"]) == {
        "URN already read",
        "URN is not a number of 5 to 7 digits",
        "more or fewer cells than the header",
        "name damaged: lost apostrophe",
        "open date is not a date",
        "register and links name different trusts",
    }
    assert whole.schools["urn"].tolist()[:2] == ["99999", "100000"]


def test_bad_values_are_blanked_and_the_school_is_kept(tmp_path: Path) -> None:
    register = read(
        tmp_path,
        {"OpenDate": "31-02-2000"},
        {"CloseDate": "soon"},
        {"Easting": "1", "Northing": "2"},
        {"Easting": "x"},
        {"NumberOfPupils": "-5", "FSM": ""},
        {"NumberOfPupils": "many", "FSM": ""},
        {"FSM": "201"},
        {"DistrictAdministrative (code)": "Leeds"},
        {"NumberOfPupils": "1e999"},
    )
    told = register.rejects.set_index("urn")["reason"].to_dict()
    assert told == {
        "100000": "open date is not a date",
        "100001": "close date is not a date",
        "100002": "coordinates outside England",
        "100003": "coordinate is not a number",
        "100004": "pupils is not a count",
        "100005": "pupils is not a count",
        "100006": "free-meal pupils is not a count up to the roll",
        "100007": "district is not a code of England",
        "100008": "pupils is not a count",
    }
    assert register.counts["kept"] == 9
    blank = register.schools.set_index("urn").isna()
    for urn, column in (
        *(("100000", "open_date"), ("100001", "close_date"), ("100002", "easting")),
        *(("100003", "northing"), ("100004", "pupils"), ("100005", "fsm_pupils")),
        *(("100006", "fsm_pupils"), ("100007", "district"), ("100008", "pupils")),
    ):
        assert blank.loc[urn, column], (urn, column)
    assert reconciles(register)


def test_missing_and_zero_coordinates_are_neither_dropped_nor_zero(tmp_path: Path) -> None:
    register = read(
        tmp_path,
        {"Easting": "", "Northing": ""},
        {"Easting": "0", "Northing": "0"},
        {"Easting": "430000", "Northing": ""},
    )
    assert register.schools[["easting", "northing"]].isna().all(axis=None)
    assert len(register.schools) == 3
    assert register.rejects.empty


def test_free_meals_are_the_count_else_the_rounded_percentage(tmp_path: Path) -> None:
    register = read(
        tmp_path,
        {"FSM": "30", "PercentageFSM": "99"},
        {"FSM": "", "PercentageFSM": "12.50"},
        {"FSM": "", "PercentageFSM": ""},
        {"FSM": "", "PercentageFSM": "12.5", "NumberOfPupils": ""},
        {"FSM": "0", "PercentageFSM": "12.5"},
        {"FSM": "", "PercentageFSM": "120"},
        {"FSM": "", "PercentageFSM": "0.25"},  # 0.5 of a pupil: half to even
    )
    told = register.schools["fsm_pupils"].tolist()
    assert [None if pd.isna(v) else v for v in told] == [30, 25, None, None, 0, None, 0]


def test_postcodes_are_written_alike(tmp_path: Path) -> None:
    given = ["ls1 1aa", "LS11AA", " ls1  1aa ", "LS1 1AA", "", "?"]
    register = read(tmp_path, *({"Postcode": p} for p in given))
    told = register.schools["postcode"].tolist()
    assert [None if pd.isna(v) else v for v in told] == ["LS1 1AA"] * 4 + [None, None]


def test_schools_come_sorted_by_urn_with_text_codes(tmp_path: Path) -> None:
    register = read(tmp_path, {"URN": "148000"}, {"URN": "20003"}, {"URN": "100000"})
    assert register.schools["urn"].tolist() == ["20003", "100000", "148000"]
    assert register.schools["la_code"].tolist() == ["383"] * 3


def test_the_summary_accounts_for_every_row(tmp_path: Path) -> None:
    register = read(
        tmp_path, {}, {"URN": "x"}, {"PhaseOfEducation (name)": "Nursery"}, {"FSM": "x"}
    )
    assert register.summary().values.tolist() == [
        ["read", "", 4],
        ["kept", "", 2],
        ["filtered", "phase not chosen: nursery", 1],
        ["rejected", "URN is not a number of 5 to 7 digits", 1],
        ["noted", "free-meal pupils is not a count up to the roll", 1],
    ]


def test_a_day_with_no_school_gives_an_empty_register(tmp_path: Path) -> None:
    register = read(tmp_path, {}, as_of="1850-01-01")
    assert register.schools.empty
    assert trusts(register).empty
    assert reconciles(register)


# ---- dates -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("edubasealldata20220901.csv", date(2022, 9, 1)),
        ("gias_2021-03-05.csv", date(2021, 3, 5)),
        ("edubasealldata_reconstructed_2023-01.csv", date(2023, 1, 1)),
        ("edubasealldata.csv", date(2023, 1, 19)),  # the census date inside
        ("edubasealldata20229901.csv", date(2023, 1, 19)),
    ],
)
def test_the_default_day_is_the_files_vintage(tmp_path: Path, name: str, expected: date) -> None:
    register = read_register(put(tmp_path, schools({}), name))
    assert register.as_of == register.source["vintage_schools"] == expected
    assert register.source["path"] == name


def test_a_file_without_any_date_asks_for_one(tmp_path: Path) -> None:
    path = put(tmp_path, schools({"CensusDate": ""}), "register.csv")
    with pytest.raises(UnknownNameError, match="--as-of"):
        read_register(path)


def test_a_bad_day_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="2022-13-01"):
        read(tmp_path, {}, as_of="2022-13-01")


# ---- groups ------------------------------------------------------------------------------------


def test_without_links_the_register_names_the_groups(tmp_path: Path) -> None:
    register = read(
        tmp_path,
        ACADEMY,
        ACADEMY
        | {"TrustSchoolFlag (name)": "Supported by a single-academy trust", "Trusts (code)": "9"},
        {"Federations (code)": "77", "Federations (name)": "The Hill Federation"},
        {
            "TrustSchoolFlag (name)": "Supported by a trust",
            "Trusts (code)": "88",
            "Trusts (name)": "A Foundation",
        },
        {"SchoolSponsors (name)": "A Sponsor"},
    )
    assert register.schools["trust_uid"].fillna("").tolist() == ["5001", "9", "", "", ""]
    assert register.schools["trust_type"].fillna("").tolist() == [
        "multi_academy_trust",
        "single_academy_trust",
        "",
        "",
        "",
    ]
    assert register.schools["federation_name"].fillna("").tolist()[2] == "The Hill Federation"
    assert register.schools["sponsor_name"].fillna("").tolist()[4] == "A Sponsor"
    assert register.groups["group_type"].tolist() == [
        "multi_academy_trust",
        "single_academy_trust",
        "federation",
        "foundation_trust",
        "sponsor",
    ]
    assert register.schools["academy"].tolist() == [True, True, False, False, False]


def test_an_academy_trust_without_its_kind_is_judged_by_its_schools(tmp_path: Path) -> None:
    plain = ACADEMY | {"TrustSchoolFlag (name)": ""}
    register = read(tmp_path, plain, plain, plain | {"Trusts (code)": "9"})
    assert register.schools["trust_type"].tolist() == [
        "multi_academy_trust",
        "multi_academy_trust",
        "single_academy_trust",
    ]


def test_membership_is_that_of_the_day(tmp_path: Path) -> None:
    linked = links(
        {"URN": "100000", "Joined date": "01-09-2022"},
        {"URN": "100001", "Joined date": "02-09-2022"},
        {"URN": "100002", "Closed Date": "31-08-2022", "Group Status": "Closed"},
        {"URN": "100003", "Closed Date": "31-12-2022", "Group Status": "Closed"},
        {"URN": "100004", "Closed Date": "", "Group Status": "Closed"},
        {"URN": "100005", "Joined date": "some day"},
    )
    register = read(tmp_path, *[{}] * 6, links=linked)
    member = register.schools.set_index("urn")["trust_uid"].notna()
    assert member[member].index.tolist() == ["100000", "100003", "100005"]
    assert register.counts["links_not_yet_joined_or_ended"] == 3
    assert register.rejects["reason"].tolist() == ["joined date is not a date"]


def test_links_decide_and_the_register_fills_what_links_do_not_know(tmp_path: Path) -> None:
    linked = links(
        {"URN": "100000", "Group UID": "6000", "Group Name": "Other Trust"},
        {"URN": "100001"},
        {"URN": "100002", "Joined date": "01-01-2023"},
    )
    register = read(tmp_path, *[ACADEMY] * 4, links=linked)
    assert register.schools["trust_uid"].fillna("").tolist() == ["6000", "5001", "", "5001"]
    assert register.groups["told_by"].tolist() == ["links", "links", "register"]
    assert register.counts["trusts_told_differently"] == 1
    assert register.counts["trusts_told_by_register_only"] == 1
    told = register.rejects[["row", "urn", "reason", "file"]].values.tolist()
    assert told == [[2, "100000", "register and links name different trusts", "links"]]


def test_a_school_keeps_all_its_groups_and_the_last_joined_trust(tmp_path: Path) -> None:
    linked = links(
        {"Group UID": "1", "Joined date": "01-09-2019", "Group Name": "NEW TRUST"},
        {"Group UID": "2", "Joined date": "01-09-2012", "Group Name": "OLD TRUST"},
        {"Group UID": "3", "Group Type": "School sponsor", "Group Name": "A Sponsor"},
        {"Group UID": "4", "Group Type": "Federation", "Group Name": "A Federation"},
        {"Group UID": "5", "Group Type": "Trust", "Group Name": "A Foundation"},
        {"Group UID": "6", "Group Type": "Children's Centres Group"},
    )
    register = read(tmp_path, {}, links=linked)
    school = register.schools.iloc[0]
    assert (school["trust_uid"], school["trust_name"]) == ("1", "New Trust")
    assert school["trust_joined"] == pd.Timestamp("2019-09-01")
    assert (school["sponsor_uid"], school["federation_uid"]) == ("3", "4")
    assert set(register.groups["group_uid"]) == {"1", "2", "3", "4", "5"}


def test_links_to_unknown_schools_are_listed_not_lost(tmp_path: Path) -> None:
    register = read(tmp_path, {}, links=links({"URN": "100009"}, {"URN": "x"}, {}))
    told = register.rejects[["row", "urn", "action", "file"]].fillna("").values.tolist()
    assert told == [[r, u, "link left out", "links"] for r, u in ((2, "100009"), (3, ""))]
    assert set(register.rejects["reason"]) == {
        "multi_academy_trust link to a school that is not in the register"
    }
    assert register.counts["rejected"] == 0


def test_a_link_that_names_no_school_is_left_out_even_if_the_register_has_such_a_row(
    tmp_path: Path,
) -> None:
    register = read(tmp_path, {}, {"URN": "none"}, links=links({"URN": "x"}))
    assert register.groups["urn"].tolist() == []
    assert register.rejects["file"].tolist() == ["register", "links"]


def test_groups_hold_open_schools_of_phases_not_chosen(tmp_path: Path) -> None:
    nursery = ACADEMY | {"PhaseOfEducation (name)": "Nursery"}
    table = trusts(read(tmp_path, ACADEMY, nursery, ACADEMY | {"CloseDate": "01-01-2020"}))
    assert table[["trust_uid", "schools", "schools_all_phases"]].values.tolist() == [["5001", 1, 2]]


def test_trusts_are_one_row_each_with_their_kind_and_office(tmp_path: Path) -> None:
    groups = tmp_path / "allgroupsdata.csv"
    groups.write_text(
        "Group UID,Group ID,Group Name,Companies House Number,Incorporated on (open date),"
        "Closed Date,Group Postcode,Head of Group\n"
        "5001,TR01234,VALE ACADEMY TRUST,7654321,13-09-2013,,OX12 8AS,POISON\n"
        "9,TR9,X,1,,,Not recorded,POISON\n"
    )
    register = read(
        tmp_path,
        *[{}] * 3,
        links=links(
            {}, {"URN": "100001"}, {"URN": "100002", "Group UID": "9", "Group Name": "X TRUST"}
        ),
    )
    table = trusts(register, groups)
    assert table["trust_uid"].tolist() == ["5001", "9"]
    first = table.iloc[0]
    assert first["trust_name"] == "Vale Academy Trust"
    assert (first["schools"], first["pupils"]) == (2, 400)
    assert (first["group_id"], first["companies_house_number"]) == ("TR01234", "7654321")
    assert first["registered_postcode"] == "OX12 8AS"
    assert first["opened"] == pd.Timestamp("2013-09-13")
    assert pd.isna(table.iloc[1]["registered_postcode"])
    assert table["trust_type"].tolist() == ["multi_academy_trust"] * 2  # one school, still multi
    assert "POISON" not in table.to_csv()


def test_a_trust_without_pupil_numbers_has_no_sum(tmp_path: Path) -> None:
    table = trusts(read(tmp_path, ACADEMY | {"NumberOfPupils": "", "FSM": ""}))
    assert table["pupils"].isna().all()


# ---- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("published", "shown"),
    [
        ("VALE ACADEMY TRUST", "Vale Academy Trust"),
        ("THE DIOCESE OF ELY MULTI-ACADEMY TRUST", "The Diocese of Ely Multi-Academy Trust"),
        ("ST. JAMES THE GREAT R.C. PRIMARY", "St. James the Great R.C. Primary"),
        ("ST JOHN'S (CE) TRUST, CLIFTON", "St John's (CE) Trust, Clifton"),
        ("STRATFORD-UPON-AVON SCHOOL", "Stratford-upon-Avon School"),
        ("THE CO-OPERATIVE ACADEMIES TRUST", "The Co-operative Academies Trust"),
        ("KING EDWARD VI ACADEMY TRUST BIRMINGHAM", "King Edward VI Academy Trust Birmingham"),
        ("L.E.A.D. ACADEMY TRUST", "L.E.A.D. Academy Trust"),
        ("E-ACT", "E-ACT"),
        ("GLF SCHOOLS", "GLF Schools"),
        ("REACH2 ACADEMY TRUST", "REAch2 Academy Trust"),
        ("FOCUS ACADEMY TRUST (UK) LTD", "Focus Academy Trust (UK) Ltd"),
        ("MCAULEY CATHOLIC HIGH SCHOOL", "McAuley Catholic High School"),
        ("EDUCATION FOR THE 21ST CENTURY", "Education for the 21st Century"),
        ("FIERTÉ MULTI-ACADEMY TRUST", "Fierté Multi-Academy Trust"),
        ("LADY HAWKINS’ SCHOOL", "Lady Hawkins’ School"),
        ("drb Ignite Multi Academy Trust", "drb Ignite Multi Academy Trust"),
        ("", ""),
        ("OF", "Of"),
    ],
)
def test_names_in_capitals_are_shown_as_people_write_them(published: str, shown: str) -> None:
    assert display_name(published) == shown


@pytest.mark.parametrize(
    ("damaged", "expected"),
    [
        ("Ecole FranÃ§aise", ("Ecole Française", "mojibake")),
        ("St Maryâ€™s", ("St Mary’s", "mojibake")),
        ("St Maryâ€\x9ds", ("St Mary”s", "mojibake")),
        ("FranÃƒÂ§aise", ("Française", "mojibake")),
        ("North Star 82Ã¯Â¿Â½", ("North Star 82\ufffd", "lost character")),
        ("St Martin?s Trust", ("St Martin’s Trust", "lost apostrophe")),
        ("LADY HAWKINS? SCHOOL", ("LADY HAWKINS’ SCHOOL", "lost apostrophe")),
        ("Who Cares?", ("Who Cares?", None)),
        ("North Star 82°", ("North Star 82°", None)),
        ("École à Becket", ("École à Becket", None)),
        ("ÉCOLE", ("ÉCOLE", None)),
        ("", ("", None)),
    ],
)
def test_only_damage_that_proves_itself_is_undone(
    damaged: str, expected: tuple[str, str | None]
) -> None:
    assert repair(damaged) == expected


def test_damaged_group_names_are_repaired_and_listed_once(tmp_path: Path) -> None:
    linked = links(*({"URN": u, "Group Name": "ST MARTIN?S TRUST"} for u in ("100000", "100001")))
    register = read(tmp_path, {}, {}, links=linked)
    assert register.schools["trust_name"].tolist() == ["St Martin’s Trust"] * 2
    assert register.rejects[["row", "reason", "action"]].values.tolist() == [
        [2, "group name damaged: lost apostrophe", "name repaired"]
    ]


# ---- cache -------------------------------------------------------------------------------------


def same(left: Register, right: Register) -> None:
    for table in ("schools", "groups", "rejects", "filtered"):
        pd.testing.assert_frame_equal(getattr(left, table), getattr(right, table))
    assert left.counts == right.counts
    assert left.source == right.source
    assert left.demonstration == right.demonstration


def old(path: Path) -> Path:
    """Date a file back, as a file that nobody is writing at this moment is."""
    os.utime(path, (1_600_000_000, 1_600_000_000))
    return path


def test_the_cache_gives_the_same_register(tmp_path: Path) -> None:
    rows = schools(ACADEMY, {"URN": "x"}, {"PhaseOfEducation (name)": "Nursery"}, {"FSM": "y"})
    path, linked = old(put(tmp_path, rows)), old(put(tmp_path, links({}), "alllinksdata.csv"))
    cache = tmp_path / "cache"
    for given in (None, linked):
        plain = read_register(path, given, as_of=DAY)
        same(plain, read_register(path, given, as_of=DAY, cache_dir=cache))
        same(plain, read_register(path, given, as_of=DAY, cache_dir=cache))
    assert len(list(cache.glob("*.arrow"))) == 2


def test_the_cache_is_used_and_survives_neither_change_nor_damage(tmp_path: Path) -> None:
    path, cache = old(put(tmp_path, schools({}))), tmp_path / "cache"
    first = read_register(path, as_of=DAY, cache_dir=cache)
    (stored,) = cache.glob("*.arrow")
    good = stored.read_bytes()
    # Used: another register stored under the same name is what comes back.
    other = read_register(put(tmp_path, schools({}, {}), "b.csv"), as_of=DAY, cache_dir=cache)
    twin = next(p for p in cache.glob("*.arrow") if p != stored)
    stored.unlink()
    stored.write_bytes(twin.read_bytes())
    assert len(read_register(path, as_of=DAY, cache_dir=cache).schools) == len(other.schools) == 2
    for bad in (b"", b"x", good[:-10], good[:200] + b"?" + good[201:], b"00000000\n", good[9:]):
        stored.unlink()
        stored.write_bytes(bad)
        same(first, read_register(path, as_of=DAY, cache_dir=cache))
        assert stored.read_bytes() == good
    # A changed file of the same name is read again.
    changed = put(tmp_path, schools({}, {}, {}))
    assert len(read_register(changed, as_of=DAY, cache_dir=cache).schools) == 3
    # So is the same file for another day or other phases.
    assert read_register(changed, as_of="1980-01-01", cache_dir=cache).schools.empty
    assert read_register(changed, as_of=DAY, phases="nursery", cache_dir=cache).schools.empty


def test_a_file_still_being_written_is_hashed_every_time(tmp_path: Path) -> None:
    path, cache = put(tmp_path, schools({})), tmp_path / "cache"
    first = read_register(path, as_of=DAY, cache_dir=cache)
    stat = path.stat()
    path.write_bytes(path.read_bytes().replace(b"Oak Primary", b"Elm Primary"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    second = read_register(path, as_of=DAY, cache_dir=cache)
    assert first.schools["name"].tolist() != second.schools["name"].tolist()


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    register = read_register(old(put(tmp_path, schools({}))), as_of=DAY, cache_dir=blocked)
    assert len(register.schools) == 1


# ---- successions -------------------------------------------------------------------------------


def test_successions_are_links_between_urns_with_a_day(tmp_path: Path) -> None:
    path = tmp_path / "links_edubasealldata.csv"
    path.write_text(
        "URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\n"
        "100006,134643,A,Predecessor - merged,01-01-2022\n"
        "100016,132245,B,Successor,\n"
        "100016,,C,Successor,\n"
    )
    table = read_successions(path)
    assert list(table.columns) == ["urn", "link_urn", "link_type", "date"]
    assert table["link_urn"].tolist() == ["134643", "132245"]
    assert table["date"].tolist() == [pd.Timestamp("2022-01-01"), pd.NaT]


def test_every_error_here_is_one_of_ours(tmp_path: Path) -> None:
    for path in (tmp_path / "a\0b", tmp_path / "x", Path()):
        with pytest.raises(GeollsError):
            read_register(path, as_of=DAY)
