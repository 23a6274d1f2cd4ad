"""Layers: one folder of `layer.toml`, `members.csv` and `units.csv` read into a `Layer`.

A layer is one boundary system. Its folder holds data and no code; `boundaries/README.md` is the
schema. Reading goes on past faults and returns them all: the caller decides which of them stop.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from geolls.base.errors import GeollsError
from geolls.base.text import fold, nearest, suggest
from geolls.base.vocabulary import FAMILIES

__all__ = [
    "Alias",
    "Claim",
    "Layer",
    "Problem",
    "RowNotes",
    "Unit",
    "evidence_span",
    "overlap",
    "problem",
    "read_layer",
    "within",
]

KINDS = ("areas", "polygons", "schools", "sites")
TILINGS = ("exhaustive", "partial", "overlapping")
TIERS = (
    "district",
    "local_authority",
    "combined_authority",
    "greater_london_authority",
    "region",
)
CONFIDENCES = ("low", "medium", "high")
EXTENTS = ("whole", "part")
REGISTER_COLUMNS = ("trust_uid", "federation_uid", "sponsor_uid", "diocese")
POLYGON_FILES = (".geojson", ".json", ".gpkg", ".shp", ".parquet", ".fgb")

# What each key of layer.toml may hold: a Python type, or the words it may be.
KEYS: dict[str, type | tuple[str, ...]] = {
    "key": str,
    "title": str,
    "unit_title": str,
    "unit_title_plural": str,
    "aliases": list,
    "kind": KINDS,
    "tiling": TILINGS,
    "family": FAMILIES,
    "order": int,
    "tier": TIERS,
    "register_column": REGISTER_COLUMNS,
    "group_types": list,
    "geometry": str,
    "geometry_layer": str,
    "name_column": str,
    "code_column": str,
    "sliver_m2": float,
    "sliver_share": float,
    "complete": bool,
    "from": date,
    "to": date,
    "codes_as_of": date,
    "units_expected": int,
    "source": str,
    "source_url": str,
    "source_date": str,
    "licence": str,
    "confidence": CONFIDENCES,
    "note": str,
    "caption": str,
    "style": dict,
    "sources": dict,
}
STYLE_KEYS = ("line", "label")
MEMBER_COLUMNS = (
    "unit_code",
    "unit_name",
    "area_code",
    "area_name",
    "urn",
    "postcode",
    "codes_as_of",
    "valid_from",
    "valid_to",
    "extent",
    "part",
    "share",
    "source",
    "source_date",
    "confidence",
    "note",
)
UNIT_COLUMNS = (
    "unit_code",
    "unit_name",
    "aliases",
    "lead_urn",
    "lead_name",
    "valid_from",
    "valid_to",
    "source",
    "source_date",
    "confidence",
    "note",
)
# Headings people write of their own accord, and what they mean here.
SYNONYMS = {
    "unit": "unit_name",
    "area": "area_name",
    "authority": "area_name",
    "local_authority": "area_name",
    "district": "area_name",
    "code": "area_code",
    "gss_code": "area_code",
    "from": "valid_from",
    "to": "valid_to",
    "post_code": "postcode",
}
ONE_DAY = timedelta(days=1)
SPAN_FIX = "write 2022, 2022-09, 2022-09-01, or two of them as 2014/2022"
_GSS = re.compile(r"[EW]\d{8}(/.+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Alias:
    """A code or name a unit was published under, and when it was seen there."""

    name: str
    seen: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One row of members.csv: this unit has this area (or school), then, on this evidence.

    Dates are settled while reading: `valid_from` and `valid_to` default to the layer's,
    `codes_as_of` to the claim's first day. `row` is the line of the file, the heading being 1.
    """

    unit_code: str
    area_code: str
    area_name: str
    urn: str
    postcode: str
    codes_as_of: date | None
    valid_from: date | None
    valid_to: date | None
    extent: str
    part: str
    share: float | None
    source: str
    source_date: str
    confidence: str
    note: str
    row: int

    def active(self, on: date) -> bool:
        """Tell whether the claim holds on a day (first and last day included)."""
        return within(on, self.valid_from, self.valid_to)


