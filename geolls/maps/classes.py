"""Numbers of a map: how each is written, which class it falls in, where classes begin."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from geolls.base.errors import MapError
from geolls.base.text import DASH
from geolls.maps.data import Measure

__all__ = ["FORMATS", "Format", "breaks_of", "class_titles", "classify", "quantiles", "say"]

Floats = npt.NDArray[np.float64]


class Format(NamedTuple):
    """How a number is printed: times `scale`, with so many digits, then its unit."""

    scale: float
    digits: int
    unit: str

    @property
    def step(self) -> float:
        """The smallest difference that is printed."""
        return 1 / self._fine

    @property
    def _fine(self) -> float:
        return float(self.scale * 10**self.digits)

    def shown(self, value: Any) -> Any:
        """Round as it is printed, halves up: a value stands in the class its words belong to."""
        return np.floor(np.asarray(value, float) * self._fine + 0.5) / self._fine


FORMATS = {
    "share": Format(100.0, 0, "%"),
    "count": Format(1.0, 0, ""),
    "number": Format(1.0, 1, ""),
    "km": Format(1.0, 1, " km"),
}


def say(value: float | str | None, kind: str) -> str:
    """Write a value as every map, table and legend writes it; missing is an en dash.

    Examples
    --------
    >>> say(0.125, "share"), say(1234.0, "count"), say(5.62, "number"), say(4.94, "km")
    ('13%', '1,234', '5.6', '4.9 km')
    >>> say(0.004, "share")
    'under 1%'
    """
    if value is None or value != value:
        return DASH
    if isinstance(value, str) or kind == "words":
        return str(value)
    form = FORMATS[kind]
    if kind == "km" and value >= 9.95:
        form = form._replace(digits=0)
    shown = float(form.shown(value)) * form.scale
    if kind == "share" and shown == 0 and value > 0:
        return "under 1%"
    return f"{shown:,.{form.digits}f}{form.unit}"


def class_titles(measure: Measure) -> list[str]:
    """Name each class: by its word, or by its printed bounds."""
    if measure.format == "words":
        return list(measure.classes)
    kind, edges, form = measure.format, measure.breaks, FORMATS[measure.format]

    def bare(value: float) -> str:
        digits = "g" if kind in {"count", "km"} else f".{form.digits}f"
        return f"{value * form.scale:{digits}}"

    titles = [f"under {bare(edges[0])}{form.unit}"]
    for low, high in pairwise(edges):
        top, to = (bare(high), "to under") if kind == "km" else (bare(high - form.step), "to")
        titles.append(f"{bare(low)}{'' if bare(low) == top else f' {to} {top}'}{form.unit}")
    last = "100%" if kind == "share" and edges[-1] >= 1 else f"{bare(edges[-1])}{form.unit} or more"
    return [*titles, last]


def classify(measure: Measure, units: Iterable[str]) -> list[int]:
    """Return the class of each unit: -1 no value, -2 too few schools."""
    values = measure.values.reindex(list(units))
    if measure.format == "words":
        at = {word: i for i, word in enumerate(measure.classes)}
        for word in values.dropna():
            if word not in at:
                raise MapError(
                    f"measure {measure.key}: {word!r} is not among its classes",
                    fix=f"classes are {', '.join(measure.classes)}",
                )
        return [at.get(word, -1) for word in values.tolist()]
    if not 1 <= len(measure.breaks) <= 4:
        raise MapError(f"measure {measure.key} needs one to four breaks, not {measure.breaks}")
    shown = FORMATS[measure.format].shown(values)
    edges = np.round(np.asarray(measure.breaks, float), 6)
    found = np.searchsorted(edges, np.round(shown, 6), side="right")
    if measure.n is not None:
        n = measure.n.reindex(values.index).fillna(0).to_numpy()
        found[n < measure.few] = -2
    found[np.isnan(shown)] = -1
    return [int(c) for c in found]


# -- where classes begin -------------------------------------------------------------------------


def breaks_of(values: pd.Series[float], kind: str, classes: int = 5) -> tuple[float, ...]:
    """Return inner class bounds that are round numbers and hold about as many units each.

    Parameters
    ----------
    values : pandas.Series of float
        One value per unit; NaN is left out.
    kind : {"share", "count", "number", "km"}
        How the values are printed, which says what is round.
    classes : int, default 5
        The most classes wanted.

    Returns
    -------
    tuple of float
        Rising inner bounds, one to `classes` - 1; quantiles moved to round numbers.
        Where all values are one, that value; where there is none, a half or one.

    Examples
    --------
    >>> breaks_of(pd.Series([0.01, 0.04, 0.06, 0.11, 0.13, 0.2, 0.28, 0.3, 0.33, 0.49]), "share")
    (0.05, 0.1, 0.25, 0.3)
    """
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    distinct = np.unique(known)
    if len(distinct) < 2:
        alone = float(distinct.sum())
        return (alone if alone > 0 else 0.5 if kind == "share" else 1.0,)
    if kind == "count" and len(distinct) <= classes:
        return tuple(distinct[1:].tolist())
    if (known == distinct[0]).mean() > 1 / classes:  # most are none: they make one class
        known = known[known > distinct[0]]
    k = min(classes, len(distinct))
    inner = quantiles(known, k)
    spread = float(np.quantile(known, 0.9) - np.quantile(known, 0.1)) or float(np.ptp(known))
    step = _nice(spread / (2 * k), FORMATS[kind].step)
    rounded = np.unique(np.round(np.round(inner / step) * step, 6))
    low, high = float(distinct[0]), float(distinct[-1])
    return tuple(float(b) for b in rounded if low < b <= high) or (high,)


def quantiles(values: Floats, classes: int) -> Floats:
    """Return bounds between classes of as many values each; fewer where values repeat."""
    bounds: Floats = np.unique(np.quantile(values, np.linspace(0, 1, classes + 1)[1:]))
    return bounds[:-1]


def _nice(step: float, smallest: float) -> float:
    """Round a step to 1, 2 or 5 times a power of ten."""
    if step <= smallest:
        return smallest
    power = 10.0 ** math.floor(math.log10(step))
    best = next(m for m in (1.0, 2.0, 5.0, 10.0) if m * power >= 0.75 * step)
    return max(best * power, smallest)
