"""Withhold small numbers of pupils eligible for free meals, once, before anything is counted.

The rule, in two steps. A school's number of 1 to 9 is taken out at the door of a study, and so is
any number of a school with fewer than ten pupils (`withheld`): nothing behind the door ever has
it. Sums count a stand-in in its place: of five such schools, in the order of phase, authority,
district and URN, three count as 10 and two as 0 (`counted`).

Stand-ins are made from what the exported table of schools tells anyway: which schools are
withheld. So anyone can compute every number that geolls prints from that table, and no
combination of tables, places, layers, phases, days or sets of one's own tells more of a withheld
school than 1 to 9. There is nothing to solve: what is not there cannot come out. For the same
reason one table and all tables hold the same numbers, and rows still add up to their total.

What it costs: a sum over k withheld schools is off by about 4 times the square root of k, and never
by more than 9 k; all other sums are exact. The two ways that were not taken cost more, or keep
less. Blanking cells, and what would give them away, has to be done again for every table that
joins the others, until little is left. Rounding each total to 10 is within 5 of the truth, but
whoever knows the other schools of a set can move the total over an edge and read off the one that
is missing; it keeps a secret only where all large schools are rounded too.

10 and 0 are themselves no numbers of 1 to 9, so none of those is printed by chance. Three in five
are 6 on average: withheld numbers were 5.8 on average in 2022 and in 2025.

Source: Hundepool et al. 2012, Statistical Disclosure Control, doi:10.1002/9781118348239: masking
the data before tables are made, against guarding each table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import pandas as pd

from geolls.base.vocabulary import BLANK_BELOW, MINIMUM, WEIGHTS, WHOLE_PERCENT

__all__ = [
    "SAID",
    "STAND_INS",
    "counted",
    "left_blank",
    "meal_share",
    "of_a_set",
    "told",
    "withheld",
    "without_few",
]

#: What withheld schools count as in sums, in turn.
STAND_INS: Final = (10.0, 0.0, 10.0, 0.0, 10.0)
#: What every output with such numbers says of them.
SAID: Final = (
    f"A school's number of pupils eligible for free meals under {MINIMUM} is withheld: in sums it "
    "counts as 10 or as 0, and a sum of such schools alone is left blank."
)
_FLAG = "fsm_pupils_suppressed"
# Neighbours take turns, so that the stand-ins of an area are near 6 on average.
_ORDER = ("phase", "la_code", "district", "urn")


def withheld(schools: pd.DataFrame) -> pd.DataFrame:
    """Take the small numbers of eligible pupils out of a table of schools.

    Parameters
    ----------
    schools : pandas.DataFrame
        One row per school: urn, fsm_pupils, and pupils where known.

    Returns
    -------
    pandas.DataFrame
        The same rows: fsm_pupils blank where it was 1 to 9, or the school has 1 to 9 pupils; and
        a column fsm_pupils_suppressed (bool) that says where. A table that has this column comes
        back as it is.

    Notes
    -----
    Of a school with few pupils 0 is withheld too: of two pupils, "not 0" would be half the answer.

    Examples
    --------
    >>> table = pd.DataFrame({"urn": list("abc"), "fsm_pupils": [0.0, 4.0, 10.0]})
    >>> withheld(table)["fsm_pupils"].tolist()
    [0.0, nan, 10.0]
    """
    if _FLAG in schools:
        return schools
    count = schools["fsm_pupils"].astype(float)
    pupils = schools["pupils"].astype(float) if "pupils" in schools else count
    few, tiny = ((number > 0) & (number < MINIMUM) for number in (count, pupils))
    hidden = count.notna() & (few | tiny)
    return schools.assign(fsm_pupils=count.mask(hidden), fsm_pupils_suppressed=hidden)


def counted(schools: pd.DataFrame) -> pd.Series[float]:
    """Return the eligible pupils of each school as sums count them.

    Parameters
    ----------
    schools : pandas.DataFrame
        As `withheld` returns them, with phase, la_code and district where known; a table without
        the column fsm_pupils_suppressed has nothing withheld.

    Returns
    -------
    pandas.Series of float
        fsm_pupils, with stand-ins where it is withheld, in the order of the table.

    Notes
    -----
    The turns begin anew in each phase: a school counts the same whichever phases are asked for. A
    school with fewer than ten pupils counts as 0, for it cannot have 10.

    Examples
    --------
    >>> table = pd.DataFrame({"urn": list("abcd"), "phase": "primary",
    ...     "fsm_pupils": [4.0, 9.0, 30.0, 1.0]})
    >>> counted(withheld(table)).tolist()
    [10.0, 0.0, 30.0, 10.0]
    """
    count = schools["fsm_pupils"].astype(float)
    if _FLAG not in schools or not schools[_FLAG].any():
        return count
    few = schools.loc[schools[_FLAG], [c for c in (*_ORDER, "pupils") if c in schools]]
    few = few.rename_axis(index=None).sort_values([c for c in _ORDER if c in few], kind="stable")
    if "phase" in few:
        turn = few.groupby("phase", dropna=False, sort=False, observed=True).cumcount()
    else:
        turn = pd.Series(np.arange(len(few)), index=few.index)
    stand_in = pd.Series(np.take(STAND_INS, turn % len(STAND_INS)), index=few.index)
    if "pupils" in few:
        stand_in = stand_in.mask(few["pupils"] < MINIMUM, 0.0)
    return count.fillna(stand_in)


def told(
    measure: Callable[[pd.Series[float]], pd.DataFrame],
    eligible: pd.Series[float],
    hidden: pd.Series[bool],
    *,
    ends: Sequence[pd.Series[float]] = (),
    own: bool = False,
) -> pd.DataFrame:
    """Count eligible pupils by a measure, and leave out what is of withheld schools alone.

    Parameters
    ----------
    measure : callable
        Makes of a weight of each school a table with columns weight and share..., as
        `geolls.measures.overlap` and `geolls.measures.coverage` do.
    eligible : pandas.Series of float
        The eligible pupils of each school as sums count them, by urn.
    hidden : pandas.Series of bool
        Which of them are withheld, by urn.
    ends : sequence of pandas.Series of float, optional
        The same as `eligible` of a place that shares land, at least and at most.
    own : bool, optional
        The sets are the user's own: their numbers are of five schools or more, and to the nearest
        10, as nobody has looked at which schools they set apart.

    Returns
    -------
    pandas.DataFrame
        The table of the measure; the true number lies between weight_low and weight_high, and so
        does weight, with withheld schools from 0 to 10. All are blank where the schools that
        are not withheld have fewer than ten eligible pupils between them, unless no school has
        any: a stand-in alone is no number to print, nor is a part of a school on shared land.
    """
    every = measure(pd.Series(1.0, index=eligible.index))
    keys = [str(c) for c in every if str(c).endswith(("_code", "_name"))]
    told_of = [str(c) for c in every if c not in keys]
    names = every[keys]
    found = names.merge(measure(eligible), on=keys, how="left")
    sure, may = (
        e.mask(hidden, n) for e, n in zip(ends or [eligible] * 2, (0, MINIMUM), strict=True)
    )
    dark, least, low, high = (
        names.merge(measure(weight), on=keys, how="left").fillna(0.0)
        for weight in (hidden.astype(float), eligible.mask(hidden, 0), sure, may)
    )
    listed = found["weight"].notna() | (dark["weight"] > 0)
    enough = (least["weight"] >= MINIMUM) | ((least["weight"] + dark["weight"]) == 0)
    both = {c: end[c] for c, end in (("weight_low", low), ("weight_high", high)) if c in every}
    found = found.assign(**both)
    if own:
        enough &= every["weight"] >= BLANK_BELOW
        shares = [c for c in told_of if c.startswith("share")]
        found[shares] = found[shares].round(WHOLE_PERCENT)
        found["weight"] = of_a_set(found["weight"], every["weight"])
        for column in both:  # outwards, so that the truth stays between them
            outwards = np.floor if column.endswith("low") else np.ceil
            found[column] = outwards(found[column] / MINIMUM) * MINIMUM
    found[told_of] = found[told_of].where(enough, axis=0)
    return found[listed].reset_index(drop=True)


def left_blank(frame: pd.DataFrame, column: str) -> list[bool]:
    """Tell of each cell of a column whether, if it is blank, that is because it is withheld."""
    if f"{column}_suppressed" in frame:
        return [bool(flag) for flag in frame[f"{column}_suppressed"]]
    if "by" in frame and column.startswith(("weight", "share")):
        return [WEIGHTS[by].suppressed for by in frame["by"]]
    return [False] * len(frame)


def of_a_set(eligible: pd.Series[float], schools: pd.Series[float]) -> pd.Series[float]:
    """Return the eligible pupils of sets that a user makes: to the nearest 10, of five or more.

    Examples
    --------
    >>> of_a_set(pd.Series([124.0, 88.0]), pd.Series([5, 4])).tolist()
    [120.0, nan]
    """
    return (eligible / MINIMUM).round().mul(MINIMUM).where(schools >= BLANK_BELOW)


def meal_share(
    eligible: pd.Series[float], pupils: pd.Series[float], schools: pd.Series[float]
) -> pd.Series[float]:
    """Return the share of eligible pupils in whole percents, blank where it is of few.

    Notes
    -----
    Blank with fewer than ten eligible pupils or five schools. More decimals than whole percents
    would claim to know what the stand-ins of small numbers leave open.
    """
    enough = (eligible >= MINIMUM) & (schools >= BLANK_BELOW)
    return (eligible / pupils.where(pupils > 0)).where(enough).round(WHOLE_PERCENT)


def without_few(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Blank the shares in `columns` where they are of too few schools."""
    enough = frame["schools"] >= BLANK_BELOW
    return frame.assign(**{column: frame[column].where(enough) for column in columns})
