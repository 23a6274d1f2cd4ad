"""Assign any table of points to every area layer, streamed, exact, in bounded memory.

The one function from Arrow batch to Arrow batch serves a laptop and a cluster alike.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from pyarrow import csv as pacsv
from pyarrow import feather

from geolls.base.cells import NO_VALUE, a_number
from geolls.base.columns import schools_in
from geolls.base.errors import InputFileError, OutputError, UsageError
from geolls.base.files import sha256, write_text, writing
from geolls.base.sheets import open_table
from geolls.base.streams import WRITERS, Stream, after, check_target, open_stream
from geolls.base.text import fold, suggest
from geolls.base.workbooks import parted
from geolls.land.cells import Cells
from geolls.land.locate import COAST_TOLERANCE_M, to_bng
from geolls.study.postcodes import Postcodes

if TYPE_CHECKING:
    from geolls.study.core import Core

__all__ = [
    "Columns",
    "PointAssigner",
    "Postcoded",
    "Report",
    "assign_points",
    "check_points",
    "coordinate_columns",
    "has_coordinates",
    "is_points",
    "open_points",
]

_HOW = pa.array(["polygon", "nearest", "none"])
Progress = Callable[[str, int, "int | None"], None]


class Columns(NamedTuple):
    """The two coordinate columns of a table, and whether they are degrees."""

    x: str
    y: str
    degrees: bool


class Postcoded(NamedTuple):
    """The column of a table that holds postcodes, and what they are looked up in."""

    column: str
    postcodes: Postcodes


# Metres come before degrees.
_PAIRS = (
    Columns("easting", "northing", degrees=False),
    Columns("eastings", "northings", degrees=False),
    Columns("x", "y", degrees=False),
    Columns("lon", "lat", degrees=True),
    Columns("longitude", "latitude", degrees=True),
    Columns("lng", "lat", degrees=True),
    Columns("long", "lat", degrees=True),
)


def _pair(names: Sequence[str]) -> Columns | None:
    by_fold = {name.strip().casefold(): name for name in reversed(names)}
    for x, y, degrees in _PAIRS:
        if x in by_fold and y in by_fold:
            return Columns(by_fold[x], by_fold[y], degrees)
    return None


def has_coordinates(names: Sequence[str]) -> bool:
    """Whether some headings are those of a table of points."""
    return _pair(names) is not None


def is_points(source: Path) -> bool:
    """Whether a file is a table of points: parquet, or one with headings of coordinates."""
    if source.suffix.lower() == ".parquet":
        return True
    opened = open_table(source, has_coordinates, limit=1 << 34, whole=False)
    return has_coordinates(opened.head.cells)


def check_points(source: Path) -> list[str]:
    """Read a table of points, so that what is wrong with it is raised; return what is told.

    Raises
    ------
    InputFileError
        As `assign_points`.
    """
    table = open_points(source)
    columns = coordinate_columns(table.schema.names, str(source))
    rows = bare = 0
    for batch in table.batches:
        row_of = after(rows, table.row)
        x, y = (_numbers(batch.column(c), c, str(source), row_of) for c in columns[:2])
        rows, bare = rows + len(x), bare + int((np.isnan(x) | np.isnan(y)).sum())
    lost = [f"{bare:,} of {rows:,} rows have no coordinates"] if bare else []
    return [*table.told, *lost]


def open_points(source: Path, postcode: str | None = None) -> Stream:
    """Open a table of points, or one with a column of postcodes, as `open_stream`."""

    def fits(cells: Sequence[str]) -> bool:
        return has_coordinates(cells) or bool(postcode and fold(postcode) in map(fold, cells))

    return open_stream(source, fits)


def coordinate_columns(names: Sequence[str], where: str) -> Columns:
    """Find the coordinate columns of a table by their names; metres come before degrees.

    Raises
    ------
    InputFileError
        When there is no pair of easting/northing or lon/lat columns.
    """
    if found := _pair(names):
        return found
    postcode = next((name for name in names if "postcode" in fold(name).replace(" ", "")), None)
    fix = f"--postcode {shlex.quote(postcode)}" if postcode else suggest("easting", names)
    if schools_in(names).keys() - {"postcode"}:
        fix = f"its rows are schools: geolls assign --place {shlex.quote(where)}"
    raise InputFileError(
        "no coordinates: it needs columns easting and northing, or lon and lat",
        where=where,
        fix=fix or f"the columns are {', '.join(names[:12])}",
    )


class PointAssigner:
    """The assignment as one function from Arrow batch to Arrow batch; may be pickled.

    Parameters
    ----------
    study : Core
        Its area layers on its day decide the units.

    Notes
    -----
    Adds `block`, `assigned_by` (`polygon`; `nearest`: up to 500 m outside all blocks, as at a
    generalised coast; `none`; `postcode`, or why a postcode has no block) and one column per area
    layer with the unit's code: several claimants are joined by "+", and a reason stands where there
    is none. A column of the same name that is there already stays as it is; the new one is then
    called geolls_NAME.
    """

    def __init__(self, study: Core) -> None:
        self._cells = Cells(study.blocks)
        self._blocks = pa.array(map(str, study.blocks.index), pa.string())
        self._units: dict[str, pa.Array] = {}
        for key in study.area_layers:
            table = study.land(key)
            joined = table.groupby("block", sort=False)["unit_code"].agg("+".join)
            self._units[key] = pa.array(joined.loc[study.blocks.index], pa.string())

    def digest(self) -> str:
        """Return a hash that changes when an answer could."""
        units = {key: codes.to_pylist() for key, codes in self._units.items()}
        told = [self._blocks.to_pylist(), units, COAST_TOLERANCE_M]
        shapes = shapely.to_wkb(self._cells.blocks.geometry.to_numpy())
        return hashlib.sha256(b"".join([json.dumps(told).encode(), *shapes])).hexdigest()

    def added_to(self, names: Sequence[str]) -> list[str]:
        """Return what the new columns are called in a table that has these names.

        Raises
        ------
        InputFileError
            When both a name and its way out are taken.
        """
        new = ["block", "assigned_by", *self._units]
        new = [f"geolls_{name}" if name in names else name for name in new]
        for name in new:
            if name in names:
                raise InputFileError(
                    f"columns {name.removeprefix('geolls_')} and {name} are there already",
                    fix="rename one of them",
                )
        return new

    def schema(self, table: pa.Schema) -> pa.Schema:
        """Return the schema of the batches that are returned for batches of another."""
        for name in self.added_to(table.names):
            table = table.append(pa.field(name, pa.string()))
        return table

    def __call__(
        self,
        batch: pa.RecordBatch,
        columns: Columns | Postcoded,
        *,
        where: str = "",
        row_of: Callable[[int], int] = (1).__add__,
    ) -> pa.RecordBatch:
        """Return the batch with the new columns; a point without a block is `not_located`.

        Parameters
        ----------
        batch : pyarrow.RecordBatch
            Rows with two coordinate columns, or one of postcodes; missing ones are blank or NaN.
        columns : Columns or Postcoded
            Which these are.
        where : str, optional
            What to call the table in an error.
        row_of : callable, optional
            The row of the table in which a row of the batch stands, for errors.

        Returns
        -------
        pyarrow.RecordBatch
            The same rows in the same order.

        Raises
        ------
        InputFileError
            When a coordinate is not a number; the first such row is named.
        """
        if isinstance(columns, Postcoded):
            block, how = self._by_postcode(batch.column(columns.column), columns.postcodes)
        else:
            x, y = (_numbers(batch.column(c), c, where, row_of) for c in (columns.x, columns.y))
            xy = np.column_stack(to_bng(x, y) if columns.degrees else (x, y))
            at, nearest = self._cells.find(xy)
            block, how = (
                pa.array(at, mask=at < 0),
                _HOW.take(pa.array(np.where(at < 0, 2, nearest))),
            )
        added = [
            self._blocks.take(block),
            how,
            *(pc.fill_null(codes.take(block), "not_located") for codes in self._units.values()),
        ]
        schema = self.schema(batch.schema)
        return pa.RecordBatch.from_arrays([*batch.columns, *added], schema=schema)

    def _by_postcode(self, column: pa.Array, postcodes: Postcodes) -> tuple[pa.Array, pa.Array]:
        """Return the position of each row's block, null for none, and how it is known."""
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        found = postcodes.find(pc.cast(column, pa.string()), self._cells.blocks)
        at = self._cells.blocks.index.get_indexer(found["block"])
        told = found["told"].replace({"": "postcode", "respelt": "postcode, respelt"})
        return pa.array(at, mask=at < 0), pa.array(told, pa.string())


