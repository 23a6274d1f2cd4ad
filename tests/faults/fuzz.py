# ruff: noqa: E501  (tables of hostile words)
"""Throw broken and hostile input at the real readers; every case must end well or in one line.

A case ends well where the reader takes the input and what it promises still holds (counts that
reconcile, codes that are unique, areas that are areas), or where it raises a `GeollsError` of a
family that fits. Anything else is a finding: another exception, a hang, a promise broken.

Cases are made by seeded chance: (target, number) always makes the same input.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from geolls.base.errors import GeollsError

ON = date(2022, 9, 1)
SECONDS = 20  # a case that takes longer hangs
# Readers whose cases take a quarter of a second get a quarter of the cases.
COSTLY = {"links", "layer", "check", "geopackage", "words", "points"}

Files = dict[str, bytes]
Rng = random.Random


@dataclass(frozen=True)
class Target:
    """One reader, what it is given when all is well, and how that is broken."""

    name: str
    what: str
    seed: Callable[[], Files]
    breaks: Callable[[Rng, Files], Files]
    read: Callable[[Path], str]
    families: frozenset[int]


@dataclass
class Outcome:
    """What became of the cases of one target."""

    target: Target
    cases: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    findings: list[tuple[int, str]] = field(default_factory=list)
    seconds: float = 0.0


TARGETS: dict[str, Target] = {}


def target(
    name: str,
    what: str,
    seed: Callable[[], Files],
    breaks: Callable[[Rng, Files], Files],
    *families: int,
) -> Callable[[Callable[[Path], str]], Callable[[Path], str]]:
    """Enter a reader in the list of targets."""

    def enter(read: Callable[[Path], str]) -> Callable[[Path], str]:
        TARGETS[name] = Target(name, what, seed, breaks, read, frozenset(families))
        return read

    return enter


# ---- hostile material

WORDS: tuple[str, ...] = (
    "", " ", "\0", "\t", "\r", "\n", "\r\n", '"', "'", ",", ";", "|", "\\", "../../x", "/etc/passwd",
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;b&gt;", "{{7*7}}",
    '=HYPERLINK("http://x")', "+1+1", "-1+1", "@SUM(A1)", "\u202egnp.exe", "\u200f\u200e", "\ufeff",
    "\U0001f600", "e\u0301" * 5, "\u0130\u0131\u00df\ufb03", "x" * 10_000, "\u00ff" * 300, "NULL",
    "nan", "NaN", "inf", "-inf", "1e400", "-0", "0", "-1", "1e5", "9" * 400, "0x10", "1_000", "1,5",
    "1.5", "0.1", "\u0663", "\u00b2", "True", "false", "E08000035", "e08000035", "E99999999",
    "W06000001", "E07000026", "E07000210/east", "E08000035/../x", "100000", "383", "909", "31-12-2021",
    "2021-12-31", "31/12/2021", "30-02-2021", "00-00-0000", "01-01-1900", "01-01-9999", "99-99-99999",
    "2022-09-01/2021-09-01", "2022", "0001-01-01", "10000-01-01", "Open", "Closed", "Primary",
    "Leeds", "leeds ", "L\u00c3\u00a9eds", "Bournemouth, Christchurch and Poole", "whole", "part",
)  # fmt: skip
LUMPS: tuple[bytes, ...] = (
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\x81\x8d\x8f", b"\xc3\x28", b"\xf0\x9f", b"\r", b"\n\n\n",
    b'"', b'""', b'"\n', b",,,,", b"PK\x03\x04", b"\x1f\x8b\x08", b"<html>", b"{", b"}", b"[[", b"]]",
    b"=", b"\\u0000", b"\\ud800", b"1e999", b"A" * 70_000, b"\x1a", b"#", b"/*", b"'''",
)  # fmt: skip


def break_bytes(rng: Rng, data: bytes) -> bytes:
    """Damage a file as disks, wires, editors and attackers do."""
    for _ in range(rng.choice((1, 1, 2, 5))):
        n = len(data)
        at, to = sorted((rng.randrange(n + 1), rng.randrange(n + 1)))
        match rng.randrange(12):
            case 0:
                data = data[:at]
            case 1:
                data = data[at:]
            case 2:
                data = data[:at] + data[min(to, at + 200) :]
            case 3:
                data = data[:at] + data[at:to][:2000] * rng.choice((2, 3)) + data[to:]
            case 4 | 5:
                data = data[:at] + rng.choice(LUMPS) + data[at:]
            case 6 | 7 if n:
                flipped = bytearray(data)
                for _ in range(rng.choice((1, 3, 20))):
                    flipped[rng.randrange(n)] ^= 1 << rng.randrange(8)
                data = bytes(flipped)
            case 8:
                lines = data.split(b"\n")
                rng.shuffle(lines)
                data = b"\n".join(lines)
            case 9:
                encoding = rng.choice(("utf-16", "utf-32", "utf-8-sig", "utf-7", "cp037"))
                data = data.decode("latin-1").encode(encoding)
            case 10:
                data = data.replace(b"\n", rng.choice((b"\r", b"\r\n", b"\n\r", b"\0")))
            case _:
                data = rng.choice((b"", b"\0" * 50, rng.randbytes(200), b"\n", data + data))
    return data


def break_csv(rng: Rng, data: bytes) -> bytes:
    """Put hostile words where values belong, keeping the file a csv."""
    try:
        rows = list(csv.reader(io.StringIO(data.decode(), newline="")))
        assert len(rows) > 1 and rows[0]
    except (ValueError, csv.Error, AssertionError):  # broken once already
        return break_bytes(rng, data)
    for _ in range(rng.choice((1, 2, 8))):
        row = rng.randrange(len(rows)) if rng.random() < 0.05 else rng.randrange(1, len(rows))
        column = rng.randrange(len(rows[row])) if rows[row] else 0
        match rng.randrange(10):
            case 0:
                rows.append(list(rng.choice(rows)))
            case 1:
                rows[row] = rows[row][:column]
            case 2:
                rows[row] = [*rows[row], rng.choice(WORDS)]
            case _ if rows[row]:
                other = rng.choice(rows)
                swap = other[column] if column < len(other) else ""
                rows[row][column] = rng.choice((rng.choice(WORDS), rng.choice(WORDS), swap))
    if rng.random() < 0.05:
        column = rng.randrange(len(rows[0]))
        rows = [r[:column] + r[column + 1 :] for r in rows]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=rng.choice(("\n", "\r\n"))).writerows(rows)
    raw = text.getvalue()
    if rng.random() < 0.3:
        return raw.encode("cp1252", "replace")
    return raw.encode("utf-8", "replace")


def a_value(rng: Rng, depth: int = 0) -> Any:
    """Some value of TOML or JSON, likely of the wrong kind."""
    match rng.randrange(9 if depth < 3 else 6):
        case 0 | 1:
            return rng.choice(WORDS)
        case 2:
            return rng.choice((0, -1, 1, 10**18, 2**63, 1.5, float("inf"), float("nan"), -0.0))
        case 3:
            return rng.random() < 0.5
        case 4:
            return rng.choice((date(2022, 9, 1), date(1, 1, 1), date(9999, 12, 31)))
        case 5:
            return None
        case 6:
            return [a_value(rng, depth + 1) for _ in range(rng.randrange(4))]
        case _:
            return {
                rng.choice(WORDS)[:50]: a_value(rng, depth + 1) for _ in range(rng.randrange(3))
            }


def break_tree(rng: Rng, tree: Any) -> Any:
    """Replace, remove or add something somewhere in a tree of lists and dicts."""
    if isinstance(tree, dict) and tree and rng.random() < 0.85:
        key = rng.choice(list(tree))
        tree = dict(tree)
        if rng.random() < 0.15:
            del tree[key]
        elif rng.random() < 0.15:
            tree[rng.choice(WORDS)[:60]] = a_value(rng)
        else:
            tree[key] = break_tree(rng, tree[key])
        return tree
    if isinstance(tree, list) and tree and rng.random() < 0.85:
        tree = list(tree)
        at = rng.randrange(len(tree))
        match rng.randrange(6):
            case 0:
                del tree[at]
            case 1:
                tree.insert(at, tree[rng.randrange(len(tree))])
            case _:
                tree[at] = break_tree(rng, tree[at])
        return tree
    if isinstance(tree, str) and rng.random() < 0.6:
        return rng.choice((rng.choice(WORDS), tree + rng.choice(WORDS), tree[1:], tree * 100))
    if isinstance(tree, date) and rng.random() < 0.6:
        return rng.choice((date(1, 1, 1), date(9999, 12, 31), date(2022, 2, 28), date(2031, 1, 1)))
    if isinstance(tree, bool) and rng.random() < 0.6:
        return not tree
    if isinstance(tree, float | int) and not isinstance(tree, bool) and rng.random() < 0.6:
        return tree * rng.choice((0, -1, 1e-6, 1 + 1e-9, 10, 1e9, 1e308))
    return a_value(rng)


def to_toml(tree: Mapping[str, Any]) -> str:
    """Write a tree as TOML, as far as it can be."""
    import tomlkit

    def fit(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: fit(v) for k, v in value.items() if v is not None}
        if isinstance(value, list):
            return [fit(v) for v in value if v is not None]
        return value

    try:
        return tomlkit.dumps(fit(dict(tree)))
    except Exception:  # tomlkit cannot write every key; then something plain goes wrong
        return "key = \n"


def one_of(**ways: Callable[[Rng, bytes], bytes]) -> Callable[[Rng, Files], Files]:
    """Break one of the files, mostly in the way that suits its suffix."""

    def breaks(rng: Rng, files: Files) -> Files:
        files = dict(files)
        for _ in range(rng.choice((1, 1, 1, 2))):
            name = rng.choice(sorted(files))
            way = ways.get(name.rpartition(".")[2], break_bytes)
            files[name] = (way if rng.random() < 0.8 else break_bytes)(rng, files[name])
        if len(files) > 1 and rng.random() < 0.03:
            del files[rng.choice(sorted(files))]
        return files

    return breaks


def break_toml(rng: Rng, data: bytes) -> bytes:
    import tomllib

    try:
        tree = tomllib.loads(data.decode())
    except ValueError:
        return break_bytes(rng, data)
    for _ in range(rng.choice((1, 1, 3))):
        tree = break_tree(rng, tree)
        tree = tree if isinstance(tree, dict) else {"value": tree}
    return to_toml(tree).encode("utf-8", "replace")


def break_json(rng: Rng, data: bytes) -> bytes:
    try:
        tree = json.loads(data)
    except ValueError:
        return break_bytes(rng, data)
    for _ in range(rng.choice((1, 1, 3))):
        tree = break_tree(rng, tree)
    return json.dumps(tree, default=str).encode("utf-8", "replace")


def break_few(rng: Rng, data: bytes) -> bytes:
    """Flip a bit or three: what still looks like a whole file."""
    if not data or rng.random() < 0.1:
        return break_bytes(rng, data)
    flipped = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3, 30))):
        at = rng.randrange(len(data))
        flipped[at] = rng.choice((flipped[at] ^ (1 << rng.randrange(8)), 0, 255))
    return bytes(flipped)


def break_gpkg(rng: Rng, data: bytes) -> bytes:
    """Break a GeoPackage as a database: names, geometry, its notion of itself."""
    if rng.random() < 0.3:
        return break_few(rng, data)
    import sqlite3

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "x.gpkg"
        place.write_bytes(data)
        base = sqlite3.connect(place)
        try:
            base.execute("PRAGMA synchronous = OFF")
            for _ in range(rng.choice((1, 1, 3))):
                _break_base(rng, base)
            base.commit()
        except (sqlite3.Error, UnicodeDecodeError):
            base.rollback()
        finally:
            base.close()
        return place.read_bytes()


def _break_base(rng: Rng, base: Any) -> None:
    word = rng.choice(WORDS)
    row = base.execute("SELECT geom FROM x WHERE geom IS NOT NULL LIMIT 1").fetchone()
    shape = row[0] if row and isinstance(row[0], bytes) else b"GP"
    fid = rng.choice((1, 2))
    for trigger in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        base.execute(f'DROP TRIGGER "{trigger[0]}"')  # they call functions of GDAL's
    match rng.randrange(9):
        case 0:
            base.execute("UPDATE x SET name = ? WHERE fid = ?", (word, fid))
        case 1:
            base.execute("UPDATE x SET code = ? WHERE fid = ?", (word, fid))
        case 2:
            base.execute("UPDATE x SET geom = ? WHERE fid = ?", (break_few(rng, shape), fid))
        case 3:
            base.execute("UPDATE x SET geom = ? WHERE fid = ?",
                         (rng.choice((None, b"", b"GP", shape[:60], word)), fid))  # fmt: skip
        case 4:
            table = rng.choice(("gpkg_contents", "gpkg_geometry_columns"))
            base.execute(
                f"UPDATE {table} SET srs_id = ?", (rng.choice((0, -1, 4326, 3857, 99999)),)
            )
        case 5:
            column = rng.choice(("table_name", "data_type", "identifier", "min_x", "max_y"))
            base.execute(f"UPDATE gpkg_contents SET {column} = ?", (word,))
        case 6:
            base.execute(rng.choice((
                "DELETE FROM x", "DROP TABLE gpkg_contents", "DELETE FROM gpkg_spatial_ref_sys",
                "ALTER TABLE x RENAME TO y", "ALTER TABLE x RENAME COLUMN geom TO shape",
            )))  # fmt: skip
        case 7:
            base.execute("INSERT INTO x (geom, name, code) SELECT geom, name, code FROM x")
        case _:
            column = rng.choice(("geometry_type_name", "column_name", "z"))
            base.execute(f"UPDATE gpkg_geometry_columns SET {column} = ?", (word,))


# ---- the register


def a_csv(header: list[str], rows: list[list[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


@cache
def register_file() -> bytes:
    """Forty schools under all the columns that are read."""
    from geolls.register.columns import COLUMNS

    rows = []
    for i in range(40):
        value: dict[str, Any] = {
            "urn": 100000 + i,
            "name": f"School {i}",
            "la_code": (383, 330, 909, 873)[i % 4],
            "la_name": ("Leeds", "Birmingham", "Cumbria", "Cambridgeshire")[i % 4],
            "number": 2000 + i,
            "district": ("E08000035", "E08000025", "E07000026", "E07000008")[i % 4],
            "phase": ("Primary", "Secondary", "All-through", "Not applicable")[i % 7 % 4],
            "type": ("Academy converter", "Community school", "Free schools")[i % 3],
            "type_group": ("Academies", "Local authority maintained schools", "Free Schools")[
                i % 3
            ],
            "status": "Closed" if i % 13 == 12 else "Open",
            "open_date": "01-09-2010" if i % 2 else "",
            "close_date": "31-08-2019" if i % 13 == 12 else "",
            "postcode": "LS1 1AA",
            "easting": (430000, 407000, 312000, 545000)[i % 4] + 10 * i,
            "northing": (433500, 286500, 530000, 258000)[i % 4] + 10 * i,
            "pupils": 200 + i,
            "fsm_pupils": 20 + i,
            "fsm_percent": "12.5",
            "trust_uid": 2000 + i % 5 if i % 3 != 1 else "",
            "trust_name": f"Trust {i % 5}" if i % 3 != 1 else "",
            "trust_flag": "Supported by a multi-academy trust" if i % 3 != 1 else "",
            "census_date": "20-01-2022",
            "changed": "01-08-2022",
        }
        rows.append([value.get(key, "") for key in COLUMNS["register"]])
    return a_csv(list(COLUMNS["register"].values()), rows)


@cache
def links_file() -> bytes:
    """The groups of those schools."""
    header = [
        "URN", "Group UID", "Group ID", "Group Name", "Companies House Number",
        "Group Type (code)", "Group Type", "Closed Date", "Open date",
        "Incorporated on (open date)", "Group Status (code)", "Group Status", "Joined date",
        "EstablishmentName",
    ]  # fmt: skip
    kinds = ("Multi-academy trust", "Federation", "School sponsor", "Single-academy trust")
    rows = [
        [100000 + i, 2000 + i % 9, f"TR{i % 9:05}", f"Trust {i % 9}", f"{7000000 + i % 9}", 6,
         kinds[i % 9 % 4], "", "01-04-2012", "01-04-2012", "OPEN", "Open", "01-04-2015",
         f"School {i}"]
        for i in range(40)
    ]  # fmt: skip
    return a_csv(header, rows)


def records_in(data: bytes) -> int | None:
    """Count the records of a csv that two parsers cannot take differently; else None."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    if "\0" in text:
        return None
    rows = list(csv.reader(io.StringIO(text, newline="")))
    for end in ("\n", "\r\n"):
        again = io.StringIO(newline="")
        csv.writer(again, lineterminator=end).writerows(rows)
        if again.getvalue() == text:
            return len([r for r in rows if r]) - 1
    return None


