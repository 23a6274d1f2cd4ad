"""What readers come for, done from the page alone: the same steps in Chromium and in Firefox."""

from __future__ import annotations

import base64
import csv
import io
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import folium
import pytest
from drivers import EQUIPPED, READY, Tab, there
from pypdf import PdfReader

from geolls.atlas.book import Book
from geolls.atlas.build import Press

from .conftest import Leaves

pytestmark = pytest.mark.browser

# Width, height and how many colours of a picture, as the browser itself reads it.
PIXELS = """(async () => {
  const image = new Image();
  image.src = "data:image/png;base64,%s";
  await image.decode();
  const {width, height} = image;
  const paint = Object.assign(document.createElement("canvas"), {width, height}).getContext("2d");
  paint.drawImage(image, 0, 0);
  const pixels = new Uint32Array(paint.getImageData(0, 0, width, height).data.buffer);
  return [width, height, new Set(pixels).size];
})()"""


def place_page(leaves: Leaves, name: str) -> str:
    """Write the page of an authority, and return its address."""
    units = leaves.book.facts.units["local_authority"]
    key = ("local_authority", str(units.index[units["name"] == name][0]))
    page = next(p for p in leaves.book.pages if p.key == key)
    assert Press(leaves.book, leaves.folder).write(page.path).error == ""
    return (leaves.folder / page.path).as_uri()


def texts(tab: Tab, selector: str) -> list[str]:
    """Return what stands in every element that is shown."""
    said: list[str] = tab.evaluate(
        f"[...document.querySelectorAll({selector!r})].filter((n) => n.checkVisibility())"
        ".map((n) => n.innerText.trim())"
    )
    return said


def button(tab: Tab, words: str) -> str:
    """Return a selector of the button that says so."""
    found = "[...document.querySelectorAll('button')].find((n) => n.innerText.trim() === "
    tab.evaluate(f"{found}{words!r}).setAttribute('data-button', {words!r})")
    return f'[data-button="{words}"]'


def test_which_hubs_is_la14(leaves: Leaves, demonstration: Any, tab: Tab) -> None:
    tab.open(leaves.path("index").as_uri())
    tab.type(".find input", "LA14")
    tab.wait(there(".found [role=option]"))
    said = texts(tab, ".found [role=option]")[0]
    where = demonstration.where("LA14").set_index("layer")["unit_name"]
    assert said.startswith("LA14")
    for layer in ("teaching_school_hub", "maths_hub"):
        assert where[layer] in said
    assert tab.faults == []


def test_which_schools_in_preston_answer_to_another_hub(
    leaves: Leaves, demonstration: Any, tab: Tab
) -> None:
    tab.open(place_page(leaves, "Lancashire"))
    tab.wait(there(READY))
    # The list beside the map says where; its link opens the land and says how many.
    line = next(t for t in texts(tab, ".gl-parted li a") if "Preston" in t)
    assert "answer to another Teaching School Hub than the rest of Lancashire" in line
    tab.click(".gl-parted li:has(a[data-code*=north-west-lancashire]) a")
    tab.wait("document.querySelector('.gl-info h2')?.innerText.includes('Preston')")
    schools = demonstration.schools_in(demonstration.place("district:Preston"))
    info = texts(tab, ".gl-info")[0].split("\n")
    assert info[info.index("Preston") + 1] == str(len(schools))
    # The table of the page names them.
    tab.type("[data-filter=schools]", "Preston")
    rows = "document.querySelectorAll('#schools tbody tr:not([hidden])')"
    tab.wait(f"{rows}.length === {len(schools)}")
    assert sorted(texts(tab, "#schools tbody th")) == sorted(schools["name"])
    assert set(schools["teaching_school_hub"]) == {"Star Teaching School Hub North West Lancashire"}
    assert tab.faults == []


