"""Write the parts of docs/ that the code knows best: python tools/write_docs.py [PAGE...].

- docs/reference/commands.md from the help of every command;
- docs/reference/dictionary.md from the data dictionary;
- in every page, what the commands of its examples print.

A page is run from top to bottom in an empty folder: a block with a title is written to that file,
every line of an `sh` block is run in this process, `python` blocks share one namespace. A `text`
block straight after an `sh` block holds what it printed. Blocks of other kinds (`console`) are for
the reader to run. Tests run the same functions and compare.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import click

from geolls import api as study_room
from geolls.cli.main import cli
from geolls.cli.main import main as run_geolls
from geolls.export.dictionary import load_dictionary

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
COMMANDS, DICTIONARY = DOCS / "reference" / "commands.md", DOCS / "reference" / "dictionary.md"
FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
WIDTH = 110


# ---- generated pages ---------------------------------------------------------------------------


def every_command(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    """Yield the full name of a group and of each command in it, in order."""
    yield name, group
    for key, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every_command(command, f"{name} {key}")
        else:
            yield f"{name} {key}", command


def help_of(name: str, command: click.Command) -> str:
    """Return the help of one command, 88 characters wide."""
    context = click.Context(
        command, info_name=name, terminal_width=88, help_option_names=["-h", "--help"]
    )
    return "\n".join(line.rstrip() for line in command.get_help(context).splitlines())


def commands_page() -> str:
    """Return the reference of all commands."""
    lines = [
        "# Commands",
        "",
        "What `geolls COMMAND --help` prints, for every command. Generated; a test compares.",
    ]
    for name, command in every_command(cli, "geolls"):
        lines += ["", f"## {name}", "", "```text", help_of(name, command), "```"]
    return "\n".join(lines) + "\n"


def dictionary_page() -> str:
    """Return the data dictionary."""
    lines = [
        "# Data dictionary",
        "",
        "Every column of every table that `geolls export` writes. Generated from "
        "`maps/tables/dictionary.toml`; a test compares. A name that ends in `<layer>` stands for "
        "one column per layer, as `areas_maths_hub`. Shares run from 0 to 1; missing is blank, "
        "never 0.",
    ]
    for table in load_dictionary().tables.values():
        lines += ["", f"## {table.key}", "", f"{table.title}. {table.rows}. {table.note}".strip()]
        lines += ["", "| column | type | unit | meaning | source |", "|---|---|---|---|---|"]
        lines += [
            f"| `{c.name}` | {c.type} | {c.unit} | {c.description} | {c.source.partition(';')[0]} |"
            for c in table.columns
        ]
    lines += ["", "## What commands print", ""]
    lines += [
        "Columns that only commands and a researcher's tables (`geolls table`) have. A column that "
        "is called as a layer holds the school's unit in it; one that is called as a place, the "
        "figure of that place. `_low` and `_high` behind a name: the least and the most."
    ]
    lines += ["", "| column | meaning |", "|---|---|"]
    lines += [f"| `{name}` | {text} |" for name, text in load_dictionary().printed.items()]
    return "\n".join(lines) + "\n"


# ---- examples ----------------------------------------------------------------------------------


def lines_of(block: str) -> list[str]:
    """Return the commands of a shell block: continued lines joined, no comments, no blanks."""
    joined = re.sub(r"\\\n\s*", "", block)
    return [s for s in (line.strip() for line in joined.splitlines()) if s and s[0] != "#"]


OPENED: dict[str, Any] = {}
# Without a register: what a reader has who has fetched nothing. One folder for all pages.
NOTHING = tempfile.TemporaryDirectory()
DAY = "2022-09-01"  # of the demonstration schools


@contextlib.contextmanager
def one_study() -> Iterator[None]:
    """Open each study once: one without files for all pages, others for this page alone."""
    open_study = study_room.open_study
    mine: dict[str, Any] = {}

    def again(*args: Any, **options: Any) -> Any:
        files = ("study", "boundaries", "register", "links", "blocks")
        own = bool(args and args[0]) or any(options.get(k) for k in files)
        day = DAY if options.get("as_of") is None else options["as_of"]
        asked = options if own else {**options, "as_of": day}
        opened, key = mine if own else OPENED, repr((args, sorted(asked.items())))
        if key not in opened:
            opened[key] = open_study(*args, **options)
        return opened[key]

    with (
        mock.patch.dict(os.environ, {"GEOLLS_DATA": NOTHING.name}),
        mock.patch.object(study_room, "open_study", again),
    ):
        yield


def run_line(line: str) -> str:
    """Run one line as a terminal shows it, standard error included; understands `| head -N`."""
    line, _, head = (part.strip() for part in line.partition("| head -"))
    words = shlex.split(line, comments=True)
    if words[0] == "cat":
        shown = Path(words[1]).read_text(encoding="utf-8")
    elif words[0] == "geolls":
        screen = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        code: Any = 0
        with contextlib.redirect_stdout(screen), contextlib.redirect_stderr(screen):
            try:
                run_geolls(words[1:])
            except SystemExit as stop:
                code = stop.code or 0
        shown = screen.buffer.getvalue().decode()  # type: ignore[attr-defined]
        if code:
            raise RuntimeError(f"{line}: exit code {code}\n{shown}")
    else:
        raise RuntimeError(f"examples run geolls and cat, not {words[0]!r}")
    shown = shown.replace(str(Path.cwd()), "...")
    # A fingerprint changes with every record on the shelf; pages need not.
    shown = re.sub(r"(fingerprint\s+)[0-9a-f]{12}\b", r"\g<1>0123456789ab", shown)
    return "".join(shown.splitlines(keepends=True)[: int(head)] if head else shown)


def run_page(text: str, folder: Path) -> str:
    """Run the examples of a page in a folder; return the page with what they print."""
    out: list[str] = []
    at, printed = 0, ""
    names: dict[str, Any] = {"__name__": "__example__"}
    with contextlib.chdir(folder), one_study():
        for block in FENCE.finditer(text):
            between = text[at : block.start()]
            out.append(between)
            at = block.end()
            info, body = block["info"].strip(), block["body"]
            kind = info.partition(" ")[0]
            titled = re.search(r'title="([^"]+)"', info)
            if kind == "text" and printed and not between.strip():
                body = printed
            printed = ""
            if titled:
                path = Path(titled[1])
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(body, encoding="utf-8")
            elif kind == "sh":
                printed = "".join(map(run_line, lines_of(body)))
            elif kind == "python":
                exec(compile(body, "example", "exec"), names)
            out.append(f"```{info}\n{body}```" if info else f"```\n{body}```")
    out.append(text[at:])
    return "".join(out)


def example_pages() -> list[Path]:
    """Return the pages that have examples to run."""
    pages = sorted(p for p in DOCS.rglob("*.md") if p not in (COMMANDS, DICTIONARY))
    return [p for p in pages if re.search(r"^```(sh|python)\b", p.read_text("utf-8"), re.M)]


def refresh(page: Path) -> str:
    """Return a page as it should be."""
    if page == COMMANDS:
        return commands_page()
    if page == DICTIONARY:
        return dictionary_page()
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.dict(os.environ, {"NO_COLOR": "1"}),
        mock.patch("geolls.export.render.screen_size", lambda: (WIDTH, None)),
    ):
        return run_page(page.read_text(encoding="utf-8"), Path(folder))


def main(names: list[str]) -> None:
    """Write the pages named, or all."""
    COMMANDS.parent.mkdir(exist_ok=True)
    for page in [Path(n).resolve() for n in names] or [COMMANDS, DICTIONARY, *example_pages()]:
        page.write_text(refresh(page), encoding="utf-8")
        print(page.relative_to(ROOT))


if __name__ == "__main__":
    main(sys.argv[1:])
