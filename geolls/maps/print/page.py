"""Draw a recipe for print: the same map as a static SVG or PNG on A4, without a browser."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import shapely

from geolls.base.files import write_bytes, write_text
from geolls.maps.data import MapData
from geolls.maps.drawn import Drawn, resolve
from geolls.maps.print import svg as paper
from geolls.maps.print.labels import Room, callouts, labels, put, short
from geolls.maps.print.land import Box, Faces, Land, View, footprint, grown, schools
from geolls.maps.print.legend import (
    COLUMN,
    GAP,
    SMALL,
    groups_of,
    in_columns,
    in_rows,
    one_column,
    shading_of,
)
from geolls.maps.print.svg import (
    Run,
    Sheet,
    clean,
    inks,
    line,
    number,
    rect,
    stroked,
    text,
    width,
    wrap,
)
from geolls.maps.recipes import Recipe
from geolls.maps.styles import PATTERNS

__all__ = ["DPI", "render_svg", "save_print"]

DPI = 220.0
"""Pixels an inch of a PNG: sharp in print, 1,820 pixels across."""

A4 = (595.28, 841.89)  # points
MARGIN = 42.5
WIDE = A4[0] - 2 * MARGIN
READ = 470.0  # the widest line of running text


# ---------------------------------------------------------------- the two verbs


def save_print(recipe: Recipe, data: MapData, path: str | Path, *, dpi: float = DPI) -> None:
    """Write a recipe's map for print: a vector `.svg`, or a PNG for any other ending.

    Parameters
    ----------
    recipe : Recipe
        What to draw.
    data : MapData
        With what.
    path : str or pathlib.Path
        The file; written whole or not at all.
    dpi : float, default 220
        Pixels an inch of a PNG.

    Raises
    ------
    MapError
        The recipe asks for what the data lacks.
    OutputError
        The file cannot be written.
    """
    svg = render_svg(recipe, data)
    if Path(path).suffix.lower() == ".svg":
        write_text(path, svg)
    else:
        write_bytes(path, paper.png(svg, dpi))


def render_svg(recipe: Recipe, data: MapData) -> str:
    """Draw a recipe's map as an SVG page of A4, portrait.

    Parameters
    ----------
    recipe : Recipe
        What to draw.
    data : MapData
        With what.

    Returns
    -------
    str
        One SVG document: equal input, equal bytes; nothing is fetched, no script, no style sheet.

    Raises
    ------
    MapError
        The recipe asks for what the data lacks.
    """
    drawn, (w, h) = resolve(recipe, data), A4
    sheet = Sheet(MARGIN, MARGIN, WIDE)
    _head(sheet, drawn)
    floor = _sources(sheet, data.attribution)
    (_country if drawn.england else _framed)(sheet, Faces(drawn), floor)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="210mm" height="297mm" '
        f'viewBox="0 0 {w} {h}" role="img" aria-labelledby="gl-title gl-desc" '
        f'font-family="{clean(paper.FONTS)}">\n'
        f'<title id="gl-title">{clean(drawn.text("title"))}</title>\n'
        f'<desc id="gl-desc">{clean(drawn.said(drawn.recipe.shade).shows)}</desc>\n'
        f"<defs>{''.join(map(_pattern, PATTERNS))}</defs>\n"
        f'<rect width="{w}" height="{h}" fill="{inks()["page"]}"/>\n'
        + "\n".join(sheet.out)
        + "\n</svg>\n"
    )


# ---------------------------------------------------------------- the page


def _head(sheet: Sheet, drawn: Drawn) -> None:
    """Set the title, as large as two lines allow, the question and the demonstration's warning."""
    title = [(drawn.text("title"), True)]
    size = next((s for s in (26.0, 22.0, 18.0) if len(wrap(title, s, WIDE)) <= 2), 15.0)
    many = len(wrap(title, size, WIDE))
    # The narrowest measure that needs no more lines: lines of like length.
    tried = np.arange(WIDE * 0.5, WIDE, 8.0).tolist() if many > 1 else []
    even = next((m for m in tried if len(wrap(title, size, m)) <= many), WIDE)
    sheet.lines(title, size, "ink", lead=1.14, measure=even)
    sheet.y += 4
    if question := drawn.text("question"):
        sheet.lines(question, 12.0, "ink2", lead=1.36, measure=READ)
        sheet.y += 4
    if finding := drawn.said(drawn.recipe.shade).finding:
        sheet.lines([(finding, True)], 10.5, "ink", lead=1.36, measure=READ)
        sheet.y += 4
    if drawn.data.demonstration:
        said = [("Demonstration schools:", True), ("generated, not real", False)]
        sheet.add(rect(MARGIN, sheet.y + 2, 2.2, 14, fill=inks()["elsewhere"]))
        sheet.add(text(MARGIN + 8, sheet.y + 12.4, said, 9.6, inks()["ink"]))
        sheet.y += 22


