"""The house as docs/architecture.md tells it: its picture, and where a change goes."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOUSE = runpy.run_path(str(ROOT / "tools" / "draw_house.py"))
CHANGES = Path(__file__).resolve().parent / "changes"
MOST_FILES = 3

REGISTER = """\
URN,EstablishmentName,LA (code),PhaseOfEducation (name),TypeOfEstablishment (name),\
EstablishmentTypeGroup (name),EstablishmentStatus (name),OpenDate,CloseDate,\
DistrictAdministrative (code),SchoolCapacity,Section41Approved (name)
100001,Alder School,383,Primary,Community school,Local authority maintained schools,Open,\
01-09-1990,,E08000035,420,Approved
100002,Beech School,380,Primary,Community school,Local authority maintained schools,Open,\
01-09-1990,,E08000032,210,Not approved
"""
SHADED = """\
title = "Pupils"
question = "How many pupils there are."
areas = "region"
on = ["region"]
measures = ["pupils"]
shade = "pupils"
"""
INITIALS = 'title = "Initials"\nkind = "initials"\nsource = "The register"\n'
OF_TWO = "--register register.csv --as-of 2022-09-01"
ON_REGISTER = f"{OF_TWO} --format csv"

# A change, how it is tried, and what then shows that it works.
TRIED = {
    "a command": ("geolls units region --as-of 2022-09-01 --format csv", "E12000007,London"),
    "a map recipe": (
        f"geolls map maintained {OF_TWO} -o map.svg && cat map.svg",
        "Schools in no trust",
    ),
    "an export format": (
        "geolls layers --as-of 2022-09-01 --format jsonl",
        '["local_authority", "Local',
    ),
    "a hub's claim": (
        "geolls where E08000037 --as-of 2025-10-02 --format csv",
        "Cheshire Teaching School Hub",
    ),
    "a distance": (
        'python -c "from geolls.measures.spread import distances; import numpy as np; '
        'print(distances(np.array([[0, 0], [3e3, 4e3]]), np.zeros(2, int), 1))"',
        "'pair_km_max': array([6.5])",
    ),
    "a spread measure": ("geolls spread --format csv", "pair_km_max,pair_km_least,"),
    "a register column": (
        "python -c \"import geolls; s = geolls.open_study(register='register.csv', "
        "as_of='2022-09-01'); print(*s.schools['section_41'])\"",
        "Approved Not approved",
    ),
    "a weight": (f"geolls overlap region district --by places {ON_REGISTER}", "Leeds,420,"),
    "a page type": (
        'python -c "import geolls; from geolls.study.facts import facts_of; '
        "from geolls.atlas.book import Book; "
        "s = geolls.open_study(register='register.csv', as_of='2022-09-01'); "
        "print(Book(facts_of(s, ['region'])).make('layers.html'))\"",
        "Every layer of this atlas.",
    ),
    "a fetch source": (
        'python -c "from geolls.fetch.sources import load_sources; '
        'print([f.key for f in load_sources().gias.file])"',
        "'governors'",
    ),
    "a shading": (
        f"geolls map shaded.toml {OF_TWO} -o map.svg && cat map.svg",
        "How many pupils there are",
    ),
    "a layer kind": (
        f"geolls coverage initials --by schools --boundaries layers {ON_REGISTER}",
        "\nA,A,1,",
    ),
}


def patch_of(change: str) -> Path:
    """Return the patch of a change: changes/map-recipe.patch of "a map recipe"."""
    name = re.sub(r"^an? |'s", "", change).replace(" ", "-")
    return CHANGES / f"{name}.patch"


def test_the_picture_of_the_floors_is_drawn_from_the_code() -> None:
    kept = (ROOT / "docs" / "images" / "house.svg").read_text("utf-8")
    assert kept == HOUSE["picture"](), "run: python tools/draw_house.py"


def test_every_floor_is_named_and_says_what_it_is() -> None:
    assert {f for line in HOUSE["FLOORS"] for f in line} == set(HOUSE["SAYS"])
    on_disk = {p.name for p in (ROOT / "geolls").iterdir() if (p / "__init__.py").is_file()}
    assert on_disk <= set(HOUSE["SAYS"])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house to change."""
    copy = tmp_path_factory.mktemp("house")
    for name in ("geolls", "boundaries", "maps"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    (copy / "register.csv").write_text(REGISTER)
    (copy / "shaded.toml").write_text(SHADED)
    (copy / "layers" / "initials").mkdir(parents=True)
    (copy / "layers" / "initials" / "layer.toml").write_text(INITIALS)
    return copy


@pytest.mark.parametrize("change", TRIED)
def test_a_change_touches_at_most_three_files_and_works(change: str, house: Path) -> None:
    patch = patch_of(change)
    touched = re.findall(r"^\+\+\+ b/(.*)$", patch.read_text("utf-8"), re.M)
    assert 1 <= len(touched) <= MOST_FILES, touched
    command, shown = TRIED[change]
    apply = ["git", "apply", "--whitespace=nowarn"]
    subprocess.run([*apply, str(patch)], cwd=house, check=True)
    try:
        words = command.replace("geolls ", f"{sys.executable} -m geolls ", 1)
        words = words.replace("python -c", f"{sys.executable} -c")
        env = {**os.environ, "PYTHONPATH": str(house), "PYTHONDONTWRITEBYTECODE": ""}
        done = subprocess.run(words, shell=True, cwd=house, env=env, capture_output=True, text=True)
    finally:
        subprocess.run([*apply, "--reverse", str(patch)], cwd=house, check=True)
    assert shown in done.stdout, done.stdout[-2000:] + done.stderr[-2000:]


def test_every_room_that_the_page_names_is_there() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    named = re.findall(r"`([a-z]+/[a-z_]+)`", page)
    assert len(named) >= 12
    assert [room for room in named if not (ROOT / "geolls" / f"{room}.py").is_file()] == []


def test_the_page_on_the_house_names_each_change_and_its_files() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    for change in TRIED:
        touched = re.findall(r"^\+\+\+ b/(.*)$", patch_of(change).read_text("utf-8"), re.M)
        row = f"| {change} | {', '.join(f'`{name}`' for name in touched)} |"
        assert row in page, f"docs/architecture.md lacks: {row}"
