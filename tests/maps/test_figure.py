"""Figures for print: of the size that was asked for, legible, and saying what they show."""

from __future__ import annotations

import re
import struct
import sys
import zlib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import shapely
from pypdf import PdfReader

from geolls.base.errors import OutputError, UsageError
from geolls.base.vocabulary import KIND_TITLES, KINDS
from geolls.maps.data import MapData
from geolls.maps.drawn import resolve
from geolls.maps.marking import by_trust
from geolls.maps.print.figure import Figure
from geolls.maps.print.labels import Room, labels, put
from geolls.maps.print.land import Faces, Land, View
from geolls.maps.print.page import render_svg, save_print
from geolls.maps.print.svg import width
from geolls.maps.recipes import Recipe
from geolls.study.gazetteer import Place

SVG = "{http://www.w3.org/2000/svg}"
MM = 72 / 25.4
SMALLEST = 6.0  # points


def place(name: str, code: str, *blocks: str) -> Place:
    return Place("local_authority", code, name, blocks)


WEST, EAST = place("West", "W1", "a", "c"), place("East", "X9", "b", "d")


@pytest.fixture
def local(recipe: Recipe) -> Recipe:
    both = ("local_authority", "maths_hub")
    return replace(recipe, title="A place", scope="place", on=both, schools=KINDS)


@pytest.fixture
def west(data: MapData) -> MapData:
    return replace(data, place=WEST, words={"date": "1 September 2022", "place": "West"})


@pytest.fixture
def two(west: MapData) -> list[MapData]:
    return [_there(west, WEST), _there(west, EAST)]


def _there(data: MapData, where: Place) -> MapData:
    schools = data.schools
    assert schools is not None
    here = schools[schools["block"].isin(where.blocks)]
    dates = f"n = {len(here)} schools. Four squares, 2022."
    return replace(data, place=where, schools=here, words={"place": where.name}, dates=dates)


def read(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def said(root: ElementTree.Element) -> list[str]:
    return ["".join(t.itertext()) for t in root.iter(f"{SVG}text")]


def of_size(root: ElementTree.Element) -> tuple[float, float]:
    return tuple(float(root.attrib[side].removesuffix("pt")) for side in ("width", "height"))  # type: ignore[return-value]


def chunks(png: bytes) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    at = 8
    while at < len(png):
        size = struct.unpack(">I", png[at : at + 4])[0]
        kind, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        check = struct.unpack(">I", png[at + 8 + size : at + 12 + size])[0]
        assert zlib.crc32(kind + body) == check
        found.setdefault(kind, []).append(body)
        at += 12 + size
    return found


# ---------------------------------------------------------------- of that very size


@pytest.mark.parametrize(
    ("asked", "points"),
    [("85mm", 85 * MM), ("8.5 cm", 85 * MM), ("3.5in", 252.0), ("510px", 510 * 0.75)],
)
def test_a_width_may_be_given_in_any_unit_a_journal_uses(local, west, asked: str, points: float):
    assert of_size(read(render_svg(local, west, Figure(width=asked))))[0] == pytest.approx(points)


@pytest.mark.parametrize("dpi", [300.0, 600.0])
def test_a_png_has_the_pixels_of_its_size_and_says_so(local, west, tmp_path: Path, dpi: float):
    path = tmp_path / "column.png"
    save_print(local, west, path, figure=Figure(width="85mm", height="120mm", dpi=dpi))
    found = chunks(path.read_bytes())
    pixels = struct.unpack(">II", found[b"IHDR"][0][:8])
    assert pixels == (round(85 / 25.4 * dpi), round(120 / 25.4 * dpi))
    assert struct.unpack(">IIB", found[b"pHYs"][0]) == (*[round(dpi / 0.0254)] * 2, 1)


def test_pixels_are_pixels_of_the_picture(local, west, tmp_path: Path):
    path = tmp_path / "slide.png"
    for dpi in (None, 300.0):
        save_print(local, west, path, figure=Figure(width="1000px", dpi=dpi))
        assert struct.unpack(">I", path.read_bytes()[16:20]) == (1000,)


@pytest.mark.parametrize("width", ["85mm", "174mm", ""])
def test_a_pdf_is_one_page_of_that_size_in_vectors_with_its_letters_inside(
    local, west, tmp_path: Path, width: str
):
    path = tmp_path / "column.pdf"
    figure = Figure(width=width, title="Łódź and Leeds")
    save_print(local, west, path, figure=figure)
    pages = PdfReader(path).pages
    assert len(pages) == 1
    box = pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx(
        of_size(read(render_svg(local, west, figure))), abs=0.01
    )
    assert float(box.width) == pytest.approx(figure.wide, abs=0.01)
    inside = everything(PdfReader(path))
    assert not [one for one in inside if one.get("/Subtype") == "/Image"], "no picture: vectors"
    fonts = [one for one in inside if one.get("/Type") == "/FontDescriptor"]
    assert {str(f["/FontName"]).partition("+")[2][:4] for f in fonts} <= {"Lato", "Dejavu"[:4]}
    assert fonts and all({"/FontFile", "/FontFile2", "/FontFile3"} & set(f) for f in fonts)
    assert "Leeds" in pages[0].extract_text()


def everything(reader: PdfReader) -> list[Any]:
    """Every dictionary of a PDF."""
    numbers = range(1, int(reader.trailer["/Size"]))
    found = (reader.get_object(n) for n in numbers)
    return [one for one in found if isinstance(one, dict)]


def test_the_same_figure_is_the_same_bytes(local, west, tmp_path: Path):
    for name in ("a.pdf", "b.pdf"):
        save_print(local, west, tmp_path / name, figure=Figure(width="85mm"))
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        ({"width": "wide"}, "--width: 'wide' is no length"),
        ({"width": "85"}, "--width: '85' is no length"),
        ({"height": "5mm"}, "--height: 5mm is no size for a map; use 40mm to 1500mm"),
        ({"width": "9000mm"}, "--width: 9000mm is no size for a map"),
        ({"width": "85mm", "height": "42mm"}, "the words leave no room for the map; make it"),
        ({"dpi": 0.0}, "--dpi: 0 pixels an inch; use 20 to 2400"),
    ],
)
def test_a_size_that_cannot_be_is_told(local, west, figure, words: str, tmp_path: Path):
    with pytest.raises(UsageError) as told:
        save_print(local, west, tmp_path / "x.png", figure=Figure(**figure))
    assert words in str(told.value)
    assert not list(tmp_path.iterdir())


