"""Write docs/gallery.md and its pictures: python tools/write_gallery.py REGISTER LINKS AS_OF.

Every picture is what `geolls map` writes, made small in a browser.
"""

from __future__ import annotations

import base64
import re
import shutil
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from playwright.sync_api import Browser, sync_playwright

from geolls.api import Study, open_study
from geolls.base.files import write_bytes, write_text

PAGE = Path(__file__).resolve().parents[1] / "docs" / "gallery.md"
IMAGES = PAGE.parent / "images" / "gallery"
DPI = 115
MOST = 118_000  # bytes of a picture


class Graphic(NamedTuple):
    """One finished graphic: what it is, what asks for it, what to look for."""

    name: str
    title: str
    recipe: str
    asked: dict[str, str]
    words: str
    hexagons: bool = False


GRAPHICS = (
    Graphic(
        "index_by_area",
        "Who runs schools, by area",
        "national_index",
        {},
        "The finding is the heading, its threshold a break of the legend, which counts the "
        "authorities of each class. The highest are called out. London is drawn three times "
        "larger.",
    ),
    Graphic(
        "index_by_schools",
        "The same, a hexagon for each authority",
        "national_index",
        {},
        "One click beside every map of England on a page, `--hexagons` on paper: London is no "
        "longer small, nor Cumbria large. Hub lines run between whole authorities here.",
        hexagons=True,
    ),
    Graphic(
        "disagreement",
        "Where authorities and Teaching School Hubs part",
        "disagreement",
        {},
        "Lines that run along one border are one line; where they part, the land is tinted, "
        "counted, numbered and named, largest first.",
    ),
    Graphic(
        "both_hubs",
        "Where the two kinds of hub part",
        "disagreement",
        {"left": "teaching_school_hub", "right": "maths_hub"},
        "The same recipe takes any two layers. Striped land is listed by several Maths Hubs and no "
        "line is published: the doubt is drawn.",
    ),
    Graphic(
        "city",
        "A city",
        "locality_overlay",
        {"place": "Leeds"},
        "One district, one authority, one hub of its own. Kinds of school are told apart by "
        "shape as well as by colour.",
    ),
    Graphic(
        "shire",
        "A shire",
        "locality_overlay",
        {"place": "Lancashire"},
        "Three Teaching School Hubs divide one authority along district lines. Their names stand "
        "outside, with leaders and the number of schools here.",
    ),
    Graphic(
        "combined_authority",
        "A combined authority",
        "locality_overlay",
        {"place": "combined_authority:Greater Manchester"},
        "Ten authorities and five Teaching School Hubs, one of which runs on beyond the edge.",
    ),
    Graphic(
        "maths_hub",
        "A Maths Hub with shared land",
        "locality_overlay",
        {"place": "maths_hub:Abacus NW Maths Hub"},
        "Two hubs list most of this land and no line between them is published, so the number of "
        "its schools has two ends.",
    ),
    Graphic(
        "national_trust",
        "A national trust",
        "trust_footprint",
        {"trust": "United Learning Trust"},
        "No authority has a quarter of its schools: it has no single home, and no links are drawn.",
    ),
    Graphic(
        "local_trust",
        "A local trust",
        "trust_footprint",
        {"trust": "Futura Learning Partnership"},
        "Links run from the middle of its schools at home to each of those elsewhere.",
    ),
    Graphic(
        "typology",
        "Patterns of who runs schools",
        "typology",
        {},
        "Stated rules, stated thresholds; what fits two patterns is mixed, and what cannot be said "
        "has its own class.",
    ),
    Graphic(
        "far_from_hub",
        "Far from a lead school",
        "far_from_hub",
        {},
        "Each authority by the share of its schools further than 20 km from the nearest lead "
        "school, and every lead school.",
    ),
)

INTRODUCTION = """# Gallery

Twelve finished graphics, each from one command: {count} state-funded mainstream schools, day {day}.
With `-o` and `.html` the same command writes the map to explore; `.svg` and `.pdf` are for print.
`--study`, or `--register`, `--links` and `--as-of`, say which schools ([studies](studies.md)). The
page was written by `tools/write_gallery.py`.
"""

# The picture as the browser packs it, small enough for a page.
PACK = """async ([data, most]) => {
  const image = new Image();
  image.src = `data:image/png;base64,${data}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width; canvas.height = image.height;
  const draw = canvas.getContext("2d");
  draw.fillStyle = "#fff"; draw.fillRect(0, 0, canvas.width, canvas.height);
  draw.drawImage(image, 0, 0);
  for (let quality = 0.9; ; quality -= 0.04) {
    const packed = canvas.toDataURL("image/webp", quality).split(",")[1];
    if (packed.length * 0.75 < most || quality < 0.4) return packed;
  }
}"""


def command(graphic: Graphic) -> str:
    """Return the command line that draws it."""
    options = []
    for key, value in graphic.asked.items():
        said = f'"{value}"' if " " in value else value
        options.append(f"--{key} {said}" if key in ("place", "trust") else f"--set {key}={said}")
    options += ["--hexagons"] * graphic.hexagons
    return " ".join(["geolls map", graphic.recipe, *options, f"-o {graphic.name}.png"])


def drawn(study: Study, graphic: Graphic, browser: Browser, folder: Path) -> tuple[str, bytes]:
    """Return what it says in words, and its picture."""
    asked: dict[str, Any] = {**graphic.asked, "hexagons": graphic.hexagons}
    svg, path = folder / "map.svg", folder / "map.png"
    study.save_map(graphic.recipe, svg, **asked)
    study.save_map(graphic.recipe, path, figure={"dpi": DPI}, **asked)
    found = re.search(r"<desc[^>]*>(.*?)</desc>", svg.read_text("utf-8"), re.S)
    words = unescape(found[1]) if found else graphic.title
    page = browser.new_page()
    image = path.read_bytes()
    packed = page.evaluate(PACK, [base64.b64encode(image).decode(), MOST])
    page.close()
    return " ".join(words.split()), base64.b64decode(packed)


def sections(study: Study, browser: Browser) -> Iterator[str]:
    """Yield each graphic as it stands on the page, and write its picture."""
    for graphic in GRAPHICS:
        with TemporaryDirectory() as folder:
            words, picture = drawn(study, graphic, browser, Path(folder))
        write_bytes(IMAGES / f"{graphic.name}.webp", picture)
        print(graphic.name, f"{len(picture):,} bytes")
        alt = re.sub(r"[\[\]]", "", words)
        yield f"## {graphic.title}\n\n![{alt}](images/gallery/{graphic.name}.webp)\n"
        yield f"{graphic.words}\n\n```console\n{command(graphic)}\n```\n"


def main(register: str, links: str, as_of: str) -> None:
    """Write the page and its pictures."""
    study = open_study(register=register, links=links, as_of=as_of)
    start = INTRODUCTION.format(count=f"{len(study.schools):,}", day=as_of)
    program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        write_text(PAGE, "\n".join([start, *sections(study, browser)]))
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
