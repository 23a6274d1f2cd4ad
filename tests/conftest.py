"""Fixtures shared by all tests: the real data, and one browser for each worker."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))  # modules beside this one, by name
sys.path.insert(1, str(Path(__file__).parents[1] / "tools"))
from drivers import ChromiumTab, Firefox, FirefoxTab, Tab

# A busy machine is slow, not wrong: no property has a deadline. `make test` tries the same examples
# each time; `make faults` ten times as many, and others (--hypothesis-profile=long).
settings.register_profile("geolls", deadline=None, max_examples=50, derandomize=True)
settings.register_profile("long", deadline=None, max_examples=500, derandomize=False)
settings.load_profile("geolls")

# Studies stay open for all tests: to look through them again and again for what can be thrown away
# takes a tenth of the time, and finds nothing.
gc.set_threshold(100_000, 20, 100)

CI = os.environ.get("CI", "").lower() in {"true", "1"}
ROOT = Path(__file__).resolve().parent.parent

# A file's tests share one worker and its fixtures; the longest files go first, so that no worker
# is left alone with one of them at the end.
LONGEST = (
    "test_labels.py",
    "test_sentences.py",
    "test_pages_browser.py",
    "test_docs.py",
    "test_disclosure_solver.py",
    "test_map_browser.py",
    "test_atlas.py",
    "test_atlases.py",
    "test_hostile_pages.py",
    "test_fuzz.py",
    "test_exports.py",
    "test_small_studies.py",
    "test_profile.py",
    "test_spark.py",
    "test_points.py",
)


# Folders whose files share one worker too: they ask the same two registers for the same facts.
# So do the tests of pages: the pages are written once, and one Firefox shows them.
TOGETHER = ("tests/checks/", "tests/maps/test_pages_")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class LoadFolders(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            folder = (name for name in TOGETHER if nodeid.startswith(name))
            return next(folder, None) or str(super()._split_scope(nodeid))

    return LoadFolders(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {name: i for i, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    return failed_if_skipped(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    report = yield
    return failed_if_skipped(report)


def failed_if_skipped(report: Any) -> Any:
    """In continuous integration a check that cannot be made is a check that failed."""
    if CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in continuous integration: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = Path(os.environ.get("GEOLLS_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "gias").is_dir():
        pytest.skip(f"real data not found in {folder}; set GEOLLS_TEST_DATA")
    return folder


@pytest.fixture(scope="session")
def demonstration() -> Any:
    """The study without a register, opened once: a test looks at it and leaves it as it is."""
    from geolls import open_study

    return open_study(as_of="2022-09-01")


@pytest.fixture
def opened_once() -> Iterator[None]:
    """Commands run in this process share their studies of the demonstration schools."""
    import write_docs

    with write_docs.one_study():
        yield


@pytest.fixture(scope="session")
def real_study(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The study of the real register at 2022, opened once, to be left as it is."""
    from geolls import open_study

    return open_study(
        register=real_data / "gias" / "edubasealldata_reconstructed_2023-01.csv.gz",
        links=real_data / "gias" / "alllinksdata_2022-03.csv.gz",
        as_of="2022-09-01",
        data=tmp_path_factory.mktemp("data"),
    )


@pytest.fixture(scope="session")
def recent_study(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The study of the real register of July 2025, which names its trusts itself."""
    from geolls import open_study

    return open_study(
        register=real_data / "gias" / "edubasealldata_2025-07-18.csv.gz",
        as_of="2025-07-18",
        data=tmp_path_factory.mktemp("data"),
    )


def _chromium() -> str:
    # Chromium without its windows draws the same pages at half the cost.
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
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


@pytest.fixture(scope="session")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    if path is None:
        pytest.skip("no Firefox here: install firefox-esr to run its tests")
    with Firefox.started(path, tmp_path_factory.mktemp("firefox")) as started:
        yield started


@pytest.fixture(params=["chromium", "firefox"])
def tab(request: pytest.FixtureRequest) -> Iterator[Tab]:
    """One page, in each browser in turn."""
    started = request.getfixturevalue({"chromium": "browser"}.get(request.param, request.param))
    opened = {"chromium": ChromiumTab, "firefox": FirefoxTab}[request.param](started)
    yield opened
    opened.close()
