"""The maps of an atlas: facts in, drawn map fragments out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geolls.base.errors import GeollsError
from geolls.base.text import count, in_words, percent
from geolls.base.vocabulary import FEW, RANKED, REASONS
from geolls.land.blocks import adjacency
from geolls.maps.drawing import Callout, Map, MapData, Parts, cut, draw, fragment
from geolls.maps.drawing import Place as MapPlace
from geolls.maps.recipes import Recipe, load_recipe, recipe_names
from geolls.maps.scenes import MEASURES, scene, schools_of
from geolls.measures.overlap import is_reason
from geolls.study.units import Facts

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

__all__ = ["LARGE", "Plates"]

LARGE = 800  # schools of a place whose page leaves out what is longest and least asked for
# Maps that belong to a place, a trust or a page of their own.
_OWN = {"locality_overlay", "trust_footprint", "hub_coverage", "national_index"}


class Plates:
    """Draws the maps of an atlas.

    Parameters
    ----------
    facts : Facts
        Every table.
    path_of : callable
        Layer and code to the address of a page below the atlas's folder, "" where there is none.
    """

    def __init__(self, facts: Facts, path_of: Callable[[str, str], str]) -> None:
        self.facts = facts
        self.study = facts.study
        self.path_of = path_of
        self._beside: dict[str, dict[str, list[str]]] = {}

    # -- what there is -----------------------------------------------------------------------

    @cached_property
    def recipes(self) -> dict[str, Recipe]:
        """The recipes on the shelf."""
        return {name: load_recipe(name) for name in recipe_names()}

    @cached_property
    def national(self) -> list[str]:
        """Recipes that are national maps with a page of their own, and that this study can draw."""
        return [
            name
            for name, recipe in self.recipes.items()
            if name not in _OWN and recipe.scope == "england" and self._possible(name)
        ]

    def _possible(self, name: str) -> bool:
        try:
            recipe, _ = self._base(name, "../")
        except GeollsError:
            return False
        return recipe.areas in self.facts.strips and bool(recipe.shade)

    def about(self, name: str) -> tuple[str, str]:
        """Return a recipe's title and question, filled in."""
        drawn = self._country(name).drawn
        if drawn is None:
            return name, ""
        fill = drawn.recipe.fill
        return fill(drawn.recipe.title, drawn.words), fill(drawn.recipe.question, drawn.words)

    # -- what is drawn -----------------------------------------------------------------------

    @property
    def blocks(self) -> GeoDataFrame:
        """The land to draw."""
        return self.study.display_blocks

    @cache  # noqa: B019  (a book lives as long as its process)
    def _claims(self, key: str) -> pd.DataFrame:
        return self.study.block_membership(key).rename(columns={"item": "block"})

    @cache  # noqa: B019
    def _base(self, name: str, root: str, layer: str = "") -> tuple[Recipe, MapData]:
        """Return a recipe and what it shows of the whole country, links relative to a page.

        Layers and measures are the same for every page of a kind; only schools, place and trust
        differ. The page itself carries dates and the words for demonstration schools.
        """
        recipe = self.recipes[name]
        if layer:
            recipe = recipe.given(layer=layer)
        recipe = _supported(recipe.given())

        def url(kind: str, code: str) -> str | None:
            path = self.path_of(kind, code)
            return f"{root}{path}" if path else None

        bare = (
            replace(recipe, schools=(), schools_on=False) if recipe.scope != "england" else recipe
        )
        data = scene(self.facts, bare, url=url)
        words = {**(data.words or {}), "place": "England"}
        return recipe, replace(data, dates="", demonstration=False, words=words)

    @cache  # noqa: B019
    def _all_trusts(self, root: str) -> pd.DataFrame:
        """Return every trust a map may name, its link relative to a page."""
        table = self.facts.trusts
        said = zip(
            table["schools"],
            table["home_share_local_authority"],
            table["home_name_local_authority"],
            strict=True,
        )
        return pd.DataFrame(
            {
                "trust_name": table["trust_name"],
                "schools": table["schools"].astype(int),
                "home": table["home_name_local_authority"],
                "home_easting": table["home_easting"],
                "home_northing": table["home_northing"],
                "url": [root + self.path_of("trust", str(u)) for u in table.index],
                "text": [f"{n} schools, {percent(s)} at home in {h}" for n, s, h in said],
            },
            index=table.index,
        )

    def _trusts(self, root: str, schools: pd.DataFrame) -> pd.DataFrame:
        table = self._all_trusts(root)
        at = {self._row_of_trust.get(uid, -1) for uid in set(schools["trust_uid"].tolist())}
        return table.take(sorted(at - {-1}))

    @cached_property
    def _row_of_trust(self) -> dict[str, int]:
        return {str(uid): row for row, uid in enumerate(self.facts.trusts.index)}

    @cache  # noqa: B019
    def _blocks_of(self, layer: str) -> dict[str, tuple[str, ...]]:
        """Return the blocks of each unit of a layer."""
        claims = self._claims(layer)
        of: dict[str, list[str]] = {}
        for unit, block in zip(claims["unit_code"].tolist(), claims["block"].tolist(), strict=True):
            of.setdefault(unit, []).append(block)
        return {unit: tuple(blocks) for unit, blocks in of.items()}

    # -- the maps ----------------------------------------------------------------------------

    def place(self, layer: str, code: str, page: Any) -> Parts | None:
        """Draw a place with every layer and its schools."""
        if "locality_overlay" not in self.recipes:
            return None
        recipe, data = self._base("locality_overlay", page.root)
        name = str(self.facts.unit_rows[layer][code]["name"])
        schools = schools_of(self.facts, place=(layer, code))
        if int(schools["here"].sum()) > LARGE:
            # On a page that is long already the schools elsewhere go by their URN.
            here = schools["here"]
            schools["name"] = schools["name"].where(here, "")
            schools["pupils"] = schools["pupils"].where(here)
        data = replace(
            data,
            schools=schools,
            trusts=self._trusts(page.root, schools),
            place=MapPlace(layer, code, name, self._blocks_of(layer).get(code, ())),
            words={**(data.words or {}), "place": name},
        )
        return cut(recipe, data)

    def trust(self, uid: str, page: Any) -> Parts | None:
        """Draw a trust: its schools, hull and links home."""
        if "trust_footprint" not in self.recipes:
            return None
        recipe, data = self._base("trust_footprint", page.root)
        schools = schools_of(self.facts, trust=uid)
        if not schools["easting"].notna().any():
            return None
        name = str(self.facts.trust_rows[uid]["trust_name"])
        data = replace(
            data,
            schools=schools,
            trusts=self._trusts(page.root, schools),
            trust=uid,
            words={**(data.words or {}), "trust": name},
        )
        return cut(recipe, data, shared=True)

    def index(self, page: Any) -> tuple[Parts | None, str]:
        """Draw the national map, with a finding as its title."""
        table = self.facts.units[self.facts.places[0]]
        table = table[table["schools"] >= FEW]
        many = int((table["share_trust_based_elsewhere"] >= 0.3).sum())
        title = (
            f"In {in_words(many)} authorities, three schools in ten or more are in trusts based "
            "elsewhere"
            if many > 1
            else "Where schools are in trusts based elsewhere"
        )
        if "national_index" not in self.recipes:
            return None, title
        recipe, data = self._base("national_index", page.root)
        return cut(recipe, replace(data, callouts=self._callouts()), shared=True), title

    def _callouts(self) -> tuple[Callout, ...]:
        """Point at four that stand out, by the same rules each time."""
        key = self.facts.places[0]
        rows = {c: r for c, r in self.facts.unit_rows[key].items() if r["schools"] >= RANKED}
        if len(rows) < 10:
            return ()

        def largest(column: str, nth: int = 0) -> str:
            return sorted(rows, key=lambda c: (-rows[c][column], c))[nth]

        away = "share_trust_based_elsewhere"
        top, second = largest(away), largest(away, 1)
        outside, home = largest("no_trust"), largest("share_trust_home_here")
        said = {
            home: f"{percent(rows[home]['share_trust_home_here'])} in trusts at home here",
            outside: f"{percent(rows[outside]['share_no_trust'])} in no trust",
            second: f"{percent(rows[second][away])} of {count(rows[second]['schools'])} schools",
            top: f"{percent(rows[top][away])}, the highest of {len(rows)}",
        }
        claims = self._claims(key)
        x = self.blocks.geometry.centroid.x
        east = {
            code: float(x.reindex(claims.loc[claims["unit_code"] == code, "block"]).mean())
            for code in said
        }
        return tuple(
            Callout(
                key, code, str(rows[code]["name"]), text,
                "right" if east[code] > 430_000 else "left",
            )
            for code, text in said.items()
        )  # fmt: skip

    def coverage(self, key: str, page: Any) -> Parts | None:
        """Draw which land has a hub, several, or none that we found."""
        if "hub_coverage" not in self.recipes:
            return None
        recipe, data = self._base("hub_coverage", page.root, key)
        words = {**(data.words or {}), "layer": self.facts.layer(key).unit_title}
        return cut(recipe, replace(data, words=words), shared=True)

    def country(self, name: str) -> Parts:
        """Draw a national recipe."""
        return fragment(self._country(name))

    @cache  # noqa: B019
    def _country(self, name: str) -> Map:
        return draw(*self._base(name, "../"), shared=True)

    def warm(self) -> None:
        """Compute what every map needs, once, before the work is shared out."""
        from geolls.maps.pack import topology

        topology(self.blocks)
        _ = (self.recipes, self.facts.marks, self.facts.kinds)
        _ = (self._all_trusts("../"), self._all_trusts("../../"))
        for name, root in (("locality_overlay", "../../"), ("trust_footprint", "../")):
            if name in self.recipes:
                self._base(name, root)
        for key in self.facts.places:
            self.beside(key)

    # -- facts about land --------------------------------------------------------------------

    def beside(self, layer: str) -> dict[str, list[str]]:
        """Return, for each unit of a layer, the units whose land touches its own."""
        if layer not in self._beside:
            claims = self._claims(layer)
            of: dict[str, list[str]] = {}
            for block, code in zip(claims["block"], claims["unit_code"], strict=True):
                if code not in REASONS:
                    of.setdefault(str(block), []).append(str(code))
            names = [str(b) for b in self.study.blocks.index]
            found: dict[str, set[str]] = {}
            for a, b in self._touching:
                for one in of.get(names[a], ()):
                    for two in of.get(names[b], ()):
                        if one != two:
                            found.setdefault(one, set()).add(two)
                            found.setdefault(two, set()).add(one)
            self._beside[layer] = {k: sorted(v) for k, v in found.items()}
        return self._beside[layer]

    @cached_property
    def _touching(self) -> list[tuple[int, int]]:
        return [(int(a), int(b)) for a, b in adjacency(self.study.blocks)]

    def numbers(self, key: str) -> Mapping[str, int]:
        """Return the number of each unit of a layer, as the map of its coverage shows them."""
        _, data = self._base("hub_coverage", "../", key)
        units = next(spec.units for spec in data.layers if spec.key == key)
        column = units["number"] if "number" in units else range(1, len(units) + 1)
        return {str(code): int(n) for code, n in zip(units.index, column, strict=True)}

    def shared_share(self, key: str, code: str) -> float:
        """Return the share of a unit's schools that it shares with others of its layer."""
        home = self.facts.places[0]
        shared = sum(v.get(code, 0.0) for v in self.facts.shared.get((home, key), {}).values())
        row = self.facts.unit_rows.get(key, {}).get(code, {})
        whole = float(row.get("schools", 0.0))
        return shared / whole if whole else 0.0

    @cache  # noqa: B019
    def coverage_rows(self, key: str) -> list[dict[str, Any]]:
        """Count authorities and schools by how the layer covers them: shares that add up."""
        study = self.study
        table = study.assigned(key)
        claims = self._claims(key)
        weak: set[tuple[str, str]] = set()
        if "confidence" in claims:
            low = claims[claims["confidence"] == "low"]
            weak = set(zip(low["block"].map(str), low["unit_code"].map(str), strict=True))
        block = study.placement.schools.set_index("urn")["block"]
        table = table.assign(block=block.reindex(table["urn"]).map(str).to_numpy())
        pairs = zip(table["block"], table["unit_code"], strict=True)
        doubtful = np.array([p in weak for p in pairs], dtype=bool)
        kind = np.select(
            [
                (table["unit_code"] == "not_located").to_numpy(),
                is_reason(table["unit_code"]),
                (table["share"] < 1).to_numpy(),
                doubtful,
            ],
            ["not_located", "none", "shared", "low"],
            default="one",
        )
        home = study.assigned(self.facts.places[0]).set_index("urn")["unit_code"]
        frame = pd.DataFrame(
            {
                "kind": kind,
                "n": table["share"].to_numpy(dtype=float),
                "area": home.reindex(table["urn"]).to_numpy(),
            }
        )
        schools = {str(k): float(v) for k, v in frame.groupby("kind")["n"].sum().items()}
        # An authority counts once, where most of its schools are.
        most = frame.groupby(["area", "kind"])["n"].sum().sort_values(kind="stable")
        largest = most.reset_index().drop_duplicates("area", keep="last")
        areas = {str(k): int(v) for k, v in largest["kind"].value_counts().items()}
        title = self.facts.layer(key).unit_title
        words = {
            "one": ("One hub", "One hub names the area"),
            "low": ("One hub, low confidence", "Inferred; no list names it"),
            "shared": ("Shared by several hubs", "Each serves part; the line is not published"),
            "none": ("No hub found", "In none of the lists we hold"),
            "not_located": ("Not placed", "Schools with neither code nor point"),
        }
        return [
            {
                "key": k,
                "title": head.replace("hub", title) if k == "one" else head,
                "text": text,
                "n": schools.get(k, 0.0),
                "areas": areas.get(k, 0),
            }
            for k, (head, text) in words.items()
            if k in schools or k in ("one", "none")
        ]


def _supported(recipe: Recipe) -> Recipe:
    """Leave out the measures that no study can give."""
    known = {m.partition(":")[0] for m in (*MEASURES, "coverage")}
    measures = tuple(m for m in recipe.measures if m.partition(":")[0] in known)
    table = tuple(m for m in recipe.table if m.partition(":")[0] in known)
    shade = recipe.shade if recipe.shade in measures else ""
    return replace(recipe, measures=measures, table=table, shade=shade)
