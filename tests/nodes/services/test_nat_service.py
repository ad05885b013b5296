"""The service `nat` on a node that it does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from catenet.nodes.catalogue import services
from catenet.nodes.control.config import ConfigError
from catenet.nodes.internet.nat.config import NatOptions
from catenet.nodes.services.nat import serve

if TYPE_CHECKING:
    from conftest import Bench, OnBench


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (NatOptions(), "nat: outside is not said, and no LAN of the node has its gateway"),
        (NatOptions(outside="street"), "nat: outside 'street' is no LAN of the node; it has none"),
    ],
)
def test_a_node_without_the_lans_is_told_so(on_bench: OnBench, options: NatOptions, message: str) -> None:
    async def test(bench: Bench) -> None:
        with pytest.raises(ConfigError, match=message):
            await serve(bench.context(services()["nat"]), options)

    on_bench(test)