@dataclass(frozen=True, slots=True)
class Unit:
    """One member of a layer: our stable code, its name, and what else is known of it."""

    code: str
    name: str
    aliases: tuple[Alias, ...] = ()
    lead_urn: str | None = None
    lead_name: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    source: str = ""
    source_date: str = ""
    confidence: str = ""
    note: str = ""

    def active(self, on: date) -> bool:
        """Tell whether the unit is alive on a day by its own dates."""
        return within(on, self.valid_from, self.valid_to)


@dataclass(frozen=True, slots=True)
class Layer:
    """One boundary system, as its folder states it."""

    key: str
    title: str
    unit_title: str
    unit_title_plural: str
    aliases: tuple[str, ...]
    kind: str
    tiling: str
    family: str
    order: int
    tier: str | None
    register_column: str | None
    group_types: tuple[str, ...]
    geometry: Path | None
    geometry_layer: str | None
    name_column: str | None
    code_column: str | None
    sliver_m2: float | None
    sliver_share: float | None
    complete: bool
    valid_from: date | None
    valid_to: date | None
    units_expected: int | None
    source: str
    source_url: str
    source_date: str
    licence: str
    confidence: str
    note: str
    caption: str
    style: Mapping[str, str]
    folder: Path
    claims: tuple[Claim, ...] = ()
    units: Mapping[str, Unit] = field(default_factory=dict)

    @property
    def has_land(self) -> bool:
        """True for layers of areas or polygons: those that lie on the map as land."""
        return self.kind in ("areas", "polygons")

    def active(self, on: date) -> bool:
        """Tell whether the boundary system was in being on a day."""
        return within(on, self.valid_from, self.valid_to)

    def claims_on(self, on: date) -> tuple[Claim, ...]:
        """Return the claims that hold on a day; none before or after the layer's own dates."""
        if not self.active(on):
            return ()
        return tuple(claim for claim in self.claims if claim.active(on))


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault on a shelf or in a user's folder: where, what, and what to do."""

    file: str
    row: int | None
    column: str | None
    message: str
    fix: str | None = None
    severity: str = "error"

    @property
    def where(self) -> str:
        """File, row and column in words, as far as they are known."""
        row = f" row {self.row}" if self.row else ""
        return f"{self.file}{row}{f', {self.column}' if self.column else ''}"

    def __str__(self) -> str:
        return str(GeollsError(self.message, where=self.where, fix=self.fix))


# ---------------------------------------------------------------- reading one folder


def read_layer(
    folder: Path, *, own: bool = False, compare: bool = True
) -> tuple[Layer | None, list[Problem]]:
    """Read one layer folder and note every fault.

    Parameters
    ----------
    folder : pathlib.Path
        A folder with a layer.toml.
    own : bool
        True for a user's layer, of which less is asked: title and source will do.
    compare : bool
        Also hold the rows against each other; False saves time on files that tests have checked.

    Returns
    -------
    (Layer or None, list of Problem)
        None where too little could be read to make a layer.
    """
    problems: list[Problem] = []
    file = folder / "layer.toml"
    stated = _read_keys(file, problems)
    if stated is None:
        return None, problems
    if not own:
        problems += [
            problem(file, f"the key {key} is missing", column=key)
            for key in ("licence", "family", "tiling", "confidence", "unit_title")
            if key not in stated
        ]
    elif "licence" not in stated:
        problems.append(problem(file, "no licence is stated", column="licence", severity="warning"))
    header, members = _read_csv(folder / "members.csv", MEMBER_COLUMNS, problems)
    _, described = _read_csv(folder / "units.csv", UNIT_COLUMNS, problems)
    kind = stated.get("kind") or _infer_kind(stated, header, described)
    if kind is None:
        problems.append(
            problem(
                file,
                "the folder holds no areas, polygons or schools",
                fix='add members.csv (columns unit and area), or geometry = "file.geojson"',
            )
        )
        return None, problems
    layer = _layer(folder, stated, kind, problems)
    sources = stated.get("sources", {})
    units = _described(described, sources)
    claims = [_claim(row, layer, stated.get("codes_as_of"), sources, units) for row in members]
    _name_units(layer, members, claims, units)
    layer = replace(layer, claims=tuple(claims), units=units)
    if compare:
        problems += _check_rows(layer)
    return layer, problems


