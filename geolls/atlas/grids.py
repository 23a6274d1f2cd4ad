"""Tables of a page: typed columns and rows in, markup with the raw values out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, NamedTuple

from markupsafe import Markup

from geolls.atlas.charts import width_class
from geolls.base.interval import bounds, span
from geolls.base.text import DASH, count, km, number, percent
from geolls.base.vocabulary import REACHES
from geolls.maps.payload import pack

__all__ = [
    "KINDS",
    "Bar",
    "Column",
    "Grid",
    "Kind",
    "Name",
    "Report",
    "Two",
    "confidence",
    "mark",
    "shape",
]


class Name(NamedTuple):
    """A row's name: a link where there is a page, a mark where the row has a kind."""

    text: str
    href: str = ""
    mark: str = ""
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
    of : callable
        Takes a row and returns its value here; None where missing.
    kind : str
        One of `KINDS`.
    optional : bool
        Left out on a phone.
    """

    key: str
    title: str
    of: Callable[[Any], Any]
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
    rows : sequence
        Whatever the columns read their values from.
    shown : int
        Rows to show at first; 0 for all.
    sort : str
        The column it is sorted by, with a minus when the largest is first.
    total : sequence, optional
        The values of a row that stays at the top.
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
    rows: Sequence[Any]
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
    def within(self) -> Sequence[Any]:
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
        return self._lines(self.rows[len(self.within) :], shown=0)

    @property
    def html(self) -> Markup:
        """The table as markup; everything in it is escaped."""
        looks = [self.look, "stack" * self.stack, "long" * self.long, "sorts" * self.sortable]
        known = {
            "class": " ".join(filter(None, looks)),
            "id": self.id,
            "data-noun": self.noun,
            "data-shown": self.shown if 0 < self.shown < self.many else None,
            "data-total": self.many if self.many > len(self.within) else None,
            "data-link": self.link or None,
        }
        if self.report:
            known |= {
                "data-report": self._reported,
                "data-word": self.report.word,
                "data-source": self.report.source,
                "data-correct": self.report.correct,
            }
        total = "" if self.total is None else f'<tr class="total">{self._cells(self.total)}</tr>\n'
        return Markup(
            f"<table{_attributes(known)}>"
            f'<caption class="hush">{escape(self.caption)}</caption>'
            f"<thead><tr>{''.join(map(self._head, self.columns))}</tr></thead><tbody>\n"
            f"{total}{self._lines(self.within, shown=self.shown)}</tbody></table>"
        )

    @property
    def style(self) -> str:
        """The rules that align its columns and leave out the optional ones on a phone.

        Rules by position keep a class off every cell: a third of the size of a long table.
        """
        out = ""
        if at := [i for i, c in enumerate(self.columns, 1) if KINDS[c.kind].right]:
            cells = ",".join(f"#{self.id} tbody>tr>:nth-child({i})" for i in at)
            out += f"{cells}{{text-align:right;padding-right:16px;white-space:nowrap}}"
        if at := [i for i, c in enumerate(self.columns, 1) if c.optional]:
            cells = ",".join(f"#{self.id} tr>:nth-child({i})" for i in at)
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

    def _head(self, column: Column) -> str:
        order = "descending" if self.sort.startswith("-") else "ascending"
        known = {
            "scope": "col",
            "data-k": column.key,
            "data-order": "|".join(KINDS[column.kind].order) or None,
            "class": "r" if KINDS[column.kind].right else None,
            "aria-sort": order if column.key == self.sort.lstrip("-") else None,
        }
        return f"<th{_attributes(known)}>{escape(column.title)}</th>"

    def _lines(self, rows: Sequence[Any], *, shown: int) -> str:
        """Return rows as markup; those beyond `shown` are marked where the table shows fewer."""
        out = []
        for i, row in enumerate(rows):
            values = [column.of(row) for column in self.columns]
            first = next((v for v in values if isinstance(v, Name)), Name(""))
            looks = [f"k-{first.mark}"] if first.mark else []
            looks += ["more"] if self.shown and i >= shown else []
            known = {"id": first.anchor or None, "class": " ".join(looks) or None}
            out.append(f"<tr{_attributes(known)}>{self._cells(values)}</tr>\n")
        return "".join(out)

    def _cells(self, values: Sequence[Any]) -> str:
        cells: list[str] = []
        for column, value in zip(self.columns, values, strict=True):
            text, raw = KINDS[column.kind].cell(value)
            data = "" if raw is None else f' data-v="{escape(raw)}"'
            tag, scope = ("td", "") if cells else ("th", ' scope="row"')
            cells.append(f"<{tag}{scope}{data}>{text}</{tag}>")
        return "".join(cells)


def _attributes(known: Mapping[str, object]) -> str:
    """Write attributes, those without a value left out."""
    return "".join(f' {k}="{escape(str(v))}"' for k, v in known.items() if v is not None)


def mark(kind: str) -> str:
    """Return the mark of a kind of school as inline SVG."""
    box = 'viewBox="-6 -6 12 12" aria-hidden="true"'
    return f'<svg class="mark m-{kind}" {box}>{_SHAPES[kind]}</svg>' if kind in _SHAPES else ""


def shape(kind: str) -> str:
    """Return the mark of a kind as a part of a larger drawing, round its own origin."""
    return f'<g class="m-{kind}">{_SHAPES[kind]}</g>' if kind in _SHAPES else ""


_SHAPES = {
    "no_trust": '<circle r="3.6"/>',
    "single_school_trust": '<rect x="-3.5" y="-3.5" width="7" height="7"/>',
    "trust_home_here": '<circle r="4.4"/>',
    "trust_based_elsewhere": '<path d="M0-5.6 5.6 0 0 5.6-5.6 0Z"/>',
    "no_single_home": '<path d="M0-5 5 3.8H-5Z"/>',
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


def _name(value: Name) -> str:
    inner = escape(value.text)
    return f'<a href="{escape(value.href)}">{inner}</a>' if value.href else inner


def _two(value: Two) -> str:
    inner = f"<b>{escape(value.text)}</b>" if value.strong else escape(value.text)
    return inner + (f"<small>{escape(value.sub)}</small>" if value.sub else "")


def _bar(value: Bar) -> str:
    look = f" {value.look}" if value.look else ""
    width = width_class("b", min(1.0, value.share / value.full))
    drawn = f'<s><i class="{width}{look}"></i></s>'
    return f'<span class="bar"><b>{percent(value.share)}</b>{drawn}</span>'


def _fine_percent(value: float) -> str:
    return f"{100 * value:.1f}%" if value < 0.0995 else percent(value)


def _unmarked(value: float) -> str | None:
    """Return a count without the marks of thousands, where it has some."""
    if "," not in count(float(value)):
        return None
    return f"{value:g}" if value < 1e6 else str(value)


def _ends(say: Callable[[float], str]) -> Callable[[Any], str]:
    """Write a number, or both ends of one that is known between two."""
    return lambda value: span(value, say)


def _most(raw: Callable[[float], str | None]) -> Callable[[Any], str | None]:
    """Sort what is known between two by the most that it can be; it says both in words."""

    def found(value: Any) -> str | None:
        ends = bounds(value)
        return raw(ends.high) if ends.certain else f"{ends.high:g}"

    return found


def _short(value: float) -> str:
    return f"{value:.4g}"


@dataclass(frozen=True, slots=True)
class Kind:
    """How the values of a column are written.

    Parameters
    ----------
    say : callable
        Takes a value and returns its markup.
    raw : callable
        Takes a value and returns what sorting and the csv need besides; None where it is the text.
    right : bool
        Aligned right.
    order : sequence of str
        Words in the order that they are sorted by; that of the alphabet where empty.
    """

    say: Callable[[Any], str]
    raw: Callable[[Any], str | None] = lambda _: None
    right: bool = False
    order: Sequence[str] = ()

    def cell(self, value: Any) -> tuple[str, str | None]:
        """Return the markup and the raw value of a cell; a dash where the value is missing."""
        amount = getattr(value, "share", getattr(value, "high", value))
        missing = amount is None or amount != amount
        return (DASH, "") if missing else (self.say(value), self.raw(value))


KINDS = {
    "text": Kind(lambda value: escape(str(value))),
    "name": Kind(_name),
    "two": Kind(_two),
    "count": Kind(_ends(lambda value: count(float(value))), _most(_unmarked), right=True),
    "number": Kind(number, _short, right=True),
    "percent": Kind(_ends(percent), _most(_short), right=True),
    "fine_percent": Kind(_fine_percent, _short, right=True),
    "km": Kind(km, _short, right=True),
    "bar": Kind(_bar, lambda value: _short(value.share)),
    "pill": Kind(
        lambda value: f'<span class="pill">{escape(value)}</span>', order=[*REACHES.values()]
    ),
    "confidence": Kind(confidence, str, order=["low", "medium", "high"]),
    "raw": Kind(str),
}
