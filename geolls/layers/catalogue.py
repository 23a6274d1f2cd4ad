"""The catalogue: all layers at hand, found by forgiving names, dated, and checked.

`model` reads one folder; this room gathers the shelf and a user's folders, says which units
and what evidence a layer has on a day, and checks what the claims add up to on the ground.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from geolls.base.errors import CatalogueError, UnknownNameError
from geolls.base.shelves import shelf
from geolls.base.text import fold, nearest, suggest
from geolls.base.vocabulary import FAMILIES
from geolls.layers.model import (
    CONFIDENCES,
    TIERS,
    Alias,
    Claim,
    Layer,
    Problem,
    RowNotes,
    Unit,
    evidence_span,
    overlap,
    problem,
    read_layer,
    within,
)

__all__ = [
    "Alias",
    "Catalogue",
    "Claim",
    "Evidence",
    "Layer",
    "Problem",
    "Unit",
    "change_dates",
    "check",
    "date_note",
    "evidence",
    "evidence_span",
    "find_unit",
    "load_catalogue",
    "settle",
    "units_on",
]

ONE_DAY = timedelta(days=1)
# Evidence within a year of the date asked for needs no note.
NEAR_DAYS = 366


class AreaLike(Protocol):
    """What this room asks of one row of the succession table."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def tier(self) -> str: ...
    @property
    def valid_from(self) -> date: ...
    @property
    def valid_to(self) -> date | None: ...
    @property
    def blocks(self) -> tuple[str, ...]: ...


class AreasLike(Protocol):
    """What this room asks of the succession table; `geolls.layers.areas.Areas` gives it."""

    @property
    def rows(self) -> Sequence[AreaLike]: ...
    def alive(self, tier: str, on: date) -> Sequence[AreaLike]: ...
    def resolve(self, code: str, on: date, tier: str | None = None) -> AreaLike: ...
    def find(self, name: str, on: date, tier: str | None = None) -> Sequence[AreaLike]: ...


@dataclass(frozen=True, slots=True)
class Evidence:
    """What stands behind a layer on a day, for `geolls layers --long` and captions."""

    units_expected: int | None
    units_evidenced: int
    claims: int
    lowest_confidence: str
    earliest: date | None
    latest: date | None
    undated: int


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name.casefold()).strip()


def _names(layer: Layer) -> tuple[str, ...]:
    titles = (layer.title, layer.unit_title, layer.unit_title_plural)
    return (layer.key, *titles, *layer.aliases)


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
        wanted = _plain(key)
        hits = [x for x in self.layers.values() if wanted in {_plain(n) for n in _names(x)}]
        if len(hits) == 1:
            return hits[0]
        if hits:
            raise CatalogueError(
                f"{key!r} names several layers", fix=f"write {' or '.join(x.key for x in hits)}"
            )
        by_words = {x.replace("_", " "): x for x in self.layers}
        near = [by_words[x] for x in nearest(key.replace("_", " "), by_words)]
        raise CatalogueError(
            f"no layer is called {key!r}",
            fix=f"did you mean {' or '.join(near)}?" if near else "`geolls layers` lists them all",
        )

    def area_layers(self, on: date) -> list[Layer]:
        """Return the layers with land that were in being on a day."""
        return [layer for layer in self.layers.values() if layer.has_land and layer.active(on)]


# ---------------------------------------------------------------- loading


def load_catalogue(extra: Sequence[Path] = (), areas: AreasLike | None = None) -> Catalogue:
    """Read the boundaries shelf and a user's own layers.

    Parameters
    ----------
    extra : sequence of pathlib.Path, optional
        Folders given with `--boundaries`: each a layer folder, or a folder of layer folders.
    areas : Areas, optional
        The succession table, needed where a user's layer names its areas instead of coding them.

    Returns
    -------
    Catalogue
        One `Layer` per folder with a layer.toml.

    Raises
    ------
    CatalogueError
        At the first fault; `check` lists them all.
    """
    if not extra:
        return _shelf_catalogue()
    layers = dict(_shelf_catalogue().layers)
    for folder in _layer_folders(extra):
        layer, problems = read_layer(folder, own=True)
        if layer is not None and layer.key in layers:
            problems.append(
                problem(folder / "layer.toml", f"there is a layer {layer.key!r} already")
            )
        if layer is not None and not _errors(problems):
            layer, more = settle(layer, areas) if areas is not None else (layer, [])
            problems += more
        _raise_first(problems)
        if layer is not None:
            layers[layer.key] = layer
    return Catalogue(_in_order(layers.values()))


