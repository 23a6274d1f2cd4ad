"""One file that opens from an e-mail: nothing fetched, nothing run that was not hashed."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import re
import string
import zlib

import folium
import pytest

from geolls.base.errors import MapError, OutputError
from geolls.maps.page import Map, cut, draw, shared_assets
from geolls.maps.recipes import Recipe, load_recipe

SCRIPT = re.compile(r"<script>(.*?)</script>", re.S)
STYLE = re.compile(r"<style>(.*?)</style>", re.S)


# The letters of base 85 here and in Python: there "<" and "&" are among them.
PLAIN = string.digits + string.ascii_uppercase + string.ascii_lowercase
OURS, PYTHONS = f"{PLAIN}!#$%()*+-;=?@^_`{{|}}~,./", f"{PLAIN}!#$%&()*+-;<=>?@^_`{{|}}~"


def page_of(made) -> str:
    return made.get_root().render()


def rule_of(page: str) -> dict[str, list[str]]:
    text = re.search(r'Content-Security-Policy" content="([^"]+)"', page).group(1)
    return {part.split()[0]: part.split()[1:] for part in text.split("; ")}


def scripts_of(page: str) -> list[str]:
    """The scripts of a page, what is packed in it as it will run."""
    (packed,) = re.findall(r"<script type=\"text/plain\" id=\"packed\">(.*?)</script>", page)
    data = base64.b85decode(packed.translate(str.maketrans(OURS, PYTHONS)))
    return [*SCRIPT.findall(page), zlib.decompress(data).decode()]


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_nothing_is_loaded_from_elsewhere(recipe, data):
    page = page_of(draw(recipe, data))
    assert re.findall(r"""(?:src|href)=["']?(https?:|//)""", page.split("<script")[0]) == []
    assert re.findall(r"<(?:link|img|iframe|script[^>]+src)", page) == []
    assert "sourceMappingURL" not in page
    assert "url(images" not in page


def test_every_script_and_style_is_hashed_in_the_policy(recipe, data):
    page = page_of(draw(recipe, data))
    rule = rule_of(page)
    scripts, styles = scripts_of(page), STYLE.findall(page)
    assert len(scripts) == 5 and len(styles) == 3
    assert {digest(s) for s in scripts} == set(rule["script-src"])
    assert {digest(s) for s in styles} == set(rule["style-src"])
    assert rule["default-src"] == ["'none'"] and rule["img-src"] == ["data:"]
    assert "'unsafe-inline'" not in str(rule)
    assert page.index("Content-Security-Policy") < page.index("<style")


def test_a_map_changed_later_is_hashed_again(recipe, data):
    made = draw(recipe, data)
    before = rule_of(page_of(made))
    folium.Marker([52.6, -1.9], tooltip="Here").add_to(made)
    page = page_of(made)
    assert rule_of(page)["script-src"] != before["script-src"]
    assert {digest(s) for s in scripts_of(page)} == set(rule_of(page)["script-src"])


def test_a_basemap_is_asked_for_by_name_and_allowed_by_host(recipe, data):
    page = page_of(draw(recipe, data, tiles="OpenStreetMap"))
    assert rule_of(page)["img-src"] == ["data:", "https://tile.openstreetmap.org"]


def test_two_builds_are_the_same_bytes(recipe, data):
    pages = []
    for _ in range(2):
        made = draw(recipe, data)
        folium.Marker([52.6, -1.9], popup="Here").add_to(made)
        pages.append(page_of(made))
    assert pages[0] == pages[1]
    made = draw(recipe, data)
    assert page_of(made) == page_of(made), "rendering twice changes nothing"


def test_folium_itself_is_left_as_it_was(recipe, data):
    before = list(folium.Map.default_js), list(folium.Map.default_css)
    draw(recipe, data)
    assert (list(folium.Map.default_js), list(folium.Map.default_css)) == before
    assert before[0] and Map.default_js is not folium.Map.default_js


def test_a_notebook_shows_the_same_page(recipe, data):
    made = draw(recipe, data)
    shown = made._repr_html_()
    assert "<iframe" in shown
    assert html.escape('class="geolls-app"') in shown


def test_a_bare_map_needs_no_recipe(tmp_path):
    made = Map(location=[53.0, -1.5], zoom_start=7)
    made.save(tmp_path / "bare.html")
    assert "geolls-bare" in (tmp_path / "bare.html").read_text("utf-8")


def test_saving_is_whole_or_not_at_all(recipe, data, tmp_path):
    path = tmp_path / "map.html"
    path.write_text("old")
    draw(recipe, data).save(path)
    assert path.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert [p.name for p in tmp_path.iterdir()] == ["map.html"]
    with pytest.raises(OutputError, match="cannot be written"):
        draw(recipe, data).save(tmp_path / "nowhere" / "map.html")
    kept = io.BytesIO()
    draw(recipe, data).save(kept, close_file=False)
    assert kept.getvalue() == path.read_bytes()


def test_hostile_names_stay_text(recipe, data):
    page = page_of(draw(Recipe("r", "<b>{place}", table=("trusts_elsewhere",)), data))
    assert "<img src=x" not in page
    assert "&lt;/script&gt;&lt;img src=x onerror=boom()&gt;" in page
    assert "&lt;b&gt;England" in page
    assert "{{ 7*7 }}" in page and ">49<" not in page


def test_a_place_and_a_trust_must_be_named(data):
    with pytest.raises(MapError, match="needs a place"):
        draw("locality_overlay", data)
    with pytest.raises(MapError, match="needs a trust"):
        draw("trust_footprint", data)


def test_england_with_every_layer_and_24_000_schools_fits_in_an_e_mail(england, tmp_path):
    path = tmp_path / "england.html"
    draw(load_recipe("national_index"), england).save(path)
    assert path.stat().st_size <= 1_200_000


def test_a_place_is_light(lancashire, tmp_path):
    path = tmp_path / "place.html"
    draw(load_recipe("locality_overlay"), lancashire).save(path)
    assert path.stat().st_size <= 400_000


def test_a_page_of_an_atlas_carries_only_its_own(lancashire):
    parts = cut("locality_overlay", lancashire, shared=True)
    files = shared_assets(parts.packed)
    assert 'id="map"' in parts.html
    assert set(files) == {
        "map.css",
        "map.js",
        "tools.js",
        *(f"data-{key}.js" for key in parts.packed),
    }
    land, own = parts.packed.values()
    assert len(own) < 30_000 < len(land) < 187_500
