"""Draw a recipe for print: the same map as a static SVG or PNG on A4, without a browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geolls import drawing, paper
from geolls.drawing import LayerSpec, MapData
from geolls.files import write_bytes, write_text
from geolls.land import FAR, STROKES, Box, Floats, Land, View, fill, grown
from geolls.lettering import Room, callouts, labels, put, short
from geolls.paper import (
    Run,
    Sheet,
    clean,
    inks,
    line,
    line_path,
    number,
    rect,
    stroked,
    text,
    width,
    wrap,
)

if TYPE_CHECKING:
    from geolls.recipes import Recipe

__all__ = ["DPI", "render_svg", "save_print"]

DPI = 220.0
"""Pixels an inch of a PNG: sharp in print, 1,819 pixels across."""

A4 = (595.28, 841.89)  # points
MARGIN = 42.5
WIDE = A4[0] - 2 * MARGIN
READ = 470.0  # the widest line of running text
COLUMN = 118.0  # a column of the legend of a framed map
GAP = 13.0
SMALL = 8.6

Paragraph = tuple[list[Run], bool]
"""Words, and whether they stand behind a bar."""


# ---------------------------------------------------------------- the two verbs


def save_print(recipe: Recipe, data: MapData, path: Path, *, dpi: float = DPI) -> None:
    """Write a recipe's map for print: a vector `.svg`, or a PNG for any other ending.

    Parameters
    ----------
    recipe : Recipe
        What to draw.
    data : MapData
        With what.
    path : Path
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
    if path.suffix.lower() == ".svg":
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
    drawn = drawing._resolve(recipe.given(), data)
    said = drawn.recipe
    title = said.fill(said.title, drawn.words)
    sheet = Sheet(MARGIN, MARGIN, WIDE)
    _head(sheet, title, said.fill(said.question, drawn.words), data.demonstration)
    floor, foot = _sources(sheet, data.attribution), _foot(drawn)
    (_country if said.scope == "england" else _framed)(sheet, drawn, floor, foot)
    return _document(sheet, title, said.fill(said.shows, drawn.words))


# ---------------------------------------------------------------- the page


def _document(sheet: Sheet, title: str, shows: str) -> str:
    w, h = A4
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="210mm" height="297mm" '
        f'viewBox="0 0 {w} {h}" role="img" aria-labelledby="gl-title gl-desc" '
        f'font-family="{clean(paper.FONTS)}">\n<title id="gl-title">{clean(title)}</title>\n'
        f'<desc id="gl-desc">{clean(shows)}</desc>\n{_patterns()}\n'
        f'<rect width="{w}" height="{h}" fill="{inks()["page"]}"/>\n'
        + "\n".join(sheet.out)
        + "\n</svg>\n"
    )


def _head(sheet: Sheet, title: str, question: str, demonstration: bool) -> None:
    """Set the title, as large as two lines allow, the question and the demonstration's warning."""
    sizes = (26.0, 22.0, 18.0, 15.0)
    size = next((s for s in sizes if len(wrap([(title, True)], s, WIDE)) <= 2), sizes[-1])
    sheet.lines(title, size, "ink", bold=True, lead=1.14)
    sheet.y += 4
    if question:
        sheet.lines(question, 12.0, "ink2", lead=1.36, measure=READ)
        sheet.y += 4
    if demonstration:
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


def _foot(drawn: drawing._Drawn) -> list[Paragraph]:
    """Return the paragraphs below the map: captions, then the dated note."""
    recipe, out = drawn.recipe, list[Paragraph]()
    said = ("What this shows.", recipe.shows), ("What it does not mean.", recipe.means_not)
    for head, words in said:
        if words:
            out.append(([(head, True), (recipe.fill(words, drawn.words), False)], False))
    if drawn.data.dates:
        out.append(([(drawn.data.dates, False)], True))
    return out


