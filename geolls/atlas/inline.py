"""What a page that stands alone carries inside it, small: styles, scripts, map data."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from functools import cache

import numpy as np
from markupsafe import Markup

from geolls.maps.offline import asset, leaflet_css, page_script
from geolls.maps.page import Parts

__all__ = ["carried", "dense", "used_rules"]


def carried(made: Parts | None) -> dict[str, str]:
    """Return what stands inside a page that stands alone, with or without a map.

    Returns
    -------
    dict of str
        css; loader, the script that inflates the rest; scripts, all others, packed; data, the
        elements that hold the data of its map; allowed, a source for the page's policy that lets
        the packed scripts run.
    """
    scripts, allowed = _scripts(made is not None)
    parts = made.packed if made else {}
    return {
        "css": _styles(made is not None),
        "loader": Markup(_lean("load.js")),
        "scripts": scripts,
        "data": Markup().join(_DATA.format(key, dense(part)) for key, part in parts.items()),
        "allowed": allowed,
    }


_DATA = Markup('<script type="text/plain" class="geolls-data" data-part="{}">{}</script>')


@cache
def _styles(with_map: bool) -> Markup:
    of_map = (used_rules(leaflet_css()), _lean("tokens.css"), _lean("map.css"))
    return Markup("".join((*(of_map if with_map else of_map[1:2]), _lean("page.css"))))


@cache
def _scripts(with_map: bool) -> tuple[Markup, str]:
    """Return all scripts of a page, packed, and what allows them to run.

    A third of their size: this is what keeps a page of its own small enough for an e-mail. The
    policy names the hash of the text that `load.js` inflates and puts in.
    """
    text = page_script(with_map).encode()
    digest = base64.b64encode(hashlib.sha256(text).digest()).decode()
    return dense(zlib.compress(text, 9)), f"'sha256-{digest}'"


def dense(data: bytes) -> Markup:
    """Write bytes as text in base 85: a sixteenth shorter than base64, and no letter is "<".

    Groups of four bytes become five letters; a last group of n bytes n + 1. As `base64.b85encode`
    with other letters, and ten times as fast: a page holds a third of a megabyte of it.
    """
    spare = -len(data) % 4
    words = np.frombuffer(data + bytes(spare), ">u4").astype(np.int64)
    digits = (words[:, None] // 85 ** np.arange(4, -1, -1) % 85).ravel()
    return Markup(_LETTERS[digits[: digits.size - spare]].tobytes().decode())


_LETTERS = np.frombuffer(
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%()*+-;=?@^_`{|}~,./",
    np.uint8,
)


def used_rules(css: str) -> str:
    """Return Leaflet's rules for what a page's map has: no tiles, markers or popups."""

    def rule(match: re.Match[str]) -> str:
        names = [n.strip() for n in match[1].split(",")]
        kept = ",".join(n for n in names if not _ABSENT.search(n))
        return f"{kept}{{{match[2]}}}" if kept else ""

    text = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    text = re.sub(r"url\(data:[^)]*\)", "none", text)
    text = re.sub(r"-(?:moz|ms)-[^;{}]*;", "", text)
    return _tight(re.sub(r"([^{}@]+)\{([^{}]*)\}", rule, text))


_ABSENT = re.compile(
    "popup|tooltip|control-layers|attribution|marker|shadow|tile|image-layer|vml|oldie|icon"
    "|crosshair|safari"
)


@cache
def _lean(name: str) -> str:
    """Return a style or script without indents, empty lines and comment lines."""
    text = re.sub(r"(?m)^\s*(?://.*|/\*[^*]*\*/)\s*$", "", asset(name))
    lean = "\n".join(line.strip() for line in text.splitlines() if line.strip())
    return _tight(lean) if name.endswith(".css") else lean


def _tight(css: str) -> str:
    """Return a style without the spaces and line ends it can do without."""
    tight = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", css, flags=re.S))
    tight = re.sub(r" ?([{};>]) ?", r"\1", tight)
    return tight.replace(": ", ":").replace(", ", ",").replace(";}", "}").strip()
