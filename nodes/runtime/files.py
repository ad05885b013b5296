"""/etc/resolv.conf and /etc/hosts, which the engine fills in its own way at every start; and whom programs trust.

The first two are bind mounts of the engine: written in place, since renaming another file over them fails (EBUSY).
"""

from __future__ import annotations

from pathlib import Path

from catenet.nodes.control.config import NodeConfig

__all__ = ["hosts", "resolv_conf", "write"]


_TRUSTED = "/etc/ssl/certs/ca-certificates.crt"
"""Where Debian's programs look for the authorities that they trust: OpenSSL, curl, GnuTLS, Go's, Python's."""


def resolv_conf(config: NodeConfig) -> str:
    """resolv.conf(5): the lab's name server; without one, nobody is asked."""
    if config.nameserver is None:
        return "# this lab has no resolver: names are in /etc/hosts\n"
    return f"nameserver {config.nameserver}\noptions timeout:2 attempts:2\n"


def hosts(config: NodeConfig) -> str:
    """hosts(5): the node itself; where the lab has no resolver, every other node too."""
    lines = ["127.0.0.1 localhost"]
    named = {config.node: config.interfaces[0].address} if config.interfaces else {}
    if config.nameserver is None:
        named |= config.hosts
    lines += [f"{address} {name}" for name, address in named.items()]
    return "\n".join(lines) + "\n"


def write(config: NodeConfig) -> None:
    """Write these files. Where the lab has an authority, it takes the place of the world's: no other can be met here.

    Raises:
        OSError: the file system refuses.

    """
    written = {"/etc/resolv.conf": resolv_conf(config), "/etc/hosts": hosts(config)}
    if config.authority:
        written[_TRUSTED] = config.authority
    for path, text in written.items():
        Path(path).write_text(text, encoding="utf-8")