def _set_foot(foot: Sequence[Paragraph], y: float) -> Sheet:
    """Return the paragraphs below the map, set from `y`."""
    sheet = Sheet(MARGIN, y, READ)
    for runs, bar in foot:
        top = sheet.y
        sheet.lines(runs, SMALL, "ink2", indent=8.0 * bar)
        if bar:
            sheet.add(rect(MARGIN, top, 1.8, sheet.y - top, fill=inks()["rule2"]))
        sheet.y += 4
    return sheet


def _patterns() -> str:
    """Return the five fills that say doubt; vectors, so that they print sharp at any size."""
    c = inks()

    def pattern(name: str, size: float, turn: int, *kids: str) -> str:
        return (
            f'<pattern id="gl-{name}" width="{size}" height="{size}" patternUnits='
            f'"userSpaceOnUse" patternTransform="rotate({turn})">{"".join(kids)}</pattern>'
        )

    def ground(ink: str, wide: float, high: float) -> str:
        return f'<rect width="{wide}" height="{high}" fill="{c[ink]}"/>'

    dot = f'<circle cx="2.25" cy="2.25" r=".75" fill="{c["ink2"]}"/>'
    doubt = c["elsewhere"]
    return "".join(
        (
            "<defs>",
            pattern(
                "cross",
                5.2,
                45,
                ground("page", 5.2, 5.2),
                stroked("M0 2.6H5.2M2.6 0V5.2", doubt, 0.8),
            ),
            pattern("bare", 5.2, 0, ground("page", 5.2, 5.2), stroked("M0 2.6H5.2", doubt, 0.8)),
            pattern("stripe", 7.5, -45, ground("r1", 7.5, 7.5), ground("r3", 7.5, 3.75)),
            pattern("hatch", 4.5, 45, stroked("M0 2.25H4.5", c["ink"], 0.55)),
            pattern("dots", 4.5, 0, ground("land", 4.5, 4.5), dot),
            "</defs>",
        )
    )


# ---------------------------------------------------------------- legend


