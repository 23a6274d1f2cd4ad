"""The groups a school is in at a day: academy trusts, foundation trusts, federations, sponsors."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from geolls.register.columns import (
    SCHOOL_COLUMNS,
    codes,
    dates,
    each,
    fold_words,
    share_blanks,
    urns,
)
from geolls.register.csv import Sheet
from geolls.register.names import DAMAGE, display_name, repaired
from geolls.register.rejects import LINK_LEFT_OUT, MISFIT, Faults

__all__ = ["GROUP_COLUMNS", "TRUSTS", "attach", "join", "told_by_links", "told_by_register"]

#: The kinds of group that are academy trusts.
TRUSTS: Final = ("multi_academy_trust", "single_academy_trust")
# Kind -> its place among the groups of a school; academy trusts share one.
_PLACES: Final = {
    "multi_academy_trust": 1,
    "single_academy_trust": 1,
    "foundation_trust": 2,
    "federation": 3,
    "sponsor": 4,
    "umbrella_trust": 5,
}
_GROUP_TYPES: Final = {
    "multi-academy trust": "multi_academy_trust",
    "single-academy trust": "single_academy_trust",
    "secure single-academy trust": "single_academy_trust",
    "trust": "foundation_trust",
    "federation": "federation",
    "school sponsor": "sponsor",
    "umbrella trust": "umbrella_trust",
}
_FLAGS: Final = {
    "supported by a multi-academy trust": "multi_academy_trust",
    "supported by a single-academy trust": "single_academy_trust",
    "supported by a trust": "foundation_trust",
}
#: The columns of the table of groups.
GROUP_COLUMNS: Final = [
    *("urn", "group_uid", "group_name", "group_type", "joined_date"),
    *("group_id", "companies_house_number", "published_name", "told_by"),
]
# What a school is told of its groups.
_ATTACHED: Final = (
    (
        TRUSTS,
        {
            "group_uid": "trust_uid",
            "group_name": "trust_name",
            "group_type": "trust_type",
            "joined_date": "trust_joined",
        },
    ),
    (("federation",), {"group_uid": "federation_uid", "group_name": "federation_name"}),
    (("sponsor",), {"group_uid": "sponsor_uid", "group_name": "sponsor_name"}),
)
_LONG_AGO: Final = np.datetime64("1800-01-01", "s")


def told_by_register(schools: pd.DataFrame) -> pd.DataFrame:
    """List the groups that the register itself names; it has no joined dates.

    Parameters
    ----------
    schools : pandas.DataFrame
        Open state-funded schools: `urn`, `urn_number`, `academy`, and the register's columns of
        groups.

    Returns
    -------
    pandas.DataFrame
        One row per school and group, as `told_by_links`.
    """
    kind = each(fold_words(schools["trust_flag"]), _FLAGS.get, "str")
    # An academy's trust without a flag: judged by how many schools name it.
    shared = schools["trust_uid"].duplicated(keep=False)
    judged = pd.Series(np.where(shared, *TRUSTS), schools.index, dtype="str")
    blank = pd.Series(index=schools.index, dtype="str")
    parts = []
    for uid, name, group_type in (
        (schools["trust_uid"], "trust_name", kind.fillna(judged.where(schools["academy"]))),
        (schools["federation_uid"], "federation_name", "federation"),
        (blank, "sponsor_name", "sponsor"),
    ):
        part = schools[["urn", "urn_number"]].assign(
            group_uid=uid,
            published_name=schools[name],
            group_type=group_type,
            joined_date=pd.Series(index=schools.index, dtype="datetime64[s]"),
            group_id=blank,
            companies_house_number=blank,
            told_by="register",
            row=0,
        )
        known = "published_name" if uid is blank else "group_uid"
        parts.append(part.dropna(subset=[known, "group_type"]))
    return pd.concat(parts, ignore_index=True).astype({"told_by": "str", "group_type": "str"})


def told_by_links(sheet: Sheet, known: np.ndarray) -> tuple[pd.DataFrame, Faults]:
    """List the groups of the links file.

    Parameters
    ----------
    sheet : Sheet
        The links file.
    known : numpy.ndarray
        Whether the register has a school, by the number that its URN is.

    Returns
    -------
    tuple of pandas.DataFrame and Faults
        One row per school and group at any date, closed groups too; and the links left out.
    """
    rows = pd.concat(sheet.parts())
    urn, number = urns(rows["urn"])
    rows = rows.assign(urn=urn, name=repaired(rows["name"])["name"])
    kind = each(fold_words(rows["group_type"]), _GROUP_TYPES.get, "str")
    joined, wrong = dates(rows["joined_date"], sheet.days["joined_date"])
    closed, _ = dates(rows["closed_date"], sheet.days["closed_date"])
    # A closed group without a date is taken as closed from the start.
    undated = (fold_words(rows["group_status"]) == "closed") & closed.isna()
    faults = Faults("links", {(MISFIT, LINK_LEFT_OUT): [sheet.misfits]})
    wrong &= kind.notna()
    reason, given = "joined date is not a date", rows["joined_date"].where(kind.notna())
    faults.note(rows, wrong, reason, "date read as blank", given)
    here = known[number]
    for word in _PLACES:
        reason = f"{word} link to a school that is not in the register"
        faults.note(rows, (kind == word) & ~here, reason, LINK_LEFT_OUT)
    table = rows[["urn"]].assign(
        urn_number=number,
        group_uid=codes(rows["group_uid"]),
        published_name=rows["group_name"],
        group_type=kind,
        joined_date=joined,
        group_id=codes(rows["group_id"]),
        companies_house_number=codes(rows["companies_house_number"]),
        told_by=pd.Series("links", rows.index, dtype="str"),
        row=rows.index,
        closed_date=closed.mask(undated, _LONG_AGO),
    )
    return table[kind.notna() & here], faults


def join(
    told: pd.DataFrame, links: pd.DataFrame | None, day: date
) -> tuple[pd.DataFrame, list[pd.DataFrame], dict[str, int]]:
    """Join what links and register say: links decide wherever they know the school.

    A links file is dated row by row, so it outranks the register's undated columns; the register
    fills in only for schools that the links file has no group of that sort for, at any date.

    Parameters
    ----------
    told, links : pandas.DataFrame
        Of `told_by_register` and `told_by_links`.
    day : datetime.date
        The day of membership.

    Returns
    -------
    tuple of pandas.DataFrame, list of pandas.DataFrame and dict
        `GROUP_COLUMNS` and `urn_number`, sorted by school, sort of group and joined date; lines of
        `rejects`; counts.
    """
    groups, lines, counts = told, [], {}
    if links is not None:
        on = np.datetime64(day, "s")
        over = (links["joined_date"] > on) | (links["closed_date"] < on)
        current = links[~over].drop(columns="closed_date")
        fills = told[~_key(told).isin(_key(links))]
        lines = [_disagreements(told, current)]
        counts = {
            "links_not_yet_joined_or_ended": int(over.sum()),
            "trusts_told_by_register_only": int(fills["group_type"].isin(TRUSTS).sum()),
            "trusts_told_differently": len(lines[0]),
        }
        groups = pd.concat([current, fills], ignore_index=True)
    names = repaired(groups["published_name"])
    groups = groups.assign(
        group_name=each(names["name"], lambda name: display_name(name) or None, "str"),
        damage=names["damage"],
        key=_key(groups),
        since=groups["joined_date"].fillna(_LONG_AGO),
    )
    damaged = groups.dropna(subset="damage").drop_duplicates("published_name")
    lines.append(
        pd.DataFrame(
            {
                "row": damaged["row"],
                "urn": pd.Series(index=damaged.index, dtype="str"),
                "name": damaged["group_name"],
                "reason": "group name damaged: " + damaged["damage"],
                "action": damaged["damage"].map(DAMAGE),
                "file": damaged["told_by"],
            }
        )
    )
    groups = groups.sort_values(["key", "since", "group_uid"], kind="stable", ignore_index=True)
    return groups, lines, counts


def _key(groups: pd.DataFrame) -> pd.Series:
    """Give each school and sort of group a number; academy trusts are all one sort."""
    return groups["urn_number"] * 10 + each(groups["group_type"], _PLACES.get, "int64")


def _disagreements(told: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """List the schools whose trust is one in the register and another in the links."""
    mine = told[told["group_type"].isin(TRUSTS)].set_index("urn_number")["group_uid"]
    used = links[links["group_type"].isin(TRUSTS)]
    said = mine.reindex(used["urn_number"]).set_axis(used.index)
    other = said.notna() & (said != used["group_uid"])
    used, said = used[other], said[other]
    by_links = used["group_uid"].fillna("None")
    return used[["row", "urn"]].assign(
        name=pd.Series(index=used.index, dtype="str"),
        reason="register and links name different trusts",
        action="links used (" + by_links + "), not the register (" + said + ")",
        file="links",
    )


def attach(schools: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """Give each school its trust, federation and sponsor: of several, the last joined.

    Parameters
    ----------
    schools : pandas.DataFrame
        Schools, with `urn_number`.
    groups : pandas.DataFrame
        Of `join`.

    Returns
    -------
    pandas.DataFrame
        The schools, with `SCHOOL_COLUMNS`.
    """
    schools = schools.reset_index(drop=True)
    for kinds, columns in _ATTACHED:
        mine = groups[groups["group_type"].isin(kinds)].drop_duplicates("urn_number", keep="last")
        found = mine.set_index("urn_number")[list(columns)].reindex(schools["urn_number"])
        schools = schools.assign(**{ours: found[c].array for c, ours in columns.items()})
    # A school whose trust is known is known to be an academy, whatever its type lacks.
    schools["status_unknown"] &= schools["trust_uid"].isna()
    return share_blanks(schools[SCHOOL_COLUMNS])
