"""Say what was measured: a table for the terminal, a page for the docs."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from .growth import Point, kb_a_school
from .measure import PATIENCE, Row, machine, said
from .reasons import reasons

_HEAD = (
    "step",
    "baseline",
    "geolls",
    "baseline took",
    "geolls took",
    "ratio",
    "spread",
    "turns",
    "goal",
    "",
)


def _value(values: Sequence[float], unit: str) -> str:
    middle = statistics.median(values)
    if unit == "s" and middle < 0.1:
        return f"{middle * 1000:.3g} ms"
    return f"{middle:.3g} {unit}" if middle < 1000 else f"{middle:,.0f} {unit}"


def cells(row: Row) -> tuple[str, ...]:
    """Return what the table says of a row."""
    low, high = row.spread
    spread = f"{said(low)} to {said(high)}" if len(row.mine) > 1 and low != high else ""
    goal = "" if row.goal is None else said(row.goal)
    return (
        row.step, row.baseline, row.ours, _value(row.base, row.unit), _value(row.mine, row.unit),
        said(row.ratio), spread, str(len(row.mine)), goal, row.verdict,
    )  # fmt: skip


def table(rows: Sequence[Row]) -> str:
    """Return rows as a table of GitHub's markdown, in columns for the eye."""
    if not rows:
        return ""
    lines = [_HEAD, *map(cells, rows)]
    width = [max(len(line[i]) for line in lines) for i in range(len(_HEAD))]
    text = ["| " + " | ".join(c.ljust(w) for c, w in zip(line, width, strict=True)) + " |"
            for line in lines]  # fmt: skip
    text.insert(1, "|" + "|".join("-" * (w + 2) for w in width) + "|")
    return "\n".join(text)


def _growth_to(first: Point, last: Point, kb: float) -> list[Row]:
    name = f"{last.scale} times the schools"
    times = last.schools / first.schools
    return [
        Row(f"{name}: time", "once the schools", f"{last.schools:,} schools",
            [first.seconds], [last.seconds], times),
        Row(f"{name}: memory of a further school", "0.6 kB, the goal",
            "placed, assigned, measured", [0.6], [kb], 1.0, unit="kB"),
    ]  # fmt: skip


def growth_rows(points: Sequence[Point], streams: Sequence[Mapping[str, float]]) -> list[Row]:
    """Return the goals about growth."""
    first = points[0]
    rows: list[Row] = []
    for last in (p for p in points[1:] if p.scale == 64 or p is points[-1]):
        upto = [p for p in points if p.scale <= last.scale]
        rows += _growth_to(first, last, kb_a_school(upto))
    if len(streams) > 1:
        rows.append(
            Row(
                f"peak memory of streaming {streams[-1]['rows'] / 1e6:.0f} M points",
                f"{streams[0]['rows'] / 1e6:.0f} M points",
                "assign_points",
                [streams[0]["peak_mb"]],
                [streams[-1]["peak_mb"]],
                1.5,
                unit="MB",
            )
        )
    return rows


def page(
    title: str,
    number: int,
    rows: Sequence[Row],
    against: Sequence[Row],
    notes: Sequence[str],
    grown: Sequence[Point],
    streams: Sequence[Mapping[str, float]],
    rate: Mapping[str, float] | None,
) -> str:
    """Return docs/performance.md."""
    met = sum(r.verdict == "met" for r in rows)
    goals = sum(r.verdict != "" for r in rows)
    remarks = [
        f"- {r.step} ({r.ours} against {r.baseline}): {'; '.join(filter(None, (r.equal, r.note)))}"
        for r in [*rows, *against]
        if r.equal or r.note
    ]
    why = list(reasons(rows))
    grew = [
        f"| {p.scale} | {p.schools:,} | {p.place:.2f} s | {p.assign:.2f} s | {p.spread:.2f} s | "
        f"{p.peak_mb:,.0f} MB |"
        for p in grown
    ]
    streamed = [
        f"| {s['rows']:,.0f} | {s['seconds']:.1f} s | {s['rows'] / s['seconds'] / 1e6:.2f} M | "
        f"{s['peak_mb']:,.0f} MB |"
        for s in streams
    ]
    parts = [
        "# Performance",
        "",
        "Written by `python -m benchmarks`; do not edit by hand. Ratios travel between machines, "
        "seconds do not.",
        "",
        f"Measured with the {title}, on {'; '.join(machine())}. Both ways of a row ran in turns "
        f"in one run, {number} times each or until {PATIENCE:.0f} s were over (at least twice); "
        "times and ratios are of the medians, the spread is that of the turns. Under 1.5 a ratio "
        "is noise. Memory is the peak of a process of its "
        "own. The answers of both ways were compared before their times. The baselines are in "
        "`benchmarks/baselines/`.",
        "",
        f"## Goals: {met} of {goals} met",
        "",
        table(rows),
        "",
        "## Tools people reach for",
        "",
        table(against),
        "",
        *[f"- {n}" for n in notes],
        "",
        "## What was found equal, and what to know",
        "",
        *remarks,
        "",
        *(["## Goals missed, and why", "", *[f"- {r}" for r in why], ""] if why else []),
        "## Growth",
        "",
        "Generated registers with more schools and trusts; each school is placed, assigned to four "
        "layers, and all trusts are measured.",
        "",
        "![Time and memory against the number of schools](images/growth.svg)",
        "",
        "| scale | schools | place | assign | measure trusts | peak memory |",
        "|---|---|---|---|---|---|",
        *grew,
        "",
        "## Tables of points",
        "",
    ]
    if rate:
        parts += [
            f"One core, warm, against districts: {rate['per_second'] / 1e6:.1f} million points a "
            f"second, in memory (the raster takes {rate['build']:.1f} s to build). From parquet to "
            "parquet with every area layer, resumable:",
            "",
        ]
    parts += [
        "| points | time | points a second | peak memory |",
        "|---|---|---|---|",
        *streamed,
        "",
        "See [scale](scale.md) for more than one machine.",
        "",
    ]
    return "\n".join(parts)
