"""Write the numbers of docs/typology.md: the patterns, and what hangs on each threshold."""

from __future__ import annotations

from geolls.base.text import DASH, count, percent
from geolls.base.vocabulary import PATTERNS
from geolls.study.core import Core
from geolls.study.typology import TypologyRules, rules_of, typology, typology_sensitivity


def typology_report(study: Core, rules: TypologyRules | None = None) -> str:
    """Write the patterns' numbers and what hangs on each threshold, as markdown.

    Parameters
    ----------
    study : Core
        The study.
    rules : TypologyRules, optional
        Thresholds.

    Returns
    -------
    str
        Two tables: how many authorities, schools and what they are like by pattern; how many
        authorities change pattern when a threshold moves by 10 %. No authority is named.
    """
    rules = rules or rules_of(study)
    table = typology(study, rules)
    lines = [
        "| pattern | authorities | schools | in a trust | of those in trusts of two or more, based "
        "elsewhere | years since half had joined | joined in the last "
        f"{rules.recent_years:g} years |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    named = table["pattern"].fillna("")
    for key, words in (*PATTERNS.items(), ("", "No pattern")):
        part = table[named == key]
        middle = part[["academised_share", "elsewhere_share", "years_median", "recent_share"]]
        acad, away, years, recent = middle.median().tolist()
        title = f"{key}: {words}" if key in {"A", "B", "C"} else words
        cells = [len(part), part["schools"].sum()]
        lines.append(
            f"| {title} | {' | '.join(count(c) for c in cells)} | {percent(acad)} | "
            f"{percent(away)} | {years:.1f} | {percent(recent)} |".replace("nan", DASH)
        )
    lines += ["", "Shares and years are those of the middle authority of each pattern.", ""]
    lines += [
        "| threshold | at | moved to | authorities that change pattern | A | B | C | mixed |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in typology_sensitivity(study, rules).itertuples():
        lines.append(
            f"| `{row.threshold}` | {getattr(rules, str(row.threshold)):g} | {row.value:g} | "
            f"{row.changed} of {row.authorities} | {row.A} | {row.B} | {row.C} | {row.mixed} |"
        )
    return "\n".join(lines) + "\n"
