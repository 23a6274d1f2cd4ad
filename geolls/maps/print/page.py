"""Draw a recipe for print: the same map as a static SVG, PNG or PDF, without a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import ceil, inf
from pathlib import Path
from string import ascii_lowercase

import numpy as np
import shapely

from geolls.base.errors import UsageError
from geolls.base.files import write_bytes, write_text
from geolls.maps.data import LayerSpec, MapData
from geolls.maps.drawn import Drawn, resolve
from geolls.maps.hexes import hexes_said, on_hexes
from geolls.maps.print.figure import Figure, Told, pdf, png
from geolls.maps.print.labels import Label, Room, callouts, labels, put, short
from geolls.maps.print.land import Box, Faces, Land, View, footprint, grown, schools
from geolls.maps.print.legend import (
    COLUMN,
    GAP,
    SMALL,
    Group,
    groups_of,
    in_columns,
    in_rows,
    one_column,
    shading_of,
)
from geolls.maps.print.svg import (
    FONTS,
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

__all__ = ["render_svg", "save_print"]

_COUNTED = re.compile(r"n = ([\d,]+)")  # as the dated note begins
READ = 470.0  # the widest line of running text
LEAST = 80.0  # the lowest map


# ---------------------------------------------------------------- the two verbs


def save_print(
    recipe: Recipe,
    data: MapData | Sequence[MapData],
    path: str | Path,
    *,
    figure: Figure | None = None,
) -> None:
    """Write a recipe's map for print: a `.pdf`, an `.svg`, or a PNG for any other ending.

    Parameters
    ----------
    recipe : Recipe
        What to draw.
    data : MapData or sequence of MapData
        With what; several are panels of one sheet.
    path : str or pathlib.Path
        The file; written whole or not at all.
    figure : Figure, optional
        How large, and with which words; a page of A4 unless told.

    Raises
    ------
    MapError
        The recipe asks for what the data lacks.
    UsageError
        The figure is no size for a map, or leaves no room for it.
    OutputError
        The file cannot be written, or a PDF without `geolls[print]`.
    """
    figure = figure or Figure()
    svg, told = _drawn(recipe, data, figure)
    suffix = Path(path).suffix.lower()
    if suffix == ".svg":
        write_text(path, svg)
    elif suffix == ".pdf":
        write_bytes(path, pdf(svg, told))
    else:
        write_bytes(path, png(svg, figure.fine, told))


def render_svg(
    recipe: Recipe, data: MapData | Sequence[MapData], figure: Figure | None = None
) -> str:
    """Draw a recipe's map as an SVG.

    Parameters
    ----------
    recipe, data, figure
        As `save_print`, and what is raised as well.

    Returns
    -------
    str
        One SVG document: equal input, equal bytes; nothing is fetched, no script, no style sheet.
    """
    return _drawn(recipe, data, figure or Figure())[0]


def _drawn(recipe: Recipe, data: MapData | Sequence[MapData], figure: Figure) -> tuple[str, Told]:
    """Return a figure as an SVG, and what its file says of itself."""
    shown = [data] if isinstance(data, MapData) else data
    asked = replace(recipe, cities=recipe.cities and not figure.bare)
    maps = [Faces(on_hexes(resolve(asked, one))) for one in shown]
    first, k, margin = _named_all(maps), figure.zoom, figure.margin
    sheet = Sheet(margin, margin, figure.wide / k - 2 * margin)
    title = figure.title if figure.title is not None else first.text("title")
    if not figure.bare:
        _head(sheet, first, title, figure)
    sources = Sheet(margin, 0.0, sheet.measure)
    if not figure.bare:
        _sources(sources, first.data.attribution, figure)
    floor = inf if figure.high is None else figure.high / k - margin - sources.y
    layout = _Layout(sheet, figure, floor)
    if len(maps) > 1:
        layout.panels(maps)
    elif first.england:
        layout.country(maps[0])
    else:
        layout.framed(maps[0])
    at = sheet.y if floor == inf else floor
    sheet.add(f'<g transform="translate(0 {number(at)})">', *sources.out, "</g>")
    w, h = figure.wide, figure.high or (at + sources.y + margin) * k
    told = Told.of(first, title or first.text("title"))
    size = f'width="{number(w, 3)}pt" height="{number(h, 3)}pt"'
    ink = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
        f'viewBox="0 0 {number(w / k, 3)} {number(h / k, 3)}" '
        f'role="img" aria-labelledby="gl-title gl-desc" font-family="{clean(FONTS)}">',
        f'<title id="gl-title">{clean(told.title)}</title>',
        f'<desc id="gl-desc">{clean(told.caption)}</desc>',
        told.rdf(),
        f"<defs>{''.join(map(_pattern, PATTERNS))}</defs>",
        f'<rect width="100%" height="100%" fill="{inks()["page"]}"/>',
        *sheet.out,
        "</svg>\n",
    ]
    return "\n".join(ink), told


def _named_all(maps: Sequence[Faces]) -> Drawn:
    """Return the first of some maps, with the names of all their places in its words."""
    first = maps[0].drawn
    places = [str(faces.drawn.words["place"]) for faces in maps]
    named = " and ".join(filter(None, (", ".join(places[:-1]), places[-1])))
    return replace(first, words={**first.words, "place": named})


# ---------------------------------------------------------------- the words round a map


def _head(sheet: Sheet, drawn: Drawn, title: str, figure: Figure) -> None:
    """Set the title, as large as two lines allow, the question and the demonstration's warning."""
    words, wide = [(title, True)], sheet.measure
    sizes = (26.0, 22.0, 18.0) if figure.page else (12.0, 11.0)
    size = next((s for s in sizes if len(wrap(words, s, wide)) <= 2), 15.0 if figure.page else 10.0)
    many = len(wrap(words, size, wide))
    # The narrowest measure that needs no more lines: lines of like length.
    tried = np.arange(wide * 0.5, wide, 8.0).tolist() if many > 1 else []
    even = next((m for m in tried if len(wrap(words, size, m)) <= many), wide)
    if title:
        sheet.lines(title, size, "ink", bold=True, lead=1.14, measure=even)
        sheet.y += 4
    if figure.page and (question := drawn.text("question")):
        sheet.lines(question, 12.0, "ink2", lead=1.36, measure=READ)
        sheet.y += 4
    if figure.page and (finding := drawn.said(drawn.recipe.shade).finding):
        sheet.lines([(finding, True)], 10.5, "ink", lead=1.36, measure=READ)
        sheet.y += 4
    if drawn.data.demonstration:
        size = 9.6 if figure.page else SMALL
        said = [("Demonstration schools:", True), ("generated, not real", False)]
        sheet.add(rect(sheet.x, sheet.y + 2, 2.2, size * 1.46, fill=inks()["elsewhere"]))
        sheet.add(text(sheet.x + 8, sheet.y + 2 + size * 1.08, said, size, inks()["ink"]))
        sheet.y += size * 2.3


