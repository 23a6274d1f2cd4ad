"""The catalogue: all layers at hand, found by forgiving names, their areas settled by code.

`reader` reads one folder; this room gathers the shelf and a user's folders.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from geolls.base.errors import CatalogueError
from geolls.base.shelves import shelf
from geolls.base.text import fold, suggest
from geolls.base.vocabulary import FAMILIES
from geolls.layers.areas import Area, Areas, load_areas, now_in
from geolls.layers.model import Claim, Layer, Problem
from geolls.layers.reader import Row, read_layer

__all__ = ["Catalogue", "layer_folders", "load_catalogue", "settle", "shelf_folders"]


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name.casefold()).strip()


@dataclass(frozen=True)
class Catalogue:
    """All layers at hand, in reading order: by family, then as the layers ask."""

    layers: Mapping[str, Layer]

    def get(self, key: str) -> Layer:
        """Return the layer a person means by `key`: its key, title, unit title or an alias.

        Raises
        ------
        CatalogueError
            When nothing, or more than one layer, goes by that name.
        """
        if key in self.layers:
            return self.layers[key]
        hits = [
            x
            for x in self.layers.values()
            if _plain(key)
            in map(_plain, (x.key, x.title, x.unit_title, x.unit_title_plural, *x.aliases))
        ]
        if len(hits) > 1:
            raise CatalogueError(
                f"{key!r} names several layers", fix=f"write {' or '.join(x.key for x in hits)}"
            )
        if not hits:
            raise CatalogueError(
                f"no layer is called {key!r}",
                fix=suggest(key, self.layers) or "`geolls layers` lists them all",
            )
        return hits[0]


# ---- loading


def load_catalogue(extra: Sequence[Path] = (), areas: Areas | None = None) -> Catalogue:
    """Read the boundaries shelf and a user's own layers.

    Parameters
    ----------
    extra : sequence of pathlib.Path, optional
        Folders given with `--boundaries`: each a layer folder, or a folder of layer folders.
    areas : Areas, optional
        The succession table by which a user's areas are settled; default the shelf's.

    Returns
    -------
    Catalogue
        One `Layer` per folder with a layer.toml; a user's own takes the place of a layer of the
        shelf that takes part only where it is named.

    Raises
    ------
    CatalogueError
        At the first fault; `checks.check` lists them all.
    """
    if not extra:
        return _shelf_catalogue()
    layers = dict(_shelf_catalogue().layers)
    for folder in layer_folders(extra):
        layer, problems = read_layer(folder, own=True)
        if layer is not None and layer.key in layers and layers[layer.key].default:
            problems.append(
                Problem.at(folder / "layer.toml", f"there is a layer {layer.key!r} already")
            )
        sound = _sound(layer, problems)
        layers[sound.key] = _sound(*settle(sound, areas or load_areas()))
    return _in_order(layers.values())


@lru_cache(maxsize=1)
def _shelf_catalogue() -> Catalogue:
    return _in_order(_sound(*read_layer(folder)) for folder in shelf_folders())


def shelf_folders() -> list[Path]:
    """Return the layer folders of the shelf; `block` holds the blocks themselves."""
    files = shelf("boundaries").glob("*/layer.toml")
    return sorted(file.parent for file in files if file.parent.name != "block")


def layer_folders(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the layer folders among a user's folders, and in them.

    Parameters
    ----------
    paths : iterable of pathlib.Path
        Each a layer folder, or a folder of layer folders.

    Raises
    ------
    CatalogueError
        One of them is neither.
    """
    for path in paths:
        try:
            found = [path] if (path / "layer.toml").is_file() else []
            found = found or sorted(file.parent for file in path.glob("*/layer.toml"))
            there = path.is_dir()
        except OSError as error:  # a name that is too long, a folder that may not be read
            raise CatalogueError(
                f"cannot be read ({error.strerror})", where=str(path)[:300]
            ) from error
        if not found:
            raise CatalogueError(
                "no layer.toml here" if there else "no such folder",
                where=str(path),
                fix="a layer is a folder with a layer.toml (two keys will do: title and source)",
            )
        yield from found


