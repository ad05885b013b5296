"""The check `fetch` where TLS is spoken: curl's exit code and its words decide (those of Debian's curl 8.14)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pytest

from catenet.orchestrator.checks.expectation import Finding
from catenet.orchestrator.checks.fetch import FetchCheck
from catenet.orchestrator.observe.program import Finished

ADVICE = b"More details here: https://curl.se/docs/sslcerts.html\n\nhow to fix it, please visit the webpage.\n"
EXPIRED = b"curl: (60) SSL certificate problem: certificate has expired\n" + ADVICE
PAGE = b"HTTP/1.1 200 OK\r\nDate: a\r\nServer: b\r\nLast-Modified: c\r\nContent-Type: d\r\nContent-Length: 1\r\n\r\nx"
URL = "https://old.example/"


class Scene:
    """A lab in which curl says this."""

    def __init__(self, code: int, out: bytes, error: bytes) -> None:
        self.said = code, out, error

    def run(self, node: str, command: Sequence[str], deadline: float, codes: Collection[int] = ()) -> Finished:
        assert (node, command[0], command[-1]) == ("h", "curl", URL)
        return Finished(command, *self.said)


def look(refused: str, code: int, out: bytes = b"", error: bytes = b"") -> Finding:
    return FetchCheck("h", URL, refused=refused).run(Scene(code, out, error))  # type: ignore[arg-type]


def test_a_refusal_that_is_expected_holds() -> None:
    done = look("certificate has expired", 60, error=EXPIRED)
    assert (done.holds, done.expected) == (True, "refused: certificate has expired")


@pytest.mark.parametrize(
    ("refused", "code", "out", "error", "seen"),
    [
        ("certificate has expired", 0, PAGE, b"", "a page"),
        ("unable to get local issuer", 60, b"", EXPIRED, "curl: (60) SSL certificate problem: certificate has expired"),
        ("expired", 7, b"", b"curl: (7) expired?\n", "curl: (7) expired?"),  # not the certificate
        ("expired", 28, b"", b"", "exit code 28"),
        ("", 60, b"", EXPIRED, "curl: (60) SSL certificate problem: certificate has expired"),
        ("expired", 60, b"", b"curl: (60) \x1b[2J expire\n", "curl: (60) ?[2J expire"),
    ],
)
def test_what_is_not_so_does_not_hold_and_is_told(refused: str, code: int, out: bytes, error: bytes, seen: str) -> None:
    done = look(refused, code, out, error)
    assert (done.holds, done.seen, done.next) == (False, seen, f"catenet exec h curl -v {URL}")


def test_in_words() -> None:
    assert FetchCheck("h", URL, refused="expired").describe() == f"h fetches {URL}: refused, expired"
    assert FetchCheck("h", URL).describe() == f"h fetches {URL}: 200"
