"""Answer "who covers this?" for one point, code, name, postcode or school, without pandas.

Points and official codes need neither a register nor the geometry libraries; a postcode, URN or
school name reads the register.
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from geolls.base.errors import UnknownNameError
from geolls.base.populations import POPULATIONS
from geolls.base.postcodes import POSTCODE, abroad, is_whole, readings
from geolls.base.shelves import shelf
from geolls.base.text import begun, fold, suggest
from geolls.land.locate import POINT, PointIndex, locate, point_of
from geolls.layers.areas import Areas, beyond, not_a_place, now_in
from geolls.layers.catalogue import Catalogue, layer_said, lists, of_schools
from geolls.layers.evidence import layer_note
from geolls.layers.expand import BlockClaim, expand
from geolls.layers.model import CONFIDENCES, Layer
from geolls.study.postcodes import (
    Beginning,
    Postcodes,
    Spot,
    beginning,
    beginnings,
    country_of,
)
from geolls.study.towns import district_of, one_town, suggest_places, towns_called

if TYPE_CHECKING:
    import pandas as pd

    from geolls.study.core import Core

__all__ = ["Answer", "Ground", "Match", "find", "units_at", "where"]

# A body that ended within a year before the day is still what people ask for.
RECENT = timedelta(days=366)
MOST_MATCHES = 12
MANY_BESIDE = 19  # postcodes at the point of one: mail is fetched there, its owner is elsewhere


class Match(NamedTuple):
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
    postcodes : mapping of str to int, optional
        How many postcodes of a sector or outward code lie in each block: shares are of these.
    """

    label: str
    blocks: tuple[str, ...]
    urn: str | None = None
    xy: tuple[float, float] | None = None
    postcodes: Mapping[str, int] | None = None


class Answer(NamedTuple):
    """A unit of a layer that covers a match, or the reason why none does."""

    match: str
    layer: str
    unit_code: str
    unit_name: str
    share: float
    source_date: date | str | None = None
    confidence: str | None = None
    status: str | None = None
    note: str | None = None
    line_confidence: str | None = None


