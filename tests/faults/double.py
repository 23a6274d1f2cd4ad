"""A double of both services on 127.0.0.1: right by default, wrong in every way a test asks for."""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

COLUMNS = (
    "URN,LA (code),EstablishmentName,EstablishmentStatus (name),TypeOfEstablishment (name),"
    "EstablishmentTypeGroup (name),PhaseOfEducation (name),OpenDate,CloseDate,"
    "DistrictAdministrative (code),Easting,Northing"
)


def register_csv(rows: int = 40, header: str = COLUMNS) -> bytes:
    """A small register under the real names of columns, in Windows-1252."""
    lines = [header]
    for i in range(rows):
        name = "St Michæl\u2019s, \u201cUpper\u201d Höxne" if i % 7 == 0 else f"School {i}"
        kind = "Open,Community school,Local authority maintained schools,Primary"
        lines.append(f'{100000 + i},383,"{name}",{kind},01-09-1990,,E08000035,430000,433000')
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")


def links_csv(rows: int = 40) -> bytes:
    """Group memberships, small."""
    lines = ["URN,Group UID,Group Name,Group Type,Joined date"]
    lines += [
        f"{100000 + i},{2000 + i % 3},Trust {i % 3},Multi-academy trust,01-04-2015"
        for i in range(rows)
    ]
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")


def groups_csv(rows: int = 40) -> bytes:
    """Groups, small."""
    lines = ["Group UID,Group Name,Group Postcode"]
    lines += [f"{2000 + i},Trust {i},LS1 1AA" for i in range(rows)]
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")


def memberships_csv(rows: int = 40) -> bytes:
    """Who joined which trust when, small."""
    lines = ["URN,Group ID,Date joined group,Date left group"]
    lines += [f"{100000 + i},TR{2000 + i % 3},01-04-2015," for i in range(rows)]
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")


def successions_csv(rows: int = 40) -> bytes:
    """Predecessors and successors, small."""
    lines = ["URN,LinkURN,LinkType,LinkEstablishedDate"]
    lines += [f"{100000 + i},{99000 + i},Predecessor,01-04-2015" for i in range(rows)]
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")


