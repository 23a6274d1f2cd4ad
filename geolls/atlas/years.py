"""Draw a history: small multiples, a row of panels for each place, a day to choose, a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple, cast

import pandas as pd
from markupsafe import Markup

from geolls.atlas.frame import templates
from geolls.base.labels import BY_CONVENTION, label
from geolls.base.vocabulary import FEW
from geolls.maps.data import FormatName, Measure, breaks_of, class_titles, classify, say
from geolls.maps.hexes import layouts
from geolls.maps.offline import asset, policy

__all__ = ["NATIONAL", "PANELS", "TRUST_PANELS", "maps_over_time", "over_time", "years_html"]

#: What each panel shows: a column of the history, its title, how its values are written.
PANELS: Final = (
    ("academy_share", "Academies", "share"),
    ("in_trusts", "Schools in trusts of any size", "count"),
    ("trusts", label("trusts_at_work"), "count"),
    ("effective_providers", label("effective_providers"), "number"),
    ("based_elsewhere_share", label("authority_trusts_elsewhere"), "share"),
    ("trusts_across_teaching_school_hub", "Trusts across a Teaching School Hub line", "share"),
    ("pair_km_median", "Distance between schools, middle trust", "km"),
)
#: The same of one trust: columns of its spread.
TRUST_PANELS: Final = (
    ("schools", "Its schools that count", "count"),
    ("areas_local_authority", "Local authorities it works in", "count"),
    ("areas_teaching_school_hub", "Teaching School Hubs it meets", "count"),
    ("pair_km_median", "Distance between its schools, middle pair", "km"),
)
#: What of England is told beside a national map: columns of the history, the first as maps.
NATIONAL: Final = {
    "trust_spread": ("based_elsewhere_share", "in_trusts", "trusts", "pair_km_median"),
    "typology": ("academy_share", "in_trusts", "based_elsewhere_share"),
}
#: What is said of a place whose land others list too.
SHARED: Final = (
    "others list some of its land too: a bar runs from what is surely its own to all that may be; "
    f"effective numbers: {BY_CONVENTION}"
)
_MAPS = 12  # small maps, one for a day
_HEXAGON = "l7 4v8l-7 4-7-4v-8z"  # from its top, in units of its picture
_LEFT, _WIDE, _LOW, _TALL = 10.0, 200.0, 100.0, 80.0  # a panel, in units of its picture


class Mark(NamedTuple):
    """A value of a day: its place in the panel, its least and its most, in words."""

    day: int
    x: float
    y: float
    low: float
    high: float
    said: str


def years_html(table: pd.DataFrame, title: str) -> str:
    """Return a history as one page: nothing from the network.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `geolls.history`.
    title : str
        Its title.

    Returns
    -------
    str
        A row of panels and a table for each place; the panels of one measure are on one scale
        where it is a share, else on the place's own. A day is chosen by a slider.
    """
    days = sorted(table["day"].unique())
    places = [
        _place(str(name), mine, table, days, PANELS)
        for name, mine in table.groupby("place", sort=False)
    ]
    said = {**_said(table, days), "title": title, "places": places}
    said["tokens"] = Markup(asset("tokens.css"))
    text = str(templates().get_template("years.html.jinja").render(said))
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(text)}">'
    return text.replace("<!--policy-->", meta, 1)


def over_time(
    mine: pd.DataFrame,
    days: list[str],
    name: str,
    panels: Sequence[tuple[str, str, str]] = PANELS,
    note: str = "",
    maps: Mapping[str, Any] | None = None,
) -> Markup:
    """Return the section of a page that shows its place, or trust, over the years.

    Parameters
    ----------
    mine : pandas.DataFrame
        Its rows: of `geolls.history`, or of `followed`.
    days : list of str
        Every day that is told of, in order.
    name : str
        Its name.
    panels : sequence of tuple
        As `PANELS`.
    note : str
        What the numbers do not tell.
    maps : mapping, optional
        From `maps_over_time`.
    """
    told = "; ".join(map(str, mine["note"]))
    survivors = [line for line in dict.fromkeys(told.split("; ")) if line.startswith("survivors")]
    notes = [note, *survivors, SHARED if "others list" in told else ""]
    said = {**_said(mine, days), "place": _place(name, mine, mine, days, panels)}
    said["notes"], said["maps"] = [text for text in notes if text], maps
    return Markup(templates().get_template("years_section.html.jinja").render(said))


def maps_over_time(areas: Mapping[str, pd.DataFrame], column: str) -> dict[str, Any] | None:
    """Return a small map of England for each of some days, a hexagon for each area.

    Parameters
    ----------
    areas : mapping of str to DataFrame
        The rows of each area by its code, as of `geolls.history`.
    column : str
        A column of `PANELS`, which is shaded.

    Returns
    -------
    dict, optional
        Title, classes and maps, all on one scale; None where the areas have no hexagons.
    """
    title, kind = next((title, kind) for key, title, kind in PANELS if key == column)
    cells = next((found for found in layouts().values() if set(found) == set(areas)), None)
    told = {
        code: rows[column].mask(_few(rows, kind)).set_axis(rows["day"])
        for code, rows in areas.items()
    }
    table = pd.DataFrame(told).T.astype(float).dropna(axis=1, how="all") if cells else None
    if cells is None or table is None or table.empty:
        return None
    days = sorted(map(str, table.columns))
    last = len(days) - 1
    shown = sorted({days[round(i * last / (_MAPS - 1))] for i in range(_MAPS)})
    breaks = breaks_of(pd.Series(table.to_numpy().ravel()), kind)
    of = Measure(
        column, title, "local_authority", table[shown[-1]], breaks, format=cast("FormatName", kind)
    )
    high = max(row for _, row in cells.values())
    maps = []
    for day in shown:
        found: dict[str, str] = {}
        classes = classify(replace(of, values=table[day]), table.index)
        for code, c in zip(table.index, classes, strict=True):
            at, row = cells[code]
            look = of.paints[c] if c >= 0 else "none"
            x, y = 7 * (2 * at + row % 2 + 1), 12 * (high - row)
            found[look] = f"{found.get(look, '')}M{x} {y}{_HEXAGON}"
        maps.append({"day": day, "paths": found, "known": int(table[day].notna().sum())})
    wide = 14 * max(column for column, _ in cells.values()) + 21
    keys = zip(of.paints, class_titles(of), strict=True)
    return {"title": title, "keys": [*keys], "maps": maps, "size": (wide + 7, 12 * high + 16)}


def _said(table: pd.DataFrame, days: list[str]) -> dict[str, Any]:
    """Return what a drawing says besides its panels."""
    columns = [c for c in ("schools_from", "trusts_from") if c in table]
    files = sorted({f for c in columns for f in table[c].unique()} - {""})
    return {
        "days": days,
        "script": Markup(asset("years.js")),
        "source": f"Department for Education, Get Information about Schools: {', '.join(files)}. "
        "Open Government Licence v3.0.",
    }


def _place(
    name: str,
    mine: pd.DataFrame,
    every: pd.DataFrame,
    days: list[str],
    wanted: Sequence[tuple[str, str, str]],
) -> dict[str, Any]:
    """Return the panels of a place, and the same numbers as rows of a table: one for each day."""
    panels = [_panel(mine, every, days, *each) for each in wanted]
    told = [{mark.day: mark.said for mark in panel["marks"]} for panel in panels]
    notes = dict(zip(mine["day"], mine["note"], strict=True))
    rows = [
        (day, [said.get(at, "") for said in told], notes.get(day) or "")
        for at, day in enumerate(days)
    ]
    return {"name": name, "panels": panels, "rows": [row for row in rows if any(row[1])]}


def _few(rows: pd.DataFrame, kind: str) -> pd.Series[bool]:
    """Tell which rows are a share of fewer schools than any page gives a percentage of."""
    schools = rows.get("schools", pd.Series(float(FEW), rows.index)).astype(float)
    return (schools < FEW) & (kind == "share")


def _panel(
    mine: pd.DataFrame, every: pd.DataFrame, days: list[str], column: str, title: str, kind: str
) -> dict[str, Any]:
    """Return what a panel of one place shows."""
    ends = [f"{column}_low", f"{column}_high"] if f"{column}_low" in mine else [column, column]
    values = mine[["day", column, *ends]].set_axis(["day", "value", "low", "high"], axis=1)
    values = values.assign(**values[["value", "low", "high"]].astype(float))
    values["value"] = values["value"].mask(_few(mine, kind))
    values = values.fillna(dict.fromkeys(("low", "high"), values["value"])).dropna()
    scale = every[ends[1]] if kind == "share" else values["high"]
    top = float(scale.astype(float).max()) if len(scale.dropna()) else 0.0
    span = pd.to_datetime([days[0], days[-1]])
    length = max((span[1] - span[0]).days, 1)

    def height(value: float) -> float:
        return round(_LOW - _TALL * (value / top if top else 0), 1)

    rows = zip(*(values[c].tolist() for c in ("day", "value", "low", "high")), strict=True)
    marks = [
        Mark(
            days.index(day),
            round(_LEFT + _WIDE * (pd.Timestamp(day) - span[0]).days / length, 1),
            height(value),
            height(low),
            height(high),
            say(value, kind) if low == high else f"{say(low, kind)} to {say(high, kind)}",
        )
        for day, value, low, high in rows
    ]
    said = f"{marks[0].said} to {marks[-1].said}" if marks else "nothing tells"
    return {"title": title, "top": say(top, kind) if marks else "", "marks": marks, "said": said}
