"""A figure as it is asked for, and its file: SVG, PNG or PDF of that size, with its sources."""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from geolls.base.errors import OutputError, UsageError
from geolls.maps.drawn import Drawn
from geolls.maps.print.svg import FONTS, clean

__all__ = ["A4", "Figure", "Told", "pdf", "png"]

A4 = (595.28, 841.89)  # points
DPI = 220.0  # of a PNG where none is asked for: sharp in print, 1,819 pixels across A4
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(mm|cm|in|pt|px)")
_POINTS = {"mm": 72 / 25.4, "cm": 72 / 2.54, "in": 72.0, "pt": 1.0}
_LEAST, _MOST = 113.4, 4252.0  # 40 mm and 1.5 m
_COLUMN, _SMALL = 255.0, 0.8  # so wide a column (90 mm) has type of four fifths: 6 points and more


@dataclass(frozen=True)
class Figure:
    """How a map is set on paper: an A4 page with all its words, or a figure of a stated size.

    Parameters
    ----------
    title : str, optional
        In place of the recipe's; "" for none.
    width, height : str
        As "85mm", "8.5cm", "3.35in" or "1004px" (pixels at `dpi`). A figure without a height is
        as high as its map needs; without both, and not bare, it is a page of A4.
    dpi : float, optional
        Pixels an inch of a PNG; 220 unless told, 96 where a size is in pixels.
    bare : bool
        The map alone: no title, no scale bar, no north, no notes, no sources.
    legend : bool, optional
        Whether there is a legend; not on a bare map unless told.
    grid : bool
        Whether lines of the British National Grid are drawn, each with its kilometres.
    """

    title: str | None = None
    width: str = ""
    height: str = ""
    dpi: float | None = None
    bare: bool = False
    legend: bool | None = None
    grid: bool = False

    def __post_init__(self) -> None:
        """Refuse a size that is none before anything is drawn."""
        _ = self.wide, self.high, self.fine

    @property
    def page(self) -> bool:
        """Whether this is a whole page, captions and all."""
        return not (self.width or self.height or self.bare)

    @property
    def fine(self) -> float:
        """Pixels an inch."""
        if self.dpi is not None and not 20 <= self.dpi <= 2400:
            raise UsageError(f"{self.dpi:g} pixels an inch", where="--dpi", fix="use 20 to 2400")
        return self.dpi or (96.0 if "px" in (self.width + self.height).lower() else DPI)

    def _points(self, name: str) -> float:
        text = str(getattr(self, name)).strip().lower()
        found = _LENGTH.fullmatch(text)
        if found is None:
            raise UsageError(
                f"{text!r} is no length", where=f"--{name}", fix="write 85mm, 8.5cm, 3.35in, 1000px"
            )
        size = float(found[1]) * (_POINTS | {"px": 72 / self.fine})[found[2]]
        if not _LEAST <= size <= _MOST:
            fix = "use 40mm to 1500mm"
            raise UsageError(f"{text} is no size for a map", where=f"--{name}", fix=fix)
        return size

    @property
    def wide(self) -> float:
        """Width in points."""
        return self._points("width") if self.width else A4[0]

    @property
    def high(self) -> float | None:
        """Height in points; None for as high as the map needs."""
        return self._points("height") if self.height else A4[1] if self.page else None

    @property
    def zoom(self) -> float:
        """How large type and lines are set: as on A4, smaller in a column, larger on a poster."""
        if self.wide >= A4[0]:
            return self.wide / A4[0]
        part = (self.wide - _COLUMN) / (A4[0] - _COLUMN)
        return _SMALL + (1 - _SMALL) * max(0.0, part)

    @property
    def margin(self) -> float:
        """What is left free round about, before zooming."""
        return 42.5 if self.page else 1.0 if self.bare else 4.0


class Told(NamedTuple):
    """What a file says of itself, for those who meet it without its page."""

    title: str
    caption: str
    source: str
    date: str
    rights: str

    @staticmethod
    def of(drawn: Drawn, title: str) -> Told:
        """Gather it from a map."""
        said, data = drawn.said(drawn.recipe.shade), drawn.data
        finding = f"{said.finding}." if said.finding else ""
        caption = " ".join(filter(None, (finding, said.shows, said.means_not)))
        day = (data.words or {}).get("date", "")
        return Told(title, caption, data.dates, day, data.attribution)

    def rdf(self) -> str:
        """Write it in the words of Dublin Core, for an SVG."""
        names = {"title": "title", "caption": "description", "rights": "rights"}
        said = {names.get(key, key): clean(value) for key, value in self._asdict().items()}
        core = "".join(f"<dc:{key}>{value}</dc:{key}>" for key, value in said.items() if value)
        return (
            '<metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
            f'xmlns:dc="http://purl.org/dc/elements/1.1/"><rdf:Description>{core}'
            "</rdf:Description></rdf:RDF></metadata>"
        )


