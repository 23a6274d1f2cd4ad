"""The legend of a printed map: classes and patterns, lines, marks and signs, with their counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from operator import attrgetter
from string import ascii_lowercase
from typing import NamedTuple

import numpy as np
import pandas as pd

from geolls.base.interval import span
from geolls.base.text import count, small
from geolls.base.vocabulary import FAMILY_TITLES, REASON_PHRASES
from geolls.maps.data import Kind, LayerSpec, class_titles, say
from geolls.maps.drawn import Drawn, many_here
from geolls.maps.print.land import Faces, attrs, fill, link_or_hull, marks, symbol
from geolls.maps.print.svg import Run, Sheet, circle, inks, line, number, rect, text, width, wrap
from geolls.maps.styles import LINES, SITE, SYMBOLS, Mark

__all__ = ["COLUMN", "Group", "groups_of", "in_columns", "in_rows", "one_column", "shading_of"]

COLUMN = 117.0  # a column of the legend of a framed map
GAP = 13.0
SMALL = 8.6


class Key(NamedTuple):
    """A row of the legend: a sample, its meaning, how many."""

    kind: str  # "fill", "symbol", "line", "mark" or "sign"
    name: str
    title: str
    many: str = ""
    mark: Mark | None = None


class Group(NamedTuple):
    """Rows of the legend under one heading."""

    title: str
    keys: list[Key]
    note: Sequence[Run] = ()
    counts: str = ""  # what the counts are of


SIGNS = [
    Key("sign", "home", "Middle of its schools at home"),
    Key("sign", "link", "From a school elsewhere"),
    Key("sign", "hull", "Round all its schools"),
]


# ---------------------------------------------------------------- what it says


COUNTED = "A school counts where it stands."


def _many(n: int, spec: LayerSpec) -> str:
    return f"{n:,} {small(spec.title if n == 1 else spec.plural)}"


def shading_of(maps: Sequence[Faces]) -> Group | None:
    """Return one row per class and pattern with the number of its areas; None without shading.

    Parameters
    ----------
    maps : sequence of Faces
        Of one recipe: what lies on several is counted once.
    """
    faces = maps[0]
    drawn, m, spec = faces.drawn, faces.measure, faces.drawn.active
    if drawn.recipe.shade.startswith("coverage:"):
        shown = [one.drawn for one in maps]
        return Group(f"{spec.title} coverage", _coverage(shown, spec), [(COUNTED, False)])
    if m is None:
        return None
    inside = {(f.unit, f.said): f for one in maps for f in one.list if f.inside}.values()
    tally = Counter(faces.classes[f.unit] for f in inside if 0 <= f.unit < len(spec.units))
    rest = ((-2, f"fewer than {m.few} schools"), (-1, "no value"))
    scale = [row for row in enumerate(class_titles(m)) if m.format != "words" or tally[row[0]]]
    rows = [*scale, *(row for row in rest if row[0] in tally)]
    keys = [
        Key(
            "symbol" if m.format == "count" and c >= 0 else "fill",
            faces.class_fill(c),
            t,
            _many(tally[c], spec),
        )
        for c, t in rows
    ]
    found = Counter(f.fill for f in inside if not 0 <= f.unit < len(spec.units))
    apart = ("stripe", "shared, no line published"), ("cross", REASON_PHRASES["no_evidence"])
    keys += [
        Key("fill", fill, title, f"{found[fill]:,} {'area' if found[fill] == 1 else 'areas'}")
        for fill, title in (*apart, ("bare", "not covered"))
        if found[fill]
    ]
    if (n := sum(f.low for f in inside)) and "low_confidence" in drawn.recipe.patterns:
        keys.append(Key("fill", "hatch", "low confidence", f"in {_many(n, spec)}"))
    whose = m.england_title[:1].upper() + m.england_title[1:]
    beside = "" if m.england is None else f"{whose}: {say(m.beside, m.format)}."
    note = [(beside, False)] if beside and m.format != "words" else []
    return Group(m.title, keys, note)


def _coverage(maps: Sequence[Drawn], spec: LayerSpec) -> list[Key]:
    """Return how a layer covers the land, in areas of the recipe and, where known, schools."""
    drawn, inside = maps[0], np.any([one.inside for one in maps], axis=0)
    base = drawn.authorities if drawn.areas is spec else drawn.areas
    of, base_of = np.array(drawn.cover(spec).of), np.array(drawn.cover(base).of)
    low = np.isin(np.arange(of.size), drawn.cover(spec).low)
    kind = np.select(
        [~inside, of == -1, of == -2, of >= len(spec.units), low, of >= 0],
        ["", "cross", "bare", "stripe", "hatch", "r2"],
        default="",
    )
    tables = [one.data.on_blocks for one in maps if one.data.on_blocks is not None]
    on = pd.concat(tables).groupby(level=0).max() if tables else None
    words = ""
    out = []
    for name, title in (
        ("r2", f"one {spec.title}"),
        ("hatch", "one, low confidence"),
        ("stripe", "shared, no line published"),
        ("cross", "none found in our lists"),
        ("bare", "not covered"),
    ):
        if on is not None:
            blocks = np.array(drawn.data.topology.blocks)[kind == name]
            count = int(on.reindex(blocks).sum())
            words = f", {count:,} {'school' if count == 1 else 'schools'}"
        if n := np.unique(base_of[kind == name]).size:
            out.append(Key("fill", name, title, _many(n, base) + words))
    return out


def groups_of(maps: Sequence[Drawn]) -> list[Group]:
    """Return the rest of the legend: lines that are drawn by family, then marks and signs.

    Parameters
    ----------
    maps : sequence of Drawn
        Of one recipe: units are counted once, schools panel by panel.
    """
    out, drawn = list[Group](), maps[0]
    for family, title in FAMILY_TITLES.items():
        on = [s for s in drawn.layers if s.family == family and s.key in drawn.on]
        counts = [(s.label or s.title, s.style, many_here(maps, s)) for s in on]
        if keys := [Key("line", line, s, span(n, count)) for s, line, n in counts if n.high]:
            # Said once, over the first of them.
            out.append(Group(title, keys, (), "" if out or drawn.england else drawn.units_word))
    there = {kind for one in maps for kind in one.marked["kind"]}
    marked = [
        Key("mark", key, kind.title, _each(kind, [one.tally[key] for one in maps]), kind.mark)
        for key, kind in drawn.data.kinds.items()
        if kind.whole is not None or key in there
    ]
    if drawn.data.sites is not None:
        many = f"{len(drawn.data.sites):,}"
        out.append(Group("Lead schools", [Key("mark", "lead", "Lead school", many, SITE)]))
    panels = " / ".join(ascii_lowercase[: len(maps)]) if len(maps) > 1 else ""
    out += [Group(drawn.data.kinds_title, marked, (), panels)] if marked else []
    if marked and drawn.recipe.scope == "trust":
        out.append(Group("The trust", SIGNS if drawn.home is not None else SIGNS[-1:]))
    return out


def _each(kind: Kind, counts: Sequence[int]) -> str:
    """Say how many schools of a kind there are on each map, and of how many."""
    if len(counts) == 1 or kind.whole is None:
        return " / ".join(map(kind.counted, counts))
    return f"{' / '.join(f'{n:,}' for n in counts)}, of {kind.whole:,}"


# ---------------------------------------------------------------- how it is set


def _sample(key: Key, x: float, y: float, w: float, h: float, far: bool) -> str:
    """Draw a legend's sample in a box."""
    c, middle = inks(), y + h / 2
    if key.kind == "symbol":
        return symbol(x + w / 2, middle, SYMBOLS[key.name])
    if key.kind == "fill":
        under = rect(x, y, w, h, fill=fill("r2")) if key.name == "hatch" else ""
        return under + rect(x, y, w, h, fill=fill(key.name), stroke=c["rule2"], stroke_width=0.6)
    if key.kind == "line":
        style = LINES[key.name]
        stroke, ink = style.far if far else style.near, c[style.ink]
        return line(x, middle, x + w, middle, ink, max(stroke.wide, 0.9), attrs(style, stroke))
    if key.mark is not None:
        return marks(key.mark, np.array([[x + w / 2, middle]]), 1.0)
    if key.name == "home":
        return circle(x + w / 2, middle, 4, fill="none", stroke=c["ink"], stroke_width=1.3)
    return link_or_hull(key.name, f"M{number(x)} {number(middle)}h{number(w)}")


