"""A profile and a comparison of real places, and of a hostile one."""

from __future__ import annotations

import csv
import html
import re
import runpy
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import geolls
from geolls.api import Place, Study
from geolls.atlas.profile import Profile, profile, profile_html, profile_markdown
from geolls.base.errors import UsageError
from geolls.base.interval import Interval, span
from geolls.base.text import count
from geolls.base.vocabulary import KINDS, PATTERNS
from geolls.study.comparing import compare, most_like, place_figures
from geolls.study.typology import typology
from geolls.study.units import units_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "typology.md"
TOOLS = Path(__file__).resolve().parents[2] / "tools"
HOSTILE = '<script>alert(1)</script>|*b*[x](javascript:y)"&amp;'


def schools_of(study: Study, place: Place) -> float:
    """How many schools a place has, a shared one by its share."""
    return float(study.membership(place.layer).shares_of(place.unit_code).sum())


class Text(HTMLParser):
    """What a reader sees, and every tag and attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._style = tag == "style"

    def handle_data(self, data: str) -> None:
        if not self._style:
            self.words.append(data)


def seen(page: str) -> Text:
    text = Text()
    text.feed(page)
    return text


def folded(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def table(page: Profile, key: str, which: int = 0) -> dict[str, tuple[str, ...]]:
    section = next(s for s in page.sections if s.key == key)
    return {str(row[0]): tuple(map(str, row[1:])) for row in section.tables[which].rows}


REAL = ["Leeds", "Northumberland", "region:North East", "City of London", "Isles of Scilly"]


@pytest.mark.real_data
@pytest.mark.parametrize("name", [*REAL, "Birmingham", "teaching_school_hub:tsh-alban"])
def test_both_forms_say_the_same_sentences(real_study: Study, name: str) -> None:
    place = real_study.place(name)
    page = profile(real_study, place)
    words = folded(" ".join(seen(profile_html(real_study, place)).words))
    plain = folded(re.sub(r"\\(.)", r"\1", profile_markdown(real_study, place)).replace("**", ""))
    sentences = [page.lede, page.note, *page.caveats, *page.sources, page.study, page.attribution]
    for section in page.sections:
        sentences += [section.title, *section.text, *section.after]
        sentences += [c for t in section.tables for row in t.rows for c in row]
    for sentence in sentences:
        bare = folded(html.unescape(re.sub(r"</?b>", "", str(sentence))))
        assert bare in plain
        # Bold ends a text node, so a space may stand before a comma.
        assert bare.replace(" ", "") in words.replace(" ", "")


@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL)
def test_who_runs_the_schools_adds_up(real_study: Study, name: str) -> None:
    place = real_study.place(name)
    kinds = table(profile(real_study, place), "runs")
    ends = [[float(n) for n in v[0].replace(",", "").split(" to ")] for v in kinds.values()]
    low, high = (sum(n[at] for n in ends) for at in (0, -1))
    number, slack = schools_of(real_study, place), 0.05 * len(kinds)
    assert low - slack <= number <= high + slack
    figures = place_figures(real_study, place.layer).set_index("unit_code")
    if number >= 10:
        expected = 100 * figures.at[place.unit_code, "share_no_trust"]
        said = [float(n.rstrip("%")) for n in kinds["In no trust"][1].split(" to ")]
        assert said[0] - 0.5 <= expected <= said[-1] + 0.5
    else:
        assert {v[1] for v in kinds.values()} == {"–"}  # noqa: RUF001


@pytest.mark.real_data
def test_leeds_is_as_the_register_has_it(real_study: Study) -> None:
    page = profile(real_study, real_study.place("Leeds"))
    schools = real_study.schools[real_study.schools["la_code"] == "383"]
    assert f"of {len(schools)}" in page.lede
    biggest = schools["trust_name"].value_counts()
    first, row = next(iter(table(page, "runs", 1).items()))
    assert (first, row[0]) == (biggest.index[0], str(biggest.iloc[0]))
    maps = table(page, "maps")
    assert maps["Combined authority"][:2] == ("1", "West Yorkshire")
    assert maps["Teaching School Hub"] == ("1", "Leeds", "nowhere else")
    assert maps["Maths Hub"][2].endswith("schools are here")
    assert page.sections[1].title == "Which maps cover Leeds: none divides it"
    assert any("Pattern C" in str(p) for s in page.sections for p in s.after)
    assert "March 2022" in page.note
    assert page.banner == ""


@pytest.mark.real_data
def test_one_school_has_counts_and_no_percentage(real_study: Study) -> None:
    for name in ("City of London", "Isles of Scilly"):
        place = real_study.place(name)
        page = profile(real_study, place)
        beside = table(page, "beside")
        assert beside["Schools"][0] == "1"
        for row in ("In no trust", "Pupils eligible for free meals", "Effective number of maps"):
            assert beside[row][0] == "–"  # noqa: RUF001
        assert not page.sections[0].bars
        assert most_like(real_study, place).empty
        assert "is here" in " ".join(v[2] for v in table(page, "maps").values())


@pytest.mark.real_data
def test_a_map_of_a_part_is_not_said_to_have_the_whole(real_study: Study) -> None:
    hub = next(p for p in real_study.places("teaching_school_hub") if "(Somerset)" in p.name)
    maps = next(s for s in profile(real_study, hub).sections if s.key == "maps")
    assert "is covered by Priority Education Investment Areas." in maps.text[-1]
    assert maps.title.endswith("and where they part")


@pytest.mark.real_data
def test_land_and_not_schools_says_what_runs_on(real_study: Study) -> None:
    """A region holds its authorities whole, even where a school's location is not known."""
    maps = table(profile(real_study, real_study.place("region:South East")), "maps")
    assert maps["Local authority"][0::2] == ("19", "all inside")
    assert maps["District"][0::2] == ("64", "all inside")
    assert maps["Combined authority"][:2] == ("0", "none")


