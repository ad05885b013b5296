"""The check `fetch`: an unmodified curl gets the status, and the headers that claim G5 names; or it refuses the
server's certificate, as it should."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Annotated, ClassVar, NamedTuple

from catenet.nodes.control.printable import printable
from catenet.orchestrator.checks.expectation import Expectation, Finding, Key, Node, Scene, Url

__all__ = ["FetchCheck", "Response", "read_response"]

_LIMIT = 5
"""Seconds that curl may take."""
_REFUSED = 60
"""curl's exit code where a certificate is refused (CURLE_PEER_FAILED_VERIFICATION)."""
_HEADERS = ("Date", "Server", "Last-Modified", "Content-Type", "Content-Length")


class Response(NamedTuple):
    """What `curl -i` gives. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class FetchCheck(Expectation):
    """`at` fetches `url` and gets this status, with the headers that claim G5 names; or refuses the certificate."""

    kind: ClassVar = "fetch"
    about: ClassVar = "A page is fetched, and its status is this; or its server is not believed."
    alone: ClassVar = True
    order: ClassVar = 3

    at: Annotated[Node, Key("The node that fetches the page.", runs="curl")]
    url: Annotated[Url, Key('The page, like "http://www.example.org/".')]
    status: Annotated[int, Key("The status of HTTP that comes. Without it: 200.", bounds=(100, 599))] = 200
    refused: Annotated[
        str,
        Key(
            "That no page comes, since curl refuses the certificate: what it says of that must have these words in it.",
            example='"certificate has expired"',
        ),
    ] = ""

    def run(self, scene: Scene) -> Finding:
        """Fetches the page once."""
        done = scene.run(self.at, ["curl", "-sS", "-i", "--max-time", str(_LIMIT), self.url], _LIMIT + 25)
        next_command = f"catenet exec {self.at} curl -v {shlex.quote(self.url)}"
        response = read_response(done.stdout_bytes)
        if done.returncode == _REFUSED or self.refused:
            # Behind its first line it has advice.
            said = printable((done.stderr.splitlines() or [done.last_words])[0]) if response is None else "a page"
            holds = done.returncode == _REFUSED and bool(self.refused) and self.refused in said
            expected = f"refused: {self.refused}" if self.refused else str(self.status)
            return Finding(holds, expected, said, next_command)
        expected = str(self.status) if self.status != 200 else f"200 with {', '.join(_HEADERS)}"
        seen = done.last_words if response is None else "; ".join([str(response.status), *_faults(response)])
        holds = response is not None and response.status == self.status
        if holds and response is not None and self.status == 200:
            holds = not _faults(response)
        return Finding(holds, expected, seen, next_command)

    def describe(self) -> str:
        """`h1 fetches http://www/: 200`."""
        return f"{self.at} fetches {self.url}: {f'refused, {self.refused}' if self.refused else self.status}"


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