def promises_of(register: Any, data: bytes | None = None) -> str:
    """Check what a register promises; say how it ended."""
    counts, schools = register.counts, register.schools
    records = records_in(data) if data is not None else None
    assert records is None or counts["read"] == records, f"{counts} of {records} records"
    assert counts["read"] == counts["kept"] + counts["rejected"] + counts["filtered"], counts
    assert counts["kept"] == len(schools)
    assert counts["filtered"] == len(register.filtered)
    out = register.rejects["action"].str.startswith("row left out")
    told = register.rejects.loc[out & (register.rejects["file"] == "register"), "row"]
    assert counts["rejected"] == told.nunique(), "a row is lost without a reject"
    assert schools["urn"].is_unique and schools["urn"].is_monotonic_increasing
    assert schools["urn"].map(lambda u: isinstance(u, str) and u.isdigit()).all()
    placed = schools[schools["easting"].notna()]
    assert placed["easting"].between(0, 700_000).all() and placed["northing"].notna().all()
    assert placed["northing"].between(0, 700_000).all()
    assert not (schools["pupils"] < 0).any() and not (schools["fsm_pupils"] < 0).any()
    assert (schools["pupils"].dropna() < 1e5).all(), schools["pupils"].max()
    return "read; faults in rejects.csv" if len(register.rejects) else "read"


