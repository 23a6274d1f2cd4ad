"""A file's keys are declared once; what does not fit is told in one line, with the nearest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geolls.base.errors import CatalogueError, InputFileError, UnknownNameError, UsageError
from geolls.base.schema import (
    MADE,
    Fault,
    Toml,
    a_date,
    a_day,
    among,
    check,
    load,
    named,
    options,
    read_shelf,
)


@dataclass
class Part:
    title: str
    rows: int = 0


@dataclass
class Thing:
    title: str
    kind: str = field(default="plain", metadata=among(("plain", "coloured")))
    first: date | None = field(default=None, metadata=named("from"))
    file: Path | None = None
    count: int = 0
    share: float | None = None
    whole: bool = True
    words: tuple[str, ...] = field(default=(), metadata=among(("one", "two")))
    folders: tuple[Path, ...] = ()
    style: Mapping[str, str] = field(default_factory=dict, metadata=among(("line", "label")))
    options: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    named_parts: Mapping[str, Part] = field(default_factory=dict)
    made_up: str = field(default="", metadata=MADE)


def told(**more: Any) -> list[Fault]:
    return check(Thing, Toml(Path("x.toml"), {"title": "T", **more}))[1]


def test_a_file_is_read_as_declared(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(
        'title = 2022\nkind = "coloured"\nfrom = "2022-09-01"\nfile = "a/b"\nshare = 1\n'
        'words = ["two"]\nfolders = ["more"]\n[style]\nline = "red"\n[options]\nx = [1]\n'
        '[[parts]]\ntitle = "p"\nrows = 3\n[named_parts.q]\ntitle = "q"\n',
        "utf-8-sig",
    )
    found = read_shelf(Thing, path)
    assert found == Thing(
        "2022", "coloured", date(2022, 9, 1), tmp_path / "a" / "b", share=1.0, words=("two",),
        folders=(tmp_path / "more",), style={"line": "red"}, options={"x": [1]},
        parts=(Part("p", 3),), named_parts={"q": Part("q")},
    )  # fmt: skip
    assert isinstance(found.share, float)


@pytest.mark.parametrize(
    ("more", "message", "fix"),
    [
        ({"titel": 1}, "unknown key 'titel'", "did you mean title?"),
        ({"zzz": 1}, "unknown key 'zzz'", "the keys are title, kind, from"),
        ({"first": 1}, "unknown key 'first'", "the keys are title, kind, from"),
        ({"made_up": "x"}, "unknown key 'made_up'", None),
        ({"kind": "colored"}, "kind is 'colored', not one of plain, coloured", "did you mean"),
        ({"kind": "zzz"}, "kind is 'zzz', not one of", "choose one of them"),
        ({"from": "soon"}, "from is 'soon', not a date like 2022-09-01", None),
        ({"from": 20220901}, "from is 20220901, not a date", None),
        ({"from": datetime(2022, 9, 1)}, "not a date like 2022-09-01", None),
        ({"count": True}, "count is True, not a whole number", None),
        ({"count": 1.5}, "count is 1.5, not a whole number", None),
        ({"share": "1"}, "share is '1', not a number", None),
        ({"share": 10**400}, "not a number", None),
        ({"whole": 1}, "whole is 1, not true or false", None),
        ({"title": ["x"]}, "title is ['x'], not text", None),
        ({"words": "one"}, "words is 'one', not a list", "it should be a list of words"),
        ({"words": ["three"]}, "words holds 'three', not one of one, two", None),
        ({"words": [1]}, "words holds something that is not text", None),
        ({"file": 1}, "file is 1, not a path in quotes", None),
        ({"file": "a\0b"}, "not a path in quotes", None),
        ({"folders": [1]}, "folders holds something that is not text", None),
        ({"style": 1}, "style is 1, not a table", None),
        ({"style": {"colour": "red"}}, "unknown key style.colour", "the keys are line and label"),
        ({"style": {"line": 1}}, "style holds something that is not text", None),
        ({"parts": [1]}, "parts is 1, not a table", None),
        ({"parts": [{}]}, "parts: the key title is missing", None),
        ({"named_parts": {"q": {"title": "q", "rows": "3"}}}, "named_parts.q: rows is '3'", None),
    ],
)
def test_what_does_not_fit_is_told(more: dict[str, Any], message: str, fix: str | None) -> None:
    (fault,) = told(**more)
    assert message in fault.message
    assert fix is None or fix in (fault.fix or "")


def test_a_fault_knows_its_key_and_line(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text('# a file\ntitle = " "\nkind = "x"\n[stile]\n', "utf-8")
    values, faults = check(Thing, load(path))
    assert [(f.key, f.line) for f in faults] == [("kind", 3), (None, 4), ("title", None)]
    assert "kind" not in values
    assert faults[-1].message == "the key title is missing"


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    for data in (b"title = ", b"\x00\x01", b"x = " + b"[" * 5000):
        path.write_bytes(data)
        with pytest.raises(InputFileError, match="not readable as TOML"):
            load(path)
    with pytest.raises(InputFileError, match="no such file"):
        load(tmp_path / "none.toml")


def test_a_fault_on_the_shelf_is_one_of_the_installation(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text('kind = "plain"\n', "utf-8")
    with pytest.raises(CatalogueError, match=r"x\.toml: the key title is missing"):
        read_shelf(Thing, path)
    with pytest.raises(CatalogueError, match="cannot be read"):
        read_shelf(Thing, path, lambda holds: {"title": holds["name"]})
    with pytest.raises(CatalogueError, match="no such file"):
        read_shelf(Thing, tmp_path / "none.toml")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*Thing.__dataclass_fields__, "from", "zzz"]), VALUES))
def test_whatever_a_file_holds_each_fault_is_one_of_a_key(holds: dict[str, Any]) -> None:
    values, faults = check(Thing, Toml(Path("x.toml"), holds))
    assert all(isinstance(fault, Fault) for fault in faults)
    if not faults:
        Thing(**values)


def test_options_are_read_strictly() -> None:
    @dataclass
    class Bands:
        name: str = "x"
        sizes: tuple[int, ...] = (1, 2)
        km: float = 1.0

    assert options(Bands, {}, "bands") == Bands()
    assert options(Bands, {"sizes": [1, 3], "km": 2}, "bands") == Bands(sizes=(1, 3), km=2.0)
    for wrong in ({"name": 1}, {"sizes": 1}, {"sizes": [True]}, {"km": "far"}):
        with pytest.raises(UsageError, match=r"^bands: .* is of the wrong kind"):
            options(Bands, wrong, "bands")
    with pytest.raises(UsageError, match=r"^bands: unknown option 'nane'; did you mean name"):
        options(Bands, {"nane": 1}, "bands")


def test_a_day_says_no_hour() -> None:
    assert a_day("2022-09-01") == a_day(date(2022, 9, 1)) == date(2022, 9, 1)
    for wrong in (datetime(2022, 9, 1), "2022-09", "01/09/2022", None):
        with pytest.raises(ValueError):
            a_day(wrong)


@pytest.mark.parametrize("value", ["2022-09-01", date(2022, 9, 1), datetime(2022, 9, 1, 12, 30)])
def test_a_users_date_is_a_day(value: object) -> None:
    day = a_date(value)
    assert (type(day), day.isoformat()) == (date, "2022-09-01")


@pytest.mark.parametrize("value", ["1 September", "2022-02-30", "", None, 2022])
def test_what_is_no_date_is_told_with_how_to_write_one(value: object) -> None:
    with pytest.raises(UnknownNameError, match="is not a date") as error:
        a_date(value, where="--as-of")
    assert (error.value.where, error.value.fix) == ("--as-of", "write it as 2022-09-01")