@dataclass(frozen=True, slots=True)
class _Key:
    """A row of the legend: a sample, its meaning, how many."""

    kind: str  # "fill", "line", "mark" or "sign"
    name: str
    title: str
    count: str = ""


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows of the legend under one heading."""

    title: str
    keys: list[_Key]
    note: list[Run]
    counts: str = ""  # what the counts are of


def _many(n: int, spec: LayerSpec) -> str:
    return f"{n:,} {(spec.title if n == 1 else spec.plural).lower()}"


def _shading(land: Land) -> _Group | None:
    """Return one row per class and pattern with the number of its areas."""
    spec, recipe, m = land.active, land.drawn.recipe, land.measure
    if recipe.shade.startswith("coverage:"):
        return _Group(f"{spec.title} coverage", _coverage(land), [])
    if m is None:
        return None
    inside = [f for f in land.faces if f.inside]
    titles = list(m.classes) if m.format == "words" else drawing._class_titles(m)
    tally = [land.classes[f.unit] for f in inside if 0 <= f.unit < len(spec.units)]
    rows = [(c, title) for c, title in enumerate(titles)]
    rows += [
        (c, title)
        for c, title in ((-2, f"fewer than {m.few} schools"), (-1, "no value"))
        if c in tally
    ]
    keys = [_Key("fill", land.class_fill(c), t, _many(tally.count(c), spec)) for c, t in rows]
    apart = {
        "stripe": ("shared by several", [f for f in inside if f.unit >= len(spec.units)]),
        "cross": (f"no {spec.title} found", [f for f in inside if f.unit == -1]),
        "bare": ("not covered", [f for f in inside if f.unit == -2]),
    }
    for name, (title, faces) in apart.items():
        if n := sum(f.fill == name for f in faces):
            keys.append(_Key("fill", name, title, f"{n:,} {'area' if n == 1 else 'areas'}"))
    if (n := sum(f.low for f in inside)) and "low_confidence" in recipe.patterns:
        keys.append(_Key("fill", "hatch", "low confidence", f"in {_many(n, spec)}"))
    note: list[Run] = []
    if m.england is not None and m.format != "words":
        note.append((f"{m.england_title}: {drawing.say(m.england, m.format)}.", False))
    return _Group(m.title, keys, [*note, (m.note, False)] if m.note else note)


def _coverage(land: Land) -> list[_Key]:
    """Return how a layer covers the land, in areas of the recipe and, where known, schools."""
    spec, data = land.active, land.drawn.data
    base = land.authorities if land.drawn.areas is spec else land.drawn.areas
    of, base_of = land.of(spec), land.of(base)
    low = np.isin(np.arange(of.size), land.claims[spec.key]["low"])
    kind = np.select(
        [of == -1, of == -2, of >= len(spec.units), low, of >= 0],
        ["cross", "bare", "stripe", "hatch", "r2"],
        default="",
    )
    kind[~land.inside] = ""
    schools = None
    if data.schools is not None and "block" in data.schools:
        schools = data.schools["block"].map(dict(zip(land.names, kind, strict=True)))
    out = []
    for name, title in (
        ("r2", f"one {spec.title}"),
        ("hatch", "one, low confidence"),
        ("stripe", "shared by several"),
        ("cross", "none found in our lists"),
        ("bare", "not covered"),
    ):
        met = np.unique(base_of[kind == name])
        if met.size:
            words = _many(met.size, base)
            words += "" if schools is None else f", {int((schools == name).sum()):,} schools"
            out.append(_Key("fill", name, title, words))
    return out


def _groups(land: Land) -> list[_Group]:
    """Return the rest of the legend: lines that are drawn by family, then marks and signs."""
    drawn, out = land.drawn, list[_Group]()
    what = "" if land.country else "units here"  # said once, over the first of them
    for family, title in drawing.FAMILIES.items():
        on = [s for s in drawn.layers if s.family == family and s.key in drawn.on]
        keys = [
            _Key("line", s.style, s.title, f"{n:,}")
            for s in on
            if (n := drawing._here(s, drawn.data))
        ]
        if keys:
            out.append(_Group(title, keys, [], "" if out else what))
    table = land.schools
    if not table.empty:
        counts = table["kind"].value_counts()
        keys = [
            _Key("mark", kind, title, f"{counts[kind]:,}")
            for kind, title in drawing.KIND_TITLES.items()
            if kind in counts
        ]
        out.append(_Group("Schools, by who runs them", keys, []))
    if drawn.recipe.scope == "trust" and not table.empty:
        keys = [
            _Key("sign", "home", "Middle of its schools at home"),
            _Key("sign", "link", "From a school elsewhere"),
            _Key("sign", "hull", "Round all its schools"),
        ]
        out.append(_Group("The trust", keys, []))
    return out


def _sample(key: _Key, x: float, y: float, w: float, h: float, far: bool) -> str:
    """Draw a legend's sample in a box."""
    c, middle = inks(), y + h / 2
    if key.kind == "fill":
        under = rect(x, y, w, h, fill=fill("r2")) if key.name == "hatch" else ""
        return under + rect(x, y, w, h, fill=fill(key.name), stroke=c["rule2"], stroke_width=0.6)
    if key.kind == "line":
        style = (FAR if far else STROKES)[key.name]
        return line(x, middle, x + w, middle, c[style.ink], max(style.wide, 0.9), style.attrs)
    if key.kind == "mark":
        return _marks(key.name, np.array([[x + w / 2, middle]]), 1.0)
    if key.name == "home":
        at = f'cx="{number(x + w / 2)}" cy="{number(middle)}"'
        return f'<circle {at} r="4" fill="none" stroke="{c["ink"]}" stroke-width="1.3"/>'
    return _drawn_as(key.name, f"M{number(x)} {number(middle)}h{number(w)}")


def _drawn_as(name: str, d: str) -> str:
    """Draw a trust's links or its hull."""
    if name == "link":
        return stroked(d, inks()["elsewhere"], 0.75, ' stroke-opacity=".6"')
    return stroked(d, inks()["ink"], 1.05, ' stroke-dasharray="1.5 3"')


