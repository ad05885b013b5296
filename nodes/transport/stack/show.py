"""What `show NODE TABLE` shows of a stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catenet.nodes.machine import Json, Udp

if TYPE_CHECKING:
    from catenet.nodes.transport.stack.machine import Stack
    from catenet.nodes.transport.stack.ports import Opened

__all__ = ["show"]


def show(stack: Stack, table: str, now: float) -> Json:
    """Raises ValueError: it has no such table."""
    if table == "arp":
        return [{**row, "node": row["address"]} for row in stack.arp.show(now)]  # whoever shows it has its name
    if table == "fragments":
        return list(stack.ipv4.show_fragments(now))
    if table == "paths":
        return list(stack.ipv4.show_path_mtus(now))
    if table == "ports":
        return _ports(stack)
    raise ValueError(f"a stack has no table {table!r}")


def _ports(stack: Stack) -> Json:
    """Every open port: those of UDP first, by number."""
    ports = sorted(stack.ports, key=lambda each: (not isinstance(each.port, Udp), each.number, each.port.interface))
    return [_port(each) for each in ports]


def _port(opened: Opened) -> dict[str, Json]:
    groups: list[Json] = [*sorted({str(group) for group, _ in opened.groups})]
    return {
        "protocol": "udp" if isinstance(opened.port, Udp) else "ip",
        "number": opened.number,
        "lan": opened.port.interface,
        "groups": groups,
    }
