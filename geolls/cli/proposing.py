"""Commands that propose and do not recommend: realign, site."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from geolls.base.errors import UsageError
from geolls.cli.group import OUT, AnyWhole, Choice
from geolls.cli.options import about, emit, note, progress_bar, study_command

if TYPE_CHECKING:
    from pathlib import Path

    from geolls.api import Study


def _number(text: str, where: str) -> float:
    try:
        return float(text)
    except ValueError:
        fix = "write it as 0.5"
        raise UsageError(f"{text.strip()!r} is no number", where=where, fix=fix) from None


def _band(text: str | None) -> tuple[int | None, int | None] | None:
    """Read LOW:HIGH, either end of which may be left out."""
    if text is None:
        return None
    found = re.fullmatch(r"\s*(\d*)\s*[:-]\s*(\d*)\s*", text)
    if found is None:
        raise UsageError(f"{text!r} is no band", where="--size", fix="as in: --size 150:420")
    low, high = (int(end) if end else None for end in found.groups())
    return low, high


def _kept(text: str) -> dict[str, float]:
    """Read trusts=1,authorities=0.5; a word alone weighs 1."""
    found: dict[str, float] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        kind, sign, weight = part.partition("=")
        found[kind.strip()] = _number(weight, "--keep") if sign else 1.0
    return found


def _pairs(bridges: tuple[str, ...]) -> list[tuple[str, str]]:
    pairs = [tuple(part.strip() for part in text.split(":")) for text in bridges]
    for text, pair in zip(bridges, pairs, strict=True):
        if len(pair) != 2 or not all(pair):
            fix = 'as in: --bridge "Liverpool:Wirral"'
            raise UsageError(f"{text!r} is not two areas", where="--bridge", fix=fix)
    return [(a, b) for a, b in pairs]


@study_command(
    click.argument("layer"),
    click.option(
        "--basis",
        type=Choice(["blocks", "local_authority", "district"]),
        default="blocks",
        show_default=True,
        help="The areas that are grouped.",
    ),
    click.option(
        "--units",
        type=AnyWhole(),
        default=None,
        metavar="K",
        help="How many; today's, unless told.",
    ),
    click.option(
        "--size",
        default=None,
        metavar="LOW:HIGH",
        help="Schools in a unit, at least and at most; those of today's units, unless told.",
    ),
    click.option(
        "--keep",
        default="trusts",
        show_default=True,
        metavar="WHAT",
        help="What is kept together, with weights: trusts, authorities, travel (a school and its "
        "five nearest), as trusts=1,authorities=0.5.",
    ),
    click.option(
        "--moves",
        default=None,
        metavar="COST",
        help="What moving one school costs, in links; several make a frontier, as 0,0.1,1. "
        "Unless told: 0,0.03,0.1,0.17,0.3,1.",
    ),
    click.option(
        "--bridge",
        "bridges",
        multiple=True,
        metavar="A:B",
        help="Two areas that hang together across water; may be given again. Islands hang on to "
        "the nearest land.",
    ),
    click.option(
        "--seed", type=AnyWhole(), default=2022, show_default=True, help="Seed of chance."
    ),
    click.option(
        "--list",
        "table",
        type=Choice(["frontier", "units", "areas", "moves"]),
        default="frontier",
        show_default=True,
        help="Which table: the frontier; of each grouping its units, its areas, or who moves.",
    ),
    click.option(
        "--out", type=OUT, default=None, metavar="DIR", help="Write each grouping as a scenario."
    ),
)
def realign(study: Study, layer: str, table: str, out: Path | None, **options: Any) -> None:
    r"""Group areas anew into the units of a layer: what is kept, what moves, how good it could be.

    It proposes, it does not recommend. Units hang together, have so many schools, and keep as many
    links as can be less what moves cost. Each line says how far it is at most from the best.

    \b
    geolls realign region --basis local_authority --moves 0.3
    geolls realign region --basis local_authority --units 8 --size 0:5000 --moves 0.3 --list moves
    """
    costs = options["moves"]
    more: dict[str, Any] = {}
    if costs is not None:
        more["moves"] = [_number(part, "--moves") for part in costs.split(",")]
    with progress_bar(options["quiet"]) as progress:
        found = study.realign(
            layer,
            basis=options["basis"],
            units=options["units"],
            size=_band(options["size"]),
            keep=_kept(options["keep"]),
            bridges=_pairs(options["bridges"]),
            seed=options["seed"],
            progress=progress,
            **more,
        )
    for line in found.told:
        note(options, line)
    for line in found.best():
        note(options, line)
    if out is not None:
        for path in found.write(out):
            note(options, f"Written: {path}, a scenario: geolls scenario show {path}")
    emit(getattr(found, table), options, view=f"realign {table}", **about(study, found.title))


@study_command(
    click.argument("layer"),
    click.option(
        "--add", type=AnyWhole(), default=None, metavar="N", help="Find sites of N more leads."
    ),
    click.option(
        "--remove",
        default=None,
        metavar="UNIT",
        help="Say who is no longer within reach without this lead (name, code or URN).",
    ),
    click.option(
        "--within",
        required=True,
        metavar="FAR",
        help="What is within reach: 20km by a straight line, or 30min with --travel.",
    ),
    click.option(
        "--goal",
        type=Choice(["reach", "distance"]),
        default="reach",
        show_default=True,
        help="Most within reach, or the least mean distance.",
    ),
    click.option(
        "--by",
        type=Choice(["schools", "pupils"]),
        default="schools",
        show_default=True,
        help="What is counted.",
    ),
    click.option(
        "--candidates",
        default=None,
        metavar="CONDITION",
        help="Which schools could lead, as type=academy; all that count, unless told.",
    ),
    click.option(
        "--place", default=None, metavar="PLACE", help="Only schools and candidates there."
    ),
)
def site(study: Study, layer: str, place: Any, **options: Any) -> None:
    r"""Say where more lead schools would reach most, or what the loss of one costs.

    It proposes, it does not recommend. Without --add and --remove: what the loss of each lead
    costs. The table of sites is a list of places: geolls schools --place FILE.

    \b
    geolls site teaching_school_hub_lead --add 1 --within 20km
    geolls site teaching_school_hub_lead --add 3 --within 20km --place "region:East of England"
    """
    asked = {key: options[key] for key in ("add", "remove", "within", "goal", "by", "candidates")}
    found = study.site(layer, place=place, **asked)
    for line in found.told:
        note(options, line)
    emit(found.table, options, view="site", **about(study, found.title))