def _sources(sheet: Sheet, attribution: str, figure: Figure) -> None:
    """Set the sources, from 0 down."""
    sheet.y = 14.0 if figure.page else 3.0
    if figure.page:
        sheet.add(line(sheet.x, 7, sheet.x + sheet.measure, 7, inks()["rule"], 0.6))
    sheet.lines(attribution, 7.5, "ink3", lead=9.8 / 7.5)
    if figure.page:
        sheet.lines("Drawn by geolls.", 7.5, "ink3", lead=9.8 / 7.5)
        sheet.y -= 8.0  # the last line may stand a little lower than the margin


def _foot(drawn: Drawn, dates: str, sheet: Sheet, figure: Figure) -> None:
    """Set the paragraphs below the map: captions on a page, then the dated note."""
    said, measure = drawn.said(drawn.recipe.shade), min(sheet.measure, READ)
    for head, words in (
        ("Hexagons.", hexes_said(drawn) if drawn.recipe.hexagons else ""),
        ("What this shows.", said.shows),
        ("What it does not mean.", said.means_not),
    ):
        if words and figure.page:
            sheet.lines([(head, True), (words, False)], SMALL, "ink2", measure=measure)
            sheet.y += 4
    if dates and not figure.bare:
        top, size = sheet.y, SMALL if figure.page else 7.5
        sheet.lines(dates, size, "ink2", indent=8.0, measure=measure)
        sheet.add(rect(sheet.x, top, 1.8, sheet.y - top, fill=inks()["rule2"]))
        sheet.y += 4


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
        names = [m for m in labels(part) if m.spot in {"on", "near"}]
        ink = [*part.ground(), *part.outlines(), *part.symbols(), *schools(part)]
        x0, y0, x1, y1 = map(number, self.shown)
        return [
            rect(left, top, right - left, bottom - top, fill=c["page"], stroke=c["rule2"]),
            text(left + 6, top + 11.5, _LONDON, 8.4, c["ink"], bold=True),
            f'<g class="inset">{"".join(ink)}</g>',
            *put(names, Room(grown(inner, 4))),
            stroked(f"M{x0} {y0}H{x1}V{y1}H{x0}z", c["ink2"], 0.75),
        ]


