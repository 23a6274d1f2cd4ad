"""The map still looks as it did: a kept picture, compared with a tolerance."""

from __future__ import annotations

from dataclasses import replace

import pytest

from geolls.maps.page import draw
from geolls.maps.recipes import Recipe
from geolls.study.gazetteer import Place

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["coverage", "place"])
def test_the_map_looks_as_it_did(visit, same, recipe, data, name, scheme):
    if name == "coverage":
        made = draw(
            Recipe(
                "r",
                "t",
                on=("maths_hub",),
                measures=("coverage:maths_hub",),
                shade="coverage:maths_hub",
                schools=recipe.schools,
            ),
            data,
        )
    else:
        place = Place("local_authority", "W1", "Unit W1", ("a", "c"))
        shown = Recipe(
            "r", "t", scope="place", on=("local_authority", "maths_hub"), schools=recipe.schools
        )
        made = draw(shown, replace(data, place=place))
    page = visit(made, viewport={"width": 900, "height": 640}, color_scheme=scheme).page
    # Letters differ from machine to machine; lines, fills and marks do not.
    page.evaluate(
        "document.querySelectorAll('.gl-labels,.leaflet-control-container')"
        ".forEach(n => { n.style.display = 'none'; })"
    )
    same(name + "-" + scheme, page.locator(".gl-stage").screenshot())
