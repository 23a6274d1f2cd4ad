"""What is written like a postcode, and what it may mean: "sw1a1aa", "B1 1", "LS1O 1AA"."""

from __future__ import annotations

import itertools
import re
from typing import Final

__all__ = ["BREAKS", "ELSEWHERE", "POSTCODE", "abroad", "is_whole", "readings", "spelt"]

_OUTWARD: Final = r"[A-Z]{1,2}\d[A-Z\d]?"
#: What people write for the space in it.
BREAKS: Final = "[-.\\s\u2010-\u2015]"
#: Its first half ("LA14"), with the sector ("B1 1"), or whole; the space may be left out, and of a
#: whole one be a dash or a dot.
POSTCODE: Final = re.compile(
    rf"({_OUTWARD})(?:(?: ?|{BREAKS}{{1,3}}(?=\d[A-Z]))(\d(?:[A-Z]{{2}})?))?"
)
#: What is written or read for one another.
_ALIKE: Final = {"O": "O0", "0": "0O", "I": "I1", "L": "L1", "1": "1IL"}
_LONGEST: Final = 8

#: Where the areas of postcodes are that have none in England.
ELSEWHERE: Final = {
    "is in Northern Ireland": "BT",
    "is in Jersey": "JE",
    "is in Guernsey": "GY",
    "is on the Isle of Man": "IM",
    "is in Scotland": "AB DD EH FK G HS IV KA KW KY ML PA PH ZE",
    "is in Wales": "CF SA",
    "is for mail alone, without a place": "BX XX XM QC",
    "is of the forces abroad": "BF",
}
_SAID: Final = {area: said for said, held in ELSEWHERE.items() for area in held.split()}


def spelt(text: str) -> str | None:
    """Return a postcode or its beginning as it is written officially; None for what is none.

    Examples
    --------
    >>> spelt("sw1a1aa"), spelt(" b1  1 "), spelt("SW1A-1AA"), spelt("Leeds")
    ('SW1A 1AA', 'B1 1', 'SW1A 1AA', None)
    """
    said = POSTCODE.fullmatch(" ".join(text.upper().split()))
    return " ".join(filter(None, said.groups())) if said else None


def is_whole(code: str) -> bool:
    """Whether a postcode as `spelt` is one, not only how several begin."""
    return code[-1].isalpha() and " " in code


def readings(text: str) -> list[str]:
    """Return the postcodes that a text may mean, letters and figures that look alike exchanged.

    Examples
    --------
    >>> readings("LS1O 1AA")
    ['LS1O 1AA', 'LS10 1AA']
    """
    plain = " ".join(filter(None, re.split(BREAKS, text.upper())))
    if not 2 <= len(plain) <= _LONGEST:
        return []
    swaps = itertools.product(*(_ALIKE.get(letter, letter) for letter in plain))
    found = (spelt("".join(letters)) for letters in swaps)
    return list(dict.fromkeys(filter(None, found)))


def abroad(code: str) -> str | None:
    """Say where all postcodes of an area are that has none in England; None for others.

    Examples
    --------
    >>> abroad("BT1 1AA"), abroad("B1 1AA")
    ('is in Northern Ireland', None)
    """
    area = re.match("[A-Z]+", code)
    return _SAID.get(area[0]) if area else None