def _read_keys(file: Path, problems: list[Problem]) -> dict[str, Any] | None:
    """Return the keys of layer.toml that hold what they should; note the others."""
    try:
        text = file.read_text("utf-8-sig")
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        problems.append(problem(file, f"not readable as TOML: {error}"))
        return None
    stated: dict[str, Any] = {}
    for key, value in raw.items():
        if key not in KEYS:
            near = nearest(key.replace("_", " "), [k.replace("_", " ") for k in KEYS], n=1)
            hint = f"did you mean {near[0].replace(' ', '_')}?" if near else None
            problems.append(
                problem(
                    file,
                    f"unknown key {key!r}",
                    row=_line_of(text, key),
                    fix=hint or f"the keys are {', '.join(KEYS)}",
                )
            )
            continue
        fault = _fault_of(KEYS[key], value)
        if fault:
            problems.append(problem(file, f"{key} {fault}", row=_line_of(text, key), column=key))
        else:
            stated[key] = _as_stated(key, value)
    for key in ("title", "source"):
        if not str(stated.get(key, "")).strip():
            problems.append(problem(file, f"the key {key} is missing", column=key))
    if stated.get("key", file.parent.name) != file.parent.name:
        problems.append(
            problem(
                file,
                f"the key {stated['key']!r} is not the folder's name",
                column="key",
                fix=f"write {file.parent.name}, or leave it out",
            )
        )
    seen = stated.get("source_date")
    if seen and evidence_span(seen) is None:
        problems.append(
            problem(
                file,
                f"source_date {seen!r} does not say when the source spoke",
                row=_line_of(text, "source_date"),
                column="source_date",
                fix=SPAN_FIX,
            )
        )
    for key in stated.get("style", {}):
        if key not in STYLE_KEYS:
            problems.append(
                problem(file, f"unknown key style.{key}", fix="the keys are line and label")
            )
    return stated


def _fault_of(wanted: type | tuple[str, ...], value: Any) -> str | None:
    """Say what is wrong with a value of layer.toml, or None."""
    if isinstance(wanted, tuple):
        if value in wanted:
            return None
        hint = suggest(str(value), wanted)
        return f"is {value!r}; {hint or 'it may be ' + ', '.join(wanted)}"
    if wanted is date:
        plain = isinstance(value, str | date) and not isinstance(value, datetime)
        return None if plain and _date(value) else f"is {value!r}, not a date like 2022-09-01"
    # `source_date = 2022` and `sliver_share = 0` say what they mean; true is no number.
    allowed = {float: (float, int), str: (str, int, date)}.get(wanted, wanted)
    if not isinstance(value, allowed) or (isinstance(value, bool) and wanted is not bool):
        words = {
            str: "text",
            list: "a list of texts",
            dict: "a table",
            bool: "true or false",
            int: "a whole number",
            float: "a number",
        }
        return f"is {value!r}, not {words[wanted]}"
    if isinstance(value, list | dict):
        inner = value.values() if isinstance(value, dict) else value
        if not all(isinstance(x, str) for x in inner):
            return "holds something that is not text"
    return None


def _as_stated(key: str, value: Any) -> Any:
    if KEYS[key] is date:
        return _date(value)
    if KEYS[key] is float:
        return float(value)
    return str(value) if KEYS[key] is str else value


