"""A recipe resolved against its data: what screen and paper alike draw, fill and name."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from geolls.base.errors import MapError
from geolls.base.interval import Interval, span, total
from geolls.base.text import count, day, small, suggest
from geolls.base.vocabulary import REASON_LABELS, REASON_NUMBERS, REASON_PHRASES
from geolls.maps.data import Box, Callout, LayerSpec, MapData, Measure, say
from geolls.maps.recipes import Recipe, load_recipe
from geolls.measures.claimants import fewest
from geolls.study.facts import Each

__all__ = ["Cover", "Drawn", "Said", "cover", "many_here", "resolve", "schools_of", "texts"]

MOST_CALLOUTS = 4
_LABELS = {n: REASON_LABELS[key] for key, n in REASON_NUMBERS.items()}
_PHRASES = {n: REASON_PHRASES[key] for key, n in REASON_NUMBERS.items()}


def texts(values: Any) -> list[str]:
    """Return a column as text, "" where it is blank."""
    # A list first: walking an arrow column costs ten times as much.
    return ["" if v is None or v != v else str(v) for v in values.tolist()]


def schools_of(n: Interval) -> str:
    """Write how many schools.

    Examples
    --------
    >>> schools_of(Interval(1, 1)), schools_of(Interval(0, 1)), schools_of(Interval(2, 7))
    ('1 school', '0 to 1 school', '2 to 7 schools')
    """
    return f"{span(n, count)} school{'s' * (n.high != 1)}"


class Cover:
    """How a layer covers the blocks of a map.

    Parameters
    ----------
    spec : LayerSpec
        The layer.
    blocks : tuple of str
        The blocks, in the map's order.

    Attributes
    ----------
    codes, names : list of str
        The units.
    units, at : dict of str to int
        Code to position; with the reasons.
    of : list of int
        For each block the position of its unit; beyond the units a mix; a reason below 0.
    on : dict of str to int
        The same by block.
    mixes : list of list of int
        Units that share land, reasons among them.
    low : list of int
        Blocks whose evidence is of low confidence.
    """

    def __init__(self, spec: LayerSpec, blocks: tuple[str, ...]) -> None:
        self.codes = texts(spec.units.index)
        self.names = texts(spec.units["unit_name"])
        self.units = {code: i for i, code in enumerate(self.codes)}
        self.at = self.units | REASON_NUMBERS
        unit = spec.claims["unit_code"].map(self.at)
        for bad in spec.claims.loc[unit.isna(), "unit_code"]:
            raise MapError(
                f"layer {spec.key}: a claim names {bad!r}, which is not among its units",
                fix=suggest(str(bad), self.codes),
            )
        block = spec.claims["block"].map({block: i for i, block in enumerate(blocks)})
        known = block.notna()
        unit, block = unit[known].astype(int), block[known].astype(int)
        met: list[set[int]] = [set() for _ in blocks]
        for b, u in zip(block.tolist(), unit.tolist(), strict=True):
            met[b].add(u)
        mixes: dict[tuple[int, ...], int] = {}
        self.of = [
            mixes.setdefault(tuple(sorted(m)), len(self.codes) + len(mixes))
            if len(m) > 1
            else min(m, default=-1)
            for m in met
        ]
        self.on = dict(zip(blocks, self.of, strict=True))
        self.mixes = [list(m) for m in mixes]
        confidence = spec.claims.get("confidence", pd.Series("", spec.claims.index))
        doubtful = (confidence[known] == "low") & (unit >= 0)
        self.low: list[int] = sorted(set(block[doubtful].tolist()))

    def claimants(self, unit: int) -> list[int]:
        """Return the units of a position: the unit itself, or those of a mix."""
        shared = unit - len(self.codes)
        return self.mixes[shared] if shared >= 0 else [unit]

    def name(self, unit: int) -> str:
        """Return a unit's name, the names of those that share land, or why there is none."""
        if unit < 0:
            return _LABELS[unit]
        return " and ".join(self.names[u] for u in self.claimants(unit) if u >= 0)

    def blocks_of(self, unit: int) -> list[int]:
        """Return the blocks a unit claims, shared ones too."""
        return [b for b, u in enumerate(self.of) if unit in self.claimants(u)]

    def units_on(self, blocks: Sequence[int]) -> list[int]:
        """Return the units with land on some blocks."""
        return sorted({u for b in blocks for u in self.claimants(self.of[b]) if u >= 0})


