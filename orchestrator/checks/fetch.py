"""The check `fetch`: an unmodified curl gets the status, and the headers that claim G5 names."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Annotated, ClassVar, NamedTuple

from catenet.orchestrator.checks.expectation import Expectation, Finding, Key, Node, Scene, Url

__all__ = ["FetchCheck", "Response", "read_response"]

_LIMIT = 5
"""Seconds that curl may take."""
_HEADERS = ("Date", "Server", "Last-Modified", "Content-Type", "Content-Length")


class Response(NamedTuple):
    """What `curl -i` gives. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class FetchCheck(Expectation):
    """`at` fetches `url` and gets this status, with the headers that claim G5 names."""

    kind: ClassVar = "fetch"
    about: ClassVar = "A page is fetched, and its status is this."
    alone: ClassVar = True
    order: ClassVar = 3

    at: Annotated[Node, Key("The node that fetches the page.")]
    url: Annotated[Url, Key('The page, like "http://www.example.org/".')]
    status: Annotated[int, Key("The status of HTTP that comes. Without it: 200.", bounds=(100, 599))] = 200

    def run(self, scene: Scene) -> Finding:
        """Fetches the page once."""
        done = scene.run(self.at, ["curl", "-sS", "-i", "--max-time", str(_LIMIT), self.url], _LIMIT + 25)
        response = read_response(done.stdout_bytes)
        expected = str(self.status) if self.status != 200 else f"200 with {', '.join(_HEADERS)}"
        seen = done.last_words if response is None else "; ".join([str(response.status), *_faults(response)])
        holds = response is not None and response.status == self.status
        if holds and response is not None and self.status == 200:
            holds = not _faults(response)
        return Finding(holds, expected, seen, f"catenet exec {self.at} curl -v {shlex.quote(self.url)}")

    def describe(self) -> str:
        """`h1 fetches http://www/: 200`."""
        return f"{self.at} fetches {self.url}: {self.status}"


def read_response(data: bytes) -> Response | None:
    """The output of `curl -i`, which prints interim responses too (RFC 9110 section 15.2); None where none is final."""
    while True:
        head, end, data = data.partition(b"\r\n\r\n")
        start, *lines = head.decode("latin-1").split("\r\n")
        words = start.split(" ", 2)
        # RFC 9112 section 4: status-code = 3DIGIT
        if not end or not words[0].startswith("HTTP/") or len(words) < 2 or not re.fullmatch("[0-9]{3}", words[1]):
            return None
        if not words[1].startswith("1"):
            break
    headers = {key.strip().lower(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    return Response(int(words[1]), headers, data)


def _faults(response: Response) -> list[str]:
    """What is missing or wrong in the headers of a page that was given."""
    if response.status != 200:
        return []
    faults = [f"no {name}" for name in _HEADERS if not response.headers.get(name.lower())]
    length = response.headers.get("content-length", "")
    if length and (length.lstrip("0") or "0") != str(len(response.body)):  # 1*DIGIT (RFC 9110 section 8.6)
        faults.append(f"Content-Length {length} and {len(response.body)} bytes")
    return faults
