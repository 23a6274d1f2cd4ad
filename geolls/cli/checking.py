"""Check whatever a user hands over: shelves, layer folders, recipes, studies, registers."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from geolls.base.errors import GeollsError, InputFileError, UnknownNameError
from geolls.base.files import missing
from geolls.base.workbooks import WORKBOOKS, is_workbook, parted
from geolls.layers.model import Problem

__all__ = ["check_files"]


def check_files(files: Sequence[Path] = ()) -> list[Problem]:
    """Return every problem of the shelves and of the files given.

    Parameters
    ----------
    files : sequence of pathlib.Path
        Whatever a user hands over: layer folders (or folders of them, or of tables), recipes and
        study files (.toml), tables of GIAS, of members and of points (csv in any form, packed or
        not, workbooks, parquet), files of polygons. Empty checks the shelves alone.

    Returns
    -------
    list of Problem
        Shelves first, then the files in the order given.
    """
    from geolls.base.shelves import shelf
    from geolls.layers.areas import load_areas
    from geolls.layers.checks import check_shelf

    # The shelf's own known gaps are not what a user asks about who gives files.
    problems = [p for p in check_shelf(load_areas()) if p.severity == "error" or not files]
    problems += [p for recipe in sorted(shelf("maps").glob("*.toml")) for p in _recipe(recipe)]
    for file in files:
        problems += _handed(file)
    return problems


def _handed(file: Path) -> Iterable[Problem]:
    """Open whatever it is."""
    from geolls.layers.areas import load_areas
    from geolls.layers.checks import check_folders
    from geolls.layers.scenario import is_scenario

    if file.name.casefold() == "layer.toml":
        file = file.parent
    if file.is_dir() or _holds(file, "layer.toml"):
        if file.is_dir() and not [*file.glob("layer.toml"), *file.glob("*/layer.toml")]:
            held = sorted(p for p in file.iterdir() if p.is_file() and _kind(p) in _READ)
            if held:
                return [p for each in held for p in _handed(each)]
        return [*check_folders([file], load_areas()), *_polygons([file])]
    if not parted(file)[0].is_file():
        return [
            Problem(str(file), None, None, "there is no such file or folder", missing(file).fix)
        ]
    kind = _kind(file)
    if kind not in _READ:
        fix = f"give a folder, or one of {' '.join(_READ)}"
        return [Problem(str(file), None, None, "is of a kind that geolls does not read", fix)]
    try:
        if kind == ".toml" and is_scenario(file):
            return _scenario(file)
        if kind == ".toml":
            return _study(file) if _is_study(file) else _recipe(file)
        if kind in _SHAPES or (kind in (".zip", ".parquet") and _has_shapes(file)):
            return _shapes(file)
        return _table(file)
    except GeollsError as error:
        return [_problem(file, error)]


_SHAPES = (".geojson", ".json", ".gpkg", ".shp", ".fgb")
_READ = (".toml", ".csv", ".tsv", ".txt", *WORKBOOKS, ".xls", ".zip", ".parquet", *_SHAPES)


def _kind(file: Path) -> str:
    return Path(parted(file)[0].name.lower().removesuffix(".gz")).suffix


def _has_shapes(file: Path) -> bool:
    """Whether a zip or a parquet file holds shapes."""
    if file.suffix.lower() == ".parquet":
        from pyarrow import parquet

        with contextlib.suppress(OSError, pa.ArrowException):
            return b"geo" in (parquet.read_schema(file).metadata or {})
    return _holds(file, *_SHAPES)


def _holds(file: Path, *endings: str) -> bool:
    """Whether it is a zip of files among which one ends so."""
    with contextlib.suppress(OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return any(n.lower().endswith(endings) for n in zipfile.ZipFile(file).namelist())
    return False


def _shapes(file: Path) -> list[Problem]:
    """Open a file of polygons as if it were that of a layer."""
    from geolls.land.polygons import read_polygons
    from geolls.layers.model import Layer

    told: list[Problem] = []
    read_polygons(Layer(title=file.stem, source="", kind="polygons", geometry=file), told)
    return told


def _polygons(folders: Sequence[Path]) -> Iterator[Problem]:
    """Open the polygons of a user's layers; what is wrong with them, or is not used, is told."""
    from geolls.land.polygons import read_polygons
    from geolls.layers.catalogue import layer_folders
    from geolls.layers.reader import read_layer

    for folder in (f for given in folders for f in _found(layer_folders, given)):
        layer, _ = read_layer(folder, own=True)
        if layer is None or layer.kind != "polygons":
            continue
        file = layer.geometry or folder / "layer.toml"
        told: list[Problem] = []
        try:
            read_polygons(layer, told)
        except GeollsError as error:
            yield Problem.at(file, error.message, error.fix)
        yield from told


