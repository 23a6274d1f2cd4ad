"""Say what a layer covers: by one unit alone, shared by several, or not at all and why."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from geolls.base.arrays import Flags, Floats
from geolls.base.vocabulary import REASON_NAMES
from geolls.measures.membership import Membership, sums
from geolls.measures.overlap import weights_of

__all__ = ["SHARED", "coverage"]


SHARED = "shared"


def coverage(
    membership: Membership,
    weight: pd.Series[float],
    names: Mapping[str, str] | None = None,
    lines: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Share the whole out among units alone, sets of units, and reasons for having none.

    Parameters
    ----------
    membership : Membership
        Who has the items; a claim whose share is stated on evidence counts as the unit's alone.
    weight : pandas.Series of float
        Weight of each item (m2, schools, pupils ...), indexed by item; items whose weight is
        missing are left out.
    names : mapping of str to str, optional
        Item to the name of the area it is or lies in, to say where a set shares.
    lines : mapping of str to str, optional
        Unit to how sure its line is, where that is not `high`.

    Returns
    -------
    pandas.DataFrame
        unit_code, unit_name (str), weight (float), share (of the whole, 0..1), weight_low,
        weight_high, line_confidence (`low` of a set that shares, `high` of a unit alone, or
        as `lines` says). One row for each unit with what it alone claims (0 where it shares all it
        has), which is the least that it has, and with the most, all it claims; one for each set of
        units that share, unit_code `shared`, unit_name "Birmingham: WM9, WM10"; one for each
        reason, in words. The weights sum to the whole.

    Raises
    ------
    UsageError
        When an item has no or a negative weight.

    Notes
    -----
    A set is shared when nobody has said where the line between its units runs: how it splits
    between them is unknown, so no unit's row has any of it. Only `not_covered` may be called
    uncovered; `no_evidence` is a gap in our list.

    Examples
    --------
    >>> hubs = Membership.of(pd.DataFrame({"item": ["a", "b", "b"],
    ...     "unit_code": ["H1", "H1", "H2"], "unit_name": ["One", "One", "Two"],
    ...     "share": [1, 0.5, 0.5]}))
    >>> found = coverage(hubs, pd.Series({"a": 3.0, "b": 1.0}), {"b": "Leeds"})
    >>> found[["unit_name", "share"]].to_numpy().tolist()
    [['One', 0.75], ['Two', 0.0], ['Leeds: H1, H2', 0.25]]
    """
    x = membership.weighed_over(weight.index)
    part = np.nan_to_num(weights_of(weight))[x.item] * x.share
    # A claim stands beside another's where both have some of an item and no line is known.
    unclear = ~x.outside[x.unit] & ~x.stated
    together = unclear & (np.bincount(x.item[unclear], minlength=len(x.items))[x.item] > 1)
    total = float(part.sum())
    alone = sums(x.unit[~together], part[~together], len(x.codes))
    rows = pd.DataFrame({"unit_code": x.codes, "unit_name": x.names, "weight": alone})
    most = x.weigh_by(np.where(together, x.high, x.share), weights_of(weight))
    rows["weight_low"], rows["weight_high"] = alone, most
    units, reasons = rows[~x.outside], rows[x.outside]
    reasons = reasons.assign(unit_name=[REASON_NAMES[c] for c in reasons["unit_code"]])
    sets = _sets(x, part, together, names or {})
    sets = sets.assign(weight_low=sets["weight"], weight_high=sets["weight"])
    parts = [units, sets, reasons]
    found = pd.concat([p for p in parts if len(p)], ignore_index=True) if len(rows) else rows
    share = found["weight"] / total if total > 0 else np.full(len(found), np.nan)
    ends = {end: found.pop(end) for end in ("weight_low", "weight_high")}
    known = {**(lines or {}), SHARED: "low", **dict.fromkeys(REASON_NAMES, "")}
    line = found["unit_code"].map(known)
    line = line.astype(object).fillna("high").replace("", None)
    return found.assign(share=share, **ends, line_confidence=line)


def _sets(x: Membership, part: Floats, together: Flags, names: Mapping[str, str]) -> pd.DataFrame:
    """Return one row per set of units that share items, with where they do."""
    claims = pd.DataFrame(
        {
            "item": x.item[together],
            "code": x.labels[0].take(x.unit[together]),
            "weight": part[together],
        }
    )
    by_item = claims.groupby("item").agg(label=("code", ", ".join), weight=("weight", "sum"))
    rows = []
    for label, found in by_item.groupby("label"):
        areas = {names[i] for i in x.items[found.index] if i in names}
        name = f"{_listed(sorted(areas))}: {label}" if areas else str(label)
        rows.append((SHARED, name, float(found["weight"].sum())))
    return pd.DataFrame(sorted(rows), columns=["unit_code", "unit_name", "weight"])


def _listed(areas: list[str], most: int = 3) -> str:
    if len(areas) > most:
        areas = [*areas[:most], f"{len(areas) - most} more"]
    return " and ".join(filter(None, [", ".join(areas[:-1]), *areas[-1:]]))
