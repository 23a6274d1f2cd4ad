"""The atlas as a book: every page and table, how to make it, and the index at the back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Final, NamedTuple

import pandas as pd
from markupsafe import Markup

from geolls.atlas.country import CountryPages
from geolls.atlas.frame import Frame, Page, Rendered
from geolls.atlas.place import PlacePages
from geolls.atlas.search import search_index
from geolls.atlas.trust import TrustPages
from geolls.atlas.years import NATIONAL, PANELS, TRUST_PANELS, maps_over_time, over_time
from geolls.base.text import small
from geolls.base.vocabulary import KINDS
from geolls.export.render import Table, render
from geolls.maps.bodies import bodies_of
from geolls.maps.offline import asset, script
from geolls.maps.page import data_file, in_file, shared_assets
from geolls.maps.traits import FILE as TRAITS
from geolls.maps.traits import traits_of
from geolls.study.cuts import cut, units_at
from geolls.study.facts import Facts
from geolls.study.gazetteer import Place

__all__ = ["Book", "CsvTable", "History"]


ENDED: Final = "trusts that ended before the day of the atlas have no page"
LEFT: Final = "who left a trust between two days, and came back, does not show"


class History(NamedTuple):
    """What is told of earlier days.

    Attributes
    ----------
    days : list of str
        Every day, in order.
    rows : mapping
        The rows of a page, by its kind and key: as `geolls.history`, of trusts as `followed`.
    files : list of str
        The files that tell.
    """

    days: list[str]
    rows: Mapping[tuple[str, ...], pd.DataFrame]
    files: list[str]


class CsvTable(NamedTuple):
    """A table: what a row of it is, in words, how it is made, and what its rows are about.

    Schools and trusts, units of a layer, or nothing that a place has.
    """

    row: str
    make: Callable[[], pd.DataFrame]
    about: str | None = ""


class Book(Frame):
    """Every page and table of an atlas, in order, and the names to search.

    Parameters
    ----------
    facts : Facts
        Every table, computed once.
    single : bool
        Whether each page stands alone, with styles, scripts and data inside it.
    history : History, optional
        What is told of earlier days: index, places, trusts and some national maps have a section.
    place : Place, optional
        As `Frame`; tables have the rows about it then.
    """

    def __init__(
        self,
        facts: Facts,
        single: bool = False,
        history: History | None = None,
        place: Place | None = None,
    ) -> None:
        super().__init__(facts, single, place)
        self.history = history
        if history is not None:
            self.over_time = partial(_over_time, history, place)
        self.tables = {
            name: table
            for name, table in _csv_tables(facts).items()
            if place is None or table.about is not None
        }
        country = CountryPages(self)
        self._makers: dict[str, Callable[[Page], Rendered]] = {
            "index": country.index,
            "trusts": country.trusts,
            "maps": country.maps,
            "data": partial(country.data, tables={k: t.row for k, t in self.tables.items()}),
            "method": country.method,
            "coverage": country.coverage,
            "national": country.national,
            "place": PlacePages(self).make,
            "trust": TrustPages(self).make,
        }

    @cached_property
    def tasks(self) -> dict[str, Page | CsvTable]:
        """Every table and page, in order, by the path of its file below the atlas's folder."""
        tables = {f"tables/{name}": table for name, table in self.tables.items()}
        return {**tables, **{page.path: page for page in self.pages}}

    def make(self, path: str) -> dict[str, bytes]:
        """Make one table or page: its file, and those of the map data it shares with others."""
        task = self.tasks[path]
        if isinstance(task, CsvTable):
            return {path: render(Table.of(self._rows(task)), "csv")}
        made = self._makers[task.kind](task)
        shared = dict(data_file(key, part) for key, part in made.shared.items())
        files = {path: made.html, **{f"assets/{name}": text for name, text in shared.items()}}
        return {name: text.encode() for name, text in files.items()}

    def _rows(self, table: CsvTable) -> pd.DataFrame:
        """Return the rows of a table, or those about the place."""
        found = table.make()
        if self.place is None or table.about is None:
            return found
        if not table.about:
            return cut(self.study, found, self.place)
        column = "left_code" if "left_code" in found else "unit_code"
        return found[found[column].isin(units_at(self.study, table.about, self.place))]

    def assets(self) -> dict[str, bytes]:
        """Make what all pages share: styles, scripts, the names to search."""
        ground = (self.counted, self.place.blocks) if self.place else ()
        files = {
            **shared_assets({}),
            "page.css": "\n".join(map(asset, ("live.css", "england.css", "page.css"))),
            "page.js": script("both", "find", "page"),
            "search.js": script("names") + search_index(self),
            "traits.js": in_file(TRAITS, traits_of(self.facts.marks)),
            "bodies.js": in_file("bodies", bodies_of(self.study, *ground)),
        }
        return {f"assets/{name}": text.encode() for name, text in files.items()}


