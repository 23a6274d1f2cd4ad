"""The tools of a map in Chromium with the network cut: schools in a circle or an area, and back."""

from __future__ import annotations

import json
import re
import tomllib
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
import shapely
from drivers import until

from geolls import open_study
from geolls.maps.page import draw
from geolls.study.towns import one_town, towns

from .conftest import HOSTILE, small

pytestmark = pytest.mark.browser

OPENER = "Schools in a circle or area"


def ready(seen: Any) -> Any:
    """The page with its tools, the panel of circles open."""
    seen.page.wait_for_selector(".geolls-app[data-tools]")
    seen.page.get_by_role("button", name=OPENER).click()
    return seen.page


def saved(page: Any, button: str, folder: Path) -> Path:
    with page.expect_download() as waited:
        page.get_by_role("button", name=button).click()
    path = folder / waited.value.suggested_filename
    waited.value.save_as(path)
    return path


def inside(page: Any) -> int:
    return int(page.locator(".gl-lasso .gl-big b").inner_text())


def asked(page: Any, words: str, far: str = "5") -> None:
    page.get_by_label("Kilometres").fill(far)
    page.get_by_label("round").fill(words)
    page.keyboard.press("Enter")
    page.evaluate("() => null")  # what was asked is answered in the task after


def on_map(page: Any, east: float, north: float) -> tuple[float, float]:
    """Where a point of the grid is on the screen."""
    point = page.evaluate(
        """([east, north]) => {
          const {map} = document.querySelector(".geolls-app").geolls;
          map.getContainer().scrollIntoView({block: "center", behavior: "instant"});
          const {x, y} = map.latLngToContainerPoint(geolls.degreesOf(east, north));
          const box = map.getContainer().getBoundingClientRect();
          return [x + box.x, y + box.y];
        }""",
        [east, north],
    )
    return point[0], point[1]


def drawn_by_hand(page: Any) -> None:
    """Draw round some towns in one stroke."""
    page.get_by_role("button", name="Draw an area on the map").click()
    corners = [(424_000, 583_000), (430_000, 582_500), (429_500, 589_500), (424_500, 588_500)]
    for i, corner in enumerate([*corners, corners[0]]):
        page.mouse.move(*on_map(page, *corner), steps=6)
        if i == 0:
            page.mouse.down()
    page.mouse.up()
    page.wait_for_selector(".gl-lasso .gl-big >> text=in the drawn area")


def test_draw_a_circle_of_5_km_round_ashington_and_save_its_schools(
    real_study: Any, visit: Any, tmp_path: Path
) -> None:
    seen = visit(real_study.map("locality_overlay", place="Northumberland"))
    page = ready(seen)
    asked(page, "Ashington")
    told = sorted(real_study.schools_of("town:Ashington,5km"))
    assert inside(page) == len(told) == 20
    table = pd.read_csv(saved(page, "Save its schools (csv)", tmp_path), dtype=str)
    assert sorted(table["urn"]) == told
    assert set(table["local_authority_name"]) == {"Northumberland"}
    # What the page says to type is the same place.
    said = page.locator(".gl-lasso code").first.inner_text()
    assert sorted(real_study.schools_of(said.split('"')[1])) == told
    circle = saved(page, "Save the area (zip)", tmp_path)

    asked(page, "ne63 9sl")
    page.wait_for_selector(".gl-lasso .gl-big >> text=within 5 km of NE63 9")
    asked(page, "Ashington")
    page.wait_for_selector(".gl-lasso .gl-big >> text=within 5 km of Ashington")
    drawn_by_hand(page)
    line = saved(page, "Save the area (zip)", tmp_path)
    with zipfile.ZipFile(line) as archive:
        assert archive.testzip() is None
        shape = json.loads(archive.read(f"{line.stem}/area.geojson"))["features"][0]["geometry"]
        note = tomllib.loads(archive.read(f"{line.stem}/layer.toml").decode())["note"]
    # Page and file say how geolls may count otherwise.
    for said in (note, page.inner_text(".gl-inside > .gl-note")):
        assert "a school whose point lies in another district counts with" in said
    polygon, schools = shapely.Polygon(shape["coordinates"][0]), real_study.schools
    held = shapely.intersects_xy(polygon, schools["easting"], schools["northing"])
    towns_held = sorted(schools["urn"][held])
    assert inside(page) == len(towns_held) > 5
    table = pd.read_csv(saved(page, "Save its schools (csv)", tmp_path), dtype=str)
    assert sorted(table["urn"]) == towns_held
    assert seen.faults == [] and len(seen.asked) == 1

    # Each zip is a layer with the same schools, and overlap counts as the page did.
    settings = real_study.settings
    study = open_study(
        register=settings.register,
        links=settings.links,
        as_of=settings.as_of,
        data=real_study.data,
        boundaries=(circle, line),
    )
    for path, name, urns in (
        (circle, "Ashington (5 km)", told),
        (line, "Drawn area", towns_held),
    ):
        assigned = study.assigned(path.stem)
        assert sorted(assigned["urn"][assigned["unit_code"] == name]) == urns
        met = study.overlap(path.stem, "teaching_school_hub", by="schools")
        met = met[met["left_name"] == name]
        assert met["weight"].tolist() == [len(urns)]
        assert "Three Rivers" in met["right_name"].item()
    # Pupils eligible for free meals of a set that a user makes: to the nearest 10.
    meals = study.overlap(circle.stem, "teaching_school_hub", by="fsm_pupils")
    meals = meals[meals["left_name"] == "Ashington (5 km)"]
    assert (meals[["weight", "weight_low", "weight_high"]] % 10 == 0).all(axis=None)


