"""The cache of the register: the same answer, never an old or a damaged one."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
from gias_files import ACADEMY, DAY, links, put, schools

from geolls.register import cache
from geolls.register.register import Register, read_register


def same(left: Register, right: Register) -> None:
    for table in ("schools", "others", "groups", "rejects", "filtered"):
        pd.testing.assert_frame_equal(getattr(left, table), getattr(right, table))
    assert left.counts == right.counts
    assert left.source == right.source
    assert left.demonstration == right.demonstration


def old(path: Path) -> Path:
    """Date a file back, as a file that nobody is writing at this moment is."""
    os.utime(path, (1_600_000_000, 1_600_000_000))
    return path


def test_the_cache_gives_the_same_register(tmp_path: Path) -> None:
    rows = schools(ACADEMY, {"URN": "x"}, {"PhaseOfEducation (name)": "Nursery"}, {"FSM": "y"})
    path, linked = old(put(tmp_path, rows)), old(put(tmp_path, links({}), "alllinksdata.csv"))
    cache = tmp_path / "cache"
    for given in (None, linked):
        plain = read_register(path, given, as_of=DAY)
        same(plain, read_register(path, given, as_of=DAY, cache_dir=cache))
        same(plain, read_register(path, given, as_of=DAY, cache_dir=cache))
    assert len(list(cache.glob("*.zip"))) == 2


def test_the_cache_is_used_and_survives_neither_change_nor_damage(tmp_path: Path) -> None:
    path, cache = old(put(tmp_path, schools({}))), tmp_path / "cache"
    first = read_register(path, as_of=DAY, cache_dir=cache)
    (stored,) = cache.glob("*.zip")
    good = stored.read_bytes()
    # Used: another register stored under the same name is what comes back.
    other = read_register(put(tmp_path, schools({}, {}), "b.csv"), as_of=DAY, cache_dir=cache)
    twin = next(p for p in cache.glob("*.zip") if p != stored)
    stored.unlink()
    stored.write_bytes(twin.read_bytes())
    assert len(read_register(path, as_of=DAY, cache_dir=cache).schools) == len(other.schools) == 2
    for bad in (b"", b"x", good[:-10], good[:200] + b"?" + good[201:], b"00000000\n", good[9:]):
        stored.unlink()
        stored.write_bytes(bad)
        same(first, read_register(path, as_of=DAY, cache_dir=cache))
        assert stored.read_bytes() == good
    # A changed file of the same name is read again.
    changed = put(tmp_path, schools({}, {}, {}))
    assert len(read_register(changed, as_of=DAY, cache_dir=cache).schools) == 3
    # So is the same file for another day or other phases.
    assert read_register(changed, as_of="1980-01-01", cache_dir=cache).schools.empty
    assert read_register(changed, as_of=DAY, phases="nursery", cache_dir=cache).schools.empty


def test_a_file_still_being_written_is_hashed_every_time(tmp_path: Path) -> None:
    path, cache = put(tmp_path, schools({})), tmp_path / "cache"
    first = read_register(path, as_of=DAY, cache_dir=cache)
    stat = path.stat()
    path.write_bytes(path.read_bytes().replace(b"Oak Primary", b"Elm Primary"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    second = read_register(path, as_of=DAY, cache_dir=cache)
    assert first.schools["name"].tolist() != second.schools["name"].tolist()


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    register = read_register(old(put(tmp_path, schools({}))), as_of=DAY, cache_dir=blocked)
    assert len(register.schools) == 1


def test_a_folder_keeps_the_newest_registers(tmp_path: Path) -> None:
    for n in range(20):
        path = tmp_path / f"register-{n:02}.zip"
        cache.store(path, {"n": n})
        os.utime(path, (1_600_000_000 + n, 1_600_000_000 + n))
    kept = sorted(tmp_path.glob("*.zip"))
    assert [p.name for p in kept] == [f"register-{n:02}.zip" for n in range(8, 20)]
    assert cache.load(kept[0]) == {"n": 8}
