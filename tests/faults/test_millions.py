"""A large register costs memory in step with its rows, and little; a giant is refused unread."""

from __future__ import annotations

from pathlib import Path

import millions
import pytest
from double import Double
from services import CASES


def test_a_further_row_of_a_register_takes_few_bytes(tmp_path: Path) -> None:
    # Both have more rows than are checked at a time, so that what is checked is the same.
    peaks = []
    for rows in (300_000, 900_000):
        path = tmp_path / f"{rows}.csv"
        millions.write(path, rows)
        peaks.append(millions.read_alone(path, rows))
    # About 160: a row of the file has 47, and is a row of an answer.
    assert (peaks[1] - peaks[0]) / 600_000 < 400, peaks


def test_a_register_larger_than_any_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_args: object) -> None:
        raise AssertionError("read")

    monkeypatch.setattr("hashlib.file_digest", read)
    giant = next(c for c in CASES if c.title == "a register of 3 GB")
    assert giant.run(tmp_path, Double()).startswith("exit 11: has 3,221,225,472 bytes")
