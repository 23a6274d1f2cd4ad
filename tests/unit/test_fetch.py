"""What is fetched, where it goes, and what a file must be to be taken."""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geolls.base.errors import InputFileError, UsageError
from geolls.fetch.gias import fetch_gias, newest_register
from geolls.fetch.sources import data_folder, is_address, load_sources
from geolls.fetch.web import Web
from geolls.register.columns import COLUMNS, REQUIRED
from geolls.register.register import read_register


def test_the_data_folder_is_what_the_user_says_then_the_environment_then_the_platform(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GEOLLS_DATA", str(tmp_path / "env"))
    assert data_folder(tmp_path / "given") == tmp_path / "given"
    assert data_folder() == tmp_path / "env"
    monkeypatch.delenv("GEOLLS_DATA")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    assert data_folder() == tmp_path / "xdg" / "geolls"
    for relative in ("", "relative/path"):  # the specification says to ignore these
        monkeypatch.setenv("XDG_DATA_HOME", relative)
        assert data_folder() == tmp_path / ".local" / "share" / "geolls"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert data_folder() == tmp_path / "Library" / "Application Support" / "geolls"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert data_folder() == tmp_path / "local" / "geolls"


def test_no_register_has_been_fetched_into_a_new_folder(tmp_path: Path) -> None:
    assert newest_register(tmp_path) is None
    (tmp_path / "gias" / "notes").mkdir(parents=True)
    assert newest_register(tmp_path) is None


def test_every_edition_of_boundaries_can_be_asked_for() -> None:
    ons = load_sources()["ons"]
    for edition in ons["edition"]:
        assert edition["layer"] in ons["layer"]
        assert edition["on"].year == edition["year"]
        assert set(edition["seen"]) <= set(ons["resolution"])
        assert len(re.findall(r"\{(r|old)\}", edition["name"])) == 1
        assert re.fullmatch(r"\w+", edition["name"].format(r="BGC", old="GCB"))
    names = [e["name"] for e in ons["edition"]]
    assert len(names) == len(set(names))


def test_addresses_are_https_and_every_file_of_the_register_is_bounded() -> None:
    sources = load_sources()
    for place in (sources["gias"]["base"], sources["ons"]["base"]):
        Web().check(place)
        assert place.startswith("https://")
    for item in sources["gias"]["file"]:
        assert 0 < item["rows"] < 60_000
        assert 0 < item["bytes"] < 1_000_000_000


def test_what_is_taken_has_the_columns_that_reading_it_needs() -> None:
    taken = {item["key"]: set(item["columns"]) for item in load_sources()["gias"]["file"]}
    for kind, required in REQUIRED.items():
        assert {COLUMNS[kind][c] for c in required} <= taken[kind], kind


@given(st.text())
def test_a_source_is_an_address_or_a_path(text: str) -> None:
    assert is_address(f"https://{text}")
    assert not is_address(f"./{text}")


@pytest.mark.parametrize(
    "url", ["http://[::1]:80/", "http://127.0.0.1/", "http://127.9.9.9/", "http://localhost:1/x"]
)
def test_plain_http_is_fine_on_this_machine(url: str) -> None:
    Web().check(url)


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", "http://localhost.example/", "http://127.0.0.1.nip.io/", "http://x"]
)
def test_plain_http_elsewhere_must_be_allowed(url: str) -> None:
    with pytest.raises(UsageError, match="only https"):
        Web().check(url)
    Web(allow_http=True).check(url)


@given(st.text())
def test_any_text_is_an_address_or_a_usage_error(text: str) -> None:
    for url in (text, f"https://{text}", f"http://{text}"):
        try:
            Web().check(url)
        except UsageError as error:
            assert "\n" not in str(error)


@pytest.mark.real_data
def test_the_real_files_are_taken_from_a_folder_and_read(real_data: Path, tmp_path: Path) -> None:
    found = fetch_gias(tmp_path, date(2023, 1, 19), real_data / "gias")
    assert found.day == date(2023, 1, 19)
    rows = {f["key"]: f["rows"] for f in found.manifest["files"]}
    assert rows == {"register": 24_433, "links": 20_613, "groups": 6_904, "successions": 34_044}
    assert newest_register(tmp_path) == found
    register = read_register(found.register, links=found.links, as_of="2023-01-19")
    assert register.counts["read"] == 24_433


@pytest.mark.real_data
def test_a_filtered_download_is_not_taken_for_england(real_data: Path, tmp_path: Path) -> None:
    import gzip

    whole = gzip.decompress(next((real_data / "gias").glob("edubase*")).read_bytes())
    (tmp_path / "hand").mkdir()
    part = b"".join(whole.splitlines(keepends=True)[:5_000])
    (tmp_path / "hand" / "edubasealldata20230119.csv").write_bytes(part)
    with pytest.raises(InputFileError, match="only 4,999 rows"):
        fetch_gias(tmp_path / "data", None, tmp_path / "hand")
