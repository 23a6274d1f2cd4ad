"""Make a demonstration register: generated schools and trusts, as many and as far apart as real.

Counts of schools and academies by block and phase are facts (`boundaries/block/school_counts.csv`,
from the register of January 2023); every school, name, trust, pupil and place in it is made up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geolls.base.errors import UnknownNameError, UsageError
from geolls.base.populations import population_of
from geolls.base.shelves import shelf
from geolls.land.blocks import load_neighbourhoods
from geolls.layers.areas import load_areas
from geolls.register.columns import SCHOOL_COLUMNS
from geolls.register.groups import GROUP_COLUMNS, TRUSTS
from geolls.register.register import Register
from geolls.register.rejects import rejects_table

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
_ENGLAND: Final = (0, -100_000, 900_000, 800_000)  # the square that the curve fills, in metres
# The day of the register unless another is asked for; its authorities hold local trusts together
# whatever the day.
_DAY: Final = date(2022, 9, 1)

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
    "elsewhere": (0, 0.05, 0.12, 0.20, 0.32, 0.51, 0.85),
}

# Shares of church schools by phase.
_CHURCHES: Final = {
    "Church of England": {"primary": 0.25, "secondary": 0.07},
    "Roman Catholic": {"primary": 0.09, "secondary": 0.10},
}

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
_NAMES: Final = re.findall(
    r"\w+",
    "Acorn Alder Apple Ash Aspen Badger Barley Beech Birch Bluebell Bramble Brook Cedar Cherry "
    "Clover Comet Copper Crane Daisy Dove Elder Elm Falcon Fern Finch Foxglove Gorse Hare "
    "Hawthorn Hazel Heather Heron Holly Ivy Juniper Kestrel Lark Laurel Lilac Linnet Maple "
    "Marigold Meadow Merlin Moss Oak Orchard Osprey Otter Owl Pear Pine Plover Plum Poplar "
    "Poppy Primrose Quince Robin Rowan Rush Sage Skylark Sorrel Sparrow Spruce Starling Swallow "
    "Swift Sycamore Teal Thistle Thyme Violet Walnut Willow Wren Yarrow Yew",
)


def demonstration_register(
    seed: int = 2022,
    as_of: date = _DAY,
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
    wanted = population_of(phases).phases
    rng = np.random.default_rng(seed)
    counts = pd.read_csv(shelf("boundaries") / "block" / "school_counts.csv", index_col="block")
    schools = _unfolded(counts, scale)
    block, phase, academy = schools["block"], schools["phase"], schools["academy"]
    schools["easting"], schools["northing"] = _points(rng, counts.index, block.to_numpy())
    schools["home"] = pd.factorize(_places(counts.index, _DAY)["la_code"])[0][block]
    schools["trust"], trust_types = _trusts(rng, schools, scale)
    schools["pupils"], schools["fsm_pupils"] = _pupils(rng, block.to_numpy(), phase)
    days = max((as_of - date(2010, 9, 1)).days, 0)
    joined = np.datetime64("2010-09-01", "s") + (rng.random(len(trust_types)) * days).astype(
        "m8[D]"
    )
    england, rome = (phase.map(shares).fillna(0.0) for shares in _CHURCHES.values())
    church = rng.random(len(schools))
    number = np.arange(len(schools))
    blank = pd.Series(index=schools.index, dtype="str")
    undated = pd.Series(index=schools.index, dtype="datetime64[s]")
    schools = schools.assign(
        urn=pd.Series(FIRST_URN + number).astype("str"),
        name=_label(rng, phase.map(_WORDS), number + 1, 5),
        type=_text(np.where(academy, "Academy converter", "Community school")),
        type_group=_text(np.where(academy, "Academies", "Local authority maintained schools")),
        status=_text(["Open"] * len(schools)),
        religious_character=_text(
            np.select(
                [church < england, church < england + rome], list(_CHURCHES), "Does not apply"
            )
        ),
        status_unknown=False,
        open_date=undated,
        close_date=undated,
    )
    number = np.arange(1, len(trust_types) + 1)
    trusts = pd.DataFrame(
        {
            "trust_uid": "D" + pd.Series(number).astype("str").str.zfill(5),
            "trust_name": _label(rng, "Academy Trust", number, 4),
            "trust_type": _text(trust_types),
            "trust_joined": joined,
        }
    )
    schools = schools.join(_places(counts.index, as_of).reset_index(drop=True), on="block")
    schools = schools.join(trusts, on="trust")
    schools = schools.assign(**{c: blank for c in SCHOOL_COLUMNS if c not in schools})
    return _register(schools[SCHOOL_COLUMNS], wanted, as_of, seed, scale)


def _text(values: Any) -> pd.Series:
    return pd.Series(values, dtype="str")


def _places(blocks: pd.Index, day: date) -> pd.DataFrame:
    """Return what each block is called that day: district and authority, code and name."""
    areas = load_areas()
    district, authority = (
        {b.partition("/")[0]: area for area in areas.alive(tier, day) for b in area.blocks}
        for tier in ("district", "local_authority")
    )
    if not district:
        raise UnknownNameError(f"no district is known on {day}", where="--as-of")
    found = {
        "district": {b: area.code for b, area in district.items()},
        "district_name": {b: area.name for b, area in district.items()},
        "la_code": {b: area.la_code for b, area in authority.items()},
        "la_name": {b: area.name for b, area in authority.items()},
    }
    return pd.DataFrame(found, dtype="str").reindex(blocks)


def _unfolded(counts: pd.DataFrame, scale: int) -> pd.DataFrame:
    """Unfold the counts to schools: the block's place in the index, the phase, whether academy."""
    phases = [c for c in counts.columns if not c.endswith("_academies")]
    # Where no column says how many are academies, all are; nurseries never.
    academies = np.column_stack(
        [counts.get(f"{p}_academies", counts[p] * (p != "nursery")) for p in phases]
    )
    each = np.stack([counts[phases] - academies, academies], axis=2) * scale
    cell = np.repeat(np.arange(each.size), each.ravel())
    block, phase, academy = np.unravel_index(cell, each.shape)
    return pd.DataFrame(
        {"block": block, "phase": _text(phases).array[phase], "academy": academy.astype(bool)}
    )


