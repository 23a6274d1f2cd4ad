"""Every body above a school or a postcode, as a page reads it: what `geolls where` says, of all.

One document for all pages of an atlas, or for the schools of one map.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from geolls.base.errors import UnknownNameError
from geolls.base.postcodes import ELSEWHERE
from geolls.base.text import day, km, when
from geolls.base.vocabulary import FAMILY_TITLES, REASON_PHRASES
from geolls.layers.areas import now_in
from geolls.layers.model import Layer
from geolls.maps.payload import pack, ready
from geolls.maps.topology import zigzag
from geolls.measures.membership import is_reason
from geolls.study.analyses import site_distances, sites
from geolls.study.core import Core
from geolls.study.postcodes import beginnings
from geolls.study.where import Answer, units_at

__all__ = ["bodies_of"]

T = TypeVar("T")


def bodies_of(study: Core, urns: Container[str] | None = None, blocks: Iterable[str] = ()) -> bytes:
    """Pack what is above each school of a study, each of its blocks, and each postcode sector.

    Parameters
    ----------
    study : Core
        The study.
    urns : container of str, optional
        The schools that are wanted; all unless told.
    blocks : iterable of str
        The land that postcodes are wanted of; all unless told.

    Returns
    -------
    bytes
        As `geolls.maps.payload.pack`: `layers`, in families, with what `geolls where` says of each
        block; `schools`, with their block, their unit where it is another than their block's, who
        runs them, and the nearest lead school of each kind; `sectors` with the postcodes of each in
        each block; `elsewhere`, where postcodes are that are not here; `dfe`, authorities by DfE
        code; `ended`, the areas that have ended: name, code, who has their land, a block of it.
    """
    placed = study.placement.schools[["urn", "block"]]
    placed = placed[placed["block"].notna()].sort_values(["block", "urn"], ignore_index=True)
    if urns is not None:
        placed = placed[placed["urn"].map(lambda urn: urn in urns)].reset_index(drop=True)
    known = [str(block) for block in study.block_weights.index]
    at, wanted = {block: i for i, block in enumerate(known)}, {*blocks}
    order = pd.Index(placed["urn"])
    layers = [*study.area_layers.values()]
    layers.sort(key=lambda layer: [*FAMILY_TITLES].index(layer.family))
    return pack(
        {
            "layers": ready([_layer(study, layer, known) for layer in layers]),
            "schools": {
                "urn": zigzag(order.astype(int)),
                "block": zigzag(placed["block"].map(at)),
                "apart": {v.key: found for v in layers if (found := _apart(study, v, placed))},
                "runs": [_runs(study, v, order) for v in _of_schools(study)],
                "near": [*_near(study, order)],
            },
            "sectors": _sectors(study, at, wanted),
            "part": bool(wanted),
            "elsewhere": ELSEWHERE,
            "dfe": {a.la_code: a.code for a in study.areas.alive("local_authority", study.as_of)},
            "ended": [*_ended(study, at)],
        }
    )


def _pooled(values: Iterable[T]) -> tuple[list[T], list[int]]:
    """Return the different values, and which of them each is."""
    pool: dict[T, int] = {}
    of = [pool.setdefault(value, len(pool)) for value in values]
    return [*pool], of


# ---- land ------------------------------------------------------------------------------------


def _layer(study: Core, layer: Layer, known: list[str]) -> dict[str, Any]:
    """Return a layer: its units, what is said of each part of a block, and what of each block."""
    held = defaultdict(list)
    for claim in study.claims(layer.key):
        held[claim.block].append(claim)
    said = (units_at("", layer, held.get(block, ()), {block: 1.0}) for block in known)
    claims, of = _pooled(tuple(_told(layer, answer) for answer in answers) for answers in said)
    units, at = _pooled(unit[:2] for claim in claims for unit in claim)
    numbers = iter(at)
    return {
        "key": layer.key,
        "title": layer.unit_title,
        "family": FAMILY_TITLES[layer.family],
        "note": study.note(layer.key),
        "code": [code for code, _ in units],
        "name": [name for _, name in units],
        "claims": [[[next(numbers), *unit[2:]] for unit in claim] for claim in claims],
        "of": of,
    }


def _told(layer: Layer, answer: Answer) -> tuple[str, str, float, str]:
    """Return the code and the name of a unit, its share, and what its claim rests on."""
    if answer.unit_code in REASON_PHRASES:
        return "", REASON_PHRASES[answer.unit_code], answer.share, ""
    dated = when(str(answer.source_date or layer.source_date or ""))
    sure = f"{answer.confidence} confidence in list and line"
    if answer.confidence != answer.line_confidence:
        sure = f"{answer.confidence} confidence in the list, {answer.line_confidence} in the line"
    said = [sure, dated and f"evidence of {dated}", answer.status, answer.note]
    return answer.unit_code, answer.unit_name, answer.share, "; ".join(filter(None, said))


def _apart(study: Core, layer: Layer, placed: pd.DataFrame) -> list[list[Any]]:
    """Return the schools that the register gives to another unit than their land's, and to which.

    Positions of schools, and the units' names.
    """
    if layer.key != "local_authority":
        return []
    mine = study.assigned(layer.key).drop_duplicates("urn").set_index("urn")
    land = study.land(layer.key).drop_duplicates("block").set_index("block")["unit_code"]
    own = mine["unit_code"].reindex(placed["urn"]).to_numpy(object)
    there = land.reindex(placed["block"]).to_numpy(object)
    off = np.flatnonzero((own != there) & ~is_reason(pd.Series(own)))
    names = mine["unit_name"].reindex(placed["urn"]).to_numpy(object)
    return [zigzag(off), names[off].tolist()] if len(off) else []


def _ended(study: Core, at: dict[str, int]) -> Iterator[tuple[str, str, str, int]]:
    """Yield the areas that have ended on the study's day, and what their land is in now."""
    on = study.as_of
    for area in study.areas.rows:
        gone = area.valid_to is not None and area.valid_to < on and area.heirs != (area.code,)
        where = next((at[block] for block in area.blocks if block in at), None)
        if gone and where is not None and (now := study.areas.holders(area, on)):
            title = area.tier.replace("_", " ").capitalize()
            yield area.name, area.code, f"{title}, {now_in(area, now)}", where


