"""Run the benchmarks: `python -m benchmarks`, in about a quarter of an hour; `--quick` in five."""

from __future__ import annotations

import argparse
import sys
import time
import traceback

from . import goals, report, rivals
from .data import Data
from .growth import find, grow, picture, stream
from .measure import ROOT, Row, memory_gib

# 256 times the schools are 5 million, in 8 GB.
_LARGE = [256] if memory_gib() >= 12 else []
PICTURE = ROOT / "docs" / "images" / "growth.svg"
PAGE = ROOT / "docs" / "performance.md"


def main() -> int:
    """Measure, print the table, and write docs/performance.md and its picture."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two turns in place of five")
    parser.add_argument("--only", nargs="+", choices=[*goals.STEPS, "rivals", "growth"])
    parser.add_argument("--scales", nargs="+", type=int, help="of the register; 1 4 16 64 256")
    parser.add_argument("--no-write", action="store_true", help="print only")
    options = parser.parse_args()
    number = 2 if options.quick else 5
    wanted = options.only or [*goals.STEPS, "rivals", "growth"]
    data = Data.find()
    rows: list[Row] = []
    notes: list[str] = []
    failed = False
    start = time.perf_counter()
    for name, step in goals.STEPS.items():
        if name in wanted:
            print(f"[{time.perf_counter() - start:4.0f} s] {name}", file=sys.stderr)
            try:
                rows += step(data, number)
            except Exception as error:
                notes.append(f"{name} failed: {type(error).__name__}, {error}")
                traceback.print_exc()
                failed = True
    against: list[Row] = []
    if "rivals" in wanted:
        for ways in (rivals.place, rivals.areas):
            print(f"[{time.perf_counter() - start:4.0f} s] rivals", file=sys.stderr)
            for found in ways(data, number):
                (against if isinstance(found, Row) else notes).append(found)  # type: ignore[arg-type]
    scales = options.scales or ([1, 4, 16] if options.quick else [1, 4, 16, 64, *_LARGE])
    grown, streams, rate = [], [], None
    if "growth" in wanted:
        print(f"[{time.perf_counter() - start:4.0f} s] growth", file=sys.stderr)
        grown = grow(scales)
        rate = find()
        streams = stream([2_000_000] if options.quick else [2_000_000, 20_000_000])
        rows += report.growth_rows(grown, streams)
    print(report.table(rows))
    print(report.table(against), *notes, sep="\n")
    if not options.no_write and not options.only:
        picture(grown, PICTURE)
        PAGE.write_text(
            report.page(data.title, number, rows, against, notes, grown, streams, rate),
            encoding="utf-8",
        )
        print(f"Written: {PAGE.relative_to(ROOT)}, {PICTURE.relative_to(ROOT)}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
