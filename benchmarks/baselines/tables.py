"""Tables by geometry, as the guides of geopandas show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree


def read(path: Path) -> pd.DataFrame:
    """Read the register whole, as text where pandas cannot tell."""
    return pd.read_csv(path, encoding="cp1252", low_memory=False)


def place(
    schools: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame]
) -> dict[str, pd.Series]:
    """Give each school the units of each layer that it lies in: one spatial join a layer."""
    return {
        key: gpd.sjoin(schools, units, predicate="within")["unit_code"]
        for key, units in layers.items()
    }


def pairs(layers: Mapping[str, gpd.GeoDataFrame]) -> dict[tuple[str, str], pd.Series]:
    """Intersect the units of each two layers and measure the pieces."""
    out = {}
    for left, right in combinations(layers, 2):
        pieces = gpd.overlay(layers[left], layers[right], how="intersection", keep_geom_type=True)
        pieces["area"] = pieces.area
        out[left, right] = pieces.groupby(["unit_code_1", "unit_code_2"])["area"].sum()
    return out


def dissolve(blocks: gpd.GeoDataFrame, membership: pd.DataFrame) -> gpd.GeoDataFrame:
    """Join the blocks of each unit."""
    table = blocks[["geometry"]].merge(membership, left_index=True, right_on="block")
    return table[["unit_code", "geometry"]].dissolve("unit_code")


def trusts(
    schools: gpd.GeoDataFrame, layers: Mapping[str, pd.Series], cluster_km: float = 15.0
) -> pd.DataFrame:
    """Measure the spread of each trust in a loop over the groups of a GeoDataFrame."""
    rows = []
    for uid, group in schools.groupby("trust_uid"):
        row: dict[str, object] = {"trust_uid": uid, "schools": len(group)}
        for key, units in layers.items():
            share = units.loc[group["urn"]].value_counts(normalize=True)
            row[f"areas_{key}"] = len(share)
            row[f"hhi_{key}"] = (share**2).sum()
            row[f"entropy_{key}"] = -(share * np.log2(share)).sum()
        located = group[group.geometry.notna() & ~group.geometry.is_empty]
        if len(located) > 1:
            row |= _distances(located.geometry, cluster_km)
        rows.append(row)
    return pd.DataFrame(rows).set_index("trust_uid")


def _distances(points: gpd.GeoSeries, cluster_km: float) -> dict[str, float]:
    metric = np.array([points.distance(p).to_numpy() for p in points]) / 1000
    each = metric[np.triu_indices(len(metric), 1)]
    alone = metric.copy()
    np.fill_diagonal(alone, np.inf)
    # A distance of 0 is no edge to scipy: two schools on one site are a metre of a micron apart.
    tree = minimum_spanning_tree(np.maximum(metric, 1e-15) * (1 - np.eye(len(metric))))
    number, label = connected_components(metric <= cluster_km)
    x, y = points.x.to_numpy() / 1000, points.y.to_numpy() / 1000
    return {
        "pair_km_mean": each.mean(),
        "pair_km_median": float(np.median(each)),
        "pair_km_max": each.max(),
        "standard_distance_km": float(np.sqrt(x.var() + y.var())),
        "nearest_sibling_km_median": float(np.median(alone.min(axis=1))),
        "longest_hop_km": tree.max(),
        "hull_km2": points.union_all().convex_hull.area / 1e6,
        "clusters": float(number),
        "largest_cluster_share": np.bincount(label).max() / len(label),
    }


def block_sums(blocks: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """Group blocks by the units of two layers, as one does who has a lookup table."""
    return blocks.groupby(list(columns), observed=True)["area_m2"].sum()