# ---- schools ---------------------------------------------------------------------------------


def _of_schools(study: Core) -> Iterator[Layer]:
    return (layer for layer in study.layers.values() if layer.kind == "schools")


def _runs(study: Core, layer: Layer, order: pd.Index[Any]) -> dict[str, Any]:
    """Return a layer that the register tells of: the body of each school, and since when."""
    table = study.assigned(layer.key)
    table = table[~is_reason(table["unit_code"])]
    names: dict[str, str] = {}
    for urn, name in zip(table["urn"], table["unit_name"], strict=True):
        names[urn] = f"{names[urn]} and {name}" if urn in names else name
    texts = [names.get(urn, "") for urn in order]
    schools = study.schools.set_index("urn").reindex(order)
    if layer.column == "trust":
        joined = schools["trust_joined"]
        texts = [
            f"{name}\nin it since {day(since)}" if name and since == since else name
            for name, since in zip(texts, joined, strict=True)
        ]
    pool, of = _pooled(map(str, texts))
    return {"title": layer.unit_title, "name": pool, "of": of}


def _near(study: Core, order: pd.Index[Any]) -> Iterator[dict[str, Any]]:
    """Yield, of each layer of lead schools, the nearest to each school and how far it is."""
    for layer in study.layers.values():
        if layer.kind != "sites" or layer.family != "hubs":
            continue
        try:
            table = site_distances(study, layer.key).set_index("urn").reindex(order)
        except UnknownNameError:  # none of them is in the register
            continue
        found = sites(study, layer.key)
        led = dict(zip(found["unit_code"], found["urn"], strict=True))
        told = [
            (str(name), str(led[code]), km(far)) if far == far else ("", "", "")
            for code, name, far in zip(*(table[c] for c in _COLUMNS), strict=True)
        ]
        pool, of = _pooled(site[:2] for site in told)
        far, at = _pooled(site[2] for site in told)
        yield {
            "title": layer.unit_title,
            "note": study.note(layer.key),
            "site": pool,
            "of": of,
            "far": far,
            "at": at,
        }


_COLUMNS = ("site_code", "site_name", "distance_km")

# ---- postcodes -------------------------------------------------------------------------------


def _sectors(study: Core, at: dict[str, int], wanted: set[str]) -> dict[str, Any]:
    """Return the sectors: outward codes with their figures, where each lies, and its middle.

    `of` says of each sector how many of its postcodes are in which block: block, number, and so on;
    those of a district that is cut are shared by its parts' areas. The numbers of a sector that
    does not count in its outward code, as at a sorting office elsewhere, are negative. `x` and `y`
    in tens of metres.
    """
    parts: dict[str, list[str]] = defaultdict(list)
    for block in at:
        parts[block.partition("/")[0]].append(block)
    area, digits = study.block_weights["area_m2"], dict[str, str]()
    here = {block.partition("/")[0] for block in wanted}
    rows, x, y = list[list[float]](), list[float](), list[float]()
    for code, held in beginnings().items():
        outward, space, digit = code.partition(" ")
        mine = {block: n for block, n in held.blocks.items() if block in parts}
        whole = beginnings()[outward].blocks
        if not space or not mine or (here and (here.isdisjoint(mine) or here.isdisjoint(whole))):
            continue
        digits[outward] = digits.get(outward, "") + digit
        row, sign = list[float](), 1 if set(whole).issuperset(held.blocks) else -1
        for root, n in sorted(mine.items(), key=lambda item: -item[1]):
            land = sum(area[part] for part in parts[root])
            for part in parts[root]:
                shared = n if len(parts[root]) == 1 else round(n * area[part] / land, 2)
                row += [at[part], sign * shared]
        rows.append(row)
        x.append(held.xy[0] / 10)
        y.append(held.xy[1] / 10)
    return {
        "codes": "\n".join(f"{outward} {held}" for outward, held in digits.items()),
        "of": rows,
        "x": zigzag(np.rint(x)),
        "y": zigzag(np.rint(y)),
    }
