"""Say what changed between two dates: areas, claims, schools; and which cause moved a school.

Causes are kept apart by the land of units. A unit whose land another has on the later date, all of
it and nothing else, passed it on: official areas are then `renamed` (a new code), a body has a new
`operator`. Where land itself changed hands a `line` moved. What the land does not explain the
`school` did itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

import numpy as np
import pandas as pd

from geolls.base.arrays import Floats
from geolls.base.errors import UsageError
from geolls.base.vocabulary import ONE_OF
from geolls.measures.chance import ratio
from geolls.measures.membership import Membership, is_reason
from geolls.measures.overlap import weights_of

__all__ = [
    "Days",
    "area_changes",
    "claim_changes",
    "heirs",
    "school_changes",
    "school_moves",
]

# Shares that differ by less are the same claim, counted in another order.
_SAME = 1e-9


class Days:
    """The land of a layer on two dates, and which of its units passed theirs on as it was.

    Parameters
    ----------
    before, after : Membership
        Who had the same items (blocks) on two dates.
    same_land : {"renamed", "operator"}
        What it is called that another unit has all the land of one, and nothing else: official
        areas are renamed, bodies have a new operator.
    """

    def __init__(self, before: Membership, after: Membership, same_land: str = "renamed") -> None:
        self.before, self.after, self.same_land = before, after, same_land

    def cause(self, was: Iterable[str], now: Iterable[str]) -> str:
        """Return how what had some claimants came to have others.

        Parameters
        ----------
        was, now : iterable of str
            The claimants of one block, or school, on the two dates.

        Returns
        -------
        str
            Blank where they are the same; `same_land` where each that left passed its land, as it
            was, to one that came; else `line`. What stands for several (`vocabulary.ONE_OF`) never
            has the same land: lines run in it, which are not to hand.
        """
        left, came = set(was) - set(now), set(now) - set(was)
        if not (left or came):
            return ""
        if (left | came) & self._several:
            return "line"
        old = Counter(self._land_before.get(code, code) for code in left)
        new = Counter(self._land_after.get(code, code) for code in came)
        return self.same_land if old == new else "line"

    @cached_property
    def of_blocks(self) -> dict[str, str]:
        """The cause by which each block is in another unit, or in another share; blank in none."""
        old, new = _holders(self.before), _holders(self.after)
        return {
            block: self.cause(held, new[block]) or ("line" if held != new[block] else "")
            for block, held in old.items()
        }

    @cached_property
    def _several(self) -> set[str]:
        both = (dict(zip(x.codes, x.names, strict=True)) for x in (self.before, self.after))
        return {code for names in both for code, name in names.items() if ONE_OF in name}

    def stands(self, codes: Iterable[str]) -> bool:
        """Tell whether all these units stand on both dates."""
        return set(codes) <= set(self.before.codes) & set(self.after.codes)

    @cached_property
    def _land_before(self) -> Mapping[str, object]:
        return _lands(self.before)

    @cached_property
    def _land_after(self) -> Mapping[str, object]:
        return _lands(self.after)


def _holders(membership: Membership) -> dict[str, dict[str, float]]:
    """Return each item's claimants and their shares."""
    held: dict[str, dict[str, float]] = {str(item): {} for item in membership.items}
    codes, items = membership.codes, membership.items
    for at, unit, share in zip(membership.item, membership.unit, membership.share, strict=True):
        held[str(items[at])][codes[unit]] = round(float(share), 9)
    return held


