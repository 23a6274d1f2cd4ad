"""Measure two ways in turns, each as often as the other, and memory in a process of its own."""

from __future__ import annotations

import gc
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LIBRARIES = ("numpy", "pandas", "geopandas", "shapely", "pyarrow", "folium")


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    step, baseline, ours : str
        What is done, and the two ways.
    base, mine : sequence of float
        What each turn took, in `unit`.
    goal : float or None
        The ratio to reach; None for a comparison without a goal.
    unit : str
        "s", "MB" or "kB".
    equal : str
        What was compared before the times were, in words.
    note : str
        Why a goal is missed, or what else to know.
    """

    step: str
    baseline: str
    ours: str
    base: Sequence[float]
    mine: Sequence[float]
    goal: float | None = None
    unit: str = "s"
    equal: str = ""
    note: str = ""

    @property
    def ratio(self) -> float:
        """Ours over the baseline's, by medians."""
        return statistics.median(self.mine) / statistics.median(self.base)

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the largest ratio of one turn."""
        ratios = [m / b for m, b in zip(self.mine, self.base, strict=True)]
        return min(ratios), max(ratios)

    @property
    def verdict(self) -> str:
        """Met, missed, or nothing to meet."""
        return "" if self.goal is None else "met" if self.ratio <= self.goal else "missed"


def said(ratio: float) -> str:
    """Say a ratio as people do.

    Examples
    --------
    >>> said(0.0125), said(0.31), said(1.4), said(36.0)
    ('1/80', '1/3.2', '1.4', '36')
    """
    if ratio >= 1:
        return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}"
    turned = 1 / ratio
    return f"1/{turned:,.0f}" if turned >= 10 else f"1/{turned:.1f}"


PATIENCE = 20.0  # seconds for a row, after which two turns must do


def turns(
    base: Callable[[], Any], mine: Callable[[], Any], number: int
) -> tuple[list[float], list[float]]:
    """Run two ways in turns and return the seconds that each took."""
    took: tuple[list[float], list[float]] = ([], [])
    begun = time.perf_counter()
    for turn in range(number):
        if turn >= 2 and time.perf_counter() - begun > PATIENCE:
            break
        for way, seconds in zip((base, mine), took, strict=True):
            gc.collect()
            start = time.perf_counter()
            way()
            seconds.append(time.perf_counter() - start)
    return took


def process(args: Sequence[str], **env: str) -> float:
    """Return the seconds that a command takes from start to end."""
    start = time.perf_counter()
    subprocess.run(
        args, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT,
        env={**os.environ, **env},
    )  # fmt: skip
    return time.perf_counter() - start


def alone(code: str, *args: str) -> dict[str, Any]:
    """Run code in a process of its own; it prints JSON; its peak memory is added as `peak_mb`."""
    ending = (
        "\nimport json\nfrom benchmarks.measure import peak_mb\n"
        "print(json.dumps({**said, 'peak_mb': peak_mb()}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", "import sys\nsaid = {}\n" + code + ending, *args],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def peak_mb() -> float:
    """Return the most memory that this process has held.

    The system's own counter starts from what the parent held when it forked, where Linux's
    status of the process does not.
    """
    import resource

    status = Path("/proc/self/status")
    if status.is_file():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def memory_gib() -> float:
    """Return the memory of this machine."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30


def machine() -> list[str]:
    """Describe where this runs, by what matters and nothing else."""
    libraries = [f"{n} {v}" for n in LIBRARIES if (v := installed(n))]
    return [
        f"{os.cpu_count()} cores, {memory_gib():.0f} GiB, {platform.system()}",
        f"Python {platform.python_version()}",
        *libraries,
    ]


def installed(name: str) -> str | None:
    """Return the version of a distribution, or None where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None
