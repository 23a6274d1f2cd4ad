"""The tables of a study as plain pandas gives them: what a sentence is held against.

Nothing here reads `geolls.study.facts` or `geolls.study.units`, which the pages read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cache, cached_property
from itertools import combinations
from typing import Any, NamedTuple

REASONS = {"not_covered", "no_evidence", "not_located", "not_applicable"}
LEAST = 0.001


class Ground(NamedTuple):
    """The land of a place in a layer: units with their part, who is listed together, the rest."""

    units: dict[str, float]
    lists: list[frozenset[str]]
    bare: dict[str, float]
    inside: set[str]
    beyond: set[str]
    shared: dict[str, float]


class Truth:
    """The tables of a study, by what a sentence is about."""

    def __init__(self, study: Any) -> None:
        self.study = study
        self.schools = study.schools.set_index("urn")
        self.layers = list(study.area_layers)
        self.area = study.block_weights["area_m2"].to_dict()
        self.spread = study.spread().set_index("trust_uid")
        self.trust: dict[str, Any] = {
            urn: uid if isinstance(uid, str) else None
            for urn, uid in self.schools["trust_uid"].items()
        }
        self.size = Counter(uid for uid in self.trust.values() if uid)
        self.point = self.schools["easting"].notna().to_dict()
        places = zip(self.schools["easting"], self.schools["northing"], strict=True)
        self.xy = dict(zip(self.schools.index, places, strict=True))
        self.pupils = self.schools["pupils"].fillna(0).to_dict()
        self.phase = self.schools["phase"].to_dict()

    # -- schools -------------------------------------------------------------------------------

    @cache  # noqa: B019
    def claims(self, layer: str) -> dict[str, list[tuple[str, float]]]:
        """URN to the units (or the reason) that have it, with their shares."""
        out: dict[str, list[tuple[str, float]]] = defaultdict(list)
        table = self.study.assigned(layer)
        rows = zip(table["urn"], table["unit_code"], table["share"], strict=True)
        for urn, code, share in rows:
            out[urn].append((code, float(share)))
        return dict(out)

    @cache  # noqa: B019
    def members(self, layer: str) -> dict[str, list[tuple[str, float]]]:
        """Unit to its schools, with its share of each; England is a unit under every home layer."""
        if layer == "england":
            return {home: [(urn, 1.0) for urn in self.trust] for home in self.layers}
        out: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for urn, found in self.claims(layer).items():
            for code, share in found:
                out[code].append((urn, share))
        return dict(out)

    @cache  # noqa: B019
    def n(self, layer: str, code: str) -> float:
        return sum(share for _, share in self.members(layer).get(code, []))

    @cache  # noqa: B019
    def ends(self, layer: str, code: str) -> tuple[float, float]:
        """The least and the most schools of a unit."""
        shares = [share for _, share in self.members(layer).get(code, [])]
        return sum(s == 1 for s in shares), len(shares)

    @cache  # noqa: B019
    def met(self, place: str, code: str, layer: str) -> dict[str, tuple[float, int, int]]:
        """What of a place's schools is in each unit of a layer: by convention, least, most."""
        out: dict[str, list[float]] = defaultdict(lambda: [0.0, 0, 0])
        of = self.claims(layer)
        for urn, share in self.members(place).get(code, []):
            for unit, part in of[urn]:
                found = out[unit]
                found[0] += share * part
                found[1] += share == part == 1
                found[2] += 1
        return {unit: (w, int(low), int(high)) for unit, (w, low, high) in out.items()}

    def units(self, place: str, code: str, layer: str) -> dict[str, float]:
        """The units of a layer that schools of a place are in."""
        found = self.met(place, code, layer)
        return {unit: w for unit, (w, *_) in found.items() if unit not in REASONS}

    @cache  # noqa: B019
    def shared_here(self, place: str, code: str, layer: str) -> Counter[str]:
        """Units of a layer to the weight of a place that is shared with others of the layer."""
        out: Counter[str] = Counter()
        of = self.claims(layer)
        for urn, share in self.members(place).get(code, []):
            for unit, part in of[urn]:
                if part < 1 and unit not in REASONS:
                    out[unit] += share * part
        return out

    def has_land(self, layer: str) -> bool:
        return layer in self.layers

    @cache  # noqa: B019
    def name(self, layer: str) -> dict[str, str]:
        table = self.study.land(layer) if self.has_land(layer) else self.study.assigned(layer)
        return dict(zip(table["unit_code"], table["unit_name"], strict=True))

    # -- land ----------------------------------------------------------------------------------

    @cache  # noqa: B019
    def blocks(self, layer: str) -> dict[str, dict[str, float]]:
        """Unit (or reason) to its blocks, with its share of each."""
        out: dict[str, dict[str, float]] = defaultdict(dict)
        table = self.study.land(layer)
        rows = zip(table["unit_code"], table["block"], table["share"], strict=True)
        for unit, block, share in rows:
            out[unit][block] = float(share)
        return dict(out)

    @cache  # noqa: B019
    def listed(self, layer: str) -> dict[str, frozenset[str]]:
        """Block to all who are listed for it."""
        out: dict[str, set[str]] = defaultdict(set)
        for unit, blocks in self.blocks(layer).items():
            for block in blocks:
                out[block].add(unit)
        return {block: frozenset(units) for block, units in out.items()}

    @cache  # noqa: B019
    def ground(self, place: str, code: str, layer: str) -> Ground:
        """Whose the land of a place is; of a list of schools, whose its schools are."""
        area, mine, listed, of_unit = (
            (self.area, self.blocks(place)[code], self.listed(layer), self.blocks(layer))
            if self.has_land(place)
            else (
                dict.fromkeys(self.trust, 1.0),
                dict(self.members(place)[code]),
                {urn: frozenset(c for c, _ in held) for urn, held in self.claims(layer).items()},
                {unit: dict(held) for unit, held in self.members(layer).items()},
            )
        )
        whole = sum(area[b] * share for b, share in mine.items())
        parts: dict[frozenset[str], float] = defaultdict(float)
        for block, share in mine.items():
            parts[listed[block]] += area[block] * share / whole
        units: Counter[str] = Counter()
        shared: Counter[str] = Counter()
        for names, part in parts.items():
            for unit in names - REASONS:
                units[unit] += part / len(names)
                shared[unit] += part / len(names) * (len(names) > 1)
        inside, beyond, most = set(), set(), {}
        certain = {b for b, share in mine.items() if share == 1}
        for unit in units:
            blocks = of_unit[unit]
            own = sum(area[b] * s for b, s in blocks.items())
            least = sum(area[b] for b, s in blocks.items() if s == 1 and b not in mine)
            most[unit] = sum(area[b] for b in blocks if b not in certain) / own
            if least / own > LEAST:
                beyond.add(unit)
            if most[unit] <= LEAST:
                inside.add(unit)
        held = {u: p for u, p in units.items() if p > LEAST or most[u] < 0.5}
        lists = [names for names in parts if names & held.keys()]
        bare = {r: p for (r, *more), p in parts.items() if r in REASONS and not more}
        return Ground(held, lists, bare, inside & held.keys(), beyond & held.keys(), dict(shared))

    def divided(self, ground: Ground) -> bool:
        return any(not a & b for a, b in combinations(ground.lists, 2))

    # -- trusts --------------------------------------------------------------------------------

    @cache  # noqa: B019
    def home(self, layer: str) -> dict[str, str]:
        """Trust to its home in a layer, or to the word for none; of lists, among authorities."""
        layer = layer if self.has_land(layer) else "local_authority"
        home, status = self.spread[f"home_{layer}"], self.spread[f"home_status_{layer}"]
        return {uid: code if isinstance(code, str) else status[uid] for uid, code in home.items()}

    def seen(self, layer: str, unit: str, urn: str) -> str:
        """Who runs a school, seen from one of the units that have it."""
        uid = self.trust[urn]
        if uid is None:
            return "status_unknown" if self.unknown[urn] else "no_trust"
        if self.every[uid] == 1:
            return "single_school_trust"
        if not self.has_land(layer):  # as its own authority sees it
            return self.seen("local_authority", self.claims("local_authority")[urn][0][0], urn)
        kind = self.kind(layer, unit, uid)
        return {"here": "trust_home_here", "elsewhere": "trust_based_elsewhere"}.get(
            kind, kind.replace("not_known", "home_not_known")
        )

    @cached_property
    def unknown(self) -> dict[str, bool]:
        found: dict[str, bool] = self.schools["status_unknown"].fillna(False).to_dict()
        return found

    @cached_property
    def every(self) -> dict[str, int]:
        """Trust to its schools of every phase."""
        found: dict[str, int] = self.study.everywhere["trust_uid"].value_counts().to_dict()
        return found

    def kind(self, layer: str, unit: str, uid: str) -> str:
        """Where a trust is at home, seen from a unit."""
        home = self.home(layer)[uid]
        if home in {"no_single_home", "not_known"}:
            return home
        if not self.has_land(layer):
            claims = self.claims("local_authority")
            mine = [urn for urn, _ in self.members(layer)[unit] if self.trust[urn] == uid]
            return "here" if any(home == c for u in mine for c, _ in claims[u]) else "elsewhere"
        return "here" if home == unit else "elsewhere"

    @cache  # noqa: B019
    def at_work(self, layer: str, code: str) -> dict[str, float]:
        """The trusts of two or more schools with a school in a unit, and how many there."""
        out: Counter[str] = Counter()
        for urn, share in self.members(layer).get(code, []):
            uid = self.trust[urn]
            if uid and self.size[uid] > 1:
                out[uid] += share
        return dict(out)

    @cache  # noqa: B019
    def homes(self, layer: str, code: str) -> Counter[str]:
        """How many of the trusts at work are at home here, elsewhere, nowhere, or not known."""
        return Counter(self.kind(layer, code, uid) for uid in self.at_work(layer, code))

    @cache  # noqa: B019
    def run_by(self, layer: str, code: str) -> Counter[str]:
        """How many schools of a unit are of each kind."""
        out = Counter[str]()
        for urn, share in self.members(layer).get(code, []):
            out[self.seen(layer, code, urn)] += share
        return out

    @cache  # noqa: B019
    def run_ends(self, layer: str, code: str, *kinds: str) -> tuple[int, int]:
        """The least and the most schools of a unit that are of some kinds."""
        found = [
            share
            for urn, share in self.members(layer).get(code, [])
            if self.seen(layer, code, urn) in kinds
        ]
        return sum(share == 1 for share in found), len(found)

    @cache  # noqa: B019
    def kinds(self, layer: str) -> dict[str, str]:
        """Who runs each school, seen from its unit of a layer."""
        unknown, every = self.unknown, self.every
        home, out = self.home(layer), {}
        for urn, claims in self.claims(layer).items():
            uid = self.trust[urn]
            units = [code for code, _ in claims if code not in REASONS]
            if uid is None:
                out[urn] = "status_unknown" if unknown[urn] else "no_trust"
            elif every[uid] == 1:
                out[urn] = "single_school_trust"
            elif not units or home[uid] == "not_known":
                out[urn] = "status_unknown"
            elif home[uid] == "no_single_home":
                out[urn] = "no_single_home"
            else:
                out[urn] = "trust_home_here" if home[uid] in units else "trust_based_elsewhere"
        return out

    @cached_property
    def of_trust(self) -> dict[str, list[str]]:
        out: dict[str, list[str]] = defaultdict(list)
        for urn, uid in self.trust.items():
            if uid:
                out[uid].append(urn)
        return dict(out)

    @cache  # noqa: B019
    def trust_units(self, uid: str, layer: str) -> Counter[str]:
        out: Counter[str] = Counter()
        of = self.claims(layer)
        for urn in self.of_trust[uid]:
            for code, share in of[urn]:
                if code not in REASONS:
                    out[code] += share
        return out

    # -- all places ----------------------------------------------------------------------------

    @cache  # noqa: B019
    def ranked(self, layer: str) -> list[str]:
        """The units that surely have 20 schools or more."""
        return [
            code
            for code in self.name(layer)
            if code not in REASONS and self.ends(layer, code)[0] >= 20
        ]

    def enough(self, layer: str) -> str:
        """How many schools are enough; for certain, where a school has two units of the layer."""
        shared = any(len(claims) > 1 for claims in self.claims(layer).values())
        return "20 schools or more" + " for certain" * shared

    @cache  # noqa: B019
    def share_ends(self, layer: str, code: str, kind: str) -> tuple[float, float]:
        """The least and the most share of a unit's schools that are of a kind."""
        may = {kind, "status_unknown"} | ({"home_not_known"} if kind != "no_trust" else set())
        mine = [(s, self.seen(layer, code, u)) for u, s in self.members(layer).get(code, [])]
        least = sum(s == 1 for s, seen in mine if seen == kind)
        most = sum(seen in may for _, seen in mine)
        others = sum(seen != kind for _, seen in mine)
        rest = sum(s == 1 for s, seen in mine if seen not in may)
        return least / max(least + others, 1), most / max(most + rest, 1)

    @cached_property
    def england(self) -> dict[str, tuple[float, float]]:
        """England's shares of kinds, and of schools whose trust runs several: least, most."""
        n, seen = len(self.trust), Counter(self.kinds("local_authority").values())
        dark = sum(
            u and not t for u, t in zip(self.unknown.values(), self.trust.values(), strict=True)
        )
        several = sum(self.every[uid] > 1 for uid in self.trust.values() if uid)
        found = {"no_trust": (seen["no_trust"], seen["no_trust"] + dark)}
        found["several"] = several, several + dark
        for kind in ("trust_home_here", "trust_based_elsewhere", "no_single_home"):
            found[kind] = seen[kind], seen[kind] + seen["status_unknown"]
        return {kind: (low / n, high / n) for kind, (low, high) in found.items()}
