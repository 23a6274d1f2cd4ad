"""The maps on an atlas's pages: which recipe each page draws, about what, with what title."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, cached_property, partial
from typing import Any

from geolls.base.errors import GeollsError
from geolls.maps.bodies import bodies_of
from geolls.maps.data import MapData
from geolls.maps.page import Parts, cut
from geolls.maps.recipes import Recipe, load_recipe, recipe_names
from geolls.maps.scenes import about, country
from geolls.maps.shading import measure_of, supported
from geolls.maps.still import Land
from geolls.study.facts import Facts
from geolls.study.gazetteer import Place as MapPlace

__all__ = ["LARGE", "Plates"]

LARGE = 800  # schools of a place whose page leaves out what is longest and least asked for
# Maps that belong to a place, a trust or a page of their own.
_OWN = {"locality_overlay", "trust_footprint", "hub_coverage", "national_index"}


class Plates:
    """Draws the maps of an atlas: the scenes of `geolls map`, with links between the pages.

    Parameters
    ----------
    facts : Facts
        Every table.
    path_of : callable
        Layer and code to the address of a page below the atlas's folder, "" where there is none.
    shared : bool
        Whether pages share the land that they draw on.
    framed : Place, optional
        What the maps of England are drawn of in its place.
    """

    def __init__(
        self,
        facts: Facts,
        path_of: Callable[[str, str], str],
        shared: bool = True,
        framed: MapPlace | None = None,
    ) -> None:
        self.shared, self.framed = shared, framed
        self.facts = facts
        self.study = facts.study
        self.path_of = path_of

    @cached_property
    def recipes(self) -> dict[str, Recipe]:
        """The recipes on the shelf, without measures that no study can give."""
        return {name: supported(self._given(name)) for name in recipe_names()}

    def _given(self, name: str, **options: str) -> Recipe:
        """Return a recipe, its maps of authorities drawn of what the atlas has pages of."""
        recipe, first = load_recipe(name), self.facts.first
        if recipe.scope == "england" and first != "local_authority":
            if recipe.options.get("left") == "local_authority":
                options = {"left": first, **options}
            if recipe.areas == "local_authority":
                recipe = replace(recipe, areas=first)
        recipe = recipe.given(**options)
        known = self.facts.units
        return recipe if recipe.areas in known else replace(recipe, areas=first)

    @cached_property
    def national(self) -> list[str]:
        """Recipes that are national maps with a page of their own, and that this study can draw."""
        return [
            name
            for name, recipe in self.recipes.items()
            if name not in _OWN and recipe.scope == "england" and self._possible(recipe)
        ]

    def _possible(self, recipe: Recipe) -> bool:
        return recipe.areas in self.facts.strips and self._able(recipe, recipe.shade)

    @cache  # noqa: B019  (a book lives as long as its process)
    def _whole(self, name: str, root: str, layer: str = "") -> tuple[Recipe, MapData]:
        """Return a recipe and what its maps show of the whole country, links relative to a page."""
        recipe = supported(self._given(name, layer=layer)) if layer else self.recipes[name]
        able = tuple(
            m for m in recipe.measures if m.startswith("coverage:") or self._able(recipe, m)
        )
        shade = recipe.shade if recipe.shade in able else next(iter(able), "") * bool(recipe.shade)
        recipe = replace(recipe, measures=able, shade=shade)
        return recipe, country(self.facts, recipe, url=self._urls(root))

    def _able(self, recipe: Recipe, measure: str) -> bool:
        """Tell whether the study has what a measure needs: another layer, authorities, sites."""
        try:
            measure_of(self.facts, recipe, measure)
        except GeollsError:
            return False
        return True

    def _urls(self, root: str) -> Callable[[str, str], str | None]:
        return lambda kind, code: f"{root}{path}" if (path := self.path_of(kind, code)) else None

    def _scene(
        self,
        name: str,
        root: str,
        layer: str = "",
        place: MapPlace | None = None,
        trust: str | None = None,
        words: Mapping[str, str] | None = None,
    ) -> tuple[Recipe, MapData]:
        """Return the scene of a page's map; the page itself says dates and demonstration."""
        recipe, whole = self._whole(name, root, layer)
        if recipe.scope == "england":
            place = self.framed
        data = about(self.facts, recipe, whole, place=place, trust=trust, url=self._urls(root))
        said = {"place": "England", **(data.words or {}), **(words or {})}
        trusts = data.trusts
        if trusts is not None and recipe.scope != "england":
            trusts = trusts[[uid in self.facts.trust_rows for uid in trusts.index]]
        if not self.shared and data.schools is not None:  # alone, a page finds no other file
            land = () if place is None else place.blocks
            urns = {*data.schools["urn"]}
            data = replace(data, bodies=partial(bodies_of, self.study, urns, land))
        return recipe, replace(data, dates="", demonstration=False, words=said, trusts=trusts)

    # -- the maps ----------------------------------------------------------------------------

    def place(self, layer: str, code: str, page: Any) -> Parts:
        """Draw a place with every layer and its schools."""
        where = self._places(layer)[code]
        recipe, data = self._scene("locality_overlay", page.root, place=where)
        schools = data.schools
        assert schools is not None
        here = schools["here"]
        if int(here.sum()) > LARGE:
            # On a page that is long already the schools elsewhere go by their URN.
            name, pupils = schools["name"].where(here, ""), schools["pupils"].where(here)
            data = replace(data, schools=schools.assign(name=name, pupils=pupils))
        return self._cut(recipe, data, picture=not self.whole(layer))

    def whole(self, layer: str) -> bool:
        """Tell whether the page of a place has all that it needs inside it, to be sent alone."""
        return not self.shared or layer == self.facts.first

    @cache  # noqa: B019
    def _places(self, layer: str) -> dict[str, MapPlace]:
        return {place.unit_code: place for place in self.study.places(layer)}

    @cached_property
    def _coarse(self) -> Land:
        """The land of small pictures."""
        return Land(self.study.display_blocks)

    def _cut(self, recipe: Recipe, data: MapData, *, picture: bool = True) -> Parts:
        # A page has a small picture of its map where it shares with others what draws it.
        land = self._coarse if picture and self.shared else None
        return cut(recipe, data, shared=self.shared, alone=not self.shared, land=land)

    def trust(self, uid: str, page: Any) -> Parts | None:
        """Draw a trust: its schools, hull and links home."""
        name = str(self.facts.trust_rows[uid]["trust_name"])
        recipe, data = self._scene("trust_footprint", page.root, trust=uid, words={"trust": name})
        assert data.schools is not None
        return self._cut(recipe, data) if data.schools["easting"].notna().any() else None

    def index(self, page: Any) -> Parts:
        """Draw the national map."""
        return self._cut(*self._scene("national_index", page.root))

    @cache  # noqa: B019
    def country(self, name: str, layer: str = "") -> Parts:
        """Draw a national recipe, one of coverage for a layer."""
        return self._cut(*self._scene(name, "../", layer))
