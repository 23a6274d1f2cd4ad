"""Try every fault and write the table of what happened: `make faults`.

    python tests/faults/run.py                     every service case, up to 800 of each reader
    python tests/faults/run.py --cases 50          fewer
    python tests/faults/run.py --only register     one reader; writes no table
    python tests/faults/run.py --case million      the service cases of that title; no table
    python tests/faults/run.py --keep out/faults   keep the input of each finding

Ends with code 1 where anything was found.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import groupby
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import atlases  # noqa: E402, F401  (enters its cases)
import double  # noqa: E402
import fuzz  # noqa: E402
import handed  # noqa: E402, F401  (enters its cases)
import millions  # noqa: E402, F401  (enters its cases)
import services  # noqa: E402

TABLE = HERE.parents[1] / "docs" / "faults.md"


HEAD = """# Faults and bad input

What was tried, how many cases, and what happened. Written by `make faults`
(`python tests/faults/run.py`); a few hundred of the same cases run in `make test`.

Every case must end in one of three ways: it works; it ends in one clear line with the exit code
of its family (2 usage, 10 catalogue, 11 input file or network, 12 date, code or place,
13 geometry, 14 map, 15 output); or what is wrong is a row of `rejects.csv` or a note. Another
exception, a hang of more than {seconds} seconds, a row lost without a reason or a promise broken
(counts that do not reconcile, land lost, a code twice) is a finding.

"""


def a_chunk(name: str, cases: range, keep: Path | None) -> fuzz.Outcome:
    """Run some cases of one reader, in a process of its own."""
    outcome = fuzz.run(fuzz.TARGETS[name], cases, keep)
    outcome.target = None  # type: ignore[assignment]  # functions do not travel
    return outcome


def fuzz_all(names: list[str], cases: int, jobs: int, keep: Path | None) -> dict[str, fuzz.Outcome]:
    """Run all cases of all readers."""
    found: dict[str, fuzz.Outcome] = {n: fuzz.Outcome(fuzz.TARGETS[n]) for n in names}
    step = 100
    many = {n: -(-cases // 4) if n in fuzz.COSTLY else cases for n in names}
    asked = [(n, range(a, min(a + step, many[n]))) for n in names for a in range(0, many[n], step)]
    with ProcessPoolExecutor(jobs) as pool:
        futures = [(n, pool.submit(a_chunk, n, chunk, keep)) for n, chunk in asked]
        for name, future in futures:
            part, whole = future.result(), found[name]
            whole.cases += part.cases
            whole.ends += part.ends
            whole.findings += part.findings
            whole.seconds += part.seconds
            if whole.cases == many[name]:
                print(
                    f"{name}: {whole.cases} cases, {len(whole.findings)} findings", file=sys.stderr
                )
    return found


def service_rows(words: str = "") -> list[tuple[str, str, str, bool]]:
    """Run every service case, or those with some words in the title."""
    rows = []
    for case in services.CASES:
        if words not in case.title:
            continue
        with tempfile.TemporaryDirectory() as folder, double.running() as served:
            try:
                rows.append((case.group, case.title, case.run(Path(folder), served), False))
            except Exception as error:  # the table shows it
                rows.append((case.group, case.title, f"FINDING: {error!r}", True))
                print(f"{case.title}: {error!r}", file=sys.stderr)
    return rows


def cell(text: str) -> str:
    """Make a text fit into a cell of Markdown."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace(str(Path.home()), "~")


def services_table(rows: list[tuple[str, str, str, bool]]) -> str:
    """Write one section per group."""
    text = "## Services, disks and processes\n\n"
    text += f"{len(rows)} cases, those of services against a double of both on this machine "
    text += "(`tests/faults/double.py`).\n"
    for group, some in groupby(rows, key=lambda row: row[0]):
        text += f"\n### {group.capitalize()}\n\n| what goes wrong | what happened |\n|---|---|\n"
        for _, title, happened, _ in some:
            text += f"| {cell(title)} | {cell(stable(happened))} |\n"
    return text


def stable(text: str) -> str:
    """Leave out what differs from run to run: ports, folders, numbers of processes."""
    import re

    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1", text)
    text = re.sub(r"(/[\w.-]+)*/tmp\w*/", "", text)
    return re.sub(r"\[Errno -?\d+\] ", "", text)


def fuzz_table(found: dict[str, fuzz.Outcome]) -> str:
    """Write one row per reader."""
    total = sum(o.cases for o in found.values())
    findings = sum(len(o.findings) for o in found.values())
    text = "\n## Broken and hostile input\n\n"
    text += f"{total:,} cases made by seeded chance (`tests/faults/fuzz.py`), "
    text += f"{findings} findings.\n\n| input | cases | what happened |\n|---|---:|---|\n"
    for outcome in found.values():
        ends: Counter[str] = outcome.ends
        happened = "; ".join(f"{n:,} {end}" for end, n in sorted(ends.items(), key=lambda e: -e[1]))
        text += f"| {cell(outcome.target.what)} | {outcome.cases:,} | {cell(happened)} |\n"
    return text


def main() -> int:
    """Run, write, and say how many findings there are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=800, help="cases of each reader")
    parser.add_argument("--only", choices=sorted(fuzz.TARGETS), action="append")
    parser.add_argument("--case", help="words in the title of a service case")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="where to keep the input of each finding")
    parser.add_argument("--table", type=Path, default=TABLE)
    options = parser.parse_args()
    if options.case:
        rows = service_rows(options.case)
        print(services_table(rows))
        return 1 if not rows or any(row[3] for row in rows) else 0
    found = fuzz_all(options.only or list(fuzz.TARGETS), options.cases, options.jobs, options.keep)
    for outcome in found.values():
        for number, end in outcome.findings:
            print(f"{outcome.target.name}/{number}: {end}", file=sys.stderr)
    bad = sum(len(o.findings) for o in found.values())
    if not options.only:
        rows = service_rows()
        bad += sum(row[3] for row in rows)
        text = HEAD.format(seconds=fuzz.SECONDS) + services_table(rows) + fuzz_table(found)
        options.table.parent.mkdir(exist_ok=True)
        options.table.write_text(text, encoding="utf-8")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
