"""Why a goal is missed, by the start of a row's name; said on the page only while it is missed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .measure import Row

__all__ = ["REASONS", "reasons"]

REASONS: dict[str, str] = {
    "`geolls": (
        "four fifths of `geolls --help` are Python itself and click; the other commands also read "
        "and check the catalogue's files anew each time."
    ),
    "read the register": (
        "the register at hand is nearly empty columns, which pandas reads fast, and it is given "
        "neither the links nor the checking, cleaning and linking of rows; broken rows, letters of "
        "another encoding and quotes that never end are found on the way."
    ),
    "place all schools": (
        "long tables with names and reasons, the claims of each layer on blocks, a check of each "
        "code with its point, and reading the blocks. Where only units are wanted, "
        "`PointAssigner` is the way."
    ),
    "all 10 pairs": (
        "a membership is coded once for all layers it meets; the rest is one small table of words "
        "a pair, which pandas takes a third of a millisecond to build."
    ),
    "national map": (
        "drawing takes a third of a second in every run; the baseline, timed twice, took 19 s to "
        "26 s from one run to the next, so that the ratio lies on either side of its goal."
    ),
    "a map for each of": (
        "each has every layer, a panel, a legend, a table and search beside it, and the schools "
        "elsewhere of the trusts at work there, where the baseline has circles and three layers. "
        "The land of a page is coded by digits, at a twentieth of the time of deflating it. A "
        "third of what is left is writing numbers as text and deflating them, a fifth pandas "
        "picking the schools of a page, a tenth the template."
    ),
    "16 times the schools: memory": "not looked into in this version.",
    "64 times the schools: memory": (
        "three quarters is the register itself: its 31 columns hold 0.5 kB a school and take "
        "twice that while it is generated. Placing, assigning and measuring add 0.35 kB. Tables "
        "of points are streamed and hold none."
    ),
    "256 times the schools: time": (
        "the work grows in step with the schools; beyond a few GB two fifths of the time is the "
        "system's, handing out memory."
    ),
    "256 times the schools: memory": (
        "as for 64 times: three quarters is the register itself, at the peak of generating it."
    ),
    "atlas of": (
        "a trust's page takes some 17 ms and a place's 60 to 100: tables by pandas a quarter, "
        "the map's data and markup a half, words and template the rest."
    ),
    "peak memory of an atlas": (
        "what each school has in each layer is held once more, as the texts and numbers that "
        "pages look up; folium and the drawing of the national maps take the rest."
    ),
}


def reasons(rows: Sequence[Row]) -> Iterator[str]:
    """Say of each missed goal why it is missed, each reason once."""
    missed = [row.step for row in rows if row.verdict == "missed"]
    for start, reason in REASONS.items():
        steps = dict.fromkeys(step for step in missed if step.startswith(start))
        if steps:
            yield f"{'; '.join(steps)}: {reason}"
    known = tuple(REASONS)
    for step in dict.fromkeys(step for step in missed if not step.startswith(known)):
        yield f"{step}: no reason is written down yet; see `benchmarks/reasons.py`."
