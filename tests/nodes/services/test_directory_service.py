"""The service `directory` on a node's loopback, over TLS: it ends, begins anew, and has what it had."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import extract_parameters

from catenet.nodes.address import Address
from catenet.nodes.application.directory.config import DirectoryOptions
from catenet.nodes.catalogue import services
from catenet.nodes.services import directory
from catenet.nodes.services.directory_store import Store
from catenet.orchestrator.plan.authority import certify, trusted

if TYPE_CHECKING:
    from conftest import Bench, OnBench

PASSWORD = "correct horse"
HERE = Address.parse("127.0.0.1")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Life:
    """One run of the service."""

    def __init__(self, bench: Bench, options: DirectoryOptions) -> None:
        self.bench, self.port = bench, options.port
        self.context = bench.context(services()["directory"])
        bench.contexts.remove(self.context)  # it ends here
        self.context.told = certify("lab", "n", [HERE], "directory", "on").to_json()
        self.ready = asyncio.Event()
        self.context.on_ready = lambda _: self.ready.set()
        self.task = asyncio.ensure_future(directory.serve(self.context, options))

    async def begun(self) -> None:
        waits = asyncio.ensure_future(self.ready.wait())
        await asyncio.wait([self.task, waits], return_when=asyncio.FIRST_COMPLETED)
        if self.task.done():
            self.task.result()

    async def ask(self, *asked: Mapping[str, Any]) -> list[Any]:
        trusting = ssl.create_default_context(cadata=trusted("lab"))
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=trusting, server_hostname="n")
        answers = []
        for number, each in enumerate(asked):
            writer.write(json.dumps({"id": f"{number}", **each}).encode() + b"\n")
            answers.append(json.loads(await reader.readline()))
        writer.close()
        await writer.wait_closed()
        return answers

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])
        self.context.close()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(directory, "PLACE", tmp_path / "lib" / "directory.sqlite")
    return directory.PLACE


def options() -> DirectoryOptions:
    accounts = {"alice": PASSWORD, "bob": "another one"}
    return DirectoryOptions(accounts=accounts, port=free_port(), memory=8192, passes=1)


def test_it_lets_in_and_after_its_end_it_begins_with_what_it_had(on_bench: OnBench, place: Path) -> None:
    given = options()

    async def run(bench: Bench) -> None:
        first = Life(bench, given)
        await first.begun()
        (told,) = await first.ask({"ask": "login", "user": "alice", "password": PASSWORD})
        added = {"ask": "contact", "do": "add", "user": "bob"}
        assert (await first.ask({"ask": "resume", "token": told["ok"]["token"]}, added))[1]["ok"] == {}
        await first.end()
        second = Life(bench, given)
        await second.begun()
        (back,) = await second.ask({"ask": "resume", "token": told["ok"]["token"]})
        assert [each["user"] for each in back["ok"]["contacts"]] == ["bob"]
        await second.end()
        assert bench.failures == []

    on_bench(run)


def test_the_accounts_of_the_lab_file_are_hashed_before_it_is_ready_and_once(on_bench: OnBench, place: Path) -> None:
    given = options()
    hashes = []

    async def run(bench: Bench) -> None:
        for _ in range(2):
            life = Life(bench, given)
            await life.begun()
            await life.end()
            store = Store(place)
            hashes.append({account.name: account.hash for account in store.load().accounts.values()})
            store.close()

    on_bench(run)
    assert hashes[0] == hashes[1]
    assert set(hashes[0]) == {"alice", "bob"}
    assert extract_parameters(hashes[0]["alice"]).memory_cost == 8192


def test_a_file_that_cannot_be_opened_is_said(on_bench: OnBench, place: Path) -> None:
    place.parent.mkdir()
    place.write_bytes(b"this is no file of SQLite's" * 100)

    async def run(bench: Bench) -> None:
        life = Life(bench, options())
        with pytest.raises(OSError, match=r"directory\.sqlite: file is not a database"):
            await life.begun()
        life.context.close()

    on_bench(run)
