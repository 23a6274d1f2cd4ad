"""A study as a star: facts of schools in units, the dimensions they point to, and who joins whom.

Made for Power BI and for pivot tables, which join by whole numbers: every table has a key of its
own, numbered within one export, and the natural key (URN, UID, code) beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from geolls.api import Study
from geolls.base.text import day
from geolls.export.dictionary import load_dictionary
from geolls.land.locate import to_lonlat
from geolls.layers.model import TIERS
from geolls.measures.membership import is_reason

__all__ = ["RELATIONSHIPS", "STAR"]

#: From the many to the one, each by a column of the same name on both sides.
RELATIONSHIPS = (
    ("fact_memberships", "school_key", "dim_schools"),
    ("fact_memberships", "unit_key", "dim_units"),
    ("fact_memberships", "day_key", "dim_days"),
    ("dim_schools", "trust_key", "dim_trusts"),
    ("dim_units", "layer_key", "dim_layers"),
)
NO_TRUST = 0  # the key of the row that stands for none


def _numbered(frame: pd.DataFrame, key: str, by: list[str]) -> pd.DataFrame:
    """Return rows in order, each with a number that is its key."""
    found = frame.sort_values(by).reset_index(drop=True)
    return found.assign(**{key: np.arange(1, 1 + len(found))})


def _trusts(study: Study) -> pd.DataFrame:
    home = "home_name_local_authority"
    columns = ["trust_uid", "trust_name", "trust_type", "schools", "schools_all", "size_band"]
    table = study.spread().reindex(columns=[*columns, home]).rename(columns={home: "home_name"})
    many = int((~study.schools["trust_uid"].isin(table["trust_uid"])).sum())
    none = {"trust_name": "In no trust, or not known", "schools": many, "schools_all": many}
    known = _numbered(table, "trust_key", ["trust_uid"])
    found = pd.concat([pd.DataFrame([{**none, "trust_key": NO_TRUST}]), known], ignore_index=True)
    return found.astype({"schools": int, "schools_all": int})


def _schools(study: Study) -> pd.DataFrame:
    found = _numbered(study.schools, "school_key", ["urn"])
    trusts = _trusts(study).dropna(subset="trust_uid").set_index("trust_uid")["trust_key"]
    place = [found[c].to_numpy(float) for c in ("easting", "northing")]
    longitude, latitude = (np.round(v, 5) for v in to_lonlat(*place))
    return found.assign(
        trust_key=found["trust_uid"].map(trusts).fillna(NO_TRUST).astype(int),
        longitude=longitude,
        latitude=latitude,
    )


def _layers(study: Study) -> pd.DataFrame:
    keys = study.assigned()["layer"].unique()
    rows = [
        {
            "layer": key,
            **{c: getattr(study.layers[key], c) for c in _AS_STATED},
            "date_note": study.date_note(key),
        }
        for key in keys
    ]
    return _numbered(pd.DataFrame(rows), "layer_key", ["layer"])


_AS_STATED = (
    *("title", "family", "complete", "valid_from", "valid_to"),
    *("source", "source_date", "licence", "note"),
)


def _units(study: Study) -> pd.DataFrame:
    """Return every unit that a school is in, and the reasons of each layer for those in none."""
    table = study.assigned()[["layer", "unit_code", "unit_name"]].drop_duplicates()
    spans: dict[tuple[str, str], tuple[Any, Any]] = {
        (tier, area.code): (area.valid_from, area.valid_to)
        for tier in TIERS
        for area in study.areas.alive(tier, study.as_of)
    }
    for key, layer in study.layers.items():
        for code, unit in layer.units.items():
            spans.setdefault((key, code), (unit.valid_from, unit.valid_to))
    dated: list[tuple[Any, Any]] = [
        spans.get(pair, (None, None))
        for pair in zip(table["layer"], table["unit_code"], strict=True)
    ]
    layers = _layers(study).set_index("layer")["layer_key"]
    table = table.assign(
        layer_key=table["layer"].map(layers),
        has_unit=~is_reason(table["unit_code"]),
        valid_from=[start for start, _ in dated],
        valid_to=[end for _, end in dated],
    )
    return _numbered(table, "unit_key", ["layer", "unit_code"])


def _days(study: Study) -> pd.DataFrame:
    on = study.as_of
    first = on.year if on.month >= 9 else on.year - 1
    row = {
        "day_key": _day_key(study),
        "date": on,
        "year": on.year,
        "month": on.month,
        "school_year": f"{first}/{(first + 1) % 100:02d}",
        "population": study.population.title,
        "register": study.register.label,
        "schools": len(study.schools),
    }
    return pd.DataFrame([row])


def _day_key(study: Study) -> int:
    return int(f"{study.as_of:%Y%m%d}")


def _memberships(study: Study) -> pd.DataFrame:
    table = study.assigned()
    units = _units(study).set_index(["layer", "unit_code"])["unit_key"]
    schools = _schools(study).set_index("urn")["school_key"]
    pupils = study.weights("pupils")
    pairs = pd.MultiIndex.from_frame(table[["layer", "unit_code"]])
    found = table.assign(
        day_key=_day_key(study),
        school_key=table["urn"].map(schools).to_numpy(),
        unit_key=units.reindex(pairs).to_numpy(),
        schools=table["share"],
        pupils=table["urn"].map(pupils).fillna(0.0) * table["share"],
    )
    return found.sort_values(["unit_key", "school_key"])


def _about(study: Study) -> pd.DataFrame:
    said = {
        "title": study.settings.title,
        "day": day(study.as_of),
        "schools that count": f"{len(study.schools):,} "
        f"{study.population.schools(len(study.schools))}",
        "register": study.register.label,
        "fingerprint": study.fingerprint,
        "unchecked": study.unchecked or None,
        "how to count": "Filter dim_layers to one layer, then sum fact_memberships[schools] or "
        "[pupils]: a school is in one unit of each layer, or in several that add up to one. Over "
        "several layers each school would count once a layer.",
        "shared land": "Where several units claim the land of a school and no line is published, "
        "each has an equal part; the true split is not known.",
        "no unit": "has_unit is no where a school is in no unit; unit_code then is the reason.",
        "small numbers": "Numbers of pupils eligible for free meals are not in these tables; "
        "geolls coverage and overlap count them as they may be told.",
        "licence": study.attribution,
    }
    rows = pd.DataFrame({"item": list(said), "value": list(said.values())})
    return rows.dropna().reset_index(drop=True)


def _relationships(study: Study) -> pd.DataFrame:  # noqa: ARG001  (as every builder)
    columns = ["from_table", "column", "to_table"]
    return pd.DataFrame(RELATIONSHIPS, columns=columns).assign(cardinality="many to one")


def _dictionary(study: Study) -> pd.DataFrame:
    return pd.DataFrame(load_dictionary().rows(study.area_layers, profile="star"))


#: Every table of the star, by its key in the data dictionary.
STAR: Mapping[str, Callable[[Study], Any]] = {
    "about": _about,
    "fact_memberships": _memberships,
    "dim_schools": _schools,
    "dim_trusts": _trusts,
    "dim_units": _units,
    "dim_layers": _layers,
    "dim_days": _days,
    "relationships": _relationships,
    "star_dictionary": _dictionary,
}
