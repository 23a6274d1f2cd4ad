"""Sort authorities into patterns of oversight by a stated rule, and show what hangs on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from geolls.base.errors import UsageError
from geolls.base.interval import Interval, between, bounds, ends_of
from geolls.base.schema import options
from geolls.base.text import day as in_words
from geolls.base.vocabulary import BLANK_BELOW, HOME_KINDS, PATTERNS
from geolls.measures.membership import Membership
from geolls.measures.sensitivity import Moved, moved_rules
from geolls.study.core import Core
from geolls.study.units import members_of, units_of, view_of

__all__ = [
    "UNKNOWN",
    "TypologyRules",
    "by_opening",
    "joining",
    "known_until",
    "knows_joinings",
    "list_day",
    "patterns",
    "rules_of",
    "typology",
    "typology_sensitivity",
]

LAYER = "local_authority"
#: What is said in place of a pattern that hangs on joining dates, where none is known.
UNKNOWN = "not known without --links: no joining dates"
UNDATED = "joining dates known for fewer than half of the schools in trusts"
#: What begins the rule where the pattern hangs on shared land, or on a school's status.
NOT_SURE = "not known"
_YEAR = 365.25  # days


@dataclass(frozen=True)
class TypologyRules:
    """The thresholds that sort an authority; table `[typology]` of a study file.

    Parameters
    ----------
    maintained_share : float
        C: at least this share of the schools whose status is known are in no trust. Half: what
        "mostly" means.
    elsewhere_share : float
        Of the schools in trusts of two or more: at least this share in trusts based elsewhere is
        "mainly elsewhere" (B), less is "based there" (A). Half again.
    early_years : float
        A: half of the schools in trusts joined theirs at least this many years before the last
        day whose joinings are known. Five is a round number next to England's middle: half of all
        primaries in trusts in July 2022 had joined theirs 5.2 years or more before.
    recent_share : float
        B: at least this share of the schools in trusts joined theirs within `recent_years`. A
        quarter; in England it is just under.
    recent_years : float
        How long ago is recent.
    few : int
        With fewer schools, or fewer than half of the joining dates known, there is no pattern.
    phase : str
        The phase the rule looks at.

    Raises
    ------
    UsageError
        When a share is not between 0 and 1, or another threshold is not positive.
    """

    maintained_share: float = 0.5
    elsewhere_share: float = 0.5
    early_years: float = 5.0
    recent_share: float = 0.25
    recent_years: float = 3.0
    few: int = 20
    phase: str = "primary"

    def __post_init__(self) -> None:
        """Refuse thresholds that mean nothing."""
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "phase":
                continue
            most = 1.0 if field.name.endswith("_share") else np.inf
            if not 0 < value <= most or value == np.inf:
                raise UsageError(
                    f"{field.name} = {value!r} is out of range",
                    where="typology",
                    fix="shares lie between 0 and 1, all else is more than 0",
                )


def rules_of(study: Core) -> TypologyRules:
    """Return the rules of a study: the defaults, with those of its table `[typology]`."""
    return options(TypologyRules, study.settings.typology, "typology")


def typology(study: Core, rules: TypologyRules | None = None) -> pd.DataFrame:
    """Sort every local authority into a pattern, and say which rule decided.

    Parameters
    ----------
    study : Core
        The study; its phases must include the one of the rules.
    rules : TypologyRules, optional
        Thresholds; by default those of the study.

    Returns
    -------
    pandas.DataFrame
        One row per authority, sorted by code: unit_code, unit_name, schools (of the phase),
        known_share (of schools whose trust status is known), academised_share (in any trust, of
        those known), share_no_single_home, share_trust_based_elsewhere, share_trust_home_here,
        share_single_school_trust, share_status_unknown, share_band_<band>, effective_providers,
        top_trust_name, top_trust_share (all of schools of the phase, as
        `placeview.place_view`), elsewhere_share (of schools in trusts of two or more),
        joined_median (year and fraction), years_median (before the list day),
        recent_share (of the schools in trusts, how many joined within `recent_years`),
        dated_share (of the schools in trusts, how many have a joining date), list_day (the last
        day whose joinings are known; blank where none is), pattern (A, B, C, mixed, or blank), rule
        (in words).

    Raises
    ------
    UsageError
        When the study has no authorities, or no school of the phase.

    Notes
    -----
    See `patterns` for the rule and `joining` for the dates. The patterns describe who runs the
    schools of a phase and since when; they say nothing about how well, and one authority can
    hold several patterns.
    """
    rules = rules or rules_of(study)

    def build() -> pd.DataFrame:
        table, on, dated = _measured(study, rules), list_day(study), knows_joinings(study)
        did = "opened as academies" if by_opening(study) else "joined"
        found = patterns(table, rules, on, dated=dated, did=did)
        return table.assign(list_day=on if dated else None).join(found).reset_index()

    return study.memo(("typology", rules), build)


def _measured(study: Core, rules: TypologyRules) -> pd.DataFrame:
    """Return what the rule looks at, indexed by unit_code."""
    if LAYER not in study.area_layers:
        raise UsageError("the typology needs the layer local_authority", where="layers")
    schools, names = study.schools, units_of(study, LAYER)["name"]
    if not (schools["phase"] == rules.phase).any():
        raise UsageError(
            f"the study has no {rules.phase} schools",
            where="typology",
            fix=f"add {rules.phase} to phases, or set phase in [typology]",
        )
    view = view_of(study, LAYER)
    view = view[view["phase"] == rules.phase].set_index("unit_code")
    view = view.reindex(names.index).assign(unit_name=names)
    view["schools"] = view["schools"].fillna(0.0)
    known = 1 - view["share_status_unknown"]
    found = view[["unit_name", "schools"]].assign(known_share=known)
    bands = [str(c) for c in view if str(c).startswith("share_band_")]
    top = ["effective_providers", "top_trust_name", "top_trust_share"]
    inside = [*reversed(HOME_KINDS), "single_school_trust", "status_unknown"]
    found = found.join(view[[*(f"share_{kind}" for kind in inside), *bands, *top]])
    claims = members_of(study, LAYER).reset_index(drop=True)
    of = schools.iloc[claims["row"]].reset_index(drop=True)
    at = (of["phase"] == rules.phase).to_numpy()
    claims, of = claims[at], of[at]
    for end in Interval._fields:
        found[f"schools_{end}"] = claims.groupby("unit_code")[f"share_{end}"].sum()
    found = found.fillna({"schools_low": 0.0, "schools_high": 0.0})
    runs, kind = claims["trust_known"], claims["kind"]
    dark, several = of["status_unknown"] & ~runs, runs & (kind != "single_school_trust")
    part = schools[schools["phase"] == rules.phase]
    shares = (
        _part(claims, "academised_share", runs, maybe=dark),
        _part(
            *(claims, "elsewhere_share", kind == "trust_based_elsewhere", several),
            maybe=several & (kind == "status_unknown"),
        ),
        joining(part, study.membership(LAYER), list_day(study), rules.recent_years),
    )
    found = found.join(list(shares))
    # As in every table: the share of fewer than five schools is not told.
    few = ~(found["schools"] >= BLANK_BELOW)
    told = [c for c in found if str(c).startswith(("academised_share", "elsewhere_share"))]
    return found.assign(**{str(c): found[c].mask(few) for c in told})


def _part(
    claims: pd.DataFrame,
    name: str,
    yes: pd.Series[bool],
    of: pd.Series[bool] | None = None,
    maybe: pd.Series[bool] | None = None,
) -> pd.DataFrame:
    """Return a share of some schools of each unit, and the least and the most that it can be.

    Of those `of` which it asks, `yes` are and `maybe` may be; the others are not. The share itself
    is of those that are known, and counts shared schools in parts.
    """
    no = ~yes if of is None else of & ~yes
    maybe = no & False if maybe is None else maybe

    def weight(column: str, which: pd.Series[bool]) -> pd.Series[float]:
        return (claims[column] * which).groupby(claims["unit_code"]).sum()

    share, low, high = (
        mine / (mine + others).replace(0.0, np.nan)
        for mine, others in (
            (weight("share", yes), weight("share", no & ~maybe)),
            (weight("share_low", yes), weight("share_high", no)),
            (weight("share_high", yes | maybe), weight("share_low", no & ~maybe)),
        )
    )
    return pd.DataFrame({
        name: share, f"{name}_low": low.fillna(share), f"{name}_high": high.fillna(share),
    })  # fmt: skip


def list_day(study: Core) -> date:
    """Return the last day whose joinings the study can know.

    That is the day of the group links, or of the last joining in them where that is later: links
    called those of March 2022 can tell of July; without links that of the register. It is never
    later than the study's day.
    """
    source = study.register.source
    keys = ("vintage_schools",) if by_opening(study) else ("vintage_links", "last_joined")
    known = [day for key in keys if (day := source.get(key))]
    return min(study.as_of, max(known, default=study.as_of))


def by_opening(study: Core) -> bool:
    """Tell whether a school counts as in its trust since it opened as an academy.

    So it is without group links: the day is the first on which it can have joined.
    """
    return study.register.source.get("joined_by") == "opening"


def known_until(study: Core) -> str:
    """Say until when joinings are known, and by what."""
    until = in_words(list_day(study))
    if by_opening(study):
        return (
            "Without --links a school counts as in its trust since it opened as an academy, "
            f"known until {until}"
        )
    return f"Joinings are known until {until}"


def knows_joinings(study: Core) -> bool:
    """Tell whether any school of the study has a day on which it joined its trust."""
    return bool(study.schools["trust_joined"].notna().any())


def joining(
    schools: pd.DataFrame, place: Membership, on: date, recent_years: float = 3.0
) -> pd.DataFrame:
    """Say when the schools of every area joined the trusts they are in.

    Parameters
    ----------
    schools : pandas.DataFrame
        One row per school: urn, trust_uid (missing: in no trust), trust_joined (date or missing).
    place : Membership
        Which unit of the place layer has which school.
    on : datetime.date
        The list day: what came after is not known, so the window ends there.
    recent_years : float, optional
        Length of the window.

    Returns
    -------
    pandas.DataFrame
        One row per area with a school in a trust, indexed by unit_code: joined_median (year and
        fraction: 2017.5 is the middle of 2017), years_median (before `on`), recent_share,
        dated_share; medians and recent_share are of the schools with a date.

    Notes
    -----
    The date is that of joining the present trust: a school that changed trusts, or whose trust
    was merged into another, shows the later day. A shared school counts once in the median and by
    its share in the shares.
    """
    inside = schools.loc[schools["trust_uid"].notna(), ["urn", "trust_joined"]]
    table = inside.merge(place.frame("urn", reasons=False), on="urn")
    joined = pd.to_datetime(table["trust_joined"])
    table["years"] = (pd.Timestamp(on) - joined).dt.days / _YEAR
    year = joined.dt.year + (joined.dt.day_of_year - 1) / _YEAR
    unit, dated = table["unit_code"], joined.notna()
    share = table["share"]
    ends = [_middles(t["years"], t["share_low"] > 0) for _, t in table[dated].groupby(unit)]
    found = pd.DataFrame(
        {
            "joined_median": year.groupby(unit).median(),
            "years_median": table["years"].groupby(unit).median(),
            "dated_share": (share * dated).groupby(unit).sum() / share.groupby(unit).sum(),
        }
    )
    names = [f"years_median_{end}" for end in Interval._fields]
    found[names] = pd.DataFrame(ends, sorted(set(unit[dated])), names, dtype=float)
    recent = _part(table, "recent_share", dated & (table["years"] <= recent_years), dated)
    return found.join(recent).rename_axis("unit_code")


def _middles(values: pd.Series[float], sure: pd.Series[bool]) -> Interval:
    """Return the least and the most that the median can be, whichever of the others count too."""
    own, rest = values[sure].tolist(), sorted(values[~sure])
    if not rest:
        return bounds(float(np.median(own)))
    ways = [n for n in range(len(rest) + 1) if own or n]
    return Interval(
        min(float(np.median([*own, *rest[:n]])) for n in ways),
        max(float(np.median([*own, *rest[len(rest) - n :]])) for n in ways),
    )


def patterns(
    table: pd.DataFrame,
    rules: TypologyRules | None = None,
    on: date | None = None,
    *,
    dated: bool = True,
    did: str = "joined",
) -> pd.DataFrame:
    """Apply the rule to measured areas.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per area: schools, academised_share, elsewhere_share, years_median, recent_share,
        dated_share.
    rules : TypologyRules, optional
        Thresholds.
    on : datetime.date, optional
        The list day, for the words of the rule.
    dated : bool, optional
        Whether any joining date is known; where none is, the words say what is missing.
    did : str, optional
        What the schools did on those dates.

    Returns
    -------
    pandas.DataFrame
        One row per area, in the same order and with the same index: pattern (A, B, C, mixed;
        blank where there are too few schools or dates), rule (in words).

    Notes
    -----
    The first that holds:

    1. fewer than `few` schools: no pattern;
    2. 1 - academised_share >= maintained_share: C;
    3. fewer than half of the joining dates known, or no trust of two or more: no pattern, mixed;
    4. years_median >= early_years and elsewhere_share < its threshold: A;
    5. recent_share >= its threshold and elsewhere_share >= its threshold: B;
    6. all else: mixed, with the half that holds and the half that does not.

    Shares are of the schools whose status is known. Where several areas list land, and where the
    status or the home of a trust is not known, each number has its ends (`_low`, `_high`), and the
    rule is tried with all: where it comes to more than one pattern there is none, and the rule
    says which numbers it hangs on.

    Examples
    --------
    >>> row = {"schools": 80, "academised_share": 0.9, "elsewhere_share": 0.1,
    ...        "years_median": 7.0, "recent_share": 0.1, "dated_share": 1.0}
    >>> patterns(pd.DataFrame([row]))["pattern"].tolist()
    ['A']
    """
    rules, until = rules or TypologyRules(), in_words(on) if on else "the list day"
    rows = table.to_dict("records")
    found = [_sorted(row, rules, until, UNDATED if dated else UNKNOWN, did) for row in rows]
    return pd.DataFrame(found, index=table.index, columns=["pattern", "rule"], dtype=object)


class _Test:
    """Whether a figure of an area passes a threshold: yes, no, or both can be."""

    def __init__(self, figure: Interval, least: float) -> None:
        # Shares add up in binary: half must not fail for a last digit.
        self.can = {figure.low >= least - 1e-12, figure.high >= least - 1e-12}
        self.figure, self.least = figure, least

    def said(self, write: Callable[[float], str], words: str) -> str:
        """Say the figure, beside its threshold."""
        asked = "the rule asks for" if len(self.can) > 1 else "less than"
        asked = "at least" if self.can == {True} else asked
        least = f"{self.least * 100:g}%" if write is _percent else f"{self.least:g}"
        return f"{words.format(between(self.figure, write))} ({asked} {least})"


def _sorted(
    row: Mapping[Any, Any], rules: TypologyRules, until: str, undated: str, did: str
) -> tuple[str | None, str]:
    """Return the pattern of one area, and the rule that decided in words."""
    n, maintained = ends_of(row, "schools"), ends_of(row, "academised_share").less_from(1)
    elsewhere, recent = (ends_of(row, f"{name}_share") for name in ("elsewhere", "recent"))
    enough, mostly = _Test(n, rules.few), _Test(maintained, rules.maintained_share)
    away, lately = (
        _Test(elsewhere, rules.elsewhere_share),
        _Test(recent, rules.recent_share),
    )
    early = _Test(ends_of(row, "years_median"), rules.early_years)
    phase, window = rules.phase, f"{rules.recent_years:g} years to {until}"
    since = f"half of the schools in trusts {did} {{}} years or more before {until}"
    words = {
        enough: enough.said(_down, f"{{}} {phase} schools"),
        mostly: mostly.said(_percent, "{} are in no trust"),
        early: early.said(_down, since),
        lately: lately.said(_percent, f"{{}} of the schools in trusts {did} in the {window}"),
        away: away.said(
            _percent, "{} of those in trusts of two or more are in one based elsewhere"
        ),
    }

    def case(
        enough_: bool, mostly_: bool, early_: bool, lately_: bool, away_: bool
    ) -> tuple[str | None, Sequence[_Test] | str]:
        if not enough_:
            return None, f"fewer than {rules.few} {phase} schools"
        if maintained.low != maintained.low:
            return None, "no school whose trust status is known"
        if mostly_:
            return "C", (mostly,)
        if not row["dated_share"] >= 0.5:
            return None, undated
        if elsewhere.low != elsewhere.low:
            return "mixed", "most in trusts, none of them in a trust of two or more"
        if early_ and not away_:
            return "A", (early, away)
        if lately_ and away_:
            return "B", (lately, away)
        return "mixed", (lately if away_ else early, away)

    tests = tuple(words)
    ways = dict.fromkeys(case(*can) for can in product(*(sorted(t.can) for t in tests)))
    found, open_ = {pattern for pattern, _ in ways}, [words[t] for t in tests if len(t.can) > 1]
    if len(found) > 1:
        return None, f"{NOT_SURE}: {'; '.join(open_)}"
    pattern, why = next(iter(ways))
    if len(ways) > 1:
        why = tuple(dict.fromkeys(t for _, used in ways if not isinstance(used, str) for t in used))
    return pattern, why if isinstance(why, str) else "; ".join(words[t] for t in why)


def _down(value: float, unit: str = "") -> str:
    """Write a number cut after one decimal, so that 4.99 does not read as the threshold 5."""
    return f"{np.floor(value * 10 + 1e-9) / 10:g}{unit}"


def _percent(share: float) -> str:
    return _down(share * 100, "%")


def typology_sensitivity(study: Core, rules: TypologyRules | None = None) -> pd.DataFrame:
    """Show how many authorities change pattern when each threshold moves by a tenth.

    Parameters
    ----------
    study : Core
        The study.
    rules : TypologyRules, optional
        Thresholds.

    Returns
    -------
    pandas.DataFrame
        One row per threshold and direction: threshold, value (as moved), moved (share),
        authorities (with a pattern before), changed, changed_share, and A, B, C, mixed (how many
        then have each pattern; blank but for C where no joining date is known).
    """
    rules = rules or rules_of(study)
    base = _measured(study, rules)
    before = patterns(base, rules)["pattern"].fillna("")
    number = int((before != "").sum())
    rows = []
    names = {f.name for f in fields(rules)} - {"phase"}
    for step, moved in moved_rules(rules, names):
        table = _measured(study, moved) if step.threshold == "recent_years" else base
        after = patterns(table, moved)["pattern"].fillna("")
        changed = int((after != before).sum())
        share = changed / number if number else float("nan")
        rows.append((*step, number, changed, share, *(int((after == p).sum()) for p in PATTERNS)))
    columns = [*Moved._fields, "authorities", "changed", "changed_share", *PATTERNS]
    frame = pd.DataFrame(rows, columns=columns)
    undated = [] if knows_joinings(study) else [p for p in PATTERNS if p != "C"]
    return frame.assign(**dict.fromkeys(undated))
