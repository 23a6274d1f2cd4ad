"""What pages and maps look up: the facts about units, trusts and schools, gathered once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations, product
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from geolls.base.interval import Interval, bounds, ends_of, total
from geolls.base.text import worst_of
from geolls.base.vocabulary import HOME_KINDS, KINDS, RANKED, REASONS
from geolls.layers.model import Layer
from geolls.measures.disclosure import counted, meal_share
from geolls.measures.membership import Membership, is_reason
from geolls.measures.placeview import place_ends
from geolls.measures.spread import bodies, distances
from geolls.measures.yardstick import home_points, km_from_home, made_up_trusts
from geolls.study.core import Core, remembered
from geolls.study.units import (
    AtWork,
    Ground,
    at_work,
    counted_in,
    drawn_layers,
    grounds_of,
    listed_in,
    members_of,
    schools_meet,
    several,
    trusts_of_several,
    units_of,
)

__all__ = [
    "Claim",
    "Cover",
    "Each",
    "Facts",
    "Here",
    "Land",
    "Member",
    "Met",
    "Rank",
    "facts_of",
    "texts",
]

K = TypeVar("K")
V = TypeVar("V")
_WORDS = ("urn", "name", "phase", "kind", "trust_uid")
_OF_KINDS = rf"^(share_)?({'|'.join((*KINDS, 'in_trusts'))})_(low|high)$"
_YARDS = ("pair_km_mean", "pair_km_max", "longest_hop_km", "nearest_sibling_km_median")


class Each(Mapping[K, V]):
    """A value for each of some keys, made when it is first asked for."""

    def __init__(self, keys: Iterable[K], make: Callable[[K], V]) -> None:
        self._keys, self._make, self._made = dict.fromkeys(keys), make, dict[K, V]()

    def __getitem__(self, key: K) -> V:
        """Return the value of a key."""
        if key not in self._made and key in self._keys:
            self._made[key] = self._make(key)
        return self._made[key]

    def __iter__(self) -> Iterator[K]:
        """Go through the keys in their order."""
        return iter(self._keys)

    def __len__(self) -> int:
        """Return how many keys there are."""
        return len(self._keys)


@dataclass(frozen=True, slots=True)
class Member:
    """A school inside a unit: its row in `Facts.schools`, its share there, its kind there."""

    row: int
    share: float
    kind: str


class Met(NamedTuple):
    """A unit of some layer that a place meets, or the reason why a part of it meets none.

    `weight` is what of the place lies there, land that several units list counting in equal parts;
    `of_place` and `of_unit` the same as shares; `low` and `high` the least and the most of it.
    """

    code: str
    name: str
    weight: float
    of_place: float
    of_unit: float
    low: float
    high: float

    @property
    def ends(self) -> Interval:
        """The least and the most of it."""
        return Interval(self.low, self.high)


class Land(NamedTuple):
    """A unit of some layer that has land in a place.

    Attributes
    ----------
    code, name : str
        The unit.
    of_place : float
        Its part of the place's land; land that several units list counts in equal parts.
    shared : float
        How much of that it is listed for together with others.
    outside : Interval
        The part of its own land that lies outside the place.
    """

    code: str
    name: str
    of_place: float
    shared: float
    outside: Interval


@dataclass(frozen=True, eq=False)
class Facts:
    """What the pages know.

    Attributes
    ----------
    study : Core
        Where it comes from.
    places : tuple of str
        Layers whose units have a page.
    """

    study: Core
    places: Sequence[str]

    @cached_property
    def strips(self) -> tuple[str, ...]:
        """Area layers drawn as bars: known for half the schools or more, and all with pages."""
        return tuple(dict.fromkeys((*drawn_layers(self.study)[0], *self.places)))

    @cached_property
    def thin(self) -> tuple[str, ...]:
        """Area layers whose list names fewer than half of the schools: not drawn."""
        return tuple(key for key in drawn_layers(self.study)[1] if key not in self.strips)

    @cached_property
    def schools(self) -> pd.DataFrame:
        """One row per school by URN: the register's columns, `trust` and `kind`.

        The name is never blank; `trust` is the UID where the trust runs two or more schools of any
        phase, `kind` is seen from the school's own authority.
        """
        frame = self.study.schools.set_index("urn", drop=False)
        names, urns = frame["name"].astype(object), frame["urn"].astype(object)
        frame["name"] = names.where(names.notna(), "Name not given, URN " + urns)
        larger = frame["trust_uid"].isin(trusts_of_several(self.study).index)
        frame["trust"] = frame["trust_uid"].where(larger)
        frame["kind"] = self.study.kinds(self.home).fillna("status_unknown")
        return frame

    @cached_property
    def units(self) -> Mapping[str, pd.DataFrame]:
        """For each layer, one row per unit; see `units_of`."""
        drawn = (k for k in ("district",) if k in self.strips)
        return Each((*self.places, self.home, *drawn), lambda k: units_of(self.study, k))

    @cached_property
    def at_work(self) -> Mapping[str, Mapping[str, list[AtWork]]]:
        """Layer to unit_code to the trusts with a school there, largest first."""
        return Each(self.units, lambda k: at_work(self.study, k))

    @cached_property
    def members(self) -> Mapping[str, Mapping[str, list[Member]]]:
        """Layer to unit_code to its schools."""
        return Each(self.places, lambda k: _members(self.study, k))

    @cached_property
    def shared(self) -> Mapping[tuple[str, str], Mapping[str, Mapping[str, float]]]:
        """(layer, layer) to unit_code to unit_code to the weight on land that several share.

        It is what several units of the second layer share along a line that is not known.
        """
        both = product(self.places, self.strips)
        return Each(both, lambda pair: _shared(self.study, *pair))

    @property
    def trusts(self) -> pd.DataFrame:
        """One row per trust that runs two or more schools of any phase, index trust_uid.

        The columns of `geolls.measures.spread`, `hubs`, `home_point`, distances to it, and the
        yardstick's.
        """
        return _from_home(self.study, self.home)[0]

    @property
    def from_home(self) -> Mapping[str, list[tuple[float, int]]]:
        """Trust to how far each of its schools lies from its home point, and the school's row."""
        return _from_home(self.study, self.home)[1]

    @property
    def yardstick(self) -> Mapping[str, list[float]]:
        """Trust to how far the schools of its yardstick lie from its home point, rising."""
        return _from_home(self.study, self.home)[2]

    @cached_property
    def england(self) -> Mapping[str, float]:
        """The figures of a unit for England."""
        return _england(self.schools, several(self.study))

    def layer(self, key: str) -> Layer:
        """Return a layer of the study."""
        return self.study.layer(key)

    @cached_property
    def grounds(self) -> tuple[str, ...]:
        """The layers drawn as bars that are land too."""
        return tuple(key for key in self.strips if self.layer(key).has_land)

    @cached_property
    def home(self) -> str:
        """The layer that home is sought in: authorities, else the first that has pages."""
        here = "local_authority" in self.study.layers
        return "local_authority" if here else self.study.seat(self.places[0])

    @cached_property
    def unit_rows(self) -> Mapping[str, Mapping[str, dict[str, Any]]]:
        """Layer to unit_code to its row of `units`."""
        return Each(self.units, lambda k: _unit_rows(self.study, k))

    @cached_property
    def trust_rows(self) -> Mapping[str, dict[str, Any]]:
        """Trust to its row of `trusts`."""
        return _rows(self.trusts)

    @cached_property
    def several(self) -> pd.DataFrame:
        """The trusts of two or more schools that count: counts of trusts are of these."""
        return self.trusts[self.trusts["schools"] >= 2]

    @cached_property
    def others(self) -> Mapping[str, list[dict[str, Any]]]:
        """Trust to its state-funded schools of phases that do not count."""
        table = self.study.register.others.dropna(subset="trust_uid").sort_values("name")
        rows = table.astype(object).where(table.notna(), None).to_dict("records")
        return _by((str(row["trust_uid"]), {str(k): v for k, v in row.items()}) for row in rows)

    @cached_property
    def uncounted(self) -> Mapping[str, dict[str, Any]]:
        """Trust to its row of those that run two or more schools, none of which counts.

        The columns of `trusts`; all that is measured of schools that count is blank.
        """
        found = bodies(self.study.register.others)
        pupils = found.schools.groupby("trust_uid")["pupils"].sum(min_count=1)
        table = found.frame.assign(schools=0, schools_all=found.size).set_index(
            "trust_uid", drop=False
        )
        known = (found.size >= 2) & ~table.index.isin(self.study.schools["trust_uid"].dropna())
        table = table.assign(pupils=0.0, pupils_all=pupils)[known]
        return _rows(table.reindex(columns=self.trusts.columns))

    @cached_property
    def kinds(self) -> npt.NDArray[np.object_]:
        """The kind of each school, by row; converted once, not once a page."""
        return self.schools["kind"].to_numpy(dtype=object)

    @cached_property
    def points(self) -> Mapping[str, int]:
        """Schools with a point (`located`), with a district only (`coded`), and `lost`."""
        point = self.schools["easting"].notna()
        block = self.study.placement.schools.set_index("urn")["block"].notna()
        block = block.reindex(self.schools.index).fillna(False)
        kinds = {"located": point, "coded": ~point & block, "lost": ~point & ~block}
        return {kind: int(found.sum()) for kind, found in kinds.items()}

    @cached_property
    def coded(self) -> set[str]:
        """The URNs of the schools that their district code alone has placed."""
        placed = self.study.placement.schools
        return set(placed.loc[placed["located_by"] == "code", "urn"])

    @cached_property
    def beyond_border(self) -> Mapping[str, tuple[Sequence[tuple[str, int]], ...]]:
        """Authorities to the others on whose land they have schools, and who has some on theirs.

        Each as (name, schools). The authority of a school is the one that oversees it, which is
        not always the one where it stands.
        """
        key = "local_authority"
        if key not in self.study.area_layers:
            return {}
        overseen = self.study.assigned(key)[["urn", "unit_code"]]
        stands = self.study.placement.schools[["urn", "block"]].merge(
            self.study.land(key)[["block", "unit_code"]], on="block"
        )
        both = overseen.merge(stands, on="urn", suffixes=("", "_there"))
        both = both[~is_reason(both["unit_code"]) & ~is_reason(both["unit_code_there"])]
        both = both[both["unit_code"].to_numpy() != both["unit_code_there"].to_numpy()]
        pairs = both.groupby(["unit_code", "unit_code_there"])["urn"].nunique().reset_index()
        names = self.names(key)
        out = _by((a, (names[b], int(n))) for a, b, n in _each(pairs))
        guests = _by((b, (names[a], int(n))) for a, b, n in _each(pairs))
        return {code: (out.get(code, []), guests.get(code, [])) for code in {*out, *guests}}

    @cached_property
    def urns(self) -> list[str]:
        """The URN of each school, by row."""
        return [str(urn) for urn in self.schools.index]

    @cached_property
    def marks(self) -> pd.DataFrame:
        """What a map draws of each school, by row: the columns of `geolls.maps.data.MapData`.

        Text as Python's own: a page picks some rows, and of an arrow column that is slow.
        """
        columns = ["urn", "name", "phase", "pupils", "easting", "northing", "kind", "trust_uid"]
        frame = self.schools[columns].assign(**{c: texts(self.schools[c]) for c in _WORDS})
        traits = ("type_group", "type", "religious_character", "urban_rural")
        frame = frame.assign(**{c: self.schools[c].astype("category") for c in traits})
        placed = self.study.placement.schools.set_index("urn")["block"]
        frame["block"] = texts(placed.reindex(frame.index))
        if "local_authority" in self.strips:
            home = self.study.assigned("local_authority").drop_duplicates("urn")
            codes = home.set_index("urn")["unit_code"]
            frame["local_authority"] = texts(codes.reindex(frame.index))
        return frame.reset_index(drop=True)

    @cached_property
    def confidence(self) -> Mapping[str, Mapping[str, str]]:
        """Layer to unit_code to the weakest evidence for any of its land."""
        land = (k for k in self.strips if self.layer(k).has_land)
        return Each(land, lambda k: _confidence(self.study, k))

    @cached_property
    def rows_of_trust(self) -> Mapping[str, list[int]]:
        """Trust to the rows of its schools."""
        known = self.schools["trust"].reset_index(drop=True).dropna()
        return _by(zip(known, known.index.tolist(), strict=True))

    @cached_property
    def unit_of(self) -> Mapping[str, Mapping[str, list[Claim]]]:
        """Layer to URN to the units that have the school, reasons included."""
        return Each(self.strips, lambda k: _units_of_schools(self.study, k))

    @property
    def listed_first(self) -> str:
        """The layer whose units the index lists: those of `first`, where they have pages."""
        return self.first if self.first in self.places else self.places[0]

    # -- units among those of their layer ----------------------------------------------------

    @cache  # noqa: B019  (facts live as long as their study)
    def ranked(self, layer: str) -> pd.DataFrame:
        """Return the units of a layer that surely have enough schools to be ranked."""
        table = self.units[layer]
        return table[table["schools_low"] >= RANKED]

    @cache  # noqa: B019
    def enough(self, layer: str) -> str:
        """Say how many schools are enough: for certain, where units of the layer share some."""
        table = self.units[layer]
        shared = (table["schools_low"] < table["schools_high"]).any()
        return f"{RANKED} schools or more{' for certain' * bool(shared)}"

    @cache  # noqa: B019
    def known(self, layer: str, column: str) -> npt.NDArray[np.float64]:
        """Return the ends of a figure of the units with enough schools to be ranked, as rows."""
        rows = self.unit_rows[layer]
        ends = [ends_of(rows[code], column) for code in self.ranked(layer).index]
        return np.array([both for both in ends if both.low == both.low]).reshape(-1, 2).T

    @cache  # noqa: B019
    def middle(self, layer: str, column: str) -> Interval:
        """Return the median of a figure over the units with enough schools to be ranked.

        Of counts it is a count: where two units are in the middle, from the one to the other.
        """
        known = self.known(layer, column)
        if known.shape[1] < 2:
            return Interval(float("nan"), float("nan"))
        whole = column == "trusts" or column.startswith("units_")
        ways: Any = ("lower", "higher") if whole else ("linear", "linear")
        return Interval(*(
            float(np.quantile(end, 0.5, method=way)) for end, way in zip(known, ways, strict=True)
        ))  # fmt: skip

    # -- places and what they meet -----------------------------------------------------------

    def cover(self, place: str, code: str, key: str) -> Cover:
        """Return how a layer covers a unit of a layer that has pages."""
        return _cover(self.study, place, code, key)

    def names(self, key: str) -> Mapping[str, str]:
        """Return the names of the units of a layer, by code."""
        return _names(self.study, key)

    @property
    def first(self) -> str:
        """The layer that pages about England count: authorities, or the first that has pages.

        Where no place has land, that in which its trusts are at home.
        """
        land = [key for key in self.places if self.layer(key).has_land]
        return "local_authority" if "local_authority" in land else next(iter(land), self.home)

    def total(self, key: str, code: str) -> Interval:
        """Return how many schools a unit of a layer has, or are in none for a reason."""
        return _totals(self.study, key).get(code, Interval(0.0, 0.0))

    @cached_property
    def england_seen(self) -> Mapping[str, float]:
        """The figures of England, home seen from the units of the first layer.

        Of a layer that leaves schools out, only those in its units have a home to be seen from.
        """
        if self.first == "local_authority":
            return self.england
        here = members_of(self.study, self.first)
        schools = self.schools.iloc[here["row"]].assign(kind=here["kind"].to_numpy())
        return _england(schools[~schools.index.duplicated()], trusts_of_several(self.study))

    def based_in_another_authority(self, key: str) -> Mapping[str, Interval]:
        """Share of each unit's schools whose trust is based in another authority than theirs."""
        schools, units = self.study.schools, self.study.membership(key)
        ends = place_ends(schools, units, self.schools["kind"], None)
        rows = _rows(ends.loc[["all"]].droplevel("phase"))
        return {c: ends_of(row, "share_trust_based_elsewhere") for c, row in rows.items()}

    def ends_of_trust(self, uid: str, key: str) -> dict[str, Interval]:
        """Return the fewest and the most schools of a trust in each unit of a layer, by code."""
        low: dict[str, float] = defaultdict(float)
        high: dict[str, float] = defaultdict(float)
        of = self.unit_of.get(key, {})
        for row in self.rows_of_trust[uid]:
            claims = of.get(self.urns[row], ())
            for claim in claims:
                low[claim.code] += len(claims) == 1
                high[claim.code] += 1
        return {code: Interval(low[code], high[code]) for code in high}

    def units_of_trust(self, uid: str, key: str) -> dict[tuple[str, str], float]:
        """Count the schools of a trust by unit (code and name) of a layer, reasons included."""
        out: dict[tuple[str, str], float] = defaultdict(float)
        of = self.unit_of.get(key, {})
        for row in self.rows_of_trust[uid]:
            for claim in of.get(self.urns[row], ()):
                out[claim.code, claim.name] += claim.share
        return dict(out)


