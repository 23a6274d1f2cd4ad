"""Set trusts beside trusts that are not: of the nearest schools, or of any, of the same phases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd

from geolls.base.arrays import Ints
from geolls.base.errors import UsageError
from geolls.measures.distances import distance, nearest
from geolls.measures.membership import Membership
from geolls.measures.spread import DISTANCES, bodies
from geolls.measures.travel import Travel

__all__ = ["against", "home_points", "km_from_home", "made_up_trusts"]


def home_points(schools: pd.DataFrame, homes: pd.Series, membership: Membership) -> pd.DataFrame:
    """Find the point that each trust is at home at: the middle of its schools in its home area.

    Parameters
    ----------
    schools : pandas.DataFrame
        urn, trust_uid, easting, northing.
    homes : pandas.Series of str
        Home area (home_<L> of the spread table), indexed by trust_uid; blank without a home.
    membership : Membership
        Which unit of the layer L has which school.

    Returns
    -------
    pandas.DataFrame
        One row per trust, sorted by uid: trust_uid, home_code, home_schools (located schools in
        the home area), home_easting, home_northing (metres, NaN where none is located, where the
        trust has no home, or where home is outside every unit), home_urn (its school at home that
        is nearest to that point).

    Notes
    -----
    The mean of the schools at home, not of all: one far school does not move it. It is no office.
    A trust without a home point has no distances from home and no yardstick.
    """
    found = bodies(schools)
    table = found.schools[["urn", "trust_uid", "easting", "northing"]].copy()
    table["home_code"] = table["trust_uid"].map(homes)
    here = membership.frame("urn", reasons=False).rename(columns={"unit_code": "home_code"})
    at_home = table.merge(here[["urn", "home_code"]], on=["urn", "home_code"])
    at_home = at_home.dropna(subset=["easting", "northing"])
    middle = at_home.groupby("trust_uid").agg(
        home_schools=("urn", "size"),
        home_easting=("easting", "mean"),
        home_northing=("northing", "mean"),
    )
    spots = middle[["home_easting", "home_northing"]].reindex(at_home["trust_uid"]).to_numpy()
    at_home["km"] = distance(at_home[["easting", "northing"]].to_numpy(dtype=float), spots) / 1000
    nearest_first = at_home.sort_values(["km", "urn"]).drop_duplicates("trust_uid")
    middle["home_urn"] = nearest_first.set_index("trust_uid")["urn"]
    uid = found.frame["trust_uid"]
    frame = middle.reindex(uid).fillna({"home_schools": 0}).astype({"home_schools": int})
    frame.insert(0, "home_code", uid.map(homes).to_numpy())
    return frame.reset_index()


def km_from_home(schools: pd.DataFrame, points: pd.DataFrame) -> pd.DataFrame:
    """Measure how far every trust school is from its trust's home point.

    Parameters
    ----------
    schools : pandas.DataFrame
        urn, trust_uid, easting, northing.
    points : pandas.DataFrame
        The table of `home_points`.

    Returns
    -------
    pandas.DataFrame
        One row per located school of these trusts: urn, trust_uid, km (NaN where the trust has no
        home point).
    """
    table = schools[["urn", "trust_uid", "easting", "northing"]]
    table = table.dropna(subset=["easting", "northing"]).merge(points, on="trust_uid")
    here = table[["easting", "northing"]].to_numpy(dtype=float)
    home = table[["home_easting", "home_northing"]].to_numpy(dtype=float)
    return table[["urn", "trust_uid"]].assign(km=distance(here, home) / 1000)


def made_up_trusts(
    schools: pd.DataFrame,
    points: pd.DataFrame,
    kind: Literal["nearest", "random"] = "nearest",
    *,
    seed: int = 2022,
    travel: Travel | None = None,
) -> pd.DataFrame:
    """Give every trust as many schools of the same phases, the nearest to its home or any.

    Parameters
    ----------
    schools : pandas.DataFrame
        One row per school, in a trust or not: urn, phase, trust_uid, trust_name, trust_type,
        easting, northing, pupils.
    points : pandas.DataFrame
        The table of `home_points`.
    kind : {"nearest", "random"}, optional
        Which schools: those nearest to the home point, or drawn without return from all of
        England's.
    seed : int, optional
        For `random`.
    travel : Travel, optional
        Minutes between schools: the nearest are then those by road from `home_urn`.

    Returns
    -------
    pandas.DataFrame
        One row per made-up trust and school, with the columns of `schools`: the trust columns are
        those of the trust that it stands beside. A school is in as many as it is near to. Only
        located schools count, on both sides; a trust without a home point has none.

    Raises
    ------
    UsageError
        When `kind` is neither.

    Notes
    -----
    A counterfactual measure, not a policy: no two of these trusts could exist at once. Measure it
    with `geolls.measures.spread.spread` and set it beside the real one with `against`.
    """
    if kind not in ("nearest", "random"):
        raise UsageError(f"unknown kind {kind!r}", where="made_up_trusts", fix="nearest or random")
    known = schools.dropna(subset=["easting", "northing"]).sort_values("urn", kind="stable")
    pool = known.reset_index(drop=True)
    trusts = points.dropna(subset=["home_easting"])
    spots = pool[["easting", "northing"]].to_numpy(dtype=float)
    mix = pd.crosstab(known["trust_uid"], known["phase"]).reindex(trusts["trust_uid"], fill_value=0)
    where = trusts[["home_easting", "home_northing"]].to_numpy(dtype=float)
    rng = np.random.default_rng(seed)
    chosen: list[tuple[Ints, Ints]] = []
    for phase in mix.columns:
        number = mix[phase].to_numpy(dtype=np.intp)
        rows = np.flatnonzero(pool["phase"] == phase)
        if kind == "nearest":
            if travel is None:
                at, _ = nearest(spots[rows], where, number)
            else:
                at, _ = travel.nearest(pool["urn"].iloc[rows], trusts["home_urn"], number)
            trust, turn = np.nonzero(at >= 0)
            chosen.append((trust, rows[at[trust, turn]]))
            continue
        for trust_at in np.flatnonzero(number):
            drawn = rng.choice(rows, size=number[trust_at], replace=False)
            chosen.append((np.full(len(drawn), trust_at), np.sort(drawn)))
    if not chosen:
        return pool.iloc[:0]
    trust = np.concatenate([c[0] for c in chosen])
    school = np.concatenate([c[1] for c in chosen])
    made = pool.iloc[school].reset_index(drop=True)
    first = schools[schools["trust_uid"].notna()].drop_duplicates("trust_uid")
    about = first.set_index("trust_uid").reindex(trusts["trust_uid"].iloc[trust])
    columns = ["trust_uid", "trust_name", "trust_type"]
    made[columns] = about.reset_index()[columns]
    return made.sort_values(["trust_uid", "urn"], kind="stable", ignore_index=True)


def against(
    real: pd.DataFrame, beside: Mapping[str, pd.DataFrame], measures: tuple[str, ...] = DISTANCES
) -> pd.DataFrame:
    """Set the spread of every trust beside that of its made-up twins.

    Parameters
    ----------
    real : pandas.DataFrame
        The table of `spread`.
    beside : mapping of str to pandas.DataFrame
        Kind of twin ("nearest", "random") to the table of `spread` of the made-up trusts.
    measures : tuple of str, optional
        Columns to set side by side.

    Returns
    -------
    pandas.DataFrame
        One row per trust and measure, in their order: trust_uid, trust_name, measure, value;
        for every kind K the value K and ratio_K = value / K (blank where K is 0); and
        band_median, the middle trust of its size band.
    """
    long = real.melt(["trust_uid", "trust_name", "size_band"], list(measures), "measure")
    for kind, table in beside.items():
        twin = table.melt(["trust_uid"], list(measures), "measure", kind)
        long = long.merge(twin, on=["trust_uid", "measure"], how="left", validate="1:1")
        long[f"ratio_{kind}"] = long["value"] / long[kind].mask(long[kind] == 0)
    long["band_median"] = long.groupby(["size_band", "measure"])["value"].transform("median")
    order = pd.Categorical(long["measure"], categories=list(measures), ordered=True)
    ordered = long.assign(order=order).sort_values(["trust_uid", "order"], kind="stable")
    return ordered.drop(columns=["order", "size_band"]).reset_index(drop=True)
