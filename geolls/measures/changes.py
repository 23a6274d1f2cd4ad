"""Say what changed between two dates: areas, claims, schools; and which cause moved a school."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from geolls.base.arrays import Floats
from geolls.base.errors import UsageError
from geolls.measures.chance import ratio
from geolls.measures.membership import Membership, is_reason
from geolls.measures.overlap import weights_of

__all__ = ["area_changes", "claim_changes", "heirs", "school_changes", "school_moves"]

# Shares that differ by less are the same claim, counted in another order.
_SAME = 1e-9


def area_changes(before: Membership, after: Membership, weight: pd.Series[float]) -> pd.DataFrame:
    """Say which units of a layer ended, began, were redrawn or renamed, and who has their land.

    Parameters
    ----------
    before, after : Membership
        Who had the same items (blocks) on two dates.
    weight : pandas.Series of float
        Weight of each item (m2), indexed by item.

    Returns
    -------
    pandas.DataFrame
        One row per unit that changed and unit (or reason) it gave land to or had it from, sorted:
        change, unit_code, unit_name, other_code, other_name, weight, share. `ended`: the others
        are its heirs; `began`: those it has its land from; `lost_land`, `gained_land`: a unit
        alive on both dates; `renamed`: other_name is the new name. share is of the unit, before
        or (where it began or gained) after.

    Raises
    ------
    UsageError
        When the two do not hold the same items.
    """
    values = weights_of(weight)
    x = before.weighed_over(weight.index, "before")
    y = after.weighed_over(weight.index, "after")
    full, codes = _passed_on(x, y, values)
    was, now = dict(zip(x.codes, x.names, strict=True)), dict(zip(y.codes, y.names, strict=True))
    old, new = full.sum(axis=1), full.sum(axis=0)
    unit = ~is_reason(codes) & (np.maximum(old, new) > 0)
    parts = []
    for words, flow, whole, gone in (
        (("ended", "lost_land"), full, old, new <= 0),
        (("began", "gained_land"), full.T, new, old <= 0),
    ):
        at, other = np.nonzero((flow > whole[:, None] * _SAME) & unit[:, None])
        kept = gone[at] | (at != other)
        at, other = at[kept], other[kept]
        moved = flow[at, other]
        parts.append((np.where(gone[at], *words), at, other, moved, moved / whole[at]))
    called = [code in was and code in now and was[code] != now[code] for code in codes]
    same = np.flatnonzero(unit & np.array(called, dtype=bool))
    parts.append((np.full(len(same), "renamed"), same, same, old[same], np.ones(len(same))))
    change, at, other, moved, share = (np.concatenate(part) for part in zip(*parts, strict=True))
    label = pd.Index(codes, dtype="str")
    frame = pd.DataFrame(
        {
            "change": change,
            "unit_code": label[at],
            "other_code": label[other],
            "weight": moved,
            "share": share,
        }
    )
    frame.insert(2, "unit_name", frame["unit_code"].map({**now, **was}))
    frame.insert(4, "other_name", frame["other_code"].map({**was, **now}))
    # What a unit began from bears the name that it had then.
    began = frame["change"].isin(["began", "gained_land"])
    frame.loc[began, "other_name"] = frame.loc[began, "other_code"].map(was)
    keys = ["change", "unit_code", "other_code"]
    return frame.sort_values(keys, kind="stable", ignore_index=True)


def _passed_on(x: Membership, y: Membership, values: Floats) -> tuple[Floats, list[str]]:
    """Return the weight that went from each unit to each, and the codes of both.

    A unit keeps what it has of an item on both dates; only the rest changes hands, so an item
    that the same units share on both dates does not seem to move between them.
    """
    if not np.array_equal(x.claims > 0, y.claims > 0):
        raise UsageError("the two dates do not hold the same items", where="area_changes")
    codes = list(dict.fromkeys([*x.codes, *y.codes]))
    was, now = np.zeros((2, len(x.items), len(codes)))
    for side, at in ((was, x), (now, y)):
        unit = pd.Index(codes).get_indexer(pd.Index(at.codes))[at.unit]
        np.add.at(side, (at.item, unit), at.share)
    stays = np.minimum(was, now)
    given, taken = was - stays, now - stays
    weight = np.nan_to_num(values)[:, None]
    moved = given.T @ ratio(weight * taken, taken.sum(axis=1)[:, None])
    return moved + np.diag((weight * stays).sum(axis=0)), codes


def claim_changes(before: Membership, after: Membership) -> pd.DataFrame:
    """Say which claims of a layer were gained, lost, or changed their share.

    Parameters
    ----------
    before, after : Membership
        Who had the same items on two dates.

    Returns
    -------
    pandas.DataFrame
        One row per item and unit (or reason) that changed, sorted: item, unit_code, unit_name,
        change (`gained`, `lost`, `share`), share_before, share_after (0 where there is none).
    """
    keys = ["item", "unit_code"]
    old, new = (
        m.frame().groupby(keys).agg(name=("unit_name", "first"), share=("share", "sum"))
        for m in (before, after)
    )
    both = old.merge(new, on=keys, how="outer", suffixes=("_before", "_after")).reset_index()
    both[["share_before", "share_after"]] = both[["share_before", "share_after"]].fillna(0.0)
    moved = both[(both["share_before"] - both["share_after"]).abs() > _SAME].copy()
    moved["unit_name"] = moved["name_after"].fillna(moved["name_before"])
    words = np.select([moved["share_before"] == 0, moved["share_after"] == 0], ["gained", "lost"],
                      default="share")  # fmt: skip
    moved["change"] = words
    columns = [*keys, "unit_name", "change", "share_before", "share_after"]
    return moved[columns].sort_values(keys, kind="stable", ignore_index=True)


def heirs(links: pd.DataFrame, urns: Iterable[str], alive: Iterable[str]) -> pd.DataFrame:
    """Follow the register's successor links from schools to those that took their place.

    Parameters
    ----------
    links : pandas.DataFrame
        One row per link as GIAS publishes it, either way: urn, link_urn, link_type ("Successor",
        "Predecessor - merged" ...). Other types of link are not followed.
    urns : iterable of str
        The schools to follow.
    alive : iterable of str
        The schools open on the later date: a path ends at the first of them.

    Returns
    -------
    pandas.DataFrame
        One row per school and heir, sorted: urn, heir, steps (links between), kind: `converted`
        (one to one), `merged` (the heir has others too), `split` (the school has other heirs),
        `reorganised` (both). A school without a living heir has no row.

    Notes
    -----
    Links run through schools that opened and closed in between, through merges and splits; a ring
    of links is walked once. A school that is alive itself is not followed.
    """
    follows: dict[str, set[str]] = defaultdict(set)
    for urn, other, kind in zip(links["urn"], links["link_urn"], links["link_type"], strict=True):
        word = str(kind).strip().casefold()
        if word.startswith("successor"):
            follows[urn].add(other)
        elif word.startswith("predecessor"):
            follows[other].add(urn)
    living = set(alive)
    rows = []
    for start in sorted(set(urns) - living):
        seen, edge, steps = {start}, [start], 0
        while edge:
            steps += 1
            following = {n for e in edge for n in follows.get(e, ())} - seen
            seen |= following
            rows += [(start, heir, steps) for heir in sorted(following & living)]
            edge = sorted(following - living)
    frame = pd.DataFrame(rows, columns=["urn", "heir", "steps"])
    split = frame["urn"].duplicated(keep=False)
    merged = frame["heir"].duplicated(keep=False) | frame["heir"].isin(set(urns) & living)
    frame["kind"] = np.select(
        [split & merged, merged, split], ["reorganised", "merged", "split"], default="converted"
    )
    return frame.sort_values(["urn", "heir"], kind="stable", ignore_index=True)


def school_changes(
    before: pd.DataFrame, after: pd.DataFrame, links: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Pair the schools of two registers: kept, succeeded, closed, opened.

    Parameters
    ----------
    before, after : pandas.DataFrame
        The schools of two dates: urn, name, trust_uid, trust_name.
    links : pandas.DataFrame, optional
        Predecessor and successor links: urn, link_urn, link_type.

    Returns
    -------
    pandas.DataFrame
        One row per school kept, per closed school and heir, per school closed without an heir and
        per school opened without a predecessor: change (`kept`, `converted`, `merged`, `split`,
        `reorganised`, `closed`, `opened`), urn_before, urn_after, name_before, name_after,
        trust_before, trust_after (uid), trust_name_before, trust_name_after, trust_changed (bool;
        between a trust and none too; blank where closed or opened).
    """
    old, new = set(before["urn"]), set(after["urn"])
    rows = [(urn, urn, "kept") for urn in sorted(old & new)]
    gone, come = old - new, new - old
    if links is not None:
        found = heirs(links, sorted(old), sorted(new))
        rows += list(zip(found["urn"], found["heir"], found["kind"], strict=True))
        gone -= set(found["urn"])
        come -= set(found["heir"])
    rows += [(urn, None, "closed") for urn in sorted(gone)]
    rows += [(None, urn, "opened") for urn in sorted(come)]
    frame = pd.DataFrame(rows, columns=["urn_before", "urn_after", "change"], dtype=object)
    pairs = ["name", "trust", "trust_name"]
    for side, table in (("before", before), ("after", after)):
        by = table.drop_duplicates("urn").set_index("urn").rename(columns={"trust_uid": "trust"})
        for column in pairs:
            frame[f"{column}_{side}"] = frame[f"urn_{side}"].map(by[column])
    a, b = frame["trust_before"].astype(object), frame["trust_after"].astype(object)
    differs = (a != b) & ~(a.isna() & b.isna())
    paired = frame["urn_before"].notna() & frame["urn_after"].notna()
    frame["trust_changed"] = differs.astype(object).where(paired, None)
    columns = ["change", "urn_before", "urn_after", *(f"{p}_{s}" for p in pairs
               for s in ("before", "after")), "trust_changed"]  # fmt: skip
    return frame[columns].sort_values(["change", "urn_before", "urn_after"], ignore_index=True)


