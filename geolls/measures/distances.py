"""Find near points: the k nearest, and how many lie within a radius. Metres, straight lines."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

__all__ = ["count_within", "nearest"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

# So many candidate pairs are looked at together: about 100 MB.
_CHUNK = 2_000_000


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
    wanted = np.broadcast_to(np.asarray(k, dtype=np.intp), len(queries))
    most = int(wanted.max(initial=0))
    index = np.full((len(queries), most), -1, dtype=np.intp)
    metres = np.full((len(queries), most), np.nan)
    usable = np.flatnonzero(np.isfinite(points).all(axis=1))
    pending = np.flatnonzero(np.isfinite(queries).all(axis=1) & (wanted > 0))
    if not len(usable) or not len(pending):
        return index, metres
    spots = points[usable]
    both = np.concatenate([spots, queries[pending]])
    extent = float(np.ptp(both, axis=0).max()) + 1.0
    cell = max(extent / np.sqrt(2 * len(spots)), 1.0)
    while len(pending):
        last = cell >= extent
        unfinished = []
        for q, p, d in _candidates(spots, queries[pending], cell):
            ok = d <= cell
            if skip is not None:
                ok &= usable[p] != skip[pending[q]]
            q, p, d = q[ok], p[ok], d[ok]
            order = np.lexsort((p, d, q))
            q, p, d = q[order], p[order], d[order]
            rank = np.arange(len(q)) - np.searchsorted(q, q)
            take = rank < wanted[pending[q]]
            index[pending[q[take]], rank[take]] = usable[p[take]]
            metres[pending[q[take]], rank[take]] = d[take]
            unfinished.append(q)
        seen = np.bincount(np.concatenate(unfinished), minlength=len(pending))
        pending = pending[(seen < wanted[pending]) & (not last)]
        cell *= 2
    return index, metres


def count_within(points: Floats, queries: Floats, radius: float) -> Ints:
    """Count the points within a radius (metres, inclusive) of every query."""
    usable = points[np.isfinite(points).all(axis=1)]
    known = np.flatnonzero(np.isfinite(queries).all(axis=1))
    counts = np.zeros(len(queries), dtype=np.intp)
    if len(usable) and len(known):
        for q, _, d in _candidates(usable, queries[known], radius):
            counts += np.bincount(known[q[d <= radius]], minlength=len(queries))
    return counts


def _candidates(
    points: Floats, queries: Floats, cell: float
) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Yield (query, point, metres) for all points in the nine cells about each query, in chunks.

    Everything within one cell's width of a query is among them.
    """
    origin = np.minimum(points.min(axis=0), queries.min(axis=0)) - cell
    px, py = np.floor((points - origin) / cell).astype(np.intp).T
    qx, qy = np.floor((queries - origin) / cell).astype(np.intp).T
    stride = max(int(py.max()), int(qy.max())) + 3
    key = px * stride + py
    order = np.argsort(key, kind="stable")
    key = key[order]
    # Three cells of a column stand next to each other in the order.
    columns = (qx[:, None] + np.array([-1, 0, 1])) * stride + qy[:, None]
    start = np.searchsorted(key, columns - 1, side="left")
    length = np.searchsorted(key, columns + 1, side="right") - start
    ends = np.cumsum(length.sum(axis=1))
    first = 0
    while first < len(queries):
        done = ends[first - 1] if first else 0
        stop = max(int(np.searchsorted(ends, done + _CHUNK, side="right")), first + 1)
        n = length[first:stop].ravel()
        q = np.repeat(np.repeat(np.arange(first, stop), 3), n)
        run = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
        p = order[np.repeat(start[first:stop].ravel(), n) + run]
        step = points[p] - queries[q]
        yield q, p, np.hypot(step[:, 0], step[:, 1])
        first = stop
