"""Pages of the atlas in Chromium with the network cut: read, sorted, searched, printed, alone."""

from __future__ import annotations

import base64
import csv
import importlib.util
import io
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import font_lato
import pytest
from drivers import STILL, until
from pypdf import PdfReader

from geolls.atlas.book import Book
from geolls.atlas.words import REPORT
from geolls.base.vocabulary import REACHES

from .conftest import Leaves

pytestmark = pytest.mark.browser


@dataclass
class Seen:
    """A page, what the browser complained of, and what it asked for."""

    page: Any
    faults: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


Visit = Callable[..., Seen]


@pytest.fixture
def visit(browser: Any, leaves: Leaves) -> Iterator[Visit]:
    contexts = []

    def go(name: str | Path, **options: Any) -> Seen:
        context = browser.new_context(**({"viewport": {"width": 1440, "height": 900}} | options))
        contexts.append(context)
        context.set_offline(True)
        context.set_default_timeout(60_000)
        seen = Seen(context.new_page())
        seen.page.on(
            "console",
            lambda m: seen.faults.append(m.text) if m.type in ("error", "warning") else None,
        )
        seen.page.on("pageerror", lambda e: seen.faults.append(str(e)))
        seen.page.on("request", lambda r: seen.asked.append(r.url))
        path = name if isinstance(name, Path) else leaves.path(name)
        seen.page.goto(path.as_uri())
        if options.get("java_script_enabled", True) and seen.page.locator(".geolls-app").count():
            seen.page.wait_for_selector(".geolls-app[data-ready]")
        return seen

    yield go
    for context in contexts:
        context.close()


def test_every_kind_of_page_opens_without_a_fault_or_a_request_and_says_its_schools_are_made_up(
    leaves: Leaves, visit: Visit
) -> None:
    for name in leaves.pages:
        seen = visit(name)
        assert seen.faults == [], name
        assert [url for url in seen.asked if not url.startswith("file:")] == [], name
        assert seen.page.locator("h1").count() == 1, name
        words = seen.page.locator("header .demo")
        assert words.inner_text() == "Demonstration schools: generated, not real", name
        assert words.is_visible(), name
        seen.page.close()


@pytest.mark.parametrize("name", ["trust", "index", "coverage", "trusts"])
def test_each_page_of_a_single_atlas_is_whole_without_its_folder(
    leaves: Leaves, visit: Visit, tmp_path: Path, name: str
) -> None:
    page = leaves.pages[name]
    made = Book(leaves.book.facts, single=True).make(page.path)
    assert list(made) == [page.path]
    path = tmp_path / "alone.html"
    path.write_bytes(made[page.path])
    seen = visit(path)
    assert seen.page.locator(".alone").count() == 0
    assert seen.page.locator("h1").is_visible()
    if name != "trusts":
        assert seen.page.locator(".gl-map .gl-faces path").count() > 0
        assert seen.page.get_by_role("button", name="Reset the map").is_visible()
    assert seen.faults == []
    assert seen.asked == [path.as_uri()]


