"""The services `directory` and `phone` on a node's loopback: two phones ring by real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from test_directory_service import PASSWORD, free_port

from catenet.nodes.address import Address, Prefix
from catenet.nodes.application.directory.config import DirectoryOptions
from catenet.nodes.application.phone.config import PhoneOptions
from catenet.nodes.application.phone.voice import synthetic
from catenet.nodes.application.rtp.wav import read_wav, write_wav
from catenet.nodes.catalogue import services
from catenet.nodes.control.config import ConfigError
from catenet.nodes.control.units import Secret
from catenet.nodes.machine import Interface, Json
from catenet.nodes.runtime import tls
from catenet.nodes.services import directory, phone
from catenet.nodes.services.phone_store import PhoneStore
from catenet.orchestrator.plan.authority import certify, trusted

if TYPE_CHECKING:
    from conftest import Bench, OnBench

HERE = Address.parse("127.0.0.1")
LOOPBACK = Interface("lo", HERE, Prefix.parse("127.0.0.0/8"))


class Running:
    """A service that runs until the bench is closed."""

    def __init__(self, bench: Bench, name: str, told: Mapping[str, Json]) -> None:
        self.context = bench.context(services()[name])
        self.context.told = told
        self.context.interfaces = lambda: (LOOPBACK,)  # type: ignore[method-assign]  # it is on no LAN
        self.ready = asyncio.Event()
        self.context.on_ready = lambda _: self.ready.set()
        self.task: asyncio.Task[None] | None = None

    async def begin(self, serve: Any, options: Any) -> None:
        self.task = asyncio.create_task(serve(self.context, options))
        waits = asyncio.ensure_future(self.ready.wait())
        await asyncio.wait([self.task, waits], return_when=asyncio.FIRST_COMPLETED)
        if self.task.done():
            self.task.result()

    async def ask(self, word: str, **arguments: Json) -> Any:
        return await self.context.answers[word](arguments)

    def shown(self, table: str = "phone") -> Any:
        return self.context.shows[table]()

    async def end(self) -> None:
        assert self.task is not None
        self.task.cancel()
        await asyncio.wait([self.task])


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the files are; whom the nodes trust."""
    monkeypatch.setattr(directory, "PLACE", tmp_path / "directory.sqlite")
    monkeypatch.setattr(phone, "PLACE", tmp_path / "phone.json")
    monkeypatch.setattr(phone, "FILES", {word: tmp_path / f"{word}.wav" for word in ("heard", "said")})
    make = tls.ServiceTls
    monkeypatch.setattr(tls, "ServiceTls", lambda service, told, count: make(service, told, count, trusted("lab")))
    return tmp_path


async def lab(bench: Bench, places: Path, monkeypatch: pytest.MonkeyPatch) -> list[Running]:
    """The directory, and the phones of alice and bob, who know each other."""
    port = free_port()
    accounts = {"alice": Secret(PASSWORD), "bob": Secret(PASSWORD)}
    first = Running(bench, "directory", certify("lab", "d", [HERE], "directory", "on").to_json())
    await first.begin(directory.serve, DirectoryOptions(accounts=accounts, port=port, memory=8192, passes=1))
    running, begun = [first], []
    for user, other in (("alice", "bob"), ("bob", "alice")):
        monkeypatch.setattr(phone, "PLACE", places / f"{user}.json")
        each = Running(bench, "phone", {"directory": {"name": "d", "address": str(HERE), "port": port}})
        each.context.data = places
        options = PhoneOptions(user, Secret(PASSWORD), contacts=(other,))
        begun.append(asyncio.create_task(each.begin(phone.serve, options)))
        running.append(each)
        await bench.until(lambda: bool(each.context.shows))  # noqa: B023  # it has read its file by then
    await asyncio.gather(*begun)  # each is ready once the other one is its contact
    await bench.until(
        lambda: all([row["key"] for row in each.shown()["contacts"]] == ["pinned"] for each in running[1:])
    )
    return running


