"""Check whatever a user hands over: shelves, layer folders, recipes, studies, registers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from geolls.base.errors import GeollsError, InputFileError, UnknownNameError
from geolls.layers.model import Problem

__all__ = ["check_files"]


def check_files(files: Sequence[Path] = ()) -> list[Problem]:
    """Return every problem of the shelves and of the files given.

    Parameters
    ----------
    files : sequence of pathlib.Path
        Layer folders (or folders of them), recipes and study files (.toml), registers (.csv,
        .csv.gz, .zip). Empty checks the shelves alone.

    Returns
    -------
    list of Problem
        Shelves first, then the files in the order given.
    """
    from geolls.base.shelves import shelf
    from geolls.layers.areas import load_areas
    from geolls.layers.checks import check_folders, check_shelf

    # The shelf's own known gaps are not what a user asks about who gives files.
    problems = [p for p in check_shelf(load_areas()) if p.severity == "error" or not files]
    folders = [f for f in files if f.is_dir()]
    problems += check_folders(folders, load_areas())
    problems += _polygons(folders)
    problems += [p for recipe in sorted(shelf("maps").glob("*.toml")) for p in _recipe(recipe)]
    for file in (f for f in files if not f.is_dir()):
        if not file.is_file():
            problems.append(Problem(str(file), None, None, "there is no such file or folder"))
        elif file.suffix.lower() == ".toml":
            problems += _study(file) if _is_study(file) else _recipe(file)
        else:
            problems += _table(file)
    return problems


def _polygons(folders: Sequence[Path]) -> Iterator[Problem]:
    """Open the polygons of a user's layers; what is wrong with them, or is not used, is told."""
    from geolls.land.polygons import read_polygons
    from geolls.layers.catalogue import layer_folders
    from geolls.layers.reader import read_layer

    for folder in (f for given in folders for f in _found(layer_folders, given)):
        layer, _ = read_layer(folder, own=True)
        if layer is None or layer.kind != "polygons" or layer.geometry is None:
            continue
        told: list[str] = []
        try:
            read_polygons(layer, told)
        except GeollsError as error:
            yield Problem.at(layer.geometry, error.message, error.fix)
        for line in told:
            yield Problem.at(layer.geometry, line, severity="warning")


def _found(look: Callable[[Sequence[Path]], Iterator[Path]], given: Path) -> list[Path]:
    try:
        return list(look([given]))
    except GeollsError:  # `check_folders` says what is wrong
        return []


def _table(file: Path) -> list[Problem]:
    """Check a table: a register, its links or successions, or points, as its columns say."""
    from geolls.register.csv import read_csv
    from geolls.register.groups import told_by_links
    from geolls.register.opener import kind_of
    from geolls.study.points import check_points, is_points

    try:
        if file.suffix.lower() == ".zip":
            return _register(file)
        kind = None if file.suffix.lower() == ".parquet" else kind_of(file)
        if kind is None and is_points(file):
            check_points(file)
            return []
        if kind == "links":
            sheet = read_csv(file, "links")
            told = sheet.told()
            _, faults = told_by_links(sheet, np.ones(10**7, dtype=bool))
            return [
                *(Problem(file.name, None, None, line, None, "warning") for line in told),
                *_faults(file, pd.concat([*faults.lines(), pd.DataFrame()])),
            ]
        if kind == "successions":
            read_csv(file, "successions")
            return []
        if kind == "groups":
            line = "is a list of groups, which geolls does not need: links and registers name them"
            return [Problem(file.name, None, None, line, None, "warning")]
    except GeollsError as error:
        return [_problem(file, error)]
    return _register(file)


def _faults(file: Path, rejects: pd.DataFrame) -> list[Problem]:
    return [
        Problem(
            file.name,
            int(row["row"]),
            None,
            f"{row['urn']} {row['reason']}",
            row["action"],
            "warning",
        )
        for row in rejects.to_dict("records")
    ]


def _is_study(file: Path) -> bool:
    """Tell a study from a recipe: a study names a register, a day, phases or places."""
    from geolls.base.schema import load

    try:
        keys = load(file).holds.keys()
    except InputFileError:
        return False
    return bool(keys & {"as_of", "register", "links", "phases", "places", "spread"})


def _recipe(file: Path) -> list[Problem]:
    from geolls.maps.recipes import check_recipe

    return [Problem(file.name, None, None, f.message, f.fix) for f in check_recipe(file)]


def _study(file: Path) -> list[Problem]:
    from geolls.api import open_study

    try:
        opened = open_study(file)
    except GeollsError as error:
        return [_problem(file, error)]
    found = []
    for place in opened.settings.places:
        try:
            opened.place(place)
        except GeollsError as error:
            found.append(_problem(file, error))
    return found


def _register(file: Path) -> list[Problem]:
    from geolls.register.register import read_register

    try:
        try:
            register = read_register(file)
        except UnknownNameError:  # it does not say how old it is, and no fault hangs on that
            register = read_register(file, as_of=date.today())
    except GeollsError as error:
        return [_problem(file, error)]
    told = register.source.get("told", ())
    return [
        *(Problem(file.name, None, None, line, None, "warning") for line in told),
        *_faults(file, register.rejects[register.rejects["file"] == "register"]),
    ]


def _problem(file: Path, error: GeollsError) -> Problem:
    return Problem(error.where or file.name, None, None, error.message, error.fix)
