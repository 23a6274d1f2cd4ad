"""What fails a build: a fill that is none, a name on other land, a state without its own words.

Two more stand with their fellows: one value for one label (test_labels), and marks on the land of
their district (test_ground). Every rule is shown to fail where a fault is put in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely

from geolls.maps.drawn import Drawn, resolve
from geolls.maps.page import draw
from geolls.maps.print.labels import Label, Room, labels, put
from geolls.maps.print.land import Faces, Land, View, grown
from geolls.maps.print.legend import Group, shading_of
from geolls.maps.scenes import scene_of
from geolls.maps.styles import PATTERNS, SYMBOLS

pytestmark = pytest.mark.real_data

ENGLAND: list[tuple[str, dict[str, str]]] = [
    *((name, {}) for name in ("national_index", "trust_spread", "far_from_hub", "typology")),
    *((name, {}) for name in ("mismatch", "change", "hub_coverage", "disagreement")),
    ("hub_coverage", {"layer": "teaching_school_hub"}),
    ("mismatch", {"left": "maths_hub", "right": "teaching_school_hub"}),
    ("disagreement", {"left": "teaching_school_hub", "right": "maths_hub"}),
    ("what_if", {"right": "hampshire_2028"}),
]
PLACES = [
    "Lancashire", "Camden", "combined_authority:Greater Manchester", "region:South West",
    "Abacus NW Maths Hub", "City of London",
]  # fmt: skip


@pytest.fixture(scope="module")
def maps(real_study: Any) -> dict[str, Drawn]:
    """The national maps, and those of some places."""
    found = {}
    for name, options in ENGLAND:
        key = " ".join((name, *options.values()))
        found[key] = resolve(*scene_of(real_study, name, options=options))
    for place in PLACES:
        where = real_study.place(place)
        found[place] = resolve(*scene_of(real_study, "locality_overlay", place=where))
    return found


def states(drawn: Drawn) -> Iterator[Drawn]:
    """Yield a map as it is shaded in each of the ways it offers."""
    for key in dict.fromkeys(["", *(key for key, _ in drawn.shades)]):
        yield replace(drawn, recipe=replace(drawn.recipe, shade=key))


# ---- fills


def unfilled(legend: Group | None) -> list[str]:
    """Return what is wrong with the fills of a legend."""
    keys = [key for key in legend.keys if key.kind in {"fill", "symbol"}] if legend else []
    wrong = [f"{key.title}: no fill of its own" for key in keys if not visible(key.name)]
    shared = [name for name, n in Counter(key.name for key in keys).items() if n > 1]
    return wrong + [f"{name}: the fill of several" for name in shared]


def visible(name: str) -> bool:
    return name in PATTERNS or name in SYMBOLS or name in {"r1", "r2", "r3", "r4", "r5"}


def test_every_class_of_every_legend_has_a_fill_of_its_own(maps: dict[str, Drawn]) -> None:
    tried = 0
    for name, drawn in maps.items():
        for state in states(drawn):
            legend = shading_of([Faces(state)])
            assert unfilled(legend) == [], (name, state.recipe.shade)
            tried += legend is not None
    assert tried > 40
    assert len({(*p,) for p in PATTERNS.values()}) == len(PATTERNS)


def test_a_class_without_a_fill_or_with_that_of_another_is_told(maps: dict[str, Drawn]) -> None:
    drawn = maps["typology"]
    measure = drawn.measure
    assert measure is not None
    for paints in (("none", *measure.fills[1:]), (measure.fills[1], *measure.fills[1:])):
        wrong = replace(drawn, measures=[replace(measure, fills=paints), *drawn.measures[1:]])
        assert unfilled(shading_of([Faces(wrong)]))


# ---- words


def unsaid(drawn: Drawn) -> list[str]:
    """Return the states of a map that have no words of their own."""
    said = {state.recipe.shade: state.said(state.recipe.shade) for state in states(drawn)}
    shows = Counter(one.shows for one in said.values())
    return [
        f"{key}: {one.shows!r}"
        for key, one in said.items()
        if not one.shows or shows[one.shows] > 1 or (key and drawn.england and not one.finding)
    ]


def test_every_state_of_every_map_has_a_finding_and_a_caption_of_its_own(
    maps: dict[str, Drawn],
) -> None:
    for name, drawn in maps.items():
        assert unsaid(drawn) == [], name


def test_a_state_with_the_caption_of_another_or_none_is_told(maps: dict[str, Drawn]) -> None:
    drawn = maps["national_index"]
    first, second, *more = drawn.measures
    for wrong in (replace(first, shows=second.shows, note=second.note), replace(first, finding="")):
        assert unsaid(replace(drawn, measures=[wrong, second, *more]))


# ---- names in print


def astray(land: Land, wanted: list[Label]) -> list[str]:
    """Set names as they are printed; return those on other land without a line to their own."""
    about = land.union(np.flatnonzero(land.drawn.inside))
    room, wrong, led = Room(grown(land.view.box, -2), about), list[str](), 0
    for label in sorted(wanted, key=lambda one: (-one.rank, one.lines)):
        at = room.spot(label)
        if at is None:
            continue
        way = label.leader(at)
        led += way is not None
        drawn = "".join(put([label], replace_room(room)))
        if label.shape is not None and not shapely.contains_xy(label.shape, *at):
            ends = way is not None and way.distance(label.shape) < 1 and "<circle" in drawn
            wrong += [] if ends else [str(label.lines)]
        room.taken.append(label.box(at))
        room.leaders += [way] if way is not None else []
    return wrong


def replace_room(room: Room) -> Room:
    return Room(room.box, room.land, room.marks, [*room.taken], [*room.leaders], room.apart)


@pytest.mark.parametrize("name", ["hub_coverage teaching_school_hub", "disagreement", *PLACES[:4]])
def test_a_printed_name_stands_on_its_land_or_has_a_line_to_it(
    maps: dict[str, Drawn], name: str
) -> None:
    drawn = maps[name]
    land = Land(Faces(drawn), View.fit(drawn.focus, (60.0, 60.0, 460.0, 460.0)))
    land = Land(land.faces, replace(land.view, box=(0.0, 0.0, 520.0, 520.0)))
    wanted = labels(land)
    assert len(wanted) > 1
    assert astray(land, wanted) == []
    # A name that is said to be of other land is told.
    one = next(label for label in wanted if label.spot in {"on", "near"})
    far = shapely.box(0, 0, 3, 3)
    assert room_for(land).spot(one._replace(spot="on", shape=far)) is None


def room_for(land: Land) -> Room:
    return Room(grown(land.view.box, -2), land.union(np.flatnonzero(land.drawn.inside)))


# ---- names on the screen

ASTRAY = """() => {
  const app = document.querySelector('.geolls-app').geolls;
  const {labels} = app.stage;
  const near = [[0, 0], [4, 0], [-4, 0], [0, 4], [0, -4]];
  const about = (x, y) => near.map(([a, b]) => [x + a, y + b]);
  const texts = [...app.box.querySelectorAll('text.gl-label[data-layer]')];
  const wrong = texts.filter((text) => {
    const layer = app.byKey[text.dataset.layer];
    const mine = [...app.unitSpots(layer), ...app.unitSpots(layer, true)];
    const flats = mine.filter(({u}) => u === Number(text.dataset.u)).map((spot) => spot.flats);
    const lies = ([x, y]) => flats.some((land) => labels.onLand(land, x, y));
    const on = (x, y) => about(x, y).some(lies);
    const {x, y, width, height} = text.getBBox();
    if (on(x + width / 2, y + height / 2)) return false;
    const end = text.previousElementSibling;
    const led = end && end.classList.contains('gl-leads');
    return !(led && on(end.cx.baseVal.value, end.cy.baseVal.value));
  });
  return [texts.length, wrong.map((text) => text.textContent)];
}"""


@pytest.mark.browser
@pytest.mark.parametrize("width", [1440, 390])
def test_a_name_on_the_screen_stands_on_its_land_or_has_a_line_to_it(
    real_study: Any, browser: Any, tmp_path: Any, width: int
) -> None:
    for name, place, options in (
        ("locality_overlay", "combined_authority:Greater Manchester", {}),
        ("locality_overlay", "region:South West", {}),
        ("hub_coverage", "", {"layer": "teaching_school_hub"}),
        ("disagreement", "", {}),
    ):
        where = real_study.place(place) if place else None
        draw(*scene_of(real_study, name, place=where, options=options)).save(tmp_path / "m.html")
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.goto((tmp_path / "m.html").as_uri())
        page.wait_for_selector(".geolls-app[data-ready]")
        many, wrong = page.evaluate(ASTRAY)
        assert many > 8, (name, place)
        assert wrong == [], (name, place, width)
        other = "document.querySelector('text.gl-label[data-layer]').dataset.u = -9"
        page.evaluate(other)
        assert len(page.evaluate(ASTRAY)[1]) == 1
        page.close()
