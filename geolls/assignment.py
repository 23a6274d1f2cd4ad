"""Assign schools to units: by code first, by geometry where a code is coarse or missing.

Every school gets one block (the finest area all layers share). Area layers then follow from the
block; `local_authority` follows the code of the authority that maintains the school; layers of
kind `schools` follow from the register itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geolls.areas import Areas, BlockClaim
from geolls.catalogue import Layer
from geolls.errors import UnknownNameError
from geolls.overlap import REASON_NAMES

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

__all__ = [
    "ASSIGNMENT_COLUMNS",
    "Placement",
    "area_membership",
    "assign_area_layer",
    "assign_authority",
    "assign_school_layer",
    "place_schools",
    "school_units",
]

ASSIGNMENT_COLUMNS = [
    "urn",
    "layer",
    "unit_code",
    "unit_name",
    "assigned_by",
    "distance_m",
    "share",
]
# A postcode centroid can stand a little off a generalised coast; farther out it is an error.
COAST_TOLERANCE_M = 2_000.0


@dataclass(frozen=True)
class Placement:
    """Where each school stands.

    Attributes
    ----------
    schools : pandas.DataFrame
        One row per school: `urn`, `block` (None where it cannot be known), `located_by`
        (`code`, `polygon`, `nearest`, `none`), `distance_m` (0 inside the block).
    disagreements : pandas.DataFrame
        One row per school whose point lies outside the district its code names: `urn`, `name`,
        `code`, `code_name`, `point_block`, `point_block_name`, `distance_m` to the coded district.
    vintage : datetime.date
        The day the register's district codes belong to.
    """

    schools: pd.DataFrame
    disagreements: pd.DataFrame
    vintage: date


def place_schools(
    schools: pd.DataFrame,
    blocks: GeoDataFrame,
    areas: Areas,
    *,
    vintage: date | None = None,
    tolerance_m: float = COAST_TOLERANCE_M,
) -> Placement:
    """Find the block of every school, by district code, then by point.

    Parameters
    ----------
    schools : pandas.DataFrame
        `urn`, `name`, `district` (GSS code or None), `easting`, `northing` (EPSG:27700 metres,
        NaN where unknown).
    blocks : geopandas.GeoDataFrame
        Index `block`, column `name`, geometry in EPSG:27700; parts of a refined block carry
        their district in column `parent`.
    areas : Areas
        The succession table.
    vintage : datetime.date, optional
        The day of the district codes; found from the codes when not given.
    tolerance_m : float, default 2000
        How far outside every block a point may lie and still go to the nearest one.

    Returns
    -------
    Placement
        One row per school, and the rows where code and point disagree.

    Notes
    -----
    A code that covers one block decides. A code that covers several blocks narrows the search to
    them and the point decides inside. Without a code the point decides. A code nobody knows
    counts as no code. `--as-of` never re-dates codes: they are read at the register's vintage.
    """
    import shapely

    from geolls.blocks import locate

    codes = schools["district"].astype(object).where(schools["district"].notna(), None)
    vintage = vintage or _vintage([c for c in codes.unique() if c], areas)
    xy = schools[["easting", "northing"]].to_numpy(float)
    known = np.isfinite(xy).all(axis=1)
    found = locate(xy, blocks, tolerance_m=tolerance_m)
    at_point = found["block"].to_numpy(object)

    block = at_point.copy()
    located_by = found["located_by"].to_numpy(object).copy()
    distance_m = found["distance_m"].to_numpy(float).copy()
    wrong: list[tuple[int, str, float]] = []
    shapes = dict(zip(map(str, blocks.index), blocks.geometry.to_numpy(), strict=True))
    rows_of = pd.Series(np.arange(len(codes))).groupby(codes.to_numpy(), sort=False).indices
    for code, members in _candidates(codes.dropna().unique(), blocks, areas, vintage).items():
        mine = np.asarray(rows_of[code])
        if len(members) == 1:
            block[mine], located_by[mine], distance_m[mine] = members[0], "code", 0.0
        astray = mine[~np.isin(at_point[mine], members)]
        lost = astray[~known[astray]]
        if len(members) > 1:  # a code of several blocks and no point: the block stays unknown
            block[lost], located_by[lost], distance_m[lost] = None, "none", np.nan
        # A point outside its own district: the code decides, the nearest of its blocks takes it.
        astray = astray[known[astray]]
        if not len(astray):
            continue
        gaps = shapely.distance(
            shapely.points(xy[astray])[:, None], np.array([shapes[m] for m in members])[None, :]
        )
        for i, near in zip(astray, gaps, strict=True):
            best = int(np.argmin(near))
            if len(members) > 1:
                block[i], located_by[i] = members[best], "nearest"
            distance_m[i] = near[best]
            wrong.append((int(i), code, float(near[best])))
    rows = [
        {
            "urn": schools["urn"].iloc[i],
            "name": schools["name"].iloc[i],
            "code": code,
            "code_name": areas.resolve(code, vintage).name,
            "point_block": at_point[i],
            "point_block_name": None if at_point[i] is None else blocks.at[at_point[i], "name"],
            "distance_m": round(metres, 1),
        }
        for i, code, metres in wrong
    ]
    placed = pd.DataFrame(
        {
            "urn": schools["urn"].to_numpy(),
            "block": block,
            "located_by": located_by,
            "distance_m": distance_m,
        }
    )
    columns = [
        "urn",
        "name",
        "code",
        "code_name",
        "point_block",
        "point_block_name",
        "distance_m",
    ]
    disagreements = pd.DataFrame(rows, columns=columns).sort_values("urn", ignore_index=True)
    return Placement(placed, disagreements, vintage)


def _vintage(codes: Sequence[str], areas: Areas) -> date:
    """Return the day that fits the codes best; today where none of them is an English district."""
    try:
        return areas.vintage(codes)
    except UnknownNameError:
        return date.today()


def _candidates(
    codes: Iterable[str], blocks: GeoDataFrame, areas: Areas, vintage: date
) -> dict[str, list[str]]:
    """Blocks (or parts of them) that each code covers at `vintage`; unknown codes are left out."""
    parents = blocks["parent"] if "parent" in blocks else blocks.index.to_series()
    pieces = {str(k): [str(b) for b in v] for k, v in parents.groupby(parents).groups.items()}
    out: dict[str, list[str]] = {}
    for code in codes:
        try:
            area = areas.resolve(code, vintage)
        except UnknownNameError:
            continue
        whole = dict.fromkeys(b.partition("/")[0] for b in area.blocks)
        out[code] = [piece for b in whole for piece in pieces[b]]
    return out


def area_membership(
    claims: Sequence[BlockClaim], blocks: Sequence[str], *, complete: bool
) -> pd.DataFrame:
    """Turn the claims of one layer on one day into a membership of blocks.

    Parameters
    ----------
    claims : sequence of BlockClaim
        The claims expanded to blocks; shares over a block sum to 1.
    blocks : sequence of str
        Every block there is.
    complete : bool
        Whether the layer's list is full: land without a claim is then `not_covered`, else
        `no_evidence`.

    Returns
    -------
    pandas.DataFrame
        One row per block and claimant: `item`, `unit_code`, `unit_name`, `share`, `stated`,
        `extent`, `confidence`.
    """
    columns = ["item", "unit_code", "unit_name", "share", "stated", "extent", "confidence"]
    rows = [
        (c.block, c.unit_code, c.unit_name, c.share, c.stated, c.extent, c.confidence)
        for c in claims
    ]
    claimed: dict[str, float] = dict.fromkeys(blocks, 0.0)
    for c in claims:
        claimed[c.block] += c.share
    reason = "not_covered" if complete else "no_evidence"
    rows += [
        (block, reason, REASON_NAMES[reason], 1.0 - share, True, "whole", "high")
        for block, share in claimed.items()
        if share < 1.0 - 1e-9
    ]
    table = pd.DataFrame(rows, columns=columns)
    order = {b: i for i, b in enumerate(blocks)}
    return table.sort_values(
        ["item", "unit_code"],
        key=lambda s: s.map(order) if s.name == "item" else s,
        ignore_index=True,
    )


def assign_area_layer(key: str, membership: pd.DataFrame, placed: pd.DataFrame) -> pd.DataFrame:
    """Assign schools to the units that claim their block.

    Parameters
    ----------
    key : str
        The layer.
    membership : pandas.DataFrame
        `item` (block), `unit_code`, `unit_name`, `share`; from `area_membership`.
    placed : pandas.DataFrame
        `Placement.schools`.

    Returns
    -------
    pandas.DataFrame
        One row per school and claimant, columns `ASSIGNMENT_COLUMNS`; a school without a block
        is `not_located`.
    """
    units = membership[["item", "unit_code", "unit_name", "share"]].rename(
        columns={"item": "block"}
    )
    table = placed.merge(units, on="block", how="left", sort=False)
    lost = table["unit_code"].isna()
    table.loc[lost, "unit_code"] = "not_located"
    table.loc[lost, "unit_name"] = REASON_NAMES["not_located"]
    table.loc[lost, "share"] = 1.0
    table["layer"] = key
    return table.rename(columns={"located_by": "assigned_by"})[ASSIGNMENT_COLUMNS]


def assign_authority(
    key: str,
    membership: pd.DataFrame,
    placed: pd.DataFrame,
    schools: pd.DataFrame,
    areas: Areas,
    on: date,
) -> pd.DataFrame:
    """Assign schools to the authority that maintains them: the DfE code decides, land comes second.

    Parameters
    ----------
    key : str
        The layer, `local_authority`.
    membership, placed : pandas.DataFrame
        As for `assign_area_layer`.
    schools : pandas.DataFrame
        `urn`, `la_code` (DfE 3-digit).
    areas : Areas
        The succession table.
    on : datetime.date
        The study's day; a DfE code that is not in use then leaves the decision to the block.

    Returns
    -------
    pandas.DataFrame
        One row per school, columns `ASSIGNMENT_COLUMNS`.
    """
    table = assign_area_layer(key, membership, placed)
    known = {
        code: area
        for code in schools["la_code"].dropna().unique()
        if (area := areas.by_la_code(code, on)) is not None
    }
    by_urn = schools.set_index("urn")["la_code"].map(known)
    authority = table["urn"].map(by_urn)
    coded = authority.notna()
    table.loc[coded, "unit_code"] = [a.code for a in authority[coded]]
    table.loc[coded, "unit_name"] = [a.name for a in authority[coded]]
    table.loc[coded, "assigned_by"] = "code"
    table.loc[coded, "share"] = 1.0
    return table


def assign_school_layer(
    key: str,
    units: pd.DataFrame,
    schools: pd.DataFrame,
    *,
    otherwise: str | Mapping[str, str] = "not_applicable",
) -> pd.DataFrame:
    """Assign schools to bodies that are made of schools: trusts, federations, dioceses.

    Parameters
    ----------
    key : str
        The layer.
    units : pandas.DataFrame
        `urn`, `unit_code`, `unit_name`; several rows per school split it equally.
    schools : pandas.DataFrame
        `urn` of every school.
    otherwise : str or mapping
        The reason for schools without a row, or a mapping of urn to reason.

    Returns
    -------
    pandas.DataFrame
        One row per school and unit, columns `ASSIGNMENT_COLUMNS`.
    """
    table = schools[["urn"]].merge(units, on="urn", how="left", sort=False)
    none = table["unit_code"].isna()
    reasons = (
        otherwise
        if isinstance(otherwise, str)
        else [otherwise.get(urn, "not_applicable") for urn in table.loc[none, "urn"]]
    )
    table.loc[none, "unit_code"] = reasons
    table.loc[none, "unit_name"] = table.loc[none, "unit_code"].map(REASON_NAMES)
    table["share"] = 1.0 / table.groupby("urn")["unit_code"].transform("size")
    table["assigned_by"] = np.where(none, "none", "school")
    table["distance_m"] = np.nan
    table["layer"] = key
    return table[ASSIGNMENT_COLUMNS]


# Where a register column leaves a school blank, this is what the blank means.
_NAMES = {
    "trust_uid": "trust_name",
    "federation_uid": "federation_name",
    "sponsor_uid": "sponsor_name",
    "diocese": "diocese",
}


def school_units(
    layer: Layer, schools: pd.DataFrame, on: date
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return who belongs to the bodies of a layer of kind `schools`, and why the others do not.

    Parameters
    ----------
    layer : Layer
        Register-derived (`register_column`, `group_types`) or a user's list of URNs or postcodes.
    schools : pandas.DataFrame
        The register's schools.
    on : datetime.date
        The study's day, which selects a user's claims.

    Returns
    -------
    (pandas.DataFrame, dict)
        One row per school and body: `urn`, `unit_code`, `unit_name`; and the reason by URN for
        schools without one: `no_evidence` where the register cannot know (status unknown, an
        academy without a trust link, a column that is blank throughout), else `not_applicable`.
    """
    if layer.register_column is None:
        return _listed(layer, schools, on), {}
    code, name = layer.register_column, _NAMES[layer.register_column]
    member = schools[code].notna()
    if code == "trust_uid" and layer.group_types:
        wanted = {g.lower().replace("-", "_").replace(" ", "_") for g in layer.group_types}
        member &= schools["trust_type"].isin(wanted)
    units = schools.loc[member, ["urn", code, name]].set_axis(
        ["urn", "unit_code", "unit_name"], axis=1
    )
    unknown = schools["status_unknown"].astype(bool)
    if code == "trust_uid":
        unknown |= schools["academy"].astype(bool) & schools["trust_uid"].isna()
    elif not member.any():
        unknown |= True
    return units, dict.fromkeys(schools.loc[unknown & ~member, "urn"], "no_evidence")


def _listed(layer: Layer, schools: pd.DataFrame, on: date) -> pd.DataFrame:
    """Match a user's URNs and postcodes with the register."""
    by_postcode = schools.assign(key=schools["postcode"].map(_postcode_key)).groupby("key")["urn"]
    at = {str(key): list(urns) for key, urns in by_postcode}
    known = set(schools["urn"])
    rows = [
        (urn, claim.unit_code, layer.units[claim.unit_code].name)
        for claim in layer.claims_on(on)
        for urn in ([claim.urn] if claim.urn else at.get(_postcode_key(claim.postcode), []))
        if urn in known
    ]
    return pd.DataFrame(rows, columns=["urn", "unit_code", "unit_name"]).drop_duplicates()


def _postcode_key(postcode: object) -> str:
    return "".join(postcode.split()).upper() if isinstance(postcode, str) else ""
