"""Laws of the register reader, whatever the file holds."""
# ruff: noqa: RUF001  (curly apostrophes are what is tested)

from __future__ import annotations

import csv
import io
import re
import tempfile
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geolls.base.errors import InputFileError
from geolls.base.vocabulary import PHASES
from geolls.register.columns import COLUMNS, SCHOOL_COLUMNS
from geolls.register.names import display_name, repair
from geolls.register.register import Register, read_register
from geolls.register.rejects import LEFT_OUT

EXAMPLES = settings.default.max_examples // 4  # each is a file that is written and read

HEADER = list(COLUMNS["register"].values())
LINK_HEADER = list(COLUMNS["links"].values())
LIKELY = {
    "URN": ["100000", "100001", "148400", "1", "x"],
    "EstablishmentStatus (name)": ["Open", "Closed", "Proposed to open", "?"],
    "EstablishmentTypeGroup (name)": ["Academies", "Independent schools", "Special schools"],
    "TypeOfEstablishment (name)": ["Academy converter", "Pupil referral unit", ""],
    "PhaseOfEducation (name)": ["Primary", "Secondary", "Not applicable"],
    "OpenDate": ["01-09-2000", "01-09-2030", "31-02-2001"],
    "CloseDate": ["31-08-2022", ""],
    "Easting": ["430000", "0", "-1", "nan", "inf"],
    "NumberOfPupils": ["100", "-1", "1e400", "ten"],
    "PercentageFSM": ["10.5", "101"],
    "TrustSchoolFlag (name)": ["Supported by a multi-academy trust", "Supported by a trust"],
    "Group Type": ["Multi-academy trust", "Single-academy trust", "Federation", "Odd"],
    "Joined date": ["01-09-2010", "01-09-2030", "?"],
}
cell = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


def rows(header: list[str]) -> st.SearchStrategy[list[dict[str, str]]]:
    one = st.fixed_dictionaries(
        {h: st.sampled_from(LIKELY[h]) | cell if h in LIKELY else cell for h in header}
    )
    return st.lists(one, min_size=1, max_size=8)


