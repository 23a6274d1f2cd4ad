"""The pieces of land a printed map fills: with what, and what is said of each."""

from __future__ import annotations

from typing import NamedTuple

from geolls.maps.classes import classify, say
from geolls.maps.drawn import Drawn
from geolls.maps.styles import RAMP

__all__ = ["Face", "Faces"]

_WITHOUT = {-1: "cross", -2: "bare"}


class Face(NamedTuple):
    """A piece of land with one fill."""

    blocks: list[int]
    unit: int  # position among the layer's units; beyond them a mix, below 0 a reason
    code: str
    said: str
    fill: str
    inside: bool
    low: bool


class Faces:
    """The pieces that are filled; shared or unclaimed land is told apart by the areas.

    Parameters
    ----------
    drawn : Drawn
        The map.
    """

    def __init__(self, drawn: Drawn) -> None:
        self.drawn, self.measure = drawn, drawn.measure
        self.cover, base = drawn.cover(drawn.active), drawn.cover(drawn.areas)
        self.classes = classify(self.measure, self.cover.codes) if self.measure else []
        self.plain = "far" if drawn.england else "none"
        groups: dict[tuple[int, int | None], list[int]] = {}
        for b, u in enumerate(self.cover.of):
            apart = not 0 <= u < len(self.cover.codes)
            groups.setdefault((u, base.of[b] if apart else None), []).append(b)
        self.list = []
        for (u, under), blocks in groups.items():
            name = self.cover.name(u)
            if under is not None and base is not self.cover:
                name = f"{base.name(under)}: {name}"
            value = self._value(u)
            inside = bool(drawn.inside[blocks].any())
            self.list.append(
                Face(
                    blocks,
                    u,
                    "+".join(self.cover.codes[c] for c in self.cover.claimants(u) if c >= 0),
                    f"{name}: {value}" if value else name,
                    self._fill(u) if inside else "other",
                    inside,
                    not set(self.cover.low).isdisjoint(blocks),
                )
            )

    def _fill(self, unit: int) -> str:
        recipe, shared = self.drawn.recipe, unit >= len(self.cover.codes)
        if recipe.shade.startswith("coverage:"):
            return _WITHOUT.get(unit, "stripe" if shared else "r2")
        if self.measure is None:
            at_home = recipe.scope == "trust" and unit == self.drawn.home
            return "home" if at_home else self.plain
        if unit < 0:
            return _WITHOUT.get(unit, "") if "not_found" in recipe.patterns else self.plain
        if shared:
            return "stripe" if "shared" in recipe.patterns else self.plain
        return self.class_fill(self.classes[unit])

    def class_fill(self, c: int) -> str:
        """Return the fill of a class of the shaded measure."""
        m = self.measure
        if c < 0 or m is None:
            few = c == -2 and "too_few" in self.drawn.recipe.patterns
            return "dots" if few else self.plain
        if m.fills:
            return m.fills[c] if m.fills[c] != "none" else self.plain
        return f"r{RAMP[len(m.classes) or len(m.breaks) + 1][c]}"

    def _value(self, unit: int) -> str:
        """Write a unit's value as every map writes it."""
        m = self.measure
        if m is None or not 0 <= unit < len(self.cover.codes):
            return ""
        if self.classes[unit] == -2:
            return f"fewer than {m.few} schools"
        return say(m.by_code.get(self.cover.codes[unit]), m.format)
