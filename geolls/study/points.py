"""Assign any table of points to every area layer, streamed, exact, in bounded memory.

A raster of cells answers for all points that lie well inside a block; only points in cells that a
block's line may touch are tested against the polygons, each distinct coordinate once. The one
function from Arrow batch to Arrow batch serves a laptop and a cluster alike.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geolls.base.errors import InputFileError, OutputError, UsageError
from geolls.base.files import sha256, write_text, writing
from geolls.base.text import suggest

if TYPE_CHECKING:
    import pyarrow as pa
    from geopandas import GeoDataFrame

    from geolls.study.core import Core

__all__ = ["Cells", "Columns", "PointAssigner", "Report", "assign_points", "coordinate_columns"]

CELL_M = 250.0
ROWS_PER_BATCH = 262_144
_TOLERANCE_M = 500.0  # as geolls.land.blocks.locate
_METRES = (("easting", "northing"), ("eastings", "northings"), ("x", "y"))
_DEGREES = (("lon", "lat"), ("longitude", "latitude"), ("lng", "lat"), ("long", "lat"))
_HOW = ("polygon", "nearest", "none")
# What people write in a cell that holds no number.
_BLANKS = ("", "-", ".", "na", "n/a", "nan", "nil", "none", "null")
Progress = Callable[[str, int, "int | None"], None]


class Cells:
    """A raster over the blocks: each cell names the block all of it lies in, or says "ask".

    Parameters
    ----------
    blocks : geopandas.GeoDataFrame
        Indexed by block, EPSG:27700, one valid coverage.
    cell_m : float, default 250
        Width of a cell in metres.
    tolerance_m : float, default 500
        How far outside all blocks a point may lie and still go to the nearest one.

    Notes
    -----
    Every line of a block is sampled at least every quarter of a cell, so no point of it is more
    than an eighth of a cell from a sample. The cells within that of a sample are "ask", and so is
    the sea within the tolerance of them; every other cell lies in one block, or in none, as a
    whole. So the answer is exact: it is that of `geolls.land.blocks.locate`, which is who is asked.
    """

    OUTSIDE = -1
    ASK = -2

    def __init__(
        self, blocks: GeoDataFrame, cell_m: float = CELL_M, tolerance_m: float = _TOLERANCE_M
    ) -> None:
        import shapely

        shapes = blocks.geometry.to_numpy()
        self.cell = cell_m
        self.tolerance = tolerance_m
        self._far = int(np.ceil(tolerance_m / cell_m)) + 1  # cells that the tolerance reaches
        west, south, east, north = shapely.total_bounds(shapes)
        self.west = (np.floor(west / cell_m) - self._far - 1) * cell_m
        self.south = (np.floor(south / cell_m) - self._far - 1) * cell_m
        self.columns = int((east - self.west) // cell_m) + self._far + 2
        self.rows = int((north - self.south) // cell_m) + self._far + 2
        self.names: list[str | None] = [*map(str, blocks.index), None]
        self._wkb = shapely.to_wkb(shapes)
        self._blocks: GeoDataFrame | None = None
        self.table = self._filled(shapes)

    def _filled(self, shapes: Any) -> np.ndarray:
        import shapely

        xy = shapely.get_coordinates(shapely.segmentize(shapely.boundary(shapes), self.cell / 4))
        near = np.zeros((self.rows, self.columns), dtype=bool)
        for up in (-0.125, 0.125):
            row = ((xy[:, 1] - self.south) / self.cell + up).astype(np.intp)
            for right in (-0.125, 0.125):
                near[row, ((xy[:, 0] - self.west) / self.cell + right).astype(np.intp)] = True
        table = np.full(near.shape, self.ASK, dtype=np.int16)
        # Between two lines a row of cells has one block: the first cell of each run answers.
        flat = near.ravel()
        starts = np.flatnonzero(~flat & np.r_[True, flat[:-1]])
        ends = np.flatnonzero(~flat & np.r_[flat[1:], True]) + 1
        east = self.west + (starts % self.columns + 0.5) * self.cell
        north = self.south + (starts // self.columns + 0.5) * self.cell
        held, at = shapely.STRtree(shapely.points(east, north)).query(shapes, predicate="contains")
        answer = np.full(len(starts), self.OUTSIDE, dtype=np.int16)
        answer[at] = held
        table.ravel()[~flat] = np.repeat(answer, ends - starts)
        table[(table == self.OUTSIDE) & _grown(near, self._far)] = self.ASK
        return table

    def __getstate__(self) -> dict[str, Any]:
        """Leave the shapes behind, and send the raster as the few runs that it is made of."""
        return {**self.__dict__, "_blocks": None, "table": zlib.compress(self.table.tobytes(), 1)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Unfold the raster."""
        self.__dict__.update(state)
        flat = np.frombuffer(zlib.decompress(state["table"]), dtype=np.int16)
        self.table = flat.reshape(self.rows, self.columns)

    def find(self, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return where each point lies.

        Parameters
        ----------
        xy : array of shape (n, 2)
            Easting and northing in metres; NaN where unknown.

        Returns
        -------
        (array of int16, array of bool)
            Position of the block in `names`, -1 for none; True where the point lies outside all
            blocks and the nearest one took it.
        """
        col = (xy[:, 0] - self.west) / self.cell
        row = (xy[:, 1] - self.south) / self.cell
        inside = (col >= 0) & (col < self.columns) & (row >= 0) & (row < self.rows)
        cell = row[inside].astype(np.intp) * self.columns + col[inside].astype(np.intp)
        out = np.full(len(xy), self.OUTSIDE, dtype=np.int16)
        out[inside] = self.table.ravel()[cell]
        nearest = np.zeros(len(xy), dtype=bool)
        asked = np.flatnonzero(out == self.ASK)
        if len(asked):
            out[asked], nearest[asked] = self._exact(xy[asked])
        return out, nearest

    def _exact(self, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        from geolls.land.blocks import locate

        # Complex numbers sort as pairs and are unique-able at once.
        distinct, back = np.unique(xy[:, 0] + 1j * xy[:, 1], return_inverse=True)
        points = np.column_stack([distinct.real, distinct.imag])
        shapes = self._shapes()
        found = locate(points, shapes, self.tolerance)
        at = shapes.index.get_indexer(found["block"])[back.ravel()]
        return at, (found["located_by"] == "nearest").to_numpy()[back.ravel()]

    def _shapes(self) -> GeoDataFrame:
        import geopandas as gpd
        import shapely

        from geolls.land.blocks import CRS

        if self._blocks is None:
            shapes = shapely.from_wkb(self._wkb)
            shapely.prepare(shapes)
            self._blocks = gpd.GeoDataFrame(geometry=shapes, index=self.names[:-1], crs=CRS)
        return self._blocks

    def digest(self) -> str:
        """Return a hash that changes when an answer could."""
        told = hashlib.sha256(json.dumps([self.names, self.tolerance]).encode())
        for shape in self._wkb:
            told.update(shape)
        return told.hexdigest()


def _grown(cells: np.ndarray, by: int) -> np.ndarray:
    """Return the cells within so many columns and rows of a True one."""
    for axis in (0, 1):
        padded = np.moveaxis(cells, axis, 0)
        grown = padded.copy()
        for step in range(1, by + 1):
            grown[step:] |= padded[:-step]
            grown[:-step] |= padded[step:]
        cells = np.moveaxis(grown, 0, axis)
    return cells


class Columns(NamedTuple):
    """The two coordinate columns of a table, and whether they are degrees."""

    x: str
    y: str
    degrees: bool


def coordinate_columns(names: Sequence[str], where: str) -> Columns:
    """Find the coordinate columns of a table by their names; metres come before degrees.

    Raises
    ------
    InputFileError
        When there is no pair of easting/northing or lon/lat columns.
    """
    by_fold = {name.strip().casefold(): name for name in reversed(names)}
    for pairs, degrees in ((_METRES, False), (_DEGREES, True)):
        for x, y in pairs:
            if x in by_fold and y in by_fold:
                return Columns(by_fold[x], by_fold[y], degrees)
    hint = suggest("easting", names) or f"the columns are {', '.join(names[:12])}"
    raise InputFileError(
        "no coordinates: it needs columns easting and northing, or lon and lat",
        where=where,
        fix=hint,
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
    generalised coast; `none`) and one column per area layer with the unit's code: several
    claimants are joined by "+", and a reason stands where there is none. A column of the same
    name that is there already stays as it is; the new one is then called geolls_NAME.
    """

    def __init__(self, study: Core) -> None:
        self.cells = Cells(study.blocks)
        blocks = [str(b) for b in study.blocks.index]
        self.units: dict[str, list[str]] = {}
        for key in study.area_layers:
            table = study.block_membership(key)
            joined = table.groupby("item", sort=False)["unit_code"].agg("+".join)
            self.units[key] = [*joined.loc[blocks].tolist(), "not_located"]

    @property
    def new_columns(self) -> list[str]:
        """The columns that are added, in order, where no name is taken."""
        return ["block", "assigned_by", *self.units]

    def digest(self) -> str:
        """Return a hash that changes when an answer could."""
        return hashlib.sha256((self.cells.digest() + json.dumps(self.units)).encode()).hexdigest()

    def added_to(self, names: Sequence[str]) -> list[str]:
        """Return what the new columns are called in a table that has these names.

        Raises
        ------
        InputFileError
            When both a name and its way out are taken.
        """
        new = [f"geolls_{n}" if n in names else n for n in self.new_columns]
        for name in new:
            if name in names:
                raise InputFileError(
                    f"columns {name.removeprefix('geolls_')} and {name} are there already",
                    fix="rename one of them",
                )
        return new

    def schema(self, table: pa.Schema) -> pa.Schema:
        """Return the schema of the batches that are returned for batches of another."""
        import pyarrow as pa

        for name in self.added_to(table.names):
            table = table.append(pa.field(name, pa.string()))
        return table

    def __call__(
        self, batch: pa.RecordBatch, columns: Columns, *, where: str = "", first_row: int = 1
    ) -> pa.RecordBatch:
        """Return the batch with the new columns; a point without a block is `not_located`.

        Parameters
        ----------
        batch : pyarrow.RecordBatch
            Rows with two coordinate columns; missing ones are blank or NaN.
        columns : Columns
            Which these are.
        where : str, optional
            What to call the table in an error.
        first_row : int, optional
            The number of the first row, for errors.

        Returns
        -------
        pyarrow.RecordBatch
            The same rows in the same order.

        Raises
        ------
        InputFileError
            When a coordinate is not a number; the first such row is named.
        """
        import pyarrow as pa

        named = (columns.x, columns.y)
        xy = np.column_stack([_numbers(batch.column(c), c, where, first_row) for c in named])
        at, nearest = self.cells.find(_to_metres(xy) if columns.degrees else xy)
        lost = at < 0
        index = pa.array(np.where(lost, len(self.cells.names) - 1, at).astype(np.int16))
        how = pa.array((nearest + 2 * lost).astype(np.int8))
        added = [
            pa.array(self.cells.names, pa.string()).take(index),
            pa.array(_HOW).take(how),
            *(pa.array(codes, pa.string()).take(index) for codes in self.units.values()),
        ]
        schema = self.schema(batch.schema)
        return pa.RecordBatch.from_arrays([*batch.columns, *added], schema=schema)


def _numbers(column: pa.Array, name: str, where: str, first_row: int) -> np.ndarray:
    """Return a column as floats, NaN where it is blank; text that is a number is one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    def cast(values: pa.Array) -> np.ndarray:
        floats: np.ndarray = pc.cast(values, pa.float64(), safe=False).to_numpy(
            zero_copy_only=False
        )
        return floats

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    try:
        return cast(column)
    except pa.ArrowNotImplementedError as error:
        raise InputFileError(
            f"column {name} holds {column.type}, not numbers", where=where
        ) from error
    except pa.ArrowInvalid:
        trimmed = pc.utf8_trim_whitespace(column)
        blank = pc.is_in(pc.utf8_lower(trimmed), pa.array(_BLANKS, trimmed.type))
        column = pc.if_else(blank, None, trimmed)
    try:
        return cast(column)
    except pa.ArrowInvalid:
        row, value = next((i, v) for i, v in enumerate(column.to_pylist()) if not _is_number(v))
    raise InputFileError(
        f"{name} is {value[:60]!r}, not a number",
        where=f"{where}, row {first_row + row}" if where else f"row {first_row + row}",
        fix="write plain numbers, or leave the cell empty",
    )


def _is_number(text: str | None) -> bool:
    import pyarrow as pa

    try:
        pa.scalar(text, pa.string()).cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


@cache
def _transformer() -> Any:
    from pyproj import Transformer

    return Transformer.from_crs(4326, 27700, always_xy=True)


def _to_metres(xy: np.ndarray) -> np.ndarray:
    """Return degrees as metres; what has no place on the grid is not finite."""
    return np.column_stack(_transformer().transform(xy[:, 0], xy[:, 1]))


@dataclass(frozen=True)
class Report:
    """What a run over a table did."""

    rows: int
    placed: int
    batches: int
    resumed: int

    def __str__(self) -> str:
        """Say it in one line."""
        done = f", {self.resumed} of {self.batches} parts kept" if self.resumed else ""
        return f"{self.rows:,} points read, {self.placed:,} in a district{done}"


def assign_points(
    source: str | Path, target: str | Path, study: Core, *, progress: Progress | None = None
) -> Report:
    """Assign every row of a table of points, part by part.

    Parameters
    ----------
    source : str or pathlib.Path
        .parquet, .csv or .csv.gz with columns easting/northing (EPSG:27700) or lon/lat
        (EPSG:4326). The columns of a csv stay text, as they are written.
    target : str or pathlib.Path
        .parquet or .csv to write; finished parts wait beside it in `<target>.parts`, so that a
        run that was stopped goes on where it ended.
    study : Core
        Whose layers and day count.
    progress : callable, optional
        Called with what, done and total.

    Returns
    -------
    Report
        Rows read and placed.

    Raises
    ------
    InputFileError
        When the table cannot be read, or has no coordinates, or one that is not a number.
    OutputError
        When the target cannot be written.
    UsageError
        When the target is neither .parquet nor .csv, or is the source.
    """
    import pyarrow as pa

    source, target = Path(source), Path(target)
    _check_target(source, target)
    table = _open(source)
    where = str(source)
    columns = coordinate_columns(table.schema.names, where)
    assigner = PointAssigner(study)
    schema = assigner.schema(table.schema)
    _check_types(schema, target)
    parts = target.with_name(target.name + ".parts")
    _same_run(parts, {"source": sha256(source), "answers": assigner.digest(), "of": table.cut})
    lz4 = pa.ipc.IpcWriteOptions(compression="lz4")
    rows = placed = resumed = count = 0
    for count, batch in enumerate(table.batches, start=1):
        part = parts / f"{count:06d}.arrow"
        if part.exists():
            resumed += 1
        else:
            done = assigner(batch, columns, where=where, first_row=rows + 1)
            # The parts are for a run that is killed, not for a power cut: no flush.
            with (
                writing(part, durable=False) as path,
                pa.OSFile(str(path), "wb") as sink,
                pa.ipc.new_file(sink, schema, options=lz4) as writer,
            ):
                writer.write_batch(done)
        rows += batch.num_rows
        placed += _placed(part, len(table.schema))  # block is the first new column
        if progress:
            progress("Assigning points", count, table.total)
    _joined(parts, count, schema, target)
    shutil.rmtree(parts, ignore_errors=True)
    return Report(rows, placed, count, resumed)


def _check_target(source: Path, target: Path) -> None:
    if target.suffix.lower() not in (".parquet", ".csv"):
        raise UsageError(
            f"a table of points is written as .parquet or .csv, not {target.suffix or 'without'!r}",
            where=str(target),
        )
    if target.exists() and source.exists() and target.samefile(source):
        raise UsageError("the table would be written over itself", fix="give another file")


class _Table(NamedTuple):
    """An open table: its schema, its rows in batches, how many batches, how they are cut."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    total: int | None
    cut: str


def _open(source: Path) -> _Table:
    """Open a table as batches of bounded size."""
    import pyarrow as pa

    if not source.is_file():
        raise InputFileError("there is no such file", where=str(source))
    kind = source.name.lower().removesuffix(".gz").rpartition(".")[2]
    reader = {"parquet": _open_parquet, "csv": _open_csv}.get(kind)
    if reader is None:
        raise InputFileError(
            "a table of points is read from .parquet or .csv", where=str(source), fix="convert it"
        )
    try:
        table = reader(source)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _unreadable(source, error) from error
    twice = [n for n in table.schema.names if table.schema.names.count(n) > 1]
    if twice:
        raise InputFileError(f"two columns are called {twice[0]!r}", where=str(source))
    return table._replace(batches=_said(table.batches, source))


def _said(batches: Iterator[pa.RecordBatch], source: Path) -> Iterator[pa.RecordBatch]:
    """Yield batches; say an error on the way in one line."""
    import pyarrow as pa

    try:
        yield from batches
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(source, error) from error


def _unreadable(source: Path, error: Exception) -> InputFileError:
    said = (str(error).splitlines() or [type(error).__name__])[0]
    if "UTF8" in said:
        return InputFileError("is not UTF-8 text", where=str(source), fix="save it as CSV UTF-8")
    return InputFileError(
        f"cannot be read as a table ({said[:200]})",
        where=str(source),
        fix="give a .parquet or .csv file",
    )


def _open_parquet(source: Path) -> _Table:
    import pyarrow.parquet as pq

    # Read through a small buffer, not a whole column of a row group at once.
    file = pq.ParquetFile(source, buffer_size=1 << 20, pre_buffer=False)
    groups = range(file.num_row_groups)
    # Row groups are cut to one size, so that memory does not hang on who wrote the file.
    total = sum(-(-file.metadata.row_group(i).num_rows // ROWS_PER_BATCH) for i in groups)
    batches = (batch for i in groups for batch in file.iter_batches(ROWS_PER_BATCH, row_groups=[i]))
    return _Table(file.schema_arrow, batches, total, f"parquet {ROWS_PER_BATCH}")


def _open_csv(source: Path) -> _Table:
    import pyarrow as pa
    import pyarrow.csv as pc

    with pc.open_csv(source) as peek:
        header = peek.schema.names
    block = 1 << 24
    # All columns stay text, as they are written: codes keep their zeros, names like NA are names.
    reader = pc.open_csv(
        source,
        read_options=pc.ReadOptions(block_size=block),
        convert_options=pc.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
        ),
    )
    return _Table(reader.schema, (b for b in reader if b.num_rows), None, f"csv {block}")


def _check_types(schema: pa.Schema, target: Path) -> None:
    """Refuse at once what a csv cannot hold, not after hours of work."""
    import pyarrow as pa
    import pyarrow.csv as pc

    if target.suffix.lower() != ".csv":
        return
    for field in schema:
        try:
            pc.write_csv(pa.schema([field]).empty_table(), pa.BufferOutputStream())
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


def _placed(part: Path, block: int) -> int:
    """Return how many rows of a part lie in a block, reading that column alone."""
    import pyarrow as pa

    with pa.memory_map(str(part)) as source:
        only = pa.ipc.IpcReadOptions(included_fields=[block])
        table = pa.ipc.open_file(source, options=only).read_all()
        return int(table.num_rows - table.column(0).null_count)


def _joined(parts: Path, count: int, schema: pa.Schema, target: Path) -> None:
    """Join the finished parts into one file, one row group each."""
    import pyarrow as pa
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    with writing(target) as path:
        writer: Any = (
            pc.CSVWriter(path, schema)
            if target.suffix.lower() == ".csv"
            else pq.ParquetWriter(path, schema, compression="zstd")
        )
        with writer:
            for number in range(1, count + 1):
                with pa.memory_map(str(parts / f"{number:06d}.arrow")) as source:
                    writer.write_table(pa.ipc.open_file(source).read_all())
