"""A map of an atlas and `geolls map` of the same recipe are one scene, filtered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geolls.atlas.book import Book
from geolls.base.errors import MapError, UsageError
from geolls.base.labels import LABELS
from geolls.layers.areas import load_areas
from geolls.layers.checks import check_folders
from geolls.maps.drawn import resolve
from geolls.maps.page import draw
from geolls.maps.payload import unpack
from geolls.maps.print.legend import groups_of
from geolls.maps.recipes import Recipe, load_recipe, recipe_names
from geolls.maps.scenes import scene_of
from geolls.maps.shading import COLUMNS, SHADINGS, supported
from geolls.study.facts import Facts
from geolls.study.units import neighbours


@pytest.fixture(scope="module")
def book(demonstration: Any) -> Book:
    return Book(Facts(demonstration, ["local_authority"]))


def own(packed: dict[str, bytes]) -> dict[str, Any]:
    """What is a map's own: without links, which only an atlas has, and trusts without a page."""
    land, part, *_ = packed.values()  # alone also what is above each school
    document = unpack(part)
    if at := document.get("towns", {}).get("at"):  # among those of the land that maps share
        every, rows = unpack(land)["towns"], np.cumsum(at)
        names = [every["name"].split("\n")[row] for row in rows]
        east, north = (np.diff(np.cumsum(every[axis])[rows], prepend=0).tolist() for axis in "xy")
        people = [every["people"][row] for row in rows]
        document["towns"] = {"name": "\n".join(names), "people": people, "x": east, "y": north}
    schools = document.get("schools", {})
    trusts = schools.pop("trusts", {})
    named = {uid: i for i, uid in enumerate(trusts.get("uid", []))}
    kept = [i for uid, i in named.items() if trusts["schools"][i] > 1]
    for column in set(trusts) - {"url"}:
        document[f"trusts {column}"] = [trusts[column][i] for i in kept]
    uids = list(named)
    document["trust of"] = [uids[t] if t in kept else "" for t in schools.pop("trust", [])]
    return document


def test_a_national_map_is_the_same_in_the_atlas(book: Book) -> None:
    assert "mismatch" in book.plates.national
    alone = draw(*scene_of(book.study, "mismatch"))
    assert own(book.plates.country("mismatch").packed) == own(alone.parts)


def test_a_trust_is_the_same_in_the_atlas(book: Book) -> None:
    page = next(p for p in book.pages if p.kind == "trust")
    (uid,) = page.key
    made = book.plates.trust(uid, page)
    assert made is not None
    alone = draw(*scene_of(book.study, "trust_footprint", trust=uid))
    assert own(made.packed) == own(alone.parts)
    assert made.title == alone.page.title


def test_a_place_is_the_same_in_the_atlas(book: Book) -> None:
    page = next(p for p in book.pages if p.kind == "place")
    made = book.plates.place(*page.key, page)
    assert made is not None
    place = book.study.place(f"{page.key[0]}:{page.key[1]}")
    alone = own(draw(*scene_of(book.study, "locality_overlay", place=place)).parts)
    theirs = own(made.packed)
    assert theirs == alone
    assert len(made.urns) == len(theirs["trust of"])


def test_what_can_be_shaded_stands_in_one_table(book: Book) -> None:
    recipe = Recipe("r", "t", measures=tuple(k for k in COLUMNS if k != "fsm_share"))
    _, data = scene_of(book.study, recipe)
    assert [m.title for m in data.measures] == [LABELS[m.key].title for m in data.measures]
    with pytest.raises(MapError, match=r"no measure is called 'trusts_elsewher'.*trusts_elsewhere"):
        scene_of(book.study, Recipe("r", "t", measures=("trusts_elsewher",)))
    with pytest.raises(UsageError, match="no option"):
        scene_of(book.study, recipe, options={"layr": "maths_hub"})
    assert set(COLUMNS) < set(SHADINGS)


# The demonstration has no lead schools to be far from.
@pytest.mark.parametrize("name", sorted({*recipe_names()} - {"far_from_hub", "lead_rings"}))
def test_a_map_says_what_it_shows_and_does_not_mean_however_it_is_shaded(
    demonstration: Any, name: str
) -> None:
    recipe = load_recipe(name)
    about: dict[str, Any] = {"place": demonstration.place("Leeds")}
    if recipe.scope == "trust":
        about = {"trust": demonstration.spread().nlargest(1, "schools")["trust_uid"].iloc[0]}
    drawn = resolve(
        *scene_of(demonstration, recipe, **({} if recipe.scope == "england" else about))
    )
    for shade in ("", *(key for key, _ in drawn.shades)):
        said = drawn.said(shade)
        assert bool(said.finding) == bool(shade), shade
        assert said.shows, shade
        assert said.means_not, shade
        assert not set("{}") & set("".join(said)), said


def test_an_atlas_leaves_out_what_no_study_can_give() -> None:
    asked = ("coverage:maths_hub", "units_of:maths_hub", "luck")
    kept = supported(Recipe("r", "t", measures=asked, shade="luck"))
    assert (kept.measures, kept.shade) == (asked[:2], "")


def test_neighbours_are_neighbours_both_ways(book: Book) -> None:
    found = neighbours(book.study, "local_authority")
    assert len(found) > 100
    assert all(one in found[two] for one, beside in found.items() for two in beside)


def test_the_layer_of_a_user_is_on_in_the_style_it_states(tmp_path: Path) -> None:
    from geolls import open_study

    folder = tmp_path / "north"
    folder.mkdir()
    (folder / "members.csv").write_text("unit,area\nTees,Hartlepool\nTees,Stockton-on-Tees\n")
    text = 'title = "Partnerships of the north east"\nsource = "own"\n'
    (folder / "layer.toml").write_text(text + '[style]\nline = "maths"\nlabel = "Partnership"\n')
    study = open_study(as_of="2022-09-01", boundaries=folder)
    recipe, data = scene_of(study, "locality_overlay", place=study.place("Hartlepool"))
    drawn = resolve(recipe, data)
    spec = next(s for s in drawn.layers if s.key == "north")
    assert "north" in drawn.on and spec.style == "maths"
    (keys,) = (g.keys for g in groups_of([drawn]) if g.title == "Your layers")
    assert [(k.name, k.title) for k in keys] == [("maths", "Partnership")]
    assert {s.key: s.style for s in drawn.layers if s.family != "user"}["district"] == "district"


@pytest.mark.parametrize(
    ("style", "said"),
    [
        ('line = "red"', "line is 'red', not one of district"),
        ('line = "distrct"', "did you mean district"),
        ('lable = "x"', "did you mean label"),
        ("line = 1", "line is '1', not one of"),
    ],
)
def test_a_style_that_is_none_is_told(tmp_path: Path, style: str, said: str) -> None:
    (tmp_path / "members.csv").write_text("unit,area\nTees,Hartlepool\n")
    text = f'title = "Mine"\nsource = "own"\nlicence = "x"\n[style]\n{style}\n'
    (tmp_path / "layer.toml").write_text(text)
    (problem,) = check_folders([tmp_path], load_areas())
    assert said in str(problem)
