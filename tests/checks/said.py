"""What pages and profiles say of every place and trust: the form of each sentence and its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import Formatter
from typing import Any, NamedTuple

import pytest

from geolls.atlas import words
from geolls.atlas.book import Book
from geolls.atlas.frame import Page
from geolls.atlas.place import PlacePages
from geolls.atlas.profile import Profile, profile
from geolls.atlas.search import search_index
from geolls.atlas.trust import TrustPages
from geolls.base import text
from geolls.study.facts import Facts, Here

LAYERS = ("local_authority", "combined_authority", "teaching_school_hub", "maths_hub")
OF_THE_STUDY = {"the date of each source", "the effective number of maps"}


class Said(NamedTuple):
    """A sentence as it was printed: what it is about, which form of which saying, its text."""

    layer: str  # "trust" for a trust
    code: str
    about: str
    form: str
    text: str
    of: str = ""  # the layer that it is said of, where its words do not name it


class Walk(NamedTuple):
    """What a study said on a walk over all its places and trusts, and what was made on the way.

    Attributes
    ----------
    said : list of Said
        Every sentence, once.
    pages, profiles : dict
        By layer and code of the place: what its page says, and its profile.
    """

    said: list[Said]
    pages: dict[tuple[str, str], dict[str, Any]]
    profiles: dict[tuple[str, str], Profile]


class _Watched:
    """A saying that tells, while it speaks, which it is."""

    def __init__(self, saying: words.Saying, now: list[str]) -> None:
        self.saying, self.now = saying, now

    def __call__(self, **facts: Any) -> Any:
        self.now[:] = self.saying.about, facts.get("key", "")
        return self.saying(**facts)

    def each(self, **facts: Any) -> Any:
        self.now[:] = self.saying.about, facts.get("key", "")
        return self.saying.each(**facts)


def given_places(study: Any) -> list[Any]:
    """Return places without land: what lies round towns and postcodes, lists, some dioceses."""
    of_a_trust = study.schools.dropna(subset=["trust_uid"])["urn"].tolist()
    every = study.schools["urn"].tolist()
    texts = ["town:Ashington", "Newport, Isle of Wight,3km", "LS20,4km", "PL1", "town:Berwick,900m"]
    lists = [of_a_trust[:1], every[::1500], of_a_trust[::400]]
    dioceses = study.places("diocese")[::8] if "diocese" in study.layers else []
    return [*map(study.place, [*texts, *lists]), *dioceses]


def walk_over(study: Any, home: str = LAYERS[0]) -> Walk:
    """Return every sentence on the pages and in the profiles of a study, maps and tables apart.

    Of an atlas whose places are others than authorities, those of the pages about England only.
    """
    forms = {
        (about, form.words): form.name
        for about, saying in words.SAYINGS.items()
        for form in saying.forms
    }
    found: dict[Said, None] = {}
    pages, profiles = dict[tuple[str, str], Any](), dict[tuple[str, str], Profile]()
    now, subject = ["", ""], ("", "")
    write = words.fill

    def noted(template: str, facts: Any) -> Any:
        printed = write(template, facts)
        if template:
            form = forms[now[0], template]
            # What facts remember is said of the study, once, whichever page asked first.
            of = ("study", "") if now[0] in OF_THE_STUDY else subject
            said = Said(*of, now[0], form, str(printed.unescape()), now[1])
            # What a search finds is said of one place after another, in the same words of several.
            found[said._replace(code=str(len(found))) if subject[0] == "search" else said] = None
        return printed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(words, "fill", noted)
        for name, saying in list(vars(words).items()):
            if isinstance(saying, words.Saying):
                patch.setattr(words, name, _Watched(saying, now))
        keys = [key for key in LAYERS if key in study.area_layers] if home == LAYERS[0] else [home]
        facts = Facts(study, keys)  # anew: what is kept would not be said again
        book = Book(facts)
        subject = ("england", home)
        for page in book.pages:
            if page.kind not in {"national", "place", "trust"}:
                book.make(page.path)
        before = len(found)
        subject = ("search", home)
        search_index(book)
        searched = list(found)[before:]
        for one in searched:
            del found[one]
        found.update(dict.fromkeys(_by_subject(book, searched)))
        if home != LAYERS[0]:
            return Walk([*found], pages, profiles)
        places, trusts = PlacePages(book), TrustPages(book)
        for layer in facts.places:
            for place in study.places(layer):
                subject = (layer, place.unit_code)
                page = Page("place", book.path_of(*subject), subject)
                pages[subject] = places.said(page, Here(facts, *subject))
                table = pages[subject]["trusts"]
                homes = [c.of for c in table.columns if c.key == "home"] if table else []
                for home in homes:  # words in cells are said when the table is written
                    for row in table.rows:
                        home(row)
                profiles[subject] = profile(study, place)
        for place in given_places(study):
            subject = (place.layer, place.unit_code)
            profile(study, place)
        for uid in book.trust_rows:
            subject = ("trust", uid)
            trusts.said(Page("trust", book.path_of(*subject), (uid,)), uid)
    return Walk([*found], pages, profiles)


def _by_subject(book: Book, said: list[Said]) -> Iterator[Said]:
    """Tell whose each sentence is that a search finds: they are said in the order of the book."""
    keys = [(key, code) for key in book.facts.places for code in book.facts.unit_rows[key]]
    subjects = iter([*(("trust", uid) for uid in book.trust_rows), *keys])
    homes: list[Said] = []
    for one in said:
        homes.append(one)
        if one.about.startswith("the home of"):
            continue
        layer, code = next(subjects)
        yield from (each._replace(layer=layer, code=code) for each in homes)
        homes = []
    assert not list(subjects)


# ---- reading a sentence back -------------------------------------------------------------------

_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_SPAN = rf"(?:{_NUMBER} to {_NUMBER}|{_NUMBER}|{text.DASH})"
_PERCENT = rf"(?:(?:under 1%|over 99%|\d+%)(?: to (?:under 1%|over 99%|\d+%))?|{text.DASH})"
_WRITTEN: dict[str, str] = {
    "between": rf"(?:between {_NUMBER} and {_NUMBER}|{_NUMBER})",
    "between percent": rf"(?:between {_PERCENT} and {_PERCENT}|{_PERCENT})",
    "count": _SPAN,
    "km": rf"(?:{_NUMBER} km|{text.DASH})",
    "number": _SPAN,
    "percent": _PERCENT,
    "km within": rf"(?:{_NUMBER} km|{text.DASH})",
    "words": rf"(?:(?:between )?(?:[a-z]+|{_NUMBER})(?: (?:or|and) (?:[a-z]+|{_NUMBER}))?)",
    "Words": rf"(?:(?:Between )?(?:[A-Za-z]+|{_NUMBER})(?: (?:or|and) (?:[a-z]+|{_NUMBER}))?)",
}


def pattern_of(template: str) -> re.Pattern[str]:
    """Return the pattern that reads the facts out of a sentence, made from the words of its form.

    A fact that stands twice is read twice: `n`, `n_2`. A choice of words is read as one too.
    """
    parts: list[str] = []
    times: dict[str, int] = {}

    def add(template: str, *, named: bool = True) -> str:
        out = []
        for literal, name, spec, _ in Formatter().parse(template):
            out.append(re.escape(str(words.Markup(literal).unescape())))
            if name is None:
                continue
            key = re.sub(r"\W+", "_", name).strip("_")
            parts_of = (spec or "").split("|")
            inner = _WRITTEN.get(spec or "", ".*?")
            if re.fullmatch(r"\.\df", spec or ""):
                inner = _NUMBER
            if len(parts_of) > 1:
                either = sorted(parts_of, key=len, reverse=True)
                inner = f"(?:{'|'.join(add(words, named=False) for words in either)})"
                key = f"choice_{key}"
            if named:
                times[key] = times.get(key, 0) + 1
                key += f"_{times[key]}" if times[key] > 1 else ""
                inner = f"(?P<{key}>{inner})"
            out.append(inner)
        return "".join(out)

    parts.append(add(template))
    return re.compile("".join(parts), re.DOTALL)


def choices_of(template: str) -> Iterator[tuple[str, list[str]]]:
    """Return the choices in the words of a form: the fact; the words for one, two if any, more."""
    for _, name, spec, _ in Formatter().parse(template):
        words = (spec or "").split("|")
        if name is not None and len(words) > 1:
            yield name, words