def _points(rng: np.random.Generator, blocks: pd.Index, block: np.ndarray) -> np.ndarray:
    """Stand each school in a neighbourhood of its block, all before any is used again."""
    land = load_neighbourhoods()
    home = blocks.get_indexer(pd.Index(land["block"].astype("str")))
    order = np.lexsort((rng.random(len(land)), home))
    xy = land[["easting", "northing"]].to_numpy(dtype=float)[order]
    per_block = np.bincount(home, minlength=len(blocks))
    first = np.cumsum(per_block) - per_block
    rank = pd.Series(block).groupby(block).cumcount().to_numpy()
    near = xy[first[block] + rank % per_block[block]]
    moved = near + (rng.random((len(block), 2)) - 0.5) * 120
    return np.asarray(np.rint(moved).T)


def _trusts(
    rng: np.random.Generator, schools: pd.DataFrame, scale: int
) -> tuple[np.ndarray, np.ndarray]:
    """Put each academy in a trust: its number (-1 without), and the kind of each trust."""
    trust = np.full(len(schools), -1)
    xy, home = schools[["easting", "northing"]].to_numpy(), schools["home"].to_numpy()
    primary = (schools["phase"] == "primary").to_numpy()
    alone = schools["phase"].map(_ALONE).fillna(1.0).to_numpy()
    sizes = np.concatenate(
        [
            np.repeat(list(band), _share_out(trusts * scale, weights))
            for band, (trusts, weights) in _SIZES.items()
        ]
    )
    sizes = sizes[np.argsort(rng.random(len(sizes)))]
    pool = np.flatnonzero(schools["academy"])
    # The least of random/odds stand alone: those with higher odds more often.
    key = rng.random(len(pool)) / alone[pool]
    single = np.argsort(key, kind="stable")[: max(len(pool) - int(sizes.sum()), 0)]
    trust[pool[single]] = len(sizes) + np.arange(len(single))
    pool = np.delete(pool, single)
    edges = np.cumsum([[few, many] for _, few, many in _REACH], axis=0)[:-1]
    reach = (rng.random(len(sizes)) >= edges[:, (sizes >= 10).astype(int)]).sum(axis=0)
    shuffled = pool[np.argsort(rng.random(len(pool)))]
    for level, (metres, _, _) in enumerate(_REACH):
        mine = np.flatnonzero(reach == level)
        members, shuffled = np.split(shuffled, [sizes[mine].sum()])
        stray = (rng.random((len(members), 2)) - 0.5) * 2 * (metres or 2_500.0)
        points = gpd.GeoSeries.from_xy(*(xy[members] + stray).T)
        along = points.hilbert_distance(total_bounds=_ENGLAND, level=12)
        bound = () if metres else (primary[members], home[members])
        trust[members[np.lexsort((along, *bound))]] = np.repeat(mine, sizes[mine])
    multi, lone = TRUSTS
    alone_kind = np.where(rng.random(len(single)) >= _LONE_MULTI, lone, multi)
    return trust, np.concatenate([np.repeat(multi, len(sizes)), alone_kind])