@pytest.mark.parametrize("name", ["index", "region", "trust", "coverage", "trust_spread"])
def test_a_page_that_lacks_its_folder_shows_a_small_picture_of_its_map(
    leaves: Leaves, visit: Visit, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "alone.html"
    shutil.copyfile(leaves.path(name), path)
    page = visit(path, java_script_enabled=False).page
    picture = page.locator(".still svg")
    assert picture.is_visible()
    assert 500 < len(picture.inner_html()) < 30_000
    drawn = "path[fill]:not([fill=none]), circle"
    assert picture.locator(drawn).count() >= {"trust": 1, "region": 2}.get(name, 3)
    assert (picture.locator("path[stroke-linecap]").count() > 0) == (name in ("trust", "region"))
    for said in page.locator("[data-showing]:has(.alone)").all_inner_texts():
        assert re.match(r"Showing \d+ of [\d,]+\. To see all, open the page in its folder", said)
    assert name != "region" or page.locator("[data-showing]:has(.alone)").count() == 2


def test_the_small_picture_stands_aside_for_the_map(visit: Visit) -> None:
    assert not visit("trust").page.locator(".still").is_visible()


def test_a_page_says_how_it_is_cited(leaves: Leaves, visit: Visit) -> None:
    page = visit("place").page
    page.get_by_role("link", name="Cite", exact=True).click()
    said = page.locator("#cite-page").inner_text()
    study, path = leaves.book.study, leaves.pages["place"].path
    for part in ("“Leeds”", path, study.fingerprint, "1 September 2022"):
        assert part in said


def test_a_page_that_lacks_its_folder_says_so_and_still_shows_text_and_table(
    leaves: Leaves, visit: Visit, tmp_path: Path
) -> None:
    path = tmp_path / "trust.html"
    shutil.copyfile(leaves.path("trust"), path)
    page = visit(path, java_script_enabled=False).page
    assert "without the folder of its atlas" in page.locator("p.alone").inner_text()
    assert page.locator("h1").is_visible()
    assert page.locator("main section table:visible").count() > 0
    wide = "Math.max(...[...document.querySelectorAll('svg.mark')].map((n) => n.clientWidth))"
    assert page.evaluate(wide) < 20, "a mark without its style fills no screen"
    assert page.locator(".geolls-app input:visible").count() == 0, "nothing to tick without a map"
    assert not visit("trust").page.locator("p.alone").is_visible()


@pytest.mark.parametrize("name", ["place", "region", "trust", "index"])
def test_the_browser_has_its_turn_again_and_again_while_a_map_opens(
    leaves: Leaves, browser: Any, name: str
) -> None:
    page = browser.new_page()
    page.add_init_script(
        "const wait = scheduler.yield.bind(scheduler); self.turns = [];"
        "scheduler.yield = () => (self.turns.push(performance.now()), wait());"
    )
    page.goto(leaves.path(name).as_uri())
    page.wait_for_selector(".geolls-app[data-ready]")
    stood = "performance.getEntriesByName('geolls:ready')[0].startTime"
    assert page.evaluate(f"turns.filter((at) => at < {stood}).length") >= 10
    page.close()


@pytest.mark.parametrize("name", ["place", "trust", "index", "coverage"])
def test_a_page_of_an_atlas_gets_the_tools_of_its_map_from_the_folder_once_the_map_stands(
    visit: Visit, name: str
) -> None:
    seen = visit(name)
    seen.page.wait_for_selector(".geolls-app[data-tools]")
    assert seen.page.locator(".gl-tools").count() == 1
    assert any(url.endswith("/assets/tools.js") for url in seen.asked)
    assert seen.faults == []


def test_the_page_of_an_authority_stands_alone(
    leaves: Leaves, visit: Visit, tmp_path: Path
) -> None:
    alone = tmp_path / "leeds.html"
    shutil.copy(leaves.path("place"), alone)
    seen = visit(alone)
    # What it looks for are the tools of its map, which lie in the folder of the atlas.
    assert seen.asked == [alone.as_uri(), (tmp_path.parents[1] / "assets/tools.js").as_uri()]
    assert all("net::ERR_FILE_NOT_FOUND" in fault for fault in seen.faults)
    assert seen.page.locator(".gl-tools").count() == 0
    assert alone.stat().st_size < 400_000
    # The names of the atlas are not there: the page searches its own.
    seen.page.locator(".find input").fill("demonstration")
    seen.page.wait_for_selector(".found [role=option]")
    assert "On this page" in seen.page.locator(".found").inner_text()


def test_heads_sort_by_keyboard_and_say_so(visit: Visit) -> None:
    page = visit("index").page
    head = page.locator("#places thead th", has_text="Schools").nth(0)
    head.locator("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    column = page.locator("#places tbody tr:not(.total):not(.more) td:nth-child(3)")
    counts = [float(t.replace(",", "")) for t in column.all_inner_texts()]
    assert counts == sorted(counts, reverse=True)
    assert page.locator("#places tbody tr").first.get_attribute("class") == "total"
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    others = page.locator("#places th[aria-sort=ascending], #places th[aria-sort=descending]")
    assert others.count() == 1


def test_the_address_keeps_the_order(visit: Visit) -> None:
    page = visit("index").page
    page.locator("#places thead th", has_text="Trusts of two or more at work").locator(
        "button"
    ).click()
    assert "sort-places=-trusts" in page.url
    first = page.locator("#places tbody tr:not(.total) a").first.inner_text()
    page.reload()
    page.wait_for_selector("#places th[aria-sort=descending][data-k=trusts]")
    assert page.locator("#places tbody tr:not(.total) a").first.inner_text() == first


def test_show_all_and_filter_reach_every_row(leaves: Leaves, visit: Visit) -> None:
    page = visit("index").page
    rows = page.locator("#places tbody tr:visible")
    total = len(leaves.book.facts.units["local_authority"])
    assert rows.count() == 13
    assert page.locator("[data-showing=places]").inner_text().startswith(f"Showing 12 of {total}")
    page.get_by_role("button", name="Show all").first.click()
    assert rows.count() == total + 1
    page.locator("[data-filter=places]").fill("leeds")
    assert rows.locator("a").all_inner_texts() == ["Leeds"]


def test_schools_that_travel_packed_are_found_by_the_filter(leaves: Leaves, visit: Visit) -> None:
    page = visit("region").page
    _, code = leaves.pages["region"].key
    n = len(leaves.book.facts.members["dfe_region"][code])
    assert page.locator("#schools tbody tr").count() < n
    page.locator("[data-showing=schools] button").click()
    until(page, f"document.querySelectorAll('#schools tbody tr').length === {n}")
    names = [t.lower() for t in page.locator("#schools tbody th").all_inner_texts()]
    assert names == sorted(names)
    page.locator("[data-choose=schools]").select_option("Trust based elsewhere")
    shown = page.locator("#schools tbody tr:visible").count()
    kinds = [m.kind for m in leaves.book.facts.members["dfe_region"][code]]
    assert shown == kinds.count("trust_based_elsewhere")


def test_a_region_holds_every_school_and_trust_in_under_300_kb(
    leaves: Leaves, visit: Visit
) -> None:
    facts, (layer, code) = leaves.book.facts, leaves.pages["region"].key
    shared = re.findall(r"assets/data-\w+\.js", leaves.path("region").read_text())
    own = [leaves.path("region"), *(leaves.folder / name for name in shared)]
    assert sum(path.stat().st_size for path in own) < 300_000
    page = visit("region").page

    def saved(table: str) -> list[dict[str, str]]:
        with page.expect_download() as waiting:
            page.locator(f"section .tools [data-csv={table}]").click()
        text = Path(waiting.value.path()).read_text("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text)))

    schools = saved("schools")
    columns = leaves.book.columns
    want = {
        columns["urn"][m.row]: (columns["name"][m.row], columns["trust_name"][m.row] or "")
        for m in facts.members[layer][code]
    }
    assert {r["urn"]: (r["school"], r["trust"]) for r in schools} == want
    areas = facts.unit_of["local_authority"]
    assert all(r["local_authority"] == areas[r["urn"]][0][1] for r in schools)
    trusts = {facts.trust_rows[uid]["trust_name"] for uid, *_ in facts.at_work[layer][code]}
    assert {r["trust"] for r in saved("trusts")} == trusts


def test_spreads_are_sorted_from_local_to_national(visit: Visit) -> None:
    page = visit("trusts").page
    page.locator("#trusts th[data-k=spread] button").click()
    words = page.evaluate("geollsPages.tables.trusts.csv().slice(1).map((row) => row.at(-1))")
    ranks = [[*REACHES.values()].index(word) for word in words if word]
    assert ranks == sorted(ranks) and len({*ranks}) > 2


def test_the_csv_of_the_page_is_its_table(leaves: Leaves, visit: Visit) -> None:
    page = visit("index").page
    with page.expect_download() as waiting:
        page.locator("section .tools [data-csv=places]").click()
    text = Path(waiting.value.path()).read_text("utf-8-sig")
    rows = {r["place"]: r for r in csv.DictReader(io.StringIO(text))}
    table = leaves.folder / "tables" / "places_local_authority.csv"
    with table.open(encoding="utf-8") as file:
        kept = {r["unit_name"]: r for r in csv.DictReader(file)}
    assert set(rows) == set(kept)
    assert {n: r["code"] for n, r in rows.items()} == {n: r["unit_code"] for n, r in kept.items()}
    for name, row in rows.items():
        assert float(row["schools"]) == pytest.approx(float(kept[name]["schools"]))
        if row["no_trust"]:
            wanted = float(kept[name]["share_no_trust"])
            assert float(row["no_trust"]) == pytest.approx(wanted, abs=1e-4)


def test_search_finds_place_trust_school_and_postcode_by_keyboard(
    leaves: Leaves, visit: Visit
) -> None:
    page = visit("trust").page
    page.keyboard.press("/")
    page.keyboard.type("leed")
    page.wait_for_selector(".found [role=option]")
    assert page.locator(".found .group").first.inner_text() == "Places"
    assert page.locator(".found [role=option] b").first.inner_text() == "Leed"
    page.keyboard.press("ArrowDown")
    assert page.locator(".found [aria-selected=true]").count() == 1
    page.keyboard.press("Enter")
    page.wait_for_url("**/places/local_authority/**")
    assert page.locator("h1").inner_text() == "Leeds"

    school = leaves.book.facts.schools.iloc[leaves.book.facts.members["local_authority"]
                                            [leaves.pages["place"].key[1]][40].row]  # fmt: skip
    box = page.locator(".find input")
    box.fill("ls29")
    page.wait_for_selector(".found [role=option]")
    said = page.locator(".found [role=option]").first.inner_text()
    assert said.startswith("LS29") and "% in Bradford" in said and "Maths Hub" in said
    box.fill(str(school["urn"]))
    page.wait_for_selector(".found [role=option]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".gl-above .gl-band")
    assert page.locator(".gl-info h2").inner_text() == str(school["name"])
    assert page.evaluate("document.activeElement.className") == "gl-info"
    said = page.locator(".gl-above").inner_text()
    for band in ("Councils", "Devolution and regions", "Hubs", "Programmes", "Who runs it"):
        assert band in said, band
    assert "High confidence in list and line; evidence of" in said
    box.fill("LS6 1")
    page.keyboard.press("Enter")
    page.wait_for_selector(".gl-above .gl-band")
    assert page.locator(".gl-info h2").inner_text() == "LS6 1"
    assert page.locator("path.gl-pick").count() == 1, "a ring where its middle is"


def test_an_empty_search_offers_the_nearest_names(visit: Visit) -> None:
    page = visit("index").page
    page.locator(".find input").fill("Leedz")
    page.wait_for_selector(".found .none")
    assert "Leeds" in page.locator(".found [role=option]").all_inner_texts()[0]
    page.keyboard.press("Escape")
    assert page.locator(".found").is_hidden()


def test_a_page_is_read_without_javascript(leaves: Leaves, visit: Visit) -> None:
    page = visit("place", java_script_enabled=False).page
    trusts = len(leaves.book.facts.at_work["local_authority"][leaves.pages["place"].key[1]])
    assert page.locator("#trusts tbody tr:visible").count() == trusts
    assert page.locator(".lede").is_visible()
    assert page.locator(".strip .pieces").first.is_visible()
    assert page.locator("button:visible, input:visible").evaluate_all(
        "all => all.filter(n => !n.closest('.geolls-app')).length"
    ) == 0  # fmt: skip


# What is shown, in no frame that scrolls, and yet right of the window or of what cuts it off.
CUT = """() => [...document.querySelectorAll('header *, main *, footer *')].filter((n) => {
  const hidden = {opacityProperty: true, visibilityProperty: true};
  if (n.closest('svg, .gl-map, .hush, .gl-hidden') || !n.checkVisibility(hidden)) return false;
  let frame = n.parentElement, way = '';
  while (frame && (way = getComputedStyle(frame).overflowX) === 'visible')
    frame = frame.parentElement;
  if (['auto', 'scroll'].includes(way)) return false;
  const {left, right, width} = n.getBoundingClientRect();
  const edge = frame ? frame.getBoundingClientRect().right : Infinity;
  const end = Math.min(edge, document.documentElement.clientWidth) + 1;
  return width && left < edge && right > end;
}).map((n) => `${n.tagName} ${n.className} ${n.textContent.trim().slice(0, 40)}`)"""
EMPTY = """() => [...document.querySelectorAll('main li:empty, main tr:empty')]
  .filter((n) => parseFloat(getComputedStyle(n).borderBottomWidth) > 0).length"""


@pytest.mark.parametrize(
    "name", ["index", "place", "region", "trust", "coverage", "disagreement", "trusts", "method"]
)
def test_nothing_runs_sideways_or_is_cut_off_on_small_windows_and_at_400_percent(
    visit: Visit, name: str
) -> None:
    page = visit(name, viewport={"width": 820, "height": 1180}, reduced_motion="reduce").page
    # A tablet; a phone; a window of 1,280 pixels at 200 % and at 400 %.
    for width, height in ((820, 1180), (390, 844), (640, 450), (320, 225)):
        page.set_viewport_size({"width": width, "height": height})
        until(page, f"innerWidth === {width}")
        page.evaluate(STILL)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        assert page.evaluate(CUT) == [], width
        assert page.evaluate(EMPTY) == 0, "a line without words is ruled"
    for link in page.locator("#trusts tbody tr:visible th a").all()[:3]:
        assert link.bounding_box()["width"] > 60, "a name is read in words, not in letters"


# What would move: pages and elements, then the map when it zooms, fades in or is let go.
MOTION = """() => {
  const all = [document.documentElement, ...document.querySelectorAll('*')];
  const styles = all.map((one) => getComputedStyle(one));
  const timed = (said) => said.split(', ').some((one) => parseFloat(one) > 0);
  const moves = (s) => timed(s.transitionDuration) || timed(s.animationDuration);
  const {options} = document.querySelector('.geolls-app').geolls.map;
  const map = ['zoomAnimation', 'fadeAnimation', 'inertia'].map((key) => options[key]);
  return [styles.some((s) => s.scrollBehavior === 'smooth'), styles.some(moves), ...map];
}"""


def test_who_asks_for_less_motion_sees_nothing_move(visit: Visit) -> None:
    page = visit("place", reduced_motion="reduce").page
    assert not any(page.evaluate(MOTION))
    # A view is there at once: nothing is on its way to it.
    page.locator(".leaflet-control-zoom-in").click()
    assert page.evaluate("document.getAnimations().length") == 0
    assert not page.evaluate("document.querySelector('.geolls-app').geolls.map._animatingZoom")
    page = visit("place", reduced_motion="no-preference").page
    scrolls, _, *moves = page.evaluate(MOTION)
    assert scrolls and all(moves)


def test_more_contrast_and_forced_colours_change_what_is_drawn(visit: Visit) -> None:
    page = visit("place", contrast="more").page
    ink = "getComputedStyle(document.documentElement).getPropertyValue('--{}').trim()"
    assert page.evaluate(ink.format("ink3")) == page.evaluate(ink.format("ink"))
    rule = "getComputedStyle(document.querySelector('#trusts tbody th')).borderBottomColor"
    assert page.evaluate(rule) == "rgb(25, 34, 43)"
    page.emulate_media(contrast="no-preference", forced_colors="active")
    labels = "all => new Set(all.map((n) => getComputedStyle(n).fill))"
    said = page.locator(".gl-map .gl-label")
    assert said.evaluate_all(f"all => [...({labels})(all)]") == ["rgb(0, 0, 0)"]
    # Marks keep their shapes: what colour said is still said.
    samples = page.locator(".gl-row:has([data-kind]) .gl-sample")
    drawn = samples.evaluate_all("all => all.map((n) => n.innerHTML)")
    assert len(set(drawn)) == len(drawn) >= 5


def test_dark_is_dark_and_print_is_light(visit: Visit) -> None:
    page = visit("place", color_scheme="dark").page
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(17, 23, 28)"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    assert page.locator(".top nav").is_hidden()
    assert page.locator(".find").is_hidden()
    assert page.locator(".tools").first.is_hidden()
    assert page.locator(".demo").is_visible()
    # Chromium repeats a table's head on every sheet only where no button is in it.
    head = "getComputedStyle(document.querySelector('#trusts thead button')).display"
    assert page.evaluate(head) == "contents"


def sheets(data: bytes) -> int:
    return data.count(b"/Type /Page\n") + data.count(b"/Type /Page ")


def test_a_national_map_prints_with_its_heading_and_its_sources_on_one_sheet(
    visit: Visit,
) -> None:
    assert sheets(visit("trust_spread").page.pdf(prefer_css_page_size=True)) == 1


def printed(page: Any) -> list[str]:
    """The words of each printed sheet."""
    reader = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    return [" ".join(sheet.extract_text().split()) for sheet in reader.pages]


@pytest.mark.parametrize(
    ("name", "legend"),
    [("index", "fewer than 10 schools"), ("coverage", "Shared by several")],
)
def test_heading_legend_and_map_are_printed_on_the_first_sheet(
    visit: Visit, name: str, legend: str
) -> None:
    page = visit(name).page
    first, *rest = printed(page)
    heading = " ".join(page.locator("h1").inner_text().split())
    scale = page.locator(".leaflet-control-scale-line").first.inner_text().split()[-1]
    assert heading in first and legend in first and "What this shows" in first
    assert re.search(rf"\d+ {scale}\b", first), first
    assert "What this shows" not in " ".join(rest)


@pytest.mark.parametrize("name", ["index", "coverage", "place", "trust"])
def test_no_sheet_holds_the_foot_alone(visit: Visit, name: str) -> None:
    *_, last = printed(visit(name).page)
    before, found, _ = last.partition("Sources. ")
    assert found and len(before) > 100, last


@pytest.mark.parametrize("width", [1280, 1440])
@pytest.mark.parametrize("name", ["index", "trust_spread"])
def test_a_switch_is_one_row(visit: Visit, name: str, width: int) -> None:
    page = visit(name, viewport={"width": width, "height": 900}).page
    tops = page.evaluate(
        "[...document.querySelectorAll('.gl-switch')].map((s) => new Set("
        "[...s.querySelectorAll('.gl-row')].map((r) => r.getBoundingClientRect().top)).size)"
    )
    assert tops and set(tops) == {1}


def test_no_sheet_says_that_it_shows_fewer_rows_than_it_does(visit: Visit) -> None:
    page = visit("place").page
    notes = "[...document.querySelectorAll('[data-showing]')]"
    said = page.evaluate(f"{notes}.map((n) => [n.dataset.showing, n.textContent])")
    short = {key for key, text in said if text.startswith("Showing 12 of")}
    assert "trusts" in short and "schools" in short
    text = " ".join(printed(page))
    assert text.count("Showing 12 of") == 1  # the schools, of which no more are printed
    many = page.locator("#schools").get_attribute("data-total")
    assert f"Showing 12 of {int(many):,}" in text
    last = page.locator("#trusts tbody tr").last.locator("th").inner_text()
    assert last.split("\n")[0][:30] in text


def test_the_table_of_the_index_is_printed_whole(leaves: Leaves, visit: Visit) -> None:
    text = " ".join(" ".join(printed(visit("index").page)).split())
    for name in leaves.book.facts.units["local_authority"]["name"]:
        assert name in text
    assert "Showing 12 of" not in text
    (said,) = re.findall(
        r"Showing 40 of [\d,]+\. (.*?csv)\.", " ".join(printed(visit("trusts").page))
    )
    assert "on the page itself" in said


LAID = """() => {
  const box = (name) => document.querySelector(name).getBoundingClientRect();
  const [map, bar, words, side] = ['.gl-map', '.gl-tools', '.gl-caption', '.gl-side'].map(box);
  return [words.top - bar.bottom, bar.top - map.bottom, side.left - words.right, side.height];
}"""


@pytest.mark.parametrize("name", ["place", "trust"])
def test_the_caption_stands_right_below_its_map_however_long_the_panel(
    visit: Visit, name: str
) -> None:
    page = visit(name).page
    page.wait_for_selector(".geolls-app[data-tools]")
    below, tools, beside, high = page.evaluate(LAID)
    assert 0 <= below < 40 and 0 <= tools < 40 and beside > 0 and high > 400


CALLED = """() => {
  const app = document.querySelector('.geolls-app').geolls;
  const boxes = [...app.box.querySelectorAll('.gl-label')].map((n) => [n.textContent, n.getBBox()]);
  const lines = [...app.box.querySelectorAll('.gl-top_labels .gl-leader, path.gl-leader')]
    .map((n) => n.getAttribute('d').match(/-?[\\d.]+/g).map(Number));
  const over = ([x0, y0, x1, y1], b) => [...Array(101).keys()].some((i) => {
    const x = x0 + (x1 - x0) * i / 100, y = y0 + (y1 - y0) * i / 100;
    return x > b.x + 1 && x < b.x + b.width - 1 && y > b.y + 2 && y < b.y + b.height - 3;
  });
  return [lines.length, boxes.filter(([, b]) => lines.some((l) => over(l, b))).map(([t]) => t)];
}"""


@pytest.mark.parametrize("base", ["land", "hexes"])
def test_no_line_of_a_call_out_crosses_a_name(visit: Visit, base: str) -> None:
    page = visit("index", viewport={"width": 1280, "height": 1200}).page
    if base == "hexes":
        page.locator(".gl-bases input[value=hexes]").check()
    for shade in page.locator(".gl-shades input").all()[1:4]:
        shade.check()
        lines, crossed = page.evaluate(CALLED)
        assert lines <= 4 and crossed == [], (base, crossed)


@pytest.mark.parametrize("name", ["place", "region"])
def test_a_place_has_one_sheet_with_its_map_and_no_controls(
    leaves: Leaves, visit: Visit, name: str
) -> None:
    page = visit(name).page
    whole = sheets(page.pdf(prefer_css_page_size=True))
    page.evaluate("self.print = () => {self.printed = document.documentElement.className}")
    page.get_by_role("button", name="One page (A4)").click()
    assert "sheet" in page.evaluate("self.printed")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert "sheet" not in page.evaluate("document.documentElement.className")
    assert sheets(page.pdf(prefer_css_page_size=True)) == whole > 1, "the page is whole again"
    page.goto(f"{leaves.path(name).as_uri()}?sheet")
    page.wait_for_selector(".geolls-app[data-ready]", state="attached")
    (text,) = printed(page)
    assert page.locator("h1").inner_text() in text
    for said in ("At a glance", "Which maps cover this place", "Trusts at work here", "Sources."):
        assert said in text
    assert re.search(r"\d+ (km|m)\b", text), "the map has its scale"
    for control in ("Download csv", "Print this page", "Report", "Its schools", "Show all"):
        assert control not in text
    assert page.locator("main").evaluate("(main) => Number(main.style.zoom)") > 0.85
    # What is asked under its second heading is answered: a bar of a layer stands there.
    assert page.locator(".strips [data-layer]:visible").count() > 0


def test_a_place_prints_as_sheets_of_a4(visit: Visit) -> None:
    data = visit("place").page.pdf(prefer_css_page_size=True)
    assert data[:5] == b"%PDF-"
    assert 2 <= sheets(data) <= 14
    assert b"/MediaBox [0 0 594" in data or b"/MediaBox [0 0 595" in data


def test_focus_is_seen_and_the_text_is_reached_first(visit: Visit) -> None:
    page = visit("place").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "search"
    width = "getComputedStyle(document.activeElement).outlineWidth"
    assert page.evaluate(width) == "3px"


def _axe() -> str:
    for package in ("axe_playwright_python", "axe_core_python"):
        spec = importlib.util.find_spec(package)
        folder = Path(next(iter(spec.submodule_search_locations))) if spec else None  # type: ignore[arg-type]
        found = sorted(folder.rglob("axe.min.js")) if folder else []
        if found:
            return found[0].read_text("utf-8")
    pytest.skip("axe-core is not installed: pip install axe-playwright-python")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing(leaves: Leaves, visit: Visit, scheme: str, width: int) -> None:
    script = _axe()
    names = [n for n in leaves.pages if n not in ("trusts", "region")]
    for name in names if (scheme, width) == ("light", 1440) else ("index", "place", "trust"):
        size = {"width": width, "height": 900}
        page = visit(name, viewport=size, color_scheme=scheme, bypass_csp=True).page
        page.evaluate(script)
        found = page.evaluate(AXE)
        said = [
            (v["id"], v["nodes"][0]["html"][:120], v["nodes"][0]["failureSummary"])
            for v in found["violations"]
        ]
        assert said == [], (name, said)
        page.close()


AXE = """axe.run(document, {resultTypes: ['violations'], preload: false,
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"""


def test_axe_finds_nothing_in_any_state(leaves: Leaves, visit: Visit) -> None:
    columns, (layer, code) = leaves.book.columns, leaves.pages["place"].key
    urn = columns["urn"][leaves.book.facts.members[layer][code][0].row]

    def clean(page: Any, state: str) -> None:
        found = page.evaluate(AXE)["violations"]
        assert [(v["id"], v["nodes"][0]["html"][:160]) for v in found] == [], state

    def opened(name: str, width: int = 1440) -> Any:
        page = visit(name, viewport={"width": width, "height": 844}, bypass_csp=True).page
        page.wait_for_selector(".geolls-app[data-tools]")
        page.evaluate(_axe())
        return page

    page = opened("place")
    page.evaluate(f"location.hash = '#school={urn}'")
    page.wait_for_selector(".gl-above .gl-band")
    clean(page, "a school and what is above it")
    for title in page.locator(".gl-tools button[aria-expanded]").all_inner_texts():
        page.get_by_role("button", name=title).click()
        clean(page, title)
    page.locator(".find input").fill("leeds")
    page.wait_for_selector(".found [role=option]")
    clean(page, "names found")
    page = opened("place", 390)
    page.locator(".gl-open-layers").click()
    clean(page, "layers on a phone")
    page = opened("index")
    page.locator(".gl-bases input[value=hexes]").check()
    page.focus(".gl-map")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(".gl-info h2")
    ring = "getComputedStyle(document.activeElement).outline"
    assert "3px" in page.evaluate(ring), "who comes by keyboard sees where the focus went"
    clean(page, "a hexagon and what it is")


@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_in_an_open_filter_and_side_by_side(visit: Visit, width: int) -> None:
    page = visit("place", viewport={"width": width, "height": 900}, bypass_csp=True).page
    page.wait_for_selector(".geolls-app[data-traits]")
    page.get_by_role("button", name="Filter schools").click()
    page.evaluate("for (const d of document.querySelectorAll('.gl-facet')) d.open = true")
    page.locator("input[data-trait=phase]").first.check()
    page.locator(".gl-facet textarea").fill("nowhere")
    page.get_by_role("button", name="Show these").click()
    page.locator("input[value=swipe]").check()
    page.evaluate(_axe())
    found = page.evaluate("axe.run('.geolls-app', {resultTypes: ['violations']})")["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:120]) for v in found] == []


def test_a_piece_of_a_strip_and_its_land_point_at_each_other(visit: Visit) -> None:
    page = visit("place").page
    page.wait_for_selector(".geolls-app[data-tools]")
    piece = page.locator('.strip[data-layer="teaching_school_hub"] [data-u]').first
    piece.scroll_into_view_if_needed()
    piece.hover()
    page.wait_for_selector(".gl-map .gl-hover", state="attached")
    code = piece.get_attribute("data-u")
    page.evaluate(
        """code => document.querySelector('.geolls-app').dispatchEvent(new CustomEvent(
        'geolls:point', {detail: {layer: 'teaching_school_hub', code}}))""",
        code,
    )
    assert page.locator(".pieces .lit").count() == 1


def test_a_coverage_record_is_reported_by_keyboard(leaves: Leaves, visit: Visit) -> None:
    page = visit("coverage").page
    name = page.locator("#hubs tbody tr a").nth(1).inner_text()
    units = leaves.book.facts.units["maths_hub"]
    code = str(units.index[units["name"] == name][0])
    page.locator("#hubs tbody tr a").nth(1).focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").endswith(name)
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.className") == "report"
    text = page.locator(".report textarea").input_value()
    layer = leaves.book.facts.layer("maths_hub")
    for said in (f"Unit code {code}, {name}", layer.source_url, leaves.pages["coverage"].path):
        assert said in text
    assert leaves.book.study.fingerprint in text
    assert "{" not in text
    buttons = page.locator(".report .buttons > *").all_inner_texts()
    assert buttons == [REPORT[k] for k in ("take", "open", "shut")]
    page.evaluate(_axe())
    assert page.evaluate("axe.run('.report')")["violations"] == []
    page.keyboard.press("Escape")
    assert page.locator(".report").count() == 0
    assert page.evaluate("document.activeElement.className") == "reports"
    # The button is no part of the table.
    with page.expect_download() as waiting:
        page.locator("section .tools [data-csv=hubs]").click()
    assert "Report" not in Path(waiting.value.path()).read_text("utf-8-sig")


def test_every_layer_of_a_place_can_be_reported_and_generated_schools_cannot(
    leaves: Leaves, visit: Visit
) -> None:
    page = visit("place").page
    rows = page.locator("#sources tbody tr[id]")
    assert rows.count() == len(leaves.book.facts.strips)
    rows.nth(0).hover()
    page.locator("#sources .reports").click()
    key = leaves.book.facts.strips[0]
    assert f"Layer {key}," in page.locator(".report textarea").input_value()
    page.get_by_role("button", name="Close").last.click()
    page.locator("#schools tbody tr").nth(0).hover()
    assert page.locator("#schools .reports").count() == 0


@pytest.mark.parametrize("kind", ["a page of the atlas", "a map of its own"])
def test_a_picked_trust_shows_its_schools_outside_the_place_too(
    leaves: Leaves, visit: Visit, tmp_path: Path, kind: str
) -> None:
    facts, (layer, code) = leaves.book.facts, leaves.pages["place"].key
    located = facts.schools["easting"].notna().to_numpy()
    inside = {m.row for m in facts.members[layer][code] if located[m.row]}

    def outside(uid: str) -> list[int]:
        return [r for r in facts.rows_of_trust[uid] if located[r] and r not in inside]

    homes = facts.trusts["home_local_authority"].dropna()  # only from a home are there links
    here = (uid for uid, *_ in facts.at_work[layer][code] if uid in homes.index)
    uid = max(here, key=lambda u: len(outside(u)))
    far = outside(uid)
    assert far
    path: str | Path = "place"
    if kind == "a map of its own":
        path = tmp_path / "leeds.html"
        leaves.book.study.save_map("locality_overlay", path, place=f"{layer}:{code}")
    page = visit(path).page
    drawn = page.locator(".geolls-app")
    assert int(drawn.get_attribute("data-schools")) == len(inside)
    assert page.locator(".gl-hull").count() == 0
    page.evaluate("uid => { location.hash = '#~pick=trust,' + uid; }", uid)
    page.wait_for_selector(".gl-hull", state="attached")
    page.get_by_role("button", name="Show all its schools").focus()
    page.keyboard.press("Enter")
    whole = facts.rows_of_trust[uid]
    shown = """uid => { const {schools: S} = document.querySelector('.geolls-app').geolls;
        const mine = S.of[S.trusts.uid.indexOf(uid)];
        return [mine.map((s) => S.urn[s]).sort(), mine.filter((s) => !S.here[s]).length]; }"""
    urns = sorted(int(leaves.book.columns["urn"][r]) for r in whole if located[r])
    assert page.evaluate(shown, uid) == [urns, len(far)]
    words = page.locator(".gl-info").inner_text()
    many = "school" if len(far) == 1 else "schools"
    assert f"Hollow marks: its {len(far)} {many} outside Leeds" in words
    links = page.locator(".gl-link").get_attribute("d") or ""
    home = homes[uid]
    of = facts.unit_of["local_authority"]
    away = [r for r in whole if of[leaves.book.columns["urn"][r]][0][0] != home and located[r]]
    assert links.count("M") == len(away)
    # Closed again, they are gone.
    page.keyboard.press("Escape")
    page.wait_for_selector(".gl-hull", state="detached")
    assert page.evaluate("document.querySelector('.geolls-app').geolls.trustShown()") == -1


def test_the_address_holds_the_map_and_the_order_together(visit: Visit) -> None:
    page = visit("index").page
    page.locator("#places thead th", has_text="Trusts of two or more at work").locator(
        "button"
    ).click()
    page.locator(".gl-shades label", has_text="In no trust").click()
    assert "shade=no_trust" in page.url
    assert "sort-places=-trusts" in page.url
    page.reload()
    page.wait_for_selector(".geolls-app[data-ready]")
    assert page.locator('.gl-shades input[value="no_trust"]').is_checked()
    assert page.locator("#places th[aria-sort=descending]").get_attribute("data-k") == "trusts"


@cache
def _letters() -> str:
    """A style that sets every page in one packaged type, so that lines break alike everywhere."""
    folder = Path(font_lato.__file__).parent / "files"
    faces = []
    for weight, name in ((400, "Lato-Regular.ttf"), (700, "Lato-Bold.ttf")):
        data = base64.b64encode((folder / name).read_bytes()).decode()
        faces.append(
            f"@font-face{{font-family:Lato;font-weight:{weight};"
            f"src:url(data:font/ttf;base64,{data})}}"
        )
    hidden = ".gl-labels,.leaflet-control-container{display:none}"
    return "".join(faces) + ":root{--sans:Lato!important}" + hidden


@pytest.mark.parametrize("name", ["index", "place", "trust", "phone"])
def test_a_page_looks_as_it_did(
    visit: Visit, same: Callable[[str, bytes], None], name: str
) -> None:
    width, height = (390, 844) if name == "phone" else (1440, 900)
    size = {"width": width, "height": 2 * height}
    page = visit(
        "place" if name == "phone" else name,
        viewport=size,
        device_scale_factor=0.5,
        bypass_csp=True,
        reduced_motion="reduce",
    ).page
    page.add_style_tag(content=_letters())
    page.evaluate("document.fonts.load('16px Lato').then(() => document.fonts.ready)")
    page.evaluate(STILL)  # the map follows its frame
    # At half size, what two builds of one browser smooth in their own way is the same.
    same(f"page-{name}", page.screenshot(animations="disabled", caret="hide"), 2)
