"""The scripts of maps and pages: files by idea, joined in a stated order into one classic script.

From file:// a browser loads no modules, so what a page gets is one script. Each file of
`maps/assets` is a classic script too: it takes what it needs from the global object `geolls` and
adds what it defines to it.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from geolls.base.errors import MapError
from geolls.base.shelves import shelf
from geolls.base.vocabulary import RANKED, REASON_NUMBERS, REASON_PHRASES, payload
from geolls.maps.offline import asset, leaflet_js
from geolls.maps.styles import LINES, PATTERNS, RAMP

__all__ = ["map_script", "page_script", "script", "vocabulary"]


@cache
def script(*folders: str) -> str:
    """Join the scripts of some folders of `maps/assets`.

    Parameters
    ----------
    *folders : str
        "both" (what map and page share, first), "map", "page".

    Returns
    -------
    str
        The files in the order that `order.json` states, without comments and spare spaces. The
        map's begin with the words it shares with the rest of geolls.
    """
    path = shelf("maps") / "assets" / "order.json"
    try:
        order = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise MapError("the order of the scripts cannot be read", where=str(path)) from error
    parts = []
    for folder in folders:
        if folder == "map":
            words = json.dumps(vocabulary(), separators=(",", ":"))
            parts.append(f"globalThis.geolls.vocabulary={words};")
        parts += [asset(f"{folder}/{name}.js") for name in order[folder]]
    return _squeezed("\n".join(parts))


def map_script() -> str:
    """Return all that a page needs to draw its maps: Leaflet, our scripts, and their start."""
    return "\n".join((leaflet_js(), script("both", "map"), "geolls.mountAll();"))


def page_script(with_map: bool) -> str:
    """Return all scripts of a page that stands alone, what both need only once."""
    page = script("both", "page")
    if not with_map:
        return page
    return "\n".join((page, leaflet_js(), script("map"), "geolls.mountAll();"))


def vocabulary() -> dict[str, Any]:
    """Return the words and thresholds that the map's scripts share with the rest of geolls.

    Returns
    -------
    dict
        That of `geolls.base.vocabulary.payload`; `numbers`, what stands for each reason in a
        map's data; `phrases`, its words within a sentence by that number; `lines`, the pixels
        that each style of line stands outside its border, from back to front; `ramp`, the shades
        of one to five classes; `patterns`, size, stroke, turn, ground, figure and ink of each;
        `ranked`, the schools an area needs to be ranked.
    """
    return payload() | {
        "numbers": REASON_NUMBERS,
        "phrases": {str(n): REASON_PHRASES[key] for key, n in REASON_NUMBERS.items()},
        "lines": {name: line.offset for name, line in LINES.items()},
        "ramp": list(RAMP.values()),
        "patterns": {
            name: [*p.screen, p.turn, p.ground, p.figure, p.ink] for name, p in PATTERNS.items()
        },
        "ranked": RANKED,
    }


_QUOTED = re.compile(r"[\"'`/]")
_SPACED = re.compile(r" ?(=>|\?\?|[=!<>&|*%?:,{}();]+) ?")


def _squeezed(text: str) -> str:
    """Drop spaces that a script does not need, but in lines that hold a string or an expression."""
    lines = (
        line if _QUOTED.search(line) else _SPACED.sub(r"\1", line) for line in text.splitlines()
    )
    return re.sub(r"(?<=[,{(;])\n", "", "\n".join(lines))
