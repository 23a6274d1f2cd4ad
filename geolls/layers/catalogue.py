"""The catalogue: all layers at hand, found by forgiving names, their areas settled by code.

`reader` reads one folder; this room gathers the shelf and a user's folders.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final

from geolls.base.archives import unpacked
from geolls.base.errors import CatalogueError, UnknownNameError
from geolls.base.shelves import shelf
from geolls.base.text import nearest, suggest
from geolls.base.vocabulary import FAMILIES
from geolls.layers.areas import Areas, load_areas
from geolls.layers.model import Layer, Problem
from geolls.layers.reader import POLYGON_FILES, read_layer
from geolls.layers.scenario import named_scenarios, read_scenario, scenarios_in, shipped
from geolls.layers.settle import settle

__all__ = [
    "Catalogue",
    "layer_folders",
    "layer_said",
    "lists",
    "load_catalogue",
    "of_schools",
    "shelf_folders",
]


_SAID = re.compile(r"(.+?),?\s+(ward|constituency)", re.IGNORECASE)
_CODED: Final = {"E05": "ward", "E14": "constituency"}


def of_schools(text: str) -> str:
    """Say as `layer:name` what is named as a ward or constituency; all else stays as it is.

    Examples
    --------
    >>> of_schools("Crofton Park ward"), of_schools("E14001234"), of_schools("Leeds")
    ('ward:Crofton Park', 'constituency:E14001234', 'Leeds')
    """
    if found := _SAID.fullmatch(text.strip()):
        return f"{found[2].lower()}:{found[1]}"
    coded = re.fullmatch(r"(E05|E14)\d{6}", text.strip(), re.IGNORECASE)
    return f"{_CODED[coded[1].upper()]}:{coded[0].upper()}" if coded else text


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name.casefold()).strip()


def _called(layer: Layer) -> set[str]:
    """Return what a layer goes by."""
    names = (layer.key, layer.title, layer.unit_title, layer.unit_title_plural, *layer.aliases)
    return set(map(_plain, names))


def lists(key: str) -> str:
    """Say what lists the units of a layer."""
    return f"geolls coverage {key} lists its units"


def layer_said(text: str, layers: Iterable[Layer]) -> tuple[str, Layer] | None:
    """Part "Leeds TSH" into a name and the layer said behind it; refuse a layer alone."""
    said = _plain(text)
    ends = [(len(c), v) for v in layers for c in _called(v) if f" {said}".endswith(f" {c}")]
    size, layer = max(ends, key=lambda end: end[0], default=(0, None))
    if layer and size == len(said):
        raise UnknownNameError(
            f"{text.strip()!r} is a layer, {layer.title}, and no place",
            fix=f'name one of its units, as "{layer.key}:NAME"; {lists(layer.key)}',
        )
    return (said[: len(said) - size].strip(), layer) if layer else None


def _layer_of(text: str) -> str:
    """Say which layer has the area that was named in place of one, and where all are listed."""
    named = {name: area.tier for area in load_areas().rows for name in area.names}
    near = nearest(text, named, n=1)
    place = f"{near[0]} is a place, of {named[near[0]]}; " if near else ""
    return f"{place}a layer is a whole map, as local_authority: `geolls layers` lists them all"


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
        hits = [x for x in self.layers.values() if _plain(key) in _called(x)]
        if len(hits) > 1:
            raise CatalogueError(
                f"{key!r} names several layers", fix=f"write {' or '.join(x.key for x in hits)}"
            )
        if not hits and key.endswith(".toml"):
            fix = "geolls scenario new -o FILE writes one"
            raise CatalogueError(f"no scenario is in a file {key!r}", fix=fix)
        if not hits and key in shipped():
            fix = f"add it to the study: `layers = ['+{key}']`, or `study.taking(['{key}'])`"
            raise CatalogueError(f"{key} is a scenario, which this study does not have", fix=fix)
        if not hits:
            raise CatalogueError(
                f"no layer is called {key!r}",
                fix=suggest(key, (*self.layers, *shipped())) or _layer_of(key),
            )
        return hits[0]


# ---- loading


def load_catalogue(
    extra: Sequence[Path] = (),
    areas: Areas | None = None,
    on: date | None = None,
    names: Iterable[str] = (),
) -> Catalogue:
    """Read the boundaries shelf and a user's own layers.

    Parameters
    ----------
    extra : sequence of pathlib.Path, optional
        What is given with `--boundaries`: each a layer folder, a folder of layer folders or of
        scenarios, a zip of layer folders, or the file of a scenario.
    areas : Areas, optional
        The succession table by which a user's areas are settled; default the shelf's.
    on : datetime.date, optional
        The day on which scenarios read their base, where they name no other; default today.
    names : iterable of str, optional
        Layers that are asked for: scenarios among them, files or of the shelf, are read as well.

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
    each = {path.absolute(): path for path in (*named_scenarios(names).values(), *extra)}
    extra = tuple(each.values())
    if not extra:
        return _shelf_catalogue()
    areas = areas or load_areas()
    layers = dict(_shelf_catalogue().layers)
    scenarios = [file for path in extra for file in scenarios_in(path)]
    folders = [path for path in extra if not scenarios_in(path) or [*path.glob("*/layer.toml")]]
    for folder in layer_folders(folders):
        layer, problems = read_layer(folder, own=True)
        if layer is not None and layer.key in layers and layers[layer.key].default:
            problems.append(
                Problem.at(folder / "layer.toml", f"there is a layer {layer.key!r} already")
            )
        sound = _sound(layer, problems)
        layers[sound.key] = _sound(*settle(sound, areas))
    for path in scenarios:
        made = read_scenario(path, _in_order(layers.values()).get, on or date.today(), areas)
        problems = list(made.problems)
        if made.layer is not None and made.layer.key in layers:
            message = f"there is a layer {made.layer.key!r} already"
            problems.append(Problem(path.name, None, "key", message, "state another key"))
        scenario = _sound(made.layer, problems)
        layers[scenario.key] = scenario
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
        Each a layer folder, a folder of layer folders, or a zip of either.

    Raises
    ------
    CatalogueError
        One of them is neither.
    InputFileError
        A zip cannot be read.
    """
    for given in paths:
        try:
            packed = given.suffix.lower() == ".zip" and given.is_file()
            path = unpacked(given) if packed else given
            found = [path] if (path / "layer.toml").is_file() else []
            found = found or sorted(file.parent for file in path.glob("*/layer.toml"))
            there = path.is_dir()
        except OSError as error:  # a name that is too long, a folder that may not be read
            raise CatalogueError(
                f"cannot be read ({error.strerror})", where=str(given)[:300]
            ) from error
        if not found:
            raise CatalogueError(
                "no layer.toml here"
                if there
                else "is a file, and no folder"
                if given.is_file()
                else "no such folder",
                where=str(given),
                fix=f"in a folder of its own: {_home(given)}"
                if given.is_file()
                else "a layer is a folder with a layer.toml (two keys will do: title and source)",
            )
        yield from found


def _home(file: Path) -> str:
    """Say what makes a layer of a file."""
    if file.suffix.lower() in POLYGON_FILES:
        return f'a layer.toml (title, source) with geometry = "{file.name}" beside it'
    return f"the file, named members{file.suffix.lower()}, and a layer.toml (title, source)"


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
            first.message, where=first.where, fix=f"{first.fix or ''}{more}".strip() or None
        )
    return layer
