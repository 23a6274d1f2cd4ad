"""What a layer rests on, on a day: its units, their evidence, and whether that is of the day."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from geolls.base.errors import UnknownNameError
from geolls.base.text import day as in_words
from geolls.layers.areas import Areas
from geolls.layers.expand import expand
from geolls.layers.model import CONFIDENCES, ONE_DAY, Layer, Unit, evidence_span

__all__ = [
    "Evidence",
    "change_dates",
    "date_note",
    "evidence",
    "hold_dates",
    "known_part",
    "layer_note",
    "lowest_line",
    "rests_on",
    "unchecked",
    "units_on",
]

# Evidence within a year of the date asked for needs no note.
NEAR: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What stands behind a layer on a day.

    Parameters
    ----------
    units_expected : int or None
        What the publisher speaks of, None where nobody gives a number.
    units_evidenced : int
        The units with at least one claim (for sites: with a school known).
    lowest_confidence : str
        Of the claims, or the sites.
    """

    units_expected: int | None
    units_evidenced: int
    lowest_confidence: str


def units_on(layer: Layer, on: date, areas: Areas) -> list[Unit]:
    """Return the units of a layer alive on a day, sorted by code.

    Parameters
    ----------
    layer : Layer
        Any layer. Layers made from the register or from polygons have no units of their own.
    on : datetime.date
        The day.
    areas : Areas
        The succession table, from which layers with a `tier` take their units.

    Returns
    -------
    list of Unit
        One per unit; empty outside the layer's own dates.
    """
    if not layer.active(on):
        return []
    if layer.tier:
        return [
            Unit(a.code, a.name, valid_from=a.valid_from, valid_to=a.valid_to)
            for a in areas.alive(layer.tier, on)
        ]
    units = [unit for unit in layer.units.values() if unit.active(on)]
    if layer.kind != "sites":
        claimed = {claim.unit_code for claim in layer.claims_on(on)}
        units = [unit for unit in units if unit.code in claimed]
    return sorted(units, key=lambda unit: unit.code)


def change_dates(layer: Layer, areas: Areas) -> list[date]:
    """Return the days on which something in a layer with land starts to be different."""
    rows = [a for a in areas.rows if a.tier == layer.tier] if layer.tier else layer.claims
    days = {layer.valid_from} | {row.valid_from for row in rows}
    days |= {row.valid_to + ONE_DAY for row in rows if row.valid_to}
    return sorted(day for day in days if day and layer.active(day)) or [areas.newest]


def evidence(layer: Layer, on: date, areas: Areas) -> Evidence:
    """Say what stands behind a layer on a day.

    Parameters
    ----------
    layer, on, areas
        As in `units_on`.

    Returns
    -------
    Evidence
        Of the claims that hold on the day; for sites, of the units.
    """
    units = units_on(layer, on, areas)
    words = [confidence for confidence, _ in _records(layer, on)] or [layer.confidence]
    if layer.tier:
        words += [a.confidence for a in areas.alive(layer.tier, on) if a.status]
    return Evidence(
        units_expected=len(units) if layer.tier else layer.units_expected,
        units_evidenced=sum(layer.kind != "sites" or bool(unit.lead_urn) for unit in units),
        lowest_confidence=min(words, key=CONFIDENCES.index),
    )


def known_part(layer: Layer, on: date, areas: Areas) -> str:
    """Say on how many of a layer's units its records rest, "3 of 34"; blank where on all."""
    found = evidence(layer, on, areas)
    whole = found.units_expected is None or found.units_evidenced >= found.units_expected
    return "" if whole else f"{found.units_evidenced} of {found.units_expected}"


def lowest_line(layer: Layer, on: date, areas: Areas) -> str | None:
    """Return how sure a layer's least sure line is on a day; None of a layer not listed by areas.

    A list can be sure and a line not: see `BlockClaim.line_confidence`.
    """
    words = [claim.line_confidence for claim in expand(layer, on, areas)]
    words += ["medium" for claim in layer.claims_on(on) if claim.wards]
    return min(words, key=CONFIDENCES.index) if words else None


def rests_on(layer: Layer, on: date) -> Counter[str]:
    """Count the records that hold on a day by the kind of their evidence, in their own words.

    A source that ends in an address is of the kind before it: "press: https://..." is press. A
    layer without records of its own, as of a tier of areas, rests on the source of the layer.
    """
    sources = [claim.source for claim in layer.claims_on(on)] or [layer.source]
    return Counter(map(_kind_of, sources))