def _infer_kind(
    stated: Mapping[str, Any], header: Sequence[str], described: Sequence[Any]
) -> str | None:
    if "geometry" in stated:
        return "polygons"
    if "register_column" in stated or {"urn", "postcode"} & set(header):
        return "schools"
    if "tier" in stated or {"area_code", "area_name"} & set(header):
        return "areas"
    return "sites" if described else None


def _layer(folder: Path, stated: Mapping[str, Any], kind: str, problems: list[Problem]) -> Layer:
    title = stated.get("title", folder.name)
    unit_title = stated.get("unit_title", title)
    geometry = _inside(folder, stated["geometry"], problems) if "geometry" in stated else None
    tiling = "partial" if kind in ("areas", "polygons") else "overlapping"
    return Layer(
        key=folder.name,
        title=title,
        unit_title=unit_title,
        unit_title_plural=stated.get("unit_title_plural", f"{unit_title}s"),
        aliases=tuple(stated.get("aliases", ())),
        kind=kind,
        tiling=stated.get("tiling", tiling),
        family=stated.get("family", "user"),
        order=stated.get("order", 100),
        tier=stated.get("tier"),
        register_column=stated.get("register_column"),
        group_types=tuple(stated.get("group_types", ())),
        geometry=geometry,
        geometry_layer=stated.get("geometry_layer"),
        name_column=stated.get("name_column"),
        code_column=stated.get("code_column"),
        sliver_m2=stated.get("sliver_m2"),
        sliver_share=stated.get("sliver_share"),
        complete=stated.get("complete", True),
        valid_from=stated.get("from"),
        valid_to=stated.get("to"),
        units_expected=stated.get("units_expected"),
        source=stated.get("source", ""),
        source_url=stated.get("source_url", ""),
        source_date=stated.get("source_date", ""),
        licence=stated.get("licence", ""),
        confidence=stated.get("confidence", "medium"),
        note=stated.get("note", ""),
        caption=stated.get("caption", ""),
        style=dict(stated.get("style", {})),
        folder=folder,
    )


def _inside(folder: Path, name: str, problems: list[Problem]) -> Path | None:
    """Return the polygon file of a layer, which must lie in the layer's folder."""
    file = folder / "layer.toml"
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        problems.append(
            problem(file, f"geometry {name!r} lies outside the folder", column="geometry")
        )
    elif not path.is_file():
        there = [p.name for p in folder.iterdir() if p.suffix.lower() in POLYGON_FILES]
        fix = f"the folder holds {', '.join(sorted(there))}" if there else None
        problems.append(
            problem(file, f"geometry {name!r} is not there", column="geometry", fix=fix)
        )
    elif path.suffix.lower() not in POLYGON_FILES:
        fix = f"use one of {' '.join(POLYGON_FILES)}"
        problems.append(
            problem(file, f"geometry {name!r} is not a polygon file", column="geometry", fix=fix)
        )
    else:
        return path
    return None


def _read_csv(
    file: Path, columns: Sequence[str], problems: list[Problem]
) -> tuple[list[str], list[RowNotes]]:
    """Return heading and rows of a csv; an absent file has neither."""
    if not file.is_file():
        return [], []
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        # Spreadsheets on Windows still save csv in this encoding.
        text = file.read_bytes().decode("cp1252", errors="replace")
    first = text.partition("\n")[0]
    mark = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    rows: list[RowNotes] = []
    header: list[str] = []
    try:
        for cells in reader:
            values = [cell.strip() for cell in cells]
            if not any(values):
                continue
            if not header:
                header = _heading(values, file, columns, problems)
                continue
            if len(values) > len(header):
                problems.append(
                    problem(
                        file,
                        f"{len(values)} cells under {len(header)} headings",
                        row=reader.line_num,
                        fix="put a name that holds a comma in double quotes",
                    )
                )
                continue
            cells_by_name = dict(zip(header, values, strict=False))
            rows.append(RowNotes(file, reader.line_num, problems, cells_by_name))
    except csv.Error as error:
        problems.append(problem(file, f"not readable as csv: {error}", row=reader.line_num))
    if not header:
        problems.append(problem(file, "the file is empty"))
    return header, rows


