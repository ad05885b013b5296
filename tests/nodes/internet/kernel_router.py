"""The Linux kernel as a router in a container, for whoever compares it with ours: packets in, packets out
(ipv4_in_kernel.py)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
from on_engine import cleared

from catenet.orchestrator.backend.protocols import LABEL_LAB, LABEL_NODE
from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.progress import NoProgress

__all__ = ["Case", "Did", "Kernel", "kernel_router"]

SETTINGS = {
    "net.ipv4.ip_forward": "1",
    "net.ipv4.icmp_ratemask": "0",
    "net.ipv4.icmp_errors_use_inbound_ifaddr": "1",
    "net.ipv4.icmp_echo_ignore_broadcasts": "0",
    **{
        f"net.ipv4.conf.{of}.{name}": value
        for of in ("all", "default")
        for name, value in (("rp_filter", "0"), ("send_redirects", "0"), ("accept_source_route", "1"))
    },
}
Case = list[tuple[str, bytes]]
Did = tuple[list[tuple[str, bytes]], list[bytes]]
"""What was sent, and what was delivered."""
Kernel = Callable[[list[Case]], list[Did]]


@contextmanager
def kernel_router(lab: str) -> Iterator[Kernel]:
    script = Path(__file__).with_name("ipv4_in_kernel.py").read_text(encoding="utf-8")
    with cleared(lab) as engine:
        client = docker.from_env()
        client.containers.run(
            ensure_node_image(engine, NoProgress()),
            entrypoint=["sleep", "infinity"],
            name=f"{lab}-k",
            labels={LABEL_LAB: lab, LABEL_NODE: "k"},
            network_mode="none",
            sysctls=SETTINGS,
            cap_drop=["ALL"],
            cap_add=["NET_ADMIN", "NET_RAW"],
            detach=True,
        )
        client.close()
        program = engine.execute(f"{lab}-k", ["python3", "-c", script], stdin=True)

        def run(cases: list[Case]) -> list[Did]:
            told = [[(link, packet.hex()) for link, packet in case] for case in cases]
            program.write(json.dumps(told).encode() + b"\n")
            out = b""
            while not out.endswith(b"\n"):
                piece = program.read(200)
                assert piece is not None, out
                assert piece[0] == 1, piece[1].decode()
                out += piece[1]
            return [
                (
                    [(link, bytes.fromhex(text)) for link, text in each["sent"]],
                    [bytes.fromhex(text) for text in each["delivered"]],
                )
                for each in json.loads(out)
            ]

        yield run
        program.close()
