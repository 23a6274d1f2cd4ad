"""Show schools: those of a place with their units in every layer, those behind a number."""

from __future__ import annotations

import pandas as pd

from geolls.base.errors import UsageError
from geolls.measures.explain import Explanation, explain_place, explain_trust
from geolls.study.analyses import schools_about
from geolls.study.core import Core
from geolls.study.gazetteer import Place

__all__ = ["explain", "schools_in"]


def schools_in(study: Core, place: Place, trust_uid: str | None = None) -> pd.DataFrame:
    """Return the schools of a place, with their unit in every layer; see `api.Study.schools_in`."""
    here = study.membership(place.layer).shares_of(place.unit_code).index
    rows = study.schools["urn"].isin(here)
    if trust_uid is not None:
        rows &= study.schools["trust_uid"] == trust_uid
    columns = ["urn", "name", "phase", "pupils", "trust_uid", "trust_name", "trust_type"]
    out = study.schools.loc[rows, columns].reset_index(drop=True)
    homes = study.spread().set_index("trust_uid").get("home_name_local_authority")
    if homes is not None:
        out["trust_home"] = out["trust_uid"].map(homes)
    for key, layer in study.layers.items():
        if layer.kind != "sites":
            table = study.assigned(key)
            mine = table[table["urn"].isin(out["urn"])]
            out[key] = out["urn"].map(mine.groupby("urn")["unit_name"].agg(" + ".join))
    return out


def explain(study: Core, measure: str, place: Place | None, trust_uid: str | None) -> Explanation:
    """Return the rows behind one number of a place or a trust; they add up to it."""
    layers, options = study.memberships, study.spread_options
    if place is not None:
        near = measure.startswith(("only_", "single_"))
        return explain_place(
            measure,
            study.schools,
            study.membership(place.layer),
            study.kinds(place.layer),
            place.unit_code,
            layers=layers,
            nearby=schools_about(study) if near else None,
            options=options,
        )
    if trust_uid is None:
        raise UsageError("explain needs a place or a trust")
    return explain_trust(measure, study.schools, layers, trust_uid, options)