def _legend_rows(sheet: Sheet, land: Land) -> None:
    """Set the legend of a whole country: a row of classes, then lines and marks."""
    shading = _shading(land)
    if shading is not None:
        sheet.lines([(shading.title, True), *shading.note], SMALL, "ink2")
        sheet.y += 4
        cells = min(7, max(5, len(shading.keys)))
        for start in range(0, len(shading.keys), cells):
            sheet.y = _class_row(sheet, shading.keys[start : start + cells], WIDE / cells)
    x, keys = MARGIN, [k for group in _groups(land) for k in group.keys]
    for key in keys:
        wide = 29.0 if key.kind == "line" else 15.0
        words = width(f"{key.title}  ", 8.0)
        whole = wide + words + width(key.count, 8.0) + 16
        if x > MARGIN and x + whole > MARGIN + WIDE:
            x, sheet.y = MARGIN, sheet.y + 12
        sheet.add(_sample(key, x, sheet.y - 1, wide - 5, 8, far=True))
        sheet.add(text(x + wide, sheet.y + 6, key.title, 8.0, inks()["ink"]))
        sheet.add(text(x + wide + words, sheet.y + 6, key.count, 8.0, inks()["ink3"]))
        x += whole
    sheet.y += 14 if keys else 2


def _class_row(sheet: Sheet, keys: Sequence[_Key], step: float) -> float:
    """Set swatches side by side with their words below; return where the deepest ends."""
    deepest = sheet.y
    for i, key in enumerate(keys):
        x, y = MARGIN + i * step, sheet.y + 20
        sheet.add(_sample(key, x, sheet.y, step - 7, 11, far=True))
        for words, ink in ((key.title, "ink"), (key.count, "ink3")):
            for row in wrap(words, 8.0, step - 7):
                sheet.add(text(x, y, row, 8.0, inks()[ink]))
                y += 9.8
        deepest = max(deepest, y)
    return deepest


def _legend_column(groups: Sequence[_Group], x: float, y: float) -> Sheet:
    """Return groups of the legend one below another."""
    column = Sheet(x, y, COLUMN)
    for group in groups:
        column.add(line(x, column.y, x + COLUMN, column.y, inks()["rule"], 0.6))
        column.y += 5
        if group.counts:
            at = column.y + 8.1
            column.add(text(x + COLUMN, at, group.counts, 7.5, inks()["ink3"], anchor="end"))
        column.lines(
            group.title, 8.8, "ink", bold=True, measure=COLUMN - (44 if group.counts else 0)
        )
        column.lines(group.note, 8.0, "ink2")
        column.y += 2
        for key in group.keys:
            _legend_row(column, key)
        column.y += 6
    return column


def _legend_row(column: Sheet, key: _Key) -> None:
    wide, x = (14.0 if key.kind == "mark" else 24.0), column.x
    start, count = x + wide + 5, width(key.count, SMALL) + 4
    filled = key.kind == "fill"
    rows = wrap(key.title, SMALL, COLUMN - wide - 5 - (0 if filled else count))
    column.add(_sample(key, x, column.y + 2.4, wide, 9 if filled else 8, far=False))
    if not filled:
        at = column.y + 9.4
        column.add(text(x + COLUMN, at, key.count, SMALL, inks()["ink3"], anchor="end"))
    for i, row in enumerate(rows):
        column.add(text(start, column.y + 9.4 + 10.4 * i, row, SMALL, inks()["ink"]))
    column.y += len(rows) * 10.4
    for row in wrap(key.count, 8.0, COLUMN - wide - 5) if filled else []:
        column.add(text(start, column.y + 8.6, row, 8.0, inks()["ink3"]))
        column.y += 9.8
    column.y += 3.4


def _legend_columns(groups: Sequence[_Group], y: float) -> Sheet:
    """Return groups of the legend in four columns, each group in the shortest so far."""
    columns: list[list[_Group]] = [[], [], [], []]
    step = COLUMN + GAP
    for group in groups:
        ends = [_legend_column(c, 0, 0).y for c in columns]
        columns[ends.index(min(ends))].append(group)
    whole = Sheet(MARGIN, y, WIDE)
    for i, column in enumerate(columns):
        made = _legend_column(column, MARGIN + i * step, y)
        whole.add(*made.out)
        whole.y = max(whole.y, made.y)
    return whole


