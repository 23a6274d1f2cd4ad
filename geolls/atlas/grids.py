"""Tables of a page: typed columns and rows in, markup with the raw values out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, NamedTuple

from markupsafe import Markup

from geolls.atlas.charts import width_class
from geolls.base.text import DASH, count, number, percent
from geolls.maps.pack import pack

__all__ = ["Bar", "Column", "Grid", "Name", "Report", "Two", "confidence", "km", "mark", "shape"]


class Name(NamedTuple):
    """A row's name: a link where there is a page, a mark where the row has a kind."""

    text: str
    href: str = ""
    mark: str = ""
    sub: str = ""
    anchor: str = ""


class Two(NamedTuple):
    """A value with a second, smaller line."""

    text: str
    sub: str = ""
    strong: bool = False


class Bar(NamedTuple):
    """A share drawn on a fixed scale: `full` is what fills the bar."""

    share: float
    look: str = ""
    full: float = 1.0


class Report(NamedTuple):
    """How a row of a table is reported: what its id is called, and who corrects the record.

    `at` is the column that holds the row's link; an empty source is that link itself.
    """

    word: str
    at: str
    source: str = ""
    correct: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Parameters
    ----------
    key : str
        Its name in the csv.
    title : str
        Its head on the page.
    kind : str
        text, name, two, count, number, percent, km, bar, pill, confidence, raw.
    optional : bool
        Left out on a phone.
    """

    key: str
    title: str
    kind: str = "text"
    optional: bool = False


@dataclass(frozen=True)
class Grid:
    """A table of a page.

    Parameters
    ----------
    id : str
        Its id, and the name of the csv the reader saves.
    caption : str
        What it holds, for readers who hear it.
    columns : sequence of Column
        From left to right; the first is the row's name.
    rows : sequence of sequence
        Values by column; None where missing.
    shown : int
        Rows to show at first; 0 for all.
    sort : str
        The column it is sorted by, with a minus when the largest is first.
    total : sequence, optional
        A row that stays at the top.
    noun : str
        What the rows are: "trusts".
    stack : bool
        Show rows as blocks on a phone.
    long : bool
        Print only the rows shown at first.
    sortable : bool
        Whether heads sort.
    look : str
        A class of its own.
    kept : int
        Rows that stand in the page when there are more; the others travel packed, as the same
        markup, and join the table when somebody sorts, filters, searches, saves or prints it.
        0 keeps all.
    missing : int
        Rows that the page's script makes from `hints` and from what its map holds anyway.
    hints : mapping
        What such rows need beyond the map, as JSON.
    link : str
        Where a row's record stands in its source; its URN follows.
    report : Report, optional
        How to report a row; only rows with an anchor can be.
    """

    id: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    shown: int = 0
    sort: str = ""
    total: Sequence[Any] | None = None
    noun: str = "rows"
    stack: bool = False
    long: bool = False
    sortable: bool = True
    look: str = ""
    kept: int = 0
    missing: int = 0
    hints: Mapping[str, Any] | None = None
    link: str = ""
    report: Report | None = None

    @property
    def many(self) -> int:
        """How many rows there are in all, wherever they travel."""
        return len(self.rows) + self.missing

    @property
    def within(self) -> Sequence[Sequence[Any]]:
        """The rows that stand in the page."""
        return self.rows[: self.kept] if self.kept else self.rows

    @property
    def rest(self) -> bytes:
        """The rows that travel packed, deflated; empty where all stand in the page."""
        if len(self.within) == self.many:
            return b""
        return pack({"html": self.beyond, **(self.hints or {})})

    @property
    def beyond(self) -> str:
        """The markup of the rows that travel packed: escaped like those in the page."""
        return "".join(self._lines_of(self.rows[len(self.within) :], late=True))

    @property
    def html(self) -> Markup:
        """The table as markup; everything in it is escaped."""
        return Markup("".join(self._lines()))

    @property
    def style(self) -> str:
        """The rules that align its columns and leave out the optional ones on a phone.

        Rules by position keep a class off every cell: a third of the size of a long table.
        """
        at = [i + 1 for i, c in enumerate(self.columns) if c.kind in _RIGHT]
        out = ""
        if at:
            cells = ",".join(f"#{self.id} tbody>tr>:nth-child({i})" for i in at)
            out += f"{cells}{{text-align:right;padding-right:16px;white-space:nowrap}}"
        hidden = [i + 1 for i, c in enumerate(self.columns) if c.optional]
        if hidden:
            cells = ",".join(f"#{self.id} tr>:nth-child({i})" for i in hidden)
            out += f"@media screen and (max-width:760px){{{cells}{{display:none}}}}"
        if self.report:  # room for the button, so that nothing moves when it comes
            cell = f".js #{self.id} tbody>tr[id]>:nth-child({self._reported})"
            wide = "@media screen and (min-width:761px)"
            out += f"{wide}{{{cell}{{position:relative;padding-right:68px}}}}"
        return out

    @property
    def _reported(self) -> int:
        """The place of the column that a report starts from, counted from 1."""
        return 1 + [c.key for c in self.columns].index(self.report.at) if self.report else 0

    def _lines(self) -> list[str]:
        attributes = f' id="{escape(self.id)}" data-noun="{escape(self.noun)}"'
        if self.shown and self.many > self.shown:
            attributes += f' data-shown="{self.shown}"'
        if self.many > len(self.within):
            attributes += f' data-total="{self.many}"'
        if self.link:
            attributes += f' data-link="{escape(self.link)}"'
        if self.report:
            attributes += f' data-report="{self._reported}" data-word="{escape(self.report.word)}"'
            attributes += f' data-source="{escape(self.report.source)}"'
            attributes += f' data-correct="{escape(self.report.correct)}"'
        looks = [self.look] if self.look else []
        looks += ["stack"] if self.stack else []
        looks += ["long"] if self.long else []
        looks += ["sorts"] if self.sortable else []
        out = [
            f'<table class="{" ".join(looks)}"{attributes}>'
            f'<caption class="hush">{escape(self.caption)}</caption><thead><tr>'
        ]
        key, falling = self.sort.lstrip("-"), self.sort.startswith("-")
        for c in self.columns:
            classes = _classes(c)
            order = "descending" if falling else "ascending"
            sort = f' aria-sort="{order}"' if c.key == key and key else ""
            out.append(f'<th scope="col" data-k="{escape(c.key)}"{classes}{sort}>')
            out.append(f"{escape(c.title)}</th>")
        out.append("</tr></thead><tbody>\n")
        if self.total is not None:
            out.append(f'<tr class="total">{self._row(self.total)}</tr>\n')
        out += self._lines_of(self.within)
        out.append("</tbody></table>")
        return out

    def _lines_of(self, rows: Sequence[Sequence[Any]], *, late: bool = False) -> list[str]:
        out = []
        for i, row in enumerate(rows):
            first = next((cell for cell in row if isinstance(cell, Name)), None)
            start = f'<tr id="{escape(first.anchor)}"' if first and first.anchor else "<tr"
            looks = [f"k-{first.mark}"] if first and first.mark else []
            looks += ["more"] if self.shown and (late or i >= self.shown) else []
            if looks:
                start += f' class="{" ".join(looks)}"'
            out.append(f"{start}>{self._row(row)}</tr>\n")
        return out

    def _row(self, row: Sequence[Any]) -> str:
        cells = []
        for i, (c, value) in enumerate(zip(self.columns, row, strict=True)):
            text, raw = _KINDS[c.kind](value)
            data = f' data-v="{escape(raw)}"' if raw is not None else ""
            cells.append(
                f'<th scope="row"{data}>{text}</th>' if i == 0 else f"<td{data}>{text}</td>"
            )
        return "".join(cells)

    def records(self) -> list[dict[str, Any]]:
        """Return the rows as the csv has them: one dictionary per row, raw values."""
        return [
            {c.key: _raw_value(v) for c, v in zip(self.columns, row, strict=True)}
            for row in self.rows
        ]


def _raw_value(value: Any) -> Any:
    if isinstance(value, Bar):
        return value.share
    if isinstance(value, (Name, Two)):
        return value.text
    return value


_RIGHT = {"count", "number", "percent", "fine_percent", "km"}


def _classes(column: Column) -> str:
    return ' class="r"' if column.kind in _RIGHT else ""


def km(value: float | None) -> str:
    """Write a distance as maps do: one decimal below 10 km."""
    if value is None or value != value:
        return DASH
    return f"{value:.1f} km" if value < 9.95 else f"{value:,.0f} km"


def mark(kind: str) -> str:
    """Return the mark of a kind of school as inline SVG."""
    if kind not in _SHAPES:
        return ""
    return (
        f'<svg class="mark m-{kind}" viewBox="-6 -6 12 12" aria-hidden="true">{_SHAPES[kind]}</svg>'
    )


def shape(kind: str) -> str:
    """Return the mark of a kind as a part of a larger drawing, round its own origin."""
    return f'<g class="m-{kind}">{_SHAPES[kind]}</g>' if kind in _SHAPES else ""


_SHAPES = {
    "no_trust": '<circle r="3.6"/>',
    "single_school_trust": '<rect x="-3.5" y="-3.5" width="7" height="7"/>',
    "trust_home_here": '<circle r="4.4"/>',
    "trust_based_elsewhere": '<path d="M0-5.6 5.6 0 0 5.6-5.6 0Z"/>',
    "status_unknown": '<path d="M-3.5-3.5 3.5 3.5M-3.5 3.5 3.5-3.5"/>',
}


def confidence(word: str) -> str:
    """Return three rising bars and the word."""
    if not word:
        return DASH
    lit = {"low": 1, "medium": 2, "high": 3}.get(word, 0)
    bars = "".join(
        f'<rect class="{"on" if i < lit else ""}" x="{4.5 * i + 0.5:g}" y="{6.5 - 3 * i:g}" '
        f'width="3.4" height="{3 + 3 * i:g}"/>'
        for i in range(3)
    )
    return (
        f'<span class="conf"><svg viewBox="0 0 14 10" aria-hidden="true">{bars}</svg>'
        f"{escape(word.capitalize())}</span>"
    )


def _text(value: Any) -> tuple[str, str | None]:
    return (DASH, "") if value is None or value != value else (escape(str(value)), None)


def _name(value: Name) -> tuple[str, str | None]:
    inner = escape(value.text)
    if value.href:
        inner = f'<a href="{escape(value.href)}">{inner}</a>'
    if value.sub:
        inner += f"<small>{escape(value.sub)}</small>"
    return inner, None


def _two(value: Two | None) -> tuple[str, str | None]:
    if value is None:
        return DASH, ""
    inner = f"<b>{escape(value.text)}</b>" if value.strong else escape(value.text)
    if not value.sub:
        return inner, None
    return f"{inner}<small>{escape(value.sub)}</small>", None


def _count(value: float | None) -> tuple[str, str | None]:
    if value is None or value != value:
        return DASH, ""
    text = count(float(value))
    plain = text.replace(",", "")
    return text, None if plain == text else f"{value:g}" if value < 1e6 else str(value)


def _number(value: float | None) -> tuple[str, str | None]:
    return (DASH, "") if value is None or value != value else (number(value), _short(value))


def _percent(value: float | None) -> tuple[str, str | None]:
    return (DASH, "") if value is None or value != value else (percent(value), _short(value))


def _fine_percent(value: float | None) -> tuple[str, str | None]:
    if value is None or value != value:
        return DASH, ""
    return f"{100 * value:.1f}%" if value < 0.0995 else percent(value), _short(value)


def _km(value: float | None) -> tuple[str, str | None]:
    return (DASH, "") if value is None or value != value else (km(value), _short(value))


def _short(value: float) -> str:
    return f"{value:.4g}"


def _bar(value: Bar | None) -> tuple[str, str | None]:
    if value is None or value.share != value.share:
        return DASH, ""
    look = f" {value.look}" if value.look else ""
    width = width_class("b", min(1.0, value.share / value.full))
    drawn = f'<s><i class="{width}{look}"></i></s>'
    return f'<span class="bar"><b>{percent(value.share)}</b>{drawn}</span>', _short(value.share)


def _pill(value: str | None) -> tuple[str, str | None]:
    return (f'<span class="pill">{escape(value)}</span>', None) if value else (DASH, "")


def _confidence(value: str | None) -> tuple[str, str | None]:
    return confidence(value or ""), value or ""


def _raw(value: Any) -> tuple[str, str | None]:
    return str(value), None


_KINDS: dict[str, Callable[[Any], tuple[str, str | None]]] = {
    "text": _text,
    "name": _name,
    "two": _two,
    "count": _count,
    "number": _number,
    "percent": _percent,
    "fine_percent": _fine_percent,
    "km": _km,
    "bar": _bar,
    "pill": _pill,
    "confidence": _confidence,
    "raw": _raw,
}
