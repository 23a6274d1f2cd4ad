"""The list of licences names what geolls asks for, and nothing on it forbids shipping under MIT."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_licence_is_known_and_fits() -> None:
    tool = ROOT / "tools" / "licences.py"
    done = subprocess.run(
        [sys.executable, str(tool), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_list_names_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8").lower()
    extras = [d for some in project["optional-dependencies"].values() for d in some]
    for wanted in project["dependencies"] + extras:
        name = re.split(r"[<>=!~ \[;]", wanted)[0].lower().replace("_", "-")
        row = f"| {name} |" in listed.replace("_", "-")
        assert row, f"run python tools/licences.py: {name} is missing"
