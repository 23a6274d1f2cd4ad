"""Assign any table of points to every area layer, streamed, exact, in bounded memory.

A raster of cells answers for all points that lie well inside a block; only points in cells that a
block's line may touch are tested against the polygons, each distinct coordinate once. The one
function from Arrow batch to Arrow batch serves a laptop and a cluster alike.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geolls.errors import InputFileError, suggest
from geolls.files import sha256, write_text, writing

if TYPE_CHECKING:
    import pyarrow as pa
    from geopandas import GeoDataFrame

    from geolls.study import Study

__all__ = ["Cells", "PointAssigner", "Report", "assign_points", "coordinate_columns"]

CELL_M = 250.0
ROWS_PER_BATCH = 262_144
_METRES = (("easting", "northing"), ("eastings", "northings"), ("x", "y"))
_DEGREES = (("lon", "lat"), ("longitude", "latitude"), ("lng", "lat"), ("long", "lat"))
Progress = Callable[[str, int, "int | None"], None]


class Cells:
    """A raster over the blocks: each cell names the block all of it lies in, or says "ask".

    Parameters
    ----------
    blocks : geopandas.GeoDataFrame
        Indexed by block, EPSG:27700, one valid coverage.
    cell_m : float, default 250
        Width of a cell in metres.

    Notes
    -----
    Every block line is sampled at no more than half a cell; a cell that any line crosses is then
    a sampled cell or next to one. Those cells are "ask"; every other cell lies in one block, or
    in none, as a whole. So the answer is exact, not approximate.
    """

    OUTSIDE = -1
    ASK = -2

    def __init__(self, blocks: GeoDataFrame, cell_m: float = CELL_M) -> None:
        import shapely

        shapes = blocks.geometry.to_numpy()
        west, south, east, north = shapely.total_bounds(shapes)
        self.cell = cell_m
        self.west = np.floor(west / cell_m - 2) * cell_m
        self.south = np.floor(south / cell_m - 2) * cell_m
        self.columns = int((east - self.west) // cell_m) + 3
        self.rows = int((north - self.south) // cell_m) + 3
        self.names = np.array([*map(str, blocks.index), None], dtype=object)
        self._wkb = shapely.to_wkb(shapes)
        self._shapes: Any = None
        self.table = self._filled(shapes)

    def _filled(self, shapes: Any) -> np.ndarray:
        import shapely

        lines = shapely.segmentize(shapely.boundary(shapes), self.cell / 2)
        xy = shapely.get_coordinates(lines)
        col = ((xy[:, 0] - self.west) // self.cell).astype(np.int64)
        row = ((xy[:, 1] - self.south) // self.cell).astype(np.int64)
        near = np.zeros((self.rows, self.columns), dtype=bool)
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                near[row + down, col + right] = True
        table = np.full(near.shape, self.OUTSIDE, dtype=np.int16)
        table[near] = self.ASK
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
        return table

    def __getstate__(self) -> dict[str, Any]:
        """Leave the shapes behind: they are read again where it is needed."""
        return {**self.__dict__, "_shapes": None}

    def find(self, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the position of each point's block, and whether it was asked of the polygons.

        Parameters
        ----------
        xy : array of shape (n, 2)
            Easting and northing in metres; NaN where unknown.

        Returns
        -------
        (array of int, array of bool)
            Position in `names`, -1 outside every block; True where a polygon was tested.
        """
        known = np.isfinite(xy).all(axis=1)
        out = np.full(len(xy), self.OUTSIDE, dtype=np.int64)
        with np.errstate(invalid="ignore"):
            col = (xy[:, 0] - self.west) // self.cell
            row = (xy[:, 1] - self.south) // self.cell
            inside = known & (col >= 0) & (col < self.columns) & (row >= 0) & (row < self.rows)
        out[inside] = self.table[row[inside].astype(np.int64), col[inside].astype(np.int64)]
        asked = out == self.ASK
        if asked.any():
            out[asked] = self._exact(xy[asked])
        return out, asked

    def _exact(self, xy: np.ndarray) -> np.ndarray:
        import shapely

        if self._shapes is None:
            self._shapes = shapely.from_wkb(self._wkb)
            shapely.prepare(self._shapes)
        # Complex numbers sort as pairs and are unique-able at once.
        distinct, back = np.unique(xy[:, 0] + 1j * xy[:, 1], return_inverse=True)
        points = shapely.points(distinct.real, distinct.imag)
        # Touching counts, and the first block by code wins, as everywhere in geolls.
        held, at = shapely.STRtree(points).query(self._shapes, predicate="intersects")
        found = np.full(len(distinct), self.OUTSIDE, dtype=np.int64)
        found[at[::-1]] = held[::-1]
        return found[back.ravel()]


