"""Ask whether the most disadvantaged schools are between the maps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from geolls.base.errors import UsageError
from geolls.base.vocabulary import BLANK_BELOW, MINIMUM
from geolls.measures.disclosure import complement, suppress, without_few
from geolls.measures.spread import by_phase

__all__ = ["equity_gap", "fifths", "fsm_fifth"]

SHARES = ["fsm_share", "other_share", "equity_gap"]


def fsm_fifth(schools: pd.DataFrame) -> pd.Series[Any]:
    """Sort the schools of each phase into fifths by their share of pupils eligible for free meals.

    Parameters
    ----------
    schools : pandas.DataFrame
        urn, phase, pupils, fsm_pupils.

    Returns
    -------
    pandas.Series of float
        1 (fewest eligible) to 5 (most), indexed by urn; blank where pupils or eligible pupils are
        not known, or there are none.

    Notes
    -----
    Equally many schools in each fifth of a phase; equal shares are told apart by URN, so that the
    fifths do not hang on the order of the rows.
    """
    share = schools["fsm_pupils"] / schools["pupils"].mask(schools["pupils"] <= 0)
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
    schools: pd.DataFrame, value: pd.Series[Any], *, guarded: bool = True
) -> pd.DataFrame:
    """Measure how much more often eligible pupils meet something than the others do.

    Parameters
    ----------
    schools : pandas.DataFrame
        urn, phase, pupils, fsm_pupils.
    value : pandas.Series of bool or float
        A yes or no, or a share, for each school, indexed by urn; blank where not known.
    guarded : bool, default True
        Whether to hide what tells of fewer than ten eligible pupils or is a share of fewer than
        five schools. False is for work on data of your own that nobody else will see: hide small
        numbers yourself before you show any.

    Returns
    -------
    pandas.DataFrame
        One row per phase (`all` first): phase, schools, pupils, fsm_pupils (known on both; small
        counts hidden, see `suppress`),
        fsm_share (mean of the value over eligible pupils), other_share (over the others),
        equity_gap (their difference). Blank where there are no pupils on a side.

    Notes
    -----
    sum(f m)/sum(f) - sum((n - f) m)/sum(n - f) over schools with n pupils, f of them eligible,
    and value m. 0.05 means: of eligible pupils 5 in 100 more meet it. It says nothing of cause.

    A share and the count it is of give the eligible pupils who meet the thing, and those who do
    not; both shares together give the count even where that is hidden. So they are hidden with it,
    and so are phases that would tell them by subtraction from all phases.

    Source: the difference of exposures, as in the exposure indices of Massey and Denton 1988,
    doi:10.1093/sf/67.2.281.
    """
    table = _with_value(schools, value)
    names = ["phase", "schools", "pupils", "fsm_pupils", *SHARES]
    rows = [(str(phase), *_gap(part)) for phase, part in table.groupby("phase", sort=True)]
    phases = pd.DataFrame(rows, columns=names)
    whole = pd.DataFrame([("all", *_gap(table))], columns=names)
    if not guarded:
        return pd.concat([whole, phases], ignore_index=True)
    # The phases add up to all of them: a count hidden there must not be had by subtraction.
    both = [suppress(part, "fsm_pupils") for part in (whole, phases)]
    found = pd.concat(both, ignore_index=True).drop(columns="fsm_pupils_suppressed")
    hidden = _telling(found, _who_meets(table, ["phase"]), [found["phase"] != "all"])
    found.loc[hidden, SHARES] = float("nan")
    return found


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
        (1 fewest eligible .. 5 most), schools, pupils, fsm_pupils (suppressed under 10),
        school_share (mean over schools), pupil_share (by pupils), fsm_share (by eligible pupils),
        fsm_pupils_suppressed; shares of fewer than five schools are blank, and so is a share of
        eligible pupils where it, or the row of its phase in `equity_gap`, would tell of fewer than
        ten.
    """
    table = _with_value(schools, value)
    table["fsm_fifth"] = table["urn"].map(fsm_fifth(schools))
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
    found = without_few(found, ["school_share", "pupil_share", "fsm_share"])
    return _guarded_fifths(_hidden_fifths(found), table, equity_gap(schools, value))


