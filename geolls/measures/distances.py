"""Measure how far apart points are: near ones, and those of one body. Metres, straight lines."""

from __future__ import annotations

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from geolls.base.arrays import Flags, Floats, Ints

__all__ = [
    "by_body",
    "clusters",
    "count_within",
    "distance",
    "hull_areas",
    "located",
    "nearest",
    "nearest_sibling",
    "pairs_near",
    "pairs_within",
    "ranked",
    "spanning_tree",
]


# Farther apart than any two points of Great Britain, in metres.
_FAR = 1e8
# The tree rounds otherwise than `distance`: it looks a little farther than it is asked to.
_MARGIN = 1 + 1e-9


def distance(a: Floats, b: Floats) -> Floats:
    """Return the metres between points; every distance of geolls is measured here.

    Parameters
    ----------
    a, b : numpy.ndarray of float, shape (..., 2)
        Eastings and northings in metres, of shapes that go together.

    Returns
    -------
    numpy.ndarray of float
        Straight lines; NaN where a coordinate is missing.

    Examples
    --------
    >>> distance(np.array([[0.0, 0.0], [3.0, 0.0]]), np.array([0.0, 4.0])).tolist()
    [4.0, 5.0]
    """
    step = np.asarray(a, dtype=float) - np.asarray(b, dtype=float)
    return np.asarray(np.hypot(step[..., 0], step[..., 1]))


def located(points: Floats) -> Flags:
    """Return which points have both coordinates."""
    return np.asarray(np.isfinite(points).all(axis=-1), dtype=bool)


def nearest(
    points: Floats, queries: Floats, k: int | Ints, skip: Ints | None = None
) -> tuple[Ints, Floats]:
    """Find the k nearest points of every query.

    Parameters
    ----------
    points, queries : numpy.ndarray of float, shape (n, 2) and (m, 2)
        Eastings and northings in metres; a point with a missing coordinate is nobody's
        neighbour.
    k : int or numpy.ndarray of int
        How many, for all queries or for each.
    skip : numpy.ndarray of int, optional
        For each query a point that does not count (itself), or -1.

    Returns
    -------
    tuple of numpy.ndarray, shape (m, largest k)
        Positions in `points`, nearest first and ties by position, -1 where there are no more (or
        no coordinates); and distances in metres, NaN there.
    """
    from scipy.spatial import KDTree  # costs as much as measuring every trust without it

    wanted = np.broadcast_to(np.asarray(k, dtype=np.intp), len(queries))
    usable = np.flatnonzero(located(points))
    asked = np.flatnonzero(located(queries) & (wanted > 0))
    if not len(usable) or not len(asked):
        return ranked(asked[:0], usable[:0], np.empty(0), wanted)
    tree, spots = KDTree(points[usable]), queries[asked]
    # One more than wanted, since one may not count; then all as near as the last, for the ties.
    reach, _ = tree.query(spots, k=np.arange(1, int(wanted.max()) + 2))
    reach = np.minimum(reach[np.arange(len(asked)), wanted[asked]], _FAR) * _MARGIN
    found = tree.query_ball_point(spots, reach)
    q = np.repeat(asked, [len(near) for near in found])
    p = usable[np.concatenate([np.asarray(near, dtype=np.intp) for near in found])]
    if skip is not None:
        q, p = q[p != skip[q]], p[p != skip[q]]
    metre = distance(points[p], queries[q])
    return ranked(q, p, metre, wanted)


def ranked(q: Ints, p: Ints, far: Floats, wanted: Ints) -> tuple[Ints, Floats]:
    """Return of each query the nearest points, of pairs with how far each is.

    Parameters
    ----------
    q, p : numpy.ndarray of int
        Query and point of each pair.
    far : numpy.ndarray of float
        How far they are apart, in any unit.
    wanted : numpy.ndarray of int
        How many points each query is to have.

    Returns
    -------
    tuple of numpy.ndarray, shape (queries, largest wanted)
        Points, nearest first and ties by position, -1 where there are no more; and how far.
    """
    shape = len(wanted), int(wanted.max(initial=0))
    index, out = np.full(shape, -1, dtype=np.intp), np.full(shape, np.nan)
    order = np.lexsort((p, far, q))
    q, p, far = q[order], p[order], far[order]
    rank = np.arange(len(q)) - np.searchsorted(q, q)
    take = rank < wanted[q]
    index[q[take], rank[take]] = p[take]
    out[q[take], rank[take]] = far[take]
    return index, out


