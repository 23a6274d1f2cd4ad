"""Files as GIAS makes them, in which tests change what they are about."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

from geolls.register.register import Register, read_register
from geolls.register.rejects import LEFT_OUT

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
