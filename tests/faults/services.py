"""What both services can do to a fetch, one case each; each says what happened."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

import double as d
from double import Double, Service

from geolls.base.errors import GeollsError, InputFileError, OutputError, UsageError
from geolls.fetch.gias import fetch_gias
from geolls.fetch.kept import Register, boundaries_in, newest_register
from geolls.fetch.ons import NoneOfThatYearError, fetch_boundaries
from geolls.fetch.sources import Sources, load_sources
from geolls.fetch.web import NotThereError, RefusedError, UnreachableError, Web

DAY = date(2022, 9, 1)
STAMP = "20220901"
FILE = f"edubasealldata{STAMP}"
PATH = f"/gias/{FILE}"


@dataclass(frozen=True)
class Case:
    """One thing that goes wrong (or right), and the function that makes it happen."""

    group: str
    title: str
    run: Callable[[Path, Double], str]


CASES: list[Case] = []


def case(
    group: str, title: str
) -> Callable[[Callable[[Path, Double], str]], Callable[[Path, Double], str]]:
    """Enter a function in the list of cases."""

    def enter(run: Callable[[Path, Double], str]) -> Callable[[Path, Double], str]:
        CASES.append(Case(group, title, run))
        return run

    return enter


def small(allow_hosts: tuple[str, ...] = (), **changes: Any) -> Sources:
    """sources.toml with bounds that fit the double."""
    gias, ons = load_sources().gias, load_sources().ons
    bounds = {"rows": 5, "bytes": 1_000_000} | changes
    files = tuple(replace(file, **bounds) for file in gias.file)
    editions = tuple(replace(edition, units=None) for edition in ons.edition)
    return replace(
        load_sources(),
        gias=replace(gias, file=files, allow_hosts=allow_hosts),
        ons=replace(ons, edition=editions),
    )


def a_web(**options: Any) -> tuple[Web, list[float]]:
    """A web that does not really sleep, and the waits it was made to make."""
    waits: list[float] = []
    return Web(sleep=waits.append, **{"timeout": 5.0, **options}), waits


def gias(tmp: Path, double: Double, **options: Any) -> Register:
    """Fetch the register from the double."""
    sources = options.pop("sources", None) or small()
    web = options.pop("web", None) or a_web()[0]
    day = options.pop("day", DAY)
    source = options.pop("source", double.gias)
    return fetch_gias(tmp, day, source, web=web, sources=sources, **options)


def refused(kind: type[GeollsError], run: Callable[[], Any], *words: str) -> str:
    """Check that `run` ends in one clear line of the right family, and return it."""
    try:
        run()
    except GeollsError as error:
        said = str(error)
        assert type(error) is kind, f"{type(error).__name__}: {said}"
        assert "\n" not in said
        for word in words:
            assert word in said, said
        return f"exit {error.exit_code}: {error.message[:150]}"
    raise AssertionError("no error")


def clean(tmp: Path) -> None:
    """Check that nothing was put in place."""
    left = [p.name for p in (tmp / "gias").glob("[0-9]*")]
    assert left == [], left


# ---- the register: right


@case("register", "all is well")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    seen: list[tuple[str, int, int | None]] = []
    found = gias(tmp, double, progress=lambda *a: seen.append(a))
    assert found.day == DAY
    assert found.files["register"].read_bytes() == d.register_csv()
    assert found.files["links"].read_bytes() == d.links_csv()
    assert found.files["groups"].name == "allgroupsdata.csv"
    assert found.notes == ()
    entry = {f["key"]: f for f in found.manifest["files"]}["register"]
    assert entry["sha256"] == hashlib.sha256(d.register_csv()).hexdigest()
    assert entry["rows"] == 40 and entry["encoding"] == "cp1252"
    assert seen[-1][1] == seen[-1][2]
    assert newest_register(tmp) == found
    assert sorted(p.name for p in (tmp / "gias").iterdir()) == ["2022-09-01"]
    return "five files in place, with a manifest"


@case("register", "fetched twice in one day")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    first = gias(tmp, double)
    asked = len(double.asked)
    assert gias(tmp, double) == first
    assert len(double.asked) == asked
    return "the second time nothing is asked for"


@case("register", "today's file is not out yet (404), nor are the three before")
def _(tmp: Path, double: Double) -> str:
    double.whole_day("20220828")
    found = gias(tmp, double)
    assert found.day == date(2022, 8, 28)
    assert len(found.notes) == 4
    return "walks back to 28 August and notes each day tried"


@case("register", "nothing out for eleven days")
def _(tmp: Path, double: Double) -> str:
    said = refused(NotThereError, lambda: gias(tmp, double), "10 days before", "--from FOLDER")
    assert len(double.asked) == 11
    assert list((tmp / "gias").iterdir()) == []
    return said


@case("register", "a page of HTML under the name of the day, status 200")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    double.whole_day("20220831")
    double.fail(PATH, d.says(b"<!DOCTYPE html><html>Down for maintenance", "text/html"))
    assert gias(tmp, double).day == date(2022, 8, 31)
    return "taken as absent; the day before is taken and noted"


@case("register", "a page of HTML that says it is csv")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    double.whole_day("20220831")
    double.fail(PATH, d.says(b"\r\n  <!DOCTYPE html><html>Down", "text/csv"))
    assert gias(tmp, double).day == date(2022, 8, 31)
    return "taken as absent; the day before is taken and noted"


@case("register", "memberships and links are not there")
def _(tmp: Path, double: Double) -> str:
    double.files[f"{FILE}.csv"] = d.register_csv()
    found = gias(tmp, double)
    assert set(found.files) == {"register"}
    assert len(found.notes) == 4
    return "the register is kept; four notes say what is missing"


# ---- the register: trouble on the way


@case("register", "500 three times, then the file")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    double.fail(PATH, d.status(500), 3)
    web, waits = a_web()
    gias(tmp, double, web=web)
    assert waits == [1.0, 2.0, 4.0]
    return "fetched after waits of 1, 2 and 4 seconds"


@case("register", "500 for ever")
def _(tmp: Path, double: Double) -> str:
    double.fail("/gias/", d.status(500))
    said = refused(RefusedError, lambda: gias(tmp, double), "500", "after 5 tries", "--from FOLDER")
    assert len(double.asked) == 10
    return said


@case("register", "429 with Retry-After: 7")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    double.fail(PATH, d.status(429, Retry_After="7"), 2)
    web, waits = a_web()
    gias(tmp, double, web=web)
    assert waits == [7.0, 7.0]
    return "waits 7 seconds each time, as asked"


@case("register", "429 with Retry-After: a date")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    double.fail(PATH, d.status(429, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"), 1)
    web, waits = a_web()
    gias(tmp, double, web=web)
    assert waits == [0.0]
    return "waits until that date (here: long gone)"


@case("register", "429 with Retry-After: nonsense")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    double.fail(PATH, d.status(503, Retry_After="-1e999 soon"), 1)
    web, waits = a_web()
    gias(tmp, double, web=web)
    assert waits == [1.0]
    return "the nonsense is ignored"


@case("register", "429 with Retry-After: a day")
def _(tmp: Path, double: Double) -> str:
    double.fail("/gias/", d.status(429, Retry_After="86400"))
    web, waits = a_web()
    said = refused(RefusedError, lambda: gias(tmp, double, web=web), "asks to wait 86400 seconds")
    assert waits == []
    return said


@case("register", "the connection breaks half way; the server can resume")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    double.fail(PATH, d.cut, 1)
    found = gias(tmp, double)
    assert found.files["register"].read_bytes() == d.register_csv()
    ranges = [r for path, r in double.asked if PATH in path]
    assert ranges[0] is None and ranges[1] is not None
    return f"the second request asks for {ranges[1]}; the file is whole"


@case("register", "it breaks half way; the file has changed by the time it resumes")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)

    def cut_and_change(handler: d.Handler, body: bytes) -> None:
        d.cut(handler, body)
        double.etag = '"two"'
        double.files[f"{FILE}.csv"] = d.register_csv(50)

    double.fail(PATH, cut_and_change, 1)
    assert gias(tmp, double).files["register"].read_bytes() == d.register_csv(50)
    return "starts again; the new file is whole, not half of each"


@case("register", "it breaks half way; the server cannot resume (no ETag)")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    double.etag = None
    double.fail(PATH, d.cut, 1)
    assert gias(tmp, double).files["register"].read_bytes() == d.register_csv()
    assert all(r is None for _, r in double.asked)
    return "starts again"


@case("register", "it breaks half way; the server resumes at the wrong byte")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    double.fail(PATH, d.cut, 1)
    double.fail(PATH, d.resumes_wrongly, 1)
    assert gias(tmp, double).files["register"].read_bytes() == d.register_csv()
    return "the wrong bytes are dropped; starts again"


@case("register", "it breaks half way; then 416")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    double.fail(PATH, d.cut, 1)
    double.fail(PATH, d.status(416), 1)
    assert gias(tmp, double).files["register"].read_bytes() == d.register_csv()
    return "starts again"


@case("register", "it breaks half way, always at the same byte")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    double.etag = None
    double.whole_day("20220831")
    double.fail("/gias/", d.cut)
    said = refused(RefusedError, lambda: gias(tmp, double), "broke off", "after 5 tries")
    clean(tmp)
    return said


@case("register", "cut short without saying how long it is, in mid-row")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    double.fail(PATH, d.cut_unsized)
    said = refused(InputFileError, lambda: gias(tmp, double), "cut short in row")
    clean(tmp)
    return said


@case("register", "the connection is reset at once")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    double.fail(PATH, d.hang_up, 2)
    assert gias(tmp, double).day == DAY
    return "fetched at the third try"


@case("register", "the server says nothing")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    double.fail(PATH, d.silent, 1)
    assert gias(tmp, double, web=a_web(timeout=0.15)[0]).day == DAY
    return "the try times out; fetched at the second"


@case("register", "bytes drip in for longer than a file may take")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    ticks = iter(range(0, 10_000_000, 5000))
    web = Web(sleep=lambda _: None, clock=lambda: float(next(ticks)))
    said = refused(UnreachableError, lambda: gias(tmp, double, web=web), "30 minutes")
    clean(tmp)
    return said


@case("register", "a body without end")
def _(tmp: Path, double: Double) -> str:
    double.fail("/gias/", d.endless)
    said = refused(InputFileError, lambda: gias(tmp, double), "larger than 1,000,000 bytes")
    size = sum(p.stat().st_size for p in tmp.rglob("*") if p.is_file())
    assert size < 1_000_000
    return said


@case("register", "64 MB packed into 64 kB on the wire")
def _(tmp: Path, double: Double) -> str:
    double.fail("/gias/", d.unpacks_to_much)
    return refused(InputFileError, lambda: gias(tmp, double), "larger than 1,000,000 bytes")


@case("register", "a length of 10 GB is announced")
def _(tmp: Path, double: Double) -> str:
    huge = {"Content-Length": "10000000000"}
    double.fail("/gias/", lambda h, _: (h.reply(200, b"x", huge), d.hang_up(h, b""))[0])
    return refused(InputFileError, lambda: gias(tmp, double), "larger than")


@case("register", "redirected within the host")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    double.files["moved.csv"] = d.register_csv()
    double.fail(PATH, d.redirect("moved.csv"), 1)
    assert gias(tmp, double).files["register"].read_bytes() == d.register_csv()
    return "followed"


@case("register", "redirected to another host")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    double.fail("/gias/", d.redirect(f"http://localhost:{double.port}/gias/{FILE}.csv"))
    said = refused(RefusedError, lambda: gias(tmp, double), "another host, localhost")
    assert all("127" not in path for path, _ in double.asked)
    return said.replace(", localhost", "")  # the table is about any host


@case("register", "redirected to another host that sources.toml trusts")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    double.fail(PATH, d.redirect(f"http://localhost:{double.port}/gias/{FILE}.csv"), 1)
    assert gias(tmp, double, sources=small(allow_hosts=("localhost",))).day == DAY
    return "followed"


@case("register", "redirected in a circle")
def _(tmp: Path, double: Double) -> str:
    double.fail("/gias/", d.redirect("round.csv"))
    return refused(RefusedError, lambda: gias(tmp, double), "more than five times")


@case("register", "redirected to a file:// address")
def _(tmp: Path, double: Double) -> str:
    double.fail("/gias/", d.redirect("file:///etc/passwd"))
    return refused(RefusedError, lambda: gias(tmp, double), "another host")


@case("register", "plain http to another machine")
def _(tmp: Path, double: Double) -> str:
    source = "http://mirror.example/gias/"
    return refused(UsageError, lambda: gias(tmp, double, source=source), "only https")


@case("register", "an address of another kind")
def _(tmp: Path, double: Double) -> str:
    for source in ("file:///etc/", "ftp://x/", "javascript://x", "https://", "https://[::1/"):
        said = refused(UsageError, lambda s=source: gias(tmp, double, source=s))  # type: ignore[misc]
    return said


@case("register", "no server there")
def _(tmp: Path, double: Double) -> str:
    web, waits = a_web()
    said = refused(
        UnreachableError,
        lambda: gias(tmp, double, web=web, source="http://127.0.0.1:9/"),
        "no connection",
        "--from FOLDER",
        "get-information-schools",
    )
    assert waits == [1.0]
    return said


@case("register", "no such host")
def _(tmp: Path, double: Double) -> str:
    source = "https://no-such-host.invalid/"
    return refused(UnreachableError, lambda: gias(tmp, double, source=source), "no connection")


@case("register", "a proxy setting that cannot be used")
def _(tmp: Path, double: Double) -> str:
    with mock.patch.dict(os.environ, {"HTTPS_PROXY": "gopher://x:1"}):
        return refused(
            UnreachableError, lambda: gias(tmp, double, source="https://x.invalid/"), "proxy"
        )


@case("register", "through a proxy that the environment names")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    web = a_web(allow_http=True)[0]
    proxy = {"HTTP_PROXY": f"http://127.0.0.1:{double.port}", "NO_PROXY": "", "no_proxy": ""}
    with mock.patch.dict(os.environ, proxy | {"http_proxy": proxy["HTTP_PROXY"]}):
        found = gias(tmp, double, source="http://mirror.example/gias/", web=web)
    assert found.day == DAY
    assert all(path.startswith("http://mirror.example/gias/") for path, _ in double.asked)
    return "every request goes by the proxy"


@case("register", "a password in the address of a mirror")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    source = double.gias.replace("//", "//user:secret@")
    found = gias(tmp, double, source=source)
    assert "secret" not in (found.folder / "manifest.json").read_text()
    double.fail("/gias/", d.status(500))
    said = refused(RefusedError, lambda: gias(tmp / "b", double, source=source))
    assert "secret" not in said
    return "used, but not shown or kept"


# ---- the register: not what it should be


@case("register", "a column is gone")
def _(tmp: Path, double: Double) -> str:
    double.files[f"{FILE}.csv"] = d.register_csv(header=d.COLUMNS.replace("Easting", "X"))
    said = refused(InputFileError, lambda: gias(tmp, double), "no Easting")
    clean(tmp)
    return said


@case("register", "far too few rows")
def _(tmp: Path, double: Double) -> str:
    double.files[f"{FILE}.csv"] = d.register_csv(3)
    return refused(InputFileError, lambda: gias(tmp, double), "only 3 rows")


@case("register", "an empty file")
def _(tmp: Path, double: Double) -> str:
    double.files[f"{FILE}.csv"] = b""
    return refused(InputFileError, lambda: gias(tmp, double), "columns have changed")


@case("register", "UTF-16")
def _(tmp: Path, double: Double) -> str:
    double.files[f"{FILE}.csv"] = d.register_csv().decode("cp1252").encode("utf-16")
    return refused(InputFileError, lambda: gias(tmp, double), "UTF-8 or Windows-1252")


@case("register", "UTF-8 with a byte order mark")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    double.files[f"{FILE}.csv"] = d.register_csv().decode("cp1252").encode("utf-8-sig")
    entry = gias(tmp, double).manifest["files"][0]
    assert entry["encoding"] == "utf-8" and entry["rows"] == 40
    return "read as UTF-8, and noted"


@case("register", "a quote that never closes")
def _(tmp: Path, double: Double) -> str:
    double.files[f"{FILE}.csv"] = d.register_csv() + b'"' + b"x" * 200_000
    said = refused(InputFileError, lambda: gias(tmp, double), "not a well-formed csv")
    clean(tmp)
    return said


@case("register", "half the rows lack columns")
def _(tmp: Path, double: Double) -> str:
    body = d.register_csv() + b"1,2\r\n" * 40 + d.register_csv().splitlines(keepends=True)[-1]
    double.files[f"{FILE}.csv"] = body
    return refused(InputFileError, lambda: gias(tmp, double), "do not have the 12 columns")


# ---- the register: from a folder


@case("by hand", "a folder of csv, csv.gz and a zip")
def _(tmp: Path, double: Double) -> str:
    folder = tmp / "hand"
    folder.mkdir()
    (folder / f"{FILE}.csv.gz").write_bytes(gzip.compress(d.register_csv()))
    (folder / "edubasealldata20210901.csv").write_bytes(d.register_csv(3))
    (folder / "alllinksdata.csv").write_bytes(d.links_csv())
    with zipfile.ZipFile(folder / "extract.zip", "w") as archive:
        archive.writestr(f"../../links_edubasealldata{STAMP}.csv", d.successions_csv())
    found = gias(tmp / "data", double, source=folder, day=date.today())
    assert found.day == DAY
    assert found.files["successions"].parent == found.folder
    assert not {"groups", "memberships"} & set(found.files) and len(found.notes) == 2
    assert not list(tmp.glob("*.csv")) and double.asked == []
    return "the newest day is taken; paths in the zip are ignored; what is missing is noted"


@case("by hand", "a folder with nothing of use")
def _(tmp: Path, double: Double) -> str:
    (tmp / "hand").mkdir()
    (tmp / "hand" / "notes.csv").write_text("x")
    return refused(InputFileError, lambda: gias(tmp, double, source=tmp / "hand"), "no file named")


@case("by hand", "a folder that is not there")
def _(tmp: Path, double: Double) -> str:
    return refused(UsageError, lambda: gias(tmp, double, source=tmp / "no"), "neither")


@case("by hand", "a zip bomb")
def _(tmp: Path, double: Double) -> str:
    (tmp / "hand").mkdir()
    with zipfile.ZipFile(tmp / "hand" / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{FILE}.csv", b"0" * 50_000_000)
    said = refused(InputFileError, lambda: gias(tmp, double, source=tmp / "hand"), "unpacks to")
    clean(tmp)
    return said


@case("by hand", "a zip and a gz that are cut short")
def _(tmp: Path, double: Double) -> str:
    hand = tmp / "hand"
    hand.mkdir()
    with zipfile.ZipFile(tmp / "x.zip", "w") as archive:
        archive.writestr(f"{FILE}.csv", d.register_csv())
    (hand / "x.zip").write_bytes((tmp / "x.zip").read_bytes()[:-30])
    said = refused(InputFileError, lambda: gias(tmp, double, source=hand), "damaged")
    (hand / "x.zip").unlink()
    (hand / f"{FILE}.csv.gz").write_bytes(gzip.compress(d.register_csv())[:-300])
    refused(InputFileError, lambda: gias(tmp, double, source=hand), "damaged")
    clean(tmp)
    return said


@case("by hand", "a csv cut in mid-row")
def _(tmp: Path, double: Double) -> str:
    (tmp / "hand").mkdir()
    (tmp / "hand" / f"{FILE}.csv").write_bytes(d.register_csv()[:-30])
    return refused(InputFileError, lambda: gias(tmp, double, source=tmp / "hand"), "cut short")


# ---- the data folder


@case("data folder", "a file changed after it was fetched")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    found = gias(tmp, double)
    found.files["register"].write_bytes(b"URN\r\n")
    return refused(InputFileError, lambda: newest_register(tmp), "changed since it was fetched")


@case("data folder", "a manifest that is damaged, in six ways")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    place = gias(tmp, double).folder / "manifest.json"
    endless = (
        '{"day": "2022-09-01", "files": [{"key": "register", "name": "x", "bytes": Infinity}]}'
    )
    none = '{"day": "2022-09-01", "files": [], "notes": []}'
    for text in ("", "[]", "{}", '{"day": 1}', endless, none):
        place.write_text(text)
        said = refused(InputFileError, lambda: newest_register(tmp), "manifest", "geolls fetch")
    return said


@case("data folder", "a manifest that names files elsewhere")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    place = gias(tmp, double).folder / "manifest.json"
    manifest = json.loads(place.read_text())
    manifest["files"][0]["name"] = "../../../etc/passwd"
    place.write_text(json.dumps(manifest))
    return refused(InputFileError, lambda: newest_register(tmp), "changed since")


@case("data folder", "is a file")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    (tmp / "data").write_text("")
    assert newest_register(tmp / "data") is None
    return refused(OutputError, lambda: gias(tmp / "data", double), "cannot write")


@case("data folder", "the disk is full while the file comes in")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    double.files[f"{FILE}.csv"] = d.register_csv(20_000)
    (tmp / "gias").mkdir()
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
    )
    done = _child(tmp, double, before=code)
    _, err = done.communicate(timeout=60)
    assert done.returncode == 15, err
    assert "cannot write" in err
    clean(tmp)
    return f"exit 15: {err.strip().rpartition(': ')[2]}"


@case("data folder", "may not be written to")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    with mock.patch("pathlib.Path.mkdir", side_effect=PermissionError(13, "Permission denied")):
        return refused(OutputError, lambda: gias(tmp, double), "may not be written")


def _child(tmp: Path, double: Double, before: str = "") -> subprocess.Popen[str]:
    """Start a fetch in a process of its own; it ends with the exit code of what went wrong."""
    here = str(Path(__file__).parent)
    code = before + (
        f"import sys; sys.path.insert(0, {here!r})\n"
        "import services as s\nfrom pathlib import Path\n"
        "from geolls.base.errors import GeollsError\n"
        f"src = {double.gias!r}\n"
        "try:\n"
        f"    s.fetch_gias(Path({str(tmp)!r}), s.DAY, src, web=s.a_web()[0],\n"
        "        sources=s.small(bytes=10_000_000))\n"
        "except GeollsError as error:\n    print(error, file=sys.stderr)\n"
        "    sys.exit(error.exit_code)\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )


@case("data folder", "kill -9 while the file comes in, then fetched again")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    double.files[f"{FILE}.csv"] = d.register_csv(20_000)
    body = double.files[f"{FILE}.csv"]

    def drip(handler: d.Handler, _: bytes) -> None:
        handler.send_response(200)
        for name, value in {**handler.file_headers(), "Content-Length": str(len(body))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        for start in range(0, len(body), 50_000):
            handler.wfile.write(body[start : start + 50_000])
            time.sleep(0.05)

    double.fail(PATH, drip, 1)
    child = _child(tmp, double)
    for _ in range(400):
        parts = list(tmp.rglob("*.csv.part"))
        if parts and parts[0].stat().st_size > 100_000:
            break
        time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert newest_register(tmp) is None
    again = gias(tmp, double, sources=small(bytes=10_000_000))
    assert again.files["register"].read_bytes() == body
    asked = [r for path, r in double.asked if PATH in path][-1]
    assert asked is not None
    assert sorted(p.name for p in (tmp / "gias").iterdir()) == ["2022-09-01"]
    return "nothing half is visible; the second fetch carries on and ends the same"


@case("data folder", "two fetches at once into one folder")
def _(tmp: Path, double: Double) -> str:
    double.whole_day(STAMP)
    children = [_child(tmp, double) for _ in range(2)]
    for child in children:
        _, err = child.communicate(timeout=60)
        assert child.returncode == 0, err
    found = newest_register(tmp)
    assert found is not None and found.files["register"].read_bytes() == d.register_csv()
    assert sorted(p.name for p in (tmp / "gias").iterdir()) == ["2022-09-01"]
    return "both end well; one whole folder, nothing left over"


# ---- boundaries

NAME = "Local_Authority_Districts_DEC_2025_Boundaries_UK_BGC"


def bounds(tmp: Path, double: Double, **options: Any) -> Any:
    """Fetch the districts of 2025 from the double."""
    web = options.pop("web", None) or a_web()[0]
    source = options.pop("source", double.ons)
    sources = options.pop("sources", None) or small()
    ask = {"layer": "district", "year": 2025, "resolution": "BGC", **options}
    return fetch_boundaries(tmp, source=source, web=web, sources=sources, **ask)


@case("boundaries", "all is well, in three pages with exceededTransferLimit")
def _(tmp: Path, double: Double) -> str:
    import geopandas as gpd

    double.services[NAME] = Service(d.squares(7))
    seen: list[tuple[str, int, int | None]] = []
    found = bounds(tmp, double, progress=lambda *a: seen.append(a))
    frame = gpd.read_parquet(found.path)
    assert list(frame.columns) == ["code", "name", "geometry"]
    assert frame.crs.to_epsg() == 27700 and len(frame) == 7
    assert frame["code"].is_monotonic_increasing
    assert frame.geometry.area.round().eq(1e8).all()
    assert [s[1:] for s in seen] == [(3, 7), (6, 7), (7, 7)]
    assert boundaries_in(found.path) == found and found.on == date(2025, 12, 31)
    again = found.path.read_bytes()
    assert bounds(tmp, double).path.read_bytes() == again
    return "seven areas as GeoParquet in EPSG:27700; a second fetch is byte-identical"


@case("boundaries", "areas of Wales and Scotland among them")
def _(tmp: Path, double: Double) -> str:
    double.services[NAME] = Service([*d.squares(4), d.square("W06000001", "Ynys Môn", 2e5, 3e5)])
    found = bounds(tmp, double)
    assert found.rows == 4 and found.notes == ("1 areas outside England left out",)
    return "only those of England are kept; how many were left out is noted"


@case("boundaries", "the layer has number 1")
def _(tmp: Path, double: Double) -> str:
    double.services[NAME] = Service(d.squares(4), layer=1)
    assert bounds(tmp, double).rows == 4
    return "the polygon layer is found"


@case("boundaries", "the service was renamed as it has been before")
def _(tmp: Path, double: Double) -> str:
    double.services["LAD_MAY_2025_UK_BGC_V2"] = Service(d.squares(4))
    found = bounds(tmp, double)
    assert found.on == date(2025, 5, 31) and NAME in found.notes[0]
    return "the next known name is taken, with its own date, and noted"


@case("boundaries", "no service of that name")
def _(tmp: Path, double: Double) -> str:
    double.services["Local_Authority_Districts_DEC_2025_Boundaries_GB_BGC_V9"] = Service([])
    double.services["Something_Else"] = Service([])
    return refused(
        NotThereError, lambda: bounds(tmp, double), "nearest", "Boundaries_GB_BGC_V9", "--from"
    )


@case("boundaries", "the address of one service")
def _(tmp: Path, double: Double) -> str:
    double.services["Odd_Name"] = Service(d.squares(4))
    found = bounds(tmp, double, source=f"{double.ons}/Odd_Name/FeatureServer/0")
    assert found.rows == 4
    return "taken as given"


@case("boundaries", "a layer, year or resolution that is not known")
def _(tmp: Path, double: Double) -> str:
    refused(UsageError, lambda: bounds(tmp, double, layer="districts"), "did you mean district")
    refused(UsageError, lambda: bounds(tmp, double, resolution="XXL"), "one of BFE")
    said = refused(NoneOfThatYearError, lambda: bounds(tmp, double, year=1999), "years known: 2017")
    return said


def _bad(title: str, fault: d.Fault, words: str, path: str = "f=geojson", times: int = 999) -> None:
    @case("boundaries", title)
    def _(tmp: Path, double: Double) -> str:
        double.services[NAME] = Service(d.squares(7))
        double.fail(path, fault, times)
        said = refused(InputFileError, lambda: bounds(tmp, double), words, "geoportal")
        assert not (tmp / "boundaries").exists()
        return said


def _set(key: str, value: Any) -> d.Fault:
    def change(page: dict[str, Any]) -> dict[str, Any]:
        page["features"][0][key] = value
        return page

    return d.changed(change)


def _drop(page: dict[str, Any]) -> dict[str, Any]:
    return page | {"features": page["features"][:-1], "properties": {}}


RENAMED = d.says_json({"fields": [{"name": "LAD24CD"}, {"name": "LAD24NM"}]})
POINT = {"type": "Point", "coordinates": [430000, 433000]}
DEGREES = {
    "type": "Polygon",
    "coordinates": [[[-1.5, 53.8], [-1.5, 53.9], [-1.4, 53.9], [-1.5, 53.8]]],
}
NAN = {
    "type": "Polygon",
    "coordinates": [[[float("nan"), 1], [float("inf"), 3], [2, 4], [float("nan"), 1]]],
}

_bad("the last page is one area short", d.changed(_drop), "counts 7 areas", "resultOffset=6")
_bad("every page is the first (resultOffset ignored)",
     lambda h, _: d.says_json(Service(d.squares(7)).answer("/0/query", {}))(h, b""),
     "but sent 9")  # fmt: skip
_bad("an empty page, exceededTransferLimit for ever",
     d.says_json({"features": [], "exceededTransferLimit": True}), "but sent 0")  # fmt: skip
_bad("the count changes during the run", d.says_json({"count": 8}), "counts 8", "CountOnly", 1)
_bad("a count of -1", d.says_json({"count": -1}), "which cannot be", "CountOnly")
_bad("a count of a billion", d.says_json({"count": 10**9}), "which cannot be", "CountOnly")
_bad("a count in words", d.says_json({"count": "seven"}), "which cannot be", "CountOnly")
_bad("the columns have other names", RENAMED, "no LAD25CD", r"/0\?f=json")
_bad("the schema holds no fields", d.says_json({}), "holds no fields", r"/0\?f=json")
_bad("one code comes twice",
     _set("properties", {"LAD25CD": "E07000000", "LAD25NM": "x"}), "areas twice")  # fmt: skip
_bad("a code that is none",
     _set("properties", {"LAD25CD": "E07", "LAD25NM": "x"}), "codes that are none")  # fmt: skip
_bad("an area without geometry", _set("geometry", None), "")
_bad("an area that is a point", _set("geometry", POINT), "without a polygon")
_bad("one area in degrees", _set("geometry", DEGREES), "not metres")
_bad("coordinates that are no numbers", _set("geometry", NAN), "")
_bad("geometry that is not GeoJSON",
     _set("geometry", {"rings": [[[0, 0]]]}), "cannot be read")  # fmt: skip
_bad("features that are numbers", d.says_json({"features": [1, 2, 3, 4, 5, 6, 7]}), "feature 1")


def _kinds(title: str, fault: d.Fault, kind: type[GeollsError], words: str) -> None:
    @case("boundaries", title)
    def _(tmp: Path, double: Double) -> str:
        double.services[NAME] = Service(d.squares(7))
        double.fail("f=geojson", fault)
        return refused(kind, lambda: bounds(tmp, double), words, "--from FOLDER")


HTML = b"<html>Service unavailable</html>"
_kinds("a page of HTML, status 200", d.says(HTML, "text/html"), NotThereError, "a web page")
_kinds("a page of HTML that says it is JSON", d.says(HTML), NotThereError, "a web page")
_kinds("JSON cut in the middle", d.says(b'{"features": [{"ty'), NotThereError, "not JSON")
_kinds("JSON of another shape", d.says(b"[1]"), NotThereError, "another shape")
_kinds("error 400 with status 200",
       d.says_json({"error": {"code": 400, "message": "Cannot perform query."}}),
       NotThereError, "Cannot perform query")  # fmt: skip
_kinds("error 503 with status 200, for ever",
       d.says_json({"error": {"code": 503, "message": "busy"}}), RefusedError, "503")  # fmt: skip
DEEP = b'{"features": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}"
_kinds("JSON nested 100,000 deep", d.says(DEEP), NotThereError, "not JSON")
_kinds("a token is asked for",
       d.says_json({"error": {"code": 499, "message": "Token Required"}}),
       RefusedError, "token")  # fmt: skip
_kinds("an error of another shape", d.says_json({"error": ["?"]}), NotThereError, "refuses")
_kinds("500 for ever", d.status(500), RefusedError, "500")


@case("boundaries", "500 and 429 in between, and an error 504 with status 200")
def _(tmp: Path, double: Double) -> str:
    double.services[NAME] = Service(d.squares(7))
    double.fail("f=geojson", d.status(500), 1)
    double.fail("f=geojson", d.status(429, Retry_After="3"), 1)
    double.fail("f=geojson", d.says_json({"error": {"code": 504, "message": "late"}}), 1)
    web, waits = a_web()
    assert bounds(tmp, double, web=web).rows == 7
    assert waits == [1.0, 3.0, 4.0]
    return "fetched after waits of 1, 3 (as asked) and 4 seconds"


@case("boundaries", "an answer without end")
def _(tmp: Path, double: Double) -> str:
    double.services[NAME] = Service(d.squares(7))
    double.fail("f=geojson", d.endless)
    web = a_web(largest=1 << 20)[0]  # the bound it has otherwise would take a while
    return refused(InputFileError, lambda: bounds(tmp, double, web=web), "larger than 1,048,576")


@case("boundaries", "the outline of an area crosses itself")
def _(tmp: Path, double: Double) -> str:
    bow = [[4e5, 3e5], [41e4, 32e4], [41e4, 3e5], [4e5, 31e4], [4e5, 3e5]]
    double.services[NAME] = Service(d.squares(3))
    double.services[NAME].features[0]["geometry"]["coordinates"] = [bow]
    found = bounds(tmp, double)
    assert "1 areas mended" in found.notes[0]
    return "mended, and noted"


@case("boundaries", "another number of areas than England had")
def _(tmp: Path, double: Double) -> str:
    double.services[NAME] = Service(d.squares(7))
    return refused(
        InputFileError, lambda: bounds(tmp, double, sources=load_sources()), "where 296 stood"
    )


@case("by hand", "boundaries as GeoJSON, GeoPackage, shapefile and GeoParquet")
def _(tmp: Path, double: Double) -> str:
    import geopandas as gpd

    frame = gpd.GeoDataFrame.from_features(d.squares(5), crs=27700)
    for suffix, driver in ((".geojson", "GeoJSON"), (".gpkg", "GPKG"), (".shp", "ESRI Shapefile")):
        folder = tmp / suffix[1:]
        folder.mkdir()
        (frame.to_crs(4326) if driver == "GeoJSON" else frame).to_file(
            folder / f"x{suffix}", driver=driver
        )
        assert bounds(tmp, double, source=folder).rows == 5
    (tmp / "pq").mkdir()
    frame.to_parquet(tmp / "pq" / "x.parquet")
    assert bounds(tmp, double, source=tmp / "pq").rows == 5
    assert bounds(tmp, double, source=tmp / "gpkg" / "x.gpkg").rows == 5
    return "each is read; degrees are reprojected, and that is noted"


@case("by hand", "boundaries of another year")
def _(tmp: Path, double: Double) -> str:
    import geopandas as gpd

    (tmp / "hand").mkdir()
    frame = gpd.GeoDataFrame.from_features(d.squares(5, "LAD23"), crs=27700)
    frame.to_file(tmp / "hand" / "x.gpkg")
    return refused(
        NoneOfThatYearError, lambda: bounds(tmp, double, source=tmp / "hand"), "no LAD25CD"
    )


@case("by hand", "a GeoPackage that is a GDAL recipe for reading other files")
def _(tmp: Path, double: Double) -> str:
    (tmp / "hand").mkdir()
    vrt = "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/etc/passwd</SrcDataSource>"
    (tmp / "hand" / "x.gpkg").write_text(vrt)
    return refused(
        InputFileError, lambda: bounds(tmp, double, source=tmp / "hand"), "is not a gpkg"
    )


@case("by hand", "files that are not what their names say")
def _(tmp: Path, double: Double) -> str:
    (tmp / "hand").mkdir()
    starts = {".gpkg": b"SQLite format 3\0", ".shp": b"\0\0\x27\x0a", ".parquet": b"PAR1",
              ".geojson": b'{"type": "FeatureCollection", "features": [{}]}'}  # fmt: skip
    for suffix, start in starts.items():
        path = tmp / "hand" / f"x{suffix}"
        path.write_bytes(start + b"\xff" * 100)
        said = refused(InputFileError, lambda p=path: bounds(tmp, double, source=p))  # type: ignore[misc]
    return said