class Columns(NamedTuple):
    """The two coordinate columns of a table, and whether they are degrees."""

    x: str
    y: str
    degrees: bool


def coordinate_columns(names: Sequence[str], where: str) -> Columns:
    """Find the coordinate columns of a table by their names.

    Raises
    ------
    InputFileError
        When there is no pair of easting/northing or lon/lat columns.
    """
    by_fold = {name.strip().casefold(): name for name in names}
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
    study : Study
        Its area layers on its day decide the units.

    Notes
    -----
    Adds `block`, `assigned_by` (`cell`, `polygon`, `none`) and one column per area layer with
    the unit's code: several claimants are joined by "+", and a reason stands where there is none.
    """

    def __init__(self, study: Study) -> None:
        self.cells = Cells(study.blocks)
        blocks = [str(b) for b in study.blocks.index]
        self.units: dict[str, list[str]] = {}
        for key in study.area_layers:
            table = study.block_membership(key)
            joined = table.groupby("item", sort=False)["unit_code"].agg("+".join)
            self.units[key] = [*joined.loc[blocks].tolist(), "not_located"]

    @property
    def new_columns(self) -> list[str]:
        """The columns that are added, in order."""
        return ["block", "assigned_by", *self.units]

    def __call__(self, batch: pa.RecordBatch, columns: Columns) -> pa.RecordBatch:
        """Return the batch with the new columns; a point without a block is `not_located`."""
        import pyarrow as pa
        import pyarrow.compute as pc

        xy = np.column_stack(
            [
                pc.cast(batch.column(c), pa.float64(), safe=False).to_numpy(zero_copy_only=False)
                for c in (columns.x, columns.y)
            ]
        )
        if columns.degrees:
            xy = _to_metres(xy)
        at, asked = self.cells.find(xy)
        index = pa.array(np.where(at < 0, len(self.cells.names) - 1, at), pa.int16())

        def spelled(values: Sequence[Any]) -> pa.Array:
            coded = pa.DictionaryArray.from_arrays(index, pa.array(values, pa.string()))
            return coded.cast(pa.string())

        how = np.select([at < 0, asked], [2, 1], 0).astype(np.int8)
        words = pa.array(["cell", "polygon", "none"])
        added = {
            "block": spelled(list(self.cells.names)),
            "assigned_by": pa.DictionaryArray.from_arrays(pa.array(how), words).cast(pa.string()),
            **{key: spelled(codes) for key, codes in self.units.items()},
        }
        kept = [n for n in batch.schema.names if n not in added]
        return pa.RecordBatch.from_arrays(
            [batch.column(n) for n in kept] + list(added.values()), names=kept + list(added)
        )


def _to_metres(xy: np.ndarray) -> np.ndarray:
    import pyproj

    change = pyproj.Transformer.from_crs(4326, 27700, always_xy=True)
    east, north = change.transform(xy[:, 0], xy[:, 1])
    out = np.column_stack([east, north])
    out[~np.isfinite(out).all(axis=1)] = np.nan
    return out


@dataclass(frozen=True)
class Report:
    """What a run over a table did."""

    rows: int
    placed: int
    batches: int
    resumed: int

    def __str__(self) -> str:
        """Say it in one line."""
        done = f", {self.resumed} of {self.batches} row groups kept" if self.resumed else ""
        return f"{self.rows:,} points read, {self.placed:,} in a district{done}"


def assign_points(
    source: Path, target: Path, study: Study, *, progress: Progress | None = None
) -> Report:
    """Assign every row of a table of points, row group by row group.

    Parameters
    ----------
    source : pathlib.Path
        .parquet or .csv with columns easting/northing (EPSG:27700) or lon/lat (EPSG:4326).
    target : pathlib.Path
        .parquet or .csv to write; finished row groups wait beside it in `<target>.parts`, so that
        a run that was stopped goes on where it ended.
    study : Study
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
        When the table cannot be read or has no coordinates.
    """
    import pyarrow.parquet as pq

    batches, names, total = _batches(source)
    columns = coordinate_columns(names, str(source))
    assigner = PointAssigner(study)
    parts = target.with_name(target.name + ".parts")
    _same_run(parts, source, study)
    rows = placed = resumed = count = 0
    for count, batch in enumerate(batches, start=1):
        part = parts / f"{count:06d}.parquet"
        if part.exists():
            done = pq.read_table(part, columns=["block"])
            resumed += 1
        else:
            import pyarrow as pa

            done = pa.Table.from_batches([assigner(batch, columns)])
            with writing(part) as path:
                pq.write_table(done, path, compression="zstd")
        rows += done.num_rows
        placed += done.num_rows - done.column("block").null_count
        if progress:
            progress("Assigning points", count, total)
    _joined(parts, target)
    shutil.rmtree(parts, ignore_errors=True)
    return Report(rows, placed, count, resumed)


def _batches(source: Path) -> tuple[Iterator[pa.RecordBatch], list[str], int | None]:
    """Open a table as batches of bounded size; the columns, and the number of batches if known."""
    import pyarrow as pa
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    if not source.is_file():
        raise InputFileError("there is no such file", where=str(source))
    try:
        if source.suffix.lower() == ".parquet":
            file = pq.ParquetFile(source)
            names = file.schema_arrow.names
            # Row groups are cut to one size, so that their number does not depend on the writer.
            total = sum(
                -(-file.metadata.row_group(i).num_rows // ROWS_PER_BATCH)
                for i in range(file.num_row_groups)
            )
            batches = (
                batch
                for i in range(file.num_row_groups)
                for batch in file.iter_batches(ROWS_PER_BATCH, row_groups=[i])
            )
            return batches, names, total
        header = pc.open_csv(source).schema.names
        x, y, _ = coordinate_columns(header, str(source))
        # Codes stay text (leading zeros); only coordinates are numbers.
        types = {n: pa.float64() if n in (x, y) else pa.string() for n in header}
        reader = pc.open_csv(
            source,
            read_options=pc.ReadOptions(block_size=1 << 24),
            convert_options=pc.ConvertOptions(column_types=types, strings_can_be_null=True),
        )
        return iter(reader), header, None
    except (pa.ArrowInvalid, OSError, UnicodeDecodeError) as error:
        raise InputFileError(
            f"cannot be read as a table ({str(error).splitlines()[0]})",
            where=str(source),
            fix="give a .parquet or .csv file",
        ) from error


def _same_run(parts: Path, source: Path, study: Study) -> None:
    """Keep finished parts only if they came from the same table, layers and day."""
    run = json.dumps(
        {
            "source": sha256(source),
            "as_of": study.as_of.isoformat(),
            "layers": {
                k: hashlib.sha256(
                    study.block_membership(k).to_csv(index=False).encode()
                ).hexdigest()
                for k in study.area_layers
            },
        },
        sort_keys=True,
    )
    note = parts / "run.json"
    if parts.is_dir() and not (note.is_file() and note.read_text(encoding="utf-8") == run):
        shutil.rmtree(parts)
    parts.mkdir(parents=True, exist_ok=True)
    write_text(note, run)


def _joined(parts: Path, target: Path) -> None:
    """Join the finished parts into one file, one row group each."""
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    files = sorted(parts.glob("*.parquet"))
    with writing(target) as path:
        if not files:
            raise InputFileError("the table has no rows", where=str(target))
        schema = pq.read_schema(files[0])
        writer: Any = (
            pc.CSVWriter(path, schema)
            if target.suffix.lower() == ".csv"
            else pq.ParquetWriter(path, schema, compression="zstd")
        )
        with writer:
            for file in files:
                writer.write_table(pq.read_table(file))
