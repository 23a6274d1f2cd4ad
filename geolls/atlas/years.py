"""Draw a history: small multiples, a row of panels for each place, and a day to choose."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import pandas as pd
from markupsafe import Markup

from geolls.atlas.frame import templates
from geolls.maps.data import say
from geolls.maps.offline import asset, policy

__all__ = ["PANELS", "years_html"]

#: What each panel shows: a column of the history, its title, how its values are written.
PANELS: Final = (
    ("academy_share", "Academies", "share"),
    ("in_trusts", "Schools in trusts", "count"),
    ("trusts", "Trusts at work", "count"),
    ("effective_providers", "Effective providers", "number"),
    ("based_elsewhere_share", "In trusts based elsewhere", "share"),
    ("trusts_across_teaching_school_hub", "Trusts across a Teaching School Hub line", "share"),
    ("pair_km_median", "Distance between schools, middle trust", "km"),
)
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
    """Return a history as one page: no script, nothing from the network.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `geolls.history`.
    title : str
        Its title.

    Returns
    -------
    str
        A row of panels for each place; the panels of one measure are on one scale where it is a
        share, else on the place's own. A day is chosen by radio buttons, which arrow keys step
        through.
    """
    days = sorted(table["day"].unique())
    files = sorted({f for c in ("schools_from", "trusts_from") for f in table[c].unique()} - {""})
    places = [
        {"name": name, "panels": [_panel(mine, table, days, *each) for each in PANELS]}
        for name, mine in table.groupby("place", sort=False)
    ]
    text = str(
        templates()
        .get_template("years.html.jinja")
        .render(
            title=title,
            days=days,
            first=days[0][:4],
            last=days[-1][:4],
            places=places,
            tokens=Markup(asset("tokens.css")),
            source=f"Department for Education, Get Information about Schools: {', '.join(files)}. "
            "Open Government Licence v3.0.",
        )
    )
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(text)}">'
    return text.replace("<!--policy-->", meta, 1)


def _panel(
    mine: pd.DataFrame, every: pd.DataFrame, days: list[str], column: str, title: str, kind: str
) -> dict[str, Any]:
    """Return what a panel of one place shows."""
    ends = [f"{column}_low", f"{column}_high"] if f"{column}_low" in mine else [column, column]
    values = mine[["day", column, *ends]].set_axis(["day", "value", "low", "high"], axis=1)
    values = values.assign(**values[["value", "low", "high"]].astype(float)).dropna()
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
            say(value, kind),
        )
        for day, value, low, high in rows
    ]
    said = f"{marks[0].said} to {marks[-1].said}" if marks else "nothing tells"
    return {"title": title, "top": say(top, kind) if marks else "", "marks": marks, "said": said}
