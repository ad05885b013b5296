"""The two machines of OSPF as pictures in the room's README, drawn from their tables. After a change of these:
.venv/bin/python tests/nodes/internet/ospf_drawing.py
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from catenet.nodes.internet.ospf import interface_states, neighbour_states

__all__ = ["README", "drawn"]

README = Path(__file__).parents[3] / "nodes" / "internet" / "ospf" / "README.md"
_PICTURE = re.compile(r"(## The (\w+) machine.*?```mermaid\n)(.*?)(```)", re.DOTALL)
_MACHINES = {"interface": interface_states.ROWS, "neighbour": neighbour_states.ROWS}


def _name(state: Any) -> str:
    """Mermaid takes no space or hyphen in a state's name."""
    return str(state.word).replace(" ", "_").replace("-", "_")


def _picture(rows: Iterable[Any]) -> Iterator[str]:
    yield "stateDiagram-v2"
    arrows: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for state in row.states:
            for new in row.new:
                if new != state:
                    arrows.setdefault((_name(state), _name(new)), []).append(row.event.value)
    for (state, new), events in arrows.items():
        yield f"    {state} --> {new}: {', '.join(events)}"


def drawn(text: str) -> str:
    """The README, its pictures drawn anew."""

    def picture(match: re.Match[str]) -> str:
        return match[1] + "\n".join(_picture(_MACHINES[match[2]])) + "\n" + match[4]

    return _PICTURE.sub(picture, text)


if __name__ == "__main__":
    README.write_text(drawn(README.read_text(encoding="utf-8")), encoding="utf-8")
