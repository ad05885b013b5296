"""Docker's images: built, imported, forgotten, and carried from one engine to another."""

from __future__ import annotations

import io
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from docker.errors import ImageNotFound

from catenet.orchestrator.backend.docker_client import SLOW, Clients
from catenet.orchestrator.backend.docker_errors import engine_errors, refusal
from catenet.orchestrator.backend.protocols import EngineError

__all__ = ["DockerImages"]

_BUILD = 600.0  # seconds that an image may take


class DockerImages:
    """The engine's images."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def has_image(self, tag: str) -> bool:
        with engine_errors(f"look for the image {tag}"):
            try:
                self._clients().inspect_image(tag)
            except ImageNotFound:
                return False
        return True

    def build(
        self,
        tag: str,
        context: bytes,
        arguments: Mapping[str, str],
        *,
        host_network: bool = False,
    ) -> None:
        """Build from a context in tar form, by the classic builder, which every engine has.

        `host_network`: what its steps fetch goes by the engine's host's own network.

        Raises:
            EngineError: a step failed; the text has the step's last lines.

        """
        what = f"build the image {tag}"
        deadline = time.monotonic() + _BUILD
        said: list[str] = []
        with engine_errors(what):
            steps = self._clients(_BUILD).build(
                fileobj=io.BytesIO(context),
                custom_context=True,
                tag=tag,
                buildargs=dict(arguments),
                network_mode="host" if host_network else None,
                rm=True,
                forcerm=True,
                decode=True,
            )
            for step in steps:
                said = [*said, *str(step.get("stream", "")).splitlines()][-15:]
                if "error" in step:
                    raise refusal(what, "\n".join([str(step["error"]), *said]))
                if time.monotonic() > deadline:
                    raise EngineError(f"{what}: not done after {_BUILD:.0f} s")

    def import_base(self, tag: str, archive: Path) -> None:
        """A root file system in tar form becomes an image."""
        repository, _, version = tag.rpartition(":")
        what = f"import {archive} as {tag}"
        with engine_errors(what), archive.open("rb") as file:
            self._take(what, "/images/create", {"fromSrc": "-", "repo": repository, "tag": version}, file)

    def can_pull(self, tag: str, timeout: float) -> bool:
        """Whether a registry offers it, asked for so many seconds at most."""
        try:
            with engine_errors(f"ask the registry for {tag}"):
                self._clients(timeout).inspect_distribution(tag)
        except EngineError:
            return False
        return True

    def image_tags(self) -> Sequence[str]:
        with engine_errors("list the images"):
            images = sorted(self._clients().images(), key=lambda image: image["Created"], reverse=True)
        return [tag for image in images for tag in image.get("RepoTags") or ()]

    def remove_image(self, tag: str) -> None:
        """Forget a tag, and the image where it was its last one; an image in use stays, and is an error."""
        with engine_errors(f"remove the image {tag}"):
            try:
                self._clients(SLOW).remove_image(tag)
            except ImageNotFound:
                return

    def save(self, tag: str) -> Iterator[bytes]:
        """In the engine's own tar form: layers and all, under its tag."""
        with engine_errors(f"save the image {tag}"):
            yield from self._clients(SLOW).get_image(tag)

    def load(self, pieces: Iterable[bytes]) -> None:
        """Take what `save` gives, of this engine or of another."""
        self._take("load an image", "/images/load", {"quiet": "1"}, iter(pieces))

    def _take(self, what: str, path: str, parameters: Mapping[str, str], archive: Iterable[bytes]) -> None:
        """An archive in tar form, for a verb of the engine's that says in its answer what went wrong."""
        with engine_errors(what):
            answer = self._clients.request(
                "POST",
                path,
                timeout=SLOW,
                params=parameters,
                data=archive,
                headers={"Content-Type": "application/x-tar"},
            )
        if '"error"' in answer.text:
            raise refusal(what, answer.text)

    def carry(self, tag: str) -> Sequence[str]:
        """An engine by itself gives to nobody."""
        del tag
        return ()
