"""What a server tells the user: one event for a request, one for its answer (control/events.py)."""

from __future__ import annotations

from catenet.nodes.application.http.message import Request
from catenet.nodes.application.http.response import REASONS
from catenet.nodes.machine import Count, Json, Report
from catenet.nodes.once import OncePerReason

__all__ = ["EXCHANGE", "Reporter"]

EXCHANGE = ("http.request", "http.response")
"""The events of a request and its answer."""
_TARGET_LIMIT = 512  # characters of a target that are told


class Reporter:
    """Shared by the connections of one server, since the reasons are theirs together."""

    def __init__(self, count: Count) -> None:
        self._count = count
        self._once = OncePerReason()

    def request(self, reports: list[Report], ends: tuple[str, str], request: Request) -> None:
        """A request came from the first of the two ends."""
        target = request.target[:_TARGET_LIMIT]
        data: dict[str, Json] = {"method": request.method, "path": target, "host": request.host}
        text = f"{request.method} {target} from {ends[0]}"
        reports.append(Report("http.request", text, {**data, "source": ends[0], "destination": ends[1]}))

    def response(self, reports: list[Report], ends: tuple[str, str], status: int, size: int, media_type: str) -> None:
        """It is answered, with `size` bytes of content."""
        text = f"{status} {REASONS.get(status, '')}".rstrip() + f", {size} bytes, to {ends[0]}"
        data: dict[str, Json] = {"status": status, "bytes": size, "type": media_type}
        reports.append(Report("http.response", text, {**data, "source": ends[1], "destination": ends[0]}))

    def refused(self, reports: list[Report], ends: tuple[str, str], why: str, what: str = "") -> None:
        """A peer broke the protocol: counted always, told once for each kind of reason."""
        self._count("refused")
        if self._once.first(why):
            text = f"{what or why} from {ends[0]}"
            reports.append(Report("input.refused", text, {"source": ends[0], "why": why}))
