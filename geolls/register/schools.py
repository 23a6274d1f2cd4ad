"""Make schools of the rows of a register: each row is kept, filtered or rejected, with a reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from geolls.base.cells import Days
from geolls.base.columns import GEOGRAPHIES, SEN
from geolls.register.columns import (
    SCHOOL_COLUMNS,
    codes,
    dates,
    each,
    fold_words,
    numbers,
    postcodes,
    share_blanks,
    urns,
)
from geolls.register.eligibility import ACADEMIES, phases_of, status_of, status_unknown, why_not
from geolls.register.names import DAMAGE, repaired
from geolls.register.rejects import LEFT_OUT, Faults

__all__ = ["sort_rows"]

_KEPT: Final = [
    "urn_number",
    *(c for c in SCHOOL_COLUMNS if not c.startswith(("trust_", "federation_", "sponsor_"))),
]
_ENGLISH = re.compile(r"E[0-9]{8}")
# The part of the British National Grid that holds England (Scilly to Berwick to Lowestoft).
_BOX: Final = {"easting": (80_000.0, 656_500.0), "northing": (5_000.0, 658_000.0)}
# No school in England has a quarter of this; two counts run together by a lost comma do.
_FULLEST: Final = 20_000


def sort_rows(
    rows: pd.DataFrame,
    known: np.ndarray,
    faults: Faults,
    day: date,
    phases: tuple[str, ...],
    days: Mapping[str, Days],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Check, filter and clean some rows of a register.

    Parameters
    ----------
    rows : pandas.DataFrame
        Text, as `Sheet.parts` gives it.
    known : numpy.ndarray
        Whether a URN was read before, by its number; those of the rows are added.
    faults : Faults
        Takes what is wrong.
    day : datetime.date
        The day the schools are wanted for.
    phases : tuple of str
        The phases that count.
    days : mapping
        How the file writes the days of each column.

    Returns
    -------
    tuple of four pandas.DataFrame
        The open state-funded schools of the phases that count, with `urn_number`, their groups
        still to come; those of other phases; the sound rows that do not count: `urn`, `name`,
        `reason`; those of the schools that name a group, and the groups they name.
    """
    rows = rows.assign(**repaired(rows["name"]), kind=fold_words(rows["type"]))
    rows["urn"], rows["urn_number"] = urns(rows["urn"])
    rows["group"], rows["state"] = fold_words(rows["type_group"]), status_of(rows["status"])
    number = rows["urn_number"]
    sound = number > 0
    faults.note(rows, ~sound, "URN is not a number of 5 to 7 digits", LEFT_OUT)
    again = sound & (known[number] | number.duplicated())
    faults.note(rows, again, "URN already read", f"{LEFT_OUT}: the first row of the URN counts")
    known[number[sound]] = True
    strange = sound & ~again & rows["state"].isna()
    faults.note(rows, strange, "status is neither open, closed nor proposed to open", LEFT_OUT)
    rows = rows[sound & ~again & ~strange]

    opened, closed = rows["open_date"], rows["close_date"]
    rows["open_date"], open_wrong = dates(opened, days["open_date"])
    rows["close_date"], close_wrong = dates(closed, days["close_date"])
    rows["phase"] = phases_of(rows)
    reason = why_not(rows, day)
    counted = reason == ""
    unwanted = counted & ~rows["phase"].isin(phases)
    reason = reason.mask(unwanted, "phase not chosen: " + rows["phase"])
    filtered = rows[["urn", "name"]].assign(reason=reason)[reason != ""]

    for what, text, wrong in (("open", opened, open_wrong), ("close", closed, close_wrong)):
        fault = f"{what} date is not a date"
        faults.note(rows, counted & wrong, fault, "date read as blank", text.where(counted))
    schools = rows[counted]
    schools["easting"], schools["northing"] = _points(schools, faults)
    schools["pupils"], schools["fsm_pupils"] = _pupils(schools, faults)
    for damage, done in DAMAGE.items():
        faults.note(schools, schools["damage"] == damage, f"name damaged: {damage}", done)
    district = codes(schools["district"])
    english = each(schools["district"], lambda v: bool(_ENGLISH.fullmatch(v)), "bool")
    wrong = district.notna() & ~english
    la_code = codes(schools["la_code"])
    faults.note(schools, wrong, "district is not a code of England", "code read as blank", district)
    schools = schools.assign(
        la_code=la_code,
        dfe_number=la_code + codes(schools["number"]).str.zfill(4),
        ukprn=codes(schools["ukprn"]),
        district=district.where(english),
        postcode=postcodes(schools["postcode"]),
        # A code without its name says that it is not known: 999999.
        **{c: codes(schools[c]).where(schools[n].notna()) for c, n in GEOGRAPHIES.values()},
        capacity=_capacity(schools, faults),
        sen=_needs(schools),
        academy=schools["group"].isin(ACADEMIES),
        status_unknown=status_unknown(schools),
        trust_uid=codes(schools["trust_uid"]),
        federation_uid=codes(schools["federation_uid"]),
    )
    named = schools[["trust_uid", "federation_uid", "sponsor_name"]].notna().any(axis=1)
    chosen = schools["phase"].isin(phases)
    mine, others = (share_blanks(schools.loc[part, _KEPT]) for part in (chosen, ~chosen))
    return mine, others, filtered, schools[named]


def _points(schools: pd.DataFrame, faults: Faults) -> tuple[pd.Series, pd.Series]:
    """Read coordinates: zero or half a pair is missing; outside England is a fault and missing."""
    (east, east_wrong), (north, north_wrong) = map(numbers, (schools[c] for c in _BOX))
    wrong = east_wrong | north_wrong
    faults.note(
        schools, wrong, "coordinate is not a number", "location left blank", schools["easting"]
    )
    given = east.notna() & north.notna() & (east != 0) & (north != 0)
    inside = east.between(*_BOX["easting"]) & north.between(*_BOX["northing"])
    faults.note(
        schools, given & ~inside, "coordinates outside England", "location left blank", east
    )
    return east.where(given & inside), north.where(given & inside)


def _capacity(schools: pd.DataFrame, faults: Faults) -> pd.Series:
    capacity, wrong = numbers(schools["capacity"])
    faults.note(schools, wrong, "capacity is not a count", "left blank", schools["capacity"])
    return capacity


def _needs(schools: pd.DataFrame) -> pd.Series:
    """Write the needs that a school provides for in one cell."""
    cells = pd.Series(schools[list(SEN)].stack()).dropna()
    joined: pd.Series = cells.groupby(level=0).agg("; ".join).reindex(schools.index)
    return joined.astype("str")


def _pupils(schools: pd.DataFrame, faults: Faults) -> tuple[pd.Series, pd.Series]:
    """Read pupils and those eligible for free meals; the percentage fills a blank count."""
    pupils, wrong = numbers(schools["pupils"])
    wrong |= (pupils < 0) | (pupils > _FULLEST)
    faults.note(schools, wrong, "pupils is not a count", "left blank", schools["pupils"])
    pupils = pupils.mask(wrong)
    meals, wrong = numbers(schools["fsm_pupils"])
    percent, _ = numbers(schools["fsm_percent"])
    estimate = (pupils * percent.where(percent.between(0, 100)) / 100).round()
    meals = meals.fillna(estimate.mask(wrong))
    wrong |= (meals < 0) | (meals > pupils)
    reason = "free-meal pupils is not a count up to the roll"
    faults.note(schools, wrong, reason, "left blank", schools["fsm_pupils"])
    return pupils, meals.mask(wrong)