def _over_time(history: History, place: Place | None, page: Page, title: str) -> Markup:
    """Return the section of a page about the years: of England, of places and of trusts."""
    told = NATIONAL.get(page.key[0], ()) if page.kind == "national" else ()
    mine = history.rows.get(("index",) if told else (page.kind, *page.key))
    if mine is None:
        return Markup()
    if told:
        areas = {
            key[2]: rows
            for key, rows in history.rows.items()
            if key[:2] == ("place", "local_authority")
        }
        panels = [panel for panel in PANELS if panel[0] in told]
        maps = maps_over_time(areas, told[0])
        return over_time(mine, history.days, "England", panels, LEFT, maps)
    name = "England" if page.kind == "index" else title
    if place and page.kind == "index":  # what its atlas is of
        mine, name = history.rows.get(("place", place.layer, place.unit_code), mine), place.name
    how = (TRUST_PANELS, ENDED) if page.kind == "trust" else (PANELS, LEFT)
    return over_time(mine, history.days, name, *how)


def _csv_tables(facts: Facts) -> dict[str, CsvTable]:
    """Return the tables of an atlas by the names of their files, in the order of its data page."""
    study, home = facts.study, facts.first

    def word(key: str) -> str:
        return small(facts.layer(key).unit_title)

    return {
        **{
            f"places_{key}.csv": CsvTable(
                f"{word(key)}: its schools, trusts and maps", partial(_places, facts, key), key
            )
            for key in facts.places
        },
        "trusts.csv": CsvTable(
            "trust with two or more schools, one or more of which count: its spread",
            partial(_trusts, facts),
        ),
        "trusts_at_work.csv": CsvTable(
            "trust and place: how many of its schools are there", partial(_at_work, facts)
        ),
        "schools.csv": CsvTable("school: its unit in every layer", partial(_schools, facts)),
        "rejects.csv": CsvTable(
            "fault of the register: row, school, reason and what was done",
            lambda: study.register.rejects,
            None,
        ),
        "filtered.csv": CsvTable(
            "record that does not count, with the reason", lambda: study.register.filtered, None
        ),
        "disagreements.csv": CsvTable(
            "school whose point lies outside the district of its code",
            lambda: study.placement.disagreements,
        ),
        **{
            f"overlap_{home}_{key}.csv": CsvTable(
                f"{word(home)} and {word(key)} that meet", partial(study.overlap, home, key), home
            )
            for key in facts.strips
            if key != home
        },
        **{
            f"coverage_{key}.csv": CsvTable(
                f"{word(key)}, shared set or reason for none",
                partial(study.coverage, key, by="schools"),
                key,
            )
            for key in facts.strips
        },
    }


def _places(facts: Facts, key: str) -> pd.DataFrame:
    shares = [f"share_{kind}" for kind in KINDS]
    said = ("pupils", "fsm_share", "trusts", "effective_maps")
    columns = ["name", "schools", *KINDS, *shares, *said]
    table = facts.units[key][columns].rename_axis("unit_code").reset_index()
    return table.rename(columns={"name": "unit_name"})


def _trusts(facts: Facts) -> pd.DataFrame:
    return facts.trusts.drop(columns=["home_easting", "home_northing", "hubs"]).reset_index(
        drop=True
    )


def _at_work(facts: Facts) -> pd.DataFrame:
    names = facts.trusts["trust_name"]
    rows = [
        (
            key,
            code,
            facts.unit_rows[key][code]["name"],
            t.uid,
            names[t.uid],
            t.here,
            t.based,
            t.kind,
            *t.ends,
        )
        for key in facts.places
        for code, found in sorted(facts.at_work[key].items())
        for t in found
    ]
    columns = ["layer", "unit_code", "unit_name", "trust_uid", "trust_name", "schools", "at_home"]
    columns += ["kind", "schools_low", "schools_high"]
    return pd.DataFrame(rows, columns=columns)


def _schools(facts: Facts) -> pd.DataFrame:
    keep = ["urn", "name", "phase", "pupils", "postcode", "kind", "trust_uid", "trust_name"]
    frame = facts.schools[keep].reset_index(drop=True)
    for key in facts.strips:
        found = [facts.unit_of[key].get(urn, ()) for urn in frame["urn"]]
        frame[f"{key}_code"] = [";".join(str(code) for code, _, _ in units) for units in found]
        frame[f"{key}_name"] = [";".join(str(name) for _, name, _ in units) for units in found]
    return frame
