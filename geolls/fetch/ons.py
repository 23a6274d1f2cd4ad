"""Official boundaries from the Open Geography Portal, verified before they are put in place."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geolls.base.archives import check_vector
from geolls.base.errors import InputFileError, UsageError
from geolls.base.files import sha256, write_text, writing
from geolls.base.text import suggest
from geolls.fetch.sources import Sources, by_hand, data_folder, guarded, is_address, load_sources
from geolls.fetch.web import NotThereError, Progress, Web

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["Boundaries", "NoneOfThatYearError", "fetch_boundaries", "fetched_boundaries"]


class NoneOfThatYearError(InputFileError):
    """The source has no boundaries of that kind and year, as far as anyone knows."""


@dataclass(frozen=True)
class Boundaries:
    """Boundaries of one layer, as they lie in the data folder.

    Parameters
    ----------
    path : pathlib.Path
        GeoParquet in EPSG:27700, one row per area of England: code, name, geometry.
    layer : str
        district, local_authority, combined_authority or region.
    year : int
        Year of the edition.
    resolution : str
        BFE, BFC, BGC, BSC or BUC.
    on : datetime.date
        The day the boundaries stood.
    rows : int
        How many areas.
    manifest : dict
        url, sha256, service, counts, and when they were fetched.
    notes : tuple of str
        What a user should know.
    """

    path: Path
    layer: str
    year: int
    resolution: str
    on: date
    rows: int
    manifest: Mapping[str, Any]
    notes: tuple[str, ...] = ()


@dataclass
class _Wanted:
    """One layer, year and resolution that was asked for."""

    layer: str
    year: int
    resolution: str
    spec: Mapping[str, Any]
    notes: list[str] = field(default_factory=list)

    @property
    def stem(self) -> str:
        return str(self.spec["layer"][self.layer]["stem"])

    @property
    def editions(self) -> list[Mapping[str, Any]]:
        mine = (
            e for e in self.spec["edition"] if (e["layer"], e["year"]) == (self.layer, self.year)
        )
        # The resolutions that were seen under a name come first.
        return sorted(mine, key=lambda e: self.resolution not in e["seen"])

    def name(self, edition: Mapping[str, Any]) -> str:
        old = self.spec["resolution"][self.resolution]["old"]
        return str(edition["name"]).format(r=self.resolution, old=old)

    def columns(
        self, fields: Sequence[str], where: str, refuse: type[InputFileError] = InputFileError
    ) -> tuple[str, str]:
        """Return the code and the name column among those of a service or file."""
        two = f"{self.year % 100:02}"
        by_lower = {f.lower(): f for f in fields}
        code = by_lower.get(f"{self.stem}{two}CD".lower())
        name = by_lower.get(f"{self.stem}{two}NM".lower())
        if code is None or name is None:
            known = "the columns have changed: " if refuse is InputFileError else ""
            raise refuse(
                f"{known}no {self.stem}{two}CD and {self.stem}{two}NM among "
                f"{', '.join(f[:40] for f in list(fields)[:12]) or 'none'}",
                where=where,
            )
        return code, name


def _wanted(spec: Mapping[str, Any], layer: str, year: int, resolution: str) -> _Wanted:
    """Check what was asked for."""
    found = {k.replace("_", " "): k for k in spec["layer"]}
    key = layer.strip().lower().replace("-", " ").replace("_", " ")
    if key not in found:
        raise UsageError(
            f"no boundaries of {layer!r} are known",
            fix=suggest(layer, spec["layer"]) or f"one of {', '.join(spec['layer'])}",
        )
    size = resolution.strip().upper()
    if size not in spec["resolution"]:
        raise UsageError(
            f"no resolution {resolution!r}", fix=f"one of {', '.join(spec['resolution'])}"
        )
    return _Wanted(found[key], int(year), size, spec)


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
    sources : mapping, optional
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
    spec = (sources or load_sources())["ons"]
    wanted = _wanted(spec, layer, year, resolution)
    folder = data_folder(data)
    try:
        if source is not None and not is_address(source):
            frame, about = _from_folder(wanted, Path(source))
        else:
            frame, about = _from_service(wanted, source, guarded(web, spec, progress), progress)
        frame = _checked(frame, wanted, about["where"], about.pop("units", None))
    except InputFileError as error:
        if source is not None and not is_address(source):
            raise
        title = spec["layer"][wanted.layer]["title"]
        what = f"{title} {wanted.year} {wanted.resolution} (GeoPackage)"
        raise by_hand(error, what, spec["page"], folder) from error
    return _keep(wanted, frame, about, folder)


def _keep(
    wanted: _Wanted, frame: gpd.GeoDataFrame, about: dict[str, Any], folder: Path
) -> Boundaries:
    """Write the areas with their manifest."""
    key = f"{wanted.layer}-{wanted.year}-{wanted.resolution}"
    path = folder / "boundaries" / f"{key}.parquet"
    with writing(path) as part:
        frame.to_parquet(part, index=False, compression="zstd")
    manifest = {
        "what": wanted.spec["title"],
        "licence": wanted.spec["licence"],
        "layer": wanted.layer,
        "year": wanted.year,
        "resolution": wanted.resolution,
        "rows": len(frame),
        "fetched": datetime.now(UTC).isoformat(timespec="seconds"),
        "sha256": sha256(path),
        "notes": wanted.notes,
        **about,
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
    write_text(path.with_suffix(".json"), text)
    return _boundaries(path)


def fetched_boundaries(data: str | os.PathLike[str] | None = None) -> list[Boundaries]:
    """List the boundaries in the data folder.

    Parameters
    ----------
    data : path-like, optional
        The data folder; see `data_folder`.

    Returns
    -------
    list of Boundaries
        By layer, newest first.

    Raises
    ------
    InputFileError
        A manifest is damaged.
    """
    root = data_folder(data) / "boundaries"
    found = [_boundaries(p) for p in root.glob("*.parquet") if not p.name.startswith(".")]
    return sorted(found, key=lambda b: (b.layer, -b.on.toordinal(), b.resolution))


def _boundaries(path: Path) -> Boundaries:
    """Read the manifest beside a file of boundaries."""
    place = path.with_suffix(".json")
    try:
        m = json.loads(place.read_text(encoding="utf-8"))
        return Boundaries(
            path,
            str(m["layer"]),
            int(m["year"]),
            str(m["resolution"]),
            date.fromisoformat(m["on"]),
            int(m["rows"]),
            m,
            tuple(str(n) for n in m["notes"]),
        )
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise InputFileError(
            f"the manifest of fetched boundaries is damaged ({error})",
            where=str(place),
            fix="run geolls fetch boundaries again",
        ) from error


# ---- ... from a feature service


def _from_service(
    wanted: _Wanted, source: str | os.PathLike[str] | None, web: Web, progress: Progress | None
) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    """Find the service, read its schema, count, and read all pages."""
    service, edition, layer_id = _find_service(wanted, source, web)
    url = f"{service}/{layer_id}"
    schema = web.json(f"{url}?f=json")
    fields = [str(f.get("name")) for f in _list(schema, "fields", url) if isinstance(f, dict)]
    # A service that a user names may be of another kind; one that geolls knows has changed.
    code, name = wanted.columns(fields, url, InputFileError if edition else NoneOfThatYearError)
    where = f"where={code}%20LIKE%20%27E%25%27"
    ask_count = f"{url}/query?{where}&returnCountOnly=true&f=json"
    count = _count(web.json(ask_count), url)
    query = (
        f"{url}/query?{where}&outFields={code},{name}&outSR=27700&orderByFields={code}"
        "&returnGeometry=true&f=geojson&resultRecordCount=100"
    )
    features: list[Any] = []
    while len(features) < count:
        page = _list(web.json(f"{query}&resultOffset={len(features)}"), "features", url)
        features += page
        if progress is not None:
            progress(service.rpartition("/FeatureServer")[0].rpartition("/")[2],
                     len(features), count)  # fmt: skip
        if not page or len(features) > count:
            break
    again = _count(web.json(ask_count), url)
    if len(features) != count or again != count:
        now = f", then {again}" if again != count else ""
        raise InputFileError(
            f"the service counts {count} areas{now}, but sent {len(features)}",
            where=url,
            fix="fetch it again later",
        )
    frame = _frame(features, code, name, url)
    editing = schema.get("editingInfo")
    about = {
        "url": url,
        "where": url,
        "on": edition.get("on", date(wanted.year, 12, 31)).isoformat(),
        "units": edition.get("units"),
        "last_edit": editing.get("lastEditDate") if isinstance(editing, dict) else None,
    }
    return frame, about


def _find_service(
    wanted: _Wanted, source: str | os.PathLike[str] | None, web: Web
) -> tuple[str, Mapping[str, Any], int]:
    """Return the address of the service, its edition, and the number of its polygon layer."""
    base = str(source or wanted.spec["base"]).rstrip("/")
    web.check(base)
    direct = re.fullmatch(r"(.*/FeatureServer)(?:/(\d{1,4}))?(?:/query.*)?", base)
    if direct:
        number = int(direct[2]) if direct[2] else _polygon_layer(web.json(f"{direct[1]}?f=json"))
        return direct[1], {}, number
    editions = wanted.editions
    if not editions:
        known = sorted({e["year"] for e in wanted.spec["edition"] if e["layer"] == wanted.layer})
        raise NoneOfThatYearError(
            f"no {wanted.layer} boundaries of {wanted.year} are known",
            fix=f"years known: {', '.join(map(str, known))}; or give the service's address "
            "with --from",
        )
    for edition in editions:
        service = f"{base}/{wanted.name(edition)}/FeatureServer"
        try:
            return service, edition, _polygon_layer(web.json(f"{service}?f=json"))
        except NotThereError as error:
            wanted.notes.append(f"{wanted.name(edition)}: {error.message}")
    tried = [wanted.name(e) for e in editions]
    near = _near_services(tried[0], base, web)
    offer = f"the nearest there are: {', '.join(near)}" if near else "it lists none like it"
    raise NotThereError(
        f"the service has no {' or '.join(dict.fromkeys(tried))}; {offer}",
        where=base,
        fix="give the right one's address with --from" if near else None,
    )


def _near_services(name: str, base: str, web: Web) -> list[str]:
    """Return the names of feature services like the one that is missing."""
    import difflib

    try:
        listed = _list(web.json(f"{base}?f=json", limit=32 << 20), "services", base)
    except InputFileError:
        return []
    names = {
        str(s.get("name", "")).rpartition("/")[2][:120]
        for s in listed
        if isinstance(s, dict) and s.get("type") == "FeatureServer"
    }
    by_lower = {n.lower(): n for n in names}
    close = difflib.get_close_matches(name.lower(), sorted(by_lower), n=5, cutoff=0.6)
    return [by_lower[c] for c in close]


def _polygon_layer(info: Mapping[str, Any]) -> int:
    """Return the number of the one polygon layer of a service; 0 where it does not say."""
    layers = info.get("layers")
    for layer in layers if isinstance(layers, list) else []:
        if not (isinstance(layer, dict) and isinstance(layer.get("id"), int)):
            continue
        if layer.get("geometryType", "esriGeometryPolygon") == "esriGeometryPolygon":
            return int(layer["id"])
    return 0


def _list(answer: Mapping[str, Any], key: str, where: str) -> list[Any]:
    found = answer.get(key)
    if not isinstance(found, list):
        raise InputFileError(f"the service's answer holds no {key}", where=where)
    return found


def _count(answer: Mapping[str, Any], where: str) -> int:
    count = answer.get("count")
    if not isinstance(count, int) or isinstance(count, bool) or not 0 < count <= 10_000:
        raise InputFileError(
            f"the service counts {str(count)[:40]} areas, which cannot be", where=where
        )
    return count


def _frame(features: Sequence[Any], code: str, name: str, where: str) -> gpd.GeoDataFrame:
    """Make a frame of GeoJSON features, which say code, name and an area each."""
    import geopandas as gpd
    import shapely

    codes, names, shapes = [], [], []
    for number, feature in enumerate(features, start=1):
        try:
            properties = {str(k).lower(): v for k, v in feature["properties"].items()}
            codes.append(properties[code.lower()])
            names.append(properties[name.lower()])
            shapes.append(shapely.from_geojson(json.dumps(feature["geometry"])))
        except (KeyError, TypeError, AttributeError, ValueError, shapely.errors.ShapelyError) as e:
            raise InputFileError(
                f"feature {number} cannot be read ({type(e).__name__}: {str(e)[:100]})", where=where
            ) from e
    return gpd.GeoDataFrame({"code": codes, "name": names, "geometry": shapes}, crs=None)


# ---- ... from a folder


def _from_folder(wanted: _Wanted, source: Path) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    """Take the one file that holds the layer's columns of that year."""
    if not source.exists():
        raise UsageError(
            "neither a web address nor a folder or file", where=str(source), fix="give a folder"
        )
    paths = [source] if source.is_file() else sorted(source.iterdir())
    fits: list[tuple[Path, gpd.GeoDataFrame]] = []
    others: list[NoneOfThatYearError] = []
    faults: list[InputFileError] = []
    for path in paths:
        if path.suffix.lower() not in _KINDS or not path.is_file():
            continue
        try:
            frame = _read_vector(path)
            fields = list(map(str, frame.columns))
            code, name = wanted.columns(fields, str(path), NoneOfThatYearError)
        except NoneOfThatYearError as error:
            others.append(error)
            continue
        except InputFileError as error:
            faults.append(error)
            continue
        picked = frame[[code, name, frame.geometry.name]]
        fits.append((path, picked.set_axis(["code", "name", "geometry"], axis=1)))
    if not fits and (faults or len(others) == 1):
        raise (faults or others)[0]
    named = [f for f in fits if wanted.resolution.lower() in f[0].name.lower()]
    fits = named if len(fits) > 1 else fits
    if len(fits) != 1:
        two = f"{wanted.year % 100:02}"
        raise (InputFileError if fits else NoneOfThatYearError)(
            f"{'no file' if not fits else f'{len(fits)} files'} with {wanted.stem}{two}CD in it",
            where=str(source),
            fix=f"put one {wanted.layer} file of {wanted.year} there, or give the file itself",
        )
    path, frame = fits[0]
    crs = frame.crs
    wanted.notes.append(f"taken from {path.name}")
    if crs is not None and crs.to_epsg() not in (None, 27700):
        frame = frame.to_crs(27700)
        wanted.notes.append(f"reprojected from {crs.to_string()[:40]}: a few metres are lost")
    on = next((e["on"] for e in wanted.editions), date(wanted.year, 12, 31))
    return frame, {"url": None, "file": path.name, "where": str(path), "on": on.isoformat()}


