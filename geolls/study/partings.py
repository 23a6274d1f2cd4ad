"""Where the lines of two maps part: the land whose schools answer to another unit than the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from geolls.base.errors import UsageError
from geolls.base.interval import Interval, between
from geolls.base.text import count, joined, small
from geolls.measures.membership import is_reason
from geolls.measures.overlap import inside
from geolls.study.core import Core

__all__ = ["Partings", "answering", "away_of", "partings", "said_of"]

NAMED = 3  # districts of a piece that are named, where there are more
_SIDES = ("left", "right")


class Partings(NamedTuple):
    """How the units of one layer cut those of another into pieces.

    Attributes
    ----------
    left, right : str
        The layers' keys.
    pieces : DataFrame
        One row per pair of units that meet, by land or by schools, index `piece`: left_code,
        left_name, right_code, right_name, weight, weight_low, weight_high (those of the overlap
        by schools), left, right (what a unit of each layer is called), serves (whether it serves
        schools), name (its districts) and `how`: "one" (all land of the left unit is in one
        right unit), "largest" (for sure more of its schools than any other), "other", "open" (the
        right unit may have shared land of the left one too), "shared" (no land is known to be
        this right unit's alone) or "outside" (schools without land).
    land : DataFrame
        One row per block and piece that claims it: block, unit_code; a reason where either layer
        has no unit.
    of_school : Series of str
        Index urn: the piece of each school whose unit is certain in both layers.
    """

    left: str
    right: str
    pieces: pd.DataFrame
    land: pd.DataFrame
    of_school: pd.Series[str]


def partings(study: Core, left: str, right: str) -> Partings:
    """Cut the units of one layer by the lines of another.

    Parameters
    ----------
    study : Core
        The study.
    left, right : str
        Two layers of land; the left one is what is parted.

    Returns
    -------
    Partings
        Made once.

    Raises
    ------
    UsageError
        A layer is not of land, or both are one.
    """
    keys = study.layer(left).key, study.layer(right).key
    if keys[0] == keys[1]:
        raise UsageError(
            f"the lines of {keys[0]} do not part from themselves", fix="name two layers"
        )
    return study.memo(("partings", *keys), lambda: _cut(study, *keys))


def _cut(study: Core, left: str, right: str) -> Partings:
    one, two = (study.land(key)[["block", "unit_code", "unit_name"]] for key in (left, right))
    met = one.merge(two, on="block", suffixes=("_left", "_right"))
    codes = [met[f"unit_code_{side}"].astype(str) for side in _SIDES]
    real = ~(is_reason(codes[0]) | is_reason(codes[1]))
    met["unit_code"] = _code(*codes).where(real, codes[0].where(is_reason(codes[0]), codes[1]))
    ours = met[real]
    columns = {
        f"unit_{what}_{side}": f"{side}_{what}" for side in _SIDES for what in ("code", "name")
    }
    drawn = ours.rename(columns=columns).drop_duplicates("unit_code").set_index("unit_code")
    table = inside(study.overlap(left, right))
    table.index = pd.Index(_code(table["left_code"], table["right_code"]))
    weights = ["weight", "weight_low", "weight_high"]
    names = [*columns.values()]
    pieces = pd.concat([table[names], drawn[names]])
    pieces = pieces[~pieces.index.duplicated()].sort_index()
    pieces[weights] = table[weights].reindex(pieces.index).fillna(0.0)
    claimants = met.groupby("block")["block"].transform("size")
    alone = ours[claimants[real] == 1]
    both = set(ours.loc[claimants[real] > 1, "unit_code"])
    pieces["how"] = _how(pieces, met, set(alone["unit_code"]), both)
    layer = study.layers[right]
    pieces["left"] = small(study.layers[left].unit_title)
    pieces["right"], pieces["serves"] = small(layer.unit_title), layer.family == "hubs"
    pieces["name"] = _names(study, ours if alone.empty else alone, pieces)
    return Partings(
        left,
        right,
        pieces.rename_axis("piece"),
        met[["block", "unit_code"]].drop_duplicates(),
        _of_schools(study, left, right),
    )


def _code(left: pd.Series[str], right: pd.Series[str]) -> pd.Series[str]:
    return left.astype(str) + "_in_" + right.astype(str)


def _how(
    pieces: pd.DataFrame, met: pd.DataFrame, alone: set[str], shared: set[str]
) -> pd.Series[str]:
    """Say how each piece lies to the rest of its left unit."""
    own, both = pieces.index.isin(alone), pieces.index.isin(shared)
    cut = met.groupby("unit_code_left")["unit_code_right"].nunique()
    # For sure the largest: what it has at least is more than any other can have.
    high = pieces["weight_high"]
    rank = high.groupby(pieces["left_code"]).rank(ascending=False, method="min")
    second = high.where(rank > 1).groupby(pieces["left_code"]).transform("max").fillna(-1)
    tied = rank.eq(1).groupby(pieces["left_code"]).transform("sum") > 1
    largest = rank.eq(1) & ~tied & (pieces["weight_low"] > second)
    how = np.select(
        [own & pieces["left_code"].map(cut).eq(1), own & largest, own & both, own, both],
        ["one", "largest", "open", "other", "shared"],
        "outside",
    )
    return pd.Series(how, index=pieces.index)


def _names(study: Core, ground: pd.DataFrame, pieces: pd.DataFrame) -> pd.Series[str]:
    """Name each piece by its districts, whole ones as they are called that day."""
    block_names = study.blocks["name"].astype(str)
    of_block, size = block_names, pd.Series(1, index=block_names.index)
    if "district" in study.area_layers:
        land = study.land("district")
        land = land[~is_reason(land["unit_code"])].drop_duplicates("block").set_index("block")
        of_block = land["unit_name"].reindex(block_names.index).fillna(block_names)
        size = of_block.map(of_block.value_counts())
    found = {}
    for piece, blocks in ground.groupby("unit_code")["block"]:
        named = of_block.reindex(blocks)
        whole = named.map(named.value_counts()).to_numpy() == size.reindex(blocks).to_numpy()
        names = np.where(whole, named, block_names.reindex(blocks))
        found[str(piece)] = _listed(sorted(set(names.tolist())))
    return pd.Series(found, dtype=object).reindex(pieces.index).fillna(pieces["left_name"])


def _listed(names: list[str]) -> str:
    more = len(names) - NAMED
    shown = names if more < 2 else [*names[:NAMED], f"{more} more districts"]
    return str(joined(shown).unescape())


def _of_schools(study: Core, left: str, right: str) -> pd.Series[str]:
    sure = []
    for key in (left, right):
        table = study.membership(key).frame("urn", reasons=False)
        sure.append(table[table["share_low"] == 1].set_index("urn")["unit_code"].astype(str))
    one, two = sure[0].align(sure[1], join="inner")
    return _code(one, two)


def answering(right: str, *, serves: bool, one: bool) -> str:
    """Say that schools have another unit than the rest of something.

    Parameters
    ----------
    right : str
        What a unit is called.
    serves : bool
        Whether it serves schools, as a hub does.
    one : bool
        Whether it is said of one school.
    """
    many, single = ("answer to", "answers to") if serves else ("are in", "is in")
    return f"{single if one else many} another {right} than the rest of"


def away_of(n: Interval, pieces: pd.DataFrame, *, more: bool) -> str:
    """Say how many schools of a piece that is no land stand elsewhere; nothing of none.

    Examples
    --------
    >>> away_of(Interval(2, 2), pd.DataFrame({"left": ["council"]}), more=True)
    '2 more schools stand outside the land of their council, and are not tinted.'
    """
    one, whose = n.high == 1, pieces["left"].iloc[0]
    if not n.high:
        return ""
    who = f"{between(n, count)}{' more' * more} {'school stands' if one else 'schools stand'}"
    rest = f"its {whose}, and is" if one else f"their {whose}, and are"
    return f"{who} outside the land of {rest} not tinted."


def said_of(n: Interval, piece: Mapping[str, Any]) -> str:
    """Say in a sentence what a piece is.

    Parameters
    ----------
    n : Interval
        Its schools.
    piece : mapping
        A row of `Partings.pieces`.

    Examples
    --------
    >>> piece = {"name": "Preston", "left_name": "Lancashire", "right": "hub", "serves": True}
    >>> said_of(Interval(63, 63), piece)
    '63 schools in Preston answer to another hub than the rest of Lancashire'
    >>> said_of(Interval(0, 1), piece | {"right": "region", "serves": False})
    'between 0 and 1 school in Preston is in another region than the rest of Lancashire'
    """
    one = n.high == 1
    who = f"{between(n, count)} {'school' if one else 'schools'} in {piece['name']}"
    other = answering(piece["right"], serves=piece["serves"], one=one)
    return f"{who} {other} {piece['left_name']}"
