"""Check whatever a user hands over: shelves, layer folders, recipes, studies, registers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

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
    problems += check_folders([f for f in files if f.is_dir()], load_areas())
    problems += [p for recipe in sorted(shelf("maps").glob("*.toml")) for p in _recipe(recipe)]
    for file in (f for f in files if not f.is_dir()):
        if not file.is_file():
            problems.append(Problem(str(file), None, None, "there is no such file or folder"))
        elif file.suffix == ".toml":
            problems += _study(file) if _is_study(file) else _recipe(file)
        else:
            problems += _register(file)
    return problems


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
    return [
        Problem(
            file.name,
            int(row["row"]),
            None,
            f"{row['urn']} {row['reason']}",
            row["action"],
            "warning",
        )
        for row in register.rejects.to_dict("records")
        if row["file"] == "register"
    ]


def _problem(file: Path, error: GeollsError) -> Problem:
    return Problem(error.where or file.name, None, None, error.message, error.fix)
