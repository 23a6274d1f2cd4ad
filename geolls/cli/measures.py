"""Commands that print a table of a study: assign, overlap, mismatch, coverage, spread and so on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from geolls.base.errors import UnknownNameError, UsageError
from geolls.base.vocabulary import WEIGHTS, By
from geolls.cli.group import PATH, Choice, Whole, command
from geolls.cli.options import (
    BY_SCHOOLS,
    ONLY_THERE,
    OUTPUT,
    ROWS_THERE,
    STUDY,
    about,
    emit,
    listed,
    many_in,
    note,
    note_besides,
    part_of,
    place_of,
    progress_bar,
    say_first_reading,
    say_left_out,
    study_command,
    study_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd

    from geolls.api import Study
    from geolls.layers.model import Problem
    from geolls.study.gazetteer import Place


@study_command(
    click.argument("points", required=False, type=PATH),
    click.option(
        "--postcode",
        default=None,
        metavar="COLUMN",
        help="The column of FILE whose postcodes say where its rows are.",
    ),
    ROWS_THERE,
)
def assign(
    study: Study, points: Path | None, postcode: str | None, place: Place | None, **options: Any
) -> None:
    r"""Assign schools, or any table of points, to every layer.

    Without FILE: one row per school, layer and unit. With FILE (text with any separator, packed or
    not, a workbook or parquet, with easting/northing or lon/lat columns, or postcodes): the same
    table, streamed, with the units of each row; -o takes .csv, .tsv, .json, .parquet and .xlsx.

    \b
    geolls assign -o assignment.csv
    geolls assign pupils.parquet -o assigned.parquet
    geolls assign pupils.csv --postcode Postcode -o assigned.csv
    """
    if postcode is not None and points is None:
        raise UsageError("--postcode names a column of a file", fix="give the file as well")
    if points is not None:
        from geolls.study.points import assign_points

        if options["output"] is None:
            raise UsageError("a table of points needs a file to go to", fix="add -o FILE")
        if postcode is not None:
            say_first_reading(options)
        with progress_bar(options["quiet"]) as progress:
            report = assign_points(
                points, options["output"], study, postcode=postcode, progress=progress
            )
        of = [f"Postcodes: {study.postcodes.of}"] if postcode is not None else []
        for line in (*report.told, *of, str(report)):
            note(options, line)
        if report.rows and not report.placed and not postcode:
            note(
                options,
                "No point lies in a district of England: easting,northing are metres (EPSG:27700), "
                "lon,lat degrees, longitude first.",
            )
        return
    frame = study.assigned()
    if place is not None:
        from geolls.study.cuts import cut

        frame = cut(study, frame, place)
    emit(frame, options, **about(study, "Schools by layer and unit", place=place, whole=True))


@study_command(
    click.argument("left"),
    click.argument("right"),
    BY_SCHOOLS,
    click.option(
        "--inside-only",
        is_flag=True,
        help="Drop land and schools without a unit, and say how much was dropped.",
    ),
    ONLY_THERE,
)
def overlap(
    study: Study,
    left: str,
    right: str,
    by: Any,
    inside_only: bool,
    place: Place | None,
    **options: Any,
) -> None:
    r"""Lay one layer over another: a row per pair that meets.

    \b
    geolls overlap local_authority teaching_school_hub --by schools --format csv
    geolls overlap district maths_hub --by area --place "region:West Midlands"
    """
    frame = study.overlap(left, right, by=by, place=place)
    if inside_only:
        from geolls.measures.overlap import inside

        whole, frame = frame["weight"].sum(), inside(frame)
        gone = whole - frame["weight"].sum()
        click.echo(f"--inside-only dropped {gone:,.6g} of {whole:,.6g}", err=True)
    say_with_care(study, by, (left, right), options)
    told = about(study, f"{left} over {right} by {_in_unit(by)}", by, place)
    told["title"] += _in_parts(study, by, place, left, right)
    emit(frame, options, **told)


def _in_unit(by: str) -> str:
    """Name what is counted; of land, the unit of the weights as well."""
    return "area (weight in m²)" if by == "area" else by


def _in_parts(study: Study, by: Any, place: Place | None, *layers: str) -> str:
    """Say how shares count what several units list, of those layers or of that of the place."""
    from geolls.base.labels import BY_CONVENTION

    keys = [*layers, *([place.layer] if place else [])]
    shared = any((m.low < m.share).any() for m in (study.membership(k, by) for k in keys))
    return f"; shares: {BY_CONVENTION}" if shared else ""


@study_command(
    click.argument("left", required=False),
    click.argument("right", required=False),
    BY_SCHOOLS,
    click.option("--inside-only", is_flag=True, help="Leave out land and schools without a unit."),
    click.option(
        "--null",
        "nulls",
        type=Whole(0),
        default=0,
        help="Random regroupings to compare with.",
    ),
    click.option("--seed", type=Whole(0), default=1, show_default=True, help="Seed of chance."),
    ONLY_THERE,
)
def mismatch(
    study: Study,
    left: str | None,
    right: str | None,
    by: Any,
    inside_only: bool,
    nulls: int,
    seed: int,
    place: Place | None,
    **options: Any,
) -> None:
    r"""Measure how layers disagree; without names, every pair.

    Where several units list the same land, splits have a least and a most (_low, _high); the other
    measures count it in equal parts, by convention, and the note says so.

    \b
    geolls mismatch local_authority teaching_school_hub
    geolls mismatch --by neighbourhoods --format csv
    geolls mismatch local_authority maths_hub --place "region:North West"
    """
    if (left is None) != (right is None):
        raise UsageError("mismatch takes two layers, or none for every pair")
    if nulls and place:
        raise UsageError("random regroupings are of all England", where="--null")
    frame = study.mismatch(left, right, by=by, inside_only=inside_only, place=place)
    say_with_care(study, by, filter(None, (left, right)), options)
    if nulls and left and right:
        import pandas as pd

        from geolls.study.analyses import null_share_worse

        with progress_bar(options["quiet"]) as progress:
            rows = null_share_worse(
                study,
                left,
                right,
                by=by,
                draws=nulls,
                seed=seed,
                jobs=os.cpu_count() or 1,
                progress=progress,
            )
        frame = pd.concat([frame, rows], ignore_index=True)
    emit(frame, options, **about(study, f"Mismatch by {by}", by, place))


@study_command(
    click.argument("layer"),
    click.option(
        "--by",
        type=Choice(list(WEIGHTS)),
        default="area",
        show_default=True,
        help="What coverage is counted in.",
    ),
    ONLY_THERE,
)
def coverage(study: Study, layer: str, by: Any, place: Place | None, **options: Any) -> None:
    r"""Say what units cover, share and leave out, and why.

    \b
    geolls coverage teaching_school_hub --by area
    geolls coverage maths_hub --by schools --place "region:West Midlands"
    """
    frame = study.coverage(layer, by=by, place=place)
    say_with_care(study, by, (layer,), options)
    told = about(study, f"Coverage of {layer} by {_in_unit(by)}", by, place)
    told["title"] += _in_parts(study, by, place)
    emit(frame, options, **told)


@study_command(
    click.option("--place", default=None, metavar="PLACE", help="Only trusts at work there."),
)
def spread(study: Study, place: Place | None, **options: Any) -> None:
    r"""Measure how far each trust spreads: one row per trust.

    Where several units list the same land, counts of areas have a least and a most (_low, _high);
    hhi, effective_areas and entropy count it in equal parts, by convention.

    \b
    geolls spread --format csv -o spread.csv
    geolls spread --place "greater manchester"
    """
    frame = study.spread(place=place)
    most = "schools" if place is None else "schools_here"
    frame = frame.sort_values([most, "trust_name"], ascending=[False, True])
    told = about(study, "Spread of trusts", place=place, whole=True)
    told["title"] += f", most {most.replace('_', ' ')} first"
    emit(frame, options, **told)


@study_command(
    click.option("--place", required=True, metavar="PLACE", help="The place, as Leeds."),
    click.option("--trust", default=None, help="Only schools of this trust (name or UID)."),
)
def schools(study: Study, place: Place, trust: str | None, **options: Any) -> None:
    r"""List the schools of a place, with their unit in every layer.

    \b
    geolls schools --place Leeds
    geolls schools --place "region:North East" --format csv
    """
    if trust is not None:
        note_besides(study, trust, options)
    found = study.schools_in(place, trust)
    of = f" of {study.trust(trust)['trust_name']}" if trust is not None else ""
    has = study.many_in(place)
    inside = "in" if has.certain else "that are or may be in"
    there = part_of(study, f"{len(found):,}", f"those{of} {inside} {place.name}")
    emit(found, options, **about(study, f"Schools of {place.name}"), there=there)


@study_command(click.argument("left"), click.argument("right"))
def compare(study: Study, left: str, right: str, **options: Any) -> None:
    r"""Lay two places side by side, with England.

    \b
    geolls compare Leeds Bradford
    """
    places = [place_of(study, name, options) for name in (left, right)]
    frame = study.compare(places)
    many = " and ".join(f"{many_in(study, p)} in {p.name}" for p in places)
    there = part_of(study, f"{many},")
    emit(frame, options, **about(study, f"{left} and {right}"), there=there)


def _list_tables(options: dict[str, Any]) -> None:
    """Say which tables there are."""
    from geolls.study.analyses import ANALYSES

    rows = [{"name": key, "what": (f.__doc__ or "").rstrip(".")} for key, f in ANALYSES.items()]
    emit(rows, options, said=listed([(row["name"], row["what"]) for row in rows]))
    note(options, "as in: geolls table equity_gap")


def _none(study: Study, name: str, place: Place | None) -> str:
    """Say why a researcher's table has no row: by what it does, and where it looks."""
    from geolls.study.analyses import ANALYSES

    what = (ANALYSES[name].__doc__ or "").rstrip(".")
    there = f" about {place.name}" if place else ""
    timed = ", by the schools of which --travel has times" if study.travel else ""
    return f"{name} is to {what[:1].lower()}{what[1:]}; none is found{there}{timed}"