# ---------------------------------------------------------------- schools


def _schools(land: Land) -> list[str]:
    """Draw each school as one of the four marks, the most common beneath."""
    table = land.schools
    if table.empty:
        return []
    size = min(1.15, 0.45 + 0.16 * land.view.scale * 1000)
    out = [
        _marks(kind, table.loc[table["kind"] == kind, ["px", "py"]].to_numpy(), size)
        for kind in drawing.KIND_TITLES
    ]
    return [f'<g class="schools">{"".join(out)}</g>']


def _marks(kind: str, xy: Floats, size: float) -> str:
    """Draw all schools of a kind as one path, a subpath each."""
    if not len(xy):
        return ""
    c = inks()
    large = {"no_trust": 1.5, "single_school_trust": 1.5, "trust_home_here": 2.0}
    r = large.get(kind, 2.6 if kind == "trust_based_elsewhere" else 1.6) * size
    q, d = number(r, 2), number(2 * r, 2)
    round_ = f"m-{q} 0a{q} {q} 0 1 0 {d} 0a{q} {q} 0 1 0-{d} 0"
    shape = {
        "no_trust": round_,
        "single_school_trust": f"m-{q}-{q}h{d}v{d}h-{d}z",
        "trust_home_here": round_,
        "trust_based_elsewhere": f"m0-{q}l{q} {q}-{q} {q}-{q}-{q}z",
        "status_unknown": f"m-{q}-{q}l{d} {d}m0-{d}l-{d} {d}",
    }[kind]
    case = f'stroke="{c["land"]}" stroke-width="{number(0.9 * size, 2)}" paint-order="stroke"'
    thin = f'stroke-width="{number(0.75 * size, 2)}"'
    paint = {
        "no_trust": f'fill="{c["land"]}" stroke="{c["none"]}" {thin}',
        "single_school_trust": f'fill="{c["none"]}"',
        "trust_home_here": f'fill="{c["accent"]}" {case}',
        "trust_based_elsewhere": f'fill="{c["elsewhere"]}" {case}',
        "status_unknown": f'fill="none" stroke="{c["ink3"]}" stroke-width=".8"',
    }[kind]
    if size < 0.7 and kind != "trust_based_elsewhere":
        # Thousands of marks, each too small to show a ring: a dot of the pen says the same.
        pen = {"no_trust": "none", "single_school_trust": "none", "trust_home_here": "accent"}
        cap = "square" if kind == "single_school_trust" else "round"
        wide = number((1.7 if cap == "square" else 2) * r, 2)
        paint = (
            f'fill="none" stroke="{c[pen.get(kind, "ink3")]}" stroke-width="{wide}" '
            f'stroke-linecap="{cap}"'
        )
        shape = "h0"
    d = "".join(f"M{number(x)} {number(y)}{shape}" for x, y in xy)
    return f'<path data-kind="{kind}" data-n="{len(xy)}" {paint} d="{d}"/>'


def _footprint(land: Land) -> list[str]:
    """Draw a trust's hull, and the links of its schools elsewhere to the home point."""
    import shapely

    data, table, c = land.drawn.data, land.schools, inks()
    if land.drawn.recipe.scope != "trust" or table.empty:
        return []
    out = []
    hull = shapely.convex_hull(shapely.multipoints(table[["px", "py"]].to_numpy()))
    if hull.geom_type == "Polygon":
        out.append(_drawn_as("hull", line_path([shapely.get_coordinates(hull)], closed=True)))
    trusts = data.trusts
    if trusts is None or data.trust not in trusts.index or "home_easting" not in trusts:
        return out
    home = trusts.loc[[data.trust], ["home_easting", "home_northing"]].to_numpy(float)[0]
    if np.isfinite(home).all():
        x, y = (float(v) for v in land.view(home))
        away = table.loc[table["kind"] == "trust_based_elsewhere", ["px", "py"]].to_numpy()
        out.append(_drawn_as("link", line_path([[(x, y), p] for p in away], closed=False)))
        for ink, wide in (("page", 3.6), ("ink", 1.5)):
            at = f'cx="{number(x)}" cy="{number(y)}" r="7"'
            out.append(f'<circle {at} fill="none" stroke="{c[ink]}" stroke-width="{wide}"/>')
    return out


