"""The register is taken whole, and only whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from geolls.base.errors import InputFileError
from geolls.fetch.gias import fetch_gias
from geolls.fetch.kept import newest_register
from geolls.register.register import read_register


@pytest.mark.real_data
def test_the_real_files_are_taken_from_a_folder_and_read(real_data: Path, tmp_path: Path) -> None:
    found = fetch_gias(tmp_path, date(2023, 1, 19), real_data / "gias")
    assert found.day == date(2023, 1, 19)
    rows = {f["key"]: f["rows"] for f in found.manifest["files"]}
    assert rows == {"register": 24_433, "links": 20_613, "groups": 6_904, "successions": 34_044}
    assert newest_register(tmp_path) == found
    register = read_register(
        found.files["register"], links=found.files["links"], as_of="2023-01-19"
    )
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
