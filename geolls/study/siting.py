"""Where one more lead school would reach most, and what the loss of one costs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from geolls.base.arrays import Flags, Floats, Ints
from geolls.base.errors import GeollsError, UnknownNameError, UsageError
from geolls.base.text import fold, suggest
from geolls.layers.evidence import units_on
from geolls.layers.model import Layer
from geolls.measures.distances import distance, located, nearest, pairs_near
from geolls.measures.exact import INSTALL, solver
from geolls.measures.siting import add_sites, losses
from geolls.study.analyses import sites
from geolls.study.core import Core, Place
from geolls.study.filters import chosen

__all__ = ["GOALS", "Siting", "Within", "site", "within_of"]

#: What is sought: most schools (or pupils) within reach, or the least mean distance.
GOALS: Final = ("reach", "distance")
_IN_KM: Final = {"km": 1.0, "m": 0.001, "mile": 1.609344, "miles": 1.609344}


class Within(NamedTuple):
    """How far is within reach: a straight line in km, or minutes of a travel table."""

    value: float
    minutes: bool

    def __str__(self) -> str:
        """Say it with its unit."""
        return f"{self.value:g} {'minutes' if self.minutes else 'km'}"


@dataclass(frozen=True)
class Siting:
    """What was found: a table, what it is, and what is to be known of it, each in a line."""

    table: pd.DataFrame
    title: str
    told: tuple[str, ...]


def within_of(text: str) -> Within:
    """Read a distance or a time: 20km, 12 miles, 30min.

    Raises
    ------
    UsageError
        It is neither.

    Examples
    --------
    >>> str(within_of("20km")), str(within_of("30 min"))
    ('20 km', '30 minutes')
    """
    found = re.fullmatch(
        r"\s*(\d+(?:\.\d+)?)\s*(km|m|miles?|min(?:utes?)?)\s*", text, re.IGNORECASE
    )
    if found is None or not float(found[1]) > 0:
        fix = "as in: --within 20km, or 30min with --travel"
        raise UsageError(f"{text!r} is no distance", where="--within", fix=fix)
    unit = found[2].lower()
    minutes = unit.startswith("min")
    return Within(float(found[1]) * (1 if minutes else _IN_KM[unit]), minutes)


def site(
    study: Core,
    name: str,
    *,
    within: str,
    add: int | None = None,
    remove: str | None = None,
    goal: str = "reach",
    by: str = "schools",
    candidates: str | None = None,
    place: Place | None = None,
) -> Siting:
    """Say where more lead schools would reach most, or what a loss costs; see `api.Study.site`."""
    far = within_of(within)
    if add is not None and remove is not None:
        raise UsageError("sites are added or removed, not both", where="--add", fix="give one")
    if add is not None and add < 1:
        raise UsageError(f"{add} is no number of sites to add", where="--add", fix="give 1 or more")
    if goal not in GOALS or by not in ("schools", "pupils"):
        raise UsageError("the goal is reach or distance, by schools or pupils", where="site")
    if far.minutes and study.travel is None:
        fix = "add --travel FILE or --travel estimate, or give kilometres"
        raise UsageError("minutes need travel times", where="--within", fix=fix)
    asked = _Asked(study, name, far, place)
    if add is None:
        return asked.lost(remove)
    return asked.added(add, goal, by, candidates)


class _Asked:
    """The schools, the lead schools there are, and how far they are from each other."""

    def __init__(self, study: Core, name: str, far: Within, place: Place | None) -> None:
        self.study, self.layer, self.far = study, _with_leads(study, name), far
        self.leads = sites(study, self.layer.key).sort_values("unit_code", ignore_index=True)
        self.told: list[str] = []
        self.there = f" in {place.name}" if place else ""
        schools = study.schools
        if place is not None:
            schools = schools[schools["urn"].isin(study.schools_of(place))]
        known = located(schools[["easting", "northing"]].to_numpy(dtype=float))
        self.schools = schools[known].reset_index(drop=True)
        if lost := int((~known).sum()):
            self.told.append(f"{lost:,} schools without a location take no part")
        if self.schools.empty:
            raise UnknownNameError(
                f"no school with a location is counted{self.there}", where="site"
            )
        self.pupils = self.schools["pupils"].fillna(0).to_numpy(dtype=float)
        bare = self.leads["easting"].isna()
        if bare.any():
            n = len(self.leads)
            said = "as if there were none" if bare.all() else "others count for nothing"
            self.told.append(
                f"The register places {n - int(bare.sum())} of {n} {self.layer.unit_title_plural}: "
                f"{said}"
            )
        if part := study.partly(self.layer.key):
            self.told.append(part)
        self.times = study.travel if far.minutes else None
        self.at, self.away = self._nearest()

    def _nearest(self) -> tuple[Ints, Floats]:
        """Return the two nearest leads of every school, and how far they are: km or minutes."""
        if self.times is None:
            at, metres = nearest(_xy(self.leads), _xy(self.schools), 2)
            return at, metres / 1000
        at, minutes = self.times.nearest(self.leads["urn"], self.schools["urn"], 2)
        if lost := int(np.isnan(minutes[:, 0]).sum()):
            self.told.append(
                f"{lost:,} of {len(at):,} schools{self.there}: no known time to any lead, "
                "so within nobody's reach"
            )
        return at, minutes

    def pairs(self, who: pd.DataFrame, most: Floats) -> tuple[Ints, Ints, Floats]:
        """Return the candidates no farther from each school than `most`: both, and how far."""
        asked = np.flatnonzero(most > 0)
        asked = asked[np.argsort(most[asked], kind="stable")]
        parts = np.split(asked, range(500, len(asked), 500))
        found = [self._pairs(who, part, most) for part in parts]
        at, school, away = (np.concatenate(each) for each in zip(*found, strict=True))
        near = away <= most[school]
        return at[near], school[near], away[near]

    def _pairs(self, who: pd.DataFrame, asked: Ints, most: Floats) -> tuple[Ints, Ints, Floats]:
        """Return all pairs of some schools that may be near enough."""
        limit = most[asked].max(initial=0.0)
        if self.times is not None:
            urns = self.schools["urn"].iloc[asked]
            school, at, minutes = self.times.within(who["urn"], urns, limit)
            return at, asked[school], minutes
        spots, xy = _xy(who), _xy(self.schools)[asked]
        school, at = pairs_near(spots, xy, limit * 1000 * (1 + 1e-9))
        return at, asked[school], distance(spots[at], xy[school]) / 1000

    def added(self, number: int, goal: str, by: str, condition: str | None) -> Siting:
        """Choose sites for more lead schools."""
        study, far = self.study, self.far
        may = study.schools
        if condition is not None:
            try:
                may = chosen(study.register, [condition], study.as_of).schools
            except GeollsError as error:
                error.where = "--candidates" if error.where == "--where" else error.where
                raise
        may = may[
            may["urn"].isin(self.schools["urn"]) & ~may["urn"].isin(self.leads["urn"].dropna())
        ]
        who = may.sort_values("urn", ignore_index=True)
        if len(who) < number:
            text = f"{len(who)} schools could lead{self.there}, and {number} are wanted"
            raise UsageError(text, where="--add", fix="give fewer, or wider --candidates")
        weight = np.ones(len(self.schools)) if by == "schools" else self.pupils
        near = self.away[:, 0]
        # A school that is not known to have a lead gains by whatever is within twice the bound.
        now = np.nan_to_num(near, nan=2 * far.value)
        served = near <= far.value
        if goal == "reach":
            at, school, _ = self.pairs(who, np.where(served, 0.0, far.value))
            gain = weight[school]
        else:
            at, school, away = self.pairs(who, now)
            gain = weight[school] * (now[school] - away)
        found = add_sites(at, school, gain, number, whole=goal == "reach")
        table = self._chosen(who, found.at, served)
        table["ties"] = found.ties
        total, got = float(weight.sum()), sum(found.adds)
        unit = "minutes" if far.minutes else "km"
        what = f"{by} within {far}" if goal == "reach" else f"mean {unit}"
        if goal == "reach":
            had = float(weight[served].sum())
            said = (
                f"Of {total:,.0f} {by}{self.there}, {had:,.0f} are within {far} of a lead now, "
                f"{had + got:,.0f} with {len(found.at)} more"
            )
        else:
            table["saved"] = found.adds
            mean = float((weight * now).sum()) / total
            said = (
                f"The mean over {by}{self.there} is {mean:.2f} {unit} now, "
                f"{mean - got / total:.2f} then"
            )
            if bare := int(np.isnan(near).sum()):
                said += f" (without a known way: {bare:,}, counted as {2 * far.value:g})"
        gap = (found.most - got) / found.most if found.most > 0 else 0.0
        sure = (
            "no other choice has more"
            if gap < 1e-6
            else f"at most {gap:.1%} from the best possible"
        )
        self.told.append(f"{said}; {sure}" + (" (all candidates looked at)" if number == 1 else ""))
        if gap >= 1e-6 and goal == "reach" and not solver():
            self.told.append(f"One after the other, with a bound: for HiGHS, {INSTALL}")
        if len(found.at) < number:
            self.told.append(f"No further site adds anything after {len(found.at)}")
        of = condition or study.population.title
        aim = "for most" if goal == "reach" else "for the least"
        called = self.layer.unit_title_plural
        title = f"Sites for {number} more of the {called}{self.there}, {aim} {what}"
        return Siting(table, f"{title}; {len(who):,} candidates: {of}", tuple(self.told))

    def _chosen(self, who: pd.DataFrame, at: list[int], served: Flags) -> pd.DataFrame:
        """Return one row per chosen site: what is newly within reach of it, and in all."""
        rows, within = [], served.copy()
        for step, one in enumerate(at, start=1):
            mine = who.iloc[[one]]
            _, school, _ = self.pairs(mine, np.full(len(self.schools), self.far.value))
            new = school[~within[school]]
            within[school] = True
            row = mine.iloc[0]
            rows.append(
                {
                    "site": step,
                    **{
                        c: row[c]
                        for c in ("urn", "name", "phase", "postcode", "la_name", "trust_name")
                    },
                    "schools_newly": len(new),
                    "pupils_newly": float(self.pupils[new].sum()),
                    "schools_within": len(school),
                }
            )
        columns = ["site", "urn", "name", "phase", "postcode", "la_name", "trust_name"]
        return pd.DataFrame(
            rows, columns=[*columns, "schools_newly", "pupils_newly", "schools_within"]
        )

    def lost(self, unit: str | None) -> Siting:
        """Say what the loss of one lead costs, or of each."""
        if self.leads["easting"].isna().all():
            raise UnknownNameError(
                f"no lead school of {self.layer.key} is in the register",
                where="site",
                fix="give --register with the real schools",
            )
        at, away = self.at, self.away
        first = at[:, 0]
        near, then = away[:, 0], away[:, 1] if away.shape[1] > 1 else np.full(len(at), np.nan)
        lost, whose = losses(first, near, then, self.far.value)
        n = len(self.leads)
        title = f"What the loss of a lead costs{self.there}: schools no longer within {self.far}"
        if unit is None:
            table = self.leads[["unit_code", "unit_name", "urn"]].assign(
                schools_nearest=np.bincount(first[first >= 0], minlength=n),
                schools_beyond=np.bincount(whose, minlength=n),
                pupils_beyond=np.bincount(whose, self.pupils[lost], minlength=n),
            )
            order = ["schools_beyond", "unit_code"]
            table = table.sort_values(order, ascending=[False, True], ignore_index=True)
            return Siting(table, title, tuple(self.told))
        which = self._called(unit)
        mine = lost[whose == which]
        word = "minutes" if self.far.minutes else "distance_km"
        table = self.schools.loc[mine, ["urn", "name", "phase", "la_name", "trust_name"]].assign(
            pupils=self.pupils[mine],
            **{f"{word}_now": near[mine], f"{word}_then": then[mine]},
            next_name=self.leads["unit_name"].reindex(at[mine, 1]).to_numpy(),
        )
        table = table.sort_values(
            [f"{word}_then", "urn"], ascending=[False, True], ignore_index=True
        )
        name = self.leads["unit_name"].iloc[which]
        self.told.append(
            f"Without {name}: {len(mine):,} schools with {self.pupils[mine].sum():,.0f} pupils "
            f"are no longer within {self.far} of a lead; it is the nearest of "
            f"{(first == which).sum():,}"
        )
        return Siting(table, f"{title}, without {name}", tuple(self.told))

    def _called(self, text: str) -> int:
        names = self.leads["unit_name"].astype(str)
        hit = (self.leads["unit_code"] == text.strip()) | (self.leads["urn"] == text.strip())
        hit |= names.map(fold) == fold(text)
        if hit.sum() == 1:
            return int(np.flatnonzero(hit)[0])
        fix = suggest(text, names) or "without --remove the table lists them"
        text = f"{int(hit.sum()) or 'no'} leads of {self.layer.key} are called {text.strip()!r}"
        raise UnknownNameError(text, where="--remove", fix=fix)


def _xy(table: pd.DataFrame) -> Floats:
    return table[["easting", "northing"]].to_numpy(dtype=float)


def _with_leads(study: Core, name: str) -> Layer:
    """Return a layer that names its lead schools; refuse another, and say which do."""
    layer = study.layer(name)
    # A hub is asked of by its name: its lead schools are a layer of their own.
    layer = study.catalogue.layers.get(f"{layer.key}_lead", layer)
    if layer.kind == "sites" and any(u.lead_urn for u in units_on(layer, study.as_of, study.areas)):
        return layer
    have = [
        key
        for key, other in study.catalogue.layers.items()
        if other.kind == "sites" and any(unit.lead_urn for unit in other.units.values())
    ]
    kind = (
        "names no lead schools"
        if layer.kind == "sites"
        else f"is made of {layer.kind}, not of sites"
    )
    raise UsageError(
        f"{layer.key} {kind}", where="site", fix=f"lead schools are in {', '.join(have)}"
    )
