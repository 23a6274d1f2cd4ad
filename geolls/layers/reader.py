"""One folder of `layer.toml`, `members.csv` and `units.csv` read into a `Layer`.

The folder holds data and no code; `boundaries/README.md` is the schema. Reading goes on past
faults and returns them all; the caller decides which of them stop a study.
"""

from __future__ import annotations

import contextlib
import csv
import difflib
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from geolls.base.cells import Days, a_code, a_urn, filled
from geolls.base.columns import TRAITS, no_trait, schools_in, trait_named
from geolls.base.errors import InputFileError
from geolls.base.postcodes import spelt
from geolls.base.schema import Fault, Toml, a_day, check, load, unknown
from geolls.base.sheets import Head, open_table
from geolls.base.text import fold, plural, suggest
from geolls.base.vocabulary import TAKEN
from geolls.base.workbooks import WORKBOOKS
from geolls.layers.model import (
    CONFIDENCES,
    EXTENTS,
    KEPT_CODES,
    LAND,
    Alias,
    Claim,
    Layer,
    Problem,
    Unit,
    evidence_span,
)

__all__ = ["POLYGON_FILES", "SPAN_FIX", "Row", "is_members", "read_layer", "read_members"]

POLYGON_FILES: Final = (".geojson", ".json", ".gpkg", ".shp", ".parquet", ".fgb", ".zip")
SHELF_KEYS: Final = ("licence", "family", "tiling", "confidence", "unit_title")
MEMBER_COLUMNS: Final = (
    *("unit_code", "unit_name", "area_code", "area_name", "wards", "urn", "postcode"),
    *("codes_as_of", "valid_from", "valid_to", "extent", "part", "share"),
    *("source", "source_date", "confidence", "note"),
)
# What says which schools a row means; where none of these stands, a column of the register may.
LISTED: Final = frozenset({"area_code", "area_name", "wards", "urn", "postcode"})
BY_TRAIT: Final = tuple(key for key in TRAITS if key not in {*MEMBER_COLUMNS, "sen"})
UNIT_COLUMNS: Final = (
    *("unit_code", "unit_name", "aliases", "lead_urn", "lead_name", "valid_from", "valid_to"),
    *("source", "source_date", "confidence", "note"),
)
DAYS: Final = ("codes_as_of", "valid_from", "valid_to")
# Headings people write of their own accord, and what they mean here.
SYNONYMS: Final = {
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
    "ward": "wards",
    "ward_code": "wards",
    "ward_codes": "wards",
    "area_title": "area_name",
    "local_authority_name": "area_name",
    "authority_name": "area_name",
    "district_name": "area_name",
    "la_name": "area_name",
    "la": "area_name",
    "region": "area_name",
    "council": "area_name",
    "la_code": "area_code",
    "lad_code": "area_code",
    "gss": "area_code",
    "ons_code": "area_code",
    "dfe_code": "area_code",
    "block": "area_code",
    "block_code": "area_code",
    "local_authority_code": "area_code",
    "locality": "unit_name",
    "hub": "unit_name",
    "cluster": "unit_name",
    "family": "unit_name",
    "partnership": "unit_name",
    "zone": "unit_name",
    "group": "unit_name",
    "school_urn": "urn",
    "notes": "note",
    "comment": "note",
    "comments": "note",
}
# Headings of ONS: LAD22CD, CTYUA23NM, lad2022cd.
_ONS = re.compile(r"(?:lad|ctyua|utla|ltla|cty|cauth|rgn|lau1)(?:\d\d|20\d\d)(cd|nm)")
_ONS_TRAIT = re.compile(r"(pcon|msoa|lsoa)(?:\d\d|20\d\d)(?:cd|nm)")
_SLIP: Final = 0.8  # of its letters, in order, a misspelt heading has more
_MOST_STRANGE: Final = 20  # columns that are told one by one
MOST_BYTES: Final = 64 << 20
SPAN_FIX: Final = "write 2022, 2022-09, 2022-09-01, or two of them as 2014/2022"
_WHOLE = re.compile(r"^(\d+)\.0+$")  # as programs write whole numbers
_WARD_HEADING = re.compile(r"wd(\d\d|20\d\d)cd")
_WARD = re.compile(r"E05\d{6}")
_GSS = re.compile(r"[EW]\d{8}(/.+)?", re.IGNORECASE)