class Said(NamedTuple):
    """What a map says while it is shaded in one way.

    Attributes
    ----------
    finding : str
        What heads it; empty where nothing is shaded.
    shows, means_not : str
        Its caption.
    """

    finding: str
    shows: str
    means_not: str


cover = lru_cache(maxsize=128)(Cover)  # worked out once for all maps that draw a layer


@dataclass(frozen=True, eq=False)
class Drawn:
    """A recipe resolved against its data: what is really there to draw.

    Parameters
    ----------
    recipe, data
        What was asked for, and with what.
    layers, measures : list
        Those on the map.
    on : list of str
        Keys of the layers drawn at first.
    shades : list of (str, str)
        Key and title of what is offered under "Shade by".
    words : dict
        Fills the recipe's texts.
    """

    recipe: Recipe
    data: MapData
    layers: list[LayerSpec]
    on: list[str]
    measures: list[Measure]
    shades: list[tuple[str, str]]
    words: dict[str, str]

    def text(self, name: str) -> str:
        """Return a text of the recipe, filled in."""
        return self.recipe.fill(getattr(self.recipe, name), self.words)

    def said(self, shade: str) -> Said:
        """Return what the map says while it is shaded by a measure, by coverage or by nothing."""
        shown = {*self.on, shade.partition(":")[2]}
        known = (spec.part for spec in self.layers if spec.key in shown)
        shows, means_not = self.text("shows"), _sentences(self.text("means_not"), *known)
        if spec := self.covering(shade):
            return Said(
                self._covered(spec),
                _sentences(_COVERAGE.format(title=spec.title), shows),
                _sentences(_GAP, means_not),
            )
        measure = next((m for m in self.measures if m.key == shade), None)
        if measure is None:
            both = _SWIPE if shade == "swipe" else _NOTHING
            return Said("", _sentences(both, shows), means_not or _OVERLAP)
        layer = self.layer(measure.layer) or self.areas
        words = {"{unit}": small(layer.title), "{units}": small(layer.plural)}
        own = measure.shows
        for word, text in words.items():
            own = own.replace(word, text)
        note = measure.note.replace("{unit}", words["{unit}"])
        return Said(
            self._finding(measure, layer), _sentences(own, shows), _sentences(note, means_not)
        )

    def _finding(self, measure: Measure, spec: LayerSpec) -> str:
        """Say of how many units of the map a measure's finding is true."""
        codes = self.cover(spec).codes
        if measure.counted:
            return self._counted(measure, *measure.counted)
        many, n = measure.holds([codes[u] for u in self.units_here(spec)])
        if not measure.finding or not n:
            return ""
        whole = measure.since is not None and measure.since == round(measure.since)
        since = say(
            measure.since, "count" if whole and measure.format == "number" else measure.format
        )
        return measure.finding.format(where=self._where(many, n, spec), since=since)

    def _counted(self, measure: Measure, one: str, many: str) -> str:
        """Say how many schools of how many units do what a measure counts."""
        parts = [n for _, n in self.parted(measure)]
        spec, here = self.require(measure.layer), "" if self.england else " here"
        codes = self.cover(spec).codes
        least = not measure.may.isdisjoint(codes[u] for u in self.units_here(spec))
        if not parts:
            return f"{'It is not known which schools' if least else 'No areas'}{here} {many}"
        n, more = total(parts), " or more" * least
        where = f"in {len(parts):,}{more} place{'s' * (len(parts) > 1 or least)}"
        if n.high == 1 and not least:
            return f"1 school {where} {one}"
        return f"{span(n, count)}{more} schools {where} {many}"

    def parted(self, measure: Measure) -> list[tuple[str, Interval]]:
        """Return the units that a measure tells of and that have schools here, largest first."""
        spec = self.require(measure.layer)
        here = {self.cover(spec).codes[u] for u in self.units_here(spec)}
        told = ((code, n) for code, n in self.tallied(spec).items() if code in here and n.high > 0)
        name = spec.units["unit_name"]
        parts = [(code, n) for code, n in told if measure.by_code.get(code) in measure.told]
        return sorted(parts, key=lambda part: (-part[1].high, str(name[part[0]])))

    def tallied(self, spec: LayerSpec) -> dict[str, Interval]:
        """Count the schools of each unit of a layer that the map is about."""
        codes = self.cover(spec).codes
        if not self.england:
            return {codes[u]: n for u, n in self.counts(spec).items() if u >= 0}
        ends = (spec.units[f"count_{end}"] for end in Interval._fields)
        return dict(zip(codes, map(Interval, *ends), strict=True))

    def _where(self, ends: Interval, n: int, spec: LayerSpec) -> str:
        """Say of how many of the map's units something is true, at least and at most."""
        units = small(spec.plural if n > 1 else spec.title)
        here = "" if self.england else " here"
        if not ends.certain:
            return f"In {span(ends, count)} of {n:,} {units}{here}"
        many = int(ends.low)
        if n == 1:
            return f"In the one {units}{here}" if many else f"Nowhere in the one {units}{here}"
        if many in (0, n):
            return f"In {'all' if many else 'none of the'} {n:,} {units}{here}"
        return f"In {many:,} of {n:,} {units}{here}"

    def _covered(self, spec: LayerSpec) -> str:
        """Say how many of the map's areas have land of one unit alone, and how many have not."""
        base = self.authorities if self.areas is spec else self.areas
        met: dict[int, set[int]] = {}
        found = self.cover(spec)
        for b, (u, area) in enumerate(zip(found.of, self.cover(base).of, strict=True)):
            if self.inside[b] and 0 <= area < len(base.units):
                met.setdefault(area, set()).add(u)
        if not met or base is spec:
            return ""
        # Of shared land one of the units that are listed may have all.
        one = [set.intersection(*(set(found.claimants(u)) for u in us)) for us in met.values()]
        most = sum(any(u >= 0 for u in units) for units in one)
        sure = sum(len(us) == 1 and 0 <= min(us) < len(spec.units) for us in met.values())
        where = self._where(Interval(sure, most), len(met), base)
        return f"{where}, one {spec.title} has all of the land"

    def callouts(self, shade: str) -> tuple[Callout, ...]:
        """Point at up to four areas of England that stand out in a shading, by one rule."""
        covered, measure = (
            self.covering(shade),
            next((m for m in self.measures if m.key == shade), None),
        )
        if not self.england or (covered is None and measure is None):
            return ()
        if covered is not None:
            return self._gaps(covered)
        assert measure is not None
        spec, high = self.require(measure.layer), measure.highest(MOST_CALLOUTS)
        names = spec.units["unit_name"]
        return tuple(Callout(spec.key, code, str(names[code]), text) for code, text in high)

    def _gaps(self, spec: LayerSpec) -> tuple[Callout, ...]:
        """Return a call-out for each area without a known unit, where they are few."""
        areas = self.areas
        known = set(spec.claims.loc[spec.claims["unit_code"] != "no_evidence", "block"])
        land = areas.claims[areas.claims["unit_code"].isin(areas.units.index)]
        reached = land["block"].isin(known).groupby(land["unit_code"]).any()
        gaps = reached.index[~reached].tolist()
        if not 0 < len(gaps) <= MOST_CALLOUTS:
            return ()
        what, rows = f"no {spec.title.split()[-1].lower()} found", areas.units.reindex(gaps)
        said = [f"{what}, {say(n, 'count')} schools" for n in rows.get("count", [])]
        found = zip(gaps, rows["unit_name"], said or [what] * len(gaps), strict=True)
        return tuple(Callout(areas.key, str(code), str(name), text) for code, name, text in found)

    def layer(self, key: str) -> LayerSpec | None:
        """Return a layer of the map by its key."""
        return next((s for s in self.layers if s.key == key), None)

    def require(self, key: str) -> LayerSpec:
        """Return a layer that the map is sure to have."""
        return next(s for s in self.layers if s.key == key)

    def cover(self, spec: LayerSpec) -> Cover:
        """Return how a layer covers the map's blocks."""
        return cover(spec, self.data.topology.blocks)

    @property
    def england(self) -> bool:
        """Whether the map is about the whole country."""
        return self.recipe.scope == "england"

    @cached_property
    def areas(self) -> LayerSpec:
        """The layer whose units are pointed at and listed."""
        return next(s for s in self.layers if s.key == self.recipe.areas)

    @cached_property
    def measure(self) -> Measure | None:
        """The measure that is shaded at first."""
        return next((m for m in self.measures if m.key == self.recipe.shade), None)

    @cached_property
    def active(self) -> LayerSpec:
        """The layer whose units are filled: the shaded one, else the recipe's."""
        measured = self.measure.layer if self.measure else ""
        return self.layer(measured) or self.covering(self.recipe.shade) or self.areas

    def covering(self, shade: str) -> LayerSpec | None:
        """Return the layer that a shade such as "coverage:maths_hub" is about."""
        return next((s for s in self.layers if shade == f"coverage:{s.key}"), None)

    @property
    def swipe(self) -> list[str]:
        """The two layers behind a line that can be moved, where both are there."""
        found = [key for key in self.recipe.swipe if self.layer(key)]
        return found if len(found) == 2 else []

    @property
    def table(self) -> list[Measure]:
        """The measures of the table twin, in the recipe's order."""
        told = self.recipe.table or tuple(m.key for m in self.measures)
        wanted = dict.fromkeys((*told, *(key for key, _ in self.shades)))
        ours = {m.key: m for m in self.measures if m.layer == self.areas.key}
        return [ours[key] for key in wanted if key in ours]

    @cached_property
    def place_blocks(self) -> list[int]:
        """The positions of the place's blocks."""
        at, place = self.data.topology.at, self.data.place
        return sorted(at[b] for b in place.blocks if b in at) if place else []

    @cached_property
    def members(self) -> pd.DataFrame | None:
        """The schools the map is about: of the trust, of the place, or of England."""
        table = self.data.schools
        if table is not None and self.data.trust is not None:
            return table[table["trust_uid"] == self.data.trust]
        return table[table["here"].astype(bool)] if table is not None and "here" in table else table

    @cached_property
    def marked(self) -> pd.DataFrame:
        """Those of them that are marked at first."""
        if self.members is None or not (self.recipe.schools_on or self.recipe.scope == "trust"):
            return pd.DataFrame({"kind": [], "easting": [], "northing": []})
        table = self.members.dropna(subset=["easting", "northing"])
        kinds = self.recipe.schools
        return table if self.recipe.scope == "trust" else table[table["kind"].isin(kinds)]

    @cached_property
    def tally(self) -> Counter[str]:
        """How many schools of each kind the map is about, drawn or not: what its legends count."""
        return Counter() if self.members is None else Counter(self.members["kind"])

    @property
    def authorities(self) -> LayerSpec:
        """The layer whose edges and names the land round about has."""
        return self.layer("local_authority") or self.areas

    @cached_property
    def inside(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which blocks the map is about; the rest is drawn pale."""
        out = np.full(len(self.data.topology.blocks), self.england)
        out[self.place_blocks] = True
        if self.recipe.scope == "trust":
            out |= np.isin(self.cover(self.areas).of, list(self.counts(self.areas)))
        return out

    @cached_property
    def home(self) -> int | None:
        """The unit of the areas that is the trust's home."""
        trusts, names = self.data.trusts, self.cover(self.areas).names
        homes = {} if trusts is None or "home" not in trusts else trusts["home"].to_dict()
        home = homes.get(self.data.trust)
        return names.index(home) if home in names else None

    def units_of(self, spec: LayerSpec, schools: pd.DataFrame) -> list[int | None]:
        """Return the unit of each school: its own where it is known, else its block's."""
        found, none = self.cover(spec), [None] * len(schools)
        own = schools[spec.key].tolist() if spec.key in schools else none
        blocks = schools["block"].tolist() if "block" in schools else none
        pairs = zip(own, blocks, strict=True)
        return [found.units.get(code, found.on.get(block)) for code, block in pairs]

    @cached_property
    def _held(self) -> Mapping[str, list[int | None]]:
        """Layer to the unit of each school that the map is about."""
        layers = {spec.key: spec for spec in self.layers}
        members = self.members
        return Each(layers, lambda k: [] if members is None else self.units_of(layers[k], members))

    def counts(self, spec: LayerSpec) -> dict[int, Interval]:
        """Count the schools the map is about in each unit of a layer: at least, at most."""
        found, units = self.cover(spec), self._held[spec.key]
        known = [found.claimants(unit) for unit in units if unit is not None]
        most = Counter(u for claimants in known for u in claimants)
        least = Counter(u for claimants in known if len(claimants) == 1 for u in claimants)
        return {u: Interval(least[u], n) for u, n in most.items()}

    def lists_here(self, spec: LayerSpec) -> set[frozenset[int]]:
        """Return who is listed for some land of the place, or has a school of the trust; or all."""
        found = self.cover(spec)
        if self.data.place is not None:
            units = [found.of[block] for block in self.place_blocks]
        elif self.data.trust is not None:
            units = [unit for unit in self._held[spec.key] if unit is not None]
        else:
            units = list(range(len(spec.units)))
        return {frozenset(found.claimants(unit)) for unit in units if unit >= 0}

    @property
    def units_word(self) -> str:
        """What `units_here` counts, in words: by land of the place, or by schools of the trust."""
        if self.data.place is not None:
            return "units by land"
        return "units" if self.data.trust is None else "units by its schools"

    def units_here(self, spec: LayerSpec) -> list[int]:
        """Return the units of a layer on the map: all, or those of the place or of the trust."""
        return sorted(frozenset().union(*self.lists_here(spec)))

    @cached_property
    def focus(self) -> Box:
        """What to frame, in metres: schools of a trust or a list, land of a place, all blocks."""
        data, topo = self.data, self.data.topology
        loose = data.trust is not None or (data.place is not None and not data.place.has_land)
        if loose and self.members is not None:
            own = self.members[["easting", "northing"]].to_numpy(float)
            own = own[~np.isnan(own).any(axis=1)]
            if len(own):
                pad = max(
                    8_000.0 if data.trust else 1_500.0, 0.08 * float(np.ptp(own, axis=0).sum())
                )
                (west, south), (east, north) = own.min(axis=0).tolist(), own.max(axis=0).tolist()
                return west - pad, south - pad, east + pad, north + pad
        bounds = topo.bounds[self.place_blocks] if self.place_blocks else topo.bounds
        low, high = np.nanmin(bounds[:, :2], axis=0), np.nanmax(bounds[:, 2:], axis=0)
        return tuple(np.r_[low, high].tolist())


def many_here(maps: Sequence[Drawn], spec: LayerSpec) -> Interval:
    """Count the units of a layer on some maps: at least, at most, where several list the same."""
    lists = set().union(*(drawn.lists_here(spec) for drawn in maps))
    return Interval(fewest(lists), len(frozenset().union(*lists)))


def _require(key: str, known: Mapping[str, Any], what: str) -> None:
    """Raise where what a recipe asks for is not there; name the nearest."""
    if key and key not in known:
        raise MapError(
            f"the recipe asks for {what} {key!r}, which this map's data lacks",
            fix=suggest(key, known) or f"there are {', '.join(known) or 'none'}",
        )


def resolve(recipe: Recipe | str | Path, data: MapData) -> Drawn:
    """Find out what of a recipe the data can draw.

    Parameters
    ----------
    recipe : Recipe, str or Path
        What is asked for: a recipe, its name on the shelf, or a path to one.
    data : MapData
        With what.

    Returns
    -------
    Drawn
        For screen and paper alike.

    Raises
    ------
    MapError
        The recipe asks for what the data lacks.
    """
    recipe = (recipe if isinstance(recipe, Recipe) else load_recipe(recipe)).given()
    if recipe.scope == "england" and data.place is not None:  # a place fills it, and is counted
        title = recipe.title if "{place}" in recipe.title else recipe.title + ": {place}"
        recipe = replace(recipe, scope="place", title=title, inset="")
    for scope, given in (("place", data.place), ("trust", data.trust)):
        if recipe.scope == scope and given is None:
            raise MapError(f"the map {recipe.key} needs a {scope}", fix=f"name one with --{scope}")
    layers = {spec.key: spec for spec in data.layers}
    if not layers:
        raise MapError("a map needs at least one layer")
    _require(recipe.areas, layers, "layer")
    offered = [key for key in recipe.layers if key in layers] or list(layers)
    offered += [m.layer for m in data.measures if m.counted and m.layer not in offered]
    if recipe.areas not in offered:
        offered.insert(0, recipe.areas)
    measures = {m.key: m for m in data.measures if m.layer in offered}
    covers = {f"coverage:{key}": f"{layers[key].title} coverage" for key in offered}
    titles = {key: m.title for key, m in measures.items()} | covers
    # Whoever brings a layer wants to see where it stands.
    own = [key for key in offered if recipe.scope == "place" and layers[key].family == "user"]
    own += [key for key in offered if data.place is not None and key == data.place.layer]
    _require(recipe.shade, titles, "measure")
    wanted = [key for key in recipe.measures if key in titles] or list(measures)
    return Drawn(
        recipe=recipe,
        data=replace(data, land=data.topology),  # it keeps what the first has worked out: its arcs
        layers=[layers[key] for key in offered],
        on=list(dict.fromkeys([*(key for key in recipe.on if key in offered), *own])),
        measures=list(measures.values()),
        shades=[(key, titles[key]) for key in wanted],
        words=_words(recipe, data, layers),
    )


def _words(recipe: Recipe, data: MapData, layers: Mapping[str, LayerSpec]) -> dict[str, str]:
    """Return what fills a recipe's texts: the data's own words, and what follows from it."""
    words = {"place": data.place.name if data.place else "England"}
    if data.trust is not None and data.trusts is not None:
        words["trust"] = str(data.trusts["trust_name"].get(data.trust, data.trust))
    for word in ("layer", "left", "right"):
        spec = layers.get(str(recipe.options.get(word, recipe.areas)))
        one, many = (spec.title, small(spec.plural)) if spec else ("", "")
        words |= {word: one, f"{word}s": many}
    for word in {"from", "to"} & recipe.options.keys():
        with contextlib.suppress(ValueError):
            words[word] = day(date.fromisoformat(str(recipe.options[word])))
    if "distance_km" in recipe.options:
        words["distance_km"] = f"{float(recipe.options['distance_km']):g}"
    return words | dict(data.words or {})


_NOTHING = "Nothing is shaded: lines say where the units of a layer end, marks are schools."
_OVERLAP = "Lines that cross are not failure: they show which bodies must talk."
_SWIPE = "The same land on both sides of the line: move it to see where they differ."
_COVERAGE = (
    "How the land is covered: by one {title}, by several that share it along a line not "
    "to hand, by one on evidence of low confidence, or by none that we found."
)
_GAP = "None found is a gap in our lists, not proof that nobody serves the area."


def _sentences(*texts: str) -> str:
    """Join sentences; what is said already is not said again."""
    said = ""
    for text in texts:
        said = f"{said} {text}".strip() if text not in said else said
    return said


def cover_words(layer: Cover, areas: Cover) -> dict[str, str]:
    """Say for each area which units of a layer cover it, or why none does."""
    low, met = set(layer.low), dict[int, dict[str, None]]()
    for b, (u, a) in enumerate(zip(layer.of, areas.of, strict=True)):
        text = _PHRASES[u] if u < 0 else layer.name(u)
        doubt = " (shared)" if u >= len(layer.codes) else " (low confidence)" if b in low else ""
        met.setdefault(a, {})[text + doubt] = None
    return {areas.codes[a]: "; ".join(met[a]) for a in met if 0 <= a < len(areas.codes)}
