"""Assign schools to units: by code first, by geometry where a code is coarse or missing.

Every school gets one block (the finest area all layers share). Area layers then follow from the
block; `local_authority` follows the code of the authority that maintains the school; layers of
kind `schools` follow from the register itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geolls.base.cells import is_blank
from geolls.base.columns import GEOGRAPHIES, REGISTER, TRAITS
from geolls.base.errors import UnknownNameError
from geolls.base.postcodes import abroad, spelt
from geolls.base.text import day, fold, suggest
from geolls.base.vocabulary import REASON_NAMES
from geolls.layers.areas import Area, Areas
from geolls.layers.expand import BlockClaim
from geolls.layers.model import Claim, Layer, Problem

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from geolls.register.register import Register

__all__ = [
    "ASSIGNMENT_COLUMNS",
    "Placement",
    "assign_area_layer",
    "assign_authority",
    "assign_regrouped",
    "assign_school_layer",
    "astray",
    "land_of",
    "listed",
    "of_column",
    "parted_by",
    "place_schools",
    "school_units",
    "untold",
]

ASSIGNMENT_COLUMNS = [
    "urn",
    "layer",
    "unit_code",
    "unit_name",
    "assigned_by",
    "distance_m",
    "share",
    "line_confidence",
]


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
    schools: pd.DataFrame, blocks: GeoDataFrame, areas: Areas, *, vintage: date | None = None
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

    Returns
    -------
    Placement
        One row per school, and the rows where code and point disagree.

    Notes
    -----
    A code that covers one block decides. A code that covers several blocks narrows the search to
    them and the point decides inside; where the point lies outside them all, the nearest of them
    takes it. Without a code the point decides, by the rule of `geolls.land.locate`. A code nobody
    knows counts as no code. `--as-of` never re-dates codes: they are read at the register's
    vintage.
    """
    import shapely

    from geolls.land.locate import locate

    # Every school with its code, and every code with its blocks; the last code is none.
    number, found = pd.factorize(schools["district"])
    codes = np.array([*map(str, found), None], dtype=object)
    vintage = vintage or _vintage([code for code in codes[:-1] if code], areas)
    pieces = [*_candidates(codes[:-1], blocks, areas, vintage), []]
    covers = pd.DataFrame({"code": range(len(pieces)), "block": pieces}).explode("block").dropna()
    covers["block"] = blocks.index.get_indexer(covers["block"])
    covered = np.array([len(several) for several in pieces])[number]

    xy = schools[["easting", "northing"]].to_numpy(float)
    there = locate(xy, blocks)
    at_point = blocks.index.get_indexer(there["block"])
    block, located_by = at_point.copy(), there["located_by"].to_numpy(object)
    distance_m = there["distance_m"].to_numpy(float).copy()
    sure = covered == 1
    only = covers.drop_duplicates("code").set_index("code")["block"]
    block[sure] = only.loc[number[sure]]
    located_by[sure], distance_m[sure] = "code", 0.0

    # A point outside its own district: the code decides, the nearest of its blocks takes it.
    of_code = pd.MultiIndex.from_frame(covers)
    inside = pd.MultiIndex.from_arrays([number, at_point]).isin(of_code)
    astray = np.flatnonzero((covered > 0) & np.isfinite(xy).all(axis=1) & ~inside)
    gaps = pd.DataFrame({"school": astray, "code": number[astray]}).merge(covers, on="code")
    shapes = blocks.geometry.to_numpy()
    gaps["metres"] = shapely.distance(
        shapely.points(xy[gaps["school"]]), shapes[gaps["block"].to_numpy(int)]
    )
    taken = gaps.loc[gaps.groupby("school")["metres"].idxmin()]
    block[astray], distance_m[astray] = taken["block"], taken["metres"]
    located_by[astray[covered[astray] > 1]] = "nearest"

    placed = pd.DataFrame(
        {
            "urn": schools["urn"].array,
            "block": pd.Series([*map(str, blocks.index), None]).array.take(block),
            "located_by": pd.Series(located_by, dtype="str"),
            "distance_m": distance_m,
        }
    )
    coded = codes[number[astray]]
    disagreements = pd.DataFrame(
        {
            "urn": schools["urn"].array[astray],
            "name": schools["name"].array[astray],
            "code": coded,
            "code_name": [areas.resolve(code, vintage).name for code in coded],
            "point_block": there["block"].to_numpy()[astray],
            "point_block_name": np.array([*blocks["name"], None])[at_point[astray]],
            "distance_m": distance_m[astray].round(1),
        }
    )
    return Placement(placed, disagreements.sort_values("urn", ignore_index=True), vintage)


