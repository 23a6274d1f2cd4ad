"""Write docs/what-if.md: python tools/write_what_if.py REGISTER [AS_OF].

One function a section; each is given the study and yields lines. To add one, name it in SECTIONS.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from geolls.api import Study, open_study
from geolls.base.files import write_text
from geolls.base.interval import Interval, between, span
from geolls.base.text import count
from geolls.layers.scenario import NOT_FOUND, shipped
from geolls.measures.regrouping import Comparison
from geolls.study.history import days_of, files_in
from geolls.study.history import history as follow
from geolls.study.realigning import Realignment
from geolls.study.scenario import BASES
from geolls.study.settings import Settings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "what-if.md"


# ---- in markdown --------------------------------------------------------------------------------


def ends(row: pd.Series, name: str) -> Interval:
    """Return both ends of a column of a row; of what is known, the one number twice."""
    low, high = (row.get(f"{name}_{end}", row[name]) for end in Interval._fields)
    return Interval(float(low), float(high))


def grid(heading: Sequence[str], rows: Iterable[Sequence[object]], words: int = 1) -> Iterator[str]:
    """Yield a table: so many columns of words, then numbers to the right."""
    yield f"| {' | '.join(heading)} |"
    yield f"|{'|'.join('---' if i < words else '---:' for i in range(len(heading)))}|"
    for row in rows:
        yield f"| {' | '.join(map(str, row))} |"


def commands(study: Study, *lines: str) -> list[str]:
    """Return the commands that print a section's numbers."""
    file = Path(study.register.source["path"]).name
    given = f"--register {file} --as-of {study.as_of}"
    return ["```console", *(f"{line} {given}" for line in lines), "```", ""]


def summary_of(found: Comparison, layer: str = "") -> pd.DataFrame:
    """Return the rows of a summary that are about no layer of hubs, or about one."""
    table = found.summary
    return table[table["layer"] == layer].set_index("measure")


# ---- what every reorganisation tells ------------------------------------------------------------


def reorganisation(study: Study, key: str) -> Iterator[str]:
    """Yield what would change from today's authorities to those of a scenario."""
    found = study.scenario_compare("local_authority", key)
    layer = study.taking([key]).layer(key)
    summary, places = summary_of(found), found.places
    changed = places[[ends(r, "schools_gained").high + ends(r, "schools_lost").high > 0
                      for _, r in places.iterrows()]]  # fmt: skip
    moved = ends(summary.loc["schools"], "moved")
    pupils = ends(summary.loc["pupils"], "moved")
    word = study.population.word
    yield f"## {layer.title}"
    yield ""
    yield f"{layer.note} Source: {layer.source}. Confidence: {layer.confidence}."
    yield ""
    yield (
        f"{between(moved, count).capitalize()} {word} schools with {between(pupils, count)} pupils "
        f"would have another authority ({BASES[found.basis]})."
    )
    yield ""
    heading = ["authority", "schools before", "after", "pupils before", "after"]
    heading += ["trusts at work before", "after", "Teaching School Hubs met before", "after"]
    names = ["schools", "pupils", "trusts", "teaching_school_hub"]
    columns = [f"{name}_{side}" for name in names for side in ("before", "after")]
    yield from grid(
        heading,
        (
            [row["unit_name"], *(span(ends(row, c), count) for c in columns)]
            for _, row in changed.iterrows()
        ),
    )
    total = {c: places[c].sum() for c in columns[:4]}
    yield ""
    yield (
        f"Nothing is lost: England has {count(total['schools_before'])} {word} schools and "
        f"{count(total['pupils_before'])} pupils before, {count(total['schools_after'])} and "
        f"{count(total['pupils_after'])} after."
    )
    yield ""
    yield from trusts(found, summary)
    if key in DRAWN:
        yield f"![Land that moves: {layer.title}](images/what-if-{key}.svg)"
        yield ""
    yield from commands(
        study,
        f"geolls scenario compare local_authority {key}",
        f"geolls scenario compare local_authority {key} -o schools-that-move.csv",
        f"geolls map what_if --set right={key} -o what-moves.html",
    )