def read_layer(folder: Path, *, own: bool = False) -> tuple[Layer | None, list[Problem]]:
    """Read one layer folder and note every fault that can be told without the table of areas.

    Parameters
    ----------
    folder : pathlib.Path
        A folder with a layer.toml.
    own : bool
        True for a user's layer, of which less is asked: title and source will do.

    Returns
    -------
    (Layer or None, list of Problem)
        None where too little could be read to make a layer.
    """
    file = folder / "layer.toml"
    try:
        toml = load(file)
    except InputFileError as error:
        return None, [Problem.at(file, error.message)]
    stated, faults = check(Layer, toml)
    if asked := stated.get("column"):
        stated["column"] = trait_named(asked)
        if stated["column"] is None:
            faults.append(Fault(*no_trait(asked), "column", toml.line("column")))
    problems = [Problem.at(file, f.message, f.fix, row=f.line, column=f.key) for f in faults]
    problems += _beyond_types(toml, stated, own=own)
    header, members = _read_table(folder, "members", MEMBER_COLUMNS, problems)
    _, described = _read_table(folder, "units", UNIT_COLUMNS, problems)
    # A layer that states no kind is known by what it has.
    signs = {
        "polygons": "geometry" in stated and not {"area_code", "area_name"} & set(header),
        "schools": "column" in stated or {"urn", "postcode", *BY_TRAIT} & set(header),
        "areas": "tier" in stated or {"area_code", "area_name", "wards"} & set(header),
        "sites": described,
    }
    kind = stated.get("kind") or next((kind for kind, seen in signs.items() if seen), None)
    if kind is None:
        problems.append(
            Problem.at(
                file,
                "the folder holds no areas, polygons or schools",
                _instead(folder),
            )
        )
        return None, problems
    if stated.get("within") and kind != "schools":
        message = f"within parts units that are made of schools, and these are made of {kind}"
        problems.append(Problem.at(file, message, "leave it out", column="within"))
    if "geometry" in stated:
        stated["geometry"] = _polygons(stated["geometry"], file, problems)
    title = stated.get("title", folder.name)
    unit_title = stated.get("unit_title", title)
    worked_out = {
        "title": title,
        "source": "",
        "unit_title": unit_title,
        "unit_title_plural": plural(unit_title),
        "tiling": "partial" if kind in LAND else "overlapping",
    }
    layer = Layer(**worked_out | stated | {"kind": kind, "key": folder.name, "folder": folder})
    units = _units(described, layer)
    if layer.first > layer.last:
        problems.append(Problem.at(file, "the last day comes before the first"))
    claims = _claims(members, layer, units)
    if kind == "areas" and not layer.tier:
        held = {claim.unit_code for claim in claims}
        problems += [
            Problem.at(
                folder / "units.csv",
                f"{unit.name} ({code}) has no land",
                column="unit_code",
                severity="warning",
            )
            for code, unit in units.items()
            if code not in held
        ]
    told = tuple(p for p in problems if p.severity == "warning" and p.column is None)
    return replace(layer, claims=tuple(claims), units=units, told=told), problems


def _instead(folder: Path) -> str:
    """Say what to do for a folder in which there is nothing to read."""
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in POLYGON_FILES:
            return f'add geometry = "{path.name}" to layer.toml'
        if path.suffix.lower() in (".kml", ".kmz", ".tab", ".gml"):
            return f"save {path.name} as GeoJSON, and add geometry with its name to layer.toml"
        if path.suffix.lower() in WORKBOOKS:
            return f"name {path.name} members{path.suffix.lower()}"
        if path.suffix.lower() in (".xls", ".xlsb", ".ods", ".numbers"):
            return f"save {path.name} as members.xlsx, or as members.csv (CSV UTF-8)"
    return 'add members.csv (columns unit and area), or geometry = "file.geojson"'


