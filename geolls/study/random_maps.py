"""Set the maps of a study beside maps drawn by chance on the same blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from geolls.base.vocabulary import WEIGHTS, By
from geolls.land.blocks import adjacency
from geolls.measures import nulls
from geolls.measures.communities import home_fit

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from geolls.study.core import Core

__all__ = ["map_fit", "null_share_worse"]


def _ground(study: Core, by: By) -> tuple[pd.Series[float], npt.NDArray[np.intp]]:
    """Return the weight that lies on each block, and the pairs of blocks that touch."""
    blocks, weight = study.blocks.sort_index(), study.weights(by)
    if WEIGHTS[by].item == "urn":
        weight = weight.groupby(_block_of_school(study)).sum()
    return weight.reindex(blocks.index).fillna(0.0), adjacency(blocks)


def _block_of_school(study: Core) -> pd.Series[str]:
    return study.placement.schools.set_index("urn")["block"]


def null_share_worse(
    study: Core,
    left: str,
    right: str,
    by: By = "schools",
    *,
    draws: int = 199,
    seed: int = 2022,
    jobs: int = 1,
    progress: Callable[[str, int, int | None], None] | None = None,
) -> pd.DataFrame:
    """Return the share of random maps that fit worse, in the columns of `Study.mismatch`."""
    x, y = (study.membership(k, "area") for k in (left, right))
    weight, touching = _ground(study, by)
    found = nulls.null_share_worse(
        x,
        y,
        weight,
        touching,
        draws=draws,
        seed=seed,
        jobs=jobs,
        progress=(lambda i, n: progress("Random maps", i, n)) if progress else None,
    )
    rows = [
        ("null_share_worse", found.share_worse, f"{draws} random maps, seed {seed}"),
        ("null_v_measure", float(found.draws["v_measure"].mean()), "mean of the random maps"),
        ("null_deviation", float(found.draws["deviation"].mean()), "mean miss of their sizes"),
    ]
    table = pd.DataFrame(rows, columns=["measure", "value", "note"])
    table.insert(0, "left", study.layer(left).key)
    table.insert(1, "right", study.layer(right).key)
    table.insert(2, "by", by)
    return table


def map_fit(study: Core) -> pd.DataFrame:
    """Measure how well each map keeps trusts together, beyond maps of like size drawn by chance."""
    layers = {k: study.membership(k, "area") for k in study.area_layers}
    weight, touching = _ground(study, "schools")
    return home_fit(study.schools, _block_of_school(study), layers, weight, touching, draws=19)