def _vintage(codes: Sequence[str], areas: Areas) -> date:
    """Return the day that fits the codes best; today where none of them is an English district."""
    try:
        return areas.vintage(codes)
    except UnknownNameError:
        return date.today()


def _candidates(
    codes: Iterable[str], blocks: GeoDataFrame, areas: Areas, vintage: date
) -> Iterator[list[str]]:
    """Blocks (or parts of them) that each code covers at `vintage`; none for an unknown code."""
    pieces: dict[str, list[str]] = {}
    for piece, parent in zip(blocks.index, blocks.get("parent", blocks.index), strict=True):
        pieces.setdefault(str(parent), []).append(str(piece))
    for code in codes:
        try:
            held = areas.resolve(code, vintage).blocks
        except UnknownNameError:
            held = ()
        whole = dict.fromkeys(b.partition("/")[0] for b in held)
        yield [piece for b in whole for piece in pieces[b]]


def land_of(claims: Sequence[BlockClaim], blocks: Sequence[str], *, complete: bool) -> pd.DataFrame:
    """Say who has each block, from the claims of one layer on one day.

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
        One row per block and claimant: `block`, `unit_code`, `unit_name`, `share`, `stated`,
        `extent`, `confidence`, `line_confidence`.
    """
    columns = ["block", "unit_code", "unit_name", "share", "stated", "extent", "confidence"]
    columns += ["line_confidence"]
    rows = [
        (
            c.block,
            c.unit_code,
            c.unit_name,
            c.share,
            c.stated,
            c.extent,
            c.confidence,
            c.line_confidence,
        )
        for c in claims
    ]
    claimed: dict[str, float] = dict.fromkeys(blocks, 0.0)
    for c in claims:
        claimed[c.block] += c.share
    reason = "not_covered" if complete else "no_evidence"
    rows += [
        (block, reason, REASON_NAMES[reason], 1.0 - share, True, "whole", "high", "")
        for block, share in claimed.items()
        if share < 1.0 - 1e-9
    ]
    order = {b: i for i, b in enumerate(blocks)}
    rows.sort(key=lambda row: (order[row[0]], row[1]))
    return pd.DataFrame(rows, columns=columns)


def assign_area_layer(key: str, land: pd.DataFrame, placement: Placement) -> pd.DataFrame:
    """Assign schools to the units that claim their block.

    Parameters
    ----------
    key : str
        The layer.
    land : pandas.DataFrame
        `block`, `unit_code`, `unit_name`, `share`; from `land_of`.
    placement : Placement
        Where each school stands.

    Returns
    -------
    pandas.DataFrame
        One row per school and claimant, columns `ASSIGNMENT_COLUMNS`; a school without a block
        is `not_located`.
    """
    claims = land[["block", *_NOWHERE, "line_confidence"]]
    found = placement.schools.merge(claims, on="block", how="left").fillna(_NOWHERE)
    found = found.rename(columns={"located_by": "assigned_by"}).assign(layer=key)
    found["line_confidence"] = found["line_confidence"].replace("", None)
    return found[ASSIGNMENT_COLUMNS]


# What a school without a block is assigned to.
_NOWHERE = {"unit_code": "not_located", "unit_name": REASON_NAMES["not_located"], "share": 1.0}


