"""What a lab file may say of the service `directory`; defaults and units are here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, get_args

from catenet.nodes.application.directory.message import NAME, PASSWORD_LIMIT
from catenet.nodes.control.certificate import Tls
from catenet.nodes.control.units import About, Duration, OptionError, Secret, format_duration

__all__ = ["DirectoryOptions"]

_SHORTEST_PASSWORD = 8  # characters
_LEAST_MEMORY, _MOST_MEMORY = 8192, 1_048_576  # KiB
_MOST_PASSES = 10
_SPANS: Mapping[str, tuple[float, float]] = {
    "sessions": (60.0, 604_800.0),
    "credentials": (10.0, 86_400.0),
    "steady": (0.0, 600.0),
    "slack": (0.0, 600.0),
    "tenure": (0.0, 86_400.0),
}


@dataclass(frozen=True, slots=True)
class DirectoryOptions:
    """The service `directory`: where people log in, find each other, and hear which supernodes there are."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    accounts: Annotated[
        Mapping[str, Secret],
        About(
            "NAME → password, 8 characters or more. They are hashed before the service serves, and kept as hashes "
            "only; there is no account, and no password, that is not here."
        ),
    ] = field(default_factory=dict)
    supernodes: Annotated[
        tuple[str, ...],
        About("Accounts that relay whenever they are here. Others may become supernodes when the load asks for it."),
    ] = ()
    port: Annotated[int, About("The TCP port.")] = 5223
    tls: Annotated[
        Tls,
        About(
            "The certificate. `on`: a good one, of the lab's authority. What clients refuse is for lessons: `expired`, "
            "`wrong-name`, `stranger`. `off` is refused: passwords come over the wire."
        ),
    ] = "on"
    sessions: Annotated[Duration, About("Seconds for which a client need not log in anew once it was there.")] = (
        604_800.0
    )
    credentials: Annotated[Duration, About("Seconds for which what a client shows a supernode is good.")] = 3600.0
    memory: Annotated[int, About("KiB that hashing one password takes (RFC 9106 section 4).")] = 65_536
    passes: Annotated[int, About("How often hashing goes over them.")] = 3
    promote_at: Annotated[int, About("Load of the supernodes, in percent, above which a client becomes one.")] = 70
    demote_at: Annotated[int, About("Load, in percent, below which one of those is none any more.")] = 30
    steady: Annotated[Duration, About("Seconds for which the load must be above `promote_at`.")] = 6.0
    slack: Annotated[Duration, About("Seconds for which the load must be below `demote_at`.")] = 30.0
    tenure: Annotated[Duration, About("Seconds for which a client that became a supernode stays one at least.")] = 60.0

    def __post_init__(self) -> None:
        if self.tls not in get_args(Tls):
            raise OptionError(f"tls {self.tls!r} is none of {', '.join(get_args(Tls))}", "tls")
        if self.tls == "off":
            raise OptionError("tls off would send passwords in the clear; leave it out", "tls")
        if not 1 <= self.port <= 65_535:
            raise OptionError(f"port {self.port} is not between 1 and 65535", "port")
        for name, password in self.accounts.items():
            _check_account(name, password)
        for name in self.supernodes:
            if name not in self.accounts:
                raise OptionError(f"supernodes: there is no account {name!r}", "supernodes", inner=name)
        if not _LEAST_MEMORY <= self.memory <= _MOST_MEMORY:
            raise OptionError(f"memory {self.memory} is not between {_LEAST_MEMORY} and {_MOST_MEMORY} KiB", "memory")
        if not 1 <= self.passes <= _MOST_PASSES:
            raise OptionError(f"passes {self.passes} is not between 1 and {_MOST_PASSES}", "passes")
        for name, (least, most) in _SPANS.items():
            _check_span(name, getattr(self, name), least, most)
        if not 0 <= self.demote_at < self.promote_at <= 100:
            raise OptionError(
                f"demote_at {self.demote_at} and promote_at {self.promote_at}: percent, and the first is the smaller",
                "demote_at",
                "promote_at",
            )


def _check_account(name: str, password: str) -> None:
    """The text never has the password."""
    if NAME.fullmatch(name) is None:
        raise OptionError(
            f"accounts: {name!r} is no name; small letters, digits and . _ - behind the first, 64 at most",
            "accounts",
            inner=name,
        )
    if not _SHORTEST_PASSWORD <= len(password) <= PASSWORD_LIMIT or not password.isprintable():
        raise OptionError(
            f"accounts: the password of {name} should have {_SHORTEST_PASSWORD} to {PASSWORD_LIMIT} letters or signs",
            "accounts",
            inner=name,
        )


def _check_span(name: str, seconds: float, least: float, most: float) -> None:
    if not least <= seconds <= most:
        raise OptionError(
            f"{name} {seconds:g} s is not between {format_duration(least)} and {format_duration(most)}", name
        )
