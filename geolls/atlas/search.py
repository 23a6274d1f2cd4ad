"""The names that the search of an atlas knows: places, trusts and schools."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np

from geolls.atlas import words
from geolls.base.interval import Interval
from geolls.base.vocabulary import REASON_NAMES
from geolls.measures.distances import nearest
from geolls.study.cuts import units_at
from geolls.study.towns import towns

if TYPE_CHECKING:
    from geolls.atlas.frame import Frame

__all__ = ["search_index"]

# Metres from a school to the town that it is looked for in, where the register names none.
_NEAR = 5_000.0


def search_index(book: Frame) -> str:
    """Return the names of all places, trusts and schools as a classic script.

    Parameters
    ----------
    book : Frame
        The atlas.

    Returns
    -------
    str
        Places and trusts with their page and codes, places that have no page of their own with
        what holds them; a school with its authority's page, the district and the town it is in.
    """
    facts, columns, home = book.facts, book.columns, book.facts.listed_first
    seat = facts.home
    trusts = [
        (str(trust["trust_name"]), words.FOUND_TRUST(
            n=int(trust["schools"]), all=int(trust["schools_all"]),
            word=book.study.population.word, home=words.FOUND_HOME(
                status=trust[f"home_status_{seat}"], home=trust[f"home_name_{seat}"])).unescape(),
         book.path_of("trust", uid), [str(uid).lower()],
         str(trust[f"home_name_{seat}"]) if trust[f"home_status_{seat}"] == "home" else "")
        for uid, trust in book.trust_rows.items()
    ]  # fmt: skip
    homes = {code: i for i, code in enumerate(facts.unit_rows[home])}
    of, wheres = facts.unit_of.get(home, {}), _wheres(book)
    known: dict[str, int] = {}
    rows = []
    wanted = ("urn", "name", "postcode")
    for urn, *said in zip(*map(columns.__getitem__, wanted), strict=True):
        if urn not in book.counted:
            continue
        code = next(iter(of.get(urn, ())), ("", "", 1.0))[0]
        name, postcode = (" ".join(str(word or "").split()) for word in said)
        at = known.setdefault(wheres[urn], len(known))
        rows.append((int(urn), name, homes.get(code, -1), postcode, at))
    rows.sort()
    document = {
        "places": [*_places(book), *_held(book)],
        "trusts": trusts,
        "homes": {
            "key": home,
            "code": [str(code) for code in homes],
            "name": [str(unit["name"]) for unit in facts.unit_rows[home].values()],
            "path": [book.path_of(home, code) for code in homes],
        },
        "wheres": list(known),
        "schools": {
            "name": "\n".join(name for _, name, *_ in rows),
            "urn": np.diff([0, *(urn for urn, *_ in rows)]).tolist(),
            "home": [at for _, _, at, *_ in rows],
            "postcode": "\n".join(postcode for *_, postcode, _ in rows),
            "where": [at for *_, at in rows],
        },
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # "</" would end a script if a page ever held this text.
    return "geollsPages.index(" + text.replace("</", "<\\/") + ");\n"


_Found = tuple[str, str, str, list[str]]


def _places(book: Frame) -> Iterator[_Found]:
    """Yield the places that have a page: name, what they are, the page, their codes."""
    facts = book.facts
    for key in facts.places:
        for code, unit in book.units[key].items():
            said = words.FOUND_PLACE(
                title=facts.layer(key).unit_title,
                n=Interval(unit["schools_low"], unit["schools_high"]),
            ).unescape()
            yield str(unit["name"]), said, book.path_of(key, code), [str(code).lower()]


def _held(book: Frame) -> Iterator[_Found]:
    """Yield the units of layers without pages, with what holds them: districts before all."""
    study, facts = book.study, book.facts
    paged = {code for key in facts.places for code in facts.unit_rows[key]}
    others = [key for key in study.area_layers if key not in facts.places]
    place = book.place
    for key in sorted(others, key=lambda key: key != "district"):
        land = study.land(key)
        land = land[~land["unit_code"].isin(REASON_NAMES)]
        if place is not None:
            land = land[land["unit_code"].isin(units_at(study, key, place))]
        for (code, name), blocks in land.groupby(["unit_code", "unit_name"])["block"]:
            if code in paged:
                continue
            path, said = _holder(book, list(blocks))
            if path and key in facts.grounds:
                path += f"#~pick=unit,{key},{quote(str(code))}"
            title = facts.layer(key).unit_title
            yield str(name), ", ".join(filter(None, [title, said])), path, [str(code).lower()]


def _holder(book: Frame, blocks: Sequence[str]) -> tuple[str, str]:
    """Return the page of what has most of some land, and in words what holds it."""
    key = book.facts.listed_first
    first, *hubs = (_units_on(book, of, blocks) for of in (key, *book.hub_layers))
    if not first:
        return "", ""
    path = book.path_of(key, first.most_common(1)[0][0][0])
    if len(first) > 1:
        return path, f"in {len(first)} places"
    said = (" and ".join(sorted(name for _, name in units)) for units in hubs if len(units) < 3)
    return path, "; ".join(filter(None, [f"in {next(iter(first))[1]}", *said]))


def _units_on(book: Frame, key: str, blocks: Sequence[str]) -> Counter[tuple[str, str]]:
    """Return the units of a layer on some land, with how many blocks of it they have."""
    if key not in book.study.area_layers:
        return Counter()
    held = book.study.memo(("units by block", key), lambda: _by_block(book, key))
    return Counter(unit for block in blocks for unit in held.get(block, ()))


def _by_block(book: Frame, key: str) -> dict[str, set[tuple[str, str]]]:
    """Return the units, code and name, that have land in each block and in its district."""
    land = book.study.land(key)
    land = land[~land["unit_code"].isin(REASON_NAMES)]
    found: dict[str, set[tuple[str, str]]] = {}
    for block, *unit in land[["block", "unit_code", "unit_name"]].itertuples(index=False):
        for one in {block, block.partition("/")[0]}:
            found.setdefault(one, set()).add((unit[0], unit[1]))
    return found


def _wheres(book: Frame) -> Mapping[str, str]:
    """Return the district and the town of each school: the register's, else one that is near."""
    facts, study = book.facts, book.study
    schools, table = facts.schools, towns()
    spots, points = (t[["easting", "northing"]].to_numpy(float) for t in (table, schools))
    at, metres = nearest(spots, points, 1)
    near = np.where(metres[:, 0] <= _NEAR, table["name"].reindex(at[:, 0]), "")
    town = schools["town"].where(schools["town"].notna(), near).astype(object)
    block = study.placement.schools.set_index("urn")["block"].reindex(schools.index)
    names = study.block_names
    return {
        str(urn): " ".join(filter(None, [names.get(str(b), ""), str(t)]))
        for urn, b, t in zip(schools.index, block, town, strict=True)
    }