def trusts(found: Comparison, summary: pd.DataFrame) -> Iterator[str]:
    """Yield which trusts would be split between authorities, or be in one."""
    touched, split, joined = (
        ends(summary.loc[name], "moved") for name in ("trusts", "trusts_split", "trusts_joined")
    )
    yield (
        f"{between(touched, count).capitalize()} trusts of two or more schools have such a school. "
        f"Split from one authority into several: {span(split, count)}; joined from several into "
        f"one: {span(joined, count)}."
    )
    yield ""
    told = found.trusts[found.trusts["change"] != ""]
    if len(told):
        yield from grid(
            ["trust", "what becomes of it", "schools", "units before", "units after"],
            (
                [
                    row["trust_name"],
                    row["change"],
                    count(row["schools"]),
                    span(ends(row, "units_before"), count),
                    span(ends(row, "units_after"), count),
                ]
                for _, row in told.iterrows()
            ),
            words=2,
        )
        yield ""


DRAWN = ("surrey_2027", "hampshire_2028")


def shelf(study: Study) -> Iterator[str]:
    """Yield what comes with geolls."""
    yield "## What comes with geolls"
    yield ""
    held = study.taking(shipped())
    layers = [held.layer(key) for key in shipped()]
    yield from grid(
        ["scenario", "what", "source", "of", "confidence"],
        ([f"`{v.key}`", v.title, v.source, v.source_date, v.confidence] for v in layers),
        words=5,
    )
    yield ""
    yield NOT_FOUND
    yield ""


# ---- sections -----------------------------------------------------------------------------------


def surrey(study: Study) -> Iterator[str]:
    """Yield what becomes of Surrey, whose Order is made."""
    yield from reorganisation(study, "surrey_2027")


def whole_districts(study: Study) -> Iterator[str]:
    """Yield a reorganisation of 2028 of whole districts."""
    yield from reorganisation(study, "lancashire_2028")


def part_districts(study: Study) -> Iterator[str]:
    """Yield one that divides districts along lines that are not to hand."""
    yield from reorganisation(study, "hampshire_2028")
    yield (
        "Four districts are divided, and no line is to hand: each school there may be in either "
        "council, so counts are told at least and at most. Mid Hampshire has no district of its "
        "own for sure."
    )
    yield ""


def hubs_along_authorities(study: Study) -> Iterator[str]:
    """Yield what hubs along the lines of authorities would move."""
    yield "## Hubs along the lines of authorities"
    yield ""
    yield (
        "Nobody proposes this. Each authority that several hubs list goes whole to the one with "
        "most of its schools; what it would take is counted, by where schools stand."
    )
    yield ""
    rows = []
    for key in ("teaching_school_hub", "maths_hub"):
        found = study.scenario_compare(key, f"{key}_along_authorities")
        table = summary_of(found)
        units, schools = table.loc["units"], table.loc["schools"]
        one = table.loc["trusts_in_one_unit"]
        share = [f"{table.loc['home_share', side]:.1%}" for side in ("before", "after")]
        rows.append(
            [
                study.layer(key).title,
                count(units["before"]),
                count(units["after"]),
                span(ends(schools, "moved"), count),
                span(ends(table.loc["pupils"], "moved"), count),
                span(ends(one, "before"), count),
                span(ends(one, "after"), count),
                *share,
            ]
        )
    heading = ["layer", "units before", "after", "schools that move", "pupils"]
    heading += ["trusts in one unit before"]
    yield from grid([*heading, "after", "mean home share before", "after"], rows)
    yield ""
    yield from commands(
        study,
        "geolls scenario compare teaching_school_hub teaching_school_hub_along_authorities",
        "geolls scenario compare maths_hub maths_hub_along_authorities",
    )


COSTS = (0.0, 0.03, 0.1, 0.15, 0.3, 1.0)


def proposals(study: Study) -> Realignment:
    """Return the groupings that the page tells of and draws."""
    return study.memo(
        "realigned", lambda: study.realign("teaching_school_hub", size=(150, 420), moves=COSTS)
    )


