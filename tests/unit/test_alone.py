"""What a page carries inside it: a style and a script without what the page does not have."""

from __future__ import annotations

import re

from geolls.atlas.alone import used_classes, used_rules
from geolls.maps.offline import leaflet_css, leaflet_js


def test_a_page_without_tiles_markers_or_popups_leaves_out_their_rules() -> None:
    css = used_rules(leaflet_css())
    assert len(css) < 0.4 * len(leaflet_css())
    assert css.count("{") == css.count("}")
    for kept in (".leaflet-container{", ".leaflet-bar a", ".leaflet-zoom-animated"):
        assert kept in css
    assert "popup" not in css


def test_a_page_without_tiles_markers_or_popups_leaves_out_what_draws_them() -> None:
    js = used_classes(leaflet_js())
    assert len(js) < 0.62 * len(leaflet_js())
    gone = ("openPopup:", "bindTooltip:", "getTileUrl:", "marker-icon.png", "toMultiPoint:")
    assert [name for name in gone if name in leaflet_js()] == list(gone)
    assert [name for name in gone if name in js] == []
    kept = ("_onDragEnd:", "_onWheelScroll:", "_animateZoom:", "_updateTransform:", "run:")
    assert [name for name in kept if name in js] == list(kept)
    names = re.findall(r"\bt\.([A-Z]\w+)=", leaflet_js())
    assert len(names) > 40
    assert re.findall(r"\bt\.([A-Z]\w+)=", js) == names, "every class can still be asked for"


def test_a_class_goes_to_its_own_brace_whatever_its_strings_and_expressions_hold() -> None:
    js = 'a=o.extend({b:"}",c:/[{"]\\/}/,d(){return{}}}),e=o.extend({f:1});t.Marker=a,t.Map=e;'
    assert used_classes(js) == "a=o.extend({}),e=o.extend({f:1});t.Marker=a,t.Map=e;"
