"""Succession of official areas: which code stood when, made of which blocks, followed by whom."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from geolls.base.errors import CatalogueError, InputFileError, UnknownNameError
from geolls.base.shelves import shelf
from geolls.base.text import fold

if TYPE_CHECKING:
    from geolls.layers.catalogue import Claim, Layer

__all__ = ["TIERS", "Area", "Areas", "BlockClaim", "expand", "load_areas"]

TIERS = (
    "district",
    "local_authority",
    "combined_authority",
    "greater_london_authority",
    "region",
)
COLUMNS = (
    "code",
    "name",
    "tier",
    "valid_from",
    "valid_to",
    "blocks",
    "la_code",
    "heirs",
    "source",
    "confidence",
    "note",
)


@dataclass(frozen=True, slots=True)
class Area:
    """An official area during one span of constant name and blocks.

    Parameters
    ----------
    code : str
        GSS code, or a documented key of our own where none is published.
    name : str
        Official name during the span.
    tier : str
        One of `TIERS`.
    valid_from : datetime.date
        First day; 2009-04-01, the day the blocks begin, for what is older.
    valid_to : datetime.date or None
        Last day; None while it stands.
    blocks : tuple of str
        The blocks it is made of, sorted; "E07000210/east" is a named part of a block.
    la_code : str or None
        DfE 3-digit code, local authorities only.
    heirs : tuple of str
        Codes of the areas that took over; its own code where only the name changed.
    source : str
        Instrument, or official list.
    confidence : str
        high, medium or low.
    note : str
        Free text; "also called A / B." holds further names.
    """

    code: str
    name: str
    tier: str
    valid_from: date
    valid_to: date | None
    blocks: tuple[str, ...]
    la_code: str | None
    heirs: tuple[str, ...]
    source: str
    confidence: str
    note: str

    def active(self, on: date) -> bool:
        """Return whether the area stood on that day, first and last day included."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    @property
    def names(self) -> tuple[str, ...]:
        """The official name and those given as "also called"."""
        _, mark, rest = self.note.partition("also called ")
        return (self.name, *rest.partition(".")[0].split(" / ")) if mark else (self.name,)


@dataclass(frozen=True, slots=True)
class BlockClaim:
    """One unit's hold on one block on one day.

    Parameters
    ----------
    unit_code, unit_name : str
        The unit.
    block : str
        Block, or part of a block where blocks are refined.
    share : float
        Its share of the block, 0..1; shares of a block never exceed 1.
    stated : bool
        False where several units, or a part of unknown size, leave the share to an equal split:
        show it as unknown, never as fact.
    extent : str
        "whole" or "part".
    confidence, source, source_date : str
        Evidence of the claim.
    """

    unit_code: str
    unit_name: str
    block: str
    share: float
    stated: bool
    extent: str
    confidence: str
    source: str
    source_date: date | str | None


