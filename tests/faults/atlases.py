"""What can happen to an atlas while it is written: killed, doubled, out of room, resumed."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

import fuzz
from double import Double
from services import case

KILLS = 4

# A study small enough to be written again and again: forty schools, four districts, five layers.
PLACES = ("--places", "dfe_region", "--places", "combined_authority")
STUDY = """layers = [
    "local_authority", "district", "combined_authority", "teaching_school_hub", "dfe_region"
]"""


@cache
def register() -> Path:
    """The register every atlas here is of."""
    place = Path(tempfile.mkdtemp(prefix="geolls-atlas-")) / "edubasealldata20220901.csv"
    place.write_bytes(fuzz.register_file())
    place.with_name("study.toml").write_text(STUDY)
    return place


def start(out: Path, *more: str, before: str = "", of: Path | None = None) -> subprocess.Popen[str]:
    """Start an atlas in a process of its own."""
    args = ["atlas", "--out", str(out), "--register", str(of or register()), "--jobs", "2", "-q"]
    args += ["--as-of", "2022-09-01", "--data", str(register().parent), *PLACES, *more]
    args += ["--study", str(register().with_name("study.toml"))]
    code = (
        f"{before}\nimport sys; sys.argv[1:] = {args!r}\nfrom geolls.cli.main import main\nmain()"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that workers can be killed with it
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )


def finish(child: subprocess.Popen[str], *codes: int) -> str:
    """Wait for an atlas to end with one of the codes; return what it said."""
    _, said = child.communicate(timeout=300)
    assert child.returncode in codes, f"exit {child.returncode}: {said[-2000:]}"
    assert "Traceback" not in said, said[-2000:]
    return said


def pages(out: Path) -> dict[str, str]:
    """Return the digest of every file of an atlas; nothing half-written may be among them."""
    found = {}
    for path in sorted(out.rglob("*")):
        if path.is_file():
            name = path.relative_to(out).as_posix()
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


@cache
def _undisturbed() -> tuple[dict[str, str], float]:
    out = register().parent / "whole"
    begin = time.monotonic()
    finish(start(out), 0)
    return pages(out), time.monotonic() - begin


def undisturbed() -> dict[str, str]:
    """The atlas as it should be."""
    return _undisturbed()[0]


def seconds() -> float:
    """How long an undisturbed atlas takes on this machine."""
    return _undisturbed()[1]


def same(out: Path) -> None:
    """Check that an atlas is the one it should be, file by file."""
    found, wanted = pages(out), undisturbed()
    assert sorted(found) == sorted(wanted), set(found) ^ set(wanted)
    other = [name for name in wanted if found[name] != wanted[name]]
    assert other == [], other[:5]


@case("atlas", "written twice, into two folders")
def _(tmp: Path, _: Double) -> str:
    finish(start(tmp / "b"), 0)
    same(tmp / "b")
    return f"{len(undisturbed())} files, byte-identical"


@case("atlas", "killed (-9) with its workers at random moments, then resumed")
def _(tmp: Path, _: Double) -> str:
    rng = random.Random(6)
    wanted = undisturbed()
    seen, killed = [], 0
    for number in range(KILLS):
        child = start(tmp, "--resume")
        if number == 0:  # however busy the machine: there is something to look at, and to resume
            some = rng.randint(1, 8)
            while child.poll() is None and len([*tmp.rglob("*.html")]) < some:
                time.sleep(0.02)
        else:
            time.sleep(rng.uniform(0.3, 0.9) * seconds())
        with suppress(ProcessLookupError):  # a resumed one may have ended before
            os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
        killed += child.returncode == -signal.SIGKILL
        whole = pages(tmp)
        # What is there under its final name is whole: the bytes an undisturbed run writes.
        parts = [n for n in whole if n in wanted and whole[n] != wanted[n]]
        assert [n for n in parts if n != "manifest.json"] == [], parts[:5]
        seen.append(len(whole))
    assert max(seen) > 0, "killed too early to tell"
    assert killed > 0, "killed too late to tell"
    finish(start(tmp, "--resume"), 0)
    same(tmp)
    return "every file there was whole; resumed, it is byte-identical to an undisturbed one"


@case("atlas", "two atlases into one folder at once")
def _(tmp: Path, _: Double) -> str:
    children = [start(tmp), start(tmp)]
    for child in children:
        finish(child, 0)
    same(tmp)
    return "both end well; the folder is byte-identical to an undisturbed one"


@case("atlas", "no room for files above 230 kB, then resumed with room")
def _(tmp: Path, _: Double) -> str:
    # The scripts that all pages share are larger than any page here: there is room for them.
    before = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from geolls.atlas.build import Press\n"
        "assets = Press.assets\n"
        "def and_no_more(press):\n"
        "    done = assets(press)\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (230_000, 230_000))\n"
        "    return done\n"
        "Press.assets = and_no_more\n"
    )
    said = finish(start(tmp, before=before), 20)
    wanted = undisturbed()
    whole = pages(tmp)
    torn = [n for n in whole if n in wanted and n != "manifest.json" and whole[n] != wanted[n]]
    assert torn == [], torn[:5]
    assert "larger than this disk or account allows" in said
    assert len(whole) > len(wanted) / 2, "one page without room stops the others"
    finish(start(tmp, "--resume"), 0)
    same(tmp)
    return "exit 20: pages without room are named, the others written; then byte-identical"


@case("atlas", "a folder that cannot be made")
def _(tmp: Path, _: Double) -> str:
    (tmp / "file").write_text("")
    said = finish(start(tmp / "file" / "atlas"), 15)
    assert "Traceback" not in said
    return f"exit 15: {said.strip().splitlines()[-1].rpartition(': ')[2][:100]}"


@case("atlas", "a page removed and a page changed by hand, then resumed")
def _(tmp: Path, _: Double) -> str:
    undisturbed()
    shutil.copytree(register().parent / "whole", tmp / "out")
    first, second, *_rest = sorted((tmp / "out" / "places").rglob("*.html"))
    first.unlink()
    second.write_text("changed")
    finish(start(tmp / "out", "--resume"), 0)
    same(tmp / "out")
    return "both are written again; byte-identical"


@case("atlas", "the register changes between two runs")
def _(tmp: Path, _: Double) -> str:
    undisturbed()
    shutil.copytree(register().parent / "whole", tmp / "out")
    other = tmp / "edubasealldata20220901.csv"
    other.write_bytes(fuzz.register_file().replace(b"School 7,", b"School Seven,"))
    finish(start(tmp / "out", "--resume", of=other), 0)
    finish(start(tmp / "fresh", of=other), 0)
    assert pages(tmp / "out") == pages(tmp / "fresh")
    assert pages(tmp / "out") != undisturbed()
    return "resuming takes nothing over from the old register"
