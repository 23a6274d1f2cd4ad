"""Every table that a study exports, in the order of the data dictionary.

Only columns that the data dictionary describes leave, so that nothing leaves by accident.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path

import pandas as pd

from geolls.api import Study
from geolls.base.vocabulary import WEIGHTS, By
from geolls.export.dictionary import TableText, load_dictionary
from geolls.export.star import STAR
from geolls.layers.evidence import evidence
from geolls.layers.model import TIERS, Problem
from geolls.study.cuts import cut
from geolls.study.gazetteer import Place
from geolls.study.units import units_of

Builder = Callable[[Study], pd.DataFrame]

__all__ = ["BUILDERS", "MAIN_LAYERS", "tables"]

#: Layers whose overlaps are exported, pair by pair; a user's own layers of land come on top.
MAIN_LAYERS = (
    "local_authority",
    "combined_authority",
    "region",
    "teaching_school_hub",
    "maths_hub",
)


def tables(
    study: Study, keys: Sequence[str] = (), *, profile: str = "", place: Place | None = None
) -> Iterator[tuple[TableText, pd.DataFrame]]:
    """Yield every table of a study, with what it holds.

    Parameters
    ----------
    study : Study
        Any study.
    keys : sequence of str, optional
        Only these tables.
    profile : {"", "star"}, optional
        The ordinary tables, or those of the star.
    place : Place, optional
        Only the rows about a place, of the ordinary tables.

    Yields
    ------
    tuple of TableText and pandas.DataFrame
        In the order of the data dictionary; exactly the columns that it describes (those of every
        layer written out), codes as text, missing as None or NaN.

    Notes
    -----
    Small numbers of pupils eligible for free meals are blank; see `measures.disclosure`.
    """
    builders = {"": BUILDERS, "star": STAR}[profile]
    for text in load_dictionary().tables.values():
        if text.profile == profile and (not keys or text.key in keys):
            columns = [c.name for c in text.expand(study.measured, given=study.given)]
            yield text, _there(study, text.key, builders, place)[columns].reset_index(drop=True)


def _there(
    study: Study, key: str, builders: Mapping[str, Builder], place: Place | None
) -> pd.DataFrame:
    """Return a table, or what of it is about a place."""
    if place is None or key in _WHOLE:
        found = builders[key](study)
        told = {"item": ["place"], "value": [place.name]} if place and key == "study" else {}
        return pd.concat([found, pd.DataFrame(told)], ignore_index=True) if told else found
    if key in _COUNTED:
        return _COUNTED[key](study, place)
    return cut(study, builders[key](study), place, key)


def _study(study: Study) -> pd.DataFrame:
    found = study.describe()
    # Of a path only the name: a study is the same on every machine.
    path = found["item"].isin(["register_file", "links_file"])
    found.loc[path, "value"] = [Path(v).name for v in found.loc[path, "value"]]
    _ask_all(study)
    lines = [*study.register.source.get("told", ()), *study.told()]
    told = pd.DataFrame({"item": "told", "value": lines})
    return pd.concat([found, told], ignore_index=True) if lines else found


def _ask_all(study: Study) -> None:
    """Ask for every layer: what is told of them hangs on no other table then."""
    for key, layer in study.layers.items():
        if layer.column:
            study.membership(key)


def _layers(study: Study) -> pd.DataFrame:
    rows = []
    for layer in study.layers.values():
        found = evidence(layer, study.as_of, study.areas)
        units: int = found.units_evidenced
        if layer.kind in {"schools", "polygons"}:  # the units are in the register, or in a file
            units = int((~study.membership(layer.key).outside).sum())
        rows.append(
            {
                **{c: getattr(layer, c) for c in _AS_STATED},
                "layer": layer.key,
                "units": units,
                "units_expected": found.units_expected,
                "confidence": found.lowest_confidence,
                "date_note": study.date_note(layer.key),
            }
        )
    return pd.DataFrame(rows)


_AS_STATED = (
    *("title", "family", "kind", "tiling", "complete", "valid_from", "valid_to"),
    *("source", "source_date", "source_url", "licence", "note"),
)


def _areas(study: Study) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "gss_code": a.code,
                **{c: getattr(a, c) for c in ("name", "tier", "valid_from", "valid_to")},
                **{c: getattr(a, c) for c in ("la_code", "source", "confidence", "status")},
                **{c: ";".join(getattr(a, c)) for c in ("blocks", "shared")},
            }
            for tier in TIERS
            for a in study.areas.alive(tier, study.as_of)
        ]
    )


def _claims(study: Study) -> pd.DataFrame:
    rows = [
        {"layer": key, **{c: getattr(claim, c) for c in _CLAIM}}
        for key in study.area_layers
        for claim in study.claims(key)
    ]
    found = pd.DataFrame(rows, columns=["layer", *_CLAIM])
    found["block_name"] = found["block"].map(study.block_names)
    found["source_date"] = [None if v is None else str(v) for v in found["source_date"]]
    return found


_CLAIM = (
    *("unit_code", "unit_name", "block", "share", "stated", "extent"),
    *("confidence", "line_confidence", "source", "source_date"),
)


def _units(study: Study) -> pd.DataFrame:
    """Return one row per unit of each layer of land, with what is in it."""
    parts = []
    for key in study.area_layers:
        units = units_of(study, key)
        land = study.membership(key, "area").frame("block", reasons=False)
        several = land.groupby("block")["unit_code"].transform("size") > 1
        area, lived = (land["block"].map(study.weights(by)) for by in ("area", "neighbourhoods"))
        sums = pd.DataFrame(
            {"whole": area, "shared": area * several, "neighbourhoods": lived * land["share"]}
        )
        sums = sums.groupby(land["unit_code"]).sum().reindex(units.index)
        known = units[["area_km2", *_BOTH]].assign(
            layer=key,
            unit_name=units["name"],
            neighbourhoods=sums["neighbourhoods"],
            shared_share=sums["shared"] / sums["whole"],
        )
        parts.append(known.rename_axis("unit_code").reset_index())
    return pd.concat(parts, ignore_index=True)


# What a unit has, with the least and the most where it shares land.
_BOTH = [f"{what}{end}" for what in ("schools", "pupils") for end in ("", "_low", "_high")]


def _weights(place: Place | None) -> list[By]:
    """Return the weights that a place can be counted in: of a list of schools, none of land."""
    return [by for by, w in WEIGHTS.items() if not place or place.has_land or w.item == "urn"]


def _coverage(study: Study, place: Place | None = None) -> pd.DataFrame:
    weights = [by for by in ("area", "schools") if by in _weights(place)]
    asked: list[tuple[str, By]] = [
        (key, by)
        for key, layer in study.layers.items()
        if layer.kind != "sites"
        for by in (weights if key in study.area_layers else weights[-1:])
    ]
    parts = [study.coverage(key, by, place=place).assign(layer=key, by=by) for key, by in asked]
    return pd.concat(parts, ignore_index=True)


def _overlap(study: Study, place: Place | None = None) -> pd.DataFrame:
    own = [k for k, v in study.area_layers.items() if v.family == "user"]
    keys = [k for k in (*MAIN_LAYERS, *own) if k in study.area_layers]
    parts = [
        study.overlap(left, right, by, place=place).assign(left=left, right=right, by=by)
        for left, right in combinations(keys, 2)
        for by in _weights(place)
    ]
    columns = [c.name for c in load_dictionary().tables["overlap"].columns]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _account(study: Study) -> pd.DataFrame:
    _ask_all(study)
    placed, register = study.placement.schools, study.register.source["path"]
    entries = [*study.register.account(), *study.account()]
    entries += [
        Problem(register, None, "school", "no location", value=str(urn))
        for urn in placed.loc[placed["block"].isna(), "urn"]
    ]
    rows = [(p.file, p.row, p.column, p.value, p.message, p.fix) for p in entries]
    return pd.DataFrame(rows, columns=["file", "line", "what", "value", "why", "nearest"])


def _mismatch(study: Study, place: Place | None = None) -> pd.DataFrame:
    """Return how layers disagree by every weight; of a user's own set not by eligible pupils."""
    own = place is not None and study.layer(place.layer).family == "user"
    weights = [by for by in _weights(place) if not (own and WEIGHTS[by].suppressed)]
    return pd.concat([study.mismatch(by=by, place=place) for by in weights])


