"""A layer's claims on a day made blocks: which unit holds which block, and how much of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from geolls.base.errors import CatalogueError, UnknownNameError
from geolls.layers.areas import Areas
from geolls.layers.model import Layer

__all__ = ["BlockClaim", "expand"]

Parts = Mapping[str, Sequence[str]]
"""Block to its parts, where polygons cut it."""


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
    status : str
        Of an official area that is still to come: see `areas.Area`.
    line : str
        How sure its line is, where that is neither high nor low.
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
    status: str = ""
    line: str = ""

    @property
    def line_confidence(self) -> str:
        """How sure the line is by which its unit holds the block: high where no line is in doubt.

        Low where several units list the block and no source says how they divide it, however sure
        each of the lists is, and where one holds a part of it that is not known.
        """
        return self.line or ("high" if self.stated else "low")


def expand(
    layer: Layer,
    on: date,
    areas: Areas,
    parts: Parts | None = None,
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
    if layer.kind != "areas" or not layer.active(on):
        return []
    by_block: dict[str, dict[str, BlockClaim]] = defaultdict(dict)
    made = _of_tier if layer.tier else _of_claims
    for held in made(layer, on, areas, parts or {}):
        same = by_block[held.block].get(held.unit_code)
        by_block[held.block][held.unit_code] = _joined(same, held) if same else held
    return [
        claim
        for block in sorted(by_block)
        for claim in _settled(layer, [held for _, held in sorted(by_block[block].items())])
    ]


# Until the shares of a block are settled, a claim that states none has share 0.


def _of_tier(layer: Layer, on: date, areas: Areas, parts: Parts) -> Iterator[BlockClaim]:
    """Yield the blocks of each area of a tier; of a block it has a part of, the line is unsure."""
    for area in areas.alive(layer.tier or "", on):
        for whole in area.blocks:
            part = whole in area.shared
            for block in _cut(whole, "", parts)[0]:
                yield BlockClaim(
                    *(area.code, area.name, block, 0.0, False, "part" if part else "whole"),
                    *("low" if part else area.confidence, area.source, area.source_date or None),
                    area.status,
                )


def _of_claims(layer: Layer, on: date, areas: Areas, parts: Parts) -> Iterator[BlockClaim]:
    """Yield the blocks of each claim that holds on a day."""
    for claim in layer.claims:
        unit = layer.units[claim.unit_code]
        if claim.wards or not (claim.active(on) and unit.active(on)):
            continue  # what is made of wards the study cuts: see `land.wards`
        try:
            area = areas.resolve(claim.area_code, claim.codes_as_of or on)
        except UnknownNameError as fault:
            where = f"{layer.folder.name}/members.csv row {claim.row}"
            raise UnknownNameError(fault.message, where=where, fix=fault.fix) from None
        for block in area.blocks:
            pieces, named = _cut(block, claim.part, parts)
            share = None if named else claim.share
            whole = named or (claim.extent == "whole" and share is None)
            for piece in pieces:
                yield BlockClaim(
                    *(unit.code, unit.name, piece, share or 0.0, share is not None),
                    *("whole" if whole else "part", claim.confidence),
                    *(claim.source, claim.source_date),
                )


def _cut(block: str, part: str, parts: Parts) -> tuple[Sequence[str], bool]:
    """Return the parts a claim on a block reaches, and whether they bear the name it gives."""
    root, _, own = block.partition("/")
    pieces = parts.get(root, ())
    if name := own or part:
        stem = f"{root}/{name}"
        named = [p for p in pieces if p == stem or p.startswith(f"{stem}.")]
        if named or own:
            return named or (block,), bool(part)
    return pieces or (block,), False


def _joined(a: BlockClaim, b: BlockClaim) -> BlockClaim:
    """Join two claims of one unit on one block: a whole one covers parts, stated parts add."""
    if "whole" in (a.extent, b.extent):
        return a if a.extent == "whole" else b
    both = a.stated and b.stated
    return replace(a, share=a.share + b.share if both else 0.0, stated=both)


def _settled(layer: Layer, held: Sequence[BlockClaim]) -> Iterator[BlockClaim]:
    """Yield the claims on one block with their shares."""
    given = sum(h.share for h in held)
    silent = sum(not h.stated for h in held)
    if given > 1 + 1e-9 or (silent and given > 1 - 1e-9):
        units = ", ".join(h.unit_code for h in held)
        raise CatalogueError(
            f"stated shares of {held[0].block} come to {given:g} ({units})",
            where=f"{layer.key}/members.csv",
            fix="shares of a block sum to at most 1, and less where a claim states none",
        )
    alone = len(held) == 1 and held[0].extent == "whole"
    for h in held:
        share = h.share if h.stated else (1 - given) / silent
        yield replace(h, share=share, stated=h.stated or alone)