def _sources(sheet: Sheet, attribution: str) -> float:
    """Set the sources at the foot of the page; return where they begin."""
    size, lead = 7.5, 9.8
    rows = [*wrap(attribution, size, WIDE), [("Drawn by geolls.", False)]]
    top = A4[1] - MARGIN + 8 - len(rows) * lead
    sheet.add(line(MARGIN, top - 7, MARGIN + WIDE, top - 7, inks()["rule"], 0.6))
    for i, row in enumerate(rows):
        sheet.add(text(MARGIN, top + size * 0.9 + lead * i, row, size, inks()["ink3"]))
    return top - 14


def _foot(drawn: Drawn, y: float) -> Sheet:
    """Return the paragraphs below the map, set from `y`: captions, then the dated note."""
    sheet = Sheet(MARGIN, y, READ)
    said = drawn.said(drawn.recipe.shade)
    for head, words in (
        ("What this shows.", said.shows),
        ("What it does not mean.", said.means_not),
    ):
        if words:
            sheet.lines([(head, True), (words, False)], SMALL, "ink2")
            sheet.y += 4
    if drawn.data.dates:
        top = sheet.y
        sheet.lines(drawn.data.dates, SMALL, "ink2", indent=8.0)
        sheet.add(rect(MARGIN, top, 1.8, sheet.y - top, fill=inks()["rule2"]))
        sheet.y += 4
    return sheet


def _pattern(name: str) -> str:
    """Return a fill that says doubt; a vector, so that it prints sharp at any size."""
    p, c = PATTERNS[name], inks()
    size, ink, middle = p.size, c[p.ink], number(p.size / 2, 2)
    ground = f'<rect width="{size}" height="{size}" fill="{c[p.ground]}"/>' if p.ground else ""
    figure = {
        "lines": stroked(f"M0 {middle}H{size}", ink, p.wide),
        "cross": stroked(f"M0 {middle}H{size}M{middle} 0V{size}", ink, p.wide),
        "band": f'<rect width="{size}" height="{p.wide}" fill="{ink}"/>',
        "dot": f'<circle cx="{middle}" cy="{middle}" r="{number(p.wide, 2)}" fill="{ink}"/>',
    }[p.figure]
    return (
        f'<pattern id="gl-{name}" width="{size}" height="{size}" patternUnits='
        f'"userSpaceOnUse" patternTransform="rotate({p.turn})">{ground}{figure}</pattern>'
    )


# ---------------------------------------------------------------- scale, north, London


def _scale_bar(view: View, x: float, y: float, room: Room) -> str:
    """Draw a round number of kilometres."""
    sizes, c = (200, 100, 50, 20, 10, 5, 2, 1, 0.5, 0.2), inks()
    km = next((k for k in sizes if k * 1000 * view.scale <= 82), 0.1)
    w, words = km * 1000 * view.scale, f"{km:g} km"
    room.taken.append((x - 3, y - 8, x + w + 8 + width(words, 8.0), y + 4))
    d = f"M{number(x)} {number(y - 4)}v4h{number(w)}v-4"
    return (
        stroked(d, c["page"], 3.0, ' stroke-opacity=".8"')
        + stroked(d, c["ink2"], 0.9)
        + text(x + w + 4, y + 1, words, 8.0, c["ink2"], halo=c["page"])
    )


def _north(x: float, y: float, room: Room) -> str:
    """Draw grid north, which is straight up."""
    room.taken.append((x - 6, y - 3, x + 6, y + 22))
    ink, at = inks()["ink2"], f"{number(x)} {number(y)}"
    arrow = f'<path d="M{at}l3.6 10.5-3.6-2.6-3.6 2.6z" fill="{ink}"/>'
    return arrow + text(x, y + 19, "N", 8.0, ink, anchor="middle")


