"""Broken and hostile input ends well or in one clear line: a few hundred cases of many."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import fuzz
import handed  # noqa: F401  (enters its cases)
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geolls.base.errors import CatalogueError, GeollsError, InputFileError
from geolls.base.populations import population_of
from geolls.base.schema import a_date
from geolls.land.polygons import read_polygons
from geolls.layers.areas import load_areas
from geolls.layers.catalogue import load_catalogue
from geolls.register.register import read_register


@pytest.mark.parametrize("name", fuzz.TARGETS)
def test_no_reader_is_surprised(name: str, tmp_path: Path) -> None:
    cases = 5 if name in {"dressed register", *fuzz.COSTLY} else 20
    outcome = fuzz.run(fuzz.TARGETS[name], range(cases))
    assert outcome.cases == cases
    assert outcome.findings == []


@pytest.mark.parametrize("name", [n for n in fuzz.TARGETS if n not in {"zip", "gzip", "words"}])
def test_what_is_broken_was_whole_before(name: str) -> None:
    whole = replace(fuzz.TARGETS[name], breaks=lambda _, files: files)
    (end,) = fuzz.run(whole, range(1)).ends
    assert not end.startswith(("refused", "FINDING"))


@pytest.mark.parametrize("name", fuzz.TARGETS)
def test_a_case_is_the_same_whenever_it_is_made(name: str) -> None:
    # tomlkit, zip and sqlite write times or orders of their own only where they are let.
    goal = fuzz.TARGETS[name]
    if name not in {"zip", "by hand", "geopackage"}:
        assert [fuzz.make(goal, n) for n in range(5)] == [fuzz.make(goal, n) for n in range(5)]
    assert len({repr(fuzz.make(goal, n)) for n in range(10)}) > 5


def wrong(kind: str) -> fuzz.Target:
    """A reader with a fault of its own."""

    def read(_: Path) -> str:
        if kind == "crash":
            raise KeyError("x")
        if kind == "hang":
            while True:
                pass
        if kind == "family":
            raise GeollsError("a fault of no family")
        raise AssertionError("a promise is broken")

    return fuzz.Target(kind, "", lambda: {"x": b"x"}, lambda _, files: files, read, frozenset({11}))


@pytest.mark.parametrize("kind", ["crash", "hang", "family", "promise"])
def test_the_fuzzer_sees_what_it_looks_for(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "SECONDS", 1)
    assert len(fuzz.run(wrong(kind), range(1)).findings) == 1


def test_every_way_of_breaking_keeps_breaking() -> None:
    rng = random.Random(1)
    whole = fuzz.register_file()
    for way in (fuzz.break_bytes, fuzz.break_csv, fuzz.break_few):
        assert sum(way(rng, whole) != whole for _ in range(50)) > 40


# ---- what was found, and stays mended


def test_an_odd_record_in_cp1252_is_a_reject_and_no_more(tmp_path: Path) -> None:
    lines = fuzz.register_file().decode().splitlines()
    lines[5] = "100004,H\u00f6xne,one cell too few"
    place = tmp_path / "edubasealldata20220901.csv"
    for encoding in ("utf-8", "cp1252"):
        place.write_bytes("\n".join(lines).encode(encoding) + b"\n")
        with fuzz.nothing_swallowed():
            register = read_register(place, as_of=fuzz.ON)
        assert register.counts["read"] == 40
        assert register.counts["rejected"] == 1
        assert register.rejects["urn"].tolist() == ["100004"]


def test_a_lost_comma_makes_no_school_of_two_hundred_thousand_pupils(tmp_path: Path) -> None:
    place = tmp_path / "edubasealldata20220901.csv"
    place.write_bytes(fuzz.register_file().replace(b",205,,25,", b",205206,,25,"))
    register = read_register(place, as_of=fuzz.ON)
    assert "pupils is not a count" in register.rejects["reason"].tolist()
    assert register.schools["pupils"].max() < 1_000


def test_a_register_of_gigabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    place = tmp_path / "edubasealldata20220901.csv"
    with place.open("wb") as file:
        file.write(fuzz.register_file())
        file.truncate(3 << 30)  # sparse: takes no room
    with pytest.raises(InputFileError, match="3,221,225,472 bytes"):
        read_register(place, as_of=fuzz.ON)


def test_a_register_may_be_named_anything(tmp_path: Path) -> None:
    for name in ("x" * 5_000, "a\0b", "\u202e", ""):
        with pytest.raises(InputFileError):
            read_register(tmp_path / name, as_of=fuzz.ON)
        with pytest.raises(InputFileError):
            read_register(tmp_path / name, links=tmp_path / name, as_of=fuzz.ON)


def test_a_layer_folder_may_have_any_name(tmp_path: Path) -> None:
    for name in ("x" * 5_000, "a\0b", "\u202e", ""):
        with pytest.raises(CatalogueError):
            load_catalogue((tmp_path / name,), load_areas())


def test_a_polygon_file_is_no_recipe_of_gdal(tmp_path: Path) -> None:
    (tmp_path / "layer.toml").write_bytes(fuzz.POLYGON_LAYER % b"gpkg")
    recipe = "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/etc/passwd</SrcDataSource>"
    (tmp_path / "x.gpkg").write_text(recipe, encoding="utf-8")
    layer = load_catalogue((tmp_path,), load_areas()).layers[tmp_path.name]
    with pytest.raises(InputFileError, match="is not a gpkg file"):
        read_polygons(layer)


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=60))
def test_any_word_is_known_or_told_in_one_line(word: str) -> None:
    catalogue, areas = load_catalogue(), load_areas()
    for look_up in (
        lambda: a_date(word),
        lambda: areas.resolve(word, fuzz.ON),
        lambda: areas.find(word, fuzz.ON),
        lambda: catalogue.get(word),
        lambda: population_of([word]),
    ):
        try:
            look_up()
        except GeollsError as error:
            assert str(error).isprintable()
            assert error.exit_code in {2, 10, 12}
