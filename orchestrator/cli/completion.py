"""`catenet completion`, and what the shell is answered when it asks: typer's protocol, with silence for errors."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Callable
from contextlib import redirect_stderr
from enum import StrEnum
from typing import Annotated

import typer

__all__ = ["answer", "completion"]


class Shell(StrEnum):
    """The shells that have a script."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]) -> None:
    """Print what makes a shell complete verbs, options, labs, nodes, LANs, tables, claims and kinds of events.

    \b
    eval "$(catenet completion bash)"      for this shell; in ~/.bashrc for every one
    eval "$(catenet completion zsh)"       the same; in ~/.zshrc, below the line with compinit
    catenet completion fish | source       in ~/.config/fish/config.fish
    """
    print(_SCRIPTS[shell], end="")


_BASH = """\
# eval "$(catenet completion bash)"
_catenet() {
    # bash begins a word at each of : = @, too: what no blank parts on the line is one, like --host=user@server
    local IFS=$'\\n' line=$COMP_LINE after part words=()
    for part in "${COMP_WORDS[@]:0:COMP_CWORD + 1}"; do
        after=${line#"${line%%[![:space:]]*}"}
        if [[ ${#words[@]} -gt 0 && $after == "$line" ]]; then words[${#words[@]} - 1]+=$part; else words+=("$part"); fi
        line=${after#"$part"}
    done
    COMPREPLY=($(_CATENET_COMPLETE=complete_bash COMP_WORDS="${words[*]}" COMP_CWORD=$((${#words[@]} - 1)) "$1"))
}
complete -o default -F _catenet catenet
"""

_ZSH = """\
#compdef catenet
# eval "$(catenet completion zsh)"
_catenet() {
    eval "$(_CATENET_COMPLETE=complete_zsh _TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" "${words[1]}")"
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
compdef _catenet catenet
"""

_FISH = """\
# catenet completion fish | source
function __catenet
    set -lx _CATENET_COMPLETE complete_fish
    set -lx _TYPER_COMPLETE_FISH_ACTION get-args
    set -lx _TYPER_COMPLETE_ARGS (commandline -cp)
    set -l found (catenet)
    and test -n "$found[1]"
    and printf '%s\\n' $found
    or __fish_complete_path (commandline -ct)
end
complete --command catenet --no-files --arguments '(__catenet)'
"""

_SCRIPTS = {Shell.BASH: _BASH, Shell.ZSH: _ZSH, Shell.FISH: _FISH}
"""Where nothing of ours fits, each offers files."""


class _TooLateError(Exception):
    pass


def answer(application: Callable[[str], typer.Typer]) -> int:
    """Answers the shell that asks. `application` makes the program with the verb that is typed.

    Whatever goes wrong, an engine that does not answer, a lab that is not there: nothing is offered, and nothing said.
    """
    from typer._completion_classes import completion_init  # where a Typer with its own options for this has it from

    from catenet.orchestrator.cli.parser import typed_verb

    def too_late(*_: object) -> None:
        raise _TooLateError

    before = signal.signal(signal.SIGALRM, too_late)  # the alarm is set when the engine is first asked (complete.py)
    line = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS", "")
    try:
        with redirect_stderr(io.StringIO()):
            completion_init()
            application(typed_verb(line.split()[1:]))([], prog_name="catenet", standalone_mode=False)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except Exception:
        return 0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return 0