def break_register(rng: Rng, files: Files) -> Files:
    name = "edubasealldata20220901.csv"
    data = files[name]
    way = break_csv if rng.random() < 0.7 else break_bytes
    return {name: way(rng, data)}


@target(
    "register",
    "GIAS register csv: bytes, cells, rows, encodings",
    lambda: {"edubasealldata20220901.csv": register_file()},
    break_register,
    11,
    12,
)
def _(folder: Path) -> str:
    from geolls.register.register import read_register

    place = folder / "edubasealldata20220901.csv"
    return promises_of(read_register(place, as_of=ON), place.read_bytes())


@target(
    "register dates",
    "the register read at any date, in mid-flight of its own values",
    lambda: {"edubasealldata20220901.csv": register_file(), "on.txt": b"2022-09-01"},
    lambda rng, files: {
        "edubasealldata20220901.csv": break_csv(rng, files["edubasealldata20220901.csv"]),
        "on.txt": rng.choice(WORDS).encode("utf-8", "replace"),
    },
    2,
    11,
    12,
)
def _(folder: Path) -> str:
    from geolls.register.register import read_register

    text = (folder / "on.txt").read_bytes().decode("utf-8")
    return promises_of(read_register(folder / "edubasealldata20220901.csv", as_of=text or None))


def pack(kind: str) -> Callable[[Rng, Files], Files]:
    """Break the archive around the register."""

    def breaks(rng: Rng, files: Files) -> Files:
        (name, data), *_ = files.items()
        if rng.random() < 0.3:
            data = break_csv(rng, data)
        if kind == "gz":
            packed = gzip.compress(data, mtime=0)
        else:
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, \
                    warnings.catch_warnings():  # fmt: skip
                warnings.simplefilter("ignore")  # of names that come twice
                for _ in range(rng.choice((1, 1, 2))):
                    prefix = rng.choice(("", "", "a/", "../../", "/", "C:\\", "\u202e"))
                    archive.writestr(prefix + name, data)
                if rng.random() < 0.3:
                    archive.writestr("x" + rng.choice(WORDS)[:100], b"0" * 10_000)
            packed = buffer.getvalue()
        if rng.random() < 0.7:
            packed = break_bytes(rng, packed)
        return {f"edubasealldata20220901.{kind}": packed}

    return breaks


