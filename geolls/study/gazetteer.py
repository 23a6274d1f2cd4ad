"""Find a place by name or code, forgiving its spelling, and say when a name fits several."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from geolls.base.errors import UnknownNameError
from geolls.base.text import begun, fold, suggest
from geolls.layers.areas import Areas, now_in
from geolls.layers.catalogue import layer_said, lists
from geolls.layers.model import Layer
from geolls.measures.membership import Membership
from geolls.study.towns import suggest_places

__all__ = ["Gazetteer", "Place", "SeveralNamesError"]

# Where a bare name fits units of several layers that are the same land, the first of these wins.
_ORDER = ("local_authority", "district", "combined_authority", "region")
_PLACES = (
    'a place is an area ("Leeds"), a unit ("region:North East"), a town ("town:Ashington"), a '
    'distance ("NE63 9,5km") or a file of URNs or postcodes'
)
_COUNCILS = ("local_authority", "district")


class SeveralNamesError(UnknownNameError):
    """A name that several places have, or that begins several names; the fix says which."""


@dataclass(frozen=True)
class Place:
    """What a page is about: one unit of a layer, a set of schools with a name.

    Attributes
    ----------
    layer, unit_code, name : str
        The unit.
    blocks : tuple of str
        The blocks it claims, in whole or in part; of a unit without land, those in which its
        schools stand.
    note : str
        How it was read where a name fits several, in words; empty when there is nothing to say.
    has_land : bool
        Whether it is land; a list of schools is none.
    """

    layer: str
    unit_code: str
    name: str
    blocks: tuple[str, ...]
    note: str = ""
    has_land: bool = True


class Gazetteer:
    """Every unit of the area layers, by name.

    Parameters
    ----------
    layers : mapping of str to Layer
        The area layers, by key.
    land : mapping of str to Membership
        Which unit of each has which block.
    on : datetime.date
        The day, for messages.
    areas : Areas
        The succession table, for what became of an area that has ended.
    otherwise : callable, optional
        What else a bare name may mean: a town.
    """

    def __init__(
        self,
        layers: Mapping[str, Layer],
        land: Mapping[str, Membership],
        on: date,
        areas: Areas,
        otherwise: Callable[[str], Place | None] = lambda _: None,
    ) -> None:
        self.on, self.areas, self.otherwise = on, areas, otherwise
        self._layers = layers
        self.places: dict[str, list[Place]] = {}
        self._by_name: dict[str, list[Place]] = defaultdict(list)
        for key, layer in layers.items():
            blocks = land[key].frame("block", reasons=False).groupby(["unit_name", "unit_code"])
            found = [
                Place(key, str(code), str(name), tuple(held))
                for (name, code), held in blocks["block"]
            ]
            self.places[key] = found
            once: dict[str, list[tuple[float, Place]]] = defaultdict(list)
            for place in found:
                for name in {fold(place.name), fold(place.unit_code)}:
                    self._by_name[name].append(place)
                unit = layer.units.get(place.unit_code)
                for alias in unit.aliases if unit else ():
                    once[fold(alias.name)].append((alias.days_from(on), place))
            # Where a published code was used again, the unit seen under it nearest to the day.
            for name, seen in once.items():
                nearest = min(days for days, _ in seen)
                meant = {place for days, place in seen if days == nearest}
                self._by_name[name] += meant.difference(self._by_name[name])

    def find(self, text: str, layer: str | None = None) -> Place:
        """Find a place by name or code, in one layer or in any.

        Raises
        ------
        UnknownNameError
            When nothing has that name, or several units that are not the same land do; of an area
            that has ended, or has not begun, it says so, and what has its land on the day.
        """
        authority = self.areas.by_la_code(text, self.on) if text.strip() else None
        asked = fold(authority.code if authority else text)
        hits = [p for p in self._by_name.get(asked, ()) if layer in (None, p.layer)]
        if not hits:
            for area in self.areas.ended(text, self.on):
                heirs = self.areas.holders(area, self.on)
                if layer in (None, area.tier):
                    raise UnknownNameError(
                        f"{area.name} {now_in(area, heirs)}",
                        where="--place",
                        fix=f"ask for {' or '.join(heir.name for heir in heirs)}",
                    )
            for area in self.areas.named(text):
                if area.first > self.on and layer in (None, area.tier):
                    before = self.areas.holders(area, self.on)
                    raise UnknownNameError(
                        f"{area.name} begins {area.valid_from}, after {self.on}",
                        where="--place",
                        fix=f"ask for {' or '.join(a.name for a in before)}, or another day",
                    )
            if layer is None and (found := self.otherwise(text)):
                return found
            names = {p.name for k, ps in self.places.items() if layer in (None, k) for p in ps}
            if whole := begun(text, names):
                return replace(self.find(whole, layer), note=f"{text} is read as {whole}")
            if layer is None and (said := layer_said(text, self._layers.values())):
                return self.find(said[0], said[1].key)
            near = suggest_places(text, names, self.on, self.areas)
            raise UnknownNameError(
                f"no place called {text.strip()!r} on {self.on}",
                where="--place",
                fix=suggest(text, sorted(names)) or lists(layer) if layer else near or _PLACES,
            )
        order = {key: at for at, key in enumerate(_ORDER)}
        hits.sort(key=lambda p: (order.get(p.layer, len(order)), p.layer, p.unit_code, p.name))
        first = hits[0]
        distinct = {p.blocks: f"{p.layer}:{p.name}" for p in reversed(hits)}
        namesakes = {p.unit_code for p in hits if p.layer == first.layer}
        if len(distinct) > 1 and (first.layer not in _COUNCILS or len(namesakes) > 1):
            which = ", ".join(f'"{name}"' for name in sorted(distinct.values()))
            raise SeveralNamesError(
                f"{text.strip()!r} is the name of {len(distinct)} different places",
                where="--place",
                fix=f"say which: {which}",
            )
        others = sorted(name for blocks, name in distinct.items() if blocks != first.blocks)
        if not others:
            return first
        reading = f"{first.name} is read as {first.layer}:{first.name}"
        return replace(first, note=f"{reading}; also {', '.join(others)}")
