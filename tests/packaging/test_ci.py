"""In continuous integration nothing is skipped: a check that cannot be made has failed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
SKIPS = {
    "a_test": "import pytest\n\ndef test_it() -> None:\n    pytest.skip('no data here')\n",
    "a_file": "import pytest\n\npytest.skip('no Java here', allow_module_level=True)\n",
}


@pytest.mark.parametrize("ci", ["true", ""])
@pytest.mark.parametrize("kind", SKIPS)
def test_what_is_skipped_fails_in_continuous_integration_alone(
    kind: str, ci: str, tmp_path: Path
) -> None:
    (tmp_path / "test_one.py").write_text(SKIPS[kind])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-c", os.devnull, str(tmp_path)],
        env={**os.environ, "CI": ci, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
    )
    said = done.stdout + done.stderr
    assert ("skipped in continuous integration" in said) == (ci == "true"), said
    assert (done.returncode in {1, 2}) == (ci == "true"), said


def test_both_browsers_are_installed_before_the_tests_ask_for_them() -> None:
    run = TESTS.parent / ".ci" / "run"
    if run.is_file():  # not in a source archive
        for name in ("chromium-headless-shell", "firefox-esr"):
            asked = f"command -v {name} >/dev/null || missing+=({name}"
            assert asked in run.read_text("utf-8")
            assert f'"{name}"' in (TESTS / "conftest.py").read_text("utf-8")
