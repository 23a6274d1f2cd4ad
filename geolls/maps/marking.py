"""Schools told apart on a map by something of the user's: some trusts, or a column of a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from geolls.base.cells import a_number, a_urn, filled
from geolls.base.columns import schools_in
from geolls.base.errors import InputFileError, MapError, UsageError
from geolls.base.sheets import open_table
from geolls.base.text import fold, suggest
from geolls.maps.data import WHO_RUNS, Kind, MapData, Measure, breaks_of, class_titles, classify
from geolls.maps.recipes import Recipe
from geolls.maps.styles import GROUPS, RAMP, Mark

__all__ = ["Column", "by_column", "by_trust", "column_of"]

LIMIT = 64_000_000  # bytes of a user's file
_REST = Mark(1.3, "square", "none")
_BLANK = Mark(1.5, "cross", "ink3")
_ABSENT = Mark(1.3, "ring", "none")
_NUMBERS = 0.8  # of the filled cells, at least, where a column is one of numbers


def by_trust(
    recipe: Recipe, maps: Sequence[MapData], wanted: Sequence[str] | int
) -> tuple[Recipe, list[MapData]]:
    """Tell the schools of some trusts from all others, with both their counts.

    Parameters
    ----------
    recipe : Recipe
        What is drawn.
    maps : sequence of MapData
        Of one study: panels share their groups.
    wanted : int or sequence of str
        So many trusts with most schools there, or these UIDs; six at most.

    Returns
    -------
    (Recipe, list of MapData)
        To draw in place of those given.
    """
    many = wanted if isinstance(wanted, int) else len(wanted)
    if not 1 <= many <= len(GROUPS):
        fix = f"use 1 to {len(GROUPS)}: more cannot be told apart"
        raise UsageError(f"{many} trusts", where="--set trusts", fix=fix)
    here = pd.concat([_members(data) for data in maps]).drop_duplicates("urn")
    known = pd.concat([data.trusts for data in maps if data.trusts is not None])
    known = known[~known.index.duplicated()]
    if isinstance(wanted, int):
        counts = here["trust_uid"].value_counts().rename("here").to_frame()
        counts["name"] = known["trust_name"].reindex(counts.index)
        wanted = list(counts.sort_values(["here", "name"], ascending=[False, True]).index[:many])
    keys = {uid: f"t{i}" for i, uid in enumerate(wanted)}
    kinds = {
        key: Kind(str(known["trust_name"].get(uid, uid)), mark, int(known["schools"].get(uid, 0)))
        for (uid, key), mark in zip(keys.items(), GROUPS, strict=False)
    }
    kinds |= {"other": Kind("In another trust", _REST)}
    kinds |= {key: WHO_RUNS[key] for key in ("no_trust", "status_unknown")}

    def kind(schools: pd.DataFrame) -> Any:
        rest = schools["kind"].where(schools["kind"].isin(["no_trust", "status_unknown"]), "other")
        return schools["trust_uid"].map(keys).fillna(rest)

    return _told_apart(recipe, maps, kinds, kind, "Schools, by trust")


class Column(NamedTuple):
    """A column of a user's file, by school.

    Attributes
    ----------
    name : str
        Its heading.
    file : str
        The file's name.
    cells : dict of str to str
        URN to what its cell says, "" where it says nothing.
    told : list of str
        What of the file could not be taken.
    """

    name: str
    file: str
    cells: dict[str, str]
    told: list[str]


def column_of(asked: str) -> Column:
    """Read FILE:COLUMN: a table with a URN column and the column to tell schools apart by.

    Parameters
    ----------
    asked : str
        As "inspections.csv:Outcome"; csv in any encoding, or a workbook.

    Returns
    -------
    Column
        One cell a school; of several rows of a school the first.

    Raises
    ------
    InputFileError, UsageError
        The file cannot be read, or has no such column; names the nearest.
    """
    path, sign, column = asked.rpartition(":")
    if not sign or not path or not column:
        fix = "write FILE:COLUMN, as inspections.csv:Outcome"
        raise UsageError(f"{asked!r} names no column", where="--colour-by", fix=fix)

    def fits(cells: Sequence[str]) -> bool:
        return "urn" in schools_in(cells)

    opened = open_table(Path(path), fits, limit=LIMIT)
    heads = {fold(cell): i for i, cell in enumerate(opened.head.cells)}
    urn = schools_in(opened.head.cells).get("urn")
    if urn is None:
        raise InputFileError("there is no column of URNs", where=path, fix="call it URN")
    if (at := heads.get(fold(column))) is None:
        there = [cell for i, cell in enumerate(opened.head.cells) if i != urn]
        fix = suggest(column, there) or f"there are {', '.join(there)}"
        raise UsageError(f"there is no column {column!r}", where=path, fix=fix)
    cells, again, blank = dict[str, str](), 0, 0
    text = opened.body.decode("utf-8", "replace")
    for row in csv.reader(io.StringIO(text), delimiter=opened.head.mark):
        if not any(map(str.strip, row)):
            continue
        code = a_urn(row[urn]) if urn < len(row) else ""
        value = filled(row[at]) if at < len(row) else ""
        blank += not code
        again += bool(code) and cells.get(code, value) != value
        if code:
            cells.setdefault(code, " ".join(value.split()))
    told = [*opened.told]
    told += [f"{path}: {blank:,} rows without a URN are not on the map"] if blank else []
    told += [f"{path}: {again:,} rows say something else of a school than its first"] * bool(again)
    return Column(opened.head.cells[at], Path(path).name, cells, told)


def by_column(
    recipe: Recipe, maps: Sequence[MapData], column: Column, counted: Mapping[str, Any]
) -> tuple[Recipe, list[MapData], list[str]]:
    """Tell schools apart by a user's column: words by colour and shape, numbers by shade and size.

    Parameters
    ----------
    recipe, maps
        As `by_trust`.
    column : Column
        From `column_of`.
    counted : mapping
        With the URNs of all schools of the study.

    Returns
    -------
    (Recipe, list of MapData, list of str)
        What to draw; and where the rows of the file are: on the map, elsewhere, in no school.
    """
    here = pd.concat([_members(data) for data in maps]).drop_duplicates("urn")
    found = pd.Series(column.cells, dtype=object).reindex(here["urn"])
    values, titles, told = _values(found[found.notna() & (found != "")])
    kinds = {f"v{i}": kind for i, kind in enumerate(titles)}
    kinds |= {"blank": Kind("No value", _BLANK), "absent": Kind(f"Not in {column.file}", _ABSENT)}

    classes = {urn: f"v{i:.0f}" for urn, i in values.items()}
    keys = dict.fromkeys(column.cells, "blank") | classes

    def kind(schools: pd.DataFrame) -> Any:
        return [keys.get(urn, "absent") for urn in schools["urn"]]

    urns = set(column.cells)
    shown, study = urns & set(here["urn"]), urns & set(counted)
    strange = sorted(urns - study)
    words = f"{column.file}: {len(shown):,} of its {len(urns):,} schools are on the map"
    if more := len(study) - len(shown):
        words += f", {more:,} elsewhere"
    if strange:
        named = ", ".join(strange[:3]) + (", ..." if len(strange) > 3 else "")
        words += f", {len(strange):,} no school that counts ({named})"
    recipe, drawn = _told_apart(recipe, maps, kinds, kind, f"Schools, by {column.name}")
    lines = [words, *(f"{column.file}: {line}" for line in told)]
    dates = f" {'. '.join(lines)}."
    return recipe, [replace(d, dates=d.dates + dates) for d in drawn], [*lines, *column.told]


def _values(cells: pd.Series[Any]) -> tuple[pd.Series[Any], list[Kind], list[str]]:
    """Return the class of each school by URN, the classes, and what was not taken as it stands."""
    numbers = cells.map(a_number).astype(float)
    if len(cells) and numbers.notna().mean() >= _NUMBERS:
        known, lost = numbers.dropna(), cells[numbers.isna()]
        told = [f"{len(lost):,} cells are no number ({lost.iloc[0]!r})"] if len(lost) else []
        return *_shades(known), told
    counts = cells.value_counts()
    order = sorted(counts.index, key=lambda word: (-counts[word], word))
    rest = order[len(GROUPS) :]
    if len(rest) == 1:  # as one of "other" it would have a mark anyway
        rest = order[len(GROUPS) - 1 :]
    kept = [word for word in order if word not in rest]
    kinds = [Kind(word, mark) for word, mark in zip(kept, GROUPS, strict=False)]
    at = {word: i for i, word in enumerate(kept)} | dict.fromkeys(rest, len(kept))
    if rest:
        kinds.append(Kind(f"{len(rest)} other values", _REST))
    told = [f"{len(rest):,} values share a mark: {', '.join(rest[:6])}"] if rest else []
    return cells.map(at), kinds, told


def _shades(numbers: pd.Series[float]) -> tuple[pd.Series[Any], list[Kind]]:
    """Return the class of each number, and the classes from pale and small to dark and large."""
    distinct = sorted(numbers.unique().tolist())
    if len(distinct) <= 5:  # grades: each is a class
        classes = numbers.map({value: i for i, value in enumerate(distinct)})
        titles = [f"{value:g}" for value in distinct]
    else:
        whole = bool((numbers == numbers.round()).all())
        share = not whole and numbers.between(0, 1).all()
        form: Any = "count" if whole else "share" if share else "number"
        measure = Measure("", "", "", numbers, breaks_of(numbers, form), form)
        classes = pd.Series(classify(measure, numbers.index), numbers.index)
        titles = class_titles(measure)
    shades = RAMP[len(titles)]
    return classes, [
        Kind(title, Mark(1.1 + 0.45 * shade, "disc", f"r{shade}", rim="r5"))
        for title, shade in zip(titles, shades, strict=True)
    ]


def _members(data: MapData) -> pd.DataFrame:
    """Return the schools a map is about."""
    if data.schools is None:
        raise MapError("the map draws no schools to tell apart")
    return data.schools[data.schools["here"]] if "here" in data.schools else data.schools


def _told_apart(
    recipe: Recipe, maps: Sequence[MapData], kinds: dict[str, Kind], kind: Any, title: str
) -> tuple[Recipe, list[MapData]]:
    """Give the schools of maps other kinds."""
    drawn = [
        replace(data, schools=data.schools.assign(kind=kind(data.schools)), kinds=kinds,
                kinds_title=title)
        for data in maps
        if data.schools is not None
    ]  # fmt: skip
    # A question of the recipe's speaks of other kinds.
    return replace(recipe, schools=tuple(kinds), schools_on=True, question=""), drawn
