"""The tools people reach for, where they are installed; each says why where it is not."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa

from geolls.study.points import Columns, PointAssigner

from .data import DAY, Data
from .measure import Row, installed, turns

LAYER = "local_authority"


def place(data: Data, n: int) -> Iterator[Row | str]:
    """Put every school into the unit of one layer, by point alone."""
    from geolls import open_study

    units = data.layers[LAYER][["unit_code", "geometry"]]
    points = data.schools[["urn", "geometry"]]
    assigner = PointAssigner(open_study(as_of=DAY, layers=[LAYER]))
    batch = pa.record_batch(
        {"easting": data.schools["easting"].to_numpy(), "northing": data.schools["northing"]}
    )

    def ours() -> pd.Series:
        got = assigner(batch, Columns("easting", "northing", False))
        return pd.Series(got.column(LAYER).to_pylist(), dtype=object)

    inside = [by == "polygon" for by in assigner(batch, Columns("easting", "northing", False))
              .column("assigned_by").to_pylist()]  # fmt: skip
    want = ours()[inside]
    for name, make in _PLACERS.items():
        library = name.partition(" ")[0]
        if installed(library) is None:
            yield f"{name}: not installed; see benchmarks/requirements.txt"
            continue
        try:
            theirs = make(points, units)
            got = pd.Series(theirs(), dtype=object)[inside]
            differ = int((got.fillna("") != want).sum())
        except Exception as error:  # a rival that does not run is a finding, not a failure
            first = re.sub(r" at URL \S+", "", (str(error).splitlines() or [""])[0])
            yield f"{name} {installed(library)} did not run: {type(error).__name__}, {first[:160]}"
            continue
        yield Row(
            f"{len(points):,} points into {len(units)} authorities, warm",
            f"{name} {installed(library)}",
            "PointAssigner",
            *turns(theirs, ours, n),
            equal="all the same" if not differ else f"{differ} points differ",
        )


def _sjoin(points: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> Callable[[], Any]:
    def way() -> Any:
        joined = gpd.sjoin(points, units, how="left", predicate="within")
        return joined[~joined.index.duplicated()]["unit_code"].to_numpy()

    return way


def _maup(points: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> Callable[[], Any]:
    import maup

    named = units.set_index("unit_code")
    return lambda: maup.assign(points, named).to_numpy()


def _duckdb(points: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> Callable[[], Any]:
    import duckdb

    link = duckdb.connect()
    link.execute("INSTALL spatial; LOAD spatial;")  # fetched from the network on first use
    schools = pd.DataFrame(
        {"n": range(len(points)), "x": points.geometry.x, "y": points.geometry.y}
    )
    land = pd.DataFrame({"unit_code": units["unit_code"], "wkb": units.geometry.to_wkb()})
    link.register("schools", schools)
    link.register("land", land)
    link.execute("CREATE TABLE l AS SELECT unit_code, ST_GeomFromWKB(wkb) AS g FROM land")
    link.execute("CREATE TABLE s AS SELECT n, ST_Point(x, y) AS g FROM schools")
    query = "SELECT n, min(unit_code) u FROM s LEFT JOIN l ON ST_Within(s.g, l.g) GROUP BY n"
    return lambda: link.execute(query).df().sort_values("n")["u"].to_numpy()


def _sedonadb(points: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> Callable[[], Any]:
    import sedonadb

    link = sedonadb.connect()
    numbered = points.assign(n=range(len(points)))[["n", "geometry"]]
    link.create_data_frame(numbered).to_memtable().to_view("s")
    link.create_data_frame(units).to_memtable().to_view("l")
    query = "SELECT s.n, l.unit_code u FROM s JOIN l ON ST_Within(s.geometry, l.geometry)"

    def way() -> Any:
        found = link.sql(query).to_pandas().drop_duplicates("n").set_index("n")["u"]
        return found.reindex(range(len(points))).to_numpy()

    return way


def _geopackage(points: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> Callable[[], Any]:
    """Go by way of files, as "join attributes by location" between two GeoPackages does."""
    folder = tempfile.TemporaryDirectory()
    root = Path(folder.name)
    points.to_file(root / "schools.gpkg")
    units.to_file(root / "land.gpkg")

    def way(keep: Any = folder) -> Any:  # noqa: ARG001
        joined = gpd.sjoin(
            gpd.read_file(root / "schools.gpkg"), gpd.read_file(root / "land.gpkg"),
            how="left", predicate="within",
        )  # fmt: skip
        joined = joined[~joined.index.duplicated()]
        joined.to_file(root / "joined.gpkg")
        return joined["unit_code"].to_numpy()

    return way


def areas(data: Data, n: int) -> Iterator[Row | str]:
    """Share the neighbourhoods of one layer out over another."""
    if installed("tobler") is None:
        yield "tobler: not installed; see benchmarks/requirements.txt"
        return
    from tobler.area_weighted import area_interpolate

    from geolls.measures.overlap import overlap

    left, right = "local_authority", "dfe_region"
    weights = data.study.weights("area")
    sides = data.memberships("area", (left, right))
    source = data.layers[left].assign(land=lambda t: t.area)

    def theirs() -> pd.Series:
        found = area_interpolate(source, data.layers[right], extensive_variables=["land"])
        return pd.Series(found["land"].to_numpy(), index=data.layers[right]["unit_code"])

    def ours() -> pd.Series:
        return overlap(sides[left], sides[right], weights).groupby("right_code")["weight"].sum()

    gap = float((theirs() / ours() - 1).abs().max())
    yield Row(
        f"land of {left} shared out over {right}",
        f"tobler {installed('tobler')} area_interpolate",
        "overlap",
        *turns(theirs, ours, n),
        equal=f"within {gap:.0e}",
    )


_PLACERS = {
    "geopandas sjoin(within)": _sjoin,
    "maup assign": _maup,
    "duckdb spatial": _duckdb,
    "sedonadb ST_Within": _sedonadb,
    "pyogrio GeoPackage to GeoPackage": _geopackage,
}