def _hidden_fifths(found: pd.DataFrame) -> pd.DataFrame:
    """Hide small counts in every phase, and in all phases together what would give them away."""
    pooled = found["phase"] == "all"
    phases = suppress(found[~pooled], "fsm_pupils", by="phase")
    told = set(phases.loc[phases["fsm_pupils_suppressed"], "fsm_fifth"])
    known = found[pooled]
    whole = suppress(known, "fsm_pupils", hide=known["fsm_fifth"].isin(told).to_numpy())
    return pd.concat([whole, phases], ignore_index=True)


def _guarded_fifths(found: pd.DataFrame, table: pd.DataFrame, gap: pd.DataFrame) -> pd.DataFrame:
    """Blank what `equity_gap` blanks of the phase, and what would tell the like of a fifth."""
    shut = set(gap.loc[gap[["fsm_pupils", *SHARES]].isna().any(axis=1), "phase"])
    pooled = found["phase"] == "all"
    lines = [found["phase"] == phase for phase in found.loc[~pooled, "phase"].unique()]
    who = _who_meets(table, ["phase", "fsm_fifth"])
    hidden = _telling(found, who, lines) | found["phase"].isin(shut)
    # A pooled fifth is the sum of the phases' own: it says nothing that they do not.
    hidden |= pooled & found["fsm_fifth"].isin(found.loc[hidden & ~pooled, "fsm_fifth"])
    found.loc[hidden, "fsm_share"] = float("nan")
    whole = found["phase"].isin(shut) | (pooled & bool(shut - {"all"}))
    found.loc[whole, "fsm_pupils_suppressed"] |= found.loc[whole, "fsm_pupils"].notna()
    found.loc[whole, "fsm_pupils"] = float("nan")
    return found


Sides = list[tuple["pd.Series[Any]", "pd.Series[Any]"]]


def _who_meets(table: pd.DataFrame, keys: list[str]) -> Sides:
    """Return, by keys, the eligible pupils who meet a thing and all who do; and of the others."""
    both = pd.concat([table.assign(phase="all"), table])
    sides = []
    for share in (both["value"], 1 - both["value"]):
        sums = both.assign(few=share * both["fsm_pupils"], all=share * both["pupils"])
        grouped = sums.groupby(keys)[["few", "all"]].sum()
        sides.append((grouped["few"], grouped["all"]))
    return sides


def _telling(found: pd.DataFrame, sides: Sides, lines: list[pd.Series[Any]]) -> pd.Series[Any]:
    """Say which rows' shares would tell a small count, alone or by subtraction within a line.

    A side that no pupil is on tells nothing, and hides nothing.
    """
    keys = list(sides[0][0].index.names)
    index = pd.MultiIndex.from_frame(found[keys]) if len(keys) > 1 else pd.Index(found[keys[0]])
    counts = np.array(
        [few.reindex(index).where(every.reindex(index) > 0).to_numpy() for few, every in sides]
    )
    hidden = found["fsm_pupils"].isna() | (found["schools"] < BLANK_BELOW)
    begin = hidden.to_numpy() | (counts < MINIMUM).any(axis=0)
    rows = [np.flatnonzero(line) for line in lines]
    return pd.Series(complement(counts, begin, rows), found.index)


def _with_value(schools: pd.DataFrame, value: pd.Series[Any]) -> pd.DataFrame:
    table = schools[["urn", "phase", "pupils", "fsm_pupils"]].copy()
    table["value"] = pd.to_numeric(table["urn"].map(value.astype(object)), errors="coerce")
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


def _mean(value: pd.Series[Any], weight: pd.Series[Any]) -> float:
    total = float(weight.sum())
    return float((value * weight).sum()) / total if total > 0 else float("nan")
