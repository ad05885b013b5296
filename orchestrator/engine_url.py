"""Whether two ways to write an engine mean one. Pure: it asks neither ssh's configuration nor Docker's contexts."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

__all__ = ["engine_key"]

_SOCKET = "/run/docker.sock"
_PORTS = {"ssh": 22, "tcp": 2375}  # IANA's numbers


def engine_key(url: str) -> str:
    """The same for all spellings of one engine: `ssh://root@10.0.0.1`, `ssh://10.0.0.1:22/` and `me@10.0.0.1`.

    The user is no part of it: whoever logs in finds the same engine at a socket. What is no URL (a context, or what
    nobody can read) is its own key.
    """
    written = f"ssh://{url}" if "://" not in url and "@" in url else url
    if written == "local":
        return f"unix://{_SOCKET}"
    scheme, separator, rest = written.partition("://")
    try:
        parts = urlsplit(f"//{rest}")
        host, port = _host(parts.hostname or ""), parts.port or _PORTS.get(scheme.lower(), 0)
    except ValueError:
        return url
    if not separator:
        return url
    path = parts.path.rstrip("/")
    if path.startswith("/var/run/"):  # a link to /run, for longer than there is Docker
        path = path.removeprefix("/var")
    if scheme.lower() == "unix":
        return f"unix://{path or _SOCKET}"
    return f"{scheme.lower()}://{host}:{port}{path or (_SOCKET if scheme.lower() == 'ssh' else '')}"


def _host(name: str) -> str:
    """In lower case, as urlsplit has it; an IPv6 address in its one short form (RFC 5952)."""
    try:
        return f"[{ip_address(name)}]" if ":" in name else name.removesuffix(".")
    except ValueError:
        return name
