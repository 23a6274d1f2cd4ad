"""How a layer covers the country, in schools and authorities: shares that add up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from geolls.measures.membership import is_reason
from geolls.study.facts import Facts

__all__ = ["coverage_rows", "shared_share"]

_WORDS = {
    "one": ("One {}", "One hub names the area"),
    "low": ("One hub, low confidence", "Inferred; no list names it"),
    "shared": ("Shared by several hubs", "Each serves part; the line is not published"),
    "none": ("No hub found", "In none of the lists we hold"),
    "not_located": ("Not placed", "Schools with neither code nor point"),
}


def coverage_rows(facts: Facts, key: str) -> list[dict[str, Any]]:
    """Count schools and authorities by how a layer covers them.

    Parameters
    ----------
    facts : Facts
        Every table.
    key : str
        A layer of hubs.

    Returns
    -------
    list of dict
        key, title, text, n (schools, a shared one in parts), areas (authorities, each once, where
        most of its schools are).
    """
    study = facts.study
    table, claims = study.assigned(key), study.land(key)
    block = study.placement.schools.set_index("urn")["block"].reindex(table["urn"])
    here = pd.MultiIndex.from_arrays([block.astype(object), table["unit_code"].astype(object)])
    low = claims[claims["confidence"] == "low"]
    weak = pd.MultiIndex.from_arrays([low["block"].astype(object), low["unit_code"].astype(object)])
    kind = np.select(
        [
            table["unit_code"] == "not_located",
            is_reason(table["unit_code"]),
            table["share"] < 1,
            here.isin(weak),
        ],
        ["not_located", "none", "shared", "low"],
        default="one",
    )
    home = study.assigned(facts.places[0]).set_index("urn")["unit_code"]
    area = home.reindex(table["urn"]).to_numpy()
    frame = pd.DataFrame({"kind": kind, "n": table["share"].to_numpy(), "area": area})
    schools = frame.groupby("kind")["n"].sum()
    most = frame.groupby(["area", "kind"])["n"].sum().sort_values(kind="stable")
    areas = most.reset_index().drop_duplicates("area", keep="last")["kind"].value_counts()
    return [
        {
            "key": k,
            "title": title.format(facts.layer(key).unit_title),
            "text": text,
            "n": float(schools.get(k, 0.0)),
            "areas": int(areas.get(k, 0)),
        }
        for k, (title, text) in _WORDS.items()
        if k in schools or k in ("one", "none")
    ]


def shared_share(facts: Facts, key: str, code: str) -> float:
    """Return the share of a unit's schools that it shares with others of its layer."""
    home = facts.places[0]
    shared = sum(v.get(code, 0.0) for v in facts.shared.get((home, key), {}).values())
    whole = float(facts.unit_rows.get(key, {}).get(code, {}).get("schools", 0.0))
    return shared / whole if whole else 0.0