def square(code: str, name: str, x: float, y: float, stem: str = "LAD25") -> dict[str, Any]:
    """One area as a GeoJSON feature: a square of 10 km in the British National Grid."""
    ring = [[x, y], [x, y + 1e4], [x + 1e4, y + 1e4], [x + 1e4, y], [x, y]]
    return {
        "type": "Feature",
        "properties": {f"{stem}CD": code, f"{stem}NM": name},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def squares(n: int = 7, stem: str = "LAD25") -> list[dict[str, Any]]:
    """Areas side by side."""
    return [
        square(f"E0700{i:04}", f"Area {i}", 400_000 + 1e4 * (i % 20), 3e5 + 1e4 * (i // 20), stem)
        for i in range(n)
    ]


@dataclass
class Service:
    """One feature service."""

    features: list[dict[str, Any]]
    stem: str = "LAD25"
    page: int = 3
    layer: int = 0
    edit: int = 1_700_000_000_000

    def answer(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        """Answer as ArcGIS does."""
        if path == "":
            layers = [{"id": self.layer, "name": "x", "geometryType": "esriGeometryPolygon"}]
            return {"layers": layers, "maxRecordCount": self.page}
        if path == f"/{self.layer}":
            fields = [{"name": n} for n in ("FID", f"{self.stem}CD", f"{self.stem}NM", "GlobalID")]
            return {"fields": fields, "editingInfo": {"lastEditDate": self.edit}}
        if path != f"/{self.layer}/query":
            return {"error": {"code": 400, "message": "Invalid URL", "details": []}}
        if query.get("returnCountOnly") == "true":
            return {"count": len(self.features)}
        start = int(query.get("resultOffset", 0))
        size = min(self.page, int(query.get("resultRecordCount", self.page)))
        page = self.features[start : start + size]
        answer: dict[str, Any] = {"type": "FeatureCollection", "features": page}
        if start + size < len(self.features):
            answer["properties"] = {"exceededTransferLimit": True}
        return answer


Fault = Callable[["Handler", bytes], None]


@dataclass
class Double:
    """What is served, what goes wrong, and what was asked."""

    files: dict[str, bytes] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    faults: list[tuple[str, Fault, int]] = field(default_factory=list)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    etag: str | None = '"one"'
    port: int = 0

    @property
    def gias(self) -> str:
        return f"http://127.0.0.1:{self.port}/gias/"

    @property
    def ons(self) -> str:
        return f"http://127.0.0.1:{self.port}/ons"

    def fail(self, path: str, fault: Fault, times: int = 10_000) -> None:
        """Let the next `times` requests of paths that match go wrong."""
        self.faults.append((path, fault, times))

    def fault_for(self, path: str) -> Fault | None:
        for i, (pattern, fault, times) in enumerate(self.faults):
            if times > 0 and re.search(pattern, path):
                self.faults[i] = (pattern, fault, times - 1)
                return fault
        return None

    def whole_day(self, stamp: str) -> None:
        """Serve all five files of a day."""
        self.files |= {
            f"edubasealldata{stamp}.csv": register_csv(),
            f"alllinksdata{stamp}.csv": links_csv(),
            "allgroupsdata.csv": groups_csv(),
            f"links_edubasealldata{stamp}.csv": successions_csv(),
            f"academiesmatmembership{stamp}.csv": memberships_csv(),
        }

    def body(self, path: str, query: dict[str, str]) -> bytes | None:
        if path.startswith("/gias/"):
            return self.files.get(path.removeprefix("/gias/"))
        if path == "/ons":
            names = [{"name": n, "type": "FeatureServer"} for n in self.services]
            return json.dumps({"services": names}).encode()
        found = re.fullmatch(r"/ons/(\w+)/FeatureServer(.*)", path)
        if not found:
            return None
        service = self.services.get(found[1])
        refusal = {"error": {"code": 400, "message": "Invalid URL", "details": []}}
        return json.dumps(service.answer(found[2], query) if service else refusal).encode()


class Handler(BaseHTTPRequestHandler):
    """Serve a `Double`."""

    protocol_version = "HTTP/1.1"
    double: Double

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {k: v[-1] for k, v in parse_qs(parts.query).items()}
        double = self.double
        double.asked.append((self.path, self.headers.get("Range")))
        body = double.body(parts.path, query)
        fault = double.fault_for(self.path)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            if fault is not None:
                fault(self, body or b"")
            elif body is None:
                self.reply(404, b"<html>The resource you are looking for has been removed</html>")
            elif parts.path.startswith("/gias/"):
                self.send_file(body)
            else:
                self.reply(200, body, {"Content-Type": "application/json"})

    def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if "Content-Length" not in (headers or {}):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def file_headers(self) -> dict[str, str]:
        tag = {"ETag": self.double.etag} if self.double.etag else {}
        return {"Content-Type": "application/octet-stream", **tag}

    def send_file(self, body: bytes) -> None:
        span = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if span and self.headers.get("If-Range") == self.double.etag:
            start = int(span[1])
            if start >= len(body):
                self.reply(416, b"", {"Content-Range": f"bytes */{len(body)}"})
                return
            rest = {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"}
            self.reply(206, body[start:], self.file_headers() | rest)
        else:
            self.reply(200, body, self.file_headers())


# ---- faults


def status(code: int, **headers: str) -> Fault:
    """An error status."""
    return lambda h, _: h.reply(code, b"no", {k.replace("_", "-"): v for k, v in headers.items()})


def says(body: bytes, kind: str = "application/json", code: int = 200) -> Fault:
    """Some other body."""
    return lambda h, _: h.reply(code, body, {"Content-Type": kind})


def says_json(answer: Any) -> Fault:
    """Some other JSON."""
    return says(json.dumps(answer).encode())


def changed(change: Callable[[Any], Any]) -> Fault:
    """The right JSON, changed."""
    return lambda h, body: says_json(change(json.loads(body)))(h, body)


def cut(handler: Handler, body: bytes) -> None:
    """Promise the whole body, send half, hang up."""
    headers = handler.file_headers() | {"Content-Length": str(len(body))}
    handler.reply(200, body[: len(body) // 2], headers)
    hang_up(handler, b"")


def cut_unsized(handler: Handler, body: bytes) -> None:
    """Send half of the body without ever saying how long it is."""
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2 + 3])
    hang_up(handler, b"")


def hang_up(handler: Handler, _: bytes) -> None:
    """Close the connection."""
    handler.close_connection = True
    with contextlib.suppress(OSError):
        handler.wfile.flush()
        handler.connection.shutdown(socket.SHUT_RDWR)


def silent(handler: Handler, _: bytes) -> None:
    """Say nothing until the other side gives up."""
    handler.close_connection = True
    time.sleep(1.0)


def endless(handler: Handler, _: bytes) -> None:
    """Never stop."""
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    while True:
        handler.wfile.write(b"1,2,3\r\n" * 10_000)


def unpacks_to_much(handler: Handler, _: bytes) -> None:
    """Send 64 MB in 64 kB."""
    headers = {"Content-Encoding": "gzip", "Content-Type": "text/csv"}
    handler.reply(200, gzip.compress(b"0" * (64 << 20), 9), headers)


def redirect(where: str) -> Fault:
    """Lead elsewhere."""
    return lambda h, _: h.reply(302, b"", {"Location": where})


def resumes_wrongly(handler: Handler, body: bytes) -> None:
    """Resume at a byte that was not asked for."""
    handler.reply(206, body[5:], {"Content-Range": f"bytes 5-{len(body) - 1}/{len(body)}"})


class Quiet(ThreadingHTTPServer):
    """A server that does not mind when the other side hangs up."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: Any) -> None:
        """Say nothing: the test looks at what the client makes of it."""


@contextlib.contextmanager
def running() -> Iterator[Double]:
    """Serve a double until the block ends."""
    double = Double()
    handler = type("Bound", (Handler,), {"double": double})
    server = Quiet(("127.0.0.1", 0), handler)
    double.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
