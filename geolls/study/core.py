"""Everything a study knows: one object that decides every number, and each table once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, Self, TypeVar, cast

import pandas as pd

from geolls.base.cells import a_name
from geolls.base.columns import TRAITS
from geolls.base.errors import UnknownNameError, UsageError
from geolls.base.interval import Interval
from geolls.base.populations import Population, population_of
from geolls.base.schema import a_date, options
from geolls.base.text import fold, suggest
from geolls.base.vocabulary import WEIGHTS, By, Weight
from geolls.land.blocks import block_weights, dissolve, load_blocks, load_display
from geolls.layers.areas import Area, Areas, load_areas, not_a_place
from geolls.layers.catalogue import Catalogue, load_catalogue, of_schools
from geolls.layers.evidence import date_note, hold_dates, known_part, layer_note, unchecked
from geolls.layers.expand import BlockClaim, expand
from geolls.layers.model import Claim, Layer, Problem, in_short
from geolls.layers.scenario import named_scenarios
from geolls.measures.disclosure import counted, told, withheld
from geolls.measures.membership import Membership
from geolls.measures.overlap import overlap
from geolls.study import assignment as assigning
from geolls.study.filters import chosen
from geolls.study.gazetteer import Gazetteer, Place, SeveralNamesError
from geolls.study.given import Looked, Made, made_of, unit_called
from geolls.study.postcodes import FIX, Postcodes
from geolls.study.settings import Settings, held
from geolls.study.towns import towns_called

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from geolls.land.finer import Blocks
    from geolls.measures.spread import SpreadOptions
    from geolls.measures.travel import Travel
    from geolls.register.register import Register

__all__ = ["ATTRIBUTION", "Core", "Place", "followed", "located", "remembered"]

P = ParamSpec("P")
T = TypeVar("T")
#: What a place is asked for by: see `Core.place`.
Given = str | int | os.PathLike[str] | Iterable[str | int]


# The day of the demonstration register, and of research on local learning systems.
DEMONSTRATION_DATE = date(2022, 9, 1)
_AUTHORITY = "local_authority"
# A piece that wards leave on the line of their own district is none.
WARD_SLIVER = {"sliver_m2": 10_000.0, "sliver_share": 0.01}
_FEW = 6  # names that are listed to choose from
_SMALL = "too small for a part of a district, counted with the land beside it"
# What can be asked of lead schools alone.
_SITES = "distances from its lead schools are in: geolls table far_areas"
ATTRIBUTION = (
    "Contains public sector information (Department for Education, Get Information about "
    "Schools) licensed under the Open Government Licence v3.0. Source: Office for National "
    "Statistics licensed under the Open Government Licence v3.0. Contains OS data © Crown "
    "copyright and database right {year}. Contains Royal Mail data © Royal Mail copyright and "
    "database right {year}."
)


def remembered(build: Callable[Concatenate[Core, P], T]) -> Callable[Concatenate[Core, P], T]:
    """Make what a room builds of a study once for that study, by the words it is asked for with."""

    @wraps(build)
    def kept(study: Core, /, *args: P.args, **kwargs: P.kwargs) -> T:
        key = (build.__qualname__, args, tuple(kwargs.items()))
        return study.memo(key, lambda: build(study, *args, **kwargs))

    return kept


def followed(study: Core, layer: Layer) -> pd.DataFrame | None:
    """Assign schools by the authority that maintains them, where the units are made of authorities.

    Columns `ASSIGNMENT_COLUMNS`; None where they are not.
    """
    land = study.land(layer.key)
    if layer.tier == "local_authority":
        return assigning.assign_authority(
            layer.key, land, study.placement, study.schools, study.areas, study.as_of
        )
    if layer.family != "user" or layer.kind != "areas" or layer.base not in ("", _AUTHORITY):
        return None
    return assigning.assign_regrouped(
        layer.key,
        study.assigned(_AUTHORITY),
        study.land(_AUTHORITY),
        land,
        study.placement,
        divided=layer.base == _AUTHORITY,  # by moves that name what becomes of each part
    )


def located(study: Core, layer: Layer) -> pd.DataFrame:
    """Assign schools to the units that have the land where they stand."""
    return assigning.assign_area_layer(layer.key, study.land(layer.key), study.placement)


def _by_land(study: Core, layer: Layer) -> pd.DataFrame:
    by_body = followed(study, layer)
    return located(study, layer) if by_body is None else by_body


def _by_register(study: Core, layer: Layer) -> pd.DataFrame:
    units, otherwise = assigning.school_units(layer, study.schools, study.as_of)
    if layer.within:
        units = assigning.parted_by(units, study.assigned(layer.within))
    return assigning.assign_school_layer(layer.key, units, study.schools, otherwise=otherwise)


#: How schools are assigned to the units of a layer, by its kind: columns `ASSIGNMENT_COLUMNS`.
ASSIGNED: dict[str, Callable[[Core, Layer], pd.DataFrame]] = {
    "areas": _by_land,
    "polygons": _by_land,
    "schools": _by_register,
}


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
        self._made: dict[str, Made] = {}
        if settings.strict_dates:
            hold_dates(self.area_layers.values(), self.as_of, self.areas)

    def memo(self, key: Hashable, build: Callable[[], T]) -> T:
        """Return what `build` makes, made once for this study: a room's table under its own key."""
        if key not in self._memo:
            self._memo[key] = build()
        return cast("T", self._memo[key])

    def __repr__(self) -> str:
        """Name the study, its day and its schools."""
        name, title, n = type(self).__name__, self.settings.title, len(self.schools)
        return f"<{name} {title!r} as of {self.as_of} with {n} {self.population.schools(n)}>"

    # -- what there is ---------------------------------------------------------------------

    @cached_property
    def areas(self) -> Areas:
        """The succession table of official areas."""
        return load_areas()

    @cached_property
    def catalogue(self) -> Catalogue:
        """Every layer on the shelf and in the user's folders, and scenarios that are named."""
        asked = [k.removeprefix("+") for k in self.settings.layers]
        return load_catalogue(self.settings.boundaries, self.areas, self.as_of, asked)

    @cached_property
    def register(self) -> Register:
        """The schools that count, with what was rejected and filtered."""
        whole, where = self._whole, self.settings.where
        return chosen(whole, where, whole.as_of) if where else whole

    @cached_property
    def _whole(self) -> Register:
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

    @cached_property
    def schools(self) -> pd.DataFrame:
        """One row per school that counts; columns as `SCHOOL_COLUMNS` of the register.

        Small numbers of pupils eligible for free meals are blank: see `measures.disclosure`.
        """
        return withheld(self.register.schools)

    @cached_property
    def everywhere(self) -> pd.DataFrame:
        """One row per state-funded school of every phase: what trusts run, counted or not."""
        return self.register.everywhere

    @cached_property
    def population(self) -> Population:
        """Which schools count, by name; every sentence that counts schools takes its words."""
        source = self.register.source
        only = f", only {source['only']}" if "only" in source else ""
        return population_of(source["phases"])._replace(only=only)

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
        """The layers that take part and are alive on the study's day, in the order of the shelf.

        Those that the settings name; or else, and with those named "+ward", all that do by default.
        """
        known, wanted = self.catalogue.layers, self.settings.layers
        if all(k.startswith("+") for k in wanted):
            keys = [k for k, layer in known.items() if layer.default or k in self.named]
        else:
            keys = list(self.named)
        return {k: known[k] for k in keys if known[k].active(self.as_of)}

    @cached_property
    def named(self) -> tuple[str, ...]:
        """The keys of the layers that the settings name, in their order."""
        return tuple(self.catalogue.get(k.removeprefix("+")).key for k in self.settings.layers)

    @cached_property
    def area_layers(self) -> dict[str, Layer]:
        """The layers alive that day whose units are land."""
        return {k: v for k, v in self.layers.items() if v.has_land}

    def layer(self, name: str) -> Layer:
        """Return the layer of that name, forgiving its spelling; refuse one not alive that day."""
        name = a_name(name, "layer")
        layer = self._made[name].layer if name in self._made else self.catalogue.get(name)
        if not layer.active(self.as_of):
            raise UnknownNameError(
                f"{layer.key} has no units on {self.as_of}",
                fix=f"it runs from {layer.valid_from} to {layer.valid_to or 'today'}",
            )
        return layer

    def date_note(self, name: str) -> str | None:
        """Say in words that a layer's evidence is of another date than the study, or None."""
        made = (name := a_name(name, "layer")) in self._made
        return None if made else date_note(self.catalogue.get(name), self.as_of, self.areas)

    @cached_property
    def unchecked(self) -> str:
        """Until when the tables of areas were checked, in words, where the day is later."""
        return unchecked(self.layers.values(), self.as_of) or ""

    def note(self, name: str) -> str:
        """Say in words what results about a layer rest on; see `evidence.layer_note`."""
        layer = self.layer(name)
        if layer.key in self._made:
            return ""
        return self.memo(("note", layer.key), lambda: layer_note(layer, self.as_of, self.areas))

    @cached_property
    def rests_on(self) -> dict[str, str]:
        """On how many of its units a layer's results rest, "3 of 34"; by layer, where not on all.

        Every result about such a layer says so: its tables, maps, pages and findings.
        """
        parts = {k: known_part(v, self.as_of, self.areas) for k, v in self.layers.items()}
        return {key: part for key, part in parts.items() if part}

    def partly(self, *names: str) -> str:
        """Say it in sentences: "3 of 34 English Hubs are on the shelf."."""
        known = (layer for name in names if (layer := self.layer(name)).key in self.rests_on)
        return " ".join(
            f"{self.rests_on[layer.key]} {layer.unit_title_plural} are on the shelf."
            for layer in known
        )

    def resting(self, *names: str) -> str:
        """Say it as tables do: "english_hub rests on 3 of 34 units"."""
        known = dict.fromkeys(self.layer(name).key for name in names)
        parts = ((key, self.rests_on.get(key)) for key in known)
        return "; ".join(f"{key} rests on {part} units" for key, part in parts if part)

    def to_come(self, name: str, unit_code: str) -> Area | None:
        """Return the row of areas.csv of a unit that is still to come; None for what stands."""
        tier = self.layer(name).tier
        alive = self.areas.alive(tier, self.as_of) if tier else []
        return next((a for a in alive if a.code == unit_code and a.status), None)

    @cached_property
    def travel(self) -> Travel | None:
        """The minutes between schools that the study names in place of straight lines."""
        if self.settings.travel is None:
            return None
        from geolls.study.travel import travel_of

        return travel_of(self.settings.travel, self.everywhere)

    @property
    def given(self) -> tuple[str, ...]:
        """The options without which some columns of its tables are not there."""
        return ("travel",) if self.travel else ()

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
    def _refinement(
        self,
    ) -> tuple[GeoDataFrame, dict[str, list[BlockClaim]], list[Problem]]:
        """Blocks cut by each polygons layer in turn, the claims of each, what was lost."""
        from geolls.land.polygons import onto_parts, read_polygons, refine, told_of

        blocks = self.finer.analysis() if self.finer else load_blocks()
        claims: dict[str, list[BlockClaim]] = {}
        lost: list[Problem] = []
        for layer in self.area_layers.values():
            if not layer.cuts_blocks:
                continue
            stated = {"sliver_m2": layer.sliver_m2, "sliver_share": layer.sliver_share}
            rule: dict[str, Any] = {k: v for k, v in stated.items() if v is not None}
            drawn = layer.kind == "polygons" or layer.geometry is not None
            if drawn:
                known = {unit.name: unit.code for unit in layer.units.values()}
                polygons = read_polygons(layer, lost).replace({"unit_code": known})
            if wards := [c for c in layer.claims_on(self.as_of) if c.wards]:
                of_wards = self._of_wards(layer, wards, lost)
                polygons = pd.concat([polygons, of_wards]) if drawn else of_wards
                rule = WARD_SLIVER | rule
            cut = refine(blocks, polygons, **rule)
            kept = {claim.unit_code for claim in cut.claims}
            gone = polygons.loc[~polygons["unit_code"].isin(kept), "unit_name"]
            lost += [told_of(layer, "no land in England", str(name)) for name in gone]
            lost += [
                told_of(layer, _SMALL, f"{p.unit_code} in {blocks['name'][p.block]}")
                for p in cut.dropped.itertuples()
            ]
            claims = {k: onto_parts(v, cut.parts) for k, v in claims.items()}
            line = "medium" if wards else ""
            claims[layer.key] = [replace(claim, line=line) for claim in cut.claims]
            blocks = cut.blocks
        return blocks, claims, lost

    def _of_wards(self, layer: Layer, claims: Sequence[Claim], lost: list[Problem]) -> GeoDataFrame:
        """Return the land of the units of a layer that are made of wards."""
        from geolls.land.polygons import told_of
        from geolls.land.wards import coded_wards, ward_land

        claims = coded_wards(claims, self.everywhere, self.areas, layer.folder.name)
        of = {ward: claim for claim in claims for ward in claim.wards}
        blocks = self.finer.analysis() if self.finer else load_blocks()
        postcodes = self.postcodes.in_wards(of, blocks)
        for ward in of.keys() - set(postcodes["ward"]):
            lost.append(told_of(layer, f"no postcode of {self.postcodes.of} has that ward", ward))
        units = {ward: claim.unit_code for ward, claim in of.items()}
        land = ward_land(units, postcodes, blocks)
        first = {claim.unit_code: claim for claim in reversed(claims)}
        said = [first[code] for code in land["unit_code"]]
        return land.assign(
            unit_name=[layer.units[claim.unit_code].name for claim in said],
            confidence=[claim.confidence for claim in said],
            source=[claim.source for claim in said],
            source_date=[claim.source_date for claim in said],
        )

    def account(self) -> list[Problem]:
        """List what layers hold and no table shows, or the register does not tell of them.

        Of layers of one's own, whatever was asked before, and of those of the shelf whose schools
        were. What became of the rows of the register is in `Register.account`.
        """
        found: list[Problem] = []
        cut = self._refinement[2] if self._has_polygons else []
        counted = [k for k in self.catalogue.layers if ("membership", k, "urn") in self._memo]
        for layer in map(self.layer, counted):
            if line := assigning.of_column(layer, self.schools, self.register):
                found.append(Problem(layer.key, None, None, line, severity="warning"))
        own = [v for v in self.layers.values() if v.family == "user"]
        for layer in (*own, *(made.layer for made in self._made.values())):
            found += layer.told
            found += (p for p in cut if p.file.startswith(f"{layer.folder.name}/"))
            found += assigning.untold(layer, self.schools, self.register, self.as_of)
            if layer.within:
                found += assigning.astray(layer, self.assigned(layer.within), self.as_of)
            if layer.has_land:
                known = {claim.unit_code: claim.unit_name for claim in self.claims(layer.key)}
                bare = known.keys() - set(self.assigned(layer.key)["unit_code"])
                found += [
                    Problem(layer.key, None, "unit", "no school that counts", None, "warning", name)
                    for name in sorted(known[code] for code in bare)
                ]
        return found

    def told(self) -> list[str]:
        """Say in a line for each kind what `account` lists, and whose postcodes were asked."""
        schools = "postcodes" in self.__dict__ and self.postcodes.schools
        whose = f"Postcodes are those of the register's schools; for every one: {FIX}"
        times = self.travel.told if self.travel else ()
        return [*in_short(self.account()), *[whose] * schools, *times]

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
        return any(v.cuts_blocks for v in self.area_layers.values())

    @cached_property
    def block_weights(self) -> pd.DataFrame:
        """`area_m2` and `neighbourhoods` of each block, indexed by block; no geometry is read."""
        if self._has_polygons or self.finer:
            return pd.DataFrame(self.blocks[["area_m2", "neighbourhoods"]])
        return block_weights()

    @cached_property
    def block_names(self) -> dict[str, str]:
        """Block to the name of its district."""
        day = date(2018, 6, 1)  # every block was a district then
        names = {a.code: a.name for a in self.areas.alive("district", day)}
        return {str(b): names[str(b).partition("/")[0]] for b in self.block_weights.index}

    def claims(self, name: str) -> list[BlockClaim]:
        """Return a layer's coverage records on the study's day, expanded to blocks."""
        layer = self.layer(name)
        if layer.cuts_blocks and layer.key not in self.layers:
            fix = f"add '{layer.key}' to the study's layers, or ask study.taking(['{layer.key}'])"
            raise UsageError(
                f"{layer.key} does not take part in the study", where="layers", fix=fix
            )
        if layer.kind == "polygons":
            return self._refinement[1][layer.key]
        whole = expand(layer, self.as_of, self.areas, self._parts)
        if not layer.cuts_blocks:
            return whole
        # Of a district of which others have a part, who lists it whole has the rest.
        cut = self._refinement[1][layer.key]
        line = {claim.block.partition("/")[0]: claim.line for claim in cut}
        taken = {claim.block for claim in cut}
        rest = [
            replace(claim, line=line.get(claim.block.partition("/")[0], ""))
            for claim in whole
            if claim.block not in taken
        ]
        return sorted([*cut, *rest], key=lambda claim: (claim.block, claim.unit_code))

    def land(self, name: str) -> pd.DataFrame:
        """Return one row per block and claimant of a layer (see `assignment.land_of`)."""
        layer = self.layer(name)
        if not layer.has_land:
            raise UsageError(
                f"{layer.title if layer.key in self._made else layer.key} is made of {layer.kind}, "
                "not of land",
                fix="use --by schools" if layer.kind in ASSIGNED else _SITES,
            )
        blocks = [str(b) for b in self.block_weights.index]
        return self.memo(
            ("land", layer.key),
            lambda: assigning.land_of(self.claims(layer.key), blocks, complete=layer.complete),
        )

    # -- schools ---------------------------------------------------------------------------

    @cached_property
    def postcodes(self) -> Postcodes:
        """Every postcode, of the directory fetched or installed; else those of the schools."""
        found = Postcodes.open(self.data, self.areas)
        return found or Postcodes.of_schools(self.everywhere, self.areas)

    @cached_property
    def placement(self) -> assigning.Placement:
        """Where each school stands, and where its code and its point disagree."""
        return assigning.place_schools(self.schools, self.blocks, self.areas)

    def assigned(self, name: str | None = None) -> pd.DataFrame:
        """Return one row per school and unit of a layer, columns `ASSIGNMENT_COLUMNS`.

        Without a name, of every layer that schools can be assigned to.
        """
        if name is None:
            keys = [k for k, v in self.layers.items() if v.kind in ASSIGNED]
            return self.memo(
                "assigned", lambda: pd.concat(map(self.assigned, keys), ignore_index=True)
            )
        layer = self.layer(name)
        if layer.kind not in ASSIGNED:
            raise UsageError(f"{layer.key} has {layer.kind}, which hold no schools", fix=_SITES)
        return self.memo(("assigned", layer.key), lambda: ASSIGNED[layer.kind](self, layer))

    def membership(self, name: str, by: By = "schools") -> Membership:
        """Return which unit of a layer has which school, or which block; measures take it.

        Parameters
        ----------
        name : str
            The layer.
        by : {"area", "schools", "pupils", "fsm_pupils", "neighbourhoods"}
            The weight; land weights have blocks as items, the others schools.
        """
        key, item = self.layer(name).key, self._weight(by).item

        def build() -> Membership:
            frame = self.land(key) if item == "block" else self.assigned(key)
            return Membership.of(frame, self.weights(by).index, item=item, what=key)

        return self.memo(("membership", key, item), build)

    def weights(self, by: By = "schools") -> pd.Series:
        """Return the weight of each item; schools whose pupils are not known weigh 0.

        Of eligible pupils, as sums count them: see `measures.disclosure.counted`.
        """
        weight = self._weight(by)
        of_land = weight.item == "block"
        table = self.block_weights if of_land else self.schools
        index = self.block_weights.index if of_land else self._urns
        values = 1.0 if weight.column is None else table[weight.column].to_numpy()
        if weight.suppressed:
            values = counted(self.schools).to_numpy()
        return pd.Series(values, index=index, dtype=float, name=by).fillna(0.0)

    @cached_property
    def _urns(self) -> pd.Index:
        """The schools as all memberships number them: looked up in one table."""
        urns: pd.Index = pd.Index(self.schools["urn"])
        return urns

    def _weight(self, by: By) -> Weight:
        if by not in tuple(WEIGHTS):
            raise UsageError(
                f"unknown weight {by!r}", where="--by", fix=f"use {', '.join(WEIGHTS)}"
            )
        return WEIGHTS[by]

    # -- places ----------------------------------------------------------------------------

    @cached_property
    def _gazetteer(self) -> Gazetteer:
        return self._gazetteer_of(*self.area_layers)

    def _gazetteer_of(self, *keys: str) -> Gazetteer:
        layers = {key: self.catalogue.layers[key] for key in keys}
        land = {key: self.membership(key, "area") for key in keys}
        return Gazetteer(layers, land, self.as_of, self.areas, self._otherwise)

    def place(self, given: Given) -> Place:
        """Find a place by name or code, or make one of a list of schools, a town or a circle.

        Parameters
        ----------
        given : str, int, path or iterable of URNs
            A name or code, as `Leeds`, `E08000035` or `region:North East`; a file of URNs or
            postcodes; URNs, as `URN:107810,107811`; a postcode or its beginning; or what lies
            within a distance: `town:Ashington`, `NE63 9,5km`, `school:107810,3km`.

        Raises
        ------
        UnknownNameError
            When nothing has that name, or several units that are not the same land do.
        """
        if isinstance(given, Iterable) and not isinstance(given, (str, bytes, pd.DataFrame)):
            several = [a_name(each, "place") for each in given]
            text = "URN:" + ",".join(several) if len(several) != 1 else several[0]
        else:
            text = a_name(given, "place").strip()
        return self.memo(("place", text), lambda: self._place(text))

    def _place(self, text: str) -> Place:
        if whole := not_a_place(text):
            raise UnknownNameError(
                whole,
                where="--place",
                fix="for all of England leave --place out; else name a place, as Leeds",
            )
        if found := self._made_place(text):
            return found
        key, _, name = of_schools(text).partition(":")
        if not name:
            return self._gazetteer.find(text)
        layer = self.layer(key.strip())
        if layer.has_land:
            return self._lands(layer.key).find(name, layer.key)
        if bare := not self.places(layer.key) and assigning.of_column(
            layer, self.schools, self.register
        ):
            raise UnknownNameError(bare, where="--place", fix="give a --register that has it")
        return unit_called(layer.key, self.places(layer.key), name)

    def _otherwise(self, name: str) -> Place | None:
        """Return the town of a name, or else what the register knows by it: a ward, a diocese."""
        if towns_called(name):
            return self._made_place(f"town:{name}")
        asked, same, begun = fold(name), list[Place](), list[Place]()
        for layer in self.catalogue.layers.values():
            if layer.kind != "schools" or not asked:
                continue
            if layer.column:  # the register's own names are cheap to look at
                there = self.schools[TRAITS[layer.column].name].dropna().drop_duplicates()
                if f" {asked} " not in " ".join(f" {fold(n)} " for n in there):
                    continue
            for place in self.places(layer.key):
                called = fold(place.name)
                same += [place] * (called == asked)
                begun += [place] * called.startswith(f"{asked} ")
        hits = same or begun
        said = [f"{hit.layer}:{hit.name}" for hit in hits]
        if not same and 1 < len(hits) <= _FEW:
            which = " or ".join(f'"{one}"' for one in said)
            message = f"{name.strip()!r} is the beginning of {len(hits)} names"
            raise SeveralNamesError(message, where="--place", fix=f"say which: {which}")
        if not same and len(hits) != 1:
            return None
        also = f"; also {', '.join(said[1:])}" if said[1:] else ""
        return replace(hits[0], note=f"{name.strip()} is read as {said[0]}{also}")

    def _made_place(self, text: str) -> Place | None:
        seen = Looked(
            *(self.schools, self.everywhere, self.population, self.as_of, self.areas),
            postcodes=lambda: self.postcodes,
        )
        made = made_of(seen, text)
        if made is None:
            return None
        key = made.layer.key
        self._made[key] = made
        if not len(self.membership(key).shares_of(key)):
            del self._made[key]
            lost = assigning.untold(made.layer, self.schools, self.register, self.as_of)
            raise UnknownNameError(
                f"none of the {self.population.title} that are counted is in {made.layer.title}",
                where=text,
                fix="; ".join(in_short([*made.layer.told, *lost])) or "it lists none",
            )
        return replace(self.places(key)[0], note=made.note)

    def places(self, key: str) -> list[Place]:
        """Return every unit of a layer of land or of schools as a place, by name."""
        layer = self.layer(key)
        if layer.has_land:
            return self._lands(layer.key).places[layer.key]
        return self.memo(("places", layer.key), lambda: self._landless(layer.key))

    def _lands(self, key: str) -> Gazetteer:
        """Return the units of a layer of land by name, whether it takes part or not."""
        if key in self.area_layers:
            return self._gazetteer
        return self.memo(("gazetteer", key), lambda: self._gazetteer_of(key))

    def _landless(self, key: str) -> list[Place]:
        """Return the units of a layer of schools; their blocks are those where schools stand."""
        block = self.placement.schools.set_index("urn")["block"]
        claims = self.membership(key).frame("urn", reasons=False)
        claims["block"] = claims["urn"].map(block)
        units = claims.groupby(["unit_name", "unit_code"])["block"].agg(set).reset_index()
        return [
            Place(key, str(code), str(name), tuple(sorted(held - {None})), has_land=False)
            for name, code, held in units.itertuples(index=False)
        ]

    def taking(self, names: Iterable[str]) -> Self:
        """Return the study with those layers among its own that take part only where named.

        Parameters
        ----------
        names : iterable of str
            Words, keys of layers among them.
        """
        known, words = self.catalogue.layers, [a_name(name, "layer") for name in names]
        mine = {k for k, v in known.items() if v.family == "user"}  # which a study may leave out
        wanted = {k for k in words if (v := known.get(k)) and (k in mine or not v.default)}
        loaded = {alias for v in known.values() for alias in v.aliases}
        wanted |= named_scenarios(k for k in words if k not in {*known, *loaded}).keys()
        more = tuple(f"+{key}" for key in sorted(wanted - self.layers.keys()))
        if not more:
            return self
        layers = (*self.settings.layers, *more)
        return self.memo(("taking", more), lambda: self.varied(layers=layers))

    def varied(self, **settings: Any) -> Self:
        """Return a study with other settings over the same register, not read again if it was.

        Parameters
        ----------
        **settings : Any
            What differs, as in `Settings`.
        """
        read = self.__dict__.get("_whole", self._register)
        return type(self)(self.settings.replace(**settings), data=self.data, register=read)

    def at(self, day: str | date) -> Self:
        """Return the same study on another day."""
        return type(self)(self.settings.replace(as_of=a_date(day)), data=self.data)

    @cached_property
    def display_blocks(self) -> GeoDataFrame:
        """The blocks as maps draw them: with the true coast, unless a polygons layer cut them."""
        if self._has_polygons:
            return self.blocks
        return self.finer.display() if self.finer else load_display()

    def geometry(self, name: str) -> GeoDataFrame:
        """Return one row per unit of an area layer: unit_code, unit_name, geometry (EPSG:27700)."""
        known = self.membership(name, "area").frame("block", reasons=False)
        shapes = dissolve(self.blocks, known[["block", "unit_code"]])
        names = known.drop_duplicates("unit_code").set_index("unit_code")["unit_name"]
        shapes.insert(0, "unit_name", names.reindex(shapes.index))
        return shapes.reset_index()

    # -- measures --------------------------------------------------------------------------

    def overlap(
        self, left: str, right: str, by: By = "schools", *, place: Place | Given | None = None
    ) -> pd.DataFrame:
        """Return one row per pair of units of two layers that meet; see `geolls.measures.overlap`.

        With a place only what lies there is counted, and shares are of that. Small numbers of
        eligible pupils are blank; see `measures.disclosure`.
        """
        weights = self._weights_in(place, by)
        x, y = (self.membership(k, by).over(weights.index) for k in (left, right))
        return self._told(lambda weight: overlap(x, y, weight), weights, by, [left, right], place)

    def _told(
        self,
        measure: Callable[[pd.Series], pd.DataFrame],
        weights: pd.Series,
        by: By,
        layers: Sequence[str],
        place: Place | Given | None,
    ) -> pd.DataFrame:
        """Count a weight by a measure; of one that is told with care, only what may be told.

        Of a place that shares land the least is of what it has for sure, the most of all it may.
        """
        low, high = (self._weights_in(place, by, end) for end in ("low", "high"))
        ends = {"low": low, "high": high} if not low.equals(high) else {}
        if not self._weight(by).suppressed:
            found = measure(weights)
            for end, weight in ends.items():
                keys = [str(c) for c in found if str(c).endswith(("_code", "_name"))]
                there = measure(weight)[[*keys, f"weight_{end}"]]
                found = found.drop(columns=f"weight_{end}").merge(there, on=keys, how="left")
                found[f"weight_{end}"] = found[f"weight_{end}"].fillna(0.0)
            return found
        hidden = self.schools.set_index("urn")["fsm_pupils_suppressed"].reindex(weights.index)
        keys = [*layers, *(() if place is None else [self._as_place(place).layer])]
        return told(measure, weights, hidden, ends=tuple(ends.values()), own=self._own(keys))

    def _own(self, layers: Iterable[str]) -> bool:
        """Tell whether sets are the user's own: nobody has looked at what they set apart."""
        own = (self.layer(key).family == "user" for key in layers)
        return bool(self.settings.where) or any(own)

    def _weights_in(
        self, place: Place | Given | None, by: By, part: Literal["share", "low", "high"] = "share"
    ) -> pd.Series:
        """Return the weight of each item, or of each item of a place by the place's part of it."""
        weights = self.weights(by)
        if place is None:
            return weights
        found = self._as_place(place)
        share = self.membership(found.layer, by).shares_of(found.unit_code, part)
        return (weights * share).reindex(weights.index).dropna()

    def mismatch(
        self,
        left: str | None = None,
        right: str | None = None,
        by: By = "schools",
        *,
        inside_only: bool = False,
        place: Place | Given | None = None,
    ) -> pd.DataFrame:
        """Return one row per pair of layers and measure: left, right, by, measure, value, note.

        Without names, every pair of area layers both ways round; see `mismatch`.
        """
        from geolls.measures.mismatch import compare, pairwise

        there = [] if place is None else [self._as_place(place).layer]
        if self._weight(by).suppressed and self._own(there):
            raise UsageError(
                "eligible pupils of a set of your own are told by overlap and coverage alone",
                where="--by",
                fix="use --by schools or --by pupils",
            )
        weight = self._weights_in(place, by)
        rules: dict[str, Any] = {
            "inside_only": inside_only,
            "divisible": self._weight(by).item == "block",
        }
        if left and right:
            x, y = (self.membership(k, by).over(weight.index) for k in (left, right))
            found = compare(x, y, weight, **rules)
            found = found.assign(left=self.layer(left).key, right=self.layer(right).key)
        else:
            layers = {k: self.membership(k, by).over(weight.index) for k in self.area_layers}
            found = pairwise(layers, weight, **rules)
        if self.rests_on:
            pairs = [*zip(found["left"], found["right"], strict=True)]
            rests = {pair: self.resting(*pair) for pair in {*pairs}}
            noted = zip(found["note"], pairs, strict=True)
            found["note"] = ["; ".join(filter(None, (note, rests[pair]))) for note, pair in noted]
        return found.assign(by=by)[["left", "right", "by", "measure", "value", "note"]]

    def coverage(
        self, name: str, by: By = "area", *, place: Place | Given | None = None
    ) -> pd.DataFrame:
        """Return what each unit covers alone, what is shared, and what nobody covers and why.

        With a place only what lies there is counted, and shares are of that. Small numbers of
        eligible pupils are blank; see `measures.disclosure`.
        """
        from geolls.measures.coverage import coverage

        names: dict[str, str] = self.block_names
        if self._weight(by).item == "urn":
            placed = self.placement.schools.set_index("urn")["block"].dropna()
            names = {str(urn): self.block_names[str(block)] for urn, block in placed.items()}
        weights = self._weights_in(place, by)
        who = self.membership(name, by).over(weights.index)
        # Of areas cut out of districts the line is as sure as what it was drawn by.
        cut = self.claims(name) if self.layer(name).cuts_blocks else []
        line = {claim.unit_code: claim.line for claim in cut if claim.line}
        return self._told(
            lambda weight: coverage(who, weight, names, line), weights, by, [name], place
        )

    @cached_property
    def spread_options(self) -> SpreadOptions:
        """Bands and thresholds of the spread measures, from the study file."""
        from geolls.measures.spread import SpreadOptions

        return options(SpreadOptions, self.settings.spread, "spread")

    @cached_property
    def measured(self) -> tuple[str, ...]:
        """The layers that trusts are measured by: of land, and those of schools that are named.

        Trusts are not measured by trusts.
        """
        by_name = {k for k in self.named if self.catalogue.layers[k].column != "trust"}
        kept = {
            k: v.has_land or (v.kind == "schools" and k in by_name) for k, v in self.layers.items()
        }
        return tuple(k for k, wanted in kept.items() if wanted)

    @cached_property
    def memberships(self) -> dict[str, Membership]:
        """Which unit has which school, of each layer that trusts are measured by."""
        return {k: self.membership(k) for k in self.measured}

    @cached_property
    def _spread(self) -> pd.DataFrame:
        from geolls.measures.spread import spread

        return spread(
            self.schools,
            self.memberships,
            self.spread_options,
            everywhere=self.everywhere,
            travel=self.travel,
        )

    def spread(self, place: Place | Given | None = None) -> pd.DataFrame:
        """Return one row per trust: lines crossed and kilometres; see `spread.spread`.

        Parameters
        ----------
        place : Place or str, optional
            Only trusts with a school there; their numbers stay those of the whole trust, and
            `schools_here` says how many of its schools are there, a shared one by its share, with
            _low and _high.
        """
        if place is None:
            return self._spread
        trust, found = self.schools.set_index("urn")["trust_uid"], self._spread
        for end in ("high", "low", "share"):  # each before the last: share, low, high
            here = self._weights_in(place, "schools", end)
            at_work = here.groupby(trust.reindex(here.index)).sum()
            found = found[found["trust_uid"].isin(at_work.index)].reset_index(drop=True)
            name = "schools_here" if end == "share" else f"schools_here_{end}"
            found.insert(list(found).index("schools") + 1, name, found["trust_uid"].map(at_work))
        return found

    def seat(self, layer: str) -> str:
        """Return the layer in which trusts are at home, seen from the units of another.

        Itself where its units are land, else that of the authorities: a list of schools is no
        place to be at home in.
        """
        found = self.layer(layer)
        first = next(iter(self.area_layers), found.key)
        authority = "local_authority" if "local_authority" in self.area_layers else first
        return found.key if found.has_land else authority

    def schools_of(self, place: Place | Given) -> pd.Index:
        """Return the URNs of the schools that a place has, or shares."""
        found = self._as_place(place)
        return self.membership(found.layer).shares_of(found.unit_code).index

    def many_in(self, place: Place | Given) -> Interval:
        """Count the schools of a place: at least, and at most with those on land that it shares."""
        found = self._as_place(place)
        who = self.membership(found.layer)
        low, high = (who.shares_of(found.unit_code, end) > 0 for end in ("low", "high"))
        return Interval(int(low.sum()), int(high.sum()))

    def trust_home(self, layer: str) -> pd.Series:
        """Return where each trust is at home, seen from a layer, by trust_uid; see `home_of`."""
        from geolls.measures.home import home_of

        return home_of(self._spread, self.seat(layer))

    def kinds(self, layer: str) -> pd.Series:
        """Return who runs each school, seen from its unit of a layer, by URN; see `oversight`."""
        from geolls.measures.oversight import oversight

        key = self.seat(layer)

        def build() -> pd.Series:
            runs = self._spread.set_index("trust_uid")["schools_all"]
            return oversight(self.schools, self.trust_home(key), self.membership(key), runs)

        return self.memo(("kinds", key), build)

    def _as_place(self, place: Place | Given) -> Place:
        return place if isinstance(place, Place) else self.place(place)

    def trust(self, text: str | int) -> pd.Series:
        """Find a trust by UID or name; return its row of the spread table.

        Raises
        ------
        UnknownNameError
            When no trust, or several, go by that name.
        """
        table, text = self._spread, str(text).strip()
        hit = table[table["trust_uid"] == text]
        if hit.empty:
            folded = table["trust_name"].map(fold)
            hit = table[folded == fold(text)]
        if len(hit) == 1:
            return hit.iloc[0]
        if hit.empty:
            others = self.register.others.dropna(subset=["trust_uid"])
            named = (others["trust_uid"] == text) | (
                others["trust_name"].fillna("").map(fold) == fold(text)
            )
            if fold(text) and named.any():
                mine = others[named].groupby("trust_uid")["trust_name"].agg(["first", "size"])
                said = [
                    f"{name} ({uid}) runs {n} state-funded school{'s' * (n > 1)}"
                    for uid, name, n in mine.itertuples(name=None)
                ]
                none = "which is not" if named.sum() == 1 else "none of which is"
                raise UnknownNameError(
                    f"{' and '.join(said)}, {none} among the {self.population.title} that are "
                    "counted",
                    where="--trust",
                    fix="count every phase with --phase all",
                )
            raise UnknownNameError(
                f"no trust is called {text.strip()!r}",
                where="--trust",
                fix=suggest(text, sorted(set(table["trust_name"].dropna())))
                or "`geolls spread --all` lists them",
            )
        raise UnknownNameError(
            f"{len(hit)} trusts are called {text.strip()!r}",
            where="--trust",
            fix=f"give the UID: {', '.join(hit['trust_uid'])}",
        )

    # -- provenance ------------------------------------------------------------------------

    @cached_property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that change when anything that decides a number changes."""
        s = self.settings
        content = {
            "as_of": self.as_of.isoformat(),
            "register": self.register.source,
            "layers": sorted(self.layers),
            "boundaries": {
                f"{key}/{p.relative_to(layer.folder)}": hashlib.sha256(p.read_bytes()).hexdigest()
                for key, layer in self.layers.items()
                for p in sorted(layer.folder.rglob("*"))
                if p.is_file()
            },
            "scenarios": {k: repr(v.claims) for k, v in self.layers.items() if v.base},
            "spread": s.spread,
            "typology": s.typology,
            "divide_share": s.divide_share,
        }
        if self.finer:
            content["blocks"] = self.finer.sha256
        if self.travel:
            content["travel"] = self.travel.sha256
        text = json.dumps(content, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def describe(self) -> pd.DataFrame:
        """Return what the study resolves to, one row per thing: `item`, `value`."""
        s, source = self.settings, self.register.source
        rows = [
            ("title", s.title),
            ("fingerprint", self.fingerprint),
            ("as_of", self.as_of.isoformat()),
            ("dates", self.unchecked),
            ("register", source["label"]),
            ("register_file", str(s.register or "")),
            ("links_file", str(s.links or "")),
            ("population", f"{self.population.name}: {self.population.title}"),
            ("phases", ", ".join(source["phases"])),
            (
                "where",
                f"{source['only']}: {len(self.schools):,} of {source['of']:,}"
                if "of" in source
                else "",
            ),
            ("schools", str(len(self.schools))),
            ("layers", ", ".join(self.layers)),
            ("blocks", self.finer.label if self.finer else "as geolls brings them"),
            ("travel", self.travel.label if self.travel else ""),
            ("places", ", ".join(s.places)),
        ]
        rows += [("divide_share", str(s.divide_share))]
        rows += [(f"spread.{k}", str(v)) for k, v in vars(self.spread_options).items()]
        return pd.DataFrame(rows, columns=["item", "value"])

    @cached_property
    def attribution(self) -> str:
        """The statement every output carries, with the year of the data: never one to come."""
        days = [v.checked_until for v in self.catalogue.layers.values() if v.tier]
        if not self.register.demonstration:
            days.append(self.register.source.get("vintage_schools"))
        text = ATTRIBUTION.format(year=max(day.year for day in days if isinstance(day, date)))
        besides = {"Blocks": self.finer, "Travel": self.travel}
        return " ".join([text, *(f"{k}: {v.label}." for k, v in besides.items() if v)])
