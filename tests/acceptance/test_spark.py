"""Spark gives the same answers, row for row, as one laptop."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geolls import open_study
from geolls.base.errors import InputFileError
from geolls.land.blocks import load_neighbourhoods
from geolls.study.points import assign_points

MISSING = []
if find_spec("pyspark") is None:
    MISSING.append("pyspark is not installed: pip install 'geolls[spark]'")
if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    MISSING.append("Spark needs Java 17 or later")
if MISSING:
    pytest.skip("; ".join(MISSING), allow_module_level=True)

# Spark's own: it leaves sockets and files to the collector, and warns of every new pandas.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support:FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:pyspark"),
]
ROWS = int(os.environ.get("GEOLLS_TEST_SPARK_ROWS", "200000"))


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    assert MISSING == []
    from pyspark.sql import SparkSession

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]), prepend=os.pathsep)
        session = (
            SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.sql.execution.arrow.maxRecordsPerBatch", "50000")
            .getOrCreate()
        )
        yield session
        session.stop()


def test_a_cluster_answers_as_a_laptop_does(spark: Any, tmp_path: Path) -> None:
    from geolls.study.spark import assign_frame

    rng = np.random.default_rng(5)
    land = load_neighbourhoods()[["easting", "northing"]].to_numpy(float)
    xy = np.rint(land[rng.integers(0, len(land), ROWS)] + rng.normal(0, 400, (ROWS, 2)))
    xy[::1000] = np.nan
    table = pa.table({"pupil": np.arange(ROWS), "easting": xy[:, 0], "northing": xy[:, 1]})
    source = tmp_path / "pupils.parquet"
    pq.write_table(table, source, row_group_size=ROWS // 4)
    study = open_study()
    assign_points(source, tmp_path / "local.parquet", study)
    assign_frame(spark.read.parquet(str(source)), study).write.parquet(str(tmp_path / "spark"))
    want = pq.read_table(tmp_path / "local.parquet")
    got = pq.read_table(tmp_path / "spark").sort_by("pupil")
    assert got.schema.names == want.schema.names
    assert got.num_rows == want.num_rows == ROWS
    for name in want.schema.names:
        mine, theirs = want[name].combine_chunks(), got[name].combine_chunks()
        if pa.types.is_floating(mine.type):
            assert np.array_equal(mine.to_numpy(), theirs.to_numpy(), equal_nan=True)
        else:
            assert mine.equals(theirs), name
    assert set(want["assigned_by"].to_pylist()) == {"polygon", "nearest", "none"}


def test_a_table_without_coordinates_is_refused_before_any_work(spark: Any) -> None:
    from geolls.study.spark import assign_frame

    with pytest.raises(InputFileError, match="needs columns easting and northing"):
        assign_frame(spark.range(3), open_study())
