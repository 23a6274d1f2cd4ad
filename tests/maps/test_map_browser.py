"""The map in Chromium with the network cut: drawn, counted, driven by keyboard, safe."""

from __future__ import annotations

import re
from dataclasses import replace

import folium
import pandas as pd
import pytest
from drivers import STILL, until

from geolls.base.vocabulary import KINDS
from geolls.maps.data import Measure
from geolls.maps.page import cut, draw, shared_assets
from geolls.maps.recipes import Recipe, load_recipe
from geolls.study.gazetteer import Place

pytestmark = pytest.mark.browser

FACES = "path.gl-face:not(.gl-f-other)"


def drawn(page, selector="path.gl-face"):
    return page.eval_on_selector_all(selector, "all => all.filter(n => n.getAttribute('d')).length")


def test_areas_are_drawn_and_counted_without_a_fault(visit, recipe, data):
    seen = visit(draw(recipe, data))
    assert drawn(seen.page, ".gl-map .gl-faces path") == 3
    assert seen.page.locator(".geolls-app").get_attribute("data-areas") == "3"
    assert seen.page.locator(".geolls-app").get_attribute("data-schools") == "5"
    assert seen.faults == []
    assert [url for url in seen.asked if not url.startswith("file:")] == []


def test_england_is_interactive_in_a_second(visit, england):
    made = draw(load_recipe("national_index"), england)
    seen = visit(made)
    assert seen.page.locator(".geolls-app").get_attribute("data-areas") == "152"
    took = []
    for _ in range(3):
        seen.page.reload()
        seen.page.wait_for_selector(".geolls-app[data-ready]")
        took.append(seen.page.evaluate("performance.getEntriesByName('geolls:ready')[0].startTime"))
    # The goal is one second on a quiet machine; the bound leaves room for a busy one.
    assert min(took) < 2_000
    assert seen.faults == []


def test_a_group_ticks_all_its_layers(visit, recipe, data):
    page = visit(draw(recipe, data)).page
    lines = page.locator(".gl-lines .gl-outline")
    assert lines.count() == 1
    kinds = page.locator("[data-all=kinds]")
    assert kinds.is_checked()
    kinds.uncheck()
    assert page.locator(".geolls-app").get_attribute("data-schools") == "0"
    assert page.locator("input[data-kind=no_trust]").is_checked() is False
    page.locator("input[data-kind=no_trust]").check()
    assert page.evaluate("document.querySelector('[data-all=kinds]').indeterminate") is True
    page.locator("input[data-layer=local_authority]").check()
    assert lines.count() == 2


def test_the_legend_follows_the_shading(visit, recipe, data):
    page = visit(draw(recipe, data)).page
    legend = page.locator(".gl-legend")
    assert "In trusts based elsewhere" in legend.inner_text()
    assert "30% or more\n1 local authority" in legend.inner_text()
    assert "fewer than 10 schools\n1 local authority" in legend.inner_text()
    page.locator("input[value='coverage:maths_hub']").check()
    text = legend.inner_text()
    assert "Maths Hub coverage" in text
    for words in (
        "one Maths Hub",
        "one, low confidence",
        "shared, no line published",
        "none found",
    ):
        assert words in text
    assert "#~" in page.url and "shade=coverage:maths_hub" in page.url
    page.go_back()
    assert "In trusts based elsewhere" in legend.inner_text()


