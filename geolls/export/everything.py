"""Everything a study holds, as files other tools open: tables, shapes, a workbook, a data package.

Only columns that the data dictionary describes are written, so that nothing leaves by accident.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geolls.base.errors import UsageError
from geolls.base.files import sha256, write_bytes, write_text, writing
from geolls.base.text import suggest
from geolls.base.vocabulary import MINIMUM, WEIGHTS
from geolls.export.dictionary import Column, TableText, load_dictionary
from geolls.export.render import Table, to_csv
from geolls.measures.equity import suppress
from geolls.measures.overlap import is_reason

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from geolls.api import Study

__all__ = ["FORMATS", "MAIN_LAYERS", "export", "tables", "without_small_counts"]

FORMATS = ("csv", "parquet", "gpkg", "xlsx")
#: Layers whose overlaps are exported, pair by pair; a user's own layers of land come on top.
MAIN_LAYERS = (
    "local_authority",
    "combined_authority",
    "region",
    "teaching_school_hub",
    "maths_hub",
)
# Pupils eligible for free meals are left out of tables of pairs: small numbers could be worked
# out there from the totals of rows and columns.
OVERLAP_WEIGHTS = ("area", "schools", "pupils", "neighbourhoods")

Progress = Callable[[str, int, "int | None"], None]


# ---- the tables --------------------------------------------------------------------------------


def tables(study: Study, keys: Sequence[str] = ()) -> Iterator[tuple[TableText, pd.DataFrame]]:
    """Yield every table of a study, with what it holds.

    Parameters
    ----------
    study : Study
        Any study.
    keys : sequence of str, optional
        Only these tables.

    Yields
    ------
    tuple of TableText and pandas.DataFrame
        In the order of the data dictionary; exactly the columns that it describes (those of every
        layer written out), codes as text, missing as None or NaN.

    Notes
    -----
    Numbers of pupils eligible for free meals under 10 are blank, and so are as many others of the
    same authority as it takes that no total of the authority gives them away.
    """
    for text in load_dictionary().tables.values():
        if keys and text.key not in keys:
            continue
        frame = _BUILDERS[text.key](study)
        columns = [c.name for c in text.expand(study.area_layers)]
        yield text, frame[columns].reset_index(drop=True)


def _study(study: Study) -> pd.DataFrame:
    found = study.describe()
    # Of a path only the name: a study is the same on every machine.
    path = found["item"].isin(["register_file", "links_file"])
    found.loc[path, "value"] = [Path(v).name for v in found.loc[path, "value"]]
    return found


def _summary(study: Study) -> pd.DataFrame:
    return study.register.summary()


def _layers(study: Study) -> pd.DataFrame:
    from geolls.layers.catalogue import evidence

    rows = []
    for layer in study.layers.values():
        found = evidence(layer, study.as_of, study.areas)
        units: int = found.units_evidenced
        if layer.kind in {"schools", "polygons"}:  # the units are in the register, or in a file
            codes = study.membership(layer.key)["unit_code"]
            units = codes[~is_reason(codes)].nunique()
        rows.append(
            {
                **{c: getattr(layer, c) for c in _AS_STATED},
                "layer": layer.key,
                "units": units,
                "units_expected": found.units_expected,
                "confidence": found.lowest_confidence,
                "date_note": study.date_note(layer.key),
            }
        )
    return pd.DataFrame(rows)


_AS_STATED = (
    *("title", "family", "kind", "tiling", "complete", "valid_from", "valid_to"),
    *("source", "source_date", "source_url", "licence", "note"),
)


def _areas(study: Study) -> pd.DataFrame:
    from geolls.layers.areas import TIERS

    return pd.DataFrame(
        [
            {
                "gss_code": a.code,
                **{c: getattr(a, c) for c in ("name", "tier", "valid_from", "valid_to")},
                "blocks": ";".join(a.blocks),
                **{c: getattr(a, c) for c in ("la_code", "source", "confidence")},
            }
            for tier in TIERS
            for a in study.areas.alive(tier, study.as_of)
        ]
    )


def _claims(study: Study) -> pd.DataFrame:
    rows = [
        {"layer": key, **{c: getattr(claim, c) for c in _CLAIM}}
        for key in study.area_layers
        for claim in study.claims(key)
    ]
    found = pd.DataFrame(rows, columns=["layer", *_CLAIM])
    found["block_name"] = found["block"].map(study.block_names)
    found["source_date"] = [None if v is None else str(v) for v in found["source_date"]]
    return found


_CLAIM = (
    *("unit_code", "unit_name", "block", "share", "stated", "extent"),
    *("confidence", "source", "source_date"),
)


def _units(study: Study) -> pd.DataFrame:
    """Return one row per unit of each layer of land, with what is in it."""
    parts = []
    for key in study.area_layers:
        land = study.block_membership(key)
        land = land[~is_reason(land["unit_code"])]
        area = land["item"].map(study.weights("area")) / 1e6
        claimants = land.groupby("item")["unit_code"].transform("size")
        by = land["unit_code"]
        whole = area.groupby(by).sum()
        found = pd.DataFrame(
            {
                "layer": key,
                "unit_name": land.drop_duplicates("unit_code").set_index("unit_code")["unit_name"],
                "area_km2": (area * land["share"]).groupby(by).sum(),
                "neighbourhoods": (
                    land["item"].map(study.weights("neighbourhoods")) * land["share"]
                )
                .groupby(by)
                .sum(),
                "shared_share": (area * (claimants > 1)).groupby(by).sum() / whole,
            }
        ).rename_axis("unit_code")
        for weight in ("schools", "pupils"):
            table = study.membership(key, weight)
            amount = table["item"].map(study.weights(weight)) * table["share"]
            sums = amount.groupby(table["unit_code"]).sum()
            found[weight] = sums.reindex(found.index, fill_value=0.0)
        parts.append(found.sort_index().reset_index())
    return pd.concat(parts, ignore_index=True)


def _coverage(study: Study) -> pd.DataFrame:
    parts = []
    for key, layer in study.layers.items():
        if layer.kind == "sites":
            continue
        for by in ("area", "schools") if key in study.area_layers else ("schools",):
            found = study.coverage(key, by)
            parts.append(found.assign(layer=key, by=by))
    return pd.concat(parts, ignore_index=True)


def _overlap(study: Study) -> pd.DataFrame:
    own = [k for k, v in study.area_layers.items() if v.family == "user"]
    keys = [k for k in (*MAIN_LAYERS, *own) if k in study.area_layers]
    parts = []
    for left, right in combinations(keys, 2):
        for by in OVERLAP_WEIGHTS:
            found = study.overlap(left, right, by)  # type: ignore[arg-type]
            parts.append(found.assign(left=left, right=right, by=by))
    columns = [c.name for c in load_dictionary().tables["overlap"].columns]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _mismatch(study: Study) -> pd.DataFrame:
    parts = [study.mismatch(by=by) for by in WEIGHTS]
    return pd.concat(parts, ignore_index=True)


def _spread(study: Study) -> pd.DataFrame:
    return study.spread()


def _schools(study: Study) -> pd.DataFrame:
    found = suppress(study.schools, "fsm_pupils", by="la_code")
    placed = study.placement.schools.set_index("urn")
    return found.join(placed[["block", "located_by", "distance_m"]], on="urn")


def _assignment(study: Study) -> pd.DataFrame:
    return study.assignment


def _disagreements(study: Study) -> pd.DataFrame:
    return study.placement.disagreements


def _rejects(study: Study) -> pd.DataFrame:
    return study.register.rejects


def _filtered(study: Study) -> pd.DataFrame:
    return study.register.filtered


def _dictionary(study: Study) -> pd.DataFrame:
    return pd.DataFrame(load_dictionary().rows(study.area_layers))


_BUILDERS: Mapping[str, Callable[[Study], pd.DataFrame]] = {
    "study": _study,
    "summary": _summary,
    "layers": _layers,
    "areas": _areas,
    "units": _units,
    "claims": _claims,
    "coverage": _coverage,
    "overlap": _overlap,
    "mismatch": _mismatch,
    "spread": _spread,
    "schools": _schools,
    "assignment": _assignment,
    "disagreements": _disagreements,
    "rejects": _rejects,
    "filtered": _filtered,
    "dictionary": _dictionary,
}


def without_small_counts(frame: pd.DataFrame, lines: Sequence[str] = ()) -> pd.DataFrame:
    """Blank small weights of a table counted in pupils eligible for free meals, and their shares.

    Parameters
    ----------
    frame : pandas.DataFrame
        A table with a column weight, as of `geolls overlap` or `geolls coverage`.
    lines : sequence of str, optional
        Columns whose groups have a total that may be known, as left_code and right_code; by
        default the whole table has one.

    Returns
    -------
    pandas.DataFrame
        The same rows; weight and every column that begins with share blank where the weight is
        under 10, and where it would give such a one away.

    Notes
    -----
    In every line (a group, in any of the columns) that has a blank, the next smallest weights are
    blanked too until two are and together they hold 10 or more, as far as the line goes; this is
    repeated until no line changes. Weights of 0 count as small.
    """
    weight = frame["weight"].to_numpy(dtype=float)
    hidden = weight < MINIMUM
    groups = [np.flatnonzero(frame[c] == key) for c in lines for key in frame[c].unique()]
    before = -1
    while before != hidden.sum():
        before = int(hidden.sum())
        for rows in groups or [np.arange(len(frame))]:
            for row in rows[np.argsort(weight[rows], kind="stable")]:
                blank = rows[hidden[rows]]
                if not len(blank) or (len(blank) > 1 and weight[blank].sum() >= MINIMUM):
                    break
                hidden[row] = True
    found = frame.copy()
    for column in found.columns:
        if column == "weight" or str(column).startswith("share"):
            found[column] = found[column].where(~hidden)
    return found


# ---- the files ---------------------------------------------------------------------------------


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
    folder = Path(folder)
    for wanted in formats:
        if wanted not in FORMATS:
            raise UsageError(
                f"unknown format {wanted!r}", where="--format", fix=suggest(wanted, FORMATS)
            )
    keys = tuple(_BUILDERS) if set(formats) - {"gpkg"} else ("units", "schools")
    steps = len(keys) + len({"gpkg", "xlsx"} & set(formats))
    written: dict[str, Path] = {}
    found: dict[str, tuple[TableText, pd.DataFrame]] = {}
    for step, (text, frame) in enumerate(tables(study, keys), start=1):
        found[text.key] = (text, frame)
        if "csv" in formats:
            name = f"{text.key}.csv"
            written[name] = write_text(folder / name, to_csv(Table.of(_with_days(frame))))
        if "parquet" in formats:
            name = f"{text.key}.parquet"
            columns = text.expand(study.area_layers)
            written[name] = _write_parquet(frame, columns, folder / name)
        if progress:
            progress("tables", step, steps)
    shapes = _shapes(study, found["units"][1]) if {"gpkg", "parquet"} & set(formats) else {}
    if "parquet" in formats:
        for key, shape in shapes.items():
            name = f"units_{key}.parquet"
            with writing(folder / name) as part:
                shape.to_parquet(part, index=False, compression="zstd")
            written[name] = folder / name
    if "gpkg" in formats:
        name = "geolls.gpkg"
        written[name] = _write_gpkg(study, shapes, found["schools"][1], folder / name)
    if "xlsx" in formats:
        from geolls.export.workbook import write_workbook

        name = "geolls.xlsx"
        written[name] = write_workbook(study, list(found.values()), folder / name)
    if progress:
        progress("tables", steps, steps)
    package = json.dumps(_package(study, written), ensure_ascii=False, indent=1) + "\n"
    written["datapackage.json"] = write_text(folder / "datapackage.json", package)
    return [written[name] for name in sorted(written)]


def _with_days(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with days as dates, blanks as None."""
    out = frame.copy()
    for column in out.columns:
        if out[column].dtype.kind == "M":
            out[column] = out[column].dt.date.astype(object).where(out[column].notna(), None)
    return out


