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
from geolls.overlap import REASON_NAMES, Ints

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
    position, coded = pd.factorize(codes.to_numpy(object))
    members = _candidates(coded, blocks, areas, vintage)
    shapes = dict(zip(map(str, blocks.index), blocks.geometry.to_numpy(), strict=True))
    # A code of one block decides, wherever the point is. The last entry is for rows without a code.
    alone = np.array([*(m[0] if len(m := members.get(c, [])) == 1 else None for c in coded), None])
    sure = alone[position]
    single = sure != np.array(None)
    block[single], located_by[single], distance_m[single] = sure[single], "code", 0.0
    astray = np.flatnonzero(single & known & (at_point != sure))
    distance_m[astray] = shapely.distance(
        shapely.points(xy[astray]), np.array([shapes[b] for b in sure[astray]], dtype=object)
    )
    wrong = astray.tolist()
    for n, code in enumerate(coded):
        several = members.get(code, [])
        if len(several) < 2:
            continue
        mine = np.flatnonzero(position == n)
        astray = mine[~np.isin(at_point[mine], several)]
        lost = astray[~known[astray]]  # no point to tell them apart: the block stays unknown
        block[lost], located_by[lost], distance_m[lost] = None, "none", np.nan
        # A point outside its own district: the code decides, the nearest of its blocks takes it.
        for i in astray[known[astray]].tolist():
            gaps = shapely.distance(shapely.Point(xy[i]), [shapes[b] for b in several])
            best = int(np.argmin(gaps))
            block[i], located_by[i], distance_m[i] = several[best], "nearest", gaps[best]
            wrong.append(i)
    rows = [
        {
            "urn": schools["urn"].iloc[i],
            "name": schools["name"].iloc[i],
            "code": codes.iloc[i],
            "code_name": areas.resolve(codes.iloc[i], vintage).name,
            "point_block": at_point[i],
            "point_block_name": None if at_point[i] is None else blocks.at[at_point[i], "name"],
            "distance_m": round(float(distance_m[i]), 1),
        }
        for i in wrong
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
    order = {b: i for i, b in enumerate(blocks)}
    rows.sort(key=lambda row: (order[row[0]], row[1]))
    return pd.DataFrame(rows, columns=columns)


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
    at, claim = _claims_on(membership, placed)
    units = _with_last(membership, claim, "not_located")
    return _long(key, at, placed, units)


def _claims_on(membership: pd.DataFrame, placed: pd.DataFrame) -> tuple[Ints, Ints]:
    """Return each school and claim on its block, by position; -1 for a school without a claim."""
    position, blocks = pd.factorize(placed["block"])
    item = pd.Index(blocks).get_indexer(pd.Index(membership["item"]))
    order = np.argsort(item, kind="stable")
    times = np.bincount(item[item >= 0], minlength=len(blocks) + 1)  # the last: no block
    first = (item < 0).sum() + np.cumsum(times) - times
    many = np.maximum(times[position], 1)
    at = np.repeat(np.arange(len(placed)), many)
    run = np.arange(len(at)) - np.repeat(np.cumsum(many) - many, many)
    none = (times == 0)[position[at]]
    return at, np.where(
        none, -1, np.append(order, -1)[np.where(none, -1, first[position[at]] + run)]
    )


def _with_last(membership: pd.DataFrame, claim: Ints, reason: str) -> pd.DataFrame:
    """Return the units of claims, the reason where there is none."""
    last = pd.DataFrame(
        {"unit_code": [reason], "unit_name": [REASON_NAMES[reason]], "share": [1.0]}
    )
    units = pd.concat([membership[["unit_code", "unit_name", "share"]], last], ignore_index=True)
    return units.take(claim).reset_index(drop=True)


def _long(
    key: str, at: Ints, placed: pd.DataFrame, units: pd.DataFrame, **other: pd.Series
) -> pd.DataFrame:
    """Put an assignment together; what every layer says alike of a school is held once."""
    own = placed[["urn", "located_by", "distance_m"]]
    if len(at) != len(placed):
        own = own.take(at)
    own = own.reset_index(drop=True)
    layer = pd.Series([key]).take(np.zeros(len(at), dtype=np.intp)).reset_index(drop=True)
    columns = {
        "urn": own["urn"],
        "layer": layer,
        "unit_code": units["unit_code"],
        "unit_name": units["unit_name"],
        "assigned_by": own["located_by"],
        "distance_m": own["distance_m"],
        "share": units["share"],
    }
    return pd.concat({**columns, **other}, axis=1)


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
    at, claim = _claims_on(membership, placed)
    units = _with_last(membership, claim, "not_located")
    position, codes = pd.factorize(schools["la_code"])
    found = [areas.by_la_code(code, on) for code in codes]
    stated = pd.DataFrame(
        {
            "unit_code": [area and area.code for area in found],
            "unit_name": [area and area.name for area in found],
        }
    )
    row = pd.Index(schools["urn"]).get_indexer(pd.Index(placed["urn"]))
    which = np.append(position, -1)[row][at]
    known = np.append(stated["unit_code"].notna().to_numpy(), False)
    coded = known[which]
    both = pd.concat([units[["unit_code", "unit_name"]], stated], ignore_index=True)
    pick = np.where(coded, len(units) + which, np.arange(len(at)))
    mine = both.take(pick).reset_index(drop=True).assign(share=units["share"].where(~coded, 1.0))
    by = placed["located_by"].take(at).reset_index(drop=True).where(~coded, "code")
    return _long(key, at, placed, mine, assigned_by=by)


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
