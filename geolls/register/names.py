"""Names as published, made fit to be read: damage undone, capitals written as people write them."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import pandas as pd

__all__ = ["DAMAGE", "display_name", "repair", "repaired"]

#: What can be wrong with a name, and what is done about it.
DAMAGE: Final = {
    "lost apostrophe": "name repaired",
    "lost character": "name left as it is",
    "mojibake": "name repaired",
}
_LOST_APOSTROPHE = re.compile(r"(?<=[A-Za-z])\?(?=[sS]\b)|(?<=[sS])\?(?= )")
_SMALL = frozenset(
    re.findall(r"\w+", "A AN AND AS AT BY CUM DE EN FOR FROM IN LA LE OF ON OR THE TO UPON WITH")
)
# Written so by their owners, acronyms that hold a vowel, and short forms without one.
_SHAPED: Final[dict[str, str]] = {
    word.upper(): word
    for word in re.findall(
        r"\w+",
        "AP BMAT CE CofE CIE COWA CSAT CSIA DYRMS EKC EMLC EPA GEP HCAT HISP HCUK II III InMAT IV "
        "IX JMI KIFSA LETTA LIPA MacIntyre MAT ORTU PA PRU QE QED QEGS REAch2 RMET RNIB RSA SDBE "
        "SELCAT SEMH SEN SEND SFAET STEM TBAP TCAT TVI UCAT UCL UK UTC UTCs VA VI VII VIII WAC "
        "XXIII YMCA "
        "St Sts Ltd Dr Mr Mrs",
    )
}
_VOWEL = re.compile(r"[AEIOUYÀ-Ý'\u2019]")
_PREFIX = re.compile(r"MC(?=[A-Z]{4})|[OD]['\u2019](?=[A-Z]{3})")  # McAuley, O'Brien
_PLAIN = r"[!->@-~]+( [!->@-~]+)*"  # words in ASCII, one space between them, nothing lost
_PARTS = re.compile(r"[^\W\d_][\w'\u2019]*|\d+[A-Za-z]+")


def _cased(word: str) -> str:
    """Give one capitalised word the case people write it in."""
    if word in _SHAPED:
        return _SHAPED[word]
    if word[0].isdigit():
        return word.lower() if word.endswith(("ST", "ND", "RD", "TH")) else word
    if len(word) > 1 and not _VOWEL.search(word):
        return word  # no vowel: an acronym
    prefix = _PREFIX.match(word)
    at = prefix.end() if prefix else 0
    return word[:at].capitalize() + word[at:].capitalize()


def display_name(name: str) -> str:
    """Write a name that is all in capitals as people write it; leave every other name alone.

    Parameters
    ----------
    name : str
        The name as published.

    Returns
    -------
    str
        The name to show. Church and legal short forms (CE, RC, UTC, VI), words without a vowel
        and dotted initials stay in capitals; of, the, and, in ... become small inside the name.

    Examples
    --------
    >>> display_name("VALE ACADEMY TRUST")
    'Vale Academy Trust'
    >>> display_name("ST. MARY'S CE SCHOOL OF THE GLF TRUST (UK) LTD")
    "St. Mary's CE School of the GLF Trust (UK) Ltd"
    >>> display_name("drb Ignite Multi Academy Trust")
    'drb Ignite Multi Academy Trust'
    """
    if name != name.upper():
        return name
    tokens = name.split(" ")
    last = len(tokens) - 1
    return " ".join(
        [  # inside the name, small words become small
            token.lower()
            if token in _SMALL and 0 < i < last and tokens[i - 1][-1:] not in "-:,"
            else _PARTS.sub(_shape, token)
            for i, token in enumerate(tokens)
        ]
    )


def _shape(found: re.Match[str]) -> str:
    """Give a word inside a token the case people write it in."""
    word, before, after = found[0], found.string[: found.start()], found.string[found.end() :][:1]
    if len(word) == 1 and ("." in (after, before[-1:]) or after == "-"):
        return word  # R.C., L.E.A.D., E-ACT
    inside = before.endswith("-") and word in _SMALL and after == "-"  # Stratford-upon-Avon
    if inside or before in ("CO-", "RE-", "PRE-"):
        return word.lower()
    return word if before == "E-" else _cased(word)


def repair(name: str) -> tuple[str, str | None]:
    r"""Undo damage to a name where the damage itself proves what stood there.

    Parameters
    ----------
    name : str
        A name as published.

    Returns
    -------
    tuple of str and (str or None)
        The name, and what was wrong with it: `mojibake` (UTF-8 once read as cp1252: undone),
        `lost apostrophe` (a question mark where only an apostrophe can stand: put back),
        `lost character` (U+FFFD, itself perhaps garbled: not to be repaired), or None.

    Examples
    --------
    >>> repair("Ecole FranÃ§aise")
    ('Ecole Française', 'mojibake')
    >>> repair("St Martin?s Multi Academy Trust")[1]
    'lost apostrophe'
    """
    if name.isascii() and "?" not in name:
        return name, None
    text, why = name, None
    while (undone := _undo(text)) is not None:
        text, why = undone, "mojibake"
    if "\ufffd" in text:
        return text, "lost character"
    fixed = _LOST_APOSTROPHE.sub("\u2019", text)
    return (fixed, why or "lost apostrophe") if fixed != text else (text, why)


def _undo(text: str) -> str | None:
    """Read text as cp1252 bytes of UTF-8; None where they are not."""
    if text.isascii():
        return None
    try:
        # Five bytes have no letter in cp1252; Windows lets them through as they are.
        raw = b"".join(
            c.encode("latin-1") if "\x80" <= c < "\xa0" else c.encode("cp1252") for c in text
        )
        return raw.decode("utf-8")
    except UnicodeError:
        return None


def _tidy(name: str) -> str:
    """Drop control and direction characters and double spaces."""
    if not name.isprintable():
        name = "".join(
            " " if c.isspace() or unicodedata.category(c) == "Cc" else c
            for c in name
            if unicodedata.category(c) not in ("Cf", "Cs")
        )
    return " ".join(name.split())


def repaired(column: pd.Series) -> pd.DataFrame:
    """Tidy and repair a column of names.

    Returns
    -------
    pandas.DataFrame
        The same rows: `name` (missing where blank) and `damage`, one of `DAMAGE` or missing.
    """
    odd = column[column.notna() & ~column.str.fullmatch(_PLAIN)]
    told = [(name or None, why) for name, why in map(repair, map(_tidy, odd.tolist()))]
    table = pd.DataFrame({"name": column, "damage": pd.Series(None, column.index, dtype="str")})
    table.loc[odd.index] = pd.DataFrame(told, odd.index, ["name", "damage"], dtype="str")
    return table
