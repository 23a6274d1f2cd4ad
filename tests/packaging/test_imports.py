"""The rooms of the house may only look into the rooms below them."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "geolls"

# Lower rooms first: a room may import rooms above its own line, or on it, never below.
ORDER = [
    {"errors"},
    {"shelves", "near", "information", "counts"},
    # files in and out, and what the shelves hold
    {"files", "settings", "layers", "recipes", "offline", "web"},
    {"catalogue", "sources", "dictionary", "tables"},
    {"areas", "portal"},
    {"fetch"},
    # land and schools
    {"blocks"},
    {"pointindex", "polygons", "linemoves", "register"},
    {"synthetic"},
    # measures: tables in, tables out
    {"overlap"},
    {"mismatch", "spread", "coverage", "changes", "equity"},
    {"nulls", "places", "yardstick", "sites", "communities"},
    {"explain"},
    # the facade
    {"assignment"},
    {"study"},
    {"where", "points", "facts", "checking", "analyses"},
    {"spark"},
    # words, maps and pages
    {"sentences", "charts", "encoding"},
    {"grids", "drawing", "comparing"},
    {"scenes", "typology", "paper"},
    {"land", "plates", "workbook"},
    {"lettering", "findings"},
    {"printing", "pages", "exports"},
    {"countrypages", "placepages", "trustpages"},
    {"book"},
    {"profile", "atlas"},
    {"spark"},
    {"commands"},
    {"__init__", "__main__"},
]
# The facade opens doors to rooms that stand on it, inside a method, for the user's convenience.
DOORS = {"study": {"analyses", "scenes", "drawing", "printing", "comparing"}}
LEVEL = {room: i for i, rooms in enumerate(ORDER) for room in rooms}
MEASURES = {"overlap", "mismatch", "spread", "coverage", "changes"}
LIGHT = {
    "errors",
    "shelves",
    "settings",
    "layers",
    "catalogue",
    "areas",
    "tables",
    "where",
    "commands",
    "files",
}
HEAVY = {"pandas", "geopandas", "folium", "shapely", "numpy", "pyarrow", "pyogrio"}


def imports(path: Path, *, top_level_only: bool = False) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()

    def visit(node: ast.AST, typing_only: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                continue
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)) and top_level_only:
                continue
            if isinstance(child, ast.Import):
                found.update(a.name for a in child.names)
            elif isinstance(child, ast.ImportFrom) and child.module:
                found.add(child.module)
                found.update(f"{child.module}.{a.name}" for a in child.names)
            visit(child, typing_only)

    visit(tree, False)
    return found


ROOMS = sorted(PACKAGE.glob("*.py"))


@pytest.mark.parametrize("path", ROOMS, ids=lambda p: p.stem)
def test_a_room_has_a_place_in_the_order(path: Path) -> None:
    assert path.stem in LEVEL, f"say in tests/packaging/test_imports.py where {path.name} belongs"


@pytest.mark.parametrize("path", ROOMS, ids=lambda p: p.stem)
def test_a_room_imports_only_rooms_at_or_above_its_line(path: Path) -> None:
    rooms = {
        name.split(".")[1]
        for name in imports(path)
        if name.startswith("geolls.") and name.split(".")[1] in LEVEL
    }
    below = {room for room in rooms if LEVEL[room] > LEVEL[path.stem]} - DOORS.get(path.stem, set())
    assert not below, f"{path.name} reaches down into {sorted(below)}"


@pytest.mark.parametrize("room", sorted(MEASURES))
def test_a_measure_room_reads_no_file_and_draws_nothing(room: str) -> None:
    allowed = {"numpy", "pandas", "dataclasses", "typing", "collections", "datetime", "__future__"}
    allowed |= {
        "math",
        "itertools",
        "functools",
        "operator",
        "concurrent",
        "shapely",
        "geolls",
        "warnings",
        "weakref",
    }
    names = {name.split(".")[0] for name in imports(PACKAGE / f"{room}.py")}
    assert names <= allowed, sorted(names - allowed)
    source = (PACKAGE / f"{room}.py").read_text(encoding="utf-8")
    assert "print(" not in source.replace("fingerprint(", "")


@pytest.mark.parametrize("room", sorted(LIGHT))
def test_a_light_room_imports_nothing_heavy_at_the_top(room: str) -> None:
    path = PACKAGE / f"{room}.py"
    names = {name.split(".")[0] for name in imports(path, top_level_only=True)}
    assert not names & HEAVY, sorted(names & HEAVY)


def test_help_answers_without_the_heavy_libraries() -> None:
    code = (
        "import sys; from geolls.commands import cli\n"
        "try:\n    cli.main(['--help'], standalone_mode=True)\n"
        "except SystemExit:\n    pass\n"
        f"heavy = {sorted(HEAVY)!r}\n"
        "sys.exit(','.join(h for h in heavy if h in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "geolls layers" in done.stdout


def test_help_loads_no_other_room_and_makes_no_command_s_options() -> None:
    code = (
        "import sys, click; before = set(sys.modules); from geolls.commands import cli\n"
        "try:\n    cli.main(['--help'], standalone_mode=True)\n"
        "except SystemExit:\n    pass\n"
        "new = set(sys.modules) - before\n"
        "rooms = {m for m in new if m.startswith('geolls')}\n"
        "assert rooms == {'geolls', 'geolls.commands', 'geolls.errors'}, rooms\n"
        "costly = {'dataclasses', 'hashlib', 'importlib.metadata', 'pathlib', 'rich', 'tomllib'}\n"
        "costly &= new\n"
        "assert not costly, costly\n"
        "made = [name for name, command in cli.commands.items() if command.params]\n"
        "assert not made, made\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "overlap" in done.stdout
