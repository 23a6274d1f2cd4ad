"""Where the lead schools of a layer of sites are, and how far each school is from the nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geolls.base.errors import UnknownNameError, UsageError
from geolls.base.vocabulary import PHASES
from geolls.layers.evidence import units_on
from geolls.measures import sites as measuring
from geolls.register.register import read_register

if TYPE_CHECKING:
    from geolls.study.core import Core

__all__ = ["site_distances", "sites"]


def sites(study: Core, name: str) -> pd.DataFrame:
    """Return the sites of a layer of kind `sites` on the study's day; see `api.Study.sites`."""
    layer = study.layer(name)
    if layer.kind != "sites":
        raise UsageError(f"{layer.key} is made of {layer.kind}, not of sites")
    rows = [(u.code, u.name, u.lead_urn) for u in units_on(layer, study.as_of, study.areas)]
    table = pd.DataFrame(rows, columns=["unit_code", "unit_name", "urn"])
    return table.join(study.memo("every school", lambda: _every_school(study)), on="urn")


def _every_school(study: Core) -> pd.DataFrame:
    """Return where schools of every phase are: lead schools may be special or nursery schools."""
    settings, schools = study.settings, study.schools
    if settings.register is not None:
        schools = read_register(
            settings.register, as_of=settings.as_of, phases=PHASES, cache_dir=study.data
        ).schools
    return schools.set_index("urn")[["easting", "northing"]].copy()


def site_distances(study: Core, name: str) -> pd.DataFrame:
    """Return each school's distance to the nearest site; see `geolls.measures.sites`.

    Raises
    ------
    UnknownNameError
        When the register has none of the lead schools.
    """
    found = sites(study, name)
    if found["easting"].isna().all():
        raise UnknownNameError(
            f"no lead school of {name} is in the register",
            fix="give --register with the real schools",
        )
    return measuring.site_distances(study.schools, found)
