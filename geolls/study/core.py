"""Everything a study knows: one object that decides every number, and each table once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

import pandas as pd

from geolls.base.errors import UnknownNameError, UsageError
from geolls.base.text import fold, suggest
from geolls.base.vocabulary import LAND_WEIGHTS, PHASES, WEIGHTS, By
from geolls.layers.areas import Areas, load_areas
from geolls.layers.catalogue import Catalogue, load_catalogue
from geolls.layers.expand import BlockClaim, expand
from geolls.layers.model import Layer
from geolls.measures.membership import Membership
from geolls.measures.overlap import overlap
from geolls.study import assignment as assigning
from geolls.study.settings import Settings, a_date, held

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from geolls.land.finer import Blocks
    from geolls.measures.explain import Explanation
    from geolls.measures.spread import SpreadOptions
    from geolls.register.register import Register

__all__ = ["ATTRIBUTION", "Core", "Place"]

T = TypeVar("T")


# The day of the demonstration register, and of research on local learning systems.
DEMONSTRATION_DATE = date(2022, 9, 1)
ATTRIBUTION = (
    "Contains public sector information (Department for Education, Get Information about "
    "Schools) licensed under the Open Government Licence v3.0. Source: Office for National "
    "Statistics licensed under the Open Government Licence v3.0. Contains OS data © Crown "
    "copyright and database right {year}. Contains Royal Mail data © Royal Mail copyright and "
    "database right {year}."
)
# Where a bare name fits units of several layers that are the same land, the first of these wins.
_PLACE_ORDER = ("local_authority", "district", "combined_authority", "region")
_COUNCILS = ("local_authority", "district")


@dataclass(frozen=True)
class Place:
    """What a page is about: one unit of one area layer.

    Attributes
    ----------
    layer, unit_code, name : str
        The unit.
    blocks : tuple of str
        The blocks it claims, in whole or in part.
    note : str
        Other units the same name fits, in words; empty when there are none.
    """

    layer: str
    unit_code: str
    name: str
    blocks: tuple[str, ...]
    note: str = ""


class Core:
    """Register, layers, date, filters and thresholds: everything that decides a number.

    Rooms of the study take a `Core`; a user opens a `geolls.api.Study`, which can also draw.

    Parameters
    ----------
    settings : Settings
        From a study file, or made by `geolls.open_study`.
    data : pathlib.Path, optional
        The data folder, for caches.
    register : Register, optional
        Schools already read, in place of the files that the settings name.
    """

    def __init__(
        self, settings: Settings, *, data: Path | None = None, register: Register | None = None
    ) -> None:
        self.settings = settings
        self.data = data
        self._register = register
        self._memo: dict[Hashable, Any] = {}
        if settings.strict_dates:
            notes = [n for layer in self.area_layers.values() if (n := self.date_note(layer.key))]
            if notes:
                raise UnknownNameError(
                    notes[0], where="--strict-dates", fix="drop the layer or the option"
                )

    def memo(self, key: Hashable, build: Callable[[], T]) -> T:
        """Return what `build` makes, made once for this study: a room's table under its own key."""
        if key not in self._memo:
            self._memo[key] = build()
        return cast("T", self._memo[key])

    def __repr__(self) -> str:
        """Name the study, its day and its schools."""
        name, title, n = type(self).__name__, self.settings.title, len(self.schools)
        return f"<{name} {title!r} as of {self.as_of} with {n} schools>"

    # -- what there is ---------------------------------------------------------------------

    @cached_property
    def areas(self) -> Areas:
        """The succession table of official areas."""
        return load_areas()

    @cached_property
    def catalogue(self) -> Catalogue:
        """Every layer on the shelf and in the user's folders."""
        return load_catalogue(self.settings.boundaries, self.areas)

    @cached_property
    def register(self) -> Register:
        """The schools that count, with what was rejected and filtered."""
        from geolls.register.register import read_register

        s = self.settings
        if self._register is not None:
            return self._register
        if s.register is None:
            from geolls.register.demonstration import demonstration_register

            return demonstration_register(as_of=s.as_of or DEMONSTRATION_DATE, phases=s.phases)
        return read_register(
            s.register, s.links, as_of=s.as_of, phases=s.phases or None, cache_dir=self.data
        )

    @property
    def schools(self) -> pd.DataFrame:
        """One row per school that counts; columns as `SCHOOL_COLUMNS` of the register."""
        return self.register.schools

    @cached_property
    def as_of(self) -> date:
        """The day all layers are resolved to."""
        if self.settings.as_of:
            return held(self.settings.as_of)
        if self.settings.register is None:
            return DEMONSTRATION_DATE
        return a_date(self.register.source["as_of"])

    @cached_property
    def layers(self) -> dict[str, Layer]:
        """The layers alive on the study's day, in the order of the shelf."""
        wanted = [self.catalogue.get(k).key for k in self.settings.layers]
        keys = wanted or list(self.catalogue.layers)
        alive = {k: self.catalogue.layers[k] for k in keys}
        return {k: layer for k, layer in alive.items() if layer.active(self.as_of)}

    @cached_property
    def area_layers(self) -> dict[str, Layer]:
        """The layers alive that day whose units are land."""
        return {k: v for k, v in self.layers.items() if v.kind in {"areas", "polygons"}}

    def layer(self, name: str) -> Layer:
        """Return the layer of that name, forgiving its spelling; refuse one not alive that day."""
        layer = self.catalogue.get(name)
        if not layer.active(self.as_of):
            raise UnknownNameError(
                f"{layer.key} has no units on {self.as_of}",
                fix=f"it runs from {layer.valid_from} to {layer.valid_to or 'today'}",
            )
        return layer

    def date_note(self, name: str) -> str | None:
        """Say in words that a layer's evidence is of another date than the study, or None."""
        from geolls.layers.evidence import date_note

        return date_note(self.catalogue.get(name), self.as_of)

    # -- land ------------------------------------------------------------------------------

    @cached_property
    def finer(self) -> Blocks | None:
        """The blocks that the study names in place of those that geolls brings."""
        if self.settings.blocks is None:
            return None
        from geolls.land.finer import read_blocks

        return read_blocks(self.settings.blocks)

    @cached_property
    def blocks(self) -> GeoDataFrame:
        """The analysis blocks, cut once by every polygons layer in use; EPSG:27700."""
        return self._refinement[0]

    @cached_property
    def _refinement(self) -> tuple[GeoDataFrame, dict[str, list[BlockClaim]], pd.DataFrame]:
        """Blocks cut by each polygons layer in turn, each layer's claims, the slivers dropped."""
        from geolls.land.blocks import load_blocks
        from geolls.land.polygons import onto_parts, read_polygons, refine

        blocks, dropped = self.finer.analysis() if self.finer else load_blocks(), []
        claims: dict[str, list[BlockClaim]] = {}
        for layer in self.area_layers.values():
            if layer.kind != "polygons":
                continue
            rule: dict[str, Any] = {
                "sliver_m2": layer.sliver_m2,
                "sliver_share": layer.sliver_share,
            }
            cut = refine(
                blocks, read_polygons(layer), **{k: v for k, v in rule.items() if v is not None}
            )
            claims = {k: onto_parts(v, cut.parts) for k, v in claims.items()}
            claims[layer.key] = cut.claims
            blocks = cut.blocks
            dropped.append(cut.dropped.assign(layer=layer.key))
        report = pd.concat(dropped, ignore_index=True) if dropped else pd.DataFrame()
        return blocks, claims, report

    @property
    def slivers(self) -> pd.DataFrame:
        """Slivers of polygons layers that were dropped under the stated rule."""
        return self._refinement[2]

    @cached_property
    def _parts(self) -> dict[str, list[str]] | None:
        """Block to its parts, where a polygons layer cut it."""
        if not self._has_polygons:
            return None
        parents = self.blocks["parent"].map(lambda b: b.partition("/")[0])
        cut = parents[parents != parents.index]
        return {str(k): [str(b) for b in v.index] for k, v in cut.groupby(cut)}

    @property
    def _has_polygons(self) -> bool:
        return any(v.kind == "polygons" for v in self.area_layers.values())

    @cached_property
    def block_weights(self) -> pd.DataFrame:
        """`area_m2` and `neighbourhoods` of each block, indexed by block; no geometry is read."""
        from geolls.land.blocks import block_weights

        if self._has_polygons or self.finer:
            return pd.DataFrame(self.blocks[["area_m2", "neighbourhoods"]])
        return block_weights()

    @cached_property
    def block_names(self) -> dict[str, str]:
        """Block to the name of its district."""
        from geolls.layers.areas import load_areas

        day = date(2018, 6, 1)  # every block was a district then
        names = {a.code: a.name for a in load_areas().alive("district", day)}
        return {str(b): names[str(b).partition("/")[0]] for b in self.block_weights.index}

    def claims(self, name: str) -> list[BlockClaim]:
        """Return a layer's coverage records on the study's day, expanded to blocks."""
        layer = self.layer(name)
        if layer.kind == "polygons":
            return self._refinement[1][layer.key]
        return expand(layer, self.as_of, self.areas, self._parts)

    def land(self, name: str) -> pd.DataFrame:
        """Return one row per block and claimant of a layer (see `assignment.land_of`)."""
        layer = self.layer(name)
        if layer.kind not in {"areas", "polygons"}:
            raise UsageError(
                f"{layer.key} is made of {layer.kind}, not of land", fix="use --by schools"
            )
        blocks = [str(b) for b in self.block_weights.index]
        return self.memo(
            ("land", layer.key),
            lambda: assigning.land_of(self.claims(layer.key), blocks, complete=layer.complete),
        )

    # -- schools ---------------------------------------------------------------------------

    @cached_property
    def placement(self) -> assigning.Placement:
        """Where each school stands, and where its code and its point disagree."""
        return assigning.place_schools(self.schools, self.blocks, self.areas)

    def assigned(self, name: str | None = None) -> pd.DataFrame:
        """Return one row per school and unit of a layer, columns `ASSIGNMENT_COLUMNS`.

        Without a name, of every layer that schools can be assigned to.
        """
        if name is None:
            keys = [k for k, v in self.layers.items() if v.kind != "sites"]
            return self.memo(
                "assigned", lambda: pd.concat(map(self.assigned, keys), ignore_index=True)
            )
        layer = self.layer(name)
        return self.memo(("assigned", layer.key), lambda: self._assign(layer))

    def _assign(self, layer: Layer) -> pd.DataFrame:
        if layer.kind == "sites":
            raise UsageError(
                f"{layer.key} has sites and no land", fix="see geolls coverage for distances"
            )
        if layer.kind == "schools":
            units, otherwise = assigning.school_units(layer, self.schools, self.as_of)
            return assigning.assign_school_layer(
                layer.key, units, self.schools, otherwise=otherwise
            )
        land = self.land(layer.key)
        if layer.tier == "local_authority":
            return assigning.assign_authority(
                layer.key, land, self.placement, self.schools, self.areas, self.as_of
            )
        return assigning.assign_area_layer(layer.key, land, self.placement)

    def membership(self, name: str, by: By = "schools") -> Membership:
        """Return which unit of a layer has which school, or which block; measures take it.

        Parameters
        ----------
        name : str
            The layer.
        by : {"area", "schools", "pupils", "fsm_pupils", "neighbourhoods"}
            The weight; land weights have blocks as items, the others schools.
        """
        key, item = self.layer(name).key, "block" if by in LAND_WEIGHTS else "urn"

        def build() -> Membership:
            frame = self.land(key) if item == "block" else self.assigned(key)
            return Membership.of(frame, self.weights(by).index, item=item, what=key)

        return self.memo(("membership", key, item), build)

    def weights(self, by: By = "schools") -> pd.Series:
        """Return the weight of each item; schools whose pupils are not known weigh 0."""
        if by in LAND_WEIGHTS:
            return self.block_weights[LAND_WEIGHTS[by]].astype(float)
        if by not in WEIGHTS:
            raise UsageError(
                f"unknown weight {by!r}", where="--by", fix=f"use {', '.join(WEIGHTS)}"
            )
        schools = self.schools.set_index("urn")
        values = 1.0 if by == "schools" else schools[by].fillna(0.0)
        return pd.Series(values, index=schools.index, dtype=float, name=by)

    # -- places ----------------------------------------------------------------------------

    @cached_property
    def _names(self) -> dict[str, list[tuple[str, str, str]]]:
        """Folded name or code -> (layer, unit_code, unit_name)."""
        out: dict[str, list[tuple[str, str, str]]] = {}
        for key in self.area_layers:
            for code, name in self._units(key):
                for alias in {fold(name), fold(code), *map(fold, self._aliases(key, code))}:
                    out.setdefault(alias, []).append((key, code, name))
        return out

    def _aliases(self, key: str, code: str) -> Sequence[str]:
        unit = self.catalogue.layers[key].units.get(code)
        return [a.name for a in unit.aliases] if unit else ()

    def place(self, text: str) -> Place:
        """Find a place by name or code, as `Leeds`, `E08000035` or `region:North East`.

        Raises
        ------
        UnknownNameError
            When nothing has that name, or several units that are not the same land do.
        """
        wanted_layer, _, rest = text.partition(":")
        name = text
        key = None
        if rest:
            key = self.layer(wanted_layer.strip()).key
            name = rest
        hits = [h for h in self._names.get(fold(name), []) if key is None or h[0] == key]
        if not hits:
            names = {h[2] for hs in self._names.values() for h in hs if key in (None, h[0])}
            raise UnknownNameError(
                f"no place called {name.strip()!r} on {self.as_of}",
                where="--place",
                fix=suggest(name, sorted(names)),
            )
        order = {k: i for i, k in enumerate(_PLACE_ORDER)}
        hits.sort(key=lambda h: (order.get(h[0], len(order)), h))
        land = {h: self._unit_blocks(h[0], h[1]) for h in hits}
        distinct = {blocks: h for h, blocks in reversed(land.items())}
        council = hits[0][0] in _COUNCILS
        if len(distinct) > 1 and (
            not council or len({h[1] for h in hits if h[0] == hits[0][0]}) > 1
        ):
            raise UnknownNameError(
                f"{name.strip()!r} is the name of {len(distinct)} different places",
                where="--place",
                fix="say which: "
                + ", ".join(f'"{h[0]}:{h[2]}"' for h in sorted(distinct.values())),
            )
        layer, code, unit = hits[0]
        others = sorted(f"{h[0]}:{h[2]}" for h in distinct.values() if land[h] != land[hits[0]])
        note = f"{unit} is read as {layer}:{unit}; also {', '.join(others)}" if others else ""
        return Place(layer, code, unit, land[hits[0]], note)

    def _unit_blocks(self, key: str, code: str) -> tuple[str, ...]:
        table = self.land(key)
        return tuple(table.loc[table["unit_code"] == code, "block"])

    def _units(self, key: str) -> list[tuple[str, str]]:
        """Return the code and the name of each unit of an area layer."""
        layer = self.membership(key, "area")
        units = zip(layer.codes, layer.names, layer.outside, strict=True)
        return [(code, name) for code, name, reason in units if not reason]

    def places(self, key: str) -> list[Place]:
        """Return every unit of an area layer as a place, by name."""
        return [
            Place(key, code, name, self._unit_blocks(key, code))
            for code, name in sorted(self._units(key), key=lambda unit: (unit[1], unit[0]))
        ]

    def place_schools(self, place: Place) -> pd.Series:
        """Return the schools of a place: the share of each, indexed by URN."""
        table = self.assigned(place.layer)
        mine = table.loc[table["unit_code"] == place.unit_code]
        return mine.set_index("urn")["share"]

    def at(self, day: str | date) -> Self:
        """Return the same study on another day."""
        return type(self)(self.settings.replace(as_of=a_date(day)), data=self.data)

    @cached_property
    def display_blocks(self) -> GeoDataFrame:
        """The blocks as maps draw them: simplified, unless a polygons layer cut them."""
        from geolls.land.blocks import load_display

        if self._has_polygons:
            return self.blocks
        return self.finer.display() if self.finer else load_display()

    def geometry(self, name: str) -> GeoDataFrame:
        """Return one row per unit of an area layer: unit_code, unit_name, geometry (EPSG:27700)."""
        from geolls.land.blocks import dissolve

        known = self.membership(name, "area").frame("block", reasons=False)
        shapes = dissolve(self.blocks, known[["block", "unit_code"]])
        names = known.drop_duplicates("unit_code").set_index("unit_code")["unit_name"]
        shapes.insert(0, "unit_name", names.reindex(shapes.index))
        return shapes.reset_index()

    @cached_property
    def _every_school(self) -> pd.DataFrame:
        """Where schools of every phase are: lead schools may be special or nursery schools."""
        from geolls.register.register import read_register

        s, where = self.settings, ["urn", "easting", "northing"]
        if s.register is None:
            return self.schools[where]
        found = read_register(s.register, as_of=s.as_of, phases=PHASES, cache_dir=self.data)
        return found.schools[where].copy()

    def sites(self, name: str) -> pd.DataFrame:
        """Return the sites of a layer of kind `sites` on the study's day.

        Returns
        -------
        pandas.DataFrame
            One row per unit: unit_code, unit_name, urn (lead school, None where not identified),
            easting, northing (NaN where the register does not have the school).
        """
        from geolls.layers.evidence import units_on

        layer = self.layer(name)
        if layer.kind != "sites":
            raise UsageError(f"{layer.key} is made of {layer.kind}, not of sites")
        rows = [(u.code, u.name, u.lead_urn) for u in units_on(layer, self.as_of, self.areas)]
        table = pd.DataFrame(rows, columns=["unit_code", "unit_name", "urn"])
        points = self._every_school.set_index("urn")[["easting", "northing"]]
        return table.join(points, on="urn")

    def site_distances(self, name: str) -> pd.DataFrame:
        """Return each school's distance to the nearest site; see `geolls.measures.sites`.

        Raises
        ------
        UnknownNameError
            When the register has none of the lead schools.
        """
        from geolls.measures.sites import site_distances

        found = self.sites(name)
        if found["easting"].isna().all():
            raise UnknownNameError(
                f"no lead school of {name} is in the register",
                fix="give --register with the real schools",
            )
        return site_distances(self.schools, found)

    # -- measures --------------------------------------------------------------------------

    def overlap(
        self, left: str, right: str, by: By = "schools", *, place: Place | str | None = None
    ) -> pd.DataFrame:
        """Return one row per pair of units of two layers that meet; see `geolls.measures.overlap`.

        With a place only what lies there is counted, and shares are of that.
        """
        weights = self._weights_in(place, by)
        x, y = (self.membership(k, by).over(weights.index) for k in (left, right))
        return overlap(x, y, weights)

    def _weights_in(self, place: Place | str | None, by: By) -> pd.Series:
        """Return the weight of each item, or of each item of a place by the place's share of it."""
        weights = self.weights(by)
        if place is None:
            return weights
        found = self._as_place(place)
        table = self.membership(found.layer, by).frame()
        share = table[table["unit_code"] == found.unit_code].set_index("item")["share"]
        return (weights * share).reindex(weights.index).dropna().rename(by)

    def mismatch(
        self,
        left: str | None = None,
        right: str | None = None,
        by: By = "schools",
        *,
        inside_only: bool = False,
    ) -> pd.DataFrame:
        """Return one row per pair of layers and measure: left, right, by, measure, value, note.

        Without names, every pair of area layers both ways round; see `mismatch`. Counted in
        pupils eligible for free meals, no measure tells a number of them under 10.
        """
        from geolls.measures import disclosure
        from geolls.measures.mismatch import compare, pairwise

        weight, untold = self.weights(by), disclosure.untold(by)
        if left and right:
            keys = [self.layer(left).key, self.layer(right).key]
            found = compare(
                self.membership(left, by),
                self.membership(right, by),
                weight,
                inside_only=inside_only,
                untold=untold,
            )
            found.insert(0, "left", keys[0])
            found.insert(1, "right", keys[1])
        else:
            tables = {k: self.membership(k, by) for k in self.area_layers}
            found = pairwise(tables, weight, inside_only=inside_only, untold=untold)
        found.insert(2, "by", by)
        return found

    def coverage(
        self, name: str, by: By = "area", *, place: Place | str | None = None
    ) -> pd.DataFrame:
        """Return what each unit covers alone, what is shared, and what nobody covers and why.

        With a place only what lies there is counted, and shares are of that.
        """
        from geolls.measures.coverage import coverage

        names: dict[str, str] = self.block_names
        if by not in LAND_WEIGHTS:
            placed = self.placement.schools.set_index("urn")["block"].dropna()
            names = {str(urn): self.block_names[str(block)] for urn, block in placed.items()}
        weights = self._weights_in(place, by)
        return coverage(self.membership(name, by).over(weights.index), weights, names)

    @cached_property
    def spread_options(self) -> SpreadOptions:
        """Bands and thresholds of the spread measures, from the study file."""
        from geolls.measures.spread import SpreadOptions

        return SpreadOptions.read(self.settings.spread)

    @cached_property
    def _spread(self) -> pd.DataFrame:
        from geolls.measures.spread import spread

        layers = {k: self.membership(k) for k in self.area_layers}
        return spread(self.schools, layers, self.spread_options)

    def spread(self, place: Place | str | None = None) -> pd.DataFrame:
        """Return one row per trust: lines crossed and kilometres; see `spread.spread`.

        Parameters
        ----------
        place : Place or str, optional
            Only trusts with a school there; their numbers stay those of the whole trust.
        """
        if place is None:
            return self._spread
        here = self.place_schools(self._as_place(place)).index
        at_work = self.schools.loc[self.schools["urn"].isin(here), "trust_uid"].dropna()
        return self._spread[self._spread["trust_uid"].isin(at_work)].reset_index(drop=True)

    def _as_place(self, place: Place | str) -> Place:
        return self.place(place) if isinstance(place, str) else place

    def trust(self, text: str) -> pd.Series:
        """Find a trust by UID or name; return its row of the spread table.

        Raises
        ------
        UnknownNameError
            When no trust, or several, go by that name.
        """
        table = self._spread
        hit = table[table["trust_uid"] == text.strip()]
        if hit.empty:
            folded = table["trust_name"].map(fold)
            hit = table[folded == fold(text)]
        if len(hit) == 1:
            return hit.iloc[0]
        if hit.empty:
            raise UnknownNameError(
                f"no trust is called {text.strip()!r}",
                where="--trust",
                fix=suggest(text, sorted(set(table["trust_name"].dropna()))),
            )
        raise UnknownNameError(
            f"{len(hit)} trusts are called {text.strip()!r}",
            where="--trust",
            fix=f"give the UID: {', '.join(hit['trust_uid'])}",
        )

    def school_table(self, place: Place | str, trust: str | None = None) -> pd.DataFrame:
        """Return the schools of a place, with their unit in every layer.

        Parameters
        ----------
        place : Place or str
            The place.
        trust : str, optional
            Only schools of this trust (name or UID).

        Returns
        -------
        pandas.DataFrame
            One row per school: urn, name, phase, pupils, trust_uid, trust_name, trust_type,
            `trust_home` (the trust's home authority), and one column per layer with the unit's
            name; names of units that share a school are joined by " + ".
        """
        here = self.place_schools(self._as_place(place)).index
        rows = self.schools["urn"].isin(here)
        if trust is not None:
            rows &= self.schools["trust_uid"] == self.trust(trust)["trust_uid"]
        columns = ["urn", "name", "phase", "pupils", "trust_uid", "trust_name", "trust_type"]
        out = self.schools.loc[rows, columns].reset_index(drop=True)
        homes = self._spread.set_index("trust_uid").get("home_name_local_authority")
        if homes is not None:
            out["trust_home"] = out["trust_uid"].map(homes)
        for key, layer in self.layers.items():
            if layer.kind == "sites":
                continue
            table = self.assigned(key)
            mine = table[table["urn"].isin(out["urn"])]
            names = mine.groupby("urn", sort=False)["unit_name"].agg(" + ".join)
            out[key] = out["urn"].map(names)
        return out

    def _memberships(self) -> dict[str, Membership]:
        return {k: self.membership(k) for k in self.area_layers}

    def trust_home(self, layer: str) -> pd.Series:
        """Return the unit of a layer that most schools of each trust are in, by trust_uid."""
        return self._spread.set_index("trust_uid")[f"home_{layer}"]

    def kinds(self, layer: str) -> pd.Series:
        """Return who runs each school, seen from its unit of a layer, by URN; see `oversight`."""
        from geolls.measures.oversight import oversight

        key = self.layer(layer).key
        return self.memo(
            ("kinds", key),
            lambda: oversight(self.schools, self.trust_home(key), self.membership(key)),
        )

    @cached_property
    def _school_view(self) -> pd.DataFrame:
        from geolls.land.blocks import load_neighbourhoods
        from geolls.measures.placeview import school_view

        points = load_neighbourhoods()[["easting", "northing"]].to_numpy(float)
        return school_view(self.schools, self._memberships(), neighbourhoods=points)

    def school_view(self) -> pd.DataFrame:
        """Return what lies about each school; see `geolls.measures.placeview.school_view`."""
        return self._school_view

    def place_view(self, layer: str) -> pd.DataFrame:
        """Return who works in each unit of an area layer; see `placeview.place_view`."""
        from geolls.measures.placeview import place_view

        key = self.layer(layer).key
        return self.memo(
            ("place_view", key),
            lambda: place_view(
                self.schools,
                self.membership(key),
                self.kinds(key),
                self._memberships(),
                nearby=self.school_view(),
                bands=self.spread_options,
            ),
        )

    def hub_view(self, layer: str) -> pd.DataFrame:
        """Return with how many bodies each hub has to deal; see `placeview.hub_view`."""
        from geolls.measures.placeview import hub_view

        key = self.layer(layer).key
        others = {k: v for k, v in self._memberships().items() if k != key}
        return hub_view(self.schools, self.membership(key), self.trust_home(key), others)

    def null_share_worse(
        self,
        left: str,
        right: str,
        by: By = "schools",
        *,
        draws: int = 199,
        seed: int = 2022,
        jobs: int = 1,
        progress: Callable[[str, int, int | None], None] | None = None,
    ) -> pd.DataFrame:
        """Return the share of random maps that fit worse, in the columns of `mismatch`."""
        from geolls.land.blocks import adjacency
        from geolls.measures.nulls import null_share_worse

        x, y = self.layer(left).key, self.layer(right).key
        weight = self.weights(by)
        if by not in LAND_WEIGHTS:
            block = self.placement.schools.set_index("urn")["block"]
            weight = weight.groupby(block).sum()
        blocks = self.blocks.sort_index()
        found = null_share_worse(
            self.membership(x, "area"),
            self.membership(y, "area"),
            weight.reindex(blocks.index).fillna(0.0),
            adjacency(blocks),
            draws=draws,
            seed=seed,
            jobs=jobs,
            progress=(lambda i, n: progress("Random maps", i, n)) if progress else None,
        )
        rows = [
            ("null_share_worse", found.share_worse, f"{draws} random maps, seed {seed}"),
            ("null_v_measure", float(found.draws["v_measure"].mean()), "mean of the random maps"),
            ("null_deviation", float(found.draws["deviation"].mean()), "mean miss of their sizes"),
        ]
        table = pd.DataFrame(rows, columns=["measure", "value", "note"])
        return table.assign(left=x, right=y, by=by)[["left", "right", "by", *table.columns]]

    def explain(
        self, measure: str, *, place: Place | str | None = None, trust: str | None = None
    ) -> Explanation:
        """Return the rows behind one number of a place or a trust; they add up to it."""
        from geolls.measures.explain import explain_place, explain_trust

        if place is None and trust is not None:
            uid = str(self.trust(trust)["trust_uid"])
            layers = self._memberships()
            return explain_trust(measure, self.schools, layers, uid, self.spread_options)
        if place is None:
            raise UsageError("explain needs a place or a trust")
        found = self._as_place(place)
        near = measure.startswith(("only_", "single_"))
        return explain_place(
            measure,
            self.schools,
            self.membership(found.layer),
            self.kinds(found.layer),
            found.unit_code,
            layers=self._memberships(),
            nearby=self.school_view() if near else None,
            options=self.spread_options,
        )

    # -- provenance ------------------------------------------------------------------------

    @cached_property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that change when anything that decides a number changes."""
        s = self.settings
        content = {
            "as_of": self.as_of.isoformat(),
            "register": self.register.source,
            "phases": s.phases,
            "layers": sorted(self.layers),
            "boundaries": {
                str(p.relative_to(layer.folder)): hashlib.sha256(p.read_bytes()).hexdigest()
                for layer in self.layers.values()
                for p in sorted(layer.folder.rglob("*"))
                if p.is_file()
            },
            "spread": s.spread,
            "typology": s.typology,
        }
        if self.finer:
            content["blocks"] = self.finer.sha256
        text = json.dumps(content, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def describe(self) -> pd.DataFrame:
        """Return what the study resolves to, one row per thing: `item`, `value`."""
        s, source = self.settings, self.register.source
        rows = [
            ("title", s.title),
            ("fingerprint", self.fingerprint),
            ("as_of", self.as_of.isoformat()),
            ("register", source["label"]),
            ("register_file", str(s.register or "")),
            ("links_file", str(s.links or "")),
            ("phases", ", ".join(source["phases"])),
            ("schools", str(len(self.schools))),
            ("layers", ", ".join(self.layers)),
            ("blocks", self.finer.label if self.finer else "as geolls brings them"),
            ("places", ", ".join(s.places)),
        ]
        options = vars(self.spread_options).items()
        rows += [(f"spread.{k}", str(v)) for k, v in options]
        return pd.DataFrame(rows, columns=["item", "value"])

    @cached_property
    def attribution(self) -> str:
        """The statement every output carries."""
        text = ATTRIBUTION.format(year=max(self.as_of.year, 2026))
        return f"{text} Blocks: {self.finer.label}." if self.finer else text
