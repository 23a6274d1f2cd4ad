"""How a function becomes a command, and several a group."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import click

from geolls.base.errors import GeollsError, InputFileError, OutputError, UsageError
from geolls.base.text import suggest
from geolls.cli.completing import Words, words_for

__all__ = [
    "FOLDER",
    "OUT",
    "PATH",
    "AnyWhole",
    "Choice",
    "Command",
    "Group",
    "Whole",
    "command",
    "shown",
]


class _Path(click.Path):
    """A path; where it is a folder's, a file there is refused as `fault` says.

    The library of paths loads when one is given.
    """

    def __init__(self, fault: type[GeollsError] | None = None) -> None:
        super().__init__()
        self.fault = fault

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return what was typed as a path."""
        where = param.opts[-1] if param else None
        if not str(value).strip():
            raise UsageError("a name is missing", where=where, fix="give a path")
        path: Any = super().convert(value, param, ctx)
        if self.fault and path.is_file():
            raise self.fault(f"{path} is a file, not a folder", where=where, fix="name a folder")
        return path

    def coerce_path_result(self, value: Any) -> Any:
        """Return what was typed as a path."""
        from pathlib import Path

        return Path(value)


class Choice(click.Choice[str]):
    """One word of a few; another is answered with the nearest."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the word, or say which there are."""
        if value in self.choices:
            return super().convert(value, param, ctx)
        words = ", ".join(self.choices)
        raise UsageError(
            f"{value!r} is none of {words}",
            where=param.opts[-1] if param else None,
            fix=suggest(str(value), self.choices),
        )


class Whole(click.IntRange):
    """A whole number in a range."""

    name = "whole number"


class AnyWhole(click.types.IntParamType):
    """A whole number whose range hangs on the study, which refuses it in its own words."""

    name = "whole number"


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
            for param in self.params:
                source = words_for(str(self.name), param.name)
                if source and isinstance(param.type, click.types.StringParamType):
                    param.type = Words(source)
        return super().get_params(ctx)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read what was typed; what is missing or too much is answered with an example."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            message = " ".join(error.format_message().split()).rstrip(".")
            fix = None if message.endswith("?") else _siblings(ctx, error) or example(self)
            raise UsageError(message, where=name_of(ctx), fix=fix) from error


def _siblings(ctx: click.Context, error: click.UsageError) -> str | None:
    """Say which other commands of a group within `geolls` take an option that one does not."""
    group = ctx.parent
    if not (isinstance(error, click.NoSuchOption) and group and group.parent):
        return None
    assert isinstance(group.command, click.Group)
    others = group.command.commands.items()
    take = [n for n, c in others if any(error.option_name in p.opts for p in c.get_params(ctx))]
    words = f"{group.info_name} {f' and {group.info_name} '.join(take)}"
    return f"{words} take{'s' * (len(take) == 1)} it" if take else None


def example(command: click.Command) -> str:
    """Return the first example of a command's help, as advice."""
    found = re.search(r"^\s*(geolls .+)", command.help or "", re.MULTILINE)
    return f"as in: {found[1]}" if found else "see --help"


def name_of(ctx: click.Context) -> str:
    """Return what a command is called after `geolls`."""
    return ctx.command_path.partition(" ")[2]


class Group(click.Group):
    """Commands in the order of the work; an unknown one is answered with the nearest."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read what was typed; of a group alone, say which commands it has."""
        if not (args or self.invoke_without_command or ctx.resilient_parsing):
            first = next(iter(self.commands.values()))
            raise UsageError(
                f"say what to do: {', '.join(self.commands)}",
                where=name_of(ctx),
                fix=example(first),
            )
        return super().parse_args(ctx, args)

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


PATH, FOLDER, OUT = _Path(), _Path(InputFileError), _Path(OutputError)


def shown(doc: str | None) -> str:
    r"""Turn the written \\b of a docstring into click's mark for "do not rewrap"."""
    return (doc or "").replace("\\b", "\b")


def command(
    *options: Callable[..., Any],
    name: str | None = None,
    **settings: Any,
) -> Callable[[Callable[..., Any]], Command]:
    """Make a function a command with these arguments and options, in this order."""

    def keep(function: Callable[..., Any]) -> Command:
        return Command(
            name or function.__name__,
            options,
            callback=function,
            help=shown(function.__doc__),
            **settings,
        )

    return keep