@dataclass(frozen=True, eq=False)
class Cover:
    """How a layer covers a place.

    Parameters
    ----------
    layer : Layer
        The layer.
    rows : sequence of Met
        What the place meets of it, largest first.
    shared : mapping of str to float
        Unit to the weight that lies on land it shares with others of its layer.
    listed : float
        Schools of the place on land that several units list.
    ground : Ground
        Whose the land of the place is in the layer.
    names : mapping of str to str
        The names of the layer's units.
    least : float
        A unit with no more than this part of the place's land does not divide it: `divide_share`
        of the study.
    met : Interval
        How many units its schools are in.

    Notes
    -----
    What divides or covers a place is land; what a place meets, and who serves it, its schools. An
    authority has schools beyond its border: they are met, and divide nothing.
    """

    layer: Layer
    rows: Sequence[Met]
    shared: Mapping[str, float]
    listed: float
    ground: Ground
    names: Mapping[str, str]
    least: float
    met: Interval

    # -- land ------------------------------------------------------------------------------

    @cached_property
    def land(self) -> list[Land]:
        """The units that have more than a sliver of the place's land, largest first."""
        share: dict[str, float] = defaultdict(float)
        shared: dict[str, float] = defaultdict(float)
        for whose, part in self.ground.lists.items():
            for code in whose:
                share[code] += part / len(whose)
                shared[code] += part / len(whose) * (len(whose) > 1)
        outside = self.ground.outside
        units = [
            Land(code, self.names[code], part, shared[code], outside[code])
            for code, part in share.items()
            if code not in REASONS and (part > self.least or outside[code].high < 0.5)
        ]
        return sorted(units, key=lambda unit: (-unit.of_place, unit.code))

    @cached_property
    def parted(self) -> list[Land]:
        """The units with most of their land here on land that others are listed for as well."""
        return [unit for unit in self.land if unit.shared > 0.5 * unit.of_place]

    @cached_property
    def lists(self) -> list[tuple[str, ...]]:
        """Who is listed together for some of the land: a single unit, or several."""
        land = {unit.code for unit in self.land}
        return [whose for whose in self.ground.lists if land & {*whose}]

    @property
    def with_land(self) -> Interval:
        """How many units have land here: for certain, and all listed for land that may be its."""
        land, sure = {unit.code for unit in self.land}, self.ground.sure
        low = listed_in([land & {*whose} for whose in self.lists if whose in sure]).low
        return Interval(max(low, min(len(land), 1)), len(land))

    @property
    def divided(self) -> bool:
        """Whether two units for certain have land here: two lists of units that share no unit."""
        return any(not {*one} & {*two} for one, two in combinations(self.lists, 2))

    @property
    def together(self) -> bool:
        """Whether its units are all listed for the same land, so that none has any for certain."""
        return len(self.lists) == 1 and len(self.lists[0]) > 1

    def bare(self, *reasons: str) -> float:
        """Return the part of the place's land that is in no unit, for one of some reasons."""
        return float(sum(self.ground.lists.get((reason,), 0.0) for reason in reasons or REASONS))

    @property
    def whole(self) -> bool:
        """Whether all land of the place is in units, but for a sliver."""
        return self.bare() <= self.least

    @cached_property
    def beyond(self) -> list[Land]:
        """The units that for certain have land outside the place too."""
        return [unit for unit in self.land if unit.outside.low > self.least]

    @cached_property
    def inside(self) -> list[Land]:
        """The units that for certain have no land outside the place."""
        return [unit for unit in self.land if unit.outside.high <= self.least]

    # -- schools ---------------------------------------------------------------------------

    @cached_property
    def units(self) -> list[Met]:
        """Every unit that schools of the place are in."""
        return [met for met in self.rows if met.code not in REASONS]

    @cached_property
    def strays(self) -> list[Met]:
        """The units that schools of the place are in though they have no land there."""
        land = {unit.code for unit in self.land}
        return [met for met in self.units if met.code not in land]

    def is_parted(self, met: Met) -> bool:
        """Tell whether most of what the place has of a unit is on land that others list too."""
        return self.shared.get(met.code, 0.0) > 0.5 * met.weight

    def share_of_unit(self, met: Met, schools: Interval) -> Interval:
        """Return which part of a unit's schools is here: least with all in doubt elsewhere."""
        elsewhere = Interval(schools.low - met.low, schools.high - met.high)
        low = met.low / max(met.low + elsewhere.high, 1.0)
        return Interval(low, met.high / max(met.high + elsewhere.low, 1.0))

    def lacking(self, *reasons: str) -> Interval:
        """Return how many schools are in no unit for one of some reasons: the fewest, the most."""
        found = [met.ends for met in self.rows if met.code in reasons]
        return Interval(sum(low for low, _ in found), sum(high for _, high in found))

    def without(self, *reasons: str) -> float:
        """Return the weight that is in no unit for one of some reasons."""
        return float(sum(met.weight for met in self.rows if met.code in reasons))

    @property
    def both(self) -> float:
        """How many schools that it has, or may have, are on land that several units list."""
        return self.listed

    @property
    def effective(self) -> float:
        """How many equal units its schools would be in as much: 1 / the sum of squared shares."""
        total = sum(met.weight for met in self.units)
        return 1 / sum((met.weight / total) ** 2 for met in self.units) if total else float("nan")


