"""Rings of equal time, or distance, about lead schools: a layer made for a map."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import shapely

from geolls.base.errors import UsageError
from geolls.base.files import write_text
from geolls.land.contours import bands
from geolls.measures.distances import located
from geolls.measures.sites import BEYOND, measured_in, ring_names
from geolls.study.analyses import site_distances
from geolls.study.core import Core
from geolls.study.gazetteer import Place

__all__ = ["RINGS", "finer", "with_rings"]

#: Key of the layer.
RINGS: Final = "rings"
_SIMPLER: Final = 100.0  # metres: schools are farther apart than this
_LAYER: Final = """\
title = "Rings about lead schools"
unit_title = "Ring"
unit_title_plural = "Rings"
source = "Worked out here from schools and how far they are from the nearest lead school"
licence = "Open Government Licence v3.0"
kind = "polygons"
family = "hubs"
geometry = "rings.geojson"
name_column = "name"
sliver_m2 = 10000
sliver_share = 0.0
"""


def with_rings(study: Core, name: str) -> Core:
    """Return a study with one layer more: rings about the lead schools of a layer.

    Parameters
    ----------
    study : Core
        The study.
    name : str
        A layer of lead schools.

    Notes
    -----
    Between schools the way is taken to change evenly; a district without a school of which it is
    known how far it is lies in no ring.
    """
    held = study.memo(("rings", name), lambda: TemporaryDirectory(prefix="geolls-"))
    folder = Path(held.name) / RINGS
    if not folder.exists():
        _write(study, name, folder)
    made = study.varied(boundaries=(*study.settings.boundaries, folder.parent))
    made.memo(("rings", name), lambda: held)
    return made


def finer(place: Place, before: Core, after: Core) -> Place:
    """Return a place of a study by the blocks of another, whose lines cut these."""
    spot = shapely.point_on_surface(after.blocks.geometry.to_numpy())
    at, of = shapely.STRtree(before.blocks.geometry.to_numpy()).query(spot, predicate="within")
    mine = at[before.blocks.index.isin(place.blocks)[of]]
    return replace(place, blocks=tuple(map(str, after.blocks.index[mine])))


def _write(study: Core, name: str, folder: Path) -> None:
    found = site_distances(study, name)
    column, unit = measured_in(found)
    known = study.schools.merge(found[["urn", column]], on="urn").dropna(subset=column)
    known = known[located(known[["easting", "northing"]].to_numpy(dtype=float))]
    if known.empty:
        fix = "give times of more schools" if unit == "minutes" else None
        raise UsageError(f"of no school it is known how far {name} is", fix=fix)
    block = study.placement.schools.set_index("urn")["block"].reindex(known["urn"])
    land = study.blocks.geometry[study.blocks.index.isin(block.dropna())]
    parts = bands(
        known[["easting", "northing"]].to_numpy(dtype=float),
        known[column].to_numpy(dtype=float),
        BEYOND[unit],
        shapely.union_all(land.to_numpy()),
        simpler=_SIMPLER,
    )
    rows = [
        {
            "type": "Feature",
            "properties": {"name": title.capitalize()},
            "geometry": json.loads(shapely.to_geojson(part)),
        }
        for title, part in zip(ring_names(unit), parts, strict=True)
        if not part.is_empty
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}
    text = json.dumps({"type": "FeatureCollection", "crs": crs, "features": rows})
    write_text(folder / "rings.geojson", text)
    write_text(folder / "layer.toml", _LAYER)
