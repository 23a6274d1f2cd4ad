"""The atlas as a book: every page and table, how to make it, and the index at the back."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from geolls.atlas import words
from geolls.atlas.country import CountryPages
from geolls.atlas.frame import Frame, Page, Rendered
from geolls.atlas.place import PlacePages
from geolls.atlas.trust import TrustPages
from geolls.base.interval import Interval
from geolls.base.text import small
from geolls.base.vocabulary import KINDS, REASON_NAMES
from geolls.export.render import Table, render
from geolls.maps.offline import asset, script
from geolls.maps.page import data_file, shared_assets
from geolls.study.facts import Facts
from geolls.study.postcodes import beginnings

__all__ = ["Book", "CsvTable"]


class CsvTable(NamedTuple):
    """A table: what a row of it is, in words, and how it is made."""

    row: str
    make: Callable[[], pd.DataFrame]


class Book(Frame):
    """Every page and table of an atlas, in order, and the names to search.

    Parameters
    ----------
    facts : Facts
        Every table, computed once.
    single : bool
        Whether each page stands alone, with styles, scripts and data inside it.
    """

    def __init__(self, facts: Facts, single: bool = False) -> None:
        super().__init__(facts, single)
        self.tables = _csv_tables(facts)
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
            return {path: render(Table.of(task.make()), "csv")}
        made = self._makers[task.kind](task)
        shared = dict(data_file(key, part) for key, part in made.shared.items())
        files = {path: made.html, **{f"assets/{name}": text for name, text in shared.items()}}
        return {name: text.encode() for name, text in files.items()}

    def assets(self) -> dict[str, bytes]:
        """Make what all pages share: styles, scripts, the names to search."""
        files = {
            **shared_assets({}),
            "page.css": asset("page.css"),
            "page.js": script("both", "page"),
            "search.js": self.search_index(),
        }
        return {f"assets/{name}": text.encode() for name, text in files.items()}

    def _sectors(self, homes: Sequence[str]) -> dict[str, Any]:
        """Return the sectors of postcodes: outward codes with their figures, and where each lies.

        `hubs` pairs a home, by its position, with the hubs of some of its land; `of` says of each
        sector how many of its postcodes are in which of these pairs: pair, number, pair, number.
        """
        study, home = self.study, self.facts.listed_first
        hubs = [k for k, v in study.area_layers.items() if v.family == "hubs" and k != home]
        if home not in study.area_layers:
            return {"codes": "", "hubs": [], "of": []}
        units = {}
        for key, column in ((home, "unit_code"), *((k, "unit_name") for k in hubs)):
            land = study.land(key)
            land = land[~land["unit_code"].isin(REASON_NAMES)]
            root = land["block"].str.partition("/")[0]
            units[key] = land.groupby(root)[column].agg(
                lambda held: " + ".join(dict.fromkeys(held))
            )
        seat = {block: homes.index(code) for block, code in units[home].items() if code in homes}
        pairs: dict[tuple[int, str], int] = {}
        of: dict[str, dict[str, list[int]]] = {}
        for code, held in beginnings().items():
            outward, space, digit = code.partition(" ")
            found: dict[int, int] = {}
            for block, n in held.blocks.items() if space else ():
                if block in seat:
                    said = "; ".join(filter(None, (units[k].get(block, "") for k in hubs)))
                    at = pairs.setdefault((seat[block], said), len(pairs))
                    found[at] = found.get(at, 0) + n
            if found:
                most = sorted(found.items(), key=lambda item: -item[1])
                of.setdefault(outward, {})[digit] = [x for pair in most for x in pair]
        return {
            "codes": "\n".join(f"{outward} {''.join(held)}" for outward, held in of.items()),
            "hubs": list(pairs),
            "of": [row for held in of.values() for row in held.values()],
        }

    def search_index(self) -> str:
        """Return the names of all places, trusts and schools as a classic script.

        Places and trusts carry their page; a school its authority's page and its row there; the
        sectors of postcodes their authority and hubs.
        """
        facts, columns, home = self.facts, self.columns, self.facts.listed_first
        seat = facts.home
        places = [
            (unit["name"], words.FOUND_PLACE(
                title=facts.layer(key).unit_title,
                n=Interval(unit["schools_low"], unit["schools_high"]),
             ), self.path_of(key, code))
            for key in facts.places
            for code, unit in facts.unit_rows[key].items()
        ]  # fmt: skip
        trusts = [
            (trust["trust_name"], words.FOUND_TRUST(
                n=int(trust["schools"]), all=int(trust["schools_all"]),
                word=self.study.population.word, home=words.FOUND_HOME(
                    status=trust[f"home_status_{seat}"], home=trust[f"home_name_{seat}"])),
             self.path_of("trust", uid))
            for uid, trust in self.trust_rows.items()
        ]  # fmt: skip
        homes = {code: i for i, code in enumerate(facts.unit_rows[home])}
        of = facts.unit_of.get(home, {})
        rows = []
        for urn, *said in zip(*map(columns.__getitem__, ("urn", "name", "postcode")), strict=True):
            code = next(iter(of.get(urn, ())), ("", "", 1.0))[0]
            name, postcode = (" ".join(str(word or "").split()) for word in said)
            rows.append((int(urn), name, homes.get(code, -1), postcode))
        rows.sort()
        document = {
            "places": [(str(name), said.unescape(), path) for name, said, path in places],
            "trusts": [(str(name), said.unescape(), path) for name, said, path in trusts],
            "homes": [
                [str(unit["name"]) for unit in facts.unit_rows[home].values()],
                [self.path_of(home, code) for code in homes],
            ],
            "schools": {
                "name": "\n".join(name for _, name, *_ in rows),
                "urn": np.diff([0, *(urn for urn, *_ in rows)]).tolist(),
                "home": [at for *_, at, _ in rows],
                "postcode": "\n".join(postcode for *_, postcode in rows),
            },
            "sectors": self._sectors(list(homes)),
        }
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        # "</" would end a script if a page ever held this text.
        return "geollsPages.index(" + text.replace("</", "<\\/") + ");\n"


def _csv_tables(facts: Facts) -> dict[str, CsvTable]:
    """Return the tables of an atlas by the names of their files, in the order of its data page."""
    study, home = facts.study, facts.first

    def word(key: str) -> str:
        return small(facts.layer(key).unit_title)

    return {
        **{
            f"places_{key}.csv": CsvTable(
                f"{word(key)}: its schools, trusts and maps", partial(_places, facts, key)
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
        ),
        "filtered.csv": CsvTable(
            "record that does not count, with the reason", lambda: study.register.filtered
        ),
        "disagreements.csv": CsvTable(
            "school whose point lies outside the district of its code",
            lambda: study.placement.disagreements,
        ),
        **{
            f"overlap_{home}_{key}.csv": CsvTable(
                f"{word(home)} and {word(key)} that meet", partial(study.overlap, home, key)
            )
            for key in facts.strips
            if key != home
        },
        **{
            f"coverage_{key}.csv": CsvTable(
                f"{word(key)}, shared set or reason for none",
                partial(study.coverage, key, by="schools"),
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