def _write_parquet(frame: pd.DataFrame, columns: Iterator[Column], path: Path) -> Path:
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        "string": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
    }
    arrays, fields = [], []
    for column in columns:
        kind = types[column.type]
        arrays.append(pa.array(_values(frame[column.name], column.type), kind, from_pandas=True))
        words = {"description": column.description, "unit": column.unit, "source": column.source}
        fields.append(pa.field(column.name, kind, metadata=words))
    sink = io.BytesIO()
    table = pa.Table.from_arrays(arrays, schema=pa.schema(fields))
    pq.write_table(table, sink, compression="zstd")
    return write_bytes(path, sink.getvalue())


def _values(column: pd.Series[Any], kind: str) -> Any:
    """Return a column's values as its type in the dictionary has them; missing stays missing."""
    if kind == "string":
        return [None if v is None or v != v else str(v) for v in column.tolist()]
    if kind == "date":
        return [v.date() if hasattr(v, "to_pydatetime") else v for v in column.tolist()]
    if kind == "boolean":
        return [None if v is None or v != v else bool(v) for v in column.tolist()]
    numbers = pd.to_numeric(column).to_numpy(dtype=float, na_value=np.nan)
    if kind == "integer":
        return [None if np.isnan(v) else int(v) for v in numbers]
    return numbers