def _share_out(total: int, weights: Sequence[int]) -> np.ndarray:
    """Split a whole number in proportion to weights, into whole numbers that sum to it."""
    edges = np.rint(np.cumsum(weights) / np.sum(weights) * total).astype(np.int64)
    return np.diff(edges, prepend=0)


def _pupils(
    rng: np.random.Generator, block: np.ndarray, phase: pd.Series
) -> tuple[np.ndarray, np.ndarray]:
    """Draw pupils, and those eligible for free meals, which are more alike within a block."""
    at = rng.random(len(block))
    here = rng.random(int(block.max()) + 1)[block]
    # The mean of a block's draw and a school's own, spread out to 0..1 again.
    mixed = 0.5 * here + 0.5 * rng.random(len(block))
    level = np.where(mixed < 0.5, 2 * mixed**2, 1 - 2 * (1 - mixed) ** 2)
    pupils, share = np.empty(len(block)), np.empty(len(block))
    for name, points in _PUPILS.items():
        mine = (phase == name).to_numpy()
        pupils[mine] = np.rint(np.interp(at[mine], _POINTS, points))
        meals = _FREE_MEALS.get(name, _FREE_MEALS["elsewhere"])
        share[mine] = np.interp(level[mine], _POINTS, meals)
    return pupils, np.rint(pupils * share)


def _label(
    rng: np.random.Generator, words: pd.Series | str, number: np.ndarray, digits: int
) -> pd.Series:
    """Write names that nobody can mistake for real ones: "Demonstration Oak ... 00042"."""
    fancy = _text(_NAMES).take((rng.random(len(number)) * len(_NAMES)).astype(np.int64))
    text = pd.Series(number).astype("str").str.zfill(digits)
    return "Demonstration " + fancy.reset_index(drop=True) + " " + words + " " + text


def _register(
    schools: pd.DataFrame, phases: tuple[str, ...], as_of: date, seed: int, scale: int
) -> Register:
    """Wrap the schools as a register whose counts reconcile."""
    kept = schools["phase"].isin(phases)
    others = schools.loc[~kept, ["urn", "name"]]
    filtered = others.assign(reason="phase not chosen: " + schools["phase"][~kept])
    blank = pd.Series(index=schools.index, dtype="str")
    groups = schools.assign(
        group_uid=schools["trust_uid"],
        group_name=schools["trust_name"],
        group_type=schools["trust_type"],
        joined_date=schools["trust_joined"],
        group_id=blank,
        companies_house_number=blank,
        published_name=schools["trust_name"],
        told_by="generated",
    )
    counts = {
        "read": len(schools),
        "kept": int(kept.sum()),
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
    return Register(
        schools[kept].reset_index(drop=True),
        schools[~kept].reset_index(drop=True),
        groups[GROUP_COLUMNS].dropna(subset="group_uid").reset_index(drop=True),
        rejects_table([]),
        filtered.reset_index(drop=True),
        counts,
        source,
        demonstration=True,
    )
