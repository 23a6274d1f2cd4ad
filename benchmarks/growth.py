"""How time and memory grow with the number of schools, and the picture of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from .measure import alone

# The register is generated outside the clock; what is measured is what geolls does with it.
_WORK = """
import time
from benchmarks.measure import peak_mb
from geolls import Study, open_study
from geolls.register.demonstration import demonstration_register

scale = int(sys.argv[1])
keys = ("district", "local_authority", "region", "teaching_school_hub")
settings = open_study(layers=keys).settings
warm = Study(settings, register=demonstration_register(scale=1))
_ = [warm.assigned(k) for k in keys], warm.spread()
study = Study(settings, register=demonstration_register(scale=scale))

said["schools"] = len(study.schools)
said["before_mb"] = peak_mb()
start = time.perf_counter()
_ = study.placement
said["place"] = time.perf_counter() - start
start = time.perf_counter()
for key in keys:
    study.assigned(key)
said["assign"] = time.perf_counter() - start
start = time.perf_counter()
study.spread()
said["spread"] = time.perf_counter() - start
"""

_POINTS = """
import time
import pyarrow.parquet as pq, pyarrow as pa, numpy as np, tempfile
from pathlib import Path
from geolls import open_study
from geolls.study.points import assign_points
from geolls.land.blocks import load_neighbourhoods

rows, layers = int(sys.argv[1]), sys.argv[2].split(",")
rng = np.random.default_rng(1)
land = load_neighbourhoods()[["easting", "northing"]].to_numpy(float)
with tempfile.TemporaryDirectory() as folder:
    source = Path(folder) / "points.parquet"
    schema = pa.schema([("id", pa.int64()), ("easting", pa.float64()), ("northing", pa.float64())])
    with pq.ParquetWriter(source, schema) as writer:
        for first in range(0, rows, 500_000):
            n = min(500_000, rows - first)
            xy = np.rint(land[rng.integers(0, len(land), n)] + rng.normal(0, 400, (n, 2)))
            writer.write_table(pa.table(
                [np.arange(first, first + n), xy[:, 0], xy[:, 1]], schema=schema))
    study = open_study(layers=layers if layers != [""] else ())
    start, cpu = time.perf_counter(), time.process_time()
    report = assign_points(source, Path(folder) / "out.parquet", study)
    said["seconds"] = time.perf_counter() - start
    said["cpu"] = time.process_time() - cpu
    said["rows"] = report.rows
"""

_FIND = """
import time
import numpy as np
from geolls.land.blocks import load_blocks, load_neighbourhoods
from geolls.land.cells import Cells

rng = np.random.default_rng(1)
land = load_neighbourhoods()[["easting", "northing"]].to_numpy(float)
n = 2_000_000
xy = np.rint(land[rng.integers(0, len(land), n)] + rng.normal(0, 400, (n, 2)))
start = time.process_time()
cells = Cells(load_blocks())
said["build"] = time.process_time() - start
cells.find(xy[:1000])
took = []
for _ in range(5):
    start = time.process_time()
    for first in range(0, n, 262_144):
        cells.find(xy[first : first + 262_144])
    took.append(time.process_time() - start)
