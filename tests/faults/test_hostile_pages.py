"""Hostile names are shown as text: on no page does a script of theirs run or a request leave."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile import ATTACKS, attack_layer, attack_register

from geolls.api import Study, open_study
from geolls.maps.recipes import recipe_names

pytestmark = pytest.mark.browser
EVERY = os.environ.get("GEOLLS_EVERY_PLACE", "") != ""  # write every page, as `make faults` does

# Whatever a name could hook itself to: elements are hovered, focused and clicked, some of each
# kind over the whole page (the hundredth area of a map has the handlers of the first), and then
# what that brought forth.
PROVOKE = """
async () => {
  const tried = new Map(), done = new Set();
  for (let round = 0; round < 3; round++) {
    for (const element of document.querySelectorAll("body *")) {
      if (done.has(element) || !element.isConnected || element.closest("a[href]")) continue;
      const kind = [element.parentElement, element].map((e) => e.tagName + e.getAttribute("class"));
      tried.set(kind.join(), (tried.get(kind.join()) ?? 0) + 1);
      if (tried.get(kind.join()) > 12) continue;
      done.add(element);
      for (const kind of ["mouseover", "focus", "focusin", "click"]) {
        element.dispatchEvent(new Event(kind, {bubbles: true, cancelable: true}));
      }
    }
  }
  await new Promise(done => setTimeout(done, 100));
  const all = [...document.querySelectorAll("body *")];
  return {
    pwned: window.pwned ?? null,
    frames: document.querySelectorAll("iframe, object, embed, base").length,
    handlers: all.filter(e => [...e.attributes].some(a => a.name.startsWith("on"))).length,
    links: [...document.querySelectorAll("a[href]")].map(a => a.protocol)
      .filter(p => !["https:", "http:", "file:", "mailto:", "about:"].includes(p)),
  };
}
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("hostile")
    register = attack_register(folder / "edubasealldata20220901.csv")
    layer = attack_layer(folder / "cluster")
    return open_study(register=register, boundaries=[layer], as_of="2022-09-01")


@pytest.fixture
def provoke(browser: Any) -> Iterator[Callable[..., None]]:
    """Open a page, provoke every element, and look for what hostile names achieved."""
    context = browser.new_context()
    context.set_offline(True)
    context.set_default_timeout(120_000)

    def go(path: Path, address: str = "") -> None:
        page = context.new_page()
        asked: list[str] = []
        dialogs: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        # The address is hostile as well: pages keep what is shown behind the #.
        page.goto(f"{path.as_uri()}{address}")
        page.wait_for_timeout(60)
        found = page.evaluate(PROVOKE)
        assert found == {"pwned": None, "frames": 0, "handlers": 0, "links": []}, path.name
        assert dialogs == []
        outside = [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
        assert outside == []
        assert page.url.split("#")[0].split("?")[0] == path.as_uri()
        page.close()

    yield go
    context.close()


def test_the_browser_would_notice(tmp_path: Path, provoke: Callable[..., None]) -> None:
    for attack in ("<script>window.pwned=1</script>", "<img src=x onerror=window.pwned=3>",
                   "<a href='javascript:window.pwned=12'>x</a>"):  # fmt: skip
        (tmp_path / "page.html").write_text(f"<!DOCTYPE html><body>{attack}", encoding="utf-8")
        with pytest.raises(AssertionError):
            provoke(tmp_path / "page.html")


ADDRESSES = (
    "#<img src=x onerror=window.pwned=30>",
    "#v?q=<img src=x onerror=window.pwned=31>&sort=<svg/onload=window.pwned=32>&show=__proto__",
    "#v?q=%3Cimg%20src%3Dx%20onerror%3Dwindow.pwned%3D33%3E&place='];window.pwned=34//",
    "#javascript:window.pwned=35",
    "?<script>window.pwned=36</script>",
    "#/leeds/%E0%A4%A/__proto__/constructor",
)


@pytest.mark.parametrize("recipe", recipe_names())
def test_no_map_runs_a_name(
    recipe: str, hostile: Study, tmp_path: Path, provoke: Callable[..., None]
) -> None:
    page = tmp_path / f"{recipe}.html"
    hostile.save_map(recipe, page, place="Leeds", trust="5000")
    provoke(page)


def test_no_map_runs_its_address(
    hostile: Study, tmp_path: Path, provoke: Callable[..., None]
) -> None:
    page = tmp_path / "map.html"
    hostile.save_map("hub_coverage", page)
    for address in ADDRESSES:
        provoke(page, address)


def test_no_profile_runs_a_name(
    hostile: Study, tmp_path: Path, provoke: Callable[..., None]
) -> None:
    from geolls.atlas.profile import profile_html

    page = tmp_path / "profile.html"
    page.write_text(profile_html(hostile, hostile.place("Leeds")), encoding="utf-8")
    provoke(page)


def test_no_page_of_an_atlas_runs_a_name(
    hostile: Study, tmp_path: Path, provoke: Callable[..., None]
) -> None:
    from geolls.atlas.book import Book
    from geolls.atlas.build import Press
    from geolls.study.facts import Facts

    book = Book(Facts(hostile, ("combined_authority",)))
    press = Press(book, tmp_path)
    press.assets()
    kinds: dict[str, list[str]] = {}
    for path in sorted(book.tasks):
        kinds.setdefault(path.partition("/")[0], []).append(path)
    for path in book.tasks if EVERY else [p for paths in kinds.values() for p in paths[:2]]:
        assert press.write(path).error == ""
    del kinds["tables"]
    for pages in kinds.values():
        # The first trusts bear the rudest names.
        for page in pages[:2]:
            provoke(tmp_path / page)
        for address in ADDRESSES[:3]:
            provoke(tmp_path / pages[0], address)
    assert all(
        (tmp_path / path).resolve().is_relative_to(tmp_path.resolve()) for path in book.tasks
    )


@pytest.fixture(scope="module")
def exported(hostile: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from geolls.export.everything import export

    folder = tmp_path_factory.mktemp("export")
    export(hostile, folder, formats=("csv", "xlsx"))
    return folder


def test_no_cell_of_a_csv_is_a_formula(exported: Path) -> None:
    shown = 0
    for path in sorted(exported.glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        shown += sum(ATTACKS[0] in cell for cell in cells)
        for cell in cells:
            start = cell.lstrip(" ")[:1]
            assert not start or start not in "=+-@" or float(cell) is not None, path.name
            assert not {"\0", "\x07", "\x1b"} & set(cell), path.name
    assert shown > 5, "the names are not in the tables"


def test_no_cell_of_a_workbook_is_a_formula(exported: Path) -> None:
    import openpyxl

    book = openpyxl.load_workbook(exported / "geolls.xlsx", read_only=True)
    texts: list[str] = []
    for sheet in book:
        for row in sheet.iter_rows(max_row=300):
            for cell in row:
                if cell.data_type == "f":
                    assert str(cell.value).startswith('=HYPERLINK("#'), cell.coordinate
                elif cell.value is not None:
                    texts.append(str(cell.value))
    book.close()
    assert any(ATTACKS[0] in text for text in texts)