def _numbers(column: pa.Array, name: str, where: str, row_of: Callable[[int], int]) -> np.ndarray:
    """Return a column as floats, NaN where it is blank; text that is a number is one."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pc.utf8_trim_whitespace(column)
        blank = pc.is_in(pc.utf8_lower(column), pa.array(sorted(NO_VALUE), column.type))
        column = pc.if_else(blank, None, column)
    try:
        floats = pc.cast(column, pa.float64(), safe=False)
    except pa.ArrowNotImplementedError as error:
        raise InputFileError(
            f"column {name} holds {column.type}, not numbers", where=where
        ) from error
    except pa.ArrowInvalid:  # not all as a program writes them: 1,234 and '430000
        found = []
        for at, value in enumerate(column.to_pylist()):
            found.append(number := None if value is None else a_number(value))
            if value is not None and number is None:
                row = row_of(at)
                raise InputFileError(
                    f"{name} is {value[:60]!r}, not a number",
                    where=f"{where}, row {row}" if where else f"row {row}",
                    fix="write plain numbers, or leave the cell empty",
                ) from None
        floats = pa.array(found, pa.float64())
    numbers: np.ndarray = floats.to_numpy(zero_copy_only=False)
    return numbers


class Report(NamedTuple):
    """What a run over a table did.

    `lost` is why rows have no place, and how many; `told` what of the file was chosen, or is
    not used as given.
    """

    rows: int
    placed: int
    batches: int
    resumed: int
    lost: Mapping[str, int] = MappingProxyType({})
    told: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say it in one line."""
        done = f", {self.resumed} of {self.batches} parts kept" if self.resumed else ""
        lost = "".join(f"; {n:,} {why}" for why, n in sorted(self.lost.items()))
        points = f"{self.rows:,} point{'s' * (self.rows != 1)}"
        return f"{points} read, {self.placed:,} in a district{lost}{done}"