def _beyond_types(toml: Toml, stated: Mapping[str, Any], *, own: bool) -> Iterator[Problem]:
    """Yield what is wrong with layer.toml beyond the type of each key."""
    file, name = toml.path, toml.path.parent.name
    if own and name.casefold() in TAKEN:
        yield Problem.at(
            file, f"{name!r} is the name of a column of every table", "rename the folder"
        )
    if stated.get("key", name) != name:
        message = f"the key {stated['key']!r} is not the folder's name"
        yield Problem.at(file, message, f"write {name}, or leave it out", column="key")
    seen = stated.get("source_date")
    if seen and evidence_span(seen) is None:
        message = f"source_date {seen!r} does not say when the source spoke"
        line = toml.line("source_date")
        yield Problem.at(file, message, SPAN_FIX, row=line, column="source_date")
    if not own:
        for key in SHELF_KEYS:
            if key not in stated:
                yield Problem.at(file, f"the key {key} is missing", column=key)
    elif "licence" not in stated:
        yield Problem.at(file, "no licence is stated", column="licence", severity="warning")


def _polygons(path: Path, file: Path, problems: list[Problem]) -> Path | None:
    """Return the polygon file of a layer, which must lie in the layer's folder."""
    there = sorted(p.name for p in file.parent.iterdir() if p.suffix.lower() in POLYGON_FILES)
    kinds = f"use one of {' '.join(POLYGON_FILES)}"
    for sound, wrong, fix in (
        (path.is_relative_to(file.parent.resolve()), "lies outside the folder", None),
        (path.is_file(), "is not there", f"the folder holds {', '.join(there)}" if there else None),
        (path.suffix.lower() in POLYGON_FILES, "is not a polygon file", kinds),
    ):
        if not sound:
            problems.append(
                Problem.at(file, f"geometry {path.name!r} {wrong}", fix, column="geometry")
            )
            return None
    return path


# ---- rows of a csv


@dataclass(slots=True)
class Row:
    """One row of a csv: reads its cells and notes its faults, so that reading can go on."""

    file: Path
    number: int
    problems: list[Problem]
    values: Mapping[str, str] = field(default_factory=dict)
    days: Days = field(default_factory=Days)

    def note(
        self, message: str, column: str, fix: str | None = None, severity: str = "error"
    ) -> None:
        """Note a fault of the row in a column."""
        self.problems.append(
            Problem.at(self.file, message, fix, row=self.number, column=column, severity=severity)
        )

    def text(self, column: str) -> str:
        """Return a cell, blank where the column or the cell is missing."""
        return self.values.get(column, "")

    def day(self, column: str) -> date | None:
        """Return a cell as a date, None when blank or not one."""
        text = self.text(column)
        if not text:
            return None
        try:
            return a_day(text)
        except ValueError:
            found = self.days.read(text)
        if found is None:
            self.note(f"{text!r} is not a date", column, "write it as 2022-09-01")
        return found

    def word(self, column: str, words: Sequence[str], default: str) -> str:
        """Return a cell that holds one of a few words."""
        text = self.text(column).casefold()
        if text and text not in words:
            self.note(f"{text!r} is no {column}", column, f"write {' or '.join(words)}")
        return text if text in words else default

    def share(self, column: str) -> float | None:
        """Return a cell as a share above 0 and up to 1, None when blank or not one."""
        text = self.text(column)
        with contextlib.suppress(ValueError):
            if 0 < float(text) <= 1:
                return float(text)
        if text:
            self.note(f"{text!r} is no share", column, "write a number above 0 and up to 1")
        return None

    def span(self, column: str) -> str:
        """Return a cell that says when a source spoke; blank stands for undated."""
        text = self.text(column)
        if text and evidence_span(text) is None:
            self.note(f"{text!r} does not say when the source spoke", column, SPAN_FIX)
        return text


def _read_table(
    folder: Path, stem: str, columns: Sequence[str], problems: list[Problem]
) -> tuple[list[str], list[Row]]:
    """Return heading and rows of a table of a folder, csv or workbook; none where it is absent."""
    there = {p.name.casefold(): p for p in folder.iterdir()}
    names = [f"{stem}{ending}" for ending in (".csv", *WORKBOOKS)]
    file = next((there[name] for name in names if name in there), None)
    return ([], []) if file is None else _rows_of(file, stem, columns, problems)


def read_members(
    file: Path, layer: Layer, problems: list[Problem]
) -> tuple[list[Claim], dict[str, Unit]]:
    """Read one table of areas and units, with the columns of members.csv, as of a layer."""
    units: dict[str, Unit] = {}
    _, rows = _rows_of(file, "members", MEMBER_COLUMNS, problems)
    return _claims(rows, layer, units), units


