"""Sort authorities into patterns of oversight by a stated rule, and show what hangs on it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

import numpy as np
import pandas as pd

from geolls.base.errors import UsageError
from geolls.base.schema import options
from geolls.base.text import day as in_words
from geolls.base.vocabulary import HOME_KINDS, PATTERNS
from geolls.measures.membership import Membership
from geolls.measures.sensitivity import Moved, moved_rules
from geolls.study.core import Core
from geolls.study.units import units_of, view_of

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
    larger = [f"share_{kind}" for kind in HOME_KINDS]
    inside = ["share_single_school_trust", *larger]
    found["academised_share"] = view[inside].sum(axis=1, min_count=4) / known.mask(known == 0)
    bands = [str(c) for c in view if str(c).startswith("share_band_")]
    top = ["effective_providers", "top_trust_name", "top_trust_share"]
    found = found.join(view[[*reversed(inside), "share_status_unknown", *bands, *top]])
    several = view[larger].sum(axis=1, min_count=3)
    found["elsewhere_share"] = view["share_trust_based_elsewhere"] / several.mask(several == 0)
    part = schools[schools["phase"] == rules.phase]
    return found.join(joining(part, study.membership(LAYER), list_day(study), rules.recent_years))


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
    years = (pd.Timestamp(on) - joined).dt.days / _YEAR
    year = joined.dt.year + (joined.dt.day_of_year - 1) / _YEAR
    unit, dated = table["unit_code"], table["share"] * joined.notna()
    recent = table["share"] * (years <= recent_years)
    all_dated = dated.groupby(unit).sum()
    return pd.DataFrame(
        {
            "joined_median": year.groupby(unit).median(),
            "years_median": years.groupby(unit).median(),
            "recent_share": recent.groupby(unit).sum() / all_dated.mask(all_dated == 0),
            "dated_share": all_dated / table["share"].groupby(unit).sum(),
        }
    ).rename_axis("unit_code")


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

    Schools whose trust status is not known count neither as maintained nor as in a trust.

    Examples
    --------
    >>> row = {"schools": 80, "academised_share": 0.9, "elsewhere_share": 0.1,
    ...        "years_median": 7.0, "recent_share": 0.1, "dated_share": 1.0}
    >>> patterns(pd.DataFrame([row]))["pattern"].tolist()
    ['A']
    """
    r = rules or TypologyRules()
    maintained = 1 - table["academised_share"]
    away = table["elsewhere_share"] >= r.elsewhere_share
    early = table["years_median"] >= r.early_years
    recent = table["recent_share"] >= r.recent_share
    years = table["years_median"].map(_down)
    until = in_words(on) if on else "the list day"
    since = f"half of the schools in trusts {did} " + years + f" years or more before {until}"
    lately = _percents(table["recent_share"])
    lately += f" of the schools in trusts {did} in the {r.recent_years:g} years to {until}"
    based = (
        _percents(table["elsewhere_share"])
        + " of those in trusts of two or more are in one based elsewhere ("
        + away.map({True: "at least", False: "less than"}).astype(str)
        + f" {_p(r.elsewhere_share)})"
    )
    # Shares add up in binary: half must not fail for a last digit.
    mostly = maintained >= r.maintained_share - 1e-12
    cases: list[tuple[pd.Series[bool], str | None, str | pd.Series[str]]] = [
        (table["schools"] < r.few, None, f"fewer than {r.few} {r.phase} schools"),
        (maintained.isna(), None, "no school whose trust status is known"),
        (
            mostly,
            "C",
            _percents(maintained) + f" are in no trust (at least {_p(r.maintained_share)})",
        ),
        (
            ~(table["dated_share"] >= 0.5),
            None,
            "joining dates known for fewer than half of the schools in trusts"
            if dated
            else UNKNOWN,
        ),
        (
            table["elsewhere_share"].isna(),
            "mixed",
            "most in trusts, none of them in a trust of two or more",
        ),
        (
            early & ~away,
            "A",
            since + f" (at least {r.early_years:g}); " + based,
        ),
        (
            recent & away,
            "B",
            lately + f" (at least {_p(r.recent_share)}); " + based,
        ),
        (
            ~away,
            "mixed",
            since + f" (less than {r.early_years:g}); " + based,
        ),
        (
            away,
            "mixed",
            lately + f" (less than {_p(r.recent_share)}); " + based,
        ),
    ]
    found = pd.DataFrame({"pattern": None, "rule": ""}, index=table.index, dtype=object)
    for holds, pattern, words in reversed(cases):
        found.loc[holds, "pattern"] = pattern
        found.loc[holds, "rule"] = words
    return found


def _p(share: float) -> str:
    return f"{share * 100:g}%"


def _down(value: float, unit: str = "") -> str:
    """Write a number cut after one decimal, so that 4.99 does not read as the threshold 5."""
    return f"{np.floor(value * 10 + 1e-9) / 10:g}{unit}"


def _percents(shares: pd.Series[float]) -> pd.Series[str]:
    return shares.map(lambda s: _down(s * 100, "%"))


def typology_sensitivity(
    study: Core, rules: TypologyRules | None = None, change: float = 0.1
) -> pd.DataFrame:
    """Show how many authorities change pattern when each threshold moves a little.

    Parameters
    ----------
    study : Core
        The study.
    rules : TypologyRules, optional
        Thresholds.
    change : float, optional
        How far to move each, as a share of it; `few` moves by whole schools.

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
    for step, moved in moved_rules(rules, names, change):
        table = _measured(study, moved) if step.threshold == "recent_years" else base
        after = patterns(table, moved)["pattern"].fillna("")
        changed = int((after != before).sum())
        share = changed / number if number else float("nan")
        rows.append((*step, number, changed, share, *(int((after == p).sum()) for p in PATTERNS)))
    columns = [*Moved._fields, "authorities", "changed", "changed_share", *PATTERNS]
    frame = pd.DataFrame(rows, columns=columns)
    undated = [] if knows_joinings(study) else [p for p in PATTERNS if p != "C"]
    return frame.assign(**dict.fromkeys(undated))
