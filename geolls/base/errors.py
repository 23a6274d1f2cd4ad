"""Error families, their exit codes, and the one-line message every error must give."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

__all__ = [
    "AtlasError",
    "CatalogueError",
    "GeollsError",
    "GeometryError",
    "InputFileError",
    "MapError",
    "OutputError",
    "UnknownNameError",
    "UsageError",
    "fold",
    "nearest",
    "suggest",
]


class GeollsError(Exception):
    """A fault in what geolls was given, said in one line: what, where, and what to do.

    Parameters
    ----------
    message : str
        What is wrong, in plain words, with the offending value.
    where : str, optional
        File, row and column, or the option, that holds the value.
    fix : str, optional
        What to do about it; names the nearest valid values where there are any.
    """

    exit_code = 1

    def __init__(self, message: str, *, where: str | None = None, fix: str | None = None) -> None:
        self.message = message
        self.where = where
        self.fix = fix
        super().__init__(str(self))

    def __str__(self) -> str:
        """Return `where: message; fix` on one line, control characters shown, not obeyed."""
        text = f"{self.where}: {self.message}" if self.where else self.message
        text = f"{text}; {self.fix}" if self.fix else text
        return "".join(c if c.isprintable() else " " for c in text)


class UsageError(GeollsError):
    """The command or call does not make sense as it stands."""

    exit_code = 2


class CatalogueError(GeollsError):
    """An unknown layer or recipe, or a fault on a shelf."""

    exit_code = 10


class InputFileError(GeollsError):
    """A file is missing, of the wrong kind, or cannot be fetched."""

    exit_code = 11


class UnknownNameError(GeollsError):
    """A date, code, name or place that means nothing, or nothing on that day."""

    exit_code = 12


class GeometryError(GeollsError):
    """Geometry that cannot be measured: no CRS, not projected, not metres, invalid."""

    exit_code = 13


class MapError(GeollsError):
    """A recipe that cannot be drawn."""

    exit_code = 14


class OutputError(GeollsError):
    """A result that cannot be written."""

    exit_code = 15


class AtlasError(GeollsError):
    """An atlas that finished with some places failed."""

    exit_code = 20


# Words that official names carry or drop without changing what is meant.
_NOISE = re.compile(
    r"\b(the|of|city|county|district|borough|royal|metropolitan|council|authority|combined|unitary)\b"
)


def fold(name: str) -> str:
    """Fold a name to what people agree on: no case, accents, punctuation or civic titles.

    Parameters
    ----------
    name : str
        Any name, as typed or as published.

    Returns
    -------
    str
        The folded name; "Bristol, City of" and "bristol" fold to the same text.

    Examples
    --------
    >>> fold("Kingston upon Hull, City of") == fold("kingston-upon-hull")
    True
    >>> fold("County Durham") == fold("Durham")
    True
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    words = re.sub(r"[^a-z0-9]+", " ", plain.replace("&", " and ").replace("'", "")).strip()
    short = " ".join(_NOISE.sub(" ", words).split())
    return short or words


def nearest(word: str, options: Iterable[str], n: int = 3) -> list[str]:
    """Return up to `n` of `options` that a person typing `word` may have meant, best first."""
    by_fold: dict[str, str] = {}
    for option in options:
        by_fold.setdefault(fold(option), option)
    key = fold(word)[:200]
    starts = sorted((f for f in by_fold if len(key) > 2 and f.startswith(key)), key=len)
    close = difflib.get_close_matches(key, by_fold, n=n, cutoff=0.6)
    return [by_fold[f] for f in dict.fromkeys([*starts, *close])][:n]


def suggest(word: str, options: Iterable[str]) -> str | None:
    """Return "did you mean A, B or C?" or None when nothing is near."""
    found = nearest(word, options)
    if not found:
        return None
    *head, last = found
    return f"did you mean {', '.join(head) + ' or ' if head else ''}{last}?"