def school_moves(
    pairs: pd.DataFrame,
    layers: Mapping[str, tuple[Membership, Membership]],
    blocks: tuple[pd.Series, pd.Series],
) -> pd.DataFrame:
    """Say which schools moved to another unit or trust, and which cause moved each.

    Parameters
    ----------
    pairs : pandas.DataFrame
        The table of `school_changes`.
    layers : mapping of str to (Membership, Membership)
        Key to who had the schools on the two dates.
    blocks : (pandas.Series, pandas.Series)
        Block of each school on the two dates, indexed by urn.

    Returns
    -------
    pandas.DataFrame
        One row per pair of schools and layer where either changed, sorted: urn_before, urn_after,
        name_after, layer, unit_before, unit_after, unit_name_before, unit_name_after (a set of
        claimants as "A + B"), line_moved, site_moved, trust_before, trust_after, trust_changed
        (bool), cause.

    Notes
    -----
    The causes are kept apart. A line moved where the school's unit changed and its block did not;
    its site moved where both did. A trust changed by itself, whatever the unit. cause is `line`,
    `site`, `trust`, `line and trust` or `site and trust`. A trust that changed with no unit
    stands under every layer with the unit it kept, so that the rows of one layer add up by cause.
    """
    paired = pairs[pairs["urn_before"].notna() & pairs["urn_after"].notna()]
    here, there = (paired[f"urn_{s}"].map(b) for s, b in zip(("before", "after"), blocks,
                                                             strict=True))  # fmt: skip
    same_block = (here == there) | (here.isna() & there.isna())
    parts = []
    for key, (before, after) in layers.items():
        rows = paired.assign(layer=key)
        for side, membership in (("before", before), ("after", after)):
            claimants = _claimants(membership).add_suffix(f"_{side}")
            rows = rows.join(claimants, on=f"urn_{side}")
        differs = (rows["unit_before"] != rows["unit_after"]) & ~(
            rows["unit_before"].isna() & rows["unit_after"].isna()
        )
        rows["line_moved"] = differs & same_block
        rows["site_moved"] = differs & ~same_block
        rows["trust_changed"] = rows["trust_changed"].astype(bool)
        parts.append(rows[differs | rows["trust_changed"]])
    frame = pd.concat(parts, ignore_index=True) if parts else paired.iloc[:0].assign(layer="")
    line, site, trust = (
        frame.get(c, pd.Series(False, index=frame.index)).astype(bool)
        for c in ("line_moved", "site_moved", "trust_changed")
    )
    frame["cause"] = np.select(
        [line & trust, site & trust, line, site],
        ["line and trust", "site and trust", "line", "site"],
        default="trust",
    )
    columns = ["urn_before", "urn_after", "name_after", "layer", "unit_before", "unit_after",
               "unit_name_before", "unit_name_after", "line_moved", "site_moved", "trust_before",
               "trust_after", "trust_changed", "cause"]  # fmt: skip
    frame = frame.reindex(columns=columns)
    return frame.sort_values(["layer", "urn_before", "urn_after"], ignore_index=True)


def _claimants(membership: Membership) -> pd.DataFrame:
    """Return each item's claimants as one text of codes and one of names, indexed by item."""
    sets = membership.sets
    alone = set(membership.codes)
    codes = [c if c in alone else c.replace("+", " + ") for c in sets.codes]
    return pd.DataFrame(
        {"unit": np.array(codes, object)[sets.unit], "unit_name": np.array(sets.names)[sets.unit]},
        index=sets.items[sets.item],
        dtype="str",
    )
