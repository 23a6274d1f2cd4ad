"""Succession of official areas: which code stood when, made of which blocks, followed by whom."""

from __future__ import annotations

import csv
import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from geolls.base.cells import a_code
from geolls.base.errors import InputFileError, UnknownNameError
from geolls.base.shelves import shelf
from geolls.base.text import fold, joined
from geolls.layers.model import ONE_DAY, TIERS, Dated

__all__ = [
    "COLUMNS",
    "Area",
    "Areas",
    "beyond",
    "beyond_names",
    "load_areas",
    "not_a_place",
    "now_in",
]


@dataclass(frozen=True, slots=True)
class Area(Dated):
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
    shared : tuple of str
        Those of its blocks that it has only a part of, along a line not to hand.
    status : str
        "order" or "decided, order not seen" for an area that was still to come when the table was
        checked; blank for what stands or stood.
    source_date : str
        When the source of such an area spoke; blank elsewhere, where the source tells its year.
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
    shared: tuple[str, ...] = ()
    status: str = ""
    source_date: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The official name and those given as "also called"."""
        _, mark, rest = self.note.partition("also called ")
        return (self.name, *rest.partition(".")[0].split(" / ")) if mark else (self.name,)


COLUMNS: Final = tuple(f.name for f in fields(Area))


#: What other first letters of a code of nine characters stand for.
ABROAD: Final = {
    "W": "Wales",
    "S": "Scotland",
    "N": "Northern Ireland",
    "L": "the Channel Islands",
    "M": "the Isle of Man",
    "K": "more than one country of the United Kingdom",
    "J": "the United Kingdom",
}
_ABROAD = re.compile(r"([WSNLMKJ])\d{8}")
#: Codes of areas that only the register knows, by the heading that they stand under in a list.
_REGISTERED: Final = {"E14": "constituency", "E02": "msoa", "E01": "lsoa"}
_IN_REGISTER = re.compile(rf"({'|'.join(_REGISTERED)})\d{{6}}")
_OLD = re.compile(r"\d\d[A-Z]{2}|\d\d")


class Areas:
    """The succession table, indexed.

    Parameters
    ----------
    rows : iterable of Area
        One per code, tier and span.
    """

    def __init__(self, rows: Iterable[Area]) -> None:
        self.rows: tuple[Area, ...] = tuple(rows)
        self._by_code: dict[str, list[Area]] = defaultdict(list)
        self._spelt: dict[str, str] = {}
        self._by_name: dict[str, list[Area]] = defaultdict(list)
        for area in self.rows:
            self._by_code[area.code].append(area)
            self._spelt[area.code.casefold()] = area.code
            for name in area.names:
                self._by_name[fold(name)].append(area)

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
        return cls(rows)

    @property
    def newest(self) -> date:
        """The day the youngest area began, of those that are not still to come."""
        return max(area.valid_from for area in self.rows if not area.status)

    def alive(self, tier: str, on: date) -> list[Area]:
        """Return the areas of a tier that stood on a day, sorted by code."""
        _check_tier(tier)
        standing = (a for a in self.rows if a.tier == tier and a.active(on))
        return sorted(standing, key=lambda a: a.code)

    def resolve(self, code: str, on: date) -> Area:
        """Return the area that carried a code on a day.

        Parameters
        ----------
        code : str
            GSS code or own key; "E07000210/east" is the named part of that area's block.
        on : datetime.date
            The day at which the code is meant.

        Returns
        -------
        Area
            The row alive that day, of the first tier that has the code: a unitary council is
            district and local authority under one code, of the same blocks.

        Raises
        ------
        UnknownNameError
            The code is unknown, or did not stand that day; names heirs or forebears and dates.

        Examples
        --------
        >>> load_areas().resolve("E06000063", date(2024, 9, 1)).name
        'Cumberland'
        """
        whole, slash, part = code.strip().partition("/")
        whole = self._spelt.get(whole.casefold(), whole.upper())
        rows = self._of(whole)
        for area in rows:
            if area.active(on):
                return _part_of(area, part) if slash else area
        if rows:
            raise self._not_alive(rows, on)
        if abroad := _ABROAD.fullmatch(whole):
            raise UnknownNameError(
                f"{whole!r} is a code of {ABROAD[abroad[1]]}; geolls is about England",
                fix="leave it out",
            )
        if _OLD.fullmatch(whole):
            raise UnknownNameError(
                f"{whole!r} has the form of the codes that ONS gave before 2011",
                fix="write the name, or the code of nine characters",
            )
        if of_schools := _IN_REGISTER.fullmatch(whole):
            raise UnknownNameError(
                f"{whole!r} is a code of the register's schools, not of land",
                fix=f"in a list, put it under the heading {_REGISTERED[of_schools[1]]}",
            )
        near = difflib.get_close_matches(whole, self._by_code, n=3, cutoff=0.8)
        raise UnknownNameError(
            f"no area has the code {whole!r}",
            fix=f"did you mean {self._labels(near, 'or')}?" if near else None,
        )

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
        _check_tier(tier or TIERS[0])
        meant = {(a.code, a.tier) for a in self._by_name.get(fold(name), ())}
        found = [
            a
            for code, kind in meant
            for a in self._by_code[code]
            if a.tier == kind and a.active(on) and tier in (None, kind)
        ]
        plain = name.strip().casefold()
        exact = [a for a in found if plain in {s.casefold() for s in a.names}]
        # "City of London Corporation" holds the name of two, and means the longer.
        within = [(len(s), a) for a in found for s in a.names if s.casefold() in plain]
        most = max((n for n, _ in within), default=0)
        exact = exact or [a for n, a in within if n == most]
        return sorted(exact or found, key=lambda a: (TIERS.index(a.tier), a.code))

    def by_la_code(self, la_code: str, on: date) -> Area | None:
        """Return the local authority with a DfE 3-digit code on a day, or None."""
        code = a_code(la_code)
        return next((a for a in self.rows if a.la_code == code != "" and a.active(on)), None)

    def successors(self, la_code: str, on: date) -> list[Area]:
        """Return who has the land, on a day, of the authority that last had a DfE code by then."""
        gone = [a for a in self.rows if a.la_code == la_code.strip() != "" and a.last < on]
        return self.holders(max(gone, key=lambda a: a.last), on) if gone else []

    def vintage(self, codes: Iterable[str]) -> date:
        """Return the latest day on which all, or the most, of these district codes stood.

        Parameters
        ----------
        codes : iterable of str
            District codes, as a file carries them; blanks and codes from elsewhere are ignored.

        Returns
        -------
        datetime.date
            The last day of the latest such span; the first day of the span still running.

        Raises
        ------
        UnknownNameError
            When no district code is known.
        """
        rows = [a for c in set(codes) for a in self._of(c) if a.tier == "district"]
        if not rows:
            raise UnknownNameError(
                "no district code among those given",
                fix="the codes look like E07000026 or E06000063",
            )
        # No file can carry the codes of areas that are still to come.
        known = (a for a in self.rows if a.tier == "district" and not a.status)
        starts = sorted({a.valid_from for a in known})
        stood = [sum(a.active(day) for a in rows) for day in starts]
        best = max(i for i, n in enumerate(stood) if n == max(stood))
        return starts[best + 1] - ONE_DAY if best + 1 < len(starts) else starts[best]

    def named(self, name: str) -> list[Area]:
        """Return every row of a name, in any spelling, or of a code, whenever it stood."""
        code = self._spelt.get(name.strip().casefold(), "")
        return [*self._by_name.get(fold(name), ()), *self._of(code)]

    def ended(self, name: str, on: date) -> list[Area]:
        """Return the areas of a name or code that had ended before a day, the last to end first.

        Parameters
        ----------
        name : str
            Any spelling of a name, or a code.
        on : datetime.date
            The day.

        Returns
        -------
        list of Area
            As each was on its last day, one per code and tier; empty where none of that name ended.
        """
        last: dict[tuple[str, str], Area] = {}
        for area in sorted(self.named(name), key=lambda a: a.first):
            if area.last < on and not self._stands(area, on):
                last[area.code, area.tier] = area
        order = {tier: at for at, tier in enumerate(TIERS)}
        return sorted(last.values(), key=lambda a: (-a.last.toordinal(), order[a.tier], a.code))

    def holders(self, area: Area, on: date) -> list[Area]:
        """Return the areas of the same tier that have the land of an area on a day, by code."""
        return [a for a in self.alive(area.tier, on) if set(a.blocks) & set(area.blocks)]

    def ancestors(self, code: str) -> tuple[str, ...]:
        """Return the codes that a code took over from, sorted."""
        return tuple(sorted({a.code for a in self.rows if code in a.heirs} - {code}))

    def _stands(self, area: Area, on: date) -> bool:
        return any(a.tier == area.tier and a.active(on) for a in self._of(area.code))

    def _of(self, code: str) -> Sequence[Area]:
        return self._by_code.get(code, ())

    def _labels(self, codes: Sequence[str], last: str) -> str:
        names = ([code, *(f"({area.name})" for area in self._of(code)[-1:])] for code in codes)
        *head, tail = map(" ".join, names)
        return f"{', '.join(head)} {last} {tail}" if head else tail

    def _not_alive(self, rows: Sequence[Area], on: date) -> UnknownNameError:
        first, last = rows[0], max(rows, key=lambda a: a.last)
        start = min(a.valid_from for a in rows)
        if on < start:
            before = [c for c in self.ancestors(first.code) if self._of(c)[0].tier == first.tier]
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


def now_in(area: Area, holders: Sequence[Area]) -> str:
    """Say when an area ended and who has its land: "ended 2027-03-31; now in West Surrey"."""
    *names, last = ("", *(holder.name for holder in holders))[-len(holders) or -1 :]
    heirs = " and ".join(filter(None, [", ".join(names), last]))
    return f"ended {area.valid_to}; now in {heirs}" if heirs else f"ended {area.valid_to}"


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
            shared=tuple(sorted(filter(None, text["shared"].split(";")))),
            la_code=text["la_code"] or None,
            heirs=tuple(text["heirs"].split(";")) if text["heirs"] else (),
            source=text["source"],
            confidence=text["confidence"],
            note=text["note"],
            status=text["status"],
            source_date=text["source_date"],
        )
    except ValueError as fault:
        raise InputFileError(str(fault), where=where) from None


def _check_tier(tier: str) -> None:
    if tier not in TIERS:
        raise UnknownNameError(f"no tier {tier!r}", fix=f"the tiers are {', '.join(TIERS)}")


@cache
def beyond_names() -> dict[str, str]:
    """Return councils and towns beyond England, each with its country or countries."""
    found: dict[str, list[str]] = defaultdict(list)
    with (shelf("boundaries") / "beyond.csv").open(encoding="utf-8", newline="") as file:
        for name, country in list(csv.reader(file))[1:]:
            found[name] += [country] if country not in found[name] else []
    return {name: str(joined(countries, last="and in")) for name, countries in found.items()}


def not_a_place(name: str) -> str | None:
    """Say that England is no place within it, of its name; None of all else.

    Examples
    --------
    >>> not_a_place("all of England"), not_a_place("West of England")
    ('England is the whole of the study, not a place in it', None)
    """
    if fold(name) in ("england", "all england", "whole england"):
        return "England is the whole of the study, not a place in it"
    return None


def beyond(name: str) -> str | None:
    """Say of a council or town that is not in England where it is; None of all else.

    Examples
    --------
    >>> beyond("City of Edinburgh"), beyond("Leeds")
    ('that is in Scotland; geolls is about England', None)
    """
    asked = fold(name)
    countries = {where: 1 for called, where in beyond_names().items() if fold(called) == asked}
    said = joined([*countries], last="and in")
    return f"that is in {said}; geolls is about England" if countries else None
