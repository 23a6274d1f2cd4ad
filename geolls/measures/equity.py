"""Ask whether the most disadvantaged schools are between the maps."""

from __future__ import annotations

from typing import Any

import pandas as pd

from geolls.base.errors import UsageError
from geolls.base.interval import Interval
from geolls.base.vocabulary import MINIMUM
from geolls.measures.disclosure import counted, withheld, without_few
from geolls.measures.spread import by_phase

__all__ = ["equity_gap", "fifths", "fsm_fifth"]

SHARES = ["fsm_share", "other_share", "equity_gap"]


def fsm_fifth(schools: pd.DataFrame, *, guarded: bool = True) -> pd.Series[Any]:
    """Sort the schools of each phase into fifths by their share of pupils eligible for free meals.

    Parameters
    ----------
    schools : pandas.DataFrame
        urn, phase, pupils, fsm_pupils.
    guarded : bool, default True
        As `equity_gap`.

    Returns
    -------
    pandas.Series of float
        1 (fewest eligible) to 5 (most), indexed by urn; blank where pupils or eligible pupils are
        not known, or there are none.

    Notes
    -----
    Equally many schools in each fifth of a phase; equal shares are told apart by URN, so that the
    fifths do not hang on the order of the rows. A school whose number is withheld is sorted by its
    stand-in.
    """
    eligible = counted(withheld(schools) if guarded else schools)
    share = eligible / schools["pupils"].mask(schools["pupils"] <= 0)
    table = pd.DataFrame(
        {"urn": schools["urn"].to_numpy(), "phase": schools["phase"].to_numpy(),
         "share": share.to_numpy(dtype=float)}
    )  # fmt: skip
    known = table.dropna(subset=["share"]).sort_values(["phase", "share", "urn"], kind="stable")
    groups = known.groupby("phase", sort=False)
    rank, size = groups.cumcount(), groups["urn"].transform("size")
    fifth = pd.Series((rank * 5 // size + 1).to_numpy(dtype=float), index=known["urn"].to_numpy())
    return fifth.reindex(pd.Index(table["urn"], name="urn")).rename("fsm_fifth")


def equity_gap(
    schools: pd.DataFrame,
    value: pd.Series[Any],
    *,
    guarded: bool = True,
    doubt: pd.Series[Any] | None = None,
) -> pd.DataFrame:
    """Measure how much more often eligible pupils meet something than the others do.

    Parameters
    ----------
    schools : pandas.DataFrame
        urn, phase, pupils, fsm_pupils.
    value : pandas.Series of bool or float
        A yes or no, or a share, for each school, indexed by urn; blank where not known.
    guarded : bool, default True
        Whether to withhold small numbers, by `measures.disclosure`, and shares of fewer than five
        schools. False is for work on data of your own that nobody else will see: hide small
        numbers yourself before you show any.
    doubt : pandas.Series of str, optional
        What each school's yes or no hangs on where nobody knows it, by urn, as the trust whose
        schools may cross a line or not; blank where it is known. Schools of one trust are in doubt
        together.

    Returns
    -------
    pandas.DataFrame
        One row per phase (`all` first): phase, schools, pupils, fsm_pupils (known on both),
        fsm_share (mean of the value over eligible pupils), other_share (over the others),
        equity_gap (their difference); the last three again with the endings _low and _high, each
        the least and the most that it can be. Blank where there are no pupils on a side.

    Notes
    -----
    sum(f m)/sum(f) - sum((n - f) m)/sum(n - f) over schools with n pupils, f of them eligible,
    and value m. 0.05 means: of eligible pupils 5 in 100 more meet it. It says nothing of cause.

    Guarded, a school whose number is withheld counts as its stand-in; a row is blank where all
    other schools have fewer than ten eligible pupils between them, and its shares with fewer than
    five schools.

    Source: the difference of exposures, as in the exposure indices of Massey and Denton 1988,
    doi:10.1093/sf/67.2.281.
    """
    table = _with_value(schools, value, guarded)
    table["doubt"] = None if doubt is None else table["urn"].map(doubt.astype(object))
    parts = [("all", table), *table.groupby("phase", sort=True)]
    rows = [(str(phase), *_gap(part), *_gap_ends(part)) for phase, part in parts]
    shares = [*SHARES, *(f"{share}_{end}" for share in SHARES for end in Interval._fields)]
    found = pd.DataFrame(rows, columns=["phase", "schools", "pupils", "fsm_pupils", *shares])
    if not guarded:
        return found
    return _told(found, table, ["phase"], shares).drop(columns="fsm_pupils_suppressed")


def fifths(schools: pd.DataFrame, value: pd.Series[Any], *, guarded: bool = True) -> pd.DataFrame:
    """Table a value by fifth of free-meal share within phase.

    Parameters
    ----------
    schools, value, guarded
        As `equity_gap`.

    Returns
    -------
    pandas.DataFrame
        One row per phase (`all` pools the fifths of the phases) and fifth: phase, fsm_fifth
        (1 fewest eligible .. 5 most), schools, pupils, fsm_pupils, school_share (mean over
        schools), pupil_share (by pupils), fsm_share (by eligible pupils), fsm_pupils_suppressed
        (whether fsm_pupils and fsm_share are withheld, as in `equity_gap`); shares of fewer than
        five schools are blank.
    """
    table = _with_value(schools, value, guarded)
    table["fsm_fifth"] = table["urn"].map(fsm_fifth(schools, guarded=guarded))
    table = table.dropna(subset=["fsm_fifth"])
    both = by_phase(table)
    both["pupil_part"] = both["value"] * both["pupils"]
    both["fsm_part"] = both["value"] * both["fsm_pupils"]
    found = (
        both.groupby(["phase", "fsm_fifth"], observed=True)
        .agg(
            schools=("urn", "size"),
            pupils=("pupils", "sum"),
            fsm_pupils=("fsm_pupils", "sum"),
            school_share=("value", "mean"),
            pupil_part=("pupil_part", "sum"),
            fsm_part=("fsm_part", "sum"),
        )
        .reset_index()
    )
    found = found.astype({"phase": "str", "fsm_fifth": int})
    found["pupil_share"] = found.pop("pupil_part") / found["pupils"].mask(found["pupils"] == 0)
    eligible = found["fsm_pupils"].mask(found["fsm_pupils"] == 0)
    found["fsm_share"] = found.pop("fsm_part") / eligible
    if not guarded:
        return found.assign(fsm_pupils_suppressed=False)
    found = _told(found, table, ["phase", "fsm_fifth"], ["fsm_share"])
    return without_few(found, ["school_share", "pupil_share"])


def _told(
    found: pd.DataFrame, table: pd.DataFrame, keys: list[str], shares: list[str]
) -> pd.DataFrame:
    """Blank the numbers and shares of rows of withheld schools alone, and shares of few schools."""
    both = pd.concat([table.assign(phase="all"), table])
    both["open"] = both["fsm_pupils"].mask(both["hidden"], 0.0)
    parts = both.groupby(keys)[["open", "hidden"]].sum().reset_index()
    parts = found[keys].merge(parts.astype({"phase": "str"}), on=keys, how="left").fillna(0)
    told = (parts["open"] >= MINIMUM) | ((parts["open"] + parts["hidden"]) == 0)
    found[["fsm_pupils", *shares]] = found[["fsm_pupils", *shares]].where(told, axis=0)
    return without_few(found.assign(fsm_pupils_suppressed=~told), shares)


def _with_value(schools: pd.DataFrame, value: pd.Series[Any], guarded: bool) -> pd.DataFrame:
    """Return the schools of which all is known: with eligible pupils as sums count them."""
    told = withheld(schools) if guarded else schools
    table = schools[["urn", "phase", "pupils"]].assign(
        fsm_pupils=counted(told),
        hidden=told.get("fsm_pupils_suppressed", False),
        value=pd.to_numeric(schools["urn"].map(value.astype(object)), errors="coerce"),
    )
    table["value"] = table["value"].astype(float)
    known = table.dropna(subset=["value", "pupils", "fsm_pupils"])
    bad = (known["fsm_pupils"] > known["pupils"]) | (known["pupils"] < 0)
    if bad.any():
        urn = known.loc[bad, "urn"].iloc[0]
        raise UsageError(f"school {urn} has more eligible pupils than pupils", where="equity")
    return known.reset_index(drop=True)


def _gap(table: pd.DataFrame) -> tuple[int, float, float, float, float, float]:
    value, eligible = table["value"], table["fsm_pupils"]
    others = table["pupils"] - eligible
    first = _mean(value, eligible)
    second = _mean(value, others)
    total, known = float(table["pupils"].sum()), float(eligible.sum())
    return len(table), total, known, first, second, first - second


def _gap_ends(table: pd.DataFrame) -> tuple[float, ...]:
    """Return the least and the most of both shares and of their difference.

    Each doubt is one yes or no: the difference is least with a yes where that lowers it.
    """
    eligible = table["fsm_pupils"]
    sides = pd.DataFrame({"first": eligible, "second": table["pupils"] - eligible})
    total = sides.sum()
    sides = sides / total.where(total > 0)
    sure = table["doubt"].isna()
    known = sides.mul(table["value"], axis=0)[sure].sum(min_count=0).where(total > 0)
    open_ = sides.groupby(table["doubt"]).sum()
    most, step = known + open_.sum(), open_["first"] - open_["second"]
    gap = known["first"] - known["second"]
    return (
        *(known["first"], most["first"], known["second"], most["second"]),
        *(gap + step.clip(upper=0).sum(), gap + step.clip(lower=0).sum()),
    )


def _mean(value: pd.Series[Any], weight: pd.Series[Any]) -> float:
    total = float(weight.sum())
    return float((value * weight).sum()) / total if total > 0 else float("nan")