def _lands(membership: Membership) -> dict[str, object]:
    """Return the land of each unit, as what can be compared: its items and its share of each."""
    lands: dict[str, set[tuple[str, float]]] = defaultdict(set)
    for item, held in _holders(membership).items():
        for code, share in held.items():
            lands[code].add((item, share))
    # Land without a unit is never the same land as a unit's.
    return {c: frozenset(land) for c, land in lands.items() if not is_reason([c])[0]}


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
    layers: Mapping[str, tuple[Membership, Membership, Days]],
    blocks: tuple[pd.Series, pd.Series],
) -> pd.DataFrame:
    """Say which schools moved to another unit or trust, and which cause moved each.

    Parameters
    ----------
    pairs : pandas.DataFrame
        The table of `school_changes`.
    layers : mapping of str to (Membership, Membership, Days)
        Key to who had the schools on the two dates, and the land of its units.
    blocks : (pandas.Series, pandas.Series)
        Block of each school on the two dates, indexed by urn.

    Returns
    -------
    pandas.DataFrame
        One row per pair of schools and layer where either changed, sorted: urn_before, urn_after,
        name_after, layer, unit_before, unit_after, unit_name_before, unit_name_after (a set of
        claimants as "A + B"), unit_cause (`line`, `renamed`, `operator`, `school`, or blank),
        line_moved (bool: the unit's cause is a line), site_moved (bool: it is the school, which
        stands in another block), trust_before, trust_after, trust_changed (bool), cause.

    Notes
    -----
    Why a school's unit is another one, the first that holds:

    1. the unit passed its land on as it was: `renamed` or `operator`, as `Days` says;
    2. the school stands in the block where it stood, and the block's claimants changed, or the
       unit ended or began: `line`;
    3. all else is the school's: it moved, or has another number, or the register gives it to
       another authority on the same land: `school`.

    A trust changed by itself, whatever the unit. cause is the unit's, `trust`, or both as in
    "line and trust". A trust that changed with no unit stands under every layer with the unit it
    kept, so that the rows of one layer add up by cause.
    """
    paired = pairs[pairs["urn_before"].notna() & pairs["urn_after"].notna()]
    here, there = (paired[f"urn_{s}"].map(b) for s, b in zip(("before", "after"), blocks,
                                                             strict=True))  # fmt: skip
    same_block = (here == there) | (here.isna() & there.isna())
    parts = []
    for key, (before, after, days) in layers.items():
        rows = paired.assign(layer=key, same_block=same_block, block=there)
        for side, membership in (("before", before), ("after", after)):
            claimants = _claimants(membership).add_suffix(f"_{side}")
            rows = rows.join(claimants, on=f"urn_{side}")
        differs = (rows["unit_before"] != rows["unit_after"]) & ~(
            rows["unit_before"].isna() & rows["unit_after"].isna()
        )
        rows["unit_cause"] = ""
        rows.loc[differs, "unit_cause"] = _unit_causes(rows[differs], before, after, days)
        rows["trust_changed"] = rows["trust_changed"].astype(bool)
        parts.append(rows[differs | rows["trust_changed"]])
    frame = pd.concat(parts, ignore_index=True) if parts else paired.iloc[:0].assign(layer="")
    frame = frame.reindex(columns=[*frame.columns.union(_MADE, sort=False)])
    of_unit, trust = frame["unit_cause"].fillna("").astype(str), frame["trust_changed"].astype(bool)
    frame["line_moved"] = of_unit == "line"
    frame["site_moved"] = (of_unit == "school") & ~frame["same_block"].astype(bool)
    frame["cause"] = np.select(
        [(of_unit != "") & trust, of_unit != ""], [of_unit + " and trust", of_unit], default="trust"
    )
    columns = ["urn_before", "urn_after", "name_after", "layer", "unit_before", "unit_after",
               "unit_name_before", "unit_name_after", "unit_cause", "line_moved", "site_moved",
               "trust_before", "trust_after", "trust_changed", "cause"]  # fmt: skip
    frame = frame.reindex(columns=columns)
    return frame.sort_values(["layer", "urn_before", "urn_after"], ignore_index=True)


# Columns of the moves that no row brings where nothing changed.
_MADE = ["unit_cause", "same_block", "trust_changed"]


def _unit_causes(
    rows: pd.DataFrame, before: Membership, after: Membership, days: Days
) -> list[str]:
    """Return why each of these schools is in another unit; see `school_moves`."""
    old, new = _sets(before), _sets(after)
    found: dict[tuple[object, object], tuple[str, bool]] = {}
    causes = []
    for was, now, same_block, block in zip(
        *(rows[c] for c in ("unit_before", "unit_after", "same_block", "block")), strict=True
    ):
        if (was, now) not in found:
            left, came = old.get(str(was), frozenset()), new.get(str(now), frozenset())
            units = [c for c in left ^ came if not is_reason([c])[0]]
            found[was, now] = days.cause(left, came), days.stands(units)
        cause, both_stand = found[was, now]
        moved = same_block and (days.of_blocks.get(str(block)) == "line" or not both_stand)
        causes.append(cause if cause not in ("", "line") else "line" if moved else "school")
    return causes


def _sets(membership: Membership) -> dict[str, frozenset[str]]:
    """Return the claimants that each text of `_claimants` names."""
    alone = set(membership.codes)
    return {
        code if code in alone else code.replace("+", " + "): frozenset(
            [code] if code in alone else code.split("+")
        )
        for code in membership.sets.codes
    }


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
