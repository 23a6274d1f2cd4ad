"""Every word and threshold that more than one room uses, once; pages get theirs from `payload`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

__all__ = [
    "BLANK_BELOW",
    "FAMILIES",
    "FAMILY_TITLES",
    "FEW",
    "HOMELESS",
    "HOME_KINDS",
    "HOME_STATUS",
    "KINDS",
    "KIND_LABELS",
    "KIND_MEANINGS",
    "KIND_PHRASES",
    "KIND_TITLES",
    "LINE_STYLES",
    "MAINSTREAM",
    "MINIMUM",
    "ONE_OF",
    "OUTSIDE",
    "PATTERNS",
    "PHASES",
    "PHASE_SCHOOLS",
    "RANKED",
    "REACHES",
    "REASONS",
    "REASON_LABELS",
    "REASON_NAMES",
    "REASON_NUMBERS",
    "REASON_PHRASES",
    "SIZES",
    "TAKEN",
    "URN_HEADS",
    "WEIGHTS",
    "WHOLE_PERCENT",
    "By",
    "Weight",
    "payload",
]

# ---- reasons for having no unit ----------------------------------------------------------------

#: A reason stands where a unit's code would; this is its name there.
REASON_NAMES: Final[Mapping[str, str]] = {
    "not_covered": "Not covered",
    "no_evidence": "No unit found in our list",
    "not_located": "Location not known",
    "not_applicable": "Does not apply",
}
REASONS: Final = tuple(REASON_NAMES)
#: What a map calls land or a school without a unit.
REASON_LABELS: Final[Mapping[str, str]] = {
    "no_evidence": "No unit found in our lists",
    "not_covered": "Not covered",
    "not_located": "Not located",
    "not_applicable": "Does not apply",
}
#: The same within a sentence.
REASON_PHRASES: Final[Mapping[str, str]] = {
    "no_evidence": "none found in our lists",
    "not_covered": "not covered",
    "not_located": "not located",
    "not_applicable": "does not apply",
}
#: Sentinels in a map's payload, where units are numbered from 0.
REASON_NUMBERS: Final[dict[str, int]] = {
    "no_evidence": -1,
    "not_covered": -2,
    "not_located": -3,
    "not_applicable": -4,
}

#: Columns that stand beside those of layers in tables: no layer of a user's is called so.
TAKEN: Final = frozenset(
    {
        *("urn", "name", "la_code", "la_name", "district_name", "phase", "status"),
        *("open_date", "close_date", "easting", "northing", "pupils", "fsm_pupils"),
        *("trust_uid", "trust_name"),
        *("trust_type", "trust_joined", "trust_home", "federation_uid", "federation_name"),
        *("sponsor_uid", "sponsor_name", "academy", "status_unknown", "block", "assigned_by"),
        *("layer", "unit_code", "unit_name", "share", "area_m2", "geometry"),
        *("neighbourhoods", "distance_m", "line_confidence"),
    }
)

# ---- kinds of schools, by who oversees them ----------------------------------------------------

#: As a title; the keys are the kinds, always in this order.
KIND_TITLES: Final[Mapping[str, str]] = {
    "no_trust": "In no trust",
    "single_school_trust": "Single-school trust",
    "trust_home_here": "Trust at home here",
    "trust_based_elsewhere": "Trust based elsewhere",
    "no_single_home": "Trust with no single home",
    "status_unknown": "Not known",
}
KINDS: Final = tuple(KIND_TITLES)
#: Of schools whose trust runs others too, seen from a home that is known to be one or none.
HOME_KINDS: Final = ("trust_home_here", "trust_based_elsewhere", "no_single_home")
#: Said of one school on a map.
KIND_LABELS: Final[Mapping[str, str]] = {
    "no_trust": "In no trust",
    "single_school_trust": "In a single-school trust",
    "trust_home_here": "In a trust at home here",
    "trust_based_elsewhere": "In a trust based elsewhere",
    "no_single_home": "In a trust with no single home",
    "status_unknown": "Trust, or its home, not known",
}
#: Within a sentence; `{unit}` is the layer that home is seen from.
KIND_PHRASES: Final[Mapping[str, str]] = {
    "no_trust": "in no trust",
    "single_school_trust": "in a single-school trust",
    "trust_home_here": "in a trust at home in its {unit}",
    "trust_based_elsewhere": "in a trust based elsewhere",
    "no_single_home": "in a trust with no single home",
    "status_unknown": "not known",
}
#: What a figure of that kind counts; `{schools}` are those of the study's population.
KIND_MEANINGS: Final[Mapping[str, str]] = {
    "no_trust": "{schools} in no trust",
    "single_school_trust": "{schools} whose trust runs no other, of any phase",
    "trust_home_here": "{schools} in a trust with more of its {schools} here than anywhere else",
    "trust_based_elsewhere": "{schools} in a trust with more of its {schools} in another place",
    "no_single_home": "{schools} in a trust with no one place that holds more of its {schools} "
    "than any other",
    "status_unknown": "{schools} whose trust, or whether it is at home here, is not known",
}

# ---- where a trust is at home -------------------------------------------------------------------

#: Whether a trust has a home, and where it is none of the units.
HOME_STATUS: Final[Mapping[str, str]] = {
    "home": "At home in a unit",
    "outside": "At home outside every unit",
    "no_single_home": "No single home",
    "not_known": "Home not known",
}
#: The answers that are no home.
HOMELESS: Final = ("no_single_home", "not_known")
#: The name of a home outside every unit.
OUTSIDE: Final = "Outside every unit"

# ---- phases ------------------------------------------------------------------------------------

#: What a school of each phase is called; the keys are the phases, in the order of age.
PHASE_SCHOOLS: Final[Mapping[str, str]] = {
    "nursery": "Nursery school",
    "primary": "Primary school",
    "middle_deemed_primary": "Middle school deemed primary",
    "secondary": "Secondary school",
    "middle_deemed_secondary": "Middle school deemed secondary",
    "all_through": "All-through school",
    "post_16": "Post-16 school",
    "special": "Special school",
    "alternative": "Alternative provision",
    "other": "School",
}
PHASES: Final = tuple(PHASE_SCHOOLS)
#: Pupils with which a band of the sizes of schools begins, after the first.
SIZES: Final = (100, 200, 400, 800, 1200)
#: What the column of URNs is called in lists that people send, folded.
URN_HEADS: Final = frozenset(
    {"urn", "school urn", "academy urn", "urn number", "establishment urn"}
)
#: State-funded mainstream schools of ages 5 to 16.
MAINSTREAM: Final = (
    "primary",
    "middle_deemed_primary",
    "secondary",
    "middle_deemed_secondary",
    "all_through",
)

# ---- layers ------------------------------------------------------------------------------------

#: Families of layers in the order of the shelf.
FAMILIES: Final = (
    "councils",
    "devolution",
    "programmes",
    "hubs",
    "partnerships",
    "schools",
    "user",
)

LINE_STYLES: Final = (
    *("district", "programme", "region", "combined", "hub", "maths", "teaching", "authority"),
)
"""How a layer's lines may be drawn, the lowest first: where lines cross, a later one is above."""
#: What pages and maps call them, in the order of reading.
FAMILY_TITLES: Final[Mapping[str, str]] = {
    "councils": "Councils",
    "devolution": "Devolution and regions",
    "hubs": "Hubs",
    "programmes": "Programmes",
    "partnerships": "Partnerships",
    "schools": "Other school groups",
    "user": "Your layers",
}