def assign_authority(
    key: str,
    land: pd.DataFrame,
    placement: Placement,
    schools: pd.DataFrame,
    areas: Areas,
    on: date,
) -> pd.DataFrame:
    """Assign schools to the authority that maintains them: the DfE code decides, land comes second.

    Parameters
    ----------
    key : str
        The layer, `local_authority`.
    land, placement : pandas.DataFrame, Placement
        As for `assign_area_layer`.
    schools : pandas.DataFrame
        `urn`, `la_code` (DfE 3-digit).
    areas : Areas
        The succession table.
    on : datetime.date
        The study's day; a DfE code that is not in use then leaves the decision to the block, and
        so does one whose authority has only a part of the school's block, along a line not to hand.
        A school outside the land of an authority that has ended goes to all who succeeded it.

    Returns
    -------
    pandas.DataFrame
        One row per school, or per claimant where it is shared; columns `ASSIGNMENT_COLUMNS`.
    """
    found = assign_area_layer(key, land, placement)
    codes = found["urn"].map(schools.set_index("urn")["la_code"])
    known = {code: areas.by_la_code(code, on) for code in codes.dropna().unique()}
    rows = [(code, a.code, a.name, 1.0, "code") for code, a in known.items() if a]
    columns = ["unit_code", "unit_name", "share", "assigned_by"]
    decided = pd.DataFrame(rows, columns=["la_code", *columns]).set_index("la_code")
    decided = decided.reindex(codes).set_axis(found.index)
    # Where the authority will have only a part of the school's block, its code tells nothing.
    block = found["urn"].map(placement.schools.set_index("urn")["block"])
    parted = {(code, b) for code, a in known.items() if a for b in a.shared}
    stands = codes + " " + block.str.replace("/.*", "", regex=True)
    decided[stands.isin({" ".join(pair) for pair in parted}).to_numpy()] = None
    kept = ~found["urn"].duplicated() | decided["unit_code"].isna()
    found, decided = found[kept], decided[kept]
    found = found.assign(**{c: decided[c].astype(found[c].dtype).fillna(found[c]) for c in columns})
    return _with_successors(found, codes[kept], known, areas, on)


def assign_regrouped(
    key: str,
    authorities: pd.DataFrame,
    home: pd.DataFrame,
    land: pd.DataFrame,
    placement: Placement,
    *,
    divided: bool = False,
) -> pd.DataFrame | None:
    """Assign schools to units made of authorities: each follows the one that maintains it.

    Before and after a merger stand on one basis then; by location, a school that an authority keeps
    beyond its border would be in another unit after it.

    Parameters
    ----------
    key : str
        The layer.
    authorities : pandas.DataFrame
        From `assign_authority`.
    home, land : pandas.DataFrame
        Who has each block, of the authorities and of the layer; from `land_of`.
    placement : Placement
        Where each school stands.
    divided : bool, optional
        Whether authorities may be divided, as a scenario of authorities says how: the block decides
        then among the units that have land of the authority, and a school beyond them all stands
        under each of them.

    Returns
    -------
    pandas.DataFrame or None
        Columns `ASSIGNMENT_COLUMNS`; None where an authority is divided, shared or left out.
    """
    met = home[["block", "unit_code"]].merge(land, on="block", suffixes=("_of", ""))
    into = met.drop_duplicates(["unit_code_of", "unit_code"])
    into = into[["unit_code_of", "unit_code", "unit_name"]]
    left_out = into["unit_code"].isin(REASON_NAMES).any()
    if not divided and (left_out or not into["unit_code_of"].is_unique):
        return None
    of = {"unit_code": "unit_code_of", "unit_name": "unit_name_of", "share": "share_of"}
    found = authorities.assign(layer=key).rename(columns=of).merge(into, how="left")
    for column in ("unit_code", "unit_name"):  # a school without an authority keeps its reason
        found[column] = found[column].fillna(found[f"{column}_of"])
    here = placement.schools.merge(land, on="block")[["urn", "unit_code", "share", "located_by"]]
    found = found.merge(here, on=["urn", "unit_code"], how="left")
    mine = found.groupby(["urn", "unit_code_of"])["share"]
    there, several = mine.transform("sum"), mine.transform("size") > 1
    part = (found["share"].fillna(0.0) / there).where(there > 0, 1 / mine.transform("size"))
    found["assigned_by"] = found["located_by"].where(several & (there > 0), found["assigned_by"])
    found["share"] = found["share_of"] * part
    found["share"] = found.groupby(["urn", "unit_code"])["share"].transform("sum")
    found = found[found["share"] > 0].drop_duplicates(["urn", "unit_code"])
    shared = found["urn"].duplicated(keep=False)
    found["line_confidence"] = found["line_confidence"].where(~shared, "low")
    return found[ASSIGNMENT_COLUMNS].reset_index(drop=True)


