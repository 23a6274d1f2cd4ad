"""Write docs/checks.md, what tests counted: python tools/write_checks.py.

It runs the tests of tests/checks, which hand what they counted to `hold`: that writes a section
of the page here, and compares it with the page otherwise.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "checks.md"
WRITES = "GEOLLS_WRITE_CHECKS"
# Read what is slow to make of every place too, not of some.
EVERY = "GEOLLS_EVERY_PLACE"


def hold(section: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Compare a table with its section of the page, or write it there.

    Parameters
    ----------
    section : str
        The section: what stands between `<!-- section -->` and `<!-- /section -->`.
    heads : sequence of str
        Titles of the columns.
    rows : iterable of sequence
        Whole numbers and text; numbers are written with marks of thousands.
    """
    said = "\n".join([_line(heads), _line(["---"] * len(heads)), *map(_line, rows)])
    page = PAGE.read_text(encoding="utf-8")
    opening, shutting = f"<!-- {section} -->\n", f"\n<!-- /{section} -->"
    found = re.search(f"(?<={re.escape(opening)}).*?(?={re.escape(shutting)})", page, re.DOTALL)
    assert found, f"docs/checks.md has no section {section}"
    if os.environ.get(WRITES):
        PAGE.write_text(page[: found.start()] + said + page[found.end() :], encoding="utf-8")
    else:
        assert found[0] == said, "run: python tools/write_checks.py"


def _line(cells: Sequence[object]) -> str:
    said = (f"{c:,}" if isinstance(c, int) else str(c).replace("|", "\\|") for c in cells)
    return f"| {' | '.join(said)} |"


if __name__ == "__main__":
    # One process: two would write one page.
    tests = [sys.executable, "-m", "pytest", "-q", "-n", "0", "tests/checks"]
    env = {**os.environ, WRITES: "1", EVERY: "1"}
    sys.exit(subprocess.run(tests, cwd=ROOT, env=env).returncode)