@pytest.mark.real_data
def test_land_that_two_hubs_list_is_told_from_both_sides(real_study: Study) -> None:
    council = profile(real_study, real_study.place("Birmingham"))
    between = next(s for s in council.sections if s.key == "between")
    assert "stand on land that several Teaching School Hubs list" in str(between.text)
    assert table(council, "maps")["Teaching School Hub"][2] == "share it; no line is to hand"
    hub = next(p for p in real_study.places("teaching_school_hub") if "South Birm" in p.name)
    between = next(s for s in profile(real_study, hub).sections if s.key == "between")
    whole = real_study.assigned("teaching_school_hub")
    schools = int((whole["unit_code"] == hub.unit_code).sum())
    assert f"{schools} schools</b> here stand on land that Arthur Terry (North Birm" in str(
        between.text
    )


@pytest.mark.real_data
def test_a_gap_in_the_list_is_called_a_gap(real_study: Study) -> None:
    between = next(
        s for s in profile(real_study, real_study.place("Walsall")).sections if s.key == "between"
    )
    assert "we found no Maths Hub: a gap in our list, not proof of none" in str(between.text)


@pytest.mark.real_data
def test_the_areas_most_like_a_place_are_near_it_in_every_figure(real_study: Study) -> None:
    found = most_like(real_study, real_study.place("Leeds"))
    assert len(found) == 5
    ranked = place_figures(real_study).query("schools >= 20")
    far = most_like(real_study, real_study.place("Leeds"), n=len(ranked)).iloc[-1]
    assert found["distance"].max() < far["distance"] / 3
    leeds = ranked.set_index("unit_code").loc["E08000035"]
    gap = (found["share_no_trust"] - leeds["share_no_trust"]).abs().max()
    assert gap < 0.5 * (ranked["share_no_trust"].max() - ranked["share_no_trust"].min())


@pytest.mark.real_data
def test_compare_holds_real_places(real_study: Study) -> None:
    places = [real_study.place(n) for n in ("Leeds", "City of London")]
    beside = compare(real_study, places).set_index("measure")
    assert beside.at["schools", "City of London"] == 1
    assert beside.at["schools", "england"] == len(real_study.schools)
    england = beside.loc[[f"share_{k}" for k in KINDS], "england"]
    assert england.sum() == pytest.approx(1, abs=1e-3)  # a few schools have no authority's land


@pytest.mark.real_data
def test_the_documented_patterns_are_those_the_code_finds(real_study: Study) -> None:
    said = PAGE.read_text("utf-8").split("<!-- report -->\n")[1].split("<!-- /report -->")[0]
    tool = runpy.run_path(str(TOOLS / "write_typology.py"))
    assert said == tool["typology_report"](real_study), (
        "write typology_report(study) into docs/typology.md"
    )
    found = typology(real_study)["pattern"].fillna("none").value_counts()
    assert set(PATTERNS) <= set(found.index)
    assert found["none"] == 4  # City of London, Isles of Scilly, Rutland; Sutton, not known