def _with_successors(
    found: pd.DataFrame,
    codes: pd.Series,
    known: Mapping[str, Area | None],
    areas: Areas,
    on: date,
) -> pd.DataFrame:
    """Give a school to all who succeeded the authority that kept it, where its land is elsewhere.

    When Surrey ends, no land can tell which of the two will keep its school in Sutton.
    """
    rows = [
        (code, heir.code, heir.name, 1 / len(several))
        for code in (code for code, a in known.items() if a is None)
        for several in [areas.successors(code, on)]
        for heir in several
    ]
    heirs = pd.DataFrame(rows, columns=["la_code", "unit_code", "unit_name", "share"])
    gone = pd.MultiIndex.from_frame(heirs[["la_code", "unit_code"]])
    there = pd.MultiIndex.from_arrays([codes, found["unit_code"]])
    astray = codes.isin(heirs["la_code"]).to_numpy() & ~there.isin(gone)
    apart = found[astray].drop(columns=["unit_code", "unit_name", "share"])
    apart = apart.assign(la_code=codes[astray]).drop_duplicates("urn").merge(heirs, on="la_code")
    both = pd.concat([found[~astray], apart[found.columns]]) if astray.any() else found
    order = pd.Index(found["urn"].unique())
    ranked = order.get_indexer(pd.Index(both["urn"])).argsort(kind="stable")
    kept: pd.DataFrame = both.iloc[ranked].reset_index(drop=True)
    return kept


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
    table["line_confidence"] = None
    return table[ASSIGNMENT_COLUMNS]


