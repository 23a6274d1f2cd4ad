"""What the page's script draws: the land that maps can share, and what is a map's own.

Both are JSON, deflated; parts that many maps hold are deflated once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from markupsafe import Markup

from geolls.base.errors import MapError
from geolls.base.interval import Interval
from geolls.maps.data import (
    WHO_RUNS,
    LayerSpec,
    Measure,
    abroad,
    class_titles,
    classify,
    rivers,
)
from geolls.maps.drawn import Drawn, cover, texts
from geolls.maps.hexes import Hexes, hexes_of
from geolls.maps.partings import PARTED
from geolls.maps.topology import Topology, zigzag
from geolls.study.towns import towns

__all__ = [
    "dense",
    "encoded",
    "key_of",
    "land_of",
    "letters",
    "own_of",
    "pack",
    "school_order",
    "unpack",
]

# How far a line may be drawn from where it is known to run, by what the map is about.
NEAR_METRES, SHIRE_METRES, REGION_METRES, ENGLAND_METRES = 25.0, 50.0, 100.0, 400.0
MOST_TOWNS = 400  # the largest in the frame
CONTEXT_STEP = 100  # metres between positions of what is not England
FAR_METRES = 6_000.0  # land that lies outside the frame at first
SHIRE_SIZE, REGION_SIZE = 60_000.0, 150_000.0  # metres; what is larger is drawn as such


# ---------------------------------------------------------------- land and layers


def land_of(drawn: Drawn, shared: bool) -> bytes:
    """Return the packed geometry and layers: the part that pages of one atlas can share."""
    topo = drawn.data.topology
    if shared and _whole(drawn):
        return _shared_land(topo, metres_of(drawn), tuple(drawn.data.layers))
    seen = range(len(topo.blocks)) if drawn.england else _seen(drawn)
    context = _context(_frame(drawn, 1.0)) | (_rivers() if drawn.england else {})
    return _land(topo, _arcs(drawn), tuple(drawn.layers), context, seen)


def _whole(drawn: Drawn) -> bool:
    """Return whether a map can share the land of England: that of a place is cut to it."""
    return drawn.data.place is None


@lru_cache(maxsize=4)
def _shared_land(topo: Topology, metres: float, specs: tuple[LayerSpec, ...]) -> bytes:
    """Return the land that all pages of an atlas draw on: packed once, and so as one."""
    context = _context(shapely.box(*abroad().bounds)) | _rivers()
    seen = range(len(topo.blocks))
    every = _told(np.arange(len(_every_town()[0])))
    return _land(topo, topo.encode(metres), specs, context, seen, towns=every)


def _land(
    topo: Topology,
    arcs: Mapping[str, Any],
    specs: tuple[LayerSpec, ...],
    context: dict[str, Any],
    seen: Sequence[int],
    **more: Any,
) -> bytes:
    """Pack land and layers; of pieces of land, which are many, those that are seen have a name."""
    packed = ready(_as_text(arcs), letters_only=True)
    layers = _layers(tuple(s for s in specs if s.family != PARTED), topo.blocks)
    pieces = [_pieces(s, topo.blocks, seen) for s in specs if s.family == PARTED]
    land = {"arcs": packed, "layers": layers, "pieces": pieces}
    return pack(land | {"london": topo.london, "context": context} | more)


def _as_text(arcs: Mapping[str, Any]) -> dict[str, Any]:
    """Return arcs with their lists as text."""
    return {key: letters(v) if isinstance(v, list) else v for key, v in arcs.items()}


@lru_cache(maxsize=4)
def _hex_arcs(topo: Topology) -> dict[str, Any]:
    return _as_text(topo.encode(0.0))


def _hexes(hexes: Hexes) -> dict[str, Any]:
    """Return the hexagons: their arcs, the box they fill, and the unit of each in every layer."""
    west, south = hexes.topology.bounds[:, :2].min(0).tolist()
    east, north = hexes.topology.bounds[:, 2:].max(0).tolist()
    bounds = [round(metres) for metres in (west, south, east, north)]
    of = {} if hexes.blocks else {key: zigzag(units) for key, units in hexes.of.items()}
    return {"arcs": _hex_arcs(hexes.topology), "bounds": bounds, "of": of, "blocks": hexes.blocks}


def metres_of(drawn: Drawn) -> float:
    """Return how far the lines of a map may lie from where they are known to run."""
    if drawn.england:
        return ENGLAND_METRES
    west, south, east, north = drawn.focus
    size = 0.0 if drawn.data.place is None else max(east - west, north - south)
    if size > REGION_SIZE:
        return REGION_METRES
    return SHIRE_METRES if size > SHIRE_SIZE else NEAR_METRES


def _frame(drawn: Drawn, times: float) -> Any:
    """Return what is seen at first, and so many times its size round it."""
    west, south, east, north = drawn.focus
    margin = times * max(east - west, north - south)
    return shapely.box(west, south, east, north).buffer(margin, join_style="mitre")


def _seen(drawn: Drawn) -> list[int]:
    """Return the positions of the blocks in the frame."""
    bounds = shapely.box(*drawn.data.topology.bounds.T)
    return list(np.flatnonzero(shapely.intersects(_frame(drawn, 0.4), bounds)).tolist())


def _arcs(drawn: Drawn) -> dict[str, Any]:
    """Return the arcs of a map of its own: fine on its land, coarser round about and far away."""
    topo, metres, own = drawn.data.topology, metres_of(drawn), drawn.place_blocks
    if drawn.england:
        return topo.encode(metres)
    seen = _seen(drawn)
    # Where a school of the map stands, and be it far away, lines keep to its right side.
    table = pd.DataFrame() if drawn.data.schools is None else drawn.data.schools
    held = sorted({topo.at[block] for block in table.get("block", ()) if block in topo.at})
    levels = {FAR_METRES: held, REGION_METRES: seen, metres: own or seen}
    if metres == REGION_METRES:  # it fills its frame, and most of England is near it
        levels[REGION_METRES] = own
    return topo.encode(FAR_METRES, levels)


def _context(frame: Any) -> dict[str, Any]:
    """Return the rings of land outside England: fine in a frame, coarse beyond it."""
    (west, south, east, north), rings = frame.bounds, list[str]()
    for fine, coarse, large in _rings_abroad():
        near = (fine > (west, south)).all(axis=1) & (fine < (east, north)).all(axis=1)
        if not near.any() and not large:
            continue
        rings.append(_stepped(fine[near | coarse]))
    return {"step": CONTEXT_STEP, "rings": rings}


def _rivers() -> dict[str, Any]:
    return {"rivers": [_stepped(line) for line in rivers()]}


def _stepped(xy: Any) -> str:
    """Return points as differences, in steps."""
    steps = np.rint(xy / CONTEXT_STEP).astype(np.int64)
    return letters(np.diff(steps, axis=0, prepend=np.zeros((1, 2), int)).ravel())


@cache
def _rings_abroad() -> list[tuple[Any, Any, bool]]:
    """Return the rings of other land: points, which of them are drawn of it far away, if any."""
    found = []
    for ring in shapely.get_rings(shapely.get_parts(abroad())):
        fine, rough = map(shapely.get_coordinates, (ring, shapely.simplify(ring, FAR_METRES)))
        coarse = np.isin(fine @ (1, 1j), rough @ (1, 1j))
        found.append((fine, coarse, shapely.length(ring) >= 20 * FAR_METRES))
    return found


@lru_cache(maxsize=8)
def _layers(specs: tuple[LayerSpec, ...], blocks: tuple[str, ...]) -> Ready:
    return ready([_layer(spec, blocks) for spec in specs])


def _pieces(spec: LayerSpec, blocks: tuple[str, ...], seen: Sequence[int]) -> dict[str, Any]:
    here, out = set(cover(spec, blocks).units_on(seen)), _layer(spec, blocks)
    for key in ("code", "name"):
        out[key] = [text if u in here else "" for u, text in enumerate(out[key])]
    return out


def _layer(spec: LayerSpec, blocks: tuple[str, ...]) -> dict[str, Any]:
    found, units = cover(spec, blocks), spec.units
    out: dict[str, Any] = {
        "key": spec.key,
        "title": spec.title,
        "many": spec.plural,
        "family": spec.family,
        "line": spec.style,
        "note": spec.note,
        "code": found.codes,
        "name": found.names,
        "of": zigzag(found.of),
        "mixes": found.mixes,
        "low": found.low,
    }
    if "url" in units:
        known = [text.removesuffix(f"{code}.html") for code, text in units["url"].dropna().items()]
        out["url"] = (
            known[0] if len({*known}) == 1 and len(known) == len(units) else texts(units["url"])
        )
    if "number" in units:
        out["number"] = [None if v != v else int(v) for v in units["number"]]
    if "count" in units:
        ends = zip(units["count"], *_ends(units), strict=True)
        out["count"] = [
            (None if v != v else int(v)) if not low < high else [int(low), int(high)]
            for v, low, high in ends
        ]
    return out


def _ends(units: pd.DataFrame) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Return how many schools each unit has at least and at most."""
    low, high = (units.get(f"count_{end}", units["count"]) for end in Interval._fields)
    return low, high


