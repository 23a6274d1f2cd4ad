"""Ink on paper: measured text, paths and shapes; knows nothing of maps."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np

from geolls.maps.offline import asset

__all__ = [
    "FONTS",
    "Run",
    "Sheet",
    "circle",
    "clean",
    "inks",
    "joined",
    "line",
    "line_path",
    "number",
    "rect",
    "stroked",
    "text",
    "width",
    "wrap",
]

Run = tuple[str, bool]
"""A piece of a line: its words, and whether they are bold."""

LEAD = 1.32
"""Line height over type size."""

FONTS = (
    "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, "
    "'Liberation Sans', sans-serif"
)

# Advance widths of Arial, Helvetica and Liberation Sans in thousandths of the size, U+0020 to
# U+007E. Segoe UI, Roboto and Lato run narrower, so what fits by this table fits in them.
_REGULAR = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 "
    "556 556 556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 "
    "722 778 667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 "
    "556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 "
    "260 334 584"
)
_BOLD = (
    "278 333 474 556 556 889 722 238 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 "
    "556 556 556 333 333 584 584 584 611 975 722 722 722 722 667 611 778 722 278 556 722 611 833 "
    "722 778 667 778 722 667 611 722 667 944 667 667 611 333 278 333 584 556 333 556 611 556 611 "
    "556 333 611 611 278 278 556 278 889 611 611 611 611 389 556 333 611 556 778 556 556 500 389 "
    "280 389 584"
)
_WIDTHS = [
    {chr(32 + i): int(w) / 1000 for i, w in enumerate(table.split())}
    | dict.fromkeys("–‘’“”·", 0.556)  # noqa: RUF001
    for table in (_REGULAR, _BOLD)
]
_UNKNOWN = 1.0  # as wide as a character can be: a line may end early, never run over

# What XML 1.0 cannot hold at all, and what would reverse or hide the text round it.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def clean(value: str) -> str:
    r"""Return text made safe for XML content and attributes.

    Examples
    --------
    >>> clean("St <b>Mary's\x00 & Co")
    'St &lt;b&gt;Mary&#x27;s &amp; Co'
    """
    return html.escape(_FORBIDDEN.sub("", value), quote=True)


@cache
def _advance(char: str, bold: bool) -> float:
    letter, *accents = list(unicodedata.normalize("NFKD", char))
    if char in _WIDTHS[bold] or not all(map(unicodedata.combining, accents)):
        letter = char
    return _WIDTHS[bold].get(letter, _UNKNOWN)


def width(words: str, size: float, bold: bool = False) -> float:
    """Return how wide a line of text is at most, in the unit of `size`.

    Examples
    --------
    >>> width("Leeds", 10.0), width("Leeds", 10.0, bold=True)
    (27.24, 28.9)
    """
    return round(sum(_advance(c, bold) for c in words) * size, 3)


def _pieces(word: str, size: float, bold: bool, measure: float) -> list[str]:
    """Cut a word that is wider than the line into pieces that are not."""
    out = [""]
    for char in word:
        if out[-1] and width(out[-1] + char, size, bold) > measure:
            out.append("")
        out[-1] += char
    return out


def wrap(runs: str | Iterable[Run], size: float, measure: float) -> list[list[Run]]:
    """Break text into lines no wider than `measure`, by measured widths; nothing is cut off.

    Parameters
    ----------
    runs : str or iterable of (str, bool)
        Words, or pieces of words with whether they are bold.
    size, measure : float
        Type size and line width, in the same unit.

    Returns
    -------
    list of list of (str, bool)
        One entry per line, each a list of runs.

    Examples
    --------
    >>> wrap("two short lines", 10.0, 45.0)
    [[('two short', False)], [('lines', False)]]
    """
    given = [(runs, False)] if isinstance(runs, str) else runs
    pieces = [
        (piece, bold)
        for words, bold in given
        for word in _FORBIDDEN.sub("", words).split()
        for piece in _pieces(word, size, bold, measure)
    ]
    lines, used = list[list[Run]](), 0.0
    for piece, bold in pieces:
        needed = width(" ", size, bold) + width(piece, size, bold)
        if not lines or used + needed > measure:
            lines.append([])
            used = -width(" ", size, bold)
        used += needed
        lines[-1].append((piece, bold))
    return [
        [(" ".join(piece for piece, _ in run), bold) for bold, run in groupby(line, itemgetter(1))]
        for line in lines
    ]


def number(value: float, digits: int = 1) -> str:
    """Write a coordinate in as few characters as it needs.

    Examples
    --------
    >>> number(12.0), number(-0.04), number(0.25, 2)
    ('12', '0', '.25')
    """
    return re.sub(r"^(-?)0\.", r"\1.", f"{round(float(value), digits) + 0.0:.10g}")


_HALO = {"stroke_width": "2.6", "stroke_linejoin": "round", "paint_order": "stroke"}


def text(
    x: float,
    y: float,
    runs: str | Sequence[Run],
    size: float,
    fill: str,
    *,
    bold: bool = False,
    anchor: str = "start",
    halo: str = "",
) -> str:
    """Return one line of text as an SVG element; `halo` is the colour behind the letters."""
    given = [(runs, bold)] if isinstance(runs, str) else list(runs)
    attrs = {"x": number(x), "y": number(y), "font_size": number(size, 2), "fill": fill}
    attrs |= {} if anchor == "start" else {"text_anchor": anchor}
    attrs |= {"stroke": halo} | _HALO if halo else {}
    weights = [_attrs({"font_weight": 700} if bold else {}) for _, bold in given]
    if len(given) == 1:
        return f"<text{_attrs(attrs)}{weights[0]}>{clean(given[0][0])}</text>"
    spans = (f"<tspan{w}>{clean(t)}</tspan>" for w, (t, _) in zip(weights, given, strict=True))
    return f"<text{_attrs(attrs)}>{' '.join(spans)}</text>"


def line_path(lines: Iterable[Any], *, closed: bool) -> str:
    """Return path data of lines of (x, y), rounded, in relative steps.

    Parameters
    ----------
    lines : iterable of array-like, shape (n, 2)
        Rings or lines on paper. What two of them share stays shared: each vertex is rounded by
        itself, and steps are taken between rounded vertices.
    closed : bool
        Whether each is a ring.

    Examples
    --------
    >>> line_path([[(0, 0), (1, 0), (1, 1.04), (0, 0)]], closed=True)
    'M0 0l1 0 0 1z'
    """
    out: list[str] = []
    for line in lines:
        xy = np.rint(np.asarray(line, float) * 10).astype(np.int64)
        steps = np.diff(xy, axis=0)
        steps = steps[np.any(steps != 0, axis=1)]
        if closed and len(xy) and (xy[0] == xy[-1]).all():
            steps = steps[:-1]  # z draws the last
        if len(steps) < (2 if closed else 1):
            continue
        words = joined(*steps.ravel().tolist())
        out.append(f"M{joined(*xy[0].tolist())}l{words}{'z' if closed else ''}")
    return "".join(out)


@cache
def _tick(tenths: int) -> str:
    return number(tenths / 10)


def joined(*steps: int) -> str:
    """Return coordinates, in tenths, with no more between than they need."""
    return " ".join(map(_tick, steps)).replace(" -", "-")


@cache
def inks() -> dict[str, str]:
    """Return the light colours of the look by name, from the one file that holds them."""
    # The dark ones come after the light ones.
    return dict(reversed(re.findall(r"--(\w+):(#[0-9a-f]{6})", asset("tokens.css"))))


def rect(x: float, y: float, w: float, h: float, **attrs: Any) -> str:
    """Return a rectangle; attributes by name, an underscore for each hyphen."""
    at = {"x": number(x), "y": number(y), "width": number(w), "height": number(h)}
    return f"<rect{_attrs(at | attrs)}/>"


def circle(x: float, y: float, r: float, **attrs: Any) -> str:
    """Return a circle; attributes as of `rect`."""
    at = {"cx": number(x), "cy": number(y), "r": number(r)}
    return f"<circle{_attrs(at | attrs)}/>"


def _attrs(attrs: dict[str, Any]) -> str:
    return "".join(f' {k.replace("_", "-")}="{v}"' for k, v in attrs.items())


def stroked(d: str, ink: str, wide: float, more: str = "") -> str:
    """Return a path that is drawn and not filled; nothing for empty path data."""
    stroke = f'fill="none" stroke="{ink}" stroke-width="{number(wide, 2)}" stroke-linejoin="round"'
    return f'<path d="{d}" {stroke}{more}/>' if d else ""


def line(x0: float, y0: float, x1: float, y1: float, ink: str, wide: float, more: str = "") -> str:
    """Return a straight line."""
    return stroked(f"M{number(x0)} {number(y0)}L{number(x1)} {number(y1)}", ink, wide, more)


@dataclass
class Sheet:
    """A column that fills from the top; `y` is where the next thing goes.

    Parameters
    ----------
    x, y, measure : float
        Left edge, top and width, in points.
    """

    x: float
    y: float
    measure: float
    out: list[str] = field(default_factory=list)

    def add(self, *pieces: str) -> None:
        """Draw anywhere."""
        self.out.extend(p for p in pieces if p)

    def lines(
        self,
        runs: str | Sequence[Run],
        size: float,
        ink: str,
        *,
        bold: bool = False,
        lead: float = LEAD,
        indent: float = 0.0,
        measure: float | None = None,
    ) -> None:
        """Set a paragraph and move on below it."""
        given = [(runs, bold)] if isinstance(runs, str) else runs
        for row in wrap(given, size, (measure or self.measure) - indent):
            self.add(text(self.x + indent, self.y + size * 0.92, row, size, inks()[ink]))
            self.y += size * lead