@target(
    "zip",
    "zip around the register: names, members, bytes",
    lambda: {"edubasealldata20220901.csv": register_file()},
    pack("zip"),
    11,
    12,
)
def _(folder: Path) -> str:
    from geolls.register.register import read_register

    before = sorted(p.name for p in folder.parent.iterdir())
    try:
        return promises_of(read_register(folder / "edubasealldata20220901.zip", as_of=ON))
    finally:
        assert before == sorted(p.name for p in folder.parent.iterdir()), "wrote outside"


@target(
    "gzip",
    "gzip around the register: bytes",
    lambda: {"edubasealldata20220901.csv": register_file()},
    pack("gz"),
    11,
    12,
)
def _(folder: Path) -> str:
    from geolls.register.register import read_register

    return promises_of(read_register(folder / "edubasealldata20220901.gz", as_of=ON))


@target(
    "links",
    "GIAS group links: bytes, cells, rows",
    lambda: {"links.csv": links_file()},
    one_of(csv=break_csv),
    11,
    12,
)
def _(folder: Path) -> str:
    from geolls.register.register import read_register

    place = folder.parent / "whole.csv"
    if not place.exists():
        place.write_bytes(register_file())
    register = read_register(place, links=folder / "links.csv", as_of=ON)
    trusts = register.schools.dropna(subset="trust_uid")
    assert set(trusts["trust_uid"]) <= set(register.groups["group_uid"])
    return promises_of(register)


