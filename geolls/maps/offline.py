"""Pages that open without a network: scripts and styles inlined, a policy hashed, stable ids.

From file:// a browser loads no modules, so what a page gets is one classic script, joined from
the files of `maps/assets` in a stated order: each takes what it needs from the global object
`geolls` and adds what it defines to it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import branca.element
import folium.template
import numpy as np

from geolls.base.errors import MapError, OutputError
from geolls.base.files import write_text
from geolls.base.shelves import shelf
from geolls.base.vocabulary import (
    RANKED,
    REASON_NUMBERS,
    REASON_PHRASES,
    SIZES,
    URN_HEADS,
    payload,
)
from geolls.maps.payload import letters
from geolls.maps.styles import (
    BAND,
    CITY,
    GROUPS,
    LINES,
    PATTERNS,
    RAMP,
    RIVER,
    SPREAD,
    SYMBOLS,
    TOWN,
)
from geolls.study.towns import towns

__all__ = [
    "Page",
    "asset",
    "drawing_script",
    "leaflet_css",
    "leaflet_js",
    "map_script",
    "marker_script",
    "page_script",
    "policy",
    "script",
    "stable_ids",
    "tool_words",
    "vocabulary",
]

_LEAFLET = "js_lib_leaflet"


def _leaflet(name: str) -> bytes:
    """Read a file of Leaflet's package."""
    try:
        return files(_LEAFLET).joinpath("static", _LEAFLET, *name.split("/")).read_bytes()
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise MapError(
            f"Leaflet's {name} is not installed", fix="pip install 'django-js-lib-leaflet>=1.9.4.1'"
        ) from error


def _picture(name: str) -> str:
    return f"data:image/png;base64,{base64.b64encode(_leaflet(name)).decode()}"


def _text(name: str) -> str:
    # Browsers fold line ends before they hash, so they are folded here.
    return _leaflet(name).decode().replace("\r\n", "\n")


@cache
def leaflet_js() -> str:
    """Return Leaflet's script without its link to a source map, which would be a request."""
    return re.sub(r"//# sourceMappingURL=\S+\s*$", "", _text("leaflet.js"))


@cache
def leaflet_css() -> str:
    """Return Leaflet's style with its pictures inside it as data."""

    def inline(match: re.Match[str]) -> str:
        name = match.group(1)
        if name == "images/marker-icon.png":  # only there to be found; see marker_script
            return "none"
        if not name.endswith(".png"):
            return match.group(0)
        return f"url({_picture(name)})"

    return re.sub(r"url\(([^)]+)\)", inline, _text("leaflet.css"))


@cache
def marker_script() -> str:
    """Return the script that gives Leaflet's default marker its pictures as data."""
    names = {"iconUrl": "icon", "iconRetinaUrl": "icon-2x", "shadowUrl": "shadow"}
    pictures = ",".join(
        f'{key}:"{_picture(f"images/marker-{name}.png")}"' for key, name in names.items()
    )
    return f"L.Icon.Default.imagePath='';L.Icon.Default.mergeOptions({{{pictures}}});"


@cache
def asset(name: str) -> str:
    """Return a script or style of the map shelf, such as `map.css`, without comments and indents.

    Lines that open with a comment are dropped up to the comment's end, so an asset's comments
    stand on lines of their own.
    """
    path = shelf("maps") / "assets" / name
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise MapError(f"the asset {name} is missing", where=str(path)) from error
    text = re.sub(r"^[ \t]*/\*.*?\*/[ \t]*$", "", text, flags=re.S | re.M)
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


_QUOTED = re.compile(r"[\"'`/]")
_SPACED = re.compile(r" ?(=>|\?\?|[=!<>&|*%?:,{}();]+) ?")


@cache
def script(*folders: str) -> str:
    """Join the scripts of some folders of `maps/assets`.

    Parameters
    ----------
    *folders : str
        "both" (what map and page share, first), "first" (what a page with a map calls), "map",
        "find" (what a search knows), "page", "names" (how those of an atlas are read), "tools"
        (what comes after a map stands, and is not needed to draw it).

    Returns
    -------
    str
        The files in the order that `order.json` states, without comments and spare spaces. The
        map's begin with the words it shares with the rest of geolls, the tools' with their style
        and the towns of England.
    """
    order, parts = json.loads(asset("order.json")), list[str]()
    for folder in folders:
        if folder == "map":
            words = json.dumps(vocabulary(), separators=(",", ":"))
            parts.append(f"globalThis.geolls.vocabulary={words};")
        elif folder == "tools":
            words = json.dumps(tool_words(), separators=(",", ":"))
            parts.append(f"Object.assign(globalThis.geolls.vocabulary,{words});")
            parts.append(f"globalThis.geolls.toolStyle={json.dumps(asset('tools.css'))};")
            parts.append(f"geolls.toolTowns={json.dumps(_every_town())};")
        parts += [asset(f"{folder}/{name}.js") for name in order[folder]]
    # Spaces go that a script does not need, but in lines that hold a string or an expression.
    lines = (
        line if _QUOTED.search(line) else _SPACED.sub(r"\1", line)
        for line in "\n".join(parts).splitlines()
    )
    return re.sub(r"(?<=[,{(;])\n", "", "\n".join(lines))


