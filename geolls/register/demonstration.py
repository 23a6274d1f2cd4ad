"""Make a demonstration register: generated schools and trusts, as many and as far apart as real.

Counts of schools and academies by block and phase are facts (`boundaries/block/school_counts.csv`,
from the register of January 2023); every school, name, trust, pupil and place in it is made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from geolls.base.errors import UnknownNameError, UsageError
from geolls.base.shelves import shelf
from geolls.land.blocks import load_neighbourhoods
from geolls.layers.areas import load_areas
from geolls.register.register import SCHOOL_COLUMNS, Register, choose_phases

__all__ = ["LABEL", "demonstration_register"]

LABEL: Final = "Demonstration schools: generated, not real"
FIRST_URN: Final = 900_000  # real ones end below 150,000
_LARGEST: Final = 256

# How many trusts of each size there are (Department for Education, April 2021, for the bands; the
# register of January 2023 for the sizes inside a band).
_SIZES: Final = {
    range(2, 10): (974, (180, 152, 140, 128, 112, 98, 86, 78)),
    range(10, 21): (169, (26, 27, 20, 18, 15, 16, 13, 10, 9, 8, 7)),
    range(21, 31): (31, (4, 2, 3, 2, 4, 3, 3, 4, 3, 3)),
    range(31, 76, 4): (21, (5, 5, 3, 2, 1, 1, 1, 1, 0, 1, 0, 1)),
}
# A trust of one school that is registered as a multi-academy trust: 171 of 1,295.
_LONE_MULTI: Final = 0.13
# Single trusts are mostly old secondary converters: odds of an academy to stand alone.
_ALONE: Final = {"primary": 0.3, "special": 0.5}
# Where trusts find their schools: how far these stray from the curve along which trusts are cut, in
# metres (None: inside one authority and one phase as far as they go), and the share of trusts with
# under and over ten schools.
_REACH: Final = (
    (None, 0.72, 0.40),
    (2_500.0, 0.20, 0.34),
    (15_000.0, 0.065, 0.19),
    (150_000.0, 0.015, 0.07),
)
# The day whose authorities hold local trusts together, whatever day the register is of.
_HOMES: Final = date(2022, 9, 1)

# Pupils at the 0, 5, 25, 50, 75, 95 and 100 % points of each phase, from the same register.
_POINTS: Final = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
_PUPILS: Final = {
    "nursery": (23, 46, 72, 92, 119, 162, 267),
    "primary": (20, 66, 170, 232, 393, 596, 1_200),
    "middle_deemed_primary": (189, 193, 212, 442, 452, 1_049, 1_198),
    "secondary": (100, 427, 791, 1_042, 1_319, 1_723, 2_990),
    "middle_deemed_secondary": (110, 208, 443, 551, 618, 744, 1_636),
    "all_through": (225, 490, 940, 1_242, 1_656, 2_085, 2_791),
    "post_16": (76, 134, 294, 436, 672, 1_080, 2_117),
    "special": (8, 44, 85, 124, 181, 288, 793),
    "alternative": (1, 5, 12, 29, 56, 122, 351),
}
_FREE_MEALS: Final = {
    "nursery": (0, 0, 0, 0, 0.14, 0.38, 0.64),
    "special": (0.05, 0.26, 0.37, 0.46, 0.56, 0.72, 1.0),
    "alternative": (0.05, 0.18, 0.47, 0.58, 0.68, 0.85, 1.0),
}
_MEALS_ELSEWHERE: Final = (0, 0.05, 0.12, 0.20, 0.32, 0.51, 0.85)

_WORDS: Final = {
    "nursery": "Nursery School",
    "primary": "Primary School",
    "middle_deemed_primary": "Middle School",
    "secondary": "High School",
    "middle_deemed_secondary": "Middle School",
    "all_through": "All-through School",
    "post_16": "Sixth Form",
    "special": "Special School",
    "alternative": "Alternative Provision School",
}
_NAMES: Final = (
    *("Acorn", "Alder", "Apple", "Ash", "Aspen", "Badger", "Barley", "Beech", "Birch", "Bluebell"),
    *("Bramble", "Brook", "Cedar", "Cherry", "Clover", "Comet", "Copper", "Crane", "Daisy", "Dove"),
    *("Elder", "Elm", "Falcon", "Fern", "Finch", "Foxglove", "Gorse", "Hare", "Hawthorn", "Hazel"),
    *(
        "Heather",
        "Heron",
        "Holly",
        "Ivy",
        "Juniper",
        "Kestrel",
        "Lark",
        "Laurel",
        "Lilac",
        "Linnet",
    ),
    *("Maple", "Marigold", "Meadow", "Merlin", "Moss", "Oak", "Orchard", "Osprey", "Otter", "Owl"),
    *("Pear", "Pine", "Plover", "Plum", "Poplar", "Poppy", "Primrose", "Quince", "Robin", "Rowan"),
    *("Rush", "Sage", "Skylark", "Sorrel", "Sparrow", "Spruce", "Starling", "Swallow", "Swift"),
    *(
        "Sycamore",
        "Teal",
        "Thistle",
        "Thyme",
        "Violet",
        "Walnut",
        "Willow",
        "Wren",
        "Yarrow",
        "Yew",
    ),
)


def demonstration_register(
    seed: int = 2022,
    as_of: date = date(2022, 9, 1),
    scale: int = 1,
    *,
    phases: str | Sequence[str] | None = None,
) -> Register:
    """Generate a register of made-up schools on England's real districts and neighbourhoods.

    Parameters
    ----------
    seed : int, default 2022
        The same seed, day and scale give the same register.
    as_of : datetime.date
        The day whose district and authority codes the schools carry.
    scale : int, default 1
        How many times as many schools and trusts as England has; 1 to 256, for benchmarks.
    phases : str or sequence of str, optional
        As in `read_register`; the others are filtered. The kept schools do not depend on it.

    Returns
    -------
    geolls.register.register.Register
        `demonstration` is True, `label` says so in words. Every name begins with "Demonstration",
        URNs begin at 900,000, trust codes with "D"; there are no postcodes, towns or dioceses.

    Raises
    ------
    UsageError
        `scale` is not a whole number from 1 to 256, or a phase is unknown.
    UnknownNameError
        No district was alive at `as_of`.

    Notes
    -----
    Each block has as many schools and academies of each phase as it had in January 2023, each
    school at the centre of one of the block's neighbourhoods (2011 LSOAs, without repeats while
    they last), moved by up to 60 m. Trusts have the published sizes; each takes schools that lie
    next to each other along a Hilbert curve through points first moved at random by a few
    kilometres (local trusts), tens (regional) or hundreds (national). Nothing else is modelled:
    no result about these schools says anything about a real school or trust.

    Source
    ------
    Counts by block: Department for Education, Get Information about Schools and census of January
    2023 (Open Government Licence v3.0). Trust sizes: Department for Education, April 2021.
    """
    if not isinstance(scale, int) or not 1 <= scale <= _LARGEST:
        raise UsageError(f"scale {scale!r} is not a whole number from 1 to {_LARGEST}")
    wanted = choose_phases(phases)
    rng = np.random.default_rng(seed)
    place = _places(as_of)
    counts = pd.read_csv(shelf("boundaries") / "block" / "school_counts.csv")
    block, phase, academy = _schools(counts, scale)
    size = len(block)
    names = list(counts.columns[1:][~counts.columns[1:].str.endswith("_academies")])
    blocks = counts["block"].to_numpy(dtype=object)
    xy = _points(rng, blocks, block)
    alone = np.array([_ALONE.get(n, 1.0) for n in names])[phase]
    home = _places(_HOMES)["la_code"]
    local = pd.factorize(np.array([home[b] for b in blocks]))[0][block]
    sort = np.stack([local, phase == names.index("primary")])
    trust, kind = _trusts(rng, xy, academy, alone, sort, scale)
    pupils, meals = _pupils(rng, block, phase, names)
    joined = np.datetime64("2010-09-01", "D") + (
        rng.random(len(kind)) * max((as_of - date(2010, 9, 1)).days, 0)
    ).astype(np.int64)

    urn = np.arange(FIRST_URN, FIRST_URN + size)
    columns: dict[str, Any] = {c: pa.nulls(size, pa.string()) for c in SCHOOL_COLUMNS}
    columns |= {c: pa.nulls(size, pa.timestamp("s")) for c in ("open_date", "close_date")}
    for column, by_block in place.items():
        columns[column] = _pick([by_block.get(b) for b in blocks], block)
    church = _church(rng, phase, names)
    columns |= {
        "urn": pa.array(urn).cast(pa.string()),
        "name": _label(_pick([_WORDS[n] for n in names], phase), rng, urn - FIRST_URN + 1, 5),
        "phase": _pick(names, phase),
        "type": _pick(["Community school", "Academy converter"], academy),
        "type_group": _pick(["Local authority maintained schools", "Academies"], academy),
        "status": _pick(["Open"], np.zeros(size, np.int64)),
        "easting": pa.array(xy[:, 0]),
        "northing": pa.array(xy[:, 1]),
        "pupils": pa.array(pupils),
        "fsm_pupils": pa.array(meals),
        "religious_character": _pick(
            ["Does not apply", "Church of England", "Roman Catholic"], church
        ),
        "academy": pa.array(academy),
        "status_unknown": pa.array(np.zeros(size, bool)),
    }
    number = np.arange(1, len(kind) + 1)
    named = {
        "uid": pa.array([f"D{n:05d}" for n in number]),
        "name": _label(_pick(["Academy Trust"], np.zeros(len(kind), np.int64)), rng, number, 4),
        "type": _pick(["multi_academy_trust", "single_academy_trust"], kind),
        "joined": pa.array(joined.astype("datetime64[s]")),
    }
    take = pa.array(np.maximum(trust, 0), mask=trust < 0)
    columns |= {f"trust_{k}": v.take(take) for k, v in named.items()}
    table = pa.table({c: columns[c] for c in SCHOOL_COLUMNS})
    return _register(
        table, np.array([n in wanted for n in names])[phase], wanted, as_of, seed, scale
    )


def _places(as_of: date) -> dict[str, dict[str, str | None]]:
    """Return what each block is called that day: district and authority, code and name."""
    areas = load_areas()
    found: dict[str, dict[str, str | None]] = {
        c: {} for c in ("district", "district_name", "la_code", "la_name")
    }
    for tier, code, name in (
        ("district", "district", "district_name"),
        ("local_authority", "la_code", "la_name"),
    ):
        for area in areas.alive(tier, as_of):
            for block in area.blocks:
                key = block.partition("/")[0]
                found[code][key] = area.code if tier == "district" else area.la_code
                found[name][key] = area.name
    if not found["district"]:
        raise UnknownNameError(f"no district is known on {as_of}", where="--as-of")
    return found


def _schools(counts: pd.DataFrame, scale: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unfold the counts: the block, the phase and whether an academy, of each school."""
    names = [c for c in counts.columns[1:] if not c.endswith("_academies")]
    all_of = counts[names].to_numpy()
    # Where no column says how many are academies, all are; nurseries never.
    academies = np.column_stack(
        [
            counts[f"{n}_academies"] if f"{n}_academies" in counts else counts[n] * (n != "nursery")
            for n in names
        ]
    )
    each = np.stack([all_of - academies, academies], axis=2) * scale
    cell = np.repeat(np.arange(each.size), each.ravel())
    block, phase, academy = np.unravel_index(cell, each.shape)
    return block, phase, academy.astype(bool)


