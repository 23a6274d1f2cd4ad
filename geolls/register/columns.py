"""The columns of the GIAS files: which are read, by what names, and what their text becomes.

Only the columns named in `COLUMNS` are ever taken from a file: never a head's name, a telephone
number, a website or a contact. Those of the register are listed in `geolls.base.columns`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from geolls.base.cells import Days, a_code, a_number, a_urn, is_blank
from geolls.base.columns import REGISTER, SCHOOL_COLUMNS
from geolls.base.errors import InputFileError
from geolls.base.text import nearest

__all__ = [
    "COLUMNS",
    "FILES",
    "REQUIRED",
    "SCHOOL_COLUMNS",
    "Kind",
    "codes",
    "dates",
    "each",
    "fold_words",
    "is_header",
    "kind_of_header",
    "name_columns",
    "numbers",
    "postcodes",
    "share_blanks",
    "urns",
]

Kind = Literal["register", "links", "successions"]

#: Our name -> the header in the file. This is the allow-list: nothing else leaves the parser.
COLUMNS: Final[dict[Kind, dict[str, str]]] = {
    "register": REGISTER,
    "links": {
        "urn": "URN",
        "name": "EstablishmentName",
        "group_uid": "Group UID",
        "group_id": "Group ID",
        "group_name": "Group Name",
        "companies_house_number": "Companies House Number",
        "group_type": "Group Type",
        "group_status": "Group Status",
        "closed_date": "Closed Date",
        "joined_date": "Joined date",
        "left_date": "Date Left Group",
    },
    "successions": {
        "urn": "URN",
        "link_urn": "LinkURN",
        "link_type": "LinkType",
        "date": "LinkEstablishedDate",
    },
}

#: What a column is called in other files of the same kind: `grouplinks_*`, the academy-trust
#: extract, `academiesmatmembership*`.
ALSO: Final[dict[Kind, dict[str, str]]] = {
    "register": {},
    "links": {
        "Linked UID": "group_uid",
        "Academy URN": "urn",
        "Trust Academy Establishment Name": "name",
        "Date Joined Group": "joined_date",
        "Group Closed Date": "closed_date",
    },
    "successions": {},
}
#: Where the first is missing the second will do.
_INSTEAD: Final = {"group_uid": "group_id"}

#: Without these a file is refused; the others may be missing.
REQUIRED: Final[dict[Kind, tuple[str, ...]]] = {
    "register": (
        *("urn", "name", "la_code", "phase", "type", "type_group"),
        *("status", "open_date", "close_date"),
    ),
    "links": ("urn", "group_uid", "group_name", "group_type", "joined_date"),
    "successions": ("urn", "link_urn", "link_type", "date"),
}


class File(NamedTuple):
    """How a GIAS file begins its name, what it is for, and the columns that give it away."""

    stem: str
    use: str
    signs: frozenset[str]


#: The GIAS files that people mistake for each other; `allgroupsdata` is known but never read.
FILES: Final = {
    "register": File(
        "edubasealldata",
        "it is for --register",
        frozenset({"urn", "lacode", "phaseofeducationname"}),
    ),
    "links": File(
        "alllinksdata", "it is for --links", frozenset({"urn", "groupuid", "joineddate"})
    ),
    "groups": File(
        "allgroupsdata", "geolls does not need it", frozenset({"groupuid", "groupname"})
    ),
    "successions": File(
        "links_edubasealldata", "it is for geolls changes", frozenset({"linkurn", "linktype"})
    ),
}


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _heading(text: str) -> str:
    """Fold a heading to its letters and figures: programs write `la_code` for `LA (code)`."""
    return re.sub(r"[^a-z0-9]+", "", text.casefold())


def _ours(kind: Kind) -> dict[str, str]:
    """Return our name by the folded heading, the other names of a column included."""
    named = ALSO[kind] | {theirs: ours for ours, theirs in COLUMNS[kind].items()}
    return {_heading(theirs): ours for theirs, ours in named.items()}


def _lacks(names: Iterable[str | None], kind: Kind) -> list[str]:
    """Return what a kind of file cannot do without and is not among the names of columns."""
    there = set(names)
    return [c for c in REQUIRED[kind] if c not in there and _INSTEAD.get(c, c) not in there]


def is_header(cells: Sequence[str], kind: Kind) -> bool:
    """Whether some cells are the header of a file of a kind, or of one mistaken for it."""
    known = _ours(kind)
    needed = {known.get(_heading(c)) for c in cells} & set(REQUIRED[kind])
    return len(needed) > 2 or kind_of_header(cells) is not None


def kind_of_header(cells: Sequence[str]) -> str | None:
    """Tell which GIAS file has such a header: by all it needs, else by what gives it away."""
    there = {_heading(c) for c in cells}
    for kind in COLUMNS:
        known = _ours(kind)
        if not _lacks(map(known.get, there), kind):
            return kind
    signs = ((kind, file.signs) for kind, file in FILES.items())
    # A list of groups names no schools; one that does is of links, and lacks something.
    return next(
        (k for k, s in signs if s <= there and not (k == "groups" and "urn" in there)), None
    )


def name_columns(header: list[str], kind: Kind, path: Path) -> list[str]:
    """Give each column of a file our name for it, or a number if it is not to be read.

    Parameters
    ----------
    header : list of str
        The column names in the file.
    kind : str
        Which of the GIAS files is wanted.
    path : pathlib.Path
        The file, for the message.

    Returns
    -------
    list of str
        One name per column of the file, all different.

    Raises
    ------
    InputFileError
        A wanted column is there twice, one that is needed is missing, or it is another GIAS file.
    """
    ours = _ours(kind)
    names = [ours.get(_heading(h), str(i)) for i, h in enumerate(header)]
    for i, name in enumerate(names):
        if name in names[:i]:
            raise InputFileError(f"has the column {header[i]!r} twice", where=str(path))
    stem = FILES[kind].stem
    lacks = _lacks(names, kind)
    if lacks and (found := kind_of_header(header)) not in (None, kind):
        other = FILES[str(found)]
        raise InputFileError(
            f"is a GIAS {other.stem} file, not {stem}", where=str(path), fix=other.use
        )
    missing = [COLUMNS[kind][c] for c in lacks]
    if missing:
        near = dict.fromkeys(n for m in missing for n in nearest(m, header, 1))
        shown = ", ".join(missing[:4]) + (f" and {len(missing) - 4} more" if missing[4:] else "")
        raise InputFileError(
            f"is not a GIAS {stem} file: it lacks the column{'s' * (len(missing) > 1)} {shown}",
            where=str(path),
            fix=f"the nearest it has: {', '.join(n[:60] for n in near)}" if near else None,
        )
    return names


# ---- what the text becomes ---------------------------------------------------------------------

_AS_GIAS: Final = Days()
_NOTHING: Final = pa.nulls(1 << 16, pa.large_string())
# Most numbers and codes are written so, and need no second look.
_PLAIN_NUMBER: Final = r"[0-9]{1,15}(\.[0-9]{1,15})?"
_PLAIN_CODE: Final = r"[A-Z]*[0-9]+"


def each(column: pd.Series, say: Callable[[str], Any], dtype: str) -> pd.Series:
    """Apply `say` once to each distinct value of a text column, trimmed, "" where it is blank."""
    place, values = pd.factorize(column.fillna(""))
    said = pd.Series([say(value.strip()) for value in values.tolist()], dtype=dtype)
    return said.take(place).set_axis(column.index)


def fold_words(column: pd.Series) -> pd.Series:
    """Write words in lower case with single spaces; a blank is ""."""
    return each(column, _folded, "str")


def _parsed(
    column: pd.Series, parse: Callable[[str], Any], dtype: str
) -> tuple[pd.Series, pd.Series]:
    found = each(column, parse, dtype)
    return found, found.isna() & each(column.where(found.isna()), _says_something, "bool")


def _says_something(text: str) -> bool:
    return not is_blank(text)


def dates(column: pd.Series, style: Days = _AS_GIAS) -> tuple[pd.Series, pd.Series]:
    """Read days, written as their file writes them; say also where the text is no day."""

    def day(text: str) -> np.datetime64 | None:
        found = style.read(text)
        return None if found is None else np.datetime64(found, "s")

    return _parsed(column, day, "datetime64[s]")


def numbers(column: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Read numbers; say also where the text is none."""
    plain = pd.to_numeric(column.where(column.str.fullmatch(_PLAIN_NUMBER)))
    odd, wrong = _parsed(column.where(plain.isna()), a_number, "float64")
    return plain.astype("float64").fillna(odd), wrong


