"""Who counts and what trusts run, against a second computation from the raw files."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from geolls.atlas.book import Book
from geolls.base.populations import POPULATIONS, population_of
from geolls.base.vocabulary import MAINSTREAM
from geolls.measures.spread import spread
from geolls.register.register import read_register
from geolls.study.facts import facts_of

pytestmark = pytest.mark.real_data

GROUPS = {
    "Academies",
    "Free Schools",
    "Local authority maintained schools",
    "Special schools",
}
# In a group that is state-funded, and not so themselves.
NOT_FUNDED = {
    "Academy secure 16 to 19",
    "Non-maintained special school",
    "Other independent school",
    "Other independent special school",
}
COLLEGE = "City technology college"  # in the group of independent schools, and state-funded
PHASES = {
    "Nursery": "nursery",
    "Primary": "primary",
    "Middle deemed primary": "middle_deemed_primary",
    "Secondary": "secondary",
    "Middle deemed secondary": "middle_deemed_secondary",
    "All-through": "all_through",
    "16 plus": "post_16",
}
SIGNS = {
    "special": "special",
    "pupil referral": "alternative",
    "alternative": "alternative",
    "16 to 19": "post_16",
    "16-19": "post_16",
}
TRUSTS = {"Multi-academy trust", "Single-academy trust", "Secure single-academy trust"}


class Case(NamedTuple):
    """A register, the links of its trusts if any, the day, and what must be counted."""

    register: str
    links: str | None
    day: str
    schools: dict[str, int]
    several: int
    more: int
    single: int
    elsewhere: int


CASES = [
    # 1,091 trusts of two or more mainstream schools; 102 of them run others as well; 16 schools
    # are the only mainstream one of a larger trust, 78 larger trusts have none.
    Case(
        "edubasealldata_reconstructed_2023-01.csv.gz",
        "alllinksdata_2022-03.csv.gz",
        "2022-09-01",
        {"mainstream": 20_197, "all": 22_021, "middle": 73, "special": 1_078, "nursery": 383,
         "alternative": 335, "post_16": 28, "other": 0},
        several=1_091, more=102, single=16, elsewhere=78,
    ),
    Case(
        "edubasealldata_2025-07-18.csv.gz",
        None,
        "2025-07-18",
        {"mainstream": 20_159, "all": 22_013, "middle": 97, "special": 1_061, "nursery": 379,
         "alternative": 334, "post_16": 77, "other": 3},
        several=1_065, more=158, single=13, elsewhere=74,
    ),
]  # fmt: skip


def day(text: str) -> str:
    """Write 01-09-2022 so that text sorts as days do; a blank is a blank."""
    return "-".join(reversed(text.replace("/", "-").split("-")))


def phase_of(row: dict[str, str]) -> str:
    said = PHASES.get(row["PhaseOfEducation (name)"])
    if said:
        return said
    kind, number = row["TypeOfEstablishment (name)"].lower(), row["EstablishmentNumber"]
    if kind:
        return next((phase for sign, phase in SIGNS.items() if sign in kind), "other")
    special = number[:1] == "7" or (number.isdigit() and 5950 <= int(number) < 6000)
    if special or row["EstablishmentTypeGroup (name)"] == "Special schools":
        return "special"
    return "alternative" if number.isdigit() and 1100 <= int(number) < 1150 else "other"


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="latin-1", newline="") as file:
        yield from csv.DictReader(file)


@cache
def by_hand(folder: Path, register: str, links: str | None, at: str) -> pd.DataFrame:
    """Return the open state-funded schools of England with phase, pupils and trust, in loops."""
    trust: dict[str, tuple[str, str]] = {}
    if links:
        for link in rows_of(folder / links):
            joined, closed = day(link["Joined date"]), day(link["Closed Date"])
            gone = closed and closed < at
            if link["Group Type"] in TRUSTS and joined <= at and not gone:
                trust[link["URN"]] = max(
                    trust.get(link["URN"], ("", "")), (joined, link["Group UID"])
                )
    out = []
    for row in rows_of(folder / register):
        kind, group = row["TypeOfEstablishment (name)"], row["EstablishmentTypeGroup (name)"]
        funded = (group in GROUPS and kind not in NOT_FUNDED) or kind == COLLEGE
        abroad = row["DistrictAdministrative (code)"][:1] in {"W", "S", "N", "L", "M"}
        status, opened, closed = (
            row["EstablishmentStatus (name)"], day(row["OpenDate"]), day(row["CloseDate"])
        )  # fmt: skip
        open_ = status.startswith("Open") or (status == "Closed" and closed >= at)
        shut = closed and closed < at
        if not funded or abroad or not open_ or shut or opened > at:
            continue
        flag = row["TrustSchoolFlag (name)"]
        own = row["Trusts (code)"] if "academy trust" in flag else ""
        uid = trust.get(row["URN"], ("", own))[1]
        out.append((row["URN"], phase_of(row), row["NumberOfPupils"], uid))
    table = pd.DataFrame(out, columns=["urn", "phase", "pupils", "trust"])
    return table.assign(pupils=pd.to_numeric(table["pupils"]))


@pytest.mark.parametrize("case", CASES, ids=["2022", "2025"])
def test_populations_and_what_trusts_run_are_as_counted_by_hand(
    real_data: Path, case: Case
) -> None:
    gias = real_data / "gias"
    mine = by_hand(gias, *case[:3])
    links = gias / case.links if case.links else None
    register = read_register(gias / case.register, links, as_of=case.day)

    every = register.everywhere.set_index("urn")
    assert every.index.is_unique
    assert every["phase"].to_dict() == mine.set_index("urn")["phase"].to_dict()
    for name, population in POPULATIONS.items():
        n = int(mine["phase"].isin(population.phases).sum())
        assert case.schools.get(name, n) == n == int(every["phase"].isin(population.phases).sum())
    assert register.source["phases"] == MAINSTREAM
    assert set(register.schools["phase"]) <= set(MAINSTREAM)
    assert not set(register.others["phase"]) & set(MAINSTREAM)

    table = spread(register.schools, {}, everywhere=register.everywhere).set_index("trust_uid")
    counted = mine[mine["phase"].isin(MAINSTREAM)].groupby("trust")["pupils"].agg(["size", "sum"])
    whole = mine.groupby("trust")["pupils"].agg(["size", "sum"])
    counted, whole = counted.drop(index=""), whole.drop(index="")
    assert table["schools"].to_dict() == counted["size"].to_dict()
    assert table["schools_all"].to_dict() == whole["size"].reindex(counted.index).to_dict()
    assert table["pupils"].to_dict() == counted["sum"].to_dict()
    assert table["pupils_all"].to_dict() == whole["sum"].reindex(counted.index).to_dict()

    run, ran = table["schools"], table["schools_all"]
    assert (run >= 2).sum() == case.several
    assert ((run >= 2) & (ran > run)).sum() == case.more
    assert ((run == 1) & (ran >= 2)).sum() == case.single
    assert (~whole[whole["size"] >= 2].index.isin(table.index)).sum() == case.elsewhere
    single = table["trust_type"].isin(["single_academy_trust", "multi_academy_trust_one_school"])
    assert (ran[table["trust_type"] == "multi_academy_trust_one_school"] == 1).all()
    assert (ran[~single] >= 2).all()


@pytest.mark.parametrize(
    ("case", "study"), [(CASES[0], "real_study"), (CASES[1], "recent_study")], ids=["2022", "2025"]
)
def test_every_trust_of_two_or_more_schools_of_any_phase_has_a_page(
    real_data: Path, case: Case, study: str, request: pytest.FixtureRequest
) -> None:
    mine = by_hand(real_data / "gias", *case[:3])
    mine = mine[mine["trust"] != ""]
    runs = mine.groupby("trust").size()
    counted = mine[mine["phase"].isin(MAINSTREAM)].groupby("trust").size()
    counted = counted.reindex(runs.index, fill_value=0)
    book = Book(facts_of(request.getfixturevalue(study), ("local_authority", "dfe_region")))

    assert {p.key[0] for p in book.pages if p.kind == "trust"} == set(runs[runs >= 2].index)
    for rows, alone in ((book.facts.trust_rows, False), (book.facts.uncounted, True)):
        uids = runs[(runs >= 2) & ((counted == 0) == alone)].index
        said = {uid: (row["schools"], row["schools_all"]) for uid, row in rows.items()}
        assert said == {uid: (counted[uid], runs[uid]) for uid in uids}
    assert len(book.facts.uncounted) == case.elsewhere
    for uid in book.facts.uncounted:
        others = mine[mine["trust"] == uid]
        assert {s["urn"] for s in book.facts.others[uid]} == set(others["urn"])
    listed = book.make("trusts.html")["trusts.html"].decode()
    assert f"{case.elsewhere} more run two or more schools, none of which counts" in listed
    assert all(f'href="{book.path_of("trust", uid)}"' in listed for uid in book.facts.uncounted)


def test_all_counts_what_mainstream_leaves_to_others(real_data: Path) -> None:
    gias, case = real_data / "gias", CASES[1]
    mainstream, everything = (
        read_register(gias / case.register, as_of=case.day, phases=name)
        for name in ("mainstream", "all")
    )
    assert everything.others.empty
    pd.testing.assert_frame_equal(
        mainstream.everywhere.sort_values("urn", ignore_index=True), everything.schools
    )
    assert population_of(everything.source["phases"]).name == "all"
