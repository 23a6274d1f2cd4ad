"""Cut a table to a place: keep its rows about schools, trusts, units or land that are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from geolls.base.errors import UsageError
from geolls.base.vocabulary import REASONS
from geolls.study.core import Core
from geolls.study.gazetteer import Place
from geolls.study.units import counted_in

__all__ = ["cut", "cut_changes", "units_at"]

HOME = "local_authority"


def units_at(study: Core, key: str, place: Place) -> set[str]:
    """Return the units of a layer that the schools of a place are in, or that have its land."""
    urns = study.schools_of(place)
    table = study.assigned(key)
    found = set(table.loc[table["urn"].isin(urns), "unit_code"])
    if place.has_land and counted_in(study, key) == "area":
        land = study.land(key)
        found |= set(land.loc[land["block"].isin(place.blocks), "unit_code"])
    return found.difference(REASONS)


def cut(study: Core, table: pd.DataFrame, place: Place, name: str = "the table") -> pd.DataFrame:
    """Return the rows of a table that are about a place; their numbers stay those of the whole.

    Parameters
    ----------
    study : Core
        The study.
    table : pandas.DataFrame
        With one of the columns urn, trust_uid, block, district_code, or unit_code with its layer
        in `layer` (authorities where there is no such column).
    place : Place
        The place.
    name : str, optional
        What to call the table in an error.

    Returns
    -------
    pandas.DataFrame
        Schools that are there; trusts with a school there; blocks in which it lies; units with a
        school or land of it.

    Raises
    ------
    UsageError
        When no row of the table is about schools, trusts, units or land.
    """
    for column, rows in _ABOUT.items():
        if column in table:
            return table[rows(study, table, place)].reset_index(drop=True)
    raise UsageError(
        f"{name} is about England as a whole",
        where="--place",
        fix="leave out --place",
    )


def _units(study: Core, table: pd.DataFrame, place: Place) -> pd.Series[bool]:
    layer = table["layer"] if "layer" in table else pd.Series(HOME, index=table.index)
    kept = pd.Series(False, index=table.index)
    for key in layer.dropna().unique():
        mine = layer == key
        kept |= mine & table["unit_code"].isin(units_at(study, str(key), place))
    return kept


def _trusts(study: Core, table: pd.DataFrame, place: Place) -> pd.Series[bool]:
    here = study.schools["urn"].isin(study.schools_of(place))
    return table["trust_uid"].isin(study.schools.loc[here, "trust_uid"].dropna())


_ABOUT: Mapping[str, Callable[[Core, pd.DataFrame, Place], pd.Series[bool]]] = {
    "urn": lambda study, table, place: table["urn"].isin(study.schools_of(place)),
    "trust_uid": _trusts,
    "block": lambda _, table, place: table["block"].isin(place.blocks),
    "district_code": lambda study, table, place: table["district_code"].isin(
        units_at(study, "district", place)
    ),
    "unit_code": _units,
}


def cut_changes(
    table: pd.DataFrame, before: tuple[Core, Place | None], after: tuple[Core, Place | None]
) -> pd.DataFrame:
    """Return the changes that are about a place, as it was on the first day or is on the last.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `geolls.study.changes.changes`.
    before, after : (Core, Place or None)
        The study on each day, and the place on it; None where there is no such place that day.
    """
    days = [(study, place) for study, place in (before, after) if place is not None]
    kept = table["what"] == "layer"
    codes = ["code", "from_code", "to_code"]
    for study, place in days:
        school = table["what"].isin(["school", "move"])
        here = table[["code"]].isin(set(study.schools_of(place))).any(axis=1)
        kept |= school & here
        kept |= (table["what"] == "claim") & table["code"].isin(place.blocks)
        for key in study.area_layers:
            area = (table["what"] == "area") & (table["layer"] == key)
            if area.any():
                kept |= area & table[codes].isin(units_at(study, key, place)).any(axis=1)
    return table[kept].reset_index(drop=True)
