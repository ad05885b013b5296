"""Which routes `toyroute` should find."""

from __future__ import annotations

from collections.abc import Sequence

from catenet.nodes.control.topology import ExpectedRoute, Router, shortest

__all__ = ["expected"]


def expected(routers: Sequence[Router]) -> dict[str, dict[str, ExpectedRoute]]:
    """Router → LAN that is not its own → the routes that it should learn."""
    return {
        router: {lan: ExpectedRoute(cost, hops) for lan, (cost, hops) in row.items() if hops}
        for router, row in shortest(routers, _Rules()).items()
    }


class _Rules:
    def cost(self, _router: Router, _lan: str) -> int:
        return 10

    def announced(self, _router: Router, _lan: str) -> int | None:
        return 0

    def speaks(self, _router: Router, _lan: str) -> bool:
        return True

    def accepts(self, _router: Router, _other: Router, _lan: str) -> bool:
        return True