def frontier(study: Study) -> Iterator[str]:
    """Yield what other lines of Teaching School Hubs would keep, and cost."""
    found = proposals(study)
    yield "## Teaching School Hubs realigned: the frontier"
    yield ""
    yield (
        "Nobody proposes this. Districts of 2009 to 2019 are grouped anew into as many hubs, "
        "each in one piece and of 150 to 420 schools, so that sister schools of a trust lie in "
        "one hub, less what a school's move costs: a trust's links weigh as many as its "
        "schools. The gap is how far a grouping is at most from the best there can be: `(bound "
        "- objective) / bound`, of what a grouping can decide (links within a district are "
        "kept by all)."
    )
    yield ""
    yield from (f"- {line.rstrip('.')}." for line in found.told)
    yield ""
    rows = (
        [
            "today" if row["cost"] != row["cost"] else f"{row['cost']:g}",
            f"{row['kept_share']:.1%}",
            *(count(row[c]) for c in ("schools_moved", "pupils_moved", "areas_moved")),
            f"{row['schools_least']:g} to {row['schools_most']:g}",
            "yes" if row["contiguous"] else f"no, {row['units_in_pieces']} in pieces",
            *(f"{row[c]:.3f}" for c in ("v_today", "v_authorities")),
            *(
                "" if row["cost"] != row["cost"] else f"{row[c]:,.0f}"
                for c in ("objective", "bound")
            ),
            "" if row["cost"] != row["cost"] else f"{row['gap']:.1%}",
        ]
        for row in found.frontier.to_dict("records")
    )
    heading = [
        "cost of a move",
        "links kept",
        "schools moved",
        "pupils",
        "districts",
        "schools a hub",
    ]
    heading += ["in one piece", "V with today", "V with authorities", "objective", "bound", "gap"]
    yield from grid(heading, rows)
    yield ""
    yield "![Where the hub would be another, at a cost of 0.15](images/what-if-realigned.svg)"
    yield ""
    yield from commands(
        study,
        "geolls realign teaching_school_hub --size 150:420 --moves 0,0.03,0.1,0.15,0.3,1",
        "geolls realign teaching_school_hub --size 150:420 --moves 0.15 --list moves",
        "geolls realign teaching_school_hub --size 150:420 --moves 0.15 --out proposals",
    )


def one_more(study: Study) -> Iterator[str]:
    """Yield the site of one more hub lead in the region farthest from any."""
    far = study.table("far_schools")
    region = study.membership("region").frame("urn", reasons=False).set_index("urn")
    all_, gone = region["unit_name"].value_counts(), region["unit_name"].reindex(far["urn"])
    share = (gone.value_counts() / all_).sort_index()
    name = str(share.idxmax())
    found = study.site("teaching_school_hub_lead", add=1, within="20km", place=f"region:{name}")
    row = found.table.iloc[0]
    yield "## One more hub lead where most are far from one"
    yield ""
    yield (
        f"In {name} {share.max():.0%} of schools are over 20 km, in a straight line, from every "
        "lead school of a Teaching School Hub, more than in any other region."
    )
    yield ""
    yield from (f"- {line.rstrip('.')}." for line in found.told)
    yield ""
    yield (
        f"{row['name']} ({row['la_name']}, URN {row['urn']}) is where most schools would be newly "
        f"within 20 km: {count(row['schools_newly'])}, with {count(row['pupils_newly'])} pupils; "
        f"other schools that would do as well: {row['ties']}. A point on a map, found by distance "
        "alone: it says nothing of the school."
    )
    yield ""
    yield from commands(
        study, f'geolls site teaching_school_hub_lead --add 1 --within 20km --place "region:{name}"'
    )


def years(study: Study) -> Iterator[str]:
    """Yield 2017 to 2025 for England and three places, from the files beside the register."""
    folder = Path(str(study.settings.register)).parent
    days = days_of(files_in([folder], "registers"), files_in([folder], "group links"), 2017)
    told = [day for day in days if day.trusts]
    places = ["Leeds", "Cornwall", "Greater Manchester"]
    table = pd.DataFrame(follow(told, places, settings=Settings(), data=study.data))
    yield "## From 2017 to 2025"
    yield ""
    yield (
        "Each row is a real day: of a whole register, or of the group links published that "
        "day. Between two days nothing is assumed. Schools and academies are those that the first "
        "register made since has as open; a trust of which the links of the day do not tell is not "
        "known, and counts in the interval."
    )
    yield ""
    heading = ["day", "schools", "academies", "in trusts", "trusts at work", "effective providers"]
    heading += ["in trusts based elsewhere", "trusts across a Teaching School Hub line"]
    for place, mine in table.groupby("place", sort=False):
        yield f"### {place}, 2017 to 2025"
        yield ""
        yield from grid(
            heading,
            (
                [
                    row["day"],
                    count(row["schools"]),
                    f"{row['academy_share']:.1%}",
                    span(ends(row, "in_trusts"), count),
                    count(row["trusts"]),
                    f"{row['effective_providers']:,.1f}",
                    f"{row['based_elsewhere_share']:.1%}",
                    span(ends(row, "trusts_across_teaching_school_hub"), "{:.0%}".format)
                    if row["trusts_across_teaching_school_hub"]
                    == row["trusts_across_teaching_school_hub"]
                    else "no hubs yet",
                ]
                for _, row in mine.iterrows()
            ),
        )
        yield ""
    yield (
        "Academies are counted by their open days on any day since 2010; who left a trust between "
        "two of these days, and came back, does not show."
    )
    yield ""
    yield from [
        "```console",
        "geolls history --registers registers/ --group-links links/ --place Leeds --place Cornwall",
        "```",
        "",
    ]