def test_finding_caption_legend_and_table_follow_the_shading(visit, recipe, data):
    many = Measure(
        "trusts_at_work",
        "Trusts at work",
        "local_authority",
        pd.Series({"W1": 1.0, "X9": 3.0, "I2": 2.0}),
        (2.0, 3.0),
        "count",
        shows="Trusts in each {unit}.",
        note="Many is no fault.",
        finding="{where}, {since} trusts or more are at work",
        since=2.0,
    )
    drawn_of = replace(data, measures=(*data.measures, many))
    keys = ("trusts_elsewhere", "trusts_at_work", "coverage:maths_hub")
    page = visit(draw(replace(recipe, measures=keys), drawn_of)).page

    def says() -> list[str]:
        parts = (".gl-finding", ".gl-legend-title", ".gl-shows", ".gl-means-not", "th.gl-now")
        return page.eval_on_selector_all(
            ", ".join(parts), "all => all.filter(n => !n.hidden).map(n => n.textContent.trim())"
        )

    elsewhere = [
        "In 1 of 2 local authorities, 30% of schools or more are in trusts based elsewhere",
        "In trusts based elsewhere England: 11%.",
        "The share of each local authority's schools.",
        "Elsewhere is not far from each local authority.",
        "In trusts based elsewhere",
    ]
    assert says() == elsewhere
    page.locator("input[value=trusts_at_work]").check()
    assert says() == [
        "In 2 of 3 local authorities, 2 trusts or more are at work",
        "Trusts at work",
        "Trusts in each local authority.",
        "Many is no fault.",
        "Trusts at work",
    ]
    assert page.locator(".gl-symbols .gl-symbol").count() == 3, "a count is no shade of the land"
    assert drawn(page, ".gl-faces [class*=gl-f-r]") == 0
    page.locator("input[value='coverage:maths_hub']").check()
    assert says()[0] == "In 1 of 3 local authorities, one Maths Hub has all of the land"
    assert says()[-1] == "Maths Hub"
    page.locator(".gl-shades input[value='']").check()
    finding, shows, *_ = page.eval_on_selector_all(
        ".gl-finding, .gl-shows", "all => all.map(n => n.textContent)"
    )
    assert (finding, shows[:20]) == ("", "Nothing is shaded: l")
    assert page.locator(".gl-finding").is_hidden()
    assert page.locator("th.gl-now").count() == 0
    for strange in ("constructor", "__proto__", "toString"):
        page.goto(f"{page.url.split('#')[0]}#~shade={strange}")
        assert page.locator(".gl-shades input:checked").get_attribute("value") == ""
    page.goto(f"{page.url.split('#')[0]}#~shade=trusts_elsewhere")
    assert says() == elsewhere


def test_doubt_has_its_own_patterns(visit, recipe, data):
    page = visit(draw(recipe, data)).page
    page.locator("input[value='coverage:maths_hub']").check()
    fills = page.eval_on_selector_all(
        ".gl-map .gl-faces path", "all => all.map(n => n.style.fill).filter(Boolean)"
    )
    assert sorted(f.split("-")[-1].rstrip('")') for f in fills) == ["bare", "cross", "stripe"]
    assert drawn(page, ".gl-over path") == 1, "low confidence is hatched over its fill"


@pytest.mark.parametrize(
    ("typed", "heading", "group"),
    [("alder", "Alder School", "Schools"), ("oak", "Oak Trust", "Trusts"), ("w1", "Unit W1", "")],
)
def test_search_finds_by_keyboard(visit, recipe, data, typed, heading, group):
    page = visit(draw(recipe, data)).page
    page.keyboard.press("/")
    page.keyboard.type(typed)
    page.wait_for_selector(".gl-hit")
    assert group in page.locator(".gl-hits").inner_text()
    page.keyboard.press("Enter")
    assert page.locator(".gl-info h2").inner_text() == heading
    page.keyboard.press("Escape")
    assert page.locator(".gl-info").is_hidden()


def test_a_name_nobody_has_offers_the_nearest(visit, recipe, data):
    page = visit(draw(recipe, data)).page
    page.fill(".gl-q", "beach school")
    assert "Nearest" in page.locator(".gl-hits").inner_text()
    assert page.locator(".gl-hit span").all_inner_texts() == ["Beech School"]
    page.fill(".gl-q", "100009")
    assert "code 100009" in page.locator(".gl-hits").inner_text()
    assert page.locator(".gl-hit").count() == 0, "the next code is another school's"


def test_a_trust_shows_its_schools_links_and_home(visit, recipe, data):
    page = visit(draw(recipe, data)).page
    page.fill(".gl-q", "Oak Trust")
    page.keyboard.press("Enter")
    info = page.locator(".gl-info")
    assert "UID 77, home Unit W1" in info.inner_text()
    assert drawn(page, ".gl-link") == 1
    assert page.locator("circle.gl-home").count() == 1
    info.get_by_role("button", name="Beech School").click()
    assert page.locator(".gl-info h2").inner_text() == "Beech School"
    assert "URN 100001" in info.inner_text()


