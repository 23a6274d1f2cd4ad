"""Error families, their exit codes, and the one-line message every error must give."""

from __future__ import annotations

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
    "first_line",
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


def first_line(error: Exception) -> str:
    """Return what a library says of its error, in one short line."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


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