class Ground(NamedTuple):
    """What a text is looked up in; the fields are those parameters of `where`."""

    on: date
    areas: Areas
    catalogue: Catalogue
    data: Path | None
    open_study: Callable[[], Core]


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
        school; or a set of schools: "NE63 9,5km", "town:Ashington,3km", a file, "Otley ward".
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
        One row per match, layer and unit; the keys are the fields of `Answer`. `share` is the part
        of the match's land that the unit has, of its postcodes where they begin alike; 1 for a
        point in a unit's undisputed land;
        `confidence` is the least of its claims there. `status` says of an area that is still to
        come whether an Order is made, and which. A layer that ended within a year before the day is
        listed with its last unit; `note` says so, and says where evidence is of another date and
        where the line between two units is not to hand. An area that has ended is found by its
        name: the match is its land, and says when it ended and what that land is in now.

    Raises
    ------
    UnknownNameError
        When the text means nothing on that day, or lies outside England; for a code that had ended
        by then, its heirs are named.
    """
    ground = Ground(on, areas, catalogue, data, open_study)
    layer = catalogue.layers.get(of_schools(text).partition(":")[0].strip())
    apart = layer if layer and (layer.kind == "schools" or layer.cuts_blocks) else None
    if apart or re.fullmatch(_SET, text.strip(), re.IGNORECASE):
        study = open_study().taking([apart.key] if apart else [])
        return [answer._asdict() for answer in _of_set(study, text)]
    try:
        matches = find(re.sub(_KIND, "", text, flags=re.IGNORECASE), ground)
    except _NothingCalledSoError:
        from geolls.study.gazetteer import SeveralNamesError

        try:  # of schools alone: a constituency by its name
            if open_study().place(text).layer in catalogue.layers:
                return [answer._asdict() for answer in _of_set(open_study(), text)]
        except SeveralNamesError as error:
            raise UnknownNameError(error.message, fix=error.fix) from None
        except UnknownNameError:
            pass
        raise
    lately = list(_area_layers(ground))
    polygons = [v for v in catalogue.layers.values() if v.cuts_blocks and v.active(on)]
    answers: list[Answer] = []
    cut = open_study().taking(v.key for v in polygons) if polygons else None
    for match in matches:
        sizes = match.postcodes or _sizes(match.blocks)
        for layer, claims, note in lately:
            answers += units_at(match.label, layer, claims, sizes, note)
        for layer in polygons:
            answers += _of_polygons(match, layer, cut or open_study())
        if match.urn is not None:
            answers += _of_school(match, open_study())
    return [answer._asdict() for answer in answers]


# What is a set of schools: a distance round something, or a file. What a name may be said to be.
_SET = r".+\d\s*(km|m|miles?)|.+\.(csv|txt|tsv|xlsx|xlsm)"
_KIND = r"^\s*(town|urn|school|postcode)\s*:"


def _of_set(study: Core, text: str) -> Iterator[Answer]:
    """Yield the units that a place is in, by the share of its land, or of schools in a set."""
    place = study.place(text)
    for key in study.area_layers:
        table = study.coverage(key, "area" if place.has_land else "schools", place=place)
        for code, name, share in zip(*(table[c] for c in _OF_SET), strict=True):
            yield Answer(place.name, key, code, name, round(float(share), 6), note=place.note)


_OF_SET = ("unit_code", "unit_name", "share")


def _area_layers(ground: Ground) -> Iterator[tuple[Layer, list[BlockClaim], str]]:
    """Yield the layers of areas that are alive, or ended lately, with their last claims."""
    on, areas, catalogue, *_ = ground
    for layer in catalogue.layers.values():
        if layer.kind != "areas" or layer.cuts_blocks:
            continue
        if layer.active(on):
            yield layer, expand(layer, on, areas), layer_note(layer, on, areas)
        elif (last := layer.valid_to) and last < on <= last + RECENT:
            yield layer, expand(layer, last, areas), f"ended {last.isoformat()}"


def _sizes(blocks: Collection[str]) -> dict[str, float]:
    """Return the area of each block in m2; a lone block needs no looking up."""
    if len(blocks) < 2:
        return dict.fromkeys(blocks, 1.0)
    import pyarrow.parquet as pq

    table = pq.read_table(
        shelf("boundaries") / "block" / "blocks.parquet", columns=["block", "area_m2"]
    ).to_pydict()
    areas = dict(zip(table["block"], table["area_m2"], strict=True))
    return {block: areas[block.partition("/")[0]] for block in blocks}


def units_at(
    label: str,
    layer: Layer,
    claims: Iterable[BlockClaim],
    sizes: Mapping[str, float],
    note: str = "",
) -> list[Answer]:
    """Return who holds blocks in a layer, the largest share first, and why the rest has no unit.

    Parameters
    ----------
    label : str
        What the blocks are called in the answers.
    layer : Layer
        The layer.
    claims : iterable of BlockClaim
        Who lists which of its blocks.
    sizes : mapping of str to float
        The blocks that are asked for, each with its weight in the shares.
    note : str
        What is said beside each answer.
    """
    held: dict[str, list[BlockClaim]] = defaultdict(list)
    for claim in claims:
        if claim.block in sizes:
            held[claim.unit_code].append(claim)
    whole = sum(sizes.values())
    share = {
        code: sum(claim.share * sizes[claim.block] for claim in mine) / whole
        for code, mine in held.items()
    }
    found = [
        Answer(label, layer.key, code, mine[0].unit_name, round(share[code], 6),
               mine[0].source_date, min((c.confidence for c in mine), key=CONFIDENCES.index),
               _status(mine[0]), "; ".join(filter(None, [note, _line(mine)])),
               min((c.line_confidence for c in mine), key=CONFIDENCES.index))
        for code, mine in held.items()
    ]  # fmt: skip
    left = 1.0 - sum(share.values())
    if left > 1e-9:
        reason = "not_covered" if layer.complete else "no_evidence"
        found.append(
            Answer(label, layer.key, reason, reason.replace("_", " "), round(left, 6), note=note)
        )
    return sorted(found, key=lambda answer: (-answer.share, answer.unit_code))


def _status(claim: BlockClaim) -> str | None:
    """Say by what an area that is still to come is to be."""
    return f"order: {claim.source}" if claim.status == "order" else claim.status or None


def _line(claims: Iterable[BlockClaim]) -> str:
    """Say that nobody has said where the line between those listed runs."""
    unknown = any(claim.share < 1 and claim.line_confidence == "low" for claim in claims)
    return "line not to hand: an equal share is assumed" if unknown else ""


def _of_polygons(match: Match, layer: Layer, study: Core) -> list[Answer]:
    """Return the units of a polygons layer: those of the point, or of all parts of the blocks."""
    import shapely

    parents = study.blocks["parent"].map(lambda b: b.partition("/")[0])
    pieces = study.blocks[parents.isin(match.blocks)]
    if match.xy is not None:
        at = locate([match.xy], pieces)["block"].iloc[0]
        # A point far outside its own blocks: the nearest takes it, as in `place_schools`.
        pieces = pieces.loc[[at or pieces.distance(shapely.Point(match.xy)).idxmin()]]
    if match.postcodes and len(points := study.postcodes.points(match.label.split(" (")[0])):
        sizes = {k: float(n) for k, n in Counter(locate(points, pieces)["block"]).items() if k}
    else:
        areas = study.block_weights["area_m2"]
        sizes = {str(piece): float(areas[piece]) for piece in pieces.index}
    return units_at(match.label, layer, study.claims(layer.key), sizes)


def _of_school(match: Match, study: Core) -> list[Answer]:
    """Return the trusts, federations and dioceses of a school."""
    from geolls.study.assignment import assign_school_layer, school_units

    columns = ["unit_code", "unit_name", "share"]
    layers = {k: v for k, v in study.layers.items() if v.kind == "schools"}
    if (study.schools["urn"] == match.urn).any():
        tables = {key: study.assigned(key) for key in layers}
    else:  # a school of a phase that the study does not count
        every = study.everywhere
        found = {k: school_units(v, every, study.as_of) for k, v in layers.items()}
        tables = {
            key: assign_school_layer(key, units, every, otherwise=otherwise)
            for key, (units, otherwise) in found.items()
        }
    return [
        Answer(match.label, key, *row)
        for key, table in tables.items()
        for row in table.loc[table["urn"] == match.urn, columns].itertuples(index=False)
    ]


# ---- what a text may mean --------------------------------------------------------------------


def find(text: str, ground: Ground) -> list[Match]:
    """Return what a text may mean, the surest reading first.

    Parameters
    ----------
    text : str
        As for `where`.
    ground : Ground
        What it is looked up in.

    Returns
    -------
    list of Match
        One or more.

    Raises
    ------
    UnknownNameError
        When the text means nothing on that day, or lies outside England.
    """
    plain = " ".join(text.split())
    if not plain:
        raise UnknownNameError("nothing was asked for", fix="give a name, a code or coordinates")
    if whole := not_a_place(plain):
        raise UnknownNameError(whole, fix="name one, as Leeds; geolls layers lists what covers it")
    for form, read in _READINGS.items():
        said = re.fullmatch(form, plain.upper())
        if said and (matches := read(said, ground)):
            return matches
    for named in (_names, _towns, _shortened):
        if matches := named(plain, ground):
            return matches
    # Last of all what is a postcode once a letter is read as a figure: "SWlA lAA".
    if meant := readings(plain):
        with contextlib.suppress(UnknownNameError):
            said = POSTCODE.fullmatch(meant[0])
            assert said is not None
            return [
                match._replace(label=f"{match.label[:-1]}; read for {plain})")
                for match in _postcode(said, ground)
            ]
    if elsewhere := beyond(plain):
        raise UnknownNameError(_nothing(plain, ground), fix=elsewhere)
    return _school_names(plain, ground)


def _nothing(name: str, ground: Ground) -> str:
    return f"nothing in England is called {name!r} on {ground.on}"


def _point(said: re.Match[str], ground: Ground) -> list[Match]:
    point = point_of(said[0])
    assert point is not None
    label, xy = point
    block = PointIndex.open(ground.data).block_at(*xy)
    if block is None:
        raise UnknownNameError(f"{label} lies outside every English district")
    return [Match(label, (block,), xy=xy)]


def _gss_code(said: re.Match[str], ground: Ground) -> list[Match]:
    area = ground.areas.resolve(said[0], ground.on)
    return [Match(f"{area.name} ({area.code})", area.blocks)]


def _dfe_code(said: re.Match[str], ground: Ground) -> list[Match]:
    authority = ground.areas.by_la_code(said[0], ground.on)
    if authority is None:
        return []
    return [Match(f"{authority.name} (DfE code {said[0]})", authority.blocks)]


def _urn(said: re.Match[str], ground: Ground) -> list[Match]:
    study = ground.open_study()
    schools = _placed(study)
    mine = schools[schools["urn"] == said[0]]
    if mine.empty:
        raise UnknownNameError(f"no school has URN {said[0]}{_which(study)}")
    return _as_matches(mine)


def _postcode(said: re.Match[str], ground: Ground) -> list[Match]:
    """Answer for a postcode by its own place; by its sector or outward code where that is unknown.

    Whole ones come from the directory that was fetched or installed, else from the register's
    schools; sectors and outward codes from the shelf, in shares of their postcodes.
    """
    asked = " ".join(said[0].split())
    meant = readings(asked)
    if elsewhere := abroad(meant[0]):
        raise UnknownNameError(f"{meant[0]} {elsewhere}; geolls is about England")
    if beginning(meant[0][:-2] if is_whole(meant[0]) else meant[0]):
        meant = meant[:1]  # as it is written it may well be one
    found = Postcodes.open(ground.data, ground.areas) if any(map(is_whole, meant)) else None
    known = found or (ground.open_study().postcodes if any(map(is_whole, meant)) else None)
    if known and (spots := known.spots(meant)):
        return [_of_spot(spots[0], "" if spots[0].postcode == meant[0] else asked, known)]
    whole = is_whole(meant[0])
    for part in range(2 if whole else 1):
        for code in meant:
            near = code[:-2] if whole else code
            near = near.partition(" ")[0] if part else near
            if not (held := beginning(near)):
                continue
            if known:
                return [_of_beginning(meant[0], f"not among {known.of}; by {near}: ", held)]
            return [_of_beginning(code, "", held, "" if code == meant[0] else asked)]
    sector, outward = meant[0][:-2], meant[0].partition(" ")[0]
    raise UnknownNameError(
        f"no postcode begins {sector if ' ' in meant[0] and beginning(outward) else outward}",
        fix=suggest(outward, beginnings()) or "give the point as lon,lat or easting,northing",
    )


def _forces(said: re.Match[str], _: Ground) -> list[Match]:
    raise UnknownNameError(f"{said[0]} {abroad('BF')}; geolls is about England")


def _of_spot(spot: Spot, asked: str, source: Postcodes) -> Match:
    read = f"; read for {asked}" if asked else ""
    if country := country_of(spot):
        raise UnknownNameError(f"{spot.postcode} is in {country}; geolls is about England")
    if spot.block is None:
        raise UnknownNameError(
            f"{spot.postcode} has no place in {source.of}",
            fix="give the point as lon,lat or easting,northing, or its sector: "
            f"{spot.postcode[:-2]}",
        )
    kind = "a school's postcode" if source.schools else "postcode"
    status = spot.status or ("" if source.schools else "whether live is not told")
    beside = source.beside(spot)
    office = f"at one point with {beside} others, as a sorting office" * (beside >= MANY_BESIDE)
    told = "; ".join(filter(None, [kind, status, office]))
    return Match(f"{spot.postcode} ({told}{read})", (spot.block,), xy=spot.xy)


def _of_beginning(code: str, by: str, held: Beginning, asked: str = "") -> Match:
    if not held.blocks:
        (country, *_) = held.elsewhere
        raise UnknownNameError(f"{held.code} is in {country}; geolls is about England")
    n, office = held.postcodes, "as at a sorting office"
    others = "".join(f", {m:,} more in {country}" for country, m in held.elsewhere.items())
    others += f", {held.apart:,} more stand together elsewhere, {office}" if held.apart else ""
    others += f", all at one point or few, {office}" if held.office else ""
    read = f"; read for {asked}" if asked else ""
    label = f"{code} ({by}{n:,} postcode{'s' * (n > 1)}{others}{read})"
    return Match(label, tuple(held.blocks), xy=None, postcodes=held.blocks)


# What codes and coordinates look like, in capitals, tried in this order; then come names.
_READINGS: dict[str, Callable[[re.Match[str], Ground], list[Match]]] = {
    POINT: _point,
    r"[A-Z]\d{8}|(?:LGR|CA\d{4})-[A-Z-]+": _gss_code,
    r"\d{3}": _dfe_code,
    r"\d{5,7}": _urn,
    POSTCODE.pattern: _postcode,
    r"BFPO ?\d+": _forces,
}


def _names(name: str, ground: Ground) -> list[Match]:
    """Return areas and units of a name; areas that have ended where none of that name stands."""
    on, areas, catalogue, *_ = ground
    layer_key, _, rest = name.partition(":")
    wanted = catalogue.get(layer_key).key if rest else None
    name = rest or name
    found: dict[tuple[str, ...], Match] = {}
    of_that_name = (
        [area for area in some if wanted in (None, area.tier)]
        for some in (areas.find(name, on), areas.ended(name, on))
    )
    for area in next(filter(None, of_that_name), []):
        if holders := areas.holders(area, on):
            ended = "" if area.active(on) else f", {now_in(area, holders)}"
            label = f"{area.name} ({area.tier.replace('_', ' ')} {area.code}{ended})"
            found.setdefault(area.blocks, Match(label, area.blocks))
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


def _shortened(name: str, ground: Ground) -> list[Match]:
    """Return what a name begins alone, or a unit whose layer is said behind its name in short."""
    key, _, rest = name.rpartition(":")
    key = ground.catalogue.get(key).key if key else ""
    if not key and (said := layer_said(name, (layer for layer, *_ in _area_layers(ground)))):
        rest, key = said[0], said[1].key
        if found := _names(f"{key}:{rest}", ground):
            return found
    names = _all_names(ground, key)
    whole = begun(rest, names)
    if key and not whole:
        fix = suggest(rest, sorted(names)) or lists(key)
        raise UnknownNameError(f"no {key} is called {rest!r} on {ground.on}", fix=fix)
    found = _names(f"{key}:{whole}" if key else whole, ground) if whole else []
    return [match._replace(label=f"{match.label}; read for {name}") for match in found]


def _all_names(ground: Ground, only: str = "") -> set[str]:
    """Return the names of the areas and units of land that stand on the day, of one layer alone."""
    names = {a.name for a in ground.areas.rows if a.active(ground.on) and only in ("", a.tier)}
    layers = (layer for layer, *_ in _area_layers(ground) if only in ("", layer.key))
    return names.union(u.name for v in layers for u in v.units.values() if u.active(ground.on))


def _towns(name: str, ground: Ground) -> list[Match]:
    try:
        towns = [one_town(name, ground.on, ground.areas)[0]] if "," in name else towns_called(name)
    except UnknownNameError:
        return []
    return [
        Match(
            f"{town.name} (town in {district_of(town, ground.on, ground.areas)}, "
            f"{town.lon:.2f},{town.lat:.2f})",
            (town.block,),
            xy=town.xy,
        )
        for town in towns[:MOST_MATCHES]
    ]


class _NothingCalledSoError(UnknownNameError):
    """No area, town or school has the name."""


def _school_names(name: str, ground: Ground) -> list[Match]:
    study = ground.open_study()
    words = set(fold(name).split())
    schools = _placed(study)
    text = schools["name"].fillna("")
    if "town" in schools:
        text = text + " " + schools["town"].fillna("")
    mine = schools[text.map(lambda t: words <= set(fold(t).split())).astype(bool)]
    if not words or mine.empty:
        if coming := ground.areas.named(name):
            ground.areas.resolve(coming[0].code, ground.on)
        raise _NothingCalledSoError(
            _nothing(name, ground),
            fix=_POSTCODES
            if re.match(r"[A-Za-z]{1,3}\d?[\w ]?\d", name)
            else suggest_places(
                name,
                _all_names(ground),
                ground.on,
                ground.areas,
            )
            or "try a postcode, a URN, lon,lat, or give --register",
        )
    if len(mine) > MOST_MATCHES:
        raise UnknownNameError(
            f"{len(mine)} schools have that in their name, as {mine['name'].iloc[0]}",
            fix="add a word, or give a postcode or URN",
        )
    return _as_matches(mine)


_POSTCODES = "a postcode is whole (SW1A 1AA), a sector (B1 1) or an outward code (LA14)"


def _placed(study: Core) -> pd.DataFrame:
    """Return the schools of every phase, with the block of each, and why it does not count."""
    import pandas as pd

    from geolls.study.assignment import place_schools

    own = study.schools.assign(block=study.placement.schools["block"].to_numpy(), left_out="")
    others = study.register.others
    if others.empty:
        return own
    block = place_schools(others, study.blocks, study.areas).schools["block"].to_numpy()
    said = {
        phase: f"; {POPULATIONS[phase].word}, not counted among {study.population.title}"
        for phase in others["phase"].unique()
    }
    others = others.assign(block=block, left_out=others["phase"].map(said))
    return pd.concat([own, others], ignore_index=True)


def _which(study: Core) -> str:
    return " (demonstration register)" if study.register.demonstration else ""


def _as_matches(schools: pd.DataFrame) -> list[Match]:
    columns = zip(
        *(schools[c] for c in ("name", "urn", "left_out", "block", "easting", "northing")),
        strict=True,
    )
    return [
        Match(
            f"{name} (URN {urn}{left_out})",
            (block.partition("/")[0],) if isinstance(block, str) else (),
            urn,
            (easting, northing) if easting == easting else None,
        )
        for name, urn, left_out, block, easting, northing in columns
    ]
