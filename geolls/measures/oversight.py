"""Say who runs each school: the kind of oversight seen from its place, and the provider."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from geolls.base.vocabulary import KINDS
from geolls.measures.membership import Membership

__all__ = ["headlines", "oversight", "providers"]


def oversight(
    schools: pd.DataFrame, trust_home: pd.Series[Any], place: Membership
) -> pd.Series[Any]:
    """Say who runs each school, seen from its place.

    Parameters
    ----------
    schools : pandas.DataFrame
        urn, trust_uid (missing: in no trust), status_unknown (bool; optional).
    trust_home : pandas.Series of str
        Home unit of each trust in the place layer (home_<L> of the spread table), by trust_uid.
    place : Membership
        Which unit of the place layer has which school.

    Returns
    -------
    pandas.Series of str
        One of `vocabulary.KINDS` per school, indexed by urn: `no_trust`; `single_school_trust`
        (the only school of its trust in the table); `trust_home_here` (most schools of its trust
        are in this unit, or in one of the units that share the school); `trust_based_elsewhere`;
        `status_unknown`. Blank for a school of a larger trust that has no unit in the layer.

    Notes
    -----
    Home is where most of a trust's schools are, not its office. Elsewhere is not far.
    """
    urn, trust = pd.Index(schools["urn"], name="urn"), schools["trust_uid"]
    claims = place.frame("urn", reasons=False)
    home = claims["urn"].map(trust.map(trust_home).set_axis(urn))
    at_home = claims["unit_code"].to_numpy(dtype=object) == home.to_numpy(dtype=object)
    words = np.select(
        [
            trust.isna() & _status_unknown(schools),
            trust.isna(),
            trust.map(trust.value_counts()) <= 1,
            urn.isin(claims.loc[at_home, "urn"]),
            urn.isin(claims["urn"]),
        ],
        ["status_unknown", "no_trust", "single_school_trust", "trust_home_here",
         "trust_based_elsewhere"],
        default="",
    )  # fmt: skip
    found = pd.Series(words, index=urn, name="kind").astype(object)
    return found.mask(found == "", None)


def headlines(kinds: pd.Series[Any]) -> pd.DataFrame:
    """Count who runs the schools, with the interval that unknown status leaves open.

    Parameters
    ----------
    kinds : pandas.Series of str
        As `oversight` returns it; blanks are left out.

    Returns
    -------
    pandas.DataFrame
        One row per kind of `vocabulary.KINDS`: kind, schools, share, share_low, share_high. The
        interval runs from none of the schools of unknown status being of that kind to all of them.
    """
    known = kinds.dropna()
    schools = known.value_counts().reindex(KINDS, fill_value=0)
    total = len(known) or float("nan")
    unknown = schools.index == "status_unknown"
    frame = pd.DataFrame({"schools": schools, "share": schools / total})
    frame["share_low"] = frame["share"].mask(unknown, 0.0)
    frame["share_high"] = (schools + np.where(unknown, 0, schools["status_unknown"])) / total
    return frame.rename_axis("kind").reset_index()


def providers(schools: pd.DataFrame) -> pd.Series[Any]:
    """Name the provider of each school: its trust, or the authority that maintains it.

    Parameters
    ----------
    schools : pandas.DataFrame
        urn, trust_uid, la_code (str); status_unknown (bool; optional).

    Returns
    -------
    pandas.Series of str
        "trust:<uid>" or "authority:<la_code>", indexed by urn; blank where the status is unknown
        or the authority is.
    """
    trust = "trust:" + schools["trust_uid"].astype(object)
    authority = "authority:" + schools["la_code"].astype(object)
    found = trust.where(schools["trust_uid"].notna(), authority.mask(_status_unknown(schools)))
    return found.set_axis(pd.Index(schools["urn"], name="urn")).rename("provider")


def _status_unknown(schools: pd.DataFrame) -> pd.Series[bool]:
    none = pd.Series(False, index=schools.index)
    return schools.get("status_unknown", none).fillna(False).astype(bool)
