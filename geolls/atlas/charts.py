"""Small charts as plain data: strips, tick strips, rows of marks; the templates draw them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from geolls.atlas import words
from geolls.base.interval import Interval, bounds, span

__all__ = [
    "Axis",
    "Label",
    "Piece",
    "Strip",
    "axis_of",
    "labels_of",
    "marks_on_axis",
    "round_up",
    "strip_style",
    "width_class",
]

STRIP_PX = 960  # the strip's width on a wide screen, for deciding which names fit
LETTER_PX = 6.9  # a bold letter of 13 px, on average
MOST_LABELS = 12


@dataclass(frozen=True, slots=True)
class Piece:
    """One unit's part of a strip.

    Parameters
    ----------
    name : str
        The unit.
    count : float
        How many of this place's schools it has; one on land that several units list counts in
        equal parts.
    share : float
        The same as a share of the place, 0..1: the width.
    fill : float or None
        How much of the unit lies in this place, 0..1: the height; None where nothing can be said.
    look : str
        "" plain, "shared" where the line between units is not known, a reason where there is none.
    note : str
        A third line under the name.
    href : str
        The unit's page; empty for none.
    code : str
        The unit's code, for pointing at it on the map; empty for none.
    ends : Interval, optional
        The fewest and the most that it can have; `count` by default.
    """

    name: str
    count: float
    share: float
    fill: float | None = None
    look: str = ""
    note: str = ""
    href: str = ""
    code: str = ""
    ends: Interval | None = None

    @property
    def known(self) -> Interval:
        """The fewest and the most schools that it can have."""
        return self.ends or bounds(self.count)

    @property
    def doubt(self) -> float:
        """How much of its width stands for schools that another unit may have, in per cent."""
        part = 1 - self.known.low / self.count if self.count > 0 else 0.0
        return round(100 * max(0.0, min(1.0, part)), 1)

    @property
    def width(self) -> str:
        """The class that sets the width."""
        return width_class("w", self.share)

    @property
    def height(self) -> str:
        """The class that sets the height of the fill; a whole one needs none."""
        found = width_class("h", self.fill or 0.0)
        return "" if found == "h1000" else found


@dataclass(frozen=True, slots=True)
class Label:
    """What stands under a piece, or under the rest together."""

    width: str
    name: str
    lines: tuple[str, ...]
    href: str = ""
    more: bool = False


@dataclass(frozen=True, slots=True)
class Strip:
    """One layer as a bar: pieces, the labels under them, and what to say beside it."""

    key: str
    title: str
    fill: str
    line: str
    about: str
    pieces: tuple[Piece, ...]
    labels: tuple[Label, ...]
    confidence: str = ""
    line_confidence: str = ""
    faint_after: int | None = None

    @property
    def layout(self) -> str:
        """Return "one" for a bar of one piece, "columns" for many short names, else ""."""
        several = "columns" if len(self.labels) > 6 else ""
        return "one" if len(self.pieces) == 1 else several


def width_class(prefix: str, share: float) -> str:
    """Return the class of a share: `w355` is 35.5 % of a strip, `b36` 36 % of a bar.

    A security policy that forbids style attributes still allows a style element by its hash: a
    page carries the rules of the classes it uses (see `strip_style`).
    """
    parts = 100 if prefix == "b" else 1000
    return f"{prefix}{max(0, min(parts, round(share * parts)))}"


def strip_style(classes: Iterable[str]) -> str:
    """Return the rules for the width and height classes a page uses."""
    ordered = sorted({(name[0], int(name[1:])) for name in classes})
    return "".join(f".{kind}{n}{{{_RULES[kind](n)}}}" for kind, n in ordered)


_RULES: dict[str, Callable[[int], str]] = {
    "b": lambda n: f"width:{n}%",
    "h": lambda n: f"height:{n / 10:g}%",
    "w": lambda n: f"flex-grow:{max(n, 1)}",
}


def _fits(name: str, share: float) -> bool:
    """Tell whether a name fits under its piece in three lines."""
    room = share * STRIP_PX - 4
    longest = max(map(len, name.split()), default=0) * LETTER_PX
    lines = math.ceil(len(name) * LETTER_PX / max(room, 1))
    return longest <= room and lines <= 3


NO_UNIT = ("none", "no_evidence")  # looks of what is in no unit


def labels_of(
    pieces: Sequence[Piece],
    lines: Sequence[tuple[str, ...]],
    *,
    whole: float | None = None,
    key: str = "",
) -> tuple[Label, ...]:
    """Name the pieces whose names fit; the others together become "5 more".

    Parameters
    ----------
    pieces : sequence of Piece
        From left to right, units before what is in none.
    lines : sequence of tuple of str
        What stands under each name; the first line is the count.
    whole : float, optional
        How many schools the pieces have together, where that is known.
    key : str, optional
        The layer.

    Returns
    -------
    tuple of Label
        One per named piece, then one for the other units with their count, then what is no unit
        (in none, not found), which is never counted among "more".
    """
    if len(pieces) == 1:
        p = pieces[0]
        return (Label(p.width, p.name, lines[0], p.href),)
    every = [Label(p.width, p.name, line, p.href) for p, line in zip(pieces, lines, strict=True)]
    units = sum(p.look not in NO_UNIT for p in pieces)
    named = 0
    while named < min(units, MOST_LABELS) and _fits(pieces[named].name, pieces[named].share):
        named += 1
    rest, none = list(pieces[named:units]), pieces[units:]
    if len(rest) == 1 and rest[0].share * STRIP_PX > 60:
        named, rest = units, []
    narrow = [p for p in none if p.share * STRIP_PX <= 60]
    said: list[str] = [words.MORE(key=key, n=len(rest), named=named)] if rest else []
    said += [words.NARROW(key=key, n=p.known, name=p.name) for p in narrow]
    out = every[:named]
    if said:
        share = sum(p.share for p in (*rest, *narrow))
        total = (words.REST(key=key, n=_together(rest, pieces, whole)),) if rest else ()
        out.append(Label(width_class("w", share), "; ".join(said), total, "", named > 0))
    return (*out, *(label for p, label in zip(none, every[units:], strict=True) if p not in narrow))


def _together(some: Sequence[Piece], pieces: Sequence[Piece], whole: float | None) -> Interval:
    """Return how many schools some pieces can have together, all of them having the whole."""
    mine, others = (
        [sum(p.known[end] for p in part) for end in (0, 1)]
        for part in (some, [p for p in pieces if p not in some])
    )
    if whole is None:
        return Interval(*mine)
    return Interval(max(mine[0], whole - others[1]), min(mine[1], whole - others[0]))


@dataclass(frozen=True, slots=True)
class Axis:
    """Every authority or trust as a tick on one axis, and the middle one; made once, used by all.

    Parameters
    ----------
    path : str
        All ticks as one line drawing, 1000 wide and 14 high.
    middle : float
        Position of the middle one, in per cent.
    low, high, middle_text, ends : str
        Words under the axis, and for who does not see it.
    top : float
        The value at its end; it begins at 0.
    """

    path: str
    middle: float
    low: str
    high: str
    middle_text: str
    ends: str
    top: float

    def at(self, value: float) -> float:
        """Return where a value stands, in per cent, rounded to a tenth."""
        return _at(value, self.top)


def _at(value: float, top: float) -> float:
    return round(max(0.0, min(100.0, 100 * value / (top or 1.0))), 1)


def axis_of(
    values: Sequence[float],
    say: Callable[[float], str],
    *,
    key: str = "",
    high: float | None = None,
    middle: Interval | None = None,
) -> Axis:
    """Lay values on an axis that begins at 0.

    Parameters
    ----------
    values : sequence of float
        One per authority or trust; NaN is left out.
    say : callable
        Writes a value in words.
    key : str, optional
        The figure.
    high : float, optional
        End of the axis; the largest value, rounded up, when not given.
    middle : Interval, optional
        The middle value as far as it is known; the median, when not given.

    Returns
    -------
    Axis
        Ticks at tenths of a per cent, each once.

    Examples
    --------
    >>> axis = axis_of([1.0, 2.0, 4.0], "{:g}".format)
    >>> axis.path, axis.at(1.0), str(axis.middle_text), str(axis.ends)
    ('M250 0v14m250-14v14m500-14v14', 25.0, 'middle 2', 'axis from 0 to 4')
    """
    known = sorted(v for v in values if v == v)
    top = round_up(max(known, default=1.0)) if high is None else high
    half = median(known or [0.0])
    low, end = say(0.0), say(top)
    said = words.AXIS_MIDDLE(key=key, middle=span(middle or half, say))
    ends = words.AXIS_ENDS(key=key, low=low, high=end)
    places = dict.fromkeys(round(10 * _at(v, top)) for v in known)
    path, last = "", 0
    for x in places:  # a step from each to the next: many are alike
        path, last = path + (f"m{x - last}-14v14" if path else f"M{x} 0v14"), x
    return Axis(path, _at(half, top), low, end, said, ends, top)


def round_up(value: float) -> float:
    """Round up to 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 or 10 times a power of ten.

    Examples
    --------
    >>> round_up(106.0), round_up(0.53), round_up(7.0)
    (120.0, 0.6, 8.0)
    """
    if value < 1e-9 or not math.isfinite(value):
        return 1.0
    scale = 10.0 ** math.floor(math.log10(value))
    steps = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
    return round(next(s for s in steps if s * scale >= value * (1 - 1e-12)) * scale, 10)


LEFT, RIGHT = 140, 1160  # ends of the axis, in pixels of a drawing 1216 wide
_STEP = 10.0  # pixels between marks that stand in one column


def marks_on_axis(own: Sequence[tuple[float, str]], yard: Sequence[float]) -> dict[str, Any]:
    """Stack one mark per school over its distance from home.

    Parameters
    ----------
    own : sequence of (float, str)
        Distance in km and kind of each school of the trust.
    yard : sequence of float
        Distances of the yardstick's schools.

    Returns
    -------
    dict
        Pixel positions in a drawing 1216 wide: width, height, left, right; base and yard_base, the
        lines the two rows stand on; axis (x, words); own (x, y, kind); yard (x, y); half and
        yard_half, the middles of both.
    """
    top = round_up(max([far for far, _ in own] + list(yard) + [1.0]))
    scale = (RIGHT - LEFT) / top

    def stacked(distances: Sequence[float]) -> list[tuple[float, int]]:
        """Return the place of each mark: pixels from the left, how many stand below it."""
        columns = [min(int(d * scale // _STEP), int((RIGHT - LEFT) / _STEP) - 1) for d in distances]
        return [
            (LEFT + (column + 0.5) * _STEP, columns[:i].count(column))
            for i, column in enumerate(columns)
        ]

    far, kinds = zip(*sorted(own), strict=True) if own else ((), ())
    mine, theirs = stacked(far), stacked(sorted(yard))
    tall, yard_tall = (1 + max((n for _, n in m), default=0) for m in (mine, theirs))
    base = 40 + round(tall * _STEP)
    yard_base = base + 44 + round(yard_tall * _STEP)
    return {
        "width": 1216,
        "height": yard_base + 48,
        "left": LEFT,
        "right": RIGHT,
        "base": base,
        "yard_base": yard_base,
        "axis": [(LEFT + v * scale, f"{v:g}") for v in _axis_values(top)],
        "own": [(x, base - 7 - n * _STEP, k) for (x, n), k in zip(mine, kinds, strict=True)],
        "yard": [(x, yard_base - 7 - n * _STEP) for x, n in theirs],
        "half": round(LEFT + median(far or [0.0]) * scale, 1),
        "yard_half": round(LEFT + median(yard or [0.0]) * scale, 1),
    }


def _axis_values(top: float) -> list[float]:
    step = round_up(top / 6)
    if top / step < 3:
        step = round_up(top / 8)
    return [step * i for i in range(int(top / step + 1e-9) + 1)]