# ---------------------------------------------------------------- measures


@lru_cache(maxsize=8)
def _measures(measures: tuple[Measure, ...], layers: tuple[LayerSpec, ...]) -> Ready:
    """Return measures as the payload holds them; pages of one kind share theirs."""
    units = {spec.key: spec.units.index for spec in layers}
    return ready([_measure(m, units[m.layer]) for m in measures])


def _measure(measure: Measure, units: pd.Index[Any]) -> dict[str, Any]:
    words, values = measure.format == "words", map(measure.said, units)
    out: dict[str, Any] = {
        "key": measure.key,
        "title": measure.title,
        "layer": measure.layer,
        "format": measure.format,
        "v": [
            None if v is None or v != v else round(float(v), 4) if not isinstance(v, str) else v
            for v in values
        ],
        "c": classify(measure, units),
        "titles": class_titles(measure),
        "few": measure.few,
        "england": measure.beside,
        "beside": measure.england_title,
        "note": measure.note,
    }
    if measure.counts:
        out |= {"counts": measure.counts, "breaks": measure.breaks}
    if words or measure.format == "count":
        out["fills"] = measure.paints
    if measure.n is not None and measure.sure is not None:
        out["n"] = measure.sure.reindex(units).fillna(0).astype(int).tolist()
        out["shared"] = bool((measure.sure < measure.n).any())
    return out