class Areas:
    """The succession table, indexed.

    Parameters
    ----------
    rows : iterable of Area
        One per code, tier and span.
    where : str
        Name of the file, for messages.
    """

    def __init__(self, rows: Iterable[Area], where: str = "areas.csv") -> None:
        self.rows: tuple[Area, ...] = tuple(rows)
        self.where = where
        self._by_code: dict[str, list[Area]] = defaultdict(list)
        self._by_la_code: dict[str, list[Area]] = defaultdict(list)
        self._ancestors: dict[str, dict[str, None]] = defaultdict(dict)
        for area in self.rows:
            self._by_code[area.code].append(area)
            if area.la_code:
                self._by_la_code[area.la_code].append(area)
            for heir in area.heirs:
                if heir != area.code:
                    self._ancestors[heir][area.code] = None
        self._alive: dict[tuple[str, date], list[Area]] = {}
        self._folded: dict[str, list[Area]] | None = None

    @classmethod
    def read(cls, path: str | Path) -> Areas:
        """Read a succession table.

        Parameters
        ----------
        path : path
            UTF-8 csv with the columns of `COLUMNS`; blocks and heirs separated by ";".

        Returns
        -------
        Areas
            One `Area` per row.

        Raises
        ------
        InputFileError
            When the file or a column is missing, or a row cannot be read; names file and row.
        """
        path = Path(path)
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file)
                missing = [c for c in COLUMNS if c not in (reader.fieldnames or ())]
                if missing:
                    raise InputFileError(
                        f"no column {', '.join(missing)}",
                        where=str(path),
                        fix=f"the columns are {', '.join(COLUMNS)}",
                    )
                rows = [_area(row, f"{path.name} row {i}") for i, row in enumerate(reader, 2)]
        except (OSError, UnicodeDecodeError, csv.Error) as fault:
            raise InputFileError(
                f"the succession table cannot be read ({fault})", where=str(path)
            ) from fault
        return cls(rows, path.name)

    def alive(self, tier: str, on: date) -> list[Area]:
        """Return the areas of a tier that stood on a day, sorted by code."""
        _check_tier(tier)
        key = (tier, on)
        if key not in self._alive:
            self._alive[key] = sorted(
                (a for a in self.rows if a.tier == tier and a.active(on)), key=lambda a: a.code
            )
        return list(self._alive[key])

    def resolve(self, code: str, on: date, tier: str | None = None) -> Area:
        """Return the area that carried a code on a day.

        Parameters
        ----------
        code : str
            GSS code or own key; "E07000210/east" is the named part of that area's block.
        on : datetime.date
            The day at which the code is meant.
        tier : str, optional
            One of `TIERS`; default the first that has the code (a unitary council is district and
            local authority under one code, of the same blocks).

        Returns
        -------
        Area
            The row alive that day.

        Raises
        ------
        UnknownNameError
            The code is unknown, or did not stand that day; names heirs or forebears and dates.

        Examples
        --------
        >>> load_areas().resolve("E06000063", date(2024, 9, 1)).name
        'Cumberland'
        """
        code = code.strip().upper() if "/" not in code else code.strip()
        if tier is not None:
            _check_tier(tier)
        whole, slash, part = code.partition("/")
        rows = [a for a in self._by_code.get(whole, ()) if tier is None or a.tier == tier]
        for area in rows:
            if area.active(on):
                return _part_of(area, part) if slash else area
        if not rows:
            raise self._unknown(whole, tier)
        raise self._not_alive(rows, on)

    def find(self, name: str, on: date, tier: str | None = None) -> list[Area]:
        """Return the areas a name may mean on a day, exact spellings before forgiving ones.

        Parameters
        ----------
        name : str
            Any spelling, a former name of the same code included.
        on : datetime.date
            The day.
        tier : str, optional
            One of `TIERS`; default all, in the order of `TIERS`.

        Returns
        -------
        list of Area
            Empty when nothing fits; several when a name is shared ("North East").
        """
        if tier is not None:
            _check_tier(tier)
        if self._folded is None:
            self._folded = defaultdict(list)
            for area in self.rows:
                for spelling in area.names:
                    self._folded[fold(spelling)].append(area)
        codes = {(a.code, a.tier): None for a in self._folded.get(fold(name), ())}
        found = [
            a
            for code, kind in codes
            for a in self._by_code[code]
            if a.tier == kind and a.active(on) and tier in (None, kind)
        ]
        plain = name.strip().casefold()
        exact = [a for a in found if plain in {s.casefold() for s in a.names}]
        return sorted(exact or found, key=lambda a: (TIERS.index(a.tier), a.code))

    def by_la_code(self, la_code: str, on: date) -> Area | None:
        """Return the local authority with a DfE 3-digit code on a day, or None."""
        rows = self._by_la_code.get(la_code.strip(), ())
        return next((a for a in rows if a.active(on)), None)

    def vintage(self, codes: Iterable[str], hint: date | None = None) -> date:
        """Return the latest day on which all, or the most, of these district codes stood.

        Parameters
        ----------
        codes : iterable of str
            District codes, as a file carries them; blanks and codes from elsewhere are ignored.
        hint : datetime.date, optional
            The day the file is thought to be of; kept when no day fits the codes better.

        Returns
        -------
        datetime.date
            The hint, or the last day of the best span; the first day of the span still running.

        Raises
        ------
        UnknownNameError
            When no district code is known.
        """
        rows = [a for c in set(codes) for a in self._rows_of(c) if a.tier == "district"]
        if not rows:
            raise UnknownNameError(
                "no district code among those given",
                fix="the codes look like E07000026 or E06000063",
            )
        starts = sorted({a.valid_from for a in self.rows if a.tier == "district"})
        score = {day: sum(a.active(day) for a in rows) for day in starts}
        best = max(score.values())
        spans = [
            (day, starts[i + 1] if i + 1 < len(starts) else None)
            for i, day in enumerate(starts)
            if score[day] == best
        ]
        if hint and any(first <= hint and (nxt is None or hint < nxt) for first, nxt in spans):
            return hint
        first, nxt = spans[-1]
        return first if nxt is None else date.fromordinal(nxt.toordinal() - 1)

    def ancestors(self, code: str) -> tuple[str, ...]:
        """Return the codes that a code took over from, sorted."""
        return tuple(sorted(self._ancestors.get(code, ())))

    def _rows_of(self, code: str) -> Sequence[Area]:
        return self._by_code.get(code, ())

    def _label(self, code: str) -> str:
        rows = self._rows_of(code)
        return f"{code} ({rows[-1].name})" if rows else code

    def _labels(self, codes: Sequence[str], last: str) -> str:
        *head, tail = (self._label(c) for c in codes)
        return f"{', '.join(head)} {last} {tail}" if head else tail

    def _unknown(self, code: str, tier: str | None) -> UnknownNameError:
        other = self._rows_of(code)
        if other:
            kinds = " and ".join(dict.fromkeys(_words(a.tier) for a in other))
            return UnknownNameError(
                f"{code} ({other[-1].name}) is a {kinds}, not a {_words(tier or '')}"
            )
        import difflib

        near = difflib.get_close_matches(code, self._by_code, n=3, cutoff=0.8)
        return UnknownNameError(
            f"no area has the code {code!r}",
            fix=f"did you mean {self._labels(near, 'or')}?" if near else None,
        )

    def _not_alive(self, rows: Sequence[Area], on: date) -> UnknownNameError:
        first, last = rows[0], max(rows, key=lambda a: a.valid_to or date.max)
        if on < min(a.valid_from for a in rows):
            start = min(a.valid_from for a in rows)
            before = [
                c for c in self.ancestors(first.code) if self._rows_of(c)[0].tier == first.tier
            ]
            use = f"before that day use {self._labels(before, 'and')}, or " if before else ""
            return UnknownNameError(
                f"{first.code} ({first.name}) starts {start}, after {on}",
                fix=f"{use}set codes_as_of = {start}",
            )
        use = f"use {self._labels(last.heirs, 'or')}, or " if last.heirs else ""
        return UnknownNameError(
            f"{last.code} ({last.name}) ended {last.valid_to}",
            fix=f"{use}set codes_as_of = {last.valid_to}",
        )


