"""Commands about what there is: layers, check, where."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import click

from geolls.base.errors import CatalogueError, UsageError
from geolls.base.vocabulary import REASONS
from geolls.cli.group import PATH, Choice, command
from geolls.cli.options import (
    OUTPUT,
    STUDY,
    catalogue_of,
    day_of,
    emit,
    note,
    on_screen,
    say_first_reading,
    say_unchecked,
    study_of,
)

if TYPE_CHECKING:
    from pathlib import Path

PROBLEM_COLUMNS = ("severity", "file", "row", "column", "value", "message", "fix")


@command(
    click.option(
        "--long",
        "long",
        is_flag=True,
        help="Show the units with evidence and those expected, and the share of schools in them.",
    ),
    *STUDY,
    *OUTPUT,
)
def layers(long: bool, **options: Any) -> None:
    r"""List the layers alive on a day, with source and confidence.

    \b
    geolls layers --as-of 2022-09-01
    geolls layers --long --format csv
    """
    from geolls.layers.areas import load_areas
    from geolls.layers.evidence import date_note, evidence, hold_dates, lowest_line, units_on

    on, areas = day_of(options), load_areas()
    catalogue = catalogue_of(options, areas, on)
    alive = {key: layer for key, layer in catalogue.layers.items() if layer.active(on)}
    if options["strict_dates"]:
        hold_dates((layer for layer in alive.values() if layer.has_land), on, areas)
    study = study_of({**options, "as_of": on.isoformat()}) if long else None
    if study is None:
        say_unchecked(alive.values(), on, options)
    rows = []
    for key, layer in alive.items():
        made_here = layer.tier is None and not layer.units  # from polygons or from the register
        found = evidence(layer, on, areas)
        row: dict[str, Any] = {
            "key": key,
            "title": layer.title,
            "kind": layer.kind,
            "tiling": layer.tiling,
            "units": None if made_here else len(units_on(layer, on, areas)),
            "from": layer.valid_from,
            "to": layer.valid_to,
            "source": layer.source,
            "confidence": found.lowest_confidence,
            "line_confidence": lowest_line(layer, on, areas),
            "checked_until": layer.checked_until,
            "date_note": date_note(layer, on, areas),
        }
        if study is not None:
            row |= {
                "units_evidenced": None if made_here else found.units_evidenced,
                "units_expected": found.units_expected,
                "schools_share": None,
            }
            if layer.kind != "sites":
                covered = study.coverage(key, by="schools")
                inside = covered[~covered["unit_code"].isin(REASONS)]
                row["schools_share"] = round(float(inside["share"].sum()), 4)
                if made_here:
                    row["units"] = int((inside["unit_code"] != "shared").sum())
                    row["units_evidenced"] = row["units"]
        rows.append(row)
    counted = study is not None
    view = "layers --long" if counted else ""
    emit(rows, options, title=f"Layers on {on}", study=study, counted=counted, view=view)


@command(click.argument("files", nargs=-1, type=PATH), *OUTPUT)
def check(files: tuple[Path, ...], **options: Any) -> None:
    r"""Check the shelves and your own files; list every problem.

    \b
    geolls check
    geolls check my-layers/ my-map.toml --format json
    """
    import pandas as pd

    from geolls.cli.checking import check_files
    from geolls.layers.model import in_short

    problems = check_files(files)
    values = [[getattr(p, c) for c in PROBLEM_COLUMNS] for p in problems]
    rows = pd.DataFrame(values, columns=list(PROBLEM_COLUMNS), dtype=object)
    told = [p for p in problems if p.severity == "warning"]
    lines = [f"error: {p}" for p in problems if p.severity == "error"]
    said = "\n".join(lines + [f"warning: {line}" for line in in_short(told)])
    if len(told) > len(said.splitlines()) - len(lines):
        said += "\nOne line for each kind; -o problems.csv writes every one of them."
    emit(rows, options, said=said or "No problems found.")
    errors = sum(p.severity == "error" for p in problems)
    if errors:
        raise CatalogueError(f"{errors} error{'s' * (errors > 1)} found")


@command(
    click.argument("text"),
    *STUDY,
    *OUTPUT,
    context_settings={"ignore_unknown_options": True},  # -1.57,55.18 is a place
)
def where(text: str, **options: Any) -> None:
    r"""Say which unit of every layer covers a place.

    TEXT is a postcode, whole or its beginning, "lon,lat", "easting,northing", a URN, a GSS code, or
    the name of an area, town or school.

    \b
    geolls where Ashington --as-of 2022-09-01
    geolls where -1.57,55.18
    geolls where "NE63 9"
    geolls where E08000035
    """
    from geolls.base.postcodes import is_whole, spelt
    from geolls.fetch.kept import data_folder
    from geolls.layers.areas import load_areas
    from geolls.layers.evidence import hold_dates
    from geolls.study.where import where as find

    if options["blocks"]:
        raise UsageError(
            "where answers by the blocks that geolls brings", where="--blocks", fix="leave it out"
        )
    on, areas = day_of(options), load_areas()
    catalogue = catalogue_of(options, areas, on)
    land = [layer for layer in catalogue.layers.values() if layer.has_land and layer.active(on)]
    if options["strict_dates"]:
        hold_dates(land, on, areas)
    if (code := spelt(text)) and is_whole(code):
        say_first_reading(options)
    open_once = cache(lambda: study_of({**options, "as_of": on.isoformat()}))
    rows = find(
        text,
        on=on,
        areas=areas,
        catalogue=catalogue,
        data=options["data"] or data_folder(),
        open_study=open_once,
    )
    study = open_once() if open_once.cache_info().currsize else None
    if study is None:
        say_unchecked(land, on, options)
    for line in study.told() if study else ():
        note(options, line)
    if not on_screen(options):
        emit(rows, options, study=study)
        return
    for match in dict.fromkeys(row["match"] for row in rows):
        mine = [{k: v for k, v in r.items() if k != "match"} for r in rows if r["match"] == match]
        emit(mine, options, title=f"Who covers {match}, on {on}", study=study)


@command(click.argument("shell", type=Choice(["bash", "zsh", "fish"])))
def completion(shell: str) -> None:
    r"""Print the script that lets Tab complete commands, layers, places, trusts and more.

    \b
    geolls completion bash
    geolls completion fish
    """
    from click.shell_completion import get_completion_class

    root = click.get_current_context().find_root()
    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(root.command, {}, "geolls", "_GEOLLS_COMPLETE").source())