# ---------------------------------------------------------------- files of a drawn figure


@cache
def _fonts() -> tuple[str, list[str], frozenset[str]]:
    """Return the folder and files of the packaged font, and the characters it is sure to have."""
    files = resources.files("font_lato") / "files"
    latin = map(chr, (*range(0x20, 0x7F), *range(0xA0, 0x100)))
    paths = [str(files / f"Lato-{weight}.ttf") for weight in ("Regular", "Bold")]
    return str(files), paths, frozenset(latin) | set("–‘’“”…•−\n")  # noqa: RUF001


def _size(svg: str) -> tuple[float, float]:
    """Return how large an SVG is, in points."""
    found = re.match(r'<svg [^>]*?width="([\d.]+)pt" height="([\d.]+)pt"', svg)
    return (float(found[1]), float(found[2])) if found else A4


def png(svg: str, dpi: float, told: Told | None = None) -> bytes:
    """Draw an SVG as a PNG, with fonts of its own: the same pixels on every machine.

    Parameters
    ----------
    svg : str
        The picture, its size given in points.
    dpi : float
        Pixels an inch.
    told : Told, optional
        What the file says of itself.

    Returns
    -------
    bytes
        A PNG that knows its size on paper.

    Notes
    -----
    Drawn by resvg with Lato, which comes with font-lato; a system's fonts are read only where
    the text has a letter that Lato lacks.
    """
    import resvg_py

    _, files, latin = _fonts()
    # Whole pixels, the nearest to the size that is wished.
    wide, high = (round(side * dpi / 72) for side in _size(svg))
    sizes = f'width="{wide}" height="{high}"'
    sized = re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', sizes, svg, count=1)
    drawn: bytes = resvg_py.svg_to_bytes(
        svg_string=sized,
        background="#ffffff",
        dpi=96,
        skip_system_fonts=set(svg) <= latin,
        font_files=files,
        font_family="Lato",
        sans_serif_family="Lato",
    )
    names = ("Title", "Description", "Source", "Creation Time", "Copyright")
    texts = [
        _chunk(b"iTXt", name.encode() + b"\0\0\0\0\0" + text.encode())
        for name, text in zip(names, told or (), strict=False)
        if text
    ]
    size = _chunk(b"pHYs", struct.pack(">IIB", *[round(dpi / 0.0254)] * 2, 1))
    # After the signature (8 bytes) and IHDR, which is always first (25).
    return b"".join((drawn[:33], size, *texts, drawn[33:]))


def _chunk(kind: bytes, body: bytes) -> bytes:
    """Return a piece of a PNG."""
    check = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + check


_PAGE = """
#set document(title: sys.inputs.title, description: sys.inputs.caption, date: none,
  author: "geolls", keywords: (sys.inputs.source, sys.inputs.date, sys.inputs.rights))
#set page(width: WIDEpt, height: HIGHpt, margin: 0pt)
#image("figure.svg", width: 100%, height: 100%, fit: "stretch", alt: sys.inputs.caption)
"""


def pdf(svg: str, told: Told) -> bytes:
    """Set an SVG as a PDF of one page, just as large: lines stay lines, letters are embedded.

    Parameters
    ----------
    svg : str
        The picture, its size given in points.
    told : Told
        What the file says of itself; the caption is read out in place of the picture.

    Returns
    -------
    bytes
        A tagged PDF; the same picture gives the same bytes.

    Raises
    ------
    OutputError
        When typst, which draws it, is not installed.
    """
    try:
        import typst
    except ModuleNotFoundError:
        fix = "pip install 'geolls[print]', or choose .svg or .png"
        raise OutputError("a PDF needs one more package", fix=fix) from None
    folder, _, latin = _fonts()
    wide, high = _size(svg)
    page = _PAGE.replace("WIDE", f"{wide:.3f}").replace("HIGH", f"{high:.3f}")
    compiled: Any = typst.compile  # its types leave out files from memory
    drawn: bytes = compiled(
        {
            "main.typ": page.encode(),
            "figure.svg": svg.replace(clean(FONTS), "Lato, sans-serif").encode(),
        },
        format="pdf",
        font_paths=[folder],
        ignore_system_fonts=set(svg) <= latin,
        sys_inputs={key: value or "-" for key, value in told._asdict().items()},
    )
    return drawn