def test_the_height_that_is_proposed_is_enough(local, west):
    with pytest.raises(UsageError) as told:
        render_svg(local, west, Figure(width="85mm", height="42mm"))
    more = re.search(r"make it (\d+mm)", str(told.value))
    assert more and render_svg(local, west, Figure(width="85mm", height=more[1]))


def test_a_pdf_without_its_package_says_how_to_get_it(local, west, monkeypatch, tmp_path: Path):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(OutputError, match=r"pip install 'geolls\[print\]'"):
        save_print(local, west, tmp_path / "x.pdf")
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------- legible, and nothing off the page


@pytest.mark.parametrize("wide", ["60mm", "85mm", "120mm", "174mm", "", "841mm"])
@pytest.mark.parametrize("scope", ["england", "place", "panels"])
def test_every_letter_is_legible_and_on_the_paper(local, recipe, west, two, wide: str, scope: str):
    figure = Figure(width=wide, title="A long title of a figure that needs two lines or more " * 2)
    shown: Any = (
        two if scope == "panels" else west if scope == "place" else replace(west, place=None)
    )
    root = read(render_svg(recipe if scope == "england" else local, shown, figure))
    sheet = figure.wide / figure.zoom
    for element in root.iter(f"{SVG}text"):
        size, x = float(element.attrib["font-size"]), float(element.attrib["x"])
        assert size * figure.zoom >= SMALLEST
        words = width("".join(element.itertext()), size, element.get("font-weight") == "700")
        shift = {"middle": 0.5, "end": 1.0}.get(element.get("text-anchor", ""), 0.0)
        assert x - shift * words >= 0 and x + (1 - shift) * words <= sheet + 0.1


# ---------------------------------------------------------------- with these words, or without


def test_a_title_is_the_recipes_the_users_or_none(local, west):
    for given, first in ((None, "A place"), ("Figure 1", "Figure 1"), ("", "")):
        svg = render_svg(local, west, Figure(width="85mm", title=given))
        titles = [t for t in said(read(svg)) if t in ("A place", "Figure 1")]
        assert titles == [first] * bool(first)


def test_a_bare_map_is_the_map_alone_and_has_a_legend_on_wish(local, west):
    whole, bare = (
        said(read(render_svg(local, west))),
        said(read(render_svg(local, west, Figure(bare=True)))),
    )
    for words in ("N", "A place", "Drawn by geolls.", KIND_TITLES["no_trust"]):
        assert words in whole and words not in bare
    assert not [w for w in bare if re.search(r"^(n =|Source|What)|\d km", w)], "names alone"
    legend = said(read(render_svg(local, west, Figure(bare=True, legend=True))))
    assert KIND_TITLES["no_trust"] in legend and "N" not in legend
    assert KIND_TITLES["no_trust"] not in said(
        read(render_svg(local, west, Figure(width="85mm", legend=False)))
    )