def _heading(
    cells: Sequence[str], file: Path, columns: Sequence[str], problems: list[Problem]
) -> list[str]:
    header = []
    for cell in cells:
        name = re.sub(r"[^a-z0-9]+", "_", cell.casefold()).strip("_")
        name = name if name in columns else SYNONYMS.get(name, name)
        if name and name not in columns:
            hint = nearest(
                name.replace("_", " "), [c.replace("_", " ") for c in (*columns, *SYNONYMS)], n=1
            )
            problems.append(
                problem(
                    file,
                    f"unknown column {cell!r}",
                    row=1,
                    fix=f"did you mean {hint[0].replace(' ', '_')}?"
                    if hint
                    else f"the columns are {', '.join(columns)}",
                )
            )
        header.append(name)
    for name in sorted({n for n in header if n and header.count(n) > 1}):
        problems.append(problem(file, f"the column {name} stands twice", row=1))
    return header


def _claim(
    row: RowNotes,
    layer: Layer,
    codes_as_of: date | None,
    sources: Mapping[str, str],
    units: Mapping[str, Unit],
) -> Claim:
    """Read one row of members.csv; what it leaves out is its unit's, or the layer's."""
    area_code, area_name = row.text("area_code"), row.text("area_name")
    if not area_code and _GSS.fullmatch(area_name):
        area_code, area_name = area_name, ""
    if _GSS.fullmatch(area_code):
        area_code = area_code[:9].upper() + area_code[9:]
    urn, postcode = row.text("urn"), row.text("postcode").upper()
    if not (area_code or area_name or urn or postcode):
        row("the row names no area and no school", "area_code")
    if urn and not urn.isdigit():
        row(f"{urn!r} is not a URN", "urn", "a URN is six digits")
    code = row.text("unit_code") or _slug(row.text("unit_name") or layer.title)
    unit = units.get(code)
    first = row.day("valid_from") or (unit and unit.valid_from) or layer.valid_from
    source = row.text("source")
    return Claim(
        unit_code=code,
        area_code=area_code,
        area_name=area_name,
        urn=urn,
        postcode=postcode,
        codes_as_of=row.day("codes_as_of") or codes_as_of or first,
        valid_from=first,
        valid_to=row.day("valid_to") or (unit and unit.valid_to) or layer.valid_to,
        extent=row.word("extent", EXTENTS, "whole"),
        part=row.text("part"),
        share=row.share("share"),
        source=sources.get(source, source) or layer.source,
        # A blank under a heading says "undated"; no heading says "as the layer".
        source_date=row.span("source_date") if "source_date" in row.values else layer.source_date,
        confidence=row.word("confidence", CONFIDENCES, layer.confidence),
        note=row.text("note"),
        row=row.row,
    )


def _described(rows: Sequence[RowNotes], sources: Mapping[str, str]) -> dict[str, Unit]:
    """Read the units of units.csv."""
    units: dict[str, Unit] = {}
    for row in rows:
        name, source = row.text("unit_name"), row.text("source")
        code = row.text("unit_code") or _slug(name)
        if not code:
            row("the row names no unit", "unit_code")
            continue
        if code in units:
            row(f"the unit {code!r} stands twice", "unit_code")
        units[code] = Unit(
            code=code,
            name=name or code,
            aliases=tuple(_aliases(row.text("aliases"))),
            lead_urn=row.text("lead_urn") or None,
            lead_name=row.text("lead_name"),
            valid_from=row.day("valid_from"),
            valid_to=row.day("valid_to"),
            source=sources.get(source, source),
            source_date=row.span("source_date"),
            confidence=row.word("confidence", CONFIDENCES, ""),
            note=row.text("note"),
        )
    return units