def codes(column: pd.Series, read: Callable[[str], str] = a_code) -> pd.Series:
    """Write codes as their owners do; what says "not recorded" is missing."""
    plain = column.where(column.str.fullmatch(_PLAIN_CODE))
    return plain.fillna(each(column.where(plain.isna()), lambda v: read(v) or None, "str"))


def postcodes(column: pd.Series) -> pd.Series:
    """Write postcodes in capitals, one space before the last three characters."""
    bare = column.str.upper().str.replace(r"[^A-Z0-9]+", "", regex=True)
    return (bare.str[:-3] + " " + bare.str[-3:]).where(bare.str.len() > 4)


def urns(column: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Read URNs (five to seven digits) as text, else missing, and as numbers, else 0."""
    text = codes(column, a_urn)
    text = text.where(text.str.fullmatch(r"[1-9][0-9]{4,6}"))
    return text, text.fillna("0").astype("int64")


def share_blanks(table: pd.DataFrame) -> pd.DataFrame:
    """Let text columns without any text share one small piece of memory: a giant has many."""
    times, rest = divmod(len(table), len(_NOTHING))
    nothing = pa.chunked_array([*[_NOTHING] * times, _NOTHING[:rest]])
    blank = [c for c in table.columns if table[c].dtype == "str" and table[c].isna().all()]
    return table.assign(**dict.fromkeys(blank, pd.array(nothing, dtype="str")))