def succession_file() -> bytes:
    rows = [[100000 + i, 99000 + i, "Predecessor - merged", "01-04-2015"] for i in range(30)]
    return a_csv(["URN", "LinkURN", "LinkType", "LinkEstablishedDate"], rows)


@target(
    "successions",
    "GIAS predecessor links: bytes, cells, rows",
    lambda: {"links_edubasealldata.csv": succession_file()},
    one_of(csv=break_csv),
    11,
    12,
)
def _(folder: Path) -> str:
    from geolls.register.register import read_successions

    read_successions(folder / "links_edubasealldata.csv")
    return "read"


# ---- layers, areas, studies, recipes

LAYER = b"""
title = "School clusters"
unit_title = "Cluster"
kind = "areas"
tiling = "partial"
family = "user"
complete = false
from = 2020-09-01
to = 2026-08-31
codes_as_of = 2022-09-01
source = "Leeds, cluster list"
source_url = "https://example.org/list"
source_date = "2022-09"
licence = "Open Government Licence v3.0"
confidence = "high"
units_expected = 3
note = "By hand."

[style]
label = "C"

[sources]
one = "Minutes of 1 September 2022"
"""
MEMBERS = b"""unit_code,unit_name,area_code,area_name,codes_as_of,valid_from,valid_to,extent,part,share,source,source_date,confidence,note
a,North,E08000035,Leeds,,2020-09-01,,whole,,,one,2022-09-01,high,
a,North,E08000036,Wakefield,,2020-09-01,2024-08-31,part,west,0.5,one,2022-09-01,high,
b,South,E08000036,Wakefield,,2020-09-01,,part,east,0.5,one,2022-09-01,low,guessed
b,South,E07000026,Allerdale,2022-09-01,2020-09-01,,,,,one,2022,medium,
c,"West, far",E06000052,Cornwall,,,,,,,one,2014/2022,high,
"""
UNITS = b"""unit_code,unit_name,aliases,lead_urn,lead_name,valid_from,valid_to,source,source_date,confidence,note
a,North,NN@2020-09-01/2022-09-01; N1,100000,School 0,,,one,2022-09-01,high,
b,South,,,,2020-09-01,,one,2022-09-01,high,
c,"West, far",,,,,,,,,
"""


@target(
    "layer",
    "a user's layer.toml, members.csv and units.csv: keys, values, cells, bytes",
    lambda: {"layer.toml": LAYER, "members.csv": MEMBERS, "units.csv": UNITS},
    one_of(toml=break_toml, csv=break_csv),
    10,
    11,
    12,
)
def _(folder: Path) -> str:
    from geolls.layers.areas import load_areas
    from geolls.layers.catalogue import load_catalogue
    from geolls.layers.checks import check_folders
    from geolls.layers.evidence import units_on
    from geolls.layers.expand import expand

    areas = load_areas()
    assert all("\n" not in str(p) for p in check_folders([folder], areas))
    catalogue = load_catalogue((folder,), areas)
    shipped = set(load_catalogue().layers)
    (key,) = set(catalogue.layers) - shipped
    layer = catalogue.layers[key]
    held: Counter[str] = Counter()
    for on in (ON, date(2009, 4, 1), date(2026, 11, 1)):
        units_on(layer, on, areas)
        claims = expand(layer, on, areas)
        held.clear()
        for claim in claims:
            assert 0 <= claim.share <= 1 + 1e-9, claim
            held[claim.block] += claim.share  # type: ignore[assignment]
        assert all(total <= 1 + 1e-6 for total in held.values()), held.most_common(1)
    return "read"


@cache
def areas_file() -> bytes:
    from geolls.base.shelves import shelf

    lines = (shelf("boundaries") / "areas.csv").read_bytes().splitlines(keepends=True)
    return b"".join(lines[:60])


@target(
    "areas",
    "the succession table: bytes, cells, rows",
    lambda: {"areas.csv": areas_file()},
    one_of(csv=break_csv),
    10,
    11,
    12,
)
def _(folder: Path) -> str:
    from geolls.layers.areas import Areas
    from geolls.layers.model import TIERS

    areas = Areas.read(folder / "areas.csv")
    for tier in TIERS:
        for area in areas.alive(tier, ON):
            assert area.active(ON)
    return "read"


