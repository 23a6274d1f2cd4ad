"""What a page that stands alone carries: its styles, its scripts and the data of its map."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from functools import cache
from typing import Any

from markupsafe import Markup

from geolls.maps.offline import asset, leaflet_css, leaflet_js, page_script
from geolls.maps.page import Parts
from geolls.maps.payload import dense
from geolls.maps.traits import FILE as TRAITS

__all__ = ["carried", "used_classes", "used_rules"]


def carried(made: Parts | None, *, place: bool, tools: bool) -> dict[str, Any]:
    """Return what stands inside a page that stands alone.

    Parameters
    ----------
    made : Parts, optional
        Its map.
    place : bool
        Whether it is about a place: it then holds nothing that only other pages have.
    tools : bool
        Whether the tools of its map come with it.

    Returns
    -------
    dict
        css; loader, the script that inflates the rest; packed, the elements that hold the data of
        its map, all other scripts and the styles that only they need; allowed, for the page's
        policy, the sources that let what is packed run.
    """
    scripts, allowed = _scripts(made is not None, tools)
    parts = dict(made.packed) if made else {}
    if made and tools and made.traits:
        parts[TRAITS] = made.traits
    styles = ["tokens.css", *["england.css"] * (not place), "page.css"]
    data = (_DATA.format(key, dense(part)) for key, part in parts.items())
    return {
        "css": Markup("".join(map(_lean, styles))),
        "loader": Markup(_lean("load.js")),
        "packed": Markup("\n").join([*data, _PACKED.format(scripts)]),
        "allowed": allowed,
    }


_PACKED = Markup('<script type="text/plain" id="packed">{}</script>')
_DATA = Markup('<script type="text/plain" class="geolls-data" data-part="{}">{}</script>')


@cache
def _scripts(with_map: bool, with_tools: bool) -> tuple[Markup, dict[str, str]]:
    """Return all scripts of a page, packed, and what allows them to run.

    A third of their size: this is what keeps a page of its own small enough for an e-mail. The
    policy names the hash of the text that `load.js` inflates and puts in, and of the style of a
    map and of controls, which nothing needs before its script and which goes before the page's own.
    """
    text, style = page_script(with_map, with_tools), _lean("live.css")
    if with_map:
        text = text.replace(leaflet_js(), used_classes(leaflet_js()))
        style = used_rules(leaflet_css()) + _lean("map.css") + style
    made = f"{{textContent:{json.dumps(style)}}}"
    text = f"document.head.prepend(Object.assign(document.createElement('style'),{made}));{text}"
    allowed = {
        kind: f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'"
        for kind, part in (("script-src", text), ("style-src", style))
    }
    return dense(zlib.compress(text.encode(), 9)), allowed


def used_rules(css: str) -> str:
    """Return Leaflet's rules for what a page's map has: no tiles, markers or popups."""

    def rule(match: re.Match[str]) -> str:
        kept = ",".join(n.strip() for n in match[1].split(",") if not _ABSENT.search(n))
        return f"{kept}{{{match[2]}}}" if kept else ""

    text = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    text = re.sub(r"url\(data:[^)]*\)", "none", text)
    text = re.sub(r"-(?:moz|ms)-[^;{}]*;", "", text)
    return _tight(re.sub(r"([^{}@]+)\{([^{}]*)\}", rule, text))


_ABSENT = re.compile(
    "popup|tooltip|control-layers|attribution|marker|shadow|tile|image-layer|vml|oldie|icon"
    "|crosshair|safari"
)


def used_classes(js: str) -> str:
    """Return Leaflet's script without the bodies of classes that a page's map does not have.

    A class keeps its name and what it extends: whoever asks whether a layer is one is answered.
    """
    starts = [match.end() - 1 for match in _MIXED.finditer(js)]
    for title, name in re.findall(r"[\w$]+\.([A-Z]\w+)=(\w+)(?=[,;])", js):
        made = re.search(rf"(?<![\w$.]){name}=(?:\w+\.extend|\(\w+\.)\(?", js)
        if _UNUSED.fullmatch(title) and made:
            starts.append(js.index("extend({", made.start()) + len("extend("))
    text, end = "", 0
    for start in sorted(set(starts)):
        if start >= end:  # not within a body that has gone
            text += js[end:start] + "{}"
            end = _closed(js, start)
    return text + js[end:]


_UNUSED = re.compile(
    "Attribution|Canvas|Circle(?:Marker)?|Default|FeatureGroup|GeoJSON|GridLayer|(?:Div)?Icon"
    "|Keyboard|Layer(?:Group|s)|Marker|Path|Poly(?:gon|line)|Popup|Rectangle|TileLayer|Tooltip"
    "|(?:Div|Image|SVG|Video)Overlay|WMS"
)
_MIXED = re.compile(
    r"\.include\(\{(?=_initOverlay|(?:bind|open)(?:Popup|Tooltip)|to(?:GeoJSON|MultiPoint))"
)
# A string, an expression between slashes, or a brace.
_TOKEN = re.compile(
    r"""(["'])(?:\\.|(?!\1).)*\1"""
    r"""|(?<=[(,=:\[!&|?{};])/(?:\\.|\[(?:\\.|[^\]])*\]|[^/\\[\n])+/|[{}]"""
)


def _closed(js: str, at: int) -> int:
    """Return where the brace that opens at a place of a script has been closed."""
    depth = 0
    for token in _TOKEN.finditer(js, at):
        depth += {"{": 1, "}": -1}.get(token[0], 0)
        if depth == 0:
            return token.end()
    return len(js)


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
