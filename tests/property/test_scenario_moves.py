"""Whatever the moves: no land is lost, and who holds each block is what a plain tally says."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from geolls.layers.areas import load_areas
from geolls.layers.catalogue import load_catalogue
from geolls.layers.expand import expand
from geolls.layers.scenario import read_scenario

AREAS, CATALOGUE, DAY = load_areas(), load_catalogue(), date(2022, 9, 1)
# Birmingham and Cornwall are each shared by two hubs.
START: dict[str, set[str]] = {}
for claim in expand(CATALOGUE.get("teaching_school_hub"), DAY, AREAS):
    START.setdefault(claim.block, set()).add(claim.unit_code)
SHARED = sorted(b for b, units in START.items() if len(units) > 1)
DISTRICTS = {a.code: a.blocks for a in AREAS.alive("district", DAY)}
CODES = [*SHARED, *sorted(DISTRICTS)[::17]]
at = st.integers(0, 10**6)
moves = st.lists(
    st.one_of(
        st.tuples(st.just("merge"), at, at),
        st.tuples(st.just("move"), st.sampled_from(CODES), at),
        st.tuples(st.just("part"), st.sampled_from(CODES), at),
        st.tuples(st.just("new"), st.sampled_from(CODES), at),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=25)
@given(moves)
def test_a_plain_tally_of_the_moves_says_the_same(asked: list[tuple[Any, ...]]) -> None:
    held = {block: set(units) for block, units in START.items()}
    text = ['title = "What if"', 'base = "teaching_school_hub"']
    for n, (verb, first, second) in enumerate(asked):
        units = sorted({u for of in held.values() for u in of})
        unit = units[second % len(units)]
        if verb == "merge":
            other = units[first % len(units)]
            if other == unit:
                continue
            text += ["[[moves]]", f'merge = ["{unit}", "{other}"]', f'as = "Merged {n}"']
            for of in held.values():
                if of & {unit, other}:
                    of -= {unit, other}
                    of.add(f"merged-{n}")
            continue
        into = f'as = "New {n}"' if verb == "new" else f'to = "{unit}"'
        text += ["[[moves]]", f'move = "{first}"', into]
        text += ['extent = "part"'] if verb == "part" else []
        target = f"new-{n}" if verb == "new" else unit
        for block in DISTRICTS.get(first, (first,)):
            held[block] = held[block] | {target} if verb == "part" else {target}
    if len(text) == 2:
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "moves.toml"
        path.write_text("\n".join(text), "utf-8")
        made = read_scenario(path, CATALOGUE.get, DAY, AREAS)
    assert made.layer is not None, [str(p) for p in made.problems]
    found: dict[str, dict[str, float]] = {}
    for each in expand(made.layer, DAY, AREAS):
        found.setdefault(each.block, {})[each.unit_code] = each.share
    assert {block: set(of) for block, of in found.items()} == held
    assert all(abs(sum(of.values()) - 1) < 1e-9 for of in found.values())
    # Every step tells the truth about the block before and after it; together they lead here.
    seen = {block: tuple(sorted(units)) for block, units in START.items()}
    for step in made.steps:
        assert seen[step.block] == step.before
        seen[step.block] = step.after
    assert seen == {block: tuple(sorted(of)) for block, of in held.items()}
