"""Marks on a printed map: schools by who runs them, and the extent of a trust."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import shapely

from geolls.base.vocabulary import KINDS
from geolls.maps.print.land import Floats, Land
from geolls.maps.print.svg import circle, inks, joined, line_path, number, stroked

__all__ = ["footprint", "link_or_hull", "marks", "schools"]

MANY = 1_200  # more schools than this would hide the land as rings and discs


class _Mark(NamedTuple):
    """How a kind of school is drawn: radius, shape, inks; `dot` is its ink among many."""

    radius: float
    shape: str
    ink: str
    dot: str


_MARKS = {
    "no_trust": _Mark(1.5, "ring", "none", "none"),
    "single_school_trust": _Mark(1.5, "square", "none", "none"),
    "trust_home_here": _Mark(2.0, "disc", "accent", "accent"),
    "trust_based_elsewhere": _Mark(2.6, "diamond", "elsewhere", ""),
    "status_unknown": _Mark(1.6, "cross", "ink3", "ink3"),
}


def schools(land: Land) -> list[str]:
    """Draw each school as one of the five marks, the most common beneath."""
    table = land.schools
    if table.empty:
        return []
    size, many = min(1.15, 0.45 + 0.16 * land.view.scale * 1000), len(table) > MANY
    places = {kind: table.loc[table["kind"] == kind, ["px", "py"]].to_numpy() for kind in KINDS}
    ink = "".join(marks(kind, xy, size, dots=many) for kind, xy in places.items())
    return [f'<g class="schools">{ink}</g>']


def marks(kind: str, xy: Floats, size: float, *, dots: bool = False) -> str:
    """Draw all schools of a kind as one path, a subpath each; as plain dots where they are many.

    Parameters
    ----------
    kind : str
        Of `vocabulary.KINDS`.
    xy : ndarray, shape (n, 2)
        Where, on paper.
    size : float
        Times the mark's own size.
    dots : bool
        Whether all but the diamonds are drawn as dots.
    """
    if not len(xy):
        return ""
    mark, c = _MARKS[kind], inks()
    r = mark.radius * size * (1.0 if mark.dot or not dots else 0.8)
    if dots and mark.dot:
        square = mark.shape == "square"
        wide, cap = number((1.6 if square else 1.9) * r, 2), "square" if square else "round"
        paint = f'fill="none" stroke="{c[mark.dot]}" stroke-width="{wide}" stroke-linecap="{cap}"'
        shape, shift = "h0", (0.0, 0.0)
    else:
        paint, (shape, *shift) = _paint(mark, size), _outline(mark.shape, r)
    # Every shape ends where it starts, so that the next, near by, is a short step from this one.
    xy = xy[np.lexsort((xy[:, 0], np.floor(xy[:, 1] / 4)))] + np.array(shift)
    steps = np.diff(np.rint(xy * 10).astype(np.int64), axis=0, prepend=[[0, 0]])
    path = "".join(f"m{joined(x, y)}{shape}" for x, y in steps.tolist())
    return f'<path data-kind="{kind}" data-n="{len(xy)}" {paint} d="{path}"/>'


def _outline(shape: str, r: float) -> Any:
    """Return the path of a shape, and where it begins off its middle."""
    q, d = number(r, 2), number(2 * r, 2)
    disc = (f"a{q} {q} 0 1 0 {d} 0a{q} {q} 0 1 0-{d} 0z", -r, 0.0)
    return {
        "ring": disc,
        "disc": disc,
        "square": (f"h{d}v{d}h-{d}z", -r, -r),
        "diamond": (f"l{q} {q}-{q} {q}-{q}-{q}z", 0.0, -r),
        "cross": (f"l{d} {d}m0-{d}l-{d} {d}m0-{d}", -r, -r),
    }[shape]


def _paint(mark: _Mark, size: float) -> str:
    c = inks()
    ink, land, thin = c[mark.ink], c["land"], number(0.75 * size, 2)
    if mark.shape == "ring":
        return f'fill="{land}" stroke="{ink}" stroke-width="{thin}"'
    if mark.shape == "cross":
        return f'fill="none" stroke="{ink}" stroke-width=".8"'
    case = f'stroke="{land}" stroke-width="{number(0.9 * size, 2)}" paint-order="stroke"'
    return f'fill="{ink}"' + ("" if mark.shape == "square" else f" {case}")


def link_or_hull(name: str, d: str) -> str:
    """Draw a trust's links or its hull."""
    if name == "link":
        return stroked(d, inks()["elsewhere"], 0.75, ' stroke-opacity=".6"')
    return stroked(d, inks()["ink"], 1.05, ' stroke-dasharray="1.5 3"')


def footprint(land: Land) -> list[str]:
    """Draw a trust's hull, and the links of its schools elsewhere to the home point."""
    data, table, out = land.drawn.data, land.schools, list[str]()
    if land.drawn.recipe.scope != "trust" or table.empty:
        return out
    hull = shapely.convex_hull(shapely.multipoints(table[["px", "py"]].to_numpy()))
    if hull.geom_type == "Polygon":
        d = line_path([shapely.get_coordinates(hull)], closed=True)
        out.append(link_or_hull("hull", d))
    trusts = data.trusts
    if trusts is None or data.trust not in trusts.index or "home_easting" not in trusts:
        return out
    home = trusts.loc[[data.trust], ["home_easting", "home_northing"]].to_numpy(float)[0]
    if np.isfinite(home).all():
        x, y = land.view(home).tolist()
        away = table.loc[table["kind"] == "trust_based_elsewhere", ["px", "py"]].to_numpy()
        out.append(link_or_hull("link", line_path([[(x, y), p] for p in away], closed=False)))
        for ink, wide in (("page", 3.6), ("ink", 1.5)):
            out.append(circle(x, y, 7, fill="none", stroke=inks()[ink], stroke_width=wide))
    return out
