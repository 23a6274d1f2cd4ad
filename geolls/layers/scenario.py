"""What if: a layer made from another by stated moves, in a file of a few lines.

A scenario names its base and the moves in order: merge units, move areas to a unit, split a unit
along another layer, use a table of areas and units. What comes of it is a layer like any other.
"""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from geolls.base.errors import CatalogueError, GeollsError, InputFileError, UnknownNameError
from geolls.base.schema import Toml, among, check, load, named
from geolls.base.shelves import shelf
from geolls.base.text import day, fold, slug, suggest
from geolls.base.vocabulary import TAKEN
from geolls.layers.areas import Areas, beyond, now_in
from geolls.layers.evidence import unchecked
from geolls.layers.expand import BlockClaim, expand
from geolls.layers.model import CONFIDENCES, EXTENTS, Claim, Layer, Problem, Unit, evidence_span
from geolls.layers.reader import POLYGON_FILES, SPAN_FIX, read_members
from geolls.layers.settle import settle

__all__ = [
    "NOT_FOUND",
    "Move",
    "ReadScenario",
    "Scenario",
    "Step",
    "is_scenario",
    "named_scenarios",
    "read_scenario",
    "scenarios_in",
    "shipped",
    "steps_table",
    "template",
]

#: The day on which every block was a district: by its code of then a block is always known.
BLOCK_DAY: Final = date(2018, 6, 1)
SHOWN: Final = 4  # names in one line
#: What is decided and has no scenario, and why.
NOT_FOUND: Final = (
    "Hertfordshire is to have four councils from 1 April 2028; which districts go to which was not "
    "found, so there is no scenario of it. What becomes of the rest of Devon was not found."
)
_WHOLE: Final = "and a scenario moves whole districts"
_DRAWN: Final = (
    'move a part of each district it cuts, with extent = "part", or give the drawing as a layer of '
    "polygons to geolls scenario compare, with --boundaries"
)
_VERBS: Final = ("merge", "move", "split", "use")
#: What each move needs, and what it may have.
_WITH: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "merge": (("as",), ()),
    "move": (("to", "as"), ("extent", "share")),
    "split": (("along",), ()),
    "use": ((), ()),
}


