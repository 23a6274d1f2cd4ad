"""The ground of a map in Chromium: metres of the National Grid, tiles, towns beneath the data."""

from __future__ import annotations

import base64
import itertools
from dataclasses import replace
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Transformer

from geolls.land.blocks import load_display
from geolls.maps.page import draw
from geolls.maps.print.figure import Figure
from geolls.maps.print.page import render_svg
from geolls.maps.recipes import Recipe, load_recipe
from geolls.study.gazetteer import Place
from geolls.study.towns import towns

pytestmark = pytest.mark.browser

BOX = "n => { const b = n.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; }"
# The middle of Leeds, and corners of England: Land's End, Thanet, Berwick.
PLACES = {
    "Leeds": (430_000, 433_000),
    "Penzance": (147_000, 30_000),
    "Thanet": (637_000, 168_000),
    "Berwick": (399_000, 652_000),
}


def moved(data: Any, east: float, north: float) -> Any:
    """Return the squares of the test, of 1 km each, with the corner of all four at a point."""
    xy = np.array([410_000.0, 310_000.0])

    def to(points: Any) -> Any:
        return (points - xy) / 10 + (east, north)

    blocks = data.blocks.set_geometry(shapely.transform(data.blocks.geometry.to_numpy(), to))
    spots = to(data.schools[["easting", "northing"]].to_numpy(float))
    schools = data.schools.assign(easting=spots[:, 0], northing=spots[:, 1])
    place = Place("local_authority", "W1", "Unit W1", ("a", "c"))
    return replace(data, blocks=blocks.set_crs(27700), schools=schools, place=place)


@pytest.mark.parametrize("where", PLACES)
def test_markers_and_shapes_of_a_user_stand_within_five_metres(visit, data, where):
    east, north = PLACES[where]
    lon, lat = Transformer.from_crs(27700, 4326, always_xy=True).transform(east, north)
    shape = gpd.GeoDataFrame(geometry=[shapely.box(east, north, east + 1000, north + 1000)])
    made = draw(Recipe("r", "t", scope="place"), moved(data, east, north))
    assert isinstance(made, folium.Map)
    folium.Marker([lat, lon]).add_to(made)
    folium.GeoJson(shape.set_crs(27700)).add_to(made)
    page = visit(made).page
    square = page.locator("path.gl-face[data-code=W1]").evaluate(BOX)  # two blocks high
    metres = 2000 / (square[3] - square[1])
    assert metres < 5, "so that a pixel tells"
    assert abs(square[2] - square[0] - 1000 / metres) < 0.3, "a square of the grid is square"
    corner = np.array([square[2], (square[1] + square[3]) / 2])  # where all four meet
    icon = page.locator(".leaflet-marker-icon").evaluate(BOX)
    pin = np.array([(icon[0] + icon[2]) / 2, icon[3]])
    assert np.hypot(*(pin - corner)) * metres <= 5  # though Leaflet puts icons on whole pixels
    drawn = page.locator(".leaflet-overlay-pane path.leaflet-interactive").evaluate(BOX)
    assert np.hypot(*(np.array([drawn[0], drawn[3]]) - corner)) * metres <= 5
    size = [drawn[2] - drawn[0], drawn[3] - drawn[1]]
    assert np.array(size) * metres == pytest.approx([1000, 1000], abs=5)
    line = page.locator(".leaflet-control-scale-line")
    length = float(line.inner_text().split()[0]) * (1000 if "km" in line.inner_text() else 1)
    assert abs(line.evaluate("n => parseFloat(n.style.width)") * metres - length) <= metres


def test_screen_and_print_are_drawn_on_one_plane(visit, data):
    made = Recipe("r", "t", on=("maths_hub",))
    page = visit(draw(made, data)).page
    seen = [one.evaluate(BOX) for one in page.locator("path.gl-face").all()]
    svg = visit(render_svg(made, data, Figure(bare=True)), wait=False).page
    printed = [one.evaluate(BOX) for one in svg.locator(".faces path").all()]

    def shape(boxes: list[list[float]]) -> Any:
        xy = np.array(sorted(boxes))
        low = xy[:, :2].min(axis=0)
        return (xy - np.tile(low, 2)) / (xy[:, 2:].max(axis=0) - low)[1]

    assert shape(seen) == pytest.approx(shape(printed), abs=5e-3)


MAGENTA = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8D4HwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
)