def test_corners_are_clicked_and_enter_ends_the_line(visit, recipe, data, tmp_path):
    page = ready(visit(draw(recipe, data)))
    page.get_by_role("button", name="Draw an area on the map").click()
    page.keyboard.press("Enter")
    assert "three corners or more" in page.locator(".gl-lasso [role=status]").inner_text()
    for corner in ((401_000, 301_000), (404_500, 301_000), (404_500, 313_000), (401_000, 313_000)):
        page.mouse.click(*on_map(page, *corner))
        page.wait_for_timeout(350)  # or two clicks are a double click
    page.keyboard.press("Enter")
    page.wait_for_selector(".gl-lasso .gl-big")
    assert "2 schools in the drawn area" in page.locator(".gl-big").inner_text()
    assert page.locator(".gl-info").is_hidden(), "a corner opens nothing"
    shown = page.locator(".gl-lists").inner_text()
    assert "Alder School" in shown and "Beech School" in shown
    assert "Trusts of two or more at work: 1\nOak Trust" in shown
    page.keyboard.press("Escape")
    assert page.locator(".gl-lasso").is_hidden()
    assert page.locator(".gl-drawn path").count() == 0


def test_a_circle_is_drawn_from_its_middle_by_finger(visit, recipe, data):
    options = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = ready(visit(draw(recipe, data), **options))
    page.get_by_label("Kilometres").fill("1.6")
    page.get_by_role("button", name="Choose the middle on the map").click()
    page.touchscreen.tap(*on_map(page, 413_500, 303_500))
    page.wait_for_selector(".gl-lasso .gl-big")
    assert "2 schools within 1.6 km of 41" in page.locator(".gl-lasso .gl-big").inner_text()
    page.wait_for_selector(".gl-pad", state="detached")
    assert page.locator(".gl-info").is_hidden(), "a tap opens nothing beneath"
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    for button in page.locator(".gl-tools button, .gl-lasso .gl-button").all():
        assert button.bounding_box()["height"] >= 44


def test_escape_gives_up_a_line_and_keeps_the_panel(visit, recipe, data):
    page = ready(visit(draw(recipe, data)))
    page.get_by_role("button", name="Draw an area on the map").click()
    page.mouse.click(*on_map(page, 402_000, 302_000))
    page.keyboard.press("Escape")
    assert "Nothing was drawn" in page.locator(".gl-lasso").inner_text()
    page.wait_for_selector(".gl-pad", state="detached")
    assert page.get_by_label("Kilometres").is_visible()


def test_what_a_circle_is_asked_round_is_understood_or_told(visit, recipe, data):
    page = ready(visit(draw(recipe, data)))
    said = page.locator(".gl-lasso [role=status]")
    asked(page, "100000", far="1")
    assert "1 school within 1 km of Alder School" in page.locator(".gl-big").inner_text()
    asked(page, "413000,304000", far="2 km")
    assert inside(page) == 2
    asked(page, "Nowhere at all")
    assert 'called "Nowhere at all"' in said.inner_text()
    asked(page, "here", far="0")
    assert '"0" is no distance' in said.inner_text()
    asked(page, "Newport", far="3")
    assert "places are called Newport. Which?" in said.inner_text()
    asked(page, "Ashington, 5", far="-1")
    assert "no distance" in said.inner_text()


SHAPE = re.compile(r"\{http://www.w3.org/2000/svg\}(\w+)")


def picture(page: Any, folder: Path) -> ElementTree.Element:
    return ElementTree.parse(saved(page, "Save this view (SVG)", folder)).getroot()


def test_this_view_is_saved_as_a_drawing_that_stands_alone(
    visit: Any, recipe: Any, data: Any, tmp_path: Path, browser: Any
) -> None:
    seen = visit(draw(recipe, data), color_scheme="dark")
    page = seen.page
    page.wait_for_selector(".geolls-app[data-tools]")
    path = saved(page, "Save this view (SVG)", tmp_path)
    assert path.name == "A map of squares.svg"
    root = ElementTree.parse(path).getroot()
    tags = {SHAPE.fullmatch(node.tag)[1] for node in root.iter()}
    assert not tags & {"use", "image", "script", "style", "foreignObject", "a"}
    names = {name for node in root.iter() for name in node.attrib}
    assert not [
        n for n in names if n in ("class", "style", "href") or n.startswith(("data-", "on"))
    ]
    words = " ".join("".join(node.itertext()) for node in root.iter() if node.tag.endswith("}text"))
    for said in (
        "A map of squares",
        page.locator(".gl-finding").inner_text(),
        "In trusts based elsewhere",
        "In no trust",
        "n = 6 schools.",
        "Source: four squares.",
        "from map.html",
        "Saved with geolls on",
    ):
        assert said in words, said
    # In the colours of light, however the screen is; and alone it asks for nothing.
    assert root.findall("{*}rect")[0].get("fill") == "#ffffff"
    alone, asked = browser.new_page(), []
    alone.on("request", lambda request: asked.append(request.url))
    alone.goto(path.as_uri())
    assert asked == [path.as_uri()]
    alone.close()
    assert page.evaluate("document.documentElement.dataset.theme") is None
    assert seen.faults == [] and len(seen.asked) == 1