@cache
def load_areas() -> Areas:
    """Return the succession table of the boundaries shelf, read once."""
    return Areas.read(shelf("boundaries") / "areas.csv")


def expand(
    layer: Layer,
    on: date,
    areas: Areas,
    parts: Mapping[str, Sequence[str]] | None = None,
) -> list[BlockClaim]:
    """Return a layer's claims on a day as blocks.

    Parameters
    ----------
    layer : Layer
        A layer of the catalogue; one with a `tier` takes its units from `areas`. Kinds other than
        `areas` hold no land by code: none is returned.
    on : datetime.date
        The study's day. It selects claims; each claim's codes are read at their own date.
    areas : Areas
        The succession table.
    parts : mapping of str to sequence of str, optional
        Block to its parts, where `blocks.refine` cut it. A claim on the whole block holds them
        all; a claim on a part named as one of them holds that one, whole.

    Returns
    -------
    list of BlockClaim
        One per unit and block (or part), sorted by block, then unit.

    Raises
    ------
    CatalogueError
        When stated shares of a block exceed 1, or leave nothing for those without.
    UnknownNameError
        When a claim's code did not stand at its date; names file and row.

    Notes
    -----
    Stated shares are kept; what they leave is split equally among the other units of the block.
    A block that one unit claims whole is its own, with share 1.
    """
    if layer.kind != "areas" or not _spans(layer.valid_from, layer.valid_to, on):
        return []
    if layer.tier is not None:
        held = [
            _Held(a.code, a.name, block, None, True, a.confidence, a.source, None)
            for a in areas.alive(layer.tier, on)
            for whole in a.blocks
            for block in _cut(whole, "", parts)[0]
        ]
    else:
        held = _claims(layer, on, areas, parts)
    by_block: dict[str, dict[str, _Held]] = defaultdict(dict)
    for h in held:
        same = by_block[h.block].get(h.unit_code)
        by_block[h.block][h.unit_code] = h if same is None else same.joined(h)
    return [
        claim
        for block in sorted(by_block)
        for claim in _split(layer.key, sorted(by_block[block].values(), key=lambda h: h.unit_code))
    ]


@dataclass(frozen=True, slots=True)
class _Held:
    """A unit's hold on a block before shares are settled."""

    unit_code: str
    unit_name: str
    block: str
    share: float | None
    whole: bool
    confidence: str
    source: str
    source_date: date | str | None

    def joined(self, other: _Held) -> _Held:
        """Join two claims of one unit on one block: a whole one covers parts, stated parts add."""
        if self.whole or other.whole:
            return self if self.whole else other
        share = None if self.share is None or other.share is None else self.share + other.share
        return replace(self, share=share)