def in_rows(
    sheet: Sheet, shading: Group | None, groups: Sequence[Group], *, far: bool = True
) -> None:
    """Set a compact legend: rows of classes, then of lines, then of marks under their heading."""
    if shading is not None:
        _classes(sheet, shading, far)
    lines = [k for group in groups for k in group.keys if k.kind == "line"]
    _flow(sheet, lines, far)
    for group in groups:
        if marked := [k for k in group.keys if k.kind != "line"]:
            if not far:
                counts = [(group.counts, False)] if group.counts else []
                sheet.lines([(group.title, True), *counts], 8.0, "ink2")
                sheet.y += 2
            _flow(sheet, marked, far)


def _flow(sheet: Sheet, keys: Sequence[Key], far: bool) -> None:
    """Set samples with their words side by side, in as many rows as they need."""
    x = sheet.x
    for key in keys:
        wide = 15.0 if key.kind == "mark" else 29.0
        many = width(f"  {key.many}", 8.0)
        rows = wrap(key.title, 8.0, sheet.measure - wide - many)
        words = width(f"{key.title}  " if len(rows) == 1 else f"{rows[-1][-1][0]}  ", 8.0)
        whole = wide + words + width(key.many, 8.0) + 14
        if x > sheet.x and (len(rows) > 1 or x + whole > sheet.x + sheet.measure + 14):
            x, sheet.y = sheet.x, sheet.y + 12
        sheet.add(_sample(key, x, sheet.y - 1, wide - 5, 8, far))
        for row in rows[:-1]:
            sheet.add(text(x + wide, sheet.y + 6, row, 8.0, inks()["ink"]))
            sheet.y += 10
        sheet.add(text(x + wide, sheet.y + 6, rows[-1], 8.0, inks()["ink"]))
        sheet.add(text(x + wide + words, sheet.y + 6, key.many, 8.0, inks()["ink3"]))
        x += whole
    sheet.y += 14 if keys else 0


