"""The data folder, and what lies in it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from geolls.fetch.kept import data_folder, newest_register


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
