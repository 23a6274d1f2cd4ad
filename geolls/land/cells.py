"""A raster over the blocks, for points by the million: it answers where no line is near."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geolls.land.locate import locate

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

__all__ = ["Cells"]

CELL_M = 250.0


class Cells:
    """A raster over the blocks: each cell names the block that holds all of it, or says `ASK`.

    Parameters
    ----------
    blocks : geopandas.GeoDataFrame
        Indexed by block, EPSG:27700, one valid coverage.
    cell_m : float, default 250
        Width of a cell in metres.

    Notes
    -----
    Every line is sampled at least every quarter of a cell, so none of it is more than an eighth of
    a cell from a sample. A cell farther than that from every sample is crossed by no line, and lies
    in one block or outside all. Of points in all other cells, and outside all blocks, `locate` is
    asked: the answer is always its answer.
    """

    ASK = -1

    def __init__(self, blocks: GeoDataFrame, cell_m: float = CELL_M) -> None:
        self.blocks = blocks
        self._cell = cell_m
        shapes = blocks.geometry.to_numpy()
        shapely.prepare(shapes)
        xy = shapely.get_coordinates(shapely.segmentize(shapely.boundary(shapes), cell_m / 4))
        # A margin of one cell all round lies outside all blocks.
        self._corner = (np.floor(xy.min(axis=0) / cell_m) - 1) * cell_m
        columns, rows = ((xy.max(axis=0) - self._corner) // cell_m).astype(int) + 2
        crossed = np.zeros((rows, columns), dtype=bool)
        for aside in ((-0.125, -0.125), (-0.125, 0.125), (0.125, -0.125), (0.125, 0.125)):
            column, row = ((xy - self._corner) / cell_m + aside).astype(int).T
            crossed[row, column] = True
        # Between two lines the cells of a row are alike: the first of a run answers for all. A run
        # may go on in the next row, through the margin.
        free = np.concatenate([[False], ~crossed.ravel(), [False]])
        first, end = np.flatnonzero(free[1:] != free[:-1]).reshape(-1, 2).T
        middles = np.column_stack([first % columns, first // columns]) + 0.5
        found = locate(middles * cell_m + self._corner, blocks)
        answers = np.where(
            found["located_by"] == "polygon", blocks.index.get_indexer(found["block"]), self.ASK
        )
        self.table = np.full(crossed.shape, self.ASK, dtype=np.int16)
        self.table[~crossed] = np.repeat(answers, end - first)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel light: the raster is made again on arrival."""
        return Cells, (self.blocks[[self.blocks.geometry.name]], self._cell)

    def find(self, xy: NDArray[np.float64]) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
        """Say where each point lies.

        Parameters
        ----------
        xy : array of shape (n, 2)
            Easting and northing in metres; NaN where unknown.

        Returns
        -------
        (array of int, array of bool)
            Position of the block among the blocks, -1 for none; whether the point lies outside all
            blocks, and the nearest one has it.
        """
        cell = (xy - self._corner) / self._cell
        inside = ((cell >= 0) & (cell < self.table.shape[::-1])).all(axis=1)
        column, row = cell[inside].astype(int).T
        at = np.full(len(xy), self.ASK, dtype=np.int16)
        at[inside] = self.table[row, column]
        asked = np.flatnonzero(at == self.ASK)
        there = locate(xy[asked], self.blocks)
        at[asked] = self.blocks.index.get_indexer(there["block"])
        nearest = np.zeros(len(xy), dtype=bool)
        nearest[asked] = there["located_by"] == "nearest"
        return at, nearest
