"""`geolls assign FILE`, as a user runs it: the same answers, stopped or not, in little memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from geolls.land.blocks import load_blocks, load_neighbourhoods
from geolls.land.locate import locate

from .conftest import Geolls


def pupils(path: Path, number: int, *, row_group: int | None = None) -> Path:
    rng = np.random.default_rng(number)
    land = load_neighbourhoods()[["easting", "northing"]].to_numpy(float)
    xy = np.rint(land[rng.integers(0, len(land), number)] + rng.normal(0, 300, (number, 2)))
    table = pa.table({"pupil": np.arange(number), "easting": xy[:, 0], "northing": xy[:, 1]})
    pq.write_table(table, path, row_group_size=row_group or number)
    return path


def test_a_table_of_pupils_comes_back_with_the_units_of_each(
    geolls: Geolls, tmp_path: Path
) -> None:
    source, target = pupils(tmp_path / "pupils.parquet", 30_000), tmp_path / "assigned.parquet"
    ran = geolls("assign", source, "-o", target)
    assert ran.code == 0, ran.err
    assert "30,000 points read" in ran.err
    got = pq.read_table(target)
    xy = np.column_stack([got["easting"], got["northing"]])
    assert got["block"].to_pylist() == locate(xy, load_blocks())["block"].tolist()
    assert got["pupil"].equals(pq.read_table(source)["pupil"])
    assert {"district", "local_authority", "teaching_school_hub"} <= set(got.schema.names)


def test_csv_in_csv_out_with_degrees(geolls: Geolls, tmp_path: Path) -> None:
    source, target = tmp_path / "places.csv", tmp_path / "out.csv"
    pc.write_csv(pa.table({"lon": [-1.5491, None], "lat": [53.8008, 53.0]}), source)
    ran = geolls("assign", source, "-o", target)
    assert ran.code == 0, ran.err
    got = pc.read_csv(target)
    assert got["district"].to_pylist() == ["E08000035", "not_located"]
    assert got["assigned_by"].to_pylist() == ["polygon", "none"]


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("a,b\n1,2\n", 11, "needs columns easting and northing"),
        ("easting,northing\n1,here\n", 11, "row 2: northing is 'here'"),
        ("", 11, "is empty"),
    ],
)
def test_a_table_it_cannot_use_is_one_line_and_an_exit_code(
    geolls: Geolls, tmp_path: Path, text: str, code: int, said: str
) -> None:
    source = tmp_path / "points.csv"
    source.write_text(text)
    ran = geolls("assign", source, "-o", tmp_path / "out.csv")
    assert ran.code == code, ran.err
    assert said in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.skipif(os.name == "nt", reason="needs a signal that cannot be caught")
def test_a_killed_run_goes_on_where_it_ended(geolls: Geolls, tmp_path: Path) -> None:
    source = pupils(tmp_path / "pupils.parquet", 60_000, row_group=1_000)
    whole, target = tmp_path / "whole.parquet", tmp_path / "out.parquet"
    assert geolls("assign", source, "-o", whole).code == 0
    parts = tmp_path / "out.parquet.parts"
    for _ in range(10):  # a run may end before it can be killed
        running = subprocess.Popen(
            [sys.executable, "-m", "geolls", "assign", str(source), "-o", str(target)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while running.poll() is None and len(list(parts.glob("0*.arrow"))) < 3:
            time.sleep(0.002)
        running.send_signal(signal.SIGKILL)
        running.wait()
        if not target.exists():
            break
        target.unlink()
    assert parts.exists(), "no run could be killed half-way"
    ran = geolls("assign", source, "-o", target)
    assert ran.code == 0, ran.err
    assert "of 60 parts kept" in ran.err
    assert target.read_bytes() == whole.read_bytes()
    assert not parts.exists()


# Not getrusage: its peak begins with what the parent held when it forked.
PEAK = """
import json, sys
from pathlib import Path
from geolls import open_study
from geolls.study.points import assign_points
report = assign_points(Path(sys.argv[1]), Path(sys.argv[2]), open_study(layers=["district"]))
status = Path("/proc/self/status").read_text().splitlines()
peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
print(json.dumps({"rows": report.rows, "kib": peak}))
"""


@pytest.mark.skipif(
    not Path("/proc/self/status").is_file(), reason="the system does not say the peak of memory"
)
def test_ten_times_the_rows_do_not_take_more_memory(tmp_path: Path) -> None:
    peaks = []
    for number in (300_000, 3_000_000):
        source = pupils(tmp_path / f"{number}.parquet", number)
        done = subprocess.run(
            [sys.executable, "-c", PEAK, str(source), str(tmp_path / "out.parquet")],
            capture_output=True,
            text=True,
            check=True,
        )
        said = json.loads(done.stdout)
        assert said["rows"] == number
        peaks.append(said["kib"] / 1024)
    # Each file is one row group. The larger table is 180 MB with its new columns; a tenth of it
    # was there before.
    assert peaks[1] - peaks[0] < 50, peaks
