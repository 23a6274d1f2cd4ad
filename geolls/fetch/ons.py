"""Official boundaries from the Open Geography Portal, verified before they are put in place."""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import shapely

from geolls.base.archives import read_vector
from geolls.base.errors import InputFileError, UsageError
from geolls.base.files import sha256, writing
from geolls.base.text import suggest
from geolls.fetch.kept import Boundaries, boundaries_in, data_folder, write_manifest
from geolls.fetch.sources import Edition, Ons, Sources, is_address, load_sources, or_by_hand
from geolls.fetch.web import NotThereError, Progress, Web

__all__ = [
    "NoneOfThatYearError",
    "checked",
    "fetch_boundaries",
    "listed",
    "polygon_layer",
    "read_areas",
]

MOST: Final = 50_000  # areas that one layer may have
KINDS: Final = (".geojson", ".json", ".gpkg", ".shp", ".parquet", ".zip")


class NoneOfThatYearError(InputFileError):
    """The source has no boundaries of that kind and year, as far as anyone knows."""


@dataclass
class _Wanted:
    """The layer, year and resolution that were asked for, and where they are to be kept."""

    service: Ons
    layer: str
    year: int
    resolution: str
    folder: Path
    notes: list[str] = field(default_factory=list)

    @property
    def column(self) -> str:
        """The code column of that year, without its "CD"."""
        return f"{self.service.layer[self.layer].stem}{self.year % 100:02}"

    @property
    def editions(self) -> list[Edition]:
        """Those of that year; the names under which the resolution was seen come first."""
        mine = [e for e in self.service.edition if (e.layer, e.year) == (self.layer, self.year)]
        return sorted(mine, key=lambda e: self.resolution not in e.seen)

    def name(self, edition: Edition) -> str:
        """Return the name of an edition's feature service."""
        old = self.service.resolution[self.resolution].old
        return edition.name.format(r=self.resolution, old=old)

    def columns(self, fields: Sequence[str], where: str, *, known: bool) -> list[str]:
        """Return the code and the name column among those of a service or file.

        A service that geolls knows has changed where it lacks them; another may be of any kind.
        """
        by_lower = {f.lower(): f for f in fields}
        found = [by_lower.get(f"{self.column}{end}".lower()) for end in ("CD", "NM")]
        if None in found:
            raise (InputFileError if known else NoneOfThatYearError)(
                f"{'the columns have changed: ' if known else ''}no {self.column}CD and "
                f"{self.column}NM among {', '.join(f[:40] for f in list(fields)[:12]) or 'none'}",
                where=where,
            )
        return [f for f in found if f]


def fetch_boundaries(
    data: str | os.PathLike[str] | None,
    layer: str,
    year: int,
    resolution: str = "BGC",
    source: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    *,
    web: Web | None = None,
    sources: Sources | None = None,
) -> Boundaries:
    """Fetch the boundaries of a layer in England from the Open Geography Portal.

    Parameters
    ----------
    data : path-like or None
        The data folder; see `data_folder`.
    layer : str
        district, local_authority, combined_authority or region.
    year : int
        Year of the edition; December's is preferred to May's.
    resolution : str, default "BGC"
        BFE, BFC, BGC (20 m), BSC (200 m) or BUC (500 m).
    source : str or path-like, optional
        Address of a mirror (its `rest/services`) or of one feature service, or a folder (or
        file) downloaded by hand: GeoJSON, GeoPackage, shapefile or GeoParquet.
    progress : callable, optional
        Called with a service's name, areas so far and all areas.
    web : Web, optional
        How to fetch.
    sources : Sources, optional
        In place of `load_sources()`.

    Returns
    -------
    Boundaries
        The file in `boundaries/LAYER-YEAR-RESOLUTION.parquet` of the data folder.

    Raises
    ------
    InputFileError
        No network, no such service (the nearest names are listed), another schema, fewer or
        other areas than the service counts, areas twice, geometry that is no area.
    OutputError
        The data folder cannot be written.
    UsageError
        Unknown layer or resolution.
    NoneOfThatYearError
        No edition of that year is known, or the folder has none.

    Notes
    -----
    Pages are asked for by `resultOffset` until the service's own count is reached; the count is
    asked for again at the end, so that a change during the run is told.

    Source: Office for National Statistics, Open Geography Portal.
    """
    service = (sources or load_sources()).ons
    key = re.sub(r"[-_ ]", "_", layer.strip().lower())
    if key not in service.layer:
        raise UsageError(
            f"no boundaries of {layer!r} are known",
            fix=suggest(layer, service.layer) or f"one of {', '.join(service.layer)}",
        )
    size = resolution.strip().upper()
    if size not in service.resolution:
        raise UsageError(
            f"no resolution {resolution!r}", fix=f"one of {', '.join(service.resolution)}"
        )
    wanted = _Wanted(service, key, int(year), size, data_folder(data))
    if source is None or is_address(source):
        web = (web or Web()).trusting(service.allow_hosts, progress)
        title = service.layer[wanted.layer].title
        what = f"{title} {wanted.year} {wanted.resolution} (GeoPackage)"
        with or_by_hand(what, service, wanted.folder):
            return _from_service(wanted, str(source or service.base), web)
    return _from_folder(wanted, Path(source))