def _schools(study: Study) -> pd.DataFrame:
    placed = study.placement.schools.set_index("urn")
    return study.schools.join(placed[["block", "located_by", "distance_m"]], on="urn")


# Tables that say the same of every place, and those that are counted anew within one.
_WHOLE = ("study", "account", "summary", "layers", "areas", "rejects", "filtered", "dictionary")
_COUNTED: Mapping[str, Callable[[Study, Place], pd.DataFrame]] = {
    "coverage": _coverage,
    "overlap": _overlap,
    "mismatch": _mismatch,
    "spread": lambda study, place: study.spread(place),
}
BUILDERS: Mapping[str, Builder] = {
    "study": _study,
    "summary": lambda study: study.register.summary(),
    "layers": _layers,
    "areas": _areas,
    "units": _units,
    "claims": _claims,
    "coverage": _coverage,
    "overlap": _overlap,
    "mismatch": _mismatch,
    "spread": lambda study: study.spread(),
    "schools": _schools,
    "assignment": lambda study: study.assigned(),
    "disagreements": lambda study: study.placement.disagreements,
    "account": _account,
    "rejects": lambda study: study.register.rejects,
    "filtered": lambda study: study.register.filtered,
    "dictionary": lambda study: pd.DataFrame(
        load_dictionary().rows(study.measured, study.rests_on, given=study.given)
    ),
}
