"""The columns of the register that are read, and which of them a layer or a filter is made of.

This is the allow-list: columns about schools. None about a person is on it, and none leaves the
parser that is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

from geolls.base.text import nearest

__all__ = [
    *("DAYS", "GEOGRAPHIES", "NUMBERS", "REGISTER", "SCHOOL_COLUMNS", "SEN", "TRAITS", "Trait"),
    *("no_trait", "schools_in", "trait_named"),
]

SEN: Final = tuple(f"sen_{n}" for n in range(1, 14))
"""The needs that a school provides for, one a column: together they are the column `sen`."""

#: Our name -> the header in GIAS's edubasealldata.
REGISTER: Final[dict[str, str]] = {
    "urn": "URN",
    "name": "EstablishmentName",
    "la_code": "LA (code)",
    "la_name": "LA (name)",
    "number": "EstablishmentNumber",
    "district": "DistrictAdministrative (code)",
    "district_name": "DistrictAdministrative (name)",
    "phase": "PhaseOfEducation (name)",
    "type": "TypeOfEstablishment (name)",
    "type_group": "EstablishmentTypeGroup (name)",
    "status": "EstablishmentStatus (name)",
    "open_date": "OpenDate",
    "close_date": "CloseDate",
    "postcode": "Postcode",
    "town": "Town",
    "urban_rural_code": "UrbanRural (code)",
    "urban_rural": "UrbanRural (name)",
    "region_name": "GOR (name)",
    "constituency_code": "ParliamentaryConstituency (code)",
    "constituency_name": "ParliamentaryConstituency (name)",
    "ward_code": "AdministrativeWard (code)",
    "ward_name": "AdministrativeWard (name)",
    "msoa_code": "MSOA (code)",
    "msoa_name": "MSOA (name)",
    "lsoa_code": "LSOA (code)",
    "lsoa_name": "LSOA (name)",
    "easting": "Easting",
    "northing": "Northing",
    "pupils": "NumberOfPupils",
    "capacity": "SchoolCapacity",
    "fsm_pupils": "FSM",
    "fsm_percent": "PercentageFSM",
    "gender": "Gender (name)",
    "admissions": "AdmissionsPolicy (name)",
    "boarders": "Boarders (name)",
    "sixth_form": "OfficialSixthForm (name)",
    "nursery_classes": "NurseryProvision (name)",
    "special_classes": "SpecialClasses (name)",
    "resourced_provision": "TypeOfResourcedProvision (name)",
    **{column: f"SEN{n} (name)" for n, column in enumerate(SEN, 1)},
    "religious_character": "ReligiousCharacter (name)",
    "diocese": "Diocese (name)",
    "trust_uid": "Trusts (code)",
    "trust_name": "Trusts (name)",
    "trust_flag": "TrustSchoolFlag (name)",
    "federation_uid": "Federations (code)",
    "federation_name": "Federations (name)",
    "sponsor_name": "SchoolSponsors (name)",
    "ukprn": "UKPRN",
    "census_date": "CensusDate",
    "changed": "LastChangedDate",
}
#: What is known of a school, in the order of the table of schools.
SCHOOL_COLUMNS: Final = [
    *("urn", "name", "dfe_number", "ukprn"),
    *("la_code", "la_name", "district", "district_name", "phase", "type"),
    *("type_group", "status", "open_date", "close_date", "postcode", "town", "urban_rural_code"),
    *("urban_rural", "region_name", "constituency_code", "constituency_name", "ward_code"),
    *("ward_name", "msoa_code", "msoa_name", "lsoa_code", "lsoa_name", "easting", "northing"),
    *("pupils", "capacity", "fsm_pupils", "gender", "admissions", "boarders", "sixth_form"),
    *("nursery_classes", "special_classes", "resourced_provision", "sen"),
    *("religious_character", "diocese"),
    *("trust_uid", "trust_name", "trust_type", "trust_joined"),
    *("federation_uid", "federation_name", "sponsor_uid", "sponsor_name", "academy"),
    "status_unknown",
]
NUMBERS: Final = ("pupils", "capacity", "easting", "northing")
DAYS: Final = ("open_date", "close_date", "trust_joined")
_PERSONAL: Final = re.compile(r"head|tel|phone|props|propriet|mail|website|contact", re.IGNORECASE)


class Trait(NamedTuple):
    """What schools have in common, by the columns of the table of schools that say it.

    Attributes
    ----------
    code, name : str
        The columns of codes and of names; one and the same where there is but one.
    """

    code: str
    name: str


#: Areas that ONS codes, as the register has them on its own day.
GEOGRAPHIES: Final = {
    **{k: Trait(f"{k}_code", f"{k}_name") for k in ("constituency", "ward", "msoa", "lsoa")},
    "urban_rural": Trait("urban_rural_code", "urban_rural"),
}
#: Every trait by the word that a layer or a filter names it with.
TRAITS: Final[dict[str, Trait]] = {
    **{k: Trait(f"{k}_uid", f"{k}_name") for k in ("trust", "federation", "sponsor")},
    **GEOGRAPHIES,
    "la": Trait("la_code", "la_name"),
    "district": Trait("district", "district_name"),
    "region": Trait("region_name", "region_name"),
    **{
        key: Trait(key, key)
        for key in (
            *("phase", "type", "type_group", "religious_character", "diocese", "town", "postcode"),
            *("gender", "admissions", "boarders", "sixth_form", "nursery_classes"),
            *("special_classes", "resourced_provision", "sen", "dfe_number", "ukprn"),
        )
    },
}


_SCHOOLS: Final = {
    "urn": re.compile(r"(\b|school|establishment)urns?\b|unique reference number"),
    "postcode": re.compile(r"(\b|school)post ?codes?\b"),
}

_CODES: Final = ("dfe_number", "ukprn")
_OTHERS: Final = re.compile(r"previous|former|predecessor|successor|link|lead")


def schools_in(cells: Sequence[str]) -> dict[str, int]:
    """Return where a table that people made has its URNs, else other codes, or else postcodes.

    Examples
    --------
    >>> schools_in(["School", "Postcode", "Previous URN", "URN (GIAS)"]), schools_in(["Return"])
    ({'urn': 3}, {})
    >>> schools_in(["Postcode", "LA/Estab"]), schools_in(["post code"])
    ({'dfe_number': 1}, {'postcode': 0})
    """
    plain = [re.sub(r"[\W\d_]+", " ", cell.casefold()) for cell in cells]
    for name, said in _SCHOOLS.items():
        ranked = [
            (bool(_OTHERS.search(word)), len(word), at)
            for at, word in enumerate(plain)
            if said.search(word)
        ]
        if ranked:
            return {name: min(ranked)[-1]}
        for at, cell in enumerate(cells):
            if (trait := trait_named(cell)) in _CODES:
                return {trait: at}
    return {}


def trait_named(text: str) -> str | None:
    """Return the word for a trait by any of its names: ours, a column's, the header in GIAS.

    Examples
    --------
    >>> trait_named("ParliamentaryConstituency (name)"), trait_named("Ward"), trait_named("Tutor")
    ('constituency', 'ward', None)
    """
    return _traits_called().get(_bare(text))


_ALSO: Final = {"dfe_number": ("LAESTAB", "LAESTAB number", "School LAESTAB", "DfE no")}


@cache
def _traits_called() -> dict[str, str]:
    found: dict[str, str] = {}
    for key, trait in TRAITS.items():
        headers = [REGISTER.get(column, "") for column in trait]
        stems = [header.partition(" (")[0] for header in headers]
        for name in (key, *trait, *filter(None, (*headers, *stems)), *_ALSO.get(key, ())):
            found.setdefault(_bare(name), key)
    return found


def no_trait(text: str) -> tuple[str, str]:
    """Say that something is no column that a layer can be made of, and which columns are."""
    if _PERSONAL.search(text):
        return f"{text!r} is about a person, and never read", f"use {', '.join(TRAITS)}"
    near = next(filter(trait_named, nearest(text, (*TRAITS, *REGISTER.values()))), None)
    return (
        f"{text!r} is no column of the register that schools can be sorted by",
        f"did you mean {near}?" if near else f"use {', '.join(TRAITS)}",
    )


def _bare(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", text.casefold())