# ---------------------------------------------------------------- schools


def school_order(drawn: Drawn) -> pd.DataFrame | None:
    """Return the schools that can be drawn, neighbours together, with their position in steps.

    Parameters
    ----------
    drawn : Drawn
        The map.

    Returns
    -------
    pandas.DataFrame
        Rows of `MapData.schools` in the order of the payload, with `x`, `y` (in steps of so many
        metres, see `_school_step`) and `at` (the position of the block; -1 where it is not known);
        None where the recipe draws no schools.
    """
    table, topo = drawn.data.schools, drawn.data.topology
    if table is None or not drawn.recipe.schools:
        return None
    steps = np.rint(table[["easting", "northing"]].to_numpy(float).T / _school_step(drawn))
    rows = np.flatnonzero(np.isfinite(steps).all(axis=0))
    x, y = steps[:, rows].astype(np.int64)
    blocks = table["block"].to_numpy(object)[rows] if "block" in table else [""] * len(rows)
    at = np.array([topo.at.get(block, -1) for block in blocks], np.int64)
    urn = table["urn"].to_numpy(object)[rows].astype(np.int64)
    # Along a Z: neighbours on the ground become neighbours in the file.
    bits = np.arange(20)
    east, north = ((((v - min(v, default=0))[:, None] >> bits) & 1) << 2 * bits for v in (x, y))
    order = np.lexsort((urn, (east | north << 1).sum(axis=1), at))
    found = {"urn": urn[order], "x": x[order], "y": y[order], "at": at[order]}
    return table.take(rows[order]).assign(**found)