def test_the_map_is_walked_by_arrows_and_opened_by_enter(visit, recipe, data):
    page = visit(draw(recipe, data)).page
    page.focus(".gl-map")
    page.keyboard.press("ArrowRight")
    first = page.locator(".gl-live").inner_text()
    assert "In trusts based elsewhere" in first
    page.keyboard.press("ArrowLeft")
    assert page.locator(".gl-live").inner_text() != first
    assert drawn(page, "path.gl-ring") == 1
    page.keyboard.press("Enter")
    assert page.locator(".gl-info").is_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.className").startswith("folium-map")
    page.keyboard.press("l")
    assert page.evaluate("document.activeElement.closest('.gl-panel') !== null")
    page.focus(".gl-map")
    page.keyboard.press("t")
    assert page.locator(".gl-table").evaluate("n => n.open")


def test_every_mark_is_reached_by_keyboard_those_in_no_trust_too(visit, recipe, data):
    page = visit(draw(recipe, data)).page
    page.wait_for_selector(".geolls-app[data-tools]")
    for kind in ("no_trust", "trust_home_here", "trust_based_elsewhere"):
        page.locator(f"[data-kind={kind}]").check()
    page.focus(".gl-map")
    page.keyboard.press("s")
    met = [page.locator(".gl-tip b").inner_text()]
    for _ in range(4):
        page.keyboard.press("n")
        met.append(page.locator(".gl-tip b").inner_text())
    drawn = data.schools[data.schools["easting"].notna()]
    assert sorted(met) == sorted(drawn["name"])
    assert page.locator(".gl-live").inner_text().endswith(" of 5")
    page.keyboard.press("p")
    assert page.locator(".gl-tip b").inner_text() == met[3]
    page.keyboard.press("Enter")
    assert page.locator(".gl-info h2").inner_text() == met[3]


def test_pointing_tells_and_clicking_opens(visit, recipe, data):
    page = visit(draw(recipe, data)).page
    box = page.locator(f".gl-map .gl-faces path{'[data-code=W1]'}").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.5)
    page.wait_for_selector(".gl-tip:not([hidden])")
    assert page.locator(".gl-tip").inner_text().splitlines()[:3] == ["Unit W1", "W1", "2 schools"]
    page.mouse.click(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.5)
    info = page.locator(".gl-info")
    assert page.locator(".gl-info h2").inner_text() == "Unit W1"
    info.get_by_role("button", name="Unit H1").first.click()
    assert page.locator(".gl-info h2").inner_text() == "Unit H1"


def test_hostile_names_show_as_text_and_run_nothing(visit, recipe, data):
    seen = visit(draw(recipe, data))
    page = seen.page
    page.fill(".gl-q", "img src")
    page.wait_for_selector(".gl-hit")
    page.keyboard.press("Enter")
    assert "onerror=boom()" in page.locator(".gl-info h2").inner_text()
    assert page.locator("img[src=x]").count() == 0
    assert seen.faults == []


def test_the_table_holds_every_area_and_value(visit, recipe, data):
    page = visit(draw(recipe, data)).page
    rows = page.eval_on_selector_all(
        ".gl-table tbody tr", "all => all.map(r => [...r.cells].map(c => c.textContent))"
    )
    assert [r[1:] for r in rows] == [
        ["I2", "not covered", "50%"],
        ["W1", "Unit H1 (low confidence); Unit H1", "0%"],
        ["X9", "none found in our lists; Unit H1 and Unit H2 (shared)", "33%"],
    ]


def test_a_trusts_table_counts_its_schools(visit, data):
    recipe = Recipe("r", "{trust}", scope="trust", schools=("trust_home_here",))
    page = visit(draw(recipe, replace(data, trust="77"))).page
    rows = page.eval_on_selector_all(
        ".gl-table tbody tr", "all => all.map(r => [...r.cells].slice(1).map(c => c.textContent))"
    )
    assert [r[:2] for r in rows] == [["W1", "1"], ["X9", "1"]]
    assert page.locator("h1").inner_text() == "Oak Trust"
    assert page.locator(".gl-map .gl-f-home").count() == 1


