"""BFD's machine as a picture in the room's README, drawn from its table. After a change of that:
.venv/bin/python tests/nodes/internet/bfd_drawing.py
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from catenet.nodes.internet.bfd.session_states import ROWS

__all__ = ["README", "drawn"]

README = Path(__file__).parents[3] / "nodes" / "internet" / "bfd" / "README.md"
_PICTURE = re.compile(r"(```mermaid\n)(.*?)(```)", re.DOTALL)


def _picture() -> Iterator[str]:
    yield "stateDiagram-v2"
    arrows: dict[tuple[str, str], list[str]] = {}
    for row in ROWS:
        for state in row.states:
            arrows.setdefault((state.word, row.new.word), []).extend(event.value for event in row.events)
    for (state, new), events in arrows.items():
        yield f"    {state} --> {new}: {', '.join(events)}"


def drawn(text: str) -> str:
    """The README, its picture drawn anew."""
    return _PICTURE.sub(lambda match: match[1] + "\n".join(_picture()) + "\n" + match[3], text)


if __name__ == "__main__":
    README.write_text(drawn(README.read_text(encoding="utf-8")), encoding="utf-8")
