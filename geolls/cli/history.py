"""The command that follows schools and trusts over the years: history."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from geolls.base.errors import UsageError
from geolls.cli.group import FOLDER, PATH, Whole, command
from geolls.cli.options import OUTPUT, TOLD_BY, emit, note, phase_option, progress_bar

if TYPE_CHECKING:
    from pathlib import Path


@command(
    *TOLD_BY,
    click.option(
        "--place", "places", multiple=True, metavar="PLACE", help="A place; may be given again."
    ),
    click.option(
        "--since",
        type=Whole(2010, 2099),
        default=2010,
        show_default=True,
        help="The first year.",
    ),
    phase_option,
    click.option(
        "--boundaries", multiple=True, type=PATH, metavar="DIR", help="More layers, folder or zip."
    ),
    click.option(
        "--data", type=FOLDER, default=None, envvar="GEOLLS_DATA", help="The data folder."
    ),
    *OUTPUT,
)
def history(
    registers: tuple[Path, ...],
    group_links: tuple[Path, ...],
    places: tuple[str, ...],
    since: int,
    phase: tuple[str, ...],
    boundaries: tuple[Path, ...],
    data: Path | None,
    **options: Any,
) -> None:
    r"""Follow schools, academies and trusts over the years: a row for each real day and place.

    Each day is told by what was published of that very day, and between two days nothing is
    assumed: a number is blank where nothing tells. The name of a file says of which day it is.
    With -o FILE.html the rows are drawn: a panel for each number and place, and a day to choose.

    \b
    geolls history --registers registers/ --group-links links/ --place Leeds
    """
    if not registers:
        raise UsageError(
            "history is told by whole registers",
            where="--registers",
            fix="give edubasealldata files, or their folder: geolls fetch gias brings one",
        )
    from geolls.api import history as told
    from geolls.export.render import format_of
    from geolls.fetch.kept import data_folder
    from geolls.study.history import days_of, files_in, unread

    output: Path | None = options["output"]
    drawn = output is not None and output.suffix.lower() in {".html", ".htm"}
    if output is not None and not drawn:  # known before the work is done
        format_of(output, options["fmt"])

    with progress_bar(options["quiet"]) as progress:
        found = told(
            registers,
            group_links,
            places,
            since=since,
            phase=phase,
            boundaries=boundaries,
            data=data or data_folder(),
            progress=progress,
        )
    given = files_in(registers, "registers"), files_in(group_links, "group links")
    for line in unread(days_of(*given, since), chain(*given)):
        note(options, line)
    days = found.drop_duplicates("day")
    of_trusts = int((days["trusts_from"] != "").sum())
    note(options, f"Days: {len(days)}, of {of_trusts} of which it is told who was in which trust")
    title = "Schools and trusts over the years"
    if output is not None and drawn:
        from geolls.atlas.years import years_html
        from geolls.base.files import write_text

        write_text(output, years_html(found, title))
        note(options, f"Written: {output}")
        return
    emit(found, options, title=title)
