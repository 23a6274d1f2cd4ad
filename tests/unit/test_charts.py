"""Small charts as plain data: labels that fit, axes, rows of marks, widths without attributes."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from geolls.atlas.charts import Piece, axis_of, labels_of, marks_on_axis, round_up, strip_style
from geolls.base.interval import Interval


def pieces(*shares: float) -> list[Piece]:
    return [Piece(f"Northumberland {i}", s * 100, s) for i, s in enumerate(shares)]


def test_pieces_whose_names_do_not_fit_become_so_many_more() -> None:
    found = pieces(0.6, 0.3, 0.04, 0.03, 0.03)
    labels = labels_of(found, [(f"{p.count:g}",) for p in found], whole=100.0)
    assert [label.name for label in labels] == ["Northumberland 0", "Northumberland 1", "3 more"]
    assert labels[-1].lines == ("10",)
    assert labels[-1].more


@given(st.lists(st.floats(0.001, 1.0), min_size=1, max_size=40))
def test_labels_account_for_every_piece(parts: list[float]) -> None:
    total = sum(parts)
    found = pieces(*sorted((p / total for p in parts), reverse=True))
    labels = labels_of(found, [("1",)] * len(found))
    rest = [
        int(m[1]) for label in labels if (m := re.match(r"(\d+) (?:more$|in all,)", label.name))
    ]
    assert len(labels) - len(rest) + sum(rest) == len(found)


def test_widths_are_rules_of_a_style_and_never_attributes() -> None:
    assert strip_style(["w355", "h82", "b40", "w355"]) == (
        ".b40{width:40%}.h82{height:8.2%}.w355{flex-grow:355}"
    )


@given(st.lists(st.floats(0, 500, allow_nan=False), min_size=1, max_size=60))
def test_every_value_stands_on_the_axis(values: list[float]) -> None:
    axis = axis_of(values, "{:g}".format)
    assert all(0 <= axis.at(v) <= 100 for v in values)
    assert axis.path.count("M") <= len(values)
    assert axis.top >= max(values) or max(values) == 0


@given(st.floats(0.01, 1e6))
def test_an_axis_ends_on_a_round_number_not_far_above(value: float) -> None:
    assert value <= round_up(value) * (1 + 1e-9)
    assert round_up(value) <= 1.34 * value


def test_each_school_has_a_mark_of_its_own() -> None:
    own = [(1.0, "trust_home_here")] * 5 + [(40.0, "trust_based_elsewhere")] * 3
    found = marks_on_axis(own, [1.0, 2.0, 2.1])
    assert len({(x, y) for x, y, _ in found["own"]}) == 8
    assert len({(x, y) for x, y in found["yard"]}) == 3
    assert all(found["left"] <= x <= found["right"] for x, _, _ in found["own"])


def test_the_doubtful_part_of_a_piece_is_told_and_what_the_rest_can_have_together() -> None:
    shared = Piece("A", 3.5, 0.7, ends=Interval(2, 5))
    assert (shared.doubt, shared.known) == (42.9, Interval(2, 5))
    assert Piece("B", 2, 0.4).doubt == 0
    # Five schools: A and B both list three of them; three tiny units have one each of others.
    tiny = [Piece(f"A very long name that does not fit {i}", 1, 0.01) for i in range(3)]
    found = [Piece("A", 1.5, 0.5, ends=Interval(0, 3)), Piece("B", 1.5, 0.4, ends=Interval(0, 3))]
    labels = labels_of([*found, *tiny], [("0 to 3",)] * 2 + [("1",)] * 3, whole=6.0)
    assert labels[-1].lines == ("3",)
