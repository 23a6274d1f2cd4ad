"""Pages about a trust: where its schools are, how far from home, across which maps."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup, escape

from geolls.atlas.charts import Axis, Piece, Strip, axis_of, labels_of, marks_on_axis
from geolls.atlas.frame import Chapter, Page, Rendered
from geolls.atlas.grids import Column, Grid, Name, Two, km, mark
from geolls.base.text import (
    DASH,
    band_words,
    bold,
    count,
    in_words,
    number,
    percent,
    phase_words,
    plural,
    short_name,
)
from geolls.base.vocabulary import REACHES, REASON_NAMES, REASONS

if TYPE_CHECKING:
    pass

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TrustPages"]


_DISTANCES = {
    "home_km_median": "Median distance to home",
    "pair_km_mean": "Mean distance between two schools",
    "pair_km_max": "Widest apart",
    "longest_hop_km": "Longest hop from one school to the next",
    "nearest_sibling_km_median": "Median distance to the nearest sister school",
}


class TrustPages(Chapter):
    """Make the pages about a trust: where its schools are, how far from home, across which maps."""

    def make(self, page: Page) -> Rendered:
        """Make the page of a trust."""
        (uid,) = page.key
        facts = self.facts
        row = facts.trust_rows[uid]
        name = str(row["trust_name"])
        n = int(row["schools"])
        home_code = str(row["home_local_authority"])
        home_name = str(row["home_name_local_authority"])
        distances = facts.from_home.get(uid, [])
        kinds = facts.kinds
        at_home = [r for r in facts.rows_of_trust[uid] if kinds[r] == "trust_home_here"]
        strips = [
            s for key in self._trust_layers if (s := self._trust_bar(page, uid, key)) is not None
        ]
        marks = None
        if len(distances) > 1:
            marks = self._marks(uid, kinds)
        grid = self._trust_schools(page, uid)
        made = self.plates.trust(uid, page)
        shell = self.book.shell(
            page,
            name,
            "trusts",
            f"Where the {n} schools of {name} are, how far from home, and which maps they fall on.",
            crumbs=[
                ("England", f"{page.root}index.html"),
                ("Trusts", f"{page.root}trusts.html"),
                (name, ""),
            ],
            map=made,
        )
        reach = REACHES.get(str(row["reach"]), "")
        phases = self._phase_counts(uid)
        sort = str(row["trust_type"]).replace("_", "-", 1).replace("_", " ")
        said = [sort[:1].upper() + sort[1:], f"UID {uid}", f"{n} schools: {phases}"]
        said.append(f"{count(round(float(row['pupils'])))} pupils")
        if reach:
            said.append(f"spread: {reach.lower()}")
        size = str(row["size_band"])
        return self.book.render(
            "page_trust.html.jinja",
            shell,
            {
                "name": name,
                "kind": " · ".join(said),
                "lede": self._trust_lede(uid, row, n, len(at_home)),
                "note": self.book.note(n),
                "home_name": home_name,
                "home_count": len(at_home),
                "away_count": n - len(at_home),
                "mark_home": Markup(mark("trust_home_here")),
                "mark_away": Markup(mark("trust_based_elsewhere")),
                "hull": f"{count(round(float(row['hull_km2'])))} km²"
                if row["hull_km2"] == row["hull_km2"] and row["hull_km2"] > 0
                else "",
                "map_caption": "",
                "marks": marks,
                "located": len(distances),
                "yard_count": len(facts.yardstick.get(uid, [])),
                "far": self._far_grid(row),
                "same": len(self._of_size(size)),
                "band": band_words(size),
                "schools_text": str(n),
                "strips": strips,
                "schools": grid,
                "home_code": home_code,
            },
        )

    def _phase_counts(self, uid: str) -> str:
        phases = [self.book.columns["phase"][r] for r in self.facts.rows_of_trust[uid]]
        counts: dict[str, int] = {}
        for p in phases:
            counts[phase_words(p).lower()] = counts.get(phase_words(p).lower(), 0) + 1
        ordered = sorted(counts.items(), key=lambda kv: (-kv[1], kv[0]))
        return ", ".join(f"{n} {p}" for p, n in ordered)

    def _trust_lede(self, uid: str, row: Any, n: int, at_home: int) -> list[Markup]:
        name = str(row["trust_name"])
        areas = int(row["areas_local_authority"])
        home = str(row["home_name_local_authority"])
        counts = sorted(self._unit_counts(uid, "local_authority").values(), reverse=True)
        said = []
        where = (
            f"{n} schools in {in_words(areas)} local authorities"
            if areas != 1
            else f"{n} schools, all in one local authority"
        )
        sentence = Markup("{} runs {}").format(name, bold(where))
        regions = self._unit_counts(uid, self.book.region_layer) if self.book.region_layer else {}
        if len(regions) > 1:
            sentence += Markup(" and {} DfE regions").format(in_words(len(regions)))
        said.append(sentence + ".")
        second = counts[1] if len(counts) > 1 else 0
        if areas == 1:
            said.append(Markup("Its home is {}.").format(bold(home)))
        elif second >= at_home:
            said.append(
                Markup("It has no dominant home: {} has {} of them, and so {}.").format(
                    bold(home),
                    in_words(at_home),
                    "has another authority"
                    if (others := counts.count(counts[0]) - 1) == 1
                    else f"have {in_words(others)} other authorities",
                )
            )
        else:
            said.append(
                Markup("Its home is {}; no other authority has more than {}.").format(
                    bold(f"{home}, with {in_words(at_home)} of them"), in_words(second)
                )
            )
        hubs = row["hubs"]
        if hubs == hubs and hubs > 0:
            said.append(
                Markup("Its schools fall under {}.").format(
                    bold(f"{in_words(hubs)} {plural(hubs, 'Teaching School Hub')}")
                )
            )
        far = [d for d, _ in self.facts.from_home.get(uid, [])]
        yard = self.facts.yardstick.get(uid, [])
        if len(far) >= 3 and yard:
            said.append(
                Markup(
                    "Half of them are more than {} from the middle of its {} schools; the nearest "
                    "{} schools of the same phases all lie within {}."
                ).format(km(float(np.median(far))), home, len(yard), km(max(yard)))
            )
        elif row["pair_km_max"] == row["pair_km_max"]:
            said.append(
                Markup("The two farthest apart are {} from each other.").format(
                    km(float(row["pair_km_max"]))
                )
            )
        return [Markup(" ").join(said)]

    def _unit_counts(self, uid: str, key: str) -> dict[tuple[str, str], float]:
        out: dict[tuple[str, str], float] = {}
        of = self.facts.unit_of.get(key, {})
        for r in self.facts.rows_of_trust[uid]:
            for code, name, share in of.get(self.book.columns["urn"][r], ()):
                if code not in REASONS:
                    out[code, name] = out.get((code, name), 0.0) + share
        return out

    @cached_property
    def _trust_layers(self) -> list[str]:
        """Layers whose lines a trust's bars show: not those that only mark out a programme."""
        return [
            k
            for k in self.facts.strips
            if self.facts.layer(k).family != "programmes"
            and k not in ("district", "ofsted_region", "greater_london_authority")
        ]

    def _trust_bar(self, page: Page, uid: str, key: str) -> Strip | None:
        layer = self.facts.layer(key)
        of = self.facts.unit_of[key]
        counts: dict[tuple[str, str], float] = {}
        for r in self.facts.rows_of_trust[uid]:
            for code, name, share in of.get(self.book.columns["urn"][r], ()):
                counts[code, name] = counts.get((code, name), 0.0) + share
        counts.pop(("not_located", REASON_NAMES["not_located"]), None)
        units = {k: v for k, v in counts.items() if k[0] not in REASONS}
        if not units:
            return None
        ordered = sorted(units.items(), key=lambda kv: (-kv[1], kv[0][1]))
        ordered += [(k, v) for k, v in counts.items() if k[0] in REASONS]
        total = sum(counts.values())
        pieces, lines = [], []
        for (code, name), value in ordered:
            reason = code in REASONS
            href = "" if reason else self.book.path_of(key, code)
            look = "" if not reason else ("no_evidence" if code == "no_evidence" else "none")
            pieces.append(
                Piece(
                    self.book.reason_words(code, layer) if reason else short_name(name),
                    value,
                    value / total,
                    None if reason else 1.0,
                    look,
                    "",
                    page.root + href if href else "",
                    "" if reason else code,
                )
            )
            lines.append((count(value),))
        fill, line = self.book.look(key)
        inside = sum(units.values())
        about = f"{len(units)} {plural(len(units), 'unit')}"
        if len(units) > 1:
            about += f", effective {1 / sum((v / inside) ** 2 for v in units.values()):.1f}"
        if len(units) > 1 and inside > 1:  # of those in a unit, as in `geolls.measures.spread`
            together = sum(v * (v - 1) for v in units.values()) / (inside * (inside - 1))
            about += f"; two of its schools share one {percent(max(together, 0.0))} of the time"
        return Strip(
            key=key,
            title=layer.unit_title,
            fill=fill,
            line=line,
            about=about,
            pieces=tuple(pieces),
            labels=labels_of(pieces, lines),
            faint_after=1,
        )

    def _marks(self, uid: str, kinds: Any) -> Any:
        own = self.facts.from_home[uid]
        yard = self.facts.yardstick.get(uid, [])
        found = marks_on_axis([(d, str(kinds[r])) for d, r in own], yard)
        half = float(np.median([d for d, _ in own]))
        words = f"half are within {km(half)}, all within {km(max(d for d, _ in own))}"
        yard_words = (
            f"half are within {km(float(np.median(yard)))}, all within {km(max(yard))}"
            if yard
            else ""
        )
        right = max((x for x, _ in found.yard), default=found.left) + 14
        place = min(max(right, found.yard_half + 8), found.right - 240)
        fields = {f: getattr(found, f) for f in found.__slots__}
        return {**fields, "words": words, "yard_words": yard_words, "yard_text": round(place, 1)}

    @cache  # noqa: B019  (a book lives as long as its process)
    def _of_size(self, band: str) -> pd.DataFrame:
        """Return the trusts of one size band."""
        return self.facts.trusts[self.facts.trusts["size_band"] == band]

    @cache  # noqa: B019
    def _axis(self, band: str, column: str) -> tuple[Axis, float]:
        """Return the axis of a distance for trusts of like size, and the middle one's."""
        values = self._of_size(band)[column]
        return axis_of(values.tolist(), km), float(values.median())

    def _far_grid(self, row: Mapping[str, Any]) -> Grid:
        rows = []
        size = str(row["size_band"])
        for column, title in _DISTANCES.items():
            value, yard = float(row[column]), float(row[f"yard_{column}"])
            times = value / yard if yard > 0 else float("nan")
            axis, middle = self._axis(size, column)
            rows.append(
                [
                    title,
                    Two(km(value), "", True),
                    km(yard),
                    f"{times:.0f}" if times >= 9.5 else number(times),
                    km(middle),
                    _tick_line(axis, value),
                ]
            )
        return Grid(
            id="far",
            caption="Five distances, against the yardstick and trusts of like size",
            columns=[
                Column("distance", "Distance, as the crow flies"),
                Column("this_trust", "This trust", "two"),
                Column("yardstick", "Nearest schools yardstick"),
                Column("times", "Times the yardstick"),
                Column("middle", f"Middle trust with {band_words(size)} schools", optional=True),
                Column("among", "Among those trusts: nearer to wider", "raw", optional=True),
            ],
            rows=rows,
            sortable=False,
            look="numbers",
        )

    def _trust_schools(self, page: Page, uid: str) -> Grid:
        facts, columns = self.facts, self.book.columns
        kinds = facts.kinds
        distance = {r: d for d, r in facts.from_home.get(uid, [])}
        hub = "teaching_school_hub" if "teaching_school_hub" in facts.strips else ""
        rows: list[list[Any]] = []
        for r in facts.rows_of_trust[uid]:
            urn = columns["urn"][r]
            authority = facts.unit_of["local_authority"].get(urn, (("", DASH, 1.0),))[0]
            href = self.book.path_of("local_authority", authority[0])
            line: list[Any] = [
                Name(
                    columns["name"][r],
                    "",
                    str(kinds[r]),
                    "",
                    f"s{urn}",
                ),
                urn,
                phase_words(columns["phase"][r]),
                columns["pupils"][r],
                Name(authority[1], page.root + href if href else ""),
            ]
            if hub:
                line.append(short_name(self.book.area_name(hub, urn)))
            line.append(distance.get(r))
            rows.append(line)
        rows.sort(key=lambda x: (-(x[-1] if x[-1] is not None else -1.0), x[0].text))
        heads = [
            Column("school", "School", "name"),
            Column("urn", "URN", "text", optional=True),
            Column("phase", "Phase", "text", optional=True),
            Column("pupils", "Pupils", "count"),
            Column("local_authority", "Local authority", "name"),
        ]
        if hub:
            heads.append(
                Column("teaching_school_hub", "Teaching School Hub", "text", optional=True)
            )
        heads.append(Column("km_from_home", "From home", "km"))
        return Grid(
            id="schools",
            caption="Schools of this trust",
            columns=heads,
            rows=rows,
            shown=12,
            sort="-km_from_home",
            noun="schools",
            link=self.book.source_link,
            report=self.book.school_report,
        )


def _tick_line(axis: Axis, value: float) -> Markup:
    """Return a small row of ticks: the others, the middle one, this one."""
    lines = [
        '<svg y="4" width="100%" height="8" viewBox="0 0 1000 14" preserveAspectRatio="none">'
        f'<path class="tick" d="{axis.path}"/></svg>',
        f'<line class="tick middle" x1="{axis.middle}%" x2="{axis.middle}%" y1="2" y2="14"/>',
    ]
    if value == value:
        here = axis.at(value)
        lines.append(
            f'<line class="tick here elsewhere" x1="{here}%" x2="{here}%" y1="1" y2="15"/>'
        )
    label = escape(f"this trust {km(value)}, {axis.middle_text}, axis to {axis.high}")
    return Markup(f'<svg class="tickline" role="img" aria-label="{label}">{"".join(lines)}</svg>')
