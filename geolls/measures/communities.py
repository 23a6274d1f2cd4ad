"""Find the areas that trusts draw themselves, and how well each map fits trusts beyond chance."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geolls.base.arrays import Ints
from geolls.base.errors import UsageError
from geolls.measures.membership import Membership
from geolls.measures.nulls import board, deviation, regroup

__all__ = ["communities", "home_fit", "trust_links"]


def trust_links(schools: pd.DataFrame, place: Membership) -> pd.DataFrame:
    """Link areas by the trusts that work in both.

    Parameters
    ----------
    schools : pandas.DataFrame
        urn, trust_uid.
    place : Membership
        Which area has which school.

    Returns
    -------
    pandas.DataFrame
        One row per pair of areas that share a trust, and per area within itself (left = right),
        sorted: left, right (unit_code), weight.

    Notes
    -----
    A trust of n schools, c_a of them in area a, adds c_a c_b/(n - 1) to the link of a and b
    and c_a (c_a - 1)/(2 (n - 1)) to a itself: each school brings weight 1/2 to its trust's links,
    whatever the trust's size, so a large trust does not drown the small. Trusts of one school
    link nothing.
    """
    trust = schools.loc[schools["trust_uid"].notna(), ["urn", "trust_uid"]]
    joined = trust.merge(place.frame("urn", reasons=False), on="urn")
    counts = joined.groupby(["trust_uid", "unit_code"])["share"].sum().reset_index(name="c")
    size = counts.groupby("trust_uid")["c"].transform("sum")
    counts = counts[size > 1].assign(size=size)
    pairs = counts.merge(counts[["trust_uid", "unit_code", "c"]], on="trust_uid")
    own = pairs["unit_code_x"] == pairs["unit_code_y"]
    pairs = pairs[pairs["unit_code_x"] <= pairs["unit_code_y"]].assign(own=own)
    inner = pairs["c_x"] * (pairs["c_x"] - 1).clip(lower=0) / 2
    weight = np.where(pairs["own"], inner, pairs["c_x"] * pairs["c_y"]) / (pairs["size"] - 1)
    links = pairs.assign(weight=weight).groupby(["unit_code_x", "unit_code_y"])["weight"].sum()
    found = links[links > 0].reset_index()
    found.columns = pd.Index(["left", "right", "weight"])
    return found


def communities(
    links: pd.DataFrame, place: Membership, schools: pd.DataFrame, *, seed: int = 2022
) -> pd.DataFrame:
    """Group areas into the communities that their shared trusts draw.

    Parameters
    ----------
    links : pandas.DataFrame
        The table of `trust_links`.
    place : Membership
        Which area has which school.
    schools : pandas.DataFrame
        urn, trust_uid: a community is named after the area with most schools in trusts.
    seed : int, optional
        The same seed gives the same communities.

    Returns
    -------
    pandas.DataFrame
        One row per area, sorted: unit_code ("C01" ..., the largest first), unit_name ("Around
        Leeds") of its community, area_code, area_name, schools. An area without a link is a
        community of its own; a reason for having no area is its own too.

    Notes
    -----
    Louvain's greedy rise of modularity, once, from `seed`; another seed may give slightly other
    lines. Nothing asks the communities to be contiguous.

    Source: Blondel, Guillaume, Lambiotte and Lefebvre 2008,
    doi:10.1088/1742-5468/2008/10/P10008, as networkx has it.
    """
    nx: Any = import_module("networkx")  # loaded here: only this function needs it
    areas = [c for c, reason in zip(place.codes, place.outside, strict=True) if not reason]
    unknown = {*links["left"], *links["right"]} - set(areas)
    if unknown:
        raise UsageError(f"a link names {min(unknown)!r}, which is no area", where="communities")
    graph: Any = nx.Graph()
    graph.add_nodes_from(areas)
    graph.add_weighted_edges_from(links[["left", "right", "weight"]].itertuples(index=False))
    found = nx.community.louvain_communities(graph, seed=seed)
    in_trust = place.items.isin(schools.loc[schools["trust_uid"].notna(), "urn"])
    size = dict(zip(place.codes, place.weigh(in_trust.astype(float)), strict=True))
    names = dict(zip(place.codes, place.names, strict=True))
    order = sorted(found, key=lambda c: (-sum(size[a] for a in c), min(c)))
    of_area = {code: (code, name) for code, name in names.items()}
    for number, members in enumerate(order, start=1):
        chief = min(members, key=lambda a: (-size[a], a))
        label = (f"C{number:0{len(str(len(order)))}d}", f"Around {names[chief]}")
        of_area.update(dict.fromkeys(members, label))
    counts = place.weigh(np.ones(len(place.items)))
    rows = [(*of_area[c], c, names[c], n) for c, n in zip(place.codes, counts, strict=True)]
    columns = ["unit_code", "unit_name", "area_code", "area_name", "schools"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(["unit_code", "area_code"], ignore_index=True)


def home_fit(
    schools: pd.DataFrame,
    block_of_school: pd.Series,
    layers: Mapping[str, Membership],
    weight: pd.Series[float],
    adjacency: npt.ArrayLike,
    *,
    draws: int = 99,
    seed: int = 2022,
) -> pd.DataFrame:
    """Measure how well each map keeps trusts together, beyond maps of like size drawn by chance.

    Parameters
    ----------
    schools : pandas.DataFrame
        urn, trust_uid.
    block_of_school : pandas.Series of str
        Block of each school, indexed by urn.
    layers : mapping of str to Membership
        Key to who has the blocks.
    weight : pandas.Series of float
        Weight of each block that sizes are matched in, indexed by block (its order is that of
        `adjacency`).
    adjacency : array_like of int, shape (n, 2)
        Pairs of neighbouring blocks, as positions in `weight`.
    draws, seed
        Random maps for each layer; draw d comes from (seed, d).

    Returns
    -------
    pandas.DataFrame
        One row per layer: layer, units (sets of claimants), trusts (of two schools or more
        inside), home_share (mean over trusts), null_home_share, null_sd, net_fit (the difference),
        null_share_worse (share of random maps with a lower home share), deviation (mean, of
        sizes).

    Notes
    -----
    A bigger unit always holds more of a trust, so home_share alone would choose England. The null
    maps have as many units of nearly the same sizes (`nulls.regroup`). Only schools on
    blocks with a unit count, on both sides.
    """
    if draws < 1:
        raise UsageError("draws is 1 or more", where="home_fit")
    block = pd.Index(weight.index).get_indexer(pd.Index(schools["urn"].map(block_of_school)))
    member = schools["trust_uid"].notna().to_numpy() & (block >= 0)
    trust = np.asarray(pd.factorize(schools["trust_uid"][member])[0], dtype=np.intp)
    at = np.asarray(block[member], dtype=np.intp)
    rows = []
    for key, membership in layers.items():
        base = board(membership, weight, adjacency)
        real = _home_share(trust, at, base.unit)
        drawn = [regroup(base, (seed, draw)) for draw in range(draws)]
        null = np.array([_home_share(trust, at, label)[0] for label in drawn])
        off = [deviation(base, label) for label in drawn]
        net = (float(null.mean()), float(null.std()), real[0] - float(null.mean()))
        worse = float((null < real[0]).mean())
        rows.append((key, len(base.sizes), real[1], real[0], *net, worse, float(np.mean(off))))
    names = ["layer", "units", "trusts", "home_share", "null_home_share", "null_sd", "net_fit"]
    return pd.DataFrame(rows, columns=[*names, "null_share_worse", "deviation"])


def _home_share(trust: Ints, block: Ints, unit: Ints) -> tuple[float, int]:
    """Return the mean share of its schools that a trust has in its modal unit; and the trusts."""
    table = pd.DataFrame({"trust": trust, "unit": unit[block]})
    counts = table[table["unit"] >= 0].groupby(["trust", "unit"]).size()
    schools = counts.groupby("trust").agg(["sum", "max"])
    many = schools[schools["sum"] >= 2]
    return float((many["max"] / many["sum"]).mean()), len(many)
