"""Commands that write pages, maps and files: profile, map, atlas, export, findings."""

from __future__ import annotations

import os
from inspect import signature
from typing import TYPE_CHECKING, Any

import click

from geolls.base.errors import AtlasError, MapError, OutputError, UsageError
from geolls.cli.group import OUT, PATH, Choice, Whole
from geolls.cli.options import (
    OUTPUT,
    ROWS_THERE,
    TOLD_BY,
    emit,
    listed,
    note,
    place_of,
    progress_bar,
    study_command,
)

if TYPE_CHECKING:
    from pathlib import Path

    from geolls.api import Study
    from geolls.study.gazetteer import Place

FAILURES_SHOWN = 20


@study_command(
    click.argument("place"),
    click.option("-o", "--output", type=PATH, default=None, help="An .html or .md file."),
    output=OUTPUT[-2:],
)
def profile(study: Study, place: Place, output: Path | None, **options: Any) -> None:
    r"""Write one printable page about a place.

    \b
    geolls profile Leeds
    geolls profile Leeds -o leeds.html
    """
    from geolls.atlas.profile import profile_html, profile_markdown
    from geolls.base.files import write_text

    writers = {".html": profile_html, ".htm": profile_html, ".md": profile_markdown}
    if output is None:
        click.echo(profile_markdown(study, place))
        return
    suffix = output.suffix.lower()
    if suffix not in writers:
        raise OutputError(
            f"a profile cannot be a {suffix or 'file without an ending'}",
            where=str(output),
            fix="use .html or .md",
        )
    write_text(output, writers[suffix](study, place))
    note(options, f"Written: {output}")


def _list_recipes(options: dict[str, Any]) -> None:
    """Say which recipes there are, what each draws and takes."""
    from geolls.maps.recipes import load_recipe, recipe_names

    needs = {"place": ["--place PLACE"], "trust": ["--trust TRUST"]}
    rows = []
    for recipe in map(load_recipe, recipe_names()):
        keys = ", ".join(recipe.options)
        takes = [*needs.get(recipe.scope, ()), *([f"--set {keys}"] if keys else ())]
        rows.append((recipe.key, " ".join((recipe.about, *takes))))
    click.echo(listed(rows))
    note(options, "as in: geolls map hub_coverage --set layer=teaching_school_hub -o hubs.html")


def _check_asked(given: dict[str, Any]) -> None:
    """Refuse what no map can be drawn of: an unknown recipe, no frame, no file."""
    from geolls.maps.recipes import load_recipe

    recipe, output = load_recipe(given["recipe"]), given["output"]
    for name in ("colour_by", "tiles", "attr", "width", "height"):
        if not (given[name] is None or given[name].strip()):
            raise UsageError(f"--{name.replace('_', '-')} has no value", where="map")
    if given["attr"] and not given["tiles"]:
        raise UsageError("--attr says whose basemap --tiles is", where="map", fix="give --tiles")
    if recipe.scope != "england" and not given[f"{recipe.scope}s"]:
        example = {"place": "Leeds", "trust": '"Outwood Grange Academies Trust"'}[recipe.scope]
        raise MapError(
            f"the map {recipe.key} needs a {recipe.scope}",
            where=f"--{recipe.scope}",
            fix=f"as in: geolls map {given['recipe']} --{recipe.scope} {example} -o map.html",
        )
    if output is None:
        stem = given["recipe"].rpartition("/")[2].removesuffix(".toml")
        raise UsageError("a map needs a file to go to", where="map", fix=f"add -o {stem}.html")
    if given["tiles"] and output.suffix.lower() not in {".html", ".htm"}:
        raise UsageError("a basemap is for .html alone", where="--tiles", fix="leave it out")


