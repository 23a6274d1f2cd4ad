"""CI installs the versions in constraints.txt: whole, within pyproject.toml, binding no other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
LINES = [
    line
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def name_of(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def test_every_line_is_one_version_for_one_python_on_one_system() -> None:
    for line in LINES:
        assert re.fullmatch(
            r'[a-z0-9-]+==[\w.!+]+ ; python_version == "3\.\d+" and sys_platform == "\w+"', line
        ), line
    names = [line.partition("==")[0] for line in LINES]
    assert len(names) == len(set(names)) and "pip" in names and "geolls" not in names


def test_it_names_no_place_that_packages_come_from() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert not re.search(r"://|^-|@|/(?!lock\.py)", text, re.MULTILINE)


@pytest.mark.parametrize(
    "wanted", [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
)
def test_what_is_asked_for_is_locked_within_its_bounds(wanted: str) -> None:
    locked = {r.name: r for r in map(Requirement, LINES)}
    asked = Requirement(wanted)
    (pin,) = locked[name_of(asked.name)].specifier
    assert asked.specifier.contains(pin.version, prereleases=True)


def test_other_versions_of_python_are_left_to_resolve() -> None:
    bound = {
        version
        for version in ("3.11", "3.12", "3.13", "3.14")
        for line in LINES
        if Requirement(line).marker.evaluate({"python_version": version, "sys_platform": "linux"})
    }
    assert len(bound) == 1


def test_ci_uses_it_and_nobody_else_has_to() -> None:
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "LOCK := $(if $(CI),--constraint constraints.txt)" in make
    installs = [line for line in make.splitlines() if ".venv" not in line and "pip install" in line]
    assert sum("$(LOCK)" in line for line in installs) == 2
    ci = ROOT / ".ci" / "run"
    if ci.is_file():  # not in a source archive
        assert "export CI=true" in ci.read_text(encoding="utf-8")