def test_draw_a_circle_of_5_km_round_ashington_and_save_its_schools(
    demonstration: Any, tab: Tab, tmp_path: Path
) -> None:
    path = tmp_path / "northumberland.html"
    demonstration.save_map("locality_overlay", path, place="Northumberland")
    tab.open(path.as_uri())
    tab.wait(there(".geolls-app[data-tools]"))
    tab.click(button(tab, "Schools in a circle or area"))
    tab.type(".gl-circle label:nth-of-type(2) input", "Ashington")
    tab.key("Enter")
    tab.wait(there(".gl-lasso .gl-big"))
    inside = sorted(demonstration.schools_of("town:Ashington,5km"))
    assert texts(tab, ".gl-lasso .gl-big b") == [str(len(inside))]
    data = tab.saved(button(tab, "Save its schools (csv)")).decode("utf-8-sig")
    assert sorted(row["urn"] for row in csv.DictReader(io.StringIO(data))) == inside
    assert inside
    assert tab.faults == []


def test_print_a_one_page_sheet_of_leeds(leaves: Leaves, tab: Tab) -> None:
    tab.open(leaves.path("place").as_uri() + "?sheet")
    tab.wait(there(READY))
    (sheet,) = PdfReader(io.BytesIO(tab.printed())).pages
    said = " ".join(sheet.extract_text().split())
    for words in ("Leeds", "At a glance", "Which maps cover this place", "Trusts at work here"):
        assert words in said
    assert "Sources." in said and "Download csv" not in said
    width, height = (round(float(n) / 72 * 25.4) for n in sheet.mediabox[2:])
    assert abs(width - 210) <= 1 and abs(height - 297) <= 1
    assert tab.faults == []


def test_a_trust_page_alone_is_whole(leaves: Leaves, tab: Tab, tmp_path: Path) -> None:
    page = leaves.pages["trust"]
    alone = tmp_path / "trust.html"
    alone.write_bytes(Book(leaves.book.facts, single=True).make(page.path)[page.path])
    tab.open(alone.as_uri())
    tab.wait(there(READY))
    (uid,) = page.key
    assert texts(tab, "h1") == [leaves.book.facts.trust_rows[uid]["trust_name"]]
    assert tab.evaluate("document.querySelectorAll('.gl-map .gl-faces path').length") > 0
    assert len(texts(tab, "main table")) > 0
    assert tab.faults == []


def test_a_school_is_found_by_half_its_name_and_its_place_and_its_link_copied(
    leaves: Leaves, demonstration: Any, tab: Tab
) -> None:
    place_page(leaves, "Lancashire")
    schools = demonstration.schools_in(demonstration.place("district:Preston")).sort_values("urn")
    name, urn = str(schools["name"].iloc[3]), str(schools["urn"].iloc[3])
    tab.open(leaves.path("index").as_uri())
    half = " ".join(name.split()[-2:])  # its last words, as people remember them
    tab.type(".find input", f"{half} lancashire")
    tab.wait(there(".found [role=option]"))
    assert [text for text in texts(tab, ".found [role=option]") if text.startswith(name)]
    tab.key("Enter")
    tab.wait(there(".gl-above .gl-band"))
    assert texts(tab, ".gl-info h2") == [name]
    assert f"URN {urn}" in texts(tab, ".gl-info")[0]
    hub = schools["teaching_school_hub"].iloc[3]
    assert hub in texts(tab, ".gl-hubs")[0]
    tab.click(".gl-copy")
    link = str(tab.evaluate("document.querySelector('.gl-address').value"))
    assert link.endswith(f"#school={urn}")
    # Whoever gets the link sees the same school.
    tab.open(link)
    tab.wait(there(".gl-above .gl-band"))
    assert texts(tab, ".gl-info h2") == [name]
    assert tab.faults == []


