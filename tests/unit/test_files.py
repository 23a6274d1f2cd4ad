"""Files are written whole or not at all; names and cells are harmless."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geolls.base import files
from geolls.base.errors import InputFileError, OutputError
from geolls.base.files import (
    missing,
    safe_cell,
    safe_name,
    sha256,
    sweep,
    write_bytes,
    write_text,
    writing,
)

HOSTILE = [
    "../../x",
    "/etc/passwd",
    "C:\\Windows\\x",
    "-rf",
    ".hidden",
    "..",
    "",
    " ",
    "con",
    "NUL",
    "com1",
    "a\0b",
    "\u202egnp.exe",
    "😀",
    "x" * 10_000,
    "</script><script>alert(1)</script>",
    '=HYPERLINK("http://x")',
    "leeds",
    "Leeds",
    "LEEDS",
    "leeds-0123456789",
    "e08000035",
    "E08000035",
    "\udcff",
    "a/b",
    "a-b",
    "a b",
]


# ---- writing


def test_a_write_makes_folders_and_leaves_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b" / "table.csv"
    assert write_text(target, "urn\r\n1\n") == target
    assert target.read_bytes() == b"urn\r\n1\n"
    assert [p.name for p in target.parent.iterdir()] == ["table.csv"]


def test_a_failed_write_keeps_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "table.csv"
    write_text(target, "old")
    with pytest.raises(ZeroDivisionError), writing(target) as part:
        part.write_text("half")
        _ = 1 / 0
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]


def test_the_temporary_file_keeps_the_suffix_that_writers_look_at(tmp_path: Path) -> None:
    with writing(tmp_path / "points.csv.gz") as part:
        assert part.name.endswith(".csv.gz")
        assert part.parent == tmp_path
        part.touch()


def test_a_new_file_has_the_rights_any_new_file_has(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_bytes(tmp_path / "ours", b"")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_link_is_followed_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "t.csv").write_text("old")
    (tmp_path / "t.csv").symlink_to(tmp_path / "real" / "t.csv")
    write_text(tmp_path / "t.csv", "new")
    assert (tmp_path / "t.csv").is_symlink()
    assert (tmp_path / "real" / "t.csv").read_text() == "new"


@pytest.mark.skipif(os.name == "nt", reason="no /dev on Windows")
def test_a_device_is_written_to_not_replaced() -> None:
    code = "from geolls.base.files import write_text; write_text('/dev/stdout', 'urn,name')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b"urn,name"
    write_text("/dev/null", "x")
    assert not Path("/dev/null").is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_device_is_an_output_error() -> None:
    with pytest.raises(OutputError, match="the disk is full"):
        write_text("/dev/full", "x" * 100_000)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "may not be written"),
        (errno.EIO, "nput/output"),
    ],
)
def test_a_refusal_by_the_disk_is_one_line_with_exit_15(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    target = tmp_path / "t.csv"
    write_text(target, "old")

    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files.os, "fsync", refuse)
    with pytest.raises(OutputError, match=words) as caught:
        write_text(target, "new")
    assert caught.value.exit_code == 15
    assert "\n" not in str(caught.value)
    assert target.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_paths_that_cannot_be_files_are_output_errors(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for target in [tmp_path, tmp_path / "file" / "x", tmp_path / ("n" * 300), tmp_path / "a\0b"]:
        with pytest.raises(OutputError) as caught:
            write_text(target, "x")
        assert caught.value.where == str(target)


def test_an_error_about_another_file_is_left_to_its_reader(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), writing(tmp_path / "out.csv") as part:
        part.write_bytes((tmp_path / "missing").read_bytes())


def test_sweep_removes_what_the_dead_left_and_spares_the_living(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    dead = tmp_path / "sub" / f".geolls-{child.pid}-{'0' * 12}-part.html"
    dead.parent.mkdir()
    mine = tmp_path / f".geolls-{os.getpid()}-{'0' * 12}-part.html"
    other = tmp_path / ".geolls-notes"
    for path in (dead, mine, other):
        path.touch()
    assert sweep(tmp_path) == 1
    assert not dead.exists()
    assert mine.exists()
    assert other.exists()


def test_a_killed_writer_leaves_the_old_file_whole(tmp_path: Path) -> None:
    target = tmp_path / "t.csv"
    write_text(target, "old")
    code = (
        "import os, sys\nfrom geolls.base.files import writing\n"
        "with writing(sys.argv[1]) as part:\n"
        "    part.write_text('half'); os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(target)], check=False)
    assert done.returncode == -9
    assert target.read_text() == "old"
    assert sweep(tmp_path) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]


def test_sha256_is_that_of_the_content(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    assert sha256(tmp_path / "x").startswith("ba7816bf8f01cfea")
    for wrong in [tmp_path / "no", tmp_path, tmp_path / "a\0b"]:
        with pytest.raises(InputFileError):
            sha256(wrong)


# ---- names


def test_hostile_names_become_names_that_a_folder_takes(tmp_path: Path) -> None:
    names = [safe_name(text) for text in HOSTILE]
    assert len({n.lower() for n in names}) == len(HOSTILE)
    for text, name in zip(HOSTILE, names, strict=True):
        (tmp_path / f"{name}.html").write_text(text.encode("utf-8", "replace").decode())
    assert len(list(tmp_path.iterdir())) == len(HOSTILE)


@given(st.text() | st.text(min_size=50))
def test_every_name_is_short_plain_and_stable(text: str) -> None:
    name = safe_name(text)
    assert name == safe_name(text)
    assert 1 <= len(name) <= 60
    assert name[0].isalnum()
    assert set(name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


@given(st.text(alphabet="aA-_0 é."), st.text(alphabet="aA-_0 é."))
def test_different_texts_have_different_names(left: str, right: str) -> None:
    assert (left == right) == (safe_name(left).lower() == safe_name(right).lower())


@given(st.text())
def test_no_text_can_take_the_name_of_another_by_writing_its_hash(text: str) -> None:
    taken = safe_name(text)
    if taken != text:
        assert safe_name(taken) != taken


# ---- cells


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-1+1", "\t=1", "\r=1", " =1+1", "\uff1d1"]
)  # fmt: skip
def test_a_formula_is_shown_not_run(text: str) -> None:
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize(
    "text", ["", "-1", "+1.5", "-.5", "-1e-9", "Leeds", "a=b", "St Mary's", "5-11", "日本", "x\ny"]
)
def test_numbers_and_words_stay_as_they_are(text: str) -> None:
    assert safe_cell(text) == text


def test_a_control_character_is_shown_as_a_replacement() -> None:
    assert safe_cell("a\0b\x1b[31m\ud800") == "a\ufffdb\ufffd[31m\ufffd"


@given(st.text(alphabet=st.characters()))
def test_no_cell_starts_a_formula(text: str) -> None:
    cell = safe_cell(text)
    cell.encode()
    start = cell.lstrip(" \u00a0")[:1]
    if start and start in "=+-@\t\r\uff1d\uff0b\uff0d\uff20":
        float(cell)


def test_a_file_that_is_not_there_is_answered_whatever_its_folder_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "schools.csv").touch()
    assert "did you mean schools.csv?" in str(missing(tmp_path / "school.csv"))
    assert "looked in" in str(missing(tmp_path / "chrl.csv"))  # which is not like it
    assert f"looked in {tmp_path.resolve()}" in str(missing(tmp_path / "zebra.parquet", "or none"))
    for none in (tmp_path / "no" / "x.csv", tmp_path / "schools.csv" / "x.csv"):
        assert f"there is no folder {none.resolve().parent}; or none" in str(
            missing(none, "or none")
        )

    def refused(_: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refused)
    assert "may not be read" in str(missing(tmp_path / "school.csv"))
