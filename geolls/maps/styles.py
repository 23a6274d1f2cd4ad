"""How a map looks, in one table each for screen and paper: lines, patterns, shades, towns."""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "BAND",
    "CITY",
    "GROUPS",
    "LINES",
    "LINE_OF_FAMILY",
    "MARKS",
    "PATTERNS",
    "RAMP",
    "RIVER",
    "SITE",
    "SPREAD",
    "SYMBOLS",
    "TOWN",
    "Line",
    "Mark",
    "Pattern",
    "Stroke",
    "band_width",
]

TOWN, CITY = 70.0, 250_000
"""People of the smallest town that is named, for each metre of a pixel; of the smallest city."""

SPREAD = (250.0, 34.0)
"""Metres of a pixel beyond which towns near a larger one go unnamed; pixels between them."""

RIVER = 300.0
"""Metres of a pixel from which rivers are drawn: closer, one sees that they lie up to 3 km off."""

SYMBOLS = {"s1": 2.0, "s2": 3.4, "s3": 5.0, "s4": 6.8, "s5": 8.8}
"""Radius of the circle of each class of a count, in points."""

RAMP = {1: (3,), 2: (2, 4), 3: (1, 3, 5), 4: (1, 2, 4, 5), 5: (1, 2, 3, 4, 5)}
"""Which of the five shades r1..r5 a number of classes takes."""


class Stroke(NamedTuple):
    """A line as it is drawn: width and dashes."""

    wide: float
    dash: str = ""


class Line(NamedTuple):
    """A line style, in points; `far` is where England fills the page."""

    ink: str
    near: Stroke
    far: Stroke
    round: bool = False


LINES = {
    "district": Line("district", Stroke(0.7), Stroke(0.45)),
    "programme": Line("programme", Stroke(1.3, "6.8 2.2 2.2 2.2"), Stroke(0.9, "4 1.4 1.4 1.4")),
    "region": Line("devolution", Stroke(1.05, "1.5 2.2"), Stroke(0.9, "1.2 1.6")),
    "combined": Line("devolution", Stroke(1.6, "8.2 2.6 1.5 2.6"), Stroke(1.0, "6 1.8 1.2 1.8")),
    "hub": Line("hub", Stroke(1.35, "3 1.9"), Stroke(0.9, "2.4 1.4")),
    "maths": Line("maths", Stroke(1.9, "0 3.8"), Stroke(1.1), round=True),
    "teaching": Line("teaching", Stroke(1.4, "5.2 2.7"), Stroke(0.9, "3 1.6")),
    "authority": Line("council", Stroke(1.5), Stroke(0.7)),
}
"""By name, the lowest first: where lines cross, a later one is drawn above."""

BAND = (0.8, 1.4, 3.0)
"""Where layers run along one border they are one line on the border itself, and each lower one
shows on both sides of those above. Points of the one in front, what each other adds, of all."""

LINE_OF_FAMILY = {"councils": "district", "devolution": "region", "hubs": "hub"}
"""How the lines of a layer that states no style are drawn, where not as those of a programme."""


def band_width(before: int, many: int, *, far: bool) -> float:
    """Return the points of a line with so many others before it, of so many on one border.

    Examples
    --------
    >>> [round(band_width(before, 3, far=False), 2) for before in range(3)]
    [0.8, 1.9, 3.0]
    """
    front, step, whole = (0.75 * wide if far else wide for wide in BAND)
    return front + min(step, (whole - front) / (many - 1)) * before


class Pattern(NamedTuple):
    """A fill that says doubt: a figure repeated on a ground.

    `figure` is "lines", "cross", "band" or "dot"; `size` and `wide` are the tile and the stroke
    (of a dot, its radius) in points of paper, `screen` the same two in pixels.
    """

    turn: int
    ground: str
    figure: str
    ink: str
    size: float
    wide: float
    screen: tuple[float, float]


PATTERNS = {
    "cross": Pattern(45, "page", "cross", "elsewhere", 5.2, 0.8, (7, 1)),
    "bare": Pattern(0, "page", "lines", "elsewhere", 5.2, 0.8, (7, 1)),
    "stripe": Pattern(-45, "r1", "band", "r3", 7.5, 3.75, (10, 5)),
    "hatch": Pattern(45, "", "lines", "ink", 4.5, 0.55, (6, 0.9)),
    "mixed": Pattern(90, "r4", "band", "r1", 5.2, 2.6, (7, 3.5)),
    "dots": Pattern(0, "land", "dot", "ink2", 4.5, 0.75, (6, 0.95)),
    "blank": Pattern(0, "land", "lines", "edge", 4.5, 0.6, (6, 1)),
}


class Mark(NamedTuple):
    """How a school is drawn: shape and ink, so that either alone tells it from others.

    `radius` is in points of paper; `dot` is the ink among many, as a plain dot; `rim` is drawn
    round a fill that alone would be too pale.
    """

    radius: float
    shape: str  # ring, disc, square, diamond, triangle, down, plus or cross
    ink: str
    dot: str = ""
    rim: str = ""

    @property
    def on_screen(self) -> list[str | float]:
        """Shape, ink, radius in pixels and rim, as a map's script takes them."""
        return [self.shape, self.ink, round(self.radius / 0.6, 1), self.rim]


MARKS = {
    "no_trust": Mark(1.5, "ring", "none", "none"),
    "single_school_trust": Mark(1.5, "square", "none", "none"),
    "trust_home_here": Mark(2.0, "disc", "accent", "accent"),
    "trust_based_elsewhere": Mark(2.6, "diamond", "elsewhere"),
    "no_single_home": Mark(2.4, "triangle", "nohome"),
    "status_unknown": Mark(1.6, "cross", "ink3", "ink3"),
}
"""By kind of school."""

SITE = Mark(2.6, "triangle", "ink")
"""Of a lead school."""

GROUPS = (
    Mark(2.1, "disc", "g1"),
    Mark(2.7, "diamond", "g2"),
    Mark(2.5, "triangle", "g3"),
    Mark(1.9, "square", "g4"),
    Mark(2.5, "down", "g5"),
    Mark(2.3, "plus", "g6"),
)
"""Of groups of the user's, the first first; six are as many as can be told apart."""
