"""Where an engine is that is reached by SSH: `ssh://user@server:22/run/user/1000/docker.sock`. Pure."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

__all__ = ["SOCKET", "SshPlace"]

SOCKET = "/var/run/docker.sock"
"""Where an engine listens, unless the URL says otherwise."""

_HOW = "write ssh://user@server, ssh://user@server:2222 or ssh://user@server/run/user/1000/docker.sock"
_SCHEME = "ssh://"
_LONGEST = 512
# What could be an option of ssh's, or an order to a shell by which a jump is made, is no name.
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\$?")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}")
_ADDRESS = re.compile(r"\[([0-9A-Fa-f:.]{2,45}(?:%[A-Za-z0-9_.-]{1,15})?)\]")
_PATH = re.compile(r"(?:/[A-Za-z0-9_.@+-]+)+")  # ssh would take a colon, a % and a $ apart
_LONGEST_PATH = 107  # octets (unix(7), sun_path)


@dataclass(frozen=True, slots=True)
class SshPlace:
    """A server, and its engine's socket there. What is empty, or 0, is left to ssh and its configuration."""

    host: str
    user: str = ""
    port: int = 0
    socket: str = SOCKET

    @classmethod
    def parse(cls, text: str) -> SshPlace:
        """From a URL, or from `user@server` and `user@server:2222`.

        Raises:
            ValueError: it is none; the text says which part, and how it is written. A password is not repeated.

        """
        if len(text) > _LONGEST:
            raise ValueError(f"a host of {len(text)} characters: {_LONGEST} at most; {_HOW}")
        place, slash, path = text.removeprefix(_SCHEME).partition("/")
        user, at, server = place.rpartition("@")
        if ":" in user:
            raise ValueError("a password in a host's URL is seen by everybody: take a key (ssh-keygen, ssh-copy-id)")
        if at and not _USER.fullmatch(user):
            raise ValueError(f"{user!r} is no user's name; {_HOW}")
        host, port = _server(server)
        if slash and path and not (_PATH.fullmatch(f"/{path}") and len(path) < _LONGEST_PATH):
            raise ValueError(f"{f'/{path}'!r} is no socket's path: of letters, figures and _.@+- and / only; {_HOW}")
        return cls(host, user, port, f"/{path}" if path else SOCKET)

    @property
    def words(self) -> list[str]:
        """What ssh is told: the port, where one is said, and whom to reach. Nothing of it can be an option."""
        target = f"{self.user}@{self.host}" if self.user else self.host
        return [*(["-p", str(self.port)] if self.port else []), "--", target]

    @property
    def command(self) -> str:
        """What somebody types to log in there himself."""
        return shlex.join(["ssh", *(word for word in self.words if word != "--")])

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f":{self.port}" if self.port else ""
        return f"{_SCHEME}{f'{self.user}@' if self.user else ''}{host}{port}"


def _server(text: str) -> tuple[str, int]:
    address = _ADDRESS.match(text)
    host, rest = (address[1], text[address.end() :]) if address else (text.partition(":")[0], "")
    if not address:
        rest = text[len(host) :]
        if not _NAME.fullmatch(host):
            raise ValueError(f"{host!r} is no server's name; {_HOW}")
    if not rest:
        return host, 0
    port = rest.removeprefix(":")
    if not (rest.startswith(":") and port.isascii() and port.isdecimal() and 1 <= int(port[:6]) <= 65535):
        raise ValueError(f"{port!r} is no port: a number from 1 to 65535; {_HOW}")
    return host, int(port)
