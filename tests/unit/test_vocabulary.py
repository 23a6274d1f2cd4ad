"""The words that several rooms use hang together, and pages can be given theirs."""

import json
from typing import get_args

import pytest

from geolls.base import vocabulary as words


@pytest.mark.parametrize(
    ("keys", "tables"),
    [
        (words.REASONS, (words.REASON_LABELS, words.REASON_PHRASES, words.REASON_NUMBERS)),
        (words.KINDS, (words.KIND_LABELS, words.KIND_PHRASES, words.KIND_MEANINGS)),
        (words.FAMILIES, (words.FAMILY_TITLES,)),
    ],
    ids=["reasons", "kinds", "families"],
)
def test_every_table_of_words_has_every_key(keys, tables):
    for table in tables:
        assert set(table) == set(keys)
        assert all(table.values())


def test_the_mainstream_phases_are_among_all():
    assert set(words.MAINSTREAM) < set(words.PHASES)


def test_the_weights_a_call_may_name_are_those_of_the_table():
    assert get_args(words.By) == tuple(words.WEIGHTS)


def test_pages_are_given_plain_words():
    given = words.payload()
    assert json.loads(json.dumps(given)) == given
    assert [key for key, _ in given["kinds"]] == list(words.KINDS)
    assert set(given["reasons"]) == {str(n) for n in words.REASON_NUMBERS.values()}
    assert given["phases"]["middle_deemed_primary"] == "Middle school deemed primary"
