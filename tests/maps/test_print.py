"""The same map on paper: a vector page that says what its data says, and its picture."""

from __future__ import annotations

import re
import struct
import time
import zlib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import shapely

from geolls.base.errors import MapError
from geolls.base.vocabulary import KIND_TITLES, KINDS
from geolls.maps.data import MapData
from geolls.maps.drawn import resolve
from geolls.maps.page import draw
from geolls.maps.print import svg as paper
from geolls.maps.print.figure import Figure, png
from geolls.maps.print.labels import Label, Room, put
from geolls.maps.print.land import Faces, Land, View
from geolls.maps.print.page import render_svg, save_print
from geolls.maps.recipes import Recipe, load_recipe
from geolls.maps.styles import BAND, LINES, RAMP, band_width
from geolls.study.gazetteer import Place

SVG = "{http://www.w3.org/2000/svg}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
DC = "{http://purl.org/dc/elements/1.1/}"
HOSTILE = "</script><img src=x onerror=boom()>'\"&{{ 7*7 }}"


def page(recipe: Recipe, data: MapData) -> ElementTree.Element:
    return ElementTree.fromstring(render_svg(recipe, data))


def said(root: ElementTree.Element) -> str:
    """Everything the page says, one line of text a line."""
    return "\n".join("".join(t.itertext()) for t in root.iter(f"{SVG}text"))


def group(root: ElementTree.Element, name: str, value: str) -> list[ElementTree.Element]:
    return [g for g in root.iter() if g.get(name) == value]


def faces(root: ElementTree.Element) -> list[ElementTree.Element]:
    return [p for g in group(root, "class", "faces")[:1] for p in g]


def subpaths(element: ElementTree.Element) -> int:
    return len(re.findall("[Mm]", element.get("d", "")))


def at_place(recipe: Recipe, data: MapData) -> tuple[Recipe, MapData]:
    place = Place("local_authority", "W1", "Unit W1", ("a", "c"))
    both = ("local_authority", "maths_hub")
    return replace(recipe, scope="place", on=both), replace(data, place=place)


# ---------------------------------------------------------------- the page says what the data says


def test_each_unit_is_one_path_with_its_code_its_value_and_its_class(recipe, data):
    found = {p.get("data-code"): p for p in faces(page(recipe, data))}
    assert sorted(found) == ["I2", "W1", "X9"]
    assert [found[c].get("fill") for c in ("W1", "X9", "I2")] == [
        paper.inks()["r1"],
        paper.inks()["r5"],
        "url(#gl-dots)",
    ]
    assert found["W1"][0].text == "Unit W1: 0%"
    assert found["I2"][0].text == "Unit I2: fewer than 10 schools"


def test_the_legend_counts_each_class_as_the_data_does(recipe, data):
    lines = said(page(recipe, data)).split("\n")
    for title, count in (
        ("under 5%", "1 local authority"),
        ("5 to 9%", "0 local authorities"),
        ("30% or more", "1 local authority"),
        ("fewer than 10 schools", "1 local authority"),
    ):
        assert lines[lines.index(title) + 1] == count


def test_coverage_tells_one_shared_doubtful_unfound_and_uncovered_apart(recipe, data):
    root = page(replace(recipe, shade="coverage:maths_hub"), data)
    fills = sorted(p.get("fill", "") for p in faces(root))
    patterns = [f"url(#gl-{n})" for n in ("bare", "cross", "stripe")]
    assert fills == [paper.inks()["r2"], *patterns]
    (low,) = group(root, "class", "low")
    assert subpaths(low) == 1
    lines = said(root).split("\n")
    for title, count in (
        ("one Maths Hub", "1 local authority, 1 school"),
        ("one, low confidence", "1 local authority, 1 school"),
        ("shared, no line published", "1 local authority, 1 school"),
        ("none found in our lists", "1 local authority, 2 schools"),
        ("not covered", "1 local authority, 0 schools"),
    ):
        at = lines.index(title)
        assert " ".join(lines[at + 1 : at + 3]).startswith(count)


def test_a_pattern_that_is_used_is_defined_on_the_page(recipe, data):
    svg = render_svg(replace(recipe, shade="coverage:maths_hub"), data)
    used = set(re.findall(r"url\(#([\w-]+)\)", svg))
    assert used == {"gl-bare", "gl-cross", "gl-stripe", "gl-hatch"}
    assert all(f'id="{name}"' in svg for name in used)