def _points(rng: np.random.Generator, blocks: np.ndarray, block: np.ndarray) -> np.ndarray:
    """Stand each school in a neighbourhood of its block, all before any is used again."""
    land = load_neighbourhoods()
    home = pd.Index(blocks).get_indexer(pd.Index(land["block"].astype(object)))
    order = np.lexsort((rng.random(len(land)), home))
    xy = land[["easting", "northing"]].to_numpy(dtype=float)[order]
    per_block = np.bincount(home, minlength=len(blocks))
    first = np.cumsum(per_block) - per_block
    schools = np.bincount(block, minlength=len(blocks))
    rank = np.arange(len(block)) - (np.cumsum(schools) - schools)[block]
    near = xy[first[block] + rank % per_block[block]]
    return np.asarray(np.rint(near + (rng.random((len(block), 2)) - 0.5) * 120))


def _hilbert(xy: np.ndarray, bits: int = 12) -> np.ndarray:
    """Return the place of each point along a Hilbert curve over England."""
    cells = (1 << bits) - 1
    scaled = np.clip((xy - (0, -100_000)) / 900_000 * cells, 0, cells).astype(np.int64)
    x, y = scaled[:, 0], scaled[:, 1]
    along = np.zeros(len(x), dtype=np.int64)
    for level in range(bits - 1, -1, -1):
        step = 1 << level
        right, up = (x & step) > 0, (y & step) > 0
        along += step * step * ((3 * right) ^ up)
        flip = ~up & right
        x, y = np.where(flip, cells - x, x), np.where(flip, cells - y, y)
        x, y = np.where(up, x, y), np.where(up, y, x)
    return along


