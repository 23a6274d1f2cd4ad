"""Say who runs each school: the kind of oversight seen from its place, and the provider."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from geolls.base.vocabulary import HOMELESS, KINDS
from geolls.measures.membership import Membership

__all__ = ["headlines", "oversight", "providers", "seen_from"]


def oversight(
    schools: pd.DataFrame,
    trust_home: pd.Series[Any],
    place: Membership,
    trust_schools: pd.Series[Any] | None = None,
) -> pd.Series[Any]:
    """Say who runs each school, seen from its place.

    Parameters
    ----------
    schools : pandas.DataFrame
        urn, trust_uid (missing: in no trust), status_unknown (bool; optional).
    trust_home : pandas.Series of str
        Where each trust is at home in the place layer, by trust_uid; see
        `geolls.measures.home.home_of`. Blank is not known.
    place : Membership
        Which unit of the place layer has which school.
    trust_schools : pandas.Series of int, optional
        How many schools each trust runs, by trust_uid, those outside the table included; without
        it those of the table count.

    Returns
    -------
    pandas.Series of str
        One of `vocabulary.KINDS` per school, indexed by urn: `no_trust`; `single_school_trust`
        (the only school of its trust); `trust_home_here` (its trust is at home in this unit);
        `trust_based_elsewhere` (in another unit, or outside every unit); `no_single_home` (its
        trust has none); `status_unknown` (its trust is not known, or its trust's home, or which
        of several units it is in and one of them is that home). Blank for a school of a larger
        trust of which the layer does not say where it is.

    Notes
    -----
    Home is where more of a trust's schools are than anywhere else, not its office. Elsewhere is
    not far. Seen from a school in no unit, a trust at home outside every unit is at home here.
    """
    urn, trust = pd.Index(schools["urn"], name="urn"), schools["trust_uid"]
    size = trust.map(trust.value_counts() if trust_schools is None else trust_schools)
    home = trust.map(trust_home).set_axis(urn).astype(object).fillna("not_known")
    claims = place.frame("urn")
    claims = claims[~claims["unit_code"].isin(["no_evidence", "not_located"])]
    code = claims["unit_code"].astype(object).replace("not_applicable", "not_covered")
    at_home = code.to_numpy() == claims["urn"].map(home).to_numpy()
    in_home = pd.Series(at_home).groupby(claims["urn"].to_numpy()).mean().reindex(urn)
    words = np.select(
        [
            trust.isna() & _status_unknown(schools),
            trust.isna(),
            size <= 1,
            in_home.isna(),
            home == "not_known",
            home == "no_single_home",
            in_home == 1,
            in_home == 0,
        ],
        ["status_unknown", "no_trust", "single_school_trust", "", "status_unknown",
         "no_single_home", "trust_home_here", "trust_based_elsewhere"],
        default="status_unknown",
    )  # fmt: skip
    found = pd.Series(words, index=urn, name="kind").astype(object)
    return found.mask(found == "", None)


def seen_from(
    claims: pd.DataFrame, kinds: pd.Series[Any], trust_home: pd.Series[Any], trust: pd.Series[Any]
) -> pd.Series[Any]:
    """Say who runs each school as each of the units sees it that list its land.

    Parameters
    ----------
    claims : pandas.DataFrame
        One row per school and unit: urn, unit_code.
    kinds, trust_home : pandas.Series of str
        As `oversight` returns it and takes it.
    trust : pandas.Series of str
        The trust of each school, by urn.

    Returns
    -------
    pandas.Series of str
        One of `vocabulary.KINDS` per row. A school that two units list, one of them its trust's
        home, is in a trust at home here if it is in that unit, and in one based elsewhere if it
        is in the other.
    """
    kind = claims["urn"].map(kinds).astype(object)
    home = claims["urn"].map(trust).map(trust_home).astype(object)
    seen = kind.isin(_BY_HOME) & home.notna() & ~home.isin(HOMELESS)
    here = home == claims["unit_code"].astype(object)
    words = np.where(here, "trust_home_here", "trust_based_elsewhere")
    return kind.mask(seen, pd.Series(words, index=kind.index, dtype=object))


_BY_HOME = {"trust_home_here", "trust_based_elsewhere", "status_unknown"}


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
