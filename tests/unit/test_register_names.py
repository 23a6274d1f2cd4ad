"""Names: damage undone where it proves itself, capitals written as people write them."""
# ruff: noqa: RUF001  (curly apostrophes are what is tested)

from __future__ import annotations

from pathlib import Path

import pytest
from gias_files import DAY, reconciles, schools, text_of

from geolls.register.names import display_name, repair
from geolls.register.register import read_register


@pytest.mark.parametrize(
    ("published", "shown"),
    [
        ("VALE ACADEMY TRUST", "Vale Academy Trust"),
        ("THE DIOCESE OF ELY MULTI-ACADEMY TRUST", "The Diocese of Ely Multi-Academy Trust"),
        ("ST. JAMES THE GREAT R.C. PRIMARY", "St. James the Great R.C. Primary"),
        ("ST JOHN'S (CE) TRUST, CLIFTON", "St John's (CE) Trust, Clifton"),
        ("STRATFORD-UPON-AVON SCHOOL", "Stratford-upon-Avon School"),
        ("THE CO-OPERATIVE ACADEMIES TRUST", "The Co-operative Academies Trust"),
        ("KING EDWARD VI ACADEMY TRUST BIRMINGHAM", "King Edward VI Academy Trust Birmingham"),
        ("L.E.A.D. ACADEMY TRUST", "L.E.A.D. Academy Trust"),
        ("E-ACT", "E-ACT"),
        ("GLF SCHOOLS", "GLF Schools"),
        ("REACH2 ACADEMY TRUST", "REAch2 Academy Trust"),
        ("FOCUS ACADEMY TRUST (UK) LTD", "Focus Academy Trust (UK) Ltd"),
        ("MCAULEY CATHOLIC HIGH SCHOOL", "McAuley Catholic High School"),
        ("EDUCATION FOR THE 21ST CENTURY", "Education for the 21st Century"),
        ("FIERTÉ MULTI-ACADEMY TRUST", "Fierté Multi-Academy Trust"),
        ("LADY HAWKINS’ SCHOOL", "Lady Hawkins’ School"),
        ("drb Ignite Multi Academy Trust", "drb Ignite Multi Academy Trust"),
        ("", ""),
        ("OF", "Of"),
    ],
)
def test_names_in_capitals_are_shown_as_people_write_them(published: str, shown: str) -> None:
    assert display_name(published) == shown


@pytest.mark.parametrize(
    ("damaged", "expected"),
    [
        ("Ecole FranÃ§aise", ("Ecole Française", "mojibake")),
        ("St Maryâ€™s", ("St Mary’s", "mojibake")),
        ("St Maryâ€\x9ds", ("St Mary”s", "mojibake")),
        ("FranÃƒÂ§aise", ("Française", "mojibake")),
        ("North Star 82Ã¯Â¿Â½", ("North Star 82\ufffd", "lost character")),
        ("St Martin?s Trust", ("St Martin’s Trust", "lost apostrophe")),
        ("LADY HAWKINS? SCHOOL", ("LADY HAWKINS’ SCHOOL", "lost apostrophe")),
        ("Who Cares?", ("Who Cares?", None)),
        ("North Star 82°", ("North Star 82°", None)),
        ("École à Becket", ("École à Becket", None)),
        ("ÉCOLE", ("ÉCOLE", None)),
        ("", ("", None)),
    ],
)
def test_only_damage_that_proves_itself_is_undone(
    damaged: str, expected: tuple[str, str | None]
) -> None:
    assert repair(damaged) == expected


def test_utf8_cells_in_a_cp1252_file_are_repaired_and_listed(tmp_path: Path) -> None:
    path = tmp_path / "edubasealldata.csv"
    rows = schools({"EstablishmentName": "École A"}, {"EstablishmentName": "ECOLE B"})
    raw = text_of(rows).encode("cp1252").replace(b"ECOLE B", "École B".encode())
    path.write_bytes(raw)
    register = read_register(path, as_of=DAY)
    assert register.schools["name"].tolist() == ["École A", "École B"]
    assert register.rejects[["row", "urn", "reason", "action"]].values.tolist() == [
        [3, "100001", "name damaged: mojibake", "name repaired"]
    ]
    assert reconciles(register)


def test_a_lost_character_is_reported_not_invented(tmp_path: Path) -> None:
    path = tmp_path / "edubasealldata.csv"
    text = text_of(schools({"EstablishmentName": "St Thomas \ufffd Becket"}))
    path.write_text(text, encoding="utf-8")
    register = read_register(path, as_of=DAY)
    assert register.rejects["reason"].tolist() == ["name damaged: lost character"]
    assert register.schools["name"].tolist() == ["St Thomas \ufffd Becket"]


def test_control_and_direction_characters_leave_names(tmp_path: Path) -> None:
    path = tmp_path / "edubasealldata.csv"
    name = "\u202eOak\u200b \x07\x1b[31m  School\xa0"
    path.write_text(text_of(schools({"EstablishmentName": name})), encoding="utf-8")
    assert read_register(path, as_of=DAY).schools["name"].tolist() == ["Oak [31m School"]