def _trusts(
    rng: np.random.Generator,
    xy: np.ndarray,
    academy: np.ndarray,
    alone: np.ndarray,
    sort: np.ndarray,
    scale: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Put each academy in a trust: its number (-1 without), and the kind of each trust."""
    trust = np.full(len(academy), -1)
    sizes = np.concatenate(
        [
            np.repeat(list(band), _share_out(trusts * scale, weights))
            for band, (trusts, weights) in _SIZES.items()
        ]
    )
    sizes = sizes[np.argsort(rng.random(len(sizes)))]
    pool = np.flatnonzero(academy)
    # The least of random/odds stand alone: those with higher odds more often.
    key = rng.random(len(pool)) / alone[pool]
    single = np.argsort(key, kind="stable")[: max(len(pool) - int(sizes.sum()), 0)]
    trust[pool[single]] = len(sizes) + np.arange(len(single))
    pool = np.delete(pool, single)
    edges = np.cumsum([[few, many] for _, few, many in _REACH], axis=0)[:-1]
    reach = (rng.random(len(sizes)) >= edges[:, (sizes >= 10).astype(int)]).sum(axis=0)
    shuffled = pool[np.argsort(rng.random(len(pool)))]
    start = 0
    for level, (metres, _, _) in enumerate(_REACH):
        mine = np.flatnonzero(reach == level)
        end = start + int(sizes[mine].sum())
        members = shuffled[start:end]
        stray = (rng.random((len(members), 2)) - 0.5) * 2 * (metres or 2_500.0)
        along = _hilbert(xy[members] + stray)
        bound = sort[::-1, members] if metres is None else ()
        trust[members[np.lexsort((along, *bound))]] = np.repeat(mine, sizes[mine])
        start = end
    lone = rng.random(len(single)) >= _LONE_MULTI
    return trust, np.concatenate([np.zeros(len(sizes), np.int64), lone.astype(np.int64)])


def _share_out(total: int, weights: Sequence[int]) -> np.ndarray:
    """Split a whole number in proportion to weights, into whole numbers that sum to it."""
    edges = np.rint(np.cumsum(weights) / np.sum(weights) * total).astype(np.int64)
    return np.diff(edges, prepend=0)


def _pupils(
    rng: np.random.Generator, block: np.ndarray, phase: np.ndarray, names: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Draw pupils, and those eligible for free meals, which are more alike within a block."""
    at = rng.random(len(block))
    here = rng.random(int(block.max()) + 1)[block]
    # The mean of a block's draw and a school's own, spread out to 0..1 again.
    mixed = 0.5 * here + 0.5 * rng.random(len(block))
    level = np.where(mixed < 0.5, 2 * mixed**2, 1 - 2 * (1 - mixed) ** 2)
    pupils, share = np.empty(len(block)), np.empty(len(block))
    for i, name in enumerate(names):
        mine = phase == i
        pupils[mine] = np.rint(np.interp(at[mine], _POINTS, _PUPILS[name]))
        points = _FREE_MEALS.get(name, _MEALS_ELSEWHERE)
        share[mine] = np.interp(level[mine], _POINTS, points)
    return pupils, np.rint(pupils * share)


def _church(rng: np.random.Generator, phase: np.ndarray, names: list[str]) -> np.ndarray:
    """Draw a religious character: none, Church of England or Roman Catholic."""
    rate = {"primary": (0.25, 0.09), "secondary": (0.07, 0.10)}
    england, rome = np.array([rate.get(n, (0.0, 0.0)) for n in names])[phase].T
    draw = rng.random(len(phase))
    return np.where(draw < england, 1, np.where(draw < england + rome, 2, 0))


def _pick(values: Sequence[str | None], at: np.ndarray) -> pa.Array:
    """Take one of a few texts for each place."""
    return pa.array(list(values), pa.string()).take(pa.array(at.astype(np.int64)))


def _label(words: pa.Array, rng: np.random.Generator, number: np.ndarray, digits: int) -> pa.Array:
    """Write names that nobody can mistake for real ones: "Demonstration Oak ... 00042"."""
    import pyarrow.compute as pc

    fancy = _pick(_NAMES, (rng.random(len(number)) * len(_NAMES)).astype(np.int64))
    text = pc.utf8_lpad(pa.array(number).cast(pa.string()), digits, "0")
    return pc.binary_join_element_wise("Demonstration", fancy, words, text, " ")


def _register(
    table: pa.Table,
    kept: np.ndarray,
    phases: tuple[str, ...],
    as_of: date,
    seed: int,
    scale: int,
) -> Register:
    """Wrap the schools as a register whose counts reconcile."""
    schools = table.filter(pa.array(kept)).to_pandas()
    others = table.filter(pa.array(~kept)).select(["urn", "name", "phase"]).to_pandas()
    filtered = others.assign(reason="phase not chosen: " + others.pop("phase"))
    member = table.filter(table["trust_uid"].is_valid()).select(
        ["urn", "trust_uid", "trust_name", "trust_type", "trust_joined"]
    )
    groups = member.rename_columns(
        ["urn", "group_uid", "group_name", "group_type", "joined_date"]
    ).to_pandas()
    groups = groups.assign(
        group_id=None,
        companies_house_number=None,
        published_name=groups["group_name"],
        told_by="generated",
    )
    rejects = pd.DataFrame(columns=["row", "urn", "name", "reason", "action", "file"])
    counts = {
        "read": len(table),
        "kept": len(schools),
        "rejected": 0,
        "filtered": len(filtered),
        "status_unknown": 0,
        "without_location": 0,
    }
    source = {
        "path": None,
        "sha256": None,
        "label": LABEL,
        "vintage_schools": as_of,
        "as_of": as_of,
        "phases": phases,
        "seed": seed,
        "scale": scale,
    }
    return Register(schools, groups, rejects, filtered, counts, source, demonstration=True)
