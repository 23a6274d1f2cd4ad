"""Map recipes: what a map asks, which layers it draws and how, read from maps/*.toml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from geolls.base.errors import CatalogueError, InputFileError, MapError
from geolls.base.files import missing
from geolls.base.schema import MADE, Fault, among, check, load, unknown
from geolls.base.shelves import shelf
from geolls.base.text import suggest
from geolls.base.vocabulary import KINDS

__all__ = ["Recipe", "check_recipe", "load_recipe", "recipe_names"]

PATTERNS = ("not_found", "shared", "low_confidence", "too_few")
OPTIONS = ("layer", "left", "right", "by", "from", "to", "distance_km", "minutes", "trusts")
KEYS = ("layers", "on", "measures", "labels", "swipe", "table")
WORDS = (
    *("place", "trust", "date", "population", "from", "to", "distance_km"),
    *("layer", "left", "right", "layers", "lefts", "rights"),
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """One map, described without Python.

    Parameters
    ----------
    key : str
        Name of the recipe: its file name without `.toml`.
    title : str
        A finding or a question; `{place}`, `{layer}` and the like are filled in when drawn.
    about : str
        One line for the list of recipes.
    question : str
        One or two sentences under the title.
    scope : {"england", "place", "trust"}
        What the map is framed on.
    areas : str
        Key of the layer whose units are pointed at, listed in the table and shaded by default.
    layers : tuple of str
        Layers offered in the panel, in this order; empty offers every layer of the study.
    on : tuple of str
        Those drawn when the map opens.
    measures : tuple of str
        Measures offered under "Shade by"; `coverage:LAYER` shades how a layer covers the land.
    shade : str
        The one that is on at first; empty for none.
    hexagons : bool
        Whether a map of England opens with a hexagon for each area.
    schools : tuple of str
        Kinds of school offered (of `vocabulary.KINDS`), in the fixed order.
    schools_on : bool
        Whether schools are drawn when the map opens.
    patterns : tuple of str
        Doubt to draw over the shading: of not_found, shared, low_confidence, too_few.
    inset : {"", "london"}
        A part of the map to repeat three times larger.
    cities : bool
        Whether towns and cities are named beneath the data, for orientation.
    labels : tuple of str
        Layers whose units are named on the map.
    swipe : tuple of str
        Two layers to lay side by side behind a line that can be moved; none or two.
    table : tuple of str
        Measures that are columns of the table twin; empty takes `measures`.
    shows, means_not : str
        The caption: "What this shows" and "What it does not mean".
    options : dict
        What the measures need to know: layer, left, right, by, from, to, distance_km, minutes; and
        trusts, how many of the largest at work are told apart by marks of their own.
    """

    key: str = field(metadata=MADE)
    title: str = ""
    about: str = ""
    question: str = ""
    scope: str = field(default="england", metadata=among(("england", "place", "trust")))
    areas: str = "local_authority"
    layers: tuple[str, ...] = ()
    on: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    shade: str = ""
    hexagons: bool = False
    schools: tuple[str, ...] = field(default=(), metadata=among(KINDS))
    schools_on: bool = True
    patterns: tuple[str, ...] = field(default=PATTERNS, metadata=among(PATTERNS))
    inset: str = field(default="", metadata=among(("", "london")))
    cities: bool = True
    labels: tuple[str, ...] = ()
    swipe: tuple[str, ...] = ()
    table: tuple[str, ...] = ()
    shows: str = ""
    means_not: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    def fill(self, text: str, words: Mapping[str, str]) -> str:
        """Put `words` in the place of `{place}` and the like; an unknown one is left out."""
        for word in WORDS:
            text = text.replace("{" + word + "}", words.get(word, str(self.options.get(word, ""))))
        return text

    def given(self, **options: str | float) -> Recipe:
        """Return the recipe with options replaced and `{layer}` in its keys filled from them.

        Examples
        --------
        >>> Recipe("r", "Hubs", on=("{layer}",), options={"layer": "maths_hub"}).given().on
        ('maths_hub',)
        """
        merged = {**self.options, **options}

        def key(text: str) -> str:
            for word in ("layer", "left", "right"):
                text = text.replace("{" + word + "}", str(merged.get(word, "")))
            return text

        keys: dict[str, Any] = {name: tuple(map(key, getattr(self, name))) for name in KEYS}
        # A layer named twice over, such as {left} beside its own key, is drawn once.
        keys = {name: tuple(k for k in dict.fromkeys(found) if k) for name, found in keys.items()}
        return replace(self, options=merged, areas=key(self.areas), shade=key(self.shade), **keys)


def recipe_names() -> list[str]:
    """Return the names of the recipes on the map shelf, in alphabetical order."""
    return sorted(p.stem for p in shelf("maps").glob("*.toml"))


def _find(name: str | Path) -> Path:
    path, known = Path(name), recipe_names()
    if path.suffix == ".toml":
        if not path.is_file():
            raise MapError("there is no such recipe file", where=str(path), fix=missing(path).fix)
        return path
    wanted = str(name).strip().casefold().replace("-", "_").replace(" ", "_")
    if wanted not in known:
        fix = suggest(wanted, known) or f"recipes are {', '.join(known)}"
        raise CatalogueError(f"there is no map recipe {str(name)!r}", fix=fix)
    return shelf("maps") / f"{wanted}.toml"


def check_recipe(path: Path) -> list[Fault]:
    """Return every fault of a recipe file; none when it is fine.

    Parameters
    ----------
    path : Path
        A recipe file.

    Returns
    -------
    list of Fault
        One entry per fault.
    """
    return _read(path)[1]


def _read(path: Path) -> tuple[dict[str, Any], list[Fault]]:
    """Return what a recipe says, as far as it is sound, and every fault."""
    try:
        toml = load(path)
    except InputFileError as error:
        return {}, [Fault(error.message, "see maps/README.md")]
    if isinstance(captions := toml.holds.get("captions"), dict):  # `Recipe` has them at the top
        rest = {key: value for key, value in toml.holds.items() if key != "captions"}
        toml = toml._replace(holds=rest | captions)
    values, faults = check(Recipe, toml)
    return values, [*faults, *_contradictions(values)]


def _contradictions(said: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what the keys of a recipe say against each other."""
    if not said.get("title"):
        yield Fault("no title", 'add title = "..."')
    for option in (key for key in said.get("options", ()) if key not in OPTIONS):
        yield Fault(*unknown("option", option, OPTIONS))
    named = [(key, word, "layers") for key in ("on", "labels") for word in said.get(key, ())]
    named += [("shade", said["shade"], "measures")] if said.get("shade") else []
    offered = {"layers": said.get("layers"), "measures": said.get("measures", ())}
    for key, word, whole in named:
        if (words := offered[whole]) is not None and word not in words:
            fix = suggest(word, words) or f"add it to {whole}"
            yield Fault(f"{key}: {word!r} is not among {whole}", fix)
    if len(said.get("swipe", ())) not in (0, 2):
        yield Fault(
            "swipe needs two layers, or none", 'such as swipe = ["{layer}_before", "{layer}"]'
        )


def load_recipe(name: str | Path) -> Recipe:
    """Read a recipe of the map shelf by name, or any recipe by path.

    Parameters
    ----------
    name : str or Path
        "hub_coverage", "Hub coverage", or a path that ends in `.toml`.

    Returns
    -------
    Recipe
        The recipe, checked: no unknown key, no contradiction.

    Raises
    ------
    CatalogueError
        No recipe of that name; names the nearest ones.
    MapError
        The file is missing, cannot be read, or has a fault; names the nearest valid word.
    """
    path = _find(name)
    values, faults = _read(path)
    for fault in faults:
        raise MapError(fault.message, where=path.name, fix=fault.fix)
    if "schools" in values:
        values["schools"] = tuple(kind for kind in KINDS if kind in values["schools"])
    return Recipe(key=path.stem, **values)
