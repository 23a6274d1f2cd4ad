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
from geolls.register.rejects import LINK_LEFT_OUT, MISFIT, Faults, rejects_table

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
_FAR_OFF: Final = np.datetime64("9999-01-01", "s")
_BRIEF: Final = 62  # days: a membership no longer than that is how records were mended


def told_by_register(schools: pd.DataFrame) -> pd.DataFrame:
    """List the groups that the register itself names.

    It has no joined dates: of an academy's trust the day is given on which the school opened as
    an academy, the first on which it can have joined one.

    Parameters
    ----------
    schools : pandas.DataFrame
        Open state-funded schools: `urn`, `urn_number`, `academy`, `open_date`, and the register's
        columns of groups.

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
    never = pd.Series(index=schools.index, dtype="datetime64[s]")
    opened = schools["open_date"].where(schools["academy"])
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
            joined_date=opened if name == "trust_name" else never,
            group_id=blank,
            companies_house_number=blank,
            told_by="register",
            row=0,
        )
        known = "published_name" if uid is blank else "group_uid"
        parts.append(part.dropna(subset=[known, "group_type"]))
    return pd.concat(parts, ignore_index=True).astype({"told_by": "str", "group_type": "str"})


def told_by_links(sheet: Sheet, known: np.ndarray) -> tuple[pd.DataFrame, Faults, dict[str, int]]:
    """List the groups of the links file.

    Parameters
    ----------
    sheet : Sheet
        The links file.
    known : numpy.ndarray
        Whether the register has a school, by the number that its URN is.

    Returns
    -------
    tuple of pandas.DataFrame, Faults and dict
        One row per school and group at any date, closed groups too; the links left out; and
        `links_read` = `links_kept` + `links_rejected` + `links_filtered`: a link of a membership
        in several rows is kept, one to a group of children's centres is filtered.
    """
    counts = {"links_read": len(sheet), "links_filtered": sheet.blank}
    rows = pd.concat(sheet.parts())
    urn, number = urns(rows["urn"])
    rows = rows.assign(urn=urn, name=repaired(rows["name"])["name"])
    words = fold_words(rows["group_type"])
    kind, centre = each(words, _GROUP_TYPES.get, "str"), words.str.startswith("children")
    faults = Faults("links", {(MISFIT, LINK_LEFT_OUT): [sheet.misfits]})
    days = []
    for what in ("joined", "closed", "left"):
        given = rows[f"{what}_date"].where(kind.notna())
        day, wrong = dates(given, sheet.days[f"{what}_date"])
        faults.note(rows, wrong, f"{what} date is not a date", "date read as blank", given)
        days.append(day)
    joined, closed, left = days
    undated = kind.notna() & known[number] & rows["joined_date"].isna()
    reason = "link does not say when the school joined"
    faults.note(rows, undated, reason, "counts as joined from the start", rows["joined_date"])
    # A closed group without a date is taken as closed from the start.
    undated = (fold_words(rows["group_status"]) == "closed") & closed.isna()
    here = kind.notna() & known[number]
    strange = kind.isna() & ~centre
    faults.note(rows, strange, "type of group is not known", LINK_LEFT_OUT, rows["group_type"])
    for word in _PLACES:
        reason = f"{word} link to a school that is not in the register"
        faults.note(rows, (kind == word) & ~here, reason, LINK_LEFT_OUT)
    group_id = codes(rows["group_id"])
    group_uid = codes(rows["group_uid"])
    for artefact, reason in (
        (group_id.str.endswith(".old", na=False), "group record is an old one, replaced since"),
        ((left - joined).dt.days <= _BRIEF, f"membership of {_BRIEF} days or fewer"),
    ):
        faults.note(rows, here & artefact, reason, LINK_LEFT_OUT)
        here &= ~artefact
    out = rejects_table(faults.lines())["action"] == LINK_LEFT_OUT
    counts |= {"links_kept": int(here.sum()), "links_rejected": int(out.sum())}
    counts["links_filtered"] += int(centre.sum())
    if left.notna().any():  # a file with history may tell of one membership in several rows
        one = [number, group_uid.fillna(group_id)]
        joined = joined.where(~here, joined[here].groupby([c[here] for c in one]).transform("min"))
        still = left.fillna(_FAR_OFF)
        still = still.where(~here, still[here].groupby([c[here] for c in one]).transform("max"))
        left = still.mask(still == _FAR_OFF)
        again = here & pd.concat([c.where(here) for c in one], axis=1).duplicated()
        done = "joined with the first: earliest joining, latest leaving"
        faults.note(rows, again, "membership in more than one row", done)
        here &= ~again
    closed = closed.mask(undated, _LONG_AGO)
    table = rows[["urn"]].assign(
        urn_number=number,
        group_uid=group_uid,
        published_name=rows["group_name"],
        group_type=kind,
        joined_date=joined,
        group_id=group_id,
        companies_house_number=codes(rows["companies_house_number"]),
        told_by=pd.Series("links", rows.index, dtype="str"),
        row=rows.index,
        closed_date=closed.where(~(left < closed) & closed.notna(), left),
    )
    return table[here], faults, counts


def join(
    told: pd.DataFrame, links: pd.DataFrame | None, day: date, *, nearer: bool = False
) -> tuple[pd.DataFrame, list[pd.DataFrame], dict[str, int]]:
    """Join what links and register say: links decide wherever they know the school.

    A links file is dated row by row, so it outranks the register's undated columns; the register
    fills in only for schools that the links file has no group of that sort for, at any date. Where
    the register was made nearer to the day, it decides instead wherever the two name different
    trusts, or the links no trust any more; the day of joining is then not known.

    Parameters
    ----------
    told, links : pandas.DataFrame
        Of `told_by_register` and `told_by_links`.
    day : datetime.date
        The day of membership.
    nearer : bool, optional
        Whether the register was made nearer to that day than the links.

    Returns
    -------
    tuple of pandas.DataFrame, list of pandas.DataFrame and dict
        `GROUP_COLUMNS` and `urn_number`, sorted by school, sort of group and joined date; lines of
        `rejects`; counts.
    """
    groups, lines, counts = told, [], {}
    if links is not None:
        on = np.datetime64(day, "s")
        links = links.assign(group_uid=_uids(links, told))
        over = (links["joined_date"] > on) | (links["closed_date"] < on)
        current = links[~over].drop(columns="closed_date")
        told = told.assign(joined_date=pd.Series(index=told.index, dtype="datetime64[s]"))
        lines = [_disagreements(told, current, nearer=nearer)]
        if nearer:
            current = current[~current["row"].isin(lines[0]["row"])]
        fills = told[~_key(told).isin(_key(links))]
        if nearer:  # but what began after the day, as the links say, had not begun
            later = _pair(links[links["joined_date"] > on])
            fills = told[~_key(told).isin(_key(current)) & ~_pair(told).isin(later)]
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


def _pair(groups: pd.DataFrame) -> pd.Series:
    """Name each school and group."""
    return groups["urn"] + "/" + groups["group_uid"].fillna("")


def _uids(links: pd.DataFrame, told: pd.DataFrame) -> pd.Series:
    """Give groups that have no UID the one under which the register has their name, or their ID."""
    named = told.dropna(subset=["published_name", "group_uid"])
    known = named.assign(name=fold_words(named["published_name"])).drop_duplicates("name")
    found = fold_words(links["published_name"]).map(known.set_index("name")["group_uid"])
    return links["group_uid"].fillna(found.astype("str")).fillna(links["group_id"])


def _disagreements(told: pd.DataFrame, links: pd.DataFrame, *, nearer: bool) -> pd.DataFrame:
    """List the schools whose trust is one in the register and another in the links."""
    mine = told[told["group_type"].isin(TRUSTS)].set_index("urn_number")["group_uid"]
    used = links[links["group_type"].isin(TRUSTS)]
    said = mine.reindex(used["urn_number"]).set_axis(used.index)
    other = said.notna() & (said != used["group_uid"])
    used, said = used[other], said[other]
    by_links = "links (" + used["group_uid"].fillna("None") + ")"
    by_register = "the register (" + said + ")"
    first, second = (by_register, by_links) if nearer else (by_links, by_register)
    return used[["row", "urn"]].assign(
        name=pd.Series(index=used.index, dtype="str"),
        reason="register and links name different trusts",
        action="used are " + first + ", not " + second,
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
        found = share_blanks(found)
        schools = schools.assign(**{ours: found[c].array for c, ours in columns.items()})
    # A school whose trust is known is known to be an academy, whatever its type lacks.
    schools["status_unknown"] &= schools["trust_uid"].isna()
    return share_blanks(schools[SCHOOL_COLUMNS])
