"""Map recipes: what a map asks, which layers it draws and how, read from maps/*.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from geolls.base.errors import CatalogueError, MapError
from geolls.base.shelves import shelf
from geolls.base.text import suggest
from geolls.base.vocabulary import KINDS

__all__ = ["Recipe", "check_recipe", "load_recipe", "recipe_names"]

SCOPES = ("england", "place", "trust")
PATTERNS = ("not_found", "shared", "low_confidence", "too_few")
OPTIONS = ("layer", "left", "right", "by", "from", "to", "distance_km")
KEYS = ("layers", "on", "measures", "labels", "swipe", "table")
WORDS = (
    *("place", "trust", "date", "from", "to", "distance_km"),
    *("layer", "left", "right", "layers", "lefts", "rights"),
)

Scope = Literal["england", "place", "trust"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """One map, described without Python.

    Parameters
    ----------
    key : str
        Name of the recipe: its file name without `.toml`.
    title : str
        A finding or a question; `{place}`, `{layer}` and the like are filled in when drawn.
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
    schools : tuple of str
        Kinds of school offered (of `vocabulary.KINDS`), in the fixed order.
    schools_on : bool
        Whether schools are drawn when the map opens.
    patterns : tuple of str
        Doubt to draw over the shading: of not_found, shared, low_confidence, too_few.
    inset : {"", "london"}
        A part of the map to repeat three times larger.
    cities : bool
        Whether to mark a dozen cities for orientation.
    labels : tuple of str
        Layers whose units are named on the map.
    swipe : tuple of str
        Two layers to lay side by side behind a line that can be moved; none or two.
    table : tuple of str
        Measures that are columns of the table twin; empty takes `measures`.
    shows, means_not : str
        The caption: "What this shows" and "What it does not mean".
    options : dict
        What the measures need to know: layer, left, right, by, from, to, distance_km.
    """

    key: str
    title: str
    question: str = ""
    scope: Scope = "england"
    areas: str = "local_authority"
    layers: tuple[str, ...] = ()
    on: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    shade: str = ""
    schools: tuple[str, ...] = ()
    schools_on: bool = True
    patterns: tuple[str, ...] = PATTERNS
    inset: Literal["", "london"] = ""
    cities: bool = False
    labels: tuple[str, ...] = ()
    swipe: tuple[str, ...] = ()
    table: tuple[str, ...] = ()
    shows: str = ""
    means_not: str = ""
    options: dict[str, str | float] = field(default_factory=dict)

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


_CHOICES: dict[str, tuple[str, ...]] = {
    "scope": SCOPES,
    "inset": ("", "london"),
    "patterns": PATTERNS,
    "schools": KINDS,
}
_KINDS: dict[str, type] = {
    f.name: (
        tuple
        if str(f.type).startswith("tuple")
        else bool
        if f.type == "bool"
        else dict
        if str(f.type).startswith("dict")
        else str
    )
    for f in fields(Recipe)
    if f.name != "key"
}
_SAID: dict[type, str] = {
    tuple: "a list of words",
    bool: "true or false",
    dict: "a table",
    str: "a text",
}


def _problems(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (what is wrong, what to do) for everything wrong with a recipe's table."""
    for key, value in raw.items():
        kind = _KINDS.get(key)
        if kind is None:
            yield (
                f"unknown key {key!r}",
                suggest(key, _KINDS) or f"keys are {', '.join(_KINDS)}",
            )
            continue
        listed = isinstance(value, list) and all(isinstance(v, str) for v in value)
        if not (listed if kind is tuple else isinstance(value, kind)):
            yield f"{key} = {value!r} should be {_SAID[kind]}", "see maps/README.md"
            continue
        words = value if listed else [value]
        for word in words if key in _CHOICES else ():
            if word not in _CHOICES[key]:
                near = suggest(str(word), _CHOICES[key])
                yield (
                    f"{key}: {word!r} is not one of {', '.join(w for w in _CHOICES[key] if w)}",
                    near or "choose one of them",
                )
    if not raw.get("title"):
        yield "no title", 'add title = "..."'
    for option in raw.get("options", {}) if isinstance(raw.get("options", {}), dict) else ():
        if option not in OPTIONS:
            yield (
                f"unknown option {option!r}",
                suggest(option, OPTIONS) or f"options are {', '.join(OPTIONS)}",
            )
    yield from _disagreements(raw)


def _disagreements(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a recipe says against itself."""

    def words(key: str) -> list[str]:
        value = raw.get(key, [])
        return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []

    offered = words("layers")
    for key in ("on", "labels"):
        for word in words(key):
            if offered and word not in offered:
                yield (
                    f"{key}: {word!r} is not among layers",
                    suggest(word, offered) or "add it to layers",
                )
    if len(words("swipe")) not in (0, 2):
        yield "swipe needs two layers, or none", 'such as swipe = ["{layer}_before", "{layer}"]'
    shade = raw.get("shade", "")
    if isinstance(shade, str) and shade and shade not in words("measures"):
        yield (
            f"shade: {shade!r} is not among measures",
            suggest(shade, words("measures")) or "add it to measures",
        )


def recipe_names() -> list[str]:
    """Return the names of the recipes on the map shelf, in alphabetical order."""
    return sorted(p.stem for p in shelf("maps").glob("*.toml"))


def _find(name: str | Path) -> Path:
    path = Path(name)
    if path.suffix == ".toml":
        if not path.is_file():
            raise MapError("there is no such recipe file", where=str(path))
        return path
    known = recipe_names()
    wanted = str(name).strip().casefold().replace("-", "_").replace(" ", "_")
    if wanted not in known:
        near = suggest(wanted, known)
        raise CatalogueError(
            f"there is no map recipe {str(name)!r}",
            fix=near or f"recipes are {', '.join(known)}",
        )
    return shelf("maps") / f"{wanted}.toml"


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MapError(
            f"not readable as TOML: {error}", where=path.name, fix="see maps/README.md"
        ) from error


def check_recipe(path: Path) -> list[tuple[str, str]]:
    """Return every problem of a recipe file as (what is wrong, what to do); none when it is fine.

    Parameters
    ----------
    path : Path
        A recipe file.

    Returns
    -------
    list of tuple
        One entry per problem.
    """
    try:
        raw = _read(path)
    except MapError as error:
        return [(error.message, error.fix or "")]
    return list(_problems(_flat(raw)))


def _flat(raw: dict[str, Any]) -> dict[str, Any]:
    """Lift `[captions]` to the top, where `Recipe` has it."""
    captions = raw.get("captions")
    if not isinstance(captions, dict):
        return raw
    return {k: v for k, v in raw.items() if k != "captions"} | captions


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
    raw = _flat(_read(path))
    for message, fix in _problems(raw):
        raise MapError(message, where=path.name, fix=fix)
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}
    if "schools" in values:
        values["schools"] = tuple(k for k in KINDS if k in values["schools"])
    return Recipe(key=path.stem, **values)
