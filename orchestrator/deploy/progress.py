"""What a deployment tells its user while it goes on. The command line draws it; a test just notes it."""

from __future__ import annotations

from typing import Protocol

__all__ = ["NoProgress", "Progress"]


class Progress(Protocol):
    """Called from several threads."""

    def count(self, phase: str, done: int, total: int) -> None:
        """So many of a phase's things are done: images, networks, nodes, addressing, services, converged."""

    def finished(self, subject: str, text: str, seconds: float) -> None:
        """Something is done for good; `subject` is the lab's name, or `image`."""

    def note(self, text: str) -> None:
        """Something that the user should know, once."""


class NoProgress:
    """Says nothing."""

    def count(self, phase: str, done: int, total: int) -> None:
        """Nothing."""

    def finished(self, subject: str, text: str, seconds: float) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""