def _rows_of(
    file: Path, stem: str, columns: Sequence[str], problems: list[Problem]
) -> tuple[list[str], list[Row]]:
    """Return heading and rows of a table."""
    try:
        head, body, _, told = open_table(
            file,
            lambda cells: bool(set(_columns(cells, columns)).intersection(_may(cells, columns))),
            prefer=stem,
            limit=MOST_BYTES,
        )
    except InputFileError as error:
        problems.append(Problem.at(file, error.message, error.fix))
        return [], []
    problems += [Problem.at(file, line, severity="warning") for line in told]
    text = io.StringIO(body.decode("utf-8", "replace"), newline="")
    reader = csv.reader(text, delimiter=head.mark, strict=True)
    above = head.row
    rows: list[Row] = []
    header = _heading(head, file, columns, problems)
    try:
        for cells in reader:
            values = [_WHOLE.sub(r"\1", filled(" ".join(cell.split()))) for cell in cells]
            number = above + reader.line_num
            if not any(values):
                continue
            if any(values[len(header) :]):
                message = f"{len(values)} cells under {len(header)} headings"
                fix = "put a name that holds a comma in double quotes"
                problems.append(Problem.at(file, message, fix, row=number))
            else:
                named = dict(zip(header, values, strict=False))
                rows.append(Row(file, number, problems, named))
    except csv.Error as error:
        message = f"not readable as csv: {error}"
        problems.append(Problem.at(file, message, row=above + reader.line_num))
    if not header:
        problems.append(Problem.at(file, "the file is empty"))
    elif not rows and not problems:
        problems.append(Problem.at(file, "has a header but no rows", severity="warning"))
    written = Counter(row.text(column) for row in rows for column in DAYS)
    days = Days.judge(written.items())
    if rows and str(days):
        problems.append(Problem.at(file, str(days), severity="warning"))
    return header, [replace(row, days=days) for row in rows]


def is_members(path: Path) -> bool:
    """Whether a table has the columns of a list of members: what is listed, and of which unit."""

    def fits(cells: Sequence[str]) -> bool:
        names = set(_columns(cells, MEMBER_COLUMNS))
        listed = names & {*LISTED, *BY_TRAIT}
        return bool(listed) and bool(names & {"unit_name", "unit_code"} or names == {"area_name"})

    return fits(open_table(path, fits, limit=MOST_BYTES, whole=False).head.cells)


def _heading(head: Head, file: Path, columns: Sequence[str], problems: list[Problem]) -> list[str]:
    """Return the names of the columns, as this room calls them; blank cells have none."""
    header, strange, seen = list[str](), list[str](), set[str]()
    columns = _may(cells := _plainly(head.cells, columns), columns)
    known = set(columns)
    for cell in cells:
        name = _column(cell, columns)
        if name and name not in known:
            strange.append(cell)
        elif name and name in seen:
            problems.append(Problem.at(file, f"the column {name} stands twice", row=head.row))
        seen.add(name)
        header.append(name)
    unitless = not seen & {"unit_name", "unit_code"}  # one of those may be meant for it
    for cell in strange[:_MOST_STRANGE]:
        if unitless or _misspelt(cell, (*columns, *SYNONYMS)):
            message, fix = unknown("column", cell, (*columns, *SYNONYMS))
            problems.append(Problem.at(file, message, fix, row=head.row))
        else:  # what people keep beside, as the names of schools
            message, aside = f"the column {cell!r} is not used", "warning"
            problems.append(Problem.at(file, message, row=head.row, column=cell, severity=aside))
    if more := strange[_MOST_STRANGE:]:
        message = f"{len(more):,} more columns are not known, and not used"
        problems.append(Problem.at(file, message, row=head.row, column="", severity="warning"))
    return header


def _misspelt(heading: str, known: Iterable[str]) -> bool:
    """Whether a heading is one of those known but for a slip of the fingers."""
    word = re.sub(r"[\W_]+", "", heading.casefold())
    others = [name.replace("_", "") for name in known]
    alike = (difflib.SequenceMatcher(None, word, other).ratio() for other in others)
    return sorted(word) in map(sorted, others) or max(alike) > _SLIP