def _name_units(
    layer: Layer, rows: Sequence[RowNotes], claims: Sequence[Claim], units: dict[str, Unit]
) -> None:
    """Add the units that only members.csv names, and hold the two files against each other."""
    listed = frozenset(units)
    for row, claim in zip(rows, claims, strict=True):
        name, code = row.text("unit_name"), claim.unit_code
        if listed and code not in listed:
            row(f"the unit {code!r} is not in units.csv", "unit_code", suggest(code, listed))
        plain = name or row.text("unit_code") or layer.title
        known = units.setdefault(code, Unit(code=code, name=plain))
        if name and known.name != name:
            row(f"the unit {code!r} has two names", "unit_name", f"use {known.name!r}")


def _aliases(text: str) -> Iterator[Alias]:
    for item in filter(None, (x.strip() for x in text.split(";"))):
        name, _, seen = item.partition("@")
        yield Alias(name.strip(), seen.strip())


class RowNotes:
    """One row of a csv: reads its cells and notes its faults, so that reading can go on."""

    __slots__ = ("file", "problems", "row", "values")

    def __init__(
        self,
        file: Path,
        row: int,
        problems: list[Problem],
        values: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.file, self.row, self.problems, self.values = file, row, problems, values

    def __call__(self, message: str, column: str, fix: str | None = None) -> None:
        """Note a fault of the row in a column."""
        self.problems.append(problem(self.file, message, row=self.row, column=column, fix=fix))

    def text(self, column: str) -> str:
        """Return a cell, blank where the column or the cell is missing."""
        return self.values.get(column, "")

    def day(self, column: str) -> date | None:
        """Return a cell as a date, None when blank or not one."""
        text = self.text(column)
        day = _date(text) if text else None
        if text and day is None:
            british = re.fullmatch(r"(\d\d?)[/.-](\d\d?)[/.-](\d{4})", text)
            d, m, y = british.groups() if british else ("1", "9", "2022")
            self(f"{text!r} is not a date", column, f"write it as {y}-{int(m):02}-{int(d):02}")
        return day

    def word(self, column: str, words: Sequence[str], default: str) -> str:
        """Return a cell that holds one of a few words."""
        text = self.text(column).casefold()
        if text and text not in words:
            self(f"{text!r} is no {column}", column, f"write {' or '.join(words)}")
        return text if text in words else default

    def share(self, column: str) -> float | None:
        """Return a cell as a share above 0 and up to 1, None when blank or not one."""
        text = self.text(column)
        if not text:
            return None
        try:
            share = float(text)
        except ValueError:
            share = 0.0
        if 0 < share <= 1:
            return share
        self(f"{text!r} is no share", column, "write a number above 0 and up to 1")
        return None

    def span(self, column: str) -> str:
        """Return a cell that says when a source spoke; blank stands for undated."""
        text = self.text(column)
        if text and evidence_span(text) is None:
            self(
                f"{text!r} does not say when the source spoke",
                column,
                SPAN_FIX,
            )
        return text


@lru_cache(maxsize=1024)
def _date(value: object) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def _line_of(text: str, key: str) -> int | None:
    pattern = re.compile(rf"^\s*\[?\s*[\"']?{re.escape(key)}[\"']?\s*[=\]]", re.MULTILINE)
    found = pattern.search(text)
    return text.count("\n", 0, found.end()) + 1 if found else None


def problem(
    file: Path,
    message: str,
    *,
    row: int | None = None,
    column: str | None = None,
    fix: str | None = None,
    severity: str = "error",
) -> Problem:
    """Return a problem of a file on a shelf, which is named with its folder."""
    return Problem(f"{file.parent.name}/{file.name}", row, column, message, fix, severity)


def _slug(name: str) -> str:
    return re.sub(r"[^\w]+", "-", name.casefold()).strip("-")


def within(on: date, first: date | None, last: date | None) -> bool:
    """Tell whether a day lies in a span; the last day is in it, None is endless."""
    return (first is None or first <= on) and (last is None or on <= last)


# ---------------------------------------------------------------- what rows say of each other


def _check_rows(layer: Layer) -> list[Problem]:
    """Check what the rows say of each other; needs no succession table."""
    problems: list[Problem] = []
    file = layer.folder / "members.csv"
    if layer.valid_from and layer.valid_to and layer.valid_from > layer.valid_to:
        problems.append(problem(layer.folder / "layer.toml", "the last day comes before the first"))
    seen: dict[tuple[str, ...], list[Claim]] = {}
    for claim in layer.claims:
        note = RowNotes(file, claim.row, problems)
        if claim.valid_from and claim.valid_to and claim.valid_from > claim.valid_to:
            note("the last day comes before the first", "valid_to")
        if layer.valid_from and claim.valid_from and claim.valid_from < layer.valid_from:
            note(f"starts before the layer does ({layer.valid_from})", "valid_from")
        if layer.valid_to and (claim.valid_to is None or claim.valid_to > layer.valid_to):
            note(f"ends after the layer does ({layer.valid_to})", "valid_to")
        unit = layer.units.get(claim.unit_code)
        if unit and not _inside_life(claim, unit):
            note(f"holds on days when {unit.code} is not alive", "valid_from")
        what = claim.urn or claim.postcode or claim.area_code or fold(claim.area_name)
        mates = seen.setdefault((claim.unit_code, what, claim.part), [])
        for mate in mates:
            if overlap(claim, mate):
                note(f"the same claim as row {mate.row}", "area_code", "leave one of them out")
            elif 1 < _gap_days(claim, mate) <= 92:
                problems.append(
                    problem(
                        file,
                        f"does not meet row {mate.row}: {_gap_days(claim, mate) - 1} days between",
                        row=claim.row,
                        column="valid_from",
                        severity="warning",
                    )
                )
        mates.append(claim)
    if layer.kind == "areas" and not layer.tier:
        problems += [
            problem(
                layer.folder / "units.csv",
                f"{unit.name} ({code}) has no land",
                column="unit_code",
                severity="warning",
            )
            for code, unit in layer.units.items()
            if not any(claim.unit_code == code for claim in layer.claims)
        ]
    return problems


def _inside_life(claim: Claim, unit: Unit) -> bool:
    early = unit.valid_from and (claim.valid_from is None or claim.valid_from < unit.valid_from)
    late = unit.valid_to and (claim.valid_to is None or claim.valid_to > unit.valid_to)
    return not (early or late)


def overlap(a: Claim, b: Claim) -> bool:
    """Tell whether two claims hold on a day in common."""
    return within(max(_first(a), _first(b)), a.valid_from, a.valid_to) and within(
        max(_first(a), _first(b)), b.valid_from, b.valid_to
    )


def _gap_days(a: Claim, b: Claim) -> int:
    earlier, later = sorted((a, b), key=_first)
    return (_first(later) - (earlier.valid_to or date.max)).days


def _first(claim: Claim) -> date:
    return claim.valid_from or date.min


@lru_cache(maxsize=1024)
def evidence_span(text: str) -> tuple[date, date] | None:
    """Return the first and last day a source date can mean; None when it means no date.

    Examples
    --------
    >>> evidence_span("2022-09")
    (datetime.date(2022, 9, 1), datetime.date(2022, 9, 30))
    >>> evidence_span("2014/2022-08-05")
    (datetime.date(2014, 1, 1), datetime.date(2022, 8, 5))
    """
    days: list[date] = []
    for piece in text.split("/"):
        numbers = re.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", piece.strip())
        if not numbers:
            return None
        year, month, day = (int(n) if n else None for n in numbers.groups())
        try:
            first = date(year or 0, month or 1, day or 1)
        except ValueError:
            return None
        if day:
            last = first
        elif month:
            last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - ONE_DAY
        else:
            last = first.replace(month=12, day=31)
        days += [first, last]
    return min(days), max(days)
