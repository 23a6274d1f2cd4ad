"""The command line: `geolls`. Heavy rooms load when a command needs them."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence

import click

from geolls.base.errors import GeollsError
from geolls.cli import fetch, history, measures, pages, proposing, scenario, shelf, study
from geolls.cli.group import Group, shown


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from geolls import __version__

        click.echo(f"geolls {__version__}")
        ctx.exit()


GREETING = """\
geolls: where the maps of England's school system disagree, measured and mapped.

Local authorities, hubs and trusts act on the same schools, each on a map of its
own. geolls says which maps cover a place, where they disagree, which schools
fall between them, and how far trusts reach across them.

Three to try. They run at once, on generated schools that are not real:

  geolls where Leeds
  geolls overlap local_authority teaching_school_hub
  geolls map locality_overlay --place Leeds -o leeds.html

With real schools, which every later command then uses:

  geolls fetch gias

What there is: geolls layers (boundary systems), geolls map (maps), geolls table
(a researcher's tables). Help: geolls --help, and geolls COMMAND --help."""


@click.group(
    cls=Group,
    commands=[
        *(shelf.layers, shelf.check, shelf.where),
        fetch.fetch,
        *(measures.assign, measures.overlap, measures.mismatch, measures.coverage, measures.spread),
        *(measures.schools, measures.compare, measures.table, measures.typology, measures.changes),
        *(measures.explain, history.history),
        *(pages.profile, pages.map_, pages.atlas, pages.export, pages.findings),
        study.study,
        scenario.scenario,
        proposing.realign,
        proposing.site,
        shelf.completion,
    ],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=True,
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_version,
    help="Print the version and exit.",
)
@click.pass_context
def cli(ctx: click.Context) -> None:
    r"""Where the maps of England's school system disagree, measured and mapped.

    Without --register every command runs on the demonstration schools, which are generated, not
    real. Data goes to standard output, progress and warnings to standard error.

    \b
    geolls layers --as-of 2022-09-01
    geolls where "Ashington" --as-of 2022-09-01
    geolls overlap local_authority teaching_school_hub --by schools
    geolls atlas --out out/atlas
    """
    if ctx.invoked_subcommand is None:
        click.echo(GREETING)


cli.help = shown(cli.help)


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and leave with the exit code of the error's family."""
    try:
        code = cli.main(
            args=list(args) if args is not None else None, prog_name="geolls", standalone_mode=False
        )
    except GeollsError as error:
        _fail(str(error), error.exit_code)
    except click.ClickException as error:
        _fail(error.format_message().replace("\n", " "), 2)
    except (click.exceptions.Abort, KeyboardInterrupt):
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