def test_every_file_says_title_caption_source_date_and_licence(local, west, tmp_path: Path):
    figure = Figure(width="85mm", title="Figure 1 <&>")
    told = ("Figure 1 <&>", "n = 6 schools.", "1 September 2022", "Source: four squares.")
    for name in ("f.svg", "f.png", "f.pdf"):
        save_print(local, west, tmp_path / name, figure=figure)
    core = {
        e.tag.partition("}")[2]: e.text
        for e in read((tmp_path / "f.svg").read_text()).iter()
        if "dc/" in e.tag
    }
    assert [core[k] for k in ("title", "source", "date", "rights")] == list(told)
    assert "The share of each local authority's schools." in str(core["description"])
    texts = dict(
        body.split(b"\0\0\0\0\0") for body in chunks((tmp_path / "f.png").read_bytes())[b"iTXt"]
    )
    keys = (b"Title", b"Source", b"Creation Time", b"Copyright")
    assert [texts[k].decode() for k in keys] == list(told)
    info: Any = PdfReader(tmp_path / "f.pdf").metadata
    assert info["/Title"] == told[0]
    assert all(words in info["/Keywords"] for words in told[1:])
    assert "The share of each" in info["/Subject"]


# ---------------------------------------------------------------- panels


def test_panels_have_a_letter_each_one_legend_and_one_scale_of_colour(local, two):
    root = read(render_svg(local, two, Figure(width="174mm")))
    panels = [g for g in root.iter(f"{SVG}g") if g.get("class") == "panel"]
    assert len(panels) == 2
    words = said(root)
    assert [w for w in words if w in ("a West", "b East")] == ["a West", "b East"]
    assert (
        words.count("In trusts based elsewhere")
        + sum(w.startswith("In trusts based elsewhere ") for w in words)
        == 1
    )
    faces = {
        p.get("data-code"): p.get("fill") for g in panels for p in g.iter() if p.get("data-code")
    }
    alone = read(render_svg(replace(local, scope="england"), replace(two[0], place=None)))
    whole = {p.get("data-code"): p.get("fill") for p in alone.iter() if p.get("data-code")}
    assert faces == {code: whole[code] for code in ("W1", "X9")}


def test_the_legend_of_panels_counts_as_the_tables_do(local, two):
    words = said(read(render_svg(local, two, Figure(width="174mm"))))
    for kind in KINDS:
        counts = [int((one.schools["kind"] == kind).sum()) for one in two]
        if any(counts):
            assert words[words.index(KIND_TITLES[kind]) + 1] == " / ".join(map(str, counts))
    # Two are listed, for some land both: nobody knows that the second has any.
    assert words[words.index("Maths Hub") + 1] == "1 to 2"
    at = words.index("under 5%")
    assert words[at + 1] == "1 local authority"
    assert any(w.startswith("n = 2 / 3 schools.") for w in words)


def test_a_title_names_the_places_of_all_panels(recipe, two):
    words = said(read(render_svg(recipe, two, Figure(width="174mm"))))
    assert words[0] == "A map of squares: West and East"


def test_a_neighbours_name_never_stands_on_the_place(local, two):
    for one in two:
        land = Land(
            Faces(resolve(local, one)), View.fit((395e3, 295e3, 425e3, 325e3), (0, 0, 240, 240))
        )
        about = land.union(land.drawn.inside.nonzero()[0])
        room = Room((0, 0, 240, 240), about)
        names = [m for m in labels(land) if m.halo == "other" and m.spot == "on"]
        put(names, room)
        assert names and room.taken
        assert not any(shapely.box(*box).intersects(about) for box in room.taken)


def test_what_lies_on_two_panels_is_counted_once(local, two):
    words = said(read(render_svg(local, [two[0], two[0]], Figure(width="174mm"))))
    assert words[words.index("Local authority") + 1] == "1"
    assert words[words.index("under 5%") + 1] == "1 local authority"