def test_the_documented_thresholds_are_the_defaults() -> None:
    import tomllib

    from geolls.study.typology import TypologyRules

    text = re.search(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert text is not None
    assert tomllib.loads(text[1])["typology"] == vars(TypologyRules())


def test_made_up_schools_are_called_so_first_and_last(demonstration: Study) -> None:
    place = demonstration.place("Leeds")
    warning = "Demonstration schools: generated, not real"
    page, plain = profile_html(demonstration, place), profile_markdown(demonstration, place)
    assert plain.index(warning) < plain.index("## ")
    assert page.index(warning) < page.index("<h1>")
    assert warning in page[page.index("<footer>") :]
    assert "March 2022; several" not in plain


def test_a_profile_has_a_map_of_its_schools_where_the_sheet_has_room(demonstration: Study) -> None:
    place = demonstration.place("Leeds")
    page = profile_html(demonstration, place)
    picture = page[page.index("<figure>") : page.index("</figure>")]
    drawn = sum(map(int, re.findall(r'data-n="(\d+)"', picture)))
    here = demonstration.schools_in(place)
    assert drawn == here["urn"].nunique()
    assert "<metadata" not in page and "Dashed: Teaching School Hubs." in picture
    assert "<figure>" not in profile_html(demonstration, demonstration.place("region:South West"))


def test_a_page_runs_no_script_and_asks_for_nothing(demonstration: Study) -> None:
    page = profile_html(demonstration, demonstration.place("Leeds"))
    text = seen(page)
    tags = {tag for tag, _ in text.tags}
    assert not tags & {"script", "link", "img", "iframe", "object", "base", "form", "a"}
    for _, attributes in text.tags:
        assert not [a for a in attributes if a.startswith("on") or a in {"src", "href", "style"}]
    policy = next(a["content"] for t, a in text.tags if t == "meta" and "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "url(http" not in page and "@import" not in page
    assert page.index("Content-Security-Policy") < page.index("<style>")


def test_the_page_names_the_study_and_its_fingerprint(demonstration: Study) -> None:
    page = profile_html(demonstration, demonstration.place("Leeds"))
    assert demonstration.fingerprint in page
    assert "Study: Default, as of 1 September 2022" in page
    assert html.escape(demonstration.attribution) in page


def test_the_same_place_gives_the_same_bytes(demonstration: Study) -> None:
    first, second = demonstration, geolls.open_study(as_of="2022-09-01")
    for write in (profile_html, profile_markdown):
        one: Callable[[Study, Place], str] = write
        assert one(first, first.place("Kent")) == one(second, second.place("Kent"))


@pytest.mark.parametrize(
    "name", ["combined_authority:Greater Manchester", "dfe_region:London", "maths_hub"]
)
def test_every_kind_of_place_has_a_profile(demonstration: Study, name: str) -> None:
    place = demonstration.place(name) if ":" in name else demonstration.places(name)[0]
    page = profile(demonstration, place)
    assert [s.key for s in page.sections] == ["runs", "maps", "between", "beside"]
    unit = units_of(demonstration, place.layer).loc[place.unit_code]
    n = Interval(unit["schools_low"], unit["schools_high"])
    assert f"n = {span(n, count)}" in page.note


def test_a_place_without_schools_says_so() -> None:
    study = geolls.open_study(as_of="2022-09-01", phase=["secondary"])
    empty = [p for p in study.places("district") if schools_of(study, p) == 0]
    assert empty, "the demonstration has no district without a secondary school"
    page = profile(study, empty[0])
    assert page.lede == f"No secondary school stands in {empty[0].name}."
    assert page.sections == ()
    assert profile_markdown(study, empty[0]).count("## ") == 2


def test_a_place_of_no_layer_of_the_study_is_refused(demonstration: Study) -> None:
    with pytest.raises(UsageError, match="no unit of local_authority"):
        profile(demonstration, Place("local_authority", "E99999999", "Nowhere", ()))


def test_names_are_text_in_both_forms(tmp_path: Path) -> None:
    register = tmp_path / "register.csv"
    row = {
        "LA (code)": "383",
        "LA (name)": "Leeds",
        "TypeOfEstablishment (name)": "Academy converter",
        "EstablishmentTypeGroup (name)": "Academies",
        "EstablishmentStatus (name)": "Open",
        "OpenDate": "01-09-2010",
        "CloseDate": "",
        "PhaseOfEducation (name)": "Primary",
        "DistrictAdministrative (code)": "E08000035",
        "Easting": "430000",
        "Northing": "434000",
        "NumberOfPupils": "100",
        "TrustSchoolFlag (name)": "Supported by a multi-academy trust",
        "Trusts (code)": "9001",
        "Trusts (name)": HOSTILE,
    }
    rows = [{"URN": 100000 + i, "EstablishmentName": f"School {i}", **row} for i in range(12)]
    with register.open("w", newline="", encoding="cp1252") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    study = geolls.open_study(register=register, as_of="2022-09-01", data=tmp_path)
    place = study.place("Leeds")
    page, plain = profile_html(study, place), profile_markdown(study, place)
    assert "<script" not in page
    assert HOSTILE in " ".join(seen(page).words)
    line = next(x for x in plain.splitlines() if "alert" in x)
    assert len(re.findall(r"(?<!\\)\|", line)) == 5  # four cells still
    assert r"\<script\>" in line
    assert r"\[x\](javascript" in line
    assert not re.search(r"(?<!\\)[<*\[]", line)


@pytest.mark.browser
@pytest.mark.real_data
def test_it_prints_on_one_sheet_without_a_complaint(
    real_study: Study, tmp_path: Path, browser: Any
) -> None:
    places = [real_study.place(n) for n in (*REAL, "Lancashire", "region:London")]
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text))
    page.on("request", lambda r: said.append(r.url) if r.url[:5] != "file:" else None)
    for place in places:
        file = tmp_path / f"{place.unit_code}.html"
        file.write_text(profile_html(real_study, place), encoding="utf-8")
        page.goto(file.as_uri())
        sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))
        assert sheets == 1, place.name
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, place.name
    page.close()
    assert said == []
