"""Move the thresholds of a rule a little, one at a time, to show what hangs on each."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import fields, replace
from itertools import product
from typing import Any, NamedTuple

from geolls.base.errors import UsageError

__all__ = ["Moved", "moved_rules"]

CHANGE = 0.1  # how far a threshold is moved, as a share of it


class Moved(NamedTuple):
    """A threshold that was moved: its name, its new value, and by what share or how many."""

    threshold: str
    value: float
    moved: float


def moved_rules(
    rules: Any, thresholds: Collection[str], by_one: Collection[str] = ()
) -> Iterator[tuple[Moved, Any]]:
    """Yield a rule with each of its thresholds moved down, then up, by a tenth.

    A share ends at 1; a whole number stays whole.

    Parameters
    ----------
    rules : dataclass
        The rule as it stands; refuses values that mean nothing.
    thresholds : collection of str
        Which of its fields to move; they are moved in the order of the fields.
    by_one : collection of str, optional
        Thresholds that move by one instead.

    Yields
    ------
    (Moved, dataclass)
        Left out where a value moved past its neighbour: then the rule has no meaning.
    """
    named = [field for field in fields(rules) if field.name in thresholds]
    for field, sign in product(named, (-1, 1)):
        name, now = field.name, getattr(rules, field.name)
        step = sign if name in by_one else sign * CHANGE
        value = now + step if name in by_one else now * (1 + step)
        value = (
            round(value) if field.type == "int" else min(value, 1.0) if "share" in name else value
        )
        try:
            yield Moved(name, value, step), replace(rules, **{name: value})
        except UsageError:
            continue