def test_a_gap_in_the_lists_is_called_out(visit, recipe, data):
    shaded = Recipe("r", "t", measures=("coverage:maths_hub",), shade="coverage:maths_hub")
    bare = draw(shaded, data)
    assert bare.drawn.callouts(shaded.shade) == (), "part of an area is no gap"
    hub = data.layers[1]
    without = hub.claims[~hub.claims["block"].isin(["a", "c"])]
    gap = replace(hub, claims=without)
    page = visit(draw(shaded, replace(data, layers=(data.layers[0], gap)))).page
    assert page.locator(".gl-callout").all_text_contents() == ["Unit W1", "no hub found"]


def test_two_layers_lie_side_by_side_behind_a_line(visit, data):
    before = replace(data.layers[1], key="hub_before", title="Hub, then")
    after = replace(data.layers[1], key="hub_after", title="Hub, now")
    recipe = Recipe("r", "t", swipe=("hub_before", "hub_after"))
    both = replace(data, layers=(data.layers[0], before, after))
    page = visit(draw(recipe, both)).page
    page.locator("input[value=swipe]").check()
    assert page.locator(".gl-swipe .gl-side").count() == 2
    edge = "document.querySelector('clipPath[id$=side-1] rect').getAttribute('x')"
    at = float(page.evaluate(edge))
    page.locator(".gl-slider input").focus()
    page.keyboard.press("End")
    assert float(page.evaluate(edge)) > at
    page.locator(".gl-shades input[value='']").check()
    assert page.locator(".gl-slider").is_hidden()
    assert page.locator(".gl-swipe .gl-side").count() == 0


def test_a_page_can_point_at_a_unit_and_hear_of_one(visit, recipe, data):
    page = visit(draw(recipe, data)).page
    page.wait_for_selector(".geolls-app[data-tools]")
    page.evaluate(
        "{ const a = document.querySelector('.geolls-app').geolls;"
        "a.lights.outline(a.byKey.maths_hub, 'H1'); }"
    )
    assert drawn(page, "path.gl-hover") == 1
    page.evaluate(
        "self.heard = []; document.addEventListener('geolls:point', e => heard.push(e.detail))"
    )
    box = page.locator(".gl-map .gl-faces path[data-code=W1]").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.5)
    until(page, "heard.length > 0")
    assert page.evaluate("heard[0]") == {"layer": "local_authority", "code": "W1"}


def test_a_notebooks_frame_shows_the_map(visit, recipe, data, browser):
    shown = draw(recipe, data)._repr_html_()
    seen = visit(f"<!DOCTYPE html><meta charset=utf-8><body>{shown}", wait=False)
    frame = seen.page.frame_locator("iframe")
    frame.locator(".geolls-app[data-ready]").wait_for(timeout=15_000)
    frame.locator("input[data-layer=local_authority]").check()
    assert frame.locator(".gl-lines .gl-outline").count() == 2
    assert seen.faults == []


def test_an_address_opens_the_view_it_names(visit, recipe, data, tmp_path):
    page = visit(draw(recipe, data)).page
    page.goto(page.url.split("#")[0] + "#~on=local_authority&shade=&kinds=&pick=trust,77")
    page.reload()
    page.wait_for_selector(".geolls-app[data-ready]")
    assert page.locator(".gl-info h2").inner_text() == "Oak Trust"
    assert page.locator("input[data-layer=local_authority]").is_checked()
    assert page.locator("input[data-layer=maths_hub]").is_checked() is False