def _school_step(drawn: Drawn) -> int:
    """Return the metres between positions of schools: less than a pixel covers, closest in."""
    return max(1, round(metres_of(drawn) / 20))


def _schools(drawn: Drawn, table: pd.DataFrame) -> dict[str, Any]:
    """Return the schools as columns, with their trusts."""
    kinds, at, known = table["kind"].tolist(), table["at"].to_numpy(), tuple(drawn.data.kinds)
    for kind in set(kinds) - set(known):
        raise MapError(f"schools: kind {kind!r} is unknown", fix=f"kinds are {', '.join(known)}")
    phase, own = texts(table["phase"]), texts(table["trust_uid"])
    phases = sorted(set(phase))
    kind_at, phase_at = ({key: i for i, key in enumerate(keys)} for keys in (known, phases))
    trusts = drawn.data.trusts if drawn.data.trusts is not None else pd.DataFrame()
    uids = sorted({uid for uid in own if uid} & set(map(str, trusts.index)))
    position = {uid: i for i, uid in enumerate(uids)}
    changes = np.flatnonzero(np.diff(at, prepend=at[0] - 1))
    out: dict[str, Any] = {
        "step": _school_step(drawn),
        "urn": zigzag(table["urn"]),
        "name": "\n".join(" ".join(t.split()) for t in texts(table["name"])),
        "x": zigzag(table["x"]),
        "y": zigzag(table["y"]),
        "block": [at[changes].tolist(), np.diff(changes, append=len(at)).tolist()],
        "kind": "".join(str(kind_at[kind]) for kind in kinds),
        "phases": phases,
        "phase": [phase_at[p] for p in phase],
        "pupils": table["pupils"].fillna(-1).astype(int).tolist(),
        "trust": [position.get(uid, -1) for uid in own],
        "trusts": _trusts(trusts.loc[uids]) if uids else {},
    }
    if "here" in table and not table["here"].all():
        out["here"] = "".join("1" if h else "0" for h in table["here"])
    out["apart"] = {
        spec.key: apart
        for spec in drawn.layers
        if spec.key in table and (apart := _apart(drawn, spec, table))
    }
    return out


def _apart(drawn: Drawn, spec: LayerSpec, table: pd.DataFrame) -> list[list[int]]:
    """Return the schools whose unit is not their block's: positions and units."""
    found = drawn.cover(spec)
    of = [*found.of, -1]  # the last, at -1, is no block
    pairs = zip(table[spec.key].tolist(), table["at"].tolist(), strict=True)
    own = [(found.at.get(unit), of[b]) for unit, b in pairs]
    apart = [(i, a) for i, (a, b) in enumerate(own) if a is not None and a != b]
    return [zigzag([i for i, _ in apart]), [a for _, a in apart]] if apart else []


def _trusts(trusts: pd.DataFrame) -> dict[str, Any]:
    out: dict[str, Any] = {
        "uid": texts(trusts.index),
        "name": texts(trusts["trust_name"]),
        "schools": [int(v) for v in trusts.get("schools", [])],
    }
    out |= {c: texts(trusts[c]) for c in ("home", "without", "url", "text") if c in trusts}
    if "home_easting" in trusts:
        for name, column in (("x", "home_easting"), ("y", "home_northing")):
            out[name] = [None if v != v else round(v) for v in trusts[column].tolist()]
    return out


# ---------------------------------------------------------------- the map's own


