"""Pages about a trust: where its schools are, how far from home, across which maps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from operator import attrgetter, itemgetter
from statistics import median
from typing import Any, NamedTuple

import pandas as pd
from markupsafe import Markup

from geolls.atlas import words
from geolls.atlas.charts import Axis, Strip, axis_of, marks_on_axis
from geolls.atlas.frame import Chapter, Page, Rendered
from geolls.atlas.grids import Column, Grid, Name, Two, mark
from geolls.base.interval import ends_of
from geolls.base.populations import POPULATIONS
from geolls.base.text import DASH, band_words, count, km, number, phase_words, short_name, small
from geolls.base.vocabulary import KINDS, OUTSIDE, REACHES, REASONS

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
        said, counts = self.said(page, uid), uid in self.facts.trust_rows
        return self.book.render(
            "page_trust.html.jinja" if counts else "page_trust_uncounted.html.jinja",
            page,
            {**said, "schools": self._school_grid(page, uid)},
            title=said["name"],
            nav="trusts",
            description=words.TRUST_PAGE(word=self._word, name=said["name"]),
            crumbs=[
                self.book.way(page),
                ("Trusts", f"{page.root}trusts.html"),
                (said["name"], ""),
            ],
            drawn=self.plates.trust(uid, page) if counts else None,
        )

    def said(self, page: Page, uid: str) -> dict[str, Any]:
        """Return all that the page says beside its map and its table of schools."""
        book, facts = self.book, self.facts
        row, others = book.trust_rows[uid], len(facts.others.get(uid, ()))
        if uid in facts.uncounted:  # nothing of it is measured
            return {
                "name": str(row["trust_name"]),
                "kind": self._what_it_is(uid, row),
                "lede": self._runs(uid, row),
                "note": book.note(0),
                "sorted": words.SORTED_BY(home=False),
                "besides": words.BESIDES(n=0, others=others),
            }
        name, n = str(row["trust_name"]), int(row["schools"])
        located, yard = len(facts.from_home.get(uid, [])), len(facts.yardstick.get(uid, []))
        strips = [bar for key in self._layers if (bar := self.strip(page, uid, key))]
        home = self._home(uid, row)
        doubt = any(piece.doubt for bar in strips for piece in bar.pieces)
        return {
            "name": name,
            "kind": self._what_it_is(uid, row),
            "lede": self._lede(uid, row, home),
            "note": book.note(n),
            "home_name": home["home"],
            "legend": self._legend(uid, home),
            "home_point": row["home_easting"] == row["home_easting"],
            "hull": f"{count(round(float(row['hull_km2'])))} km²" if row["hull_km2"] > 0 else "",
            "marks": self._marks(uid) if located > 1 else None,
            "located": located,
            "yard_count": yard,
            **(self._far(row, located) if row["located"] > 1 else {"far": None}),
            "across": words.ACROSS_MAPS(n=n, word=self._word, doubt=doubt),
            "strips": strips,
            "doubt": doubt,
            "sorted": words.SORTED_BY(home=located),
            "besides": words.BESIDES(n=n, others=others),
        }

    @property
    def _word(self) -> str:
        """The population, as it stands before "schools"."""
        return self.study.population.word

    def _what_it_is(self, uid: str, row: Mapping[str, Any]) -> Markup:
        phases = self.book.columns["phase"]
        counted = _by_phase(phases[r] for r in self.facts.rows_of_trust.get(uid, ()))
        sort = str(row["trust_type"]).replace("_", "-", 1).replace("_", " ")
        return words.WHAT_A_TRUST_IS(
            sort=sort[:1].upper() + sort[1:],
            uid=uid,
            n=int(row["schools"]),
            word=self._word,
            phases=", ".join(counted),
            pupils=round(float(row["pupils"])),
            all=int(row["schools_all"]),
            pupils_all=row["pupils_all"],
            reach=REACHES.get(row["reach"], "").lower(),
        )

    def _home(self, uid: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return where a trust is at home, and how many schools the largest place has."""
        facts, key = self.facts, self.facts.home
        layer, places = facts.layer(key), dict[str, float]()
        for (code, name), n in facts.units_of_trust(uid, key).items():
            if code not in ("no_evidence", "not_located"):
                name = OUTSIDE if code in REASONS else name
                places[name] = places.get(name, 0.0) + n
        largest = max(places.values(), default=0.0)
        return {
            "status": row[f"home_status_{key}"],
            "home": str(row[f"home_name_{key}"]),
            "n": int(row["schools"]),
            "largest": largest,
            "ties": sum(n == largest for n in places.values()),
            "tied": sorted(name for name, n in places.items() if n == largest),
            "unit": small(layer.unit_title),
            "units": small(layer.unit_title_plural),
            "least": self.book.study.spread_options.home_threshold,
        }

    def _legend(self, uid: str, home: Mapping[str, Any]) -> list[tuple[Markup, Markup]]:
        """Return the mark and the words of each kind of its schools on the map."""
        kinds = Counter(str(self.facts.kinds[r]) for r in self.facts.rows_of_trust[uid])
        return [
            (Markup(mark(kind)), words.MARKED(**{**home, "kind": kind, "n": kinds[kind]}))
            for kind in KINDS
            if kinds[kind]
        ]

    def _lede(self, uid: str, row: Mapping[str, Any], home: Mapping[str, Any]) -> Markup:
        """Say where its schools are, where its home is, which hubs it meets, how far it reaches."""
        facts, region = self.facts, self.book.region_layer
        areas = int(row[f"areas_{facts.home}"])
        far = [km for km, _ in facts.from_home.get(uid, [])]
        yard = facts.yardstick.get(uid, [])
        return words.paragraph(
            self._runs(uid, row),
            words.TRUST_WHERE(
                n=int(row["schools"]),
                areas=areas,
                regions=len(self._counts(uid, region)) if region else 0,
            ),
            words.TRUST_HOME(**home),
            words.TRUST_HUBS(
                hubs=ends_of(row, "areas_teaching_school_hub"),
                n=int(row["schools"]),
                word=self._word,
            ),
            words.TRUST_FAR(
                located=len(far),
                yard=len(yard),
                half=median(far) if far else float("nan"),
                home=home["home"],
                yard_all=max(yard, default=float("nan")),
                widest=float(row["pair_km_max"]),
            ),
        )

    def _runs(self, uid: str, row: Mapping[str, Any]) -> Markup:
        """Say how many schools it runs, and which of them count."""
        n, population = int(row["schools"]), self.book.study.population
        besides = _by_phase(school["phase"] for school in self.facts.others.get(uid, ()))
        return words.TRUST_RUNS(
            name=row["trust_name"],
            n=n,
            word=population.word,
            title=population.title,
            all=int(row["schools_all"]),
            parts=[*([f"{n} {population.word}"] if n else []), *besides],
        )

    def _counts(self, uid: str, key: str) -> dict[str, float]:
        """Count the schools of a trust by unit of a layer."""
        units = self.facts.units_of_trust(uid, key).items()
        return {code: n for (code, _), n in units if code not in REASONS}

    @cached_property
    def _layers(self) -> list[str]:
        """Layers whose lines a trust's bars show: not those that only mark out a programme."""
        return [
            k
            for k in self.facts.strips
            if self.facts.layer(k).family != "programmes"
            and k not in ("district", "ofsted_region", "greater_london_authority")
        ]

    def strip(self, page: Page, uid: str, key: str) -> Strip | None:
        """Return the bar of a layer: how it divides a trust; None where the trust meets no unit."""
        layer = self.facts.layer(key)
        counts = self.facts.units_of_trust(uid, key)
        ordered = sorted(
            ((code, name, n) for (code, name), n in counts.items() if code != "not_located"),
            key=lambda unit: (True,) if unit[0] in REASONS else (False, -unit[2], unit[1]),
        )
        inside = [n for code, _, n in ordered if code not in REASONS]
        if not inside:
            return None
        total, row = sum(n for *_, n in ordered), self.facts.trust_rows[uid]
        ends = self.facts.ends_of_trust(uid, key)
        pieces = [
            self.book.piece(page, layer, *unit, total, ends=ends[unit[0]]) for unit in ordered
        ]
        apart, units = ends_of(row, f"cross_pairs_{key}"), ends_of(row, f"areas_{key}")
        about = words.TRUST_UNITS(
            key=key,
            units=units,
            n=round(sum(inside)),
            all=row["schools"],
            title=layer.unit_title,
            effective=1 / sum((n / sum(inside)) ** 2 for n in inside)
            if units.certain
            else float("nan"),
            together=apart.less_from(1.0),
        )
        lines = [
            (words.PIECE(key=key, n=ends[code], pieces=len(ordered) + 4, of_its_unit=False),)
            for code, *_ in ordered
        ]
        return self.book.strip(layer, pieces, lines, whole=total, about=about, faint_after=1)

    def _marks(self, uid: str) -> dict[str, Any]:
        own, yard = self.facts.from_home[uid], self.facts.yardstick.get(uid, [])
        found = marks_on_axis([(d, str(self.facts.kinds[r])) for d, r in own], yard)
        right = max((x for x, _ in found["yard"]), default=found["left"]) + 14
        place = min(max(right, found["yard_half"] + 8), found["right"] - 240)

        def said(far: list[float]) -> Markup:
            half = median(far) if far else 0.0
            return words.WITHIN(n=len(far), half=half, whole=max(far, default=0.0))

        return {
            **found,
            "words": said([d for d, _ in own]),
            "yard_words": said(yard),
            "yard_text": round(place, 1),
        }

    @cached_property
    def _yardstick(self) -> dict[str, int]:
        """Count the trusts that have a yardstick, and those whose middle school is as near."""
        own, yard = (self.facts.trusts[f"{c}home_km_median"] for c in ("", "yard_"))
        known = own.notna() & yard.notna()
        return {"trusts": int(known.sum()), "equal": int((own <= yard + 1e-6)[known].sum())}

    @cache  # noqa: B019  (a book lives as long as its process)
    def _of_size(self, band: str) -> pd.DataFrame:
        """Return the trusts of one size band."""
        return self.facts.trusts[self.facts.trusts["size_band"] == band]

    @cache  # noqa: B019
    def _axis(self, band: str, column: str) -> tuple[Axis, float]:
        """Return the axis of a distance for trusts of like size, and the middle one's."""
        values = self._of_size(band)[column]
        return axis_of(values.tolist(), km, key=column), float(values.median())

    def _far(self, row: Mapping[str, Any], located: int) -> dict[str, Any]:
        """Return how far its schools are, and what that is held against."""
        size = str(row["size_band"])
        return {
            "far": self._far_grid(row),
            "like": words.OF_LIKE_SIZE(
                same=len(self._of_size(size)), band=band_words(size), word=self._word
            ),
            "asked": words.YARDSTICK_ASKS(n=located) if located > 1 else "",
            "yardstick": words.YARDSTICK(**self._yardstick),
        }

    def _far_grid(self, row: Mapping[str, Any]) -> Grid:
        rows = []
        size, at_home = str(row["size_band"]), row["home_easting"] == row["home_easting"]
        for column, title in _DISTANCES.items():
            if column == "home_km_median" and not at_home:
                continue
            value, yard = float(row[column]), float(row[f"yard_{column}"])
            times = value / yard if yard > 0 else float("nan")
            said = f"{times:.0f}" if times >= 9.5 else number(times)
            axis, middle = self._axis(size, column)
            here = Two(km(value), "", True)
            rows.append((title, here, km(yard), said, km(middle), _tick_line(column, axis, value)))
        like = f"Middle trust with {band_words(size)} {self._word} schools"
        return Grid(
            id="far",
            caption=words.DISTANCES_OF(rows=len(rows), home=at_home),
            columns=[
                Column("distance", "Distance, as the crow flies", itemgetter(0)),
                Column("this_trust", "This trust", itemgetter(1), "two"),
                *([Column("yardstick", "Nearest schools yardstick", itemgetter(2)),
                   Column("times", "Times the yardstick", itemgetter(3))] if at_home else []),
                Column("middle", like, itemgetter(4), optional=True),
                Column("among", "Among those trusts: nearer to wider", itemgetter(5), "raw",
                       optional=True),
            ],
            rows=rows,
            sortable=False,
            look="numbers",
        )  # fmt: skip

    def _school_grid(self, page: Page, uid: str) -> Grid:
        facts, book, table = self.facts, self.book, self.book.columns
        distance = {row: far for far, row in facts.from_home.get(uid, [])}
        urn, names = table["urn"], table["name"]

        authorities = facts.unit_of.get("local_authority", {})

        def authority(row: int) -> Name:
            code, name, _ = authorities.get(urn[row], (("", DASH, 1.0),))[0]
            href = book.path_of("local_authority", code)
            return Name(name, page.root + href if href else "")

        def counted(row: int) -> _School:
            name = Name(names[row], "", str(facts.kinds[row]), f"s{urn[row]}")
            hub = short_name(book.area_name("teaching_school_hub", urn[row]))
            known = urn[row], phase_words(table["phase"][row]), table["pupils"][row]
            return _School(name, *known, authority(row), hub, distance.get(row), "yes")

        def besides(school: Mapping[str, Any]) -> _School:
            name = Name(str(school["name"] or DASH), anchor=f"s{school['urn']}")
            known = school["urn"], phase_words(school["phase"]), school["pupils"]
            return _School(name, *known, Name(school["la_name"] or DASH), DASH, None, _NOT_COUNTED)

        others = facts.others.get(uid, ())
        own = sorted(
            facts.rows_of_trust.get(uid, ()), key=lambda r: (-distance.get(r, -1.0), names[r])
        )
        columns = [
            Column("school", "School", attrgetter("name"), "name"),
            Column("urn", "URN", attrgetter("urn"), optional=True),
            Column("phase", "Phase", attrgetter("phase"), optional=True),
            Column("pupils", "Pupils", attrgetter("pupils"), "count"),
            Column("local_authority", "Local authority", attrgetter("authority"), "name"),
            Column("teaching_school_hub", "Teaching School Hub", attrgetter("hub"), optional=True),
            Column("km_from_home", "From home", attrgetter("km"), "km"),
            Column("counted", "Counted here", attrgetter("counted")),
        ]
        known = {
            "km_from_home": distance,
            "teaching_school_hub": own and "teaching_school_hub" in facts.strips,
            "counted": others,
        }
        return Grid(
            id="schools",
            caption="Schools of this trust",
            columns=[c for c in columns if known.get(c.key, True)],
            rows=[*map(counted, own), *map(besides, others)],
            shown=12,
            sort="-km_from_home" if distance else "school",
            noun="schools",
            **book.reported,
        )


class _School(NamedTuple):
    """A school of a trust as a row of its page."""

    name: Name
    urn: str
    phase: str
    pupils: float | None
    authority: Name
    hub: str
    km: float | None
    counted: str


_NOT_COUNTED = "not counted here"


def _by_phase(phases: Iterable[str]) -> list[str]:
    """Count schools by phase, the most first: "10 special", "2 nursery"."""
    counts = Counter(POPULATIONS[phase].word for phase in phases)
    ordered = sorted(counts.items(), key=lambda phase: (-phase[1], phase[0]))
    return [f"{n} {word}" for word, n in ordered]


def _home(row: Mapping[str, Any]) -> str:
    """Return the name of a trust's home authority; empty where it has none."""
    name = row["home_name_local_authority"]
    return name if isinstance(name, str) else ""


def _tick_line(key: str, axis: Axis, value: float) -> Markup:
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
    label = words.ON_AXIS(key=key, here=value, middle=axis.middle_text, ends=axis.ends)
    return Markup(f'<svg class="tickline" role="img" aria-label="{label}">{"".join(lines)}</svg>')