said["per_second"] = n / sorted(took)[2]
"""


@dataclass(frozen=True)
class Point:
    """What a register of one scale takes."""

    scale: int
    schools: int
    place: float
    assign: float
    spread: float
    before_mb: float
    peak_mb: float

    @property
    def seconds(self) -> float:
        """Placing, assigning to four layers and measuring all trusts."""
        return self.place + self.assign + self.spread


def grow(scales: Sequence[int]) -> list[Point]:
    """Measure each scale in a process of its own."""
    return [Point(scale=s, **alone(_WORK, str(s))) for s in scales]


def stream(rows: Sequence[int], layers: str = "") -> list[dict[str, float]]:
    """Stream tables of so many points through the assignment."""
    return [alone(_POINTS, str(n), layers) for n in rows]


def find() -> dict[str, float]:
    """Return points a second of one core against districts, warm."""
    return alone(_FIND)


def kb_a_school(points: Sequence[Point]) -> float:
    """Return the memory that each further school takes: peak of the largest over the smallest."""
    first, last = points[0], points[-1]
    return (last.peak_mb - first.peak_mb) * 1024 / (last.schools - first.schools)


# ---- the picture -------------------------------------------------------------------------------

_LEFT, _TOP, _WIDE, _HIGH, _GAP = 64, 44, 280, 220, 100


def picture(points: Sequence[Point], path: Path) -> None:
    """Draw time and memory against schools, both axes by powers of ten."""
    sizes = [p.schools for p in points]
    panes = (
        ("Seconds", [p.seconds for p in points], "s"),
        ("Peak memory, MB", [p.peak_mb for p in points], "MB"),
    )
    width = _LEFT + 2 * _WIDE + _GAP + 48
    height = _TOP + _HIGH + 62
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-labelledby="t d" font-family="sans-serif" '
        'font-size="12">',
        '<title id="t">Time and memory grow no faster than the number of schools</title>',
        f'<desc id="d">{escape(_words(points))}</desc>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for i, (title, values, unit) in enumerate(panes):
        out += _pane(_LEFT + i * (_WIDE + _GAP), title, sizes, values, unit)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*out, "</svg>", ""]), encoding="utf-8")


def _words(points: Sequence[Point]) -> str:
    return "; ".join(
        f"{p.schools:,} schools: {p.seconds:.2f} s, {p.peak_mb:,.0f} MB" for p in points
    )


def _pane(
    left: int, title: str, sizes: Sequence[int], values: Sequence[float], unit: str
) -> list[str]:
    x0, x1 = math.floor(math.log10(min(sizes))), math.ceil(math.log10(max(sizes)))
    y0, y1 = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))

    def at(size: float, value: float) -> tuple[float, float]:
        x = left + _WIDE * (math.log10(size) - x0) / (x1 - x0)
        y = _TOP + _HIGH * (1 - (math.log10(value) - y0) / (y1 - y0))
        return round(x, 1), round(y, 1)

    base = _TOP + _HIGH
    out = [f'<text x="{left}" y="{_TOP - 18}" font-weight="bold" fill="#111">{title}</text>']
    for power in range(x0, x1 + 1):
        x, _ = at(10**power, 10**y0)
        out.append(f'<path d="M{x} {_TOP}V{base}" stroke="#ddd"/>')
        out.append(
            f'<text x="{x}" y="{base + 18}" text-anchor="middle" fill="#444">{10**power:,}</text>'
        )
    for power in range(y0, y1 + 1):
        _, y = at(10**x0, 10.0**power)
        out.append(f'<path d="M{left} {y}H{left + _WIDE}" stroke="#ddd"/>')
        out.append(
            f'<text x="{left - 8}" y="{y + 4}" text-anchor="end" fill="#444">{10.0**power:g}</text>'
        )
    # What would double with the schools, from the first point on.
    end = min(10**x1, sizes[0] * 10**y1 / values[0])
    (xa, ya), (xb, yb) = at(sizes[0], values[0]), at(end, values[0] * end / sizes[0])
    out.append(f'<path d="M{xa} {ya}L{xb} {yb}" stroke="#767676" stroke-dasharray="4 4"/>')
    out.append(
        f'<text x="{xb - 6}" y="{yb + 14}" text-anchor="end" fill="#595959" font-size="11">'
        "in step with schools</text>"
    )
    spots = [at(s, v) for s, v in zip(sizes, values, strict=True)]
    line = "L".join(f"{x} {y}" for x, y in spots)
    out.append(f'<path d="M{line}" fill="none" stroke="#0b5a8f" stroke-width="2"/>')
    for (x, y), value in zip(spots, values, strict=True):
        shown = f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
        out.append(f'<circle cx="{x}" cy="{y}" r="4" fill="#0b5a8f"/>')
        out.append(
            f'<text x="{x}" y="{y + 18}" text-anchor="middle" fill="#111" font-size="11" '
            f'stroke="#fff" stroke-width="3" paint-order="stroke">{shown} {unit}</text>'
        )
    out.append(
        f'<text x="{left + _WIDE / 2}" y="{base + 42}" text-anchor="middle" fill="#111">'
        "Schools</text>"
    )
    return out
