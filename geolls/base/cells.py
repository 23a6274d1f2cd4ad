"""What people write in a cell: words for no value, codes with ".0", numbers with commas, days.

One room for every reader: registers, links, members, points, the tables of polygons.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta
from numbers import Real
from typing import Final, NamedTuple

from geolls.base.errors import UsageError

__all__ = ["NO_VALUE", "Days", "a_code", "a_name", "a_number", "a_urn", "filled", "is_blank"]

#: Words, in lower case, that say a cell has no value.
NO_VALUE: Final = frozenset(
    {
        *("", "-", "--", "\u2013", "\u2014", ".", "?", "n/a", "na", "nan", "nil", "none", "null"),
        *("#n/a", "#na", "#null!", "#value!", "#ref!", "#name?", "<na>", "(null)", "(blank)"),
        *("nat", "not applicable", "not recorded", "not known", "not available", r"\n"),
        "does not apply",
    }
)
_FLOAT = re.compile(r"([A-Z]*\d+)\.0+", re.IGNORECASE)
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:[, ]\d{3})+", re.ASCII)
_URN = re.compile(r"(?:URN\b\W*)?([1-9]\d{0,3}(?:[ ,.-]?\d{3})+)", re.IGNORECASE | re.ASCII)
_POWER = re.compile(r"\d(?:\.\d+)?E\+\d{1,2}", re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:[,\u00a0\u202f ]\d{3})+(?:\.\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d{1,2}", re.ASCII)
# What Python reads as a number besides, as 1_0 or nan, is a word.
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))


def is_blank(text: str) -> bool:
    """Whether a cell says nothing, in any of the words that people and programs have for it.

    Examples
    --------
    >>> is_blank(" #N/A "), is_blank("Not  applicable"), is_blank("Nantwich"), is_blank("0")
    (True, True, False, False)
    """
    return " ".join(text.split()).casefold() in NO_VALUE


def filled(text: str) -> str:
    """Return a cell without the spaces round it, and "" where it says nothing."""
    return "" if is_blank(text) else text.strip()


def a_code(text: str) -> str:
    """Write a code as its owner does: programs add ".0" and spaces, spreadsheets an apostrophe.

    Examples
    --------
    >>> a_code(" 107810.0"), a_code("'2044"), a_code("1.07810E+05"), a_code("E08000035 ")
    ('107810', '2044', '107810', 'E08000035')
    >>> a_code("10.5"), a_code("#N/A"), a_code('="107810"'), a_code("107,810"), a_code("107 810")
    ('10.5', '', '107810', '107810', '107810')
    """
    bare = filled(text)
    if not bare.isascii():  # full-width figures are figures
        bare = unicodedata.normalize("NFKC", bare.translate(_HYPHENS))
    bare = bare.removeprefix("=").strip('"') if bare.startswith('="') else bare
    bare = " ".join(bare.lstrip("'\u2019").split())
    if _GROUPED.fullmatch(bare):
        return re.sub(r"\D", "", bare)
    if whole := _FLOAT.fullmatch(bare):
        return whole[1]
    if _POWER.fullmatch(bare) and (value := float(bare)).is_integer():
        return str(int(value))
    return bare


def a_urn(text: str) -> str:
    """Write a URN as GIAS does, whatever parts its figures or says that it is one.

    Examples
    --------
    >>> a_urn("URN: 107810"), a_urn("107-810"), a_urn("107.810"), a_urn("383/4101"), a_urn("x 1")
    ('107810', '107810', '107810', '383/4101', 'x 1')
    """
    code = a_code(text)
    said = _URN.fullmatch(code)
    return re.sub(r"\D", "", said[1]) if said else code


def a_name(given: object, where: str) -> str:
    """Return as text what a person names or gives the code of; what is neither gets a line.

    Examples
    --------
    >>> a_name("Leeds", "place"), a_name(383, "place"), a_name(383.0, "place")
    ('Leeds', '383', '383')
    """
    if isinstance(given, (str, os.PathLike)):
        return os.fspath(given)
    if isinstance(given, Real):
        return a_code(str(given))
    raise UsageError(f"is a {type(given).__name__}, not a name or a code", where=where)


def a_number(text: str) -> float | None:
    """Read a number, its thousands marked or not; None where it is none.

    Examples
    --------
    >>> a_number("1,234"), a_number("1 234.5"), a_number("12,5"), a_number("12.5%"), a_number("x")
    (1234.0, 1234.5, 12.5, 12.5, None)
    """
    bare = filled(text).lstrip("'\u2019").translate(_HYPHENS).removesuffix("%").strip()
    if _THOUSANDS.fullmatch(bare):
        bare = re.sub(r"[^\d.+-]", "", bare)
    elif _DECIMAL_COMMA.fullmatch(bare):
        bare = bare.replace(",", ".")
    if not _NUMBER.fullmatch(bare):
        return None
    value = float(bare)
    return value if abs(value) < float("inf") else None


# ---- days ----------------------------------------------------------------------------------

_HOUR = r"(?:[T ]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?: ?[AP]M)?Z?)?"
_PARTS = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})" + _HOUR, re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _HOUR, re.IGNORECASE)
_PLAIN = re.compile(r"((?:18|19|20)\d\d)(\d\d)(\d\d)")
_SERIAL = re.compile(r"(\d{1,5})(?:\.0+)?")
_WORDED = re.compile(r"(\d{1,2})[-/ ]([A-Za-z]{3})[a-z]*[-/ ,]+(\d{4})" + _HOUR)
_MONTHS: Final = {m: i for i, m in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}  # fmt: skip  # noqa: SIM905, E501
_EPOCH: Final = date(1899, 12, 30)
# Four figures from here to there are a year that somebody wrote, not a day number.
_YEARS: Final = range(1800, 2101)
_LAST_SERIAL: Final = 73_050  # the last day of 2099


class Days(NamedTuple):
    """How the days of a file are written, judged by all of them together.

    Attributes
    ----------
    month_first : bool
        9/1/2022 is 1 September: some values say so, being above 12 where a day stands, and more
        than say the contrary.
    serials : int
        How many are the day numbers of a spreadsheet, 44805 being 1 September 2022.
    signs : int
        How many values say which comes first, day or month.
    """

    month_first: bool = False
    serials: int = 0
    signs: int = 0

    @classmethod
    def judge(cls, texts: Iterable[tuple[str, int]]) -> Days:
        """Judge the days of a file by its distinct values and how often each stands there."""
        day_first = month_first = serials = 0
        for text, times in texts:
            if match := _PARTS.fullmatch(text.strip()):
                first, second = int(match[1]), int(match[2])
                day_first += times * (first > 12 >= second)
                month_first += times * (second > 12 >= first)
            serials += times * (_of_serial(text.strip()) is not None)
        return cls(month_first > day_first, serials, max(month_first, day_first))

    def read(self, text: str) -> date | None:
        """Read a day as this file writes them; None where it is none."""
        bare = filled(text).translate(_HYPHENS)
        try:
            if match := _PARTS.fullmatch(bare):
                first, second, year = map(int, match.groups())
                return date(year, *((first, second) if self.month_first else (second, first)))
            if match := _YEAR_FIRST.fullmatch(bare) or _PLAIN.fullmatch(bare):
                return date(*map(int, match.groups()))
            if match := _WORDED.fullmatch(bare):
                return date(int(match[3]), _MONTHS.get(match[2].lower(), 0), int(match[1]))
        except ValueError:
            return None
        return _of_serial(bare)

    def __str__(self) -> str:
        """Say what is out of the ordinary, or nothing."""
        said = []
        if self.month_first:
            said.append(f"dates are read month first, as {self.signs:,} of them can only be read")
        if self.serials:
            said.append(
                f"{self.serials:,} dates are day numbers of a spreadsheet and read as days "
                "(44805 is 1 September 2022)"
            )
        return "; ".join(said)


def _of_serial(text: str) -> date | None:
    """Read the day number of a spreadsheet."""
    match = _SERIAL.fullmatch(text)
    n = int(match[1]) if match else 0
    return _EPOCH + timedelta(n) if 0 < n <= _LAST_SERIAL and n not in _YEARS else None
