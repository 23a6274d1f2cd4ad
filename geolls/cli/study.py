"""Commands about a study file: study new, show, check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from geolls.base.errors import OutputError
from geolls.cli.group import PATH, Group, command
from geolls.cli.options import OUTPUT, STUDY, emit, study_of

if TYPE_CHECKING:
    from pathlib import Path


@command(
    click.argument("file", type=PATH),
    click.option("--like", default="default", show_default=True, help="The shipped study to copy."),
    name="new",
)
def study_new(file: Path, like: str) -> None:
    r"""Write a new study file to edit.

    \b
    geolls study new my-study.toml --like local_learning_systems
    """
    from geolls.api import shipped_study
    from geolls.base.files import write_text

    if file.exists():
        raise OutputError("there is a file already", where=str(file), fix="choose another name")
    write_text(file, shipped_study(like).read_text(encoding="utf-8"))
    click.echo(f"Written: {file}", err=True)


@command(
    click.argument("file", required=False, type=PATH),
    *STUDY[1:],
    *OUTPUT,
    name="show",
)
def study_show(file: Path | None, **options: Any) -> None:
    r"""Show what a study resolves to: register, day, layers, thresholds, fingerprint.

    \b
    geolls study show my-study.toml
    geolls study show --as-of 2024-09-01
    """
    opened = study_of({**options, "study": file})
    emit(opened.describe(), options, study=opened)


@command(click.argument("file", type=PATH), name="check")
def study_check(file: Path) -> None:
    r"""Check that a study file can be run as it stands.

    \b
    geolls study check my-study.toml
    """
    from geolls.api import open_study

    opened = open_study(file)
    for place in opened.settings.places:
        opened.place(place)
    click.echo(f"{opened!r} is ready; fingerprint {opened.fingerprint}")


study = Group(
    "study",
    help="Make, show and check a study file.",
    commands=[study_new, study_show, study_check],
)
