"""Draw a recipe for print: the same map as a static SVG or PNG on A4, without a browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geolls.base.files import write_bytes, write_text
from geolls.base.vocabulary import FAMILY_TITLES, KIND_TITLES
from geolls.maps.classes import class_titles, say
from geolls.maps.data import LayerSpec, MapData
from geolls.maps.drawn import Drawn, resolve
from geolls.maps.print import svg as paper
from geolls.maps.print.labels import Room, callouts, labels, put, short
from geolls.maps.print.land import FAR, STROKES, Box, Floats, Land, View, fill, grown
from geolls.maps.print.svg import (
    Run,
    Sheet,
    clean,
    inks,
    joined,
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
    from geolls.maps.recipes import Recipe

__all__ = ["DPI", "render_svg", "save_print"]

DPI = 220.0
"""Pixels an inch of a PNG: sharp in print, 1,820 pixels across."""

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
    drawn = resolve(recipe, data)
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
    sheet.lines(title, size, "ink", bold=True, lead=1.14, measure=_even(title, size))
    sheet.y += 4
    if question:
        sheet.lines(question, 12.0, "ink2", lead=1.36, measure=READ)
        sheet.y += 4
    if demonstration:
        said = [("Demonstration schools:", True), ("generated, not real", False)]
        sheet.add(rect(MARGIN, sheet.y + 2, 2.2, 14, fill=inks()["elsewhere"]))
        sheet.add(text(MARGIN + 8, sheet.y + 12.4, said, 9.6, inks()["ink"]))
        sheet.y += 22


def _even(title: str, size: float) -> float:
    """Return the narrowest measure that needs no more lines: lines of like length."""
    rows = len(wrap([(title, True)], size, WIDE))
    if rows == 1:
        return WIDE
    tried = np.arange(WIDE * 0.5, WIDE, 8.0).tolist()
    return next((m for m in tried if len(wrap([(title, True)], size, m)) <= rows), WIDE)


def _sources(sheet: Sheet, attribution: str) -> float:
    """Set the sources at the foot of the page; return where they begin."""
    size, lead = 7.5, 9.8
    rows = [*wrap(attribution, size, WIDE), [("Drawn by geolls.", False)]]
    top = A4[1] - MARGIN + 8 - len(rows) * lead
    sheet.add(line(MARGIN, top - 7, MARGIN + WIDE, top - 7, inks()["rule"], 0.6))
    for i, row in enumerate(rows):
        sheet.add(text(MARGIN, top + size * 0.9 + lead * i, row, size, inks()["ink3"]))
    return top - 14


def _foot(drawn: Drawn) -> list[Paragraph]:
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
    titles = list(m.classes) if m.format == "words" else class_titles(m)
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
        whose = m.england_title[:1].upper() + m.england_title[1:]
        note.append((f"{whose}: {say(m.england, m.format)}.", False))
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
    for family, title in FAMILY_TITLES.items():
        on = [s for s in drawn.layers if s.family == family and s.key in drawn.on]
        keys = [
            _Key("line", s.style, s.title, f"{n:,}") for s in on if (n := len(drawn.units_here(s)))
        ]
        if keys:
            out.append(_Group(title, keys, [], "" if out else what))
    table = land.schools
    if not table.empty:
        counts = table["kind"].value_counts()
        keys = [
            _Key("mark", kind, title, f"{counts[kind]:,}")
            for kind, title in KIND_TITLES.items()
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
        _classes(sheet, shading)
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


def _classes(sheet: Sheet, shading: _Group) -> None:
    """Set the shading's heading and its classes in rows."""
    sheet.lines([(shading.title, True), *shading.note], SMALL, "ink2")
    sheet.y += 4
    cells = min(7, max(5, len(shading.keys)))
    for start in range(0, len(shading.keys), cells):
        sheet.y = _class_row(sheet, shading.keys[start : start + cells], WIDE / cells)


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


def _legend_columns(groups: Sequence[_Group], shading: _Group | None, y: float) -> Sheet:
    """Return a row of classes, and other groups in four columns, each in the shortest so far."""
    whole = Sheet(MARGIN, y, WIDE)
    if shading is not None:
        _classes(whole, shading)
        whole.y += 2
    columns: list[list[_Group]] = [[], [], [], []]
    for group in groups:
        ends = [_legend_column(c, 0, 0).y for c in columns]
        columns[ends.index(min(ends))].append(group)
    top = whole.y
    for i, column in enumerate(columns):
        made = _legend_column(column, MARGIN + i * (COLUMN + GAP), top)
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
        _marks(
            kind,
            table.loc[table["kind"] == kind, ["px", "py"]].to_numpy(),
            size,
            pen=len(table) > MANY,
        )
        for kind in KIND_TITLES
    ]
    return [f'<g class="schools">{"".join(out)}</g>']


