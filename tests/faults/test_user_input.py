"""Files as people have them, and options as people mistype them, from the command line."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import double as d
import pytest

from geolls.cli.main import main

ROWS = 40


def variants() -> dict[str, bytes]:
    """One register, as different programs save it."""
    text = d.register_csv(ROWS).decode("cp1252")
    rows = list(csv.reader(io.StringIO(text)))
    turned = io.StringIO(newline="")
    csv.writer(turned).writerows([row[::-1] for row in rows])
    quoted = io.StringIO(newline="")
    csv.writer(quoted, quoting=csv.QUOTE_ALL).writerows(rows)
    return {
        "as published": text.encode("cp1252"),
        "UTF-8": text.encode(),
        "UTF-8 with a byte order mark": text.encode("utf-8-sig"),
        "UTF-16": text.encode("utf-16"),
        "line ends of an old Mac": text.replace("\r\n", "\r").encode("cp1252"),
        "line ends of Unix": text.replace("\r\n", "\n").encode("cp1252"),
        "columns in another order": turned.getvalue().encode("cp1252"),
        "every cell in quotes": quoted.getvalue().encode("cp1252"),
        "names of columns in small letters": (
            rows_of(rows, lambda head: [c.lower() for c in head]).encode("cp1252")
        ),
        "blanks about the names of columns": (
            rows_of(rows, lambda head: [f" {c} " for c in head]).encode("cp1252")
        ),
    }


def rows_of(rows: list[list[str]], change) -> str:  # type: ignore[no-untyped-def]
    out = io.StringIO(newline="")
    csv.writer(out).writerows([change(rows[0]), *rows[1:]])
    return out.getvalue()


VARIANTS = variants()


@pytest.fixture(autouse=True)
def nothing_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOLLS_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


def run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(args)
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


def schools(capsys: pytest.CaptureFixture[str], name: str, *more: str) -> tuple[int, str, str]:
    return run(capsys, "coverage", "district", "--by", "schools", "--register", name,
               "--as-of", "2022-09-01", "--format", "csv", *more)  # fmt: skip


@pytest.mark.parametrize("kind", VARIANTS)
def test_a_register_is_read_the_same_however_it_was_saved(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "register.csv").write_bytes(VARIANTS[kind])
    code, out, err = schools(capsys, "register.csv")
    assert code == 0, err
    assert f"E08000035,Leeds,{ROWS},1" in out
    assert err == f"Counted: {ROWS} state-funded mainstream schools\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (d.COLUMNS.encode() + b"\r\n", "a header but no rows"),
        (VARIANTS["UTF-8"].replace(b",", b"~"), "lacks the columns"),
        (d.links_csv(), "it is for --links"),
        (None, "is a folder"),
    ],
    ids=["empty", "header only", "tildes", "links in its place", "folder"],
)
def test_what_is_no_register_is_refused_in_one_line(
    content: bytes | None, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is None:
        (tmp_path / "register.csv").mkdir()
    else:
        (tmp_path / "register.csv").write_bytes(content)
    code, out, err = schools(capsys, "register.csv")
    assert (code, out) == (11, "")
    assert len(err.splitlines()) == 1 and words in err
    assert not err.startswith("geolls: geolls")


def test_rows_that_are_left_out_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = VARIANTS["as published"].splitlines(keepends=True)
    (tmp_path / "register.csv").write_bytes(b"".join([*rows, *rows[1:6]]))
    code, out, err = schools(capsys, "register.csv")
    assert code == 0 and f"Leeds,{ROWS}," in out
    assert "5 of 45 rows of the register are left out; geolls check register.csv" in err
    said = run(capsys, "check", "register.csv")[1]
    assert "warning: register.csv: URN already read (5: 100000, 100001, 100002 and 2 more)" in said
    rows_said = run(capsys, "check", "register.csv", "--format", "csv")[1]
    assert rows_said.count("URN already read") == 5
    assert schools(capsys, "register.csv", "-q")[2] == ""


def test_links_of_another_register_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = list(csv.reader(io.StringIO(VARIANTS["UTF-8"].decode())))
    trusts = [[*rows[0], "Trusts (code)", "Trusts (name)", "TrustSchoolFlag (name)"]]
    trusts += [[*row, "2000", "Trust", "Supported by a multi-academy trust"] for row in rows[1:]]
    (tmp_path / "register.csv").write_text("\n".join(",".join(f'"{c}"' for c in r) for r in trusts))
    (tmp_path / "links.csv").write_bytes(d.links_csv(ROWS))
    (tmp_path / "other.csv").write_bytes(d.links_csv(ROWS).replace(b"\n100", b"\n900"))
    assert "by no link" not in schools(capsys, "register.csv", "--links", "links.csv")[2]
    err = schools(capsys, "register.csv", "--links", "other.csv")[2]
    assert "40 schools are in a trust by the register, but by no link; is other.csv of" in err


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("coverage", "region", "--as-of", ""), 12, "'' is not a date"),
        (("where", "Leeds", "--as-of", ""), 12, "'' is not a date"),
        (("fetch", "gias", "--day", ""), 12, "--day: '' is not a date"),
        (("fetch", "gias", "--from", " "), 2, "no address or folder"),
        (("fetch", "boundaries", "--year", "-5"), 2, "not in the range"),
        (("changes", "--from", "2022-09-01", "--to", "2021-09-01"), 2, "before 2022-09-01"),
        (("changes", "--from", "2022-09-01", "--to", "then"), 12, "--to: 'then' is not a date"),
        (("explain", "zzz", "--place", "Leeds"), 2, "use schools, pupils, trusts"),
        (("explain", "zzz", "--trust", "2000"), 12, "no trust is called"),
        (("coverage", "region", "--as-of", "2022-13-01"), 12, "write it as 2022-09-01"),
        (("lauers",), 2, "geolls: there is no command 'lauers'; did you mean layers?"),
        (("study", "shwo"), 2, "geolls: study: there is no command 'shwo'; did you mean show?"),
        (("layers", "--as-of", "1990-01-01"), 12, "they begin on 2009-04-01"),
        (("where", "  "), 12, "nothing was asked for"),
        (
            ("map", "hub_coverage", "--set", "foo=1", "-o", "x.svg"),
            2,
            "hub_coverage has no option 'foo'; it has layer",
        ),
        (
            ("map", "hub_coverage", "--set", "layer=nope", "-o", "x.svg"),
            10,
            "no layer is called 'nope'",
        ),
        (("explain", "trusts", "--place", "Leeds", "--trust", "1"), 2, "not both"),
        (("study", "check", "nowhere.toml"), 11, "nowhere.toml: no such file"),
        (("profile", "Leeds", "-o", "leeds.docx"), 15, "use .html or .md"),
        (("coverage", "region", "--as-of", "0001-01-01"), 12, "they begin on 2009-04-01"),
        (("map", "mismatch", "--set", "by=pupil", "-o", "x.svg"), 2, "did you mean pupils"),
        (("map", "hub_coverage", "--set", "by", "-o", "x.svg"), 2, "is not KEY=VALUE"),
        (("map", "hub_coverage", "-o", "x.docx"), 15, ".svg"),
        (
            ("coverage", "region", "--blocks", "2018-BGC"),
            2,
            "run: geolls fetch boundaries --blocks",
        ),
        (("coverage", "region", "--blocks", "."), 11, "holds no blocks"),
    ],
)
def test_a_mistyped_option_is_one_line_that_says_what_to_write(
    args: tuple[str, ...], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    got, out, err = run(capsys, *args)
    assert (got, out) == (code, "")
    assert len(err.splitlines()) == 1 and words in err
    assert not err.startswith("geolls: geolls")
