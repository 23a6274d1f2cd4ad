"""Choose schools by what the register says of them: `type=academy`, `size>=200`, `in=list.csv`."""

from __future__ import annotations

import hashlib
import operator
import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from geolls.base.cells import Days, a_number, is_blank
from geolls.base.columns import DAYS, NUMBERS, TRAITS, trait_named
from geolls.base.errors import UnknownNameError, UsageError
from geolls.base.text import fold, nearest, suggest
from geolls.layers.lists import read_list
from geolls.layers.model import in_short
from geolls.study.assignment import listed, untold

if TYPE_CHECKING:
    from geolls.register.register import Register

__all__ = ["KEYS", "beside", "chosen", "filters_listed", "read_filter"]

_FORM = re.compile(r"\s*([^=<>!]+?)\s*(!=|<=|>=|=|<|>)\s*(.+?)\s*", re.DOTALL)
# What a sign asks, and how it is said of a number and of a day.
_COMPARED: Final[dict[str, tuple[Callable[[Any, Any], Any], str, str]]] = {
    "<": (operator.lt, "under {}", "before {}"),
    "<=": (operator.le, "{} or less", "{} or before"),
    ">": (operator.gt, "over {}", "after {}"),
    ">=": (operator.ge, "{} or more", "{} or after"),
}
# Words that people have for a key, and what a phrase calls it.
_ALSO: Final = {
    **{
        "size": "pupils",
        "authority": "la",
        "local_authority": "la",
        "religion": "religious_character",
    },
    **{"opened": "open_date", "joined": "trust_joined", "sector": "type_group", "list": "in"},
}
_CALLED: Final = {
    **{"pupils": "size", "la": "authority", "urban_rural": "urban/rural"},
    **{"open_date": "opened", "close_date": "closing", "trust_joined": "in its trust since"},
}
_SECRET: Final = re.compile(r"fsm|free.?meals?|free.?school.?meals?", re.IGNORECASE)
_MEASURED: Final = tuple(k for k in NUMBERS if k not in {"easting", "northing"})

#: What schools can be chosen by.
KEYS: Final = (*TRAITS, *_MEASURED, *DAYS, "in")


def _called(key: str) -> str:
    return _CALLED.get(key, key.replace("_", " "))


def _joined(words: Sequence[str], last: str) -> str:
    *head, tail = words
    return f"{', '.join(head)} {last} {tail}" if head else tail


class Filter(NamedTuple):
    """One condition: what it is about, how it is held against it, and the values.

    Attributes
    ----------
    text : str
        As it was given.
    key : str
        One of `KEYS`.
    sign : str
        One of = != < <= > >=.
    values : tuple of str
        Any of them will do.
    """

    text: str
    key: str
    sign: str
    values: tuple[str, ...]


def filters_listed() -> str:
    """List what schools can be chosen by, for help."""
    return f"size, {', '.join(KEYS)}=FILE"


def beside(text: str, folder: Path) -> str:
    """Return a condition as it is meant in a file of a folder: a list of schools lies in it."""
    form = _FORM.fullmatch(text)
    if not form or _ALSO.get(form[1].casefold(), form[1].casefold()) != "in":
        return text
    files = (str(folder / Path(part.strip()).expanduser()) for part in form[3].split("|"))
    return f"in{form[2]}{'|'.join(files)}"


def chosen(register: Register, where: Sequence[str], on: date) -> Register:
    """Keep only the schools that meet every condition; the others count as other phases do.

    Parameters
    ----------
    register : Register
        The schools that count.
    where : sequence of str
        Conditions, as `type=academy`, `urban_rural!=urban`, `size=100..300`, `gender=boys|girls`,
        `in=list.csv`; a value is meant where it is one of the register's, in any case and with any
        dashes, or else wherever its words stand in one.
    on : datetime.date
        The study's day.

    Returns
    -------
    Register
        `source` has besides: `only` (the conditions in words), `of` (how many schools they chose
        from), `chosen` (a digest of which).

    Raises
    ------
    UsageError
        A condition is none, or asks what must not be asked.
    UnknownNameError
        No school has such a value, or none meets every condition.
    """
    told = list(register.source.get("told", ()))
    every = register.everywhere.drop(columns="fsm_pupils")  # which decides nothing here
    filters = [read_filter(text) for text in where]
    keep = np.ones(len(every), dtype=bool)
    reason, said = pd.Series("", index=every["urn"], dtype="str"), []
    for each in filters:
        met, phrase = _met(each, every, register, on, told)
        said.append(phrase)
        reason[keep & ~met] = f"not {phrase}"
        keep &= met
    n, only = len(every) - len(register.others), _joined(said, "and")
    urns = every["urn"][:n][keep[:n]]
    if urns.empty:
        raise UnknownNameError(
            f"none of the {n:,} schools that count is of {only}",
            where="--where",
            fix="ask for less, or count every phase with --phase all",
        )
    digest = hashlib.sha256("\n".join(urns).encode()).hexdigest()
    return register.without(reason[reason != ""], only=only, of=n, chosen=digest, told=told)