def text_of(header: list[str], records: list[dict[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, header, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue()


def named(record: dict[str, str]) -> bool:
    """Tell whether a row has a URN."""
    return re.fullmatch("[1-9][0-9]{4,6}", record["URN"].strip()) is not None


def read(records: list[dict[str, str]], linked: list[dict[str, str]] | None = None) -> Register:
    with tempfile.TemporaryDirectory() as folder:
        path, other = Path(folder) / "edubasealldata.csv", Path(folder) / "alllinksdata.csv"
        path.write_bytes(text_of(HEADER, records).encode())
        if linked:
            other.write_bytes(text_of(LINK_HEADER, linked).encode())
        return read_register(path, other if linked else None, as_of=date(2022, 9, 1), phases="all")


@settings(max_examples=EXAMPLES)
@given(rows(HEADER), rows(LINK_HEADER))
def test_any_file_reconciles_and_keeps_only_sound_schools(
    records: list[dict[str, str]], linked: list[dict[str, str]]
) -> None:
    if not any(named(r) for r in records):
        with pytest.raises(InputFileError, match="no row has a URN"):
            read(records, linked)
        return
    register = read(records, linked)
    n, schools = register.counts, register.schools
    assert n["read"] == len(records) == n["kept"] + n["rejected"] + n["filtered"]
    assert n["rejected"] == register.rejects["action"].str.startswith(LEFT_OUT).sum()
    if linked:
        kinds = ("links_kept", "links_rejected", "links_filtered")
        assert n["links_read"] == len(linked) == sum(n[k] for k in kinds)
    assert list(schools.columns) == SCHOOL_COLUMNS
    assert schools["urn"].is_unique
    assert schools["urn"].str.fullmatch(r"[1-9][0-9]{4,6}").all()
    assert schools["phase"].isin(PHASES).all()
    assert schools["easting"].isna().equals(schools["northing"].isna())
    assert not (schools[["easting", "northing", "pupils", "fsm_pupils"]] < 0).any(axis=None)
    assert not (schools["fsm_pupils"] > schools["pupils"]).any()
    assert not (schools["open_date"] > pd.Timestamp(2022, 9, 1)).any()
    assert (schools["trust_uid"].isna() | schools["trust_type"].notna()).all()
    assert set(schools["trust_uid"].dropna()) <= set(register.groups["group_uid"])
    assert int(register.summary().query("outcome != 'read' and outcome != 'noted'")["rows"].sum()) \
        == n["read"]  # fmt: skip


def records_of(text: str) -> list[list[str]]:
    return [record for record in csv.reader(io.StringIO(text, newline="")) if record]


# Rows in which no column that is read has anything; some have a cell in another.
NOTHING = ['""', ",", ",,,,,", '"",""', ",,,,,,someone,,,", ",,,,,,,"]


@settings(max_examples=EXAMPLES)
@given(
    st.lists(st.sampled_from(["school", "bad", "short", *NOTHING]), max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_a_row_without_anything_is_read_counted_and_told(
    lines: list[str], end: str, whole: bool
) -> None:
    header = ["URN", "EstablishmentName", "LA (code)", "PhaseOfEducation (name)"]
    header += ["TypeOfEstablishment (name)", "EstablishmentTypeGroup (name)", "HeadLastName"]
    header += ["EstablishmentStatus (name)", "OpenDate", "CloseDate"]
    sound = "{},Oak,383,Primary,,Academies,,Open,,"
    nothing = sum(line in NOTHING for line in lines)
    made = [sound.format(100_000)]
    for urn, line in enumerate(lines, 100_001):
        row = sound.format({"school": urn, "bad": "x"}.get(line, ""))
        row = "1,2,3" if line == "short" else line if line in NOTHING else row
        made.append(row + "," * (9 - row.count(",")) if whole and line in NOTHING else row)
    text = end.join([",".join(header), *made, ""])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "edubasealldata.csv"
        path.write_bytes(text.encode())
        register = read_register(path, as_of=date(2022, 9, 1))
    n = register.counts
    assert n["read"] == len(records_of(text)) - 1 == n["kept"] + n["rejected"] + n["filtered"]
    assert n["kept"] == 1 + lines.count("school")
    assert n["filtered"] == nothing == len(register.filtered)
    assert n["rejected"] == lines.count("bad") + lines.count("short")
    said = [line for line in register.source["told"] if "nothing in any column" in line]
    assert len(said) == (nothing > 0) and all(f" {nothing} rows" in line for line in said)


@settings(max_examples=EXAMPLES)
@given(rows(HEADER), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_no_school(
    records: list[dict[str, str]], random: object
) -> None:
    once = list({r["URN"].strip(): r for r in records}.values())  # the first of a URN counts
    assume(any(named(r) for r in once))  # a file without a URN is refused, see above
    shuffled = once.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(read(once).schools, read(shuffled).schools)


@given(cell | st.text("ABCDEÉ'’.-() OFTHE12", max_size=30))
def test_showing_a_name_changes_only_its_case(name: str) -> None:
    shown = display_name(name)
    assert shown.upper() == name.upper()
    if name != name.upper():
        assert shown == name


@given(st.text(max_size=30))
def test_a_repaired_name_needs_no_second_repair(name: str) -> None:
    fixed, why = repair(name)
    assert repair(fixed)[0] == fixed
    assert (why is None) <= (fixed == name)


@given(st.text(st.characters(codec="utf-8", min_codepoint=0xA1), min_size=1, max_size=10))
def test_utf8_read_as_cp1252_is_undone(name: str) -> None:
    # Five bytes have no cp1252 letter; Windows lets them through, and so do we.
    garbled = "".join(
        bytes([b]).decode("cp1252") if b not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else chr(b)
        for b in name.encode()
    )
    fixed, _ = repair(garbled)
    assert repair(name)[0] in (fixed, name)
    assert fixed == repair(name)[0]