STUDY = b"""
title = "Leeds, September 2022"
register = "edubasealldata20220901.csv"
as_of = 2022-09-01
phases = ["primary", "secondary"]
layers = ["local_authority", "teaching_school_hub"]
places = ["Leeds"]
boundaries = ["more"]
strict_dates = false

[spread]
distance_km = 30
"""


@target(
    "study",
    "a study file: keys, values, bytes",
    lambda: {"study.toml": STUDY},
    one_of(toml=break_toml),
    2,
    10,
    11,
    12,
)
def _(folder: Path) -> str:
    from geolls.api import open_study

    (folder / "more").mkdir()
    (folder / "more" / "layer.toml").write_bytes(LAYER)
    (folder / "more" / "members.csv").write_bytes(MEMBERS)
    (folder / "more" / "units.csv").write_bytes(UNITS)
    (folder / "edubasealldata20220901.csv").write_bytes(register_file())
    study = open_study(folder / "study.toml")
    _ = (study.as_of, study.catalogue, study.register.counts, study.layers)
    return "read"


@cache
def recipe_file() -> bytes:
    from geolls.base.shelves import shelf
    from geolls.maps.recipes import recipe_names

    names = recipe_names()
    if not names:
        return b'title = "Hubs"\nscope = "england"\nareas = "teaching_school_hub"\n'
    return (shelf("maps") / f"{names[0]}.toml").read_bytes()


@target(
    "recipe",
    "a map recipe: keys, values, bytes",
    lambda: {"mine.toml": recipe_file()},
    one_of(toml=break_toml),
    10,
    11,
    14,
)
def _(folder: Path) -> str:
    from geolls.maps.recipes import check_recipe, load_recipe

    with contextlib.suppress(GeollsError):
        check_recipe(folder / "mine.toml")
    load_recipe(folder / "mine.toml")
    return "read"


@target(
    "check",
    "geolls check on a folder of all of these",
    lambda: {
        "layer.toml": LAYER,
        "members.csv": MEMBERS,
        "mine.toml": recipe_file(),
        "study.toml": STUDY,
        "edubasealldata20220901.csv": register_file(),
    },
    one_of(toml=break_toml, csv=break_csv),
)
def _(folder: Path) -> str:
    from geolls.cli.checking import check_files

    files = sorted(p for p in folder.iterdir() if p.suffix in {".toml", ".csv"})
    problems = check_files([folder, *files])
    for problem in problems:
        assert "\n" not in str(problem)
    return "problems listed"


# ---- shapes


def shapes_file() -> bytes:
    ring = [[-1.8, 53.7], [-1.4, 53.7], [-1.4, 53.95], [-1.8, 53.95], [-1.8, 53.7]]
    east = [[x + 0.4, y] for x, y in ring]
    features = [
        {"type": "Feature", "properties": {"name": n, "code": n[0]},
         "geometry": {"type": "Polygon", "coordinates": [r]}}
        for n, r in (("West", ring), ("East", east))
    ]  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


@cache
def geopackage_file() -> bytes:
    import geopandas as gpd

    frame = gpd.GeoDataFrame.from_features(json.loads(shapes_file()), crs=4326).to_crs(27700)
    with tempfile.TemporaryDirectory() as folder:
        frame.to_file(Path(folder) / "x.gpkg", layer="x")
        return (Path(folder) / "x.gpkg").read_bytes()


@cache
def parquet_file() -> bytes:
    import geopandas as gpd

    frame = gpd.GeoDataFrame.from_features(json.loads(shapes_file()), crs=4326).to_crs(27700)
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


POLYGON_LAYER = b"""title = "Zones"
geometry = "x.%s"
source = "By hand"
name_column = "name"
code_column = "code"
"""


def read_shapes(folder: Path, suffix: str) -> str:
    """Read a polygon layer and cut the blocks by it."""
    from geolls.land.blocks import load_blocks
    from geolls.land.polygons import read_polygons, refine
    from geolls.layers.areas import load_areas
    from geolls.layers.catalogue import load_catalogue

    (folder / "layer.toml").write_bytes(POLYGON_LAYER % suffix.encode())
    catalogue = load_catalogue((folder,), load_areas())
    (key,) = set(catalogue.layers) - set(load_catalogue().layers)
    polygons = read_polygons(catalogue.layers[key])
    assert polygons.crs.to_epsg() == 27700
    assert polygons["unit_code"].is_unique
    blocks = load_blocks()
    near = blocks.loc[["E08000032", "E08000035", "E08000036"]]
    refined = refine(near, polygons)
    total = refined.blocks["area_m2"].sum()
    assert abs(total - near["area_m2"].sum()) < 1, "land is lost"
    return "read and cut"


@target(
    "geojson",
    "polygons as GeoJSON: trees and bytes, then cut into the blocks",
    lambda: {"x.geojson": shapes_file()},
    one_of(geojson=break_json),
    10,
    11,
    13,
)
def _(folder: Path) -> str:
    return read_shapes(folder, "geojson")


@target(
    "geopackage",
    "polygons as GeoPackage: bytes",
    lambda: {"x.gpkg": geopackage_file()},
    one_of(gpkg=break_gpkg),
    10,
    11,
    13,
)
def _(folder: Path) -> str:
    return read_shapes(folder, "gpkg")


