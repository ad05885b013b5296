"""Shows any answer of a node; how it is laid out is nodes/control/view."""

from __future__ import annotations

from collections.abc import Mapping

from catenet.nodes import catalogue
from catenet.nodes.control.view import blocks
from catenet.nodes.machine import Json
from catenet.orchestrator.cli.screen import say, table

__all__ = ["show_value"]


def show_value(value: Json, networks: Mapping[str, str], what: str = "") -> None:
    """Prints it: a table, lines, or one after the other for what holds both. `networks`: prefix → LAN; `what`: the word
    that was asked for.
    """
    for number, block in enumerate(blocks(value, networks, catalogue.table(what))):
        if number:
            say("")
        if block.heads:
            table(block.heads, block.rows, title=block.title)
        else:
            say(block.title)
