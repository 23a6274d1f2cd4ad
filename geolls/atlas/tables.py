"""The csv files of an atlas: what a row of each is, and how it is made."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import pandas as pd

from geolls.base.text import small
from geolls.base.vocabulary import KINDS
from geolls.study.facts import Facts

__all__ = ["CsvTable", "csv_tables"]


class CsvTable(NamedTuple):
    """A table: what a row of it is, in words, and how it is made."""

    row: str
    make: Callable[[], pd.DataFrame]


def csv_tables(facts: Facts) -> dict[str, CsvTable]:
    """Return the tables of an atlas by the names of their files, in the order of its data page."""
    study, home = facts.study, facts.places[0]

    def word(key: str) -> str:
        return small(facts.layer(key).unit_title)

    return {
        **{
            f"places_{key}.csv": CsvTable(
                f"{word(key)}: its schools, trusts and maps", partial(_places, facts, key)
            )
            for key in facts.places
        },
        "trusts.csv": CsvTable(
            "trust with two or more schools: its spread", partial(_trusts, facts)
        ),
        "trusts_at_work.csv": CsvTable(
            "trust and place: how many of its schools are there", partial(_at_work, facts)
        ),
        "schools.csv": CsvTable("school: its unit in every layer", partial(_schools, facts)),
        "rejects.csv": CsvTable(
            "fault of the register: row, school, reason and what was done",
            lambda: study.register.rejects,
        ),
        "filtered.csv": CsvTable(
            "record that does not count, with the reason", lambda: study.register.filtered
        ),
        "disagreements.csv": CsvTable(
            "school whose point lies outside the district of its code",
            lambda: study.placement.disagreements,
        ),
        **{
            f"overlap_{home}_{key}.csv": CsvTable(
                f"{word(home)} and {word(key)} that meet", partial(study.overlap, home, key)
            )
            for key in facts.strips
            if key != home
        },
        **{
            f"coverage_{key}.csv": CsvTable(
                f"{word(key)}, shared set or reason for none",
                partial(study.coverage, key, by="schools"),
            )
            for key in facts.strips
        },
    }


def _places(facts: Facts, key: str) -> pd.DataFrame:
    shares = [f"share_{kind}" for kind in KINDS]
    said = ("pupils", "fsm_share", "trusts", "effective_maps")
    columns = ["name", "schools", *KINDS, *shares, *said]
    table = facts.units[key][columns].rename_axis("unit_code").reset_index()
    return table.rename(columns={"name": "unit_name"})


def _trusts(facts: Facts) -> pd.DataFrame:
    hidden = ["home_easting", "home_northing", "hubs"]
    return facts.trusts.drop(columns=hidden).reset_index(drop=True)


def _at_work(facts: Facts) -> pd.DataFrame:
    names = facts.trusts["trust_name"]
    rows = [
        (key, code, facts.unit_rows[key][code]["name"], uid, names[uid], here, based)
        for key in facts.places
        for code, found in sorted(facts.at_work[key].items())
        for uid, here, based in found
    ]
    columns = ["layer", "unit_code", "unit_name", "trust_uid", "trust_name", "schools", "at_home"]
    return pd.DataFrame(rows, columns=columns)


def _schools(facts: Facts) -> pd.DataFrame:
    keep = ["urn", "name", "phase", "pupils", "postcode", "kind", "trust_uid", "trust_name"]
    frame = facts.schools[keep].reset_index(drop=True)
    for key in facts.strips:
        found = [facts.unit_of[key].get(urn, ()) for urn in frame["urn"]]
        frame[f"{key}_code"] = [";".join(str(code) for code, _, _ in units) for units in found]
        frame[f"{key}_name"] = [";".join(str(name) for _, name, _ in units) for units in found]
    return frame