def test_every_school_that_can_be_placed_is_one_mark_of_its_kind(recipe, data):
    marks = {
        p.get("data-kind"): p for g in group(page(recipe, data), "class", "schools") for p in g
    }
    counts = {k: int(p.get("data-n", "")) for k, p in marks.items()}
    assert counts == {"no_trust": 3, "trust_home_here": 1, "trust_based_elsewhere": 1}
    assert {k: subpaths(p) for k, p in marks.items()} == counts


def test_more_schools_than_the_land_can_bear_are_dots_of_the_same_number(recipe, data):
    many = pd.concat([data.schools] * 400, ignore_index=True)
    many["urn"] = [str(100_000 + i) for i in range(len(many))]
    marks = group(page(recipe, replace(data, schools=many)), "class", "schools")[0]
    (dots,) = (p for p in marks if p.get("data-kind") == "no_trust")
    assert dots.get("stroke-linecap") == "round"
    assert dots.get("d", "").count("h0") == int(dots.get("data-n", "")) == 1200


def test_title_question_captions_dates_and_sources_are_all_printed_in_full(recipe, data):
    words = " ".join(["A sentence long enough to need more than one line of print"] * 6)
    full = replace(recipe, title=words, question=words, shows=words, means_not=words, shade="")
    text = said(page(full, replace(data, dates=words, attribution=words)))
    assert " ".join(text.split()).count(words) == 6
    assert "What this shows. Nothing is shaded: lines" in text.replace("\n", " ")
    assert "What it does not mean. A sentence" in text.replace("\n", " ")


def test_generated_schools_are_said_to_be_generated(recipe, data):
    assert "Demonstration" not in said(page(recipe, data))
    shown = said(page(recipe, replace(data, demonstration=True)))
    assert "Demonstration schools:generated, not real" in shown.replace(" generated", "generated")


def test_an_unknown_layer_is_refused_as_on_the_screen(recipe, data):
    with pytest.raises(MapError, match="parish"):
        render_svg(replace(recipe, areas="parish"), data)


# ---------------------------------------------------------------- lines


def test_every_layer_that_is_on_has_its_own_line_style(recipe, data):
    for spec in data.layers:
        root = page(replace(recipe, on=(spec.key,)), data)
        (g,) = group(root, "data-layer", spec.key)
        style = LINES[spec.style]
        assert g[-1].get("stroke") == paper.inks()[style.ink]
        assert g[-1].get("stroke-dasharray", "") == style.far.dash
        assert g[-2].get("stroke") == paper.inks()["page"], "no casing below the line"
    assert len({(s.ink, s.near.dash) for s in LINES.values()}) == len(LINES)


def test_a_layer_alone_draws_each_border_once_or_its_dashes_would_fill_up(recipe, data):
    root = page(replace(recipe, on=("local_authority",)), data)
    (g,) = group(root, "data-layer", "local_authority")
    (line,) = _lines(g[-1])
    a = next(f for f in faces(root) if "W1" in (f.get("data-code") or ""))
    side = shapely.linestrings(_lines(a)[0]).length / 6  # of 10 km; 10 by 20 km in all
    assert shapely.linestrings(line).length == pytest.approx(2 * side, rel=0.01)


@pytest.mark.parametrize("far", [True, False])
def test_lines_on_one_border_are_one_line_and_none_leaves_it_by_two_pixels(far):
    for many in range(2, 7):
        wide = [band_width(before, many, far=far) for before in range(many)]
        assert wide == sorted(set(wide)), "a lower one is hidden"
        assert wide[-1] / 0.75 <= 4.0
    assert BAND[-1] / 0.75 == 4.0


def _lines(element: ElementTree.Element) -> list[list[tuple[float, float]]]:
    """The lines of a path, rings closed."""
    out = []
    for part in element.get("d", "").split("M")[1:]:
        start, _, rest = part.partition("l")
        steps = [float(v) for v in re.findall(r"-?\d*\.?\d+", rest)]
        x, y = (float(v) for v in re.findall(r"-?\d*\.?\d+", start))
        line = [(x, y)]
        for dx, dy in zip(steps[::2], steps[1::2], strict=True):
            x, y = x + dx, y + dy
            line.append((x, y))
        out.append([*line, line[0]] if part.endswith("z") else line)
    return out