def _every_town() -> tuple[str, str]:
    """Return the towns of England: their names, and the steps from each to the next in metres."""
    table = towns().sort_values(["easting", "northing"])
    steps = np.diff(table[["easting", "northing"]].to_numpy(int), axis=0, prepend=0)
    return "\n".join(table["name"]), letters(steps.ravel())


def map_script() -> str:
    """Return all that a page needs to draw its maps: Leaflet, our scripts, and their start."""
    return "\n".join((leaflet_js(), script("both", "first", "map"), "geolls.mountAll();"))


@cache
def drawing_script() -> str:
    """Return what draws a map and what comes after it: packed in its page, a third of its size.

    What folium's own script calls is there before it.
    """
    return "\n".join((script("map", "find", "tools"), "geolls.attachWaiting();"))


def page_script(with_map: bool, with_tools: bool = False) -> str:
    """Return all scripts of a page that stands alone, what both need only once."""
    page = script("both", "find", "page")
    if not with_map:
        return page
    rest = ("first", "map", "tools") if with_tools else ("first", "map")
    return "\n".join((page, leaflet_js(), script(*rest), "geolls.mountAll();"))


def vocabulary() -> dict[str, Any]:
    """Return the words and thresholds that the map's scripts share with the rest of geolls.

    Returns
    -------
    dict
        That of `geolls.base.vocabulary.payload`; `numbers`, what stands for each reason in a
        map's data; `phrases`, its words within a sentence by that number; `lines`, the styles of
        lines from back to front; `band`, how wide lines on one border are; `ramp`, the shades
        of one to five classes; `symbols`, the radius of the circle of each class of a count;
        `patterns`, size, stroke, turn, ground, figure and ink of each;
        `ranked`, the schools an area needs to be ranked; `town`, the people of the smallest town
        that is named for each metre of a pixel, and of the smallest city; `river`, the metres of a
        pixel from which rivers are drawn.
    """
    return payload() | {
        "numbers": REASON_NUMBERS,
        "phrases": {str(n): REASON_PHRASES[key] for key, n in REASON_NUMBERS.items()},
        "lines": list(LINES),
        "band": [round(wide / 0.75, 2) for wide in BAND],
        "ramp": list(RAMP.values()),
        "symbols": {name: round(r / 0.75, 1) for name, r in SYMBOLS.items()},
        "patterns": {
            name: [*p.screen, p.turn, p.ground, p.figure, p.ink] for name, p in PATTERNS.items()
        },
        "ranked": RANKED,
        "town": [TOWN, CITY, *SPREAD],
        "river": RIVER,
    }


def tool_words() -> dict[str, Any]:
    """Return what the tools of a map share with the rest of geolls.

    Returns
    -------
    dict
        `groups`, the marks of what a reader tells apart; `sizes`, the pupils with which a band of
        sizes begins; `urnHeads`, what a column of URNs is called.
    """
    return {
        "groups": [mark.on_screen for mark in GROUPS],
        "sizes": list(SIZES),
        "urnHeads": sorted(URN_HEADS),
    }


def stable_ids(page: str, known: set[str]) -> str:
    """Replace folium's random ids by numbers in the order in which the page names them.

    Parameters
    ----------
    page : str
        A rendered page.
    known : set of str
        The random ids to replace; no other text is touched.

    Returns
    -------
    str
        The page; the same tree gives the same text.
    """
    found = sorted((one for one in known if one in page), key=page.find)
    for i, one in enumerate(found, 1):
        page = page.replace(one, f"{i:04d}")
    return page


def ids_of(element: Any) -> set[str]:
    """Collect the ids of an element and of all it holds, children or attributes."""
    found, stack = set[str](), [element]
    while stack:
        one = stack.pop()
        if one._id not in found:
            found.add(one._id)
            stack += one._children.values()
            stack += [v for k, v in vars(one).items() if k != "_parent" and hasattr(v, "_children")]
    return found


