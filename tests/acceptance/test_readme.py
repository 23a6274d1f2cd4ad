"""Every number in the README comes from the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.mark.real_data
def test_the_worked_question_has_the_answer_that_the_command_gives(geolls, real) -> None:
    ran = geolls(
        "overlap", "local_authority", "teaching_school_hub", "--by", "schools", *real,
        "--format", "csv",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    found = sorted(
        (
            int(float(row["weight"])),
            round(float(row["share_of_left"]) * 100),
            round(float(row["share_of_right"]) * 100) if row["right_code"].startswith("tsh") else 0,
            row["right_name"],
        )
        for row in ran.rows
        if row["left_name"] == "Lancashire"
    )
    rows = re.findall(r"^\| (.*?) \| (\d+) \| (\d+) % \| (?:(\d+) % )?\|$", README, re.MULTILINE)
    rows = sorted((int(n), int(left), int(right or 0), name) for name, n, left, right in rows)
    assert [row[:3] for row in rows] == [row[:3] for row in found]
    for (*_, name), (*_, whole) in zip(rows, found, strict=True):
        assert set(name.lower().split()) <= set(whole.lower().split())


def test_every_command_in_the_readme_exists() -> None:
    from geolls.cli.main import cli

    named = re.findall(r"^(?:\.venv/bin/)?geolls ([a-z]+)", README, re.MULTILINE)
    assert len(named) >= 7
    assert set(named) - {"describes"} <= set(cli.commands)
