"""Write constraints.txt, the versions that CI installs: `make lock`, or `python tools/lock.py`.

Run in the environment whose versions are to be kept, after its tests have passed. Every line
holds for the version of Python and the system it was written on, and says so in its marker: other
versions (3.11 to 3.14) resolve freely, from the lower bounds of pyproject.toml. It names versions
alone, not where they come from; `make audit` asks whether any of them has a known vulnerability.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import distributions
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "constraints.txt"
OWN = {"geolls"}


def installed() -> dict[str, str]:
    """Return the version of every distribution here but geolls, by normal name."""
    found = {re.sub(r"[-_.]+", "-", d.metadata["Name"]).lower(): d.version for d in distributions()}
    return {name: found[name] for name in sorted(found) if name not in OWN}


def constraints() -> str:
    """Return the text of the file."""
    marker = (
        f'python_version == "{sys.version_info.major}.{sys.version_info.minor}"'
        f' and sys_platform == "{sys.platform}"'
    )
    lines = ["# Written by tools/lock.py; used where CI is set."]
    lines += [f"{name}=={version} ; {marker}" for name, version in installed().items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TARGET.write_text(constraints(), encoding="utf-8")
    print(f"{TARGET.name}: {len(installed())} versions")