@study_command(
    click.argument("recipe", required=False),
    click.option(
        "--place",
        "places",
        multiple=True,
        metavar="PLACE",
        help="The place to frame, as Leeds; given again, panels of one sheet (in print).",
    ),
    click.option(
        "--trust",
        "trusts",
        multiple=True,
        help="The trust to frame (name or UID); on the map of a place, one to tell from others, "
        "and may be given again.",
    ),
    click.option(
        "--colour-by",
        default=None,
        metavar="FILE:COLUMN",
        help="A table with URNs and a column, words or numbers, to mark schools by.",
    ),
    click.option(
        "--set",
        "given",
        multiple=True,
        metavar="KEY=VALUE",
        help="An option of the recipe, as layer=maths_hub; may be given again.",
    ),
    click.option("--hexagons", is_flag=True, help="A map of England on a hexagon for each area."),
    click.option("--tiles", default=None, help="A basemap, fetched from the network when opened."),
    click.option("--attr", default=None, help="Whose basemap it is, where --tiles is an address."),
    click.option("--title", default=None, help="In place of the map's own title; '' for none."),
    click.option("--width", default=None, metavar="SIZE", help="As 85mm, 8.5cm, 3.35in, 1000px."),
    click.option("--height", default=None, metavar="SIZE", help="As its map needs by default."),
    click.option(
        "--dpi",
        type=click.FloatRange(1),
        default=None,
        help="Pixels an inch of a .png; 220 if none.",
    ),
    click.option("--bare", is_flag=True, help="The map alone, without words round it."),
    click.option("--legend/--no-legend", default=None, help="With it, or without."),
    click.option("--grid", is_flag=True, help="With lines of the National Grid, in print."),
    click.option(
        "-o", "--output", type=PATH, metavar="FILE", help="An .html, .svg, .png or .pdf file."
    ),
    output=OUTPUT[-2:],
    name="map",
    alone=("recipe", _list_recipes),
    first=_check_asked,
)
def map_(
    study: Study,
    recipe: str,
    places: tuple[str, ...],
    trusts: tuple[str, ...],
    colour_by: str | None,
    given: tuple[str, ...],
    tiles: str | None,
    attr: str | None,
    output: Path,
    **options: Any,
) -> None:
    r"""Draw a map: .html to explore, .svg, .png or .pdf to print; without RECIPE, list them.

    \b
    geolls map
    geolls map locality_overlay --place Leeds -o leeds.html
    geolls map locality_overlay --place Leeds --width 85mm --dpi 300 -o leeds.png
    geolls map hub_coverage --set layer=teaching_school_hub -o hubs.pdf
    """
    framed = [place_of(study, place, options) for place in places]
    asked = {
        name: options[name]
        for name in ("title", "width", "height", "dpi", "bare", "legend", "grid")
    }
    figure = {key: value for key, value in asked.items() if value not in (None, False)}
    if options["legend"] is False:
        figure["legend"] = False
    pairs = dict(map(_pair, given))
    for name in signature(study.save_map).parameters.keys() & pairs.keys():
        said = f"--{name.replace('_', '-')} is an option of its own, written without --set"
        raise UsageError(f"{recipe} has no option {name!r}", where="--set", fix=said)
    told = study.save_map(
        recipe,
        output,
        place=framed or None,
        trust=trusts,
        colour_by=colour_by,
        tiles=tiles,
        attr=attr,
        figure=figure,
        hexagons=options["hexagons"],
        **pairs,
    )
    for line in told:
        note(options, line)
    note(options, f"Written: {output}")


