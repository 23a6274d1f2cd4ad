"""Find a town by name, and tell apart those of one name by the area in which they lie."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from geolls.base.errors import UnknownNameError
from geolls.base.shelves import shelf
from geolls.base.text import fold, nearest, suggest
from geolls.land.locate import to_bng
from geolls.layers.areas import Areas, beyond, beyond_names

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CREDIT",
    "SOURCE",
    "Town",
    "district_of",
    "one_town",
    "suggest_places",
    "towns",
    "towns_called",
]

# Districts in GeoNames' list of towns, or with a district's people; maps name no town so.
_DISTRICTS: Final = frozenset(
    {"Brent", "City of Westminster", "Fylde", "High Peak", "Mendip", "Rossendale", "Saint Peters"}
)
CREDIT: Final = "Towns: GeoNames, CC BY 4.0."

SOURCE: Final = "GeoNames (geonames.org), CC BY 4.0: places of 1,000 residents or more"
# A town so many times as large as each other of its name is meant where none is named.
_PLAINLY: Final = 5
_SHOWN: Final = 6


class Town(NamedTuple):
    """A place with 1,000 residents or more: where its middle is, and the block it lies in."""

    name: str
    lon: float
    lat: float
    population: int
    block: str

    @property
    def xy(self) -> tuple[float, float]:
        """Easting and northing, whole metres in EPSG:27700, as maps draw it."""
        east, north = to_bng(self.lon, self.lat)
        return float(round(east)), float(round(north))


@cache
def _towns() -> dict[str, list[Town]]:
    """Return the towns of England by folded name, the largest of each name first."""
    found: dict[str, list[Town]] = {}
    with (shelf("boundaries") / "towns.csv").open(encoding="utf-8", newline="") as file:
        for name, lon, lat, population, block, _ in list(csv.reader(file))[1:]:
            town = Town(name, float(lon), float(lat), int(population), block)
            found.setdefault(fold(name), []).append(town)
    return found


@cache
def towns() -> pd.DataFrame:
    """Return the towns that maps name, the first to be named first: metres in EPSG:27700.

    Returns
    -------
    pandas.DataFrame
        name, people, block, easting, northing. A part of London has a tenth of its people: the
        name of London comes first.
    """
    import pandas as pd

    found = [town for held in _towns().values() for town in held]
    table = pd.DataFrame([town for town in found if town.name not in _DISTRICTS])
    part = table["block"].str.startswith("E09") & (table["name"] != "London")
    people = table["population"].where(~part, table["population"] // 10)
    east, north = to_bng(table["lon"].to_numpy(), table["lat"].to_numpy())
    table = table.assign(people=people, easting=east.round(), northing=north.round())
    table = table.sort_values(["people", "name"], ascending=[False, True], ignore_index=True)
    return table[["name", "people", "block", "easting", "northing"]]


def towns_called(name: str) -> list[Town]:
    """Return the towns of a name, else those whose name begins or ends with it; largest first.

    Examples
    --------
    >>> [town.name for town in towns_called("hull")]
    ['Kingston upon Hull']
    """
    towns, asked = _towns(), fold(name)
    if asked in towns or not asked or beyond(name):
        return towns.get(asked, [])
    begin = [t for key, held in towns.items() if key.startswith(f"{asked} ") for t in held]
    end = [t for key, held in towns.items() if key.endswith(f" {asked}") for t in held]
    return sorted(begin or end, key=lambda town: -town.population)


def district_of(town: Town, on: date, areas: Areas) -> str:
    """Return the name of the district in which a town lies on a day."""
    return next((a.name for a in areas.alive("district", on) if town.block in a.blocks), "")


def one_town(text: str, on: date, areas: Areas) -> tuple[Town, str, str]:
    """Return the town that a person means, its district, and what others there are, in words.

    Parameters
    ----------
    text : str
        A name, or a name and the district, authority or region it lies in: "Newport, Isle of
        Wight".
    on : datetime.date
        The day on which areas are named.
    areas : Areas
        The succession table.

    Raises
    ------
    UnknownNameError
        When no town has that name, or several do of which none is plainly the largest.
    """
    found = towns_called(text)
    name, comma, inside = text.rpartition(",")
    if comma and not found:
        within = {block for area in areas.find(inside, on) for block in area.blocks}
        found = [town for town in towns_called(name) if town.block in within]
    if not found:
        raise UnknownNameError(
            f"no town of 1,000 residents or more is called {text.strip()!r}",
            where="--place",
            fix=suggest_places(name or text, (), on, areas),
        )
    first, *others = found
    told = [f"{town.name}, {district_of(town, on, areas)}" for town in found]
    if others and first.population < _PLAINLY * others[0].population:
        more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
        which = ", ".join(f'"town:{one}"' for one in told[:_SHOWN])
        raise UnknownNameError(
            f"{len(found)} towns are called {text.strip()!r}",
            where="--place",
            fix=f"say which: {which}{more}",
        )
    also = f"; there is also {' and '.join(told[1:_SHOWN])}" if others else ""
    return first, district_of(first, on, areas), also


def suggest_places(text: str, names: Iterable[str], on: date, areas: Areas) -> str | None:
    """Say where a name beyond England is, or else "did you mean A or B?" of names and of towns."""
    if abroad := beyond(text):
        return abroad
    known, towns = set(names), {held[0].name: held[0] for held in _towns().values()}
    here = [*sorted(known), *towns]
    if (near := nearest(text, [*here, *beyond_names()], n=1)) and near[0] not in here:
        return f"did you mean {near[0]}? {beyond(near[0])}"

    def called(name: str) -> str:
        return name if name in known else f"{name} (town in {district_of(towns[name], on, areas)})"

    return suggest(text, here, called)