def read_filter(text: str) -> Filter:
    """Read one condition; refuse what is none, or asks what must not be asked."""
    form = _FORM.fullmatch(text)
    if not form:
        raise UsageError(
            f"{text!r} is no condition",
            where="--where",
            fix='write it as "type=academy", "size>=200" or "in=list.csv"',
        )
    name, sign, value = form.groups()
    if _SECRET.search(name):
        raise UsageError(
            "schools cannot be chosen by free meals: who is in and who is not would tell numbers "
            "that are withheld",
            where="--where",
        )
    asked = re.sub(r"[\s-]+", "_", name.casefold())
    asked = _ALSO.get(asked, asked)
    key = asked if asked in KEYS else trait_named(name)
    if key is None:
        near = nearest(name, (*KEYS, *_ALSO), n=1)
        listed_ = f"the keys are {filters_listed()}"
        raise UsageError(
            f"unknown key {name!r}",
            where="--where",
            fix=f"did you mean {near[0]}? {listed_}" if near else listed_,
        )
    if sign not in "!=" and key not in (*_MEASURED, *DAYS):
        raise UsageError(f"{key} has no order", where="--where", fix=f'write "{key}={value}"')
    return Filter(text, key, sign, tuple(part.strip() for part in value.split("|")))


def _met(
    each: Filter, every: pd.DataFrame, register: Register, on: date, told: list[str]
) -> tuple[np.ndarray, str]:
    """Tell which schools meet a condition, and say it in words."""
    masks, words = [], []
    for value in each.values:
        if each.key == "in":
            mask, phrase = _in_list(value, every, register, on, told)
        elif each.key in TRAITS:
            mask, phrase = _of_trait(each.key, value, every, told)
        else:
            mask, phrase = _of_number(each, value, every)
        masks.append(mask)
        words.append(phrase)
    met: np.ndarray = np.logical_or.reduce(masks)
    phrase = _joined(words, "or")
    called = "" if each.key == "in" else f"{_called(each.key)} "
    if each.sign == "!=":
        return ~met, f"{called}other than {phrase}" if called else f"not {phrase}"
    return met, f"{called}{phrase}"


def _of_trait(key: str, value: str, every: pd.DataFrame, told: list[str]) -> tuple[np.ndarray, str]:
    """Tell which schools have a value: as it stands, or else by the words in it."""
    columns = [every[c] for c in dict.fromkeys(TRAITS[key])]
    known = sorted({v for c in columns for v in c.dropna().unique() if not is_blank(v)})
    if is_blank(value):
        blank = [c.isna() | c.fillna("").map(is_blank) for c in columns]
        return np.logical_and.reduce(blank), "none"
    parts = {v: [fold(p) for p in (v.split("; ") if key == "sen" else [v])] for v in known}
    asked = fold(value)
    hits = {v for v, folded in parts.items() if asked in folded}
    exact = bool(hits)
    hits = hits or {v for v, p in parts.items() if {*asked.split()} <= {*" ".join(p).split()}}
    if not asked or not hits:
        names = sorted({v for v in columns[-1].dropna().unique() if not is_blank(v)})
        near = suggest(value, [*known, *dict.fromkeys(w for v in names for w in fold(v).split())])
        shown = f"there are {', '.join(names[:9])}{' and others' * (len(names) > 9)}"
        raise UnknownNameError(
            f"no school has {_called(key)} {value!r}"
            + ("" if known else ": the register does not say"),
            where="--where",
            fix=" ".join(filter(None, (near, shown))) if known else None,
        )
    mask: np.ndarray = np.logical_or.reduce([c.isin(hits).to_numpy() for c in columns])
    names = sorted(set(columns[-1][mask].dropna()))
    if exact:
        return mask, names[0] if len(names) == 1 else value
    more = f" and {len(names) - 6} others" * (len(names) > 6)
    told.append(f"{key}={value}: read as {', '.join(names[:6])}{more}")
    return mask, value


def _of_number(each: Filter, value: str, every: pd.DataFrame) -> tuple[np.ndarray, str]:
    """Tell which schools have a number, or a day, in a range."""
    column, dated = every[each.key], each.key in DAYS

    def read(text: str) -> Any:
        found = Days().read(text) if dated else a_number(text)
        if found is None:
            what = "a day, as 2022-09-01" if dated else "a number"
            raise UsageError(f"{text!r} is not {what}", where=f"--where {each.text}")
        return pd.Timestamp(found) if dated else found

    def word(found: Any) -> str:
        return f"{found:%Y-%m-%d}" if dated else f"{found:,g}"

    if each.sign in _COMPARED:
        compare, of_number, of_day = _COMPARED[each.sign]
        limit, said = read(value), of_day if dated else of_number
        return compare(column, limit).to_numpy(dtype=bool), said.format(word(limit))
    low, dots, high = (part.strip() for part in value.partition(".."))
    first, last = (read(part) if part else None for part in (low, high if dots else low))
    if first is None and last is None:
        raise UsageError(f"{each.text!r} has no end", where="--where", fix="write 100..300")
    mask = column.notna()
    if first is not None:
        mask &= column >= first
    if last is not None:
        mask &= column <= last
    if first is not None and last is not None:
        phrase = word(first) if first == last else f"{word(first)} to {word(last)}"
    else:
        _, of_number, of_day = _COMPARED["<=" if first is None else ">="]
        phrase = (of_day if dated else of_number).format(word(last if first is None else first))
    return mask.to_numpy(dtype=bool), phrase


def _in_list(
    value: str, every: pd.DataFrame, register: Register, on: date, told: list[str]
) -> tuple[np.ndarray, str]:
    """Tell which schools a file lists; what of it names none is told."""
    path = Path(value).expanduser()
    layer = read_list(path, "in")
    told += in_short(
        [*layer.told, *untold(layer, every[: len(every) - len(register.others)], register, on)]
    )
    return every["urn"].isin(listed(layer, every, on)["urn"]).to_numpy(), f"in {path.name}"
