"""Withhold the small numbers of pupils eligible for free meals, and what would give them away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geolls.base.arrays import Flags, Floats, Ints
from geolls.base.errors import UsageError
from geolls.base.vocabulary import BLANK_BELOW, MINIMUM, WEIGHTS, WHOLE_PERCENT, By

__all__ = [
    "complement",
    "meal_share",
    "small",
    "suppress",
    "untold",
    "without_few",
    "without_small_counts",
]


def untold(by: By) -> int:
    """Return the number of a weight that nothing may tell anybody under: 0 where all may be told.

    Examples
    --------
    >>> untold("fsm_pupils"), untold("pupils")
    (10, 0)
    """
    return MINIMUM if WEIGHTS[by].suppressed else 0


def small(number: Any) -> Any:
    """Tell whether a number of eligible pupils is small: 1 to 9; elementwise for a column."""
    return (number > 0) & (number < MINIMUM)


def meal_share(
    eligible: pd.Series[float], pupils: pd.Series[float], schools: pd.Series[float]
) -> pd.Series[float]:
    """Return the share of eligible pupils in whole percents, blank where it is of few.

    Notes
    -----
    Blank with fewer than ten eligible pupils or five schools. In whole percents England less all
    other places tells no small count.
    """
    enough = (eligible >= MINIMUM) & (schools >= BLANK_BELOW)
    return (eligible / pupils.where(pupils > 0)).where(enough).round(WHOLE_PERCENT)


def without_few(
    frame: pd.DataFrame, columns: Sequence[str], *, few: int = BLANK_BELOW
) -> pd.DataFrame:
    """Blank the shares in `columns` where they are of fewer than `few` schools."""
    enough = frame["schools"] >= few
    return frame.assign(**{column: frame[column].where(enough) for column in columns})


def complement(
    counts: Floats, hidden: Flags, lines: Sequence[Ints], minimum: int = MINIMUM
) -> Flags:
    """Hide more counts, until none of those hidden can be had by subtraction.

    Parameters
    ----------
    counts : numpy.ndarray of float, shape (n,) or (k, n)
        One count for each row, or several; NaN where a row has none.
    hidden : numpy.ndarray of bool, shape (n,)
        Which rows are hidden to begin with.
    lines : sequence of numpy.ndarray of int
        The rows of each line: those whose counts add up to a total that may be known.
    minimum : int, optional
        Counts under this are small.

    Returns
    -------
    numpy.ndarray of bool
        Which rows are hidden in the end.

    Notes
    -----
    In every line with a hidden count the next smallest (ties by order) are hidden too, until two
    are and together they hold `minimum` or more, as far as the line goes; this is repeated until
    no line changes.
    """
    hidden, before = hidden.copy(), -1
    while before != hidden.sum():
        before = int(hidden.sum())
        for count in np.atleast_2d(counts):
            for line in lines:
                known = line[~np.isnan(count[line])]
                for row in known[np.argsort(count[known], kind="stable")]:
                    gone = known[hidden[known]]
                    if not len(gone) or (len(gone) > 1 and count[gone].sum() >= minimum):
                        break
                    hidden[row] = True
    return hidden


def suppress(
    frame: pd.DataFrame,
    column: str,
    *,
    by: str | Sequence[str] | None = None,
    minimum: int = MINIMUM,
    hide: npt.ArrayLike | None = None,
) -> pd.DataFrame:
    """Blank small counts, and what would give them away.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows with a count of pupils.
    column : str
        The column of counts.
    by : str or sequence of str, optional
        Columns whose rows add up to a total that may be known; by default the whole table does.
    minimum : int, optional
        Counts under this are small, 0 included.
    hide : array_like of bool, optional
        Rows to blank whatever their count, for what another table would tell.

    Returns
    -------
    pandas.DataFrame
        The same rows; `column` blank where suppressed, and a column `<column>_suppressed` (bool).

    Raises
    ------
    UsageError
        When the column is missing, or holds a negative count.

    Notes
    -----
    A single blank in a group could be had by subtraction, and so could the sum of blanks: the
    next smallest counts (ties by order) are blanked too until at least two are and together they
    hold `minimum` or more. A group with one row only is blank itself if it is small: give its
    total no other way. A table with a row of totals is not safe with this alone: leave that row
    out, or give it a group of its own.
    """
    if column not in frame:
        raise UsageError(f"column {column} is missing", where="suppress")
    counts = frame[column].to_numpy(dtype=float)
    if (counts < 0).any():
        raise UsageError(f"{column} has a negative count", where="suppress")
    keys = [by] if isinstance(by, str) else list(by or [])
    group = frame.groupby(keys, dropna=False).ngroup().to_numpy() if keys else np.zeros(len(frame))
    hidden = counts < minimum
    if hide is not None:
        hidden |= np.asarray(hide, dtype=bool) & ~np.isnan(counts)
    lines = [np.flatnonzero(group == g) for g in np.unique(group)]
    hidden = complement(counts, hidden, lines, minimum)
    found = frame.copy()
    found[column] = np.where(hidden, np.nan, counts)
    found[f"{column}_suppressed"] = hidden
    return found


def without_small_counts(frame: pd.DataFrame, lines: Sequence[str] = ()) -> pd.DataFrame:
    """Blank small weights of a table counted in pupils eligible for free meals, and their shares.

    Parameters
    ----------
    frame : pandas.DataFrame
        A table with a column weight, as of `geolls overlap` or `geolls coverage`.
    lines : sequence of str, optional
        Columns whose groups have a total that may be known, as left_code and right_code; by
        default the whole table has one.

    Returns
    -------
    pandas.DataFrame
        The same rows; every column that begins with weight or share blank where the weight is
        under 10, and where it would give such a one away; weight_low and weight_high blank where
        they are not the weight.

    Notes
    -----
    In every line (a group, in any of the columns) that has a blank, the next smallest weights are
    blanked too until two are and together they hold 10 or more, as far as the line goes; this is
    repeated until no line changes. Weights of 0 count as small.
    """
    weight = frame["weight"].to_numpy(dtype=float)
    groups = [np.flatnonzero(frame[c] == key) for c in lines for key in frame[c].unique()]
    hidden = complement(weight, weight < MINIMUM, groups or [np.arange(len(frame))])
    told = [c for c in frame.columns if str(c).startswith(("weight", "share"))]
    found = frame.assign(**{column: frame[column].where(~hidden) for column in told})
    # What lies between the least and the most is a count of its own: told only where it is none.
    ends = [c for c in ("weight_low", "weight_high") if c in frame]
    return found.assign(**{c: found[c].where(found[c] == found["weight"]) for c in ends})
