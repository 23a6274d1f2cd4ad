"""Lines of equal value between points of which it is known, in a straight line from each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from scipy.spatial import Delaunay, KDTree

from geolls.base.arrays import Floats

__all__ = ["bands"]

_AROUND = 64  # points far out, around all land


def bands(
    xy: Floats, value: Floats, ends: Sequence[float], land: Any, *, simpler: float = 0.0
) -> list[Any]:
    """Part land into bands of a value: up to each end, and beyond the last.

    Parameters
    ----------
    xy : numpy.ndarray of float, shape (n, 2)
        Points, one or more.
    value : numpy.ndarray of float, shape (n,)
        What is known there; of points in one place the least counts.
    ends : sequence of float
        Where bands end, ascending.
    land : shapely.Geometry
        What is parted.
    simpler : float, optional
        By so many metres a line may be off, for fewer corners.

    Returns
    -------
    list of shapely.Geometry
        One per end, and one for what is beyond: polygons, which may be empty.

    Notes
    -----
    The points are joined in triangles (Delaunay), in each of which the value is a plane; far out
    the value is that of the nearest point.

    Examples
    --------
    >>> corners = np.array([[0.0, 0], [8, 0], [0, 8], [8, 8]])
    >>> near, far = bands(corners, np.array([0.0, 8, 0, 8]), [2], shapely.box(0, 0, 8, 8))
    >>> float(near.area), float(far.area)
    (16.0, 48.0)
    """
    order = np.lexsort((value, xy[:, 1], xy[:, 0]))
    first = np.r_[True, (np.diff(xy[order], axis=0) != 0).any(axis=1)]
    xy, value = xy[order][first], value[order][first]
    turn, middle = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False), xy.mean(axis=0)
    every = shapely.multipoints(np.r_[xy, shapely.get_coordinates(shapely.envelope(land))])
    far = 2 * shapely.hausdorff_distance(shapely.Point(middle), every)
    outer = middle + far * np.column_stack([np.cos(turn), np.sin(turn)])
    value = np.r_[value, value[KDTree(xy).query(outer)[1]]]
    xy = np.r_[xy, outer]
    corner = Delaunay(xy).simplices
    corner = np.take_along_axis(corner, np.argsort(value[corner], axis=1, kind="stable"), axis=1)
    point, high = xy[corner], value[corner]
    below = [shapely.simplify(_below(point, high, end), simpler) for end in ends]
    found, left = [], land
    for each in below:
        found.append(_polygons(shapely.intersection(left, each)))
        left = shapely.difference(left, each)
    return [*found, _polygons(left)]


def _polygons(geometry: Any) -> Any:
    parts = shapely.get_parts(geometry)
    return shapely.multipolygons(parts[shapely.get_dimensions(parts) == 2])


def _below(point: Floats, high: Floats, end: float) -> Any:
    """Return what of the triangles is below: corners are in order of their value."""

    def cut(a: int, b: int, some: Any) -> Floats:
        way = (end - high[some, a]) / (high[some, b] - high[some, a])
        between: Floats = point[some, a] + way[:, None] * (point[some, b] - point[some, a])
        return between

    number = (high <= end).sum(axis=1)
    one, two = number == 1, number == 2
    parts = [
        shapely.polygons(point[number == 3]),
        shapely.polygons(np.stack([point[one, 0], cut(0, 1, one), cut(0, 2, one)], axis=1)),
        shapely.polygons(
            np.stack([point[two, 0], point[two, 1], cut(1, 2, two), cut(0, 2, two)], axis=1)
        ),
    ]
    return shapely.union_all(np.concatenate(parts))
