"""Commands about what if: scenario FILE, list, new, show, compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from geolls.base.errors import CatalogueError, OutputError
from geolls.cli.group import PATH, Choice, Group, command
from geolls.cli.options import (
    OUTPUT,
    STUDY,
    about,
    day_of,
    emit,
    listed,
    note,
    on_screen,
    study_command,
)

if TYPE_CHECKING:
    from pathlib import Path

    from geolls.api import Study

# What a scenario is read with, without a register.
_DAY = tuple(STUDY[at] for at in (1, 5))


class _Scenarios(Group):
    """The commands about scenarios; a word that is none of them names a scenario to check."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read what was typed; alone it lists the scenarios that come with geolls."""
        return super().parse_args(ctx, args or ["list"])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, which is `check` where a scenario is named."""
        known = self.get_command(ctx, args[0]) is not None or args[0].startswith("-")
        if not known and len(args) > 1 and not args[1].startswith("-"):
            _file_of(args[0])  # it takes no other word
        return super().resolve_command(ctx, args if known else ["check", *args])


@command(*OUTPUT, name="list")
def scenario_list(**options: Any) -> None:
    r"""List the scenarios that come with geolls.

    \b
    geolls scenario list
    """
    from geolls.base.schema import load
    from geolls.layers.scenario import NOT_FOUND, shipped

    rows = []
    for key, path in shipped().items():
        said = load(path).holds
        wanted = ("title", "base", "confidence", "source_date", "source")
        rows.append({"key": key, **{name: str(said.get(name, "")) for name in wanted}})
    text = listed([(row["key"], f"{row['title']}; source: {row['source']}") for row in rows])
    emit(
        rows,
        options,
        title="Scenarios",
        said=f"{text}\n\n{NOT_FOUND}\nUnits: geolls scenario show KEY",
    )


@command(click.argument("file", metavar="FILE"), *_DAY, *OUTPUT, name="check")
def scenario_check(file: str, **options: Any) -> None:
    r"""Check a scenario, and say what moves: geolls scenario FILE.

    FILE is a scenario file, or the name of one that comes with geolls.

    \b
    geolls scenario surrey_2027 --as-of 2022-09-01
    geolls scenario check surrey_2027 --as-of 2022-09-01 --format csv
    """
    from geolls.base.text import day
    from geolls.layers.areas import load_areas
    from geolls.layers.catalogue import load_catalogue
    from geolls.layers.scenario import read_scenario, steps_table

    on, areas = day_of({**_NOTHING, **options}), load_areas()
    catalogue = load_catalogue(options["boundaries"], areas, on)
    found = read_scenario(_file_of(file), catalogue.get, on, areas)
    for problem in found.problems:
        note(options, f"{problem.severity}: {problem}")
    errors = sum(p.severity == "error" for p in found.problems)
    if found.layer is None:
        raise CatalogueError(
            f"{errors} error{'s' * (errors != 1)} found; nothing is made of the scenario",
            where=file,
        )
    layer, read = found.layer, found.on or on
    base = catalogue.get(layer.base)
    lines = [
        f"{layer.title}: {base.title} of {day(read)}, moved.",
        f"Source: {layer.source}. Confidence: {layer.confidence}.",
        layer.note,
    ]
    emit(steps_table(found), options, title="\n".join(filter(None, lines)), view="scenario")


_NOTHING = dict.fromkeys(("study", "register", "links", "blocks", "travel")) | {"phase": ()}


def _file_of(text: str) -> Path:
    """Return the file of a scenario that a path or a name means."""
    from pathlib import Path

    from geolls.base.text import suggest
    from geolls.layers.scenario import named_scenarios, shipped

    if (path := Path(text)).suffix.lower() == ".toml":
        return path
    if found := named_scenarios([text]):
        return found[text]
    words = [*shipped(), *scenario.commands]
    raise CatalogueError(
        f"no scenario is called {text!r}",
        where="scenario",
        fix=suggest(text, words) or "geolls scenario list says which there are",
    )


@command(
    click.argument("base", default="local_authority"),
    *_DAY,
    click.option(
        "-o",
        "--output",
        type=PATH,
        default=None,
        metavar="FILE",
        help="Write to a file instead of standard output.",
    ),
    click.option("-q", "--quiet", is_flag=True, help="No progress, no notes."),
    name="new",
)
def scenario_new(base: str, output: Path | None, **options: Any) -> None:
    r"""Write a scenario to edit, with comments; it can be used as it is.

    BASE is the layer that is changed, local_authority unless told.

    \b
    geolls scenario new -o what-if.toml
    geolls scenario new teaching_school_hub -o hubs.toml
    """
    from geolls.base.files import write_text
    from geolls.layers.areas import load_areas
    from geolls.layers.catalogue import load_catalogue
    from geolls.layers.scenario import template

    on, areas = day_of({**_NOTHING, **options}), load_areas()
    catalogue = load_catalogue(options["boundaries"], areas, on, [base])
    text = template(catalogue.get(base), on, areas)
    if output is None:
        click.echo(text, nl=False)
        return
    if output.exists():
        raise OutputError("there is a file already", where=str(output), fix="choose another name")
    write_text(output, text)
    note(options, f"Written: {output}")


@study_command(click.argument("layer", metavar="NAME"), name="show")
def scenario_show(study: Study, layer: str, **options: Any) -> None:
    r"""Show the units of a scenario: schools, pupils, land, and whom each has it from.

    NAME is a scenario file, or the name of one that comes with geolls.

    \b
    geolls scenario show surrey_2027
    geolls scenario show surrey_2027 --format csv
    """
    table = study.scenario(layer)
    found = study.layer(layer)
    emit(table, options, **about(study, f"{found.title}: its units"), view="scenario show")


_TABLES = {
    "summary": "summary",
    "places": "places",
    "flows": "flows",
    "trusts": "trusts",
    "hubs": "met_hubs",
    "schools": "schools",
}


@study_command(
    click.argument("before", metavar="BEFORE"),
    click.argument("after", metavar="AFTER"),
    click.option(
        "--basis",
        type=Choice(["maintaining", "location"]),
        default=None,
        help="By what a school is in a unit; the body that maintains it where both layers are made "
        "of authorities, else where it stands.",
    ),
    click.option(
        "--list",
        "table",
        type=Choice(list(_TABLES)),
        default=None,
        help="Which table: the summary (with flows on a screen), or the schools that move where -o "
        "names a file.",
    ),
    name="compare",
)
def scenario_compare(
    study: Study, before: str, after: str, basis: Any, table: str | None, **options: Any
) -> None:
    r"""Say what would change: schools, pupils, trusts and hubs, from one layer to another.

    BEFORE and AFTER are layers, scenario files, or names of scenarios that come with geolls.

    \b
    geolls scenario compare local_authority surrey_2027
    geolls scenario compare local_authority surrey_2027 --list trusts
    geolls scenario compare local_authority surrey_2027 -o schools-that-move.csv
    """
    found = study.scenario_compare(before, after, basis)
    asked = table or ("schools" if options["output"] else "summary")
    said = about(study, found.said)
    if not on_screen(options):
        note(options, found.said)
    emit(getattr(found, _TABLES[asked]), options, **said, view=f"scenario {asked}")
    # Who names columns means those of the first table.
    if (
        table is None
        and on_screen(options)
        and options["columns"] in (None, "all")
        and len(found.flows)
    ):
        click.echo()
        emit(found.flows, options, title="From which unit to which", view="scenario flows")


scenario = _Scenarios(
    "scenario",
    help="What if: make, check, show and compare scenarios. See docs/what-if.md.",
    commands=[scenario_list, scenario_check, scenario_new, scenario_show, scenario_compare],
)
