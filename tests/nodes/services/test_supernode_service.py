"""The service `supernode` on a node: what it is told, and that it serves."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from catenet.nodes.application.stun import binding
from catenet.nodes.application.turn.config import SupernodeOptions
from catenet.nodes.application.turn.service import SERVICES
from catenet.nodes.control.config import ConfigError
from catenet.nodes.services.supernode import serve

if TYPE_CHECKING:
    from conftest import Bench, OnBench

(SUPERNODE,) = SERVICES


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def test_what_is_no_lans_is_a_mistake_of_its_configuration(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        context = b.context(SUPERNODE)
        context.told = {"lans": ["10.0.0.1/24"]}
        with pytest.raises(ConfigError, match=r"supernode: .*10\.0\.0\.0/24"):
            await serve(context, SupernodeOptions(secret="not a good one"))

    on_bench(run)


def test_it_has_its_ports_open_and_hears_by_them(on_bench: OnBench) -> None:
    """The bench's node has no address of its own, so that nothing can be answered: what comes is counted."""

    async def run(b: Bench) -> None:
        port = free_port()
        options = SupernodeOptions(secret="not a good one", port=port, relay_ports="65535-65535")
        serving = asyncio.ensure_future(serve(b.context(SUPERNODE), options))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            while not b.counters.get("bad_messages"):
                client.sendto(binding.request(bytes(12)).encode(), ("127.0.0.1", port))
                await asyncio.sleep(0)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"\xff\xff\xff\xff")
        assert await reader.read() == b""
        writer.close()
        assert b.failures == []
        serving.cancel()

    on_bench(run)
