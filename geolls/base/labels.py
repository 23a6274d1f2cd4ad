"""What every figure is called, once: a label is one fact, counted over one population, one way.

Pages, tables of maps and profiles take their titles from here; a title that two figures would
share says how they differ. A test reads every label from every output that has it and holds the
numbers together, for all places.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from geolls.base.text import small

__all__ = ["BY_CONVENTION", "LABELS", "Label", "label", "label_from", "seen_from", "within"]


class Label(NamedTuple):
    """What a figure is called, and what it counts.

    Attributes
    ----------
    title : str
        On pages and maps; `{unit}` stands for the layer's word for one of its units,
        `{population}` for that of the population.
    column : str
        Its column in tables.
    population : str
        What is counted.
    basis : str
        How: from where home is seen, by land or by schools, what is left out.
    """

    title: str
    column: str
    population: str
    basis: str


#: How indices and shares of pupils count land without a published line; counts have ends.
BY_CONVENTION: Final = "what several units list counts in equal parts, by convention"

_SCHOOLS = "schools of the study's population"
_TRUSTS = "trusts of two or more schools of the study's population"
_OWN = "home is seen from the place itself"
_AUTHORITY = "home is seen from the school's local authority"

#: By key, in the order of reading.
LABELS: Final[Mapping[str, Label]] = {
    "schools": Label("Schools", "schools", _SCHOOLS, "a shared school counts by its share"),
    "pupils": Label("Pupils", "pupils", f"pupils of {_SCHOOLS}", "a shared school by its share"),
    "fsm_share": Label(
        "Pupils eligible for free meals",
        "fsm_share",
        f"pupils of {_SCHOOLS}",
        f"whole percents; {BY_CONVENTION}",
    ),
    "no_trust": Label("In no trust", "share_no_trust", _SCHOOLS, "at the day of the trust list"),
    "in_trusts": Label(
        "In trusts of two or more", "share_in_trusts", _SCHOOLS, "two or more schools of any phase"
    ),
    "trusts_home": Label("In trusts at home here", "share_trust_home_here", _SCHOOLS, _AUTHORITY),
    "trusts_elsewhere": Label(
        "In trusts based elsewhere", "share_trust_based_elsewhere", _SCHOOLS, _AUTHORITY
    ),
    "no_single_home": Label(
        "In trusts with no single home", "share_no_single_home", _SCHOOLS, _AUTHORITY
    ),
    "own_trusts_home": Label(
        "In trusts at home in the same {unit}", "share_trust_home_here", _SCHOOLS, _OWN
    ),
    "own_trusts_elsewhere": Label(
        "In trusts based outside the same {unit}", "share_trust_based_elsewhere", _SCHOOLS, _OWN
    ),
    "authority_trusts_elsewhere": Label(
        "In trusts based in another authority", "based_elsewhere", _SCHOOLS, _AUTHORITY
    ),
    "trusts_at_work": Label(
        "Trusts of two or more at work", "trusts", _TRUSTS, "by schools: with one here"
    ),
    "trusts_per_10000_pupils": Label(
        "Trusts for every 10,000 pupils", "trusts_per_10000_pupils", _TRUSTS, "with a school here"
    ),
    "trust_schools": Label(
        "{population} schools", "schools", "schools of a trust in the study's population", "whole"
    ),
    "schools_all": Label(
        "Schools of every phase", "schools_all", "state-funded schools of a trust", "whole"
    ),
    "home": Label("Home", "home_name_<layer>", _TRUSTS, _AUTHORITY),
    "home_share": Label(
        "Largest share in one {unit}", "home_share_<layer>", _TRUSTS, "of its located schools"
    ),
    "widest": Label("Widest apart", "pair_km_max", _TRUSTS, "straight lines between its schools"),
    "reach": Label("Spread", "reach", _TRUSTS, "by distance, authorities and regions"),
    "on_shared_land": Label("On shared land", "shared", _SCHOOLS, "land that others list too"),
    "confidence": Label("Confidence", "confidence", "records of a unit's land", "the weakest"),
    "effective_providers": Label(
        "Effective number of providers",
        "effective_providers",
        _SCHOOLS,
        f"bodies that run them; {BY_CONVENTION}",
    ),
    "top_trust_share": Label("Largest trust here", "top_trust_share", _SCHOOLS, "of all schools"),
    "top_trust_share_primary": Label(
        "Largest trust among primaries", "top_trust_share_primary", _SCHOOLS, "of primaries"
    ),
    "top_trust_share_secondary": Label(
        "Largest trust among secondaries", "top_trust_share_secondary", _SCHOOLS, "of secondaries"
    ),
    "area_km2": Label("Land in km²", "area_km2", "land", "land that several list in parts"),
    "schools_per_100km2": Label(
        "Schools per 100 km²", "schools_per_100km2", _SCHOOLS, "schools over land"
    ),
    "effective_maps": Label(
        "Effective number of maps",
        "effective_maps",
        _SCHOOLS,
        f"hubs, devolved areas and trusts; {BY_CONVENTION}",
    ),
}


def label_from(key: str, layer: str, unit: str) -> str:
    """Return what a share is called whose home is seen from the units of a layer.

    Examples
    --------
    >>> label_from("trusts_elsewhere", "local_authority", "Local authority")
    'In trusts based elsewhere'
    """
    return label(seen_from(key, layer), unit)


def label(key: str, unit: str = "", population: str = "") -> str:
    """Return what a figure is called.

    Parameters
    ----------
    key : str
        A key of `LABELS`.
    unit : str
        Title of one unit of the layer, where the label names it.
    population : str
        The word for the study's population, where the label names it.

    Examples
    --------
    >>> label("own_trusts_elsewhere", "Region")
    'In trusts based outside the same region'
    """
    return LABELS[key].title.format(unit=small(unit), population=population.capitalize())


def within(title: str) -> str:
    """Return a label as it stands within a sentence.

    Examples
    --------
    >>> within("In trusts based outside the same Maths Hub")
    'in trusts based outside the same Maths Hub'
    """
    return title[:1].lower() + title[1:]


def seen_from(key: str, layer: str) -> str:
    """Return the label's key for a share whose home is seen from the units of a layer.

    Examples
    --------
    >>> seen_from("trusts_home", "region"), seen_from("trusts_home", "local_authority")
    ('own_trusts_home', 'trusts_home')
    >>> seen_from("no_trust", "region")
    'no_trust'
    """
    own = f"own_{key}"
    return own if own in LABELS and layer != "local_authority" else key
