"""The atlas as a book: every page and table, how to make it, and the index at the back."""

from __future__ import annotations

import json
from functools import cached_property

import numpy as np

from geolls.atlas import words
from geolls.atlas.country import CountryPages
from geolls.atlas.frame import Frame, Page
from geolls.atlas.place import PlacePages
from geolls.atlas.tables import CsvTable
from geolls.atlas.trust import TrustPages
from geolls.export.render import Table, render
from geolls.maps.offline import asset, script
from geolls.maps.page import data_file, shared_assets
from geolls.study.facts import Facts

__all__ = ["Book"]


class Book(Frame):
    """Every page and table of an atlas, in order, and the names to search.

    Parameters
    ----------
    facts : Facts
        Every table, computed once.
    """

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        country = CountryPages(self)
        self._makers = {
            "index": country.index,
            "trusts": country.trusts,
            "maps": country.maps,
            "data": country.data,
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

    def search_index(self) -> str:
        """Return the names of all places, trusts and schools as a classic script.

        Places and trusts carry their page; a school its authority's page and its row there.
        """
        facts, columns, home = self.facts, self.columns, self.facts.places[0]
        places = [
            (unit["name"], words.FOUND_PLACE(title=facts.layer(key).unit_title, n=unit["schools"]),
             self.path_of(key, code))
            for key in facts.places
            for code, unit in facts.unit_rows[key].items()
        ]  # fmt: skip
        trusts = [
            (trust["trust_name"], words.FOUND_TRUST(
                n=int(trust["schools"]), home=trust["home_name_local_authority"]),
             self.path_of("trust", uid))
            for uid, trust in facts.trust_rows.items()
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
        }
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        # "</" would end a script if a page ever held this text.
        return "geollsPages.index(" + text.replace("</", "<\\/") + ");\n"