# ---------------------------------------------------------------- scale, north, London


def _scale_bar(view: View, x: float, y: float, room: Room) -> str:
    """Draw a round number of kilometres."""
    sizes = (200, 100, 50, 20, 10, 5, 2, 1, 0.5, 0.2)
    km = next((k for k in sizes if k * 1000 * view.scale <= 82), 0.1)
    w, ink, words = km * 1000 * view.scale, inks()["ink2"], f"{km:g} km"
    room.taken.append((x - 3, y - 8, x + w + 8 + width(words, 8.0), y + 4))
    d = f"M{number(x)} {number(y - 4)}v4h{number(w)}v-4"
    return (
        stroked(d, inks()["page"], 3.0, ' stroke-opacity=".8"')
        + stroked(d, ink, 0.9)
        + text(x + w + 4, y + 1, words, 8.0, ink, halo=inks()["page"])
    )


def _north(x: float, y: float, room: Room) -> str:
    """Draw grid north, which is straight up."""
    room.taken.append((x - 6, y - 3, x + 6, y + 22))
    arrow = (
        f'<path d="M{number(x)} {number(y)}l3.6 10.5-3.6-2.6-3.6 2.6z" fill="{inks()["ink2"]}"/>'
    )
    return arrow + text(x, y + 19, "N", 8.0, inks()["ink2"], anchor="middle")


def _inset(land: Land, room: Room) -> list[str]:
    """Draw London three times larger in the top right corner, where there is no land."""
    import shapely

    london = [i for i, b in enumerate(land.names) if b.startswith("E09")]
    if not london:
        return []
    x0, y0, x1, y1 = map(float, shapely.total_bounds(land.shapes[london]))
    w, h = 3 * (x1 - x0) + 12, 3 * (y1 - y0) + 24
    left, top, c = land.view.box[2] - w, land.view.box[1], inks()
    west, south, east, north = map(float, land.drawn.data.blocks.iloc[london].total_bounds)
    inner = (left + 6, top + 18, left + w - 6, top + h - 6)
    part = Land(land.drawn, View.fit((west, south, east, north), inner), only=london)
    room.taken.append((left - 3, top, left + w, top + h + 3))
    room.apart = grown((x0, y0, x1, y1), 1.5)
    names = [m for m in labels(part) if m.spot == "on"]
    return [
        rect(left, top, w, h, fill=c["page"], stroke=c["rule2"], stroke_width=0.75),
        text(left + 6, top + 11.5, "London, 3 times larger", 8.4, c["ink"], bold=True),
        f'<g class="inset">{"".join([*part.ground(), *part.outlines()])}</g>',
        *put(names, Room(grown(inner, 4))),
        stroked(
            "M{0} {1}H{2}V{3}H{0}z".format(*map(number, room.apart)),
            c["ink2"],
            0.75,
        ),
    ]


# ---------------------------------------------------------------- the two layouts


def _country(sheet: Sheet, drawn: drawing._Drawn, floor: float, foot: Sequence[Paragraph]) -> None:
    """Set England on the bare page, its legend above, the key to numbers and captions below."""
    focus = drawing._focus(drawn)
    sheet.y += 4
    _legend_rows(sheet, Land(drawn, View.fit(focus, (0, 0, 1, 1))))
    below = _number_key(drawn, 0).y + 6 + _set_foot(foot, 0).y
    box: Box = (MARGIN, sheet.y + 2, MARGIN + WIDE, floor - below)
    land, room = Land(drawn, View.fit(focus, box)), Room(box)
    inset = _inset(land, room) if drawn.recipe.inset == "london" else []
    north = _north(box[2] - 8, box[3] - 22, room)
    bar = _scale_bar(land.view, box[2] - 140, box[3] - 4, room)
    sheet.add(*land.ground(), *land.outlines(), *_schools(land))
    sheet.add(*callouts(land, room), *put(labels(land), room), bar, north, *inset)
    key = _number_key(drawn, box[3] + 4)
    sheet.add(*key.out, *_set_foot(foot, key.y + 2).out)


