"""What a service speaks TLS with."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tls_bench import NAME, Echo, certificate, trusting

from catenet.nodes.control.config import ConfigError
from catenet.nodes.runtime.tls import ServiceTls

if TYPE_CHECKING:
    from conftest import Bench, OnBench


def test_a_service_over_tls_tells_once_of_each_kind_of_refusal(on_bench: OnBench) -> None:
    async def run(b: Bench) -> None:
        tls = ServiceTls("svc", certificate().to_json(), b.count)
        inners: list[Echo] = []

        def opened() -> Echo:
            inners.append(Echo())
            return inners[-1]

        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        b.tcp().listen(port, lambda connection: tls.serve(connection.peer, opened, b.shared.loop.time()))
        for _ in range(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            async with asyncio.timeout(200):
                await reader.read()
            writer.close()
        await b.until(lambda: b.counters.get("tls_refused") == 2)
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting(), server_hostname=NAME)
        writer.write(b"hello, bye")
        async with asyncio.timeout(200):
            assert await reader.read() == b"hello, bye"
        writer.close()
        await writer.wait_closed()
        assert [event.kind for event in b.events()] == ["input.refused"]
        assert len(inners) == 1
        assert b.failures == []

    on_bench(run)


@pytest.mark.parametrize("told_of", [{}, {"certificate": "x", "private_key": "y"}, {"certificate": "x"}])
def test_a_service_without_a_certificate_says_so(told_of: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"svc: .*told\.svc has no certificate"):
        ServiceTls("svc", told_of, lambda _: None).check()


def test_a_service_without_a_certificate_says_so_where_python_leaves_assertions_out() -> None:
    program = "from catenet.nodes.runtime.tls import ServiceTls; ServiceTls('svc', {}, print).check()"
    done = subprocess.run([sys.executable, "-O", "-c", program], capture_output=True, text=True, check=False)
    assert "told.svc has no certificate" in done.stderr