@dataclass(frozen=True, slots=True)
class Move:
    """One move of a scenario: one of merge, move, split, use, and what goes with it."""

    merge: tuple[str, ...] = ()
    move: tuple[str, ...] = ()
    split: str = ""
    use: str = ""
    name: str = field(default="", metadata=named("as"))
    to: str = ""
    along: str = ""
    extent: str = field(default="whole", metadata=among(EXTENTS))
    share: float | None = None
    source: str = ""
    source_date: str = ""
    confidence: str = field(default="", metadata=among(("", *CONFIDENCES)))


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a scenario file holds."""

    title: str
    base: str
    moves: tuple[Any, ...]
    as_of: date | None = None
    key: str = ""
    source: str = ""
    source_date: str = ""
    source_url: str = ""
    licence: str = ""
    confidence: str = field(default="medium", metadata=among(CONFIDENCES))
    note: str = ""
    caption: str = ""
    unit_title: str = ""
    unit_title_plural: str = ""


class Step(NamedTuple):
    """What one move did to one block: who had it, and who has it then."""

    move: int
    verb: str
    block: str
    area: str
    before: tuple[str, ...]
    after: tuple[str, ...]


class ReadScenario(NamedTuple):
    """A scenario read: its layer where it is sound, every fault and note, what each move did."""

    layer: Layer | None
    problems: tuple[Problem, ...]
    steps: tuple[Step, ...] = ()
    names: Mapping[str, str] = {}
    on: date | None = None


@cache
def shipped() -> Mapping[str, Path]:
    """Return the files of the scenarios that come with geolls, by key."""
    return {path.stem: path for path in sorted((shelf("boundaries") / "scenarios").glob("*.toml"))}


def named_scenarios(names: Iterable[str]) -> dict[str, Path]:
    """Return which of some words name a scenario, a file or one that comes with geolls."""
    found: dict[str, Path] = {}
    for name in names:
        key = re.sub(r"[\s-]+", "_", name.strip().casefold())
        if name.endswith(".toml") and is_scenario(Path(name)):
            found[name] = Path(name)
        elif key in shipped():
            found[name] = shipped()[key]
    return found


def scenarios_in(path: Path) -> list[Path]:
    """Return the scenario files that a path means: itself, whatever it holds, or in a folder."""
    with contextlib.suppress(OSError):  # a name that is too long; a folder that may not be read
        if path.suffix.lower() == ".toml" and path.is_file():
            return [path]
        return [file for file in sorted(path.glob("*.toml")) if is_scenario(file)]
    return []


def is_scenario(path: Path) -> bool:
    """Tell a scenario from other files of TOML: it has a base."""
    try:
        return path.is_file() and "base" in load(path).holds
    except (InputFileError, OSError):
        return False


def read_scenario(
    path: Path,
    find: Callable[[str], Layer],
    on: date,
    areas: Areas,
    above: tuple[Path, ...] = (),
) -> ReadScenario:
    """Read a scenario file and make its layer.

    Parameters
    ----------
    path : pathlib.Path
        A TOML file; `title`, `base` and `moves` are needed.
    find : callable
        Returns the layer of a name.
    on : datetime.date
        The study's day, on which the base is read where the file names no other.
    areas : Areas
        The succession table.
    above : tuple of pathlib.Path, optional
        Scenarios that have this one for their base.

    Returns
    -------
    ReadScenario
        Reading goes on past faults; with an error there is no layer.
    """
    problems: list[Problem] = []
    try:
        toml = load(path)
    except InputFileError as error:
        return ReadScenario(None, (Problem(path.name, None, None, error.message, error.fix),))
    stated, faults = check(Scenario, toml)
    problems += [Problem(path.name, f.line, f.key, f.message, f.fix) for f in faults]
    if faults:
        return ReadScenario(None, tuple(problems))
    said = Scenario(**stated)
    moves = list(_moves(toml, said.moves, problems))
    at = said.as_of or on
    key = re.sub(r"[^\w]+", "_", (said.key or path.stem).casefold()).strip("_")
    for wrong, message, fix in _beyond(said, key):
        if wrong:
            problems.append(Problem(path.name, None, None, message, fix))
    try:
        base = _base(said.base, find, at, areas, (*above, path))
        if base.kind != "areas":
            fix = "take a base of areas, as local_authority, district or teaching_school_hub"
            raise CatalogueError(f"{base.key} is made of {base.kind}, {_WHOLE}", fix=fix)
        ground = _Ground(said, path.parent, base, at, areas, find)
    except GeollsError as error:
        problems.append(Problem(path.name, toml.line("base"), "base", error.message, error.fix))
        return ReadScenario(None, tuple(problems))
    for number, row, move in moves:
        told: list[Problem] = []
        ground.make(number, move, told)
        problems += [p if p.file else replace(p, file=path.name, row=p.row or row) for p in told]
    if any(p.severity == "error" for p in problems):
        return ReadScenario(None, tuple(problems), tuple(ground.steps), ground.names, at)
    problems += [replace(p, file=path.name) for p in ground.left()]
    if at != on:
        late = unchecked([base], at)
        message = f"its base is read on {day(at)}, the study is of {day(on)}"
        message += f"; {late}" if late else ""
        problems.append(Problem(path.name, None, "as_of", message, severity="warning"))
    layer = _layer(path, key, said, base, ground, at)
    warned = tuple(p for p in problems if p.severity == "warning")
    return ReadScenario(
        replace(layer, told=warned), tuple(problems), tuple(ground.steps), ground.names, at
    )


def _base(
    name: str, find: Callable[[str], Layer], on: date, areas: Areas, above: tuple[Path, ...]
) -> Layer:
    """Return the layer that a scenario changes; a scenario that comes with geolls will do."""
    try:
        return find(name)
    except CatalogueError:
        path = named_scenarios([name]).get(name)
        if path is None:
            raise
    if path.resolve() in {each.resolve() for each in above}:
        raise CatalogueError(f"{name} has itself for its base", fix="name another layer")
    made = read_scenario(path, find, on, areas, above)
    if made.layer is None:
        first = next(p for p in made.problems if p.severity == "error")
        raise CatalogueError(first.message, fix=first.fix)
    return made.layer


def _moves(
    toml: Toml, given: Sequence[Any], problems: list[Problem]
) -> Iterator[tuple[int, int | None, Move]]:
    """Yield each move that can be read, with its number and its line; one name is a list of one."""
    heads = re.finditer(r"^\s*\[\[\s*moves\s*\]\]", toml.text, re.MULTILINE)
    rows = [toml.text.count("\n", 0, found.end()) + 1 for found in heads]
    for number, holds in enumerate(given, 1):
        row = rows[number - 1] if number <= len(rows) else None
        if not isinstance(holds, dict):
            fix = "write [[moves]], then merge, move, split or use below it"
            problems.append(Problem(toml.path.name, row, None, "moves is no list of moves", fix))
            return
        many = ("merge", "move")
        held = {k: [v] if k in many and isinstance(v, str) else v for k, v in holds.items()}
        stated, faults = check(Move, toml._replace(holds=held))
        problems += [
            Problem(toml.path.name, row, f.key, f"move {number}: {f.message}", f.fix)
            for f in faults
        ]
        if not faults:
            yield number, row, Move(**stated)


def _beyond(said: Scenario, key: str) -> Iterator[tuple[bool, str, str | None]]:
    """Yield what is wrong with a scenario beyond the type of each key."""
    yield not key, "the file's name has no letter to make a key of", "rename it, or state a key"
    yield key in TAKEN, f"{key!r} is the name of a column of every table", "state another key"
    yield not said.moves, "no moves", "add [[moves]], as `geolls scenario new` shows"
    dated = not said.source_date or evidence_span(said.source_date) is not None
    yield (
        not dated,
        f"source_date {said.source_date!r} does not say when the source spoke",
        SPAN_FIX,
    )


def _layer(path: Path, key: str, said: Scenario, base: Layer, ground: _Ground, at: date) -> Layer:
    units: dict[str, Unit] = {}
    claims = []
    for block, held in sorted(ground.held.items()):
        for code, c in sorted(held.items()):
            units.setdefault(code, Unit(code, ground.names[code]))
            alone = len(held) == 1 and c.extent == "whole"
            claims.append(
                Claim(
                    unit_code=code,
                    area_code=block,
                    area_name=ground.block_names[block],
                    urn="",
                    postcode="",
                    codes_as_of=BLOCK_DAY,
                    valid_from=None,
                    valid_to=None,
                    extent=c.extent,
                    part="",
                    share=c.share if c.stated and not alone else None,
                    source=c.source,
                    source_date=str(c.source_date or base.source_date),
                    confidence=c.confidence,
                    row=0,
                )
            )
    return Layer(
        title=said.title,
        source=said.source or f"scenario {path.name}",
        key=key,
        unit_title=said.unit_title or f"{base.unit_title} ({said.title})",
        unit_title_plural=said.unit_title_plural or f"{base.unit_title_plural} ({said.title})",
        aliases=tuple(dict.fromkeys((path.stem, str(path), str(path.resolve())))),
        kind="areas",
        tiling=base.tiling,
        complete=base.complete,
        source_url=said.source_url,
        source_date=said.source_date or at.isoformat(),
        licence=said.licence or base.licence,
        confidence=said.confidence,
        note=said.note,
        caption=said.caption,
        base=base.base or base.key,
        folder=path,
        claims=tuple(claims),
        units=units,
    )


class _Ground:
    """The land of a base as the moves leave it: who holds each block, and what each move did."""

    def __init__(
        self,
        said: Scenario,
        folder: Path,
        base: Layer,
        on: date,
        areas: Areas,
        find: Callable[[str], Layer],
    ) -> None:
        self.said, self.base, self.on, self.areas, self.find = said, base, on, areas, find
        self.folder = folder
        # Evidence of a claim that a move makes: source, when it spoke, confidence.
        self.evidence = ("", "", "")
        self.held: dict[str, dict[str, BlockClaim]] = defaultdict(dict)
        self.names: dict[str, str] = {}
        for claim in expand(base, on, areas):
            self.held[claim.block][claim.unit_code] = claim
            self.names[claim.unit_code] = claim.unit_name
        if not self.held:
            raise CatalogueError(
                f"{base.key} has no land on {on}",
                fix=f"it runs from {base.valid_from} to {base.valid_to or 'today'}: set as_of",
            )
        self.block_names = {
            a.blocks[0]: a.name for a in areas.alive("district", BLOCK_DAY) if len(a.blocks) == 1
        }
        self.now = ""
        self.steps: list[Step] = []
        self.given: dict[str, int] = {}
        # Units that are merged or split, and by which move.
        self.spent: dict[str, str] = {}

    def make(self, number: int, move: Move, told: list[Problem]) -> None:
        """Make one move, and note what is wrong with it or worth saying of it."""
        verbs = [v for v in _VERBS if getattr(move, v)]
        if len(verbs) != 1:
            has = f"has {' and '.join(verbs)}" if verbs else "says nothing to do"
            told.append(_told(f"move {number} {has}", f"write one of {', '.join(_VERBS)}"))
            return
        verb, self.now = verbs[0], f"move {number}"
        for text in (*move.merge, *move.move, move.split, move.use, move.along):
            if Path(text).suffix.lower() in POLYGON_FILES:
                told.append(_told(f"move {number}: {text!r} is a drawing, {_WHOLE}", _DRAWN))
                return
        needs, may = _WITH[verb]
        words = {"as": move.name, "to": move.to, "along": move.along, "share": move.share}
        words["extent"] = move.extent if move.extent != "whole" else ""
        if (share := move.share) is not None:
            move = replace(move, extent="part")
            if not 0 < share < 1:
                fix = "write a number above 0 and below 1, or leave it out"
                told.append(_told(f"move {number}: {share:g} is no share", fix))
                return
        stray = [k for k, v in words.items() if v and k not in (*needs, *may)]
        lacking = bool(needs) and not any(words[k] for k in needs)
        if stray or lacking or (move.to and move.name):
            fix = f"write it with {' or '.join(needs)}" if needs else "leave it out"
            which = stray[0] if stray else "to and as" if not lacking else ""
            message = f"move {number}: {verb} {f'takes no {which}' if which else 'lacks a word'}"
            told.append(_told(message, fix))
            return
        said = self.said
        self.evidence = (
            move.source or said.source or said.title,
            move.source_date or said.source_date or self.on.isoformat(),
            move.confidence or said.confidence,
        )
        try:
            changes = dict(getattr(self, f"_{verb}")(move, told))
        except (UnknownNameError, CatalogueError) as error:
            told.append(_told(f"move {number}: {error.message}", error.fix))
            return
        if any(p.severity == "error" for p in told):
            return
        done = {
            block: held for block, held in changes.items() if _sets(held) != _sets(self.held[block])
        }
        if not done and not told:
            told.append(_told(f"move {number} does nothing: it is so already", None, "warning"))
        if verb in ("move", "use") and move.extent == "whole":
            twice = [block for block in done if block in self.given]
            for earlier in dict.fromkeys(self.given[block] for block in twice):
                which = self._blocks(b for b in twice if self.given[b] == earlier)
                message = f"move {number} moves {which} again, after move {earlier}"
                told.append(_told(message, "the later one holds", "warning"))
        for block, held in sorted(done.items()):
            before = tuple(sorted(self.held[block]))
            name, after = self.block_names[block], tuple(sorted(held))
            self.steps.append(Step(number, verb, block, name, before, after))
            self.held[block] = held
            if verb in ("move", "use"):
                self.given[block] = number

    def left(self) -> Iterator[Problem]:
        """Yield which units the moves leave without land, but for those merged or split."""
        there = {code for held in self.held.values() for code in held}
        gone = sorted(self.names[code] for code in self.names.keys() - there - self.spent.keys())
        if gone:
            n, shown = len(gone), ", ".join(gone[:SHOWN])
            more = f" and {n - SHOWN} more" if n > SHOWN else ""
            are = "is" if n == 1 else "are"
            yield _told(
                f"{shown}{more} {are} left without land, and no unit any more", None, "note"
            )

    # -- the four moves: each yields blocks and who holds them then

    def _merge(self, move: Move, told: list[Problem]) -> Iterator[tuple[str, dict[str, Any]]]:
        named = list(map(self._unit, move.merge))
        codes = list(dict.fromkeys(named))
        for code in (c for c in codes if named.count(c) > 1):
            message, weight = f"merge names {self.names[code]} twice", "warning"
            told.append(_told(message, "leave one of them out", weight))
        if len(codes) < 2:
            told.append(_told(f"merge names {len(codes)} unit", "name two or more"))
            return
        target = self._new(move.name, codes)
        self.spent |= dict.fromkeys(codes, f"merged into {move.name} by {self.now}")
        for block, held in list(self.held.items()):
            if held.keys() & set(codes):
                yield block, self._renamed(held, codes, target)

    def _move(self, move: Move, told: list[Problem]) -> Iterator[tuple[str, dict[str, Any]]]:
        # The land is looked up before a unit of the new name is there.
        meant = [(text, *self._land(text)) for text in move.move]
        target = self._unit(move.to) if move.to else self._new(move.name)
        seen: dict[str, str] = {}
        for text, blocks, unit in meant:
            if again := [b for b in blocks if b in seen]:
                which = self._blocks(again)
                told.append(_told(f"{which} is named twice", "leave one of them out", "warning"))
            for block in blocks:
                seen[block] = text
                held = self.held[block]
                if unit:
                    yield block, self._renamed(held, [unit], target)
                elif move.extent == "whole":
                    yield block, {target: self._claim(target, block)}
                else:
                    yield block, self._part(held, target, block, move.share)

    def _split(self, move: Move, told: list[Problem]) -> Iterator[tuple[str, dict[str, Any]]]:
        code = self._unit(move.split)
        lines: dict[str, list[BlockClaim]] = defaultdict(list)
        mine = {block for block, held in self.held.items() if code in held}
        beyond: set[str] = set()
        for claim in self._along(move.along):
            lines[claim.block].append(claim)
            if claim.block not in mine:
                beyond.add(claim.unit_code)
        met = {c.unit_code: c for block in mine for c in lines[block]}
        if len(met) < 2 and all(lines[b] for b in mine):
            name = next((c.unit_name for c in met.values()), "no unit")
            told.append(
                _told(f"{self.names[code]} is not split: all of it is in {name}", None, "warning")
            )
            return
        if not met:
            told.append(
                _told(f"{self.names[code]} is not split: no unit of {move.along} is there", None)
            )
            return
        own = {
            c: self._own(code, claim.unit_name, c, whole=c not in beyond)
            for c, claim in met.items()
        }
        self.spent[code] = f"split by {self.now}"
        unsure = defaultdict(list)
        for block in sorted(mine):
            held, here = dict(self.held[block]), lines[block]
            old = held.pop(code)
            rest = 1 - sum(c.share for c in here)
            into = {own[c.unit_code]: (c.share, c.stated) for c in here}
            if rest > 1e-9:
                into[code] = (rest, all(c.stated for c in here))
            if any(not stated for _, stated in into.values()):
                unsure[tuple(sorted(into))].append(block)
            alone = not held and len(into) == 1 and old.extent == "whole"
            for target, (share, stated) in into.items():
                sure = stated and old.stated
                held[target] = replace(
                    self._claim(target, block),
                    share=old.share * share if sure else 0.0,
                    stated=sure and not alone,
                    extent="whole" if alone else "part",
                )
            yield block, held
        for codes, blocks in unsure.items():
            between = " and ".join(self.names[c] for c in codes)
            told.append(
                _told(
                    f"the line between {between} in {self._blocks(blocks)} is not to hand: schools "
                    "there stand under both",
                    None,
                    "warning",
                )
            )

    def _use(self, move: Move, told: list[Problem]) -> Iterator[tuple[str, dict[str, Any]]]:
        file = self.folder / move.use
        if not file.suffix:
            yield from self._use_layer(move.use)
            return
        source, source_date, confidence = self.evidence
        plan = Layer(
            title=self.said.title,
            source=source,
            kind="areas",
            codes_as_of=self.on,
            source_date=source_date,
            confidence=confidence,
        )
        claims, units = read_members(file, plan, told)
        layer, unsettled = settle(replace(plan, claims=tuple(claims), units=units), self.areas)
        told += [replace(p, file=file.name) for p in unsettled]
        stated = {code: unit.name for code, unit in units.items()}
        codes = {c: self._coded(c, name) for c, name in stated.items()}
        mine: dict[str, dict[str, BlockClaim]] = defaultdict(dict)
        row: dict[str, int] = {}
        for claim in (c for c in layer.claims if c.active(self.on)):
            if claim.urn or claim.postcode:
                told.append(_told("lists schools, not areas", "give area_code", at=(file, claim)))
                return
            if not claim.area_code:
                continue
            try:
                blocks = self._area_of(claim.area_code, claim.codes_as_of or self.on)
            except UnknownNameError as error:
                told.append(_told(error.message, error.fix, at=(file, claim)))
                continue
            code = codes[claim.unit_code]
            self.names.setdefault(code, stated[claim.unit_code])
            for block in blocks:
                whole = claim.extent == "whole" and claim.share is None
                others = mine[block].keys() - {code}
                if others and (whole or any(mine[block][o].extent == "whole" for o in others)):
                    name = self.block_names[block]
                    message = f"{name} is given to another unit in row {row[block]} too"
                    fix = "leave one out, or write extent = part in both"
                    told.append(_told(message, fix, at=(file, claim)))
                row.setdefault(block, claim.row)
                mine[block][code] = replace(
                    self._claim(code, block),
                    share=claim.share or 0.0,
                    stated=claim.share is not None,
                    extent="whole" if whole else "part",
                    source=claim.source,
                    source_date=claim.source_date,
                    confidence=claim.confidence,
                )
        if not layer.claims and not any(p.severity == "error" for p in told):
            told.append(_told(f"{file.name} has no rows", "give columns area_code, unit_name"))
        yield from mine.items()

    def _use_layer(self, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
        lines: dict[str, list[BlockClaim]] = defaultdict(list)
        for claim in self._along(name):
            lines[claim.block].append(claim)
            self.names.setdefault(claim.unit_code, claim.unit_name)
        for block, claims in lines.items():
            mine = {c.unit_code: c for c in claims}
            if sum(c.share for c in claims) > 1 - 1e-9:
                yield block, mine
            else:  # whose the rest of the block is, is not told
                old = self.held[block].items()
                rest = {k: replace(c, share=0.0, stated=False, extent="part") for k, c in old}
                yield block, {**rest, **mine}

    def _along(self, name: str) -> list[BlockClaim]:
        """Return who holds each block in another layer."""
        layer = self.find(name)
        if layer.kind != "areas":
            drawn = layer.kind == "polygons"
            why = _WHOLE if drawn else "and gives no line between districts"
            made = f"{layer.key} is made of {layer.kind}, {why}"
            raise CatalogueError(
                made, fix=_DRAWN if drawn else "name a layer of areas, as district"
            )
        return expand(layer, self.on, self.areas)

    # -- who holds a block then

    def _claim(self, code: str, block: str) -> BlockClaim:
        source, source_date, confidence = self.evidence
        return BlockClaim(
            *(code, self.names[code], block, 0.0, False, "whole"),
            *(confidence, source, source_date),
        )

    def _renamed(
        self, held: Mapping[str, BlockClaim], codes: Iterable[str], target: str
    ) -> dict[str, BlockClaim]:
        """Give one unit what others hold of a block, beside what it holds itself."""
        pool = {*codes, target} & held.keys()
        rest = {code: claim for code, claim in held.items() if code not in pool}
        mine = [held[code] for code in pool]
        whole = not rest and sum(c.share for c in mine) > 1 - 1e-9
        stated = not whole and all(c.stated for c in mine)
        claim = replace(
            self._claim(target, mine[0].block),
            share=sum(c.share for c in mine) if stated else 0.0,
            stated=stated,
            extent="whole" if whole else "part",
        )
        return {**rest, target: claim}

    def _part(
        self, held: Mapping[str, BlockClaim], target: str, block: str, share: float | None
    ) -> dict[str, BlockClaim]:
        """Give a unit a part of a block, along a line that nobody has drawn here."""
        if target in held:
            return dict(held)
        left = 1 - (share or 0)
        sure = share is not None and len(held) == 1
        parted = {
            code: replace(
                c, share=left if sure else 0.0, stated=sure, extent="part", confidence="low"
            )
            for code, c in held.items()
        }
        claim = self._claim(target, block)
        new = replace(claim, share=share or 0.0, stated=share is not None, extent="part")
        return {**parted, target: new}

    # -- names

    def _unit(self, text: str) -> str:
        """Return the code of the one unit that a name or code means."""
        there = {code for held in self.held.values() for code in held}
        plain = text.strip().casefold()
        hits = [c for c in there if plain == c.casefold()]
        hits = hits or [c for c in there if plain == self.names[c].casefold()]
        hits = hits or [c for c in there if fold(text) == fold(self.names[c])]
        if len(hits) == 1:
            return hits[0]
        names = sorted(self.names[c] for c in there)
        gone = [c for c in self.spent.keys() - there if plain == self.names[c].casefold()]
        if gone and not hits:
            raise UnknownNameError(
                f"{self.names[gone[0]]} is no unit any more, {self.spent[gone[0]]}",
                fix="name what has its land now, or put this move before",
            )
        if hits:
            raise UnknownNameError(
                f"{len(hits)} units are called {text!r}", fix=f"write {' or '.join(sorted(hits))}"
            )
        raise self._ended(text) or UnknownNameError(
            f"no unit is called {text!r}",
            fix=beyond(text)
            or suggest(text, names)
            or f"{self.base.key} has {', '.join(names[:5])} ...",
        )

    def _ended(self, text: str) -> UnknownNameError | None:
        """Return the error for a name that stood once: when it ended, and who has its land."""
        if not (gone := self.areas.ended(text, self.on)):
            return None
        area = gone[0]
        return UnknownNameError(
            f"{area.name} {now_in(area, self.areas.holders(area, self.on))}",
            fix=f"name what has its land now, or set as_of = {area.valid_to}",
        )

    def _new(self, name: str, among: Iterable[str] = ()) -> str:
        """Return a code for a unit to be made, or that of the one that keeps its name."""
        there = {code for held in self.held.values() for code in held}
        same = [c for c in there if fold(name) == fold(self.names[c])]
        if same and same[0] not in among:
            raise UnknownNameError(
                f"there is a unit {name!r} already",
                fix="write `to` to move land to it, or give another name",
            )
        return same[0] if same else self._code(name)

    def _code(self, name: str) -> str:
        code = stem = slug(name) or "unit"
        n = 2
        while code in self.names:
            code, n = f"{stem}-{n}", n + 1
        self.names[code] = name
        return code

    def _coded(self, code: str, name: str) -> str:
        """Return the code here of a unit of a table: its own, or of the unit that has its name."""
        if code in self.names:
            return code
        same = [c for c, known in self.names.items() if fold(known) == fold(name)]
        return same[0] if len(same) == 1 and code == slug(name) else code

    def _own(self, code: str, name: str, line: str, *, whole: bool) -> str:
        """Return the code of a piece of a split unit: of the unit of the line, if all is inside."""
        if whole and line not in self.names:
            self.names[line] = name
            return line
        made = f"{code}-{line}"
        self.names[made] = f"{self.names[code]}: {name}"
        return made

    def _land(self, text: str) -> tuple[list[str], str]:
        """Return the blocks that a name means, and the unit where it is no official area."""
        plain = text.strip()
        if authority := self.areas.by_la_code(plain, self.on):
            plain = authority.code
        if re.fullmatch(r"[A-Za-z]\d{8}", plain) or plain.startswith(("lgr-", "CA20")):
            return self._area_of(plain, self.on), ""
        found = self.areas.find(plain, self.on) or self.areas.find(plain, BLOCK_DAY, "district")
        lands = {area.blocks: area for area in found}
        if self.base.tier and len(lands) > 1:
            own = {area.blocks: area for area in found if area.tier == self.base.tier}
            lands = own or lands
        if len(lands) == 1:
            return list(next(iter(lands))), ""
        if lands:
            options = " or ".join(f"{a.code} ({a.tier.replace('_', ' ')})" for a in found)
            raise UnknownNameError(f"{text!r} names several areas", fix=f"write {options}")
        try:
            unit = self._unit(text)
        except UnknownNameError:
            alive = {a.name for a in self.areas.rows if a.active(self.on)}
            known = alive | {self.names[c] for held in self.held.values() for c in held}
            raise self._ended(text) or UnknownNameError(
                f"no area and no unit is called {text!r}", fix=beyond(text) or suggest(text, known)
            ) from None
        return [block for block, held in self.held.items() if unit in held], unit

    def _area_of(self, code: str, on: date) -> list[str]:
        """Return the blocks of a code, as it is on a day, or else of the block of that code."""
        if code in self.block_names and not any(a.active(on) for a in self.areas.named(code)):
            return [code]
        return [b.partition("/")[0] for b in self.areas.resolve(code, on).blocks]

    def _blocks(self, blocks: Iterable[str]) -> str:
        names = [self.block_names[b] for b in blocks]
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        return ", ".join(names[:SHOWN]) + more


def _sets(held: Mapping[str, BlockClaim]) -> dict[str, tuple[float, bool]]:
    """Return what decides who holds a block: units, and the shares that are stated."""
    if len(held) == 1:
        return dict.fromkeys(held, (1.0, True))
    return {code: (round(c.share, 9) if c.stated else 0.0, c.stated) for code, c in held.items()}


def _told(
    message: str,
    fix: str | None = None,
    severity: str = "error",
    at: tuple[Path, Claim] | None = None,
) -> Problem:
    file, row = (at[0].name, at[1].row) if at else ("", None)
    return Problem(file, row, None, message, fix, severity)


# ---- in words


def steps_table(found: ReadScenario) -> list[dict[str, Any]]:
    """Say what each move of a scenario does, a row for each set of units that gives or takes.

    Returns
    -------
    list of dict
        move (its number), what, from_code, from_name, to_code, to_name, blocks, areas (the names
        of the districts of 2018 that move), line (`shared` where several units list them and no
        line is to hand).
    """
    groups: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for step in found.steps:
        groups[step.move, step.verb, step.before, step.after].append(step.area)
    return [
        {
            "move": number,
            "what": verb,
            "from_code": " + ".join(before),
            "from_name": " + ".join(found.names[code] for code in before) or "no unit",
            "to_code": " + ".join(after),
            "to_name": " + ".join(found.names[code] for code in after),
            "blocks": len(areas),
            "areas": ", ".join(sorted(areas)),
            "line": "shared" if len(after) > 1 else "",
        }
        for (number, verb, before, after), areas in groups.items()
    ]


_TEMPLATE: Final = """\
# A scenario: a layer made from another by moves, in this order. Everything after a # is a comment.
# Check it and see what moves:   geolls scenario FILE
# Its units and their schools:   geolls scenario show FILE
# What it would change:          geolls scenario compare {key} FILE
# Then use it as any layer:      geolls overlap FILE teaching_school_hub
title = "What if: {title}"
base = "{key}"
# The day on which the base and all names are read; leave it out to take the study's day.
# as_of = {on}
# source = "who proposes this, and where"
# source_date = "{on}"
# confidence = "low"            # high, medium or low