def _may(cells: Sequence[str], columns: Sequence[str]) -> Sequence[str]:
    """Return the columns that a table may have: of the register too, where no other lists."""
    names = {_column(cell, columns) for cell in cells}
    return columns if names & LISTED or "urn" not in columns else (*columns, *BY_TRAIT)


def _plainly(cells: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Call the column of a list of schools by its plain name, where nothing else is listed."""
    other = "urn" not in columns or {_column(cell, columns) for cell in cells} & LISTED
    found = {} if other else schools_in(cells)
    at = {at: name for name, at in found.items()}
    return [at.get(i, cell) for i, cell in enumerate(cells)]


def _columns(cells: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Return our names of the columns of a table."""
    may = _may(cells := _plainly(cells, columns), columns)
    return [_column(cell, may) for cell in cells]


def _column(heading: str, columns: Sequence[str]) -> str:
    """Return our name of a column, or what is left of a heading that means none of ours."""
    name = re.sub(r"[^a-z0-9]+", "_", heading.casefold()).strip("_")
    if name in columns:
        return name
    if _WARD_HEADING.fullmatch(name):
        return "wards"
    if ons := _ONS.fullmatch(name):
        return "area_code" if ons[1] == "cd" else "area_name"
    ons_trait = _ONS_TRAIT.fullmatch(name)
    asked = ons_trait[1].replace("pcon", "constituency") if ons_trait else heading
    trait = trait_named(asked) if name not in SYNONYMS else None
    return trait if trait and trait in columns else SYNONYMS.get(name, name)


def _claim(row: Row, layer: Layer, units: Mapping[str, Unit]) -> Claim:
    """Read one row of members.csv; what it leaves out is its unit's, or the layer's."""
    area_code, area_name = a_code(row.text("area_code")), row.text("area_name")
    if not area_code and re.fullmatch(r"\d{3}(\.0+)?", area_name):
        area_code, area_name = a_code(area_name), ""
    if not area_code and _GSS.fullmatch(area_name):
        area_code, area_name = area_name, ""
    if _GSS.fullmatch(area_code):
        area_code = area_code[:9].upper() + area_code[9:]
    wards = tuple(filter(None, re.split(r"[;,\s]+", row.text("wards").upper())))
    if not all(map(_WARD.fullmatch, wards)):  # names, of several words
        wards = tuple(filter(None, re.split(r"\s*[;,]\s*", row.text("wards"))))
    if _WARD.fullmatch(area_code):
        area_code, wards = "", (*wards, area_code)
    for ward in wards:
        if not _WARD.fullmatch(ward.upper()):
            fix = (
                "a study looks its code up in its register (AdministrativeWard (name)), in the "
                "row's area where there is one; or give the code, as E05011453; part several by ;"
            )
            row.note(f"{ward!r} is read as a ward's name", "wards", fix, severity="warning")
    urn, postcode = a_urn(row.text("urn")), row.text("postcode").upper()
    traits = [(key, row.text(key)) for key in BY_TRAIT if row.text(key)]
    if len(traits) > 1:
        row.note("the row names schools by several columns", traits[1][0], "leave all but one out")
    if not (area_code or area_name or wards or urn or postcode or traits):
        row.note("the row names no area and no school", "area_code")
    if urn and not urn.isdigit():
        row.note(f"{urn!r} is not a URN", "urn", "a URN is six digits")
    if postcode and not spelt(postcode):
        row.note(f"{postcode!r} is no postcode", "postcode", "write it whole, or its first half")
    code = a_code(row.text("unit_code")) or _slug(row.text("unit_name"))
    if not code and {"unit_code", "unit_name"} & row.values.keys():
        row.note(
            f"row {row.number} names no unit", "unit_name", "write it in every row, not only once"
        )
    code = code or _slug(layer.title)
    if code in KEPT_CODES:
        row.note(f"{code!r} is kept for land and schools without a unit", "unit_code", "rename it")
    unit = units.get(code)
    first = row.day("valid_from") or (unit and unit.valid_from) or layer.valid_from
    source = row.text("source")
    return Claim(
        unit_code=code,
        area_code=area_code,
        area_name=area_name,
        urn=urn,
        postcode=postcode,
        codes_as_of=row.day("codes_as_of") or layer.codes_as_of or first,
        valid_from=first,
        valid_to=row.day("valid_to") or (unit and unit.valid_to) or layer.valid_to,
        extent=row.word("extent", EXTENTS, "whole"),
        part=row.text("part"),
        share=row.share("share"),
        source=layer.sources.get(source, source) or layer.source,
        # A blank under a heading says "undated"; no heading says "as the layer".
        source_date=row.span("source_date") if "source_date" in row.values else layer.source_date,
        confidence=row.word("confidence", CONFIDENCES, layer.confidence),
        row=row.number,
        wards=wards,
        having=next(iter(traits), ("", "")),
    )


def _units(rows: Sequence[Row], layer: Layer) -> dict[str, Unit]:
    """Read the units of units.csv."""
    units: dict[str, Unit] = {}
    for row in rows:
        name, source = row.text("unit_name"), row.text("source")
        code = a_code(row.text("unit_code")) or _slug(name)
        if code in KEPT_CODES:
            row.note(f"{code!r} is kept for what has no unit", "unit_code", "rename it")
        lead = a_urn(row.text("lead_urn"))
        if lead and not re.fullmatch(r"[1-9]\d{4,6}", lead):
            row.note(f"{lead!r} is not a URN", "lead_urn", "a URN is six digits")
        if not code:
            row.note("the row names no unit", "unit_code")
            continue
        if code in units:
            row.note(f"the unit {code!r} stands twice", "unit_code")
        units[code] = Unit(
            code=code,
            name=name or code,
            aliases=tuple(
                Alias(alias.strip(), seen.strip())
                for alias, _, seen in (x.partition("@") for x in row.text("aliases").split(";"))
                if alias.strip()
            ),
            lead_urn=lead or None,
            lead_name=row.text("lead_name"),
            valid_from=row.day("valid_from"),
            valid_to=row.day("valid_to"),
            source=layer.sources.get(source, source),
            source_date=row.span("source_date"),
            confidence=row.word("confidence", CONFIDENCES, ""),
            note=row.text("note"),
        )
    return units


def _claims(rows: Sequence[Row], layer: Layer, units: dict[str, Unit]) -> list[Claim]:
    """Read members.csv, and check each row by itself, by its unit and layer, and by those before.

    Units that only members.csv names are added to `units`.
    """
    listed = frozenset(units)
    claims: list[Claim] = []
    same: dict[tuple[str, ...], list[Claim]] = defaultdict(list)
    for row in rows:
        claim = _claim(row, layer, units)
        claims.append(claim)
        name, code = row.text("unit_name"), claim.unit_code
        unit = units.setdefault(
            code, Unit(code=code, name=name or a_code(row.text("unit_code")) or layer.title)
        )
        if listed and code not in listed:
            row.note(f"the unit {code!r} is not in units.csv", "unit_code", suggest(code, listed))
        if name and unit.name != name:
            row.note(f"the unit {code!r} has two names", "unit_name", f"use {unit.name!r}")
        alive = unit.first <= claim.first and claim.last <= unit.last
        for wrong, message, column in (
            (claim.first > claim.last, "the last day comes before the first", "valid_to"),
            (
                claim.first < layer.first,
                f"starts before the layer does ({layer.valid_from})",
                "valid_from",
            ),
            (claim.last > layer.last, f"ends after the layer does ({layer.valid_to})", "valid_to"),
            (
                not alive,
                f"holds on days when {code} is not alive",
                "valid_from",
            ),
        ):
            if wrong:
                row.note(message, column)
        wards = ";".join(claim.wards)
        what = wards or claim.urn or claim.postcode or claim.area_code or fold(claim.area_name)
        what = what or fold(claim.having[1])
        for mate in same[code, what, claim.part]:
            earlier, later = sorted((claim, mate), key=lambda c: c.first)
            gap = (later.first - earlier.last).days - 1
            if claim.overlaps(mate):
                row.note(f"the same claim as row {mate.row}", "area_code", "leave one of them out")
            elif 0 < gap < 92:
                row.note(
                    f"does not meet row {mate.row}: {gap} days between",
                    "valid_from",
                    severity="warning",
                )
        same[code, what, claim.part].append(claim)
    return claims


def _slug(name: str) -> str:
    return re.sub(r"[^\w]+", "-", name.casefold()).strip("-")
