"""The command line: thin commands over the study; heavy rooms load when a command needs them."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from geolls.base.errors import (
    AtlasError,
    CatalogueError,
    GeollsError,
    OutputError,
    UsageError,
)
from geolls.base.text import suggest

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from geolls.fetch.ons import Boundaries
    from geolls.study.core import Place, Study

__all__ = ["cli", "main"]

WEIGHTS = ("area", "schools", "pupils", "fsm_pupils", "neighbourhoods")
REASONS = {"not_covered", "no_evidence", "not_located", "not_applicable"}
FAILURES_SHOWN = 20


class _Path(click.Path):
    """A path; the library of paths loads when one is given."""

    def coerce_path_result(self, value: Any) -> Any:
        """Return what was typed as a path."""
        from pathlib import Path

        return Path(value)


class Command(click.Command):
    """A command that makes its options when they are asked for: the list of commands needs none."""

    def __init__(self, name: str, options: Sequence[Callable[..., Any]], **settings: Any) -> None:
        super().__init__(name, **settings)
        self.options = options

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the arguments and options, made the first time."""
        if not self.params:
            for option in self.options:
                option(self)
        return super().get_params(ctx)


class Group(click.Group):
    """Commands in the order of the work; an unknown one is answered with the nearest."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one may have been meant."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise UsageError(
                f"there is no command {args[0]!r}",
                where=None if ctx.parent is None else ctx.info_name,
                fix=suggest(args[0], self.commands) or "see geolls --help",
            )
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """List commands in the order of the work, not of the alphabet."""
        return list(self.commands)


PATH = _Path()


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=True,
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=lambda c, _, v: _version(c, v),
    help="Print the version and exit.",
)
def cli() -> None:
    r"""Where the maps of England's school system disagree, measured and mapped.

    Without --register every command runs on the demonstration schools, which are generated, not
    real. Data goes to standard output, progress and warnings to standard error.

    \b
    geolls layers --as-of 2022-09-01
    geolls where "Ashington" --as-of 2022-09-01
    geolls overlap local_authority teaching_school_hub --by schools
    geolls atlas --out out/atlas
    """


def _shown(doc: str | None) -> str:
    r"""Turn the written \\b of a docstring into click's mark for "do not rewrap"."""
    return (doc or "").replace("\\b", "\b")


cli.help = _shown(cli.help)


def _version(ctx: click.Context, wanted: bool) -> None:
    if wanted:
        from geolls import __version__

        click.echo(f"geolls {__version__}")
        ctx.exit()


# -- options shared by many commands -------------------------------------------------------------

