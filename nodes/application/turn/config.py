"""What a lab file may say about `supernode`, with every default and its unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, get_args

from catenet.nodes.address import Prefix
from catenet.nodes.control.units import About, Duration, Form, OptionError, Secret, format_duration

__all__ = ["SupernodeOptions"]

Switch = Literal["off", "on"]
Channels = Literal["rfc8656", "rfc5766"]
Part = Literal["fixed", "standby"]

_PORTS = re.compile(r"(\d{1,5})-(\d{1,5})")
_PRIVILEGED = 1023
_LAST_PORT = 65_535
_REALM = 127  # characters (RFC 8489 section 14.9)
_SHORTEST_SECRET = 8  # characters
_NONE = Secret("")
_COUNTS = {
    "allocations": 8_000,
    "per_user": 8_000,
    "permissions": 1_000,
    "channels_each": 4_096,
    "bandwidth": 1_000_000,
}
"""The most that each may be."""


@dataclass(frozen=True, slots=True)
class SupernodeOptions:
    """`supernode:` of a lab file."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    secret: Annotated[
        Secret,
        About(
            "What its credentials are made with: a user's name is EXPIRY:USER, the expiry in seconds since 1970, and "
            "the password the HMAC-SHA1 of the name by the secret, in base64. Without it: what the directory says."
        ),
    ] = _NONE
    user: Annotated[str, About("Its account at the directory, which then tells clients of it.")] = ""
    password: Annotated[Secret, About("Its password there.")] = _NONE
    directory: Annotated[str, About("The node that has the directory. Without it: the lab's only one.")] = ""
    role: Annotated[
        Part,
        About(
            "With `fixed` it serves whenever it runs; the directory names its account among its `supernodes`. With "
            "`standby` it serves when the directory elects it, and lets its clients go when it is elected no more."
        ),
    ] = "fixed"
    port: Annotated[int, About("The UDP port, and the TCP port, on which clients are served.")] = 3478
    realm: Annotated[str, About("The realm of the credentials. Without it: the lab's name.")] = ""
    relay_ports: Annotated[
        str, Form("FIRST-LAST"), About("The UDP ports of which each allocation has one (RFC 8656 section 7.2).")
    ] = "49152-65535"
    lifetime: Annotated[Duration, About("Seconds that an allocation lasts at least, unless refreshed.")] = 600.0
    longest: Annotated[Duration, About("The most seconds that a client may ask for.")] = 3600.0
    allocations: Annotated[int, About("The most allocations at one time, reserved ports among them.")] = 500
    per_user: Annotated[int, About("The most of one user.")] = 10
    permissions: Annotated[int, About("The most permissions of one allocation.")] = 32
    channels_each: Annotated[int, About("The most channels of one allocation.")] = 32
    bandwidth: Annotated[
        int,
        About(
            "Kilobits a second that one allocation may relay, both directions together; what is over that is dropped."
        ),
    ] = 1_000
    nonce: Annotated[Duration, About("Seconds for which a nonce is good.")] = 600.0
    tcp: Annotated[Switch, About("Whether clients are served over TCP, too.")] = "on"
    channels: Annotated[
        Channels,
        About("Which channel numbers may be bound: 0x4000 to 0x4FFF, or, by the older `rfc5766`, to 0x7FFF."),
    ] = "rfc8656"
    deny: Annotated[
        tuple[str, ...], About("Prefixes to which nothing is relayed, beside those to which nothing ever is.")
    ] = ()

    def __post_init__(self) -> None:
        if bool(self.secret) is bool(self.user):
            wrong = ("user", "secret") if self.user else ("secret", "user")
            raise OptionError("secret, or user and password: one of the two says who its clients are", *wrong)
        if bool(self.user) is not bool(self.password):
            raise OptionError("user and password belong together", "user", "password")
        if self.secret and len(self.secret) < _SHORTEST_SECRET:
            raise OptionError(f"secret is shorter than {_SHORTEST_SECRET} characters", "secret")
        if not 1 <= self.port <= _LAST_PORT:
            raise OptionError(f"port {self.port} is not between 1 and {_LAST_PORT}", "port")
        if len(self.realm) > _REALM or not self.realm.isprintable() or '"' in self.realm:
            raise OptionError(f"realm {self.realm[:40]!r} is no realm: at most {_REALM} characters, no quotes", "realm")
        first, last = self.ports
        if first <= self.port <= last:
            raise OptionError(f"port {self.port} is one of relay_ports {self.relay_ports}", "port", "relay_ports")
        self._check_times()
        for name, most in _COUNTS.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
                raise OptionError(f"{name} {value!r} is not between 1 and {most}", name)
        if self.role == "standby" and not self.user:
            raise OptionError("role standby wants a directory that elects it: write user and password", "role", "user")
        for name, words in (("tcp", get_args(Switch)), ("channels", get_args(Channels)), ("role", get_args(Part))):
            if getattr(self, name) not in words:
                raise OptionError(f"{name} {getattr(self, name)!r} is none of {', '.join(words)}", name)
        for text in self.deny:
            _prefix(text)

    @property
    def ports(self) -> tuple[int, int]:
        """The first and the last relay port.

        Raises:
            OptionError: they are none.

        """
        match = _PORTS.fullmatch(self.relay_ports)
        if match is None:
            raise OptionError(f"relay_ports {self.relay_ports!r} are no ports; write 49152-65535", "relay_ports")
        first, last = int(match[1]), int(match[2])
        # RFC 8656 section 7.2: "the TURN server SHOULD NOT allocate ports in the range 0 - 1023".
        if not _PRIVILEGED < first <= last <= _LAST_PORT:
            text = f"relay_ports {self.relay_ports} are not in order, or not between {_PRIVILEGED + 1} and {_LAST_PORT}"
            raise OptionError(text, "relay_ports")
        return first, last

    @property
    def last_channel(self) -> int:
        """The largest channel number: of RFC 8656 section 12, or of RFC 5766 section 11."""
        return 0x4FFF if self.channels == "rfc8656" else 0x7FFF

    @property
    def denied(self) -> tuple[Prefix, ...]:
        return tuple(map(_prefix, self.deny))

    def _check_times(self) -> None:
        for name, least, most in (("lifetime", 1.0, 3600.0), ("longest", 1.0, 86_400.0), ("nonce", 1.0, 3600.0)):
            value = getattr(self, name)
            if not least <= value <= most:
                span = f"{format_duration(least)} and {format_duration(most)}"
                raise OptionError(f"{name} {value:g} s is not between {span}", name)
        if self.longest < self.lifetime:
            text = f"longest {self.longest:g} s is under lifetime ({self.lifetime:g} s)"
            raise OptionError(text, "longest", "lifetime")


def _prefix(text: str) -> Prefix:
    try:
        return Prefix.parse(text)
    except ValueError as error:
        raise OptionError(f"deny: {error}", "deny", inner=text) from None
