"""Where two maps part, drawn: the pieces as units of a layer, and what is said of each."""

from __future__ import annotations

import pandas as pd

from geolls.base.errors import MapError
from geolls.base.text import count, small
from geolls.maps.data import LayerSpec, Measure
from geolls.maps.recipes import Recipe
from geolls.study.core import Core
from geolls.study.partings import Partings, answering, partings

__all__ = ["PARTED", "cut_of", "layer_of", "measure_of_pieces"]

PARTED = "disagreement"
"""Key of the measure, before the layer that parts another; family of the layer of its pieces."""

UNDECIDED = "Not known: shared land decides"


def cut_of(study: Core, recipe: Recipe, key: str) -> Partings:
    """Return the pieces that a measure such as "disagreement:maths_hub" is about."""
    options = recipe.options
    right = key.partition(":")[2] or str(options.get("right", "teaching_school_hub"))
    left = str(options.get("left", "local_authority"))
    for one in (left, right):
        if study.layer(one).key not in study.area_layers:
            raise MapError(f"the study has no land of {one}", where=recipe.key)
    return partings(study, left, right)


def layer_of(study: Core, cut: Partings) -> LayerSpec:
    """Return the pieces as a layer to draw; those that part are numbered, the largest first."""

    def make() -> LayerSpec:
        pieces = cut.pieces
        units = pieces.assign(unit_name=pieces["name"].where(
            pieces["left_name"] == pieces["name"], pieces["name"] + ", " + pieces["left_name"]
        )).rename_axis("unit_code")  # fmt: skip
        for end in ("", "_low", "_high"):
            units[f"count{end}"] = pieces[f"weight{end}"]
        told = units[(units["how"] == "other") & (units["weight_high"] > 0)]
        units["keyed"] = pieces["weight"].map(count) + ": " + units["unit_name"]
        told = told.sort_values(["weight_high", "unit_name"], ascending=[False, True])
        number = pd.Series(range(1, len(told) + 1), index=told.index, dtype=float)
        return LayerSpec(
            key=f"parted_{cut.right}",
            title="Piece of land",
            family=PARTED,
            units=units.assign(number=number.reindex(units.index)),
            claims=cut.land,
            many="pieces of land",
            part=study.partly(cut.left, cut.right),
        )

    return study.memo(("parted", cut.left, cut.right), make)


def measure_of_pieces(study: Core, key: str, cut: Partings) -> Measure:
    """Return the measure that tints the land whose schools have another unit than the rest."""
    left, right = study.layers[cut.left], study.layers[cut.right]
    spec, serves = layer_of(study, cut), right.family == "hubs"
    words = {
        "one": (f"All in one {right.unit_title}", "r1"),
        "largest": (f"Largest part of a {small(left.unit_title)}", "r2"),
        "other": (f"Another {right.unit_title} than the rest", "r3"),
        "open": (UNDECIDED, "mixed"),
    }
    there = {how: said for how, said in words.items() if (spec.units["how"] == how).any()}
    whose = small(left.unit_title)
    one, many = (answering(right.unit_title, serves=serves, one=one) for one in (True, False))
    return Measure(
        key=key,
        title=f"Parted between {right.unit_title_plural}",
        layer=spec.key,
        values=spec.units["how"].map({how: title for how, (title, _) in words.items()}),
        format="words",
        classes=tuple(title for title, _ in there.values()),
        fills=tuple(fill for _, fill in there.values()),
        shows=f"Where the lines of {right.unit_title_plural} part from those of "
        f"{small(left.unit_title_plural)}: of each {whose} that they cut, the part with most "
        "schools is pale, and land of another is tinted.",
        note="It says which bodies must talk, not that anything is wrong.",
        told=(words["other"][0],),
        may=frozenset(spec.units.index[spec.units["how"].isin(("open", "shared"))]),
        counted=(f"{one} its {whose}", f"{many} their {small(left.unit_title_plural)}"),
    )
