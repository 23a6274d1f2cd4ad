"""Schools told apart by trusts or a user's column: all marked, counted, accounted for."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geolls.base.errors import InputFileError, MapError, UsageError
from geolls.maps.data import MapData
from geolls.maps.drawn import resolve
from geolls.maps.marking import Column, by_column, by_trust, column_of
from geolls.maps.page import cut
from geolls.maps.payload import own_of, school_order, unpack
from geolls.maps.print.figure import Figure
from geolls.maps.print.page import render_svg
from geolls.maps.recipes import Recipe
from geolls.maps.styles import GROUPS
from geolls.study.gazetteer import Place

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</script><img src=x onerror=boom()>'\"&{{ 7*7 }}"


@pytest.fixture
def local(recipe: Recipe) -> Recipe:
    return replace(recipe, scope="place", shade="", on=("local_authority",))


@pytest.fixture
def whole(data: MapData) -> MapData:
    place = Place("local_authority", "W1", "Everywhere", ("a", "b", "c", "d", "e"))
    return replace(data, place=place)


def drawn(recipe: Recipe, data: MapData) -> tuple[list[str], Counter[str]]:
    """The words of a printed map, and how many marks it has of each kind."""
    root = ElementTree.fromstring(render_svg(recipe, data, Figure(width="174mm")))
    marks = [p for g in root.iter() if g.get("class") == "schools" for p in g]
    counts = Counter({p.attrib["data-kind"]: int(p.attrib["data-n"]) for p in marks})
    for path in marks:
        assert path.attrib["d"].lower().count("m") % int(path.attrib["data-n"]) == 0
    return ["".join(t.itertext()) for t in root.iter(f"{SVG}text")], counts


def written(folder: Path, text: str) -> str:
    (folder / "mine.csv").write_text(text, encoding="utf-8")
    return f"{folder / 'mine.csv'}:Outcome"


def study(data: MapData) -> dict[str, Any]:
    assert data.schools is not None
    return dict.fromkeys([*data.schools["urn"], "200000"])


# ---------------------------------------------------------------- trusts


def test_a_trust_has_its_mark_its_name_and_both_its_counts(local, whole):
    whole = replace(whole, trusts=whole.trusts.assign(schools=[7]))
    recipe, (data,) = by_trust(local, [whole], 1)
    words, counts = drawn(recipe, data)
    assert words[words.index("Oak Trust") + 1] == "2 of 7"
    assert words[words.index("In no trust") + 1] == "4"  # of which one has no location, no mark
    assert counts == {"t0": 2, "no_trust": 3}
    assert "Schools, by trust" in " ".join(words)


def test_the_largest_are_taken_in_order_and_names_break_ties(local, whole):
    schools = whole.schools.assign(
        trust_uid=["b", "b", "a", "a", "c", None], kind="trust_home_here"
    )
    trusts = whole.trusts.iloc[[0, 0, 0]].set_axis(["a", "b", "c"])
    whole = replace(whole, schools=schools, trusts=trusts.assign(trust_name=["Zed", "Ash", "Elm"]))
    _, (data,) = by_trust(local, [whole], 2)
    assert [kind.title for key, kind in data.kinds.items() if key in ("t0", "t1")] == ["Ash", "Zed"]
    assert dict(zip(data.schools["urn"], data.schools["kind"], strict=True))["100004"] == "other"


def test_named_trusts_stand_in_the_order_given_even_without_a_school_here(local, whole):
    recipe, (data,) = by_trust(local, [whole], ["404", "77"])
    words, counts = drawn(recipe, data)
    assert words[words.index("404") + 1] == "0 of 0"
    assert counts["t1"] == 2 and "t0" not in counts


@pytest.mark.parametrize("many", [0, len(GROUPS) + 1])
def test_more_trusts_than_can_be_told_apart_are_refused(local, whole, many: int):
    with pytest.raises(UsageError, match="use 1 to 6"):
        by_trust(local, [whole], many)


def test_panels_share_their_groups(local, whole):
    recipe, maps = by_trust(local, [whole, whole], 1)
    root = ElementTree.fromstring(render_svg(recipe, maps, Figure(width="174mm")))
    words = ["".join(t.itertext()) for t in root.iter(f"{SVG}text")]
    assert words.count("Oak Trust") == 1
    assert words[words.index("Oak Trust") + 1] == "2 / 2, of 2"


# ---------------------------------------------------------------- a user's column


def test_words_have_a_mark_each_and_every_row_is_accounted_for(local, whole, tmp_path: Path):
    text = "urn,Outcome\n100000.0,Good\n100001,Good\n100002,Poor\n100003,n/a\n200000,Good\n7,Bad\n"
    column = column_of(written(tmp_path, text))
    recipe, (data,), told = by_column(local, [whole], column, study(whole))
    words, counts = drawn(recipe, data)
    for title, many in (("Good", 2), ("Poor", 1), ("No value", 1), ("Not in mine.csv", 2)):
        assert words[words.index(title) + 1] == str(many)
    assert counts == {"v0": 2, "v1": 1, "blank": 1, "absent": 1}
    assert told[0] == (
        "mine.csv: 4 of its 6 schools are on the map, 1 elsewhere, 1 no school that counts (7)"
    )
    assert told[0] in data.dates
    assert " ".join(words).count("Schools, by Outcome") == 1


def test_numbers_grow_and_darken_and_have_a_rim_that_shows(local, whole, tmp_path: Path):
    rows = zip(range(100_000, 100_006), ("1,200", "5", "40", "x", "300", "20"), strict=True)
    text = "URN;Outcome\n" + "".join(f'{urn};"{value}"\n' for urn, value in rows)
    _, (data,), told = by_column(local, [whole], column_of(written(tmp_path, text)), study(whole))
    marks = [kind.mark for key, kind in data.kinds.items() if key.startswith("v")]
    assert len(marks) == 5
    assert [m.radius for m in marks] == sorted({m.radius for m in marks})
    assert {m.rim for m in marks} == {"r5"} and len({m.ink for m in marks}) == len(marks)
    kinds = dict(zip(data.schools["urn"], data.schools["kind"], strict=True))
    assert kinds["100001"] == "v0" and kinds["100000"] == "v4" and kinds["100003"] == "blank"
    assert any("1 cells are no number ('x')" in line for line in told)


def test_more_words_than_marks_share_the_last_and_are_named(local, whole):
    words = [f"Word {i}" for i in range(6)]
    many = replace(
        whole, schools=whole.schools.iloc[[0] * 9].assign(urn=[str(i) for i in range(9)])
    )
    cells = dict(zip(map(str, range(9)), [*words, "x", "y", "z"], strict=True))
    _, (data,), told = by_column(local, [many], Column("Outcome", "f", cells, []), cells)
    titles = [kind.title for kind in data.kinds.values()]
    assert titles[:7] == [*words, "3 other values"]
    assert any("3 values share a mark: x, y, z" in line for line in told)
    assert len({(k.mark.shape, k.mark.ink) for k in data.kinds.values()}) == len(titles)


@given(st.lists(st.sampled_from(["Good", "Poor", "", "3", "-", "n/a", "Zoë", HOSTILE]), max_size=9))
def test_each_school_has_one_kind_that_the_legend_names(cells: list[str]):
    from .conftest import RECIPE, small

    data = small()
    column = Column("c", "f", {str(100_000 + i): v for i, v in enumerate(cells)}, [])
    recipe, (made,), told = by_column(RECIPE, [data], column, study(data))
    assert set(made.schools["kind"]) <= set(made.kinds) == set(recipe.schools)
    numbers = [int(n) for n in re.findall(r"(\d+)(?= of its| elsewhere| no school)", told[0])]
    assert sum(numbers) == len(column.cells)


def test_a_workbook_and_whole_numbers_are_read_alike(tmp_path: Path):
    book = openpyxl.Workbook()
    book.active.append(["School URN", "Name", "Outcome"])
    book.active.append([100_000, "Alder", " Good "])
    book.active.append([None, "No number", "Good"])
    book.save(tmp_path / "mine.xlsx")
    column = column_of(f"{tmp_path / 'mine.xlsx'}:outcome")
    assert column.cells == {"100000": "Good"} and column.name == "Outcome"
    assert any("1 rows without a URN" in line for line in column.told)


def test_a_school_listed_twice_keeps_its_first_cell_and_is_told(tmp_path: Path):
    column = column_of(written(tmp_path, "urn,Outcome\n1,a\n1,a\n1,b\n"))
    assert column.cells == {"1": "a"}
    assert any("1 rows say something else" in line for line in column.told)


@pytest.mark.parametrize(
    ("asked", "words"),
    [("Outcome", "names no column"), ("x.csv:", "names no column"), ("{}:Outcom", "mean Outcome")],
)
def test_what_cannot_be_read_is_told_with_the_fix(tmp_path: Path, asked: str, words: str):
    path = written(tmp_path, "urn,Outcome\n1,a\n").rpartition(":")[0]
    with pytest.raises(UsageError, match=words):
        column_of(asked.format(path))


def test_a_table_without_urns_or_a_map_without_schools_is_told(tmp_path: Path, local, data):
    with pytest.raises(InputFileError, match="no column of URNs"):
        column_of(written(tmp_path, "name,Outcome\nAlder,a\n"))
    with pytest.raises(MapError, match="draws no schools"):
        by_trust(local, [replace(data, schools=None)], 1)


# ---------------------------------------------------------------- on the screen


def test_the_screen_has_the_same_groups_and_no_markup_of_the_users(local, whole):
    cells = {"100000": HOSTILE, "100001": "Good"}
    recipe, (data,), _ = by_column(local, [whole], Column("c", "f", cells, []), study(whole))
    html = cut(recipe, data).html
    assert "<img" not in html and "Schools, by c" in html and 'fill="var(--g1)"' in html
    found = resolve(recipe, data)
    own = unpack(own_of(found, school_order(found)))
    assert [mark[1] for mark in own["marks"]] == [kind.title for kind in data.kinds.values()]
    assert own["kinds"] == list(data.kinds)


def test_an_atlas_says_nothing_of_groups(recipe, data):
    found = resolve(recipe, data)
    assert "marks" not in unpack(own_of(found, school_order(found)))
