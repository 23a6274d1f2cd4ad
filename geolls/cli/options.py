"""What commands share: their options, the study these describe, and how a table is printed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from geolls.base.errors import UsageError
from geolls.base.text import either
from geolls.base.vocabulary import WEIGHTS, By
from geolls.cli.group import PATH, Command, command

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from geolls.api import Study
    from geolls.layers.model import Layer
    from geolls.study.gazetteer import Place


def _phase(function: Any) -> Any:
    """Add --phase, whose help lists the populations: their room loads when it is asked for."""
    from geolls.base.populations import populations_listed

    return click.option(
        "--phase",
        multiple=True,
        metavar="NAME",
        help="State-funded schools that count, mainstream unless told: "
        f"{populations_listed()}. May be given again.",
    )(function)


OUTPUT = (
    click.option(
        "--format",
        "fmt",
        type=click.Choice(["table", "csv", "json", "parquet"]),
        default=None,
        help="How to print; a table unless -o names a file.",
    ),
    click.option(
        "-o",
        "--output",
        type=PATH,
        default=None,
        help="Write to a file instead of standard output; its ending sets the format.",
    ),
    click.option("-q", "--quiet", is_flag=True, help="No progress, no notes."),
    click.option("-v", "--verbose", is_flag=True, help="Say what is being read."),
)
STUDY = (
    click.option(
        "--study",
        type=PATH,
        default=None,
        help="A study file (TOML); the options below override it.",
    ),
    click.option(
        "--as-of",
        default=None,
        metavar="DATE",
        help="The day all layers are resolved to, as 2022-09-01.",
    ),
    click.option(
        "--register", type=PATH, default=None, help="GIAS edubasealldata: csv, csv.gz or zip."
    ),
    click.option(
        "--links",
        type=PATH,
        default=None,
        help="GIAS alllinksdata: who belongs to which trust, since when.",
    ),
    _phase,
    click.option(
        "--boundaries",
        multiple=True,
        type=PATH,
        metavar="DIR",
        help="A folder of more layers; may be given again.",
    ),
    click.option(
        "--blocks",
        type=PATH,
        default=None,
        metavar="NAME",
        help="Blocks in finer detail: the name or folder that fetch boundaries --blocks gave.",
    ),
    click.option(
        "--strict-dates", is_flag=True, help="Refuse layers whose evidence is of another date."
    ),
    click.option(
        "--data",
        type=PATH,
        default=None,
        envvar="GEOLLS_DATA",
        help="The data folder of fetched registers and caches.",
    ),
)


BY_SCHOOLS = click.option(
    "--by",
    type=click.Choice(list(WEIGHTS)),
    default="schools",
    show_default=True,
    help="What an overlap is counted in.",
)

ONLY_THERE = click.option(
    "--place", default=None, metavar="PLACE", help="Count only what lies there."
)


def study_of(options: dict[str, Any]) -> Study:
    """Open the study the shared options describe; the newest fetched register is the default."""
    from geolls.api import open_study

    register, links = options["register"], options["links"]
    if register is None and options["study"] is None:
        from geolls.fetch.kept import newest_register

        newest = newest_register(options["data"])
        if newest is not None:
            register, links = newest.files["register"], links or newest.files.get("links")
            note(options, f"Register: {register}")
    study = open_study(
        options["study"],
        register=register,
        links=links,
        as_of=options["as_of"],
        phase=options["phase"],
        boundaries=options["boundaries"],
        blocks=_blocks(options),
        strict_dates=options["strict_dates"],
        data=options["data"],
    )
    if study.finer:
        note(options, f"Blocks: {study.finer.label}")
    say_unchecked(study.layers.values(), study.as_of, options)
    return study


def say_unchecked(layers: Iterable[Layer], on: date, options: dict[str, Any]) -> None:
    """Say on standard error which tables of areas were not checked for a day."""
    from geolls.layers.evidence import unchecked

    if said := unchecked(layers, on):
        note(options, f"As of {on}: {said}")


def _blocks(options: dict[str, Any]) -> Path | None:
    """Return the folder of finer blocks, where they are asked for, by its path or its name."""
    given: Path | None = options["blocks"]
    if given is None or given.is_dir():
        return given
    from geolls.fetch.kept import data_folder

    here = data_folder(options["data"]) / "blocks"
    if (here / given).is_dir():
        return here / given
    there = sorted(p.name for p in here.iterdir()) if here.is_dir() else []
    raise UsageError(
        f"there are no blocks called {str(given)!r}",
        where="--blocks",
        fix=f"there are {', '.join(there)}" if there else "run: geolls fetch boundaries --blocks",
    )


def note(options: dict[str, Any], text: str) -> None:
    """Say something on standard error, unless --quiet."""
    if not options["quiet"]:
        click.echo(text, err=True)


def note_besides(study: Study, trust: str, options: dict[str, Any]) -> None:
    """Say on standard error what a trust runs besides the schools that count."""
    row = study.trust(trust)
    n, every, word = int(row["schools"]), int(row["schools_all"]), study.population.word
    if every > n:
        text = f"{row['trust_name']} runs {every:,} schools in every phase"
        which = f"{either(word)} one counts" if n == 1 else f"{word} ones count"
        note(options, f"{text}; the {n:,} {which} here")


def on_screen(options: dict[str, Any]) -> bool:
    """Tell whether a command answers a person in words, not a program in csv or a file."""
    return (options["fmt"] or "table") == "table" and not options["output"]


def emit(
    data: pd.DataFrame | Sequence[dict[str, Any]],
    options: dict[str, Any],
    *,
    study: Study | None = None,
    title: str = "",
    said: str = "",
    counted: bool = False,
) -> None:
    """Print a table, or write it to the file that -o names; demonstration schools are named so.

    A person who asks for neither a format nor a file is told what is `said`, where there is any.
    Where schools are `counted` the table says which: over it, or where it is for a program, which
    wants nothing but rows, on standard error.
    """
    if said and on_screen(options):
        click.echo(said)
        return
    from geolls.export.render import Table, format_of, render, write_table

    fmt, output = options["fmt"], options["output"]
    if study is not None and counted:
        which = f"Counted: {len(study.schools):,} {study.population.schools(len(study.schools))}"
        if on_screen(options):
            title = f"{title}\n{which}"
        else:
            note(options, which)
    if study is not None and study.register.demonstration:
        label = study.register.source["label"]
        title = f"{title}\n{label}" if title else label
        if output or fmt in {"csv", "json", "parquet"}:
            click.echo(label, err=True)
    elif study is not None:
        _say_left_out(study, options)
    if output:
        write_table(data, output, fmt or format_of(output))
        note(options, f"Written: {output}")
        return
    sys.stdout.buffer.write(render(Table.of(data), fmt or "table", title=title or None))
    sys.stdout.buffer.flush()


def _say_left_out(study: Study, options: dict[str, Any]) -> None:
    """Say on standard error what of the register, or of its links, was not of use."""
    counts, path = study.register.counts, study.settings.register
    for line in study.register.source.get("told", ()):
        note(options, line)
    if counts["rejected"]:
        rows = f"{counts['rejected']:,} of {counts['read']:,} rows"
        note(options, f"{rows} of the register are left out; geolls check {path} lists them")
    alone = counts.get("trusts_told_by_register_only", 0)
    if alone * 10 > study.schools["trust_uid"].notna().sum():
        text = f"{alone:,} schools are in a trust by the register, but by no link"
        note(options, f"{text}; is {study.settings.links} of this register?")


def about(study: Study, text: str, by: By = "schools") -> dict[str, Any]:
    """Return the title of a table and, where schools count in it, the study for its label."""
    land = WEIGHTS[by].item == "block"
    blocks = f", blocks: {study.finer.label}" if study.finer else ""
    title = f"{text}, as of {study.as_of}{blocks}"
    return {"title": title, "study": None if land else study, "counted": not land}


def day_of(options: dict[str, Any]) -> date:
    """Return the day of a command that needs no register: --as-of, its own day, or today."""
    from geolls.base.schema import a_date
    from geolls.study.settings import held, read_settings

    if options["as_of"] is not None:
        return held(a_date(options["as_of"], where="--as-of"))
    if options.get("register"):
        return study_of(options).as_of
    if options["study"]:
        return read_settings(options["study"]).as_of or date.today()
    return date.today()


def place_of(study: Study, text: str, options: dict[str, Any]) -> Place:
    """Find a place; say on standard error how an ambiguous name was read."""
    place = study.place(text)
    if place.note:
        note(options, place.note)
    return place


def study_command(
    *options: Callable[..., Any],
    output: Sequence[Callable[..., Any]] = OUTPUT,
    name: str | None = None,
) -> Callable[[Callable[..., None]], Command]:
    """Make a function a command about a study: it is given the study and the place by name."""

    def keep(function: Callable[..., None]) -> Command:
        @wraps(function)
        def run(**given: Any) -> None:
            given["study"] = study_of(given)
            if given.get("place") is not None:
                given["place"] = place_of(given["study"], given["place"], given)
            function(**given)
            for line in given["study"].told():
                note(given, line)

        return command(*options, *STUDY, *output, name=name)(run)

    return keep


@contextmanager
def progress_bar(quiet: bool) -> Iterator[Callable[[str, int, int | None], None] | None]:
    """Show a progress bar on a terminal's standard error; nothing in a pipe or with -q."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def report(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield report
