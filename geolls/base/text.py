"""Words: names folded and guessed at, and plain English from numbers."""

from __future__ import annotations

import contextlib
import difflib
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from markupsafe import Markup, escape

__all__ = [
    "DASH",
    "a",
    "band_words",
    "begun",
    "count",
    "day",
    "day_in",
    "either",
    "fold",
    "in_words",
    "joined",
    "km",
    "km_within",
    "last_word",
    "month",
    "nearest",
    "number",
    "owner",
    "percent",
    "phase_words",
    "plural",
    "rank_words",
    "roughly",
    "short_name",
    "slug",
    "small",
    "suggest",
    "web",
    "when",
    "worst_of",
]

DASH = "\u2013"
# Words that official names carry or drop without changing what is meant; letters stand for them.
_NOISE = re.compile(
    r"\b(the|of|city|county|district|borough|royal|metropolitan|council|authority|combined|unitary"
    r"|london borough|corporation|ua|mbc|mdc|mb|bc|lb|lbc|rbc|dc|cc|rb)\b"
)
# Short forms, and what each is written out as.
_SHORT = {
    "ne": "north east", "nw": "north west", "se": "south east", "sw": "south west",
    "bucks": "buckinghamshire", "cambs": "cambridgeshire", "glos": "gloucestershire",
    "hants": "hampshire", "herts": "hertfordshire", "lancs": "lancashire",
    "leics": "leicestershire", "lincs": "lincolnshire", "northants": "northamptonshire",
    "notts": "nottinghamshire", "oxon": "oxfordshire", "salop": "shropshire",
    "staffs": "staffordshire", "warks": "warwickshire", "wilts": "wiltshire",
    "worcs": "worcestershire", "yorks": "yorkshire",
    "gmca": "greater manchester", "lcrca": "liverpool city region", "symca": "south yorkshire",
    "tvca": "tees valley", "weca": "west of england", "wmca": "west midlands",
    "wyca": "west yorkshire", "emcca": "east midlands", "ynyca": "york and north yorkshire",
}  # fmt: skip
_SHORTENED = re.compile(rf"\b({'|'.join(_SHORT)})\b")
# Every character that people and programs write for a hyphen or an apostrophe.
_ALIKE = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d\u30fc", "-")
    | dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\u02b9\u00b4\u0060\uff07", "'")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff")
)


def fold(name: str) -> str:
    """Fold a name to what people agree on: no case, accents, punctuation or civic titles.

    Parameters
    ----------
    name : str
        Any name, as typed or as published.

    Returns
    -------
    str
        The folded name; "Bristol, City of" and "bristol" fold to the same text.

    Examples
    --------
    >>> fold("Kingston upon Hull, City of") == fold("kingston-upon-hull")
    True
    >>> fold("County Durham") == fold("Durham")
    True
    >>> fold("London Borough of Camden"), fold("Bath & NE Somerset"), fold("Lancs")
    ('camden', 'bath and north east somerset', 'lancashire')
    """
    plain = (
        unicodedata.normalize("NFKD", name.translate(_ALIKE))
        .encode("ascii", "ignore")
        .decode()
        .casefold()
    )
    words = re.sub(r"[^a-z0-9]+", " ", plain.replace("&", " and ").replace("'", "")).strip()
    words = _SHORTENED.sub(lambda found: _SHORT[found[0]], words)
    short = " ".join(_NOISE.sub(" ", words).split())
    return short or words


def begun(text: str, names: Iterable[str]) -> str | None:
    """Return the name that begins with the words of a text, where no other name has them.

    Examples
    --------
    >>> begun("abacus NW", ["Abacus NW Maths Hub", "Origin Maths Hub"])
    'Abacus NW Maths Hub'
    """
    said = f" {fold(text)} "
    found = {f: name for name in names if said in (f := f" {fold(name)} ")}
    return next((name for f, name in found.items() if f.startswith(said) and len(found) == 1), None)


