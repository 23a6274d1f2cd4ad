"""Read the register of schools (GIAS) into schools and trusts; nothing is lost without a reason.

Only the columns named in `COLUMNS` are ever taken from a file: never a head's name, a telephone
number, a website or a contact.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import hashlib
import io
import json
import re
import sys
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Final, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as pacsv

from geolls.base.archives import open_bounded
from geolls.base.errors import InputFileError, OutputError, UnknownNameError, UsageError
from geolls.base.files import sha256, write_bytes, writing
from geolls.base.text import nearest, suggest
from geolls.base.vocabulary import MAINSTREAM, PHASES

__all__ = [
    "COLUMNS",
    "STATE_FUNDED_GROUPS",
    "STATE_FUNDED_TYPES",
    "Register",
    "choose_phases",
    "display_name",
    "read_register",
    "read_successions",
    "repair",
    "trusts",
]

Kind = Literal["register", "links", "groups", "successions"]

# ---- what is read ------------------------------------------------------------------------------

# Our name -> the header in the file. This is the allow-list: nothing else leaves the parser.
COLUMNS: Final[dict[Kind, dict[str, str]]] = {
    "register": {
        "urn": "URN",
        "name": "EstablishmentName",
        "la_code": "LA (code)",
        "la_name": "LA (name)",
        "number": "EstablishmentNumber",
        "district": "DistrictAdministrative (code)",
        "district_name": "DistrictAdministrative (name)",
        "phase": "PhaseOfEducation (name)",
        "type": "TypeOfEstablishment (name)",
        "type_group": "EstablishmentTypeGroup (name)",
        "status": "EstablishmentStatus (name)",
        "open_date": "OpenDate",
        "close_date": "CloseDate",
        "postcode": "Postcode",
        "town": "Town",
        "urban_rural": "UrbanRural (name)",
        "easting": "Easting",
        "northing": "Northing",
        "pupils": "NumberOfPupils",
        "fsm_pupils": "FSM",
        "fsm_percent": "PercentageFSM",
        "religious_character": "ReligiousCharacter (name)",
        "diocese": "Diocese (name)",
        "trust_uid": "Trusts (code)",
        "trust_name": "Trusts (name)",
        "trust_flag": "TrustSchoolFlag (name)",
        "federation_uid": "Federations (code)",
        "federation_name": "Federations (name)",
        "sponsor_name": "SchoolSponsors (name)",
        "census_date": "CensusDate",
        "changed": "LastChangedDate",
    },
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
    },
    "groups": {
        "group_uid": "Group UID",
        "group_id": "Group ID",
        "companies_house_number": "Companies House Number",
        "registered_postcode": "Group Postcode",
        "opened": "Incorporated on (open date)",
        "closed": "Closed Date",
    },
    "successions": {
        "urn": "URN",
        "link_urn": "LinkURN",
        "link_type": "LinkType",
        "date": "LinkEstablishedDate",
    },
}

_REQUIRED: Final[dict[Kind, tuple[str, ...]]] = {
    "register": (
        *("urn", "name", "la_code", "phase", "type", "type_group"),
        *("status", "open_date", "close_date"),
    ),
    "links": ("urn", "group_uid", "group_name", "group_type", "joined_date"),
    "groups": ("group_uid", "registered_postcode"),
    "successions": ("urn", "link_urn", "link_type", "date"),
}

# What tells the four GIAS files apart, and what people call them.
_SIGNS: Final[dict[Kind, tuple[str, str, frozenset[str]]]] = {
    "register": ("edubasealldata", "--register", frozenset({"urn", "phaseofeducation (name)"})),
    "links": ("alllinksdata", "--links", frozenset({"urn", "group uid", "joined date"})),
    "groups": ("allgroupsdata", "groups=", frozenset({"group uid", "group name"})),
    "successions": ("links_edubasealldata", "geolls changes", frozenset({"linkurn", "linktype"})),
}

# ---- what counts as a school -------------------------------------------------------------------

_PHASE_SETS: Final = {
    "all": PHASES,
    "mainstream": MAINSTREAM,
    "middle": ("middle_deemed_primary", "middle_deemed_secondary"),
}
_PHASE_WORDS: Final = {
    "nursery": "nursery",
    "primary": "primary",
    "middle deemed primary": "middle_deemed_primary",
    "secondary": "secondary",
    "middle deemed secondary": "middle_deemed_secondary",
    "all-through": "all_through",
    "all through": "all_through",
    "16 plus": "post_16",
}

_STATUS: Final = {"open": 0, "clos": 1, "prop": 2}  # by how the word begins

#: Types that are state-funded schools; a blank or new type is judged by its group.
STATE_FUNDED_TYPES: Final = frozenset(
    {
        "academy 16 to 19 sponsor led",
        "academy 16-19 converter",
        "academy alternative provision converter",
        "academy alternative provision sponsor led",
        "academy converter",
        "academy special converter",
        "academy special sponsor led",
        "academy sponsor led",
        "city technology college",
        "community school",
        "community special school",
        "foundation school",
        "foundation special school",
        "free schools",
        "free schools 16 to 19",
        "free schools alternative provision",
        "free schools special",
        "local authority nursery school",
        "mainstream academy",
        "pupil referral unit",
        "studio schools",
        "university technical college",
        "voluntary aided school",
        "voluntary controlled school",
    }
)
#: Type groups whose schools are state-funded unless their type says otherwise.
STATE_FUNDED_GROUPS: Final = frozenset(
    {"academies", "free schools", "local authority maintained schools", "special schools"}
)
_ACADEMIES: Final = frozenset({"academies", "free schools"})
# Inside the state-funded groups, but not funded as maintained schools and academies are.
_OTHER_TYPES: Final = frozenset(
    {
        "academy secure 16 to 19",
        "non-maintained special school",
        "other independent school",
        "other independent special school",
    }
)

# Tables of groups hold the kind as its place in this list; the first two are academy trusts.
_TRUSTS: Final = ("multi_academy_trust", "single_academy_trust")
_KINDS: Final = (*_TRUSTS, "foundation_trust", "federation", "sponsor", "umbrella_trust")
_FEDERATION, _SPONSOR = _KINDS.index("federation"), _KINDS.index("sponsor")
_GROUP_TYPES: Final = {
    "multi-academy trust": 0,
    "single-academy trust": 1,
    "secure single-academy trust": 1,
    "trust": 2,
    "federation": 3,
    "school sponsor": 4,
    "umbrella trust": 5,
}
_FLAGS: Final = {
    "supported by a multi-academy trust": 0,
    "supported by a single-academy trust": 1,
    "supported by a trust": 2,
}

# No school in England has a quarter of this; two counts run together by a lost comma do.
_FULLEST: Final = 20_000
# A whole register has about 60 MB, and 50,000 rows.
_LARGEST: Final = 512 << 20
_AT_ONCE: Final = 1 << 18  # rows that are checked at a time: a register at once, a giant in parts

# The part of the British National Grid that holds England (Scilly to Berwick to Lowestoft).
_BOX: Final = ((80_000.0, 656_500.0), (5_000.0, 658_000.0))
# Blank type, maintained, not a nursery: from this URN on (opened mid-2021 or later) most are
# academies whose new record had no type and no trust yet, so neither can be told.
_UNKNOWN_FROM: Final = 148_400

LEFT_OUT: Final = "row left out"
_SCHEMA: Final = 2  # of the cache: raise it when a column or a rule below changes

SCHOOL_COLUMNS: Final = [
    *("urn", "name", "la_code", "la_name", "district", "district_name", "phase", "type"),
    *("type_group", "status", "open_date", "close_date", "postcode", "town", "urban_rural"),
    *("easting", "northing", "pupils", "fsm_pupils", "religious_character", "diocese"),
    *("trust_uid", "trust_name", "trust_type", "trust_joined"),
    *("federation_uid", "federation_name", "sponsor_uid", "sponsor_name", "academy"),
    "status_unknown",
]
_AS_GIVEN: Final = (
    *("la_name", "district_name", "type", "type_group", "status", "town", "urban_rural"),
    *("religious_character", "diocese"),
)
_GROUP_COLUMNS: Final = [
    *("urn", "group_uid", "group_name", "group_type", "joined_date"),
    *("group_id", "companies_house_number", "published_name", "told_by"),
]
_TEXT: Final = pa.large_string()  # as pandas holds it
_REJECTS: Final = pa.schema(
    [("row", pa.int64()), *((c, _TEXT) for c in ("urn", "name", "reason", "action", "file"))]
)


@dataclass(frozen=True)
class Register:
    """The schools that count, the groups they are in, and what became of every other row.

    Attributes
    ----------
    schools : pandas.DataFrame
        One row per kept school, sorted by `urn`; columns `SCHOOL_COLUMNS`. Codes are text,
        missing is NaN, `easting` and `northing` are metres in EPSG:27700. Where `status_unknown`
        is True a blank `trust_type` means "not known", never "in no trust".
    groups : pandas.DataFrame
        One row per school and group at the date: `urn, group_uid, group_name, group_type,
        joined_date, group_id, companies_house_number, published_name, told_by` (`links` or
        `register`). It covers the open state-funded schools of every phase, chosen or not.
    rejects : pandas.DataFrame
        One row per fault: `row` (record in the file, the header being 1), `urn`, `name`,
        `reason`, `action`, `file` (`register` or `links`).
    filtered : pandas.DataFrame
        One row per sound record that does not count: `urn`, `name`, `reason`.
    counts : dict
        `read` = `kept` + `rejected` + `filtered`; then what else was counted on the way.
    source : dict
        `path` (the file's name only, so that a study is the same on every machine), `sha256`,
        `label`, `vintage_schools`, `as_of`, `phases`, `encoding`; with links also `links_path`,
        `links_sha256`, `vintage_links` (by the file's name) and `last_joined` (the last day a
        school joined a group, which tells the same from inside).
    demonstration : bool
        True where the schools are generated, not real.
    """

    schools: pd.DataFrame
    groups: pd.DataFrame
    rejects: pd.DataFrame
    filtered: pd.DataFrame
    counts: dict[str, int]
    source: dict[str, Any]
    demonstration: bool = False

    @property
    def as_of(self) -> date:
        """The day the schools are of."""
        day: date = self.source["as_of"]
        return day

    @property
    def label(self) -> str:
        """The words for the source that every output carries."""
        return str(self.source["label"])

    def summary(self) -> pd.DataFrame:
        """Say what became of the rows.

        Returns
        -------
        pandas.DataFrame
            One row per outcome and reason: `outcome` (`read`, `kept`, `filtered`, `rejected`,
            `noted`), `reason`, `rows`. Kept, filtered and rejected rows sum to those read;
            `noted` rows are faults of rows and links that stayed.
        """
        lines: list[tuple[str, str, int]] = [
            ("read", "", self.counts["read"]),
            ("kept", "", self.counts["kept"]),
        ]
        out = self.rejects["action"].str.startswith(LEFT_OUT).to_numpy(dtype=bool)
        for outcome, reasons in (
            ("filtered", self.filtered["reason"]),
            ("rejected", self.rejects["reason"][out]),
            ("noted", self.rejects["reason"][~out]),
        ):
            counted = (
                reasons.value_counts().sort_index().sort_values(ascending=False, kind="stable")
            )
            lines += [(outcome, str(reason), int(n)) for reason, n in counted.items()]
        return pd.DataFrame(lines, columns=["outcome", "reason", "rows"])


# ---- the files ---------------------------------------------------------------------------------


_LONGEST: Final = 100_000  # characters of a header line; GIAS's has 4,200


def _member(path: Path, kind: Kind) -> str | None:
    """Choose the csv in a zip: the only one, or the one named as GIAS names this kind."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [i.filename for i in archive.infolist() if not i.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None  # open_bounded says what is wrong, or that it is no zip at all
    found = [n for n in names if n.casefold().endswith(".csv") and not n.startswith("__MACOSX/")]
    stem = _SIGNS[kind][0]
    named = [n for n in found if re.split(r"[/\\]", n)[-1].casefold().startswith(stem)]
    chosen = named if len(found) > 1 else found
    if len(chosen) != 1:
        raise InputFileError(
            f"the zip holds {len(found) or 'no'} csv files, {len(named) or 'none'} of them {stem}",
            where=str(path),
            fix="unpack it and give the file itself",
        )
    return chosen[0]


def _plain(header: str) -> str:
    return " ".join(header.split()).casefold()


def _positions(header: list[str], kind: Kind, path: Path) -> dict[str, int]:
    """Find the wanted columns in a header, or say what file this is and what it lacks."""
    place: dict[str, int] = {}
    for index, name in enumerate(map(_plain, header)):
        if name in place and any(name == _plain(h) for h in COLUMNS[kind].values()):
            raise InputFileError(f"has the column {header[index]!r} twice", where=str(path))
        place.setdefault(name, index)
    stem = _SIGNS[kind][0]
    if not _SIGNS[kind][2] <= place.keys():
        for other, (name, option, signs) in _SIGNS.items():
            if other != kind and signs <= place.keys():
                raise InputFileError(
                    f"is a GIAS {name} file, not {stem}", where=str(path), fix=f"it is for {option}"
                )
    missing = [COLUMNS[kind][c] for c in _REQUIRED[kind] if _plain(COLUMNS[kind][c]) not in place]
    if missing:
        near = dict.fromkeys(n for m in missing for n in nearest(m, header, 1))
        shown = ", ".join(missing[:4]) + (f" and {len(missing) - 4} more" if missing[4:] else "")
        raise InputFileError(
            f"is not a GIAS {stem} file: it lacks the column{'s' * (len(missing) > 1)} {shown}",
            where=str(path),
            fix=f"the nearest it has: {', '.join(n[:60] for n in near)}" if near else None,
        )
    return {o: place[_plain(h)] for o, h in COLUMNS[kind].items() if _plain(h) in place}


@dataclass(frozen=True)
class _Part:
    """Some rows of one file: the wanted columns as text, each in one piece."""

    table: pa.Table
    start: int
    skipped: np.ndarray
    coded: dict[str, pa.DictionaryArray] = field(default_factory=dict)

    def each(self, name: str, say: Callable[[str | None], Any], dtype: Any) -> np.ndarray:
        """Apply `say` once to each distinct value of a column."""
        if name not in self.coded:
            self.coded[name] = _coded(self.column(name))
        return _spread(self.coded[name], say, dtype)

    def column(self, name: str) -> pa.ChunkedArray:
        if name in self.table.column_names:
            return self.table[name]
        return pa.chunked_array([pa.nulls(len(self.table), pa.string())])

    def rows(self, at: np.ndarray) -> np.ndarray:
        """Give the number of records as a spreadsheet does, the header being row 1."""
        number = at + self.start + 2
        return np.asarray(number + np.searchsorted(self.skipped, number, side="right"))


@dataclass(frozen=True)
class _Sheet:
    """One file, in tables of `_AT_ONCE` rows, and the records that did not fit the header."""

    tables: list[pa.Table]
    ragged: list[tuple[int, str | None]]
    encoding: str

    def __len__(self) -> int:
        return sum(map(len, self.tables)) + len(self.ragged)

    def parts(self) -> Iterator[_Part]:
        """Give the tables in turn; each is let go of, so that what is made of it has room."""
        start, skipped = 0, self._skipped()
        while self.tables:
            part = _Part(self.tables.pop(0), start, skipped)
            start += len(part.table)
            yield part

    def whole(self) -> _Part:
        """Give all rows at once."""
        return _Part(pa.concat_tables(self.tables).combine_chunks(), 0, self._skipped())

    def latest(self, *names: str) -> date | None:
        """Return the latest of the dates in columns, or None."""
        days = [np.datetime64("NaT", "s")]
        for table in self.tables:
            part = _Part(table, 0, self._skipped())
            days += [np.fmax.reduce(_dates(part.column(c))[0], initial=days[0]) for c in names]
        last = np.fmax.reduce(days)
        return None if np.isnat(last) else last.astype("datetime64[D]").item()

    def _skipped(self) -> np.ndarray:
        """Give the number that each odd record would have if those before it were not there."""
        rows = np.array([row for row, _ in self.ragged], dtype=np.int64)
        return rows - np.arange(len(rows))


def _read(path: Path, kind: Kind) -> _Sheet:
    """Read the wanted columns of a GIAS file, csv, gzip or zip, as text."""
    _check_size(path, kind)
    member = _member(path, kind)
    with open_bounded(path, member=member, limit=_LARGEST) as packed:
        stream: IO[bytes] = packed
        line = stream.readline(_LONGEST)
        wide = line[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        if wide or b"\r" in line.rstrip(b"\r\n"):  # rare: rewritten whole
            data = line + stream.read()
            data = data.decode("utf-16", "replace").encode() if wide else data
            stream = io.BytesIO(data.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
            line = stream.readline(_LONGEST)
        marked = line.startswith(codecs.BOM_UTF8)
        text = line.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace").strip()
        if not text or "\0" in text or len(line) == _LONGEST:
            fault = "is not a csv file with a header line" if line else "is empty"
            raise InputFileError(fault, where=str(path))
        header = next(csv.reader([text]))
        positions = _positions(header, kind, path)
        bad: list[Any] = []
        if stream is packed and _plain_file(path):  # read by Arrow itself: twice as fast
            stream = pa.OSFile(str(path))
            stream.seek(len(line))
        recoded = False
        try:
            tables = _parse(stream, len(header), positions, bad, path)
        except UnicodeDecodeError:  # an odd record in cp1252: rare, so the file is rewritten whole
            bad.clear()
            recoded = True
            if isinstance(stream, io.BytesIO):
                stream.seek(len(line))
                data = stream.read()
            else:
                with open_bounded(path, member=member, limit=_LARGEST) as again:
                    data = again.read()[len(line) :]
            data = data.decode("cp1252", "replace").encode()
            tables = _parse(io.BytesIO(data), len(header), positions, bad, path)
    if not any(map(len, tables)) and not bad:
        raise InputFileError("has a header but no rows", where=str(path))
    encoding = _decode(tables)
    if wide or marked:
        encoding = "utf-16" if wide else "utf-8 with a byte order mark"
    encoding = "cp1252" if recoded else encoding
    return _Sheet(tables, [_ragged(row, positions["urn"], path) for row in bad], encoding)


def _check_size(path: Path, kind: Kind) -> None:
    """Refuse a file that is far too large to be what it should be, before it is even hashed."""
    try:
        size = path.stat().st_size
    except (OSError, ValueError):  # opening it says what is wrong
        return
    if size > _LARGEST:
        raise InputFileError(
            f"has {size:,} bytes; no {_SIGNS[kind][0]} file has more than {_LARGEST:,}",
            where=str(path),
            fix="for other tables of points use: geolls assign FILE",
        )


def _plain_file(path: Path) -> bool:
    """Whether a path is a regular file that is not packed."""
    if not path.is_file():
        return False
    with path.open("rb") as handle:
        return handle.read(2) not in (b"\x1f\x8b", b"PK")


def _parse(
    stream: IO[bytes], width: int, positions: dict[str, int], bad: list[Any], path: Path
) -> list[pa.Table]:
    """Parse what stands behind the header; the text is not decoded yet.

    Raises UnicodeDecodeError where a record of odd length is not UTF-8: Arrow can only hand over
    what is, and reports its own failure past every `except`.
    """
    unheard: list[sys.UnraisableHookArgs] = []
    hook, sys.unraisablehook = sys.unraisablehook, unheard.append

    def skip(row: Any) -> str:
        bad.append(row)
        return "skip"

    keys = [str(i) for i in range(width)]
    wanted = [keys[i] for i in positions.values()]
    try:
        blocks = pacsv.read_csv(
            stream,
            # One thread: it numbers the rows, and is no slower on files of this size.
            pacsv.ReadOptions(column_names=keys, use_threads=False, block_size=1 << 21),
            pacsv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
            pacsv.ConvertOptions(
                check_utf8=False,
                include_columns=wanted,
                column_types=dict.fromkeys(wanted, pa.string()),
                strings_can_be_null=True,
                null_values=[""],
            ),
        ).rename_columns(list(positions))
    except pa.ArrowInvalid as error:  # its message may quote a row, so it is not passed on
        fault = unheard[0].exc_value if unheard else None
        if isinstance(fault, UnicodeDecodeError):
            raise fault from None
        if "Empty CSV" in str(error):
            return [pa.table({name: pa.array([], pa.string()) for name in positions})]
        raise InputFileError(
            "a quoted value never ends, or a record is longer than 2 MB",
            where=str(path),
            fix="download it again",
        ) from error
    finally:
        sys.unraisablehook = hook
    schema, waiting = blocks.schema, blocks.to_batches()[::-1]
    del blocks
    tables: list[pa.Table] = []
    some: list[pa.RecordBatch] = []
    while waiting:  # each block is let go of once it is copied
        some.append(waiting.pop())
        if not waiting or sum(map(len, some)) >= _AT_ONCE:
            tables.append(pa.Table.from_batches(some).combine_chunks())
            some.clear()
    return tables or [schema.empty_table()]


def _decode(tables: list[pa.Table]) -> str:
    """Decode the cells that are not ASCII, in place: as UTF-8 if all are that, else as cp1252."""
    odd = {
        (i, name)
        for i, table in enumerate(tables)
        for name, column in zip(table.column_names, table.columns, strict=True)
        for chunk in column.chunks
        if (text := chunk.buffers()[2]) and np.frombuffer(text, np.uint8).max(initial=0) > 127
    }
    try:
        for i, name in odd:
            tables[i][name].cast(pa.binary()).cast(pa.string())
        return "utf-8"
    except pa.ArrowInvalid:
        pass
    for i, name in odd:
        column = tables[i][name]
        where = pc.invert(pc.string_is_ascii(column))
        raw = column.take(pa.array(_rows(where))).cast(pa.binary()).to_pylist()
        column = _patched(column, where, [cell.decode("cp1252", "replace") for cell in raw])
        tables[i] = tables[i].set_column(tables[i].column_names.index(name), name, column)
    return "cp1252"


def _ragged(row: Any, urn_at: int, path: Path) -> tuple[int, str | None]:
    """Give the record number and, if it still reads as one, the URN of a record of odd length."""
    number = int(row.number) + 1  # pyarrow counts from 1 and is not shown the header
    if row.text.count('"') % 2:
        raise InputFileError(
            "a quoted value never ends", where=f"{path} row {number}", fix="download it again"
        )
    cells = next(csv.reader([" ".join(row.text[:_LONGEST].splitlines())]), [])
    urn = cells[urn_at] if urn_at < len(cells) else ""
    return number, urn if _URN.fullmatch(urn) else None


# ---- values ------------------------------------------------------------------------------------

_URN = re.compile(r"[1-9][0-9]{4,6}")
_ENGLISH = re.compile(r"E[0-9]{8}")
_ABROAD = re.compile(r"[WSNLM][0-9]{8}")  # L and M are GIAS's codes for islands and places abroad
_DAY_FIRST = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})(?: 00:00(?::00)?)?")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00:00)?")
_BLANK = frozenset({"", "not recorded", "not applicable", "null", "n/a"})


