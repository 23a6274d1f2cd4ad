"""What a page carries inside it: a style without what the page does not have."""

from __future__ import annotations

from geolls.atlas.frame import used_rules
from geolls.maps.offline import leaflet_css


def test_a_page_without_tiles_markers_or_popups_leaves_out_their_rules() -> None:
    css = used_rules(leaflet_css())
    assert len(css) < 0.4 * len(leaflet_css())
    assert css.count("{") == css.count("}")
    for kept in (".leaflet-container{", ".leaflet-bar a", ".leaflet-zoom-animated"):
        assert kept in css
    assert "popup" not in css
