"""Which schools count, and why the others do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from gias_files import links, read, reconciles

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
