"""What the schools of a map can be chosen by and a map does not draw: their kind, faith and land.

A browser asks for it when a reader filters: in a file that all pages of an atlas share, or in the
page itself where that is sent alone.
"""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from geolls.maps.payload import pack
from geolls.maps.topology import zigzag

__all__ = ["FILE", "TRAITS", "traits_of"]

FILE: Final = "traits"
#: Columns of the register, and what a filter calls them.
TRAITS: Final = {
    "type_group": "Kind of school",
    "type": "Type in the register",
    "religious_character": "Religious character",
    "urban_rural": "Urban or rural",
}
# How the register says that it has none, in its spellings.
_NONE: Final = {"religious_character": ({"None", "Does not apply", "Not applicable"}, "None")}


def traits_of(schools: pd.DataFrame) -> bytes:
    """Pack what is known of schools beside what a map draws of them.

    Parameters
    ----------
    schools : pandas.DataFrame
        One row per school: urn, and of `TRAITS` what the register has.

    Returns
    -------
    bytes
        A document of `pack`: `urn`, rising; `traits`, of each its key, title, words, and for each
        school the number of its word, -1 where it is not known. A trait that is known of no
        school is left out.

    Examples
    --------
    >>> from geolls.maps.payload import unpack
    >>> told = traits_of(pd.DataFrame({"urn": ["9", "2"], "type": ["Free schools", None]}))
    >>> unpack(told)["urn"], unpack(told)["traits"][0]["of"]
    ([2, 7], [-1, 0])
    """
    urns = schools["urn"].astype("int64")
    table, traits = schools.loc[urns.sort_values().index], list[dict[str, Any]]()
    for key, title in TRAITS.items():
        if key not in table or not table[key].notna().any():
            continue
        words = table[key].astype(object)
        if key in _NONE:
            none, said = _NONE[key]
            words = words.where(~words.isin(none), said)
        of, known = pd.factorize(words, sort=True)
        traits.append({"key": key, "title": title, "words": list(known), "of": of.tolist()})
    return pack({"urn": zigzag(urns.sort_values()), "traits": traits})