def school_units(
    layer: Layer, schools: pd.DataFrame, on: date
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return who belongs to the bodies of a layer of kind `schools`, and why the others do not.

    Parameters
    ----------
    layer : Layer
        Of a column of the register (and `group_types`), or a user's list of URNs or postcodes.
    schools : pandas.DataFrame
        The register's schools.
    on : datetime.date
        The study's day, which selects a user's claims.

    Returns
    -------
    (pandas.DataFrame, dict)
        One row per school and body: `urn`, `unit_code`, `unit_name`; and the reason by URN for
        schools without one: `no_evidence` where the register cannot know (status unknown, an
        academy without a trust link, a column that is blank throughout, or blank where every
        school has a unit), else `not_applicable`.

    Notes
    -----
    A unit without a code of its own is coded by its name, as most sponsors are.
    """
    if layer.column is None:
        return listed(layer, schools, on), {}
    code, name = TRAITS[layer.column]
    if layer.column == "sen":  # a school provides for several
        schools = schools.assign(sen=schools["sen"].str.split("; ")).explode("sen")
    code_of = schools[code].fillna(schools[name])
    schools = schools.assign(**{name: schools[name].fillna(code_of), code: code_of})
    given = schools[code].notna()
    member = given & ~schools[code].fillna("").map(is_blank)
    if layer.column == "trust" and layer.group_types:
        wanted = {g.lower().replace("-", "_").replace(" ", "_") for g in layer.group_types}
        member &= schools["trust_type"].isin(wanted)
    units = schools.loc[member, ["urn", code, name]].set_axis(
        ["urn", "unit_code", "unit_name"], axis=1
    )
    unknown = schools["status_unknown"].astype(bool)
    if layer.column == "trust":
        unknown |= schools["academy"].astype(bool) & schools["trust_uid"].isna()
    elif layer.tiling == "exhaustive" or not given.any():
        unknown |= True
    return units, dict.fromkeys(schools.loc[unknown & ~given, "urn"], "no_evidence")


def listed(layer: Layer, schools: pd.DataFrame, on: date) -> pd.DataFrame:
    """Match a user's URNs, postcodes and values of columns: urn, unit_code, unit_name."""
    at = _by_postcode(schools)
    known = set(schools["urn"])
    claims = layer.claims_on(on)
    having = {key: _by_value(schools, key) for key in {c.having[0] for c in claims} if key}

    def urns(claim: Claim) -> Sequence[str]:
        key, value = claim.having
        if key:
            return _having(having[key], value)
        return [claim.urn] if claim.urn else at.get(_postcode_key(claim.postcode), ())

    rows = [
        (urn, claim.unit_code, layer.units[claim.unit_code].name)
        for claim in claims
        for urn in urns(claim)
        if urn in known
    ]
    return pd.DataFrame(rows, columns=["urn", "unit_code", "unit_name"]).drop_duplicates()


def parted_by(units: pd.DataFrame, outer: pd.DataFrame) -> pd.DataFrame:
    """Part bodies by the area that their schools are in: one name in two areas is two bodies.

    Parameters
    ----------
    units : pandas.DataFrame
        From `school_units`.
    outer : pandas.DataFrame
        Schools assigned to areas, columns `ASSIGNMENT_COLUMNS`.

    Returns
    -------
    pandas.DataFrame
        As `units`, each unit named with its area after a comma; a school in no area keeps its unit.
    """
    of = outer.loc[~outer["unit_code"].isin(REASON_NAMES), ["urn", "unit_code", "unit_name"]]
    both = units.merge(of, on="urn", how="left", suffixes=("", "_of"))
    for column, between in (("unit_code", "-"), ("unit_name", ", ")):
        area = between + both[f"{column}_of"]
        both[column] += area.fillna("")
    return both[list(units)]


def astray(layer: Layer, outer: pd.DataFrame, on: date) -> Iterator[Problem]:
    """Tell which schools of a user's list are in another area than the one it names beside them."""
    of = outer.drop_duplicates("urn").set_index("urn")[["unit_code", "unit_name"]]
    there = set(of["unit_code"])
    for claim in layer.claims_on(on):
        if claim.area_code in there and claim.urn in of.index:
            code, name = of.loc[claim.urn]
            if code != claim.area_code:
                why = f"is in {name}, not in {claim.area_name or claim.area_code}, and counts there"
                file = f"{layer.folder.name}/members.csv"
                yield Problem(file, claim.row, "urn", why, None, "warning", claim.urn)


def untold(layer: Layer, schools: pd.DataFrame, register: Register, on: date) -> Iterator[Problem]:
    """Say which entries of a user's list have no school that counts, and why.

    Parameters
    ----------
    layer : Layer
        Any; of those whose claims are not of schools, only their days are looked at.
    schools : pandas.DataFrame
        The schools that count.
    register : Register
        What became of the others.
    on : datetime.date
        The study's day.

    Yields
    ------
    Problem
        Entries listed are entries counted and entries told.
    """
    file = f"{layer.folder.name}/members.csv" if layer.folder.name else layer.source
    at = partial(Problem, file, severity="warning")
    alive = [c for c in layer.claims_on(on) if layer.units[c.unit_code].active(on)]
    rows = {claim.row for claim in alive}
    for claim in (c for c in layer.claims if c.row not in rows):
        said = claim.urn or claim.postcode or claim.having[1] or claim.area_name or claim.area_code
        yield at(claim.row, "valid_from", f"does not hold on {on}", value=said)
    if layer.kind == "sites":
        leads = [u.lead_urn for u in layer.units.values() if u.active(on) and u.lead_urn]
        entries: list[tuple[int | None, str, str]] = [(None, urn, "") for urn in leads]
        known = set(register.everywhere["urn"])
    elif layer.kind == "schools" and layer.column is None:
        entries = [(c.row, c.urn, c.postcode) for c in alive if not c.having[0]]
        known = set(schools["urn"])
        yield from _without(alive, schools, at)
    else:
        return
    there = set(_by_postcode(schools)) if any(p for *_, p in entries) else set()
    reasons = register.filtered.set_index("urn")["reason"].to_dict()
    for row, urn, postcode in entries:
        if urn and urn not in known:
            why = reasons.get(urn, "not in the register")
            yield at(row, "urn", f"no school that counts: {why}", value=urn)
        elif not urn and (key := _postcode_key(postcode)) not in there:
            near = next((part for part in (key[:-2], key.split(" ")[0]) if part in there), None)
            fix = f"{near} has schools" if near else None
            why = abroad(key) or "no school that counts has it"
            yield at(row, "postcode", why, fix, value=postcode)


def _without(
    claims: Iterable[Claim], schools: pd.DataFrame, at: Callable[..., Problem]
) -> Iterator[Problem]:
    """Say which values of columns of the register no school that counts has."""
    for key in sorted({c.having[0] for c in claims} - {""}):
        there, name = _by_value(schools, key), TRAITS[key].name
        names = schools[name].dropna().unique()
        for claim in claims:
            value = claim.having[1]
            if claim.having[0] == key and not _having(there, value):
                why = f"no school that counts has it in the column {REGISTER.get(name, name)}"
                if not len(names):
                    why = f"the register has no value in its column {REGISTER.get(name, name)}"
                yield at(claim.row, key, why, suggest(value, names), value=value)


def of_column(layer: Layer, schools: pd.DataFrame, register: Register) -> str:
    """Say of a layer made of a column that the register has none, or has it of another day."""
    if layer.column is None:
        return ""
    trait, vintage = TRAITS[layer.column], register.source["vintage_schools"]
    if schools[list(set(trait))].isna().all(axis=None):
        header = REGISTER.get(trait.name, trait.name)
        return f"no school that counts has a value in the register's column {header}"
    if layer.column in GEOGRAPHIES and vintage and vintage != register.as_of:
        return f"{layer.unit_title_plural.lower()} are those of the register of {day(vintage)}"
    return ""


def _by_value(schools: pd.DataFrame, key: str) -> dict[str, list[str]]:
    """Return the schools by each value of a trait: its code, its name, and its name folded."""
    code, name = TRAITS[key]
    at: dict[str, list[str]] = {}
    for of in (schools[name].map(fold, "ignore"), schools[name], schools[code]):
        held = schools["urn"].groupby(of.dropna().astype(str).str.casefold()).agg(list)
        at |= {str(k): urns for k, urns in held.items() if not is_blank(str(k))}
    return at


def _having(at: Mapping[str, list[str]], value: str) -> Sequence[str]:
    """Return the schools that have a value: as it is written, folded, or its figures alone."""
    forms = (value.casefold(), fold(value), re.sub(r"\D", "", value))
    return next((at[form] for form in forms if form in at), ())


def _by_postcode(schools: pd.DataFrame) -> dict[str, list[str]]:
    """Return the schools by postcode, by its first half, and by its sector."""
    at: defaultdict[str, list[str]] = defaultdict(list)
    for urn, whole in zip(schools["urn"], schools["postcode"].map(_postcode_key), strict=True):
        for part in (whole, whole[:-4], whole[:-2]):  # LS20 9AB, its district, its sector
            at[part].append(urn)
    at.pop("", None)
    return dict(at)


def _postcode_key(postcode: object) -> str:
    return spelt(postcode) or "" if isinstance(postcode, str) else ""
