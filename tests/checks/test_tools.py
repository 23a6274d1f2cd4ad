"""What the tools of a map say, counted again: each filter, layers side by side, circles."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise, product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from drivers import until

from geolls.base.vocabulary import REASONS, SIZES
from geolls.maps.page import draw
from geolls.maps.scenes import scene_of
from geolls.study.towns import one_town
from geolls.study.units import trusts_of_several

pytestmark = [pytest.mark.real_data, pytest.mark.browser]

PLACE = ("combined_authority", "West Midlands")  # two hubs list Birmingham
TOWNS = ("Sutton Coldfield", "Solihull", "Walsall", "Coventry", "Wolverhampton", "Dudley")
EVERY_FILTER = """() => {
  for (const box of document.querySelectorAll(".gl-filter, .gl-facet")) box.open = true;
  const beside = (box) => box.closest(".gl-row").querySelector(".gl-n").textContent.trim();
  return [...document.querySelectorAll("input[data-trait]")].map((box) => {
    const {dataset: {trait}, value} = box;
    const n = beside(box);
    box.click();
    const rows = [...document.querySelectorAll("input[data-layer]")];
    const layers = rows.map((row) => [row.dataset.layer, beside(row)]);
    const said = document.querySelector(".gl-filtered").textContent.trim();
    box.click();
    return {trait, value, n, said, layers};
  });
}"""
TAKE_BOTH = """(keys) => keys.forEach((key, i) => {
  const box = document.querySelectorAll(".gl-slider select")[i];
  box.value = key;
  box.dispatchEvent(new Event("change"));
})"""


@pytest.fixture(scope="module")
def page(browser: Any, recent_study: Any, tmp_path_factory: Any) -> Any:
    place = recent_study.place(":".join(PLACE))
    file = tmp_path_factory.mktemp("tools") / "map.html"
    draw(*scene_of(recent_study, "locality_overlay", place=place)).save(str(file))
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.goto(file.as_uri())
    for ready in ("[data-tools]", "[data-traits]"):
        opened.wait_for_selector(f".geolls-app{ready}")
    yield opened
    context.close()


@pytest.fixture(scope="module")
def here(recent_study: Any) -> pd.DataFrame:
    """The schools of the place, each with the units that claim it in every layer."""
    table = recent_study.schools.set_index("urn")
    for key in recent_study.area_layers:
        claims = recent_study.assigned(key)
        claims = claims[~claims["unit_code"].isin(REASONS)]
        of = claims.groupby("urn")["unit_code"].agg(frozenset)
        table[key] = of.reindex(table.index).map(lambda one: one if one == one else frozenset())
    code = recent_study.place(":".join(PLACE)).unit_code
    return table[table[PLACE[0]] == frozenset([code])]


def ends(claims: Iterable[frozenset[str]]) -> str:
    """Count units at least and at most; no two lists of this place have a unit in common."""
    lists = Counter(one for one in claims if one)
    sure = {code for one in lists for code in one if len(one) == 1}
    open_ = {one: n for one, n in lists.items() if len(one) > 1 and not one & sure}
    low = len(sure) + len(open_)
    high = len(sure) + sum(min(n, len(one)) for one, n in open_.items())
    return str(low) if low == high else f"{low} to {high}"


def slug(word: object) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", str(word).lower().replace("_", " ")))


def test_each_filter_says_how_many_schools_fit_and_how_many_units_have_one(
    page: Any, here: pd.DataFrame, recent_study: Any
) -> None:
    found = page.evaluate(EVERY_FILTER)
    land = recent_study.land(PLACE[0])
    blocks = set(land.loc[land["unit_name"] == PLACE[1], "block"])
    drawn = {}
    for key, _ in found[0]["layers"]:
        table = recent_study.land(key)
        drawn[key] = set(table.loc[table["block"].isin(blocks), "unit_code"])
    for one in found:
        trait, value = one["trait"], one["value"]
        if trait == "size":
            above = [n for n in SIZES if n > int(value)]
            fits = here["pupils"].between(int(value), above[0] - 1 if above else np.inf)
        else:
            fits = here[trait].map(slug) == value
            if value == "none":
                fits = here[trait].isin(["None", "Does not apply"])
        n = int(fits.sum())
        assert one["n"] == f"{n:,}", one
        assert one["said"].startswith(f"{n:,} of {len(here):,} schools on this map: "), one
        for key, words in one["layers"]:
            met = [units for units in here.loc[fits, key] if units & drawn[key]]
            assert words.split(" of ")[0] == ends(met), (one, key)
    assert len(found) > 20
    assert any(" to " in words for one in found for _, words in one["layers"])


def test_two_layers_side_by_side_say_how_many_schools_have_another_pair(
    page: Any, here: pd.DataFrame
) -> None:
    page.locator("input[value=swipe]").check()
    options = "(box) => [...box.options].map((one) => one.value)"
    keys = page.locator(".gl-slider select").first.evaluate(options)
    unknown = 0
    for pair in pairwise([*keys, keys[0]]):
        page.evaluate(TAKE_BOTH, pair)
        said = page.locator(".gl-pairs > p").first.text_content()
        held = Counter(zip(*(here[key] for key in ("local_authority", *pair)), strict=True))
        most: dict[Any, int] = {}
        for (home, *_), n in held.items():
            most[home] = max(n, most.get(home, 0))
        sure = {one: n for one, n in held.items() if max(map(len, one[1:])) <= 1}
        apart = sum(n for one, n in sure.items() if n < most[one[0]])
        open_ = len(here) - sum(sure.values())
        assert said.startswith(f"{apart:,} of {len(here):,} schools on this map ha"), (pair, said)
        assert (f" Of {open_:,} it is not known" in said) == bool(open_), (pair, said)
        unknown += bool(open_)
    assert len(keys) > 5
    assert unknown


def test_a_circle_says_how_many_schools_lie_in_it_of_how_many_trusts_and_units(
    page: Any, here: pd.DataFrame, recent_study: Any
) -> None:
    page.get_by_role("button", name="Schools in a circle or area").click()
    several, exact, told = set(trusts_of_several(recent_study).index), 0, 0
    for town, far in product(TOWNS, (2, 6)):
        east, north = one_town(town, recent_study.as_of, recent_study.areas)[0].xy
        page.get_by_label("Kilometres").fill(str(far))
        page.get_by_label("round").fill(town)
        page.keyboard.press("Enter")
        big = "document.querySelector('.gl-lasso .gl-big')?.textContent"
        until(page, f"{big}.endsWith({json.dumps(f'within {far} km of {town}')})")
        text = page.locator(".gl-lasso").inner_text()
        n = int(page.locator(".gl-lasso .gl-big b").inner_text())
        near = re.search(r"([\d,]+) schools? within \d+ m of the line may fall otherwise", text)
        away = np.hypot(here["easting"] - east, here["northing"] - north)
        inside = here[away <= far * 1000]
        assert abs(n - len(inside)) <= (int(near[1]) if near else 0), (town, far)
        if near:
            continue
        exact += 1
        trusts = len(several.intersection(inside["trust_uid"]))
        assert f"\nTrusts of two or more at work: {trusts}\n" in text
        for key, layer in recent_study.area_layers.items():
            many = ends(inside[key])
            heads = rf"^(\d[\d to]*) ({layer.unit_title}|{layer.unit_title_plural})$"
            for head in re.finditer(heads, text, re.MULTILINE | re.IGNORECASE):
                assert head[1] == many, (town, far, key)
                told += 1
    assert exact >= 3
    assert told >= 5 * exact
