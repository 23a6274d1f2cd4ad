"""What is shipped is what was tested: every shelf file, nothing else at the top, and it runs."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True,
        capture_output=True,
    )
    return out


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(next(built.glob("*.whl")))


def tracked(folder: str) -> set[str]:
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return {name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()}


def test_every_shelf_file_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    inside = set(wheel.namelist())
    shelf = tracked("boundaries") | tracked("maps")
    assert shelf
    assert {f"geolls/shelf/{name}" for name in shelf} <= inside


def test_the_wheel_has_one_top_level_name(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {t for t in tops if not t.endswith(".dist-info")} == {"geolls"}


def test_the_sdist_builds_everything_the_wheel_has(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "LICENSE", "README.md", "cli.py"} <= names
    assert tracked("boundaries") | tracked("maps") | tracked("geolls") <= names
    assert not [name for name in names if "node_modules" in name]


def test_the_wheel_runs_from_outside_the_tree(built: Path, tmp_path: Path) -> None:
    # The dependencies come from this environment; geolls itself only from the wheel.
    home = tmp_path / "venv"
    venv.create(home, with_pip=False)
    site = next((home / "lib").glob("python*/site-packages"))
    with zipfile.ZipFile(next(built.glob("*.whl"))) as archive:
        archive.extractall(site)
    import click

    (site / "deps.pth").write_text(str(Path(click.__file__).parents[1]) + "\n")
    code = (
        "import geolls, sys; from geolls.base.shelves import shelf\n"
        "assert 'shelf' in shelf('maps').parts, shelf('maps')\n"
        "from geolls.cli.main import main; main(['layers', '--as-of', '2022-09-01'])"
    )
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [str(home / "bin" / "python"), "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=clean,
    )
    assert done.returncode == 0, done.stderr
    assert "teaching_school_hub" in done.stdout


def test_the_front_door_of_a_checkout_opens() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), "--version"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("geolls ")
