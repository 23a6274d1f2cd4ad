"""The atlas as a book: every page, how to make it, and the index at the back."""

from __future__ import annotations

import json

import numpy as np

from geolls.atlas.country import CountryPages
from geolls.atlas.frame import Frame, Page, Rendered
from geolls.atlas.place import PlacePages
from geolls.atlas.trust import TrustPages
from geolls.base.text import count
from geolls.study.units import Facts

__all__ = ["Book"]


class Book(Frame):
    """Every page of an atlas, in order, and the names to search.

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

    def make(self, page: Page) -> Rendered:
        """Make one page."""
        return self._makers[page.kind](page)

    def search_index(self) -> str:
        """Return the names of all places, trusts and schools as a classic script.

        Places and trusts carry their page; a school its authority's page and its row there.
        """
        facts = self.facts
        places, trusts = [], []
        for key in facts.places:
            title = facts.layer(key).unit_title
            for code, r in facts.units[key].iterrows():
                text = f"{title}, {count(r['schools'])} schools"
                places.append([str(r["name"]), text, self.path_of(key, str(code))])
        for uid, r in facts.trusts.iterrows():
            text = f"Trust, {int(r['schools'])} schools, home {r['home_name_local_authority']}"
            trusts.append([str(r["trust_name"]), text, self.path_of("trust", str(uid))])
        home = facts.places[0]
        codes = [str(c) for c in facts.units[home].index]
        position = {c: i for i, c in enumerate(codes)}
        names = [str(facts.units[home].at[c, "name"]) for c in codes]
        paths = [self.path_of(home, c) for c in codes]
        columns = self.columns
        of = facts.unit_of.get(home, {})
        rows = []
        for i, urn in enumerate(columns["urn"]):
            found = of.get(urn, ())
            at = position.get(found[0][0], -1) if found else -1
            code = columns["postcode"][i]
            rows.append((str(columns["name"][i]), urn, at, code if code == code and code else ""))
        rows.sort(key=lambda r: (int(r[1]), r[0]))
        urns = np.diff([0, *(int(r[1]) for r in rows)]).tolist()
        document = {
            "places": places,
            "trusts": trusts,
            "homes": [names, paths],
            "schools": {
                "name": "\n".join(" ".join(r[0].split()) for r in rows),
                "urn": urns,
                "home": [r[2] for r in rows],
                "postcode": "\n".join(r[3] for r in rows),
            },
        }
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        # "</" would end a script if a page ever held this text.
        return "geollsPages.index(" + text.replace("</", "<\\/") + ");\n"