def test_a_link_keeps_the_view_the_button_clears_it_and_a_turned_phone_refits(visit, recipe, data):
    phone = {"has_touch": True, "is_mobile": True, "reduced_motion": "reduce"}
    page = visit(draw(recipe, data), viewport={"width": 390, "height": 844}, **phone).page
    upright, turned = ({"width": w, "height": h} for w, h in ((390, 844), (844, 390)))
    size = "document.querySelector('.geolls-app').geolls.map.getSize().x"

    def turn(way):
        page.set_viewport_size(way)
        until(page, f"Math.abs({way['width']} - {size}) < 80")  # its new width
        page.evaluate(STILL)

    first = page.url
    turn(turned)
    wide = page.evaluate(VIEW)
    turn(upright)
    whole = page.evaluate(VIEW)
    assert whole != wide, "each frame has its own fit"
    turn(turned)
    assert page.evaluate(VIEW) == wide
    turn(upright)
    assert (page.evaluate(VIEW), page.url) == (whole, first)
    page.locator(".leaflet-control-zoom-in").click()
    steps = page.evaluate("history.length")
    pan = "document.querySelector('.geolls-app').geolls.map.panBy([60, 20], {animate: false})"
    page.evaluate(pan)
    moved = page.evaluate(VIEW)
    assert re.search(r"&at=\d+,\d+,\d+(\.\d+)?$", page.url)
    assert page.evaluate("history.length") == steps, "Back leads to the choice before"
    page.reload()
    page.wait_for_selector(".geolls-app[data-ready]")
    zoom, *centre = map(float, moved.split())
    opened, *middle = map(float, page.evaluate(VIEW).split())
    assert (opened, middle) == (zoom, pytest.approx(centre, abs=2e-4))
    turn(turned)
    assert float(page.evaluate(VIEW).split()[0]) == zoom, "a reader's own view is kept"
    turn(upright)
    button = page.get_by_role("button", name="Whole map")
    box = button.bounding_box()
    assert box["width"] >= 44 and box["height"] >= 44
    button.focus()
    page.keyboard.press("Space")
    assert page.evaluate(VIEW) == whole
    assert "at=" not in page.url


def test_a_place_is_white_and_the_rest_is_pale(visit, data):
    place = Place("local_authority", "W1", "Unit W1", ("a", "c"))
    recipe = Recipe("r", "{place}", scope="place", on=("local_authority", "maths_hub"))
    page = visit(draw(recipe, replace(data, place=place))).page
    assert page.locator(".gl-map .gl-f-none").count() == 1
    assert page.locator(".gl-map .gl-f-other").count() == 2
    assert page.locator("h1").inner_text() == "Unit W1"
    assert page.locator(".gl-lines .gl-outline").count() == 2


@pytest.fixture
def west(visit, data):
    """Draw a place one of whose trusts has a school in the square next to it."""
    place = Place("local_authority", "W1", "Unit W1", ("a", "c"))
    schools = data.schools.assign(here=data.schools["block"].isin(place.blocks))
    recipe = Recipe("r", "{place}", scope="place", schools=KINDS[:4], labels=("local_authority",))
    made = draw(recipe, replace(data, place=place, schools=schools))
    return lambda **options: visit(made, reduced_motion="reduce", **options).page


VIEW = """(() => { const {map} = document.querySelector('.geolls-app').geolls, c = map.getCenter();
    return [map.getZoom(), c.lat, c.lng].map((v) => v.toFixed(4)).join(' '); })()"""


def pick_oak(page):
    page.fill(".gl-q", "Oak Trust")
    page.keyboard.press("Enter")
    assert page.locator(".gl-info h2").inner_text() == "Oak Trust"


@pytest.mark.parametrize("way", ["button", "Escape", "Back"])
def test_closing_a_trust_brings_back_the_view_before_it(west, way):
    page = west()
    page.locator(".leaflet-control-zoom-in").click()
    before = page.evaluate(VIEW)
    pick_oak(page)
    assert page.evaluate(VIEW) != before
    if way == "button":
        page.get_by_role("button", name="Close", exact=True).click()
    elif way == "Escape":
        page.keyboard.press("Escape")
    else:
        page.go_back()
    page.locator(".gl-info").wait_for(state="hidden")
    assert page.evaluate(VIEW) == before
    assert page.input_value(".gl-q") == ""


def test_a_view_chosen_by_hand_outlasts_the_trust(west):
    page = west()
    pick_oak(page)
    page.locator(".leaflet-control-zoom-out").click()
    by_hand = page.evaluate(VIEW)
    page.get_by_role("button", name="Close", exact=True).click()
    assert page.evaluate(VIEW) == by_hand
    assert page.input_value(".gl-q") == ""


