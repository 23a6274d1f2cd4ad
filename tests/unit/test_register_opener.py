"""Opening a GIAS file: encodings, gzip, zip, and what is no such file."""
# ruff: noqa: RUF001  (curly apostrophes are what is tested)

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from gias_files import DAY, SOUND, links, put, read, schools, text_of

from geolls.base import archives
from geolls.base.errors import InputFileError
from geolls.register.opener import MOST_BYTES
from geolls.register.register import read_register


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("cp1252", "cp1252"),
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8 with a byte order mark"),
        ("utf-16", "utf-16"),
    ],
)
def test_the_encoding_is_found_by_the_bytes(tmp_path: Path, encoding: str, told: str) -> None:
    path = tmp_path / "edubasealldata.csv"
    name = "École St Thomas à Becket’s"
    path.write_bytes(text_of(schools({"EstablishmentName": name})).encode(encoding))
    register = read_register(path, as_of=DAY)
    assert register.schools["name"].tolist() == [name]
    assert register.source["encoding"] == told


def test_a_plain_ascii_file_is_utf8(tmp_path: Path) -> None:
    assert read(tmp_path, {}).source["encoding"] == "utf-8"


def test_csv_gzip_and_zip_give_the_same_schools(tmp_path: Path) -> None:
    data = text_of(schools({}, {})).encode()
    (tmp_path / "a.csv").write_bytes(data)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(data))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("__MACOSX/._edubasealldata.csv", "rubbish")
        archive.writestr("../../edubasealldata20220901.CSV", data)
    plain, *packed = (
        read_register(tmp_path / n, as_of=DAY).schools for n in ("a.csv", "a.csv.gz", "a.zip")
    )
    for other in packed:
        pd.testing.assert_frame_equal(plain, other)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv", "a.csv.gz", "a.zip"]


def test_the_zip_of_the_downloads_page_gives_each_reader_its_own_file(tmp_path: Path) -> None:
    path = tmp_path / "extract.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("edubasealldata20220901.csv", text_of(schools({})))
        archive.writestr("alllinksdata20220901.csv", text_of(links({})))
    register = read_register(path, path, as_of=DAY)
    assert register.schools["trust_name"].tolist() == ["Vale Academy Trust"]


@pytest.mark.parametrize("names", [[], ["a.txt"], ["a.csv", "b.csv"]])
def test_a_zip_that_does_not_hold_the_register_is_refused(tmp_path: Path, names: list[str]) -> None:
    path = tmp_path / "edubasealldata.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, text_of(schools({})))
    with pytest.raises(InputFileError, match="csv files"):
        read_register(path, as_of=DAY)


def test_a_truncated_gzip_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "edubasealldata.csv.gz"
    names = [{"EstablishmentName": f"School {i * 7919 % 10007}"} for i in range(3000)]
    path.write_bytes(gzip.compress(text_of(schools(*names)).encode())[:-2000])
    with pytest.raises(InputFileError, match="damaged or cut short"):
        read_register(path, as_of=DAY)


def test_a_bomb_stops_at_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FLOOR", 1 << 20)
    path = tmp_path / "edubasealldata.csv.gz"
    path.write_bytes(gzip.compress(text_of(schools({})).encode() + b"\n" * 30_000_000))
    with pytest.raises(InputFileError, match="unpacks to more"):
        read_register(path, as_of=DAY)


def test_a_file_larger_than_any_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path, schools({}))
    with path.open("ab") as file:
        file.truncate(MOST_BYTES + 1)  # sparse: takes no room

    def opened(*_args: object, **_options: object) -> None:
        raise AssertionError("opened")

    monkeypatch.setattr(Path, "open", opened)
    with pytest.raises(InputFileError, match=r"has 536,870,913 bytes; no edubasealldata file"):
        read_register(path, as_of=DAY)
    with pytest.raises(InputFileError, match=r"has 536,870,913 bytes; no alllinksdata file"):
        read_register(tmp_path / "small.csv", path, as_of=DAY)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"\x00\x01\x02 binary \x00", "is no table"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "is a web page"),
        (b"x" * 200_000, "header line"),
        (",".join(SOUND).encode() + b"\n", "no rows"),
        (",".join(SOUND).encode(), "no rows"),
        (",".join([*SOUND, "URN"]).encode() + b"\n1\n", "twice"),
    ],
)
def test_what_is_no_register_is_one_clear_line(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "edubasealldata.csv"
    path.write_bytes(content)
    with pytest.raises(InputFileError, match=message) as caught:
        read_register(path, as_of=DAY)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 11


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="no such file"):
        read_register(tmp_path / "nowhere.csv", as_of=DAY)
    with pytest.raises(InputFileError, match="folder"):
        read_register(tmp_path, as_of=DAY)
    with pytest.raises(InputFileError, match="no such file"):
        read_register(put(tmp_path, schools({})), tmp_path / "nolinks.csv", as_of=DAY)