def _found(look: Callable[[Sequence[Path]], Iterator[Path]], given: Path) -> list[Path]:
    try:
        return list(look([given]))
    except GeollsError:  # `check_folders` says what is wrong
        return []


def _table(file: Path) -> list[Problem]:
    """Check a table: a GIAS file, points, or a list of members, as its columns say."""
    from geolls.register.csv import read_csv
    from geolls.register.groups import told_by_links
    from geolls.register.opener import kind_of, nearly
    from geolls.register.register import read_successions
    from geolls.register.rejects import entries, rejects_table
    from geolls.study.points import check_points, is_points

    kind = None if file.suffix.lower() == ".parquet" else kind_of(file)
    if kind is None and is_points(file):
        return [
            Problem(file.name, None, None, line, severity="warning") for line in check_points(file)
        ]
    if kind is None and file.suffix.lower() != ".parquet" and nearly(file, "links"):
        kind = "links"  # reading it says what it lacks
    if kind is None and (members := _members(file)) is not None:
        return members
    if kind == "links":
        sheet = read_csv(file, "links")
        _, faults, _ = told_by_links(sheet, np.ones(10**7, dtype=bool))
        told = [Problem(file.name, None, None, t, severity="warning") for t in sheet.told()]
        return [*told, *entries(rejects_table(faults.lines()), {"links": file.name})]
    if kind == "successions":
        unused: list[Problem] = []
        read_successions(file, unused)
        return unused
    if kind == "groups":
        line = "is a list of groups, which geolls does not need: links and registers name them"
        return [Problem(file.name, None, None, line, severity="warning")]
    if kind is None and file.suffix.lower() != ".zip" and not nearly(file, "register"):
        raise InputFileError(
            "is no table that geolls knows",
            where=str(file),
            fix="a register has GIAS's columns; a list of members unit, and area, URN or postcode; "
            "points easting and northing, or lon and lat",
        )
    return _register(file)


def _members(file: Path) -> list[Problem] | None:
    """Check a list of members as that of a layer; None where its columns are not those of one."""
    from geolls.layers.areas import load_areas
    from geolls.layers.checks import check_folders
    from geolls.layers.lists import read_list
    from geolls.layers.reader import is_members

    place = parted(file)[0]
    if not is_members(file):
        try:
            return list(read_list(file, "list").told)
        except InputFileError as error:
            if "lists neither" in error.message:
                return None
            raise
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "list"
        home.mkdir()
        ending = place.suffix.lower() if is_workbook(place) else ".csv"
        shutil.copy(place, home / f"members{ending}")
        (home / "layer.toml").write_text('title = "List"\nsource = "-"\nlicence = "-"\n')
        return [replace(p, file=file.name) for p in check_folders([home], load_areas())]


def _is_study(file: Path) -> bool:
    """Tell a study from a recipe: a study names a register, a day, phases or places."""
    from geolls.base.schema import load

    try:
        keys = load(file).holds.keys()
    except InputFileError:
        return False
    return bool(keys & {"as_of", "register", "links", "phases", "places", "spread", "where"})


def _scenario(file: Path) -> Iterable[Problem]:
    """Check a scenario as of today, or of the day that it names."""
    from geolls.layers.areas import load_areas
    from geolls.layers.catalogue import load_catalogue
    from geolls.layers.scenario import read_scenario

    return read_scenario(file, load_catalogue().get, date.today(), load_areas()).problems


def _recipe(file: Path) -> list[Problem]:
    from geolls.maps.recipes import check_recipe

    return [Problem(file.name, None, None, f.message, f.fix) for f in check_recipe(file)]


def _study(file: Path) -> list[Problem]:
    from geolls.api import open_study

    opened = open_study(file)
    found = [] if opened.register.demonstration else opened.register.account()
    if opened.settings.where:
        kept = opened.describe().set_index("item")["value"]["where"]
        found.append(Problem(file.name, None, "where", f"only {kept} schools", None, "note"))
    for place in opened.settings.places:
        try:
            opened.place(place)
        except GeollsError as error:
            found.append(_problem(file, error))
    opened.assigned()  # after which is known what was lost
    return found + opened.account()


def _register(file: Path) -> list[Problem]:
    from geolls.register.register import read_register

    try:
        register = read_register(file)
    except UnknownNameError:  # it does not say how old it is, and no fault hangs on that
        register = read_register(file, as_of=date.today())
    return register.account()


def _problem(file: Path, error: GeollsError) -> Problem:
    return Problem(error.where or file.name, None, None, error.message, error.fix)