def own_of(drawn: Drawn, schools: pd.DataFrame | None, shared: bool = False) -> bytes:
    """Return the packed rest: what is drawn, shaded, marked and said on this map.

    Parameters
    ----------
    drawn : Drawn
        The map.
    schools : DataFrame, optional
        From `school_order`; none draws no school.
    shared : bool
        As `land_of`, whose land then has the towns of all maps.
    """
    data, recipe, place = drawn.data, drawn.recipe, drawn.data.place
    out: dict[str, Any] = {
        "scope": recipe.scope,
        "areas": drawn.areas.key,
        "metres": metres_of(drawn),
        "layers": [spec.key for spec in drawn.layers],
        "on": drawn.on,
        "shade": recipe.shade,
        "patterns": list(recipe.patterns),
        "labels": list(recipe.labels),
        "inset": recipe.inset,
        "bounds": [round(metres) for metres in drawn.focus],
        "measures": _measures(tuple(drawn.measures), tuple(drawn.layers)),
        "says": {key: drawn.said(key) for key in ("", *(k for k, _ in drawn.shades), "swipe")},
        "kinds": list(recipe.schools),
        "schools_on": recipe.schools_on,
    }
    hexes = hexes_of(drawn)
    on = data.on_blocks if any(map(drawn.covering, dict(drawn.shades))) else None
    blocks = list(data.topology.blocks)
    more = {
        "on_blocks": None if on is None else on.reindex(blocks).fillna(0).astype(int).tolist(),
        "towns": _towns(drawn, shared and _whole(drawn)) if recipe.cities else None,
        "swipe": drawn.swipe,
        "hexes": hexes and _hexes(hexes),
        "base": recipe.hexagons and "hexes",
        "sites": data.sites is not None
        and [
            [str(name), round(x), round(y)]
            for name, x, y in data.sites[["unit_name", "easting", "northing"]].itertuples(
                index=False, name=None
            )
        ],
        "place": place
        and {
            "layer": place.layer,
            "code": place.unit_code,
            "name": place.name,
            "blocks": drawn.place_blocks,
        },
        "trust": data.trust,
        "population": (data.words or {}).get("population"),
        "marks": data.kinds is not WHO_RUNS
        and [[key, k.title, *k.mark.on_screen] for key, k in data.kinds.items()],
        "callouts": {
            shade: [[c.layer, c.unit_code, c.title, c.text] for c in found]
            for shade, _ in drawn.shades
            if (found := drawn.callouts(shade))
        },
    }
    out |= {key: value for key, value in more.items() if value}
    if schools is not None:
        out["schools"] = {} if schools.empty else _schools(drawn, schools)
    return pack(out)


def _towns(drawn: Drawn, shared: bool) -> dict[str, Any]:
    """Return the towns in the frame, the largest first; shared, where they are among all."""
    (west, south, east, north), (*_, xy) = _frame(drawn, 0.4).bounds, _every_town()
    near = ((xy >= (west, south)) & (xy <= (east, north))).all(axis=1)
    most = MOST_TOWNS if drawn.england else MOST_TOWNS // 2
    found = np.flatnonzero(near)[: min(most, round((east - west) / 1000))]  # one for a kilometre
    return {"at": zigzag(found)} if shared else _told(found)