# ---- shapes ------------------------------------------------------------------------------------

# Line colours that stay apart for most kinds of colour vision (Okabe and Ito 2008), in turn.
_COLOURS = ("0,114,178", "213,94,0", "0,158,115", "204,121,167", "86,180,233", "230,159,0")
_SYMBOL = """<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.28.0" styleCategories="Symbology"><renderer-v2 type="singleSymbol"
 symbollevels="0"><symbols><symbol type="{kind}" name="0" alpha="1"><layer class="{layer}"
 enabled="1"><Option type="Map">{options}</Option></layer></symbol></symbols></renderer-v2></qgis>
"""
_LINE = {"style": "no", "outline_style": "solid", "outline_width": "0.5"}
_DOT = {"name": "circle", "size": "1", "outline_style": "no", "color": "90,90,90,255"}


def _qml(kind: str, options: Mapping[str, str]) -> str:
    layer = "SimpleFill" if kind == "fill" else "SimpleMarker"
    said = "".join(f'<Option type="QString" name="{k}" value="{v}"/>' for k, v in options.items())
    return _SYMBOL.format(kind=kind, layer=layer, options=said)


def _shapes(study: Study, units: pd.DataFrame) -> dict[str, GeoDataFrame]:
    """Return the units of each layer of land as shapes, with the columns of `units`."""
    shapes = {}
    for key in study.area_layers:
        shape = study.geometry(key)
        about = units[units["layer"] == key].drop(columns="unit_name")
        shapes[key] = shape.merge(about, on="unit_code")[[*units.columns, "geometry"]]
    return shapes