def _points(element: ElementTree.Element) -> list[tuple[float, float]]:
    return max(_lines(element), key=len)


def test_where_lines_coincide_on_the_country_the_lower_one_shows_on_both_sides(recipe, data):
    root = page(replace(recipe, on=("local_authority", "maths_hub")), data)
    (hub,) = group(root, "data-layer", "maths_hub")
    (council,) = group(root, "data-layer", "local_authority")
    band = {
        ink: [
            p for p in g if p.get("stroke") == paper.inks()[ink] and not p.get("stroke-dasharray")
        ]
        for g, ink in ((hub, "maths"), (council, "council"))
    }
    assert _lines(band["council"][0]) in [_lines(p) for p in band["maths"]], "not on one border"
    below, above = (max(float(p.get("stroke-width")) for p in band[k]) for k in band)
    assert below > above


def test_neighbours_share_every_vertex_of_their_border(recipe, data):
    drawn = resolve(recipe, data)
    land = Land(Faces(drawn), View.fit((400_000, 300_000, 440_000, 320_000), (0, 0, 400, 200)))
    inner, outer = land.between(range(5)), land.outer
    assert (inner.sum(), outer.sum()) == (4, 8 + 4)  # a cross in a square, and an island
    assert paper.line_path([shapely.get_coordinates(land.shapes[4])], closed=True).count("M") == 1


# ---------------------------------------------------------------- words


def test_hostile_names_are_words_and_never_markup(recipe, data):
    nasty = replace(recipe, title=HOSTILE, question=HOSTILE, shows="\x00\x1b‮" + HOSTILE)
    root = page(nasty, replace(data, attribution=HOSTILE, dates=HOSTILE))
    assert {e.tag.removeprefix(SVG) for e in root.iter()} <= {
        "svg", "title", "desc", "defs", "pattern", "path", "rect", "circle", "g", "text", "tspan",
        "metadata", *(f"{RDF}{tag}" for tag in ("RDF", "Description")),
        *(f"{DC}{tag}" for tag in ("title", "description", "source", "date", "rights")),
    }  # fmt: skip
    assert not any(a.lower().startswith("on") for e in root.iter() for a in e.attrib)
    found = {"".join(p.itertext()) for p in faces(root)}
    assert any(t.startswith(HOSTILE) for t in found)
    assert root[0].text == HOSTILE


def test_nothing_is_fetched_and_nothing_runs(recipe, data):
    svg = render_svg(*at_place(recipe, data))
    names = {n[1:-1] for n in (SVG, RDF, DC)}  # of vocabularies: nothing is there to fetch
    assert set(re.findall(r"https?://[^\"'<\s]+", svg)) == names
    assert not re.search(r"<(script|image|use|style|foreignObject)\b|href|@import|url\((?!#)", svg)


def test_no_line_of_text_runs_off_the_page_in_the_widest_of_its_fonts(recipe, data):
    long = replace(data, attribution="Wide words MMMM WWWW " * 30, dates="x" * 400)
    for made in (page(replace(recipe, title="M" * 90), long), page(*at_place(recipe, long))):
        for element in made.iter(f"{SVG}text"):
            size, x = float(element.get("font-size", "0")), float(element.get("x", "0"))
            bold = element.get("font-weight") == "700"
            wide = paper.width("".join(element.itertext()), size, bold)
            shift = {"middle": 0.5, "end": 1.0}.get(element.get("text-anchor", ""), 0.0)
            assert x - shift * wide >= 0
            assert x + (1 - shift) * wide <= 595.3


def test_labels_never_overlap_and_the_first_in_rank_stands_first():
    room = Room((0, 0, 100, 60))
    labels = [Label(30, 20, [[(f"Name {i}", True)]], float(i), 9.0) for i in range(9)]
    texts = put(labels, room)
    assert "Name 8" in texts[0]
    assert 1 < len(texts) < 9, "some fit, not all"
    boxes = [shapely.box(*b) for b in room.taken]
    crossed = [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.intersection(b).area > 0]
    assert not crossed


def test_a_label_stands_off_the_schools_where_it_can():
    marks = np.array([[50.0, 50.0], [52.0, 51.0], [46.0, 49.0]])
    room = Room((0, 0, 100, 100), marks=marks)
    put([Label(50, 50, [[("Leeds", True)]], 1.0, 9.0)], room)
    assert room.covers(room.taken[0]) == 0