@target(
    "geoparquet",
    "polygons as GeoParquet: bytes",
    lambda: {"x.parquet": parquet_file()},
    one_of(parquet=break_few),
    10,
    11,
    13,
)
def _(folder: Path) -> str:
    return read_shapes(folder, "parquet")


# ---- words a user types


def a_word(rng: Rng) -> str:
    """A date, code, name or place, right or wrong."""
    if rng.random() < 0.5:
        return rng.choice(WORDS)
    start = rng.choice((
        "Leeds", "E08000035", "E07000026", "2022-09-01", "383", "100000", "LS1 1AA", "-1.5,53.8",
        "430000,433000", "Teaching School Hubs", "local_authority:Leeds", "North East",
        "Bournemouth, Christchurch and Poole", "Kingston upon Hull, City of", "-1.5 53.8", "1e5,1e5",
    ))  # fmt: skip
    text = list(start)
    for _ in range(rng.choice((0, 1, 1, 3))):
        at = rng.randrange(len(text) + 1)
        text[at:at] = rng.choice(WORDS)[:20]
        if text and rng.random() < 0.5:
            del text[rng.randrange(len(text))]
    return "".join(text)


@cache
def demonstration() -> Any:
    from geolls.api import open_study

    return open_study(as_of="2022-09-01")


def warm(files: Files) -> Files:
    """Read what is read once before the clock runs."""
    _ = demonstration().schools
    return files


@target(
    "words",
    "dates, codes, names and places as typed: every look-up there is",
    lambda: warm({"word.txt": b""}),
    lambda rng, _: {"word.txt": a_word(rng).encode("utf-8", "surrogatepass")},
    2,
    10,
    12,
)
def _(folder: Path) -> str:
    from geolls.base.schema import a_date
    from geolls.base.text import fold, nearest, suggest
    from geolls.layers.areas import load_areas
    from geolls.layers.catalogue import load_catalogue
    from geolls.study.where import where

    word = (folder / "word.txt").read_bytes().decode("utf-8", "surrogatepass")
    areas, catalogue = load_areas(), load_catalogue()
    fold(word), nearest(word, ["Leeds", word]), suggest(word, catalogue.layers)
    last = None
    for look_up in (
        lambda: a_date(word),
        lambda: areas.resolve(word, ON),
        lambda: areas.find(word, ON),
        lambda: areas.by_la_code(word, ON),
        lambda: catalogue.get(word),
        lambda: demonstration().place(word),
        lambda: where(word, on=ON, areas=areas, catalogue=catalogue, data=folder.parent,
                      open_study=demonstration),
    ):  # fmt: skip
        try:
            look_up()
        except GeollsError as error:
            last = error
            assert "\n" not in str(error)
            assert len(str(error)) < 30_000
            assert error.exit_code in (2, 10, 12), f"{type(error).__name__}: {error}"
    return "unknown to one look-up or more" if last else "known to every look-up"


@target(
    "points",
    "a table of points as csv: bytes, cells, rows",
    lambda: {"points.csv": b"id,easting,northing\n" + b"".join(
        b"%03d,%d,%d\n" % (i, 430000 + 100 * i, 433500 + 100 * i) for i in range(40))},
    one_of(csv=break_csv),
    2,
    11,
)  # fmt: skip
def _(folder: Path) -> str:
    from geolls.study.points import assign_points

    source = folder / "points.csv"
    report = assign_points(source, folder / "out.csv", demonstration())
    assert report.placed <= report.rows
    with (folder / "out.csv").open(encoding="utf-8", newline="") as file:
        assert sum(1 for _ in csv.reader(file)) == report.rows + 1, "rows are lost"
    return "read"


@target(
    "manifest",
    "the manifest of a fetched register: trees and bytes",
    lambda: {"manifest.json": json.dumps({
        "day": "2022-09-01", "notes": [],
        "files": [{"key": "register", "name": "r.csv", "bytes": 4}]}).encode()},
    one_of(json=break_json),
    11,
)  # fmt: skip
def _(folder: Path) -> str:
    from geolls.fetch.kept import newest_register

    day = folder / "gias" / "2022-09-01"
    day.mkdir(parents=True)
    (day / "r.csv").write_bytes(b"URN\n")
    (folder / "manifest.json").rename(day / "manifest.json")
    found = newest_register(folder)
    assert found is not None and found.files["register"].parent == day
    return "read"


def service_files() -> Files:
    """What a feature service answers, one file per question."""
    import double

    service = double.Service(double.squares(5), page=3)
    asks = {
        "info": ("", {}),
        "schema": ("/0", {}),
        "count": ("/0/query", {"returnCountOnly": "true"}),
        "page0": ("/0/query", {"resultOffset": "0"}),
        "page3": ("/0/query", {"resultOffset": "3"}),
    }
    return {f"{k}.json": json.dumps(service.answer(*ask)).encode() for k, ask in asks.items()}


