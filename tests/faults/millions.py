"""A register of millions of rows: written fast, read in a process of its own, memory watched."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from double import Double
from services import case, refused

from geolls.base.errors import InputFileError
from geolls.register.register import read_register

HEADER = (
    "URN,EstablishmentName,LA (code),PhaseOfEducation (name),TypeOfEstablishment (name),"
    "EstablishmentTypeGroup (name),EstablishmentStatus (name),OpenDate,CloseDate"
)
# What stands behind the URN, and what becomes of such a row.
KINDS = (
    ("School,383,Primary,,Academies,Open,,", "kept"),
    ("School,384,Nursery,,Academies,Open,,", "filtered"),
    ("Hall,383,Secondary,,Free schools,Open,01-09-2012,", "kept"),
    ("Old School,330,Primary,,Academies,Closed,,", "filtered"),
    ("School,201,Primary,,Special schools,Open,,", "kept"),
    ("College,330,16 plus,,Colleges,Open,,", "filtered"),
    ("School,909,Primary,,Academies,Open,,", "kept"),
    ("School,909,Primary,,Academies,Closed,,01-09-2019", "filtered"),
    ("School,873,Primary,,Academies,Open,,", "kept"),
    ("School,873,Primary,,Academies,Lost,,", "rejected"),
)
FIRST, LAST = 10_000, 9_999_999  # the URNs there are; a longer file begins again
DAY = "2022-09-01"
MOST = 2_500_000_000  # bytes of memory, for ten million rows


def write(path: Path, rows: int) -> None:
    """Write a register of so many rows, a million at a time."""
    ends = np.array([f",{text}\n".encode() for text, _ in KINDS])
    with path.open("wb") as file:
        file.write(HEADER.encode() + b"\n")
        for start in range(0, rows, 1_000_000):
            number = np.arange(start, min(start + 1_000_000, rows))
            urn = FIRST + number % (LAST - FIRST + 1)
            lines = np.strings.add(urn.astype("S7"), ends[number % len(KINDS)])
            file.write(b"".join(lines.tolist()))


def expected(rows: int) -> dict[str, int]:
    """Say what becomes of the rows; of each URN only the first row is read."""
    known = min(rows, LAST - FIRST + 1)
    count = {"read": rows, "kept": 0, "filtered": 0, "rejected": rows - known}
    for i, (_, what) in enumerate(KINDS):
        count[what] += len(range(i, known, len(KINDS)))
    return count


READ = """
import json, resource, sys
from pathlib import Path
from geolls.register.register import read_register

# A busy machine is slow, not wrong: what would never end is ended by its own work, not by a clock.
resource.setrlimit(resource.RLIMIT_CPU, (1200, 1200))
cache = Path(sys.argv[1]).with_suffix("")  # as the commands keep what they read
register = read_register(sys.argv[1], as_of=sys.argv[2], cache_dir=cache)
counts = {k: register.counts[k] for k in ("read", "kept", "filtered", "rejected")}
listed = {k: len(getattr(register, k)) for k in ("schools", "filtered", "rejects")}
status = Path("/proc/self/status")
if status.is_file():  # the other counter starts from what the parent held when it forked
    peak = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
    peak = int(peak.split()[1]) * 1024
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak *= 1 if sys.platform == "darwin" else 1024
print(json.dumps([counts, listed, peak]))
"""


def read_alone(path: Path, rows: int) -> int:
    """Read such a register in a process of its own, check what became of each row.

    Returned is the most memory that the process held, in bytes.
    """
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path), DAY], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    counts, listed, peak = json.loads(done.stdout)
    assert counts == expected(rows), counts
    assert counts["read"] == counts["kept"] + counts["filtered"] + counts["rejected"]
    assert list(listed.values()) == [counts[k] for k in ("kept", "filtered", "rejected")]
    return int(peak)


@case("size", "a register of ten million rows, as large a file as is read")
def _(tmp: Path, _: Double) -> str:
    rows = 10_000_000
    write(tmp / "edubasealldata20220901.csv", rows)
    peak = read_alone(tmp / "edubasealldata20220901.csv", rows)
    print(f"ten million rows: {peak:,} bytes of memory at most", file=sys.stderr)
    assert peak < MOST, f"{peak:,} bytes of memory"
    count = expected(rows)
    told = " + ".join(f"{count[k]:,} {k}" for k in ("kept", "filtered", "rejected"))
    return f"{told} = all that were read; less than {MOST:,} bytes of memory"


@case("size", "a register of 3 GB")
def _(tmp: Path, _: Double) -> str:
    path = tmp / "edubasealldata20220901.csv"
    with path.open("wb") as file:
        file.write(HEADER.encode() + b"\n")
        file.truncate(3 << 30)  # sparse: takes no room
    said = "has 3,221,225,472 bytes"  # unread: it would be "not a csv file"
    return refused(InputFileError, lambda: read_register(path, as_of=DAY), said)


@case("size", "a register of 600 MB, packed into 600 kB")
def _(tmp: Path, _: Double) -> str:
    import gzip

    path = tmp / "edubasealldata20220901.csv.gz"
    block = f"{FIRST},School,383,Primary,,Academies,Open,,\n".encode() * 25_000
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(HEADER.encode() + b"\n")
        for _number in range(600):
            file.write(block)
    return refused(InputFileError, lambda: read_register(path, as_of=DAY), "unpacks to more than")