@dataclass(frozen=True, eq=False)
class Here:
    """What is known of one place: a unit of a layer that has pages."""

    facts: Facts
    key: str
    code: str

    @cached_property
    def layer(self) -> Layer:
        """The layer whose unit it is."""
        return self.facts.layer(self.key)

    @cached_property
    def seat(self) -> Layer:
        """The layer in which trusts are at home, seen from here: its own, if it has land."""
        return self.facts.layer(self.facts.study.seat(self.key))

    @cached_property
    def ground(self) -> str:
        """What covers and divides it is counted in: "land", or "schools" where it has none."""
        return "land" if self.layer.has_land else "schools"

    @cached_property
    def unit(self) -> Mapping[str, Any]:
        """Its figures."""
        return self.facts.unit_rows[self.key][self.code]

    @cached_property
    def name(self) -> str:
        """Its name."""
        return str(self.unit["name"])

    @cached_property
    def n(self) -> float:
        """Its schools; a shared one counts by its share."""
        return float(self.unit["schools"])

    @cached_property
    def schools(self) -> Interval:
        """The fewest and the most schools that it can have."""
        return Interval(float(self.unit["schools_low"]), float(self.unit["schools_high"]))

    @cached_property
    def schools_at_work(self) -> Interval:
        """The fewest and the most of its schools that trusts at work in it run, or may."""
        unknown = Interval(0, self.known("trust_not_known").high)
        return total([*(trust.ends for trust in self.trusts), unknown])

    def known(self, column: str) -> Interval:
        """Return a figure as far as it is known: with land that it shares, or unknown status."""
        return ends_of(self.unit, column)

    @cached_property
    def covers(self) -> Mapping[str, Cover]:
        """How each layer that is drawn covers it."""
        facts = self.facts
        return {key: facts.cover(self.key, self.code, key) for key in facts.strips}

    @cached_property
    def trusts(self) -> Sequence[AtWork]:
        """The trusts of two or more schools at work in it, largest here first."""
        return self.facts.at_work.get(self.key, {}).get(self.code, [])

    @property
    def shares_land(self) -> bool:
        """Whether another unit of its layer lists some of its land too."""
        return not self.known("area_km2").certain

    @property
    def at_work(self) -> Interval:
        """How many trusts of two or more schools are at work in it."""
        return bounds(len(self.trusts)) if self.schools.certain else self.known("trusts")

    @cached_property
    def members(self) -> Sequence[Member]:
        """Its schools."""
        return self.facts.members[self.key].get(self.code, [])

    @cached_property
    def coded(self) -> int:
        """How many of its schools their district code has placed."""
        urns, coded = self.facts.urns, self.facts.coded
        return sum(urns[member.row] in coded for member in self.members)

    def astray(self, key: str) -> Interval:
        """Return how many of its schools are in units of a layer that have no land here."""
        without = {met.code for met in self.covers[key].strays}
        claims, urns = self.facts.unit_of[key], self.facts.urns
        found = [
            (all(astray) and member.share == 1, any(astray))
            for member in (self.members if without else ())
            if (astray := [claim.code in without for claim in claims.get(urns[member.row], ())])
        ]
        return Interval(*(sum(end) for end in zip(*found, strict=True))) if found else bounds(0)

    def rank(self, column: str) -> Rank | None:
        """Return its rank by a figure, among those with enough schools."""
        (low, high), mine = self.facts.known(self.key, column), self.known(column)
        if not self.schools.certain or self.n < RANKED or mine.low != mine.low or len(low) < 10:
            return None
        itself = not mine.certain  # it is among them
        return Rank(
            Interval(_over(low, mine.high), _over(high, mine.low) - itself),
            Interval(_over(-high, -mine.low), _over(-low, -mine.high) - itself),
            len(low),
        )