@target(
    "feature service",
    "answers of the boundary service: trees and bytes",
    service_files,
    one_of(json=break_json),
    11,
)
def _(folder: Path) -> str:
    import httpx
    import services

    from geolls.fetch.ons import fetch_boundaries
    from geolls.fetch.web import Web

    def answer(request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        for sign, name in (("returnCountOnly", "count"), ("resultOffset=0", "page0"),
                           ("resultOffset", "page3"), ("/FeatureServer?", "info"),
                           ("/FeatureServer/", "schema")):  # fmt: skip
            if sign in url:
                file = folder / f"{name}.json"
                body = file.read_bytes() if file.exists() else b"<html>404"
                return httpx.Response(200, content=body)
        raise AssertionError(url)

    data = folder.parent / "data"
    shutil.rmtree(data, ignore_errors=True)
    place = "https://x.example/rest/services/x/FeatureServer"
    web = Web(sleep=lambda _: None, transport=httpx.MockTransport(answer))
    found = fetch_boundaries(
        data, "district", 2025, source=place, web=web, sources=services.small()
    )
    import geopandas as gpd

    frame = gpd.read_parquet(found.path)
    assert frame["code"].is_unique and frame.geometry.area.gt(0).all()
    assert frame.geometry.is_valid.all() and len(frame) == found.rows == 5
    return "taken, whole"


@target(
    "by hand",
    "a folder of register files downloaded by hand: names, archives, bytes",
    lambda: {"edubasealldata20220901.csv": register_file(), "alllinksdata.csv": links_file()},
    lambda rng, files: by_hand(rng, files),
    2,
    11,
    15,
)
def _(folder: Path) -> str:
    import services

    from geolls.fetch.gias import fetch_gias
    from geolls.fetch.kept import newest_register

    data = folder.parent / "data"
    shutil.rmtree(data, ignore_errors=True)
    sources = services.small(columns=("URN",), rows=1)
    try:
        fetch_gias(data, ON, folder, sources=sources)
    finally:
        place = data / "gias"
        whole = newest_register(data) is not None
        left = [p.name for p in place.glob("[0-9]*")] if place.is_dir() else []
        assert whole == bool(left)
    return "taken, whole"


def by_hand(rng: Rng, files: Files) -> Files:
    """Rename, pack and break files as they come from a download folder."""
    found: Files = {}
    for name, data in one_of(csv=break_csv)(rng, files).items():
        if rng.random() < 0.3:
            name = rng.choice((
                "edubasealldata.csv", "edubasealldata20229999.csv", "EDUBASEALLDATA20220901.CSV",
                "edubasealldata (1).csv", "x.csv", "edubasealldata_2022-09-01.csv", "\u202e.csv",
            ))  # fmt: skip
        if rng.random() < 0.3:
            packed = pack(rng.choice(("gz", "zip")))(rng, {name: data})
            (kind,) = packed
            name = f"{name}.gz" if kind.endswith("gz") else "extract.zip"
            data = packed[kind]
        found[name] = data
    return found


# ---- running


@contextlib.contextmanager
def nothing_swallowed() -> Iterator[None]:
    """Raise what a callback raised and nobody could catch: it would be a traceback on the screen."""
    swallowed: list[str] = []
    before = sys.unraisablehook
    sys.unraisablehook = lambda fault: swallowed.append(
        f"{fault.exc_type.__name__} swallowed in {getattr(fault.object, '__qualname__', fault.err_msg)}"
    )
    try:
        yield
    finally:
        sys.unraisablehook = before
        if swallowed:
            raise AssertionError(swallowed[0])


@contextlib.contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raise TimeoutError in the middle of whatever hangs."""

    def ring(*_: Any) -> None:
        raise TimeoutError(f"still running after {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def make(goal: Target, number: int) -> Files:
    """Make the input of one case."""
    return goal.breaks(random.Random(f"{goal.name}/{number}"), goal.seed())


def run_case(goal: Target, number: int, folder: Path) -> tuple[str, bool]:
    """Run one case; say how it ended, and whether that is a finding."""
    inside = folder / "case"
    shutil.rmtree(inside, ignore_errors=True)
    inside.mkdir(parents=True)
    for name, data in make(goal, number).items():
        (inside / name).write_bytes(data)
    try:
        with nothing_swallowed(), time_limit(SECONDS), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return goal.read(inside), False
    except GeollsError as error:
        if error.exit_code not in goal.families:
            return f"wrong family: {type(error).__name__}: {str(error)[:300]}", True
        if "\n" in str(error) or not str(error).isprintable():
            return f"not one clean line: {str(error)[:300]!r}", True
        return f"refused, exit {error.exit_code}", False
    except Exception as error:
        tail = traceback.extract_tb(error.__traceback__)
        ours = [f for f in tail if "/geolls/" in f.filename and "/site-packages/" not in f.filename]
        at = ours[-1] if ours else tail[-1]
        place = f"{Path(at.filename).name}:{at.lineno} {at.name}"
        text = str(error).splitlines()[0][:200] if str(error) else ""
        return f"{type(error).__name__} in {place}: {text}", True


def run(goal: Target, cases: range, keep: Path | None = None) -> Outcome:
    """Run cases of one target."""
    outcome = Outcome(goal)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="geolls-fuzz-") as name:
        folder = Path(name)
        for number in cases:
            end, finding = run_case(goal, number, folder)
            outcome.cases += 1
            outcome.ends["FINDING" if finding else end] += 1
            if finding:
                outcome.findings.append((number, end))
                if keep is not None:
                    place = keep / f"{goal.name.replace(' ', '-')}-{number}"
                    shutil.rmtree(place, ignore_errors=True)
                    place.mkdir(parents=True)
                    for file, data in make(goal, number).items():
                        (place / file).write_bytes(data)
    outcome.seconds = time.monotonic() - start
    return outcome
