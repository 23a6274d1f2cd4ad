"""Run the command line as a user does: in a process of its own, data and notes kept apart."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.out)))


Geolls = Callable[..., Ran]


@pytest.fixture(scope="session")
def geolls(tmp_path_factory: pytest.TempPathFactory) -> Geolls:
    data = tmp_path_factory.mktemp("data")
    files = str(tmp_path_factory.getbasetemp())

    def run(*args: object) -> Ran:
        asked = tuple(map(str, args))
        # What reads or writes the files of a test may come out otherwise the next time.
        again = asked[:1] == ("fetch",) or any(files in arg for arg in asked)
        return command(*asked) if again else once(*asked)

    def command(*args: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "geolls", *args],
            capture_output=True,
            text=True,
            env={**os.environ, "GEOLLS_DATA": str(data), "COLUMNS": "200"},
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    once = cache(command)
    return run


@pytest.fixture(scope="session")
def real(real_data: Path) -> list[str]:
    """The options that name the real register at the day of the research."""
    return [
        "--register",
        str(real_data / "gias" / "edubasealldata_reconstructed_2023-01.csv.gz"),
        "--links",
        str(real_data / "gias" / "alllinksdata_2022-03.csv.gz"),
        "--as-of",
        "2022-09-01",
    ]
