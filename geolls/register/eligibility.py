"""Which schools are open state-funded schools of England on a day, and of which phase each is.

Rows are those of the register with `kind`, `group` and `state` (type, type group and status in the
words used here); `open_date` and `close_date` are days.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from geolls.register.columns import each, fold_words, numbers

__all__ = [
    "ACADEMIES",
    "STATE_FUNDED_GROUPS",
    "STATE_FUNDED_TYPES",
    "phases_of",
    "status_of",
    "status_unknown",
    "why_not",
]

_PHASE_WORDS: Final = {
    "nursery": "nursery",
    "primary": "primary",
    "middle deemed primary": "middle_deemed_primary",
    "secondary": "secondary",
    "middle deemed secondary": "middle_deemed_secondary",
    "all-through": "all_through",
    "all through": "all_through",
    "16 plus": "post_16",
}

# What a type has in it, and the phase it tells where GIAS says none; the first that fits.
_TYPE_SIGNS: Final = (
    ("special", "special"),
    ("pupil referral", "alternative"),
    ("alternative provision", "alternative"),
    ("16 to 19", "post_16"),
    ("16-19", "post_16"),
    ("", "other"),
)
_STATUS: Final = {"open": "open", "clos": "closed", "prop": "proposed"}  # by the first letters

#: Types that are state-funded schools; a blank or new type is judged by its group.
STATE_FUNDED_TYPES: Final = frozenset(
    {
        "academy 16 to 19 sponsor led",
        "academy 16-19 converter",
        "academy alternative provision converter",
        "academy alternative provision sponsor led",
        "academy converter",
        "academy special converter",
        "academy special sponsor led",
        "academy sponsor led",
        "city technology college",
        "community school",
        "community special school",
        "foundation school",
        "foundation special school",
        "free schools",
        "free schools 16 to 19",
        "free schools alternative provision",
        "free schools special",
        "local authority nursery school",
        "mainstream academy",
        "pupil referral unit",
        "studio schools",
        "university technical college",
        "voluntary aided school",
        "voluntary controlled school",
    }
)
_MAINTAINED: Final = "local authority maintained schools"
_SPECIAL: Final = "special schools"
#: Type groups whose schools are academies.
ACADEMIES: Final = frozenset({"academies", "free schools"})
#: Type groups whose schools are state-funded unless their type says otherwise.
STATE_FUNDED_GROUPS: Final = ACADEMIES | {_MAINTAINED, _SPECIAL}
# Inside the state-funded groups, but not funded as maintained schools and academies are.
_OTHER_TYPES: Final = frozenset(
    {
        "academy secure 16 to 19",
        "non-maintained special school",
        "other independent school",
        "other independent special school",
    }
)
_ABROAD = re.compile(r"[WSNLM][0-9]{8}")  # L and M are GIAS's codes for islands and places abroad
# Blank type, maintained, not a nursery: from this URN on (opened mid-2021 or later) most are
# academies whose new record had no type and no trust yet, so neither can be told.
_UNKNOWN_FROM: Final = 148_400


def phases_of(rows: pd.DataFrame) -> pd.Series:
    """Name the phase of each row: where GIAS says none, by type or establishment number."""
    number, _ = numbers(rows["number"])
    # DfE gives establishment numbers in bands: 1100 to 1149 referral units, 5950 to 5999 and
    # 7000 to 7999 special schools.
    special = number.between(5950, 6000, "left") | number.between(7000, 8000, "left")
    special |= rows["group"] == _SPECIAL
    unit = number.between(1100, 1150, "left")
    by_number = np.select([special, unit], ["special", "alternative"], "other")
    told = each(fold_words(rows["phase"]), _PHASE_WORDS.get, "str")
    by_type = each(rows["kind"], _phase_of_type, "str")
    return told.fillna(by_type).fillna(pd.Series(by_number, rows.index, dtype="str"))


def _phase_of_type(kind: str) -> str | None:
    """Name the phase that a type tells; None where there is no type."""
    return next(phase for sign, phase in _TYPE_SIGNS if sign in kind) if kind else None


def status_of(column: pd.Series) -> pd.Series:
    """Say whether each is `open`, `closed` or `proposed`; missing where GIAS says none of these."""
    return each(column, lambda v: _STATUS.get(v[:4].casefold()), "str")


def why_not(rows: pd.DataFrame, day: date) -> pd.Series:
    """Say why each row is no open state-funded school of England on a day; "" where it is one."""
    funded = rows["group"].isin(STATE_FUNDED_GROUPS) & ~rows["kind"].isin(_OTHER_TYPES)
    on = np.datetime64(day, "s")
    reasons = {  # the first that fits is given
        "not in England": each(rows["district"], lambda v: bool(_ABROAD.fullmatch(v)), "bool"),
        "not state-funded": ~(funded | rows["kind"].isin(STATE_FUNDED_TYPES)),
        "closed, date not given": (rows["state"] == "closed") & rows["close_date"].isna(),
        "closed before the date": rows["close_date"] < on,
        "not open yet at the date": (rows["state"] == "proposed") | (rows["open_date"] > on),
    }
    why = pd.Series(np.select(list(reasons.values()), list(reasons), ""), rows.index, dtype="str")
    which = ": " + rows["type_group"].fillna("group not given")
    return why.mask(why == "not state-funded", why + which)


def status_unknown(rows: pd.DataFrame) -> pd.Series:
    """Say which rows are so new that GIAS may not know their type and trust yet."""
    new = (rows["phase"] != "nursery") & (rows["urn_number"] >= _UNKNOWN_FROM)
    return new & (rows["kind"] == "") & (rows["group"] == _MAINTAINED)