def test_findings_are_written_beside_the_land_with_a_line_to_their_unit(recipe, data):
    hub = data.layers[1]
    gap = replace(hub, claims=hub.claims[~hub.claims["block"].isin(["a", "c"])])
    shaded = replace(recipe, shade="coverage:maths_hub")
    tall = data.blocks.copy()  # as England is: with room beside it
    tall.loc["e", "geometry"] = shapely.box(405_000, 350_000, 415_000, 360_000)
    root = page(shaded, replace(data, blocks=tall, layers=(data.layers[0], gap)))
    assert "Unit W1\nno hub found" in said(root)


def test_a_numbered_layer_has_its_key_on_the_page(recipe, data):
    hub = data.layers[1]
    numbered = replace(hub, units=hub.units.assign(number=[1, 2]))
    root = page(
        replace(recipe, labels=("maths_hub",)), replace(data, layers=(data.layers[0], numbered))
    )
    lines = said(root).split("\n")
    assert "1 / 2" in lines, "shared land carries both numbers"
    assert lines[lines.index("Unit H1") - 1] == "1"


def test_what_xml_cannot_hold_is_left_out_and_the_rest_is_kept():
    assert paper.clean("a\x00b\ud800c\u202ed<\uffff>") == "abcd&lt;&gt;"


def test_wrapping_loses_no_word_and_no_line_is_too_wide():
    words = "One two threeeeeeeeeeeeeeeeeeeeeeee four Llanfair– five 漢字漢字漢字漢字"  # noqa: RUF001
    rows = paper.wrap([(words, True)], 10.0, 60.0)
    flat = ["".join(t for t, _ in row) for row in rows]
    assert "".join(flat).replace(" ", "") == words.replace(" ", "")
    assert max(paper.width(t, 10.0, True) for t in flat) <= 60.0


# ---------------------------------------------------------------- ink


def luminance(colour: str) -> float:
    """WCAG 2 relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("classes", sorted(RAMP))
def test_neighbouring_classes_differ_in_grey_as_well(classes):
    light = [luminance(paper.inks()[f"r{i}"]) for i in RAMP[classes]]
    contrast = [(a + 0.05) / (b + 0.05) for a, b in pairwise(light)]
    assert all(c >= 1.25 for c in contrast), contrast
    assert light == sorted(light, reverse=True)


def test_colours_come_from_the_one_file_that_holds_them():
    assert paper.inks()["accent"] == "#0b5c6b"
    assert paper.inks()["page"] == "#ffffff"


def test_the_same_map_is_the_same_bytes(recipe, data):
    shuffled = replace(data, schools=data.schools.sample(frac=1, random_state=1))
    assert render_svg(recipe, data) == render_svg(recipe, data) == render_svg(recipe, shuffled)


# ---------------------------------------------------------------- the picture


def pixels(data: bytes) -> np.ndarray:
    """The picture's pixels, read without a library: 8 bits, RGBA, no interlace."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = [], 8
    while at < len(data):
        size = struct.unpack(">I", data[at : at + 4])[0]
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert (
            zlib.crc32(kind + body) == struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0]
        )
        chunks.append((kind, body))
        at += 12 + size
    wide, high, depth, colour = struct.unpack(">IIBB", chunks[0][1][:10])
    assert (depth, colour) == (8, 6)
    raw = zlib.decompress(b"".join(b for k, b in chunks if k == b"IDAT"))
    rows = np.frombuffer(raw, np.uint8).reshape(high, 1 + wide * 4)
    out = np.zeros((high, wide * 4), np.uint8)
    for i in range(high):
        out[i] = _unfiltered(int(rows[i, 0]), rows[i, 1:], out[i - 1] if i else out[0] * 0)
    return out.reshape(high, wide, 4)


def _unfiltered(kind: int, row: np.ndarray, above: np.ndarray) -> np.ndarray:
    if kind == 0:
        return row
    if kind == 2:
        return row + above
    out = row.astype(int)
    up = above.astype(int)
    for i in range(len(out)):
        left = out[i - 4] if i >= 4 else 0
        corner = up[i - 4] if i >= 4 else 0
        if kind == 1:
            guess = left
        elif kind == 3:
            guess = (left + up[i]) // 2
        else:
            p = left + up[i] - corner
            guess = min((left, up[i], corner), key=lambda v: abs(p - v))
        out[i] = (out[i] + guess) % 256
    return out.astype(np.uint8)