def test_a_picked_trust_leaves_only_the_labels_of_its_areas(west):
    page = west()
    words = "all => all.map((n) => n.textContent).sort()"
    pick_oak(page)
    for _ in range(2):
        page.locator(".leaflet-control-zoom-out").click()
    # The square X9 has a name of its own, hostile and long.
    hostile, ours = page.eval_on_selector_all(".gl-map .gl-label", words)
    assert hostile.endswith(" 1")
    assert ours == "Unit W1 home, 1"
    page.get_by_role("button", name="Close", exact=True).click()
    assert "Unit I2" in page.eval_on_selector_all(".gl-map .gl-label", words)


def test_a_trusts_sheet_leaves_the_map_in_sight_on_a_phone(west):
    page = west(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    pick_oak(page)
    sheet, stage = (page.locator(s).bounding_box() for s in (".gl-info", ".gl-stage"))
    assert sheet["height"] <= 0.4 * 844 + 1
    assert stage["y"] >= -1
    assert stage["y"] + stage["height"] <= sheet["y"] + 1


def test_search_says_kinds_in_words(west):
    page = west()
    page.fill(".gl-q", "alder")
    assert page.locator(".gl-hit small").inner_text() == "Primary school, Unit W1"


def test_a_phone_gets_a_sheet_and_nothing_sideways(visit, recipe, data):
    seen = visit(
        draw(recipe, data), viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True
    )
    page = seen.page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".gl-panel").is_hidden()
    opener = page.locator(".gl-open-layers")
    assert opener.bounding_box()["height"] >= 44
    opener.click()
    assert page.locator(".gl-panel").is_visible()
    page.keyboard.press("Escape")
    assert page.locator(".gl-panel").is_hidden()


def test_dark_and_print_change_the_palette(visit, recipe, data):
    page = visit(draw(recipe, data), color_scheme="dark").page
    ground = "getComputedStyle(document.documentElement).getPropertyValue('--page').trim()"
    assert page.evaluate(ground) == "#11171c"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(ground) == "#ffffff"
    assert page.locator(".gl-search").is_hidden()
    # The map is laid out anew for paper: wait for it, it must come.
    page.locator(".gl-map").wait_for(state="visible", timeout=10_000)


def test_a_browser_that_cannot_unpack_says_so_and_opens_the_table(visit, recipe, data, browser):
    page = visit(draw(recipe, data)).page
    page.add_init_script("delete self.DecompressionStream")
    page.reload()
    page.wait_for_selector(".gl-off[role=alert]")
    assert "too old" in page.locator(".gl-off[role=alert]").inner_text()
    assert page.locator(".gl-table").evaluate("n => n.open")


def test_elements_of_folium_can_be_added(visit, recipe, data):
    made = draw(recipe, data)
    folium.Marker([52.62, -1.95], popup=folium.Popup("Mine")).add_to(made)
    folium.Circle([52.62, -1.95], radius=2000).add_to(made)
    seen = visit(made)
    assert seen.page.locator(".leaflet-marker-icon").count() == 1
    seen.page.locator(".leaflet-marker-icon").click()
    seen.page.wait_for_selector(".leaflet-popup-content")
    assert seen.page.locator(".gl-info").is_hidden()
    assert seen.faults == []


def test_parts_make_a_page_of_ones_own(visit, recipe, data, tmp_path):
    parts = cut(recipe, data, shared=True)
    assets = tmp_path / "assets"
    assets.mkdir()
    for name, text in shared_assets(parts.packed).items():
        (assets / name).write_text(text, "utf-8")
    scripts = "".join(f'<script src="assets/data-{k}.js"></script>' for k in parts.packed)
    seen = visit(
        '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>t</title>'
        f'<link rel="stylesheet" href="assets/map.css"><body>{parts.html}{scripts}'
        '<script src="assets/map.js"></script></body></html>'
    )
    assert drawn(seen.page, "#map .gl-faces path") == 3
    assert seen.faults == []


