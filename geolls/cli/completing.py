"""Words that a shell completes: layers, recipes, places, trusts, tables, columns, and no pandas."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ZshComplete,
    add_completion_class,
)

if TYPE_CHECKING:
    from geolls.layers.catalogue import Catalogue

__all__ = ["Words", "words_for"]


def words_for(command: str, name: str | None) -> Source | None:
    """Return where the words of a command's option or argument come from; None for free text."""
    return _SOURCES.get(f"{command} {name}") or _SOURCES.get(str(name))


class Words(click.types.StringParamType):
    """Text that may be any, and that a shell completes from the words of a source."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem[str]]:
        """Return the words that begin as what is typed does, whatever its case."""
        begun = incomplete.casefold()
        found = []
        with contextlib.suppress(Exception):  # Tab is no place for an error
            found = [w for w in self.source(ctx, incomplete) if w.casefold().startswith(begun)]
        return [CompletionItem(word) for word in dict.fromkeys(found)]


Source = Callable[[click.Context, str], Iterable[str]]


def _catalogue(ctx: click.Context) -> Catalogue:
    from geolls.layers.areas import load_areas
    from geolls.layers.catalogue import load_catalogue

    return load_catalogue(ctx.params.get("boundaries") or (), load_areas())


def _layers(ctx: click.Context, _: str) -> Iterable[str]:
    return list(_catalogue(ctx).layers)


def _scenarios(*_: Any) -> Iterable[str]:
    from geolls.layers.scenario import shipped

    return shipped()


def _compared(ctx: click.Context, typed: str) -> Iterable[str]:
    return [*_land(ctx, typed), *_scenarios()]


def _land(ctx: click.Context, _: str) -> Iterable[str]:
    return [key for key, layer in _catalogue(ctx).layers.items() if layer.has_land]


def _places(ctx: click.Context, typed: str) -> Iterable[str]:
    """Yield the units of every layer of land; after `layer:` those of one, of lists too."""
    from geolls.layers.areas import load_areas

    on = date.today()
    with contextlib.suppress(ValueError):
        on = date.fromisoformat(ctx.params.get("as_of") or "")
    asked, colon, _ = typed.partition(":")
    for key, layer in _catalogue(ctx).layers.items():
        meant = key == asked if colon else layer.has_land
        if meant and layer.kind != "sites" and layer.active(on):
            alive = load_areas().alive(layer.tier, on) if layer.tier else layer.units.values()
            yield from (f"{key}:{unit.name}" if colon else unit.name for unit in alive)


def _trusts(ctx: click.Context, _: str) -> Iterable[str]:
    """Return the trusts of the register that was read last, where it is kept."""
    import zipfile

    from geolls.fetch.kept import data_folder

    kept = data_folder(ctx.params.get("data")).glob("register-*.zip")
    newest = max(kept, key=lambda path: path.stat().st_mtime)
    with zipfile.ZipFile(newest) as archive:
        return archive.read("trusts.txt").decode().splitlines()


def _first(ctx: click.Context, name: str) -> str:
    """Return an argument: before an option that is not done yet it is not read as one."""
    return str(ctx.params.get(name) or ctx.args[0])


def _recipes(*_: Any) -> Iterable[str]:
    from geolls.maps.recipes import recipe_names

    return recipe_names()


def _keys(ctx: click.Context, _: str) -> Iterable[str]:
    from geolls.maps.recipes import load_recipe

    return (f"{key}=" for key in load_recipe(_first(ctx, "recipe")).options)


def _tables(*_: Any) -> Iterable[str]:
    from geolls.export.dictionary import load_dictionary

    return load_dictionary().analyses


def _columns(ctx: click.Context, typed: str) -> Iterable[str]:
    """Yield what is typed with one more column of the table, those of its first view first."""
    from geolls.export.dictionary import load_dictionary

    said = load_dictionary()
    name = _first(ctx, "name") if ctx.info_name == "table" else str(ctx.info_name)
    known = [*said.views.get(name, ())]
    if table := said.tables.get({"assign": "assignment"}.get(name, name)):
        known += [column.name for column in table.expand(_catalogue(ctx).layers)]
    before = typed.rpartition(",")[0]
    chosen = before.split(",")
    yield from (f"{before},{c}".lstrip(",") for c in [*known, "all"] if c not in chosen)


def _phases(*_: Any) -> Iterable[str]:
    from geolls.base.populations import POPULATIONS

    return POPULATIONS


def _studies(*_: Any) -> Iterable[str]:
    from geolls.base.shelves import shelf

    return sorted(path.stem for path in (shelf("maps") / "studies").glob("*.toml"))


# By the name of an option or argument; under a command where the name means something else there.
_SOURCES: Mapping[str, Source] = {
    **dict.fromkeys(("left", "right", "layer", "named"), _layers),
    **dict.fromkeys(("place", "places", "compare left", "compare right", "where text"), _places),
    "atlas places": _land,
    **dict.fromkeys(("before", "after"), _compared),
    **dict.fromkeys(("check file", "show layer"), _scenarios),
    "base": _land,
    "trust": _trusts,
    "recipe": _recipes,
    "given": _keys,
    "table name": _tables,
    "fetch sources": lambda *_: ("gias", "boundaries", "postcodes", "all"),
    "columns": _columns,
    "phase": _phases,
    "like": _studies,
}


class _Bash(BashComplete):
    """Completion for bash that keeps a name of several words in one piece."""

    source_template = """\
%(complete_func)s() {
    local IFS=$'\\n' response type value word
    word="${COMP_WORDS[COMP_CWORD]}"
    response=$(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD \\
        %(complete_var)s=bash_complete $1)
    COMPREPLY=()
    for completion in $response; do
        IFS=',' read -r type value <<< "$completion"
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            *) case $word$value in
                [\\"\\']*) ;;
                *[^A-Za-z0-9_.,:=/-]*) value=$(printf '%%q' "$value") ;;
               esac
               COMPREPLY+=("$value") ;;
        esac
        [[ $value == *= ]] && compopt -o nospace
    done
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class _Zsh(ZshComplete):
    """Completion for zsh that sets no space after `key=`."""

    source_template = ZshComplete.source_template.replace(
        "compadd -U -V unsorted -a completions",
        """local -a bare; [[ "$completions[1]" == *= ]] && bare=(-S "")
        compadd -U -V unsorted "${bare[@]}" -a completions""",
    )


class _Fish(FishComplete):
    """Completion for fish that keeps what stands after a comma."""

    source_template = FishComplete.source_template.replace(
        'string split ","', 'string split --max 1 ","'
    )


for _shell in (_Bash, _Zsh, _Fish):
    add_completion_class(_shell)