_LONDON = "London, 3 times larger"


@dataclass(frozen=True)
class _Inset:
    """London three times larger: which blocks, and its frames there and on the main map."""

    blocks: list[int]
    box: Box
    shown: Box

    @staticmethod
    def of(land: Land) -> _Inset | None:
        """Put it in the top right corner of the map."""
        london = land.drawn.data.topology.london
        if not london or land.drawn.recipe.inset != "london":
            return None
        x0, y0, x1, y1 = shapely.total_bounds(land.shapes[london]).tolist()
        w = max(3 * (x1 - x0), width(_LONDON, 8.4, bold=True)) + 12
        _, top, right, _ = land.view.box
        box = (right - w, top, right, top + 3 * (y1 - y0) + 24)
        return _Inset(london, box, grown((x0, y0, x1, y1), 1.5))

    def draw(self, land: Land) -> list[str]:
        """Return the inset and the frame of what it shows."""
        c, (left, top, right, bottom) = inks(), self.box
        focus = land.drawn.data.blocks.iloc[self.blocks].total_bounds.tolist()
        inner = (left + 6, top + 18, right - 6, bottom - 6)
        part = Land(land.faces, View.fit(focus, inner), only=self.blocks)
        names = [m for m in labels(part) if m.spot == "on"]
        ink = [*part.ground(), *part.outlines(), *part.symbols(), *schools(part)]
        x0, y0, x1, y1 = map(number, self.shown)
        return [
            rect(left, top, right - left, bottom - top, fill=c["page"], stroke=c["rule2"]),
            text(left + 6, top + 11.5, _LONDON, 8.4, c["ink"], bold=True),
            f'<g class="inset">{"".join(ink)}</g>',
            *put(names, Room(grown(inner, 4))),
            stroked(f"M{x0} {y0}H{x1}V{y1}H{x0}z", c["ink2"], 0.75),
        ]


# ---------------------------------------------------------------- the two layouts


def _country(sheet: Sheet, faces: Faces, floor: float) -> None:
    """Set England on the bare page, its legend above, the key to numbers and captions below."""
    drawn = faces.drawn
    sheet.y += 4
    in_rows(sheet, shading_of(faces), groups_of(drawn))
    top, key = sheet.y + 2, _NumberKey(drawn)
    bottom = floor - _foot(drawn, 0).y - 6
    aside, deep = key.size(bottom - top)
    box: Box = (MARGIN + (KEY if aside else 0), top, MARGIN + WIDE, bottom - deep)
    land, inset = _fitted(faces, box)
    room = Room(box, apart=inset.shown if inset else None)
    north = _north(box[2] - 8, box[3] - 22, room)
    bar = _scale_bar(land.view, box[2] - 140, box[3] - 4, room)
    room.taken += [grown(inset.box, 3)] if inset else []
    sheet.add(*land.ground(), *land.outlines(), *land.symbols(), *schools(land))
    sheet.add(*callouts(land, room), *put(labels(land), room), bar, north)
    sheet.add(*(inset.draw(land) if inset else []), *key.draw(aside, top, box[3]))
    sheet.add(*_foot(drawn, bottom + 4).out)


def _fitted(faces: Faces, box: Box) -> tuple[Land, _Inset | None]:
    """Return England as large as it can be without meeting its inset."""
    focus = faces.drawn.focus
    land = Land(faces, View.fit(focus, box))
    inset, full = _Inset.of(land), land.view.scale
    for part in np.arange(1.0, 0.6, -0.03).tolist():
        if inset is None:
            break
        covered = shapely.box(*grown(inset.box, 5))
        if not shapely.intersects(land.shapes[land.seen], covered).any():
            break
        # Smaller, and as far to the left as it goes.
        spare = (box[3] - box[1]) / (full * part) - (focus[3] - focus[1])
        land = Land(faces, View(focus[0], focus[3] + max(0.0, spare) / 2, full * part, box))
        inset = _Inset.of(land)
    return land, inset


KEY = WIDE / 4  # a column of the key to numbers
_LINE = 9.2


