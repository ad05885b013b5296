"""Signs of life: who connects to a host tells of each step there, so that one that is slow is not taken for lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["Sign", "hearing", "sign_of_life"]

Sign = Callable[[str], None]
"""Called at each sign; the text is how far one has come, or empty: no further than before."""

_sign: ContextVar[Sign | None] = ContextVar("sign", default=None)


@contextmanager
def hearing(sign: Sign) -> Iterator[None]:
    """What this thread connects to inside tells `sign` of its steps, from whichever thread it does them."""
    token = _sign.set(sign)
    try:
        yield
    finally:
        _sign.reset(token)


def sign_of_life() -> Sign:
    """What to call at each step of a connection that this thread makes."""
    return _sign.get() or _nobody


def _nobody(_: str) -> None:
    """Nobody waits to know."""