def count_within(points: Floats, queries: Floats, radius: float) -> Ints:
    """Count the points within a radius (metres, inclusive) of every query."""
    from scipy.spatial import KDTree

    counts, known = np.zeros(len(queries), dtype=np.intp), located(queries)
    tree = KDTree(points[located(points)])
    counts[known] = tree.query_ball_point(queries[known], radius, return_length=True)
    return counts


def pairs_near(points: Floats, queries: Floats, radius: float) -> tuple[Ints, Ints]:
    """Return all pairs of a query and a point within a radius (metres, inclusive)."""
    from scipy.spatial import KDTree

    here, there = np.flatnonzero(located(queries)), np.flatnonzero(located(points))
    found = KDTree(points[there]).query_ball_point(queries[here], radius, return_sorted=True)
    q = np.repeat(here, [len(near) for near in found])
    return q, there[np.concatenate([np.empty(0, np.intp), *found]).astype(np.intp)]


def by_body(points: Floats, body: Ints) -> Ints:
    """Return the points that have coordinates and a body (0 or more), sorted by body."""
    rows = np.flatnonzero(located(points) & (body >= 0))
    return np.asarray(rows[np.argsort(body[rows], kind="stable")])


def pairs_within(body: Ints) -> tuple[Ints, Ints]:
    """Return all pairs of points of one body: positions i < j, in their order.

    Parameters
    ----------
    body : numpy.ndarray of int
        The body of each point, in ascending order.

    Examples
    --------
    >>> [at.tolist() for at in pairs_within(np.array([0, 0, 0, 1, 2, 2]))]
    [[0, 0, 1, 4], [1, 2, 2, 5]]
    """
    at = np.arange(len(body))
    later = np.searchsorted(body, body, side="right") - at - 1
    i = np.repeat(at, later)
    return i, i + 1 + np.arange(len(i)) - np.repeat(np.cumsum(later) - later, later)


def nearest_sibling(i: Ints, j: Ints, metres: Floats, points: int) -> Floats:
    """Return how far each point is from the nearest other of its body; NaN where it has none."""
    near = np.full(points, np.inf)
    for end in (i, j):
        np.minimum.at(near, end, metres)
    return np.where(np.isfinite(near), near, np.nan)


def spanning_tree(i: Ints, j: Ints, metres: Floats, points: int) -> Ints:
    """Return which pairs make the shortest tree that joins the points of every body.

    Parameters
    ----------
    i, j : numpy.ndarray of int
        All pairs of points that may be joined.
    metres : numpy.ndarray of float
        The distance between each pair.
    points : int
        How many points there are.

    Returns
    -------
    numpy.ndarray of int
        Positions among the pairs, the shortest first; of equal pairs the first is taken.
    """
    # By rank: to scipy a distance of 0 is no edge, and of equal edges it may take any.
    order = np.argsort(metres, kind="stable")
    rank = np.empty(len(order))
    rank[order] = np.arange(1, len(order) + 1)
    tree = minimum_spanning_tree(coo_array((rank, (i, j)), shape=(points, points)).tocsr())
    return np.asarray(order[np.sort(tree.data).astype(np.intp) - 1])


def clusters(i: Ints, j: Ints, points: int) -> Ints:
    """Return the group of each point, where these pairs join points; from 0, in their order."""
    joined = coo_array((np.ones(len(i)), (i, j)), shape=(points, points))
    return np.asarray(connected_components(joined, directed=False)[1], dtype=np.intp)


def hull_areas(points: Floats, body: Ints, number: int) -> Floats:
    """Return the area of the convex hull of the points of each body, 0 where it has none.

    Parameters
    ----------
    points : numpy.ndarray of float, shape (n, 2)
        Sorted by body; all have coordinates.
    body : numpy.ndarray of int
        The body of each point, 0..number - 1.
    number : int
        How many bodies.
    """
    areas = np.zeros(number)
    some, at = np.unique(body, return_inverse=True)
    areas[some] = shapely.area(shapely.convex_hull(shapely.multipoints(points, indices=at)))
    return areas
