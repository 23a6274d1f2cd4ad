"""A number known only between two: the least and the most that it can be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

__all__ = ["Interval", "between", "bounds", "ends_of", "span", "total"]

# Sums of shares are floats: two ends this near are one number.
_SAME = 1e-9


class Interval(NamedTuple):
    """The least and the most that a number can be; both ends can happen.

    Examples
    --------
    >>> Interval(417, 450).certain, Interval(3, 3).certain
    (False, True)
    """

    low: float
    high: float

    @property
    def certain(self) -> bool:
        """Whether both ends are one number; two missing ones are, and one alone is not."""
        low, high = self
        return (low != low and high != high) or abs(high - low) <= _SAME

    def out_of(self, whole: float) -> Interval:
        """Return both ends as shares of a whole; missing where the whole is 0.

        Examples
        --------
        >>> Interval(1, 2).out_of(4)
        Interval(low=0.25, high=0.5)
        """
        return Interval(*(end / whole if whole else float("nan") for end in self))

    def less_from(self, whole: float) -> Interval:
        """Return what is left of a whole: the least where this is the most.

        Examples
        --------
        >>> Interval(0.25, 0.5).less_from(1)
        Interval(low=0.5, high=0.75)
        """
        return Interval(whole - self.high, whole - self.low)


def bounds(value: float | Interval) -> Interval:
    """Return an interval as it is, and a number as one whose ends are that number."""
    return value if isinstance(value, Interval) else Interval(value, value)


def ends_of(row: Mapping[str, Any], column: str) -> Interval:
    """Return a figure of a row as far as it is known: its columns _low and _high where they stand.

    Examples
    --------
    >>> ends_of({"n": 3, "n_low": 2, "n_high": 4}, "n"), ends_of({"n": 3}, "n")
    (Interval(low=2.0, high=4.0), Interval(low=3.0, high=3.0))
    """
    value = row.get(column)
    ends = (row.get(f"{column}_{end}", value) for end in Interval._fields)
    return Interval(*(float("nan") if end is None else float(end) for end in ends))


def total(parts: Iterable[Interval]) -> Interval:
    """Return what several numbers can come to together, where each can be what it can.

    Examples
    --------
    >>> total([Interval(0, 2), Interval(3, 3)])
    Interval(low=3, high=5)
    """
    known = list(parts)
    return Interval(sum(low for low, _ in known), sum(high for _, high in known))


def span(value: float | Interval, write: Callable[[float], str], form: str = "{} to {}") -> str:
    """Write a number, or both ends of an interval where they read differently.

    Without a most it is the least "or more".

    Parameters
    ----------
    value : float or Interval
        What is known.
    write : callable
        Writes one number, as `base.text.count`.
    form : str, optional
        How the two stand together; as in a table or a label by default.

    Examples
    --------
    >>> span(Interval(417, 450), str), span(Interval(3, 3), str), span(7, str)
    ('417 to 450', '3', '7')
    >>> span(Interval(3, float("nan")), str)
    '3 or more'
    """
    ends = bounds(value)
    low, high = map(write, ends)
    if low != high and ends.high != ends.high:
        return f"{low} or more"
    return low if low == high else form.format(low, high)


def between(value: float | Interval, write: Callable[[float], str]) -> str:
    """Write a number as a sentence says it.

    Examples
    --------
    >>> between(Interval(417, 450), str), between(3, str)
    ('between 417 and 450', '3')
    """
    return span(value, write, "between {} and {}")