@study_command(click.argument("name", required=False), ROWS_THERE, alone=("name", _list_tables))
def table(study: Study, name: str, place: Place | None, **options: Any) -> None:
    r"""Print a researcher's table; without NAME, list them.

    \b
    geolls table
    geolls table equity_gap --format csv
    geolls table places_by_phase --place Leeds
    """
    emit(
        study.table(name, place=place),
        options,
        view=name,
        none=_none(study, name, place),
        **about(study, name, place=place, whole=True),
    )


@study_command(
    click.option(
        "--sensitivity",
        is_flag=True,
        help="Show how many authorities change pattern when each threshold moves by 10 %.",
    ),
    ROWS_THERE,
)
def typology(study: Study, sensitivity: bool, place: Place | None, **options: Any) -> None:
    r"""Sort authorities into patterns of oversight by a stated rule.

    \b
    geolls typology --phase primary
    geolls typology --phase primary --sensitivity
    geolls typology --phase primary --place "Greater Manchester"
    """
    from geolls.study.typology import UNKNOWN, known_until, knows_joinings, typology_sensitivity
    from geolls.study.typology import typology as sort

    known = knows_joinings(study)
    note(options, known_until(study) if known else f"A, B and mixed: {UNKNOWN}")
    frame = typology_sensitivity(study) if sensitivity else sort(study)
    if place is not None:
        from geolls.study.cuts import cut

        frame = cut(study, frame, place, "--sensitivity")
    emit(frame, options, **about(study, "Patterns of oversight", place=place, whole=True))