@study_command(
    click.option("--out", "-o", type=OUT, required=True, help="The folder to write to."),
    click.option(
        "--place",
        default=None,
        metavar="PLACE",
        help="Only the pages of what meets a place: a region, a hub, a list of schools.",
    ),
    click.option(
        "--places",
        multiple=True,
        metavar="LAYER",
        help="Layers whose units get a page; may be given again.",
    ),
    click.option(
        "--jobs",
        type=Whole(0),
        default=0,
        help="Processes; as many as processors by default.",
    ),
    click.option("--resume", is_flag=True, help="Skip pages that are complete and unchanged."),
    click.option("--single", is_flag=True, help="Each page whole, to be sent without its folder."),
    *TOLD_BY,
    output=OUTPUT[-2:],
)
def atlas(
    study: Study,
    out: Path,
    place: Place | None,
    places: tuple[str, ...],
    jobs: int,
    resume: bool,
    single: bool,
    registers: tuple[Path, ...],
    group_links: tuple[Path, ...],
    **options: Any,
) -> None:
    r"""Build the atlas: a page for each place and trust.

    With --place of one place: it, each place with a school or land of it, each trust with a school
    there. What reaches beyond, as a hub, is shown whole.

    With --registers and --group-links, as of `history`, each tells of its years too.

    \b
    geolls atlas --out out/atlas
    geolls atlas --place "region:North West" --out out/north-west
    geolls atlas --register edubasealldata.csv.gz --links alllinksdata.csv.gz --out out/atlas
    """
    from geolls.atlas.build import DEFAULT_PLACES, build_atlas

    if study.register.demonstration:
        click.echo(study.register.source["label"], err=True)
    with progress_bar(options["quiet"]) as progress:
        report = build_atlas(
            study,
            out,
            places=places or DEFAULT_PLACES,
            jobs=jobs or os.cpu_count() or 1,
            resume=resume,
            single=single,
            place=place,
            registers=registers,
            group_links=group_links,
            progress=progress,
        )
    click.echo(f"Open {(out / 'index.html').resolve().as_uri()}")
    note(options, report.summary())
    if report.failed:
        for page, error in report.failed[:FAILURES_SHOWN]:
            click.echo(f"failed: {page}: {error}", err=True)
        if (more := len(report.failed) - FAILURES_SHOWN) > 0:
            click.echo(f"failed: {more:,} more, named in manifest.json", err=True)
        raise AtlasError(
            f"{len(report.failed)} of {len(report.failed) + report.pages} pages failed",
            where=str(out),
            fix="mend what is named above and run again with --resume",
        )


@study_command(
    click.option("--out", "-o", type=OUT, required=True, help="The folder to write to."),
    click.option(
        "--as",
        "formats",
        multiple=True,
        type=Choice(["csv", "parquet", "gpkg", "xlsx"]),
        help="A format; all four by default; may be given again.",
    ),
    click.option(
        "--star",
        is_flag=True,
        help="Facts, dimensions and relationships for Power BI and pivot tables instead.",
    ),
    ROWS_THERE,
    output=OUTPUT[-2:],
)
def export(
    study: Study,
    out: Path,
    formats: tuple[str, ...],
    star: bool,
    place: Place | None,
    **options: Any,
) -> None:
    r"""Write every table of a study, with its data dictionary.

    \b
    geolls export --out out/tables --as csv --as xlsx
    geolls export --star --out out/star --as parquet
    geolls export --out out/tables --as xlsx --place "region:North West"
    """
    from geolls.export.everything import FORMATS
    from geolls.export.everything import export as write_all

    if study.register.demonstration:
        click.echo(study.register.label, err=True)
    with progress_bar(options["quiet"]) as progress:
        written = write_all(
            study, out, formats=formats or FORMATS, star=star, place=place, progress=progress
        )
    note(options, f"Written: {len(written)} files in {out}")


@study_command()
def findings(study: Study, **options: Any) -> None:
    r"""State the main findings, each with its command.

    \b
    geolls findings
    geolls findings --format csv
    """
    import dataclasses

    from geolls.study.findings import findings as state

    rows = [dataclasses.asdict(f) for f in state(study)]
    said = [f"- {row['text']}\n  {row['command']}" for row in rows]
    n = len(study.schools)
    counted = f"{n:,} {study.population.schools(n)}"
    heading = f"{study.register.label}, {study.as_of}. Counted: {counted}\n"
    emit(rows, options, study=study, said="\n".join((heading, *said)), counted=True)


def _pair(text: str) -> tuple[str, str]:
    """Read KEY=VALUE."""
    key, sign, value = text.partition("=")
    if not sign:
        raise UsageError(
            f"{text!r} is not KEY=VALUE", where="--set", fix="as in: --set layer=maths_hub"
        )
    return key.strip(), value.strip()
