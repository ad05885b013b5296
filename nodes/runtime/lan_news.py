"""What becomes of the node's LANs, told: to who listens inside the node, as events, and to the neighbours there."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from catenet.nodes.machine import Interface, Json
from catenet.nodes.runtime.addressing import Addressing
from catenet.nodes.runtime.attachments import Attachment, Attachments

__all__ = ["LanNews"]


class LanNews:
    """Says each thing once."""

    def __init__(
        self,
        attachments: Attachments,
        addressing: Addressing,
        loop: AbstractEventLoop,
        report: Callable[[str, str, Mapping[str, Json]], None],
    ) -> None:
        """`report` makes an event: kind, text, data."""
        self._attachments = attachments
        self._addressing = addressing
        self._loop = loop
        self._report = report
        self._listeners: list[Callable[[Interface], None]] = []

    def listen(self, function: Callable[[Interface], None]) -> None:
        self._listeners.append(function)

    def unlisten(self, function: Callable[[Interface], None]) -> None:
        self._listeners.remove(function)

    def state(self, attachment: Attachment, why: str) -> None:
        """It is up or down now; where it is down, why."""
        interface = self._attachments.interface(attachment)
        if interface.up != attachment.reported:
            attachment.reported = interface.up
            self._addressing.carries(interface, attachment.ifindex)
            if interface.up:
                self.up(attachment)
            else:
                self._report("link.down", f"{interface.name}: {why}", {"lan": interface.name})
        self.tell(attachment)

    def tell(self, attachment: Attachment) -> None:
        """Who listens, of what has changed: whether it is up, its MTU, its hardware address, or the device itself."""
        interface = self._attachments.interface(attachment)
        if attachment.told != (interface, attachment.ifindex):
            attachment.told = interface, attachment.ifindex
            for function in tuple(self._listeners):
                function(interface)

    def up(self, attachment: Attachment) -> None:
        config = attachment.config
        text = f"{config.lan} is up with {config.address}/{config.length}"
        self._report("link.up", text, {"lan": config.lan, "address": str(config.address)})
        self.announce(attachment)

    def announce(self, attachment: Attachment, times: Sequence[float] | None = None) -> None:
        """Where the address is now, at these times (seconds from the first of them on), while it is there."""
        times = self._addressing.announces if times is None else times
        link = self._attachments.link(attachment)
        if link is None or not times or not self._attachments.carries(attachment):
            return
        with suppress(OSError):  # it goes just now, or the node may not: then the neighbours' kernels find out, later
            self._addressing.announce(link, attachment.config.address)
        now, *later = times
        if later:
            self._loop.call_later(later[0] - now, self.announce, attachment, later)