@pytest.mark.parametrize("many", range(2, 8))
def test_no_two_panels_overlap(local, two, many: int):
    root = read(render_svg(local, [two[0]] * many, Figure(width="120mm")))
    frames = [
        tuple(float(r.attrib[k]) for k in ("x", "y", "width", "height"))
        for clip in root.iter(f"{SVG}clipPath")
        for r in clip
    ]
    assert len(frames) == many
    ids = [clip.get("id") for clip in root.iter(f"{SVG}clipPath")]
    assert len(set(ids)) == many
    for i, (x, y, w, h) in enumerate(frames):
        assert all(
            x + w <= a or a + c <= x or y + h <= b or b + d <= y for a, b, c, d in frames[:i]
        )


# ---------------------------------------------------------------- where it lies


@pytest.mark.parametrize("scope", ["england", "place"])
def test_grid_lines_stand_on_round_kilometres_and_say_which(local, recipe, west, scope: str):
    shown = west if scope == "place" else replace(west, place=None)
    figure = Figure(width="174mm", grid=True)
    root = read(render_svg(local if scope == "place" else recipe, shown, figure))
    lines = [p.attrib["d"] for p in root.iter() if p.get("class") == "grid"]
    ends = [[float(v) for v in re.findall(r"-?[\d.]+", d)] for d in lines]
    upright = sorted(x0 for x0, _, x1, _ in ends if x0 == x1)
    level = sorted(y0 for _, y0, _, y1 in ends if y0 == y1)
    assert len(upright) + len(level) == len(ends) and len(upright) > 1 and len(level) > 1
    gaps = {round(b - a, 1) for row in (upright, level) for a, b in pairwise(row)}
    assert max(gaps) - min(gaps) <= 0.11, "the same distance apart both ways, everywhere"
    words = said(root)
    east = sorted(int(w.split()[0]) for w in words if w.endswith(" km E"))
    assert east and all(380 <= km <= 460 for km in east)
    # Two squares meet at 400 + 10 km: a line of the grid lies on their edge.
    faces = {p.get("data-code"): p.attrib["d"] for p in root.iter() if p.get("data-code")}
    start = [float(v) for v in re.findall(r"-?[\d.]+", faces["W1"])[:2]]
    assert any(abs(start[0] - x) < 0.15 for x in upright), (start, upright)


def test_no_grid_is_drawn_unless_asked_for(local, west):
    assert 'class="grid"' not in render_svg(local, west, Figure(width="174mm"))


# ---------------------------------------------------------------- real places, and a kept picture


@pytest.mark.real_data
def test_the_legend_of_a_real_figure_counts_as_the_register_does(recent_study: Any, tmp_path: Path):
    study = recent_study
    figure = {"width": "85mm", "title": "", "dpi": 300}
    path = tmp_path / "lancashire.svg"
    told = study.save_map("locality_overlay", path, place="Lancashire", figure=figure, trusts=5)
    assert told == ["--dpi is for .png: a .svg is drawn in lines, at any fineness"]
    words = said(read(path.read_text("utf-8")))
    assigned = study.assigned("local_authority")
    code = study.place("Lancashire").unit_code
    here = study.schools[
        study.schools["urn"].isin(assigned.loc[assigned["unit_code"] == code, "urn"])
    ]
    counts = here["trust_name"].value_counts()
    everywhere = study.schools["trust_name"].value_counts()
    shown = [w for w in words if w in set(counts.index)]
    assert len(shown) == 5
    assert sorted(counts[shown], reverse=True) == sorted(counts, reverse=True)[:5]
    for name in shown:
        assert words[words.index(name) + 1] == f"{counts[name]} of {everywhere[name]}"
    assert any(w.startswith(f"n = {len(here):,} ") for w in words)


@pytest.mark.browser
def test_the_figure_looks_as_it_did(local, two, same, tmp_path: Path):
    recipe, maps = by_trust(local, two, 1)
    figure = Figure(width="120mm", title="Two places, one trust told apart", dpi=120, grid=True)
    save_print(recipe, maps, tmp_path / "f.png", figure=figure)
    same("figure-panels", (tmp_path / "f.png").read_bytes())


def test_a_map_to_explore_takes_a_title_and_refuses_what_is_for_print(
    demonstration: Any, tmp_path: Path
):
    path = tmp_path / "leeds.html"
    title = {"title": "Schools of Leeds <&>"}
    demonstration.save_map("locality_overlay", path, place="Leeds", figure=title)
    assert "<h1>Schools of Leeds &lt;&amp;&gt;</h1>" in path.read_text("utf-8")
    for asked, words in (({"figure": {"width": "85mm"}}, "width"), ({}, "several places")):
        place = "Leeds" if asked else ["Leeds", "Kent"]
        with pytest.raises(OutputError, match=f"takes no {words}; use .svg"):
            demonstration.save_map("locality_overlay", path, place=place, **asked)