# ---- what an overlap is counted in -------------------------------------------------------------

By = Literal["area", "schools", "pupils", "fsm_pupils", "neighbourhoods"]


class Weight(NamedTuple):
    """One thing to count in.

    Attributes
    ----------
    item : {"block", "urn"}
        Whether blocks or schools have it.
    column : str or None
        The column of their table that holds it; None counts each as 1.
    suppressed : bool
        Small numbers of it are told to nobody.
    """

    item: Literal["block", "urn"]
    column: str | None
    suppressed: bool = False


WEIGHTS: Final[Mapping[By, Weight]] = {
    "area": Weight("block", "area_m2"),
    "schools": Weight("urn", None),
    "pupils": Weight("urn", "pupils"),
    "fsm_pupils": Weight("urn", "fsm_pupils", suppressed=True),
    "neighbourhoods": Weight("block", "neighbourhoods"),
}

# ---- trusts and authorities --------------------------------------------------------------------

#: How far a trust reaches, the nearest first.
REACHES: Final[Mapping[str, str]] = {
    "local": "Local",
    "sub_regional": "Sub-regional",
    "regional": "Regional",
    "multi_regional": "Multi-regional",
    "national": "National",
}
#: Patterns of oversight of an authority.
PATTERNS: Final[Mapping[str, str]] = {
    "A": "Early, in trusts based there",
    "B": "Recent, in trusts based mainly elsewhere",
    "C": "Still mostly maintained",
    "mixed": "Mixed: some of A and some of B",
}

#: In the name of an area that stands for several of the future, which of them is not to hand.
ONE_OF: Final = "(one of "

# ---- thresholds --------------------------------------------------------------------------------

#: Shares of fewer schools are blank.
BLANK_BELOW: Final = 5
#: Pages give no percentage of fewer schools, and maps do not shade the unit.
FEW: Final = 10
#: Units with fewer schools are not ranked and not in the middle of their layer.
RANKED: Final = 20
#: Smaller numbers of pupils eligible for free meals are suppressed.
MINIMUM: Final = 10
#: Shares of eligible pupils are rounded to so many decimals: England less all other places then
#: tells no small count.
WHOLE_PERCENT: Final = 2


def payload() -> dict[str, Any]:
    """Return the words that the scripts of maps and pages need, as plain dictionaries and lists.

    Returns
    -------
    dict
        `reasons`: number of the reason in a payload (as text) to its label; `kinds`: rows of key
        and label, in order; `phases`: phase to what a school of it is called.

    Examples
    --------
    >>> payload()["reasons"]["-1"]
    'No unit found in our lists'
    """
    return {
        "reasons": {str(n): REASON_LABELS[key] for key, n in REASON_NUMBERS.items()},
        "kinds": [[key, label] for key, label in KIND_LABELS.items()],
        "phases": dict(PHASE_SCHOOLS),
    }