def test_a_map_takes_a_marker_and_a_shape_of_the_users_own(
    demonstration: Any, tab: Tab, tmp_path: Path
) -> None:
    made = demonstration.map("locality_overlay", place="Leeds")
    assert isinstance(made, folium.Map)
    folium.Marker([53.8, -1.55], popup=folium.Popup("Mine")).add_to(made)
    ring = [[-1.6, 53.78], [-1.5, 53.78], [-1.5, 53.82], [-1.6, 53.78]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    folium.GeoJson(shape, style_function=lambda _: {"color": "#ff00ff"}).add_to(made)
    path = tmp_path / "mine.html"
    made.save(path)
    tab.open(path.as_uri())
    tab.wait(there(READY))
    box = "document.querySelector({!r}).getBoundingClientRect()"
    marker, drawn = box.format(".leaflet-marker-icon"), box.format("path[stroke='#ff00ff']")
    # The marker stands with its foot in the box of the shape, near its middle.
    across, down = tab.evaluate(
        f"(() => {{ const m = {marker}, d = {drawn}; return [(m.x + m.width / 2 - d.x) / d.width,"
        " (m.bottom - d.y) / d.height]; })()"
    )
    assert abs(across - 0.5) < 0.1 and abs(down - 0.5) < 0.1
    tab.click(".leaflet-marker-icon")
    tab.wait(there(".leaflet-popup-content"))
    assert texts(tab, ".leaflet-popup-content") == ["Mine"]
    assert tab.faults == []


def test_a_school_of_another_place_is_led_to_and_an_unknown_one_is_told(
    leaves: Leaves, demonstration: Any, tab: Tab
) -> None:
    address = place_page(leaves, "Lancashire")
    away = demonstration.schools_in(demonstration.place("local_authority:Leeds"))["urn"].iloc[0]
    tab.open(f"{address}#school={away}")
    tab.wait(there(".gl-above a"))
    assert texts(tab, ".gl-info h2") == [f"No school with URN {away} on this map"]
    assert texts(tab, ".gl-above") == ["Open it on the page of Leeds"]
    place_page(leaves, "Leeds")
    tab.open(str(tab.evaluate("document.querySelector('.gl-above a').href")))
    tab.wait(there(".gl-above .gl-band"))
    assert f"URN {away}" in texts(tab, ".gl-info")[0]
    tab.open(f"{address}#school=999999")
    tab.wait(there(".gl-above a"))
    (said,) = texts(tab, ".gl-above")
    assert said.startswith("Counted here are only ")
    assert said.endswith("Its entry in the register says what it is.")
    assert tab.faults == []


def test_cite_and_a_moved_map_keep_the_view_and_it_is_saved_side_by_side(
    leaves: Leaves, tab: Tab
) -> None:
    asked = "#~on=local_authority&shade=swipe"
    tab.open(place_page(leaves, "Lancashire") + asked)
    tab.wait(there(EQUIPPED))
    app = "document.querySelector('.geolls-app').geolls"
    # As it stands until the tools have come: the map is moved, and what they will read stays.
    tab.evaluate(
        f"(() => {{ const app = {app}, tool = app.stage.swipe; app.stage.swipe = null;"
        " app.shade = ''; app.address.write('replaceState'); app.stage.swipe = tool;"
        " app.address.read(); tool.read(); app.stage.paint(); return 1; })()"
    )
    assert "shade=swipe" in tab.evaluate("location.hash")
    before = tab.evaluate("location.hash")
    tab.click("[href='#cite-page']")
    assert tab.evaluate("location.hash") == before
    assert texts(tab, "#cite-page")[0].endswith(str(tab.evaluate("location.href")))
    root = ElementTree.fromstring(tab.saved(button(tab, "Save this view (SVG)")))
    clips = {
        f"url(#{clip.get('id')})" for clip in root.iter("{http://www.w3.org/2000/svg}clipPath")
    }
    used = {node.get("clip-path") for node in root.iter() if node.get("clip-path")}
    assert len(clips) == 2 and used == clips
    # The same view as pixels, twice as fine: no blank.
    made = tab.saved(button(tab, "Save this view (PNG)"))
    wide, high, colours = tab.evaluate(PIXELS % base64.b64encode(made).decode())
    assert [wide, high] == [2 * int(root.get(side, 0)) for side in ("width", "height")]
    assert colours > 100
    assert tab.faults == []