_OUTPUT = (
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
_STUDY = (
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
    click.option(
        "--phase",
        multiple=True,
        metavar="PHASE",
        help="A phase that counts, as primary; may be given again.",
    ),
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


_BY_SCHOOLS = click.option(
    "--by",
    type=click.Choice(WEIGHTS),
    default="schools",
    show_default=True,
    help="What an overlap is counted in.",
)

_ONLY_THERE = click.option(
    "--place", default=None, metavar="PLACE", help="Count only what lies there."
)


def _command(
    *options: Callable[..., Any],
    name: str | None = None,
    group: click.Group | None = None,
    **settings: Any,
) -> Callable[[Callable[..., Any]], Command]:
    """Make a function a command with these arguments and options, in this order."""

    def keep(function: Callable[..., Any]) -> Command:
        command = Command(
            name or function.__name__,
            options,
            callback=function,
            help=_shown(function.__doc__),
            **settings,
        )
        (group or cli).add_command(command)
        return command

    return keep


def _study(options: dict[str, Any]) -> Study:
    """Open the study the shared options describe; the newest fetched register is the default."""
    from geolls.study.core import open_study

    register, links = options["register"], options["links"]
    if register is None and options["study"] is None:
        from geolls.fetch.gias import newest_register

        newest = newest_register(options["data"])
        if newest is not None:
            register, links = newest.register, links or newest.links
            _note(options, f"Register: {register}")
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
        _note(options, f"Blocks: {study.finer.label}")
    return study


def _blocks(options: dict[str, Any]) -> Path | None:
    """Return the folder of finer blocks, where they are asked for, by its path or its name."""
    given: Path | None = options["blocks"]
    if given is None or given.is_dir():
        return given
    from geolls.fetch.sources import data_folder

    here = data_folder(options["data"]) / "blocks"
    if (here / given).is_dir():
        return here / given
    there = sorted(p.name for p in here.iterdir()) if here.is_dir() else []
    raise UsageError(
        f"there are no blocks called {str(given)!r}",
        where="--blocks",
        fix=f"there are {', '.join(there)}" if there else "run: geolls fetch boundaries --blocks",
    )


def _note(options: dict[str, Any], text: str) -> None:
    if not options["quiet"]:
        click.echo(text, err=True)


def _emit(
    data: pd.DataFrame | Sequence[dict[str, Any]],
    options: dict[str, Any],
    *,
    study: Study | None = None,
    title: str = "",
) -> None:
    """Print a table, or write it to the file that -o names; demonstration schools are named so."""
    from geolls.export.render import Table, format_of, render, write_table

    fmt, output = options["fmt"], options["output"]
    if study is not None and study.register.demonstration:
        label = study.register.source["label"]
        title = f"{title}\n{label}" if title else label
        if output or fmt in {"csv", "json", "parquet"}:
            click.echo(label, err=True)
    elif study is not None:
        _say_left_out(study, options)
    if output:
        write_table(data, output, fmt or format_of(output))
        _note(options, f"Written: {output}")
        return
    sys.stdout.buffer.write(render(Table.of(data), fmt or "table", title=title or None))
    sys.stdout.buffer.flush()


def _say_left_out(study: Study, options: dict[str, Any]) -> None:
    """Say on standard error what of the register, or of its links, was not of use."""
    counts, path = study.register.counts, study.settings.register
    if counts["rejected"]:
        rows = f"{counts['rejected']:,} of {counts['read']:,} rows"
        _note(options, f"{rows} of the register are left out; geolls check {path} lists them")
    alone = counts.get("trusts_told_by_register_only", 0)
    if alone * 10 > study.schools["trust_uid"].notna().sum():
        text = f"{alone:,} schools are in a trust by the register, but by no link"
        _note(options, f"{text}; is {study.settings.links} of this register?")


def _about(study: Study, text: str, by: str = "schools") -> dict[str, Any]:
    """Return the title of a table and, where schools count in it, the study for its label."""
    land = by in {"area", "neighbourhoods"}
    blocks = f", blocks: {study.finer.label}" if study.finer else ""
    return {"title": f"{text}, as of {study.as_of}{blocks}", "study": None if land else study}


def _day(options: dict[str, Any]) -> date:
    """Return the day of a command that needs no register: --as-of, its own day, or today."""
    from geolls.study.settings import a_date, held, read_settings

    if options["as_of"] is not None:
        return held(a_date(options["as_of"], where="--as-of"))
    if options.get("register"):
        return _study(options).as_of
    if options["study"]:
        return read_settings(options["study"]).as_of or date.today()
    return date.today()


# -- what there is -------------------------------------------------------------------------------


@_command(
    click.option(
        "--long",
        "long",
        is_flag=True,
        help="Add the units expected and the share of schools under a coverage record.",
    ),
    *_STUDY,
    *_OUTPUT,
)
def layers(long: bool, **options: Any) -> None:
    r"""List the layers alive on a day, with source and confidence.

    \b
    geolls layers --as-of 2022-09-01
    geolls layers --long --format csv
    """
    from geolls.layers.areas import load_areas
    from geolls.layers.catalogue import evidence, load_catalogue, units_on

    on, areas = _day(options), load_areas()
    study = _study({**options, "as_of": on.isoformat()}) if long else None
    rows = []
    for key, layer in load_catalogue(options["boundaries"], areas).layers.items():
        if not layer.active(on):
            continue
        made_here = layer.tier is None and not layer.units  # from polygons or from the register
        row: dict[str, Any] = {
            "key": key,
            "title": layer.title,
            "kind": layer.kind,
            "tiling": layer.tiling,
            "units": None if made_here else len(units_on(layer, on, areas)),
            "from": layer.valid_from,
            "to": layer.valid_to,
            "source": layer.source,
            "confidence": evidence(layer, on, areas).lowest_confidence,
        }
        if study is not None:
            row |= {"units_expected": layer.units_expected, "schools_share": None}
            if layer.kind != "sites":
                covered = study.coverage(key, by="schools")
                inside = covered[~covered["unit_code"].isin(REASONS)]
                row["schools_share"] = round(float(inside["share"].sum()), 4)
                if made_here:
                    row["units"] = int((inside["unit_code"] != "shared").sum())
        rows.append(row)
    _emit(rows, options, title=f"Layers on {on}", study=study)


@_command(click.argument("files", nargs=-1, type=PATH), *_OUTPUT)
def check(files: tuple[Path, ...], **options: Any) -> None:
    r"""Check the shelves and your own files; list every problem.

    \b
    geolls check
    geolls check my-layers/ my-map.toml --format json
    """
    from geolls.cli.checking import check_files

    problems = check_files(files)
    rows = [
        {
            "severity": p.severity,
            "file": p.file,
            "row": p.row,
            "column": p.column,
            "message": p.message,
            "fix": p.fix,
        }
        for p in problems
    ]
    if not rows and (options["fmt"] or "table") == "table" and not options["output"]:
        click.echo("No problems found.")
    elif (options["fmt"] or "table") == "table" and not options["output"]:
        for problem in problems:
            click.echo(f"{problem.severity}: {problem}")
    else:
        _emit(rows, options)
    errors = sum(p.severity == "error" for p in problems)
    if errors:
        raise CatalogueError(f"{errors} error{'s' * (errors > 1)} found")


@_command(
    click.argument("text"),
    *_STUDY,
    *_OUTPUT,
    context_settings={"ignore_unknown_options": True},  # -1.57,55.18 is a place
)
def where(text: str, **options: Any) -> None:
    r"""Say which unit of every layer covers a place.

    TEXT is a postcode, "lon,lat", "easting,northing", a URN, a GSS code, or the name of an area,
    town or school.

    \b
    geolls where Ashington --as-of 2022-09-01
    geolls where -1.57,55.18
    geolls where E08000035
    """
    from geolls.fetch.sources import data_folder
    from geolls.layers.areas import load_areas
    from geolls.layers.catalogue import load_catalogue
    from geolls.study.where import where as find

    if options["blocks"]:
        raise UsageError(
            "where answers by the blocks that geolls brings", where="--blocks", fix="leave it out"
        )
    on, areas = _day(options), load_areas()
    opened: list[Study] = []

    def open_once() -> Study:
        if not opened:
            opened.append(_study({**options, "as_of": on.isoformat()}))
        return opened[0]

    rows = find(
        text,
        on=on,
        areas=areas,
        catalogue=load_catalogue(options["boundaries"], areas),
        data=options["data"] or data_folder(),
        open_study=open_once,
    )
    study = opened[0] if opened else None
    if (options["fmt"] or "table") != "table" or options["output"]:
        _emit(rows, options, study=study)
        return
    for match in dict.fromkeys(row["match"] for row in rows):
        mine = [{k: v for k, v in r.items() if k != "match"} for r in rows if r["match"] == match]
        _emit(mine, options, title=f"Who covers {match}, on {on}", study=study)


# -- data in -------------------------------------------------------------------------------------


@_command(
    click.argument("sources", nargs=-1, type=click.Choice(["gias", "boundaries", "all"])),
    click.option(
        "--from", "origin", default=None, help="A mirror's address, or a folder of files."
    ),
    click.option(
        "--day", default=None, metavar="DATE", help="The register's day; today by default."
    ),
    click.option(
        "--year",
        type=click.IntRange(2009, 2099),
        default=None,
        help="The year of the boundaries; last year by default.",
    ),
    click.option("--resolution", default="BGC", show_default=True, help="BFC, BGC, BSC or BUC."),
    click.option(
        "--blocks",
        is_flag=True,
        help="Build the blocks again along the districts fetched, for --blocks of other commands.",
    ),
    click.option("--data", type=PATH, default=None, envvar="GEOLLS_DATA", help="The data folder."),
    click.option("-q", "--quiet", is_flag=True, help="No progress."),
)
def fetch(
    sources: tuple[str, ...],
    origin: str | None,
    day: str | None,
    year: int | None,
    resolution: str,
    blocks: bool,
    data: Path | None,
    quiet: bool,
) -> None:
    r"""Fetch official data: gias, boundaries or all.

    \b
    geolls fetch gias
    geolls fetch boundaries --year 2024
    geolls fetch boundaries --year 2018 --blocks
    geolls fetch gias --from ~/Downloads
    """
    from geolls.fetch.gias import data_folder, fetch_gias
    from geolls.study.settings import a_date

    if origin is not None and not origin.strip():
        raise UsageError("there is no address or folder", where="--from", fix="give one")
    folder = data or data_folder()
    wanted = set(sources) or {"gias"}
    with _progress(quiet) as progress:
        if wanted & {"gias", "all"}:
            when = a_date(day, where="--day") if day is not None else None
            fetched = fetch_gias(folder, day=when, source=origin, progress=progress)
            _say_fetched(f"Register of {fetched.day}", fetched.folder, fetched.notes)
        if wanted & {"boundaries", "all"}:
            when_ = year or date.today().year - 1
            for found in _fetch_kinds(folder, when_, resolution, origin, progress):
                _say_fetched(f"Boundaries of {found.on}", found.path, found.notes)
                _say_moved(found)
                if blocks and found.layer == "district":
                    _rebuild(found, folder)


def _fetch_kinds(
    folder: Path, year: int, resolution: str, origin: str | None, progress: Any
) -> Iterator[Boundaries]:
    """Fetch each kind of boundary there is of a year, and name each there is not."""
    from geolls.fetch.gias import NoneOfThatYearError, fetch_boundaries
    from geolls.fetch.web import NotThereError

    kinds = ("district", "local_authority", "combined_authority", "region")
    unknown: list[NoneOfThatYearError] = []
    missing: list[NotThereError] = []
    for kind in kinds:
        try:
            yield fetch_boundaries(folder, kind, year, resolution, source=origin, progress=progress)
        except NoneOfThatYearError as error:
            unknown.append(error)
            click.echo(f"Not fetched, {kind}: {error.message}", err=True)
        except NotThereError as error:  # known to be published, but not found: said at the end
            missing.append(error)
            click.echo(f"Not fetched, {kind}: {error.message}", err=True)
    if missing or len(unknown) == len(kinds):
        raise (missing or unknown)[0]


def _rebuild(found: Boundaries, data: Path) -> None:
    from geolls.land.finer import rebuild_blocks
    from geolls.layers.areas import load_areas

    made = rebuild_blocks(found, load_areas(), data / "blocks" / f"{found.year}-{found.resolution}")
    outlines = f"{made.manifest['official_outlines']} of {made.manifest['blocks']}"
    click.echo(f"Blocks of {found.on}, {outlines} with official outlines: {made.folder}", err=True)
    click.echo(f"  use them with --blocks {made.folder.name}", err=True)


def _say_fetched(what: str, path: Path, notes: Sequence[str]) -> None:
    click.echo(f"{what}: {path}", err=True)
    for note in notes:
        click.echo(f"  {note}", err=True)


def _say_moved(found: Boundaries) -> None:
    """Report where fetched lines differ from the succession table, and keep the table beside."""
    from geolls.export.render import write_table
    from geolls.land.finer import line_moves
    from geolls.layers.areas import load_areas

    moves = line_moves(found, load_areas())
    beside = found.path.with_suffix(".moves.csv")
    write_table(moves, beside)
    odd = moves[(moves["moved_m2"] > 0) | (moves["status"] != "both")]
    click.echo(f"  {len(odd)} of {len(moves)} areas differ from ours: {beside}", err=True)
    for row in odd.head(5).to_dict("records"):
        how = (
            f"{row['moved_m2'] / 1e6:.1f} km2 moved, most with {row['moved_with']}"
            if row["status"] == "both"
            else row["status"].replace("_", " ")
        )
        click.echo(f"  {row['code']} {row['name']}: {how}", err=True)


# -- measures ------------------------------------------------------------------------------------


@_command(click.argument("points", required=False, type=PATH), *_STUDY, *_OUTPUT)
def assign(points: Path | None, **options: Any) -> None:
    r"""Assign schools, or any table of points, to every layer.

    Without FILE: one row per school, layer and unit. With FILE (csv or parquet with
    easting/northing or lon/lat columns): the same table, streamed, with the units of each point.

    \b
    geolls assign -o assignment.csv
    geolls assign pupils.parquet -o assigned.parquet
    """
    if points is not None:
        from geolls.study.points import assign_points

        if options["output"] is None:
            raise UsageError("a table of points needs a file to go to", fix="add -o FILE")
        study = _study(options)
        with _progress(options["quiet"]) as progress:
            report = assign_points(points, options["output"], study, progress=progress)
        _note(options, str(report))
        if report.rows and not report.placed:
            _note(
                options,
                "No point lies in a district of England: easting,northing are metres (EPSG:27700), "
                "lon,lat degrees, longitude first.",
            )
        return
    study = _study(options)
    _emit(study.assignment, options, **_about(study, "Schools by layer and unit"))


@_command(
    click.argument("left"),
    click.argument("right"),
    _BY_SCHOOLS,
    click.option(
        "--inside-only",
        is_flag=True,
        help="Drop land and schools without a unit, and say how much was dropped.",
    ),
    _ONLY_THERE,
    *_STUDY,
    *_OUTPUT,
)
def overlap(
    left: str, right: str, by: Any, inside_only: bool, place: str | None, **options: Any
) -> None:
    r"""Lay one layer over another: a row per pair that meets.

    \b
    geolls overlap local_authority teaching_school_hub --by schools --format csv
    geolls overlap district maths_hub --by area --place "region:West Midlands"
    """
    study = _study(options)
    where_ = _place(study, place, options) if place else None
    frame = study.overlap(left, right, by=by, place=where_)
    if inside_only:
        from geolls.measures.overlap import inside

        kept = inside(frame)
        gone, whole = kept.dropped["weight"].sum(), frame["weight"].sum()
        click.echo(f"--inside-only dropped {_dropped(gone, whole, by)}", err=True)
        frame = kept.pairs
    frame = _publishable(frame, by, options, ("left_code", "right_code"))
    _emit(frame, options, **_about(study, f"{left} over {right} by {by}", by))


@_command(
    click.argument("left", required=False),
    click.argument("right", required=False),
    _BY_SCHOOLS,
    click.option("--inside-only", is_flag=True, help="Leave out land and schools without a unit."),
    click.option(
        "--null",
        "nulls",
        type=click.IntRange(0),
        default=0,
        help="Random regroupings to compare with.",
    ),
    click.option("--seed", type=int, default=1, show_default=True, help="Seed of the regroupings."),
    *_STUDY,
    *_OUTPUT,
)
def mismatch(
    left: str | None,
    right: str | None,
    by: Any,
    inside_only: bool,
    nulls: int,
    seed: int,
    **options: Any,
) -> None:
    r"""Measure how layers disagree; without names, every pair.

    \b
    geolls mismatch local_authority teaching_school_hub
    geolls mismatch --by neighbourhoods --format csv
    """
    if (left is None) != (right is None):
        raise UsageError("mismatch takes two layers, or none for every pair")
    study = _study(options)
    frame = study.mismatch(left, right, by=by, inside_only=inside_only)
    if nulls and left and right:
        import pandas as pd

        with _progress(options["quiet"]) as progress:
            rows = study.null_share_worse(
                left,
                right,
                by=by,
                draws=nulls,
                seed=seed,
                jobs=os.cpu_count() or 1,
                progress=progress,
            )
        if by == "fsm_pupils":  # more decimals would tell the number of a small district
            rows["value"] = rows["value"].round(2)
        frame = pd.concat([frame, rows], ignore_index=True)
    _emit(frame, options, **_about(study, f"Mismatch by {by}", by))


@_command(
    click.argument("layer"),
    click.option(
        "--by",
        type=click.Choice(WEIGHTS),
        default="area",
        show_default=True,
        help="What coverage is counted in.",
    ),
    _ONLY_THERE,
    *_STUDY,
    *_OUTPUT,
)
def coverage(layer: str, by: Any, place: str | None, **options: Any) -> None:
    r"""Say what units cover, share and leave out, and why.

    \b
    geolls coverage teaching_school_hub --by area
    geolls coverage maths_hub --by schools --place "region:West Midlands"
    """
    study = _study(options)
    where_ = _place(study, place, options) if place else None
    frame = study.coverage(layer, by=by, place=where_)
    frame = _publishable(frame, by, options)
    about = f"Coverage of {layer}{f' in {where_.name}' if where_ else ''} by {by}"
    _emit(frame, options, **_about(study, about, by))


@_command(
    click.option("--place", default=None, metavar="PLACE", help="Only trusts at work there."),
    *_STUDY,
    *_OUTPUT,
)
def spread(place: str | None, **options: Any) -> None:
    r"""Measure how far each trust spreads: one row per trust.

    \b
    geolls spread --format csv -o spread.csv
    geolls spread --place "greater manchester"
    """
    study = _study(options)
    frame = study.spread(place=_place(study, place, options) if place else None)
    _emit(frame, options, **_about(study, "Spread of trusts"))


@_command(
    click.option("--place", required=True, metavar="PLACE", help="The place, as Leeds."),
    click.option("--trust", default=None, help="Only schools of this trust (name or UID)."),
    *_STUDY,
    *_OUTPUT,
)
def schools(place: str, trust: str | None, **options: Any) -> None:
    r"""List the schools of a place, with their unit in every layer.

    \b
    geolls schools --place Leeds
    geolls schools --place "region:North East" --format csv
    """
    study = _study(options)
    where_ = _place(study, place, options)
    _emit(study.school_table(where_, trust), options, **_about(study, f"Schools of {where_.name}"))


@_command(click.argument("left"), click.argument("right"), *_STUDY, *_OUTPUT)
def compare(left: str, right: str, **options: Any) -> None:
    r"""Lay two places side by side, with England.

    \b
    geolls compare Leeds Bradford
    """
    study = _study(options)
    frame = study.compare([_place(study, left, options), _place(study, right, options)])
    _emit(frame, options, **_about(study, f"{left} and {right}"))


@_command(click.argument("name", required=False), *_STUDY, *_OUTPUT)
def table(name: str | None, **options: Any) -> None:
    r"""Print a researcher's table; without NAME, list them.

    \b
    geolls table
    geolls table equity_gap --format csv
    """
    from geolls.study.analyses import ANALYSES

    if name is None:
        rows = [{"name": key, "what": (f.__doc__ or "").rstrip(".")} for key, f in ANALYSES.items()]
        _emit(rows, options)
        return
    study = _study(options)
    _emit(study.table(name), options, **_about(study, name))


@_command(
    click.option(
        "--sensitivity",
        is_flag=True,
        help="Show how many authorities change pattern when each threshold moves by 10 %.",
    ),
    *_STUDY,
    *_OUTPUT,
)
def typology(sensitivity: bool, **options: Any) -> None:
    r"""Sort authorities into patterns of oversight by a stated rule.

    \b
    geolls typology --phase primary
    geolls typology --phase primary --sensitivity
    """
    from geolls.study.typology import typology as sort
    from geolls.study.typology import typology_sensitivity

    study = _study(options)
    frame = typology_sensitivity(study) if sensitivity else sort(study)
    _emit(frame, options, **_about(study, "Patterns of oversight"))


@_command(
    click.option("--from", "first", required=True, metavar="DATE", help="The first day."),
    click.option("--to", "last", required=True, metavar="DATE", help="The last day."),
    click.option("--to-register", type=PATH, default=None, help="The register of the last day."),
    click.option("--to-links", type=PATH, default=None, help="The group links of the last day."),
    click.option(
        "--successions", type=PATH, default=None, help="GIAS predecessor/successor links."
    ),
    *_STUDY,
    *_OUTPUT,
)
def changes(
    first: str,
    last: str,
    to_register: Path | None,
    to_links: Path | None,
    successions: Path | None,
    **options: Any,
) -> None:
    r"""Say what moved between two days.

    \b
    geolls changes --from 2022-09-01 --to 2024-09-01
    """
    from geolls.study.settings import a_date

    if a_date(last, where="--to") < a_date(first, where="--from"):
        raise UsageError(f"{last} is before {first}", where="--to", fix="give the later day last")
    before = _study({**options, "as_of": first})
    after = _study(
        {
            **options,
            "as_of": last,
            "register": to_register or options["register"],
            "links": to_links or options["links"],
        }
    )
    frame = before.changes(after, successions=successions)
    _emit(frame, options, title=f"Changes from {first} to {last}", study=before)


@_command(
    click.argument("measure"),
    click.option("--place", default=None, metavar="PLACE", help="The place the number is about."),
    click.option("--trust", default=None, help="The trust the number is about (name or UID)."),
    *_STUDY,
    *_OUTPUT,
)
def explain(measure: str, place: str | None, trust: str | None, **options: Any) -> None:
    r"""List the schools or blocks behind one number.

    \b
    geolls explain trusts --place Leeds
    geolls explain areas_local_authority --trust "Outwood Grange Academies Trust"
    """
    if place is None and trust is None:
        raise UsageError("explain needs --place or --trust")
    if place is not None and trust is not None:
        raise UsageError("explain takes --place or --trust, not both")
    study = _study(options)
    where_ = _place(study, place, options) if place else None
    found = study.explain(measure, place=where_, trust=trust)
    about = where_.name if where_ else study.trust(trust or "")["trust_name"]
    _note(options, f"{measure} of {about} = {found.value:,.6g}. {found.how}")
    _emit(found.rows, options, **_about(study, f"Behind {measure} of {about}"))


# -- pages ---------------------------------------------------------------------------------------


@_command(
    click.argument("place"),
    click.option("-o", "--output", type=PATH, default=None, help="An .html or .md file."),
    *_STUDY,
    *_OUTPUT[2:],
)
def profile(place: str, output: Path | None, **options: Any) -> None:
    r"""Write one printable page about a place.

    \b
    geolls profile Leeds
    geolls profile Leeds -o leeds.html
    """
    from geolls.atlas.profile import profile_html, profile_markdown
    from geolls.base.files import write_text

    study = _study(options)
    where_ = _place(study, place, options)
    if output is None:
        click.echo(profile_markdown(study, where_))
    else:
        suffix = output.suffix.lower()
        if suffix not in {".html", ".htm", ".md"}:
            raise OutputError(
                f"a profile cannot be a {suffix or 'file without an ending'}",
                where=str(output),
                fix="use .html or .md",
            )
        html = suffix != ".md"
        write_text(output, profile_html(study, where_) if html else profile_markdown(study, where_))
        _note(options, f"Written: {output}")


@_command(
    click.argument("recipe"),
    click.option("--place", default=None, metavar="PLACE", help="The place to frame, as Leeds."),
    click.option("--trust", default=None, help="The trust to frame (name or UID)."),
    click.option(
        "--set",
        "given",
        multiple=True,
        metavar="KEY=VALUE",
        help="An option of the recipe, as layer=maths_hub; may be given again.",
    ),
    click.option("--tiles", default=None, help="A basemap, fetched from the network when opened."),
    click.option("-o", "--output", type=PATH, required=True, help="An .html, .svg or .png file."),
    *_STUDY,
    *_OUTPUT[2:],
    name="map",
)
def map_(
    recipe: str,
    place: str | None,
    trust: str | None,
    given: tuple[str, ...],
    tiles: str | None,
    output: Path,
    **options: Any,
) -> None:
    r"""Draw a map: .html to explore, .svg or .png to print.

    \b
    geolls map locality_overlay --place Leeds -o leeds.html
    geolls map hub_coverage --set layer=teaching_school_hub -o hubs.svg
    """
    study = _study(options)
    where_ = _place(study, place, options) if place else None
    study.save_map(recipe, output, place=where_, trust=trust, tiles=tiles, **_given(given))
    _note(options, f"Written: {output}")


@_command(
    click.option("--out", type=PATH, required=True, help="The folder to write to."),
    click.option(
        "--places",
        multiple=True,
        metavar="LAYER",
        help="Layers whose units get a page; may be given again.",
    ),
    click.option(
        "--jobs", type=int, default=0, help="Processes; as many as processors by default."
    ),
    click.option("--resume", is_flag=True, help="Skip pages that are complete and unchanged."),
    *_STUDY,
    *_OUTPUT[2:],
)
def atlas(out: Path, places: tuple[str, ...], jobs: int, resume: bool, **options: Any) -> None:
    r"""Build the atlas: a page for each place and trust.

    \b
    geolls atlas --out out/atlas
    geolls atlas --register edubasealldata.csv.gz --links alllinksdata.csv.gz --out out/atlas
    """
    from geolls.atlas.build import DEFAULT_PLACES, build_atlas

    study = _study(options)
    if study.register.demonstration:
        click.echo(study.register.source["label"], err=True)
    with _progress(options["quiet"]) as progress:
        report = build_atlas(
            study,
            out,
            places=places or DEFAULT_PLACES,
            jobs=jobs or os.cpu_count() or 1,
            resume=resume,
            progress=progress,
        )
    click.echo(f"Open {(out / 'index.html').resolve().as_uri()}")
    _note(options, report.summary())
    if report.failed:
        for page, error in report.failed[:FAILURES_SHOWN]:
            click.echo(f"failed: {page}: {error}", err=True)
        if len(report.failed) > FAILURES_SHOWN:
            more = len(report.failed) - FAILURES_SHOWN
            click.echo(f"failed: {more:,} more, named in manifest.json", err=True)
        raise AtlasError(
            f"{len(report.failed)} of {len(report.failed) + report.pages} pages failed",
            where=str(out),
            fix="mend what is named above and run again with --resume",
        )


@_command(
    click.option("--out", type=PATH, required=True, help="The folder to write to."),
    click.option(
        "--as",
        "formats",
        multiple=True,
        type=click.Choice(["csv", "parquet", "gpkg", "xlsx"]),
        help="A format; all four by default; may be given again.",
    ),
    *_STUDY,
    *_OUTPUT[2:],
)
def export(out: Path, formats: tuple[str, ...], **options: Any) -> None:
    r"""Write every table of a study, with its data dictionary.

    \b
    geolls export --out out/tables --as csv --as xlsx
    """
    from geolls.export.everything import FORMATS
    from geolls.export.everything import export as write_all

    study = _study(options)
    if study.register.demonstration:
        click.echo(study.register.label, err=True)
    with _progress(options["quiet"]) as progress:
        written = write_all(study, out, formats=formats or FORMATS, progress=progress)
    _note(options, f"Written: {len(written)} files in {out}")


@_command(*_STUDY, *_OUTPUT)
def findings(**options: Any) -> None:
    r"""State the main findings, each with its command.

    \b
    geolls findings
    geolls findings --format csv
    """
    import dataclasses

    from geolls.study.findings import findings as state

    study = _study(options)
    rows = [dataclasses.asdict(f) for f in state(study)]
    if (options["fmt"] or "table") != "table" or options["output"]:
        _emit(rows, options, study=study)
        return
    click.echo(f"{study.register.label}, {study.as_of}\n")
    for row in rows:
        click.echo(f"- {row['text']}\n  {row['command']}")


@cli.group(cls=Group)
def study() -> None:
    """Make, show and check a study file."""


@_command(
    click.argument("file", type=PATH),
    click.option("--like", default="default", show_default=True, help="The shipped study to copy."),
    group=study,
    name="new",
)
def study_new(file: Path, like: str) -> None:
    r"""Write a new study file to edit.

    \b
    geolls study new my-study.toml --like local_learning_systems
    """
    from geolls.base.files import write_text
    from geolls.study.core import shipped_study

    if file.exists():
        raise OutputError("there is a file already", where=str(file), fix="choose another name")
    write_text(file, shipped_study(like).read_text(encoding="utf-8"))
    click.echo(f"Written: {file}", err=True)


@_command(
    click.argument("file", required=False, type=PATH),
    *_STUDY[1:],
    *_OUTPUT,
    group=study,
    name="show",
)
def study_show(file: Path | None, **options: Any) -> None:
    r"""Show what a study resolves to: register, day, layers, thresholds, fingerprint.

    \b
    geolls study show my-study.toml
    geolls study show --as-of 2024-09-01
    """
    opened = _study({**options, "study": file})
    _emit(opened.describe(), options, study=opened)


@_command(click.argument("file", type=PATH), group=study, name="check")
def study_check(file: Path) -> None:
    r"""Check that a study file can be run as it stands.

    \b
    geolls study check my-study.toml
    """
    from geolls.study.core import open_study

    opened = open_study(file)
    for place in opened.settings.places:
        opened.place(place)
    click.echo(f"{opened!r} is ready; fingerprint {opened.fingerprint}")


def _given(pairs: tuple[str, ...]) -> dict[str, str | float]:
    """Read KEY=VALUE pairs; the keys are those of a recipe's options."""
    from geolls.maps.recipes import OPTIONS

    found: dict[str, str | float] = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or key not in OPTIONS:
            raise UsageError(
                f"no option of a recipe is called {key!r}"
                if sign
                else f"{pair!r} is not KEY=VALUE",
                where="--set",
                fix=f"the keys are {', '.join(OPTIONS)}",
            )
        if key == "by" and value not in WEIGHTS:
            raise UsageError(
                f"{value!r} is nothing to count in",
                where="--set by",
                fix=suggest(value, WEIGHTS) or f"use {', '.join(WEIGHTS)}",
            )
        try:
            found[key] = float(value) if key == "distance_km" else value
        except ValueError:
            raise UsageError(f"{value!r} is not a number", where="--set distance_km") from None
    return found


def _publishable(
    frame: pd.DataFrame, by: str, options: dict[str, Any], lines: Sequence[str] = ()
) -> pd.DataFrame:
    """Leave out small numbers of pupils eligible for free meals, and say so."""
    if by != "fsm_pupils":
        return frame
    from geolls.export.everything import without_small_counts

    found = without_small_counts(frame, lines)
    gone = int(found["weight"].isna().sum() - frame["weight"].isna().sum())
    if gone:
        _note(options, f"{gone} numbers left blank: under 10 pupils, or they would give one away")
    return found


def _dropped(gone: float, whole: float, by: str) -> str:
    """Say what was left out of a table; not where few pupils eligible for meals are on a side."""
    from geolls.measures.equity import MINIMUM

    few = any(0 < part < MINIMUM for part in (gone, whole - gone))
    if by == "fsm_pupils" and few:
        return f"some of {whole:,.6g}: how many would tell a number of pupils under {MINIMUM}"
    return f"{gone:,.6g} of {whole:,.6g}"


def _place(study: Study, text: str, options: dict[str, Any]) -> Place:
    """Find a place, and say on standard error how an ambiguous name was read."""
    place = study.place(text)
    if place.note:
        _note(options, place.note)
    return place


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[str, int, int | None], None] | None]:
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


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and leave with the exit code of the error's family."""
    try:
        code = cli.main(
            args=list(args) if args is not None else None, prog_name="geolls", standalone_mode=False
        )
    except GeollsError as error:
        _fail(str(error), error.exit_code)
    except click.exceptions.Abort:
        _fail("stopped", 130)
    except click.ClickException as error:
        _fail(error.format_message().replace("\n", " "), 2)
    except KeyboardInterrupt:
        _fail("stopped", 130)
    except BrokenPipeError:
        # The reader (head, less) has seen enough; nothing is left to flush to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if os.environ.get("GEOLLS_DEBUG"):
            raise
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:  # of what prints go to
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            _fail("no room is left where the answer is written to; free some, or use -o FILE", 15)
        text = f"this is a bug in geolls: {type(error).__name__}: {error}"
        _fail(f"{text}; run again with GEOLLS_DEBUG=1 and report it".replace("\n", " "), 1)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(text: str, code: int) -> None:
    click.echo(f"geolls: {text}", err=True)
    sys.exit(code)
