"""Who has what: every item of a layer (a school, a block) with the units that claim it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from geolls.base.arrays import Flags, Floats, Ints
from geolls.base.errors import UsageError
from geolls.base.vocabulary import REASONS

__all__ = ["Membership", "is_reason", "pairs_of", "sums"]


def sums(index: Ints, values: Floats, size: int) -> Floats:
    """Return the sum of the values at each index from 0, at least `size` of them."""
    return np.asarray(np.bincount(index, values, minlength=size), dtype=float)


def pairs_of(left: Ints, right: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the distinct pairs of two columns of numbers, in order, and which pair each row is.

    Examples
    --------
    >>> [part.tolist() for part in pairs_of(np.array([1, 0, 1]), np.array([2, 5, 2]))]
    [[0, 1], [5, 2], [1, 0, 1]]
    """
    wide = int(right.max(initial=0)) + 1
    pairs, at = np.unique(left * wide + right, return_inverse=True)
    return pairs // wide, pairs % wide, at


def is_reason(codes: Any) -> Flags:
    """Return which of `codes` are reasons for having no unit."""
    return np.asarray(pd.Index(codes).isin(REASONS), dtype=bool)


@dataclass(frozen=True, eq=False)
class Membership:
    """The claims of a layer's units on items, as whole numbers: one entry per claim.

    Make one with `Membership.of`; every measure takes it.

    Parameters
    ----------
    items : pandas.Index
        The items: URNs of schools, or blocks.
    item : numpy.ndarray of int
        Position of each claim's item in `items`; claims are sorted by item, then by unit.
    unit : numpy.ndarray of int
        Position of each claim's unit in `codes`.
    share : numpy.ndarray of float
        Share of the item that the unit has, 0..1; the shares of an item sum to 1.
    stated : numpy.ndarray of bool
        Whether the share is stated on evidence, not an equal split.
    codes, names : tuple of str
        The units sorted by code; the reasons for having no unit stand last.
    """

    items: pd.Index
    item: Ints
    unit: Ints
    share: Floats
    stated: Flags
    codes: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def of(
        cls,
        frame: pd.DataFrame,
        items: pd.Index | None = None,
        *,
        item: str = "item",
        what: str = "membership",
    ) -> Membership:
        """Read a membership from a table.

        Parameters
        ----------
        frame : pandas.DataFrame
            One row per claim: the item's column, unit_code, unit_name (str), share (float) and,
            optionally, stated (bool; False where it is missing).
        items : pandas.Index, optional
            All items there are; those of the table by default.
        item : str, optional
            The column that holds the item.
        what : str, optional
            What to call the table in an error.

        Returns
        -------
        Membership
            With the units that the table names.

        Raises
        ------
        UsageError
            When a column or a code is missing, a claim is on another item, or the shares of an
            item do not sum to 1.

        Examples
        --------
        >>> import pandas as pd
        >>> hubs = Membership.of(pd.DataFrame({"item": ["a", "b", "b"],
        ...     "unit_code": ["H1", "H1", "H2"], "unit_name": ["One", "One", "Two"],
        ...     "share": [1.0, 0.5, 0.5]}))
        >>> hubs.codes, hubs.unit.tolist(), hubs.sets.codes
        (('H1', 'H2'), [0, 0, 1], ('H1', 'H1+H2'))
        """
        missing = [c for c in (item, "unit_code", "unit_name", "share") if c not in frame]
        if missing:
            raise UsageError(f"column {missing[0]} is missing", where=what)
        claimed = pd.Index(frame[item])
        items = claimed.unique() if items is None else items
        at = np.asarray(items.get_indexer(claimed), dtype=np.intp)
        unit, codes = pd.factorize(frame["unit_code"])
        for lost, fault, fix in (
            (at < 0, "is not one of the items", None),
            (unit < 0, "has no unit_code", f"use one of {', '.join(REASONS)}"),
        ):
            if lost.any():
                raise UsageError(
                    f"item {claimed[int(lost.argmax())]!r} {fault}", where=what, fix=fix
                )
        names = frame["unit_name"].to_numpy()[np.unique(unit, return_index=True)[1]]
        found = _sorted(
            cls(
                items=items,
                item=at,
                unit=np.asarray(unit, dtype=np.intp),
                share=frame["share"].to_numpy(dtype=float),
                stated=np.asarray(frame.get("stated", np.zeros(len(frame))), dtype=bool),
                codes=tuple(map(str, codes)),
                names=tuple(map(str, names)),
            )
        )
        _check_shares(found, what)
        return found

    @classmethod
    def whole(cls, items: pd.Index, codes: Iterable[Any]) -> Membership:
        """Give each item wholly to one unit, whose code is also its name."""
        frame = pd.DataFrame({"item": items, "unit_code": list(codes), "share": 1.0})
        return cls.of(frame.assign(unit_name=frame["unit_code"]), items)

    def frame(
        self, item: str = "item", *, reasons: bool = True, of: str | None = None
    ) -> pd.DataFrame:
        """Return the table: one row per claim, with or without the reasons for having no unit.

        Of one unit alone, where its code is given.

        Columns are the item under the name given, unit_code, unit_name, share, stated; and
        share_low, share_high, what the unit has of the item at least and at most.
        """
        kept = slice(None) if reasons else ~self.outside[self.unit]
        if of is not None:
            kept = self._of(of)
        unit, (codes, names) = self.unit[kept], self.labels
        return pd.DataFrame(
            {
                item: self.items.take(self.item[kept]),
                "unit_code": codes.take(unit),
                "unit_name": names.take(unit),
                "share": self.share[kept],
                "stated": self.stated[kept],
                "share_low": self.low[kept],
                "share_high": self.high[kept],
            }
        )

    def shares_of(
        self, code: str, part: Literal["share", "low", "high"] = "share"
    ) -> pd.Series[float]:
        """Return the share that one unit has of each item it claims, or a `part` of it."""
        mine = self._of(code)
        return pd.Series(getattr(self, part)[mine], index=self.items[self.item[mine]])

    def _of(self, code: str) -> Flags:
        """Return which claims are those of one unit."""
        return np.array([c == code for c in self.codes], dtype=bool)[self.unit]

    def over(self, items: pd.Index) -> Membership:
        """Return the claims on these items only, and the units that have any."""
        if items is self.items or items.equals(self.items):
            return self
        _refuse_repeats(items)
        at = np.asarray(items.get_indexer(self.items), dtype=np.intp)[self.item]
        here = at >= 0
        return _sorted(
            replace(
                self,
                items=items,
                item=at[here],
                unit=self.unit[here],
                share=self.share[here],
                stated=self.stated[here],
            )
        )

    def weighed_over(self, items: pd.Index, what: str = "membership") -> Membership:
        """Return the claims over the items that have a weight; refuse any on another item."""
        if items is self.items or items.equals(self.items):
            return self
        _refuse_repeats(items)
        lost = ~self.items.isin(items) & (self.claims > 0)
        if lost.any():
            raise UsageError(f"item {self.items[int(lost.argmax())]!r} has no weight", where=what)
        return self.over(items)

    def equals(self, other: Membership) -> bool:
        """Tell whether the other holds the same claims in the same order."""
        return self is other or (
            (self.codes, self.names) == (other.codes, other.names)
            and self.items.equals(other.items)
            and all(
                np.array_equal(getattr(self, part), getattr(other, part))
                for part in ("item", "unit", "share", "stated")
            )
        )

    @cached_property
    def claims(self) -> Ints:
        """Number of claims on each item."""
        return np.bincount(self.item, minlength=len(self.items))

    @cached_property
    def first(self) -> Ints:
        """Position of the first claim on each item."""
        return np.cumsum(self.claims) - self.claims

    @cached_property
    def outside(self) -> Flags:
        """Which of `codes` are reasons for having no unit."""
        return is_reason(self.codes)

    @cached_property
    def low(self) -> Floats:
        """What each claim's unit has of the item for sure.

        All of it where nobody else claims it, a stated share where one is stated, else none.
        """
        sure = self.stated | (self.claims[self.item] == 1)
        return np.where(sure, self.share, 0.0)

    @cached_property
    def high(self) -> Floats:
        """The most that each claim's unit can have of the item: all that is not given away."""
        given = sums(self.item, self.low, len(self.items))[self.item]
        left = np.where(self.share > 0, 1 - given, 0.0)
        return np.where(self.low > 0, self.low, left)

    @cached_property
    def optional(self) -> Flags:
        """Which items may be in no unit at all: a reason is among several claims on them."""
        may = self.outside[self.unit] & (self.high > 0)
        return np.bincount(self.item, may, minlength=len(self.items)) > 0

    @cached_property
    def labels(self) -> tuple[pd.Index[str], pd.Index[str]]:
        """The codes and the names as pandas holds words."""
        return pd.Index(self.codes, dtype="str"), pd.Index(self.names, dtype="str")

    @cached_property
    def sets(self) -> Membership:
        """The same with each distinct set of claimants as one unit, which has its items whole.

        A set is called "WM10+WM9" and "Birmingham North + Birmingham South". Measures that count
        schools need each whole in one unit; how a set shares its items is not looked at.
        """
        if self.claims.max(initial=0) <= 1:
            return self
        claimed = self.claims > 0
        units, several = self.unit.tolist(), self.claims > 1
        ends = zip(self.first[several].tolist(), self.claims[several].tolist(), strict=True)
        sets = [frozenset(units[at : at + n]) for at, n in ends]
        codes, names = list(self.codes), list(self.names)
        number = {frozenset({unit}): unit for unit in range(len(codes))}
        for union in dict.fromkeys(sets):
            if union not in number:
                number[union] = len(codes)
                members = sorted(union, key=codes.__getitem__)
                codes.append("+".join(codes[unit] for unit in members))
                names.append(" + ".join(names[unit] for unit in members))
        if len(set(codes)) < len(codes):
            twice = min(code for code, times in Counter(codes).items() if times > 1)
            raise UsageError(
                f"unit code {twice!r} reads like a set of two units", fix="rename the unit"
            )
        unit = self.unit[np.minimum(self.first, len(self.unit) - 1)]
        unit[several] = [number[one] for one in sets]
        item = np.flatnonzero(claimed)
        return _sorted(
            Membership(
                items=self.items,
                item=item,
                unit=unit[claimed],
                share=np.ones(len(item)),
                stated=np.ones(len(item), dtype=bool),
                codes=tuple(codes),
                names=tuple(names),
            )
        )

    def on(self, rows: Ints) -> tuple[Ints, Ints]:
        """Return every claim on the items at `rows`, and the position in `rows` it is for."""
        times = self.claims[rows]
        at = np.repeat(np.arange(len(rows)), times)
        run = np.arange(len(at)) - np.repeat(np.cumsum(times) - times, times)
        return self.first[rows[at]] + run, at

    def weigh(self, weight: Floats) -> Floats:
        """Return the weight of every unit, in the order of `codes`."""
        return self.weigh_by(self.share, weight)

    def weigh_by(self, share: Floats, weight: Floats) -> Floats:
        """Return the weight of every unit by `share`, `low` or `high`."""
        return sums(self.unit, share * np.nan_to_num(weight[self.item]), len(self.codes))