def _coded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """Encode a text column as numbers of its distinct values, a blank being one of them."""
    return column.combine_chunks().dictionary_encode(null_encoding="encode")


def _spread(coded: pa.DictionaryArray, say: Callable[[str | None], Any], dtype: Any) -> np.ndarray:
    """Apply `say` to each distinct value, and give each row what was said of its value."""
    said = np.empty(len(coded.dictionary), dtype=dtype)
    for i, value in enumerate(coded.dictionary.to_pylist()):
        said[i] = say(value.strip() if value is not None else None)
    return np.asarray(said[coded.indices.to_numpy()])


def _per_value(column: pa.ChunkedArray, say: Callable[[str | None], Any], dtype: Any) -> np.ndarray:
    """Apply `say` once to each distinct value of a text column."""
    return _spread(_coded(column), say, dtype)


def _word(value: str | None) -> str:
    return " ".join(value.split()).casefold() if value else ""


@lru_cache(maxsize=100_000)
def _day(value: str | None) -> int | None:
    """Read a date as GIAS writes it (day first) or as ISO, as days of the era; None for neither."""
    if not value:
        return None
    try:
        if value[2:3] == "-" == value[5:6] and len(value) == 10:
            return date(int(value[6:]), int(value[3:5]), int(value[:2])).toordinal()
        if match := _DAY_FIRST.fullmatch(value):
            day, month, year = map(int, match.groups())
            return date(year, month, day).toordinal()
        if match := _ISO.fullmatch(value):
            return date(*map(int, match.groups())).toordinal()
    except ValueError:
        pass
    return None


