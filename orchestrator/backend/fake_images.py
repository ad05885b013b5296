"""The images of the engine in memory: tags, and what each was built from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from catenet.orchestrator.backend.protocols import EngineError

__all__ = ["FakeImages"]


class FakeImages(ABC):
    """`build_arguments` and `build_contexts`: tag → with what it was built."""

    def __init__(self) -> None:
        self._images: dict[str, None] = {}  # in the order in which they came
        self.build_arguments: dict[str, Mapping[str, str]] = {}
        self.build_contexts: dict[str, bytes] = {}

    @abstractmethod
    def _note(self, call: str, name: str) -> None:
        """Before every call that changes something."""

    @abstractmethod
    def _must_be_there(self, what: str) -> None:
        """Before every call that only asks."""

    @abstractmethod
    def _images_in_use(self) -> Collection[str]:
        """The tags of those that a container was made of."""

    def has_image(self, tag: str) -> bool:
        self._must_be_there(f"look for the image {tag}")
        return tag in self._images

    def build(
        self,
        tag: str,
        context: bytes,
        arguments: Mapping[str, str],
        *,
        host_network: bool = False,
    ) -> None:
        """Notes the tag, its arguments and what is in its context."""
        assert context or arguments
        self.build_arguments[tag] = arguments
        self.build_contexts[tag] = context
        self._note("build by the host's network" if host_network else "build", tag)
        self._images[tag] = None

    def import_base(self, tag: str, archive: Path) -> None:
        self._note("import", tag)
        if not archive.is_file():
            raise EngineError(f"import {archive} as {tag}: no such file")
        self._images[tag] = None

    def can_pull(self, _tag: str, _timeout: float) -> bool:
        """No registry can be reached from memory."""
        return False

    def image_tags(self) -> Sequence[str]:
        self._must_be_there("list the images")
        return list(self._images)[::-1]

    def remove_image(self, tag: str) -> None:
        self._note("remove image", tag)
        if tag in self._images_in_use():
            raise EngineError(f"remove the image {tag}: a container uses it")
        self._images.pop(tag, None)

    def save(self, tag: str) -> Iterator[bytes]:
        """Its tag, a NUL and what it was built from."""
        self._note("save", tag)
        if tag not in self._images:
            raise EngineError(f"save the image {tag}: No such image: {tag}")
        yield f"{tag}\0".encode()
        yield self.build_contexts.get(tag, b"")

    def load(self, pieces: Iterable[bytes]) -> None:
        tag, _, context = b"".join(pieces).partition(b"\0")
        self._note("load", tag.decode())
        self.build_contexts[tag.decode()] = context
        self._images[tag.decode()] = None

    def carry(self, tag: str) -> Sequence[str]:
        """An engine by itself gives to nobody."""
        del tag
        return ()
