"""Polite, suspicious downloads: bounded, retried, resumed, never led astray by a redirect."""

from __future__ import annotations

import contextlib
import email.utils
import ipaddress
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx

from geolls.base.errors import InputFileError, UsageError
from geolls.base.files import refusal, write_text

__all__ = ["NotThereError", "Progress", "RefusedError", "UnreachableError", "Web"]

Progress = Callable[[str, int, int | None], None]
"""Called with what is fetched, bytes so far, and all bytes where the server says."""

_AGAIN: Final = {408, 425, 429, 500, 502, 503, 504}
_ABSENT: Final = {403, 404, 410}
_MOVED: Final = {301, 302, 303, 307, 308}


class NotThereError(InputFileError):
    """The server answers, but has no such thing (or a web page in its place)."""


class RefusedError(InputFileError):
    """The server keeps answering with an error of its own."""


class UnreachableError(InputFileError):
    """No answer: no network, no such host, a proxy or certificate in the way."""


class _Again(Exception):  # noqa: N818  (a signal between two functions of this room)
    """Try once more, after `wait` seconds if the server said so."""

    def __init__(self, why: str, wait: float | None = None, *, network: bool = False) -> None:
        super().__init__(why)
        self.why, self.wait, self.network = why, wait, network


@dataclass
class Web:
    """How to fetch: whom to trust, how often to try, when to give up.

    Parameters
    ----------
    allow_http : bool, default False
        Allow plain http to other machines; to this machine it is always allowed.
    allow_hosts : frozenset of str
        Hosts that a redirect may lead to, besides the one that was asked.
    attempts : int, default 5
        Tries of one request, with waits of 1, 2, 4, ... seconds or what the server asks for.
    longest_wait : float, default 120
        The longest wait in seconds that a server may ask for.
    patience : float, default 1800
        The longest time in seconds one file may take, with all tries.
    timeout : float, default 60
        Seconds without a byte after which a try has failed.
    largest : int, default 256 MiB
        The most bytes a JSON answer may have.
    progress : callable, optional
        See `Progress`.
    transport, sleep, clock
        For tests: what carries requests, `time.sleep` and `time.monotonic`.
    """

    allow_http: bool = False
    allow_hosts: frozenset[str] = frozenset()
    attempts: int = 5
    longest_wait: float = 120.0
    patience: float = 1800.0
    timeout: float = 60.0
    largest: int = 256 << 20
    progress: Progress | None = None
    transport: httpx.BaseTransport | None = None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    # ---- what callers use

    def trusting(self, hosts: Iterable[str], progress: Progress | None) -> Web:
        """Return the same web with more hosts that redirects may lead to, reporting progress.

        Parameters
        ----------
        hosts : iterable of str
            The hosts.
        progress : callable or None
            See `Progress`; None leaves it as it is.
        """
        allowed = self.allow_hosts | frozenset(hosts)
        return replace(self, allow_hosts=allowed, progress=progress or self.progress)

    def json(self, url: str) -> dict[str, Any]:
        """Fetch one JSON object.

        Parameters
        ----------
        url : str
            The address.

        Returns
        -------
        dict
            The object. An ArcGIS error, which comes with status 200, is raised, not returned.

        Raises
        ------
        NotThereError, RefusedError, UnreachableError
            By what the server does.
        InputFileError
            The answer is too large, is a web page, or is not JSON.
        """

        def once(deadline: float) -> dict[str, Any]:
            with self._open(url, {}) as response:
                body = bytearray()
                for chunk in self._chunks(response, deadline):
                    body += chunk
                    if len(body) > self.largest:
                        raise _too_large(url, self.largest)
            return _object(url, bytes(body))

        return self._insist(url, once)

    def download(self, url: str, path: Path, *, limit: int) -> dict[str, Any]:
        """Stream `url` to `path`; what an earlier try left in `path`.part is carried on from.

        Parameters
        ----------
        url : str
            The address.
        path : pathlib.Path
            The file; it appears only when it is whole.
        limit : int
            The most bytes it may have.

        Returns
        -------
        dict
            url, bytes, last_modified (as the server says, or None), sized (bool: the server
            said how long the file is, so that it cannot be cut short).

        Raises
        ------
        NotThereError, RefusedError, UnreachableError
            By what the server does.
        InputFileError
            The answer is larger than `limit`.
        """

        def once(deadline: float) -> dict[str, Any]:
            part, note = (path.with_name(path.name + end) for end in (".part", ".part.json"))
            have, validator = _resumable(part, note, url)
            headers = {"Accept-Encoding": "identity"}  # so that bytes can be counted and resumed
            if have:
                headers |= {"Range": f"bytes={have}-", "If-Range": validator}
            with self._open(url, headers) as response:
                resumed = response.headers.get("content-range", "").startswith(f"bytes {have}-")
                if response.status_code == 200:
                    have = 0
                    write_text(note, json.dumps({"url": url, "validator": _validator(response)}))
                elif not (have and resumed and response.status_code == 206):
                    part.unlink(missing_ok=True)
                    raise _Again("the server resumed at the wrong byte")
                length = response.headers.get("content-length", "")
                total = have + int(length) if re.fullmatch("[0-9]{1,15}", length) else None
                if total is not None and total > limit:
                    raise _too_large(url, limit)
                try:
                    with part.open("ab" if have else "wb") as handle:
                        for chunk in self._chunks(response, deadline):
                            have += len(chunk)
                            if have > limit:
                                handle.truncate(0)
                                raise _too_large(url, limit)
                            handle.write(chunk)
                            if self.progress is not None:
                                self.progress(path.name, have, total)
                    part.replace(path)
                    note.unlink(missing_ok=True)
                except OSError as error:  # the network's own errors are not OSErrors
                    raise refusal(error, part) from error
            return {
                "url": _shown(url),
                "bytes": have,
                "last_modified": response.headers.get("last-modified"),
                "sized": total is not None,
            }

        return self._insist(url, once)

    # ---- one try

    def _chunks(self, response: httpx.Response, deadline: float) -> Iterator[bytes]:
        """Yield the body until it ends or the time is up."""
        for chunk in response.iter_bytes():
            if self.clock() > deadline:
                raise UnreachableError(
                    f"still not finished after {self.patience / 60:.0f} minutes",
                    where=_shown(str(response.url)),
                    fix="run the command again: it carries on where it stopped",
                )
            yield chunk

    @contextlib.contextmanager
    def _open(self, url: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """Open one response with data, following redirects that stay at home."""
        address = url
        try:
            with self._client(url) as client:
                for _ in range(6):
                    self.check(address)
                    with client.stream("GET", address, headers=headers) as response:
                        if response.status_code in _MOVED:
                            address = self._next(url, address, response)
                            continue
                        _accept(address, response, asked_range="Range" in headers)
                        yield response
                        return
                raise RefusedError("redirected more than five times", where=_shown(url))
        except (httpx.ConnectError, httpx.ProxyError, httpx.ConnectTimeout) as error:
            raise _Again(str(error) or type(error).__name__, network=True) from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise _Again(f"the answer broke off ({error or type(error).__name__})") from error

    def _client(self, url: str) -> httpx.Client:
        """Make a client that honours the proxies and certificates of the environment."""
        try:
            return httpx.Client(
                timeout=httpx.Timeout(self.timeout, connect=min(self.timeout, 15.0)),
                follow_redirects=False,
                transport=self.transport,
                headers={"User-Agent": "geolls"},  # the register's server refuses the nameless
            )
        except (httpx.InvalidURL, ImportError, ValueError, TypeError, OSError) as error:
            raise UnreachableError(
                f"the proxy or certificate setting of this machine cannot be used ({error})",
                where=_shown(url),
            ) from error

    def check(self, url: str) -> None:
        """Refuse an address that is not https, unless plain http is allowed for it.

        Parameters
        ----------
        url : str
            An address, or the beginning of one.

        Raises
        ------
        UsageError
            It is no address, of another kind, or plain http to another machine.
        """
        try:
            parts = httpx.URL(url)
        except (httpx.InvalidURL, TypeError, ValueError) as error:
            raise UsageError(f"not an address: {url[:200]!r}", fix="give https://...") from error
        if parts.scheme == "https" and parts.host:
            return
        if parts.scheme == "http" and (self.allow_http or _loopback(parts.host)):
            return
        raise UsageError(
            "only https addresses are fetched"
            if parts.scheme in ("http", "https")
            else f"not a web address: {_shown(url)[:200]!r}",
            where=_shown(url),
            fix="use https://..., or download the files and give their folder"
            if parts.scheme == "http"
            else "give https://... or an existing folder",
        )

    def _next(self, asked: str, address: str, response: httpx.Response) -> str:
        """Return where a redirect leads, if it may."""
        try:
            target = httpx.URL(address).join(response.headers.get("location", ""))
        except (httpx.InvalidURL, ValueError, TypeError) as error:
            raise RefusedError("redirects to nowhere", where=_shown(asked)) from error
        home = httpx.URL(asked)
        if target.host not in {home.host, *self.allow_hosts}:
            raise RefusedError(
                f"redirects to another host, {target.host[:100] or '(none)'}",
                where=_shown(asked),
                fix="check that this is meant; then fetch from that host with --from",
            )
        if home.scheme == "https" and target.scheme != "https":
            raise RefusedError("redirects from https to plain http", where=_shown(asked))
        return str(target)

    # ---- many tries

    def _insist(self, url: str, once: Callable[[float], dict[str, Any]]) -> dict[str, Any]:
        """Try until it works, the attempts are used up, or the time is."""
        deadline = self.clock() + self.patience
        attempt = 0
        while True:
            attempt += 1
            try:
                return once(deadline)
            except _Again as again:
                pause = 2.0 ** (attempt - 1) if again.wait is None else again.wait
                # Where there is no network, a second try is enough.
                last = attempt == self.attempts or (again.network and attempt >= 2)
                late = self.clock() + pause > deadline or pause > self.longest_wait
                if last or late:
                    raise _given_up(url, again, attempt, pause if late else None) from again
            self.sleep(pause)


# ---- small questions


def _given_up(url: str, again: _Again, attempts: int, pause: float | None) -> InputFileError:
    """Say why no further try is made."""
    if again.network:
        why = "the certificate is not trusted" if "CERTIFICATE" in again.why else "no connection"
        return UnreachableError(f"{why} ({again.why})", where=_shown(url))
    tries = f"after {attempts} tries" if attempts > 1 else "at the first try"
    asked = f"; it asks to wait {pause:.0f} seconds" if pause is not None else ""
    return RefusedError(f"{again.why}, {tries}{asked}", where=_shown(url))


def _accept(url: str, response: httpx.Response, *, asked_range: bool) -> None:
    """Raise unless the response carries data, or says that it cannot resume."""
    status = response.status_code
    if status == 416 and asked_range:
        return
    if status in _AGAIN:
        raise _Again(f"the server answers {status}", _retry_after(response))
    if status in _ABSENT:
        raise NotThereError(f"not there (the server answers {status})", where=_shown(url))
    if status not in (200, 206):
        raise RefusedError(f"the server answers {status}", where=_shown(url))
    if "text/html" in response.headers.get("content-type", "").lower():
        raise NotThereError("a web page came instead of data", where=_shown(url))


def _retry_after(response: httpx.Response) -> float | None:
    """Return the seconds a server asks to wait: a number or a date; nonsense is ignored."""
    text = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        at = email.utils.parsedate_to_datetime(text)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return max(0.0, (at - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None


def _validator(response: httpx.Response) -> str | None:
    """Return what proves that a later answer is of the same file, if anything does."""
    tag = response.headers.get("etag", "")
    # A weak tag (W/"...") proves nothing about bytes.
    proof = tag if tag.startswith('"') else response.headers.get("last-modified")
    return proof if response.headers.get("content-encoding", "identity") == "identity" else None


def _resumable(part: Path, note: Path, url: str) -> tuple[int, str]:
    """Return how many bytes of `url` are there already and what proves it; 0 to start again."""
    try:
        had = json.loads(note.read_text(encoding="utf-8"))
        if had["url"] == url and isinstance(had["validator"], str):
            return part.stat().st_size, had["validator"]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return 0, ""


def _object(url: str, body: bytes) -> dict[str, Any]:
    """Read a JSON object, and raise the error that ArcGIS sends with status 200."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        page = body[:200].lstrip().startswith(b"<")
        what = "a web page" if page else "something that is not JSON"
        raise NotThereError(f"{what} came instead of data", where=_shown(url)) from error
    if not isinstance(found, dict):
        raise NotThereError("JSON of another shape came instead of data", where=_shown(url))
    fault = found.get("error")
    if fault is not None:
        fault = fault if isinstance(fault, dict) else {"message": str(fault)}
        code, message = fault.get("code"), str(fault.get("message", "no reason given"))[:200]
        if isinstance(code, int) and code in _AGAIN:
            raise _Again(f"the service answers {code} ({message})")
        if code in (498, 499):
            raise RefusedError(f"the service asks for a token ({message})", where=_shown(url))
        raise NotThereError(f"the service refuses: {message}", where=_shown(url))
    return found


def _too_large(url: str, limit: int) -> InputFileError:
    return InputFileError(
        f"the answer is larger than {limit:,} bytes, which it should never be", where=_shown(url)
    )


def _loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _shown(url: str) -> str:
    """Return an address without its password and query, fit for a message."""
    return re.sub(r"//[^/@]*@", "//", url).partition("?")[0]
