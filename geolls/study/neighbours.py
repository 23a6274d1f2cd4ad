"""Which units of a layer touch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from geolls.land.blocks import adjacency
from geolls.measures.membership import is_reason

if TYPE_CHECKING:
    from geolls.study.core import Core

__all__ = ["neighbours"]


def neighbours(study: Core, layer: str) -> Mapping[str, list[str]]:
    """Return, for each unit of a layer, the units whose land touches its own.

    Parameters
    ----------
    study : Core
        The study.
    layer : str
        An area layer.

    Returns
    -------
    Mapping of str to list of str
        unit_code to unit_codes, sorted; a unit without neighbours is left out.

    Notes
    -----
    Land that the sea cuts off touches the nearest land across it; see `adjacency`.
    """
    return study.memo(("neighbours", layer), lambda: _find(study, layer))


def _find(study: Core, layer: str) -> dict[str, list[str]]:
    touching = study.memo(("blocks that touch",), lambda: adjacency(study.blocks).tolist())
    table = study.land(layer)
    table = table[~is_reason(table["unit_code"])]
    units = table.groupby("block")["unit_code"].agg(list).to_dict()
    names = study.blocks.index
    found: dict[str, set[str]] = {}
    for a, b in touching:
        for one in units.get(names[a], ()):
            for two in units.get(names[b], ()):
                if one != two:
                    found.setdefault(one, set()).add(two)
                    found.setdefault(two, set()).add(one)
    return {code: sorted(beside) for code, beside in found.items()}
