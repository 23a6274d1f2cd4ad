"""Say what moved between two days of a study: areas, claims, schools and their trusts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from geolls.base.errors import UsageError
from geolls.base.vocabulary import ONE_OF
from geolls.layers.model import Problem
from geolls.measures.changes import (
    Days,
    area_changes,
    claim_changes,
    school_changes,
    school_moves,
)
from geolls.study.core import Core

__all__ = ["account", "changes", "days_of", "in_areas"]

COLUMNS = [
    *("what", "layer", "change", "code", "name", "from_code", "from_name", "to_code", "to_name"),
    *("share", "cause"),
]


def changes(
    before: Core,
    after: Core,
    successions: str | Path | None = None,
    told: list[Problem] | None = None,
) -> pd.DataFrame:
    """Say what moved between one study's day and another's; see `geolls.api.Study.changes`."""
    from geolls.register.register import read_successions

    links = read_successions(successions, told) if successions else None
    parts = [*_of_layers(before, after), *_of_schools(before, after, links)]
    table = pd.concat([p for p in parts if len(p)] or [pd.DataFrame()], ignore_index=True)
    return table.reindex(columns=COLUMNS)


def account(before: Core, after: Core, table: pd.DataFrame) -> pd.DataFrame:
    """Say of every school that differs in the two registers where its change is told, or why not.

    Parameters
    ----------
    before, after : Core
        Studies of two registers.
    table : pandas.DataFrame
        Of `changes`.

    Returns
    -------
    pandas.DataFrame
        One row per school whose status, trust or authority is not the same in both files, or that
        one of them lacks, by URN: urn, name, differs, and of each status, trust, authority what
        the files say (_before, _after); told: what the table has of it ("school converted; move
        trust"), or why it does not count.
    """
    from geolls.register.register import read_states

    paths = [study.settings.register for study in (before, after)]
    if None in paths or paths[0] == paths[1]:
        raise UsageError("an account is of two registers", fix="give --register and --to-register")
    old, new = (read_states(path) for path in paths if path)
    ends = ("_before", "_after")
    both = old.merge(new, "outer", left_index=True, right_index=True, suffixes=ends).fillna("")
    differ = pd.DataFrame({c: both[f"{c}_before"] != both[f"{c}_after"] for c in _STATED})
    both = both[differ.any(axis=1)]
    differs = differ.loc[both.index].apply(lambda row: ", ".join(row.index[row]), axis=1)
    columns = ["what", "change", "code", "from_code"]
    rows = table.loc[table["what"].isin(["school", "move"]), columns].astype(object).fillna("")
    said = rows["what"] + " " + rows["change"]
    urns = [rows["code"], rows["from_code"].where(rows["what"] == "school", "")]
    told = pd.concat([pd.DataFrame({"urn": urn, "said": said}) for urn in urns])
    known = told.drop_duplicates().groupby("urn")["said"].agg("; ".join)
    why = [_not_counted(study) for study in (after, before)]
    found = both.index.to_series().map(known)
    for reasons in why:
        found = found.fillna("not counted: " + both.index.to_series().map(reasons))
    out = both.assign(name=both["name_after"].where(both["name_after"] != "", both["name_before"]))
    columns = [f"{c}_{side}" for c in _STATED for side in ("before", "after")]
    out = out.assign(differs=differs, told=found.fillna(_SAME_HERE))[
        ["name", "differs", *columns, "told"]
    ]
    return out.rename_axis("urn").reset_index()


_STATED = ("status", "trust", "authority")
_SAME_HERE = "counted, and the same to geolls: the code is of another group than an academy trust"


def _not_counted(study: Core) -> pd.Series:
    """Return why each school of the register that does not count does not."""
    register = study.register
    reasons = pd.concat(
        [register.filtered[["urn", "reason"]], register.rejects[["urn", "reason"]]]
    ).dropna()
    reasons = reasons[~reasons["urn"].isin(study.schools["urn"])]
    return reasons.drop_duplicates("urn").set_index("urn")["reason"]


def days_of(before: Core, after: Core, key: str) -> Days:
    """Return the land of a layer on two days; official areas are renamed, others change hands."""
    word = "renamed" if before.catalogue.layers[key].tier else "operator"
    return Days(before.membership(key, "area"), after.membership(key, "area"), word)


def in_areas(table: pd.DataFrame) -> str:
    """Count distinct areas of a table of changes in words: "local_authority 2 began, 1 ended"."""
    areas = table[table["what"] == "area"].drop_duplicates(["layer", "change", "code"])
    counts: dict[str, list[str]] = {}
    for layer, mine in areas.groupby("layer", sort=False):
        told = mine["change"].value_counts(sort=False)
        counts[str(layer)] = [f"{n} {str(c).replace('_', ' ')}" for c, n in told.items()]
    several = [name for name in areas["name"].unique() if ONE_OF in str(name)]
    as_one = f"; counted as one each: {', '.join(several)}" * bool(len(several))
    return "; ".join(f"{layer} {', '.join(told)}" for layer, told in counts.items()) + as_one


def _of_layers(before: Core, after: Core) -> Iterator[pd.DataFrame]:
    weight = before.weights("area")
    for key in {**before.area_layers, **after.area_layers}:
        if key not in before.area_layers or key not in after.area_layers:
            word = "ended" if key in before.area_layers else "began"
            title = before.catalogue.layers[key].title
            yield pd.DataFrame([{"what": "layer", "layer": key, "change": word, "name": title}])
            continue
        days = days_of(before, after, key)
        old, new = days.before, days.after
        if before.layers[key].tier is None:
            found = claim_changes(old, new)
            lost = found["share_after"] < found["share_before"]
            yield pd.DataFrame(
                {
                    "what": "claim",
                    "layer": key,
                    "change": found["change"],
                    "code": found["item"],
                    "name": found["item"].map(before.block_names),
                    "from_code": found["unit_code"].where(lost),
                    "from_name": found["unit_name"].where(lost),
                    "to_code": found["unit_code"].where(~lost),
                    "to_name": found["unit_name"].where(~lost),
                    "share": (found["share_after"] - found["share_before"]).abs(),
                    "cause": found["item"].map(days.of_blocks),
                }
            )
            continue
        found = area_changes(old, new, weight)
        came = found["change"].isin(["began", "gained_land"])
        yield pd.DataFrame(
            {
                "what": "area",
                "layer": key,
                "change": found["change"],
                "code": found["unit_code"],
                "name": found["unit_name"],
                "from_code": found["other_code"].where(came, found["unit_code"]),
                "from_name": found["other_name"].where(came, found["unit_name"]),
                "to_code": found["unit_code"].where(came, found["other_code"]),
                "to_name": found["unit_name"].where(came, found["other_name"]),
                "share": found["share"],
                "cause": [
                    "line" if change.endswith("_land") else days.cause([code], [other]) or "renamed"
                    for change, code, other in zip(
                        found["change"],
                        found["unit_code"].where(~came, found["other_code"]),
                        found["other_code"].where(~came, found["unit_code"]),
                        strict=True,
                    )
                ],
            }
        )


def _of_schools(before: Core, after: Core, links: pd.DataFrame | None) -> Iterator[pd.DataFrame]:
    pairs = school_changes(before.schools, after.schools, links)
    found = pairs[pairs["change"] != "kept"]
    yield pd.DataFrame(
        {
            "what": "school",
            "change": found["change"],
            "code": found["urn_after"].fillna(found["urn_before"]),
            "name": found["name_after"].fillna(found["name_before"]),
            "from_code": found["urn_before"],
            "from_name": found["name_before"],
            "to_code": found["urn_after"],
            "to_name": found["name_after"],
            "cause": "school",
        }
    )
    kept = pairs.loc[pairs["change"] == "kept", ["urn_after", "name_after"]]
    was, now = (
        kept["urn_after"].map(study.schools.set_index("urn")["status"]) for study in (before, after)
    )
    other = was != now
    yield pd.DataFrame(
        {
            "what": "school",
            "change": "status",
            "code": kept.loc[other, "urn_after"],
            "name": kept.loc[other, "name_after"],
            "from_name": was[other],
            "to_name": now[other],
            "cause": "school",
        }
    )
    both = [k for k in before.area_layers if k in after.area_layers]
    moves = school_moves(
        pairs,
        {k: (before.membership(k), after.membership(k), days_of(before, after, k)) for k in both},
        (
            before.placement.schools.set_index("urn")["block"],
            after.placement.schools.set_index("urn")["block"],
        ),
    )
    # A trust that changed with no unit stands under every layer: once is enough here.
    unit = moves[moves["unit_cause"] != ""]
    yield pd.DataFrame(
        {
            "what": "move",
            "layer": unit["layer"],
            "change": "unit",
            "code": unit["urn_after"],
            "name": unit["name_after"],
            "from_code": unit["unit_before"],
            "from_name": unit["unit_name_before"],
            "to_code": unit["unit_after"],
            "to_name": unit["unit_name_after"],
            "cause": unit["cause"],
        }
    )
    trust = pairs[pairs["trust_changed"].fillna(False).astype(bool)]
    yield pd.DataFrame(
        {
            "what": "move",
            "change": "trust",
            "code": trust["urn_after"],
            "name": trust["name_after"],
            "from_code": trust["trust_before"],
            "from_name": trust["trust_name_before"],
            "to_code": trust["trust_after"],
            "to_name": trust["trust_name_after"],
            "cause": "trust",
        }
    )
