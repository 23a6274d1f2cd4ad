"""Fixtures shared by all tests: the real data, and one browser for each worker."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent

# A file's tests share one worker and its fixtures; the longest files go first, so that no worker
# is left alone with one of them at the end.
LONGEST = (
    "test_pages_browser.py",
    "test_hostile_pages.py",
    "test_atlases.py",
    "test_docs.py",
    "test_profile.py",
    "test_atlas.py",
    "test_map_browser.py",
    "test_exports.py",
    "test_points.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {name: i for i, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = Path(os.environ.get("GEOLLS_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "gias").is_dir():
        pytest.skip(f"real data not found in {folder}; set GEOLLS_TEST_DATA")
    return folder


def _chromium() -> str:
    # Chromium without its windows draws the same pages at half the cost.
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    if os.environ.get("CI") == "true":
        pytest.fail("no Chromium here, and continuous integration must have one")
    pytest.skip("no Chromium here: install chromium to run the browser tests")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    path = _chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        # Letters as wide in every build, or a line breaks elsewhere.
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        flags += ["--font-render-hinting=none", "--disable-lcd-text"]
        started = driver.chromium.launch(executable_path=path, args=flags)
        yield started
        started.close()
