"""Say what a layer covers: by one unit alone, shared by several, or not at all and why."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from geolls.base.vocabulary import REASON_NAMES
from geolls.measures.overlap import Coded, code, sums, weights_of

__all__ = ["SHARED", "coverage", "coverage_rows"]

SHARED = "shared"


def coverage(
    membership: pd.DataFrame,
    weight: pd.Series[float],
    names: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Share the whole out among units alone, sets of units, and reasons for having none.

    Parameters
    ----------
    membership : pandas.DataFrame
        item, unit_code, unit_name (str), share (float). With a column `stated` (bool), a claim
        whose share is stated on evidence counts as the unit's alone.
    weight : pandas.Series of float
        Weight of each item (m2, schools, pupils ...), indexed by item; items whose weight is
        missing are left out.
    names : mapping of str to str, optional
        Item to the name of the area it is or lies in, to say where a set shares.

    Returns
    -------
    pandas.DataFrame
        unit_code, unit_name (str), weight (float), share (of the whole, 0..1). One row for each
        unit with what it alone claims (0 where it shares all it has); one for each set of units
        that share, unit_code `shared`, unit_name "Birmingham: WM9, WM10"; one for each reason,
        in words. The rows sum to the whole.

    Raises
    ------
    UsageError
        When shares do not sum to 1, or an item has no or a negative weight.

    Notes
    -----
    A set is shared when nobody has said where the line between its units runs: how it splits
    between them is unknown, so no unit's row has any of it. Only `not_covered` may be called
    uncovered; `no_evidence` is a gap in our list.

    Examples
    --------
    >>> hubs = pd.DataFrame({"item": ["a", "b", "b"], "unit_code": ["H1", "H1", "H2"],
    ...                      "unit_name": ["One", "One", "Two"], "share": [1, 0.5, 0.5]})
    >>> found = coverage(hubs, pd.Series({"a": 3.0, "b": 1.0}), {"b": "Leeds"})
    >>> found[["unit_name", "share"]].to_numpy().tolist()
    [['One', 0.75], ['Two', 0.0], ['Leeds: H1, H2', 0.25]]
    """
    x, part, together = _claimed(membership, weight)
    total = float(part.sum())
    alone = sums(x.unit[~together], part[~together], len(x.codes))
    rows = pd.DataFrame({"unit_code": x.codes, "unit_name": x.names, "weight": alone})
    units, reasons = rows[~x.outside], rows[x.outside]
    reasons = reasons.assign(unit_name=[REASON_NAMES[c] for c in reasons["unit_code"]])
    parts = [units, _sets(x, part, together, weight.index, names or {}), reasons]
    found = pd.concat([p for p in parts if len(p)], ignore_index=True) if len(rows) else rows
    share = found["weight"] / total if total > 0 else np.full(len(found), np.nan)
    return found.assign(share=share)


def coverage_rows(membership: pd.DataFrame, weight: pd.Series[float]) -> pd.DataFrame:
    """Return the items behind the table of `coverage`.

    Parameters
    ----------
    membership, weight
        As `coverage`.

    Returns
    -------
    pandas.DataFrame
        One row per item and way it is claimed: unit_code (a unit, alone; `shared`; a reason),
        item, units (the claimants by ", "), weight. The weights of a unit_code sum to its row in
        `coverage`; those of `shared` to all its rows.
    """
    x, part, together = _claimed(membership, weight)
    codes = np.array(x.codes, dtype=object)[x.unit]
    claims = pd.DataFrame(
        {
            "unit_code": np.where(together, SHARED, codes),
            "item": weight.index[x.item],
            "units": codes,
            "weight": part,
        }
    )
    groups = claims.groupby(["unit_code", "item"], sort=True)
    return groups.agg(units=("units", ", ".join), weight=("weight", "sum")).reset_index()


def _claimed(
    membership: pd.DataFrame, weight: pd.Series[float]
) -> tuple[Coded, npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return the claims, the weight of each, and whether it stands beside another's."""
    x = code(membership, weight.index)
    part = np.nan_to_num(weights_of(weight))[x.item] * x.share
    return x, part, _together(membership, x, weight.index)


def _together(membership: pd.DataFrame, x: Coded, items: pd.Index) -> npt.NDArray[np.bool_]:
    """Return which claims stand beside another unit's on the same item, lines unknown."""
    open_claim = ~x.outside[x.unit]
    if "stated" in membership:
        # `code` sorts the claims by item and unit: bring the flags into that order.
        item = items.get_indexer(pd.Index(membership["item"]))
        unit = pd.Index(x.codes).get_indexer(pd.Index(membership["unit_code"]))
        stated = membership["stated"].to_numpy(dtype=bool)[np.lexsort((unit, item))]
        open_claim &= ~stated
    claims = np.bincount(x.item[open_claim], minlength=x.items)
    found: npt.NDArray[np.bool_] = open_claim & (claims[x.item] > 1)
    return found


def _sets(
    x: Coded,
    part: npt.NDArray[np.float64],
    together: npt.NDArray[np.bool_],
    items: pd.Index,
    names: Mapping[str, str],
) -> pd.DataFrame:
    claims = pd.DataFrame(
        {
            "item": x.item[together],
            "code": np.array(x.codes, dtype=object)[x.unit[together]],
            "weight": part[together],
        }
    )
    if not len(claims):
        return pd.DataFrame({"unit_code": [], "unit_name": [], "weight": []})
    by_item = claims.groupby("item").agg(label=("code", ", ".join), weight=("weight", "sum"))
    by_item["area"] = [names.get(items[i]) for i in by_item.index]
    rows = []
    for label, found in by_item.groupby("label"):
        where = _listed(sorted({a for a in found["area"] if isinstance(a, str)}))
        rows.append((f"{where}: {label}" if where else str(label), float(found["weight"].sum())))
    frame = pd.DataFrame(sorted(rows), columns=["unit_name", "weight"])
    frame.insert(0, "unit_code", SHARED)
    return frame


def _listed(areas: list[str], most: int = 3) -> str:
    if len(areas) > most:
        areas = [*areas[:most], f"{len(areas) - most} more"]
    return " and ".join(filter(None, [", ".join(areas[:-1]), *areas[-1:]]))