_SCRIPT = re.compile(r"<script(?P<head>[^>]*)>(?P<body>.*?)</script\s*>", re.S | re.I)
_STYLE = re.compile(r"<style(?P<head>[^>]*)>(?P<body>.*?)</style\s*>", re.S | re.I)
_STYLED = re.compile(r"style=(?<=\sstyle=)\\?['\"]")  # the word first: found in a twentieth
_OUTSIDE = {
    "script-src": re.compile(r"<script[^>]*\ssrc=[\"']?(https?://[^\"'\s>]+)", re.I),
    "style-src": re.compile(r"<link[^>]*\shref=[\"']?(https?://[^\"'\s>]+)", re.I),
}


def _digest(text: str) -> str:
    # The browser hashes the text after it has folded line ends.
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return f"'sha256-{base64.b64encode(hashlib.sha256(plain.encode()).digest()).decode()}'"


def policy(
    page: str,
    images: tuple[str, ...] = (),
    own_files: bool = False,
    packed: Iterable[str] = (),
) -> str:
    """Return the content security policy that fits a page: its own scripts and styles, no more.

    Parameters
    ----------
    page : str
        The rendered page.
    images : tuple of str
        Hosts that basemap tiles come from.
    own_files : bool
        Whether the page may load files that lie beside it (an atlas with shared assets).
    packed : iterable of str, optional
        Scripts that lie packed in it.

    Returns
    -------
    str
        The policy. Scripts and styles inside the page are allowed by their sha256; a script that
        a user's own folium plugin loads is allowed by its address; nothing else may be fetched.
    """
    scripts = [
        _digest(m["body"])
        for m in _SCRIPT.finditer(page)
        if " src=" not in m["head"] and ("type=" not in m["head"] or "javascript" in m["head"])
    ]
    scripts += map(_digest, packed)
    styles = [_digest(m["body"]) for m in _STYLE.finditer(page)]
    beside = ["'self'", "file:"] if own_files else []
    outside = {key: pattern.findall(page) for key, pattern in _OUTSIDE.items()}
    rules = {
        "default-src": ["'none'"],
        "script-src": [*beside, *scripts, *outside["script-src"]],
        "style-src": [*beside, *styles, *outside["style-src"]],
        "img-src": ["data:", *beside, *images],
        "font-src": ["data:"] if outside["style-src"] else [],
        # Popups and tooltips of folium carry style attributes; ours never do.
        "style-src-attr": ["'unsafe-inline'"] if _STYLED.search(page) else [],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    return "; ".join(
        f"{name} {' '.join(dict.fromkeys(values))}" for name, values in rules.items() if values
    )


class Page(branca.element.Figure):
    """A folium figure whose rendered page is stable, guarded by a policy and free of requests.

    Parameters
    ----------
    **kwargs
        As for `branca.element.Figure`.

    Attributes
    ----------
    images : tuple of str
        Hosts that basemap tiles come from.
    packed : tuple of str
        Scripts that lie packed in the page.
    """

    images: tuple[str, ...] = ()
    packed: tuple[str, ...] = ()
    _template = folium.template.Template(
        "<!DOCTYPE html>\n"
        '<html lang="en">\n<head>\n'
        "{{ this.header.render(**kwargs) }}\n"
        "{%- if this.title %}<title>{{ this.title | e }}</title>{% endif %}\n"
        "</head>\n<body>\n{{ this.html.render(**kwargs) }}\n"
        "<script>\n{{ this.script.render(**kwargs) }}\n</script>\n</body>\n</html>\n"
    )

    def render(self, **kwargs: Any) -> str:
        """Return the whole page: ids stable, policy hashed from what is in it now."""
        for child in self._children.values():
            child.render(**kwargs)
        page: str = self._template.render(this=self, kwargs=kwargs)
        known = set().union(*(ids_of(e) for e in (self, self.header, self.html, self.script)))
        page = stable_ids(page, known)
        rule = policy(page, self.images, packed=self.packed)
        meta = f'<meta http-equiv="Content-Security-Policy" content="{rule}">'
        # First in the head: the policy binds only what follows it.
        return page.replace("<head>\n", f'<head>\n<meta charset="utf-8">\n{meta}\n', 1)

    def save(self, outfile: Any, close_file: bool = True, **kwargs: Any) -> None:
        """Write the page to a path in one step, or to an open binary file."""
        page = self.render(**kwargs)
        if isinstance(outfile, (str, bytes, Path)):
            path = Path(os.fsdecode(outfile))
            if not path.parent.is_dir():
                raise OutputError(
                    "cannot be written: there is no such folder",
                    where=str(path),
                    fix="choose a folder that exists and that you may write to",
                )
            write_text(path, page)
            return
        outfile.write(page.encode())
        if close_file:
            outfile.close()
