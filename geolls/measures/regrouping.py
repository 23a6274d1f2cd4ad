"""Two memberships of the same schools side by side: who is in another unit, and what hangs on it.

Before and after are on one basis. A school on shared land is in one of the units that claim it, so
what counts is told at least and at most; one whose claimants stay the same does not move.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, combinations, product
from math import prod
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from geolls.base.arrays import Floats
from geolls.base.interval import Interval
from geolls.measures.claimants import ENUMERATED, touched
from geolls.measures.membership import Membership, is_reason
from geolls.measures.mismatch import compare
from geolls.measures.spread import SpreadOptions, spread

__all__ = ["Comparison", "reasons_last", "sums_of", "sure"]

_ENDS = Interval._fields


class _School(NamedTuple):
    """The units that may have a school, before and after."""

    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def may_move(self) -> bool:
        """Whether it can be in another unit after: the same claimants leave it where it is."""
        return self.before != self.after

    @property
    def moves(self) -> bool:
        """Whether it is in another unit for sure."""
        return not set(self.before) & set(self.after)

    def ways(self) -> tuple[tuple[str, str], ...]:
        """Return every pair of units that it can be in, before and after."""
        if not self.may_move:
            return tuple((code, code) for code in self.before)
        return tuple(product(self.before, self.after))


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two layers side by side on one basis, and every number traced to its schools.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per school that counts: urn, name, phase, pupils, trust_uid, trust_name, trust_type,
        easting, northing.
    old, new : Membership
        Who has the schools, before and after.
    hubs : mapping of str to Membership
        Layers of hubs: who has the schools, by key.
    basis : str
        By what a school is in a unit, before and after alike.
    said : str
        What is held against what, by what, in words.
    everywhere : pandas.DataFrame, optional
        The schools of every phase, as `spread` takes them.
    options : SpreadOptions, optional
        Thresholds of a home.
    partly : mapping of str to str
        Layers of hubs that rest on few of their units, in words.
    """

    table: pd.DataFrame
    old: Membership
    new: Membership
    hubs: Mapping[str, Membership] = field(default_factory=dict)
    basis: str = ""
    said: str = ""
    everywhere: pd.DataFrame | None = None
    options: SpreadOptions | None = None
    partly: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _each(self) -> list[_School]:
        return list(map(_School, _claimants(self.old), _claimants(self.new)))

    @cached_property
    def _weights(self) -> dict[str, pd.Series[float]]:
        pupils = self._known["pupils"].fillna(0).astype(float)
        return {"schools": pd.Series(1.0, index=pupils.index), "pupils": pupils}

    @cached_property
    def _known(self) -> pd.DataFrame:
        """The table of schools in the order of the memberships."""
        return self.table.set_index("urn").reindex(self.old.items)

    @cached_property
    def _names(self) -> dict[str, str]:
        return {
            code: name
            for side in (self.old, self.new)
            for code, name in zip(side.codes, side.names, strict=True)
        }

    @cached_property
    def _real(self) -> frozenset[str]:
        """The codes that are units, not reasons for having none."""
        sides = (self.old, self.new)
        return frozenset(
            c for m in sides for c, out in zip(m.codes, m.outside, strict=True) if not out
        )

    @cached_property
    def schools(self) -> pd.DataFrame:
        """One row per school that changes unit, or may: the list behind every number.

        urn, name, phase, pupils, trust_uid, trust_name, from_code, from_name, to_code, to_name
        (units that share it joined by " + "), moves ("yes", or "may": it stands on shared land).
        """
        known = self._known
        at = [i for i, school in enumerate(self._each) if school.may_move]
        each = [self._each[i] for i in at]
        table = known.iloc[at][["name", "phase", "pupils", "trust_uid", "trust_name"]]
        table = table.reset_index(names="urn")
        for side, codes in (("from", [s.before for s in each]), ("to", [s.after for s in each])):
            table[f"{side}_code"] = [" + ".join(c) for c in codes]
            table[f"{side}_name"] = [" + ".join(self._names[x] for x in c) for c in codes]
        table["moves"] = ["yes" if s.moves else "may" for s in each]
        order = ["from_name", "to_name", "urn"]
        return table.sort_values(order, ignore_index=True)

    @cached_property
    def flows(self) -> pd.DataFrame:
        """One row per pair of units between which schools move.

        from_code, from_name, to_code, to_name, schools, pupils (not known counts as none), each
        with the ends _low and _high where shared land leaves any open; a school that can move in
        several ways counts in equal parts.
        """
        table: dict[tuple[str, str], Floats] = {}
        heads: Floats = np.asarray(self._weights["pupils"], dtype=float)
        for school, pupils in zip(self._each, heads, strict=True):
            ways = school.ways() if school.may_move else ()
            part = np.array([1 / max(len(ways), 1), len(ways) == 1, 1.0])
            for pair in (way for way in ways if way[0] != way[1]):
                row = table.setdefault(pair, np.zeros(6))
                row += np.concatenate([part, part * pupils])
        rows = [
            (a, self._names[a], b, self._names[b], *found)
            for (a, b), found in sorted(table.items())
        ]
        ends = [f"{what}{end}" for what in ("schools", "pupils") for end in ("", "_low", "_high")]
        columns = ["from_code", "from_name", "to_code", "to_name", *ends]
        return sure(pd.DataFrame(rows, columns=columns))

    @cached_property
    def places(self) -> pd.DataFrame:
        """One row per unit of either layer, reasons for having none last.

        unit_code, unit_name, stands (`both`, `before`, `after`), then schools and pupils `_before`,
        `_after`, `_gained`, `_lost`, each with the ends `_low`, `_high` where shared land leaves
        any open; trusts_before, trusts_after (trusts with two or more schools that have one there);
        and for each layer of hubs <layer>_before, <layer>_after, the hubs that its schools meet.
        """
        sides = {"before": self.old, "after": self.new}
        codes = list(dict.fromkeys((*self.old.codes, *self.new.codes)))
        table = pd.DataFrame({"unit_code": codes, "unit_name": [self._names[c] for c in codes]})
        there = [{m.codes[u] for u in np.unique(m.unit)} for m in sides.values()]
        table["stands"] = [
            "both" if c in there[0] & there[1] else "before" if c in there[0] else "after"
            for c in codes
        ]
        for what, weight in self._weights.items():
            for side, members in sides.items():
                sums = sums_of(members, weight, f"{what}_{side}").drop(columns="unit_name")
                table = table.merge(sums, on="unit_code", how="left")
            table = table.merge(self._moved(what, weight), on="unit_code", how="left")
        for side, members in sides.items():
            for name, ends in self._met(members):
                low, high = (dict(zip(members.codes, end, strict=True)) for end in ends)
                table[f"{name}_{side}"] = table["unit_code"].map(high)
                table[f"{name}_{side}_low"] = table["unit_code"].map(low)
                table[f"{name}_{side}_high"] = table["unit_code"].map(high)
        numbers = [c for c in map(str, table) if c not in ("unit_code", "unit_name", "stands")]
        table[numbers] = table[numbers].fillna(0)
        changed = table[["schools_gained_high", "schools_lost_high"]].sum(axis=1) > 0
        return reasons_last(sure(table), first=changed)

    def _moved(self, what: str, weight: pd.Series[float]) -> pd.DataFrame:
        """Return what each unit gains and loses: by shares, at least and at most."""
        columns = [f"{what}_{w}{end}" for w in ("gained", "lost") for end in ("", "_low", "_high")]
        found: dict[str, np.ndarray[Any, Any]] = {}
        shares = [_by_unit(m) for m in (self.old, self.new)]
        for i, (school, value) in enumerate(zip(self._each, weight.to_numpy(), strict=True)):
            if not school.may_move:
                continue
            before, after = shares[0][i], shares[1][i]
            for code in {*school.before, *school.after}:
                change = after.get(code, 0.0) - before.get(code, 0.0)
                gain, loss = school.after, school.before
                row = found.setdefault(code, np.zeros(6))
                for at, (mine, others, part) in enumerate(
                    ((gain, loss, max(change, 0.0)), (loss, gain, max(-change, 0.0)))
                ):
                    sure = mine == (code,) and code not in others
                    may = code in mine and others != (code,)
                    row[at * 3 : at * 3 + 3] += value * np.array([part, sure, may])
        table = pd.DataFrame.from_dict(found, orient="index", columns=columns)
        return table.rename_axis("unit_code").reset_index()

    def _met(self, members: Membership) -> Iterator[tuple[str, Any]]:
        """Yield how many trusts work in each unit, and how many hubs of each layer it meets."""
        claims = members.high > 0
        body, rows, sure = members.unit[claims], members.item[claims], members.low[claims] > 0
        of = {"trusts": self._trust_of, **self.hubs}
        for name, units in of.items():
            yield name, touched(body, rows, len(members.codes), units, sure=sure)

    @cached_property
    def _trust_of(self) -> Membership:
        """Which trust of two or more schools has which school."""
        trust = self._known["trust_uid"]
        several = trust.map(trust.value_counts()) > 1
        return Membership.whole(self.old.items, trust.where(several, "not_applicable"))

    @cached_property
    def trusts(self) -> pd.DataFrame:
        """One row per trust of two or more schools with a school that changes unit, or may.

        trust_uid, trust_name, schools, moved (its schools that change unit), units_before,
        units_after, each with _low and _high where shared land leaves any open; home_share_before,
        home_share_after (of the largest unit); change: `split` from one unit into several,
        `joined` from several into one, `may split`, `may join`, or blank.
        """
        known = self._known["trust_uid"]
        mine: dict[str, list[_School]] = {}
        for uid, school in zip(known, self._each, strict=True):
            if isinstance(uid, str):
                mine.setdefault(uid, []).append(school)
        rows = []
        for uid, schools in mine.items():
            if len(schools) < 2 or not any(s.may_move for s in schools):
                continue
            split, joined = self._parted(schools)
            moved = Interval(sum(s.moves for s in schools), sum(s.may_move for s in schools))
            may = ["may split"] * (split.high > 0) + ["may join"] * (joined.high > 0)
            word = "split" if split.low else "joined" if joined.low else " or ".join(may)
            rows.append((uid, *moved, word))
        table = pd.DataFrame(rows, columns=["trust_uid", "moved_low", "moved_high", "change"])
        spread_of = self._spread.set_index("trust_uid")
        for name in ("trust_name", "schools"):
            table[name] = table["trust_uid"].map(spread_of[name])
        for side in ("before", "after"):
            for end in ("", "_low", "_high"):
                areas = spread_of[f"areas_{side}{end}"]
                table[f"units_{side}{end}"] = table["trust_uid"].map(areas)
            share = spread_of[f"home_share_{side}"]
            table[f"home_share_{side}"] = table["trust_uid"].map(share)
        table["moved"] = table["moved_high"]
        order = ["trust_uid", "trust_name", "schools", "change", "moved", "moved_low", "moved_high"]
        rest = [c for c in table if c not in order]
        table = table[[*order, *rest]].sort_values(
            ["change", "moved_high", "trust_name"], ascending=[False, False, True]
        )
        return sure(table.reset_index(drop=True))

    @cached_property
    def _spread(self) -> pd.DataFrame:
        sides = {"before": self.old, "after": self.new}
        return spread(self.table, sides, self.options, everywhere=self.everywhere)

    def _parted(self, schools: Sequence[_School]) -> tuple[Interval, Interval]:
        """Tell whether a trust is split, and joined: 0 or 1, at least and at most.

        Every way of giving each shared school whole to one of its claimants is tried, schools with
        the same claimants together; beyond 2^12 ways both are left open.
        """
        groups = Counter(schools)
        options = [
            [set(some) for some in _some_of(s.ways(), min(n, len(s.ways())))]
            for s, n in groups.items()
        ]
        if prod(map(len, options)) > ENUMERATED:
            return Interval(0, 1), Interval(0, 1)
        split, joined = set(), set()
        for picked in product(*options):
            ways = set().union(*picked)
            before = len({a for a, _ in ways} & self._real)
            after = len({b for _, b in ways} & self._real)
            split.add(before == 1 and after > 1)
            joined.add(before > 1 and after == 1)
        return (
            Interval(float(min(split)), float(max(split))),
            Interval(float(min(joined)), float(max(joined))),
        )

    @cached_property
    def met_hubs(self) -> pd.DataFrame:
        """One row per hub with a school that changes unit, or may.

        layer, unit_code, unit_name, moved (schools; the ends where shared land leaves any open),
        units_before, units_after: units of the two layers that its schools are in.
        """
        may = np.array([s.may_move for s in self._each])
        certain = np.array([s.moves for s in self._each])
        parts = []
        for key, hub in self.hubs.items():
            real = ~hub.outside
            table = pd.DataFrame({"unit_code": hub.codes, "unit_name": hub.names})
            table.insert(0, "layer", key)
            table["moved"] = hub.weigh_by(hub.share, may.astype(float))
            table["moved_low"] = hub.weigh_by(hub.low, certain.astype(float))
            table["moved_high"] = hub.weigh_by(hub.high, may.astype(float))
            claims = hub.high > 0
            body, rows, certain = hub.unit[claims], hub.item[claims], hub.low[claims] > 0
            for side, members in (("before", self.old), ("after", self.new)):
                ends = touched(body, rows, len(hub.codes), members, sure=certain)
                table[f"units_{side}"] = ends.high
                table[f"units_{side}_low"], table[f"units_{side}_high"] = ends
            parts.append(table[real & (table["moved_high"] > 0).to_numpy()])
        return sure(pd.concat(parts, ignore_index=True) if parts else pd.DataFrame())

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per measure: the whole of England in a few numbers.

        measure, layer (of hubs, where it is about one), before, after, moved, each with the ends
        _low and _high where shared land leaves any open; note.
        """
        rows = [*self._counts(), *self._about_trusts(), *self._about_hubs()]
        table = pd.DataFrame(rows, columns=["measure", "layer", *_THREE, "note"])
        for name in ("before", "after", "moved"):
            ends = [f"{name}_{end}" for end in _ENDS]
            table[name] = table[ends[1]]
        columns = [c for n in ("before", "after", "moved") for c in (n, f"{n}_low", f"{n}_high")]
        return sure(table[["measure", "layer", *columns, "note"]])

    def _counts(self) -> Iterator[tuple[Any, ...]]:
        real = [len(set(m.codes) & self._real) for m in (self.old, self.new)]
        both = len(set(self.old.codes) & set(self.new.codes) & self._real)
        ended, begun = (n - both for n in real)
        note = f"{ended} end{'s' * (ended == 1)}, {begun} begin{'s' * (begun == 1)}"
        yield _row("units", real[0], real[1], None, note)
        may = np.array([s.may_move for s in self._each])
        certain = np.array([s.moves for s in self._each])
        for what, note in (
            ("schools", "moved: schools in another unit after"),
            ("pupils", "moved: pupils of those schools; not known counts as none"),
        ):
            weight = self._weights[what].to_numpy()
            total = float(weight.sum())
            moved = Interval(float(weight[certain].sum()), float(weight[may].sum()))
            yield _row(what, total, total, moved, note)

    def _about_trusts(self) -> Iterator[tuple[Any, ...]]:
        several = self._spread[self._spread["schools"] > 1]
        n = len(several)
        found = self.trusts
        moved = found["moved_low"] if "moved_low" in found else found["moved"]
        touched_ = Interval(int((moved > 0).sum()), len(found))
        yield _row("trusts", n, n, touched_, "of two or more schools; moved: with such a school")
        one = [
            Interval(
                int((several[f"areas_{side}_high"] == 1).sum()),
                int((several[f"areas_{side}_low"] == 1).sum()),
            )
            for side in ("before", "after")
        ]
        yield _row("trusts_in_one_unit", one[0], one[1], None, "all schools that have a unit")
        for word, may, note in (
            ("split", "may split", "in one unit before, in several after"),
            ("joined", "may join", "in several units before, in one after"),
        ):
            sure = int((found["change"] == word).sum())
            most = sure + int(found["change"].str.contains(may).sum())
            yield _row(f"trusts_{word}", None, None, Interval(sure, most), note)
        home = [several[f"home_share_{side}"].mean() for side in ("before", "after")]
        note = "mean over trusts of the share of schools in the largest unit"
        yield _row("home_share", home[0], home[1], None, note)

    def _about_hubs(self) -> Iterator[tuple[Any, ...]]:
        weight = self._weights["schools"]
        moved = self.met_hubs
        for key, hub in self.hubs.items():
            sides = [
                compare(m, hub, weight).set_index("measure")["value"] for m in (self.old, self.new)
            ]
            part = self.partly.get(key, "")
            for name, word in _FITS.items():
                note = "; ".join(filter(None, (word, part)))
                if name == "homogeneity":
                    yield _row(name, sides[0][name], sides[1][name], None, note, key)
                else:
                    ends = [Interval(s[f"{name}_low"], s[f"{name}_high"]) for s in sides]
                    yield _row(_CALLED[name], ends[0], ends[1], None, note, key)
            mine = moved[moved["layer"] == key] if len(moved) else moved
            low = mine["moved_low"] if "moved_low" in mine else mine.get("moved", pd.Series())
            some = Interval(int((low > 0).sum()), len(mine))
            yield _row("hubs", None, None, some, "hubs with a school that moves", key)


_THREE = [f"{n}_{end}" for n in ("before", "after", "moved") for end in _ENDS]
#: What is told of a layer of hubs, from `geolls mismatch`: what it means.
_FITS = {
    "homogeneity": "how well the hub is known from the unit, 1 where no hub line crosses a unit",
    "splits": "units whose schools meet two hubs or more",
    "intersections": "pairs of a unit and a hub that have schools in common",
}
_CALLED = {"splits": "splits", "intersections": "hubs_met"}


def _row(
    measure: str,
    before: float | Interval | None,
    after: float | Interval | None,
    moved: float | Interval | None,
    note: str,
    layer: str = "",
) -> tuple[Any, ...]:
    ends = [
        (np.nan, np.nan) if v is None else v if isinstance(v, Interval) else (v, v)
        for v in (before, after, moved)
    ]
    return (measure, layer, *chain.from_iterable(ends), note)


def _some_of(ways: Sequence[tuple[str, str]], most: int) -> Iterator[tuple[tuple[str, str], ...]]:
    """Yield the sets of ways that some schools can take together: of one way at least."""
    return chain.from_iterable(combinations(ways, n) for n in range(1, most + 1))


def _claimants(members: Membership) -> list[tuple[str, ...]]:
    """Return the units that may have each item, sorted."""
    found: list[list[str]] = [[] for _ in range(len(members.items))]
    for item, unit, high in zip(members.item, members.unit, members.high, strict=True):
        if high > 0:
            found[item].append(members.codes[unit])
    return [tuple(sorted(units)) for units in found]


def _by_unit(members: Membership) -> list[dict[str, float]]:
    """Return the share that each unit has of each item."""
    found: list[dict[str, float]] = [{} for _ in range(len(members.items))]
    for item, unit, share in zip(members.item, members.unit, members.share, strict=True):
        found[item][members.codes[unit]] = float(share)
    return found


def sums_of(members: Membership, weight: pd.Series[float], name: str) -> pd.DataFrame:
    """Return what each unit has of a weight: by its shares, for sure, at most."""
    values: Floats = np.asarray(weight.reindex(members.items), dtype=float)
    return pd.DataFrame(
        {
            "unit_code": members.codes,
            "unit_name": members.names,
            name: members.weigh(values),
            f"{name}_low": members.weigh_by(members.low, values),
            f"{name}_high": members.weigh_by(members.high, values),
        }
    )


def sure(table: pd.DataFrame) -> pd.DataFrame:
    """Drop the ends of what is known, in every row."""
    known = [name.removesuffix("_low") for name in map(str, table) if name.endswith("_low")]
    sure = [
        n for n in known if n in table and not (table[f"{n}_high"] - table[f"{n}_low"]).max() > 1e-9
    ]
    return table.drop(columns=[f"{n}_{end}" for n in sure for end in _ENDS])


def reasons_last(table: pd.DataFrame, first: Any = False) -> pd.DataFrame:
    """Order units by name, those of `first` before all, reasons for having none last."""
    keys = {"reason": is_reason(table["unit_code"]), "late": ~(first | table["unit_code"].isna())}
    order = pd.DataFrame({**keys, "name": table["unit_name"]}, index=table.index)
    by = order.sort_values(["reason", "late", "name"]).index
    return table.loc[by].reset_index(drop=True)
