"""How the call of a telephone is, as its node answers it (`Service.calls`), for whoever asked."""

from __future__ import annotations

from typing import NamedTuple

from catenet.nodes.control.fields import Fields, words
from catenet.nodes.machine import Json

__all__ = ["Call"]


class Call(NamedTuple):
    """The call that there is, or was last. `state`: idle, calling, ringing, connecting, up, moving or ended, and then
    `why`. `path`: direct, punched or relayed, `by` these addresses; "": there is none yet.

    Of what is heard: packets; `loss` in percent; `jitter`, `delay`, `longest_silence` in seconds; `mos` from 1 to 4.5,
    None before anything was heard.
    """

    user: str
    state: str
    name: str = ""
    why: str = ""
    peer: str = ""
    path: str = ""
    by: tuple[str, ...] = ()
    sent: int = 0
    received: int = 0
    loss: float = 0.0
    jitter: float = 0.0
    delay: float = 0.0
    mos: float | None = None
    longest_silence: float = 0.0

    @property
    def is_there(self) -> bool:
        """Whether it is not over."""
        return self.state not in ("idle", "ended")

    @property
    def is_up(self) -> bool:
        """Whether they hear each other, or would but for the path that has just died."""
        return self.state in ("up", "moving")

    @classmethod
    def parse(cls, value: Json) -> Call:
        """The answer.

        Raises:
            AnswerError: it is none.

        """
        row = Fields(value, "call")
        mos = row.number("mos") if row.says("mos") else None
        return cls(
            row.name("user"),
            row.name("state"),
            row.text("call"),
            row.text("why"),
            row.text("peer"),
            row.text("path"),
            row.part("by", words) or (),
            row.whole("sent") or 0,
            row.whole("received") or 0,
            row.number("loss") or 0.0,
            row.number("jitter") or 0.0,
            row.number("delay") or 0.0,
            mos or None,
            row.number("longest_silence") or 0.0,
        )