SECTIONS: tuple[Callable[[Study], Iterator[str]], ...] = (
    shelf,
    surrey,
    whole_districts,
    part_districts,
    hubs_along_authorities,
    frontier,
    one_more,
    years,
)
INTRODUCTION = """\
# What if

What would a line cost? A scenario is a layer made from another by moves: `merge` units, `move`
districts or authorities, `split` a unit along another layer, `use` a table. It recommends nothing:
it says what moves, and who is affected. Written by `python tools/write_what_if.py REGISTER`; a test
writes sections again and compares.

```console
geolls scenario                                         # those that come with geolls
geolls scenario new -o what-if.toml                     # a file to edit, with comments
geolls scenario check what-if.toml                      # check it, and say what moves
geolls scenario show what-if.toml                       # its units: schools, pupils, land
geolls scenario compare local_authority what-if.toml    # what it would change
geolls map what_if --set right=what-if.toml -o map.html # the land that moves
geolls overlap what-if.toml teaching_school_hub         # a layer like any other
```

The keys of the file are in [Add a layer](add-a-layer.md). Before and after are counted
on one basis, named on every output: the body that maintains a school, where the units of both
layers are made of authorities, else where the school stands. Where several units list land and no
line is to hand, a school there is in one of them, and what counts is told at least and at most.

| `--list` | one row is |
|---|---|
| `summary` | a measure, before, after, and what moves: units, schools, pupils, trusts, trusts in \
one unit, split, joined, `home_share`, and for each layer of hubs `homogeneity`, `splits`, \
`hubs_met` |
| `places` | a unit: schools and pupils before, after, gained, lost; trusts at work; hubs met |
| `flows` | a pair of units between which schools move |
| `trusts` | a trust with a school that moves: its units and home share before and after |
| `hubs` | a hub with a school that moves |
| `schools` | a school that moves, or may: what all other numbers add up from |
"""


def page(study: Study, sections: Sequence[Callable[[Study], Iterator[str]]] = SECTIONS) -> str:
    """Return the page as markdown."""
    counted = f"{len(study.schools):,} {study.population.title}"
    made = f"Schools: {study.register.label}. Day: {study.as_of}. Counted: {counted}.\n"
    parts = ["\n".join(section(study)).rstrip() + "\n" for section in sections]
    return "\n".join([INTRODUCTION, made, *parts])


def draw_proposal(study: Study) -> None:
    """Draw what one of the groupings would move."""
    with TemporaryDirectory() as folder:
        written = {path.stem: path for path in proposals(study).write(Path(folder))}
        drawn = study.taking([str(path := written["realigned_teaching_school_hub_0_15"])])
        picture = PAGE.parent / "images" / "what-if-realigned.svg"
        drawn.save_map(
            "what_if",
            picture,
            left="teaching_school_hub",
            right=str(path),
            figure={"width": "170mm"},
        )


def main(register: str, as_of: str = "2025-07-18") -> None:
    """Write the page and its pictures."""
    study = open_study(register=register, as_of=as_of)
    write_text(PAGE, page(study))
    for key in DRAWN:
        path = PAGE.parent / "images" / f"what-if-{key}.svg"
        study.save_map("what_if", path, right=key, figure={"width": "170mm"})
    draw_proposal(study)


if __name__ == "__main__":
    main(*sys.argv[1:])