@command(
    click.option("--from", "first", required=True, metavar="DATE", help="The first day."),
    click.option("--to", "last", required=True, metavar="DATE", help="The last day."),
    click.option("--to-register", type=PATH, default=None, help="The register of the last day."),
    click.option("--to-links", type=PATH, default=None, help="The group links of the last day."),
    click.option(
        "--successions", type=PATH, default=None, help="GIAS predecessor/successor links."
    ),
    click.option(
        "--account",
        is_flag=True,
        help="In place of the changes, every school whose status, trust or authority differs in "
        "the two registers, and where it is told or why it does not count.",
    ),
    ROWS_THERE,
    *STUDY,
    *OUTPUT,
)
def changes(
    first: str,
    last: str,
    to_register: Path | None,
    to_links: Path | None,
    successions: Path | None,
    account: bool,
    place: str | None,
    **options: Any,
) -> None:
    r"""Say what moved between two days, and by what cause.

    Causes: line (land changed hands), renamed (the same land under a new code), operator (a new
    body on the same land), trust, school (it opened, closed, moved or changed its number); of a
    school's move also two, as in "line and trust".

    \b
    geolls changes --from 2022-09-01 --to 2024-09-01
    geolls changes --from 2022-09-01 --to 2024-09-01 --place Cumberland
    """
    from geolls.base.schema import a_date
    from geolls.layers.model import in_short
    from geolls.study.changes import in_areas

    if options["as_of"] is not None:
        raise UsageError(
            "changes are between two days", where="--as-of", fix="give --from and --to alone"
        )
    if a_date(last, where="--to") < a_date(first, where="--from"):
        raise UsageError(f"{last} is before {first}", where="--to", fix="give the later day last")
    before = study_of({**options, "as_of": first})
    after = study_of(
        {
            **options,
            "as_of": last,
            "register": to_register or options["register"],
            "links": to_links or options["links"],
        }
    )
    if account:
        if place is not None:
            raise UsageError("an account is of whole registers", where="--account --place")
        found = before.changes_account(after, successions)
        title = f"Schools that differ in the registers of {first} and {last}"
        emit(found, options, title=title, study=before, view="changes_account")
        return
    unused: list[Problem] = []
    frame = before.changes(after, successions, unused)
    there = ""
    if place is not None:
        frame, there = _changes_there(frame, before, after, place, options)
    if counted := in_areas(frame):
        note(options, f"By distinct area: {counted}")
    title = f"Changes from {first} to {last}{f' in {place}' if place else ''}"
    none = "nothing changed between the two days"
    emit(frame, options, title=title, study=before, counted=True, there=there, none=none)
    if after.settings.register != before.settings.register:
        say_left_out(after, options)
    for line in dict.fromkeys([*before.told(), *after.told(), *in_short(unused)]):
        note(options, line)