_NO_DAY: Final = -1
_EPOCH: Final = date(1970, 1, 1).toordinal()


def _dates(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Read a column of dates; say also which values are not dates."""

    def say(value: str | None) -> int:
        day = _day(value)
        if day is not None:
            return day
        return 0 if _word(value) in _BLANK else _NO_DAY

    days = _per_value(column, say, np.int64)
    found = (days - _EPOCH).astype("datetime64[D]").astype("datetime64[s]")
    return np.where(days > 0, found, np.datetime64("NaT", "s")), days == _NO_DAY


def _numbers(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Read a column of numbers, blanks as NaN; say also which values are not numbers."""
    given = column.is_valid().to_numpy()
    try:
        values = pc.cast(column, pa.float64()).to_numpy()
    except pa.ArrowInvalid:
        values = _per_value(column, _number, float)
        given = _per_value(column, lambda v: _word(v) not in _BLANK, bool)
    wrong = given & ~np.isfinite(values)
    return np.where(np.isfinite(values), values, np.nan), wrong


def _number(value: str | None) -> float:
    try:
        return float(value) if value else np.nan
    except ValueError:
        return np.nan


def _postcodes(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write postcodes in capitals, one space before the last three characters."""
    upper = pc.utf8_upper(column)
    odd = pc.or_(pc.not_equal(upper, column), pc.invert(pc.match_substring(column, " ")))
    odd = pc.or_(odd, pc.greater(pc.utf8_length(column), 8))
    bare = [re.sub(r"[^A-Z0-9]+", "", p) for p in upper.take(pa.array(_rows(odd))).to_pylist()]
    return _patched(column, odd, [f"{p[:-3]} {p[-3:]}" if len(p) > 4 else None for p in bare])


def _codes(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Trim codes; what says "not recorded" is missing."""
    trimmed = pc.utf8_trim_whitespace(column)
    blank = pc.is_in(pc.utf8_lower(trimmed), pa.array(sorted(_BLANK)))
    return pc.if_else(blank, pa.scalar(None, pa.string()), trimmed)


# ---- names -------------------------------------------------------------------------------------

_LOST_APOSTROPHE = re.compile(r"(?<=[A-Za-z])\?(?=[sS]\b)|(?<=[sS])\?(?= )")
_SMALL = frozenset(
    re.findall(r"\w+", "A AN AND AS AT BY CUM DE EN FOR FROM IN LA LE OF ON OR THE TO UPON WITH")
)
# Written so by their owners, or acronyms that hold a vowel.
_SHAPED: Final[dict[str, str]] = {
    word.upper(): word
    for word in re.findall(
        r"\w+",
        "AP BMAT CE CofE CIE COWA CSAT CSIA DYRMS EKC EMLC EPA GEP HCAT HISP HCUK II III InMAT IV "
        "IX JMI KIFSA LETTA LIPA MacIntyre MAT ORTU PA PRU QE QED QEGS REAch2 RMET RNIB RSA SDBE "
        "SELCAT SEMH SEN SEND SFAET STEM TBAP TCAT TVI UCAT UCL UK UTC UTCs VA VI VII VIII WAC "
        "XXIII YMCA",
    )
}
_CONSONANTS: Final = {"ST": "St", "STS": "Sts", "LTD": "Ltd", "DR": "Dr", "MR": "Mr", "MRS": "Mrs"}
_VOWEL = re.compile(r"[AEIOUYÀ-Ý'\u2019]")
_SCOTTISH = re.compile(r"MC[A-Z]{4}")
_APOSTROPHE = re.compile(r"[OD]['\u2019][A-Z]{3}")
_PARTS = re.compile(r"[^\W\d_][\w'\u2019]*|\d+[A-Za-z]+")


@lru_cache(maxsize=20_000)
def _cased(word: str) -> str:
    """Give one capitalised word the case people write it in."""
    if word in _SHAPED:
        return _SHAPED[word]
    if word in _CONSONANTS:
        return _CONSONANTS[word]
    if word[0].isdigit():
        return word.lower() if word.endswith(("ST", "ND", "RD", "TH")) else word
    if len(word) > 1 and not _VOWEL.search(word):
        return word  # no vowel: an acronym
    if _SCOTTISH.match(word):
        return "Mc" + word[2:].capitalize()
    if _APOSTROPHE.match(word):
        return word[:2] + word[2:].capitalize()
    return word.capitalize()


def display_name(name: str) -> str:
    """Write a name that is all in capitals as people write it; leave every other name alone.

    Parameters
    ----------
    name : str
        The name as published.

    Returns
    -------
    str
        The name to show. Church and legal short forms (CE, RC, UTC, VI), words without a vowel
        and dotted initials stay in capitals; of, the, and, in ... become small inside the name.

    Examples
    --------
    >>> display_name("VALE ACADEMY TRUST")
    'Vale Academy Trust'
    >>> display_name("ST. MARY'S CE SCHOOL OF THE GLF TRUST (UK) LTD")
    "St. Mary's CE School of the GLF Trust (UK) Ltd"
    >>> display_name("drb Ignite Multi Academy Trust")
    'drb Ignite Multi Academy Trust'
    """
    if name != name.upper():
        return name
    tokens = name.split(" ")
    last = len(tokens) - 1
    return " ".join(
        [  # inside the name, small words become small
            token.lower()
            if token in _SMALL and 0 < i < last and tokens[i - 1][-1:] not in "-:,"
            else _shape(token)
            for i, token in enumerate(tokens)
        ]
    )


@lru_cache(maxsize=20_000)
def _shape(token: str) -> str:
    """Shape what stands between two spaces."""
    if token.isalpha():
        return _cased(token)

    def shape(match: re.Match[str]) -> str:
        word, before = match[0], token[: match.start()]
        after = token[match.end() : match.end() + 1]
        if len(word) == 1 and ("." in (after, before[-1:]) or after == "-"):
            return word  # R.C., L.E.A.D., E-ACT
        if before.endswith("-") and word in _SMALL and after == "-":
            return word.lower()  # Stratford-upon-Avon
        if before in ("CO-", "RE-", "PRE-"):
            return word.lower()
        if before == "E-":
            return word
        return _cased(word)

    return _PARTS.sub(shape, token)


def repair(name: str) -> tuple[str, str | None]:
    r"""Undo damage to a name where the damage itself proves what stood there.

    Parameters
    ----------
    name : str
        A name as published.

    Returns
    -------
    tuple of str and (str or None)
        The name, and what was wrong with it: `mojibake` (UTF-8 once read as cp1252: undone),
        `lost apostrophe` (a question mark where only an apostrophe can stand: put back),
        `lost character` (U+FFFD, itself perhaps garbled: not to be repaired), or None.

    Examples
    --------
    >>> repair("Ecole FranÃ§aise")
    ('Ecole Française', 'mojibake')
    >>> repair("St Martin?s Multi Academy Trust")[1]
    'lost apostrophe'
    """
    if name.isascii() and "?" not in name:
        return name, None
    text, why = name, None
    for _ in range(3):
        undone = _undo(text)
        if undone is None:
            break
        text, why = undone, "mojibake"
    if "\ufffd" in text:
        return text, "lost character"
    fixed = _LOST_APOSTROPHE.sub("\u2019", text)
    return (fixed, why or "lost apostrophe") if fixed != text else (text, why)


def _undo(text: str) -> str | None:
    """Read text as cp1252 bytes of UTF-8; None where they are not."""
    if text.isascii():
        return None
    try:
        # Five bytes have no letter in cp1252; Windows lets them through as they are.
        raw = b"".join(
            c.encode("latin-1") if "\x80" <= c < "\xa0" else c.encode("cp1252") for c in text
        )
        return raw.decode("utf-8")
    except UnicodeError:
        return None


def _tidy(name: str) -> str:
    """Drop control and direction characters and double spaces."""
    if not name.isprintable():
        name = "".join(
            " " if c.isspace() or unicodedata.category(c) == "Cc" else c
            for c in name
            if unicodedata.category(c) not in ("Cf", "Cs")
        )
    return " ".join(name.split())


# More than letters, signs and single spaces between them, or a sign that may be lost damage.
_ODD: Final = r"[^ -~]|  |\?|^ | $"


def _names(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, dict[int, str]]:
    """Tidy and repair a column of names; say also which rows were damaged, and how."""
    odd = pc.match_substring_regex(column, _ODD)
    values, damage = [], {}
    at = _rows(odd)
    for row, value in zip(at.tolist(), column.take(pa.array(at)).to_pylist(), strict=True):
        fixed, why = repair(_tidy(value))
        values.append(fixed or None)
        if why:
            damage[row] = why
    return _patched(column, odd, values), damage


def _rows(odd: pa.ChunkedArray) -> np.ndarray:
    return np.flatnonzero(pc.fill_null(odd, False).to_numpy())


def _patched(
    column: pa.ChunkedArray, odd: pa.ChunkedArray, values: Sequence[str | None]
) -> pa.ChunkedArray:
    """Put `values` where `odd` is true."""
    mask = pc.fill_null(odd, False).combine_chunks()
    return pa.chunked_array(
        [pc.replace_with_mask(column.combine_chunks(), mask, pa.array(values, column.type))]
    )


# ---- dates and phases asked for ----------------------------------------------------------------


def choose_phases(phases: str | Sequence[str] | None) -> tuple[str, ...]:
    """Turn the phases asked for into phases of the register.

    Parameters
    ----------
    phases : str, sequence of str, or None
        Words of `PHASES`, or `mainstream` (the default: ages 5 to 16), `middle`, `all`.

    Returns
    -------
    tuple of str
        In the order of `PHASES`.

    Raises
    ------
    UsageError
        A word is no phase.
    """
    if not phases:
        return MAINSTREAM
    chosen: set[str] = set()
    for word in [phases] if isinstance(phases, str) else phases:
        key = re.sub(r"[^a-z0-9]+", "_", word.casefold()).strip("_")
        if key in PHASES:
            chosen.add(key)
        elif key in _PHASE_SETS:
            chosen.update(_PHASE_SETS[key])
        else:
            options = [*PHASES, *_PHASE_SETS]
            raise UsageError(
                f"unknown phase {word!r}",
                where="--phase",
                fix=suggest(word, options) or f"choose from {', '.join(options)}",
            )
    return tuple(p for p in PHASES if p in chosen)


def _as_date(value: date | str) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise UnknownNameError(f"{value!r} is no date", fix="write it as 2022-09-01") from None


def _vintage(path: Path) -> date | None:
    """Read a day, or the first day of a month, from a file name."""
    for pattern in (r"(20\d\d)-?(\d\d)-?(\d\d)(?!\d)", r"(20\d\d)-(\d\d)(?![\d])"):
        for match in re.finditer(r"(?<!\d)" + pattern, path.name):
            year, month, day = (*map(int, match.groups()), 1)[:3]
            try:
                return date(year, month, day)
            except ValueError:
                continue
    return None


# ---- schools -----------------------------------------------------------------------------------


# What a row of `rejects` holds.
_Line = tuple[int, str | None, str | None, str, str, str]


class _Faults:
    """Collects the rows of `rejects` that one file gives rise to."""

    def __init__(self, file: str, sheet: _Sheet, out: str) -> None:
        self.file = file
        self.noted: dict[tuple[str, str], list[pa.Table]] = {}
        self.lines: list[_Line] = []
        if sheet.ragged:
            rows, urns = zip(*sheet.ragged, strict=True)
            at = {"row": pa.array(rows), "urn": urns, "name": pa.nulls(len(rows), pa.string())}
            self.noted["more or fewer cells than the header", out] = [pa.table(at)]

    def turn(
        self, part: _Part, urn: pa.ChunkedArray, number: np.ndarray, name: pa.ChunkedArray
    ) -> None:
        """Turn to some rows of the file; what stands for a URN but is none is not repeated."""
        self.part, self.name = part, name
        self.urn = pc.if_else(pa.array(number > 0), urn, pa.scalar(None, pa.string()))

    def note(self, mask: np.ndarray, reason: str, action: str) -> None:
        """Add one line for each row of the mask."""
        noted = self.noted.setdefault((reason, action), [])  # in the order of the checks
        at = np.flatnonzero(mask)
        if len(at):
            take = pa.array(at)
            line = {"row": pa.array(self.part.rows(at))}
            noted.append(
                pa.table(line | {"urn": self.urn.take(take), "name": self.name.take(take)})
            )

    def table(self) -> pa.Table:
        """Return the lines, those of one reason together, single ones last."""
        tables = []
        for (reason, action), noted in self.noted.items():
            for table in noted:
                words = [pa.repeat(word, len(table)) for word in (reason, action, self.file)]
                tables.append(pa.table([*table.columns, *words], _REJECTS.names).cast(_REJECTS))
        columns = list(zip(*self.lines, strict=True)) or [()] * len(_REJECTS)
        return pa.concat_tables([*tables, pa.table(columns, _REJECTS)])


def _urns(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, np.ndarray]:
    """Read URNs as text and as numbers; 0 where the text is no URN."""
    urn = pc.utf8_trim_whitespace(column)
    sound = pc.fill_null(pc.match_substring_regex(urn, r"^[1-9][0-9]{4,6}$"), False)
    return urn, pc.if_else(sound, urn, "0").cast(pa.int64()).to_numpy()


def _phases(part: _Part) -> np.ndarray:
    """Give each row the place of its phase in `PHASES`: where GIAS says none, by type or number."""
    place = {p: i for i, p in enumerate(PHASES)}
    words = {w: place[p] for w, p in _PHASE_WORDS.items()}
    phase = part.each("phase", lambda v: words.get(_word(v), -1), np.int8)
    by_type = part.each("type", lambda v: place.get(_by_type(_word(v)), -1), np.int8)
    special = part.each("type_group", lambda v: _word(v) == "special schools", bool)
    number, _ = _numbers(part.column("number"))
    # DfE gives establishment numbers in bands: 1100 to 1149 referral units, 5950 to 5999 and
    # 7000 to 7999 special schools.
    unit = (number >= 1100) & (number < 1150)
    special |= ((number >= 5950) & (number < 6000)) | ((number >= 7000) & (number < 8000))
    by_number = np.select([special, unit], [place["special"], place["alternative"]], place["other"])
    return np.where(phase >= 0, phase, np.where(by_type >= 0, by_type, by_number))


def _by_type(kind: str) -> str:
    """Name the phase that a type tells; blank where there is no type."""
    if "special" in kind:
        return "special"
    if "pupil referral" in kind or "alternative provision" in kind:
        return "alternative"
    if "16 to 19" in kind or "16-19" in kind:
        return "post_16"
    return "other" if kind else ""


def _schools(
    part: _Part, seen: np.ndarray, faults: _Faults, as_of: date, phases: tuple[str, ...]
) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Check, filter and clean some rows of a register; mark the URNs `seen`.

    Returned are the schools that count, the rows that do not, and what groups are named by the
    open state-funded schools of every phase.
    """
    urn, number = _urns(part.column("urn"))
    name, damage = _names(part.column("name"))
    faults.turn(part, urn, number, name)

    # Which rows are sound?
    sound = number > 0
    faults.note(~sound, "URN is not a number of 5 to 7 digits", LEFT_OUT)
    again = sound & (seen[number] | pd.Series(number).duplicated().to_numpy())
    seen[number[sound]] = True
    faults.note(again, "URN already read", f"{LEFT_OUT}: the first row of the URN counts")
    status = part.each("status", lambda v: _STATUS.get(_word(v)[:4], -1), np.int8)
    sound &= ~again
    strange = sound & (status < 0)
    faults.note(strange, "status is neither open, closed nor proposed to open", LEFT_OUT)
    sound &= ~strange

    # Which of them count? The first reason that fits is the one given.
    day = np.datetime64(as_of, "s")
    opened, opened_wrong = _dates(part.column("open_date"))
    shut, shut_wrong = _dates(part.column("close_date"))
    state = part.each("type", lambda v: _word(v) in STATE_FUNDED_TYPES, bool) | (
        part.each("type_group", lambda v: _word(v) in STATE_FUNDED_GROUPS, bool)
        & part.each("type", lambda v: _word(v) not in _OTHER_TYPES, bool)
    )
    phase = _phases(part)
    unwanted: dict[str, np.ndarray] = {
        "not in England": part.each("district", lambda v: bool(v and _ABROAD.fullmatch(v)), bool),
        "not state-funded": ~state,
        "closed, date not given": (status == _STATUS["clos"]) & np.isnat(shut),
        "closed before the date": shut < day,
        "not open yet at the date": (status == _STATUS["prop"]) | (opened > day),
        "phase not chosen": ~np.isin(phase, [PHASES.index(p) for p in phases]),
    }
    first = np.select(list(unwanted.values()), list(range(len(unwanted))), -1)
    out = np.flatnonzero(sound & (first >= 0))
    group = part.column("type_group").take(pa.array(out))
    gone = pa.table({"urn": urn, "name": name}).take(pa.array(out))
    gone = gone.append_column("reason", _reasons(list(unwanted), first[out], group, phase[out]))

    # The open state-funded schools of every phase.
    counted = sound & np.isin(first, [-1, len(unwanted) - 1])
    faults.note(counted & opened_wrong, "open date is not a date", "date read as blank")
    faults.note(counted & shut_wrong, "close date is not a date", "date read as blank")
    east, north = _points(part, counted, faults)
    pupils, fsm = _pupils(part, counted, faults)
    for why in ("lost apostrophe", "lost character", "mojibake"):
        hit = np.zeros(len(number), dtype=bool)
        hit[[row for row, what in damage.items() if what == why]] = True
        done = "name left as it is" if why == "lost character" else "name repaired"
        faults.note(hit & counted, f"name damaged: {why}", done)
    district = _codes(part.column("district"))
    plain = part.each("district", lambda v: bool(v and _ENGLISH.fullmatch(v)), bool)
    wrong = district.is_valid().to_numpy() & ~plain
    faults.note(counted & wrong, "district is not a code of England", "code read as blank")
    academy = part.each("type_group", lambda v: _word(v) in _ACADEMIES, bool)
    unknown = (
        part.each("type", lambda v: not _word(v), bool)
        & part.each("type_group", lambda v: _word(v) == "local authority maintained schools", bool)
        & (phase != PHASES.index("nursery"))
        & (number >= _UNKNOWN_FROM)
    )
    kept = {
        "number": pa.array(number),
        "urn": urn,
        "name": name,
        **{c: part.column(c) for c in _AS_GIVEN},
        "la_code": _codes(part.column("la_code")),
        "district": pc.if_else(pa.array(plain), district, pa.scalar(None, pa.string())),
        "phase": pa.array(PHASES).take(pa.array(phase)),
        "open_date": pa.array(opened),
        "close_date": pa.array(shut),
        "postcode": _postcodes(part.column("postcode")),
        "easting": pa.array(east),
        "northing": pa.array(north),
        "pupils": pa.array(pupils),
        "fsm_pupils": pa.array(fsm),
        "academy": pa.array(academy),
        "status_unknown": pa.array(unknown),
    }
    named = {
        "number": pa.array(number),
        "urn": urn,
        **{c: _codes(part.column(c)) for c in ("trust_uid", "federation_uid")},
        **{c: part.column(c) for c in ("trust_name", "federation_name", "sponsor_name")},
        "flag": pa.array(part.each("trust_flag", lambda v: _FLAGS.get(_word(v), -1), np.int8)),
        "academy": pa.array(academy),
    }
    some = [named[c].is_valid().to_numpy() for c in ("trust_uid", "federation_uid", "sponsor_name")]
    count = np.flatnonzero(counted & (first < 0))
    say = np.flatnonzero(counted & np.logical_or.reduce(some))
    return (
        _light(pa.table(kept).take(pa.array(count))),
        _light(gone),
        _light(pa.table(named).take(pa.array(say))),
    )


def _light(table: pa.Table) -> pa.Table:
    """Give texts the type they have in pandas; columns of blanks all share a little memory."""
    columns = [
        column
        if not _is_text(column)
        else _blanks(len(column))
        if column.null_count == len(column)
        else column.cast(_TEXT)
        for column in table.columns
    ]
    return pa.table(columns, table.column_names)


def _is_text(column: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_string(column.type) or pa.types.is_large_string(column.type))


_NOTHING: Final = pa.nulls(1 << 16, _TEXT)


def _blanks(rows: int) -> pa.ChunkedArray:
    """Make a column of blanks: one piece, again and again."""
    whole, rest = divmod(rows, len(_NOTHING))
    return pa.chunked_array([*[_NOTHING] * whole, _NOTHING.slice(0, rest)])


def _by_urn(table: pa.Table) -> pa.Table:
    """Sort schools by URN, as GIAS does."""
    number = table["number"].to_numpy()
    return table if (number[1:] > number[:-1]).all() else table.take(pa.array(np.argsort(number)))


def _reasons(
    words: list[str], first: np.ndarray, group: pa.ChunkedArray, phase: np.ndarray
) -> pa.Array:
    """Write why each row does not count: the rule, and which group or phase it is of."""
    coded = _coded(group)
    kind = np.where(words.index("not state-funded") == first, coded.indices.to_numpy(), -1)
    part = np.where(words.index("phase not chosen") == first, phase, -1)
    shape = (len(words), len(coded.dictionary) + 1, len(PHASES) + 1)
    cell, back = np.unique(
        np.ravel_multi_index((first, kind + 1, part + 1), shape), return_inverse=True
    )
    after = ["", *(f": {n or 'group not given'}" for n in coded.dictionary.to_pylist())]
    last = ["", *(f": {p}" for p in PHASES)]
    said = [
        words[f] + after[k] + last[p]
        for f, k, p in zip(*np.unravel_index(cell, shape), strict=True)
    ]
    return pa.array(said, _TEXT).take(pa.array(back))


def _points(part: _Part, counted: np.ndarray, faults: _Faults) -> tuple[np.ndarray, np.ndarray]:
    """Read coordinates: zero or half a pair is missing; outside England is a fault and missing."""
    east, east_wrong = _numbers(part.column("easting"))
    north, north_wrong = _numbers(part.column("northing"))
    wrong = counted & (east_wrong | north_wrong)
    faults.note(wrong, "coordinate is not a number", "location left blank")
    given = np.isfinite(east) & np.isfinite(north) & (east != 0) & (north != 0)
    (west, far), (south, top) = _BOX
    inside = (east >= west) & (east <= far) & (north >= south) & (north <= top)
    faults.note(counted & given & ~inside, "coordinates outside England", "location left blank")
    ok = given & inside
    return np.where(ok, east, np.nan), np.where(ok, north, np.nan)


def _pupils(part: _Part, counted: np.ndarray, faults: _Faults) -> tuple[np.ndarray, np.ndarray]:
    """Read pupils and those eligible for free meals; the percentage fills a blank count."""
    pupils, wrong = _numbers(part.column("pupils"))
    wrong |= (pupils < 0) | (pupils > _FULLEST)
    faults.note(counted & wrong, "pupils is not a count", "left blank")
    pupils = np.where(wrong, np.nan, pupils)
    fsm, wrong = _numbers(part.column("fsm_pupils"))
    percent, _ = _numbers(part.column("fsm_percent"))
    percent = np.where((percent >= 0) & (percent <= 100), percent, np.nan)
    fsm = np.where(np.isnan(fsm) & ~wrong, np.rint(pupils * percent / 100), fsm)
    wrong |= (fsm < 0) | (fsm > pupils)
    faults.note(counted & wrong, "free-meal pupils is not a count up to the roll", "left blank")
    return pupils, np.where(wrong, np.nan, fsm)


# ---- groups ------------------------------------------------------------------------------------


def _told_by_register(named: pa.Table) -> pa.Table:
    """List the groups the register itself names; it has no joined dates."""
    flag = named["flag"].to_numpy()
    # An academy's trust without a flag: judged by how many schools name it.
    bare = (flag < 0) & named["academy"].to_numpy() & named["trust_uid"].is_valid().to_numpy()
    if bare.any():
        shared = named["trust_uid"].to_pandas().duplicated(keep=False).to_numpy()
        flag = np.where(bare, np.where(shared, 0, 1), flag).astype(np.int8)
    parts = []
    for stem, kind in (
        ("trust", flag),
        ("federation", np.full(len(flag), _FEDERATION, np.int8)),
        ("sponsor", np.full(len(flag), _SPONSOR, np.int8)),
    ):
        known = named["sponsor_name" if stem == "sponsor" else f"{stem}_uid"].is_valid()
        at = np.flatnonzero(known.to_numpy() & (kind >= 0))
        part = named.take(pa.array(at))
        blank = _blanks(len(at))
        columns = {
            "number": part["number"],
            "urn": part["urn"],
            "group_uid": blank if stem == "sponsor" else part[f"{stem}_uid"],
            "published_name": part[f"{stem}_name"],
            "kind": pa.array(kind[at]),
            "joined_date": pa.nulls(len(at), pa.timestamp("s")),
            "group_id": blank,
            "companies_house_number": blank,
            "told_by": pa.repeat(pa.scalar("register", _TEXT), len(at)),
            "row": pa.nulls(len(at), pa.int64()),
        }
        parts.append(pa.table(columns))
    return pa.concat_tables(parts)


def _told_by_links(sheet: _Sheet, seen: np.ndarray) -> tuple[pa.Table, _Faults]:
    """List the groups of the links file that have a school in the register (URNs `seen`)."""
    part = sheet.whole()
    urn, number = _urns(part.column("urn"))
    name, _ = _names(part.column("name"))
    faults = _Faults("links", sheet, "link left out")
    faults.turn(part, urn, number, name)
    kind = part.each("group_type", lambda v: _GROUP_TYPES.get(_word(v), -1), np.int8)
    joined, wrong = _dates(part.column("joined_date"))
    shut, _ = _dates(part.column("closed_date"))
    # A closed group without a date is taken as closed from the start.
    undated = part.each("group_status", lambda v: _word(v) == "closed", bool)
    shut = np.where(undated & np.isnat(shut), np.datetime64("1800-01-01", "s"), shut)
    faults.note((kind >= 0) & wrong, "joined date is not a date", "date read as blank")
    here = seen[number]
    for code, word in enumerate(_KINDS):
        faults.note(
            (kind == code) & ~here,
            f"{word} link to a school that is not in the register",
            "link left out",
        )
    at = np.flatnonzero((kind >= 0) & here)
    columns = {
        "number": pa.array(number),
        "urn": urn,
        "group_uid": _codes(part.column("group_uid")),
        "published_name": part.column("group_name"),
        "kind": pa.array(kind),
        "joined_date": pa.array(joined),
        "group_id": _codes(part.column("group_id")),
        "companies_house_number": _codes(part.column("companies_house_number")),
        "told_by": pa.repeat("links", len(number)),
        "row": pa.array(part.rows(np.arange(len(number)))),
        "closed_date": pa.array(shut),
    }
    return _light(pa.table(columns).take(pa.array(at))), faults


def _sort_key(table: pa.Table) -> np.ndarray:
    """Give a number to each school and sort of group; academy trusts are all one sort."""
    kind = np.maximum(table["kind"].to_numpy(), 1)
    return np.asarray(table["number"].to_numpy() * len(_KINDS) + kind)


def _groups(
    told: pa.Table, links: pa.Table | None, as_of: date, faults: _Faults, counts: dict[str, int]
) -> pa.Table:
    """Join what links and register say: links decide wherever they know the school.

    A links file is dated row by row, so it outranks the register's undated columns; the register
    fills in only for schools that the links file has no group of that sort for, at any date.
    """
    both = told
    if links is not None:
        day = np.datetime64(as_of, "s")
        now = ~(links["joined_date"].to_numpy() > day) & ~(links["closed_date"].to_numpy() < day)
        new = pc.invert(pc.is_in(pa.array(_sort_key(told)), pa.array(_sort_key(links))))
        counts["links_not_yet_joined_or_ended"] = int((~now).sum())
        current = links.filter(pa.array(now)).drop_columns("closed_date")
        fills = told.filter(new)
        counts["trusts_told_by_register_only"] = int((fills["kind"].to_numpy() < 2).sum())
        counts["trusts_told_differently"] = _disagreements(told, current, faults)
        both = pa.concat_tables([current, fills])
    coded = _coded(both["published_name"])
    given = pa.chunked_array([coded.dictionary])
    fixed, damage = _names(given)
    shown = [name and display_name(name) for name in fixed.to_pylist()]
    for i, why in damage.items():
        at = pc.index(both["published_name"], given[i]).as_py()
        done = "left as it is" if why == "lost character" else "repaired"
        line = (both["row"][at].as_py() or 0, None, shown[i], f"group name damaged: {why}")
        faults.lines.append((*line, f"name {done}", both["told_by"][at].as_py()))
    both = both.append_column("group_name", pa.array(shown, _TEXT).take(coded.indices))
    both = both.append_column("key", pa.array(_sort_key(both)))
    both = both.append_column("group_type", pa.array(_KINDS, _TEXT).take(both["kind"]))
    long_ago = pa.scalar(np.datetime64("1800-01-01", "s"))
    both = both.append_column("since", pc.fill_null(both["joined_date"], long_ago))
    order = [(c, "ascending") for c in ("key", "since", "group_uid")]
    return both.take(pc.sort_indices(both, sort_keys=order))


def _disagreements(told: pa.Table, links: pa.Table, faults: _Faults) -> int:
    """Note the schools whose trust is one in the register and another in the links."""
    mine = told.filter(pc.less(told["kind"], 2))
    used = links.filter(pc.less(links["kind"], 2)).select(["number", "group_uid", "row", "urn"])
    used = used.append_column(
        "said", mine["group_uid"].take(pc.index_in(used["number"], mine["number"]))
    )
    other = pc.and_(
        used["said"].is_valid(), pc.fill_null(pc.not_equal(used["said"], used["group_uid"]), True)
    )
    for _, uid, row, urn, said in zip(
        *(c.to_pylist() for c in used.filter(other).columns), strict=True
    ):
        action = f"links used ({uid}), not the register ({said})"
        reason = "register and links name different trusts"
        faults.lines.append((row, urn, None, reason, action, "links"))
    return int(pc.sum(other).as_py() or 0)


def _attach(kept: pa.Table, groups: pa.Table) -> pa.Table:
    """Give each school its trust, federation and sponsor: of several, the last joined."""
    schools = kept["number"].to_numpy()
    number, kind = groups["number"].to_numpy(), groups["kind"].to_numpy()
    for stem, mine in (
        ("trust", kind < 2),
        ("federation", kind == _FEDERATION),
        ("sponsor", kind == _SPONSOR),
    ):
        at = np.flatnonzero(mine)
        last = at[np.append(number[at][1:] != number[at][:-1], True)] if len(at) else at
        take = pa.array(last).take(pc.index_in(pa.array(schools), pa.array(number[last])))
        for column, source in (
            ("uid", "group_uid"),
            ("name", "group_name"),
            *([("type", "group_type"), ("joined", "joined_date")] if stem == "trust" else []),
        ):
            found = _light(groups.select([source]).take(take))[0]
            kept = kept.append_column(f"{stem}_{column}", found)
    # A school whose trust is known is known to be an academy, whatever its type lacks.
    unknown = pc.and_(kept["status_unknown"], pc.is_null(kept["trust_uid"]))
    at = kept.column_names.index("status_unknown")
    return kept.set_column(at, "status_unknown", unknown).select(SCHOOL_COLUMNS)


# ---- the register ------------------------------------------------------------------------------


def read_register(
    path: str | Path,
    links: str | Path | None = None,
    as_of: date | str | None = None,
    phases: str | Sequence[str] | None = None,
    *,
    cache_dir: str | Path | None = None,
) -> Register:
    """Read GIAS files into the schools that count at a date and the groups they are in.

    Parameters
    ----------
    path : path-like
        GIAS `edubasealldata`: csv, csv.gz or a zip that holds it. Encoding by evidence: a byte
        order mark, else UTF-8 if the bytes are valid UTF-8, else cp1252.
    links : path-like, optional
        GIAS `alllinksdata`: the groups of each school, with the day it joined.
    as_of : date or str, optional
        The day the schools are wanted for; default the register's vintage: the day in its file
        name (the first of the month where it has only a month), else the latest change or census
        date inside.
    phases : str or sequence of str, optional
        See `choose_phases`; default state-funded mainstream schools of ages 5 to 16.
    cache_dir : path-like, optional
        A folder for the result, keyed by the content of the files and the arguments. A damaged
        or unwritable cache is no error: the files are read again.

    Returns
    -------
    Register
        One row per kept school; what became of all other rows; read = kept + rejected + filtered.

    Raises
    ------
    InputFileError
        A file is missing, damaged, of another kind, or lacks a column.
    UnknownNameError
        `as_of` is no date, or none is given and none can be read from the file.
    UsageError
        A phase is unknown.

    Notes
    -----
    A school counts if it is open (opened on or before the day or without a date; not closed before
    it: GIAS's close date is the last day, the successor opens on the next), state-funded
    (`STATE_FUNDED_TYPES`, or a blank type in `STATE_FUNDED_GROUPS`), in England, and of a chosen
    phase. A closed school without a close date does not count.

    Free-meal pupils are the FSM count. Where that is blank they are pupils x PercentageFSM / 100,
    rounded half to even; the published percentage has another base (it leaves out nursery pupils),
    so that this is an estimate, often a few pupils off.

    Membership is that of the day: joined on or before it, the group not closed before it. Links
    decide wherever they know the school; else the register's own columns do. A file shows present
    members only: who left a trust before the file was made cannot be seen at earlier dates.

    Source
    ------
    Department for Education, Get Information about Schools (Open Government Licence v3.0).
    """
    place = Path(path)
    other = Path(links) if links is not None else None
    _check_size(place, "register")
    if other is not None:
        _check_size(other, "links")
    chosen = choose_phases(phases)
    wanted = _as_date(as_of) if as_of is not None else None
    folder = Path(cache_dir) if cache_dir is not None else None
    files = [place, other] if other is not None else [place]
    if folder is None:
        with ThreadPoolExecutor(1) as pool:  # hashing runs beside reading
            hashes = pool.map(sha256, files)
            register = _read_register(place, other, wanted, chosen)
            digests = list(hashes)
    else:
        digests = [_digest(p, folder) for p in files]
        key = [_SCHEMA, pd.__version__, digests, [p.name for p in files], wanted, chosen]
        text = json.dumps(key, default=str)
        stored = folder / f"register-{hashlib.sha256(text.encode()).hexdigest()[:32]}.arrow"
        found = _from_cache(stored)
        if found is not None:
            return found
        register = _read_register(place, other, wanted, chosen)
    register.source.update(zip(("sha256", "links_sha256"), digests, strict=False))
    if folder is not None:
        _to_cache(stored, register)
    return register


def _read_register(
    path: Path, links: Path | None, as_of: date | None, phases: tuple[str, ...]
) -> Register:
    sheet = _read(path, "register")
    vintage = _vintage(path) or sheet.latest("changed", "census_date")
    day = as_of or vintage
    if day is None:
        raise UnknownNameError(
            "no date: neither the file's name nor its content tells how old it is",
            where=str(path),
            fix="give one with --as-of",
        )
    counts = {"read": len(sheet)}
    faults = _Faults("register", sheet, LEFT_OUT)
    seen = np.zeros(10**7, dtype=bool)  # a URN has seven digits at most
    parts = [_schools(part, seen, faults, day, phases) for part in sheet.parts()]
    kept, filtered, named = map(pa.concat_tables, zip(*parts, strict=True))
    del parts
    told = None
    about: dict[str, Any] = {}
    rejected = [faults]
    if links is not None:
        link_sheet = _read(links, "links")
        joined = link_sheet.latest("joined_date")
        made = _vintage(links) or joined
        about = {"links_path": links.name, "vintage_links": made, "last_joined": joined}
        told, link_faults = _told_by_links(link_sheet, seen)
        rejected.append(link_faults)
    extra: dict[str, int] = {}
    groups = _groups(_told_by_register(_by_urn(named)), told, day, faults, extra)
    kept = _attach(_by_urn(kept), groups)
    schools = kept.to_pandas(self_destruct=True)
    rejects = pa.concat_tables([f.table() for f in rejected]).to_pandas()
    others = filtered.to_pandas()
    counts |= {
        "kept": len(schools),
        "rejected": int(rejects["action"].str.startswith(LEFT_OUT).sum()),
        "filtered": len(others),
        "status_unknown": int(schools["status_unknown"].sum()),
        "without_location": int((schools["easting"].isna() & schools["district"].isna()).sum()),
        **extra,
    }
    source = {
        "path": path.name,
        "label": _label(vintage, about.get("vintage_links")),
        "vintage_schools": vintage,
        "as_of": day,
        "phases": phases,
        "encoding": sheet.encoding,
        **about,
    }
    table = groups.select(_GROUP_COLUMNS).to_pandas()
    return Register(schools, table, rejects, others, counts, source)


def _label(schools: date | None, links: date | None) -> str:
    text = "Get Information about Schools"
    text += f", {schools:%B %Y}" if schools else ""
    return text + (f", with group links of {links:%B %Y}" if links else "")


# ---- cache -------------------------------------------------------------------------------------


def _digest(path: Path, folder: Path) -> str:
    """Hash a file, or recall the hash of one that has not changed since."""
    try:
        stat = path.stat()
        text = f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}|{stat.st_ino}"
        note = folder / f"digest-{hashlib.sha256(text.encode()).hexdigest()[:32]}.txt"
        known = note.read_text("ascii")
        if re.fullmatch(r"[0-9a-f]{64}", known):
            return known
    except (OSError, ValueError):
        pass
    digest = sha256(path)
    # A file changed this very moment might change again without a new time stamp.
    if time.time_ns() - stat.st_mtime_ns > 2_000_000_000:
        with contextlib.suppress(OutputError):
            write_bytes(note, digest.encode(), durable=False)
    return digest


_TABLES: Final = ("schools", "groups", "rejects", "filtered")
_DATES: Final = ("vintage_schools", "vintage_links", "last_joined", "as_of")


def _to_cache(path: Path, register: Register) -> None:
    """Store a register: the length of some JSON, and it; four Arrow streams; a checksum."""
    source = {k: str(v) if k in _DATES and v else v for k, v in register.source.items()}
    notes = json.dumps({"counts": register.counts, "source": source}).encode()
    with (
        contextlib.suppress(OutputError),  # a cache that cannot be written only costs time
        writing(path, durable=False) as part,
        part.open("w+b") as file,
    ):
        file.write(b"%08x" % len(notes) + notes)
        for name in _TABLES:
            table = pa.Table.from_pandas(getattr(register, name), preserve_index=False)
            table = table.replace_schema_metadata()  # pandas does the same without being told
            with pa.ipc.new_stream(file, table.schema) as stream:
                stream.write_table(table)
        file.seek(0)
        check = 0
        while block := file.read(1 << 20):
            check = zlib.crc32(block, check)
        file.write(b"%08x" % check)


def _from_cache(path: Path) -> Register | None:
    """Load a stored register, or None where there is none or it is damaged."""
    try:
        with pa.memory_map(str(path)) as file:
            data = file.read_buffer()
        body, check = data.slice(0, data.size - 8), data.slice(data.size - 8)
        if int(check.to_pybytes(), 16) != zlib.crc32(body):
            return None
        source = pa.BufferReader(body)
        notes = json.loads(source.read(int(source.read(8), 16)))
        schools, groups, rejects, filtered = (
            pa.ipc.open_stream(source).read_all().to_pandas() for _ in _TABLES
        )
    except (OSError, ValueError, pa.ArrowException):
        return None
    about = notes["source"]
    about |= {k: date.fromisoformat(about[k]) for k in _DATES if about.get(k)}
    about["phases"] = tuple(about["phases"])
    return Register(schools, groups, rejects, filtered, notes["counts"], about)


# ---- tables from it ----------------------------------------------------------------------------


def trusts(register: Register, groups: str | Path | None = None) -> pd.DataFrame:
    """List the academy trusts of a register.

    Parameters
    ----------
    register : Register
        As read by `read_register`.
    groups : path-like, optional
        GIAS `allgroupsdata`, for the registered postcode and the dates of a trust.

    Returns
    -------
    pandas.DataFrame
        One row per trust with a kept school, sorted by `trust_uid`: `trust_uid`, `trust_name`,
        `trust_type`, `group_id`, `companies_house_number`, `schools` (kept), `pupils` (of those),
        `schools_all_phases` (all its open state-funded schools); with `groups` also
        `registered_postcode`, `opened`, `closed`.

    Notes
    -----
    `trust_type` is what the trust is registered as: a multi-academy trust with one open school
    is still a multi-academy trust. A registered postcode may be an accountant's.
    """
    mine = register.schools.dropna(subset="trust_uid").groupby("trust_uid", sort=True)
    table = mine.agg(
        trust_name=("trust_name", "first"),
        trust_type=("trust_type", "first"),
        schools=("urn", "size"),
    )
    table["pupils"] = mine["pupils"].sum(min_count=1)
    everywhere = register.groups[register.groups["group_type"].isin(_TRUSTS)].groupby("group_uid")
    for column in ("group_id", "companies_house_number"):
        table[column] = everywhere[column].first().reindex(table.index)
    table["schools_all_phases"] = everywhere["urn"].nunique().reindex(table.index)
    if groups is not None:
        sheet = _read(Path(groups), "groups").whole()
        names = ("group_uid", "registered_postcode")
        about = pa.table({c: _codes(sheet.column(c)) for c in names}).to_pandas()
        for column in ("opened", "closed"):
            about[column] = _dates(sheet.column(column))[0]
        about = about.dropna(subset="group_uid").drop_duplicates("group_uid")
        about = about.set_index("group_uid").reindex(table.index)
        table[about.columns.tolist()] = about
    table = table.reset_index()
    first = ["trust_uid", "trust_name", "trust_type", "group_id", "companies_house_number"]
    counted = ["schools", "pupils", "schools_all_phases"]
    rest = [c for c in table.columns if c not in (*first, *counted)]
    return table[[*first, *counted, *rest]]


def read_successions(path: str | Path) -> pd.DataFrame:
    """Read which school followed which.

    Parameters
    ----------
    path : path-like
        GIAS `links_edubasealldata`: csv, csv.gz or zip.

    Returns
    -------
    pandas.DataFrame
        One row per link as published, in both directions: `urn`, `link_urn`, `link_type` (GIAS's
        words, e.g. `Predecessor`, `Successor - merged`), `date` (NaT where not given).

    Raises
    ------
    InputFileError
        The file is missing, damaged, of another kind, or lacks a column.
    """
    sheet = _read(Path(path), "successions").whole()
    codes = ("urn", "link_urn")
    table = pa.table({c: _codes(sheet.column(c)) for c in (*codes, "link_type")}).to_pandas()
    table["date"] = _dates(sheet.column("date"))[0]
    good = table["urn"].str.fullmatch(_URN.pattern) & table["link_urn"].str.fullmatch(_URN.pattern)
    kept: pd.DataFrame = table[good.fillna(False).astype(bool)].reset_index(drop=True)
    return kept