def _write_gpkg(
    study: Study, shapes: Mapping[str, GeoDataFrame], schools: pd.DataFrame, path: Path
) -> Path:
    import geopandas
    import pyogrio

    label = study.register.label
    with writing(path) as part, _dated(f"{study.as_of}T00:00:00.000Z"):
        styles = []
        for number, (key, shape) in enumerate(shapes.items()):
            line = {**_LINE, "outline_color": f"{_COLOURS[number % len(_COLOURS)]},255"}
            layer = study.layers[key]
            about = f"{layer.title}, as of {study.as_of}. Source: {layer.source}. Schools: {label}."
            _add_layer(shape, part, key, layer.title, about, append=number > 0)
            styles.append((key, layer.title, _qml("fill", line)))
        located = schools[schools["easting"].notna() & schools["northing"].notna()]
        points = geopandas.GeoDataFrame(
            _with_days(located),
            geometry=geopandas.points_from_xy(located["easting"], located["northing"]),
            crs=27700,
        )
        about = f"{label}, as of {study.as_of}; schools without coordinates are left out."
        _add_layer(points, part, "schools", "Schools", about, append=bool(shapes))
        styles.append(("schools", "Schools", _qml("marker", _DOT)))
        pyogrio.write_dataframe(
            _style_table(styles, study), part, layer="layer_styles", driver="GPKG", append=True,
            layer_options={"FID": "id"},
        )  # fmt: skip
    return path