_KINDS: Final = (".geojson", ".json", ".gpkg", ".shp", ".parquet")


def _read_vector(path: Path) -> gpd.GeoDataFrame:
    """Read one vector file whose content is what its name says."""
    import warnings

    import geopandas as gpd

    check_vector(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # GDAL's asides; what matters is checked below
            frame = gpd.read_parquet(path) if path.suffix == ".parquet" else gpd.read_file(path)
    except Exception as error:  # pyogrio, pyarrow and GDAL each raise their own
        raise InputFileError(
            f"cannot be read ({str(error).splitlines()[0][:200] if str(error) else error!r})",
            where=str(path),
        ) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputFileError("holds no geometry", where=str(path))
    return frame


def _checked(
    frame: gpd.GeoDataFrame, wanted: _Wanted, where: str, units: int | None
) -> gpd.GeoDataFrame:
    """Return the areas of England in order of code; raise where they cannot be that."""
    import shapely

    frame = frame.assign(code=frame["code"].map(str), name=frame["name"].map(str))
    abroad = frame["code"].str.fullmatch(r"[NSW]\d{8}")
    if abroad.any():
        wanted.notes.append(f"{int(abroad.sum())} areas outside England left out")
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
        wanted.notes.append(f"{int(broken.sum())} areas mended: their outlines crossed themselves")
        shapes = shapely.make_valid(shapes)
    frame = frame.set_geometry(shapely.normalize(shapes), crs=None)
    return frame.set_crs(27700, allow_override=True)[["code", "name", "geometry"]]