def _told(found: npt.NDArray[np.intp]) -> dict[str, Any]:
    """Return some of the towns: names, thousands of people, where in steps of ten metres."""
    names, people, xy = _every_town()
    x, y = map(zigzag, np.rint(xy[found].T / 10))
    name = "\n".join(names[found])
    return {"name": name, "people": (people[found] // 1000).tolist(), "x": x, "y": y}


@cache
def _every_town() -> tuple[Any, Any, Any]:
    """Return names, people and places of all towns, converted once, not once a map."""
    columns = ["name", "people"], ["easting", "northing"]
    table = towns()
    names, people = (table[column].to_numpy(object) for column in columns[0])
    return names, people, table[columns[1]].to_numpy(float)


# ---------------------------------------------------------------- packed


class Ready(NamedTuple):
    """A piece of JSON, deflated once for every document that holds it."""

    text: bytes
    deflated: bytes


def ready(value: Any, *, letters_only: bool = False) -> Ready:
    """Write a value as JSON and deflate it, to stand in any number of documents.

    Parameters
    ----------
    value : object
        What JSON can hold.
    letters_only : bool, default False
        Whether hardly more than a letter comes back in it, as in what `letters` wrote: coded
        letter by letter it takes a twentieth of the time, and no more bytes.
    """
    strategy = zlib.Z_HUFFMAN_ONLY if letters_only else zlib.Z_DEFAULT_STRATEGY
    return _deflated(_json(value), strategy)


def letters(values: npt.ArrayLike) -> str:
    """Write whole numbers under 30 million as text: two letters each, five for large ones.

    Parameters
    ----------
    values : array of int
        Turned from 0, -1, 1, -2, ... to 0, 1, 2, 3, ... and written in base 90, from "#" on
        without the backslash: the first letters of all, which are much the same and so take few
        bits, then a space and the second ones. What would need more than two has the last letter
        before, and four behind.
    """
    v = np.asarray(values, dtype=np.int64)
    v = np.where(v < 0, -2 * v - 1, 2 * v)
    large = v >= 89 * 90
    powers = [v // 90**power % 90 for power in (3, 2, 1, 0)]
    first = np.where(large, 89, powers[2])
    shown = np.repeat(large[:, None], 4, axis=1)
    shown[:, 3] = True
    codes = [part + ord("#") for part in (first, np.stack(powers, axis=1)[shown])]
    texts = ((part + (part >= ord("\\"))).astype(np.uint8).tobytes().decode() for part in codes)
    return " ".join(texts)


def pack(document: Mapping[str, Any]) -> bytes:
    """Encode a document as a zlib stream of its JSON; equal documents, equal bytes.

    Parameters
    ----------
    document : Mapping
        By key, what JSON can hold, or what `ready` made of it.

    Notes
    -----
    A deflated stream is a row of blocks, and a block that ends on a whole byte and looks back on
    no other can stand in any stream: what is ready is only copied.
    """
    pieces, loose = list[Ready](), b"{"
    for key, value in document.items():
        loose += _json(key) + b":"
        if isinstance(value, Ready):
            pieces += [_deflated(loose), value]
            loose = b","
        else:
            loose += _json(value) + b","
    pieces.append(_deflated((loose if loose == b"{" else loose[:-1]) + b"}"))
    check = zlib.adler32(b"".join(piece.text for piece in pieces))
    stream = b"".join(piece.deflated for piece in pieces)
    return _HEAD + stream + _END + check.to_bytes(4, "big")


_HEAD, _END = b"\x78\xda", b"\x03\x00"  # of a zlib stream: its kind, and an empty last block


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _deflated(text: bytes, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> Ready:
    """Deflate text as blocks that end on a whole byte."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, strategy)
    done = b""
    # Letter by letter, each run has its own code: first letters, and second ones.
    for run in _RUNS.findall(text) if strategy == zlib.Z_HUFFMAN_ONLY else [text]:
        done += deflate.compress(run) + deflate.flush(zlib.Z_BLOCK)
    return Ready(text, done + deflate.flush(zlib.Z_SYNC_FLUSH))


_RUNS = re.compile(rb'[^ "]*[ "]|[^ "]+$')


def unpack(packed: bytes) -> dict[str, Any]:
    """Decode what `pack` wrote."""
    return dict(json.loads(zlib.decompress(packed)))


def dense(data: bytes) -> Markup:
    """Write bytes as text in base 85: a sixteenth shorter than base64, and no letter is "<".

    Groups of four bytes become five letters; a last group of n bytes n + 1. As `base64.b85encode`
    with other letters, and ten times as fast: a page holds a third of a megabyte of it.
    """
    spare = -len(data) % 4
    words = np.frombuffer(data + bytes(spare), ">u4").astype(np.int64)
    digits = (words[:, None] // 85 ** np.arange(4, -1, -1) % 85).ravel()
    return Markup(_LETTERS[digits[: digits.size - spare]].tobytes().decode())


_LETTERS = np.frombuffer(
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%()*+-;=?@^_`{|}~,./",
    np.uint8,
)


def encoded(packed: bytes) -> str:
    """Return packed data as text for a page: base64, which holds no markup."""
    return base64.b64encode(packed).decode()


def key_of(packed: bytes) -> str:
    """Name a packed part by its content, so that pages can share it as one file."""
    return hashlib.sha256(packed).hexdigest()[:12]
