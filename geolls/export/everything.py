"""Everything a study holds, as files other tools open, with a description of every column."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from geolls.api import Study
from geolls.base.errors import UsageError
from geolls.base.files import write_bytes, write_text, writing
from geolls.base.text import suggest
from geolls.export.datapackage import datapackage
from geolls.export.dictionary import TableText
from geolls.export.geopackage import shapes_of, write_geopackage
from geolls.export.render import Table, described_parquet, to_csv, with_days
from geolls.export.tables import BUILDERS, tables
from geolls.export.workbook import write_workbook

__all__ = ["FORMATS", "export"]

Progress = Callable[[str, int, "int | None"], None]
Found = dict[str, tuple[TableText, pd.DataFrame]]


def _csv(study: Study, found: Found, folder: Path) -> Iterator[Path]:  # noqa: ARG001
    for key, (_, frame) in found.items():
        yield write_text(folder / f"{key}.csv", to_csv(Table.of(with_days(frame))))


def _parquet(study: Study, found: Found, folder: Path) -> Iterator[Path]:
    for key, (text, frame) in found.items():
        columns = text.expand(study.area_layers)
        yield write_bytes(folder / f"{key}.parquet", described_parquet(frame, columns))
    for key, shape in shapes_of(study, found["units"][1]).items():
        path = folder / f"units_{key}.parquet"
        with writing(path) as part:
            shape.to_parquet(part, index=False, compression="zstd")
        yield path


def _gpkg(study: Study, found: Found, folder: Path) -> Iterator[Path]:
    shapes = shapes_of(study, found["units"][1])
    yield write_geopackage(study, shapes, found["schools"][1], folder / "geolls.gpkg")


def _xlsx(study: Study, found: Found, folder: Path) -> Iterator[Path]:
    yield write_workbook(study, list(found.values()), folder / "geolls.xlsx")


# Adding a format is one function and one row.
WRITERS: Mapping[str, Callable[[Study, Found, Path], Iterator[Path]]] = {
    "csv": _csv,
    "parquet": _parquet,
    "gpkg": _gpkg,
    "xlsx": _xlsx,
}
FORMATS = tuple(WRITERS)


def export(
    study: Study,
    folder: str | Path,
    *,
    formats: Sequence[str] = FORMATS,
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
    progress : callable, optional
        Told what is being done, how many steps are, and how many there are.

    Returns
    -------
    list of pathlib.Path
        The files written, sorted; among them `datapackage.json`, which describes every column.

    Raises
    ------
    UsageError
        When a format is unknown.
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
    folder = Path(folder)
    keys = tuple(BUILDERS) if set(formats) - {"gpkg"} else ("units", "schools")
    found: Found = {}
    for step, (text, frame) in enumerate(tables(study, keys), start=1):
        found[text.key] = (text, frame)
        if progress:
            progress("tables", step, len(keys))
    written = [path for wanted in FORMATS if wanted in formats
               for path in WRITERS[wanted](study, found, folder)]  # fmt: skip
    package = json.dumps(datapackage(study, written), ensure_ascii=False, indent=1) + "\n"
    written.append(write_text(folder / "datapackage.json", package))
    return sorted(written)