def test_it_rings_and_is_refused_and_the_identity_is_in_a_file(
    on_bench: OnBench, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No candidate is on a loopback (RFC 8445 section 5.1.1.1), so that here they cannot talk."""
    (places / "hello.wav").write_bytes(write_wav(synthetic()))

    async def run(bench: Bench) -> None:
        running = await lab(bench, places, monkeypatch)
        _, alice, bob = running
        name = (await alice.ask("call", to="bob", play="hello.wav"))["call"]
        await bench.until(lambda: alice.shown()["state"] == bob.shown()["state"] == "ringing")
        assert alice.shown()["call"] == bob.shown()["call"] == name
        with pytest.raises(ValueError, match="there is a call with bob already"):
            await alice.ask("call", to="bob")
        await bob.ask("refuse")
        await bench.until(lambda: alice.shown()["state"] == bob.shown()["state"] == "ended")
        assert [row["why"] for row in alice.shown("calls")] == ["refused"]
        told = await bob.ask("heard")
        assert (read_wav(Path(told["file"]).read_bytes()), told["seconds"]) == (b"", 0)
        told = await alice.ask("said")
        assert read_wav(Path(told["file"]).read_bytes()) == synthetic()
        for each in reversed(running):
            await each.end()
        assert bench.failures == []
        kinds = {event.kind for event in bench.events()}
        assert {"phone.joined", "key.new", "call.calling", "call.ringing", "call.ended"} <= kinds

    on_bench(run)
    for user in ("alice", "bob"):
        kept = PhoneStore(places / f"{user}.json").load(bytes)
        assert len(kept.pins) == 1


def test_what_is_asked_in_vain_is_said(on_bench: OnBench, places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (places / "bad.wav").write_bytes(b"RIFF")

    async def run(bench: Bench) -> None:
        running = await lab(bench, places, monkeypatch)
        alice = running[1]
        for word, arguments, why in (
            ("call", {"to": "carol"}, "carol is no contact of alice"),
            ("call", {}, "to 'None' is no text"),
            ("call", {"to": "bob", "seconds": -1}, "seconds '-1' is no number"),
            ("call", {"to": "bob", "seconds": True}, "seconds 'True' is no number"),
            ("call", {"to": "bob", "play": "none.wav"}, r"none\.wav cannot be read"),
            ("call", {"to": "bob", "play": "bad.wav"}, r"bad\.wav is no speech"),
            ("call", {"to": "bob", "play": "../phone.json"}, "cannot be read"),
            ("answer", {}, "nobody calls"),
            ("refuse", {}, "nobody calls"),
            ("hangup", {}, "there is no call"),
            ("trust", {"user": "bob"}, "fingerprint 'None' is no text"),
            ("trust", {"user": "bob", "fingerprint": "1" * 59}, "is not 60 digits"),
            ("trust", {"user": "bob", "fingerprint": "\u0661" * 60}, "is not 60 digits"),
            ("trust", {"user": "bob", "fingerprint": "1" * 60}, "compared 11111 .*; now [0-9]{5} "),
            ("trust", {"user": "carol", "fingerprint": "1" * 60}, "carol has no key yet"),
        ):
            with pytest.raises(ValueError, match=why):
                await alice.ask(word, **arguments)  # type: ignore[arg-type]
        assert alice.shown()["state"] == "idle"
        for each in reversed(running):
            await each.end()
        assert bench.failures == []

    on_bench(run)


def test_a_phone_that_is_told_of_no_directory_does_not_begin(on_bench: OnBench, places: Path) -> None:
    async def run(bench: Bench) -> None:
        each = Running(bench, "phone", {})
        with pytest.raises(ConfigError, match="not told where the directory is"):
            await each.begin(phone.serve, PhoneOptions("alice", Secret(PASSWORD)))

    on_bench(run)