def test_tiles_are_seen_through_the_land_and_say_whose_they_are(visit, data, browser, tmp_path):
    tiles = "https://tiles.test/{z}/{x}/{y}.png"
    made = draw(Recipe("r", "t", on=("maths_hub",)), data, tiles=tiles, attr="Map of Nobody")
    made.save(tmp_path / "tiles.html")
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route("https://tiles.test/**", lambda route: route.fulfill(body=MAGENTA))
    page.goto((tmp_path / "tiles.html").as_uri())
    page.wait_for_selector(".geolls-app[data-ready]")
    page.wait_for_selector("img.leaflet-tile-loaded")
    assert "Map of Nobody" in page.locator(".leaflet-control-attribution").inner_text()
    assert page.evaluate("document.querySelector('.geolls-app').geolls.map.options.crs.code") == (
        "EPSG:3857"
    )
    assert any(url.startswith("https://tiles.test/") for url in asked)
    through = "n => Number(getComputedStyle(n).fillOpacity)"
    assert all(n.evaluate(through) <= 0.6 for n in page.locator("path.gl-face").all())
    later = draw(Recipe("r", "t", on=("maths_hub",)), data)
    folium.TileLayer(tiles, attr="Map of Nobody").add_to(later)
    later.render()
    assert later.page.images == ("https://tiles.test",), "a basemap added later is one too"
    assert "tiled" in later.js_options() and "tiled" not in draw("national_index", data).options
    page.close()


def test_towns_stand_where_they_are_and_hide_nothing(visit, lancashire):
    made = replace(load_recipe("locality_overlay"), measures=())
    page = visit(draw(made, lancashire)).page
    app = "document.querySelector('.geolls-app').geolls"
    spots = page.evaluate(
        "() => [...document.querySelectorAll('.gl-towns .gl-town')].map((n) => [n.nextSibling"
        ".textContent, ...geolls.gridOf(...Object.values(" + app + ".map.layerPointToLatLng("
        "[Number(n.getAttribute('cx')), Number(n.getAttribute('cy'))])))])"
    )
    assert len(spots) > 15
    land = load_display().geometry
    metres = page.evaluate(f"{app}.metres()")
    for name, east, north in spots:
        rows = towns()[towns()["name"] == name]
        away = np.hypot(rows["easting"] - east, rows["northing"] - north)
        assert away.min() < metres + 10, name
        own = land[rows["block"].loc[away.idxmin()]]
        assert shapely.distance(shapely.Point(east, north), own) < 500, name
    boxes = {
        kind: page.eval_on_selector_all(f".gl-map {kind}", f"all => all.map({BOX})")
        for kind in (".gl-towns text", ".gl-labels text")
    }
    # A letter's box is higher than what is drawn of it.
    texts = [(x0, y0 + 2, x1, y1 - 2) for held in boxes.values() for x0, y0, x1, y1 in held]
    for a, b in itertools.combinations(texts, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (a, b)
    marks = np.array(
        page.evaluate(
            f"() => {{ const a = {app}; const v = a.view(); const o = a.map.getContainer()"
            ".getBoundingClientRect(); const s = a.schools; return [...s.x].map((x, i) => "
            "{ const p = a.map.layerPointToContainerPoint(v.at(x, s.y[i])); "
            "return [p.x + o.left, p.y + o.top]; }); }"
        )
    )
    for x0, y0, x1, y1 in boxes[".gl-towns text"]:
        covered = (marks > (x0, y0 + 2)) & (marks < (x1, y1 - 2))
        assert not covered.all(axis=1).any(), "a town's name covers no mark"


def test_towns_are_a_box_of_the_panel_and_a_word_of_the_link(visit, lancashire):
    page = visit(draw("locality_overlay", lancashire)).page
    box, names = page.locator("input[data-ground=towns]"), page.locator(".gl-towns text")
    many = names.count()
    box.uncheck()
    assert names.count() == 0 and "ground=" in page.url
    page.go_back()
    assert names.count() == many and box.is_checked()


def test_towns_are_printed_where_they_hide_no_mark_and_not_on_a_bare_map(lancashire):
    recipe = load_recipe("locality_overlay")
    assert ">Southport</text>" in render_svg(recipe, lancashire).replace("</tspan>", "")
    assert ">Southport<" not in render_svg(recipe, lancashire, Figure(bare=True))