def _number_key(drawn: drawing._Drawn, y: float) -> Sheet:
    """Return the names behind the numbers on the map, in columns."""
    out, size, lead, columns = Sheet(MARGIN, y, WIDE), 7.5, 9.2, 4
    step = WIDE / columns
    wanted = (s for s in drawn.layers if s.key in drawn.recipe.labels and "number" in s.units)
    spec = next(wanted, None)
    if spec is None or drawn.recipe.scope != "england":
        return out
    units = spec.units.sort_values("number", kind="stable")
    cells = [
        (f"{n:.0f}", wrap(short(spec, str(name)), size, step - 24))
        for n, name in zip(units["number"], units["unit_name"], strict=True)
    ]
    deep = -(-sum(len(rows) for _, rows in cells) // columns)
    x, at, ink = MARGIN, 0, inks()
    for n, rows in cells:
        if at >= deep and x < MARGIN + step * (columns - 1) - 1:
            x, at = x + step, 0
        out.add(text(x + 12, y + 12 + lead * at, n, size, ink["ink"], bold=True, anchor="end"))
        for row in rows:
            out.add(text(x + 16, y + 12 + lead * at, row, size, ink["ink2"]))
            at += 1
        out.y = max(out.y, y + 12 + lead * at)
    return out


def _framed(sheet: Sheet, drawn: drawing._Drawn, floor: float, foot: Sequence[Paragraph]) -> None:
    """Set a place or a trust in a frame, its legend where the map can be larger."""
    import shapely

    west, south, east, north = drawing._focus(drawn)
    pad = 0.07 * max(east - west, north - south)
    focus = (west - pad, south - pad, east + pad, north + pad)
    top, shape = sheet.y + 4, (focus[3] - focus[1]) / (focus[2] - focus[0])
    rough = Land(drawn, View.fit(focus, (0, 0, 1, 1)))
    shading = _shading(rough)
    groups = [*_groups(rough), *([] if shading is None else [shading])]
    high = floor - _set_foot(foot, 0).y - 8 - top
    above = _legend_columns(groups, top)
    beside = _legend_column(groups, MARGIN + WIDE - COLUMN, top)
    narrow, lower = WIDE - COLUMN - GAP, above.y + 2 - top
    if min(narrow, high / shape) > min(WIDE, (high - lower) / shape):
        legend, left_high, wide = beside, high, narrow
    else:
        legend, left_high, wide, top = above, high - lower, WIDE, top + lower
    tall = min(left_high, wide * min(1.5, max(0.75, shape)))
    box: Box = (MARGIN, top, MARGIN + wide, top + tall)
    land = Land(drawn, View.fit(focus, box))
    about = land.union(np.flatnonzero(land.inside))
    shapely.prepare(about)
    marks = land.schools[["px", "py"]].to_numpy() if not land.schools.empty else np.empty((0, 2))
    room, c = Room(grown(box, -2), about, marks), inks()
    bar = _scale_bar(land.view, box[0] + 8, box[3] - 8, room)
    arrow = _north(box[2] - 12, top + 7, room)
    if drawn.recipe.scope == "trust":
        room.taken += [(x - 3, y - 3, x + 3, y + 3) for x, y in marks.tolist()]
    sheet.add(
        *legend.out,
        f'<clipPath id="gl-frame">{rect(box[0], top, wide, tall, rx=3)}</clipPath>',
        '<g clip-path="url(#gl-frame)">',
        rect(box[0], top, wide, tall, fill=c["sea"]),
        *land.ground(),
        *land.outlines(),
        *_footprint(land),
        *_schools(land),
        *put(labels(land), room),
        bar,
        arrow,
        "</g>",
        rect(box[0], top, wide, tall, fill="none", rx=3, stroke=c["rule2"], stroke_width=0.75),
    )
    end = max(box[3], legend.y if legend is beside else 0)
    sheet.add(*_set_foot(foot, end + 8).out)
