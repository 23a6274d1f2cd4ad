"""The rooms of the house may only look into the rooms below them."""

from __future__ import annotations

import ast
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "geolls"
FLOORS = runpy.run_path(str(PACKAGE.parent / "tools" / "draw_house.py"))["FLOORS"]
LEVEL = {floor: i for i, floors in enumerate(FLOORS) for floor in floors}
# The package's own two doors: `import geolls` hands on the api, `python -m geolls` the commands.
FACES = {"__init__": {"api"}, "__main__": {"cli"}}
LIGHT = {
    "base/errors",
    "base/text",
    "base/vocabulary",
    "base/populations",
    "base/shelves",
    "base/files",
    "base/schema",
    "study/settings",
    "layers/model",
    "layers/catalogue",
    "layers/areas",
    "layers/evidence",
    "layers/expand",
    "layers/reader",
    "export/render",
    "study/where",
    *(
        f"cli/{name}"
        for name in ("main", "group", "options", "shelf", "fetch", "measures", "pages")
    ),
    "cli/study",
}
HEAVY = {"pandas", "geopandas", "folium", "shapely", "numpy", "pyarrow", "pyogrio"}


def imports(path: Path, *, top_level_only: bool = False) -> set[str]:
    """Name what a room imports; inside functions too, and for types only, unless asked not to."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if top_level_only:
                if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    continue
                if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                    continue
            if isinstance(child, ast.Import):
                found.update(a.name for a in child.names)
            elif isinstance(child, ast.ImportFrom) and child.module:
                assert child.level == 0, f"{path}: say the whole name"
                found.add(child.module)
                found.update(f"{child.module}.{a.name}" for a in child.names)
            visit(child)

    visit(tree)
    return found


def room_of(path: Path) -> str:
    """Return `measures/overlap` of geolls/measures/overlap.py."""
    return path.relative_to(PACKAGE).with_suffix("").as_posix()


ROOMS = sorted(PACKAGE.rglob("*.py"))


def reaches_up(room: str, names: set[str]) -> set[str]:
    """Name the floors that a room may not import."""
    own = room.split("/")[0]
    floors = {n.split(".")[1] for n in names if n.startswith("geolls.")} & LEVEL.keys()
    allowed = FACES.get(room, set())
    level = LEVEL.get(own, -1)
    return {f for f in floors - allowed if f != own and LEVEL[f] >= level}


@pytest.mark.parametrize("path", ROOMS, ids=room_of)
def test_every_room_stands_on_a_floor(path: Path) -> None:
    room = room_of(path)
    assert room.split("/")[0] in LEVEL or room in FACES, f"which floor does {room} belong to?"


@pytest.mark.parametrize("path", ROOMS, ids=room_of)
def test_a_room_imports_only_floors_above_its_own(path: Path) -> None:
    room = room_of(path)
    found = reaches_up(room, imports(path))
    assert not found, f"{room} reaches {sorted(found)}"


def circles(graph: dict[str, set[str]]) -> list[tuple[str, ...]]:
    """Return every set of rooms that import each other, directly or by way of others."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        todo = [start]
        while todo:
            new = graph.get(todo.pop(), set()) - seen
            seen |= new
            todo += new
        return seen

    ways = {room: reached(room) for room in graph}
    rings = {tuple(sorted(b for b in ways[a] if a in ways.get(b, ()))) for a in graph}
    return sorted(rings - {()})


def test_no_rooms_import_each_other_in_a_circle() -> None:
    rooms = {"geolls." + room_of(p).replace("/", "."): p for p in ROOMS}
    assert circles({room: imports(path) & rooms.keys() for room, path in rooms.items()}) == []


def test_a_circle_is_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}
    assert circles(graph) == [("b", "c")]
    assert circles({"a": {"a"}}) == [("a",)]


def test_the_rule_finds_a_forbidden_import() -> None:
    assert reaches_up("measures/overlap", {"geolls.study.core"}) == {"study"}
    assert reaches_up("register/register", {"geolls.measures.overlap"}) == {"measures"}
    assert reaches_up("study/core", {"geolls.measures.overlap", "geolls.base.errors"}) == set()


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("measures/*.py")), ids=room_of)
def test_a_measure_room_reads_no_file_and_draws_nothing(path: Path) -> None:
    allowed = {"numpy", "pandas", "dataclasses", "typing", "collections", "datetime", "__future__"}
    allowed |= {"math", "itertools", "functools", "operator", "concurrent", "shapely", "scipy"}
    allowed |= {"geolls", "heapq", "importlib", "networkx", "warnings", "weakref"}
    names = {name.split(".")[0] for name in imports(path)}
    assert names <= allowed, sorted(names - allowed)
    assert not (found := touches_the_world(path.read_text("utf-8"))), found


IN_AND_OUT = {"open", "print", "read", "write", "load", "save", "savez", "savetxt", "tofile"}
IN_AND_OUT |= {"read_text", "read_bytes", "write_text", "write_bytes", "loadtxt", "fromfile"}
IN_AND_OUT |= {f"to_{kind}" for kind in ("csv", "parquet", "feather", "excel", "json", "file")}


def touches_the_world(source: str) -> list[str]:
    """Name the calls that read, write or print: `pd.read_csv`, `frame.to_parquet`, `open`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in IN_AND_OUT or name.startswith("read_"):
                found.append(f"line {node.lineno}: {name}")
    return found


def test_the_rule_finds_a_measure_that_reads_a_file() -> None:
    source = (PACKAGE / "measures" / "overlap.py").read_text("utf-8")
    assert touches_the_world(source) == []
    for line in ("pd.read_csv('x.csv')", "open('x')", "print(1)", "frame.to_parquet('x')"):
        assert touches_the_world(f"{source}\n{line}\n"), line


@pytest.mark.parametrize("room", sorted(LIGHT))
def test_a_light_room_imports_nothing_heavy_at_the_top(room: str) -> None:
    path = PACKAGE / f"{room}.py"
    names = {name.split(".")[0] for name in imports(path, top_level_only=True)}
    assert not names & HEAVY, sorted(names & HEAVY)


def test_help_answers_without_the_heavy_libraries() -> None:
    code = (
        "import sys; from geolls.cli.main import cli\n"
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
        "import sys, click; before = set(sys.modules); from geolls.cli.main import cli\n"
        "try:\n    cli.main(['--help'], standalone_mode=True)\n"
        "except SystemExit:\n    pass\n"
        "new = set(sys.modules) - before\n"
        "rooms = {m for m in new if m.startswith('geolls')}\n"
        "rooms = {m for m in rooms if not m.startswith('geolls.cli')} - {'geolls', 'geolls.base'}\n"
        "light = {f'geolls.base.{room}' for room in ('errors', 'text', 'vocabulary')}\n"
        "assert rooms == light, rooms\n"
        "costly = {'dataclasses', 'hashlib', 'importlib.metadata', 'pathlib', 'rich', 'tomllib'}\n"
        "costly &= new\n"
        "assert not costly, costly\n"
        "made = [name for name, command in cli.commands.items() if command.params]\n"
        "assert not made, made\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "overlap" in done.stdout
