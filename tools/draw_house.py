"""Draw the floors of the package and what each imports, from the code: docs/images/house.svg.

python tools/draw_house.py          # writes the picture; a test says when it is out of date
"""

from __future__ import annotations

import ast
import html
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "geolls"
TARGET = ROOT / "docs" / "images" / "house.svg"

# A floor imports only floors of earlier lines; floors on one line do not import each other.
FLOORS = (
    ("base",),
    ("layers", "fetch"),
    ("land",),
    ("register", "measures"),
    ("study",),
    ("maps",),
    ("api",),
    ("export",),
    ("atlas",),
    ("cli",),
)
SAYS = {
    "base": "what everything may use",
    "layers": "a boundary system, read, dated, checked",
    "fetch": "official data, brought in whole",
    "land": "blocks, and which one a point lies in",
    "register": "schools and trusts, read without loss",
    "measures": "pure functions: tables in, tables out",
    "study": "everything that decides a number",
    "maps": "recipe and facts to a map, on screen and paper",
    "api": "what a notebook asks",
    "export": "tables out, for other tools",
    "atlas": "a page for every place and trust",
    "cli": "the command line",
}
WIDE, GAP, HEAD, ROW, MARGIN = 1080, 14, 24, 19, 16
LETTER = 6.6  # of 12 px text, on average


def floor_of(path: Path) -> str:
    """Return the floor that a file of the package stands on."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def room_of(path: Path) -> str:
    """Return the name of a file on its floor, as print/svg."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return "/".join(parts[1:] or parts)


def imported(path: Path) -> set[str]:
    """Name the floors that a file imports, inside functions and for types too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{a.name}" for a in node.names]
        found |= {n.split(".")[1] for n in names if n.startswith("geolls.")}
    return found & set(SAYS)


def rooms() -> dict[str, list[Path]]:
    """Return the files of each floor, faces of packages left out."""
    found: dict[str, list[Path]] = {floor: [] for floor in SAYS}
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.stem not in {"__init__", "__main__"}:
            found[floor_of(path)].append(path)
    return found


def _lines(names: list[str], width: float) -> list[list[str]]:
    """Break names into lines that fit."""
    lines: list[list[str]] = [[]]
    for name in names:
        if lines[-1] and LETTER * len(" · ".join([*lines[-1], name])) > width:
            lines.append([])
        lines[-1].append(name)
    return lines


def picture() -> str:
    """Return the picture as SVG."""
    files = rooms()
    parts, top = [], MARGIN
    for line in FLOORS:
        width = (WIDE - 2 * MARGIN - GAP * (len(line) - 1)) / len(line)
        said = {}
        for floor in line:
            names = [room_of(p) for p in files[floor]]
            uses = sorted(
                set().union(*(imported(p) for p in files[floor])) - {floor}, key=list(SAYS).index
            )
            said[floor] = (_lines(names, width - 24), uses)
        high = HEAD + ROW * (1 + max(len(lines) for lines, _ in said.values())) + 12
        for i, (floor, (lines, uses)) in enumerate(said.items()):
            x = MARGIN + i * (width + GAP)
            parts.append(
                f'<rect x="{x:g}" y="{top}" width="{width:g}" height="{high}" rx="4"/>'
                f'<text x="{x + 12:g}" y="{top + 19}"><tspan class="floor">{floor}</tspan>'
                f'<tspan class="says" dx="8">{html.escape(SAYS[floor])}</tspan></text>'
            )
            for j, names in enumerate(lines):
                y = top + HEAD + ROW * (j + 1)
                parts.append(
                    f'<text class="room" x="{x + 12:g}" y="{y}">{" · ".join(names)}</text>'
                )
            y = top + HEAD + ROW * (len(lines) + 1)
            word = f"imports {', '.join(uses)}" if uses else "imports none of the others"
            parts.append(f'<text class="uses" x="{x + 12:g}" y="{y}">{word}</text>')
        top += high + GAP
    style = (
        "text{font:12px system-ui,sans-serif;fill:#19222b;white-space:pre}"
        ".floor{font-weight:700;font-size:15px}.says,.uses{fill:#45525e}.uses{font-style:italic}"
        "rect{fill:#f6f7f5;stroke:#87929a}"
    )
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {top}" role="img" '
        f'aria-label="The floors of geolls and what each imports"><style>{style}</style>\n'
        f'<rect x="0" y="0" width="{WIDE}" height="{top}" style="fill:#fff;stroke:none"/>\n'
        f"{body}\n</svg>\n"
    )


if __name__ == "__main__":
    TARGET.write_text(picture(), "utf-8")