def _over(values: npt.NDArray[np.float64], value: float) -> int:
    """Count the values that are larger, by more than sums of shares are off."""
    return int((values > value + 1e-9).sum())


class Rank(NamedTuple):
    """How many units have more of something, how many less, and how many there are."""

    larger: Interval
    smaller: Interval
    total: int

    @property
    def known(self) -> tuple[int, int]:
        """How many have more and how many less; where that is not known, all."""
        more, less = (int(n.high) if n.certain else self.total for n in self[:2])
        return more, less


class Claim(NamedTuple):
    """A unit that has a school, or the reason why none has, and its share of it."""

    code: str
    name: str
    share: float


def texts(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return text as Python's own, None where it is blank."""
    return column.astype(object).where(column.notna(), None)


def _each(table: pd.DataFrame) -> Iterable[tuple[Any, ...]]:
    """Return the rows; of whole columns Python makes them faster than pandas one by one."""
    return zip(*(table[column].tolist() for column in table), strict=True)


def _by(pairs: Iterable[tuple[str, V]]) -> dict[str, list[V]]:
    """Gather the values of each key, in their order: looked up by the thousand."""
    out: dict[str, list[V]] = {}
    for key, value in pairs:
        out.setdefault(key, []).append(value)
    return out


def _rows(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return a table as one dictionary per row: looked up by the thousand, a frame is slow."""
    return {
        str(k): {str(c): v for c, v in row.items()} for k, row in table.to_dict("index").items()
    }


def facts_of(study: Core, places: Sequence[str]) -> Facts:
    """Gather once, and keep with the study: every map and profile of it reads the same facts."""
    key = tuple(dict.fromkeys(places))
    return study.memo(("facts", key), lambda: Facts(study, key))


@remembered
def _unit_rows(study: Core, layer: str) -> dict[str, dict[str, Any]]:
    return _rows(units_of(study, layer))


@remembered
def _names(study: Core, layer: str) -> dict[str, str]:
    land = study.membership(layer, counted_in(study, layer))
    return dict(zip(land.codes, land.names, strict=True))


@remembered
def _cover(study: Core, place: str, code: str, key: str) -> Cover:
    # A unit is met with its own layer as the whole of itself, whatever it shares.
    itself = Ground({(code,): 1.0}, {code: Interval(0.0, 0.0)}, frozenset({(code,)}))
    none = Interval(0, 0)
    return Cover(
        study.layer(key),
        _pairs(study, place, key).get(code, []),
        _shared(study, place, key).get(code, {}),
        _listed(study, place, key).get(code, 0.0),
        itself if place == key else grounds_of(study, place, key)[code],
        _names(study, key),
        study.settings.divide_share,
        Interval(1, 1) if place == key else schools_meet(study, place, key).get(code, none),
    )


@remembered
def _units_of_schools(study: Core, layer: str) -> dict[str, list[Claim]]:
    rows = _each(study.assigned(layer)[["urn", "unit_code", "unit_name", "share"]])
    return _by((urn, Claim(*claim)) for urn, *claim in rows)


@remembered
def _totals(study: Core, layer: str) -> dict[str, Interval]:
    x = study.membership(layer)
    one = np.ones(len(x.items))
    ends = map(Interval, *(x.weigh_by(part, one).tolist() for part in (x.low, x.high)))
    return dict(zip(x.codes, ends, strict=True))


def _confidence(study: Core, layer: str) -> dict[str, str]:
    said = _by((claim.unit_code, claim.confidence) for claim in study.claims(layer))
    return {code: worst_of({*words}) or "high" for code, words in said.items()}


@remembered
def _members(study: Core, layer: str) -> dict[str, list[Member]]:
    """Return the schools in each unit."""
    table = members_of(study, layer)[["unit_code", "row", "share", "kind"]]
    return _by((unit, Member(*member)) for unit, *member in _each(table))


@remembered
def _pairs(study: Core, left: str, right: str) -> dict[str, list[Met]]:
    """Return what each unit of a layer that has pages shares with the units of another.

    As `Core.overlap`, the largest first. A unit is met with its own layer as the whole of itself,
    whatever it shares.
    """
    if left == right:
        x = study.membership(left)
        one = np.ones(len(x.items))
        sums = (x.weigh_by(part, one).tolist() for part in (x.share, x.low, x.high))
        return {
            code: [Met(code, name, n, 1.0, 1.0, low, high)]
            for code, name, n, low, high in zip(x.codes, x.names, *sums, strict=True)
        }
    table = study.overlap(left, right).drop(columns="left_name")
    table = table.sort_values("weight", ascending=False, kind="stable")
    return _by((code, Met(*met)) for code, *met in _each(table))


@remembered
def _shared(study: Core, left: str, right: str) -> dict[str, dict[str, float]]:
    """Return the weight that lies on land several units share, by place and unit."""
    table = study.assigned(right)
    part = table[(table["share"] < 1) & ~is_reason(table["unit_code"])]
    mine = study.assigned(left)[["urn", "unit_code", "share"]]
    both = part.merge(mine, on="urn", suffixes=("", "_left"))
    both["weight"] = both["share"] * both["share_left"]
    sums = both.groupby(["unit_code_left", "unit_code"])["weight"].sum()
    by_place = _by((place, met) for place, *met in _each(sums.reset_index()))
    return {place: dict(met) for place, met in by_place.items()}


@remembered
def _listed(study: Core, left: str, right: str) -> dict[str, float]:
    """Count the schools that each place has, or may have, on land that several units list."""
    claims = study.membership(right)
    several = claims.items[(claims.claims > 1) & ~claims.optional]
    mine = study.membership(left).frame("urn", reasons=False)
    found = mine[mine["urn"].isin(several)].groupby("unit_code").size()
    return {str(code): float(n) for code, n in found.items()}


def _england(schools: pd.DataFrame, trusts: pd.DataFrame) -> dict[str, float]:
    """Count all schools as one place; with ends, as some are of unknown status."""
    n, nan = len(schools), float("nan")
    every = Membership.whole(pd.Index(schools["urn"]), ["england"] * n)
    ends = place_ends(schools.reset_index(drop=True), every, schools["kind"], None)
    counts = schools["kind"].value_counts()
    kinds = {kind: float(counts.get(kind, 0)) for kind in KINDS}
    dark = float(((schools["kind"] == "status_unknown") & schools["trust_uid"].notna()).sum())
    larger = sum(kinds[kind] for kind in HOME_KINDS) + dark
    pupils, meals = float(schools["pupils"].sum()), float(counted(schools).sum())
    of_all = (pd.Series([float(x)]) for x in (meals, pupils, n))
    return {
        "schools": float(n),
        **kinds,
        **{f"share_{kind}": number / n if n else nan for kind, number in kinds.items()},
        "home_not_known": dark,
        "in_trusts": larger,
        "share_in_trusts": larger / n if n else nan,
        "pupils": pupils,
        "fsm_share": float(meal_share(*of_all).iloc[0]),
        "trusts": float(len(trusts)),
        "not_located": float(schools["easting"].isna().sum()),
        **(ends.loc["all"].iloc[0].filter(regex=_OF_KINDS).to_dict() if n else {}),
    }


@remembered
def _from_home(
    study: Core, layer: str
) -> tuple[pd.DataFrame, dict[str, list[tuple[float, int]]], dict[str, list[float]]]:
    """Measure how far each trust's schools lie from its home point, and the yardstick's.

    The yardstick takes as many schools of each phase, the nearest to that point, whoever runs
    them; see `geolls.measures.yardstick`.
    """
    schools, trusts = study.schools, trusts_of_several(study)
    points = home_points(schools, trusts[f"home_{layer}"], study.membership(layer))
    # A trust without a home has no point to measure from.
    points = points[points["trust_uid"].isin(trusts.index)].dropna(subset="home_easting")
    own = km_from_home(schools, points)
    made = made_up_trusts(schools, points)
    yard = km_from_home(made, points)
    out = trusts.join(points.set_index("trust_uid")[["home_easting", "home_northing"]])
    body = pd.Index(out.index).get_indexer(pd.Index(made["trust_uid"]))
    spots = made[["easting", "northing"]].to_numpy(dtype=float)
    measured = distances(spots, body, len(out), study.spread_options.cluster_km)
    out = out.assign(
        home_km_median=own.groupby("trust_uid")["km"].median(),
        **{f"yard_{name}": measured[name] for name in _YARDS},
        yard_home_km_median=yard.groupby("trust_uid")["km"].median(),
    )
    own = own.dropna(subset=["km"])  # without a home nothing is far from it
    own["row"] = pd.Index(schools["urn"]).get_indexer(pd.Index(own["urn"]))
    own = own.sort_values(["trust_uid", "km", "row"])[["trust_uid", "km", "row"]]
    from_home = _by((uid, (km, row)) for uid, km, row in _each(own))
    yard = yard.sort_values(["trust_uid", "km"])[["trust_uid", "km"]]
    hubs = trusts.get("areas_teaching_school_hub", pd.Series(np.nan, index=trusts.index))
    return out.assign(hubs=hubs.astype(float)), from_home, _by(_each(yard))