def _kept(
    wanted: _Wanted, areas: gpd.GeoDataFrame, where: str, on: date, units: int | None, **about: Any
) -> Boundaries:
    """Check areas that were found somewhere, and write them with their manifest.

    `on` is the day they are of; `units` is how many England had, where that is known.
    """
    frame = checked(areas, where, units, wanted.notes)
    name = f"{wanted.layer}-{wanted.year}-{wanted.resolution}.parquet"
    path = wanted.folder / "boundaries" / name
    with writing(path) as part:
        frame.to_parquet(part, index=False, compression="zstd")
    write_manifest(
        path.with_suffix(".json"),
        wanted.service,
        wanted.notes,
        layer=wanted.layer,
        year=wanted.year,
        resolution=wanted.resolution,
        rows=len(frame),
        sha256=sha256(path),
        where=where,
        on=on.isoformat(),
        **about,
    )
    return boundaries_in(path)


# ---- from a feature service


def _from_service(wanted: _Wanted, base: str, web: Web) -> Boundaries:
    """Find the service, read its schema, count, and read all pages."""
    service, edition, layer_id = _find_service(wanted, base.rstrip("/"), web)
    url = f"{service}/{layer_id}"
    schema = web.json(f"{url}?f=json")
    fields = [str(f.get("name")) for f in listed(schema, "fields", url) if isinstance(f, dict)]
    code, name = wanted.columns(fields, url, known=edition is not None)
    areas = read_areas(url, code, name, web)
    editing = schema.get("editingInfo")
    last_edit = editing.get("lastEditDate") if isinstance(editing, dict) else None
    return _kept(
        wanted,
        areas,
        url,
        edition.on if edition else date(wanted.year, 12, 31),
        edition.units if edition else None,
        url=url,
        last_edit=last_edit,
    )


def read_areas(url: str, code: str, name: str, web: Web) -> gpd.GeoDataFrame:
    """Read the areas of England of one layer of a feature service, page by page.

    Parameters
    ----------
    url : str
        Of the layer: ".../FeatureServer/0".
    code, name : str
        The columns of the code and of the name.
    web : Web
        How to fetch.

    Returns
    -------
    geopandas.GeoDataFrame
        code, name, geometry (metres of the British National Grid), as they were sent.

    Raises
    ------
    InputFileError
        Fewer or other areas came than the service counts, or one that cannot be read.
    """
    where = f"where={code}%20LIKE%20%27E%25%27"
    ask_count = f"{url}/query?{where}&returnCountOnly=true&f=json"
    count = _count(web.json(ask_count), url)
    query = (
        f"{url}/query?{where}&outFields={code},{name}&outSR=27700&orderByFields={code}"
        "&returnGeometry=true&f=geojson&resultRecordCount=100"
    )
    features: list[Any] = []
    page: list[Any] = [None]
    while page and len(features) < count:
        page = listed(web.json(f"{query}&resultOffset={len(features)}"), "features", url)
        features += page
        if web.progress is not None:
            web.progress(url.split("/")[-3], len(features), count)
    again = _count(web.json(ask_count), url)
    if len(features) != count or again != count:
        now = f", then {again}" if again != count else ""
        raise InputFileError(
            f"the service counts {count} areas{now}, but sent {len(features)}",
            where=url,
            fix="fetch it again later",
        )
    frame = _frame(features, code, name, url)
    west, south, east, north = frame.total_bounds
    if -9 < west <= east < 3 and 49 < south <= north < 62:  # degrees all the same
        frame = frame.set_crs(4326).to_crs(27700)
    return frame