def _sorted(raw: Membership) -> Membership:
    """Order units by code, reasons last in their own order, and claims by item and unit."""
    rank = {reason: at for at, reason in enumerate(REASONS)}
    used = np.unique(raw.unit).tolist()
    order = sorted(used, key=lambda i: (rank.get(raw.codes[i], -1), raw.codes[i]))
    number = np.zeros(len(raw.codes), dtype=np.intp)
    number[order] = np.arange(len(order))
    unit = number[raw.unit]
    by = np.lexsort((unit, raw.item))
    return Membership(
        items=raw.items,
        item=raw.item[by],
        unit=unit[by],
        share=raw.share[by],
        stated=raw.stated[by],
        codes=tuple(raw.codes[i] for i in order),
        names=tuple(raw.names[i] for i in order),
    )


def _refuse_repeats(items: pd.Index) -> None:
    if not items.is_unique:
        twice = items[items.duplicated()][0]
        raise UsageError(f"item {twice!r} has two weights", fix="give one weight per item")


def _check_shares(found: Membership, what: str) -> None:
    bad = ~((found.share >= 0) & (found.share <= 1 + 1e-9))
    if bad.any():
        at = found.items[int(found.item[bad.argmax()])]
        raise UsageError(f"item {at!r} has a share outside 0..1", where=what)
    whole = sums(found.item, found.share, len(found.items))
    off = (found.claims > 0) & (np.abs(whole - 1) > 1e-9)
    if off.any():
        at = int(off.argmax())
        raise UsageError(
            f"the shares of item {found.items[at]!r} sum to {whole[at]:g}, not 1",
            where=what,
            fix="give what is left over a row with the reason as unit_code",
        )