def test_the_picture_has_a4s_size_and_shows_the_classes(recipe, data, tmp_path: Path):
    path = tmp_path / "map.png"
    save_print(replace(recipe, schools_on=False), data, path, figure=Figure(dpi=50))
    made = path.read_bytes()
    seen = pixels(made)
    assert seen.shape[:2] == (585, 413)
    assert (seen[..., 3] == 255).all(), "paper is not transparent"
    colours = {tuple(c) for c in seen[..., :3].reshape(-1, 3)}
    for name in ("page", "r1", "r5"):
        ink = paper.inks()[name]
        assert tuple(int(ink[i : i + 2], 16) for i in (1, 3, 5)) in colours
    dots = struct.unpack(">I", made[made.index(b"pHYs") + 4 :][:4])[0]
    assert dots == round(50 / 0.0254)


def test_words_are_drawn_with_the_font_that_comes_along(recipe, data):
    plain = replace(recipe, title="", question="", schools_on=False)
    with_words = png(render_svg(replace(plain, title="WORDS"), data), 40)
    assert (pixels(with_words)[:45, 20:120, :3] < 128).any(), "the title left no ink"


def test_letters_the_font_lacks_are_looked_for_in_the_system(monkeypatch):
    import resvg_py

    asked = []
    real = resvg_py.svg_to_bytes
    monkeypatch.setattr(
        resvg_py, "svg_to_bytes", lambda **k: asked.append(k["skip_system_fonts"]) or real(**k)
    )
    for words in ("St Mary’s, Café", "漢字"):  # noqa: RUF001
        png(f'<svg xmlns="{SVG[1:-1]}" width="9pt" height="9pt"><text>{words}</text></svg>', 96)
    assert asked == [True, False]


def test_the_vector_file_is_what_is_rendered(recipe, data, tmp_path: Path):
    save_print(recipe, data, tmp_path / "map.SVG")
    assert (tmp_path / "map.SVG").read_text("utf-8") == render_svg(recipe, data)


# ---------------------------------------------------------------- England


def test_england_with_every_school_is_drawn_fast_and_small(england, recipe):
    whole = replace(
        recipe,
        labels=(),
        inset="london",
        cities=True,
        schools=KINDS,
        on=("teaching_school_hub",),
    )
    render_svg(replace(whole, schools_on=False), england)
    began = time.perf_counter()
    svg = render_svg(whole, england)
    assert time.perf_counter() - began < 10  # a second on a free machine
    assert len(svg) < 750_000  # 24,000 schools twice over London
    assert len(render_svg(replace(whole, schools_on=False), england)) < 600_000
    root = ElementTree.fromstring(svg)
    council = next(s for s in england.layers if s.key == "local_authority")
    assert len(faces(root)) == len(council.units)
    main = group(root, "class", "schools")[0]
    assert sum(int(p.get("data-n", "0")) for p in main) == len(england.schools)


def test_the_inset_never_hides_the_land(england, recipe):
    root = page(replace(recipe, labels=(), on=(), inset="london", schools_on=False), england)
    frames = [r for r in root.iter(f"{SVG}rect") if r.get("stroke") == paper.inks()["rule2"]]
    inset = max(frames, key=lambda r: float(r.get("height", "0")))
    x, y, w, h = (float(inset.get(k, "0")) for k in ("x", "y", "width", "height"))
    box = shapely.box(x, y, x + w, y + h)
    coast = [shapely.polygons(line) for p in faces(root) if len(line := _points(p)) > 3]
    assert len(coast) > 140
    assert not shapely.intersects(box, np.array(coast)).any()


def test_rivers_lie_on_all_england_and_nowhere_else(england, lancashire, recipe):
    recipe = replace(recipe, labels=(), on=(), measures=(), shade="", schools_on=False)

    def drawn(data, **choices):
        root = page(replace(recipe, **choices), data)
        return [path for path in root.iter(f"{SVG}path") if path.get("class") == "rivers"]

    assert len(drawn(england, inset="london", cities=True)) == 1, "not in the inset"
    assert not drawn(england, cities=False)
    assert not drawn(lancashire, scope="place", cities=True)