def _find_service(wanted: _Wanted, base: str, web: Web) -> tuple[str, Edition | None, int]:
    """Return the address of the service, its edition, and the number of its polygon layer."""
    web.check(base)
    direct = re.fullmatch(r"(.*/FeatureServer)(?:/(\d{1,4}))?(?:/query.*)?", base)
    if direct:
        number = int(direct[2]) if direct[2] else polygon_layer(web.json(f"{direct[1]}?f=json"))
        return direct[1], None, number
    editions = wanted.editions
    if not editions:
        known = sorted({e.year for e in wanted.service.edition if e.layer == wanted.layer})
        raise NoneOfThatYearError(
            f"no {wanted.layer} boundaries of {wanted.year} are known",
            fix=f"years known: {', '.join(map(str, known))}; or give the service's address "
            "with --from",
        )
    for edition in editions:
        service = f"{base}/{wanted.name(edition)}/FeatureServer"
        try:
            return service, edition, polygon_layer(web.json(f"{service}?f=json"))
        except NotThereError as error:
            wanted.notes.append(f"{wanted.name(edition)}: {error.message}")
    tried = list(dict.fromkeys(map(wanted.name, editions)))
    near = _near_services(tried[0], base, web)
    offer = f"the nearest there are: {', '.join(near)}" if near else "it lists none like it"
    raise NotThereError(
        f"the service has no {' or '.join(tried)}; {offer}",
        where=base,
        fix="give the right one's address with --from" if near else None,
    )


def _near_services(name: str, base: str, web: Web) -> list[str]:
    """Return the names of feature services like the one that is missing."""
    try:
        there = listed(web.json(f"{base}?f=json"), "services", base)
    except InputFileError:
        return []
    names = [
        str(s.get("name", "")).rpartition("/")[2][:120]
        for s in there
        if isinstance(s, dict) and s.get("type") == "FeatureServer"
    ]
    by_lower = {n.lower(): n for n in names}
    close = difflib.get_close_matches(name.lower(), sorted(by_lower), n=5, cutoff=0.6)
    return [by_lower[c] for c in close]


def polygon_layer(info: Mapping[str, Any]) -> int:
    """Return the number of the first polygon layer of a service; 0 where it does not say."""
    layers = info.get("layers")
    for layer in layers if isinstance(layers, list) else []:
        found = layer if isinstance(layer, dict) else {}
        number, kind = found.get("id"), found.get("geometryType", "esriGeometryPolygon")
        if isinstance(number, int) and kind == "esriGeometryPolygon":
            return number
    return 0


def listed(answer: Mapping[str, Any], key: str, where: str) -> list[Any]:
    """Return the list that a service's answer holds under a key; refuse an answer without it."""
    found = answer.get(key)
    if not isinstance(found, list):
        raise InputFileError(f"the service's answer holds no {key}", where=where)
    return found


def _count(answer: Mapping[str, Any], where: str) -> int:
    count = answer.get("count")
    if not isinstance(count, int) or isinstance(count, bool) or not 0 < count <= MOST:
        raise InputFileError(
            f"the service counts {str(count)[:40]} areas, which cannot be", where=where
        )
    return count


def _frame(features: Sequence[Any], code: str, name: str, where: str) -> gpd.GeoDataFrame:
    """Make a table of code, name and geometry from GeoJSON features."""
    rows = []
    for number, feature in enumerate(features, start=1):
        try:
            properties = {str(k).lower(): v for k, v in feature["properties"].items()}
            shape = shapely.from_geojson(json.dumps(feature["geometry"]))
            rows.append((properties[code.lower()], properties[name.lower()], shape))
        except (KeyError, TypeError, AttributeError, ValueError, shapely.errors.ShapelyError) as e:
            raise InputFileError(
                f"feature {number} cannot be read ({type(e).__name__}: {str(e)[:100]})", where=where
            ) from e
    return gpd.GeoDataFrame(rows, columns=["code", "name", "geometry"], geometry="geometry")


# ---- from a folder


