"""Schools filtered in place, in Chromium: every count against one from the study's tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from geolls.base.vocabulary import FEW, KINDS, SIZES
from geolls.maps.page import draw

from .conftest import HOSTILE, Leaves, Opened, small

pytestmark = pytest.mark.browser

APP = "document.querySelector('.geolls-app').geolls"


@pytest.fixture
def open_page(browser: Any, leaves: Leaves) -> Iterator[Callable[..., Any]]:
    """Open a page of the atlas without a network, and wait for all it can filter by."""
    contexts = []

    def go(name: str | Path, words: str = "", **options: Any) -> Opened:
        context = browser.new_context(**({"viewport": {"width": 1440, "height": 900}} | options))
        contexts.append(context)
        context.set_offline(True)
        opened = Opened(context.new_page())
        opened.page.on("pageerror", lambda e: opened.faults.append(str(e)))
        opened.page.on("request", lambda r: opened.asked.append(r.url))
        path = name if isinstance(name, Path) else leaves.path(name)
        opened.page.goto(path.as_uri() + words)
        opened.page.wait_for_selector(".geolls-app[data-traits]")
        return opened

    yield go
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def leeds(leaves: Leaves) -> pd.DataFrame:
    """The schools of the place, out of the study and not of its page."""
    facts, (layer, code) = leaves.book.facts, leaves.pages["place"].key
    schools = facts.study.assigned(layer)
    schools = schools.loc[schools["unit_code"] == code, "urn"]
    return facts.study.schools[facts.study.schools["urn"].isin(schools)]


def fitting(page: Any) -> int:
    return int(page.locator(".geolls-app").get_attribute("data-fitting") or -1)


def tick(page: Any, trait: str, value: str) -> None:
    box = page.locator(f'input[data-trait="{trait}"][value="{value}"]')
    page.evaluate(
        "for (const d of document.querySelectorAll('.gl-filter,.gl-facet')) d.open = true"
    )
    box.click()


def test_each_filter_counts_as_the_study_does(
    open_page: Callable[..., Any], leeds: pd.DataFrame
) -> None:
    page = open_page("place").page
    faith = leeds["religious_character"]
    pupils = leeds["pupils"]
    asked = {
        ("phase", "primary"): leeds["phase"] == "primary",
        ("phase", "secondary"): leeds["phase"] == "secondary",
        ("type_group", "academies"): leeds["type_group"] == "Academies",
        ("type", "community-school"): leeds["type"] == "Community school",
        ("religious_character", "church-of-england"): faith == "Church of England",
        ("religious_character", "none"): faith.isin(["None", "Does not apply"]),
        ("size", "0"): pupils < SIZES[0],
        ("size", "200"): (pupils >= 200) & (pupils < 400),
        ("size", "1200"): pupils >= SIZES[-1],
    }
    tried = 0
    for (trait, value), mask in asked.items():
        if not mask.any():
            continue
        tick(page, trait, value)
        assert fitting(page) == mask.sum(), (trait, value)
        row = page.locator(f'.gl-row:has(input[data-trait="{trait}"][value="{value}"])')
        assert row.locator(".gl-n").text_content() == f"{mask.sum():,}"
        assert f"{mask.sum()} of {len(leeds)} schools" in page.locator(".gl-filtered").inner_text()
        tick(page, trait, value)
        assert page.locator(".gl-filtered").is_hidden()
        tried += 1
    assert tried >= 7
    tick(page, "phase", "primary")
    tick(page, "phase", "secondary")
    tick(page, "type_group", "academies")
    both = leeds["phase"].isin(["primary", "secondary"]) & (leeds["type_group"] == "Academies")
    assert fitting(page) == both.sum()
    shown = page.evaluate(f"{APP}.panel.node.querySelectorAll('input[data-kind]').length")
    said = page.locator('.gl-row:has(input[data-kind="no_trust"]) .gl-n').text_content()
    assert shown > 2
    assert " of " in said


def test_shading_follows_the_filter_where_the_page_can_count_and_says_where_not(
    open_page: Callable[..., Any], leaves: Leaves
) -> None:
    page = open_page("index").page
    whole = page.evaluate(f"{APP}.measures.no_trust.v")
    facts, key = leaves.book.facts, "local_authority"
    marks = facts.marks[["urn", "phase", "kind", "trust_uid", "easting"]].dropna(subset="easting")
    table = facts.study.assigned(key)[["urn", "unit_code"]].merge(marks, on="urn")
    several = table["trust_uid"].map(facts.schools["trust_uid"].value_counts()) > 1
    codes = page.evaluate(f"{APP}.byKey.{key}.code")
    phases = sorted(set(table["phase"]))
    for chosen in (["secondary"], phases):
        for phase in chosen:
            tick(page, "phase", phase.replace("_", "-"))
        fits = table[table["phase"].isin(chosen)]
        held, unknown = fits.groupby("unit_code"), fits["kind"] == "status_unknown"
        n = held.size().reindex(codes).fillna(0)
        assert page.evaluate(f"{APP}.measures.no_trust.n") == n.tolist()
        for measure, kind in (("no_trust", "no_trust"), ("trusts_elsewhere", KINDS[3])):
            values = page.evaluate(f"{APP}.measures.{measure}.v")
            sure = (fits["kind"] == kind).groupby(fits["unit_code"]).mean()
            doubt = unknown.groupby(fits["unit_code"]).sum()
            for code, value in zip(codes, values, strict=True):
                if n[code] and not doubt[code]:
                    assert value == pytest.approx(sure[code]), (measure, code)
        met = (
            fits[several[fits.index]]
            .groupby("unit_code")["trust_uid"]
            .nunique()
            .reindex(codes)
            .fillna(0)
        )
        assert page.evaluate(f"{APP}.measures.trusts_at_work.v") == met.tolist()
        classes = page.evaluate(f"{APP}.measures.no_trust.c")
        assert [c == -2 for c in classes] == [0 < many < FEW for many in n]
        for phase in chosen:
            tick(page, "phase", phase.replace("_", "-"))
    # What is counted of all schools is what the study says of all: two ways to one number.
    told = f"{APP}.stage.labels.callouts.told({{width: 900}}).length"
    tick(page, "phase", "secondary")
    many = page.evaluate(f"{APP}.counted().length")
    assert f"of the {many:,} schools that fit the filter" in page.inner_text(".gl-finding")
    assert "All that fit" in page.inner_text(".gl-legend-title")
    assert page.evaluate(told) == 0, "what stands out among all does not among some"
    page.locator(".gl-shades label", has_text="Effective number of maps").click()
    assert "All schools, whatever the filter" in page.inner_text(".gl-legend-title")
    assert "fit the filter" not in page.inner_text(".gl-finding")
    page.get_by_role("button", name="Clear the filter").click()
    assert page.evaluate(f"{APP}.measures.no_trust.v") == whole
    assert "whatever" not in page.inner_text(".gl-legend-title")
    assert page.evaluate(told) > 0


def test_bars_follow_the_filter_and_one_that_cannot_says_so(
    open_page: Callable[..., Any], leaves: Leaves, leeds: pd.DataFrame
) -> None:
    page = open_page("place").page
    strip = page.locator(".strip[data-layer=teaching_school_hub]")
    before = strip.inner_text()
    assert page.locator(".gl-told:visible").count() == 0
    tick(page, "phase", "secondary")
    study = leaves.book.facts.study
    for key in ("teaching_school_hub", "maths_hub", "dfe_region"):
        of = study.assigned(key).drop_duplicates("urn").set_index("urn")["unit_name"]
        fits = leeds[leeds["phase"] == "secondary"]
        wanted = fits["urn"].map(of).value_counts()
        rows = page.locator(f".strip[data-layer={key}] .gl-followed li").all_inner_texts()
        if (study.assigned(key)["share"] == 1).all():
            assert sorted(rows) == sorted(
                f"{name} {n} of {(leeds['urn'].map(of) == name).sum()}"
                for name, n in wanted.items()
            )
        pieces = page.locator(f".strip[data-layer={key}] .gl-followed .pieces > div")
        wide = pieces.evaluate_all("all => all.map((n) => parseFloat(n.style.flexGrow))")
        assert sum(wide) == len(fits)
        faint = ".gl-followed .whole i"  # not as a unit that lies here whole
        assert page.locator(faint).first.evaluate("(n) => getComputedStyle(n).opacity") == "0.3"
    assert (
        page.locator(".strip.trusts .gl-told").inner_text() == "All schools, whatever the filter."
    )
    assert page.locator(".gl-told:visible").count() == 2
    page.get_by_role("button", name="Clear the filter").click()
    assert strip.inner_text() == before
    assert page.locator(".gl-told:visible").count() == 0


def test_a_map_without_schools_says_why_it_has_no_filter(
    browser: Any, leaves: Leaves, open_page: Callable[..., Any]
) -> None:
    page = browser.new_page()
    page.goto(leaves.path("disagreement").as_uri())
    page.wait_for_selector(".geolls-app[data-tools]")
    assert page.locator(".gl-filter").count() == 0
    assert "draws no school" in page.inner_text(".gl-tools .gl-note")
    page.close()
    assert open_page("place").page.locator(".gl-tools .gl-note").count() == 0


def test_table_and_csv_follow_the_filter_and_the_csv_says_so(
    open_page: Callable[..., Any], leeds: pd.DataFrame
) -> None:
    page = open_page("place").page
    tick(page, "phase", "secondary")
    n = int((leeds["phase"] == "secondary").sum())
    rows = page.locator("#schools tbody tr:not(.total)")
    seen = rows.evaluate_all("rows => rows.filter(r => !r.hidden).map(r => r.id)")
    assert {u[1:] for u in seen} == set(leeds.loc[leeds["phase"] == "secondary", "urn"])
    with page.expect_download() as got:
        page.locator('[data-csv="schools"]').last.click()
    text = Path(got.value.path()).read_text("utf-8-sig")
    head, *lines = list(csv.reader(io.StringIO(text)))
    assert head == [f"# {n} of {len(leeds)} schools: phase Secondary school"]
    assert len(lines) == 1 + n
    page.locator(".gl-filtered button").click()
    with page.expect_download() as got:
        page.locator('[data-csv="schools"]').last.click()
    lines = Path(got.value.path()).read_text("utf-8-sig").splitlines()
    assert len(lines) == 1 + len(leeds)
    assert not lines[0].startswith("#")


def test_a_word_typed_over_a_table_narrows_its_csv_too(open_page: Callable[..., Any]) -> None:
    page = open_page("place").page
    page.locator('[data-filter="trusts"]').fill("a")
    shown = page.locator("#trusts tbody tr:not([hidden]):not(.total)").count()
    with page.expect_download() as got:
        page.locator('.tools [data-csv="trusts"]').click()
    first, _, *rows = Path(got.value.path()).read_text("utf-8-sig").splitlines()
    assert 'with ""a""' in first
    assert len(rows) == shown


def test_trusts_are_told_apart_by_mark_and_colour_and_counted(
    open_page: Callable[..., Any], leeds: pd.DataFrame, leaves: Leaves
) -> None:
    page = open_page("place").page
    page.evaluate(
        "for (const d of document.querySelectorAll('.gl-filter,.gl-facet')) d.open = true"
    )
    top = leeds["trust_uid"].value_counts().head(3)
    names = leeds.drop_duplicates("trust_uid").set_index("trust_uid")["trust_name"]
    box = page.locator(".gl-add input[type=text]")
    for uid in top.index:
        box.fill(names[uid])
        box.press("Enter")
    assert fitting(page) == top.sum()
    chips = page.locator(".gl-chosen li")
    assert chips.count() == 3
    shapes = chips.locator("path").evaluate_all(
        "p => p.map(n => n.getAttribute('d') + n.style.fill)"
    )
    assert len(set(shapes)) == 3
    assert len({d.split("var")[0] for d in shapes}) == 3, "not by colour alone"
    for i, uid in enumerate(top.index):
        assert chips.nth(i).locator(".gl-n").text_content() == str(top[uid])
        assert names[uid] in page.locator(".gl-filtered").inner_text()
    box.fill("no such trust at all")
    box.press("Enter")
    assert (
        "No trust of that name here" in page.locator(".gl-facet [role=status]").first.inner_text()
    )
    chips.first.locator("button").click()
    assert fitting(page) == top.iloc[1:].sum()


def test_a_list_is_shown_and_told(open_page: Callable[..., Any], leeds: pd.DataFrame) -> None:
    opened = open_page("place")
    page = opened.page
    asked = len(opened.asked)
    page.evaluate(
        "for (const d of document.querySelectorAll('.gl-filter,.gl-facet')) d.open = true"
    )
    urns = leeds["urn"].head(7).tolist()
    text = "URN,Name\n" + "\n".join(f"{urn},x" for urn in urns) + "\n999999,Nowhere\n"
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Open a csv file").click()
    file = {"name": "<b>mine</b>.csv", "mimeType": "text/csv", "buffer": text.encode("cp1252")}
    chooser.value.set_files(file)
    page.wait_for_selector('.geolls-app[data-fitting="7"]')
    said = page.locator(".gl-facet [role=status]").last.inner_text()
    assert "<b>mine</b>.csv: 8 listed: 7 shown, 1 not." in said
    assert "999999" in said
    assert len(opened.asked) == asked, "nothing is sent"
    page.locator(".gl-facet textarea").fill(f"{urns[0]}\n<img src=x onerror=boom()>")
    page.get_by_role("button", name="Show these").click()
    assert fitting(page) == 1
    assert "<img src=x onerror=boom()>" in page.locator(".gl-facet [role=status]").last.inner_text()
    assert opened.faults == []


def test_the_link_keeps_all_of_it_back_undoes_and_reset_clears(
    open_page: Callable[..., Any], leeds: pd.DataFrame
) -> None:
    page = open_page("place").page
    n = int((leeds["phase"] == "secondary").sum())
    tick(page, "phase", "secondary")
    tick(page, "type_group", "academies")
    two = fitting(page)
    uid = leeds.loc[leeds["phase"] == "secondary", "trust_uid"].dropna().iloc[0]
    page.evaluate(f"{APP}.map.setZoom({APP}.map.getZoom() + 1, {{animate: false}})")
    page.evaluate(
        f"{APP}.details.open({{kind: 'trust', t: {APP}.schools.trusts.uid.indexOf('{uid}')}})"
    )
    link = page.evaluate("location.hash")
    other = open_page("place", link).page
    assert fitting(other) == two
    assert other.evaluate(f"{APP}.picked.kind") == "trust"
    assert other.evaluate(f"{APP}.map.getZoom()") == page.evaluate(f"{APP}.map.getZoom()")
    page.go_back()
    assert fitting(page) == two
    page.go_back()
    page.wait_for_selector(f'.geolls-app[data-fitting="{n}"]')
    page.go_back()
    page.wait_for_selector('.geolls-app[data-fitting=""]')
    page.go_forward()
    page.wait_for_selector(f'.geolls-app[data-fitting="{n}"]')
    page.get_by_role("button", name="Reset the map").click()
    assert fitting(page) == -1
    assert "only=" not in page.evaluate("location.hash")


def test_trust_region_and_index_pages_filter_too(
    open_page: Callable[..., Any], leaves: Leaves
) -> None:
    study = leaves.book.facts.study
    uid = leaves.pages["trust"].key[0]
    of = study.schools[study.schools["trust_uid"] == uid]
    page = open_page("trust").page
    tick(page, "phase", "primary")
    assert fitting(page) == (of["phase"] == "primary").sum()
    code = leaves.pages["region"].key[1]
    of = study.assigned("dfe_region")
    here = of.loc[of["unit_code"] == code, "urn"]
    region = study.schools[study.schools["urn"].isin(here)]
    page = open_page("region").page
    tick(page, "religious_character", "roman-catholic")
    assert fitting(page) == (region["religious_character"] == "Roman Catholic").sum()
    page = open_page("index", "#~only=phase:secondary;size:1200").page
    big = (study.schools["phase"] == "secondary") & (study.schools["pupils"] >= 1200)
    assert fitting(page) == big.sum()
    page.wait_for_selector('.geolls-app:not([data-schools="0"])')


def test_rows_and_map_light_each_other(open_page: Callable[..., Any], leeds: pd.DataFrame) -> None:
    page = open_page("place").page
    row = page.locator("#schools tbody tr[id^=s]").first
    urn = (row.get_attribute("id") or "")[1:]
    row.hover()
    assert page.locator(".geolls-app").get_attribute("data-lit") == f"school {urn}"
    assert page.locator(".gl-lit circle").count() == 2
    page.mouse.move(2, 2)
    assert page.locator(".gl-lit circle").count() == 0
    trust = page.locator("#trusts tbody a").first
    trust.focus()
    assert page.locator(".gl-lit circle").count() > 2
    at = page.evaluate(
        f"(urn) => {{ const a = {APP}; const s = a.schools.urn.indexOf(Number(urn));"
        "a.box.scrollIntoView({block: 'center', behavior: 'instant'});"
        "const p = a.map.layerPointToContainerPoint(a.view().at(a.schools.x[s], a.schools.y[s]));"
        "const b = a.map.getContainer().getBoundingClientRect(); return [b.x + p.x, b.y + p.y]; }",
        urn,
    )
    page.mouse.move(*at)
    assert page.locator("#schools tr.lit, tr.lit").count() >= 1
    for i in range(3):
        page.locator("#trusts tbody a").nth(i).focus()
        assert page.locator(".gl-lit circle").count() >= 2, "a pointer that lies still puts it out"
    piece = page.locator('.strip[data-layer="maths_hub"] [data-u]').first
    piece.hover()
    assert page.locator(".gl-lit path").count() == 2


def test_names_in_lists_and_trusts_are_text_and_urban_land_can_be_chosen(
    visit: Callable[..., Any], recipe: Any
) -> None:
    made = small()
    assert made.schools is not None
    assert made.trusts is not None
    extra = pd.DataFrame(
        {"trust_name": [HOSTILE], "schools": [1], "home": [None], "home_easting": [float("nan")],
         "home_northing": [float("nan")]}, index=pd.Index(["66"], name="trust_uid"),
    )  # fmt: skip
    land = [HOSTILE, "Urban", "Urban", "Rural", None, "Rural"]
    schools = made.schools.assign(urban_rural=land, trust_uid=[None, "77", "77", "66", None, None])
    data = small(schools=schools, trusts=pd.concat([made.trusts, extra]))
    opened = visit(draw(recipe, data))
    page = opened.page
    page.wait_for_selector(".geolls-app[data-traits]")
    tick(page, "urban_rural", "urban")
    assert fitting(page) == 2
    tick(page, "urban_rural", "urban")
    box = page.locator(".gl-add input[type=text]")
    box.focus()
    box.fill(HOSTILE)
    box.press("Enter")
    assert page.locator(".gl-chosen li").first.locator("span").first.text_content() == HOSTILE
    assert HOSTILE in page.locator(".gl-filtered").text_content()
    page.locator(".gl-facet textarea").fill(f"{HOSTILE}\nAlder School")
    page.get_by_role("button", name="Show these").click()
    assert page.locator("img").count() == 0
    assert opened.faults == []


def test_two_hubs_side_by_side_list_the_schools_whose_pair_is_another(
    open_page: Callable[..., Any], leaves: Leaves
) -> None:
    study, code = leaves.book.facts.study, leaves.pages["region"].key[1]
    held = {
        key: study.assigned(key).groupby("urn")["unit_code"].agg(frozenset)
        for key in ("dfe_region", "local_authority", "teaching_school_hub", "maths_hub")
    }
    table = pd.DataFrame(held)
    table = table[table["dfe_region"] == frozenset([code])].drop(columns="dfe_region")
    sizes = table.groupby(list(table)).size()
    most = sizes.groupby("local_authority").transform("max")
    # Whose land several list: of those nobody knows.
    shared = sizes.index.map(lambda pair: max(map(len, pair[1:])) > 1)
    apart = sizes[(sizes < most) & ~shared].sum()
    page = open_page("region").page
    page.locator("input[value=swipe]").check()
    assert page.locator(".gl-swipe .gl-side").count() == 2
    said = page.locator(".gl-pairs > p").first.inner_text()
    assert said.startswith(f"{apart:,} of {len(table):,} schools on this map ha")
    group = page.locator(".gl-pair").first
    group.locator("summary").click()
    group.locator("li").first.wait_for()  # the list is written once it is open
    listed = group.locator("li").count()
    assert str(listed) == group.locator(".gl-n").inner_text()
    link = page.evaluate("location.hash")
    assert "pair=teaching_school_hub,maths_hub" in link
    page.locator(".gl-slider select").first.select_option("local_authority")
    assert page.evaluate(f"{APP}.own.swipe") == ["local_authority", "maths_hub"]
    other = open_page("region", link).page
    assert other.locator(".gl-slider select").first.input_value() == "teaching_school_hub"
    other.locator(".gl-shades input[value='']").check()
    assert other.locator(".gl-pairs").is_hidden()