def test_a_place_is_drawn_with_its_neighbours_names_and_the_land_abroad(lancashire, recipe):
    recipe = replace(
        recipe,
        scope="place",
        areas="district",
        on=("local_authority", "district", "teaching_school_hub"),
        labels=("district", "teaching_school_hub"),
        measures=(),
        shade="",
    )
    root = page(recipe, lancashire)
    text = said(root).replace("\n", " ")
    for name in ("Preston", "Ribble Valley", "North Yorkshire", "10 km"):
        assert name in text
    assert len(faces(root)) == 12


def test_hexagons_on_paper_have_the_fills_and_the_legend_of_the_land(england: MapData):
    wanted = {"national_index": 152, "hub_coverage": 326}
    for name, many in wanted.items():
        recipe = load_recipe(name).given(layer="maths_hub")
        data = replace(england, on_blocks=england.schools["block"].value_counts())
        on_land, on_hexes = (page(replace(recipe, hexagons=so), data) for so in (False, True))
        fills = [{f.get("data-code"): f.get("fill") for f in faces(r)} for r in (on_land, on_hexes)]
        assert fills[0] == fills[1]
        steps = [sum(subpaths(face) for face in faces(root)) for root in (on_land, on_hexes)]
        assert 0 < steps[1] <= many
        words = said(on_hexes).replace("\n", " ")
        assert "Hexagons. One for each" in words and " km" not in words
        counts = [re.findall(r"(?m)^\d+ local authorit", said(r)) for r in (on_land, on_hexes)]
        assert counts[0] == counts[1]
    with pytest.raises(MapError, match="no hexagons"):
        page(replace(recipe, hexagons=True, areas="dfe_region", shade="", measures=()), england)


@pytest.mark.real_data
def test_real_england_and_a_real_place_are_drawn_from_the_shelf(real_study: Any, tmp_path: Path):
    from geolls.maps.scenes import scene_of

    study = real_study
    recipe, data = scene_of(study, "national_index")
    svg = render_svg(recipe, data)
    root = ElementTree.fromstring(svg)
    assert len(svg) < 600_000
    assert len(faces(root)) == 152
    counts = [int(n) for n in re.findall(r"(?m)^(\d+) local authorit", said(root))]
    assert sum(counts) == 152
    assert "n = 20,197" in said(root)
    recipe, data = scene_of(study, "locality_overlay", place=study.place("Lancashire"))
    path = tmp_path / "lancashire.png"
    save_print(recipe, data, path)
    head = path.read_bytes()[:24]
    assert struct.unpack(">II", head[16:24]) == (1819, 2572)
    root = page(recipe, data)
    marks = [p for g in group(root, "class", "schools") for p in g]
    here = data.schools[data.schools["here"]]  # not those its trusts have elsewhere
    assert 0 < len(here) < len(data.schools)
    assert sum(int(p.get("data-n", "0")) for p in marks) == here["easting"].notna().sum()


def test_on_screen_and_on_paper_legends_count_every_school_drawn_or_not(recipe, data):
    schools = data.schools.copy()
    kind = schools["kind"].iloc[0]
    assert (schools["kind"] == kind).sum() >= 1
    schools.loc[schools.index[0], ["easting", "northing"]] = np.nan
    recipe, data = at_place(recipe, replace(data, schools=schools))
    recipe = replace(recipe, schools=KINDS, schools_on=True)
    counted = resolve(recipe, data).tally
    screen = draw(recipe, data).get_root().render()
    rows = re.findall(r'data-kind="(\w+)".*?class="gl-n">([\d,]+)<', screen)
    lines = said(page(recipe, data)).split("\n")
    for one, n in rows:
        assert int(n) == counted[one]
        if one in set(schools.dropna(subset="easting")["kind"]):
            assert lines[lines.index(KIND_TITLES[one]) - 1] == n
    assert dict(rows)[kind] == str((schools["kind"] == kind).sum())


def test_every_number_of_the_list_stands_on_the_map(demonstration, tmp_path):
    path = tmp_path / "hubs.svg"
    hubs = {"left": "teaching_school_hub", "right": "maths_hub"}
    demonstration.save_map("disagreement", path, **hubs)
    said = re.findall(r">(\d+)</(?:text|tspan)>", path.read_text("utf-8"))
    many = [said.count(str(n + 1)) for n in range(24)]
    assert min(many) == 2, many  # once in the list, once on its land