def test_reset_brings_back_the_map_as_it_was_at_first(visit, recipe, data):
    page = visit(draw(recipe, data)).page
    state = """() => {
      const {on, shade, kinds, map, picked} = document.querySelector(".geolls-app").geolls;
      return [[...on], shade, [...kinds], map.getCenter(), map.getZoom(), picked];
    }"""
    first = page.evaluate(state)
    page.locator(".gl-shades input").nth(0).check()
    page.locator("input[data-layer=maths_hub]").uncheck()
    page.locator("input[data-kind=no_trust]").uncheck()
    page.locator(".gl-map").focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector(".gl-info:visible")
    assert page.evaluate(state)[4:] != first[4:]
    page.get_by_role("button", name="Reset the map").click()
    assert page.evaluate(state) == first
    assert page.locator(".gl-info").is_hidden()
    assert page.locator("input[data-layer=maths_hub]").is_checked()


def test_every_authority_is_one_hexagon_with_the_same_values_and_a_link(visit, england):
    page = visit(draw(load_recipe("national_index"), england)).page
    app = page.locator(".geolls-app")
    legend = page.locator(".gl-legend")
    by_area, said = page.locator(".gl-stage").screenshot(), legend.inner_text()
    fills = "all => Object.fromEntries(all.map(n => [n.dataset.code, n.className.baseVal]))"
    before = page.eval_on_selector_all("path.gl-face", fills)
    assert not page.locator(".gl-hexagons").is_visible()
    page.locator(".gl-bases input[value=hexes]").check()
    sizes = page.eval_on_selector_all(
        ".gl-map .gl-faces path", "all => all.map(n => n.getBoundingClientRect().width.toFixed(0))"
    )
    assert len(sizes) == 152
    assert len(set(sizes)) <= 2
    assert min(map(int, sizes)) >= 24
    assert page.eval_on_selector_all("path.gl-face", fills) == before
    assert legend.inner_text() == said
    assert "One for each local authority" in page.locator(".gl-hexagons").inner_text()
    assert page.locator(".gl-stage").screenshot() != by_area
    assert "base=hexes" in page.url
    page.reload()
    page.wait_for_selector(".geolls-app[data-ready]")
    assert page.locator(".gl-bases input[value=hexes]").is_checked()
    page.locator(".gl-map").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator(".gl-info h2").is_visible()
    assert page.locator(".gl-root .gl-pick").count() == 1
    page.keyboard.press("Escape")
    page.locator(".gl-bases input[value=land]").check()
    assert page.eval_on_selector_all("path.gl-face", fills) == before
    assert app.get_attribute("data-areas") == "152"


def test_a_phone_shows_the_number_of_every_hub_on_a_hexagon_for_each_district(visit, england):
    key = "teaching_school_hub"
    units = next(s.units for s in england.layers if s.key == key)
    units = units.assign(number=range(1, len(units) + 1))
    layers = [replace(s, units=units) if s.key == key else s for s in england.layers]
    on_blocks = england.schools["block"].value_counts()
    data = replace(england, layers=tuple(layers), on_blocks=on_blocks)
    made = draw(load_recipe("hub_coverage").given(layer=key), data)
    made_of = "all => [...new Set(all.flatMap((n) => n.textContent.match(/\\d+/g)))]"
    page = visit(made, viewport={"width": 390, "height": 844}).page
    assert page.locator(".gl-bases input[value=hexes]").is_checked()
    said = page.eval_on_selector_all("text.gl-lab-no", made_of)
    assert sorted(map(int, said)) == list(range(1, len(units) + 1))
    faces = page.eval_on_selector_all("path.gl-face", "all => all.map((n) => n.dataset.code)")
    assert "base=" not in page.url
    page.locator(".gl-open-layers").click()
    page.locator(".gl-bases label", has_text="By area").click()
    assert "base=land" in page.url
    assert page.eval_on_selector_all("path.gl-face", "all => all.map((n) => n.dataset.code)") == (
        faces
    )
    page.reload()
    page.wait_for_selector(".geolls-app[data-ready]")
    assert page.locator(".gl-bases input[value=land]").is_checked()
    wide = visit(made).page
    assert wide.locator(".gl-bases input[value=land]").is_checked()
