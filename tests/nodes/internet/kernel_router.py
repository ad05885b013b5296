"""The Linux kernel as a router in a container, for whoever compares it with ours: packets in, packets out
(ipv4_in_kernel.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from in_container import conversation

__all__ = ["Case", "Did", "Kernel", "kernel_router"]

SETTINGS = {
    "net.ipv4.ip_forward": "1",
    "net.ipv4.icmp_ratemask": "0",
    "net.ipv4.icmp_errors_use_inbound_ifaddr": "1",
    "net.ipv4.ipfrag_high_thresh": str(64 << 20),  # what is not whole stays for 30 s
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
    with conversation(lab, script, ["NET_ADMIN", "NET_RAW"], sysctls=SETTINGS) as ask:

        def run(cases: list[Case]) -> list[Did]:
            told = [[(link, packet.hex()) for link, packet in case] for case in cases]
            return [
                (
                    [(link, bytes.fromhex(text)) for link, text in each["sent"]],
                    [bytes.fromhex(text) for text in each["delivered"]],
                )
                for each in ask(told)
            ]

        yield run