_RADIUS = {
    "no_trust": 1.5,
    "single_school_trust": 1.5,
    "trust_home_here": 2.0,
    "trust_based_elsewhere": 2.6,
    "status_unknown": 1.6,
}
MANY = 1_200  # more schools than this would hide the land as rings and discs


def _marks(kind: str, xy: Floats, size: float, *, pen: bool = False) -> str:
    """Draw all schools of a kind as one path, a subpath each; with the `pen`, as plain dots."""
    if not len(xy):
        return ""
    c = inks()
    r = _RADIUS[kind] * size * (0.8 if pen and kind == "trust_based_elsewhere" else 1.0)
    q, d = number(r, 2), number(2 * r, 2)
    disc = f"a{q} {q} 0 1 0 {d} 0a{q} {q} 0 1 0-{d} 0z"
    shape, dx, dy = {
        "no_trust": (disc, -r, 0.0),
        "single_school_trust": (f"h{d}v{d}h-{d}z", -r, -r),
        "trust_home_here": (disc, -r, 0.0),
        "trust_based_elsewhere": (f"l{q} {q}-{q} {q}-{q}-{q}z", 0.0, -r),
        "status_unknown": (f"l{d} {d}m0-{d}l-{d} {d}m0-{d}", -r, -r),
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
    if pen and kind != "trust_based_elsewhere":
        inked = {"no_trust": "none", "single_school_trust": "none", "trust_home_here": "accent"}
        cap = "square" if kind == "single_school_trust" else "round"
        wide = number((1.6 if cap == "square" else 1.9) * r, 2)
        ink = c[inked.get(kind, "ink3")]
        paint = f'fill="none" stroke="{ink}" stroke-width="{wide}" stroke-linecap="{cap}"'
        shape, dx, dy = "h0", 0.0, 0.0
    # Every shape ends where it starts, so that the next, near by, is a short step from this one.
    xy = xy[np.lexsort((xy[:, 0], np.floor(xy[:, 1] / 4)))]
    steps = np.diff(
        np.rint((xy + np.array([dx, dy])) * 10).astype(np.int64), axis=0, prepend=[[0, 0]]
    )
    path = "".join(f"m{joined(x, y, 1)}{shape}" for x, y in steps.tolist())
    return f'<path data-kind="{kind}" data-n="{len(xy)}" {paint} d="{path}"/>'


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


@dataclass(frozen=True)
class _Inset:
    """London three times larger: which blocks, and its frames there and on the main map."""

    blocks: list[int]
    box: Box
    shown: Box

    @staticmethod
    def of(land: Land) -> _Inset | None:
        """Put it in the top right corner of the map."""
        import shapely

        london = [i for i, b in enumerate(land.names) if b.startswith("E09")]
        if not london:
            return None
        x0, y0, x1, y1 = map(float, shapely.total_bounds(land.shapes[london]))
        w = max(3 * (x1 - x0), width(_LONDON, 8.4, bold=True)) + 12
        right, top = land.view.box[2], land.view.box[1]
        box = (right - w, top, right, top + 3 * (y1 - y0) + 24)
        return _Inset(london, box, grown((x0, y0, x1, y1), 1.5))

    def hides(self, land: Land) -> bool:
        """Tell whether the inset would stand on the land."""
        import shapely

        box = shapely.box(*grown(self.box, 5))
        return bool(shapely.intersects(land.shapes[land.seen], box).any())

    def draw(self, land: Land) -> list[str]:
        """Return the inset and the frame of what it shows."""
        c, (left, top, right, bottom) = inks(), self.box
        west, south, east, north = map(float, land.drawn.data.blocks.iloc[self.blocks].total_bounds)
        inner = (left + 6, top + 18, right - 6, bottom - 6)
        part = Land(land.drawn, View.fit((west, south, east, north), inner), only=self.blocks)
        names = [m for m in labels(part) if m.spot == "on"]
        ink = [*part.ground(), *part.outlines(), *_schools(part)]
        x0, y0, x1, y1 = map(number, self.shown)
        return [
            rect(left, top, right - left, bottom - top, fill=c["page"], stroke=c["rule2"]),
            text(left + 6, top + 11.5, _LONDON, 8.4, c["ink"], bold=True),
            f'<g class="inset">{"".join(ink)}</g>',
            *put(names, Room(grown(inner, 4))),
            stroked(f"M{x0} {y0}H{x1}V{y1}H{x0}z", c["ink2"], 0.75),
        ]


_LONDON = "London, 3 times larger"


# ---------------------------------------------------------------- the two layouts


def _country(sheet: Sheet, drawn: Drawn, floor: float, foot: Sequence[Paragraph]) -> None:
    """Set England on the bare page, its legend above, the key to numbers and captions below."""
    focus = drawn.focus
    sheet.y += 4
    _legend_rows(sheet, Land(drawn, View.fit(focus, (0, 0, 1, 1))))
    top, cells = sheet.y + 2, _numbered(drawn)
    bottom = floor - _set_foot(foot, 0).y - 6
    aside, deep = _key_size(cells, bottom - top)
    box: Box = (MARGIN + (KEY if aside else 0), top, MARGIN + WIDE, bottom - deep)
    land, inset = _fitted(drawn, focus, box)
    room = Room(box)
    north = _north(box[2] - 8, box[3] - 22, room)
    bar = _scale_bar(land.view, box[2] - 140, box[3] - 4, room)
    if inset is not None:
        room.taken.append(grown(inset.box, 3))
        room.apart = inset.shown
    sheet.add(*land.ground(), *land.outlines(), *_schools(land))
    sheet.add(*callouts(land, room), *put(labels(land), room), bar, north)
    sheet.add(*([] if inset is None else inset.draw(land)), *_number_key(cells, aside, top, box[3]))
    sheet.add(*_set_foot(foot, bottom + 4).out)


def _fitted(drawn: Drawn, focus: Box, box: Box) -> tuple[Land, _Inset | None]:
    """Return England as large as it can be without meeting its inset."""
    land = Land(drawn, View.fit(focus, box))
    if drawn.recipe.inset != "london":
        return land, None
    inset, full = _Inset.of(land), land.view.scale
    for part in np.arange(1.0, 0.6, -0.03).tolist():
        if inset is None or not inset.hides(land):
            break
        # Smaller, and as far to the left as it goes.
        spare = (box[3] - box[1]) / (full * part) - (focus[3] - focus[1])
        land = Land(drawn, View(focus[0], focus[3] + max(0.0, spare) / 2, full * part, box))
        inset = _Inset.of(land)
    return land, inset


KEY = WIDE / 4  # a column of the key to numbers
_LINE = 9.2


def _numbered(drawn: Drawn) -> list[tuple[str, list[list[Run]]]]:
    """Return the number and the name, in lines, of each unit the map numbers."""
    wanted = (s for s in drawn.layers if s.key in drawn.recipe.labels and "number" in s.units)
    spec = next(wanted, None)
    if spec is None:
        return []
    units = spec.units.sort_values("number", kind="stable")
    return [
        (f"{n:.0f}", wrap(short(spec, str(name)), 7.5, KEY - 24))
        for n, name in zip(units["number"], units["unit_name"], strict=True)
    ]


def _key_size(cells: Sequence[tuple[str, list[list[Run]]]], high: float) -> tuple[int, float]:
    """Return how many lines of a long key stand beside the map, and the depth of the rest."""
    total = sum(len(rows) for _, rows in cells)
    rest = -(-total // 4)
    if rest <= 18:
        return 0, rest * _LINE + 12 if total else 0.0
    # The map ends where the rest, in four columns, begins.
    aside = int((high - 14 - total * _LINE / 4) / (0.75 * _LINE))
    return aside, (-(-(total - aside) // 4) + 1) * _LINE + 12


def _number_key(
    cells: Sequence[tuple[str, list[list[Run]]]], aside: int, top: float, bottom: float
) -> list[str]:
    """Return the names behind the numbers on the map: a column beside it, four below it."""
    total = sum(len(rows) for _, rows in cells)
    deep = -(-(total - aside) // 4)
    columns = [(MARGIN, top, aside)] if aside else []
    columns += [(MARGIN + KEY * i, bottom + 10, deep) for i in range(4)]
    out, c, i, used = [], inks(), 0, 0
    for n, rows in cells:
        if i + 1 < len(columns) and used + len(rows) > columns[i][2] and used:
            i, used = i + 1, 0
        x, y, _ = columns[i]
        at = y + 6 + _LINE * used
        out.append(text(x + 12, at, n, 7.5, c["ink"], bold=True, anchor="end"))
        for k, row in enumerate(rows):
            out.append(text(x + 16, at + _LINE * k, row, 7.5, c["ink2"]))
        used += len(rows)
    return out


def _framed(sheet: Sheet, drawn: Drawn, floor: float, foot: Sequence[Paragraph]) -> None:
    """Set a place or a trust in a frame, its legend where the map can be larger."""
    import shapely

    west, south, east, north = drawn.focus
    pad = 0.07 * max(east - west, north - south)
    focus = (west - pad, south - pad, east + pad, north + pad)
    top, shape = sheet.y + 4, (focus[3] - focus[1]) / (focus[2] - focus[0])
    rough = Land(drawn, View.fit(focus, (0, 0, 1, 1)))
    shading, groups = _shading(rough), _groups(rough)
    high = floor - _set_foot(foot, 0).y - 8 - top
    above = _legend_columns(groups, shading, top)
    rest = [] if shading is None else [shading]
    beside = _legend_column([*groups, *rest], MARGIN + WIDE - COLUMN, top)
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
