"""Read the polygon file of a user's layer: any format and CRS in, one row per unit out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geolls.base.archives import check_vector
from geolls.base.errors import CatalogueError, GeometryError, InputFileError
from geolls.base.text import suggest
from geolls.layers.model import Layer

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

__all__ = ["read_polygons"]

# Columns people commonly keep a unit's name in, tried in this order when layer.toml names none.
_NAME_COLUMNS = ("unit_name", "name", "NAME", "Name", "title", "label")


def read_polygons(layer: Layer) -> GeoDataFrame:
    """Read the polygons of a layer of kind `polygons`.

    Parameters
    ----------
    layer : Layer
        With `geometry` (GeoJSON, GeoPackage, shapefile, FlatGeobuf or GeoParquet), and optionally
        `geometry_layer`, `name_column`, `code_column`.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per unit, EPSG:27700: `unit_code`, `unit_name`, `geometry`, `confidence`,
        `source`, `source_date`. Rows of one unit are joined.

    Raises
    ------
    InputFileError
        When the file cannot be read.
    CatalogueError
        When a column it names is not there, or no unit has a name.
    GeometryError
        When there is no CRS, no polygon, or nothing of it lies in England's part of the grid.
    """
    import geopandas as gpd
    import pyproj
    import shapely

    path = layer.geometry
    assert path is not None, "layers of kind polygons have a file"
    check_vector(path)
    try:
        if path.suffix == ".parquet":
            table = gpd.read_parquet(path)
        else:
            table = gpd.read_file(path, layer=layer.geometry_layer)
    except Exception as error:  # each driver has errors of its own
        raise InputFileError(
            f"cannot be read as polygons ({_first_line(error)})", where=str(path)
        ) from error
    where = str(path)
    if not isinstance(table, gpd.GeoDataFrame) or table.geometry.isna().all():
        raise GeometryError("holds no geometry", where=where)
    if table.crs is None:
        raise GeometryError(
            "says no coordinate reference system", where=where, fix="save it with one (EPSG:27700)"
        )
    table = table[table.geometry.notna() & ~table.geometry.is_empty]
    kinds = set(table.geom_type) - {"Polygon", "MultiPolygon"}
    if kinds or not len(table):
        raise GeometryError(
            f"holds {', '.join(sorted(kinds)) or 'no shapes'}, not only polygons", where=where
        )
    columns = [str(c) for c in table.columns if c != table.geometry.name]
    name = _column(layer.name_column, columns, where, "name_column")
    code = _column(layer.code_column, columns, where, "code_column")
    name = name or next((c for c in _NAME_COLUMNS if c in columns), None) or code
    if name is None:
        raise CatalogueError(
            "no column holds the names of the units",
            where=where,
            fix=f'set name_column = "..." in layer.toml; the columns are {", ".join(columns)}',
        )
    names = table[name].astype("string").fillna("").str.strip()
    if (names == "").any():
        row = int((names == "").to_numpy().argmax()) + 1
        raise CatalogueError(f"polygon {row} has no {name}", where=where, fix="name every polygon")
    out = gpd.GeoDataFrame(
        {
            "unit_code": table[code].astype("string").astype(object)
            if code
            else names.astype(object),
            "unit_name": names.astype(object),
        },
        geometry=table.geometry.to_numpy(),
        crs=table.crs,
    )
    try:
        out = out.to_crs(27700)
    except (shapely.errors.ShapelyError, pyproj.exceptions.ProjError) as error:
        raise GeometryError(
            f"cannot be put on the British National Grid ({_first_line(error)})",
            where=where,
            fix="check its coordinates and its coordinate reference system",
        ) from error
    west, south, east, north = out.total_bounds
    if not (west < 700_000 and east > 0 and south < 700_000 and north > 0):
        raise GeometryError(
            f"lies outside England (to {west:.0f},{south:.0f} {east:.0f},{north:.0f})",
            where=where,
            fix="check its coordinate reference system",
        )
    if out["unit_code"].duplicated().any():
        out["geometry"] = out.geometry.make_valid()
        out = out.dissolve("unit_code", as_index=False, sort=True)
    return out.assign(
        confidence=layer.confidence, source=layer.source, source_date=layer.source_date
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _column(wanted: str | None, columns: list[str], where: str, key: str) -> str | None:
    if wanted is not None and wanted not in columns:
        raise CatalogueError(
            f"there is no column {wanted!r}",
            where=f"{where}, {key}",
            fix=suggest(wanted, columns) or f"the columns are {', '.join(columns)}",
        )
    return wanted
