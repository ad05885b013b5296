"""The program `show`: what this node knows, as `catenet show` prints it off a terminal.

    show               the words that there are
    show rip           its routing table, and who taught it each line
    show ospf lsdb     a table may have two words

Exit codes: 0 fine; 1 the node did not answer; 2 the user's mistake. It imports little: it is to be there at once.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence

from catenet.nodes.catalogue import table
from catenet.nodes.control.questions import LIMIT, SOCKET_PATH, Answer, Question, QuestionError
from catenet.nodes.control.view import blocks, lay_out

__all__ = ["main"]

_FINE, _NO_ANSWER, _USER = 0, 1, 2
_PATIENCE = 5.0  # seconds
_CONFIG = "CATENET_NODE"


def main(arguments: Sequence[str], path: str = SOCKET_PATH) -> int:
    """Show one table; returns the exit code."""
    if "-h" in arguments or "--help" in arguments:
        sys.stderr.write("usage: show [WHAT]    a table of this node; without WHAT: what there is\n")
        return _FINE
    what = " ".join(arguments)
    try:
        answer = _ask(Question("show", {"what": what}), path)
    except (OSError, QuestionError) as error:
        sys.stderr.write(f"show: the node does not answer: {error}\n")
        return _NO_ANSWER
    if answer.error is not None:
        sys.stderr.write(f"show: {answer.error}\n")
        return _USER
    text = "\n\n".join("\n".join(lay_out(block)) for block in blocks(answer.answer, _networks(), table(what)))
    sys.stdout.write(f"{text}\n")
    return _FINE


def _ask(question: Question, path: str) -> Answer:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_PATIENCE)
        connection.connect(path)
        connection.sendall(bytes(question))
        with connection.makefile("rb") as stream:
            return Answer.parse(stream.readline(LIMIT))


def _networks() -> Mapping[str, str]:
    """Prefix → LAN. Of the node's configuration this is all that is needed, and reading it whole takes longer."""
    lans = json.loads(os.environ.get(_CONFIG, "{}")).get("lans", {})
    return {prefix: lan for lan, prefix in lans.items()}
