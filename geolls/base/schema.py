"""Checked TOML: a file's keys are declared once, as a dataclass, and each fault is one line.

A field of the class is a key of the file. Its type says what the key may hold, a field without a
default must be given, its metadata add what a type cannot say: `among`, `named`, `MADE`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Any, Final, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from geolls.base.errors import CatalogueError, InputFileError, UnknownNameError, UsageError
from geolls.base.files import unreadable
from geolls.base.sheets import as_utf8
from geolls.base.text import nearest, suggest

__all__ = [
    "MADE",
    "Fault",
    "Toml",
    "a_date",
    "a_day",
    "among",
    "check",
    "load",
    "named",
    "options",
    "read_shelf",
    "unknown",
]

T = TypeVar("T")
Prepare = Callable[[Mapping[str, Any]], Mapping[str, Any]]
_hints = cache(get_type_hints)


class Toml(NamedTuple):
    """A TOML file: where it lies, what it holds, and its text."""

    path: Path
    holds: Mapping[str, Any]
    text: str = ""

    def line(self, name: str) -> int | None:
        """Return the number of the line on which a key is given; None where it is not found."""
        start = re.compile(rf"^\s*\[?\s*[\"']?{re.escape(name)}[\"']?\s*[=\]]", re.MULTILINE)
        found = start.search(self.text)
        return self.text.count("\n", 0, found.end()) + 1 if found else None


class Fault(NamedTuple):
    """One fault of a file: what is wrong, what to do, and at which key and line."""

    message: str
    fix: str | None = None
    key: str | None = None
    line: int | None = None


MADE: Final[Mapping[str, Any]] = {"made": True}
"""Metadata of a field that is worked out, not given in the file."""


def among(words: Iterable[str]) -> Mapping[str, Any]:
    """Return metadata for a field: the words it, or each of its items or keys, may be."""
    return {"among": tuple(words)}


def named(name: str) -> Mapping[str, Any]:
    """Return metadata for a field whose key in the file is a word of Python's own ("from")."""
    return {"name": name}


def load(path: Path) -> Toml:
    """Read a TOML file.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    Toml
        What it holds, unchecked.

    Raises
    ------
    InputFileError
        The file cannot be read, or is not TOML.
    """
    try:
        text = as_utf8(path.read_bytes())[0].decode()
        return Toml(path, tomllib.loads(text), text)
    except OSError as error:
        raise unreadable(error, path) from error
    except (ValueError, RecursionError) as error:  # not TOML, nested without end
        fix = 'write each as key = "text"'
        raise InputFileError(f"not readable as TOML: {error}", where=str(path), fix=fix) from error


def check(cls: type, toml: Toml, what: str = "key") -> tuple[dict[str, Any], list[Fault]]:
    """Hold what a file says against the class that declares its keys.

    Parameters
    ----------
    cls : type
        A dataclass.
    toml : Toml
        The file.
    what : str, default "key"
        What a key is called in messages.

    Returns
    -------
    (dict, list of Fault)
        The values that are as declared, by field, and every fault.
    """
    hints = _hints(cls)
    known = {f.metadata.get("name") or f.name: f for f in fields(cls) if "made" not in f.metadata}
    values: dict[str, Any] = {}
    faults = []
    for name, value in toml.holds.items():
        try:
            if name not in known:
                raise _Wrong(*unknown(what, name, known))
            words = known[name].metadata.get("among", ())
            values[known[name].name] = _read(toml, name, value, hints[known[name].name], words)
        except _Wrong as wrong:
            given = name if name in known else None
            faults.append(Fault(*wrong.args)._replace(key=given, line=toml.line(name)))
    for name, f in known.items():
        needed = f.default is MISSING and f.default_factory is MISSING
        if needed and not str(toml.holds.get(name, "")).strip():
            faults.append(Fault(f"the {what} {name} is missing", None, name))
    return values, faults


def read_shelf(cls: type[T], path: Path, prepared: Prepare = lambda holds: holds) -> T:
    """Read a file that comes with geolls; a fault in it is a fault of the installation.

    Parameters
    ----------
    cls : type
        A dataclass.
    path : pathlib.Path
        The file.
    prepared : callable, optional
        Turns what the file holds into what `cls` declares, where a file says things more shortly.

    Returns
    -------
    object
        An instance of `cls`.

    Raises
    ------
    CatalogueError
        The file is missing, not TOML, or not as `cls` declares.
    """
    try:
        toml = load(path)
        values, faults = check(cls, toml._replace(holds=prepared(toml.holds)))
    except InputFileError as error:
        raise CatalogueError(error.message, where=error.where) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise CatalogueError(f"cannot be read ({error!r})", where=str(path)) from error
    for fault in faults:
        raise CatalogueError(fault.message, where=str(path), fix=fault.fix)
    return cls(**values)


