"""Everything a study holds, as files other tools open, with a description of every column."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from geolls import __version__
from geolls.api import Study
from geolls.base.errors import UsageError
from geolls.base.files import sha256, write_bytes, write_text, writing
from geolls.base.text import suggest
from geolls.export.dictionary import Column, TableText, load_dictionary
from geolls.export.geopackage import shapes_of, write_geopackage
from geolls.export.render import Table, described_parquet, to_csv, with_days
from geolls.export.star import RELATIONSHIPS, STAR
from geolls.export.tables import BUILDERS, tables
from geolls.export.workbook import write_workbook
from geolls.study.gazetteer import Place

__all__ = ["FORMATS", "export"]

Progress = Callable[[str, int, "int | None"], None]
Found = dict[str, tuple[TableText, pd.DataFrame]]


def _csv(study: Study, found: Found, folder: Path) -> Iterator[Path]:  # noqa: ARG001
    for key, (_, frame) in found.items():
        yield write_text(folder / f"{key}.csv", to_csv(Table.of(with_days(frame))))


def _parquet(study: Study, found: Found, folder: Path) -> Iterator[Path]:
    for key, (text, frame) in found.items():
        columns = text.expand(study.measured, study.rests_on, study.given)
        yield write_bytes(folder / f"{key}.parquet", described_parquet(frame, columns))
    units = found.get("units")
    for key, shape in (shapes_of(study, units[1]) if units else {}).items():
        path = folder / f"units_{key}.parquet"
        with writing(path) as part:
            shape.to_parquet(part, index=False, compression="zstd")
        yield path


# Adding a format is one row.
WRITERS: Mapping[str, Callable[[Study, Found, Path], Iterable[Path]]] = {
    "csv": _csv,
    "parquet": _parquet,
    "gpkg": lambda study, found, folder: [
        write_geopackage(
            study,
            shapes_of(study, found["units"][1]),
            found["schools"][1],
            folder / "geolls.gpkg",
        )
    ],
    "xlsx": lambda study, found, folder: [
        write_workbook(study, list(found.values()), folder / "geolls.xlsx")
    ],
}
FORMATS = tuple(WRITERS)


def export(
    study: Study,
    folder: str | Path,
    *,
    formats: Sequence[str] = FORMATS,
    star: bool = False,
    place: Place | None = None,
    progress: Progress | None = None,
) -> list[Path]:
    """Write every table of a study, its shapes, a workbook and a description of it all.

    Parameters
    ----------
    study : Study
        Any study.
    folder : str or pathlib.Path
        Where to write; made where missing.
    formats : sequence of {"csv", "parquet", "gpkg", "xlsx"}, optional
        csv and Parquet: one file per table, and with Parquet one GeoParquet file per layer of
        land; gpkg: `geolls.gpkg`, one layer per layer of land and one of schools, EPSG:27700,
        styled for QGIS; xlsx: `geolls.xlsx`, one sheet per table. All by default.
    star : bool, default False
        The star schema in place of the ordinary tables: facts, dimensions and relationships for
        Power BI and pivot tables; in csv, Parquet and xlsx.
    place : Place, optional
        Only the rows about a place; see `geolls.study.cuts.cut`. Not with `star`.
    progress : callable, optional
        Told what is being done, how many steps are, and how many there are.

    Returns
    -------
    list of pathlib.Path
        The files written, sorted; among them `datapackage.json`, which describes every column.

    Raises
    ------
    UsageError
        When a format is unknown, or a star is to be cut.
    OutputError
        When a file cannot be written.

    Notes
    -----
    The same study gives the same bytes, with the same versions of the libraries. Text that a
    spreadsheet would run as a formula has an apostrophe before it in csv.
    """
    for wanted in formats:
        if wanted not in FORMATS:
            raise UsageError(
                f"unknown format {wanted!r}", where="--format", fix=suggest(wanted, FORMATS)
            )
    if star and place:
        raise UsageError("a star is of all England", where="--place", fix="leave out --star")
    folder, profile = Path(folder), "star" if star else ""
    keys = tuple(STAR if star else BUILDERS)
    if star:
        formats = [wanted for wanted in formats if wanted != "gpkg"]  # a star has no shapes
    elif set(formats) == {"gpkg"}:
        keys = ("units", "schools")
    found: Found = {}
    cut_tables = tables(study, keys, profile=profile, place=place)
    for step, (text, frame) in enumerate(cut_tables, start=1):
        found[text.key] = (text, frame)
        if progress:
            progress("tables", step, len(keys))
    written = [path for wanted in FORMATS if wanted in formats
               for path in WRITERS[wanted](study, found, folder)]  # fmt: skip
    package = json.dumps(_datapackage(study, written, place), ensure_ascii=False, indent=1) + "\n"
    written.append(write_text(folder / "datapackage.json", package))
    return sorted(written)


_MEDIA = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "gpkg": "application/geopackage+sqlite3",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_WHOLE = {
    "gpkg": "Units of every layer of land, and schools, as shapes",
    "xlsx": "Every table on a sheet of its own",
}
_OGL = {
    "name": "OGL-UK-3.0",
    "title": "Open Government Licence v3.0",
    "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
}


def _datapackage(study: Study, written: Sequence[Path], place: Place | None) -> dict[str, Any]:
    """Describe what was written, as a Frictionless data package."""
    counted, day = f"Counted: {study.population.title}", f"as of {study.as_of}"
    there = f"Only what is about {place.name}" if place else ""
    words = [study.register.label, day, counted, there, study.unchecked, study.attribution]
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": f"geolls-{study.fingerprint}",
        "title": study.settings.title,
        "description": ". ".join(w.rstrip(".") for w in words if w) + ".",
        "version": __version__,
        "licenses": [_OGL],
        "sources": [
            {"title": study.register.label},
            *(
                {
                    "title": f"{layer.title}: {layer.source}",
                    **({"path": layer.source_url} if layer.source_url else {}),
                }
                for layer in study.layers.values()
            ),
        ],
        "geolls": {
            "study": study.settings.title,
            "fingerprint": study.fingerprint,
            "as_of": study.as_of.isoformat(),
            "population": study.population.name,
            "phases": list(study.population.phases),
            "demonstration": study.register.demonstration,
            "register": study.register.label,
            "geolls_version": __version__,
        },
        "resources": [_resource(study, path) for path in sorted(written)],
    }


def _resource(study: Study, path: Path) -> dict[str, Any]:
    name, stem, ending = path.name, path.stem, path.suffix[1:]
    texts, is_csv = load_dictionary().tables, ending == "csv"
    found: dict[str, Any] = {
        "name": name.replace(".", "-").lower(),
        "path": name,
        "format": ending,
        "mediatype": _MEDIA[ending],
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256(path)}",
        **({"encoding": "utf-8"} if is_csv else {}),
    }
    layer = study.area_layers.get(stem.removeprefix("units_")) if "units_" in stem else None
    text = texts["units"] if layer else texts.get(stem)
    if text is None:
        return {**found, "title": _WHOLE[ending]}
    shapes = f"GeoParquet, EPSG:27700. {text.note}"
    columns = text.expand(study.measured, study.rests_on, study.given)
    return {
        **found,
        "title": f"{layer.title}: units as shapes" if layer else text.title,
        "description": shapes if layer else f"{text.rows}. {text.note}".strip(),
        **({"type": "table"} if is_csv else {}),
        "schema": _schema(columns) | _keys(text, ending),
    }


def _keys(text: TableText, ending: str) -> dict[str, Any]:
    """Return which column numbers the rows of a table of the star, and which lead to others."""
    own = sorted({column for _, column, to in RELATIONSHIPS if to == text.key})
    leads = [
        {"fields": [column], "reference": {"resource": f"{to}-{ending}", "fields": [column]}}
        for table, column, to in RELATIONSHIPS
        if table == text.key
    ]
    return ({"primaryKey": own} if own else {}) | ({"foreignKeys": leads} if leads else {})


def _schema(columns: Iterator[Column]) -> dict[str, Any]:
    return {
        "fields": [
            {
                "name": c.name,
                "type": c.type,
                "description": c.description,
                **({"unit": c.unit} if c.unit else {}),
                "source": c.source,
            }
            for c in columns
        ],
        "missingValues": [""],
    }
