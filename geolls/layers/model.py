"""What a boundary system is made of: layers, units, claims, and the days on which they hold."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final

from geolls.base.errors import GeollsError
from geolls.base.schema import MADE, among, named
from geolls.base.vocabulary import FAMILIES, LINE_STYLES, REASONS

__all__ = [
    "CONFIDENCES",
    "EXTENTS",
    "KEPT_CODES",
    "LAND",
    "ONE_DAY",
    "TIERS",
    "Alias",
    "Claim",
    "Dated",
    "Layer",
    "Problem",
    "Unit",
    "evidence_span",
    "in_short",
]

LAND: Final = ("areas", "polygons")
"""The kinds of layer that lie on the map as land."""
TIERS: Final = (
    "district",
    "local_authority",
    "combined_authority",
    "greater_london_authority",
    "region",
)
CONFIDENCES: Final = ("low", "medium", "high")
EXTENTS: Final = ("whole", "part")
SHOWN: Final = 3  # values named in one line
KEPT_CODES: Final = (*REASONS, "shared")
"""What stands where the code of a unit would, and so cannot be one."""
ONE_DAY: Final = timedelta(days=1)


class Dated:
    """What holds from `valid_from` to `valid_to`, both days included; None is endless."""

    __slots__ = ()
    valid_from: date | None
    valid_to: date | None

    @property
    def first(self) -> date:
        """The first day on which it holds."""
        return self.valid_from or date.min

    @property
    def last(self) -> date:
        """The last day on which it holds."""
        return self.valid_to or date.max

    def active(self, on: date) -> bool:
        """Tell whether it holds on a day, the first and the last included."""
        return self.first <= on <= self.last


@dataclass(frozen=True, slots=True)
class Alias:
    """A code or name a unit was published under, and when it was seen there."""

    name: str
    seen: str

    def days_from(self, on: date) -> float:
        """Return how many days a day lies from those when it was seen; undated is farthest."""
        span = evidence_span(self.seen)
        return max((span[0] - on).days, (on - span[1]).days, 0) if span else math.inf


@dataclass(frozen=True, slots=True)
class Claim(Dated):
    """One row of members.csv: this unit has this area (or school), then, on this evidence.

    Dates are settled while reading: `valid_from` and `valid_to` default to the layer's,
    `codes_as_of` to the claim's first day. `row` is the line of the file, the heading being 1.
    `wards` are the codes of those that make up the part of a district that it claims; `having` is
    a trait and its value, of a claim to every school that the register says it of.
    """

    unit_code: str
    area_code: str
    area_name: str
    urn: str
    postcode: str
    codes_as_of: date | None
    valid_from: date | None
    valid_to: date | None
    extent: str
    part: str
    share: float | None
    source: str
    source_date: str
    confidence: str
    row: int
    wards: tuple[str, ...] = ()
    having: tuple[str, str] = ("", "")

    def overlaps(self, other: Claim) -> bool:
        """Tell whether two claims hold on a day in common."""
        return max(self.first, other.first) <= min(self.last, other.last)


@dataclass(frozen=True, slots=True)
class Unit(Dated):
    """One member of a layer: our stable code, its name, and what else is known of it."""

    code: str
    name: str
    aliases: tuple[Alias, ...] = ()
    lead_urn: str | None = None
    lead_name: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    source: str = ""
    source_date: str = ""
    confidence: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Style:
    """How maps show a layer: the line of its borders, and a name shorter than the title."""

    line: str = field(default="", metadata=among(("", *LINE_STYLES)))
    label: str = ""


@dataclass(frozen=True, slots=True)
class Layer(Dated):
    """One boundary system. The fields are the keys of its layer.toml, down to `sources`.

    `base` is the layer that a scenario was made from, by its moves; blank for what stands.
    """

    title: str
    source: str
    key: str = ""
    unit_title: str = ""
    unit_title_plural: str = ""
    aliases: tuple[str, ...] = ()
    kind: str = field(default="", metadata=among((*LAND, "schools", "sites")))
    tiling: str = field(default="", metadata=among(("exhaustive", "partial", "overlapping")))
    family: str = field(default="user", metadata=among(FAMILIES))
    order: int = 100
    tier: str | None = field(default=None, metadata=among(TIERS))
    column: str | None = None
    within: str | None = field(default=None, metadata=among(TIERS))
    default: bool = True
    group_types: tuple[str, ...] = ()
    geometry: Path | None = None
    geometry_layer: str | None = None
    name_column: str | None = None
    code_column: str | None = None
    sliver_m2: float | None = None
    sliver_share: float | None = None
    complete: bool = True
    valid_from: date | None = field(default=None, metadata=named("from"))
    valid_to: date | None = field(default=None, metadata=named("to"))
    codes_as_of: date | None = None
    checked_until: date | None = None
    units_expected: int | None = None
    source_url: str = ""
    source_date: str = ""
    licence: str = ""
    confidence: str = field(default="medium", metadata=among(CONFIDENCES))
    note: str = ""
    caption: str = ""
    style: Style = Style()
    sources: Mapping[str, str] = field(default_factory=dict)
    base: str = field(default="", metadata=MADE)
    folder: Path = field(default=Path(), metadata=MADE)
    told: tuple[Problem, ...] = field(default=(), metadata=MADE)
    claims: tuple[Claim, ...] = field(default=(), metadata=MADE)
    units: Mapping[str, Unit] = field(default_factory=dict, metadata=MADE)

    @property
    def has_land(self) -> bool:
        """True for layers of areas or polygons: those that lie on the map as land."""
        return self.kind in LAND

    @property
    def cuts_blocks(self) -> bool:
        """True for layers whose units are parts of blocks: of polygons, or of wards."""
        cut = self.geometry is not None or self.kind == "polygons"
        return cut or any(claim.wards for claim in self.claims)

    def claims_on(self, on: date) -> tuple[Claim, ...]:
        """Return the claims that hold on a day; none before or after the layer's own dates."""
        return tuple(c for c in self.claims if self.active(on) and c.active(on))


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of what is handed over: where, which value, what is wrong, and what to do.

    A warning is an entry of the account: a unit, entry, row or value that is not used as given.
    """

    file: str
    row: int | None
    column: str | None
    message: str
    fix: str | None = None
    severity: str = "error"
    value: str = ""

    @classmethod
    def at(
        cls,
        file: Path,
        message: str,
        fix: str | None = None,
        *,
        row: int | None = None,
        column: str | None = None,
        severity: str = "error",
        value: str = "",
    ) -> Problem:
        """Return a problem of a file of a layer, which is named with its folder."""
        name = Path(file.parent.name, file.name).as_posix()
        return cls(name, row, column, message, fix, severity, value)

    @property
    def where(self) -> str:
        """File, row and column in words, as far as they are known."""
        row = f" row {self.row}" if self.row else ""
        return f"{self.file}{row}{f', {self.column}' if self.column else ''}"

    def __str__(self) -> str:
        message = f"{self.value} {self.message}" if self.value else self.message
        return str(GeollsError(message, where=self.where, fix=self.fix))


def in_short(account: Iterable[Problem]) -> list[str]:
    """Say in a line for each kind of fault how often it is there, with the first examples.

    Examples
    --------
    >>> in_short(Problem("a.csv", n, "urn", "not there", value=str(n)) for n in range(5))
    ['a.csv: not there (5: 0, 1, 2 and 2 more)']
    """
    kinds: dict[tuple[str, str, str | None], list[Problem]] = defaultdict(list)
    for each in account:
        kinds[each.file, each.message, None if each.value else each.fix].append(each)
    return [_line(alike) for alike in kinds.values()]


def _line(alike: Sequence[Problem]) -> str:
    first, n = alike[0], len(alike)
    shown = ", ".join(filter(None, (p.value for p in alike[:SHOWN])))
    more = f" and {n - SHOWN:,} more" if n > SHOWN else ""
    which = f" ({n:,}: {shown}{more})" if shown else ""
    fix = f"; {first.fix}" if first.fix and (n == 1 or not shown) else ""
    return f"{first.file}: {first.message}{which}{fix}"


@lru_cache(maxsize=1024)
def evidence_span(text: str) -> tuple[date, date] | None:
    """Return the first and last day a source date can mean; None when it means no date.

    Examples
    --------
    >>> evidence_span("2022-09")
    (datetime.date(2022, 9, 1), datetime.date(2022, 9, 30))
    >>> evidence_span("2014/2022-08-05")
    (datetime.date(2014, 1, 1), datetime.date(2022, 8, 5))
    """
    days: list[date] = []
    for piece in text.split("/"):
        numbers = re.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", piece.strip())
        if not numbers:
            return None
        year, month, day = (int(number or 0) for number in numbers.groups())
        try:
            first, end = date(year, month or 1, day or 1), month or 12
            last = first if day else date(year + end // 12, end % 12 + 1, 1) - ONE_DAY
        except ValueError:
            return None
        days += [first, last]
    return min(days), max(days)