def options(cls: type[T], values: Mapping[str, Any], where: str) -> T:
    """Read options that a user gives by name.

    Parameters
    ----------
    cls : type
        A dataclass, each field with a default.
    values : mapping of str to object
        Names and values.
    where : str
        What the options belong to, for messages.

    Returns
    -------
    object
        An instance of `cls`: the defaults, with these in their place.

    Raises
    ------
    UsageError
        A name is unknown, or a value is of the wrong kind.
    """
    found, faults = check(cls, Toml(Path(where), values), what="option")
    # In a file a number may stand for text; here each value has its kind.
    faults += [
        Fault("", None, name)
        for name, value in found.items()
        if isinstance(value, str) and value != values[name]
    ]
    for fault in faults:
        wrong = f"{fault.key} = {values[fault.key]!r} is of the wrong kind" if fault.key else None
        raise UsageError(wrong or fault.message, where=where, fix=fault.fix)
    return cls(**found)


def unknown(what: str, name: str, known: Iterable[str]) -> tuple[str, str]:
    """Say that a key, column or option is unknown, and which of those known may be meant."""
    near = nearest(name, known, n=1)
    fix = f"did you mean {near[0]}?" if near else f"the {what}s are {', '.join(known)}"
    return f"unknown {what} {name!r}", fix


def a_day(value: object) -> date:
    """Return a date of TOML or of ISO text as a date.

    Raises
    ------
    ValueError
        It is no date, or states an hour as well.
    """
    if isinstance(value, datetime):
        raise ValueError(value)
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def a_date(value: object, *, where: str | None = None) -> date:
    """Read a date that a user gives: a date, or ISO text.

    Raises
    ------
    UnknownNameError
        It is no date.
    """
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise UnknownNameError(
            f"{str(value)!r} is not a date", where=where, fix="write it as 2022-09-01"
        ) from None


# ---- what a key may hold


class _Wrong(Exception):  # noqa: N818  (a signal between functions of this room)
    """A key is unknown, or its value is not as declared: message and fix."""


def _only(value: Any, *kinds: type) -> Any:
    """Return a value of one of some types; true is no number."""
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise TypeError
    return value


# Each type: what it is called, and how to read it, raising TypeError, ValueError or OSError.
# `source_date = 2022` and `sliver_share = 0` say what they mean.
_KINDS: Final[dict[Any, tuple[str, Callable[[Toml, Any], Any]]]] = {
    bool: ("true or false", lambda _, value: _only(value, bool)),
    int: ("a whole number", lambda _, value: _only(value, int)),
    float: ("a number", lambda _, value: float(_only(value, int, float))),
    str: ("text", lambda _, value: str(_only(value, str, int, date))),
    date: ("a date like 2022-09-01", lambda _, value: a_day(_only(value, str, date))),
    Path: ("a path in quotes", lambda toml, value: (toml.path.parent / value).resolve()),
    tuple: ("a list", lambda _, value: tuple(_only(value, list, tuple))),
    Mapping: ("a table", lambda _, value: _only(value, dict)),
    Any: ("", lambda _, value: value),
}


def _read(toml: Toml, name: str, value: Any, hint: Any, allowed: Collection[str] = ()) -> Any:
    """Return the value of a key as its type says, or raise `_Wrong`."""
    inner = [h for h in get_args(hint) if h not in (NoneType, ...)]
    if NoneType in get_args(hint):
        return _read(toml, name, value, inner[0], allowed)
    nested = is_dataclass(hint)
    kind = Mapping if nested else get_origin(hint) or hint
    words, reader = _KINDS[kind]
    try:
        found = reader(toml, value)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        fix = 'it should be a list of words, such as ["a", "b"]' if kind is tuple else None
        raise _Wrong(f"{name} is {value!r}, not {words}", fix) from error
    if nested:
        values, faults = check(hint, toml._replace(holds=found))
        for fault in faults:
            raise _Wrong(f"{name}: {fault.message}", fault.fix)
        return hint(**values)
    if kind in (tuple, Mapping):
        items = found if kind is tuple else found.values()
        of = inner[-1]
        if of in (str, Path) and not all(isinstance(item, str) for item in items):
            raise _Wrong(f"{name} holds something that is not text")
        if kind is tuple:
            found = tuple(_read(toml, name, item, of) for item in items)
        else:
            found = {k: _read(toml, f"{name}.{k}", item, of) for k, item in found.items()}
    if not allowed:
        return found
    for word in [found] if isinstance(found, str) else found:
        if word not in allowed:
            if kind is Mapping:
                raise _Wrong(f"unknown key {name}.{word}", f"the keys are {' and '.join(allowed)}")
            verb, choice = "is" if word is found else "holds", ", ".join(filter(None, allowed))
            fix = suggest(word, allowed) or "choose one of them"
            raise _Wrong(f"{name} {verb} {word!r}, not one of {choice}", fix)
    return found