def nearest(word: str, options: Iterable[str], n: int = 3) -> list[str]:
    """Return up to `n` of `options` that a person typing `word` may have meant, best first."""
    by_word: dict[str, str] = {}
    for option in options:
        by_word.setdefault(fold(option), option)
        by_word.setdefault(_spaced(option), option)  # "authority" is noise, unless misspelt
    key = fold(word)[:200]
    starts = sorted((f for f in by_word if len(key) > 2 and f.startswith(key)), key=len)
    alike: dict[str, float] = {}
    for asked in dict.fromkeys((key, _spaced(word)[:200])):
        for f in difflib.get_close_matches(asked, by_word, n=n, cutoff=0.6):
            ratio = difflib.SequenceMatcher(None, f, asked).ratio()
            alike[f] = max(ratio, alike.get(f, 0.0))
    close = sorted(alike, key=lambda f: -alike[f])
    return list(dict.fromkeys(by_word[f] for f in [*starts, *close]))[:n]


def _spaced(text: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", text.casefold()).split())


def suggest(word: str, options: Iterable[str], called: Callable[[str], str] = str) -> str | None:
    """Return "did you mean A, B or C?", each as it is `called`, or None when nothing is near."""
    found = [called(option) for option in nearest(word, options)]
    if not found:
        return None
    *head, last = found
    return f"did you mean {', '.join(head) + ' or ' if head else ''}{last}?"


_WORDS = (
    "no one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
)
_FRACTIONS = {
    0.1: "one in ten",
    0.2: "a fifth",
    0.25: "a quarter",
    0.3: "three in ten",
    1 / 3: "a third",
    0.4: "four in ten",
    0.5: "half",
    0.6: "six in ten",
    2 / 3: "two thirds",
    0.7: "seven in ten",
    0.75: "three quarters",
    0.8: "eight in ten",
    0.9: "nine in ten",
}
_SAME, _NEAR = 0.005, 0.02  # of a share: what is called so, and what is just over or under it


def count(value: float) -> str:
    """Write how many, with thousands marked; a half school is a half.

    Examples
    --------
    >>> count(20197), count(282.0), count(17.5), count(33.333)
    ('20,197', '282', '17.5', '33.3')
    """
    if value != value:
        return DASH
    whole = round(value)
    if abs(value - whole) < 0.05:
        return f"{whole:,}"
    return f"{value:,.1f}"


def number(value: float, digits: int = 1) -> str:
    """Write a measured number with one decimal; missing is a dash."""
    return DASH if value is None or value != value else f"{value:,.{digits}f}"


def km(value: float | None) -> str:
    """Write a distance as maps do: one decimal below 10 km."""
    if value is None or value != value:
        return DASH
    return f"{value:.1f} km" if value < 9.95 else f"{value:,.0f} km"


def km_within(value: float | None) -> str:
    """Write a distance within which things lie: as `km`, never rounded down.

    Examples
    --------
    >>> km_within(4.04), km_within(12.0), km_within(37.2), km_within(9.92)
    ('4.1 km', '12 km', '38 km', '10 km')
    """
    if value is None or value != value:
        return DASH
    up = math.ceil(round(value * 10, 6)) / 10
    return f"{up:.1f} km" if up < 9.95 else f"{math.ceil(round(value, 6)):,} km"


def percent(share: float, n: float | None = None) -> str:
    """Write a share as a whole percentage; a dash where it is missing or n is below 10.

    Only nothing is 0% and only all is 100%; halves are rounded up.

    Examples
    --------
    >>> percent(0.883), percent(0.004), percent(0.998), percent(0.5, 6) == DASH, percent(46 / 80)
    ('88%', 'under 1%', 'over 99%', True, '58%')
    """
    if share is None or share != share or (n is not None and n < 10):
        return DASH
    whole = int(share * 100 + 0.5 + _ROUNDING)  # 46 of 80 are 57.5, which in binary is less
    if whole == 0 and share > 0:
        return "under 1%"
    return "over 99%" if whole == 100 and share < 1 - _ROUNDING else f"{whole}%"


_ROUNDING = 1e-9  # of sums of shares


def in_words(n: float) -> str:
    """Write a small whole number as a word, a large one in figures.

    Examples
    --------
    >>> in_words(3), in_words(0), in_words(40)
    ('three', 'no', '40')
    """
    whole = int(n)
    return _WORDS[whole] if n == whole and 0 <= whole < len(_WORDS) else count(n)


def owner(name: str) -> str:
    r"""Return the possessive: "Leeds's", but "the Academies'" for a plural.

    Examples
    --------
    >>> owner("Leeds").replace("\u2019", "'")
    "Leeds's"
    """
    return f"{name}\u2019" if name.endswith("ies") else f"{name}\u2019s"


def roughly(share: float) -> str:
    """Name the simple fraction a share is near, for use beside its count only.

    Notes
    -----
    A fraction alone is within half a point, "just under" and "just over" within two points;
    otherwise the two tenths are named between which the share lies. None says too much.

    Examples
    --------
    >>> roughly(0.883), roughly(0.5), roughly(0.61), roughly(0.03), roughly(1.0)
    ('just under nine in ten', 'half', 'just over six in ten', 'under one in ten', 'all')
    >>> roughly(0.86), roughly(0.65), roughly(0.94), roughly(0.0)
    ('between eight and nine in ten', 'just under two thirds', 'more than nine in ten', 'none')
    """
    if share >= 1 or share <= 0:
        return "all" if share > 0 else "none"
    near = min(_FRACTIONS, key=lambda fraction: abs(share - fraction))
    if abs(share - near) < _SAME:
        return _FRACTIONS[near]
    if abs(share - near) <= _NEAR:
        return f"just {'over' if share > near else 'under'} {_FRACTIONS[near]}"
    if share < 0.1:
        return "under one in ten"
    if share > 0.9:
        return "nearly all" if share >= 1 - _NEAR else "more than nine in ten"
    tenths = int(share * 10)
    return f"between {in_words(tenths)} and {in_words(tenths + 1)} in ten"


def joined(parts: Sequence[object], *, last: str = "and") -> Markup:
    """Join names as prose does: "a, b and c".

    Examples
    --------
    >>> str(joined(["a", "b", "c"]))
    'a, b and c'
    """
    texts = [escape(p) for p in parts]
    if len(texts) < 2:
        return Markup("").join(texts)
    return Markup(", ").join(texts[:-1]) + f" {last} " + texts[-1]


def either(words: str) -> str:
    """Return the words for things of several kinds as they stand before one of them.

    Examples
    --------
    >>> either("primary, middle and special")
    'primary, middle or special'
    """
    return words.replace(" and ", " or ")


def rank_words(larger: int, smaller: int, total: int, what: str) -> str:
    """Say a rank in words: how many others have more, or less, of something.

    Parameters
    ----------
    larger, smaller : int
        How many have more, and how many less; others may have as much.
    total : int
        How many there are.
    what : str
        What is ranked.

    Examples
    --------
    >>> rank_words(0, 150, 151, "share"), rank_words(2, 148, 151, "share")
    ('no other has a larger share', 'only two have a larger share')
    >>> rank_words(150, 0, 151, "share"), rank_words(89, 60, 151, "share")
    ('no other has a smaller share', 'rank 90 of 151')
    """
    for others, way in ((larger, "larger"), (smaller, "smaller")):
        if not others:
            return f"no other has a {way} {what}"
        if others <= 5:
            verb = "has" if others == 1 else "have"
            return f"only {in_words(others)} {verb} a {way} {what}"
    return f"rank {larger + 1} of {total}"


def month(value: date | None) -> str:
    """Write a date as month and year: March 2022."""
    return "" if value is None else f"{value:%B %Y}"


def day(value: date | None) -> str:
    """Write a date in words: 1 September 2022."""
    return "" if value is None else f"{value.day} {value:%B %Y}"


def day_in(name: str, *, months: bool = True) -> date | None:
    """Read the day in a file's name; a month stands for its first day where `months` may.

    What may be a school year as well as a month ("2010-11") is neither.

    Examples
    --------
    >>> day_in("alllinksdata20230119.csv"), day_in("schools 2022-09.csv")
    (datetime.date(2023, 1, 19), datetime.date(2022, 9, 1))
    >>> day_in("schools_2010-11.csv") is None
    True
    """
    for pattern in (r"(20\d\d)-?(\d\d)-?(\d\d)(?!\d)", r"(20\d\d)-(\d\d)(?!\d)")[: 1 + months]:
        for match in re.finditer(r"(?<!\d)" + pattern, name):
            with contextlib.suppress(ValueError):
                year, month, day, *given = (*map(int, match.groups()), 1)
                if not given and (year + 1) % 100 == month:
                    continue
                return date(year, month, day)
    return None


_PROPER = {"Ofsted"}
_TITLES = re.compile(r" (?:Teaching School Hub|Maths Hub|English Hub|Teaching Hub)\b")
_TAILS = re.compile(r" Combined (?:County )?Authority$")


def short_name(name: str) -> str:
    """Leave out the words the heading already says."""
    return _TAILS.sub("", _TITLES.sub("", name))


def small(title: str) -> str:
    """Lower the first letter of a common noun; keep a proper one.

    Examples
    --------
    >>> small("Local authorities"), small("Teaching School Hub"), small("DfE region")
    ('local authorities', 'Teaching School Hub', 'DfE region')
    """
    first, *rest = title.split(" ")
    proper = any(w[:1].isupper() for w in rest) or not first[1:].islower() or first in _PROPER
    return title if proper else title[:1].lower() + title[1:]


def plural(title: str) -> str:
    """Return the plural of a title.

    Examples
    --------
    >>> plural("Local authority"), plural("Trust"), plural("Bay")
    ('Local authorities', 'Trusts', 'Bays')
    """
    ends = title[-1:] == "y" and title[-2:-1] not in "aeiou"
    return f"{title[:-1]}ies" if ends else f"{title}s"


def a(title: str) -> str:
    """Return a title with its article.

    Examples
    --------
    >>> a("Maths Hub"), a("Education Investment Area"), a("DfE region")
    ('a Maths Hub', 'an Education Investment Area', 'a DfE region')
    """
    return f"{'an' if title[:1].lower() in 'aeio' else 'a'} {title}"


def last_word(text: str) -> str:
    """Return the last word in lower case: the "hub" of "Teaching School Hub"."""
    return text.rsplit(" ", 1)[-1].lower()


def slug(text: str) -> str:
    """Return letters and digits in lower case, hyphens between."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def phase_words(key: Any) -> str:
    """Write a phase as a reader knows it: "All through"."""
    words = str(key).replace("_", " ") if key == key and key else "not known"
    return words[:1].upper() + words[1:]


def band_words(size: str) -> str:
    """Write a size band in words: "26 or more", "2 to 5"."""
    return f"{size[:-1]} or more" if size.endswith("+") else size.replace("-", " to ")


def worst_of(words: Iterable[str]) -> str:
    """Return the lowest of some confidences; empty where there is none."""
    found = set(words)
    return next((w for w in ("low", "medium", "high") if w in found), "")


def web(address: str) -> str:
    """Return an address of the web; nothing for any other, which a link must not follow.

    Examples
    --------
    >>> web("https://example.org/"), web("javascript:alert(1)")
    ('https://example.org/', '')
    """
    return address if address.startswith(("https://", "http://")) else ""


def when(text: str) -> str:
    """Write an evidence date, or the span of several, in words: "2011 to June 2026"."""
    months = re.sub(r"(\d{4})-(\d\d)(-\d\d)?", lambda m: month(date(int(m[1]), int(m[2]), 1)), text)
    return " to ".join(dict.fromkeys(months.split("/")))
