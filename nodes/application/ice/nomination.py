"""When the controlling agent stops checking, and which pair it nominates (RFC 8445 section 8.1.1: local policy)."""

from __future__ import annotations

from catenet.nodes.application.ice.candidate import Kind
from catenet.nodes.application.ice.pair import Pair
from catenet.nodes.application.ice.timing import Timing

__all__ = ["Nomination"]


class Nomination:
    """The pairs that were proved, and the one nominated: regular nomination, one in a session."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._proved: list[Pair] = []
        self._decides_at: float | None = None
        self._is_made = False

    @property
    def has_proof(self) -> bool:
        """Whether some pair was proved."""
        return bool(self._proved)

    @property
    def decides_at(self) -> float | None:
        """When `choose` chooses at the latest; None: no pair was proved, or one is nominated."""
        return None if self._is_made else self._decides_at

    def proved(self, pair: Pair, now: float) -> None:
        """A check of this pair has proved `pair.valid`."""
        self._proved.append(pair)
        at = now + self._wait(pair)
        self._decides_at = at if self._decides_at is None else min(at, self._decides_at)

    def _wait(self, pair: Pair) -> float:
        assert pair.valid is not None
        kinds = {pair.valid.local.kind, pair.valid.remote.kind}
        if kinds == {Kind.HOST}:
            return 0.0
        return self._timing.relayed if Kind.RELAYED in kinds else self._timing.unrelayed

    def choose(self, now: float, *, idle: bool) -> Pair | None:
        """The pair whose check is to be sent again, with USE-CANDIDATE: the best one, when its time has come, or at
        once where nothing else is to be waited for (`idle`)."""
        if self._is_made or self._decides_at is None or not (idle or now >= self._decides_at):
            return None
        self._is_made = True
        return max(self._proved, key=_worth)

    def forget(self) -> None:
        """The role has changed: whatever was nominated is not any more."""
        self._is_made = False


def _worth(pair: Pair) -> int:
    assert pair.valid is not None
    return pair.valid.priority(controlling=True)
