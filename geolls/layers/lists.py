"""A list of schools in one file, by URN or postcode, read into a layer of one unit."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from geolls.base.cells import a_urn, filled
from geolls.base.columns import schools_in
from geolls.base.errors import InputFileError
from geolls.base.postcodes import POSTCODE
from geolls.base.sheets import open_table
from geolls.layers.model import Claim, Layer, Problem, Unit

__all__ = ["LIST_FILES", "a_list", "read_list"]

#: Endings of what may be a list; the last are of spreadsheets that are refused with the fix.
LIST_FILES: Final = (
    *(".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".gz", ".zip", ".xls", ".xlsb", ".ods", ".numbers"),
)
_MOST_BYTES: Final = 64 << 20
_URN: Final = re.compile(r"[1-9]\d{4,6}")
# What a list may name its schools by: what that is called, and how one looks.
_FORMS: Final = {
    "urn": ("URN", _URN),
    "postcode": ("postcode", POSTCODE),
    "dfe_number": ("DfE number", re.compile(r"[1-9]\d{6}")),
    "ukprn": ("UKPRN", re.compile(r"1\d{7}")),
}


def read_list(file: Path, key: str) -> Layer:
    """Read the schools that a file lists: by URN, DfE number, UKPRN or postcode.

    Parameters
    ----------
    file : pathlib.Path
        A text table or a workbook; columns that are neither are left alone.
    key : str
        Key of the layer.

    Returns
    -------
    Layer
        Of kind `schools` with one unit, named as the file; `told` holds what names no school.

    Raises
    ------
    InputFileError
        The file cannot be read, or lists neither URNs nor postcodes.
    """
    opened = open_table(file, lambda cells: bool(schools_in(cells)), limit=_MOST_BYTES)
    head, body = opened.head, opened.body.decode()
    columns, above = schools_in(head.cells), head.row
    first = next(filter(_is_entry, (_several(cell)[0] for cell in head.cells)), "")
    bare = not columns and bool(first)  # a list without a heading
    if bare:
        columns = {"urn" if _URN.fullmatch(a_urn(first)) else "postcode": 0}
        above, body = head.row - 1, f"{head.line}\n{body}"
    if not columns:
        raise InputFileError(
            f"lists neither URNs nor postcodes: its columns are {', '.join(head.cells[:8])}",
            where=str(file),
            fix="call the column with the schools URN, LAESTAB, UKPRN or postcode",
        )
    name, at = next(iter(columns.items()))
    called, form = _FORMS[name]
    others = [] if bare else [*head.cells[:at], *head.cells[at + 1 :]]
    twice = [cell for cell in others if name in schools_in([cell])]
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=head.mark, strict=True)
    entries = dict[str, int]()
    told = [Problem(file.name, None, None, line, severity="warning") for line in opened.told]
    for cell in twice:
        why = f"is a second column of that kind, and not read: {head.cells[at]} is"
        told.append(Problem(file.name, head.row, name, why, "leave one out", "warning", cell))
    try:
        for cells in reader:
            row = above + reader.line_num
            listed = _several(cells[at]) if at < len(cells) else [""]
            if bare:  # wherever they stand in it
                parts = (part for cell in cells for part in _several(cell))
                listed = [*filter(_is_entry, parts)] or [next(filter(filled, cells), "")]
            for cell in map(filled, listed):
                entry = _entry(cell, name)
                why = f"is no {called}"
                if entry and form.fullmatch(entry):
                    if entry not in entries:
                        entries[entry] = row
                        continue
                    why = "is listed more than once, and counts once"
                if any(map(filled, cells)):
                    what = cell or "a blank cell"
                    told.append(Problem(file.name, row, name, why, None, "warning", what))
    except csv.Error as error:
        raise InputFileError(
            f"not readable as csv: {error}",
            where=f"{file} row {above + reader.line_num}",
            fix="is a quote opened and not closed?",
        ) from error
    return replace(a_list(key, file.stem, file.name, {name: entries.items()}), told=tuple(told))


def _entry(cell: str, name: str) -> str:
    """Write an entry of a list as the register has it."""
    if name == "postcode":
        return " ".join(cell.upper().split())
    code = a_urn(cell).upper()
    return re.sub(r"[\s/.-]+", "", code) if name == "dfe_number" else code


def _is_entry(cell: str) -> bool:
    return bool(_URN.fullmatch(a_urn(cell)) or POSTCODE.fullmatch(cell.strip().upper()))


def _several(cell: str) -> list[str]:
    """Part a cell in which several codes stand; any other is one."""
    parts = re.split(r"\s*[;,/|&+\n]\s*|\s+and\s+", cell.strip())
    return parts if len(parts) > 1 and all(map(_is_entry, parts)) else [cell]


def a_list(
    key: str,
    name: str,
    source: str,
    entries: Mapping[str, Iterable[tuple[str, int]]],
    *,
    title: str = "List of schools",
    titles: str = "Lists of schools",
    caption: str = "",
) -> Layer:
    """Return a layer of kind `schools` with one unit: entries by what they are, with their row."""
    claims = tuple(
        Claim(
            unit_code=key,
            area_code="",
            area_name="",
            urn=entry if kind == "urn" else "",
            postcode=entry if kind == "postcode" else "",
            having=("", "") if kind in {"urn", "postcode"} else (kind, entry),
            codes_as_of=None,
            valid_from=None,
            valid_to=None,
            extent="whole",
            part="",
            share=None,
            source=source,
            source_date="",
            confidence="high",
            row=row,
        )
        for kind, found in entries.items()
        for entry, row in found
    )
    return Layer(
        title=name,
        source=source,
        key=key,
        unit_title=title,
        unit_title_plural=titles,
        kind="schools",
        tiling="partial",
        caption=caption,
        claims=claims,
        units={key: Unit(key, name)},
    )