def _claims(
    layer: Layer, on: date, areas: Areas, parts: Mapping[str, Sequence[str]] | None
) -> list[_Held]:
    held = []
    for claim in layer.claims:
        unit = layer.units[claim.unit_code]
        if not (
            _spans(claim.valid_from, claim.valid_to, on)
            and _spans(unit.valid_from, unit.valid_to, on)
        ):
            continue
        codes_as_of = claim.codes_as_of or claim.valid_from or unit.valid_from or layer.valid_from
        area = _resolved(layer, claim, codes_as_of or on, areas)
        for block in area.blocks:
            pieces, named = _cut(block, claim.part, parts)
            held += [
                _Held(
                    unit.code, unit.name, piece, None if named else claim.share,
                    named or (claim.extent == "whole" and claim.share is None),
                    claim.confidence, claim.source, claim.source_date,
                )
                for piece in pieces
            ]  # fmt: skip
    return held


def _resolved(layer: Layer, claim: Claim, on: date, areas: Areas) -> Area:
    try:
        return areas.resolve(claim.area_code, on)
    except UnknownNameError as fault:
        where = f"{layer.folder.name}/members.csv row {claim.row}"
        raise UnknownNameError(fault.message, where=where, fix=fault.fix) from None


def _cut(
    block: str, part: str, parts: Mapping[str, Sequence[str]] | None
) -> tuple[Sequence[str], bool]:
    """Return the parts a claim on a block reaches, and whether they bear the name it gives."""
    root, _, own = block.partition("/")
    pieces = (parts or {}).get(root, ())
    if name := own or part:
        stem = f"{root}/{name}"
        named = [p for p in pieces if p == stem or p.startswith(f"{stem}.")]
        if named or own:
            return named or (block,), bool(part)
    return pieces or (block,), False


def _split(key: str, held: Sequence[_Held]) -> list[BlockClaim]:
    """Settle the shares of one block."""
    given = sum(h.share for h in held if h.share is not None)
    silent = [h for h in held if h.share is None]
    if given > 1 + 1e-9 or (silent and given > 1 - 1e-9):
        units = ", ".join(h.unit_code for h in held)
        raise CatalogueError(
            f"stated shares of {held[0].block} come to {given:g} ({units})",
            where=f"{key}/members.csv",
            fix="shares of a block sum to at most 1, and less where a claim states none",
        )
    each = (1 - given) / len(silent) if silent else 0.0
    alone = len(held) == 1 and held[0].whole
    return [
        BlockClaim(
            h.unit_code, h.unit_name, h.block,
            share=each if h.share is None else h.share,
            stated=alone or h.share is not None,
            extent="whole" if h.whole else "part",
            confidence=h.confidence, source=h.source, source_date=h.source_date,
        )
        for h in held
    ]  # fmt: skip


def _spans(first: date | None, last: date | None, on: date) -> bool:
    return (first is None or first <= on) and (last is None or on <= last)


def _part_of(area: Area, part: str) -> Area:
    if len(area.blocks) != 1:
        raise UnknownNameError(
            f"{area.code} ({area.name}) has {len(area.blocks)} blocks, so it has no part {part!r}",
            fix="name the part of a district",
        )
    return replace(area, code=f"{area.code}/{part}", blocks=(f"{area.blocks[0]}/{part}",))


def _area(row: Mapping[str, str | None], where: str) -> Area:
    text = {key: (row.get(key) or "").strip() for key in COLUMNS}
    try:
        if text["tier"] not in TIERS:
            raise ValueError(f"tier {text['tier']!r} is none of {', '.join(TIERS)}")
        if not (text["code"] and text["name"] and text["blocks"]):
            raise ValueError("code, name and blocks cannot be blank")
        return Area(
            code=text["code"],
            name=text["name"],
            tier=text["tier"],
            valid_from=date.fromisoformat(text["valid_from"]),
            valid_to=date.fromisoformat(text["valid_to"]) if text["valid_to"] else None,
            blocks=tuple(sorted(text["blocks"].split(";"))),
            la_code=text["la_code"] or None,
            heirs=tuple(text["heirs"].split(";")) if text["heirs"] else (),
            source=text["source"],
            confidence=text["confidence"],
            note=text["note"],
        )
    except ValueError as fault:
        raise InputFileError(str(fault), where=where) from None


def _check_tier(tier: str) -> None:
    if tier not in TIERS:
        raise UnknownNameError(f"no tier {tier!r}", fix=f"the tiers are {', '.join(TIERS)}")


def _words(tier: str) -> str:
    return tier.replace("_", " ")