class _NumberKey:
    """The names behind the numbers on the map: a column beside it, four below it."""

    def __init__(self, drawn: Drawn) -> None:
        wanted = (s for s in drawn.layers if s.key in drawn.recipe.labels and "number" in s.units)
        self.cells: list[tuple[str, list[list[Run]]]] = [
            (f"{n:.0f}", wrap(short(spec, str(name)), 7.5, KEY - 24))
            for spec in islice(wanted, 1)
            for n, name in sorted(zip(spec.units["number"], spec.units["unit_name"], strict=True))
        ]
        self.total = sum(len(rows) for _, rows in self.cells)

    def size(self, high: float) -> tuple[int, float]:
        """Return how many lines of a long key stand beside the map, and the depth of the rest."""
        rest = -(-self.total // 4)
        if rest <= 18:
            return 0, rest * _LINE + 12 if self.total else 0.0
        # The map ends where the rest, in four columns, begins.
        aside = int((high - 14 - self.total * _LINE / 4) / (0.75 * _LINE))
        return aside, (-(-(self.total - aside) // 4) + 1) * _LINE + 12

    def draw(self, aside: int, top: float, bottom: float) -> list[str]:
        """Return the key: so many lines beside the map, the others below it."""
        deep = -(-(self.total - aside) // 4)
        columns = [(MARGIN, top, aside)] if aside else []
        columns += [(MARGIN + KEY * i, bottom + 10, deep) for i in range(4)]
        out, c, i, used = [], inks(), 0, 0
        for n, rows in self.cells:
            if i + 1 < len(columns) and used + len(rows) > columns[i][2] and used:
                i, used = i + 1, 0
            x, at = columns[i][0], columns[i][1] + 6 + _LINE * used
            out.append(text(x + 12, at, n, 7.5, c["ink"], bold=True, anchor="end"))
            lines = enumerate(rows)
            out += [text(x + 16, at + _LINE * k, row, 7.5, c["ink2"]) for k, row in lines]
            used += len(rows)
        return out


def _framed(sheet: Sheet, faces: Faces, floor: float) -> None:
    """Set a place or a trust in a frame, its legend where the map can be larger."""
    drawn, (west, south, east, north) = faces.drawn, faces.drawn.focus
    focus = grown((west, south, east, north), 0.07 * max(east - west, north - south))
    top, shape = sheet.y + 4, (focus[3] - focus[1]) / (focus[2] - focus[0])
    shading, groups = shading_of(faces), groups_of(drawn)
    high = floor - _foot(drawn, 0).y - 8 - top
    above = Sheet(MARGIN, top, WIDE)
    in_columns(groups, shading, above)
    beside = Sheet(MARGIN + WIDE - COLUMN, top, COLUMN)
    one_column([*groups, *([shading] if shading else [])], beside)
    narrow, lower = WIDE - COLUMN - GAP, above.y + 2 - top
    legend, left_high, wide = beside, high, narrow
    if min(narrow, high / shape) <= min(WIDE, (high - lower) / shape):
        legend, left_high, wide, top = above, high - lower, WIDE, top + lower
    tall = min(left_high, wide * min(1.5, max(0.75, shape)))
    land = Land(faces, View.fit(focus, (MARGIN, top, MARGIN + wide, top + tall)))
    sheet.add(*legend.out, *_frame(land))
    end = max(top + tall, beside.y if legend is beside else 0)
    sheet.add(*_foot(drawn, end + 8).out)


def _frame(land: Land) -> list[str]:
    """Return the map of a place or a trust, cut to its frame."""
    left, top, right, bottom = land.view.box
    about = land.union(np.flatnonzero(land.drawn.inside))
    shapely.prepare(about)
    marks = land.schools[["px", "py"]].to_numpy(float)
    room, c = Room(grown(land.view.box, -2), about, marks), inks()
    bar = _scale_bar(land.view, left + 8, bottom - 8, room)
    arrow = _north(right - 12, top + 7, room)
    if land.drawn.recipe.scope == "trust":
        room.taken += [grown((x, y, x, y), 3) for x, y in marks.tolist()]
    frame = (left, top, right - left, bottom - top)
    return [
        f'<clipPath id="gl-frame">{rect(*frame, rx=3)}</clipPath>',
        '<g clip-path="url(#gl-frame)">',
        rect(*frame, fill=c["sea"]),
        *land.ground(),
        *land.outlines(),
        *land.symbols(),
        *footprint(land),
        *schools(land),
        *put(labels(land), room),
        bar,
        arrow,
        "</g>",
        rect(*frame, fill="none", rx=3, stroke=c["rule2"], stroke_width=0.75),
    ]