def _in_order(layers: Iterable[Layer]) -> Catalogue:
    ranked = sorted(layers, key=lambda x: (FAMILIES.index(x.family), x.order, x.key))
    return Catalogue({layer.key: layer for layer in ranked})


def _sound(layer: Layer | None, problems: Sequence[Problem]) -> Layer:
    """Return a layer without errors; raise the first, and count the rest."""
    errors = [p for p in problems if p.severity == "error"]
    if layer is None or errors:
        first, *rest = errors
        more = f" (and {len(rest)} more: `geolls check` lists them all)" if rest else ""
        raise CatalogueError(
            first.message, where=first.where, fix=f"{first.fix or ''}{more}" or None
        )
    return layer


# ---- names to codes


def settle(layer: Layer, areas: Areas) -> tuple[Layer, list[Problem]]:
    """Turn the area names of a user's layer into codes, and date codes that carry no date.

    Parameters
    ----------
    layer : Layer
        A layer as read.
    areas : Areas
        The succession table.

    Returns
    -------
    (Layer, list of Problem)
        The layer with an `area_code` and `codes_as_of` in every claim that could be settled, and
        one problem per claim that could not.

    Notes
    -----
    Without a stated date the areas are read on the latest day on which most of them were alive,
    so that a list of today's authorities and a list of 2018 both work as they stand.
    """
    problems: list[Problem] = []
    of_area = {c.row: c for c in layer.claims if c.area_code or c.area_name}
    undated = [c for c in of_area.values() if c.codes_as_of is None]
    day = _best_day(undated, areas) if undated else areas.newest
    for number, claim in of_area.items():
        on = claim.codes_as_of or day
        row = Row(layer.folder / "members.csv", number, problems)
        code = claim.area_code or _code_of(claim.area_name, on, areas, row)
        if _DFE.fullmatch(code):
            authority = areas.by_la_code(code, on)
            code = authority.code if authority else code
        of_area[number] = replace(claim, area_code=code, codes_as_of=on)
    return replace(layer, claims=tuple(of_area.get(c.row, c) for c in layer.claims)), problems


def _best_day(claims: Sequence[Claim], areas: Areas) -> date:
    """Return the latest day on which most of the areas that are claimed stood."""
    days = {areas.newest} | {a.valid_to for a in areas.rows if a.valid_to}
    lately = {day: day <= areas.newest for day in days}  # a day to come needs a reason
    lives: dict[str, list[Area]] = defaultdict(list)
    for area in areas.rows:
        lives[area.code].append(area)
        lives[fold(area.name)].append(area)
        if area.la_code:
            lives[area.la_code].append(area)
    rows = [lives[c.area_code or fold(c.area_name)] for c in claims]
    return max(
        days, key=lambda d: (sum(any(a.active(d) for a in row) for row in rows), lately[d], d)
    )


_DFE = re.compile(r"\d{3}")


def _code_of(name: str, on: date, areas: Areas, row: Row) -> str:
    """Return the code of the one area that a name means on a day; none is a fault of the row."""
    if _DFE.fullmatch(name):
        return name
    found = areas.find(name, on)
    # One name often stands for the same land in two tiers (Leeds): then either will do.
    if len({area.blocks for area in found}) == 1:
        return found[0].code
    if found:
        options = " or ".join(f"{a.code} ({a.tier.replace('_', ' ')})" for a in found)
        row.note(f"{name!r} names several areas", "area_name", f"write {options}")
    elif ended := areas.ended(name, on):
        area = ended[0]
        row.note(
            f"{area.name} {now_in(area, areas.holders(area, on))}",
            "area_name",
            f"name what has its land now, or set codes_as_of = {area.valid_to}",
        )
    else:
        row.note(
            f"no area was called {name!r} on {on}",
            "area_name",
            suggest(name, {a.name for a in areas.rows if a.active(on)}),
        )
    return ""
