"""Populations: which phases of school a study counts, by name, and what it calls them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple

from geolls.base.errors import UsageError
from geolls.base.text import either, joined, suggest
from geolls.base.vocabulary import MAINSTREAM, PHASES

__all__ = ["POPULATIONS", "Population", "population_of", "populations_listed"]


class Population(NamedTuple):
    """The state-funded schools of some phases.

    Attributes
    ----------
    name : str
        What is asked for, on the command line, in a study file and in the library: `mainstream`,
        `all`, a phase, or several joined by "+".
    phases : tuple of str
        Words of `vocabulary.PHASES`, in their order.
    kind : str
        What the phases are called: "mainstream".
    only : str
        Which of their schools alone are counted: ", only type academy"; "" for all of them.
    """

    name: str
    phases: tuple[str, ...]
    kind: str
    only: str = ""

    @property
    def word(self) -> str:
        """What stands before "schools" in a sentence: "mainstream"."""
        return f"selected {self.kind}" if self.only else self.kind

    @property
    def title(self) -> str:
        """The schools in words, as every page, map and table says: "state-funded ... schools"."""
        return f"{self._every}{self.only}"

    @property
    def _every(self) -> str:
        if self.phases == PHASES:
            return "state-funded schools of every phase"
        return f"state-funded {self.kind} schools"

    def schools(self, n: float) -> str:
        """Return the words after a number of them: of one, "state-funded mainstream school"."""
        if n != 1:
            return self.title
        one = either(self._every).replace("schools", "school").replace("every", "any")
        return f"{one}{self.only}"


_WORDS: Final[Mapping[str, str]] = {
    "nursery": "nursery",
    "primary": "primary",
    "middle_deemed_primary": "middle (deemed primary)",
    "secondary": "secondary",
    "middle_deemed_secondary": "middle (deemed secondary)",
    "all_through": "all-through",
    "post_16": "post-16",
    "special": "special",
    "alternative": "alternative provision",
    "other": "unclassified",  # GIAS names no phase, as of city technology colleges
}
_MIDDLE: Final = ("middle_deemed_primary", "middle_deemed_secondary")

#: Every population that has a name, the default first; others are several of these.
POPULATIONS: Final[Mapping[str, Population]] = {
    p.name: p
    for p in (
        Population("mainstream", MAINSTREAM, "mainstream"),
        Population("all", PHASES, "state-funded"),
        Population("middle", _MIDDLE, "middle"),
        *(Population(phase, (phase,), _WORDS[phase]) for phase in PHASES),
    )
}
# Names that readers of the literature, or of GIAS, may use.
_ALSO: Final = {
    "state_funded_mainstream": "mainstream",
    "all_state_funded": "all",
    "16_plus": "post_16",
    "alternative_provision": "alternative",
}


def populations_listed() -> str:
    """List the names of `POPULATIONS` with what they hold, for help."""
    several = (p for p in POPULATIONS.values() if len(p.phases) > 1)
    held = (
        f"{p.name} ({'every phase' if p.phases == PHASES else ', '.join(p.phases)})"
        for p in several
    )
    return f"{'; '.join(held)}; or one of {', '.join(PHASES)}"


def population_of(asked: Any = None, *, where: str = "--phase") -> Population:
    """Return the population that is asked for.

    Parameters
    ----------
    asked : str or collection of str, optional
        Names of `POPULATIONS`; one text may join several by "+" or a comma. Nothing asks for
        `mainstream`, the state-funded schools of ages 5 to 16.
    where : str, optional
        Where it is asked for, for messages.

    Returns
    -------
    Population
        One with a name of its own where the phases are those of one; whatever it is called by, the
        same phases are the same population.

    Raises
    ------
    UsageError
        A name is unknown.

    Examples
    --------
    >>> population_of("all").title
    'state-funded schools of every phase'
    >>> population_of(["Secondary", "primary"])[::2]
    ('primary+secondary', 'primary and secondary')
    """
    wanted: set[str] = set()
    for name in _names(asked, where):
        key = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")
        known = POPULATIONS.get(_ALSO.get(key, key))
        if known is None:
            raise UsageError(
                f"unknown phase {name!r}",
                where=where,
                fix=suggest(key, [*POPULATIONS, *_ALSO]) or f"choose from {', '.join(POPULATIONS)}",
            )
        wanted.update(known.phases)
    phases = tuple(p for p in PHASES if p in wanted) or MAINSTREAM
    named = (p for p in POPULATIONS.values() if p.phases == phases)
    several = Population("+".join(phases), phases, str(joined(_together(phases))))
    return next(named, several)


def _names(asked: Any, where: str) -> Iterable[str]:
    if asked is None:
        return ()
    if isinstance(asked, str):
        return re.split(r"[+,]", asked) if asked else ()
    if isinstance(asked, Collection) and all(isinstance(a, str) and a for a in asked):
        return [name for text in asked for name in _names(text, where)]
    raise UsageError(
        f"{asked!r} is not the name of a phase, nor several",
        where=where,
        fix=f"choose from {', '.join(POPULATIONS)}",
    )


def _together(phases: tuple[str, ...]) -> list[str]:
    """Return the words for some phases; middle schools of both kinds are one word."""
    both = set(_MIDDLE) <= set(phases)
    words = ["middle" if both and p in _MIDDLE else _WORDS[p] for p in phases]
    return list(dict.fromkeys(words))
