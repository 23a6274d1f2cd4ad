"""Propose other units of a layer: what lines would cost, keep, and at best could."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from geolls.base.arrays import Floats, Ints
from geolls.base.errors import UnknownNameError, UsageError
from geolls.base.files import write_bytes, write_text
from geolls.base.text import fold, suggest
from geolls.land.blocks import adjacency
from geolls.layers.scenario import BLOCK_DAY
from geolls.measures.distances import nearest
from geolls.measures.exact import INSTALL, Bound, polished, solver
from geolls.measures.listed import Every
from geolls.measures.mismatch import v_measure
from geolls.measures.realign import Ground, Links, facts, hold, kept_at_most, search
from geolls.study.core import Core

__all__ = ["BASES", "COSTS", "KINDS", "Realignment", "realign"]

BASES: Final = ("blocks", "local_authority", "district")
#: What may be kept together, and what of it is a link.
KINDS: Final[Mapping[str, str]] = {
    "trusts": "schools of one trust; a trust weighs as many as its schools",
    "authorities": "schools of one authority; an authority weighs as many as its schools",
    "travel": "a school and its five nearest schools; a school weighs 1",
}
#: What moving one school may cost, unless told.
COSTS: Final = (0.0, 0.03, 0.1, 0.17, 0.3, 1.0)
_NEAR: Final = 5
# Ordered pairs of areas that can be in one unit: with more, the relaxation takes hours.
_MOST: Final = 60_000


@dataclass(frozen=True)
class Realignment:
    """Groupings of areas into units, one for each cost of moving a school.

    Attributes
    ----------
    frontier : pandas.DataFrame
        One row for today (without a cost) and one per cost: what is kept, what moves, how good.
    units : pandas.DataFrame
        One row per cost and unit: cost, unit_code, unit_name, areas, schools, pupils,
        schools_stay.
    areas : pandas.DataFrame
        One row per cost and area: cost, area_code, area_name, unit_code, unit_name, schools.
    moves : pandas.DataFrame
        One row per cost, area that changes unit, and unit it comes from.
    title : str
        What was asked, in a line.
    told : tuple of str
        What is to be known of it, each in a line.
    """

    frontier: pd.DataFrame
    units: pd.DataFrame
    areas: pd.DataFrame
    moves: pd.DataFrame
    title: str
    told: tuple[str, ...]
    head: Mapping[str, str] = field(repr=False)

    def best(self) -> list[str]:
        """Say of each grouping how near it is to the best there can be."""
        rows = self.frontier.dropna(subset=["cost"]).to_dict("records")
        return [
            f"At {row['cost']:g} a school moved: objective {row['objective']:,.1f}; no grouping "
            f"has more than {row['bound']:,.1f} (gap {row['gap']:.1%})"
            for row in rows
        ]

    def write(self, folder: Path) -> list[Path]:
        """Write each grouping that moves anything as a scenario: `realigned_<layer>_<cost>.toml`.

        Its table has the areas that move; one that joins units which share land goes to the first.
        """
        written = []
        for cost, moved in self.moves.groupby("cost"):
            table = self.areas[self.areas["cost"] == cost].drop(columns=["cost", "schools"])
            table = table[table["area_code"].isin(moved["area_code"])]
            for column, sign in (("unit_code", "+"), ("unit_name", " + ")):
                table[column] = [text.partition(sign)[0] for text in table[column]]
            row = self.frontier[self.frontier["cost"] == cost].iloc[0]
            stem = f"realigned_{self.head['base']}_{cost:g}".replace(".", "_")
            note = (
                f"Nobody proposes this: found by geolls realign. {self.title}; moving a school "
                f"costs {cost:g}. {row['schools_moved']:,.0f} schools move; "
                f"{row['kept_share']:.1%} of links are kept; at most {row['gap']:.1%} under "
                "the best possible."
            )
            keys = {**self.head, "title": f"{self.head['title']}, a school's move at {cost:g}"}
            lines = [f"{key} = {_quoted(text)}" for key, text in {**keys, "note": note}.items()]
            text = "\n".join([*lines, 'confidence = "low"', "", "[[moves]]", f'use = "{stem}.csv"'])
            write_bytes(
                folder / f"{stem}.csv",
                table.to_csv(index=False).encode(),
            )
            write_text(folder / f"{stem}.toml", f"{text}\n")
            written.append(folder / f"{stem}.toml")
        return written


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def realign(
    study: Core,
    name: str,
    *,
    basis: str = "blocks",
    units: int | None = None,
    size: tuple[int | None, int | None] | None = None,
    keep: Mapping[str, float] | None = None,
    moves: Sequence[float] = COSTS,
    bridges: Iterable[tuple[str, str]] = (),
    seed: int = 2022,
    progress: Callable[[str, int, int | None], None] | None = None,
) -> Realignment:
    """Group areas anew into the units of a layer; see `geolls.api.Study.realign`."""
    wanted = _asked(basis, keep, moves)
    if seed < 0:
        raise UsageError(f"{seed} is no seed", where="--seed", fix="give 0 or more")
    land = _Land(study, name, basis, bridges)
    links = {kind: _links(study, kind, land.schools) for kind in wanted}
    between = {kind: each.between(land.area, land.n) for kind, each in links.items()}
    whole = sum(wanted[kind] * links[kind].total for kind in wanted)
    joined: Floats = sum((w * between[kind] for kind, w in wanted.items()), np.zeros((land.n,) * 2))
    inside = float(np.trace(joined))
    np.fill_diagonal(joined, 0.0)
    now = land.today.sum(axis=0)
    band = size or (None, None)
    low, high = (
        int(given if given is not None else end)
        for given, end in zip(band, (np.floor(now.min()), np.ceil(now.max())), strict=True)
    )
    ground = Ground(
        land.names,
        land.count,
        land.today,
        joined,
        land.borders,
        units or land.today.shape[1],
        low,
        high,
    )
    if units is not None and units < 1:
        hold(Ground(**{**vars(ground), "units": units}))
    hold(ground)
    exact = solver()
    every = Every(ground) if exact else None
    bound = Bound(ground) if exact and not every and ground.together.sum() <= _MOST else None
    found: dict[float, Ints] = {}
    limits: dict[float, float] = {}
    for at, cost in enumerate(sorted(set(moves), reverse=True)):
        unit = search(ground, cost, list(found.values())[-1:], seed=seed, brief=bool(every))
        if every:
            found[cost], limits[cost] = every.best(cost, unit)
        else:
            found[cost] = polished(ground, unit, cost) if exact else unit
            limits[cost] = kept_at_most(ground, cost)
            if bound:
                limits[cost] = min(limits[cost], bound.above(cost))
        if progress:
            progress("Groupings", at + 1, len(set(moves)))
    said = _Said(study, land, ground, links, wanted, whole, inside)
    rows = [said.today()]
    tables: dict[str, list[pd.DataFrame]] = {"units": [], "areas": [], "moves": []}
    for cost in sorted(found):
        row, parts = said.of(found[cost], cost, limits[cost])
        rows.append(row)
        for key, table in parts.items():
            table.insert(0, "cost", cost)
            tables[key].append(table)
    layer = study.layer(name)
    of = "blocks" if basis == "blocks" else study.layer(basis).unit_title_plural.lower()
    word = " and ".join(f"{k} ({w:g})" if len(wanted) > 1 else k for k, w in wanted.items())
    many = "units" if ground.units > 1 else "unit"
    title = (
        f"{layer.unit_title_plural} realigned: {ground.units} {many} of {low} to {high} schools "
        f"from {land.n} {of}; links of {word} are kept"
    )
    told = list(land.told)
    if every:
        told.append(f"Every unit that could be is listed, to choose from: {every.number:,}")
    elif exact and bound is None and any(row["gap"] > 0 for row in rows):
        told.append("The bound is rough: too many areas can be in one unit for a tighter one")
    if not exact:
        told.append(f"The bound is rough, and no window was made exact: for HiGHS, {INSTALL}")
    head = {
        "title": f"{layer.unit_title_plural} realigned",
        "base": layer.key,
        "as_of": study.as_of.isoformat(),
        "unit_title": f"{layer.unit_title}, realigned",
        "unit_title_plural": f"{layer.unit_title_plural}, realigned",
        "source": f"Worked out here: geolls realign, from {study.register.label}",
        "source_date": study.as_of.isoformat(),
        "licence": "Open Government Licence v3.0",
    }
    frames = {key: pd.concat(parts, ignore_index=True) for key, parts in tables.items()}
    return Realignment(pd.DataFrame(rows), **frames, title=title, told=tuple(told), head=head)


def _asked(
    basis: str, keep: Mapping[str, float] | None, moves: Sequence[float]
) -> dict[str, float]:
    """Return what is to be kept and how much it weighs; refuse what cannot be meant."""
    if basis not in BASES:
        raise UsageError(f"{basis!r} is none of {', '.join(BASES)}", where="--basis")
    wanted = dict(keep or {"trusts": 1.0})
    for kind, weight in wanted.items():
        if kind not in KINDS:
            fix = suggest(kind, KINDS) or f"there are {', '.join(KINDS)}"
            raise UsageError(f"nothing called {kind!r} can be kept", where="--keep", fix=fix)
        if not 0 <= weight < np.inf:
            raise UsageError(f"{weight} is no weight", where="--keep", fix="give 0 or more")
    if not any(wanted.values()):
        raise UsageError("nothing is to be kept", where="--keep", fix="give trusts=1")
    if not moves or not all(0 <= cost < np.inf for cost in moves):
        raise UsageError("a move costs 0 or more", where="--moves", fix="as in: --moves 0,0.1,1")
    return {kind: weight for kind, weight in wanted.items() if weight}


def _links(study: Core, kind: str, schools: pd.DataFrame) -> Links:
    """Return the links of one kind between these schools, by their positions."""
    if kind == "trusts":
        return Links.of_groups(np.asarray(pd.factorize(schools["trust_uid"])[0], dtype=np.intp))
    if kind == "authorities":
        who = study.membership("local_authority").sets
        unit = np.full(len(who.items), -1, dtype=np.intp)
        unit[who.item] = np.where(who.outside[who.unit], -1, who.unit)
        return Links.of_groups(unit[who.items.get_indexer(pd.Index(schools["urn"]))])
    own = np.arange(len(schools))
    # An estimate cannot tell next door from the next village: who is nearest is asked of the line.
    if study.travel is not None and not study.travel.least:
        at, _ = study.travel.nearest(schools["urn"], schools["urn"], _NEAR, own)
    else:
        xy = schools[["easting", "northing"]].to_numpy(dtype=float)
        at, _ = nearest(xy, xy, _NEAR, own)
    first, second = np.repeat(own, at.shape[1]), at.ravel()
    known = second >= 0
    number = np.maximum((at >= 0).sum(axis=1), 1)
    return Links(first[known], second[known], 1 / number[first[known]])


class _Land:
    """The areas of a basis: their schools, who has them today, what hangs together."""

    def __init__(
        self, study: Core, name: str, basis: str, bridges: Iterable[tuple[str, str]]
    ) -> None:
        layer = study.layer(name)
        if not layer.has_land:
            raise UsageError(
                f"{layer.key} is made of {layer.kind}, not of land",
                where="realign",
                fix="name a layer of land, as teaching_school_hub",
            )
        blocks = study.blocks.sort_index()
        self.told: list[str] = []
        claims = study.membership(name, "area").over(blocks.index)
        codes, names, units = self._joined(layer.unit_title_plural, claims)
        share = np.zeros((len(blocks), len(codes)))
        inner = ~claims.outside[claims.unit]
        np.add.at(share, (claims.item[inner], units[claims.unit[inner]]), claims.share[inner])
        held = share.sum(axis=1) > 0
        if not held.any():
            raise UsageError(f"{layer.key} has no land on {study.as_of}", where="realign")
        kept = np.flatnonzero(np.asarray(share.sum(axis=0) > 0))
        self.codes, self.unit_names = codes[kept], names[kept]
        key, called = self._areas(study, basis, blocks.index)
        inside = np.isin(key, key[held])
        mine, self.area_of_block = np.unique(key[inside], return_inverse=True)
        self.n, self.area_codes = len(mine), mine
        self.names = [called[code] for code in mine]
        of_block = np.full(len(blocks), -1, dtype=np.intp)
        of_block[inside] = self.area_of_block
        block = pd.Index(blocks.index).get_indexer(
            study.placement.schools.set_index("urn")["block"].reindex(study.schools["urn"]).array
        )
        area = np.where(block >= 0, of_block[block], -1)
        here = area >= 0
        self.schools = study.schools[here].reset_index(drop=True)
        self.area = np.asarray(area[here], dtype=np.intp)
        self.pupils = study.weights("pupils").to_numpy()[here]
        self.count = np.bincount(self.area, minlength=self.n).astype(np.intp)
        by_school = share[block[here]][:, kept]
        # What of an area no unit has today is its own: nobody loses it.
        self.today, self.today_pupils = (np.zeros((self.n, len(kept))) for _ in range(2))
        np.add.at(self.today, self.area, by_school)
        np.add.at(self.today_pupils, self.area, by_school * self.pupils[:, None])
        self.borders = self._borders(blocks, of_block, bridges)
        lost, away = int((block < 0).sum()), int(((block >= 0) & ~here).sum())
        if lost:
            self.told.append(f"{lost:,} schools without a usable location take no part")
        if away:
            self.told.append(
                f"{away:,} schools on land that is in no {layer.unit_title} take no part"
            )

    def _joined(self, called: str, claims: Any) -> tuple[Any, Any, Ints]:
        """Return the units, those that share land without a line as one, and each one's number."""
        n = len(claims.codes)
        number = np.arange(n)
        several = (claims.claims[claims.item] > 1) & ~claims.stated & ~claims.outside[claims.unit]
        for item in np.unique(claims.item[several]):
            units = number[claims.unit[several & (claims.item == item)]]
            number[np.isin(number, units)] = units.min()
        first, unit = np.unique(number, return_inverse=True)
        codes, names = [], []
        for at in first:
            members = np.flatnonzero(number == at)
            codes.append("+".join(claims.codes[m] for m in members))
            names.append(" + ".join(claims.names[m] for m in members))
            if len(members) > 1:
                who = " and ".join(claims.names[m] for m in members)
                self.told.append(f"{who} list the same land, and no line is to hand: one unit here")
        if len(first) == 1 and n > 1:
            raise UsageError(f"all {called} share land with no line to hand", where="realign")
        return np.array(codes, dtype=object), np.array(names, dtype=object), unit.astype(np.intp)

    def _areas(self, study: Core, basis: str, blocks: Any) -> tuple[Any, dict[str, str]]:
        """Return the area of each block by its code, and the names of areas."""
        if basis == "blocks":
            alive = study.areas.alive("district", BLOCK_DAY)
            code = {b: a.code for a in alive for b in a.blocks}
            keys = [code.get(str(b), str(b)) for b in blocks]
            self.codes_as_of = BLOCK_DAY.isoformat()
            named = study.block_names
            return np.array(keys, dtype=object), {
                k: named[str(b)] for k, b in zip(keys, blocks, strict=True)
            }
        who = study.membership(basis, "area").sets.over(blocks)
        self.codes_as_of = study.as_of.isoformat()
        label = np.array(who.codes, dtype=object)[who.unit[who.first]]
        return label, dict(zip(who.codes, who.names, strict=True))

    def _borders(self, blocks: Any, area: Ints, bridges: Iterable[tuple[str, str]]) -> Ints:
        """Return which areas hang together; tell which do across water."""
        import shapely

        pairs = adjacency(blocks)
        shapes = blocks.geometry.to_numpy()
        dry = shapely.intersects(shapes[pairs[:, 0]], shapes[pairs[:, 1]])
        ends = area[pairs]
        apart = (ends[:, 0] != ends[:, 1]) & (ends >= 0).all(axis=1)
        land = {tuple(sorted(p)) for p in ends[apart & dry].tolist()}
        water = {tuple(sorted(p)) for p in ends[apart & ~dry].tolist()} - land
        stated = (
            {tuple(sorted((self._called(a), self._called(b)))) for a, b in bridges} - land - water
        )
        for what, crossings in (("Islands hang on by", water), ("Bridges as given", stated)):
            if crossings:
                said = "; ".join(
                    f"{self.names[a]} to {self.names[b]}" for a, b in sorted(crossings)
                )
                self.told.append(f"{what}: {said}")
        whole = sorted(p for p in land | water | stated if p[0] != p[1])
        return np.array(whole, dtype=np.intp).reshape(-1, 2)

    def _called(self, text: str) -> int:
        hits = [
            at
            for at, (code, name) in enumerate(zip(self.area_codes, self.names, strict=True))
            if text.strip() == code or fold(text) == fold(name)
        ]
        if len(hits) == 1:
            return hits[0]
        fix = suggest(text, self.names) or f"as in: --bridge {self.names[0]}:{self.names[1]}"
        raise UnknownNameError(f"no area is called {text.strip()!r}", where="--bridge", fix=fix)