# Units become one. "as" may be a new name, or that of one of them.
[[moves]]
merge = ["{a}", "{b}"]
as = "{a} and {b}"

# Areas (districts, authorities: names or GSS codes) move: "to" a unit that is there, or "as" a new
# one. With extent = "part" only a part of each moves, along a line not to hand: schools there then
# stand under both, and every count of them is an interval.
# [[moves]]
# move = ["{area}"]
# to = "{c}"
# extent = "part"

# A unit falls into parts along another layer of areas.
# [[moves]]
# split = "{d}"
# along = "{along}"

# A table beside this file says which areas go to which unit; columns area_code (or area_name),
# unit_code, unit_name and, where wanted, extent, share, source, confidence. The key of a layer does
# as well: its units take their land.
# [[moves]]
# use = "units.csv"
"""


def template(base: Layer, on: date, areas: Areas) -> str:
    """Return a scenario of a base with comments, that works as it is.

    Raises
    ------
    CatalogueError
        The base has no land by areas, or fewer than two units.
    """
    held: dict[str, list[str]] = defaultdict(list)
    names: dict[str, str] = {}
    for claim in expand(base, on, areas):
        held[claim.unit_code].append(claim.block)
        names[claim.unit_code] = claim.unit_name
    if len(held) < 2:
        raise CatalogueError(
            f"{base.key} has {len(held) or 'no'} units made of areas on {on}",
            fix="take a base of areas, as local_authority, district or teaching_school_hub",
        )
    districts = {b: a for a in areas.alive("district", on) for b in a.blocks}
    first, second, *_ = held
    largest = max(held, key=lambda code: (len({districts[b] for b in held[code]}), code))
    taken = (first, second, largest)
    other = next((code for code in held if code not in taken), first)
    here = {b for code in taken[:2] for b in held[code]}
    free = (b for b in held[largest] if b not in here and len(districts[b].blocks) == 1)
    block = next(free, held[largest][0])
    return _TEMPLATE.format(
        key=base.key,
        title=f"{base.title} in another way",
        on=on,
        a=_quoted(names[first]),
        b=_quoted(names[second]),
        c=_quoted(names[other]),
        d=_quoted(names[largest]),
        area=districts[block].code,
        along="local_authority" if base.tier == "district" else "district",
    )


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')
