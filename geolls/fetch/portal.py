"""Any layer of the Open Geography Portal, by name and year, as a folder for `--boundaries`."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

import geopandas as gpd

from geolls.base.archives import read_vector
from geolls.base.errors import InputFileError
from geolls.base.files import sha256, write_text, writing
from geolls.base.text import fold, suggest
from geolls.fetch.kept import data_folder
from geolls.fetch.ons import KINDS, checked, listed, polygon_layer, read_areas
from geolls.fetch.sources import Ons, Sources, is_address, load_sources, or_by_hand
from geolls.fetch.web import NotThereError, Progress, UnreachableError, Web

__all__ = ["Fetched", "fetch_layer"]

_NAME: Final = re.compile(r"(.+?)_(?:([A-Za-z]{3,9})_)?((?:19|20)\d\d)_(.*)")
_MONTHS: Final = "jan feb mar apr may jun jul aug sep oct nov dec"
_CODE: Final = re.compile(r"([A-Z]{2,8}\d\d)CD", re.IGNORECASE)
_SHOWN: Final = 12


class Fetched(NamedTuple):
    """A layer folder that was written, how many units it has, and what a user should know."""

    folder: Path
    units: int
    notes: tuple[str, ...]


class _Service(NamedTuple):
    """A feature service with boundaries, by its name."""

    name: str
    theme: str
    year: int
    month: int
    size: str
    version: int


def fetch_layer(
    data: str | os.PathLike[str] | None,
    name: str,
    year: int | None = None,
    resolution: str = "BGC",
    source: str | None = None,
    progress: Progress | None = None,
    *,
    web: Web | None = None,
    sources: Sources | None = None,
) -> Fetched:
    """Fetch the areas of England of any layer that the portal publishes.

    Parameters
    ----------
    data : path-like or None
        The data folder; see `data_folder`.
    name : str
        What the layer is called ("constituencies", "health boards", "PFA"), or the whole name of
        a feature service.
    year : int, optional
        Of the edition; the newest by default. The latest month of a year is taken.
    resolution : str, default "BGC"
        BFE, BFC, BGC (20 m), BSC (200 m) or BUC (500 m); the next there is where it is missing.
    source : str, optional
        Address of a mirror: its `rest/services`; or a file, or its folder, downloaded by hand.
    progress : callable, optional
        Called with a service's name, areas so far and all areas.
    web : Web, optional
        How to fetch.
    sources : Sources, optional
        In place of `load_sources()`.

    Returns
    -------
    Fetched
        `layers/NAME_YEAR` of the data folder: layer.toml and polygons.parquet, ready for
        `--boundaries`.

    Raises
    ------
    InputFileError
        No network; nothing of that name or year (what there is is listed); another schema; other
        areas than the service counts.
    OutputError
        The data folder cannot be written.

    Notes
    -----
    Services are found by their names, which are irregular: THEME_MONTH_YEAR_..._RESOLUTION, the
    theme a title or the short name of its columns.

    Source: Office for National Statistics, Open Geography Portal.
    """
    ons = (sources or load_sources()).ons
    folder = data_folder(data)
    if source and not is_address(source):
        return _from_file(Path(source).expanduser(), ons, folder, name, resolution)
    web = (web or Web()).trusting(ons.allow_hosts, progress)
    base = (source or ons.base).rstrip("/")
    web.check(base)
    with or_by_hand(f"{name} (GeoPackage)", ons, folder, UnreachableError):
        fits, title = _called(name, _services(base, web, ons), ons, base)
    found, notes = _chosen(fits, name, year, resolution, base)
    service = f"{base}/{found.name}/FeatureServer"
    url = f"{service}/{polygon_layer(web.json(f'{service}?f=json'))}"
    schema = web.json(f"{url}?f=json")
    fields = [str(f.get("name")) for f in listed(schema, "fields", url) if isinstance(f, dict)]
    columns = _columns(fields, url)
    areas = read_areas(url, *columns, web)
    of = f"{found.name}, {columns[0]}"
    title = title or found.theme.replace("_", " ")
    on = f"{found.year}-{found.month:02}" if found.month else str(found.year)
    return _written(areas, ons, folder, title, found.size, on, service, of, notes)


def _from_file(path: Path, ons: Ons, folder: Path, name: str, resolution: str) -> Fetched:
    """Take a file that was downloaded by hand; its columns tell the year."""
    inside = [p for p in path.iterdir() if p.suffix.lower() in KINDS] if path.is_dir() else [path]
    path = inside[0] if len(inside) == 1 else path
    if not path.is_file():
        raise InputFileError("there is no such file", where=str(path), fix="give one GeoPackage")
    frame: Any = read_vector(path)
    code, called = _columns(list(map(str, frame.columns)), str(path))
    if not hasattr(frame, "crs") or frame.crs is None:
        raise InputFileError("holds no shapes, or does not say where they lie", where=str(path))
    areas = frame.to_crs(27700)[[code, called, frame.geometry.name]]
    areas = areas.set_axis(["code", "name", "geometry"], axis=1).set_geometry("geometry")
    year, asked = f"20{re.sub('[^0-9]', '', code)}", _words(name)
    title = next((t[0] for t in ons.called.values() if any(asked <= _words(x) for x in t)), name)
    notes = [f"taken from {path.name}"]
    of = f"{path.name}, {code}"
    return _written(areas, ons, folder, title, resolution.upper(), year, ons.page, of, notes)


def _written(
    areas: gpd.GeoDataFrame,
    ons: Ons,
    folder: Path,
    title: str,
    size: str,
    on: str,
    url: str,
    of: str,
    notes: list[str],
) -> Fetched:
    """Check the areas and write them with the layer.toml that says what they are."""
    frame, year = checked(areas, url, None, notes), on[:4]
    where = folder / "layers" / f"{re.sub('[^a-z0-9]+', '_', fold(title)).strip('_')}_{year}"
    with writing(where / "polygons.parquet") as part:
        frame.to_parquet(part, index=False, compression="zstd")
    stated = {
        "title": f"{title}, {year}",
        "source": f"{ons.title}: {of}",
        "source_url": url,
        "source_date": on,
        "licence": f"{ons.licence}: Source: Office for National Statistics. Contains OS data (c) "
        f"Crown copyright and database right {year}",
        "kind": "polygons",
        "tiling": "partial",
        "confidence": "high",
        "geometry": "polygons.parquet",
        "code_column": "code",
        "name_column": "name",
        "note": f"Fetched on {date.today()}: {len(frame)} areas of England at {size}; sha256 of "
        f"polygons.parquet {sha256(where / 'polygons.parquet')}",
    }
    lines = [f"{key} = {json.dumps(value)}\n" for key, value in stated.items()]
    write_text(where / "layer.toml", "".join(lines))
    return Fetched(where, len(frame), tuple(notes))


def _services(base: str, web: Web, ons: Ons) -> list[_Service]:
    """List the feature services whose names say that they hold boundaries."""
    sizes = {size: size for size in ons.resolution}
    sizes |= {way.old: size for size, way in ons.resolution.items()}
    found = []
    for one in listed(web.json(f"{base}?f=json"), "services", base):
        kind = one.get("type") if isinstance(one, dict) else None
        name = str(one.get("name", "")).rpartition("/")[2][:200] if kind == "FeatureServer" else ""
        said = _NAME.fullmatch(name)
        parts = said[4].upper().split("_") if said else []
        size = next((sizes[part] for part in parts if part in sizes), None)
        if said and size:
            month = _MONTHS.find((said[2] or "-").lower()[:3]) // 4 + 1
            version = next((int(p[1:]) for p in parts if re.fullmatch(r"V\d{1,2}", p)), 1)
            found.append(_Service(name, said[1], int(said[3]), month, size, version))
    return found


def _called(
    name: str, there: Sequence[_Service], ons: Ons, base: str
) -> tuple[list[_Service], str | None]:
    """Return the services of the layer that a name means, and its title; list what there is."""
    if exact := [one for one in there if one.name.casefold() == name.strip().casefold()]:
        return exact, next((t[0] for s, t in ons.called.items() if _is(exact[0], s, t[0])), None)
    asked = _words(name)
    stems = [
        (stem, titles[0])
        for stem, titles in ons.called.items()
        if asked == _words(stem) or any(asked == _words(title) for title in titles)
    ] or [
        (stem, titles[0])
        for stem, titles in ons.called.items()
        if asked and any(asked <= _words(title) for title in titles)
    ]
    fits = {t: [one for one in there if _is(one, stem, t)] for stem, t in stems}
    fits = {title: found for title, found in fits.items() if found}
    if not fits and asked:
        for one in there:
            if asked <= _words(one.theme):
                fits.setdefault(one.theme.replace("_", " "), []).append(one)
    if len(fits) == 1:
        ((title, found),) = fits.items()
        return found, title
    titles = {t[0] for s, t in ons.called.items() if any(_is(one, s, t[0]) for one in there)}
    others = {one.theme.replace("_", " ") for one in there} - titles - set(ons.called)
    known = sorted(fits or titles | others)
    told = {title: title for title in known}
    told |= {word: title for title in known for word in title.split() if len(word) > len("areas")}
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    listing = f"say which: {', '.join(known[:_SHOWN])}{more}"
    raise NotThereError(
        f"{len(fits) or 'no'} layers are called {name.strip()!r}",
        where=base,
        fix=(None if fits else suggest(name, told, told.__getitem__)) or listing,
    )


def _is(service: _Service, stem: str, title: str) -> bool:
    """Whether a service is of a layer, by its title or by the short name of its columns."""
    return fold(service.theme.replace("_", " ")) in (fold(stem), fold(title))


def _words(text: str) -> frozenset[str]:
    """Return the words of a name, each without what makes it a plural."""
    words = fold(text.replace("_", " ")).split()
    plain = (re.sub(r"ies$", "y", word) for word in words if word not in {"of", "and", "the"})
    return frozenset(re.sub(r"(?<=[a-z]{3})s$", "", word) for word in plain)


def _chosen(
    fits: Iterable[_Service],
    name: str,
    year: int | None,
    resolution: str,
    base: str,
) -> tuple[_Service, list[str]]:
    """Return the newest service of the year and resolution, and what is otherwise than asked."""
    fits = list(fits)
    of_year = [one for one in fits if year in (None, one.year)]
    if not of_year:
        years = sorted({one.year for one in fits})
        raise NotThereError(
            f"no {name.strip()} of {year}",
            where=base,
            fix=f"years there are: {', '.join(map(str, years))}",
        )
    newest = max((one.year, one.month) for one in of_year)
    edition = [one for one in of_year if (one.year, one.month) == newest]
    order = [resolution.upper(), "BGC", "BSC", "BFC", "BUC", "BFE"]
    found = min(edition, key=lambda one: (order.index(one.size), -one.version))
    notes = [f"taken from {found.name}"]
    if found.size != resolution.upper():
        notes.append(f"{resolution.upper()} is not there; {found.size} is")
    return found, notes


def _columns(fields: Sequence[str], where: str) -> tuple[str, str]:
    """Return the column of the code and that of the name: the first pair of one short name."""
    by_lower = {field.lower(): field for field in fields}
    for field in fields:
        said = _CODE.fullmatch(field)
        if said and (named := by_lower.get(f"{said[1]}NM".lower())):
            return field, named
    raise InputFileError(
        f"no columns of a code and a name, as WD24CD and WD24NM, among "
        f"{', '.join(f[:40] for f in fields[:12]) or 'none'}",
        where=where,
    )
