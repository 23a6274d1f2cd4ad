"""Run the assignment of points on a Spark cluster: the same function, batch by batch."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from geolls.study.points import PointAssigner, coordinate_columns

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from geolls.study.core import Core

__all__ = ["assign_frame"]


def assign_frame(frame: DataFrame, study: Core) -> DataFrame:
    """Assign every row of a Spark table to the units of every area layer.

    Parameters
    ----------
    frame : pyspark.sql.DataFrame
        With columns easting/northing (EPSG:27700) or lon/lat (EPSG:4326).
    study : Core
        Whose area layers and day count.

    Returns
    -------
    pyspark.sql.DataFrame
        One row per row: the same columns, and those of `points.PointAssigner`. Lazy, as
        all of Spark; needs no shuffle.

    Raises
    ------
    InputFileError
        When there are no coordinate columns. A coordinate that is not a number stops its task,
        and names the row within its batch.

    Notes
    -----
    Works where Spark has `DataFrame.mapInArrow` (3.3 or later); geolls must be installed on the
    workers too. Raster and blocks (about 1 MB) are broadcast once to each worker process.
    """
    from pyspark.sql.types import StringType, StructField, StructType

    columns = coordinate_columns(frame.columns, "the table")
    assigner = PointAssigner(study)
    new = assigner.added_to(frame.columns)
    schema = StructType([*frame.schema.fields, *(StructField(n, StringType()) for n in new)])
    shared = _shared(frame, assigner)

    def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        assign = shared()
        for batch in batches:
            yield assign(batch, columns, where="the table")

    with warnings.catch_warnings():
        # Spark warns of every new pandas; only Arrow batches and numpy pass through here.
        warnings.filterwarnings("ignore", "PySpark does not yet fully support", FutureWarning)
        return frame.mapInArrow(work, schema)


def _shared(frame: DataFrame, assigner: PointAssigner) -> Callable[[], Any]:
    """Return how a worker gets the assigner: broadcast, or with the task where Spark cannot."""
    try:
        sent = frame.sparkSession.sparkContext.broadcast(assigner)
    except Exception:  # Spark Connect has no context, and says so in its own error classes
        return lambda: assigner
    return lambda: sent.value
