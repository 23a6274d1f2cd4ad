"""Every kind of page in Firefox with the network cut: drawn, without a fault, asking nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from drivers import READY, Firefox, FirefoxTab, there

from geolls.atlas.profile import profile_html

from .conftest import Leaves

pytestmark = pytest.mark.browser

PATHS = "[...document.querySelectorAll('.gl-map .gl-faces path')].filter(n => n.getAttribute('d'))"
SCHOOLS = "+(document.querySelector('.geolls-app')?.dataset.schools ?? 0)"


@pytest.fixture
def show(firefox: Firefox) -> Iterator[Callable[..., FirefoxTab]]:
    tabs: list[FirefoxTab] = []

    def go(path: Path, view: str = "") -> FirefoxTab:
        tabs.append(FirefoxTab(firefox))
        tabs[-1].open(path.as_uri() + view)
        if tabs[-1].evaluate(there(".geolls-app")):
            tabs[-1].wait(there(READY))
        return tabs[-1]

    yield go
    for tab in tabs:
        quiet(tab)
        tab.close()


def quiet(tab: FirefoxTab) -> None:
    assert tab.faults == []
    assert [url for url in tab.asked if not url.startswith(("file:", "data:", "blob:"))] == []


def drawn(tab: FirefoxTab) -> int:
    return int(tab.evaluate(f"{PATHS}.length"))


def test_every_kind_of_page_is_drawn_and_asks_nothing(leaves: Leaves, show: Any) -> None:
    for name, page in leaves.pages.items():
        tab = show(leaves.path(name))
        assert tab.evaluate("document.querySelectorAll('h1').length") == 1, name
        if tab.evaluate(there(".geolls-app")):
            assert drawn(tab) > 0, name
            if page.kind in ("place", "trust"):
                assert tab.evaluate(SCHOOLS) > 0, name
        else:
            assert page.kind in ("trusts", "maps", "data", "method"), name


def test_hexagons_are_drawn_one_for_each_authority(leaves: Leaves, show: Any) -> None:
    tab = show(leaves.path("index"), "#~base=hexes")
    wide = f"new Set({PATHS}.map((n) => Math.round(n.getBoundingClientRect().width)))"
    assert drawn(tab) == len(leaves.book.facts.units["local_authority"])
    assert tab.evaluate(f"Math.min(...{wide})") >= 24
    assert tab.evaluate(f"{wide}.size") <= 2


def test_a_map_of_its_own_is_drawn(demonstration: Any, show: Any, tmp_path: Path) -> None:
    path = tmp_path / "leeds.html"
    demonstration.save_map("locality_overlay", path, place="Leeds")
    tab = show(path)
    assert drawn(tab) > 1
    assert tab.evaluate(SCHOOLS) > 100


def test_a_profile_is_read(demonstration: Any, show: Any, tmp_path: Path) -> None:
    path = tmp_path / "profile.html"
    path.write_text(profile_html(demonstration, demonstration.place("Leeds")), "utf-8")
    tab = show(path)
    assert tab.evaluate("document.querySelector('h1').checkVisibility()")
    assert tab.evaluate("document.querySelectorAll('svg path').length") > 10