@lru_cache(maxsize=1)
def _shelf_catalogue() -> Catalogue:
    layers = []
    for folder in _shelf_folders():
        layer, problems = read_layer(folder, compare=False)
        _raise_first(problems)
        if layer is not None:
            layers.append(layer)
    return Catalogue(_in_order(layers))


def _shelf_folders() -> list[Path]:
    """Return the layer folders of the shelf; `block` holds the blocks themselves."""
    root = shelf("boundaries")
    return sorted(p for p in root.iterdir() if p.name != "block" and (p / "layer.toml").is_file())


def _layer_folders(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        try:
            if (path / "layer.toml").is_file():
                yield path
                continue
            found = sorted(p.parent for p in path.glob("*/layer.toml")) if path.is_dir() else []
        except OSError as error:  # a name that is too long, a folder that may not be read
            raise CatalogueError(
                f"cannot be read ({error.strerror})", where=str(path)[:300]
            ) from error
        if not found:
            raise CatalogueError(
                "no layer.toml here" if path.is_dir() else "no such folder",
                where=str(path),
                fix="a layer is a folder with a layer.toml (two keys will do: title and source)",
            )
        yield from found


def _in_order(layers: Iterable[Layer]) -> dict[str, Layer]:
    ranked = sorted(layers, key=lambda x: (FAMILIES.index(x.family), x.order, x.key))
    return {layer.key: layer for layer in ranked}


def _raise_first(problems: list[Problem]) -> None:
    errors = _errors(problems)
    if not errors:
        return
    first, *rest = errors
    more = f" (and {len(rest)} more: `geolls check` lists them all)" if rest else ""
    raise CatalogueError(first.message, where=first.where, fix=f"{first.fix or ''}{more}" or None)


def _errors(problems: list[Problem]) -> list[Problem]:
    return [p for p in problems if p.severity == "error"]


# ---------------------------------------------------------------- names to codes


def settle(layer: Layer, areas: AreasLike) -> tuple[Layer, list[Problem]]:
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
    undated = [c for c in layer.claims if c.codes_as_of is None and (c.area_code or c.area_name)]
    day = _best_day(undated, areas) if undated else None
    claims = []
    for claim in layer.claims:
        if claim.codes_as_of is None and (claim.area_code or claim.area_name):
            claim = replace(claim, codes_as_of=day)
        if not claim.area_code and claim.area_name:
            note = RowNotes(layer.folder / "members.csv", claim.row, problems)
            claim = replace(claim, area_code=_code_of(claim, areas, note))
        claims.append(claim)
    return replace(layer, claims=tuple(claims)), problems


def _best_day(claims: Sequence[Claim], areas: AreasLike) -> date:
    days = {_newest(areas)} | {a.valid_to for a in areas.rows if a.valid_to}
    lives: dict[str, list[AreaLike]] = {}
    for area in areas.rows:
        lives.setdefault(area.code, []).append(area)
        lives.setdefault(fold(area.name), []).append(area)
    rows = [lives.get(c.area_code or fold(c.area_name), []) for c in claims]

    def met(day: date) -> int:
        return sum(any(within(day, a.valid_from, a.valid_to) for a in row) for row in rows)

    return max(days, key=lambda day: (met(day), day))


def _newest(areas: AreasLike) -> date:
    """Return the day the youngest area began: the state of affairs that no later row changes."""
    return max(area.valid_from for area in areas.rows)


def _code_of(claim: Claim, areas: AreasLike, note: RowNotes) -> str:
    assert claim.codes_as_of is not None
    try:
        found = areas.find(claim.area_name, claim.codes_as_of)
    except UnknownNameError as error:
        note(error.message, "area_name", error.fix)
        return ""
    if not found:
        names = {a.name for a in areas.rows if within(claim.codes_as_of, a.valid_from, a.valid_to)}
        note(
            f"no area was called {claim.area_name!r} on {claim.codes_as_of}",
            "area_name",
            suggest(claim.area_name, names),
        )
        return ""
    # One name often stands for the same land in two tiers (Leeds): then either will do.
    smallest = sorted(found, key=lambda a: TIERS.index(a.tier))
    if len({tuple(sorted(a.blocks)) for a in smallest}) > 1:
        options = " or ".join(f"{a.code} ({a.tier.replace('_', ' ')})" for a in smallest)
        note(f"{claim.area_name!r} names several areas", "area_name", f"write {options}")
        return ""
    return smallest[0].code


# ---------------------------------------------------------------- units and evidence


def units_on(layer: Layer, on: date, areas: AreasLike) -> list[Unit]:
    """Return the units of a layer alive on a day, sorted by code.

    Parameters
    ----------
    layer : Layer
        Any layer. Layers made from the register or from polygons have no units of their own.
    on : datetime.date
        The day.
    areas : Areas
        The succession table, from which layers with a `tier` take their units.

    Returns
    -------
    list of Unit
        One per unit; empty outside the layer's own dates.
    """
    if not layer.active(on):
        return []
    if layer.tier:
        rows = {area.code: area for area in areas.alive(layer.tier, on)}
        return [
            Unit(code=a.code, name=a.name, valid_from=a.valid_from, valid_to=a.valid_to)
            for _, a in sorted(rows.items())
        ]
    units = [unit for unit in layer.units.values() if unit.active(on)]
    if layer.kind != "sites":
        claimed = {claim.unit_code for claim in layer.claims_on(on)}
        units = [unit for unit in units if unit.code in claimed]
    return sorted(units, key=lambda unit: unit.code)


def find_unit(layer: Layer, name: str, on: date, areas: AreasLike) -> Unit:
    """Return the unit a person means: by our code, a name, or a published code.

    Published codes were re-used: where several units went by one, the unit seen under it nearest
    to the day is meant (WM10 is Cheshire in 2023 and Birmingham South in 2025).

    Raises
    ------
    UnknownNameError
        When no unit alive that day goes by the name, or several do.
    """
    units = units_on(layer, on, areas)
    exact = [unit for unit in units if unit.code == name] or [
        unit for unit in units if fold(unit.name) == fold(name)
    ]
    if not exact:
        off = {
            unit.code: min(_days_off(alias.seen, on) for alias in unit.aliases if _is(alias, name))
            for unit in units
            if any(_is(alias, name) for alias in unit.aliases)
        }
        exact = [u for u in units if u.code in off and off[u.code] == min(off.values())]
    if len(exact) == 1:
        return exact[0]
    if exact:
        codes = " or ".join(unit.code for unit in exact)
        raise UnknownNameError(
            f"{name!r} names several {layer.unit_title_plural}", fix=f"write {codes}"
        )
    hint = suggest(name, [unit.name for unit in units])
    raise UnknownNameError(
        f"no {layer.unit_title} is called {name!r} on {on}",
        fix=hint or f"`geolls layers` says when {layer.key} has units",
    )


def _is(alias: Alias, name: str) -> bool:
    return fold(alias.name) == fold(name)


def evidence(layer: Layer, on: date, areas: AreasLike) -> Evidence:
    """Say what stands behind a layer on a day: units, claims, lowest confidence, dates.

    Returns
    -------
    Evidence
        `units_expected` is what the publisher speaks of, None where nobody gives a number;
        `units_evidenced` the units with at least one claim (for sites: with a school known).
    """
    units = units_on(layer, on, areas)
    claims = layer.claims_on(on)
    if layer.kind == "sites":
        evidenced = sum(unit.lead_urn is not None for unit in units)
        words = [unit.confidence or layer.confidence for unit in units]
        texts = [unit.source_date or layer.source_date for unit in units]
    else:
        evidenced = len(units)
        words = [claim.confidence for claim in claims]
        texts = [claim.source_date for claim in claims]
    spans = [span for text in texts if (span := evidence_span(text))]
    return Evidence(
        units_expected=len(units) if layer.tier else layer.units_expected,
        units_evidenced=evidenced,
        claims=len(claims),
        lowest_confidence=min(words or [layer.confidence], key=CONFIDENCES.index),
        earliest=min((first for first, _ in spans), default=None),
        latest=max((last for _, last in spans), default=None),
        undated=len(texts) - len(spans),
    )


def date_note(layer: Layer, on: date) -> str | None:
    """Say in words when a layer's evidence is of another date than `on`; None when it is not.

    The one rule behind captions and `--strict-dates`: the layer was not in being on that day, or
    the evidence for claims that hold on it is undated or more than a year away.
    """
    plural = layer.unit_title_plural
    if not layer.active(on):
        first = f"from {_day(layer.valid_from)}" if layer.valid_from else ""
        last = f"until {_day(layer.valid_to)}" if layer.valid_to else ""
        return f"{plural} existed {' '.join(filter(None, (first, last)))}, not on {_day(on)}"
    if layer.tier or layer.register_column:
        return None
    texts = [claim.source_date for claim in layer.claims_on(on)]
    if layer.kind == "sites":
        texts = [u.source_date or layer.source_date for u in layer.units.values() if u.active(on)]
    far = [text for text in texts if _days_off(text, on) > NEAR_DAYS]
    if not far:
        return None
    spans = [span for text in far if (span := evidence_span(text))]
    years = sorted({day.year for span in spans for day in span})
    when = " to ".join(f"{year}" for year in dict.fromkeys((*years[:1], *years[-1:])))
    when = f"dated {when}" if years else "undated"
    if years and len(spans) < len(far):
        when += " or undated"
    records = "coverage records" if layer.has_land else "records"
    count = "all" if len(far) == len(texts) else f"{len(far)} of {len(texts)}"
    return f"{plural}: {count} {records} rest on evidence {when}, used here for {_day(on)}"


def _days_off(text: str, on: date) -> float:
    """Return how many days `on` lies from a source date; endless when there is none."""
    span = evidence_span(text)
    if span is None:
        return float("inf")
    first, last = span
    return max((first - on).days, (on - last).days, 0)


def _day(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else ""


# ---------------------------------------------------------------- checking


def check(paths: Sequence[Path], areas: AreasLike) -> list[Problem]:
    """Validate the whole boundaries shelf and any user folders in one go.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        A user's layer folders, or folders of them; may be empty.
    areas : Areas
        The succession table.

    Returns
    -------
    list of Problem
        Every fault at once, shelf first, in the order of files and rows. Errors stop a study;
        warnings do not.
    """
    problems = _check_files(shelf("boundaries") / "block")
    keys: set[str] = set()
    try:
        folders = [*_layer_folders(paths)]
    except CatalogueError as error:
        problems.append(Problem(error.where or "", None, None, error.message, error.fix))
        folders = []
    for folder, own in [(f, False) for f in _shelf_folders()] + [(f, True) for f in folders]:
        layer, found = read_layer(folder, own=own)
        if folder.name in keys:
            found.append(problem(folder / "layer.toml", f"a second layer {folder.name!r}"))
        keys.add(folder.name)
        if layer is not None:
            layer, more = settle(layer, areas)
            found += more
            found += _check_land(layer, areas)
        problems += sorted(found, key=lambda p: (p.file, p.row or 0))
    return problems


def _check_files(folder: Path) -> list[Problem]:
    """Hold each file of a folder against the sha256 that its layer.toml states."""
    file = folder / "layer.toml"
    if not file.is_file():
        return [problem(file, "the blocks' layer.toml is missing", fix="reinstall geolls")]
    problems = []
    stated = dict(_checksums(tomllib.loads(file.read_text("utf-8"))))
    for name, digest in stated.items():
        path = folder / name
        if not path.is_file() and path.suffix != ".parquet":
            continue  # what the blocks were built from, which does not travel with them
        if not path.is_file():
            problems.append(problem(file, f"{name} is missing", fix="reinstall geolls"))
        elif sha256(path.read_bytes()).hexdigest() != digest:
            problems.append(
                problem(
                    path, "not the file its layer.toml describes", fix="restore it, or rebuild both"
                )
            )
    if not stated:
        problems.append(problem(file, "no sha256 is stated"))
    return problems


def _checksums(table: Mapping[str, Any], name: str = "") -> Iterator[tuple[str, str]]:
    """Yield (file name, sha256) wherever a table gives them."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _checksums(value, str(value.get("file", key)))
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, Mapping):
                    yield from _checksums(item, str(item.get("file", item.get("name", key))))
        elif isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value):
            yield (name if key == "sha256" else key), value


def change_dates(layer: Layer, areas: AreasLike) -> list[date]:
    """Return the days on which something in a layer with land starts to be different."""
    spans: list[tuple[date | None, date | None]]
    if layer.tier:
        spans = [(a.valid_from, a.valid_to) for a in areas.rows if a.tier == layer.tier]
    else:
        spans = [(c.valid_from, c.valid_to) for c in layer.claims]
    days = {layer.valid_from} | {first for first, _ in spans}
    days |= {last + ONE_DAY for _, last in spans if last}
    alive = sorted(day for day in days if day and layer.active(day))
    return alive or [_newest(areas)]


def _check_land(layer: Layer, areas: AreasLike) -> list[Problem]:
    """Check what the claims of a layer add up to on the ground, whenever that changes."""
    if layer.kind != "areas":
        return []
    problems: list[Problem] = []
    file = layer.folder / "members.csv"
    land: dict[int, tuple[str, ...]] = {}
    for claim in layer.claims:
        if not claim.area_code or claim.codes_as_of is None:
            continue
        try:
            area = areas.resolve(claim.area_code, claim.codes_as_of)
        except UnknownNameError as error:
            problems.append(
                problem(file, error.message, row=claim.row, column="area_code", fix=error.fix)
            )
        else:
            land[claim.row] = area.blocks
    if layer.tiling != "overlapping" and not layer.tier:
        problems += _doubled(layer, land)
    if layer.tiling == "exhaustive" and not _errors(problems):
        problems += _gaps(layer, land, areas)
    if layer.units_expected is not None and layer.complete and not layer.tier:
        most = max(len(units_on(layer, day, areas)) for day in change_dates(layer, areas))
        if most != layer.units_expected:
            problems.append(
                problem(
                    layer.folder / "layer.toml",
                    f"{most} units where {layer.units_expected} are expected",
                    column="units_expected",
                )
            )
    return problems


def _doubled(layer: Layer, land: Mapping[int, tuple[str, ...]]) -> list[Problem]:
    """Report land that one unit claims whole while another claims it too."""
    problems = []
    holders: dict[str, list[Claim]] = {}
    for claim in layer.claims:
        for block in land.get(claim.row, ()):
            for mate in holders.get(block, ()):
                both_part = claim.extent == mate.extent == "part"
                if mate.unit_code != claim.unit_code and not both_part and overlap(claim, mate):
                    problems.append(
                        problem(
                            layer.folder / "members.csv",
                            f"{block} is claimed by {claim.unit_code} and, in row {mate.row}, "
                            f"by {mate.unit_code}",
                            row=claim.row,
                            column="extent",
                            fix="mark both as part, or set tiling to overlapping",
                        )
                    )
            holders.setdefault(block, []).append(claim)
    return problems


def _gaps(layer: Layer, land: Mapping[int, tuple[str, ...]], areas: AreasLike) -> list[Problem]:
    """Report land without a unit in a layer that should cover England, on each day of change."""
    problems = []
    last: frozenset[str] = frozenset()
    for day in change_dates(layer, areas):
        england = {
            b.partition("/")[0]: a.name for a in areas.alive("district", day) for b in a.blocks
        }
        if layer.tier:
            held = {b.partition("/")[0] for a in areas.alive(layer.tier, day) for b in a.blocks}
        else:
            held = {
                block.partition("/")[0]
                for claim in layer.claims_on(day)
                for block in land.get(claim.row, ())
            }
        missing = frozenset(england.keys() - held)
        if missing and missing != last:
            names = sorted({england[block] for block in missing})
            shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if names[5:] else "")
            problems.append(
                problem(
                    layer.folder / "members.csv",
                    f"no unit from {day}: {shown}",
                    fix=None if layer.complete else "known gap: shown as no evidence",
                    severity="error" if layer.complete else "warning",
                )
            )
        last = missing
    return problems
