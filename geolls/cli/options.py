"""What commands share: their options, the study these describe, and how a table is printed."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from geolls.base.errors import GeollsError, UsageError
from geolls.base.text import either
from geolls.base.vocabulary import WEIGHTS, By
from geolls.cli.group import FOLDER, PATH, Choice, Command, command

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from geolls.api import Study
    from geolls.export.render import Table
    from geolls.layers.areas import Areas
    from geolls.layers.catalogue import Catalogue
    from geolls.layers.model import Layer
    from geolls.study.gazetteer import Place


def phase_option(function: Any) -> Any:
    """Add --phase, whose help lists the populations: their room loads when it is asked for."""
    from geolls.base.populations import populations_listed

    return click.option(
        "--phase",
        multiple=True,
        metavar="NAME",
        help="State-funded schools that count, mainstream unless told: "
        f"{populations_listed()}. May be given again.",
    )(function)


#: The files that a history is told by.
TOLD_BY = (
    click.option(
        "--registers",
        multiple=True,
        type=PATH,
        metavar="DIR|FILE",
        help="Whole registers (GIAS edubasealldata), closed schools and all; may be given again.",
    ),
    click.option(
        "--group-links",
        multiple=True,
        type=PATH,
        metavar="DIR|FILE",
        help="Group links of real days (grouplinks, alllinksdata), or academiesmatmembership, "
        "which tells of every day before its own; may be given again.",
    ),
)
OUTPUT = (
    click.option(
        "--columns",
        default=None,
        metavar="A,B,C",
        help="Only these columns, in this order, or all; a screen shows the first ones by default.",
    ),
    click.option("--all", "every_row", is_flag=True, help="Every row, however long the screen is."),
    click.option(
        "--format",
        "fmt",
        type=Choice(["table", "csv", "tsv", "json", "parquet", "xlsx", "gpkg", "geojson"]),
        default=None,
        help="How to print; a table unless -o names a file.",
    ),
    click.option(
        "-o",
        "--output",
        type=PATH,
        default=None,
        metavar="FILE",
        help="Write to a file instead of standard output: .csv, .tsv, .json, .parquet, .xlsx; "
        ".gpkg or .geojson where the rows are schools or units.",
    ),
    click.option("-q", "--quiet", is_flag=True, help="No progress, no notes."),
    click.option("-v", "--verbose", is_flag=True, help="Say what is being read."),
)
STUDY = (
    click.option(
        "--study",
        type=PATH,
        default=None,
        help="A study file (TOML; docs/studies.md lists its keys); the options below override it.",
    ),
    click.option(
        "--as-of",
        default=None,
        metavar="DATE",
        help="The day all layers are resolved to, as 2022-09-01.",
    ),
    click.option(
        "--register",
        type=PATH,
        default=None,
        help="GIAS edubasealldata: csv, csv.gz, zip, or a workbook (book.xlsx#Sheet).",
    ),
    click.option(
        "--links",
        type=PATH,
        default=None,
        help="GIAS alllinksdata, grouplinks or academiesmatmembership: who belongs to which trust, "
        "since when.",
    ),
    phase_option,
    click.option(
        "--boundaries",
        multiple=True,
        type=PATH,
        metavar="PATH",
        help="A folder or zip of more layers, or a scenario file; may be given again.",
    ),
    click.option(
        "--where",
        "chosen",
        multiple=True,
        metavar="CONDITION",
        help="Count only schools that meet it, as type=academy, urban_rural=rural, size>=200 or "
        "in=list.csv; given again, every condition must be met.",
    ),
    click.option(
        "--layer",
        "named",
        multiple=True,
        metavar="LAYER",
        help="A layer that takes part only where it is named, as constituency, or a scenario; may "
        "be given again.",
    ),
    click.option(
        "--blocks",
        type=PATH,
        default=None,
        metavar="NAME",
        help="Blocks in finer detail: the name or folder that fetch boundaries --blocks gave.",
    ),
    click.option(
        "--travel",
        type=PATH,
        default=None,
        metavar="FILE|estimate",
        help="Travel times (from_id, to_id, travel_time in minutes; ids are URNs, postcodes or "
        "neighbourhoods) in place of straight lines, or estimate: minutes by road, about.",
    ),
    click.option(
        "--strict-dates", is_flag=True, help="Refuse layers whose evidence is of another date."
    ),
    click.option(
        "--data",
        type=FOLDER,
        default=None,
        envvar="GEOLLS_DATA",
        help="The data folder of fetched registers and caches.",
    ),
)


BY_SCHOOLS = click.option(
    "--by",
    type=Choice(list(WEIGHTS)),
    default="schools",
    show_default=True,
    help="What an overlap is counted in.",
)

ONLY_THERE = click.option(
    "--place", default=None, metavar="PLACE", help="Count only what lies there."
)
ROWS_THERE = click.option(
    "--place", default=None, metavar="PLACE", help="Only the rows that are about that place."
)


def study_of(options: dict[str, Any]) -> Study:
    """Open the study the shared options describe; the newest fetched register is the default."""
    from geolls.api import open_study

    if options.get("output"):  # known before the work is done
        _format(options)
    from geolls.fetch.kept import data_folder, newest_register

    register, links = options["register"], options["links"]
    data = options["data"] or data_folder()
    if register is None and options["study"] is None:
        newest = newest_register(data)
        if newest is not None:
            register, links = newest.files["register"], links or newest.files.get("links")
            note(options, f"Register: {register}")
    study = open_study(
        options["study"],
        register=register,
        links=links,
        as_of=options["as_of"],
        phase=options["phase"],
        where=options["chosen"],
        layers=[f"+{key}" for key in options["named"]],
        boundaries=options["boundaries"],
        blocks=_blocks(options),
        travel=_travel(options),
        strict_dates=options["strict_dates"],
        data=data,
    ).taking(_words())
    if options.get("verbose"):
        said = study.settings
        read = map(str, filter(None, (said.register, said.links, *said.boundaries)))
        click.echo(f"Reading: {', '.join(read) or 'nothing, schools are generated'}", err=True)
    if study.finer:
        note(options, f"Blocks: {study.finer.label}")
    say_unchecked(study.layers.values(), study.as_of, options)
    return study


def _words() -> Iterator[str]:
    """Yield what a command is given that may name a layer: X, X:a unit, layer=X."""
    context = click.get_current_context(silent=True)
    for given in (context.params if context else {}).values():
        for each in given if isinstance(given, tuple) else (given,):
            if isinstance(each, str):
                yield each.rpartition("=")[2].partition(":")[0].strip()


def say_unchecked(layers: Iterable[Layer], on: date, options: dict[str, Any]) -> None:
    """Say on standard error which tables of areas were not checked for a day."""
    from geolls.layers.evidence import unchecked

    if said := unchecked(layers, on):
        note(options, f"As of {on}: {said}")


def say_first_reading(options: dict[str, Any]) -> None:
    """Say that the package of postcodes is read now, once."""
    from geolls.fetch.kept import data_folder
    from geolls.fetch.postcodes import is_to_be_read

    if is_to_be_read(options["data"] or data_folder()):
        note(options, "The postcodes of the package are read and kept, once: about 20 seconds.")


def _travel(options: dict[str, Any]) -> Path | None:
    """Return the file of travel times, or the word for the estimate; refuse what is neither."""
    given: Path | None = options["travel"]
    if given is not None and given.name != "estimate" and not given.exists():
        raise _missing(given, "or give --travel estimate")
    return given


def _missing(path: Path, otherwise: str = "") -> GeollsError:
    from geolls.base.files import missing

    return missing(path, otherwise)


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


def _format(options: dict[str, Any]) -> str:
    """Return the format asked for, by name or by the ending of the file."""
    from geolls.export.render import format_of

    fmt, output = options.get("fmt"), options["output"]
    return format_of(output, fmt) if output and "fmt" in options else fmt or "table"


def emit(
    data: pd.DataFrame | Sequence[dict[str, Any]],
    options: dict[str, Any],
    *,
    study: Study | None = None,
    title: str = "",
    said: str = "",
    counted: bool = False,
    land: bool = False,
    there: str = "",
    view: str = "",
    none: str = "the study has none of what this lists",
) -> None:
    """Print a table, or write it to the file that -o names; demonstration schools are named so.

    A person who asks for neither a format nor a file is told what is `said`, where there is any.
    Where schools are `counted` the table says which: over it, or where it is for a program, which
    wants nothing but rows, on standard error; `there` says of a place which of them it has. In a
    table about `land` alone no school counts. What a screen shows first is said under the name of
    the command, or of its `view`. Of a table without a row a line says why there is `none`.
    """
    if said and on_screen(options) and not options["columns"]:
        click.echo(_wrapped(said))
        return
    from geolls.base.files import write_bytes
    from geolls.export.dictionary import load_dictionary
    from geolls.export.render import About, Table, render

    fmt, output = _format(options), options["output"]
    table, notes = Table.of(data), {"Table": title}
    if study is not None and counted:
        n = len(study.schools)
        notes["Counted"] = there or f"{n:,} {study.population.schools(n)}"
        if on_screen(options):
            title = f"{title}\nCounted: {notes['Counted']}"
        else:
            note(options, f"Counted: {notes['Counted']}")
    if study is not None and not land:
        if study.register.demonstration:
            title = f"{title}\n{study.register.label}".strip()
            if not on_screen(options):
                click.echo(study.register.label, err=True)
        say_left_out(study, options)
        if study.travel and on_screen(options):
            title = f"{title}\nTravel: {study.travel.label}".strip()
        elif study.travel:
            note(options, f"Travel: {study.travel.label}")
    first: Sequence[str] | None = None
    if fmt == "table" and options["columns"] is None:
        views = load_dictionary().views
        first = views.get(view or str(click.get_current_context().info_name), ())
        named = [c for k in (study.named if study and first else ()) for c in (k, f"areas_{k}")]
        first = [*first[:2], *named, *first[2:]]
    elif options["columns"] not in (None, "all"):
        table = table.pick([c.strip() for c in options["columns"].split(",")])
    if not table.rows:
        note(options, f"No rows: {none}")
    every = options["every_row"]
    about = About(
        _wrapped(title), first, every, lambda: {**notes, **_provenance(study)}, _shapes(study)
    )
    made = render(table, fmt, about)
    if output:
        write_bytes(output, made)
        note(options, f"Written: {output}")
        return
    if sys.stdout.isatty() and fmt in {"parquet", "xlsx", "gpkg"}:
        raise UsageError(f"{fmt} is not for a screen", where="--format", fix=f"add -o FILE.{fmt}")
    sys.stdout.buffer.write(made)
    sys.stdout.buffer.flush()


def _wrapped(text: str) -> str:
    """Return sentences wrapped to the screen, between words; commands stay on one line."""
    if not sys.stdout.isatty():
        return text
    wrap = textwrap.TextWrapper(
        width=shutil.get_terminal_size().columns,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    lines = text.splitlines()
    return "\n".join(s if s.lstrip().startswith("geolls ") else wrap.fill(s) for s in lines)


def listed(rows: Sequence[tuple[str, str]]) -> str:
    """Return names and what is said of each, the words wrapped beside the names."""
    lines = click.HelpFormatter(width=click.get_current_context().terminal_width or 80)
    lines.write_dl(rows)
    return textwrap.dedent(lines.getvalue()).rstrip()


def _provenance(study: Study | None) -> dict[str, str]:
    """Return what a file says of where its numbers come from."""
    from geolls import __version__

    made = {"Made with": f"geolls {__version__}"}
    if study is None:
        return made
    from geolls.measures.disclosure import SAID

    return {
        "As of": f"{study.as_of}. {study.unchecked.capitalize()}".strip(" ."),
        "Schools": study.register.label,
        "Study": f"{study.settings.title}; fingerprint {study.fingerprint}",
        "Suppression": SAID,
        "Source": study.attribution,
        **made,
    }


def _shapes(study: Study | None) -> Callable[[Table, str], bytes] | None:
    if study is None:
        return None

    def shapes(table: Table, fmt: str) -> bytes:
        from geolls.export.geopackage import shaped

        return shaped(study, table, fmt)

    return shapes


def say_left_out(study: Study, options: dict[str, Any]) -> None:
    """Say on standard error, once, what of the register or its links was not of use."""
    study.memo(("said", "left out"), lambda: _say_left_out(study, options))


def _say_left_out(study: Study, options: dict[str, Any]) -> None:
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


def about(
    study: Study,
    text: str,
    by: By = "schools",
    place: Place | None = None,
    *,
    whole: bool = False,
) -> dict[str, Any]:
    """Return the title of a table, its study, and whether schools count in it or only land.

    Of a table about a place also which schools are there: its figures are of those, or, where rows
    are picked from a `whole` table, of all schools of the trusts and units that they are about.
    """
    land = WEIGHTS[by].item == "block"
    blocks = f", blocks: {study.finer.label}" if study.finer else ""
    title = f"{text}{f' in {place.name}' if place else ''}, as of {study.as_of}{blocks}"
    found = {"title": title, "study": study, "counted": not land, "land": land}
    if place is None:
        return found
    there = part_of(study, many_in(study, place), f"those in {place.name}")
    of = "figures of a trust or unit are of all its schools" if whole else "shares are of them"
    return {**found, "there": f"{there}; {of}"}


def many_in(study: Study, place: Place) -> str:
    """Say how many schools a place has: at least and at most where it shares land."""
    from geolls.base.interval import span

    return span(study.many_in(place), "{:,}".format)


def part_of(study: Study, many: str, which: str = "") -> str:
    """Say how many of the schools that count a table is about, and which."""
    n = len(study.schools)
    return ", ".join(filter(None, (f"{many} of {n:,} {study.population.schools(n)}", which)))


def catalogue_of(options: dict[str, Any], areas: Areas, on: date) -> Catalogue:
    """Return the layers of the shelf, of the options or their study file, and those named."""
    from geolls.layers.catalogue import load_catalogue
    from geolls.study.settings import read_settings

    own = options["boundaries"]
    if not own and options["study"]:
        own = read_settings(options["study"]).boundaries
    catalogue = load_catalogue(own, areas, on, options["named"])
    for name in options["named"]:
        catalogue.get(name)
    return catalogue


def day_of(options: dict[str, Any]) -> date:
    """Return the day of a command that needs no register: --as-of, its own day, or today."""
    from geolls.base.populations import population_of
    from geolls.base.schema import a_date
    from geolls.study.settings import held, read_settings

    # No study may be opened: what it would refuse is refused here.
    population_of(options["phase"] or ("mainstream",), where="--phase")
    _blocks(options)
    _travel(options)
    if options.get("chosen"):
        from geolls.study.filters import read_filter

        for condition in options["chosen"]:
            read_filter(condition)
    for name in ("register", "links"):
        if (path := options[name]) and not path.exists():
            raise _missing(path)
    if options["as_of"] is not None:
        return held(a_date(options["as_of"], where="--as-of"))
    said = read_settings(options["study"]) if options["study"] else None
    if options.get("register") or (said and said.register and not said.as_of):
        return study_of(options).as_of
    return said.as_of if said and said.as_of else date.today()


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
    alone: tuple[str, Callable[[dict[str, Any]], None]] | None = None,
    first: Callable[[dict[str, Any]], None] | None = None,
) -> Callable[[Callable[..., None]], Command]:
    """Make a function a command about a study: it is given the study and the place by name.

    Without the argument that `alone` names no study is opened: what there is is listed. What is
    wrong without any study is said `first`.
    """

    def keep(function: Callable[..., None]) -> Command:
        @wraps(function)
        def run(**given: Any) -> None:
            if alone and given[alone[0]] is None:
                alone[1](given)
                return
            if first:
                first(given)
            given["study"] = study_of(given)
            if given.get("place") is not None:
                given["place"] = place_of(given["study"], given["place"], given)
            function(**given)
            say_left_out(given["study"], given)
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
