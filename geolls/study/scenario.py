"""What a scenario holds, and what it would change: two layers held side by side on one basis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import pandas as pd

from geolls.base.errors import UsageError
from geolls.layers.model import Layer
from geolls.measures.membership import Membership
from geolls.measures.regrouping import Comparison, reasons_last, sums_of, sure
from geolls.study.core import Core, followed, located
from geolls.study.gazetteer import Place
from geolls.study.units import drawn_layers

__all__ = [
    "BASES",
    "Comparison",
    "compare_layers",
    "land_that_moves",
    "moving_place",
    "units_table",
]

Basis = Literal["maintaining", "location"]
#: By which a school is in a unit, and what that means.
BASES: Final[Mapping[Basis, str]] = {
    "maintaining": "by maintaining body: each school follows the authority that maintains it",
    "location": "by location: each school is where it stands",
}


def units_table(study: Core, name: str) -> pd.DataFrame:
    """Say what the units of a layer have, and whose land it was; see `Study.scenario`."""
    layer = _of_land(study, name)
    table = sums_of(study.membership(layer.key), study.weights(), "schools")
    for by in ("pupils", "area"):
        column = {"area": "area_km2"}.get(by, by)
        weight = study.weights(by) / (1e6 if by == "area" else 1)
        sums = sums_of(study.membership(layer.key, by), weight, column)
        table = table.merge(sums, on=["unit_code", "unit_name"], how="outer")
    held = study.land(layer.key).groupby("unit_code")["block"].agg(frozenset)
    table["blocks"] = table["unit_code"].map(held).str.len()
    changed: pd.Series[bool] | bool = False
    if layer.base:
        was = study.land(layer.base).groupby("unit_code")["block"].agg(frozenset)
        changed = table["unit_code"].map(held) != table["unit_code"].map(was)
        old = study.land(layer.base)[["block", "unit_name"]]
        both = study.land(layer.key)[["block", "unit_code"]].merge(old, on="block")
        names = both.groupby("unit_code")["unit_name"].agg(lambda n: " + ".join(sorted(set(n))))
        table["land_of"] = table["unit_code"].map(names)
    counted = [c for c in map(str, table) if c not in ("unit_code", "unit_name", "land_of")]
    table[counted] = table[counted].fillna(0)
    table["blocks"] = table["blocks"].astype(int)
    return reasons_last(sure(table), first=changed)


def _of_land(study: Core, name: str) -> Layer:
    layer = study.layer(name)
    if not layer.has_land:
        raise UsageError(
            f"{layer.key} is made of {layer.kind}, not of land",
            fix="name a scenario, or a layer of land as local_authority",
        )
    return layer


def land_that_moves(study: Core, before: str, after: str) -> pd.Series[str]:
    """Return the blocks that are in another unit after, by block: "yes", or "part".

    A part, where some of a block may stay, or goes to several units along a line not to hand.
    """
    old, new = (
        study.land(study.layer(name).key).groupby("block")["unit_code"].agg(frozenset).to_dict()
        for name in (before, after)
    )
    moved = {
        block: "part" if units & new[block] or len(new[block]) > 1 else "yes"
        for block, units in old.items()
        if units != new[block]
    }
    return pd.Series(moved, dtype=object)


def moving_place(study: Core, before: str, after: str) -> Place | None:
    """Return the land of all units that gain or lose any as a place; None where it is most land."""
    moves, layer = land_that_moves(study, before, after), study.layer(after)
    lands = [study.land(study.layer(name).key) for name in (before, after)]
    units = {
        code for land in lands for code in land.loc[land["block"].isin(moves.index), "unit_code"]
    }
    blocks = {b for land in lands for b in land.loc[land["unit_code"].isin(units), "block"]}
    if not blocks or len(blocks) > len(study.block_weights) / 4:
        return None
    return Place(layer.key, "", layer.title, tuple(sorted(blocks)))


def compare_layers(study: Core, before: str, after: str, basis: Basis | None = None) -> Comparison:
    """Hold two layers side by side; see `Study.scenario_compare`."""
    layers = [_of_land(study, name) for name in (before, after)]
    made = {layer.key: followed(study, layer) for layer in layers}
    by_body = all(frame is not None for frame in made.values())
    if basis is not None and basis not in BASES:
        raise UsageError(f"{basis!r} is no basis", where="--basis", fix=f"use {' or '.join(BASES)}")
    if basis == "maintaining" and not by_body:
        other = next(key for key, frame in made.items() if frame is None)
        raise UsageError(
            f"the units of {other} are not made of authorities, so no body that maintains a "
            "school says in which it is",
            where="--basis",
            fix="use location",
        )
    chosen: Basis = basis or ("maintaining" if by_body else "location")

    def members(layer: Layer) -> Membership:
        frame = made[layer.key] if chosen == "maintaining" else located(study, layer)
        assert frame is not None
        return Membership.of(frame, study.weights().index, item="urn", what=layer.key)

    first, last = layers
    hubs = [
        key
        for key in drawn_layers(study)[0]
        if study.area_layers[key].family == "hubs" and key not in made
    ]
    word = study.population.word
    return Comparison(
        study.schools,
        members(first),
        members(last),
        {key: study.membership(key) for key in hubs},
        chosen,
        f"{first.title} before, {last.title} after; {word} schools {BASES[chosen]}",
        study.everywhere,
        study.spread_options,
        {key: study.resting(key) for key in hubs},
    )
