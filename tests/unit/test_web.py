"""Which addresses are fetched from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geolls.base.errors import UsageError
from geolls.fetch.web import Web


@pytest.mark.parametrize(
    "url", ["http://[::1]:80/", "http://127.0.0.1/", "http://127.9.9.9/", "http://localhost:1/x"]
)
def test_plain_http_is_fine_on_this_machine(url: str) -> None:
    Web().check(url)


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", "http://localhost.example/", "http://127.0.0.1.nip.io/", "http://x"]
)
def test_plain_http_elsewhere_must_be_allowed(url: str) -> None:
    with pytest.raises(UsageError, match="only https"):
        Web().check(url)
    Web(allow_http=True).check(url)


@given(st.text())
def test_any_text_is_an_address_or_a_usage_error(text: str) -> None:
    for url in (text, f"https://{text}", f"http://{text}"):
        try:
            Web().check(url)
        except UsageError as error:
            assert "\n" not in str(error)