def _classes(sheet: Sheet, shading: Group, far: bool = True) -> None:
    """Set the shading's heading and its classes in rows: swatches side by side, words below."""
    sheet.lines([(shading.title, True), *shading.note], SMALL, "ink2")
    sheet.y += 4
    cells = min(7, max(5, len(shading.keys)), max(2, int(sheet.measure // 72)))
    step = sheet.measure / cells
    for start in range(0, len(shading.keys), cells):
        top = sheet.y
        for i, key in enumerate(shading.keys[start : start + cells]):
            cell = Sheet(sheet.x + i * step, top + 20 - 8.0 * 0.92, step - 7, sheet.out)
            cell.add(_sample(key, cell.x, top, step - 7, 11, far))
            cell.lines(key.title, 8.0, "ink", lead=9.8 / 8.0)
            cell.lines(key.many, 8.0, "ink3", lead=9.8 / 8.0)
            sheet.y = max(sheet.y, cell.y + 8.0 * 0.92)


def one_column(groups: Sequence[Group], column: Sheet) -> None:
    """Set groups of the legend one below another."""
    x, c = column.x, inks()
    for group in groups:
        column.add(line(x, column.y, x + COLUMN, column.y, c["rule"], 0.6))
        column.y += 5
        if group.counts:
            at = column.y + 8.1
            column.add(text(x + COLUMN, at, group.counts, 7.5, c["ink3"], anchor="end"))
        head = COLUMN - (44 if group.counts else 0)
        column.lines(group.title, 8.8, "ink", bold=True, measure=head)
        column.lines(group.note, 8.0, "ink2")
        column.y += 2
        for key in group.keys:
            _row(column, key)
        column.y += 6


def _row(column: Sheet, key: Key) -> None:
    """Set a sample, its meaning beside it, and how many: beside a line or mark, below a fill."""
    wide, x, c = (14.0 if key.kind == "mark" else 24.0), column.x, inks()
    start, count = x + wide + 5, width(key.many, SMALL) + 4
    filled = key.kind in {"fill", "symbol"}
    column.add(_sample(key, x, column.y + 2.4, wide, 9 if filled else 8, far=False))
    if not filled:
        at = column.y + 9.4
        column.add(text(x + COLUMN, at, key.many, SMALL, c["ink3"], anchor="end"))
    for row in wrap(key.title, SMALL, COLUMN - wide - 5 - (0 if filled else count)):
        column.add(text(start, column.y + 9.4, row, SMALL, c["ink"]))
        column.y += 10.4
    for row in wrap(key.many, 8.0, COLUMN - wide - 5) if filled else []:
        column.add(text(start, column.y + 8.6, row, 8.0, c["ink3"]))
        column.y += 9.8
    column.y += 3.4


def in_columns(groups: Sequence[Group], shading: Group | None, whole: Sheet) -> None:
    """Set a row of classes, and other groups in columns, each in the shortest so far."""
    if shading is not None:
        _classes(whole, shading)
        whole.y += 2
    many = int((whole.measure + GAP) // (COLUMN + GAP))
    lefts = [whole.x + i * (COLUMN + GAP) for i in range(many)]
    columns = [Sheet(left, whole.y, COLUMN, whole.out) for left in lefts]
    for group in groups:
        one_column([group], min(columns, key=attrgetter("y")))
    whole.y = max(column.y for column in columns)