def assign_points(
    source: str | Path,
    target: str | Path,
    study: Core,
    *,
    postcode: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """Assign every row of a table of points, part by part.

    Parameters
    ----------
    source : str or pathlib.Path
        .parquet, or text with any separator, packed or not, or a workbook (`file.xlsx#Sheet`
        names its sheet) with columns easting/northing (EPSG:27700) or lon/lat (EPSG:4326). The
        columns of text stay as they are written.
    target : str or pathlib.Path
        .csv, .tsv, .parquet, .json or .xlsx to write; finished parts wait beside it in
        `<target>.parts`, so that a run that was stopped goes on where it ended.
    study : Core
        Whose layers and day count.
    postcode : str, optional
        The column of whole postcodes that say where each row is, in place of coordinates; they are
        looked up in `Core.postcodes`.
    progress : callable, optional
        Called with what, done and total.

    Returns
    -------
    Report
        Rows read and placed, and why the others are not.

    Raises
    ------
    InputFileError
        When the table cannot be read, or has no coordinates, or one that is not a number.
    OutputError
        When the target cannot be written.
    UsageError
        When the target is of no such kind, or is the source.
    """
    source, target = Path(source), Path(target)
    check_target(source, target)
    table = open_points(source, postcode)
    names, columns = table.schema.names, _placing(table.schema, study, postcode, str(source))
    assigner = PointAssigner(study)
    schema = assigner.schema(table.schema)
    _check_types(schema, target)
    folder = target.with_name(target.name + ".parts")
    by = f"{columns.column}: {columns.postcodes.of}" if isinstance(columns, Postcoded) else ""
    answers = {"answers": assigner.digest(), "of": f"{table.cut} {by}".strip()}
    _same_run(folder, {"source": sha256(parted(source)[0]), **answers})
    block, how = schema.names[len(names) : len(names) + 2]
    lost: Counter[str] = Counter()
    parts: list[Path] = []
    rows = placed = resumed = 0
    for batch in table.batches:
        part = folder / f"{len(parts) + 1:06d}.arrow"
        if part.exists():
            resumed += 1
        else:
            row_of = after(rows, table.row)
            done = assigner(batch, columns, where=str(source), row_of=row_of)
            # The parts are for a run that is killed, not for a power cut: no flush.
            with writing(part, durable=False) as path:
                feather.write_feather(pa.Table.from_batches([done]), path, compression="lz4")
        parts.append(part)
        rows += batch.num_rows
        nowhere = pc.is_null(feather.read_table(part, [block]).column(block))
        placed += batch.num_rows - pc.sum(nowhere).as_py()
        if postcode:
            lost.update(feather.read_table(part, [how]).column(how).filter(nowhere).to_pylist())
        if progress:
            progress("Assigning points", len(parts), table.total)
    open_writer = WRITERS[target.suffix.lower()]
    with writing(target) as path, open_writer(path, schema) as writer:
        for part in parts:
            writer.write_table(feather.read_table(part))
    shutil.rmtree(folder, ignore_errors=True)
    told = [*table.told]
    if isinstance(columns, Columns) and 2 * placed < rows:
        turned = _turned(assigner, source, columns)
        told += [turned] if turned else []
    if not postcode and rows > placed:
        lost["outside England or without coordinates"] = rows - placed
    return Report(rows, placed, len(parts), resumed, lost, tuple(told))


def _turned(assigner: PointAssigner, source: Path, columns: Columns) -> str:
    """Say so where most rows that begin a table lie in England once its columns are exchanged."""
    batch = next(iter(open_points(source).batches))
    block = assigner.added_to(batch.schema.names)[0]
    inside = [
        batch.num_rows - assigner(batch, each).column(block).null_count
        for each in (columns, columns._replace(x=columns.y, y=columns.x))
    ]
    if 2 * inside[1] <= max(batch.num_rows, 4 * inside[0]):
        return ""
    x, y = columns.x, columns.y
    return (
        f"{inside[1]:,} of {batch.num_rows:,} points lie in England only if {x} and {y} are "
        f"exchanged: rename column {x} to {y} and {y} to {x}"
    )


def _placing(
    schema: pa.Schema, study: Core, postcode: str | None, where: str
) -> Columns | Postcoded:
    """Return what places the rows: the column of postcodes that is named, or the coordinates."""
    if postcode is None:
        return coordinate_columns(schema.names, where)
    column = next((n for n in schema.names if fold(n) == fold(postcode)), None)
    if column is None:
        raise InputFileError(
            f"no column {postcode!r}",
            where=where,
            fix=suggest(postcode, schema.names) or f"there are {', '.join(schema.names[:12])}",
        )
    kind = schema.field(column).type
    if not any(test(kind) for test in (pa.types.is_dictionary, *_TEXTS)):
        raise InputFileError(f"column {column} holds {kind}, not postcodes", where=where)
    return Postcoded(column, study.postcodes)


_TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_null)


def _check_types(schema: pa.Schema, target: Path) -> None:
    """Refuse at once what a csv cannot hold, not after hours of work."""
    if target.suffix.lower() not in (".csv", ".tsv"):
        return
    for field in schema:
        try:
            pacsv.write_csv(pa.schema([field]).empty_table(), pa.BufferOutputStream())
        except pa.ArrowException as error:
            raise UsageError(
                f"column {field.name} holds {field.type}, which a csv cannot",
                where=str(target),
                fix="write a .parquet file",
            ) from error


def _same_run(parts: Path, of: dict[str, str]) -> None:
    """Keep finished parts only if they came from the same table, layers and day."""
    run = json.dumps(of, sort_keys=True)
    note = parts / "run.json"
    if parts.exists():
        if not note.is_file() and (not parts.is_dir() or any(parts.iterdir())):
            raise OutputError(
                "is in the way: finished parts would be kept there",
                where=str(parts),
                fix="rename it, or choose another file",
            )
        if not (note.is_file() and note.read_bytes() == run.encode()):
            shutil.rmtree(parts)
    write_text(note, run)
