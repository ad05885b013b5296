"""Certificates, and streams to be put into TLS."""

from __future__ import annotations

import ssl

from catenet.nodes.address import Address
from catenet.nodes.control.certificate import Certificate, Tls
from catenet.nodes.machine import Report
from catenet.orchestrator.plan.authority import certify, trusted

NAME = "www.example.org"


def certificate(kind: Tls = "on") -> Certificate:
    return certify("lab", NAME, [Address.parse("127.0.0.1")], "web", kind)


def trusting(lab: str = "lab") -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=trusted(lab))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


class Echo:
    """The inner stream: it says what it hears, and ends once the other side does, or says `bye`."""

    def __init__(self) -> None:
        self.heard = b""
        self.outbox = b""
        self.ended = self.finished = False
        self.waking: float | None = None

    def receive_data(self, data: bytes, now: float) -> None:
        self.heard += data
        self.outbox += data
        self.finished = self.heard.endswith(b"bye")

    def receive_eof(self, now: float) -> None:
        assert not self.ended
        self.ended = self.finished = True

    def data_to_send(self) -> bytes:
        data, self.outbox = self.outbox, b""
        return data

    def next_wake(self) -> float | None:
        return self.waking

    def wake(self, now: float) -> None:
        self.outbox += b"awake"

    def take_reports(self) -> list[Report]:
        return []


class Fragile(Echo):
    """To it the loss of the connection is another thing than its end."""

    lost = 0

    def give_up(self) -> None:
        self.lost += 1


def told(why: str) -> list[Report]:
    return [Report("input.refused", why, {})]