def test_a_saved_view_has_every_mark_and_area_that_the_map_shows_and_follows_it(
    visit: Any, recipe: Any, data: Any, tmp_path: Path
) -> None:
    page = visit(draw(recipe, data)).page
    page.wait_for_selector(".geolls-app[data-tools]")

    def counted() -> tuple[int, str]:
        root = picture(page, tmp_path)
        (window,) = (one for one in root.findall("{*}svg") if len(one.findall("{*}g")) > 1)
        text = " ".join("".join(node.itertext()) for node in root.iter())
        return len(list(window.iter())), text

    nodes, text = counted()
    assert nodes > 20 and "In no trust" in text
    page.locator("input[data-kind=no_trust]").uncheck()
    assert "In no trust" not in counted()[1]
    page.locator(".gl-map").focus()
    page.keyboard.press("-")
    until(page, "location.hash.includes('at=')")
    assert "at=" in counted()[1], "the link keeps the view"
    page.get_by_role("button", name=OPENER).click()
    asked(page, "403000,302000", far="1")
    assert "1 school within 1 km of 403000,302000" in counted()[1]


def test_this_view_is_saved_as_pixels_twice_as_fine(
    visit: Any, recipe: Any, data: Any, tmp_path: Path
) -> None:
    seen = visit(draw(recipe, data))
    seen.page.wait_for_selector(".geolls-app[data-tools]")
    root = picture(seen.page, tmp_path)
    made = saved(seen.page, "Save this view (PNG)", tmp_path).read_bytes()
    assert made.startswith(b"\x89PNG")
    size = [int.from_bytes(made[at : at + 4], "big") for at in (16, 20)]
    assert size == [2 * int(root.get(side)) for side in ("width", "height")]
    assert len(made) > 20_000, "not a blank"
    assert seen.faults == []


def test_hostile_names_stay_text_in_a_saved_view(visit: Any, recipe: Any, tmp_path: Path) -> None:
    data = small()
    data.layers[0].units.loc["W1", "unit_name"] = f"{HOSTILE} \x0b]]>"
    seen = visit(draw(recipe, data))
    seen.page.wait_for_selector(".geolls-app[data-tools]")
    root = picture(seen.page, tmp_path)
    assert {node.tag for node in root.iter()}.isdisjoint({"img", "script"})
    assert seen.faults == []


def test_names_from_data_stay_text_in_list_and_csv(visit, recipe, tmp_path):
    data = small()
    data.schools.loc[0, "name"] = "=HYPERLINK(1)"
    seen = visit(draw(recipe, data))
    page = ready(seen)
    asked(page, "410000,308000", far="30")
    assert inside(page) == 5
    assert HOSTILE in page.locator(".gl-lists").inner_text()
    text = saved(page, "Save its schools (csv)", tmp_path).read_text("utf-8-sig")
    assert "'=HYPERLINK(1)" in text
    page.get_by_label("Name", exact=True).fill('../../"]\n[evil')
    path = saved(page, "Save the area (zip)", tmp_path)
    assert path.name == "drawn_evil.zip"
    assert seen.faults == []


def test_every_town_is_where_the_command_line_has_it(visit, recipe, data, demonstration):
    page = ready(visit(draw(recipe, data)))
    alone = towns().drop_duplicates("name", keep=False).iloc[10::150]["name"].tolist()
    found = page.evaluate(
        """(names) => {
          const {Middles} = geolls;
          const middles = new Middles(document.querySelector(".geolls-app").geolls);
          return names.map((name) => middles.find(name).map(({at}) => at));
        }""",
        [*alone, "hull"],
    )
    for name, at in zip([*alone, "Kingston upon Hull"], found, strict=True):
        town, *_ = one_town(name, demonstration.as_of, demonstration.areas)
        assert list(town.xy) in at, name


def test_a_circle_counts_what_fits_the_filter_and_says_so(visit, recipe, data):
    page = ready(visit(draw(recipe, data)))
    asked(page, "410000,308000", far="30")
    assert inside(page) == 5
    page.evaluate(
        """() => {
          const {chooser} = document.querySelector(".geolls-app").geolls;
          chooser.read("phase:secondary");
          chooser.changed();
        }"""
    )
    assert inside(page) == 1
    assert "those that fit the filter" in page.locator(".gl-lasso").inner_text()
    page.get_by_role("button", name="Clear the filter").click()
    assert inside(page) == 5
