"""Units and schools as shapes: one GeoPackage styled for QGIS, or one GeoParquet file a layer."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyogrio
from geopandas import GeoDataFrame, GeoSeries, points_from_xy

from geolls.api import Study
from geolls.base.files import writing
from geolls.base.vocabulary import REASONS
from geolls.export.render import Table, no_shapes, with_days

__all__ = ["shaped", "shapes_of", "write_geopackage"]

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


def shapes_of(study: Study, units: pd.DataFrame) -> dict[str, GeoDataFrame]:
    """Return the units of each layer of land as shapes, with the columns of `units`."""
    shapes = {}
    for key in study.area_layers:
        shape = study.geometry(key)
        about = units[units["layer"] == key].drop(columns="unit_name")
        shapes[key] = shape.merge(about, on="unit_code")[[*units.columns, "geometry"]]
    return shapes


def shaped(study: Study, table: Table, fmt: str) -> bytes:
    """Return a table with the points of its schools, or the land of its units, beside its rows.

    Parameters
    ----------
    study : Study
        The table is of it.
    table : Table
        Rows with a `urn`, or with a `unit_code` and, where several layers are in it, a `layer`.
    fmt : {"gpkg", "geojson"}
        GeoPackage in EPSG:27700, or GeoJSON in degrees.

    Raises
    ------
    OutputError
        No point and no land belongs to its rows.
    """
    frame = pd.DataFrame(table.rows, columns=table.columns)
    if "urn" in frame:
        where = study.schools.set_index("urn")
        points = points_from_xy(where["easting"], where["northing"], crs=27700)
        shapes = GeoSeries(points, index=where.index)
        found = shapes[shapes.is_valid & ~shapes.is_empty].reindex(frame["urn"])
    elif "unit_code" in frame:
        keys = frame["layer"] if "layer" in frame else _layer_of(study, frame["unit_code"])
        land = [
            study.geometry(key).set_index("unit_code")["geometry"]
            .reindex(frame.loc[keys == key, "unit_code"]).set_axis(frame.index[keys == key])
            for key in set(keys) & study.area_layers.keys()
        ]  # fmt: skip
        found = pd.concat(land).reindex(frame.index) if land else GeoSeries()
    if not {"urn", "unit_code"} & set(frame) or found.isna().all():
        raise no_shapes(fmt)
    out = GeoDataFrame(frame, geometry=GeoSeries(found.to_numpy(), crs=27700))
    sink = io.BytesIO()
    with _dated(f"{study.as_of}T00:00:00.000Z"):
        if fmt == "geojson":
            out.to_crs(4326).to_file(sink, driver="GeoJSON", engine="pyogrio", RFC7946="YES")
        else:
            out.to_file(sink, driver="GPKG", engine="pyogrio", layer="table")
    return sink.getvalue()


def _layer_of(study: Study, codes: pd.Series) -> pd.Series:
    """Return the layer of land that has all these units, for each row of a table of one layer."""
    units = set(codes.dropna()) - set(REASONS) - {"shared"}
    every = ((k, set(study.land(k)["unit_code"])) for k in study.area_layers)
    return pd.Series(next((key for key, known in every if units <= known), ""), codes.index)


def write_geopackage(
    study: Study, shapes: Mapping[str, GeoDataFrame], schools: pd.DataFrame, path: Path
) -> Path:
    """Write the units of each layer of land, and the schools, as one GeoPackage with styles."""
    label = f"{study.population.title}, {study.register.label}"
    with writing(path) as part, _dated(f"{study.as_of}T00:00:00.000Z"):
        styles = []
        for number, (key, shape) in enumerate(shapes.items()):
            line = {**_LINE, "outline_color": f"{_COLOURS[number % len(_COLOURS)]},255"}
            layer = study.layers[key]
            about = f"{layer.title}, as of {study.as_of}. Source: {layer.source}. Schools: {label}."
            _add_layer(shape, part, key, layer.title, about, append=number > 0)
            styles.append((key, layer.title, _qml("fill", line)))
        located = schools[schools["easting"].notna() & schools["northing"].notna()]
        points = GeoDataFrame(
            with_days(located),
            geometry=points_from_xy(located["easting"], located["northing"]),
            crs=27700,
        )
        about = f"Schools: {label}, as of {study.as_of}; those without coordinates are left out."
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
    pyogrio.write_dataframe(
        shape,
        part,
        layer=key,
        driver="GPKG",
        append=append,
        promote_to_multi=shape.geom_type.nunique() > 1,
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
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": moment})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