def _changes_there(
    frame: pd.DataFrame, before: Study, after: Study, text: str, options: dict[str, Any]
) -> tuple[pd.DataFrame, str]:
    """Keep the changes about a place, as it was or is; say how many schools it has on each day."""
    from geolls.study.cuts import cut_changes

    found: list[tuple[Study, Place | None]] = []
    faults: list[UnknownNameError] = []
    for study in (before, after):
        try:
            found.append((study, place_of(study, text, options)))
        except UnknownNameError as fault:  # it has ended by the last day, or not begun by the first
            found.append((study, None))
            faults.append(fault)
    if len(faults) > 1:
        raise faults[0]
    held = [(s, many_in(s, p), p.name) for s, p in found if p is not None]
    said = [part_of(s, many, f"those in {name} on {s.as_of}") for s, many, name in held]
    return cut_changes(frame, *found), "; ".join(said)


@study_command(
    click.argument("measure"),
    click.option("--place", default=None, metavar="PLACE", help="The place the number is about."),
    click.option("--trust", default=None, help="The trust the number is about (name or UID)."),
)
def explain(
    study: Study, measure: str, place: Place | None, trust: str | None, **options: Any
) -> None:
    r"""List the schools or blocks behind one number.

    \b
    geolls explain trusts --place Leeds
    geolls explain areas_local_authority --trust "Outwood Grange Academies Trust"
    """
    if place is None and trust is None:
        raise UsageError("explain needs --place or --trust")
    if place is not None and trust is not None:
        raise UsageError("explain takes --place or --trust, not both")
    from geolls.base.interval import between

    found = study.explain(measure, place=place, trust=trust)
    name = place.name if place else study.trust(trust or "")["trust_name"]
    if trust is not None:
        note_besides(study, trust, options)
    value = between(found.ends or found.value, "{:,.6g}".format)
    shared = " What several list, or nobody knows, is among the rows." if found.ends else ""
    note(options, f"{measure} of {name} = {value}. {found.how}{shared}")
    many = many_in(study, place) if place else f"{study.trust(trust or '')['schools']:,.0f}"
    there = part_of(study, many, f"those {'in' if place else 'of'} {name}")
    emit(found.rows, options, **about(study, f"Behind {measure} of {name}"), there=there)


def say_with_care(study: Study, by: By, layers: Iterable[str], options: dict[str, Any]) -> None:
    """Say which layers are known in part, and what is withheld of a weight told with care."""
    if part := study.partly(*layers):
        note(options, part)
    if WEIGHTS[by].suppressed:
        from geolls.measures.disclosure import SAID

        note(options, SAID)
