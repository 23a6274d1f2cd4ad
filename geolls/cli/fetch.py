"""The command that brings official data in: fetch."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from geolls.base.errors import InputFileError, UsageError
from geolls.base.text import suggest
from geolls.cli.group import FOLDER, Choice, Whole, command
from geolls.cli.options import progress_bar

if TYPE_CHECKING:
    from pathlib import Path

    from geolls.fetch.kept import Boundaries


@command(
    click.argument("sources", nargs=-1, metavar="[gias|boundaries [NAME]|postcodes|all]..."),
    click.option(
        "--from", "origin", default=None, help="A mirror's address, or a folder of files."
    ),
    click.option(
        "--day", default=None, metavar="DATE", help="The register's day; today by default."
    ),
    click.option(
        "--year",
        type=Whole(2009, 2099),
        default=None,
        help="The year of the boundaries; last year by default, of a layer by NAME the newest.",
    ),
    click.option(
        "--resolution",
        type=Choice(["BFE", "BFC", "BGC", "BSC", "BUC"]),
        default="BGC",
        show_default=True,
        help="How exactly lines are drawn; full to ultra generalised.",
    ),
    click.option(
        "--blocks",
        is_flag=True,
        help="Build the blocks again along the districts fetched, for --blocks of other commands.",
    ),
    click.option(
        "--data", type=FOLDER, default=None, envvar="GEOLLS_DATA", help="The data folder."
    ),
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
    r"""Fetch official data: gias, boundaries, postcodes or all.

    boundaries NAME fetches any layer of the Open Geography Portal as a folder for --boundaries.
    Of postcodes --from takes what was downloaded: codepo_gb.zip of Code-Point Open, the ONS
    Postcode Directory (zip or csv), or a folder with both, which tells live from ended ones.

    \b
    geolls fetch gias
    geolls fetch postcodes --from ~/Downloads/codepo_gb.zip
    geolls fetch boundaries --year 2024
    geolls fetch boundaries --year 2018 --blocks
    geolls fetch boundaries constituencies --year 2024
    geolls fetch boundaries "health boards"
    geolls fetch gias --from ~/Downloads
    """
    from geolls.base.schema import a_date
    from geolls.fetch.gias import fetch_gias
    from geolls.fetch.kept import data_folder

    if origin is not None and not origin.strip():
        raise UsageError("there is no address or folder", where="--from", fix="give one")
    folder = data or data_folder()
    wanted = set(sources) & set(SOURCES) or {"gias"}
    name = " ".join(word for word in sources if word not in SOURCES)
    if name and "boundaries" not in sources:
        near = suggest(sources[0], SOURCES) or f"one of {', '.join(SOURCES)}"
        layer = f"a layer of the portal is: geolls fetch boundaries {shlex.quote(name)}"
        raise UsageError(f"nothing is fetched under {name!r}", fix=f"{near}; {layer}")
    with progress_bar(quiet) as progress:
        if wanted & {"gias", "all"}:
            when = a_date(day, where="--day") if day is not None else None
            fetched = fetch_gias(folder, day=when, source=origin, progress=progress)
            _say_fetched(f"Register of {fetched.day}", fetched.folder, fetched.notes)
        if wanted & {"postcodes", "all"}:
            _postcodes(folder, origin, progress)
        if name:
            _layer(folder, name, year, resolution, origin, progress)
        elif wanted & {"boundaries", "all"}:
            when_ = year or date.today().year - 1
            for found in _fetch_kinds(folder, when_, resolution, origin, progress):
                _say_fetched(f"Boundaries of {found.on}", found.path, found.notes)
                _say_moved(found)
                if blocks and found.layer == "district":
                    _rebuild(found, folder)


SOURCES = ("gias", "boundaries", "postcodes", "all")


def _layer(
    folder: Path, name: str, year: int | None, resolution: str, origin: str | None, progress: Any
) -> None:
    """Fetch any layer of the portal, and say how it is used."""
    from geolls.fetch.portal import fetch_layer

    found = fetch_layer(folder, name, year, resolution, origin, progress)
    _say_fetched(f"{found.units:,} areas of England", found.folder, found.notes)
    click.echo(f"  use them with --boundaries {shlex.quote(str(found.folder))}", err=True)


def _postcodes(folder: Path, origin: str | None, progress: Any) -> None:
    """Read the directories of postcodes; without a network, the package of the extra."""
    from geolls.fetch.postcodes import fetch_postcodes, from_package
    from geolls.fetch.web import UnreachableError

    try:
        found = fetch_postcodes(folder, origin, progress)
    except UnreachableError as error:
        package = from_package(folder) if origin is None else None
        if package is None:
            raise
        click.echo(f"Not fetched: {error.message}; the package that is installed is read", err=True)
        found = package
    notes = [f"{found.about['rows']:,} postcodes: {found.about['of']}", *found.about["notes"]]
    _say_fetched("Postcodes", folder / "postcodes.parquet", notes)


def _fetch_kinds(
    folder: Path, year: int, resolution: str, origin: str | None, progress: Any
) -> Iterator[Boundaries]:
    """Fetch each kind of boundary there is of a year, and name each there is not."""
    from geolls.fetch.ons import NoneOfThatYearError, fetch_boundaries
    from geolls.fetch.web import NotThereError

    kinds = ("district", "local_authority", "combined_authority", "region")
    errors: list[InputFileError] = []
    for kind in kinds:
        try:
            yield fetch_boundaries(folder, kind, year, resolution, source=origin, progress=progress)
        except (NoneOfThatYearError, NotThereError) as error:
            errors.append(error)
            click.echo(f"Not fetched, {kind}: {error.message}", err=True)
    # What is known to be published, but was not found, is an error; a year without a kind is none.
    missing = [error for error in errors if isinstance(error, NotThereError)]
    if missing or len(errors) == len(kinds):
        raise (missing or errors)[0]


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