def _kind_of(source: str) -> str:
    said = re.sub(r"[\s:;,(]*https?://.*", "", source, flags=re.DOTALL).strip()
    return said or ("a page on the web" if source else "no source stated")


def _records(layer: Layer, on: date) -> list[tuple[str, str]]:
    """Return confidence and source date of each record that holds on a day."""
    if layer.kind != "sites":
        return [(claim.confidence, claim.source_date) for claim in layer.claims_on(on)]
    units = [unit for unit in layer.units.values() if layer.active(on) and unit.active(on)]
    return [(u.confidence or layer.confidence, u.source_date or layer.source_date) for u in units]


def date_note(layer: Layer, on: date, areas: Areas) -> str | None:
    """Say in words when a layer's evidence is of another date than `on`; None when it is not.

    The one rule behind captions and `--strict-dates`: the layer was not in being on that day, the
    day is later than the last for which its areas were checked, or the evidence for claims that
    hold on it is undated or more than a year away.
    """
    plural = layer.unit_title_plural
    if not layer.active(on):
        first = f" from {in_words(layer.valid_from)}" if layer.valid_from else ""
        last = f" until {in_words(layer.valid_to)}" if layer.valid_to else ""
        return f"{plural} existed{first}{last}, not on {in_words(on)}"
    notes = _of_the_day(layer, on, areas)
    return f"{plural}: {notes}" if notes else None


def layer_note(layer: Layer, on: date, areas: Areas) -> str:
    """Say in words what a layer's results rest on: few of its units, evidence of another day."""
    part = known_part(layer, on, areas)
    notes = [f"{part} are on the shelf" if part else "", _of_the_day(layer, on, areas)]
    said = "; ".join(filter(None, notes))
    return f"{layer.unit_title_plural}: {said}" if said else ""


def _of_the_day(layer: Layer, on: date, areas: Areas) -> str:
    notes = [*_past_the_check(layer, on, areas), *_of_another_day(layer, on)]
    return f"{'; '.join(notes)}, used here for {in_words(on)}" if notes else ""


def _past_the_check(layer: Layer, on: date, areas: Areas) -> Iterator[str]:
    """Yield until when a table of areas was checked, and which of its areas are still to come."""
    if layer.checked_until is None or on <= layer.checked_until:
        return
    to_come = Counter(a.status for a in areas.alive(layer.tier, on)) if layer.tier else Counter()
    ordered, decided = to_come["order"], to_come["decided, order not seen"]
    coming = [f"{ordered} by an Order made"] * (ordered > 0)
    coming += [f"{decided} decided, Order not seen"] * (decided > 0)
    known = f" ({'; '.join(coming)})" if coming else ""
    yield f"checked until {in_words(layer.checked_until)}{known}"


def _of_another_day(layer: Layer, on: date) -> Iterator[str]:
    """Yield how many of the records rest on evidence that is undated or far from the day."""
    if layer.tier or layer.column:
        return
    spans = [evidence_span(text) for _, text in _records(layer, on)]
    far = [span for span in spans if span is None or max(span[0] - on, on - span[1]) > NEAR]
    if not far:
        return
    years = sorted({day.year for span in far if span for day in span})
    when = " to ".join(f"{year}" for year in dict.fromkeys((*years[:1], *years[-1:])))
    dated = [f"dated {when}"] if years else []
    undated = ["undated"] if None in far else []
    records = "coverage records" if layer.has_land else "records"
    count = "all" if len(far) == len(spans) else f"{len(far)} of {len(spans)}"
    yield f"{count} {records} rest on evidence {' or '.join(dated + undated)}"


def hold_dates(layers: Iterable[Layer], on: date, areas: Areas) -> None:
    """Refuse layers whose evidence is of another date, as `--strict-dates` asks.

    Raises
    ------
    UnknownNameError
        The first of their notes.
    """
    for layer in layers:
        if note := date_note(layer, on, areas):
            raise UnknownNameError(note, where="--strict-dates", fix="drop the layer or the option")


def unchecked(layers: Iterable[Layer], on: date) -> str | None:
    """Say until when tables of areas were checked, where a day is later; None where none is.

    Of several such days the first is said.
    """
    days = [layer.checked_until for layer in layers if layer.active(on) and layer.checked_until]
    if not days or on <= min(days):
        return None
    return f"areas were checked until {in_words(min(days))}, more may have changed since"