# ---------------------------------------------------------------- the layouts


@dataclass
class _Layout:
    """Sets maps, legend and notes on what is left of a sheet.

    Parameters
    ----------
    sheet : Sheet
        Title and all above the map are on it.
    figure : Figure
        With which words.
    floor : float
        How far down it goes; infinite where the figure is as high as the map needs.
    """

    sheet: Sheet
    figure: Figure
    floor: float

    @property
    def legend(self) -> bool:
        """Whether there is a legend."""
        return not self.figure.bare if self.figure.legend is None else self.figure.legend

    def notes(self, y: float, *maps: Faces) -> Sheet:
        """Return what stands below maps, from `y` down; how many schools panel by panel."""
        below, notes = Sheet(self.sheet.x, y, self.sheet.measure), maps[0].drawn.data.dates
        counts = [_COUNTED.match(faces.drawn.data.dates) for faces in maps]
        many = " / ".join(found[1] for found in counts if found)
        _foot(maps[0].drawn, _COUNTED.sub(f"n = {many}", notes, count=1), below, self.figure)
        return below

    def legend_of(self, *maps: Faces) -> tuple[Group | None, list[Group]]:
        """Return the shading and the other groups of the legend; nothing where there is none."""
        shown = [faces.drawn for faces in maps]
        return (shading_of(maps), groups_of(shown)) if self.legend else (None, [])

    def room(self, least: float, rows: int = 1) -> None:
        """Raise where a map would be too low, of so many below each other."""
        if least < LEAST and self.figure.high:
            more = (self.figure.high + rows * (LEAST - least) * self.figure.zoom) / 72 * 25.4
            raise UsageError(
                "the words leave no room for the map",
                where="--height",
                fix=f"make it {ceil(more)}mm or more, leave it out, or use --title '' or --bare",
            )

    def country(self, faces: Faces) -> None:
        """Set England on the bare page, its legend above, the key to numbers and captions below."""
        drawn, sheet = faces.drawn, self.sheet
        left, right = sheet.x, sheet.x + sheet.measure
        sheet.y += 4 * (not self.figure.bare)
        in_rows(sheet, *self.legend_of(faces))
        top = sheet.y + 2 * self.legend
        key = _NumberKey(drawn if self.legend else None, sheet)
        west, south, east, north = drawn.focus
        natural = sheet.measure * (north - south) / (east - west)
        bottom = self.floor - self.notes(0, faces).y - 6
        aside, deep = key.size(bottom - top)
        bottom = bottom if bottom < inf else top + natural + deep
        self.room(bottom - deep - top)
        box: Box = (left + (key.wide if aside else 0), top, right, bottom - deep)
        land, inset = _fitted(faces, box)
        room = Room(box, apart=land.union(inset.blocks) if inset else None)
        signs = self._signs(land, (box[2] - 140, box[3] - 4), (box[2] - 8, box[3] - 22), room)
        room.taken += [grown(inset.box, 3)] if inset else []
        grid, kilometres = self._grid(land, room)
        sheet.add(*land.ground(), *grid, *land.outlines(), *land.symbols(), *schools(land))
        sheet.add(*(callouts(land, room) if self.figure.page else ()), *put(labels(land), room))
        sheet.add(
            *kilometres, *signs, *(inset.draw(land) if inset else []), *key.draw(aside, top, box[3])
        )
        below = self.notes(bottom + 4, faces)
        sheet.add(*below.out)
        sheet.y = below.y

    def framed(self, faces: Faces) -> None:
        """Set a place or a trust in a frame, its legend where the map can be larger."""
        drawn, sheet = faces.drawn, self.sheet
        focus = _framed(drawn)
        top, shape = sheet.y + 4 * (not self.figure.bare), _shape(focus)
        shading, groups = self.legend_of(faces)
        high = self.floor - self.notes(0, faces).y - 8 - top
        above = Sheet(sheet.x, top, sheet.measure)
        if self.figure.page:
            in_columns(groups, shading, above)
        else:
            in_rows(above, shading, groups, far=False)
        beside = Sheet(sheet.x + sheet.measure - COLUMN, top, COLUMN)
        one_column([*groups, *([shading] if shading else [])], beside)
        narrow, lower = sheet.measure - COLUMN - GAP, above.y + 2 * self.legend - top
        legend, left_high, wide = beside, high, narrow
        fits = min(narrow, high / shape) > min(sheet.measure, (high - lower) / shape)
        if not fits or beside.y - top > high:
            legend, left_high, wide, top = above, high - lower, sheet.measure, top + lower
        self.room(left_high)
        # A page is filled: more of what lies round about in place of white room.
        like = 1.5 if left_high < inf else min(1.5, max(0.75, shape))
        tall = min(left_high, wide * like)
        land = Land(faces, View.fit(focus, (sheet.x, top, sheet.x + wide, top + tall)))
        sheet.add(*legend.out, *self._frame(land))
        end = max(top + tall, beside.y if legend is beside else 0)
        below = self.notes(end + 8 * (not self.figure.bare), faces)
        sheet.add(*below.out)
        sheet.y = below.y

    def panels(self, maps: Sequence[Faces]) -> None:
        """Set several places side by side: one legend, one scale of colour, a letter each."""
        sheet, gap, named = self.sheet, 8.0, 13.0
        if self.legend:
            in_rows(sheet, *self.legend_of(*maps), far=False)
        notes = self.notes(0, *maps).y
        shape = min(1.4, max(0.8, *(_shape(_framed(faces.drawn)) for faces in maps)))
        high = self.floor - notes - 4 - sheet.y

        def size(columns: int) -> float:
            rows = ceil(len(maps) / columns)
            wide = (sheet.measure - gap * (columns - 1)) / columns
            return min(wide, ((high + gap) / rows - gap - named) / shape)

        most = max(1, min(len(maps), int(sheet.measure // 140)))
        # As many columns as are legible, unless the sheet is high and narrow.
        columns = most if high == inf else max(range(most, 0, -1), key=size)
        wide = size(columns)
        self.room(wide * shape, ceil(len(maps) / columns))
        top = sheet.y
        for i, faces in enumerate(maps):
            row, column = divmod(i, columns)
            x, y = sheet.x + column * (wide + gap), top + row * (wide * shape + gap + named)
            name = [(ascii_lowercase[i % 26], True), (str(faces.drawn.words["place"]), False)]
            sheet.add(text(x, y + 9, name, SMALL, inks()["ink"]))
            box = (x, y + named, x + wide, y + named + wide * shape)
            land = Land(faces, View.fit(_framed(faces.drawn), box))
            sheet.add('<g class="panel">', *self._frame(land, f"-{i}"), "</g>")
            sheet.y = box[3]
        below = self.notes(sheet.y + 6, *maps)
        sheet.add(*below.out)
        sheet.y = below.y

    def _signs(self, land: Land, bar: Point, north: Point, room: Room) -> list[str]:
        """Draw how long a kilometre is and where north is; nothing on a bare map or on hexagons."""
        if self.figure.bare or land.drawn.recipe.hexagons:
            return []
        return [_scale_bar(land.view, *bar, room), _north(*north, room)]

    def _grid(self, land: Land, room: Room) -> tuple[list[str], list[str]]:
        """Draw lines of the National Grid, round kilometres apart, and their names at the edge."""
        lines, names = list[str](), list[str]()
        if not self.figure.grid or land.drawn.recipe.hexagons:
            return lines, names
        view, c, (left, top, right, bottom) = land.view, inks(), land.view.box
        step = next((m for m in _GRID if m * view.scale >= 60), _GRID[-1])
        for name, start, size in (("E", view.west, right - left), ("N", view.north, top - bottom)):
            low, high = sorted((start, start + size / view.scale))
            for metres in np.arange(ceil(low / step), high // step + 1) * step:
                x, y = view((metres, metres)).tolist()
                words = f"{metres / 1000:g} km {name}"
                wide = width(words, 7.5)
                ink, more = c["edge"], ' class="grid"'
                upright = name == "E"
                lines.append(
                    line(x, top, x, bottom, ink, 0.5, more)
                    if upright
                    else line(left, y, right, y, ink, 0.5, more)
                )
                at = (x + 2, top + 9) if upright else (left + 2, y - 2)
                if left < at[0] < right - 18 - wide and top + 8 < at[1] < bottom - 20:
                    names.append(text(at[0], at[1], words, 7.5, c["ink3"], halo=c["page"]))
                    room.taken.append((at[0] - 2, at[1] - 8, at[0] + wide + 2, at[1] + 2))
        return lines, names

    def _frame(self, land: Land, which: str = "") -> list[str]:
        """Return the map of a place or a trust, cut to its frame."""
        left, top, right, bottom = land.view.box
        about = land.union(np.flatnonzero(land.drawn.inside))
        shapely.prepare(about)
        marks = land.schools[["px", "py"]].to_numpy(float)
        room, c = Room(grown(land.view.box, -2), about, marks), inks()
        signs = self._signs(land, (left + 8, bottom - 8), (right - 12, top + 7), room)
        grid, kilometres = self._grid(land, room)
        if land.drawn.recipe.scope == "trust":
            room.taken += [grown((x, y, x, y), 3) for x, y in marks.tolist()]
        frame = (left, top, right - left, bottom - top)
        return [
            f'<clipPath id="gl-frame{which}">{rect(*frame, rx=3)}</clipPath>',
            f'<g clip-path="url(#gl-frame{which})">',
            rect(*frame, fill=c["sea"]),
            *land.ground(),
            *grid,
            *land.outlines(),
            *land.symbols(),
            *footprint(land),
            *schools(land),
            *put([m for m in labels(land) if not which or _words(m) != _named(land)], room),
            *kilometres,
            *signs,
            "</g>",
            rect(*frame, fill="none", rx=3, stroke=c["rule2"], stroke_width=0.75),
        ]


Point = tuple[float, float]
_GRID = (1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5)  # metres between lines


def _words(label: Label) -> str:
    return " ".join(words for row in label.lines for words, _ in row)


def _named(land: Land) -> str:
    """Return what a panel's own heading names."""
    return str(land.drawn.words["place"])


def _framed(drawn: Drawn) -> Box:
    """Return what a frame shows, in metres: what the map is about, and a little more."""
    west, south, east, north = drawn.focus
    return grown(drawn.focus, 0.07 * max(east - west, north - south))


def _shape(focus: Box) -> float:
    """Return height over width."""
    return (focus[3] - focus[1]) / (focus[2] - focus[0])


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


_LINE = 9.2


def _numbered(spec: LayerSpec) -> Iterator[tuple[float, str]]:
    """Yield the number and the words of each unit that has a number."""
    units = spec.units.dropna(subset="number")
    return zip(units["number"], units.get("keyed", units["unit_name"]), strict=True)


class _NumberKey:
    """The names behind the numbers on the map: a column beside it, others below it."""

    def __init__(self, drawn: Drawn | None, sheet: Sheet) -> None:
        self.left, self.columns = sheet.x, max(1, int(sheet.measure // 120))
        self.wide = sheet.measure / self.columns
        layers = [] if drawn is None else [s for s in drawn.layers if s.key in drawn.recipe.labels]
        wanted = (s for s in layers if "number" in s.units)
        self.cells: list[tuple[str, list[list[Run]]]] = [
            (f"{n:.0f}", wrap(short(spec, str(name)), 7.5, self.wide - 24))
            for spec in islice(wanted, 1)
            for n, name in sorted(_numbered(spec))
        ]
        self.total = sum(len(rows) for _, rows in self.cells)
        tallest = max((len(rows) for _, rows in self.cells), default=1)
        self.spare = (self.columns - 1) * (tallest - 1)  # a name is not broken over two columns

    def _deep(self, aside: int) -> int:
        """Return how many lines the columns below the map need."""
        return -(-(self.total - aside + self.spare) // self.columns)

    def size(self, high: float) -> tuple[int, float]:
        """Return how many lines of a long key stand beside the map, and the depth of the rest."""
        rest = self._deep(0)
        if rest <= 10 or high == inf:
            return 0, rest * _LINE + 12 if self.total else 0.0
        # The map ends where the rest, in as many columns as there are, begins.
        n = self.columns
        aside = (
            int((high - 14 - (self.total + self.spare) * _LINE / n) / ((1 - 1 / n) * _LINE))
            if n > 1
            else 0
        )
        return aside, (self._deep(aside) + 1) * _LINE + 12

    def draw(self, aside: int, top: float, bottom: float) -> list[str]:
        """Return the key: so many lines beside the map, the others below it."""
        deep = self._deep(aside)
        columns = [(self.left, top, aside)] if aside else []
        columns += [(self.left + self.wide * i, bottom + 10, deep) for i in range(self.columns)]
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
