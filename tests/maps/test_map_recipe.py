"""Recipes: every one on the shelf reads, and a mistake is explained, not passed over."""

from __future__ import annotations

import pytest

from geolls.base.errors import CatalogueError, MapError
from geolls.base.shelves import shelf
from geolls.maps.recipes import check_recipe, load_recipe, recipe_names

PROMISED = {
    "locality_overlay",
    "hub_coverage",
    "trust_spread",
    "trust_footprint",
    "mismatch",
    "far_from_hub",
    "change",
    "national_index",
}


def write(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_promised_recipes_stand_on_the_shelf():
    assert set(recipe_names()) >= PROMISED


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_every_recipe_reads(name):
    recipe = load_recipe(name)
    assert check_recipe(shelf("maps") / f"{name}.toml") == []
    assert recipe.title
    assert "{" not in "".join(recipe.given().on)


def test_a_name_may_be_typed_loosely():
    assert load_recipe("Hub coverage").key == "hub_coverage"


def test_an_unknown_recipe_names_the_nearest():
    with pytest.raises(CatalogueError, match=r"hub_coverag.*did you mean hub_coverage"):
        load_recipe("hub_coverag")
    with pytest.raises(CatalogueError):
        load_recipe("../secrets")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('title = "t"\nlayer = ["x"]', "unknown key 'layer'.*did you mean layers"),
        ('title = "t"\nlayers = "district"', "should be a list of words"),
        ('title = "t"\nschools = ["no_trsut"]', "no_trsut.*did you mean no_trust"),
        ('title = "t"\nscope = "plaice"', "plaice.*did you mean place"),
        ('title = "t"\nschools_on = "yes"', "true or false"),
        ('question = "?"', "no title"),
        ('title = "t"\nmeasures = ["a"]\nshade = "b"', "shade: 'b' is not among measures"),
        ('title = "t"\nlayers = ["a"]\non = ["b"]', "on: 'b' is not among layers"),
        ('title = "t"\n[options]\nlayr = "x"', "unknown option 'layr'.*did you mean layer"),
        ('title = "t"\nswipe = ["a"]', "swipe needs two layers"),
        ("title = ", "not readable as TOML"),
    ],
)
def test_a_mistake_is_named_with_its_cure(tmp_path, text, said):
    path = write(tmp_path, text)
    assert check_recipe(path)
    with pytest.raises(MapError, match=said):
        load_recipe(path)


def test_check_tells_every_mistake_at_once(tmp_path):
    path = write(tmp_path, 'layer = 1\nscope = "mars"\nshade = "x"')
    assert len(check_recipe(path)) == 4


def test_options_fill_the_keys():
    recipe = load_recipe("hub_coverage").given(layer="teaching_school_hub")
    assert recipe.shade == "coverage:teaching_school_hub"
    assert recipe.on == ("teaching_school_hub",)