def _from_folder(wanted: _Wanted, source: Path) -> Boundaries:
    """Take the one file that holds the layer's columns of that year."""
    if not source.exists():
        raise UsageError(
            "neither a web address nor a folder or file", where=str(source), fix="give a folder"
        )
    paths = [source] if source.is_file() else sorted(source.iterdir())
    fits: list[tuple[Path, gpd.GeoDataFrame]] = []
    others: list[InputFileError] = []
    for path in paths:
        if path.suffix.lower() in KINDS and path.is_file():
            try:
                frame = read_vector(path)
                if not isinstance(frame, gpd.GeoDataFrame):
                    raise InputFileError("holds no geometry", where=str(path))
                two = wanted.columns(list(map(str, frame.columns)), str(path), known=False)
                picked = frame[[*two, frame.geometry.name]]
                fits.append((path, picked.set_axis(["code", "name", "geometry"], axis=1)))
            except InputFileError as error:
                others.append(error)
    faults = [e for e in others if not isinstance(e, NoneOfThatYearError)]
    if not fits and (faults or len(others) == 1):
        raise (faults or others)[0]
    named = [f for f in fits if wanted.resolution.lower() in f[0].name.lower()]
    fits = named if len(fits) > 1 else fits
    seen = [f"{Path(e.where or '').name}: {e.message}" for e in others]
    if len(fits) != 1:
        raise (InputFileError if fits else NoneOfThatYearError)(
            f"{f'{len(fits)} files' if fits else 'no file'} with {wanted.column}CD in it"
            + (f" ({'; '.join(seen[:5])})" if seen and not fits else ""),
            where=str(source),
            fix=f"put one {wanted.layer} file of {wanted.year} there, or give the file itself",
        )
    path, frame = fits[0]
    crs = frame.crs
    wanted.notes.append(f"taken from {path.name}")
    if crs is not None and crs.to_epsg() not in (None, 27700):
        frame = frame.to_crs(27700)
        wanted.notes.append(f"reprojected from {crs.to_string()[:40]}: a few metres are lost")
    on = next((e.on for e in wanted.editions), date(wanted.year, 12, 31))
    return _kept(wanted, frame, str(path), on, None, url=None, file=path.name)


def checked(
    frame: gpd.GeoDataFrame, where: str, units: int | None, notes: list[str]
) -> gpd.GeoDataFrame:
    """Return the areas of England in order of code; raise where they cannot be that."""
    frame = frame.assign(code=frame["code"].map(str), name=frame["name"].map(str))
    abroad = frame["code"].str.fullmatch(r"[NSW]\d{8}")
    if abroad.any():
        notes.append(f"{int(abroad.sum())} areas outside England left out")
    frame = frame[~abroad].sort_values("code", ignore_index=True)
    odd = frame.loc[~frame["code"].str.fullmatch(r"E\d{8}"), "code"]
    twice = frame.loc[frame["code"].duplicated(), "code"].unique()
    shapes = frame.geometry.to_numpy()
    kind = shapely.get_type_id(shapes)
    no_area = frame.loc[~((kind == 3) | (kind == 6)) | (shapely.area(shapes) <= 0), "code"]
    for what, codes in (
        ("codes that are none", odd),
        ("areas twice", twice),
        ("areas without a polygon", no_area),
    ):
        if len(codes):
            raise InputFileError(f"holds {what}: {', '.join(map(str, codes[:5]))}", where=where)
    if not len(frame) or (units is not None and len(frame) != units):
        raise InputFileError(
            f"holds {len(frame)} areas of England, where {units or 'some'} stood", where=where
        )
    west, south, east, north = shapely.total_bounds(shapes)
    if not (0 <= west <= east <= 700_000 and 0 <= south <= north <= 700_000 and east > 1_000):
        raise InputFileError(
            f"coordinates from {west:.5g}, {south:.5g} to {east:.5g}, {north:.5g} are not metres "
            "on the British National Grid",
            where=where,
        )
    broken = ~shapely.is_valid(shapes)
    if broken.any():
        notes.append(f"{int(broken.sum())} areas mended: their outlines crossed themselves")
        shapes = shapely.make_valid(shapes)
    frame = frame.set_geometry(shapely.normalize(shapes), crs=None)
    return frame.set_crs(27700, allow_override=True)[["code", "name", "geometry"]]