@dataclass
class _Said:
    """Says of a grouping what is so, from the schools up: nothing of what the search believes."""

    study: Core
    land: _Land
    ground: Ground
    links: Mapping[str, Links]
    wanted: Mapping[str, float]
    whole: float
    inside: float

    def __post_init__(self) -> None:
        who = self.study.membership("local_authority").sets
        at = who.first[who.items.get_indexer(pd.Index(self.land.schools["urn"]))]
        self.authority = who.unit[at]
        self.authorities = len(who.codes)

    def _row(self, unit: Ints, of_school: Ints, sizes: Any, pieces: int) -> dict[str, Any]:
        kept = {kind: each.kept(of_school) for kind, each in self.links.items()}
        total = sum(self.wanted[kind] * kept[kind] for kind in kept)
        with_authority = np.zeros((int(of_school.max()) + 1, self.authorities))
        known = of_school >= 0
        np.add.at(with_authority, (of_school[known], self.authority[known]), 1)
        with_today = np.zeros((len(with_authority), self.land.today.shape[1]))
        np.add.at(with_today, unit, self.land.today)
        row: dict[str, Any] = {
            "cost": np.nan,
            "kept_share": total / self.whole if self.whole else np.nan,
        }
        for kind, each in self.links.items():
            row[f"kept_{kind}"] = kept[kind] / each.total if each.total else np.nan
        row |= dict.fromkeys(("schools_moved", "pupils_moved", "areas_moved"), 0)
        row |= {"units": len(sizes), "units_in_pieces": pieces, "contiguous": not pieces}
        row |= {"schools_least": sizes.min(), "schools_most": sizes.max()}
        row |= {"v_today": v_measure(with_today), "v_authorities": v_measure(with_authority)}
        return row | dict.fromkeys(("objective", "bound", "gap"), np.nan)

    def today(self) -> dict[str, Any]:
        """Return the row of today's units, as areas lie in them, most of each area counting."""
        unit = self.land.today.argmax(axis=1)
        piece = self.ground.pieces(unit)
        pieces = sum(len(set(piece[unit == u])) > 1 for u in set(unit.tolist()))
        return self._row(unit, unit[self.land.area], self.land.today.sum(axis=0), pieces) | {
            "v_today": 1.0
        }

    def of(self, unit: Ints, cost: float, limit: float) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the row of a grouping, and its tables; refuse one that is not as it must be."""
        land, ground = self.land, self.ground
        found, owner = facts(ground, unit), ground.named(unit)
        row = self._row(unit, unit[land.area], found.sizes, found.pieces - ground.units)
        total = row["kept_share"] * self.whole
        objective = total - self.inside - cost * found.moved
        sound = (
            found.pieces == ground.units == len(set(unit.tolist()))
            and ground.low <= found.sizes.min() <= found.sizes.max() <= ground.high
            and abs(total - self.inside - found.kept) < 1e-6 * max(self.whole, 1)
            and objective <= limit + 1e-6 * max(abs(limit), 1)
        )
        if not sound:
            raise RuntimeError(f"the grouping at {cost:g} is not what it was found to be")
        limit = max(limit, objective)  # but for the last digits it is no less
        codes, names = self._names(unit, owner)
        stay_pupils = np.hstack([land.today_pupils, np.zeros((land.n, 1))])[
            np.arange(land.n), owner[unit]
        ]
        kept_here = ground.staying(owner)[np.arange(land.n), unit]
        moving = land.count - kept_here > 1e-9
        pupils = np.bincount(land.area, land.pupils, minlength=land.n)
        row |= {
            "cost": cost,
            "schools_moved": round(found.moved, 6),
            "pupils_moved": round(float(pupils.sum() - stay_pupils.sum()), 6),
            "areas_moved": int(moving.sum()),
            "objective": objective,
            "bound": limit,
            "gap": (limit - objective) / limit if limit > 0 else np.nan,
        }
        areas = pd.DataFrame(
            {
                "area_code": land.area_codes,
                "area_name": land.names,
                "unit_code": codes[unit],
                "unit_name": names[unit],
                "schools": land.count,
                "codes_as_of": land.codes_as_of,
            }
        )
        by_unit = areas.assign(pupils=pupils, schools_stay=kept_here).groupby(
            ["unit_code", "unit_name"]
        )
        units = by_unit.agg(
            areas=("area_code", "size"),
            schools=("schools", "sum"),
            pupils=("pupils", "sum"),
            schools_stay=("schools_stay", "sum"),
        ).reset_index()
        return row, {
            "units": units,
            "areas": areas,
            "moves": self._moves(unit, owner, codes, names),
        }

    def _names(self, unit: Ints, owner: Ints) -> tuple[Any, Any]:
        """Return the code and the name of each unit: of today, or new and named after an area."""
        codes, names, new = [], [], 0
        for at, of in enumerate(owner.tolist()):
            if of >= 0:
                codes.append(self.land.codes[of])
                names.append(self.land.unit_names[of])
                continue
            new += 1
            mine = np.flatnonzero(unit == at)
            chief = mine[self.land.count[mine].argmax()]
            codes.append(f"new-{new}")
            names.append(f"Around {self.land.names[chief]}")
        return np.array(codes, dtype=object), np.array(names, dtype=object)

    def _moves(self, unit: Ints, owner: Ints, codes: Any, names: Any) -> pd.DataFrame:
        land = self.land
        leaves = land.today.copy()
        of = owner[unit]
        leaves[np.flatnonzero(of >= 0), of[of >= 0]] = 0
        area, before = np.nonzero(leaves > 1e-9)
        return pd.DataFrame(
            {
                "area_code": land.area_codes[area],
                "area_name": np.array(land.names, dtype=object)[area],
                "from_code": land.codes[before],
                "from_name": land.unit_names[before],
                "to_code": codes[unit[area]],
                "to_name": names[unit[area]],
                "schools": leaves[area, before],
                "pupils": land.today_pupils[area, before],
            }
        )