def _add_layer(
    shape: GeoDataFrame, part: Path, key: str, title: str, about: str, *, append: bool
) -> None:
    import pyogrio

    mixed = shape.geom_type.nunique() > 1
    pyogrio.write_dataframe(
        shape,
        part,
        layer=key,
        driver="GPKG",
        append=append,
        promote_to_multi=mixed,
        layer_options={"IDENTIFIER": title, "DESCRIPTION": about},
    )


def _style_table(styles: Sequence[tuple[str, str, str]], study: Study) -> pd.DataFrame:
    """Return the table in which QGIS looks for the style of each layer of a GeoPackage."""
    return pd.DataFrame(
        [
            {
                "f_table_catalog": "",
                "f_table_schema": "",
                "f_table_name": key,
                "f_geometry_column": "geom",
                "styleName": title,
                "styleQML": qml,
                "styleSLD": "",
                "useAsDefault": True,
                "description": f"geolls: {title}",
                "owner": "",
                "ui": None,
                "update_time": f"{study.as_of}T00:00:00.000Z",
            }
            for key, title, qml in styles
        ]
    ).astype({"ui": "str"})


@contextmanager
def _dated(moment: str) -> Iterator[None]:
    """Let GDAL write this moment as the time of the last change, not the clock's."""
    import pyogrio

    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": moment})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


# ---- the data package --------------------------------------------------------------------------

_MEDIA = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "gpkg": "application/geopackage+sqlite3",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_OGL = {
    "name": "OGL-UK-3.0",
    "title": "Open Government Licence v3.0",
    "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
}


def _package(study: Study, written: Mapping[str, Path]) -> dict[str, Any]:
    """Describe what was written, as a Frictionless data package."""
    from geolls import __version__

    demonstration = study.register.demonstration
    words = [study.register.label, f"as of {study.as_of}", study.attribution]
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": f"geolls-{study.fingerprint}",
        "title": study.settings.title,
        "description": ". ".join(w.rstrip(".") for w in words) + ".",
        "version": __version__,
        "licenses": [_OGL],
        "sources": _sources(study),
        "geolls": {
            "study": study.settings.title,
            "fingerprint": study.fingerprint,
            "as_of": study.as_of.isoformat(),
            "demonstration": demonstration,
            "register": study.register.label,
            "geolls_version": __version__,
        },
        "resources": [_resource(study, name, path) for name, path in sorted(written.items())],
    }


def _sources(study: Study) -> list[dict[str, str]]:
    found = [{"title": study.register.label}]
    for layer in study.layers.values():
        source = {"title": f"{layer.title}: {layer.source}"}
        if layer.source_url:
            source["path"] = layer.source_url
        found.append(source)
    return found


def _resource(study: Study, name: str, path: Path) -> dict[str, Any]:
    stem, _, ending = name.rpartition(".")
    tables_ = load_dictionary().tables
    found: dict[str, Any] = {
        "name": name.replace(".", "-").lower(),
        "path": name,
        "format": ending,
        "mediatype": _MEDIA[ending],
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256(path)}",
    }
    if ending == "csv":
        found["encoding"] = "utf-8"
    key = stem.removeprefix("units_") if stem.startswith("units_") else None
    if key in study.area_layers:
        found["title"] = f"{study.layers[str(key)].title}: units as shapes"
        found["description"] = "GeoParquet, EPSG:27700. " + tables_["units"].note
        found["schema"] = _schema(tables_["units"].expand(study.area_layers))
        return found
    if stem not in tables_:
        found["title"] = {
            "gpkg": "Units of every layer of land, and schools, as shapes",
            "xlsx": "Every table on a sheet of its own",
        }[ending]
        return found
    text = tables_[stem]
    found["title"] = text.title
    found["description"] = f"{text.rows}. {text.note}".strip()
    if ending == "csv":
        found["type"] = "table"
    found["schema"] = _schema(text.expand(study.area_layers))
    return found


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
